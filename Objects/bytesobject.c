/* bytes: immutable byte strings, always followed by a NUL.
 *
 * The empty one and those of one byte exist once (immortal, made on first
 * use).  The methods shared with bytearray are in bytes_methods.c, formatting,
 * escapes and the writer in bytes_format.c. */
#include "Python.h"

#include "bytes.h"
#include "long.h"
#include "names.h"
#include "object.h"
#include "runtime.h"

#include <stdbool.h>
#include <stddef.h>

#define BYTES_HEADER_SIZE (offsetof(PyBytesObject, ob_sval) + 1)

/* ---- shared objects ---- */

typedef struct {
    PyBytesObject head;
    char rest;                             /* ob_sval[1]: the NUL */
} shared_bytes;

static shared_bytes bytes_empty;
static shared_bytes bytes_single[256];

static void
bytes_make_shared(void)
{
    for (int i = -1; i < 256; i++) {
        PyBytesObject *op = i < 0 ? &bytes_empty.head : &bytes_single[i].head;

        op->ob_base.ob_base.ob_refcnt = REFCOUNT_IMMORTAL;
        Py_SET_SIZE(op, i >= 0);
        op->ob_shash = -1;
        op->ob_sval[0] = i < 0 ? '\0' : (char)i;
        Py_SET_TYPE(op, &PyBytes_Type);
    }
}

PyObject *
bytes_peek_empty(void)
{
    if (Py_TYPE(&bytes_empty.head) == NULL) {
        bytes_make_shared();
    }
    return (PyObject *)&bytes_empty.head;
}

static PyObject *
bytes_peek_single(unsigned char c)
{
    if (Py_TYPE(&bytes_single[c].head) == NULL) {
        bytes_make_shared();
    }
    return (PyObject *)&bytes_single[c].head;
}

int
bytes_init(PyInterpreterState *Py_UNUSED(interp))
{
    bytes_make_shared();
    return 0;
}

void
bytes_fini(PyInterpreterState *Py_UNUSED(interp))
{
}

/* ---- making ---- */

/* n unset bytes and the NUL, not shared; n >= 0. */
static PyBytesObject *
bytes_alloc(Py_ssize_t n)
{
    if ((size_t)n > (size_t)PY_SSIZE_T_MAX - BYTES_HEADER_SIZE) {
        PyErr_SetString(PyExc_OverflowError, "byte string is too large");
        return NULL;
    }
    PyBytesObject *op = PyObject_Malloc(BYTES_HEADER_SIZE + (size_t)n);
    if (op == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    PyObject_InitVar((PyVarObject *)op, &PyBytes_Type, n);
    op->ob_shash = -1;
    op->ob_sval[n] = '\0';
    return op;
}

PyObject *
PyBytes_FromStringAndSize(const char *text, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyBytes_FromStringAndSize");
        return NULL;
    }
    if (n == 0) {
        return Py_NewRef(bytes_peek_empty());
    }
    if (n == 1 && text != NULL) {
        return Py_NewRef(bytes_peek_single((unsigned char)*text));
    }
    PyBytesObject *op = bytes_alloc(n);
    if (op != NULL && text != NULL) {
        memcpy(op->ob_sval, text, (size_t)n);
    }
    return (PyObject *)op;
}

PyObject *
PyBytes_FromString(const char *text)
{
    size_t n = strlen(text);

    if (n > (size_t)PY_SSIZE_T_MAX - BYTES_HEADER_SIZE) {
        PyErr_SetString(PyExc_OverflowError, "byte string is too long");
        return NULL;
    }
    return PyBytes_FromStringAndSize(text, (Py_ssize_t)n);
}

static PyObject *
bytes_from_buffer(PyObject *source)
{
    Py_buffer view;

    if (PyObject_GetBuffer(source, &view, PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, view.len);
    if (result != NULL && view.len > 0) {
        if (PyBuffer_ToContiguous(PyBytes_AS_STRING(result), &view, view.len,
                                  'C') < 0) {
            Py_CLEAR(result);
        }
    }
    PyBuffer_Release(&view);
    return result;
}

/* Runs Python (iteration, __index__). */
static PyObject *
bytes_from_iterable(PyObject *source)
{
    PyObject *iterator = NULL, *item = NULL;                    /* owned */
    _PyBytesWriter writer;
    PyObject *result = NULL;

    Py_ssize_t hint = PyObject_LengthHint(source, 64);
    if (hint == -1 && PyErr_Occurred()) {
        return NULL;
    }
    iterator = PyObject_GetIter(source);
    if (iterator == NULL) {
        return NULL;
    }
    _PyBytesWriter_Init(&writer);
    char *p = _PyBytesWriter_Alloc(&writer, hint);
    writer.overallocate = 1;
    Py_ssize_t room = p == NULL ? 0 : writer.allocated, n = 0;
    while (p != NULL && (item = PyIter_Next(iterator)) != NULL) {
        Py_ssize_t value = PyNumber_AsSsize_t(item, NULL);

        Py_CLEAR(item);
        if (value == -1 && PyErr_Occurred()) {
            goto done;
        }
        if (value < 0 || value > 255) {
            PyErr_SetString(PyExc_ValueError,
                            "bytes must be in range(0, 256)");
            goto done;
        }
        if (n >= room) {
            p = _PyBytesWriter_Resize(&writer, p, n + 1);
            if (p == NULL) {
                goto done;
            }
            room = writer.allocated;
        }
        *p++ = (char)value;
        n++;
    }
    if (p != NULL && !PyErr_Occurred()) {
        result = _PyBytesWriter_Finish(&writer, p);
        Py_DECREF(iterator);
        return result;
    }
done:
    _PyBytesWriter_Dealloc(&writer);
    Py_DECREF(iterator);
    return NULL;
}

/* Runs Python (__index__, which may change the list: its length is looked up
 * each time). */
static PyObject *
bytes_from_sequence(PyObject *source)
{
    _PyBytesWriter writer;

    _PyBytesWriter_Init(&writer);
    char *p = _PyBytesWriter_Alloc(&writer, PySequence_Fast_GET_SIZE(source));
    if (p == NULL) {
        return NULL;
    }
    writer.overallocate = 1;
    Py_ssize_t room = writer.allocated;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(source); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(source, i);   /* borrowed */
        Py_ssize_t value;

        if (PyLong_CheckExact(item) && long_is_compact(item)) {
            value = long_compact_value(item);
        }
        else {
            Py_INCREF(item);
            value = PyNumber_AsSsize_t(item, NULL);
            Py_DECREF(item);
            if (value == -1 && PyErr_Occurred()) {
                goto error;
            }
        }
        if (value < 0 || value > 255) {
            PyErr_SetString(PyExc_ValueError,
                            "bytes must be in range(0, 256)");
            goto error;
        }
        if (i >= room) {
            p = _PyBytesWriter_Resize(&writer, p, i + 1);
            if (p == NULL) {
                return NULL;
            }
            room = writer.allocated;
        }
        *p++ = (char)value;
    }
    return _PyBytesWriter_Finish(&writer, p);
error:
    _PyBytesWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
PyBytes_FromObject(PyObject *source)
{
    if (source == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyBytes_CheckExact(source)) {
        return Py_NewRef(source);
    }
    if (PyObject_CheckBuffer(source)) {
        return bytes_from_buffer(source);
    }
    if (PyList_CheckExact(source) || PyTuple_CheckExact(source)) {
        return bytes_from_sequence(source);
    }
    if (!PyUnicode_Check(source)) {
        PyObject *result = bytes_from_iterable(source);

        if (result != NULL || !PyErr_ExceptionMatches(PyExc_TypeError) ||
            Py_TYPE(source)->tp_iter != NULL || PySequence_Check(source)) {
            return result;
        }
        PyErr_Clear();                          /* TypeError: not iterable */
    }
    PyErr_Format(PyExc_TypeError, "cannot convert '%.200s' object to bytes",
                 Py_TYPE(source)->tp_name);
    return NULL;
}

int
_PyBytes_Resize(PyObject **place, Py_ssize_t n)
{
    PyObject *op = *place;                                      /* owned */

    if (!PyBytes_Check(op) || n < 0) {
        goto bad;
    }
    if (Py_SIZE(op) == n) {
        return 0;
    }
    if (Py_SIZE(op) == 0 || n == 0) {
        *place = PyBytes_FromStringAndSize(NULL, n);
        Py_DECREF(op);
        return *place == NULL ? -1 : 0;
    }
    if (Py_REFCNT(op) != 1) {
        goto bad;
    }
    PyBytesObject *resized = PyObject_Realloc(op,
                                              BYTES_HEADER_SIZE + (size_t)n);
    if (resized == NULL) {
        *place = NULL;
        PyObject_Free(op);
        PyErr_NoMemory();
        return -1;
    }
    Py_SET_SIZE(resized, n);
    resized->ob_sval[n] = '\0';
    resized->ob_shash = -1;
    *place = (PyObject *)resized;
    return 0;
bad:
    *place = NULL;
    Py_DECREF(op);
    PyErr_BadInternalCall();
    return -1;
}

/* ---- access ---- */

Py_ssize_t
PyBytes_Size(PyObject *op)
{
    if (!PyBytes_Check(op)) {
        PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found",
                     Py_TYPE(op)->tp_name);
        return -1;
    }
    return Py_SIZE(op);
}

char *
PyBytes_AsString(PyObject *op)
{
    if (!PyBytes_Check(op)) {
        PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found",
                     Py_TYPE(op)->tp_name);
        return NULL;
    }
    return PyBytes_AS_STRING(op);
}

int
PyBytes_AsStringAndSize(PyObject *op, char **text, Py_ssize_t *n)
{
    if (text == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (!PyBytes_Check(op)) {
        PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found",
                     Py_TYPE(op)->tp_name);
        return -1;
    }
    *text = PyBytes_AS_STRING(op);
    if (n != NULL) {
        *n = PyBytes_GET_SIZE(op);
    }
    else if (strlen(*text) != (size_t)PyBytes_GET_SIZE(op)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return -1;
    }
    return 0;
}

PyObject *
PyBytes_Repr(PyObject *op, int smart_quotes)
{
    return bytes_repr_of(PyBytes_AS_STRING(op), PyBytes_GET_SIZE(op), "", "",
                         smart_quotes);
}

/* ---- slots ---- */

static PyObject *
bytes_repr(PyObject *self)
{
    return PyBytes_Repr(self, 1);
}

static PyObject *
bytes_str(PyObject *self)
{
    if (_Py_GetConfig()->bytes_warning &&
        PyErr_WarnEx(PyExc_BytesWarning, "str() on a bytes instance", 1) < 0) {
        return NULL;
    }
    return bytes_repr(self);
}

static Py_hash_t
bytes_hash(PyObject *self)
{
    PyBytesObject *op = (PyBytesObject *)self;

    if (op->ob_shash == -1) {
        op->ob_shash = _Py_HashBytes(op->ob_sval, Py_SIZE(op));
    }
    return op->ob_shash;
}

/* The warning of -b for a comparison with str or int. */
static int
warn_of_comparison(PyObject *left, PyObject *right, int op)
{
    if (!_Py_GetConfig()->bytes_warning || (op != Py_EQ && op != Py_NE)) {
        return 0;
    }
    if (PyUnicode_Check(left) || PyUnicode_Check(right)) {
        return PyErr_WarnEx(PyExc_BytesWarning,
                            "Comparison between bytes and string", 1);
    }
    if (PyLong_Check(left) || PyLong_Check(right)) {
        return PyErr_WarnEx(PyExc_BytesWarning,
                            "Comparison between bytes and int", 1);
    }
    return 0;
}

static PyObject *
bytes_richcompare(PyObject *left, PyObject *right, int op)
{
    if (!PyBytes_Check(left) || !PyBytes_Check(right)) {
        if (warn_of_comparison(left, right, op) < 0) {
            return NULL;
        }
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t n = Py_SIZE(left), m = Py_SIZE(right);

    if (op == Py_EQ || op == Py_NE) {
        bool equal = left == right ||
                     (n == m && memcmp(PyBytes_AS_STRING(left),
                                       PyBytes_AS_STRING(right),
                                       (size_t)n) == 0);
        return PyBool_FromLong(equal == (op == Py_EQ));
    }
    int order = memcmp(PyBytes_AS_STRING(left), PyBytes_AS_STRING(right),
                       (size_t)Py_MIN(n, m));
    if (order == 0) {
        order = (n > m) - (n < m);
    }
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static Py_ssize_t
bytes_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
bytes_concat(PyObject *left, PyObject *right)
{
    Py_buffer a = {NULL, NULL}, b = {NULL, NULL};
    PyObject *result = NULL;

    if (PyObject_GetBuffer(left, &a, PyBUF_SIMPLE) < 0 ||
        PyObject_GetBuffer(right, &b, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s",
                     Py_TYPE(right)->tp_name, Py_TYPE(left)->tp_name);
        goto done;
    }
    if (a.len == 0 && PyBytes_CheckExact(right)) {
        result = Py_NewRef(right);
        goto done;
    }
    if (b.len == 0 && PyBytes_CheckExact(left)) {
        result = Py_NewRef(left);
        goto done;
    }
    if (a.len > PY_SSIZE_T_MAX - b.len) {
        PyErr_NoMemory();
        goto done;
    }
    result = PyBytes_FromStringAndSize(NULL, a.len + b.len);
    if (result != NULL) {
        memcpy(PyBytes_AS_STRING(result), a.buf, (size_t)a.len);
        memcpy(PyBytes_AS_STRING(result) + a.len, b.buf, (size_t)b.len);
    }
done:
    if (a.obj != NULL) {
        PyBuffer_Release(&a);
    }
    if (b.obj != NULL) {
        PyBuffer_Release(&b);
    }
    return result;
}

static PyObject *
bytes_repeat(PyObject *self, Py_ssize_t count)
{
    Py_ssize_t n = Py_SIZE(self);

    count = Py_MAX(count, 0);
    if (n > 0 && count > PY_SSIZE_T_MAX / n) {
        PyErr_SetString(PyExc_OverflowError, "repeated bytes are too long");
        return NULL;
    }
    if (n * count == n && PyBytes_CheckExact(self)) {
        return Py_NewRef(self);
    }
    /* A new object also when it is empty, as in the reference. */
    PyObject *result = (PyObject *)bytes_alloc(n * count);
    if (result != NULL) {
        _PyBytes_Repeat(PyBytes_AS_STRING(result), n * count,
                        PyBytes_AS_STRING(self), n);
    }
    return result;
}

static PyObject *
bytes_item(PyObject *self, Py_ssize_t i)
{
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return NULL;
    }
    return PyLong_FromLong((unsigned char)PyBytes_AS_STRING(self)[i]);
}

static int
bytes_slot_contains(PyObject *self, PyObject *item)
{
    return bytes_contains(PyBytes_AS_STRING(self), PyBytes_GET_SIZE(self),
                          item);
}

static PyObject *
bytes_subscript(PyObject *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);

        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return bytes_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(key)) {
        PyErr_Format(PyExc_TypeError,
                     "byte indices must be integers or slices, not %.200s",
                     Py_TYPE(key)->tp_name);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    const char *text = PyBytes_AS_STRING(self);
    if (n <= 0) {
        return Py_NewRef(bytes_peek_empty());
    }
    if (step == 1) {
        if (n == Py_SIZE(self) && PyBytes_CheckExact(self)) {
            return Py_NewRef(self);
        }
        return PyBytes_FromStringAndSize(text + start, n);
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, n);
    if (result == NULL) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        out[i] = text[at];
    }
    return result;
}

static PyObject *
bytes_mod(PyObject *left, PyObject *right)
{
    if (!PyBytes_Check(left)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return _PyBytes_FormatEx(PyBytes_AS_STRING(left), PyBytes_GET_SIZE(left),
                             right, 0);
}

static int
bytes_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, PyBytes_AS_STRING(self),
                             Py_SIZE(self), 1, flags);
}

/* ---- methods ---- */

#define TEXT PyBytes_AS_STRING(self), PyBytes_GET_SIZE(self)
#define WHOLE (PyBytes_CheckExact(self) ? self : NULL)
#define MAKE PyBytes_FromStringAndSize
#include "bytes_method_table.h"

static PyObject *
bytes_getnewargs(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *copy = PyBytes_FromStringAndSize(PyBytes_AS_STRING(self),
                                               Py_SIZE(self));

    return copy == NULL ? NULL : Py_BuildValue("(N)", copy);
}

static PyObject *
bytes_bytes(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (PyBytes_CheckExact(self)) {
        return Py_NewRef(self);
    }
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(self), Py_SIZE(self));
}

PyObject *
_PyBytes_Join(PyObject *separator, PyObject *iterable)
{
    assert(separator != NULL && PyBytes_Check(separator));
    return bytes_join(separator, PyBytes_AS_STRING(separator),
                      PyBytes_GET_SIZE(separator), iterable,
                      PyBytes_FromStringAndSize);
}

void
PyBytes_Concat(PyObject **left, PyObject *right)
{
    if (*left == NULL) {
        return;
    }
    if (right == NULL) {
        Py_CLEAR(*left);
        return;
    }
    if (Py_REFCNT(*left) == 1 && PyBytes_CheckExact(*left) &&
        PyBytes_CheckExact(right) && *left != right) {
        /* FAST PATH: nobody else sees the left one */
        Py_ssize_t n = Py_SIZE(*left), m = Py_SIZE(right);

        if (n > PY_SSIZE_T_MAX - m) {
            PyErr_NoMemory();
            Py_CLEAR(*left);
            return;
        }
        if (_PyBytes_Resize(left, n + m) == 0) {
            memcpy(PyBytes_AS_STRING(*left) + n, PyBytes_AS_STRING(right),
                   (size_t)m);
        }
        return;
    }
    PyObject *result = bytes_concat(*left, right);
    Py_SETREF(*left, result);
}

void
PyBytes_ConcatAndDel(PyObject **left, PyObject *right)
{
    PyBytes_Concat(left, right);
    Py_XDECREF(right);
}

/* ---- construction ---- */

PyObject *
bytes_from_method(PyObject *object)
{
    PyObject *method = _PyObject_LookupSpecial(object, NAME(__bytes__));

    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallNoArgs(method);             /* owned */
    Py_DECREF(method);
    if (result != NULL && !PyBytes_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "__bytes__ returned non-bytes (type %.200s)",
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

/* bytes(source) without encoding. */
static PyObject *
bytes_from_source(PyObject *source)
{
    PyObject *bytes = bytes_from_method(source);

    if (bytes != NULL || PyErr_Occurred()) {
        return bytes;
    }
    if (PyUnicode_Check(source)) {
        PyErr_SetString(PyExc_TypeError,
                        "string argument without an encoding");
        return NULL;
    }
    if (PyIndex_Check(source)) {
        Py_ssize_t n = PyNumber_AsSsize_t(source, PyExc_OverflowError);

        if (n == -1 && PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
                return NULL;
            }
            PyErr_Clear();               /* TypeError: maybe an iterable */
            return PyBytes_FromObject(source);
        }
        if (n < 0) {
            PyErr_SetString(PyExc_ValueError, "negative count");
            return NULL;
        }
        PyObject *zeros = PyBytes_FromStringAndSize(NULL, n);
        if (zeros != NULL) {
            memset(PyBytes_AS_STRING(zeros), 0, (size_t)n);
        }
        return zeros;
    }
    return PyBytes_FromObject(source);
}

static PyObject *
bytes_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"source", (char *)"encoding",
                               (char *)"errors", NULL};
    PyObject *source = NULL, *exact;
    const char *encoding = NULL, *errors = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oss:bytes", keywords,
                                     &source, &encoding, &errors)) {
        return NULL;
    }
    if (source == NULL) {
        if (encoding != NULL || errors != NULL) {
            PyErr_SetString(PyExc_TypeError,
                            encoding != NULL
                                ? "encoding without a string argument"
                                : "errors without a string argument");
            return NULL;
        }
        exact = Py_NewRef(bytes_peek_empty());
    }
    else if (encoding != NULL || errors != NULL) {
        if (!PyUnicode_Check(source)) {
            PyErr_SetString(PyExc_TypeError,
                            encoding != NULL
                                ? "encoding without a string argument"
                                : "errors without a string argument");
            return NULL;
        }
        if (encoding == NULL) {
            PyErr_SetString(PyExc_TypeError,
                            "string argument without an encoding");
            return NULL;
        }
        exact = PyUnicode_AsEncodedString(source, encoding, errors);
    }
    else {
        exact = bytes_from_source(source);
    }
    if (exact == NULL || type == &PyBytes_Type) {
        return exact;
    }
    Py_ssize_t n = PyBytes_GET_SIZE(exact);
    PyObject *result = type->tp_alloc(type, n);
    if (result != NULL) {
        ((PyBytesObject *)result)->ob_shash = -1;
        memcpy(PyBytes_AS_STRING(result), PyBytes_AS_STRING(exact),
               (size_t)n + 1);
    }
    Py_DECREF(exact);
    return result;
}

PyObject *
_PyBytes_FromHex(PyObject *string, int use_bytearray)
{
    const char *text;
    Py_ssize_t n, at = 0;
    Py_ssize_t bad;

    assert(PyUnicode_Check(string));
    if (PyUnicode_READY(string) < 0) {
        return NULL;
    }
    n = PyUnicode_GET_LENGTH(string);
    if (!PyUnicode_IS_ASCII(string)) {
        for (bad = 0; PyUnicode_READ_CHAR(string, bad) < 128; bad++) {
        }
        goto invalid;
    }
    text = (const char *)PyUnicode_1BYTE_DATA(string);
    PyObject *result = use_bytearray
                           ? PyByteArray_FromStringAndSize(NULL, n / 2)
                           : (PyObject *)PyBytes_FromStringAndSize(NULL,
                                                                   n / 2);
    if (result == NULL) {
        return NULL;
    }
    char *start = use_bytearray ? PyByteArray_AS_STRING(result)
                                : PyBytes_AS_STRING(result);
    char *out = start;
    while (at < n) {
        if (Py_ISSPACE(text[at])) {
            at++;
            continue;
        }
        int high = _PyLong_DigitValue[(unsigned char)text[at]];
        if (high >= 16) {
            bad = at;
            Py_DECREF(result);
            goto invalid;
        }
        int low = _PyLong_DigitValue[(unsigned char)text[at + 1]];
        if (low >= 16) {
            bad = at + 1;
            Py_DECREF(result);
            goto invalid;
        }
        *out++ = (char)(high << 4 | low);
        at += 2;
    }
    if (use_bytearray) {
        if (PyByteArray_Resize(result, out - start) < 0) {
            Py_CLEAR(result);
        }
    }
    else {
        _PyBytes_Resize(&result, out - start);
    }
    return result;

invalid:
    PyErr_Format(PyExc_ValueError,
                 "non-hexadecimal number found in fromhex() arg at position "
                 "%zd",
                 bad);
    return NULL;
}

/* ---- iteration ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyBytesObject *bytes;                  /* owned; NULL once exhausted */
} bytes_iterator;

static void
bytes_iterator_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((bytes_iterator *)self)->bytes);
    PyObject_GC_Del(self);
}

static int
bytes_iterator_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((bytes_iterator *)self)->bytes);
    return 0;
}

static PyObject *
bytes_iterator_next(PyObject *self)
{
    bytes_iterator *it = (bytes_iterator *)self;

    if (it->bytes == NULL) {
        return NULL;
    }
    if (it->index < Py_SIZE(it->bytes)) {
        return PyLong_FromLong(
            (unsigned char)it->bytes->ob_sval[it->index++]);
    }
    Py_CLEAR(it->bytes);
    return NULL;
}

static PyObject *
bytes_iterator_length_hint(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    bytes_iterator *it = (bytes_iterator *)self;

    return PyLong_FromSsize_t(
        it->bytes == NULL ? 0 : Py_SIZE(it->bytes) - it->index);
}

static PyObject *
bytes_iterator_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    bytes_iterator *it = (bytes_iterator *)self;
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));            /* owned */

    if (iter == NULL) {
        return NULL;
    }
    if (it->bytes == NULL) {                 /* the lookup may run Python */
        return Py_BuildValue("N(())", iter);
    }
    return Py_BuildValue("N(O)n", iter, it->bytes, it->index);
}

static PyObject *
bytes_iterator_setstate(PyObject *self, PyObject *state)
{
    bytes_iterator *it = (bytes_iterator *)self;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (it->bytes != NULL) {
        it->index = Py_MAX(0, Py_MIN(index, Py_SIZE(it->bytes)));
    }
    Py_RETURN_NONE;
}

static PyMethodDef bytes_iterator_methods[] = {
    {"__length_hint__", bytes_iterator_length_hint, METH_NOARGS,
     "How many items are left."},
    {"__reduce__", bytes_iterator_reduce, METH_NOARGS, "State for pickle."},
    {"__setstate__", bytes_iterator_setstate, METH_O, "Set the position."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyBytesIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytes_iterator",
    .tp_basicsize = sizeof(bytes_iterator),
    .tp_dealloc = bytes_iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = bytes_iterator_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = bytes_iterator_next,
    .tp_methods = bytes_iterator_methods,
};

static PyObject *
bytes_iter(PyObject *self)
{
    bytes_iterator *it = PyObject_GC_New(bytes_iterator, &PyBytesIter_Type);

    if (it == NULL) {
        return NULL;
    }
    it->index = 0;
    it->bytes = (PyBytesObject *)Py_NewRef(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

/* ---- the type ---- */

static PyMethodDef bytes_methods[] = {
    {"__getnewargs__", bytes_getnewargs, METH_NOARGS, ""},
    {"__bytes__", bytes_bytes, METH_NOARGS,
     "__bytes__($self, /)\n--\n\nConvert to exact type bytes."},
    BYTES_SHARED_METHODS
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods bytes_as_number = {
    .nb_remainder = bytes_mod,
};

static PySequenceMethods bytes_as_sequence = {
    .sq_length = bytes_length,
    .sq_concat = bytes_concat,
    .sq_repeat = bytes_repeat,
    .sq_item = bytes_item,
    .sq_contains = bytes_slot_contains,
};

static PyMappingMethods bytes_as_mapping = {
    .mp_length = bytes_length,
    .mp_subscript = bytes_subscript,
};

static PyBufferProcs bytes_as_buffer = {
    .bf_getbuffer = bytes_getbuffer,
};

PyTypeObject PyBytes_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytes",
    .tp_basicsize = BYTES_HEADER_SIZE,
    .tp_itemsize = sizeof(char),
    .tp_repr = bytes_repr,
    .tp_as_number = &bytes_as_number,
    .tp_as_sequence = &bytes_as_sequence,
    .tp_as_mapping = &bytes_as_mapping,
    .tp_hash = bytes_hash,
    .tp_str = bytes_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &bytes_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_BYTES_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "bytes(iterable_of_ints) -> bytes\n"
              "bytes(string, encoding[, errors]) -> bytes\n"
              "bytes(bytes_or_buffer) -> copy\n"
              "bytes(int) -> that many zero bytes\n"
              "bytes() -> empty bytes object\n\n"
              "An immutable array of bytes.",
    .tp_richcompare = bytes_richcompare,
    .tp_iter = bytes_iter,
    .tp_methods = bytes_methods,
    .tp_new = bytes_new,
    .tp_free = PyObject_Free,
};
