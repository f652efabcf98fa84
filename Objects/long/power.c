/* pow, gcd, true division, integer square root, and the rounding division. */
#include "Python.h"

#include "float.h"
#include "limbs.h"
#include "long.h"

#include <float.h>
#include <limits.h>
#include <math.h>

/* ---- pow ---- */

/* base**exponent modulo modulus for 0 <= base < modulus < 2**60. */
static uint64_t
power_short_modulus(uint64_t base, uint64_t exponent, uint64_t modulus)
{
    uint64_t power = 1 % modulus;

    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            power = (uint64_t)((unsigned __int128)power * base % modulus);
        }
        base = (uint64_t)((unsigned __int128)base * base % modulus);
    }
    return power;
}

/* pow(base, exponent, modulus) for modulus > 0. */
static PyObject *
power_positive_modulus(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    PyObject *reduced = NULL, *start = NULL, *positive = NULL;  /* owned */
    PyObject *result = NULL;

    if (long_equal(modulus, long_peek_small(1))) {
        return long_from_int64(0);
    }
    if (Py_SIZE(exponent) < 0) {
        positive = long_negate(exponent);
        start = limbs_invert((PyLongObject *)base, (PyLongObject *)modulus);
        if (start == NULL) {
            goto done;
        }
    }
    else {
        positive = Py_NewRef(exponent);
        start = Py_NewRef(base);
    }
    if (positive == NULL) {
        goto done;
    }
    if (Py_SIZE(start) < 0 || long_compare(start, modulus) >= 0) {
        if (long_divmod(start, modulus, NULL, &reduced, "") < 0) {
            goto done;
        }
    }
    else {
        reduced = Py_NewRef(start);
    }
    if (long_is_short(modulus) && long_is_short(positive)) {
        result = long_from_int64((int64_t)power_short_modulus(
            (uint64_t)long_short_value(reduced),
            (uint64_t)long_short_value(positive),
            (uint64_t)long_short_value(modulus)));
        goto done;
    }
    result = limbs_powm((PyLongObject *)reduced, (PyLongObject *)positive,
                        (PyLongObject *)modulus);
done:
    Py_XDECREF(reduced);
    Py_XDECREF(start);
    Py_XDECREF(positive);
    return result;
}

static PyObject *
power_modulo(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    if (Py_SIZE(modulus) == 0) {
        PyErr_SetString(PyExc_ValueError, "pow() 3rd argument cannot be 0");
        return NULL;
    }
    if (Py_SIZE(modulus) > 0) {
        return power_positive_modulus(base, exponent, modulus);
    }
    PyObject *positive = long_negate(modulus);                  /* owned */
    if (positive == NULL) {
        return NULL;
    }
    PyObject *result = power_positive_modulus(base, exponent, positive);
    Py_DECREF(positive);
    if (result != NULL && Py_SIZE(result) != 0) {
        PyObject *shifted = long_add(result, modulus);

        Py_SETREF(result, shifted);
    }
    return result;
}

/* 1 and *result set if base**exponent fits 60 bits. */
static bool
power_fits(int64_t base, uint64_t exponent, int64_t *result)
{
    int64_t power = 1;
    const int64_t limit = (int64_t)1 << 60;

    while (true) {
        if (exponent & 1) {
            if (__builtin_mul_overflow(power, base, &power) ||
                power >= limit || power <= -limit) {
                return false;
            }
        }
        exponent >>= 1;
        if (exponent == 0) {
            *result = power;
            return true;
        }
        if (__builtin_mul_overflow(base, base, &base) || base >= limit) {
            return false;
        }
    }
}

/* base**exponent for exponent >= 0. */
static PyObject *
power_natural(PyObject *base, PyObject *exponent)
{
    int64_t value;

    if (long_is_compact(base) && Py_ABS(long_compact_value(base)) <= 1) {
        Py_ssize_t b = long_compact_value(base);

        if (Py_SIZE(exponent) == 0) {
            return long_from_int64(1);
        }
        bool odd = ((PyLongObject *)exponent)->ob_digit[0] & 1;
        return long_from_int64(b < 0 && !odd ? 1 : b);
    }
    if (!long_is_short(exponent)) {
        return PyErr_NoMemory();
    }
    uint64_t n = (uint64_t)long_short_value(exponent);
    if (n == 0) {
        return long_from_int64(1);
    }
    if (long_is_short(base)) {
        int64_t b = long_short_value(base);
        uint64_t magnitude = (uint64_t)Py_ABS(b);

        if (power_fits(b, n, &value)) {
            return long_from_int64(value);
        }
        if ((magnitude & (magnitude - 1)) == 0 && n < (uint64_t)1 << 50) {
            size_t shift = (size_t)__builtin_ctzll(magnitude) * n;

            return _PyLong_Lshift(long_peek_small(b < 0 && n & 1 ? -1 : 1),
                                  shift);
        }
    }
    return limbs_power((PyLongObject *)base, n, Py_SIZE(base) < 0 && n & 1);
}

PyObject *
long_power(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    if (!PyLong_Check(base) || !PyLong_Check(exponent)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyLong_Check(modulus)) {
        return power_modulo(base, exponent, modulus);
    }
    if (modulus != Py_None) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (Py_SIZE(exponent) < 0) {
        return PyFloat_Type.tp_as_number->nb_power(base, exponent, modulus);
    }
    return power_natural(base, exponent);
}

/* ---- gcd ---- */

PyObject *
_PyLong_GCD(PyObject *a, PyObject *b)
{
    if (long_is_short(a) && long_is_short(b)) {
        int64_t x = Py_ABS(long_short_value(a));
        int64_t y = Py_ABS(long_short_value(b));

        while (y != 0) {
            int64_t rest = x % y;

            x = y;
            y = rest;
        }
        return long_from_int64(x);
    }
    return limbs_gcd((PyLongObject *)a, (PyLongObject *)b);
}

/* ---- integer square root ---- */

PyObject *
long_isqrt(PyObject *op)
{
    assert(Py_SIZE(op) >= 0);
    if (long_is_short(op)) {
        int64_t value = long_short_value(op);
        int64_t root = (int64_t)sqrt((double)value);

        while (root * root > value) {
            root--;
        }
        while ((root + 1) * (root + 1) <= value) {
            root++;
        }
        return long_from_int64(root);
    }
    return limbs_isqrt((PyLongObject *)op);
}

/* ---- true division ---- */

#define EXACT_DOUBLE_LIMIT ((int64_t)1 << DBL_MANT_DIG)

/* The quotient |left| * 2**-shift / |right|, truncated to at most 56 bits,
 * with *inexact set if anything was cut off. */
static int
scaled_quotient(PyObject *left, PyObject *right, Py_ssize_t shift,
                uint64_t *quotient, bool *inexact)
{
    PyObject *x = long_absolute(left), *y = long_absolute(right); /* owned */
    PyObject *scaled = NULL, *q = NULL, *r = NULL;                /* owned */
    int status = -1;

    if (x == NULL || y == NULL) {
        goto done;
    }
    if (shift <= 0) {
        scaled = _PyLong_Lshift(x, (size_t)-shift);
        if (scaled == NULL) {
            goto done;
        }
        Py_SETREF(x, Py_NewRef(scaled));
    }
    else {
        scaled = _PyLong_Lshift(y, (size_t)shift);
        if (scaled == NULL) {
            goto done;
        }
        Py_SETREF(y, Py_NewRef(scaled));
    }
    if (long_divmod(x, y, &q, &r, "division by zero") < 0) {
        goto done;
    }
    *inexact = Py_SIZE(r) != 0;
    *quotient = (uint64_t)long_short_value(q);
    status = 0;
done:
    Py_XDECREF(x);
    Py_XDECREF(y);
    Py_XDECREF(scaled);
    Py_XDECREF(q);
    Py_XDECREF(r);
    return status;
}

static PyObject *
raise_quotient_too_large(void)
{
    PyErr_SetString(PyExc_OverflowError,
                    "integer division result too large for a float");
    return NULL;
}

PyObject *
long_true_divide(PyObject *left, PyObject *right)
{
    bool negative = (Py_SIZE(left) < 0) != (Py_SIZE(right) < 0);

    if (Py_SIZE(right) == 0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "division by zero");
        return NULL;
    }
    if (Py_SIZE(left) == 0) {
        return float_from_double(negative ? -0.0 : 0.0);
    }
    if (long_is_short(left) && long_is_short(right)) {
        int64_t x = long_short_value(left), y = long_short_value(right);

        if (Py_ABS(x) <= EXACT_DOUBLE_LIMIT &&
            Py_ABS(y) <= EXACT_DOUBLE_LIMIT) {
            return float_from_double((double)x / (double)y);
        }
    }
    size_t left_bits = _PyLong_NumBits(left);
    size_t right_bits = _PyLong_NumBits(right);
    if ((left_bits == (size_t)-1 || right_bits == (size_t)-1) &&
        PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t diff = (Py_ssize_t)left_bits - (Py_ssize_t)right_bits;
    if (diff > DBL_MAX_EXP) {
        return raise_quotient_too_large();
    }
    if (diff < DBL_MIN_EXP - DBL_MANT_DIG - 1) {
        return float_from_double(negative ? -0.0 : 0.0);
    }
    /* Two bits more than the result has, then a sticky bit. */
    Py_ssize_t shift = Py_MAX(diff, DBL_MIN_EXP) - DBL_MANT_DIG - 2;
    uint64_t quotient;
    bool inexact;

    if (scaled_quotient(left, right, shift, &quotient, &inexact) < 0) {
        return NULL;
    }
    int bits = quotient == 0 ? 0 : 64 - __builtin_clzll(quotient);
    Py_ssize_t extra = Py_MAX(bits, DBL_MIN_EXP - shift) - DBL_MANT_DIG;
    uint64_t half = (uint64_t)1 << (extra - 1);
    uint64_t low = quotient | inexact;

    if ((low & half) && (low & (3 * half - 1))) {
        low += half;
    }
    quotient = low & ~(2 * half - 1);
    double result = ldexp((double)quotient, (int)shift);
    if (isinf(result)) {
        return raise_quotient_too_large();
    }
    return float_from_double(negative ? -result : result);
}

PyObject *
long_slot_true_divide(PyObject *left, PyObject *right)
{
    if (!PyLong_Check(left) || !PyLong_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return long_true_divide(left, right);
}

/* ---- division to the nearest ---- */

PyObject *
_PyLong_DivmodNear(PyObject *a, PyObject *b)
{
    PyObject *quotient = NULL, *remainder = NULL, *twice = NULL; /* owned */
    PyObject *result = NULL;

    if (!PyLong_Check(a) || !PyLong_Check(b)) {
        PyErr_SetString(PyExc_TypeError,
                        "non-integer arguments in division");
        return NULL;
    }
    if (long_divmod(a, b, &quotient, &remainder,
                    "integer division or modulo by zero") < 0) {
        return NULL;
    }
    twice = _PyLong_Lshift(remainder, 1);
    if (twice == NULL) {
        goto done;
    }
    int order = long_compare(twice, b);
    if (Py_SIZE(b) < 0) {
        order = -order;
    }
    bool odd = Py_SIZE(quotient) != 0 &&
               ((PyLongObject *)quotient)->ob_digit[0] & 1;
    if (order > 0 || (order == 0 && odd)) {
        PyObject *up = long_add(quotient, long_peek_small(1));
        if (up == NULL) {
            goto done;
        }
        Py_SETREF(quotient, up);
        PyObject *rest = long_subtract(remainder, b);
        if (rest == NULL) {
            goto done;
        }
        Py_SETREF(remainder, rest);
    }
    result = PyTuple_Pack(2, quotient, remainder);
done:
    Py_XDECREF(quotient);
    Py_XDECREF(remainder);
    Py_XDECREF(twice);
    return result;
}
