/* Threads and interpreters (Python/pystate.c), at-fork handlers
 * (Python/fork.c). */
#ifndef LUCID_INTERNAL_PYSTATE_H
#define LUCID_INTERNAL_PYSTATE_H

#include "Python.h"
#include "runtime.h"

/* Process start: no interpreter, locks made. Idempotent. 0/-1. */
int pystate_runtime_init(void);
void pystate_runtime_fini(void);
/* Remembers the thread's state for PyGILState_*. */
int pystate_gilstate_init(PyThreadState *tstate);
void pystate_gilstate_fini(void);

/* 3.11's private names. */
PyAPI_FUNC(PyThreadState *) _PyThreadState_SetCurrent(PyThreadState *tstate);
PyAPI_FUNC(PyThreadState *)
    _PyThreadState_Swap(void *gilstate, PyThreadState *tstate);
PyAPI_FUNC(void) _PyThreadState_Init(PyThreadState *tstate);
PyAPI_FUNC(void) _PyThreadState_DeleteCurrent(PyThreadState *tstate);
PyAPI_FUNC(PyInterpreterState *) _PyInterpreterState_LookUpID(int64_t id);
PyAPI_FUNC(int) _PyInterpreterState_IDInitref(PyInterpreterState *interp);
PyAPI_FUNC(int) _PyInterpreterState_IDIncref(PyInterpreterState *interp);
PyAPI_FUNC(void) _PyInterpreterState_IDDecref(PyInterpreterState *interp);
PyAPI_FUNC(PyStatus) _PyInterpreterState_Enable(void *runtime);
PyAPI_FUNC(int) _PyState_AddModule(PyThreadState *tstate, PyObject *module,
                                   PyModuleDef *def);
PyAPI_FUNC(int) _PyOS_InterruptOccurred(PyThreadState *tstate);
/* A state made by one thread begins its life in another. */
void pystate_bind_thread(PyThreadState *tstate);

/* The main thread of the main interpreter may run handlers of signals. */
int pystate_is_main_thread(void);

/* Does some thread state belong to the thread of that id?  The pthread
 * functions take an id for an address: any other number would crash them. */
int pystate_knows_thread(unsigned long id);
static inline int
pystate_is_main_interpreter(PyInterpreterState *interp)
{
    return interp == _PyRuntime.interpreters.main;
}

/* Runs the functions of os.register_at_fork (posix owns the list; these call
 * them). */
int os_register_at_fork(PyObject *before, PyObject *after_in_parent,
                        PyObject *after_in_child);

/* atexit */
int atexit_init(PyInterpreterState *interp);
/* runs and forgets the callbacks */
void atexit_call(PyInterpreterState *interp);
void atexit_fini(PyInterpreterState *interp);

/* Waits for non-daemon threads: threading._shutdown(). Runs Python; errors are
 * written. */
void pystate_wait_for_threads(PyThreadState *tstate);

#endif
