/* The module _pickle: its state and functions. */

#include "private.h"

/* ---- State -------------------------------------------------------------- */

pickle_state *
state_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &pickle_module);

    return module == NULL ? NULL : PyModule_GetState(module);
}

/* Every owned field of the state. */
#define STATE_FIELDS(F) \
    F(pickle_error) F(pickling_error) F(unpickling_error) F(dispatch_table) \
    F(extension_registry) F(inverted_registry) F(extension_cache) \
    F(name_mapping_2to3) F(import_mapping_2to3) F(name_mapping_3to2) \
    F(import_mapping_3to2) F(codecs_encode) F(getattr) F(partial) \
    F(pickler_type) F(unpickler_type) F(pickler_memo_type) \
    F(unpickler_memo_type)

static int
pickle_traverse(PyObject *module, visitproc visit, void *arg)
{
    pickle_state *state = PyModule_GetState(module);

#define VISIT_FIELD(name) Py_VISIT(state->name);
    STATE_FIELDS(VISIT_FIELD)
#undef VISIT_FIELD
    return 0;
}

static int
pickle_clear(PyObject *module)
{
    pickle_state *state = PyModule_GetState(module);

#define CLEAR_FIELD(name) Py_CLEAR(state->name);
    STATE_FIELDS(CLEAR_FIELD)
#undef CLEAR_FIELD
    return 0;
}

static void
pickle_free(void *module)
{
    pickle_clear(module);
}

/* An attribute of a module that must be a dict (or, without `what`,
 * anything): owned in `*place`. */
static int
import_part(const char *module, const char *name, const char *what,
            PyObject **place)
{
    *place = _PyImport_GetModuleAttrString(module, name);
    if (*place == NULL) {
        return -1;
    }
    if (what != NULL && !PyDict_CheckExact(*place)) {
        PyErr_Format(PyExc_RuntimeError, "%s should be a dict, not %.200s",
                     what, Py_TYPE(*place)->tp_name);
        return -1;
    }
    return 0;
}

static int
import_parts(pickle_state *state)
{
    if (import_part("builtins", "getattr", NULL, &state->getattr) < 0 ||
        import_part("copyreg", "dispatch_table", "copyreg.dispatch_table",
                    &state->dispatch_table) < 0 ||
        import_part("copyreg", "_extension_registry",
                    "copyreg._extension_registry",
                    &state->extension_registry) < 0 ||
        import_part("copyreg", "_inverted_registry",
                    "copyreg._inverted_registry",
                    &state->inverted_registry) < 0 ||
        import_part("copyreg", "_extension_cache",
                    "copyreg._extension_cache",
                    &state->extension_cache) < 0 ||
        import_part("_compat_pickle", "NAME_MAPPING",
                    "_compat_pickle.NAME_MAPPING",
                    &state->name_mapping_2to3) < 0 ||
        import_part("_compat_pickle", "IMPORT_MAPPING",
                    "_compat_pickle.IMPORT_MAPPING",
                    &state->import_mapping_2to3) < 0 ||
        import_part("_compat_pickle", "REVERSE_NAME_MAPPING",
                    "_compat_pickle.REVERSE_NAME_MAPPING",
                    &state->name_mapping_3to2) < 0 ||
        import_part("_compat_pickle", "REVERSE_IMPORT_MAPPING",
                    "_compat_pickle.REVERSE_IMPORT_MAPPING",
                    &state->import_mapping_3to2) < 0 ||
        import_part("codecs", "encode", NULL, &state->codecs_encode) < 0) {
        return -1;
    }
    return import_part("functools", "partial", NULL, &state->partial);
}

/* ---- Functions ---------------------------------------------------------- */

/* A pickler with the settings of a function call. */
static pickler *
prepare_pickler(PyObject *module, PyObject *protocol, int fix_imports,
                PyObject *callback)
{
    pickler *self = pickler_new_plain(PyModule_GetState(module));

    if (self != NULL &&
        (pickler_set_protocol(self, protocol, fix_imports) < 0 ||
         pickler_set_buffer_callback(self, callback) < 0)) {
        Py_CLEAR(self);
    }
    return self;
}

PyDoc_STRVAR(dump_doc,
"dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n"
"     buffer_callback=None)\n--\n\n"
"Write the pickled form of the object to the file, as\n"
"Pickler(file, protocol).dump(obj).");

static PyObject *
pickle_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"obj", "file", "protocol",
                                           "fix_imports", "buffer_callback",
                                           NULL};
    static _PyArg_Parser parser = {.format = "OO|O$pO:dump",
                                   .keywords = keywords};
    PyObject *object, *file, *protocol = Py_None, *callback = Py_None;
    int fix_imports = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &object,
                                      &file, &protocol, &fix_imports,
                                      &callback)) {
        return NULL;
    }
    pickler *self = prepare_pickler(module, protocol, fix_imports, Py_None);
    if (self == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (pickler_set_file(self, file) == 0 &&
        pickler_set_buffer_callback(self, callback) == 0 &&
        pickler_dump(self, object) == 0 && output_flush(self) == 0) {
        result = Py_NewRef(Py_None);
    }
    Py_DECREF(self);
    return result;
}

PyDoc_STRVAR(dumps_doc,
"dumps($module, /, obj, protocol=None, *, fix_imports=True,\n"
"      buffer_callback=None)\n--\n\n"
"Return the pickled form of the object as bytes.");

static PyObject *
pickle_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"obj", "protocol", "fix_imports",
                                           "buffer_callback", NULL};
    static _PyArg_Parser parser = {.format = "O|O$pO:dumps",
                                   .keywords = keywords};
    PyObject *object, *protocol = Py_None, *callback = Py_None;
    int fix_imports = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &object,
                                      &protocol, &fix_imports, &callback)) {
        return NULL;
    }
    pickler *self = prepare_pickler(module, protocol, fix_imports, callback);
    if (self == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (pickler_dump(self, object) == 0) {
        result = PyBytes_FromStringAndSize(self->output, self->output_size);
    }
    Py_DECREF(self);
    return result;
}

/* An unpickler with the settings of a function call. */
static unpickler *
prepare_unpickler(PyObject *module, int fix_imports, const char *encoding,
                  const char *errors, PyObject *buffers)
{
    unpickler *self = unpickler_new_plain(PyModule_GetState(module));

    if (self != NULL &&
        (unpickler_set_encoding(self, encoding, errors) < 0 ||
         unpickler_set_buffers(self, buffers) < 0)) {
        Py_CLEAR(self);
    }
    if (self != NULL) {
        self->fix_imports = fix_imports;
    }
    return self;
}

/* load() and loads(): the first argument becomes the input by `set_input`. */
static PyObject *
load_from(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames, _PyArg_Parser *parser,
          int (*set_input)(unpickler *, PyObject *))
{
    PyObject *source, *buffers = NULL, *result = NULL;
    int fix_imports = 1;
    const char *encoding = "ASCII", *errors = "strict";

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser, &source,
                                      &fix_imports, &encoding, &errors,
                                      &buffers)) {
        return NULL;
    }
    unpickler *self = prepare_unpickler(module, fix_imports, encoding, errors,
                                        buffers);
    if (self == NULL) {
        return NULL;
    }
    if (set_input(self, source) == 0) {
        result = unpickler_run(self);
    }
    Py_DECREF(self);
    return result;
}

PyDoc_STRVAR(load_doc,
"load($module, /, file, *, fix_imports=True, encoding=\'ASCII\',\n"
"     errors=\'strict\', buffers=())\n--\n\n"
"Read a pickled object from the file, as Unpickler(file).load().");

static PyObject *
pickle_load(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"file", "fix_imports", "encoding",
                                           "errors", "buffers", NULL};
    static _PyArg_Parser parser = {.format = "O|$pssO:load",
                                   .keywords = keywords};

    return load_from(module, args, nargs, kwnames, &parser, input_set_file);
}

PyDoc_STRVAR(loads_doc,
"loads($module, data, /, *, fix_imports=True, encoding=\'ASCII\',\n"
"      errors=\'strict\', buffers=())\n--\n\n"
"Read a pickled object from bytes.");

static PyObject *
pickle_loads(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"", "fix_imports", "encoding",
                                           "errors", "buffers", NULL};
    static _PyArg_Parser parser = {.format = "O|$pssO:loads",
                                   .keywords = keywords};

    return load_from(module, args, nargs, kwnames, &parser, input_set_bytes);
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef pickle_methods[] = {
    {"dump", FAST(pickle_dump), METH_FASTCALL | METH_KEYWORDS, dump_doc},
    {"dumps", FAST(pickle_dumps), METH_FASTCALL | METH_KEYWORDS, dumps_doc},
    {"load", FAST(pickle_load), METH_FASTCALL | METH_KEYWORDS, load_doc},
    {"loads", FAST(pickle_loads), METH_FASTCALL | METH_KEYWORDS, loads_doc},
    {NULL},
};

/* ---- Module ------------------------------------------------------------- */

static int
make_types(PyObject *module, pickle_state *state)
{
    const struct { PyType_Spec *spec; PyTypeObject **place; } rows[] = {
        {&pickler_spec, &state->pickler_type},
        {&unpickler_spec, &state->unpickler_type},
        {&pickler_memo_spec, &state->pickler_memo_type},
        {&unpickler_memo_spec, &state->unpickler_memo_type},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(rows); i++) {
        *rows[i].place = (PyTypeObject *)PyType_FromModuleAndSpec(
            module, rows[i].spec, NULL);
        if (*rows[i].place == NULL) {
            return -1;
        }
    }
    return PyModule_AddType(module, state->pickler_type) < 0
               ? -1 : PyModule_AddType(module, state->unpickler_type);
}

static int
make_errors(PyObject *module, pickle_state *state)
{
    state->pickle_error = PyErr_NewException("_pickle.PickleError", NULL,
                                             NULL);
    if (state->pickle_error == NULL) {
        return -1;
    }
    state->pickling_error = PyErr_NewException("_pickle.PicklingError",
                                               state->pickle_error, NULL);
    state->unpickling_error = PyErr_NewException("_pickle.UnpicklingError",
                                                 state->pickle_error, NULL);
    if (state->pickling_error == NULL || state->unpickling_error == NULL ||
        PyModule_AddObjectRef(module, "PickleError",
                              state->pickle_error) < 0 ||
        PyModule_AddObjectRef(module, "PicklingError",
                              state->pickling_error) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "UnpicklingError",
                                 state->unpickling_error);
}

static int
pickle_exec(PyObject *module)
{
    pickle_state *state = PyModule_GetState(module);

    if (make_types(module, state) < 0 || make_errors(module, state) < 0 ||
        PyModule_AddType(module, &PyPickleBuffer_Type) < 0) {
        return -1;
    }
    return import_parts(state);
}

static PyModuleDef_Slot pickle_slots[] = {
    {Py_mod_exec, pickle_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc,
             "The functions and types of the module pickle, in C.");

struct PyModuleDef pickle_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pickle",
    .m_doc = module_doc,
    .m_size = sizeof(pickle_state),
    .m_methods = pickle_methods,
    .m_slots = pickle_slots,
    .m_traverse = pickle_traverse,
    .m_clear = pickle_clear,
    .m_free = pickle_free,
};

PyMODINIT_FUNC PyInit__pickle(void);
PyMODINIT_FUNC
PyInit__pickle(void)
{
    return PyModuleDef_Init(&pickle_module);
}
