/* The secret that hashes of str and bytes start from (PEP 456). */
#include "Python.h"

#include "config.h"

#include <sys/random.h>

/* A generator good enough to spread a 32-bit seed over the secret: the same
 * one as the reference, since programs compare hashes for a fixed seed. */
static void
seed_spread(unsigned int state, unsigned char *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        state = state * 214013 + 2531011;
        buffer[i] = (unsigned char)((state >> 16) & 0xff);
    }
}

PyStatus
config_init_hash_secret(const PyConfig *config)
{
    static int done = 0;
    unsigned char *secret = (unsigned char *)&_Py_HashSecret;
    size_t filled = 0;

    if (done) {
        return STATUS_OK();       /* strings hashed before stay valid */
    }
    done = 1;
    if (config->use_hash_seed) {
        if (config->hash_seed == 0) {
            memset(secret, 0, sizeof(_Py_HashSecret));
        }
        else {
            seed_spread((unsigned int)config->hash_seed, secret,
                        sizeof(_Py_HashSecret));
        }
        return STATUS_OK();
    }
    while (filled < sizeof(_Py_HashSecret)) {
        ssize_t got = getrandom(
            secret + filled, sizeof(_Py_HashSecret) - filled, GRND_NONBLOCK);
        if (got < 0 && errno == EAGAIN) {
            /* Early boot: better predictable hashes than a hang. */
            seed_spread((unsigned int)time(NULL), secret + filled,
                        sizeof(_Py_HashSecret) - filled);
            break;
        }
        if (got < 0 && errno != EINTR) {
            return PyStatus_Error("failed to get random numbers to initialize "
                                  "Python");
        }
        filled += got > 0 ? (size_t)got : 0;
    }
    return STATUS_OK();
}
