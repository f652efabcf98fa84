/* complex: two doubles.  Arithmetic follows the schoolbook formulas of the
 * language reference (no C99 Annex G recovery of infinities). */
#include "Python.h"

#include "float.h"
#include "names.h"
#include "structmember.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- arithmetic on Py_complex; errors in errno ---- */

Py_complex
_Py_c_sum(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real + b.real, a.imag + b.imag};
}

Py_complex
_Py_c_diff(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real - b.real, a.imag - b.imag};
}

Py_complex
_Py_c_neg(Py_complex a)
{
    return (Py_complex){-a.real, -a.imag};
}

Py_complex
_Py_c_prod(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real * b.real - a.imag * b.imag,
                        a.real * b.imag + a.imag * b.real};
}

/* Scales by the larger part of the divisor (Smith 1962); EDOM for b == 0. */
Py_complex
_Py_c_quot(Py_complex a, Py_complex b)
{
    double real = fabs(b.real), imag = fabs(b.imag);

    if (real >= imag) {
        if (real == 0.0) {
            errno = EDOM;
            return (Py_complex){0.0, 0.0};
        }
        double ratio = b.imag / b.real;
        double divisor = b.real + b.imag * ratio;
        return (Py_complex){(a.real + a.imag * ratio) / divisor,
                            (a.imag - a.real * ratio) / divisor};
    }
    if (imag >= real) {
        double ratio = b.real / b.imag;
        double divisor = b.real * ratio + b.imag;
        return (Py_complex){(a.real * ratio + a.imag) / divisor,
                            (a.imag * ratio - a.real) / divisor};
    }
    return (Py_complex){Py_NAN, Py_NAN};                /* b has a nan */
}

Py_complex
_Py_c_pow(Py_complex a, Py_complex b)
{
    if (b.real == 0.0 && b.imag == 0.0) {
        return (Py_complex){1.0, 0.0};
    }
    if (a.real == 0.0 && a.imag == 0.0) {
        if (b.imag != 0.0 || b.real < 0.0) {
            errno = EDOM;
        }
        return (Py_complex){0.0, 0.0};
    }
    double size = hypot(a.real, a.imag);
    double length = pow(size, b.real);
    double angle = atan2(a.imag, a.real);
    double phase = angle * b.real;

    if (b.imag != 0.0) {
        length /= exp(angle * b.imag);
        phase += b.imag * log(size);
    }
    return (Py_complex){length * cos(phase), length * sin(phase)};
}

/* ERANGE if the result overflows. */
double
_Py_c_abs(Py_complex z)
{
    errno = 0;
    if (!isfinite(z.real) || !isfinite(z.imag)) {
        if (isinf(z.real) || isinf(z.imag)) {
            return Py_HUGE_VAL;
        }
        return Py_NAN;
    }
    double result = hypot(z.real, z.imag);
    errno = isfinite(result) ? 0 : ERANGE;
    return result;
}

/* z**n by repeated squaring. */
static Py_complex
complex_power_integer(Py_complex z, long n)
{
    const Py_complex one = {1.0, 0.0};
    Py_complex result = one, square = z;

    for (unsigned long left = (unsigned long)labs(n); left > 0; left >>= 1) {
        if (left & 1) {
            result = _Py_c_prod(result, square);
        }
        square = _Py_c_prod(square, square);
    }
    return n > 0 ? result : _Py_c_quot(one, result);
}

/* ---- objects ---- */

PyObject *
PyComplex_FromCComplex(Py_complex value)
{
    PyComplexObject *op = PyObject_Malloc(sizeof(PyComplexObject));

    if (op == NULL) {
        return PyErr_NoMemory();
    }
    PyObject_Init((PyObject *)op, &PyComplex_Type);
    op->cval = value;
    return (PyObject *)op;
}

PyObject *
PyComplex_FromDoubles(double real, double imag)
{
    return PyComplex_FromCComplex((Py_complex){real, imag});
}

static PyObject *
complex_from_type(PyTypeObject *type, Py_complex value)
{
    if (type == &PyComplex_Type) {
        return PyComplex_FromCComplex(value);
    }
    PyObject *op = type->tp_alloc(type, 0);
    if (op != NULL) {
        ((PyComplexObject *)op)->cval = value;
    }
    return op;
}

/* What op.__complex__() returns, or NULL without an exception if it has none.
 * Runs Python. */
static PyObject *
complex_call_special(PyObject *op)
{
    if (PyComplex_CheckExact(op)) {
        return Py_NewRef(op);
    }
    PyObject *method = _PyObject_LookupSpecial(op, NAME(__complex__));
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallNoArgs(method);             /* owned */
    Py_DECREF(method);
    if (result == NULL || PyComplex_CheckExact(result)) {
        return result;
    }
    if (!PyComplex_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "__complex__ returned non-complex (type "
                     "%.200s)",
                     Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    if (PyErr_WarnFormat(
            PyExc_DeprecationWarning, 1,
            "__complex__ returned non-complex (type %.200s).  The "
            "ability to return an instance of a strict subclass of complex "
            "is deprecated, and may be removed in a future version of "
            "Python.",
            Py_TYPE(result)->tp_name) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

double
PyComplex_RealAsDouble(PyObject *op)
{
    if (PyComplex_Check(op)) {
        return ((PyComplexObject *)op)->cval.real;
    }
    return PyFloat_AsDouble(op);
}

double
PyComplex_ImagAsDouble(PyObject *op)
{
    return PyComplex_Check(op) ? ((PyComplexObject *)op)->cval.imag : 0.0;
}

Py_complex
PyComplex_AsCComplex(PyObject *op)
{
    Py_complex value = {-1.0, 0.0};

    assert(op != NULL);
    if (PyComplex_Check(op)) {
        return ((PyComplexObject *)op)->cval;
    }
    PyObject *converted = complex_call_special(op);             /* owned */
    if (converted != NULL) {
        value = ((PyComplexObject *)converted)->cval;
        Py_DECREF(converted);
        return value;
    }
    if (PyErr_Occurred()) {
        return value;
    }
    value.real = PyFloat_AsDouble(op);
    return value;
}

/* ---- slots ---- */

static PyObject *
complex_repr(PyObject *op)
{
    Py_complex z = ((PyComplexObject *)op)->cval;
    char *real = NULL, *imag = NULL;                            /* owned */
    bool imaginary = z.real == 0.0 && !signbit(z.real);
    PyObject *result = NULL;

    imag = PyOS_double_to_string(z.imag, 'r', 0,
                                 imaginary ? 0 : Py_DTSF_SIGN, NULL);
    if (imag == NULL) {
        goto done;
    }
    if (imaginary) {
        result = PyUnicode_FromFormat("%sj", imag);
        goto done;
    }
    real = PyOS_double_to_string(z.real, 'r', 0, 0, NULL);
    if (real != NULL) {
        result = PyUnicode_FromFormat("(%s%sj)", real, imag);
    }
done:
    PyMem_Free(real);
    PyMem_Free(imag);
    return result;
}

static Py_hash_t
complex_hash(PyObject *op)
{
    Py_complex z = ((PyComplexObject *)op)->cval;
    Py_uhash_t real = (Py_uhash_t)_Py_HashDouble(op, z.real);
    Py_uhash_t imag = (Py_uhash_t)_Py_HashDouble(op, z.imag);
    Py_hash_t hash = (Py_hash_t)(real + _PyHASH_IMAG * imag);

    return hash == -1 ? -2 : hash;
}

static PyObject *
complex_richcompare(PyObject *left, PyObject *right, int op)
{
    Py_complex z = ((PyComplexObject *)left)->cval;
    bool equal;

    if (op != Py_EQ && op != Py_NE) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyLong_Check(right)) {
        if (z.imag != 0.0) {
            return PyBool_FromLong(op == Py_NE);
        }
        PyObject *real = PyFloat_FromDouble(z.real);            /* owned */
        if (real == NULL) {
            return NULL;
        }
        PyObject *result = float_richcompare(real, right, op);
        Py_DECREF(real);
        return result;
    }
    if (PyFloat_Check(right)) {
        equal = z.real == PyFloat_AS_DOUBLE(right) && z.imag == 0.0;
    }
    else if (PyComplex_Check(right)) {
        Py_complex w = ((PyComplexObject *)right)->cval;

        equal = z.real == w.real && z.imag == w.imag;
    }
    else {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

/* 1 and *value, 0 if op is no number of ours, -1 on error. */
static int
complex_operand(PyObject *op, Py_complex *value)
{
    value->imag = 0.0;
    if (PyComplex_Check(op)) {
        *value = ((PyComplexObject *)op)->cval;
        return 1;
    }
    if (PyLong_Check(op)) {
        value->real = PyLong_AsDouble(op);
        return value->real == -1.0 && PyErr_Occurred() ? -1 : 1;
    }
    if (PyFloat_Check(op)) {
        value->real = PyFloat_AS_DOUBLE(op);
        return 1;
    }
    return 0;
}

/* Applies `operation` to two operands; EDOM becomes ZeroDivisionError. */
static PyObject *
complex_binary(PyObject *left, PyObject *right,
               Py_complex (*operation)(Py_complex, Py_complex))
{
    Py_complex a, b;
    int found = complex_operand(left, &a);

    if (found > 0) {
        found = complex_operand(right, &b);
    }
    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(Py_NotImplemented);
    }
    errno = 0;
    Py_complex result = operation(a, b);
    if (errno == EDOM) {
        PyErr_SetString(PyExc_ZeroDivisionError, "complex division by zero");
        return NULL;
    }
    return PyComplex_FromCComplex(result);
}

static PyObject *
complex_add(PyObject *left, PyObject *right)
{
    return complex_binary(left, right, _Py_c_sum);
}

static PyObject *
complex_subtract(PyObject *left, PyObject *right)
{
    return complex_binary(left, right, _Py_c_diff);
}

static PyObject *
complex_multiply(PyObject *left, PyObject *right)
{
    return complex_binary(left, right, _Py_c_prod);
}

static PyObject *
complex_true_divide(PyObject *left, PyObject *right)
{
    return complex_binary(left, right, _Py_c_quot);
}

static PyObject *
complex_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    Py_complex a, b, result;
    int found = complex_operand(left, &a);

    if (found > 0) {
        found = complex_operand(right, &b);
    }
    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(Py_NotImplemented);
    }
    if (modulus != Py_None) {
        PyErr_SetString(PyExc_ValueError, "complex modulo");
        return NULL;
    }
    errno = 0;
    if (b.imag == 0.0 && b.real == floor(b.real) && fabs(b.real) <= 100.0) {
        result = complex_power_integer(a, (long)b.real);
    }
    else {
        result = _Py_c_pow(a, b);
    }
    if (errno != EDOM) {
        errno = isinf(result.real) || isinf(result.imag) ? ERANGE : 0;
    }
    if (errno == EDOM) {
        PyErr_SetString(PyExc_ZeroDivisionError,
                        "0.0 to a negative or complex power");
        return NULL;
    }
    if (errno == ERANGE) {
        PyErr_SetString(PyExc_OverflowError, "complex exponentiation");
        return NULL;
    }
    return PyComplex_FromCComplex(result);
}

static PyObject *
complex_negative(PyObject *op)
{
    return PyComplex_FromCComplex(_Py_c_neg(((PyComplexObject *)op)->cval));
}

static PyObject *
complex_positive(PyObject *op)
{
    if (PyComplex_CheckExact(op)) {
        return Py_NewRef(op);
    }
    return PyComplex_FromCComplex(((PyComplexObject *)op)->cval);
}

static PyObject *
complex_absolute(PyObject *op)
{
    double result = _Py_c_abs(((PyComplexObject *)op)->cval);

    if (errno == ERANGE) {
        PyErr_SetString(PyExc_OverflowError, "absolute value too large");
        return NULL;
    }
    return PyFloat_FromDouble(result);
}

static int
complex_bool(PyObject *op)
{
    Py_complex z = ((PyComplexObject *)op)->cval;

    return z.real != 0.0 || z.imag != 0.0;
}

/* ---- methods ---- */

static PyObject *
complex_conjugate(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_complex z = ((PyComplexObject *)self)->cval;

    return PyComplex_FromDoubles(z.real, -z.imag);
}

static PyObject *
complex_complex(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return complex_positive(self);
}

static PyObject *
complex_getnewargs(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_complex z = ((PyComplexObject *)self)->cval;

    return Py_BuildValue("(dd)", z.real, z.imag);
}

static PyObject *
complex_format(PyObject *self, PyObject *spec)
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
    if (_PyComplex_FormatAdvancedWriter(&writer, self, spec, 0,
                                        PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/* ---- construction ---- */

/* A float at text: true and *end moved, or false.  Clears ValueError. */
static bool
read_double(const char *text, const char **end, double *value)
{
    char *stop;

    *value = PyOS_string_to_double(text, &stop, NULL);
    if (*value == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();                                 /* no number here */
        }
        return false;
    }
    *end = stop;
    return stop != text;
}

/* +1, -1 after a sign; 1 without. */
static double
read_unit(const char **p)
{
    double unit = **p == '-' ? -1.0 : 1.0;

    *p += **p == '-' || **p == '+';
    return unit;
}

/* Reads FLOAT, FLOATj, FLOAT+FLOATj, FLOAT+j, +j or j; false if malformed. */
static bool
read_complex(const char **p, Py_complex *z)
{
    double first;

    *z = (Py_complex){0.0, 0.0};
    if (read_double(*p, p, &first)) {
        if (**p == 'j' || **p == 'J') {
            ++*p;
            z->imag = first;
            return true;
        }
        z->real = first;
        if (**p != '+' && **p != '-') {
            return true;
        }
        if (!read_double(*p, p, &z->imag)) {
            z->imag = read_unit(p);
        }
    }
    else {
        z->imag = read_unit(p);
    }
    if (**p != 'j' && **p != 'J') {
        return false;
    }
    ++*p;
    return true;
}

static const char *
skip_space(const char *p)
{
    while (Py_ISSPACE(*p)) {
        p++;
    }
    return p;
}

static PyObject *
complex_from_text(const char *text, Py_ssize_t n, void *type)
{
    const char *p = skip_space(text);
    bool bracket = *p == '(';
    Py_complex z;

    if (bracket) {
        p = skip_space(p + 1);
    }
    bool good = read_complex(&p, &z);
    if (PyErr_Occurred()) {
        return NULL;
    }
    p = skip_space(p);
    if (good && bracket) {
        good = *p == ')';
        p = skip_space(p + good);
    }
    if (!good || p - text != n) {
        PyErr_SetString(PyExc_ValueError,
                        "complex() arg is a malformed string");
        return NULL;
    }
    return complex_from_type((PyTypeObject *)type, z);
}

static PyObject *
complex_from_string(PyTypeObject *type, PyObject *text)
{
    PyObject *ascii = _PyUnicode_TransformDecimalAndSpaceToASCII(text);

    if (ascii == NULL) {
        return NULL;
    }
    PyObject *result = _Py_string_to_number_with_underscores(
        (const char *)PyUnicode_1BYTE_DATA(ascii),
        PyUnicode_GET_LENGTH(ascii), "complex", text, type,
        complex_from_text);
    Py_DECREF(ascii);
    return result;
}

static bool
is_real_number(PyObject *op)
{
    PyNumberMethods *methods = Py_TYPE(op)->tp_as_number;

    return methods != NULL &&
           (methods->nb_float != NULL || methods->nb_index != NULL);
}

/* One argument as a complex: *was_complex tells whether it brought an
 * imaginary part. */
static int
complex_argument(PyObject *op, Py_complex *value, bool *was_complex)
{
    *was_complex = false;
    *value = (Py_complex){0.0, 0.0};
    if (op == NULL) {
        return 0;
    }
    if (PyComplex_Check(op)) {
        *value = ((PyComplexObject *)op)->cval;
        *was_complex = true;
        return 0;
    }
    PyObject *number = PyNumber_Float(op);                      /* owned */
    if (number == NULL) {
        return -1;
    }
    value->real = PyFloat_AS_DOUBLE(number);
    Py_DECREF(number);
    return 0;
}

static PyObject *
complex_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"real", (char *)"imag", NULL};
    PyObject *real = NULL, *imag = NULL;                        /* borrowed */
    PyObject *converted = NULL, *result = NULL;                 /* owned */
    Py_complex a, b;
    bool real_is_complex, imag_is_complex;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:complex", keywords,
                                     &real, &imag)) {
        return NULL;
    }
    if (real != NULL && PyComplex_CheckExact(real) && imag == NULL &&
        type == &PyComplex_Type) {
        return Py_NewRef(real);
    }
    if (real != NULL && PyUnicode_Check(real)) {
        if (imag != NULL) {
            PyErr_SetString(PyExc_TypeError,
                            "complex() can't take second arg if first is a "
                            "string");
            return NULL;
        }
        return complex_from_string(type, real);
    }
    if (imag != NULL && PyUnicode_Check(imag)) {
        PyErr_SetString(PyExc_TypeError,
                        "complex() second arg can't be a string");
        return NULL;
    }
    if (real != NULL) {
        converted = complex_call_special(real);
        if (converted != NULL) {
            real = converted;
        }
        else if (PyErr_Occurred()) {
            return NULL;
        }
    }
    if (real != NULL && !is_real_number(real) && !PyComplex_Check(real)) {
        PyErr_Format(PyExc_TypeError,
                     "complex() first argument must be a string or a number, "
                     "not '%.200s'",
                     Py_TYPE(real)->tp_name);
        goto done;
    }
    if (imag != NULL && !is_real_number(imag) && !PyComplex_Check(imag)) {
        PyErr_Format(PyExc_TypeError,
                     "complex() second argument must be a number, not "
                     "'%.200s'",
                     Py_TYPE(imag)->tp_name);
        goto done;
    }
    if (complex_argument(real, &a, &real_is_complex) < 0 ||
        complex_argument(imag, &b, &imag_is_complex) < 0) {
        goto done;
    }
    /* real + imag * 1j; parts that were not given must not touch signs. */
    if (imag_is_complex) {
        a.real -= b.imag;
    }
    if (real_is_complex && imag != NULL) {
        b.real += a.imag;
    }
    else if (real_is_complex) {
        b.real = a.imag;
    }
    result = complex_from_type(type, (Py_complex){a.real, b.real});
done:
    Py_XDECREF(converted);
    return result;
}

/* ---- the type ---- */

static PyMethodDef complex_methods[] = {
    {"conjugate", complex_conjugate, METH_NOARGS,
     "conjugate($self, /)\n--\n\nThe complex conjugate."},
    {"__complex__", complex_complex, METH_NOARGS,
     "__complex__($self, /)\n--\n\nConvert to exact type complex."},
    {"__getnewargs__", complex_getnewargs, METH_NOARGS,
     "__getnewargs__($self, /)\n--\n\n"},
    {"__format__", complex_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\n"
     "Render per the format specification."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef complex_members[] = {
    {"real", T_DOUBLE, offsetof(PyComplexObject, cval.real), READONLY,
     "the real part of a complex number"},
    {"imag", T_DOUBLE, offsetof(PyComplexObject, cval.imag), READONLY,
     "the imaginary part of a complex number"},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods complex_as_number = {
    .nb_add = complex_add,
    .nb_subtract = complex_subtract,
    .nb_multiply = complex_multiply,
    .nb_power = complex_power,
    .nb_negative = complex_negative,
    .nb_positive = complex_positive,
    .nb_absolute = complex_absolute,
    .nb_bool = complex_bool,
    .nb_true_divide = complex_true_divide,
};

PyTypeObject PyComplex_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "complex",
    .tp_basicsize = sizeof(PyComplexObject),
    .tp_repr = complex_repr,
    .tp_as_number = &complex_as_number,
    .tp_hash = complex_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "complex(real=0, imag=0)\n--\n\n"
              "Create a complex number from a string or numbers.\n\n"
              "This is equivalent to (real + imag*1j).",
    .tp_richcompare = complex_richcompare,
    .tp_methods = complex_methods,
    .tp_members = complex_members,
    .tp_new = complex_new,
    .tp_free = PyObject_Free,
};
