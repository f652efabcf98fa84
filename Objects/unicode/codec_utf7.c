/* Codec: UTF-7 (RFC 2152). */
#include "Python.h"
#include "internal/codecs.h"
#include "unicode.h"

static int
base64_value(unsigned char ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return ch - 'A';
    }
    if (ch >= 'a' && ch <= 'z') {
        return ch - 'a' + 26;
    }
    if (ch >= '0' && ch <= '9') {
        return ch - '0' + 52;
    }
    return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- decoding ----------------------------------------------------------- */

/* One call's state.  A shifted section starts at `start` (its '+') in the
 * input and at `out_start` in the output; `bits` of `buffer` are pending. */
typedef struct {
    CodecInput input;
    Py_ssize_t at, start;
    int shifted;
    unsigned bits;
    unsigned long buffer;
    Py_UCS4 high;                 /* a surrogate waiting for its partner */
    Py_ssize_t out_start;
    _PyUnicodeWriter writer;
} Decoder;

static int
put(Decoder *d, Py_UCS4 ch)
{
    return _PyUnicodeWriter_WriteChar(&d->writer, ch);
}

/* A UTF-16 unit of the shifted section. */
static int
put_unit(Decoder *d, Py_UCS4 unit)
{
    if (d->high) {
        Py_UCS4 high = d->high;
        d->high = 0;
        if (Py_UNICODE_IS_LOW_SURROGATE(unit)) {
            return put(d, Py_UNICODE_JOIN_SURROGATES(high, unit));
        }
        if (put(d, high) < 0) {
            return -1;
        }
    }
    if (Py_UNICODE_IS_HIGH_SURROGATE(unit)) {
        d->high = unit;
        return 0;
    }
    return put(d, unit);
}

/* The byte in a shifted section.  0/-1; *reason is set for a defect that ends
 * at d->at. */
static int
decode_shifted(Decoder *d, unsigned char ch, const char **reason)
{
    int value = base64_value(ch);

    if (value >= 0) {
        d->at++;
        d->buffer = d->buffer << 6 | (unsigned)value;
        d->bits += 6;
        if (d->bits < 16) {
            return 0;
        }
        d->bits -= 16;
        Py_UCS4 unit = (Py_UCS4)(d->buffer >> d->bits) & 0xffff;
        d->buffer &= (1ul << d->bits) - 1;
        return put_unit(d, unit);
    }
    d->shifted = 0;
    if (d->bits > 0) {
        if (d->bits >= 6 || d->buffer != 0) {
            d->at++;
            *reason = d->bits >= 6
                          ? "partial character in shift sequence"
                          : "non-zero padding bits in shift sequence";
            return 0;
        }
    }
    if (d->high && ch < 128 && ch != '+') {
        Py_UCS4 high = d->high;
        d->high = 0;
        if (put(d, high) < 0) {
            return -1;
        }
    }
    d->at += ch == '-';
    return 0;
}

static int
decode_plain(Decoder *d, unsigned char ch, const char **reason)
{
    const char *next = d->input.start + d->at + 1;

    if (ch == '+') {
        d->start = d->at++;
        if (next < d->input.end && *next == '-') {
            d->at++;
            return put(d, '+');
        }
        if (next < d->input.end && base64_value((unsigned char)*next) < 0) {
            d->at++;
            *reason = "ill-formed sequence";
            return 0;
        }
        d->shifted = 1;
        d->high = 0;
        d->bits = 0;
        d->buffer = 0;
        d->out_start = d->writer.pos;
        return 0;
    }
    if (ch < 128) {
        d->at++;
        return put(d, ch);
    }
    d->start = d->at++;
    *reason = "unexpected special character";
    return 0;
}

/* Decodes all input; 0/-1. */
static int
decode_all(Decoder *d, CodecErrors *state, int final)
{
    for (;;) {
        const char *reason = NULL;
        if (d->at < d->input.end - d->input.start) {
            unsigned char ch = (unsigned char)d->input.start[d->at];
            int status = d->shifted ? decode_shifted(d, ch, &reason)
                                    : decode_plain(d, ch, &reason);
            if (status < 0) {
                return -1;
            }
        }
        else {
            if (!d->shifted || !final ||
                !(d->high || d->bits >= 6 || (d->bits > 0 && d->buffer > 0))) {
                return 0;
            }
            d->shifted = 0;
            reason = "unterminated shift sequence";
        }
        if (reason == NULL) {
            continue;
        }
        const CodecDefect defect = {d->start, d->at, reason};
        if (codec_decode_error(state, &defect, &d->input, &d->writer,
                               &d->at) < 0) {
            return -1;
        }
    }
}

PyObject *
PyUnicode_DecodeUTF7Stateful(const char *text, Py_ssize_t size,
                             const char *errors, Py_ssize_t *consumed)
{
    Decoder d = {.input = {.start = text, .end = text + size}};
    CodecErrors state;
    PyObject *result = NULL;

    if (size == 0) {
        if (consumed != NULL) {
            *consumed = 0;
        }
        return Py_NewRef(unicode_empty());
    }
    codec_errors_init(&state, "utf7", errors);
    _PyUnicodeWriter_Init(&d.writer);
    d.writer.min_length = size;
    d.writer.overallocate = 1;
    if (decode_all(&d, &state, consumed == NULL) < 0) {
        goto done;
    }
    if (consumed != NULL) {
        *consumed = d.shifted ? d.start : d.at;
        if (d.shifted && d.writer.pos != d.out_start) {
            /* What the unfinished section gave comes again next time. */
            d.writer.pos = d.out_start;
            if (d.writer.maxchar > 127) {
                result = PyUnicode_FromKindAndData(
                    (int)d.writer.kind, d.writer.data, d.writer.pos);
                goto done;
            }
        }
    }
    result = _PyUnicodeWriter_Finish(&d.writer);
done:
    _PyUnicodeWriter_Dealloc(&d.writer);
    codec_errors_release(&state);
    Py_XDECREF(d.input.owner);
    return result;
}

PyObject *
PyUnicode_DecodeUTF7(const char *text, Py_ssize_t size, const char *errors)
{
    return PyUnicode_DecodeUTF7Stateful(text, size, errors, NULL);
}

/* ---- encoding ----------------------------------------------------------- */

static int
is_direct(Py_UCS4 ch, int optional, int whitespace)
{
    if (ch >= 128 || ch == 0) {
        return 0;
    }
    if (Py_ISALNUM(ch) || strchr("'(),-./:?", (int)ch) != NULL) {
        return 1;
    }
    if (strchr("!\"#$%&*;<=>@[]^_`{|}", (int)ch) != NULL) {
        return optional;
    }
    return whitespace && strchr(" \t\n\r", (int)ch) != NULL;
}

PyObject *
_PyUnicode_EncodeUTF7(PyObject *text, int base64_optional,
                      int base64_whitespace, const char *errors)
{
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    int kind = unicode_kind(text), shifted = 0;
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text);
    unsigned bits = 0;
    unsigned long buffer = 0;

    if (n == 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    if (n > PY_SSIZE_T_MAX / 8) {
        return PyErr_NoMemory();
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, n * 8);
    if (result == NULL) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        int direct = is_direct(ch, !base64_optional, !base64_whitespace);
        if (shifted && direct) {
            if (bits > 0) {
                *out++ = base64_digits[buffer << (6 - bits) & 63];
            }
            buffer = 0;
            bits = 0;
            shifted = 0;
            if (base64_value((unsigned char)ch) >= 0 || ch == '-') {
                *out++ = '-';
            }
        }
        if (direct) {
            *out++ = (char)ch;
            continue;
        }
        if (!shifted) {
            *out++ = '+';
            if (ch == '+') {
                *out++ = '-';
                continue;
            }
            shifted = 1;
        }
        if (ch >= 0x10000) {
            buffer = buffer << 16 | Py_UNICODE_HIGH_SURROGATE(ch);
            for (bits += 16; bits >= 6;) {
                bits -= 6;
                *out++ = base64_digits[buffer >> bits & 63];
            }
            ch = Py_UNICODE_LOW_SURROGATE(ch);
        }
        buffer = buffer << 16 | ch;
        for (bits += 16; bits >= 6;) {
            bits -= 6;
            *out++ = base64_digits[buffer >> bits & 63];
        }
    }
    if (bits > 0) {
        *out++ = base64_digits[buffer << (6 - bits) & 63];
    }
    if (shifted) {
        *out++ = '-';
    }
    _PyBytes_Resize(&result, out - PyBytes_AS_STRING(result));
    return result;
}
