/* Start and end of the runtime, of interpreters, and the standard streams. */
#ifndef LUCID_LIFECYCLE_H
#define LUCID_LIFECYCLE_H

#include "Python.h"
#include "config.h"
#include "runtime.h"

/* Process, interpreter and thread state, types, exceptions, sys and builtins:
 * enough to compile and marshal, with no import system.  The freezer stops
 * here; `config` has been read. */
PyStatus lifecycle_init_core(const PyConfig *config, PyThreadState **tstate);

/* sys.stdin, sys.stdout, sys.stderr (Python/lifecycle/stdio.c). */
PyStatus lifecycle_init_streams(PyThreadState *tstate);
/* A stream of last resort on descriptor 2, as sys.stderr.  0/-1. */
int lifecycle_init_preliminary_stderr(PyThreadState *tstate);

/* Py_InitializeFromConfig for a status: prints and exits. */
_Py_NO_RETURN void lifecycle_exit_status(PyStatus status);

/* Functions that the main program calls. */
PyAPI_FUNC(PyStatus) _Py_InitializeMain(void);

/* PEP 578 log of -X audit=FILE: opened before initialisation.  An error
 * status where the file cannot be written. */
PyStatus audit_log_open(const PyConfig *config);
/* Writes what is pending and the closing record; after it nothing is
 * logged. */
void audit_log_close(void);

#endif
