/* Descriptors that PyType_Ready puts into classes of C types: methods, class
 * methods, members, getset pairs, slot wrappers; and the method-wrapper that a
 * slot wrapper binds to.  Properties are in propertyobject.c, mapping proxies
 * in mappingproxy.c. */
#include "Python.h"
#include "structmember.h"

#include "internal/audit.h"
#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/tuple.h"
#include "internal/type.h"

static void
descr_dealloc(PyDescrObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->d_type);
    Py_XDECREF(self->d_name);
    Py_XDECREF(self->d_qualname);
    PyObject_GC_Del(self);
}

static int
descr_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((PyDescrObject *)self)->d_type);
    return 0;
}

static PyObject *
descr_name(PyDescrObject *self)
{
    if (self->d_name != NULL && PyUnicode_Check(self->d_name)) {
        return self->d_name;
    }
    return NULL;
}

static PyObject *
descr_repr_as(PyDescrObject *self, const char *format)
{
    return PyUnicode_FromFormat(format, descr_name(self), "?",
                                self->d_type->tp_name);
}

static PyObject *
method_repr(PyDescrObject *self)
{
    return descr_repr_as(self, "<method '%V' of '%s' objects>");
}

static PyObject *
member_repr(PyDescrObject *self)
{
    return descr_repr_as(self, "<member '%V' of '%s' objects>");
}

static PyObject *
getset_repr(PyDescrObject *self)
{
    return descr_repr_as(self, "<attribute '%V' of '%s' objects>");
}

static PyObject *
wrapperdescr_repr(PyDescrObject *self)
{
    return descr_repr_as(self, "<slot wrapper '%V' of '%s' objects>");
}

static int
descr_check(PyDescrObject *self, PyObject *obj)
{
    if (PyObject_TypeCheck(obj, self->d_type)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "descriptor '%V' for '%.100s' objects doesn't apply to a "
                 "'%.100s' object", descr_name(self), "?",
                 self->d_type->tp_name, Py_TYPE(obj)->tp_name);
    return -1;
}

/* ---- __get__ ------------------------------------------------------------ */

static PyObject *
classmethod_descr_get(PyMethodDescrObject *self, PyObject *obj, PyObject *type)
{
    PyDescrObject *descr = &self->d_common;
    PyTypeObject *cls = NULL;

    if (type == NULL) {
        if (obj == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "descriptor '%V' for type '%.100s' needs either an "
                         "object or a type", descr_name(descr), "?",
                         descr->d_type->tp_name);
            return NULL;
        }
        type = (PyObject *)Py_TYPE(obj);
    }
    if (!PyType_Check(type)) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%V' for type '%.100s' needs a type, not a "
                     "'%.100s' as arg 2", descr_name(descr), "?",
                     descr->d_type->tp_name, Py_TYPE(type)->tp_name);
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)type, descr->d_type)) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%V' requires a subtype of '%.100s' but "
                     "received '%.100s'", descr_name(descr), "?",
                     descr->d_type->tp_name, ((PyTypeObject *)type)->tp_name);
        return NULL;
    }
    if (self->d_method->ml_flags & METH_METHOD) {
        cls = descr->d_type;
    }
    return PyCMethod_New(self->d_method, type, NULL, cls);
}

static PyObject *
method_get(PyMethodDescrObject *self, PyObject *obj, PyObject *type)
{
    PyTypeObject *cls = NULL;

    if (obj == NULL) {
        return Py_NewRef((PyObject *)self);
    }
    if (descr_check(&self->d_common, obj) < 0) {
        return NULL;
    }
    if (self->d_method->ml_flags & METH_METHOD) {
        if (type != NULL && !PyType_Check(type)) {
            PyErr_Format(PyExc_TypeError,
                         "descriptor '%V' needs a type, not '%s', as arg 2",
                         descr_name(&self->d_common), "?",
                         Py_TYPE(type)->tp_name);
            return NULL;
        }
        cls = self->d_common.d_type;
    }
    return PyCMethod_New(self->d_method, obj, NULL, cls);
}

static PyObject *
member_get(PyMemberDescrObject *self, PyObject *obj, PyObject *type)
{
    if (obj == NULL) {
        return Py_NewRef((PyObject *)self);
    }
    if (descr_check(&self->d_common, obj) < 0) {
        return NULL;
    }
    if (((self->d_member->flags & PY_AUDIT_READ) &&
         PyAudit(AUDIT_OBJECT___GETATTR__, "Os", obj,
                 self->d_member->name) < 0) ||
        ((self->d_member->flags & MEMBER_LUCID_AUDIT_READ) &&
         PyAudit(AUDIT_LUCID_OBJECT___GETATTR__, "Os", obj,
                 self->d_member->name) < 0)) {
        return NULL;
    }
    return PyMember_GetOne((char *)obj, self->d_member);
}

static PyObject *
getset_get(PyGetSetDescrObject *self, PyObject *obj, PyObject *type)
{
    if (obj == NULL) {
        return Py_NewRef((PyObject *)self);
    }
    if (descr_check(&self->d_common, obj) < 0) {
        return NULL;
    }
    if (self->d_getset->get != NULL) {
        return self->d_getset->get(obj, self->d_getset->closure);
    }
    PyErr_Format(PyExc_AttributeError,
                 "attribute '%V' of '%.100s' objects is not readable",
                 descr_name(&self->d_common), "?",
                 self->d_common.d_type->tp_name);
    return NULL;
}

static PyObject *
wrapperdescr_get(PyWrapperDescrObject *self, PyObject *obj, PyObject *type)
{
    if (obj == NULL) {
        return Py_NewRef((PyObject *)self);
    }
    if (descr_check(&self->d_common, obj) < 0) {
        return NULL;
    }
    return PyWrapper_New((PyObject *)self, obj);
}

/* ---- __set__ ------------------------------------------------------------ */

static int
descr_check_set(PyDescrObject *self, PyObject *obj)
{
    if (PyObject_TypeCheck(obj, self->d_type)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "descriptor '%V' for '%.100s' objects doesn't apply to a "
                 "'%.100s' object", descr_name(self), "?",
                 self->d_type->tp_name, Py_TYPE(obj)->tp_name);
    return -1;
}

static int
member_set(PyMemberDescrObject *self, PyObject *obj, PyObject *value)
{
    if (descr_check_set(&self->d_common, obj) < 0) {
        return -1;
    }
    return PyMember_SetOne((char *)obj, self->d_member, value);
}

static int
getset_set(PyGetSetDescrObject *self, PyObject *obj, PyObject *value)
{
    if (descr_check_set(&self->d_common, obj) < 0) {
        return -1;
    }
    if (self->d_getset->set != NULL) {
        return self->d_getset->set(obj, value, self->d_getset->closure);
    }
    PyErr_Format(PyExc_AttributeError,
                 "attribute '%V' of '%.100s' objects is not writable",
                 descr_name(&self->d_common), "?",
                 self->d_common.d_type->tp_name);
    return -1;
}

/* ---- calls -------------------------------------------------------------- */

/* Checks that there is a self of the right type and no keywords.  0/-1. */
static int
method_check_call(PyObject *func, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    if (nargs < 1) {
        PyObject *name = _PyObject_FunctionStr(func);

        if (name != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "unbound method %U needs an argument", name);
            Py_DECREF(name);
        }
        return -1;
    }
    if (descr_check((PyDescrObject *)func, args[0]) < 0) {
        return -1;
    }
    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0) {
        PyObject *name = _PyObject_FunctionStr(func);

        if (name != NULL) {
            PyErr_Format(PyExc_TypeError, "%U takes no keyword arguments",
                         name);
            Py_DECREF(name);
        }
        return -1;
    }
    return 0;
}

/* Enters the recursion limit; NULL on failure. */
static inline void *
method_enter(PyThreadState *tstate, PyObject *func)
{
    if (Py_EnterRecursiveCall(" while calling a Python object")) {
        return NULL;
    }
    return (void *)((PyMethodDescrObject *)func)->d_method->ml_meth;
}

static PyObject *
method_vectorcall_varargs(PyObject *func, PyObject *const *args,
                          size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *tuple, *result;
    PyCFunction function;

    if (method_check_call(func, args, nargs, kwnames) < 0) {
        return NULL;
    }
    tuple = tuple_from_array(args + 1, nargs - 1);
    if (tuple == NULL) {
        return NULL;
    }
    function = (PyCFunction)method_enter(NULL, func);
    if (function == NULL) {
        Py_DECREF(tuple);
        return NULL;
    }
    result = function(args[0], tuple);
    Py_DECREF(tuple);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
method_vectorcall_varargs_keywords(PyObject *func, PyObject *const *args,
                                   size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *tuple, *dict = NULL, *result = NULL;
    PyCFunctionWithKeywords function;

    if (method_check_call(func, args, nargs, NULL) < 0) {
        return NULL;
    }
    tuple = tuple_from_array(args + 1, nargs - 1);
    if (tuple == NULL) {
        return NULL;
    }
    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        dict = _PyStack_AsDict(args + nargs, kwnames);
        if (dict == NULL) {
            goto done;
        }
    }
    function = (PyCFunctionWithKeywords)method_enter(NULL, func);
    if (function != NULL) {
        result = function(args[0], tuple, dict);
        Py_LeaveRecursiveCall();
    }
done:
    Py_DECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

static PyObject *
method_vectorcall_fastcall(PyObject *func, PyObject *const *args,
                           size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    _PyCFunctionFast function;
    PyObject *result;

    if (method_check_call(func, args, nargs, kwnames) < 0) {
        return NULL;
    }
    function = (_PyCFunctionFast)method_enter(NULL, func);
    if (function == NULL) {
        return NULL;
    }
    result = function(args[0], args + 1, nargs - 1);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
method_vectorcall_fastcall_keywords(PyObject *func, PyObject *const *args,
                                    size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    _PyCFunctionFastWithKeywords function;
    PyObject *result;

    if (method_check_call(func, args, nargs, NULL) < 0) {
        return NULL;
    }
    function = (_PyCFunctionFastWithKeywords)method_enter(NULL, func);
    if (function == NULL) {
        return NULL;
    }
    result = function(args[0], args + 1, nargs - 1, kwnames);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
method_vectorcall_method(PyObject *func, PyObject *const *args, size_t nargsf,
                         PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyCMethod function;
    PyObject *result;

    if (method_check_call(func, args, nargs, NULL) < 0) {
        return NULL;
    }
    function = (PyCMethod)method_enter(NULL, func);
    if (function == NULL) {
        return NULL;
    }
    result = function(args[0], PyDescr_TYPE(func), args + 1, nargs - 1,
                      kwnames);
    Py_LeaveRecursiveCall();
    return result;
}

/* `wanted` is 0 or 1 argument behind self. */
static PyObject *
method_call_fixed(PyObject *func, PyObject *const *args, size_t nargsf,
                  PyObject *kwnames, Py_ssize_t wanted)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyCFunction function;
    PyObject *result;

    if (method_check_call(func, args, nargs, kwnames) < 0) {
        return NULL;
    }
    if (nargs != wanted + 1) {
        PyObject *name = _PyObject_FunctionStr(func);

        if (name != NULL) {
            PyErr_Format(PyExc_TypeError,
                         wanted == 0 ? "%U takes no arguments (%zd given)"
                                     : "%U takes exactly one argument "
                                       "(%zd given)", name, nargs - 1);
            Py_DECREF(name);
        }
        return NULL;
    }
    function = (PyCFunction)method_enter(NULL, func);
    if (function == NULL) {
        return NULL;
    }
    result = function(args[0], wanted == 0 ? NULL : args[1]);
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
method_vectorcall_noargs(PyObject *func, PyObject *const *args, size_t nargsf,
                         PyObject *kwnames)
{
    return method_call_fixed(func, args, nargsf, kwnames, 0);
}

static PyObject *
method_vectorcall_o(PyObject *func, PyObject *const *args, size_t nargsf,
                    PyObject *kwnames)
{
    return method_call_fixed(func, args, nargsf, kwnames, 1);
}

/* Class method descriptors are called through what they bind to. */
static PyObject *
classmethod_descr_call(PyMethodDescrObject *self, PyObject *args,
                       PyObject *kwds)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    PyObject *bound, *result;

    if (nargs < 1) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%V' of '%.100s' object needs an argument",
                     descr_name(&self->d_common), "?",
                     self->d_common.d_type->tp_name);
        return NULL;
    }
    bound = classmethod_descr_get(self, NULL, PyTuple_GET_ITEM(args, 0));
    if (bound == NULL) {
        return NULL;
    }
    result = PyObject_VectorcallDict(bound, &PyTuple_GET_ITEM(args, 1),
                                     nargs - 1, kwds);
    Py_DECREF(bound);
    return result;
}

static PyObject *
wrapper_call_slot(PyWrapperDescrObject *descr, PyObject *self, PyObject *args,
                  PyObject *kwds)
{
    wrapperfunc wrapper = descr->d_base->wrapper;

    if (descr->d_base->flags & PyWrapperFlag_KEYWORDS) {
        return ((wrapperfunc_kwds)(void (*)(void))wrapper)(
            self, args, descr->d_wrapped, kwds);
    }
    if (kwds != NULL && (!PyDict_Check(kwds) || PyDict_GET_SIZE(kwds) != 0)) {
        PyErr_Format(PyExc_TypeError,
                     "wrapper %s() takes no keyword arguments",
                     descr->d_base->name);
        return NULL;
    }
    return wrapper(self, args, descr->d_wrapped);
}

static PyObject *
wrapperdescr_call(PyWrapperDescrObject *self, PyObject *args, PyObject *kwds)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    PyObject *obj, *rest, *result;
    int status;

    if (nargs < 1) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%V' of '%.100s' object needs an argument",
                     descr_name(&self->d_common), "?",
                     self->d_common.d_type->tp_name);
        return NULL;
    }
    obj = PyTuple_GET_ITEM(args, 0);
    status = _PyObject_RealIsSubclass((PyObject *)Py_TYPE(obj),
                                      (PyObject *)self->d_common.d_type);
    if (status < 0) {
        return NULL;
    }
    if (!status) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%V' requires a '%.100s' object but received "
                     "a '%.100s'", descr_name(&self->d_common), "?",
                     self->d_common.d_type->tp_name, Py_TYPE(obj)->tp_name);
        return NULL;
    }
    rest = PyTuple_GetSlice(args, 1, nargs);
    if (rest == NULL) {
        return NULL;
    }
    result = wrapper_call_slot(self, obj, rest, kwds);
    Py_DECREF(rest);
    return result;
}

/* ---- what descriptors tell about themselves ----------------------------- */

static PyObject *
descr_compute_qualname(PyDescrObject *self)
{
    PyObject *type_qualname, *result;

    if (self->d_name == NULL || !PyUnicode_Check(self->d_name)) {
        PyErr_SetString(PyExc_TypeError,
                        "<descriptor>.__name__ is not a unicode object");
        return NULL;
    }
    type_qualname = PyObject_GetAttr((PyObject *)self->d_type,
                                     NAME(__qualname__));
    if (type_qualname == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(type_qualname)) {
        PyErr_SetString(PyExc_TypeError,
                        "<descriptor>.__objclass__.__qualname__ is not a "
                        "unicode object");
        Py_DECREF(type_qualname);
        return NULL;
    }
    result = PyUnicode_FromFormat("%S.%S", type_qualname, self->d_name);
    Py_DECREF(type_qualname);
    return result;
}

static PyObject *
descr_get_qualname(PyDescrObject *self, void *closure)
{
    if (self->d_qualname == NULL) {
        self->d_qualname = descr_compute_qualname(self);
    }
    return Py_XNewRef(self->d_qualname);
}

/* Pickled as getattr(type, name). */
static PyObject *
descr_reduce(PyDescrObject *self, PyObject *ignored)
{
    return Py_BuildValue("N(OO)", _PyEval_GetBuiltin(NAME(getattr)),
                         self->d_type, self->d_name);
}

static PyMethodDef descr_methods[] = {
    {"__reduce__", (PyCFunction)descr_reduce, METH_NOARGS, NULL},
    {NULL}
};

static PyMemberDef descr_members[] = {
    {"__objclass__", T_OBJECT, offsetof(PyDescrObject, d_type), READONLY},
    {"__name__", T_OBJECT, offsetof(PyDescrObject, d_name), READONLY},
    {NULL}
};

static PyObject *
method_get_doc(PyMethodDescrObject *self, void *closure)
{
    return _PyType_GetDocFromInternalDoc(self->d_method->ml_name,
                                         self->d_method->ml_doc);
}

static PyObject *
method_get_text_signature(PyMethodDescrObject *self, void *closure)
{
    return _PyType_GetTextSignatureFromInternalDoc(self->d_method->ml_name,
                                                   self->d_method->ml_doc);
}

static PyObject *
member_get_doc(PyMemberDescrObject *self, void *closure)
{
    if (self->d_member->doc == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(self->d_member->doc);
}

static PyObject *
getset_get_doc(PyGetSetDescrObject *self, void *closure)
{
    if (self->d_getset->doc == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(self->d_getset->doc);
}

static PyObject *
wrapperdescr_get_doc(PyWrapperDescrObject *self, void *closure)
{
    return _PyType_GetDocFromInternalDoc(self->d_base->name,
                                         self->d_base->doc);
}

static PyObject *
wrapperdescr_get_text_signature(PyWrapperDescrObject *self, void *closure)
{
    return _PyType_GetTextSignatureFromInternalDoc(self->d_base->name,
                                                   self->d_base->doc);
}

static PyGetSetDef method_getsets[] = {
    {"__doc__", (getter)method_get_doc},
    {"__qualname__", (getter)descr_get_qualname},
    {"__text_signature__", (getter)method_get_text_signature},
    {NULL}
};

static PyGetSetDef member_getsets[] = {
    {"__doc__", (getter)member_get_doc},
    {"__qualname__", (getter)descr_get_qualname},
    {NULL}
};

static PyGetSetDef getset_getsets[] = {
    {"__doc__", (getter)getset_get_doc},
    {"__qualname__", (getter)descr_get_qualname},
    {NULL}
};

static PyGetSetDef wrapperdescr_getsets[] = {
    {"__doc__", (getter)wrapperdescr_get_doc},
    {"__qualname__", (getter)descr_get_qualname},
    {"__text_signature__", (getter)wrapperdescr_get_text_signature},
    {NULL}
};

#define DESCR_COMMON \
    .tp_dealloc = (destructor)descr_dealloc, \
    .tp_getattro = PyObject_GenericGetAttr, .tp_traverse = descr_traverse

PyTypeObject PyMethodDescr_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "method_descriptor",
    .tp_basicsize = sizeof(PyMethodDescrObject),
    DESCR_COMMON,
    .tp_vectorcall_offset = offsetof(PyMethodDescrObject, vectorcall),
    .tp_repr = (reprfunc)method_repr,
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_methods = descr_methods,
    .tp_members = descr_members,
    .tp_getset = method_getsets,
    .tp_descr_get = (descrgetfunc)method_get,
};

PyTypeObject PyClassMethodDescr_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "classmethod_descriptor",
    .tp_basicsize = sizeof(PyMethodDescrObject),
    DESCR_COMMON,
    .tp_repr = (reprfunc)method_repr,
    .tp_call = (ternaryfunc)classmethod_descr_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_members = descr_members,
    .tp_getset = method_getsets,
    .tp_descr_get = (descrgetfunc)classmethod_descr_get,
};

PyTypeObject PyMemberDescr_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "member_descriptor",
    .tp_basicsize = sizeof(PyMemberDescrObject),
    DESCR_COMMON,
    .tp_repr = (reprfunc)member_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = descr_methods,
    .tp_members = descr_members,
    .tp_getset = member_getsets,
    .tp_descr_get = (descrgetfunc)member_get,
    .tp_descr_set = (descrsetfunc)member_set,
};

PyTypeObject PyGetSetDescr_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "getset_descriptor",
    .tp_basicsize = sizeof(PyGetSetDescrObject),
    DESCR_COMMON,
    .tp_repr = (reprfunc)getset_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_members = descr_members,
    .tp_getset = getset_getsets,
    .tp_descr_get = (descrgetfunc)getset_get,
    .tp_descr_set = (descrsetfunc)getset_set,
};

PyTypeObject PyWrapperDescr_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "wrapper_descriptor",
    .tp_basicsize = sizeof(PyWrapperDescrObject),
    DESCR_COMMON,
    .tp_repr = (reprfunc)wrapperdescr_repr,
    .tp_call = (ternaryfunc)wrapperdescr_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_methods = descr_methods,
    .tp_members = descr_members,
    .tp_getset = wrapperdescr_getsets,
    .tp_descr_get = (descrgetfunc)wrapperdescr_get,
};

/* ---- making ------------------------------------------------------------- */

/* Steals `name` (NULL: failed). */
static PyDescrObject *
descr_new_named(PyTypeObject *descr_type, PyTypeObject *type, PyObject *name)
{
    PyDescrObject *self;

    if (name == NULL) {
        return NULL;
    }
    self = (PyDescrObject *)PyType_GenericAlloc(descr_type, 0);
    if (self == NULL) {
        Py_DECREF(name);
        return NULL;
    }
    self->d_type = (PyTypeObject *)Py_NewRef((PyObject *)type);
    self->d_name = name;
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        /* It refers to an immortal type and a string: in no cycle that could
         * ever be freed, and thousands of them are there from the start. */
        PyObject_GC_UnTrack(self);
    }
    return self;
}

static PyDescrObject *
descr_new(PyTypeObject *descr_type, PyTypeObject *type, const char *name)
{
    return descr_new_named(descr_type, type, PyUnicode_InternFromString(name));
}

/* The vectorcall function for a convention; NULL: bad flags. */
static vectorcallfunc
method_choose_vectorcall(int flags)
{
    switch (flags & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                     METH_KEYWORDS | METH_METHOD)) {
    case METH_VARARGS:
        return method_vectorcall_varargs;
    case METH_VARARGS | METH_KEYWORDS:
        return method_vectorcall_varargs_keywords;
    case METH_FASTCALL:
        return method_vectorcall_fastcall;
    case METH_FASTCALL | METH_KEYWORDS:
        return method_vectorcall_fastcall_keywords;
    case METH_NOARGS:
        return method_vectorcall_noargs;
    case METH_O:
        return method_vectorcall_o;
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return method_vectorcall_method;
    default:
        return NULL;
    }
}

PyObject *
PyDescr_NewMethod(PyTypeObject *type, PyMethodDef *method)
{
    vectorcallfunc vectorcall = method_choose_vectorcall(method->ml_flags);
    PyMethodDescrObject *self;

    if (vectorcall == NULL) {
        PyErr_Format(PyExc_SystemError, "%s() method: bad call flags",
                     method->ml_name);
        return NULL;
    }
    self = (PyMethodDescrObject *)descr_new(&PyMethodDescr_Type, type,
                                            method->ml_name);
    if (self != NULL) {
        self->d_method = method;
        self->vectorcall = vectorcall;
    }
    return (PyObject *)self;
}

PyObject *
PyDescr_NewClassMethod(PyTypeObject *type, PyMethodDef *method)
{
    PyMethodDescrObject *self = (PyMethodDescrObject *)descr_new(
        &PyClassMethodDescr_Type, type, method->ml_name);

    if (self != NULL) {
        self->d_method = method;
    }
    return (PyObject *)self;
}

PyObject *
PyDescr_NewMember(PyTypeObject *type, PyMemberDef *member)
{
    PyMemberDescrObject *self;

    if (member->flags & 8) {             /* Py_RELATIVE_OFFSET, of 3.12 */
        PyErr_SetString(PyExc_SystemError,
                        "PyDescr_NewMember used with Py_RELATIVE_OFFSET");
        return NULL;
    }
    self = (PyMemberDescrObject *)descr_new(&PyMemberDescr_Type, type,
                                            member->name);
    if (self != NULL) {
        self->d_member = member;
    }
    return (PyObject *)self;
}

PyObject *
PyDescr_NewGetSet(PyTypeObject *type, PyGetSetDef *getset)
{
    PyGetSetDescrObject *self = (PyGetSetDescrObject *)descr_new(
        &PyGetSetDescr_Type, type, getset->name);

    if (self != NULL) {
        self->d_getset = getset;
    }
    return (PyObject *)self;
}

PyObject *
PyDescr_NewWrapper(PyTypeObject *type, struct wrapperbase *base, void *wrapped)
{
    PyObject *name = base->name_strobj == NULL
                         ? PyUnicode_InternFromString(base->name)
                         : Py_NewRef(base->name_strobj);
    PyWrapperDescrObject *self = (PyWrapperDescrObject *)descr_new_named(
        &PyWrapperDescr_Type, type, name);

    if (self != NULL) {
        self->d_base = base;
        self->d_wrapped = wrapped;
    }
    return (PyObject *)self;
}

int
PyDescr_IsData(PyObject *op)
{
    return Py_TYPE(op)->tp_descr_set != NULL;
}

/* ---- method-wrapper ----------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyWrapperDescrObject *descr;
    PyObject *self;
} wrapper_object;

static void
wrapper_dealloc(wrapper_object *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, wrapper_dealloc)
    Py_XDECREF(self->descr);
    Py_XDECREF(self->self);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

static int
wrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    wrapper_object *self = (wrapper_object *)op;

    Py_VISIT(self->descr);
    Py_VISIT(self->self);
    return 0;
}

static PyObject *
wrapper_richcompare(PyObject *left, PyObject *right, int op)
{
    wrapper_object *a = (wrapper_object *)left, *b = (wrapper_object *)right;
    int equal;

    if ((op != Py_EQ && op != Py_NE) ||
        !Py_IS_TYPE(left, &_PyMethodWrapper_Type) ||
        !Py_IS_TYPE(right, &_PyMethodWrapper_Type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = a->descr == b->descr && a->self == b->self;
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static Py_hash_t
wrapper_hash(wrapper_object *self)
{
    Py_hash_t hash = _Py_HashPointer(self->self) ^
                     _Py_HashPointer(self->descr);

    return hash == -1 ? -2 : hash;
}

static PyObject *
wrapper_repr(wrapper_object *self)
{
    return PyUnicode_FromFormat("<method-wrapper '%s' of %s object at %p>",
                                self->descr->d_base->name,
                                Py_TYPE(self->self)->tp_name, self->self);
}

static PyObject *
wrapper_reduce(wrapper_object *self, PyObject *ignored)
{
    return Py_BuildValue("N(OO)", _PyEval_GetBuiltin(NAME(getattr)),
                         self->self, PyDescr_NAME(self->descr));
}

static PyObject *
wrapper_call(wrapper_object *self, PyObject *args, PyObject *kwds)
{
    return wrapper_call_slot(self->descr, self->self, args, kwds);
}

static PyObject *
wrapper_get_objclass(wrapper_object *self, void *closure)
{
    return Py_NewRef((PyObject *)PyDescr_TYPE(self->descr));
}

static PyObject *
wrapper_get_name(wrapper_object *self, void *closure)
{
    return PyUnicode_FromString(self->descr->d_base->name);
}

static PyObject *
wrapper_get_qualname(wrapper_object *self, void *closure)
{
    return descr_get_qualname((PyDescrObject *)self->descr, closure);
}

static PyObject *
wrapper_get_doc(wrapper_object *self, void *closure)
{
    return wrapperdescr_get_doc(self->descr, closure);
}

static PyObject *
wrapper_get_text_signature(wrapper_object *self, void *closure)
{
    return wrapperdescr_get_text_signature(self->descr, closure);
}

static PyMethodDef wrapper_methods[] = {
    {"__reduce__", (PyCFunction)wrapper_reduce, METH_NOARGS, NULL},
    {NULL}
};

static PyMemberDef wrapper_members[] = {
    {"__self__", T_OBJECT, offsetof(wrapper_object, self), READONLY},
    {NULL}
};

static PyGetSetDef wrapper_getsets[] = {
    {"__objclass__", (getter)wrapper_get_objclass},
    {"__name__", (getter)wrapper_get_name},
    {"__qualname__", (getter)wrapper_get_qualname},
    {"__doc__", (getter)wrapper_get_doc},
    {"__text_signature__", (getter)wrapper_get_text_signature},
    {NULL}
};

PyTypeObject _PyMethodWrapper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "method-wrapper",
    .tp_basicsize = sizeof(wrapper_object),
    .tp_dealloc = (destructor)wrapper_dealloc,
    .tp_repr = (reprfunc)wrapper_repr,
    .tp_hash = (hashfunc)wrapper_hash,
    .tp_call = (ternaryfunc)wrapper_call,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = wrapper_traverse,
    .tp_richcompare = wrapper_richcompare,
    .tp_methods = wrapper_methods,
    .tp_members = wrapper_members,
    .tp_getset = wrapper_getsets,
};

PyObject *
PyWrapper_New(PyObject *descr, PyObject *obj)
{
    wrapper_object *self = PyObject_GC_New(wrapper_object,
                                           &_PyMethodWrapper_Type);

    if (self != NULL) {
        self->descr = (PyWrapperDescrObject *)Py_NewRef(descr);
        self->self = Py_NewRef(obj);
        gc_track(self);
    }
    return (PyObject *)self;
}
