/* The buffer protocol beyond its public functions (Objects/buffer.c) and
 * memoryview's internals (Objects/memoryobject.c, Objects/memory_items.c). */
#ifndef LUCID_INTERNAL_BUFFER_H
#define LUCID_INTERNAL_BUFFER_H

#include "Python.h"

#include <stdbool.h>

/* The type of memoryview's iterator. */
extern PyTypeObject memory_iterator_type;

/* The size of an item of native single-character format (with or without
 * '@'), 0 if the format is anything else.  *code receives the character. */
Py_ssize_t buffer_native_format(const char *format, char *code);

/* One item of a native format as an object; `format` is for the message. */
PyObject *buffer_unpack_item(const char *p, char code, const char *format);

/* The bytes of an item (at most 8) in `space`; returns how many, or -1.  Runs
 * Python (__index__, __float__, __bool__). */
int buffer_pack_item(char *space, PyObject *item, char code,
                     const char *format);

/* Whether two items of native formats are equal as values. */
bool buffer_items_equal(const char *p, char p_code, const char *q,
                        char q_code);

/* Whether two buffers have the same shape and equal items.  Returns 1/0/-1.
 * Runs Python for formats that only struct can read. */
int buffer_views_equal(const Py_buffer *v, const Py_buffer *w);

/* Where a dimension's items are: behind a pointer, in PIL-style arrays. */
static inline char *
buffer_follow_suboffset(const Py_buffer *view, int dimension, char *p)
{
    if (view->suboffsets != NULL && view->suboffsets[dimension] >= 0) {
        return *(char **)p + view->suboffsets[dimension];
    }
    return p;
}

/* Managed buffers: a new one without a buffer, one with the buffer of an
 * object; giving the buffer back (runs Python, idempotent). */
_PyManagedBufferObject *buffer_managed_alloc(void);
_PyManagedBufferObject *buffer_managed_from_object(PyObject *base);
void buffer_managed_release(_PyManagedBufferObject *managed);

/* A view of memory that is lent to one call.  Ending the loan (steals view)
 * makes every memoryview on the memory unusable, and returns -1 with
 * BufferError (or what is pending) if another object still exports it: then
 * the memory must never be freed or moved.  Otherwise 0, and what is pending
 * stays. */
PyObject *memory_lend(char *mem, Py_ssize_t size, int flags);
int memory_end_loan(PyObject *view);

/* In _PyManagedBufferObject.flags: lent; master.internal then counts what
 * exports the memory beyond the memoryviews themselves. */
#define MANAGED_BUFFER_LENT 0x100

static inline void
buffer_managed_count_export(_PyManagedBufferObject *managed, Py_ssize_t change)
{
    if (managed->flags & MANAGED_BUFFER_LENT) {
        managed->master.internal =
            (void *)((Py_ssize_t)managed->master.internal + change);
    }
}

/* Copies src to dest, both of the same shape and item size (memmove-like for
 * contiguous ones). */
int buffer_copy_to_contiguous(char *dest, const Py_buffer *src, char order);

#endif
