/* Errors that end the process: Py_FatalError and the status of a failed
 * initialisation.
 *
 * Everything here writes with write(2) or stdio to descriptor 2, since the
 * runtime may be in any state. */
#include "Python.h"

#include "config.h"
#include "errors.h"
#include "fileutils.h"
#include "lifecycle.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"
#include "traceback.h"

#include <signal.h>

static const char *
runtime_state_name(void)
{
    if (_PyRuntime.finalizing != NULL) {
        return "finalizing";
    }
    if (_PyRuntime.initialized) {
        return "initialized";
    }
    if (_PyRuntime.core_initialized) {
        return "core initialized";
    }
    if (_PyRuntime.preinitialized) {
        return "preinitialized";
    }
    return _PyRuntime.preinitializing ? "preinitializing" : "unknown";
}

/* The pending exception and the frames of the thread; 1 if there was an
 * exception to show.  Runs Python. */
static int
fatal_print_exception(PyThreadState *tstate)
{
    PyObject *exception = errors_take_exception(tstate);
    PyObject *file, *traceback;

    if (exception == NULL) {
        return 0;
    }
    file = sys_get_attribute(tstate, NAME(stderr));
    if (file == NULL || file == Py_None) {
        Py_DECREF(exception);
        return 0;
    }
    traceback = PyException_GetTraceback(exception);
    errdisplay_print(file, exception,
                     traceback == NULL ? Py_None : traceback);
    Py_XDECREF(traceback);
    Py_DECREF(exception);
    _PyErr_Clear(tstate);
    return 1;
}

/* status < 0: abort with a core file; otherwise exit with it. */
static _Py_NO_RETURN void
fatal_error(const char *function, const char *message, int status)
{
    static int reentered = 0;
    PyThreadState *tstate = _PyThreadState_GET();
    PyThreadState *own = PyGILState_GetThisThreadState();

    if (reentered) {
        goto end;
    }
    reentered = 1;
    fflush(stdout);
    fprintf(stderr, "Fatal Python error: %s%s%s\n",
            function == NULL ? "" : function, function == NULL ? "" : ": ",
            message == NULL ? "<message not set>" : message);
    fprintf(stderr, "Python runtime state: %s\n", runtime_state_name());
    fflush(stderr);
    /* `own` is NULL in a thread that Python does not know, and not the running
     * one without the GIL. */
    if (own != NULL && own == tstate && _PyErr_Occurred(tstate) != NULL) {
        fatal_print_exception(tstate);
    }
    fputs("\n", stderr);
    fflush(stderr);
    _Py_DumpTracebackThreads(STDERR_FILENO,
                             tstate != NULL ? tstate->interp : NULL, own);
    fflush(stderr);
end:
    if (status < 0) {
        abort();
    }
    exit(status);
}

#undef Py_FatalError
void
Py_FatalError(const char *message)
{
    fatal_error(NULL, message, -1);
}

void
_Py_FatalErrorFunc(const char *func, const char *message)
{
    fatal_error(func, message, -1);
}

void
_Py_FatalErrorFormat(const char *func, const char *format, ...)
{
    char message[1000];
    va_list values;

    va_start(values, format);
    PyOS_vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    fatal_error(func, message, -1);
}

void
_Py_FatalError_TstateNULL(const char *func)
{
    _Py_FatalErrorFunc(func,
                       "the function must be called with the GIL held, "
                       "after Python initialization and before Python "
                       "finalization, but the GIL is released (the current "
                       "Python thread state is NULL)");
}

void
_Py_FatalRefcountErrorFunc(const char *func, const char *message)
{
    _Py_FatalErrorFunc(func, message);
}

void
lifecycle_exit_status(PyStatus status)
{
    if (PyStatus_IsExit(status)) {
        exit(status.exitcode);
    }
    if (PyStatus_IsError(status)) {
        fatal_error(status.func, status.err_msg, 1);
    }
    Py_FatalError("lifecycle_exit_status() must not be called on success");
}

void
Py_ExitStatusException(PyStatus status)
{
    lifecycle_exit_status(status);
}
