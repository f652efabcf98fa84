/* A hash table of pointers, for C code: no Python objects, no GIL. */
#ifndef LUCID_INTERNAL_HASHTABLE_H
#define LUCID_INTERNAL_HASHTABLE_H

#include "Python.h"

typedef struct _Py_hashtable_t _Py_hashtable_t;
typedef Py_uhash_t (*_Py_hashtable_hash_func)(const void *key);
typedef int (*_Py_hashtable_compare_func)(const void *a, const void *b);
typedef void (*_Py_hashtable_destroy_func)(void *p);
/* Stops the walk by returning non-zero, which foreach returns. */
typedef int (*_Py_hashtable_foreach_func)(_Py_hashtable_t *ht, const void *key,
                                          const void *value, void *arg);

typedef struct {
    void *(*malloc)(size_t size);
    void (*free)(void *p);
} _Py_hashtable_allocator_t;

PyAPI_FUNC(Py_uhash_t) _Py_hashtable_hash_ptr(const void *key);
PyAPI_FUNC(int) _Py_hashtable_compare_direct(const void *a, const void *b);
PyAPI_FUNC(_Py_hashtable_t *) _Py_hashtable_new(
    _Py_hashtable_hash_func hash, _Py_hashtable_compare_func compare);
PyAPI_FUNC(_Py_hashtable_t *) _Py_hashtable_new_full(
    _Py_hashtable_hash_func hash, _Py_hashtable_compare_func compare,
    _Py_hashtable_destroy_func key_destroy,
    _Py_hashtable_destroy_func value_destroy,
    _Py_hashtable_allocator_t *allocator);
PyAPI_FUNC(void) _Py_hashtable_destroy(_Py_hashtable_t *ht);
PyAPI_FUNC(void) _Py_hashtable_clear(_Py_hashtable_t *ht);
PyAPI_FUNC(int) _Py_hashtable_foreach(_Py_hashtable_t *ht,
                                      _Py_hashtable_foreach_func visit,
                                      void *arg);
/* Memory of the table, in bytes. */
PyAPI_FUNC(size_t) _Py_hashtable_size(const _Py_hashtable_t *ht);
/* The key must not be there.  -1: no memory (no exception). */
PyAPI_FUNC(int) _Py_hashtable_set(_Py_hashtable_t *ht, const void *key,
                                  void *value);
/* NULL if absent. */
PyAPI_FUNC(void *) _Py_hashtable_get(_Py_hashtable_t *ht, const void *key);
/* Removes the entry without destroying key or value; NULL if absent. */
PyAPI_FUNC(void *) _Py_hashtable_steal(_Py_hashtable_t *ht, const void *key);

#endif
