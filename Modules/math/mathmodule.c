/* The module math: functions of doubles, as the C library computes them, with
 * Python's errors: a NaN from numbers is a ValueError, an infinity from finite
 * numbers an OverflowError (or a ValueError at a pole). */
#include "mathmodule.h"

#include "float.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>

static PyObject *
raise_domain_error(void)
{
    PyErr_SetString(PyExc_ValueError, "math domain error");
    return NULL;
}

static PyObject *
raise_range_error(void)
{
    PyErr_SetString(PyExc_OverflowError, "math range error");
    return NULL;
}

/* ---- one argument ---- */

/* f(arg); an infinity from a finite argument is an overflow or a pole. */
static PyObject *
apply(PyObject *arg, double (*f)(double), bool can_overflow)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double result = f(x);
    if (isnan(result) && !isnan(x)) {
        return raise_domain_error();
    }
    if (isinf(result) && isfinite(x)) {
        return can_overflow ? raise_range_error() : raise_domain_error();
    }
    return PyFloat_FromDouble(result);
}

#define FUNCTION(name, f, can_overflow)                              \
    static PyObject *math_##name(PyObject *Py_UNUSED(module),        \
                                 PyObject *arg)                      \
    {                                                                \
        return apply(arg, f, can_overflow);                          \
    }

/* The gamma function has a pole at 0 and no value at negative integers. */
static double
gamma_of(double x)
{
    if (x == -Py_HUGE_VAL || (x < 0.0 && x == floor(x))) {
        return Py_NAN;
    }
    return tgamma(x);
}

FUNCTION(acos, acos, false)
FUNCTION(acosh, acosh, false)
FUNCTION(asin, asin, false)
FUNCTION(asinh, asinh, false)
FUNCTION(atan, atan, false)
FUNCTION(atanh, atanh, false)
FUNCTION(cbrt, cbrt, false)
FUNCTION(cos, cos, false)
FUNCTION(cosh, cosh, true)
FUNCTION(erf, erf, false)
FUNCTION(erfc, erfc, false)
FUNCTION(exp, exp, true)
FUNCTION(exp2, exp2, true)
FUNCTION(expm1, expm1, true)
FUNCTION(fabs, fabs, false)
FUNCTION(log1p, log1p, false)
FUNCTION(sin, sin, false)
FUNCTION(sinh, sinh, true)
FUNCTION(sqrt, sqrt, false)
FUNCTION(tan, tan, false)
FUNCTION(tanh, tanh, false)

static PyObject *
math_gamma(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (x == 0.0) {
        return raise_domain_error();
    }
    double result = gamma_of(x);
    if (isnan(result) && !isnan(x)) {
        return raise_domain_error();
    }
    if (isinf(result) && isfinite(x)) {
        return raise_range_error();
    }
    return PyFloat_FromDouble(result);
}

static PyObject *
math_lgamma(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);
    int sign;

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (isfinite(x) && x <= 0.0 && x == floor(x)) {
        return raise_domain_error();
    }
    double result = lgamma_r(x, &sign);
    if (isinf(result) && isfinite(x)) {
        return raise_range_error();
    }
    return PyFloat_FromDouble(result);
}

/* ---- two arguments ---- */

static int
take_two(const char *name, PyObject *const *args, Py_ssize_t nargs, double *x,
         double *y)
{
    if (!_PyArg_CheckPositional(name, nargs, 2, 2)) {
        return -1;
    }
    *x = PyFloat_AsDouble(args[0]);
    if (*x == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    *y = PyFloat_AsDouble(args[1]);
    return *y == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *
apply_two(const char *name, PyObject *const *args, Py_ssize_t nargs,
          double (*f)(double, double))
{
    double x, y;

    if (take_two(name, args, nargs, &x, &y) < 0) {
        return NULL;
    }
    double result = f(x, y);
    if (isnan(result) && !isnan(x) && !isnan(y)) {
        return raise_domain_error();
    }
    if (isinf(result) && isfinite(x) && isfinite(y)) {
        return raise_range_error();
    }
    return PyFloat_FromDouble(result);
}

static PyObject *
math_atan2(PyObject *Py_UNUSED(module), PyObject *const *args,
           Py_ssize_t nargs)
{
    return apply_two("atan2", args, nargs, atan2);
}

static PyObject *
math_copysign(PyObject *Py_UNUSED(module), PyObject *const *args,
              Py_ssize_t nargs)
{
    return apply_two("copysign", args, nargs, copysign);
}

static PyObject *
math_remainder(PyObject *Py_UNUSED(module), PyObject *const *args,
               Py_ssize_t nargs)
{
    return apply_two("remainder", args, nargs, remainder);
}

static PyObject *
math_fmod(PyObject *Py_UNUSED(module), PyObject *const *args,
          Py_ssize_t nargs)
{
    return apply_two("fmod", args, nargs, fmod);
}

static PyObject *
math_pow(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    double x, y;

    if (take_two("pow", args, nargs, &x, &y) < 0) {
        return NULL;
    }
    double result = pow(x, y);
    if (isnan(result) && !isnan(x) && !isnan(y)) {
        return raise_domain_error();
    }
    if (isinf(result) && isfinite(x) && isfinite(y)) {
        return x == 0.0 ? raise_domain_error() : raise_range_error();
    }
    return PyFloat_FromDouble(result);
}

static PyObject *
math_nextafter(PyObject *Py_UNUSED(module), PyObject *const *args,
               Py_ssize_t nargs)
{
    double x, y;

    if (take_two("nextafter", args, nargs, &x, &y) < 0) {
        return NULL;
    }
    return PyFloat_FromDouble(x == y ? y : nextafter(x, y));
}

static PyObject *
math_ulp(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    x = fabs(x);
    if (!isfinite(x)) {
        return PyFloat_FromDouble(x);
    }
    double above = nextafter(x, Py_HUGE_VAL);
    return PyFloat_FromDouble(isinf(above) ? x - nextafter(x, 0.0)
                                           : above - x);
}

/* ---- parts of a number ---- */

/* A special method's result, or NULL without an exception if there is none. */
static PyObject *
call_special(PyObject *number, const char *name)
{
    PyObject *text = PyUnicode_InternFromString(name);          /* owned */

    if (text == NULL) {
        return NULL;
    }
    PyObject *method = _PyObject_LookupSpecial(number, text);   /* owned */
    Py_DECREF(text);
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    return result;
}

/* floor and ceil: of a float directly, else the special method, else of the
 * float that the number converts to. */
static PyObject *
to_whole(PyObject *number, const char *name, double (*f)(double))
{
    if (!PyFloat_CheckExact(number)) {
        PyObject *result = call_special(number, name);

        if (result != NULL || PyErr_Occurred()) {
            return result;
        }
    }
    double x = PyFloat_AsDouble(number);
    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromDouble(f(x));
}

static PyObject *
math_ceil(PyObject *Py_UNUSED(module), PyObject *number)
{
    return to_whole(number, "__ceil__", ceil);
}

static PyObject *
math_floor(PyObject *Py_UNUSED(module), PyObject *number)
{
    return to_whole(number, "__floor__", floor);
}

static PyObject *
math_trunc(PyObject *Py_UNUSED(module), PyObject *number)
{
    if (PyFloat_CheckExact(number)) {
        return PyLong_FromDouble(PyFloat_AS_DOUBLE(number));
    }
    PyObject *result = call_special(number, "__trunc__");
    if (result == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError,
                     "type %.100s doesn't define __trunc__ method",
                     Py_TYPE(number)->tp_name);
    }
    return result;
}

static PyObject *
math_frexp(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);
    int exponent = 0;

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (isfinite(x) && x != 0.0) {
        x = frexp(x, &exponent);
    }
    return Py_BuildValue("(di)", x, exponent);
}

static PyObject *
math_ldexp(PyObject *Py_UNUSED(module), PyObject *const *args,
           Py_ssize_t nargs)
{
    int overflow;

    if (!_PyArg_CheckPositional("ldexp", nargs, 2, 2)) {
        return NULL;
    }
    double x = PyFloat_AsDouble(args[0]);
    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (!PyLong_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError,
                        "Expected an int as second argument to ldexp.");
        return NULL;
    }
    long exponent = PyLong_AsLongAndOverflow(args[1], &overflow);
    if (exponent == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (overflow) {
        exponent = overflow < 0 ? LONG_MIN : LONG_MAX;
    }
    if (x == 0.0 || !isfinite(x)) {
        return PyFloat_FromDouble(x);
    }
    if (exponent > INT_MAX) {
        return raise_range_error();
    }
    if (exponent < INT_MIN) {
        return PyFloat_FromDouble(copysign(0.0, x));
    }
    double result = ldexp(x, (int)exponent);
    return isinf(result) ? raise_range_error() : PyFloat_FromDouble(result);
}

static PyObject *
math_modf(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg), whole;

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (isinf(x)) {
        return Py_BuildValue("(dd)", copysign(0.0, x), x);
    }
    if (isnan(x)) {
        return Py_BuildValue("(dd)", x, x);
    }
    double fraction = modf(x, &whole);
    return Py_BuildValue("(dd)", fraction, whole);
}

/* ---- logarithms ---- */

/* Logarithm of a double with Python's errors. */
static PyObject *
log_of_double(double x, double (*f)(double))
{
    if (x <= 0.0) {
        return raise_domain_error();
    }
    return PyFloat_FromDouble(f(x));
}

/* Also of ints beyond the range of doubles. */
static PyObject *
log_of(PyObject *arg, double (*f)(double))
{
    if (!PyLong_Check(arg)) {
        double x = PyFloat_AsDouble(arg);

        if (x == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
        return log_of_double(x, f);
    }
    if (_PyLong_Sign(arg) <= 0) {
        return raise_domain_error();
    }
    double x = PyLong_AsDouble(arg);
    if (x == -1.0 && PyErr_Occurred()) {
        Py_ssize_t exponent;

        if (!PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return NULL;
        }
        PyErr_Clear();                          /* OverflowError: take apart */
        x = _PyLong_Frexp((PyLongObject *)arg, &exponent);
        if (x == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
        return PyFloat_FromDouble(f(x) + f(2.0) * (double)exponent);
    }
    return PyFloat_FromDouble(f(x));
}

static PyObject *
math_log(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError,
                        "math.log requires 1 to 2 arguments");
        return NULL;
    }
    PyObject *number = log_of(args[0], log);                    /* owned */
    if (number == NULL || nargs == 1) {
        return number;
    }
    PyObject *base = log_of(args[1], log);                      /* owned */
    PyObject *result = NULL;
    if (base != NULL) {
        result = PyNumber_TrueDivide(number, base);
        Py_DECREF(base);
    }
    Py_DECREF(number);
    return result;
}

static PyObject *
math_log2(PyObject *Py_UNUSED(module), PyObject *arg)
{
    return log_of(arg, log2);
}

static PyObject *
math_log10(PyObject *Py_UNUSED(module), PyObject *arg)
{
    return log_of(arg, log10);
}

/* ---- angles, tests ---- */

static PyObject *
math_degrees(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(x * (180.0 / Py_MATH_PI));
}

static PyObject *
math_radians(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(x * (Py_MATH_PI / 180.0));
}

static PyObject *
math_isfinite(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(isfinite(x));
}

static PyObject *
math_isnan(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(isnan(x));
}

static PyObject *
math_isinf(PyObject *Py_UNUSED(module), PyObject *arg)
{
    double x = PyFloat_AsDouble(arg);

    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(isinf(x));
}

static PyObject *
math_isclose(PyObject *Py_UNUSED(module), PyObject *const *args,
             Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"a", "b", "rel_tol", "abs_tol",
                                           NULL};
    static _PyArg_Parser parser = {.format = "dd|$dd:isclose",
                                   .keywords = keywords};
    double a, b, relative = 1e-9, absolute = 0.0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &a, &b,
                                      &relative, &absolute)) {
        return NULL;
    }
    if (relative < 0.0 || absolute < 0.0) {
        PyErr_SetString(PyExc_ValueError, "tolerances must be non-negative");
        return NULL;
    }
    if (a == b) {
        Py_RETURN_TRUE;
    }
    if (isinf(a) || isinf(b)) {
        Py_RETURN_FALSE;
    }
    double difference = fabs(b - a);
    return PyBool_FromLong(difference <= fabs(relative * b) ||
                           difference <= fabs(relative * a) ||
                           difference <= absolute);
}

/* ---- the module ---- */

#define FAST(f) (PyCFunction)(void (*)(void))f
#define ONE(name, text) \
    {#name, math_##name, METH_O, #name "($module, x, /)\n--\n\n" text}
#define TWO(name, arguments, text)                                      \
    {#name, FAST(math_##name), METH_FASTCALL,                           \
     #name "($module, " arguments ", /)\n--\n\n" text}

static PyMethodDef math_methods[] = {
    ONE(acos, "Arc cosine, 0 to pi."),
    ONE(acosh, "Inverse hyperbolic cosine."),
    ONE(asin, "Arc sine, -pi/2 to pi/2."),
    ONE(asinh, "Inverse hyperbolic sine."),
    ONE(atan, "Arc tangent, -pi/2 to pi/2."),
    TWO(atan2, "y, x", "Angle of the point (x, y)."),
    ONE(atanh, "Inverse hyperbolic tangent."),
    ONE(cbrt, "Cube root."),
    ONE(ceil, "Least integer not below x."),
    TWO(comb, "n, k", "Ways to choose k of n, without order."),
    TWO(copysign, "x, y", "The magnitude of x with the sign of y."),
    ONE(cos, "Cosine of x radians."),
    ONE(cosh, "Hyperbolic cosine."),
    ONE(degrees, "Radians to degrees."),
    TWO(dist, "p, q", "Euclidean distance of two points."),
    ONE(erf, "Error function."),
    ONE(erfc, "Complementary error function, 1 - erf(x)."),
    ONE(exp, "e to the power of x."),
    ONE(exp2, "2 to the power of x."),
    ONE(expm1, "exp(x) - 1, exact also for small x."),
    ONE(fabs, "Absolute value as a float."),
    {"factorial", math_factorial, METH_O,
     "factorial($module, n, /)\n--\n\nProduct of 1 to n."},
    ONE(floor, "Greatest integer not above x."),
    TWO(fmod, "x, y", "Remainder with the sign of x."),
    ONE(frexp, "The pair (m, e) with x == m * 2**e, 0.5 <= abs(m) < 1."),
    {"fsum", math_fsum, METH_O,
     "fsum($module, seq, /)\n--\n\nThe exact sum, rounded once."},
    ONE(gamma, "Gamma function."),
    {"gcd", FAST(math_gcd), METH_FASTCALL,
     "gcd($module, *integers)\n--\n\nGreatest common divisor."},
    {"hypot", FAST(math_hypot), METH_FASTCALL,
     "hypot(*coordinates) -> value\n\nEuclidean distance from the origin."},
    {"isclose", FAST(math_isclose), METH_FASTCALL | METH_KEYWORDS,
     "isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)\n--\n\n"
     "Whether two numbers are close."},
    ONE(isfinite, "Neither infinite nor NaN?"),
    ONE(isinf, "Infinite?"),
    ONE(isnan, "Not a number?"),
    {"isqrt", math_isqrt, METH_O,
     "isqrt($module, n, /)\n--\n\nInteger part of the square root."},
    {"lcm", FAST(math_lcm), METH_FASTCALL,
     "lcm($module, *integers)\n--\n\nLeast common multiple."},
    TWO(ldexp, "x, i", "x * 2**i."),
    ONE(lgamma, "Logarithm of the magnitude of the gamma function."),
    {"log", FAST(math_log), METH_FASTCALL,
     "log(x, [base=math.e])\n\nLogarithm to the base, natural by default."},
    ONE(log1p, "log(1 + x), exact also for small x."),
    ONE(log10, "Logarithm to base 10."),
    ONE(log2, "Logarithm to base 2."),
    ONE(modf, "Fraction and whole part, as floats."),
    TWO(nextafter, "x, y", "The float next to x, towards y."),
    {"perm", FAST(math_perm), METH_FASTCALL,
     "perm($module, n, k=None, /)\n--\n\nWays to choose k of n, in order."},
    TWO(pow, "x, y", "x to the power of y, as a float."),
    {"prod", FAST(math_prod), METH_FASTCALL | METH_KEYWORDS,
     "prod($module, iterable, /, *, start=1)\n--\n\nProduct of all items."},
    ONE(radians, "Degrees to radians."),
    TWO(remainder, "x, y", "x minus the nearest multiple of y."),
    ONE(sin, "Sine of x radians."),
    ONE(sinh, "Hyperbolic sine."),
    ONE(sqrt, "Square root."),
    ONE(tan, "Tangent of x radians."),
    ONE(tanh, "Hyperbolic tangent."),
    ONE(trunc, "The integer towards zero."),
    ONE(ulp, "Value of the least significant bit of x."),
    {NULL, NULL, 0, NULL},
};

static int
math_exec(PyObject *module)
{
    static const struct {
        const char *name;
        double value;
    } constants[] = {
        {"pi", Py_MATH_PI}, {"e", Py_MATH_E},     {"tau", Py_MATH_TAU},
        {"inf", INFINITY},  {"nan", (double)NAN},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        PyObject *value = PyFloat_FromDouble(constants[i].value);

        if (value == NULL) {
            return -1;
        }
        int status = PyModule_AddObjectRef(module, constants[i].name, value);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot math_slots[] = {
    {Py_mod_exec, math_exec},
    {0, NULL},
};

static PyModuleDef math_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "math",
    .m_doc = "Mathematical functions of floats and ints.",
    .m_size = 0,
    .m_methods = math_methods,
    .m_slots = math_slots,
};

PyMODINIT_FUNC PyInit_math(void);

PyMODINIT_FUNC
PyInit_math(void)
{
    return PyModuleDef_Init(&math_module);
}
