/* Internal interface of the int type (Objects/long/).
 *
 * An int is a sign and a magnitude: |Py_SIZE| digits of 30 bits, least
 * significant first, no leading zero digits; zero has no digits.  An int of at
 * most one digit is called *compact*, one of at most two digits *short*: short
 * values fit an int64_t with room for one addition.  The values -5..256 exist
 * once, in _PyRuntime.small_ints; every function that makes an exact int
 * returns those for small values.
 *
 * Large operands are worked on in GMP's limbs (64 bits): limbs.c converts. */
#ifndef LUCID_INTERNAL_LONG_H
#define LUCID_INTERNAL_LONG_H

#include "Python.h"
#include "runtime.h"
#include "tiny.h"

#include <stdbool.h>
#include <stdint.h>

#define LONG_SMALL_MIN (-5)
#define LONG_SMALL_MAX 256

/* Limits of the conversion between decimal strings and ints: the default, and
 * the least limit that can be set (sys.int_info). */
#define LONG_MAX_STR_DIGITS_DEFAULT 4300
#define LONG_MAX_STR_DIGITS_THRESHOLD 640

/* Names of 3.11's sys module for the same. */
#ifndef _PY_LONG_DEFAULT_MAX_STR_DIGITS
#define _PY_LONG_DEFAULT_MAX_STR_DIGITS LONG_MAX_STR_DIGITS_DEFAULT
#define _PY_LONG_MAX_STR_DIGITS_THRESHOLD LONG_MAX_STR_DIGITS_THRESHOLD
#endif

/* Fills _PyRuntime.small_ints; the first thing a runtime does.  Idempotent. */
void long_init_small_ints(void);

/* Makes sys.int_info's type. */
int long_init(PyInterpreterState *interp);
void long_fini(PyInterpreterState *interp);

/* ---- access to small values ---- */

static inline bool
long_is_compact(const PyObject *op)
{
    return (size_t)(Py_SIZE(op) + 1) <= 2;
}

static inline bool
long_is_short(const PyObject *op)
{
    return (size_t)(Py_SIZE(op) + 2) <= 4;
}

/* The value of a compact int. */
static inline Py_ssize_t
long_compact_value(const PyObject *op)
{
    assert(long_is_compact(op));
    return Py_SIZE(op) * (Py_ssize_t)((const PyLongObject *)op)->ob_digit[0];
}

/* The value of a short int: |value| < 2**60. */
static inline int64_t
long_short_value(const PyObject *op)
{
    const digit *d = ((const PyLongObject *)op)->ob_digit;
    Py_ssize_t size = Py_SIZE(op);

    if ((size_t)(size + 1) <= 2) {
        return size * (int64_t)d[0];
    }
    int64_t magnitude = ((int64_t)d[1] << PyLong_SHIFT) | d[0];
    return size < 0 ? -magnitude : magnitude;
}

/* value in -5..256.  Borrowed. */
static inline PyObject *
long_peek_small(int64_t value)
{
    assert(value >= LONG_SMALL_MIN && value <= LONG_SMALL_MAX);
    return (PyObject *)&_PyRuntime.small_ints[value - LONG_SMALL_MIN];
}

static inline bool
long_is_small_value(int64_t value)
{
    return (uint64_t)(value - LONG_SMALL_MIN) <=
           (uint64_t)(LONG_SMALL_MAX - LONG_SMALL_MIN);
}

/* ---- allocation ---- */

/* Ints of one or two digits that were given back, linked through ob_type.
 * Shared by all interpreters: the GIL guards it. */
#define LONG_FREE_LIST_LIMIT TINY_OR(512, 1)
extern PyLongObject *long_free_list;
extern int long_free_list_len;
void long_clear_free_list(void);

/* Slow half of long_alloc_short.  Returns new with unset digits. */
PyLongObject *long_alloc_short_slow(void);

/* An int object with room for two digits; size and digits are unset. */
static inline PyLongObject *
long_alloc_short(void)
{
    PyLongObject *op = long_free_list;

    if (op == NULL) {
        return long_alloc_short_slow();
    }
    long_free_list = (PyLongObject *)Py_TYPE(op);
    long_free_list_len--;
    Py_SET_TYPE(op, &PyLong_Type);
    _Py_NewReference((PyObject *)op);
    return op;
}

/* Deallocates an exact int whose refcount has reached zero. */
void long_dealloc(PyObject *op);

/* ---- construction ---- */

/* |value| needs more than two digits, or memory ran out of the free list. */
PyObject *long_from_int64_slow(int64_t value);

/* Same as PyLong_FromLongLong. */
static inline PyObject *
long_from_int64(int64_t value)
{
    if (long_is_small_value(value)) {
        return Py_NewRef(long_peek_small(value));
    }
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (magnitude >> (2 * PyLong_SHIFT)) {
        return long_from_int64_slow(value);
    }
    PyLongObject *op = long_alloc_short();
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t size = magnitude >> PyLong_SHIFT ? 2 : 1;
    op->ob_digit[0] = (digit)(magnitude & PyLong_MASK);
    op->ob_digit[1] = (digit)(magnitude >> PyLong_SHIFT);
    Py_SET_SIZE(op, value < 0 ? -size : size);
    return (PyObject *)op;
}

/* Drops leading zero digits; a result in -5..256 is exchanged for the shared
 * object.  Steals op; NULL passes through. */
PyObject *long_normalize(PyLongObject *op);

/* ---- arithmetic on int objects (subclasses included), no type checks ---- */

PyObject *long_add(PyObject *left, PyObject *right);
PyObject *long_subtract(PyObject *left, PyObject *right);
PyObject *long_multiply(PyObject *left, PyObject *right);

/* Floor division and modulo; quotient and/or remainder may be NULL if not
 * wanted.  Raises ZeroDivisionError with the message. */
int long_divmod(PyObject *left, PyObject *right, PyObject **quotient,
                PyObject **remainder, const char *zero_message);
PyObject *long_negate(PyObject *op);

/* -1, 0 or 1.  Never fails. */
int long_compare(PyObject *left, PyObject *right);
bool long_equal(PyObject *left, PyObject *right);

/* Only an exact int is returned as it is, others are copied to an exact
 * int. */
PyObject *long_to_exact(PyObject *op);

/* Slots which other files of the type and the interpreter loop call. */
PyObject *long_power(PyObject *base, PyObject *exponent, PyObject *modulus);
Py_hash_t long_hash(PyObject *op);
PyObject *long_repr(PyObject *op);
PyObject *long_richcompare(PyObject *left, PyObject *right, int op);

/* left / right, correctly rounded. */
PyObject *long_true_divide(PyObject *left, PyObject *right);

/* Binary slots (with the checks that yield NotImplemented). */
PyObject *long_slot_floor_divide(PyObject *left, PyObject *right);
PyObject *long_slot_remainder(PyObject *left, PyObject *right);
PyObject *long_slot_divmod(PyObject *left, PyObject *right);
PyObject *long_slot_true_divide(PyObject *left, PyObject *right);
PyObject *long_slot_lshift(PyObject *left, PyObject *right);
PyObject *long_slot_rshift(PyObject *left, PyObject *right);
PyObject *long_slot_and(PyObject *left, PyObject *right);
PyObject *long_slot_or(PyObject *left, PyObject *right);
PyObject *long_slot_xor(PyObject *left, PyObject *right);
PyObject *long_slot_invert(PyObject *op);
PyObject *long_slot_add(PyObject *left, PyObject *right);
PyObject *long_slot_subtract(PyObject *left, PyObject *right);
PyObject *long_slot_multiply(PyObject *left, PyObject *right);
PyObject *long_absolute(PyObject *op);

/* floor(sqrt(op)), op >= 0. */
PyObject *long_isqrt(PyObject *op);

/* ---- limbs ---- */

/* The number of limbs that hold n digits. */
static inline Py_ssize_t
long_limbs_for_digits(Py_ssize_t n)
{
    return (Py_ssize_t)(((size_t)n * PyLong_SHIFT + 63) / 64);
}

/* Writes the magnitude of op; returns the number of limbs without leading
 * zeros.  `limbs` holds long_limbs_for_digits(|size|) entries. */
Py_ssize_t long_to_limbs(const PyLongObject *op, uint64_t *limbs);

/* A new int (exact, normalized) from a magnitude. */
PyObject *long_from_limbs(const uint64_t *limbs, Py_ssize_t n, bool negative);

/* ---- 3.11's private names, exported or used across the runtime ---- */
PyAPI_DATA(unsigned char) _PyLong_DigitValue[256];
PyAPI_FUNC(int) _PyLong_FormatWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                     int base, int alternate);
PyAPI_FUNC(char *) _PyLong_FormatBytesWriter(_PyBytesWriter *writer, char *str,
                                             PyObject *obj, int base,
                                             int alternate);
PyAPI_FUNC(int) _PyLong_FormatAdvancedWriter(_PyUnicodeWriter *writer,
                                             PyObject *obj,
                                             PyObject *format_spec,
                                             Py_ssize_t start, Py_ssize_t end);

#endif
