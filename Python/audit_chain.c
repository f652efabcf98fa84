/* The chain of an audit log: each record names the SHA-256 digest of the link
 * before it and of its own text, so that no record can be changed, removed or
 * put in between without changing all that follow.
 *
 *     link(0) = 32 zero bytes           at the first record of a process
 *     link(n) = SHA-256(link(n-1), text of record n up to its "chain")
 *
 * libnettle computes it, which is loaded with the first log: 40 times smaller
 * than libcrypto, and the runtime needs none where no log is kept. */
#include "Python.h"

#include "audit_sink.h"

#include <dlfcn.h>
#include <nettle/sha2.h>

#define LIBRARY "libnettle.so.8"

static struct {
    __typeof__(sha256_init) *init;       /* NULL: not loaded */
    __typeof__(sha256_update) *update;
    __typeof__(sha256_digest) *digest;
    uint8_t accepted[SHA256_DIGEST_SIZE];
    uint8_t linked[SHA256_DIGEST_SIZE];
} chain;

const char *
chain_load(void)
{
    void *library, *init, *update, *digest;

    if (chain.init != NULL) {
        return NULL;
    }
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return dlerror();
    }
    init = dlsym(library, "nettle_sha256_init");
    update = dlsym(library, "nettle_sha256_update");
    digest = dlsym(library, "nettle_sha256_digest");
    if (init == NULL || update == NULL || digest == NULL) {
        dlclose(library);
        return LIBRARY " lacks SHA-256";
    }
    memcpy(&chain.init, &init, sizeof(init));
    memcpy(&chain.update, &update, sizeof(update));
    memcpy(&chain.digest, &digest, sizeof(digest));
    return NULL;
}

void
chain_begin(void)
{
    memset(chain.accepted, 0, sizeof(chain.accepted));
}

void
chain_link(const char *record, size_t size, char *digits)
{
    static const char hex[] = "0123456789abcdef";
    struct sha256_ctx context;

    chain.init(&context);
    chain.update(&context, sizeof(chain.accepted), chain.accepted);
    chain.update(&context, size, (const uint8_t *)record);
    chain.digest(&context, sizeof(chain.linked), chain.linked);
    for (size_t i = 0; i < sizeof(chain.linked); i++) {
        *digits++ = hex[chain.linked[i] >> 4];
        *digits++ = hex[chain.linked[i] & 15];
    }
}

void
chain_accept(void)
{
    memcpy(chain.accepted, chain.linked, sizeof(chain.accepted));
}
