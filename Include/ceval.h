/* Evaluation, and the global interpreter lock. */
#ifndef Py_CEVAL_H
#define Py_CEVAL_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(PyObject *) PyEval_EvalCode(PyObject *co, PyObject *globals,
                                       PyObject *locals);
PyAPI_FUNC(PyObject *) PyEval_EvalCodeEx(
    PyObject *co, PyObject *globals, PyObject *locals, PyObject *const *args,
    int argcount, PyObject *const *kws, int kwcount, PyObject *const *defs,
    int defcount, PyObject *kwdefs, PyObject *closure);
Py_DEPRECATED(3)
PyAPI_FUNC(PyObject *) PyEval_CallObjectWithKeywords(
    PyObject *op, PyObject *op2, PyObject *op3);
Py_DEPRECATED(3)
PyAPI_FUNC(PyObject *) PyEval_CallFunction(
    PyObject *op, const char *string, ...);
Py_DEPRECATED(3)
PyAPI_FUNC(PyObject *) PyEval_CallMethod(
    PyObject *op, const char *string, const char *string2, ...);
PyAPI_FUNC(PyObject *) PyEval_GetBuiltins(void);
PyAPI_FUNC(PyObject *) PyEval_GetGlobals(void);
PyAPI_FUNC(PyObject *) PyEval_GetLocals(void);
PyAPI_FUNC(PyFrameObject *) PyEval_GetFrame(void);
PyAPI_FUNC(int) Py_AddPendingCall(int (*func)(void *), void *arg);
PyAPI_FUNC(int) Py_MakePendingCalls(void);
PyAPI_FUNC(void) Py_SetRecursionLimit(int i);
PyAPI_FUNC(int) Py_GetRecursionLimit(void);
PyAPI_FUNC(int) Py_EnterRecursiveCall(const char *where);
PyAPI_FUNC(void) Py_LeaveRecursiveCall(void);
PyAPI_FUNC(const char *) PyEval_GetFuncName(PyObject *func);
PyAPI_FUNC(const char *) PyEval_GetFuncDesc(PyObject *func);
PyAPI_FUNC(PyObject *) PyEval_EvalFrame(PyFrameObject *f);
PyAPI_FUNC(PyObject *) PyEval_EvalFrameEx(PyFrameObject *f, int throwflag);
PyAPI_FUNC(PyThreadState *) PyEval_SaveThread(void);
PyAPI_FUNC(void) PyEval_RestoreThread(PyThreadState *tstate);
Py_DEPRECATED(3)
PyAPI_FUNC(int) PyEval_ThreadsInitialized(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyEval_InitThreads(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyEval_AcquireLock(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyEval_ReleaseLock(void);
PyAPI_FUNC(void) PyEval_AcquireThread(PyThreadState *tstate);
PyAPI_FUNC(void) PyEval_ReleaseThread(PyThreadState *tstate);

#define PyEval_CallObject(callable, arg) \
    PyEval_CallObjectWithKeywords((callable), (arg), _PyObject_CAST(_Py_NULL))

#define Py_BEGIN_ALLOW_THREADS \
    {                          \
        PyThreadState *_save;  \
        _save = PyEval_SaveThread();
#define Py_BLOCK_THREADS PyEval_RestoreThread(_save);
#define Py_UNBLOCK_THREADS _save = PyEval_SaveThread();
#define Py_END_ALLOW_THREADS         \
        PyEval_RestoreThread(_save); \
    }

/* Operand of FORMAT_VALUE: conversion, and whether a format follows. */
#define FVC_MASK 0x3
#define FVC_NONE 0x0
#define FVC_STR 0x1
#define FVC_REPR 0x2
#define FVC_ASCII 0x3
#define FVS_MASK 0x4
#define FVS_HAVE_SPEC 0x4

#ifndef Py_LIMITED_API
#  include "cpython/ceval.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
