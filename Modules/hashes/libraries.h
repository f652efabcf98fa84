/* libcrypto and libb2, loaded when a hash module is first imported. */
#ifndef LUCID_HASHES_LIBRARIES_H
#define LUCID_HASHES_LIBRARIES_H

#include <blake2.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* The functions, under their own names: libcrypto.EVP_md5().  NULL until the
 * library is loaded, constant from then on. */
typedef struct {
#define CRYPTO_FUNCTION(name) __typeof__(name) *name;
#include "libraries.def"
} crypto_functions;

typedef struct {
#define BLAKE2_FUNCTION(name) __typeof__(name) *name;
#include "libraries.def"
} blake2_functions;

extern crypto_functions libcrypto;
extern blake2_functions libb2;

/* Raises ImportError where the library cannot be had. */
int crypto_load(void);
int blake2_load(void);

#endif
