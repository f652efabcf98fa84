#ifndef LUCID_STACKGUARD_H
#define LUCID_STACKGUARD_H

/* The end of the C stack: recursion through C stops before it, however high
 * sys.setrecursionlimit() is.  Each thread knows the lowest part of its stack,
 * the reserve: whoever is in there must not go deeper.  On any other stack (of
 * a coroutine library, a signal handler) nothing is checked.
 *
 * The reserve is for what does not ask: leaf functions, libraries, and raising
 * the error. */

#include "Python.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uintptr_t low;                 /* the stack's lowest usable address */
    uintptr_t reserve;             /* bytes from there on; 0: not known */
} StackGuard;

/* Of this thread.  In the thread's static block: one instruction away. */
extern _Thread_local StackGuard stack_guard
    __attribute__((tls_model("initial-exec")));

/* Finds this thread's stack, the first time.  Never fails. */
void stack_guard_ensure(void);

/* 0 if there is room after all (while RecursionError is dealt with), or -1
 * with RecursionError. */
int stack_guard_raise(PyThreadState *tstate, const char *where);

static inline bool
stack_is_low(void)
{
    return (uintptr_t)__builtin_frame_address(0) - stack_guard.low <
           stack_guard.reserve;
}

/* 0, or -1 with RecursionError. */
static inline int
stack_guard_check(PyThreadState *tstate, const char *where)
{
    return __builtin_expect(stack_is_low(), 0)
               ? stack_guard_raise(tstate, where) : 0;
}

/* The same for C code that reaches itself through other objects, without the
 * recursion limit in between. */
static inline int
stack_guard_nested(const char *where)
{
    return __builtin_expect(stack_is_low(), 0)
               ? stack_guard_raise(PyThreadState_Get(), where) : 0;
}

/* Queues a collectable object that cannot be freed now; false if there is no
 * thread state.  In Objects/object.c, with the trashcan. */
bool trash_postpone(PyObject *op);

/* First in the dealloc of a type whose objects may hold each other directly,
 * without a container that has the trashcan in between.  True: it is freed
 * later. */
static inline bool
dealloc_must_wait(PyObject *op)
{
    return __builtin_expect(stack_is_low(), 0) && trash_postpone(op);
}

/* The next item of an iterator that may consist of iterators: NULL also with
 * RecursionError. */
static inline PyObject *
stack_guarded_next(PyObject *iterator)
{
    if (stack_guard_nested("") < 0) {
        return NULL;
    }
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

#endif
