/* The first imports of an interpreter, and the end of its modules. */
#include "Python.h"

#include "errors.h"
#include "gc.h"
#include "import.h"
#include "names.h"
#include "open_code.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

/* --- Start --------------------------------------------------------------- */

int
import_init(PyInterpreterState *interp)
{
    interp->modules = PyDict_New();
    return interp->modules == NULL ? -1 : 0;
}

/* Makes the built-in module _imp before there is an import statement.
 * Returns new. */
static PyObject *
make_imp(PyThreadState *tstate)
{
    PyObject *spec = NULL, *attributes = NULL, *module = NULL;
    PyObject *name = PyUnicode_InternFromString("_imp");

    attributes = name == NULL ? NULL : Py_BuildValue("{sO}", "name", name);
    spec = attributes == NULL ? NULL : _PyNamespace_New(attributes);
    if (spec != NULL) {
        module = import_create_builtin(tstate, name, spec);
    }
    if (module != NULL && import_exec_extension(module) < 0) {
        Py_CLEAR(module);
    }
    Py_XDECREF(spec);
    Py_XDECREF(attributes);
    Py_XDECREF(name);
    return module;
}

/* sys.meta_path, path_hooks, path_importer_cache: empty, for importlib to
 * fill. */
static int
make_import_lists(PyInterpreterState *interp)
{
    PyObject *finders = PyList_New(0), *hooks = PyList_New(0),
             *cache = PyDict_New();
    int status = -1;

    if (finders != NULL && hooks != NULL && cache != NULL &&
        PyDict_SetItem(interp->sysdict, NAME(meta_path), finders) == 0 &&
        PyDict_SetItem(interp->sysdict, NAME(path_hooks), hooks) == 0 &&
        PyDict_SetItem(interp->sysdict, NAME(path_importer_cache), cache) ==
            0) {
        status = 0;
    }
    Py_XDECREF(finders);
    Py_XDECREF(hooks);
    Py_XDECREF(cache);
    return status;
}

int
import_init_bootstrap(PyThreadState *tstate, PyObject *sys_module)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *bootstrap, *imp = NULL, *result = NULL;

    if (make_import_lists(interp) < 0 ||
        PyImport_ImportFrozenModule("_frozen_importlib") <= 0) {
        return -1;
    }
    bootstrap = PyImport_AddModule("_frozen_importlib");     /* borrowed */
    if (bootstrap == NULL) {
        return -1;
    }
    interp->importlib = Py_NewRef(bootstrap);
    imp = make_imp(tstate);
    if (imp == NULL || _PyImport_SetModuleString("_imp", imp) < 0) {
        Py_XDECREF(imp);
        return -1;
    }
    result = PyObject_CallMethod(interp->importlib, "_install", "OO",
                                 sys_module, imp);
    Py_DECREF(imp);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

/* sys.path_hooks gets zipimport in front of the file finder. */
static int
install_zipimport(PyThreadState *tstate)
{
    PyObject *hooks = sys_get_attribute(tstate, NAME(path_hooks));
    PyObject *importer;
    int status;

    if (hooks == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.path_hooks");
        return -1;
    }
    importer = _PyImport_GetModuleAttrString("zipimport", "zipimporter");
    if (importer == NULL) {
        PyErr_Clear();           /* without zlib or zipimport: no archives */
        return 0;
    }
    status = PyList_Insert(hooks, 0, importer);
    Py_DECREF(importer);
    return status;
}

/* SourcelessFileLoader.get_data: FileLoader's reads the file as data, but what
 * is read here becomes code.  Runs Python. */
static PyObject *
sourceless_get_data(PyObject *self, PyTypeObject *defining_class,
                    PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static _PyArg_Parser parser = {.format = "O:get_data",
                                   .keywords = keywords};
    PyObject *path, *text, *content;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    if (!open_code_is_watched()) {
        return PyObject_CallMethod((PyObject *)defining_class->tp_base,
                                   "get_data", "OO", self, path);
    }
    text = PyObject_Str(path);
    if (text == NULL) {
        return NULL;
    }
    content = open_code_read(text, OPEN_CODE_BYTECODE, -1);
    Py_DECREF(text);
    return content;
}

static PyMethodDef sourceless_methods[] = {
    {"get_data", _PyCFunction_CAST(sourceless_get_data),
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "get_data($self, path, /)\n--\n\nThe bytes of a file of code."},
    {NULL, NULL, 0, NULL},
};

/* importlib's own loader of .pyc files opens them for running.  0/-1. */
static int
replace_sourceless_get_data(void)
{
    PyObject *loader = _PyImport_GetModuleAttrString(
        "_frozen_importlib_external", "SourcelessFileLoader");
    PyObject *method = NULL;
    int status = -1;

    if (loader != NULL && PyType_Check(loader)) {
        method = PyDescr_NewMethod((PyTypeObject *)loader, sourceless_methods);
    }
    if (method != NULL) {
        status = PyObject_SetAttrString(loader, "get_data", method);
        Py_DECREF(method);
    }
    Py_XDECREF(loader);
    return status;
}

int
import_init_external(PyThreadState *tstate)
{
    PyObject *result = PyObject_CallMethod(
        tstate->interp->importlib, "_install_external_importers", NULL);

    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    if (replace_sourceless_get_data() < 0 || install_zipimport(tstate) < 0) {
        return -1;
    }
    return import_changes_start(tstate);
}

/* --- End ----------------------------------------------------------------- */

/* Attributes of sys that keep user objects alive become None first. */
static void
forget_sys_attributes(PyThreadState *tstate)
{
    static const char *const names[] = {
        "path", "argv", "ps1", "ps2", "last_type", "last_value",
        "last_traceback", "path_hooks", "path_importer_cache", "meta_path",
        "__interactivehook__",
    };
    static const char *const streams[][2] = {
        {"stdin", "__stdin__"},
        {"stdout", "__stdout__"},
        {"stderr", "__stderr__"},
    };
    PyObject *dict = tstate->interp->sysdict;

    if (PyDict_SetItemString(tstate->interp->builtins, "_", Py_None) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (PyDict_SetItemString(dict, names[i], Py_None) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(streams); i++) {
        PyObject *original = PyDict_GetItemString(dict, streams[i][1]);
        if (PyDict_SetItemString(dict, streams[i][0],
                                 original == NULL ? Py_None : original) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
    }
}

/* A list of (name, weak reference), in the order of import, of what
 * sys.modules holds; the entries become None.  New, or NULL. */
static PyObject *
detach_modules(PyObject *modules)
{
    PyObject *list = PyList_New(0), *names = NULL;

    if (PyDict_CheckExact(modules)) {
        names = PyDict_Keys(modules);
    }
    for (Py_ssize_t i = 0;
         list != NULL && names != NULL && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        PyObject *module = PyDict_GetItemWithError(modules, name);
        PyObject *reference, *pair;

        if (module == NULL || !PyModule_Check(module)) {
            continue;
        }
        reference = PyWeakref_NewRef(module, NULL);
        pair = reference == NULL ? NULL : PyTuple_Pack(2, name, reference);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
        Py_XDECREF(pair);
        Py_XDECREF(reference);
        if (PyDict_SetItem(modules, name, Py_None) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
    }
    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable(NULL);
    }
    Py_XDECREF(names);
    return list;
}

/* Modules that are still alive, last imported first: their names become
 * None.  sys and builtins stay for their finalizers. */
static void
clear_surviving_modules(PyInterpreterState *interp, PyObject *list)
{
    for (Py_ssize_t i = PyList_GET_SIZE(list); i-- > 0; ) {
        PyObject *pair = PyList_GET_ITEM(list, i);
        PyObject *module = PyWeakref_GetObject(PyTuple_GET_ITEM(pair, 1));
        PyObject *dict;

        if (module == NULL || module == Py_None) {
            continue;
        }
        dict = PyModule_GetDict(module);
        if (dict == interp->builtins || dict == interp->sysdict) {
            continue;
        }
        Py_INCREF(module);
        _PyModule_Clear(module);
        Py_DECREF(module);
    }
}

void
import_finalize_modules(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *modules = interp->modules, *list;

    if (modules == NULL) {
        return;
    }
    import_changes_stop(interp);
    forget_sys_attributes(tstate);
    list = detach_modules(modules);
    if (PyDict_CheckExact(modules)) {
        PyDict_Clear(modules);
    }
    /* builtins as they were at the start, so that teardown code finds them. */
    if (interp->builtins_copy != NULL) {
        PyDict_Clear(interp->builtins);
        if (PyDict_Update(interp->builtins, interp->builtins_copy) < 0) {
            PyErr_Clear();       /* no memory: they stay empty */
        }
    }
    gc_collect_at_exit(interp);
    gc_dump_shutdown_stats(interp);      /* while warnings still work */
    if (list != NULL) {
        clear_surviving_modules(interp, list);
        Py_DECREF(list);
    }
    _PyModule_ClearDict(interp->sysdict);
    _PyModule_ClearDict(interp->builtins);
    Py_CLEAR(interp->modules_by_index);
    Py_CLEAR(interp->modules);
    gc_collect_at_exit(interp);
}

void
import_fini(PyInterpreterState *interp)
{
    Py_CLEAR(interp->importlib);
    Py_CLEAR(interp->import_func);
}

void
import_fini_global(void)
{
    import_fini_extensions();
}
