/* Shared libraries: extension modules and ctypes.dlopen
 * (Python/import/native.c). */
#ifndef LUCID_NATIVE_H
#define LUCID_NATIVE_H

#include "Python.h"
#include "open_code.h"

#include <limits.h>

/* dlopen of the library at `path` (str): what `file`, its name as the linker
 * takes it, leads to; with an open-code hook, what the hook answers.
 * 0: *handle is the library, or NULL with a text for dlerror().
 * -1 with an exception: refused.  Runs Python (hooks). */
int native_open(PyObject *path, const char *file, OpenCodeIntent intent,
                int flags, void **handle);

/* Where the dynamic linker would find a library by a name without a slash.
 * `folders` (with ":" between them, "" for none) come before its own, and
 * before LD_LIBRARY_PATH unless `after_environment`; $ORIGIN in them is
 * `origin`.  1: found, its path is in `path`; 0.  No GIL. */
int native_find_library(const char *name, const char *folders,
                        int after_environment, const char *origin,
                        char path[PATH_MAX]);

/* Calls visit(name, folders, is_runpath, arg) for each library that the one in
 * `fd` needs; `folders` is its DT_RUNPATH if is_runpath, else its DT_RPATH.
 * Stops at, and answers, the first result that is not 0.  The texts live for
 * the call. */
typedef int (*NativeNeededVisitor)(const char *name, const char *folders,
                                   int is_runpath, void *arg);
int native_visit_needed(int fd, NativeNeededVisitor visit, void *arg);

/* Gives the module _ctypes a dlopen that opens for running.  0/-1. */
int native_take_over_ctypes(PyObject *module);

#endif
