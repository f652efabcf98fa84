#ifndef LUCID_INTERNAL_WARNINGS_H
#define LUCID_INTERNAL_WARNINGS_H

/* The warnings machinery below the library's `warnings` module.  PyErr_Warn*
 * are public. */

#include "Python.h"

/* State of one interpreter, held in PyInterpreterState.warnings. */
struct warnings_state {
    PyObject *filters;              /* list of 5-tuples */
    PyObject *once_registry;        /* dict */
    PyObject *default_action;       /* str */
    long filters_version;           /* grows by _filters_mutated() */
};

int warnings_init(PyInterpreterState *interp);
void warnings_fini(PyInterpreterState *interp);

/* The module `_warnings`, for the import of built-ins. */
PyAPI_FUNC(PyObject *) _PyWarnings_Init(void);

/* "coroutine '...' was never awaited", through
 * warnings._warn_unawaited_coroutine; reports its own failures as
 * unraisable. */
void warnings_unawaited_coroutine(PyObject *coroutine);

#endif
