/* Codecs inside the runtime: error handling that all C codecs share.
 *
 * A codec starts a CodecErrors on its stack, reports each CodecDefect through
 * codec_decode_error / codec_encode_error, and releases it at the end.  The
 * handler is looked up once per call, at the first defect.
 */
#ifndef LUCID_INTERNAL_CODECS_H
#define LUCID_INTERNAL_CODECS_H

#include "Python.h"

#include "fileutils.h"            /* _Py_error_handler, UTF-8 for wchar_t */

typedef struct {
    const char *encoding;        /* as the exception shows it */
    const char *errors;          /* NULL: strict */
    _Py_error_handler handler;   /* UNKNOWN until first asked */
    PyObject *callable;          /* owned, NULL until needed */
    PyObject *exception;         /* owned, reused, NULL until needed */
} CodecErrors;

static inline void
codec_errors_init(CodecErrors *state, const char *encoding,
                  const char *errors)
{
    *state = (CodecErrors){.encoding = encoding, .errors = errors};
}

static inline void
codec_errors_release(CodecErrors *state)
{
    Py_CLEAR(state->callable);
    Py_CLEAR(state->exception);
}

static inline _Py_error_handler
codec_errors_handler(CodecErrors *state)
{
    if (state->handler == _Py_ERROR_UNKNOWN) {
        state->handler = _Py_GetErrorHandler(state->errors);
    }
    return state->handler;
}

/* What a codec cannot convert: [start, end) of its bytes or characters. */
typedef struct {
    Py_ssize_t start, end;
    const char *reason;          /* as the exception shows it; static */
} CodecDefect;

/* A decoder's input, which an error handler may exchange. */
typedef struct {
    const char *start;           /* of the whole input */
    const char *end;
    PyObject *owner;             /* owned, replacement bytes object or NULL */
} CodecInput;

/* Calls the handler for the defect and appends its replacement to writer;
 * *position becomes the place to go on from (in the possibly exchanged input).
 * 0/-1.  Runs Python (handler). */
int codec_decode_error(CodecErrors *state, const CodecDefect *defect,
                       CodecInput *input, _PyUnicodeWriter *writer,
                       Py_ssize_t *position);

/* Calls the handler for the defect of `text`.  Returns new the replacement
 * (str or bytes), and *position, within [0, len]; NULL on error.  Runs Python
 * (handler). */
PyObject *codec_encode_error(CodecErrors *state, PyObject *text,
                             const CodecDefect *defect, Py_ssize_t *position);

/* Raises UnicodeEncodeError. */
void codec_raise_encode(CodecErrors *state, PyObject *text,
                        const CodecDefect *defect);

/* An encoder of text whose ASCII characters are single bytes: between init
 * and finish it owns its errors and its writer. */
typedef struct {
    PyObject *text;              /* borrowed */
    Py_UCS4 limit;               /* characters below it are single bytes */
    CodecErrors errors;
    _PyBytesWriter writer;
} CodecEncoder;

/* Never fails. */
void codec_encoder_init(CodecEncoder *encoder, PyObject *text, Py_UCS4 limit,
                        const char *encoding, const char *errors);
/* The bytes up to `out`, new; NULL if that is NULL. */
PyObject *codec_encoder_finish(CodecEncoder *encoder, char *out);

/* Writes the replacement of the defect, characters that the encoding does not
 * have, as the error handler wants it.  Returns the writer's new position,
 * and in *position the index to go on from.  Runs Python (handler). */
char *codec_encode_run(CodecEncoder *encoder, char *out,
                       const CodecDefect *defect, Py_ssize_t *position);

/* Writes \\xNN, \\uNNNN or \\UNNNNNNNN and returns the end.  Never fails. */
char *codec_write_backslash(char *out, Py_UCS4 ch);

/* encodings.normalize_encoding as codecs in C use it: lower case, runs of
 * anything but alphanumerics and '.' become '_'.  0 if it does not fit. */
int codec_normalize_name(const char *encoding, char *lower, size_t size);

/* Takes the file system's encoding and error handler from interp->config into
 * interp->fs_codec, once codecs can be looked up.  Until then the locale's
 * encoding serves.  0/-1. */
int unicode_init_fs_codec(PyInterpreterState *interp);
void unicode_fini_fs_codec(PyInterpreterState *interp);

/* subsystems.def: codecs.  The registry needs `codec_search_path` (list),
 * `codec_search_cache` (dict), `codec_error_registry` (dict) and
 * `codecs_initialized` in PyInterpreterState. */
int codecs_init(PyInterpreterState *interp);
void codecs_fini(PyInterpreterState *interp);

#endif
