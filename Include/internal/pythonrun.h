#ifndef LUCID_INTERNAL_PYTHONRUN_H
#define LUCID_INTERNAL_PYTHONRUN_H

/* Running source text, files and interactive sessions.  The functions are
 * those of the public pythonrun.h. */

#include "Python.h"

/* Empties the buffers of sys.stderr and sys.stdout; keeps the exception that
 * is set.  Runs Python.  Never fails. */
void pythonrun_flush_streams(void);

/* Runs a script that was opened for running, in __main__; shows an exception.
 * 0/-1.  (_PyRun_SimpleFileObject opens it for running first.) */
int pythonrun_opened_file(FILE *fp, PyObject *filename, int closeit,
                          PyCompilerFlags *flags);
/* The same, or a session if it is a terminal. */
int pythonrun_opened_any_file(FILE *fp, PyObject *filename, int closeit,
                              PyCompilerFlags *flags);

/* Reading lines: the default of PyOS_ReadlineFunctionPointer. */
char *readline_from_stdio(FILE *in, FILE *out, const char *prompt);

#endif
