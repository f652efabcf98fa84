#ifndef LUCID_TRACEBACK_H
#define LUCID_TRACEBACK_H
/* Traceback objects and their text. */
#include "Python.h"
#include "cpython/traceback.h"

PyAPI_FUNC(const char *) _Py_DumpTracebackThreads(int fd,
                                                  PyInterpreterState *interp,
                                                  PyThreadState *current);
PyAPI_FUNC(void) _Py_DumpTraceback(int fd, PyThreadState *tstate);
PyAPI_FUNC(void) _Py_DumpASCII(int fd, PyObject *text);
PyAPI_FUNC(void) _Py_DumpDecimal(int fd, size_t value);
PyAPI_FUNC(void)
    _Py_DumpHexadecimal(int fd, uintptr_t value, Py_ssize_t width);
PyAPI_FUNC(PyObject *) _PyTraceBack_FromFrame(PyObject *tb_next,
                                              PyFrameObject *frame);
PyAPI_FUNC(int) _PyTraceBack_Print_Indented(PyObject *tb, int indent,
                                            const char *margin,
                                            const char *header_margin,
                                            const char *header, PyObject *f);
PyAPI_FUNC(int) _Py_WriteIndentedMargin(int indent, const char *margin,
                                        PyObject *f);
PyAPI_FUNC(int) _Py_WriteIndent(int indent, PyObject *f);

#define EXCEPTION_TB_HEADER "Traceback (most recent call last):\n"
#define EXCEPTION_GROUP_TB_HEADER \
    "Exception Group Traceback (most recent call last):\n"

/* Frames shown when sys.tracebacklimit is absent. */
#define TRACEBACK_LIMIT 1000

#endif
