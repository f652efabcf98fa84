/* The small-object allocator (Objects/arena.c) behind the memory domains. */
#ifndef LUCID_INTERNAL_OBMALLOC_H
#define LUCID_INTERNAL_OBMALLOC_H

#include "Python.h"

/* Allocator functions; the context is unused.  Need the GIL. */
void *small_malloc(void *context, size_t size);
void *small_calloc(void *context, size_t n, size_t size);
void *small_realloc(void *context, void *p, size_t size);
void small_free(void *context, void *p);

/* Whether the obj domain holds the small-object allocator itself. */
extern int obmalloc_default_objects;

PyAPI_FUNC(Py_ssize_t) _Py_GetAllocatedBlocks(void);
PyAPI_FUNC(int) _PyObject_DebugMallocStats(FILE *out);
PyAPI_FUNC(int) _PyMem_SetDefaultAllocator(PyMemAllocatorDomain domain,
                                           PyMemAllocatorEx *old_allocator);
PyAPI_FUNC(int) _PyMem_SetupAllocators(PyMemAllocatorName allocator);
PyAPI_FUNC(int) _PyMem_GetAllocatorName(const char *name,
                                        PyMemAllocatorName *allocator);
/* Exported with 3.11's layout.  While `tracing`, each new reference is shown
 * to obmalloc_new_reference, which tracemalloc sets. */
struct obmalloc_tracing {
    int initialized;
    int tracing;
    int max_nframe;
};
PyAPI_DATA(struct obmalloc_tracing) _Py_tracemalloc_config;
extern int (*obmalloc_new_reference)(PyObject *op);

/* Whether a pointer has one of the patterns of the debug hooks, or is NULL. */
int _PyMem_IsPtrFreed(const void *p);

#endif
