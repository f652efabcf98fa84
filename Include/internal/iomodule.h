/* The _io module: what its files share, and what the runtime asks of it.
 *
 * All its types are static, as in the ABI.  UnsupportedOperation belongs to
 * the module's state (one per interpreter).
 */
#ifndef INTERNAL_IOMODULE_H
#define INTERNAL_IOMODULE_H

#include "Python.h"

#define IO_DEFAULT_BUFFER_SIZE (8 * 1024)

/* Abstract bases, then the concrete streams. */
extern PyTypeObject PyIOBase_Type;
extern PyTypeObject PyRawIOBase_Type;
extern PyTypeObject PyBufferedIOBase_Type;
extern PyTypeObject PyTextIOBase_Type;
extern PyTypeObject PyFileIO_Type;
extern PyTypeObject PyBytesIO_Type;
extern PyTypeObject PyStringIO_Type;
extern PyTypeObject PyBufferedReader_Type;
extern PyTypeObject PyBufferedWriter_Type;
extern PyTypeObject PyBufferedRWPair_Type;
extern PyTypeObject PyBufferedRandom_Type;
extern PyTypeObject PyTextIOWrapper_Type;
extern PyTypeObject PyIncrementalNewlineDecoder_Type;
PyAPI_DATA(PyTypeObject) _PyBytesIOBuffer_Type;

PyMODINIT_FUNC PyInit__io(void);

/* ---- module ---- */

/* Sets UnsupportedOperation(message).  Returns NULL. */
PyObject *io_raise_unsupported(const char *message);

/* Py_off_t from an int-like `number`; an overflow raises `err`, or clips if
 * that is NULL.  -1 with an exception on failure.  Runs Python (__index__). */
off_t io_off_from_object(PyObject *number, PyObject *err);

/* An int-like object to a size; -1 with an exception on failure. */
Py_ssize_t io_size_from_object(PyObject *object);

/* The common argument list "size=<default>": at most one positional argument,
 * int or None (None and absence leave *size alone).  0/-1. */
int io_parse_optional_size(const char *function, PyObject *const *args,
                           Py_ssize_t nargs, Py_ssize_t *size);

/* Writable, contiguous view of `object`, for the readinto family.  0/-1. */
int io_get_writable_buffer(const char *function, PyObject *object,
                           Py_buffer *view);
/* Readable, contiguous view.  0/-1. */
int io_get_readable_buffer(const char *function, PyObject *object,
                           Py_buffer *view);

/* With an exception pending: wraps up `earlier` (what PyErr_Fetch stored
 * before, may be empty) as the context of it; without one: restores it. */
void io_chain_exceptions(PyObject *type, PyObject *value, PyObject *traceback);

/* 1: the pending exception is OSError with errno EINTR; it is cleared, the
 * caller tries again.  0: anything else, still set. */
int io_trap_eintr(void);

/* ---- base classes: method bodies that subclasses reuse.  All run Python.
 * With `args` ignored (as METH_NOARGS), Py_True on success. ---- */

PyObject *io_check_closed(PyObject *self, PyObject *Py_UNUSED(unused));
PyObject *io_check_readable(PyObject *self, PyObject *Py_UNUSED(unused));
PyObject *io_check_writable(PyObject *self, PyObject *Py_UNUSED(unused));
PyObject *io_check_seekable(PyObject *self, PyObject *Py_UNUSED(unused));

/* For tp_dealloc: closes an object that is still open.  0: go on with the
 * deallocation; -1: the object was resurrected, return at once. */
int io_finalize(PyObject *self);

/* ---- FileIO ---- */

/* Closed?  `self` is a FileIO. */
int io_fileio_is_closed(PyObject *self);

/* FAST PATH of `raw.readinto` and `raw.write`: 1 if `raw` is an open FileIO
 * whose methods nobody replaced; then *fd is set. */
int io_fileio_find_fd(PyObject *raw, int writing, int *fd);

/* ---- fast paths between the types ---- */

/* Decodes with newline translation; `self` is an exact
 * IncrementalNewlineDecoder.  Runs Python (the inner decoder). */
PyObject *io_newline_decode(PyObject *self, PyObject *input, int final);

/* What ends lines: only "\n" if translated; "\n", "\r", "\r\n" if universal;
 * else the str `newline`, ASCII or not. */
typedef struct {
    int translated, universal;
    PyObject *newline;           /* borrowed */
} io_line_endings;

/* Where the next line ends in the characters of `kind` from start to end, or
 * -1.  *consumed is how much was looked at and need not be searched again. */
Py_ssize_t io_find_line_ending(const io_line_endings *endings, int kind,
                               const char *start, const char *end,
                               Py_ssize_t *consumed);

#endif
