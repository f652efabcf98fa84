/* Bound methods, and instance methods (a C API leftover: any callable made to
 * bind like a function). */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"

PyObject *
PyMethod_Function(PyObject *op)
{
    if (!PyMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return ((PyMethodObject *)op)->im_func;
}

PyObject *
PyMethod_Self(PyObject *op)
{
    if (!PyMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return ((PyMethodObject *)op)->im_self;
}

/* Calls the function with self in front.  A caller that left a free word
 * before its arguments lends it for that. */
static PyObject *
method_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                  PyObject *kwnames)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *self = ((PyMethodObject *)op)->im_self;
    PyObject *function = ((PyMethodObject *)op)->im_func;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), total;
    PyObject *small[CALL_SMALL_STACK], **stack, *result;

    if (stack_guard_check(tstate, " while calling a Python object") < 0) {
        return NULL;
    }
    if (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) {
        PyObject **lent = (PyObject **)args - 1, *kept = lent[0];

        lent[0] = self;
        result = call_vectorcall(tstate, function, lent, nargs + 1, kwnames);
        lent[0] = kept;
        return result;
    }
    total = nargs + (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));
    if (total == 0) {
        return call_vectorcall(tstate, function, &self, 1, NULL);
    }
    stack = small;
    if (total + 1 > CALL_SMALL_STACK) {
        stack = PyMem_New(PyObject *, total + 1);
        if (stack == NULL) {
            return PyErr_NoMemory();
        }
    }
    stack[0] = self;
    memcpy(stack + 1, args, total * sizeof(PyObject *));
    result = call_vectorcall(tstate, function, stack, nargs + 1, kwnames);
    if (stack != small) {
        PyMem_Free(stack);
    }
    return result;
}

PyObject *
PyMethod_New(PyObject *function, PyObject *self)
{
    PyMethodObject *op;

    if (self == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    op = PyObject_GC_New(PyMethodObject, &PyMethod_Type);
    if (op == NULL) {
        return NULL;
    }
    op->im_weakreflist = NULL;
    op->im_func = Py_NewRef(function);
    op->im_self = Py_NewRef(self);
    op->vectorcall = method_vectorcall;
    gc_track(op);
    return (PyObject *)op;
}

static PyObject *
method_reduce(PyMethodObject *self, PyObject *ignored)
{
    PyObject *name = PyObject_GetAttr(self->im_func, NAME(__name__));

    if (name == NULL) {
        return NULL;
    }
    return Py_BuildValue("N(ON)", _PyEval_GetBuiltin(NAME(getattr)),
                         self->im_self, name);
}

static PyMethodDef method_methods[] = {
    {"__reduce__", (PyCFunction)method_reduce, METH_NOARGS,
     PyDoc_STR("__reduce__($self, /)\n--\n\nHow pickle finds the method.")},
    {NULL}
};

static PyMemberDef method_members[] = {
    {"__func__", T_OBJECT, offsetof(PyMethodObject, im_func), READONLY,
     PyDoc_STR("the function behind the method")},
    {"__self__", T_OBJECT, offsetof(PyMethodObject, im_self), READONLY,
     PyDoc_STR("the object the method is bound to")},
    {NULL}
};

static PyObject *
method_get_doc(PyMethodObject *self, void *closure)
{
    return PyObject_GetAttr(self->im_func, NAME(__doc__));
}

static PyGetSetDef method_getsets[] = {
    {"__doc__", (getter)method_get_doc},
    {NULL}
};

/* The method's own attributes, then the function's. */
static PyObject *
method_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *descr;

    if (type->tp_dict == NULL && PyType_Ready(type) < 0) {
        return NULL;
    }
    descr = _PyType_Lookup(type, name);
    if (descr != NULL) {
        descrgetfunc get = Py_TYPE(descr)->tp_descr_get;

        return get == NULL ? Py_NewRef(descr)
                           : get(descr, op, (PyObject *)type);
    }
    if (stack_guard_nested(" in an attribute of a method") < 0) {
        return NULL;
    }
    return PyObject_GetAttr(((PyMethodObject *)op)->im_func, name);
}

static PyObject *
method_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *function, *self;

    if (!_PyArg_NoKeywords("method", kwds) ||
        !PyArg_UnpackTuple(args, "method", 2, 2, &function, &self)) {
        return NULL;
    }
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "first argument must be callable");
        return NULL;
    }
    if (self == NULL || self == Py_None) {
        PyErr_SetString(PyExc_TypeError, "instance must not be None");
        return NULL;
    }
    return PyMethod_New(function, self);
}

static void
method_dealloc(PyMethodObject *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    gc_untrack(self);
    if (self->im_weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_DECREF(self->im_func);
    Py_XDECREF(self->im_self);
    PyObject_GC_Del(self);
}

static PyObject *
method_richcompare(PyObject *left, PyObject *right, int op)
{
    PyMethodObject *a = (PyMethodObject *)left, *b = (PyMethodObject *)right;
    int equal;

    if ((op != Py_EQ && op != Py_NE) || !PyMethod_Check(left) ||
        !PyMethod_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = PyObject_RichCompareBool(a->im_func, b->im_func, Py_EQ);
    if (equal < 0) {
        return NULL;
    }
    equal = equal && a->im_self == b->im_self;
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
method_repr(PyMethodObject *self)
{
    PyObject *name, *result;

    if (_PyObject_LookupAttr(self->im_func, NAME(__qualname__), &name) < 0 ||
        (name == NULL && _PyObject_LookupAttr(self->im_func, NAME(__name__),
                                              &name) < 0)) {
        return NULL;
    }
    if (name != NULL && !PyUnicode_Check(name)) {
        Py_CLEAR(name);
    }
    result = PyUnicode_FromFormat("<bound method %V of %R>", name, "?",
                                  self->im_self);
    Py_XDECREF(name);
    return result;
}

static Py_hash_t
method_hash(PyMethodObject *self)
{
    Py_hash_t hash = stack_guard_nested(" while hashing a method") < 0
                         ? -1 : PyObject_Hash(self->im_func);

    if (hash == -1) {
        return -1;
    }
    hash ^= _Py_HashPointer(self->im_self);
    return hash == -1 ? -2 : hash;
}

static int
method_traverse(PyMethodObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->im_func);
    Py_VISIT(self->im_self);
    return 0;
}

PyTypeObject PyMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "method",
    .tp_basicsize = sizeof(PyMethodObject),
    .tp_dealloc = (destructor)method_dealloc,
    .tp_vectorcall_offset = offsetof(PyMethodObject, vectorcall),
    .tp_repr = (reprfunc)method_repr,
    .tp_hash = (hashfunc)method_hash,
    .tp_call = PyVectorcall_Call,
    .tp_getattro = method_getattro,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = PyDoc_STR("method(function, instance, /)\n--\n\n"
                        "A function bound to its first argument."),
    .tp_traverse = (traverseproc)method_traverse,
    .tp_richcompare = method_richcompare,
    .tp_weaklistoffset = offsetof(PyMethodObject, im_weakreflist),
    .tp_methods = method_methods,
    .tp_members = method_members,
    .tp_getset = method_getsets,
    .tp_new = method_new,
};

void
method_free_list_clear(void)
{
}

/* ---- instancemethod ----------------------------------------------------- */

PyObject *
PyInstanceMethod_New(PyObject *function)
{
    PyInstanceMethodObject *op = PyObject_GC_New(PyInstanceMethodObject,
                                                 &PyInstanceMethod_Type);

    if (op != NULL) {
        op->func = Py_NewRef(function);
        gc_track(op);
    }
    return (PyObject *)op;
}

PyObject *
PyInstanceMethod_Function(PyObject *op)
{
    if (!PyInstanceMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyInstanceMethod_GET_FUNCTION(op);
}

static PyObject *
instancemethod_get_doc(PyObject *self, void *closure)
{
    return PyObject_GetAttr(PyInstanceMethod_GET_FUNCTION(self),
                            NAME(__doc__));
}

static PyObject *
instancemethod_getattro(PyObject *self, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *descr = _PyType_Lookup(type, name);

    if (descr != NULL) {
        descrgetfunc get = Py_TYPE(descr)->tp_descr_get;

        return get == NULL ? Py_NewRef(descr)
                           : get(descr, self, (PyObject *)type);
    }
    return PyObject_GetAttr(PyInstanceMethod_GET_FUNCTION(self), name);
}

static void
instancemethod_dealloc(PyObject *self)
{
    if (dealloc_must_wait(self)) {
        return;
    }
    gc_untrack(self);
    Py_DECREF(PyInstanceMethod_GET_FUNCTION(self));
    PyObject_GC_Del(self);
}

static int
instancemethod_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(PyInstanceMethod_GET_FUNCTION(self));
    return 0;
}

static PyObject *
instancemethod_call(PyObject *self, PyObject *args, PyObject *kwds)
{
    return PyObject_Call(PyInstanceMethod_GET_FUNCTION(self), args, kwds);
}

static PyObject *
instancemethod_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    PyObject *function = PyInstanceMethod_GET_FUNCTION(self);

    return obj == NULL ? Py_NewRef(function) : PyMethod_New(function, obj);
}

static PyObject *
instancemethod_richcompare(PyObject *left, PyObject *right, int op)
{
    int equal;

    if ((op != Py_EQ && op != Py_NE) || !PyInstanceMethod_Check(left) ||
        !PyInstanceMethod_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = PyObject_RichCompareBool(PyInstanceMethod_GET_FUNCTION(left),
                                     PyInstanceMethod_GET_FUNCTION(right),
                                     Py_EQ);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
instancemethod_repr(PyObject *self)
{
    PyObject *function = PyInstanceMethod_GET_FUNCTION(self), *name, *result;

    if (_PyObject_LookupAttr(function, NAME(__name__), &name) < 0) {
        return NULL;
    }
    if (name != NULL && !PyUnicode_Check(name)) {
        Py_CLEAR(name);
    }
    result =
        PyUnicode_FromFormat("<instancemethod %V at %p>", name, "?", self);
    Py_XDECREF(name);
    return result;
}

static PyObject *
instancemethod_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *function;

    if (!_PyArg_NoKeywords("instancemethod", kwds) ||
        !PyArg_UnpackTuple(args, "instancemethod", 1, 1, &function)) {
        return NULL;
    }
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "first argument must be callable");
        return NULL;
    }
    return PyInstanceMethod_New(function);
}

static PyMemberDef instancemethod_members[] = {
    {"__func__", T_OBJECT, offsetof(PyInstanceMethodObject, func), READONLY,
     PyDoc_STR("the function that binds")},
    {NULL}
};

static PyGetSetDef instancemethod_getsets[] = {
    {"__doc__", instancemethod_get_doc},
    {NULL}
};

PyTypeObject PyInstanceMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "instancemethod",
    .tp_basicsize = sizeof(PyInstanceMethodObject),
    .tp_dealloc = instancemethod_dealloc,
    .tp_repr = instancemethod_repr,
    .tp_call = instancemethod_call,
    .tp_getattro = instancemethod_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("instancemethod(function)\n\nMakes a callable bind "
                        "to instances."),
    .tp_traverse = instancemethod_traverse,
    .tp_richcompare = instancemethod_richcompare,
    .tp_members = instancemethod_members,
    .tp_getset = instancemethod_getsets,
    .tp_descr_get = instancemethod_descr_get,
    .tp_new = instancemethod_new,
};
