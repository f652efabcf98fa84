/* Layout of exceptions. */
#ifndef Py_CPYTHON_PYERRORS_H
#define Py_CPYTHON_PYERRORS_H
#ifdef __cplusplus
extern "C" {
#endif

#define PyException_HEAD                          \
    PyObject_HEAD                                 \
    PyObject *dict;                               \
    PyObject *args;                               \
    PyObject *notes;                              \
    PyObject *traceback;                          \
    PyObject *context;                            \
    PyObject *cause;                              \
    char suppress_context;

typedef struct {
    PyException_HEAD
} PyBaseExceptionObject;

typedef struct {
    PyException_HEAD
    PyObject *msg;
    PyObject *excs;
} PyBaseExceptionGroupObject;

typedef struct {
    PyException_HEAD
    PyObject *msg;
    PyObject *filename;
    PyObject *lineno;
    PyObject *offset;
    PyObject *end_lineno;
    PyObject *end_offset;
    PyObject *text;
    PyObject *print_file_and_line;
} PySyntaxErrorObject;

typedef struct {
    PyException_HEAD
    PyObject *msg;
    PyObject *name;
    PyObject *path;
} PyImportErrorObject;

typedef struct {
    PyException_HEAD
    PyObject *encoding;
    PyObject *object;
    Py_ssize_t start;
    Py_ssize_t end;
    PyObject *reason;
} PyUnicodeErrorObject;

typedef struct {
    PyException_HEAD
    PyObject *code;
} PySystemExitObject;

typedef struct {
    PyException_HEAD
    PyObject *myerrno;
    PyObject *strerror;
    PyObject *filename;
    PyObject *filename2;
    Py_ssize_t written;   /* of BlockingIOError; -1: not set */
} PyOSErrorObject;

typedef struct {
    PyException_HEAD
    PyObject *value;
} PyStopIterationObject;

typedef struct {
    PyException_HEAD
    PyObject *name;
} PyNameErrorObject;

typedef struct {
    PyException_HEAD
    PyObject *obj;
    PyObject *name;
} PyAttributeErrorObject;

typedef PyOSErrorObject PyEnvironmentErrorObject;

PyAPI_FUNC(void) _PyErr_SetKeyError(PyObject *op);
PyAPI_FUNC(_PyErr_StackItem *) _PyErr_GetTopmostException(
    PyThreadState *tstate);
PyAPI_FUNC(PyObject *) _PyErr_GetHandledException(PyThreadState *tstate);
PyAPI_FUNC(void) _PyErr_SetHandledException(
    PyThreadState *tstate, PyObject *op);
PyAPI_FUNC(void) _PyErr_GetExcInfo(PyThreadState *tstate, PyObject **op,
                                   PyObject **op2, PyObject **op3);
PyAPI_FUNC(void) _PyErr_ChainExceptions(PyObject *op, PyObject *op2,
                                        PyObject *op3);
PyAPI_FUNC(PyObject *) _PyErr_FormatFromCause(
    PyObject *op, const char *string, ...);
PyAPI_FUNC(PyObject *) _PyErr_TrySetFromCause(const char *string, ...);
PyAPI_FUNC(int) PySignal_SetWakeupFd(int fd);
PyAPI_FUNC(int) _PyErr_CheckSignals(void);
PyAPI_FUNC(void) PyErr_SyntaxLocationObject(
    PyObject *filename, int lineno, int col_offset);
PyAPI_FUNC(void) PyErr_RangedSyntaxLocationObject(
    PyObject *op, int i, int i2, int i3, int i4);
PyAPI_FUNC(PyObject *) PyErr_ProgramTextObject(PyObject *op, int i);
PyAPI_FUNC(PyObject *) _PyErr_ProgramDecodedTextObject(
    PyObject *op, int i, const char *string);
PyAPI_FUNC(PyObject *) _PyUnicodeTranslateError_Create(
    PyObject *op, Py_ssize_t n, Py_ssize_t n2, const char *string);
PyAPI_FUNC(void) _PyErr_WriteUnraisableMsg(const char *string, PyObject *op);
_Py_NO_RETURN
PyAPI_FUNC(void) _Py_FatalErrorFunc(const char *string, const char *string2);
#define Py_FatalError(message) _Py_FatalErrorFunc(__func__, (message))
_Py_NO_RETURN
PyAPI_FUNC(void) _Py_FatalErrorFormat(const char *string, const char *string2,
                                      ...);

#ifdef __cplusplus
}
#endif
#endif
