/* Conversion between 30-bit digits and 64-bit limbs, and what is computed on
 * limbs: products, quotients, gcd, powers, square roots of large ints. */
#include "Python.h"

#include "limbs.h"

#include <stddef.h>

_Static_assert(sizeof(mp_limb_t) == 8 && GMP_NUMB_BITS == 64,
               "limbs are 64 bits");

Py_ssize_t
long_to_limbs(const PyLongObject *op, uint64_t *limbs)
{
    Py_ssize_t n = Py_ABS(Py_SIZE(op)), at = 0;
    const digit *d = op->ob_digit;
    unsigned __int128 pending = 0;
    int bits = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        pending |= (unsigned __int128)d[i] << bits;
        bits += PyLong_SHIFT;
        if (bits >= 64) {
            limbs[at++] = (uint64_t)pending;
            pending >>= 64;
            bits -= 64;
        }
    }
    if (bits > 0) {
        limbs[at++] = (uint64_t)pending;
    }
    while (at > 0 && limbs[at - 1] == 0) {
        at--;
    }
    return at;
}

PyObject *
long_from_limbs(const uint64_t *limbs, Py_ssize_t n, bool negative)
{
    while (n > 0 && limbs[n - 1] == 0) {
        n--;
    }
    if (n == 0) {
        return long_from_int64(0);
    }
    if ((size_t)n > (size_t)PY_SSIZE_T_MAX / 64) {
        PyErr_SetString(PyExc_OverflowError, "too many digits in integer");
        return NULL;
    }
    Py_ssize_t bits = n * 64 - __builtin_clzll(limbs[n - 1]);
    Py_ssize_t size = (bits + PyLong_SHIFT - 1) / PyLong_SHIFT;
    PyLongObject *op = _PyLong_New(size);
    if (op == NULL) {
        return NULL;
    }
    unsigned __int128 pending = 0;
    int have = 0;
    Py_ssize_t at = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        pending |= (unsigned __int128)limbs[i] << have;
        have += 64;
        while (have >= PyLong_SHIFT && at < size) {
            op->ob_digit[at++] = (digit)pending & PyLong_MASK;
            pending >>= PyLong_SHIFT;
            have -= PyLong_SHIFT;
        }
    }
    if (at < size) {
        op->ob_digit[at] = (digit)pending & PyLong_MASK;
    }
    Py_SET_SIZE(op, negative ? -size : size);
    return long_normalize(op);
}

int
limbs_init(limb_number *number, Py_ssize_t n)
{
    number->n = n;
    if (n <= LIMBS_INLINE) {
        number->limbs = number->inline_limbs;
        return 0;
    }
    number->limbs = PyMem_Malloc((size_t)n * sizeof(mp_limb_t));
    if (number->limbs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int
limbs_init_from(limb_number *number, const PyLongObject *op, Py_ssize_t extra)
{
    Py_ssize_t n = long_limbs_for_digits(Py_ABS(Py_SIZE(op)));

    if (limbs_init(number, n + extra) < 0) {
        return -1;
    }
    number->n = long_to_limbs(op, (uint64_t *)number->limbs);
    return 0;
}

void
limbs_free(limb_number *number)
{
    if (number->limbs != number->inline_limbs) {
        PyMem_Free(number->limbs);
    }
    number->limbs = number->inline_limbs;
}

static inline void
limbs_trim(limb_number *number)
{
    while (number->n > 0 && number->limbs[number->n - 1] == 0) {
        number->n--;
    }
}

static PyObject *
limbs_to_long(const limb_number *number, bool negative)
{
    return long_from_limbs((const uint64_t *)number->limbs, number->n,
                           negative);
}

PyObject *
limbs_multiply(const PyLongObject *a, const PyLongObject *b)
{
    bool negative = (Py_SIZE(a) < 0) != (Py_SIZE(b) < 0);
    limb_number x = {0}, y = {0}, product = {0};
    PyObject *result = NULL;

    x.limbs = x.inline_limbs;
    y.limbs = y.inline_limbs;
    product.limbs = product.inline_limbs;
    if (limbs_init_from(&x, a, 0) < 0) {
        goto done;
    }
    if (a == b) {
        if (limbs_init(&product, 2 * x.n) < 0) {
            goto done;
        }
        mpn_sqr(product.limbs, x.limbs, x.n);
    }
    else {
        if (limbs_init_from(&y, b, 0) < 0 ||
            limbs_init(&product, x.n + y.n) < 0) {
            goto done;
        }
        if (x.n >= y.n) {
            mpn_mul(product.limbs, x.limbs, x.n, y.limbs, y.n);
        }
        else {
            mpn_mul(product.limbs, y.limbs, y.n, x.limbs, x.n);
        }
    }
    result = limbs_to_long(&product, negative);
done:
    limbs_free(&product);
    limbs_free(&y);
    limbs_free(&x);
    return result;
}

/* Truncating division of magnitudes, |a| >= |b| in limbs; the results are
 * non-negative and normalized (they may be shared small ints). */
int
limbs_divmod(const PyLongObject *a, const PyLongObject *b,
             PyLongObject **quotient, PyLongObject **remainder)
{
    limb_number x = {0}, y = {0}, q = {0}, r = {0};
    int status = -1;

    x.limbs = x.inline_limbs;
    y.limbs = y.inline_limbs;
    q.limbs = q.inline_limbs;
    r.limbs = r.inline_limbs;
    if (quotient != NULL) {
        *quotient = NULL;
    }
    if (limbs_init_from(&x, a, 0) < 0 || limbs_init_from(&y, b, 0) < 0 ||
        limbs_init(&q, x.n >= y.n ? x.n - y.n + 1 : 1) < 0 ||
        limbs_init(&r, y.n) < 0) {
        goto done;
    }
    if (x.n < y.n) {
        q.n = 0;
        memcpy(r.limbs, x.limbs, (size_t)x.n * sizeof(mp_limb_t));
        r.n = x.n;
    }
    else {
        mpn_tdiv_qr(q.limbs, r.limbs, 0, x.limbs, x.n, y.limbs, y.n);
    }
    if (quotient != NULL) {
        *quotient = (PyLongObject *)limbs_to_long(&q, false);
        if (*quotient == NULL) {
            goto done;
        }
    }
    if (remainder != NULL) {
        *remainder = (PyLongObject *)limbs_to_long(&r, false);
        if (*remainder == NULL) {
            if (quotient != NULL) {
                Py_CLEAR(*quotient);
            }
            goto done;
        }
    }
    status = 0;
done:
    limbs_free(&r);
    limbs_free(&q);
    limbs_free(&y);
    limbs_free(&x);
    return status;
}

/* Shifts trailing zero bits out of a positive number; returns how many. */
static size_t
limbs_make_odd(limb_number *number)
{
    mp_bitcnt_t zeros = mpn_scan1(number->limbs, 0);
    Py_ssize_t whole = (Py_ssize_t)(zeros / 64);

    number->n -= whole;
    memmove(number->limbs, number->limbs + whole,
            (size_t)number->n * sizeof(mp_limb_t));
    if (zeros % 64) {
        mpn_rshift(number->limbs, number->limbs, number->n,
                   (unsigned)(zeros % 64));
    }
    limbs_trim(number);
    return zeros;
}

static int
limbs_compare(const limb_number *x, const limb_number *y)
{
    if (x->n != y->n) {
        return x->n < y->n ? -1 : 1;
    }
    return mpn_cmp(x->limbs, y->limbs, x->n);
}

PyObject *
limbs_gcd(const PyLongObject *a, const PyLongObject *b)
{
    limb_number x = {0}, y = {0}, g = {0};
    PyObject *result = NULL;

    x.limbs = x.inline_limbs;
    y.limbs = y.inline_limbs;
    g.limbs = g.inline_limbs;
    if (limbs_init_from(&x, a, 0) < 0 || limbs_init_from(&y, b, 0) < 0) {
        goto done;
    }
    if (x.n == 0 || y.n == 0) {
        result = limbs_to_long(x.n ? &x : &y, false);
        goto done;
    }
    Py_ssize_t room = (x.n > y.n ? x.n : y.n) + 1;
    size_t x_zeros = limbs_make_odd(&x), y_zeros = limbs_make_odd(&y);
    size_t zeros = x_zeros < y_zeros ? x_zeros : y_zeros;

    if (limbs_init(&g, room + 1) < 0) {
        goto done;
    }
    memset(g.limbs, 0, (size_t)(room + 1) * sizeof(mp_limb_t));
    Py_ssize_t whole = (Py_ssize_t)(zeros / 64);
    mp_size_t n;
    bool x_larger = limbs_compare(&x, &y) >= 0;
    limb_number *large = x_larger ? &x : &y, *small = x_larger ? &y : &x;

    n = mpn_gcd(g.limbs + whole, large->limbs, large->n, small->limbs,
                small->n);
    g.n = whole + n;
    if (zeros % 64) {
        mp_limb_t carry = mpn_lshift(g.limbs + whole, g.limbs + whole, n,
                                     (unsigned)(zeros % 64));
        if (carry) {
            g.limbs[g.n++] = carry;
        }
    }
    result = limbs_to_long(&g, false);
done:
    limbs_free(&g);
    limbs_free(&y);
    limbs_free(&x);
    return result;
}

PyObject *
limbs_powm(const PyLongObject *base, const PyLongObject *exponent,
           const PyLongObject *modulus)
{
    limb_number b = {0}, e = {0}, m = {0};
    mpz_t base_view, exponent_view, modulus_view, power;
    PyObject *result = NULL;

    b.limbs = b.inline_limbs;
    e.limbs = e.inline_limbs;
    m.limbs = m.inline_limbs;
    if (limbs_init_from(&b, base, 0) < 0 ||
        limbs_init_from(&e, exponent, 0) < 0 ||
        limbs_init_from(&m, modulus, 0) < 0) {
        goto done;
    }
    mpz_init(power);
    mpz_powm(power, mpz_roinit_n(base_view, b.limbs, b.n),
             mpz_roinit_n(exponent_view, e.limbs, e.n),
             mpz_roinit_n(modulus_view, m.limbs, m.n));
    result = long_from_limbs((const uint64_t *)mpz_limbs_read(power),
                             (Py_ssize_t)mpz_size(power), false);
    mpz_clear(power);
done:
    limbs_free(&m);
    limbs_free(&e);
    limbs_free(&b);
    return result;
}

PyObject *
limbs_isqrt(const PyLongObject *op)
{
    limb_number x = {0}, root = {0};
    PyObject *result = NULL;

    x.limbs = x.inline_limbs;
    root.limbs = root.inline_limbs;
    if (limbs_init_from(&x, op, 0) < 0 ||
        limbs_init(&root, (x.n + 1) / 2) < 0) {
        goto done;
    }
    if (x.n == 0) {
        result = long_from_int64(0);
        goto done;
    }
    mpn_sqrtrem(root.limbs, NULL, x.limbs, x.n);
    result = limbs_to_long(&root, false);
done:
    limbs_free(&root);
    limbs_free(&x);
    return result;
}

PyObject *
limbs_power(const PyLongObject *base, uint64_t exponent, bool negative)
{
    limb_number x = {0}, y = {0}, b = {0};
    limb_number *from = &x, *to = &y;
    PyObject *result = NULL;

    x.limbs = x.inline_limbs;
    y.limbs = y.inline_limbs;
    b.limbs = b.inline_limbs;
    if (limbs_init_from(&b, base, 0) < 0) {
        goto done;
    }
    /* The result has at most n * exponent limbs: allocated once. */
    size_t bits = _PyLong_NumBits((PyObject *)base);
    if (bits == (size_t)-1 && PyErr_Occurred()) {
        goto done;
    }
    if (bits > 0 && exponent > (uint64_t)(PY_SSIZE_T_MAX / 4) / bits) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t room = (Py_ssize_t)(bits * exponent / 64) + 4 + b.n;
    if (limbs_init(&x, room) < 0 || limbs_init(&y, room) < 0) {
        goto done;
    }
    memcpy(x.limbs, b.limbs, (size_t)b.n * sizeof(mp_limb_t));
    x.n = b.n;
    for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; bit--) {
        limb_number *swap;

        mpn_sqr(to->limbs, from->limbs, from->n);
        to->n = 2 * from->n;
        limbs_trim(to);
        swap = from, from = to, to = swap;
        if (exponent >> bit & 1) {
            if (b.n == 1) {
                mp_limb_t carry = mpn_mul_1(from->limbs, from->limbs, from->n,
                                            b.limbs[0]);
                if (carry) {
                    from->limbs[from->n++] = carry;
                }
                continue;
            }
            if (from->n >= b.n) {
                mpn_mul(to->limbs, from->limbs, from->n, b.limbs, b.n);
            }
            else {
                mpn_mul(to->limbs, b.limbs, b.n, from->limbs, from->n);
            }
            to->n = from->n + b.n;
            limbs_trim(to);
            swap = from, from = to, to = swap;
        }
        if (PyErr_CheckSignals() < 0) {
            goto done;
        }
    }
    result = limbs_to_long(from, negative);
done:
    limbs_free(&b);
    limbs_free(&y);
    limbs_free(&x);
    return result;
}

PyObject *
limbs_invert(const PyLongObject *a, const PyLongObject *modulus)
{
    limb_number x = {0}, m = {0};
    mpz_t a_view, modulus_view, inverse;
    PyObject *result = NULL;

    x.limbs = x.inline_limbs;
    m.limbs = m.inline_limbs;
    if (limbs_init_from(&x, a, 0) < 0 || limbs_init_from(&m, modulus, 0) < 0) {
        goto done;
    }
    mpz_init(inverse);
    if (mpz_invert(inverse,
                   mpz_roinit_n(a_view, x.limbs,
                                Py_SIZE(a) < 0 ? -x.n : x.n),
                   mpz_roinit_n(modulus_view, m.limbs, m.n))) {
        result = long_from_limbs((const uint64_t *)mpz_limbs_read(inverse),
                                 (Py_ssize_t)mpz_size(inverse), false);
    }
    else {
        PyErr_SetString(PyExc_ValueError,
                        "base is not invertible for the given modulus");
    }
    mpz_clear(inverse);
done:
    limbs_free(&m);
    limbs_free(&x);
    return result;
}
