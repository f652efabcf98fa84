/* Where the C stack of a thread ends (Include/internal/stackguard.h).
 *
 * The main thread's stack grows on demand from the top of the address space,
 * up to RLIMIT_STACK: its top is found by the program's name, which the kernel
 * puts there, and nothing has to be read from /proc.  For other threads the C
 * library knows. */

#define _GNU_SOURCE

#include "Python.h"

#include "pyerrors.h"
#include "stackguard.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    /* Enough for OpenSSL's, SQLite's and the C library's deepest functions. */
    RESERVE_MAX = 512 * 1024,
    /* A thread with a small stack keeps most of it, down to where even printf
     * would not fit. */
    RESERVE_SHARE = 8,
    RESERVE_MIN = 16 * 1024,
    /* The kernel leaves at least that much room for a stack without limit. */
    UNLIMITED_SIZE = 128 * 1024 * 1024,
};

_Thread_local StackGuard stack_guard
    __attribute__((tls_model("initial-exec")));

/* Bounds of the main thread's stack; false if they cannot be told. */
static bool
find_main_stack(uintptr_t *low, uintptr_t *size)
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    struct rlimit limit;

    if (name == NULL || getrlimit(RLIMIT_STACK, &limit) < 0) {
        return false;
    }
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t top = ((uintptr_t)name + strlen(name) + page) / page * page;
    *size = Py_MIN(limit.rlim_cur, (rlim_t)UNLIMITED_SIZE);
    *low = top - *size;
    return *size < top;
}

static bool
find_thread_stack(uintptr_t *low, uintptr_t *size)
{
    pthread_attr_t attributes;
    void *address;
    size_t whole, guard;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return false;
    }
    bool found = pthread_attr_getstack(&attributes, &address, &whole) == 0 &&
                 pthread_attr_getguardsize(&attributes, &guard) == 0 &&
                 guard < whole;
    pthread_attr_destroy(&attributes);
    if (found) {
        *low = (uintptr_t)address + guard;
        *size = whole - guard;
    }
    return found;
}

void
stack_guard_ensure(void)
{
    uintptr_t low, size, here = (uintptr_t)__builtin_frame_address(0);

    if (stack_guard.reserve != 0) {
        return;
    }
    bool found = getpid() == gettid() ? find_main_stack(&low, &size)
                                      : find_thread_stack(&low, &size);
    if (found && here - low < size) {
        stack_guard.low = low;
        stack_guard.reserve =
            Py_MIN(Py_MAX(size / RESERVE_SHARE, (uintptr_t)RESERVE_MIN),
                   (uintptr_t)RESERVE_MAX);
    }
}

int
stack_guard_raise(PyThreadState *tstate, const char *where)
{
    uintptr_t left = (uintptr_t)__builtin_frame_address(0) - stack_guard.low;

    if (tstate->recursion_headroom && left > stack_guard.reserve / 2) {
        return 0;
    }
    tstate->recursion_headroom++;
    PyErr_Format(PyExc_RecursionError,
                 "maximum recursion depth exceeded%s: the C stack is used up",
                 where);
    tstate->recursion_headroom--;
    return -1;
}
