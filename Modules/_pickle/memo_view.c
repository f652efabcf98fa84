/* What the attribute `memo` of picklers and unpicklers gives: a view that can
 * be emptied, copied to a dictionary, and assigned to the memo of another. */

#include "private.h"

typedef struct {
    PyObject_HEAD
    PyObject *owner;               /* Pickler or Unpickler */
} memo_view;

PyObject *
memo_view_new(PyTypeObject *type, PyObject *owner)
{
    memo_view *view = PyObject_GC_New(memo_view, type);

    if (view != NULL) {
        view->owner = Py_NewRef(owner);
        PyObject_GC_Track(view);
    }
    return (PyObject *)view;
}

PyObject *
memo_view_owner(PyObject *view)
{
    return ((memo_view *)view)->owner;
}

int
memo_view_check(PyObject *value, PyTypeObject *type, const char *name)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "attribute deletion is not supported");
        return -1;
    }
    int is_view = Py_IS_TYPE(value, type);
    if (!is_view && !PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "'memo' attribute must be %s object or dict, not %.200s",
                     name, Py_TYPE(value)->tp_name);
        return -1;
    }
    return is_view;
}

static int
memo_view_traverse(memo_view *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->owner);
    return 0;
}

static int
memo_view_clear(memo_view *self)
{
    Py_CLEAR(self->owner);
    return 0;
}

static void
memo_view_dealloc(memo_view *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    memo_view_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* dict(copy of the memo), as __reduce__ has it.  Steals `dict`. */
static PyObject *
reduce_to_dict(PyObject *dict)
{
    return dict == NULL ? NULL : Py_BuildValue("(O(N))", &PyDict_Type, dict);
}

#define MEMO_VIEW_SLOTS(methods) { \
    {Py_tp_dealloc, memo_view_dealloc}, \
    {Py_tp_traverse, memo_view_traverse}, \
    {Py_tp_clear, memo_view_clear}, \
    {Py_tp_methods, methods}, \
    {Py_tp_hash, PyObject_HashNotImplemented}, \
    {0, NULL}, \
}

#define MEMO_VIEW_SPEC(type_name, type_slots) { \
    .name = type_name, \
    .basicsize = sizeof(memo_view), \
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | \
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, \
    .slots = type_slots, \
}

PyDoc_STRVAR(clear_doc, "clear($self, /)\n--\n\nForget all objects.");
PyDoc_STRVAR(copy_doc, "copy($self, /)\n--\n\nWhat is in it, as a dict.");
PyDoc_STRVAR(reduce_doc, "__reduce__($self, /)\n--\n\nPickle as a dict.");

/* ---- Of a pickler ------------------------------------------------------- */

static PyObject *
pickler_memo_clear(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    memo_clear(&((pickler *)self->owner)->memo);
    Py_RETURN_NONE;
}

static PyObject *
pickler_memo_copy(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    return pickler_copy_memo((pickler *)self->owner);
}

static PyObject *
pickler_memo_reduce(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    return reduce_to_dict(pickler_memo_copy(self, NULL));
}

static PyMethodDef pickler_memo_methods[] = {
    {"clear", (PyCFunction)pickler_memo_clear, METH_NOARGS, clear_doc},
    {"copy", (PyCFunction)pickler_memo_copy, METH_NOARGS, copy_doc},
    {"__reduce__", (PyCFunction)pickler_memo_reduce, METH_NOARGS, reduce_doc},
    {NULL},
};

static PyType_Slot pickler_memo_slots[] =
    MEMO_VIEW_SLOTS(pickler_memo_methods);
PyType_Spec pickler_memo_spec =
    MEMO_VIEW_SPEC("_pickle.PicklerMemoProxy", pickler_memo_slots);

/* ---- Of an unpickler ---------------------------------------------------- */

static PyObject *
unpickler_memo_clear(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    unpickler_clear_memo((unpickler *)self->owner);
    Py_RETURN_NONE;
}

static PyObject *
unpickler_memo_copy(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    return unpickler_copy_memo((unpickler *)self->owner);
}

static PyObject *
unpickler_memo_reduce(memo_view *self, PyObject *Py_UNUSED(ignored))
{
    return reduce_to_dict(unpickler_memo_copy(self, NULL));
}

static PyMethodDef unpickler_memo_methods[] = {
    {"clear", (PyCFunction)unpickler_memo_clear, METH_NOARGS, clear_doc},
    {"copy", (PyCFunction)unpickler_memo_copy, METH_NOARGS, copy_doc},
    {"__reduce__", (PyCFunction)unpickler_memo_reduce, METH_NOARGS,
     reduce_doc},
    {NULL},
};

static PyType_Slot unpickler_memo_slots[] =
    MEMO_VIEW_SLOTS(unpickler_memo_methods);
PyType_Spec unpickler_memo_spec =
    MEMO_VIEW_SPEC("_pickle.UnpicklerMemoProxy", unpickler_memo_slots);
