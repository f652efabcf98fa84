/* TextIOWrapper, shared by textio.c (life, writing, attributes),
 * textio_config.c (encoding, newlines) and textio_read.c (reading,
 * positions).
 *
 *     program <- decoded[decoded_used:] <- decoder <- buffer.read1()
 *     program -> pending bytes          <- encoder -> buffer.write()
 *
 * Reading: `decoded` is the text of the last chunk (NULL: none), of which
 * decoded_used characters have been handed out.  `snapshot_*` say how it was
 * made (the decoder's state before, and all bytes it was fed since it was
 * clean), so that tell() can find the byte position of any character in it;
 * they are kept only while `telling`.
 *
 * Writing: `pending` collects encoded bytes up to chunk_size.  It is moved out
 * before buffer.write() is called, since other threads may write meanwhile.
 */
#ifndef TEXTIO_H
#define TEXTIO_H

#include "Python.h"

/* Encodes directly; NULL with an exception. */
typedef PyObject *(*encode_function)(PyObject *text, const char *errors);

typedef struct {
    PyObject_HEAD
    int ok;                                  /* __init__ has succeeded */
    int initializing;                        /* __init__ is under way */
    int detached;
    Py_ssize_t chunk_size;
    PyObject *buffer;                        /* NULL: never set, detached */
    PyObject *encoding;                      /* str */
    PyObject *errors;                        /* str */
    PyObject *encoder;                       /* NULL: not writable */
    PyObject *decoder;                       /* NULL: not readable */
    PyObject *read_newline;                  /* str, NULL for None */
    PyObject *write_newline;                 /* str, NULL: "\n" stays */
    encode_function encode;                  /* instead of encoder, or NULL */
    char encodes_ascii;     /* ASCII text is its own encoding */
    char has_mark;          /* the encoding starts with a BOM */
    char encoding_start;    /* and it is still to be written */
    char line_buffering;
    char write_through;
    char read_universal;
    char read_translate;
    char seekable;
    char telling;
    char has_read1;
    char finalizing;
    PyObject *raw;          /* FileIO below exact buffers, for closed; NULL */
    PyObject *decoded;
    Py_ssize_t decoded_used;
    PyObject *snapshot_flags;                /* int; NULL: no snapshot */
    PyObject *snapshot_input;                /* bytes */
    double bytes_per_char;                   /* of the last chunk */
    char *pending;
    Py_ssize_t pending_size;
    Py_ssize_t pending_capacity;
    PyObject *weakreflist;
    PyObject *dict;
} TextIOObject;

/* 0, or -1 with ValueError. */
int textio_require_attached(TextIOObject *self);
/* Also refuses closed streams.  Runs Python. */
int textio_require_open(TextIOObject *self);

/* Whatever runs Python may detach the buffer, or call __init__ again, which
 * replaces all parts or leaves none.  So a part is called through these: it
 * stays for as long as it is called, and one that is gone raises ValueError.
 * `arg` may be NULL.  Both return new; the second runs Python. */
PyObject *textio_hold(TextIOObject *self, PyObject *part);
PyObject *textio_call(TextIOObject *self, PyObject *part, PyObject *name,
                      PyObject *arg);

/* Hands what is pending to buffer.write().  0/-1.  Runs Python. */
int textio_flush_pending(TextIOObject *self);

/* Replaces the decoded text, of which `used` characters are handed out.
 * Steals text (or NULL). */
void textio_set_decoded(TextIOObject *self, PyObject *text, Py_ssize_t used);
/* Forgets what was read ahead. */
void textio_drop_decoded(TextIOObject *self);
void textio_drop_snapshot(TextIOObject *self);

/* Next line as by readline(limit).  Runs Python. */
PyObject *textio_read_line(TextIOObject *self, Py_ssize_t limit);
/* Where the encoder starts: at the start of the stream (a BOM follows) or
 * not.  0/-1.  Runs Python. */
int textio_reset_encoder(TextIOObject *self, int at_start);
PyObject *textio_decode(TextIOObject *self, PyObject *decoder,
                        PyObject *bytes, int final);

/* textio_config.c: __init__ and reconfigure(). */
int textio_init(TextIOObject *self, PyObject *args, PyObject *kwds);
PyObject *textio_reconfigure(TextIOObject *self, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames);

/* textio_read.c: methods. */
PyObject *textio_read(TextIOObject *self, PyObject *const *args,
                      Py_ssize_t nargs);
PyObject *textio_readline(TextIOObject *self, PyObject *const *args,
                          Py_ssize_t nargs);
PyObject *textio_iternext(TextIOObject *self);
PyObject *textio_tell(TextIOObject *self, PyObject *unused);
PyObject *textio_seek(TextIOObject *self, PyObject *const *args,
                      Py_ssize_t nargs);

#endif
