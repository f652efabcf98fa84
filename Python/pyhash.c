/* Hashing: numbers agree across types (modulo 2**61 - 1), bytes and text go
 * through SipHash-1-3 under a secret key. */
#include "Python.h"

#include "hash.h"

#include <math.h>
#include <stdbool.h>

_Py_HashSecret_t _Py_HashSecret;

/* ---- numbers ---- */

/* The hash of a rational m * 2**e is m * 2**e modulo the prime 2**61 - 1:
 * multiplying by a power of two rotates the residue. */
Py_hash_t
_Py_HashDouble(PyObject *op, double value)
{
    int exponent;
    Py_uhash_t hash = 0;

    if (!isfinite(value)) {
        if (isinf(value)) {
            return value > 0 ? _PyHASH_INF : -_PyHASH_INF;
        }
        return _Py_HashPointer(op);
    }
    /* FAST PATH: an integer below the modulus hashes to itself */
    if (value > -1e15 && value < 1e15 && (double)(int64_t)value == value) {
        int64_t whole = (int64_t)value;

        return whole == -1 ? -2 : (Py_hash_t)whole;
    }
    double mantissa = frexp(value, &exponent);
    bool negative = mantissa < 0;

    mantissa = fabs(mantissa);
    while (mantissa != 0.0) {
        /* 28 bits at a time */
        hash = ((hash << 28) & _PyHASH_MODULUS) | hash >> (_PyHASH_BITS - 28);
        mantissa *= 268435456.0;
        exponent -= 28;
        Py_uhash_t part = (Py_uhash_t)mantissa;
        mantissa -= (double)part;
        hash += part;
        if (hash >= _PyHASH_MODULUS) {
            hash -= _PyHASH_MODULUS;
        }
    }
    exponent = exponent >= 0
                   ? exponent % _PyHASH_BITS
                   : _PyHASH_BITS - 1 - (-1 - exponent) % _PyHASH_BITS;
    hash = ((hash << exponent) & _PyHASH_MODULUS) |
           hash >> (_PyHASH_BITS - exponent);
    Py_hash_t result = negative ? -(Py_hash_t)hash : (Py_hash_t)hash;
    return result == -1 ? -2 : result;
}

Py_hash_t
_Py_HashPointerRaw(const void *p)
{
    size_t bits = (size_t)p;

    /* The low four bits of most addresses are zero. */
    return (Py_hash_t)(bits >> 4 | bits << (8 * sizeof(bits) - 4));
}

Py_hash_t
_Py_HashPointer(const void *p)
{
    Py_hash_t hash = _Py_HashPointerRaw(p);

    return hash == -1 ? -2 : hash;
}

/* ---- SipHash-1-3 (Aumasson, Bernstein 2012) ---- */

#define ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

typedef struct {
    uint64_t v0, v1, v2, v3;
} sip_state;

static inline void
sip_round(sip_state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = ROTATE(s->v1, 13) ^ s->v0;
    s->v3 = ROTATE(s->v3, 16) ^ s->v2;
    s->v0 = ROTATE(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = ROTATE(s->v1, 17) ^ s->v2;
    s->v3 = ROTATE(s->v3, 21) ^ s->v0;
    s->v2 = ROTATE(s->v2, 32);
}

static uint64_t
siphash13(uint64_t k0, uint64_t k1, const void *data, size_t n)
{
    const unsigned char *p = data;
    sip_state s = {
        k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
        k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL,
    };
    uint64_t word, last = (uint64_t)n << 56;

    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    word = 0;
    memcpy(&word, p, n);
    last |= word;
    s.v3 ^= last;
    sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static Py_hash_t
siphash_with_secret(const void *data, Py_ssize_t n)
{
    return (Py_hash_t)siphash13(_Py_HashSecret.siphash.k0,
                                _Py_HashSecret.siphash.k1, data, (size_t)n);
}

Py_hash_t
_Py_HashBytes(const void *data, Py_ssize_t n)
{
    if (n == 0) {
        return 0;
    }
    Py_hash_t hash = siphash_with_secret(data, n);
    return hash == -1 ? -2 : hash;
}

uint64_t
hash_keyed(uint64_t key, const void *data, Py_ssize_t n)
{
    return siphash13(key, 0, data, (size_t)n);
}

PyHash_FuncDef *
PyHash_GetFuncDef(void)
{
    static PyHash_FuncDef definition = {siphash_with_secret, "siphash13", 64,
                                        128};

    return &definition;
}

/* Hash of source text under a key that is the same everywhere (PEP 552). */
uint64_t _Py_KeyedHash(uint64_t key, const void *src, Py_ssize_t src_sz);

uint64_t
_Py_KeyedHash(uint64_t key, const void *src, Py_ssize_t src_sz)
{
    return siphash13(key, 0, src, (size_t)src_sz);
}
