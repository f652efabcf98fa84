/* float: an IEEE 754 double in an object.
 *
 * Freed floats go to a free list.  Text conversion is in Python/pystrtod.c and
 * Python/dtoa.c, formatting in Python/formatter.c, hexadecimal text and the
 * packed forms in Objects/float_pack.c. */
#include "Python.h"

#include "float.h"
#include "float_methods.h"
#include "long.h"
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>

PyFloatObject *float_free_list;
int float_free_list_len;

/* ---- objects ---- */

PyObject *
float_new_slow(double value)
{
    PyFloatObject *op = PyObject_Malloc(sizeof(PyFloatObject));

    if (op == NULL) {
        return PyErr_NoMemory();
    }
    Py_SET_TYPE(op, &PyFloat_Type);
    op->ob_fval = value;
    _Py_NewReference((PyObject *)op);
    return (PyObject *)op;
}

PyObject *
PyFloat_FromDouble(double value)
{
    return float_from_double(value);
}

void
float_dealloc(PyObject *op)
{
    if (PyFloat_CheckExact(op)) {
        if (float_free_list_len >= FLOAT_FREE_LIST_LIMIT) {
            PyObject_Free(op);
            return;
        }
        Py_SET_TYPE(op, (PyTypeObject *)float_free_list);
        float_free_list = (PyFloatObject *)op;
        float_free_list_len++;
        return;
    }
    Py_TYPE(op)->tp_free(op);
}

void
float_clear_free_list(void)
{
    while (float_free_list != NULL) {
        PyFloatObject *op = float_free_list;

        float_free_list = (PyFloatObject *)Py_TYPE(op);
        PyObject_Free(op);
    }
    float_free_list_len = 0;
}

void
_PyFloat_DebugMallocStats(FILE *out)
{
    fprintf(out, "%d free PyFloatObjects, %zu bytes each\n",
            float_free_list_len, sizeof(PyFloatObject));
}

double
PyFloat_GetMax(void)
{
    return DBL_MAX;
}

double
PyFloat_GetMin(void)
{
    return DBL_MIN;
}

/* ---- from text ---- */

static PyObject *
float_from_clean_text(const char *text, Py_ssize_t n, void *obj)
{
    char *end;
    double value = PyOS_string_to_double(text, &end, NULL);

    if (end != text + n || end == text) {
        PyErr_Clear();           /* ValueError or none: the message follows */
        PyErr_Format(PyExc_ValueError,
                     "could not convert string to float: %R",
                     (PyObject *)obj);
        return NULL;
    }
    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return float_from_double(value);
}

static PyObject *
float_from_text(const char *text, Py_ssize_t n, PyObject *obj)
{
    const char *end = text + n;

    while (text < end && Py_ISSPACE(*text)) {
        text++;
    }
    while (text < end - 1 && Py_ISSPACE(end[-1])) {
        end--;
    }
    if (*end == '\0') {
        return _Py_string_to_number_with_underscores(
            text, end - text, "float", obj, obj, float_from_clean_text);
    }
    /* Trailing space: parse a copy that ends with NUL. */
    char *copy = PyMem_Malloc((size_t)(end - text) + 1);
    if (copy == NULL) {
        return PyErr_NoMemory();
    }
    memcpy(copy, text, (size_t)(end - text));
    copy[end - text] = '\0';
    PyObject *result = _Py_string_to_number_with_underscores(
        copy, end - text, "float", obj, obj, float_from_clean_text);
    PyMem_Free(copy);
    return result;
}

PyObject *
PyFloat_FromString(PyObject *obj)
{
    Py_buffer view = {NULL, NULL};
    PyObject *owned = NULL, *result = NULL;                     /* owned */

    if (PyUnicode_Check(obj)) {
        owned = _PyUnicode_TransformDecimalAndSpaceToASCII(obj);
        if (owned == NULL) {
            return NULL;
        }
        result = float_from_text((const char *)PyUnicode_1BYTE_DATA(owned),
                                 PyUnicode_GET_LENGTH(owned), obj);
    }
    else if (PyBytes_Check(obj)) {
        result = float_from_text(PyBytes_AS_STRING(obj),
                                 PyBytes_GET_SIZE(obj), obj);
    }
    else if (PyByteArray_Check(obj)) {
        result = float_from_text(PyByteArray_AS_STRING(obj),
                                 PyByteArray_GET_SIZE(obj), obj);
    }
    else if (PyObject_GetBuffer(obj, &view, PyBUF_SIMPLE) == 0) {
        /* Buffers need not end with NUL. */
        owned = PyBytes_FromStringAndSize(view.buf, view.len);
        PyBuffer_Release(&view);
        if (owned != NULL) {
            result = float_from_text(PyBytes_AS_STRING(owned),
                                     PyBytes_GET_SIZE(owned), obj);
        }
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "float() argument must be a string or a real number, "
                     "not '%.200s'",
                     Py_TYPE(obj)->tp_name);
    }
    Py_XDECREF(owned);
    return result;
}

/* ---- to double ---- */

/* The double of an object that is no float. */
static double
float_as_double_slow(PyObject *op)
{
    PyNumberMethods *methods = Py_TYPE(op)->tp_as_number;

    if (methods == NULL || methods->nb_float == NULL) {
        if (methods != NULL && methods->nb_index != NULL) {
            PyObject *index = _PyNumber_Index(op);              /* owned */
            if (index == NULL) {
                return -1.0;
            }
            double value = PyLong_AsDouble(index);
            Py_DECREF(index);
            return value;
        }
        PyErr_Format(PyExc_TypeError, "must be real number, not %.50s",
                     Py_TYPE(op)->tp_name);
        return -1.0;
    }
    PyObject *result = methods->nb_float(op);                   /* owned */
    if (result == NULL) {
        return -1.0;
    }
    if (!PyFloat_CheckExact(result)) {
        if (!PyFloat_Check(result)) {
            PyErr_Format(PyExc_TypeError,
                         "%.50s.__float__ returned non-float (type %.50s)",
                         Py_TYPE(op)->tp_name, Py_TYPE(result)->tp_name);
            Py_DECREF(result);
            return -1.0;
        }
        if (PyErr_WarnFormat(
                PyExc_DeprecationWarning, 1,
                "%.50s.__float__ returned non-float (type %.50s).  The "
                "ability to return an instance of a strict subclass of float "
                "is deprecated, and may not be supported in a future version "
                "of Python.",
                Py_TYPE(op)->tp_name, Py_TYPE(result)->tp_name) < 0) {
            Py_DECREF(result);
            return -1.0;
        }
    }
    double value = PyFloat_AS_DOUBLE(result);
    Py_DECREF(result);
    return value;
}

double
PyFloat_AsDouble(PyObject *op)
{
    if (op == NULL) {
        PyErr_BadArgument();
        return -1.0;
    }
    if (PyFloat_Check(op)) {
        return PyFloat_AS_DOUBLE(op);
    }
    return float_as_double_slow(op);
}

/* An operand: 1 and *value, 0 if it is neither float nor int, -1 on error. */
static inline int
float_operand(PyObject *op, double *value)
{
    if (PyFloat_Check(op)) {
        *value = PyFloat_AS_DOUBLE(op);
        return 1;
    }
    if (PyLong_Check(op)) {
        *value = PyLong_AsDouble(op);
        return *value == -1.0 && PyErr_Occurred() ? -1 : 1;
    }
    return 0;
}

/* Both operands: 1, 0, -1. */
static inline int
float_operands(PyObject *left, PyObject *right, double *x, double *y)
{
    int found = float_operand(left, x);

    return found <= 0 ? found : float_operand(right, y);
}

#define GET_OPERANDS(left, right, x, y)                  \
    do {                                                 \
        int found_ = float_operands(left, right, &x, &y); \
        if (found_ <= 0)                                 \
            return found_ < 0 ? NULL : Py_NewRef(Py_NotImplemented); \
    } while (0)

/* ---- repr, comparison, hash ---- */

static PyObject *
float_repr(PyObject *op)
{
    char text[FLOAT_REPR_SIZE];
    int n = float_write_repr(PyFloat_AS_DOUBLE(op), text);
    PyObject *result = PyUnicode_New(n, 127);

    if (result != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(result), text, (size_t)n);
    }
    return result;
}

/* Compares a finite double with an int of more than 53 bits: *order is
 * <0, 0, >0.  Returns 0/-1. */
static int
compare_with_long(double x, PyObject *right, int *order)
{
    int x_sign = x == 0.0 ? 0 : x < 0.0 ? -1 : 1;
    int sign = _PyLong_Sign(right);
    int exponent;

    if (x_sign != sign) {
        *order = x_sign - sign;
        return 0;
    }
    size_t bits = _PyLong_NumBits(right);
    if (bits == (size_t)-1 && PyErr_Occurred()) {
        PyErr_Clear();                   /* OverflowError: beyond any double */
        *order = -sign;
        return 0;
    }
    frexp(fabs(x), &exponent);
    if (exponent < 0 || (size_t)exponent != bits) {
        *order = exponent < 0 || (size_t)exponent < bits ? -sign : sign;
        return 0;
    }
    double whole, fraction = modf(x, &whole);
    PyObject *integer = PyLong_FromDouble(whole);               /* owned */
    if (integer == NULL) {
        return -1;
    }
    *order = long_compare(integer, right);
    if (*order == 0) {
        *order = fraction > 0 ? 1 : fraction < 0 ? -1 : 0;
    }
    Py_DECREF(integer);
    return 0;
}

PyObject *
float_richcompare(PyObject *left, PyObject *right, int op)
{
    double x = PyFloat_AS_DOUBLE(left), y;
    bool result = false;
    int order;

    if (PyFloat_Check(right)) {
        y = PyFloat_AS_DOUBLE(right);
    }
    else if (!PyLong_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    else if (!isfinite(x)) {
        y = 0.0;
    }
    else if (long_is_compact(right) || _PyLong_NumBits(right) <= 53) {
        y = (double)long_short_value(right);
    }
    else {
        if (compare_with_long(x, right, &order) < 0) {
            return NULL;
        }
        x = order;
        y = 0.0;
    }
    switch (op) {
    case Py_EQ: result = x == y; break;
    case Py_NE: result = x != y; break;
    case Py_LE: result = x <= y; break;
    case Py_GE: result = x >= y; break;
    case Py_LT: result = x < y; break;
    case Py_GT: result = x > y; break;
    }
    return PyBool_FromLong(result);
}

static Py_hash_t
float_hash(PyObject *op)
{
    return _Py_HashDouble(op, PyFloat_AS_DOUBLE(op));
}

/* ---- arithmetic ---- */

static PyObject *
float_add(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    return float_from_double(x + y);
}

static PyObject *
float_subtract(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    return float_from_double(x - y);
}

static PyObject *
float_multiply(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    return float_from_double(x * y);
}

static PyObject *
raise_zero_division(const char *message)
{
    PyErr_SetString(PyExc_ZeroDivisionError, message);
    return NULL;
}

static PyObject *
float_true_divide(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    if (y == 0.0) {
        return raise_zero_division("float division by zero");
    }
    return float_from_double(x / y);
}

double
float_modulo(double x, double y)
{
    double rest = fmod(x, y);

    if (rest != 0.0) {
        if ((y < 0) != (rest < 0)) {
            rest += y;
        }
        return rest;
    }
    return copysign(0.0, y);
}

/* The remainder with y's sign, and the whole quotient that belongs to it. */
static void
float_divide_floor(double x, double y, double *quotient, double *rest)
{
    double r = fmod(x, y), q = (x - r) / y;

    if (r != 0.0) {
        if ((y < 0) != (r < 0)) {
            r += y;
            q -= 1.0;
        }
    }
    else {
        r = copysign(0.0, y);
    }
    if (q != 0.0) {
        double down = floor(q);

        *quotient = q - down > 0.5 ? down + 1.0 : down;
    }
    else {
        *quotient = copysign(0.0, x / y);
    }
    *rest = r;
}

double
float_floor_divide(double x, double y)
{
    double quotient, rest;

    float_divide_floor(x, y, &quotient, &rest);
    return quotient;
}

static PyObject *
float_remainder(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    if (y == 0.0) {
        return raise_zero_division("float modulo");
    }
    return float_from_double(float_modulo(x, y));
}

static PyObject *
float_slot_floor_divide(PyObject *left, PyObject *right)
{
    double x, y;

    GET_OPERANDS(left, right, x, y);
    if (y == 0.0) {
        return raise_zero_division("float floor division by zero");
    }
    return float_from_double(float_floor_divide(x, y));
}

static PyObject *
float_divmod(PyObject *left, PyObject *right)
{
    double x, y, quotient, rest;

    GET_OPERANDS(left, right, x, y);
    if (y == 0.0) {
        return raise_zero_division("float divmod()");
    }
    float_divide_floor(x, y, &quotient, &rest);
    return Py_BuildValue("(dd)", quotient, rest);
}

static bool
is_odd_integer(double x)
{
    return fmod(fabs(x), 2.0) == 1.0;
}

/* x**y where an operand is zero, infinite or not a number, or y is 0: true
 * and *result, as in IEEE 754.  x == 0 with y < 0 is not among them. */
static bool
power_special(double x, double y, double *result)
{
    if (y == 0) {
        *result = 1.0;
    }
    else if (isnan(x)) {
        *result = x;
    }
    else if (isnan(y)) {
        *result = x == 1.0 ? 1.0 : y;
    }
    else if (isinf(y)) {
        x = fabs(x);
        *result = x == 1.0                 ? 1.0
                  : (y > 0.0) == (x > 1.0) ? fabs(y)
                                           : 0.0;
    }
    else if (isinf(x)) {
        bool odd = is_odd_integer(y);

        if (y > 0.0) {
            *result = odd ? x : fabs(x);
        }
        else {
            *result = odd ? copysign(0.0, x) : 0.0;
        }
    }
    else if (x == 0.0 && y > 0.0) {
        *result = is_odd_integer(y) ? x : 0.0;
    }
    else {
        return false;
    }
    return true;
}

static PyObject *
float_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    double x, y, result;
    bool negate = false;

    if (modulus != Py_None) {
        PyErr_SetString(PyExc_TypeError,
                        "pow() 3rd argument not allowed unless all arguments "
                        "are integers");
        return NULL;
    }
    GET_OPERANDS(left, right, x, y);
    if (power_special(x, y, &result)) {
        return float_from_double(result);
    }
    if (x == 0.0) {
        return raise_zero_division("0.0 cannot be raised to a negative "
                                   "power");
    }
    if (x < 0.0) {
        if (y != floor(y)) {
            return PyComplex_Type.tp_as_number->nb_power(left, right,
                                                         modulus);
        }
        x = -x;
        negate = is_odd_integer(y);
    }
    if (x == 1.0) {
        return float_from_double(negate ? -1.0 : 1.0);
    }
    result = pow(x, y);
    if (isinf(result)) {
        errno = ERANGE;
        return PyErr_SetFromErrno(PyExc_OverflowError);
    }
    return float_from_double(negate ? -result : result);
}

static PyObject *
float_negative(PyObject *op)
{
    return float_from_double(-PyFloat_AS_DOUBLE(op));
}

static PyObject *
float_absolute(PyObject *op)
{
    return float_from_double(fabs(PyFloat_AS_DOUBLE(op)));
}

static int
float_bool(PyObject *op)
{
    return PyFloat_AS_DOUBLE(op) != 0.0;
}

static PyObject *
float_to_exact(PyObject *op)
{
    if (PyFloat_CheckExact(op)) {
        return Py_NewRef(op);
    }
    return float_from_double(PyFloat_AS_DOUBLE(op));
}

static PyObject *
float_int(PyObject *op)
{
    return PyLong_FromDouble(PyFloat_AS_DOUBLE(op));
}

/* ---- methods ---- */

static PyObject *
float_trunc(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromDouble(PyFloat_AS_DOUBLE(self));
}

static PyObject *
float_floor(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromDouble(floor(PyFloat_AS_DOUBLE(self)));
}

static PyObject *
float_ceil(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromDouble(ceil(PyFloat_AS_DOUBLE(self)));
}

static PyObject *
float_is_integer(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    double value = PyFloat_AS_DOUBLE(self);

    return PyBool_FromLong(isfinite(value) && floor(value) == value);
}

/* No double has more digits than NDIGITS_MAX after the point; none reaches
 * half of 10**-NDIGITS_MIN. */
#define NDIGITS_MAX ((int)((DBL_MANT_DIG - DBL_MIN_EXP) * 0.30103))
#define NDIGITS_MIN (-(int)((DBL_MAX_EXP + 1) * 0.30103))

/* Rounds by way of the decimal text, so that the result is the double nearest
 * to the correctly rounded decimal. */
static PyObject *
float_round_decimal(double value, int ndigits)
{
    int decpt, sign;
    char *end;
    char *digits = _Py_dg_dtoa(value, 3, ndigits, &decpt, &sign, &end);

    if (digits == NULL) {
        return PyErr_NoMemory();
    }
    size_t room = (size_t)(end - digits) + 24;
    char *text = PyMem_Malloc(room);
    if (text == NULL) {
        _Py_dg_freedtoa(digits);
        return PyErr_NoMemory();
    }
    PyOS_snprintf(text, room, "%s0%se%d", sign ? "-" : "", digits,
                  decpt - (int)(end - digits));
    errno = 0;
    double result = _Py_dg_strtod(text, NULL);
    PyMem_Free(text);
    _Py_dg_freedtoa(digits);
    if (errno == ERANGE && fabs(result) >= 1.0) {
        PyErr_SetString(PyExc_OverflowError,
                        "rounded value too large to represent");
        return NULL;
    }
    return float_from_double(result);
}

static PyObject *
float_round(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    double value = PyFloat_AS_DOUBLE(self);

    if (!_PyArg_CheckPositional("__round__", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0 || args[0] == Py_None) {
        double rounded = round(value);

        if (fabs(value - rounded) == 0.5) {
            rounded = 2.0 * round(value / 2.0);
        }
        return PyLong_FromDouble(rounded);
    }
    Py_ssize_t ndigits = PyNumber_AsSsize_t(args[0], NULL);
    if (ndigits == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (!isfinite(value) || ndigits > NDIGITS_MAX) {
        return float_from_double(value);
    }
    if (ndigits < NDIGITS_MIN) {
        return float_from_double(0.0 * value);
    }
    return float_round_decimal(value, (int)ndigits);
}

static PyObject *
float_conjugate(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return float_to_exact(self);
}

static PyObject *
float_as_integer_ratio(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    double value = PyFloat_AS_DOUBLE(self);
    PyObject *numerator = NULL, *denominator = NULL;            /* owned */
    PyObject *result = NULL;
    int exponent;

    if (isinf(value)) {
        PyErr_SetString(PyExc_OverflowError,
                        "cannot convert Infinity to integer ratio");
        return NULL;
    }
    if (isnan(value)) {
        PyErr_SetString(PyExc_ValueError,
                        "cannot convert NaN to integer ratio");
        return NULL;
    }
    double part = frexp(value, &exponent);
    while (part != floor(part)) {
        part *= 2.0;
        exponent--;
    }
    numerator = PyLong_FromDouble(part);
    denominator = PyLong_FromLong(1);
    if (numerator == NULL || denominator == NULL) {
        goto done;
    }
    PyObject *shifted = exponent > 0
                            ? _PyLong_Lshift(numerator, (size_t)exponent)
                            : _PyLong_Lshift(denominator, (size_t)-exponent);
    if (shifted == NULL) {
        goto done;
    }
    if (exponent > 0) {
        Py_SETREF(numerator, shifted);
    }
    else {
        Py_SETREF(denominator, shifted);
    }
    result = PyTuple_Pack(2, numerator, denominator);
done:
    Py_XDECREF(numerator);
    Py_XDECREF(denominator);
    return result;
}

static PyObject *
float_getnewargs(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("(d)", PyFloat_AS_DOUBLE(self));
}

static PyObject *
float_format(PyObject *self, PyObject *spec)
{
    _PyUnicodeWriter writer;

    if (!PyUnicode_Check(spec)) {
        PyErr_Format(PyExc_TypeError,
                     "__format__() argument must be str, not %.50s",
                     spec == Py_None ? "None" : Py_TYPE(spec)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(spec) < 0) {
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    if (_PyFloat_FormatAdvancedWriter(&writer, self, spec, 0,
                                      PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

static PyObject *
float_getformat(PyObject *Py_UNUSED(type), PyObject *which)
{
    if (!PyUnicode_Check(which)) {
        PyErr_Format(PyExc_TypeError,
                     "__getformat__() argument must be str, not %.50s",
                     which == Py_None ? "None" : Py_TYPE(which)->tp_name);
        return NULL;
    }
    if (_PyUnicode_EqualToASCIIString(which, "double") ||
        _PyUnicode_EqualToASCIIString(which, "float")) {
        return PyUnicode_FromString("IEEE, little-endian");
    }
    PyErr_SetString(PyExc_ValueError,
                    "__getformat__() argument 1 must be 'double' or "
                    "'float'");
    return NULL;
}

static PyObject *
float_get_real(PyObject *self, void *Py_UNUSED(closure))
{
    return float_to_exact(self);
}

static PyObject *
float_get_imag(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure))
{
    return float_from_double(0.0);
}

/* ---- construction ---- */

static PyObject *
float_new_exact(PyObject *value)
{
    if (value == NULL) {
        return float_from_double(0.0);
    }
    if (PyUnicode_CheckExact(value)) {
        return PyFloat_FromString(value);
    }
    return PyNumber_Float(value);
}

static PyObject *
float_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *value = NULL;                                     /* borrowed */

    if ((type == &PyFloat_Type || type->tp_init == PyFloat_Type.tp_init) &&
        !_PyArg_NoKeywords("float", kwargs)) {
        return NULL;
    }
    if (!_PyArg_CheckPositional("float", PyTuple_GET_SIZE(args), 0, 1)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) == 1) {
        value = PyTuple_GET_ITEM(args, 0);
    }
    PyObject *exact = float_new_exact(value);                   /* owned */
    if (exact == NULL || type == &PyFloat_Type) {
        return exact;
    }
    PyFloatObject *result = (PyFloatObject *)type->tp_alloc(type, 0);
    if (result != NULL) {
        result->ob_fval = PyFloat_AS_DOUBLE(exact);
    }
    Py_DECREF(exact);
    return (PyObject *)result;
}

static PyObject *
float_vectorcall(PyObject *Py_UNUSED(type), PyObject *const *args,
                 size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("float", kwnames) ||
        !_PyArg_CheckPositional("float", nargs, 0, 1)) {
        return NULL;
    }
    return float_new_exact(nargs > 0 ? args[0] : NULL);
}

/* ---- sys.float_info ---- */

static PyTypeObject float_info_type;

static PyStructSequence_Field float_info_fields[] = {
    {"max", "DBL_MAX: largest finite value"},
    {"max_exp", "DBL_MAX_EXP: largest e such that 2**(e-1) is finite"},
    {"max_10_exp", "DBL_MAX_10_EXP: largest e such that 10**e is finite"},
    {"min", "DBL_MIN: least positive normal value"},
    {"min_exp", "DBL_MIN_EXP: least e such that 2**(e-1) is normal"},
    {"min_10_exp", "DBL_MIN_10_EXP: least e such that 10**e is normal"},
    {"dig", "DBL_DIG: decimal digits that survive a round trip"},
    {"mant_dig", "DBL_MANT_DIG: bits of the mantissa"},
    {"epsilon", "DBL_EPSILON: 1.0 to the next value"},
    {"radix", "FLT_RADIX: base of the exponent"},
    {"rounds", "FLT_ROUNDS: how additions round"},
    {NULL, NULL},
};

static PyStructSequence_Desc float_info_description = {
    .name = "sys.float_info",
    .doc = "sys.float_info\n\nLimits and precision of float.  Read-only.",
    .fields = float_info_fields,
    .n_in_sequence = 11,
};

PyObject *
PyFloat_GetInfo(void)
{
    if (float_init(NULL) < 0) {
        return NULL;
    }
    PyObject *info = PyStructSequence_New(&float_info_type);
    if (info == NULL) {
        return NULL;
    }
    PyObject *values[] = {
        PyFloat_FromDouble(DBL_MAX),      PyLong_FromLong(DBL_MAX_EXP),
        PyLong_FromLong(DBL_MAX_10_EXP),  PyFloat_FromDouble(DBL_MIN),
        PyLong_FromLong(DBL_MIN_EXP),     PyLong_FromLong(DBL_MIN_10_EXP),
        PyLong_FromLong(DBL_DIG),         PyLong_FromLong(DBL_MANT_DIG),
        PyFloat_FromDouble(DBL_EPSILON),  PyLong_FromLong(FLT_RADIX),
        PyLong_FromLong(1),
    };
    for (int i = 0; i < 11; i++) {
        PyStructSequence_SET_ITEM(info, i, values[i]);
    }
    if (PyErr_Occurred()) {
        Py_DECREF(info);
        return NULL;
    }
    return info;
}

int
float_init(PyInterpreterState *Py_UNUSED(interp))
{
    if (float_info_type.tp_name == NULL) {
        return PyStructSequence_InitType2(&float_info_type,
                                          &float_info_description);
    }
    return 0;
}

void
float_fini(PyInterpreterState *Py_UNUSED(interp))
{
    float_clear_free_list();
}

/* ---- the type ---- */

static PyMethodDef float_methods[] = {
    {"conjugate", float_conjugate, METH_NOARGS,
     "conjugate($self, /)\n--\n\nReturn self: a float is its own "
     "conjugate."},
    {"__trunc__", float_trunc, METH_NOARGS,
     "__trunc__($self, /)\n--\n\nThe integer towards zero."},
    {"__floor__", float_floor, METH_NOARGS,
     "__floor__($self, /)\n--\n\nThe integer below."},
    {"__ceil__", float_ceil, METH_NOARGS,
     "__ceil__($self, /)\n--\n\nThe integer above."},
    {"__round__", (PyCFunction)(void (*)(void))float_round, METH_FASTCALL,
     "__round__($self, ndigits=None, /)\n--\n\n"
     "The nearest integer, or float with ndigits digits after the point."},
    {"as_integer_ratio", float_as_integer_ratio, METH_NOARGS,
     "as_integer_ratio($self, /)\n--\n\n"
     "Return (numerator, denominator) in lowest terms.\n\n"
     ">>> (0.25).as_integer_ratio()\n(1, 4)"},
    {"fromhex", float_fromhex, METH_O | METH_CLASS,
     "fromhex($type, string, /)\n--\n\nRead hexadecimal text.\n\n"
     ">>> float.fromhex('0x1.8p3')\n12.0"},
    {"hex", float_hex, METH_NOARGS,
     "hex($self, /)\n--\n\nRender as hexadecimal text.\n\n"
     ">>> (12.0).hex()\n'0x1.8000000000000p+3'"},
    {"is_integer", float_is_integer, METH_NOARGS,
     "is_integer($self, /)\n--\n\nWhether the value is an integer."},
    {"__getnewargs__", float_getnewargs, METH_NOARGS,
     "__getnewargs__($self, /)\n--\n\n"},
    {"__getformat__", float_getformat, METH_O | METH_CLASS,
     "__getformat__($type, typestr, /)\n--\n\n"
     "Describe the C type 'double' or 'float'."},
    {"__format__", float_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\n"
     "Render per the format specification."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef float_getset[] = {
    {"real", float_get_real, NULL, "the real part: self", NULL},
    {"imag", float_get_imag, NULL, "the imaginary part: 0.0", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods float_as_number = {
    .nb_add = float_add,
    .nb_subtract = float_subtract,
    .nb_multiply = float_multiply,
    .nb_remainder = float_remainder,
    .nb_divmod = float_divmod,
    .nb_power = float_power,
    .nb_negative = float_negative,
    .nb_positive = float_to_exact,
    .nb_absolute = float_absolute,
    .nb_bool = float_bool,
    .nb_int = float_int,
    .nb_float = float_to_exact,
    .nb_floor_divide = float_slot_floor_divide,
    .nb_true_divide = float_true_divide,
};

PyTypeObject PyFloat_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "float",
    .tp_basicsize = sizeof(PyFloatObject),
    .tp_dealloc = float_dealloc,
    .tp_repr = float_repr,
    .tp_as_number = &float_as_number,
    .tp_hash = float_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "float(x=0, /)\n--\n\n"
              "Convert a string or number to a floating point number.",
    .tp_richcompare = float_richcompare,
    .tp_methods = float_methods,
    .tp_getset = float_getset,
    .tp_new = float_new,
    .tp_vectorcall = float_vectorcall,
};
