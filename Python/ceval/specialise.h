/* Specialisation (specialise.c): what an adaptive instruction turns into.
 *
 * The first cache unit of an adaptive or specialised instruction is a counter:
 * the upper twelve bits count down, the lower four hold the exponent of the
 * next waiting time. */
#ifndef LUCID_CEVAL_SPECIALISE_H
#define LUCID_CEVAL_SPECIALISE_H

#include "Python.h"
#include "code.h"
#include "frame.h"
#include "value.h"

#define COUNTER_STEP 16
#define COUNTER_START_BACKOFF 4
#define COUNTER_MAX_BACKOFF 11
/* Misses that a specialised instruction takes before it is given up. */
#define COUNTER_AFTER_SUCCESS                                                 \
    ((_Py_CODEUNIT)((52 << 4) | COUNTER_START_BACKOFF))

/* In the mask of a COMPARE_OP_..._JUMP. */
#define COMPARE_JUMPS_BACK 16

static inline int
specialise_is_due(_Py_CODEUNIT *cache)
{
    if (cache[0] < COUNTER_STEP) {
        return 1;
    }
    cache[0] = (_Py_CODEUNIT)(cache[0] - COUNTER_STEP);
    return 0;
}

static inline void
specialise_count_miss(_Py_CODEUNIT *cache, int adaptive)
{
    if (cache[0] < COUNTER_STEP) {
        cache[-1] = _Py_MAKECODEUNIT(adaptive, _Py_OPARG(cache[-1]));
        cache[0] = (_Py_CODEUNIT)(((1 << COUNTER_START_BACKOFF) - 1) << 4 |
                                  COUNTER_START_BACKOFF);
    }
    else {
        cache[0] = (_Py_CODEUNIT)(cache[0] - COUNTER_STEP);
    }
}

/* Each rewrites cache[-1] (the instruction) and its caches, or waits longer
 * before the next try.  None fails or runs Python. */
void specialise_binary_op(PyObject *left, PyObject *right, _Py_CODEUNIT *cache,
                          unsigned oparg, Frame *frame, Value *sp);
void specialise_compare_op(PyObject *left, PyObject *right,
                           _Py_CODEUNIT *cache, unsigned oparg);
void specialise_binary_subscr(PyObject *container, PyObject *sub,
                              _Py_CODEUNIT *cache);
void specialise_store_subscr(PyObject *container, PyObject *sub,
                             _Py_CODEUNIT *cache);
void specialise_load_global(PyObject *globals, PyObject *builtins,
                            _Py_CODEUNIT *cache, PyObject *name);
void specialise_load_attr(PyObject *owner, _Py_CODEUNIT *cache,
                          PyObject *name);
void specialise_store_attr(PyObject *owner, _Py_CODEUNIT *cache,
                           PyObject *name);
void specialise_load_method(PyObject *owner, _Py_CODEUNIT *cache,
                            PyObject *name);
void specialise_precall(PyObject *callable, _Py_CODEUNIT *cache, int nargs,
                        int is_method, unsigned oparg);
void specialise_call(PyObject *callable, _Py_CODEUNIT *cache, int nargs);
/* What PRECALL_CLASS_PY_INIT can do. */
int specialise_is_plain_class(PyObject *callable);
int specialise_is_plain_init(PyObject *init);
/* A function with just `argcount` plain positional parameters; -1: any number
 * of them. */
int specialise_is_simple_function(PyObject *func, int argcount);
void specialise_unpack_sequence(PyObject *sequence, _Py_CODEUNIT *cache,
                                unsigned oparg);

#endif
