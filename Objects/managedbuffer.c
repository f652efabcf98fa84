/* _PyManagedBuffer: one Py_buffer of an exporter, shared by the memoryviews
 * on it and given back with the last of them (drawing: memoryobject.c). */
#include "Python.h"

#include "buffer.h"

_PyManagedBufferObject *
buffer_managed_alloc(void)
{
    _PyManagedBufferObject *managed = PyObject_GC_New(_PyManagedBufferObject,
                                                      &_PyManagedBuffer_Type);
    if (managed == NULL) {
        return NULL;
    }
    managed->flags = 0;
    managed->exports = 0;
    managed->master.obj = NULL;
    PyObject_GC_Track(managed);
    return managed;
}

_PyManagedBufferObject *
buffer_managed_from_object(PyObject *base)
{
    _PyManagedBufferObject *managed = buffer_managed_alloc();

    if (managed == NULL) {
        return NULL;
    }
    if (PyObject_GetBuffer(base, &managed->master, PyBUF_FULL_RO) < 0) {
        managed->master.obj = NULL;
        Py_DECREF(managed);
        return NULL;
    }
    return managed;
}

void
buffer_managed_release(_PyManagedBufferObject *managed)
{
    if (managed->flags & _Py_MANAGED_BUFFER_RELEASED) {
        return;
    }
    /* First: releasing runs Python, which may come here again. */
    managed->flags |= _Py_MANAGED_BUFFER_RELEASED;
    PyObject_GC_UnTrack(managed);
    PyBuffer_Release(&managed->master);
}

static void
managed_dealloc(PyObject *op)
{
    _PyManagedBufferObject *managed = (_PyManagedBufferObject *)op;

    assert(managed->exports == 0);
    PyObject_GC_UnTrack(op);
    buffer_managed_release(managed);
    if (managed->flags & _Py_MANAGED_BUFFER_FREE_FORMAT) {
        PyMem_Free(managed->master.format);
    }
    PyObject_GC_Del(op);
}

static int
managed_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((_PyManagedBufferObject *)op)->master.obj);
    return 0;
}

static int
managed_clear(PyObject *op)
{
    buffer_managed_release((_PyManagedBufferObject *)op);
    return 0;
}

/* ---- loans: raw memory for the time of one call ---- */

PyObject *
memory_lend(char *mem, Py_ssize_t size, int flags)
{
    PyObject *view = PyMemoryView_FromMemory(mem, size, flags);

    if (view != NULL) {
        _PyManagedBufferObject *managed = ((PyMemoryViewObject *)view)->mbuf;
        managed->master.internal = NULL;
        managed->flags |= MANAGED_BUFFER_LENT;
    }
    return view;
}

int
memory_end_loan(PyObject *view)
{
    _PyManagedBufferObject *managed = ((PyMemoryViewObject *)view)->mbuf;

    /* Nothing has to be given back: the flag only ends the views' use. */
    managed->flags |= _Py_MANAGED_BUFFER_RELEASED;
    int kept = managed->master.internal != NULL;
    Py_DECREF(view);
    if (kept && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_BufferError,
                        "the buffer is still exported after the call that it "
                        "was lent to");
    }
    return kept ? -1 : 0;
}

PyTypeObject _PyManagedBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "managedbuffer",
    .tp_basicsize = sizeof(_PyManagedBufferObject),
    .tp_dealloc = managed_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = managed_traverse,
    .tp_clear = managed_clear,
};
