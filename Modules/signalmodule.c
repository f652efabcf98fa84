/* _signal, and what the runtime does when a signal arrives.
 *
 * The C handler only notes the signal (tripped), raises BREAK_SIGNAL and
 * writes a byte to the wake-up descriptor.  The main thread of the main
 * interpreter calls the Python handlers at its next look at the eval breaker,
 * or in PyErr_CheckSignals. */
#include "Python.h"

#include "audit.h"
#include "audit_sink.h"
#include "ceval.h"
#include "errors.h"
#include "fileutils.h"
#include "frame.h"
#include "gil.h"
#include "private_api.h"
#include "pystate.h"
#include "pytime.h"
#include "signals.h"
#include "structseq.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef NSIG
#define NSIG 65
#endif

/* Process-wide: signals are. */
static struct {
    _Atomic int tripped;
    PyObject *func;     /* owned; int SIG_DFL, SIG_IGN; None: not ours; NULL */
} handlers[NSIG];

static _Atomic int is_tripped;
static struct {
    _Atomic int fd;                    /* -1: none */
    int warn_on_full_buffer;
} wakeup = {-1, 1};

static PyObject *default_handler, *ignore_handler;      /* the ints 0 and 1 */

typedef struct {
    PyObject *itimer_error;
    PyTypeObject *siginfo_type;
} signal_state;

static signal_state *
signal_get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

static int
thread_can_handle_signals(PyThreadState *tstate)
{
    return pystate_is_main_thread() &&
           pystate_is_main_interpreter(tstate->interp);
}

/* ---- arrival ---- */

/* Runs in the main thread, as a pending call. */
static int
report_wakeup_write_error(void *data)
{
    PyObject *type, *value, *traceback;
    int saved_errno = errno;

    errno = (int)(intptr_t)data;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_SetFromErrno(PyExc_OSError);
    _PyErr_WriteUnraisableMsg("when trying to write to the signal wakeup fd",
                              NULL);
    PyErr_Restore(type, value, traceback);
    errno = saved_errno;
    return 0;
}

/* Async-signal-safe. */
static void
trip_signal(int signum)
{
    int fd;

    atomic_store(&handlers[signum].tripped, 1);
    atomic_store(&is_tripped, 1);
    _PyEval_SignalReceived(NULL);
    fd = atomic_load(&wakeup.fd);
    if (fd != -1) {
        unsigned char byte = (unsigned char)signum;
        ssize_t written = write(fd, &byte, 1);

        if (written < 0 && (wakeup.warn_on_full_buffer ||
                            (errno != EWOULDBLOCK && errno != EAGAIN))) {
            _PyEval_AddPendingCall(NULL, report_wakeup_write_error,
                                   (void *)(intptr_t)errno);
        }
    }
}

static void
signal_handler(int signum)
{
    int saved_errno = errno;

    trip_signal(signum);
    errno = saved_errno;
}

PyOS_sighandler_t
PyOS_getsig(int signum)
{
    struct sigaction action;

    return audit_log_sigaction(signum, NULL, &action) == -1
               ? SIG_ERR
               : action.sa_handler;
}

PyOS_sighandler_t
PyOS_setsig(int signum, PyOS_sighandler_t handler)
{
    struct sigaction action, old;

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_ONSTACK;
    return audit_log_sigaction(signum, &action, &old) == -1 ? SIG_ERR
                                                            : old.sa_handler;
}

/* ---- handling ---- */

static int
is_plain_handler(PyObject *func)
{
    return func == NULL || func == Py_None ||
           (PyLong_CheckExact(func) &&
            (PyLong_AsVoidPtr(func) == (void *)SIG_DFL ||
             PyLong_AsVoidPtr(func) == (void *)SIG_IGN));
}

int
_PyErr_CheckSignalsTstate(PyThreadState *tstate)
{
    Frame *frame;

    if (!atomic_load(&is_tripped)) {
        return 0;
    }
    atomic_store(&is_tripped, 0);
    frame = frame_skip_incomplete(tstate->cframe->current_frame);
    for (int signum = 1; signum < NSIG; signum++) {
        PyObject *func, *frame_object, *number, *result = NULL;

        if (!atomic_exchange(&handlers[signum].tripped, 0)) {
            continue;
        }
        func = handlers[signum].func;
        if (is_plain_handler(func)) {
            PyErr_Format(PyExc_OSError,
                         "Signal %i ignored due to race condition", signum);
            PyErr_WriteUnraisable(Py_None);
            continue;
        }
        Py_INCREF(func);
        frame_object =
            frame == NULL ? NULL : (PyObject *)frame_object_get(frame);
        if (frame_object == NULL) {
            PyErr_Clear();         /* MemoryError: None stands for the frame */
            frame_object = Py_None;
        }
        number = PyLong_FromLong(signum);
        if (number != NULL) {
            PyObject *args[2] = {number, frame_object};

            result = PyObject_Vectorcall(func, args, 2, NULL);
            Py_DECREF(number);
        }
        Py_DECREF(func);
        if (result == NULL) {
            atomic_store(&is_tripped, 1);      /* others may be waiting */
            return -1;
        }
        Py_DECREF(result);
    }
    return 0;
}

int
signals_run_handlers(PyThreadState *tstate)
{
    if (!thread_can_handle_signals(tstate)) {
        return 0;
    }
    atomic_store(&_PyRuntime.ceval.signals_pending, 0);
    return _PyErr_CheckSignalsTstate(tstate);
}

int
signals_check(PyThreadState *tstate)
{
    return thread_can_handle_signals(tstate)
               ? _PyErr_CheckSignalsTstate(tstate)
               : 0;
}

int
_PyErr_CheckSignals(void)
{
    return _PyErr_CheckSignalsTstate(_PyThreadState_GET());
}

int
PyErr_CheckSignals(void)
{
    return signals_check(_PyThreadState_GET());
}

int
PyErr_SetInterruptEx(int signum)
{
    if (signum < 1 || signum >= NSIG) {
        return -1;
    }
    if (!is_plain_handler(handlers[signum].func)) {
        trip_signal(signum);
    }
    return 0;
}

void
PyErr_SetInterrupt(void)
{
    PyErr_SetInterruptEx(SIGINT);
}

int
_PyOS_InterruptOccurred(PyThreadState *tstate)
{
    return thread_can_handle_signals(tstate) &&
           atomic_exchange(&handlers[SIGINT].tripped, 0);
}

int
PyOS_InterruptOccurred(void)
{
    return _PyOS_InterruptOccurred(_PyThreadState_GET());
}

void
signals_clear_pending(void)
{
    if (!atomic_load(&is_tripped)) {
        return;
    }
    atomic_store(&is_tripped, 0);
    for (int signum = 1; signum < NSIG; signum++) {
        atomic_store(&handlers[signum].tripped, 0);
    }
}

/* ---- start and end ---- */

int
signals_init(int install_signal_handlers)
{
    PyObject *module;

    if (!install_signal_handlers) {
        return 0;
    }
    PyOS_setsig(SIGPIPE, SIG_IGN);
    PyOS_setsig(SIGXFSZ, SIG_IGN);
    module = PyImport_ImportModule("_signal");        /* takes SIGINT */
    Py_XDECREF(module);
    return module == NULL ? -1 : 0;
}

void
signals_fini(void)
{
    for (int signum = 1; signum < NSIG; signum++) {
        PyObject *func = handlers[signum].func;

        atomic_store(&handlers[signum].tripped, 0);
        handlers[signum].func = NULL;
        if (func != NULL && !is_plain_handler(func)) {
            PyOS_setsig(signum, SIG_DFL);
        }
        Py_XDECREF(func);
    }
    atomic_store(&wakeup.fd, -1);
    Py_CLEAR(default_handler);
    Py_CLEAR(ignore_handler);
}

/* What children get: the handlers that Python ignores for itself. */
void
_Py_RestoreSignals(void)
{
    PyOS_setsig(SIGPIPE, SIG_DFL);
    PyOS_setsig(SIGXFSZ, SIG_DFL);
}

/* ---- sets of signals ---- */

static PyObject *
set_from_sigset(sigset_t mask)
{
    PyObject *result = PySet_New(NULL);

    for (int signum = 1; result != NULL && signum < NSIG; signum++) {
        if (sigismember(&mask, signum) == 1) {
            PyObject *number = PyLong_FromLong(signum);

            if (number == NULL || PySet_Add(result, number) < 0) {
                Py_CLEAR(result);
            }
            Py_XDECREF(number);
        }
    }
    return result;
}

/* ---- functions ---- */

static int
check_signum(int signum)
{
    if (signum < 1 || signum >= NSIG) {
        PyErr_SetString(PyExc_ValueError, "signal number out of range");
        return -1;
    }
    return 0;
}

/* Handlers run before the caller goes on. */
static PyObject *
none_after_signals(void)
{
    if (PyErr_CheckSignals() < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* An int argument "O&"-less: methods with one are METH_O. -1 with an exception
 * set. */
static int
signum_from_object(PyObject *object)
{
    int signum = _PyLong_AsInt(object);

    if (signum == -1 && PyErr_Occurred()) {
        return -1;
    }
    return check_signum(signum) < 0 ? -1 : signum;
}

static PyObject *
signal_default_int_handler(PyObject *Py_UNUSED(module), PyObject *const *args,
                           Py_ssize_t nargs)
{
    int signum;
    PyObject *frame;

    if (!_PyArg_ParseStack(args, nargs, "iO:default_int_handler", &signum,
                           &frame)) {
        return NULL;
    }
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

static PyObject *
signal_alarm(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int seconds = _PyLong_AsInt(arg);

    if ((seconds == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_SIGNAL_ALARM, "i", seconds) < 0) {
        return NULL;
    }
    return PyLong_FromLong((long)alarm((unsigned)seconds));
}

static PyObject *
signal_pause(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Py_BEGIN_ALLOW_THREADS
    (void)pause();
    Py_END_ALLOW_THREADS
    return none_after_signals();
}

static PyObject *
signal_raise_signal(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int signum = _PyLong_AsInt(arg), status;

    if ((signum == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_SIGNAL_RAISE_SIGNAL, "i", signum) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status = raise(signum);
    Py_END_ALLOW_THREADS
    if (status != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return none_after_signals();
}

static PyObject *
signal_signal(PyObject *Py_UNUSED(module), PyObject *const *args,
              Py_ssize_t nargs)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *handler, *old;
    void (*func)(int);
    int signum;

    if (!_PyArg_ParseStack(args, nargs, "iO:signal", &signum, &handler)) {
        return NULL;
    }
    if (!thread_can_handle_signals(tstate)) {
        PyErr_SetString(
            PyExc_ValueError,
            "signal only works in main thread of the main interpreter");
        return NULL;
    }
    if (check_signum(signum) < 0) {
        return NULL;
    }
    if (PyCallable_Check(handler)) {
        func = signal_handler;
    }
    else {
        int is_ignore =
            PyObject_RichCompareBool(handler, ignore_handler, Py_EQ);
        int is_default =
            PyObject_RichCompareBool(handler, default_handler, Py_EQ);

        if (is_ignore < 0 || is_default < 0) {
            return NULL;
        }
        if (!is_ignore && !is_default) {
            PyErr_SetString(PyExc_TypeError,
                            "signal handler must be signal.SIG_IGN, "
                            "signal.SIG_DFL, or a callable object");
            return NULL;
        }
        func = is_ignore ? SIG_IGN : SIG_DFL;
    }
    if (PyAudit(AUDIT_LUCID_SIGNAL_SIGNAL, "iO", signum, handler) < 0) {
        return NULL;
    }
    /* What has arrived goes to the old handler. */
    if (_PyErr_CheckSignalsTstate(tstate) < 0) {
        return NULL;
    }
    if (PyOS_setsig(signum, func) == SIG_ERR) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    old = handlers[signum].func;
    handlers[signum].func = Py_NewRef(handler);
    return old != NULL ? old : Py_NewRef(Py_None);
}

static PyObject *
signal_getsignal(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int signum = signum_from_object(arg);

    if (signum < 0) {
        return NULL;
    }
    return Py_NewRef(handlers[signum].func != NULL ? handlers[signum].func
                                                   : Py_None);
}

static PyObject *
signal_strsignal(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int signum = signum_from_object(arg);
    const char *text;

    if (signum < 0) {
        return NULL;
    }
    errno = 0;
    text = strsignal(signum);
    if (errno || text == NULL || strstr(text, "Unknown signal") != NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(text);
}

static PyObject *
signal_siginterrupt(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t nargs)
{
    struct sigaction action;
    int signum, flag;

    if (!_PyArg_ParseStack(args, nargs, "ii:siginterrupt", &signum, &flag) ||
        check_signum(signum) < 0 ||
        PyAudit(AUDIT_LUCID_SIGNAL_SIGINTERRUPT, "iO", signum,
                flag ? Py_True : Py_False) < 0) {
        return NULL;
    }
    (void)audit_log_sigaction(signum, NULL, &action);
    if (flag) {
        action.sa_flags &= ~SA_RESTART;
    }
    else {
        action.sa_flags |= SA_RESTART;
    }
    if (audit_log_sigaction(signum, &action, NULL) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

static PyObject *
signal_set_wakeup_fd(PyObject *Py_UNUSED(module), PyObject *args,
                     PyObject *kwds)
{
    static char *keywords[] = {(char *)"", (char *)"warn_on_full_buffer",
                               NULL};
    struct stat status;
    int fd, warn = 1, blocking, old;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "i|$p:set_wakeup_fd",
                                     keywords, &fd, &warn)) {
        return NULL;
    }
    if (!thread_can_handle_signals(_PyThreadState_GET())) {
        PyErr_SetString(
            PyExc_ValueError,
            "set_wakeup_fd only works in main thread of the main interpreter");
        return NULL;
    }
    if (fd != -1) {
        if (_Py_fstat(fd, &status) != 0) {
            return NULL;
        }
        blocking = _Py_get_blocking(fd);
        if (blocking < 0) {
            return NULL;
        }
        if (blocking) {
            PyErr_Format(PyExc_ValueError,
                         "the fd %i must be in non-blocking mode", fd);
            return NULL;
        }
    }
    if (PyAudit(AUDIT_LUCID_SIGNAL_SET_WAKEUP_FD, "i", fd) < 0) {
        return NULL;
    }
    old = atomic_exchange(&wakeup.fd, fd);
    wakeup.warn_on_full_buffer = warn;
    return PyLong_FromLong(old);
}

/* For C: fd without a check. */
int PySignal_SetWakeupFd(int fd);
int
PySignal_SetWakeupFd(int fd)
{
    wakeup.warn_on_full_buffer = 1;
    return atomic_exchange(&wakeup.fd, fd < 0 ? -1 : fd);
}

/* ---- interval timers ---- */

static int
timeval_from_seconds(PyObject *object, struct timeval *tv)
{
    _PyTime_t time;

    if (object == NULL) {
        tv->tv_sec = 0;
        tv->tv_usec = 0;
        return 0;
    }
    if (_PyTime_FromSecondsObject(&time, object, _PyTime_ROUND_CEILING) < 0) {
        return -1;
    }
    return _PyTime_AsTimeval(time, tv, _PyTime_ROUND_CEILING);
}

static double
seconds_from_timeval(const struct timeval *tv)
{
    return (double)tv->tv_sec + 1e-6 * (double)tv->tv_usec;
}

static PyObject *
tuple_from_itimerval(const struct itimerval *value)
{
    return Py_BuildValue("(dd)", seconds_from_timeval(&value->it_value),
                         seconds_from_timeval(&value->it_interval));
}

static PyObject *
signal_setitimer(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    struct itimerval fresh, old;
    PyObject *seconds, *interval = NULL;
    int which;

    if (!_PyArg_ParseStack(args, nargs, "iO|O:setitimer", &which, &seconds,
                           &interval) ||
        timeval_from_seconds(seconds, &fresh.it_value) < 0 ||
        timeval_from_seconds(interval, &fresh.it_interval) < 0 ||
        PyAudit(AUDIT_LUCID_SIGNAL_SETITIMER, "idd", which,
                seconds_from_timeval(&fresh.it_value),
                seconds_from_timeval(&fresh.it_interval)) < 0) {
        return NULL;
    }
    if (setitimer((enum __itimer_which)which, &fresh, &old) < 0) {
        return PyErr_SetFromErrno(signal_get_state(module)->itimer_error);
    }
    return tuple_from_itimerval(&old);
}

static PyObject *
signal_getitimer(PyObject *module, PyObject *arg)
{
    struct itimerval value;
    int which = _PyLong_AsInt(arg);

    if (which == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (getitimer((enum __itimer_which)which, &value) < 0) {
        return PyErr_SetFromErrno(signal_get_state(module)->itimer_error);
    }
    return tuple_from_itimerval(&value);
}

/* ---- masks and waiting ---- */

static int
audit_sigmask(int how, sigset_t mask)
{
    PyObject *set = set_from_sigset(mask);
    int status;

    if (set == NULL) {
        return -1;
    }
    status = PyAudit(AUDIT_LUCID_SIGNAL_PTHREAD_SIGMASK, "iO", how, set);
    Py_DECREF(set);
    return status;
}

static PyObject *
signal_pthread_sigmask(PyObject *Py_UNUSED(module), PyObject *const *args,
                       Py_ssize_t nargs)
{
    sigset_t mask, old;
    int how, error;

    if (!_PyArg_ParseStack(args, nargs, "iO&:pthread_sigmask", &how,
                           _Py_Sigset_Converter, &mask)) {
        return NULL;
    }
    if (PyAuditWanted(AUDIT_LUCID_SIGNAL_PTHREAD_SIGMASK) &&
        audit_sigmask(how, mask) < 0) {
        return NULL;
    }
    if (how != SIG_UNBLOCK) {
        audit_log_sigmask(&mask);
    }
    error = pthread_sigmask(how, &mask, &old);
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    /* What was blocked until now may have arrived at once. */
    if (PyErr_CheckSignals() < 0) {
        return NULL;
    }
    return set_from_sigset(old);
}

static PyObject *
signal_sigpending(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    sigset_t mask;

    if (sigpending(&mask) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return set_from_sigset(mask);
}

static PyObject *
signal_sigwait(PyObject *Py_UNUSED(module), PyObject *arg)
{
    sigset_t mask;
    int error, signum;

    if (!_Py_Sigset_Converter(arg, &mask)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    error = sigwait(&mask, &signum);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(signum);
}

static PyObject *
signal_valid_signals(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    sigset_t mask;

    if (sigemptyset(&mask) != 0 || sigfillset(&mask) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return set_from_sigset(mask);
}

static PyObject *
siginfo_from_c(PyObject *module, siginfo_t *info)
{
    PyObject *result =
        PyStructSequence_New(signal_get_state(module)->siginfo_type);

    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(result, 0, PyLong_FromLong(info->si_signo));
    PyStructSequence_SET_ITEM(result, 1, PyLong_FromLong(info->si_code));
    PyStructSequence_SET_ITEM(result, 2, PyLong_FromLong(info->si_errno));
    PyStructSequence_SET_ITEM(result, 3, PyLong_FromLong(info->si_pid));
    PyStructSequence_SET_ITEM(result, 4,
                              PyLong_FromUnsignedLong(info->si_uid));
    PyStructSequence_SET_ITEM(result, 5, PyLong_FromLong(info->si_status));
    PyStructSequence_SET_ITEM(result, 6, PyLong_FromLong(info->si_band));
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
signal_sigwaitinfo(PyObject *module, PyObject *arg)
{
    sigset_t mask;
    siginfo_t info;
    int status, interrupted = 0;

    if (!_Py_Sigset_Converter(arg, &mask)) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        status = sigwaitinfo(&mask, &info);
        Py_END_ALLOW_THREADS
    } while (status == -1 && errno == EINTR &&
             !(interrupted = PyErr_CheckSignals()));
    if (status == -1) {
        return interrupted ? NULL : PyErr_SetFromErrno(PyExc_OSError);
    }
    return siginfo_from_c(module, &info);
}

static PyObject *
signal_sigtimedwait(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *timeout_object;
    sigset_t mask;
    siginfo_t info;
    struct timespec ts;
    _PyTime_t timeout, deadline;
    int status;

    if (!_PyArg_ParseStack(args, nargs, "O&O:sigtimedwait",
                           _Py_Sigset_Converter, &mask, &timeout_object) ||
        _PyTime_FromSecondsObject(&timeout, timeout_object,
                                  _PyTime_ROUND_CEILING) < 0) {
        return NULL;
    }
    if (timeout < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be non-negative");
        return NULL;
    }
    deadline = _PyDeadline_Init(timeout);
    do {
        if (_PyTime_AsTimespec(timeout, &ts) < 0) {
            return NULL;
        }
        Py_BEGIN_ALLOW_THREADS
        status = sigtimedwait(&mask, &info, &ts);
        Py_END_ALLOW_THREADS
        if (status != -1) {
            return siginfo_from_c(module, &info);
        }
        if (errno == EAGAIN) {
            Py_RETURN_NONE;
        }
        if (errno != EINTR) {
            return PyErr_SetFromErrno(PyExc_OSError);
        }
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
        timeout = _PyDeadline_Get(deadline);
    } while (timeout >= 0);
    Py_RETURN_NONE;
}

static PyObject *
signal_pthread_kill(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t nargs)
{
    unsigned long thread_id;
    PyObject *thread;
    int signum, error;

    if (!_PyArg_ParseStack(args, nargs, "O!i:pthread_kill", &PyLong_Type,
                           &thread, &signum)) {
        return NULL;
    }
    thread_id = PyLong_AsUnsignedLongMask(thread);
    if (thread_id == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    if (PyAudit(AUDIT_SIGNAL_PTHREAD_KILL, "ki", thread_id, signum) < 0) {
        return NULL;
    }
    error = pystate_knows_thread(thread_id)
                ? pthread_kill((pthread_t)thread_id, signum)
                : ESRCH;
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return none_after_signals();
}

static PyObject *
signal_pidfd_send_signal(PyObject *Py_UNUSED(module), PyObject *const *args,
                         Py_ssize_t nargs)
{
    PyObject *siginfo = Py_None;
    int pidfd, signum, flags = 0;

    if (!_PyArg_ParseStack(args, nargs, "ii|Oi:pidfd_send_signal", &pidfd,
                           &signum, &siginfo, &flags)) {
        return NULL;
    }
    if (siginfo != Py_None) {
        PyErr_SetString(PyExc_TypeError, "siginfo must be None");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SIGNAL_PIDFD_SEND_SIGNAL, "iiOi", pidfd, signum,
                siginfo, flags) < 0) {
        return NULL;
    }
    if (syscall(SYS_pidfd_send_signal, pidfd, signum, NULL, flags) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* ---- the module ---- */

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef signal_methods[] = {
    {"default_int_handler", FASTCALL(signal_default_int_handler),
     METH_FASTCALL,
     PyDoc_STR("default_int_handler($module, signalnum, frame, /)\n--\n\n"
               "The handler that Python installs for SIGINT: raises "
               "KeyboardInterrupt.")},
    {"alarm", signal_alarm, METH_O,
     PyDoc_STR(
         "alarm($module, seconds, /)\n--\n\nHave SIGALRM sent in `seconds`.")},
    {"setitimer", FASTCALL(signal_setitimer), METH_FASTCALL,
     PyDoc_STR(
         "setitimer($module, which, seconds, interval=0.0, /)\n--\n\n"
         "Have a signal sent in `seconds`, and then every `interval`.\n\n"
         "Returns what was left of the old timer.")},
    {"getitimer", signal_getitimer, METH_O,
     PyDoc_STR(
         "getitimer($module, which, /)\n--\n\nWhat is left of a timer.")},
    {"signal", FASTCALL(signal_signal), METH_FASTCALL,
     PyDoc_STR("signal($module, signalnum, handler, /)\n--\n\n"
               "Set the handler of a signal: SIG_DFL, SIG_IGN, or a function "
               "of the number\n"
               "and the interrupted frame.  Returns the old one.")},
    {"raise_signal", signal_raise_signal, METH_O,
     PyDoc_STR("raise_signal($module, signalnum, /)\n--\n\nSend a signal to "
               "this process.")},
    {"strsignal", signal_strsignal, METH_O,
     PyDoc_STR("strsignal($module, signalnum, /)\n--\n\n"
               "What the system calls the signal, or None.")},
    {"getsignal", signal_getsignal, METH_O,
     PyDoc_STR("getsignal($module, signalnum, /)\n--\n\n"
               "The handler of a signal; None: it was not set by Python.")},
    {"set_wakeup_fd", FASTCALL(signal_set_wakeup_fd),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd\n\n"
               "Have the number of each signal written to a descriptor (-1: "
               "none).")},
    {"siginterrupt", FASTCALL(signal_siginterrupt), METH_FASTCALL,
     PyDoc_STR("siginterrupt($module, signalnum, flag, /)\n--\n\n"
               "Whether system calls are interrupted by the signal, or "
               "started again.")},
    {"pause", signal_pause, METH_NOARGS,
     PyDoc_STR("pause($module, /)\n--\n\nWait for a signal.")},
    {"pidfd_send_signal", FASTCALL(signal_pidfd_send_signal), METH_FASTCALL,
     PyDoc_STR("pidfd_send_signal($module, pidfd, signalnum, siginfo=None, "
               "flags=0, /)\n--\n\n"
               "Send a signal to the process of a descriptor.")},
    {"pthread_kill", FASTCALL(signal_pthread_kill), METH_FASTCALL,
     PyDoc_STR("pthread_kill($module, thread_id, signalnum, /)\n--\n\n"
               "Send a signal to a thread.")},
    {"pthread_sigmask", FASTCALL(signal_pthread_sigmask), METH_FASTCALL,
     PyDoc_STR(
         "pthread_sigmask($module, how, mask, /)\n--\n\n"
         "Change the thread's set of blocked signals; returns the old one.")},
    {"sigpending", signal_sigpending, METH_NOARGS,
     PyDoc_STR(
         "sigpending($module, /)\n--\n\nBlocked signals that have arrived.")},
    {"sigwait", signal_sigwait, METH_O,
     PyDoc_STR(
         "sigwait($module, sigset, /)\n--\n\nWait for one of the signals.")},
    {"sigwaitinfo", signal_sigwaitinfo, METH_O,
     PyDoc_STR("sigwaitinfo($module, sigset, /)\n--\n\n"
               "Wait for one of the signals; returns a struct_siginfo.")},
    {"sigtimedwait", FASTCALL(signal_sigtimedwait), METH_FASTCALL,
     PyDoc_STR(
         "sigtimedwait($module, sigset, timeout, /)\n--\n\n"
         "Like sigwaitinfo(), for a limited time: None when that is over.")},
    {"valid_signals", signal_valid_signals, METH_NOARGS,
     PyDoc_STR(
         "valid_signals($module, /)\n--\n\nThe signals that exist here.")},
    {NULL, NULL, 0, NULL},
};

static PyStructSequence_Field siginfo_fields[] = {
    {"si_signo", "signal number"},
    {"si_code", "signal code"},
    {"si_errno", "error number that came with the signal"},
    {"si_pid", "sending process ID"},
    {"si_uid", "real user of the sender"},
    {"si_status", "exit value or signal"},
    {"si_band", "band event for SIGPOLL"},
    {NULL, NULL},
};

static PyStructSequence_Desc siginfo_desc = {
    "signal.struct_siginfo",
    "struct_siginfo: what sigwaitinfo() and sigtimedwait() tell about a "
    "signal.",
    siginfo_fields,
    7,
};

#define CONSTANT(name) {#name, name}
static const struct {
    const char *name;
    long value;
} constants[] = {
    {"NSIG", NSIG},           CONSTANT(SIG_BLOCK),   CONSTANT(SIG_UNBLOCK),
    CONSTANT(SIG_SETMASK),    CONSTANT(SIGHUP),      CONSTANT(SIGINT),
    CONSTANT(SIGQUIT),        CONSTANT(SIGILL),      CONSTANT(SIGTRAP),
    CONSTANT(SIGIOT),         CONSTANT(SIGABRT),     CONSTANT(SIGFPE),
    CONSTANT(SIGKILL),        CONSTANT(SIGBUS),      CONSTANT(SIGSEGV),
    CONSTANT(SIGSYS),         CONSTANT(SIGPIPE),     CONSTANT(SIGALRM),
    CONSTANT(SIGTERM),        CONSTANT(SIGUSR1),     CONSTANT(SIGUSR2),
    {"SIGCLD", SIGCHLD},      CONSTANT(SIGCHLD),     CONSTANT(SIGPWR),
    CONSTANT(SIGIO),          CONSTANT(SIGURG),      CONSTANT(SIGWINCH),
    CONSTANT(SIGPOLL),        CONSTANT(SIGSTOP),     CONSTANT(SIGTSTP),
    CONSTANT(SIGCONT),        CONSTANT(SIGTTIN),     CONSTANT(SIGTTOU),
    CONSTANT(SIGVTALRM),      CONSTANT(SIGPROF),     CONSTANT(SIGXCPU),
    CONSTANT(SIGXFSZ),        CONSTANT(SIGSTKFLT),   CONSTANT(ITIMER_REAL),
    CONSTANT(ITIMER_VIRTUAL), CONSTANT(ITIMER_PROF),
};
#undef CONSTANT

/* Takes note of the process's handlers; SIGINT becomes KeyboardInterrupt if
 * nobody has it. */
static int
handlers_init(PyObject *module)
{
    PyObject *int_handler;

    for (int signum = 1; signum < NSIG; signum++) {
        PyOS_sighandler_t current = PyOS_getsig(signum);
        PyObject *func = current == SIG_DFL ? default_handler
                         : current == SIG_IGN ? ignore_handler : Py_None;

        if (handlers[signum].func == NULL) {
            handlers[signum].func = Py_NewRef(func);
        }
    }
    if (handlers[SIGINT].func == default_handler) {
        int_handler = PyObject_GetAttrString(module, "default_int_handler");
        if (int_handler == NULL) {
            return -1;
        }
        Py_SETREF(handlers[SIGINT].func, int_handler);
        PyOS_setsig(SIGINT, signal_handler);
    }
    return 0;
}

static int
signal_exec(PyObject *module)
{
    signal_state *state = signal_get_state(module);

    if (default_handler == NULL) {
        default_handler = PyLong_FromVoidPtr((void *)SIG_DFL);
        ignore_handler = PyLong_FromVoidPtr((void *)SIG_IGN);
        if (default_handler == NULL || ignore_handler == NULL) {
            return -1;
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name,
                                    constants[i].value) < 0) {
            return -1;
        }
    }
    if (PyModule_AddIntConstant(module, "SIGRTMIN", SIGRTMIN) < 0 ||
        PyModule_AddIntConstant(module, "SIGRTMAX", SIGRTMAX) < 0 ||
        PyModule_AddObjectRef(module, "SIG_DFL", default_handler) < 0 ||
        PyModule_AddObjectRef(module, "SIG_IGN", ignore_handler) < 0) {
        return -1;
    }
    state->itimer_error =
        PyErr_NewException("signal.itimer_error", PyExc_OSError, NULL);
    state->siginfo_type = PyStructSequence_NewType(&siginfo_desc);
    if (state->itimer_error == NULL || state->siginfo_type == NULL ||
        PyModule_AddObjectRef(module, "ItimerError", state->itimer_error) <
            0 ||
        PyModule_AddType(module, state->siginfo_type) < 0) {
        return -1;
    }
    return thread_can_handle_signals(_PyThreadState_GET())
               ? handlers_init(module)
               : 0;
}

static int
signal_traverse(PyObject *module, visitproc visit, void *arg)
{
    signal_state *state = signal_get_state(module);

    Py_VISIT(state->itimer_error);
    Py_VISIT(state->siginfo_type);
    return 0;
}

static int
signal_clear(PyObject *module)
{
    signal_state *state = signal_get_state(module);

    Py_CLEAR(state->itimer_error);
    Py_CLEAR(state->siginfo_type);
    return 0;
}

static void
signal_free(void *module)
{
    signal_clear((PyObject *)module);
}

static PyModuleDef_Slot signal_slots[] = {{Py_mod_exec, signal_exec},
                                          {0, NULL}};

static PyModuleDef signal_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_signal",
    .m_doc = PyDoc_STR("Signals of the operating system; `signal` makes enums "
                       "of the numbers."),
    .m_size = sizeof(signal_state),
    .m_methods = signal_methods,
    .m_slots = signal_slots,
    .m_traverse = signal_traverse,
    .m_clear = signal_clear,
    .m_free = signal_free,
};

PyMODINIT_FUNC PyInit__signal(void);
PyMODINIT_FUNC
PyInit__signal(void)
{
    return PyModuleDef_Init(&signal_module);
}
