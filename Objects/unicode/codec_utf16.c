/* Codecs: UTF-16 and UTF-32. */
#include "Python.h"
#include "internal/codecs.h"
#include "unicode.h"

/* Byte orders of the API: -1 little, 0 native with a mark, 1 big. */

static inline Py_UCS4
read_unit(const unsigned char *s, int size, int big)
{
    if (size == 2) {
        return big ? s[0] << 8 | s[1] : s[1] << 8 | s[0];
    }
    return big ? (Py_UCS4)s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3]
               : (Py_UCS4)s[3] << 24 | s[2] << 16 | s[1] << 8 | s[0];
}

static inline char *
write_unit(char *out, int size, int big, Py_UCS4 unit)
{
    for (int i = 0; i < size; i++) {
        int shift = 8 * (big ? size - 1 - i : i);
        *out++ = (char)(unit >> shift);
    }
    return out;
}

/* ---- UTF-16: decoding --------------------------------------------------- */

/* Decodes characters from *at on, up to a defect or the end, where *at is
 * then.  1: a defect, in *defect; 0: the end; -1. */
static int
decode16_run(_PyUnicodeWriter *writer, const CodecInput *input, int big,
             Py_ssize_t *at, CodecDefect *defect)
{
    const unsigned char *s = (const unsigned char *)input->start + *at;
    const unsigned char *end = (const unsigned char *)input->end;
    const char *reason = NULL;
    Py_ssize_t bad = 0;

    while (end - s >= 2) {
        Py_UCS4 ch = read_unit(s, 2, big);
        Py_ssize_t size = 2;
        if (Py_UNICODE_IS_SURROGATE(ch)) {
            bad = 2;
            if (Py_UNICODE_IS_LOW_SURROGATE(ch)) {
                reason = "illegal encoding";
                break;
            }
            if (end - s < 4) {
                bad = end - s;
                reason = "unexpected end of data";
                break;
            }
            Py_UCS4 low = read_unit(s + 2, 2, big);
            if (!Py_UNICODE_IS_LOW_SURROGATE(low)) {
                reason = "illegal UTF-16 surrogate";
                break;
            }
            ch = Py_UNICODE_JOIN_SURROGATES(ch, low);
            size = 4;
        }
        if (_PyUnicodeWriter_Prepare(writer, 1, ch) < 0) {
            return -1;
        }
        unicode_write((int)writer->kind, writer->data, writer->pos++, ch);
        s += size;
    }
    if (reason == NULL && s < end) {
        bad = end - s;
        reason = "truncated data";
    }
    *at = (const char *)s - input->start;
    *defect = (CodecDefect){*at, *at + bad, reason};
    return reason != NULL;
}

/* FAST PATH: little-endian text without surrogates, as it lies there.  NULL
 * without exception if it is not that. */
static PyObject *
decode16_plain(const char *text, Py_ssize_t size)
{
    const Py_UCS2 *units = (const Py_UCS2 *)(const void *)text;
    Py_ssize_t n = size / 2;
    unsigned surrogates = 0;

    if (size % 2 != 0 || (uintptr_t)text % 2 != 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        surrogates |= (units[i] & 0xf800) == 0xd800;
    }
    return surrogates ? NULL : PyUnicode_FromKindAndData(2, units, n);
}

PyObject *
PyUnicode_DecodeUTF16Stateful(const char *text, Py_ssize_t size,
                              const char *errors, int *byte_order,
                              Py_ssize_t *consumed)
{
    CodecInput input = {.start = text, .end = text + size};
    int order = byte_order != NULL ? *byte_order : 0;
    Py_ssize_t at = 0;
    _PyUnicodeWriter writer;
    CodecErrors state;
    CodecDefect defect;
    PyObject *result = NULL;

    if (order == 0 && size >= 2) {
        Py_UCS4 mark = read_unit((const unsigned char *)text, 2, 0);
        if (mark == 0xfeff || mark == 0xfffe) {
            order = mark == 0xfeff ? -1 : 1;
            at = 2;
        }
    }
    if (byte_order != NULL) {
        *byte_order = order;
    }
    int big = order == 1;
    if (size - at == 0) {
        if (consumed != NULL) {
            *consumed = size;
        }
        return Py_NewRef(unicode_empty());
    }
    if (!big) {
        result = decode16_plain(text + at, size - at);
        if (result != NULL || PyErr_Occurred()) {
            if (consumed != NULL) {
                *consumed = size;
            }
            return result;
        }
    }
    codec_errors_init(&state, big ? "utf-16-be" : "utf-16-le", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = (size - at + 1) / 2;
    for (;;) {
        int status = decode16_run(&writer, &input, big, &at, &defect);
        if (status < 0) {
            goto done;
        }
        if (status == 0) {
            break;
        }
        if (consumed != NULL && input.end - input.start == defect.end &&
            (defect.reason[0] == 't' || defect.reason[0] == 'u')) {
            break;                     /* more may come */
        }
        if (codec_decode_error(&state, &defect, &input, &writer, &at) < 0) {
            goto done;
        }
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

PyObject *
PyUnicode_DecodeUTF16(const char *text, Py_ssize_t size, const char *errors,
                      int *byte_order)
{
    return PyUnicode_DecodeUTF16Stateful(text, size, errors, byte_order, NULL);
}

/* ---- UTF-32: decoding --------------------------------------------------- */

/* As decode16_run. */
static int
decode32_run(_PyUnicodeWriter *writer, const CodecInput *input, int big,
             Py_ssize_t *at, CodecDefect *defect)
{
    const unsigned char *s = (const unsigned char *)input->start + *at;
    const unsigned char *end = (const unsigned char *)input->end;
    const char *reason = NULL;
    Py_ssize_t bad = 0;

    for (; end - s >= 4; s += 4) {
        Py_UCS4 ch = read_unit(s, 4, big);
        if (Py_UNICODE_IS_SURROGATE(ch) || ch > UNICODE_MAX) {
            bad = 4;
            reason = ch > UNICODE_MAX
                         ? "code point not in range(0x110000)"
                         : "code point in surrogate code point "
                           "range(0xd800, 0xe000)";
            break;
        }
        if (_PyUnicodeWriter_Prepare(writer, 1, ch) < 0) {
            return -1;
        }
        unicode_write((int)writer->kind, writer->data, writer->pos++, ch);
    }
    if (reason == NULL && s < end) {
        bad = end - s;
        reason = "truncated data";
    }
    *at = (const char *)s - input->start;
    *defect = (CodecDefect){*at, *at + bad, reason};
    return reason != NULL;
}

PyObject *
PyUnicode_DecodeUTF32Stateful(const char *text, Py_ssize_t size,
                              const char *errors, int *byte_order,
                              Py_ssize_t *consumed)
{
    CodecInput input = {.start = text, .end = text + size};
    int order = byte_order != NULL ? *byte_order : 0;
    Py_ssize_t at = 0;
    _PyUnicodeWriter writer;
    CodecErrors state;
    CodecDefect defect;
    PyObject *result = NULL;

    if (order == 0 && size >= 4) {
        Py_UCS4 mark = read_unit((const unsigned char *)text, 4, 0);
        if (mark == 0xfeff || mark == 0xfffe0000) {
            order = mark == 0xfeff ? -1 : 1;
            at = 4;
        }
    }
    if (byte_order != NULL) {
        *byte_order = order;
    }
    int big = order == 1;
    if (size - at == 0) {
        if (consumed != NULL) {
            *consumed = size;
        }
        return Py_NewRef(unicode_empty());
    }
    codec_errors_init(&state, big ? "utf-32-be" : "utf-32-le", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = (size - at + 3) / 4;
    for (;;) {
        int status = decode32_run(&writer, &input, big, &at, &defect);
        if (status < 0) {
            goto done;
        }
        if (status == 0 || (consumed != NULL && defect.reason[0] == 't')) {
            break;
        }
        if (codec_decode_error(&state, &defect, &input, &writer, &at) < 0) {
            goto done;
        }
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

PyObject *
PyUnicode_DecodeUTF32(const char *text, Py_ssize_t size, const char *errors,
                      int *byte_order)
{
    return PyUnicode_DecodeUTF32Stateful(text, size, errors, byte_order, NULL);
}

/* ---- encoding ----------------------------------------------------------- */

typedef struct {
    int size;                     /* of a unit, 2 or 4 */
    int big;
    CodecErrors errors;
    _PyBytesWriter writer;
} Encoder;

static char *
put_char(Encoder *encoder, char *out, Py_UCS4 ch)
{
    char piece[4];
    char *stop = piece;

    if (encoder->size == 2 && ch >= 0x10000) {
        stop = write_unit(stop, 2, encoder->big,
                          Py_UNICODE_HIGH_SURROGATE(ch));
        ch = Py_UNICODE_LOW_SURROGATE(ch);
    }
    stop = write_unit(stop, encoder->size, encoder->big, ch);
    return _PyBytesWriter_WriteBytes(&encoder->writer, out, piece,
                                     stop - piece);
}

/* The surrogate at *i by the error handler. */
static char *
put_surrogate(Encoder *encoder, char *out, PyObject *text, Py_ssize_t *i)
{
    const CodecDefect defect = {*i, *i + 1, "surrogates not allowed"};
    PyObject *replacement = codec_encode_error(&encoder->errors, text, &defect,
                                               i);
    if (replacement == NULL) {
        return NULL;
    }
    if (PyBytes_Check(replacement)) {
        Py_ssize_t n = PyBytes_GET_SIZE(replacement);
        if (n % encoder->size != 0) {
            codec_raise_encode(&encoder->errors, text, &defect);
            out = NULL;
        }
        else {
            out = _PyBytesWriter_WriteBytes(
                &encoder->writer, out, PyBytes_AS_STRING(replacement), n);
        }
    }
    else if (!unicode_is_ascii(replacement)) {
        codec_raise_encode(&encoder->errors, text, &defect);
        out = NULL;
    }
    else {
        const Py_UCS1 *data = unicode_data(replacement);
        for (Py_ssize_t k = 0; k < unicode_length(replacement) && out; k++) {
            out = put_char(encoder, out, data[k]);
        }
    }
    Py_DECREF(replacement);
    return out;
}

static int
has_surrogates(PyObject *text)
{
    int kind = unicode_kind(text);
    const void *data = unicode_data(text);

    if (kind == 1) {
        return 0;
    }
    unsigned surrogates = 0;
    Py_ssize_t n = unicode_length(text);
    if (kind == 2) {
        for (Py_ssize_t i = 0; i < n; i++) {
            surrogates |= (((const Py_UCS2 *)data)[i] & 0xf800) == 0xd800;
        }
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            surrogates |= (((const Py_UCS4 *)data)[i] & 0xfffff800u) ==
                          0xd800;
        }
    }
    return (int)surrogates;
}

/* FAST PATH: exact size known, nothing can fail. */
static PyObject *
encode_plain(PyObject *text, int size, int order)
{
    int kind = unicode_kind(text), big = order == 1;
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text), units = n + (order == 0);

    if (size == 2 && kind == 4) {
        for (Py_ssize_t i = 0; i < n; i++) {
            units += ((const Py_UCS4 *)data)[i] >= 0x10000;
        }
    }
    if (units > PY_SSIZE_T_MAX / size) {
        return PyErr_NoMemory();
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, units * size);
    if (result == NULL) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(result);
    if (order == 0) {
        out = write_unit(out, size, 0, 0xfeff);
    }
    if (!big && (kind <= size) && (uintptr_t)out % (unsigned)size == 0) {
        unicode_copy_chars(size, out, kind, data, n);
        return result;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (size == 2 && ch >= 0x10000) {
            out = write_unit(out, 2, big, Py_UNICODE_HIGH_SURROGATE(ch));
            ch = Py_UNICODE_LOW_SURROGATE(ch);
        }
        out = write_unit(out, size, big, ch);
    }
    return result;
}

static PyObject *
encode_units(PyObject *text, const char *errors, int size, int order,
             const char *encoding)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    if (!has_surrogates(text)) {
        return encode_plain(text, size, order);
    }
    Encoder encoder = {.size = size, .big = order == 1};
    Py_ssize_t n = unicode_length(text);
    codec_errors_init(&encoder.errors, encoding, errors);
    _PyBytesWriter_Init(&encoder.writer);
    encoder.writer.overallocate = 1;
    char *out = _PyBytesWriter_Alloc(&encoder.writer, n * size);
    if (out != NULL && order == 0) {
        out = put_char(&encoder, out, 0xfeff);
    }
    for (Py_ssize_t i = 0; i < n && out != NULL;) {
        Py_UCS4 ch = unicode_read(unicode_kind(text), unicode_data(text), i);
        if (Py_UNICODE_IS_SURROGATE(ch)) {
            out = put_surrogate(&encoder, out, text, &i);
        }
        else {
            out = put_char(&encoder, out, ch);
            i++;
        }
    }
    codec_errors_release(&encoder.errors);
    if (out == NULL) {
        _PyBytesWriter_Dealloc(&encoder.writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&encoder.writer, out);
}

PyObject *
_PyUnicode_EncodeUTF16(PyObject *text, const char *errors, int order)
{
    return encode_units(text, errors, 2, order,
                        order < 0   ? "utf-16-le"
                        : order > 0 ? "utf-16-be"
                                    : "utf-16");
}

PyObject *
PyUnicode_AsUTF16String(PyObject *text)
{
    return _PyUnicode_EncodeUTF16(text, NULL, 0);
}

PyObject *
_PyUnicode_EncodeUTF32(PyObject *text, const char *errors, int order)
{
    return encode_units(text, errors, 4, order,
                        order < 0   ? "utf-32-le"
                        : order > 0 ? "utf-32-be"
                                    : "utf-32");
}

PyObject *
PyUnicode_AsUTF32String(PyObject *text)
{
    return _PyUnicode_EncodeUTF32(text, NULL, 0);
}
