/* The exception in flight: raising, matching, normalising, chaining.
 *
 * The pending exception is three fields of the thread state (type, value,
 * traceback).  The value may be anything that makes the exception when the
 * type is called with it, until _PyErr_NormalizeException has done so; when
 * another exception is being handled it is made at once, since that one
 * becomes its __context__. */
#include "Python.h"

#include "audit.h"
#include "call.h"
#include "errors.h"
#include "names.h"
#include "object.h"
#include "private_api.h"
#include "runtime.h"
#include "traceback.h"

#include <errno.h>
#include <string.h>

/* Errors while normalising errors: from the first number on RecursionError,
 * at the second the end. */
#define NORMALIZE_LIMIT 32
#define NORMALIZE_FATAL (NORMALIZE_LIMIT + 2)

/* ---- setting and getting ---- */

void
_PyErr_Restore(PyThreadState *tstate, PyObject *type, PyObject *value,
               PyObject *traceback)
{
    PyObject *old_type = tstate->curexc_type;
    PyObject *old_value = tstate->curexc_value;
    PyObject *old_traceback = tstate->curexc_traceback;

    if (traceback != NULL && !PyTraceBack_Check(traceback)) {
        Py_CLEAR(traceback);
    }
    tstate->curexc_type = type;
    tstate->curexc_value = value;
    tstate->curexc_traceback = traceback;
    Py_XDECREF(old_type);
    Py_XDECREF(old_value);
    Py_XDECREF(old_traceback);
}

void
PyErr_Restore(PyObject *type, PyObject *value, PyObject *traceback)
{
    _PyErr_Restore(_PyThreadState_GET(), type, value, traceback);
}

void
_PyErr_Fetch(PyThreadState *tstate, PyObject **type, PyObject **value,
             PyObject **traceback)
{
    *type = tstate->curexc_type;
    *value = tstate->curexc_value;
    *traceback = tstate->curexc_traceback;
    tstate->curexc_type = NULL;
    tstate->curexc_value = NULL;
    tstate->curexc_traceback = NULL;
}

void
PyErr_Fetch(PyObject **type, PyObject **value, PyObject **traceback)
{
    _PyErr_Fetch(_PyThreadState_GET(), type, value, traceback);
}

void
_PyErr_Clear(PyThreadState *tstate)
{
    _PyErr_Restore(tstate, NULL, NULL, NULL);
}

void
PyErr_Clear(void)
{
    _PyErr_Clear(_PyThreadState_GET());
}

/* Borrowed; NULL also without a thread state. */
PyObject *
PyErr_Occurred(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    return tstate == NULL ? NULL : tstate->curexc_type;
}

_PyErr_StackItem *
_PyErr_GetTopmostException(PyThreadState *tstate)
{
    _PyErr_StackItem *item = tstate->exc_info;

    while ((item->exc_value == NULL || item->exc_value == Py_None) &&
           item->previous_item != NULL) {
        item = item->previous_item;
    }
    return item;
}

_PyErr_StackItem *
errors_topmost_handled(PyThreadState *tstate)
{
    return _PyErr_GetTopmostException(tstate);
}

/* type(value), an exception: value may be NULL, None, a tuple of arguments,
 * or the only argument.  New.  Runs Python. */
static PyObject *
create_exception(PyThreadState *tstate, PyObject *type, PyObject *value)
{
    PyObject *exc;

    if (value == NULL || value == Py_None) {
        exc = call_no_args(type);
    }
    else if (PyTuple_Check(value)) {
        exc = PyObject_Call(type, value, NULL);
    }
    else {
        exc = call_one_arg(type, value);
    }
    if (exc != NULL && !PyExceptionInstance_Check(exc)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "calling %R should have returned an instance of "
                      "BaseException, not %s",
                      type, Py_TYPE(exc)->tp_name);
        Py_CLEAR(exc);
    }
    return exc;
}

/* Sets exc.__context__ = handled (stolen).  If exc is already in the chain of
 * contexts below `handled`, the chain is cut there: no cycles.  A chain that
 * is a cycle without exc is left alone (found by a second, slower walker). */
static void
chain_context(PyObject *exc, PyObject *handled)
{
    PyObject *o = handled, *slow = handled, *context;
    int advance = 0;

    if (exc == handled) {
        Py_DECREF(handled);
        return;
    }
    while ((context = PyException_GetContext(o)) != NULL) {
        Py_DECREF(context);            /* o keeps it alive */
        if (context == exc) {
            PyException_SetContext(o, NULL);
            break;
        }
        o = context;
        if (o == slow) {
            break;
        }
        if (advance) {
            slow = PyException_GetContext(slow);
            Py_DECREF(slow);
        }
        advance = !advance;
    }
    PyException_SetContext(exc, handled);
}

void
_PyErr_SetObject(PyThreadState *tstate, PyObject *type, PyObject *value)
{
    PyObject *handled, *traceback = NULL;

    if (type != NULL && !PyExceptionClass_Check(type)) {
        _PyErr_Format(tstate, PyExc_SystemError,
                      "_PyErr_SetObject: exception %R is not a BaseException "
                      "subclass", type);
        return;
    }
    Py_XINCREF(value);
    handled = _PyErr_GetTopmostException(tstate)->exc_value;
    if (handled != NULL && handled != Py_None) {
        Py_INCREF(handled);
        if (value == NULL || !PyExceptionInstance_Check(value)) {
            PyObject *exc;
            /* The call must not see a pending exception. */
            _PyErr_Clear(tstate);
            exc = create_exception(tstate, type, value);
            Py_XDECREF(value);
            if (exc == NULL) {
                Py_DECREF(handled);
                return;
            }
            value = exc;
        }
        chain_context(value, handled);
    }
    if (value != NULL && PyExceptionInstance_Check(value)) {
        traceback = PyException_GetTraceback(value);
    }
    _PyErr_Restore(tstate, Py_XNewRef(type), value, traceback);
}

void
PyErr_SetObject(PyObject *type, PyObject *value)
{
    _PyErr_SetObject(_PyThreadState_GET(), type, value);
}

/* KeyError(key): a tuple as key must not become the arguments. */
void
_PyErr_SetKeyError(PyObject *key)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *exc;

    if (!PyTuple_Check(key) && !PyExceptionInstance_Check(key) &&
        key != Py_None) {
        _PyErr_SetObject(tstate, PyExc_KeyError, key);
        return;
    }
    exc = call_one_arg(PyExc_KeyError, key);
    if (exc != NULL) {
        _PyErr_SetObject(tstate, (PyObject *)Py_TYPE(exc), exc);
        Py_DECREF(exc);
    }
}

void
_PyErr_SetNone(PyThreadState *tstate, PyObject *type)
{
    _PyErr_SetObject(tstate, type, NULL);
}

void
PyErr_SetNone(PyObject *type)
{
    _PyErr_SetObject(_PyThreadState_GET(), type, NULL);
}

void
_PyErr_SetString(PyThreadState *tstate, PyObject *type, const char *text)
{
    PyObject *value = PyUnicode_FromString(text);

    if (value != NULL) {
        _PyErr_SetObject(tstate, type, value);
        Py_DECREF(value);
    }
}

void
PyErr_SetString(PyObject *type, const char *text)
{
    _PyErr_SetString(_PyThreadState_GET(), type, text);
}

static PyObject *
format_v(PyThreadState *tstate, PyObject *type, const char *format,
         va_list values)
{
    PyObject *text;

    /* Formatting must not see a pending exception. */
    _PyErr_Clear(tstate);
    text = PyUnicode_FromFormatV(format, values);
    if (text != NULL) {
        _PyErr_SetObject(tstate, type, text);
        Py_DECREF(text);
    }
    return NULL;
}

PyObject *
PyErr_FormatV(PyObject *type, const char *format, va_list values)
{
    return format_v(_PyThreadState_GET(), type, format, values);
}

PyObject *
_PyErr_Format(PyThreadState *tstate, PyObject *type, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    format_v(tstate, type, format, values);
    va_end(values);
    return NULL;
}

PyObject *
PyErr_Format(PyObject *type, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    format_v(_PyThreadState_GET(), type, format, values);
    va_end(values);
    return NULL;
}

/* ---- matching ---- */

/* exc: an instance or a class; wanted: a class or nested tuples of such.
 * 1/0.  Runs no Python: the MRO decides, not __subclasscheck__. */
int
PyErr_GivenExceptionMatches(PyObject *exc, PyObject *wanted)
{
    if (exc == NULL || wanted == NULL) {
        return 0;                      /* maybe called at shutdown */
    }
    if (PyTuple_Check(wanted)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(wanted); i++) {
            if (PyErr_GivenExceptionMatches(exc,
                                            PyTuple_GET_ITEM(wanted, i))) {
                return 1;
            }
        }
        return 0;
    }
    if (PyExceptionInstance_Check(exc)) {
        exc = PyExceptionInstance_Class(exc);
    }
    if (PyExceptionClass_Check(exc) && PyExceptionClass_Check(wanted)) {
        return PyType_IsSubtype((PyTypeObject *)exc, (PyTypeObject *)wanted);
    }
    return exc == wanted;
}

int
_PyErr_ExceptionMatches(PyThreadState *tstate, PyObject *wanted)
{
    return PyErr_GivenExceptionMatches(tstate->curexc_type, wanted);
}

int
PyErr_ExceptionMatches(PyObject *wanted)
{
    return _PyErr_ExceptionMatches(_PyThreadState_GET(), wanted);
}

int
errors_clear_matching(PyThreadState *tstate, PyObject *wanted)
{
    if (!_PyErr_ExceptionMatches(tstate, wanted)) {
        return 0;
    }
    _PyErr_Clear(tstate);
    return 1;
}

/* ---- normalising ---- */

/* One attempt: 0, or -1 with an exception and the triple as it was. */
static int
normalize_once(PyThreadState *tstate, PyObject **type, PyObject **value)
{
    PyObject *inclass = NULL, *fixed;
    int is_subclass = 0;

    if (*value == NULL) {
        *value = Py_NewRef(Py_None);
    }
    if (!PyExceptionClass_Check(*type)) {
        return 0;
    }
    if (PyExceptionInstance_Check(*value)) {
        inclass = PyExceptionInstance_Class(*value);
        is_subclass = PyObject_IsSubclass(inclass, *type);
        if (is_subclass < 0) {
            return -1;
        }
    }
    if (!is_subclass) {
        fixed = create_exception(tstate, *type, *value);
        if (fixed == NULL) {
            return -1;
        }
        Py_SETREF(*value, fixed);
    }
    else if (inclass != *type) {
        Py_SETREF(*type, Py_NewRef(inclass));
    }
    return 0;
}

void
_PyErr_NormalizeException(PyThreadState *tstate, PyObject **type,
                          PyObject **value, PyObject **traceback)
{
    for (int depth = 0; *type != NULL;) {
        PyObject *first_traceback;
        int failed;

        /* A RecursionError must be makeable where it is raised. */
        tstate->recursion_headroom++;
        failed = normalize_once(tstate, type, value);
        tstate->recursion_headroom--;
        if (failed == 0) {
            return;
        }
        Py_CLEAR(*type);
        Py_CLEAR(*value);
        if (++depth == NORMALIZE_LIMIT) {
            _PyErr_SetString(tstate, PyExc_RecursionError,
                             "maximum recursion depth exceeded while "
                             "normalizing an exception");
        }
        /* The new exception takes the old one's place; it has no traceback
         * yet if it was raised by C code. */
        first_traceback = *traceback;
        _PyErr_Fetch(tstate, type, value, traceback);
        assert(*type != NULL);
        if (*traceback == NULL) {
            *traceback = first_traceback;
        }
        else {
            Py_XDECREF(first_traceback);
        }
        if (depth >= NORMALIZE_FATAL) {
            if (PyErr_GivenExceptionMatches(*type, PyExc_MemoryError)) {
                Py_FatalError("Cannot recover from MemoryErrors while "
                              "normalizing exceptions.");
            }
            Py_FatalError("Cannot recover from the recursive normalization of "
                          "an exception.");
        }
    }
}

void
PyErr_NormalizeException(PyObject **type, PyObject **value,
                         PyObject **traceback)
{
    _PyErr_NormalizeException(_PyThreadState_GET(), type, value, traceback);
}

int
errors_peek_errno(void)
{
    PyObject *type, *value, *traceback;                     /* owned */
    int code = 0;

    if (PyErr_Occurred() == NULL || !PyErr_ExceptionMatches(PyExc_OSError)) {
        return 0;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    /* Normalisation may fail, and leave another exception. */
    if (PyObject_TypeCheck(value, (PyTypeObject *)PyExc_OSError)) {
        PyObject *number = ((PyOSErrorObject *)value)->myerrno;  /* borrowed */
        if (number != NULL && PyLong_Check(number)) {
            code = _PyLong_AsInt(number);
            if (code == -1) {
                PyErr_Clear();              /* OverflowError: fits no int */
                code = 0;
            }
        }
    }
    PyErr_Restore(type, value, traceback);
    return code;
}

PyObject *
errors_take_exception(PyThreadState *tstate)
{
    PyObject *type, *value, *traceback;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    if (traceback != NULL && PyExceptionInstance_Check(value)) {
        PyException_SetTraceback(value, traceback);
    }
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
}

void
errors_restore_exception(PyThreadState *tstate, PyObject *exc)
{
    if (exc == NULL) {
        _PyErr_Clear(tstate);
        return;
    }
    _PyErr_Restore(tstate, Py_NewRef((PyObject *)Py_TYPE(exc)), exc,
                   PyException_GetTraceback(exc));
}

/* ---- the handled exception ---- */

PyObject *
_PyErr_GetHandledException(PyThreadState *tstate)
{
    PyObject *exc = _PyErr_GetTopmostException(tstate)->exc_value;

    return exc == NULL || exc == Py_None ? NULL : Py_NewRef(exc);
}

PyObject *
PyErr_GetHandledException(void)
{
    return _PyErr_GetHandledException(_PyThreadState_GET());
}

/* Borrows exc; None or NULL: nothing is being handled. */
void
_PyErr_SetHandledException(PyThreadState *tstate, PyObject *exc)
{
    Py_XSETREF(tstate->exc_info->exc_value,
               Py_XNewRef(exc == Py_None ? NULL : exc));
}

void
PyErr_SetHandledException(PyObject *exc)
{
    _PyErr_SetHandledException(_PyThreadState_GET(), exc);
}

void
errors_exc_info_parts(PyObject *exc, PyObject **type, PyObject **traceback)
{
    if (exc == NULL || exc == Py_None) {
        *type = NULL;
        *traceback = NULL;
        return;
    }
    *type = Py_NewRef(PyExceptionInstance_Class(exc));
    *traceback = PyException_GetTraceback(exc);
}

void
_PyErr_GetExcInfo(PyThreadState *tstate, PyObject **type, PyObject **value,
                  PyObject **traceback)
{
    PyObject *exc = _PyErr_GetTopmostException(tstate)->exc_value;

    errors_exc_info_parts(exc, type, traceback);
    *value = Py_XNewRef(exc);
    if (*type == NULL) {
        *type = Py_NewRef(Py_None);
    }
    if (*traceback == NULL) {
        *traceback = Py_NewRef(Py_None);
    }
}

void
PyErr_GetExcInfo(PyObject **type, PyObject **value, PyObject **traceback)
{
    _PyErr_GetExcInfo(_PyThreadState_GET(), type, value, traceback);
}

/* Steals all three; the value says it all. */
void
PyErr_SetExcInfo(PyObject *type, PyObject *value, PyObject *traceback)
{
    PyErr_SetHandledException(value);
    Py_XDECREF(value);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
}

/* (type, value, traceback) for sys.exc_info() */
PyObject *
_PyErr_StackItemToExcInfoTuple(_PyErr_StackItem *item)
{
    PyObject *exc = item->exc_value == NULL ? Py_None : item->exc_value;
    PyObject *type, *traceback, *result;

    errors_exc_info_parts(exc, &type, &traceback);
    result = PyTuple_Pack(3, type == NULL ? Py_None : type, exc,
                          traceback == NULL ? Py_None : traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return result;
}

/* ---- chaining ---- */

/* With an exception pending, the given one becomes its context; else it
 * becomes pending.  Steals all three. */
void
_PyErr_ChainExceptions(PyObject *type, PyObject *value, PyObject *traceback)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type2, *value2, *traceback2;

    if (type == NULL) {
        return;
    }
    if (tstate->curexc_type == NULL) {
        _PyErr_Restore(tstate, type, value, traceback);
        return;
    }
    _PyErr_Fetch(tstate, &type2, &value2, &traceback2);
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    _PyErr_NormalizeException(tstate, &type2, &value2, &traceback2);
    PyException_SetContext(value2, value);
    _PyErr_Restore(tstate, type2, value2, traceback2);
}

/* With an exception pending, chains it to exc_info's, as if it had been
 * raised while that is handled (a generator's throw()). */
void
_PyErr_ChainStackItem(_PyErr_StackItem *exc_info)
{
    PyThreadState *tstate = _PyThreadState_GET();
    _PyErr_StackItem *saved = NULL;
    PyObject *type, *value, *traceback;

    if (exc_info == NULL) {
        exc_info = tstate->exc_info;
    }
    if (exc_info->exc_value == NULL || exc_info->exc_value == Py_None) {
        return;
    }
    if (exc_info != tstate->exc_info) {
        saved = tstate->exc_info;
        tstate->exc_info = exc_info;
    }
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    if (traceback != NULL && PyExceptionInstance_Check(value)) {
        PyException_SetTraceback(value, traceback);
    }
    _PyErr_SetObject(tstate, type, value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    if (saved != NULL) {
        tstate->exc_info = saved;
    }
}

/* Raises type(format % values) from the pending exception. */
static PyObject *
format_from_cause(PyThreadState *tstate, PyObject *type, const char *format,
                  va_list values)
{
    PyObject *cause_type, *cause, *cause_traceback;
    PyObject *new_type, *exc, *traceback;

    assert(tstate->curexc_type != NULL);
    _PyErr_Fetch(tstate, &cause_type, &cause, &cause_traceback);
    _PyErr_NormalizeException(tstate, &cause_type, &cause, &cause_traceback);
    if (cause_traceback != NULL) {
        PyException_SetTraceback(cause, cause_traceback);
        Py_DECREF(cause_traceback);
    }
    Py_DECREF(cause_type);
    format_v(tstate, type, format, values);
    _PyErr_Fetch(tstate, &new_type, &exc, &traceback);
    _PyErr_NormalizeException(tstate, &new_type, &exc, &traceback);
    PyException_SetCause(exc, Py_NewRef(cause));
    PyException_SetContext(exc, cause);
    _PyErr_Restore(tstate, new_type, exc, traceback);
    return NULL;
}

PyObject *
_PyErr_FormatFromCauseTstate(PyThreadState *tstate, PyObject *type,
                             const char *format, ...)
{
    va_list values;

    va_start(values, format);
    format_from_cause(tstate, type, format, values);
    va_end(values);
    return NULL;
}

PyObject *
_PyErr_FormatFromCause(PyObject *type, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    format_from_cause(_PyThreadState_GET(), type, format, values);
    va_end(values);
    return NULL;
}

/* Replaces the pending exception by one of the same type with a text that
 * ends in its own, the old one as cause: only for types that take a plain
 * str, and if it has neither state nor other arguments.  Returns the new one,
 * borrowed; NULL (and the exception left) if it cannot be done. */
PyObject *
_PyErr_TrySetFromCause(const char *format, ...)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback, *text, *args, *new_type, *new_value;
    PyObject *new_traceback, **dictptr;
    PyTypeObject *caught;
    va_list values;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    caught = (PyTypeObject *)type;
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    caught = (PyTypeObject *)type;
    args = ((PyBaseExceptionObject *)value)->args;
    dictptr = _PyObject_GetDictPtr(value);
    if (caught->tp_init != ((PyTypeObject *)PyExc_BaseException)->tp_init ||
        caught->tp_new != ((PyTypeObject *)PyExc_BaseException)->tp_new ||
        caught->tp_basicsize !=
            (Py_ssize_t)(sizeof(PyBaseExceptionObject) +
                         (caught->tp_weaklistoffset > 0
                              ? sizeof(PyObject *) : 0)) ||
        caught->tp_itemsize != 0 || PyTuple_GET_SIZE(args) > 1 ||
        (PyTuple_GET_SIZE(args) == 1 &&
         !PyUnicode_CheckExact(PyTuple_GET_ITEM(args, 0))) ||
        (dictptr != NULL && *dictptr != NULL &&
         PyDict_GET_SIZE(*dictptr) > 0)) {
        _PyErr_Restore(tstate, type, value, traceback);
        return NULL;
    }
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    va_start(values, format);
    text = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (text == NULL) {
        Py_DECREF(type);
        Py_DECREF(value);
        return NULL;
    }
    _PyErr_Format(tstate, type, "%U (%s: %S)", text, caught->tp_name, value);
    Py_DECREF(type);
    Py_DECREF(text);
    _PyErr_Fetch(tstate, &new_type, &new_value, &new_traceback);
    _PyErr_NormalizeException(tstate, &new_type, &new_value, &new_traceback);
    PyException_SetCause(new_value, value);
    _PyErr_Restore(tstate, new_type, new_value, new_traceback);
    return new_value;
}

/* ---- common errors ---- */

int
PyErr_BadArgument(void)
{
    PyErr_SetString(PyExc_TypeError,
                    "bad argument type for built-in operation");
    return 0;
}

/* With the preallocated instances: the class is not called. */
PyObject *
_PyErr_NoMemory(PyThreadState *tstate)
{
    PyObject *exc;

    if (Py_IS_TYPE(PyExc_MemoryError, NULL)) {
        Py_FatalError("Out of memory and PyExc_MemoryError is not "
                      "initialized yet");
    }
    exc = exceptions_memory_error();
    _PyErr_SetObject(tstate, PyExc_MemoryError, exc);
    Py_DECREF(exc);
    return NULL;
}

PyObject *
PyErr_NoMemory(void)
{
    return _PyErr_NoMemory(_PyThreadState_GET());
}

void
_PyErr_BadInternalCall(const char *filename, int lineno)
{
    PyErr_Format(PyExc_SystemError, "%s:%d: bad argument to internal function",
                 filename, lineno);
}

#undef PyErr_BadInternalCall
void
PyErr_BadInternalCall(void)
{
    PyErr_SetString(PyExc_SystemError, "bad argument to internal function");
}

/* OSError(errno, strerror[, filename[, 0, filename2]]) */
PyObject *
PyErr_SetFromErrnoWithFilenameObjects(PyObject *type, PyObject *filename,
                                      PyObject *filename2)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *text, *args, *exc;
    int number = errno;

    /* A signal handler's exception goes first. */
    if (number == EINTR && PyErr_CheckSignals() != 0) {
        return NULL;
    }
    text = number != 0 ? PyUnicode_DecodeLocale(strerror(number),
                                                "surrogateescape")
                       : PyUnicode_FromString("Error");
    if (text == NULL) {
        return NULL;
    }
    if (filename == NULL) {
        args = Py_BuildValue("(iO)", number, text);
    }
    else if (filename2 == NULL) {
        args = Py_BuildValue("(iOO)", number, text, filename);
    }
    else {
        args = Py_BuildValue("(iOOiO)", number, text, filename, 0, filename2);
    }
    Py_DECREF(text);
    if (args != NULL) {
        exc = PyObject_Call(type, args, NULL);
        Py_DECREF(args);
        if (exc != NULL) {
            _PyErr_SetObject(tstate, (PyObject *)Py_TYPE(exc), exc);
            Py_DECREF(exc);
        }
    }
    return NULL;
}

PyObject *
PyErr_SetFromErrnoWithFilenameObject(PyObject *type, PyObject *filename)
{
    return PyErr_SetFromErrnoWithFilenameObjects(type, filename, NULL);
}

PyObject *
PyErr_SetFromErrnoWithFilename(PyObject *type, const char *filename)
{
    int number = errno;
    PyObject *name = NULL;

    if (filename != NULL) {
        name = PyUnicode_DecodeFSDefault(filename);
        if (name == NULL) {
            return NULL;
        }
    }
    errno = number;                    /* decoding may have changed it */
    PyErr_SetFromErrnoWithFilenameObjects(type, name, NULL);
    Py_XDECREF(name);
    return NULL;
}

PyObject *
PyErr_SetFromErrno(PyObject *type)
{
    return PyErr_SetFromErrnoWithFilenameObjects(type, NULL, NULL);
}

PyObject *
PyErr_SetImportErrorSubclass(PyObject *type, PyObject *message, PyObject *name,
                             PyObject *path)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *kwargs, *exc;
    int is_subclass = PyObject_IsSubclass(type, PyExc_ImportError);

    if (is_subclass < 0) {
        return NULL;
    }
    if (!is_subclass) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "expected a subclass of ImportError");
        return NULL;
    }
    if (message == NULL) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "expected a message argument");
        return NULL;
    }
    kwargs = PyDict_New();
    if (kwargs == NULL) {
        return NULL;
    }
    if (PyDict_SetItem(kwargs, NAME(name), name ? name : Py_None) == 0 &&
        PyDict_SetItem(kwargs, NAME(path), path ? path : Py_None) == 0) {
        exc = PyObject_VectorcallDict(type, &message, 1, kwargs);
        if (exc != NULL) {
            _PyErr_SetObject(tstate, (PyObject *)Py_TYPE(exc), exc);
            Py_DECREF(exc);
        }
    }
    Py_DECREF(kwargs);
    return NULL;
}

PyObject *
PyErr_SetImportError(PyObject *message, PyObject *name, PyObject *path)
{
    return PyErr_SetImportErrorSubclass(PyExc_ImportError, message, name,
                                        path);
}

void
errors_set_name_error(PyObject *type, const char *format, PyObject *name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    const char *text = PyUnicode_AsUTF8(name);
    PyObject *exc;

    if (text == NULL) {
        return;
    }
    _PyErr_Format(tstate, type, format, text);
    exc = errors_take_exception(tstate);
    if (exc != NULL && PyObject_TypeCheck(exc,
                                          (PyTypeObject *)PyExc_NameError)) {
        PyNameErrorObject *error = (PyNameErrorObject *)exc;
        if (error->name == NULL) {
            error->name = Py_NewRef(name);
        }
    }
    errors_restore_exception(tstate, exc);
}

void
errors_set_attribute_error(PyObject *message, PyObject *obj, PyObject *name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *exc;

    _PyErr_SetObject(tstate, PyExc_AttributeError, message);
    exc = errors_take_exception(tstate);
    if (exc != NULL &&
        PyObject_TypeCheck(exc, (PyTypeObject *)PyExc_AttributeError)) {
        PyAttributeErrorObject *error = (PyAttributeErrorObject *)exc;
        Py_XSETREF(error->name, Py_XNewRef(name));
        Py_XSETREF(error->obj, Py_XNewRef(obj));
    }
    errors_restore_exception(tstate, exc);
}

int
errors_set_stop_iteration(PyObject *value)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *exc;

    if (value == NULL || (!PyTuple_Check(value) &&
                          !PyExceptionInstance_Check(value))) {
        _PyErr_SetObject(tstate, PyExc_StopIteration, value);
        return 0;
    }
    exc = call_one_arg(PyExc_StopIteration, value);
    if (exc == NULL) {
        return -1;
    }
    _PyErr_SetObject(tstate, PyExc_StopIteration, exc);
    Py_DECREF(exc);
    return 0;
}

/* ---- new exception classes ---- */

PyObject *
PyErr_NewException(const char *name, PyObject *base, PyObject *dict)
{
    PyObject *own_dict = NULL, *module = NULL, *bases = NULL, *result = NULL;
    const char *dot = strrchr(name, '.');
    int found;

    if (dot == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "PyErr_NewException: name must be module.class");
        return NULL;
    }
    if (base == NULL) {
        base = PyExc_Exception;
    }
    if (dict == NULL) {
        dict = own_dict = PyDict_New();
        if (dict == NULL) {
            return NULL;
        }
    }
    found = PyDict_Contains(dict, NAME(__module__));
    if (found < 0) {
        goto done;
    }
    if (found == 0) {
        module = PyUnicode_FromStringAndSize(name, dot - name);
        if (module == NULL ||
            PyDict_SetItem(dict, NAME(__module__), module) < 0) {
            goto done;
        }
    }
    bases = PyTuple_Check(base) ? Py_NewRef(base) : PyTuple_Pack(1, base);
    if (bases != NULL) {
        result = PyObject_CallFunction((PyObject *)&PyType_Type, "sOO",
                                       dot + 1, bases, dict);
    }
done:
    Py_XDECREF(own_dict);
    Py_XDECREF(module);
    Py_XDECREF(bases);
    return result;
}

PyObject *
PyErr_NewExceptionWithDoc(const char *name, const char *doc, PyObject *base,
                          PyObject *dict)
{
    PyObject *own_dict = NULL, *result = NULL, *text;
    int status = 0;

    if (dict == NULL) {
        dict = own_dict = PyDict_New();
        if (dict == NULL) {
            return NULL;
        }
    }
    if (doc != NULL) {
        text = PyUnicode_FromString(doc);
        status = text == NULL ? -1 : PyDict_SetItem(dict, NAME(__doc__), text);
        Py_XDECREF(text);
    }
    if (status == 0) {
        result = PyErr_NewException(name, base, dict);
    }
    Py_XDECREF(own_dict);
    return result;
}

/* ---- where a SyntaxError is ---- */

/* Sets exc.<name> = value (stolen; NULL: None).  Errors are dropped. */
static void
set_location_attribute(PyThreadState *tstate, PyObject *exc, PyObject *name,
                       PyObject *value)
{
    if (value == NULL) {
        _PyErr_Clear(tstate);          /* MemoryError, or nothing */
        value = Py_NewRef(Py_None);
    }
    if (PyObject_SetAttr(exc, name, value) < 0) {
        _PyErr_Clear(tstate);          /* only decoration */
    }
    Py_DECREF(value);
}

/* Only sets `name` if exc has no such attribute yet. */
static void
set_missing_attribute(PyThreadState *tstate, PyObject *exc, PyObject *name,
                      PyObject *value)
{
    PyObject *present;

    if (_PyObject_LookupAttr(exc, name, &present) < 0) {
        _PyErr_Clear(tstate);
    }
    else if (present != NULL) {
        Py_DECREF(present);
    }
    else {
        set_location_attribute(tstate, exc, name, Py_NewRef(value));
    }
}

static PyObject *
offset_or_null(int offset)
{
    return offset >= 0 ? PyLong_FromLong(offset) : NULL;
}

static void
set_syntax_location(PyObject *filename, int lineno, int col_offset,
                    int end_lineno, int end_col_offset)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *exc = errors_take_exception(tstate), *text;

    if (exc == NULL) {
        return;
    }
    set_location_attribute(tstate, exc, NAME(lineno), PyLong_FromLong(lineno));
    set_location_attribute(tstate, exc, NAME(offset),
                           offset_or_null(col_offset));
    set_location_attribute(tstate, exc, NAME(end_lineno),
                           offset_or_null(end_lineno));
    set_location_attribute(tstate, exc, NAME(end_offset),
                           offset_or_null(end_col_offset));
    if (filename != NULL) {
        set_location_attribute(tstate, exc, NAME(filename),
                               Py_NewRef(filename));
        text = PyErr_ProgramTextObject(filename, lineno);
        if (text != NULL) {
            set_location_attribute(tstate, exc, NAME(text), text);
        }
        else {
            _PyErr_Clear(tstate);
        }
    }
    if ((PyObject *)Py_TYPE(exc) != PyExc_SyntaxError) {
        set_missing_attribute(tstate, exc, NAME(msg), Py_None);
        PyObject *present;
        if (_PyObject_LookupAttr(exc, NAME(msg), &present) > 0) {
            if (present == Py_None) {
                set_location_attribute(tstate, exc, NAME(msg),
                                       PyObject_Str(exc));
            }
            Py_DECREF(present);
        }
        else {
            _PyErr_Clear(tstate);
        }
        set_missing_attribute(tstate, exc, NAME(print_file_and_line), Py_None);
    }
    errors_restore_exception(tstate, exc);
}

void
PyErr_SyntaxLocationObject(PyObject *filename, int lineno, int col_offset)
{
    set_syntax_location(filename, lineno, col_offset, lineno, -1);
}

void
PyErr_RangedSyntaxLocationObject(PyObject *filename, int lineno,
                                 int col_offset, int end_lineno,
                                 int end_col_offset)
{
    set_syntax_location(filename, lineno, col_offset, end_lineno,
                        end_col_offset);
}

void
PyErr_SyntaxLocationEx(const char *filename, int lineno, int col_offset)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *name = NULL;

    if (filename != NULL) {
        PyObject *type, *value, *traceback;
        _PyErr_Fetch(tstate, &type, &value, &traceback);
        name = PyUnicode_DecodeFSDefault(filename);
        if (name == NULL) {
            _PyErr_Clear(tstate);      /* shown without the name */
        }
        _PyErr_Restore(tstate, type, value, traceback);
    }
    PyErr_SyntaxLocationObject(name, lineno, col_offset);
    Py_XDECREF(name);
}

void
PyErr_SyntaxLocation(const char *filename, int lineno)
{
    PyErr_SyntaxLocationEx(filename, lineno, -1);
}

/* The next line with its end as "\n", whichever the file uses, in *line (grown
 * with PyMem_RawRealloc).  Returns the length, -1 at the end or without
 * memory. */
static Py_ssize_t
read_universal_line(FILE *fp, char **line, size_t *room)
{
    size_t len = 0;
    int c;

    while ((c = getc(fp)) != EOF) {
        if (len + 2 > *room) {
            size_t wanted = *room == 0 ? 256 : *room * 2;
            char *grown = PyMem_RawRealloc(*line, wanted);
            if (grown == NULL) {
                return -1;
            }
            *line = grown;
            *room = wanted;
        }
        if (c == '\r') {
            int next = getc(fp);
            if (next != '\n' && next != EOF) {
                ungetc(next, fp);
            }
            c = '\n';
        }
        (*line)[len++] = (char)c;
        if (c == '\n') {
            break;
        }
    }
    return len == 0 ? -1 : (Py_ssize_t)len;
}

/* Line `lineno` of the file as it is, decoded by `encoding` (NULL: UTF-8 with
 * replacements).  New; NULL, maybe without an exception, if it cannot be had.
 * Closes fp. */
static PyObject *
read_program_text(FILE *fp, int lineno, const char *encoding)
{
    char *line = NULL;
    size_t room = 0;
    Py_ssize_t len = -1;
    PyObject *result = NULL;

    if (fp == NULL) {
        return NULL;
    }
    for (int i = 0; i < lineno; i++) {
        len = read_universal_line(fp, &line, &room);
        if (len < 0) {
            break;
        }
    }
    fclose(fp);
    if (len >= 0) {
        const char *text = line;
        if (lineno == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
            text += 3;                 /* byte order mark */
            len -= 3;
        }
        result = encoding != NULL
                     ? PyUnicode_Decode(text, len, encoding, "replace")
                     : PyUnicode_DecodeUTF8(text, len, "replace");
    }
    PyMem_RawFree(line);
    return result;
}

PyObject *
PyErr_ProgramTextObject(PyObject *filename, int lineno)
{
    if (filename == NULL || lineno <= 0) {
        return NULL;
    }
    return _PyErr_ProgramDecodedTextObject(filename, lineno, NULL);
}

PyObject *
_PyErr_ProgramDecodedTextObject(PyObject *filename, int lineno,
                                const char *encoding)
{
    FILE *fp;

    if (filename == NULL || lineno <= 0) {
        return NULL;
    }
    fp = _Py_fopen_obj(filename, "r");
    if (fp == NULL) {
        _PyErr_Clear(_PyThreadState_GET());
        return NULL;
    }
    return read_program_text(fp, lineno, encoding);
}

PyObject *
PyErr_ProgramText(const char *filename, int lineno)
{
    PyObject *name, *result;

    if (filename == NULL) {
        return NULL;
    }
    name = PyUnicode_DecodeFSDefault(filename);
    if (name == NULL) {
        PyErr_Clear();                 /* the API promises no exception */
        return NULL;
    }
    result = PyErr_ProgramTextObject(name, lineno);
    Py_DECREF(name);
    return result;
}
