/* Layout of tracebacks. */
#ifndef Py_CPYTHON_TRACEBACK_H
#define Py_CPYTHON_TRACEBACK_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct _traceback {
    PyObject_HEAD
    struct _traceback *tb_next;  /* towards where the exception was raised */
    PyFrameObject *tb_frame;
    int tb_lasti;                /* byte offset */
    int tb_lineno;
} PyTracebackObject;

PyAPI_FUNC(int) _Py_DisplaySourceLine(PyObject *op, PyObject *op2, int i,
                                      int i2, int *i3, PyObject **op3);
PyAPI_FUNC(void) _PyTraceback_Add(const char *string, const char *string2,
                                  int i);

#ifdef __cplusplus
}
#endif
#endif
