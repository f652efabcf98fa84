/* Codecs: Latin-1 and ASCII. */
#include "Python.h"
#include "internal/codecs.h"
#include "unicode.h"

PyObject *
PyUnicode_DecodeLatin1(const char *text, Py_ssize_t size, const char *errors)
{
    return PyUnicode_FromKindAndData(1, text, size);
}

/* ---- decoding ASCII ----------------------------------------------------- */

static Py_ssize_t
ascii_length(const char *text, Py_ssize_t size)
{
    Py_ssize_t i = 0;

    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, 8);
        if (word & 0x8080808080808080u) {
            break;
        }
    }
    while (i < size && !(text[i] & 0x80)) {
        i++;
    }
    return i;
}

static int
decode_ascii_defect(CodecErrors *state, CodecInput *input,
                    _PyUnicodeWriter *writer, Py_ssize_t *at)
{
    unsigned char byte = (unsigned char)input->start[*at];

    switch (codec_errors_handler(state)) {
    case _Py_ERROR_REPLACE:
    case _Py_ERROR_SURROGATEESCAPE:
        ++*at;
        return _PyUnicodeWriter_WriteChar(
            writer, state->handler == _Py_ERROR_REPLACE ? 0xfffd
                                                        : 0xdc00u + byte);
    case _Py_ERROR_IGNORE:
        ++*at;
        return 0;
    default: {
        const CodecDefect defect = {*at, *at + 1, "ordinal not in range(128)"};
        return codec_decode_error(state, &defect, input, writer, at);
    }
    }
}

PyObject *
PyUnicode_DecodeASCII(const char *text, Py_ssize_t size, const char *errors)
{
    CodecInput input = {.start = text, .end = text + size};
    Py_ssize_t at = 0;
    _PyUnicodeWriter writer;
    CodecErrors state;
    PyObject *result = NULL;

    if (size <= 0) {
        return Py_NewRef(unicode_empty());
    }
    if (ascii_length(text, size) == size) {
        return _PyUnicode_FromASCII(text, size);
    }
    codec_errors_init(&state, "ascii", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    while (at < input.end - input.start) {
        const char *s = input.start + at;
        Py_ssize_t n = ascii_length(s, input.end - s);
        writer.overallocate = 1;
        if (n > 0 && _PyUnicodeWriter_WriteASCIIString(&writer, s, n) < 0) {
            goto done;
        }
        at += n;
        if (at < input.end - input.start &&
            decode_ascii_defect(&state, &input, &writer, &at) < 0) {
            goto done;
        }
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

/* ---- encoding ----------------------------------------------------------- */

static PyObject *
encode_below(PyObject *text, const char *errors, Py_UCS4 limit)
{
    const char *reason = limit == 256 ? "ordinal not in range(256)"
                                      : "ordinal not in range(128)";
    int kind = unicode_kind(text);
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text);
    CodecEncoder encoder;

    codec_encoder_init(&encoder, text, limit,
                       limit == 256 ? "latin-1" : "ascii", errors);
    char *out = _PyBytesWriter_Alloc(&encoder.writer, n);
    for (Py_ssize_t i = 0; i < n && out != NULL;) {
        Py_ssize_t start = i;
        while (i < n && unicode_read(kind, data, i) >= limit) {
            i++;
        }
        if (i > start) {
            const CodecDefect defect = {start, i, reason};
            out = codec_encode_run(&encoder, out, &defect, &i);
            continue;
        }
        char byte = (char)unicode_read(kind, data, i++);
        out = _PyBytesWriter_WriteBytes(&encoder.writer, out, &byte, 1);
    }
    return codec_encoder_finish(&encoder, out);
}

static PyObject *
encode_text(PyObject *text, const char *errors, Py_UCS4 limit)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    if (unicode_max_char(text) < limit) {
        return PyBytes_FromStringAndSize(unicode_data(text),
                                         unicode_length(text));
    }
    return encode_below(text, errors, limit);
}

PyObject *
_PyUnicode_AsLatin1String(PyObject *text, const char *errors)
{
    return encode_text(text, errors, 256);
}

PyObject *
PyUnicode_AsLatin1String(PyObject *text)
{
    return encode_text(text, NULL, 256);
}

PyObject *
_PyUnicode_AsASCIIString(PyObject *text, const char *errors)
{
    return encode_text(text, errors, 128);
}

PyObject *
PyUnicode_AsASCIIString(PyObject *text)
{
    return encode_text(text, NULL, 128);
}
