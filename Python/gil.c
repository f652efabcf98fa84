/* The GIL, the eval breaker, pending calls, asynchronous exceptions.
 *
 * One thread at a time runs Python code: the one that holds the GIL.  A thread
 * that wants it waits for `changed`; when an interval has passed without a
 * switch, it sets BREAK_GIL_REQUEST, and the holder gives way at its next look
 * at the breaker.  It then waits until another thread has taken the lock
 * (`switched`), so that a busy thread cannot take it back at once.
 *
 * ceval_breaker is a set of reasons to look up; whoever handles one clears
 * it. */
#include "Python.h"

#include "ceval.h"
#include "errors.h"
#include "gil.h"
#include "private_api.h"
#include "pystate.h"
#include "signals.h"

#include <errno.h>
#include <time.h>

#define INTERVAL_DEFAULT_US 5000

_Atomic int ceval_breaker;

#define GIL (&_PyRuntime.ceval.gil)
#define PENDING (&_PyRuntime.ceval.pending)

void
gil_breaker_raise(int reason)
{
    atomic_fetch_or(&ceval_breaker, reason);
}

void
gil_breaker_drop(int reason)
{
    atomic_fetch_and(&ceval_breaker, ~reason);
}

/* ---- the lock ---- */

void
gil_create(void)
{
    struct gil_state *gil = GIL;
    pthread_condattr_t attributes;

    pthread_mutex_init(&gil->mutex, NULL);
    pthread_mutex_init(&gil->switch_mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gil->changed, &attributes);
    pthread_cond_init(&gil->switched, &attributes);
    pthread_condattr_destroy(&attributes);
    if (gil->interval_us == 0) {
        gil->interval_us = INTERVAL_DEFAULT_US;
    }
    gil->switch_count = 0;
    atomic_store(&gil->last_holder, 0);
    atomic_store(&gil->locked, 0);
}

static int
gil_is_created(void)
{
    return GIL->interval_us != 0;
}

static void
deadline_after_us(struct timespec *deadline, unsigned long us)
{
    clock_gettime(CLOCK_MONOTONIC, deadline);
    deadline->tv_sec += (time_t)(us / 1000000);
    deadline->tv_nsec += (long)(us % 1000000) * 1000;
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_sec++;
        deadline->tv_nsec -= 1000000000;
    }
}

/* The runtime is going down in another thread: this one has nothing to do any
 * more. */
static int
thread_must_exit(PyThreadState *tstate)
{
    PyThreadState *finalizing = atomic_load(&_PyRuntime.finalizing);

    return finalizing != NULL && finalizing != tstate;
}

/* Threads that cannot deal with a reason clear it: here it comes up again for
 * the one that can. */
static void
gil_raise_own_reasons(PyThreadState *tstate)
{
    if (tstate->async_exc != NULL) {
        gil_breaker_raise(BREAK_ASYNC_EXC);
    }
    if (pystate_is_main_thread()) {
        if (atomic_load(&_PyRuntime.ceval.signals_pending)) {
            gil_breaker_raise(BREAK_SIGNAL);
        }
        if (atomic_load(&PENDING->to_do)) {
            gil_breaker_raise(BREAK_PENDING);
        }
    }
}

void
gil_take(PyThreadState *tstate)
{
    struct gil_state *gil = GIL;
    int saved_errno = errno;

    if (thread_must_exit(tstate)) {
        PyThread_exit_thread();
    }
    pthread_mutex_lock(&gil->mutex);
    while (atomic_load(&gil->locked)) {
        unsigned long seen = gil->switch_count;
        unsigned long interval = gil->interval_us >= 1 ? gil->interval_us : 1;
        struct timespec deadline;
        int status;

        deadline_after_us(&deadline, interval);
        status = pthread_cond_timedwait(&gil->changed, &gil->mutex, &deadline);
        if (status == ETIMEDOUT && atomic_load(&gil->locked) &&
            gil->switch_count == seen) {
            if (thread_must_exit(tstate)) {
                pthread_mutex_unlock(&gil->mutex);
                PyThread_exit_thread();
            }
            gil_breaker_raise(BREAK_GIL_REQUEST);
        }
    }
    pthread_mutex_lock(&gil->switch_mutex);
    atomic_store(&gil->locked, 1);
    if (atomic_load(&gil->last_holder) != (uintptr_t)tstate) {
        atomic_store(&gil->last_holder, (uintptr_t)tstate);
        gil->switch_count++;
    }
    pthread_cond_signal(&gil->switched);
    pthread_mutex_unlock(&gil->switch_mutex);
    gil_breaker_drop(BREAK_GIL_REQUEST);
    pthread_mutex_unlock(&gil->mutex);
    if (thread_must_exit(tstate)) {
        gil_drop(tstate);
        PyThread_exit_thread();
    }
    gil_raise_own_reasons(tstate);
    errno = saved_errno;
}

void
gil_drop(PyThreadState *tstate)
{
    struct gil_state *gil = GIL;
    int is_requested = (atomic_load(&ceval_breaker) & BREAK_GIL_REQUEST) != 0;

    if (!atomic_load(&gil->locked)) {
        Py_FatalError("drop_gil: GIL is not locked");
    }
    if (tstate != NULL) {
        atomic_store(&gil->last_holder, (uintptr_t)tstate);
    }
    pthread_mutex_lock(&gil->mutex);
    atomic_store(&gil->locked, 0);
    pthread_cond_signal(&gil->changed);
    pthread_mutex_unlock(&gil->mutex);

    if (is_requested && tstate != NULL) {
        /* Forced switching: wait until somebody else has had it. */
        pthread_mutex_lock(&gil->switch_mutex);
        if (atomic_load(&gil->last_holder) == (uintptr_t)tstate) {
            gil_breaker_drop(BREAK_GIL_REQUEST);
            while (atomic_load(&gil->last_holder) == (uintptr_t)tstate &&
                   !atomic_load(&_PyRuntime.finalizing)) {
                struct timespec deadline;

                deadline_after_us(&deadline, 50000);
                if (pthread_cond_timedwait(&gil->switched, &gil->switch_mutex,
                                           &deadline) == ETIMEDOUT) {
                    break;
                }
            }
        }
        pthread_mutex_unlock(&gil->switch_mutex);
    }
}

void
gil_after_fork(void)
{
    gil_create();
    atomic_store(&GIL->last_holder, (uintptr_t)_PyThreadState_GET());
    atomic_store(&GIL->locked, 1);
    atomic_store(&ceval_breaker, 0);
}

void
_PyEval_SetSwitchInterval(unsigned long microseconds)
{
    GIL->interval_us = microseconds >= 1 ? microseconds : 1;
}

unsigned long
_PyEval_GetSwitchInterval(void)
{
    return GIL->interval_us;
}

/* ---- giving it away and taking it back ---- */

PyThreadState *
PyEval_SaveThread(void)
{
    PyThreadState *tstate = _PyThreadState_SetCurrent(NULL);

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    gil_drop(tstate);
    return tstate;
}

void
PyEval_RestoreThread(PyThreadState *tstate)
{
    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    gil_take(tstate);
    _PyThreadState_SetCurrent(tstate);
}

void
PyEval_AcquireThread(PyThreadState *tstate)
{
    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    gil_take(tstate);
    if (_PyThreadState_SetCurrent(tstate) != NULL) {
        Py_FatalError("non-NULL old thread state");
    }
}

void
PyEval_ReleaseThread(PyThreadState *tstate)
{
    if (_PyThreadState_SetCurrent(NULL) != tstate) {
        Py_FatalError("wrong thread state");
    }
    gil_drop(tstate);
}

void
PyEval_AcquireLock(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    gil_take(tstate);
}

void
PyEval_ReleaseLock(void)
{
    gil_drop(NULL);
}

void
PyEval_InitThreads(void)
{
}

int
PyEval_ThreadsInitialized(void)
{
    return gil_is_created();
}

/* ---- pending calls ---- */

static int
pending_push(int (*func)(void *), void *arg)
{
    struct pending_calls *pending = PENDING;
    int next, result = -1;

    pthread_mutex_lock(&pending->mutex);
    next = (pending->last + 1) % PENDING_CALLS_MAX;
    if (next != pending->first && !pending->closed) {
        pending->calls[pending->last].func = func;
        pending->calls[pending->last].arg = arg;
        pending->last = next;
        atomic_store(&pending->to_do, 1);
        result = 0;
    }
    pthread_mutex_unlock(&pending->mutex);
    if (result == 0) {
        gil_breaker_raise(BREAK_PENDING);
    }
    return result;
}

int
_PyEval_AddPendingCall(PyInterpreterState *Py_UNUSED(interp),
                       int (*func)(void *), void *arg)
{
    return pending_push(func, arg);
}

int
Py_AddPendingCall(int (*func)(void *), void *arg)
{
    return pending_push(func, arg);
}

static int
pending_pop(int (**func)(void *), void **arg)
{
    struct pending_calls *pending = PENDING;
    int found;

    pthread_mutex_lock(&pending->mutex);
    found = pending->first != pending->last;
    if (found) {
        *func = pending->calls[pending->first].func;
        *arg = pending->calls[pending->first].arg;
        pending->first = (pending->first + 1) % PENDING_CALLS_MAX;
    }
    else {
        atomic_store(&pending->to_do, 0);
        gil_breaker_drop(BREAK_PENDING);
    }
    pthread_mutex_unlock(&pending->mutex);
    return found;
}

/* Main thread only; not from inside a pending call. */
static int
pending_run(void)
{
    struct pending_calls *pending = PENDING;
    int result = 0;

    if (!pystate_is_main_thread() || pending->busy) {
        return 0;
    }
    pending->busy = 1;
    for (int i = 0; i < PENDING_CALLS_MAX && result == 0; i++) {
        int (*func)(void *);
        void *arg;

        if (!pending_pop(&func, &arg)) {
            break;
        }
        result = func(arg);
    }
    pending->busy = 0;
    if (atomic_load(&pending->to_do)) {
        gil_breaker_raise(BREAK_PENDING);
    }
    return result < 0 ? -1 : 0;
}

int
Py_MakePendingCalls(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate != NULL && signals_run_handlers(tstate) < 0) {
        return -1;
    }
    return pending_run();
}

void
gil_finish_pending(PyThreadState *tstate)
{
    if (pending_run() < 0) {
        PyObject *type, *value, *traceback;

        PyErr_Fetch(&type, &value, &traceback);
        PyErr_BadInternalCall();
        _PyErr_ChainExceptions(type, value, traceback);
        PyErr_Print();
    }
    (void)tstate;
}

void
pending_calls_after_fork(void)
{
    struct pending_calls *pending = PENDING;

    pthread_mutex_init(&pending->mutex, NULL);
    pending->first = pending->last = 0;
    pending->busy = 0;
    atomic_store(&pending->to_do, 0);
}

/* ---- signals from elsewhere ---- */

void
_PyEval_SignalReceived(PyInterpreterState *Py_UNUSED(interp))
{
    atomic_store(&_PyRuntime.ceval.signals_pending, 1);
    gil_breaker_raise(BREAK_SIGNAL);
}

void
_PyEval_SignalAsyncExc(PyInterpreterState *Py_UNUSED(interp))
{
    gil_breaker_raise(BREAK_ASYNC_EXC);
}

/* ---- what the loop calls ---- */

int
gil_handle_breaker(PyThreadState *tstate)
{
    int reasons = atomic_load(&ceval_breaker);

    if ((reasons & (BREAK_SIGNAL | BREAK_PENDING)) &&
        !pystate_is_main_thread()) {
        gil_breaker_drop(BREAK_SIGNAL | BREAK_PENDING);
    }
    if ((reasons & BREAK_SIGNAL) && pystate_is_main_thread() &&
        pystate_is_main_interpreter(tstate->interp)) {
        gil_breaker_drop(BREAK_SIGNAL);
        if (signals_run_handlers(tstate) < 0) {
            gil_breaker_raise(BREAK_SIGNAL);    /* there may be more of them */
            return -1;
        }
    }
    if ((reasons & BREAK_PENDING) && pending_run() < 0) {
        return -1;
    }
    if (reasons & BREAK_GIL_REQUEST) {
        if (_PyThreadState_SetCurrent(NULL) != tstate) {
            Py_FatalError("tstate mix-up");
        }
        gil_drop(tstate);
        gil_take(tstate);
        if (_PyThreadState_SetCurrent(tstate) != NULL) {
            Py_FatalError("orphan tstate");
        }
    }
    if (reasons & BREAK_ASYNC_EXC) {
        PyObject *exc = tstate->async_exc;

        gil_breaker_drop(BREAK_ASYNC_EXC);
        if (exc != NULL) {
            tstate->async_exc = NULL;
            _PyErr_SetNone(tstate, exc);
            Py_DECREF(exc);
            return -1;
        }
    }
    return 0;
}
