/* super: attribute lookup that starts behind a class in the MRO.
 *
 *     super(type, obj)     type stands in the MRO of the starting type, which
 *                          is obj itself (a class) or the type of obj
 *     super()              both taken from the calling method's frame
 */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/code.h"
#include "internal/frame.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"
#include "internal/type.h"

typedef struct {
    PyObject_HEAD
    PyTypeObject *type;            /* __thisclass__; NULL until __init__ */
    PyObject *obj;                 /* __self__; NULL: unbound */
    PyTypeObject *obj_type;        /* __self_class__ */
} super_object;

static void
super_dealloc(super_object *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->obj);
    Py_XDECREF(self->type);
    Py_XDECREF(self->obj_type);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
super_traverse(super_object *self, visitproc visit, void *arg)
{
    Py_VISIT(self->obj);
    Py_VISIT(self->type);
    Py_VISIT(self->obj_type);
    return 0;
}

static PyObject *
super_repr(super_object *self)
{
    const char *name = self->type == NULL ? "NULL" : self->type->tp_name;

    if (self->obj_type != NULL) {
        return PyUnicode_FromFormat("<super: <class '%s'>, <%s object>>", name,
                                    self->obj_type->tp_name);
    }
    return PyUnicode_FromFormat("<super: <class '%s'>, NULL>", name);
}

/* Whether the classes of `mro` from `first` on are the MRO of the first of
 * them: with single inheritance always. */
static int
super_tail_is_mro(PyObject *mro, Py_ssize_t first)
{
    PyObject *tail = ((PyTypeObject *)PyTuple_GET_ITEM(mro, first))->tp_mro;
    Py_ssize_t n = PyTuple_GET_SIZE(mro) - first;

    if (tail == NULL || PyTuple_GET_SIZE(tail) != n) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyTuple_GET_ITEM(tail, i) != PyTuple_GET_ITEM(mro, first + i)) {
            return 0;
        }
    }
    return 1;
}

/* Looks along `mro` from `first` on.  Returns new; NULL without an exception:
 * not found.  Runs Python (comparison of hostile keys). */
static PyObject *
super_search(PyObject *mro, Py_ssize_t first, PyObject *name)
{
    Py_hash_t hash;

    if (first < PyTuple_GET_SIZE(mro) && PyUnicode_CheckExact(name) &&
        super_tail_is_mro(mro, first)) {
        /* FAST PATH: the cache of type lookups knows it. */
        return Py_XNewRef(_PyType_Lookup(
            (PyTypeObject *)PyTuple_GET_ITEM(mro, first), name));
    }
    hash = PyObject_Hash(name);
    if (hash == -1) {
        return NULL;
    }
    for (Py_ssize_t i = first; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *dict = ((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_dict;
        PyObject *found = _PyDict_GetItem_KnownHash(dict, name, hash);

        if (found != NULL || PyErr_Occurred()) {
            return Py_XNewRef(found);
        }
    }
    return NULL;
}


/* The attribute from behind self->type in the MRO, bound: 1/0/-1.
 * Runs Python (descriptors, hostile keys). */
static int
super_find(super_object *self, PyObject *name, PyObject **attribute)
{
    PyTypeObject *start = self->obj_type;
    PyObject *mro = start->tp_mro, *found;
    Py_ssize_t i, n;
    descrgetfunc get;

    *attribute = NULL;
    if (mro == NULL) {
        return 0;
    }
    n = PyTuple_GET_SIZE(mro);
    for (i = 0; i < n; i++) {
        if (PyTuple_GET_ITEM(mro, i) == (PyObject *)self->type) {
            break;
        }
    }
    Py_INCREF(mro);
    found = super_search(mro, i + 1, name);
    Py_DECREF(mro);
    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    get = Py_TYPE(found)->tp_descr_get;
    if (get == NULL) {
        *attribute = found;
        return 1;
    }
    *attribute = get(found, self->obj == (PyObject *)start ? NULL : self->obj,
                     (PyObject *)start);
    Py_DECREF(found);
    return *attribute == NULL ? -1 : 1;
}

static PyObject *
super_getattro(PyObject *op, PyObject *name)
{
    super_object *self = (super_object *)op;
    PyObject *attribute;

    /* super().__class__ is super. */
    if (self->obj_type != NULL && name != NAME(__class__) &&
        !(PyUnicode_Check(name) && _PyUnicode_Equal(name, NAME(__class__)))) {
        int found = super_find(self, name, &attribute);

        if (found != 0) {
            return found < 0 ? NULL : attribute;
        }
    }
    return PyObject_GenericGetAttr(op, name);
}

/* The type whose MRO counts, new.  A proxy counts as what its __class__
 * says. */
static PyTypeObject *
super_check(PyTypeObject *type, PyObject *obj)
{
    PyObject *cls;

    if (PyType_Check(obj) && PyType_IsSubtype((PyTypeObject *)obj, type)) {
        return (PyTypeObject *)Py_NewRef(obj);
    }
    if (PyType_IsSubtype(Py_TYPE(obj), type)) {
        return (PyTypeObject *)Py_NewRef((PyObject *)Py_TYPE(obj));
    }
    if (_PyObject_LookupAttr(obj, NAME(__class__), &cls) < 0) {
        return NULL;
    }
    if (cls != NULL) {
        if (PyType_Check(cls) && (PyTypeObject *)cls != Py_TYPE(obj) &&
            PyType_IsSubtype((PyTypeObject *)cls, type)) {
            return (PyTypeObject *)cls;
        }
        Py_DECREF(cls);
    }
    PyErr_SetString(PyExc_TypeError,
                    "super(type, obj): obj must be an instance or subtype "
                    "of type");
    return NULL;
}

static PyObject *
super_descr_get(PyObject *op, PyObject *obj, PyObject *type)
{
    super_object *self = (super_object *)op, *bound;
    PyTypeObject *obj_type;

    if (obj == NULL || obj == Py_None || self->obj != NULL) {
        return Py_NewRef(op);
    }
    if (!Py_IS_TYPE(self, &PySuper_Type)) {
        /* A subclass may want to know about it. */
        return PyObject_CallFunctionObjArgs((PyObject *)Py_TYPE(self),
                                            self->type, obj, NULL);
    }
    obj_type = super_check(self->type, obj);
    if (obj_type == NULL) {
        return NULL;
    }
    bound = (super_object *)PySuper_Type.tp_new(&PySuper_Type, NULL, NULL);
    if (bound == NULL) {
        Py_DECREF(obj_type);
        return NULL;
    }
    bound->type = (PyTypeObject *)Py_NewRef((PyObject *)self->type);
    bound->obj = Py_NewRef(obj);
    bound->obj_type = obj_type;
    return (PyObject *)bound;
}

/* ---- super() without arguments ------------------------------------------ */

/* The first argument of the running function, borrowed; it may have moved
 * into a cell. */
static PyObject *
super_frame_self(Frame *frame, PyCodeObject *code)
{
    PyObject *first;

    if (code->co_argcount == 0) {
        PyErr_SetString(PyExc_RuntimeError, "super(): no arguments");
        return NULL;
    }
    first = frame->localsplus[0];
    if (first != NULL && frame_lasti(frame) >= 0 && PyCell_Check(first) &&
        (PyBytes_AS_STRING(code->co_localspluskinds)[0] & CO_FAST_CELL)) {
        first = PyCell_GET(first);
    }
    if (first == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "super(): arg[0] deleted");
    }
    return first;
}

/* The class that the running function was defined in, borrowed. */
static PyTypeObject *
super_frame_class(Frame *frame, PyCodeObject *code)
{
    for (int i = code->co_nlocalsplus - code->co_nfreevars;
         i < code->co_nlocalsplus; i++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        PyObject *cell, *cls;

        if (name != NAME(__class__) &&
            !_PyUnicode_EqualToASCIIString(name, "__class__")) {
            continue;
        }
        cell = frame->localsplus[i];
        if (cell == NULL || !PyCell_Check(cell)) {
            PyErr_SetString(PyExc_RuntimeError, "super(): bad __class__ cell");
            return NULL;
        }
        cls = PyCell_GET(cell);
        if (cls == NULL) {
            PyErr_SetString(PyExc_RuntimeError,
                            "super(): empty __class__ cell");
            return NULL;
        }
        if (!PyType_Check(cls)) {
            PyErr_Format(PyExc_RuntimeError,
                         "super(): __class__ is not a type (%s)",
                         Py_TYPE(cls)->tp_name);
            return NULL;
        }
        return (PyTypeObject *)cls;
    }
    PyErr_SetString(PyExc_RuntimeError, "super(): __class__ cell not found");
    return NULL;
}

static int
super_from_frame(PyTypeObject **type, PyObject **obj)
{
    PyThreadState *tstate = _PyThreadState_GET();
    Frame *frame = tstate->cframe->current_frame;

    if (frame == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "super(): no current frame");
        return -1;
    }
    *obj = super_frame_self(frame, frame->f_code);
    if (*obj == NULL) {
        return -1;
    }
    *type = super_frame_class(frame, frame->f_code);
    return *type == NULL ? -1 : 0;
}

/* ---- construction ------------------------------------------------------- */

static int
super_set(super_object *self, PyTypeObject *type, PyObject *obj)
{
    PyTypeObject *obj_type = NULL;

    if (type == NULL && super_from_frame(&type, &obj) < 0) {
        return -1;
    }
    if (obj == Py_None) {
        obj = NULL;
    }
    if (obj != NULL) {
        obj_type = super_check(type, obj);
        if (obj_type == NULL) {
            return -1;
        }
        Py_INCREF(obj);
    }
    Py_INCREF((PyObject *)type);
    Py_XSETREF(self->type, type);
    Py_XSETREF(self->obj, obj);
    Py_XSETREF(self->obj_type, obj_type);
    return 0;
}

static int
super_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    PyTypeObject *type = NULL;
    PyObject *obj = NULL;

    if (!_PyArg_NoKeywords("super", kwds) ||
        !PyArg_ParseTuple(args, "|O!O:super", &PyType_Type, &type, &obj)) {
        return -1;
    }
    return super_set((super_object *)op, type, obj);
}

static PyObject *
super_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyTypeObject *type = NULL;
    PyObject *made;

    if (!_PyArg_NoKwnames("super", kwnames) ||
        !_PyArg_CheckPositional("super", nargs, 0, 2)) {
        return NULL;
    }
    if (nargs != 0) {
        type = (PyTypeObject *)args[0];
        if (!PyType_Check(args[0])) {
            PyErr_Format(PyExc_TypeError,
                         "super() argument 1 must be a type, not %.200s",
                         Py_TYPE(args[0])->tp_name);
            return NULL;
        }
    }
    if (self == (PyObject *)&PySuper_Type) {
        /* FAST PATH: no zeroing of a whole block. */
        super_object *op = PyObject_GC_New(super_object, &PySuper_Type);

        if (op == NULL) {
            return NULL;
        }
        op->type = op->obj_type = NULL;
        op->obj = NULL;
        gc_track(op);
        made = (PyObject *)op;
    }
    else {
        made = PyType_GenericAlloc((PyTypeObject *)self, 0);
    }
    if (made != NULL && super_set((super_object *)made, type,
                                  nargs == 2 ? args[1] : NULL) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

static PyMemberDef super_members[] = {
    {"__thisclass__", T_OBJECT, offsetof(super_object, type), READONLY,
     PyDoc_STR("the class that super() was called in")},
    {"__self__", T_OBJECT, offsetof(super_object, obj), READONLY,
     PyDoc_STR("the object or class that attributes are bound to; or None")},
    {"__self_class__", T_OBJECT, offsetof(super_object, obj_type), READONLY,
     PyDoc_STR("the class whose bases are searched; or None")},
    {NULL}
};

PyTypeObject PySuper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "super",
    .tp_basicsize = sizeof(super_object),
    .tp_dealloc = (destructor)super_dealloc,
    .tp_repr = (reprfunc)super_repr,
    .tp_getattro = super_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR(
        "super() -> same as super(__class__, <first argument>)\n"
        "super(type) -> unbound super object\n"
        "super(type, obj) -> bound super object; isinstance(obj, type)\n"
        "super(type, type2) -> bound super object; issubclass(type2, type)\n"
        "Attributes of the bases, from behind a class in the resolution "
        "order."),
    .tp_traverse = (traverseproc)super_traverse,
    .tp_members = super_members,
    .tp_descr_get = super_descr_get,
    .tp_init = super_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = super_vectorcall,
};
