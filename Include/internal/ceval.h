/* The interpreter loop (Python/ceval/). */
#ifndef LUCID_INTERNAL_CEVAL_H
#define LUCID_INTERNAL_CEVAL_H

#include "Python.h"
#include "frame.h"
#include "gil.h"
#include "private_api.h"
#include "runtime.h"
#include "stackguard.h"

/* Runs a frame that the caller pushed; the result is new, or NULL with an
 * exception. */
PyObject *_PyEval_EvalFrameDefault(PyThreadState *tstate, Frame *frame,
                                   int throwflag);

static inline PyObject *
ceval_eval_frame(PyThreadState *tstate, Frame *frame, int throwflag)
{
    return tstate->interp->ceval.eval_frame(tstate, frame, throwflag);
}

/* Calls a function: args holds the positional ones followed by those named in
 * kwnames; all borrowed.  locals is borrowed, for class and module bodies.
 * Runs Python. */
PyObject *_PyEval_Vector(PyThreadState *tstate, PyFunctionObject *func,
                         PyObject *locals, PyObject *const *args,
                         size_t argcount, PyObject *kwnames);

/* A frame with its arguments bound. Steals func's reference, locals, and every
 * argument, also on failure (NULL with TypeError, MemoryError). Runs Python
 * (keyword comparison). */
Frame *ceval_frame_for_call(PyThreadState *tstate, PyFunctionObject *func,
                            PyObject *locals, PyObject **args, size_t argcount,
                            PyObject *kwnames);
/* clear and pop (thread-owned) */
void ceval_frame_end(PyThreadState *tstate, Frame *frame);

/* FAST PATH of ceval_frame_end for a frame that has returned: nobody has its
 * object, the stack is empty, the memory is not the first of a chunk. */
static inline void
frame_end(PyThreadState *tstate, Frame *frame)
{
    PyCodeObject *code = frame->f_code;

    if (frame->frame_obj != NULL || frame->f_locals != NULL ||
        (PyObject **)frame == &tstate->datastack_chunk->data[0]) {
        ceval_frame_end(tstate, frame);
        return;
    }
    tstate->recursion_remaining--;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    Py_DECREF(frame->f_func);
    Py_DECREF(code);
    tstate->recursion_remaining++;
    tstate->datastack_top = (PyObject **)frame;
}

/* The body of a class (`__build_class__`): runs func with `ns` as locals; the
 * cell or None, new. */
PyObject *ceval_run_class_body(PyObject *func, PyObject *ns);

/* builtins of a globals dict, borrowed, or NULL with an exception. */
PyObject *ceval_builtins_from_globals(PyThreadState *tstate,
                                      PyObject *globals);

/* Recursion: 0, or -1 with RecursionError. */
static inline int
ceval_enter_recursive(PyThreadState *tstate, const char *where)
{
    return tstate->recursion_remaining-- <= 0 &&
           _Py_CheckRecursiveCall(tstate, where);
}

/* The same where the C stack grows. */
static inline int
ceval_enter_c(PyThreadState *tstate, const char *where)
{
    return stack_guard_check(tstate, where) < 0 ||
           ceval_enter_recursive(tstate, where);
}

static inline void
ceval_leave_recursive(PyThreadState *tstate)
{
    tstate->recursion_remaining++;
}

/* Adds what a NameError, AttributeError or a failed lookup needs, raises with
 * %-text. */
void ceval_raise_name_error(PyThreadState *tstate, PyObject *exc_type,
                            const char *format, PyObject *name);
/* Text after a callable in error messages: "f()", " object". */
const char *PyEval_GetFuncDesc(PyObject *func);

/* Line and opcode tracing, profiling (Python/ceval/tracing.c). */
int _PyEval_SetTrace(PyThreadState *tstate, Py_tracefunc func, PyObject *arg);
int _PyEval_SetProfile(PyThreadState *tstate, Py_tracefunc func,
                       PyObject *arg);

/* Python/ceval/quicken.c: from plain to adaptive instructions. */
void ceval_quicken(PyCodeObject *code);
/* Function versions (specialised calls); 0 when there are none left. */
uint32_t ceval_function_version(PyFunctionObject *func);
extern uint32_t ceval_next_function_version;

#endif
