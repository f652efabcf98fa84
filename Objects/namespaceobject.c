/* types.SimpleNamespace. */
#include "Python.h"
#include "structmember.h"

#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"

typedef struct {
    PyObject_HEAD
    PyObject *ns_dict;
} namespace_object;

PyAPI_DATA(PyTypeObject) _PyNamespace_Type;
PyAPI_FUNC(PyObject *) _PyNamespace_New(PyObject *kwds);

static PyObject *
namespace_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *self = type->tp_alloc(type, 0);

    if (self != NULL) {
        ((namespace_object *)self)->ns_dict = PyDict_New();
        if (((namespace_object *)self)->ns_dict == NULL) {
            Py_CLEAR(self);
        }
    }
    return self;
}

static int
namespace_init(namespace_object *self, PyObject *args, PyObject *kwds)
{
    if (PyTuple_GET_SIZE(args) != 0) {
        PyErr_Format(PyExc_TypeError, "no positional arguments expected");
        return -1;
    }
    if (kwds == NULL) {
        return 0;
    }
    if (!PyArg_ValidateKeywordArguments(kwds)) {
        return -1;
    }
    return PyDict_Update(self->ns_dict, kwds);
}

static void
namespace_dealloc(namespace_object *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->ns_dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* ["name=value", ...] of the attributes with string names. */
static PyObject *
namespace_repr_parts(PyObject *dict)
{
    PyObject *keys = PyDict_Keys(dict), *parts = PyList_New(0);

    if (keys == NULL || parts == NULL) {
        goto failed;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++) {
        PyObject *key = PyList_GET_ITEM(keys, i), *value, *part;
        int status;

        if (!PyUnicode_Check(key) || PyUnicode_GET_LENGTH(key) == 0) {
            continue;
        }
        value = PyDict_GetItemWithError(dict, key);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                goto failed;
            }
            continue;
        }
        Py_INCREF(value);
        part = PyUnicode_FromFormat("%U=%R", key, value);
        Py_DECREF(value);
        if (part == NULL) {
            goto failed;
        }
        status = PyList_Append(parts, part);
        Py_DECREF(part);
        if (status < 0) {
            goto failed;
        }
    }
    Py_DECREF(keys);
    return parts;
failed:
    Py_XDECREF(keys);
    Py_XDECREF(parts);
    return NULL;
}

static PyObject *
namespace_repr(PyObject *op)
{
    const char *name = Py_IS_TYPE(op, &_PyNamespace_Type)
                           ? "namespace" : Py_TYPE(op)->tp_name;
    PyObject *parts, *separator, *joined = NULL, *result = NULL;
    int status = Py_ReprEnter(op);

    if (status != 0) {
        return status > 0 ? PyUnicode_FromFormat("%s(...)", name) : NULL;
    }
    parts = namespace_repr_parts(((namespace_object *)op)->ns_dict);
    if (parts != NULL) {
        separator = PyUnicode_FromString(", ");
        if (separator != NULL) {
            joined = PyUnicode_Join(separator, parts);
            Py_DECREF(separator);
        }
        Py_DECREF(parts);
    }
    if (joined != NULL) {
        result = PyUnicode_FromFormat("%s(%S)", name, joined);
        Py_DECREF(joined);
    }
    Py_ReprLeave(op);
    return result;
}

static int
namespace_traverse(namespace_object *self, visitproc visit, void *arg)
{
    Py_VISIT(self->ns_dict);
    return 0;
}

static int
namespace_clear(namespace_object *self)
{
    Py_CLEAR(self->ns_dict);
    return 0;
}

static PyObject *
namespace_richcompare(PyObject *left, PyObject *right, int op)
{
    if (!PyObject_TypeCheck(left, &_PyNamespace_Type) ||
        !PyObject_TypeCheck(right, &_PyNamespace_Type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return PyObject_RichCompare(((namespace_object *)left)->ns_dict,
                                ((namespace_object *)right)->ns_dict, op);
}

static PyObject *
namespace_reduce(namespace_object *self, PyObject *ignored)
{
    PyObject *args = PyTuple_New(0), *result;

    if (args == NULL) {
        return NULL;
    }
    result = PyTuple_Pack(3, (PyObject *)Py_TYPE(self), args, self->ns_dict);
    Py_DECREF(args);
    return result;
}

static PyMemberDef namespace_members[] = {
    {"__dict__", T_OBJECT, offsetof(namespace_object, ns_dict), READONLY},
    {NULL}
};

static PyMethodDef namespace_methods[] = {
    {"__reduce__", (PyCFunction)namespace_reduce, METH_NOARGS,
     PyDoc_STR("How pickle rebuilds the namespace.")},
    {NULL}
};

PyTypeObject _PyNamespace_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.SimpleNamespace",
    .tp_basicsize = sizeof(namespace_object),
    .tp_dealloc = (destructor)namespace_dealloc,
    .tp_repr = namespace_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("An object with the given attributes.\n\n"
                        "SimpleNamespace(**kwargs)"),
    .tp_traverse = (traverseproc)namespace_traverse,
    .tp_clear = (inquiry)namespace_clear,
    .tp_richcompare = namespace_richcompare,
    .tp_methods = namespace_methods,
    .tp_members = namespace_members,
    .tp_dictoffset = offsetof(namespace_object, ns_dict),
    .tp_init = (initproc)namespace_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = namespace_new,
    .tp_free = PyObject_GC_Del,
};

PyObject *
_PyNamespace_New(PyObject *kwds)
{
    PyObject *self = namespace_new(&_PyNamespace_Type, NULL, NULL);

    if (self != NULL && kwds != NULL &&
        PyDict_Update(((namespace_object *)self)->ns_dict, kwds) < 0) {
        Py_CLEAR(self);
    }
    return self;
}
