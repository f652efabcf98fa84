/* Private to Objects/long/: work done on 64-bit limbs by GMP's mpn layer. */
#ifndef LUCID_LONG_LIMBS_H
#define LUCID_LONG_LIMBS_H

#include "Python.h"

#include "long.h"

#include <gmp.h>

/* A magnitude in limbs.  Small ones live in `inline_limbs`. */
#define LIMBS_INLINE 40
typedef struct {
    mp_limb_t *limbs;
    Py_ssize_t n;                         /* without leading zero limbs */
    mp_limb_t inline_limbs[LIMBS_INLINE];
} limb_number;

/* Room for n limbs.  n counts what was asked for. */
int limbs_init(limb_number *number, Py_ssize_t n);
/* The magnitude of op, with `extra` more limbs of room. */
int limbs_init_from(limb_number *number, const PyLongObject *op,
                    Py_ssize_t extra);
void limbs_free(limb_number *number);

/* Products, quotients of large operands: |sizes| >= 1. */
PyObject *limbs_multiply(const PyLongObject *a, const PyLongObject *b);
int limbs_divmod(const PyLongObject *a, const PyLongObject *b,
                 PyLongObject **quotient, PyLongObject **remainder);
PyObject *limbs_gcd(const PyLongObject *a, const PyLongObject *b);
/* base**exponent mod modulus of non-negative operands, modulus > 0. */
PyObject *limbs_powm(const PyLongObject *base, const PyLongObject *exponent,
                     const PyLongObject *modulus);
/* The inverse of a modulo modulus > 1; ValueError if there is none. */
PyObject *limbs_invert(const PyLongObject *a, const PyLongObject *modulus);
PyObject *limbs_isqrt(const PyLongObject *op);
/* |base|**exponent, exponent >= 1. */
PyObject *limbs_power(const PyLongObject *base, uint64_t exponent,
                      bool negative);

#endif
