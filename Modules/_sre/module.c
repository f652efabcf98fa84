/* Module _sre. */
#include "engine.h"

SREModuleState *
sre_state_of_type(PyTypeObject *type)
{
    return PyType_GetModuleState(type);
}

PyObject *
sre_call_re(const char *function, PyObject *args)
{
    PyObject *module = NULL, *callable = NULL, *result = NULL;

    if (args == NULL) {
        return NULL;
    }
    module = PyImport_ImportModule("re");
    if (module != NULL) {
        callable = PyObject_GetAttrString(module, function);
    }
    if (callable != NULL) {
        result = PyObject_CallObject(callable, args);
    }
    Py_XDECREF(callable);
    Py_XDECREF(module);
    Py_DECREF(args);
    return result;
}

/* ---- functions ---------------------------------------------------------- */

static PyObject *
sre_getcodesize(PyObject *module, PyObject *unused)
{
    return PyLong_FromSize_t(sizeof(SRECode));
}

static int
as_int(PyObject *argument, int *value)
{
    *value = _PyLong_AsInt(argument);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *
sre_ascii_iscased(PyObject *module, PyObject *argument)
{
    int ch;

    if (as_int(argument, &ch) < 0) {
        return NULL;
    }
    return PyBool_FromLong(ch >= 0 && ch < 128 && Py_ISALPHA(ch));
}

static PyObject *
sre_unicode_iscased(PyObject *module, PyObject *argument)
{
    int value;

    if (as_int(argument, &value) < 0) {
        return NULL;
    }
    Py_UCS4 ch = (Py_UCS4)value;
    return PyBool_FromLong(ch != sre_lower_unicode(ch) ||
                           ch != _PyUnicode_ToUppercase(ch));
}

static PyObject *
sre_ascii_tolower(PyObject *module, PyObject *argument)
{
    int ch;

    if (as_int(argument, &ch) < 0) {
        return NULL;
    }
    return PyLong_FromLong((int)sre_lower_ascii((Py_UCS4)ch));
}

static PyObject *
sre_unicode_tolower(PyObject *module, PyObject *argument)
{
    int ch;

    if (as_int(argument, &ch) < 0) {
        return NULL;
    }
    return PyLong_FromLong((int)sre_lower_unicode((Py_UCS4)ch));
}

/* ---- compile ------------------------------------------------------------ */

/* Copies the list of numbers to the pattern's code. 0/-1 */
static int
copy_code(PatternObject *self, PyObject *code)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        unsigned long value = PyLong_AsUnsignedLong(PyList_GET_ITEM(code, i));
        if (value == (unsigned long)-1 && PyErr_Occurred()) {
            if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
                PyErr_SetString(PyExc_OverflowError, "regular expression "
                                "code size limit exceeded");
            }
            return -1;
        }
        self->code[i] = (SRECode)value;
        if (self->code[i] != value) {
            PyErr_SetString(PyExc_OverflowError, "regular expression code "
                            "size limit exceeded");
            return -1;
        }
    }
    return 0;
}

/* 1: bytes, 0: str, -1: None, -2: an exception. */
static int
kind_of_pattern(PyObject *pattern)
{
    Py_buffer view;

    if (pattern == Py_None) {
        return -1;
    }
    if (PyUnicode_Check(pattern)) {
        return 0;
    }
    if (PyObject_GetBuffer(pattern, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError,
                     "expected string or bytes-like object, got '%.200s'",
                     Py_TYPE(pattern)->tp_name);
        return -2;
    }
    PyBuffer_Release(&view);
    return 1;
}

static PyObject *
sre_compile(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {
        "pattern", "flags", "code", "groups", "groupindex", "indexgroup",
        NULL};
    static _PyArg_Parser parser = {.keywords = keywords, .fname = "compile"};
    SREModuleState *state = PyModule_GetState(module);
    PyObject *buffer[6];

    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 6, 6, 0,
                                 buffer);
    if (args == NULL) {
        return NULL;
    }
    int flags = _PyLong_AsInt(args[1]);
    if (flags == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (!PyList_Check(args[2])) {
        _PyArg_BadArgument("compile", "argument 'code'", "list", args[2]);
        return NULL;
    }
    PyObject *number = PyNumber_Index(args[3]);
    if (number == NULL) {
        return NULL;
    }
    Py_ssize_t groups = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    if (groups == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (!PyDict_Check(args[4])) {
        _PyArg_BadArgument("compile", "argument 'groupindex'", "dict",
                           args[4]);
        return NULL;
    }
    if (!PyTuple_Check(args[5])) {
        _PyArg_BadArgument("compile", "argument 'indexgroup'", "tuple",
                           args[5]);
        return NULL;
    }
    int kind = kind_of_pattern(args[0]);
    if (kind == -2) {
        return NULL;
    }
    PatternObject *self = PyObject_GC_NewVar(
        PatternObject, state->pattern_type, PyList_GET_SIZE(args[2]));
    if (self == NULL) {
        return NULL;
    }
    self->weakreflist = NULL;
    self->pattern = Py_NewRef(args[0]);
    self->groupindex = Py_NewRef(args[4]);
    self->indexgroup = Py_NewRef(args[5]);
    self->flags = flags;
    self->groups = groups;
    self->is_bytes = kind;
    PyObject_GC_Track(self);
    if (copy_code(self, args[2]) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (!sre_code_is_valid(self->code, Py_SIZE(self), groups)) {
        PyErr_SetString(PyExc_RuntimeError, "invalid SRE code");
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* ---- the module --------------------------------------------------------- */

static PyMethodDef sre_methods[] = {
    {"compile", (PyCFunction)(void (*)(void))sre_compile,
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("compile($module, /, pattern, flags, code, groups, "
               "groupindex,\n        indexgroup)\n--\n\n"
               "Make a pattern of compiled code.")},
    {"getcodesize", sre_getcodesize, METH_NOARGS,
     PyDoc_STR("getcodesize($module, /)\n--\n\nBytes per word of code.")},
    {"ascii_iscased", sre_ascii_iscased, METH_O,
     PyDoc_STR("ascii_iscased($module, character, /)\n--\n\n"
               "Whether it is an ASCII letter.")},
    {"unicode_iscased", sre_unicode_iscased, METH_O,
     PyDoc_STR("unicode_iscased($module, character, /)\n--\n\n"
               "Whether it has another case.")},
    {"ascii_tolower", sre_ascii_tolower, METH_O,
     PyDoc_STR("ascii_tolower($module, character, /)\n--\n\n"
               "Lower case of an ASCII character.")},
    {"unicode_tolower", sre_unicode_tolower, METH_O,
     PyDoc_STR("unicode_tolower($module, character, /)\n--\n\n"
               "Lower case of a character.")},
    {NULL, NULL, 0, NULL},
};

static int
add_type(PyObject *module, PyTypeObject **field, PyType_Spec *spec)
{
    *field = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *field == NULL ? -1 : 0;
}

static int
sre_exec(PyObject *module)
{
    SREModuleState *state = PyModule_GetState(module);
    PyObject *limit;

    if (add_type(module, &state->pattern_type, &sre_pattern_spec) < 0 ||
        add_type(module, &state->match_type, &sre_match_spec) < 0 ||
        add_type(module, &state->scanner_type, &sre_scanner_spec) < 0 ||
        PyModule_AddIntConstant(module, "MAGIC", SRE_MAGIC) < 0 ||
        PyModule_AddIntConstant(module, "CODESIZE", sizeof(SRECode)) < 0) {
        return -1;
    }
    limit = PyLong_FromUnsignedLong(SRE_MAXREPEAT);
    if (limit == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "MAXREPEAT", limit);
    Py_DECREF(limit);
    if (status < 0) {
        return -1;
    }
    if (PyModule_AddIntConstant(module, "MAXGROUPS", SRE_MAXGROUPS) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "copyright",
                                      " Lucid's regular expressions ");
}

static int
sre_traverse(PyObject *module, visitproc visit, void *arg)
{
    SREModuleState *state = PyModule_GetState(module);

    Py_VISIT(state->pattern_type);
    Py_VISIT(state->match_type);
    Py_VISIT(state->scanner_type);
    return 0;
}

static int
sre_clear(PyObject *module)
{
    SREModuleState *state = PyModule_GetState(module);

    Py_CLEAR(state->pattern_type);
    Py_CLEAR(state->match_type);
    Py_CLEAR(state->scanner_type);
    return 0;
}

static void
sre_free(void *module)
{
    sre_clear(module);
}

static PyModuleDef_Slot sre_slots[] = {
    {Py_mod_exec, sre_exec},
    {0, NULL},
};

PyModuleDef sre_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sre",
    .m_size = sizeof(SREModuleState),
    .m_methods = sre_methods,
    .m_slots = sre_slots,
    .m_traverse = sre_traverse,
    .m_clear = sre_clear,
    .m_free = sre_free,
};

PyMODINIT_FUNC PyInit__sre(void);

PyMODINIT_FUNC
PyInit__sre(void)
{
    return PyModuleDef_Init(&sre_module);
}
