/* set and frozenset: their operations, methods, iterator and C API.  The hash
 * table is in settable.c.
 *
 * Comparing keys runs Python, which can change any set: an entry is not
 * touched after that, keys are held, and positions are looked up again. */
#include "Python.h"

#include "abstract.h"
#include "dict.h"
#include "errors.h"
#include "gc.h"
#include "names.h"
#include "object.h"
#include "set.h"
#include "settable.h"
#include "tuple.h"

#include <string.h>

/* ---- making ---- */

static PyObject *
set_make(PyTypeObject *type, PyObject *iterable)
{
    PySetObject *self = (PySetObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    set_make_empty(self);
    self->weakreflist = NULL;
    if (iterable != NULL && set_update(self, iterable) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* The plain type that results of operations on `op` have. */
static PyTypeObject *
set_base_type(PyObject *op)
{
    if (PyAnySet_CheckExact(op)) {
        return Py_TYPE(op);
    }
    return PyObject_TypeCheck(op, &PySet_Type) ? &PySet_Type
                                               : &PyFrozenSet_Type;
}

PyObject *
set_from_array(PyObject *const *items, Py_ssize_t n)
{
    PyObject *self = set_make(&PySet_Type, NULL);

    for (Py_ssize_t i = 0; self != NULL && i < n; i++) {
        if (set_add_key((PySetObject *)self, items[i]) < 0) {
            Py_CLEAR(self);
        }
    }
    return self;
}

static PyObject *
frozenset_make(PyTypeObject *type, PyObject *iterable)
{
    if (type != &PyFrozenSet_Type) {
        return set_make(type, iterable);
    }
    if (iterable != NULL && PyFrozenSet_CheckExact(iterable)) {
        return Py_NewRef(iterable);
    }
    return set_make(type, iterable);
}

static PyObject *
frozenset_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *iterable = NULL;

    if ((type == &PyFrozenSet_Type ||
         type->tp_init == PyFrozenSet_Type.tp_init) &&
        !_PyArg_NoKeywords("frozenset", kwds)) {
        return NULL;
    }
    if (!PyArg_UnpackTuple(args, type->tp_name, 0, 1, &iterable)) {
        return NULL;
    }
    return frozenset_make(type, iterable);
}

static PyObject *
frozenset_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                     PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("frozenset", kwnames) ||
        !_PyArg_CheckPositional("frozenset", nargs, 0, 1)) {
        return NULL;
    }
    return frozenset_make((PyTypeObject *)type, nargs > 0 ? args[0] : NULL);
}

static PyObject *
set_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return set_make(type, NULL);
}

static int
set_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    PySetObject *self = (PySetObject *)op;
    PyObject *iterable = NULL;

    if (!_PyArg_NoKeywords("set", kwds) ||
        !PyArg_UnpackTuple(args, "set", 0, 1, &iterable)) {
        return -1;
    }
    if (self->fill > 0) {
        set_clear_all(self);
    }
    self->hash = -1;
    return iterable == NULL ? 0 : set_update(self, iterable);
}

static PyObject *
set_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
               PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("set", kwnames) ||
        !_PyArg_CheckPositional("set", nargs, 0, 1)) {
        return NULL;
    }
    return set_make((PyTypeObject *)type, nargs > 0 ? args[0] : NULL);
}

static void
set_dealloc(PyObject *op)
{
    PySetObject *self = (PySetObject *)op;
    Py_ssize_t used = self->used;

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, set_dealloc)
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    for (setentry *entry = self->table; used > 0; entry++) {
        if (entry_is_active(entry)) {
            used--;
            Py_DECREF(entry->key);
        }
    }
    if (self->table != self->smalltable) {
        PyMem_Free(self->table);
    }
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
set_traverse(PyObject *op, visitproc visit, void *arg)
{
    PySetObject *self = (PySetObject *)op;
    Py_ssize_t position = 0;
    setentry *entry;

    while (set_next(self, &position, &entry)) {
        Py_VISIT(entry->key);
    }
    return 0;
}

static int
set_tp_clear(PyObject *op)
{
    return set_clear_all((PySetObject *)op);
}

/* ---- repr, hash, comparison ---- */

static PyObject *
set_repr(PyObject *op)
{
    PyObject *list = NULL, *text = NULL, *inner = NULL, *result = NULL;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered < 0 ? NULL
                           : PyUnicode_FromFormat("%s(...)",
                                                  Py_TYPE(op)->tp_name);
    }
    if (((PySetObject *)op)->used == 0) {
        result = PyUnicode_FromFormat("%s()", Py_TYPE(op)->tp_name);
        goto done;
    }
    list = PySequence_List(op);
    text = list == NULL ? NULL : PyObject_Repr(list);
    inner = text == NULL ? NULL
                         : PyUnicode_Substring(text, 1,
                                               PyUnicode_GET_LENGTH(text) - 1);
    if (inner == NULL) {
        goto done;
    }
    result = PySet_CheckExact(op)
                 ? PyUnicode_FromFormat("{%U}", inner)
                 : PyUnicode_FromFormat("%s({%U})", Py_TYPE(op)->tp_name,
                                        inner);
done:
    Py_XDECREF(inner);
    Py_XDECREF(text);
    Py_XDECREF(list);
    Py_ReprLeave(op);
    return result;
}

/* Spreads nearby hashes, so that their xor does not cancel. */
static inline Py_uhash_t
shuffle_bits(Py_uhash_t h)
{
    return ((h ^ 89869747UL) ^ (h << 16)) * 3644798167UL;
}

/* Independent of order: xor of all shuffled hashes.  Unused and deleted
 * entries are in it, and taken out by their number: no test per entry. */
static Py_hash_t
frozenset_hash(PyObject *op)
{
    PySetObject *self = (PySetObject *)op;
    Py_uhash_t hash = 0;

    if (self->hash != -1) {
        return self->hash;
    }
    for (setentry *entry = self->table; entry <= self->table + self->mask;
         entry++) {
        hash ^= shuffle_bits((Py_uhash_t)entry->hash);
    }
    if ((self->mask + 1 - self->fill) & 1) {
        hash ^= shuffle_bits(0);
    }
    if ((self->fill - self->used) & 1) {
        hash ^= shuffle_bits((Py_uhash_t)-1);
    }
    hash ^= ((Py_uhash_t)self->used + 1) * 1927868237UL;
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash * 69069U + 907133923UL;
    if (hash == (Py_uhash_t)-1) {
        hash = 590923713UL;
    }
    self->hash = (Py_hash_t)hash;
    return self->hash;
}

/* Whether all keys of self are in other (a set).  1/0/-1. */
static int
set_is_subset(PySetObject *self, PySetObject *other)
{
    Py_ssize_t position = 0;
    setentry *entry;
    int found = 1;

    if (self->used > other->used) {
        return 0;
    }
    while (found == 1 && set_next(self, &position, &entry)) {
        PyObject *key = Py_NewRef(entry->key);
        found = set_contains_entry(other, key, entry->hash);
        Py_DECREF(key);
    }
    return found;
}

static PyObject *
set_richcompare(PyObject *left, PyObject *right, int op)
{
    PySetObject *a = (PySetObject *)left, *b = (PySetObject *)right;
    int result = 0;

    if (!PyAnySet_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    switch (op) {
    case Py_EQ:
    case Py_NE:
        if (a->used == b->used &&
            (a->hash == -1 || b->hash == -1 || a->hash == b->hash)) {
            result = set_is_subset(a, b);
        }
        if (op == Py_NE && result >= 0) {
            result = !result;
        }
        break;
    case Py_LE:
        result = set_is_subset(a, b);
        break;
    case Py_GE:
        result = set_is_subset(b, a);
        break;
    case Py_LT:
        result = a->used < b->used ? set_is_subset(a, b) : 0;
        break;
    case Py_GT:
        result = a->used > b->used ? set_is_subset(b, a) : 0;
        break;
    }
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* ---- operations ---- */

static PyObject *
set_copy(PyObject *self, PyObject *ignored)
{
    return set_make(set_base_type(self), self);
}

static PyObject *
frozenset_copy(PyObject *self, PyObject *ignored)
{
    return PyFrozenSet_CheckExact(self) ? Py_NewRef(self)
                                        : set_copy(self, NULL);
}

static PyObject *
set_clear(PyObject *self, PyObject *ignored)
{
    set_clear_all((PySetObject *)self);
    Py_RETURN_NONE;
}

/* Exchanges the contents; hashes too if both are frozen of one kind. */
static void
set_swap_bodies(PySetObject *a, PySetObject *b)
{
    setentry small[PySet_MINSIZE], *table;
    Py_ssize_t swap;
    int a_small = a->table == a->smalltable,
        b_small = b->table == b->smalltable;

    swap = a->fill, a->fill = b->fill, b->fill = swap;
    swap = a->used, a->used = b->used, b->used = swap;
    swap = a->mask, a->mask = b->mask, b->mask = swap;
    table = a->table;
    a->table = b_small ? a->smalltable : b->table;
    b->table = a_small ? b->smalltable : table;
    if (a_small || b_small) {
        memcpy(small, a->smalltable, sizeof(small));
        memcpy(a->smalltable, b->smalltable, sizeof(small));
        memcpy(b->smalltable, small, sizeof(small));
    }
    a->hash = -1;
    b->hash = -1;
}

static PyObject *
set_update_method(PyObject *self, PyObject *args)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        if (set_update((PySetObject *)self, PyTuple_GET_ITEM(args, i)) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
set_union(PyObject *self, PyObject *args)
{
    PyObject *result = set_copy(self, NULL);

    for (Py_ssize_t i = 0; result != NULL && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *other = PyTuple_GET_ITEM(args, i);
        if (other != self && set_update((PySetObject *)result, other) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static PyObject *
set_or(PyObject *left, PyObject *right)
{
    PyObject *result;

    if (!PyAnySet_Check(left) || !PyAnySet_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = set_copy(left, NULL);
    if (result != NULL && left != right &&
        set_update((PySetObject *)result, right) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
set_inplace_or(PyObject *self, PyObject *other)
{
    if (!PyAnySet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return set_update((PySetObject *)self, other) < 0 ? NULL
                                                      : Py_NewRef(self);
}

/* The plain set of what is in both. */
static PyObject *
set_intersect(PyObject *self, PyObject *other)
{
    PySetObject *result;
    PyObject *key, *iterator;
    int status = 0;

    if (self == other) {
        return set_copy(self, NULL);
    }
    result = (PySetObject *)set_make(set_base_type(self), NULL);
    if (result == NULL) {
        return NULL;
    }
    if (PyAnySet_Check(other)) {
        PySetObject *walk = (PySetObject *)other;
        PySetObject *look = (PySetObject *)self;
        Py_ssize_t position = 0;
        setentry *entry;

        if (walk->used > look->used) {
            walk = (PySetObject *)self;
            look = (PySetObject *)other;
        }
        while (status >= 0 && set_next(walk, &position, &entry)) {
            Py_hash_t hash = entry->hash;
            key = Py_NewRef(entry->key);
            status = set_contains_entry(look, key, hash);
            if (status > 0) {
                status = set_add_entry(result, key, hash);
            }
            Py_DECREF(key);
        }
    }
    else {
        iterator = PyObject_GetIter(other);
        if (iterator == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        while (status >= 0 && (key = PyIter_Next(iterator)) != NULL) {
            Py_hash_t hash = PyObject_Hash(key);
            status = hash == -1 ? -1
                                : set_contains_entry((PySetObject *)self, key,
                                                     hash);
            if (status > 0) {
                status = set_add_entry(result, key, hash);
            }
            Py_DECREF(key);
        }
        Py_DECREF(iterator);
        if (status >= 0 && PyErr_Occurred()) {
            status = -1;
        }
    }
    if (status < 0) {
        Py_CLEAR(result);
    }
    return (PyObject *)result;
}

static PyObject *
set_intersection(PyObject *self, PyObject *args)
{
    PyObject *result;

    if (PyTuple_GET_SIZE(args) == 0) {
        return set_copy(self, NULL);
    }
    result = Py_NewRef(self);
    for (Py_ssize_t i = 0; result != NULL && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *next = set_intersect(result, PyTuple_GET_ITEM(args, i));
        Py_SETREF(result, next);
    }
    return result;
}

static PyObject *
set_intersection_update(PyObject *self, PyObject *args)
{
    PyObject *common = set_intersection(self, args);

    if (common == NULL) {
        return NULL;
    }
    set_swap_bodies((PySetObject *)self, (PySetObject *)common);
    Py_DECREF(common);
    Py_RETURN_NONE;
}

static PyObject *
set_and(PyObject *left, PyObject *right)
{
    if (!PyAnySet_Check(left) || !PyAnySet_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return set_intersect(left, right);
}

static PyObject *
set_inplace_and(PyObject *self, PyObject *other)
{
    PyObject *common;

    if (!PyAnySet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    common = set_intersect(self, other);
    if (common == NULL) {
        return NULL;
    }
    set_swap_bodies((PySetObject *)self, (PySetObject *)common);
    Py_DECREF(common);
    return Py_NewRef(self);
}

static PyObject *
set_isdisjoint(PyObject *op, PyObject *other)
{
    PySetObject *self = (PySetObject *)op;
    PyObject *key, *iterator;
    int found = 0;

    if (op == other) {
        return PyBool_FromLong(self->used == 0);
    }
    if (PyAnySet_CheckExact(other)) {
        PySetObject *walk = (PySetObject *)other, *look = self;
        Py_ssize_t position = 0;
        setentry *entry;

        if (walk->used > look->used) {
            walk = self;
            look = (PySetObject *)other;
        }
        while (found == 0 && set_next(walk, &position, &entry)) {
            key = Py_NewRef(entry->key);
            found = set_contains_entry(look, key, entry->hash);
            Py_DECREF(key);
        }
        return found < 0 ? NULL : PyBool_FromLong(!found);
    }
    iterator = PyObject_GetIter(other);
    if (iterator == NULL) {
        return NULL;
    }
    while (found == 0 && (key = PyIter_Next(iterator)) != NULL) {
        found = set_contains_key(self, key);
        Py_DECREF(key);
    }
    Py_DECREF(iterator);
    return found < 0 || PyErr_Occurred() ? NULL : PyBool_FromLong(!found);
}

/* self -= other */
static int
set_subtract_in_place(PySetObject *self, PyObject *other)
{
    PyObject *key, *iterator;
    int status = 0;

    if ((PyObject *)self == other) {
        return set_clear_all(self);
    }
    if (PyAnySet_Check(other)) {
        PySetObject *from = (PySetObject *)other;
        Py_ssize_t position = 0;
        setentry *entry;

        /* Many more in other than in self: looks at what self has. */
        if ((from->used >> 3) > self->used) {
            other = set_intersect((PyObject *)self, other);
            if (other == NULL) {
                return -1;
            }
            from = (PySetObject *)other;
        }
        else {
            Py_INCREF(other);
        }
        while (status >= 0 && set_next(from, &position, &entry)) {
            key = Py_NewRef(entry->key);
            status = set_discard_entry(self, key, entry->hash);
            Py_DECREF(key);
        }
        Py_DECREF(other);
    }
    else {
        iterator = PyObject_GetIter(other);
        if (iterator == NULL) {
            return -1;
        }
        while (status >= 0 && (key = PyIter_Next(iterator)) != NULL) {
            status = set_discard_key(self, key);
            Py_DECREF(key);
        }
        Py_DECREF(iterator);
        if (status >= 0 && PyErr_Occurred()) {
            status = -1;
        }
    }
    if (status < 0) {
        return -1;
    }
    /* Many deleted entries slow searches. */
    if ((size_t)(self->fill - self->used) <= (size_t)self->mask / 5) {
        return 0;
    }
    return set_table_resize(self, self->used > 50000 ? self->used * 2
                                                     : self->used * 4);
}

static PyObject *
set_difference_update(PyObject *self, PyObject *args)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        if (set_subtract_in_place((PySetObject *)self,
                                  PyTuple_GET_ITEM(args, i)) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
set_copy_and_subtract(PyObject *self, PyObject *other)
{
    PyObject *result = set_copy(self, NULL);

    if (result != NULL &&
        set_subtract_in_place((PySetObject *)result, other) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* The plain set of what is in self and not in other. */
static PyObject *
set_subtract(PyObject *op, PyObject *other)
{
    PySetObject *self = (PySetObject *)op, *result;
    Py_ssize_t position = 0, other_len;
    setentry *entry;
    int status = 0;

    if (PyAnySet_Check(other)) {
        other_len = PySet_GET_SIZE(other);
    }
    else if (PyDict_CheckExact(other)) {
        other_len = PyDict_GET_SIZE(other);
    }
    else {
        return set_copy_and_subtract(op, other);
    }
    /* A much longer self: copies and removes. */
    if ((self->used >> 2) > other_len) {
        return set_copy_and_subtract(op, other);
    }
    result = (PySetObject *)set_make(set_base_type(op), NULL);
    if (result == NULL) {
        return NULL;
    }
    while (status >= 0 && set_next(self, &position, &entry)) {
        Py_hash_t hash = entry->hash;
        PyObject *key = Py_NewRef(entry->key);
        status = PyDict_CheckExact(other)
                     ? _PyDict_Contains_KnownHash(other, key, hash)
                     : set_contains_entry((PySetObject *)other, key, hash);
        if (status == 0) {
            status = set_add_entry(result, key, hash);
        }
        Py_DECREF(key);
    }
    if (status < 0) {
        Py_CLEAR(result);
    }
    return (PyObject *)result;
}

static PyObject *
set_difference(PyObject *self, PyObject *args)
{
    PyObject *result;

    if (PyTuple_GET_SIZE(args) == 0) {
        return set_copy(self, NULL);
    }
    result = set_subtract(self, PyTuple_GET_ITEM(args, 0));
    for (Py_ssize_t i = 1; result != NULL && i < PyTuple_GET_SIZE(args); i++) {
        if (set_subtract_in_place((PySetObject *)result,
                                  PyTuple_GET_ITEM(args, i)) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static PyObject *
set_sub(PyObject *left, PyObject *right)
{
    if (!PyAnySet_Check(left) || !PyAnySet_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return set_subtract(left, right);
}

static PyObject *
set_inplace_sub(PyObject *self, PyObject *other)
{
    if (!PyAnySet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return set_subtract_in_place((PySetObject *)self, other) < 0
               ? NULL : Py_NewRef(self);
}

/* Removes key from self if there, else adds it. */
static int
set_toggle(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    int status;

    Py_INCREF(key);
    status = set_discard_entry(self, key, hash);
    if (status == 0) {
        status = set_add_entry(self, key, hash);
    }
    Py_DECREF(key);
    return status < 0 ? -1 : 0;
}

static PyObject *
set_symmetric_difference_update(PyObject *op, PyObject *other)
{
    PySetObject *self = (PySetObject *)op, *from;
    Py_ssize_t position = 0;
    setentry *entry;

    if (op == other) {
        return set_clear(op, NULL);
    }
    if (PyDict_CheckExact(other)) {
        PyObject *key, *value;
        Py_hash_t hash;
        while (_PyDict_Next(other, &position, &key, &value, &hash)) {
            if (set_toggle(self, key, hash) < 0) {
                return NULL;
            }
        }
        Py_RETURN_NONE;
    }
    if (PyAnySet_Check(other)) {
        other = Py_NewRef(other);
    }
    else {
        other = set_make(set_base_type(op), other);
        if (other == NULL) {
            return NULL;
        }
    }
    from = (PySetObject *)other;
    while (set_next(from, &position, &entry)) {
        if (set_toggle(self, entry->key, entry->hash) < 0) {
            Py_DECREF(other);
            return NULL;
        }
    }
    Py_DECREF(other);
    Py_RETURN_NONE;
}

static PyObject *
set_symmetric_difference(PyObject *self, PyObject *other)
{
    PyObject *result = set_make(set_base_type(self), other), *ignored;

    if (result == NULL) {
        return NULL;
    }
    ignored = set_symmetric_difference_update(result, self);
    if (ignored == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    Py_DECREF(ignored);
    return result;
}

static PyObject *
set_xor(PyObject *left, PyObject *right)
{
    if (!PyAnySet_Check(left) || !PyAnySet_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return set_symmetric_difference(left, right);
}

static PyObject *
set_inplace_xor(PyObject *self, PyObject *other)
{
    PyObject *ignored;

    if (!PyAnySet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    ignored = set_symmetric_difference_update(self, other);
    if (ignored == NULL) {
        return NULL;
    }
    Py_DECREF(ignored);
    return Py_NewRef(self);
}

static PyObject *
set_issubset(PyObject *self, PyObject *other)
{
    PyObject *converted = NULL;
    int result;

    if (!PyAnySet_Check(other)) {
        /* What is in both, as long as self: all of self is. */
        converted = set_intersect(self, other);
        if (converted == NULL) {
            return NULL;
        }
        result = PySet_GET_SIZE(converted) == PySet_GET_SIZE(self);
        Py_DECREF(converted);
        return PyBool_FromLong(result);
    }
    result = set_is_subset((PySetObject *)self, (PySetObject *)other);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *
set_issuperset(PyObject *self, PyObject *other)
{
    PyObject *iterator, *key;
    int found = 1;

    if (PyAnySet_Check(other)) {
        found = set_is_subset((PySetObject *)other, (PySetObject *)self);
        return found < 0 ? NULL : PyBool_FromLong(found);
    }
    iterator = PyObject_GetIter(other);
    if (iterator == NULL) {
        return NULL;
    }
    while (found == 1 && (key = PyIter_Next(iterator)) != NULL) {
        found = set_contains_key((PySetObject *)self, key);
        Py_DECREF(key);
    }
    Py_DECREF(iterator);
    return found < 0 || PyErr_Occurred() ? NULL : PyBool_FromLong(found);
}

/* ---- single items ---- */

static PyObject *
set_add(PyObject *self, PyObject *key)
{
    if (set_add_key((PySetObject *)self, key) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* A set as key, which is unhashable, stands for its frozen copy.  New, or
 * NULL with the original TypeError. */
static PyObject *
set_frozen_key(PyObject *key)
{
    if (!PySet_Check(key) || !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return NULL;
    }
    PyErr_Clear();
    return set_make(&PyFrozenSet_Type, key);
}

static int
set_contains(PyObject *self, PyObject *key)
{
    int found = set_contains_key((PySetObject *)self, key);

    if (found < 0) {
        PyObject *frozen = set_frozen_key(key);
        if (frozen == NULL) {
            return -1;
        }
        found = set_contains_key((PySetObject *)self, frozen);
        Py_DECREF(frozen);
    }
    return found;
}

static PyObject *
set_contains_method(PyObject *self, PyObject *key)
{
    int found = set_contains(self, key);

    return found < 0 ? NULL : PyBool_FromLong(found);
}

static int
set_discard_any(PyObject *self, PyObject *key)
{
    int found = set_discard_key((PySetObject *)self, key);

    if (found < 0) {
        PyObject *frozen = set_frozen_key(key);
        if (frozen == NULL) {
            return -1;
        }
        found = set_discard_key((PySetObject *)self, frozen);
        Py_DECREF(frozen);
    }
    return found;
}

static PyObject *
set_remove(PyObject *self, PyObject *key)
{
    int found = set_discard_any(self, key);

    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        _PyErr_SetKeyError(key);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
set_discard(PyObject *self, PyObject *key)
{
    if (set_discard_any(self, key) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
set_pop(PyObject *op, PyObject *ignored)
{
    PySetObject *self = (PySetObject *)op;
    setentry *entry, *end = self->table + self->mask;
    PyObject *key;

    if (self->used == 0) {
        PyErr_SetString(PyExc_KeyError, "pop from an empty set");
        return NULL;
    }
    entry = self->table + (self->finger & self->mask);
    while (!entry_is_active(entry)) {
        entry = entry == end ? self->table : entry + 1;
    }
    key = entry->key;
    entry->key = SET_DUMMY;
    entry->hash = -1;
    self->used--;
    self->finger = entry - self->table + 1;
    return key;
}

static PyObject *
set_reduce(PyObject *self, PyObject *ignored)
{
    PyObject *keys = PySequence_List(self), *state;

    if (keys == NULL) {
        return NULL;
    }
    state = _PyObject_GetState(self);
    if (state == NULL) {
        Py_DECREF(keys);
        return NULL;
    }
    return Py_BuildValue("O(N)N", Py_TYPE(self), keys, state);
}

static PyObject *
set_sizeof(PyObject *op, PyObject *ignored)
{
    PySetObject *self = (PySetObject *)op;
    Py_ssize_t size = Py_TYPE(op)->tp_basicsize;

    if (self->table != self->smalltable) {
        size += (self->mask + 1) * (Py_ssize_t)sizeof(setentry);
    }
    return PyLong_FromSsize_t(size);
}

static Py_ssize_t
set_length(PyObject *self)
{
    return ((PySetObject *)self)->used;
}

/* ---- iterator ---- */

typedef struct {
    PyObject_HEAD
    PySetObject *si_set;               /* NULL: exhausted */
    Py_ssize_t si_used;
    Py_ssize_t si_pos;
    Py_ssize_t len;                    /* items left */
} SetIterObject;

static PyObject *
set_iter(PyObject *self)
{
    SetIterObject *iter = PyObject_GC_New(SetIterObject, &PySetIter_Type);

    if (iter == NULL) {
        return NULL;
    }
    iter->si_set = (PySetObject *)Py_NewRef(self);
    iter->si_used = iter->si_set->used;
    iter->si_pos = 0;
    iter->len = iter->si_set->used;
    gc_track(iter);
    return (PyObject *)iter;
}

static void
set_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((SetIterObject *)op)->si_set);
    PyObject_GC_Del(op);
}

static int
set_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SetIterObject *)op)->si_set);
    return 0;
}

static PyObject *
set_iter_next(PyObject *op)
{
    SetIterObject *self = (SetIterObject *)op;
    PySetObject *set = self->si_set;
    setentry *entry;

    if (set == NULL) {
        return NULL;
    }
    if (self->si_used != set->used) {
        PyErr_SetString(PyExc_RuntimeError,
                        "Set changed size during iteration");
        self->si_used = -1;
        return NULL;
    }
    if (!set_next(set, &self->si_pos, &entry)) {
        self->si_set = NULL;
        Py_DECREF(set);
        return NULL;
    }
    self->len--;
    return Py_NewRef(entry->key);
}

static PyObject *
set_iter_length_hint(PyObject *op, PyObject *ignored)
{
    SetIterObject *self = (SetIterObject *)op;

    return PyLong_FromSsize_t(
        self->si_set != NULL && self->si_used == self->si_set->used
            ? self->len : 0);
}

static PyObject *
set_iter_reduce(PyObject *op, PyObject *ignored)
{
    SetIterObject copy = *(SetIterObject *)op;
    PyObject *list, *function;

    Py_XINCREF(copy.si_set);
    list = PySequence_List((PyObject *)&copy);
    Py_XDECREF(copy.si_set);
    if (list == NULL) {
        return NULL;
    }
    function = _PyEval_GetBuiltin(NAME(iter));
    if (function == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    return Py_BuildValue("N(N)", function, list);
}

static PyMethodDef set_iter_methods[] = {
    {"__length_hint__", set_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left, presumably.")},
    {"__reduce__", set_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySetIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "set_iterator",
    .tp_basicsize = sizeof(SetIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = set_iter_dealloc,
    .tp_traverse = set_iter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = set_iter_next,
    .tp_methods = set_iter_methods,
};

/* ---- tables ---- */

#define COMMON_METHODS                                                       \
    {"__contains__", set_contains_method, METH_O | METH_COEXIST,             \
     PyDoc_STR("x.__contains__(y) is y in x.")},                             \
    {"difference", set_difference, METH_VARARGS,                             \
     PyDoc_STR("A new set of what is in this set and not in the others.")},  \
    {"intersection", set_intersection, METH_VARARGS,                         \
     PyDoc_STR("A new set of what is in this set and in all others.")},      \
    {"isdisjoint", set_isdisjoint, METH_O,                                   \
     PyDoc_STR("Whether nothing is in both.")},                              \
    {"issubset", set_issubset, METH_O,                                       \
     PyDoc_STR("Whether everything in this set is in the other.")},          \
    {"issuperset", set_issuperset, METH_O,                                   \
     PyDoc_STR("Whether everything in the other is in this set.")},          \
    {"__reduce__", set_reduce, METH_NOARGS,                                  \
     PyDoc_STR("State for pickling.")},                                      \
    {"__sizeof__", set_sizeof, METH_NOARGS,                                  \
     PyDoc_STR("S.__sizeof__() -> bytes used by S itself.")},                \
    {"symmetric_difference", set_symmetric_difference, METH_O,               \
     PyDoc_STR("A new set of what is in one of the two only.")},             \
    {"union", set_union, METH_VARARGS,                                       \
     PyDoc_STR("A new set of what is in this set or any of the others.")},   \
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,              \
     PyDoc_STR("See PEP 585")}

static PyMethodDef set_methods[] = {
    COMMON_METHODS,
    {"add", set_add, METH_O, PyDoc_STR("Adds an item, if it is not there.")},
    {"clear", set_clear, METH_NOARGS, PyDoc_STR("Removes every item.")},
    {"copy", set_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {"discard", set_discard, METH_O,
     PyDoc_STR("Removes an item, if it is there.")},
    {"difference_update", set_difference_update, METH_VARARGS,
     PyDoc_STR("Removes everything that is in one of the others.")},
    {"intersection_update", set_intersection_update, METH_VARARGS,
     PyDoc_STR("Keeps only what is in all others too.")},
    {"pop", set_pop, METH_NOARGS,
     PyDoc_STR("Removes and returns some item; KeyError if there is none.")},
    {"remove", set_remove, METH_O,
     PyDoc_STR("Removes an item; KeyError if it is not there.")},
    {"symmetric_difference_update", set_symmetric_difference_update, METH_O,
     PyDoc_STR("Keeps what is in one of the two only.")},
    {"update", set_update_method, METH_VARARGS,
     PyDoc_STR("Adds everything that is in the others.")},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef frozenset_methods[] = {
    COMMON_METHODS,
    {"copy", frozenset_copy, METH_NOARGS, PyDoc_STR("A shallow copy.")},
    {NULL, NULL, 0, NULL},
};

#undef COMMON_METHODS

static PySequenceMethods set_as_sequence = {
    .sq_length = set_length,
    .sq_contains = set_contains,
};

static PyNumberMethods set_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
    .nb_inplace_subtract = set_inplace_sub,
    .nb_inplace_and = set_inplace_and,
    .nb_inplace_xor = set_inplace_xor,
    .nb_inplace_or = set_inplace_or,
};

static PyNumberMethods frozenset_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
};

PyTypeObject PySet_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "set",
    .tp_basicsize = sizeof(PySetObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = PyDoc_STR("set() -> new empty set\n"
                        "set(iterable) -> new set\n\n"
                        "An unordered collection of distinct items."),
    .tp_new = set_new,
    .tp_init = set_init,
    .tp_vectorcall = set_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = set_dealloc,
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_repr = set_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_as_number = &set_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_iter = set_iter,
    .tp_methods = set_methods,
};

PyTypeObject PyFrozenSet_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "frozenset",
    .tp_basicsize = sizeof(PySetObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc =
        PyDoc_STR("frozenset() -> empty frozenset\n"
                  "frozenset(iterable) -> frozenset\n\n"
                  "An unordered immutable collection of distinct items."),
    .tp_new = frozenset_new,
    .tp_vectorcall = frozenset_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = set_dealloc,
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_repr = set_repr,
    .tp_hash = frozenset_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_as_number = &frozenset_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_iter = set_iter,
    .tp_methods = frozenset_methods,
};

/* ---- the C API ---- */

PyObject *
PySet_New(PyObject *iterable)
{
    return set_make(&PySet_Type, iterable);
}

PyObject *
PyFrozenSet_New(PyObject *iterable)
{
    return set_make(&PyFrozenSet_Type, iterable);
}

Py_ssize_t
PySet_Size(PyObject *op)
{
    if (!PyAnySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return PySet_GET_SIZE(op);
}

int
PySet_Clear(PyObject *op)
{
    if (!PySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return set_clear_all((PySetObject *)op);
}

int
PySet_Contains(PyObject *op, PyObject *key)
{
    if (!PyAnySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return set_contains_key((PySetObject *)op, key);
}

int
PySet_Discard(PyObject *op, PyObject *key)
{
    if (!PySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return set_discard_key((PySetObject *)op, key);
}

/* A frozenset can be filled as long as nobody else has seen it. */
int
PySet_Add(PyObject *op, PyObject *key)
{
    if (!PySet_Check(op) &&
        (!PyFrozenSet_Check(op) || Py_REFCNT(op) != 1)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return set_add_key((PySetObject *)op, key);
}

int
_PySet_NextEntry(PyObject *op, Py_ssize_t *position, PyObject **key,
                 Py_hash_t *hash)
{
    setentry *entry;

    if (!PyAnySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (!set_next((PySetObject *)op, position, &entry)) {
        return 0;
    }
    *key = entry->key;
    *hash = entry->hash;
    return 1;
}

PyObject *
PySet_Pop(PyObject *op)
{
    if (!PySet_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return set_pop(op, NULL);
}

int
_PySet_Update(PyObject *op, PyObject *iterable)
{
    if (!PySet_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return set_update((PySetObject *)op, iterable);
}
