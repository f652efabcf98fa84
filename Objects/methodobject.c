/* Builtin functions: a PyMethodDef bound to a self (an object, a module, or
 * nothing).  PyCMethod adds the defining class.  One vectorcall function per
 * calling convention. */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"

/* ---- calls -------------------------------------------------------------- */

static int
function_refuse_keywords(PyObject *func, PyObject *kwnames)
{
    PyObject *name;

    if (kwnames == NULL || PyTuple_GET_SIZE(kwnames) == 0) {
        return 0;
    }
    name = _PyObject_FunctionStr(func);
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "%U takes no keyword arguments", name);
        Py_DECREF(name);
    }
    return -1;
}

static PyObject *
function_vectorcall_fastcall(PyObject *func, PyObject *const *args,
                             size_t nargsf, PyObject *kwnames)
{
    _PyCFunctionFast function =
        (_PyCFunctionFast)(void (*)(void))PyCFunction_GET_FUNCTION(func);
    PyObject *result;

    if (function_refuse_keywords(func, kwnames) < 0 ||
        Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    result = function(PyCFunction_GET_SELF(func), args,
                      PyVectorcall_NARGS(nargsf));
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
function_vectorcall_fastcall_keywords(PyObject *func, PyObject *const *args,
                                      size_t nargsf, PyObject *kwnames)
{
    _PyCFunctionFastWithKeywords function =
        (_PyCFunctionFastWithKeywords)(void (*)(void))
            PyCFunction_GET_FUNCTION(func);
    PyObject *result;

    if (Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    result = function(PyCFunction_GET_SELF(func), args,
                      PyVectorcall_NARGS(nargsf), kwnames);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
function_vectorcall_method(PyObject *func, PyObject *const *args,
                           size_t nargsf, PyObject *kwnames)
{
    PyTypeObject *cls = PyCFunction_GET_CLASS(func);
    PyCMethod method =
        (PyCMethod)(void (*)(void))PyCFunction_GET_FUNCTION(func);
    PyObject *result;

    if (Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    result = method(PyCFunction_GET_SELF(func), cls, args,
                    PyVectorcall_NARGS(nargsf), kwnames);
    Py_LeaveRecursiveCall();
    return result;
}

/* `wanted` is 0 or 1. */
static inline PyObject *
function_call_fixed(PyObject *func, PyObject *const *args, size_t nargsf,
                    PyObject *kwnames, Py_ssize_t wanted)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *result;

    if (function_refuse_keywords(func, kwnames) < 0) {
        return NULL;
    }
    if (nargs != wanted) {
        PyObject *name = _PyObject_FunctionStr(func);

        if (name != NULL) {
            PyErr_Format(PyExc_TypeError,
                         wanted == 0 ? "%U takes no arguments (%zd given)"
                                     : "%U takes exactly one argument "
                                       "(%zd given)", name, nargs);
            Py_DECREF(name);
        }
        return NULL;
    }
    if (Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    result = PyCFunction_GET_FUNCTION(func)(PyCFunction_GET_SELF(func),
                                            wanted == 0 ? NULL : args[0]);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
function_vectorcall_noargs(PyObject *func, PyObject *const *args,
                           size_t nargsf, PyObject *kwnames)
{
    return function_call_fixed(func, args, nargsf, kwnames, 0);
}

static PyObject *
function_vectorcall_o(PyObject *func, PyObject *const *args, size_t nargsf,
                      PyObject *kwnames)
{
    return function_call_fixed(func, args, nargsf, kwnames, 1);
}

/* tp_call: METH_VARARGS functions, which have no vectorcall. */
static PyObject *
function_call(PyObject *func, PyObject *args, PyObject *kwargs)
{
    int flags = PyCFunction_GET_FLAGS(func);
    PyObject *result;

    if (!(flags & METH_VARARGS)) {
        return PyVectorcall_Call(func, args, kwargs);
    }
    if (!(flags & METH_KEYWORDS) && kwargs != NULL &&
        PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_Format(PyExc_TypeError, "%.200s() takes no keyword arguments",
                     ((PyCFunctionObject *)func)->m_ml->ml_name);
        return NULL;
    }
    if (Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    if (flags & METH_KEYWORDS) {
        result = ((PyCFunctionWithKeywords)(void (*)(void))
                      PyCFunction_GET_FUNCTION(func))(
            PyCFunction_GET_SELF(func), args, kwargs);
    }
    else {
        result = PyCFunction_GET_FUNCTION(func)(PyCFunction_GET_SELF(func),
                                                args);
    }
    Py_LeaveRecursiveCall();
    return _Py_CheckFunctionResult(_PyThreadState_GET(), func, result, NULL);
}

/* ---- making ------------------------------------------------------------- */

/* 0/-1; *vectorcall is NULL for METH_VARARGS. */
static int
function_choose_vectorcall(int flags, vectorcallfunc *vectorcall)
{
    *vectorcall = NULL;
    switch (flags & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                     METH_KEYWORDS | METH_METHOD)) {
    case METH_VARARGS:
    case METH_VARARGS | METH_KEYWORDS:
        return 0;
    case METH_FASTCALL:
        *vectorcall = function_vectorcall_fastcall;
        return 0;
    case METH_FASTCALL | METH_KEYWORDS:
        *vectorcall = function_vectorcall_fastcall_keywords;
        return 0;
    case METH_NOARGS:
        *vectorcall = function_vectorcall_noargs;
        return 0;
    case METH_O:
        *vectorcall = function_vectorcall_o;
        return 0;
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        *vectorcall = function_vectorcall_method;
        return 0;
    default:
        return -1;
    }
}

PyObject *
PyCMethod_New(PyMethodDef *def, PyObject *self, PyObject *module,
              PyTypeObject *cls)
{
    PyCFunctionObject *op;
    vectorcallfunc vectorcall;

    if (function_choose_vectorcall(def->ml_flags, &vectorcall) < 0) {
        PyErr_Format(PyExc_SystemError, "%s() method: bad call flags",
                     def->ml_name);
        return NULL;
    }
    if (def->ml_flags & METH_METHOD) {
        PyCMethodObject *method;

        if (cls == NULL) {
            PyErr_SetString(PyExc_SystemError,
                            "attempting to create PyCMethod with a "
                            "METH_METHOD flag but no class");
            return NULL;
        }
        method = PyObject_GC_New(PyCMethodObject, &PyCMethod_Type);
        if (method == NULL) {
            return NULL;
        }
        method->mm_class = (PyTypeObject *)Py_NewRef((PyObject *)cls);
        op = (PyCFunctionObject *)method;
    }
    else {
        if (cls != NULL) {
            PyErr_SetString(PyExc_SystemError,
                            "attempting to create PyCFunction with class but "
                            "no METH_METHOD flag");
            return NULL;
        }
        op = PyObject_GC_New(PyCFunctionObject, &PyCFunction_Type);
        if (op == NULL) {
            return NULL;
        }
    }
    op->m_weakreflist = NULL;
    op->m_ml = def;
    op->m_self = Py_XNewRef(self);
    op->m_module = Py_XNewRef(module);
    op->vectorcall = vectorcall;
    gc_track(op);
    return (PyObject *)op;
}

#undef PyCFunction_New
PyAPI_FUNC(PyObject *) PyCFunction_New(PyMethodDef *, PyObject *);
PyObject *
PyCFunction_New(PyMethodDef *def, PyObject *self)
{
    return PyCMethod_New(def, self, NULL, NULL);
}

#undef PyCFunction_NewEx
PyObject *
PyCFunction_NewEx(PyMethodDef *def, PyObject *self, PyObject *module)
{
    return PyCMethod_New(def, self, module, NULL);
}

PyCFunction
PyCFunction_GetFunction(PyObject *op)
{
    if (!PyCFunction_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyCFunction_GET_FUNCTION(op);
}

PyObject *
PyCFunction_GetSelf(PyObject *op)
{
    if (!PyCFunction_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyCFunction_GET_SELF(op);
}

int
PyCFunction_GetFlags(PyObject *op)
{
    if (!PyCFunction_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return PyCFunction_GET_FLAGS(op);
}

/* ---- the types ---------------------------------------------------------- */

static void
function_dealloc(PyCFunctionObject *self)
{
    /* A METH_VARARGS function may be the last owner of a long chain. */
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, function_dealloc);
    if (self->m_weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_XDECREF(PyCFunction_GET_CLASS(self));
    Py_XDECREF(self->m_self);
    Py_XDECREF(self->m_module);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END;
}

static int
function_traverse(PyCFunctionObject *self, visitproc visit, void *arg)
{
    Py_VISIT(PyCFunction_GET_CLASS(self));
    Py_VISIT(self->m_self);
    Py_VISIT(self->m_module);
    return 0;
}

static PyObject *
function_repr(PyCFunctionObject *self)
{
    if (self->m_self == NULL || PyModule_Check(self->m_self)) {
        return PyUnicode_FromFormat("<built-in function %s>",
                                    self->m_ml->ml_name);
    }
    return PyUnicode_FromFormat("<built-in method %s of %s object at %p>",
                                self->m_ml->ml_name,
                                Py_TYPE(self->m_self)->tp_name, self->m_self);
}

static PyObject *
function_richcompare(PyObject *left, PyObject *right, int op)
{
    PyCFunctionObject *a = (PyCFunctionObject *)left;
    PyCFunctionObject *b = (PyCFunctionObject *)right;
    int equal;

    if ((op != Py_EQ && op != Py_NE) || !PyCFunction_Check(left) ||
        !PyCFunction_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = a->m_self == b->m_self && a->m_ml->ml_meth == b->m_ml->ml_meth;
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static Py_hash_t
function_hash(PyCFunctionObject *self)
{
    Py_hash_t hash = _Py_HashPointer(self->m_self) ^
                     _Py_HashPointer((void *)self->m_ml->ml_meth);

    return hash == -1 ? -2 : hash;
}

/* Methods are pickled as attributes of self, functions by name. */
static PyObject *
function_reduce(PyCFunctionObject *self, PyObject *ignored)
{
    if (self->m_self == NULL || PyModule_Check(self->m_self)) {
        return PyUnicode_FromString(self->m_ml->ml_name);
    }
    return Py_BuildValue("N(Os)", _PyEval_GetBuiltin(NAME(getattr)),
                         self->m_self, self->m_ml->ml_name);
}

static PyObject *
function_get_doc(PyCFunctionObject *self, void *closure)
{
    return _PyType_GetDocFromInternalDoc(self->m_ml->ml_name,
                                         self->m_ml->ml_doc);
}

static PyObject *
function_get_text_signature(PyCFunctionObject *self, void *closure)
{
    return _PyType_GetTextSignatureFromInternalDoc(self->m_ml->ml_name,
                                                   self->m_ml->ml_doc);
}

static PyObject *
function_get_name(PyCFunctionObject *self, void *closure)
{
    return PyUnicode_FromString(self->m_ml->ml_name);
}

static PyObject *
function_get_qualname(PyCFunctionObject *self, void *closure)
{
    PyObject *owner, *owner_qualname, *result;

    if (self->m_self == NULL || PyModule_Check(self->m_self)) {
        return PyUnicode_FromString(self->m_ml->ml_name);
    }
    owner = PyType_Check(self->m_self) ? self->m_self
                                       : (PyObject *)Py_TYPE(self->m_self);
    owner_qualname = PyObject_GetAttr(owner, NAME(__qualname__));
    if (owner_qualname == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(owner_qualname)) {
        PyErr_SetString(PyExc_TypeError,
                        "<method>.__class__.__qualname__ is not a unicode "
                        "object");
        Py_DECREF(owner_qualname);
        return NULL;
    }
    result = PyUnicode_FromFormat("%S.%s", owner_qualname,
                                  self->m_ml->ml_name);
    Py_DECREF(owner_qualname);
    return result;
}

static PyObject *
function_get_self(PyCFunctionObject *self, void *closure)
{
    PyObject *bound = PyCFunction_GET_SELF(self);

    return Py_NewRef(bound == NULL ? Py_None : bound);
}

static PyMethodDef function_methods[] = {
    {"__reduce__", (PyCFunction)function_reduce, METH_NOARGS, NULL},
    {NULL}
};

static PyGetSetDef function_getsets[] = {
    {"__doc__", (getter)function_get_doc},
    {"__name__", (getter)function_get_name},
    {"__qualname__", (getter)function_get_qualname},
    {"__self__", (getter)function_get_self},
    {"__text_signature__", (getter)function_get_text_signature},
    {NULL}
};

static PyMemberDef function_members[] = {
    {"__module__", T_OBJECT, offsetof(PyCFunctionObject, m_module), 0},
    {NULL}
};

PyTypeObject PyCFunction_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "builtin_function_or_method",
    .tp_basicsize = sizeof(PyCFunctionObject),
    .tp_dealloc = (destructor)function_dealloc,
    .tp_vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
    .tp_repr = (reprfunc)function_repr,
    .tp_hash = (hashfunc)function_hash,
    .tp_call = function_call,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_traverse = (traverseproc)function_traverse,
    .tp_richcompare = function_richcompare,
    .tp_weaklistoffset = offsetof(PyCFunctionObject, m_weakreflist),
    .tp_methods = function_methods,
    .tp_members = function_members,
    .tp_getset = function_getsets,
};

PyTypeObject PyCMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "builtin_method",
    .tp_basicsize = sizeof(PyCMethodObject),
    .tp_base = &PyCFunction_Type,
};
