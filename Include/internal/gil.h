/* The GIL, the eval breaker and pending calls (Python/gil.c). */
#ifndef LUCID_GIL_H
#define LUCID_GIL_H

#include "Python.h"
#include <stdatomic.h>
#include "ceval_state.h"

/* Not 0 when a running thread must look outside: BREAK_ bits.  One word for
 * the process, since there is one GIL; a wake-up that is none of the reader's
 * business costs one call. */
extern _Atomic int ceval_breaker;

static inline int
gil_breaker_is_set(void)
{
    return atomic_load_explicit(&ceval_breaker, memory_order_relaxed) != 0;
}

void gil_create(void);
/* ends the thread when the runtime is finalizing */
void gil_take(PyThreadState *tstate);
void gil_drop(PyThreadState *tstate);
void gil_after_fork(void);                 /* the child holds it */
/* any thread, any time; async-signal-safe */
void gil_breaker_raise(int reason);
void gil_breaker_drop(int reason);

PyAPI_FUNC(int) _PyEval_AddPendingCall(PyInterpreterState *interp,
                                       int (*func)(void *), void *arg);
PyAPI_FUNC(void) _PyEval_SignalReceived(PyInterpreterState *interp);
PyAPI_FUNC(void) _PyEval_SignalAsyncExc(PyInterpreterState *interp);

/* Signals, pending calls, async exceptions, requests to drop the GIL. 0/-1.
 * Runs Python. */
int gil_handle_breaker(PyThreadState *tstate);
/* Runs what is pending in the main thread before finalization. */
void gil_finish_pending(PyThreadState *tstate);
void pending_calls_after_fork(void);

#endif
