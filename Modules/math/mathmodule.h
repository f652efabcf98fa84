/* Between the files of the module math. */
#ifndef LUCID_MATHMODULE_H
#define LUCID_MATHMODULE_H

#include "Python.h"

PyObject *math_gcd(PyObject *module, PyObject *const *args, Py_ssize_t nargs);
PyObject *math_lcm(PyObject *module, PyObject *const *args, Py_ssize_t nargs);
PyObject *math_isqrt(PyObject *module, PyObject *n);
PyObject *math_factorial(PyObject *module, PyObject *arg);
PyObject *math_comb(PyObject *module, PyObject *const *args,
                    Py_ssize_t nargs);
PyObject *math_perm(PyObject *module, PyObject *const *args,
                    Py_ssize_t nargs);
PyObject *math_fsum(PyObject *module, PyObject *iterable);
PyObject *math_hypot(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs);
PyObject *math_dist(PyObject *module, PyObject *const *args,
                    Py_ssize_t nargs);
PyObject *math_prod(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames);

#endif
