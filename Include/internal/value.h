/* Value: one word of the evaluation stack.
 *
 *      bit 0 = 0   an owned reference, or NULL (the marker that PUSH_NULL
 *                  leaves)
 *      bit 0 = 1   a borrowed reference: somebody else keeps the object alive
 *                  for as long as the word is on the stack
 *
 * Who may keep a borrowed one alive: the frame's code object (constants), or a
 * local variable of the same frame that the analysis in Python/ceval/quicken.c
 * has shown not to be stored or deleted before the word is consumed.  Writers
 * of locals outside the bytecode (PyFrame_LocalsToFast) keep the replaced
 * objects until the frame ends.
 *
 * Only this header knows the bits.  Locals and cells (localsplus below the
 * stack) are always plain object pointers, hence owned Values. */
#ifndef LUCID_VALUE_H
#define LUCID_VALUE_H

#include "Python.h"

typedef struct { uintptr_t bits; } Value;

#define VALUE_NULL ((Value){0})

/* Takes over the caller's reference. */
static inline Value
value_from_new(PyObject *object)
{
    return (Value){(uintptr_t)object};
}

static inline Value
value_borrow(PyObject *object)
{
    return (Value){(uintptr_t)object | 1};
}

/* An owned value from a borrowed reference. */
static inline Value
value_from_borrowed(PyObject *object)
{
    Py_INCREF(object);
    return (Value){(uintptr_t)object};
}

/* The object, borrowed; NULL for VALUE_NULL. */
static inline PyObject *
value_as_object(Value value)
{
    return (PyObject *)(value.bits & ~(uintptr_t)1);
}

static inline int
value_is_null(Value value)
{
    return value.bits == 0;
}

static inline int
value_is_borrowed(Value value)
{
    return (int)(value.bits & 1);
}

/* Ends the value's life.  Runs Python (finalizers). */
static inline void
value_close(Value value)
{
    if (!(value.bits & 1)) {
        Py_DECREF((PyObject *)value.bits);
    }
}

static inline void
value_xclose(Value value)
{
    if (!(value.bits & 1)) {
        Py_XDECREF((PyObject *)value.bits);
    }
}

/* Turns the value into a reference that the caller owns. */
static inline PyObject *
value_take(Value value)
{
    PyObject *object = (PyObject *)(value.bits & ~(uintptr_t)1);

    if (value.bits & 1) {
        Py_INCREF(object);
    }
    return object;
}

/* A second value for the same object, with the same owner. */
static inline Value
value_copy(Value value)
{
    if (!(value.bits & 1)) {
        Py_XINCREF((PyObject *)value.bits);
    }
    return value;
}

/* Makes a stack word an owned one in place: afterwards it is a PyObject *. */
static inline void
value_own(Value *value)
{
    if (value->bits & 1) {
        value->bits &= ~(uintptr_t)1;
        Py_INCREF((PyObject *)value->bits);
    }
}

/* Owns `n` words, and shows them as the array of objects that they now are. */
static inline PyObject **
value_own_all(Value *values, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        value_own(&values[i]);
    }
    return (PyObject **)values;
}

#endif
