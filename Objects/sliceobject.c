/* slice, and Ellipsis. */
#include "Python.h"
#include "structmember.h"

#include "abstract.h"
#include "gc.h"
#include "long.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "tuple.h"

/* ---- Ellipsis ---- */

static PyObject *
ellipsis_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (PyTuple_GET_SIZE(args) != 0 ||
        (kwds != NULL && PyDict_GET_SIZE(kwds) != 0)) {
        PyErr_SetString(PyExc_TypeError, "EllipsisType takes no arguments");
        return NULL;
    }
    return Py_NewRef(Py_Ellipsis);
}

static PyObject *
ellipsis_repr(PyObject *op)
{
    return PyUnicode_FromString("Ellipsis");
}

static PyObject *
ellipsis_reduce(PyObject *op, PyObject *ignored)
{
    return PyUnicode_FromString("Ellipsis");
}

static PyMethodDef ellipsis_methods[] = {
    {"__reduce__", ellipsis_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyEllipsis_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "ellipsis",
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = ellipsis_new,
    .tp_repr = ellipsis_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_methods = ellipsis_methods,
};

PyObject _Py_EllipsisObject = OBJECT_HEAD_IMMORTAL(&PyEllipsis_Type);

/* ---- slice ---- */

/* The slice freed last, kept: many live for one subscription. */
static PySliceObject *free_slice;

PyObject *
slice_new_steal(PyObject *start, PyObject *stop)
{
    PySliceObject *self = free_slice;

    if (self != NULL) {
        free_slice = NULL;
        _Py_NewReference((PyObject *)self);
    }
    else {
        self = PyObject_GC_New(PySliceObject, &PySlice_Type);
        if (self == NULL) {
            Py_DECREF(start);
            Py_DECREF(stop);
            return NULL;
        }
    }
    self->start = start;
    self->stop = stop;
    self->step = Py_NewRef(Py_None);
    gc_track(self);
    return (PyObject *)self;
}

PyObject *
PySlice_New(PyObject *start, PyObject *stop, PyObject *step)
{
    PyObject *self = slice_new_steal(Py_NewRef(start ? start : Py_None),
                                     Py_NewRef(stop ? stop : Py_None));

    if (self != NULL && step != NULL) {
        Py_SETREF(((PySliceObject *)self)->step, Py_NewRef(step));
    }
    return self;
}

PyObject *
_PySlice_FromIndices(Py_ssize_t start, Py_ssize_t stop)
{
    PyObject *first = PyLong_FromSsize_t(start), *last;

    if (first == NULL) {
        return NULL;
    }
    last = PyLong_FromSsize_t(stop);
    if (last == NULL) {
        Py_DECREF(first);
        return NULL;
    }
    return slice_new_steal(first, last);
}

int
PySlice_GetIndices(PyObject *op, Py_ssize_t length, Py_ssize_t *start,
                   Py_ssize_t *stop, Py_ssize_t *step)
{
    PySliceObject *self = (PySliceObject *)op;

    *step = 1;
    if (self->step != Py_None) {
        if (!PyLong_Check(self->step)) {
            return -1;
        }
        *step = PyLong_AsSsize_t(self->step);
    }
    if (self->start == Py_None) {
        *start = *step < 0 ? length - 1 : 0;
    }
    else {
        if (!PyLong_Check(self->start)) {
            return -1;
        }
        *start = PyLong_AsSsize_t(self->start);
        if (*start < 0) {
            *start += length;
        }
    }
    if (self->stop == Py_None) {
        *stop = *step < 0 ? -1 : length;
    }
    else {
        if (!PyLong_Check(self->stop)) {
            return -1;
        }
        *stop = PyLong_AsSsize_t(self->stop);
        if (*stop < 0) {
            *stop += length;
        }
    }
    return *stop > length || *start >= length || *step == 0 ? -1 : 0;
}

int
PySlice_Unpack(PyObject *op, Py_ssize_t *start, Py_ssize_t *stop,
               Py_ssize_t *step)
{
    PySliceObject *self = (PySliceObject *)op;

    *step = 1;
    if (self->step != Py_None) {
        if (!_PyEval_SliceIndex(self->step, step)) {
            return -1;
        }
        if (*step == 0) {
            PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
            return -1;
        }
        /* So that -step does not overflow. */
        *step = Py_MAX(*step, -PY_SSIZE_T_MAX);
    }
    if (self->start == Py_None) {
        *start = *step < 0 ? PY_SSIZE_T_MAX : 0;
    }
    else if (!_PyEval_SliceIndex(self->start, start)) {
        return -1;
    }
    if (self->stop == Py_None) {
        *stop = *step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
    }
    else if (!_PyEval_SliceIndex(self->stop, stop)) {
        return -1;
    }
    return 0;
}

Py_ssize_t
PySlice_AdjustIndices(Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop,
                      Py_ssize_t step)
{
    assert(step != 0 && step >= -PY_SSIZE_T_MAX);
    if (*start < 0) {
        *start += length;
        if (*start < 0) {
            *start = step < 0 ? -1 : 0;
        }
    }
    else if (*start >= length) {
        *start = step < 0 ? length - 1 : length;
    }
    if (*stop < 0) {
        *stop += length;
        if (*stop < 0) {
            *stop = step < 0 ? -1 : 0;
        }
    }
    else if (*stop >= length) {
        *stop = step < 0 ? length - 1 : length;
    }
    if (step < 0) {
        return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
    }
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

#undef PySlice_GetIndicesEx

int
PySlice_GetIndicesEx(PyObject *op, Py_ssize_t length, Py_ssize_t *start,
                     Py_ssize_t *stop, Py_ssize_t *step,
                     Py_ssize_t *slicelength)
{
    if (PySlice_Unpack(op, start, stop, step) < 0) {
        return -1;
    }
    *slicelength = PySlice_AdjustIndices(length, start, stop, *step);
    return 0;
}

static PyObject *
slice_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *start = NULL, *stop = NULL, *step = NULL;

    if (!_PyArg_NoKeywords("slice", kwds) ||
        !PyArg_UnpackTuple(args, "slice", 1, 3, &start, &stop, &step)) {
        return NULL;
    }
    if (stop == NULL) {
        stop = start;
        start = NULL;
    }
    return PySlice_New(start, stop, step);
}

static void
slice_dealloc(PyObject *op)
{
    PySliceObject *self = (PySliceObject *)op;

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    Py_DECREF(self->step);
    Py_DECREF(self->start);
    Py_DECREF(self->stop);
    if (free_slice == NULL) {
        free_slice = self;
    }
    else {
        PyObject_GC_Del(op);
    }
}

static int
slice_traverse(PyObject *op, visitproc visit, void *arg)
{
    PySliceObject *self = (PySliceObject *)op;

    Py_VISIT(self->start);
    Py_VISIT(self->stop);
    Py_VISIT(self->step);
    return 0;
}

static PyObject *
slice_repr(PyObject *op)
{
    PySliceObject *self = (PySliceObject *)op;

    return PyUnicode_FromFormat("slice(%R, %R, %R)", self->start, self->stop,
                                self->step);
}

/* Compares as the tuples (start, stop, step) would. */
static PyObject *
slice_richcompare(PyObject *left, PyObject *right, int op)
{
    PySliceObject *a = (PySliceObject *)left, *b = (PySliceObject *)right;
    PyObject *x, *y, *result = NULL;

    if (!PySlice_Check(left) || !PySlice_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (left == right) {
        return PyBool_FromLong(op == Py_EQ || op == Py_LE || op == Py_GE);
    }
    x = PyTuple_Pack(3, a->start, a->stop, a->step);
    y = x == NULL ? NULL : PyTuple_Pack(3, b->start, b->stop, b->step);
    if (y != NULL) {
        result = PyObject_RichCompare(x, y, op);
    }
    Py_XDECREF(x);
    Py_XDECREF(y);
    return result;
}

/* An int for an index in a slice.  New. */
static PyObject *
slice_index_as_int(PyObject *index)
{
    if (!PyIndex_Check(index)) {
        PyErr_SetString(PyExc_TypeError,
                        "slice indices must be integers or None or have an "
                        "__index__ method");
        return NULL;
    }
    return PyNumber_Index(index);
}

/* One bound: `value` clipped to lower..upper, negative ones counted from the
 * end.  None gives `missing`.  New. */
static PyObject *
slice_clip_bound(PyObject *value, PyObject *length, PyObject *lower,
                 PyObject *upper, PyObject *missing)
{
    PyObject *bound;
    int cmp;

    if (value == Py_None) {
        return Py_NewRef(missing);
    }
    bound = slice_index_as_int(value);
    if (bound == NULL) {
        return NULL;
    }
    if (_PyLong_Sign(bound) < 0) {
        Py_SETREF(bound, PyNumber_Add(bound, length));
        if (bound == NULL) {
            return NULL;
        }
        cmp = PyObject_RichCompareBool(bound, lower, Py_LT);
        if (cmp > 0) {
            Py_SETREF(bound, Py_NewRef(lower));
        }
    }
    else {
        cmp = PyObject_RichCompareBool(bound, upper, Py_GT);
        if (cmp > 0) {
            Py_SETREF(bound, Py_NewRef(upper));
        }
    }
    if (cmp < 0) {
        Py_CLEAR(bound);
    }
    return bound;
}

/* start, stop, step as ints for a sequence of that length; new each. */
int
_PySlice_GetLongIndices(PySliceObject *self, PyObject *length,
                        PyObject **start_out, PyObject **stop_out,
                        PyObject **step_out)
{
    PyObject *start = NULL, *stop = NULL, *step, *lower = NULL, *upper = NULL;
    int backwards;

    step = self->step == Py_None ? Py_NewRef(long_peek_small(1))
                                 : slice_index_as_int(self->step);
    if (step == NULL) {
        goto error;
    }
    if (_PyLong_Sign(step) == 0) {
        PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
        goto error;
    }
    backwards = _PyLong_Sign(step) < 0;
    lower = PyLong_FromLong(backwards ? -1 : 0);
    if (lower == NULL) {
        goto error;
    }
    upper = backwards ? PyNumber_Add(length, lower) : Py_NewRef(length);
    if (upper == NULL) {
        goto error;
    }
    start = slice_clip_bound(self->start, length, lower, upper,
                             backwards ? upper : lower);
    if (start == NULL) {
        goto error;
    }
    stop = slice_clip_bound(self->stop, length, lower, upper,
                            backwards ? lower : upper);
    if (stop == NULL) {
        goto error;
    }
    Py_DECREF(lower);
    Py_DECREF(upper);
    *start_out = start;
    *stop_out = stop;
    *step_out = step;
    return 0;
error:
    *start_out = *stop_out = *step_out = NULL;
    Py_XDECREF(start);
    Py_XDECREF(stop);
    Py_XDECREF(step);
    Py_XDECREF(lower);
    Py_XDECREF(upper);
    return -1;
}

static PyObject *
slice_indices(PyObject *self, PyObject *length)
{
    PyObject *start, *stop, *step;
    int status;

    length = PyNumber_Index(length);
    if (length == NULL) {
        return NULL;
    }
    if (_PyLong_Sign(length) < 0) {
        PyErr_SetString(PyExc_ValueError, "length should not be negative");
        Py_DECREF(length);
        return NULL;
    }
    status = _PySlice_GetLongIndices((PySliceObject *)self, length, &start,
                                     &stop, &step);
    Py_DECREF(length);
    return status < 0 ? NULL : Py_BuildValue("(NNN)", start, stop, step);
}

static PyObject *
slice_reduce(PyObject *op, PyObject *ignored)
{
    PySliceObject *self = (PySliceObject *)op;

    return Py_BuildValue("O(OOO)", Py_TYPE(op), self->start, self->stop,
                         self->step);
}

static PyMemberDef slice_members[] = {
    {"start", T_OBJECT, offsetof(PySliceObject, start), READONLY, NULL},
    {"stop", T_OBJECT, offsetof(PySliceObject, stop), READONLY, NULL},
    {"step", T_OBJECT, offsetof(PySliceObject, step), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef slice_methods[] = {
    {"indices", slice_indices, METH_O,
     PyDoc_STR("S.indices(len) -> (start, stop, stride)\n\n"
               "The slice's bounds for a sequence of that length.")},
    {"__reduce__", slice_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySlice_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "slice",
    .tp_basicsize = sizeof(PySliceObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("slice(stop)\nslice(start, stop[, step])\n\n"
                        "What stands between the brackets of a[0:10:2]."),
    .tp_new = slice_new,
    .tp_dealloc = slice_dealloc,
    .tp_traverse = slice_traverse,
    .tp_repr = slice_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = slice_richcompare,
    .tp_methods = slice_methods,
    .tp_members = slice_members,
};

void
slice_fini(PyInterpreterState *interp)
{
    PySliceObject *self = free_slice;

    free_slice = NULL;
    if (self != NULL) {
        PyObject_GC_Del(self);
    }
}
