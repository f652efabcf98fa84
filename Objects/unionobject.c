/* types.UnionType: int | str (PEP 604). */
#include "Python.h"
#include "structmember.h"

#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"

static PyObject *union_make(PyObject *args);

static void
union_dealloc(PyObject *op)
{
    union_object *self = (union_object *)op;

    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->args);
    Py_XDECREF(self->parameters);
    Py_TYPE(self)->tp_free(op);
}

static int
union_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((union_object *)op)->args);
    Py_VISIT(((union_object *)op)->parameters);
    return 0;
}

/* The order does not matter for equality. */
static Py_hash_t
union_hash(PyObject *op)
{
    PyObject *set = PyFrozenSet_New(((union_object *)op)->args);
    Py_hash_t hash;

    if (set == NULL) {
        return -1;
    }
    hash = PyObject_Hash(set);
    Py_DECREF(set);
    return hash;
}

static PyObject *
union_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *a, *b, *result = NULL;

    if ((op != Py_EQ && op != Py_NE) || !Py_IS_TYPE(right, &union_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    a = PySet_New(((union_object *)left)->args);
    b = a == NULL ? NULL : PySet_New(((union_object *)right)->args);
    if (b != NULL) {
        result = PyObject_RichCompare(a, b, op);
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}

/* ---- making ------------------------------------------------------------- */

static int
item_same(PyObject *left, PyObject *right)
{
    int left_alias = Py_IS_TYPE(left, &Py_GenericAliasType);
    int right_alias = Py_IS_TYPE(right, &Py_GenericAliasType);

    /* list[int] equals no class; ordinary classes by identity. */
    return left_alias && right_alias
               ? PyObject_RichCompareBool(left, right, Py_EQ)
               : left == right;
}

/* The arguments without repetitions, as a new tuple. */
static PyObject *
union_deduplicate(PyObject *args)
{
    PyObject *kept = PyList_New(0), *result;

    if (kept == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        PyObject *item = PyTuple_GET_ITEM(args, i);
        int same = 0;

        for (Py_ssize_t j = 0; same == 0 && j < PyList_GET_SIZE(kept); j++) {
            same = item_same(PyList_GET_ITEM(kept, j), item);
        }
        if (same < 0 || (!same && PyList_Append(kept, item) < 0)) {
            Py_DECREF(kept);
            return NULL;
        }
    }
    result = PyList_AsTuple(kept);
    Py_DECREF(kept);
    return result;
}

static int
union_accepts(PyObject *op)
{
    return op == Py_None || PyType_Check(op) ||
           PyObject_TypeCheck(op, &Py_GenericAliasType) ||
           Py_IS_TYPE(op, &union_type);
}

/* Appends op, or the members of a union. */
static int
union_collect(PyObject *list, PyObject *op)
{
    if (op == Py_None) {
        return PyList_Append(list, (PyObject *)&_PyNone_Type);
    }
    if (Py_IS_TYPE(op, &union_type)) {
        return PyList_SetSlice(list, PyList_GET_SIZE(list),
                               PyList_GET_SIZE(list),
                               ((union_object *)op)->args);
    }
    return PyList_Append(list, op);
}

PyObject *
union_type_or(PyObject *left, PyObject *right)
{
    PyObject *list, *args = NULL, *result = NULL;

    if (!union_accepts(left) || !union_accepts(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (left != right && PyType_Check(left) && PyType_Check(right)) {
        /* FAST PATH: nothing to flatten, nothing twice. */
        args = PyTuple_Pack(2, left, right);
        result = args == NULL ? NULL : union_make(args);
        Py_XDECREF(args);
        return result;
    }
    list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    if (union_collect(list, left) == 0 && union_collect(list, right) == 0) {
        args = PyList_AsTuple(list);
    }
    Py_DECREF(list);
    if (args == NULL) {
        return NULL;
    }
    Py_SETREF(args, union_deduplicate(args));
    if (args == NULL) {
        return NULL;
    }
    result = PyTuple_GET_SIZE(args) == 1
                 ? Py_NewRef(PyTuple_GET_ITEM(args, 0)) : union_make(args);
    Py_DECREF(args);
    return result;
}

static PyObject *
union_make(PyObject *args)
{
    union_object *self = PyObject_GC_New(union_object, &union_type);

    if (self != NULL) {
        self->parameters = NULL;
        self->args = Py_NewRef(args);
        gc_track(self);
    }
    return (PyObject *)self;
}

/* ---- repr --------------------------------------------------------------- */

static PyObject *
union_item_repr(PyObject *item)
{
    PyObject *qualname = NULL, *module = NULL, *probe, *result = NULL;

    if (item == (PyObject *)&_PyNone_Type) {
        return PyUnicode_FromString("None");
    }
    if (_PyObject_LookupAttr(item, NAME(__origin__), &probe) < 0) {
        return NULL;
    }
    if (probe != NULL) {
        Py_DECREF(probe);
        if (_PyObject_LookupAttr(item, NAME(__args__), &probe) < 0) {
            return NULL;
        }
        if (probe != NULL) {
            Py_DECREF(probe);
            return PyObject_Repr(item);
        }
    }
    if (_PyObject_LookupAttr(item, NAME(__qualname__), &qualname) < 0 ||
        (qualname != NULL &&
         _PyObject_LookupAttr(item, NAME(__module__), &module) < 0)) {
        goto done;
    }
    if (qualname == NULL || module == NULL || module == Py_None) {
        result = PyObject_Repr(item);
    }
    else if (PyUnicode_Check(module) &&
             _PyUnicode_EqualToASCIIString(module, "builtins")) {
        result = PyObject_Str(qualname);
    }
    else {
        result = PyUnicode_FromFormat("%S.%S", module, qualname);
    }
done:
    Py_XDECREF(qualname);
    Py_XDECREF(module);
    return result;
}

static PyObject *
union_repr(PyObject *op)
{
    PyObject *args = ((union_object *)op)->args;
    PyObject *parts = PyList_New(0), *separator, *result = NULL;

    for (Py_ssize_t i = 0; parts != NULL && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *part = union_item_repr(PyTuple_GET_ITEM(args, i));

        if (part == NULL || PyList_Append(parts, part) < 0) {
            Py_CLEAR(parts);
        }
        Py_XDECREF(part);
    }
    if (parts == NULL) {
        return NULL;
    }
    separator = PyUnicode_FromString(" | ");
    if (separator != NULL) {
        result = PyUnicode_Join(separator, parts);
        Py_DECREF(separator);
    }
    Py_DECREF(parts);
    return result;
}

/* ---- parameters --------------------------------------------------------- */

static PyObject *
union_get_parameters(PyObject *op, void *closure)
{
    union_object *self = (union_object *)op;

    if (self->parameters == NULL) {
        self->parameters = generic_make_parameters(self->args);
    }
    return Py_XNewRef(self->parameters);
}

static PyObject *
union_getitem(PyObject *op, PyObject *item)
{
    union_object *self = (union_object *)op;
    PyObject *parameters = union_get_parameters(op, NULL), *args, *result;

    if (parameters == NULL) {
        return NULL;
    }
    args = generic_substitute(op, self->args, parameters, item);
    Py_DECREF(parameters);
    if (args == NULL) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) == 0) {
        Py_DECREF(args);
        PyErr_SetString(PyExc_TypeError, "Cannot take a Union of no types.");
        return NULL;
    }
    result = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    for (Py_ssize_t i = 1; result != NULL && i < PyTuple_GET_SIZE(args); i++) {
        Py_SETREF(result, PyNumber_Or(result, PyTuple_GET_ITEM(args, i)));
    }
    Py_DECREF(args);
    return result;
}

/* These come from UnionType, not from the instance's point of view. */
static PyObject *
union_getattro(PyObject *self, PyObject *name)
{
    if (PyUnicode_Check(name) &&
        _PyUnicode_EqualToASCIIString(name, "__module__")) {
        return PyObject_GetAttr((PyObject *)Py_TYPE(self), name);
    }
    return PyObject_GenericGetAttr(self, name);
}

static PyNumberMethods union_as_number = {.nb_or = union_type_or};

static PyMappingMethods union_as_mapping = {.mp_subscript = union_getitem};

static PyMemberDef union_members[] = {
    {"__args__", T_OBJECT, offsetof(union_object, args), READONLY},
    {NULL}
};

static PyGetSetDef union_getsets[] = {
    {"__parameters__", union_get_parameters, NULL,
     PyDoc_STR("Type variables in the union, in order of appearance.")},
    {NULL}
};

PyTypeObject union_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.UnionType",
    .tp_basicsize = sizeof(union_object),
    .tp_dealloc = union_dealloc,
    .tp_repr = union_repr,
    .tp_as_number = &union_as_number,
    .tp_as_mapping = &union_as_mapping,
    .tp_hash = union_hash,
    .tp_getattro = union_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("A union of types, such as int | str."),
    .tp_traverse = union_traverse,
    .tp_richcompare = union_richcompare,
    .tp_members = union_members,
    .tp_getset = union_getsets,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
};
