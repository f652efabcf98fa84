/* The module cmath: functions of complex numbers, as the C library computes
 * them (C99 Annex G defines infinities and signed zeros), with Python's
 * errors. */
#include "Python.h"

#include <complex.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>

typedef double complex c_complex;

/* Whether f has no value, or a pole, at z; NULL: nowhere. */
typedef bool (*domain_test)(Py_complex z);

static c_complex
to_c(Py_complex z)
{
    return __builtin_complex(z.real, z.imag);
}

static Py_complex
from_c(c_complex z)
{
    return (Py_complex){creal(z), cimag(z)};
}

static bool
is_finite(Py_complex z)
{
    return isfinite(z.real) && isfinite(z.imag);
}

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

static int
take_complex(PyObject *arg, Py_complex *z)
{
    *z = PyComplex_AsCComplex(arg);
    return z->real == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* f(arg): ValueError outside the domain, OverflowError for an infinity from a
 * finite argument. */
static PyObject *
apply(PyObject *arg, c_complex (*f)(c_complex), domain_test is_outside)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    if (is_outside != NULL && is_outside(z)) {
        return raise_domain_error();
    }
    Py_complex result = from_c(f(to_c(z)));
    if (is_finite(z) && (isinf(result.real) || isinf(result.imag))) {
        return raise_range_error();
    }
    return PyComplex_FromCComplex(result);
}

/* ---- domains ---- */

/* An oscillation at infinity has no limit. */
static bool
exp_outside(Py_complex z)
{
    return isinf(z.imag) &&
           (isfinite(z.real) || (isinf(z.real) && z.real > 0));
}

static bool
cosh_outside(Py_complex z)
{
    return isinf(z.imag) && !isnan(z.real);
}

static bool
tanh_outside(Py_complex z)
{
    return isinf(z.imag) && isfinite(z.real);
}

static bool
cos_outside(Py_complex z)
{
    return isinf(z.real) && !isnan(z.imag);
}

static bool
tan_outside(Py_complex z)
{
    return isinf(z.real) && isfinite(z.imag);
}

static bool
atanh_outside(Py_complex z)
{
    return fabs(z.real) == 1.0 && z.imag == 0.0;
}

static bool
atan_outside(Py_complex z)
{
    return fabs(z.imag) == 1.0 && z.real == 0.0;
}

static bool
log_outside(Py_complex z)
{
    return z.real == 0.0 && z.imag == 0.0;
}

/* ---- logarithms ---- */

/* log|z| near |z| == 1 is computed without cancellation by the library. */
static c_complex
log_of(c_complex z)
{
    return clog(z);
}

static c_complex
log10_of(c_complex z)
{
    c_complex result = clog(z);

    return __builtin_complex(creal(result) / M_LN10, cimag(result) / M_LN10);
}

/* ---- where the library says more about a NaN than Python does ---- */

static c_complex
all_nan(void)
{
    return __builtin_complex(Py_NAN, Py_NAN);
}

static c_complex
acosh_of(c_complex z)
{
    return creal(z) == 0.0 && isnan(cimag(z)) ? all_nan() : cacosh(z);
}

static c_complex
tanh_of(c_complex z)
{
    return creal(z) == 0.0 && isnan(cimag(z)) ? all_nan() : ctanh(z);
}

static c_complex
tan_of(c_complex z)
{
    return cimag(z) == 0.0 && isnan(creal(z)) ? all_nan() : ctan(z);
}

#define FUNCTION(name, f, is_outside)                                 \
    static PyObject *cmath_##name(PyObject *Py_UNUSED(module),        \
                                  PyObject *arg)                      \
    {                                                                 \
        return apply(arg, f, is_outside);                             \
    }
FUNCTION(acos, cacos, NULL)
FUNCTION(acosh, acosh_of, NULL)
FUNCTION(asin, casin, NULL)
FUNCTION(asinh, casinh, NULL)
FUNCTION(atan, catan, atan_outside)
FUNCTION(atanh, catanh, atanh_outside)
FUNCTION(cos, ccos, cos_outside)
FUNCTION(cosh, ccosh, cosh_outside)
FUNCTION(exp, cexp, exp_outside)
FUNCTION(log10, log10_of, log_outside)
FUNCTION(sin, csin, cos_outside)
FUNCTION(sinh, csinh, cosh_outside)
FUNCTION(sqrt, csqrt, NULL)
FUNCTION(tan, tan_of, tan_outside)
FUNCTION(tanh, tanh_of, tanh_outside)
#undef FUNCTION

static PyObject *
cmath_log(PyObject *Py_UNUSED(module), PyObject *const *args,
          Py_ssize_t nargs)
{
    Py_complex z, base;

    if (!_PyArg_CheckPositional("log", nargs, 1, 2) ||
        take_complex(args[0], &z) < 0 ||
        (nargs > 1 && take_complex(args[1], &base) < 0)) {
        return NULL;
    }
    if (log_outside(z) || (nargs > 1 && log_outside(base))) {
        return raise_domain_error();
    }
    Py_complex result = from_c(log_of(to_c(z)));
    if (nargs > 1) {
        errno = 0;
        result = _Py_c_quot(result, from_c(log_of(to_c(base))));
        if (errno != 0) {
            return raise_domain_error();
        }
    }
    return PyComplex_FromCComplex(result);
}

/* ---- polar coordinates ---- */

static PyObject *
cmath_phase(PyObject *Py_UNUSED(module), PyObject *arg)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    return PyFloat_FromDouble(atan2(z.imag, z.real));
}

static PyObject *
cmath_polar(PyObject *Py_UNUSED(module), PyObject *arg)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    double r = _Py_c_abs(z);
    if (errno != 0) {
        return raise_range_error();
    }
    return Py_BuildValue("dd", r, atan2(z.imag, z.real));
}

static PyObject *
cmath_rect(PyObject *Py_UNUSED(module), PyObject *const *args,
           Py_ssize_t nargs)
{
    Py_complex z;

    if (!_PyArg_CheckPositional("rect", nargs, 2, 2)) {
        return NULL;
    }
    double r = PyFloat_AsDouble(args[0]);
    if (r == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double phi = PyFloat_AsDouble(args[1]);
    if (phi == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (isinf(phi) && r != 0.0 && !isnan(r)) {
        return raise_domain_error();
    }
    if (isfinite(r) && isfinite(phi)) {
        z = phi == 0.0 ? (Py_complex){r, r * phi}
                       : (Py_complex){r * cos(phi), r * sin(phi)};
    }
    else if (isinf(r) && isfinite(phi) && phi != 0.0) {
        z.real = copysign(Py_HUGE_VAL, r > 0 ? cos(phi) : -cos(phi));
        z.imag = copysign(Py_HUGE_VAL, r > 0 ? sin(phi) : -sin(phi));
    }
    else if (isinf(r)) {
        z = phi == 0.0 ? (Py_complex){r, r > 0 ? phi : -phi}
                       : (Py_complex){Py_HUGE_VAL, Py_NAN};
    }
    else if (r == 0.0) {
        z = (Py_complex){0.0, 0.0};                   /* any direction */
    }
    else {
        z = (Py_complex){Py_NAN, phi == 0.0 ? 0.0 : Py_NAN};
    }
    return PyComplex_FromCComplex(z);
}

/* ---- tests ---- */

static PyObject *
cmath_isfinite(PyObject *Py_UNUSED(module), PyObject *arg)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    return PyBool_FromLong(is_finite(z));
}

static PyObject *
cmath_isnan(PyObject *Py_UNUSED(module), PyObject *arg)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    return PyBool_FromLong(isnan(z.real) || isnan(z.imag));
}

static PyObject *
cmath_isinf(PyObject *Py_UNUSED(module), PyObject *arg)
{
    Py_complex z;

    if (take_complex(arg, &z) < 0) {
        return NULL;
    }
    return PyBool_FromLong(isinf(z.real) || isinf(z.imag));
}

static PyObject *
cmath_isclose(PyObject *Py_UNUSED(module), PyObject *const *args,
              Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"a", "b", "rel_tol", "abs_tol",
                                           NULL};
    static _PyArg_Parser parser = {.format = "DD|$dd:isclose",
                                   .keywords = keywords};
    Py_complex a, b;
    double relative = 1e-9, absolute = 0.0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &a, &b,
                                      &relative, &absolute)) {
        return NULL;
    }
    if (relative < 0.0 || absolute < 0.0) {
        PyErr_SetString(PyExc_ValueError, "tolerances must be non-negative");
        return NULL;
    }
    if (a.real == b.real && a.imag == b.imag) {
        Py_RETURN_TRUE;
    }
    if (isinf(a.real) || isinf(a.imag) || isinf(b.real) || isinf(b.imag)) {
        Py_RETURN_FALSE;
    }
    double difference = _Py_c_abs(_Py_c_diff(a, b));
    return PyBool_FromLong(difference <= relative * _Py_c_abs(b) ||
                           difference <= relative * _Py_c_abs(a) ||
                           difference <= absolute);
}

/* ---- the module ---- */

#define FAST(f) (PyCFunction)(void (*)(void))f
#define ONE(name, text) \
    {#name, cmath_##name, METH_O, #name "($module, z, /)\n--\n\n" text}

static PyMethodDef cmath_methods[] = {
    ONE(acos, "Arc cosine."),
    ONE(acosh, "Inverse hyperbolic cosine."),
    ONE(asin, "Arc sine."),
    ONE(asinh, "Inverse hyperbolic sine."),
    ONE(atan, "Arc tangent."),
    ONE(atanh, "Inverse hyperbolic tangent."),
    ONE(cos, "Cosine."),
    ONE(cosh, "Hyperbolic cosine."),
    ONE(exp, "e to the power of z."),
    {"isclose", FAST(cmath_isclose), METH_FASTCALL | METH_KEYWORDS,
     "isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)\n--\n\n"
     "Whether two numbers are close."},
    ONE(isfinite, "Both parts finite?"),
    ONE(isinf, "A part infinite?"),
    ONE(isnan, "A part not a number?"),
    {"log", FAST(cmath_log), METH_FASTCALL,
     "log($module, z, base=<unrepresentable>, /)\n--\n\n"
     "Logarithm, natural by default."},
    ONE(log10, "Logarithm to base 10."),
    ONE(phase, "Angle, -pi to pi."),
    ONE(polar, "Distance from 0 and angle."),
    {"rect", FAST(cmath_rect), METH_FASTCALL,
     "rect($module, r, phi, /)\n--\n\nThe number with these polar "
     "coordinates."},
    ONE(sin, "Sine."),
    ONE(sinh, "Hyperbolic sine."),
    ONE(sqrt, "Square root."),
    ONE(tan, "Tangent."),
    ONE(tanh, "Hyperbolic tangent."),
    {NULL, NULL, 0, NULL},
};

/* Adds a value; steals it. */
static int
add_value(PyObject *module, const char *name, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, name, value);
    Py_DECREF(value);
    return status;
}

static int
cmath_exec(PyObject *module)
{
    const double infinity = Py_HUGE_VAL, nan = fabs(Py_NAN);

    if (add_value(module, "pi", PyFloat_FromDouble(Py_MATH_PI)) < 0 ||
        add_value(module, "e", PyFloat_FromDouble(Py_MATH_E)) < 0 ||
        add_value(module, "tau", PyFloat_FromDouble(Py_MATH_TAU)) < 0 ||
        add_value(module, "inf", PyFloat_FromDouble(infinity)) < 0 ||
        add_value(module, "infj", PyComplex_FromDoubles(0.0, infinity)) < 0 ||
        add_value(module, "nan", PyFloat_FromDouble(nan)) < 0) {
        return -1;
    }
    return add_value(module, "nanj", PyComplex_FromDoubles(0.0, nan));
}

static PyModuleDef_Slot cmath_slots[] = {
    {Py_mod_exec, cmath_exec},
    {0, NULL},
};

static PyModuleDef cmath_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cmath",
    .m_doc = "Mathematical functions of complex numbers.",
    .m_size = 0,
    .m_methods = cmath_methods,
    .m_slots = cmath_slots,
};

PyMODINIT_FUNC PyInit_cmath(void);

PyMODINIT_FUNC
PyInit_cmath(void)
{
    return PyModuleDef_Init(&cmath_module);
}
