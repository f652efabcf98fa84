/* Hashing beyond pyhash.h. */
#ifndef LUCID_INTERNAL_HASH_H
#define LUCID_INTERNAL_HASH_H

#include "Python.h"

/* SipHash-1-3 under a given key, the same in every process: the hash of source
 * files in .pyc files. */
uint64_t hash_keyed(uint64_t key, const void *data, Py_ssize_t n);

#endif
