#ifndef LUCID_SETTABLE_H
#define LUCID_SETTABLE_H
/* The hash table of sets, for setobject.c.  An entry is unused (key NULL),
 * deleted (key is the dummy) or active. */
#include "Python.h"

extern PyObject set_dummy_object;
#define SET_DUMMY (&set_dummy_object)

static inline int
entry_is_active(const setentry *entry)
{
    return entry->key != NULL && entry->key != SET_DUMMY;
}

/* Moves the active entries to a table of more than minused slots.
 * -1 with MemoryError. */
extern int set_table_resize(PySetObject *self, Py_ssize_t minused);

/* Adds a key; the hash is given, or asked for.  0/-1.  Runs Python. */
extern int set_add_entry(PySetObject *self, PyObject *key, Py_hash_t hash);
extern int set_add_key(PySetObject *self, PyObject *key);

/* 1/0/-1.  Runs Python (hashing, comparing). */
extern int set_contains_entry(PySetObject *self, PyObject *key,
                              Py_hash_t hash);
extern int set_contains_key(PySetObject *self, PyObject *key);

/* 1 removed, 0 absent, -1.  Runs Python. */
extern int set_discard_entry(PySetObject *self, PyObject *key,
                             Py_hash_t hash);
extern int set_discard_key(PySetObject *self, PyObject *key);

/* Fields of an empty set; nothing is released. */
extern void set_make_empty(PySetObject *self);
/* Removes every key.  Answers 0.  Runs Python (freeing). */
extern int set_clear_all(PySetObject *self);

/* The next active entry at or after *position: 1 and *found, or 0. */
extern int set_next(PySetObject *self, Py_ssize_t *position,
                    setentry **found);

#endif
