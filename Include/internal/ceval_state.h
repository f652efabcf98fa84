/* The parts of _PyRuntime and PyInterpreterState that belong to the
 * interpreter loop, threads and the GIL; included by runtime.h. */
#ifndef LUCID_CEVAL_STATE_H
#define LUCID_CEVAL_STATE_H

#include "Python.h"

#include <pthread.h>
#include <stdatomic.h>

#define PENDING_CALLS_MAX 32
#define CODE_EXTRA_USERS_MAX 255

/* The lock that a thread holds while it runs Python code (Python/gil.c). */
struct gil_state {
    pthread_mutex_t mutex;
    pthread_cond_t changed;            /* with mutex: `locked` became 0 */
    pthread_mutex_t switch_mutex;
    pthread_cond_t switched;       /* with switch_mutex: last_holder changed */
    unsigned long interval_us;
    _Atomic int locked;                /* -1: not created */
    unsigned long switch_count;        /* under mutex */
    _Atomic uintptr_t last_holder;    /* PyThreadState *, never dereferenced */
};

/* A ring of functions to call in the main thread; any thread may add, with or
 * without the GIL. */
struct pending_calls {
    pthread_mutex_t mutex;
    struct {
        int (*func)(void *);
        void *arg;
    } calls[PENDING_CALLS_MAX];
    int first, last;
    int busy;
    _Atomic int to_do;
    int closed;                     /* finalizing: nothing is taken any more */
};

/* Reasons for a look outside, in ceval_breaker. */
enum {
    BREAK_GIL_REQUEST = 1,
    BREAK_SIGNAL = 2,
    BREAK_PENDING = 4,
    BREAK_ASYNC_EXC = 8,
};

struct ceval_runtime_state {
    struct gil_state gil;
    struct pending_calls pending;
    _Atomic int signals_pending;
};

/* Handlers registered with os.register_at_fork live in the interpreter (lists
 * or NULL). */
struct ceval_interp_state {
    int recursion_limit;
    _PyFrameEvalFunction eval_frame;   /* never NULL */
    Py_ssize_t code_extra_users;
    freefunc code_extra_free[CODE_EXTRA_USERS_MAX];
    PyObject *before_forkers, *after_forkers_parent, *after_forkers_child;
    PyObject *displaced;    /* dict: id of frame object -> list; see value.h */
    struct {          /* what specialised calls look out for; owned, or NULL */
        PyObject *len, *isinstance, *list_append;
    } callables;
    unsigned long thread_count;    /* started through _thread, still running */
    struct atexit_state {
        struct atexit_callback *callbacks;
        int used, allocated;
    } atexit;
};

#endif
