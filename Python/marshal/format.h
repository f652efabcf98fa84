/* Type codes of the marshal format; a code with REF_FLAG enters its object
 * into the table that later REF entries name by index. */
#ifndef LUCID_MARSHAL_FORMAT_H
#define LUCID_MARSHAL_FORMAT_H

#include "Python.h"

#define REF_FLAG 0x80
#define DEPTH_MAX 2000          /* nesting of objects, against C recursion */
#define LONG_SHIFT 15           /* bits a digit of an int in the format */
#define LONG_BASE (1 << LONG_SHIFT)
#define LONG_MASK (LONG_BASE - 1)
#define LONG_RATIO (PyLong_SHIFT / LONG_SHIFT)

enum marshal_type {
    TYPE_NULL = '0',
    TYPE_NONE = 'N',
    TYPE_FALSE = 'F',
    TYPE_TRUE = 'T',
    TYPE_STOPITER = 'S',
    TYPE_ELLIPSIS = '.',
    TYPE_INT = 'i',
    TYPE_INT64 = 'I',
    TYPE_FLOAT = 'f',
    TYPE_BINARY_FLOAT = 'g',
    TYPE_COMPLEX = 'x',
    TYPE_BINARY_COMPLEX = 'y',
    TYPE_LONG = 'l',
    TYPE_STRING = 's',
    TYPE_INTERNED = 't',
    TYPE_REF = 'r',
    TYPE_TUPLE = '(',
    TYPE_LIST = '[',
    TYPE_DICT = '{',
    TYPE_CODE = 'c',
    TYPE_UNICODE = 'u',
    TYPE_UNKNOWN = '?',
    TYPE_SET = '<',
    TYPE_FROZENSET = '>',
    TYPE_ASCII = 'a',
    TYPE_ASCII_INTERNED = 'A',
    TYPE_SMALL_TUPLE = ')',
    TYPE_SHORT_ASCII = 'z',
    TYPE_SHORT_ASCII_INTERNED = 'Z',
};

/* write.c: the object as bytes, without an audit event.  Returns new. */
PyObject *marshal_write_bytes(PyObject *value, int version);
/* The same to a file; errors are left as an exception. */
void marshal_write_file(PyObject *value, FILE *file, int version);

/* read.c: from a file, or from an object with readinto().  Returns new. */
PyObject *marshal_read_file(FILE *file);
PyObject *marshal_read_stream(PyObject *stream);
/* Integers as PyMarshal_ReadLongFromFile has them. */
long marshal_read_long(FILE *file);
int marshal_read_short(FILE *file);

#endif
