/* collections.deque: a doubly linked list of blocks of items.
 *
 *     left block         ...          right block
 *     [ . . a b c ]  <->  [d e f]  <->  [ g h . . ]
 *           ^ leftindex                     ^ rightindex
 *
 * Invariants: there is always a block; the first item is at leftindex of the
 * left block, the last at rightindex of the right block; an empty deque has
 * one block with leftindex == rightindex + 1, about in the middle.  `state`
 * changes with every change of structure, for the iterators. */
#include "collections.h"

#include "structmember.h"

#define BLOCK 64
#define CENTER ((BLOCK - 1) / 2)
#define MAX_FREE_BLOCKS 16

typedef struct block {
    struct block *left;
    PyObject *data[BLOCK];
    struct block *right;
} Block;

typedef struct {
    PyObject_VAR_HEAD
    Block *leftblock, *rightblock;
    Py_ssize_t leftindex, rightindex;  /* 0 <= both < BLOCK */
    size_t state;
    Py_ssize_t maxlen;                 /* -1: unbounded */
    Py_ssize_t free_len;
    Block *free_blocks[MAX_FREE_BLOCKS];
    PyObject *weakrefs;
} Deque;

#define DEQUE(op) ((Deque *)(op))

static Block *
block_new(Deque *self)
{
    Block *block;

    if (self->free_len > 0) {
        return self->free_blocks[--self->free_len];
    }
    block = PyMem_Malloc(sizeof(Block));
    if (block == NULL) {
        PyErr_NoMemory();
    }
    return block;
}

static void
block_free(Deque *self, Block *block)
{
    if (self->free_len < MAX_FREE_BLOCKS) {
        self->free_blocks[self->free_len++] = block;
    }
    else {
        PyMem_Free(block);
    }
}

static PyObject *
deque_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Deque *self = DEQUE(type->tp_alloc(type, 0));
    Block *block;

    if (self == NULL) {
        return NULL;
    }
    block = block_new(self);
    if (block == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    block->left = block->right = NULL;
    self->leftblock = self->rightblock = block;
    self->leftindex = CENTER + 1;
    self->rightindex = CENTER;
    self->maxlen = -1;
    return (PyObject *)self;
}

/* ---- ends ---- */

/* The last item, taken out; NULL with IndexError. */
static PyObject *
deque_pop(PyObject *op, PyObject *ignored)
{
    Deque *self = DEQUE(op);
    PyObject *item;

    if (Py_SIZE(self) == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from an empty deque");
        return NULL;
    }
    item = self->rightblock->data[self->rightindex];
    self->rightindex--;
    Py_SET_SIZE(self, Py_SIZE(self) - 1);
    self->state++;
    if (self->rightindex < 0) {
        if (Py_SIZE(self) > 0) {
            Block *previous = self->rightblock->left;
            block_free(self, self->rightblock);
            previous->right = NULL;
            self->rightblock = previous;
            self->rightindex = BLOCK - 1;
        }
        else {
            self->leftindex = CENTER + 1;
            self->rightindex = CENTER;
        }
    }
    return item;
}

static PyObject *
deque_popleft(PyObject *op, PyObject *ignored)
{
    Deque *self = DEQUE(op);
    PyObject *item;

    if (Py_SIZE(self) == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from an empty deque");
        return NULL;
    }
    item = self->leftblock->data[self->leftindex];
    self->leftindex++;
    Py_SET_SIZE(self, Py_SIZE(self) - 1);
    self->state++;
    if (self->leftindex == BLOCK) {
        if (Py_SIZE(self) > 0) {
            Block *next = self->leftblock->right;
            block_free(self, self->leftblock);
            next->left = NULL;
            self->leftblock = next;
            self->leftindex = 0;
        }
        else {
            self->leftindex = CENTER + 1;
            self->rightindex = CENTER;
        }
    }
    return item;
}

/* Adds at the right; a bounded deque loses one at the left.  Steals item. */
static int
push_right(Deque *self, PyObject *item)
{
    if (self->rightindex == BLOCK - 1) {
        Block *block = block_new(self);
        if (block == NULL) {
            Py_DECREF(item);
            return -1;
        }
        block->left = self->rightblock;
        block->right = NULL;
        self->rightblock->right = block;
        self->rightblock = block;
        self->rightindex = -1;
    }
    Py_SET_SIZE(self, Py_SIZE(self) + 1);
    self->rightblock->data[++self->rightindex] = item;
    if ((size_t)self->maxlen < (size_t)Py_SIZE(self)) {
        Py_DECREF(deque_popleft((PyObject *)self, NULL));
    }
    else {
        self->state++;
    }
    return 0;
}

static int
push_left(Deque *self, PyObject *item)
{
    if (self->leftindex == 0) {
        Block *block = block_new(self);
        if (block == NULL) {
            Py_DECREF(item);
            return -1;
        }
        block->right = self->leftblock;
        block->left = NULL;
        self->leftblock->left = block;
        self->leftblock = block;
        self->leftindex = BLOCK;
    }
    Py_SET_SIZE(self, Py_SIZE(self) + 1);
    self->leftblock->data[--self->leftindex] = item;
    if ((size_t)self->maxlen < (size_t)Py_SIZE(self)) {
        Py_DECREF(deque_pop((PyObject *)self, NULL));
    }
    else {
        self->state++;
    }
    return 0;
}

static PyObject *
deque_append(PyObject *self, PyObject *item)
{
    if (push_right(DEQUE(self), Py_NewRef(item)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
deque_appendleft(PyObject *self, PyObject *item)
{
    if (push_left(DEQUE(self), Py_NewRef(item)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* push() for each item of the iterable. */
static int
deque_push_all(PyObject *op, PyObject *iterable,
               int (*push)(Deque *, PyObject *))
{
    PyObject *iterator, *item;
    int status = 0;

    if (iterable == op) {              /* extending itself: by a copy */
        PyObject *copy = PySequence_List(iterable);
        if (copy == NULL) {
            return -1;
        }
        status = deque_push_all(op, copy, push);
        Py_DECREF(copy);
        return status;
    }
    iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    if (Py_SIZE(op) == 0) {            /* room to grow into one direction */
        int right = push == push_right;
        DEQUE(op)->leftindex = right ? 1 : BLOCK - 1;
        DEQUE(op)->rightindex = right ? 0 : BLOCK - 2;
    }
    while (status == 0 &&
           (item = Py_TYPE(iterator)->tp_iternext(iterator)) != NULL) {
        status = push(DEQUE(op), item);
    }
    if (status == 0) {
        status = abstract_end_iteration() < 0 ? -1 : 0;
    }
    Py_DECREF(iterator);
    return status;
}

static PyObject *
deque_extend(PyObject *self, PyObject *iterable)
{
    if (deque_push_all(self, iterable, push_right) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
deque_extendleft(PyObject *self, PyObject *iterable)
{
    if (deque_push_all(self, iterable, push_left) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
deque_inplace_concat(PyObject *self, PyObject *other)
{
    return deque_push_all(self, other, push_right) < 0 ? NULL
                                                       : Py_NewRef(self);
}

static int
deque_tp_clear(PyObject *op)
{
    Deque *self = DEQUE(op);

    /* Freeing items may add others: not forever. */
    for (Py_ssize_t n = Py_SIZE(self); n > 0 && Py_SIZE(self) > 0; n--) {
        Py_DECREF(deque_pop(op, NULL));
    }
    return 0;
}

static PyObject *
deque_clear(PyObject *self, PyObject *ignored)
{
    while (Py_SIZE(self) > 0) {
        deque_tp_clear(self);
    }
    Py_RETURN_NONE;
}

static void
deque_dealloc(PyObject *op)
{
    Deque *self = DEQUE(op);

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, deque_dealloc)
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    if (self->leftblock != NULL) {
        while (Py_SIZE(self) > 0) {
            deque_tp_clear(op);
        }
        PyMem_Free(self->leftblock);
    }
    for (Py_ssize_t i = 0; i < self->free_len; i++) {
        PyMem_Free(self->free_blocks[i]);
    }
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
deque_traverse(PyObject *op, visitproc visit, void *arg)
{
    Deque *self = DEQUE(op);
    Py_ssize_t at = self->leftindex;
    Block *block = self->leftblock;

    for (Py_ssize_t n = Py_SIZE(self); n > 0; n--) {
        Py_VISIT(block->data[at]);
        if (++at == BLOCK) {
            block = block->right;
            at = 0;
        }
    }
    return 0;
}

/* ---- items ---- */

/* The place of item i. */
static PyObject **
item_at(Deque *self, Py_ssize_t i)
{
    Py_ssize_t n;
    Block *block;

    if (i < Py_SIZE(self) >> 1) {      /* from the nearer end */
        i += self->leftindex;
        block = self->leftblock;
        for (n = i / BLOCK; n > 0; n--) {
            block = block->right;
        }
    }
    else {
        i += self->leftindex;
        n = (self->leftindex + Py_SIZE(self) - 1) / BLOCK - i / BLOCK;
        block = self->rightblock;
        for (; n > 0; n--) {
            block = block->left;
        }
    }
    return &block->data[i % BLOCK];
}

static PyObject *
deque_item(PyObject *op, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError, "deque index out of range");
        return NULL;
    }
    return Py_NewRef(*item_at(DEQUE(op), i));
}

/* Rotates n steps to the right, moving runs of pointers between the ends. */
static int
rotate(Deque *self, Py_ssize_t n)
{
    Py_ssize_t len = Py_SIZE(self), half = len >> 1, maxlen = self->maxlen;
    int status = 0;

    if (len <= 1) {
        return 0;
    }
    if (n > half || n < -half) {
        n %= len;
        if (n > half) {
            n -= len;
        }
        else if (n < -half) {
            n += len;
        }
    }
    self->maxlen = -1;                 /* nothing falls out meanwhile */
    for (; status == 0 && n > 0; n--) {
        status = push_left(self, deque_pop((PyObject *)self, NULL));
    }
    for (; status == 0 && n < 0; n++) {
        status = push_right(self, deque_popleft((PyObject *)self, NULL));
    }
    self->maxlen = maxlen;
    return status;
}

static PyObject *
deque_rotate(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n = 1;

    if (!_PyArg_CheckPositional("deque.rotate", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs > 0) {
        PyObject *index = PyNumber_Index(args[0]);
        if (index == NULL) {
            return NULL;
        }
        n = PyLong_AsSsize_t(index);
        Py_DECREF(index);
        if (n == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (rotate(DEQUE(self), n) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
delete_item(Deque *self, Py_ssize_t i)
{
    PyObject *item;
    int status;

    if (rotate(self, -i) < 0) {
        return -1;
    }
    item = deque_popleft((PyObject *)self, NULL);
    status = rotate(self, i);
    Py_DECREF(item);
    return status;
}

static int
deque_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    if ((size_t)i >= (size_t)Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError, "deque index out of range");
        return -1;
    }
    if (value == NULL) {
        return delete_item(DEQUE(op), i);
    }
    Py_SETREF(*item_at(DEQUE(op), i), Py_NewRef(value));
    return 0;
}

static PyObject *
deque_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Deque *self = DEQUE(op);
    Py_ssize_t index, n = Py_SIZE(op);
    int status;

    if (nargs != 2) {
        PyErr_Format(PyExc_TypeError,
                     "insert() takes exactly 2 arguments (%zd given)", nargs);
        return NULL;
    }
    index = PyNumber_AsSsize_t(args[0], NULL);
    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->maxlen == n) {
        PyErr_SetString(PyExc_IndexError,
                        "deque already at its maximum size");
        return NULL;
    }
    if (index >= n) {
        return deque_append(op, args[1]);
    }
    if (index <= -n || index == 0) {
        return deque_appendleft(op, args[1]);
    }
    if (rotate(self, -index) < 0) {
        return NULL;
    }
    status = index < 0 ? push_right(self, Py_NewRef(args[1]))
                       : push_left(self, Py_NewRef(args[1]));
    if (status < 0 || rotate(self, index) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
deque_reverse(PyObject *op, PyObject *ignored)
{
    Deque *self = DEQUE(op);
    Block *left = self->leftblock, *right = self->rightblock;
    Py_ssize_t i = self->leftindex, j = self->rightindex;

    for (Py_ssize_t n = Py_SIZE(self) >> 1; n > 0; n--) {
        PyObject *swap = left->data[i];
        left->data[i] = right->data[j];
        right->data[j] = swap;
        if (++i == BLOCK) {
            left = left->right;
            i = 0;
        }
        if (--j < 0) {
            right = right->left;
            j = BLOCK - 1;
        }
    }
    Py_RETURN_NONE;
}

#define ABSENT (-2)                    /* find_item: no such item */
#define MUTATED (-3)                   /* the deque was changed meanwhile */

static void
set_mutated_error(void)
{
    PyErr_SetString(PyExc_RuntimeError, "deque mutated during iteration");
}

/* Position of the first item from start to before stop that equals value;
 * ABSENT, MUTATED (both without an exception), or -1 on error.  Runs Python
 * (comparing). */
static Py_ssize_t
find_item(Deque *self, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    size_t state = self->state;
    Py_ssize_t at = self->leftindex + start;
    Block *block = self->leftblock;

    for (; at >= BLOCK && start < stop; at -= BLOCK) {
        block = block->right;
    }
    for (; start < stop; start++) {
        PyObject *item = Py_NewRef(block->data[at]);
        int equal = PyObject_RichCompareBool(item, value, Py_EQ);
        Py_DECREF(item);
        if (equal < 0) {
            return -1;
        }
        if (self->state != state) {
            return MUTATED;
        }
        if (equal) {
            return start;
        }
        if (++at == BLOCK) {
            block = block->right;
            at = 0;
        }
    }
    return ABSENT;
}

static int
deque_contains(PyObject *op, PyObject *value)
{
    Py_ssize_t i = find_item(DEQUE(op), value, 0, Py_SIZE(op));

    if (i == MUTATED) {
        set_mutated_error();
    }
    return i == -1 || i == MUTATED ? -1 : i >= 0;
}

static PyObject *
deque_count(PyObject *op, PyObject *value)
{
    Deque *self = DEQUE(op);
    Py_ssize_t at = self->leftindex, count = 0;
    size_t state = self->state;
    Block *block = self->leftblock;

    for (Py_ssize_t n = Py_SIZE(self); n > 0; n--) {
        PyObject *item = Py_NewRef(block->data[at]);
        int equal = PyObject_RichCompareBool(item, value, Py_EQ);
        Py_DECREF(item);
        if (equal < 0) {
            return NULL;
        }
        if (self->state != state) {
            set_mutated_error();
            return NULL;
        }
        count += equal;
        if (++at == BLOCK) {
            block = block->right;
            at = 0;
        }
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
deque_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = Py_SIZE(op), i;

    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError,
                     "index() takes at %s %zd argument%s (%zd given)",
                     nargs < 1 ? "least" : "most",
                     (Py_ssize_t)(nargs < 1 ? 1 : 3), nargs < 1 ? "" : "s",
                     nargs);
        return NULL;
    }
    if ((nargs > 1 && !_PyEval_SliceIndexNotNone(args[1], &start)) ||
        (nargs > 2 && !_PyEval_SliceIndexNotNone(args[2], &stop))) {
        return NULL;
    }
    if (start < 0) {
        start = Py_MAX(start + Py_SIZE(op), 0);
    }
    if (stop < 0) {
        stop = Py_MAX(stop + Py_SIZE(op), 0);
    }
    stop = Py_MIN(stop, Py_SIZE(op));
    start = Py_MIN(start, stop);
    i = find_item(DEQUE(op), args[0], start, stop);
    if (i >= 0) {
        return PyLong_FromSsize_t(i);
    }
    if (i == MUTATED) {
        set_mutated_error();
    }
    else if (i == ABSENT) {
        PyErr_Format(PyExc_ValueError, "%R is not in deque", args[0]);
    }
    return NULL;
}

static PyObject *
deque_remove(PyObject *op, PyObject *value)
{
    Deque *self = DEQUE(op);
    Py_ssize_t i = find_item(self, value, 0, Py_SIZE(self));

    if (i == -1) {
        return NULL;
    }
    if (i == MUTATED) {                /* only here it is an index error */
        PyErr_SetString(PyExc_IndexError, "deque mutated during remove().");
        return NULL;
    }
    if (i == ABSENT) {
        PyErr_Format(PyExc_ValueError, "%R is not in deque", value);
        return NULL;
    }
    if (delete_item(self, i) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- copies and operators ---- */

static PyObject *
deque_copy(PyObject *op, PyObject *ignored)
{
    Deque *old = DEQUE(op);
    PyObject *copy;

    if (Py_IS_TYPE(op, &deque_type)) {
        copy = deque_new(&deque_type, NULL, NULL);
        if (copy != NULL) {
            DEQUE(copy)->maxlen = old->maxlen;
            if (deque_push_all(copy, op, push_right) < 0) {
                Py_CLEAR(copy);
            }
        }
        return copy;
    }
    copy = old->maxlen < 0
               ? call_one_arg((PyObject *)Py_TYPE(op), op)
               : PyObject_CallFunction((PyObject *)Py_TYPE(op), "On", op,
                                       old->maxlen);
    if (copy != NULL && !PyObject_TypeCheck(copy, &deque_type)) {
        PyErr_Format(PyExc_TypeError,
                     "%.200s() must return a deque, not %.200s",
                     Py_TYPE(op)->tp_name, Py_TYPE(copy)->tp_name);
        Py_CLEAR(copy);
    }
    return copy;
}

static PyObject *
deque_concat(PyObject *self, PyObject *other)
{
    PyObject *result;

    if (!PyObject_TypeCheck(other, &deque_type)) {
        PyErr_Format(PyExc_TypeError,
                     "can only concatenate deque (not \"%.200s\") to deque",
                     Py_TYPE(other)->tp_name);
        return NULL;
    }
    result = deque_copy(self, NULL);
    if (result != NULL && deque_push_all(result, other, push_right) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
deque_inplace_repeat(PyObject *op, Py_ssize_t n)
{
    Deque *self = DEQUE(op);
    Py_ssize_t size = Py_SIZE(self);
    PyObject *items;

    if (size == 0 || n == 1) {
        return Py_NewRef(op);
    }
    if (n <= 0) {
        deque_clear(op, NULL);
        return Py_NewRef(op);
    }
    /* A bounded deque needs only the copies that stay. */
    if (self->maxlen >= 0 && n * size > self->maxlen) {
        n = (self->maxlen + size - 1) / size;
    }
    if (n > PY_SSIZE_T_MAX / size) {
        return PyErr_NoMemory();
    }
    items = PySequence_List(op);
    if (items == NULL) {
        return NULL;
    }
    for (; n > 1; n--) {
        if (deque_push_all(op, items, push_right) < 0) {
            Py_DECREF(items);
            return NULL;
        }
    }
    Py_DECREF(items);
    return Py_NewRef(op);
}

static PyObject *
deque_repeat(PyObject *self, Py_ssize_t n)
{
    PyObject *copy = deque_copy(self, NULL), *result;

    if (copy == NULL) {
        return NULL;
    }
    result = deque_inplace_repeat(copy, n);
    Py_DECREF(copy);
    return result;
}

static PyObject *
deque_repr(PyObject *op)
{
    PyObject *list, *result;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered < 0 ? NULL : PyUnicode_FromString("[...]");
    }
    list = PySequence_List(op);
    if (list == NULL) {
        Py_ReprLeave(op);
        return NULL;
    }
    result = DEQUE(op)->maxlen >= 0
                 ? PyUnicode_FromFormat("%s(%R, maxlen=%zd)",
                                        _PyType_Name(Py_TYPE(op)), list,
                                        DEQUE(op)->maxlen)
                 : PyUnicode_FromFormat("%s(%R)", _PyType_Name(Py_TYPE(op)),
                                        list);
    Py_ReprLeave(op);
    Py_DECREF(list);
    return result;
}

static PyObject *
deque_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *it1 = NULL, *it2 = NULL, *x = NULL, *y = NULL;
    int result = -1;

    if (!PyObject_TypeCheck(left, &deque_type) ||
        !PyObject_TypeCheck(right, &deque_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (op == Py_EQ || op == Py_NE) {
        if (left == right) {
            return PyBool_FromLong(op == Py_EQ);
        }
        if (Py_SIZE(left) != Py_SIZE(right)) {
            return PyBool_FromLong(op == Py_NE);
        }
    }
    it1 = PyObject_GetIter(left);
    it2 = it1 == NULL ? NULL : PyObject_GetIter(right);
    if (it2 == NULL) {
        goto done;
    }
    for (;;) {
        int equal;
        x = PyIter_Next(it1);
        if (x == NULL && PyErr_Occurred()) {
            goto done;
        }
        y = PyIter_Next(it2);
        if (x == NULL || y == NULL) {
            break;
        }
        equal = PyObject_RichCompareBool(x, y, Py_EQ);
        if (equal < 0) {
            goto done;
        }
        if (equal == 0) {
            result = op == Py_EQ   ? 0
                     : op == Py_NE ? 1
                                   : PyObject_RichCompareBool(x, y, op);
            goto done;
        }
        Py_CLEAR(x);
        Py_CLEAR(y);
    }
    if (PyErr_Occurred()) {
        goto done;
    }
    switch (op) {                      /* the shorter one is smaller */
    case Py_LT: result = y != NULL; break;
    case Py_LE: result = x == NULL; break;
    case Py_EQ: result = x == y; break;
    case Py_NE: result = x != y; break;
    case Py_GT: result = x != NULL; break;
    case Py_GE: result = y == NULL; break;
    }
done:
    Py_XDECREF(x);
    Py_XDECREF(y);
    Py_XDECREF(it1);
    Py_XDECREF(it2);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *
deque_reduce(PyObject *op, PyObject *ignored)
{
    PyObject *state = _PyObject_GetState(op), *it;

    if (state == NULL) {
        return NULL;
    }
    it = PyObject_GetIter(op);
    if (it == NULL) {
        Py_DECREF(state);
        return NULL;
    }
    return DEQUE(op)->maxlen < 0
               ? Py_BuildValue("O()NN", Py_TYPE(op), state, it)
               : Py_BuildValue("O(()n)NN", Py_TYPE(op), DEQUE(op)->maxlen,
                               state, it);
}

static int
deque_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"iterable", (char *)"maxlen", NULL};
    PyObject *iterable = NULL, *maxlen_object = NULL;
    Py_ssize_t maxlen = -1;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|OO:deque", keywords,
                                     &iterable, &maxlen_object)) {
        return -1;
    }
    if (maxlen_object != NULL && maxlen_object != Py_None) {
        maxlen = PyLong_AsSsize_t(maxlen_object);
        if (maxlen == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (maxlen < 0) {
            PyErr_SetString(PyExc_ValueError, "maxlen must be non-negative");
            return -1;
        }
    }
    DEQUE(op)->maxlen = maxlen;
    if (Py_SIZE(op) > 0) {
        Py_XDECREF(deque_clear(op, NULL));
    }
    return iterable == NULL ? 0 : deque_push_all(op, iterable, push_right);
}

static PyObject *
deque_sizeof(PyObject *op, PyObject *ignored)
{
    Deque *self = DEQUE(op);
    Py_ssize_t blocks = (self->leftindex + Py_SIZE(op) + BLOCK - 1) / BLOCK;

    blocks = Py_MAX(blocks, 1);
    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize +
                              blocks * (Py_ssize_t)sizeof(Block));
}

static PyObject *
deque_get_maxlen(PyObject *op, void *closure)
{
    if (DEQUE(op)->maxlen < 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromSsize_t(DEQUE(op)->maxlen);
}

static Py_ssize_t
deque_length(PyObject *op)
{
    return Py_SIZE(op);
}

static PyObject *deque_iter(PyObject *op);
static PyObject *deque_reversed(PyObject *op, PyObject *ignored);

static PyGetSetDef deque_getset[] = {
    {"maxlen", deque_get_maxlen, NULL,
     PyDoc_STR("how many items fit, or None where there is no limit"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef deque_methods[] = {
    {"append", deque_append, METH_O, PyDoc_STR("Adds an item at the right.")},
    {"appendleft", deque_appendleft, METH_O,
     PyDoc_STR("Adds an item at the left.")},
    {"clear", deque_clear, METH_NOARGS, PyDoc_STR("Removes every item.")},
    {"__copy__", deque_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {"copy", deque_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {"count", deque_count, METH_O,
     PyDoc_STR("D.count(value) -> how many items are equal")},
    {"extend", deque_extend, METH_O,
     PyDoc_STR("Adds the items of an iterable at the right.")},
    {"extendleft", deque_extendleft, METH_O,
     PyDoc_STR("Adds the items of an iterable at the left, one by one.")},
    {"index", (PyCFunction)(void (*)(void))deque_index, METH_FASTCALL,
     PyDoc_STR("D.index(value, [start, [stop]]) -> position of the first "
               "equal item.\nRaises ValueError if there is none.")},
    {"insert", (PyCFunction)(void (*)(void))deque_insert, METH_FASTCALL,
     PyDoc_STR("D.insert(index, object) -> adds the object before the index")},
    {"pop", deque_pop, METH_NOARGS,
     PyDoc_STR("Removes and returns the rightmost item.")},
    {"popleft", deque_popleft, METH_NOARGS,
     PyDoc_STR("Removes and returns the leftmost item.")},
    {"__reduce__", deque_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"remove", deque_remove, METH_O,
     PyDoc_STR("D.remove(value) -> removes the first equal item.")},
    {"__reversed__", deque_reversed, METH_NOARGS,
     PyDoc_STR("D.__reversed__() -> iterator from the right")},
    {"reverse", deque_reverse, METH_NOARGS,
     PyDoc_STR("D.reverse() -> reverses the order, in place")},
    {"rotate", (PyCFunction)(void (*)(void))deque_rotate, METH_FASTCALL,
     PyDoc_STR("Moves all items n steps to the right (default 1); negative n: "
               "to the left.")},
    {"__sizeof__", deque_sizeof, METH_NOARGS,
     PyDoc_STR("D.__sizeof__() -> bytes used by D itself")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods deque_as_sequence = {
    .sq_length = deque_length,
    .sq_concat = deque_concat,
    .sq_repeat = deque_repeat,
    .sq_item = deque_item,
    .sq_ass_item = deque_ass_item,
    .sq_contains = deque_contains,
    .sq_inplace_concat = deque_inplace_concat,
    .sq_inplace_repeat = deque_inplace_repeat,
};

PyTypeObject deque_type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "collections.deque",
    .tp_basicsize = sizeof(Deque),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE | Py_TPFLAGS_SEQUENCE,
    .tp_doc = PyDoc_STR("deque([iterable[, maxlen]]) --> deque object\n\n"
                        "A sequence that is fast at both ends."),
    .tp_new = deque_new,
    .tp_init = deque_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = deque_dealloc,
    .tp_traverse = deque_traverse,
    .tp_clear = deque_tp_clear,
    .tp_repr = deque_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = deque_richcompare,
    .tp_weaklistoffset = offsetof(Deque, weakrefs),
    .tp_as_sequence = &deque_as_sequence,
    .tp_iter = deque_iter,
    .tp_methods = deque_methods,
    .tp_getset = deque_getset,
};

/* ---- iterators ---- */

typedef struct {
    PyObject_HEAD
    Block *block;
    Py_ssize_t index;
    Deque *deque;
    size_t state;                      /* of the deque, when made */
    Py_ssize_t left;
} DequeIter;

static PyObject *
deque_iter_make(PyTypeObject *type, PyObject *op)
{
    DequeIter *self = PyObject_GC_New(DequeIter, type);
    Deque *deque = DEQUE(op);
    int forward = type == &deque_iterator_type;

    if (self == NULL) {
        return NULL;
    }
    self->block = forward ? deque->leftblock : deque->rightblock;
    self->index = forward ? deque->leftindex : deque->rightindex;
    self->deque = DEQUE(Py_NewRef(op));
    self->state = deque->state;
    self->left = Py_SIZE(deque);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *
deque_iter(PyObject *op)
{
    return deque_iter_make(&deque_iterator_type, op);
}

static PyObject *
deque_reversed(PyObject *op, PyObject *ignored)
{
    return deque_iter_make(&deque_reverse_iterator_type, op);
}

static void
deque_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((DequeIter *)op)->deque);
    PyObject_GC_Del(op);
}

static int
deque_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((DequeIter *)op)->deque);
    return 0;
}

static PyObject *
deque_iter_next(PyObject *op)
{
    DequeIter *self = (DequeIter *)op;
    PyObject *item;

    if (self->deque->state != self->state) {
        self->left = 0;
        PyErr_SetString(PyExc_RuntimeError, "deque mutated during iteration");
        return NULL;
    }
    if (self->left == 0) {
        return NULL;
    }
    item = self->block->data[self->index++];
    self->left--;
    if (self->index == BLOCK && self->left > 0) {
        self->block = self->block->right;
        self->index = 0;
    }
    return Py_NewRef(item);
}

static PyObject *
deque_reviter_next(PyObject *op)
{
    DequeIter *self = (DequeIter *)op;
    PyObject *item;

    if (self->left == 0) {
        return NULL;
    }
    if (self->deque->state != self->state) {
        self->left = 0;
        PyErr_SetString(PyExc_RuntimeError, "deque mutated during iteration");
        return NULL;
    }
    item = self->block->data[self->index--];
    self->left--;
    if (self->index < 0 && self->left > 0) {
        self->block = self->block->left;
        self->index = BLOCK - 1;
    }
    return Py_NewRef(item);
}

/* iterator(deque, items to skip): for unpickling. */
static PyObject *
deque_iter_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    Py_ssize_t skip = 0;
    PyObject *deque, *it;

    if (!PyArg_ParseTuple(args, "O!|n", &deque_type, &deque, &skip)) {
        return NULL;
    }
    it = deque_iter_make(type, deque);
    for (; it != NULL && skip > 0; skip--) {
        PyObject *item = type->tp_iternext(it);
        if (item != NULL) {
            Py_DECREF(item);
        }
        else if (((DequeIter *)it)->left > 0) {
            Py_CLEAR(it);
        }
        else {
            break;
        }
    }
    return it;
}

static PyObject *
deque_iter_length_hint(PyObject *op, PyObject *ignored)
{
    return PyLong_FromSsize_t(((DequeIter *)op)->left);
}

static PyObject *
deque_iter_reduce(PyObject *op, PyObject *ignored)
{
    DequeIter *self = (DequeIter *)op;

    return Py_BuildValue("O(On)", Py_TYPE(op), self->deque,
                         Py_SIZE(self->deque) - self->left);
}

static PyMethodDef deque_iter_methods[] = {
    {"__length_hint__", deque_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", deque_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

#define ITERATOR_TYPE(cname, pyname, next)                                   \
    PyTypeObject cname = {                                                   \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                       \
        .tp_name = "_collections." pyname,                                   \
        .tp_basicsize = sizeof(DequeIter),                                   \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,                 \
        .tp_new = deque_iter_new, .tp_dealloc = deque_iter_dealloc,          \
        .tp_traverse = deque_iter_traverse,                                  \
        .tp_getattro = PyObject_GenericGetAttr,                              \
        .tp_iter = PyObject_SelfIter, .tp_iternext = next,                   \
        .tp_methods = deque_iter_methods,                                    \
    }

ITERATOR_TYPE(deque_iterator_type, "_deque_iterator", deque_iter_next);
ITERATOR_TYPE(deque_reverse_iterator_type, "_deque_reverse_iterator",
              deque_reviter_next);
