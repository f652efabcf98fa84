/* Tracing and profiling: events as sys.settrace and sys.setprofile document
 * them.
 *
 * While an event is being delivered, tstate->tracing is up and the thread's
 * frames run without events.  Lines are those of the location table, expanded
 * for quick look-ups. */
#include "Python.h"

#include "audit.h"
#include "call.h"
#include "ceval.h"
#include "code.h"
#include "errors.h"
#include "frame.h"
#include "generator.h"
#include "tracing.h"

static void
tracing_update(PyThreadState *tstate)
{
    tstate->cframe->use_tracing =
        tstate->tracing == 0 &&
                (tstate->c_tracefunc != NULL || tstate->c_profilefunc != NULL)
            ? 255
            : 0;
}

/* Delivers one event. 0, or -1 with the callback's exception. */
static int
deliver(PyThreadState *tstate, Frame *frame, Py_tracefunc func,
        PyObject *object, int what, PyObject *arg)
{
    int old_what = tstate->tracing_what, result;
    PyFrameObject *f;

    if (tstate->tracing) {
        return 0;
    }
    f = frame_object_get(frame);
    if (f == NULL) {
        return -1;
    }
    tstate->tracing++;
    tstate->cframe->use_tracing = 0;
    tstate->tracing_what = what;
    if (code_lines_expand(frame->f_code) < 0) {
        result = -1;
        goto done;
    }
    Py_INCREF(f);
    f->f_lineno = frame_line(frame);
    if (f->f_lineno < 0) {
        f->f_lineno = 0;
    }
    result = func(object, f, what, arg);
    f->f_lineno = 0;
    Py_DECREF(f);
done:
    tstate->tracing_what = old_what;
    tstate->tracing--;
    tracing_update(tstate);
    return result;
}

/* The same around a pending exception, which survives a callback that
 * succeeds. */
static int
deliver_protected(PyThreadState *tstate, Frame *frame, Py_tracefunc func,
                  PyObject *object, int what, PyObject *arg)
{
    PyObject *type, *value, *traceback;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (deliver(tstate, frame, func, object, what, arg) == 0) {
        _PyErr_Restore(tstate, type, value, traceback);
        return 0;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return -1;
}

int
tracing_function_entry(PyThreadState *tstate, Frame *frame)
{
    if (tstate->c_tracefunc != NULL &&
        deliver_protected(tstate, frame, tstate->c_tracefunc,
                          tstate->c_traceobj, PyTrace_CALL, Py_None) < 0) {
        return -1;
    }
    if (tstate->c_profilefunc != NULL &&
        deliver_protected(tstate, frame, tstate->c_profilefunc,
                          tstate->c_profileobj, PyTrace_CALL, Py_None) < 0) {
        return -1;
    }
    return 0;
}

int
tracing_function_exit(PyThreadState *tstate, Frame *frame, PyObject *value)
{
    if (tstate->c_tracefunc != NULL &&
        deliver_protected(tstate, frame, tstate->c_tracefunc,
                          tstate->c_traceobj, PyTrace_RETURN, value) < 0) {
        return -1;
    }
    if (tstate->c_profilefunc != NULL &&
        deliver_protected(tstate, frame, tstate->c_profilefunc,
                          tstate->c_profileobj, PyTrace_RETURN, value) < 0) {
        return -1;
    }
    return 0;
}

void
tracing_function_unwind(PyThreadState *tstate, Frame *frame)
{
    if (frame_is_incomplete(frame)) {
        return;
    }
    if (tstate->c_tracefunc != NULL) {
        deliver_protected(tstate, frame, tstate->c_tracefunc,
                          tstate->c_traceobj, PyTrace_RETURN, NULL);
    }
    if (tstate->c_profilefunc != NULL) {
        deliver_protected(tstate, frame, tstate->c_profilefunc,
                          tstate->c_profileobj, PyTrace_RETURN, NULL);
    }
}

void
tracing_exception(PyThreadState *tstate, Frame *frame)
{
    PyObject *type, *value, *traceback, *arg;
    int status;

    if (frame_is_incomplete(frame) || tstate->tracing) {
        return;
    }
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (value == NULL) {
        value = Py_NewRef(Py_None);
    }
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    arg =
        PyTuple_Pack(3, type, value, traceback != NULL ? traceback : Py_None);
    if (arg == NULL) {
        _PyErr_Restore(tstate, type, value, traceback);
        return;
    }
    status = deliver(tstate, frame, tstate->c_tracefunc, tstate->c_traceobj,
                     PyTrace_EXCEPTION, arg);
    Py_DECREF(arg);
    if (status == 0) {
        _PyErr_Restore(tstate, type, value, traceback);
        return;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

/* Line of a unit, -1 if it has none. */
static int
line_of_unit(PyCodeObject *code, int unit)
{
    return unit < 0 ? code->co_firstlineno
                    : code_line_of(code, unit * (int)sizeof(_Py_CODEUNIT));
}

/* A line event when another line begins, or the same one again by a jump
 * back. */
int
tracing_line(PyThreadState *tstate, Frame *frame, int previous_unit)
{
    PyCodeObject *code = frame->f_code;
    int unit = frame_lasti(frame), line, last_line, result = 0;
    PyFrameObject *f;

    if (code_lines_expand(code) < 0) {
        return -1;
    }
    line = line_of_unit(code, unit);
    f = frame_object_get(frame);
    if (f == NULL) {
        return -1;
    }
    if (line != -1 && f->f_trace_lines) {
        /* The function's head does not count as a line that was left. */
        last_line = previous_unit <= code->_co_firsttraceable
                        ? -1
                        : line_of_unit(code, previous_unit);
        if (line != last_line ||
            (unit < previous_unit &&
             opcode_plain[_Py_OPCODE(FRAME_CODE_START(code)[unit])] != SEND)) {
            result = deliver(tstate, frame, tstate->c_tracefunc,
                             tstate->c_traceobj, PyTrace_LINE, Py_None);
        }
    }
    /* The callback may have changed what is traced. */
    if (result == 0 && f->f_trace_opcodes && tstate->c_tracefunc != NULL) {
        result = deliver(tstate, frame, tstate->c_tracefunc,
                         tstate->c_traceobj, PyTrace_OPCODE, Py_None);
    }
    return result;
}

/* ---- C calls, for profilers ---- */

/* The C function that calling `callable` is going to run, borrowed self
 * included. New or NULL. */
static PyObject *
c_function_of(PyObject *callable, PyObject *const *args, Py_ssize_t nargs)
{
    if (PyCFunction_CheckExact(callable) || PyCMethod_CheckExact(callable)) {
        return Py_NewRef(callable);
    }
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type) && nargs > 0) {
        return Py_TYPE(callable)->tp_descr_get(callable, args[0],
                                               (PyObject *)Py_TYPE(args[0]));
    }
    return NULL;
}

static PyObject *
c_call_finish(PyThreadState *tstate, PyObject *func, PyObject *result)
{
    Frame *frame = tstate->cframe->current_frame;

    if (tstate->c_profilefunc == NULL) {
        return result;
    }
    if (result == NULL) {
        deliver_protected(tstate, frame, tstate->c_profilefunc,
                          tstate->c_profileobj, PyTrace_C_EXCEPTION, func);
    }
    else if (deliver(tstate, frame, tstate->c_profilefunc,
                     tstate->c_profileobj, PyTrace_C_RETURN, func) != 0) {
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
tracing_vectorcall(PyThreadState *tstate, PyObject *callable,
                   PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *func, *result;

    if (tstate->c_profilefunc == NULL) {
        return PyObject_Vectorcall(callable, args, nargsf, kwnames);
    }
    func = c_function_of(callable, args, PyVectorcall_NARGS(nargsf));
    if (func == NULL) {
        return _PyErr_Occurred(tstate)
                   ? NULL
                   : PyObject_Vectorcall(callable, args, nargsf, kwnames);
    }
    if (deliver(tstate, tstate->cframe->current_frame, tstate->c_profilefunc,
                tstate->c_profileobj, PyTrace_C_CALL, func) != 0) {
        Py_DECREF(func);
        return NULL;
    }
    result = PyObject_Vectorcall(callable, args, nargsf, kwnames);
    result = c_call_finish(tstate, func, result);
    Py_DECREF(func);
    return result;
}

PyObject *
tracing_call_ex(PyThreadState *tstate, PyObject *callable, PyObject *args,
                PyObject *kwargs)
{
    PyObject *func, *result;

    if (tstate->c_profilefunc == NULL) {
        return PyObject_Call(callable, args, kwargs);
    }
    func = c_function_of(callable, &PyTuple_GET_ITEM(args, 0),
                         PyTuple_GET_SIZE(args));
    if (func == NULL) {
        return _PyErr_Occurred(tstate) ? NULL
                                       : PyObject_Call(callable, args, kwargs);
    }
    if (deliver(tstate, tstate->cframe->current_frame, tstate->c_profilefunc,
                tstate->c_profileobj, PyTrace_C_CALL, func) != 0) {
        Py_DECREF(func);
        return NULL;
    }
    result = PyObject_Call(callable, args, kwargs);
    result = c_call_finish(tstate, func, result);
    Py_DECREF(func);
    return result;
}

/* ---- switching on and off ----
 *
 * Releasing the old callback may run Python, which must not install another
 * meanwhile. */

static int installing_profile, installing_trace;

int
_PyEval_SetProfile(PyThreadState *tstate, Py_tracefunc func, PyObject *arg)
{
    PyObject *old;

    if (PyAudit(AUDIT_SYS_SETPROFILE, NULL) < 0) {
        return -1;
    }
    if (installing_profile) {
        _PyErr_SetString(tstate, PyExc_RuntimeError,
                         "Cannot install a profile function while another "
                         "profile function is "
                         "being installed");
        installing_profile = 0;
        return -1;
    }
    installing_profile = 1;
    old = tstate->c_profileobj;
    tstate->c_profilefunc = NULL;
    tstate->c_profileobj = NULL;
    tracing_update(tstate);
    Py_XDECREF(old);           /* may run Python, which must see no profiler */
    tstate->c_profileobj = Py_XNewRef(arg);
    tstate->c_profilefunc = func;
    tracing_update(tstate);
    installing_profile = 0;
    return 0;
}

void
PyEval_SetProfile(Py_tracefunc func, PyObject *arg)
{
    if (_PyEval_SetProfile(PyThreadState_Get(), func, arg) < 0) {
        _PyErr_WriteUnraisableMsg("in PyEval_SetProfile", NULL);
    }
}

int
_PyEval_SetTrace(PyThreadState *tstate, Py_tracefunc func, PyObject *arg)
{
    PyObject *old;

    if (PyAudit(AUDIT_SYS_SETTRACE, NULL) < 0) {
        return -1;
    }
    if (installing_trace) {
        _PyErr_SetString(tstate, PyExc_RuntimeError,
                         "Cannot install a trace function while another trace "
                         "function is being "
                         "installed");
        installing_trace = 0;
        return -1;
    }
    installing_trace = 1;
    old = tstate->c_traceobj;
    tstate->c_tracefunc = NULL;
    tstate->c_traceobj = NULL;
    tracing_update(tstate);
    Py_XDECREF(old);
    tstate->c_traceobj = Py_XNewRef(arg);
    tstate->c_tracefunc = func;
    tracing_update(tstate);
    installing_trace = 0;
    return 0;
}

void
PyEval_SetTrace(Py_tracefunc func, PyObject *arg)
{
    if (_PyEval_SetTrace(PyThreadState_Get(), func, arg) < 0) {
        _PyErr_WriteUnraisableMsg("in PyEval_SetTrace", NULL);
    }
}
