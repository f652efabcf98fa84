/* Evaluation, outside the limited API. */
#ifndef Py_CPYTHON_CEVAL_H
#define Py_CPYTHON_CEVAL_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(void) PyEval_SetProfile(Py_tracefunc func, PyObject *obj);
PyAPI_FUNC(int) _PyEval_SetProfile(PyThreadState *tstate,
                                   Py_tracefunc tracefunc, PyObject *op);
PyAPI_FUNC(void) PyEval_SetTrace(Py_tracefunc func, PyObject *obj);
PyAPI_FUNC(int) _PyEval_SetTrace(PyThreadState *tstate, Py_tracefunc tracefunc,
                                 PyObject *op);
PyAPI_FUNC(PyObject *) _PyEval_GetBuiltin(PyObject *op);
PyAPI_FUNC(PyObject *) _PyEval_GetBuiltinId(_Py_Identifier *id);
PyAPI_FUNC(int) PyEval_MergeCompilerFlags(PyCompilerFlags *cf);
PyAPI_FUNC(PyObject *) _PyEval_EvalFrameDefault(
    PyThreadState *tstate, struct _PyInterpreterFrame *interpreterframe,
    int i);
PyAPI_FUNC(void) _PyEval_SetSwitchInterval(unsigned long value);
PyAPI_FUNC(unsigned long) _PyEval_GetSwitchInterval(void);
PyAPI_FUNC(Py_ssize_t) _PyEval_RequestCodeExtraIndex(freefunc freefunc);
PyAPI_FUNC(int) _PyEval_SliceIndex(PyObject *op, Py_ssize_t *ssize_t);
PyAPI_FUNC(int) _PyEval_SliceIndexNotNone(PyObject *op, Py_ssize_t *ssize_t);

#ifdef __cplusplus
}
#endif
#endif
