/* The import statement (language reference, "The import system"). */
#include "Python.h"

#include "audit.h"
#include "errors.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

#include <time.h>

/* --- Tracebacks without importlib ---------------------------------------- */

static int
is_importlib_file(PyObject *filename)
{
    return _PyUnicode_EqualToASCIIString(filename,
                                         "<frozen importlib._bootstrap>") ||
           _PyUnicode_EqualToASCIIString(
               filename, "<frozen importlib._bootstrap_external>");
}

/* Drops importlib's own frames from the pending exception's traceback: all of
 * a run for ImportError, else runs that end in _call_with_frames_removed. */
static void
trim_importlib_frames(PyThreadState *tstate)
{
    PyObject *type, *value, *base;
    PyObject **link, **outer = NULL;
    PyObject *traceback;
    int always, inside = 0;

    if (tstate->interp->config.verbose) {
        return;
    }
    PyErr_Fetch(&type, &value, &base);
    if (type == NULL || base == NULL) {
        PyErr_Restore(type, value, base);
        return;
    }
    always = PyType_IsSubtype((PyTypeObject *)type,
                              (PyTypeObject *)PyExc_ImportError);
    link = &base;
    for (traceback = base; traceback != NULL;) {
        PyTracebackObject *entry = (PyTracebackObject *)traceback;
        PyObject *next = (PyObject *)entry->tb_next;
        PyCodeObject *code = PyFrame_GetCode(entry->tb_frame);
        int here = is_importlib_file(code->co_filename);

        if (here && !inside) {
            outer = link;
        }
        inside = here;
        if (inside && (always || _PyUnicode_EqualToASCIIString(
                                     code->co_name,
                                     "_call_with_frames_removed"))) {
            Py_XINCREF(next);
            Py_XSETREF(*outer, next);
            link = outer;
        }
        else {
            link = (PyObject **)&entry->tb_next;
        }
        Py_DECREF(code);
        traceback = next;
    }
    PyErr_Restore(type, value, base);
}

/* --- -X importtime ------------------------------------------------------- */

static struct {
    int level;
    int header_printed;
    int64_t accumulated;        /* microseconds of nested imports */
} import_time;

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
import_time_print(PyObject *name, int64_t start, int64_t outer)
{
    int64_t cumulated = now_ns() - start;
    const char *text = PyUnicode_AsUTF8(name);

    import_time.level--;
    if (text == NULL) {
        PyErr_Clear();
        text = "?";
    }
    fprintf(stderr, "import time: %9ld | %10ld | %*s%s\n",
            (long)((cumulated - import_time.accumulated + 999) / 1000),
            (long)((cumulated + 999) / 1000), import_time.level * 2, "", text);
    import_time.accumulated = outer + cumulated;
}

/* --- Finding a module ---------------------------------------------------- */

static PyObject *
none_if_missing(PyObject *value)
{
    return value == NULL ? Py_None : value;
}

/* importlib._find_and_load(name).  Runs Python. */
static PyObject *
find_and_load(PyThreadState *tstate, PyObject *name)
{
    PyInterpreterState *interp = tstate->interp;
    int timed = interp->config.import_time;
    int64_t start = 0, outer = 0;
    struct import_core *core;
    PyObject *module;

    if (PyAudit(AUDIT_IMPORT, "OOOOO", name, Py_None,
                none_if_missing(sys_get_attribute(tstate, NAME(path))),
                none_if_missing(sys_get_attribute(tstate, NAME(meta_path))),
                none_if_missing(
                    sys_get_attribute(tstate, NAME(path_hooks)))) < 0 ||
        import_check_finders(tstate) < 0) {
        return NULL;
    }
    if (timed) {
        if (!import_time.header_printed) {
            fputs("import time: self [us] | cumulative | imported package\n",
                  stderr);
            import_time.header_printed = 1;
        }
        import_time.level++;
        start = now_ns();
        outer = import_time.accumulated;
        import_time.accumulated = 0;
    }
    core = import_core_begin(interp, name);
    module = PyObject_CallMethodObjArgs(interp->importlib,
                                        NAME(_find_and_load), name,
                                        interp->import_func, NULL);
    import_core_end(interp, core, module != NULL);
    if (timed) {
        import_time_print(name, start, outer);
    }
    return module;
}

/* Waits for another thread that is still running the module's code.
 * Runs Python. */
static int
ensure_initialized(PyThreadState *tstate, PyObject *module, PyObject *name)
{
    PyObject *spec, *result;
    int busy;

    if (_PyObject_LookupAttr(module, NAME(__spec__), &spec) < 0) {
        return -1;
    }
    busy = _PyModuleSpec_IsInitializing(spec);
    Py_XDECREF(spec);
    if (!busy) {
        return 0;
    }
    result = PyObject_CallMethodOneArg(tstate->interp->importlib,
                                       NAME(_lock_unlock_module), name);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* --- Relative names ------------------------------------------------------ */

/* __package__ as the globals give it, checked against __spec__.  Returns new;
 * NULL without an exception if neither says anything. */
static PyObject *
package_from_globals(PyThreadState *tstate, PyObject *package, PyObject *spec)
{
    PyObject *parent = NULL;
    int equal;

    if (package != NULL && package != Py_None) {
        if (!PyUnicode_Check(package)) {
            PyErr_SetString(PyExc_TypeError, "__package__ must be a string");
            return NULL;
        }
        if (spec == NULL || spec == Py_None) {
            return Py_NewRef(package);
        }
        parent = PyObject_GetAttr(spec, NAME(parent));
        if (parent == NULL) {
            return NULL;
        }
        equal = PyObject_RichCompareBool(package, parent, Py_EQ);
        Py_DECREF(parent);
        if (equal < 0 ||
            (equal == 0 &&
             PyErr_WarnEx(PyExc_ImportWarning,
                          "__package__ != __spec__.parent", 1) < 0)) {
            return NULL;
        }
        return Py_NewRef(package);
    }
    if (spec == NULL || spec == Py_None) {
        return NULL;
    }
    parent = PyObject_GetAttr(spec, NAME(parent));
    if (parent != NULL && !PyUnicode_Check(parent)) {
        PyErr_SetString(PyExc_TypeError, "__spec__.parent must be a string");
        Py_CLEAR(parent);
    }
    return parent;
}

/* The package by __name__ and __path__.  Returns new. */
static PyObject *
package_from_name(PyObject *globals)
{
    PyObject *name, *path;
    Py_ssize_t dot;

    if (PyErr_WarnEx(PyExc_ImportWarning,
                     "can't resolve package from __spec__ or __package__, "
                     "falling back on __name__ and __path__",
                     1) < 0) {
        return NULL;
    }
    name = PyDict_GetItemWithError(globals, NAME(__name__));
    if (name == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_KeyError, "'__name__' not in globals");
        }
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "__name__ must be a string");
        return NULL;
    }
    path = PyDict_GetItemWithError(globals, NAME(__path__));
    if (path != NULL) {
        return Py_NewRef(name);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), -1);
    if (dot == -2) {
        return NULL;
    }
    if (dot == -1) {
        PyErr_SetString(PyExc_ImportError,
                        "attempted relative import with no known parent "
                        "package");
        return NULL;
    }
    return PyUnicode_Substring(name, 0, dot);
}

/* The absolute form of a relative name.  Returns new. */
static PyObject *
resolve_name(PyThreadState *tstate, PyObject *name, PyObject *globals,
             int level)
{
    PyObject *package, *base, *spec, *absolute;
    Py_ssize_t end;

    if (globals == NULL) {
        PyErr_SetString(PyExc_KeyError, "'__name__' not in globals");
        return NULL;
    }
    if (!PyDict_Check(globals)) {
        PyErr_SetString(PyExc_TypeError, "globals must be a dict");
        return NULL;
    }
    package = PyDict_GetItemWithError(globals, NAME(__package__));
    if (package == NULL && PyErr_Occurred()) {
        return NULL;
    }
    spec = PyDict_GetItemWithError(globals, NAME(__spec__));
    if (spec == NULL && PyErr_Occurred()) {
        return NULL;
    }
    package = package_from_globals(tstate, package, spec);
    if (package == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        package = package_from_name(globals);
        if (package == NULL) {
            return NULL;
        }
    }
    end = PyUnicode_GET_LENGTH(package);
    if (end == 0) {
        PyErr_SetString(PyExc_ImportError,
                        "attempted relative import with no known parent "
                        "package");
        Py_DECREF(package);
        return NULL;
    }
    for (int up = 1; up < level; up++) {
        end = PyUnicode_FindChar(package, '.', 0, end, -1);
        if (end < 0) {
            if (end == -1) {
                PyErr_SetString(PyExc_ImportError,
                                "attempted relative import beyond top-level "
                                "package");
            }
            Py_DECREF(package);
            return NULL;
        }
    }
    base = PyUnicode_Substring(package, 0, end);
    Py_DECREF(package);
    if (base == NULL || PyUnicode_GET_LENGTH(name) == 0) {
        return base;
    }
    absolute = PyUnicode_FromFormat("%U.%U", base, name);
    Py_DECREF(base);
    return absolute;
}

/* --- The statement ------------------------------------------------------- */

/* What `import a.b.c` binds: the top of the name that was written.
 * Steals nothing.  Returns new. */
static PyObject *
top_of_name(PyThreadState *tstate, PyObject *module, PyObject *name,
            PyObject *absolute, int level)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name), dot;
    PyObject *front, *top;

    if (level != 0 && length == 0) {
        return Py_NewRef(module);
    }
    dot = PyUnicode_FindChar(name, '.', 0, length, 1);
    if (dot == -2) {
        return NULL;
    }
    if (dot == -1) {
        return Py_NewRef(module);
    }
    if (level == 0) {
        front = PyUnicode_Substring(name, 0, dot);
        if (front == NULL) {
            return NULL;
        }
        top = PyImport_ImportModuleLevelObject(front, NULL, NULL, NULL, 0);
        Py_DECREF(front);
        return top;
    }
    front = PyUnicode_Substring(
        absolute, 0, PyUnicode_GET_LENGTH(absolute) - (length - dot));
    if (front == NULL) {
        return NULL;
    }
    top = import_get_module(tstate, front);
    if (top == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_KeyError, "%R not in sys.modules as expected",
                     front);
    }
    Py_DECREF(front);
    return top;
}

/* Since they were last looked at, if somebody wants to know. */
static int
modules_changed(PyInterpreterState *interp)
{
    return PyAuditWanted(AUDIT_LUCID_IMPORT_REPLACED) &&
           interp->modules != NULL && PyDict_CheckExact(interp->modules) &&
           ((PyDictObject *)interp->modules)->ma_version_tag !=
               interp->import_seen.modules_version;
}

/* The module behind `absolute`, imported if need be.  Returns new. */
static PyObject *
get_or_load(PyThreadState *tstate, PyObject *absolute)
{
    PyObject *module;

    if (modules_changed(tstate->interp) &&
        import_check_modules_changed(tstate) < 0) {
        return NULL;
    }
    module = import_get_module(tstate, absolute);
    if (module == NULL && PyErr_Occurred()) {
        return NULL;
    }
    if (module == NULL || module == Py_None) {
        Py_XDECREF(module);
        return find_and_load(tstate, absolute);
    }
    if (ensure_initialized(tstate, module, absolute) < 0) {
        Py_CLEAR(module);
    }
    return module;
}

PyObject *
PyImport_ImportModuleLevelObject(PyObject *name, PyObject *globals,
                                 PyObject *locals, PyObject *fromlist,
                                 int level)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *absolute = NULL, *module = NULL, *path = NULL;   /* owned */
    PyObject *result = NULL;
    int from = 0;

    if (name == NULL) {
        PyErr_SetString(PyExc_ValueError, "Empty module name");
        goto done;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "module name must be a string");
        goto done;
    }
    if (level < 0) {
        PyErr_SetString(PyExc_ValueError, "level must be >= 0");
        goto done;
    }
    if (level > 0) {
        absolute = resolve_name(tstate, name, globals, level);
    }
    else if (PyUnicode_GET_LENGTH(name) == 0) {
        PyErr_SetString(PyExc_ValueError, "Empty module name");
    }
    else {
        absolute = Py_NewRef(name);
    }
    if (absolute == NULL) {
        goto done;
    }
    module = get_or_load(tstate, absolute);
    if (module == NULL) {
        goto done;
    }
    if (fromlist != NULL && fromlist != Py_None) {
        from = PyObject_IsTrue(fromlist);
        if (from < 0) {
            goto done;
        }
    }
    if (!from) {
        result = top_of_name(tstate, module, name, absolute, level);
        goto done;
    }
    if (_PyObject_LookupAttr(module, NAME(__path__), &path) < 0) {
        goto done;
    }
    result = path == NULL
                 ? Py_NewRef(module)
                 : PyObject_CallMethodObjArgs(
                       tstate->interp->importlib, NAME(_handle_fromlist),
                       module, fromlist, tstate->interp->import_func, NULL);
done:
    Py_XDECREF(path);
    Py_XDECREF(absolute);
    Py_XDECREF(module);
    if (result == NULL) {
        trim_importlib_frames(tstate);
    }
    return result;
}

PyObject *
PyImport_ImportModuleLevel(const char *name, PyObject *globals,
                           PyObject *locals, PyObject *fromlist, int level)
{
    PyObject *text = PyUnicode_FromString(name), *module;

    if (text == NULL) {
        return NULL;
    }
    module = PyImport_ImportModuleLevelObject(text, globals, locals, fromlist,
                                              level);
    Py_DECREF(text);
    return module;
}

PyObject *
PyImport_ImportModule(const char *name)
{
    PyObject *text = PyUnicode_FromString(name), *module;

    if (text == NULL) {
        return NULL;
    }
    module = PyImport_Import(text);
    Py_DECREF(text);
    return module;
}

PyObject *
PyImport_ImportModuleNoBlock(const char *name)
{
    return PyImport_ImportModule(name);
}

/* Imports through the __import__ of the running code, as the statement would.
 * Returns new.  Runs Python. */
PyObject *
PyImport_Import(PyObject *module_name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *globals = Py_XNewRef(PyEval_GetGlobals());
    PyObject *builtins = NULL, *import = NULL, *fromlist = NULL;
    PyObject *result = NULL, *module = NULL;

    fromlist = PyList_New(0);
    if (fromlist == NULL) {
        goto done;
    }
    if (globals != NULL) {
        builtins = PyObject_GetItem(globals, NAME(__builtins__));
        if (builtins == NULL) {
            goto done;
        }
    }
    else {
        builtins = PyImport_ImportModuleLevel("builtins", NULL, NULL, NULL, 0);
        if (builtins == NULL) {
            goto done;
        }
        globals = Py_BuildValue("{OO}", NAME(__builtins__), builtins);
        if (globals == NULL) {
            goto done;
        }
    }
    if (PyDict_Check(builtins)) {
        import = PyObject_GetItem(builtins, NAME(__import__));
        if (import == NULL) {
            PyErr_SetObject(PyExc_KeyError, NAME(__import__));
        }
    }
    else {
        import = PyObject_GetAttr(builtins, NAME(__import__));
    }
    if (import == NULL) {
        goto done;
    }
    result = PyObject_CallFunction(import, "OOOOi", module_name, globals,
                                   globals, fromlist, 0);
    if (result == NULL) {
        goto done;
    }
    /* With an empty fromlist that was the top package. */
    module = import_get_module(tstate, module_name);
    if (module == NULL && !PyErr_Occurred()) {
        PyErr_SetObject(PyExc_KeyError, module_name);
    }
done:
    Py_XDECREF(result);
    Py_XDECREF(import);
    Py_XDECREF(builtins);
    Py_XDECREF(fromlist);
    Py_XDECREF(globals);
    return module;
}

PyObject *
PyImport_ReloadModule(PyObject *m)
{
    PyObject *importlib = PyImport_ImportModule("importlib"), *module;

    if (importlib == NULL) {
        return NULL;
    }
    module = PyObject_CallMethodOneArg(importlib, NAME(reload), m);
    Py_DECREF(importlib);
    return module;
}

PyObject *
import_name(PyThreadState *tstate, PyObject *name, PyObject *globals,
            PyObject *locals, PyObject *fromlist, int level)
{
    return PyImport_ImportModuleLevelObject(name, globals, locals, fromlist,
                                            level);
}

/* --- from module import name --------------------------------------------- */

/* ImportError that says where the name was looked for.  Runs Python. */
static void
raise_cannot_import(PyObject *module, PyObject *module_name, PyObject *name)
{
    PyObject *path =
        PyModule_Check(module) ? PyModule_GetFilenameObject(module) : NULL;
    PyObject *message, *shown = module_name, *spec = NULL;
    const char *format;

    if (path == NULL) {
        PyErr_Clear();           /* SystemError: the module has no file */
    }
    if (shown == NULL) {
        shown = PyUnicode_FromString("<unknown module name>");
    }
    else {
        Py_INCREF(shown);
    }
    if (_PyObject_LookupAttr(module, NAME(__spec__), &spec) < 0) {
        PyErr_Clear();
    }
    if (path == NULL) {
        format = "cannot import name %R from %R (unknown location)";
    }
    else if (_PyModuleSpec_IsInitializing(spec)) {
        format = "cannot import name %R from partially initialized module %R "
                 "(most likely due to a circular import) (%S)";
    }
    else {
        format = "cannot import name %R from %R (%S)";
    }
    Py_XDECREF(spec);
    message = shown == NULL ? NULL
                            : PyUnicode_FromFormat(format, name, shown, path);
    if (message != NULL) {
        PyErr_SetImportErrorSubclass(PyExc_ImportError, message, module_name,
                                     path);
    }
    Py_XDECREF(message);
    Py_XDECREF(shown);
    Py_XDECREF(path);
}

PyObject *
import_from(PyThreadState *tstate, PyObject *module, PyObject *name)
{
    PyObject *value, *module_name = NULL, *full_name;

    if (_PyObject_LookupAttr(module, name, &value) != 0) {
        return value;
    }
    /* A circular import may have put the submodule into sys.modules only. */
    if (_PyObject_LookupAttr(module, NAME(__name__), &module_name) < 0) {
        return NULL;
    }
    if (module_name == NULL || !PyUnicode_Check(module_name)) {
        Py_CLEAR(module_name);
        raise_cannot_import(module, NULL, name);
        return NULL;
    }
    full_name = PyUnicode_FromFormat("%U.%U", module_name, name);
    if (full_name != NULL) {
        value = import_get_module(tstate, full_name);
        Py_DECREF(full_name);
        if (value == NULL && !PyErr_Occurred()) {
            raise_cannot_import(module, module_name, name);
        }
    }
    Py_DECREF(module_name);
    return value;
}

/* TypeError for an entry of __all__ or __dict__ that is no str. */
static void
raise_bad_name(PyObject *module, PyObject *name, int from_all)
{
    PyObject *module_name = PyObject_GetAttr(module, NAME(__name__));

    if (module_name == NULL) {
        return;
    }
    if (!PyUnicode_Check(module_name)) {
        PyErr_Format(PyExc_TypeError,
                     "module __name__ must be a string, not %.100s",
                     Py_TYPE(module_name)->tp_name);
    }
    else {
        PyErr_Format(PyExc_TypeError, "%s in %U.%s must be str, not %.100s",
                     from_all ? "Item" : "Key", module_name,
                     from_all ? "__all__" : "__dict__",
                     Py_TYPE(name)->tp_name);
    }
    Py_DECREF(module_name);
}

/* The names that `import *` brings: __all__, or the keys of __dict__; new. */
static PyObject *
names_of_all(PyObject *module, int *from_all)
{
    PyObject *all, *dict, *keys;

    if (_PyObject_LookupAttr(module, NAME(__all__), &all) < 0) {
        return NULL;
    }
    *from_all = all != NULL;
    if (all != NULL) {
        return all;
    }
    if (_PyObject_LookupAttr(module, NAME(__dict__), &dict) < 0) {
        return NULL;
    }
    if (dict == NULL) {
        PyErr_SetString(PyExc_ImportError,
                        "from-import-* object has no __dict__ and no __all__");
        return NULL;
    }
    keys = PyMapping_Keys(dict);
    Py_DECREF(dict);
    return keys;
}

int
import_all_from(PyThreadState *tstate, PyObject *locals, PyObject *module)
{
    int from_all, status = -1;
    PyObject *names = names_of_all(module, &from_all);

    if (names == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0;; i++) {
        PyObject *name = PySequence_GetItem(names, i), *value;

        if (name == NULL) {
            if (PyErr_ExceptionMatches(PyExc_IndexError)) {
                PyErr_Clear();
                status = 0;
            }
            break;
        }
        if (!PyUnicode_Check(name)) {
            raise_bad_name(module, name, from_all);
            Py_DECREF(name);
            break;
        }
        if (!from_all && PyUnicode_GET_LENGTH(name) > 0 &&
            PyUnicode_READ_CHAR(name, 0) == '_') {
            Py_DECREF(name);
            continue;
        }
        value = PyObject_GetAttr(module, name);
        if (value == NULL ||
            (PyDict_CheckExact(locals)
                 ? PyDict_SetItem(locals, name, value)
                 : PyObject_SetItem(locals, name, value)) < 0) {
            Py_XDECREF(value);
            Py_DECREF(name);
            break;
        }
        Py_DECREF(value);
        Py_DECREF(name);
    }
    Py_DECREF(names);
    return status;
}

/* --- Importers and versions of byte code --------------------------------- */

PyObject *
PyImport_GetImporter(PyObject *path)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *cache = sys_get_attribute(tstate, NAME(path_importer_cache));
    PyObject *hooks = sys_get_attribute(tstate, NAME(path_hooks));
    PyObject *importer;
    Py_ssize_t count;

    if (cache == NULL || hooks == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        cache == NULL
                            ? "unable to get sys.path_importer_cache"
                            : "unable to get sys.path_hooks");
        return NULL;
    }
    if (!PyDict_Check(cache)) {
        PyErr_SetString(PyExc_TypeError,
                        "sys.path_importer_cache must be a dict");
        return NULL;
    }
    importer = PyDict_GetItemWithError(cache, path);
    if (importer != NULL || PyErr_Occurred()) {
        return Py_XNewRef(importer);
    }
    count = PyList_Size(hooks);
    if (count < 0) {
        return NULL;
    }
    /* None stands there meanwhile, against endless recursion. */
    if (PyDict_SetItem(cache, path, Py_None) != 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *hook = PyList_GetItem(hooks, i);
        if (hook == NULL) {
            return NULL;
        }
        importer = PyObject_CallOneArg(hook, path);
        if (importer != NULL) {
            int status = PyDict_SetItem(cache, path, importer);
            if (status < 0) {
                Py_CLEAR(importer);
            }
            return importer;
        }
        if (!PyErr_ExceptionMatches(PyExc_ImportError)) {
            return NULL;
        }
        PyErr_Clear();
    }
    Py_RETURN_NONE;
}

long
PyImport_GetMagicNumber(void)
{
    PyObject *external, *magic;
    long number;

    external = PyObject_GetAttrString(_PyInterpreterState_GET()->importlib,
                                      "_bootstrap_external");
    if (external == NULL) {
        return -1;
    }
    magic = PyObject_GetAttrString(external, "_RAW_MAGIC_NUMBER");
    Py_DECREF(external);
    if (magic == NULL) {
        return -1;
    }
    number = PyLong_AsLong(magic);
    Py_DECREF(magic);
    return number;
}

const char *
PyImport_GetMagicTag(void)
{
    return "cpython-311";
}
