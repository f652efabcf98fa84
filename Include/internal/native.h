/* Shared libraries: extension modules and ctypes.dlopen
 * (Python/import/native.c). */
#ifndef LUCID_NATIVE_H
#define LUCID_NATIVE_H

#include "Python.h"
#include "open_code.h"

/* dlopen of the library at `path` (str): what `file`, its name as the linker
 * takes it, leads to; with an open-code hook, what the hook answers.
 * 0: *handle is the library, or NULL with a text for dlerror().
 * -1 with an exception: refused.  Runs Python (hooks). */
int native_open(PyObject *path, const char *file, OpenCodeIntent intent,
                int flags, void **handle);

/* Where the dynamic linker would find a library by a name without a slash.
 * 1: found, its path (at most `size` bytes with the NUL) is in `path`; 0.
 * No GIL. */
int native_find_library(const char *name, char *path, size_t size);

/* Gives the module _ctypes a dlopen that opens for running.  0/-1. */
int native_take_over_ctypes(PyObject *module);

#endif
