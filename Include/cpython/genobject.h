/* Generators, coroutines, asynchronous generators. */
#ifndef Py_CPYTHON_GENOBJECT_H
#define Py_CPYTHON_GENOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

/* A Python frame that outlives its calls.  The frame itself begins at
 * gi_iframe and runs past the end of the struct. */
#define _PyGenObject_HEAD(prefix)              \
    PyObject_HEAD                              \
    PyCodeObject *prefix##_code;               \
    PyObject *prefix##_weakreflist;            \
    PyObject *prefix##_name;                   \
    PyObject *prefix##_qualname;               \
    _PyErr_StackItem prefix##_exc_state;       \
    PyObject *prefix##_origin_or_finalizer;    \
    char prefix##_hooks_inited;                \
    char prefix##_closed;                      \
    char prefix##_running_async;               \
    int8_t prefix##_frame_state;               \
    PyObject *prefix##_iframe[1];

typedef struct {
    _PyGenObject_HEAD(gi)
} PyGenObject;

typedef struct {
    _PyGenObject_HEAD(cr)
} PyCoroObject;

typedef struct {
    _PyGenObject_HEAD(ag)
} PyAsyncGenObject;

#undef _PyGenObject_HEAD

PyAPI_DATA(PyTypeObject) PyGen_Type;
PyAPI_FUNC(PyObject *) PyGen_New(PyFrameObject *frame);
PyAPI_FUNC(PyObject *) PyGen_NewWithQualName(
    PyFrameObject *frame, PyObject *name, PyObject *qualname);
PyAPI_FUNC(int) _PyGen_SetStopIterationValue(PyObject *op);
PyAPI_FUNC(int) _PyGen_FetchStopIterationValue(PyObject **op);
PyAPI_FUNC(void) _PyGen_Finalize(PyObject *op);
PyAPI_DATA(PyTypeObject) PyCoro_Type;
PyAPI_DATA(PyTypeObject) _PyCoroWrapper_Type;
PyAPI_FUNC(PyObject *) PyCoro_New(PyFrameObject *frame, PyObject *name,
                                  PyObject *qualname);
PyAPI_DATA(PyTypeObject) PyAsyncGen_Type;
PyAPI_DATA(PyTypeObject) _PyAsyncGenASend_Type;
PyAPI_DATA(PyTypeObject) _PyAsyncGenWrappedValue_Type;
PyAPI_DATA(PyTypeObject) _PyAsyncGenAThrow_Type;
PyAPI_FUNC(PyObject *) PyAsyncGen_New(PyFrameObject *frame, PyObject *op,
                                      PyObject *op2);

#define PyGen_Check(op) PyObject_TypeCheck((op), &PyGen_Type)
#define PyGen_CheckExact(op) Py_IS_TYPE((op), &PyGen_Type)
#define PyCoro_CheckExact(op) Py_IS_TYPE((op), &PyCoro_Type)
#define PyAsyncGen_CheckExact(op) Py_IS_TYPE((op), &PyAsyncGen_Type)

#ifdef __cplusplus
}
#endif
#endif
