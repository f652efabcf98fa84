/* enumerate and reversed. */
#include "Python.h"

#include "abstract.h"
#include "gc.h"
#include "long.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"

/* ---- enumerate ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t en_index;               /* next, while it fits */
    PyObject *en_sit;                  /* the iterator */
    PyObject *en_result;               /* pair that is used again */
    PyObject *en_longindex;            /* next, when large; else NULL */
    PyObject *one;                     /* int 1, for large indices */
} EnumObject;

static PyObject *
enum_new_for(PyTypeObject *type, PyObject *iterable, PyObject *start)
{
    EnumObject *self = (EnumObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (start != NULL) {
        start = PyNumber_Index(start);
        if (start == NULL) {
            Py_DECREF(self);
            return NULL;
        }
        self->en_index = PyLong_AsSsize_t(start);
        if (self->en_index == -1 && PyErr_Occurred()) {
            PyErr_Clear();             /* OverflowError: counts with ints */
            self->en_index = PY_SSIZE_T_MAX;
            self->en_longindex = start;
        }
        else {
            Py_DECREF(start);
        }
    }
    self->en_sit = PyObject_GetIter(iterable);
    if (self->en_sit == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->en_result = PyTuple_Pack(2, Py_None, Py_None);
    if (self->en_result == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
enum_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"iterable", (char *)"start", NULL};
    PyObject *iterable, *start = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|O:enumerate", keywords,
                                     &iterable, &start)) {
        return NULL;
    }
    return enum_new_for(type, iterable, start);
}

static int
check_keyword(PyObject *kwnames, Py_ssize_t i, const char *name)
{
    PyObject *kwname = PyTuple_GET_ITEM(kwnames, i);

    if (_PyUnicode_EqualToASCIIString(kwname, name)) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError,
                 "'%.200U' is an invalid keyword argument for enumerate()",
                 kwname);
    return 0;
}

static PyObject *
enum_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    PyTypeObject *tp = (PyTypeObject *)type;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), nkwargs = 0;

    if (kwnames != NULL) {
        nkwargs = PyTuple_GET_SIZE(kwnames);
    }
    if (nargs + nkwargs == 2) {
        if (nkwargs == 1) {
            if (!check_keyword(kwnames, 0, "start")) {
                return NULL;
            }
        }
        else if (nkwargs == 2) {
            PyObject *first = PyTuple_GET_ITEM(kwnames, 0);
            if (_PyUnicode_EqualToASCIIString(first, "start")) {
                return check_keyword(kwnames, 1, "iterable")
                           ? enum_new_for(tp, args[1], args[0]) : NULL;
            }
            if (!check_keyword(kwnames, 0, "iterable") ||
                !check_keyword(kwnames, 1, "start")) {
                return NULL;
            }
        }
        return enum_new_for(tp, args[0], args[1]);
    }
    if (nargs + nkwargs == 1) {
        if (nkwargs == 1 && !check_keyword(kwnames, 0, "iterable")) {
            return NULL;
        }
        return enum_new_for(tp, args[0], NULL);
    }
    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "enumerate() missing required argument 'iterable'");
        return NULL;
    }
    PyErr_Format(PyExc_TypeError,
                 "enumerate() takes at most 2 arguments (%zd given)",
                 nargs + nkwargs);
    return NULL;
}

static void
enum_dealloc(PyObject *op)
{
    EnumObject *self = (EnumObject *)op;

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, enum_dealloc)
    Py_XDECREF(self->en_sit);
    Py_XDECREF(self->en_result);
    Py_XDECREF(self->en_longindex);
    Py_XDECREF(self->one);
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
enum_traverse(PyObject *op, visitproc visit, void *arg)
{
    EnumObject *self = (EnumObject *)op;

    Py_VISIT(self->en_sit);
    Py_VISIT(self->en_result);
    Py_VISIT(self->en_longindex);
    return 0;
}

/* The index as a new object, and counts on. */
static PyObject *
enum_count(EnumObject *self)
{
    PyObject *index;

    if (self->en_index != PY_SSIZE_T_MAX) {
        return PyLong_FromSsize_t(self->en_index++);
    }
    index = self->en_longindex;
    if (index == NULL) {
        index = PyLong_FromSsize_t(PY_SSIZE_T_MAX);
        if (index == NULL) {
            return NULL;
        }
    }
    self->en_longindex = PyNumber_Add(index, long_peek_small(1));
    if (self->en_longindex == NULL) {
        self->en_longindex = index;
        return NULL;
    }
    return index;
}

static PyObject *
enum_next(PyObject *op)
{
    EnumObject *self = (EnumObject *)op;
    PyObject *iterator = self->en_sit, *pair = self->en_result;
    PyObject *item = stack_guarded_next(iterator), *index;

    if (item == NULL) {
        return NULL;
    }
    index = enum_count(self);
    if (index == NULL) {
        Py_DECREF(item);
        return NULL;
    }
    if (Py_REFCNT(pair) == 1) {
        PyObject *old_index = PyTuple_GET_ITEM(pair, 0);
        PyObject *old_item = PyTuple_GET_ITEM(pair, 1);
        Py_INCREF(pair);
        PyTuple_SET_ITEM(pair, 0, index);
        PyTuple_SET_ITEM(pair, 1, item);
        Py_DECREF(old_index);
        Py_DECREF(old_item);
        if (!gc_is_tracked(pair)) {
            gc_track(pair);
        }
        return pair;
    }
    pair = PyTuple_New(2);
    if (pair == NULL) {
        Py_DECREF(index);
        Py_DECREF(item);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, index);
    PyTuple_SET_ITEM(pair, 1, item);
    return pair;
}

static PyObject *
enum_reduce(PyObject *op, PyObject *ignored)
{
    EnumObject *self = (EnumObject *)op;

    if (self->en_longindex != NULL) {
        return Py_BuildValue("O(OO)", Py_TYPE(op), self->en_sit,
                             self->en_longindex);
    }
    return Py_BuildValue("O(On)", Py_TYPE(op), self->en_sit, self->en_index);
}

static PyMethodDef enum_methods[] = {
    {"__reduce__", enum_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(enum_doc,
"enumerate(iterable, start=0)\n--\n\n"
"Counts: yields the pairs (start, first item), (start + 1, second item), ...");

PyTypeObject PyEnum_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "enumerate",
    .tp_basicsize = sizeof(EnumObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = enum_doc,
    .tp_new = enum_new,
    .tp_vectorcall = enum_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = enum_dealloc,
    .tp_traverse = enum_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = enum_next,
    .tp_methods = enum_methods,
};

/* ---- reversed ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;                  /* next, counting down */
    PyObject *seq;                     /* NULL: exhausted */
} ReversedObject;

static PyObject *
reversed_new_for(PyTypeObject *type, PyObject *seq)
{
    PyObject *method;
    ReversedObject *self;
    Py_ssize_t len;
    int found = object_find_special(seq, NAME(__reversed__), &method);

    if (found < 0) {
        return NULL;
    }
    if (found && method == Py_None) {
        Py_DECREF(method);
        return abstract_type_error("'%.200s' object is not reversible", seq);
    }
    if (found) {
        PyObject *result = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        return result;
    }
    if (!PySequence_Check(seq)) {
        return abstract_type_error("'%.200s' object is not reversible", seq);
    }
    len = PySequence_Size(seq);
    if (len < 0) {
        return NULL;
    }
    self = (ReversedObject *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->index = len - 1;
        self->seq = Py_NewRef(seq);
    }
    return (PyObject *)self;
}

static PyObject *
reversed_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *seq;

    if (type == &PyReversed_Type && !_PyArg_NoKeywords("reversed", kwds)) {
        return NULL;
    }
    if (!PyArg_UnpackTuple(args, "reversed", 1, 1, &seq)) {
        return NULL;
    }
    return reversed_new_for(type, seq);
}

static PyObject *
reversed_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                    PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("reversed", kwnames) ||
        !_PyArg_CheckPositional("reversed", nargs, 1, 1)) {
        return NULL;
    }
    return reversed_new_for((PyTypeObject *)type, args[0]);
}

static void
reversed_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((ReversedObject *)op)->seq);
    Py_TYPE(op)->tp_free(op);
}

static int
reversed_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((ReversedObject *)op)->seq);
    return 0;
}

static PyObject *
reversed_next(PyObject *op)
{
    ReversedObject *self = (ReversedObject *)op;

    if (self->index >= 0) {
        PyObject *item = PySequence_GetItem(self->seq, self->index);
        if (item != NULL) {
            self->index--;
            return item;
        }
        if (PyErr_ExceptionMatches(PyExc_IndexError) ||
            PyErr_ExceptionMatches(PyExc_StopIteration)) {
            PyErr_Clear();
        }
    }
    self->index = -1;
    Py_CLEAR(self->seq);
    return NULL;
}

static PyObject *
reversed_length_hint(PyObject *op, PyObject *ignored)
{
    ReversedObject *self = (ReversedObject *)op;
    Py_ssize_t len, position = self->index + 1;

    if (self->seq == NULL) {
        return PyLong_FromLong(0);
    }
    len = PySequence_Size(self->seq);
    if (len < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(len < position ? 0 : position);
}

static PyObject *
reversed_reduce(PyObject *op, PyObject *ignored)
{
    ReversedObject *self = (ReversedObject *)op;

    if (self->seq != NULL) {
        return Py_BuildValue("O(O)n", Py_TYPE(op), self->seq, self->index);
    }
    return Py_BuildValue("O(())", Py_TYPE(op));
}

static PyObject *
reversed_setstate(PyObject *op, PyObject *state)
{
    ReversedObject *self = (ReversedObject *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state), len;

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->seq != NULL) {
        len = PySequence_Size(self->seq);
        if (len < 0) {
            return NULL;
        }
        self->index = Py_MIN(Py_MAX(index, -1), len - 1);
    }
    Py_RETURN_NONE;
}

static PyMethodDef reversed_methods[] = {
    {"__length_hint__", reversed_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", reversed_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"__setstate__", reversed_setstate, METH_O,
     PyDoc_STR("Restores a pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyReversed_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "reversed",
    .tp_basicsize = sizeof(ReversedObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("reversed(sequence, /)\n--\n\n"
                        "An iterator from the last item to the first."),
    .tp_new = reversed_new,
    .tp_vectorcall = reversed_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = reversed_dealloc,
    .tp_traverse = reversed_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = reversed_next,
    .tp_methods = reversed_methods,
};
