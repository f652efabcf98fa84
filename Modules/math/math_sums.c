/* Sums and products of many numbers: fsum, hypot, dist, prod. */
#include "mathmodule.h"

#include "float.h"

#include <math.h>
#include <stdbool.h>

/* high + low == x + y exactly (Knuth). */
static inline double
two_sum(double x, double y, double *low)
{
    double high = x + y, back = high - x;

    *low = (x - (high - back)) + (y - back);
    return high;
}

/* ---- fsum ---- */

/* Partial sums that do not overlap, in rising magnitude (Shewchuk 1996). */
typedef struct {
    double *partials;
    Py_ssize_t n, room;
    double few[32];
} exact_sum;

static int
exact_sum_add(exact_sum *sum, double x)
{
    Py_ssize_t kept = 0;

    for (Py_ssize_t i = 0; i < sum->n; i++) {
        double y = sum->partials[i], low;

        if (fabs(x) < fabs(y)) {
            double swap = x;

            x = y;
            y = swap;
        }
        x = two_sum(x, y, &low);
        if (low != 0.0) {
            sum->partials[kept++] = low;
        }
    }
    sum->n = kept;
    if (x == 0.0) {
        return 0;
    }
    if (!isfinite(x)) {
        PyErr_SetString(PyExc_OverflowError, "intermediate overflow in fsum");
        return -1;
    }
    if (sum->n >= sum->room) {
        Py_ssize_t room = sum->room * 2;
        double *more = PyMem_New(double, (size_t)room);

        if (more == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(more, sum->partials, (size_t)sum->n * sizeof(double));
        if (sum->partials != sum->few) {
            PyMem_Free(sum->partials);
        }
        sum->partials = more;
        sum->room = room;
    }
    sum->partials[sum->n++] = x;
    return 0;
}

/* The partials' sum, rounded once, half to even. */
static double
exact_sum_round(const exact_sum *sum)
{
    Py_ssize_t n = sum->n;
    double high = 0.0, low = 0.0;

    if (n == 0) {
        return 0.0;
    }
    high = sum->partials[--n];
    while (n > 0) {
        double x = high, y = sum->partials[--n];

        high = x + y;
        low = y - (high - x);
        if (low != 0.0) {
            break;
        }
    }
    /* A tie that smaller partials break away from the even side. */
    if (n > 0 && ((low < 0.0 && sum->partials[n - 1] < 0.0) ||
                  (low > 0.0 && sum->partials[n - 1] > 0.0))) {
        double twice = low * 2.0, moved = high + twice;

        if (twice == moved - high) {
            high = moved;
        }
    }
    return high;
}

PyObject *
math_fsum(PyObject *Py_UNUSED(module), PyObject *iterable)
{
    exact_sum sum = {.n = 0, .room = 32};
    double special = 0.0, infinities = 0.0;
    PyObject *iterator = PyObject_GetIter(iterable), *item;     /* owned */
    PyObject *result = NULL;

    if (iterator == NULL) {
        return NULL;
    }
    sum.partials = sum.few;
    while ((item = PyIter_Next(iterator)) != NULL) {
        double x = PyFloat_AsDouble(item);

        Py_DECREF(item);
        if (x == -1.0 && PyErr_Occurred()) {
            goto done;
        }
        if (!isfinite(x)) {
            if (isinf(x)) {
                infinities += x;
            }
            special += x;
        }
        else if (exact_sum_add(&sum, x) < 0) {
            goto done;
        }
    }
    if (PyErr_Occurred()) {
        goto done;
    }
    if (special != 0.0) {
        if (isnan(infinities)) {
            PyErr_SetString(PyExc_ValueError, "-inf + inf in fsum");
        }
        else {
            result = PyFloat_FromDouble(special);
        }
        goto done;
    }
    result = PyFloat_FromDouble(exact_sum_round(&sum));
done:
    if (sum.partials != sum.few) {
        PyMem_Free(sum.partials);
    }
    Py_DECREF(iterator);
    return result;
}

/* ---- hypot, dist ---- */

/* sqrt of the sum of squares of finite coordinates, the largest of magnitude
 * max > 0; off by little more than half a unit in the last place. */
static double
scaled_norm(double *coordinates, Py_ssize_t n, double max)
{
    double high = 0.0, low = 0.0, error;
    int exponent;

    frexp(max, &exponent);
    if (exponent < -1020) {
        /* The scale would overflow: bring subnormals up first. */
        for (Py_ssize_t i = 0; i < n; i++) {
            coordinates[i] /= DBL_MIN;
        }
        return DBL_MIN * scaled_norm(coordinates, n, max / DBL_MIN);
    }
    double scale = ldexp(1.0, -exponent);
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = coordinates[i] * scale, square = x * x;

        low += fma(x, x, -square);
        high = two_sum(high, square, &error);
        low += error;
    }
    double root = sqrt(high + low);
    /* One Newton step with the exact residual. */
    double square = root * root;
    double residual = two_sum(high, -square, &error);
    residual += error + low - fma(root, root, -square);
    return (root + residual / (2.0 * root)) / scale;
}

static double
vector_norm(double *coordinates, Py_ssize_t n)
{
    double max = 0.0;
    bool found_nan = false;

    for (Py_ssize_t i = 0; i < n; i++) {
        double x = fabs(coordinates[i]);

        coordinates[i] = x;
        found_nan |= isnan(x) != 0;
        max = x > max ? x : max;
    }
    if (isinf(max)) {
        return max;
    }
    if (found_nan) {
        return Py_NAN;
    }
    if (max == 0.0 || n <= 1) {
        return max;
    }
    return scaled_norm(coordinates, n, max);
}

#define FEW_COORDINATES 16

PyObject *
math_hypot(PyObject *Py_UNUSED(module), PyObject *const *args,
           Py_ssize_t nargs)
{
    double few[FEW_COORDINATES], *coordinates = few;
    PyObject *result = NULL;

    if (nargs > FEW_COORDINATES) {
        coordinates = PyMem_New(double, (size_t)nargs);
        if (coordinates == NULL) {
            return PyErr_NoMemory();
        }
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        coordinates[i] = PyFloat_AsDouble(args[i]);
        if (coordinates[i] == -1.0 && PyErr_Occurred()) {
            goto done;
        }
    }
    result = PyFloat_FromDouble(vector_norm(coordinates, nargs));
done:
    if (coordinates != few) {
        PyMem_Free(coordinates);
    }
    return result;
}

PyObject *
math_dist(PyObject *Py_UNUSED(module), PyObject *const *args,
          Py_ssize_t nargs)
{
    PyObject *p = NULL, *q = NULL, *result = NULL;              /* owned */
    double few[FEW_COORDINATES], *differences = few;

    if (!_PyArg_CheckPositional("dist", nargs, 2, 2)) {
        return NULL;
    }
    p = PySequence_Tuple(args[0]);
    q = p == NULL ? NULL : PySequence_Tuple(args[1]);
    if (q == NULL) {
        goto done;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(p);
    if (n != PyTuple_GET_SIZE(q)) {
        PyErr_SetString(PyExc_ValueError,
                        "both points must have the same number of "
                        "dimensions");
        goto done;
    }
    if (n > FEW_COORDINATES) {
        differences = PyMem_New(double, (size_t)n);
        if (differences == NULL) {
            PyErr_NoMemory();
            goto done;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = PyFloat_AsDouble(PyTuple_GET_ITEM(p, i));
        if (x == -1.0 && PyErr_Occurred()) {
            goto done;
        }
        double y = PyFloat_AsDouble(PyTuple_GET_ITEM(q, i));
        if (y == -1.0 && PyErr_Occurred()) {
            goto done;
        }
        differences[i] = x - y;
    }
    result = PyFloat_FromDouble(vector_norm(differences, n));
done:
    if (differences != few) {
        PyMem_Free(differences);
    }
    Py_XDECREF(p);
    Py_XDECREF(q);
    return result;
}

/* ---- prod ---- */

PyObject *
math_prod(PyObject *Py_UNUSED(module), PyObject *const *args,
          Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "start", NULL};
    static _PyArg_Parser parser = {.format = "O|$O:prod",
                                   .keywords = keywords};
    PyObject *iterable, *start = NULL;                          /* borrowed */
    PyObject *product = NULL, *item = NULL;                     /* owned */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &iterable, &start)) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(iterable);            /* owned */
    if (iterator == NULL) {
        return NULL;
    }
    product = start == NULL ? PyLong_FromLong(1) : Py_NewRef(start);
    while (product != NULL && (item = PyIter_Next(iterator)) != NULL) {
        if (PyFloat_CheckExact(product) && PyFloat_CheckExact(item)) {
            /* FAST PATH: no dispatch */
            Py_SETREF(product,
                      PyFloat_FromDouble(PyFloat_AS_DOUBLE(product) *
                                         PyFloat_AS_DOUBLE(item)));
        }
        else {
            Py_SETREF(product, PyNumber_Multiply(product, item));
        }
        Py_DECREF(item);
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(product);
    }
    Py_DECREF(iterator);
    return product;
}
