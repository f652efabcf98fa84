/* Internal interface of float, complex and of the conversion between doubles
 * and text (Objects/floatobject.c, Python/pystrtod.c, Python/dtoa.c). */
/* The C library's header of the same name, which this one hides: */
#include_next <float.h>

#ifndef LUCID_INTERNAL_FLOAT_H
#define LUCID_INTERNAL_FLOAT_H

#include "Python.h"
#include "tiny.h"

#include <stdint.h>

/* Freed floats, linked through ob_type; the GIL guards the list. */
#define FLOAT_FREE_LIST_LIMIT TINY_OR(256, 1)
extern PyFloatObject *float_free_list;
extern int float_free_list_len;

int float_init(PyInterpreterState *interp);
void float_fini(PyInterpreterState *interp);
void float_clear_free_list(void);

PyObject *float_new_slow(double value);

/* Same as PyFloat_FromDouble. */
static inline PyObject *
float_from_double(double value)
{
    PyFloatObject *op = float_free_list;

    if (op == NULL) {
        return float_new_slow(value);
    }
    float_free_list = (PyFloatObject *)Py_TYPE(op);
    float_free_list_len--;
    Py_SET_TYPE(op, &PyFloat_Type);
    op->ob_fval = value;
    _Py_NewReference((PyObject *)op);
    return (PyObject *)op;
}

/* Deallocates a float (subclass instances included). */
void float_dealloc(PyObject *op);

PyObject *float_richcompare(PyObject *left, PyObject *right, int op);

/* Python's % and // of doubles, right != 0. */
double float_modulo(double left, double right);
double float_floor_divide(double left, double right);

/* The shortest decimal that reads back as `value` (finite, positive), and of
 * those the nearest: digits without trailing zeros (at least one), no NUL
 * needed beyond the count returned.  value = 0.DIGITS * 10**decpt. */
#define FLOAT_SHORTEST_SIZE 24
int float_shortest_digits(double value, char *digits, int *decpt);

/* repr() of a double, without a NUL: returns the number of characters. */
#define FLOAT_REPR_SIZE 32
int float_write_repr(double value, char *buffer);

/* 10**k = significand * 2**(floor(log2(10**k)) - 127), rounded up to 128
 * bits; -348 <= k <= 347.  Row k is at index k + 348. */
#define POW10_MIN (-348)
#define POW10_MAX 347
typedef struct {
    uint64_t high;
    uint64_t low;
} pow10_row;
extern const pow10_row pow10_table[POW10_MAX - POW10_MIN + 1];

/* 3.11's private names. */
PyAPI_FUNC(double) _Py_dg_strtod(const char *str, char **ptr);
PyAPI_FUNC(char *) _Py_dg_dtoa(double d, int mode, int ndigits, int *decpt,
                               int *sign, char **rve);
PyAPI_FUNC(void) _Py_dg_freedtoa(char *s);
PyAPI_FUNC(double) _Py_dg_stdnan(int sign);
PyAPI_FUNC(double) _Py_dg_infinity(int sign);
PyAPI_FUNC(void) _PyFloat_DebugMallocStats(FILE *out);
PyAPI_FUNC(int) _PyFloat_FormatAdvancedWriter(_PyUnicodeWriter *writer,
                                              PyObject *obj,
                                              PyObject *format_spec,
                                              Py_ssize_t start,
                                              Py_ssize_t end);
PyAPI_FUNC(int) _PyComplex_FormatAdvancedWriter(_PyUnicodeWriter *writer,
                                                PyObject *obj,
                                                PyObject *format_spec,
                                                Py_ssize_t start,
                                                Py_ssize_t end);

#endif
