/* str: encoding and decoding by name, and the locale's and the file system's
 * encodings. */
#include "Python.h"
#include "internal/codecs.h"
#include "runtime.h"
#include "unicode.h"

/* ---- names -------------------------------------------------------------- */

int
codec_normalize_name(const char *encoding, char *lower, size_t size)
{
    char *out = lower, *last = lower + size - 1;
    int separated = 0;

    for (const char *s = encoding; *s; s++) {
        if (Py_ISALNUM(*s) || *s == '.') {
            if (separated && out != lower) {
                if (out == last) {
                    return 0;
                }
                *out++ = '_';
            }
            separated = 0;
            if (out == last) {
                return 0;
            }
            *out++ = (char)Py_TOLOWER(*s);
        }
        else {
            separated = 1;
        }
    }
    *out = '\0';
    return 1;
}

/* Encodings which need no registry. */
typedef enum {
    BY_REGISTRY, UTF8, UTF16, UTF32, ASCII_ONLY, LATIN1
} Builtin;

static Builtin
builtin_encoding(const char *encoding)
{
    static const struct {
        const char *name;
        Builtin builtin;
    } names[] = {
        {"utf_8", UTF8}, {"utf8", UTF8}, {"utf_16", UTF16}, {"utf16", UTF16},
        {"utf_32", UTF32}, {"utf32", UTF32}, {"ascii", ASCII_ONLY},
        {"us_ascii", ASCII_ONLY}, {"latin1", LATIN1}, {"latin_1", LATIN1},
        {"iso_8859_1", LATIN1}, {"iso8859_1", LATIN1},
    };
    char lower[16];

    if (codec_normalize_name(encoding, lower, sizeof(lower))) {
        for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
            if (strcmp(lower, names[i].name) == 0) {
                return names[i].builtin;
            }
        }
    }
    return BY_REGISTRY;
}

const char *
PyUnicode_GetDefaultEncoding(void)
{
    return "utf-8";
}

/* In development mode unknown names are errors even when unused. 0/-1 */
static int
check_names(const char *encoding, const char *errors)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (!interp->config.dev_mode || !interp->codecs_initialized ||
        interp->fs_codec.encoding == NULL || interp->finalizing) {
        return 0;
    }
    if (encoding != NULL && builtin_encoding(encoding) == BY_REGISTRY) {
        PyObject *codec = _PyCodec_Lookup(encoding);
        if (codec == NULL) {
            return -1;
        }
        Py_DECREF(codec);
    }
    if (errors != NULL && strcmp(errors, "strict") != 0 &&
        strcmp(errors, "ignore") != 0 && strcmp(errors, "replace") != 0 &&
        strcmp(errors, "surrogateescape") != 0 &&
        strcmp(errors, "surrogatepass") != 0) {
        PyObject *handler = PyCodec_LookupError(errors);
        if (handler == NULL) {
            return -1;
        }
        Py_DECREF(handler);
    }
    return 0;
}

/* ---- decoding ----------------------------------------------------------- */

static PyObject *
decode_by_registry(const char *text, Py_ssize_t size, const char *encoding,
                   const char *errors)
{
    Py_buffer info;

    if (PyBuffer_FillInfo(&info, NULL, (void *)text, size, 1,
                          PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    PyObject *view = PyMemoryView_FromBuffer(&info);
    if (view == NULL) {
        return NULL;
    }
    PyObject *result = _PyCodec_DecodeText(view, encoding, errors);
    Py_DECREF(view);
    if (result == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "'%.400s' decoder returned '%.400s' instead of 'str'; "
                     "use codecs.decode() to decode to arbitrary types",
                     encoding, Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    if (PyUnicode_READY(result) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

PyObject *
PyUnicode_Decode(const char *text, Py_ssize_t size, const char *encoding,
                 const char *errors)
{
    if (check_names(encoding, errors) < 0) {
        return NULL;
    }
    if (size == 0) {
        return Py_NewRef(unicode_empty());
    }
    switch (encoding == NULL ? UTF8 : builtin_encoding(encoding)) {
    case UTF8:
        return PyUnicode_DecodeUTF8Stateful(text, size, errors, NULL);
    case UTF16:
        return PyUnicode_DecodeUTF16(text, size, errors, 0);
    case UTF32:
        return PyUnicode_DecodeUTF32(text, size, errors, 0);
    case ASCII_ONLY:
        return PyUnicode_DecodeASCII(text, size, errors);
    case LATIN1:
        return PyUnicode_DecodeLatin1(text, size, errors);
    default:
        return decode_by_registry(text, size, encoding, errors);
    }
}

PyObject *
PyUnicode_FromEncodedObject(PyObject *object, const char *encoding,
                            const char *errors)
{
    Py_buffer buffer;

    if (object == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyBytes_Check(object)) {
        if (PyBytes_GET_SIZE(object) == 0) {
            if (check_names(encoding, errors) < 0) {
                return NULL;
            }
            return Py_NewRef(unicode_empty());
        }
        return PyUnicode_Decode(PyBytes_AS_STRING(object),
                                PyBytes_GET_SIZE(object), encoding, errors);
    }
    if (PyUnicode_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "decoding str is not supported");
        return NULL;
    }
    if (PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError,
                     "decoding to str: need a bytes-like object, %.80s found",
                     Py_TYPE(object)->tp_name);
        return NULL;
    }
    PyObject *result;
    if (buffer.len == 0) {
        result = check_names(encoding, errors) < 0
                     ? NULL
                     : Py_NewRef(unicode_empty());
    }
    else {
        result = PyUnicode_Decode(buffer.buf, buffer.len, encoding, errors);
    }
    PyBuffer_Release(&buffer);
    return result;
}

/* ---- encoding ----------------------------------------------------------- */

static PyObject *
encode_by_registry(PyObject *text, const char *encoding, const char *errors)
{
    PyObject *result = _PyCodec_EncodeText(text, encoding, errors);

    if (result == NULL || PyBytes_Check(result)) {
        return result;
    }
    if (PyByteArray_Check(result)) {
        PyObject *bytes = NULL;
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                             "encoder %s returned bytearray instead of bytes; "
                             "use codecs.encode() to encode to arbitrary "
                             "types", encoding) == 0) {
            bytes = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(result),
                                              PyByteArray_GET_SIZE(result));
        }
        Py_DECREF(result);
        return bytes;
    }
    PyErr_Format(PyExc_TypeError,
                 "'%.400s' encoder returned '%.400s' instead of 'bytes'; "
                 "use codecs.encode() to encode to arbitrary types",
                 encoding, Py_TYPE(result)->tp_name);
    Py_DECREF(result);
    return NULL;
}

PyObject *
PyUnicode_AsEncodedString(PyObject *text, const char *encoding,
                          const char *errors)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (check_names(encoding, errors) < 0) {
        return NULL;
    }
    switch (encoding == NULL ? UTF8 : builtin_encoding(encoding)) {
    case UTF8:
        return _PyUnicode_AsUTF8String(text, errors);
    case UTF16:
        return _PyUnicode_EncodeUTF16(text, errors, 0);
    case UTF32:
        return _PyUnicode_EncodeUTF32(text, errors, 0);
    case ASCII_ONLY:
        return _PyUnicode_AsASCIIString(text, errors);
    case LATIN1:
        return _PyUnicode_AsLatin1String(text, errors);
    default:
        return encode_by_registry(text, encoding, errors);
    }
}

PyObject *
unicode_encode_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static const char *const keywords[] = {"encoding", "errors", NULL};
    static _PyArg_Parser parser = {.format = "|ss:encode",
                                   .keywords = keywords, .fname = "encode"};
    const char *encoding = NULL, *errors = NULL;
    PyObject *given[2] = {NULL, NULL};
    const char **targets[2] = {&encoding, &errors};

    if (nargs > 0 || kwnames != NULL) {
        PyObject *const *values = _PyArg_UnpackKeywords(
            args, nargs, NULL, kwnames, &parser, 0, 2, 0, given);
        if (values == NULL) {
            return NULL;
        }
        for (int i = 0; i < 2; i++) {
            /* Positional arguments come back as they are, only nargs. */
            if ((values == args && i >= nargs) || values[i] == NULL) {
                continue;
            }
            if (!PyUnicode_Check(values[i])) {
                _PyArg_BadArgument("encode", i == 0 ? "argument 'encoding'"
                                                    : "argument 'errors'",
                                   "str", values[i]);
                return NULL;
            }
            Py_ssize_t size;
            *targets[i] = PyUnicode_AsUTF8AndSize(values[i], &size);
            if (*targets[i] == NULL) {
                return NULL;
            }
            if (strlen(*targets[i]) != (size_t)size) {
                PyErr_SetString(PyExc_ValueError, "embedded null character");
                return NULL;
            }
        }
    }
    return PyUnicode_AsEncodedString(self, encoding, errors);
}

/* ---- deprecated --------------------------------------------------------- */

static int
warn_deprecated(const char *text)
{
    return PyErr_WarnEx(PyExc_DeprecationWarning, text, 1);
}

static PyObject *
require_str(PyObject *result, const char *what, const char *advice,
            const char *encoding)
{
    if (result != NULL && !PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "'%.400s' %s returned '%.400s' instead of 'str'; %s",
                     encoding, what, Py_TYPE(result)->tp_name, advice);
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
PyUnicode_AsDecodedObject(PyObject *text, const char *encoding,
                          const char *errors)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (warn_deprecated("PyUnicode_AsDecodedObject() is deprecated; use "
                        "PyCodec_Decode() to decode from str") < 0) {
        return NULL;
    }
    return PyCodec_Decode(text, encoding == NULL ? "utf-8" : encoding, errors);
}

PyObject *
PyUnicode_AsDecodedUnicode(PyObject *text, const char *encoding,
                           const char *errors)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (warn_deprecated("PyUnicode_AsDecodedUnicode() is deprecated; use "
                        "PyCodec_Decode() to decode from str to str") < 0) {
        return NULL;
    }
    encoding = encoding == NULL ? "utf-8" : encoding;
    return require_str(PyCodec_Decode(text, encoding, errors), "decoder",
                       "use codecs.decode() to decode to arbitrary types",
                       encoding);
}

PyObject *
PyUnicode_AsEncodedObject(PyObject *text, const char *encoding,
                          const char *errors)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (warn_deprecated("PyUnicode_AsEncodedObject() is deprecated; use "
                        "PyUnicode_AsEncodedString() to encode from str to "
                        "bytes or PyCodec_Encode() for generic encoding") <
        0) {
        return NULL;
    }
    return PyCodec_Encode(text, encoding == NULL ? "utf-8" : encoding, errors);
}

PyObject *
PyUnicode_AsEncodedUnicode(PyObject *text, const char *encoding,
                           const char *errors)
{
    if (!PyUnicode_Check(text)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (warn_deprecated("PyUnicode_AsEncodedUnicode() is deprecated; use "
                        "PyCodec_Encode() to encode from str to str") < 0) {
        return NULL;
    }
    encoding = encoding == NULL ? "utf-8" : encoding;
    return require_str(PyCodec_Encode(text, encoding, errors), "encoder",
                       "use codecs.encode() to encode to arbitrary types",
                       encoding);
}

/* ---- the locale's encoding ---------------------------------------------- */

/* A UnicodeDecodeError or UnicodeEncodeError of "locale". */
static void
raise_locale(PyObject *type, PyObject *object, size_t position,
             const char *reason)
{
    PyObject *error = PyObject_CallFunction(
        type, "sOnns", "locale", object, (Py_ssize_t)position,
        (Py_ssize_t)position + 1, reason);

    if (error != NULL) {
        PyCodec_StrictErrors(error);
        Py_DECREF(error);
    }
}

static PyObject *
encode_locale(PyObject *text, _Py_error_handler errors, int current_locale)
{
    Py_ssize_t length;
    wchar_t *wide = PyUnicode_AsWideCharString(text, &length);
    PyObject *result = NULL;
    char *bytes = NULL;
    size_t position;
    const char *reason;

    if (wide == NULL) {
        return NULL;
    }
    if (wcslen(wide) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        PyMem_Free(wide);
        return NULL;
    }
    int status = _Py_EncodeLocaleEx(wide, &bytes, &position, &reason,
                                    current_locale, errors);
    PyMem_Free(wide);
    switch (status) {
    case 0:
        result = PyBytes_FromString(bytes);
        PyMem_RawFree(bytes);
        return result;
    case -2:
        raise_locale(PyExc_UnicodeEncodeError, text, position, reason);
        return NULL;
    case -3:
        PyErr_SetString(PyExc_ValueError, "unsupported error handler");
        return NULL;
    default:
        return PyErr_NoMemory();
    }
}

static PyObject *
decode_locale(const char *text, Py_ssize_t size, _Py_error_handler errors,
              int current_locale)
{
    wchar_t *wide;
    size_t length;
    const char *reason;

    if (text[size] != '\0' || (size_t)size != strlen(text)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return NULL;
    }
    int status = _Py_DecodeLocaleEx(text, &wide, &length, &reason,
                                    current_locale, errors);
    if (status == 0) {
        PyObject *result = PyUnicode_FromWideChar(wide, (Py_ssize_t)length);
        PyMem_RawFree(wide);
        return result;
    }
    if (status == -2) {
        PyObject *bytes = PyBytes_FromStringAndSize(text, size);
        if (bytes != NULL) {
            raise_locale(PyExc_UnicodeDecodeError, bytes, length, reason);
            Py_DECREF(bytes);
        }
        return NULL;
    }
    if (status == -3) {
        PyErr_SetString(PyExc_ValueError, "unsupported error handler");
        return NULL;
    }
    return PyErr_NoMemory();
}

PyObject *
PyUnicode_EncodeLocale(PyObject *text, const char *errors)
{
    return encode_locale(text, _Py_GetErrorHandler(errors), 1);
}

PyObject *
PyUnicode_DecodeLocaleAndSize(const char *text, Py_ssize_t size,
                              const char *errors)
{
    return decode_locale(text, size, _Py_GetErrorHandler(errors), 1);
}

PyObject *
PyUnicode_DecodeLocale(const char *text, const char *errors)
{
    return decode_locale(text, (Py_ssize_t)strlen(text),
                         _Py_GetErrorHandler(errors), 1);
}

/* ---- the file system's encoding ----------------------------------------- */

/* The handler that the configuration names, before the codecs work. */
static _Py_error_handler
config_error_handler(PyInterpreterState *interp)
{
    char name[64];
    const wchar_t *wide = interp->config.filesystem_errors;

    if (wide == NULL || wcstombs(name, wide, sizeof(name)) >= sizeof(name)) {
        return _Py_ERROR_SURROGATEESCAPE;
    }
    return _Py_GetErrorHandler(name);
}

PyObject *
PyUnicode_EncodeFSDefault(PyObject *text)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (interp->fs_codec.utf8) {
        return _PyUnicode_AsUTF8String(text, interp->fs_codec.errors);
    }
    if (interp->fs_codec.encoding != NULL) {
        return PyUnicode_AsEncodedString(text, interp->fs_codec.encoding,
                                         interp->fs_codec.errors);
    }
    return encode_locale(text, config_error_handler(interp), 0);
}

PyObject *
PyUnicode_DecodeFSDefaultAndSize(const char *text, Py_ssize_t size)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (interp->fs_codec.utf8) {
        return PyUnicode_DecodeUTF8Stateful(text, size,
                                            interp->fs_codec.errors, NULL);
    }
    if (interp->fs_codec.encoding != NULL) {
        return PyUnicode_Decode(text, size, interp->fs_codec.encoding,
                                interp->fs_codec.errors);
    }
    return decode_locale(text, size, config_error_handler(interp), 0);
}

PyObject *
PyUnicode_DecodeFSDefault(const char *text)
{
    return PyUnicode_DecodeFSDefaultAndSize(text, (Py_ssize_t)strlen(text));
}

int
PyUnicode_FSConverter(PyObject *argument, void *target)
{
    PyObject **result = target;

    if (argument == NULL) {
        Py_CLEAR(*result);
        return 1;
    }
    PyObject *path = PyOS_FSPath(argument), *bytes;
    if (path == NULL) {
        return 0;
    }
    if (PyBytes_Check(path)) {
        bytes = path;
    }
    else {
        bytes = PyUnicode_EncodeFSDefault(path);
        Py_DECREF(path);
        if (bytes == NULL) {
            return 0;
        }
    }
    if (strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        Py_DECREF(bytes);
        return 0;
    }
    *result = bytes;
    return Py_CLEANUP_SUPPORTED;
}

/* str or bytes, new.  Other buffers are still taken, with a warning. */
static PyObject *
path_for_decoding(PyObject *argument)
{
    if (PyUnicode_Check(argument) || PyBytes_Check(argument)) {
        return Py_NewRef(argument);
    }
    if (!PyObject_CheckBuffer(argument)) {
        return PyOS_FSPath(argument);
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "path should be string, bytes, or os.PathLike, "
                         "not %.200s",
                         Py_TYPE(argument)->tp_name) < 0) {
        return NULL;
    }
    return PyBytes_FromObject(argument);
}

int
PyUnicode_FSDecoder(PyObject *argument, void *target)
{
    PyObject **result = target;

    if (argument == NULL) {
        Py_CLEAR(*result);
        return 1;
    }
    PyObject *path = path_for_decoding(argument), *text;
    if (path == NULL) {
        return 0;
    }
    if (PyUnicode_Check(path)) {
        text = path;
    }
    else {
        text = PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(path),
                                                PyBytes_GET_SIZE(path));
        Py_DECREF(path);
        if (text == NULL) {
            return 0;
        }
    }
    if (PyUnicode_READY(text) < 0) {
        Py_DECREF(text);
        return 0;
    }
    if (unicode_find_char(unicode_kind(text), unicode_data(text),
                          unicode_length(text), 0) >= 0) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        Py_DECREF(text);
        return 0;
    }
    *result = text;
    return Py_CLEANUP_SUPPORTED;
}

/* UTF-8 copy of a configuration string (PyMem_RawMalloc), or NULL. */
static char *
config_as_utf8(const wchar_t *wide)
{
    char *result = NULL;
    PyObject *text = PyUnicode_FromWideChar(wide, -1);

    if (text != NULL) {
        const char *utf8 = PyUnicode_AsUTF8(text);
        if (utf8 != NULL) {
            result = _PyMem_RawStrdup(utf8);
            if (result == NULL) {
                PyErr_NoMemory();
            }
        }
        Py_DECREF(text);
    }
    return result;
}

int
unicode_init_fs_codec(PyInterpreterState *interp)
{
    char *encoding = config_as_utf8(interp->config.filesystem_encoding);
    char *errors = encoding == NULL
                       ? NULL
                       : config_as_utf8(interp->config.filesystem_errors);

    if (errors == NULL) {
        PyMem_RawFree(encoding);
        return -1;
    }
    PyMem_RawFree(interp->fs_codec.encoding);
    PyMem_RawFree(interp->fs_codec.errors);
    interp->fs_codec.encoding = encoding;
    interp->fs_codec.errors = errors;
    interp->fs_codec.error_handler = _Py_GetErrorHandler(errors);
    interp->fs_codec.utf8 = builtin_encoding(encoding) == UTF8;
    if (interp == PyInterpreterState_Main()) {
        Py_FileSystemDefaultEncoding = encoding;     /* for extensions */
        Py_FileSystemDefaultEncodeErrors = errors;
    }
    return 0;
}

void
unicode_fini_fs_codec(PyInterpreterState *interp)
{
    if (Py_FileSystemDefaultEncoding == interp->fs_codec.encoding) {
        Py_FileSystemDefaultEncoding = NULL;
        Py_FileSystemDefaultEncodeErrors = NULL;
    }
    PyMem_RawFree(interp->fs_codec.encoding);
    PyMem_RawFree(interp->fs_codec.errors);
    interp->fs_codec.encoding = NULL;
    interp->fs_codec.errors = NULL;
    interp->fs_codec.utf8 = 0;
}
