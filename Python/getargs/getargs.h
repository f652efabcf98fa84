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

/* The conversion of one call's arguments. */
typedef struct {
    const char *format;              /* from the next unit on */
    va_list va;                      /* addresses for the values */
    args_cleanups cleanups;
    int levels[ARGS_MAX_LEVELS];     /* after a failure: the positions within
                                      * nested tuples, 0 behind the last */
    char message[512];               /* room for a failure's message */
} args_reader;

/* Converts one argument by the reader's next unit (which may be a
 * parenthesised tuple).  NULL, or a message for args_raise (an exception may
 * already be set, then the message is ignored).  Runs Python. */
const char *args_convert(args_reader *reader, PyObject *arg, int flags);

/* Steps over one unit: NULL, or a message. */
const char *args_skip(const char **format, va_list *va, int flags);

/* TypeError (or SystemError for bad formats) for argument i (from 1; 0: the
 * only one), unless an exception is set. */
void args_raise(Py_ssize_t i, const char *message, int *levels,
                const char *function, const char *custom);

#endif
