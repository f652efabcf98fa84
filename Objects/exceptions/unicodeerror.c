/* UnicodeEncodeError, UnicodeDecodeError, UnicodeTranslateError: one layout,
 * told apart by `object` (str, bytes, str) and by `encoding` (the last has
 * none); and their C API. */
#include "types.h"

static inline PyUnicodeErrorObject *
error(PyObject *self)
{
    return (PyUnicodeErrorObject *)self;
}

static const size_t unicode_error_fields[] = {
    offsetof(PyUnicodeErrorObject, encoding),
    offsetof(PyUnicodeErrorObject, object),
    offsetof(PyUnicodeErrorObject, reason), 0,
};

int
unicode_error_clear(PyObject *self)
{
    exception_clear_fields(self, unicode_error_fields);
    return base_exception_clear(self);
}

void
unicode_error_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, unicode_error_dealloc)
    unicode_error_clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

int
unicode_error_traverse(PyObject *self, visitproc visit, void *arg)
{
    return exception_visit_fields(self, unicode_error_fields, visit, arg);
}

/* Replaces all fields; object is stolen. */
static void
set_all(PyObject *self, PyObject *encoding, PyObject *object, Py_ssize_t start,
        Py_ssize_t end, PyObject *reason)
{
    Py_XSETREF(error(self)->encoding, Py_XNewRef(encoding));
    Py_XSETREF(error(self)->object, object);
    Py_XSETREF(error(self)->reason, Py_NewRef(reason));
    error(self)->start = start;
    error(self)->end = end;
}

int
unicode_encode_error_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *encoding, *object, *reason;
    Py_ssize_t start, end;

    if (base_exception_init(self, args, kwds) < 0 ||
        !PyArg_ParseTuple(args, "UUnnU", &encoding, &object, &start, &end,
                          &reason)) {
        return -1;
    }
    set_all(self, encoding, Py_NewRef(object), start, end, reason);
    return 0;
}

int
unicode_decode_error_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *encoding, *object, *reason;
    Py_ssize_t start, end;

    if (base_exception_init(self, args, kwds) < 0 ||
        !PyArg_ParseTuple(args, "UOnnU", &encoding, &object, &start, &end,
                          &reason)) {
        return -1;
    }
    if (PyBytes_Check(object)) {
        Py_INCREF(object);
    }
    else {
        Py_buffer view;
        if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        object = PyBytes_FromStringAndSize(view.buf, view.len);
        PyBuffer_Release(&view);
        if (object == NULL) {
            return -1;
        }
    }
    set_all(self, encoding, object, start, end, reason);
    return 0;
}

int
unicode_translate_error_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *object, *reason;
    Py_ssize_t start, end;

    if (base_exception_init(self, args, kwds) < 0 ||
        !PyArg_ParseTuple(args, "UnnU", &object, &start, &end, &reason)) {
        return -1;
    }
    set_all(self, NULL, Py_NewRef(object), start, end, reason);
    return 0;
}

/* ---- text ---- */

/* "character '\x..'" for one character; of `width` digits. */
static PyObject *
describe_character(PyObject *object, Py_ssize_t position)
{
    Py_UCS4 ch = PyUnicode_ReadChar(object, position);
    const char *format = ch <= 0xff     ? "character '\\x%02x'"
                         : ch <= 0xffff ? "character '\\u%04x'"
                                        : "character '\\U%08x'";

    return PyUnicode_FromFormat(format, (int)ch);
}

/* Attributes can be anything by now: texts are made of them first. */
static PyObject *
error_text(PyObject *self, int is_bytes, const char *verb)
{
    PyUnicodeErrorObject *e = error(self);
    PyObject *reason = NULL, *encoding = NULL, *what = NULL, *prefix = NULL;
    PyObject *result = NULL;
    Py_ssize_t len;

    if (e->object == NULL) {
        return PyUnicode_FromString(""); /* never initialised */
    }
    reason = e->reason != NULL ? PyObject_Str(e->reason)
                               : PyUnicode_FromString("<NULL>");
    if (reason == NULL) {
        goto done;
    }
    if (verb == NULL) {
        prefix = PyUnicode_FromString("can't translate");
    }
    else {
        encoding = e->encoding != NULL ? PyObject_Str(e->encoding)
                                       : PyUnicode_FromString("<NULL>");
        prefix = encoding == NULL
                     ? NULL
                     : PyUnicode_FromFormat("'%U' codec can't %s", encoding,
                                            verb);
    }
    if (prefix == NULL) {
        goto done;
    }
    if (is_bytes ? !PyBytes_Check(e->object) : !PyUnicode_Check(e->object)) {
        PyErr_Format(PyExc_TypeError, "object attribute must be %s",
                     is_bytes ? "bytes" : "str");
        goto done;
    }
    len = is_bytes ? PyBytes_GET_SIZE(e->object)
                   : PyUnicode_GET_LENGTH(e->object);
    if (e->start >= 0 && e->start < len && e->end == e->start + 1) {
        what = is_bytes
                   ? PyUnicode_FromFormat(
                         "byte 0x%02x",
                         (int)(unsigned char)
                             PyBytes_AS_STRING(e->object)[e->start])
                   : describe_character(e->object, e->start);
        if (what != NULL) {
            result = PyUnicode_FromFormat("%U %U in position %zd: %U", prefix,
                                          what, e->start, reason);
        }
    }
    else {
        result = PyUnicode_FromFormat("%U %s in position %zd-%zd: %U", prefix,
                                      is_bytes ? "bytes" : "characters",
                                      e->start, e->end - 1, reason);
    }
done:
    Py_XDECREF(what);
    Py_XDECREF(prefix);
    Py_XDECREF(encoding);
    Py_XDECREF(reason);
    return result;
}

PyObject *
unicode_encode_error_str(PyObject *self)
{
    return error_text(self, 0, "encode");
}

PyObject *
unicode_decode_error_str(PyObject *self)
{
    return error_text(self, 1, "decode");
}

PyObject *
unicode_translate_error_str(PyObject *self)
{
    return error_text(self, 0, NULL);
}

#define FIELD(name, type, doc) \
    {#name, type, offsetof(PyUnicodeErrorObject, name), 0, PyDoc_STR(doc)}

PyMemberDef unicode_error_members[] = {
    FIELD(encoding, T_OBJECT, "exception encoding"),
    FIELD(object, T_OBJECT, "exception object"),
    FIELD(start, T_PYSSIZET, "exception start"),
    FIELD(end, T_PYSSIZET, "exception end"),
    FIELD(reason, T_OBJECT, "exception reason"),
    {NULL, 0, 0, 0, NULL},
};

#undef FIELD

/* ---- the C API ---- */

/* New reference to a field that must be str (or bytes). */
static PyObject *
checked_field(PyObject *value, const char *name, int is_bytes)
{
    if (value == NULL) {
        PyErr_Format(PyExc_TypeError, "%.200s attribute not set", name);
        return NULL;
    }
    if (is_bytes ? !PyBytes_Check(value) : !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%.200s attribute must be %s", name,
                     is_bytes ? "bytes" : "unicode");
        return NULL;
    }
    return Py_NewRef(value);
}

/* Length of the object; -1 with TypeError. */
static Py_ssize_t
object_length(PyObject *self, int is_bytes)
{
    PyObject *object = checked_field(error(self)->object, "object", is_bytes);
    Py_ssize_t len;

    if (object == NULL) {
        return -1;
    }
    len = is_bytes ? PyBytes_GET_SIZE(object) : PyUnicode_GET_LENGTH(object);
    Py_DECREF(object);
    return len;
}

/* start within the object. */
static int
clipped_start(PyObject *self, Py_ssize_t *start, int is_bytes)
{
    Py_ssize_t len = object_length(self, is_bytes);

    if (len < 0) {
        return -1;
    }
    *start = error(self)->start;
    if (*start >= len) {
        *start = len - 1;
    }
    if (*start < 0) {
        *start = 0;
    }
    return 0;
}

/* end within the object. */
static int
clipped_end(PyObject *self, Py_ssize_t *end, int is_bytes)
{
    Py_ssize_t len = object_length(self, is_bytes);

    if (len < 0) {
        return -1;
    }
    *end = error(self)->end;
    if (*end < 1) {
        *end = 1;
    }
    if (*end > len) {
        *end = len;
    }
    return 0;
}

static int
replace_reason(PyObject *self, const char *reason)
{
    PyObject *text = PyUnicode_FromString(reason);

    if (text == NULL) {
        return -1;
    }
    Py_XSETREF(error(self)->reason, text);
    return 0;
}

PyObject *
PyUnicodeEncodeError_GetEncoding(PyObject *self)
{
    return checked_field(error(self)->encoding, "encoding", 0);
}

PyObject *
PyUnicodeDecodeError_GetEncoding(PyObject *self)
{
    return checked_field(error(self)->encoding, "encoding", 0);
}

#define ACCESSORS(Name, is_bytes)                                        \
    PyObject *PyUnicode##Name##Error_GetObject(PyObject *self)           \
    {                                                                    \
        return checked_field(error(self)->object, "object", is_bytes);   \
    }                                                                    \
    int PyUnicode##Name##Error_GetStart(PyObject *self, Py_ssize_t *start) \
    {                                                                    \
        return clipped_start(self, start, is_bytes);                     \
    }                                                                    \
    int PyUnicode##Name##Error_SetStart(PyObject *self, Py_ssize_t start) \
    {                                                                    \
        error(self)->start = start;                                      \
        return 0;                                                        \
    }                                                                    \
    int PyUnicode##Name##Error_GetEnd(PyObject *self, Py_ssize_t *end)   \
    {                                                                    \
        return clipped_end(self, end, is_bytes);                         \
    }                                                                    \
    int PyUnicode##Name##Error_SetEnd(PyObject *self, Py_ssize_t end)    \
    {                                                                    \
        error(self)->end = end;                                          \
        return 0;                                                        \
    }                                                                    \
    PyObject *PyUnicode##Name##Error_GetReason(PyObject *self)           \
    {                                                                    \
        return checked_field(error(self)->reason, "reason", 0);          \
    }                                                                    \
    int PyUnicode##Name##Error_SetReason(PyObject *self, const char *reason) \
    {                                                                    \
        return replace_reason(self, reason);                             \
    }

ACCESSORS(Encode, 0)
ACCESSORS(Decode, 1)
ACCESSORS(Translate, 0)

#undef ACCESSORS

PyObject *
PyUnicodeDecodeError_Create(const char *encoding, const char *object,
                            Py_ssize_t length, Py_ssize_t start,
                            Py_ssize_t end, const char *reason)
{
    PyObject *bytes = PyBytes_FromStringAndSize(object, length), *result;

    if (bytes == NULL) {
        return NULL;
    }
    result = PyObject_CallFunction(PyExc_UnicodeDecodeError, "sOnns", encoding,
                                   bytes, start, end, reason);
    Py_DECREF(bytes);
    return result;
}

PyObject *
_PyUnicodeTranslateError_Create(PyObject *object, Py_ssize_t start,
                                Py_ssize_t end, const char *reason)
{
    return PyObject_CallFunction(PyExc_UnicodeTranslateError, "Onns", object,
                                 start, end, reason);
}
