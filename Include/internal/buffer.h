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

/* Copies src to dest, both of the same shape and item size (memmove-like for
 * contiguous ones). */
int buffer_copy_to_contiguous(char *dest, const Py_buffer *src, char order);

#endif
