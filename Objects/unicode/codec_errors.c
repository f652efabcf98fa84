/* Codecs: calling error handlers (PEP 293). */
#include "Python.h"
#include "internal/codecs.h"
#include "unicode.h"

static PyObject *
codec_callable(CodecErrors *state)
{
    if (state->callable == NULL) {
        state->callable = PyCodec_LookupError(state->errors);
    }
    return state->callable;
}

/* Moves a position that a handler returned into [0, size]; -1 if outside. */
static int
normalize_position(Py_ssize_t *position, Py_ssize_t size)
{
    Py_ssize_t given = *position;

    if (given < 0) {
        *position = given + size;
    }
    if (*position < 0 || *position > size) {
        PyErr_Format(PyExc_IndexError,
                     "position %zd from error handler out of bounds",
                     *position);
        return -1;
    }
    return 0;
}

/* ---- decoding ----------------------------------------------------------- */

static int
set_decode_exception(CodecErrors *state, const CodecInput *input,
                     const CodecDefect *defect)
{
    if (state->exception == NULL) {
        state->exception = PyUnicodeDecodeError_Create(
            state->encoding, input->start, input->end - input->start,
            defect->start, defect->end, defect->reason);
        return state->exception == NULL ? -1 : 0;
    }
    if (PyUnicodeDecodeError_SetStart(state->exception, defect->start) < 0 ||
        PyUnicodeDecodeError_SetEnd(state->exception, defect->end) < 0 ||
        PyUnicodeDecodeError_SetReason(state->exception, defect->reason) <
            0) {
        Py_CLEAR(state->exception);
        return -1;
    }
    return 0;
}

/* The handler may have given the exception another object to go on with. */
static int
exchange_input(CodecErrors *state, CodecInput *input)
{
    PyObject *bytes = PyUnicodeDecodeError_GetObject(state->exception);

    if (bytes == NULL) {
        return -1;
    }
    Py_XSETREF(input->owner, bytes);
    input->start = PyBytes_AS_STRING(bytes);
    input->end = input->start + PyBytes_GET_SIZE(bytes);
    return 0;
}

int
codec_decode_error(CodecErrors *state, const CodecDefect *defect,
                   CodecInput *input, _PyUnicodeWriter *writer,
                   Py_ssize_t *position)
{
    static const char format[] =
        "Un;decoding error handler must return (str, int) tuple";
    PyObject *replacement;                     /* borrowed from answer */
    PyObject *answer = NULL;
    Py_ssize_t new_position;
    int result = -1;

    if (codec_callable(state) == NULL ||
        set_decode_exception(state, input, defect) < 0) {
        return -1;
    }
    answer = PyObject_CallOneArg(state->callable, state->exception);
    if (answer == NULL) {
        goto done;
    }
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, &format[3]);
        goto done;
    }
    if (!PyArg_ParseTuple(answer, format, &replacement, &new_position) ||
        exchange_input(state, input) < 0 ||
        normalize_position(&new_position, input->end - input->start) < 0 ||
        PyUnicode_READY(replacement) < 0) {
        goto done;
    }
    if (unicode_length(replacement) > 0) {
        writer->overallocate = 1;
        if (_PyUnicodeWriter_WriteStr(writer, replacement) < 0) {
            goto done;
        }
    }
    *position = new_position;
    result = 0;
done:
    Py_XDECREF(answer);
    return result;
}

/* ---- encoding ----------------------------------------------------------- */

static int
set_encode_exception(CodecErrors *state, PyObject *text,
                     const CodecDefect *defect)
{
    if (state->exception == NULL) {
        state->exception = PyObject_CallFunction(
            PyExc_UnicodeEncodeError, "sOnns", state->encoding, text,
            defect->start, defect->end, defect->reason);
        return state->exception == NULL ? -1 : 0;
    }
    if (PyUnicodeEncodeError_SetStart(state->exception, defect->start) < 0 ||
        PyUnicodeEncodeError_SetEnd(state->exception, defect->end) < 0 ||
        PyUnicodeEncodeError_SetReason(state->exception, defect->reason) <
            0) {
        Py_CLEAR(state->exception);
        return -1;
    }
    return 0;
}

void
codec_raise_encode(CodecErrors *state, PyObject *text,
                   const CodecDefect *defect)
{
    if (set_encode_exception(state, text, defect) == 0) {
        PyCodec_StrictErrors(state->exception);
    }
}

PyObject *
codec_encode_error(CodecErrors *state, PyObject *text,
                   const CodecDefect *defect, Py_ssize_t *position)
{
    static const char format[] =
        "On;encoding error handler must return (str/bytes, int) tuple";
    PyObject *replacement;                     /* borrowed from answer */
    PyObject *answer = NULL, *result = NULL;
    Py_ssize_t new_position;

    if (codec_callable(state) == NULL ||
        set_encode_exception(state, text, defect) < 0) {
        return NULL;
    }
    answer = PyObject_CallOneArg(state->callable, state->exception);
    if (answer == NULL) {
        goto done;
    }
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, &format[3]);
        goto done;
    }
    if (!PyArg_ParseTuple(answer, format, &replacement, &new_position)) {
        goto done;
    }
    if (!PyUnicode_Check(replacement) && !PyBytes_Check(replacement)) {
        PyErr_SetString(PyExc_TypeError, &format[3]);
        goto done;
    }
    if (normalize_position(&new_position, unicode_length(text)) < 0 ||
        (PyUnicode_Check(replacement) && PyUnicode_READY(replacement) < 0)) {
        goto done;
    }
    *position = new_position;
    result = Py_NewRef(replacement);
done:
    Py_XDECREF(answer);
    return result;
}

/* Writes \xNN, \uNNNN or \UNNNNNNNN; returns the end. */
char *
codec_write_backslash(char *out, Py_UCS4 ch)
{
    int digits = ch < 0x100 ? 2 : ch < 0x10000 ? 4 : 8;

    *out++ = '\\';
    *out++ = digits == 2 ? 'x' : digits == 4 ? 'u' : 'U';
    while (digits-- > 0) {
        *out++ = Py_hexdigits[(ch >> (4 * digits)) & 15];
    }
    return out;
}

void
codec_encoder_init(CodecEncoder *encoder, PyObject *text, Py_UCS4 limit,
                   const char *encoding, const char *errors)
{
    encoder->text = text;
    encoder->limit = limit;
    codec_errors_init(&encoder->errors, encoding, errors);
    _PyBytesWriter_Init(&encoder->writer);
    encoder->writer.overallocate = 1;
}

PyObject *
codec_encoder_finish(CodecEncoder *encoder, char *out)
{
    codec_errors_release(&encoder->errors);
    if (out == NULL) {
        _PyBytesWriter_Dealloc(&encoder->writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&encoder->writer, out);
}

/* Replaces each character of the defect by ASCII text of the handler. */
static char *
encode_each(CodecEncoder *encoder, char *out, const CodecDefect *defect)
{
    _Py_error_handler handler = encoder->errors.handler;
    PyObject *text = encoder->text;

    for (Py_ssize_t i = defect->start; i < defect->end; i++) {
        Py_UCS4 ch = unicode_read(unicode_kind(text), unicode_data(text), i);
        char piece[16], *stop = piece;
        if (handler == _Py_ERROR_REPLACE) {
            *stop++ = '?';
        }
        else if (handler == _Py_ERROR_BACKSLASHREPLACE) {
            stop = codec_write_backslash(piece, ch);
        }
        else {
            stop += PyOS_snprintf(piece, sizeof(piece), "&#%lu;",
                                  (unsigned long)ch);
        }
        out = _PyBytesWriter_WriteBytes(&encoder->writer, out, piece,
                                        stop - piece);
        if (out == NULL) {
            return NULL;
        }
    }
    return out;
}

/* A replacement of an error handler. */
static char *
encode_replacement(CodecEncoder *encoder, char *out, PyObject *replacement,
                   const CodecDefect *defect)
{
    if (PyBytes_Check(replacement)) {
        return _PyBytesWriter_WriteBytes(
            &encoder->writer, out, PyBytes_AS_STRING(replacement),
            PyBytes_GET_SIZE(replacement));
    }
    Py_ssize_t n = unicode_length(replacement);
    if (unicode_kind(replacement) > 1 ||
        unicode_find_max_char(1, unicode_data(replacement), n) >=
            encoder->limit) {
        codec_raise_encode(&encoder->errors, encoder->text, defect);
        return NULL;
    }
    return _PyBytesWriter_WriteBytes(&encoder->writer, out,
                                     unicode_data(replacement), n);
}

char *
codec_encode_run(CodecEncoder *encoder, char *out, const CodecDefect *defect,
                 Py_ssize_t *position)
{
    PyObject *text = encoder->text;
    CodecDefect rest = *defect;

    *position = defect->end;
    switch (codec_errors_handler(&encoder->errors)) {
    case _Py_ERROR_STRICT:
        codec_raise_encode(&encoder->errors, text, defect);
        return NULL;
    case _Py_ERROR_IGNORE:
        return out;
    case _Py_ERROR_REPLACE:
    case _Py_ERROR_BACKSLASHREPLACE:
    case _Py_ERROR_XMLCHARREFREPLACE:
        return encode_each(encoder, out, defect);
    case _Py_ERROR_SURROGATEESCAPE:
        while (rest.start < rest.end) {
            Py_UCS4 ch = unicode_read(unicode_kind(text), unicode_data(text),
                                      rest.start);
            if (ch < 0xdc80 || ch > 0xdcff) {
                break;
            }
            char byte = (char)(ch - 0xdc00);
            out = _PyBytesWriter_WriteBytes(&encoder->writer, out, &byte, 1);
            if (out == NULL) {
                return NULL;
            }
            rest.start++;
        }
        if (rest.start == rest.end) {
            return out;
        }
        break;
    default:
        break;
    }
    PyObject *replacement = codec_encode_error(&encoder->errors, text, &rest,
                                               position);
    if (replacement == NULL) {
        return NULL;
    }
    out = encode_replacement(encoder, out, replacement, &rest);
    Py_DECREF(replacement);
    return out;
}
