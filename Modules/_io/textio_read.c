/* TextIOWrapper: reading text in chunks, and positions in it.
 *
 * A position (what tell() returns) is one integer, the fields of `cookie` as
 * little-endian bytes: how to bring a fresh decoder to a certain character.
 */
#include "Python.h"

#include "iomodule.h"
#include "long.h"
#include "names.h"
#include "textio.h"

#include <string.h>
#include <unistd.h>

/* ---- what was read ahead ---- */

/* Takes up to `count` characters (< 0: all) of the decoded text. */
static PyObject *
textio_take_decoded(TextIOObject *self, Py_ssize_t count)
{
    Py_ssize_t available;
    PyObject *text;

    if (self->decoded == NULL) {
        return PyUnicode_New(0, 0);
    }
    available = PyUnicode_GET_LENGTH(self->decoded) - self->decoded_used;
    if (count < 0 || count > available) {
        count = available;
    }
    text = PyUnicode_Substring(self->decoded, self->decoded_used,
                               self->decoded_used + count);
    if (text != NULL) {
        self->decoded_used += count;
    }
    return text;
}

PyObject *
textio_decode(TextIOObject *self, PyObject *decoder, PyObject *bytes,
              int final)
{
    PyObject *text, *held = textio_hold(self, decoder);

    if (held == NULL) {
        return NULL;
    }
    if (Py_IS_TYPE(held, &PyIncrementalNewlineDecoder_Type)) {
        text = io_newline_decode(held, bytes, final);
    }
    else {
        PyObject *stack[3] = {held, bytes, final ? Py_True : Py_False};
        text = PyObject_VectorcallMethod(NAME(decode), stack, 3, NULL);
    }
    Py_DECREF(held);
    if (text != NULL && !PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError,
                     "decoder should return a string result, not '%.200s'",
                     Py_TYPE(text)->tp_name);
        Py_CLEAR(text);
    }
    if (text != NULL && PyUnicode_READY(text) < 0) {
        Py_CLEAR(text);
    }
    return text;
}

/* decoder.getstate() as new references. */
static int
decoder_get_state(PyObject *decoder, PyObject **buffer, PyObject **flags)
{
    PyObject *state = PyObject_CallMethodNoArgs(decoder, NAME(getstate));

    if (state == NULL) {
        return -1;
    }
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "illegal decoder state");
        goto error;
    }
    if (!PyArg_ParseTuple(state, "OO;illegal decoder state", buffer, flags)) {
        goto error;
    }
    if (!PyBytes_Check(*buffer)) {
        PyErr_Format(PyExc_TypeError,
                     "illegal decoder state: the first item should be a "
                     "bytes object, not '%.200s'",
                     Py_TYPE(*buffer)->tp_name);
        goto error;
    }
    Py_INCREF(*buffer);
    Py_INCREF(*flags);
    Py_DECREF(state);
    return 0;
error:
    Py_DECREF(state);
    return -1;
}

/* One read1() of the buffer, as new bytes-like object. */
static PyObject *
textio_read_input(TextIOObject *self, Py_ssize_t size_hint)
{
    Py_ssize_t size = self->chunk_size;
    PyObject *number, *input;

    if (size_hint > 0 &&
        self->bytes_per_char * (double)size_hint > (double)size) {
        double wanted = self->bytes_per_char * (double)size_hint;
        size = wanted < (double)PY_SSIZE_T_MAX ? (Py_ssize_t)wanted
                                               : PY_SSIZE_T_MAX;
    }
    number = PyLong_FromSsize_t(size);
    if (number == NULL) {
        return NULL;
    }
    input = textio_call(self, self->buffer,
                        self->has_read1 ? NAME(read1) : NAME(read), number);
    Py_DECREF(number);
    if (input != NULL && !PyObject_CheckBuffer(input)) {
        PyErr_Format(PyExc_TypeError, "underlying %s() should have returned "
                     "a bytes-like object, not '%.200s'",
                     self->has_read1 ? "read1" : "read",
                     Py_TYPE(input)->tp_name);
        Py_CLEAR(input);
    }
    return input;
}

/* `before` + `input` as new bytes.  `before` is bytes. */
static PyObject *
bytes_joined(PyObject *before, PyObject *input)
{
    Py_buffer view;
    PyObject *joined;
    Py_ssize_t size = PyBytes_GET_SIZE(before);

    if (size == 0 && PyBytes_CheckExact(input)) {
        return Py_NewRef(input);
    }
    if (PyObject_GetBuffer(input, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    joined = PyBytes_FromStringAndSize(NULL, size + view.len);
    if (joined != NULL) {
        memcpy(PyBytes_AS_STRING(joined), PyBytes_AS_STRING(before),
               (size_t)size);
        memcpy(PyBytes_AS_STRING(joined) + size, view.buf, (size_t)view.len);
    }
    PyBuffer_Release(&view);
    return joined;
}

/* From which state of the decoder the decoded text came, and from what bytes.
 * Steals input. */
static void
textio_set_snapshot(TextIOObject *self, PyObject *flags, PyObject *input)
{
    PyObject *old_flags = self->snapshot_flags;
    PyObject *old_input = self->snapshot_input;

    self->snapshot_flags = Py_NewRef(flags);
    self->snapshot_input = input;
    Py_XDECREF(old_flags);
    Py_XDECREF(old_input);
}

/* Replaces the decoded text by that of the next chunk.  1: there may be more,
 * 0: the end, -1.  Runs Python. */
static int
textio_read_chunk(TextIOObject *self, Py_ssize_t size_hint)
{
    PyObject *state_bytes = NULL, *flags = NULL, *input = NULL, *text = NULL;
    PyObject *decoder = NULL;
    Py_ssize_t size, len;
    int status = -1;

    if (self->decoder == NULL) {
        io_raise_unsupported("not readable");
        return -1;
    }
    decoder = Py_NewRef(self->decoder);
    if (self->telling &&
        decoder_get_state(decoder, &state_bytes, &flags) < 0) {
        goto done;
    }
    input = textio_read_input(self, size_hint);
    if (input == NULL) {
        goto done;
    }
    if (PyBytes_CheckExact(input)) {
        size = PyBytes_GET_SIZE(input);
    }
    else {
        Py_buffer view;
        if (PyObject_GetBuffer(input, &view, PyBUF_SIMPLE) < 0) {
            goto done;
        }
        size = view.len;
        PyBuffer_Release(&view);
    }
    text = textio_decode(self, decoder, input, size == 0);
    if (text == NULL) {
        goto done;
    }
    len = PyUnicode_GET_LENGTH(text);
    self->bytes_per_char = len > 0 ? (double)size / (double)len : 0.0;
    textio_set_decoded(self, text, 0);
    text = NULL;
    if (state_bytes != NULL) {
        PyObject *joined = bytes_joined(state_bytes, input);
        if (joined == NULL) {
            goto done;
        }
        textio_set_snapshot(self, flags, joined);
    }
    status = size > 0 || len > 0;
done:
    Py_XDECREF(text);
    Py_XDECREF(input);
    Py_XDECREF(flags);
    Py_XDECREF(state_bytes);
    Py_DECREF(decoder);
    return status;
}

/* ---- read ---- */

static PyObject *
textio_read_all(TextIOObject *self)
{
    PyObject *bytes, *text, *first, *result = NULL;

    bytes = textio_call(self, self->buffer, NAME(read), NULL);
    if (bytes == NULL || textio_require_attached(self) < 0) {
        Py_XDECREF(bytes);
        return NULL;
    }
    text = textio_decode(self, self->decoder, bytes, 1);
    Py_DECREF(bytes);
    if (text == NULL) {
        return NULL;
    }
    first = textio_take_decoded(self, -1);
    if (first != NULL) {
        result = PyUnicode_GET_LENGTH(first) == 0 ? Py_NewRef(text)
                                                  : PyUnicode_Concat(first,
                                                                     text);
        Py_DECREF(first);
    }
    Py_DECREF(text);
    if (result != NULL) {
        if (self->snapshot_flags != NULL) {
            textio_drop_decoded(self);
            textio_drop_snapshot(self);
        }
    }
    return result;
}

static PyObject *
text_join(PyObject *pieces)
{
    PyObject *empty = PyUnicode_New(0, 0), *joined;

    if (empty == NULL) {
        return NULL;
    }
    joined = PyUnicode_Join(empty, pieces);
    Py_DECREF(empty);
    return joined;
}

static PyObject *
textio_read_some(TextIOObject *self, Py_ssize_t size)
{
    PyObject *pieces = NULL, *text, *joined = NULL;
    Py_ssize_t missing;
    int more = 1;

    text = textio_take_decoded(self, size);
    if (text == NULL) {
        return NULL;
    }
    missing = size - PyUnicode_GET_LENGTH(text);
    while (missing > 0 && more > 0) {
        do {
            more = textio_read_chunk(self, missing);
        } while (more < 0 && io_trap_eintr());
        if (more <= 0) {
            break;
        }
        if (pieces == NULL) {
            pieces = PyList_New(0);
            if (pieces == NULL) {
                more = -1;
                break;
            }
        }
        if (PyUnicode_GET_LENGTH(text) > 0 &&
            PyList_Append(pieces, text) < 0) {
            more = -1;
            break;
        }
        Py_SETREF(text, textio_take_decoded(self, missing));
        if (text == NULL) {
            more = -1;
            break;
        }
        missing -= PyUnicode_GET_LENGTH(text);
    }
    if (more >= 0 && pieces == NULL) {
        return text;
    }
    if (more >= 0 && PyList_Append(pieces, text) == 0) {
        joined = text_join(pieces);
    }
    Py_XDECREF(text);
    Py_XDECREF(pieces);
    return joined;
}

PyObject *
textio_read(TextIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1;

    if (io_parse_optional_size("read", args, nargs, &size) < 0 ||
        textio_require_open(self) < 0) {
        return NULL;
    }
    if (self->decoder == NULL) {
        return io_raise_unsupported("not readable");
    }
    if (textio_flush_pending(self) < 0 || textio_require_attached(self) < 0) {
        return NULL;
    }
    return size < 0 ? textio_read_all(self) : textio_read_some(self, size);
}

/* ---- readline ---- */

/* Index behind the end of the line in text[from:], or -1; *consumed is the
 * index up to which nothing needs to be looked at again. */
static Py_ssize_t
textio_find_line_end(TextIOObject *self, PyObject *text, Py_ssize_t from,
                     Py_ssize_t *consumed)
{
    int kind = (int)PyUnicode_KIND(text);
    const char *data = PyUnicode_DATA(text);
    const io_line_endings endings = {
        self->read_translate, self->read_universal, self->read_newline};
    Py_ssize_t end;

    end = io_find_line_ending(&endings, kind, data + kind * from,
                              data + kind * PyUnicode_GET_LENGTH(text),
                              consumed);
    *consumed += from;
    return end < 0 ? -1 : end + from;
}

/* Reads until there is decoded text.  1, 0 at the end, -1.  Runs Python. */
static int
textio_ensure_decoded(TextIOObject *self)
{
    while (self->decoded == NULL ||
           self->decoded_used == PyUnicode_GET_LENGTH(self->decoded)) {
        int more = textio_read_chunk(self, 0);

        if (more == 0) {
            textio_drop_decoded(self);
            textio_drop_snapshot(self);
            return 0;
        }
        if (more < 0 && !io_trap_eintr()) {
            return -1;
        }
    }
    return 1;
}

/* A line in the making. */
typedef struct {
    PyObject *pieces;                        /* list of str */
    PyObject *held;    /* first half of a "\r\n" that ended a chunk, or NULL */
    Py_ssize_t len;                          /* of the pieces */
    int ended;
} LineBuilder;

/* Takes from the decoded text up to the end of the line, at most to `limit`
 * characters of the whole line (< 0: any).  0/-1 */
static int
line_add_text(TextIOObject *self, LineBuilder *line, Py_ssize_t limit)
{
    Py_ssize_t from = self->decoded_used, start = 0, stop, consumed, text_len;
    PyObject *text, *piece;
    int status = -1;

    if (line->held != NULL) {
        /* It goes in front of the new text, which thereby starts `start`
         * characters later.  (The decoder may have read, and used some.) */
        PyObject *rest = PyUnicode_Substring(self->decoded, from,
                                             PY_SSIZE_T_MAX);
        if (rest == NULL) {
            return -1;
        }
        start = PyUnicode_GET_LENGTH(line->held) - from;
        from = 0;
        text = PyUnicode_Concat(line->held, rest);
        Py_DECREF(rest);
        Py_CLEAR(line->held);
        if (text == NULL) {
            return -1;
        }
    }
    else {
        text = Py_NewRef(self->decoded);
    }
    text_len = PyUnicode_GET_LENGTH(text);
    stop = textio_find_line_end(self, text, from, &consumed);
    line->ended = stop >= 0;
    if (limit >= 0 &&
        (stop >= 0 ? stop : text_len) - from + line->len >= limit) {
        stop = from + limit - line->len;
        line->ended = 1;
    }
    if (!line->ended) {
        stop = consumed;
        if (stop < text_len) {
            line->held = PyUnicode_Substring(text, stop, text_len);
            if (line->held == NULL) {
                goto done;
            }
        }
    }
    if (stop > from) {
        piece = PyUnicode_Substring(text, from, stop);
        if (piece == NULL || PyList_Append(line->pieces, piece) < 0) {
            Py_XDECREF(piece);
            goto done;
        }
        line->len += stop - from;
        Py_DECREF(piece);
    }
    self->decoded_used = line->ended ? stop - start : text_len - start;
    status = 0;
done:
    Py_DECREF(text);
    return status;
}

/* The slow half: the line does not end in the decoded text. */
static PyObject *
textio_collect_line(TextIOObject *self, Py_ssize_t limit)
{
    LineBuilder line = {PyList_New(0), NULL, 0, 0};
    PyObject *result = NULL;
    int more = 1;

    if (line.pieces == NULL) {
        return NULL;
    }
    while (!line.ended) {
        more = textio_ensure_decoded(self);
        if (more <= 0) {
            break;
        }
        if (line_add_text(self, &line, limit) < 0) {
            more = -1;
            break;
        }
    }
    if (more >= 0 &&
        (line.held == NULL || PyList_Append(line.pieces, line.held) == 0)) {
        result = text_join(line.pieces);
    }
    Py_XDECREF(line.held);
    Py_DECREF(line.pieces);
    return result;
}

PyObject *
textio_read_line(TextIOObject *self, Py_ssize_t limit)
{
    if (textio_require_open(self) < 0 ||
        (self->pending_size > 0 &&
         (textio_flush_pending(self) < 0 ||
          textio_require_attached(self) < 0))) {
        return NULL;
    }
    /* FAST PATH: same result without it; the line is in the decoded text */
    if (self->decoded != NULL) {
        Py_ssize_t from = self->decoded_used, consumed;
        Py_ssize_t end = textio_find_line_end(self, self->decoded, from,
                                              &consumed);
        if (end >= 0) {
            PyObject *line;

            if (limit >= 0 && end - from > limit) {
                end = from + limit;
            }
            line = PyUnicode_Substring(self->decoded, from, end);
            if (line != NULL) {
                self->decoded_used = end;
            }
            return line;
        }
    }
    return textio_collect_line(self, limit);
}

PyObject *
textio_readline(TextIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;

    if (!_PyArg_CheckPositional("readline", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        limit = io_size_from_object(args[0]);
        if (limit == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    return textio_read_line(self, limit);
}

PyObject *
textio_iternext(TextIOObject *self)
{
    PyObject *line;

    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    self->telling = 0;                /* spares the snapshots */
    if (Py_IS_TYPE(self, &PyTextIOWrapper_Type)) {
        line = textio_read_line(self, -1);
    }
    else {
        line = PyObject_CallMethodNoArgs((PyObject *)self, NAME(readline));
        if (line != NULL && !PyUnicode_Check(line)) {
            PyErr_Format(PyExc_OSError, "readline() should have returned a "
                         "str object, not '%.200s'", Py_TYPE(line)->tp_name);
            Py_CLEAR(line);
        }
    }
    if (line != NULL && PyUnicode_GET_LENGTH(line) == 0) {
        Py_CLEAR(line);                                       /* the end */
        textio_drop_snapshot(self);
        self->telling = self->seekable;
    }
    return line;
}

/* ---- positions ---- */

/* start_pos: seek the buffer there; dec_flags: set the decoder to this, with
 * nothing buffered; bytes_to_feed: decode so many bytes; need_eof: as the last
 * of them; chars_to_skip: drop so much of the text. */
typedef struct {
    int64_t start_pos;
    int dec_flags;
    int bytes_to_feed;
    int chars_to_skip;
    char need_eof;
} Cookie;

#define COOKIE_SIZE (8 + 4 + 4 + 4 + 1)

static PyObject *
cookie_as_object(const Cookie *cookie)
{
    unsigned char bytes[COOKIE_SIZE];

    memcpy(bytes, &cookie->start_pos, 8);
    memcpy(bytes + 8, &cookie->dec_flags, 4);
    memcpy(bytes + 12, &cookie->bytes_to_feed, 4);
    memcpy(bytes + 16, &cookie->chars_to_skip, 4);
    bytes[20] = (unsigned char)cookie->need_eof;
    return _PyLong_FromByteArray(bytes, sizeof(bytes), PY_LITTLE_ENDIAN, 0);
}

static int
cookie_from_object(PyObject *object, Cookie *cookie)
{
    unsigned char bytes[COOKIE_SIZE];
    PyObject *number = PyNumber_Long(object);
    int status;

    if (number == NULL) {
        return -1;
    }
    status = _PyLong_AsByteArray((PyLongObject *)number, bytes, sizeof(bytes),
                                 PY_LITTLE_ENDIAN, 0);
    Py_DECREF(number);
    if (status < 0) {
        return -1;
    }
    memcpy(&cookie->start_pos, bytes, 8);
    memcpy(&cookie->dec_flags, bytes + 8, 4);
    memcpy(&cookie->bytes_to_feed, bytes + 12, 4);
    memcpy(&cookie->chars_to_skip, bytes + 16, 4);
    cookie->need_eof = (char)bytes[20];
    return 0;
}

static int
decoder_set_state(PyObject *decoder, const Cookie *cookie)
{
    PyObject *result;

    /* reset() where it does the same: some decoders have no setstate(). */
    if (cookie->start_pos == 0 && cookie->dec_flags == 0) {
        result = PyObject_CallMethodNoArgs(decoder, NAME(reset));
    }
    else {
        result = PyObject_CallMethod(decoder, "setstate", "((yi))", "",
                                     cookie->dec_flags);
    }
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Feeds input[from:from+size]; how many characters come out, or -1. */
static Py_ssize_t
decoder_feed(TextIOObject *self, PyObject *decoder, PyObject *input,
             Py_ssize_t from, Py_ssize_t size, int final)
{
    PyObject *bytes, *text;
    Py_ssize_t len;

    bytes = PyBytes_FromStringAndSize(PyBytes_AS_STRING(input) + from, size);
    if (bytes == NULL) {
        return -1;
    }
    text = textio_decode(self, decoder, bytes, final);
    Py_DECREF(bytes);
    if (text == NULL) {
        return -1;
    }
    len = PyUnicode_GET_LENGTH(text);
    Py_DECREF(text);
    return len;
}

/* Bytes that the decoder holds back, and its flags; -1 on failure. */
static Py_ssize_t
decoder_held(PyObject *decoder, int *flags)
{
    PyObject *buffer, *number;
    Py_ssize_t size;

    if (decoder_get_state(decoder, &buffer, &number) < 0) {
        return -1;
    }
    size = PyBytes_GET_SIZE(buffer);
    *flags = _PyLong_AsInt(number);
    Py_DECREF(buffer);
    Py_DECREF(number);
    return *flags == -1 && PyErr_Occurred() ? -1 : size;
}

/* A good place to start from, guessed from the density of the text and moved
 * back until it is one: stores into the cookie, returns the number of input
 * bytes before it, or -1. */
static Py_ssize_t
textio_find_start(TextIOObject *self, PyObject *decoder, PyObject *input,
                  Cookie *cookie)
{
    Py_ssize_t skip = (Py_ssize_t)(self->bytes_per_char *
                                   cookie->chars_to_skip);
    Py_ssize_t back = 1;

    skip = Py_MIN(skip, PyBytes_GET_SIZE(input));
    while (skip > 0) {
        Py_ssize_t len, held;
        int flags;

        if (decoder_set_state(decoder, cookie) < 0) {
            return -1;
        }
        len = decoder_feed(self, decoder, input, 0, skip, 0);
        if (len < 0) {
            return -1;
        }
        if (len <= cookie->chars_to_skip) {
            held = decoder_held(decoder, &flags);
            if (held < 0) {
                return -1;
            }
            if (held == 0) {
                cookie->dec_flags = flags;
                cookie->chars_to_skip -= (int)len;
                break;
            }
            skip -= held;
            back = 1;
        }
        else {
            skip -= back;
            back *= 2;
        }
    }
    if (skip <= 0) {
        skip = 0;
        if (decoder_set_state(decoder, cookie) < 0) {
            return -1;
        }
    }
    cookie->start_pos += skip;
    return skip;
}

/* From there byte by byte, noting every clean state on the way. */
static int
textio_walk_to_char(TextIOObject *self, PyObject *decoder, PyObject *input,
                    Py_ssize_t from, Cookie *cookie)
{
    Py_ssize_t decoded = 0, pos, len, held;
    int flags;

    for (pos = from; pos < PyBytes_GET_SIZE(input); pos++) {
        len = decoder_feed(self, decoder, input, pos, 1, 0);
        if (len < 0) {
            return -1;
        }
        decoded += len;
        cookie->bytes_to_feed++;
        held = decoder_held(decoder, &flags);
        if (held < 0) {
            return -1;
        }
        if (held == 0 && decoded <= cookie->chars_to_skip) {
            cookie->start_pos += cookie->bytes_to_feed;
            cookie->chars_to_skip -= (int)decoded;
            cookie->dec_flags = flags;
            cookie->bytes_to_feed = 0;
            decoded = 0;
        }
        if (decoded >= cookie->chars_to_skip) {
            return 0;
        }
    }
    /* Only the end of the input brings out the rest. */
    len = decoder_feed(self, decoder, input, 0, 0, 1);
    if (len < 0) {
        return -1;
    }
    cookie->need_eof = 1;
    if (decoded + len < cookie->chars_to_skip) {
        PyErr_SetString(PyExc_OSError,
                        "can't reconstruct logical file position");
        return -1;
    }
    return 0;
}

/* Completes a cookie for the middle of the decoded text; the decoder is left
 * as it was. */
static PyObject *
textio_tell_inside(PyObject *decoder, TextIOObject *self, PyObject *input,
                   Cookie *cookie)
{
    PyObject *saved, *type, *value, *traceback, *restored;
    Py_ssize_t start;
    int status = -1;

    saved = PyObject_CallMethodNoArgs(decoder, NAME(getstate));
    if (saved == NULL) {
        return NULL;
    }
    start = textio_find_start(self, decoder, input, cookie);
    if (start >= 0) {
        status = cookie->chars_to_skip == 0
                     ? 0
                     : textio_walk_to_char(self, decoder, input, start,
                                           cookie);
    }
    PyErr_Fetch(&type, &value, &traceback);
    restored = PyObject_CallMethodOneArg(decoder, NAME(setstate), saved);
    Py_DECREF(saved);
    if (type != NULL) {
        io_chain_exceptions(type, value, traceback);
    }
    Py_XDECREF(restored);
    return restored == NULL || status < 0 ? NULL : cookie_as_object(cookie);
}

/* The position of the decoded text's unread part; `position` is the
 * buffer's. */
static PyObject *
textio_tell_decoded(TextIOObject *self, PyObject *position)
{
    Cookie cookie = {0, 0, 0, 0, 0};
    PyObject *flags = Py_NewRef(self->snapshot_flags);
    PyObject *input = Py_NewRef(self->snapshot_input);
    PyObject *decoder = Py_NewRef(self->decoder), *result = NULL;

    cookie.chars_to_skip = (int)Py_MIN(self->decoded_used, INT_MAX);
    cookie.start_pos = io_off_from_object(position, PyExc_OverflowError);
    if (cookie.start_pos == -1 && PyErr_Occurred()) {
        goto done;
    }
    cookie.dec_flags = _PyLong_AsInt(flags);
    if (cookie.dec_flags == -1 && PyErr_Occurred()) {
        goto done;
    }
    cookie.start_pos -= PyBytes_GET_SIZE(input);
    result = cookie.chars_to_skip == 0
                 ? cookie_as_object(&cookie)
                 : textio_tell_inside(decoder, self, input, &cookie);
done:
    Py_DECREF(decoder);
    Py_DECREF(input);
    Py_DECREF(flags);
    return result;
}

PyObject *
textio_tell(TextIOObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *flushed, *position, *result;

    if (textio_require_open(self) < 0) {
        return NULL;
    }
    if (!self->seekable) {
        return io_raise_unsupported("underlying stream is not seekable");
    }
    if (!self->telling) {
        PyErr_SetString(PyExc_OSError,
                        "telling position disabled by next() call");
        return NULL;
    }
    if (textio_flush_pending(self) < 0) {
        return NULL;
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    position = textio_call(self, self->buffer, NAME(tell), NULL);
    if (position == NULL || self->decoder == NULL ||
        self->snapshot_flags == NULL) {
        return position;
    }
    result = textio_tell_decoded(self, position);
    Py_DECREF(position);
    return result;
}

/* ---- seek ---- */

static PyObject *
textio_call_flush(TextIOObject *self)
{
    PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self,
                                                  NAME(flush));

    if (flushed != NULL && textio_require_attached(self) < 0) {
        Py_CLEAR(flushed);
    }
    return flushed;
}

/* buffer.seek(position, whence). */
static PyObject *
textio_seek_buffer(TextIOObject *self, int64_t position, int whence)
{
    PyObject *buffer = textio_hold(self, self->buffer), *result;

    if (buffer == NULL) {
        return NULL;
    }
    result = whence == SEEK_SET
                 ? PyObject_CallMethod(buffer, "seek", "L",
                                       (long long)position)
                 : PyObject_CallMethod(buffer, "seek", "Li",
                                       (long long)position, whence);
    Py_DECREF(buffer);
    return result;
}

/* 1/0/-1: is it equal to 0? */
static int
is_zero(PyObject *cookie)
{
    return PyObject_RichCompareBool(cookie, long_peek_small(0), Py_EQ);
}

static PyObject *
textio_seek_end(TextIOObject *self)
{
    PyObject *flushed = textio_call_flush(self), *result;
    int zero;

    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    textio_drop_decoded(self);
    textio_drop_snapshot(self);
    if (self->decoder != NULL) {
        PyObject *reset = textio_call(self, self->decoder, NAME(reset), NULL);
        if (reset == NULL) {
            return NULL;
        }
        Py_DECREF(reset);
    }
    result = textio_seek_buffer(self, 0, SEEK_END);
    if (result != NULL && self->encoder != NULL) {
        /* An empty stream starts with a mark. */
        zero = is_zero(result);
        if (zero < 0 || textio_reset_encoder(self, zero) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

/* Reads and skips what leads from a clean state to the character. */
static int
textio_seek_inside(TextIOObject *self, const Cookie *cookie)
{
    PyObject *input, *text, *flags, *buffer;
    int status = -1;

    if (cookie->chars_to_skip == 0) {
        input = PyBytes_FromStringAndSize(NULL, 0);
    }
    else {
        buffer = textio_hold(self, self->buffer);
        if (buffer == NULL) {
            return -1;
        }
        input = PyObject_CallMethod(buffer, "read", "i",
                                    cookie->bytes_to_feed);
        Py_DECREF(buffer);
    }
    if (input == NULL) {
        return -1;
    }
    if (!PyBytes_Check(input)) {
        PyErr_Format(PyExc_TypeError, "underlying read() should have returned "
                     "a bytes object, not '%.200s'", Py_TYPE(input)->tp_name);
        goto done;
    }
    flags = PyLong_FromLong(cookie->dec_flags);
    if (flags == NULL) {
        goto done;
    }
    textio_set_snapshot(self, flags, Py_NewRef(input));
    Py_DECREF(flags);
    if (cookie->chars_to_skip == 0) {
        status = 0;
        goto done;
    }
    text = textio_decode(self, self->decoder, input, cookie->need_eof);
    if (text == NULL) {
        goto done;
    }
    if (PyUnicode_GET_LENGTH(text) < cookie->chars_to_skip ||
        cookie->chars_to_skip < 0) {
        Py_DECREF(text);
        PyErr_SetString(PyExc_OSError, "can't restore logical file position");
        goto done;
    }
    textio_set_decoded(self, text, cookie->chars_to_skip);
    status = 0;
done:
    Py_DECREF(input);
    return status;
}

static PyObject *
textio_seek_to(TextIOObject *self, PyObject *target)
{
    Cookie cookie;
    PyObject *flushed, *result;
    int negative = PyObject_RichCompareBool(target, long_peek_small(0), Py_LT);

    if (negative != 0) {
        if (negative > 0) {
            PyErr_Format(PyExc_ValueError, "negative seek position %R",
                         target);
        }
        return NULL;
    }
    flushed = textio_call_flush(self);
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    if (cookie_from_object(target, &cookie) < 0) {
        return NULL;
    }
    result = textio_seek_buffer(self, cookie.start_pos, SEEK_SET);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    textio_drop_decoded(self);
    textio_drop_snapshot(self);
    if (self->decoder != NULL) {
        PyObject *decoder = Py_NewRef(self->decoder);
        int status = decoder_set_state(decoder, &cookie);
        Py_DECREF(decoder);
        if (status < 0 || textio_seek_inside(self, &cookie) < 0) {
            return NULL;
        }
    }
    if (self->encoder != NULL &&
        textio_reset_encoder(self, cookie.start_pos == 0 &&
                                       cookie.dec_flags == 0) < 0) {
        return NULL;
    }
    return Py_NewRef(target);
}

PyObject *
textio_seek(TextIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *target, *here, *result;
    int whence = 0, zero;

    if (!_PyArg_CheckPositional("seek", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2) {
        whence = _PyLong_AsInt(args[1]);
        if (whence == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    target = args[0];
    if (textio_require_open(self) < 0) {
        return NULL;
    }
    if (!self->seekable) {
        return io_raise_unsupported("underlying stream is not seekable");
    }
    if (whence == SEEK_SET) {
        return textio_seek_to(self, target);
    }
    if (whence != SEEK_CUR && whence != SEEK_END) {
        PyErr_Format(PyExc_ValueError,
                     "invalid whence (%d, should be %d, %d or %d)", whence,
                     SEEK_SET, SEEK_CUR, SEEK_END);
        return NULL;
    }
    zero = is_zero(target);
    if (zero < 0) {
        return NULL;
    }
    if (!zero) {
        return io_raise_unsupported(
            whence == SEEK_CUR ? "can't do nonzero cur-relative seeks"
                               : "can't do nonzero end-relative seeks");
    }
    if (whence == SEEK_END) {
        return textio_seek_end(self);
    }
    here = PyObject_CallMethodNoArgs((PyObject *)self, NAME(tell));
    if (here == NULL) {
        return NULL;
    }
    result = textio_seek_to(self, here);
    Py_DECREF(here);
    return result;
}
