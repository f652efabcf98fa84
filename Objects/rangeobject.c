/* range, and its iterators.
 *
 * A range holds ints of any size, with its length computed when made.  When
 * all of it fits C longs, iteration counts in C; else in ints. */
#include "Python.h"
#include "structmember.h"

#include "abstract.h"
#include "long.h"
#include "names.h"
#include "object.h"
#include "tuple.h"

typedef struct {
    PyObject_HEAD
    PyObject *index;                   /* items delivered */
    PyObject *start;
    PyObject *step;
    PyObject *len;
} LongRangeIterObject;

/* ---- arithmetic on bounds ---- */

static inline unsigned long
range_length_of_longs(long low, long high, long step)
{
    if (step > 0 && low < high) {
        return 1UL + ((unsigned long)high - 1UL - (unsigned long)low) /
                         (unsigned long)step;
    }
    if (step < 0 && low > high) {
        return 1UL + ((unsigned long)low - 1UL - (unsigned long)high) /
                         (0UL - (unsigned long)step);
    }
    return 0;
}

/* 1 and *value if op is an int that fits; never raises. */
static inline int
as_long(PyObject *op, long *value)
{
    int overflow;

    if (long_is_short(op)) {
        *value = (long)long_short_value(op);
        return 1;
    }
    *value = PyLong_AsLongAndOverflow(op, &overflow);
    return overflow == 0;
}

/* Number of items, new. */
static PyObject *
range_compute_length(PyObject *start, PyObject *stop, PyObject *step)
{
    PyObject *low, *high, *stride, *span = NULL, *last = NULL, *count = NULL;
    PyObject *result = NULL;
    long a, b, c;
    int empty;

    if (as_long(start, &a) && as_long(stop, &b) && as_long(step, &c)) {
        unsigned long len = range_length_of_longs(a, b, c);
        return PyLong_FromUnsignedLong(len);
    }
    if (_PyLong_Sign(step) > 0) {
        low = start;
        high = stop;
        stride = Py_NewRef(step);
    }
    else {
        low = stop;
        high = start;
        stride = PyNumber_Negative(step);
        if (stride == NULL) {
            return NULL;
        }
    }
    empty = PyObject_RichCompareBool(low, high, Py_GE);
    if (empty != 0) {
        Py_DECREF(stride);
        return empty < 0 ? NULL : PyLong_FromLong(0);
    }
    span = PyNumber_Subtract(high, low);
    last = span == NULL ? NULL : PyNumber_Subtract(span, long_peek_small(1));
    count = last == NULL ? NULL : PyNumber_FloorDivide(last, stride);
    result = count == NULL ? NULL : PyNumber_Add(count, long_peek_small(1));
    Py_XDECREF(count);
    Py_XDECREF(last);
    Py_XDECREF(span);
    Py_DECREF(stride);
    return result;
}

/* A range; steals all three. */
static PyObject *
range_make(PyTypeObject *type, PyObject *start, PyObject *stop, PyObject *step)
{
    PyObject *length = range_compute_length(start, stop, step);
    RangeObject *self = NULL;

    if (length != NULL) {
        self = PyObject_New(RangeObject, type);
    }
    if (self == NULL) {
        Py_XDECREF(length);
        Py_DECREF(start);
        Py_DECREF(stop);
        Py_DECREF(step);
        return NULL;
    }
    self->start = start;
    self->stop = stop;
    self->step = step;
    self->length = length;
    return (PyObject *)self;
}

static PyObject *
range_from_array(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *start = NULL, *stop = NULL, *step = NULL;

    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "range expected at least 1 argument, got 0");
        return NULL;
    }
    if (nargs > 3) {
        PyErr_Format(PyExc_TypeError,
                     "range expected at most 3 arguments, got %zd", nargs);
        return NULL;
    }
    if (nargs == 1) {
        stop = PyNumber_Index(args[0]);
        if (stop == NULL) {
            return NULL;
        }
        return range_make(type, Py_NewRef(long_peek_small(0)), stop,
                          Py_NewRef(long_peek_small(1)));
    }
    start = PyNumber_Index(args[0]);
    stop = start == NULL ? NULL : PyNumber_Index(args[1]);
    if (stop != NULL) {
        step = nargs == 3 ? PyNumber_Index(args[2])
                          : Py_NewRef(long_peek_small(1));
    }
    if (step != NULL && _PyLong_Sign(step) == 0) {
        PyErr_SetString(PyExc_ValueError, "range() arg 3 must not be zero");
        Py_CLEAR(step);
    }
    if (step == NULL) {
        Py_XDECREF(start);
        Py_XDECREF(stop);
        return NULL;
    }
    return range_make(type, start, stop, step);
}

static PyObject *
range_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (!_PyArg_NoKeywords("range", kwds)) {
        return NULL;
    }
    return range_from_array(type, ((PyTupleObject *)args)->ob_item,
                            PyTuple_GET_SIZE(args));
}

static PyObject *
range_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("range", kwnames)) {
        return NULL;
    }
    return range_from_array((PyTypeObject *)type, args,
                            PyVectorcall_NARGS(nargsf));
}

static void
range_dealloc(PyObject *op)
{
    RangeObject *self = (RangeObject *)op;

    Py_DECREF(self->start);
    Py_DECREF(self->stop);
    Py_DECREF(self->step);
    Py_DECREF(self->length);
    PyObject_Free(op);
}

static Py_ssize_t
range_length(PyObject *self)
{
    return PyLong_AsSsize_t(((RangeObject *)self)->length);
}

static int
range_bool(PyObject *self)
{
    return _PyLong_Sign(((RangeObject *)self)->length) != 0;
}

/* start + index * step, new. */
static PyObject *
range_value_at(PyObject *start, PyObject *step, PyObject *index)
{
    PyObject *offset, *value;
    long a, b, c, product;

    if (as_long(start, &a) && as_long(step, &b) && as_long(index, &c) &&
        !__builtin_mul_overflow(b, c, &product) &&
        !__builtin_add_overflow(a, product, &product)) {
        return PyLong_FromLong(product);
    }
    offset = PyNumber_Multiply(index, step);
    if (offset == NULL) {
        return NULL;
    }
    value = PyNumber_Add(start, offset);
    Py_DECREF(offset);
    return value;
}

/* self[index] for an int, negative from the end. */
static PyObject *
range_item_at(RangeObject *self, PyObject *index)
{
    PyObject *position, *value = NULL;
    int beyond;

    position = _PyLong_Sign(index) < 0 ? PyNumber_Add(self->length, index)
                                       : Py_NewRef(index);
    if (position == NULL) {
        return NULL;
    }
    beyond = _PyLong_Sign(position) < 0
                 ? 1 : PyObject_RichCompareBool(position, self->length, Py_GE);
    if (beyond > 0) {
        PyErr_SetString(PyExc_IndexError, "range object index out of range");
    }
    else if (beyond == 0) {
        value = range_value_at(self->start, self->step, position);
    }
    Py_DECREF(position);
    return value;
}

static PyObject *
range_item(PyObject *self, Py_ssize_t i)
{
    PyObject *index = PyLong_FromSsize_t(i), *value;

    if (index == NULL) {
        return NULL;
    }
    value = range_item_at((RangeObject *)self, index);
    Py_DECREF(index);
    return value;
}

static PyObject *
range_subscript_slice(RangeObject *self, PyObject *slice)
{
    PyObject *start, *stop, *step, *first = NULL, *last = NULL;
    PyObject *stride = NULL, *result = NULL;

    if (_PySlice_GetLongIndices((PySliceObject *)slice, self->length, &start,
                                &stop, &step) < 0) {
        return NULL;
    }
    stride = PyNumber_Multiply(self->step, step);
    first = stride == NULL ? NULL
                           : range_value_at(self->start, self->step, start);
    last = first == NULL ? NULL
                         : range_value_at(self->start, self->step, stop);
    if (last != NULL) {
        result = range_make(Py_TYPE(self), first, last, stride);
    }
    else {
        Py_XDECREF(first);
        Py_XDECREF(stride);
    }
    Py_DECREF(start);
    Py_DECREF(stop);
    Py_DECREF(step);
    return result;
}

static PyObject *
range_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        PyObject *i = PyNumber_Index(index), *value;
        if (i == NULL) {
            return NULL;
        }
        value = range_item_at((RangeObject *)self, i);
        Py_DECREF(i);
        return value;
    }
    if (PySlice_Check(index)) {
        return range_subscript_slice((RangeObject *)self, index);
    }
    PyErr_Format(PyExc_TypeError,
                 "range indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
    return NULL;
}

/* Whether an exact int is in the range.  1/0/-1. */
static int
range_contains_int(RangeObject *self, PyObject *value)
{
    PyObject *offset, *remainder;
    int before, inside, result;

    before = _PyLong_Sign(self->step) > 0
                 ? PyObject_RichCompareBool(self->start, value, Py_LE)
                 : PyObject_RichCompareBool(value, self->start, Py_LE);
    if (before <= 0) {
        return before;
    }
    inside = _PyLong_Sign(self->step) > 0
                 ? PyObject_RichCompareBool(value, self->stop, Py_LT)
                 : PyObject_RichCompareBool(self->stop, value, Py_LT);
    if (inside <= 0) {
        return inside;
    }
    offset = PyNumber_Subtract(value, self->start);
    if (offset == NULL) {
        return -1;
    }
    remainder = PyNumber_Remainder(offset, self->step);
    Py_DECREF(offset);
    if (remainder == NULL) {
        return -1;
    }
    result = _PyLong_Sign(remainder) == 0;
    Py_DECREF(remainder);
    return result;
}

static inline int
is_plain_int(PyObject *op)
{
    return PyLong_CheckExact(op) || PyBool_Check(op);
}

static int
range_contains(PyObject *self, PyObject *value)
{
    if (is_plain_int(value)) {
        return range_contains_int((RangeObject *)self, value);
    }
    return (int)_PySequence_IterSearch(self, value, PY_ITERSEARCH_CONTAINS);
}

/* Ranges are equal if they are so as sequences. */
static int
range_equals(RangeObject *a, RangeObject *b)
{
    int equal;

    if (a == b) {
        return 1;
    }
    equal = PyObject_RichCompareBool(a->length, b->length, Py_EQ);
    if (equal <= 0 || _PyLong_Sign(a->length) == 0) {
        return equal;
    }
    equal = PyObject_RichCompareBool(a->start, b->start, Py_EQ);
    if (equal <= 0) {
        return equal;
    }
    equal = PyObject_RichCompareBool(a->length, long_peek_small(1), Py_EQ);
    if (equal != 0) {
        return equal;
    }
    return PyObject_RichCompareBool(a->step, b->step, Py_EQ);
}

static PyObject *
range_richcompare(PyObject *self, PyObject *other, int op)
{
    int equal;

    if (!PyRange_Check(other) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = range_equals((RangeObject *)self, (RangeObject *)other);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

/* Of (length, start, step), with None for what does not matter. */
static Py_hash_t
range_hash(PyObject *op)
{
    RangeObject *self = (RangeObject *)op;
    PyObject *start = Py_None, *step = Py_None, *tuple;
    Py_hash_t hash;
    long len;

    if (_PyLong_Sign(self->length) != 0) {
        start = self->start;
        if (!(as_long(self->length, &len) && len == 1)) {
            step = self->step;
        }
    }
    tuple = PyTuple_Pack(3, self->length, start, step);
    if (tuple == NULL) {
        return -1;
    }
    hash = PyObject_Hash(tuple);
    Py_DECREF(tuple);
    return hash;
}

static PyObject *
range_count(PyObject *self, PyObject *value)
{
    Py_ssize_t count;

    if (is_plain_int(value)) {
        int found = range_contains_int((RangeObject *)self, value);
        return found < 0 ? NULL : PyLong_FromLong(found);
    }
    count = _PySequence_IterSearch(self, value, PY_ITERSEARCH_COUNT);
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *
range_index(PyObject *op, PyObject *value)
{
    RangeObject *self = (RangeObject *)op;
    PyObject *offset, *index;
    int found;

    if (!is_plain_int(value)) {
        Py_ssize_t i = _PySequence_IterSearch(op, value, PY_ITERSEARCH_INDEX);
        return i < 0 ? NULL : PyLong_FromSsize_t(i);
    }
    found = range_contains_int(self, value);
    if (found < 0) {
        return NULL;
    }
    if (!found) {
        PyErr_Format(PyExc_ValueError, "%R is not in range", value);
        return NULL;
    }
    offset = PyNumber_Subtract(value, self->start);
    if (offset == NULL) {
        return NULL;
    }
    index = PyNumber_FloorDivide(offset, self->step);
    Py_DECREF(offset);
    return index;
}

static PyObject *
range_repr(PyObject *op)
{
    RangeObject *self = (RangeObject *)op;
    long step;

    if (as_long(self->step, &step) && step == 1) {
        return PyUnicode_FromFormat("range(%R, %R)", self->start, self->stop);
    }
    return PyUnicode_FromFormat("range(%R, %R, %R)", self->start, self->stop,
                                self->step);
}

static PyObject *
range_reduce(PyObject *op, PyObject *ignored)
{
    RangeObject *self = (RangeObject *)op;

    return Py_BuildValue("(O(OOO))", Py_TYPE(op), self->start, self->stop,
                         self->step);
}

/* ---- iterators ---- */

/* If all values, one step beyond included, fit a long: an iterator that
 * counts in C. */
static PyObject *
range_fast_iter(long start, long stop, long step)
{
    RangeIterObject *iter = PyObject_New(RangeIterObject, &PyRangeIter_Type);

    if (iter == NULL) {
        return NULL;
    }
    iter->start = start;
    iter->step = step;
    iter->len = (long)range_length_of_longs(start, stop, step);
    iter->index = 0;
    return (PyObject *)iter;
}

/* Steals nothing. */
static PyObject *
range_long_iter(PyObject *start, PyObject *step, PyObject *len)
{
    LongRangeIterObject *iter = PyObject_New(LongRangeIterObject,
                                             &PyLongRangeIter_Type);

    if (iter == NULL) {
        return NULL;
    }
    iter->index = Py_NewRef(long_peek_small(0));
    iter->start = Py_NewRef(start);
    iter->step = Py_NewRef(step);
    iter->len = Py_NewRef(len);
    return (PyObject *)iter;
}

/* Whether counting from start by step in `stop`'s direction stays in long. */
static int
range_fits_longs(long start, long stop, long step)
{
    long past;

    return !__builtin_add_overflow(stop, step, &past) &&
           range_length_of_longs(start, stop, step) <= (unsigned long)LONG_MAX;
}

static PyObject *
range_iter(PyObject *op)
{
    RangeObject *self = (RangeObject *)op;
    long start, stop, step;

    if (as_long(self->start, &start) && as_long(self->stop, &stop) &&
        as_long(self->step, &step) && range_fits_longs(start, stop, step)) {
        return range_fast_iter(start, stop, step);
    }
    return range_long_iter(self->start, self->step, self->length);
}

static PyObject *
range_reversed(PyObject *op, PyObject *ignored)
{
    RangeObject *self = (RangeObject *)op;
    PyObject *last = NULL, *stride = NULL, *index, *result = NULL;
    long start, stop, step;

    if (as_long(self->start, &start) && as_long(self->stop, &stop) &&
        as_long(self->step, &step) && step > -LONG_MAX) {
        unsigned long len = range_length_of_longs(start, stop, step);
        long past;
        if (len <= (unsigned long)LONG_MAX &&
            !__builtin_sub_overflow(start, step, &past)) {
            /* start - step < ... < last: the wrapping sum is exact. */
            long from = (long)((unsigned long)start +
                               (len - 1) * (unsigned long)step);
            return range_fast_iter(len == 0 ? past : from, past, -step);
        }
    }
    stride = PyNumber_Negative(self->step);
    index = stride == NULL ? NULL
                           : PyNumber_Subtract(self->length,
                                               long_peek_small(1));
    if (index != NULL) {
        last = range_value_at(self->start, self->step, index);
        Py_DECREF(index);
    }
    if (last != NULL) {
        result = range_long_iter(last, stride, self->length);
    }
    Py_XDECREF(last);
    Py_XDECREF(stride);
    return result;
}

static PyObject *
rangeiter_next(PyObject *op)
{
    RangeIterObject *self = (RangeIterObject *)op;

    if (self->index < self->len) {
        return PyLong_FromLong((long)((unsigned long)self->start +
                                      (unsigned long)self->index++ *
                                          (unsigned long)self->step));
    }
    return NULL;
}

static PyObject *
rangeiter_length_hint(PyObject *op, PyObject *ignored)
{
    RangeIterObject *self = (RangeIterObject *)op;

    return PyLong_FromLong(self->len - self->index);
}

/* iter(range(...)) and how many items are gone. */
static PyObject *
rangeiter_reduce(PyObject *op, PyObject *ignored)
{
    RangeIterObject *self = (RangeIterObject *)op;
    PyObject *start = PyLong_FromLong(self->start), *stop = NULL, *step = NULL;
    PyObject *range = NULL, *function;

    if (start != NULL) {
        stop = PyLong_FromLong((long)((unsigned long)self->start +
                                      (unsigned long)self->len *
                                          (unsigned long)self->step));
    }
    step = stop == NULL ? NULL : PyLong_FromLong(self->step);
    if (step == NULL) {
        Py_XDECREF(start);
        Py_XDECREF(stop);
        return NULL;
    }
    range = range_make(&PyRange_Type, start, stop, step);
    if (range == NULL) {
        return NULL;
    }
    function = _PyEval_GetBuiltin(NAME(iter));
    if (function == NULL) {
        Py_DECREF(range);
        return NULL;
    }
    return Py_BuildValue("N(N)l", function, range, self->index);
}

static PyObject *
rangeiter_setstate(PyObject *op, PyObject *state)
{
    RangeIterObject *self = (RangeIterObject *)op;
    long index = PyLong_AsLong(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    self->index = Py_MIN(Py_MAX(index, 0), self->len);
    Py_RETURN_NONE;
}

static void
rangeiter_dealloc(PyObject *op)
{
    PyObject_Free(op);
}

static PyMethodDef rangeiter_methods[] = {
    {"__length_hint__", rangeiter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", rangeiter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", rangeiter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyRangeIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "range_iterator",
    .tp_basicsize = sizeof(RangeIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = rangeiter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = rangeiter_next,
    .tp_methods = rangeiter_methods,
};

static PyObject *
longrangeiter_next(PyObject *op)
{
    LongRangeIterObject *self = (LongRangeIterObject *)op;
    PyObject *value, *index;
    int left = PyObject_RichCompareBool(self->index, self->len, Py_LT);

    if (left <= 0) {
        return NULL;
    }
    value = range_value_at(self->start, self->step, self->index);
    if (value == NULL) {
        return NULL;
    }
    index = PyNumber_Add(self->index, long_peek_small(1));
    if (index == NULL) {
        Py_DECREF(value);
        return NULL;
    }
    Py_SETREF(self->index, index);
    return value;
}

static PyObject *
longrangeiter_length_hint(PyObject *op, PyObject *ignored)
{
    LongRangeIterObject *self = (LongRangeIterObject *)op;

    return PyNumber_Subtract(self->len, self->index);
}

static PyObject *
longrangeiter_reduce(PyObject *op, PyObject *ignored)
{
    LongRangeIterObject *self = (LongRangeIterObject *)op;
    PyObject *stop = range_value_at(self->start, self->step, self->len);
    PyObject *range, *function;

    if (stop == NULL) {
        return NULL;
    }
    range = range_make(&PyRange_Type, Py_NewRef(self->start), stop,
                       Py_NewRef(self->step));
    if (range == NULL) {
        return NULL;
    }
    function = _PyEval_GetBuiltin(NAME(iter));
    if (function == NULL) {
        Py_DECREF(range);
        return NULL;
    }
    return Py_BuildValue("N(N)O", function, range, self->index);
}

static PyObject *
longrangeiter_setstate(PyObject *op, PyObject *state)
{
    LongRangeIterObject *self = (LongRangeIterObject *)op;
    int cmp;

    if (!PyLong_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return NULL;
    }
    if (_PyLong_Sign(state) < 0) {
        state = long_peek_small(0);
    }
    else {
        cmp = PyObject_RichCompareBool(state, self->len, Py_GT);
        if (cmp < 0) {
            return NULL;
        }
        if (cmp > 0) {
            state = self->len;
        }
    }
    Py_SETREF(self->index, Py_NewRef(state));
    Py_RETURN_NONE;
}

static void
longrangeiter_dealloc(PyObject *op)
{
    LongRangeIterObject *self = (LongRangeIterObject *)op;

    Py_XDECREF(self->index);
    Py_XDECREF(self->start);
    Py_XDECREF(self->step);
    Py_XDECREF(self->len);
    PyObject_Free(op);
}

static PyMethodDef longrangeiter_methods[] = {
    {"__length_hint__", longrangeiter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", longrangeiter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", longrangeiter_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyLongRangeIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "longrange_iterator",
    .tp_basicsize = sizeof(LongRangeIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = longrangeiter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = longrangeiter_next,
    .tp_methods = longrangeiter_methods,
};

/* ---- the type ---- */

static PyMethodDef range_methods[] = {
    {"__reversed__", range_reversed, METH_NOARGS,
     PyDoc_STR("An iterator from the last item to the first.")},
    {"__reduce__", range_reduce, METH_NOARGS, NULL},
    {"count", range_count, METH_O,
     PyDoc_STR("rangeobject.count(value) -> how many items are equal")},
    {"index", range_index, METH_O,
     PyDoc_STR("rangeobject.index(value) -> position of the value.\n"
               "Raises ValueError if it is not there.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef range_members[] = {
    {"start", T_OBJECT_EX, offsetof(RangeObject, start), READONLY, NULL},
    {"stop", T_OBJECT_EX, offsetof(RangeObject, stop), READONLY, NULL},
    {"step", T_OBJECT_EX, offsetof(RangeObject, step), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods range_as_number = {
    .nb_bool = range_bool,
};

static PySequenceMethods range_as_sequence = {
    .sq_length = range_length,
    .sq_item = range_item,
    .sq_contains = range_contains,
};

static PyMappingMethods range_as_mapping = {
    .mp_length = range_length,
    .mp_subscript = range_subscript,
};

PyTypeObject PyRange_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "range",
    .tp_basicsize = sizeof(RangeObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .tp_doc = PyDoc_STR("range(stop) -> range object\n"
                        "range(start, stop[, step]) -> range object\n\n"
                        "The ints from start (0) up to, not including, stop, "
                        "by step (1)."),
    .tp_new = range_new,
    .tp_vectorcall = range_vectorcall,
    .tp_dealloc = range_dealloc,
    .tp_repr = range_repr,
    .tp_hash = range_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = range_richcompare,
    .tp_as_number = &range_as_number,
    .tp_as_sequence = &range_as_sequence,
    .tp_as_mapping = &range_as_mapping,
    .tp_iter = range_iter,
    .tp_methods = range_methods,
    .tp_members = range_members,
};
