/* Audit events: the interest table and the call-site macro (PEP 578).
 * See audit_events.def for the events, Python/sysmodule.c for the hooks. */
#ifndef LUCID_AUDIT_H
#define LUCID_AUDIT_H

#include "Python.h"

/* Events that every hook hears, all names without a row as one, and events on
 * request.  The order puts each kind on a page of its own, see below. */
typedef enum {
#define EVENT(id, name, arguments, raised_by) AUDIT_##id,
#define EVENT_ON_REQUEST(id, name, arguments, raised_by)
#include "audit_events.def"
    AUDIT_UNLISTED,
#define EVENT(id, name, arguments, raised_by)
#define EVENT_ON_REQUEST(id, name, arguments, raised_by) AUDIT_##id,
#include "audit_events.def"
    AUDIT_EVENT_COUNT
} AuditEvent;

/* Nonzero: some hook wants the event.  Two pages, read-only but while hooks
 * come and go; the border lies behind AUDIT_UNLISTED, so that the first page
 * never changes again once a hook without patterns wants all of it. */
#define AUDIT_PAGE 4096
extern unsigned char audit_interest_pages[2 * AUDIT_PAGE]
    __attribute__((visibility("hidden")));
#define audit_interest (audit_interest_pages + AUDIT_PAGE - AUDIT_UNLISTED - 1)

/* Tells the hooks, before the operation happens.  `format` as for
 * Py_BuildValue: one value becomes a tuple of one, a tuple is taken as it is.
 * 0: go on.  -1: a hook refused, with its exception set.
 * Runs Python (hooks) where somebody listens. */
#define PyAudit(event, ...) \
    (PyAuditWanted(event) ? audit_raise((event), __VA_ARGS__) : 0)
/* 1 where somebody listens: for a call site that makes objects for the event
 * which the operation itself does not need.  LUCID_NO_AUDIT_SITES compiles all
 * call sites to nothing, to measure what they cost; such a build audits
 * nothing and is for no other use. */
#ifdef LUCID_NO_AUDIT_SITES
#  define PyAuditWanted(event) 0
#else
#  define PyAuditWanted(event) __builtin_expect(audit_interest[event] != 0, 0)
#endif

int audit_raise(AuditEvent event, const char *format, ...)
    __attribute__((cold));
/* The same with the arguments in a tuple (borrowed). */
int audit_raise_tuple(AuditEvent event, PyObject *args)
    __attribute__((cold));

/* When a C hook begins: nonzero where the event comes from sys.audit.  (Until
 * it lets another thread run, or raises events itself.) */
extern int audit_raised_by_python;

/* The event's row; names are NULL for AUDIT_UNLISTED. */
typedef struct {
    const char *name;
    const char *arguments;
    const char *raised_by;
} AuditEventInfo;
extern const AuditEventInfo audit_event_info[AUDIT_EVENT_COUNT];
/* AUDIT_UNLISTED for a name that has no row.  Never fails. */
AuditEvent audit_find_event(const char *name);

/* 0, or -1 with TypeError for what cannot be called. */
int audit_hook_check(PyObject *hook);

/* The filter of `events=`: None (*result NULL), a glob or an iterable of globs
 * (*result a new tuple of str).  0/-1.  Runs Python (iteration). */
int audit_patterns_from_object(PyObject *events, PyObject **result);

/* An observer hears what no hook refused, after all hooks, until it is
 * removed; its exceptions are unraisable.  `patterns` as made above. */
typedef struct AuditObserver AuditObserver;
AuditObserver *audit_observer_add(PyObject *callable, PyObject *patterns);
/* Harmless where the interpreter has already dropped it.  Runs Python. */
void audit_observer_remove(AuditObserver *observer);

/* Whose code it is (Python/audit_origin.c).  Marks code, and the code in its
 * constants, as the library's. */
void audit_origin_mark(PyObject *code);
/* For what compile() and marshal.loads() made: marks it where the bytes are
 * those of a library file.  Does nothing without a log.  Never fails. */
void audit_origin_of_loaded(PyObject *code, const char *data, Py_ssize_t size,
                            int is_source);
/* 1 where the event comes from a call of sys.audit in library code. */
int audit_origin_is_library(PyCodeObject *code, const char *event);
/* The native sys.audit for code that bears a library file's name, so that
 * assigning sys.audit does not silence it; NULL for other code.  Borrowed. */
PyObject *audit_native_function(PyCodeObject *code);

/* Before the first code runs: permanent hooks can no longer be added, and
 * what will never change again is sealed where the kernel can do that. */
void audit_seal(void);

/* Removes all hooks at the end of the runtime: C hooks see
 * cpython._PySys_ClearAuditHooks first and cannot refuse it. */
void audit_clear_hooks(PyThreadState *tstate);
/* The Python hooks of one interpreter, at its end. */
void audit_clear_interpreter(PyInterpreterState *interp);

#endif
