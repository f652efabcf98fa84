/* Locale encoding, outside the limited API. */
#ifndef Py_CPYTHON_FILEUTILS_H
#define Py_CPYTHON_FILEUTILS_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(FILE *) _Py_fopen_obj(PyObject *op, const char *string);

#ifdef __cplusplus
}
#endif
#endif
