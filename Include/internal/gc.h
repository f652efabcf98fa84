/* The cycle collector: tracking, untracking, and its place in a life cycle. */
#ifndef LUCID_INTERNAL_GC_H
#define LUCID_INTERNAL_GC_H

#include <assert.h>

#include "Python.h"
#include "gc_state.h"
#include "object.h"
#include "runtime.h"

#define GC_PREV_FINALIZED  ((uintptr_t)1)
#define GC_PREV_COLLECTING ((uintptr_t)2)
#define GC_PREV_SHIFT      2
#define GC_PREV_MASK       (~(uintptr_t)3)
#define GC_NEXT_UNREACHABLE ((uintptr_t)1)

static inline PyGC_Head *
gc_head(const void *op)
{
    return (PyGC_Head *)op - 1;
}

static inline PyObject *
gc_object(PyGC_Head *head)
{
    return (PyObject *)(head + 1);
}

/* Only for objects with a GC header (object_is_gc). */
static inline int
gc_is_tracked(const void *op)
{
    return gc_head(op)->_gc_next != 0;
}

static inline int
gc_is_finalized(const void *op)
{
    return (gc_head(op)->_gc_prev & GC_PREV_FINALIZED) != 0;
}

static inline void
gc_set_finalized(const void *op)
{
    gc_head(op)->_gc_prev |= GC_PREV_FINALIZED;
}

/* Puts `op` (complete, untracked) into the youngest generation. */
static inline void
gc_track(const void *op)
{
    PyGC_Head *head = gc_head(op);
    PyGC_Head *ring = _PyInterpreterState_GET()->gc.generation0;
    PyGC_Head *last = (PyGC_Head *)(ring->_gc_prev & GC_PREV_MASK);

    assert(head->_gc_next == 0);
    last->_gc_next = (uintptr_t)head;
    head->_gc_prev = (head->_gc_prev & ~GC_PREV_MASK) | (uintptr_t)last;
    head->_gc_next = (uintptr_t)ring;
    ring->_gc_prev = (uintptr_t)head;
}

/* Takes `op` (tracked) out; keeps the finalized flag. */
static inline void
gc_untrack(const void *op)
{
    PyGC_Head *head = gc_head(op);
    PyGC_Head *previous = (PyGC_Head *)(head->_gc_prev & GC_PREV_MASK);
    PyGC_Head *next = (PyGC_Head *)head->_gc_next;

    assert(head->_gc_next != 0);
    previous->_gc_next = (uintptr_t)next;
    next->_gc_prev = (next->_gc_prev & ~GC_PREV_MASK) | (uintptr_t)previous;
    head->_gc_next = 0;
    head->_gc_prev &= GC_PREV_FINALIZED;
}

/* Whether a container must care for `op` at all: not for atoms, nor for
 * tuples that have been untracked. */
static inline int
gc_may_be_tracked(PyObject *op)
{
    return object_is_gc(op) && (!PyTuple_CheckExact(op) || gc_is_tracked(op));
}

/* An object of `type` with `items` items and `preheader` bytes before it
 * (GC header and managed dict), uninitialised but for the head, untracked.
 * May run a collection.  Runs Python (finalizers, through that). */
PyObject *gc_new_object(PyTypeObject *type, size_t basic_size,
                        size_t preheader);

/* Accounts for an object taken from a free list (resets its flags). */
static inline void
gc_revive(const void *op)
{
    gc_head(op)->_gc_next = 0;
    gc_head(op)->_gc_prev = 0;
}

/* subsystems.def: gc_init before the first collectable object. */
int gc_init(PyInterpreterState *interp);
void gc_fini(PyInterpreterState *interp);
/* After start-up: what it made is old, and collections begin. */
void gc_start(PyInterpreterState *interp);
/* Shutdown: full collections with no callbacks and debug output. */
Py_ssize_t gc_collect_at_exit(PyInterpreterState *interp);
/* Shutdown: the "gc: N uncollectable objects at shutdown" warning. */
void gc_dump_shutdown_stats(PyInterpreterState *interp);
/* Calls `visit(op, arg)` for every tracked object until it returns 0. */
void gc_visit_objects(int (*visit)(PyObject *op, void *arg), void *arg);

PyMODINIT_FUNC PyInit_gc(void);

#endif
