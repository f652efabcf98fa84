/* Loads libcrypto and libb2 for the hash modules, once for the process: they
 * stay, since objects of any interpreter may call them. */
#include "Python.h"

#include "audit.h"
#include "libraries.h"

#include <dlfcn.h>

crypto_functions libcrypto;
blake2_functions libb2;

typedef void (*function)(void);

/* Stores the addresses of names[0..count) at `table`, or none of them.
 * Runs Python (audit hooks). */
static int
library_load(const char *soname, const char *const *names, size_t count,
             function *table)
{
    void *library, *found[32];

    if (PyAudit(AUDIT_LUCID_DLOPEN, "s", soname) < 0) {
        return -1;
    }
    library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        PyErr_Format(PyExc_ImportError, "%s", dlerror());
        return -1;
    }
    assert(count <= Py_ARRAY_LENGTH(found));
    for (size_t i = 0; i < count; i++) {
        found[i] = dlsym(library, names[i]);
        if (found[i] == NULL) {
            PyErr_Format(PyExc_ImportError, "%s lacks %s", soname, names[i]);
            dlclose(library);
            return -1;
        }
    }
    memcpy(table, found, count * sizeof(*table));
    return 0;
}

#define LIBRARY(id, soname) static const char id##_soname[] = soname;
#include "libraries.def"

int
crypto_load(void)
{
    static const char *const names[] = {
#define CRYPTO_FUNCTION(name) #name,
#include "libraries.def"
    };

    if (libcrypto.EVP_md5 != NULL) {
        return 0;
    }
    return library_load(crypto_soname, names, Py_ARRAY_LENGTH(names),
                        (function *)&libcrypto);
}

int
blake2_load(void)
{
    static const char *const names[] = {
#define BLAKE2_FUNCTION(name) #name,
#include "libraries.def"
    };

    if (libb2.blake2b_final != NULL) {
        return 0;
    }
    return library_load(blake2_soname, names, Py_ARRAY_LENGTH(names),
                        (function *)&libb2);
}
