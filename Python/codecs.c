/* The codec registry: search functions, found codecs, error handlers (PEP 100,
 * PEP 293).
 *
 * Per interpreter: `codec_search_path`, the list of search functions;
 * `codec_search_cache`, normalized name -> what a search function returned;
 * `codec_error_registry`, name -> callable.  They exist from codecs_init on;
 * the package encodings is imported at the first lookup.
 */
#include "Python.h"
#include "audit.h"
#include "internal/codecs.h"
#include "names.h"
#include "runtime.h"
#include "ucd.h"
#include "unicode.h"

const char *Py_hexdigits = "0123456789abcdef";

/* ---- search ------------------------------------------------------------- */

/* Imports the package encodings, which registers its search function. */
static int
registry_ensure(PyInterpreterState *interp)
{
    if (interp->codecs_initialized) {
        return 0;
    }
    if (interp->codec_search_path == NULL && codecs_init(interp) < 0) {
        return -1;
    }
    interp->codecs_initialized = 1;
    PyObject *module = PyImport_ImportModule("encodings");
    if (module == NULL) {
        interp->codecs_initialized = 0;
        return -1;
    }
    Py_DECREF(module);
    return 0;
}

int
PyCodec_Register(PyObject *search_function)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (registry_ensure(interp) < 0) {
        return -1;
    }
    if (search_function == NULL) {
        PyErr_BadArgument();
        return -1;
    }
    if (!PyCallable_Check(search_function)) {
        PyErr_SetString(PyExc_TypeError, "argument must be callable");
        return -1;
    }
    if (PyAudit(AUDIT_LUCID_CODECS_REGISTER, "(O)", search_function) < 0) {
        return -1;
    }
    return PyList_Append(interp->codec_search_path, search_function);
}

int
PyCodec_Unregister(PyObject *search_function)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    PyObject *path = interp->codec_search_path;

    if (path == NULL) {
        return 0;
    }
    if (PyAudit(AUDIT_LUCID_CODECS_UNREGISTER, "(O)", search_function) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        if (PyList_GET_ITEM(path, i) == search_function) {
            if (interp->codec_search_cache != NULL) {
                PyDict_Clear(interp->codec_search_cache);
            }
            return PyList_SetSlice(path, i, i + 1, NULL);
        }
    }
    return 0;
}

/* The name for search functions: ASCII lower case, spaces as underscores. */
static PyObject *
normalize_name(const char *encoding)
{
    size_t size = strlen(encoding);
    PyObject *result = NULL;

    if (size > PY_SSIZE_T_MAX - 1) {
        PyErr_SetString(PyExc_OverflowError, "string is too large");
        return NULL;
    }
    char *lower = PyMem_Malloc(size + 1);
    if (lower == NULL) {
        return PyErr_NoMemory();
    }
    if (!codec_normalize_name(encoding, lower, size + 1)) {
        lower[0] = '\0';
    }
    result = PyUnicode_InternFromString(lower);
    PyMem_Free(lower);
    return result;
}

/* Asks the search functions; new, or NULL. */
static PyObject *
search(PyInterpreterState *interp, PyObject *name, const char *encoding)
{
    PyObject *path = interp->codec_search_path;

    if (PyList_GET_SIZE(path) == 0) {
        PyErr_SetString(PyExc_LookupError, "no codec search functions "
                        "registered: can't find encoding");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        PyObject *function = Py_NewRef(PyList_GET_ITEM(path, i));
        PyObject *result = PyObject_CallOneArg(function, name);
        Py_DECREF(function);
        if (result == NULL) {
            return NULL;
        }
        if (result == Py_None) {
            Py_DECREF(result);
            continue;
        }
        if (!PyTuple_Check(result) || PyTuple_GET_SIZE(result) != 4) {
            PyErr_SetString(PyExc_TypeError,
                            "codec search functions must return 4-tuples");
            Py_DECREF(result);
            return NULL;
        }
        return result;
    }
    PyErr_Format(PyExc_LookupError, "unknown encoding: %s", encoding);
    return NULL;
}

PyObject *
_PyCodec_Lookup(const char *encoding)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (encoding == NULL) {
        PyErr_BadArgument();
        return NULL;
    }
    if (registry_ensure(interp) < 0) {
        return NULL;
    }
    PyObject *name = normalize_name(encoding);
    if (name == NULL) {
        return NULL;
    }
    PyObject *result = PyDict_GetItemWithError(interp->codec_search_cache,
                                               name);
    if (result != NULL) {
        Py_INCREF(result);
    }
    else if (!PyErr_Occurred()) {
        result = search(interp, name, encoding);
        if (result != NULL &&
            PyDict_SetItem(interp->codec_search_cache, name, result) < 0) {
            Py_CLEAR(result);
        }
    }
    Py_DECREF(name);
    return result;
}

int
_PyCodec_Forget(const char *encoding)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (interp->codec_search_cache == NULL) {
        return -1;
    }
    PyObject *name = normalize_name(encoding);
    if (name == NULL) {
        return -1;
    }
    int status = PyDict_DelItem(interp->codec_search_cache, name);
    Py_DECREF(name);
    return status;
}

int
PyCodec_KnownEncoding(const char *encoding)
{
    PyObject *codec = _PyCodec_Lookup(encoding);

    if (codec == NULL) {
        PyErr_Clear();                 /* whatever: the answer is no */
        return 0;
    }
    Py_DECREF(codec);
    return 1;
}

/* ---- parts of a codec --------------------------------------------------- */

static PyObject *
codec_item(const char *encoding, Py_ssize_t index)
{
    PyObject *codec = _PyCodec_Lookup(encoding);

    if (codec == NULL) {
        return NULL;
    }
    PyObject *item = Py_NewRef(PyTuple_GET_ITEM(codec, index));
    Py_DECREF(codec);
    return item;
}

PyObject *
PyCodec_Encoder(const char *encoding)
{
    return codec_item(encoding, 0);
}

PyObject *
PyCodec_Decoder(const char *encoding)
{
    return codec_item(encoding, 1);
}

static PyObject *
make_stream(const char *encoding, PyObject *stream, const char *errors,
            Py_ssize_t index)
{
    PyObject *factory = codec_item(encoding, index), *result;

    if (factory == NULL) {
        return NULL;
    }
    result = errors != NULL
                 ? PyObject_CallFunction(factory, "Os", stream, errors)
                 : PyObject_CallOneArg(factory, stream);
    Py_DECREF(factory);
    return result;
}

PyObject *
PyCodec_StreamReader(const char *encoding, PyObject *stream,
                     const char *errors)
{
    return make_stream(encoding, stream, errors, 2);
}

PyObject *
PyCodec_StreamWriter(const char *encoding, PyObject *stream,
                     const char *errors)
{
    return make_stream(encoding, stream, errors, 3);
}

static PyObject *
make_incremental(PyObject *codec, const char *errors, PyObject *attribute)
{
    PyObject *factory = PyObject_GetAttr(codec, attribute), *result;

    if (factory == NULL) {
        return NULL;
    }
    result = errors != NULL ? PyObject_CallFunction(factory, "s", errors)
                            : PyObject_CallNoArgs(factory);
    Py_DECREF(factory);
    return result;
}

PyObject *
_PyCodecInfo_GetIncrementalEncoder(PyObject *codec, const char *errors)
{
    return make_incremental(codec, errors, NAME(incrementalencoder));
}

PyObject *
_PyCodecInfo_GetIncrementalDecoder(PyObject *codec, const char *errors)
{
    return make_incremental(codec, errors, NAME(incrementaldecoder));
}

static PyObject *
lookup_incremental(const char *encoding, const char *errors,
                   PyObject *attribute)
{
    PyObject *codec = _PyCodec_Lookup(encoding);

    if (codec == NULL) {
        return NULL;
    }
    PyObject *result = make_incremental(codec, errors, attribute);
    Py_DECREF(codec);
    return result;
}

PyObject *
PyCodec_IncrementalEncoder(const char *encoding, const char *errors)
{
    return lookup_incremental(encoding, errors, NAME(incrementalencoder));
}

PyObject *
PyCodec_IncrementalDecoder(const char *encoding, const char *errors)
{
    return lookup_incremental(encoding, errors, NAME(incrementaldecoder));
}

/* ---- encode and decode -------------------------------------------------- */

/* Raises the pending exception again, naming the codec. */
static void
wrap_exception(const char *operation, const char *encoding)
{
    _PyErr_TrySetFromCause("%s with '%s' codec failed", operation, encoding);
}

/* Steals function, which may be NULL. */
static PyObject *
call_codec(PyObject *function, PyObject *object, const char *encoding,
           const char *errors, const char *operation, const char *complaint)
{
    PyObject *answer, *result = NULL;

    if (function == NULL) {
        return NULL;
    }
    answer = errors != NULL
                 ? PyObject_CallFunction(function, "Os", object, errors)
                 : PyObject_CallOneArg(function, object);
    Py_DECREF(function);
    if (answer == NULL) {
        wrap_exception(operation, encoding);
        return NULL;
    }
    if (!PyTuple_Check(answer) || PyTuple_GET_SIZE(answer) != 2) {
        PyErr_SetString(PyExc_TypeError, complaint);
    }
    else {
        result = Py_NewRef(PyTuple_GET_ITEM(answer, 0));
    }
    Py_DECREF(answer);
    return result;
}

static const char encoder_complaint[] =
    "encoder must return a tuple (object, integer)";
static const char decoder_complaint[] =
    "decoder must return a tuple (object,integer)";

PyObject *
PyCodec_Encode(PyObject *object, const char *encoding, const char *errors)
{
    return call_codec(PyCodec_Encoder(encoding), object, encoding, errors,
                      "encoding", encoder_complaint);
}

PyObject *
PyCodec_Decode(PyObject *object, const char *encoding, const char *errors)
{
    return call_codec(PyCodec_Decoder(encoding), object, encoding, errors,
                      "decoding", decoder_complaint);
}

/* Whether the codec is between str and bytes: 1/0/-1 */
static int
is_text_encoding(PyObject *codec)
{
    PyObject *flag;

    if (PyTuple_CheckExact(codec)) {
        return 1;
    }
    if (_PyObject_LookupAttr(codec, NAME(_is_text_encoding), &flag) < 0) {
        return -1;
    }
    if (flag == NULL) {
        return 1;
    }
    int result = PyObject_IsTrue(flag);
    Py_DECREF(flag);
    return result;
}

PyObject *
_PyCodec_LookupTextEncoding(const char *encoding,
                            const char *alternate_command)
{
    PyObject *codec = _PyCodec_Lookup(encoding);

    if (codec == NULL) {
        return NULL;
    }
    int is_text = is_text_encoding(codec);
    if (is_text <= 0) {
        Py_DECREF(codec);
        if (is_text == 0) {
            PyErr_Format(PyExc_LookupError,
                         "'%.400s' is not a text encoding; use %s to handle "
                         "arbitrary codecs", encoding, alternate_command);
        }
        return NULL;
    }
    return codec;
}

static PyObject *
text_codec_item(const char *encoding, const char *command, Py_ssize_t index)
{
    PyObject *codec = _PyCodec_LookupTextEncoding(encoding, command);

    if (codec == NULL) {
        return NULL;
    }
    PyObject *item = Py_NewRef(PyTuple_GET_ITEM(codec, index));
    Py_DECREF(codec);
    return item;
}

PyObject *
_PyCodec_EncodeText(PyObject *object, const char *encoding,
                    const char *errors)
{
    return call_codec(text_codec_item(encoding, "codecs.encode()", 0), object,
                      encoding, errors, "encoding", encoder_complaint);
}

PyObject *
_PyCodec_DecodeText(PyObject *object, const char *encoding,
                    const char *errors)
{
    return call_codec(text_codec_item(encoding, "codecs.decode()", 1), object,
                      encoding, errors, "decoding", decoder_complaint);
}

/* ---- error handlers: registry ------------------------------------------- */

int
PyCodec_RegisterError(const char *name, PyObject *handler)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (registry_ensure(interp) < 0) {
        return -1;
    }
    if (!PyCallable_Check(handler)) {
        PyErr_SetString(PyExc_TypeError, "handler must be callable");
        return -1;
    }
    return PyDict_SetItemString(interp->codec_error_registry, name, handler);
}

PyObject *
PyCodec_LookupError(const char *name)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (registry_ensure(interp) < 0) {
        return NULL;
    }
    name = name == NULL ? "strict" : name;
    PyObject *handler = _PyDict_GetItemStringWithError(
        interp->codec_error_registry, name);
    if (handler == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_LookupError,
                         "unknown error handler name '%.400s'", name);
        }
        return NULL;
    }
    return Py_NewRef(handler);
}

/* ---- error handlers: the defect ----------------------------------------- */

enum { DEFECT_ENCODE = 1, DEFECT_DECODE = 2, DEFECT_TRANSLATE = 4 };

typedef struct {
    int kind;                     /* one of the above */
    PyObject *object;             /* owned: str, or bytes when decoding */
    Py_ssize_t start, end;
} Defect;

static void
raise_unhandled(PyObject *error)
{
    PyErr_Format(PyExc_TypeError,
                 "don't know how to handle %.200s in error callback",
                 Py_TYPE(error)->tp_name);
}

/* Reads the exception if it is of one of the kinds.  0/-1 */
static int
defect_init(Defect *defect, PyObject *error, int kinds)
{
    *defect = (Defect){.kind = 0};
    if ((kinds & DEFECT_ENCODE) &&
        PyObject_TypeCheck(error, (PyTypeObject *)PyExc_UnicodeEncodeError)) {
        defect->kind = DEFECT_ENCODE;
        if (PyUnicodeEncodeError_GetStart(error, &defect->start) < 0 ||
            PyUnicodeEncodeError_GetEnd(error, &defect->end) < 0) {
            return -1;
        }
        defect->object = PyUnicodeEncodeError_GetObject(error);
    }
    else if ((kinds & DEFECT_DECODE) &&
             PyObject_TypeCheck(error,
                                (PyTypeObject *)PyExc_UnicodeDecodeError)) {
        defect->kind = DEFECT_DECODE;
        if (PyUnicodeDecodeError_GetStart(error, &defect->start) < 0 ||
            PyUnicodeDecodeError_GetEnd(error, &defect->end) < 0) {
            return -1;
        }
        defect->object = PyUnicodeDecodeError_GetObject(error);
    }
    else if ((kinds & DEFECT_TRANSLATE) &&
             PyObject_TypeCheck(
                 error, (PyTypeObject *)PyExc_UnicodeTranslateError)) {
        defect->kind = DEFECT_TRANSLATE;
        if (PyUnicodeTranslateError_GetStart(error, &defect->start) < 0 ||
            PyUnicodeTranslateError_GetEnd(error, &defect->end) < 0) {
            return -1;
        }
        defect->object = PyUnicodeTranslateError_GetObject(error);
    }
    else {
        raise_unhandled(error);
    }
    return defect->object == NULL ? -1 : 0;
}

static Py_UCS4
defect_char(const Defect *defect, Py_ssize_t i)
{
    return unicode_read(unicode_kind(defect->object),
                        unicode_data(defect->object), i);
}

/* The handler's answer; steals replacement, which may be NULL. */
static PyObject *
answer(PyObject *replacement, Py_ssize_t position)
{
    return replacement == NULL ? NULL
                               : Py_BuildValue("(Nn)", replacement, position);
}

/* Text of `count` equal characters. */
static PyObject *
repeat_char(Py_UCS4 ch, Py_ssize_t count)
{
    PyObject *result = PyUnicode_New(Py_MAX(count, 0), ch);

    if (result != NULL && count > 0) {
        _PyUnicode_FastFill(result, 0, count, ch);
    }
    return result;
}

/* ---- error handlers ----------------------------------------------------- */

PyObject *
PyCodec_StrictErrors(PyObject *error)
{
    if (PyExceptionInstance_Check(error)) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    }
    else {
        PyErr_SetString(PyExc_TypeError,
                        "codec must pass exception instance");
    }
    return NULL;
}

PyObject *
PyCodec_IgnoreErrors(PyObject *error)
{
    Defect defect;

    if (defect_init(&defect, error,
                    DEFECT_ENCODE | DEFECT_DECODE | DEFECT_TRANSLATE) < 0) {
        return NULL;
    }
    Py_DECREF(defect.object);
    return answer(Py_NewRef(unicode_empty()), defect.end);
}

PyObject *
PyCodec_ReplaceErrors(PyObject *error)
{
    Defect defect;

    if (defect_init(&defect, error,
                    DEFECT_ENCODE | DEFECT_DECODE | DEFECT_TRANSLATE) < 0) {
        return NULL;
    }
    Py_DECREF(defect.object);
    PyObject *text = defect.kind == DEFECT_DECODE
        ? unicode_from_char(0xfffd)
        : repeat_char(defect.kind == DEFECT_ENCODE ? '?' : 0xfffd,
                      defect.end - defect.start);
    return answer(text, defect.end);
}

/* Writes ASCII text for each character (or byte) of the defect. */
typedef int (*describer)(Py_UCS4 ch, char *out);

static PyObject *
describe_each(Defect *defect, describer describe)
{
    _PyUnicodeWriter writer;
    char piece[UCD_NAME_MAX + 8];
    PyObject *result = NULL;

    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    for (Py_ssize_t i = defect->start; i < defect->end; i++) {
        Py_UCS4 ch = defect->kind == DEFECT_DECODE
            ? (unsigned char)PyBytes_AS_STRING(defect->object)[i]
            : defect_char(defect, i);
        int n = describe(ch, piece);
        if (_PyUnicodeWriter_WriteASCIIString(&writer, piece, n) < 0) {
            goto done;
        }
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    return answer(result, defect->end);
}

static int
describe_reference(Py_UCS4 ch, char *out)
{
    return PyOS_snprintf(out, 16, "&#%lu;", (unsigned long)ch);
}

static int
describe_backslash(Py_UCS4 ch, char *out)
{
    return (int)(codec_write_backslash(out, ch) - out);
}

static int
describe_name(Py_UCS4 ch, char *out)
{
    if (ucd_get_name(ch, out + 3, UCD_NAME_MAX + 4)) {
        memcpy(out, "\\N{", 3);
        int n = (int)strlen(out);
        out[n] = '}';
        return n + 1;
    }
    return describe_backslash(ch, out);
}

static PyObject *
describe_error(PyObject *error, int kinds, describer describe)
{
    Defect defect;

    if (defect_init(&defect, error, kinds) < 0) {
        return NULL;
    }
    PyObject *result = describe_each(&defect, describe);
    Py_DECREF(defect.object);
    return result;
}

PyObject *
PyCodec_XMLCharRefReplaceErrors(PyObject *error)
{
    return describe_error(error, DEFECT_ENCODE, describe_reference);
}

PyObject *
PyCodec_BackslashReplaceErrors(PyObject *error)
{
    return describe_error(error,
                          DEFECT_ENCODE | DEFECT_DECODE | DEFECT_TRANSLATE,
                          describe_backslash);
}

PyObject *
PyCodec_NameReplaceErrors(PyObject *error)
{
    return describe_error(error, DEFECT_ENCODE, describe_name);
}

/* ---- surrogates --------------------------------------------------------- */

typedef enum {
    SCHEME_UNKNOWN, SCHEME_UTF8, SCHEME_UTF16_LE, SCHEME_UTF16_BE,
    SCHEME_UTF32_LE, SCHEME_UTF32_BE
} Scheme;

/* Which encoding form the name means; *size: bytes of a surrogate in it. */
static Scheme
scheme_of(const char *encoding, int *size)
{
    char name[32];
    const char *rest;

    if (!codec_normalize_name(encoding, name, sizeof(name))) {
        return SCHEME_UNKNOWN;
    }
    if (strncmp(name, "utf", 3) != 0) {
        if (strcmp(name, "cp65001") == 0 || strcmp(name, "cp_utf8") == 0) {
            *size = 3;
            return strcmp(name, "cp65001") == 0 ? SCHEME_UTF8
                                                : SCHEME_UNKNOWN;
        }
        return SCHEME_UNKNOWN;
    }
    rest = name + 3;
    rest += *rest == '_';
    if (strcmp(rest, "8") == 0) {
        *size = 3;
        return SCHEME_UTF8;
    }
    int is_16 = strncmp(rest, "16", 2) == 0;
    if (!is_16 && strncmp(rest, "32", 2) != 0) {
        return SCHEME_UNKNOWN;
    }
    *size = is_16 ? 2 : 4;
    rest += 2;
    rest += *rest == '_';
    if (*rest == '\0' || strcmp(rest, "le") == 0) {
        return is_16 ? SCHEME_UTF16_LE : SCHEME_UTF32_LE;
    }
    if (strcmp(rest, "be") == 0) {
        return is_16 ? SCHEME_UTF16_BE : SCHEME_UTF32_BE;
    }
    return SCHEME_UNKNOWN;
}

static void
put_surrogate(Scheme scheme, unsigned char *out, Py_UCS4 ch)
{
    switch (scheme) {
    case SCHEME_UTF8:
        out[0] = (unsigned char)(0xe0 | ch >> 12);
        out[1] = (unsigned char)(0x80 | (ch >> 6 & 0x3f));
        out[2] = (unsigned char)(0x80 | (ch & 0x3f));
        break;
    case SCHEME_UTF16_LE:
    case SCHEME_UTF32_LE:
        out[0] = (unsigned char)ch;
        out[1] = (unsigned char)(ch >> 8);
        if (scheme == SCHEME_UTF32_LE) {
            out[2] = out[3] = 0;
        }
        break;
    default:
        if (scheme == SCHEME_UTF32_BE) {
            *out++ = 0;
            *out++ = 0;
        }
        out[0] = (unsigned char)(ch >> 8);
        out[1] = (unsigned char)ch;
    }
}

/* The surrogate at s, or 0. */
static Py_UCS4
get_surrogate(Scheme scheme, const unsigned char *s)
{
    Py_UCS4 ch = 0;

    switch (scheme) {
    case SCHEME_UTF8:
        if ((s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 &&
            (s[2] & 0xc0) == 0x80) {
            ch = (s[0] & 15u) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
        }
        break;
    case SCHEME_UTF16_LE:
        ch = (Py_UCS4)s[1] << 8 | s[0];
        break;
    case SCHEME_UTF16_BE:
        ch = (Py_UCS4)s[0] << 8 | s[1];
        break;
    case SCHEME_UTF32_LE:
        ch = (Py_UCS4)s[3] << 24 | s[2] << 16 | s[1] << 8 | s[0];
        break;
    default:
        ch = (Py_UCS4)s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3];
    }
    return Py_UNICODE_IS_SURROGATE(ch) ? ch : 0;
}

/* Scheme named by the exception's encoding; -1 with an exception. */
static int
defect_scheme(PyObject *error, int kind, Scheme *scheme, int *size)
{
    PyObject *encoding = kind == DEFECT_ENCODE
                             ? PyUnicodeEncodeError_GetEncoding(error)
                             : PyUnicodeDecodeError_GetEncoding(error);
    if (encoding == NULL) {
        return -1;
    }
    const char *name = PyUnicode_AsUTF8(encoding);
    if (name != NULL) {
        *scheme = scheme_of(name, size);
    }
    Py_DECREF(encoding);
    return name == NULL ? -1 : 0;
}

static PyObject *
encode_surrogates(PyObject *error, Defect *defect, Scheme scheme, int size)
{
    PyObject *bytes = PyBytes_FromStringAndSize(
        NULL, Py_MAX(defect->end - defect->start, 0) * size);
    if (bytes == NULL) {
        return NULL;
    }
    unsigned char *out = (unsigned char *)PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = defect->start; i < defect->end; i++, out += size) {
        Py_UCS4 ch = defect_char(defect, i);
        if (!Py_UNICODE_IS_SURROGATE(ch)) {
            PyCodec_StrictErrors(error);
            Py_DECREF(bytes);
            return NULL;
        }
        put_surrogate(scheme, out, ch);
    }
    return answer(bytes, defect->end);
}

static PyObject *
surrogatepass_errors(PyObject *module, PyObject *error)
{
    Defect defect;
    Scheme scheme;
    int size;
    PyObject *result = NULL;

    if (defect_init(&defect, error, DEFECT_ENCODE | DEFECT_DECODE) < 0 ||
        defect_scheme(error, defect.kind, &scheme, &size) < 0) {
        goto done;
    }
    if (scheme == SCHEME_UNKNOWN) {
        PyCodec_StrictErrors(error);
    }
    else if (defect.kind == DEFECT_ENCODE) {
        result = encode_surrogates(error, &defect, scheme, size);
    }
    else {
        Py_UCS4 ch = 0;
        if (PyBytes_GET_SIZE(defect.object) - defect.start >= size) {
            ch = get_surrogate(scheme,
                               (unsigned char *)
                                   PyBytes_AS_STRING(defect.object) +
                                   defect.start);
        }
        if (ch == 0) {
            PyCodec_StrictErrors(error);
        }
        else {
            result = answer(unicode_from_char(ch), defect.start + size);
        }
    }
done:
    Py_XDECREF(defect.object);
    return result;
}

static PyObject *
escape_to_bytes(PyObject *error, Defect *defect)
{
    PyObject *bytes = PyBytes_FromStringAndSize(
        NULL, Py_MAX(defect->end - defect->start, 0));
    if (bytes == NULL) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = defect->start; i < defect->end; i++) {
        Py_UCS4 ch = defect_char(defect, i);
        if (ch < 0xdc80 || ch > 0xdcff) {
            PyCodec_StrictErrors(error);
            Py_DECREF(bytes);
            return NULL;
        }
        *out++ = (char)(ch - 0xdc00);
    }
    return answer(bytes, defect->end);
}

static PyObject *
surrogateescape_errors(PyObject *module, PyObject *error)
{
    Defect defect;
    PyObject *result = NULL;

    if (defect_init(&defect, error, DEFECT_ENCODE | DEFECT_DECODE) < 0) {
        return NULL;
    }
    if (defect.kind == DEFECT_ENCODE) {
        result = escape_to_bytes(error, &defect);
    }
    else {
        const unsigned char *s =
            (unsigned char *)PyBytes_AS_STRING(defect.object);
        Py_UCS2 text[4];
        int n = 0;
        while (n < 4 && defect.start + n < defect.end &&
               s[defect.start + n] >= 128) {
            text[n] = (Py_UCS2)(0xdc00 + s[defect.start + n]);
            n++;
        }
        if (n == 0) {
            PyCodec_StrictErrors(error);
        }
        else {
            result = answer(PyUnicode_FromKindAndData(2, text, n),
                            defect.start + n);
        }
    }
    Py_DECREF(defect.object);
    return result;
}

/* ---- registration ------------------------------------------------------- */

#define HANDLER(name, function)                                     \
    static PyObject *                                               \
    name##_errors(PyObject *module, PyObject *error)                \
    {                                                               \
        return function(error);                                     \
    }

HANDLER(strict, PyCodec_StrictErrors)
HANDLER(ignore, PyCodec_IgnoreErrors)
HANDLER(replace, PyCodec_ReplaceErrors)
HANDLER(xmlcharrefreplace, PyCodec_XMLCharRefReplaceErrors)
HANDLER(backslashreplace, PyCodec_BackslashReplaceErrors)
HANDLER(namereplace, PyCodec_NameReplaceErrors)
#undef HANDLER

#define ROW(name, text)                                                       \
    {                                                                         \
#name "_errors", name##_errors, METH_O, PyDoc_STR(text)               \
    }

static PyMethodDef handlers[] = {
    ROW(strict, "Raise the exception."),
    ROW(ignore, "Leave out what is wrong."),
    ROW(replace, "Put a replacement mark in its place."),
    ROW(xmlcharrefreplace, "Put numeric character references in its place."),
    ROW(backslashreplace, "Put backslash escapes in its place."),
    ROW(namereplace, "Put \\N{...} escapes in its place."),
    ROW(surrogatepass, "Let surrogates pass in UTF-8, UTF-16 and UTF-32."),
    ROW(surrogateescape, "Turn bad bytes into surrogates and back."),
};

#undef ROW

int
codecs_init(PyInterpreterState *interp)
{
    if (interp->codec_search_path != NULL) {
        return 0;
    }
    interp->codec_search_path = PyList_New(0);
    interp->codec_search_cache = PyDict_New();
    interp->codec_error_registry = PyDict_New();
    if (interp->codec_search_path == NULL ||
        interp->codec_search_cache == NULL ||
        interp->codec_error_registry == NULL) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(handlers); i++) {
        char name[32];
        PyObject *function = PyCFunction_NewEx(&handlers[i], NULL, NULL);
        if (function == NULL) {
            return -1;
        }
        /* Without "_errors". */
        PyOS_snprintf(name, sizeof(name), "%.*s",
                      (int)strlen(handlers[i].ml_name) - 7,
                      handlers[i].ml_name);
        int status = PyDict_SetItemString(interp->codec_error_registry, name,
                                          function);
        Py_DECREF(function);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

void
codecs_fini(PyInterpreterState *interp)
{
    Py_CLEAR(interp->codec_search_path);
    Py_CLEAR(interp->codec_search_cache);
    Py_CLEAR(interp->codec_error_registry);
    interp->codecs_initialized = 0;
    unicode_fini_fs_codec(interp);
}
