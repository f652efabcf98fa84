/* The hash table of sets and frozensets: open addressing, (key, hash).
 *
 * An entry is unused (key NULL, hash 0), deleted (key is the dummy, hash -1)
 * or active.  `fill` counts active and deleted ones, `used` active ones, mask
 * is the number of slots minus one.  fill * 5 < mask * 3 after any insertion,
 * so an unused entry ends every search.  Small tables live in the object.
 *
 * A search looks at PROBES neighbours of a slot before it jumps, which keeps
 * it in a cache line or two.  Comparing keys runs Python, which can change
 * the table: then the search starts again.
 *
 * `finger` is where pop() looks next.  `hash` is the frozenset's, or -1. */
#include "Python.h"

#include "abstract.h"
#include "object.h"
#include "set.h"
#include "settable.h"

#include <string.h>

#define PROBES 9
#define PERTURB_SHIFT 5

/* ---- the dummy ---- */

static PyObject *
dummy_repr(PyObject *op)
{
    return PyUnicode_FromString("<dummy key>");
}

static void
dummy_dealloc(PyObject *op)
{
    Py_FatalError("deallocating <dummy key>");
}

PyTypeObject _PySetDummy_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "<dummy key> type",
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = dummy_dealloc,
    .tp_repr = dummy_repr,
};

PyObject set_dummy_object = OBJECT_HEAD_IMMORTAL(&_PySetDummy_Type);
PyObject *_PySet_Dummy = &set_dummy_object;

/* ---- the table ---- */

/* Compares stored with key, which have the same hash.  1 equal, 0, -1 error,
 * 2 when the table has changed.  Runs Python. */
static int
set_compare(PySetObject *self, setentry *entry, PyObject *key)
{
    PyObject *stored = entry->key;
    setentry *table = self->table;
    int equal = abstract_equal_plain(stored, key);

    if (equal >= 0) {
        return equal;
    }
    Py_INCREF(stored);
    equal = PyObject_RichCompareBool(stored, key, Py_EQ);
    Py_DECREF(stored);
    if (equal < 0) {
        return -1;
    }
    if (table != self->table || entry->key != stored) {
        return 2;
    }
    return equal;
}

/* The entry of key, or an unused one if absent; NULL on error. */
static setentry *
set_lookup(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *entry;
    size_t perturb, mask, i;

restart:
    perturb = (size_t)hash;
    mask = (size_t)self->mask;
    i = (size_t)hash & mask;
    for (;;) {
        int probes = i + PROBES <= mask ? PROBES : 0;
        entry = &self->table[i];
        do {
            if (entry->hash == 0 && entry->key == NULL) {
                return entry;
            }
            if (entry->hash == hash) {
                int equal;
                if (entry->key == key) {
                    return entry;
                }
                equal = set_compare(self, entry, key);
                if (equal < 0) {
                    return NULL;
                }
                if (equal == 1) {
                    return entry;
                }
                if (equal == 2) {
                    goto restart;
                }
                mask = (size_t)self->mask;
            }
            entry++;
        } while (probes--);
        perturb >>= PERTURB_SHIFT;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

/* Enters a key into a table that has no deleted entries and no such key. */
static void
table_insert_clean(setentry *table, size_t mask, PyObject *key,
                   Py_hash_t hash)
{
    size_t perturb = (size_t)hash;
    size_t i = (size_t)hash & mask;

    for (;;) {
        setentry *entry = &table[i];
        int probes = i + PROBES <= mask ? PROBES : 0;
        do {
            if (entry->key == NULL) {
                entry->key = key;
                entry->hash = hash;
                return;
            }
            entry++;
        } while (probes--);
        perturb >>= PERTURB_SHIFT;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

/* Moves the active entries to a table of more than minused slots. */
int
set_table_resize(PySetObject *self, Py_ssize_t minused)
{
    setentry *old = self->table, *now, small_copy[PySet_MINSIZE];
    Py_ssize_t old_mask = self->mask;
    size_t size = PySet_MINSIZE;
    int old_is_malloced = old != self->smalltable;

    while (size <= (size_t)minused) {
        size <<= 1;
    }
    if (size == PySet_MINSIZE) {
        now = self->smalltable;
        if (now == old) {
            if (self->fill == self->used) {
                return 0;
            }
            memcpy(small_copy, old, sizeof(small_copy));
            old = small_copy;
        }
    }
    else {
        if (size > (size_t)PY_SSIZE_T_MAX / sizeof(setentry) ||
            (now = PyMem_New(setentry, size)) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    memset(now, 0, sizeof(setentry) * size);
    self->mask = (Py_ssize_t)size - 1;
    self->table = now;
    for (setentry *entry = old; entry <= old + old_mask; entry++) {
        if (entry_is_active(entry)) {
            table_insert_clean(now, size - 1, entry->key, entry->hash);
        }
    }
    self->fill = self->used;
    if (old_is_malloced) {
        PyMem_Free(old);
    }
    return 0;
}

/* Runs Python (comparing). */
int
set_add_entry(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *entry;

    /* Held: comparing may drop the caller's only reference. */
    Py_INCREF(key);
    entry = set_lookup(self, key, hash);
    if (entry == NULL) {
        Py_DECREF(key);
        return -1;
    }
    if (entry->key != NULL) {
        Py_DECREF(key);
        return 0;
    }
    self->fill++;
    self->used++;
    entry->key = key;
    entry->hash = hash;
    if ((size_t)self->fill * 5 < (size_t)self->mask * 3) {
        return 0;
    }
    return set_table_resize(self, self->used > 50000 ? self->used * 2
                                                     : self->used * 4);
}

static inline Py_hash_t
key_hash(PyObject *key)
{
    if (PyUnicode_CheckExact(key)) {
        Py_hash_t hash = ((PyASCIIObject *)key)->hash;
        if (hash != -1) {
            return hash;
        }
    }
    return PyObject_Hash(key);
}

int
set_add_key(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = key_hash(key);

    return hash == -1 ? -1 : set_add_entry(self, key, hash);
}

/* 1/0/-1 */
int
set_contains_entry(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *entry = set_lookup(self, key, hash);

    return entry == NULL ? -1 : entry->key != NULL;
}

int
set_contains_key(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = key_hash(key);

    return hash == -1 ? -1 : set_contains_entry(self, key, hash);
}

/* 1 removed, 0 absent, -1. */
int
set_discard_entry(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *entry = set_lookup(self, key, hash);
    PyObject *old;

    if (entry == NULL) {
        return -1;
    }
    if (entry->key == NULL) {
        return 0;
    }
    old = entry->key;
    entry->key = SET_DUMMY;
    entry->hash = -1;
    self->used--;
    Py_DECREF(old);
    return 1;
}

int
set_discard_key(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = key_hash(key);

    return hash == -1 ? -1 : set_discard_entry(self, key, hash);
}

void
set_make_empty(PySetObject *self)
{
    memset(self->smalltable, 0, sizeof(self->smalltable));
    self->fill = 0;
    self->used = 0;
    self->mask = PySet_MINSIZE - 1;
    self->table = self->smalltable;
    self->hash = -1;
}

/* Empty before any key is freed. */
int
set_clear_all(PySetObject *self)
{
    setentry *table = self->table, small_copy[PySet_MINSIZE];
    Py_ssize_t used = self->used;
    int malloced = table != self->smalltable;

    if (self->fill == 0 && !malloced) {
        return 0;
    }
    if (!malloced) {
        memcpy(small_copy, table, sizeof(small_copy));
        table = small_copy;
    }
    set_make_empty(self);
    for (setentry *entry = table; used > 0; entry++) {
        if (entry_is_active(entry)) {
            used--;
            Py_DECREF(entry->key);
        }
    }
    if (malloced) {
        PyMem_Free(table);
    }
    return 0;
}

/* The next active entry at or after *position; 1/0. */
int
set_next(PySetObject *self, Py_ssize_t *position, setentry **found)
{
    Py_ssize_t i = *position;

    assert(i >= 0);
    while (i <= self->mask && !entry_is_active(&self->table[i])) {
        i++;
    }
    *position = i + 1;
    if (i > self->mask) {
        return 0;
    }
    *found = &self->table[i];
    return 1;
}

/* ---- merging ---- */

static int
set_merge(PySetObject *self, PyObject *other_op)
{
    PySetObject *other = (PySetObject *)other_op;
    setentry *entry;

    if (other == self || other->used == 0) {
        return 0;
    }
    if ((self->fill + other->used) * 5 >= self->mask * 3 &&
        set_table_resize(self, (self->used + other->used) * 2) < 0) {
        return -1;
    }
    if (self->fill == 0) {
        /* No comparisons: into an empty table, distinct keys. */
        if (self->mask == other->mask && other->fill == other->used) {
            for (Py_ssize_t i = 0; i <= other->mask; i++) {
                if (other->table[i].key != NULL) {
                    self->table[i].key = Py_NewRef(other->table[i].key);
                    self->table[i].hash = other->table[i].hash;
                }
            }
        }
        else {
            for (entry = other->table; entry <= other->table + other->mask;
                 entry++) {
                if (entry_is_active(entry)) {
                    table_insert_clean(self->table, (size_t)self->mask,
                                       Py_NewRef(entry->key), entry->hash);
                }
            }
        }
        self->fill = other->used;
        self->used = other->used;
        return 0;
    }
    /* Comparing may change `other`: its table is read afresh. */
    for (Py_ssize_t i = 0; i <= other->mask; i++) {
        entry = &other->table[i];
        if (entry_is_active(entry) &&
            set_add_entry(self, entry->key, entry->hash) < 0) {
            return -1;
        }
    }
    return 0;
}

int
set_update(PySetObject *self, PyObject *iterable)
{
    PyObject *iterator, *key;
    int status = 0;

    if (PyAnySet_Check(iterable)) {
        return set_merge(self, iterable);
    }
    if (PyDict_CheckExact(iterable)) {
        PyObject *value;
        Py_ssize_t position = 0, n = PyDict_GET_SIZE(iterable);
        Py_hash_t hash;

        if ((self->fill + n) * 5 >= self->mask * 3 &&
            set_table_resize(self, (self->used + n) * 2) < 0) {
            return -1;
        }
        while (_PyDict_Next(iterable, &position, &key, &value, &hash)) {
            if (set_add_entry(self, key, hash) < 0) {
                return -1;
            }
        }
        return 0;
    }
    iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    while (status == 0 && (key = PyIter_Next(iterator)) != NULL) {
        status = set_add_key(self, key);
        Py_DECREF(key);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}
