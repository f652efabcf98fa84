/* Units: the code object in the making, its scope, constants and names; errors
 * and warnings with the current location. */

#include "compiler.h"

/* ---- Messages ----------------------------------------------------------- */

static void
raise_syntax_error(Compiler *c, PyObject *message)
{
    Location at = c->unit->location;
    PyObject *text = PyErr_ProgramTextObject(c->filename, at.lineno);
    PyObject *args;

    if (text == NULL) {
        if (PyErr_Occurred()) {
            PyErr_Clear();                      /* the text is decoration */
        }
        text = Py_NewRef(Py_None);
    }
    args = Py_BuildValue("O(OiiOii)", message, c->filename, at.lineno,
                         at.col_offset + 1, text, at.end_lineno,
                         at.end_col_offset + 1);
    Py_DECREF(text);
    if (args != NULL) {
        PyErr_SetObject(PyExc_SyntaxError, args);
        Py_DECREF(args);
    }
}

void
compiler_error(Compiler *c, const char *format, ...)
{
    PyObject *message;
    va_list arguments;

    if (c->failed) {
        return;
    }
    c->failed = 1;
    va_start(arguments, format);
    message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (message != NULL) {
        raise_syntax_error(c, message);
        Py_DECREF(message);
    }
}

void
compiler_warn(Compiler *c, const char *format, ...)
{
    PyObject *message;
    va_list arguments;

    if (c->failed) {
        return;
    }
    va_start(arguments, format);
    message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (message == NULL) {
        compiler_fail(c);
        return;
    }
    if (PyErr_WarnExplicitObject(PyExc_SyntaxWarning, message, c->filename,
                                 c->unit->location.lineno, NULL, NULL) < 0) {
        c->failed = 1;
        if (PyErr_ExceptionMatches(PyExc_SyntaxWarning)) {
            PyErr_Clear();                /* an error knows the place better */
            raise_syntax_error(c, message);
        }
    }
    Py_DECREF(message);
}

int
compiler_forbids_name(Compiler *c, PyObject *name, expr_context_ty context)
{
    if (context == Load || !_PyUnicode_EqualToASCIIString(name, "__debug__")) {
        return 0;
    }
    compiler_error(c, context == Store ? "cannot assign to __debug__"
                                       : "cannot delete __debug__");
    return 1;
}

/* ---- Constants ---------------------------------------------------------- */

/* The constant behind a key of _PyCode_ConstantKey; borrowed. */
static PyObject *
key_constant(PyObject *key)
{
    return PyTuple_CheckExact(key) ? PyTuple_GET_ITEM(key, 1) : key;
}

int
const_merge(PyObject *const_cache, PyObject **value)
{
    PyObject *key = _PyCode_ConstantKey(*value);
    PyObject *known;

    if (key == NULL) {
        return -1;
    }
    known = PyDict_SetDefault(const_cache, key, key);
    Py_DECREF(key);
    if (known == NULL) {
        return -1;
    }
    if (known != key) {
        known = key_constant(known);
        Py_INCREF(known);
        Py_SETREF(*value, known);
    }
    return 0;
}

static PyObject *merge_recursively(Compiler *c, PyObject *value);

/* Replaces the items of a new tuple by merged ones.  0/-1. */
static int
merge_tuple_items(Compiler *c, PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        PyObject *key = merge_recursively(c, item);
        PyObject *merged;

        if (key == NULL) {
            return -1;
        }
        merged = key_constant(key);
        if (merged != item) {
            PyTuple_SET_ITEM(tuple, i, Py_NewRef(merged));
            Py_DECREF(item);
        }
        Py_DECREF(key);
    }
    return 0;
}

/* Puts a frozenset of merged items into `key`, its key.  0/-1. */
static int
merge_frozenset_items(Compiler *c, PyObject *set, PyObject *key)
{
    PyObject *items = PyTuple_New(PySet_GET_SIZE(set));
    PyObject *merged, *item;
    Py_ssize_t position = 0, i = 0;
    Py_hash_t hash;

    if (items == NULL) {
        return -1;
    }
    while (_PySet_NextEntry(set, &position, &item, &hash)) {
        PyObject *item_key = merge_recursively(c, item);

        if (item_key == NULL) {
            Py_DECREF(items);
            return -1;
        }
        PyTuple_SET_ITEM(items, i++, Py_NewRef(key_constant(item_key)));
        Py_DECREF(item_key);
    }
    merged = PyFrozenSet_New(items);
    Py_DECREF(items);
    if (merged == NULL) {
        return -1;
    }
    PyTuple_SET_ITEM(key, 1, merged);
    Py_DECREF(set);
    return 0;
}

/* The key under which an equal constant is known, new. */
static PyObject *
merge_recursively(Compiler *c, PyObject *value)
{
    PyObject *key, *known;
    int status = 0;

    if (value == Py_None || value == Py_Ellipsis) {
        return Py_NewRef(value);
    }
    key = _PyCode_ConstantKey(value);
    if (key == NULL) {
        return NULL;
    }
    known = PyDict_SetDefault(c->const_cache, key, key);
    if (known != key) {
        Py_XINCREF(known);
        Py_DECREF(key);
        return known;
    }
    if (PyTuple_CheckExact(value)) {
        status = merge_tuple_items(c, value);
    }
    else if (PyFrozenSet_CheckExact(value) && PySet_GET_SIZE(value) != 0) {
        status = merge_frozenset_items(c, value, key);
    }
    if (status < 0) {
        Py_CLEAR(key);
    }
    return key;
}

int
unit_find(PyObject *dict, PyObject *name)
{
    PyObject *index = PyDict_GetItemWithError(dict, name);

    if (index == NULL) {
        PyErr_Clear();                 /* names are str: no error but memory */
        return -1;
    }
    return (int)PyLong_AsLong(index);
}

int
unit_add_name(Compiler *c, PyObject *dict, PyObject *name)
{
    PyObject *index;
    Py_ssize_t result = 0;

    if (c->failed) {
        return 0;
    }
    index = PyDict_GetItemWithError(dict, name);
    if (index != NULL) {
        return (int)PyLong_AsLong(index);
    }
    if (PyErr_Occurred()) {
        compiler_fail(c);
        return 0;
    }
    result = PyDict_GET_SIZE(dict);
    index = PyLong_FromSsize_t(result);
    if (index == NULL || PyDict_SetItem(dict, name, index) < 0) {
        compiler_fail(c);
    }
    Py_XDECREF(index);
    return (int)result;
}

int
unit_add_const(Compiler *c, PyObject *value)
{
    PyObject *key;
    int result;

    if (c->failed) {
        return 0;
    }
    key = merge_recursively(c, value);
    if (key == NULL) {
        compiler_fail(c);
        return 0;
    }
    result = unit_add_name(c, c->unit->consts, key);
    Py_DECREF(key);
    return result;
}

/* ---- Scopes ------------------------------------------------------------- */

/* {name: index} of a list of names. */
static PyObject *
dict_from_list(PyObject *list)
{
    PyObject *dict = PyDict_New();

    for (Py_ssize_t i = 0; dict != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *index = PyLong_FromSsize_t(i);

        if (index == NULL ||
            PyDict_SetItem(dict, PyList_GET_ITEM(list, i), index) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(index);
    }
    return dict;
}

/* {name: index} of the symbols with a scope or one of the flags, sorted, from
 * `offset` on. */
static PyObject *
dict_by_scope(PyObject *symbols, int scope, int flags, Py_ssize_t offset)
{
    PyObject *names = PyDict_Keys(symbols);
    PyObject *dict = PyDict_New();
    int failed = names == NULL || dict == NULL || PyList_Sort(names) < 0;

    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        long value = PyLong_AsLong(PyDict_GetItemWithError(symbols, name));
        PyObject *index;

        if (((value >> SCOPE_OFFSET) & SCOPE_MASK) != scope &&
            !(value & flags)) {
            continue;
        }
        index = PyLong_FromSsize_t(offset++);
        failed = index == NULL || PyDict_SetItem(dict, name, index) < 0;
        Py_XDECREF(index);
    }
    Py_XDECREF(names);
    if (failed) {
        Py_CLEAR(dict);
    }
    return dict;
}

/* 1 if the name is declared global where the unit is defined, 0, -1 on
 * error. */
static int
unit_is_global_there(Unit *u)
{
    PyObject *mangled;
    int scope;

    if (u->scope != SCOPE_FUNCTION && u->scope != SCOPE_ASYNC_FUNCTION &&
        u->scope != SCOPE_CLASS) {
        return 0;
    }
    mangled = _Py_Mangle(u->outer->private_name, u->name);
    if (mangled == NULL) {
        return -1;
    }
    scope = symtable_scope(u->outer->entry, mangled);
    Py_DECREF(mangled);
    return scope == GLOBAL_EXPLICIT;
}

/* "outer.<locals>.name". */
static PyObject *
unit_make_qualname(Unit *u)
{
    Unit *outer = u->outer;
    int is_global;

    if (outer == NULL || outer->outer == NULL) {
        return Py_NewRef(u->name);
    }
    is_global = unit_is_global_there(u);
    if (is_global) {
        return is_global < 0 ? NULL : Py_NewRef(u->name);
    }
    if (outer->scope == SCOPE_FUNCTION ||
        outer->scope == SCOPE_ASYNC_FUNCTION || outer->scope == SCOPE_LAMBDA) {
        return PyUnicode_FromFormat("%U.<locals>.%U", outer->qualname,
                                    u->name);
    }
    return PyUnicode_FromFormat("%U.%U", outer->qualname, u->name);
}

/* Fills a zeroed unit: 0/-1. */
static int
unit_init(Compiler *c, Unit *u, PyObject *name, void *key)
{
    u->name = Py_NewRef(name);
    u->entry = symtable_lookup(c->symbols, key);
    if (u->entry == NULL) {
        return -1;
    }
    u->varnames = dict_from_list(u->entry->ste_varnames);
    u->cellvars = dict_by_scope(u->entry->ste_symbols, CELL, 0, 0);
    if (u->varnames == NULL || u->cellvars == NULL) {
        return -1;
    }
    if (u->entry->ste_needs_class_closure) {
        PyObject *zero = PyLong_FromLong(0);
        int status;

        if (zero == NULL) {
            return -1;
        }
        status = PyDict_SetItem(u->cellvars, NAME(__class__), zero);
        Py_DECREF(zero);
        if (status < 0) {
            return -1;
        }
    }
    u->freevars = dict_by_scope(u->entry->ste_symbols, FREE, DEF_FREE_CLASS,
                                PyDict_GET_SIZE(u->cellvars));
    u->consts = PyDict_New();
    u->names = PyDict_New();
    if (u->freevars == NULL || u->consts == NULL || u->names == NULL) {
        return -1;
    }
    if (u->scope != SCOPE_MODULE) {
        u->qualname = unit_make_qualname(u);
        return u->qualname == NULL ? -1 : 0;
    }
    return 0;
}

void
unit_enter(Compiler *c, PyObject *name, enum scope_type scope, void *key,
           int lineno)
{
    Unit *u = _PyArena_Malloc(c->arena, sizeof(Unit));

    if (u == NULL) {
        c->nest_level++;
        c->units_lost++;
        compiler_fail(c);
        return;
    }
    memset(u, 0, sizeof(*u));
    u->outer = c->unit;
    u->scope = scope;
    u->firstlineno = lineno;
    u->location = (Location){lineno, lineno, 0, 0};
    if (u->outer != NULL) {
        u->private_name = Py_XNewRef(u->outer->private_name);
    }
    c->unit = u;
    c->nest_level++;
    if (!c->failed && unit_init(c, u, name, key) < 0) {
        compiler_fail(c);
    }
    u->entry_block = u->current = block_new(c);
    if (scope == SCOPE_MODULE) {
        u->location.lineno = 0;
    }
    emit_arg(c, RESUME, RESUME_START);
    if (scope == SCOPE_MODULE) {
        u->location.lineno = -1;
    }
}

void
unit_exit(Compiler *c)
{
    Unit *u = c->unit;

    c->nest_level--;
    if (c->units_lost > 0) {
        c->units_lost--;
        return;
    }
    for (Block *block = u->blocks; block != NULL;
         block = block->previous_made) {
        PyMem_Free(block->instructions);
        block->instructions = NULL;
        block->count = block->allocated = 0;
    }
    c->unit = u->outer;
    Py_CLEAR(u->entry);
    Py_CLEAR(u->name);
    Py_CLEAR(u->qualname);
    Py_CLEAR(u->private_name);
    Py_CLEAR(u->consts);
    Py_CLEAR(u->names);
    Py_CLEAR(u->varnames);
    Py_CLEAR(u->cellvars);
    Py_CLEAR(u->freevars);
}
