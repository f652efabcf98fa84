/* What of frames lies outside the limited API. */
#ifndef Py_CPYTHON_FRAMEOBJECT_H
#define Py_CPYTHON_FRAMEOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(PyFrameObject *) PyFrame_New(PyThreadState *tstate,
                                        PyCodeObject *code, PyObject *op,
                                        PyObject *op2);
PyAPI_FUNC(void) PyFrame_LocalsToFast(PyFrameObject *frame, int i);
PyAPI_FUNC(int) _PyFrame_IsEntryFrame(PyFrameObject *frame);
PyAPI_FUNC(int) PyFrame_FastToLocalsWithError(PyFrameObject *frame);
PyAPI_FUNC(void) PyFrame_FastToLocals(PyFrameObject *frame);

#ifdef __cplusplus
}
#endif
#endif
