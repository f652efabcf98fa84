/* product, combinations, combinations_with_replacement, permutations.
 *
 * Each keeps indices into pools (tuples), and the result tuple it gave last:
 * if nobody else has it, it is changed in place. */
#include "itertools.h"

/* The tuple to fill for the next result: the old one if it is free, else a
 * copy.  Borrowed from *result; NULL on error. */
static PyObject *
result_for_update(PyObject **result)
{
    PyObject *old = *result;

    if (Py_REFCNT(old) > 1) {
        PyObject *copy = tuple_from_array(((PyTupleObject *)old)->ob_item,
                                          PyTuple_GET_SIZE(old));
        if (copy == NULL) {
            return NULL;
        }
        *result = copy;
        Py_DECREF(old);
    }
    else if (!gc_is_tracked(old) && PyTuple_GET_SIZE(old) > 0) {
        gc_track(old);
    }
    return *result;
}

/* Puts pool[index] at `at`. */
static inline void
result_set(PyObject *result, Py_ssize_t at, PyObject *pool, Py_ssize_t index)
{
    PyObject *old = PyTuple_GET_ITEM(result, at);

    PyTuple_SET_ITEM(result, at, Py_NewRef(PyTuple_GET_ITEM(pool, index)));
    Py_DECREF(old);
}

/* n indices as a tuple of ints. */
static PyObject *
indices_as_tuple(const Py_ssize_t *indices, Py_ssize_t n)
{
    PyObject *tuple = PyTuple_New(n);

    for (Py_ssize_t i = 0; tuple != NULL && i < n; i++) {
        PyObject *index = PyLong_FromSsize_t(indices[i]);
        if (index == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, index);
    }
    return tuple;
}

/* Item i of a pickled state, clipped to 0..most.  -1 with an exception. */
static int
index_from_state(PyObject *state, Py_ssize_t i, Py_ssize_t most,
                 Py_ssize_t *index)
{
    *index = PyLong_AsSsize_t(PyTuple_GET_ITEM(state, i));
    if (*index == -1 && PyErr_Occurred()) {
        return -1;
    }
    *index = Py_MIN(Py_MAX(*index, 0), most);
    return 0;
}

/* ---- product ---- */

typedef struct {
    PyObject_HEAD
    PyObject *pools;                   /* tuple of tuples */
    Py_ssize_t *indices;               /* one per pool */
    PyObject *result;                  /* NULL before the first */
    int stopped;
} Product;

static int
product_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Product *)op)->pools);
    Py_VISIT(((Product *)op)->result);
    return 0;
}

static void
product_dealloc(PyObject *op)
{
    Product *self = (Product *)op;

    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->pools);
    Py_XDECREF(self->result);
    PyMem_Free(self->indices);
    Py_TYPE(op)->tp_free(op);
}

/* repeat=n from the keywords. */
static int
product_get_repeat(PyObject *kwds, Py_ssize_t *repeat)
{
    static char *keywords[] = {(char *)"repeat", NULL};
    int parsed;

    *repeat = 1;
    if (kwds == NULL) {
        return 0;
    }
    parsed = PyArg_ParseTupleAndKeywords(TUPLE_EMPTY, kwds, "|n:product",
                                         keywords, repeat);
    if (!parsed) {
        return -1;
    }
    if (*repeat < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "repeat argument cannot be negative");
        return -1;
    }
    return 0;
}

static PyObject *
product_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Py_ssize_t repeat, nargs, npools;
    PyObject *pools = NULL;
    Py_ssize_t *indices = NULL;
    Product *self;

    if (product_get_repeat(kwds, &repeat) < 0) {
        return NULL;
    }
    nargs = repeat == 0 ? 0 : PyTuple_GET_SIZE(args);
    if ((size_t)nargs > PY_SSIZE_T_MAX / sizeof(Py_ssize_t) ||
        (nargs > 0 &&
         repeat > (Py_ssize_t)(PY_SSIZE_T_MAX / sizeof(Py_ssize_t)) / nargs)) {
        PyErr_SetString(PyExc_OverflowError, "repeat argument too large");
        return NULL;
    }
    npools = nargs * repeat;
    indices = PyMem_Calloc((size_t)Py_MAX(npools, 1), sizeof(Py_ssize_t));
    if (indices == NULL) {
        return PyErr_NoMemory();
    }
    pools = PyTuple_New(npools);
    if (pools == NULL) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < npools; i++) {
        PyObject *pool = i < nargs
                             ? PySequence_Tuple(PyTuple_GET_ITEM(args, i))
                             : Py_NewRef(PyTuple_GET_ITEM(pools, i - nargs));
        if (pool == NULL) {
            goto error;
        }
        PyTuple_SET_ITEM(pools, i, pool);
    }
    self = (Product *)type->tp_alloc(type, 0);
    if (self == NULL) {
        goto error;
    }
    self->pools = pools;
    self->indices = indices;
    return (PyObject *)self;
error:
    PyMem_Free(indices);
    Py_XDECREF(pools);
    return NULL;
}

static PyObject *
product_first(Product *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->pools);
    PyObject *result = PyTuple_New(n);

    if (result == NULL) {
        return NULL;
    }
    self->result = result;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        if (PyTuple_GET_SIZE(pool) == 0) {
            self->stopped = 1;
            return NULL;
        }
        PyTuple_SET_ITEM(result, i, Py_NewRef(PyTuple_GET_ITEM(pool, 0)));
    }
    return Py_NewRef(result);
}

static PyObject *
product_next(PyObject *op)
{
    Product *self = (Product *)op;
    PyObject *result, *first;
    Py_ssize_t i;

    if (self->stopped) {
        return NULL;
    }
    if (self->result == NULL) {
        first = product_first(self);
        if (first == NULL) {
            self->stopped = 1;
        }
        return first;
    }
    result = result_for_update(&self->result);
    if (result == NULL) {
        self->stopped = 1;
        return NULL;
    }
    /* Counts up like an odometer, the rightmost pool fastest. */
    for (i = PyTuple_GET_SIZE(self->pools) - 1; i >= 0; i--) {
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        if (++self->indices[i] < PyTuple_GET_SIZE(pool)) {
            result_set(result, i, pool, self->indices[i]);
            return Py_NewRef(result);
        }
        self->indices[i] = 0;
        result_set(result, i, pool, 0);
    }
    self->stopped = 1;
    return NULL;
}

static PyObject *
product_reduce(PyObject *op, PyObject *ignored)
{
    Product *self = (Product *)op;
    PyObject *indices;

    if (self->stopped) {
        return Py_BuildValue("O(())", Py_TYPE(op));
    }
    if (self->result == NULL) {
        return Py_BuildValue("OO", Py_TYPE(op), self->pools);
    }
    indices = indices_as_tuple(self->indices, PyTuple_GET_SIZE(self->pools));
    return indices == NULL ? NULL
                           : Py_BuildValue("OON", Py_TYPE(op), self->pools,
                                           indices);
}

static PyObject *
product_setstate(PyObject *op, PyObject *state)
{
    Product *self = (Product *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pools);
    PyObject *result;

    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) != n) {
        PyErr_SetString(PyExc_ValueError, "invalid arguments");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        if (PyTuple_GET_SIZE(pool) == 0) {
            self->stopped = 1;
            Py_RETURN_NONE;
        }
        if (index_from_state(state, i, PyTuple_GET_SIZE(pool) - 1,
                             &self->indices[i]) < 0) {
            return NULL;
        }
    }
    result = PyTuple_New(n);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        PyTuple_SET_ITEM(result, i,
                         Py_NewRef(PyTuple_GET_ITEM(pool, self->indices[i])));
    }
    Py_XSETREF(self->result, result);
    Py_RETURN_NONE;
}

static PyObject *
product_sizeof(PyObject *op, PyObject *ignored)
{
    Product *self = (Product *)op;

    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize +
                              PyTuple_GET_SIZE(self->pools) *
                                  (Py_ssize_t)sizeof(Py_ssize_t));
}

static PyMethodDef product_methods[] = {
    ITER_REDUCE(product),
    ITER_SETSTATE(product),
    {"__sizeof__", product_sizeof, METH_NOARGS,
     PyDoc_STR("Memory that it takes, in bytes.")},
    ITER_END,
};

PyTypeObject itertools_product_type = {
    ITER_TYPE_SLOTS(product, "product", Product, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("product(*iterables, repeat=1) --> product object\n\n"
                        "Yields every tuple with one item of each iterable, "
                        "like nested for loops."),
};

/* ---- combinations, with and without replacement, permutations ---- */

typedef struct {
    PyObject_HEAD
    PyObject *pool;                    /* tuple */
    Py_ssize_t *indices;               /* r; permutations: n */
    PyObject *result;                  /* NULL before the first */
    Py_ssize_t r;
    int stopped;
} Choose;

typedef struct {
    Choose choose;
    Py_ssize_t *cycles;                /* r */
} Permute;

#define CYCLES(op) (((Permute *)(op))->cycles)

static int
choose_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Choose *)op)->pool);
    Py_VISIT(((Choose *)op)->result);
    return 0;
}

static void
choose_dealloc(PyObject *op)
{
    Choose *self = (Choose *)op;

    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->pool);
    Py_XDECREF(self->result);
    PyMem_Free(self->indices);
    Py_TYPE(op)->tp_free(op);
}

static void
permutations_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyMem_Free(CYCLES(op));
    choose_dealloc(op);
}

/* With n indices and r cycles for a permutation, else r indices.  Steals
 * pool. */
static Choose *
choose_make(PyTypeObject *type, PyObject *pool, Py_ssize_t r, int permute)
{
    Py_ssize_t n = PyTuple_GET_SIZE(pool), count = permute ? n : r;
    Choose *self;

    if (r < 0) {
        PyErr_SetString(PyExc_ValueError, "r must be non-negative");
        Py_DECREF(pool);
        return NULL;
    }
    if (r > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(Py_ssize_t) - 1) {
        PyErr_NoMemory();
        Py_DECREF(pool);
        return NULL;
    }
    self = (Choose *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(pool);
        return NULL;
    }
    self->pool = pool;
    self->r = r;
    self->indices = PyMem_Calloc((size_t)Py_MAX(count, 1), sizeof(Py_ssize_t));
    if (permute) {
        CYCLES(self) = PyMem_Calloc((size_t)Py_MAX(r, 1), sizeof(Py_ssize_t));
    }
    if (self->indices == NULL || (permute && CYCLES(self) == NULL)) {
        Py_DECREF(self);
        PyErr_NoMemory();
        return NULL;
    }
    return self;
}

static PyObject *
choose_new(PyTypeObject *type, PyObject *args, PyObject *kwds,
           const char *format, int distinct)
{
    static char *keywords[] = {(char *)"iterable", (char *)"r", NULL};
    PyObject *iterable, *pool;
    Py_ssize_t r;
    Choose *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, format, keywords, &iterable,
                                     &r)) {
        return NULL;
    }
    pool = PySequence_Tuple(iterable);
    if (pool == NULL) {
        return NULL;
    }
    self = choose_make(type, pool, r, 0);
    if (self != NULL) {
        for (Py_ssize_t i = 0; distinct && i < r; i++) {
            self->indices[i] = i;
        }
        self->stopped = distinct ? r > PyTuple_GET_SIZE(pool)
                                 : PyTuple_GET_SIZE(pool) == 0 && r > 0;
    }
    return (PyObject *)self;
}

/* The result of the indices as they are, new; kept for updates. */
static PyObject *
choose_from_indices(Choose *self)
{
    PyObject *result = PyTuple_New(self->r);

    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < self->r; i++) {
        PyTuple_SET_ITEM(
            result, i,
            Py_NewRef(PyTuple_GET_ITEM(self->pool, self->indices[i])));
    }
    Py_XSETREF(self->result, result);
    return Py_NewRef(result);
}

/* (type, (pool, r)[, indices]): what all three pickle to. */
static PyObject *
choose_reduce(PyObject *op, PyObject *ignored)
{
    Choose *self = (Choose *)op;
    PyObject *indices;

    if (self->result == NULL) {
        return Py_BuildValue("O(On)", Py_TYPE(op), self->pool, self->r);
    }
    if (self->stopped) {
        return Py_BuildValue("O(()n)", Py_TYPE(op), self->r);
    }
    indices = indices_as_tuple(self->indices, self->r);
    return indices == NULL ? NULL
                           : Py_BuildValue("O(On)N", Py_TYPE(op), self->pool,
                                           self->r, indices);
}

/* Restores indices; `distinct`: item i is at most n - r + i. */
static PyObject *
choose_setstate(PyObject *op, PyObject *state, int distinct)
{
    Choose *self = (Choose *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool);
    PyObject *result;

    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) != self->r) {
        PyErr_SetString(PyExc_ValueError, "invalid arguments");
        return NULL;
    }
    if (n == 0 || (distinct && self->r > n)) {
        self->stopped = 1;
        Py_RETURN_NONE;
    }
    for (Py_ssize_t i = 0; i < self->r; i++) {
        if (index_from_state(state, i, distinct ? n - self->r + i : n - 1,
                             &self->indices[i]) < 0) {
            return NULL;
        }
    }
    result = choose_from_indices(self);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

static PyObject *
choose_sizeof(PyObject *op, PyObject *ignored)
{
    Choose *self = (Choose *)op;
    Py_ssize_t count = self->r;

    if (PyObject_TypeCheck(op, &itertools_permutations_type)) {
        count += PyTuple_GET_SIZE(self->pool);
    }
    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize +
                              count * (Py_ssize_t)sizeof(Py_ssize_t));
}

#define CHOOSE_SIZEOF                                         \
    {"__sizeof__", choose_sizeof, METH_NOARGS,                \
     PyDoc_STR("Memory that it takes, in bytes.")}
#define combinations_traverse choose_traverse
#define combinations_dealloc choose_dealloc
#define combinations_reduce choose_reduce
#define cwr_traverse choose_traverse
#define cwr_dealloc choose_dealloc
#define cwr_reduce choose_reduce
#define permutations_traverse choose_traverse

static PyObject *
combinations_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return choose_new(type, args, kwds, "On:combinations", 1);
}

static PyObject *
combinations_next(PyObject *op)
{
    Choose *self = (Choose *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool), r = self->r, i;
    Py_ssize_t *indices = self->indices;
    PyObject *result;

    if (self->stopped) {
        return NULL;
    }
    if (self->result == NULL) {
        return choose_from_indices(self);
    }
    result = result_for_update(&self->result);
    if (result == NULL) {
        self->stopped = 1;
        return NULL;
    }
    /* The rightmost index that is not at its last value. */
    i = r - 1;
    while (i >= 0 && indices[i] == i + n - r) {
        i--;
    }
    if (i < 0) {
        self->stopped = 1;
        return NULL;
    }
    indices[i]++;
    for (Py_ssize_t j = i + 1; j < r; j++) {
        indices[j] = indices[j - 1] + 1;
    }
    for (; i < r; i++) {
        result_set(result, i, self->pool, indices[i]);
    }
    return Py_NewRef(result);
}

static PyObject *
combinations_setstate(PyObject *op, PyObject *state)
{
    return choose_setstate(op, state, 1);
}

static PyMethodDef combinations_methods[] = {
    ITER_REDUCE(combinations), ITER_SETSTATE(combinations), CHOOSE_SIZEOF,
    ITER_END};

PyTypeObject itertools_combinations_type = {
    ITER_TYPE_SLOTS(combinations, "combinations", Choose, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("combinations(iterable, r)\n--\n\n"
                        "Yields the tuples of r items, in the order of the "
                        "iterable."),
};

static PyObject *
cwr_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return choose_new(type, args, kwds, "On:combinations_with_replacement", 0);
}

static PyObject *
cwr_next(PyObject *op)
{
    Choose *self = (Choose *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool), r = self->r, i, index;
    PyObject *result;

    if (self->stopped) {
        return NULL;
    }
    if (self->result == NULL) {
        return choose_from_indices(self);
    }
    result = result_for_update(&self->result);
    if (result == NULL) {
        self->stopped = 1;
        return NULL;
    }
    i = r - 1;
    while (i >= 0 && self->indices[i] == n - 1) {
        i--;
    }
    if (i < 0) {
        self->stopped = 1;
        return NULL;
    }
    index = self->indices[i] + 1;
    for (; i < r; i++) {
        self->indices[i] = index;
        result_set(result, i, self->pool, index);
    }
    return Py_NewRef(result);
}

static PyObject *
cwr_setstate(PyObject *op, PyObject *state)
{
    return choose_setstate(op, state, 0);
}

static PyMethodDef cwr_methods[] = {ITER_REDUCE(cwr), ITER_SETSTATE(cwr),
                                    CHOOSE_SIZEOF, ITER_END};

PyTypeObject itertools_cwr_type = {
    ITER_TYPE_SLOTS(cwr, "combinations_with_replacement", Choose,
                    Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("combinations_with_replacement(iterable, r)\n--\n\n"
                        "Yields the tuples of r items, in order, an item as "
                        "often as there is room."),
};

static PyObject *
permutations_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"iterable", (char *)"r", NULL};
    PyObject *iterable, *r_object = Py_None, *pool;
    Py_ssize_t n, r;
    Choose *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|O:permutations", keywords,
                                     &iterable, &r_object)) {
        return NULL;
    }
    pool = PySequence_Tuple(iterable);
    if (pool == NULL) {
        return NULL;
    }
    n = r = PyTuple_GET_SIZE(pool);
    if (r_object != Py_None) {
        if (!PyLong_Check(r_object)) {
            PyErr_SetString(PyExc_TypeError, "Expected int as r");
            Py_DECREF(pool);
            return NULL;
        }
        r = PyLong_AsSsize_t(r_object);
        if (r == -1 && PyErr_Occurred()) {
            Py_DECREF(pool);
            return NULL;
        }
    }
    self = choose_make(type, pool, r, 1);
    if (self != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            self->indices[i] = i;
        }
        for (Py_ssize_t i = 0; i < r; i++) {
            CYCLES(self)[i] = n - i;
        }
        self->stopped = r > n;
    }
    return (PyObject *)self;
}

/* Moves indices[i] behind all others. */
static void
rotate_left(Py_ssize_t *indices, Py_ssize_t i, Py_ssize_t n)
{
    Py_ssize_t first = indices[i];

    memmove(indices + i, indices + i + 1,
            (size_t)(n - 1 - i) * sizeof(Py_ssize_t));
    indices[n - 1] = first;
}

static PyObject *
permutations_next(PyObject *op)
{
    Choose *self = (Choose *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool), r = self->r;
    Py_ssize_t *indices = self->indices, *cycles = CYCLES(op);
    PyObject *result;

    if (self->stopped) {
        return NULL;
    }
    if (self->result == NULL) {
        return choose_from_indices(self);
    }
    result = n == 0 ? NULL : result_for_update(&self->result);
    if (result == NULL) {
        self->stopped = 1;
        return NULL;
    }
    for (Py_ssize_t i = r - 1; i >= 0; i--) {
        if (--cycles[i] == 0) {
            rotate_left(indices, i, n);
            cycles[i] = n - i;
            continue;
        }
        Py_ssize_t j = n - cycles[i], swap = indices[i];
        indices[i] = indices[j];
        indices[j] = swap;
        for (; i < r; i++) {
            result_set(result, i, self->pool, indices[i]);
        }
        return Py_NewRef(result);
    }
    self->stopped = 1;
    return NULL;
}

static PyObject *
permutations_reduce(PyObject *op, PyObject *ignored)
{
    Choose *self = (Choose *)op;
    PyObject *indices, *cycles;

    if (self->result == NULL || self->stopped) {
        return choose_reduce(op, NULL);
    }
    indices = indices_as_tuple(self->indices, PyTuple_GET_SIZE(self->pool));
    cycles = indices == NULL ? NULL : indices_as_tuple(CYCLES(op), self->r);
    if (cycles == NULL) {
        Py_XDECREF(indices);
        return NULL;
    }
    return Py_BuildValue("O(On)(NN)", Py_TYPE(op), self->pool, self->r,
                         indices, cycles);
}

static PyObject *
permutations_setstate(PyObject *op, PyObject *state)
{
    Choose *self = (Choose *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool);
    PyObject *indices, *cycles, *result;

    if (iter_check_state(state) < 0 ||
        !PyArg_ParseTuple(state, "O!O!", &PyTuple_Type, &indices,
                          &PyTuple_Type, &cycles)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(indices) != n ||
        PyTuple_GET_SIZE(cycles) != self->r) {
        PyErr_SetString(PyExc_ValueError, "invalid arguments");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (index_from_state(indices, i, n - 1, &self->indices[i]) < 0) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < self->r; i++) {
        Py_ssize_t cycle;
        if (index_from_state(cycles, i, n - i, &cycle) < 0) {
            return NULL;
        }
        CYCLES(op)[i] = Py_MAX(cycle, 1);
    }
    if (self->r > n) {
        self->stopped = 1;
        Py_RETURN_NONE;
    }
    result = choose_from_indices(self);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

static PyMethodDef permutations_methods[] = {
    ITER_REDUCE(permutations), ITER_SETSTATE(permutations), CHOOSE_SIZEOF,
    ITER_END};

PyTypeObject itertools_permutations_type = {
    ITER_TYPE_SLOTS(permutations, "permutations", Permute,
                    Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("permutations(iterable, r=None)\n--\n\n"
                        "Yields the tuples of r items in every order."),
};
