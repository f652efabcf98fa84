/* int, outside the limited API. */
#ifndef Py_CPYTHON_LONGOBJECT_H
#define Py_CPYTHON_LONGOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(int) _PyLong_AsInt(PyObject *op);
PyAPI_FUNC(int) _PyLong_UnsignedShort_Converter(PyObject *op, void *ptr);
PyAPI_FUNC(int) _PyLong_UnsignedInt_Converter(PyObject *op, void *ptr);
PyAPI_FUNC(int) _PyLong_UnsignedLong_Converter(PyObject *op, void *ptr);
PyAPI_FUNC(int) _PyLong_UnsignedLongLong_Converter(PyObject *op, void *ptr);
PyAPI_FUNC(int) _PyLong_Size_t_Converter(PyObject *op, void *ptr);
PyAPI_FUNC(double) _PyLong_Frexp(PyLongObject *longobject,
                                 Py_ssize_t *ssize_t);
PyAPI_FUNC(PyObject *) PyLong_FromUnicodeObject(PyObject *u, int base);
PyAPI_FUNC(PyObject *) _PyLong_FromBytes(
    const char *string, Py_ssize_t n, int i);
PyAPI_FUNC(int) _PyLong_Sign(PyObject *op);
PyAPI_FUNC(size_t) _PyLong_NumBits(PyObject *op);
PyAPI_FUNC(PyObject *) _PyLong_DivmodNear(PyObject *op, PyObject *op2);
PyAPI_FUNC(PyObject *) _PyLong_FromByteArray(
    const unsigned char *text, size_t size, int i, int i2);
PyAPI_FUNC(int) _PyLong_AsByteArray(PyLongObject *longobject,
                                    unsigned char *text, size_t size, int i,
                                    int i2);
PyAPI_FUNC(PyObject *) _PyLong_Format(PyObject *op, int i);
PyAPI_FUNC(PyObject *) _PyLong_GCD(PyObject *op, PyObject *op2);
PyAPI_FUNC(PyObject *) _PyLong_Rshift(PyObject *op, size_t size);
PyAPI_FUNC(PyObject *) _PyLong_Lshift(PyObject *op, size_t size);

#ifdef __cplusplus
}
#endif
#endif
