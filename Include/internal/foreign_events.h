/* Events of extension modules that are not ours; see
 * Modules/foreign_events.def. */
#ifndef LUCID_FOREIGN_EVENTS_H
#define LUCID_FOREIGN_EVENTS_H

#include "Python.h"

/* Puts the runtime before the functions of a new module that have a row.  To
 * be called when the module is made and again when it has run; what is done
 * already stays.  Never fails. */
void foreign_events_attach(PyObject *module);

#endif
