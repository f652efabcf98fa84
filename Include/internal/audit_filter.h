/* What an audit hook hears (Python/audit_filter.c). */
#ifndef LUCID_AUDIT_FILTER_H
#define LUCID_AUDIT_FILTER_H

#include "audit.h"

#define AUDIT_SET_WORDS ((AUDIT_EVENT_COUNT + 63) / 64)

typedef struct {
    const char *patterns;     /* globs, each ended by a NUL; NULL: every event
                               * but those on request */
    size_t count;             /* of patterns */
    size_t size;              /* bytes of patterns */
    uint64_t events[AUDIT_SET_WORDS];
} HookFilter;

/* Completes a filter whose patterns are there. */
void audit_filter_init(HookFilter *filter);
/* A filter's patterns out of NULL-terminated texts, in read-only pages of
 * their own.  0, or -1 without an exception. */
int audit_filter_map_patterns(HookFilter *filter, const char *const *patterns);
/* A whole filter out of what audit_patterns_from_object made. */
int audit_filter_from_patterns(HookFilter *filter, PyObject *patterns);
/* The memory of the latter. */
void audit_filter_release(HookFilter *filter);
/* 1 where one of the globs matches. */
int audit_filter_matches(const HookFilter *filter, const char *name);

/* Pages of their own, writable and zeroed; NULL without memory. */
void *audit_pages_map(size_t size);
/* The table that finds names: complete, and never changing, once there was a
 * filter.  AUDIT_PAGE bytes. */
void *audit_names_page(void);

static inline int
audit_filter_has(const HookFilter *filter, AuditEvent event)
{
    return (filter->events[event / 64] >> (event % 64)) & 1;
}

/* The name decides where the event has no row. */
static inline int
audit_filter_wants(const HookFilter *filter, AuditEvent event,
                   const char *name)
{
    if (!audit_filter_has(filter, event)) {
        return 0;
    }
    return event != AUDIT_UNLISTED || filter->patterns == NULL ||
           audit_filter_matches(filter, name);
}

#endif
