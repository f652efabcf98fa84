/* types.MappingProxyType: a view of a mapping that cannot change it. */
#include "Python.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"

/* The mapping, which may be another proxy: borrowed, or NULL with an
 * exception. */
static PyObject *
mappingproxy_inner(mappingproxy_object *self)
{
    return stack_guard_nested(" in a proxy of a proxy") < 0 ? NULL
                                                            : self->mapping;
}

static Py_ssize_t
mappingproxy_len(mappingproxy_object *self)
{
    PyObject *mapping = mappingproxy_inner(self);

    return mapping == NULL ? -1 : PyObject_Size(mapping);
}

static PyObject *
mappingproxy_getitem(mappingproxy_object *self, PyObject *key)
{
    PyObject *mapping = mappingproxy_inner(self);

    return mapping == NULL ? NULL : PyObject_GetItem(mapping, key);
}

static int
mappingproxy_contains(mappingproxy_object *self, PyObject *key)
{
    PyObject *mapping = mappingproxy_inner(self);

    if (mapping != NULL && PyDict_CheckExact(mapping)) {
        return PyDict_Contains(mapping, key);
    }
    return mapping == NULL ? -1 : PySequence_Contains(mapping, key);
}

static PyObject *
mappingproxy_or(PyObject *left, PyObject *right)
{
    if (Py_IS_TYPE(left, &PyDictProxy_Type)) {
        left = mappingproxy_inner((mappingproxy_object *)left);
    }
    if (left != NULL && Py_IS_TYPE(right, &PyDictProxy_Type)) {
        right = mappingproxy_inner((mappingproxy_object *)right);
    }
    return left == NULL || right == NULL ? NULL : PyNumber_Or(left, right);
}

static PyObject *
mappingproxy_ior(PyObject *self, PyObject *other)
{
    return PyErr_Format(PyExc_TypeError,
                        "'|=' is not supported by %s; use '|' instead",
                        Py_TYPE(self)->tp_name);
}

static PyObject *
mappingproxy_get(mappingproxy_object *self, PyObject *const *args,
                 Py_ssize_t nargs)
{
    PyObject *stack[3] = {self->mapping, NULL, Py_None};

    if (!_PyArg_CheckPositional("get", nargs, 1, 2)) {
        return NULL;
    }
    stack[1] = args[0];
    if (nargs == 2) {
        stack[2] = args[1];
    }
    return PyObject_VectorcallMethod(NAME(get), stack,
                                     3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static PyObject *
mappingproxy_keys(mappingproxy_object *self, PyObject *ignored)
{
    return call_method_no_args(self->mapping, NAME(keys));
}

static PyObject *
mappingproxy_values(mappingproxy_object *self, PyObject *ignored)
{
    return call_method_no_args(self->mapping, NAME(values));
}

static PyObject *
mappingproxy_items(mappingproxy_object *self, PyObject *ignored)
{
    return call_method_no_args(self->mapping, NAME(items));
}

static PyObject *
mappingproxy_copy(mappingproxy_object *self, PyObject *ignored)
{
    return call_method_no_args(self->mapping, NAME(copy));
}

static PyObject *
mappingproxy_reversed(mappingproxy_object *self, PyObject *ignored)
{
    return call_method_no_args(self->mapping, NAME(__reversed__));
}

static void
mappingproxy_dealloc(mappingproxy_object *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    Py_DECREF(self->mapping);
    PyObject_GC_Del(self);
}

static int
mappingproxy_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((mappingproxy_object *)self)->mapping);
    return 0;
}

static PyObject *
mappingproxy_iter(mappingproxy_object *self)
{
    PyObject *mapping = mappingproxy_inner(self);

    return mapping == NULL ? NULL : PyObject_GetIter(mapping);
}

static PyObject *
mappingproxy_str(mappingproxy_object *self)
{
    return PyObject_Str(self->mapping);
}

static PyObject *
mappingproxy_repr(mappingproxy_object *self)
{
    return PyUnicode_FromFormat("mappingproxy(%R)", self->mapping);
}

static PyObject *
mappingproxy_richcompare(mappingproxy_object *self, PyObject *other, int op)
{
    return PyObject_RichCompare(self->mapping, other, op);
}

static int
mappingproxy_check_mapping(PyObject *mapping)
{
    if (PyMapping_Check(mapping) && !PyList_Check(mapping) &&
        !PyTuple_Check(mapping)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "mappingproxy() argument must be a mapping, not %s",
                 Py_TYPE(mapping)->tp_name);
    return -1;
}

PyObject *
PyDictProxy_New(PyObject *mapping)
{
    mappingproxy_object *self;

    if (mappingproxy_check_mapping(mapping) < 0) {
        return NULL;
    }
    self = PyObject_GC_New(mappingproxy_object, &PyDictProxy_Type);
    if (self != NULL) {
        self->mapping = Py_NewRef(mapping);
        gc_track(self);
    }
    return (PyObject *)self;
}

static PyObject *
mappingproxy_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"mapping", NULL};
    PyObject *mapping;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O:mappingproxy",
                                     (char **)keywords, &mapping)) {
        return NULL;
    }
    return PyDictProxy_New(mapping);
}

static PyNumberMethods mappingproxy_as_number = {
    .nb_or = mappingproxy_or,
    .nb_inplace_or = mappingproxy_ior,
};

static PyMappingMethods mappingproxy_as_mapping = {
    .mp_length = (lenfunc)mappingproxy_len,
    .mp_subscript = (binaryfunc)mappingproxy_getitem,
};

static PySequenceMethods mappingproxy_as_sequence = {
    .sq_contains = (objobjproc)mappingproxy_contains,
};

static PyMethodDef mappingproxy_methods[] = {
    {"get", (PyCFunction)(void (*)(void))mappingproxy_get, METH_FASTCALL,
     PyDoc_STR("get($self, key, default=None, /)\n--\n\n"
               "The value for key if it is there, else default.")},
    {"keys", (PyCFunction)mappingproxy_keys, METH_NOARGS,
     PyDoc_STR("a view of the mapping's keys")},
    {"values", (PyCFunction)mappingproxy_values, METH_NOARGS,
     PyDoc_STR("a view of the mapping's values")},
    {"items", (PyCFunction)mappingproxy_items, METH_NOARGS,
     PyDoc_STR("a view of the mapping's (key, value) pairs")},
    {"copy", (PyCFunction)mappingproxy_copy, METH_NOARGS,
     PyDoc_STR("a shallow copy of the mapping")},
    CLASS_GETITEM_METHOD,
    {"__reversed__", (PyCFunction)mappingproxy_reversed, METH_NOARGS,
     PyDoc_STR("an iterator over the keys, last first")},
    {NULL}
};

PyTypeObject PyDictProxy_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "mappingproxy",
    .tp_basicsize = sizeof(mappingproxy_object),
    .tp_dealloc = (destructor)mappingproxy_dealloc,
    .tp_repr = (reprfunc)mappingproxy_repr,
    .tp_as_number = &mappingproxy_as_number,
    .tp_as_sequence = &mappingproxy_as_sequence,
    .tp_as_mapping = &mappingproxy_as_mapping,
    .tp_str = (reprfunc)mappingproxy_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
    .tp_traverse = mappingproxy_traverse,
    .tp_richcompare = (richcmpfunc)mappingproxy_richcompare,
    .tp_iter = (getiterfunc)mappingproxy_iter,
    .tp_methods = mappingproxy_methods,
    .tp_new = mappingproxy_new,
};
