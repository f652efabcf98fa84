/* Hash tables of pointers: buckets of linked entries, twice as many buckets
 * when there are more than half as many entries. */
#include "Python.h"

#include "internal/hashtable.h"

#define MIN_BUCKETS 16

typedef struct entry {
    struct entry *next;
    Py_uhash_t hash;
    const void *key;
    void *value;
} entry;

struct _Py_hashtable_t {
    size_t n_entries;
    size_t n_buckets;                     /* a power of two */
    entry **buckets;
    entry *(*get_entry)(_Py_hashtable_t *ht, const void *key);   /* inline code
                                                  of extensions calls this */
    _Py_hashtable_hash_func hash;
    _Py_hashtable_compare_func compare;
    _Py_hashtable_destroy_func key_destroy, value_destroy;   /* or NULL */
    _Py_hashtable_allocator_t allocator;
};

Py_uhash_t
_Py_hashtable_hash_ptr(const void *key)
{
    return (Py_uhash_t)_Py_HashPointerRaw(key);
}

int
_Py_hashtable_compare_direct(const void *a, const void *b)
{
    return a == b;
}

static entry **table_find(_Py_hashtable_t *ht, const void *key,
                          Py_uhash_t hash);

static entry *
table_get_entry(_Py_hashtable_t *ht, const void *key)
{
    return *table_find(ht, key, ht->hash(key));
}

_Py_hashtable_t *
_Py_hashtable_new_full(_Py_hashtable_hash_func hash,
                       _Py_hashtable_compare_func compare,
                       _Py_hashtable_destroy_func key_destroy,
                       _Py_hashtable_destroy_func value_destroy,
                       _Py_hashtable_allocator_t *allocator)
{
    _Py_hashtable_allocator_t used = {PyMem_Malloc, PyMem_Free};
    _Py_hashtable_t *ht;

    if (allocator != NULL) {
        used = *allocator;
    }
    ht = used.malloc(sizeof(*ht));
    if (ht == NULL) {
        return NULL;
    }
    *ht = (_Py_hashtable_t){.n_buckets = MIN_BUCKETS,
                            .get_entry = table_get_entry, .hash = hash,
                            .compare = compare, .key_destroy = key_destroy,
                            .value_destroy = value_destroy, .allocator = used};
    ht->buckets = used.malloc(MIN_BUCKETS * sizeof(entry *));
    if (ht->buckets == NULL) {
        used.free(ht);
        return NULL;
    }
    memset(ht->buckets, 0, MIN_BUCKETS * sizeof(entry *));
    return ht;
}

_Py_hashtable_t *
_Py_hashtable_new(_Py_hashtable_hash_func hash,
                  _Py_hashtable_compare_func compare)
{
    return _Py_hashtable_new_full(hash, compare, NULL, NULL, NULL);
}

/* The link that points to the key's entry, or to the end of its bucket. */
static entry **
table_find(_Py_hashtable_t *ht, const void *key, Py_uhash_t hash)
{
    entry **link = &ht->buckets[hash & (ht->n_buckets - 1)];

    while (*link != NULL && !((*link)->hash == hash &&
                              ht->compare(key, (*link)->key))) {
        link = &(*link)->next;
    }
    return link;
}

/* A failure to grow only costs speed. */
static void
table_grow(_Py_hashtable_t *ht)
{
    size_t n = ht->n_buckets * 2;
    entry **buckets = ht->allocator.malloc(n * sizeof(entry *));

    if (buckets == NULL) {
        return;
    }
    memset(buckets, 0, n * sizeof(entry *));
    for (size_t i = 0; i < ht->n_buckets; i++) {
        for (entry *next, *e = ht->buckets[i]; e != NULL; e = next) {
            entry **bucket = &buckets[e->hash & (n - 1)];

            next = e->next;
            e->next = *bucket;
            *bucket = e;
        }
    }
    ht->allocator.free(ht->buckets);
    ht->buckets = buckets;
    ht->n_buckets = n;
}

int
_Py_hashtable_set(_Py_hashtable_t *ht, const void *key, void *value)
{
    entry *e = ht->allocator.malloc(sizeof(*e)), **bucket;

    if (e == NULL) {
        return -1;
    }
    if ((ht->n_entries + 1) * 2 > ht->n_buckets) {
        table_grow(ht);
    }
    e->hash = ht->hash(key);
    e->key = key;
    e->value = value;
    bucket = &ht->buckets[e->hash & (ht->n_buckets - 1)];
    e->next = *bucket;
    *bucket = e;
    ht->n_entries++;
    return 0;
}

void *
_Py_hashtable_get(_Py_hashtable_t *ht, const void *key)
{
    entry *e = *table_find(ht, key, ht->hash(key));

    return e == NULL ? NULL : e->value;
}

void *
_Py_hashtable_steal(_Py_hashtable_t *ht, const void *key)
{
    entry **link = table_find(ht, key, ht->hash(key)), *e = *link;
    void *value;

    if (e == NULL) {
        return NULL;
    }
    *link = e->next;
    value = e->value;
    ht->allocator.free(e);
    ht->n_entries--;
    return value;
}

int
_Py_hashtable_foreach(_Py_hashtable_t *ht, _Py_hashtable_foreach_func visit,
                      void *arg)
{
    for (size_t i = 0; i < ht->n_buckets; i++) {
        for (entry *next, *e = ht->buckets[i]; e != NULL; e = next) {
            int result;

            next = e->next;
            result = visit(ht, e->key, e->value, arg);
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}

void
_Py_hashtable_clear(_Py_hashtable_t *ht)
{
    for (size_t i = 0; i < ht->n_buckets; i++) {
        for (entry *next, *e = ht->buckets[i]; e != NULL; e = next) {
            next = e->next;
            if (ht->key_destroy != NULL) {
                ht->key_destroy((void *)e->key);
            }
            if (ht->value_destroy != NULL) {
                ht->value_destroy(e->value);
            }
            ht->allocator.free(e);
        }
        ht->buckets[i] = NULL;
    }
    ht->n_entries = 0;
}

void
_Py_hashtable_destroy(_Py_hashtable_t *ht)
{
    _Py_hashtable_clear(ht);
    ht->allocator.free(ht->buckets);
    ht->allocator.free(ht);
}

size_t
_Py_hashtable_size(const _Py_hashtable_t *ht)
{
    return sizeof(*ht) + ht->n_buckets * sizeof(entry *) +
           ht->n_entries * sizeof(entry);
}
