#ifndef LUCID_TUPLE_H
#define LUCID_TUPLE_H
/* Tuples, for the rest of the runtime. */
#include "Python.h"
#include "gc_state.h"

/* The empty tuple, borrowed; immortal.  It has a GC header like any other. */
struct tuple_static {
    PyGC_Head head;
    PyTupleObject tuple;
};
extern struct tuple_static tuple_static_empty;
#define TUPLE_EMPTY ((PyObject *)&tuple_static_empty.tuple)

/* A tuple of n items: borrowed (copied) or stolen (also on failure). */
extern PyObject *tuple_from_array(PyObject *const *items, Py_ssize_t n);
extern PyObject *tuple_from_array_steal(PyObject *const *items, Py_ssize_t n);

typedef struct {
    PyObject_HEAD
    Py_ssize_t it_index;
    PyTupleObject *it_seq;             /* NULL: exhausted */
} TupleIterObject;

typedef struct {
    PyObject_HEAD
    PyObject *start, *stop, *step, *length;   /* int objects */
} RangeObject;

/* An iterator over a range whose values all fit a C long.  Exhausted when
 * len is 0. */
typedef struct {
    PyObject_HEAD
    long index;                        /* items delivered */
    long start;
    long step;
    long len;                          /* of the whole range */
} RangeIterObject;

typedef struct {
    PyObject_HEAD
    Py_ssize_t it_index;
    PyObject *it_seq;                  /* NULL: exhausted */
} SeqIterObject;

extern void tuple_clear_free_lists(void);
/* subsystems.def: frees the free lists of tuples, lists and slices. */
extern int sequences_init(PyInterpreterState *interp);
extern void sequences_fini(PyInterpreterState *interp);

/* A slice that takes over start and stop (stolen, also on failure), for
 * BUILD_SLICE with two operands and the like. */
extern PyObject *slice_new_steal(PyObject *start, PyObject *stop);
extern void slice_fini(PyInterpreterState *interp);

/* The awaitable of anext(iterator, default).  Returns new. */
extern PyObject *anext_awaitable_new(PyObject *awaitable, PyObject *fallback);
extern PyTypeObject _PyAnextAwaitable_Type;

#endif
