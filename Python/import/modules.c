/* sys.modules, the import lock, and modules made from code objects. */
#include "Python.h"

#include "errors.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

/* --- The import lock -------------------------------------------------------
 *
 * One for the process, reentrant.  importlib has a lock for each module and
 * holds this one only to find that. */

static struct {
    PyThread_type_lock lock;        /* NULL until first used */
    unsigned long owner;
    int level;
} import_lock = {NULL, PYTHREAD_INVALID_THREAD_ID, 0};

void
import_lock_acquire(void)
{
    unsigned long me = PyThread_get_thread_ident();

    if (import_lock.lock == NULL) {
        import_lock.lock = PyThread_allocate_lock();
        if (import_lock.lock == NULL) {
            return;                 /* no memory: nothing is locked */
        }
    }
    if (import_lock.owner == me) {
        import_lock.level++;
        return;
    }
    if (import_lock.owner != PYTHREAD_INVALID_THREAD_ID ||
        !PyThread_acquire_lock(import_lock.lock, NOWAIT_LOCK)) {
        PyThreadState *tstate = PyEval_SaveThread();
        PyThread_acquire_lock(import_lock.lock, WAIT_LOCK);
        PyEval_RestoreThread(tstate);
    }
    import_lock.owner = me;
    import_lock.level = 1;
}

int
import_lock_release(void)
{
    if (import_lock.lock == NULL) {
        return 0;
    }
    if (import_lock.owner != PyThread_get_thread_ident()) {
        return -1;
    }
    if (--import_lock.level == 0) {
        import_lock.owner = PYTHREAD_INVALID_THREAD_ID;
        PyThread_release_lock(import_lock.lock);
    }
    return 1;
}

int
import_lock_is_held(void)
{
    return import_lock.owner != PYTHREAD_INVALID_THREAD_ID;
}

int
import_lock_reinit_after_fork(void)
{
    int level = import_lock.level;

    if (import_lock.lock == NULL) {
        return 0;
    }
    /* The old lock may be held by a thread that does not exist here. */
    import_lock.lock = PyThread_allocate_lock();
    if (import_lock.lock == NULL) {
        return -1;
    }
    import_lock.owner = PYTHREAD_INVALID_THREAD_ID;
    import_lock.level = 0;
    if (level > 1) {
        /* Forked during an import: the child goes on with it. */
        PyThread_acquire_lock(import_lock.lock, NOWAIT_LOCK);
        import_lock.owner = PyThread_get_thread_ident();
        import_lock.level = level - 1;
    }
    return 0;
}

void
_PyImport_AcquireLock(void)
{
    import_lock_acquire();
}

int
_PyImport_ReleaseLock(void)
{
    return import_lock_release();
}

/* --- sys.modules --------------------------------------------------------- */

PyObject *
import_get_module(PyThreadState *tstate, PyObject *name)
{
    PyObject *modules = tstate->interp->modules;
    PyObject *module;

    if (modules == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.modules");
        return NULL;
    }
    Py_INCREF(modules);
    if (PyDict_CheckExact(modules)) {
        module = Py_XNewRef(PyDict_GetItemWithError(modules, name));
    }
    else {
        module = PyObject_GetItem(modules, name);
        if (module == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Clear();
        }
    }
    Py_DECREF(modules);
    return module;
}

PyObject *
PyImport_GetModuleDict(void)
{
    PyObject *modules = _PyInterpreterState_GET()->modules;

    if (modules == NULL) {
        Py_FatalError("interpreter has no modules dictionary");
    }
    return modules;
}

PyObject *
PyImport_GetModule(PyObject *name)
{
    return import_get_module(_PyThreadState_GET(), name);
}

PyObject *
_PyImport_GetModuleId(_Py_Identifier *name)
{
    PyObject *text = _PyUnicode_FromId(name);       /* borrowed */

    return text == NULL ? NULL : PyImport_GetModule(text);
}

int
_PyImport_SetModule(PyObject *name, PyObject *module)
{
    return PyObject_SetItem(_PyInterpreterState_GET()->modules, name, module);
}

int
_PyImport_SetModuleString(const char *name, PyObject *module)
{
    return PyMapping_SetItemString(_PyInterpreterState_GET()->modules, name,
                                   module);
}

/* The module of that name, made if it is not there.  Returns new. */
static PyObject *
ensure_module(PyThreadState *tstate, PyObject *name)
{
    PyObject *module = import_get_module(tstate, name);

    if (module != NULL) {
        if (PyModule_Check(module)) {
            return module;
        }
        Py_DECREF(module);
    }
    else if (PyErr_Occurred()) {
        return NULL;
    }
    module = PyModule_NewObject(name);
    if (module == NULL) {
        return NULL;
    }
    if (PyObject_SetItem(tstate->interp->modules, name, module) != 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

PyObject *
import_add_module(PyThreadState *tstate, PyObject *name)
{
    PyObject *module = ensure_module(tstate, name);

    /* sys.modules keeps it: a weird mapping that does not is the user's. */
    Py_XDECREF(module);
    return module;
}

PyObject *
PyImport_AddModuleObject(PyObject *name)
{
    return import_add_module(_PyThreadState_GET(), name);
}

PyObject *
PyImport_AddModule(const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    PyObject *module;

    if (text == NULL) {
        return NULL;
    }
    module = PyImport_AddModuleObject(text);
    Py_DECREF(text);
    return module;
}

PyObject *
_PyImport_GetModuleAttr(PyObject *modname, PyObject *attrname)
{
    PyObject *module = PyImport_Import(modname);
    PyObject *value;

    if (module == NULL) {
        return NULL;
    }
    value = PyObject_GetAttr(module, attrname);
    Py_DECREF(module);
    return value;
}

PyObject *
_PyImport_GetModuleAttrString(const char *modname, const char *attrname)
{
    PyObject *module = PyUnicode_FromString(modname);
    PyObject *name = PyUnicode_FromString(attrname);
    PyObject *value = NULL;

    if (module != NULL && name != NULL) {
        value = _PyImport_GetModuleAttr(module, name);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return value;
}

/* --- Modules from code --------------------------------------------------- */

/* Runs code in the module's namespace; the module as sys.modules has it
 * afterwards, new.  On failure it is no longer there.  Runs Python. */
PyObject *
import_exec_code(PyThreadState *tstate, PyObject *name, PyObject *code)
{
    PyObject *module = ensure_module(tstate, name);
    PyObject *dict, *result = NULL, *final;

    if (module == NULL) {
        return NULL;
    }
    dict = PyModule_GetDict(module);
    if (PyDict_GetItemWithError(dict, NAME(__builtins__)) == NULL &&
        (PyErr_Occurred() ||
         PyDict_SetItem(dict, NAME(__builtins__), PyEval_GetBuiltins()) < 0)) {
        goto error;
    }
    result = PyEval_EvalCode(code, dict, dict);
    if (result == NULL) {
        goto error;
    }
    Py_DECREF(result);
    Py_DECREF(module);
    final = import_get_module(tstate, name);
    if (final == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_ImportError,
                     "Loaded module %R not found in sys.modules", name);
    }
    return final;
error: {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyMapping_DelItem(tstate->interp->modules, name) < 0) {
        PyErr_Clear();           /* KeyError: the code removed it itself */
    }
    PyErr_Restore(type, value, traceback);
    Py_DECREF(module);
    return NULL;
}
}

/* importlib sets __spec__, __file__, __cached__ and __loader__.  Runs
 * Python. */
static int
fix_up_module(PyThreadState *tstate, PyObject *name, PyObject *code,
              PyObject *pathname, PyObject *cpathname)
{
    PyObject *module = ensure_module(tstate, name);
    PyObject *external = NULL, *result = NULL;

    if (module == NULL) {
        return -1;
    }
    external = PyObject_GetAttrString(tstate->interp->importlib,
                                      "_bootstrap_external");
    if (external != NULL) {
        result = PyObject_CallMethod(
            external, "_fix_up_module", "OOOO", PyModule_GetDict(module), name,
            pathname == NULL ? ((PyCodeObject *)code)->co_filename : pathname,
            cpathname == NULL ? Py_None : cpathname);
    }
    Py_XDECREF(external);
    Py_DECREF(module);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

PyObject *
PyImport_ExecCodeModuleObject(PyObject *name, PyObject *co, PyObject *pathname,
                              PyObject *cpathname)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (fix_up_module(tstate, name, co, pathname, cpathname) < 0) {
        return NULL;
    }
    return import_exec_code(tstate, name, co);
}

PyObject *
PyImport_ExecCodeModuleWithPathnames(const char *name, PyObject *co,
                                     const char *pathname,
                                     const char *cpathname)
{
    PyObject *name_object, *path = NULL, *cpath = NULL, *module = NULL;

    name_object = PyUnicode_FromString(name);
    if (name_object == NULL) {
        return NULL;
    }
    if (cpathname != NULL) {
        cpath = PyUnicode_DecodeFSDefault(cpathname);
        if (cpath == NULL) {
            goto done;
        }
    }
    if (pathname != NULL) {
        path = PyUnicode_DecodeFSDefault(pathname);
        if (path == NULL) {
            goto done;
        }
    }
    else if (cpath != NULL) {
        PyObject *external = PyObject_GetAttrString(
            _PyInterpreterState_GET()->importlib, "_bootstrap_external");
        if (external != NULL) {
            path =
                PyObject_CallMethod(external, "_get_sourcefile", "O", cpath);
            Py_DECREF(external);
        }
        if (path == NULL) {
            PyErr_Clear();       /* no source: the code knows its file */
        }
    }
    module = PyImport_ExecCodeModuleObject(name_object, co, path, cpath);
done:
    Py_XDECREF(path);
    Py_XDECREF(cpath);
    Py_DECREF(name_object);
    return module;
}

PyObject *
PyImport_ExecCodeModuleEx(const char *name, PyObject *co, const char *pathname)
{
    return PyImport_ExecCodeModuleWithPathnames(name, co, pathname, NULL);
}

PyObject *
PyImport_ExecCodeModule(const char *name, PyObject *co)
{
    return PyImport_ExecCodeModuleWithPathnames(name, co, NULL, NULL);
}

int
_PyImport_IsInitialized(PyInterpreterState *interp)
{
    return interp->modules != NULL;
}
