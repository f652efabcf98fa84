/* fork: before, and after in parent and child (os.register_at_fork,
 * PyOS_BeforeFork and so on).
 *
 * In the child only the thread that forked exists: locks that others held are
 * made anew, their thread states go. */
#include "Python.h"

#include "ceval.h"
#include "errors.h"
#include "gil.h"
#include "import.h"
#include "private_api.h"
#include "pystate.h"
#include "signals.h"

/* Calls each of a list; what they raise is only reported. */
static void
run_hooks(PyObject *list, int backwards)
{
    PyObject *hooks;
    Py_ssize_t n;

    if (list == NULL) {
        return;
    }
    hooks = PySequence_List(list);          /* the list may change meanwhile */
    if (hooks == NULL) {
        PyErr_WriteUnraisable(list);
        return;
    }
    n = PyList_GET_SIZE(hooks);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *hook = PyList_GET_ITEM(hooks, backwards ? n - 1 - i : i);
        PyObject *result = PyObject_CallNoArgs(hook);

        if (result == NULL) {
            PyErr_WriteUnraisable(hook);
        }
        Py_XDECREF(result);
    }
    Py_DECREF(hooks);
}

/* Appends hook (not NULL, not None) to a list made on demand. */
static int
register_hook(PyObject **list, PyObject *hook)
{
    if (hook == NULL) {
        return 0;
    }
    if (*list == NULL) {
        *list = PyList_New(0);
        if (*list == NULL) {
            return -1;
        }
    }
    return PyList_Append(*list, hook);
}

int
os_register_at_fork(PyObject *before, PyObject *after_in_parent,
                    PyObject *after_in_child)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (register_hook(&interp->ceval.before_forkers, before) < 0 ||
        register_hook(&interp->ceval.after_forkers_parent, after_in_parent) <
            0 ||
        register_hook(&interp->ceval.after_forkers_child, after_in_child) <
            0) {
        return -1;
    }
    return 0;
}

void
PyOS_BeforeFork(void)
{
    run_hooks(_PyInterpreterState_GET()->ceval.before_forkers, 1);
    import_lock_acquire();
}

void
PyOS_AfterFork_Parent(void)
{
    if (import_lock_release() <= 0) {
        Py_FatalError("failed releasing import lock after fork");
    }
    run_hooks(_PyInterpreterState_GET()->ceval.after_forkers_parent, 0);
}

void
PyOS_AfterFork_Child(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    gil_after_fork();
    pending_calls_after_fork();
    pthread_mutex_init(&_PyRuntime.interpreters.mutex, NULL);
    pthread_mutex_init(&tstate->interp->threads.mutex, NULL);
    _PyRuntime.main_thread = PyThread_get_thread_ident();
    tstate->thread_id = PyThread_get_thread_ident();
    tstate->native_thread_id = PyThread_get_thread_native_id();
    import_lock_reinit_after_fork();
    signals_clear_pending();
    _PyThreadState_DeleteExcept(tstate);
    if (tstate->async_exc != NULL) {
        gil_breaker_raise(BREAK_ASYNC_EXC);
    }
    run_hooks(tstate->interp->ceval.after_forkers_child, 0);
}

void
PyOS_AfterFork(void)
{
    PyOS_AfterFork_Child();
}
