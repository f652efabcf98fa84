/* Tracing and profiling as the loop sees them (tracing.c). */
#ifndef LUCID_CEVAL_TRACING_H
#define LUCID_CEVAL_TRACING_H

#include "Python.h"
#include "frame.h"

/* All 0/-1 with an exception; all run Python. The stack must be saved in the
 * frame. */
int tracing_function_entry(PyThreadState *tstate, Frame *frame);
int tracing_line(PyThreadState *tstate, Frame *frame, int previous_unit);
/* Return of `value`; the profiler's and the tracer's. */
int tracing_function_exit(PyThreadState *tstate, Frame *frame,
                          PyObject *value);
/* The frame is left by the pending exception; that may be replaced. */
void tracing_function_unwind(PyThreadState *tstate, Frame *frame);
/* An exception has arrived in the frame. */
void tracing_exception(PyThreadState *tstate, Frame *frame);
/* StopIteration and the like that an iteration swallowed: exception event. */

/* A call that a profiler wants to see: c_call, c_return, c_exception around
 * it. Result new. */
PyObject *tracing_vectorcall(PyThreadState *tstate, PyObject *callable,
                             PyObject *const *args, size_t nargsf,
                             PyObject *kwnames);
PyObject *tracing_call_ex(PyThreadState *tstate, PyObject *callable,
                          PyObject *args, PyObject *kwargs);

#endif
