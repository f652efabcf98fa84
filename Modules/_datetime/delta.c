/* timedelta: days, seconds and microseconds, of which only the days can be
 * negative.  Arithmetic goes through the number of microseconds. */

#include "private.h"
#include "structmember.h"

#include <math.h>

#define US_PER_DAY ((__int128)86400 * US_PER_SECOND)

#define DAYS(o) (((PyDateTime_Delta *)(o))->days)
#define SECONDS(o) (((PyDateTime_Delta *)(o))->seconds)
#define MICRO(o) (((PyDateTime_Delta *)(o))->microseconds)

/* ---- Making ------------------------------------------------------------- */

static PyObject *
delta_alloc(int days, int seconds, int micro, PyTypeObject *type)
{
    if (days < -MAX_DELTA_DAYS || days > MAX_DELTA_DAYS) {
        PyErr_Format(PyExc_OverflowError,
                     "days=%d; must have magnitude <= %d", days,
                     MAX_DELTA_DAYS);
        return NULL;
    }
    PyDateTime_Delta *self = (PyDateTime_Delta *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
        self->days = days;
        self->seconds = seconds;
        self->microseconds = micro;
    }
    return (PyObject *)self;
}

PyObject *
delta_from_micro(__int128 micro, PyTypeObject *type)
{
    __int128 days, rest;

    if (micro > LLONG_MIN && micro < LLONG_MAX) {
        /* FAST PATH: same result without it */
        days = (long long)micro / (long long)US_PER_DAY;
        rest = (long long)micro % (long long)US_PER_DAY;
    }
    else {
        days = micro / US_PER_DAY;
        rest = micro % US_PER_DAY;
    }
    if (rest < 0) {
        rest += US_PER_DAY;
        days--;
    }
    if (days < INT_MIN || days > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C int");
        return NULL;
    }
    long long us = (long long)rest;
    return delta_alloc((int)days, (int)(us / US_PER_SECOND),
                       (int)(us % US_PER_SECOND), type);
}

PyObject *
delta_make(int days, int seconds, int micro, int normalize,
           PyTypeObject *type)
{
    if (!normalize) {
        return delta_alloc(days, seconds, micro, type);
    }
    return delta_from_micro(
        ((__int128)days * 86400 + seconds) * US_PER_SECOND + micro, type);
}

__int128
delta_as_micro(PyObject *self)
{
    return ((__int128)DAYS(self) * 86400 + SECONDS(self)) * US_PER_SECOND +
           MICRO(self);
}

/* The microseconds as an int.  New. */
static PyObject *
micro_as_long(PyObject *self)
{
    __int128 micro = delta_as_micro(self);
    unsigned char bytes[16];

    memcpy(bytes, &micro, sizeof(bytes));
    return _PyLong_FromByteArray(bytes, sizeof(bytes), 1, 1);
}

/* An int of microseconds (borrowed) as timedelta. */
static PyObject *
delta_from_long(PyObject *number, PyTypeObject *type)
{
    __int128 micro;
    unsigned char bytes[16];

    if (!PyLong_Check(number)) {
        PyErr_Format(PyExc_TypeError, "expected int, not %.200s",
                     Py_TYPE(number)->tp_name);
        return NULL;
    }
    /* So large a number of days does not fit. */
    if (_PyLong_NumBits(number) > 110) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to C int");
        return NULL;
    }
    if (_PyLong_AsByteArray((PyLongObject *)number, bytes, sizeof(bytes), 1,
                            1) < 0) {
        return NULL;
    }
    memcpy(&micro, bytes, sizeof(bytes));
    return delta_from_micro(micro, type);
}

/* Steals `number`, which may be NULL. */
static PyObject *
delta_from_new_long(PyObject *number)
{
    if (number == NULL) {
        return NULL;
    }
    PyObject *result = delta_from_long(number, &delta_type);
    Py_DECREF(number);
    return result;
}

/* ---- Constructor -------------------------------------------------------- */

/* sum + part * factor; the fraction of a float goes to `*rest`.  Steals
 * `sum`.  New. */
static PyObject *
add_float_part(PyObject *sum, double part, long long factor, double *rest)
{
    double whole, fraction = modf(part, &whole);
    PyObject *number = PyLong_FromDouble(whole), *product = NULL;
    PyObject *multiplier = PyLong_FromLongLong(factor);

    if (number != NULL && multiplier != NULL) {
        product = PyNumber_Multiply(number, multiplier);
    }
    Py_XDECREF(number);
    Py_XDECREF(multiplier);
    if (product == NULL) {
        Py_DECREF(sum);
        return NULL;
    }
    Py_SETREF(sum, PyNumber_Add(sum, product));
    Py_DECREF(product);
    if (sum == NULL || fraction == 0.0) {
        return sum;
    }
    fraction = modf((double)factor * fraction, &whole);
    *rest += fraction;
    number = PyLong_FromDouble(whole);
    if (number == NULL) {
        Py_DECREF(sum);
        return NULL;
    }
    Py_SETREF(sum, PyNumber_Add(sum, number));
    Py_DECREF(number);
    return sum;
}

/* The same for an argument of any kind. */
static PyObject *
add_part(PyObject *sum, PyObject *part, const char *name, long long factor,
         double *rest)
{
    if (PyFloat_Check(part)) {
        return add_float_part(sum, PyFloat_AsDouble(part), factor, rest);
    }
    if (!PyLong_Check(part)) {
        PyErr_Format(PyExc_TypeError,
                     "unsupported type for timedelta %s component: %s", name,
                     Py_TYPE(part)->tp_name);
        Py_DECREF(sum);
        return NULL;
    }
    PyObject *multiplier = PyLong_FromLongLong(factor), *product = NULL;
    if (multiplier != NULL) {
        product = PyNumber_Multiply(part, multiplier);
        Py_DECREF(multiplier);
    }
    if (product == NULL) {
        Py_DECREF(sum);
        return NULL;
    }
    Py_SETREF(sum, PyNumber_Add(sum, product));
    Py_DECREF(product);
    return sum;
}

/* Adds the fraction of a microsecond, rounded half to even.  Steals `sum`. */
static PyObject *
add_rest(PyObject *sum, double rest)
{
    double whole = round(rest);

    if (fabs(whole - rest) == 0.5) {
        PyObject *one = PyLong_FromLong(1);
        PyObject *bit = one == NULL ? NULL : PyNumber_And(sum, one);
        Py_XDECREF(one);
        if (bit == NULL) {
            Py_DECREF(sum);
            return NULL;
        }
        int is_odd = PyObject_IsTrue(bit);
        Py_DECREF(bit);
        whole = 2.0 * round((rest + is_odd) * 0.5) - is_odd;
    }
    PyObject *number = PyLong_FromLong((long)whole);
    if (number == NULL) {
        Py_DECREF(sum);
        return NULL;
    }
    Py_SETREF(sum, PyNumber_Add(sum, number));
    Py_DECREF(number);
    return sum;
}

static PyObject *
delta_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {
        (char *)"days", (char *)"seconds", (char *)"microseconds",
        (char *)"milliseconds", (char *)"minutes", (char *)"hours",
        (char *)"weeks", NULL};
    static const struct { const char *name; int index; long long factor; }
    parts[] = {
        {"microseconds", 2, 1}, {"milliseconds", 3, 1000},
        {"seconds", 1, US_PER_SECOND}, {"minutes", 4, 60LL * US_PER_SECOND},
        {"hours", 5, 3600LL * US_PER_SECOND},
        {"days", 0, 86400LL * US_PER_SECOND},
        {"weeks", 6, 7 * 86400LL * US_PER_SECOND},
    };
    PyObject *values[7] = {NULL};
    double rest = 0.0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "|OOOOOOO:__new__", keywords, &values[0],
            &values[1], &values[2], &values[3], &values[4], &values[5],
            &values[6])) {
        return NULL;
    }
    PyObject *sum = PyLong_FromLong(0);
    for (size_t i = 0; sum != NULL && i < Py_ARRAY_LENGTH(parts); i++) {
        PyObject *part = values[parts[i].index];
        if (part != NULL) {
            sum = add_part(sum, part, parts[i].name, parts[i].factor, &rest);
        }
    }
    if (sum != NULL && rest != 0.0) {
        sum = add_rest(sum, rest);
    }
    if (sum == NULL) {
        return NULL;
    }
    PyObject *result = delta_from_long(sum, type);
    Py_DECREF(sum);
    return result;
}

/* ---- Text --------------------------------------------------------------- */

static PyObject *
delta_repr(PyObject *self)
{
    const char *separator = "";
    PyObject *parts = PyUnicode_FromString("");
    const struct { const char *name; int value; } rows[] = {
        {"days", DAYS(self)}, {"seconds", SECONDS(self)},
        {"microseconds", MICRO(self)}};

    for (int i = 0; parts != NULL && i < 3; i++) {
        if (rows[i].value != 0) {
            Py_SETREF(parts, PyUnicode_FromFormat("%U%s%s=%d", parts,
                                                  separator, rows[i].name,
                                                  rows[i].value));
            separator = ", ";
        }
    }
    if (parts == NULL) {
        return NULL;
    }
    PyObject *result = PyUnicode_GET_LENGTH(parts) == 0
        ? PyUnicode_FromFormat("%s(0)", Py_TYPE(self)->tp_name)
        : PyUnicode_FromFormat("%s(%U)", Py_TYPE(self)->tp_name, parts);
    Py_DECREF(parts);
    return result;
}

static PyObject *
delta_str(PyObject *self)
{
    int days = DAYS(self), seconds = SECONDS(self), micro = MICRO(self);
    char text[80], fraction[16] = "";

    if (micro != 0) {
        PyOS_snprintf(fraction, sizeof(fraction), ".%06d", micro);
    }
    PyOS_snprintf(text, sizeof(text), "%d:%02d:%02d%s", seconds / 3600,
                  seconds / 60 % 60, seconds % 60, fraction);
    if (days == 0) {
        return PyUnicode_FromString(text);
    }
    return PyUnicode_FromFormat("%d day%s, %s", days,
                                days == 1 || days == -1 ? "" : "s", text);
}

/* ---- Comparison --------------------------------------------------------- */

int
delta_order(PyObject *left, PyObject *right)
{
    __int128 difference = delta_as_micro(left) - delta_as_micro(right);
    return (difference > 0) - (difference < 0);
}

PyObject *
compare_result(int order, int op)
{
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static PyObject *
delta_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!DELTA_CHECK(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return compare_result(delta_order(self, other), op);
}

static PyObject *
delta_state(PyObject *self)
{
    return Py_BuildValue("iii", DAYS(self), SECONDS(self), MICRO(self));
}

static Py_hash_t
delta_hash(PyObject *self)
{
    PyDateTime_Delta *delta = (PyDateTime_Delta *)self;

    if (delta->hashcode == -1) {
        PyObject *state = delta_state(self);
        if (state != NULL) {
            delta->hashcode = PyObject_Hash(state);
            Py_DECREF(state);
        }
    }
    return delta->hashcode;
}

int
delta_is_zero(PyObject *self)
{
    return DAYS(self) == 0 && SECONDS(self) == 0 && MICRO(self) == 0;
}

/* ---- Arithmetic --------------------------------------------------------- */

PyObject *
delta_negative(PyObject *self)
{
    return delta_from_micro(-delta_as_micro(self), &delta_type);
}

static PyObject *
delta_positive(PyObject *self)
{
    return delta_alloc(DAYS(self), SECONDS(self), MICRO(self), &delta_type);
}

static PyObject *
delta_absolute(PyObject *self)
{
    return DAYS(self) < 0 ? delta_negative(self) : delta_positive(self);
}

static int
delta_bool(PyObject *self)
{
    return !delta_is_zero(self);
}

static PyObject *
delta_add(PyObject *left, PyObject *right)
{
    if (!DELTA_CHECK(left) || !DELTA_CHECK(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return delta_from_micro(delta_as_micro(left) + delta_as_micro(right),
                            &delta_type);
}

PyObject *
delta_minus(PyObject *left, PyObject *right)
{
    return delta_from_micro(delta_as_micro(left) - delta_as_micro(right),
                            &delta_type);
}

static PyObject *
delta_subtract(PyObject *left, PyObject *right)
{
    if (!DELTA_CHECK(left) || !DELTA_CHECK(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return delta_minus(left, right);
}

/* m / n, rounded half to even.  Both borrowed; new. */
static PyObject *
divide_nearest(PyObject *m, PyObject *n)
{
    PyObject *pair = _PyLong_DivmodNear(m, n);

    if (pair == NULL) {
        return NULL;
    }
    PyObject *result = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
    Py_DECREF(pair);
    return result;
}

/* micro(delta) op number, with one operation of ints. */
static PyObject *
with_long(PyObject *delta, PyObject *number, binaryfunc operation)
{
    PyObject *micro = micro_as_long(delta), *result = NULL;

    if (micro != NULL) {
        result = delta_from_new_long(operation(micro, number));
        Py_DECREF(micro);
    }
    return result;
}

/* delta * number (or / number) for a float: exact through its ratio. */
static PyObject *
with_float(PyObject *delta, PyObject *number, int divides)
{
    PyObject *micro = NULL, *ratio = NULL, *product = NULL, *result = NULL;

    micro = micro_as_long(delta);
    ratio = PyObject_CallMethod(number, "as_integer_ratio", NULL);
    if (micro == NULL || ratio == NULL) {
        goto done;
    }
    if (!PyTuple_Check(ratio)) {
        PyErr_Format(PyExc_TypeError,
                     "unexpected return type from as_integer_ratio(): "
                     "expected tuple, got '%.200s'",
                     Py_TYPE(ratio)->tp_name);
        goto done;
    }
    if (PyTuple_GET_SIZE(ratio) != 2) {
        PyErr_SetString(PyExc_ValueError,
                        "as_integer_ratio() must return a 2-tuple");
        goto done;
    }
    product = PyNumber_Multiply(micro, PyTuple_GET_ITEM(ratio, divides));
    if (product != NULL) {
        result = delta_from_new_long(
            divide_nearest(product, PyTuple_GET_ITEM(ratio, !divides)));
    }
done:
    Py_XDECREF(micro);
    Py_XDECREF(ratio);
    Py_XDECREF(product);
    return result;
}

static PyObject *
delta_multiply(PyObject *left, PyObject *right)
{
    PyObject *delta = DELTA_CHECK(left) ? left : right;
    PyObject *number = delta == left ? right : left;

    if (PyLong_Check(number)) {
        return with_long(delta, number, PyNumber_Multiply);
    }
    if (PyFloat_Check(number)) {
        return with_float(delta, number, 0);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

/* left op right as numbers of microseconds.  New. */
static PyObject *
with_delta(PyObject *left, PyObject *right, binaryfunc operation)
{
    PyObject *a = micro_as_long(left), *b = micro_as_long(right);
    PyObject *result = a != NULL && b != NULL ? operation(a, b) : NULL;

    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}

static PyObject *
delta_floor_divide(PyObject *left, PyObject *right)
{
    if (DELTA_CHECK(left)) {
        if (PyLong_Check(right)) {
            return with_long(left, right, PyNumber_FloorDivide);
        }
        if (DELTA_CHECK(right)) {
            return with_delta(left, right, PyNumber_FloorDivide);
        }
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
delta_true_divide(PyObject *left, PyObject *right)
{
    if (DELTA_CHECK(left)) {
        if (DELTA_CHECK(right)) {
            return with_delta(left, right, PyNumber_TrueDivide);
        }
        if (PyFloat_Check(right)) {
            return with_float(left, right, 1);
        }
        if (PyLong_Check(right)) {
            return with_long(left, right, divide_nearest);
        }
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
delta_remainder(PyObject *left, PyObject *right)
{
    if (!DELTA_CHECK(left) || !DELTA_CHECK(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return delta_from_new_long(with_delta(left, right, PyNumber_Remainder));
}

static PyObject *
delta_divmod(PyObject *left, PyObject *right)
{
    if (!DELTA_CHECK(left) || !DELTA_CHECK(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *pair = with_delta(left, right, PyNumber_Divmod);
    if (pair == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *rest = delta_from_long(PyTuple_GET_ITEM(pair, 1), &delta_type);
    if (rest != NULL) {
        result = PyTuple_Pack(2, PyTuple_GET_ITEM(pair, 0), rest);
        Py_DECREF(rest);
    }
    Py_DECREF(pair);
    return result;
}

static PyObject *
delta_total_seconds(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *micro = micro_as_long(self), *result = NULL;
    PyObject *million = PyLong_FromLong(US_PER_SECOND);

    if (micro != NULL && million != NULL) {
        result = PyNumber_TrueDivide(micro, million);
    }
    Py_XDECREF(micro);
    Py_XDECREF(million);
    return result;
}

static PyObject *
delta_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("ON", Py_TYPE(self), delta_state(self));
}

/* ---- Type --------------------------------------------------------------- */

static PyMemberDef delta_members[] = {
    {"days", T_INT, offsetof(PyDateTime_Delta, days), READONLY,
     "Number of days."},
    {"seconds", T_INT, offsetof(PyDateTime_Delta, seconds), READONLY,
     "The part below a day in whole seconds, 0 to 86399."},
    {"microseconds", T_INT, offsetof(PyDateTime_Delta, microseconds),
     READONLY, "The part below a second, 0 to 999999 microseconds."},
    {NULL},
};

static PyMethodDef delta_methods[] = {
    {"total_seconds", delta_total_seconds, METH_NOARGS,
     "The whole duration in seconds."},
    {"__reduce__", delta_reduce, METH_NOARGS,
     "__reduce__(): what pickle rebuilds it from"},
    {NULL},
};

static PyNumberMethods delta_as_number = {
    .nb_add = delta_add,
    .nb_subtract = delta_subtract,
    .nb_multiply = delta_multiply,
    .nb_remainder = delta_remainder,
    .nb_divmod = delta_divmod,
    .nb_negative = delta_negative,
    .nb_positive = delta_positive,
    .nb_absolute = delta_absolute,
    .nb_bool = delta_bool,
    .nb_floor_divide = delta_floor_divide,
    .nb_true_divide = delta_true_divide,
};

PyDoc_STRVAR(delta_doc,
"A duration.\n\n"
"timedelta(days=0, seconds=0, microseconds=0, milliseconds=0,\n"
"          minutes=0, hours=0, weeks=0)\n\n"
"The arguments may be integers or floats, of any sign.");

PyTypeObject delta_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.timedelta",
    .tp_basicsize = sizeof(PyDateTime_Delta),
    .tp_repr = delta_repr,
    .tp_as_number = &delta_as_number,
    .tp_hash = delta_hash,
    .tp_str = delta_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = delta_doc,
    .tp_richcompare = delta_richcompare,
    .tp_methods = delta_methods,
    .tp_members = delta_members,
    .tp_new = delta_new,
};
