/* The collector's state in PyInterpreterState (`struct gc_state gc;`), and
 * the header in front of every collectable object.  See gc.h. */
#ifndef LUCID_INTERNAL_GC_STATE_H
#define LUCID_INTERNAL_GC_STATE_H

#include <stdint.h>

#include "Python.h"

/* Two words in front of the object (16 bytes before it).
 *   _gc_next  next in the generation's ring; 0: not tracked.  Bit 0, only
 *             during a collection: "maybe unreachable".
 *   _gc_prev  previous in the ring, above two flag bits; during a collection
 *             the upper bits hold a reference count instead.
 *             Bit 0: tp_finalize has run.  Bit 1: being collected. */
typedef struct {
    uintptr_t _gc_next;
    uintptr_t _gc_prev;
} PyGC_Head;

#define GC_GENERATIONS 3

struct gc_generation {
    PyGC_Head head;       /* ring of the objects */
    int threshold;        /* collect when count gets above; 0: never */
    int count;            /* allocations minus frees (0), or collections of
                             the younger generation (1, 2) */
};

struct gc_stats {
    Py_ssize_t collections;
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
};

struct gc_state {
    int enabled;
    int collecting;
    int debug;                             /* gc.DEBUG_* */
    struct gc_generation generations[GC_GENERATIONS];
    int rehearsed;                         /* generation 0's count at the last
                                              rehearsal (tiny build) */
    PyGC_Head *generation0;                /* &generations[0].head */
    struct gc_generation permanent;        /* gc.freeze() */
    struct gc_stats stats[GC_GENERATIONS];
    Py_ssize_t long_lived_total;           /* survivors of the last full run */
    Py_ssize_t long_lived_pending;         /* arrived in generation 2 since */
    PyObject *garbage;                     /* owned list, gc.garbage */
    PyObject *callbacks;                   /* owned list, gc.callbacks */
};

#endif
