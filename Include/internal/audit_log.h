/* JSON lines of audit events (Python/audit_log.c). */
#ifndef LUCID_AUDIT_LOG_H
#define LUCID_AUDIT_LOG_H

#include "Python.h"

/* 1 while a log is kept. */
int audit_log_is_open(void);

/* The session that children continue stands in the environment
 * (Python/audit_session.c).  Inherit: 1 with the path of the log ("": standard
 * error), 0 for none, -1 for an entry that is none.  Start: 0, or -1 with
 * errno. */
#define AUDIT_PATH_MAX 4097
int audit_session_inherit(char *path);
int audit_session_start(const char *path);
void audit_session_end(void);
const char *audit_session_id(void);
/* 1 where an entry ("NAME=value") or a name is the session's, while a log is
 * kept: the program neither sees nor changes it. */
int audit_session_owns(const char *entry);
/* Puts it into a child's environment, an array from PyMem of *count strings
 * from PyMem and a NULL.  *env NULL: the process's own, which has it.
 * 0/-1. */
int audit_session_add(char ***env, Py_ssize_t *count);

/* A bounded text under construction.  Once full it takes nothing more. */
typedef struct {
    char *text;
    size_t size;        /* bytes that fit */
    size_t length;      /* bytes written */
} AuditText;

/* Appends an object as JSON without running Python code: what it cannot
 * render from exact knowledge of the type becomes {"object": "type name"}.
 * Never fails; long values are cut and say so.  Never sets an exception. */
void audit_render_value(AuditText *out, PyObject *value, int depth);
void audit_render_bytes(AuditText *out, const char *data, size_t size);
void audit_render_raw(AuditText *out, const char *json);
void audit_render_format(AuditText *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
