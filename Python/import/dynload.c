/* Extension modules in shared libraries (PEP 489). */
#include "Python.h"

#include "audit.h"
#include "errors.h"
#include "import.h"
#include "names.h"
#include "native.h"
#include "private_api.h"
#include "runtime.h"

#include <dlfcn.h>

const char *const dynload_suffixes[] = {
    ".cpython-311-x86_64-linux-gnu.so",
    ".abi3.so",
    ".so",
    NULL,
};

/* Name of the package that is being imported, for PyModule_Create2 of a
 * single-phase module inside it. */
const char *_Py_PackageContext = NULL;

/* The last part of a module's name as the PyInit function carries it: ASCII,
 * or punycode behind another prefix.  Returns new bytes. */
static PyObject *
encoded_name(PyObject *name, const char **prefix)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name), dot;
    PyObject *last, *encoded, *replaced;

    dot = PyUnicode_FindChar(name, '.', 0, length, -1);
    if (dot < -1) {
        return NULL;
    }
    last = PyUnicode_Substring(name, dot + 1, length);
    if (last == NULL) {
        return NULL;
    }
    if (PyUnicode_IS_ASCII(last)) {
        *prefix = "PyInit";
        encoded = PyUnicode_AsASCIIString(last);
    }
    else {
        *prefix = "PyInitU";
        encoded = PyUnicode_AsEncodedString(last, "punycode", NULL);
    }
    Py_DECREF(last);
    if (encoded == NULL) {
        return NULL;
    }
    replaced = PyObject_CallMethod(encoded, "replace", "yy", "-", "_");
    Py_DECREF(encoded);
    return replaced;
}

static void
raise_import_error(PyObject *name, PyObject *path, const char *format, ...)
{
    PyObject *message;
    va_list values;

    va_start(values, format);
    message = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (message != NULL) {
        PyErr_SetImportError(message, name, path);
        Py_DECREF(message);
    }
}

/* The module's PyInit function; NULL with ImportError. */
static PyObject *(*find_init(PyObject *name, PyObject *path,
                             PyObject *encoded, const char *prefix))(void)
{
    char symbol[258];
    PyObject *path_bytes = PyUnicode_EncodeFSDefault(path);
    void *library, *function;
    const char *text, *file;
    char with_folder[4096];
    int status;

    if (path_bytes == NULL) {
        return NULL;
    }
    file = PyBytes_AS_STRING(path_bytes);
    if (strlen(file) != (size_t)PyBytes_GET_SIZE(path_bytes)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        Py_DECREF(path_bytes);
        return NULL;
    }
    if (strchr(file, '/') == NULL) {
        /* Otherwise dlopen would search. */
        PyOS_snprintf(with_folder, sizeof(with_folder), "./%-.4000s", file);
        file = with_folder;
    }
    PyOS_snprintf(symbol, sizeof(symbol), "%.20s_%.200s", prefix,
                  PyBytes_AS_STRING(encoded));
    status = native_open(path, file, OPEN_CODE_NATIVE,
                         _PyInterpreterState_GET()->dlopenflags, &library);
    Py_DECREF(path_bytes);
    if (status < 0) {
        return NULL;
    }
    if (library == NULL) {
        text = dlerror();
        raise_import_error(name, path, "%s",
                           text == NULL ? "unknown dlopen() error" : text);
        return NULL;
    }
    function = dlsym(library, symbol);
    if (function == NULL) {
        raise_import_error(name, path,
                           "dynamic module does not define module export "
                           "function (%s)",
                           symbol);
        return NULL;
    }
    return (PyObject * (*)(void)) function;
}

/* Checks what an init function returned; steals module, answers it or NULL. */
static PyObject *
check_init_result(PyObject *module, PyObject *encoded)
{
    const char *name = PyBytes_AS_STRING(encoded);

    if (module == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "initialization of %s failed without raising an "
                         "exception",
                         name);
        }
        return NULL;
    }
    if (PyErr_Occurred()) {
        _PyErr_FormatFromCause(PyExc_SystemError,
                               "initialization of %s raised unreported "
                               "exception",
                               name);
        if (PyModule_Check(module)) {
            Py_DECREF(module);   /* a definition is static */
        }
        return NULL;
    }
    if (Py_TYPE(module) == NULL) {
        /* A definition that PyModuleDef_Init never saw: not an object. */
        PyErr_Format(PyExc_SystemError,
                     "init function of %s returned uninitialized object",
                     name);
        return NULL;
    }
    return module;
}

/* A single-phase module: remembered, with its __file__.  Steals module. */
static PyObject *
finish_single_phase(PyThreadState *tstate, PyObject *module, PyObject *name,
                    PyObject *path, PyObject *encoded,
                    PyObject *(*init)(void))
{
    PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;

    if (def == NULL) {
        PyErr_Format(PyExc_SystemError,
                     "initialization of %s did not return an extension module",
                     PyBytes_AS_STRING(encoded));
        Py_DECREF(module);
        return NULL;
    }
    def->m_base.m_init = init;
    if (PyModule_AddObjectRef(module, "__file__", path) < 0) {
        PyErr_Clear();           /* the module works without */
    }
    if (_PyImport_FixupExtensionObject(module, name, path,
                                       tstate->interp->modules) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

static int
is_ctypes(PyObject *encoded)
{
    return strcmp(PyBytes_AS_STRING(encoded), "_ctypes") == 0;
}

PyObject *
dynload_module(PyObject *spec, FILE *file)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *name = NULL, *path = NULL, *encoded = NULL;    /* owned */
    PyObject *module = NULL;
    PyObject *(*init)(void);
    const char *prefix, *outer_context;

    name = PyObject_GetAttr(spec, NAME(name));
    if (name == NULL) {
        goto done;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "spec.name must be a string");
        goto done;
    }
    path = PyObject_GetAttr(spec, NAME(origin));
    encoded = path == NULL ? NULL : encoded_name(name, &prefix);
    if (encoded == NULL) {
        goto done;
    }
    if (PyAudit(AUDIT_IMPORT, "OOOOO", name, path, Py_None, Py_None,
                Py_None) < 0) {
        goto done;
    }
    init = find_init(name, path, encoded, prefix);
    if (init == NULL) {
        goto done;
    }
    outer_context = _Py_PackageContext;
    _Py_PackageContext = PyUnicode_AsUTF8(name);
    if (_Py_PackageContext == NULL) {
        _Py_PackageContext = outer_context;
        goto done;
    }
    module = init();
    _Py_PackageContext = outer_context;
    module = check_init_result(module, encoded);
    if (module == NULL) {
        goto done;
    }
    if (is_ctypes(encoded) && PyModule_Check(module) &&
        native_take_over_ctypes(module) < 0) {
        Py_CLEAR(module);
    }
    else if (PyObject_TypeCheck(module, &PyModuleDef_Type)) {
        module = PyModule_FromDefAndSpec((PyModuleDef *)module, spec);
    }
    else if (strcmp(prefix, "PyInitU") == 0) {
        /* PEP 489: names beyond ASCII came with multi-phase modules. */
        PyErr_Format(PyExc_SystemError,
                     "initialization of %s did not return PyModuleDef",
                     PyBytes_AS_STRING(encoded));
        Py_CLEAR(module);
    }
    else {
        module = finish_single_phase(tstate, module, name, path, encoded,
                                     init);
    }
done:
    Py_XDECREF(encoded);
    Py_XDECREF(path);
    Py_XDECREF(name);
    return module;
}
