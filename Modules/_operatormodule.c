/* The module _operator: operators as functions, and attrgetter, itemgetter,
 * methodcaller. */
#include "Python.h"
#include "structmember.h"

#include "call.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "tuple.h"

typedef struct {
    PyTypeObject *itemgetter_type;
    PyTypeObject *attrgetter_type;
    PyTypeObject *methodcaller_type;
} OperatorState;

/* ---- functions ---- */

#define UNARY(name, function)                                            \
    static PyObject *operator_##name(PyObject *module, PyObject *a)      \
    {                                                                    \
        return function(a);                                              \
    }
#define BINARY(name, expression)                                         \
    static PyObject *operator_##name(PyObject *module,                   \
                                     PyObject *const *args,              \
                                     Py_ssize_t nargs)                   \
    {                                                                    \
        if (!_PyArg_CheckPositional(#name, nargs, 2, 2)) {               \
            return NULL;                                                 \
        }                                                                \
        PyObject *a = args[0], *b = args[1];                             \
        return expression;                                               \
    }

/* -1 -> NULL */
static PyObject *
truth_or_error(int truth)
{
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *
not_or_error(int truth)
{
    return truth < 0 ? NULL : PyBool_FromLong(!truth);
}

static PyObject *
size_or_error(Py_ssize_t size)
{
    return size < 0 ? NULL : PyLong_FromSsize_t(size);
}

static PyObject *
none_or_error(int status)
{
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

UNARY(index, PyNumber_Index)
UNARY(neg, PyNumber_Negative)
UNARY(pos, PyNumber_Positive)
UNARY(abs, PyNumber_Absolute)
UNARY(inv, PyNumber_Invert)
UNARY(invert, PyNumber_Invert)

static PyObject *
operator_truth(PyObject *module, PyObject *a)
{
    return truth_or_error(PyObject_IsTrue(a));
}

static PyObject *
operator_not_(PyObject *module, PyObject *a)
{
    return not_or_error(PyObject_IsTrue(a));
}

BINARY(contains, truth_or_error(PySequence_Contains(a, b)))
BINARY(indexOf, size_or_error(PySequence_Index(a, b)))
BINARY(countOf, size_or_error(PySequence_Count(a, b)))
BINARY(is_, PyBool_FromLong(a == b))
BINARY(is_not, PyBool_FromLong(a != b))
BINARY(add, PyNumber_Add(a, b))
BINARY(sub, PyNumber_Subtract(a, b))
BINARY(mul, PyNumber_Multiply(a, b))
BINARY(matmul, PyNumber_MatrixMultiply(a, b))
BINARY(floordiv, PyNumber_FloorDivide(a, b))
BINARY(truediv, PyNumber_TrueDivide(a, b))
BINARY(mod, PyNumber_Remainder(a, b))
BINARY(lshift, PyNumber_Lshift(a, b))
BINARY(rshift, PyNumber_Rshift(a, b))
BINARY(and_, PyNumber_And(a, b))
BINARY(xor, PyNumber_Xor(a, b))
BINARY(or_, PyNumber_Or(a, b))
BINARY(iadd, PyNumber_InPlaceAdd(a, b))
BINARY(isub, PyNumber_InPlaceSubtract(a, b))
BINARY(imul, PyNumber_InPlaceMultiply(a, b))
BINARY(imatmul, PyNumber_InPlaceMatrixMultiply(a, b))
BINARY(ifloordiv, PyNumber_InPlaceFloorDivide(a, b))
BINARY(itruediv, PyNumber_InPlaceTrueDivide(a, b))
BINARY(imod, PyNumber_InPlaceRemainder(a, b))
BINARY(ilshift, PyNumber_InPlaceLshift(a, b))
BINARY(irshift, PyNumber_InPlaceRshift(a, b))
BINARY(iand, PyNumber_InPlaceAnd(a, b))
BINARY(ixor, PyNumber_InPlaceXor(a, b))
BINARY(ior, PyNumber_InPlaceOr(a, b))
BINARY(concat, PySequence_Concat(a, b))
BINARY(iconcat, PySequence_InPlaceConcat(a, b))
BINARY(getitem, PyObject_GetItem(a, b))
BINARY(delitem, none_or_error(PyObject_DelItem(a, b)))
BINARY(pow, PyNumber_Power(a, b, Py_None))
BINARY(ipow, PyNumber_InPlacePower(a, b, Py_None))
BINARY(eq, PyObject_RichCompare(a, b, Py_EQ))
BINARY(ne, PyObject_RichCompare(a, b, Py_NE))
BINARY(lt, PyObject_RichCompare(a, b, Py_LT))
BINARY(le, PyObject_RichCompare(a, b, Py_LE))
BINARY(gt, PyObject_RichCompare(a, b, Py_GT))
BINARY(ge, PyObject_RichCompare(a, b, Py_GE))

#undef UNARY
#undef BINARY

static PyObject *
operator_setitem(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("setitem", nargs, 3, 3)) {
        return NULL;
    }
    return none_or_error(PyObject_SetItem(args[0], args[1], args[2]));
}

static PyObject *
operator_length_hint(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t fallback = 0;

    if (!_PyArg_CheckPositional("length_hint", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs > 1) {
        PyObject *index = PyNumber_Index(args[1]);
        if (index == NULL) {
            return NULL;
        }
        fallback = PyLong_AsSsize_t(index);
        Py_DECREF(index);
        if (fallback == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    fallback = PyObject_LengthHint(args[0], fallback);
    return fallback == -1 && PyErr_Occurred() ? NULL
                                              : PyLong_FromSsize_t(fallback);
}

static PyObject *
operator_call(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    if (!_PyArg_CheckPositional("call", nargs, 1, PY_SSIZE_T_MAX)) {
        return NULL;
    }
    return PyObject_Vectorcall(args[0], args + 1,
                               (size_t)(nargs - 1) |
                                   PY_VECTORCALL_ARGUMENTS_OFFSET,
                               kwnames);
}

/* Whether a and b are equal, in time that depends on b's length only. */
static int
equal_constant_time(const unsigned char *a, Py_ssize_t a_len,
                    const unsigned char *b, Py_ssize_t b_len)
{
    volatile unsigned char result = a_len != b_len;
    const volatile unsigned char *left = a_len == b_len ? a : b;
    const volatile unsigned char *right = b;

    for (Py_ssize_t i = 0; i < b_len; i++) {
        result |= left[i] ^ right[i];
    }
    return result == 0;
}

static PyObject *
operator_compare_digest(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    PyObject *a, *b;
    Py_buffer x, y;
    int equal;

    if (!_PyArg_CheckPositional("_compare_digest", nargs, 2, 2)) {
        return NULL;
    }
    a = args[0];
    b = args[1];
    if (PyUnicode_Check(a) && PyUnicode_Check(b)) {
        if (!PyUnicode_IS_ASCII(a) || !PyUnicode_IS_ASCII(b)) {
            PyErr_SetString(PyExc_TypeError,
                            "comparing strings with non-ASCII characters is "
                            "not supported");
            return NULL;
        }
        return PyBool_FromLong(equal_constant_time(
            PyUnicode_DATA(a), PyUnicode_GET_LENGTH(a), PyUnicode_DATA(b),
            PyUnicode_GET_LENGTH(b)));
    }
    if (!PyObject_CheckBuffer(a) && !PyObject_CheckBuffer(b)) {
        PyErr_Format(PyExc_TypeError,
                     "unsupported operand types(s) or combination of types: "
                     "'%.100s' and '%.100s'",
                     Py_TYPE(a)->tp_name, Py_TYPE(b)->tp_name);
        return NULL;
    }
    if (PyObject_GetBuffer(a, &x, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(b, &y, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&x);
        return NULL;
    }
    equal = equal_constant_time(x.buf, x.len, y.buf, y.len);
    PyBuffer_Release(&x);
    PyBuffer_Release(&y);
    return PyBool_FromLong(equal);
}

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function))
#define ROW1(name, doc)                          \
    {#name, operator_##name, METH_O,             \
     PyDoc_STR(#name "($module, a, /)\n--\n\n" doc)}
#define ROW2(name, doc)                                   \
    {#name, FASTCALL(operator_##name), METH_FASTCALL,     \
     PyDoc_STR(#name "($module, a, b, /)\n--\n\n" doc)}

static PyMethodDef operator_methods[] = {
    ROW1(truth, "Whether a is true."),
    ROW2(contains, "b in a: the container comes first"),
    ROW2(indexOf, "The position of the first b in a."),
    ROW2(countOf, "How often b is in a."),
    ROW2(is_, "Same as a is b."),
    ROW2(is_not, "Same as a is not b."),
    ROW1(index, "Same as a.__index__()"),
    ROW2(add, "Same as a + b."),
    ROW2(sub, "Same as a - b."),
    ROW2(mul, "Same as a * b."),
    ROW2(matmul, "Same as a @ b."),
    ROW2(floordiv, "Same as a // b."),
    ROW2(truediv, "Same as a / b."),
    ROW2(mod, "Same as a % b."),
    ROW1(neg, "Same as -a."),
    ROW1(pos, "Same as +a."),
    ROW1(abs, "Same as abs(a)."),
    ROW1(inv, "Same as ~a."),
    ROW1(invert, "Same as ~a."),
    ROW2(lshift, "Same as a << b."),
    ROW2(rshift, "Same as a >> b."),
    ROW1(not_, "Same as not a."),
    ROW2(and_, "Same as a & b."),
    ROW2(xor, "Same as a ^ b."),
    ROW2(or_, "Same as a | b."),
    ROW2(iadd, "Same as a += b."),
    ROW2(isub, "Same as a -= b."),
    ROW2(imul, "Same as a *= b."),
    ROW2(imatmul, "Same as a @= b."),
    ROW2(ifloordiv, "Same as a //= b."),
    ROW2(itruediv, "Same as a /= b."),
    ROW2(imod, "Same as a %= b."),
    ROW2(ilshift, "Same as a <<= b."),
    ROW2(irshift, "Same as a >>= b."),
    ROW2(iand, "Same as a &= b."),
    ROW2(ixor, "Same as a ^= b."),
    ROW2(ior, "Same as a |= b."),
    ROW2(concat, "a + b of two sequences"),
    ROW2(iconcat, "a += b of two sequences"),
    ROW2(getitem, "Same as a[b]."),
    {"setitem", FASTCALL(operator_setitem), METH_FASTCALL,
     PyDoc_STR("setitem($module, a, b, c, /)\n--\n\nSame as a[b] = c.")},
    ROW2(delitem, "Same as del a[b]."),
    ROW2(pow, "Same as a ** b."),
    ROW2(ipow, "Same as a **= b."),
    ROW2(eq, "Same as a == b."),
    ROW2(ne, "Same as a != b."),
    ROW2(lt, "Same as a < b."),
    ROW2(le, "Same as a <= b."),
    ROW2(gt, "Same as a > b."),
    ROW2(ge, "Same as a >= b."),
    {"_compare_digest", FASTCALL(operator_compare_digest), METH_FASTCALL,
     PyDoc_STR("_compare_digest($module, a, b, /)\n--\n\n"
               "Same as a == b, in a time that does not tell where they "
               "differ.")},
    {"length_hint", FASTCALL(operator_length_hint), METH_FASTCALL,
     PyDoc_STR("length_hint($module, obj, default=0, /)\n--\n\n"
               "The length of obj, or an estimate of it, or the default.")},
    {"call", FASTCALL(operator_call), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("call($module, obj, /, *args, **kwargs)\n--\n\n"
               "obj(*args, **kwargs)")},
    {NULL, NULL, 0, NULL},
};

/* ---- what the three types share ---- */

/* "name(args)" of a tuple of arguments. */
static PyObject *
getter_repr(PyObject *op, PyObject *args)
{
    PyObject *result;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered < 0 ? NULL
                           : PyUnicode_FromFormat("%s(...)",
                                                  Py_TYPE(op)->tp_name);
    }
    result = PyTuple_GET_SIZE(args) == 1
                 ? PyUnicode_FromFormat("%s(%R)", Py_TYPE(op)->tp_name,
                                        PyTuple_GET_ITEM(args, 0))
                 : PyUnicode_FromFormat("%s%R", Py_TYPE(op)->tp_name, args);
    Py_ReprLeave(op);
    return result;
}

/* 1 if the only argument is one object. */
static int
check_one_object(const char *name, Py_ssize_t nargs, PyObject *kwnames)
{
    return _PyArg_NoKwnames(name, kwnames) &&
           _PyArg_CheckPositional(name, nargs, 1, 1);
}

/* 1 if the constructor has arguments. */
static int
has_arguments(const char *name, Py_ssize_t nargs)
{
    return nargs > 0 || _PyArg_CheckPositional(name, nargs, 1, 1);
}

/* ---- itemgetter ---- */

typedef struct {
    PyObject_HEAD
    PyObject *items;                   /* tuple */
    Py_ssize_t index;                  /* >= 0: one small int, for tuples */
    Py_ssize_t unused;
    vectorcallfunc vectorcall;
} ItemGetter;

/* items -> what they fetch from obj. */
static PyObject *
itemgetter_fetch(ItemGetter *self, PyObject *obj)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->items);
    PyObject *result;

    if (n == 1) {
        /* FAST PATH: same result without it */
        if (self->index >= 0 && PyTuple_CheckExact(obj) &&
            self->index < PyTuple_GET_SIZE(obj)) {
            return Py_NewRef(PyTuple_GET_ITEM(obj, self->index));
        }
        return PyObject_GetItem(obj, PyTuple_GET_ITEM(self->items, 0));
    }
    result = PyTuple_New(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *item = PyObject_GetItem(obj,
                                          PyTuple_GET_ITEM(self->items, i));
        if (item == NULL) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i, item);
    }
    return result;
}

static PyObject *
itemgetter_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                      PyObject *kwnames)
{
    return check_one_object("itemgetter", PyVectorcall_NARGS(nargsf), kwnames)
               ? itemgetter_fetch((ItemGetter *)self, args[0]) : NULL;
}

static PyObject *
itemgetter_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    ItemGetter *self;

    if (!_PyArg_NoKeywords("itemgetter", kwds) ||
        !has_arguments("itemgetter", PyTuple_GET_SIZE(args))) {
        return NULL;
    }
    self = PyObject_GC_New(ItemGetter, type);
    if (self == NULL) {
        return NULL;
    }
    self->items = Py_NewRef(args);
    self->index = -1;
    if (PyTuple_GET_SIZE(args) == 1 &&
        PyLong_CheckExact(PyTuple_GET_ITEM(args, 0))) {
        self->index = PyLong_AsSsize_t(PyTuple_GET_ITEM(args, 0));
        if (self->index == -1 && PyErr_Occurred()) {
            PyErr_Clear();             /* OverflowError: the general way */
        }
    }
    self->unused = 0;
    self->vectorcall = itemgetter_vectorcall;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
itemgetter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((ItemGetter *)op)->items);
    return 0;
}

static int
itemgetter_clear(PyObject *op)
{
    Py_CLEAR(((ItemGetter *)op)->items);
    return 0;
}

static void
itemgetter_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    itemgetter_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
itemgetter_repr(PyObject *op)
{
    return getter_repr(op, ((ItemGetter *)op)->items);
}

static PyObject *
itemgetter_reduce(PyObject *op, PyObject *ignored)
{
    return PyTuple_Pack(2, Py_TYPE(op), ((ItemGetter *)op)->items);
}

static PyMethodDef itemgetter_methods[] = {
    {"__reduce__", itemgetter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef itemgetter_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(ItemGetter, vectorcall),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot itemgetter_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR(
                    "itemgetter(item, ...) --> itemgetter object\n\n"
                    "A function that fetches items: itemgetter(2)(r) is "
                    "r[2].")},
    {Py_tp_new, itemgetter_new},
    {Py_tp_dealloc, itemgetter_dealloc},
    {Py_tp_traverse, itemgetter_traverse},
    {Py_tp_clear, itemgetter_clear},
    {Py_tp_repr, itemgetter_repr},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, itemgetter_methods},
    {Py_tp_members, itemgetter_members},
    {0, NULL},
};

static PyType_Spec itemgetter_spec = {
    .name = "operator.itemgetter",
    .basicsize = sizeof(ItemGetter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = itemgetter_slots,
};

/* ---- attrgetter ---- */

typedef struct {
    PyObject_HEAD
    PyObject *names;                   /* tuple, as given */
    PyObject *paths;                   /* tuple: a name, or a tuple of names
                                          for "a.b.c"; interned */
    vectorcallfunc vectorcall;
} AttrGetter;

/* "a" -> "a"; "a.b" -> ("a", "b"); interned, new. */
static PyObject *
split_path(PyObject *name)
{
    PyObject *dot, *list, *path;

    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "attribute name must be a string");
        return NULL;
    }
    if (PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1) < 0) {
        path = Py_NewRef(name);
        PyUnicode_InternInPlace(&path);
        return path;
    }
    dot = PyUnicode_FromOrdinal('.');
    list = dot == NULL ? NULL : PyUnicode_Split(name, dot, -1);
    Py_XDECREF(dot);
    if (list == NULL) {
        return NULL;
    }
    path = PyList_AsTuple(list);
    Py_DECREF(list);
    for (Py_ssize_t i = 0; path != NULL && i < PyTuple_GET_SIZE(path); i++) {
        PyUnicode_InternInPlace(&((PyTupleObject *)path)->ob_item[i]);
    }
    return path;
}

/* obj.a or obj.a.b.c */
static PyObject *
follow_path(PyObject *obj, PyObject *path)
{
    if (!PyTuple_CheckExact(path)) {
        return PyObject_GetAttr(obj, path);
    }
    Py_INCREF(obj);
    for (Py_ssize_t i = 0; obj != NULL && i < PyTuple_GET_SIZE(path); i++) {
        Py_SETREF(obj, PyObject_GetAttr(obj, PyTuple_GET_ITEM(path, i)));
    }
    return obj;
}

static PyObject *
attrgetter_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                      PyObject *kwnames)
{
    AttrGetter *self = (AttrGetter *)op;
    PyObject *result;
    Py_ssize_t n;

    if (!check_one_object("attrgetter", PyVectorcall_NARGS(nargsf), kwnames)) {
        return NULL;
    }
    n = PyTuple_GET_SIZE(self->paths);
    if (n == 1) {
        return follow_path(args[0], PyTuple_GET_ITEM(self->paths, 0));
    }
    result = PyTuple_New(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *value = follow_path(args[0],
                                      PyTuple_GET_ITEM(self->paths, i));
        if (value == NULL) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i, value);
    }
    return result;
}

static PyObject *
attrgetter_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    PyObject *paths;
    AttrGetter *self;

    if (!_PyArg_NoKeywords("attrgetter", kwds) ||
        !has_arguments("attrgetter", n)) {
        return NULL;
    }
    paths = PyTuple_New(n);
    for (Py_ssize_t i = 0; paths != NULL && i < n; i++) {
        PyObject *path = split_path(PyTuple_GET_ITEM(args, i));
        if (path == NULL) {
            Py_CLEAR(paths);
            break;
        }
        PyTuple_SET_ITEM(paths, i, path);
    }
    self = paths == NULL ? NULL : PyObject_GC_New(AttrGetter, type);
    if (self == NULL) {
        Py_XDECREF(paths);
        return NULL;
    }
    self->names = Py_NewRef(args);
    self->paths = paths;
    self->vectorcall = attrgetter_vectorcall;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
attrgetter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((AttrGetter *)op)->names);
    Py_VISIT(((AttrGetter *)op)->paths);
    return 0;
}

static int
attrgetter_clear(PyObject *op)
{
    Py_CLEAR(((AttrGetter *)op)->names);
    Py_CLEAR(((AttrGetter *)op)->paths);
    return 0;
}

static void
attrgetter_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    attrgetter_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
attrgetter_repr(PyObject *op)
{
    return getter_repr(op, ((AttrGetter *)op)->names);
}

static PyObject *
attrgetter_reduce(PyObject *op, PyObject *ignored)
{
    return PyTuple_Pack(2, Py_TYPE(op), ((AttrGetter *)op)->names);
}

static PyMethodDef attrgetter_methods[] = {
    {"__reduce__", attrgetter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef attrgetter_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(AttrGetter, vectorcall),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot attrgetter_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR(
                    "attrgetter(attr, ...) --> attrgetter object\n\n"
                    "A function that fetches attributes: "
                    "attrgetter('a.b')(r) is r.a.b.")},
    {Py_tp_new, attrgetter_new},
    {Py_tp_dealloc, attrgetter_dealloc},
    {Py_tp_traverse, attrgetter_traverse},
    {Py_tp_clear, attrgetter_clear},
    {Py_tp_repr, attrgetter_repr},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, attrgetter_methods},
    {Py_tp_members, attrgetter_members},
    {0, NULL},
};

static PyType_Spec attrgetter_spec = {
    .name = "operator.attrgetter",
    .basicsize = sizeof(AttrGetter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = attrgetter_slots,
};

/* ---- methodcaller ---- */

typedef struct {
    PyObject_HEAD
    PyObject *name;                    /* interned */
    PyObject *args;                    /* tuple */
    PyObject *kwds;                    /* dict or NULL */
} MethodCaller;

static PyObject *
methodcaller_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    MethodCaller *self;
    PyObject *rest;

    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError,
                        "methodcaller needs at least one argument, the method "
                        "name");
        return NULL;
    }
    if (!PyUnicode_Check(PyTuple_GET_ITEM(args, 0))) {
        PyErr_SetString(PyExc_TypeError, "method name must be a string");
        return NULL;
    }
    rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    self = rest == NULL ? NULL : PyObject_GC_New(MethodCaller, type);
    if (self == NULL) {
        Py_XDECREF(rest);
        return NULL;
    }
    self->name = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    PyUnicode_InternInPlace(&self->name);
    self->args = rest;
    self->kwds = Py_XNewRef(kwds);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
methodcaller_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((MethodCaller *)op)->args);
    Py_VISIT(((MethodCaller *)op)->kwds);
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static int
methodcaller_clear(PyObject *op)
{
    Py_CLEAR(((MethodCaller *)op)->name);
    Py_CLEAR(((MethodCaller *)op)->args);
    Py_CLEAR(((MethodCaller *)op)->kwds);
    return 0;
}

static void
methodcaller_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    methodcaller_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
methodcaller_call(PyObject *op, PyObject *args, PyObject *kwds)
{
    MethodCaller *self = (MethodCaller *)op;
    PyObject *method, *result;

    if (!_PyArg_NoKeywords("methodcaller", kwds) ||
        !_PyArg_CheckPositional("methodcaller", PyTuple_GET_SIZE(args), 1,
                                1)) {
        return NULL;
    }
    method = PyObject_GetAttr(PyTuple_GET_ITEM(args, 0), self->name);
    if (method == NULL) {
        return NULL;
    }
    result = PyObject_Call(method, self->args, self->kwds);
    Py_DECREF(method);
    return result;
}

/* The list of the arguments' texts: 'name', 1, b=2. */
static PyObject *
methodcaller_arguments(MethodCaller *self)
{
    PyObject *list = PyList_New(0), *text = NULL, *key, *value;
    Py_ssize_t position = 0, n = PyTuple_GET_SIZE(self->args);
    int status = list == NULL ? -1 : 0;

    for (Py_ssize_t i = -1; status == 0 && i < n; i++) {
        text = PyObject_Repr(i < 0 ? self->name
                                   : PyTuple_GET_ITEM(self->args, i));
        status = text == NULL ? -1 : PyList_Append(list, text);
        Py_XDECREF(text);
    }
    while (status == 0 && self->kwds != NULL &&
           PyDict_Next(self->kwds, &position, &key, &value)) {
        text = PyUnicode_FromFormat("%U=%R", key, value);
        status = text == NULL ? -1 : PyList_Append(list, text);
        Py_XDECREF(text);
    }
    if (status < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
methodcaller_repr(PyObject *op)
{
    PyObject *list, *comma, *joined, *result = NULL;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered < 0 ? NULL
                           : PyUnicode_FromFormat("%s(...)",
                                                  Py_TYPE(op)->tp_name);
    }
    list = methodcaller_arguments((MethodCaller *)op);
    comma = list == NULL ? NULL : PyUnicode_FromString(", ");
    joined = comma == NULL ? NULL : PyUnicode_Join(comma, list);
    if (joined != NULL) {
        result = PyUnicode_FromFormat("%s(%U)", Py_TYPE(op)->tp_name, joined);
    }
    Py_XDECREF(joined);
    Py_XDECREF(comma);
    Py_XDECREF(list);
    Py_ReprLeave(op);
    return result;
}

/* With keywords: functools.partial(methodcaller, name, **kwds)(*args). */
static PyObject *
methodcaller_reduce(PyObject *op, PyObject *ignored)
{
    MethodCaller *self = (MethodCaller *)op;
    PyObject *args, *functools, *partial, *constructor = NULL;
    PyObject *head[2] = {(PyObject *)Py_TYPE(op), self->name};

    if (self->kwds == NULL || PyDict_GET_SIZE(self->kwds) == 0) {
        Py_ssize_t n = PyTuple_GET_SIZE(self->args);
        args = PyTuple_New(n + 1);
        if (args == NULL) {
            return NULL;
        }
        PyTuple_SET_ITEM(args, 0, Py_NewRef(self->name));
        for (Py_ssize_t i = 0; i < n; i++) {
            PyTuple_SET_ITEM(args, i + 1,
                             Py_NewRef(PyTuple_GET_ITEM(self->args, i)));
        }
        return Py_BuildValue("ON", Py_TYPE(op), args);
    }
    functools = PyImport_ImportModule("functools");
    partial = functools == NULL ? NULL
                                : PyObject_GetAttr(functools, NAME(partial));
    Py_XDECREF(functools);
    if (partial != NULL) {
        constructor = PyObject_VectorcallDict(partial, head, 2, self->kwds);
        Py_DECREF(partial);
    }
    return constructor == NULL ? NULL
                               : Py_BuildValue("NO", constructor, self->args);
}

static PyMethodDef methodcaller_methods[] = {
    {"__reduce__", methodcaller_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot methodcaller_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR(
                    "methodcaller(name, ...) --> methodcaller object\n\n"
                    "A function that calls a method: "
                    "methodcaller('m', 1)(r) is r.m(1).")},
    {Py_tp_new, methodcaller_new},
    {Py_tp_dealloc, methodcaller_dealloc},
    {Py_tp_traverse, methodcaller_traverse},
    {Py_tp_clear, methodcaller_clear},
    {Py_tp_repr, methodcaller_repr},
    {Py_tp_call, methodcaller_call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, methodcaller_methods},
    {0, NULL},
};

static PyType_Spec methodcaller_spec = {
    .name = "operator.methodcaller",
    .basicsize = sizeof(MethodCaller),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = methodcaller_slots,
};

/* ---- the module ---- */

/* Makes one of the types, into *type. */
static int
operator_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddType(module, *type);
}

static int
operator_exec(PyObject *module)
{
    OperatorState *state = PyModule_GetState(module);

    if (operator_add_type(module, &attrgetter_spec, &state->attrgetter_type) <
            0 ||
        operator_add_type(module, &itemgetter_spec, &state->itemgetter_type) <
            0) {
        return -1;
    }
    return operator_add_type(module, &methodcaller_spec,
                             &state->methodcaller_type);
}

static int
operator_traverse(PyObject *module, visitproc visit, void *arg)
{
    OperatorState *state = PyModule_GetState(module);

    Py_VISIT(state->attrgetter_type);
    Py_VISIT(state->itemgetter_type);
    Py_VISIT(state->methodcaller_type);
    return 0;
}

static int
operator_clear(PyObject *module)
{
    OperatorState *state = PyModule_GetState(module);

    Py_CLEAR(state->attrgetter_type);
    Py_CLEAR(state->itemgetter_type);
    Py_CLEAR(state->methodcaller_type);
    return 0;
}

static void
operator_free(void *module)
{
    operator_clear(module);
}

static PyModuleDef_Slot operator_slots[] = {
    {Py_mod_exec, operator_exec},
    {0, NULL},
};

static struct PyModuleDef operator_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_operator",
    .m_doc = PyDoc_STR("Operators as functions."),
    .m_size = sizeof(OperatorState),
    .m_methods = operator_methods,
    .m_slots = operator_slots,
    .m_traverse = operator_traverse,
    .m_clear = operator_clear,
    .m_free = operator_free,
};

PyMODINIT_FUNC PyInit__operator(void);

PyMODINIT_FUNC
PyInit__operator(void)
{
    return PyModuleDef_Init(&operator_module);
}
