/* BufferedReader, BufferedWriter and BufferedRandom: one struct, shared by
 * buffered.c (state, reading, writing) and buffered_types.c (methods, types).
 *
 * The buffer and what its marks mean:
 *
 *     0      write_pos    pos        write_end      read_end     buffer_size
 *     |----------|---------|-------------|--------------|------------|
 *                 <---- to be written ---->
 *     <--------------- bytes as in the file ------------>
 *
 *   pos        where the program is
 *   raw_pos    where the raw stream is, as an offset into the buffer; -1: it
 *              is somewhere else (the logical position is then abs_pos)
 *   read_end   -1: nothing was read; else pos <= read_end
 *   write_end  -1: nothing is to be written; else write_pos <= write_end
 *   abs_pos    the raw stream's absolute position; -1: not known
 *
 * A reader's read_end and a writer's write_end are the only ones in use;
 * BufferedRandom uses both, in one buffer.  All of it is guarded by `lock`,
 * since raw operations give up the GIL.
 */
#ifndef BUFFERED_H
#define BUFFERED_H

#include "Python.h"

#include <pythread.h>

typedef struct {
    PyObject_HEAD
    PyObject *raw;                           /* NULL: never set, detached */
    char ok;                                 /* __init__ has succeeded */
    char detached;
    char readable;
    char writable;
    char finalizing;
    char plain;         /* exact types all through: ask FileIO directly */
    /* The raw stream made something that still exports the memory lent to it,
     * which must stay for ever: our buffer, or a caller's. */
    char buffer_kept;
    char target_kept;
    off_t abs_pos;
    char *buffer;                            /* NULL once closed */
    Py_ssize_t pos;
    Py_ssize_t raw_pos;
    Py_ssize_t read_end;
    Py_ssize_t write_pos;
    Py_ssize_t write_end;
    PyThread_type_lock lock;
    volatile unsigned long owner;            /* thread in the lock, or 0 */
    Py_ssize_t buffer_size;
    PyObject *dict;
    PyObject *weakreflist;
} BufferedObject;

/* Result of a raw operation that would block. */
#define RAW_WOULD_BLOCK (-2)

/* 0, or -1 with ValueError for an object without __init__ or raw stream. */
int buffered_require_init(BufferedObject *self);
/* Also refuses closed streams, with `message`; what was read ahead may still
 * be read.  Runs Python (raw.closed). */
int buffered_require_open(BufferedObject *self, const char *message);
/* 1/0/-1.  Runs Python. */
int buffered_is_closed(BufferedObject *self);

/* The lock; 0, or -1 with RuntimeError when this thread has it already. */
int buffered_enter(BufferedObject *self);
void buffered_leave(BufferedObject *self);

/* Everything below: with the lock held, runs Python (the raw stream). */

/* Allocates buffer and lock, asks for the position.  0/-1. */
int buffered_allocate(BufferedObject *self, Py_ssize_t buffer_size);
void buffered_free_buffer(BufferedObject *self);
/* Gives up memory that was handed to buffered_raw_read or buffered_raw_write,
 * if nothing exports it any more. */
void buffered_drop_bytes(BufferedObject *self, PyObject *bytes);
void buffered_release_view(BufferedObject *self, Py_buffer *view);
/* Absolute position of the raw stream, or -1. */
off_t buffered_raw_tell(BufferedObject *self);
off_t buffered_raw_seek(BufferedObject *self, off_t target, int whence);
/* Bytes between the raw position and the logical one. */
Py_ssize_t buffered_raw_offset(BufferedObject *self);
/* Bytes that can be had without the raw stream. */
Py_ssize_t buffered_readahead(BufferedObject *self);
void buffered_forget_read(BufferedObject *self);
/* Writes out what is pending.  0/-1. */
int buffered_flush_writes(BufferedObject *self);
/* The same, and puts the raw stream at the logical position.  0/-1. */
int buffered_flush_and_rewind(BufferedObject *self);
/* Reads more into the buffer: count, -1, RAW_WOULD_BLOCK. */
Py_ssize_t buffered_fill(BufferedObject *self);
/* raw.readinto(start[0:len]): count, -1, RAW_WOULD_BLOCK. */
Py_ssize_t buffered_raw_read(BufferedObject *self, char *start,
                             Py_ssize_t len);

/* The operations behind the methods; they return new objects or NULL.  The
 * first two take the lock themselves. */
PyObject *buffered_read_line(BufferedObject *self, Py_ssize_t limit);
PyObject *buffered_write_bytes(BufferedObject *self, const char *data,
                               Py_ssize_t len);
PyObject *buffered_read_all(BufferedObject *self);
PyObject *buffered_read_exactly(BufferedObject *self, Py_ssize_t size);
PyObject *buffered_peek_bytes(BufferedObject *self);

#endif
