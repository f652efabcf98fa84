/* Code objects: validation, construction, attributes, replace().
 *
 * The object ends in the instructions that run (co_code_adaptive), which the
 * interpreter specialises in place; co_code shows them as they were.
 * Variables stand in one array,
 *
 *     co_localsplusnames   arguments | other locals | cells that are no
 *                          arguments | free variables
 *     co_localspluskinds   CO_FAST_* of each
 *
 * and co_varnames, co_cellvars and co_freevars are views of it. */

#include "Python.h"
#include "audit.h"
#include "names.h"
#include "runtime.h"
#include "structmember.h"

#include "code.h"
#include "codeobject.h"

#define CALLS_BEFORE_SPECIALISING 8

/* ---- Validation --------------------------------------------------------- */

/* Counts variables by kind; a NULL counter is not wanted. */
static void
count_locals(PyObject *kinds, int *nlocals, int *nplaincells, int *ncells,
             int *nfree)
{
    *nlocals = *nplaincells = *ncells = *nfree = 0;
    for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(kinds); i++) {
        unsigned char kind = (unsigned char)PyBytes_AS_STRING(kinds)[i];

        if (kind & CO_FAST_LOCAL) {
            (*nlocals)++;
            *ncells += (kind & CO_FAST_CELL) != 0;
        }
        else if (kind & CO_FAST_CELL) {
            (*ncells)++;
            (*nplaincells)++;
        }
        else if (kind & CO_FAST_FREE) {
            (*nfree)++;
        }
    }
}

static int
is_type(PyObject *value, unsigned long flag)
{
    return value != NULL && PyType_FastSubclass(Py_TYPE(value), flag);
}

static int
has_right_types(struct _PyCodeConstructor *con)
{
    return con->argcount >= con->posonlyargcount &&
           con->posonlyargcount >= 0 && con->kwonlyargcount >= 0 &&
           con->stacksize >= 0 && con->flags >= 0 &&
           is_type(con->code, Py_TPFLAGS_BYTES_SUBCLASS) &&
           is_type(con->consts, Py_TPFLAGS_TUPLE_SUBCLASS) &&
           is_type(con->names, Py_TPFLAGS_TUPLE_SUBCLASS) &&
           is_type(con->localsplusnames, Py_TPFLAGS_TUPLE_SUBCLASS) &&
           is_type(con->localspluskinds, Py_TPFLAGS_BYTES_SUBCLASS) &&
           PyTuple_GET_SIZE(con->localsplusnames) ==
               PyBytes_GET_SIZE(con->localspluskinds) &&
           is_type(con->name, Py_TPFLAGS_UNICODE_SUBCLASS) &&
           is_type(con->qualname, Py_TPFLAGS_UNICODE_SUBCLASS) &&
           is_type(con->filename, Py_TPFLAGS_UNICODE_SUBCLASS) &&
           is_type(con->linetable, Py_TPFLAGS_BYTES_SUBCLASS) &&
           is_type(con->exceptiontable, Py_TPFLAGS_BYTES_SUBCLASS);
}

int
_PyCode_Validate(struct _PyCodeConstructor *con)
{
    Py_ssize_t others;
    int nlocals, nplaincells, ncells, nfree;

    if (!has_right_types(con)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyBytes_GET_SIZE(con->code) > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "code: co_code larger than INT_MAX");
        return -1;
    }
    if (PyBytes_GET_SIZE(con->code) % sizeof(_Py_CODEUNIT) != 0) {
        PyErr_SetString(PyExc_ValueError, "code: co_code is malformed");
        return -1;
    }
    count_locals(con->localspluskinds, &nlocals, &nplaincells, &ncells,
                 &nfree);
    others = (Py_ssize_t)nlocals - con->argcount - con->kwonlyargcount -
             ((con->flags & CO_VARARGS) != 0) -
             ((con->flags & CO_VARKEYWORDS) != 0);
    if (others < 0) {
        PyErr_SetString(PyExc_ValueError, "code: co_varnames is too small");
        return -1;
    }
    return 0;
}

/* ---- Construction ------------------------------------------------------- */

static int
first_traceable(PyCodeObject *code)
{
    int i = 0;

    while (i < Py_SIZE(code) && code_plain_opcode(code, i) != RESUME) {
        i++;
    }
    return i;
}

static void
fill_code(PyCodeObject *code, struct _PyCodeConstructor *con,
          PyObject *linetable)
{
    int nlocals, nplaincells, ncells, nfree;

    count_locals(con->localspluskinds, &nlocals, &nplaincells, &ncells,
                 &nfree);
    code->co_filename = Py_NewRef(con->filename);
    code->co_name = Py_NewRef(con->name);
    code->co_qualname = Py_NewRef(con->qualname);
    code->co_flags = con->flags;
    code->co_firstlineno = con->firstlineno;
    code->co_linetable = linetable;
    code->co_consts = Py_NewRef(con->consts);
    code->co_names = Py_NewRef(con->names);
    code->co_localsplusnames = Py_NewRef(con->localsplusnames);
    code->co_localspluskinds = Py_NewRef(con->localspluskinds);
    code->co_argcount = con->argcount;
    code->co_posonlyargcount = con->posonlyargcount;
    code->co_kwonlyargcount = con->kwonlyargcount;
    code->co_stacksize = con->stacksize;
    code->co_exceptiontable = Py_NewRef(con->exceptiontable);
    code->co_nlocalsplus = (int)PyTuple_GET_SIZE(con->localsplusnames);
    code->co_nlocals = nlocals;
    code->co_nplaincellvars = nplaincells;
    code->co_ncellvars = ncells;
    code->co_nfreevars = nfree;
    code->co_warmup = -CALLS_BEFORE_SPECIALISING;
    code->_co_linearray_entry_size = 0;
    code->_co_linearray = NULL;
    code->_co_code = NULL;
    code->co_extra = NULL;
    code->co_weakreflist = NULL;
    memcpy(code->co_code_adaptive, PyBytes_AS_STRING(con->code),
           PyBytes_GET_SIZE(con->code));
    code->_co_firsttraceable = first_traceable(code);
}

/* New reference to the location table that is wanted. */
static PyObject *
wanted_linetable(PyObject *linetable)
{
    if (interpreter_config(_PyInterpreterState_GET())->code_debug_ranges) {
        return Py_NewRef(linetable);
    }
    return code_table_without_columns(linetable);
}

PyCodeObject *
_PyCode_New(struct _PyCodeConstructor *con)
{
    Py_ssize_t units =
        PyBytes_GET_SIZE(con->code) / (Py_ssize_t)sizeof(_Py_CODEUNIT);
    PyObject *linetable;
    PyCodeObject *code;

    if (code_intern_names(con->names) < 0 ||
        code_intern_constants(con->consts, NULL) < 0 ||
        code_intern_names(con->localsplusnames) < 0) {
        return NULL;
    }
    linetable = wanted_linetable(con->linetable);
    if (linetable == NULL) {
        return NULL;
    }
    code = PyObject_NewVar(PyCodeObject, &PyCode_Type, units);
    if (code == NULL) {
        Py_DECREF(linetable);
        return NULL;
    }
    fill_code(code, con, linetable);
    return code;
}

/* Adds a variable of a kind; a cell that is a local, too, only marks that.
 * Returns the new count. */
static Py_ssize_t
add_local(PyObject *names, PyObject *kinds, Py_ssize_t count, PyObject *name,
          int kind, Py_ssize_t nlocals)
{
    for (Py_ssize_t i = 0; kind == CO_FAST_CELL && i < nlocals; i++) {
        if (PyUnicode_Check(name) &&
            PyUnicode_Check(PyTuple_GET_ITEM(names, i)) &&
            PyUnicode_Compare(name, PyTuple_GET_ITEM(names, i)) == 0) {
            PyBytes_AS_STRING(kinds)[i] |= CO_FAST_CELL;
            return count;
        }
    }
    PyTuple_SET_ITEM(names, count, Py_NewRef(name));
    PyBytes_AS_STRING(kinds)[count] = (char)kind;
    return count + 1;
}

/* Fills con's localsplus fields with new objects: 0/-1. */
static int
join_locals(struct _PyCodeConstructor *con, PyObject *varnames,
            PyObject *cellvars, PyObject *freevars)
{
    PyObject *groups[] = {varnames, cellvars, freevars};
    static const int group_kinds[] = {CO_FAST_LOCAL, CO_FAST_CELL,
                                      CO_FAST_FREE};
    Py_ssize_t nlocals = PyTuple_GET_SIZE(varnames), count = 0;
    Py_ssize_t size =
        nlocals + PyTuple_GET_SIZE(cellvars) + PyTuple_GET_SIZE(freevars);

    con->localsplusnames = PyTuple_New(size);
    con->localspluskinds = PyBytes_FromStringAndSize(NULL, size);
    if (con->localsplusnames == NULL || con->localspluskinds == NULL) {
        return -1;
    }
    for (int k = 0; k < 3; k++) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(groups[k]); i++) {
            count = add_local(con->localsplusnames, con->localspluskinds,
                              count, PyTuple_GET_ITEM(groups[k], i),
                              group_kinds[k], nlocals);
        }
    }
    if (count < size && (_PyTuple_Resize(&con->localsplusnames, count) < 0 ||
                         _PyBytes_Resize(&con->localspluskinds, count) < 0)) {
        return -1;
    }
    return 0;
}

/* Makes a code object from a constructor whose variables are still to be
 * joined. */
static PyCodeObject *
new_with_variables(struct _PyCodeConstructor *con, int nlocals,
                   PyObject *varnames, PyObject *cellvars, PyObject *freevars)
{
    PyCodeObject *code = NULL;

    if (!is_type(varnames, Py_TPFLAGS_TUPLE_SUBCLASS) ||
        !is_type(cellvars, Py_TPFLAGS_TUPLE_SUBCLASS) ||
        !is_type(freevars, Py_TPFLAGS_TUPLE_SUBCLASS)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (join_locals(con, varnames, cellvars, freevars) == 0 &&
        _PyCode_Validate(con) == 0) {
        if (nlocals != PyTuple_GET_SIZE(varnames)) {
            PyErr_SetString(PyExc_ValueError,
                            "code: co_nlocals != len(co_varnames)");
        }
        else {
            code = _PyCode_New(con);
        }
    }
    Py_CLEAR(con->localsplusnames);
    Py_CLEAR(con->localspluskinds);
    return code;
}

PyCodeObject *
PyCode_NewWithPosOnlyArgs(int argcount, int posonlyargcount,
                          int kwonlyargcount, int nlocals, int stacksize,
                          int flags, PyObject *code, PyObject *consts,
                          PyObject *names, PyObject *varnames,
                          PyObject *freevars, PyObject *cellvars,
                          PyObject *filename, PyObject *name,
                          PyObject *qualname, int firstlineno,
                          PyObject *linetable, PyObject *exceptiontable)
{
    struct _PyCodeConstructor con = {
        .filename = filename,
        .name = name,
        .qualname = qualname,
        .flags = flags,
        .code = code,
        .firstlineno = firstlineno,
        .linetable = linetable,
        .consts = consts,
        .names = names,
        .argcount = argcount,
        .posonlyargcount = posonlyargcount,
        .kwonlyargcount = kwonlyargcount,
        .stacksize = stacksize,
        .exceptiontable = exceptiontable,
    };

    return new_with_variables(&con, nlocals, varnames, cellvars, freevars);
}

PyCodeObject *
PyCode_New(int argcount, int kwonlyargcount, int nlocals, int stacksize,
           int flags, PyObject *code, PyObject *consts, PyObject *names,
           PyObject *varnames, PyObject *freevars, PyObject *cellvars,
           PyObject *filename, PyObject *name, PyObject *qualname,
           int firstlineno, PyObject *linetable, PyObject *exceptiontable)
{
    return PyCode_NewWithPosOnlyArgs(
        argcount, 0, kwonlyargcount, nlocals, stacksize, flags, code, consts,
        names, varnames, freevars, cellvars, filename, name, qualname,
        firstlineno, linetable, exceptiontable);
}

/* Code that raises AssertionError if it runs; for tracebacks of what is no
 * Python code. */
PyCodeObject *
PyCode_NewEmpty(const char *filename, const char *funcname, int firstlineno)
{
    static const unsigned char units[] = {
        RESUME, 0, LOAD_ASSERTION_ERROR, 0, RAISE_VARARGS, 1};
    static const unsigned char location[] = {
        0x80 | LOCATION_NO_COLUMNS << 3 | (sizeof(units) / 2 - 1), 0};
    struct _PyCodeConstructor con = {.firstlineno = firstlineno,
                                     .stacksize = 1};
    PyObject *nothing = NULL, *no_bytes = NULL;
    PyCodeObject *result = NULL;

    nothing = PyTuple_New(0);
    no_bytes = PyBytes_FromStringAndSize(NULL, 0);
    con.filename = PyUnicode_DecodeFSDefault(filename);
    con.name = PyUnicode_FromString(funcname);
    con.code = PyBytes_FromStringAndSize((const char *)units, sizeof(units));
    con.linetable =
        PyBytes_FromStringAndSize((const char *)location, sizeof(location));
    con.qualname = con.name;
    con.consts = con.names = con.localsplusnames = nothing;
    con.localspluskinds = con.exceptiontable = no_bytes;
    if (nothing != NULL && no_bytes != NULL && con.filename != NULL &&
        con.name != NULL && con.code != NULL && con.linetable != NULL) {
        result = _PyCode_New(&con);
    }
    Py_XDECREF(nothing);
    Py_XDECREF(no_bytes);
    Py_XDECREF(con.filename);
    Py_XDECREF(con.name);
    Py_XDECREF(con.code);
    Py_XDECREF(con.linetable);
    return result;
}

static void
code_dealloc(PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;

    code_extra_free(code);
    Py_XDECREF(code->co_consts);
    Py_XDECREF(code->co_names);
    Py_XDECREF(code->co_localsplusnames);
    Py_XDECREF(code->co_localspluskinds);
    Py_XDECREF(code->co_filename);
    Py_XDECREF(code->co_name);
    Py_XDECREF(code->co_qualname);
    Py_XDECREF(code->co_linetable);
    Py_XDECREF(code->co_exceptiontable);
    Py_XDECREF(code->_co_code);
    if (code->co_weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    PyMem_Free(code->_co_linearray);
    PyObject_Free(code);
}

/* ---- Views -------------------------------------------------------------- */

PyObject *
code_plain_bytes(PyCodeObject *code)
{
    PyObject *bytes;
    _Py_CODEUNIT *units;

    if (code->_co_code != NULL) {
        return Py_NewRef(code->_co_code);
    }
    bytes = PyBytes_FromStringAndSize(code->co_code_adaptive,
                                      _PyCode_NBYTES(code));
    if (bytes == NULL) {
        return NULL;
    }
    units = (_Py_CODEUNIT *)PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = 0; i < Py_SIZE(code); i++) {
        int opcode = code_plain_opcode(code, i);
        int caches = opcode_caches[opcode];

        units[i] = _Py_MAKECODEUNIT(opcode, _Py_OPARG(units[i]));
        for (; caches > 0 && i + 1 < Py_SIZE(code); caches--) {
            units[++i] = _Py_MAKECODEUNIT(CACHE, 0);
        }
    }
    if (code->_co_code == NULL) {
        code->_co_code = Py_NewRef(bytes);
    }
    return bytes;
}

PyObject *
PyCode_GetCode(PyCodeObject *code)
{
    return code_plain_bytes(code);
}

/* New tuple of the names of a kind. */
static PyObject *
names_of_kind(PyCodeObject *code, int kind, Py_ssize_t count)
{
    PyObject *names = PyTuple_New(count);
    Py_ssize_t found = 0;

    for (Py_ssize_t i = 0;
         names != NULL && found < count && i < code->co_nlocalsplus; i++) {
        if ((unsigned char)PyBytes_AS_STRING(code->co_localspluskinds)[i] &
            kind) {
            PyTuple_SET_ITEM(
                names, found++,
                Py_NewRef(PyTuple_GET_ITEM(code->co_localsplusnames, i)));
        }
    }
    return names;
}

PyObject *
code_varnames(PyCodeObject *code)
{
    if (code->co_nlocals == code->co_nlocalsplus) {
        return Py_NewRef(code->co_localsplusnames);
    }
    return names_of_kind(code, CO_FAST_LOCAL, code->co_nlocals);
}

PyObject *
code_cellvars(PyCodeObject *code)
{
    return names_of_kind(code, CO_FAST_CELL, code->co_ncellvars);
}

PyObject *
code_freevars(PyCodeObject *code)
{
    return names_of_kind(code, CO_FAST_FREE, code->co_nfreevars);
}

PyObject *
PyCode_GetVarnames(PyCodeObject *code)
{
    return code_varnames(code);
}

PyObject *
PyCode_GetCellvars(PyCodeObject *code)
{
    return code_cellvars(code);
}

PyObject *
PyCode_GetFreevars(PyCodeObject *code)
{
    return code_freevars(code);
}

/* ---- code(...) ---------------------------------------------------------- */

/* A tuple of exact strs: new. */
static PyObject *
copy_name_tuple(PyObject *tuple)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    PyObject *copy = PyTuple_New(size);

    for (Py_ssize_t i = 0; copy != NULL && i < size; i++) {
        PyObject *name = PyTuple_GET_ITEM(tuple, i);

        if (!PyUnicode_Check(name)) {
            PyErr_Format(PyExc_TypeError,
                         "name tuples must contain only strings, not '%.500s'",
                         Py_TYPE(name)->tp_name);
            Py_CLEAR(copy);
            break;
        }
        name = PyUnicode_FromObject(name);
        if (name == NULL) {
            Py_CLEAR(copy);
            break;
        }
        PyTuple_SET_ITEM(copy, i, name);
    }
    return copy;
}

static PyObject *
code_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    struct _PyCodeConstructor con = {0};
    PyObject *names, *varnames, *freevars = NULL, *cellvars = NULL;
    PyObject *copies[4] = {NULL};
    PyObject *result = NULL;
    int nlocals;

    if (!_PyArg_NoKeywords("code", kwargs) ||
        !_PyArg_CheckPositional("code", PyTuple_GET_SIZE(args), 16, 18) ||
        !PyArg_ParseTuple(args, "iiiiiiSO!O!O!UUUiSS|O!O!:code", &con.argcount,
                          &con.posonlyargcount, &con.kwonlyargcount, &nlocals,
                          &con.stacksize, &con.flags, &con.code, &PyTuple_Type,
                          &con.consts, &PyTuple_Type, &names, &PyTuple_Type,
                          &varnames, &con.filename, &con.name, &con.qualname,
                          &con.firstlineno, &con.linetable,
                          &con.exceptiontable, &PyTuple_Type, &freevars,
                          &PyTuple_Type, &cellvars)) {
        return NULL;
    }
    if (PyAudit(AUDIT_CODE___NEW__, "OOOiiiiii", con.code, con.filename,
                con.name, con.argcount, con.posonlyargcount,
                con.kwonlyargcount, nlocals, con.stacksize, con.flags) < 0) {
        return NULL;
    }
    if (con.argcount < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "code: argcount must not be negative");
        return NULL;
    }
    if (con.posonlyargcount < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "code: posonlyargcount must not be negative");
        return NULL;
    }
    if (con.kwonlyargcount < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "code: kwonlyargcount must not be negative");
        return NULL;
    }
    if (nlocals < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "code: nlocals must not be negative");
        return NULL;
    }
    copies[0] = copy_name_tuple(names);
    copies[1] = copies[0] == NULL ? NULL : copy_name_tuple(varnames);
    if (copies[1] != NULL) {
        copies[2] =
            freevars == NULL ? PyTuple_New(0) : copy_name_tuple(freevars);
    }
    if (copies[2] != NULL) {
        copies[3] =
            cellvars == NULL ? PyTuple_New(0) : copy_name_tuple(cellvars);
    }
    if (copies[3] != NULL) {
        con.names = copies[0];
        result = (PyObject *)new_with_variables(&con, nlocals, copies[1],
                                                copies[3], copies[2]);
    }
    for (int i = 0; i < 4; i++) {
        Py_XDECREF(copies[i]);
    }
    return result;
}

/* ---- replace() ---------------------------------------------------------- */

static const char *const replace_keywords[] = {"co_argcount",
                                               "co_posonlyargcount",
                                               "co_kwonlyargcount",
                                               "co_nlocals",
                                               "co_stacksize",
                                               "co_flags",
                                               "co_firstlineno",
                                               "co_code",
                                               "co_consts",
                                               "co_names",
                                               "co_varnames",
                                               "co_freevars",
                                               "co_cellvars",
                                               "co_filename",
                                               "co_name",
                                               "co_qualname",
                                               "co_linetable",
                                               "co_exceptiontable",
                                               NULL};
enum { REPLACE_INTS = 7, REPLACE_OBJECTS = 11 };

/* Converts what was given; objects stay NULL where nothing was.  0/-1. */
static int
replace_convert(PyObject *const *given, int *ints, PyObject **objects)
{
    static PyTypeObject *const types[REPLACE_OBJECTS] = {
        &PyBytes_Type,   &PyTuple_Type, &PyTuple_Type,   &PyTuple_Type,
        &PyTuple_Type,   &PyTuple_Type, &PyUnicode_Type, &PyUnicode_Type,
        &PyUnicode_Type, &PyBytes_Type, &PyBytes_Type};

    for (int i = 0; i < REPLACE_INTS; i++) {
        if (given[i] != NULL) {
            ints[i] = _PyLong_AsInt(given[i]);
            if (ints[i] == -1 && PyErr_Occurred()) {
                return -1;
            }
        }
    }
    for (int i = 0; i < REPLACE_OBJECTS; i++) {
        objects[i] = given[REPLACE_INTS + i];
        if (objects[i] != NULL && !PyObject_TypeCheck(objects[i], types[i])) {
            char label[64];

            PyOS_snprintf(label, sizeof(label), "argument '%s'",
                          replace_keywords[REPLACE_INTS + i]);
            _PyArg_BadArgument("replace", label, types[i]->tp_name,
                               objects[i]);
            return -1;
        }
    }
    for (int i = 0; i < REPLACE_INTS; i++) {
        if (ints[i] < 0) {
            PyErr_Format(PyExc_ValueError, "%s must be a positive integer",
                         replace_keywords[i]);
            return -1;
        }
    }
    return 0;
}

static PyObject *
code_replace(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static _PyArg_Parser parser = {
        .keywords = replace_keywords, .fname = "replace", .format = NULL};
    PyCodeObject *self = (PyCodeObject *)op;
    PyObject *buffer[REPLACE_INTS + REPLACE_OBJECTS];
    PyObject *objects[REPLACE_OBJECTS];
    PyObject *code = NULL, *varnames = NULL, *freevars = NULL,
             *cellvars = NULL;
    PyObject *result = NULL;
    int ints[REPLACE_INTS] = {
        self->co_argcount,   self->co_posonlyargcount, self->co_kwonlyargcount,
        self->co_nlocals,    self->co_stacksize,       self->co_flags,
        self->co_firstlineno};
    PyObject *const *given = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames,
                                                   &parser, 0, 0, 0, buffer);

    if (given == NULL || replace_convert(given, ints, objects) < 0) {
        return NULL;
    }
    code = objects[0] != NULL ? Py_NewRef(objects[0]) : code_plain_bytes(self);
    varnames =
        objects[3] != NULL ? Py_NewRef(objects[3]) : code_varnames(self);
    freevars =
        objects[4] != NULL ? Py_NewRef(objects[4]) : code_freevars(self);
    cellvars =
        objects[5] != NULL ? Py_NewRef(objects[5]) : code_cellvars(self);
    if (code == NULL || varnames == NULL || freevars == NULL ||
        cellvars == NULL) {
        goto done;
    }
    {
        struct _PyCodeConstructor con = {
            .argcount = ints[0],
            .posonlyargcount = ints[1],
            .kwonlyargcount = ints[2],
            .stacksize = ints[4],
            .flags = ints[5],
            .firstlineno = ints[6],
            .code = code,
            .consts = objects[1] != NULL ? objects[1] : self->co_consts,
            .names = objects[2] != NULL ? objects[2] : self->co_names,
            .filename = objects[6] != NULL ? objects[6] : self->co_filename,
            .name = objects[7] != NULL ? objects[7] : self->co_name,
            .qualname = objects[8] != NULL ? objects[8] : self->co_qualname,
            .linetable = objects[9] != NULL ? objects[9] : self->co_linetable,
            .exceptiontable =
                objects[10] != NULL ? objects[10] : self->co_exceptiontable,
        };

        if (PyAudit(AUDIT_CODE___NEW__, "OOOiiiiii", code, con.filename,
                    con.name, con.argcount, con.posonlyargcount,
                    con.kwonlyargcount, ints[3], con.stacksize,
                    con.flags) < 0) {
            goto done;
        }
        result = (PyObject *)new_with_variables(&con, ints[3], varnames,
                                                cellvars, freevars);
    }
done:
    Py_XDECREF(code);
    Py_XDECREF(varnames);
    Py_XDECREF(freevars);
    Py_XDECREF(cellvars);
    return result;
}

/* ---- Slots and tables --------------------------------------------------- */

static PyObject *
code_repr(PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;

    return PyUnicode_FromFormat(
        "<code object %U at %p, file \"%U\", line %d>", code->co_name, code,
        code->co_filename,
        code->co_firstlineno != 0 ? code->co_firstlineno : -1);
}

static PyObject *
code_sizeof(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyCodeObject *code = (PyCodeObject *)op;

    return PyLong_FromSsize_t(
        (Py_ssize_t)_PyObject_VAR_SIZE(Py_TYPE(op), Py_SIZE(op)) +
        code_extra_size(code));
}

static PyObject *
code_varname_from_oparg(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    static const char *const keywords[] = {"oparg", NULL};
    static _PyArg_Parser parser = {
        .keywords = keywords, .fname = "_varname_from_oparg", .format = NULL};
    PyObject *buffer[1];
    PyObject *const *given = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames,
                                                   &parser, 1, 1, 0, buffer);
    int oparg;

    if (given == NULL) {
        return NULL;
    }
    oparg = _PyLong_AsInt(given[0]);
    if (oparg == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return Py_XNewRef(
        PyTuple_GetItem(((PyCodeObject *)op)->co_localsplusnames, oparg));
}

static PyObject *
code_get_code(PyObject *op, void *Py_UNUSED(closure))
{
    return code_plain_bytes((PyCodeObject *)op);
}

/* The form that the library's dis knows for one of our own. */
static int
documented_opcode(int opcode, int oparg)
{
    switch (opcode) {
    case LOAD_FAST_BORROWED:
    case LOAD_FAST_BORROWED__LOAD_FAST_BORROWED:
    case LOAD_FAST_BORROWED__LOAD_CONST: return LOAD_FAST;
    case STORE_FAST__LOAD_FAST_BORROWED: return STORE_FAST;
    case BINARY_OP_SHORT_INT:
        return oparg == NB_ADD        ? BINARY_OP_ADD_INT
               : oparg == NB_SUBTRACT ? BINARY_OP_SUBTRACT_INT
               : oparg == NB_MULTIPLY ? BINARY_OP_MULTIPLY_INT
                                      : BINARY_OP_ADAPTIVE;
    case BINARY_OP_TRUE_DIVIDE_FLOAT: return BINARY_OP_ADAPTIVE;
    case BINARY_SUBSCR_STR_INT: return BINARY_SUBSCR_ADAPTIVE;
    case LOAD_ATTR_CLASS:
    case LOAD_ATTR_PROPERTY: return LOAD_ATTR_ADAPTIVE;
    case PRECALL_CLASS_PY_INIT: return PRECALL_ADAPTIVE;
    default: return opcode;
    }
}

/* The documented form for two instructions in a row, or 0.  Ours pair
 * differently. */
static int
documented_pair(int first, int second)
{
    switch (first << 8 | second) {
    case LOAD_FAST << 8 | LOAD_FAST: return LOAD_FAST__LOAD_FAST;
    case LOAD_FAST << 8 | LOAD_CONST: return LOAD_FAST__LOAD_CONST;
    case LOAD_CONST << 8 | LOAD_FAST: return LOAD_CONST__LOAD_FAST;
    case STORE_FAST << 8 | LOAD_FAST: return STORE_FAST__LOAD_FAST;
    case STORE_FAST << 8 | STORE_FAST: return STORE_FAST__STORE_FAST;
    default: return 0;
    }
}

static PyObject *
code_get_adaptive(PyObject *op, void *Py_UNUSED(closure))
{
    PyCodeObject *code = (PyCodeObject *)op;
    PyObject *bytes = PyBytes_FromStringAndSize(code->co_code_adaptive,
                                                _PyCode_NBYTES(code));
    _Py_CODEUNIT *units;

    if (bytes == NULL) {
        return NULL;
    }
    units = (_Py_CODEUNIT *)PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = 0; i < Py_SIZE(code); i++) {
        int opcode = _Py_OPCODE(units[i]), oparg = _Py_OPARG(units[i]);
        int pair =
            code->co_warmup < 0 || i + 1 >= Py_SIZE(code)
                ? 0
                : documented_pair(opcode_plain[opcode],
                                  opcode_plain[_Py_OPCODE(units[i + 1])]);

        units[i] = _Py_MAKECODEUNIT(
            pair ? pair : documented_opcode(opcode, oparg), oparg);
        i += opcode_caches[opcode];
    }
    return bytes;
}

static PyObject *
code_get_varnames(PyObject *op, void *Py_UNUSED(closure))
{
    return code_varnames((PyCodeObject *)op);
}

static PyObject *
code_get_cellvars(PyObject *op, void *Py_UNUSED(closure))
{
    return code_cellvars((PyCodeObject *)op);
}

static PyObject *
code_get_freevars(PyObject *op, void *Py_UNUSED(closure))
{
    return code_freevars((PyCodeObject *)op);
}

static PyMethodDef code_methods[] = {
    {"__sizeof__", code_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nSize in bytes."},
    {"co_lines", code_co_lines, METH_NOARGS,
     "Iterator over (start, end, line) of the ranges of instructions."},
    {"co_positions", code_co_positions, METH_NOARGS,
     "Iterator over (line, end line, column, end column) of each code unit."},
    {"replace", (PyCFunction)(void (*)(void))code_replace,
     METH_FASTCALL | METH_KEYWORDS,
     "replace($self, /, **changes)\n--\n\nReturn a copy with other values for "
     "some attributes."},
    {"_varname_from_oparg",
     (PyCFunction)(void (*)(void))code_varname_from_oparg,
     METH_FASTCALL | METH_KEYWORDS,
     "_varname_from_oparg($self, /, oparg)\n--\n\nName of the variable that "
     "an operand means."},
    {NULL},
};

#define OBJECT_MEMBER(name)                                                   \
    {                                                                         \
#name, T_OBJECT, offsetof(PyCodeObject, name), READONLY               \
    }
#define INT_MEMBER(name) {#name, T_INT, offsetof(PyCodeObject, name), READONLY}

static PyMemberDef code_members[] = {
    INT_MEMBER(co_argcount),
    INT_MEMBER(co_posonlyargcount),
    INT_MEMBER(co_kwonlyargcount),
    INT_MEMBER(co_stacksize),
    INT_MEMBER(co_flags),
    INT_MEMBER(co_nlocals),
    INT_MEMBER(co_firstlineno),
    OBJECT_MEMBER(co_names),
    OBJECT_MEMBER(co_filename),
    OBJECT_MEMBER(co_name),
    OBJECT_MEMBER(co_qualname),
    OBJECT_MEMBER(co_consts),
    OBJECT_MEMBER(co_linetable),
    OBJECT_MEMBER(co_exceptiontable),
    {NULL},
};

#undef OBJECT_MEMBER
#undef INT_MEMBER

static PyGetSetDef code_getset[] = {
    {"co_lnotab", code_get_lnotab},
    {"_co_code_adaptive", code_get_adaptive},
    {"co_varnames", code_get_varnames},
    {"co_cellvars", code_get_cellvars},
    {"co_freevars", code_get_freevars},
    {"co_code", code_get_code},
    {NULL},
};

PyDoc_STRVAR(code_doc,
"code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n"
"     flags, codestring, constants, names, varnames, filename, name,\n"
"     qualname, firstlineno, linetable, exceptiontable, freevars=(),\n"
"     cellvars=(), /)\n"
"--\n"
"\n"
"A code object from its parts; compile() makes them from source.");

PyTypeObject PyCode_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "code",
    .tp_basicsize = offsetof(PyCodeObject, co_code_adaptive),
    .tp_itemsize = sizeof(_Py_CODEUNIT),
    .tp_new = code_new,
    .tp_dealloc = code_dealloc,
    .tp_repr = code_repr,
    .tp_hash = code_hash,
    .tp_richcompare = code_richcompare,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_weaklistoffset = offsetof(PyCodeObject, co_weakreflist),
    .tp_doc = code_doc,
    .tp_methods = code_methods,
    .tp_members = code_members,
    .tp_getset = code_getset,
};
