/* Where the records of -X audit=FILE go, and what chains them. */
#ifndef LUCID_AUDIT_SINK_H
#define LUCID_AUDIT_SINK_H

#include <signal.h>
#include <stddef.h>

/* GIL held, or no interpreter yet.  Nothing here runs Python or allocates. */
typedef struct {
    /* The whole record or nothing; 0, or -1 with errno. */
    int (*append)(const char *record, size_t size);
    /* The file may soon be out of reach: what can be had of it, now. */
    void (*reserve)(void);
    void (*close)(void);
} AuditSink;

/* A file that is mapped (Python/audit_segment.c).  1: open; 0: this one cannot
 * be mapped; -1: with errno, EILSEQ for a file that is no log. */
extern const AuditSink segment_sink;
int segment_open(const char *path, int may_create);
/* sigaction(2), for all in the runtime that sets handlers: the segment keeps a
 * handler of SIGBUS in front of the program's. */
int audit_log_sigaction(int signum, const struct sigaction *action,
                        struct sigaction *previous);
/* Takes out of signals that are to be blocked what the segment needs. */
void audit_log_sigmask(sigset_t *blocked);

/* A descriptor (Python/audit_stream.c); path "" is standard error.  0, or -1
 * with errno. */
extern const AuditSink stream_sink;
int stream_open(const char *path, int may_create);

/* The chain of a process's records (Python/audit_chain.c).  Load: NULL, or
 * what is missing.  Begin: the next record is the first.  Link: the digits of
 * SHA-256 over the previous link and this record.  Accept: the record linked
 * last is in the log. */
#define CHAIN_DIGITS 64
const char *chain_load(void);
void chain_begin(void);
void chain_link(const char *record, size_t size, char *digits);
void chain_accept(void);

#endif
