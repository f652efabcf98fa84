#ifndef LUCID_INTERNAL_ARENA_H
#define LUCID_INTERNAL_ARENA_H

/* Memory that is released all at once: syntax trees, symbol tables of one
 * compilation.  An arena also owns references to objects. */

#include "Python.h"

typedef struct _arena PyArena;

/* Returns a new arena, or NULL with MemoryError. */
PyAPI_FUNC(PyArena *) _PyArena_New(void);

/* Releases all memory and all references.  Runs Python (finalizers). */
PyAPI_FUNC(void) _PyArena_Free(PyArena *arena);

/* Returns `size` bytes, aligned for any type, uninitialised; NULL with
 * MemoryError.  They live as long as the arena. */
PyAPI_FUNC(void *) _PyArena_Malloc(PyArena *arena, size_t size);

/* Steals `object` on success (0); on failure (-1, MemoryError) the caller
 * still owns it. */
PyAPI_FUNC(int) _PyArena_AddPyObject(PyArena *arena, PyObject *object);

#endif
