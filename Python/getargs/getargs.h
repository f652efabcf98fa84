/* Between the files of this folder. */
#ifndef LUCID_GETARGS_H
#define LUCID_GETARGS_H

#include "Python.h"

#define ARGS_COMPAT 1                /* PyArg_Parse: old-style single value */
#define ARGS_SIZE_T 2                /* PY_SSIZE_T_CLEAN (always, in 3.11) */
#define ARGS_MAX_LEVELS 32           /* nesting of parentheses in formats */
#define ARGS_STATIC_CLEANUPS 8

/* What has to be undone if a later argument fails.  Buffers are released,
 * memory freed, converters called with NULL. */
typedef struct {
    void *item;
    int (*undo)(PyObject *nothing, void *item);
} args_cleanup;

typedef struct {
    args_cleanup *entries;
    args_cleanup small[ARGS_STATIC_CLEANUPS];
    int count, capacity;
} args_cleanups;

static inline void
args_cleanups_init(args_cleanups *self)
{
    self->entries = self->small;
    self->count = 0;
    self->capacity = ARGS_STATIC_CLEANUPS;
}
/* -1 without an exception: no memory. */
int args_cleanups_add(args_cleanups *self, void *item,
                      int (*undo)(PyObject *, void *));
/* Undoes everything unless `success`; returns `success`. */
int args_cleanups_finish(args_cleanups *self, int success);

/* Converts one argument by the unit at *format (which may be a parenthesised
 * tuple) into the addresses from *va.  NULL, or a message for
 * args_raise (an exception may already be set, then the message is ignored).
 * `levels` gets the positions within nested tuples.  Runs Python. */
const char *args_convert(PyObject *arg, const char **format, va_list *va,
                         int flags, int *levels, char *message,
                         size_t message_size, args_cleanups *cleanups);

/* Steps over one unit: NULL, or a message. */
const char *args_skip(const char **format, va_list *va, int flags);

/* TypeError (or SystemError for bad formats) for argument i (from 1; 0: the
 * only one), unless an exception is set. */
void args_raise(Py_ssize_t i, const char *message, int *levels,
                const char *function, const char *custom);

#endif
