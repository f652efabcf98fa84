/* Assigning to frame.f_lineno (Objects/framejump.c). */
#ifndef LUCID_FRAMEJUMP_H
#define LUCID_FRAMEJUMP_H

#include "Python.h"

/* Makes a traced frame go on at a line: value is an int, NULL means deletion.
 * 0/-1.  ValueError with the reason where the jump is impossible. Runs Python
 * (closing values). */
int frame_jump_to_line(PyFrameObject *f, PyObject *value);

#endif
