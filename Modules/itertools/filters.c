/* accumulate, chain, compress, dropwhile, filterfalse, islice, pairwise,
 * starmap, takewhile, zip_longest: iterators over iterators. */
#include "itertools.h"

#include "long.h"
#include "stackguard.h"

/* ---- dropwhile, takewhile ---- */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *it;
    long flag;              /* dropwhile: started; takewhile: stopped */
} While;

#define WHILE_FIELDS(F) F(function) F(it)
ITER_LIFE(while, While, WHILE_FIELDS)

static PyObject *
while_make(PyTypeObject *type, PyObject *args, const char *name)
{
    PyObject *function, *iterable, *it;
    While *self;

    if (!PyArg_UnpackTuple(args, name, 2, 2, &function, &iterable)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (While *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->it = it;
    return (PyObject *)self;
}

/* Truth of function(item); 1/0/-1. */
static int
call_predicate(PyObject *function, PyObject *item)
{
    PyObject *answer = call_one_arg(function, item);
    int truth;

    if (answer == NULL) {
        return -1;
    }
    truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

static PyObject *
while_reduce(PyObject *op, PyObject *ignored)
{
    While *self = (While *)op;

    return Py_BuildValue("O(OO)l", Py_TYPE(op), self->function, self->it,
                         self->flag);
}

static PyObject *
while_setstate(PyObject *op, PyObject *state)
{
    int flag = PyObject_IsTrue(state);

    if (flag < 0) {
        return NULL;
    }
    ((While *)op)->flag = flag;
    Py_RETURN_NONE;
}

static PyMethodDef while_methods[] = {ITER_REDUCE(while),
                                      ITER_SETSTATE(while), ITER_END};

#define dropwhile_traverse while_traverse
#define dropwhile_dealloc while_dealloc
#define dropwhile_methods while_methods
#define takewhile_traverse while_traverse
#define takewhile_dealloc while_dealloc
#define takewhile_methods while_methods

static PyObject *
dropwhile_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return iter_no_keywords(type, &itertools_dropwhile_type, "dropwhile", kwds)
               ? while_make(type, args, "dropwhile") : NULL;
}

static PyObject *
dropwhile_next(PyObject *op)
{
    While *self = (While *)op;
    PyObject *it = self->it, *item;

    for (;;) {
        int drop;
        item = stack_guarded_next(it);
        if (item == NULL || self->flag) {
            return item;
        }
        drop = call_predicate(self->function, item);
        if (drop == 0) {
            self->flag = 1;
            return item;
        }
        Py_DECREF(item);
        if (drop < 0) {
            return NULL;
        }
    }
}

PyTypeObject itertools_dropwhile_type = {
    ITER_TYPE_SLOTS(dropwhile, "dropwhile", While, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("dropwhile(predicate, iterable, /)\n--\n\n"
                        "Skips items while the predicate is true, then yields "
                        "all the others."),
};

static PyObject *
takewhile_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return iter_no_keywords(type, &itertools_takewhile_type, "takewhile", kwds)
               ? while_make(type, args, "takewhile") : NULL;
}

static PyObject *
takewhile_next(PyObject *op)
{
    While *self = (While *)op;
    PyObject *it = self->it, *item;
    int take;

    if (self->flag) {
        return NULL;
    }
    item = stack_guarded_next(it);
    if (item == NULL) {
        return NULL;
    }
    take = call_predicate(self->function, item);
    if (take > 0) {
        return item;
    }
    Py_DECREF(item);
    if (take == 0) {
        self->flag = 1;
    }
    return NULL;
}

PyTypeObject itertools_takewhile_type = {
    ITER_TYPE_SLOTS(takewhile, "takewhile", While, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("takewhile(predicate, iterable, /)\n--\n\n"
                        "Yields items while the predicate is true."),
};

/* ---- filterfalse, starmap ---- */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *it;
} Mapped;

#define MAPPED_FIELDS(F) F(function) F(it)
ITER_LIFE(mapped, Mapped, MAPPED_FIELDS)

static PyObject *
mapped_make(PyTypeObject *type, PyObject *args, const char *name)
{
    PyObject *function, *iterable, *it;
    Mapped *self;

    if (!PyArg_UnpackTuple(args, name, 2, 2, &function, &iterable)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (Mapped *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->it = it;
    return (PyObject *)self;
}

static PyObject *
mapped_reduce(PyObject *op, PyObject *ignored)
{
    Mapped *self = (Mapped *)op;

    return Py_BuildValue("O(OO)", Py_TYPE(op), self->function, self->it);
}

static PyMethodDef mapped_methods[] = {ITER_REDUCE(mapped), ITER_END};

#define filterfalse_traverse mapped_traverse
#define filterfalse_dealloc mapped_dealloc
#define filterfalse_methods mapped_methods
#define starmap_traverse mapped_traverse
#define starmap_dealloc mapped_dealloc
#define starmap_methods mapped_methods

static PyObject *
filterfalse_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return iter_no_keywords(type, &itertools_filterfalse_type, "filterfalse",
                            kwds)
               ? mapped_make(type, args, "filterfalse") : NULL;
}

static PyObject *
filterfalse_next(PyObject *op)
{
    Mapped *self = (Mapped *)op;
    PyObject *it = self->it, *item;

    while ((item = stack_guarded_next(it)) != NULL) {
        int truth = self->function == Py_None ||
                            self->function == (PyObject *)&PyBool_Type
                        ? PyObject_IsTrue(item)
                        : call_predicate(self->function, item);
        if (truth == 0) {
            return item;
        }
        Py_DECREF(item);
        if (truth < 0) {
            return NULL;
        }
    }
    return NULL;
}

PyTypeObject itertools_filterfalse_type = {
    ITER_TYPE_SLOTS(filterfalse, "filterfalse", Mapped, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("filterfalse(function, iterable, /)\n--\n\n"
                        "Yields the items for which the function is false; "
                        "None: the false items."),
};

static PyObject *
starmap_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return iter_no_keywords(type, &itertools_starmap_type, "starmap", kwds)
               ? mapped_make(type, args, "starmap") : NULL;
}

static PyObject *
starmap_next(PyObject *op)
{
    Mapped *self = (Mapped *)op;
    PyObject *args = stack_guarded_next(self->it), *result;

    if (args == NULL) {
        return NULL;
    }
    if (!PyTuple_CheckExact(args)) {
        Py_SETREF(args, PySequence_Tuple(args));
        if (args == NULL) {
            return NULL;
        }
    }
    result = PyObject_Call(self->function, args, NULL);
    Py_DECREF(args);
    return result;
}

PyTypeObject itertools_starmap_type = {
    ITER_TYPE_SLOTS(starmap, "starmap", Mapped, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("starmap(function, iterable, /)\n--\n\n"
                        "Yields function(*args) for each args of the "
                        "iterable."),
};

/* ---- compress ---- */

typedef struct {
    PyObject_HEAD
    PyObject *data;
    PyObject *selectors;
} Compress;

#define COMPRESS_FIELDS(F) F(data) F(selectors)
ITER_LIFE(compress, Compress, COMPRESS_FIELDS)

static PyObject *
compress_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"data", (char *)"selectors", NULL};
    PyObject *first, *second, *data = NULL, *selectors = NULL;
    Compress *self = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "OO:compress", keywords,
                                     &first, &second)) {
        return NULL;
    }
    data = PyObject_GetIter(first);
    selectors = data == NULL ? NULL : PyObject_GetIter(second);
    if (selectors != NULL) {
        self = (Compress *)type->tp_alloc(type, 0);
    }
    if (self == NULL) {
        Py_XDECREF(data);
        Py_XDECREF(selectors);
        return NULL;
    }
    self->data = data;
    self->selectors = selectors;
    return (PyObject *)self;
}

static PyObject *
compress_next(PyObject *op)
{
    Compress *self = (Compress *)op;

    for (;;) {
        PyObject *datum = stack_guarded_next(self->data), *selector;
        int truth;

        if (datum == NULL) {
            return NULL;
        }
        selector = stack_guarded_next(self->selectors);
        if (selector == NULL) {
            Py_DECREF(datum);
            return NULL;
        }
        truth = PyObject_IsTrue(selector);
        Py_DECREF(selector);
        if (truth > 0) {
            return datum;
        }
        Py_DECREF(datum);
        if (truth < 0) {
            return NULL;
        }
    }
}

static PyObject *
compress_reduce(PyObject *op, PyObject *ignored)
{
    Compress *self = (Compress *)op;

    return Py_BuildValue("O(OO)", Py_TYPE(op), self->data, self->selectors);
}

static PyMethodDef compress_methods[] = {ITER_REDUCE(compress), ITER_END};

PyTypeObject itertools_compress_type = {
    ITER_TYPE_SLOTS(compress, "compress", Compress, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("compress(data, selectors)\n--\n\n"
                        "Yields the data whose selector is true."),
};

/* ---- pairwise ---- */

typedef struct {
    PyObject_HEAD
    PyObject *it;
    PyObject *old;                     /* the last item seen, or NULL */
} Pairwise;

#define PAIRWISE_FIELDS(F) F(it) F(old)
ITER_LIFE(pairwise, Pairwise, PAIRWISE_FIELDS)

static PyObject *
pairwise_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *iterable, *it;
    Pairwise *self;

    if (!iter_no_keywords(type, &itertools_pairwise_type, "pairwise", kwds) ||
        !PyArg_UnpackTuple(args, "pairwise", 1, 1, &iterable)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (Pairwise *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->it = it;
    return (PyObject *)self;
}

/* Asking for items can come back here: everything is held and read again. */
static PyObject *
pairwise_next(PyObject *op)
{
    Pairwise *self = (Pairwise *)op;
    PyObject *it = self->it, *old, *now, *result;

    if (it == NULL) {
        return NULL;
    }
    Py_INCREF(it);
    if (self->old == NULL) {
        PyObject *first = stack_guarded_next(it);
        Py_XSETREF(self->old, first);
        if (first == NULL) {
            Py_CLEAR(self->it);
            Py_DECREF(it);
            return NULL;
        }
        if (self->it == NULL) {
            Py_CLEAR(self->old);
            Py_DECREF(it);
            return NULL;
        }
    }
    old = Py_NewRef(self->old);
    now = stack_guarded_next(it);
    Py_DECREF(it);
    if (now == NULL) {
        Py_CLEAR(self->it);
        Py_CLEAR(self->old);
        Py_DECREF(old);
        return NULL;
    }
    result = PyTuple_Pack(2, old, now);
    Py_XSETREF(self->old, now);
    Py_DECREF(old);
    return result;
}

static PyMethodDef pairwise_methods[] = {ITER_END};

PyTypeObject itertools_pairwise_type = {
    ITER_TYPE_SLOTS(pairwise, "pairwise", Pairwise, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("pairwise(iterable, /)\n--\n\n"
                        "Yields the pairs of neighbours: s -> (s0, s1), "
                        "(s1, s2), ..."),
};

/* ---- chain ---- */

typedef struct {
    PyObject_HEAD
    PyObject *source;                  /* iterator over iterables, or NULL */
    PyObject *active;                  /* the current iterator, or NULL */
} Chain;

#define CHAIN_FIELDS(F) F(source) F(active)
ITER_LIFE(chain, Chain, CHAIN_FIELDS)

/* Steals source. */
static PyObject *
chain_make(PyTypeObject *type, PyObject *source)
{
    Chain *self;

    if (source == NULL) {
        return NULL;
    }
    self = (Chain *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(source);
        return NULL;
    }
    self->source = source;
    return (PyObject *)self;
}

static PyObject *
chain_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (!iter_no_keywords(type, &itertools_chain_type, "chain", kwds)) {
        return NULL;
    }
    return chain_make(type, PyObject_GetIter(args));
}

static PyObject *
chain_from_iterable(PyObject *type, PyObject *iterable)
{
    return chain_make((PyTypeObject *)type, PyObject_GetIter(iterable));
}

static PyObject *
chain_next(PyObject *op)
{
    Chain *self = (Chain *)op;
    PyObject *item;

    while (self->source != NULL) {
        if (self->active == NULL) {
            PyObject *iterable = PyIter_Next(self->source), *active;
            if (iterable == NULL) {
                Py_CLEAR(self->source);
                return NULL;
            }
            active = PyObject_GetIter(iterable);
            Py_DECREF(iterable);
            if (active == NULL) {
                Py_CLEAR(self->source);
                return NULL;
            }
            Py_XSETREF(self->active, active);
        }
        item = stack_guarded_next(self->active);
        if (item != NULL) {
            return item;
        }
        if (abstract_end_iteration() < 0) {
            return NULL;
        }
        Py_CLEAR(self->active);
    }
    return NULL;
}

static PyObject *
chain_reduce(PyObject *op, PyObject *ignored)
{
    Chain *self = (Chain *)op;

    if (self->source == NULL) {
        return Py_BuildValue("O()", Py_TYPE(op));
    }
    return self->active != NULL
               ? Py_BuildValue("O()(OO)", Py_TYPE(op), self->source,
                               self->active)
               : Py_BuildValue("O()(O)", Py_TYPE(op), self->source);
}

static PyObject *
chain_setstate(PyObject *op, PyObject *state)
{
    Chain *self = (Chain *)op;
    PyObject *source, *active = NULL;

    if (iter_check_state(state) < 0 ||
        !PyArg_ParseTuple(state, "O|O", &source, &active)) {
        return NULL;
    }
    if (!PyIter_Check(source) || (active != NULL && !PyIter_Check(active))) {
        PyErr_SetString(PyExc_TypeError, "Arguments must be iterators.");
        return NULL;
    }
    Py_XSETREF(self->source, Py_NewRef(source));
    Py_XSETREF(self->active, Py_XNewRef(active));
    Py_RETURN_NONE;
}

static PyMethodDef chain_methods[] = {
    {"from_iterable", chain_from_iterable, METH_O | METH_CLASS,
     PyDoc_STR("from_iterable($type, iterable, /)\n--\n\n"
               "chain() of what the iterable yields, one after the other.")},
    ITER_REDUCE(chain),
    ITER_SETSTATE(chain),
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    ITER_END,
};

PyTypeObject itertools_chain_type = {
    ITER_TYPE_SLOTS(chain, "chain", Chain, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("chain(*iterables) --> chain object\n\n"
                        "Yields the items of the first iterable, then of the "
                        "second, and so on."),
};

/* ---- islice ---- */

typedef struct {
    PyObject_HEAD
    PyObject *it;                      /* NULL: exhausted */
    Py_ssize_t next;                   /* position of the next item wanted */
    Py_ssize_t stop;                   /* -1: none */
    Py_ssize_t step;
    Py_ssize_t count;                  /* items consumed */
} Islice;

#define ISLICE_FIELDS(F) F(it)
ITER_LIFE(islice, Islice, ISLICE_FIELDS)

/* None: fallback; else an index that fits. -1 with ValueError(message). */
static int
islice_index(PyObject *value, Py_ssize_t fallback, Py_ssize_t least,
             const char *message, Py_ssize_t *index)
{
    *index = fallback;
    if (value == NULL || value == Py_None) {
        return 0;
    }
    *index = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (*index == -1 && PyErr_Occurred()) {
        PyErr_Clear();                 /* whatever it was: no index */
    }
    if (*index < least) {
        PyErr_SetString(PyExc_ValueError, message);
        return -1;
    }
    return 0;
}

static PyObject *
islice_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char stop_message[] =
        "Stop argument for islice() must be None or an integer: 0 <= x <= "
        "sys.maxsize.";
    static const char both_message[] =
        "Indices for islice() must be None or an integer: 0 <= x <= "
        "sys.maxsize.";
    PyObject *iterable, *a = NULL, *b = NULL, *c = NULL, *it;
    Py_ssize_t start = 0, stop = -1, step = 1;
    Islice *self;

    if (!iter_no_keywords(type, &itertools_islice_type, "islice", kwds) ||
        !PyArg_UnpackTuple(args, "islice", 2, 4, &iterable, &a, &b, &c)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) == 2) {
        if (islice_index(a, -1, 0, stop_message, &stop) < 0) {
            return NULL;
        }
    }
    else if (islice_index(b, -1, 0, stop_message, &stop) < 0 ||
             islice_index(a, 0, 0, both_message, &start) < 0) {
        return NULL;
    }
    if (islice_index(c, 1, 1,
                     "Step for islice() must be a positive integer or None.",
                     &step) < 0) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (Islice *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->it = it;
    self->next = start;
    self->stop = stop;
    self->step = step;
    return (PyObject *)self;
}

static PyObject *
islice_next(PyObject *op)
{
    Islice *self = (Islice *)op;
    PyObject *it = self->it, *item;
    Py_ssize_t stop = self->stop, old_next;

    if (it == NULL) {
        return NULL;
    }
    while (self->count < self->next) {
        item = stack_guarded_next(it);
        if (item == NULL) {
            goto end;
        }
        Py_DECREF(item);
        self->count++;
    }
    if (stop != -1 && self->count >= stop) {
        goto end;
    }
    item = stack_guarded_next(it);
    if (item == NULL) {
        goto end;
    }
    self->count++;
    old_next = self->next;
    /* Saturates at the stop: no overflow, and no items lost behind it. */
    self->next = (Py_ssize_t)((size_t)old_next + (size_t)self->step);
    if (self->next < old_next || (stop != -1 && self->next > stop)) {
        self->next = stop;
    }
    return item;
end:
    Py_CLEAR(self->it);
    return NULL;
}

static PyObject *
islice_reduce(PyObject *op, PyObject *ignored)
{
    Islice *self = (Islice *)op;
    PyObject *stop;

    if (self->it == NULL) {
        PyObject *empty = PyList_New(0), *it;
        it = empty == NULL ? NULL : PyObject_GetIter(empty);
        Py_XDECREF(empty);
        return it == NULL ? NULL
                          : Py_BuildValue("O(Nn)n", Py_TYPE(op), it,
                                          (Py_ssize_t)0, (Py_ssize_t)0);
    }
    stop = self->stop == -1 ? Py_NewRef(Py_None)
                            : PyLong_FromSsize_t(self->stop);
    if (stop == NULL) {
        return NULL;
    }
    return Py_BuildValue("O(OnNn)n", Py_TYPE(op), self->it, self->next, stop,
                         self->step, self->count);
}

static PyObject *
islice_setstate(PyObject *op, PyObject *state)
{
    Py_ssize_t count = PyLong_AsSsize_t(state);

    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    ((Islice *)op)->count = count;
    Py_RETURN_NONE;
}

static PyMethodDef islice_methods[] = {ITER_REDUCE(islice),
                                       ITER_SETSTATE(islice), ITER_END};

PyTypeObject itertools_islice_type = {
    ITER_TYPE_SLOTS(islice, "islice", Islice, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("islice(iterable, stop) --> islice object\n"
                        "islice(iterable, start, stop[, step]) --> islice "
                        "object\n\n"
                        "Yields the items that the slice selects."),
};

/* ---- accumulate ---- */

typedef struct {
    PyObject_HEAD
    PyObject *total;                   /* NULL before the first item */
    PyObject *it;
    PyObject *binop;                   /* NULL: addition */
    PyObject *initial;                 /* still to be delivered, or NULL */
} Accumulate;

#define ACCUMULATE_FIELDS(F) F(total) F(it) F(binop) F(initial)
ITER_LIFE(accumulate, Accumulate, ACCUMULATE_FIELDS)

static PyObject *
accumulate_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"iterable", (char *)"func",
                               (char *)"initial", NULL};
    PyObject *iterable, *binop = Py_None, *initial = Py_None, *it;
    Accumulate *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|O$O:accumulate", keywords,
                                     &iterable, &binop, &initial)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (Accumulate *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->it = it;
    self->binop = binop == Py_None ? NULL : Py_NewRef(binop);
    self->initial = initial == Py_None ? NULL : Py_NewRef(initial);
    return (PyObject *)self;
}

static PyObject *
accumulate_next(PyObject *op)
{
    Accumulate *self = (Accumulate *)op;
    PyObject *item, *total;

    if (self->initial != NULL) {
        Py_XSETREF(self->total, Py_NewRef(self->initial));
        total = self->initial;
        self->initial = NULL;
        return total;
    }
    item = stack_guarded_next(self->it);
    if (item == NULL) {
        return NULL;
    }
    if (self->total == NULL) {
        self->total = Py_NewRef(item);
        return item;
    }
    total = self->binop == NULL
                ? PyNumber_Add(self->total, item)
                : call_two_args(self->binop, self->total, item);
    Py_DECREF(item);
    if (total == NULL) {
        return NULL;
    }
    Py_XSETREF(self->total, Py_NewRef(total));
    return total;
}

static PyObject *
accumulate_reduce(PyObject *op, PyObject *ignored)
{
    Accumulate *self = (Accumulate *)op;
    PyObject *binop = self->binop != NULL ? self->binop : Py_None;
    PyObject *it;

    if (self->initial != NULL) {
        /* As accumulate(chain((initial,), it), binop). */
        it = PyObject_CallFunction((PyObject *)&itertools_chain_type, "(O)O",
                                   self->initial, self->it);
        return it == NULL ? NULL
                          : Py_BuildValue("O(NO)O", Py_TYPE(op), it, binop,
                                          Py_None);
    }
    if (self->total == Py_None) {
        /* None as state would mean "not begun". */
        it = PyObject_CallFunction((PyObject *)&itertools_chain_type, "(O)O",
                                   self->total, self->it);
        if (it == NULL) {
            return NULL;
        }
        it = Py_BuildValue("NO", it, binop);
        if (it == NULL) {
            return NULL;
        }
        PyObject *again = PyObject_Call((PyObject *)Py_TYPE(op), it, NULL);
        Py_DECREF(it);
        return again == NULL
                   ? NULL
                   : Py_BuildValue("O(NiO)", &itertools_islice_type, again, 1,
                                   Py_None);
    }
    return Py_BuildValue("O(OO)O", Py_TYPE(op), self->it, binop,
                         self->total != NULL ? self->total : Py_None);
}

static PyObject *
accumulate_setstate(PyObject *op, PyObject *state)
{
    Py_XSETREF(((Accumulate *)op)->total, Py_NewRef(state));
    Py_RETURN_NONE;
}

static PyMethodDef accumulate_methods[] = {
    ITER_REDUCE(accumulate), ITER_SETSTATE(accumulate), ITER_END};

PyTypeObject itertools_accumulate_type = {
    ITER_TYPE_SLOTS(accumulate, "accumulate", Accumulate, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("accumulate(iterable, func=None, *, initial=None)\n"
                        "--\n\nYields sums of the items so far, or what "
                        "func(total, item) makes of them."),
};

/* ---- zip_longest ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t len;
    Py_ssize_t active;                 /* iterators not exhausted */
    PyObject *iterators;               /* tuple; NULL where exhausted */
    PyObject *result;                  /* tuple that is used again */
    PyObject *fill;
} ZipLongest;

#define ZIP_FIELDS(F) F(iterators) F(result) F(fill)
ITER_LIFE(zip_longest, ZipLongest, ZIP_FIELDS)

static PyObject *
zip_longest_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Py_ssize_t len = PyTuple_GET_SIZE(args);
    PyObject *fill = Py_None, *iterators, *result;
    ZipLongest *self = NULL;

    if (kwds != NULL && PyDict_GET_SIZE(kwds) > 0) {
        fill = PyDict_GET_SIZE(kwds) == 1
                   ? PyDict_GetItemWithError(kwds, NAME(fillvalue)) : NULL;
        if (fill == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_TypeError,
                                "zip_longest() got an unexpected keyword "
                                "argument");
            }
            return NULL;
        }
    }
    iterators = PyTuple_New(len);
    if (iterators == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *it = PyObject_GetIter(PyTuple_GET_ITEM(args, i));
        if (it == NULL) {
            Py_DECREF(iterators);
            return NULL;
        }
        PyTuple_SET_ITEM(iterators, i, it);
    }
    result = PyTuple_New(len);
    if (result != NULL) {
        for (Py_ssize_t i = 0; i < len; i++) {
            PyTuple_SET_ITEM(result, i, Py_NewRef(Py_None));
        }
        self = (ZipLongest *)type->tp_alloc(type, 0);
    }
    if (self == NULL) {
        Py_DECREF(iterators);
        Py_XDECREF(result);
        return NULL;
    }
    self->len = self->active = len;
    self->iterators = iterators;
    self->result = result;
    self->fill = Py_NewRef(fill);
    return (PyObject *)self;
}

/* The next item of iterator i, or the fill value; NULL: all are at the end,
 * or an error. */
static PyObject *
zip_longest_item(ZipLongest *self, Py_ssize_t i)
{
    PyObject *it = PyTuple_GET_ITEM(self->iterators, i), *item;

    if (it == NULL) {
        return Py_NewRef(self->fill);
    }
    item = PyIter_Next(it);
    if (item != NULL) {
        return item;
    }
    self->active--;
    if (self->active == 0 || PyErr_Occurred()) {
        self->active = 0;
        return NULL;
    }
    PyTuple_SET_ITEM(self->iterators, i, NULL);
    Py_DECREF(it);
    return Py_NewRef(self->fill);
}

static PyObject *
zip_longest_next(PyObject *op)
{
    ZipLongest *self = (ZipLongest *)op;
    PyObject *result = self->result;
    int reuse;

    if (self->len == 0 || self->active == 0) {
        return NULL;
    }
    reuse = Py_REFCNT(result) == 1;
    if (reuse) {
        Py_INCREF(result);
    }
    else {
        result = PyTuple_New(self->len);
        if (result == NULL) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < self->len; i++) {
        PyObject *item = zip_longest_item(self, i), *old;
        if (item == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        old = PyTuple_GET_ITEM(result, i);
        PyTuple_SET_ITEM(result, i, item);
        Py_XDECREF(old);
    }
    if (reuse && !gc_is_tracked(result)) {
        gc_track(result);
    }
    return result;
}

static PyObject *
zip_longest_reduce(PyObject *op, PyObject *ignored)
{
    ZipLongest *self = (ZipLongest *)op;
    Py_ssize_t len = PyTuple_GET_SIZE(self->iterators);
    PyObject *args = PyTuple_New(len);

    if (args == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *it = PyTuple_GET_ITEM(self->iterators, i);
        PyTuple_SET_ITEM(args, i,
                         Py_NewRef(it != NULL ? it : TUPLE_EMPTY));
    }
    return Py_BuildValue("ONO", Py_TYPE(op), args, self->fill);
}

static PyObject *
zip_longest_setstate(PyObject *op, PyObject *state)
{
    Py_XSETREF(((ZipLongest *)op)->fill, Py_NewRef(state));
    Py_RETURN_NONE;
}

static PyMethodDef zip_longest_methods[] = {
    ITER_REDUCE(zip_longest), ITER_SETSTATE(zip_longest), ITER_END};

PyTypeObject itertools_zip_longest_type = {
    ITER_TYPE_SLOTS(zip_longest, "zip_longest", ZipLongest,
                    Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) "
                        "--> zip_longest object\n\n"
                        "Yields tuples of items, until the longest iterable "
                        "ends; the others go on with the fill value."),
};
