/* Cells: variables that several functions share. */
#ifndef Py_CPYTHON_CELLOBJECT_H
#define Py_CPYTHON_CELLOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    PyObject_HEAD
    PyObject *ob_ref;   /* NULL: empty */
} PyCellObject;

PyAPI_DATA(PyTypeObject) PyCell_Type;
PyAPI_FUNC(PyObject *) PyCell_New(PyObject *ob);
PyAPI_FUNC(PyObject *) PyCell_Get(PyObject *cell);
PyAPI_FUNC(int) PyCell_Set(PyObject *cell, PyObject *value);

#define PyCell_Check(op) Py_IS_TYPE((op), &PyCell_Type)
#define PyCell_GET(op) (((PyCellObject *)(op))->ob_ref)
#define PyCell_SET(op, v) ((void)(((PyCellObject *)(op))->ob_ref = (v)))

#ifdef __cplusplus
}
#endif
#endif
