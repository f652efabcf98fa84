/* Algorithms on byte strings that bytes, bytearray and the text codecs share
 * (Objects/bytes_methods.c), and the internals of bytes and bytearray. */
#ifndef LUCID_INTERNAL_BYTES_H
#define LUCID_INTERNAL_BYTES_H

#include "Python.h"

#include <stdbool.h>

/* ---- searching: never fails, linear time ---- */

/* Index of the first/last occurrence of needle, -1 if absent.  An empty
 * needle is found at 0 (at n for the last). */
Py_ssize_t bytes_find_first(const char *text, Py_ssize_t n,
                            const char *needle, Py_ssize_t m);
Py_ssize_t bytes_find_last(const char *text, Py_ssize_t n,
                           const char *needle, Py_ssize_t m);

/* Non-overlapping occurrences, at most `limit`; an empty needle counts n+1. */
Py_ssize_t bytes_count_of(const char *text, Py_ssize_t n, const char *needle,
                          Py_ssize_t m, Py_ssize_t limit);

/* ---- methods of both types; `self` is bytes or bytearray ---- */

/* Makes an object of the type of a method's receiver from raw bytes. */
typedef PyObject *(*bytes_maker)(const char *data, Py_ssize_t n);

/* The receiver of a method that makes objects of the receiver's type. */
typedef struct {
    const char *data;
    Py_ssize_t n;
    PyObject *whole;     /* borrowed: the receiver if it is immutable and
                          * exact, so that an unchanged result can be the
                          * receiver itself; else NULL */
    bytes_maker make;
} bytes_receiver;

/* text[start:end] */
typedef struct {
    Py_ssize_t start, end;
} bytes_span;

/* What __bytes__() gives, new; NULL without an exception if there is none.
 * Runs Python. */
PyObject *bytes_from_method(PyObject *object);

PyObject *bytes_method_find(const char *text, Py_ssize_t n, PyObject *args);
PyObject *bytes_method_index(const char *text, Py_ssize_t n, PyObject *args);
PyObject *bytes_method_rfind(const char *text, Py_ssize_t n, PyObject *args);
PyObject *bytes_method_rindex(const char *text, Py_ssize_t n, PyObject *args);
PyObject *bytes_method_count(const char *text, Py_ssize_t n, PyObject *args);
PyObject *bytes_method_startswith(const char *text, Py_ssize_t n,
                                  PyObject *args);
PyObject *bytes_method_endswith(const char *text, Py_ssize_t n,
                                PyObject *args);
/* `item in text`: 1/0/-1. */
int bytes_contains(const char *text, Py_ssize_t n, PyObject *item);

PyObject *bytes_is_space(const char *text, Py_ssize_t n);
PyObject *bytes_is_alpha(const char *text, Py_ssize_t n);
PyObject *bytes_is_alnum(const char *text, Py_ssize_t n);
PyObject *bytes_is_ascii(const char *text, Py_ssize_t n);
PyObject *bytes_is_digit(const char *text, Py_ssize_t n);
PyObject *bytes_is_lower(const char *text, Py_ssize_t n);
PyObject *bytes_is_upper(const char *text, Py_ssize_t n);
PyObject *bytes_is_title(const char *text, Py_ssize_t n);
void bytes_to_lower(char *result, const char *text, Py_ssize_t n);
void bytes_to_upper(char *result, const char *text, Py_ssize_t n);
void bytes_to_title(char *result, const char *text, Py_ssize_t n);
void bytes_to_capitalized(char *result, const char *text, Py_ssize_t n);
void bytes_to_swapped_case(char *result, const char *text, Py_ssize_t n);

PyObject *bytes_split(const bytes_receiver *self, PyObject *sep,
                      Py_ssize_t maxsplit);
PyObject *bytes_rsplit(const bytes_receiver *self, PyObject *sep,
                       Py_ssize_t maxsplit);
PyObject *bytes_splitlines(const bytes_receiver *self, int keepends);
PyObject *bytes_partition(const bytes_receiver *self, PyObject *sep,
                          bool from_right);
PyObject *bytes_expand_tabs(const char *text, Py_ssize_t n, int tabsize,
                            bytes_maker make);
PyObject *bytes_replace(const bytes_receiver *self, const Py_buffer *old,
                        const Py_buffer *with, Py_ssize_t count);
PyObject *bytes_pad(const bytes_receiver *self, Py_ssize_t left,
                    Py_ssize_t right, char fill);
PyObject *bytes_zfill(const bytes_receiver *self, Py_ssize_t width);
PyObject *bytes_translate(const bytes_receiver *self, PyObject *table,
                          PyObject *deletechars);
PyObject *bytes_join(PyObject *separator, const char *sep, Py_ssize_t sep_len,
                     PyObject *iterable, bytes_maker make);
/* bytes.maketrans. */
PyObject *bytes_maketrans(PyObject *from, PyObject *to);
/* What strip/lstrip/rstrip leave; sides: 1 left, 2 right, 3 both.  Never
 * fails. */
bytes_span bytes_strip_bounds(const char *text, Py_ssize_t n,
                              const char *chars, Py_ssize_t nchars, int sides);

/* The text of repr(): prefix b'...' with the quote that needs least escapes.
 * `before`/`after` (may be "") surround it. */
PyObject *bytes_repr_of(const char *text, Py_ssize_t n, const char *before,
                        const char *after, bool smart_quotes);

/* A single byte from an int or a one-byte object; raises TypeError or
 * ValueError as item assignment does.  -1 on failure, 1 on success. */
int bytes_byte_from(PyObject *value, int *byte);

/* ---- 3.11's private names ---- */
PyAPI_DATA(char) _PyByteArray_empty_string[];
PyAPI_FUNC(Py_ssize_t) _PyBytes_Find(const char *haystack,
                                     Py_ssize_t len_haystack,
                                     const char *needle,
                                     Py_ssize_t len_needle, Py_ssize_t offset);
PyAPI_FUNC(Py_ssize_t) _PyBytes_ReverseFind(const char *haystack,
                                            Py_ssize_t len_haystack,
                                            const char *needle,
                                            Py_ssize_t len_needle,
                                            Py_ssize_t offset);
PyAPI_FUNC(void) _PyBytes_Repeat(char *dest, Py_ssize_t len_dest,
                                 const char *src, Py_ssize_t len_src);

/* The empty bytes object.  Borrowed. */
PyObject *bytes_peek_empty(void);

int bytes_init(PyInterpreterState *interp);
void bytes_fini(PyInterpreterState *interp);

/* ---- hexadecimal (Python/pystrhex.c) ---- */
PyAPI_FUNC(PyObject *) _Py_strhex(const char *argbuf, const Py_ssize_t arglen);
PyAPI_FUNC(PyObject *) _Py_strhex_bytes(const char *argbuf,
                                        const Py_ssize_t arglen);
PyAPI_FUNC(PyObject *) _Py_strhex_with_sep(const char *argbuf,
                                           const Py_ssize_t arglen,
                                           PyObject *sep,
                                           const int bytes_per_group);
PyAPI_FUNC(PyObject *) _Py_strhex_bytes_with_sep(const char *argbuf,
                                                 const Py_ssize_t arglen,
                                                 PyObject *sep,
                                                 const int bytes_per_group);

#endif
