/* Reading a line from the user: PyOS_Readline, and the plain way to do it
 * that serves unless the module readline takes over. */

#include "Python.h"

#include "internal/pythonrun.h"
#include "lifecycle.h"
#include "pythread.h"
#include "runtime.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

PyAPI_DATA(PyThreadState *) _PyOS_ReadlineTState;
PyThreadState *_PyOS_ReadlineTState = NULL;

/* Called while waiting for a key; for GUI event loops. */
int (*PyOS_InputHook)(void) = NULL;

char *(*PyOS_ReadlineFunctionPointer)(FILE *, FILE *, const char *) = NULL;

/* One reader at a time; made when first needed. */
static PyThread_type_lock readline_lock = NULL;

typedef enum {
    LINE_READ,
    LINE_END,
    LINE_INTERRUPTED,
    LINE_FAILED
} line_status;

/* Reads into the buffer what there is, up to a line end.  No GIL. */
static line_status
read_chunk(char *buffer, int size, FILE *file)
{
    for (;;) {
        if (PyOS_InputHook != NULL) {
            (void)(PyOS_InputHook)();
        }
        errno = 0;
        clearerr(file);
        if (fgets(buffer, size, file) != NULL) {
            return LINE_READ;
        }
        int error = errno;
        if (feof(file)) {
            clearerr(file);
            return LINE_END;
        }
        if (error != EINTR) {
            return LINE_FAILED;
        }
        PyEval_RestoreThread(_PyOS_ReadlineTState);
        int status = PyErr_CheckSignals();
        PyEval_SaveThread();
        if (status < 0) {
            return LINE_INTERRUPTED;
        }
    }
}

/* Returns the line in PyMem_RawMalloc memory, "" at the end of the input,
 * NULL after an interrupt or without memory.  No GIL. */
char *
readline_from_stdio(FILE *in, FILE *out, const char *prompt)
{
    size_t used = 0, capacity = 128;
    char *line = PyMem_RawMalloc(capacity);

    if (line == NULL) {
        return NULL;
    }
    fflush(out);
    if (prompt != NULL) {
        fputs(prompt, stderr);
    }
    fflush(stderr);
    line[0] = '\0';
    for (;;) {
        switch (read_chunk(line + used, (int)(capacity - used), in)) {
        case LINE_READ:
            break;
        case LINE_INTERRUPTED:
            PyMem_RawFree(line);
            return NULL;
        case LINE_END:
        case LINE_FAILED:
            line[used] = '\0';
            return line;
        }
        used += strlen(line + used);
        if (used > 0 && line[used - 1] == '\n') {
            return line;
        }
        if (capacity - used > 64) {
            continue;
        }
        if (capacity > INT_MAX / 2) {
            PyMem_RawFree(line);
            return NULL;
        }
        char *larger = PyMem_RawRealloc(line, capacity * 2);
        if (larger == NULL) {
            PyMem_RawFree(line);
            return NULL;
        }
        line = larger;
        capacity *= 2;
    }
}

/* Calls the reader that fits the streams.  No GIL. */
static char *
read_with_best_reader(FILE *in, FILE *out, const char *prompt, int is_main)
{
    if (!is_main || !isatty(fileno(in)) || !isatty(fileno(out)) ||
        PyOS_ReadlineFunctionPointer == NULL) {
        return readline_from_stdio(in, out, prompt);
    }
    return (*PyOS_ReadlineFunctionPointer)(in, out, prompt);
}

/* The line in PyMem memory; NULL with an exception, or without one after an
 * interrupt. */
char *
PyOS_Readline(FILE *in, FILE *out, const char *prompt)
{
    PyThreadState *tstate = _PyThreadState_GET();
    char *line;

    if (_PyOS_ReadlineTState == tstate) {
        PyErr_SetString(PyExc_RuntimeError, "can't re-enter readline");
        return NULL;
    }
    if (readline_lock == NULL) {
        readline_lock = PyThread_allocate_lock();
        if (readline_lock == NULL) {
            PyErr_SetString(PyExc_MemoryError, "can't allocate lock");
            return NULL;
        }
    }
    int is_main = tstate->interp == PyInterpreterState_Main();
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(readline_lock, 1);
    _PyOS_ReadlineTState = tstate;
    line = read_with_best_reader(in, out, prompt, is_main);
    _PyOS_ReadlineTState = NULL;
    PyThread_release_lock(readline_lock);
    Py_END_ALLOW_THREADS
    if (line == NULL) {
        return NULL;
    }
    size_t size = strlen(line) + 1;
    char *result = PyMem_Malloc(size);
    if (result != NULL) {
        memcpy(result, line, size);
    }
    else {
        PyErr_NoMemory();
    }
    PyMem_RawFree(line);
    return result;
}
