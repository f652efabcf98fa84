/* Module _symtable: the compiler's symbol tables for Python code (library
 * module symtable). */

#include "Python.h"

#include "arena.h"
#include "ast.h"
#include "compile.h"
#include "parser.h"
#include "symtable.h"

/* The table of the module in `source`; NULL with an exception. */
static PySTEntryObject *
top_entry_of(const char *source, PyObject *filename, int start,
             PyCompilerFlags *flags)
{
    PyArena *arena = _PyArena_New();
    PySTEntryObject *top = NULL;
    FutureFeatures future;
    struct symtable *table;
    mod_ty module;

    if (arena == NULL) {
        return NULL;
    }
    module = parser_mod_from_string(source, filename, start, flags, arena);
    if (module != NULL && future_collect(module, filename, &future) == 0) {
        future.features |= flags->cf_flags;
        table = symtable_build(module, filename, &future);
        if (table != NULL) {
            top = (PySTEntryObject *)Py_NewRef(table->top);
            symtable_free(table);
        }
    }
    _PyArena_Free(arena);
    return top;
}

static PyObject *
symtable_symtable(PyObject *Py_UNUSED(module), PyObject *const *args,
                  Py_ssize_t nargs)
{
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyObject *filename = NULL, *source_copy = NULL, *result = NULL;
    const char *text, *mode;
    Py_ssize_t size;
    int start;

    if (!_PyArg_CheckPositional("symtable", nargs, 3, 3) ||
        !PyUnicode_FSDecoder(args[1], &filename)) {
        return NULL;
    }
    if (!PyUnicode_Check(args[2])) {
        _PyArg_BadArgument("symtable", "argument 3", "str", args[2]);
        goto done;
    }
    mode = PyUnicode_AsUTF8AndSize(args[2], &size);
    if (mode == NULL) {
        goto done;
    }
    if (strlen(mode) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        goto done;
    }
    flags.cf_flags = PyCF_SOURCE_IS_UTF8;
    text = _Py_SourceAsString(args[0], "symtable", "string or bytes", &flags,
                              &source_copy);
    if (text == NULL) {
        goto done;
    }
    if (strcmp(mode, "exec") == 0) {
        start = Py_file_input;
    }
    else if (strcmp(mode, "eval") == 0) {
        start = Py_eval_input;
    }
    else if (strcmp(mode, "single") == 0) {
        start = Py_single_input;
    }
    else {
        PyErr_SetString(
            PyExc_ValueError,
            "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
        goto done;
    }
    result = (PyObject *)top_entry_of(text, filename, start, &flags);
done:
    Py_XDECREF(source_copy);
    Py_XDECREF(filename);
    return result;
}

static PyMethodDef symtable_methods[] = {
    {"symtable", (PyCFunction)(void (*)(void))symtable_symtable, METH_FASTCALL,
     "symtable($module, source, filename, startstr, /)\n--\n\n"
     "The symbol table of a module, with those inside it."},
    {NULL},
};

static int
symtable_exec(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"USE", USE},
        {"DEF_GLOBAL", DEF_GLOBAL},
        {"DEF_NONLOCAL", DEF_NONLOCAL},
        {"DEF_LOCAL", DEF_LOCAL},
        {"DEF_PARAM", DEF_PARAM},
        {"DEF_FREE", DEF_FREE},
        {"DEF_FREE_CLASS", DEF_FREE_CLASS},
        {"DEF_IMPORT", DEF_IMPORT},
        {"DEF_BOUND", DEF_BOUND},
        {"DEF_ANNOT", DEF_ANNOT},
        {"TYPE_FUNCTION", FunctionBlock},
        {"TYPE_CLASS", ClassBlock},
        {"TYPE_MODULE", ModuleBlock},
        {"LOCAL", LOCAL},
        {"GLOBAL_EXPLICIT", GLOBAL_EXPLICIT},
        {"GLOBAL_IMPLICIT", GLOBAL_IMPLICIT},
        {"FREE", FREE},
        {"CELL", CELL},
        {"SCOPE_OFF", SCOPE_OFFSET},
        {"SCOPE_MASK", SCOPE_MASK},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name,
                                    constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot symtable_slots[] = {{Py_mod_exec, symtable_exec},
                                            {0, NULL}};

static PyModuleDef symtable_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_symtable",
    .m_methods = symtable_methods,
    .m_slots = symtable_slots,
};

PyMODINIT_FUNC PyInit__symtable(void);

PyMODINIT_FUNC
PyInit__symtable(void)
{
    return PyModuleDef_Init(&symtable_module);
}
