/* TextIOWrapper's set-up: encoding, error handler, newlines; __init__ and
 * reconfigure().
 *
 * The common encodings are encoded by a direct call instead of through the
 * codec's incremental encoder, whose state (only the BOM of UTF-16 and UTF-32
 * matters) `encoding_start` keeps.
 */
#include "Python.h"

#include "fileutils.h"
#include "iomodule.h"
#include "names.h"
#include "textio.h"

#include <string.h>

/* ---- direct encoding ---- */

static PyObject *
encode_ascii(PyObject *text, const char *errors)
{
    return _PyUnicode_AsASCIIString(text, errors);
}

static PyObject *
encode_latin1(PyObject *text, const char *errors)
{
    return _PyUnicode_AsLatin1String(text, errors);
}

static PyObject *
encode_utf8(PyObject *text, const char *errors)
{
    return _PyUnicode_AsUTF8String(text, errors);
}

static PyObject *
encode_utf16_be(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF16(text, errors, 1);
}

static PyObject *
encode_utf16_le(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF16(text, errors, -1);
}

static PyObject *
encode_utf32_be(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF32(text, errors, 1);
}

static PyObject *
encode_utf32_le(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF32(text, errors, -1);
}

/* With a byte order mark at the start of a stream. */
static PyObject *
encode_utf16(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF16(text, errors, 0);
}

static PyObject *
encode_utf32(PyObject *text, const char *errors)
{
    return _PyUnicode_EncodeUTF32(text, errors, 0);
}

/* Codec names as CodecInfo.name has them. */
static const struct {
    const char *name;
    encode_function encode;
    char encodes_ascii;
} direct_encodings[] = {
    {"ascii", encode_ascii, 1},
    {"iso8859-1", encode_latin1, 1},
    {"utf-8", encode_utf8, 1},
    {"utf-16-be", encode_utf16_be, 0},
    {"utf-16-le", encode_utf16_le, 0},
    {"utf-16", encode_utf16, 0},
    {"utf-32-be", encode_utf32_be, 0},
    {"utf-32-le", encode_utf32_le, 0},
    {"utf-32", encode_utf32, 0},
};

/* Later text has no mark any more. */
static void
textio_skip_mark(TextIOObject *self)
{
    if (self->encode == encode_utf16) {
        self->encode = PY_BIG_ENDIAN ? encode_utf16_be : encode_utf16_le;
    }
    else if (self->encode == encode_utf32) {
        self->encode = PY_BIG_ENDIAN ? encode_utf32_be : encode_utf32_le;
    }
}

static void
textio_restore_mark(TextIOObject *self)
{
    if (self->has_mark) {
        self->encode = self->encode == encode_utf16_le ||
                               self->encode == encode_utf16_be ||
                               self->encode == encode_utf16
                           ? encode_utf16
                           : encode_utf32;
    }
}

int
textio_reset_encoder(TextIOObject *self, int at_start)
{
    PyObject *result;

    if (at_start) {
        result = textio_call(self, self->encoder, NAME(reset), NULL);
        textio_restore_mark(self);
    }
    else {
        PyObject *zero = PyLong_FromLong(0);
        if (zero == NULL) {
            return -1;
        }
        result = textio_call(self, self->encoder, NAME(setstate), zero);
        Py_DECREF(zero);
        textio_skip_mark(self);
    }
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    self->encoding_start = (char)at_start;
    return 0;
}

/* A stream that is opened for appending has its BOM already. */
static int
textio_fix_encoder_state(TextIOObject *self)
{
    PyObject *position, *zero;
    int at_start;

    if (!self->seekable || self->encoder == NULL) {
        return 0;
    }
    self->encoding_start = 1;
    position = textio_call(self, self->buffer, NAME(tell), NULL);
    zero = PyLong_FromLong(0);
    at_start = position == NULL || zero == NULL
                   ? -1
                   : PyObject_RichCompareBool(position, zero, Py_EQ);
    Py_XDECREF(position);
    Py_XDECREF(zero);
    if (at_start == 0) {
        return textio_reset_encoder(self, 0);
    }
    return at_start < 0 ? -1 : 0;
}

/* ---- newlines ---- */

static int
newline_check(const char *newline)
{
    if (newline != NULL && newline[0] != '\0' &&
        strcmp(newline, "\n") != 0 && strcmp(newline, "\r") != 0 &&
        strcmp(newline, "\r\n") != 0) {
        PyErr_Format(PyExc_ValueError, "illegal newline value: %s", newline);
        return -1;
    }
    return 0;
}

static int
textio_set_newline(TextIOObject *self, const char *newline)
{
    PyObject *text = NULL;

    if (newline != NULL) {
        text = PyUnicode_FromString(newline);
        if (text == NULL) {
            return -1;
        }
    }
    Py_XSETREF(self->read_newline, text);
    self->read_universal = newline == NULL || newline[0] == '\0';
    self->read_translate = newline == NULL;
    /* os.linesep is "\n" here: only "\r" and "\r\n" change anything. */
    Py_XSETREF(self->write_newline, newline != NULL && newline[0] == '\r'
                                        ? Py_NewRef(text)
                                        : NULL);
    return 0;
}

/* ---- codecs ---- */

/* 1/0/-1: buffer.<name>(). */
static int
buffer_can(TextIOObject *self, PyObject *name)
{
    PyObject *answer = textio_call(self, self->buffer, name, NULL);
    int truth;

    if (answer == NULL) {
        return -1;
    }
    truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

static int
textio_set_decoder(TextIOObject *self, PyObject *codec_info,
                   const char *errors)
{
    PyObject *decoder;
    int readable = buffer_can(self, NAME(readable));

    if (readable <= 0) {
        return readable;
    }
    decoder = _PyCodecInfo_GetIncrementalDecoder(codec_info, errors);
    if (decoder == NULL) {
        return -1;
    }
    if (self->read_universal) {
        PyObject *outer = PyObject_CallFunctionObjArgs(
            (PyObject *)&PyIncrementalNewlineDecoder_Type, decoder,
            self->read_translate ? Py_True : Py_False, NULL);
        Py_DECREF(decoder);
        if (outer == NULL) {
            return -1;
        }
        decoder = outer;
    }
    Py_XSETREF(self->decoder, decoder);
    return 0;
}

static void
textio_find_direct_encoding(TextIOObject *self, PyObject *name)
{
    self->encode = NULL;
    self->encodes_ascii = 0;
    self->has_mark = 0;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(direct_encodings); i++) {
        if (_PyUnicode_EqualToASCIIString(name, direct_encodings[i].name)) {
            self->encode = direct_encodings[i].encode;
            self->encodes_ascii = direct_encodings[i].encodes_ascii;
            self->has_mark = self->encode == encode_utf16 ||
                             self->encode == encode_utf32;
            return;
        }
    }
}

static int
textio_set_encoder(TextIOObject *self, PyObject *codec_info,
                   const char *errors)
{
    PyObject *encoder, *name;
    int writable = buffer_can(self, NAME(writable));

    if (writable <= 0) {
        return writable;
    }
    encoder = _PyCodecInfo_GetIncrementalEncoder(codec_info, errors);
    if (encoder == NULL) {
        return -1;
    }
    Py_XSETREF(self->encoder, encoder);
    self->encode = NULL;
    self->has_mark = 0;
    self->encodes_ascii = 0;
    if (_PyObject_LookupAttr(codec_info, NAME(name), &name) < 0) {
        return -1;
    }
    if (name != NULL && PyUnicode_Check(name)) {
        textio_find_direct_encoding(self, name);
    }
    Py_XDECREF(name);
    return 0;
}

/* Encoder and decoder for self->encoding and self->errors. */
static int
textio_set_codecs(TextIOObject *self, PyObject *encoding, PyObject *errors)
{
    const char *encoding_text = PyUnicode_AsUTF8(encoding);
    const char *errors_text = PyUnicode_AsUTF8(errors);
    PyObject *codec_info;
    int status;

    if (encoding_text == NULL || errors_text == NULL) {
        return -1;
    }
    codec_info = _PyCodec_LookupTextEncoding(encoding_text, "codecs.open()");
    if (codec_info == NULL) {
        return -1;
    }
    status = textio_set_decoder(self, codec_info, errors_text);
    if (status == 0) {
        status = textio_set_encoder(self, codec_info, errors_text);
    }
    Py_DECREF(codec_info);
    return status;
}

/* Development mode looks the error handler up before it is needed. */
static int
errors_check(PyObject *errors)
{
    const char *name;
    PyObject *handler;

    if (!_Py_GetConfig()->dev_mode) {
        return 0;
    }
    name = PyUnicode_AsUTF8(errors);
    if (name == NULL) {
        return -1;
    }
    handler = PyCodec_LookupError(name);
    Py_XDECREF(handler);
    return handler == NULL ? -1 : 0;
}

/* The encoding that `encoding` (NULL: not given) means. */
static PyObject *
encoding_resolve(const char *encoding)
{
    if (encoding == NULL && Py_UTF8Mode) {
        return PyUnicode_FromString("utf-8");
    }
    if (encoding == NULL || strcmp(encoding, "locale") == 0) {
        return _Py_GetLocaleEncodingObject();
    }
    return PyUnicode_FromString(encoding);
}

/* ---- __init__ ---- */

/* FAST PATH: `closed` can ask the FileIO under a buffer of ours. */
static int
textio_find_raw(TextIOObject *self)
{
    PyTypeObject *type = Py_TYPE(self->buffer);
    PyObject *raw;

    Py_CLEAR(self->raw);
    if (type != &PyBufferedReader_Type && type != &PyBufferedWriter_Type &&
        type != &PyBufferedRandom_Type) {
        return 0;
    }
    if (_PyObject_LookupAttr(self->buffer, NAME(raw), &raw) < 0) {
        return -1;
    }
    if (raw != NULL && Py_IS_TYPE(raw, &PyFileIO_Type)) {
        self->raw = Py_NewRef(raw);
    }
    Py_XDECREF(raw);
    return 0;
}

static int
textio_inspect_buffer(TextIOObject *self)
{
    PyObject *read1;
    int seekable, found;

    if (textio_find_raw(self) < 0) {
        return -1;
    }
    seekable = buffer_can(self, NAME(seekable));
    if (seekable < 0) {
        return -1;
    }
    self->seekable = self->telling = (char)seekable;
    found = _PyObject_LookupAttr(self->buffer, NAME(read1), &read1);
    Py_XDECREF(read1);
    if (found < 0) {
        return -1;
    }
    self->has_read1 = (char)found;
    return 0;
}

static void
textio_reset_fields(TextIOObject *self)
{
    self->ok = 0;
    self->detached = 0;
    Py_CLEAR(self->buffer);
    Py_CLEAR(self->encoding);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->errors);
    Py_CLEAR(self->raw);
    textio_drop_decoded(self);
    textio_drop_snapshot(self);
    self->pending_size = 0;
    self->encode = NULL;
    self->has_mark = 0;
    self->encodes_ascii = 0;
    self->encoding_start = 0;
    self->bytes_per_char = 0;
    self->chunk_size = IO_DEFAULT_BUFFER_SIZE;
}

/* The arguments of __init__. */
typedef struct {
    PyObject *buffer;
    PyObject *errors;
    const char *encoding;
    const char *newline;
    int line_buffering;
    int write_through;
} TextIOArguments;

/* Runs Python; nothing but this can use the stream meanwhile. */
static int
textio_set_up(TextIOObject *self, const TextIOArguments *given)
{
    Py_INCREF(given->buffer);
    textio_reset_fields(self);
    self->buffer = given->buffer;
    if (given->encoding == NULL && _Py_GetConfig()->warn_default_encoding &&
        PyErr_WarnEx(PyExc_EncodingWarning,
                     "'encoding' argument not specified", 1) < 0) {
        return -1;
    }
    if (given->errors == Py_None) {
        self->errors = PyUnicode_FromString("strict");
    }
    else if (!PyUnicode_Check(given->errors)) {
        PyErr_Format(PyExc_TypeError, "TextIOWrapper() argument 'errors' must "
                     "be str or None, not %.50s",
                     Py_TYPE(given->errors)->tp_name);
        return -1;
    }
    else if (errors_check(given->errors) == 0) {
        self->errors = Py_NewRef(given->errors);
    }
    if (self->errors == NULL || newline_check(given->newline) < 0) {
        return -1;
    }
    self->encoding = encoding_resolve(given->encoding);
    if (self->encoding == NULL ||
        textio_set_newline(self, given->newline) < 0 ||
        textio_set_codecs(self, self->encoding, self->errors) < 0) {
        return -1;
    }
    self->line_buffering = given->line_buffering != 0;
    self->write_through = given->write_through != 0;
    if (textio_inspect_buffer(self) < 0 ||
        textio_fix_encoder_state(self) < 0) {
        return -1;
    }
    self->ok = 1;
    return 0;
}

int
textio_init(TextIOObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {
        "buffer", "encoding", "errors", "newline", "line_buffering",
        "write_through", NULL};
    static _PyArg_Parser parser = {.format = "O|zOzii:TextIOWrapper",
                                   .keywords = keywords};
    TextIOArguments given = {.errors = Py_None};
    int status;

    self->ok = 0;
    if (!_PyArg_ParseTupleAndKeywordsFast(
            args, kwds, &parser, &given.buffer, &given.encoding,
            &given.errors, &given.newline, &given.line_buffering,
            &given.write_through)) {
        return -1;
    }
    if (self->initializing) {
        PyErr_SetString(PyExc_RuntimeError, "reentrant call of __init__");
        return -1;
    }
    self->initializing = 1;
    status = textio_set_up(self, &given);
    self->initializing = 0;
    return status;
}

/* ---- reconfigure ---- */

/* None leaves *value alone. */
static int
convert_optional_flag(PyObject *object, char *value)
{
    if (object != Py_None) {
        long number = PyLong_AsLong(object);
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        *value = number != 0;
    }
    return 0;
}

/* New encoding and errors; None leaves as they are, errors go back to strict
 * with a new encoding. */
static int
textio_change_encoding(TextIOObject *self, PyObject *encoding,
                       PyObject *errors)
{
    PyObject *new_encoding = NULL, *new_errors = NULL;
    const char *text;
    int status = -1;

    if (encoding == Py_None) {
        new_encoding = Py_NewRef(self->encoding);
        if (errors == Py_None) {
            errors = self->errors;
        }
    }
    else {
        text = PyUnicode_AsUTF8(encoding);
        if (text == NULL) {
            return -1;
        }
        new_encoding = encoding_resolve(text);
    }
    new_errors = errors == Py_None ? PyUnicode_FromString("strict")
                                   : Py_NewRef(errors);
    if (new_encoding == NULL || new_errors == NULL ||
        errors_check(new_errors) < 0 ||
        textio_set_codecs(self, new_encoding, new_errors) < 0) {
        goto done;
    }
    Py_XSETREF(self->encoding, Py_NewRef(new_encoding));
    Py_XSETREF(self->errors, Py_NewRef(new_errors));
    status = textio_fix_encoder_state(self);
done:
    Py_XDECREF(new_encoding);
    Py_XDECREF(new_errors);
    return status;
}

static int
check_optional_str(const char *name, PyObject *object)
{
    if (object == NULL || object == Py_None || PyUnicode_Check(object)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "reconfigure() argument '%s' must be str or "
                 "None, not %.50s", name, Py_TYPE(object)->tp_name);
    return -1;
}

PyObject *
textio_reconfigure(TextIOObject *self, PyObject *const *args,
                   Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {
        "encoding", "errors", "newline", "line_buffering", "write_through",
        NULL};
    static _PyArg_Parser parser = {.format = "|$OOOOO:reconfigure",
                                   .keywords = keywords};
    PyObject *encoding = Py_None, *errors = Py_None, *newline = NULL;
    PyObject *lines = Py_None, *through = Py_None, *flushed;
    const char *newline_text = NULL;
    char line_buffering = self->line_buffering;
    char write_through = self->write_through;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &encoding, &errors, &newline, &lines,
                                      &through) ||
        textio_require_attached(self) < 0) {
        return NULL;
    }
    if (self->decoded != NULL && (encoding != Py_None || errors != Py_None ||
                                  newline != NULL)) {
        return io_raise_unsupported("It is not possible to set the encoding "
                                    "or newline of stream after the first "
                                    "read");
    }
    if (check_optional_str("newline", newline) < 0 ||
        check_optional_str("encoding", encoding) < 0 ||
        check_optional_str("errors", errors) < 0) {
        return NULL;
    }
    if (newline != NULL && newline != Py_None) {
        newline_text = PyUnicode_AsUTF8(newline);
        if (newline_text == NULL || newline_check(newline_text) < 0) {
            return NULL;
        }
    }
    if (convert_optional_flag(lines, &line_buffering) < 0 ||
        convert_optional_flag(through, &write_through) < 0) {
        return NULL;
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    self->bytes_per_char = 0;
    if (newline != NULL && textio_set_newline(self, newline_text) < 0) {
        return NULL;
    }
    if ((encoding != Py_None || errors != Py_None || newline != NULL) &&
        textio_change_encoding(self, encoding, errors) < 0) {
        return NULL;
    }
    self->line_buffering = line_buffering;
    self->write_through = write_through;
    Py_RETURN_NONE;
}
