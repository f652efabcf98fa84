/* Integer functions of the module math. */
#include "mathmodule.h"

#include "long.h"

#include <gmp.h>
#include <limits.h>

/* Results beyond this many bits are refused before GMP, which cannot report
 * that memory ran out, is asked for them. */
#define MAX_RESULT_BITS ((uint64_t)1 << 36)

static PyObject *
long_from_mpz(const mpz_t number)
{
    return long_from_limbs((const uint64_t *)mpz_limbs_read(number),
                           (Py_ssize_t)mpz_size(number), mpz_sgn(number) < 0);
}

static int
mpz_init_from_long(mpz_t number, PyObject *op)
{
    const PyLongObject *value = (const PyLongObject *)op;
    Py_ssize_t n = long_limbs_for_digits(Py_ABS(Py_SIZE(value)));

    mpz_init(number);
    if (n > 0) {
        uint64_t *limbs = (uint64_t *)mpz_limbs_write(number, n);

        n = long_to_limbs(value, limbs);
        mpz_limbs_finish(number, Py_SIZE(value) < 0 ? -n : n);
    }
    return 0;
}

/* Folds `combine` over the arguments' absolute values. */
static PyObject *
fold_integers(PyObject *const *args, Py_ssize_t nargs, long start,
              PyObject *(*combine)(PyObject *, PyObject *))
{
    PyObject *result;

    if (nargs == 0) {
        return PyLong_FromLong(start);
    }
    result = _PyNumber_Index(args[0]);                          /* owned */
    if (result == NULL) {
        return NULL;
    }
    if (nargs == 1) {
        Py_SETREF(result, PyNumber_Absolute(result));
        return result;
    }
    for (Py_ssize_t i = 1; i < nargs; i++) {
        PyObject *next = _PyNumber_Index(args[i]);              /* owned */

        if (next == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        Py_SETREF(result, combine(result, next));
        Py_DECREF(next);
        if (result == NULL) {
            return NULL;
        }
    }
    return result;
}

PyObject *
math_gcd(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    return fold_integers(args, nargs, 0, _PyLong_GCD);
}

/* |a| / gcd(a, b) * |b| */
static PyObject *
lcm_of(PyObject *a, PyObject *b)
{
    PyObject *gcd = NULL, *part = NULL, *product = NULL;        /* owned */

    if (_PyLong_Sign(a) == 0 || _PyLong_Sign(b) == 0) {
        return PyLong_FromLong(0);
    }
    gcd = _PyLong_GCD(a, b);
    if (gcd != NULL) {
        part = PyNumber_FloorDivide(a, gcd);
    }
    if (part != NULL) {
        product = PyNumber_Multiply(part, b);
    }
    if (product != NULL) {
        Py_SETREF(product, PyNumber_Absolute(product));
    }
    Py_XDECREF(gcd);
    Py_XDECREF(part);
    return product;
}

PyObject *
math_lcm(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    return fold_integers(args, nargs, 1, lcm_of);
}

PyObject *
math_isqrt(PyObject *Py_UNUSED(module), PyObject *arg)
{
    PyObject *n = _PyNumber_Index(arg), *result = NULL;         /* owned */

    if (n == NULL) {
        return NULL;
    }
    if (_PyLong_Sign(n) < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "isqrt() argument must be nonnegative");
    }
    else {
        result = long_isqrt(n);
    }
    Py_DECREF(n);
    return result;
}

PyObject *
math_factorial(PyObject *Py_UNUSED(module), PyObject *arg)
{
    int overflow;
    mpz_t product;
    long n = PyLong_AsLongAndOverflow(arg, &overflow);

    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (overflow > 0) {
        PyErr_Format(PyExc_OverflowError,
                     "factorial() argument should not exceed %ld", LONG_MAX);
        return NULL;
    }
    if (overflow < 0 || n < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "factorial() not defined for negative values");
        return NULL;
    }
    if ((uint64_t)n > MAX_RESULT_BITS / 32) {
        return PyErr_NoMemory();
    }
    mpz_init(product);
    mpz_fac_ui(product, (unsigned long)n);
    PyObject *result = long_from_mpz(product);
    mpz_clear(product);
    return result;
}

/* Both arguments as non-negative ints.  *n and *k are new. */
static int
take_n_and_k(PyObject *first, PyObject *second, PyObject **n, PyObject **k)
{
    *n = _PyNumber_Index(first);
    if (*n == NULL) {
        return -1;
    }
    *k = _PyNumber_Index(second);
    if (*k == NULL) {
        Py_CLEAR(*n);
        return -1;
    }
    const char *problem = _PyLong_Sign(*n) < 0
                              ? "n must be a non-negative integer"
                          : _PyLong_Sign(*k) < 0
                              ? "k must be a non-negative integer"
                              : NULL;
    if (problem != NULL) {
        PyErr_SetString(PyExc_ValueError, problem);
        Py_CLEAR(*n);
        Py_CLEAR(*k);
        return -1;
    }
    return 0;
}

/* Whether k factors as large as n give a result of acceptable size. */
static bool
result_is_feasible(PyObject *n, unsigned long k)
{
    size_t bits = _PyLong_NumBits(n);

    return bits < MAX_RESULT_BITS && (k == 0 || bits <= MAX_RESULT_BITS / k);
}

PyObject *
math_comb(PyObject *Py_UNUSED(module), PyObject *const *args,
          Py_ssize_t nargs)
{
    PyObject *n, *k, *rest = NULL, *result = NULL;              /* owned */
    int overflow;
    mpz_t top;

    if (!_PyArg_CheckPositional("comb", nargs, 2, 2) ||
        take_n_and_k(args[0], args[1], &n, &k) < 0) {
        return NULL;
    }
    rest = PyNumber_Subtract(n, k);
    if (rest == NULL) {
        goto done;
    }
    if (_PyLong_Sign(rest) < 0) {
        result = PyLong_FromLong(0);
        goto done;
    }
    PyObject *least = long_compare(rest, k) < 0 ? rest : k;     /* borrowed */
    long long count = PyLong_AsLongLongAndOverflow(least, &overflow);
    if (overflow) {
        PyErr_Format(PyExc_OverflowError,
                     "min(n - k, k) must not exceed %lld", LLONG_MAX);
        goto done;
    }
    if (!result_is_feasible(n, (unsigned long)count)) {
        PyErr_NoMemory();
        goto done;
    }
    mpz_init_from_long(top, n);
    mpz_bin_ui(top, top, (unsigned long)count);
    result = long_from_mpz(top);
    mpz_clear(top);
done:
    Py_DECREF(n);
    Py_DECREF(k);
    Py_XDECREF(rest);
    return result;
}

/* product = n * (n-1) * ... with `count` factors, by halves. */
static void
falling_product(mpz_t product, const mpz_t n, unsigned long count)
{
    if (count <= 16) {
        mpz_t factor;

        mpz_init_set(factor, n);
        mpz_set_ui(product, 1);
        while (count-- > 0) {
            mpz_mul(product, product, factor);
            mpz_sub_ui(factor, factor, 1);
        }
        mpz_clear(factor);
        return;
    }
    mpz_t lower, start;

    mpz_inits(lower, start, NULL);
    falling_product(product, n, count / 2);
    mpz_sub_ui(start, n, count / 2);
    falling_product(lower, start, count - count / 2);
    mpz_mul(product, product, lower);
    mpz_clears(lower, start, NULL);
}

PyObject *
math_perm(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *n, *k, *result = NULL;                            /* owned */
    int overflow;
    mpz_t top, product;

    if (!_PyArg_CheckPositional("perm", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 1 || args[1] == Py_None) {
        return math_factorial(module, args[0]);
    }
    if (take_n_and_k(args[0], args[1], &n, &k) < 0) {
        return NULL;
    }
    if (long_compare(n, k) < 0) {
        result = PyLong_FromLong(0);
        goto done;
    }
    long long count = PyLong_AsLongLongAndOverflow(k, &overflow);
    if (overflow) {
        PyErr_Format(PyExc_OverflowError, "k must not exceed %lld",
                     LLONG_MAX);
        goto done;
    }
    if (!result_is_feasible(n, (unsigned long)count)) {
        PyErr_NoMemory();
        goto done;
    }
    mpz_init(product);
    mpz_init_from_long(top, n);
    falling_product(product, top, (unsigned long)count);
    result = long_from_mpz(product);
    mpz_clears(top, product, NULL);
done:
    Py_DECREF(n);
    Py_DECREF(k);
    return result;
}
