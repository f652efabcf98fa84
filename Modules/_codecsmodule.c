/* Module _codecs: the registry and the codecs in C.
 *
 * Every decoder returns (text, bytes consumed), every encoder (bytes,
 * characters consumed).
 */
#include "Python.h"

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

/* ---- registry ----------------------------------------------------------- */

static PyObject *
codecs_register(PyObject *module, PyObject *search_function)
{
    if (PyCodec_Register(search_function) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
codecs_unregister(PyObject *module, PyObject *search_function)
{
    if (PyCodec_Unregister(search_function) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The argument as C string, borrowed; NULL with TypeError or ValueError. */
static const char *
as_c_string(const char *function, const char *what, PyObject *argument)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(argument)) {
        _PyArg_BadArgument(function, what, "str", argument);
        return NULL;
    }
    const char *text = PyUnicode_AsUTF8AndSize(argument, &size);
    if (text != NULL && strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return text;
}

static PyObject *
codecs_lookup(PyObject *module, PyObject *argument)
{
    const char *encoding = as_c_string("lookup", "argument", argument);

    return encoding == NULL ? NULL : _PyCodec_Lookup(encoding);
}

static PyObject *
codecs_lookup_error(PyObject *module, PyObject *argument)
{
    const char *name = as_c_string("lookup_error", "argument", argument);

    return name == NULL ? NULL : PyCodec_LookupError(name);
}

static PyObject *
codecs_register_error(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("register_error", nargs, 2, 2)) {
        return NULL;
    }
    const char *name = as_c_string("register_error", "argument 1", args[0]);
    if (name == NULL || PyCodec_RegisterError(name, args[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const char *const coding_keywords[] = {"obj", "encoding", "errors",
                                              NULL};

static PyObject *
codecs_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|ss:encode",
                                   .keywords = coding_keywords};
    PyObject *object;
    const char *encoding = "utf-8", *errors = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &object,
                                      &encoding, &errors)) {
        return NULL;
    }
    return PyCodec_Encode(object, encoding, errors);
}

static PyObject *
codecs_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|ss:decode",
                                   .keywords = coding_keywords};
    PyObject *object;
    const char *encoding = "utf-8", *errors = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &object,
                                      &encoding, &errors)) {
        return NULL;
    }
    return PyCodec_Decode(object, encoding, errors);
}

/* ---- decoders ----------------------------------------------------------- */

/* (decoded, consumed); steals decoded, which may be NULL. */
static PyObject *
result_pair(PyObject *object, Py_ssize_t consumed)
{
    return object == NULL ? NULL : Py_BuildValue("Nn", object, consumed);
}

typedef PyObject *(*stateful_decoder)(const char *text, Py_ssize_t size,
                                      const char *errors,
                                      Py_ssize_t *consumed);

/* A decoder which can stop before incomplete input. */
static PyObject *
decode_stateful(const char *format, stateful_decoder decode, int final,
                PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer data = {NULL, NULL};
    const char *errors = NULL;

    if (!_PyArg_ParseStack(args, nargs, format, &data, &errors, &final)) {
        return NULL;
    }
    Py_ssize_t consumed = data.len;
    PyObject *text = decode(data.buf, data.len, errors,
                            final ? NULL : &consumed);
    PyBuffer_Release(&data);
    return result_pair(text, consumed);
}

#define STATEFUL(name, letter, function, final)                             \
    static PyObject *                                                       \
    codecs_##name##_decode(PyObject *module, PyObject *const *args,         \
                           Py_ssize_t nargs)                                \
    {                                                                       \
        return decode_stateful(letter "*|zi:" #name "_decode", function,    \
                               final, args, nargs);                         \
    }

#define WITH_ORDER(name, function, order)                                   \
    static PyObject *                                                       \
    name(const char *text, Py_ssize_t size, const char *errors,             \
         Py_ssize_t *consumed)                                              \
    {                                                                       \
        int byte_order = order;                                             \
        return function(text, size, errors, &byte_order, consumed);         \
    }

WITH_ORDER(decode_utf16, PyUnicode_DecodeUTF16Stateful, 0)
WITH_ORDER(decode_utf16_le, PyUnicode_DecodeUTF16Stateful, -1)
WITH_ORDER(decode_utf16_be, PyUnicode_DecodeUTF16Stateful, 1)
WITH_ORDER(decode_utf32, PyUnicode_DecodeUTF32Stateful, 0)
WITH_ORDER(decode_utf32_le, PyUnicode_DecodeUTF32Stateful, -1)
WITH_ORDER(decode_utf32_be, PyUnicode_DecodeUTF32Stateful, 1)

STATEFUL(utf_7, "y", PyUnicode_DecodeUTF7Stateful, 0)
STATEFUL(utf_8, "y", PyUnicode_DecodeUTF8Stateful, 0)
STATEFUL(utf_16, "y", decode_utf16, 0)
STATEFUL(utf_16_le, "y", decode_utf16_le, 0)
STATEFUL(utf_16_be, "y", decode_utf16_be, 0)
STATEFUL(utf_32, "y", decode_utf32, 0)
STATEFUL(utf_32_le, "y", decode_utf32_le, 0)
STATEFUL(utf_32_be, "y", decode_utf32_be, 0)
STATEFUL(unicode_escape, "s", _PyUnicode_DecodeUnicodeEscapeStateful, 1)
STATEFUL(raw_unicode_escape, "s", _PyUnicode_DecodeRawUnicodeEscapeStateful, 1)
#undef STATEFUL
#undef WITH_ORDER

typedef PyObject *(*ordered_decoder)(const char *text, Py_ssize_t size,
                                     const char *errors, int *byte_order,
                                     Py_ssize_t *consumed);

static PyObject *
decode_ordered(const char *format, ordered_decoder decode,
               PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer data = {NULL, NULL};
    const char *errors = NULL;
    int byte_order = 0, final = 0;

    if (!_PyArg_ParseStack(args, nargs, format, &data, &errors, &byte_order,
                           &final)) {
        return NULL;
    }
    Py_ssize_t consumed = data.len;
    PyObject *text = decode(data.buf, data.len, errors, &byte_order,
                            final ? NULL : &consumed);
    PyBuffer_Release(&data);
    return text == NULL ? NULL
                        : Py_BuildValue("Nni", text, consumed, byte_order);
}

static PyObject *
codecs_utf_16_ex_decode(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    return decode_ordered("y*|zii:utf_16_ex_decode",
                          PyUnicode_DecodeUTF16Stateful, args, nargs);
}

static PyObject *
codecs_utf_32_ex_decode(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    return decode_ordered("y*|zii:utf_32_ex_decode",
                          PyUnicode_DecodeUTF32Stateful, args, nargs);
}

typedef PyObject *(*simple_decoder)(const char *text, Py_ssize_t size,
                                    const char *errors);

static PyObject *
decode_simple(const char *format, simple_decoder decode,
              PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer data = {NULL, NULL};
    const char *errors = NULL;

    if (!_PyArg_ParseStack(args, nargs, format, &data, &errors)) {
        return NULL;
    }
    PyObject *text = decode(data.buf, data.len, errors);
    Py_ssize_t size = data.len;
    PyBuffer_Release(&data);
    return result_pair(text, size);
}

static PyObject *
codecs_latin_1_decode(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    return decode_simple("y*|z:latin_1_decode", PyUnicode_DecodeLatin1, args,
                         nargs);
}

static PyObject *
codecs_ascii_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return decode_simple("y*|z:ascii_decode", PyUnicode_DecodeASCII, args,
                         nargs);
}

static PyObject *
decode_bytes_escapes(const char *text, Py_ssize_t size, const char *errors)
{
    return PyBytes_DecodeEscape(text, size, errors, 0, NULL);
}

static PyObject *
codecs_escape_decode(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs)
{
    return decode_simple("s*|z:escape_decode", decode_bytes_escapes, args,
                         nargs);
}

static PyObject *
codecs_charmap_decode(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    Py_buffer data = {NULL, NULL};
    const char *errors = NULL;
    PyObject *mapping = Py_None;

    if (!_PyArg_ParseStack(args, nargs, "y*|zO:charmap_decode", &data, &errors,
                           &mapping)) {
        return NULL;
    }
    PyObject *text = PyUnicode_DecodeCharmap(
        data.buf, data.len, mapping == Py_None ? NULL : mapping, errors);
    Py_ssize_t size = data.len;
    PyBuffer_Release(&data);
    return result_pair(text, size);
}

/* ---- encoders ----------------------------------------------------------- */

typedef PyObject *(*encoder)(PyObject *text, const char *errors);

static PyObject *
encode_simple(const char *format, encoder encode, PyObject *const *args,
              Py_ssize_t nargs)
{
    PyObject *text;
    const char *errors = NULL;

    if (!_PyArg_ParseStack(args, nargs, format, &text, &errors) ||
        PyUnicode_READY(text) < 0) {
        return NULL;
    }
    return result_pair(encode(text, errors), PyUnicode_GET_LENGTH(text));
}

#define ENCODER(name, function)                                             \
    static PyObject *                                                       \
    codecs_##name##_encode(PyObject *module, PyObject *const *args,         \
                           Py_ssize_t nargs)                                \
    {                                                                       \
        return encode_simple("U|z:" #name "_encode", function, args, nargs); \
    }

#define ENCODING(name, expression)                     \
    static PyObject *                                  \
    name(PyObject *text, const char *errors)           \
    {                                                  \
        return expression;                             \
    }

ENCODING(encode_utf7, _PyUnicode_EncodeUTF7(text, 0, 0, errors))
ENCODING(encode_utf16_le, _PyUnicode_EncodeUTF16(text, errors, -1))
ENCODING(encode_utf16_be, _PyUnicode_EncodeUTF16(text, errors, 1))
ENCODING(encode_utf32_le, _PyUnicode_EncodeUTF32(text, errors, -1))
ENCODING(encode_utf32_be, _PyUnicode_EncodeUTF32(text, errors, 1))
ENCODING(encode_escape, PyUnicode_AsUnicodeEscapeString(text))
ENCODING(encode_raw_escape, PyUnicode_AsRawUnicodeEscapeString(text))

ENCODER(utf_7, encode_utf7)
ENCODER(utf_8, _PyUnicode_AsUTF8String)
ENCODER(utf_16_le, encode_utf16_le)
ENCODER(utf_16_be, encode_utf16_be)
ENCODER(utf_32_le, encode_utf32_le)
ENCODER(utf_32_be, encode_utf32_be)
ENCODER(unicode_escape, encode_escape)
ENCODER(raw_unicode_escape, encode_raw_escape)
ENCODER(latin_1, _PyUnicode_AsLatin1String)
ENCODER(ascii, _PyUnicode_AsASCIIString)
#undef ENCODER
#undef ENCODING

static PyObject *
encode_ordered(const char *format,
               PyObject *(*encode)(PyObject *, const char *, int),
               PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *text;
    const char *errors = NULL;
    int byte_order = 0;

    if (!_PyArg_ParseStack(args, nargs, format, &text, &errors,
                           &byte_order) ||
        PyUnicode_READY(text) < 0) {
        return NULL;
    }
    return result_pair(encode(text, errors, byte_order),
                       PyUnicode_GET_LENGTH(text));
}

static PyObject *
codecs_utf_16_encode(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs)
{
    return encode_ordered("U|zi:utf_16_encode", _PyUnicode_EncodeUTF16, args,
                          nargs);
}

static PyObject *
codecs_utf_32_encode(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs)
{
    return encode_ordered("U|zi:utf_32_encode", _PyUnicode_EncodeUTF32, args,
                          nargs);
}

static PyObject *
codecs_charmap_encode(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    PyObject *text, *mapping = Py_None;
    const char *errors = NULL;

    if (!_PyArg_ParseStack(args, nargs, "U|zO:charmap_encode", &text, &errors,
                           &mapping) ||
        PyUnicode_READY(text) < 0) {
        return NULL;
    }
    return result_pair(_PyUnicode_EncodeCharmap(
                           text, mapping == Py_None ? NULL : mapping, errors),
                       PyUnicode_GET_LENGTH(text));
}

static PyObject *
codecs_charmap_build(PyObject *module, PyObject *map)
{
    if (!PyUnicode_Check(map)) {
        _PyArg_BadArgument("charmap_build", "argument", "str", map);
        return NULL;
    }
    return PyUnicode_BuildEncodingMap(map);
}

static PyObject *
codecs_readbuffer_encode(PyObject *module, PyObject *const *args,
                         Py_ssize_t nargs)
{
    Py_buffer data = {NULL, NULL};
    const char *errors = NULL;

    if (!_PyArg_ParseStack(args, nargs, "s*|z:readbuffer_encode", &data,
                           &errors)) {
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(data.buf, data.len);
    Py_ssize_t size = data.len;
    PyBuffer_Release(&data);
    return result_pair(bytes, size);
}

/* Writes the byte as repr would between single quotes; returns the end. */
static char *
escape_byte(char *out, unsigned char byte)
{
    char letter = byte == '\t' ? 't' : byte == '\n' ? 'n'
                  : byte == '\r' ? 'r'
                  : byte == '\'' || byte == '\\' ? (char)byte : 0;

    if (letter) {
        *out++ = '\\';
        *out++ = letter;
    }
    else if (byte < ' ' || byte >= 0x7f) {
        *out++ = '\\';
        *out++ = 'x';
        *out++ = Py_hexdigits[byte >> 4];
        *out++ = Py_hexdigits[byte & 15];
    }
    else {
        *out++ = (char)byte;
    }
    return out;
}

static PyObject *
codecs_escape_encode(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs)
{
    PyObject *data;
    const char *errors = NULL;
    char piece[4];
    Py_ssize_t size = 0;

    if (!_PyArg_ParseStack(args, nargs, "O!|z:escape_encode", &PyBytes_Type,
                           &data, &errors)) {
        return NULL;
    }
    Py_ssize_t n = PyBytes_GET_SIZE(data);
    const unsigned char *bytes = (unsigned char *)PyBytes_AS_STRING(data);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t more = escape_byte(piece, bytes[i]) - piece;
        if (size > PY_SSIZE_T_MAX - more) {
            PyErr_SetString(PyExc_OverflowError,
                            "string is too large to encode");
            return NULL;
        }
        size += more;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, size);
    if (result == NULL) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        out = escape_byte(out, bytes[i]);
    }
    return result_pair(result, n);
}

/* ---- module ------------------------------------------------------------- */

#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)
#define DECODE(name, final)                                                 \
    {#name "_decode", FAST(codecs_##name##_decode), METH_FASTCALL,          \
     PyDoc_STR(#name "_decode($module, data, errors=None" final ", /)\n"   \
               "--\n\nDecode bytes.")}
#define ENCODE(name, more)                                                  \
    {#name "_encode", FAST(codecs_##name##_encode), METH_FASTCALL,          \
     PyDoc_STR(#name "_encode($module, str, errors=None" more ", /)\n"     \
               "--\n\nEncode text.")}

static PyMethodDef codecs_methods[] = {
    {"register", codecs_register, METH_O,
     PyDoc_STR("register($module, search_function, /)\n--\n\n"
               "Add a function that finds codecs by name.")},
    {"unregister", codecs_unregister, METH_O,
     PyDoc_STR("unregister($module, search_function, /)\n--\n\n"
               "Remove a search function, and forget what was found.")},
    {"lookup", codecs_lookup, METH_O,
     PyDoc_STR("lookup($module, encoding, /)\n--\n\n"
               "Find a codec; returns its CodecInfo.")},
    {"encode", FAST(codecs_encode), KEYWORDS,
     PyDoc_STR("encode($module, /, obj, encoding='utf-8', "
               "errors='strict')\n--\n\nEncode an object by a codec.")},
    {"decode", FAST(codecs_decode), KEYWORDS,
     PyDoc_STR("decode($module, /, obj, encoding='utf-8', "
               "errors='strict')\n--\n\nDecode an object by a codec.")},
    {"escape_encode", FAST(codecs_escape_encode), METH_FASTCALL,
     PyDoc_STR("escape_encode($module, data, errors=None, /)\n--\n\n"
               "Escape bytes as repr does.")},
    DECODE(escape, ""),
    ENCODE(utf_8, ""),
    DECODE(utf_8, ", final=False"),
    ENCODE(utf_7, ""),
    DECODE(utf_7, ", final=False"),
    ENCODE(utf_16, ", byteorder=0"),
    ENCODE(utf_16_le, ""),
    ENCODE(utf_16_be, ""),
    DECODE(utf_16, ", final=False"),
    DECODE(utf_16_le, ", final=False"),
    DECODE(utf_16_be, ", final=False"),
    DECODE(utf_16_ex, ", byteorder=0, final=False"),
    ENCODE(utf_32, ", byteorder=0"),
    ENCODE(utf_32_le, ""),
    ENCODE(utf_32_be, ""),
    DECODE(utf_32, ", final=False"),
    DECODE(utf_32_le, ", final=False"),
    DECODE(utf_32_be, ", final=False"),
    DECODE(utf_32_ex, ", byteorder=0, final=False"),
    ENCODE(unicode_escape, ""),
    DECODE(unicode_escape, ", final=True"),
    ENCODE(raw_unicode_escape, ""),
    DECODE(raw_unicode_escape, ", final=True"),
    ENCODE(latin_1, ""),
    DECODE(latin_1, ""),
    ENCODE(ascii, ""),
    DECODE(ascii, ""),
    ENCODE(charmap, ", mapping=None"),
    DECODE(charmap, ", mapping=None"),
    {"charmap_build", codecs_charmap_build, METH_O,
     PyDoc_STR("charmap_build($module, map, /)\n--\n\n"
               "Make an encoding map from a decoding string.")},
    {"readbuffer_encode", FAST(codecs_readbuffer_encode), METH_FASTCALL,
     PyDoc_STR("readbuffer_encode($module, data, errors=None, /)\n--\n\n"
               "Return the bytes of a buffer.")},
    {"register_error", FAST(codecs_register_error), METH_FASTCALL,
     PyDoc_STR("register_error($module, errors, handler, /)\n--\n\n"
               "Register an error handler under a name.")},
    {"lookup_error", codecs_lookup_error, METH_O,
     PyDoc_STR("lookup_error($module, name, /)\n--\n\n"
               "Find an error handler by name.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot codecs_slots[] = {{0, NULL}};

static PyModuleDef codecs_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_codecs",
    .m_methods = codecs_methods,
    .m_slots = codecs_slots,
};

PyMODINIT_FUNC PyInit__codecs(void);

PyMODINIT_FUNC
PyInit__codecs(void)
{
    return PyModuleDef_Init(&codecs_module);
}
