/* Hash objects over OpenSSL's EVP digests. */
#ifndef LUCID_HASHES_DIGEST_H
#define LUCID_HASHES_DIGEST_H

#include "Python.h"

#include "libraries.h"
#include "pythread.h"

#include <stdbool.h>

/* One algorithm. */
typedef struct {
    const char *name;            /* hashlib's */
    const EVP_MD *(**md)(void);  /* the place of a function in `libcrypto` */
    int rate_bits;               /* SHA-3: block in bits; else 0 */
    unsigned char suffix;        /* SHA-3: domain bits */
    bool is_xof;                 /* digest(length) */
} digest_algorithm;

typedef struct {
    PyObject_HEAD
    const digest_algorithm *algorithm;
    EVP_MD_CTX *context;         /* owned */
    PyThread_type_lock lock;     /* made with the first long update */
} DigestObject;

/* A new object of `type`, fed with `data` (or NULL).  Steals nothing. */
PyObject *digest_new(PyTypeObject *type, const digest_algorithm *algorithm,
                     PyObject *data);
void digest_dealloc(PyObject *op);
int digest_traverse(PyObject *op, visitproc visit, void *arg);

PyObject *digest_update(PyObject *self, PyObject *data);
PyObject *digest_copy(PyObject *self, PyObject *ignored);
PyObject *digest_digest(PyObject *self, PyObject *ignored);
PyObject *digest_hexdigest(PyObject *self, PyObject *ignored);
/* SHAKE: with a length. */
PyObject *digest_digest_of_length(PyObject *self, PyObject *length);
PyObject *digest_hexdigest_of_length(PyObject *self, PyObject *length);

PyObject *digest_get_name(PyObject *self, void *closure);
PyObject *digest_get_block_size(PyObject *self, void *closure);
PyObject *digest_get_size(PyObject *self, void *closure);

/* Feeds an argument of a hash function: a buffer of bytes, no str. */
int digest_take_buffer(PyObject *data, Py_buffer *view);

/* The modules with functions md5(string=b'', *, usedforsecurity=True): one or
 * two algorithms each. */
typedef struct {
    const digest_algorithm *algorithm;
    PyType_Spec *spec;
    const char *type_name;       /* under which the module shows the type */
} digest_function;

typedef struct {
    const digest_function *functions;       /* static */
    PyTypeObject *types[2];
} digest_module_state;

int digest_module_exec(PyObject *module, const digest_function *functions,
                       int n);
/* functions[index] with these arguments. */
PyObject *digest_module_call(PyObject *module, int index,
                             PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames, _PyArg_Parser *parser);
int digest_module_traverse(PyObject *module, visitproc visit, void *arg);
int digest_module_clear(PyObject *module);
void digest_module_free(void *module);

extern PyType_Slot digest_type_slots[];

#endif
