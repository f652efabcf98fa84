/* Dictionaries: making, inserting, deleting, growing, merging; the C API.
 *
 * Order inside every change: first everything that may run Python (hashing,
 * comparing), then the table, counters and version without interruption, and
 * last the release of what was replaced. */
#include "table.h"

#include "abstract.h"
#include "call.h"
#include "errors.h"
#include "names.h"
#include "runtime.h"
#include "tiny.h"

#define DICT_FREE_LIST_SIZE TINY_OR(80, 1)
static PyDictObject *free_dicts[DICT_FREE_LIST_SIZE];
static int free_dicts_len;

uint64_t dict_global_version;
/* ---- values ---- */

/* Room for n values, all NULL.  NULL without an exception. */
PyDictValues *
values_new(Py_ssize_t n)
{
    /* Two count bytes and n order bytes, kept word-aligned. */
    size_t prefix = ((size_t)n + 2 + sizeof(PyObject *) - 1) &
                    ~(sizeof(PyObject *) - 1);
    uint8_t *block =
        PyMem_Malloc(prefix + (size_t)(n > 0 ? n : 1) * sizeof(PyObject *));

    assert(n <= DICT_SHARED_KEYS_MAX && prefix < 256);
    if (block == NULL) {
        return NULL;
    }
    block += prefix;
    block[-1] = (uint8_t)prefix;
    block[-2] = 0;
    memset(block, 0, (size_t)(n > 0 ? n : 1) * sizeof(PyObject *));
    return (PyDictValues *)block;
}

/* Frees the block; its values are gone already. */
void
values_free(PyDictValues *values)
{
    uint8_t *block = (uint8_t *)values;

    PyMem_Free(block - block[-1]);
}

void
values_remove_from_order(PyDictValues *values, Py_ssize_t index)
{
    uint8_t *prefix = (uint8_t *)values;
    int used = prefix[-2];
    int i = 0;

    while (i < used && prefix[-3 - i] != index) {
        i++;
    }
    assert(i < used);
    for (; i + 1 < used; i++) {
        prefix[-3 - i] = prefix[-3 - (i + 1)];
    }
    prefix[-2] = (uint8_t)(used - 1);
}

/* ---- making ---- */

/* A dict around a table (stolen, also on failure) and values (likewise,
 * released on failure if free_values). */
PyObject *
dict_new_with(PyDictKeysObject *keys, PyDictValues *values, Py_ssize_t used,
              int free_values)
{
    PyDictObject *mp;

    assert(keys != NULL);
    if (free_dicts_len > 0) {
        mp = free_dicts[--free_dicts_len];
        _Py_NewReference((PyObject *)mp);
    }
    else {
        mp = PyObject_GC_New(PyDictObject, &PyDict_Type);
        if (mp == NULL) {
            table_decref(keys);
            if (free_values) {
                values_free(values);
            }
            return NULL;
        }
    }
    mp->ma_keys = keys;
    mp->ma_values = values;
    mp->ma_used = used;
    mp->ma_version_tag = dict_next_version();
    return (PyObject *)mp;
}

PyObject *
PyDict_New(void)
{
    table_incref(&dict_empty_keys);
    return dict_new_with(&dict_empty_keys, NULL, 0, 0);
}

static PyObject *
dict_new_presized(Py_ssize_t minused, int unicode)
{
    PyDictKeysObject *keys;

    if (minused <= TABLE_USABLE(TABLE_LOG2_MIN)) {
        return PyDict_New();
    }
    /* Beyond 128 Ki entries the caller's guess is not trusted with memory. */
    if (minused > (1 << 17)) {
        minused = 1 << 17;
    }
    keys = table_new(table_log2_for(minused),
                     unicode ? DICT_KEYS_UNICODE : DICT_KEYS_GENERAL);
    if (keys == NULL) {
        return NULL;
    }
    return dict_new_with(keys, NULL, 0, 0);
}

PyObject *
_PyDict_NewPresized(Py_ssize_t minused)
{
    return dict_new_presized(minused, 0);
}

PyObject *
dict_from_items(PyObject *const *keys, Py_ssize_t keys_step,
                PyObject *const *values, Py_ssize_t values_step, Py_ssize_t n)
{
    int unicode = 1;
    PyObject *dict;

    for (Py_ssize_t i = 0; i < n && unicode; i++) {
        unicode = PyUnicode_CheckExact(keys[i * keys_step]);
    }
    dict = dict_new_presized(n, unicode);
    if (dict == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyDict_SetItem(dict, keys[i * keys_step],
                           values[i * values_step]) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

PyObject *
dict_new_like(PyObject *dict)
{
    return PyDict_Copy(dict);
}

/* ---- growing ---- */

/* Moves the entries of `source`, a combined table of mp, into `keys`. */
static void
table_move_entries(PyDictKeysObject *keys, PyDictKeysObject *source)
{
    Py_ssize_t n = 0;

    if (source->dk_kind == keys->dk_kind) {
        if (keys->dk_kind == DICT_KEYS_GENERAL) {
            PyDictKeyEntry *from = dict_keys_entries(source);
            PyDictKeyEntry *to = dict_keys_entries(keys);
            for (Py_ssize_t i = 0; i < source->dk_nentries; i++) {
                if (from[i].me_value != NULL) {
                    to[n++] = from[i];
                }
            }
        }
        else {
            PyDictUnicodeEntry *from = dict_keys_unicode_entries(source);
            PyDictUnicodeEntry *to = dict_keys_unicode_entries(keys);
            for (Py_ssize_t i = 0; i < source->dk_nentries; i++) {
                if (from[i].me_value != NULL) {
                    to[n++] = from[i];
                }
            }
        }
    }
    else {
        assert(keys->dk_kind == DICT_KEYS_GENERAL);
        PyDictUnicodeEntry *from = dict_keys_unicode_entries(source);
        PyDictKeyEntry *to = dict_keys_entries(keys);
        for (Py_ssize_t i = 0; i < source->dk_nentries; i++) {
            if (from[i].me_value != NULL) {
                to[n].me_hash = table_name_hash(from[i].me_key);
                to[n].me_key = from[i].me_key;
                to[n++].me_value = from[i].me_value;
            }
        }
    }
    table_build_indices(keys, n);
    keys->dk_nentries = n;
    keys->dk_usable -= n;
}

/* Copies the entries of split mp, in insertion order, into `keys`. */
static void
table_take_values(PyDictKeysObject *keys, PyDictObject *mp)
{
    PyDictUnicodeEntry *from = dict_keys_unicode_entries(mp->ma_keys);
    PyDictValues *values = mp->ma_values;
    Py_ssize_t used = dict_values_used(values);

    for (Py_ssize_t i = 0; i < used; i++) {
        int index = dict_values_order(values, i);
        PyObject *key = Py_NewRef(from[index].me_key);

        if (keys->dk_kind == DICT_KEYS_GENERAL) {
            PyDictKeyEntry *to = &dict_keys_entries(keys)[i];
            to->me_hash = table_name_hash(key);
            to->me_key = key;
            to->me_value = values->values[index];
        }
        else {
            PyDictUnicodeEntry *to = &dict_keys_unicode_entries(keys)[i];
            to->me_key = key;
            to->me_value = values->values[index];
        }
    }
    table_build_indices(keys, used);
    keys->dk_nentries = used;
    keys->dk_usable -= used;
}

/* Gives mp a combined table of 2**log2_size slots without deleted entries;
 * a table of names becomes GENERAL unless `unicode`.  Runs no Python. */
int
dict_resize(PyDictObject *mp, int log2_size, int unicode)
{
    PyDictKeysObject *old = mp->ma_keys;
    PyDictValues *values = mp->ma_values;
    PyDictKeysObject *keys;

    keys = table_new(log2_size, unicode && DICT_KEYS_IS_UNICODE(old)
                                    ? DICT_KEYS_UNICODE
                                    : DICT_KEYS_GENERAL);
    if (keys == NULL) {
        return -1;
    }
    assert(keys->dk_usable >= mp->ma_used);
    if (values != NULL) {
        table_take_values(keys, mp);
        mp->ma_keys = keys;
        mp->ma_values = NULL;
        table_decref(old);
        values_free(values);
        return 0;
    }
    table_move_entries(keys, old);
    mp->ma_keys = keys;
    if (old != &dict_empty_keys) {
        assert(old->dk_refcnt == 1);
        old->dk_nentries = 0;          /* moved away */
        table_decref(old);
    }
    else {
        old->dk_refcnt--;
    }
    return 0;
}

/* The size for a dict that is full: three times what it holds. */
static int
dict_grow(PyDictObject *mp, int unicode)
{
    Py_ssize_t wanted = mp->ma_used * 3;
    int log2 = TABLE_LOG2_MIN;

    while (log2 < 62 && ((Py_ssize_t)1 << log2) < wanted) {
        log2++;
    }
    while (TABLE_USABLE(log2) <= mp->ma_used) {
        log2++;
    }
    return dict_resize(mp, log2, unicode);
}

/* ---- inserting ---- */

/* A first item: no lookup, table of the kind the key needs.
 * Steals key and value, also on failure. */
static int
dict_insert_first(PyDictObject *mp, PyObject *key, Py_hash_t hash,
                  PyObject *value)
{
    int unicode = PyUnicode_CheckExact(key);
    PyDictKeysObject *keys;
    size_t mask, slot;

    keys = table_new(TABLE_LOG2_MIN,
                     unicode ? DICT_KEYS_UNICODE : DICT_KEYS_GENERAL);
    if (keys == NULL) {
        Py_DECREF(key);
        Py_DECREF(value);
        return -1;
    }
    dict_empty_keys.dk_refcnt--;
    dict_maintain_tracking(mp, key, value);
    mask = (size_t)DICT_KEYS_SIZE(keys) - 1;
    slot = (size_t)hash & mask;
    table_set_index(keys, slot, 0);
    if (unicode) {
        PyDictUnicodeEntry *entry = dict_keys_unicode_entries(keys);
        entry->me_key = key;
        entry->me_value = value;
    }
    else {
        PyDictKeyEntry *entry = dict_keys_entries(keys);
        entry->me_hash = hash;
        entry->me_key = key;
        entry->me_value = value;
    }
    keys->dk_usable--;
    keys->dk_nentries = 1;
    mp->ma_keys = keys;
    mp->ma_used = 1;
    mp->ma_version_tag = dict_next_version();
    return 0;
}

/* Appends a new entry; the key is known to be absent.  Steals both on
 * success only.  Runs no Python. */
static int
dict_append_entry(PyDictObject *mp, PyObject *key, Py_hash_t hash,
                  PyObject *value)
{
    PyDictKeysObject *keys = mp->ma_keys;
    Py_ssize_t index;

    int unicode = PyUnicode_CheckExact(key);
    if (keys->dk_usable <= 0 || (DICT_KEYS_IS_UNICODE(keys) && !unicode)) {
        if (dict_grow(mp, unicode) < 0) {
            return -1;
        }
        keys = mp->ma_keys;
    }
    keys->dk_version = 0;
    index = keys->dk_nentries;
    table_set_index(keys, table_free_slot(keys, hash), index);
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        PyDictKeyEntry *entry = &dict_keys_entries(keys)[index];
        entry->me_hash = hash;
        entry->me_key = key;
        entry->me_value = value;
    }
    else {
        PyDictUnicodeEntry *entry = &dict_keys_unicode_entries(keys)[index];
        entry->me_key = key;
        if (mp->ma_values != NULL) {
            mp->ma_values->values[index] = value;
            dict_values_add_to_order(mp->ma_values, index);
        }
        else {
            entry->me_value = value;
        }
    }
    keys->dk_usable--;
    keys->dk_nentries++;
    mp->ma_used++;
    mp->ma_version_tag = dict_next_version();
    return 0;
}

/* Sets value at `index` of mp, where `old` (NULL: split and unset) is.
 * Steals value. Runs Python (freeing old). */
static void
dict_replace_value(PyDictObject *mp, Py_ssize_t index, PyObject *old,
                   PyObject *value)
{
    if (old == value) {
        Py_DECREF(value);
        return;
    }
    if (mp->ma_values != NULL) {
        mp->ma_values->values[index] = value;
        if (old == NULL) {
            dict_values_add_to_order(mp->ma_values, index);
            mp->ma_used++;
        }
    }
    else if (mp->ma_keys->dk_kind == DICT_KEYS_GENERAL) {
        dict_keys_entries(mp->ma_keys)[index].me_value = value;
    }
    else {
        dict_keys_unicode_entries(mp->ma_keys)[index].me_value = value;
    }
    mp->ma_version_tag = dict_next_version();
    Py_XDECREF(old);
}

/* Insert or replace.  Steals key and value, also on failure.
 * Runs Python (comparing; freeing the old value). */
int
dict_insert(PyDictObject *mp, PyObject *key, Py_hash_t hash, PyObject *value)
{
    PyObject *old;
    Py_ssize_t index;

    if (mp->ma_keys == &dict_empty_keys) {
        return dict_insert_first(mp, key, hash, value);
    }
    if (DICT_KEYS_IS_UNICODE(mp->ma_keys) && !PyUnicode_CheckExact(key)) {
        if (dict_grow(mp, 0) < 0) {
            goto failed;
        }
    }
    index = dict_lookup(mp, key, hash, &old);
    if (index == DICT_INDEX_ERROR) {
        goto failed;
    }
    dict_maintain_tracking(mp, key, value);
    if (index >= 0) {
        dict_replace_value(mp, index, old, value);
        Py_DECREF(key);
        return 0;
    }
    /* Comparing may have emptied the dict. */
    if (mp->ma_keys == &dict_empty_keys) {
        return dict_insert_first(mp, key, hash, value);
    }
    if (dict_append_entry(mp, key, hash, value) < 0) {
        goto failed;
    }
    return 0;
failed:
    Py_DECREF(key);
    Py_DECREF(value);
    return -1;
}

int
dict_set_item_steal(PyDictObject *mp, PyObject *key, PyObject *value)
{
    Py_hash_t hash = table_hash(key);

    if (hash == -1) {
        Py_DECREF(key);
        Py_DECREF(value);
        return -1;
    }
    return dict_insert(mp, key, hash, value);
}

int
PyDict_SetItem(PyObject *op, PyObject *key, PyObject *value)
{
    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    assert(key != NULL && value != NULL);
    return dict_set_item_steal((PyDictObject *)op, Py_NewRef(key),
                               Py_NewRef(value));
}

int
_PyDict_SetItem_KnownHash(PyObject *op, PyObject *key, PyObject *value,
                          Py_hash_t hash)
{
    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    assert(hash != -1);
    return dict_insert((PyDictObject *)op, Py_NewRef(key), hash,
                       Py_NewRef(value));
}

/* ---- deleting ---- */

/* Removes the entry at `index` with its value.  Runs Python (freeing). */
int
dict_delete_at(PyDictObject *mp, Py_hash_t hash, Py_ssize_t index,
               PyObject *old_value)
{
    PyObject *old_key = NULL;

    mp->ma_used--;
    mp->ma_version_tag = dict_next_version();
    if (mp->ma_values != NULL) {
        mp->ma_values->values[index] = NULL;
        values_remove_from_order(mp->ma_values, index);
    }
    else {
        PyDictKeysObject *keys = mp->ma_keys;
        Py_ssize_t slot = table_slot_of(keys, hash, index);

        assert(slot >= 0);
        keys->dk_version = 0;
        table_set_index(keys, (size_t)slot, DICT_INDEX_DUMMY);
        if (keys->dk_kind == DICT_KEYS_GENERAL) {
            PyDictKeyEntry *entry = &dict_keys_entries(keys)[index];
            old_key = entry->me_key;
            entry->me_key = NULL;
            entry->me_value = NULL;
            entry->me_hash = 0;
        }
        else {
            PyDictUnicodeEntry *entry =
                &dict_keys_unicode_entries(keys)[index];
            old_key = entry->me_key;
            entry->me_key = NULL;
            entry->me_value = NULL;
        }
    }
    Py_XDECREF(old_key);
    Py_DECREF(old_value);
    return 0;
}

int
_PyDict_DelItem_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *old;
    Py_ssize_t index;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    index = dict_lookup((PyDictObject *)op, key, hash, &old);
    if (index == DICT_INDEX_ERROR) {
        return -1;
    }
    if (index == DICT_INDEX_EMPTY || old == NULL) {
        _PyErr_SetKeyError(key);
        return -1;
    }
    return dict_delete_at((PyDictObject *)op, hash, index, old);
}

int
PyDict_DelItem(PyObject *op, PyObject *key)
{
    Py_hash_t hash = table_hash(key);

    return hash == -1 ? -1 : _PyDict_DelItem_KnownHash(op, key, hash);
}

/* Deletes if predicate(value) is true, atomically.  Runs Python. */
int
_PyDict_DelItemIf(PyObject *op, PyObject *key,
                  int (*predicate)(PyObject *value))
{
    PyObject *old;
    Py_hash_t hash;
    Py_ssize_t index;
    int wanted;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    hash = PyObject_Hash(key);
    if (hash == -1) {
        return -1;
    }
    index = dict_lookup((PyDictObject *)op, key, hash, &old);
    if (index == DICT_INDEX_ERROR) {
        return -1;
    }
    if (index == DICT_INDEX_EMPTY || old == NULL) {
        _PyErr_SetKeyError(key);
        return -1;
    }
    wanted = predicate(old);
    if (wanted <= 0) {
        return wanted;
    }
    return dict_delete_at((PyDictObject *)op, hash, index, old);
}

int
dict_set_or_delete(PyObject *dict, PyObject *name, PyObject *value)
{
    return value != NULL ? PyDict_SetItem(dict, name, value)
                         : PyDict_DelItem(dict, name);
}

void
PyDict_Clear(PyObject *op)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyDictKeysObject *keys;
    PyDictValues *values;

    if (!PyDict_Check(op) || mp->ma_keys == &dict_empty_keys) {
        return;
    }
    keys = mp->ma_keys;
    values = mp->ma_values;
    /* The dict is empty before anything is freed. */
    table_incref(&dict_empty_keys);
    mp->ma_keys = &dict_empty_keys;
    mp->ma_values = NULL;
    mp->ma_used = 0;
    mp->ma_version_tag = dict_next_version();
    if (values != NULL) {
        Py_ssize_t n = keys->dk_nentries;
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_CLEAR(values->values[i]);
        }
        values_free(values);
    }
    table_decref(keys);
}

int
dict_take(PyObject *op, PyObject *key, PyObject **value)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *old;
    Py_hash_t hash;
    Py_ssize_t index;

    *value = NULL;
    if (mp->ma_used == 0) {
        return 0;
    }
    hash = table_hash(key);
    if (hash == -1) {
        return -1;
    }
    index = dict_lookup(mp, key, hash, &old);
    if (index == DICT_INDEX_ERROR) {
        return -1;
    }
    if (index == DICT_INDEX_EMPTY || old == NULL) {
        return 0;
    }
    *value = Py_NewRef(old);
    dict_delete_at(mp, hash, index, old);
    return 1;
}

/* Value of key, removed; new.  When absent `fallback`, or KeyError if NULL. */
PyObject *
dict_pop_known_hash(PyObject *op, PyObject *key, Py_hash_t hash,
                    PyObject *fallback)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *old;
    Py_ssize_t index = dict_lookup(mp, key, hash, &old);

    if (index == DICT_INDEX_ERROR) {
        return NULL;
    }
    if (index == DICT_INDEX_EMPTY || old == NULL) {
        if (fallback != NULL) {
            return Py_NewRef(fallback);
        }
        _PyErr_SetKeyError(key);
        return NULL;
    }
    Py_INCREF(old);
    dict_delete_at(mp, hash, index, old);
    return old;
}

PyObject *
_PyDict_Pop(PyObject *op, PyObject *key, PyObject *fallback)
{
    Py_hash_t hash;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (((PyDictObject *)op)->ma_used == 0) {
        if (fallback != NULL) {
            return Py_NewRef(fallback);
        }
        _PyErr_SetKeyError(key);
        return NULL;
    }
    hash = table_hash(key);
    return hash == -1 ? NULL : dict_pop_known_hash(op, key, hash, fallback);
}

/* ---- getting ---- */

/* Returns borrowed, NULL if absent or on any error; a pending exception is
 * kept, one of the lookup is dropped (the API promises both). */
PyObject *
PyDict_GetItem(PyObject *op, PyObject *key)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *error, *traceback;
    PyObject *value = NULL;
    Py_hash_t hash;

    if (!PyDict_Check(op)) {
        return NULL;
    }
    if (PyUnicode_CheckExact(key) &&
        (hash = table_name_hash(key)) != -1 &&
        DICT_KEYS_IS_UNICODE(((PyDictObject *)op)->ma_keys)) {
        /* FAST PATH: nothing in it can fail. */
        dict_lookup((PyDictObject *)op, key, hash, &value);
        return value;
    }
    _PyErr_Fetch(tstate, &type, &error, &traceback);
    hash = PyObject_Hash(key);
    if (hash != -1) {
        dict_lookup((PyDictObject *)op, key, hash, &value);
    }
    _PyErr_Restore(tstate, type, error, traceback);
    return value;
}

PyObject *
_PyDict_GetItem_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *value;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    dict_lookup((PyDictObject *)op, key, hash, &value);
    return value;
}

PyObject *
PyDict_GetItemWithError(PyObject *op, PyObject *key)
{
    PyObject *value;
    Py_hash_t hash;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    hash = table_hash(key);
    if (hash == -1) {
        return NULL;
    }
    dict_lookup((PyDictObject *)op, key, hash, &value);
    return value;
}

PyObject *
_PyDict_GetItemWithError(PyObject *op, PyObject *key)
{
    return PyDict_GetItemWithError(op, key);
}

PyObject *
dict_get_item_name(PyObject *dict, PyObject *name)
{
    return PyDict_GetItemWithError(dict, name);
}

PyObject *
PyDict_GetItemString(PyObject *op, const char *name)
{
    PyObject *key = PyUnicode_FromString(name);
    PyObject *value;

    if (key == NULL) {
        PyErr_Clear();                 /* the API has no way to tell */
        return NULL;
    }
    value = PyDict_GetItem(op, key);
    Py_DECREF(key);
    return value;
}

PyObject *
_PyDict_GetItemStringWithError(PyObject *op, const char *name)
{
    PyObject *key = PyUnicode_FromString(name);
    PyObject *value;

    if (key == NULL) {
        return NULL;
    }
    value = PyDict_GetItemWithError(op, key);
    Py_DECREF(key);
    return value;
}

PyObject *
_PyDict_GetItemIdWithError(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);

    return name == NULL ? NULL : PyDict_GetItemWithError(op, name);
}

int
PyDict_SetItemString(PyObject *op, const char *name, PyObject *item)
{
    PyObject *key = PyUnicode_FromString(name);
    int result;

    if (key == NULL) {
        return -1;
    }
    PyUnicode_InternInPlace(&key);
    result = PyDict_SetItem(op, key, item);
    Py_DECREF(key);
    return result;
}

int
_PyDict_SetItemId(PyObject *op, _Py_Identifier *key, PyObject *item)
{
    PyObject *name = _PyUnicode_FromId(key);

    return name == NULL ? -1 : PyDict_SetItem(op, name, item);
}

int
PyDict_DelItemString(PyObject *op, const char *name)
{
    PyObject *key = PyUnicode_FromString(name);
    int result;

    if (key == NULL) {
        return -1;
    }
    result = PyDict_DelItem(op, key);
    Py_DECREF(key);
    return result;
}

int
_PyDict_DelItemId(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);

    return name == NULL ? -1 : PyDict_DelItem(op, name);
}

int
_PyDict_Contains_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *value;

    if (dict_lookup((PyDictObject *)op, key, hash, &value) ==
        DICT_INDEX_ERROR) {
        return -1;
    }
    return value != NULL;
}

int
PyDict_Contains(PyObject *op, PyObject *key)
{
    Py_hash_t hash = table_hash(key);

    return hash == -1 ? -1 : _PyDict_Contains_KnownHash(op, key, hash);
}

int
dict_contains(PyObject *op, PyObject *key)
{
    return PyDict_Contains(op, key);
}

int
_PyDict_ContainsId(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);

    return name == NULL ? -1 : PyDict_Contains(op, name);
}

/* Returns borrowed: the value that is in the dict afterwards. */
PyObject *
PyDict_SetDefault(PyObject *op, PyObject *key, PyObject *fallback)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *value;
    Py_hash_t hash;

    if (!PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    hash = table_hash(key);
    if (hash == -1) {
        return NULL;
    }
    if (dict_lookup(mp, key, hash, &value) == DICT_INDEX_ERROR) {
        return NULL;
    }
    if (value != NULL) {
        return value;
    }
    if (mp->ma_keys == &dict_empty_keys) {
        return dict_insert_first(mp, Py_NewRef(key), hash,
                                 Py_NewRef(fallback)) < 0 ? NULL : fallback;
    }
    if (mp->ma_values == NULL &&
        (mp->ma_keys->dk_kind == DICT_KEYS_GENERAL ||
         PyUnicode_CheckExact(key))) {
        /* The lookup has just shown that the key is absent: compare once. */
        dict_maintain_tracking(mp, key, fallback);
        if (dict_append_entry(mp, key, hash, fallback) < 0) {
            return NULL;
        }
        Py_INCREF(key);
        return Py_NewRef(fallback);
    }
    return dict_insert(mp, Py_NewRef(key), hash, Py_NewRef(fallback)) < 0
               ? NULL : fallback;
}

PyObject *
dict_load_global(PyDictObject *globals, PyDictObject *builtins,
                 PyObject *name)
{
    Py_hash_t hash = table_hash(name);
    PyObject *value;

    if (hash == -1) {
        return NULL;
    }
    if (dict_lookup(globals, name, hash, &value) == DICT_INDEX_ERROR) {
        return NULL;
    }
    if (value == NULL &&
        dict_lookup(builtins, name, hash, &value) == DICT_INDEX_ERROR) {
        return NULL;
    }
    return Py_XNewRef(value);
}

/* The result of type(self).__missing__, or KeyError(key). */
PyObject *
dict_missing(PyObject *self, PyObject *key)
{
    if (!PyDict_CheckExact(self)) {
        PyObject *method;
        int found = object_find_special(self, NAME(__missing__), &method);
        if (found < 0) {
            return NULL;
        }
        if (found) {
            PyObject *result = PyObject_CallOneArg(method, key);
            Py_DECREF(method);
            return result;
        }
    }
    _PyErr_SetKeyError(key);
    return NULL;
}

/* ---- iterating in C ---- */

/* The next item at or after *position; borrowed, key, value, hash may be
 * NULL.  1 found, 0 at the end.  Never fails. */
int
dict_next_item(PyDictObject *mp, Py_ssize_t *position, PyObject **key,
               PyObject **value, Py_hash_t *hash)
{
    Py_ssize_t i = *position;
    PyObject *found_key, *found_value = NULL;
    Py_hash_t found_hash;

    if (mp->ma_values != NULL) {
        if (i < 0 || i >= mp->ma_used) {
            return 0;
        }
        Py_ssize_t index = dict_values_order(mp->ma_values, i);
        found_value = table_entry(mp, index, &found_key, &found_hash);
        i++;
    }
    else {
        Py_ssize_t n = mp->ma_keys->dk_nentries;
        if (i < 0) {
            return 0;
        }
        while (i < n && found_value == NULL) {
            found_value = table_entry(mp, i++, &found_key, &found_hash);
        }
        if (found_value == NULL) {
            return 0;
        }
    }
    *position = i;
    if (key != NULL) {
        *key = found_key;
    }
    if (value != NULL) {
        *value = found_value;
    }
    if (hash != NULL) {
        *hash = found_hash;
    }
    return 1;
}

int
_PyDict_Next(PyObject *op, Py_ssize_t *position, PyObject **key,
             PyObject **value, Py_hash_t *hash)
{
    return PyDict_Check(op) &&
           dict_next_item((PyDictObject *)op, position, key, value, hash);
}

int
PyDict_Next(PyObject *op, Py_ssize_t *position, PyObject **key,
            PyObject **value)
{
    return _PyDict_Next(op, position, key, value, NULL);
}

/* ---- copying, merging ---- */

static PyObject *
dict_copy_split(PyDictObject *mp)
{
    Py_ssize_t n = mp->ma_keys->dk_nentries + mp->ma_keys->dk_usable;
    PyDictValues *values = values_new(n);
    PyObject *copy;

    if (values == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t used = dict_values_used(mp->ma_values);
    for (Py_ssize_t i = 0; i < used; i++) {
        int index = dict_values_order(mp->ma_values, i);
        values->values[index] = Py_NewRef(mp->ma_values->values[index]);
        dict_values_add_to_order(values, index);
    }
    table_incref(mp->ma_keys);
    copy = dict_new_with(mp->ma_keys, values, mp->ma_used, 0);
    if (copy == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_XDECREF(values->values[i]);
        }
        values_free(values);
        return NULL;
    }
    if (gc_is_tracked(mp)) {
        gc_track(copy);
    }
    return copy;
}

PyObject *
PyDict_Copy(PyObject *op)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *copy;

    if (op == NULL || !PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (mp->ma_used == 0) {
        return PyDict_New();
    }
    if (mp->ma_values != NULL) {
        return dict_copy_split(mp);
    }
    if (Py_TYPE(op)->tp_iter == dict_iter &&
        mp->ma_used >= mp->ma_keys->dk_nentries * 2 / 3) {
        PyDictKeysObject *keys = table_clone(mp);
        if (keys == NULL) {
            return NULL;
        }
        copy = dict_new_with(keys, NULL, mp->ma_used, 0);
        if (copy != NULL && gc_is_tracked(mp)) {
            gc_track(copy);
        }
        return copy;
    }
    copy = PyDict_New();
    if (copy != NULL && dict_merge(copy, op, 1) < 0) {
        Py_DECREF(copy);
        return NULL;
    }
    return copy;
}

/* a.update(b) of dicts, override as in dict_merge.  Runs Python. */
static int
dict_merge_dict(PyDictObject *mp, PyDictObject *other, int override)
{
    PyObject *key, *value;
    Py_hash_t hash;
    Py_ssize_t position = 0, n;
    int status = 0;

    if (mp == other || other->ma_used == 0) {
        return 0;
    }
    if (mp->ma_used == 0) {
        override = 1;                  /* no conflicts: skips the lookups */
        if (mp->ma_values == NULL && other->ma_values == NULL &&
            mp->ma_keys == &dict_empty_keys &&
            other->ma_used == other->ma_keys->dk_nentries &&
            (other->ma_keys->dk_log2_size == TABLE_LOG2_MIN ||
             TABLE_USABLE(other->ma_keys->dk_log2_size - 1) <
                 other->ma_used)) {
            PyDictKeysObject *keys = table_clone(other);
            if (keys == NULL) {
                return -1;
            }
            table_decref(mp->ma_keys);
            mp->ma_keys = keys;
            mp->ma_used = other->ma_used;
            mp->ma_version_tag = dict_next_version();
            if (gc_is_tracked(other) && !gc_is_tracked(mp)) {
                gc_track(mp);
            }
            return 0;
        }
    }
    if (mp->ma_keys->dk_usable * 3 < other->ma_used * 2) {
        int unicode = DICT_KEYS_IS_UNICODE(other->ma_keys);
        if (dict_resize(mp, table_log2_for(mp->ma_used + other->ma_used),
                        unicode) < 0) {
            return -1;
        }
    }
    n = other->ma_keys->dk_nentries;
    PyDictKeysObject *keys = other->ma_keys;
    Py_ssize_t used = other->ma_used;
    while (status == 0 &&
           dict_next_item(other, &position, &key, &value, &hash)) {
        Py_INCREF(key);
        Py_INCREF(value);
        if (override == 1) {
            status = dict_insert(mp, Py_NewRef(key), hash, Py_NewRef(value));
        }
        else {
            int found = _PyDict_Contains_KnownHash((PyObject *)mp, key, hash);
            if (found == 0) {
                status = dict_insert(mp, Py_NewRef(key), hash,
                                     Py_NewRef(value));
            }
            else if (found > 0 && override == 2) {
                _PyErr_SetKeyError(key);
                status = -1;
            }
            else if (found < 0) {
                status = -1;
            }
        }
        Py_DECREF(key);
        Py_DECREF(value);
        if (status == 0 &&
            (keys != other->ma_keys || n != other->ma_keys->dk_nentries ||
             used != other->ma_used)) {
            PyErr_SetString(PyExc_RuntimeError,
                            "dict mutated during update");
            status = -1;
        }
    }
    return status;
}

/* a.update(b) for a mapping with keys().  Runs Python. */
static int
dict_merge_mapping(PyObject *self, PyObject *other, int override)
{
    PyObject *keys = PyMapping_Keys(other);
    PyObject *iterator = NULL, *key = NULL, *value = NULL;
    int result = -1;

    if (keys == NULL) {
        return -1;
    }
    iterator = PyObject_GetIter(keys);
    if (iterator == NULL) {
        goto done;
    }
    while ((key = PyIter_Next(iterator)) != NULL) {
        if (override != 1) {
            int found = PyDict_Contains(self, key);
            if (found < 0) {
                goto done;
            }
            if (found > 0) {
                if (override == 2) {
                    _PyErr_SetKeyError(key);
                    goto done;
                }
                Py_CLEAR(key);
                continue;
            }
        }
        value = PyObject_GetItem(other, key);
        if (value == NULL || PyDict_SetItem(self, key, value) < 0) {
            goto done;
        }
        Py_CLEAR(value);
        Py_CLEAR(key);
    }
    if (!PyErr_Occurred()) {
        result = 0;
    }
done:
    Py_XDECREF(value);
    Py_XDECREF(key);
    Py_XDECREF(iterator);
    Py_DECREF(keys);
    return result;
}

/* Merges a mapping.  override 1: later wins, 0: earlier wins, 2: KeyError on
 * a key that is there already.  Runs Python. */
int
dict_merge(PyObject *self, PyObject *other, int override)
{
    assert(0 <= override && override <= 2);
    if (self == NULL || !PyDict_Check(self) || other == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyDict_Check(other) && Py_TYPE(other)->tp_iter == dict_iter) {
        return dict_merge_dict((PyDictObject *)self, (PyDictObject *)other,
                               override);
    }
    return dict_merge_mapping(self, other, override);
}

int
PyDict_Merge(PyObject *self, PyObject *other, int override)
{
    return dict_merge(self, other, override != 0);
}

int
_PyDict_MergeEx(PyObject *self, PyObject *other, int override)
{
    return dict_merge(self, other, override);
}

int
PyDict_Update(PyObject *self, PyObject *other)
{
    return dict_merge(self, other, 1);
}

/* One element of a sequence of pairs.  Runs Python. */
static int
dict_set_pair(PyObject *self, PyObject *pair, Py_ssize_t i, int override)
{
    PyObject *fast = PySequence_Fast(pair, "");
    PyObject *key, *value;
    int result = -1;

    if (fast == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "cannot convert dictionary update sequence element "
                         "#%zd to a sequence", i);
        }
        return -1;
    }
    if (PySequence_Fast_GET_SIZE(fast) != 2) {
        PyErr_Format(PyExc_ValueError,
                     "dictionary update sequence element #%zd has length "
                     "%zd; 2 is required",
                     i, PySequence_Fast_GET_SIZE(fast));
        Py_DECREF(fast);
        return -1;
    }
    key = Py_NewRef(PySequence_Fast_GET_ITEM(fast, 0));
    value = Py_NewRef(PySequence_Fast_GET_ITEM(fast, 1));
    if (override) {
        result = PyDict_SetItem(self, key, value);
    }
    else {
        result = PyDict_SetDefault(self, key, value) == NULL ? -1 : 0;
    }
    Py_DECREF(key);
    Py_DECREF(value);
    Py_DECREF(fast);
    return result;
}

int
PyDict_MergeFromSeq2(PyObject *self, PyObject *pairs, int override)
{
    PyObject *iterator = PyObject_GetIter(pairs);
    PyObject *pair;
    Py_ssize_t i = 0;
    int result = 0;

    if (iterator == NULL) {
        return -1;
    }
    while (result == 0 && (pair = PyIter_Next(iterator)) != NULL) {
        result = dict_set_pair(self, pair, i++, override);
        Py_DECREF(pair);
    }
    if (result == 0 && PyErr_Occurred()) {
        result = -1;
    }
    Py_DECREF(iterator);
    return result;
}

/* The positional argument of dict() and update(): a mapping or pairs. */
int
dict_update_arg(PyObject *self, PyObject *arg)
{
    PyObject *keys;

    if (PyDict_CheckExact(arg)) {
        return dict_merge(self, arg, 1);
    }
    if (_PyObject_LookupAttr(arg, NAME(keys), &keys) < 0) {
        return -1;
    }
    if (keys != NULL) {
        Py_DECREF(keys);
        return dict_merge(self, arg, 1);
    }
    return PyDict_MergeFromSeq2(self, arg, 1);
}

/* ---- the rest of the C API ---- */

Py_ssize_t
PyDict_Size(PyObject *op)
{
    if (op == NULL || !PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return ((PyDictObject *)op)->ma_used;
}

/* A list made by `pick` from each item.  Allocating the list can run the
 * collector and so change the dict: then once more. */
static PyObject *
dict_list(PyObject *op, int what)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *list, *key, *value;
    Py_ssize_t n, position = 0;

    if (op == NULL || !PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
again:
    n = mp->ma_used;
    list = PyList_New(n);
    if (list == NULL) {
        return NULL;
    }
    if (what == 2) {
        for (Py_ssize_t i = 0; i < n; i++) {
            PyObject *pair = PyTuple_New(2);
            if (pair == NULL) {
                Py_DECREF(list);
                return NULL;
            }
            PyList_SET_ITEM(list, i, pair);
        }
    }
    if (n != mp->ma_used) {
        Py_DECREF(list);
        goto again;
    }
    for (Py_ssize_t i = 0; dict_next_item(mp, &position, &key, &value, NULL);
         i++) {
        if (what == 2) {
            PyObject *pair = PyList_GET_ITEM(list, i);
            PyTuple_SET_ITEM(pair, 0, Py_NewRef(key));
            PyTuple_SET_ITEM(pair, 1, Py_NewRef(value));
        }
        else {
            PyList_SET_ITEM(list, i, Py_NewRef(what == 0 ? key : value));
        }
    }
    return list;
}

PyObject *
PyDict_Keys(PyObject *op)
{
    return dict_list(op, 0);
}

PyObject *
PyDict_Values(PyObject *op)
{
    return dict_list(op, 1);
}

PyObject *
PyDict_Items(PyObject *op)
{
    return dict_list(op, 2);
}

void
_PyDict_MaybeUntrack(PyObject *op)
{
    PyDictObject *mp = (PyDictObject *)op;
    PyObject *key, *value;
    Py_ssize_t position = 0;

    if (!PyDict_CheckExact(op) || !gc_is_tracked(op)) {
        return;
    }
    while (dict_next_item(mp, &position, &key, &value, NULL)) {
        if (gc_may_be_tracked(value) || gc_may_be_tracked(key)) {
            return;
        }
    }
    gc_untrack(op);
}

int
_PyDict_HasOnlyStringKeys(PyObject *op)
{
    PyObject *key;
    Py_ssize_t position = 0;

    assert(PyDict_Check(op));
    if (DICT_KEYS_IS_UNICODE(((PyDictObject *)op)->ma_keys)) {
        return 1;
    }
    while (PyDict_Next(op, &position, &key, NULL)) {
        if (!PyUnicode_Check(key)) {
            return 0;
        }
    }
    return 1;
}

Py_ssize_t
_PyDict_SizeOf(PyDictObject *mp)
{
    Py_ssize_t size = Py_TYPE(mp)->tp_basicsize;

    if (mp->ma_values != NULL) {
        /* As the reference counts: without the order bytes. */
        size += (mp->ma_keys->dk_nentries + mp->ma_keys->dk_usable) *
                (Py_ssize_t)sizeof(PyObject *);
    }
    if (mp->ma_keys->dk_refcnt == 1) {
        size += dict_keys_sizeof(mp->ma_keys);
    }
    return size;
}

void
_PyDict_DebugMallocStats(FILE *out)
{
    _PyDebugAllocatorStats(out, "free PyDictObject", free_dicts_len,
                           sizeof(PyDictObject));
}

/* ---- life ---- */

int
dict_try_free_list(PyDictObject *mp)
{
    if (free_dicts_len < DICT_FREE_LIST_SIZE && PyDict_CheckExact(mp)) {
        free_dicts[free_dicts_len++] = mp;
        return 1;
    }
    return 0;
}

void
dict_clear_free_lists(void)
{
    while (free_dicts_len > 0) {
        PyObject_GC_Del(free_dicts[--free_dicts_len]);
    }
    table_clear_free_list();
}

int
dict_init(PyInterpreterState *interp)
{
    return 0;
}

void
dict_fini(PyInterpreterState *interp)
{
    dict_clear_free_lists();
}
