/* Cells: variables shared between a function and its inner functions. */
#include "Python.h"

#include "internal/audit.h"
#include "internal/gc.h"
#include "internal/object.h"
#include "internal/stackguard.h"

PyObject *
PyCell_New(PyObject *value)
{
    PyCellObject *op = PyObject_GC_New(PyCellObject, &PyCell_Type);

    if (op != NULL) {
        op->ob_ref = Py_XNewRef(value);
        gc_track(op);
    }
    return (PyObject *)op;
}

PyObject *
PyCell_Get(PyObject *op)
{
    if (!PyCell_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return Py_XNewRef(PyCell_GET(op));
}

int
PyCell_Set(PyObject *op, PyObject *value)
{
    if (!PyCell_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(((PyCellObject *)op)->ob_ref, value);
    return 0;
}

static PyObject *
cell_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *value = NULL;

    if (!_PyArg_NoKeywords("cell", kwds) ||
        !PyArg_UnpackTuple(args, "cell", 0, 1, &value)) {
        return NULL;
    }
    return PyCell_New(value);
}

static void
cell_dealloc(PyCellObject *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    gc_untrack(self);
    Py_XDECREF(self->ob_ref);
    PyObject_GC_Del(self);
}

/* An empty cell is less than any full one. */
static PyObject *
cell_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *a, *b;

    if (!PyCell_Check(left) || !PyCell_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    a = PyCell_GET(left);
    b = PyCell_GET(right);
    if (a != NULL && b != NULL) {
        return PyObject_RichCompare(a, b, op);
    }
    Py_RETURN_RICHCOMPARE(b == NULL, a == NULL, op);
}

static PyObject *
cell_repr(PyCellObject *self)
{
    if (self->ob_ref == NULL) {
        return PyUnicode_FromFormat("<cell at %p: empty>", self);
    }
    return PyUnicode_FromFormat("<cell at %p: %.80s object at %p>", self,
                                Py_TYPE(self->ob_ref)->tp_name, self->ob_ref);
}

static int
cell_traverse(PyCellObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->ob_ref);
    return 0;
}

static int
cell_clear(PyCellObject *self)
{
    Py_CLEAR(self->ob_ref);
    return 0;
}

static PyObject *
cell_get_contents(PyCellObject *self, void *closure)
{
    if (PyAudit(AUDIT_LUCID_OBJECT___GETATTR__, "Os", self,
                "cell_contents") < 0) {
        return NULL;
    }
    if (self->ob_ref != NULL) {
        return Py_NewRef(self->ob_ref);
    }
    PyErr_SetString(PyExc_ValueError, "Cell is empty");
    return NULL;
}

static int
cell_set_contents(PyCellObject *self, PyObject *value, void *closure)
{
    if (attribute_audit_assignment((PyObject *)self, "cell_contents",
                                   value) < 0) {
        return -1;
    }
    Py_XSETREF(self->ob_ref, Py_XNewRef(value));
    return 0;
}

static PyGetSetDef cell_getsets[] = {
    {"cell_contents", (getter)cell_get_contents, (setter)cell_set_contents},
    {NULL}
};

PyTypeObject PyCell_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "cell",
    .tp_basicsize = sizeof(PyCellObject),
    .tp_dealloc = (destructor)cell_dealloc,
    .tp_repr = (reprfunc)cell_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("cell([contents])\n--\n\n"
                        "A variable of an enclosing function."),
    .tp_traverse = (traverseproc)cell_traverse,
    .tp_clear = (inquiry)cell_clear,
    .tp_richcompare = cell_richcompare,
    .tp_getset = cell_getsets,
    .tp_new = cell_new,
};
