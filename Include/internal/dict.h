#ifndef LUCID_DICT_H
#define LUCID_DICT_H
/* Dictionaries: the key table behind PyDictObject, and the attributes of
 * instances, which live in such tables without a dict.
 *
 * A key table (PyDictKeysObject) is one block:
 *
 *     header | indices: 2**log2_size of 1, 2, 4 or 8 bytes | entries
 *
 * `indices` is an open-addressing hash table of positions in `entries`, which
 * are in insertion order.  Three kinds:
 *   GENERAL  entries are (hash, key, value);
 *   UNICODE  every key is an exact str: entries are (key, value), the hash is
 *            in the key;
 *   SPLIT    as UNICODE, but shared by several dicts or instances; values are
 *            in a `PyDictValues` beside it, at the same positions.
 *
 * Invariants: dk_usable >= 1 after any insertion into a combined table, or
 * more exactly dk_usable + dk_nentries == number of entry slots; a key at
 * position i < dk_nentries is NULL only after a deletion (never in SPLIT).
 *
 * PyDictValues: the bytes *before* the array describe it.
 *     ((uint8_t *)values)[-1]      bytes in front of the array
 *     ((uint8_t *)values)[-2]      values present
 *     ((uint8_t *)values)[-3 - i]  position of the i-th inserted value
 *
 * ma_version_tag is renewed from one global counter by every change of a
 * dict; it is never 0 and no two states of any dicts share one (a copy of an
 * unchanged value excepted: storing the identical value changes nothing).
 */
#include "Python.h"

typedef struct {
    Py_hash_t me_hash;
    PyObject *me_key;                  /* NULL: deleted */
    PyObject *me_value;
} PyDictKeyEntry;

typedef struct {
    PyObject *me_key;                  /* exact str, or NULL: deleted */
    PyObject *me_value;                /* always NULL in SPLIT */
} PyDictUnicodeEntry;

enum { DICT_KEYS_GENERAL = 0, DICT_KEYS_UNICODE = 1, DICT_KEYS_SPLIT = 2 };

struct _dictkeysobject {
    Py_ssize_t dk_refcnt;
    uint8_t dk_log2_size;              /* slots in indices */
    uint8_t dk_log2_index_bytes;       /* bytes in indices */
    uint8_t dk_kind;
    uint32_t dk_version;               /* 0: none; see dict_keys_version */
    Py_ssize_t dk_usable;              /* entries that can still be added */
    Py_ssize_t dk_nentries;            /* entries used, deleted ones too */
    char dk_indices[];
};

struct _dictvalues {
    PyObject *values[1];
};

#define DICT_INDEX_EMPTY (-1)          /* in indices: never used */
#define DICT_INDEX_DUMMY (-2)          /* in indices: deleted */
#define DICT_INDEX_ERROR (-3)          /* of lookups: exception set */
#define DICT_SHARED_KEYS_MAX 30        /* insertion positions fit a byte */

/* --- Accessors ------------------------------------------------------- */

#define DICT_KEYS_SIZE(dk) (((int64_t)1) << (dk)->dk_log2_size)
#define DICT_KEYS_IS_UNICODE(dk) ((dk)->dk_kind != DICT_KEYS_GENERAL)
#define DICT_IS_SPLIT(mp) ((mp)->ma_values != NULL)

static inline PyDictKeyEntry *
dict_keys_entries(PyDictKeysObject *keys)
{
    assert(keys->dk_kind == DICT_KEYS_GENERAL);
    return (PyDictKeyEntry *)(keys->dk_indices +
                              ((size_t)1 << keys->dk_log2_index_bytes));
}

static inline PyDictUnicodeEntry *
dict_keys_unicode_entries(PyDictKeysObject *keys)
{
    assert(keys->dk_kind != DICT_KEYS_GENERAL);
    return (PyDictUnicodeEntry *)(keys->dk_indices +
                                  ((size_t)1 << keys->dk_log2_index_bytes));
}

static inline uint8_t
dict_values_used(PyDictValues *values)
{
    return ((uint8_t *)values)[-2];
}

/* Position of the i-th inserted value. */
static inline uint8_t
dict_values_order(PyDictValues *values, Py_ssize_t i)
{
    return ((uint8_t *)values)[-3 - i];
}

/* Notes that position `index` (NULL until now) has received a value. */
static inline void
dict_values_add_to_order(PyDictValues *values, Py_ssize_t index)
{
    uint8_t *prefix = (uint8_t *)values;
    int used = prefix[-2];

    prefix[-3 - used] = (uint8_t)index;
    prefix[-2] = (uint8_t)(used + 1);
}

/* The counter behind ma_version_tag: process-wide, guarded by the GIL. */
extern uint64_t dict_global_version;

static inline uint64_t
dict_next_version(void)
{
    return ++dict_global_version;
}

/* --- Tables, for the interpreter loop -------------------------------- */

/* The version of a UNICODE or SPLIT table: equal versions mean the same table
 * with the same keys at the same positions.  Adding or deleting a key resets
 * it.  Returns 0 when the table is GENERAL or the numbers have run out.
 * Never fails. */
extern uint32_t dict_keys_version(PyDictKeysObject *keys);

/* Position of `name` (exact str) in a UNICODE or SPLIT table, or
 * DICT_INDEX_EMPTY.  Never fails, runs no Python. */
extern Py_ssize_t dict_keys_lookup_name(PyDictKeysObject *keys,
                                        PyObject *name);

/* Position of `key` in `dict`, DICT_INDEX_EMPTY, or DICT_INDEX_ERROR.
 * *value is borrowed, NULL if absent.  Runs Python (hash is given, but
 * comparing may). */
extern Py_ssize_t dict_lookup(PyDictObject *dict, PyObject *key,
                              Py_hash_t hash, PyObject **value);

/* Like dict_lookup, for an exact str: position only (also for specialising on
 * it), DICT_INDEX_EMPTY when absent or the table is not UNICODE.
 * Never fails, runs no Python. */
extern Py_ssize_t dict_lookup_index(PyDictObject *dict, PyObject *name);

/* Looks `name` (exact str) up in globals, then builtins; both are dicts.
 * Returns new, or NULL without an exception when absent (with one if a
 * comparison or hash fails).  Runs Python (comparing). */
extern PyObject *dict_load_global(PyDictObject *globals,
                                  PyDictObject *builtins, PyObject *name);

/* Item by name, exact or not.  Returns borrowed, or NULL: with an exception
 * only on error. */
extern PyObject *dict_get_item_name(PyObject *dict, PyObject *name);

/* Insert or replace, stealing both key and value, also on failure.
 * Runs Python (comparing, freeing the old value). */
extern int dict_set_item_steal(PyDictObject *dict, PyObject *key,
                               PyObject *value);

/* A dict of n pairs: keys[i*keys_step], values[i*values_step], borrowed.
 * Later ones replace earlier.  Runs Python. */
extern PyObject *dict_from_items(PyObject *const *keys, Py_ssize_t keys_step,
                                 PyObject *const *values,
                                 Py_ssize_t values_step, Py_ssize_t n);

/* Exact copies share nothing; subclass results are exact dicts. */
extern PyObject *dict_new_like(PyObject *dict);

/* d1 |= d2 for DICT_MERGE: TypeError-ready.  1 refuses duplicates with
 * KeyError(key). Same as _PyDict_MergeEx(d1, d2, 2). */

/* dict.__contains__, and `in` for ceval; 1/0/-1. */
extern int dict_contains(PyObject *dict, PyObject *key);

/* Removes `key`; value is new reference. Returns 1 removed, 0 absent, -1. */
extern int dict_take(PyObject *dict, PyObject *key, PyObject **value);

/* Value of key, removed; new.  `fallback`, or KeyError if that is NULL. */
extern PyObject *dict_pop_known_hash(PyObject *dict, PyObject *key,
                                     Py_hash_t hash, PyObject *fallback);

/* cls(), with every item of the iterable as key.  Runs Python. */
extern PyObject *dict_from_keys(PyObject *cls, PyObject *iterable,
                                PyObject *value);

/* __dict__ of a class turned into a view is classes' business; a type's
 * namespace is changed through this: as PyDict_SetItem with a NULL value
 * meaning delete (KeyError when absent). */
extern int dict_set_or_delete(PyObject *dict, PyObject *name,
                              PyObject *value);

/* --- Attributes of instances (Py_TPFLAGS_MANAGED_DICT) ---------------- *
 *
 *     [-4] values  [-3] dict  [-2, -1] GC header  [0] object
 *
 * At most one of the two is non-NULL; both NULL: no values could be made, or
 * the attributes were moved away: the dict is made on demand. */

static inline PyDictValues **
instance_values_pointer(PyObject *op)
{
    assert(Py_TYPE(op)->tp_flags & Py_TPFLAGS_MANAGED_DICT);
    return ((PyDictValues **)op) - 4;
}

static inline PyObject **
instance_dict_pointer(PyObject *op)
{
    assert(Py_TYPE(op)->tp_flags & Py_TPFLAGS_MANAGED_DICT);
    return ((PyObject **)op) - 3;
}

/* A SPLIT table for the instances of a new class (ht_cached_keys).  NULL on
 * lack of memory, without an exception. */
extern PyDictKeysObject *dict_keys_new_for_class(void);
extern void dict_keys_decref(PyDictKeysObject *keys);

/* Gives a new instance empty values sized for its class's table.  -1 with
 * MemoryError. */
extern int instance_init_values(PyObject *op, PyTypeObject *type);

/* The attribute, new, or NULL without an exception when absent. `values` is
 * *instance_values_pointer(op), not NULL.  Runs no Python. */
extern PyObject *instance_get_attribute(PyObject *op, PyDictValues *values,
                                        PyObject *name);

/* Sets, or with value NULL deletes, the attribute; a dict is made if the
 * shared table cannot take the name.  AttributeError("'C' object has no
 * attribute 'x'") on deleting an absent one.  Runs Python (freeing). */
extern int instance_set_attribute(PyObject *op, PyDictValues *values,
                                  PyObject *name, PyObject *value);

/* The instance's dict, borrowed; made on demand from the values. */
extern PyObject *instance_ensure_dict(PyObject *op);

/* 1 if the instance certainly has no attributes of its own. */
extern int instance_is_empty(PyObject *op);

extern int instance_visit_attributes(PyObject *op, visitproc visit,
                                     void *arg);
/* Drops the values; the instance has neither afterwards.  Runs Python. */
extern void instance_clear_attributes(PyObject *op);
/* For dealloc: values and dict.  Runs Python. */
extern void instance_free_attributes(PyObject *op);

/* For types with tp_dictoffset: sets/gets by name in the dict at *dictptr
 * (made, with the class's shared keys, when NULL); value NULL deletes, then
 * KeyError when absent. */
extern int instance_dict_set_item(PyTypeObject *type, PyObject **dictptr,
                                  PyObject *name, PyObject *value);
/* An empty dict that shares the keys of type's instances. */
extern PyObject *dict_new_for_instance(PyTypeObject *type);

/* --- Views, iterators -------------------------------------------------- */

extern PyTypeObject PyDictRevIterKey_Type;
extern PyObject *dict_view_new(PyObject *dict, PyTypeObject *type);

/* Bytes of the values block and of a key table. */
extern Py_ssize_t dict_keys_sizeof(PyDictKeysObject *keys);

/* Frees the free lists (also called by a full collection). */
extern void dict_clear_free_lists(void);
extern int dict_init(PyInterpreterState *interp);
extern void dict_fini(PyInterpreterState *interp);

#endif
