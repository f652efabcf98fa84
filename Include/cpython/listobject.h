/* Layout of list. */
#ifndef Py_CPYTHON_LISTOBJECT_H
#define Py_CPYTHON_LISTOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    PyObject_VAR_HEAD
    PyObject **ob_item;     /* one owned block, ob_size items in use */
    Py_ssize_t allocated;   /* items that fit; -1 while being sorted */
} PyListObject;

PyAPI_FUNC(PyObject *) _PyList_Extend(PyListObject *listobject, PyObject *op);
PyAPI_FUNC(void) _PyList_DebugMallocStats(FILE *file);

#define _PyList_CAST(op) _Py_CAST(PyListObject *, (op))
#define PyList_GET_ITEM(op, index) (_PyList_CAST(op)->ob_item[(index)])

static inline Py_ssize_t
PyList_GET_SIZE(PyObject *op)
{
    return Py_SIZE(op);
}
#define PyList_GET_SIZE(op) PyList_GET_SIZE(_PyObject_CAST(op))

/* Steals value; does not release what was there. */
static inline void
PyList_SET_ITEM(PyObject *op, Py_ssize_t index, PyObject *value)
{
    _PyList_CAST(op)->ob_item[index] = value;
}
#define PyList_SET_ITEM(op, index, value) \
    PyList_SET_ITEM(_PyObject_CAST(op), (index), _PyObject_CAST(value))

#ifdef __cplusplus
}
#endif
#endif
