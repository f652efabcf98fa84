/* Tuples.
 *
 * Free lists: tuples of 1 to 20 items are kept, by length, linked through
 * ob_item[0].  A free tuple is untracked, has its size, and refcount 0.
 * The empty tuple is static.
 *
 * A tuple of atoms is untracked by the collector when it meets it
 * (_PyTuple_MaybeUntrack), so every new tuple starts tracked. */
#include "Python.h"
#include "tiny.h"

#include "abstract.h"
#include "gc.h"
#include "list.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "tuple.h"

#define FREE_LENGTHS 20                /* longest tuple kept */
#define FREE_PER_LENGTH TINY_OR(2000, 1)

static PyTupleObject *free_tuples[FREE_LENGTHS + 1];
static int free_counts[FREE_LENGTHS + 1];

struct tuple_static tuple_static_empty = {
    .tuple = {.ob_base = VAR_HEAD_IMMORTAL(&PyTuple_Type, 0)},
};

/* A tuple with undefined items, untracked.  len > 0. */
static PyTupleObject *
tuple_alloc(Py_ssize_t len)
{
    PyTupleObject *self;

    if (len <= FREE_LENGTHS && (self = free_tuples[len]) != NULL) {
        free_tuples[len] = (PyTupleObject *)self->ob_item[0];
        free_counts[len]--;
        _Py_NewReference((PyObject *)self);
        return self;
    }
    if ((size_t)len > ((size_t)PY_SSIZE_T_MAX - sizeof(PyTupleObject) -
                       sizeof(PyObject *)) / sizeof(PyObject *)) {
        return (PyTupleObject *)PyErr_NoMemory();
    }
    return PyObject_GC_NewVar(PyTupleObject, &PyTuple_Type, len);
}

PyObject *
PyTuple_New(Py_ssize_t len)
{
    PyTupleObject *self;

    if (len == 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    if (len < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    self = tuple_alloc(len);
    if (self == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        self->ob_item[i] = NULL;
    }
    gc_track(self);
    return (PyObject *)self;
}

PyObject *
tuple_from_array(PyObject *const *items, Py_ssize_t n)
{
    PyTupleObject *self;

    if (n == 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    self = tuple_alloc(n);
    if (self == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        self->ob_item[i] = Py_NewRef(items[i]);
    }
    gc_track(self);
    return (PyObject *)self;
}

PyObject *
tuple_from_array_steal(PyObject *const *items, Py_ssize_t n)
{
    PyTupleObject *self;

    if (n == 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    self = tuple_alloc(n);
    if (self == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_DECREF(items[i]);
        }
        return NULL;
    }
    memcpy(self->ob_item, items, (size_t)n * sizeof(PyObject *));
    gc_track(self);
    return (PyObject *)self;
}

Py_ssize_t
PyTuple_Size(PyObject *op)
{
    if (!PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return Py_SIZE(op);
}

PyObject *
PyTuple_GetItem(PyObject *op, Py_ssize_t i)
{
    if (!PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (i < 0 || i >= Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return PyTuple_GET_ITEM(op, i);
}

int
PyTuple_SetItem(PyObject *op, Py_ssize_t i, PyObject *item)
{
    if (!PyTuple_Check(op) || Py_REFCNT(op) != 1) {
        Py_XDECREF(item);
        PyErr_BadInternalCall();
        return -1;
    }
    if (i < 0 || i >= Py_SIZE(op)) {
        Py_XDECREF(item);
        PyErr_SetString(PyExc_IndexError,
                        "tuple assignment index out of range");
        return -1;
    }
    Py_XSETREF(((PyTupleObject *)op)->ob_item[i], item);
    return 0;
}

void
_PyTuple_MaybeUntrack(PyObject *op)
{
    if (!PyTuple_CheckExact(op) || !gc_is_tracked(op)) {
        return;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(op); i++) {
        PyObject *item = PyTuple_GET_ITEM(op, i);
        /* A NULL item: still being built. */
        if (item == NULL || gc_may_be_tracked(item)) {
            return;
        }
    }
    gc_untrack(op);
}

PyObject *
PyTuple_Pack(Py_ssize_t n, ...)
{
    PyTupleObject *self;
    va_list items;

    if (n == 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    self = tuple_alloc(n);
    if (self == NULL) {
        return NULL;
    }
    va_start(items, n);
    for (Py_ssize_t i = 0; i < n; i++) {
        self->ob_item[i] = Py_NewRef(va_arg(items, PyObject *));
    }
    va_end(items);
    gc_track(self);
    return (PyObject *)self;
}

/* ---- slots ---- */

static void
tuple_dealloc(PyObject *op)
{
    PyTupleObject *self = (PyTupleObject *)op;
    Py_ssize_t len = Py_SIZE(op);

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, tuple_dealloc)
    for (Py_ssize_t i = len; --i >= 0;) {
        Py_XDECREF(self->ob_item[i]);
    }
    if (len > 0 && len <= FREE_LENGTHS && PyTuple_CheckExact(op) &&
        free_counts[len] < FREE_PER_LENGTH) {
        self->ob_item[0] = (PyObject *)free_tuples[len];
        free_tuples[len] = self;
        free_counts[len]++;
    }
    else {
        Py_TYPE(op)->tp_free(op);
    }
    Py_TRASHCAN_END
}

static int
tuple_traverse(PyObject *op, visitproc visit, void *arg)
{
    for (Py_ssize_t i = Py_SIZE(op); --i >= 0;) {
        Py_VISIT(PyTuple_GET_ITEM(op, i));
    }
    return 0;
}

static PyObject *
tuple_repr(PyObject *self)
{
    Py_ssize_t len = Py_SIZE(self);
    _PyUnicodeWriter writer;
    int entered;

    if (len == 0) {
        return PyUnicode_FromString("()");
    }
    entered = Py_ReprEnter(self);
    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("(...)") : NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = len > 1 ? 1 + 1 + (2 + 1) * (len - 1) + 1 : 4;
    if (_PyUnicodeWriter_WriteChar(&writer, '(') < 0) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *text;
        int status;

        if (i > 0 && _PyUnicodeWriter_WriteASCIIString(&writer, ", ", 2) < 0) {
            goto error;
        }
        text = PyObject_Repr(PyTuple_GET_ITEM(self, i));
        if (text == NULL) {
            goto error;
        }
        status = _PyUnicodeWriter_WriteStr(&writer, text);
        Py_DECREF(text);
        if (status < 0) {
            goto error;
        }
    }
    writer.overallocate = 0;
    if (_PyUnicodeWriter_WriteASCIIString(&writer, len > 1 ? ")" : ",)",
                                          len > 1 ? 1 : 2) < 0) {
        goto error;
    }
    Py_ReprLeave(self);
    return _PyUnicodeWriter_Finish(&writer);
error:
    Py_ReprLeave(self);
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

/* The mixing of xxHash (64 bit), one lane: the hash of a tuple is a fact that
 * programs see. */
#define HASH_PRIME_1 ((Py_uhash_t)11400714785074694791ULL)
#define HASH_PRIME_2 ((Py_uhash_t)14029467366897019727ULL)
#define HASH_PRIME_5 ((Py_uhash_t)2870177450012600261ULL)

static Py_hash_t
tuple_hash(PyObject *self)
{
    Py_ssize_t len = Py_SIZE(self);
    Py_uhash_t acc = HASH_PRIME_5;

    if (stack_guard_nested(" while hashing a tuple") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_hash_t lane = PyObject_Hash(PyTuple_GET_ITEM(self, i));
        if (lane == -1) {
            return -1;
        }
        acc += (Py_uhash_t)lane * HASH_PRIME_2;
        acc = (acc << 31) | (acc >> 33);
        acc *= HASH_PRIME_1;
    }
    acc += (Py_uhash_t)len ^ (HASH_PRIME_5 ^ 3527539UL);
    return acc == (Py_uhash_t)-1 ? 1546275796 : (Py_hash_t)acc;
}

/* Identity first, as containers compare.  1/0/-1.  Runs Python. */
static inline int
items_equal(PyObject *a, PyObject *b)
{
    int equal = a == b ? 1 : abstract_equal_plain(a, b);

    return equal >= 0 ? equal : PyObject_RichCompareBool(a, b, Py_EQ);
}

static PyObject *
tuple_richcompare(PyObject *left, PyObject *right, int op)
{
    Py_ssize_t llen, rlen, i;

    if (!PyTuple_Check(left) || !PyTuple_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    llen = Py_SIZE(left);
    rlen = Py_SIZE(right);
    for (i = 0; i < llen && i < rlen; i++) {
        int equal = items_equal(PyTuple_GET_ITEM(left, i),
                                PyTuple_GET_ITEM(right, i));
        if (equal < 0) {
            return NULL;
        }
        if (!equal) {
            break;
        }
    }
    if (i >= llen || i >= rlen) {
        Py_RETURN_RICHCOMPARE(llen, rlen, op);
    }
    if (op == Py_EQ) {
        Py_RETURN_FALSE;
    }
    if (op == Py_NE) {
        Py_RETURN_TRUE;
    }
    return PyObject_RichCompare(PyTuple_GET_ITEM(left, i),
                                PyTuple_GET_ITEM(right, i), op);
}

static Py_ssize_t
tuple_length(PyObject *self)
{
    return Py_SIZE(self);
}

static int
tuple_contains(PyObject *self, PyObject *value)
{
    int equal = 0;

    for (Py_ssize_t i = 0; equal == 0 && i < Py_SIZE(self); i++) {
        equal = items_equal(PyTuple_GET_ITEM(self, i), value);
    }
    return equal;
}

static PyObject *
tuple_item(PyObject *self, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(self, i));
}

PyObject *
PyTuple_GetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    if (op == NULL || !PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    low = Py_MAX(low, 0);
    high = Py_MIN(high, Py_SIZE(op));
    high = Py_MAX(high, low);
    if (low == 0 && high == Py_SIZE(op) && PyTuple_CheckExact(op)) {
        return Py_NewRef(op);
    }
    return tuple_from_array(((PyTupleObject *)op)->ob_item + low, high - low);
}

static PyObject *
tuple_concat(PyObject *left, PyObject *right)
{
    Py_ssize_t llen, rlen;
    PyTupleObject *result;

    if (Py_SIZE(left) == 0 && PyTuple_CheckExact(right)) {
        return Py_NewRef(right);
    }
    if (!PyTuple_Check(right)) {
        PyErr_Format(PyExc_TypeError,
                     "can only concatenate tuple (not \"%.200s\") to tuple",
                     Py_TYPE(right)->tp_name);
        return NULL;
    }
    if (Py_SIZE(right) == 0 && PyTuple_CheckExact(left)) {
        return Py_NewRef(left);
    }
    llen = Py_SIZE(left);
    rlen = Py_SIZE(right);
    if (llen > PY_SSIZE_T_MAX - rlen) {
        return PyErr_NoMemory();
    }
    if (llen + rlen == 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    result = tuple_alloc(llen + rlen);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < llen; i++) {
        result->ob_item[i] = Py_NewRef(PyTuple_GET_ITEM(left, i));
    }
    for (Py_ssize_t i = 0; i < rlen; i++) {
        result->ob_item[llen + i] = Py_NewRef(PyTuple_GET_ITEM(right, i));
    }
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
tuple_repeat(PyObject *self, Py_ssize_t count)
{
    Py_ssize_t len = Py_SIZE(self);
    PyTupleObject *result;

    if (len == 0 || count == 1) {
        if (PyTuple_CheckExact(self)) {
            return Py_NewRef(self);
        }
    }
    if (len == 0 || count <= 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    if (count > PY_SSIZE_T_MAX / len) {
        return PyErr_NoMemory();
    }
    result = tuple_alloc(len * count);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *item = PyTuple_GET_ITEM(self, i);
        Py_SET_REFCNT(item, Py_REFCNT(item) + count);
        result->ob_item[i] = item;
    }
    for (Py_ssize_t i = len; i < len * count; i++) {
        result->ob_item[i] = result->ob_item[i - len];
    }
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
tuple_subscript_slice(PyObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step, len, at;
    PyTupleObject *result;

    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    len = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (len <= 0) {
        return Py_NewRef(TUPLE_EMPTY);
    }
    if (start == 0 && step == 1 && len == Py_SIZE(self) &&
        PyTuple_CheckExact(self)) {
        return Py_NewRef(self);
    }
    if (step == 1) {
        return tuple_from_array(((PyTupleObject *)self)->ob_item + start, len);
    }
    result = tuple_alloc(len);
    if (result == NULL) {
        return NULL;
    }
    at = start;
    for (Py_ssize_t i = 0; i < len; i++, at += step) {
        result->ob_item[i] = Py_NewRef(PyTuple_GET_ITEM(self, at));
    }
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
tuple_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return tuple_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (PySlice_Check(index)) {
        return tuple_subscript_slice(self, index);
    }
    PyErr_Format(PyExc_TypeError,
                 "tuple indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
    return NULL;
}

/* ---- making from Python ---- */

static PyObject *
tuple_new_for(PyTypeObject *type, PyObject *iterable)
{
    PyObject *tuple, *self;

    tuple = iterable == NULL ? Py_NewRef(TUPLE_EMPTY)
                             : PySequence_Tuple(iterable);
    if (tuple == NULL || type == &PyTuple_Type) {
        return tuple;
    }
    self = type->tp_alloc(type, Py_SIZE(tuple));
    if (self != NULL) {
        for (Py_ssize_t i = 0; i < Py_SIZE(tuple); i++) {
            PyTuple_SET_ITEM(self, i, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
        }
    }
    Py_DECREF(tuple);
    return self;
}

static PyObject *
tuple_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *iterable = NULL;

    if ((type == &PyTuple_Type || type->tp_init == PyTuple_Type.tp_init) &&
        !_PyArg_NoKeywords("tuple", kwds)) {
        return NULL;
    }
    if (!PyArg_UnpackTuple(args, "tuple", 0, 1, &iterable)) {
        return NULL;
    }
    return tuple_new_for(type, iterable);
}

static PyObject *
tuple_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("tuple", kwnames) ||
        !_PyArg_CheckPositional("tuple", nargs, 0, 1)) {
        return NULL;
    }
    return tuple_new_for((PyTypeObject *)type, nargs > 0 ? args[0] : NULL);
}

/* Changes the length of a tuple that nobody else has seen; on failure *op is
 * NULL and the tuple released. */
int
_PyTuple_Resize(PyObject **op, Py_ssize_t len)
{
    PyTupleObject *old = (PyTupleObject *)*op, *now;
    Py_ssize_t old_len;

    if (old == NULL || !PyTuple_CheckExact(old) ||
        (Py_SIZE(old) != 0 && Py_REFCNT(old) != 1)) {
        *op = NULL;
        Py_XDECREF(old);
        PyErr_BadInternalCall();
        return -1;
    }
    old_len = Py_SIZE(old);
    if (old_len == len) {
        return 0;
    }
    if (old_len == 0) {
        Py_DECREF(old);
        *op = PyTuple_New(len);
        return *op == NULL ? -1 : 0;
    }
    if (len == 0) {
        Py_DECREF(old);
        *op = Py_NewRef(TUPLE_EMPTY);
        return 0;
    }
    if (gc_is_tracked(old)) {
        gc_untrack(old);
    }
    for (Py_ssize_t i = len; i < old_len; i++) {
        Py_CLEAR(old->ob_item[i]);
    }
    now = PyObject_GC_Resize(PyTupleObject, old, len);
    if (now == NULL) {
        *op = NULL;
        PyObject_GC_Del(old);
        return -1;
    }
    for (Py_ssize_t i = old_len; i < len; i++) {
        now->ob_item[i] = NULL;
    }
    *op = (PyObject *)now;
    gc_track(now);
    return 0;
}

/* ---- methods ---- */

static PyObject *
tuple_getnewargs(PyObject *self, PyObject *ignored)
{
    PyObject *plain = tuple_from_array(((PyTupleObject *)self)->ob_item,
                                       Py_SIZE(self));

    return plain == NULL ? NULL : Py_BuildValue("(N)", plain);
}

static PyObject *
tuple_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;

    if (!_PyArg_CheckPositional("index", nargs, 1, 3) ||
        (nargs > 1 && !_PyEval_SliceIndexNotNone(args[1], &start)) ||
        (nargs > 2 && !_PyEval_SliceIndexNotNone(args[2], &stop))) {
        return NULL;
    }
    if (start < 0) {
        start = Py_MAX(start + Py_SIZE(self), 0);
    }
    if (stop < 0) {
        stop += Py_SIZE(self);
    }
    stop = Py_MIN(stop, Py_SIZE(self));
    for (Py_ssize_t i = start; i < stop; i++) {
        int equal = PyObject_RichCompareBool(PyTuple_GET_ITEM(self, i),
                                             args[0], Py_EQ);
        if (equal != 0) {
            return equal < 0 ? NULL : PyLong_FromSsize_t(i);
        }
    }
    PyErr_SetString(PyExc_ValueError, "tuple.index(x): x not in tuple");
    return NULL;
}

static PyObject *
tuple_count(PyObject *self, PyObject *value)
{
    Py_ssize_t count = 0;

    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = PyObject_RichCompareBool(PyTuple_GET_ITEM(self, i), value,
                                             Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        count += equal;
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
tuple_iter(PyObject *self)
{
    TupleIterObject *iter = PyObject_GC_New(TupleIterObject,
                                            &PyTupleIter_Type);

    if (iter == NULL) {
        return NULL;
    }
    iter->it_index = 0;
    iter->it_seq = (PyTupleObject *)Py_NewRef(self);
    gc_track(iter);
    return (PyObject *)iter;
}

static PyMethodDef tuple_methods[] = {
    {"__getnewargs__", tuple_getnewargs, METH_NOARGS,
     PyDoc_STR("__getnewargs__($self, /)\n--\n\nArguments for copying.")},
    {"index", (PyCFunction)(void (*)(void))tuple_index, METH_FASTCALL,
     PyDoc_STR("index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
               "The position of the first equal item.\n\n"
               "Raises ValueError if there is none.")},
    {"count", tuple_count, METH_O,
     PyDoc_STR("count($self, value, /)\n--\n\nHow many items are equal.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods tuple_as_sequence = {
    .sq_length = tuple_length,
    .sq_concat = tuple_concat,
    .sq_repeat = tuple_repeat,
    .sq_item = tuple_item,
    .sq_contains = tuple_contains,
};

static PyMappingMethods tuple_as_mapping = {
    .mp_length = tuple_length,
    .mp_subscript = tuple_subscript,
};

PyDoc_STRVAR(tuple_doc,
"tuple(iterable=(), /)\n--\n\n"
"An immutable sequence.\n\n"
"Without an argument empty, else with the items of the iterable.");

PyTypeObject PyTuple_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "tuple",
    .tp_basicsize = sizeof(PyTupleObject) - sizeof(PyObject *),
    .tp_itemsize = sizeof(PyObject *),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE | Py_TPFLAGS_TUPLE_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = tuple_doc,
    .tp_new = tuple_new,
    .tp_vectorcall = tuple_vectorcall,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = tuple_dealloc,
    .tp_traverse = tuple_traverse,
    .tp_repr = tuple_repr,
    .tp_hash = tuple_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = tuple_richcompare,
    .tp_as_sequence = &tuple_as_sequence,
    .tp_as_mapping = &tuple_as_mapping,
    .tp_iter = tuple_iter,
    .tp_methods = tuple_methods,
};

/* ---- iterator ---- */

static void
tuple_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((TupleIterObject *)op)->it_seq);
    PyObject_GC_Del(op);
}

static int
tuple_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((TupleIterObject *)op)->it_seq);
    return 0;
}

static PyObject *
tuple_iter_next(PyObject *op)
{
    TupleIterObject *self = (TupleIterObject *)op;
    PyTupleObject *seq = self->it_seq;

    if (seq == NULL) {
        return NULL;
    }
    if (self->it_index < PyTuple_GET_SIZE(seq)) {
        return Py_NewRef(seq->ob_item[self->it_index++]);
    }
    self->it_seq = NULL;
    Py_DECREF(seq);
    return NULL;
}

static PyObject *
tuple_iter_length_hint(PyObject *op, PyObject *ignored)
{
    TupleIterObject *self = (TupleIterObject *)op;

    return PyLong_FromSsize_t(
        self->it_seq != NULL ? PyTuple_GET_SIZE(self->it_seq) - self->it_index
                             : 0);
}

static PyObject *
tuple_iter_reduce(PyObject *op, PyObject *ignored)
{
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));
    TupleIterObject *self = (TupleIterObject *)op;

    if (iter == NULL) {
        return NULL;
    }
    if (self->it_seq != NULL) {
        return Py_BuildValue("N(O)n", iter, self->it_seq, self->it_index);
    }
    return Py_BuildValue("N(())", iter);
}

static PyObject *
tuple_iter_setstate(PyObject *op, PyObject *state)
{
    TupleIterObject *self = (TupleIterObject *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->it_seq != NULL) {
        index = Py_MAX(index, 0);
        self->it_index = Py_MIN(index, PyTuple_GET_SIZE(self->it_seq));
    }
    Py_RETURN_NONE;
}

static PyMethodDef tuple_iter_methods[] = {
    {"__length_hint__", tuple_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", tuple_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", tuple_iter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyTupleIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "tuple_iterator",
    .tp_basicsize = sizeof(TupleIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = tuple_iter_dealloc,
    .tp_traverse = tuple_iter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = tuple_iter_next,
    .tp_methods = tuple_iter_methods,
};

/* ---- free lists ---- */

void
tuple_clear_free_lists(void)
{
    for (Py_ssize_t len = 1; len <= FREE_LENGTHS; len++) {
        PyTupleObject *tuple = free_tuples[len];
        free_tuples[len] = NULL;
        free_counts[len] = 0;
        while (tuple != NULL) {
            PyTupleObject *next = (PyTupleObject *)tuple->ob_item[0];
            PyObject_GC_Del(tuple);
            tuple = next;
        }
    }
}

int
sequences_init(PyInterpreterState *interp)
{
    return 0;
}

void
sequences_fini(PyInterpreterState *interp)
{
    slice_fini(interp);
    list_clear_free_list();
    tuple_clear_free_lists();
}

void
_PyTuple_DebugMallocStats(FILE *out)
{
    for (int len = 1; len <= FREE_LENGTHS; len++) {
        char text[64];
        PyOS_snprintf(text, sizeof(text), "free %d-sized PyTupleObject", len);
        _PyDebugAllocatorStats(out, text, free_counts[len],
                               _PyObject_VAR_SIZE(&PyTuple_Type, len));
    }
}
