/* Key tables: allocation, lookup, versions.  dict.h draws the structure.
 *
 * Lookups that compare arbitrary keys run Python, which can change or replace
 * the table under them.  They hold the key they compare with, and afterwards
 * check that the dict still has the same table with the same key at the same
 * place; if not they answer TABLE_CHANGED and the caller starts again. */
#include "table.h"

#include "abstract.h"

#include "runtime.h"
#include "tiny.h"

struct _dictkeysobject dict_empty_keys = {
    .dk_refcnt = REFCOUNT_IMMORTAL,
    .dk_kind = DICT_KEYS_UNICODE,
    .dk_version = 1,
    /* One slot, empty; the bytes behind it pad to a word. */
    .dk_indices = {-1, -1, -1, -1, -1, -1, -1, -1},
};

#define TABLE_FREE_LIST_SIZE TINY_OR(80, 1)
static PyDictKeysObject *free_tables[TABLE_FREE_LIST_SIZE];
static int free_tables_len;

/* Smallest log2 of a size whose usable part holds `entries`. */
int
table_log2_for(Py_ssize_t entries)
{
    int log2 = TABLE_LOG2_MIN;

    while (log2 < 62 && TABLE_USABLE(log2) < entries) {
        log2++;
    }
    return log2;
}

static int
table_log2_index_bytes(int log2_size)
{
    if (log2_size < 8) {
        return log2_size;
    }
    if (log2_size < 16) {
        return log2_size + 1;
    }
    return log2_size < 32 ? log2_size + 2 : log2_size + 3;
}

/* An empty table.  NULL with MemoryError. */
PyDictKeysObject *
table_new(int log2_size, int kind)
{
    size_t entry_size = kind == DICT_KEYS_GENERAL ? sizeof(PyDictKeyEntry)
                                                  : sizeof(PyDictUnicodeEntry);
    int log2_bytes = table_log2_index_bytes(log2_size);
    PyDictKeysObject *keys;

    assert(log2_size >= TABLE_LOG2_MIN);
    if (log2_size >= 58) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_ssize_t usable = (Py_ssize_t)TABLE_USABLE(log2_size);
    if (kind == DICT_KEYS_UNICODE && log2_size == TABLE_LOG2_MIN &&
        free_tables_len > 0) {
        keys = free_tables[--free_tables_len];
    }
    else {
        keys = PyObject_Malloc(sizeof(PyDictKeysObject) +
                               ((size_t)1 << log2_bytes) +
                               entry_size * (size_t)usable);
        if (keys == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    keys->dk_refcnt = 1;
    keys->dk_log2_size = (uint8_t)log2_size;
    keys->dk_log2_index_bytes = (uint8_t)log2_bytes;
    keys->dk_kind = (uint8_t)kind;
    keys->dk_version = 0;
    keys->dk_usable = usable;
    keys->dk_nentries = 0;
    memset(keys->dk_indices, 0xff, (size_t)1 << log2_bytes);
    memset(keys->dk_indices + ((size_t)1 << log2_bytes), 0,
           entry_size * (size_t)usable);
    return keys;
}

/* Gives the block back; its entries are empty or moved away. */
static void
table_free_block(PyDictKeysObject *keys)
{
    if (keys->dk_kind == DICT_KEYS_UNICODE &&
        keys->dk_log2_size == TABLE_LOG2_MIN &&
        free_tables_len < TABLE_FREE_LIST_SIZE) {
        free_tables[free_tables_len++] = keys;
        return;
    }
    PyObject_Free(keys);
}

/* Releases entries and block.  Runs Python. */
void
table_free(PyDictKeysObject *keys)
{
    Py_ssize_t n = keys->dk_nentries;

    assert(keys != &dict_empty_keys);
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        PyDictKeyEntry *entries = dict_keys_entries(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_XDECREF(entries[i].me_key);
            Py_XDECREF(entries[i].me_value);
        }
    }
    else {
        PyDictUnicodeEntry *entries = dict_keys_unicode_entries(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_XDECREF(entries[i].me_key);
            Py_XDECREF(entries[i].me_value);
        }
    }
    table_free_block(keys);
}

void
dict_keys_decref(PyDictKeysObject *keys)
{
    table_decref(keys);
}

PyDictKeysObject *
dict_keys_new_for_class(void)
{
    PyDictKeysObject *keys = table_new(6, DICT_KEYS_SPLIT);

    if (keys == NULL) {
        PyErr_Clear();                 /* MemoryError: works without */
        return NULL;
    }
    keys->dk_usable = DICT_SHARED_KEYS_MAX;
    return keys;
}

void
table_clear_free_list(void)
{
    while (free_tables_len > 0) {
        PyObject_Free(free_tables[--free_tables_len]);
    }
}

Py_ssize_t
dict_keys_sizeof(PyDictKeysObject *keys)
{
    size_t entry_size = keys->dk_kind == DICT_KEYS_GENERAL
                            ? sizeof(PyDictKeyEntry)
                            : sizeof(PyDictUnicodeEntry);

    if (keys == &dict_empty_keys) {
        return (Py_ssize_t)sizeof(PyDictKeysObject) + 8;
    }
    return (Py_ssize_t)(sizeof(PyDictKeysObject) +
                        ((size_t)1 << keys->dk_log2_index_bytes) +
                        entry_size *
                            (size_t)TABLE_USABLE(keys->dk_log2_size));
}

uint32_t
dict_keys_version(PyDictKeysObject *keys)
{
    static uint32_t next_version = 2;  /* 1 is the empty table's */

    if (keys->dk_version == 0 && keys->dk_kind != DICT_KEYS_GENERAL &&
        next_version != 0) {
        keys->dk_version = next_version++;
    }
    return keys->dk_version;
}

/* ---- lookup ---- */

Py_ssize_t
dict_keys_lookup_name(PyDictKeysObject *keys, PyObject *name)
{
    Py_hash_t hash;

    assert(PyUnicode_CheckExact(name));
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        return DICT_INDEX_EMPTY;
    }
    hash = table_hash(name);
    if (hash == -1) {
        PyErr_Clear();                 /* MemoryError */
        return DICT_INDEX_EMPTY;
    }
    return table_find_name(keys, name, hash);
}

Py_ssize_t
dict_lookup_index(PyDictObject *dict, PyObject *name)
{
    if (!PyUnicode_CheckExact(name)) {
        return DICT_INDEX_EMPTY;
    }
    return dict_keys_lookup_name(dict->ma_keys, name);
}

/* Compares `stored`, which a table holds, with key.  1/0/-1. Runs Python. */
static int
table_compare(PyObject *stored, PyObject *key)
{
    int equal;

    Py_INCREF(stored);
    equal = PyObject_RichCompareBool(stored, key, Py_EQ);
    Py_DECREF(stored);
    return equal;
}

/* A key that is no exact str, in a table of names: only objects that claim to
 * equal a str can be found.  Answers also TABLE_CHANGED. */
Py_ssize_t
table_find_foreign(PyDictObject *mp, PyDictKeysObject *keys, PyObject *key,
                   Py_hash_t hash)
{
    size_t mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = (size_t)hash & mask;

    for (;;) {
        Py_ssize_t index = table_get_index(keys, slot);
        if (index == DICT_INDEX_EMPTY) {
            return DICT_INDEX_EMPTY;
        }
        if (index >= 0) {
            PyObject *stored = dict_keys_unicode_entries(keys)[index].me_key;
            if (table_name_hash(stored) == hash) {
                int equal = table_compare(stored, key);
                if (equal < 0) {
                    return DICT_INDEX_ERROR;
                }
                if (keys != mp->ma_keys ||
                    dict_keys_unicode_entries(keys)[index].me_key != stored) {
                    return TABLE_CHANGED;
                }
                if (equal > 0) {
                    return index;
                }
            }
        }
        perturb >>= TABLE_PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

/* Is the entry's key, another object with the same hash, equal?  The index;
 * DICT_INDEX_EMPTY if not, DICT_INDEX_ERROR, TABLE_CHANGED.  Runs Python
 * (__eq__). */
static inline Py_ssize_t
table_compare_at(PyDictObject *mp, PyDictKeysObject *keys, Py_ssize_t index,
                 PyObject *key)
{
    PyDictKeyEntry *entries = dict_keys_entries(keys);
    PyObject *stored = entries[index].me_key;
    int equal = abstract_equal_plain(stored, key);

    if (equal < 0) {
        equal = table_compare(stored, key);
        if (equal < 0) {
            return DICT_INDEX_ERROR;
        }
        if (keys != mp->ma_keys || entries[index].me_key != stored) {
            return TABLE_CHANGED;
        }
    }
    return equal > 0 ? index : DICT_INDEX_EMPTY;
}

/* Any key in a GENERAL table.  Answers also TABLE_CHANGED. */
Py_ssize_t
table_find_general(PyDictObject *mp, PyDictKeysObject *keys, PyObject *key,
                   Py_hash_t hash)
{
    size_t mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = (size_t)hash & mask;
    PyDictKeyEntry *entries = dict_keys_entries(keys);

    for (;;) {
        Py_ssize_t index = table_get_index(keys, slot);
        if (index == DICT_INDEX_EMPTY) {
            return DICT_INDEX_EMPTY;
        }
        if (index >= 0) {
            PyObject *stored = entries[index].me_key;
            if (stored == key) {
                return index;
            }
            if (entries[index].me_hash == hash) {
                Py_ssize_t answer = table_compare_at(mp, keys, index, key);
                if (answer != DICT_INDEX_EMPTY) {
                    return answer;
                }
            }
        }
        perturb >>= TABLE_PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

Py_ssize_t
dict_lookup(PyDictObject *mp, PyObject *key, Py_hash_t hash, PyObject **value)
{
    Py_ssize_t index;

    for (;;) {
        PyDictKeysObject *keys = mp->ma_keys;

        if (keys->dk_kind == DICT_KEYS_GENERAL) {
            index = table_find_general(mp, keys, key, hash);
            if (index >= 0) {
                *value = dict_keys_entries(keys)[index].me_value;
                return index;
            }
        }
        else {
            index = PyUnicode_CheckExact(key)
                        ? table_find_name(keys, key, hash)
                        : table_find_foreign(mp, keys, key, hash);
            if (index >= 0) {
                *value = mp->ma_values != NULL
                             ? mp->ma_values->values[index]
                             : dict_keys_unicode_entries(keys)[index].me_value;
                return index;
            }
        }
        if (index != TABLE_CHANGED) {
            *value = NULL;
            return index;
        }
    }
}

Py_ssize_t
table_slot_of(PyDictKeysObject *keys, Py_hash_t hash, Py_ssize_t wanted)
{
    size_t mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = (size_t)hash & mask;

    for (;;) {
        Py_ssize_t index = table_get_index(keys, slot);
        if (index == wanted) {
            return (Py_ssize_t)slot;
        }
        if (index == DICT_INDEX_EMPTY) {
            return DICT_INDEX_EMPTY;
        }
        perturb >>= TABLE_PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

/* Enters the first n entries, all present, into blank indices. */
void
table_build_indices(PyDictKeysObject *keys, Py_ssize_t n)
{
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        PyDictKeyEntry *entries = dict_keys_entries(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            table_set_index(keys, table_free_slot(keys, entries[i].me_hash),
                            i);
        }
        return;
    }
    PyDictUnicodeEntry *entries = dict_keys_unicode_entries(keys);
    for (Py_ssize_t i = 0; i < n; i++) {
        table_set_index(keys, table_free_slot(
                                  keys, table_name_hash(entries[i].me_key)),
                        i);
    }
}

/* A copy of a combined table with its references.  NULL with MemoryError. */
PyDictKeysObject *
table_clone(PyDictObject *mp)
{
    PyDictKeysObject *source = mp->ma_keys;
    PyDictKeysObject *keys;
    size_t size = (size_t)dict_keys_sizeof(source);
    PyObject **slot;
    size_t step, key_at, value_at;

    assert(mp->ma_values == NULL && source != &dict_empty_keys);
    keys = PyObject_Malloc(size);
    if (keys == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(keys, source, size);
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        slot = (PyObject **)dict_keys_entries(keys);
        step = 3, key_at = 1, value_at = 2;
    }
    else {
        slot = (PyObject **)dict_keys_unicode_entries(keys);
        step = 2, key_at = 0, value_at = 1;
    }
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++, slot += step) {
        Py_XINCREF(slot[key_at]);
        Py_XINCREF(slot[value_at]);
    }
    keys->dk_refcnt = 1;
    keys->dk_version = 0;
    return keys;
}
