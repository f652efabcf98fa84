/* faulthandler: tracebacks when the process crashes, after a timeout, on a
 * signal.
 *
 * Whatever runs inside a signal handler here uses only what is safe there:
 * write(2) through _Py_DumpTraceback*, no allocation, no locks.  The GIL is
 * not taken. */
#include "Python.h"

#include "audit.h"
#include "audit_sink.h"
#include "errors.h"
#include "fileutils.h"
#include "frame.h"
#include "names.h"
#include "pystate.h"
#include "pytime.h"
#include "traceback.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int faulthandler_init(int enable);
void faulthandler_fini(void);

#define NSIGNALS 65
#define PUTS(fd, text) (void)!_Py_write_noraise((fd), (text), strlen(text))

typedef struct {
    int signum;
    int enabled;
    const char *name;
    struct sigaction previous;
    int all_threads;
} FatalSignal;

static FatalSignal fatal_signals[] = {
    {.signum = SIGBUS, .name = "Bus error"},
    {.signum = SIGILL, .name = "Illegal instruction"},
    {.signum = SIGFPE, .name = "Floating point exception"},
    {.signum = SIGABRT, .name = "Aborted"},
    {.signum = SIGSEGV, .name = "Segmentation fault"},
};

static struct {
    int enabled;
    PyObject *file;                    /* owned: keeps fd open; or NULL */
    int fd;
    int all_threads;
    PyInterpreterState *interp;
} fatal;

/* dump_traceback_later: a thread that waits for `cancel`, up to the
 * timeout. */
static struct {
    PyObject *file;
    int fd;
    PY_TIMEOUT_T timeout_us;
    int repeat;
    PyInterpreterState *interp;
    int exit;
    char *header;
    size_t header_len;
    PyThread_type_lock cancel;         /* held by the caller until cancelled */
    PyThread_type_lock running;        /* held by the thread */
} later;

/* faulthandler.register */
typedef struct {
    int enabled;
    PyObject *file;
    int fd;
    int all_threads;
    int chain;
    struct sigaction previous;
    PyInterpreterState *interp;
} UserSignal;

static UserSignal *user_signals;       /* NSIGNALS of them, or NULL */

static stack_t alternate_stack, old_stack;

/* ---- arguments ---- */

/* The descriptor of `file` (NULL, None: sys.stderr; an int; anything with
 * fileno()), flushed.  *owner: new, what keeps it open, NULL for an int.  -1
 * with an exception, owning nothing.  Runs Python (fileno, flush), which may
 * replace sys.stderr. */
static int
fd_of_file(PyObject *file, PyObject **owner)
{
    PyObject *result;
    long fd = -1;

    *owner = NULL;
    if (file == NULL || file == Py_None) {
        file = PySys_GetObject("stderr");
        if (file == NULL) {
            PyErr_SetString(PyExc_RuntimeError, "unable to get sys.stderr");
            return -1;
        }
        if (file == Py_None) {
            PyErr_SetString(PyExc_RuntimeError, "sys.stderr is None");
            return -1;
        }
    }
    else if (PyLong_Check(file)) {
        fd = _PyLong_AsInt(file);
        if (fd == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (fd < 0) {
            PyErr_SetString(PyExc_ValueError,
                            "file is not a valid file descripter");
            return -1;
        }
        return (int)fd;
    }
    Py_INCREF(file);
    result = PyObject_CallMethodNoArgs(file, NAME(fileno));
    if (result == NULL) {
        Py_DECREF(file);
        return -1;
    }
    if (PyLong_Check(result)) {
        fd = PyLong_AsLong(result);
        if (fd < 0 || fd >= INT_MAX) {
            PyErr_Clear();                  /* OverflowError: reported below */
            fd = -1;
        }
    }
    Py_DECREF(result);
    if (fd == -1) {
        Py_DECREF(file);
        PyErr_SetString(PyExc_RuntimeError,
                        "file.fileno() is not a valid file descriptor");
        return -1;
    }
    result = PyObject_CallMethodNoArgs(file, NAME(flush));
    if (result == NULL) {
        PyErr_Clear();            /* whatever: the file is not ours to judge */
    }
    Py_XDECREF(result);
    *owner = file;
    return (int)fd;
}

static PyThreadState *
calling_thread(void)
{
    PyThreadState *tstate = _PyThreadState_UncheckedGet();

    if (tstate == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "unable to get the current thread state");
    }
    return tstate;
}

/* ---- dumping ---- */

/* Of the thread in which the signal arrived, or of all. */
static void
dump_traceback(int fd, int all_threads, PyInterpreterState *interp)
{
    static volatile int reentrant;
    PyThreadState *tstate;

    if (reentrant) {
        return;
    }
    reentrant = 1;
    /* Without the GIL the running state is another thread's. */
    tstate = PyGILState_GetThisThreadState();
    if (all_threads) {
        (void)_Py_DumpTracebackThreads(fd, NULL, tstate);
    }
    else if (tstate != NULL) {
        _Py_DumpTraceback(fd, tstate);
    }
    (void)interp;
    reentrant = 0;
}

static PyObject *
faulthandler_dump_traceback(PyObject *Py_UNUSED(module), PyObject *args,
                            PyObject *kwargs)
{
    static char *keywords[] = {(char *)"file", (char *)"all_threads", NULL};
    PyObject *file = NULL;                     /* borrowed */
    PyObject *owner = NULL, *result = NULL;    /* owned */
    int all_threads = 1, fd;
    PyThreadState *tstate;
    const char *error;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Op:dump_traceback",
                                     keywords, &file, &all_threads)) {
        return NULL;
    }
    fd = fd_of_file(file, &owner);
    if (fd < 0 || (tstate = calling_thread()) == NULL) {
        goto done;
    }
    if (all_threads) {
        error = _Py_DumpTracebackThreads(fd, NULL, tstate);
        if (error != NULL) {
            PyErr_SetString(PyExc_RuntimeError, error);
            goto done;
        }
    }
    else {
        _Py_DumpTraceback(fd, tstate);
    }
    result = PyErr_CheckSignals() ? NULL : Py_NewRef(Py_None);
done:
    Py_XDECREF(owner);
    return result;
}

/* ---- fatal errors ---- */

static void
fatal_disable_signal(FatalSignal *signal)
{
    if (signal->enabled) {
        signal->enabled = 0;
        (void)audit_log_sigaction(signal->signum, &signal->previous, NULL);
    }
}

static void
fatal_handler(int signum)
{
    int fd = fatal.fd, saved_errno = errno;
    FatalSignal *signal = NULL;

    if (!fatal.enabled) {
        return;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fatal_signals); i++) {
        signal = &fatal_signals[i];
        if (signal->signum == signum) {
            break;
        }
    }
    fatal_disable_signal(signal);           /* a second one ends the process */
    PUTS(fd, "Fatal Python error: ");
    PUTS(fd, signal->name);
    PUTS(fd, "\n\n");
    dump_traceback(fd, fatal.all_threads, fatal.interp);
    _Py_DumpExtensionModules(fd, fatal.interp);
    errno = saved_errno;
    /* The old handler, after this one returns. */
    raise(signum);
}

static int
fatal_enable(void)
{
    if (fatal.enabled) {
        return 0;
    }
    fatal.enabled = 1;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fatal_signals); i++) {
        FatalSignal *signal = &fatal_signals[i];
        struct sigaction action;

        action.sa_handler = fatal_handler;
        sigemptyset(&action.sa_mask);
        action.sa_flags = SA_NODEFER;
        if (alternate_stack.ss_sp != NULL) {
            action.sa_flags |= SA_ONSTACK;
        }
        if (audit_log_sigaction(signal->signum, &action, &signal->previous) !=
            0) {
            PyErr_SetFromErrno(PyExc_RuntimeError);
            return -1;
        }
        signal->enabled = 1;
    }
    return 0;
}

static void
fatal_disable(void)
{
    if (fatal.enabled) {
        fatal.enabled = 0;
        for (size_t i = 0; i < Py_ARRAY_LENGTH(fatal_signals); i++) {
            fatal_disable_signal(&fatal_signals[i]);
        }
    }
    Py_CLEAR(fatal.file);
}

static PyObject *
faulthandler_enable(PyObject *Py_UNUSED(module), PyObject *args,
                    PyObject *kwargs)
{
    static char *keywords[] = {(char *)"file", (char *)"all_threads", NULL};
    PyObject *file = NULL;                     /* borrowed */
    PyObject *owner = NULL;                 /* owned, until it is fatal.file */
    int all_threads = 1, fd;
    PyThreadState *tstate;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Op:enable", keywords,
                                     &file, &all_threads)) {
        return NULL;
    }
    fd = fd_of_file(file, &owner);
    if (fd < 0 || (tstate = calling_thread()) == NULL ||
        PyAudit(AUDIT_LUCID_FAULTHANDLER_ENABLE, "iO", fd,
                all_threads ? Py_True : Py_False) < 0) {
        Py_XDECREF(owner);
        return NULL;
    }
    Py_XSETREF(fatal.file, owner);
    fatal.fd = fd;
    fatal.all_threads = all_threads;
    fatal.interp = tstate->interp;
    if (fatal_enable() < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
faulthandler_disable(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    int was_enabled = fatal.enabled;

    if (PyAudit(AUDIT_LUCID_FAULTHANDLER_DISABLE, NULL) < 0) {
        return NULL;
    }
    fatal_disable();
    return PyBool_FromLong(was_enabled);
}

static PyObject *
faulthandler_is_enabled(PyObject *Py_UNUSED(module),
                        PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(fatal.enabled);
}

/* ---- after a timeout ---- */

static void
later_thread(void *Py_UNUSED(unused))
{
    PyLockStatus status;
    sigset_t all;

    sigfillset(&all);                   /* signals are for the other threads */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    do {
        status =
            PyThread_acquire_lock_timed(later.cancel, later.timeout_us, 0);
        if (status == PY_LOCK_ACQUIRED) {
            PyThread_release_lock(later.cancel);
            break;
        }
        (void)!_Py_write_noraise(later.fd, later.header, later.header_len);
        const char *error =
            _Py_DumpTracebackThreads(later.fd, later.interp, NULL);

        if (later.exit) {
            _exit(1);
        }
        if (error != NULL) {
            break;
        }
    } while (later.repeat);
    PyThread_release_lock(later.running);
}

static void
later_cancel(void)
{
    if (later.cancel == NULL) {
        return;
    }
    /* Wakes the thread, waits until it is done, and gets ready for the
     * next. */
    PyThread_release_lock(later.cancel);
    PyThread_acquire_lock(later.running, 1);
    PyThread_release_lock(later.running);
    PyThread_acquire_lock(later.cancel, 1);
    Py_CLEAR(later.file);
    PyMem_Free(later.header);
    later.header = NULL;
}

/* 0, or -1 without memory and without an exception. */
static int
later_allocate_locks(void)
{
    if (later.running == NULL) {
        later.running = PyThread_allocate_lock();
    }
    if (later.cancel == NULL) {
        later.cancel = PyThread_allocate_lock();
        if (later.cancel != NULL) {
            PyThread_acquire_lock(later.cancel, 1);
        }
    }
    return later.running == NULL || later.cancel == NULL ? -1 : 0;
}

static char *
format_timeout(_PyTime_t us)
{
    unsigned long sec = (unsigned long)(us / 1000000),
                  usec = (unsigned long)(us % 1000000);
    char buffer[100];

    if (usec != 0) {
        PyOS_snprintf(buffer, sizeof(buffer),
                      "Timeout (%lu:%02lu:%02lu.%06lu)!\n", sec / 3600,
                      sec / 60 % 60, sec % 60, usec);
    }
    else {
        PyOS_snprintf(buffer, sizeof(buffer), "Timeout (%lu:%02lu:%02lu)!\n",
                      sec / 3600, sec / 60 % 60, sec % 60);
    }
    return _PyMem_Strdup(buffer);
}

static PyObject *
faulthandler_dump_traceback_later(PyObject *Py_UNUSED(module), PyObject *args,
                                  PyObject *kwargs)
{
    static char *keywords[] = {(char *)"timeout", (char *)"repeat",
                               (char *)"file", (char *)"exit", NULL};
    PyObject *timeout_object, *file = NULL;    /* borrowed */
    PyObject *owner = NULL;                 /* owned, until it is later.file */
    _PyTime_t timeout, timeout_us;
    int repeat = 0, exit_flag = 0, fd;
    PyThreadState *tstate;
    char *header;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O|iOi:dump_traceback_later", keywords,
            &timeout_object, &repeat, &file, &exit_flag) ||
        _PyTime_FromSecondsObject(&timeout, timeout_object,
                                  _PyTime_ROUND_TIMEOUT) < 0) {
        return NULL;
    }
    timeout_us = _PyTime_AsMicroseconds(timeout, _PyTime_ROUND_TIMEOUT);
    if (timeout_us <= 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be greater than 0");
        return NULL;
    }
    if (timeout_us > PY_TIMEOUT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
        return NULL;
    }
    tstate = calling_thread();
    if (tstate == NULL) {
        return NULL;
    }
    fd = fd_of_file(file, &owner);
    if (fd < 0 ||
        PyAudit(AUDIT_LUCID_FAULTHANDLER_DUMP_TRACEBACK_LATER, "dOiO",
                _PyTime_AsSecondsDouble(timeout), repeat ? Py_True : Py_False,
                fd, exit_flag ? Py_True : Py_False) < 0) {
        Py_XDECREF(owner);
        return NULL;
    }
    header = later_allocate_locks() < 0 ? NULL : format_timeout(timeout_us);
    if (header == NULL) {
        Py_XDECREF(owner);
        return PyErr_NoMemory();
    }
    later_cancel();
    Py_XSETREF(later.file, owner);
    later.fd = fd;
    later.timeout_us = timeout_us;
    later.repeat = repeat;
    later.interp = tstate->interp;
    later.exit = exit_flag;
    later.header = header;
    later.header_len = strlen(header);
    PyThread_acquire_lock(later.running, 1);   /* the thread releases it */
    if (PyThread_start_new_thread(later_thread, NULL) ==
        PYTHREAD_INVALID_THREAD_ID) {
        PyThread_release_lock(later.running);
        Py_CLEAR(later.file);
        PyMem_Free(header);
        later.header = NULL;
        PyErr_SetString(PyExc_RuntimeError, "unable to start watchdog thread");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
faulthandler_cancel_dump_traceback_later(PyObject *Py_UNUSED(module),
                                         PyObject *Py_UNUSED(ignored))
{
    later_cancel();
    Py_RETURN_NONE;
}

/* ---- on a signal ---- */

static void user_handler(int signum);

static int
user_install(int signum, int chain, struct sigaction *previous)
{
    struct sigaction action;

    action.sa_handler = user_handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    if (chain) {
        /* the old handler runs inside this one */
        action.sa_flags = SA_NODEFER;
    }
    if (alternate_stack.ss_sp != NULL) {
        action.sa_flags |= SA_ONSTACK;
    }
    return audit_log_sigaction(signum, &action, previous);
}

static void
user_handler(int signum)
{
    UserSignal *user = &user_signals[signum];
    int saved_errno = errno;

    if (!user->enabled) {
        return;
    }
    dump_traceback(user->fd, user->all_threads, user->interp);
    if (user->chain) {
        (void)audit_log_sigaction(signum, &user->previous, NULL);
        errno = saved_errno;
        raise(signum);
        saved_errno = errno;
        (void)user_install(signum, user->chain, NULL);
        errno = saved_errno;
    }
    errno = saved_errno;
}

static int
check_user_signum(int signum)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fatal_signals); i++) {
        if (fatal_signals[i].signum == signum) {
            PyErr_Format(
                PyExc_RuntimeError,
                "signal %i cannot be registered, use enable() instead",
                signum);
            return -1;
        }
    }
    if (signum < 1 || signum >= NSIGNALS) {
        PyErr_SetString(PyExc_ValueError, "signal number out of range");
        return -1;
    }
    return 0;
}

static PyObject *
faulthandler_register(PyObject *Py_UNUSED(module), PyObject *args,
                      PyObject *kwargs)
{
    static char *keywords[] = {(char *)"signum", (char *)"file",
                               (char *)"all_threads", (char *)"chain", NULL};
    PyObject *file = NULL;                     /* borrowed */
    PyObject *owner = NULL;                 /* owned, until it is user->file */
    int signum, all_threads = 1, chain = 0, fd;
    struct sigaction previous;
    PyThreadState *tstate;
    UserSignal *user;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|Opp:register", keywords,
                                     &signum, &file, &all_threads, &chain) ||
        check_user_signum(signum) < 0 || (tstate = calling_thread()) == NULL) {
        return NULL;
    }
    fd = fd_of_file(file, &owner);
    if (fd < 0 || PyAudit(AUDIT_LUCID_FAULTHANDLER_REGISTER, "iiOO", signum,
                          fd, all_threads ? Py_True : Py_False,
                          chain ? Py_True : Py_False) < 0) {
        Py_XDECREF(owner);
        return NULL;
    }
    if (user_signals == NULL) {
        user_signals = PyMem_Calloc(NSIGNALS, sizeof(UserSignal));
        if (user_signals == NULL) {
            Py_XDECREF(owner);
            return PyErr_NoMemory();
        }
    }
    user = &user_signals[signum];
    if (!user->enabled) {
        if (user_install(signum, chain, &previous) != 0) {
            Py_XDECREF(owner);
            return PyErr_SetFromErrno(PyExc_OSError);
        }
        user->previous = previous;
    }
    Py_XSETREF(user->file, owner);
    user->fd = fd;
    user->all_threads = all_threads;
    user->chain = chain;
    user->interp = tstate->interp;
    user->enabled = 1;
    Py_RETURN_NONE;
}

static int
user_unregister(UserSignal *user, int signum)
{
    if (!user->enabled) {
        return 0;
    }
    user->enabled = 0;
    (void)audit_log_sigaction(signum, &user->previous, NULL);
    Py_CLEAR(user->file);
    user->fd = -1;
    return 1;
}

static PyObject *
faulthandler_unregister(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int signum = _PyLong_AsInt(arg);

    if (signum == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (check_user_signum(signum) < 0) {
        return NULL;
    }
    return PyBool_FromLong(user_signals != NULL &&
                           user_unregister(&user_signals[signum], signum));
}

/* ---- crashes, for tests ---- */

static void
suppress_core_dump(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

static PyObject *
faulthandler_read_null(PyObject *Py_UNUSED(module),
                       PyObject *Py_UNUSED(ignored))
{
    volatile int *address = NULL;

    suppress_core_dump();
    return PyLong_FromLong(*address);
}

static PyObject *
faulthandler_sigsegv(PyObject *Py_UNUSED(module), PyObject *args)
{
    int release_gil = 0;

    if (!PyArg_ParseTuple(args, "|i:_sigsegv", &release_gil)) {
        return NULL;
    }
    suppress_core_dump();
    if (release_gil) {
        Py_BEGIN_ALLOW_THREADS
        raise(SIGSEGV);
        Py_END_ALLOW_THREADS
    }
    else {
        raise(SIGSEGV);
    }
    Py_RETURN_NONE;
}

static PyObject *
faulthandler_sigfpe(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    suppress_core_dump();
    raise(SIGFPE);
    Py_RETURN_NONE;
}

static PyObject *
faulthandler_sigabrt(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    suppress_core_dump();
    abort();
    Py_RETURN_NONE;
}

static void _Py_NO_RETURN
faulthandler_fatal_error_thread(void *Py_UNUSED(unused))
{
    Py_FatalError("in new thread");
}

static PyObject *
faulthandler_fatal_error_c_thread(PyObject *Py_UNUSED(module),
                                  PyObject *Py_UNUSED(ignored))
{
    PyThread_type_lock lock = PyThread_allocate_lock();

    if (lock == NULL) {
        return PyErr_NoMemory();
    }
    suppress_core_dump();
    PyThread_acquire_lock(lock, 1);
    if (PyThread_start_new_thread(faulthandler_fatal_error_thread, NULL) ==
        PYTHREAD_INVALID_THREAD_ID) {
        PyThread_free_lock(lock);
        PyErr_SetString(PyExc_RuntimeError, "unable to start the thread");
        return NULL;
    }
    /* for ever: the thread ends the process */
    PyThread_acquire_lock(lock, 1);
    Py_RETURN_NONE;
}

static uintptr_t
use_stack(uintptr_t min_sp, uintptr_t max_sp, size_t *depth);

static PyObject *
faulthandler_stack_overflow(PyObject *Py_UNUSED(module),
                            PyObject *Py_UNUSED(ignored))
{
    const uintptr_t limit = 100 * 1024 * 1024;
    size_t depth = 0;
    uintptr_t sp = (uintptr_t)&depth, end;
    uintptr_t lower = sp > limit ? sp - limit : 0;
    uintptr_t upper = sp > UINTPTR_MAX - limit ? UINTPTR_MAX : sp + limit;

    suppress_core_dump();
    end = use_stack(lower, upper, &depth);
    PyErr_Format(PyExc_RuntimeError,
                 "unable to raise a stack overflow (allocated %zu bytes on "
                 "the stack, %zu recursive "
                 "calls)",
                 (size_t)(sp > end ? sp - end : end - sp), depth);
    return NULL;
}

static uintptr_t
use_stack(uintptr_t min_sp, uintptr_t max_sp, size_t *depth)
{
    volatile unsigned char buffer[4096];
    uintptr_t sp = (uintptr_t)&buffer, result;

    *depth += 1;
    if (sp < min_sp || max_sp < sp) {
        return sp;
    }
    buffer[0] = 1;
    buffer[4095] = 0;
    result = use_stack(min_sp, max_sp, depth);
    buffer[1] = (unsigned char)result;         /* no tail call */
    return result;
}

/* ---- the module ---- */

#define WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef faulthandler_methods[] = {
    {"enable", WITH_KEYWORDS(faulthandler_enable),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("enable(file=sys.stderr, all_threads=True): show where the "
               "process crashes.")},
    {"disable", faulthandler_disable, METH_NOARGS,
     PyDoc_STR("disable(): undo enable(); True if it was enabled.")},
    {"is_enabled", faulthandler_is_enabled, METH_NOARGS,
     PyDoc_STR("is_enabled()->bool: whether crashes are shown.")},
    {"dump_traceback", WITH_KEYWORDS(faulthandler_dump_traceback),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("dump_traceback(file=sys.stderr, all_threads=True): write "
               "tracebacks now.")},
    {"dump_traceback_later", WITH_KEYWORDS(faulthandler_dump_traceback_later),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("dump_traceback_later(timeout, repeat=False, file=sys.stderr, "
               "exit=False):\n"
               "write tracebacks after (or every) `timeout` seconds, and "
               "perhaps exit.")},
    {"cancel_dump_traceback_later", faulthandler_cancel_dump_traceback_later,
     METH_NOARGS,
     PyDoc_STR("cancel_dump_traceback_later(): undo dump_traceback_later().")},
    {"register", WITH_KEYWORDS(faulthandler_register),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("register(signum, file=sys.stderr, all_threads=True, "
               "chain=False): write\n"
               "tracebacks when the signal arrives.")},
    {"unregister", faulthandler_unregister, METH_O,
     PyDoc_STR(
         "unregister(signum): undo register(); True if it was registered.")},
    {"_read_null", faulthandler_read_null, METH_NOARGS,
     PyDoc_STR("_read_null(): read from NULL")},
    {"_sigsegv", faulthandler_sigsegv, METH_VARARGS,
     PyDoc_STR("_sigsegv(release_gil=False): for tests, ends the process by "
               "SIGSEGV")},
    {"_fatal_error_c_thread", faulthandler_fatal_error_c_thread, METH_NOARGS,
     PyDoc_STR(
         "fatal_error_c_thread(): a fatal error in a thread of its own")},
    {"_sigabrt", faulthandler_sigabrt, METH_NOARGS,
     PyDoc_STR("_sigabrt(): for tests, ends the process by abort()")},
    {"_sigfpe", faulthandler_sigfpe, METH_NOARGS,
     PyDoc_STR("_sigfpe(): for tests, ends the process by SIGFPE")},
    {"_stack_overflow", faulthandler_stack_overflow, METH_NOARGS,
     PyDoc_STR("_stack_overflow(): for tests, recurses until the C stack is "
               "used up")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot faulthandler_slots[] = {{0, NULL}};

static PyModuleDef faulthandler_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "faulthandler",
    .m_doc = PyDoc_STR("Tracebacks of crashes, timeouts and signals."),
    .m_methods = faulthandler_methods,
    .m_slots = faulthandler_slots,
};

PyMODINIT_FUNC PyInit_faulthandler(void);
PyMODINIT_FUNC
PyInit_faulthandler(void)
{
    return PyModuleDef_Init(&faulthandler_module);
}

int
faulthandler_init(int enable)
{
    PyObject *module, *result;

    /* Handlers get a stack of their own: a stack overflow is one of the
     * crashes. */
    alternate_stack.ss_flags = 0;
    alternate_stack.ss_size = (size_t)SIGSTKSZ * 2 + 65536;
    alternate_stack.ss_sp = PyMem_RawMalloc(alternate_stack.ss_size);
    if (alternate_stack.ss_sp != NULL &&
        sigaltstack(&alternate_stack, &old_stack) != 0) {
        PyMem_RawFree(alternate_stack.ss_sp);
        alternate_stack.ss_sp = NULL;
    }
    if (!enable) {
        return 0;
    }
    module = PyImport_ImportModule("faulthandler");
    if (module == NULL) {
        return -1;
    }
    result = PyObject_CallMethod(module, "enable", NULL);
    Py_DECREF(module);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

void
faulthandler_fini(void)
{
    later_cancel();
    PyThread_free_lock(later.cancel);
    PyThread_free_lock(later.running);
    later.cancel = later.running = NULL;
    if (user_signals != NULL) {
        for (int signum = 0; signum < NSIGNALS; signum++) {
            user_unregister(&user_signals[signum], signum);
        }
        PyMem_Free(user_signals);
        user_signals = NULL;
    }
    fatal_disable();
    if (alternate_stack.ss_sp != NULL) {
        stack_t current;

        if (sigaltstack(NULL, &current) == 0 &&
            current.ss_sp == alternate_stack.ss_sp) {
            (void)sigaltstack(&old_stack, NULL);
        }
        PyMem_RawFree(alternate_stack.ss_sp);
        alternate_stack.ss_sp = NULL;
    }
}
