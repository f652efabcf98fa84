/* Ints from and to C integers, doubles and byte arrays. */
#include "Python.h"

#include "long.h"
#include "names.h"

#include <float.h>
#include <limits.h>
#include <math.h>

/* ---- from C ---- */

PyObject *
PyLong_FromLong(long value)
{
    return long_from_int64(value);
}

PyObject *
PyLong_FromLongLong(long long value)
{
    return long_from_int64(value);
}

PyObject *
PyLong_FromSsize_t(Py_ssize_t value)
{
    return long_from_int64(value);
}

static PyObject *
long_from_uint64(uint64_t value)
{
    if (value <= INT64_MAX) {
        return long_from_int64((int64_t)value);
    }
    PyLongObject *op = _PyLong_New(3);

    if (op == NULL) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        op->ob_digit[i] = (digit)(value & PyLong_MASK);
        value >>= PyLong_SHIFT;
    }
    return (PyObject *)op;
}

PyObject *
PyLong_FromUnsignedLong(unsigned long value)
{
    return long_from_uint64(value);
}

PyObject *
PyLong_FromUnsignedLongLong(unsigned long long value)
{
    return long_from_uint64(value);
}

PyObject *
PyLong_FromSize_t(size_t value)
{
    return long_from_uint64(value);
}

PyObject *
PyLong_FromVoidPtr(void *p)
{
    return long_from_uint64((uintptr_t)p);
}

PyObject *
PyLong_FromDouble(double value)
{
    int exponent;

    if (value > -9.2e18 && value < 9.2e18) {
        return long_from_int64((int64_t)value);
    }
    if (isinf(value)) {
        PyErr_SetString(PyExc_OverflowError,
                        "cannot convert float infinity to integer");
        return NULL;
    }
    if (isnan(value)) {
        PyErr_SetString(PyExc_ValueError,
                        "cannot convert float NaN to integer");
        return NULL;
    }
    /* |value| = fraction * 2**exponent, 1/2 <= fraction < 1 */
    double fraction = frexp(fabs(value), &exponent);
    Py_ssize_t n = (exponent - 1) / PyLong_SHIFT + 1;
    PyLongObject *op = _PyLong_New(n);

    if (op == NULL) {
        return NULL;
    }
    fraction = ldexp(fraction, (exponent - 1) % PyLong_SHIFT + 1);
    for (Py_ssize_t i = n; --i >= 0;) {
        digit part = (digit)fraction;

        op->ob_digit[i] = part;
        fraction = ldexp(fraction - part, PyLong_SHIFT);
    }
    Py_SET_SIZE(op, value < 0 ? -n : n);
    return (PyObject *)op;
}

/* ---- to C ---- */

/* Magnitude of op modulo 2**64; *fits is cleared if bits were lost. */
static uint64_t
long_magnitude(const PyLongObject *op, bool *fits)
{
    Py_ssize_t n = Py_ABS(Py_SIZE(op));
    uint64_t value = 0;

    *fits = n < 3 || (n == 3 && op->ob_digit[2] < 16);
    for (Py_ssize_t i = n < 3 ? n : 3; --i >= 0;) {
        value = (value << PyLong_SHIFT) | op->ob_digit[i];
    }
    return value;
}

/* *overflow: 0, or the sign of a value outside int64_t (result -1). */
static int64_t
long_as_int64_and_overflow(const PyLongObject *op, int *overflow)
{
    bool fits;

    *overflow = 0;
    if (long_is_short((const PyObject *)op)) {
        return long_short_value((const PyObject *)op);
    }
    uint64_t magnitude = long_magnitude(op, &fits);
    if (fits && magnitude <= INT64_MAX) {
        return Py_SIZE(op) < 0 ? -(int64_t)magnitude : (int64_t)magnitude;
    }
    if (fits && Py_SIZE(op) < 0 && magnitude == (uint64_t)1 << 63) {
        return INT64_MIN;
    }
    *overflow = Py_SIZE(op) < 0 ? -1 : 1;
    return -1;
}

/* The int that op is or that its __index__ gives.  Returns new.  Runs
 * Python. */
static PyLongObject *
long_from_index(PyObject *op)
{
    if (op == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyLong_Check(op)) {
        return (PyLongObject *)Py_NewRef(op);
    }
    return (PyLongObject *)_PyNumber_Index(op);
}

long long
PyLong_AsLongLongAndOverflow(PyObject *op, int *overflow)
{
    *overflow = 0;
    if (op != NULL && PyLong_Check(op)) {
        return long_as_int64_and_overflow((PyLongObject *)op, overflow);
    }
    PyLongObject *value = long_from_index(op);                  /* owned */
    if (value == NULL) {
        return -1;
    }
    long long result = long_as_int64_and_overflow(value, overflow);
    Py_DECREF(value);
    return result;
}

long
PyLong_AsLongAndOverflow(PyObject *op, int *overflow)
{
    return (long)PyLong_AsLongLongAndOverflow(op, overflow);
}

long
PyLong_AsLong(PyObject *op)
{
    int overflow;
    long result = PyLong_AsLongAndOverflow(op, &overflow);

    if (overflow) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C long");
    }
    return result;
}

int
_PyLong_AsInt(PyObject *op)
{
    int overflow;
    long result = PyLong_AsLongAndOverflow(op, &overflow);

    if (overflow || result > INT_MAX || result < INT_MIN) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C int");
        return -1;
    }
    return (int)result;
}

long long
PyLong_AsLongLong(PyObject *op)
{
    int overflow;
    long long result = PyLong_AsLongLongAndOverflow(op, &overflow);

    if (overflow) {
        PyErr_SetString(PyExc_OverflowError, "int too big to convert");
    }
    return result;
}

static bool
long_require_int(PyObject *op)
{
    if (op == NULL) {
        PyErr_BadInternalCall();
        return false;
    }
    if (!PyLong_Check(op)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return false;
    }
    return true;
}

Py_ssize_t
PyLong_AsSsize_t(PyObject *op)
{
    int overflow;

    if (!long_require_int(op)) {
        return -1;
    }
    Py_ssize_t result = long_as_int64_and_overflow((PyLongObject *)op,
                                                   &overflow);
    if (overflow) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C ssize_t");
    }
    return result;
}

/* (uint64_t)-1 with OverflowError for what is negative or too large. */
static uint64_t
long_as_uint64(PyObject *op, const char *negative, const char *too_large)
{
    bool fits;

    if (!long_require_int(op)) {
        return (uint64_t)-1;
    }
    if (Py_SIZE(op) < 0) {
        PyErr_SetString(PyExc_OverflowError, negative);
        return (uint64_t)-1;
    }
    uint64_t value = long_magnitude((PyLongObject *)op, &fits);
    if (!fits) {
        PyErr_SetString(PyExc_OverflowError, too_large);
        return (uint64_t)-1;
    }
    return value;
}

unsigned long
PyLong_AsUnsignedLong(PyObject *op)
{
    return long_as_uint64(
        op, "can't convert negative value to unsigned int",
        "Python int too large to convert to C unsigned long");
}

size_t
PyLong_AsSize_t(PyObject *op)
{
    return long_as_uint64(op, "can't convert negative value to size_t",
                          "Python int too large to convert to C size_t");
}

unsigned long long
PyLong_AsUnsignedLongLong(PyObject *op)
{
    return long_as_uint64(op, "can't convert negative int to unsigned",
                          "int too big to convert");
}

unsigned long long
PyLong_AsUnsignedLongLongMask(PyObject *op)
{
    bool fits;
    PyLongObject *value = long_from_index(op);                  /* owned */

    if (value == NULL) {
        return (unsigned long long)-1;
    }
    uint64_t result = long_magnitude(value, &fits);
    if (Py_SIZE(value) < 0) {
        result = 0 - result;
    }
    Py_DECREF(value);
    return result;
}

unsigned long
PyLong_AsUnsignedLongMask(PyObject *op)
{
    return PyLong_AsUnsignedLongLongMask(op);
}

void *
PyLong_AsVoidPtr(PyObject *op)
{
    int overflow;

    if (!long_require_int(op)) {
        return NULL;
    }
    int64_t value = long_as_int64_and_overflow((PyLongObject *)op, &overflow);
    if (!overflow) {
        return (void *)(intptr_t)value;
    }
    if (overflow < 0) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C long");
        return NULL;
    }
    uint64_t bits = PyLong_AsUnsignedLong(op);
    return PyErr_Occurred() ? NULL : (void *)(uintptr_t)bits;
}

/* ---- converters for "O&" ---- */

static int
long_convert_unsigned(PyObject *op, uint64_t limit, const char *too_large,
                      uint64_t *result)
{
    if (PyLong_Check(op) && Py_SIZE(op) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        return 0;
    }
    *result = PyLong_AsUnsignedLongLong(op);
    if (*result == (uint64_t)-1 && PyErr_Occurred()) {
        if (too_large == NULL ||
            !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return 0;
        }
        PyErr_SetString(PyExc_OverflowError, too_large);
        return 0;
    }
    if (*result > limit) {
        PyErr_SetString(PyExc_OverflowError, too_large);
        return 0;
    }
    return 1;
}

int
_PyLong_UnsignedShort_Converter(PyObject *op, void *p)
{
    uint64_t value;

    if (!long_convert_unsigned(op, USHRT_MAX,
                               "Python int too large for C unsigned short",
                               &value)) {
        return 0;
    }
    *(unsigned short *)p = (unsigned short)value;
    return 1;
}

int
_PyLong_UnsignedInt_Converter(PyObject *op, void *p)
{
    uint64_t value;

    if (!long_convert_unsigned(op, UINT_MAX,
                               "Python int too large for C unsigned int",
                               &value)) {
        return 0;
    }
    *(unsigned int *)p = (unsigned int)value;
    return 1;
}

int
_PyLong_UnsignedLong_Converter(PyObject *op, void *p)
{
    uint64_t value;

    if (!long_convert_unsigned(
            op, ULONG_MAX,
            "Python int too large to convert to C unsigned long", &value)) {
        return 0;
    }
    *(unsigned long *)p = value;
    return 1;
}

int
_PyLong_UnsignedLongLong_Converter(PyObject *op, void *p)
{
    uint64_t value;

    if (!long_convert_unsigned(op, ULLONG_MAX, NULL, &value)) {
        return 0;
    }
    *(unsigned long long *)p = value;
    return 1;
}

int
_PyLong_Size_t_Converter(PyObject *op, void *p)
{
    uint64_t value;

    if (!long_convert_unsigned(op, SIZE_MAX,
                               "Python int too large to convert to C size_t",
                               &value)) {
        return 0;
    }
    *(size_t *)p = value;
    return 1;
}

/* ---- sign, bits ---- */

int
_PyLong_Sign(PyObject *op)
{
    assert(op != NULL && PyLong_Check(op));
    return (Py_SIZE(op) > 0) - (Py_SIZE(op) < 0);
}

static inline int
bits_of_digit(digit d)
{
    return d == 0 ? 0 : 32 - __builtin_clz(d);
}

size_t
_PyLong_NumBits(PyObject *op)
{
    size_t n = (size_t)Py_ABS(Py_SIZE(op));

    if (n == 0) {
        return 0;
    }
    size_t top = (size_t)bits_of_digit(((PyLongObject *)op)->ob_digit[n - 1]);
    if (n - 1 > (SIZE_MAX - top) / PyLong_SHIFT) {
        PyErr_SetString(PyExc_OverflowError,
                        "int has too many bits to express in a platform "
                        "size_t");
        return (size_t)-1;
    }
    return (n - 1) * PyLong_SHIFT + top;
}

/* ---- byte arrays ---- */

PyObject *
_PyLong_FromByteArray(const unsigned char *bytes, size_t n, int little_endian,
                      int is_signed)
{
    if (n == 0) {
        return long_from_int64(0);
    }
    /* bytes[start], bytes[start+step], ... in rising significance */
    Py_ssize_t step = little_endian ? 1 : -1;
    const unsigned char *low = little_endian ? bytes : bytes + n - 1;
    const unsigned char *high = little_endian ? bytes + n - 1 : bytes;
    bool negative = is_signed && (*high & 0x80);
    unsigned char filler = negative ? 0xff : 0;
    size_t used = n;

    while (used > 0 && *high == filler) {
        high -= step;
        used--;
    }
    if (negative && used < n) {
        used++;                   /* the two's complement needs its sign bit */
    }
    if (used > ((size_t)PY_SSIZE_T_MAX - PyLong_SHIFT) / 8) {
        PyErr_SetString(PyExc_OverflowError,
                        "byte array too long to convert to int");
        return NULL;
    }
    Py_ssize_t digits = (Py_ssize_t)((used * 8 + PyLong_SHIFT - 1) /
                                     PyLong_SHIFT);
    PyLongObject *op = _PyLong_New(digits);
    if (op == NULL) {
        return NULL;
    }
    uint64_t pending = 0, carry = 1;
    int pending_bits = 0;
    Py_ssize_t at = 0;

    for (size_t i = 0; i < used; i++, low += step) {
        uint64_t byte = *low;

        if (negative) {
            byte = (0xff ^ byte) + carry;
            carry = byte >> 8;
            byte &= 0xff;
        }
        pending |= byte << pending_bits;
        pending_bits += 8;
        if (pending_bits >= PyLong_SHIFT) {
            op->ob_digit[at++] = (digit)(pending & PyLong_MASK);
            pending >>= PyLong_SHIFT;
            pending_bits -= PyLong_SHIFT;
        }
    }
    if (pending_bits > 0 && at < digits) {
        op->ob_digit[at++] = (digit)pending;
    }
    while (at < digits) {
        op->ob_digit[at++] = 0;
    }
    if (negative) {
        Py_SET_SIZE(op, -Py_SIZE(op));
    }
    return long_normalize(op);
}

int
_PyLong_AsByteArray(PyLongObject *op, unsigned char *bytes, size_t n,
                    int little_endian, int is_signed)
{
    Py_ssize_t digits = Py_ABS(Py_SIZE(op));
    bool negative = Py_SIZE(op) < 0;

    if (negative && !is_signed) {
        PyErr_SetString(PyExc_OverflowError,
                        "can't convert negative int to unsigned");
        return -1;
    }
    Py_ssize_t step = little_endian ? 1 : -1;
    unsigned char *out = little_endian ? bytes : bytes + n - (n > 0);
    uint64_t pending = 0;
    digit carry = 1;
    int pending_bits = 0;
    size_t written = 0;
    unsigned char last = 0;

    for (Py_ssize_t i = 0; i < digits; i++) {
        digit d = op->ob_digit[i];

        if (negative) {
            d = (d ^ PyLong_MASK) + carry;
            carry = d >> PyLong_SHIFT;
            d &= PyLong_MASK;
        }
        pending |= (uint64_t)d << pending_bits;
        if (i == digits - 1) {
            /* Only the significant bits of the highest digit. */
            digit s = negative ? d ^ PyLong_MASK : d;
            pending_bits += bits_of_digit(s);
        }
        else {
            pending_bits += PyLong_SHIFT;
        }
        while (pending_bits >= 8) {
            if (written >= n) {
                goto overflow;
            }
            last = (unsigned char)pending;
            *out = last;
            out += step;
            written++;
            pending >>= 8;
            pending_bits -= 8;
        }
    }
    if (pending_bits > 0) {
        if (written >= n) {
            goto overflow;
        }
        last = (unsigned char)pending;
        if (negative) {
            last |= (unsigned char)(0xffu << pending_bits);
        }
        *out = last;
        out += step;
        written++;
    }
    else if (written == n && n > 0 && is_signed) {
        /* The last byte must carry the sign. */
        if ((last >= 0x80) == negative) {
            return 0;
        }
        goto overflow;
    }
    if (written == n && is_signed && n > 0 && (last >= 0x80) != negative) {
        goto overflow;
    }
    for (; written < n; written++, out += step) {
        *out = negative ? 0xff : 0;
    }
    return 0;

overflow:
    PyErr_SetString(PyExc_OverflowError, "int too big to convert");
    return -1;
}

/* ---- doubles ---- */

/* x = result * 2**exponent, 1/2 <= |result| < 1, rounded half to even. */
double
_PyLong_Frexp(PyLongObject *op, Py_ssize_t *exponent)
{
    Py_ssize_t n = Py_ABS(Py_SIZE(op));

    if (n == 0) {
        *exponent = 0;
        return 0.0;
    }
    int top = bits_of_digit(op->ob_digit[n - 1]);
    if (n - 1 > (PY_SSIZE_T_MAX - top) / PyLong_SHIFT) {
        PyErr_SetString(PyExc_OverflowError,
                        "huge integer: number of bits overflows a Py_ssize_t");
        *exponent = 0;
        return -1.0;
    }
    Py_ssize_t bits = (n - 1) * PyLong_SHIFT + top;
    /* The highest 62 bits (fewer: shifted up), the rest as a sticky bit. */
    uint64_t high = 0;
    int have = 0;
    Py_ssize_t i = n;
    bool sticky = false;

    while (i > 0 && have < 62) {
        int width = i == n ? top : PyLong_SHIFT;
        digit d = op->ob_digit[--i];

        if (have + width <= 62) {
            high = (high << width) | d;
            have += width;
        }
        else {
            int take = 62 - have, rest = width - take;

            high = (high << take) | (d >> rest);
            sticky = (d & (((digit)1 << rest) - 1)) != 0;
            have = 62;
        }
    }
    while (!sticky && i > 0) {
        sticky = op->ob_digit[--i] != 0;
    }
    high <<= 62 - have;
    high |= sticky;
    /* To 53 bits: 9 bits go. */
    uint64_t low = high & 0x1ff;
    high &= ~(uint64_t)0x1ff;
    if (low > 0x100 || (low == 0x100 && (high & 0x200))) {
        high += 0x200;
    }
    double result = ldexp((double)high, -62);
    if (result == 1.0) {
        result = 0.5;
        if (bits == PY_SSIZE_T_MAX) {
            PyErr_SetString(PyExc_OverflowError,
                            "huge integer: number of bits overflows a "
                            "Py_ssize_t");
            *exponent = 0;
            return -1.0;
        }
        bits++;
    }
    *exponent = bits;
    return Py_SIZE(op) < 0 ? -result : result;
}

double
PyLong_AsDouble(PyObject *op)
{
    Py_ssize_t exponent;

    if (op == NULL) {
        PyErr_BadInternalCall();
        return -1.0;
    }
    if (!PyLong_Check(op)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return -1.0;
    }
    if (long_is_short(op)) {
        return (double)long_short_value(op);
    }
    double fraction = _PyLong_Frexp((PyLongObject *)op, &exponent);
    if ((fraction == -1.0 && PyErr_Occurred()) || exponent > DBL_MAX_EXP) {
        PyErr_SetString(PyExc_OverflowError,
                        "int too large to convert to float");
        return -1.0;
    }
    return ldexp(fraction, (int)exponent);
}
