/* Initialisation of the runtime (C API reference, "Python Initialization
 * Configuration").
 *
 *     Py_PreInitialize      allocators, locale, UTF-8 mode
 *       | PyConfig_Read     command line, environment
 *       v
 *     lifecycle_init_core   runtime, interpreter, thread, types, sys, builtins
 *       |                   (core_initialized)
 *       v
 *     init_import           importlib: built-in and frozen modules
 *       v
 *     init_main             paths, file imports, signals, encodings, __main__,
 *                           standard streams, warnings, site
 *                           (initialized)
 *
 * A sub-interpreter goes through the same stages but for the process's own
 * parts.  Each function returns a PyStatus; an exception that caused an error
 * stays pending, for Py_FatalError to show. */
#include "Python.h"

#include "bltin.h"
#include "ceval.h"
#include "codecs.h"
#include "config.h"
#include "errors.h"
#include "gil.h"
#include "import.h"
#include "lifecycle.h"
#include "long.h"
#include "names.h"
#include "private_api.h"
#include "pystate.h"
#include "pytime.h"
#include "runtime.h"
#include "signals.h"
#include "sys.h"
#define SUBSYSTEM(header, init, fini)
#include "subsystems.def"
#include "bytes.h"
#include "context.h"
#include "dict.h"
#include "float.h"
#include "gc.h"
#include "tuple.h"
#include "type.h"
#include "unicode.h"
#include "warnings.h"

#include <dlfcn.h>

#include "internal/bltin.h"
extern int faulthandler_init(int enable);
extern int tracemalloc_init(int max_frames);

/* --- The process's parts ------------------------------------------------- */

static PyStatus
init_runtime(const PyConfig *config)
{
    PyStatus status;

    if (pystate_runtime_init() < 0) {
        return PyStatus_Error("can't create the runtime state");
    }
    status = config_init_hash_secret(config);
    if (status_failed(status)) {
        return status;
    }
    long_init_small_ints();
    config_store_global_flags(config);
    return STATUS_OK();
}

/* An interpreter with its first thread, which takes the GIL. */
static PyStatus
init_interpreter(const PyConfig *config, PyThreadState **thread)
{
    PyInterpreterState *interp = PyInterpreterState_New();
    PyThreadState *tstate;
    PyStatus status;

    if (interp == NULL) {
        return PyStatus_Error("can't make main interpreter");
    }
    status = config_copy(&interp->config, config);
    if (status_failed(status)) {
        return status;
    }
    interp->dlopenflags = RTLD_NOW;
    interp->int_max_str_digits = _PY_LONG_DEFAULT_MAX_STR_DIGITS;
    gil_create();
    tstate = PyThreadState_New(interp);
    if (tstate == NULL) {
        return PyStatus_Error("can't make first thread");
    }
    PyEval_AcquireThread(tstate);
    if (pystate_gilstate_init(tstate) < 0) {
        return STATUS_NO_MEMORY();
    }
    *thread = tstate;
    return STATUS_OK();
}

/* --- An interpreter's parts ---------------------------------------------- */

static PyStatus
init_subsystems(PyInterpreterState *interp)
{
    static const struct {
        int (*init)(PyInterpreterState *);
        const char *message;
    } subsystems[] = {
#define SUBSYSTEM(header, init, fini) {init, #init " failed"},
#include "subsystems.def"
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(subsystems); i++) {
        if (subsystems[i].init(interp) < 0) {
            return PyStatus_Error(subsystems[i].message);
        }
    }
    return STATUS_OK();
}

static PyStatus
init_builtins(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *module = _PyBuiltin_Init(tstate->interp);

    if (module == NULL) {
        return PyStatus_Error("can't initialize builtins modules");
    }
    interp->builtins = Py_NewRef(PyModule_GetDict(module));
    if (PyDict_SetItem(interp->modules, NAME(builtins), module) < 0 ||
        exceptions_add_to(interp->builtins) < 0) {
        Py_DECREF(module);
        return PyStatus_Error("failed to add exceptions to builtins");
    }
    Py_DECREF(module);
    interp->builtins_copy = PyDict_Copy(interp->builtins);
    interp->import_func = Py_XNewRef(
        PyDict_GetItemWithError(interp->builtins, NAME(__import__)));
    if (interp->builtins_copy == NULL || interp->import_func == NULL) {
        return PyStatus_Error("failed to set builtins");
    }
    return STATUS_OK();
}

/* sys and builtins, as far as they need no import. */
static PyStatus
init_modules(PyThreadState *tstate)
{
    PyObject *sys;
    PyStatus status;

    if (import_init(tstate->interp) < 0) {
        return PyStatus_Error("can't initialize sys.modules");
    }
    sys = sys_create(tstate);
    if (sys == NULL) {
        return PyStatus_Error("can't initialize sys module");
    }
    Py_DECREF(sys);
    status = init_builtins(tstate);
    if (status_failed(status)) {
        return status;
    }
    if (lifecycle_init_preliminary_stderr(tstate) < 0) {
        return PyStatus_Error("can't set preliminary stderr");
    }
    return STATUS_OK();
}

PyStatus
lifecycle_init_core(const PyConfig *config, PyThreadState **thread)
{
    PyStatus status = init_runtime(config);

    if (!status_failed(status)) {
        status = init_interpreter(config, thread);
    }
    if (!status_failed(status)) {
        status = init_subsystems((*thread)->interp);
    }
    if (!status_failed(status)) {
        status = init_modules(*thread);
    }
    if (!status_failed(status)) {
        _PyRuntime.core_initialized = 1;
    }
    return status;
}

/* --- Import and what needs it -------------------------------------------- */

static PyStatus
init_import(PyThreadState *tstate)
{
    PyObject *sys;

    if (!tstate->interp->config._install_importlib) {
        return STATUS_OK();
    }
    sys = PyDict_GetItemWithError(tstate->interp->modules, NAME(sys));
    if (sys == NULL || import_init_bootstrap(tstate, sys) < 0) {
        return PyStatus_Error("failed to initialize importlib");
    }
    return STATUS_OK();
}

static PyStatus
init_main_module(PyThreadState *tstate)
{
    PyObject *module = PyImport_AddModule("__main__");    /* borrowed */
    PyObject *dict, *builtins, *loader;

    if (module == NULL) {
        return PyStatus_Error("can't create __main__ module");
    }
    dict = PyModule_GetDict(module);
    builtins = PyDict_GetItemWithError(tstate->interp->modules,
                                       NAME(builtins));
    if (builtins == NULL ||
        PyDict_SetItem(dict, NAME(__builtins__), builtins) < 0) {
        return PyStatus_Error("Failed to initialize __main__.__builtins__");
    }
    if (PyDict_GetItemString(dict, "__annotations__") == NULL) {
        PyObject *annotations = PyDict_New();
        if (annotations == NULL ||
            PyDict_SetItem(dict, NAME(__annotations__), annotations) < 0) {
            Py_XDECREF(annotations);
            return PyStatus_Error("Failed to create __main__.__annotations__");
        }
        Py_DECREF(annotations);
    }
    /* The real loader is set where the program is run. */
    loader = PyDict_GetItemWithError(dict, NAME(__loader__));
    if (loader == NULL || loader == Py_None) {
        loader = tstate->interp->importlib == NULL
                     ? NULL
                     : PyObject_GetAttrString(tstate->interp->importlib,
                                              "BuiltinImporter");
        if (loader == NULL ||
            PyDict_SetItem(dict, NAME(__loader__), loader) < 0) {
            Py_XDECREF(loader);
            return PyStatus_Error("Failed to retrieve BuiltinImporter");
        }
        Py_DECREF(loader);
    }
    return STATUS_OK();
}

static PyStatus
init_warnings(PyThreadState *tstate)
{
    if (tstate->interp->config.warnoptions.length > 0) {
        PyObject *module = PyImport_ImportModule("warnings");
        if (module == NULL) {
            fprintf(stderr, "'import warnings' failed; traceback:\n");
            _PyErr_Print(tstate);
        }
        Py_XDECREF(module);
    }
    return STATUS_OK();
}

static PyStatus
init_site(PyThreadState *tstate)
{
    PyObject *module;

    if (!tstate->interp->config.site_import) {
        return STATUS_OK();
    }
    module = PyImport_ImportModule("site");
    if (module == NULL) {
        return PyStatus_Error("Failed to import the site module");
    }
    Py_DECREF(module);
    return STATUS_OK();
}

/* A sub-interpreter does not change what the legacy functions answer. */
static PyStatus
init_paths(PyInterpreterState *interp)
{
    PyStatus status = config_compute_paths(&interp->config);

    return status_failed(status) || !pystate_is_main_interpreter(interp)
               ? status
               : config_store_path_globals(&interp->config);
}

/* Finds the codec of file names, which imports `encodings`: the first import
 * from a file, and the one that fails where there is no standard library. */
static PyStatus
init_fs_encoding(PyInterpreterState *interp)
{
    PyObject *codec = NULL;

    if (unicode_init_fs_codec(interp) == 0) {
        codec = _PyCodec_Lookup(interp->fs_codec.encoding);
    }
    if (codec == NULL) {
        if (pystate_is_main_interpreter(interp)) {
            config_dump_paths(&interp->config);
        }
        return STATUS_ERROR("failed to get the Python codec of the "
                            "filesystem encoding");
    }
    Py_DECREF(codec);
    return STATUS_OK();
}

/* The parts that only the main interpreter has. */
static PyStatus
init_process_services(PyThreadState *tstate)
{
    const PyConfig *config = &tstate->interp->config;

    if (faulthandler_init(config->faulthandler) < 0) {
        return PyStatus_Error("can't initialize faulthandler");
    }
    return STATUS_OK();
}

static PyStatus
init_main_interpreter_services(PyThreadState *tstate)
{
    const PyConfig *config = &tstate->interp->config;

    if (signals_init(config->install_signal_handlers) < 0) {
        return PyStatus_Error("can't initialize signals");
    }
    if (tracemalloc_init(config->tracemalloc) < 0) {
        return PyStatus_Error("can't initialize tracemalloc");
    }
    return STATUS_OK();
}

/* Everything behind the core, for any interpreter. */
static PyStatus
init_main(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    int main_interpreter = pystate_is_main_interpreter(interp);
    PyStatus status;

    if (interp->config._install_importlib) {
        status = init_paths(interp);
        if (status_failed(status)) {
            return status;
        }
    }
    if (sys_apply_config(tstate) < 0) {
        return PyStatus_Error("failed to update the Python config");
    }
    if (!interp->config._install_importlib) {
        gc_start(interp);
        if (main_interpreter) {
            _PyRuntime.initialized = 1;
        }
        return STATUS_OK();
    }
    if (import_init_external(tstate) < 0) {
        /* Shown at once; a SystemExit (of a hook, say) ends the process. */
        _PyErr_Print(tstate);
        return PyStatus_Error("external importer setup failed");
    }
    if (main_interpreter) {
        status = init_process_services(tstate);
        if (status_failed(status)) {
            return status;
        }
    }
    status = init_fs_encoding(interp);
    if (status_failed(status)) {
        return status;
    }
    if (main_interpreter) {
        status = init_main_interpreter_services(tstate);
        if (status_failed(status)) {
            return status;
        }
    }
    status = lifecycle_init_streams(tstate);
    if (!status_failed(status)) {
        status = init_main_module(tstate);
    }
    if (!status_failed(status)) {
        status = init_warnings(tstate);
    }
    if (status_failed(status)) {
        return status;
    }
    if (main_interpreter) {
        _PyRuntime.initialized = 1;
    }
    gc_start(interp);
    return init_site(tstate);
}

/* --- Entry points -------------------------------------------------------- */

/* The C streams, as the options -u and -i want them. */
static void
configure_c_stdio(const PyConfig *config)
{
    if (!config->buffered_stdio) {
        setvbuf(stdin, NULL, _IONBF, BUFSIZ);
        setvbuf(stdout, NULL, _IONBF, BUFSIZ);
        setvbuf(stderr, NULL, _IONBF, BUFSIZ);
    }
    else if (config->interactive) {
        setvbuf(stdin, NULL, _IOLBF, BUFSIZ);
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    }
}

/* A runtime whose core stands already takes the rest of a new
 * configuration. */
static PyStatus
reconfigure(const PyConfig *config, PyThreadState **thread)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        return PyStatus_Error("failed to read thread state");
    }
    *thread = tstate;
    return config_copy(&tstate->interp->config, config);
}

PyStatus
Py_InitializeFromConfig(const PyConfig *src)
{
    PyConfig config;
    PyThreadState *tstate = NULL;
    PyStatus status;

    if (src == NULL) {
        return PyStatus_Error("initialization config is NULL");
    }
    if (_PyRuntime.initialized) {
        return STATUS_OK();
    }
    status = _Py_PreInitializeFromConfig(src, NULL);
    if (status_failed(status)) {
        return status;
    }
    _PyConfig_InitCompatConfig(&config);
    status = config_copy(&config, src);
    if (!status_failed(status)) {
        status = PyConfig_Read(&config);
    }
    if (!status_failed(status)) {
        status = audit_log_open(&config);
    }
    if (!status_failed(status)) {
        status = _PyRuntime.core_initialized
                     ? reconfigure(&config, &tstate)
                     : lifecycle_init_core(&config, &tstate);
    }
    if (!status_failed(status) && config.configure_c_stdio) {
        configure_c_stdio(&config);
    }
    PyConfig_Clear(&config);
    if (!status_failed(status)) {
        status = init_import(tstate);
    }
    if (!status_failed(status)) {
        if (tstate->interp->config._init_main) {
            status = init_main(tstate);
        }
        else {
            gc_start(tstate->interp);
        }
    }
    return status;
}

PyStatus
_Py_InitializeMain(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (!_PyRuntime.core_initialized || tstate == NULL) {
        return PyStatus_Error("runtime core not initialized");
    }
    return init_main(tstate);
}

void
Py_InitializeEx(int install_sigs)
{
    PyConfig config;
    PyStatus status;

    if (pystate_runtime_init() < 0) {
        Py_FatalError("can't create the runtime state");
    }
    if (_PyRuntime.initialized) {
        return;
    }
    _PyConfig_InitCompatConfig(&config);
    config.install_signal_handlers = install_sigs;
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (status_failed(status)) {
        lifecycle_exit_status(status);
    }
}

void
Py_Initialize(void)
{
    Py_InitializeEx(1);
}

int
Py_IsInitialized(void)
{
    return _PyRuntime.initialized;
}

int
_Py_IsCoreInitialized(void)
{
    return _PyRuntime.core_initialized;
}

/* --- Sub-interpreters ---------------------------------------------------- */

static PyStatus
new_interpreter(PyThreadState **thread, int isolated)
{
    PyThreadState *caller = _PyThreadState_GET();
    PyInterpreterState *interp;
    PyThreadState *tstate;
    PyStatus status;

    if (!_PyRuntime.initialized) {
        return PyStatus_Error("Py_Initialize must be called first");
    }
    interp = PyInterpreterState_New();
    if (interp == NULL) {
        *thread = NULL;
        return STATUS_OK();             /* an audit hook refused */
    }
    tstate = PyThreadState_New(interp);
    if (tstate == NULL) {
        PyInterpreterState_Delete(interp);
        *thread = NULL;
        return STATUS_OK();
    }
    PyThreadState_Swap(tstate);
    *thread = tstate;
    status = config_copy(&interp->config,
                         caller == NULL
                             ? &_PyRuntime.interpreters.main->config
                             : &caller->interp->config);
    interp->config._isolated_interpreter = isolated;
    interp->dlopenflags = RTLD_NOW;
    interp->int_max_str_digits = _PY_LONG_DEFAULT_MAX_STR_DIGITS;
    if (!status_failed(status)) {
        status = init_subsystems(interp);
    }
    if (!status_failed(status)) {
        status = init_modules(tstate);
    }
    if (!status_failed(status)) {
        status = init_import(tstate);
    }
    if (!status_failed(status)) {
        status = init_main(tstate);
    }
    if (status_failed(status)) {
        *thread = NULL;
        PyErr_PrintEx(0);
        PyThreadState_Clear(tstate);
        PyThreadState_Swap(caller);
        PyThreadState_Delete(tstate);
        PyInterpreterState_Delete(interp);
    }
    return status;
}

PyThreadState *
_Py_NewInterpreter(int isolated_subinterpreter)
{
    PyThreadState *tstate = NULL;
    PyStatus status = new_interpreter(&tstate, isolated_subinterpreter);

    if (status_failed(status)) {
        lifecycle_exit_status(status);
    }
    return tstate;
}

PyThreadState *
Py_NewInterpreter(void)
{
    return _Py_NewInterpreter(0);
}
