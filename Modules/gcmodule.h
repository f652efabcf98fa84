/* Between the collector (gcmodule.c) and the module gc (gcinterface.c). */
#ifndef LUCID_GCMODULE_H
#define LUCID_GCMODULE_H

#include "internal/gc.h"

#define GC_DEBUG_STATS         1
#define GC_DEBUG_COLLECTABLE   2
#define GC_DEBUG_UNCOLLECTABLE 4
#define GC_DEBUG_SAVEALL       32
#define GC_DEBUG_LEAK \
    (GC_DEBUG_COLLECTABLE | GC_DEBUG_UNCOLLECTABLE | GC_DEBUG_SAVEALL)

/* 0 if a collection is under way.  Keeps a pending exception.  Runs Python. */
Py_ssize_t gc_collect_generation(struct gc_state *gc, int generation);
/* Appends the objects of a generation, all but the list itself. */
int gc_ring_to_list(PyObject *list, struct gc_generation *generation);
Py_ssize_t gc_ring_len(struct gc_generation *generation);
void gc_ring_merge(struct gc_generation *from, struct gc_generation *to);
PyGC_Head *gc_ring_next(PyGC_Head *head);

#endif
