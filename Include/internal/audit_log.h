/* JSON lines of audit events (Python/audit_log.c). */
#ifndef LUCID_AUDIT_LOG_H
#define LUCID_AUDIT_LOG_H

#include "Python.h"

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
