/* The module _statistics: the inverse of the normal distribution, by Wichura's
 * algorithm AS241 (PPND16), accurate to 16 digits. */
#include "Python.h"

#include <math.h>

/* Numerator over denominator, coefficients from the constant term up. */
static double
ratio_of(const double *a, const double *b, double x)
{
    double numerator = a[7], denominator = b[7];

    for (int i = 7; --i >= 0;) {
        numerator = numerator * x + a[i];
        denominator = denominator * x + b[i];
    }
    return numerator / denominator;
}

/* Central, middle and far part. */
static const double central_a[8] = {
    3.3871328727963666080e+0, 1.3314166789178437745e+2,
    1.9715909503065514427e+3, 1.3731693765509461125e+4,
    4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3,
};
static const double central_b[8] = {
    1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2,
    5.3941960214247511077e+3, 2.1213794301586595867e+4,
    3.9307895800092710610e+4, 2.8729085735721942674e+4,
    5.2264952788528545610e+3,
};
static const double middle_a[8] = {
    1.42343711074968357734e+0, 4.63033784615654529590e+0,
    5.76949722146069140550e+0, 3.64784832476320460504e+0,
    1.27045825245236838258e+0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4,
};
static const double middle_b[8] = {
    1.0, 2.05319162663775882187e+0, 1.67638483018380384940e+0,
    6.89767334985100004550e-1, 1.48103976427480074590e-1,
    1.51986665636164571966e-2, 5.47593808499534494600e-4,
    1.05075007164441684324e-9,
};
static const double far_a[8] = {
    6.65790464350110377720e+0, 5.46378491116411436990e+0,
    1.78482653991729133580e+0, 2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7,
};
static const double far_b[8] = {
    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
    1.48753612908506148525e-2, 7.86869131145613259100e-4,
    1.84631831751005468180e-5, 1.42151175831644588870e-7,
    2.04426310338993978564e-15,
};

static double
normal_inverse(double p)
{
    double q = p - 0.5, x;

    if (fabs(q) <= 0.425) {
        return q * ratio_of(central_a, central_b, 0.180625 - q * q);
    }
    double r = sqrt(-log(q <= 0.0 ? p : 1.0 - p));
    if (r <= 5.0) {
        x = ratio_of(middle_a, middle_b, r - 1.6);
    }
    else {
        x = ratio_of(far_a, far_b, r - 5.0);
    }
    return q < 0.0 ? -x : x;
}

static PyObject *
statistics_inverse(PyObject *Py_UNUSED(module), PyObject *const *args,
                   Py_ssize_t nargs)
{
    double values[3];

    if (!_PyArg_CheckPositional("_normal_dist_inv_cdf", nargs, 3, 3)) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        values[i] = PyFloat_AsDouble(args[i]);
        if (values[i] == -1.0 && PyErr_Occurred()) {
            return NULL;
        }
    }
    double p = values[0], mu = values[1], sigma = values[2];
    if (p <= 0.0 || p >= 1.0 || sigma <= 0.0) {
        PyErr_SetString(PyExc_ValueError,
                        "inv_cdf undefined for these parameters");
        return NULL;
    }
    return PyFloat_FromDouble(mu + normal_inverse(p) * sigma);
}

static PyMethodDef statistics_methods[] = {
    {"_normal_dist_inv_cdf", (PyCFunction)(void (*)(void))statistics_inverse,
     METH_FASTCALL,
     "_normal_dist_inv_cdf($module, p, mu, sigma, /)\n--\n\n"
     "Quantile of the normal distribution."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot statistics_slots[] = {
    {0, NULL},
};

static PyModuleDef statistics_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_statistics",
    .m_doc = "Functions for the module statistics.",
    .m_methods = statistics_methods,
    .m_slots = statistics_slots,
};

PyMODINIT_FUNC PyInit__statistics(void);

PyMODINIT_FUNC
PyInit__statistics(void)
{
    return PyModuleDef_Init(&statistics_module);
}
