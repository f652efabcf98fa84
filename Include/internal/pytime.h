/* Beyond Include/cpython/pytime.h: what the runtime's own start-up and the
 * time module need of the clocks. */
#ifndef INTERNAL_PYTIME_H
#define INTERNAL_PYTIME_H

#include "Python.h"

#include <time.h>

/* Checks that the system, monotonic and performance clocks can be read.
 * 0/-1 with an exception. */
int pytime_init(void);

/* The clock `id` in nanoseconds; -1 with OSError.  `info` may be NULL. */
int pytime_read_clock(clockid_t id, const char *implementation, int adjustable,
                      _PyTime_t *result, _Py_clock_info_t *info);

#endif
