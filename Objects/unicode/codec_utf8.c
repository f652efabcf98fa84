/* Codec: UTF-8.
 *
 * Decoding takes two passes over a run of valid bytes: the first validates,
 * counts the characters and finds the largest class, the second writes into a
 * string of exactly that size.
 */
#include "Python.h"
#include "internal/codecs.h"
#include "unicode.h"

/* ---- decoding ----------------------------------------------------------- */

typedef struct {
    Py_ssize_t n;                 /* characters */
    Py_UCS4 max_char;             /* 0x7f, 0xff, 0xffff or 0x10ffff */
} Run;

static inline int
is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

static inline const unsigned char *
skip_ascii(const unsigned char *s, const unsigned char *end)
{
    while (end - s >= 8) {
        uint64_t word;
        memcpy(&word, s, 8);
        word &= 0x8080808080808080u;
        if (word) {
            return s + (__builtin_ctzll(word) >> 3);
        }
        s += 8;
    }
    while (s < end && *s < 0x80) {
        s++;
    }
    return s;
}

/* Number of bytes that the lead byte asks for; 0: not a lead byte. */
static inline int
lead_length(unsigned char lead)
{
    return lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3
           : lead < 0xf5 ? 4 : 0;
}

/* Whether the second byte may follow the lead of 3 or 4 bytes. */
static inline int
second_is_valid(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_continuation(second);
    }
}

/* Number of bytes at s, up to the wanted length, that form a valid beginning
 * of a character (1 if only the lead byte does). */
static int
valid_length(const unsigned char *s, const unsigned char *end, int wanted)
{
    int n = 1;

    if (end - s > 1 && second_is_valid(s[0], s[1])) {
        for (n = 2; n < wanted && n < end - s && is_continuation(s[n]); n++) {
        }
    }
    return n;
}

/* Validates up to the first byte which is not part of a whole character. */
static const unsigned char *
scan_run(const unsigned char *s, const unsigned char *end, Run *run)
{
    Py_ssize_t n = 0;
    unsigned char top = 0;             /* largest lead byte */

    while (s < end) {
        if (*s < 0x80) {
            const unsigned char *start = s;
            s = skip_ascii(s, end);
            n += s - start;
            continue;
        }
        int length = lead_length(*s);
        if (length == 2 && end - s >= 2 && is_continuation(s[1])) {
        }
        else if (length == 3 && end - s >= 3 && second_is_valid(s[0], s[1]) &&
                 is_continuation(s[2])) {
        }
        else if (length == 4 && end - s >= 4 && second_is_valid(s[0], s[1]) &&
                 is_continuation(s[2]) && is_continuation(s[3])) {
        }
        else {
            break;
        }
        top = *s > top ? *s : top;
        s += length;
        n++;
    }
    run->n = n;
    run->max_char = top == 0     ? 0x7f
                    : top < 0xc4 ? 0xff
                    : top < 0xf0 ? 0xffff
                                 : UNICODE_MAX;
    return s;
}

/* Decodes n characters of valid UTF-8. */
static inline __attribute__((always_inline)) void
decode_run(int kind, void *data, const unsigned char *s, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        uint64_t word;
        /* Eight ASCII characters at a time; n characters are n bytes or
         * more, so that these are there. */
        while (n - i >= 8 && (memcpy(&word, s, 8),
                              !(word & 0x8080808080808080u))) {
            for (int j = 0; j < 8; j++) {
                unicode_write(kind, data, i + j, s[j]);
            }
            i += 8;
            s += 8;
        }
        if (i == n) {
            break;
        }
        Py_UCS4 ch = *s++;
        if (ch >= 0xf0) {
            ch = (ch & 7) << 18 | (s[0] & 0x3fu) << 12 | (s[1] & 0x3fu) << 6 |
                 (s[2] & 0x3f);
            s += 3;
        }
        else if (ch >= 0xe0) {
            ch = (ch & 15) << 12 | (s[0] & 0x3fu) << 6 | (s[1] & 0x3f);
            s += 2;
        }
        else if (ch >= 0x80) {
            ch = (ch & 31) << 6 | (s[0] & 0x3f);
            s += 1;
        }
        unicode_write(kind, data, i, ch);
    }
}

static void
decode_run_into(int kind, void *data, const unsigned char *s, Run *run)
{
    if (run->max_char == 0x7f && kind == 1) {
        memcpy(data, s, (size_t)run->n);
    }
    else if (kind == 1) {
        decode_run(1, data, s, run->n);
    }
    else if (kind == 2) {
        decode_run(2, data, s, run->n);
    }
    else {
        decode_run(4, data, s, run->n);
    }
}

/* The defect at s: its reason and size in bytes.  Without `final` an
 * incomplete character at the end gives NULL. */
static const char *
describe_defect(const unsigned char *s, const unsigned char *end, int final,
                Py_ssize_t *size)
{
    int wanted = lead_length(*s);

    *size = 1;
    if (wanted == 0) {
        return "invalid start byte";
    }
    *size = valid_length(s, end, wanted);
    if (!final && end - s == 2 && s[0] == 0xed && s[1] >= 0xa0 &&
        s[1] <= 0xbf) {
        return NULL;                   /* half a surrogate: it may pass */
    }
    if (*size == end - s) {
        return final ? "unexpected end of data" : NULL;
    }
    return "invalid continuation byte";
}

static int
write_run(_PyUnicodeWriter *writer, const unsigned char *s, Run *run)
{
    if (run->n == 0) {
        return 0;
    }
    if (_PyUnicodeWriter_Prepare(writer, run->n, run->max_char) < 0) {
        return -1;
    }
    int kind = (int)writer->kind;
    decode_run_into(kind, (char *)writer->data + writer->pos * kind, s, run);
    writer->pos += run->n;
    return 0;
}

/* The handlers which need no call.  1: handled, 0: not one of them, -1. */
static int
handle_simply(_Py_error_handler handler, _PyUnicodeWriter *writer,
              const unsigned char *s, Py_ssize_t size)
{
    if (handler == _Py_ERROR_IGNORE) {
        return 1;
    }
    if (handler == _Py_ERROR_REPLACE) {
        return _PyUnicodeWriter_WriteChar(writer, 0xfffd) < 0 ? -1 : 1;
    }
    if (handler == _Py_ERROR_SURROGATEESCAPE) {
        for (Py_ssize_t i = 0; i < size; i++) {
            if (_PyUnicodeWriter_WriteChar(writer, 0xdc00 + s[i]) < 0) {
                return -1;
            }
        }
        return 1;
    }
    return 0;
}

/* The general case: runs and defects in turn. */
static PyObject *
decode_with_defects(CodecErrors *state, const char *text, Py_ssize_t size,
                    Py_ssize_t *consumed)
{
    CodecInput input = {.start = text, .end = text + size};
    _PyUnicodeWriter writer;
    Py_ssize_t at = 0;
    PyObject *result = NULL;

    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    for (;;) {
        const unsigned char *s = (const unsigned char *)input.start + at;
        const unsigned char *end = (const unsigned char *)input.end;
        Run run;
        const unsigned char *stop = scan_run(s, end, &run);
        if (write_run(&writer, s, &run) < 0) {
            goto done;
        }
        at = stop - (const unsigned char *)input.start;
        if (stop == end) {
            break;
        }
        Py_ssize_t bad;
        const char *reason = describe_defect(stop, end, consumed == NULL,
                                             &bad);
        if (reason == NULL) {
            break;
        }
        writer.overallocate = 1;
        int handled = handle_simply(codec_errors_handler(state), &writer, stop,
                                    bad);
        if (handled < 0) {
            goto done;
        }
        if (handled) {
            at += bad;
        }
        else {
            const CodecDefect defect = {at, at + bad, reason};
            if (codec_decode_error(state, &defect, &input, &writer, &at) < 0) {
                goto done;
            }
        }
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    writer.overallocate = 0;
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(state);
    Py_XDECREF(input.owner);
    return result;
}

PyObject *
PyUnicode_DecodeUTF8Stateful(const char *text, Py_ssize_t size,
                             const char *errors, Py_ssize_t *consumed)
{
    const unsigned char *s = (const unsigned char *)text;
    Run run;

    if (size <= 0) {
        if (consumed != NULL) {
            *consumed = 0;
        }
        return Py_NewRef(unicode_empty());
    }
    if (size == 1 && s[0] < 128) {
        if (consumed != NULL) {
            *consumed = 1;
        }
        return Py_NewRef(unicode_latin1_char(s[0]));
    }
    if (scan_run(s, s + size, &run) != s + size) {
        CodecErrors state;
        codec_errors_init(&state, "utf-8", errors);
        return decode_with_defects(&state, text, size, consumed);
    }
    if (consumed != NULL) {
        *consumed = size;
    }
    if (run.n == 1) {
        Py_UCS4 ch;
        decode_run(4, &ch, s, 1);
        return unicode_from_char(ch);
    }
    PyObject *result = PyUnicode_New(run.n, run.max_char);
    if (result != NULL) {
        decode_run_into(unicode_kind(result), unicode_data(result), s, &run);
    }
    return result;
}

PyObject *
PyUnicode_DecodeUTF8(const char *text, Py_ssize_t size, const char *errors)
{
    return PyUnicode_DecodeUTF8Stateful(text, size, errors, NULL);
}

/* ---- encoding ----------------------------------------------------------- */

static inline char *
encode_char(char *out, Py_UCS4 ch)
{
    if (ch < 0x80) {
        *out++ = (char)ch;
        return out;
    }
    if (ch < 0x800) {
        *out++ = (char)(0xc0 | ch >> 6);
    }
    else {
        if (ch < 0x10000) {
            *out++ = (char)(0xe0 | ch >> 12);
        }
        else {
            *out++ = (char)(0xf0 | ch >> 18);
            *out++ = (char)(0x80 | (ch >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (ch >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (ch & 0x3f));
    return out;
}

/* Bytes of the whole encoding, or -1 if there are surrogates.  Without exits
 * from the loop, so that it becomes vector code. */
static inline __attribute__((always_inline)) Py_ssize_t
measure(int kind, const void *data, Py_ssize_t n)
{
    Py_ssize_t size = n;

    for (Py_ssize_t start = 0; start < n; start += 4096) {
        Py_ssize_t stop = Py_MIN(n, start + 4096);
        unsigned more = 0, surrogates = 0;
        for (Py_ssize_t i = start; i < stop; i++) {
            Py_UCS4 ch = unicode_read(kind, data, i);
            more += (ch >= 0x80) + (ch >= 0x800) + (ch >= 0x10000);
            surrogates += (ch & 0xfffff800u) == 0xd800;
        }
        if (surrogates) {
            return -1;
        }
        size += more;
    }
    return size;
}

static inline __attribute__((always_inline)) void
encode_all(int kind, const void *data, Py_ssize_t n, char *out)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        while (kind == 2 && n - i >= 4) {
            uint64_t word;
            memcpy(&word, (const Py_UCS2 *)data + i, 8);
            if (word & 0xff80ff80ff80ff80u) {
                break;
            }
            for (int j = 0; j < 4; j++) {
                *out++ = (char)((const Py_UCS2 *)data)[i + j];
            }
            i += 4;
        }
        if (i == n) {
            break;
        }
        out = encode_char(out, unicode_read(kind, data, i));
    }
}

static Py_ssize_t
measure_text(PyObject *text)
{
    Py_ssize_t n = unicode_length(text);
    const void *data = unicode_data(text);

    switch (unicode_kind(text)) {
    case 1:
        return measure(1, data, n);
    case 2:
        return measure(2, data, n);
    default:
        return measure(4, data, n);
    }
}

static void
encode_text(PyObject *text, char *out)
{
    Py_ssize_t n = unicode_length(text);
    const void *data = unicode_data(text);

    switch (unicode_kind(text)) {
    case 1:
        encode_all(1, data, n, out);
        break;
    case 2:
        encode_all(2, data, n, out);
        break;
    default:
        encode_all(4, data, n, out);
    }
}

/* The run of surrogates [start, end). */
static char *
encode_surrogates(CodecEncoder *encoder, char *out, Py_ssize_t start,
                  Py_ssize_t end, Py_ssize_t *position)
{
    PyObject *text = encoder->text;

    if (codec_errors_handler(&encoder->errors) != _Py_ERROR_SURROGATEPASS) {
        const CodecDefect defect = {start, end, "surrogates not allowed"};
        return codec_encode_run(encoder, out, &defect, position);
    }
    *position = end;
    for (Py_ssize_t i = start; i < end && out != NULL; i++) {
        char piece[4];
        char *stop = encode_char(piece, unicode_read(unicode_kind(text),
                                                     unicode_data(text), i));
        out = _PyBytesWriter_WriteBytes(&encoder->writer, out, piece,
                                        stop - piece);
    }
    return out;
}

static PyObject *
encode_with_surrogates(PyObject *text, const char *errors)
{
    int kind = unicode_kind(text);
    const void *data = unicode_data(text);
    Py_ssize_t n = unicode_length(text);
    CodecEncoder encoder;

    codec_encoder_init(&encoder, text, 128, "utf-8", errors);
    char *out = _PyBytesWriter_Alloc(&encoder.writer, n);
    for (Py_ssize_t i = 0; i < n && out != NULL;) {
        Py_ssize_t start = i;
        while (i < n &&
               Py_UNICODE_IS_SURROGATE(unicode_read(kind, data, i))) {
            i++;
        }
        if (i > start) {
            out = encode_surrogates(&encoder, out, start, i, &i);
            continue;
        }
        char piece[4];
        char *stop = encode_char(piece, unicode_read(kind, data, i++));
        out = _PyBytesWriter_WriteBytes(&encoder.writer, out, piece,
                                        stop - piece);
    }
    return codec_encoder_finish(&encoder, out);
}

/* The cached encoding if there is one, borrowed. */
static const char *
cached_utf8(PyObject *text, Py_ssize_t *size)
{
    if (unicode_is_ascii(text) && unicode_is_compact(text)) {
        *size = unicode_length(text);
        return unicode_data(text);
    }
    *size = ((PyCompactUnicodeObject *)text)->utf8_length;
    return ((PyCompactUnicodeObject *)text)->utf8;
}

PyObject *
_PyUnicode_AsUTF8String(PyObject *text, const char *errors)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    const char *cached = cached_utf8(text, &size);
    if (cached != NULL) {
        return PyBytes_FromStringAndSize(cached, size);
    }
    size = measure_text(text);
    if (size < 0) {
        return encode_with_surrogates(text, errors);
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, size);
    if (result != NULL) {
        encode_text(text, PyBytes_AS_STRING(result));
    }
    return result;
}

PyObject *
PyUnicode_AsUTF8String(PyObject *text)
{
    return _PyUnicode_AsUTF8String(text, NULL);
}

/* Fills the cache. 0/-1 */
static int
fill_utf8_cache(PyObject *text)
{
    PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)text;
    Py_ssize_t size = measure_text(text);

    if (size < 0) {
        PyObject *bytes = encode_with_surrogates(text, NULL);
        assert(bytes == NULL);
        Py_XDECREF(bytes);
        return -1;
    }
    char *utf8 = PyObject_Malloc((size_t)size + 1);
    if (utf8 == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    encode_text(text, utf8);
    utf8[size] = '\0';
    compact->utf8 = utf8;
    compact->utf8_length = size;
    return 0;
}

const char *
PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *size)
{
    Py_ssize_t ignored;

    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    size = size == NULL ? &ignored : size;
    const char *utf8 = cached_utf8(text, size);
    if (utf8 == NULL && fill_utf8_cache(text) == 0) {
        utf8 = cached_utf8(text, size);
    }
    return utf8;
}

const char *
PyUnicode_AsUTF8(PyObject *text)
{
    return PyUnicode_AsUTF8AndSize(text, NULL);
}
