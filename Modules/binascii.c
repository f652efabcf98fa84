/* The module binascii: binary data as text (hexadecimal, base64, quoted-
 * printable, uuencode) and checksums. */
#include "Python.h"

#include "bytes.h"
#include "long.h"

#include <stdbool.h>
#include <zlib.h>

typedef struct {
    PyObject *error;
    PyObject *incomplete;
} binascii_state;

static binascii_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- arguments ---- */

/* "O&": a str of ASCII or a contiguous buffer. */
static int
ascii_or_buffer(PyObject *arg, void *result)
{
    Py_buffer *view = result;

    if (arg == NULL) {
        PyBuffer_Release(view);
        return 1;
    }
    if (PyUnicode_Check(arg)) {
        if (PyUnicode_READY(arg) < 0) {
            return 0;
        }
        if (!PyUnicode_IS_ASCII(arg)) {
            PyErr_SetString(PyExc_ValueError,
                            "string argument should contain only ASCII "
                            "characters");
            return 0;
        }
        *view = (Py_buffer){.buf = PyUnicode_1BYTE_DATA(arg),
                            .len = PyUnicode_GET_LENGTH(arg)};
        return 1;
    }
    if (PyObject_GetBuffer(arg, view, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be bytes, buffer or ASCII string, not "
                     "'%.100s'",
                     Py_TYPE(arg)->tp_name);
        return 0;
    }
    return Py_CLEANUP_SUPPORTED;
}

static int
take_buffer(PyObject *arg, Py_buffer *view)
{
    return PyObject_GetBuffer(arg, view, PyBUF_SIMPLE);
}

/* ---- uuencode ---- */

static PyObject *
binascii_a2b_uu(PyObject *module, PyObject *arg)
{
    Py_buffer view = {NULL, NULL};
    PyObject *result = NULL;

    if (!ascii_or_buffer(arg, &view)) {
        return NULL;
    }
    const unsigned char *p = view.buf, *end = p + view.len;
    /* The first byte tells the length; a missing one counts as zero. */
    unsigned first = view.len > 0 ? *p++ : 0;
    Py_ssize_t n = (Py_ssize_t)((first - ' ') & 077);
    unsigned pending = 0;
    int bits = 0;

    result = PyBytes_FromStringAndSize(NULL, n);
    if (result == NULL) {
        goto done;
    }
    if (n == 1) {
        Py_SETREF(result, NULL);         /* a shared object: made at the end */
    }
    unsigned char single = 0;
    unsigned char *out = n == 1 ? &single
                                : (unsigned char *)PyBytes_AS_STRING(result);
    while (n > 0) {
        bool missing = p >= end;
        unsigned c = missing ? 0 : *p++;

        if (missing || c == '\n' || c == '\r') {
            c = 0;                                 /* a short line is padded */
        }
        else if (c < ' ' || c > ' ' + 64) {
            PyErr_SetString(state_of(module)->error, "Illegal char");
            Py_CLEAR(result);
            goto done;
        }
        else {
            c = (c - ' ') & 077;
        }
        pending = pending << 6 | c;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (unsigned char)(pending >> bits);
            pending &= (1u << bits) - 1;
            n--;
        }
    }
    while (p < end) {
        unsigned c = *p++;

        if (c != ' ' && c != ' ' + 64 && c != '\n' && c != '\r') {
            PyErr_SetString(state_of(module)->error, "Trailing garbage");
            Py_CLEAR(result);
            goto done;
        }
    }
    if (result == NULL) {
        result = PyBytes_FromStringAndSize((char *)&single, 1);
    }
done:
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    return result;
}

static PyObject *
binascii_b2a_uu(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {"", "backtick", NULL};
    static _PyArg_Parser parser = {.format = "y*|$p:b2a_uu",
                                   .keywords = keywords};
    Py_buffer view;
    int backtick = 0;
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &view,
                                      &backtick)) {
        return NULL;
    }
    if (view.len > 45) {
        PyErr_SetString(state_of(module)->error,
                        "At most 45 bytes at once");
        goto done;
    }
    char text[80], *out = text;
    const unsigned char *p = view.buf;
    unsigned pending = 0;
    int bits = 0;

    *out++ = (char)(backtick && view.len == 0 ? '`' : view.len + ' ');
    for (Py_ssize_t n = view.len; n > 0 || bits != 0; n--) {
        pending = pending << 8 | (n > 0 ? *p++ : 0);
        bits += 8;
        while (bits >= 6) {
            unsigned c = pending >> (bits - 6) & 077;

            bits -= 6;
            *out++ = (char)(backtick && c == 0 ? '`' : c + ' ');
        }
        pending &= (1u << bits) - 1;
    }
    *out++ = '\n';
    result = PyBytes_FromStringAndSize(text, out - text);
done:
    PyBuffer_Release(&view);
    return result;
}

/* ---- base64 ---- */

/* The value of a digit, 64 for '=', 65 for others. */
static unsigned
base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26u;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52u;
    }
    return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? 64 : 65;
}

/* Decodes into `out`; returns the end, or NULL with *message. */
static unsigned char *
decode_base64(const unsigned char *text, Py_ssize_t n, unsigned char *out,
              bool strict, const char **message, Py_ssize_t *bad_count)
{
    const unsigned char *p = text, *end = text + n;
    unsigned char *start = out;
    unsigned quad = 0, left = 0;
    int pads = 0;
    bool padding = false;

    if (strict && n > 0 && *text == '=') {
        *message = "Leading padding not allowed";
        return NULL;
    }
    for (; p < end; p++) {
        unsigned value = base64_value(*p);

        if (value == 64) {
            padding = true;
            if (quad >= 2 && quad + (unsigned)++pads >= 4) {
                if (strict && p + 1 < end) {
                    *message = "Excess data after padding";
                    return NULL;
                }
                return out;
            }
            continue;
        }
        if (value == 65) {
            if (strict) {
                *message = "Only base64 data is allowed";
                return NULL;
            }
            continue;
        }
        if (strict && padding) {
            *message = "Discontinuous padding not allowed";
            return NULL;
        }
        pads = 0;
        switch (quad) {
        case 0:
            quad = 1;
            left = value;
            break;
        case 1:
            quad = 2;
            *out++ = (unsigned char)(left << 2 | value >> 4);
            left = value & 0x0f;
            break;
        case 2:
            quad = 3;
            *out++ = (unsigned char)(left << 4 | value >> 2);
            left = value & 0x03;
            break;
        default:
            quad = 0;
            *out++ = (unsigned char)(left << 6 | value);
            left = 0;
            break;
        }
    }
    if (quad != 0) {
        if (quad == 1) {
            *bad_count = (out - start) / 3 * 4 + 1;
        }
        *message = "Incorrect padding";
        return NULL;
    }
    return out;
}

static PyObject *
binascii_a2b_base64(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    static const char *const keywords[] = {"", "strict_mode", NULL};
    static _PyArg_Parser parser = {.format = "O&|$i:a2b_base64",
                                   .keywords = keywords};
    Py_buffer view = {NULL, NULL};
    int strict = 0;
    const char *message = NULL;
    Py_ssize_t bad_count = 0;
    _PyBytesWriter writer;
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      ascii_or_buffer, &view, &strict)) {
        return NULL;
    }
    _PyBytesWriter_Init(&writer);
    unsigned char *out = _PyBytesWriter_Alloc(&writer,
                                              (view.len + 3) / 4 * 3);
    if (out == NULL) {
        goto done;
    }
    out = decode_base64(view.buf, view.len, out, strict != 0, &message,
                        &bad_count);
    if (out != NULL) {
        result = _PyBytesWriter_Finish(&writer, out);
        goto done;
    }
    if (bad_count > 0) {
        PyErr_Format(state_of(module)->error,
                     "Invalid base64-encoded string: number of data "
                     "characters (%zd) cannot be 1 more than a multiple of 4",
                     bad_count);
    }
    else {
        PyErr_SetString(state_of(module)->error, message);
    }
    _PyBytesWriter_Dealloc(&writer);
done:
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    return result;
}

static PyObject *
binascii_b2a_base64(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    static const char *const keywords[] = {"", "newline", NULL};
    static _PyArg_Parser parser = {.format = "y*|$p:b2a_base64",
                                   .keywords = keywords};
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Py_buffer view;
    int newline = 1;
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &view,
                                      &newline)) {
        return NULL;
    }
    if (view.len > PY_SSIZE_T_MAX / 2 - 3) {
        PyErr_SetString(state_of(module)->error,
                        "Too much data for base64 line");
        goto done;
    }
    Py_ssize_t n = (view.len + 2) / 3 * 4 + (newline != 0);
    _PyBytesWriter writer;

    _PyBytesWriter_Init(&writer);
    char *out = _PyBytesWriter_Alloc(&writer, n);
    if (out == NULL) {
        goto done;
    }
    const unsigned char *p = view.buf;
    Py_ssize_t left = view.len;
    for (; left >= 3; left -= 3, p += 3) {
        unsigned word = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

        *out++ = digits[word >> 18];
        *out++ = digits[word >> 12 & 63];
        *out++ = digits[word >> 6 & 63];
        *out++ = digits[word & 63];
    }
    if (left > 0) {
        unsigned word = (unsigned)p[0] << 16 |
                        (left > 1 ? (unsigned)p[1] << 8 : 0);

        *out++ = digits[word >> 18];
        *out++ = digits[word >> 12 & 63];
        *out++ = left > 1 ? digits[word >> 6 & 63] : '=';
        *out++ = '=';
    }
    if (newline) {
        *out++ = '\n';
    }
    result = _PyBytesWriter_Finish(&writer, out);
done:
    PyBuffer_Release(&view);
    return result;
}

/* ---- hexadecimal ---- */

static PyObject *
binascii_b2a_hex(PyObject *Py_UNUSED(module), PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "sep", "bytes_per_sep",
                                           NULL};
    static _PyArg_Parser parser = {.format = "y*|Oi:b2a_hex",
                                   .keywords = keywords};
    Py_buffer view;
    PyObject *sep = NULL;                                       /* borrowed */
    int bytes_per_sep = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &view,
                                      &sep, &bytes_per_sep)) {
        return NULL;
    }
    PyObject *result = _Py_strhex_bytes_with_sep(view.buf, view.len, sep,
                                                 bytes_per_sep);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
binascii_a2b_hex(PyObject *module, PyObject *arg)
{
    Py_buffer view = {NULL, NULL};
    PyObject *result = NULL;
    _PyBytesWriter writer;

    if (!ascii_or_buffer(arg, &view)) {
        return NULL;
    }
    if (view.len % 2) {
        PyErr_SetString(state_of(module)->error, "Odd-length string");
        goto done;
    }
    _PyBytesWriter_Init(&writer);
    unsigned char *out = _PyBytesWriter_Alloc(&writer, view.len / 2);
    if (out == NULL) {
        goto done;
    }
    const unsigned char *p = view.buf;
    for (Py_ssize_t i = 0; i < view.len; i += 2) {
        int high = _PyLong_DigitValue[p[i]];
        int low = _PyLong_DigitValue[p[i + 1]];

        if (high >= 16 || low >= 16) {
            PyErr_SetString(state_of(module)->error,
                            "Non-hexadecimal digit found");
            _PyBytesWriter_Dealloc(&writer);
            goto done;
        }
        *out++ = (unsigned char)(high << 4 | low);
    }
    result = _PyBytesWriter_Finish(&writer, out);
done:
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    return result;
}

/* ---- quoted-printable (RFC 1521) ---- */

#define QP_LINE 76

static PyObject *
binascii_a2b_qp(PyObject *Py_UNUSED(module), PyObject *const *args,
                Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "header", NULL};
    static _PyArg_Parser parser = {.format = "O&|p:a2b_qp",
                                   .keywords = keywords};
    Py_buffer view = {NULL, NULL};
    int header = 0;
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      ascii_or_buffer, &view, &header)) {
        return NULL;
    }
    const unsigned char *p = view.buf;
    Py_ssize_t n = view.len, i = 0;
    unsigned char *start = PyMem_Malloc((size_t)n + 1), *out = start;

    if (start == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    while (i < n) {
        if (p[i] != '=') {
            *out++ = header && p[i] == '_' ? ' ' : p[i];
            i++;
            continue;
        }
        if (++i >= n) {
            break;
        }
        if (p[i] == '\n' || p[i] == '\r') {
            /* A soft line break: all up to the newline goes. */
            while (i < n && p[i] != '\n') {
                i++;
            }
            i++;
        }
        else if (p[i] == '=') {
            *out++ = '=';                         /* from broken encoders */
            i++;
        }
        else if (i + 1 < n && _PyLong_DigitValue[p[i]] < 16 &&
                 _PyLong_DigitValue[p[i + 1]] < 16) {
            *out++ = (unsigned char)(_PyLong_DigitValue[p[i]] << 4 |
                                     _PyLong_DigitValue[p[i + 1]]);
            i += 2;
        }
        else {
            *out++ = '=';
        }
    }
    result = PyBytes_FromStringAndSize((char *)start, out - start);
done:
    PyMem_Free(start);
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    return result;
}

/* Output of the encoder: counts with data == NULL, then writes. */
typedef struct {
    unsigned char *data;
    Py_ssize_t n, line;
    bool crlf;
} qp_output;

static void
qp_put(qp_output *out, unsigned char c)
{
    if (out->data != NULL) {
        out->data[out->n] = c;
    }
    out->n++;
}

static void
qp_newline(qp_output *out)
{
    if (out->crlf) {
        qp_put(out, '\r');
    }
    qp_put(out, '\n');
}

static void
qp_soft_break(qp_output *out)
{
    qp_put(out, '=');
    qp_newline(out);
    out->line = 0;
}

static void
qp_put_hex(qp_output *out, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";

    qp_put(out, '=');
    qp_put(out, (unsigned char)hex[c >> 4]);
    qp_put(out, (unsigned char)hex[c & 15]);
}

/* As the arguments of b2a_qp(). */
typedef struct {
    bool quotetabs, istext, header;
} qp_options;

/* Whether the byte at i has to be written in hexadecimal. */
static bool
qp_needs_hex(const unsigned char *p, Py_ssize_t n, Py_ssize_t i,
             Py_ssize_t line, qp_options options)
{
    unsigned char c = p[i];

    return c > 126 || c == '=' || (options.header && c == '_') ||
           (c == '.' && line == 0 &&
            (i + 1 == n || p[i + 1] == '\n' || p[i + 1] == '\r' ||
             p[i + 1] == 0)) ||
           (!options.istext && (c == '\r' || c == '\n')) ||
           ((c == '\t' || c == ' ') && i + 1 == n) ||
           (c < 33 && c != '\r' && c != '\n' && c != '\t' && c != ' ') ||
           (c < 33 && c != '\r' && c != '\n' &&
            (options.quotetabs || (c != '\t' && c != ' ')));
}

static void
qp_encode(qp_output *out, const unsigned char *p, Py_ssize_t n,
          qp_options options)
{
    out->n = out->line = 0;
    for (Py_ssize_t i = 0; i < n;) {
        unsigned char c = p[i];

        if (qp_needs_hex(p, n, i, out->line, options)) {
            if (out->line + 3 >= QP_LINE) {
                qp_soft_break(out);
            }
            qp_put_hex(out, c);
            out->line += 3;
            i++;
            continue;
        }
        if (options.istext &&
            (c == '\n' || (c == '\r' && i + 1 < n && p[i + 1] == '\n'))) {
            out->line = 0;
            /* White space at a line's end has to be protected. */
            if (out->n > 0 && i > 0 && (p[i - 1] == ' ' || p[i - 1] == '\t') &&
                !(options.header && p[i - 1] == ' ') && !options.quotetabs) {
                out->n--;
                qp_put_hex(out, p[i - 1]);
            }
            qp_newline(out);
            i += c == '\r' ? 2 : 1;
            continue;
        }
        if (i + 1 != n && p[i + 1] != '\n' && out->line + 1 >= QP_LINE) {
            qp_soft_break(out);
        }
        out->line++;
        qp_put(out, options.header && c == ' ' ? '_' : c);
        i++;
    }
}

static PyObject *
binascii_b2a_qp(PyObject *Py_UNUSED(module), PyObject *const *args,
                Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "quotetabs", "istext",
                                           "header", NULL};
    static _PyArg_Parser parser = {.format = "y*|ppp:b2a_qp",
                                   .keywords = keywords};
    Py_buffer view;
    int quotetabs = 0, istext = 1, header = 0;
    qp_output out = {NULL, 0, 0, false};
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &view,
                                      &quotetabs, &istext, &header)) {
        return NULL;
    }
    const unsigned char *p = view.buf;
    const unsigned char *newline = view.len == 0
                                       ? NULL
                                       : memchr(p, '\n', (size_t)view.len);
    out.crlf = newline != NULL && newline > p && newline[-1] == '\r';
    if (view.len > PY_SSIZE_T_MAX / 8) {
        PyErr_NoMemory();
        goto done;
    }
    /* Each byte takes three at most, and a soft break now and then. */
    out.data = PyMem_Malloc((size_t)view.len * 4 + 8);
    if (out.data == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    qp_encode(&out, p, view.len,
              (qp_options){quotetabs != 0, istext != 0, header != 0});
    result = PyBytes_FromStringAndSize((char *)out.data, out.n);
done:
    PyMem_Free(out.data);
    PyBuffer_Release(&view);
    return result;
}

/* ---- checksums ---- */

static PyObject *
binascii_crc_hqx(PyObject *Py_UNUSED(module), PyObject *const *args,
                 Py_ssize_t nargs)
{
    Py_buffer view;

    if (!_PyArg_CheckPositional("crc_hqx", nargs, 2, 2) ||
        take_buffer(args[0], &view) < 0) {
        return NULL;
    }
    unsigned crc = (unsigned)PyLong_AsUnsignedLongMask(args[1]);
    PyObject *result = NULL;
    if (crc != (unsigned)-1 || !PyErr_Occurred()) {
        const unsigned char *p = view.buf;

        crc &= 0xffff;
        for (Py_ssize_t i = 0; i < view.len; i++) {
            crc ^= (unsigned)p[i] << 8;            /* polynomial 0x1021 */
            for (int bit = 0; bit < 8; bit++) {
                crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
            }
            crc &= 0xffff;
        }
        result = PyLong_FromUnsignedLong(crc);
    }
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
binascii_crc32(PyObject *Py_UNUSED(module), PyObject *const *args,
               Py_ssize_t nargs)
{
    Py_buffer view;
    unsigned long crc = 0;

    if (!_PyArg_CheckPositional("crc32", nargs, 1, 2) ||
        take_buffer(args[0], &view) < 0) {
        return NULL;
    }
    if (nargs == 2) {
        crc = PyLong_AsUnsignedLongMask(args[1]);
        if (crc == (unsigned long)-1 && PyErr_Occurred()) {
            PyBuffer_Release(&view);
            return NULL;
        }
    }
    crc &= 0xffffffff;
    if (view.len > 5 * 1024) {
        Py_BEGIN_ALLOW_THREADS
        crc = crc32_z(crc, view.buf, (z_size_t)view.len);
        Py_END_ALLOW_THREADS
    }
    else {
        crc = crc32_z(crc, view.len ? view.buf : (const void *)"",
                      (z_size_t)view.len);
    }
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLong(crc & 0xffffffff);
}

/* ---- the module ---- */

#define FAST(f) (PyCFunction)(void (*)(void))f

static PyMethodDef binascii_methods[] = {
    {"a2b_uu", binascii_a2b_uu, METH_O,
     "a2b_uu($module, data, /)\n--\n\nDecode a uuencoded line."},
    {"b2a_uu", FAST(binascii_b2a_uu), METH_FASTCALL | METH_KEYWORDS,
     "b2a_uu($module, data, /, *, backtick=False)\n--\n\n"
     "Encode a line with uuencode."},
    {"a2b_base64", FAST(binascii_a2b_base64), METH_FASTCALL | METH_KEYWORDS,
     "a2b_base64($module, data, /, *, strict_mode=False)\n--\n\n"
     "Decode base64."},
    {"b2a_base64", FAST(binascii_b2a_base64), METH_FASTCALL | METH_KEYWORDS,
     "b2a_base64($module, data, /, *, newline=True)\n--\n\nEncode base64."},
    {"b2a_hex", FAST(binascii_b2a_hex), METH_FASTCALL | METH_KEYWORDS,
     "b2a_hex($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)\n"
     "--\n\nEncode hexadecimal."},
    {"hexlify", FAST(binascii_b2a_hex), METH_FASTCALL | METH_KEYWORDS,
     "hexlify($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)\n"
     "--\n\nEncode hexadecimal."},
    {"a2b_hex", binascii_a2b_hex, METH_O,
     "a2b_hex($module, hexstr, /)\n--\n\nDecode hexadecimal."},
    {"unhexlify", binascii_a2b_hex, METH_O,
     "unhexlify($module, hexstr, /)\n--\n\nDecode hexadecimal."},
    {"crc_hqx", FAST(binascii_crc_hqx), METH_FASTCALL,
     "crc_hqx($module, data, crc, /)\n--\n\nCRC-CCITT of data."},
    {"crc32", FAST(binascii_crc32), METH_FASTCALL,
     "crc32($module, data, crc=0, /)\n--\n\nCRC-32 of data."},
    {"b2a_qp", FAST(binascii_b2a_qp), METH_FASTCALL | METH_KEYWORDS,
     "b2a_qp($module, /, data, quotetabs=False, istext=True, header=False)\n"
     "--\n\nEncode quoted-printable."},
    {"a2b_qp", FAST(binascii_a2b_qp), METH_FASTCALL | METH_KEYWORDS,
     "a2b_qp($module, /, data, header=False)\n--\n\n"
     "Decode quoted-printable."},
    {NULL, NULL, 0, NULL},
};

static int
binascii_exec(PyObject *module)
{
    binascii_state *state = state_of(module);

    state->error = PyErr_NewException("binascii.Error", PyExc_ValueError,
                                      NULL);
    if (state->error == NULL ||
        PyModule_AddObjectRef(module, "Error", state->error) < 0) {
        return -1;
    }
    state->incomplete = PyErr_NewException("binascii.Incomplete", NULL, NULL);
    if (state->incomplete == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Incomplete", state->incomplete);
}

static int
binascii_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(state_of(module)->error);
    Py_VISIT(state_of(module)->incomplete);
    return 0;
}

static int
binascii_clear(PyObject *module)
{
    Py_CLEAR(state_of(module)->error);
    Py_CLEAR(state_of(module)->incomplete);
    return 0;
}

static void
binascii_free(void *module)
{
    binascii_clear(module);
}

static PyModuleDef_Slot binascii_slots[] = {
    {Py_mod_exec, binascii_exec},
    {0, NULL},
};

static PyModuleDef binascii_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "binascii",
    .m_doc = "Binary data as text, and checksums.",
    .m_size = sizeof(binascii_state),
    .m_methods = binascii_methods,
    .m_slots = binascii_slots,
    .m_traverse = binascii_traverse,
    .m_clear = binascii_clear,
    .m_free = binascii_free,
};

PyMODINIT_FUNC PyInit_binascii(void);

PyMODINIT_FUNC
PyInit_binascii(void)
{
    return PyModuleDef_Init(&binascii_module);
}
