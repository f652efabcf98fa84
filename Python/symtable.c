/* Symbol tables, second half: the entry objects, and the decision which scope
 * each name has.
 *
 * symtable_visit.c walks the tree once and leaves in every block a dict from
 * (mangled) name to flags: how the name is used there.  The analysis here goes
 * over the blocks from the outside in, carrying three sets of names, and from
 * the inside out, carrying one:
 *
 *     bound     names that enclosing functions bind      NULL at module level
 *     global    names declared global around here
 *     free      out: names that this block and those in it take from around it
 *
 * A block may add to the sets it was given, so every child gets copies.
 * Afterwards each flag word carries its scope above SCOPE_OFFSET.  Language
 * reference, 4.2.2 "Resolution of names". */

#include "Python.h"
#include "names.h"
#include "structmember.h"

#include "symtable.h"

/* ---- Entries ------------------------------------------------------------ */

static PyObject *
symtable_entry_repr(PyObject *op)
{
    PySTEntryObject *self = (PySTEntryObject *)op;

    return PyUnicode_FromFormat("<symtable entry %U(%R), line %d>",
                                self->ste_name, self->ste_id,
                                self->ste_lineno);
}

static void
symtable_entry_dealloc(PyObject *op)
{
    PySTEntryObject *self = (PySTEntryObject *)op;

    self->ste_table = NULL;
    Py_XDECREF(self->ste_id);
    Py_XDECREF(self->ste_name);
    Py_XDECREF(self->ste_symbols);
    Py_XDECREF(self->ste_varnames);
    Py_XDECREF(self->ste_children);
    Py_XDECREF(self->ste_directives);
    PyObject_Free(self);
}

static PyMemberDef symtable_entry_members[] = {
    {"id", T_OBJECT, offsetof(PySTEntryObject, ste_id), READONLY},
    {"name", T_OBJECT, offsetof(PySTEntryObject, ste_name), READONLY},
    {"symbols", T_OBJECT, offsetof(PySTEntryObject, ste_symbols), READONLY},
    {"varnames", T_OBJECT, offsetof(PySTEntryObject, ste_varnames), READONLY},
    {"children", T_OBJECT, offsetof(PySTEntryObject, ste_children), READONLY},
    {"nested", T_INT, offsetof(PySTEntryObject, ste_nested), READONLY},
    {"type", T_INT, offsetof(PySTEntryObject, ste_type), READONLY},
    {"lineno", T_INT, offsetof(PySTEntryObject, ste_lineno), READONLY},
    {NULL},
};

PyTypeObject PySTEntry_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "symtable entry",
    .tp_basicsize = sizeof(PySTEntryObject),
    .tp_dealloc = symtable_entry_dealloc,
    .tp_repr = symtable_entry_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_members = symtable_entry_members,
};

/* ---- Look-up ------------------------------------------------------------ */

PySTEntryObject *
symtable_lookup(struct symtable *table, void *key)
{
    PyObject *entry, *address;

    address = PyLong_FromVoidPtr(key);
    if (address == NULL) {
        return NULL;
    }
    entry = PyDict_GetItemWithError(table->blocks, address);
    if (entry != NULL) {
        Py_INCREF(entry);
    }
    else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_KeyError, "unknown symbol table entry");
    }
    Py_DECREF(address);
    return (PySTEntryObject *)entry;
}

PySTEntryObject *
PySymtable_Lookup(struct symtable *table, void *key)
{
    return symtable_lookup(table, key);
}

long
symtable_symbol_flags(PySTEntryObject *entry, PyObject *name)
{
    PyObject *flags = PyDict_GetItemWithError(entry->ste_symbols, name);

    assert(flags != NULL || !PyErr_Occurred());
    return flags == NULL ? 0 : PyLong_AsLong(flags);
}

int
symtable_scope(PySTEntryObject *entry, PyObject *name)
{
    return (int)((symtable_symbol_flags(entry, name) >> SCOPE_OFFSET) &
                 SCOPE_MASK);
}

void
symtable_free(struct symtable *table)
{
    if (table == NULL) {
        return;
    }
    Py_XDECREF(table->filename);
    Py_XDECREF(table->blocks);
    Py_XDECREF(table->stack);
    PyMem_Free(table);
}

/* ---- Mangling ----------------------------------------------------------- */

/* Number of underscores to strip from the class name, or -1 if `name` stays as
 * it is. */
static Py_ssize_t
mangle_strip_count(PyObject *class_name, PyObject *name)
{
    Py_ssize_t length, class_length, strip = 0;

    if (class_name == NULL || !PyUnicode_Check(class_name) ||
        !PyUnicode_Check(name)) {
        return -1;
    }
    length = PyUnicode_GET_LENGTH(name);
    if (length < 2 || PyUnicode_READ_CHAR(name, 0) != '_' ||
        PyUnicode_READ_CHAR(name, 1) != '_') {
        return -1;
    }
    /* __dunder__ names and dotted import names are left alone. */
    if ((PyUnicode_READ_CHAR(name, length - 1) == '_' &&
         PyUnicode_READ_CHAR(name, length - 2) == '_') ||
        PyUnicode_FindChar(name, '.', 0, length, 1) >= 0) {
        return -1;
    }
    class_length = PyUnicode_GET_LENGTH(class_name);
    while (strip < class_length &&
           PyUnicode_READ_CHAR(class_name, strip) == '_') {
        strip++;
    }
    return strip == class_length ? -1 : strip;
}

int
name_is_mangled(PyObject *class_name, PyObject *name)
{
    return mangle_strip_count(class_name, name) >= 0;
}

PyObject *
_Py_Mangle(PyObject *class_name, PyObject *name)
{
    Py_ssize_t strip = mangle_strip_count(class_name, name);
    PyObject *stripped, *result;

    if (strip < 0) {
        return Py_NewRef(name);
    }
    if (PyUnicode_GET_LENGTH(name) >=
        PY_SSIZE_T_MAX - PyUnicode_GET_LENGTH(class_name)) {
        PyErr_SetString(PyExc_OverflowError,
                        "private identifier too large to be mangled");
        return NULL;
    }
    stripped = PyUnicode_Substring(class_name, strip,
                                   PyUnicode_GET_LENGTH(class_name));
    if (stripped == NULL) {
        return NULL;
    }
    result = PyUnicode_FromFormat("_%U%U", stripped, name);
    Py_DECREF(stripped);
    return result;
}

/* ---- Analysis ----------------------------------------------------------- */

/* Raises the pending kind of SyntaxError at the global or nonlocal statement
 * that named `name`.  Always -1. */
static int
raise_at_directive(PySTEntryObject *entry, PyObject *name)
{
    Py_ssize_t n = entry->ste_directives == NULL
                       ? 0
                       : PyList_GET_SIZE(entry->ste_directives);

    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *data = PyList_GET_ITEM(entry->ste_directives, i);
        int same = PyUnicode_Compare(PyTuple_GET_ITEM(data, 0), name) == 0;

        if (same) {
            PyErr_RangedSyntaxLocationObject(
                entry->ste_table->filename,
                (int)PyLong_AsLong(PyTuple_GET_ITEM(data, 1)),
                (int)PyLong_AsLong(PyTuple_GET_ITEM(data, 2)) + 1,
                (int)PyLong_AsLong(PyTuple_GET_ITEM(data, 3)),
                (int)PyLong_AsLong(PyTuple_GET_ITEM(data, 4)) + 1);
            return -1;
        }
    }
    PyErr_SetString(PyExc_RuntimeError,
                    "a global or nonlocal directive was not recorded");
    return -1;
}

static int
scopes_set(PyObject *scopes, PyObject *name, int scope)
{
    PyObject *value = PyLong_FromLong(scope);
    int status;

    if (value == NULL) {
        return -1;
    }
    status = PyDict_SetItem(scopes, name, value);
    Py_DECREF(value);
    return status;
}

/* The sets that travel with the analysis of one block; see the head of the
 * file. */
struct analysis {
    PyObject *bound;                /* NULL at module level */
    PyObject *free;
    PyObject *global;
};

static int
analyze_nonlocal(PySTEntryObject *entry, PyObject *scopes, PyObject *name,
                 const struct analysis *outer)
{
    int found;

    if (outer->bound == NULL) {
        PyErr_Format(PyExc_SyntaxError,
                     "nonlocal declaration not allowed at module level");
        return raise_at_directive(entry, name);
    }
    found = PySet_Contains(outer->bound, name);
    if (found < 0) {
        return -1;
    }
    if (!found) {
        PyErr_Format(PyExc_SyntaxError, "no binding for nonlocal '%U' found",
                     name);
        return raise_at_directive(entry, name);
    }
    entry->ste_free = 1;
    return scopes_set(scopes, name, FREE) < 0 ? -1
                                              : PySet_Add(outer->free, name);
}

/* Decides about one name: 0/-1. */
static int
analyze_name(PySTEntryObject *entry, PyObject *scopes, PyObject *name,
             long flags, PyObject *local, const struct analysis *outer)
{
    int found;

    if (flags & DEF_GLOBAL) {
        if (flags & DEF_NONLOCAL) {
            PyErr_Format(PyExc_SyntaxError, "name '%U' is nonlocal and global",
                         name);
            return raise_at_directive(entry, name);
        }
        if (scopes_set(scopes, name, GLOBAL_EXPLICIT) < 0 ||
            PySet_Add(outer->global, name) < 0) {
            return -1;
        }
        return outer->bound != NULL && PySet_Discard(outer->bound, name) < 0
                   ? -1
                   : 0;
    }
    if (flags & DEF_NONLOCAL) {
        return analyze_nonlocal(entry, scopes, name, outer);
    }
    if (flags & DEF_BOUND) {
        if (scopes_set(scopes, name, LOCAL) < 0 ||
            PySet_Add(local, name) < 0) {
            return -1;
        }
        return PySet_Discard(outer->global, name) < 0 ? -1 : 0;
    }
    if (outer->bound != NULL) {
        found = PySet_Contains(outer->bound, name);
        if (found < 0) {
            return -1;
        }
        if (found) {
            entry->ste_free = 1;
            return scopes_set(scopes, name, FREE) < 0
                       ? -1
                       : PySet_Add(outer->free, name);
        }
    }
    found = PySet_Contains(outer->global, name);
    if (found < 0) {
        return -1;
    }
    if (!found && entry->ste_nested) {
        entry->ste_free = 1;
    }
    return scopes_set(scopes, name, GLOBAL_IMPLICIT);
}

/* Locals of a function that inner blocks use become cells, and stop being
 * free. */
static int
analyze_cells(PyObject *scopes, PyObject *free)
{
    PyObject *name, *scope;
    Py_ssize_t position = 0;

    while (PyDict_Next(scopes, &position, &name, &scope)) {
        int found;

        if (PyLong_AsLong(scope) != LOCAL) {
            continue;
        }
        found = PySet_Contains(free, name);
        if (found < 0) {
            return -1;
        }
        /* Replacing the value of an existing key does not disturb the walk. */
        if (found && (scopes_set(scopes, name, CELL) < 0 ||
                      PySet_Discard(free, name) < 0)) {
            return -1;
        }
    }
    return 0;
}

/* A class gives its methods __class__ itself. */
static int
drop_class_free(PySTEntryObject *entry, PyObject *free)
{
    int found = PySet_Discard(free, NAME(__class__));

    if (found > 0) {
        entry->ste_needs_class_closure = 1;
    }
    return found < 0 ? -1 : 0;
}

static int
add_free_symbol(PyObject *symbols, PyObject *name, PyObject *bound,
                int is_class)
{
    PyObject *known = PyDict_GetItemWithError(symbols, name);
    PyObject *value = NULL;
    int status = -1;

    if (known != NULL) {
        long flags = PyLong_AsLong(known);

        /* A method uses a name that the class itself binds: the class body
         * needs both. */
        if (!is_class || !(flags & (DEF_BOUND | DEF_GLOBAL))) {
            return 0;
        }
        value = PyLong_FromLong(flags | DEF_FREE_CLASS);
    }
    else if (PyErr_Occurred()) {
        return -1;
    }
    else {
        int found = bound == NULL ? 1 : PySet_Contains(bound, name);

        if (found <= 0) {
            return found;               /* a global after all */
        }
        value = PyLong_FromLong((long)FREE << SCOPE_OFFSET);
    }
    if (value != NULL) {
        status = PyDict_SetItem(symbols, name, value);
        Py_DECREF(value);
    }
    return status;
}

static int
update_symbols(PyObject *symbols, PyObject *scopes, PyObject *bound,
               PyObject *free, int is_class)
{
    PyObject *name, *flags, *iterator = NULL, *item = NULL;
    Py_ssize_t position = 0;
    int result = -1;

    while (PyDict_Next(symbols, &position, &name, &flags)) {
        PyObject *scope = PyDict_GetItemWithError(scopes, name);
        PyObject *value;
        int status;

        assert(scope != NULL);
        value = PyLong_FromLong(PyLong_AsLong(flags) | PyLong_AsLong(scope)
                                                           << SCOPE_OFFSET);
        if (value == NULL) {
            return -1;
        }
        status = PyDict_SetItem(symbols, name, value);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    iterator = PyObject_GetIter(free);
    if (iterator == NULL) {
        return -1;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        if (add_free_symbol(symbols, item, bound, is_class) < 0) {
            goto done;
        }
        Py_CLEAR(item);
    }
    result = PyErr_Occurred() ? -1 : 0;
done:
    Py_XDECREF(item);
    Py_DECREF(iterator);
    return result;
}

/* set |= other: 0/-1. */
static int
set_update(PyObject *set, PyObject *other)
{
    PyObject *result;

    if (other == NULL) {
        return 0;
    }
    result = PyNumber_InPlaceOr(set, other);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

static int analyze_block(PySTEntryObject *entry, const struct analysis *outer);

/* Analyses a child on copies of the sets; what it leaves free is added to
 * `all_free`. */
static int
analyze_child(PySTEntryObject *entry, const struct analysis *around,
              PyObject *all_free)
{
    struct analysis copy = {NULL, NULL, NULL};
    int result = -1;

    copy.bound = PySet_New(around->bound);
    copy.free = PySet_New(around->free);
    copy.global = PySet_New(around->global);
    if (copy.bound == NULL || copy.free == NULL || copy.global == NULL) {
        goto done;
    }
    if (analyze_block(entry, &copy) < 0 ||
        set_update(all_free, copy.free) < 0) {
        goto done;
    }
    result = 0;
done:
    Py_XDECREF(copy.bound);
    Py_XDECREF(copy.free);
    Py_XDECREF(copy.global);
    return result;
}

static int
analyze_children(PySTEntryObject *entry, const struct analysis *inner)
{
    PyObject *all_free = PySet_New(NULL);
    int result = -1;

    if (all_free == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(entry->ste_children); i++) {
        PySTEntryObject *child =
            (PySTEntryObject *)PyList_GET_ITEM(entry->ste_children, i);

        if (analyze_child(child, inner, all_free) < 0) {
            goto done;
        }
        if (child->ste_free || child->ste_child_free) {
            entry->ste_child_free = 1;
        }
    }
    result = set_update(inner->free, all_free);
done:
    Py_DECREF(all_free);
    return result;
}

/* Fills the sets that the children of a block see. */
static int
analysis_for_children(PySTEntryObject *entry, const struct analysis *outer,
                      PyObject *local, struct analysis *inner)
{
    if (entry->ste_type == ClassBlock) {
        return PySet_Add(inner->bound, NAME(__class__));
    }
    if (entry->ste_type == FunctionBlock &&
        set_update(inner->bound, local) < 0) {
        return -1;
    }
    return set_update(inner->bound, outer->bound) < 0
               ? -1
               : set_update(inner->global, outer->global);
}

static int
analyze_block(PySTEntryObject *entry, const struct analysis *outer)
{
    struct analysis inner = {NULL, NULL, NULL};
    PyObject *local = NULL, *scopes = NULL;
    PyObject *name, *flags;
    Py_ssize_t position = 0;
    int is_class = entry->ste_type == ClassBlock;
    int result = -1;

    local = PySet_New(NULL);
    scopes = PyDict_New();
    inner.global = PySet_New(NULL);
    inner.free = PySet_New(NULL);
    inner.bound = PySet_New(NULL);
    if (local == NULL || scopes == NULL || inner.global == NULL ||
        inner.free == NULL || inner.bound == NULL) {
        goto done;
    }
    /* Names bound in a class are invisible in its methods: they get what
     * surrounds the class, before the class's own declarations change it. */
    if (is_class && (set_update(inner.global, outer->global) < 0 ||
                     set_update(inner.bound, outer->bound) < 0)) {
        goto done;
    }
    while (PyDict_Next(entry->ste_symbols, &position, &name, &flags)) {
        if (analyze_name(entry, scopes, name, PyLong_AsLong(flags), local,
                         outer) < 0) {
            goto done;
        }
    }
    if (analysis_for_children(entry, outer, local, &inner) < 0 ||
        analyze_children(entry, &inner) < 0) {
        goto done;
    }
    if (entry->ste_type == FunctionBlock &&
        analyze_cells(scopes, inner.free) < 0) {
        goto done;
    }
    if (is_class && drop_class_free(entry, inner.free) < 0) {
        goto done;
    }
    if (update_symbols(entry->ste_symbols, scopes, outer->bound, inner.free,
                       is_class) < 0) {
        goto done;
    }
    result = set_update(outer->free, inner.free);
done:
    Py_XDECREF(local);
    Py_XDECREF(scopes);
    Py_XDECREF(inner.global);
    Py_XDECREF(inner.free);
    Py_XDECREF(inner.bound);
    return result;
}

int
symtable_analyze(struct symtable *table)
{
    struct analysis module = {NULL, PySet_New(NULL), PySet_New(NULL)};
    int result = -1;

    if (module.free != NULL && module.global != NULL) {
        result = analyze_block(table->top, &module);
    }
    Py_XDECREF(module.free);
    Py_XDECREF(module.global);
    return result;
}
