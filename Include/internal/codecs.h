/* Codecs inside the runtime: error handling that all C codecs share.
 *
 * A codec starts a CodecErrors on its stack, reports each defect through
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

/* A decoder's input, which an error handler may exchange. */
typedef struct {
    const char *start;           /* of the whole input */
    const char *end;
    PyObject *owner;             /* owned, replacement bytes object or NULL */
} CodecInput;

/* Calls the handler for input bytes [start, end) and appends its replacement
 * to writer; *position becomes the place to go on from (in the possibly
 * exchanged input).  0/-1.  Runs Python (handler). */
int codec_decode_error(CodecErrors *state, const char *reason,
                       CodecInput *input, Py_ssize_t start, Py_ssize_t end,
                       _PyUnicodeWriter *writer, Py_ssize_t *position);

/* Calls the handler for characters [start, end) of `text`.  Returns new the
 * replacement (str or bytes), and *position, within [0, len]; NULL on error.
 * Runs Python (handler). */
PyObject *codec_encode_error(CodecErrors *state, PyObject *text,
                             Py_ssize_t start, Py_ssize_t end,
                             const char *reason, Py_ssize_t *position);

/* Raises UnicodeEncodeError / UnicodeDecodeError. */
void codec_raise_encode(CodecErrors *state, PyObject *text, Py_ssize_t start,
                        Py_ssize_t end, const char *reason);

/* Writes the replacement of the characters [start, end), which the encoding
 * does not have, as the error handler wants it.  The handler's text may have
 * characters below `limit` (128 or 256).  Returns the writer's new position,
 * and in *position the index to go on from.  Runs Python (handler). */
char *codec_encode_run(CodecErrors *state, _PyBytesWriter *writer, char *out,
                       PyObject *text, Py_ssize_t start, Py_ssize_t end,
                       const char *reason, Py_UCS4 limit,
                       Py_ssize_t *position);

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
