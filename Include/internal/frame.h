/* Frames.
 *
 * A Frame is the running part: it lies on the thread's chunked data stack, or
 * inside its generator, or (once a PyFrameObject outlives the call) inside
 * that object.  The chain of running frames hangs on
 * tstate->cframe->current_frame and Frame.previous, and on nothing else.
 *
 *   localsplus   locals, cells, free variables | evaluation stack
 *                co_nlocalsplus words          | co_stacksize words
 *
 * owner        who has the memory       left by
 *   THREAD     the data stack           frame_object_take (returns, an object
 *                                       exists) or frame_pop
 *   GENERATOR  gi_iframe                frame_object_take, generator's dealloc
 *   OBJECT     the PyFrameObject        the object's dealloc
 *
 * stacktop is the number of live words in localsplus (locals included) while
 * the frame does not run, and -1 while it does, unless the loop stored it for
 * a trace function (>= 0 then). */
#ifndef LUCID_FRAME_H
#define LUCID_FRAME_H

#include "Python.h"
#include "pycore_frame.h"
#include "value.h"

#define FRAME_SPECIALS_SIZE \
    ((Py_ssize_t)((sizeof(Frame) - sizeof(PyObject *)) / sizeof(PyObject *)))

#define FRAME_CODE_START(code) ((_Py_CODEUNIT *)(code)->co_code_adaptive)

static inline Py_ssize_t
frame_size_for_code(PyCodeObject *code)      /* in words */
{
    return code->co_nlocalsplus + code->co_stacksize + FRAME_SPECIALS_SIZE;
}

static inline Value *
frame_stack_base(Frame *frame)
{
    return (Value *)(frame->localsplus + frame->f_code->co_nlocalsplus);
}

static inline int
frame_lasti(Frame *frame)              /* in code units; -1 before the first */
{
    return (int)(frame->prev_instr - FRAME_CODE_START(frame->f_code));
}

/* True until the function's RESUME (its first traceable instruction) was
 * reached: a frame that is still being built is not shown to anybody. */
static inline int
frame_is_incomplete(Frame *frame)
{
    return frame->owner != FRAME_OWNED_BY_GENERATOR &&
           frame->prev_instr < FRAME_CODE_START(frame->f_code) +
                                   frame->f_code->_co_firsttraceable;
}

static inline Frame *
frame_skip_incomplete(Frame *frame)
{
    while (frame != NULL && frame_is_incomplete(frame)) {
        frame = frame->previous;
    }
    return frame;
}

/* Fills the fixed part.  Steals func; takes a reference to its code; locals is
 * stolen. */
static inline void
frame_init(Frame *frame, PyFunctionObject *func, PyObject *locals,
           PyCodeObject *code)
{
    frame->f_func = func;
    Py_INCREF(code);
    frame->f_code = code;
    frame->f_builtins = func->func_builtins;
    frame->f_globals = func->func_globals;
    frame->f_locals = locals;
    frame->stacktop = code->co_nlocalsplus;
    frame->frame_obj = NULL;
    frame->prev_instr = FRAME_CODE_START(code) - 1;
    frame->is_entry = FRAME_CALLED;
    frame->owner = FRAME_OWNED_BY_THREAD;
}

/* Python/frame.c */

/* Memory for `size` words on the data stack; NULL with MemoryError. */
Frame *frame_stack_push_slow(PyThreadState *tstate, size_t size);
/* Gives the memory of the newest frame back. */
void frame_stack_pop(PyThreadState *tstate, Frame *frame);
/* A frame for func on the data stack with all locals NULL.  Steals func. Runs
 * no Python.  NULL with MemoryError, func released. */
Frame *frame_push(PyThreadState *tstate, PyFunctionObject *func);

static inline Frame *
frame_stack_push(PyThreadState *tstate, size_t size)
{
    PyObject **base = tstate->datastack_top;

    if (base == NULL || (size_t)(tstate->datastack_limit - base) <= size) {
        return frame_stack_push_slow(tstate, size);
    }
    tstate->datastack_top = base + size;
    return (Frame *)base;
}

/* Ends the life of a frame owned by THREAD or GENERATOR whose execution is
 * over: hands it to its object if somebody else holds that, else releases
 * everything in it.  Does not free the memory.  Runs Python. */
void frame_clear(Frame *frame);
/* Visits what the frame owns. */
int frame_traverse(Frame *frame, visitproc visit, void *arg);
/* The frame's object, borrowed, made when needed; NULL with MemoryError. */
PyFrameObject *frame_object_make(Frame *frame);

static inline PyFrameObject *
frame_object_get(Frame *frame)
{
    return frame->frame_obj != NULL ? frame->frame_obj
                                    : frame_object_make(frame);
}

/* Copies a data-stack frame to `dest` (in a generator). */
void frame_copy(Frame *src, Frame *dest);

/* Objects/frameobject.c */

/* An object without a frame; tracked by its maker. */
PyFrameObject *frame_object_new_no_track(PyCodeObject *code);
/* Objects that LocalsToFast replaced, kept for borrowed stack words, are
 * released. */
void frame_release_displaced(Frame *frame);
int frame_fast_to_locals(Frame *frame);       /* f_locals up to date; 0/-1 */
void frame_locals_to_fast(Frame *frame, int clear);
/* The local namespace, borrowed. */
PyObject *frame_get_locals(Frame *frame);
/* The line being executed: f_lineno of the object does not count. -1 when
 * none. */
static inline int
frame_line(Frame *frame)
{
    return PyCode_Addr2Line(frame->f_code,
                            frame_lasti(frame) * (int)sizeof(_Py_CODEUNIT));
}

#endif
