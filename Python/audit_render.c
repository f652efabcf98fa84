/* Audit arguments as JSON, without running Python code.
 *
 * Only the data of built-in types is read, through their layouts; methods,
 * descriptors and even repr() are never called, so the audited program cannot
 * influence or observe the rendering.  Strings and containers are cut at fixed
 * limits; the output is valid UTF-8 with every control character escaped.
 *
 *     None True 1 1.5 "text"      as in JSON; floats that it lacks as strings
 *     b"data"                     {"bytes": "data"}, bytes >= 0x80 as \u00XX
 *     (1,) [1]                    [1]
 *     {"a": 1}                    {"dict": [["a", 1]]}
 *     code                        {"code": "name", "file": ..., "line": ...}
 *     class, function, module     {"class": "name"} ...
 *     anything else               {"object": "type name"}
 *     a long value                {"cut": 100000, "value": "..."} */
#include "Python.h"
#include "frameobject.h"

#include "audit_log.h"
#include "frame.h"

#define TEXT_MAX 4096       /* code points or bytes of one string */
#define ITEMS_MAX 64        /* of one container */
#define DEPTH_MAX 5
#define CLOSING_ROOM 512    /* what ends all open containers fits into it */

void
audit_render_raw(AuditText *out, const char *json)
{
    size_t length = strlen(json);

    if (out->size - out->length < length) {
        out->length = out->size;         /* full: the record will be cut */
        return;
    }
    memcpy(out->text + out->length, json, length);
    out->length += length;
}

void
audit_render_format(AuditText *out, const char *format, ...)
{
    char buffer[128];
    va_list values;

    va_start(values, format);
    vsnprintf(buffer, sizeof(buffer), format, values);
    va_end(values);
    audit_render_raw(out, buffer);
}

/* One code point inside a JSON string. */
static void
render_character(AuditText *out, Py_UCS4 ch)
{
    char buffer[16];
    size_t n = 0;

    if (ch == '"' || ch == '\\') {
        buffer[n++] = '\\';
        buffer[n++] = (char)ch;
    }
    else if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) ||
             Py_UNICODE_IS_SURROGATE(ch) || ch == 0x2028 || ch == 0x2029) {
        n = (size_t)snprintf(buffer, sizeof(buffer), "\\u%04x",
                             (unsigned)ch);
    }
    else if (ch < 0x80) {
        buffer[n++] = (char)ch;
    }
    else if (ch < 0x800) {
        buffer[n++] = (char)(0xc0 | (ch >> 6));
        buffer[n++] = (char)(0x80 | (ch & 0x3f));
    }
    else if (ch < 0x10000) {
        buffer[n++] = (char)(0xe0 | (ch >> 12));
        buffer[n++] = (char)(0x80 | ((ch >> 6) & 0x3f));
        buffer[n++] = (char)(0x80 | (ch & 0x3f));
    }
    else {
        buffer[n++] = (char)(0xf0 | (ch >> 18));
        buffer[n++] = (char)(0x80 | ((ch >> 12) & 0x3f));
        buffer[n++] = (char)(0x80 | ((ch >> 6) & 0x3f));
        buffer[n++] = (char)(0x80 | (ch & 0x3f));
    }
    buffer[n] = '\0';
    audit_render_raw(out, buffer);
}

/* Room that a string needs at worst, so that it is never cut inside. */
static int
text_fits(const AuditText *out, Py_ssize_t length)
{
    return out->size - out->length > (size_t)length * 6 + CLOSING_ROOM;
}

static void
render_str(AuditText *out, PyObject *text)
{
    Py_ssize_t length, shown;
    int kind;
    const void *data;

    if (!PyUnicode_IS_READY(text)) {
        audit_render_raw(out, "{\"object\":\"str\"}");
        return;
    }
    length = PyUnicode_GET_LENGTH(text);
    kind = PyUnicode_KIND(text);
    data = PyUnicode_DATA(text);
    shown = length > TEXT_MAX ? TEXT_MAX : length;
    while (shown > 0 && !text_fits(out, shown)) {
        shown /= 2;
    }
    if (shown < length) {
        audit_render_format(out, "{\"cut\":%zd,\"value\":", length);
    }
    audit_render_raw(out, "\"");
    for (Py_ssize_t i = 0; i < shown; i++) {
        render_character(out, PyUnicode_READ(kind, data, i));
    }
    audit_render_raw(out, shown < length ? "\"}" : "\"");
}

void
audit_render_bytes(AuditText *out, const char *data, size_t size)
{
    size_t shown = size > TEXT_MAX ? TEXT_MAX : size;

    while (shown > 0 && !text_fits(out, (Py_ssize_t)shown)) {
        shown /= 2;
    }
    if (shown < size) {
        audit_render_format(out, "{\"cut\":%zu,\"value\":", size);
    }
    audit_render_raw(out, "\"");
    for (size_t i = 0; i < shown; i++) {
        render_character(out, (unsigned char)data[i]);
    }
    audit_render_raw(out, shown < size ? "\"}" : "\"");
}

static void
render_c_text(AuditText *out, const char *kind, const char *text)
{
    audit_render_format(out, "{\"%s\":", kind);
    audit_render_bytes(out, text, strlen(text));
    audit_render_raw(out, "}");
}

/* Ints beyond 64 bits as hexadecimal text: converting them would allocate. */
static void
render_int(AuditText *out, PyObject *value)
{
    PyLongObject *number = (PyLongObject *)value;
    Py_ssize_t size = Py_ABS(Py_SIZE(value));
    const char *sign = Py_SIZE(value) < 0 ? "-" : "";

    if (size <= 2) {
        uint64_t magnitude = size == 0 ? 0 : number->ob_digit[0];
        if (size == 2) {
            magnitude |= (uint64_t)number->ob_digit[1] << PyLong_SHIFT;
        }
        audit_render_format(out, "%s%llu", sign,
                            (unsigned long long)magnitude);
        return;
    }
    if (size == 3 && number->ob_digit[2] < 16) {
        uint64_t magnitude = number->ob_digit[0] |
                             (uint64_t)number->ob_digit[1] << PyLong_SHIFT |
                             (uint64_t)number->ob_digit[2] << 2 * PyLong_SHIFT;
        audit_render_format(out, "%s%llu", sign,
                            (unsigned long long)magnitude);
        return;
    }
    audit_render_format(out, "{\"int\":\"%s\",\"bits\":%lld}",
                        *sign ? "negative" : "positive",
                        (long long)size * PyLong_SHIFT);
}

static void
render_float(AuditText *out, double value)
{
    if (isnan(value) || isinf(value)) {
        audit_render_format(out, "\"%s\"",
                            isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    char digits[64];
    size_t integral, fraction;

    snprintf(digits, sizeof(digits), "%.17g", value);
    /* Whatever stands between the digits is the decimal point of the
     * program's locale: one character of any number of bytes. */
    integral = strspn(digits, "-0123456789");
    fraction = integral + strcspn(digits + integral, "0123456789e");
    audit_render_format(out, "%.*s%s%s", (int)integral, digits,
                        fraction > integral ? "." : "", digits + fraction);
}

static void
render_items(AuditText *out, PyObject *const *items, Py_ssize_t count,
             int depth)
{
    Py_ssize_t shown = count > ITEMS_MAX ? ITEMS_MAX : count;

    if (shown < count) {
        audit_render_format(out, "{\"cut\":%zd,\"value\":", count);
    }
    audit_render_raw(out, "[");
    for (Py_ssize_t i = 0; i < shown; i++) {
        if (i > 0) {
            audit_render_raw(out, ",");
        }
        audit_render_value(out, items[i], depth + 1);
        if (i + 1 < shown && !text_fits(out, 64)) {
            audit_render_raw(out, ",\"...\"");       /* the record is full */
            break;
        }
    }
    audit_render_raw(out, shown < count ? "]}" : "]");
}

static void
render_dict(AuditText *out, PyObject *dict, int depth)
{
    PyObject *key, *value;
    Py_ssize_t position = 0, shown = 0;

    audit_render_raw(out, "{\"dict\":[");
    while (shown < ITEMS_MAX && text_fits(out, 128) &&
           PyDict_Next(dict, &position, &key, &value)) {
        audit_render_raw(out, shown++ > 0 ? ",[" : "[");
        audit_render_value(out, key, depth + 1);
        audit_render_raw(out, ",");
        audit_render_value(out, value, depth + 1);
        audit_render_raw(out, "]");
    }
    audit_render_raw(out, "]");
    if (PyDict_GET_SIZE(dict) > shown) {
        audit_render_format(out, ",\"cut\":%zd", PyDict_GET_SIZE(dict));
    }
    audit_render_raw(out, "}");
}

static void
render_code(AuditText *out, PyCodeObject *code)
{
    audit_render_raw(out, "{\"code\":");
    render_str(out, code->co_qualname);
    audit_render_raw(out, ",\"file\":");
    render_str(out, code->co_filename);
    audit_render_format(out, ",\"line\":%d}", code->co_firstlineno);
}

static void
render_function(AuditText *out, PyFunctionObject *function)
{
    audit_render_raw(out, "{\"function\":");
    if (PyUnicode_Check(function->func_qualname)) {
        render_str(out, function->func_qualname);
    }
    else {
        audit_render_raw(out, "null");
    }
    audit_render_raw(out, "}");
}

/* Types that have no JSON form of their own. */
static void
render_special(AuditText *out, PyObject *value, int depth)
{
    PyTypeObject *type = Py_TYPE(value);

    if (PyCode_Check(value)) {
        render_code(out, (PyCodeObject *)value);
    }
    else if (PyFunction_Check(value)) {
        render_function(out, (PyFunctionObject *)value);
    }
    else if (PyCFunction_CheckExact(value)) {
        render_c_text(out, "builtin",
                      ((PyCFunctionObject *)value)->m_ml->ml_name);
    }
    else if (PyMethod_Check(value)) {
        audit_render_raw(out, "{\"method\":");
        audit_render_value(out, PyMethod_GET_FUNCTION(value), depth + 1);
        audit_render_raw(out, "}");
    }
    else if (PyType_Check(value)) {
        render_c_text(out, "class", ((PyTypeObject *)value)->tp_name);
    }
    else if (PyExceptionInstance_Check(value)) {
        audit_render_raw(out, "{\"exception\":");
        audit_render_bytes(out, type->tp_name, strlen(type->tp_name));
        audit_render_raw(out, ",\"args\":");
        audit_render_value(out, ((PyBaseExceptionObject *)value)->args,
                           depth + 1);
        audit_render_raw(out, "}");
    }
    else {
        render_c_text(out, "object", type->tp_name);
    }
}

void
audit_render_value(AuditText *out, PyObject *value, int depth)
{
    if (value == NULL || value == Py_None) {
        audit_render_raw(out, "null");
    }
    else if (value == Py_True || value == Py_False) {
        audit_render_raw(out, value == Py_True ? "true" : "false");
    }
    else if (depth > DEPTH_MAX || !text_fits(out, 64)) {
        audit_render_raw(out, "\"...\"");
    }
    else if (PyUnicode_Check(value)) {
        render_str(out, value);
    }
    else if (PyLong_Check(value)) {
        render_int(out, value);
    }
    else if (PyFloat_Check(value)) {
        render_float(out, PyFloat_AS_DOUBLE(value));
    }
    else if (PyBytes_Check(value)) {
        audit_render_raw(out, "{\"bytes\":");
        audit_render_bytes(out, PyBytes_AS_STRING(value),
                           (size_t)PyBytes_GET_SIZE(value));
        audit_render_raw(out, "}");
    }
    else if (PyByteArray_CheckExact(value)) {
        audit_render_raw(out, "{\"bytes\":");
        audit_render_bytes(out, PyByteArray_AS_STRING(value),
                           (size_t)PyByteArray_GET_SIZE(value));
        audit_render_raw(out, "}");
    }
    else if (PyTuple_Check(value)) {
        render_items(out, ((PyTupleObject *)value)->ob_item,
                     PyTuple_GET_SIZE(value), depth);
    }
    else if (PyList_Check(value)) {
        render_items(out, ((PyListObject *)value)->ob_item,
                     PyList_GET_SIZE(value), depth);
    }
    else if (PyDict_Check(value)) {
        render_dict(out, value, depth);
    }
    else {
        render_special(out, value, depth);
    }
}
