/* The type `object`.  Its pickling methods are in reduce.c. */
#include "Python.h"

#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* ---- new, init ---------------------------------------------------------- */

static int
object_has_arguments(PyObject *args, PyObject *kwds)
{
    return PyTuple_GET_SIZE(args) != 0 ||
           (kwds != NULL && PyDict_Check(kwds) && PyDict_GET_SIZE(kwds) != 0);
}

/* Arguments are an error unless the other of the two methods is overridden
 * and this one is not: then they are meant for that one. */
static int
object_check_no_arguments_new(PyTypeObject *type, PyObject *args,
                              PyObject *kwds)
{
    if (!object_has_arguments(args, kwds)) {
        return 0;
    }
    if (type->tp_new != object_new) {
        PyErr_SetString(PyExc_TypeError,
                        "object.__new__() takes exactly one argument "
                        "(the type to instantiate)");
        return -1;
    }
    if (type->tp_init == object_init_method) {
        PyErr_Format(PyExc_TypeError, "%.200s() takes no arguments",
                     type->tp_name);
        return -1;
    }
    return 0;
}

int
object_init_method(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyTypeObject *type = Py_TYPE(self);

    if (!object_has_arguments(args, kwds)) {
        return 0;
    }
    if (type->tp_init != object_init_method) {
        PyErr_SetString(PyExc_TypeError,
                        "object.__init__() takes exactly one argument "
                        "(the instance to initialize)");
        return -1;
    }
    if (type->tp_new == object_new) {
        PyErr_Format(PyExc_TypeError,
                     "%.200s.__init__() takes exactly one argument "
                     "(the instance to initialize)", type->tp_name);
        return -1;
    }
    return 0;
}

static void
object_raise_abstract(PyTypeObject *type)
{
    PyObject *methods, *sorted = NULL, *separator = NULL, *joined = NULL;
    Py_ssize_t n;

    methods = PyObject_GetAttr((PyObject *)type, NAME(__abstractmethods__));
    if (methods == NULL) {
        return;
    }
    sorted = PySequence_List(methods);
    Py_DECREF(methods);
    if (sorted == NULL || PyList_Sort(sorted) < 0) {
        goto done;
    }
    n = PyList_GET_SIZE(sorted);
    separator = PyUnicode_FromString(", ");
    if (separator == NULL ||
        (joined = PyUnicode_Join(separator, sorted)) == NULL) {
        goto done;
    }
    PyErr_Format(PyExc_TypeError,
                 "Can't instantiate abstract class %s "
                 "with abstract method%s %U", type->tp_name,
                 n > 1 ? "s" : "", joined);
done:
    Py_XDECREF(joined);
    Py_XDECREF(separator);
    Py_XDECREF(sorted);
}

PyObject *
object_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (object_check_no_arguments_new(type, args, kwds) < 0) {
        return NULL;
    }
    if (type_has_feature(type, Py_TPFLAGS_IS_ABSTRACT)) {
        object_raise_abstract(type);
        return NULL;
    }
    return type->tp_alloc(type, 0);
}

static void
object_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

/* ---- text, comparison --------------------------------------------------- */

PyObject *
object_repr(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *module = type_get_module(type), *name, *result;

    if (module == NULL) {
        PyErr_Clear();              /* __module__ was deleted */
    }
    else if (!PyUnicode_Check(module)) {
        Py_CLEAR(module);
    }
    name = type_get_qualname(type);
    if (name == NULL) {
        Py_XDECREF(module);
        return NULL;
    }
    if (module != NULL && !_PyUnicode_Equal(module, NAME(builtins))) {
        result = PyUnicode_FromFormat("<%U.%U object at %p>", module, name,
                                      self);
    }
    else {
        result =
            PyUnicode_FromFormat("<%s object at %p>", type->tp_name, self);
    }
    Py_XDECREF(module);
    Py_DECREF(name);
    return result;
}

static PyObject *
object_str(PyObject *self)
{
    reprfunc repr = Py_TYPE(self)->tp_repr;

    return repr == NULL ? object_repr(self) : repr(self);
}

/* Identity for ==; != is what == is not. */
static PyObject *
object_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *result;
    int truth;

    switch (op) {
    case Py_EQ:
        return Py_NewRef(self == other ? Py_True : Py_NotImplemented);
    case Py_NE:
        if (Py_TYPE(self)->tp_richcompare == NULL) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        result = Py_TYPE(self)->tp_richcompare(self, other, Py_EQ);
        if (result == NULL || result == Py_NotImplemented) {
            return result;
        }
        truth = PyObject_IsTrue(result);
        Py_DECREF(result);
        return truth < 0 ? NULL : PyBool_FromLong(!truth);
    default:
        Py_RETURN_NOTIMPLEMENTED;
    }
}

/* ---- methods ------------------------------------------------------------ */

static PyObject *
object_subclasshook(PyObject *cls, PyObject *args)
{
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
object_init_subclass(PyObject *cls, PyObject *ignored)
{
    Py_RETURN_NONE;
}

static PyObject *
object_format(PyObject *self, PyObject *spec)
{
    PyObject *text, *result;

    if (!PyUnicode_Check(spec)) {
        _PyArg_BadArgument("__format__", "argument", "str", spec);
        return NULL;
    }
    if (PyUnicode_GetLength(spec) > 0) {
        PyErr_Format(PyExc_TypeError,
                     "unsupported format string passed to %.200s.__format__",
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    text = PyObject_Str(self);
    if (text == NULL) {
        return NULL;
    }
    result = PyObject_Format(text, spec);
    Py_DECREF(text);
    return result;
}

static PyObject *
object_sizeof(PyObject *self, PyObject *ignored)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t size = 0;

    if (type->tp_itemsize > 0) {
        size = Py_ABS(Py_SIZE(self)) * type->tp_itemsize;
    }
    return PyLong_FromSsize_t(size + type->tp_basicsize);
}

/* Attributes of the instance, its class, and the bases. */
static PyObject *
object_dir(PyObject *self, PyObject *ignored)
{
    PyObject *own = NULL, *merged = NULL, *cls = NULL, *result = NULL;

    if (_PyObject_LookupAttr(self, NAME(__dict__), &own) < 0) {
        return NULL;
    }
    merged =
        own != NULL && PyDict_Check(own) ? PyDict_Copy(own) : PyDict_New();
    if (merged == NULL ||
        _PyObject_LookupAttr(self, NAME(__class__), &cls) < 0) {
        goto done;
    }
    if (cls != NULL && type_merge_dir(merged, cls) < 0) {
        goto done;
    }
    result = PyDict_Keys(merged);
done:
    Py_XDECREF(cls);
    Py_XDECREF(merged);
    Py_XDECREF(own);
    return result;
}

PyMethodDef object_methods[] = {
    {"__reduce_ex__", object_reduce_ex, METH_O,
     PyDoc_STR("__reduce_ex__($self, protocol, /)\n--\n\n"
               "What pickle and copy need to rebuild the object.")},
    {"__reduce__", object_reduce, METH_NOARGS,
     PyDoc_STR("__reduce__($self, /)\n--\n\n"
               "What pickle needs to rebuild the object.")},
    {"__getstate__", object_getstate, METH_NOARGS,
     PyDoc_STR("__getstate__($self, /)\n--\n\n"
               "The instance's attributes, for pickle and copy.")},
    {"__subclasshook__", object_subclasshook, METH_CLASS | METH_VARARGS,
     PyDoc_STR("Lets abstract classes decide about issubclass().\n\n"
               "NotImplemented: the usual rules decide.")},
    {"__init_subclass__", object_init_subclass, METH_CLASS | METH_NOARGS,
     PyDoc_STR(
         "Called for each new subclass; does nothing by default.\n\n"
         "Classes override it to take part in their subclasses' making.")},
    {"__format__", object_format, METH_O,
     PyDoc_STR("__format__($self, format_spec, /)\n--\n\n"
               "str(self), for an empty format.")},
    {"__sizeof__", object_sizeof, METH_NOARGS,
     PyDoc_STR("__sizeof__($self, /)\n--\n\nMemory of the object, in bytes.")},
    {"__dir__", object_dir, METH_NOARGS,
     PyDoc_STR("__dir__($self, /)\n--\n\nNames of the attributes.")},
    {NULL}};

static PyGetSetDef object_getsets[] = {
    {"__class__", object_get_class, object_set_class,
     PyDoc_STR("the object's class")},
    {NULL}
};

PyTypeObject PyBaseObject_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "object",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = object_dealloc,
    .tp_repr = object_repr,
    .tp_hash = (hashfunc)_Py_HashPointer,
    .tp_str = object_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("object()\n--\n\n"
                        "Root of all classes; instances have no attributes."),
    .tp_richcompare = object_richcompare,
    .tp_methods = object_methods,
    .tp_getset = object_getsets,
    .tp_init = object_init_method,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = object_new,
    .tp_free = PyObject_Free,
};
