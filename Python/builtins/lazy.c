/* The iterator types map, filter and zip. */

#include "Python.h"

#include "gc.h"
#include "names.h"
#include "stackguard.h"

/* Attributes that a function needs: an error in `args` for `type` if keywords
 * are given and `type` is the exact one (or keeps its constructor). */
static int
refuse_keywords(PyTypeObject *type, PyTypeObject *exact, const char *name,
                PyObject *kwargs)
{
    return type == exact || type->tp_init == exact->tp_init
               ? _PyArg_NoKeywords(name, kwargs) : 1;
}

/* A tuple of iterators over the items of `iterables` from `first` on. */
static PyObject *
make_iterators(PyObject *iterables, Py_ssize_t first)
{
    Py_ssize_t count = PyTuple_GET_SIZE(iterables) - first;
    PyObject *iterators = PyTuple_New(count);

    for (Py_ssize_t i = 0; iterators != NULL && i < count; i++) {
        PyObject *iterator =
            PyObject_GetIter(PyTuple_GET_ITEM(iterables, first + i));
        if (iterator == NULL) {
            Py_CLEAR(iterators);
            break;
        }
        PyTuple_SET_ITEM(iterators, i, iterator);
    }
    return iterators;
}

/* ---- filter ------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *iterator;
} filterobject;

static PyObject *
filter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *function, *iterable;

    if (!refuse_keywords(type, &PyFilter_Type, "filter", kwargs) ||
        !PyArg_UnpackTuple(args, "filter", 2, 2, &function, &iterable)) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    filterobject *self = (filterobject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(iterator);
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->iterator = iterator;
    return (PyObject *)self;
}

static PyObject *
filter_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                  PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("filter", kwnames) ||
        !_PyArg_CheckPositional("filter", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(args[1]);
    if (iterator == NULL) {
        return NULL;
    }
    filterobject *self =
        (filterobject *)PyFilter_Type.tp_alloc((PyTypeObject *)type, 0);
    if (self == NULL) {
        Py_DECREF(iterator);
        return NULL;
    }
    self->function = Py_NewRef(args[0]);
    self->iterator = iterator;
    return (PyObject *)self;
}

static void
filter_dealloc(filterobject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, filter_dealloc)
    Py_XDECREF(self->function);
    Py_XDECREF(self->iterator);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

static int
filter_traverse(filterobject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->iterator);
    Py_VISIT(self->function);
    return 0;
}

static PyObject *
filter_next(filterobject *self)
{
    PyObject *item;
    int plain = self->function == Py_None ||
                self->function == (PyObject *)&PyBool_Type;

    while ((item = stack_guarded_next(self->iterator)) !=
           NULL) {
        int truth;
        if (plain) {
            truth = PyObject_IsTrue(item);
        }
        else {
            PyObject *answer = PyObject_CallOneArg(self->function, item);
            if (answer == NULL) {
                Py_DECREF(item);
                return NULL;
            }
            truth = PyObject_IsTrue(answer);
            Py_DECREF(answer);
        }
        if (truth > 0) {
            return item;
        }
        Py_DECREF(item);
        if (truth < 0) {
            return NULL;
        }
    }
    return NULL;
}

static PyObject *
filter_reduce(filterobject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->function,
                         self->iterator);
}

PyDoc_STRVAR(reduce_doc, "What is needed to pickle the iterator.");

static PyMethodDef filter_methods[] = {
    {"__reduce__", (PyCFunction)filter_reduce, METH_NOARGS, reduce_doc},
    {NULL},
};

PyDoc_STRVAR(filter_doc,
"filter(function or None, iterable) --> filter object\n\n"
"An iterator over the items for which the function gives true; with None,\n"
"over those that are true.");

PyTypeObject PyFilter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "filter",
    .tp_basicsize = sizeof(filterobject),
    .tp_dealloc = (destructor)filter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE,
    .tp_doc = filter_doc,
    .tp_traverse = (traverseproc)filter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)filter_next,
    .tp_methods = filter_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = filter_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = filter_vectorcall,
};

/* ---- map ---------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *iterators;           /* tuple */
    PyObject *function;
} mapobject;

static PyObject *
map_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!refuse_keywords(type, &PyMap_Type, "map", kwargs)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) < 2) {
        PyErr_SetString(PyExc_TypeError,
                        "map() must have at least two arguments.");
        return NULL;
    }
    PyObject *iterators = make_iterators(args, 1);
    if (iterators == NULL) {
        return NULL;
    }
    mapobject *self = (mapobject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(iterators);
        return NULL;
    }
    self->iterators = iterators;
    self->function = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    return (PyObject *)self;
}

static PyObject *
map_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
               PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("map", kwnames)) {
        return NULL;
    }
    if (nargs < 2) {
        PyErr_SetString(PyExc_TypeError,
                        "map() must have at least two arguments.");
        return NULL;
    }
    PyObject *iterators = PyTuple_New(nargs - 1);
    for (Py_ssize_t i = 1; iterators != NULL && i < nargs; i++) {
        PyObject *iterator = PyObject_GetIter(args[i]);
        if (iterator == NULL) {
            Py_CLEAR(iterators);
            break;
        }
        PyTuple_SET_ITEM(iterators, i - 1, iterator);
    }
    if (iterators == NULL) {
        return NULL;
    }
    mapobject *self =
        (mapobject *)PyMap_Type.tp_alloc((PyTypeObject *)type, 0);
    if (self == NULL) {
        Py_DECREF(iterators);
        return NULL;
    }
    self->iterators = iterators;
    self->function = Py_NewRef(args[0]);
    return (PyObject *)self;
}

static void
map_dealloc(mapobject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, map_dealloc)
    Py_XDECREF(self->iterators);
    Py_XDECREF(self->function);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

static int
map_traverse(mapobject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->iterators);
    Py_VISIT(self->function);
    return 0;
}

/* Collects one item of each iterator in `items` (owned).  Returns how many
 * there are: fewer than `count` at the end or with an exception. */
static Py_ssize_t
next_items(PyObject *iterators, PyObject **items, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *iterator = PyTuple_GET_ITEM(iterators, i);
        items[i] = stack_guarded_next(iterator);
        if (items[i] == NULL) {
            return i;
        }
    }
    return count;
}

static PyObject *
map_next(mapobject *self)
{
    PyObject *few[8], **items = few, *result = NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(self->iterators);

    /* The place before the first is for the callee's use. */
    if (count + 1 > (Py_ssize_t)Py_ARRAY_LENGTH(few)) {
        items = PyMem_Malloc((size_t)(count + 1) * sizeof(PyObject *));
        if (items == NULL) {
            return PyErr_NoMemory();
        }
    }
    Py_ssize_t got = next_items(self->iterators, items + 1, count);
    if (got == count) {
        result = PyObject_Vectorcall(
            self->function, items + 1,
            (size_t)count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    for (Py_ssize_t i = 0; i < got; i++) {
        Py_DECREF(items[i + 1]);
    }
    if (items != few) {
        PyMem_Free(items);
    }
    return result;
}

static PyObject *
map_reduce(mapobject *self, PyObject *Py_UNUSED(ignored))
{
    Py_ssize_t count = PyTuple_GET_SIZE(self->iterators);
    PyObject *args = PyTuple_New(count + 1);

    if (args == NULL) {
        return NULL;
    }
    PyTuple_SET_ITEM(args, 0, Py_NewRef(self->function));
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(args, i + 1,
                         Py_NewRef(PyTuple_GET_ITEM(self->iterators, i)));
    }
    return Py_BuildValue("ON", Py_TYPE(self), args);
}

static PyMethodDef map_methods[] = {
    {"__reduce__", (PyCFunction)map_reduce, METH_NOARGS, reduce_doc},
    {NULL},
};

PyDoc_STRVAR(map_doc,
"map(func, *iterables) --> map object\n\n"
"An iterator over func(item), with an item of each iterable; it ends with\n"
"the shortest.");

PyTypeObject PyMap_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "map",
    .tp_basicsize = sizeof(mapobject),
    .tp_dealloc = (destructor)map_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE,
    .tp_doc = map_doc,
    .tp_traverse = (traverseproc)map_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)map_next,
    .tp_methods = map_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = map_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = map_vectorcall,
};

/* ---- zip ---------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    PyObject *iterators;           /* tuple */
    PyObject *result;              /* tuple, used again if nobody keeps it */
    int strict;
} zipobject;

/* `strict` of the keyword arguments: 0 or -1. */
static int
parse_strict(PyObject *kwargs, int *strict)
{
    static char *keywords[] = {(char *)"strict", NULL};

    *strict = 0;
    if (kwargs == NULL) {
        return 0;
    }
    PyObject *empty = PyTuple_New(0);
    if (empty == NULL) {
        return -1;
    }
    int parsed = PyArg_ParseTupleAndKeywords(empty, kwargs, "|$p:zip",
                                             keywords, strict);
    Py_DECREF(empty);
    return parsed ? 0 : -1;
}

static PyObject *
zip_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *iterators = NULL, *result = NULL;
    int strict;

    if (parse_strict(kwargs, &strict) < 0) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    iterators = make_iterators(args, 0);
    if (iterators == NULL) {
        return NULL;
    }
    result = PyTuple_New(count);
    if (result == NULL) {
        Py_DECREF(iterators);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(result, i, Py_NewRef(Py_None));
    }
    zipobject *self = (zipobject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(iterators);
        Py_DECREF(result);
        return NULL;
    }
    self->count = count;
    self->iterators = iterators;
    self->result = result;
    self->strict = strict;
    return (PyObject *)self;
}

static void
zip_dealloc(zipobject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, zip_dealloc)
    Py_XDECREF(self->iterators);
    Py_XDECREF(self->result);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

static int
zip_traverse(zipobject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->iterators);
    Py_VISIT(self->result);
    return 0;
}

/* The iterator at `ended` is exhausted: in strict mode the others must be
 * too.  Returns NULL, with an exception if they are not. */
static PyObject *
check_strict(zipobject *self, Py_ssize_t ended)
{
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
            return NULL;
        }
        PyErr_Clear();
    }
    if (ended > 0) {
        return PyErr_Format(PyExc_ValueError,
                            "zip() argument %zd is shorter than argument%s"
                            "%zd", ended + 1, ended == 1 ? " " : "s 1-",
                            ended);
    }
    for (Py_ssize_t i = 1; i < self->count; i++) {
        PyObject *iterator = PyTuple_GET_ITEM(self->iterators, i);
        PyObject *item = stack_guarded_next(iterator);
        if (item != NULL) {
            Py_DECREF(item);
            return PyErr_Format(PyExc_ValueError,
                                "zip() argument %zd is longer than argument"
                                "%s%zd", i + 1, i == 1 ? " " : "s 1-", i);
        }
        if (PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
                return NULL;
            }
            PyErr_Clear();
        }
    }
    return NULL;
}

static PyObject *
zip_next(zipobject *self)
{
    PyObject *result = self->result;

    if (self->count == 0) {
        return NULL;
    }
    int is_mine = Py_REFCNT(result) == 1;
    if (is_mine) {
        Py_INCREF(result);             /* the caller's */
    }
    else {
        result = PyTuple_New(self->count);
        if (result == NULL) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *iterator = PyTuple_GET_ITEM(self->iterators, i);
        PyObject *item = stack_guarded_next(iterator);
        if (item == NULL) {
            Py_DECREF(result);
            return self->strict ? check_strict(self, i) : NULL;
        }
        PyObject *old = PyTuple_GET_ITEM(result, i);
        PyTuple_SET_ITEM(result, i, item);
        Py_XDECREF(old);
    }
    /* The collector untracks tuples of atoms; this one has new items. */
    if (is_mine && !PyObject_GC_IsTracked(result)) {
        PyObject_GC_Track(result);
    }
    return result;
}

static PyObject *
zip_reduce(zipobject *self, PyObject *Py_UNUSED(ignored))
{
    if (self->strict) {
        return PyTuple_Pack(3, Py_TYPE(self), self->iterators, Py_True);
    }
    return PyTuple_Pack(2, Py_TYPE(self), self->iterators);
}

PyDoc_STRVAR(setstate_doc, "Restores what __reduce__ saved.");

static PyObject *
zip_setstate(zipobject *self, PyObject *state)
{
    int strict = PyObject_IsTrue(state);

    if (strict < 0) {
        return NULL;
    }
    self->strict = strict;
    Py_RETURN_NONE;
}

static PyMethodDef zip_methods[] = {
    {"__reduce__", (PyCFunction)zip_reduce, METH_NOARGS, reduce_doc},
    {"__setstate__", (PyCFunction)zip_setstate, METH_O, setstate_doc},
    {NULL},
};

PyDoc_STRVAR(zip_doc,
"zip(*iterables, strict=False) --> zip object\n\n"
"An iterator over tuples with an item of each iterable.\n\n"
"   >>> list(zip('ab', range(5)))\n"
"   [('a', 0), ('b', 1)]\n\n"
"It ends with the shortest; in strict mode it is an error if they differ in\n"
"length.");

PyTypeObject PyZip_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "zip",
    .tp_basicsize = sizeof(zipobject),
    .tp_dealloc = (destructor)zip_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE,
    .tp_doc = zip_doc,
    .tp_traverse = (traverseproc)zip_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)zip_next,
    .tp_methods = zip_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = zip_new,
    .tp_free = PyObject_GC_Del,
};
