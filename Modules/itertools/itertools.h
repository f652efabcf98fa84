#ifndef LUCID_ITERTOOLS_H
#define LUCID_ITERTOOLS_H
/* What the files of the module share: life cycles generated from lists of
 * fields, and the types. */
#include "Python.h"

#include "abstract.h"
#include "call.h"
#include "gc.h"
#include "names.h"
#include "object.h"
#include "tuple.h"

#define ITER_VISIT(field) Py_VISIT(self->field);
#define ITER_XDECREF(field) Py_XDECREF(self->field);

/* <prefix>_traverse and <prefix>_dealloc of a struct `Type` whose object
 * fields FIELDS(F) lists. */
#define ITER_LIFE(prefix, Type, FIELDS)                              \
    static int prefix##_traverse(PyObject *op, visitproc visit,      \
                                 void *arg)                          \
    {                                                                \
        Type *self = (Type *)op;                                     \
        FIELDS(ITER_VISIT)                                           \
        return 0;                                                    \
    }                                                                \
    static void prefix##_dealloc(PyObject *op)                       \
    {                                                                \
        Type *self = (Type *)op;                                     \
        PyObject_GC_UnTrack(op);                                     \
        Py_TRASHCAN_BEGIN(op, prefix##_dealloc)                      \
        FIELDS(ITER_XDECREF)                                         \
        Py_TYPE(op)->tp_free(op);                                    \
        Py_TRASHCAN_END                                              \
    }

#define ITER_TYPE_SLOTS(prefix, pyname, Type, extra_flags)           \
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                   \
    .tp_name = "itertools." pyname, .tp_basicsize = sizeof(Type),    \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |            \
                (extra_flags),                                       \
    .tp_new = prefix##_new, .tp_alloc = PyType_GenericAlloc,         \
    .tp_free = PyObject_GC_Del, .tp_dealloc = prefix##_dealloc,      \
    .tp_traverse = prefix##_traverse,                                \
    .tp_getattro = PyObject_GenericGetAttr,                          \
    .tp_iter = PyObject_SelfIter, .tp_iternext = prefix##_next,      \
    .tp_methods = prefix##_methods

#define ITER_REDUCE(prefix) \
    {"__reduce__", prefix##_reduce, METH_NOARGS, \
     PyDoc_STR("State for pickling.")}
#define ITER_SETSTATE(prefix) \
    {"__setstate__", prefix##_setstate, METH_O, \
     PyDoc_STR("Restores a pickled state.")}
#define ITER_END {NULL, NULL, 0, NULL}

/* No keywords, unless a subclass with an __init__ of its own takes them. */
static inline int
iter_no_keywords(PyTypeObject *type, PyTypeObject *own, const char *name,
                 PyObject *kwds)
{
    return (type != own && type->tp_init != own->tp_init) ||
           _PyArg_NoKeywords(name, kwds);
}

static inline int
iter_check_state(PyObject *state)
{
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state is not a tuple");
        return -1;
    }
    return 0;
}

extern PyTypeObject itertools_accumulate_type, itertools_chain_type,
    itertools_combinations_type, itertools_cwr_type, itertools_compress_type,
    itertools_count_type, itertools_cycle_type, itertools_dropwhile_type,
    itertools_filterfalse_type, itertools_groupby_type,
    itertools_grouper_type, itertools_islice_type, itertools_pairwise_type,
    itertools_permutations_type, itertools_product_type,
    itertools_repeat_type, itertools_starmap_type, itertools_takewhile_type,
    itertools_tee_type, itertools_tee_data_type, itertools_zip_longest_type;

extern PyObject *itertools_tee(PyObject *module, PyObject *const *args,
                               Py_ssize_t nargs);

#endif
