/* Functions, class methods and static methods.
 *
 * func_version guards specialised calls: it changes (to 0: none) whenever
 * code, defaults or anything else that a caller may have looked at is
 * replaced. */
#include "Python.h"
#include "structmember.h"

#include "internal/audit.h"
#include "internal/call.h"
#include "internal/ceval.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"

static uint32_t next_function_version = 1;       /* 0: used up */

uint32_t
function_get_version(PyFunctionObject *func)
{
    if (func->func_version != 0) {
        return func->func_version;
    }
    if (func->vectorcall != _PyFunction_Vectorcall ||
        next_function_version == 0) {
        return 0;
    }
    func->func_version = next_function_version++;
    return func->func_version;
}

/* ---- making ------------------------------------------------------------- */

/* The docstring: the first constant, if it is a string. */
static PyObject *
function_find_doc(PyCodeObject *code)
{
    if (PyTuple_GET_SIZE(code->co_consts) > 0) {
        PyObject *first = PyTuple_GET_ITEM(code->co_consts, 0);

        if (PyUnicode_Check(first)) {
            return first;
        }
    }
    return Py_None;
}

/* All arguments borrowed. */
static PyObject *
function_make(PyCodeObject *code, PyObject *globals, PyObject *builtins,
              PyObject *qualname, PyObject *module)
{
    PyFunctionObject *op = PyObject_GC_New(PyFunctionObject, &PyFunction_Type);

    if (op == NULL) {
        return NULL;
    }
    op->func_globals = Py_NewRef(globals);
    op->func_builtins = Py_NewRef(builtins);
    op->func_name = Py_NewRef(code->co_name);
    op->func_qualname = Py_NewRef(qualname);
    op->func_code = Py_NewRef((PyObject *)code);
    op->func_defaults = NULL;
    op->func_kwdefaults = NULL;
    op->func_closure = NULL;
    op->func_doc = Py_NewRef(function_find_doc(code));
    op->func_dict = NULL;
    op->func_weakreflist = NULL;
    op->func_module = Py_XNewRef(module);
    op->func_annotations = NULL;
    op->vectorcall = _PyFunction_Vectorcall;
    op->func_version = 0;
    gc_track(op);
    return (PyObject *)op;
}

/* __module__ is the globals' __name__: borrowed, NULL without an exception if
 * absent. */
static PyObject *
function_find_module(PyObject *globals)
{
    return PyDict_GetItemWithError(globals, NAME(__name__));
}

PyObject *
PyFunction_NewWithQualName(PyObject *code, PyObject *globals,
                           PyObject *qualname)
{
    PyObject *builtins, *module, *result;

    module = function_find_module(globals);
    if (module == NULL && PyErr_Occurred()) {
        return NULL;
    }
    Py_XINCREF(module);
    builtins = ceval_builtins_from_globals(_PyThreadState_GET(), globals);
    if (builtins == NULL) {
        Py_XDECREF(module);
        return NULL;
    }
    if (qualname == NULL) {
        qualname = ((PyCodeObject *)code)->co_qualname;
    }
    result = function_make((PyCodeObject *)code, globals, builtins, qualname,
                           module);
    Py_XDECREF(module);
    return result;
}

PyObject *
PyFunction_New(PyObject *code, PyObject *globals)
{
    return PyFunction_NewWithQualName(code, globals, NULL);
}

PyObject *
function_from_code(PyObject *code, PyObject *globals, PyObject *builtins)
{
    PyObject *module = function_find_module(globals), *result;

    if (module == NULL && PyErr_Occurred()) {
        return NULL;
    }
    Py_XINCREF(module);
    result = function_make((PyCodeObject *)code, globals, builtins,
                           ((PyCodeObject *)code)->co_qualname, module);
    Py_XDECREF(module);
    return result;
}

/* ---- C API -------------------------------------------------------------- */

#define FUNCTION_GET(NAME, FIELD) \
    PyObject * \
    NAME(PyObject *op) \
    { \
        if (!PyFunction_Check(op)) { \
            PyErr_BadInternalCall(); \
            return NULL; \
        } \
        return ((PyFunctionObject *)op)->FIELD; \
    }
FUNCTION_GET(PyFunction_GetCode, func_code)
FUNCTION_GET(PyFunction_GetGlobals, func_globals)
FUNCTION_GET(PyFunction_GetModule, func_module)
FUNCTION_GET(PyFunction_GetDefaults, func_defaults)
FUNCTION_GET(PyFunction_GetKwDefaults, func_kwdefaults)
FUNCTION_GET(PyFunction_GetClosure, func_closure)
#undef FUNCTION_GET

/* None means NULL; otherwise of the wanted kind.  Returns 0/-1; *value is
 * new. */
static int
function_check_part(PyObject *op, PyObject *given, int is_right,
                    const char *message, PyObject **value)
{
    if (!PyFunction_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (given == Py_None) {
        *value = NULL;
        return 0;
    }
    if (given == NULL || !is_right) {
        PyErr_SetString(PyExc_SystemError, message);
        return -1;
    }
    *value = Py_NewRef(given);
    return 0;
}

int
PyFunction_SetDefaults(PyObject *op, PyObject *defaults)
{
    PyObject *value;

    if (function_check_part(op, defaults, defaults && PyTuple_Check(defaults),
                            "non-tuple default args", &value) < 0) {
        return -1;
    }
    ((PyFunctionObject *)op)->func_version = 0;
    Py_XSETREF(((PyFunctionObject *)op)->func_defaults, value);
    return 0;
}

int
PyFunction_SetKwDefaults(PyObject *op, PyObject *defaults)
{
    PyObject *value;

    if (function_check_part(op, defaults, defaults && PyDict_Check(defaults),
                            "non-dict keyword only default args",
                            &value) < 0) {
        return -1;
    }
    ((PyFunctionObject *)op)->func_version = 0;
    Py_XSETREF(((PyFunctionObject *)op)->func_kwdefaults, value);
    return 0;
}

int
PyFunction_SetClosure(PyObject *op, PyObject *closure)
{
    PyObject *value;

    if (closure != NULL && closure != Py_None && !PyTuple_Check(closure)) {
        PyErr_Format(PyExc_SystemError,
                     "expected tuple for closure, got '%.100s'",
                     Py_TYPE(closure)->tp_name);
        return -1;
    }
    if (function_check_part(op, closure, closure && PyTuple_Check(closure),
                            "expected tuple for closure", &value) < 0) {
        return -1;
    }
    ((PyFunctionObject *)op)->func_version = 0;
    Py_XSETREF(((PyFunctionObject *)op)->func_closure, value);
    return 0;
}

/* MAKE_FUNCTION leaves annotations as a tuple of names and values; they turn
 * into a dict when somebody looks.  Borrowed; NULL if that fails. */
static PyObject *
function_annotations_dict(PyFunctionObject *op)
{
    PyObject *pairs = op->func_annotations, *dict;

    if (pairs == NULL || !PyTuple_CheckExact(pairs)) {
        return pairs;
    }
    dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i + 1 < PyTuple_GET_SIZE(pairs); i += 2) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(pairs, i),
                           PyTuple_GET_ITEM(pairs, i + 1)) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    Py_SETREF(op->func_annotations, dict);
    return dict;
}

PyObject *
PyFunction_GetAnnotations(PyObject *op)
{
    if (!PyFunction_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return function_annotations_dict((PyFunctionObject *)op);
}

int
PyFunction_SetAnnotations(PyObject *op, PyObject *annotations)
{
    PyObject *value;

    if (function_check_part(op, annotations,
                            annotations && PyDict_Check(annotations),
                            "non-dict annotations", &value) < 0) {
        return -1;
    }
    ((PyFunctionObject *)op)->func_version = 0;
    Py_XSETREF(((PyFunctionObject *)op)->func_annotations, value);
    return 0;
}

/* ---- attributes --------------------------------------------------------- */

static PyObject *
function_get_code(PyFunctionObject *self, void *closure)
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", self, "__code__") < 0) {
        return NULL;
    }
    return Py_NewRef(self->func_code);
}

static int
function_set_code(PyFunctionObject *self, PyObject *value, void *closure)
{
    Py_ssize_t n_free, n_closure;

    if (value == NULL || !PyCode_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__code__ must be set to a code object");
        return -1;
    }
    if (PyAudit(AUDIT_OBJECT___SETATTR__, "OsO", self, "__code__", value) <
        0) {
        return -1;
    }
    n_free = ((PyCodeObject *)value)->co_nfreevars;
    n_closure = self->func_closure == NULL
                    ? 0 : PyTuple_GET_SIZE(self->func_closure);
    if (n_closure != n_free) {
        PyErr_Format(PyExc_ValueError,
                     "%U() requires a code object with %zd free vars, not %zd",
                     self->func_name, n_closure, n_free);
        return -1;
    }
    self->func_version = 0;
    Py_SETREF(self->func_code, Py_NewRef(value));
    return 0;
}

static PyObject *
function_get_name(PyFunctionObject *self, void *closure)
{
    return Py_NewRef(self->func_name);
}

static int
function_set_name(PyFunctionObject *self, PyObject *value, void *closure)
{
    if (value == NULL || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__name__ must be set to a string object");
        return -1;
    }
    Py_SETREF(self->func_name, Py_NewRef(value));
    return 0;
}

static PyObject *
function_get_qualname(PyFunctionObject *self, void *closure)
{
    return Py_NewRef(self->func_qualname);
}

static int
function_set_qualname(PyFunctionObject *self, PyObject *value, void *closure)
{
    if (value == NULL || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__qualname__ must be set to a string object");
        return -1;
    }
    Py_SETREF(self->func_qualname, Py_NewRef(value));
    return 0;
}

static PyObject *
function_get_defaults(PyFunctionObject *self, void *closure)
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", self, "__defaults__") < 0) {
        return NULL;
    }
    return Py_NewRef(self->func_defaults == NULL ? Py_None
                                                 : self->func_defaults);
}

static int
function_set_defaults(PyFunctionObject *self, PyObject *value, void *closure)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !PyTuple_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__defaults__ must be set to a tuple object");
        return -1;
    }
    if (value != NULL
            ? PyAudit(AUDIT_OBJECT___SETATTR__, "OsO", self, "__defaults__",
                      value) < 0
            : PyAudit(AUDIT_OBJECT___DELATTR__, "Os", self,
                      "__defaults__") < 0) {
        return -1;
    }
    self->func_version = 0;
    Py_XSETREF(self->func_defaults, Py_XNewRef(value));
    return 0;
}

static PyObject *
function_get_kwdefaults(PyFunctionObject *self, void *closure)
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", self, "__kwdefaults__") < 0) {
        return NULL;
    }
    return Py_NewRef(self->func_kwdefaults == NULL ? Py_None
                                                   : self->func_kwdefaults);
}

static int
function_set_kwdefaults(PyFunctionObject *self, PyObject *value, void *closure)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__kwdefaults__ must be set to a dict object");
        return -1;
    }
    if (value != NULL
            ? PyAudit(AUDIT_OBJECT___SETATTR__, "OsO", self, "__kwdefaults__",
                      value) < 0
            : PyAudit(AUDIT_OBJECT___DELATTR__, "Os", self,
                      "__kwdefaults__") < 0) {
        return -1;
    }
    self->func_version = 0;
    Py_XSETREF(self->func_kwdefaults, Py_XNewRef(value));
    return 0;
}

static PyObject *
function_get_annotations(PyFunctionObject *self, void *closure)
{
    if (self->func_annotations == NULL) {
        self->func_annotations = PyDict_New();
    }
    return Py_XNewRef(function_annotations_dict(self));
}

static int
function_set_annotations(PyFunctionObject *self, PyObject *value,
                         void *closure)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__annotations__ must be set to a dict object");
        return -1;
    }
    self->func_version = 0;
    Py_XSETREF(self->func_annotations, Py_XNewRef(value));
    return 0;
}

static PyMemberDef function_members[] = {
    {"__closure__", T_OBJECT, offsetof(PyFunctionObject, func_closure),
     READONLY | MEMBER_LUCID_AUDIT_READ},
    {"__doc__", T_OBJECT, offsetof(PyFunctionObject, func_doc), 0},
    {"__globals__", T_OBJECT, offsetof(PyFunctionObject, func_globals),
     READONLY | MEMBER_LUCID_AUDIT_READ},
    {"__module__", T_OBJECT, offsetof(PyFunctionObject, func_module), 0},
    {"__builtins__", T_OBJECT, offsetof(PyFunctionObject, func_builtins),
     READONLY | MEMBER_LUCID_AUDIT_READ},
    {NULL}
};

static PyGetSetDef function_getsets[] = {
    {"__code__", (getter)function_get_code, (setter)function_set_code},
    {"__defaults__", (getter)function_get_defaults,
     (setter)function_set_defaults},
    {"__kwdefaults__", (getter)function_get_kwdefaults,
     (setter)function_set_kwdefaults},
    {"__annotations__", (getter)function_get_annotations,
     (setter)function_set_annotations},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict},
    {"__name__", (getter)function_get_name, (setter)function_set_name},
    {"__qualname__", (getter)function_get_qualname,
     (setter)function_set_qualname},
    {NULL}
};

/* ---- the type ----------------------------------------------------------- */

/* The cells must be as many as the code's free variables. */
static int
function_check_closure(PyCodeObject *code, PyObject *closure)
{
    Py_ssize_t n_free = code->co_nfreevars;
    Py_ssize_t n_closure = closure == Py_None ? 0 : PyTuple_GET_SIZE(closure);

    if (n_free != n_closure) {
        PyErr_Format(PyExc_ValueError,
                     "%U requires closure of length %zd, not %zd",
                     code->co_name, n_free, n_closure);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n_closure; i++) {
        PyObject *cell = PyTuple_GET_ITEM(closure, i);

        if (!PyCell_Check(cell)) {
            PyErr_Format(PyExc_TypeError,
                         "arg 5 (closure) expected cell, found %s",
                         Py_TYPE(cell)->tp_name);
            return -1;
        }
    }
    return 0;
}

static PyObject *
function_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"code",    "globals", "name",
                                           "argdefs", "closure", NULL};
    static _PyArg_Parser parser = {.format = "O!O!|OOO:function",
                                   .keywords = keywords};
    PyObject *code, *globals, *name = Py_None, *defaults = Py_None;
    PyObject *closure = Py_None;
    PyFunctionObject *op;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser,
                                     &PyCode_Type, &code, &PyDict_Type,
                                     &globals, &name, &defaults, &closure)) {
        return NULL;
    }
    if (name != Py_None && !PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError,
                        "arg 3 (name) must be None or string");
        return NULL;
    }
    if (defaults != Py_None && !PyTuple_Check(defaults)) {
        PyErr_SetString(PyExc_TypeError,
                        "arg 4 (defaults) must be None or tuple");
        return NULL;
    }
    if (!PyTuple_Check(closure)) {
        if (((PyCodeObject *)code)->co_nfreevars && closure == Py_None) {
            PyErr_SetString(PyExc_TypeError, "arg 5 (closure) must be tuple");
            return NULL;
        }
        if (closure != Py_None) {
            PyErr_SetString(PyExc_TypeError,
                            "arg 5 (closure) must be None or tuple");
            return NULL;
        }
    }
    if (function_check_closure((PyCodeObject *)code, closure) < 0 ||
        PyAudit(AUDIT_FUNCTION___NEW__, "O", code) < 0) {
        return NULL;
    }
    op = (PyFunctionObject *)PyFunction_New(code, globals);
    if (op == NULL) {
        return NULL;
    }
    if (name != Py_None) {
        Py_SETREF(op->func_name, Py_NewRef(name));
    }
    if (defaults != Py_None) {
        op->func_defaults = Py_NewRef(defaults);
    }
    if (closure != Py_None) {
        op->func_closure = Py_NewRef(closure);
    }
    return (PyObject *)op;
}

static int
function_clear(PyFunctionObject *self)
{
    self->func_version = 0;
    Py_CLEAR(self->func_globals);
    Py_CLEAR(self->func_builtins);
    Py_CLEAR(self->func_module);
    Py_CLEAR(self->func_defaults);
    Py_CLEAR(self->func_kwdefaults);
    Py_CLEAR(self->func_doc);
    Py_CLEAR(self->func_dict);
    Py_CLEAR(self->func_closure);
    Py_CLEAR(self->func_annotations);
    /* Finalizers may still call or print the function: code stays, and names
     * (which a str subclass could make part of a cycle) become empty. */
    Py_SETREF(self->func_name, PyUnicode_New(0, 0));
    Py_SETREF(self->func_qualname, PyUnicode_New(0, 0));
    return 0;
}

static void
function_dealloc(PyFunctionObject *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    gc_untrack(self);
    if (self->func_weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    (void)function_clear(self);
    Py_DECREF(self->func_code);
    Py_DECREF(self->func_name);
    Py_DECREF(self->func_qualname);
    PyObject_GC_Del(self);
}

static PyObject *
function_repr(PyFunctionObject *self)
{
    return PyUnicode_FromFormat("<function %U at %p>", self->func_qualname,
                                self);
}

static int
function_traverse(PyFunctionObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->func_code);
    Py_VISIT(self->func_globals);
    Py_VISIT(self->func_builtins);
    Py_VISIT(self->func_module);
    Py_VISIT(self->func_defaults);
    Py_VISIT(self->func_kwdefaults);
    Py_VISIT(self->func_doc);
    Py_VISIT(self->func_name);
    Py_VISIT(self->func_dict);
    Py_VISIT(self->func_closure);
    Py_VISIT(self->func_annotations);
    Py_VISIT(self->func_qualname);
    return 0;
}

static PyObject *
function_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    if (obj == Py_None || obj == NULL) {
        return Py_NewRef(self);
    }
    return PyMethod_New(self, obj);
}

PyTypeObject PyFunction_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "function",
    .tp_basicsize = sizeof(PyFunctionObject),
    .tp_dealloc = (destructor)function_dealloc,
    .tp_vectorcall_offset = offsetof(PyFunctionObject, vectorcall),
    .tp_repr = (reprfunc)function_repr,
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_doc = PyDoc_STR("function(code, globals, name=None, argdefs=None, "
                        "closure=None)\n--\n\n"
                        "A function object from its parts."),
    .tp_traverse = (traverseproc)function_traverse,
    .tp_clear = (inquiry)function_clear,
    .tp_weaklistoffset = offsetof(PyFunctionObject, func_weakreflist),
    .tp_members = function_members,
    .tp_getset = function_getsets,
    .tp_descr_get = function_descr_get,
    .tp_dictoffset = offsetof(PyFunctionObject, func_dict),
    .tp_new = function_new,
};

/* ---- what class and static methods share -------------------------------- */

/* Both have the same layout: the callable, then the dict. */
typedef classmethod_object wrapped_object;

/* Takes over __module__, __name__, ... from the callable. */
static int
wrapped_copy_attributes(PyObject *self, PyObject *callable)
{
    PyObject *names[] = {NAME(__module__), NAME(__name__), NAME(__qualname__),
                         NAME(__doc__)};
    PyObject *annotations;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *value;
        int status = _PyObject_LookupAttr(callable, names[i], &value);

        if (status > 0) {
            status = PyObject_SetAttr(self, names[i], value);
            Py_DECREF(value);
        }
        if (status < 0) {
            return -1;
        }
    }
    if (_PyObject_LookupAttr(callable, NAME(__annotations__),
                             &annotations) < 0) {
        return -1;
    }
    if (annotations != NULL) {
        int status =
            PyObject_SetAttr(self, NAME(__annotations__), annotations);

        Py_DECREF(annotations);
        return status;
    }
    return 0;
}

static int
wrapped_traverse(wrapped_object *self, visitproc visit, void *arg)
{
    Py_VISIT(self->cm_dict);
    Py_VISIT(self->cm_callable);
    return 0;
}

static int
wrapped_clear(wrapped_object *self)
{
    Py_CLEAR(self->cm_callable);
    Py_CLEAR(self->cm_dict);
    return 0;
}

static void
wrapped_dealloc(wrapped_object *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    gc_untrack(self);
    Py_XDECREF(self->cm_callable);
    Py_XDECREF(self->cm_dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
wrapped_make(PyTypeObject *type, PyObject *callable)
{
    wrapped_object *self = (wrapped_object *)PyType_GenericAlloc(type, 0);

    if (self != NULL) {
        self->cm_callable = Py_NewRef(callable);
        if (wrapped_copy_attributes((PyObject *)self, callable) < 0) {
            Py_CLEAR(self);
        }
    }
    return (PyObject *)self;
}

static int
wrapped_init(PyObject *op, PyObject *args, PyObject *kwds, const char *name)
{
    wrapped_object *self = (wrapped_object *)op;
    PyObject *callable;

    if (!_PyArg_NoKeywords(name, kwds) ||
        !PyArg_UnpackTuple(args, name, 1, 1, &callable)) {
        return -1;
    }
    Py_XSETREF(self->cm_callable, Py_NewRef(callable));
    return wrapped_copy_attributes(op, callable);
}

static PyObject *
wrapped_get_isabstract(wrapped_object *self, void *closure)
{
    int result = _PyObject_IsAbstract(self->cm_callable);

    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyMemberDef wrapped_members[] = {
    {"__func__", T_OBJECT, offsetof(wrapped_object, cm_callable), READONLY},
    {"__wrapped__", T_OBJECT, offsetof(wrapped_object, cm_callable), READONLY},
    {NULL}
};

static PyGetSetDef wrapped_getsets[] = {
    {"__isabstractmethod__", (getter)wrapped_get_isabstract},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict},
    {NULL}
};

#define WRAPPED_COMMON \
    .tp_basicsize = sizeof(wrapped_object), \
    .tp_dealloc = (destructor)wrapped_dealloc, \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | \
                Py_TPFLAGS_HAVE_GC, \
    .tp_traverse = (traverseproc)wrapped_traverse, \
    .tp_clear = (inquiry)wrapped_clear, .tp_members = wrapped_members, \
    .tp_getset = wrapped_getsets, \
    .tp_dictoffset = offsetof(wrapped_object, cm_dict), \
    .tp_alloc = PyType_GenericAlloc, .tp_new = PyType_GenericNew, \
    .tp_free = PyObject_GC_Del

/* ---- classmethod -------------------------------------------------------- */

static PyObject *
classmethod_descr_get(PyObject *op, PyObject *obj, PyObject *type)
{
    PyObject *callable = ((classmethod_object *)op)->cm_callable;

    if (callable == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "uninitialized classmethod object");
        return NULL;
    }
    if (type == NULL) {
        type = (PyObject *)Py_TYPE(obj);
    }
    if (Py_TYPE(callable)->tp_descr_get != NULL) {
        PyObject *result = NULL;

        /* __init__() during the call replaces it; it may be op itself. */
        if (stack_guard_nested(" in a class method of a class method") == 0) {
            Py_INCREF(callable);
            result = Py_TYPE(callable)->tp_descr_get(callable, type, type);
            Py_DECREF(callable);
        }
        return result;
    }
    return PyMethod_New(callable, type);
}

static int
classmethod_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    return wrapped_init(self, args, kwds, "classmethod");
}

static PyObject *
classmethod_repr(classmethod_object *self)
{
    return PyUnicode_FromFormat("<classmethod(%R)>", self->cm_callable);
}

PyTypeObject PyClassMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "classmethod",
    WRAPPED_COMMON,
    .tp_repr = (reprfunc)classmethod_repr,
    .tp_doc = PyDoc_STR("classmethod(function) -> method\n\n"
                        "A method whose first argument is the class."),
    .tp_descr_get = classmethod_descr_get,
    .tp_init = classmethod_init,
};

PyObject *
PyClassMethod_New(PyObject *callable)
{
    return wrapped_make(&PyClassMethod_Type, callable);
}

PyObject *
classmethod_get_callable(PyObject *self)
{
    return ((classmethod_object *)self)->cm_callable;
}

/* ---- staticmethod ------------------------------------------------------- */

static PyObject *
staticmethod_descr_get(PyObject *op, PyObject *obj, PyObject *type)
{
    PyObject *callable = ((staticmethod_object *)op)->sm_callable;

    if (callable == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "uninitialized staticmethod object");
        return NULL;
    }
    return Py_NewRef(callable);
}

static int
staticmethod_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    return wrapped_init(self, args, kwds, "staticmethod");
}

static PyObject *
staticmethod_call(PyObject *op, PyObject *args, PyObject *kwds)
{
    /* A reference of its own: __init__() during the call replaces it. */
    PyObject *callable = staticmethod_descr_get(op, NULL, NULL), *result;

    if (callable == NULL) {
        return NULL;
    }
    result = PyObject_Call(callable, args, kwds);
    Py_DECREF(callable);
    return result;
}

static PyObject *
staticmethod_repr(staticmethod_object *self)
{
    return PyUnicode_FromFormat("<staticmethod(%R)>", self->sm_callable);
}

PyTypeObject PyStaticMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "staticmethod",
    WRAPPED_COMMON,
    .tp_repr = (reprfunc)staticmethod_repr,
    .tp_call = staticmethod_call,
    .tp_doc = PyDoc_STR("staticmethod(function) -> method\n\n"
                        "A method without self, called as it is."),
    .tp_descr_get = staticmethod_descr_get,
    .tp_init = staticmethod_init,
};

PyObject *
PyStaticMethod_New(PyObject *callable)
{
    return wrapped_make(&PyStaticMethod_Type, callable);
}

PyObject *
staticmethod_get_callable(PyObject *self)
{
    return ((staticmethod_object *)self)->sm_callable;
}
