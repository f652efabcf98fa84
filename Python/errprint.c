/* What happens to an exception that reaches the top: PyErr_Print and
 * SystemExit. */
#include "Python.h"

#include "audit.h"
#include "errors.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"

/* If SystemExit is pending, 1 with its exit status, and the exception is
 * gone; 0 if not, or if the interpreter goes interactive after the program.
 * A code that is no int is shown on stderr.  Runs Python. */
int
_Py_HandleSystemExit(int *exit_code)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *exc, *code = NULL, *file;

    if (!_PyErr_ExceptionMatches(tstate, PyExc_SystemExit) ||
        interpreter_config(tstate->interp)->inspect) {
        return 0;
    }
    fflush(stdout);
    *exit_code = 0;
    exc = errors_take_exception(tstate);
    if (exc != NULL && PyExceptionInstance_Check(exc)) {
        code = PyObject_GetAttr(exc, NAME(code));
        if (code == NULL) {
            _PyErr_Clear(tstate);      /* then the exception itself */
        }
    }
    if (code == NULL) {
        code = Py_XNewRef(exc);
    }
    if (code != NULL && code != Py_None) {
        if (PyLong_Check(code)) {
            *exit_code = (int)PyLong_AsLong(code);
        }
        else {
            *exit_code = 1;
            file = PySys_GetObject("stderr");
            if (file != NULL && file != Py_None) {
                PyFile_WriteObject(code, file, Py_PRINT_RAW);
            }
            else {
                PyObject_Print(code, stderr, Py_PRINT_RAW);
                fflush(stderr);
            }
            _PyErr_Clear(tstate);
            PySys_WriteStderr("\n");
        }
    }
    Py_XDECREF(code);
    Py_XDECREF(exc);
    _PyErr_Clear(tstate);
    return 1;
}

static void
handle_system_exit(void)
{
    int exit_code;

    if (_Py_HandleSystemExit(&exit_code)) {
        Py_Exit(exit_code);
    }
}

/* sys.last_type and the others, for post-mortem debuggers. */
static void
set_last_vars(PyThreadState *tstate, PyObject *type, PyObject *exc,
              PyObject *traceback)
{
    if (PySys_SetObject("last_type", type) < 0) {
        _PyErr_Clear(tstate);
    }
    if (PySys_SetObject("last_value", exc) < 0) {
        _PyErr_Clear(tstate);
    }
    if (PySys_SetObject("last_traceback",
                        traceback != NULL ? traceback : Py_None) < 0) {
        _PyErr_Clear(tstate);
    }
}

/* Calls the hook; when that fails, shows both exceptions. */
static void
call_excepthook(PyThreadState *tstate, PyObject *hook, PyObject *type,
                PyObject *exc, PyObject *traceback)
{
    PyObject *args[3] = {type, exc, traceback}, *result, *second, *second_tb;

    result = PyObject_Vectorcall(hook, args, 3, NULL);
    if (result != NULL) {
        Py_DECREF(result);
        return;
    }
    handle_system_exit();
    second = errors_take_exception(tstate);
    fflush(stdout);
    PySys_WriteStderr("Error in sys.excepthook:\n");
    if (second != NULL) {
        second_tb = PyException_GetTraceback(second);
        PyErr_Display((PyObject *)Py_TYPE(second), second, second_tb);
        Py_XDECREF(second_tb);
    }
    PySys_WriteStderr("\nOriginal exception was:\n");
    PyErr_Display(type, exc, traceback);
    Py_XDECREF(second);
}

static void
print_pending(PyThreadState *tstate, int set_sys_last_vars)
{
    PyObject *exc, *type, *traceback, *hook;

    handle_system_exit();
    exc = errors_take_exception(tstate);
    if (exc == NULL) {
        return;
    }
    type = (PyObject *)Py_TYPE(exc);
    traceback = PyException_GetTraceback(exc);
    if (traceback == NULL) {
        traceback = Py_NewRef(Py_None);
    }
    if (set_sys_last_vars) {
        set_last_vars(tstate, type, exc, traceback);
    }
    hook = PySys_GetObject("excepthook");
    Py_XINCREF(hook);
    if (PyAudit(AUDIT_SYS_EXCEPTHOOK, "OOOO", hook ? hook : Py_None, type, exc,
                traceback) < 0) {
        if (_PyErr_ExceptionMatches(tstate, PyExc_RuntimeError)) {
            _PyErr_Clear(tstate);      /* the hook wants it quiet */
            goto done;
        }
        _PyErr_WriteUnraisableMsg("in audit hook", NULL);
    }
    if (hook != NULL) {
        call_excepthook(tstate, hook, type, exc, traceback);
    }
    else {
        PySys_WriteStderr("sys.excepthook is missing\n");
        PyErr_Display(type, exc, traceback);
    }
done:
    Py_XDECREF(hook);
    Py_DECREF(traceback);
    Py_DECREF(exc);
}

void
_PyErr_Print(PyThreadState *tstate)
{
    print_pending(tstate, 1);
}

void
PyErr_PrintEx(int set_sys_last_vars)
{
    print_pending(_PyThreadState_GET(), set_sys_last_vars);
}

void
PyErr_Print(void)
{
    PyErr_PrintEx(1);
}
