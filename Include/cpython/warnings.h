/* Warnings, outside the limited API. */
#ifndef Py_CPYTHON_WARNINGS_H
#define Py_CPYTHON_WARNINGS_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(int) PyErr_WarnExplicitObject(
    PyObject *category, PyObject *message, PyObject *filename, int lineno,
    PyObject *module, PyObject *registry);
PyAPI_FUNC(int) PyErr_WarnExplicitFormat(
    PyObject *op, const char *string, int i, const char *string2,
    PyObject *op2, const char *string3, ...);

#define PyErr_Warn(category, msg) PyErr_WarnEx((category), (msg), 1)

#ifdef __cplusplus
}
#endif
#endif
