/* Integer arithmetic: + - * // %, comparison, shifts, bitwise operations.
 *
 * Every operation has a path for short operands (at most two digits, so that
 * int64_t arithmetic cannot overflow); operands of a few digits are worked on
 * digit by digit; larger products and quotients go to limbs.c. */
#include "Python.h"

#include "limbs.h"
#include "long.h"

#include <limits.h>

/* Measured crossovers, in digits of the smaller operand. */
#define LIMBS_MULTIPLY_CUTOFF 12

#define CHECK_BINARY(a, b)                       \
    do {                                         \
        if (!PyLong_Check(a) || !PyLong_Check(b)) \
            Py_RETURN_NOTIMPLEMENTED;            \
    } while (0)

/* ---- comparison ---- */

/* Compares magnitudes. */
static int
compare_digits(const PyLongObject *a, Py_ssize_t na, const PyLongObject *b,
               Py_ssize_t nb)
{
    if (na != nb) {
        return na < nb ? -1 : 1;
    }
    for (Py_ssize_t i = na; --i >= 0;) {
        if (a->ob_digit[i] != b->ob_digit[i]) {
            return a->ob_digit[i] < b->ob_digit[i] ? -1 : 1;
        }
    }
    return 0;
}

int
long_compare(PyObject *left, PyObject *right)
{
    Py_ssize_t na = Py_SIZE(left), nb = Py_SIZE(right);

    if (na != nb) {
        return na < nb ? -1 : 1;
    }
    int order = compare_digits((PyLongObject *)left, Py_ABS(na),
                               (PyLongObject *)right, Py_ABS(nb));
    return na < 0 ? -order : order;
}

bool
long_equal(PyObject *left, PyObject *right)
{
    if (left == right) {
        return true;
    }
    return Py_SIZE(left) == Py_SIZE(right) &&
           memcmp(((PyLongObject *)left)->ob_digit,
                  ((PyLongObject *)right)->ob_digit,
                  (size_t)Py_ABS(Py_SIZE(left)) * sizeof(digit)) == 0;
}

PyObject *
long_richcompare(PyObject *left, PyObject *right, int op)
{
    CHECK_BINARY(left, right);
    int order = left == right ? 0 : long_compare(left, right);

    Py_RETURN_RICHCOMPARE(order, 0, op);
}

/* ---- addition ---- */

/* |a| + |b|, with na >= nb >= 0.  Not normalized to small ints. */
static PyLongObject *
add_magnitudes(const PyLongObject *a, Py_ssize_t na, const PyLongObject *b,
               Py_ssize_t nb)
{
    if (na < nb) {
        return add_magnitudes(b, nb, a, na);
    }
    PyLongObject *sum = _PyLong_New(na + 1);
    if (sum == NULL) {
        return NULL;
    }
    digit carry = 0;
    Py_ssize_t i;

    for (i = 0; i < nb; i++) {
        carry += a->ob_digit[i] + b->ob_digit[i];
        sum->ob_digit[i] = carry & PyLong_MASK;
        carry >>= PyLong_SHIFT;
    }
    for (; i < na; i++) {
        carry += a->ob_digit[i];
        sum->ob_digit[i] = carry & PyLong_MASK;
        carry >>= PyLong_SHIFT;
    }
    sum->ob_digit[na] = carry;
    if (carry == 0) {
        Py_SET_SIZE(sum, na);
    }
    return sum;
}

/* |a| - |b|, signed. */
static PyLongObject *
subtract_magnitudes(const PyLongObject *a, Py_ssize_t na,
                    const PyLongObject *b, Py_ssize_t nb)
{
    int order = compare_digits(a, na, b, nb);

    if (order == 0) {
        return (PyLongObject *)long_from_int64(0);
    }
    if (order < 0) {
        const PyLongObject *swap = a;
        Py_ssize_t n = na;

        a = b, b = swap;
        na = nb, nb = n;
    }
    PyLongObject *difference = _PyLong_New(na);
    if (difference == NULL) {
        return NULL;
    }
    digit borrow = 0;
    Py_ssize_t i;

    for (i = 0; i < nb; i++) {
        borrow = a->ob_digit[i] - b->ob_digit[i] - borrow;
        difference->ob_digit[i] = borrow & PyLong_MASK;
        borrow = borrow >> PyLong_SHIFT & 1;
    }
    for (; i < na; i++) {
        borrow = a->ob_digit[i] - borrow;
        difference->ob_digit[i] = borrow & PyLong_MASK;
        borrow = borrow >> PyLong_SHIFT & 1;
    }
    assert(borrow == 0);
    if (order < 0) {
        Py_SET_SIZE(difference, -na);
    }
    return (PyLongObject *)long_normalize(difference);
}

/* left + right, or left - right if `subtract`; one operand is not short. */
static PyObject *
add_long_operands(PyObject *left, PyObject *right, bool subtract)
{
    PyLongObject *a = (PyLongObject *)left, *b = (PyLongObject *)right;
    Py_ssize_t na = Py_ABS(Py_SIZE(a)), nb = Py_ABS(Py_SIZE(b));
    bool a_negative = Py_SIZE(a) < 0;
    bool b_negative = (Py_SIZE(b) < 0) != subtract;
    PyLongObject *result;

    if (a_negative == b_negative) {
        result = add_magnitudes(a, na, b, nb);
        if (result != NULL && a_negative) {
            Py_SET_SIZE(result, -Py_SIZE(result));
        }
        return (PyObject *)result;
    }
    result = a_negative ? subtract_magnitudes(b, nb, a, na)
                        : subtract_magnitudes(a, na, b, nb);
    return (PyObject *)result;
}

PyObject *
long_add(PyObject *left, PyObject *right)
{
    if (long_is_short(left) && long_is_short(right)) {
        return long_from_int64(long_short_value(left) +
                               long_short_value(right));
    }
    return add_long_operands(left, right, false);
}

PyObject *
long_subtract(PyObject *left, PyObject *right)
{
    if (long_is_short(left) && long_is_short(right)) {
        return long_from_int64(long_short_value(left) -
                               long_short_value(right));
    }
    return add_long_operands(left, right, true);
}

PyObject *
long_slot_add(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return long_add(left, right);
}

PyObject *
long_slot_subtract(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return long_subtract(left, right);
}

PyObject *
long_negate(PyObject *op)
{
    if (long_is_short(op)) {
        return long_from_int64(-long_short_value(op));
    }
    PyLongObject *copy = (PyLongObject *)_PyLong_Copy((PyLongObject *)op);
    if (copy != NULL) {
        Py_SET_SIZE(copy, -Py_SIZE(copy));
    }
    return (PyObject *)copy;
}

PyObject *
long_absolute(PyObject *op)
{
    return Py_SIZE(op) < 0 ? long_negate(op) : long_to_exact(op);
}

/* ---- multiplication ---- */

/* Schoolbook product of magnitudes. */
static PyLongObject *
multiply_digits(const PyLongObject *a, Py_ssize_t na, const PyLongObject *b,
                Py_ssize_t nb)
{
    PyLongObject *product = _PyLong_New(na + nb);

    if (product == NULL) {
        return NULL;
    }
    memset(product->ob_digit, 0, (size_t)(na + nb) * sizeof(digit));
    for (Py_ssize_t i = 0; i < na; i++) {
        uint64_t factor = a->ob_digit[i], carry = 0;
        digit *out = product->ob_digit + i;

        for (Py_ssize_t j = 0; j < nb; j++) {
            carry += out[j] + b->ob_digit[j] * factor;
            out[j] = (digit)(carry & PyLong_MASK);
            carry >>= PyLong_SHIFT;
        }
        out[nb] = (digit)carry;
    }
    return product;
}

/* An exact int of any 128-bit magnitude. */
static PyObject *
long_from_uint128(unsigned __int128 magnitude, bool negative)
{
    uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};

    if (limbs[1] == 0 && limbs[0] <= INT64_MAX) {
        return long_from_int64(negative ? -(int64_t)limbs[0]
                                        : (int64_t)limbs[0]);
    }
    return long_from_limbs(limbs, 2, negative);
}

PyObject *
long_multiply(PyObject *left, PyObject *right)
{
    if (long_is_compact(left) && long_is_compact(right)) {
        return long_from_int64((int64_t)long_compact_value(left) *
                               long_compact_value(right));
    }
    bool negative = (Py_SIZE(left) < 0) != (Py_SIZE(right) < 0);
    if (long_is_short(left) && long_is_short(right)) {
        int64_t x = long_short_value(left), y = long_short_value(right);

        return long_from_uint128((unsigned __int128)(uint64_t)Py_ABS(x) *
                                     (uint64_t)Py_ABS(y),
                                 negative && x != 0 && y != 0);
    }
    PyLongObject *a = (PyLongObject *)left, *b = (PyLongObject *)right;
    Py_ssize_t na = Py_ABS(Py_SIZE(a)), nb = Py_ABS(Py_SIZE(b));

    if (na == 0 || nb == 0) {
        return long_from_int64(0);
    }
    if (na > LIMBS_MULTIPLY_CUTOFF && nb > LIMBS_MULTIPLY_CUTOFF) {
        return limbs_multiply(a, b);
    }
    PyLongObject *product = na < nb ? multiply_digits(a, na, b, nb)
                                    : multiply_digits(b, nb, a, na);
    if (product != NULL && negative) {
        Py_SET_SIZE(product, -Py_SIZE(product));
    }
    return long_normalize(product);
}

PyObject *
long_slot_multiply(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return long_multiply(left, right);
}

/* ---- division ---- */

/* Quotient of a magnitude by one digit; *remainder gets the rest. */
static PyLongObject *
divide_by_digit(const PyLongObject *a, digit divisor, digit *remainder)
{
    Py_ssize_t n = Py_ABS(Py_SIZE(a));
    PyLongObject *quotient = _PyLong_New(n);
    uint64_t rest = 0;

    if (quotient == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = n; --i >= 0;) {
        rest = (rest << PyLong_SHIFT) | a->ob_digit[i];
        quotient->ob_digit[i] = (digit)(rest / divisor);
        rest %= divisor;
    }
    *remainder = (digit)rest;
    return (PyLongObject *)long_normalize(quotient);
}

static uint64_t
remainder_by_digit(const PyLongObject *a, digit divisor)
{
    uint64_t rest = 0;

    for (Py_ssize_t i = Py_ABS(Py_SIZE(a)); --i >= 0;) {
        rest = ((rest << PyLong_SHIFT) | a->ob_digit[i]) % divisor;
    }
    return rest;
}

/* The magnitude of at most four digits. */
static unsigned __int128
magnitude_of_few(const PyLongObject *a)
{
    unsigned __int128 value = 0;

    for (Py_ssize_t i = Py_ABS(Py_SIZE(a)); --i >= 0;) {
        value = value << PyLong_SHIFT | a->ob_digit[i];
    }
    return value;
}

/* The magnitude divided, truncating; both results non-negative. */
static int
divide_magnitudes(const PyLongObject *a, const PyLongObject *b,
                  PyLongObject **quotient, PyLongObject **remainder)
{
    if (Py_ABS(Py_SIZE(b)) == 1) {
        digit rest;

        *quotient = divide_by_digit(a, b->ob_digit[0], &rest);
        if (*quotient == NULL) {
            return -1;
        }
        *remainder = (PyLongObject *)long_from_int64(rest);
        if (*remainder == NULL) {
            Py_CLEAR(*quotient);
            return -1;
        }
        return 0;
    }
    if (Py_ABS(Py_SIZE(a)) <= 4 && Py_ABS(Py_SIZE(b)) <= 4) {
        /* FAST PATH: no limbs */
        unsigned __int128 x = magnitude_of_few(a), y = magnitude_of_few(b);
        unsigned __int128 whole = x / y;

        *quotient = (PyLongObject *)long_from_uint128(whole, false);
        if (*quotient == NULL) {
            return -1;
        }
        *remainder = (PyLongObject *)long_from_uint128(x - whole * y, false);
        if (*remainder == NULL) {
            Py_CLEAR(*quotient);
            return -1;
        }
        return 0;
    }
    return limbs_divmod(a, b, quotient, remainder);
}

static int
divmod_short(int64_t a, int64_t b, PyObject **quotient, PyObject **remainder)
{
    int64_t q = a / b, r = a % b;

    if (r != 0 && (r < 0) != (b < 0)) {
        q--;
        r += b;
    }
    if (quotient != NULL) {
        *quotient = long_from_int64(q);
        if (*quotient == NULL) {
            return -1;
        }
    }
    if (remainder != NULL) {
        *remainder = long_from_int64(r);
        if (*remainder == NULL) {
            if (quotient != NULL) {
                Py_CLEAR(*quotient);
            }
            return -1;
        }
    }
    return 0;
}

/* Negates *op, which may be a shared object. */
static int
negate_in_place(PyObject **op)
{
    PyObject *negative = long_negate(*op);

    if (negative == NULL) {
        return -1;
    }
    Py_SETREF(*op, negative);
    return 0;
}

int
long_divmod(PyObject *left, PyObject *right, PyObject **quotient,
            PyObject **remainder, const char *zero_message)
{
    if (Py_SIZE(right) == 0) {
        PyErr_SetString(PyExc_ZeroDivisionError, zero_message);
        return -1;
    }
    if (long_is_short(left) && long_is_short(right)) {
        return divmod_short(long_short_value(left), long_short_value(right),
                            quotient, remainder);
    }
    bool left_negative = Py_SIZE(left) < 0,
         right_negative = Py_SIZE(right) < 0;
    if (quotient == NULL && Py_ABS(Py_SIZE(right)) == 1) {
        /* FAST PATH: only the remainder by one digit */
        int64_t divisor = ((PyLongObject *)right)->ob_digit[0];
        int64_t rest_of = (int64_t)remainder_by_digit((PyLongObject *)left,
                                                      (digit)divisor);
        if (rest_of != 0 && left_negative != right_negative) {
            rest_of = divisor - rest_of;
        }
        *remainder = long_from_int64(right_negative ? -rest_of : rest_of);
        return *remainder == NULL ? -1 : 0;
    }
    PyLongObject *whole = NULL, *rest = NULL;                   /* owned */
    PyObject *q = NULL, *r = NULL;                              /* owned */
    int status = -1;

    if (divide_magnitudes((PyLongObject *)left, (PyLongObject *)right, &whole,
                          &rest) < 0) {
        return -1;
    }
    q = (PyObject *)whole;
    r = (PyObject *)rest;
    if (left_negative != right_negative && negate_in_place(&q) < 0) {
        goto done;
    }
    if (left_negative && negate_in_place(&r) < 0) {
        goto done;
    }
    /* Truncated so far; floor: the remainder takes the divisor's sign. */
    if (Py_SIZE(r) != 0 && left_negative != right_negative) {
        PyObject *sum = remainder == NULL ? Py_NewRef(r)
                                          : long_add(r, right);
        if (sum == NULL) {
            goto done;
        }
        Py_SETREF(r, sum);
        PyObject *less = quotient == NULL
                             ? Py_NewRef(q)
                             : long_subtract(q, long_peek_small(1));
        if (less == NULL) {
            goto done;
        }
        Py_SETREF(q, less);
    }
    if (quotient != NULL) {
        *quotient = q;
        q = NULL;
    }
    if (remainder != NULL) {
        *remainder = r;
        r = NULL;
    }
    status = 0;
done:
    Py_XDECREF(q);
    Py_XDECREF(r);
    return status;
}

PyObject *
long_slot_floor_divide(PyObject *left, PyObject *right)
{
    PyObject *quotient;

    CHECK_BINARY(left, right);
    if (long_divmod(left, right, &quotient, NULL,
                    "integer division or modulo by zero") < 0) {
        return NULL;
    }
    return quotient;
}

PyObject *
long_slot_remainder(PyObject *left, PyObject *right)
{
    PyObject *remainder;

    CHECK_BINARY(left, right);
    if (long_divmod(left, right, NULL, &remainder,
                    "integer modulo by zero") < 0) {
        return NULL;
    }
    return remainder;
}

PyObject *
long_slot_divmod(PyObject *left, PyObject *right)
{
    PyObject *quotient, *remainder;

    CHECK_BINARY(left, right);
    if (long_divmod(left, right, &quotient, &remainder,
                    "integer division or modulo by zero") < 0) {
        return NULL;
    }
    PyObject *result = PyTuple_New(2);
    if (result == NULL) {
        Py_DECREF(quotient);
        Py_DECREF(remainder);
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, quotient);
    PyTuple_SET_ITEM(result, 1, remainder);
    return result;
}

/* ---- shifts ---- */

static PyObject *
shift_left(PyObject *op, size_t words, int bits)
{
    PyLongObject *a = (PyLongObject *)op;
    Py_ssize_t n = Py_ABS(Py_SIZE(a));

    if (n == 0) {
        return long_from_int64(0);
    }
    if (words == 0 && n == 1) {
        return long_from_int64((int64_t)long_compact_value(op) *
                               ((int64_t)1 << bits));
    }
    if (words > (size_t)(PY_SSIZE_T_MAX - n - 1)) {
        PyErr_SetString(PyExc_OverflowError, "too many digits in integer");
        return NULL;
    }
    PyLongObject *result = _PyLong_New(n + (Py_ssize_t)words + 1);
    if (result == NULL) {
        return NULL;
    }
    uint64_t carry = 0;
    digit *out = result->ob_digit + words;

    memset(result->ob_digit, 0, words * sizeof(digit));
    for (Py_ssize_t i = 0; i < n; i++) {
        carry |= (uint64_t)a->ob_digit[i] << bits;
        out[i] = (digit)(carry & PyLong_MASK);
        carry >>= PyLong_SHIFT;
    }
    out[n] = (digit)carry;
    if (Py_SIZE(a) < 0) {
        Py_SET_SIZE(result, -Py_SIZE(result));
    }
    return long_normalize(result);
}

static PyObject *
shift_right(PyObject *op, size_t words, int bits)
{
    PyLongObject *a = (PyLongObject *)op;
    Py_ssize_t n = Py_ABS(Py_SIZE(a));
    bool negative = Py_SIZE(a) < 0;

    if (long_is_short(op)) {
        size_t distance = words > 2 ? 63 : words * PyLong_SHIFT + (size_t)bits;

        return long_from_int64(long_short_value(op) >>
                               (distance > 63 ? 63 : distance));
    }
    if (words >= (size_t)n) {
        return long_from_int64(negative ? -1 : 0);
    }
    Py_ssize_t rest = n - (Py_ssize_t)words;
    PyLongObject *result = _PyLong_New(rest + 1);
    if (result == NULL) {
        return NULL;
    }
    /* Floor: a negative number loses ones below, so its magnitude rounds up */
    bool lost = false;
    if (negative) {
        for (size_t i = 0; i < words && !lost; i++) {
            lost = a->ob_digit[i] != 0;
        }
        lost = lost || (a->ob_digit[words] & (((digit)1 << bits) - 1)) != 0;
    }
    uint64_t window = a->ob_digit[words] >> bits;

    for (Py_ssize_t i = 0; i < rest; i++) {
        if (i + 1 < rest) {
            window |= (uint64_t)a->ob_digit[words + (size_t)i + 1]
                      << (PyLong_SHIFT - bits);
        }
        result->ob_digit[i] = (digit)(window & PyLong_MASK);
        window >>= PyLong_SHIFT;
    }
    result->ob_digit[rest] = 0;
    for (Py_ssize_t i = 0; lost && i <= rest; i++) {
        digit sum = result->ob_digit[i] + 1;

        result->ob_digit[i] = sum & PyLong_MASK;
        lost = sum >> PyLong_SHIFT;
    }
    if (negative) {
        Py_SET_SIZE(result, -Py_SIZE(result));
    }
    return long_normalize(result);
}

/* Splits a shift count into digits and bits.  A count too large for size_t is
 * reported as SIZE_MAX digits. */
static int
split_shift(PyObject *count, size_t *words, int *bits)
{
    if (Py_SIZE(count) < 0) {
        PyErr_SetString(PyExc_ValueError, "negative shift count");
        return -1;
    }
    if (long_is_short(count)) {
        int64_t value = long_short_value(count);

        *words = (size_t)(value / PyLong_SHIFT);
        *bits = (int)(value % PyLong_SHIFT);
        return 0;
    }
    size_t value = PyLong_AsSize_t(count);
    if (value == (size_t)-1 && PyErr_Occurred()) {
        PyErr_Clear();                       /* OverflowError: past SIZE_MAX */
        *words = SIZE_MAX;
        *bits = 0;
        return 0;
    }
    *words = value / PyLong_SHIFT;
    *bits = (int)(value % PyLong_SHIFT);
    return 0;
}

PyObject *
long_slot_lshift(PyObject *left, PyObject *right)
{
    size_t words;
    int bits;

    CHECK_BINARY(left, right);
    if (split_shift(right, &words, &bits) < 0) {
        return NULL;
    }
    if (Py_SIZE(left) != 0 && words > (size_t)PY_SSIZE_T_MAX / 8) {
        return PyErr_NoMemory();
    }
    return shift_left(left, words, bits);
}

PyObject *
long_slot_rshift(PyObject *left, PyObject *right)
{
    size_t words;
    int bits;

    CHECK_BINARY(left, right);
    if (split_shift(right, &words, &bits) < 0) {
        return NULL;
    }
    return shift_right(left, words, bits);
}

PyObject *
_PyLong_Lshift(PyObject *op, size_t shift)
{
    return shift_left(op, shift / PyLong_SHIFT, (int)(shift % PyLong_SHIFT));
}

PyObject *
_PyLong_Rshift(PyObject *op, size_t shift)
{
    return shift_right(op, shift / PyLong_SHIFT, (int)(shift % PyLong_SHIFT));
}

/* ---- bitwise operations ---- */

PyObject *
long_slot_invert(PyObject *op)
{
    if (long_is_short(op)) {
        return long_from_int64(~long_short_value(op));
    }
    PyObject *sum = long_add(op, long_peek_small(1));           /* owned */
    if (sum == NULL) {
        return NULL;
    }
    PyObject *result = long_negate(sum);
    Py_DECREF(sum);
    return result;
}

/* One operand's digits as an infinite two's complement number. */
typedef struct {
    const digit *digits;
    Py_ssize_t n;
    digit flip;                 /* PyLong_MASK for negative numbers */
    digit carry;
} twos_reader;

static twos_reader
twos_reader_of(PyObject *op)
{
    return (twos_reader){
        .digits = ((PyLongObject *)op)->ob_digit,
        .n = Py_ABS(Py_SIZE(op)),
        .flip = Py_SIZE(op) < 0 ? PyLong_MASK : 0,
        .carry = Py_SIZE(op) < 0,
    };
}

static inline digit
twos_next(twos_reader *reader, Py_ssize_t i)
{
    digit d = ((i < reader->n ? reader->digits[i] : 0) ^ reader->flip) +
              reader->carry;

    reader->carry = d >> PyLong_SHIFT;
    return d & PyLong_MASK;
}

/* left OP right for op in '&', '|', '^'. */
static PyObject *
bitwise(PyObject *left, char op, PyObject *right)
{
    if (long_is_short(left) && long_is_short(right)) {
        int64_t x = long_short_value(left), y = long_short_value(right);

        return long_from_int64(op == '&' ? x & y : op == '|' ? x | y : x ^ y);
    }
    twos_reader x = twos_reader_of(left), y = twos_reader_of(right);
    Py_ssize_t n = x.n > y.n ? x.n : y.n;

    if (op == '&') {
        /* FAST PATH: a non-negative operand bounds the result */
        if (!x.flip && x.n < n) {
            n = x.n;
        }
        else if (!y.flip && y.n < n) {
            n = y.n;
        }
    }
    bool negative = op == '&'   ? x.flip && y.flip
                    : op == '|' ? x.flip || y.flip
                                : x.flip != y.flip;
    PyLongObject *result = _PyLong_New(n + 1);
    if (result == NULL) {
        return NULL;
    }
    digit carry = negative, flip = negative ? PyLong_MASK : 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        digit a = twos_next(&x, i), b = twos_next(&y, i);
        digit d = op == '&' ? a & b : op == '|' ? a | b : a ^ b;

        d = (d ^ flip) + carry;
        carry = d >> PyLong_SHIFT;
        result->ob_digit[i] = d & PyLong_MASK;
    }
    result->ob_digit[n] = carry;
    if (negative) {
        Py_SET_SIZE(result, -Py_SIZE(result));
    }
    return long_normalize(result);
}

PyObject *
long_slot_and(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return bitwise(left, '&', right);
}

PyObject *
long_slot_or(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return bitwise(left, '|', right);
}

PyObject *
long_slot_xor(PyObject *left, PyObject *right)
{
    CHECK_BINARY(left, right);
    return bitwise(left, '^', right);
}
