/* Layout of bytes, and a writer that builds one. */
#ifndef Py_CPYTHON_BYTESOBJECT_H
#define Py_CPYTHON_BYTESOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    PyObject_VAR_HEAD
    Py_hash_t ob_shash;   /* -1: not computed */
    char ob_sval[1];      /* ob_size bytes and a NUL */
} PyBytesObject;

/* Builds bytes (or a bytearray) of unknown size; starts on the C stack. */
typedef struct {
    PyObject *buffer;          /* owned, NULL while the small buffer serves */
    Py_ssize_t allocated;
    Py_ssize_t min_size;
    int use_bytearray;
    int overallocate;
    int use_small_buffer;
    char small_buffer[512];
} _PyBytesWriter;

PyAPI_FUNC(int) _PyBytes_Resize(PyObject **bytes, Py_ssize_t newsize);
PyAPI_FUNC(PyObject *) _PyBytes_FormatEx(
    const char *string, Py_ssize_t n, PyObject *op, int i);
PyAPI_FUNC(PyObject *) _PyBytes_FromHex(PyObject *op, int i);
PyAPI_FUNC(PyObject *) _PyBytes_DecodeEscape2(
    const char *string, Py_ssize_t n, const char *string2, int *i,
    const char **text);
PyAPI_FUNC(PyObject *) _PyBytes_DecodeEscape(
    const char *string, Py_ssize_t n, const char *string2, const char **text);
PyAPI_FUNC(PyObject *) _PyBytes_Join(PyObject *op, PyObject *op2);
PyAPI_FUNC(void) _PyBytesWriter_Init(_PyBytesWriter *writer);
PyAPI_FUNC(PyObject *) _PyBytesWriter_Finish(
    _PyBytesWriter *writer, void *ptr);
PyAPI_FUNC(void) _PyBytesWriter_Dealloc(_PyBytesWriter *writer);
PyAPI_FUNC(void *) _PyBytesWriter_Alloc(_PyBytesWriter *writer, Py_ssize_t n);
PyAPI_FUNC(void *) _PyBytesWriter_Prepare(
    _PyBytesWriter *writer, void *ptr, Py_ssize_t n);
PyAPI_FUNC(void *) _PyBytesWriter_Resize(
    _PyBytesWriter *writer, void *ptr, Py_ssize_t n);
PyAPI_FUNC(void *) _PyBytesWriter_WriteBytes(
    _PyBytesWriter *writer, void *ptr, const void *ptr2, Py_ssize_t n);

#define _PyBytes_CAST(op) _Py_CAST(PyBytesObject *, (op))

static inline char *
PyBytes_AS_STRING(PyObject *op)
{
    return _PyBytes_CAST(op)->ob_sval;
}
#define PyBytes_AS_STRING(op) PyBytes_AS_STRING(_PyObject_CAST(op))

static inline Py_ssize_t
PyBytes_GET_SIZE(PyObject *op)
{
    return Py_SIZE(op);
}
#define PyBytes_GET_SIZE(self) PyBytes_GET_SIZE(_PyObject_CAST(self))

#ifdef __cplusplus
}
#endif
#endif
