/* groupby and tee. */
#include "itertools.h"

/* ---- groupby ---- */

/* current: the item read ahead, of key current_key; target_key: the key of
 * the group that the last group iterator is for; current_grouper, borrowed,
 * is that iterator: older ones have ended. */
typedef struct {
    PyObject_HEAD
    PyObject *it;
    PyObject *key_function;
    PyObject *target_key;
    PyObject *current_key;
    PyObject *current;
    const void *current_grouper;
} Groupby;

#define GROUPBY_FIELDS(F) \
    F(it) F(key_function) F(target_key) F(current_key) F(current)
ITER_LIFE(groupby, Groupby, GROUPBY_FIELDS)

typedef struct {
    PyObject_HEAD
    PyObject *parent;
    PyObject *target_key;
} Grouper;

#define GROUPER_FIELDS(F) F(parent) F(target_key)
ITER_LIFE(grouper, Grouper, GROUPER_FIELDS)

static PyObject *
groupby_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"iterable", (char *)"key", NULL};
    PyObject *iterable, *key = Py_None, *it;
    Groupby *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|O:groupby", keywords,
                                     &iterable, &key)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    self = (Groupby *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        return NULL;
    }
    self->it = it;
    self->key_function = Py_NewRef(key);
    return (PyObject *)self;
}

/* Reads one item ahead.  0, -1 at the end or with an error. */
static int
groupby_step(Groupby *self)
{
    PyObject *item = PyIter_Next(self->it), *key;

    if (item == NULL) {
        return -1;
    }
    key = self->key_function == Py_None
              ? Py_NewRef(item) : call_one_arg(self->key_function, item);
    if (key == NULL) {
        Py_DECREF(item);
        return -1;
    }
    Py_XSETREF(self->current, item);
    Py_XSETREF(self->current_key, key);
    return 0;
}

/* a == b, holding both: comparing may come back here. */
static int
keys_equal(PyObject *a, PyObject *b)
{
    int equal;

    Py_INCREF(a);
    Py_INCREF(b);
    equal = PyObject_RichCompareBool(a, b, Py_EQ);
    Py_DECREF(a);
    Py_DECREF(b);
    return equal;
}

static PyObject *
grouper_make(Groupby *parent, PyObject *target_key)
{
    Grouper *self = PyObject_GC_New(Grouper, &itertools_grouper_type);

    if (self == NULL) {
        return NULL;
    }
    self->parent = Py_NewRef((PyObject *)parent);
    self->target_key = Py_NewRef(target_key);
    parent->current_grouper = self;
    gc_track(self);
    return (PyObject *)self;
}

static PyObject *
groupby_next(PyObject *op)
{
    Groupby *self = (Groupby *)op;
    PyObject *grouper;

    self->current_grouper = NULL;
    /* On to the first item with another key. */
    for (;;) {
        if (self->current_key != NULL) {
            int equal;
            if (self->target_key == NULL) {
                break;
            }
            equal = keys_equal(self->target_key, self->current_key);
            if (equal < 0) {
                return NULL;
            }
            if (!equal) {
                break;
            }
        }
        if (groupby_step(self) < 0) {
            return NULL;
        }
    }
    Py_XSETREF(self->target_key, Py_NewRef(self->current_key));
    grouper = grouper_make(self, self->target_key);
    return grouper == NULL ? NULL
                           : Py_BuildValue("ON", self->current_key, grouper);
}

static PyObject *
groupby_reduce(PyObject *op, PyObject *ignored)
{
    Groupby *self = (Groupby *)op;

    if (self->target_key != NULL && self->current_key != NULL &&
        self->current != NULL) {
        return Py_BuildValue("O(OO)(OOO)", Py_TYPE(op), self->it,
                             self->key_function, self->current,
                             self->target_key, self->current_key);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(op), self->it, self->key_function);
}

static PyObject *
groupby_setstate(PyObject *op, PyObject *state)
{
    Groupby *self = (Groupby *)op;
    PyObject *current, *target_key, *current_key;

    if (iter_check_state(state) < 0 ||
        !PyArg_ParseTuple(state, "OOO", &current, &target_key, &current_key)) {
        return NULL;
    }
    Py_XSETREF(self->current, Py_NewRef(current));
    Py_XSETREF(self->target_key, Py_NewRef(target_key));
    Py_XSETREF(self->current_key, Py_NewRef(current_key));
    Py_RETURN_NONE;
}

static PyMethodDef groupby_methods[] = {ITER_REDUCE(groupby),
                                        ITER_SETSTATE(groupby), ITER_END};

PyTypeObject itertools_groupby_type = {
    ITER_TYPE_SLOTS(groupby, "groupby", Groupby, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("groupby(iterable, key=None)\n--\n\n"
                        "Yields (key, iterator) for each run of items with "
                        "equal keys."),
};

static PyObject *
grouper_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *parent, *target_key;

    if (!iter_no_keywords(type, &itertools_grouper_type, "_grouper", kwds) ||
        !PyArg_ParseTuple(args, "O!O", &itertools_groupby_type, &parent,
                          &target_key)) {
        return NULL;
    }
    return grouper_make((Groupby *)parent, target_key);
}

static PyObject *
grouper_next(PyObject *op)
{
    Grouper *self = (Grouper *)op;
    Groupby *parent = (Groupby *)self->parent;
    PyObject *item;
    int equal;

    if (parent->current_grouper != op) {
        return NULL;
    }
    if (parent->current == NULL && groupby_step(parent) < 0) {
        return NULL;
    }
    equal = keys_equal(self->target_key, parent->current_key);
    if (equal <= 0) {
        return NULL;                   /* another key, or an error */
    }
    item = parent->current;
    parent->current = NULL;
    Py_CLEAR(parent->current_key);
    return item;
}

static PyObject *
grouper_reduce(PyObject *op, PyObject *ignored)
{
    Grouper *self = (Grouper *)op;

    if (((Groupby *)self->parent)->current_grouper != op) {
        PyObject *function = _PyEval_GetBuiltin(NAME(iter));
        return function == NULL ? NULL : Py_BuildValue("N(())", function);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(op), self->parent, self->target_key);
}

static PyMethodDef grouper_methods[] = {ITER_REDUCE(grouper), ITER_END};

PyTypeObject itertools_grouper_type = {
    ITER_TYPE_SLOTS(grouper, "_grouper", Grouper, 0),
};

/* ---- tee ---- */

/* What the iterators share: a linked list of blocks of items; the last block
 * asks the source.  A block lives as long as an iterator is in it or before
 * it. */
#define TEE_BLOCK 57                   /* the block fills 8 cache lines */

typedef struct tee_data {
    PyObject_HEAD
    PyObject *it;
    int numread;
    int running;
    PyObject *next;                    /* TeeData or NULL */
    PyObject *values[TEE_BLOCK];
} TeeData;

typedef struct {
    PyObject_HEAD
    TeeData *data;
    int index;
    PyObject *weakrefs;
} Tee;

static PyObject *
tee_data_make(PyObject *it)
{
    TeeData *self = PyObject_GC_New(TeeData, &itertools_tee_data_type);

    if (self == NULL) {
        return NULL;
    }
    self->running = 0;
    self->numread = 0;
    self->next = NULL;
    self->it = Py_NewRef(it);
    gc_track(self);
    return (PyObject *)self;
}

/* The block after this one; new. */
static PyObject *
tee_data_next(TeeData *self)
{
    if (self->next == NULL) {
        self->next = tee_data_make(self->it);
    }
    return Py_XNewRef(self->next);
}

/* Item i, read if need be; new. */
static PyObject *
tee_data_item(TeeData *self, int i)
{
    PyObject *value;

    assert(i < TEE_BLOCK);
    if (i < self->numread) {
        return Py_NewRef(self->values[i]);
    }
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError,
                        "cannot re-enter the tee iterator");
        return NULL;
    }
    self->running = 1;
    value = PyIter_Next(self->it);
    self->running = 0;
    if (value == NULL) {
        return NULL;
    }
    self->numread++;
    self->values[i] = value;
    return Py_NewRef(value);
}

static int
tee_data_traverse(PyObject *op, visitproc visit, void *arg)
{
    TeeData *self = (TeeData *)op;

    Py_VISIT(self->it);
    for (int i = 0; i < self->numread; i++) {
        Py_VISIT(self->values[i]);
    }
    Py_VISIT(self->next);
    return 0;
}

static int
tee_data_clear(PyObject *op)
{
    TeeData *self = (TeeData *)op;
    PyObject *next;

    Py_CLEAR(self->it);
    for (int i = 0; i < self->numread; i++) {
        Py_CLEAR(self->values[i]);
    }
    /* A chain of blocks that only we hold is freed in a loop. */
    next = self->next;
    self->next = NULL;
    while (next != NULL && Py_IS_TYPE(next, &itertools_tee_data_type) &&
           Py_REFCNT(next) == 1) {
        PyObject *after = ((TeeData *)next)->next;
        ((TeeData *)next)->next = NULL;
        Py_SETREF(next, after);
    }
    Py_XDECREF(next);
    return 0;
}

static void
tee_data_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    tee_data_clear(op);
    PyObject_GC_Del(op);
}

static PyObject *
tee_data_reduce(PyObject *op, PyObject *ignored)
{
    TeeData *self = (TeeData *)op;
    PyObject *values = PyList_New(self->numread);

    if (values == NULL) {
        return NULL;
    }
    for (int i = 0; i < self->numread; i++) {
        PyList_SET_ITEM(values, i, Py_NewRef(self->values[i]));
    }
    return Py_BuildValue("O(ONO)", Py_TYPE(op), self->it, values,
                         self->next != NULL ? self->next : Py_None);
}

static PyObject *
tee_data_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *it, *values, *next;
    TeeData *self;
    Py_ssize_t len;

    if (!PyArg_ParseTuple(args, "OO!O", &it, &PyList_Type, &values, &next)) {
        return NULL;
    }
    self = (TeeData *)tee_data_make(it);
    if (self == NULL) {
        return NULL;
    }
    len = PyList_GET_SIZE(values);
    if (len > TEE_BLOCK || (len < TEE_BLOCK && next != Py_None) ||
        (next != Py_None && !Py_IS_TYPE(next, &itertools_tee_data_type))) {
        PyErr_SetString(PyExc_ValueError, "Invalid arguments");
        Py_DECREF(self);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        self->values[i] = Py_NewRef(PyList_GET_ITEM(values, i));
    }
    self->numread = (int)len;
    if (next != Py_None) {
        self->next = Py_NewRef(next);
    }
    return (PyObject *)self;
}

static PyMethodDef tee_data_methods[] = {ITER_REDUCE(tee_data), ITER_END};

PyTypeObject itertools_tee_data_type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "itertools._tee_dataobject",
    .tp_basicsize = sizeof(TeeData),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("teedataobject(iterable, values, next, /)\n--\n\n"
                        "A block of what iterators from tee() share."),
    .tp_new = tee_data_new,
    .tp_dealloc = tee_data_dealloc,
    .tp_traverse = tee_data_traverse,
    .tp_clear = tee_data_clear,
    .tp_free = PyObject_GC_Del,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_methods = tee_data_methods,
};

static PyObject *
tee_next(PyObject *op)
{
    Tee *self = (Tee *)op;
    PyObject *value;

    if (self->index >= TEE_BLOCK) {
        PyObject *next = tee_data_next(self->data);
        if (next == NULL) {
            return NULL;
        }
        Py_SETREF(self->data, (TeeData *)next);
        self->index = 0;
    }
    value = tee_data_item(self->data, self->index);
    if (value != NULL) {
        self->index++;
    }
    return value;
}

static int
tee_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Tee *)op)->data);
    return 0;
}

static int
tee_clear(PyObject *op)
{
    Tee *self = (Tee *)op;

    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    Py_CLEAR(self->data);
    return 0;
}

static void
tee_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    tee_clear(op);
    PyObject_GC_Del(op);
}

/* An iterator at a place. */
static PyObject *
tee_make(TeeData *data, int index)
{
    Tee *self = PyObject_GC_New(Tee, &itertools_tee_type);

    if (self == NULL) {
        return NULL;
    }
    self->data = (TeeData *)Py_NewRef((PyObject *)data);
    self->index = index;
    self->weakrefs = NULL;
    gc_track(self);
    return (PyObject *)self;
}

static PyObject *
tee_copy(PyObject *op, PyObject *ignored)
{
    return tee_make(((Tee *)op)->data, ((Tee *)op)->index);
}

static PyObject *
tee_from_iterable(PyObject *iterable)
{
    PyObject *it = PyObject_GetIter(iterable), *data, *result;

    if (it == NULL) {
        return NULL;
    }
    if (PyObject_TypeCheck(it, &itertools_tee_type)) {
        result = tee_copy(it, NULL);
        Py_DECREF(it);
        return result;
    }
    data = tee_data_make(it);
    Py_DECREF(it);
    if (data == NULL) {
        return NULL;
    }
    result = tee_make((TeeData *)data, 0);
    Py_DECREF(data);
    return result;
}

static PyObject *
tee_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *iterable;

    if (!PyArg_UnpackTuple(args, "_tee", 1, 1, &iterable)) {
        return NULL;
    }
    return tee_from_iterable(iterable);
}

static PyObject *
tee_reduce(PyObject *op, PyObject *ignored)
{
    Tee *self = (Tee *)op;

    return Py_BuildValue("O(())(Oi)", Py_TYPE(op), self->data, self->index);
}

static PyObject *
tee_setstate(PyObject *op, PyObject *state)
{
    Tee *self = (Tee *)op;
    PyObject *data;
    int index;

    if (iter_check_state(state) < 0 ||
        !PyArg_ParseTuple(state, "O!i", &itertools_tee_data_type, &data,
                          &index)) {
        return NULL;
    }
    if (index < 0 || index > TEE_BLOCK) {
        PyErr_SetString(PyExc_ValueError, "Index out of range");
        return NULL;
    }
    Py_XSETREF(self->data, (TeeData *)Py_NewRef(data));
    self->index = index;
    Py_RETURN_NONE;
}

static PyMethodDef tee_methods[] = {
    {"__copy__", tee_copy, METH_NOARGS,
     PyDoc_STR("A second iterator at the same place.")},
    ITER_REDUCE(tee), ITER_SETSTATE(tee), ITER_END,
};

PyTypeObject itertools_tee_type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "itertools._tee",
    .tp_basicsize = sizeof(Tee),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("_tee(iterable, /)\n--\n\n"
                        "An iterator that can be copied."),
    .tp_new = tee_new,
    .tp_dealloc = tee_dealloc,
    .tp_traverse = tee_traverse,
    .tp_clear = tee_clear,
    .tp_free = PyObject_GC_Del,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = tee_next,
    .tp_methods = tee_methods,
    .tp_weaklistoffset = offsetof(Tee, weakrefs),
};

PyObject *
itertools_tee(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n = 2;
    PyObject *it, *copyable, *copy_method, *result;

    if (!_PyArg_CheckPositional("tee", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2) {
        PyObject *index = PyNumber_Index(args[1]);
        if (index == NULL) {
            return NULL;
        }
        n = PyLong_AsSsize_t(index);
        Py_DECREF(index);
        if (n == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (n < 0) {
        PyErr_SetString(PyExc_ValueError, "n must be >= 0");
        return NULL;
    }
    result = PyTuple_New(n);
    if (result == NULL || n == 0) {
        return result;
    }
    it = PyObject_GetIter(args[0]);
    if (it == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    /* An iterator that can be copied is not wrapped. */
    if (_PyObject_LookupAttr(it, NAME(__copy__), &copy_method) < 0) {
        Py_DECREF(it);
        Py_DECREF(result);
        return NULL;
    }
    copyable = it;
    if (copy_method == NULL) {
        copyable = tee_from_iterable(it);
        Py_DECREF(it);
        if (copyable != NULL) {
            copy_method = PyObject_GetAttr(copyable, NAME(__copy__));
        }
        if (copy_method == NULL) {
            Py_XDECREF(copyable);
            Py_DECREF(result);
            return NULL;
        }
    }
    PyTuple_SET_ITEM(result, 0, copyable);
    for (Py_ssize_t i = 1; i < n; i++) {
        PyObject *copy = call_no_args(copy_method);
        if (copy == NULL) {
            Py_DECREF(copy_method);
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, i, copy);
    }
    Py_DECREF(copy_method);
    return result;
}
