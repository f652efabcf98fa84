/* The functions of the module sys (library reference, "sys").
 *
 * The audit functions stand with the hooks in Python/sysmodule.c; what belongs
 * to another part of the runtime (frames, exceptions, the collector's
 * counters) is called there. */
#include "Python.h"
#include "frameobject.h"

#include "abstract.h"
#include "audit.h"
#include "ceval.h"
#include "errors.h"
#include "gc.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"
#include "type.h"
#include "long.h"

#include <dlfcn.h>

/* --- Exceptions ---------------------------------------------------------- */

static PyObject *
sys_exc_info(PyObject *module, PyObject *unused)
{
    PyThreadState *tstate = _PyThreadState_GET();
    _PyErr_StackItem *item = errors_topmost_handled(tstate);

    return _PyErr_StackItemToExcInfoTuple(item);
}

static PyObject *
sys_exception(PyObject *module, PyObject *unused)
{
    _PyErr_StackItem *item = errors_topmost_handled(_PyThreadState_GET());

    return Py_NewRef(item->exc_value == NULL ? Py_None : item->exc_value);
}

static PyObject *
sys_excepthook(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("excepthook", nargs, 3, 3)) {
        return NULL;
    }
    PyErr_Display(args[0], args[1], args[2]);
    Py_RETURN_NONE;
}

static PyObject *
sys_exit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("exit", nargs, 0, 1)) {
        return NULL;
    }
    PyErr_SetObject(PyExc_SystemExit, nargs > 0 ? args[0] : Py_None);
    return NULL;
}

static PyObject *
sys_unraisablehook(PyObject *module, PyObject *unraisable)
{
    return _PyErr_WriteUnraisableDefaultHook(unraisable);
}

/* --- The prompt's hooks -------------------------------------------------- */

/* Writes text with characters that the stream cannot encode escaped.
 * Runs Python. */
static int
display_escaped(PyObject *file, PyObject *text)
{
    PyObject *encoding = NULL, *encoded = NULL, *buffer = NULL;
    PyObject *result = NULL, *escaped = NULL;
    const char *name;
    int status = -1;

    encoding = PyObject_GetAttr(file, NAME(encoding));
    if (encoding == NULL || (name = PyUnicode_AsUTF8(encoding)) == NULL) {
        goto done;
    }
    encoded = PyUnicode_AsEncodedString(text, name, "backslashreplace");
    if (encoded == NULL ||
        _PyObject_LookupAttr(file, NAME(buffer), &buffer) < 0) {
        goto done;
    }
    if (buffer != NULL) {
        result = PyObject_CallMethodOneArg(buffer, NAME(write), encoded);
        status = result == NULL ? -1 : 0;
        goto done;
    }
    escaped = PyUnicode_FromEncodedObject(encoded, name, "strict");
    if (escaped != NULL) {
        status = PyFile_WriteObject(escaped, file, Py_PRINT_RAW);
    }
done:
    Py_XDECREF(escaped);
    Py_XDECREF(result);
    Py_XDECREF(buffer);
    Py_XDECREF(encoded);
    Py_XDECREF(encoding);
    return status;
}

/* Runs Python. */
static PyObject *
sys_displayhook(PyObject *module, PyObject *object)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *builtins, *file;                              /* borrowed */
    PyObject *text = NULL, *result = NULL, *newline = NULL; /* owned */

    builtins = import_get_module(tstate, NAME(builtins));
    if (builtins == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError, "lost builtins module");
        }
        return NULL;
    }
    Py_DECREF(builtins);          /* sys.modules keeps it */
    if (object == Py_None) {
        Py_RETURN_NONE;
    }
    /* While the value is shown, `_` must not keep the previous one. */
    if (PyObject_SetAttr(builtins, NAME(underscore), Py_None) < 0) {
        return NULL;
    }
    file = sys_get_attribute(tstate, NAME(stdout));
    if (file == NULL || file == Py_None) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return NULL;
    }
    Py_INCREF(file);
    text = PyObject_Repr(object);
    if (text == NULL) {
        goto done;
    }
    if (PyFile_WriteObject(text, file, Py_PRINT_RAW) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            goto done;
        }
        PyErr_Clear();
        if (display_escaped(file, text) < 0) {
            goto done;
        }
    }
    if (PyFile_WriteObject(NAME(newline_text), file, Py_PRINT_RAW) < 0 ||
        PyObject_SetAttr(builtins, NAME(underscore), object) < 0) {
        goto done;
    }
    result = Py_NewRef(Py_None);
done:
    Py_XDECREF(newline);
    Py_XDECREF(text);
    Py_DECREF(file);
    return result;
}

/* What PYTHONBREAKPOINT names, imported; NULL with a warning or an exception.
 * Runs Python. */
static PyObject *
breakpoint_import(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *attribute = dot == NULL ? name : dot + 1;
    PyObject *module_name, *module, *hook = NULL;

    if (dot == name) {
        goto warn;
    }
    if (dot == NULL) {
        module_name = Py_NewRef(NAME(builtins));
    }
    else {
        module_name = PyUnicode_FromStringAndSize(name, dot - name);
    }
    if (module_name == NULL) {
        return NULL;
    }
    module = PyImport_Import(module_name);
    Py_DECREF(module_name);
    if (module == NULL) {
        if (PyErr_ExceptionMatches(PyExc_ImportError)) {
            goto warn;
        }
        return NULL;
    }
    hook = PyObject_GetAttrString(module, attribute);
    Py_DECREF(module);
    if (hook == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        goto warn;
    }
    return hook;
warn:
    PyErr_Clear();
    PyErr_WarnFormat(PyExc_RuntimeWarning, 0,
                     "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"", name);
    return NULL;
}

/* Runs Python. */
static PyObject *
sys_breakpointhook(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    const char *environment = NULL;
    char *name;
    PyObject *hook, *result;

    if (interpreter_config(_PyInterpreterState_GET())->use_environment) {
        environment = getenv("PYTHONBREAKPOINT");
    }
    if (environment == NULL || *environment == '\0') {
        environment = "pdb.set_trace";
    }
    else if (strcmp(environment, "0") == 0) {
        Py_RETURN_NONE;
    }
    /* The import may change the environment under us. */
    name = _PyMem_RawStrdup(environment);
    if (name == NULL) {
        return PyErr_NoMemory();
    }
    hook = breakpoint_import(name);
    PyMem_RawFree(name);
    if (hook == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    result = PyObject_Vectorcall(hook, args, (size_t)nargs, kwnames);
    Py_DECREF(hook);
    return result;
}

/* --- Encodings and text -------------------------------------------------- */

static PyObject *
sys_getdefaultencoding(PyObject *module, PyObject *unused)
{
    return Py_NewRef(NAME(utf_8));
}

static PyObject *
sys_getfilesystemencoding(PyObject *module, PyObject *unused)
{
    const PyConfig *config = interpreter_config(_PyInterpreterState_GET());

    return PyUnicode_FromWideChar(config->filesystem_encoding, -1);
}

static PyObject *
sys_getfilesystemencodeerrors(PyObject *module, PyObject *unused)
{
    const PyConfig *config = interpreter_config(_PyInterpreterState_GET());

    return PyUnicode_FromWideChar(config->filesystem_errors, -1);
}

static PyObject *
sys_intern(PyObject *module, PyObject *string)
{
    if (!PyUnicode_Check(string)) {
        _PyArg_BadArgument("intern", "argument", "str", string);
        return NULL;
    }
    if (!PyUnicode_CheckExact(string)) {
        PyErr_Format(PyExc_TypeError, "can't intern %.400s",
                     Py_TYPE(string)->tp_name);
        return NULL;
    }
    Py_INCREF(string);
    PyUnicode_InternInPlace(&string);
    return string;
}

static PyObject *
sys_get_int_max_str_digits(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(_PyInterpreterState_GET()->int_max_str_digits);
}

static PyObject *
sys_set_int_max_str_digits(PyObject *module, PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"maxdigits", NULL};
    static _PyArg_Parser parser = {.format = "i:set_int_max_str_digits",
                                   .keywords = keywords};
    int maximum;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &maximum)) {
        return NULL;
    }
    if (maximum != 0 && maximum < _PY_LONG_MAX_STR_DIGITS_THRESHOLD) {
        PyErr_Format(PyExc_ValueError,
                     "maxdigits must be 0 or larger than %d",
                     _PY_LONG_MAX_STR_DIGITS_THRESHOLD);
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SYS_SET_INT_MAX_STR_DIGITS, "i", maximum) < 0) {
        return NULL;
    }
    _PyInterpreterState_GET()->int_max_str_digits = maximum;
    Py_RETURN_NONE;
}

/* --- Frames and tracing -------------------------------------------------- */

static PyObject *
sys_getframe(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyFrameObject *frame;                                   /* owned */
    int depth = 0;

    if (!_PyArg_CheckPositional("_getframe", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs > 0) {
        depth = _PyLong_AsInt(args[0]);
        if (depth == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    frame = PyThreadState_GetFrame(tstate);
    while (depth > 0 && frame != NULL) {
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
        depth--;
    }
    if (frame == NULL) {
        PyErr_SetString(PyExc_ValueError, "call stack is not deep enough");
        return NULL;
    }
    if (PyAudit(AUDIT_SYS__GETFRAME, "(O)", frame) < 0) {
        Py_DECREF(frame);
        return NULL;
    }
    return (PyObject *)frame;
}

static PyObject *
sys_current_frames(PyObject *module, PyObject *unused)
{
    return _PyThread_CurrentFrames();
}

static PyObject *
sys_current_exceptions(PyObject *module, PyObject *unused)
{
    return _PyThread_CurrentExceptions();
}


static PyObject *
trace_name(int what)
{
    switch (what) {
    case PyTrace_CALL: return NAME(call);
    case PyTrace_EXCEPTION: return NAME(exception);
    case PyTrace_LINE: return NAME(line);
    case PyTrace_RETURN: return NAME(return);
    case PyTrace_C_CALL: return NAME(c_call);
    case PyTrace_C_EXCEPTION: return NAME(c_exception);
    case PyTrace_C_RETURN: return NAME(c_return);
    default: return NAME(opcode);
    }
}

/* callback(frame, event, arg), with the frame's variables in step before and
 * after.  Returns new.  Runs Python. */
static PyObject *
trace_call(PyObject *callback, PyFrameObject *frame, int what, PyObject *arg)
{
    PyObject *stack[] = {(PyObject *)frame, trace_name(what),
                         arg == NULL ? Py_None : arg};
    PyObject *result;

    if (PyFrame_FastToLocalsWithError(frame) < 0) {
        return NULL;
    }
    result = PyObject_Vectorcall(callback, stack, 3, NULL);
    PyFrame_LocalsToFast(frame, 1);
    if (result == NULL) {
        PyTraceBack_Here(frame);
    }
    return result;
}

static int
trace_profile(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    PyObject *result = trace_call(self, frame, what, arg);

    if (result == NULL) {
        _PyEval_SetProfile(_PyThreadState_GET(), NULL, NULL);
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

static int
trace_trace(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    PyObject *callback = what == PyTrace_CALL ? self : frame->f_trace;
    PyObject *result;

    if (callback == NULL) {
        return 0;
    }
    Py_INCREF(callback);
    result = trace_call(callback, frame, what, arg);
    Py_DECREF(callback);
    if (result == NULL) {
        _PyEval_SetTrace(_PyThreadState_GET(), NULL, NULL);
        Py_CLEAR(frame->f_trace);
        return -1;
    }
    if (result != Py_None) {
        Py_XSETREF(frame->f_trace, result);
    }
    else {
        Py_DECREF(result);
    }
    return 0;
}

static PyObject *
sys_settrace(PyObject *module, PyObject *callback)
{
    PyThreadState *tstate = _PyThreadState_GET();
    int status = callback == Py_None
                     ? _PyEval_SetTrace(tstate, NULL, NULL)
                     : _PyEval_SetTrace(tstate, trace_trace, callback);

    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
sys_setprofile(PyObject *module, PyObject *callback)
{
    PyThreadState *tstate = _PyThreadState_GET();
    int status = callback == Py_None
                     ? _PyEval_SetProfile(tstate, NULL, NULL)
                     : _PyEval_SetProfile(tstate, trace_profile, callback);

    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
sys_gettrace(PyObject *module, PyObject *unused)
{
    PyObject *callback = _PyThreadState_GET()->c_traceobj;

    return Py_NewRef(callback == NULL ? Py_None : callback);
}

static PyObject *
sys_getprofile(PyObject *module, PyObject *unused)
{
    PyObject *callback = _PyThreadState_GET()->c_profileobj;

    return Py_NewRef(callback == NULL ? Py_None : callback);
}

/* Calls func(*args) with tracing on, as a debugger does from its own hook.
 * Runs Python. */
static PyObject *
sys_call_tracing(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *result;
    int tracing, use_tracing;

    if (!_PyArg_CheckPositional("call_tracing", nargs, 2, 2)) {
        return NULL;
    }
    if (!PyTuple_Check(args[1])) {
        _PyArg_BadArgument("call_tracing", "argument 2", "tuple", args[1]);
        return NULL;
    }
    tracing = tstate->tracing;
    use_tracing = tstate->cframe->use_tracing;
    tstate->tracing = 0;
    tstate->cframe->use_tracing =
        tstate->c_tracefunc != NULL || tstate->c_profilefunc != NULL ? 255 : 0;
    result = PyObject_Call(args[0], args[1], NULL);
    tstate->tracing = tracing;
    tstate->cframe->use_tracing = (uint8_t)use_tracing;
    return result;
}

/* --- Limits, counters ---------------------------------------------------- */

static PyObject *
sys_getrecursionlimit(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(Py_GetRecursionLimit());
}

static PyObject *
sys_setrecursionlimit(PyObject *module, PyObject *limit)
{
    PyThreadState *tstate = _PyThreadState_GET();
    int value = _PyLong_AsInt(limit);
    int depth;

    if (value == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (value < 1) {
        PyErr_SetString(PyExc_ValueError,
                        "recursion limit must be greater or equal than 1");
        return NULL;
    }
    depth = tstate->recursion_limit - tstate->recursion_remaining;
    if (depth >= value) {
        PyErr_Format(PyExc_RecursionError,
                     "cannot set the recursion limit to %i at the recursion "
                     "depth %i: the limit is too low",
                     value, depth);
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SYS_SETRECURSIONLIMIT, "i", value) < 0) {
        return NULL;
    }
    Py_SetRecursionLimit(value);
    Py_RETURN_NONE;
}

static PyObject *
sys_getswitchinterval(PyObject *module, PyObject *unused)
{
    return PyFloat_FromDouble(1e-6 * (double)_PyEval_GetSwitchInterval());
}

static PyObject *
sys_setswitchinterval(PyObject *module, PyObject *interval)
{
    double seconds = PyFloat_AsDouble(interval);

    if (seconds == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (!(seconds > 0.0)) {
        PyErr_SetString(PyExc_ValueError,
                        "switch interval must be strictly positive");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SYS_SETSWITCHINTERVAL, "d", seconds) < 0) {
        return NULL;
    }
    _PyEval_SetSwitchInterval((unsigned long)(1e6 * seconds));
    Py_RETURN_NONE;
}

static PyObject *
sys_getrefcount(PyObject *module, PyObject *object)
{
    return PyLong_FromSsize_t(Py_REFCNT(object));
}

static PyObject *
sys_getallocatedblocks(PyObject *module, PyObject *unused)
{
    return PyLong_FromSsize_t(_Py_GetAllocatedBlocks());
}

static PyObject *
sys_getquickenedcount(PyObject *module, PyObject *unused)
{
    return PyLong_FromSsize_t(0);
}

/* Bytes in front of an instance: the collector's header, the words of a
 * managed dict. */
static size_t
prefix_size(PyTypeObject *type)
{
    size_t size = PyType_IS_GC(type) ? sizeof(PyGC_Head) : 0;

    if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        size += 2 * sizeof(PyObject *);
    }
    return size;
}

size_t
_PySys_GetSizeOf(PyObject *op)
{
    PyObject *method, *answer;
    Py_ssize_t size;

    if (PyType_Ready(Py_TYPE(op)) < 0) {
        return (size_t)-1;
    }
    if (object_find_special(op, NAME(__sizeof__), &method) <= 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError,
                         "Type %.100s doesn't define __sizeof__",
                         Py_TYPE(op)->tp_name);
        }
        return (size_t)-1;
    }
    answer = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (answer == NULL) {
        return (size_t)-1;
    }
    size = PyLong_AsSsize_t(answer);
    Py_DECREF(answer);
    if (size == -1 && PyErr_Occurred()) {
        return (size_t)-1;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "__sizeof__() should return >= 0");
        return (size_t)-1;
    }
    return (size_t)size + prefix_size(Py_TYPE(op));
}

static PyObject *
sys_getsizeof(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"object", "default", NULL};
    static _PyArg_Parser parser = {.format = "O|O:getsizeof",
                                   .keywords = keywords};
    PyObject *object, *fallback = NULL;
    size_t size;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &object,
                                      &fallback)) {
        return NULL;
    }
    size = _PySys_GetSizeOf(object);
    if (size == (size_t)-1 && PyErr_Occurred()) {
        if (fallback != NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            return Py_NewRef(fallback);
        }
        return NULL;
    }
    return PyLong_FromSize_t(size);
}

static PyObject *
sys_debugmallocstats(PyObject *module, PyObject *unused)
{
    if (_PyObject_DebugMallocStats(stderr)) {
        fputc('\n', stderr);
    }
    _PyObject_DebugTypeStats(stderr);
    Py_RETURN_NONE;
}

static PyObject *
sys_clear_type_cache(PyObject *module, PyObject *unused)
{
    PyType_ClearCache();
    Py_RETURN_NONE;
}

static PyObject *
sys_is_finalizing(PyObject *module, PyObject *unused)
{
    return PyBool_FromLong(_Py_IsFinalizing());
}

static PyObject *
sys_getdlopenflags(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(_PyInterpreterState_GET()->dlopenflags);
}

static PyObject *
sys_setdlopenflags(PyObject *module, PyObject *flags)
{
    int value = _PyLong_AsInt(flags);

    if ((value == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_SYS_SETDLOPENFLAGS, "i", value) < 0) {
        return NULL;
    }
    _PyInterpreterState_GET()->dlopenflags = value;
    Py_RETURN_NONE;
}

/* --- Coroutines and asynchronous generators ------------------------------ */

static PyObject *
sys_get_coroutine_origin_tracking_depth(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(
        _PyThreadState_GET()->coroutine_origin_tracking_depth);
}

static PyObject *
sys_set_coroutine_origin_tracking_depth(PyObject *module,
                                        PyObject *const *args,
                                        Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"depth", NULL};
    static _PyArg_Parser parser = {
        .format = "i:set_coroutine_origin_tracking_depth",
        .keywords = keywords};
    int depth;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &depth)) {
        return NULL;
    }
    if (depth < 0) {
        PyErr_SetString(PyExc_ValueError, "depth must be >= 0");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SYS_SET_COROUTINE_ORIGIN_TRACKING_DEPTH, "i",
                depth) < 0) {
        return NULL;
    }
    _PyThreadState_GET()->coroutine_origin_tracking_depth = depth;
    Py_RETURN_NONE;
}

/* Accepts a callable or None; *hook becomes what is stored (borrowed). */
static int
asyncgen_hook_check(const char *name, PyObject **hook)
{
    if (*hook == Py_None) {
        *hook = NULL;
        return 0;
    }
    if (!PyCallable_Check(*hook)) {
        PyErr_Format(PyExc_TypeError, "callable %s expected, got %.50s", name,
                     Py_TYPE(*hook)->tp_name);
        return -1;
    }
    return 0;
}

/* The finalizer is set before firstiter is asked about, as programs see in
 * the reference. */
static PyObject *
sys_set_asyncgen_hooks(PyObject *module, PyObject *const *args,
                       Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"firstiter", "finalizer", NULL};
    static _PyArg_Parser parser = {.format = "|OO:set_asyncgen_hooks",
                                   .keywords = keywords};
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *firstiter = NULL, *finalizer = NULL;          /* borrowed */
    int set_firstiter, set_finalizer;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &firstiter, &finalizer)) {
        return NULL;
    }
    set_firstiter = firstiter != NULL;
    set_finalizer = finalizer != NULL;
    if (set_finalizer) {
        if (asyncgen_hook_check("finalizer", &finalizer) < 0 ||
            PyAudit(AUDIT_SYS_SET_ASYNCGEN_HOOK_FINALIZER, NULL) < 0) {
            return NULL;
        }
        Py_XINCREF(finalizer);
        Py_XSETREF(tstate->async_gen_finalizer, finalizer);
    }
    if (set_firstiter) {
        if (asyncgen_hook_check("firstiter", &firstiter) < 0 ||
            PyAudit(AUDIT_SYS_SET_ASYNCGEN_HOOK_FIRSTITER, NULL) < 0) {
            return NULL;
        }
        Py_XINCREF(firstiter);
        Py_XSETREF(tstate->async_gen_firstiter, firstiter);
    }
    Py_RETURN_NONE;
}

static PyObject *
sys_get_asyncgen_hooks(PyObject *module, PyObject *unused)
{
    return sys_make_asyncgen_hooks(_PyThreadState_GET());
}

/* --- Table --------------------------------------------------------------- */

#define FAST(function) _PyCFunction_CAST(function)

PyMethodDef sys_methods[] = {
    {"addaudithook", FAST(sys_addaudithook), METH_FASTCALL | METH_KEYWORDS,
     "addaudithook($module, /, hook, *, events=None)\n--\n\n"
     "Calls hook(event, args) before each audited operation."},
    {"audit", FAST(sys_audit), METH_FASTCALL,
     "audit(event, *args)\n\nRaises an audit event with these arguments."},
    {"breakpointhook", FAST(sys_breakpointhook), METH_FASTCALL | METH_KEYWORDS,
     "breakpointhook(*args, **kws)\n\n"
     "What breakpoint() calls: the debugger that PYTHONBREAKPOINT names."},
    {"_clear_type_cache", sys_clear_type_cache, METH_NOARGS,
     "_clear_type_cache($module, /)\n--\n\n"
     "Forgets all cached attribute look-ups on types."},
    {"_current_frames", sys_current_frames, METH_NOARGS,
     "_current_frames($module, /)\n--\n\n"
     "Maps each thread's identifier to its innermost frame."},
    {"_current_exceptions", sys_current_exceptions, METH_NOARGS,
     "_current_exceptions($module, /)\n--\n\n"
     "Maps each thread's identifier to the exception it handles."},
    {"displayhook", sys_displayhook, METH_O,
     "displayhook($module, object, /)\n--\n\n"
     "Prints a value at the prompt and keeps it as builtins._"},
    {"exc_info", sys_exc_info, METH_NOARGS,
     "exc_info($module, /)\n--\n\n"
     "Type, value and traceback of the exception being handled."},
    {"exception", sys_exception, METH_NOARGS,
     "exception($module, /)\n--\n\nThe exception being handled, or None."},
    {"excepthook", FAST(sys_excepthook), METH_FASTCALL,
     "excepthook($module, exctype, value, traceback, /)\n--\n\n"
     "Writes an uncaught exception and its traceback to sys.stderr."},
    {"exit", FAST(sys_exit), METH_FASTCALL,
     "exit($module, status=None, /)\n--\n\n"
     "Raises SystemExit(status): an int is the exit status, None means 0,\n"
     "anything else is printed and means 1."},
    {"getdefaultencoding", sys_getdefaultencoding, METH_NOARGS,
     "getdefaultencoding($module, /)\n--\n\nThe encoding that str uses: "
     "utf-8."},
    {"getdlopenflags", sys_getdlopenflags, METH_NOARGS,
     "getdlopenflags($module, /)\n--\n\nFlags with which extensions are "
     "loaded."},
    {"getallocatedblocks", sys_getallocatedblocks, METH_NOARGS,
     "getallocatedblocks($module, /)\n--\n\nNumber of memory blocks in use."},
    {"getfilesystemencoding", sys_getfilesystemencoding, METH_NOARGS,
     "getfilesystemencoding($module, /)\n--\n\nThe encoding of file names."},
    {"getfilesystemencodeerrors", sys_getfilesystemencodeerrors, METH_NOARGS,
     "getfilesystemencodeerrors($module, /)\n--\n\n"
     "The error handler for file names."},
    {"_getquickenedcount", sys_getquickenedcount, METH_NOARGS,
     "_getquickenedcount($module, /)\n--\n\nKept for test programs."},
    {"getrefcount", sys_getrefcount, METH_O,
     "getrefcount($module, object, /)\n--\n\n"
     "Number of references to the object, the argument's own included."},
    {"getrecursionlimit", sys_getrecursionlimit, METH_NOARGS,
     "getrecursionlimit($module, /)\n--\n\nHow deep calls may nest."},
    {"getsizeof", FAST(sys_getsizeof), METH_FASTCALL | METH_KEYWORDS,
     "getsizeof(object [, default]) -> int\n\nSize of the object in bytes."},
    {"_getframe", FAST(sys_getframe), METH_FASTCALL,
     "_getframe($module, depth=0, /)\n--\n\n"
     "The frame `depth` calls below the top of the stack."},
    {"intern", sys_intern, METH_O,
     "intern($module, string, /)\n--\n\n"
     "The one string of this text that all interned users share."},
    {"is_finalizing", sys_is_finalizing, METH_NOARGS,
     "is_finalizing($module, /)\n--\n\nWhether the runtime is shutting down."},
    {"setswitchinterval", sys_setswitchinterval, METH_O,
     "setswitchinterval($module, interval, /)\n--\n\n"
     "Sets how long a thread runs before another may, in seconds."},
    {"getswitchinterval", sys_getswitchinterval, METH_NOARGS,
     "getswitchinterval($module, /)\n--\n\n"
     "How long a thread runs before another may, in seconds."},
    {"setdlopenflags", sys_setdlopenflags, METH_O,
     "setdlopenflags($module, flags, /)\n--\n\n"
     "Sets the flags with which extensions are loaded."},
    {"setprofile", sys_setprofile, METH_O,
     "setprofile(function)\n\nSets the thread's profiling function."},
    {"getprofile", sys_getprofile, METH_NOARGS,
     "getprofile($module, /)\n--\n\nThe thread's profiling function."},
    {"setrecursionlimit", sys_setrecursionlimit, METH_O,
     "setrecursionlimit($module, limit, /)\n--\n\nSets how deep calls may "
     "nest."},
    {"settrace", sys_settrace, METH_O,
     "settrace(function)\n\nSets the thread's tracing function."},
    {"gettrace", sys_gettrace, METH_NOARGS,
     "gettrace($module, /)\n--\n\nThe thread's tracing function."},
    {"call_tracing", FAST(sys_call_tracing), METH_FASTCALL,
     "call_tracing($module, func, args, /)\n--\n\n"
     "Calls func(*args) with tracing on, from inside a trace function."},
    {"_debugmallocstats", sys_debugmallocstats, METH_NOARGS,
     "_debugmallocstats($module, /)\n--\n\n"
     "Prints the allocator's counters to the C stderr."},
    {"set_coroutine_origin_tracking_depth",
     FAST(sys_set_coroutine_origin_tracking_depth),
     METH_FASTCALL | METH_KEYWORDS,
     "set_coroutine_origin_tracking_depth($module, /, depth)\n--\n\n"
     "Sets how many frames cr_origin of new coroutines remembers."},
    {"get_coroutine_origin_tracking_depth",
     sys_get_coroutine_origin_tracking_depth, METH_NOARGS,
     "get_coroutine_origin_tracking_depth($module, /)\n--\n\n"
     "How many frames cr_origin of new coroutines remembers."},
    {"set_asyncgen_hooks", FAST(sys_set_asyncgen_hooks),
     METH_FASTCALL | METH_KEYWORDS,
     "set_asyncgen_hooks([firstiter] [, finalizer])\n\n"
     "Sets the thread's hooks for asynchronous generators."},
    {"get_asyncgen_hooks", sys_get_asyncgen_hooks, METH_NOARGS,
     "get_asyncgen_hooks($module, /)\n--\n\n"
     "The thread's hooks for asynchronous generators."},
    {"unraisablehook", sys_unraisablehook, METH_O,
     "unraisablehook($module, unraisable, /)\n--\n\n"
     "Writes an exception that nobody can catch to sys.stderr."},
    {"get_int_max_str_digits", sys_get_int_max_str_digits, METH_NOARGS,
     "get_int_max_str_digits($module, /)\n--\n\n"
     "Most digits that int() and str() convert; 0: no limit."},
    {"set_int_max_str_digits", FAST(sys_set_int_max_str_digits),
     METH_FASTCALL | METH_KEYWORDS,
     "set_int_max_str_digits($module, /, maxdigits)\n--\n\n"
     "Sets the most digits that int() and str() convert."},
    {NULL, NULL, 0, NULL},
};
