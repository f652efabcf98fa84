/* Signals (Modules/signalmodule.c). */
#ifndef LUCID_SIGNALS_H
#define LUCID_SIGNALS_H

#include "Python.h"

/* Runs the Python handlers of the signals that arrived, in the main thread
 * only. 0/-1. */
int signals_run_handlers(PyThreadState *tstate);
/* PyErr_CheckSignals with the thread given. */
int signals_check(PyThreadState *tstate);
/* Start-up: default handlers (SIGPIPE, SIGXFSZ ignored) when `install` and
 * KeyboardInterrupt. 0/-1. */
int signals_init(int install_signal_handlers);
void signals_fini(void);
/* In the child of fork: nothing has arrived there. */
void signals_clear_pending(void);

/* "O&" converter: a sigset_t from an iterable of numbers
 * (Modules/posix/spawn.c). */
PyAPI_FUNC(int) _Py_Sigset_Converter(PyObject *object, void *address);

#endif
