/* BufferedRWPair: a reader and a writer side by side, for two raw streams that
 * belong together, such as the ends of a pair of pipes.
 */
#include "Python.h"

#include "iomodule.h"
#include "names.h"

#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *reader;                        /* BufferedReader, or NULL */
    PyObject *writer;                        /* BufferedWriter, or NULL */
    PyObject *dict;
    PyObject *weakreflist;
} RWPairObject;

static int
rwpair_init(RWPairObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *reader, *writer, *answer;
    Py_ssize_t buffer_size = IO_DEFAULT_BUFFER_SIZE;

    if (!_PyArg_NoKeywords("BufferedRWPair", kwds) ||
        !_PyArg_CheckPositional("BufferedRWPair", PyTuple_GET_SIZE(args), 2,
                                3) ||
        !PyArg_ParseTuple(args, "OO|n:BufferedRWPair", &reader, &writer,
                          &buffer_size)) {
        return -1;
    }
    answer = io_check_readable(reader, NULL);
    if (answer == NULL) {
        return -1;
    }
    Py_DECREF(answer);
    answer = io_check_writable(writer, NULL);
    if (answer == NULL) {
        return -1;
    }
    Py_DECREF(answer);
    answer = PyObject_CallFunction((PyObject *)&PyBufferedReader_Type, "On",
                                   reader, buffer_size);
    if (answer == NULL) {
        return -1;
    }
    Py_XSETREF(self->reader, answer);
    answer = PyObject_CallFunction((PyObject *)&PyBufferedWriter_Type, "On",
                                   writer, buffer_size);
    if (answer == NULL) {
        Py_CLEAR(self->reader);
        return -1;
    }
    Py_XSETREF(self->writer, answer);
    return 0;
}

static int
rwpair_traverse(RWPairObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    Py_VISIT(self->reader);
    Py_VISIT(self->writer);
    return 0;
}

static int
rwpair_clear(RWPairObject *self)
{
    Py_CLEAR(self->reader);
    Py_CLEAR(self->writer);
    Py_CLEAR(self->dict);
    return 0;
}

static void
rwpair_dealloc(RWPairObject *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_CLEAR(self->reader);
    Py_CLEAR(self->writer);
    Py_CLEAR(self->dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* stream.<name>(*args) of one of the two. */
static PyObject *
pair_forward(PyObject *stream, PyObject *name, PyObject *args)
{
    PyObject *method, *result;

    if (stream == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "I/O operation on uninitialized object");
        return NULL;
    }
    method = PyObject_GetAttr(stream, name);
    if (method == NULL) {
        return NULL;
    }
    result = PyObject_CallObject(method, args);
    Py_DECREF(method);
    return result;
}

static PyObject *
rwpair_read(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->reader, NAME(read), args);
}

static PyObject *
rwpair_peek(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->reader, NAME(peek), args);
}

static PyObject *
rwpair_read1(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->reader, NAME(read1), args);
}

static PyObject *
rwpair_readinto(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->reader, NAME(readinto), args);
}

static PyObject *
rwpair_readinto1(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->reader, NAME(readinto1), args);
}

static PyObject *
rwpair_write(RWPairObject *self, PyObject *args)
{
    return pair_forward(self->writer, NAME(write), args);
}

static PyObject *
rwpair_flush(RWPairObject *self, PyObject *Py_UNUSED(ignored))
{
    return pair_forward(self->writer, NAME(flush), NULL);
}

static PyObject *
rwpair_readable(RWPairObject *self, PyObject *Py_UNUSED(ignored))
{
    return pair_forward(self->reader, NAME(readable), NULL);
}

static PyObject *
rwpair_writable(RWPairObject *self, PyObject *Py_UNUSED(ignored))
{
    return pair_forward(self->writer, NAME(writable), NULL);
}

/* Closes both, whatever happens; the reader's exception comes on top. */
static PyObject *
rwpair_close(RWPairObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *type = NULL, *value = NULL, *traceback = NULL, *result;

    result = pair_forward(self->writer, NAME(close), NULL);
    if (result == NULL) {
        PyErr_Fetch(&type, &value, &traceback);
    }
    else {
        Py_DECREF(result);
    }
    result = pair_forward(self->reader, NAME(close), NULL);
    if (type != NULL) {
        Py_CLEAR(result);
        io_chain_exceptions(type, value, traceback);
    }
    return result;
}

static PyObject *
rwpair_isatty(RWPairObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *answer = pair_forward(self->writer, NAME(isatty), NULL);

    if (answer != Py_False) {
        return answer;                            /* true, or an exception */
    }
    Py_DECREF(answer);
    return pair_forward(self->reader, NAME(isatty), NULL);
}

static PyObject *
rwpair_get_closed(RWPairObject *self, void *closure)
{
    if (self->writer == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the BufferedRWPair object is being "
                        "garbage-collected");
        return NULL;
    }
    return PyObject_GetAttr(self->writer, NAME(closed));
}

static PyMethodDef rwpair_methods[] = {
    {"read", (PyCFunction)rwpair_read, METH_VARARGS, NULL},
    {"peek", (PyCFunction)rwpair_peek, METH_VARARGS, NULL},
    {"read1", (PyCFunction)rwpair_read1, METH_VARARGS, NULL},
    {"readinto", (PyCFunction)rwpair_readinto, METH_VARARGS, NULL},
    {"readinto1", (PyCFunction)rwpair_readinto1, METH_VARARGS, NULL},
    {"write", (PyCFunction)rwpair_write, METH_VARARGS, NULL},
    {"flush", (PyCFunction)rwpair_flush, METH_NOARGS, NULL},
    {"readable", (PyCFunction)rwpair_readable, METH_NOARGS, NULL},
    {"writable", (PyCFunction)rwpair_writable, METH_NOARGS, NULL},
    {"close", (PyCFunction)rwpair_close, METH_NOARGS, NULL},
    {"isatty", (PyCFunction)rwpair_isatty, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef rwpair_getset[] = {
    {"closed", (getter)rwpair_get_closed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyBufferedRWPair_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.BufferedRWPair",
    .tp_basicsize = sizeof(RWPairObject),
    .tp_dealloc = (destructor)rwpair_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "BufferedRWPair(reader, writer, "
              "buffer_size=DEFAULT_BUFFER_SIZE, /)\n--\n\nA buffered reader "
              "and a buffered writer together.",
    .tp_traverse = (traverseproc)rwpair_traverse,
    .tp_clear = (inquiry)rwpair_clear,
    .tp_weaklistoffset = offsetof(RWPairObject, weakreflist),
    .tp_methods = rwpair_methods,
    .tp_getset = rwpair_getset,
    .tp_base = &PyBufferedIOBase_Type,
    .tp_dictoffset = offsetof(RWPairObject, dict),
    .tp_init = (initproc)rwpair_init,
    .tp_new = PyType_GenericNew,
};
