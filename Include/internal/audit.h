/* Audit events: the interest table and the call-site macro (PEP 578).
 * See audit_events.def for the events, Python/sysmodule.c for the hooks. */
#ifndef LUCID_AUDIT_H
#define LUCID_AUDIT_H

#include "Python.h"

typedef enum {
#define EVENT(id, name, arguments, raised_by) AUDIT_##id,
#include "audit_events.def"
    AUDIT_EVENT_COUNT
} AuditEvent;

/* Nonzero: some hook wants the event.  The last byte stands for all names
 * that have no row.  Written only when hooks are added or cleared. */
#define AUDIT_INTEREST_SIZE 4096      /* a page, for its protection */
extern unsigned char audit_interest[AUDIT_INTEREST_SIZE];

/* Tells the hooks, before the operation happens.  `format` as for
 * Py_BuildValue: one value becomes a tuple of one, a tuple is taken as it is.
 * 0: go on.  -1: a hook refused, with its exception set.
 * Runs Python (hooks) where somebody listens. */
#define PyAudit(event, ...)                              \
    (__builtin_expect(audit_interest[(event)] != 0, 0)   \
         ? audit_raise((event), __VA_ARGS__)             \
         : 0)

int audit_raise(AuditEvent event, const char *format, ...)
    __attribute__((cold));
/* The same with the arguments in a tuple (borrowed). */
int audit_raise_tuple(AuditEvent event, PyObject *args)
    __attribute__((cold));

/* Nonzero in a thread whose event comes from sys.audit, while hooks run. */
extern _Thread_local int audit_raised_by_python;

/* The event's row, or NULL for a name without one. */
typedef struct {
    const char *name;
    const char *arguments;
    const char *raised_by;
} AuditEventInfo;
extern const AuditEventInfo audit_event_info[AUDIT_EVENT_COUNT];
/* AUDIT_EVENT_COUNT for a name that has no row. */
AuditEvent audit_find_event(const char *name);

/* Removes all hooks at the end of the runtime: C hooks see
 * cpython._PySys_ClearAuditHooks first and cannot refuse it. */
void audit_clear_hooks(PyThreadState *tstate);
/* The Python hooks of one interpreter, at its end. */
void audit_clear_interpreter(PyInterpreterState *interp);

#endif
