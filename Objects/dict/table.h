#ifndef LUCID_DICT_TABLE_H
#define LUCID_DICT_TABLE_H
/* The inside of key tables, for the files of this folder. */
#include "Python.h"
#include "dict.h"
#include "gc.h"
#include "object.h"

#include <string.h>

#define TABLE_LOG2_MIN 3
#define TABLE_PERTURB_SHIFT 5
/* From lookups: the table changed during a comparison; start again. */
#define TABLE_CHANGED (-4)

/* Entries for 2**log2 slots: two thirds. */
#define TABLE_USABLE(log2) ((((int64_t)1 << (log2)) << 1) / 3)

/* The table of every empty dict: no slots, immortal. */
extern struct _dictkeysobject dict_empty_keys;

/* ---- keys.c ---- */
extern PyDictKeysObject *table_new(int log2_size, int kind);
extern void table_free(PyDictKeysObject *keys);
extern Py_ssize_t table_find_general(PyDictObject *mp, PyDictKeysObject *keys,
                                     PyObject *key, Py_hash_t hash);
extern Py_ssize_t table_find_foreign(PyDictObject *mp, PyDictKeysObject *keys,
                                     PyObject *key, Py_hash_t hash);
extern void table_build_indices(PyDictKeysObject *keys, Py_ssize_t n);
/* The slot in indices that holds entry `index`. */
extern Py_ssize_t table_slot_of(PyDictKeysObject *keys, Py_hash_t hash,
                                Py_ssize_t index);
extern PyDictKeysObject *table_clone(PyDictObject *mp);
extern void table_clear_free_list(void);
extern int table_log2_for(Py_ssize_t entries);

/* ---- core.c ---- */
extern PyObject *dict_new_with(PyDictKeysObject *keys, PyDictValues *values,
                               Py_ssize_t used, int free_values);
extern int dict_insert(PyDictObject *mp, PyObject *key, Py_hash_t hash,
                       PyObject *value);
extern int dict_resize(PyDictObject *mp, int log2_size, int unicode);
extern int dict_delete_at(PyDictObject *mp, Py_hash_t hash, Py_ssize_t index,
                          PyObject *old_value);
extern int dict_next_item(PyDictObject *mp, Py_ssize_t *position,
                          PyObject **key, PyObject **value, Py_hash_t *hash);
extern int dict_update_arg(PyObject *self, PyObject *arg);
extern int dict_merge(PyObject *self, PyObject *other, int override);
extern void values_remove_from_order(PyDictValues *values, Py_ssize_t index);
extern PyDictValues *values_new(Py_ssize_t n);
extern void values_free(PyDictValues *values);
extern int dict_try_free_list(PyDictObject *mp);
extern PyObject *dict_missing(PyObject *self, PyObject *key);

/* ---- iter.c ---- */
extern PyObject *dict_iter_new(PyDictObject *mp, PyTypeObject *type);
extern PyObject *dict_iter(PyObject *self);
extern PyObject *dict_reversed(PyObject *self, PyObject *ignored);

/* ---- views.c ---- */
extern PyObject *dict_keys(PyObject *self, PyObject *ignored);
extern PyObject *dict_items(PyObject *self, PyObject *ignored);
extern PyObject *dict_values(PyObject *self, PyObject *ignored);

static inline Py_ssize_t
table_get_index(PyDictKeysObject *keys, size_t slot)
{
    int log2 = keys->dk_log2_size;

    if (log2 < 8) {
        return ((int8_t *)keys->dk_indices)[slot];
    }
    if (log2 < 16) {
        return ((int16_t *)keys->dk_indices)[slot];
    }
    if (log2 < 32) {
        return ((int32_t *)keys->dk_indices)[slot];
    }
    return (Py_ssize_t)((int64_t *)keys->dk_indices)[slot];
}

static inline void
table_set_index(PyDictKeysObject *keys, size_t slot, Py_ssize_t index)
{
    int log2 = keys->dk_log2_size;

    if (log2 < 8) {
        ((int8_t *)keys->dk_indices)[slot] = (int8_t)index;
    }
    else if (log2 < 16) {
        ((int16_t *)keys->dk_indices)[slot] = (int16_t)index;
    }
    else if (log2 < 32) {
        ((int32_t *)keys->dk_indices)[slot] = (int32_t)index;
    }
    else {
        ((int64_t *)keys->dk_indices)[slot] = index;
    }
}

static inline Py_hash_t
table_name_hash(PyObject *name)
{
    return ((PyASCIIObject *)name)->hash;
}

/* The hash of a key, from the object if it is a str that knows it.
 * -1 on error.  Runs Python. */
static inline Py_hash_t
table_hash(PyObject *key)
{
    if (PyUnicode_CheckExact(key)) {
        Py_hash_t hash = table_name_hash(key);
        if (hash != -1) {
            return hash;
        }
    }
    return PyObject_Hash(key);
}

/* Two exact str objects of equal hash. */
static inline int
table_names_equal(PyObject *a, PyObject *b)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(a);
    unsigned int kind = PyUnicode_KIND(a);

    if (len != PyUnicode_GET_LENGTH(b) || kind != PyUnicode_KIND(b)) {
        return 0;
    }
    return memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
                  (size_t)len * kind) == 0;
}

/* Position of an exact str in a UNICODE or SPLIT table. */
static inline Py_ssize_t
table_find_name(PyDictKeysObject *keys, PyObject *name, Py_hash_t hash)
{
    PyDictUnicodeEntry *entries = dict_keys_unicode_entries(keys);
    size_t mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = (size_t)hash & mask;

    for (;;) {
        Py_ssize_t index = table_get_index(keys, slot);
        if (index >= 0) {
            PyObject *key = entries[index].me_key;
            if (key == name || (table_name_hash(key) == hash &&
                                table_names_equal(key, name))) {
                return index;
            }
        }
        else if (index == DICT_INDEX_EMPTY) {
            return DICT_INDEX_EMPTY;
        }
        perturb >>= TABLE_PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

/* The first slot free for a new entry. */
static inline size_t
table_free_slot(PyDictKeysObject *keys, Py_hash_t hash)
{
    size_t mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = (size_t)hash & mask;

    while (table_get_index(keys, slot) >= 0) {
        perturb >>= TABLE_PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
    return slot;
}

static inline void
table_incref(PyDictKeysObject *keys)
{
    keys->dk_refcnt++;
}

static inline void
table_decref(PyDictKeysObject *keys)
{
    if (--keys->dk_refcnt == 0) {
        table_free(keys);
    }
}

/* Key, hash and value of entry `index`, of any kind; value NULL: no such. */
static inline PyObject *
table_entry(PyDictObject *mp, Py_ssize_t index, PyObject **key,
            Py_hash_t *hash)
{
    PyDictKeysObject *keys = mp->ma_keys;

    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        PyDictKeyEntry *entry = &dict_keys_entries(keys)[index];
        *key = entry->me_key;
        *hash = entry->me_hash;
        return entry->me_value;
    }
    PyDictUnicodeEntry *entry = &dict_keys_unicode_entries(keys)[index];
    *key = entry->me_key;
    *hash = entry->me_key != NULL ? table_name_hash(entry->me_key) : -1;
    return mp->ma_values != NULL ? mp->ma_values->values[index]
                                 : entry->me_value;
}

/* A dict that was untracked has to be tracked when it gets a container. */
static inline void
dict_maintain_tracking(PyDictObject *mp, PyObject *key, PyObject *value)
{
    if (!gc_is_tracked(mp) &&
        (gc_may_be_tracked(key) || gc_may_be_tracked(value))) {
        gc_track(mp);
    }
}

#endif
