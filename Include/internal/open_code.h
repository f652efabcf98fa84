/* Code that is run was opened for running: the one way in which a file
 * becomes code (PEP 578; Doc/open_code.rst).
 *
 * Whoever runs a file gets its bytes from open_code_file or open_code_read.
 * They raise lucid.open_code, ask the open-code hook of the process if it has
 * one, and answer what the hook answered: nothing else of the file is read. */
#ifndef LUCID_OPEN_CODE_H
#define LUCID_OPEN_CODE_H

#include "Python.h"
#include "audit.h"

/* What a file is about to become: constant, name for hooks and events. */
#define OPEN_CODE_INTENTS(X)  \
    X(SOURCE, "source")       \
    X(BYTECODE, "bytecode")   \
    X(ZIP, "zip")             \
    X(NATIVE, "native")       \
    X(CTYPES, "ctypes")       \
    X(MAIN, "main")           \
    X(STDIN, "stdin")         \
    X(STARTUP, "startup")     \
    X(PTH, "pth")

typedef enum {
#define INTENT(id, name) OPEN_CODE_##id,
    OPEN_CODE_INTENTS(INTENT)
#undef INTENT
} OpenCodeIntent;

/* 1 if there is a hook: what runs is what it answers. */
int open_code_has_hook(void);

/* 1 if opening code concerns anybody: without, files open as any others. */
static inline int
open_code_is_watched(void)
{
    return PyAuditWanted(AUDIT_LUCID_OPEN_CODE) || open_code_has_hook();
}

/* Raises lucid.open_code for `path` (str), made absolute.  0/-1.
 * Runs Python (audit hooks). */
int open_code_announce(PyObject *path, OpenCodeIntent intent);

/* Announces, and opens `path` (str), or the descriptor `fd` of the caller if
 * that is not -1: a stream of bytes, as the hook answered it.
 * Returns new.  Runs Python (hooks). */
PyObject *open_code_file(PyObject *path, OpenCodeIntent intent, int fd);

/* All bytes of such a stream, which is closed.  Returns new.  Runs Python. */
PyObject *open_code_read_stream(PyObject *stream);
/* The two in one.  Returns new.  Runs Python. */
PyObject *open_code_read(PyObject *path, OpenCodeIntent intent, int fd);
/* The same as a C stream in memory, which has no descriptor; NULL with an
 * exception.  Runs Python. */
FILE *open_code_read_as_file(PyObject *path, OpenCodeIntent intent, int fd);
/* `bytes` as a C stream in memory; NULL with an exception. */
FILE *open_code_memory_file(PyObject *bytes);

/* The descriptor of a stream that is nothing but a file: an exact FileIO, or
 * an exact BufferedReader of one.  -1 for any other, whose bytes only its
 * read() knows.  Never fails. */
int open_code_stream_fd(PyObject *stream);

/* `path` (str) itself if it is absolute, else joined to the current
 * directory.  Returns new. */
PyObject *open_code_absolute_path(PyObject *path);

/* io.open(file, mode, ...) in a library function that runs what it reads:
 * 1 for such a call. */
int open_code_is_for_library(PyObject *file, const char *mode);
/* The stream for it; None where any will do, as there is no hook, or it is
 * the hook that opens.  Returns new.  Runs Python (hooks). */
PyObject *open_code_instead(PyObject *file, const char *mode,
                            const char *encoding, const char *errors,
                            const char *newline);

/* What a caller of io.open_code will make of `path` (str). */
OpenCodeIntent open_code_guess_intent(PyObject *path);
/* MAIN, or STDIN for a path that leads to descriptor 0 of this process. */
OpenCodeIntent open_code_script_intent(PyObject *path);

#endif
