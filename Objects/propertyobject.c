/* property. */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"

/* type(self)(get, set, del, doc), keeping what is NULL from self; the
 * docstring comes from the new getter if the old one's did. */
static PyObject *
property_copy_with(PyObject *op, PyObject *get, PyObject *set, PyObject *del)
{
    property_object *self = (property_object *)op;
    PyObject *doc, *copy;

    if (get == NULL || get == Py_None) {
        get = self->prop_get == NULL ? Py_None : self->prop_get;
    }
    if (set == NULL || set == Py_None) {
        set = self->prop_set == NULL ? Py_None : self->prop_set;
    }
    if (del == NULL || del == Py_None) {
        del = self->prop_del == NULL ? Py_None : self->prop_del;
    }
    if (self->getter_doc && get != Py_None) {
        doc = Py_None;
    }
    else {
        doc = self->prop_doc == NULL ? Py_None : self->prop_doc;
    }
    copy = PyObject_CallFunctionObjArgs((PyObject *)Py_TYPE(self), get, set,
                                        del, doc, NULL);
    if (copy != NULL && PyObject_TypeCheck(copy, &PyProperty_Type)) {
        Py_XINCREF(self->prop_name);
        Py_XSETREF(((property_object *)copy)->prop_name, self->prop_name);
    }
    return copy;
}

static PyObject *
property_getter(PyObject *self, PyObject *getter)
{
    return property_copy_with(self, getter, NULL, NULL);
}

static PyObject *
property_setter(PyObject *self, PyObject *setter)
{
    return property_copy_with(self, NULL, setter, NULL);
}

static PyObject *
property_deleter(PyObject *self, PyObject *deleter)
{
    return property_copy_with(self, NULL, NULL, deleter);
}

static PyObject *
property_set_name(PyObject *op, PyObject *args)
{
    property_object *self = (property_object *)op;

    if (PyTuple_GET_SIZE(args) != 2) {
        PyErr_Format(PyExc_TypeError,
                     "__set_name__() takes 2 positional arguments but %zd "
                     "were given", PyTuple_GET_SIZE(args));
        return NULL;
    }
    Py_XSETREF(self->prop_name, Py_NewRef(PyTuple_GET_ITEM(args, 1)));
    Py_RETURN_NONE;
}

static void
property_dealloc(PyObject *op)
{
    property_object *self = (property_object *)op;

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->prop_get);
    Py_XDECREF(self->prop_set);
    Py_XDECREF(self->prop_del);
    Py_XDECREF(self->prop_doc);
    Py_XDECREF(self->prop_name);
    Py_TYPE(self)->tp_free(op);
}

/* "property 'x' of 'C' object has no getter" */
static void
property_raise_missing(property_object *self, PyObject *obj, const char *what)
{
    PyObject *qualname = obj == NULL ? NULL : PyType_GetQualName(Py_TYPE(obj));

    if (obj != NULL && qualname == NULL) {
        return;
    }
    if (self->prop_name != NULL && qualname != NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "property %R of %R object has no %s", self->prop_name,
                     qualname, what);
    }
    else if (qualname != NULL) {
        PyErr_Format(PyExc_AttributeError, "property of %R object has no %s",
                     qualname, what);
    }
    else {
        PyErr_Format(PyExc_AttributeError, "property has no %s", what);
    }
    Py_XDECREF(qualname);
}

static PyObject *
property_descr_get(PyObject *op, PyObject *obj, PyObject *type)
{
    property_object *self = (property_object *)op;
    PyObject *get, *result;

    if (obj == NULL || obj == Py_None) {
        return Py_NewRef(op);
    }
    if (self->prop_get == NULL) {
        property_raise_missing(self, obj, "getter");
        return NULL;
    }
    /* __init__() during the call replaces it. */
    get = Py_NewRef(self->prop_get);
    result = call_one_arg(get, obj);
    Py_DECREF(get);
    return result;
}

static int
property_descr_set(PyObject *op, PyObject *obj, PyObject *value)
{
    property_object *self = (property_object *)op;
    PyObject *function = value == NULL ? self->prop_del : self->prop_set;
    PyObject *answer;

    if (function == NULL) {
        property_raise_missing(self, obj,
                               value == NULL ? "deleter" : "setter");
        return -1;
    }
    Py_INCREF(function);
    answer = value == NULL ? call_one_arg(function, obj)
                           : call_two_args(function, obj, value);
    Py_DECREF(function);
    if (answer == NULL) {
        return -1;
    }
    Py_DECREF(answer);
    return 0;
}

/* The docstring of the getter `get`, if none is given.  A subclass has no
 * place for it but its dict. */
static int
property_take_doc(property_object *self, PyObject *get)
{
    PyObject *doc;
    int found = _PyObject_LookupAttr(get, NAME(__doc__), &doc);

    if (found <= 0) {
        return found;
    }
    if (Py_IS_TYPE(self, &PyProperty_Type)) {
        Py_XSETREF(self->prop_doc, doc);
    }
    else {
        int status = PyObject_SetAttr((PyObject *)self, NAME(__doc__), doc);

        Py_DECREF(doc);
        if (status < 0) {
            return -1;
        }
    }
    self->getter_doc = 1;
    return 0;
}

static int
property_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"fget", "fset", "fdel", "doc",
                                           NULL};
    property_object *self = (property_object *)op;
    PyObject *get = NULL, *set = NULL, *del = NULL, *doc = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|OOOO:property",
                                     (char **)keywords, &get, &set, &del,
                                     &doc)) {
        return -1;
    }
    get = get == Py_None ? NULL : get;
    set = set == Py_None ? NULL : set;
    del = del == Py_None ? NULL : del;
    Py_XSETREF(self->prop_get, Py_XNewRef(get));
    Py_XSETREF(self->prop_set, Py_XNewRef(set));
    Py_XSETREF(self->prop_del, Py_XNewRef(del));
    Py_XSETREF(self->prop_doc, Py_XNewRef(doc));
    Py_CLEAR(self->prop_name);
    self->getter_doc = 0;
    if ((doc == NULL || doc == Py_None) && get != NULL) {
        return property_take_doc(self, get);
    }
    return 0;
}

static PyObject *
property_get_isabstract(property_object *self, void *closure)
{
    PyObject **const parts[] = {&self->prop_get, &self->prop_set,
                                &self->prop_del};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        int abstract = _PyObject_IsAbstract(*parts[i]);

        if (abstract != 0) {
            return abstract < 0 ? NULL : Py_NewRef(Py_True);
        }
    }
    Py_RETURN_FALSE;
}

static int
property_traverse(PyObject *op, visitproc visit, void *arg)
{
    property_object *self = (property_object *)op;

    Py_VISIT(self->prop_get);
    Py_VISIT(self->prop_set);
    Py_VISIT(self->prop_del);
    Py_VISIT(self->prop_doc);
    Py_VISIT(self->prop_name);
    return 0;
}

static int
property_clear(PyObject *op)
{
    Py_CLEAR(((property_object *)op)->prop_doc);
    return 0;
}

static PyMethodDef property_methods[] = {
    {"getter", property_getter, METH_O,
     PyDoc_STR("Copy of the property with another getter.")},
    {"setter", property_setter, METH_O,
     PyDoc_STR("Copy of the property with another setter.")},
    {"deleter", property_deleter, METH_O,
     PyDoc_STR("Copy of the property with another deleter.")},
    {"__set_name__", property_set_name, METH_VARARGS,
     PyDoc_STR("Tells the property its name.")},
    {NULL}
};

static PyMemberDef property_members[] = {
    {"fget", T_OBJECT, offsetof(property_object, prop_get), READONLY},
    {"fset", T_OBJECT, offsetof(property_object, prop_set), READONLY},
    {"fdel", T_OBJECT, offsetof(property_object, prop_del), READONLY},
    {"__doc__", T_OBJECT, offsetof(property_object, prop_doc), 0},
    {NULL}
};

static PyGetSetDef property_getsets[] = {
    {"__isabstractmethod__", (getter)property_get_isabstract},
    {NULL}
};

PyTypeObject PyProperty_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "property",
    .tp_basicsize = sizeof(property_object),
    .tp_dealloc = property_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("property(fget=None, fset=None, fdel=None, doc=None)\n"
                        "--\n\nAttribute that functions get, set and delete."),
    .tp_traverse = property_traverse,
    .tp_clear = property_clear,
    .tp_methods = property_methods,
    .tp_members = property_members,
    .tp_getset = property_getsets,
    .tp_descr_get = property_descr_get,
    .tp_descr_set = property_descr_set,
    .tp_init = property_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
};
