/* Layout of frames, as 3.11 has it: Cython's modules are compiled against this
 * file.  It is installed; the functions on frames (frame.h) are not. */
#ifndef Py_INTERNAL_FRAME_H
#define Py_INTERNAL_FRAME_H

#include "Python.h"

struct _frame {
    PyObject_HEAD
    PyFrameObject *f_back;     /* owned; only valid once the frame has ended */
    struct _PyInterpreterFrame *f_frame;
    PyObject *f_trace;             /* owned or NULL */
    int f_lineno;                /* 0 unless set by a tracer or an extension */
    char f_trace_lines;
    char f_trace_opcodes;
    /* f_locals was taken: it is written back after tracing */
    char f_fast_as_locals;
    PyObject *_f_frame_data[1];   /* room for the Frame when owner is OBJECT */
};

enum frame_state {                 /* gi_frame_state */
    FRAME_CREATED = -2,
    FRAME_SUSPENDED = -1,
    FRAME_EXECUTING = 0,
    FRAME_COMPLETED = 1,
    FRAME_CLEARED = 4,
};

enum frame_owner {
    FRAME_OWNED_BY_THREAD = 0,
    FRAME_OWNED_BY_GENERATOR = 1,
    FRAME_OWNED_BY_FRAME_OBJECT = 2,
};

/* What happens to a frame's result: value of is_entry. */
enum frame_entry {
    FRAME_CALLED = 0,          /* goes onto the caller's stack */
    FRAME_IS_ENTRY = 1,        /* the C function that runs the loop has it */
    FRAME_IS_CONSTRUCTOR = 2,  /* an __init__: None; the instance is there */
    FRAME_IS_ITERATED = 3,     /* a generator that FOR_ITER resumed */
    FRAME_IS_SENT = 4,         /* a generator or coroutine that SEND resumed */
};

typedef struct _PyInterpreterFrame {
    PyFunctionObject *f_func;      /* owned */
    PyObject *f_globals;           /* borrowed from f_func */
    PyObject *f_builtins;          /* borrowed from f_func */
    /* owned or NULL: always there for class and module bodies */
    PyObject *f_locals;
    PyCodeObject *f_code;          /* owned */
    PyFrameObject *frame_obj;      /* owned or NULL */
    struct _PyInterpreterFrame *previous;
    /* the last unit executed (its last cache for calls) */
    _Py_CODEUNIT *prev_instr;
    int stacktop;
    char is_entry;                 /* enum frame_entry */
    char owner;
    PyObject *localsplus[1];
} Frame;

#endif
