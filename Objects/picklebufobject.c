/* PickleBuffer (PEP 574): a buffer to be pickled out of band. */
#include "Python.h"

#include "internal/gc.h"
#include "internal/object.h"

typedef struct {
    PyObject_HEAD
    Py_buffer view;                 /* view.obj NULL: released */
    PyObject *weakreflist;
} picklebuf_object;

PyObject *
PyPickleBuffer_FromObject(PyObject *base)
{
    picklebuf_object *self = (picklebuf_object *)PyPickleBuffer_Type.tp_alloc(
        &PyPickleBuffer_Type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->view.obj = NULL;
    self->weakreflist = NULL;
    if (PyObject_GetBuffer(base, &self->view, PyBUF_FULL_RO) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static picklebuf_object *
picklebuf_check(PyObject *op)
{
    if (!PyPickleBuffer_Check(op)) {
        PyErr_Format(PyExc_TypeError, "expected PickleBuffer, %.200s found",
                     Py_TYPE(op)->tp_name);
        return NULL;
    }
    return (picklebuf_object *)op;
}

const Py_buffer *
PyPickleBuffer_GetBuffer(PyObject *op)
{
    picklebuf_object *self = picklebuf_check(op);

    if (self == NULL) {
        return NULL;
    }
    if (self->view.obj == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "operation forbidden on released PickleBuffer object");
        return NULL;
    }
    return &self->view;
}

int
PyPickleBuffer_Release(PyObject *op)
{
    picklebuf_object *self = picklebuf_check(op);

    if (self == NULL) {
        return -1;
    }
    PyBuffer_Release(&self->view);
    return 0;
}

static PyObject *
picklebuf_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"", NULL};
    picklebuf_object *self;
    PyObject *base;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O:PickleBuffer",
                                     (char **)keywords, &base)) {
        return NULL;
    }
    self = (picklebuf_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if (PyObject_GetBuffer(base, &self->view, PyBUF_FULL_RO) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
picklebuf_traverse(picklebuf_object *self, visitproc visit, void *arg)
{
    Py_VISIT(self->view.obj);
    return 0;
}

static int
picklebuf_clear(picklebuf_object *self)
{
    PyBuffer_Release(&self->view);
    return 0;
}

static void
picklebuf_dealloc(picklebuf_object *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    PyBuffer_Release(&self->view);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
picklebuf_getbuffer(picklebuf_object *self, Py_buffer *view, int flags)
{
    if (self->view.obj == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "operation forbidden on released PickleBuffer object");
        return -1;
    }
    return PyObject_GetBuffer(self->view.obj, view, flags);
}

static void
picklebuf_releasebuffer(picklebuf_object *self, Py_buffer *view)
{
    /* The view belongs to the object behind; nothing is ours. */
}

static PyObject *
picklebuf_release(picklebuf_object *self, PyObject *ignored)
{
    PyBuffer_Release(&self->view);
    Py_RETURN_NONE;
}

/* The bytes of a contiguous buffer as a one-dimensional memoryview. */
static PyObject *
picklebuf_raw(picklebuf_object *self, PyObject *ignored)
{
    PyMemoryViewObject *view;
    Py_buffer *flat;

    if (self->view.obj == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "operation forbidden on released PickleBuffer object");
        return NULL;
    }
    view = (PyMemoryViewObject *)PyMemoryView_FromObject((PyObject *)self);
    if (view == NULL) {
        return NULL;
    }
    flat = &view->view;
    if (flat->suboffsets != NULL) {
        PyErr_SetString(
            PyExc_BufferError,
            "cannot extract raw buffer from non-contiguous buffer");
        Py_DECREF(view);
        return NULL;
    }
    if (!PyBuffer_IsContiguous(flat, 'A')) {
        PyErr_SetString(
            PyExc_BufferError,
            "cannot extract raw buffer from non-contiguous buffer");
        Py_DECREF(view);
        return NULL;
    }
    flat->format = (char *)"B";
    flat->ndim = 1;
    flat->itemsize = 1;
    /* shape and strides are the memoryview's own arrays, if it has any. */
    if (flat->shape == NULL || flat->strides == NULL) {
        flat->shape = &flat->len;
        flat->strides = &flat->itemsize;
    }
    else {
        flat->shape[0] = flat->len;
        flat->strides[0] = flat->itemsize;
    }
    flat->suboffsets = NULL;
    view->flags = _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
    return (PyObject *)view;
}

static PyBufferProcs picklebuf_as_buffer = {
    .bf_getbuffer = (getbufferproc)picklebuf_getbuffer,
    .bf_releasebuffer = (releasebufferproc)picklebuf_releasebuffer,
};

static PyMethodDef picklebuf_methods[] = {
    {"raw", (PyCFunction)picklebuf_raw, METH_NOARGS,
     PyDoc_STR("raw($self, /)\n--\n\n"
               "The buffer's bytes as a flat memoryview.")},
    {"release", (PyCFunction)picklebuf_release, METH_NOARGS,
     PyDoc_STR("release($self, /)\n--\n\nLets go of the buffer.")},
    {NULL}
};

PyTypeObject PyPickleBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "pickle.PickleBuffer",
    .tp_basicsize = sizeof(picklebuf_object),
    .tp_dealloc = (destructor)picklebuf_dealloc,
    .tp_as_buffer = &picklebuf_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("A buffer for pickle to send out of band."),
    .tp_traverse = (traverseproc)picklebuf_traverse,
    .tp_clear = (inquiry)picklebuf_clear,
    .tp_weaklistoffset = offsetof(picklebuf_object, weakreflist),
    .tp_methods = picklebuf_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = picklebuf_new,
    .tp_free = PyObject_GC_Del,
};
