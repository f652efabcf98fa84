/* bytearray: mutable byte strings.
 *
 *   ob_bytes                ob_start                            ob_bytes
 *   |  consumed at the front |  Py_SIZE bytes  | NUL |  spare    + ob_alloc
 *
 * Deleting at the front only moves ob_start.  While ob_exports > 0 a buffer
 * is handed out and nothing may move.  An empty object may own no block: its
 * data is then _PyByteArray_empty_string. */
#include "Python.h"

#include "abstract.h"
#include "bytes.h"
#include "names.h"

#include <stdbool.h>

char _PyByteArray_empty_string[] = "";

#define ARRAY(op) ((PyByteArrayObject *)(op))

/* ---- storage ---- */

static int
bytearray_can_resize(PyObject *self)
{
    if (ARRAY(self)->ob_exports > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "Existing exports of data: object cannot be "
                        "re-sized");
        return -1;
    }
    return 0;
}

PyObject *
PyByteArray_FromStringAndSize(const char *bytes, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to "
                        "PyByteArray_FromStringAndSize");
        return NULL;
    }
    if (n == PY_SSIZE_T_MAX) {
        return PyErr_NoMemory();
    }
    PyByteArrayObject *op = PyObject_New(PyByteArrayObject, &PyByteArray_Type);
    if (op == NULL) {
        return NULL;
    }
    Py_SET_SIZE(op, 0);
    op->ob_alloc = 0;
    op->ob_bytes = op->ob_start = NULL;
    op->ob_exports = 0;
    if (n > 0) {
        op->ob_bytes = PyObject_Malloc((size_t)n + 1);
        if (op->ob_bytes == NULL) {
            Py_DECREF(op);
            return PyErr_NoMemory();
        }
        if (bytes != NULL) {
            memcpy(op->ob_bytes, bytes, (size_t)n);
        }
        op->ob_bytes[n] = '\0';
        op->ob_alloc = n + 1;
        op->ob_start = op->ob_bytes;
        Py_SET_SIZE(op, n);
    }
    return (PyObject *)op;
}

/* The block's size for n bytes behind `offset` used ones, or -1 if the block
 * can stay as it is. */
static Py_ssize_t
bytearray_choose_alloc(PyByteArrayObject *op, Py_ssize_t n, Py_ssize_t offset)
{
    Py_ssize_t alloc = op->ob_alloc;

    if (n + offset + 1 <= alloc) {
        return n < alloc / 2 ? n + 1 : -1;
    }
    if (n <= alloc + (alloc >> 3)) {
        Py_ssize_t extra = (n >> 3) + (n < 9 ? 3 : 6);

        return n > PY_SSIZE_T_MAX - extra - 1 ? n + 1 : n + extra;
    }
    return n + 1;
}

int
PyByteArray_Resize(PyObject *self, Py_ssize_t n)
{
    PyByteArrayObject *op = ARRAY(self);
    Py_ssize_t offset = op->ob_start - op->ob_bytes;

    assert(PyByteArray_Check(self) && n >= 0);
    if (n == Py_SIZE(op)) {
        return 0;
    }
    if (bytearray_can_resize(self) < 0) {
        return -1;
    }
    if (n > PY_SSIZE_T_MAX - offset - 1) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t alloc = bytearray_choose_alloc(op, n, offset);
    if (alloc >= 0) {
        char *block;

        if (offset > 0) {
            block = PyObject_Malloc((size_t)alloc);
            if (block != NULL) {
                memcpy(block, op->ob_start,
                       (size_t)Py_MIN(n, Py_SIZE(op)));
                PyObject_Free(op->ob_bytes);
            }
        }
        else {
            block = PyObject_Realloc(op->ob_bytes, (size_t)alloc);
        }
        if (block == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        op->ob_bytes = op->ob_start = block;
        op->ob_alloc = alloc;
    }
    Py_SET_SIZE(op, n);
    op->ob_start[n] = '\0';
    return 0;
}

static void
bytearray_dealloc(PyObject *self)
{
    if (ARRAY(self)->ob_exports > 0) {
        PyErr_SetString(PyExc_SystemError,
                        "deallocated bytearray object has exported buffers");
        PyErr_Print();
    }
    if (ARRAY(self)->ob_bytes != NULL) {
        PyObject_Free(ARRAY(self)->ob_bytes);
    }
    Py_TYPE(self)->tp_free(self);
}

/* ---- the C API ---- */

PyObject *
PyByteArray_FromObject(PyObject *source)
{
    return PyObject_CallOneArg((PyObject *)&PyByteArray_Type, source);
}

Py_ssize_t
PyByteArray_Size(PyObject *self)
{
    assert(self != NULL && PyByteArray_Check(self));
    return Py_SIZE(self);
}

char *
PyByteArray_AsString(PyObject *self)
{
    assert(self != NULL && PyByteArray_Check(self));
    return PyByteArray_AS_STRING(self);
}

PyObject *
PyByteArray_Concat(PyObject *left, PyObject *right)
{
    Py_buffer a = {NULL, NULL}, b = {NULL, NULL};
    PyObject *result = NULL;

    if (PyObject_GetBuffer(left, &a, PyBUF_SIMPLE) < 0 ||
        PyObject_GetBuffer(right, &b, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s",
                     Py_TYPE(right)->tp_name, Py_TYPE(left)->tp_name);
        goto done;
    }
    if (a.len > PY_SSIZE_T_MAX - b.len) {
        PyErr_NoMemory();
        goto done;
    }
    result = PyByteArray_FromStringAndSize(NULL, a.len + b.len);
    if (result != NULL) {
        memcpy(PyByteArray_AS_STRING(result), a.buf, (size_t)a.len);
        memcpy(PyByteArray_AS_STRING(result) + a.len, b.buf, (size_t)b.len);
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

/* ---- slots ---- */

static int
bytearray_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    if (view == NULL) {
        PyErr_SetString(PyExc_BufferError,
                        "bytearray_getbuffer: view==NULL argument is "
                        "obsolete");
        return -1;
    }
    if (PyBuffer_FillInfo(view, self, PyByteArray_AS_STRING(self),
                          Py_SIZE(self), 0, flags) < 0) {
        return -1;
    }
    ARRAY(self)->ob_exports++;
    return 0;
}

static void
bytearray_releasebuffer(PyObject *self, Py_buffer *Py_UNUSED(view))
{
    ARRAY(self)->ob_exports--;
    assert(ARRAY(self)->ob_exports >= 0);
}

static Py_ssize_t
bytearray_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
bytearray_iconcat(PyObject *self, PyObject *other)
{
    Py_buffer view;

    if (PyObject_GetBuffer(other, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s",
                     Py_TYPE(other)->tp_name, Py_TYPE(self)->tp_name);
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self);
    PyObject *result = NULL;
    if (n > PY_SSIZE_T_MAX - view.len) {
        PyErr_NoMemory();
    }
    else if (PyByteArray_Resize(self, n + view.len) == 0) {
        memcpy(PyByteArray_AS_STRING(self) + n, view.buf, (size_t)view.len);
        result = Py_NewRef(self);
    }
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
bytearray_repeat(PyObject *self, Py_ssize_t count)
{
    Py_ssize_t n = Py_SIZE(self);

    count = Py_MAX(count, 0);
    if (n > 0 && count > PY_SSIZE_T_MAX / n) {
        return PyErr_NoMemory();
    }
    PyObject *result = PyByteArray_FromStringAndSize(NULL, n * count);
    if (result != NULL) {
        _PyBytes_Repeat(PyByteArray_AS_STRING(result), n * count,
                        PyByteArray_AS_STRING(self), n);
    }
    return result;
}

static PyObject *
bytearray_irepeat(PyObject *self, Py_ssize_t count)
{
    Py_ssize_t n = Py_SIZE(self);

    count = Py_MAX(count, 0);
    if (count == 1) {
        return Py_NewRef(self);
    }
    if (n > 0 && count > PY_SSIZE_T_MAX / n) {
        return PyErr_NoMemory();
    }
    if (PyByteArray_Resize(self, n * count) < 0) {
        return NULL;
    }
    char *data = PyByteArray_AS_STRING(self);
    _PyBytes_Repeat(data, n * count, data, n);
    return Py_NewRef(self);
}

static PyObject *
bytearray_item(PyObject *self, Py_ssize_t i)
{
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return NULL;
    }
    return PyLong_FromLong((unsigned char)PyByteArray_AS_STRING(self)[i]);
}

static PyObject *
bytearray_subscript(PyObject *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);

        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return bytearray_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(key)) {
        PyErr_Format(PyExc_TypeError,
                     "bytearray indices must be integers or slices, not "
                     "%.200s",
                     Py_TYPE(key)->tp_name);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (n <= 0) {
        return PyByteArray_FromStringAndSize("", 0);
    }
    const char *text = PyByteArray_AS_STRING(self);
    if (step == 1) {
        return PyByteArray_FromStringAndSize(text + start, n);
    }
    PyObject *result = PyByteArray_FromStringAndSize(NULL, n);
    if (result == NULL) {
        return NULL;
    }
    char *out = PyByteArray_AS_STRING(result);
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        out[i] = text[at];
    }
    return result;
}

/* Makes the gap [low, high) `n` bytes wide and copies `bytes` into it. */
static int
bytearray_replace_range(PyObject *self, Py_ssize_t low, Py_ssize_t high,
                        const char *bytes, Py_ssize_t n)
{
    PyByteArrayObject *op = ARRAY(self);
    Py_ssize_t size = Py_SIZE(self), growth = n - (high - low);

    if (growth != 0 && bytearray_can_resize(self) < 0) {
        return -1;
    }
    if (growth < 0) {
        if (low == 0 && size + growth > 0) {
            /* FAST PATH: consume at the front */
            op->ob_start -= growth;
            Py_SET_SIZE(op, size + growth);
            if (Py_SIZE(op) < op->ob_alloc / 4) {
                /* Give memory back when little of the block is in use. */
                Py_ssize_t used = Py_SIZE(op);
                char *block = PyObject_Malloc((size_t)used + 1);

                if (block != NULL) {
                    memcpy(block, op->ob_start, (size_t)used + 1);
                    PyObject_Free(op->ob_bytes);
                    op->ob_bytes = op->ob_start = block;
                    op->ob_alloc = used + 1;
                }
            }
        }
        else {
            char *data = PyByteArray_AS_STRING(self);

            memmove(data + low + n, data + high, (size_t)(size - high));
            if (PyByteArray_Resize(self, size + growth) < 0) {
                return -1;
            }
        }
    }
    else if (growth > 0) {
        if (size > PY_SSIZE_T_MAX - growth) {
            PyErr_NoMemory();
            return -1;
        }
        if (PyByteArray_Resize(self, size + growth) < 0) {
            return -1;
        }
        char *data = PyByteArray_AS_STRING(self);
        memmove(data + low + n, data + high, (size_t)(size - high));
    }
    if (n > 0) {
        memcpy(PyByteArray_AS_STRING(self) + low, bytes, (size_t)n);
    }
    return 0;
}

/* del self[start:stop:step], |step| != 1; n items. */
static int
bytearray_delete_stepped(PyObject *self, Py_ssize_t start, Py_ssize_t step,
                         Py_ssize_t n)
{
    char *data = PyByteArray_AS_STRING(self);
    Py_ssize_t size = Py_SIZE(self);

    if (n == 0) {
        return 0;
    }
    if (bytearray_can_resize(self) < 0) {
        return -1;
    }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    char *out = data + start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t from = start + i * step + 1;
        Py_ssize_t to = i + 1 < n ? from + step - 1 : size;

        memmove(out, data + from, (size_t)(to - from));
        out += to - from;
    }
    return PyByteArray_Resize(self, size - n);
}

static int
bytearray_assign_slice(PyObject *self, PyObject *key, PyObject *values)
{
    Py_ssize_t start, stop, step;
    PyObject *converted = NULL;                                 /* owned */
    int status = -1;

    if (values != NULL &&
        (!PyByteArray_Check(values) || values == self)) {
        if (PyNumber_Check(values) || PyUnicode_Check(values)) {
            PyErr_Format(PyExc_TypeError,
                         "can assign only bytes, buffers, or iterables of "
                         "ints in range(0, 256)");
            return -1;
        }
        /* A copy: also when the source is self. */
        converted = PyByteArray_FromObject(values);
        if (converted == NULL) {
            return -1;
        }
        values = converted;
    }
    /* Indices after the conversion, which may have changed self. */
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        goto done;
    }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    Py_ssize_t have = values == NULL ? 0 : Py_SIZE(values);
    const char *bytes = values == NULL ? "" : PyByteArray_AS_STRING(values);

    if ((step < 0 && start < stop) || (step > 0 && start > stop)) {
        stop = start;
    }
    if (step == 1) {
        status = bytearray_replace_range(self, start, stop, bytes, have);
    }
    else if (have == 0) {
        /* An empty value deletes, as with step 1 (as 3.11 does). */
        status = bytearray_delete_stepped(self, start, step, n);
    }
    else if (have != n) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign bytes of size %zd to extended slice "
                     "of size %zd",
                     have, n);
    }
    else {
        char *data = PyByteArray_AS_STRING(self);

        for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
            data[at] = bytes[i];
        }
        status = 0;
    }
done:
    Py_XDECREF(converted);
    return status;
}

static int
bytearray_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    int byte = 0;

    if (PySlice_Check(key)) {
        return bytearray_assign_slice(self, key, value);
    }
    if (!PyIndex_Check(key)) {
        PyErr_Format(PyExc_TypeError,
                     "bytearray indices must be integers or slices, not "
                     "%.200s",
                     Py_TYPE(key)->tp_name);
        return -1;
    }
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (value != NULL && bytes_byte_from(value, &byte) < 0) {
        return -1;
    }
    if (i < 0) {
        i += Py_SIZE(self);
    }
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return -1;
    }
    if (value == NULL) {
        return bytearray_replace_range(self, i, i + 1, "", 0);
    }
    PyByteArray_AS_STRING(self)[i] = (char)byte;
    return 0;
}

static int
bytearray_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    int byte = 0;

    if (value != NULL && bytes_byte_from(value, &byte) < 0) {
        return -1;
    }
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return -1;
    }
    if (value == NULL) {
        return bytearray_replace_range(self, i, i + 1, "", 0);
    }
    PyByteArray_AS_STRING(self)[i] = (char)byte;
    return 0;
}

static int
bytearray_slot_contains(PyObject *self, PyObject *item)
{
    ARRAY(self)->ob_exports++;     /* __index__ runs Python: hold still */
    int result = bytes_contains(PyByteArray_AS_STRING(self), Py_SIZE(self),
                                item);
    ARRAY(self)->ob_exports--;
    return result;
}

static PyObject *
bytearray_repr(PyObject *self)
{
    const char *name = _PyType_Name(Py_TYPE(self));
    size_t n = strlen(name);
    char *before = PyMem_Malloc(n + 2);

    if (before == NULL) {
        return PyErr_NoMemory();
    }
    memcpy(before, name, n);
    memcpy(before + n, "(", 2);
    PyObject *result = bytes_repr_of(PyByteArray_AS_STRING(self),
                                     Py_SIZE(self), before, ")", true);
    PyMem_Free(before);
    return result;
}

static PyObject *
bytearray_str(PyObject *self)
{
    if (_Py_GetConfig()->bytes_warning &&
        PyErr_WarnEx(PyExc_BytesWarning, "str() on a bytearray instance",
                     1) < 0) {
        return NULL;
    }
    return bytearray_repr(self);
}

static PyObject *
bytearray_richcompare(PyObject *left, PyObject *right, int op)
{
    Py_buffer a, b;

    if (!PyObject_CheckBuffer(left) || !PyObject_CheckBuffer(right)) {
        if (_Py_GetConfig()->bytes_warning && (op == Py_EQ || op == Py_NE) &&
            (PyUnicode_Check(left) || PyUnicode_Check(right)) &&
            PyErr_WarnEx(PyExc_BytesWarning,
                         "Comparison between bytearray and string", 1) < 0) {
            return NULL;
        }
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyObject_GetBuffer(left, &a, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();                        /* BufferError: not bytes-like */
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyObject_GetBuffer(right, &b, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();                        /* BufferError: not bytes-like */
        PyBuffer_Release(&a);
        Py_RETURN_NOTIMPLEMENTED;
    }
    int order = 1;
    if (a.len == b.len || (op != Py_EQ && op != Py_NE)) {
        order = memcmp(a.buf, b.buf, (size_t)Py_MIN(a.len, b.len));
        if (order == 0) {
            order = (a.len > b.len) - (a.len < b.len);
        }
    }
    PyBuffer_Release(&a);
    PyBuffer_Release(&b);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static PyObject *
bytearray_mod(PyObject *left, PyObject *right)
{
    if (!PyByteArray_Check(left)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    ARRAY(left)->ob_exports++;       /* formatting runs Python: hold still */
    PyObject *result = _PyBytes_FormatEx(PyByteArray_AS_STRING(left),
                                         Py_SIZE(left), right, 1);
    ARRAY(left)->ob_exports--;
    return result;
}

/* ---- methods ---- */

#define TEXT PyByteArray_AS_STRING(self), PyByteArray_GET_SIZE(self)
#define WHOLE ((PyObject *)NULL)
#define MAKE PyByteArray_FromStringAndSize
#include "bytes_method_table.h"

/* Runs Python (__index__). */
static int
bytearray_append_value(PyObject *self, PyObject *item)
{
    int byte;

    if (bytes_byte_from(item, &byte) < 0) {
        return -1;
    }
    Py_ssize_t n = Py_SIZE(self);
    if (n == PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "cannot add more objects to bytearray");
        return -1;
    }
    if (PyByteArray_Resize(self, n + 1) < 0) {
        return -1;
    }
    PyByteArray_AS_STRING(self)[n] = (char)byte;
    return 0;
}

static PyObject *
bytearray_append(PyObject *self, PyObject *item)
{
    if (bytearray_append_value(self, item) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Collects ints of an iterable in a new bytearray.  Runs Python. */
static PyObject *
bytearray_collect(PyObject *iterable)
{
    PyObject *collected = NULL, *item = NULL;                   /* owned */
    PyObject *iterator = PyObject_GetIter(iterable);            /* owned */

    if (iterator == NULL) {
        return NULL;
    }
    Py_ssize_t room = PyObject_LengthHint(iterable, 32), n = 0;
    if (room == -1 && PyErr_Occurred()) {
        goto done;
    }
    collected = PyByteArray_FromStringAndSize(NULL, room);
    if (collected == NULL) {
        goto done;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        int byte;
        int status = bytes_byte_from(item, &byte);

        Py_CLEAR(item);
        if (status < 0) {
            Py_CLEAR(collected);
            goto done;
        }
        if (n >= Py_SIZE(collected) &&
            PyByteArray_Resize(collected, n + (n >> 1) + 1) < 0) {
            Py_CLEAR(collected);
            goto done;
        }
        PyByteArray_AS_STRING(collected)[n++] = (char)byte;
    }
    if (PyErr_Occurred() || PyByteArray_Resize(collected, n) < 0) {
        Py_CLEAR(collected);
    }
done:
    Py_DECREF(iterator);
    return collected;
}

static PyObject *
bytearray_extend(PyObject *self, PyObject *iterable)
{
    Py_ssize_t n = Py_SIZE(self);

    if (PyObject_CheckBuffer(iterable)) {
        PyObject *source = iterable == self
                               ? PyByteArray_FromStringAndSize(TEXT)
                               : Py_NewRef(iterable);           /* owned */
        if (source == NULL) {
            return NULL;
        }
        PyObject *result = bytearray_iconcat(self, source);
        Py_DECREF(source);
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
        Py_RETURN_NONE;
    }
    PyObject *collected = bytearray_collect(iterable);          /* owned */
    if (collected == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) &&
            Py_TYPE(iterable)->tp_iter == NULL &&
            !PySequence_Check(iterable)) {
            PyErr_Format(PyExc_TypeError, "can't extend bytearray with %.100s",
                         Py_TYPE(iterable)->tp_name);
        }
        return NULL;
    }
    n = Py_SIZE(self);
    int status = bytearray_replace_range(self, n, n,
                                         PyByteArray_AS_STRING(collected),
                                         Py_SIZE(collected));
    Py_DECREF(collected);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytearray_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int byte;

    if (!_PyArg_CheckPositional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t at = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    if (at == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (bytes_byte_from(args[1], &byte) < 0) {
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self);
    if (at < 0) {
        at = Py_MAX(at + n, 0);
    }
    at = Py_MIN(at, n);
    char c = (char)byte;
    if (bytearray_replace_range(self, at, at, &c, 1) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytearray_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t at;

    if (abstract_parse_pop(self, args, nargs, "pop from empty bytearray",
                           &at) < 0) {
        return NULL;
    }
    unsigned char byte = (unsigned char)PyByteArray_AS_STRING(self)[at];
    if (bytearray_replace_range(self, at, at + 1, "", 0) < 0) {
        return NULL;
    }
    return PyLong_FromLong(byte);
}

static PyObject *
bytearray_remove(PyObject *self, PyObject *value)
{
    int byte;

    if (bytes_byte_from(value, &byte) < 0) {
        return NULL;
    }
    char *data = PyByteArray_AS_STRING(self);
    char *p = memchr(data, byte, (size_t)Py_SIZE(self));
    if (p == NULL) {
        PyErr_SetString(PyExc_ValueError, "value not found in bytearray");
        return NULL;
    }
    Py_ssize_t at = p - data;
    if (bytearray_replace_range(self, at, at + 1, "", 0) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytearray_reverse(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    char *data = PyByteArray_AS_STRING(self);

    for (Py_ssize_t i = 0, j = Py_SIZE(self) - 1; i < j; i++, j--) {
        char c = data[i];

        data[i] = data[j];
        data[j] = c;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytearray_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (PyByteArray_Resize(self, 0) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytearray_copy(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyByteArray_FromStringAndSize(TEXT);
}

/* The tuple for pickle; protocol 3 has bytes. */
static PyObject *
bytearray_reduced(PyObject *self, int protocol)
{
    PyObject *state = PyObject_CallMethodNoArgs(self, NAME(__getstate__));

    if (state == NULL) {
        return NULL;
    }
    if (Py_SIZE(self) == 0) {
        return Py_BuildValue("(O()N)", Py_TYPE(self), state);
    }
    PyObject *data = protocol < 3
                         ? PyUnicode_DecodeLatin1(TEXT, NULL)
                         : PyBytes_FromStringAndSize(TEXT);
    if (data == NULL) {
        Py_DECREF(state);
        return NULL;
    }
    return protocol < 3
               ? Py_BuildValue("(O(NO)N)", Py_TYPE(self), data, NAME(latin1),
                               state)
               : Py_BuildValue("(O(N)N)", Py_TYPE(self), data, state);
}

static PyObject *
bytearray_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return bytearray_reduced(self, 2);
}

static PyObject *
bytearray_reduce_ex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int protocol = 0;

    if (!_PyArg_CheckPositional("__reduce_ex__", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        protocol = _PyLong_AsInt(args[0]);
        if (protocol == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    return bytearray_reduced(self, protocol);
}

static PyObject *
bytearray_sizeof(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(Py_TYPE(self)->tp_basicsize +
                              ARRAY(self)->ob_alloc);
}

static PyObject *
bytearray_alloc(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(ARRAY(self)->ob_alloc);
}

/* ---- construction ---- */

/* self = bytes of a buffer. */
static int
bytearray_init_from_buffer(PyObject *self, PyObject *source)
{
    Py_buffer view;
    int status = -1;

    if (PyObject_GetBuffer(source, &view, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    if (PyByteArray_Resize(self, view.len) == 0) {
        status = PyBuffer_ToContiguous(PyByteArray_AS_STRING(self), &view,
                                       view.len, 'C');
    }
    PyBuffer_Release(&view);
    return status;
}

/* self = the source of bytearray(source), no str.  Runs Python. */
static int
bytearray_init_from(PyObject *self, PyObject *source)
{
    if (PyIndex_Check(source)) {
        Py_ssize_t n = PyNumber_AsSsize_t(source, PyExc_OverflowError);

        if (n == -1 && PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
                return -1;
            }
            PyErr_Clear();               /* TypeError: maybe an iterable */
        }
        else {
            if (n < 0) {
                PyErr_SetString(PyExc_ValueError, "negative count");
                return -1;
            }
            if (n > 0) {
                if (PyByteArray_Resize(self, n) < 0) {
                    return -1;
                }
                memset(PyByteArray_AS_STRING(self), 0, (size_t)n);
            }
            return 0;
        }
    }
    if (PyObject_CheckBuffer(source)) {
        return bytearray_init_from_buffer(self, source);
    }
    PyObject *iterator = PyObject_GetIter(source), *item;       /* owned */
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "cannot convert '%.200s' object to bytearray",
                         Py_TYPE(source)->tp_name);
        }
        return -1;
    }
    int status = 0;
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = bytearray_append_value(self, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : status;
}

static int
bytearray_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"source", (char *)"encoding",
                               (char *)"errors", NULL};
    PyObject *source = NULL;                                    /* borrowed */
    const char *encoding = NULL, *errors = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oss:bytearray", keywords,
                                     &source, &encoding, &errors)) {
        return -1;
    }
    if (Py_SIZE(self) != 0 && PyByteArray_Resize(self, 0) < 0) {
        return -1;
    }
    if (source != NULL && PyUnicode_Check(source)) {
        if (encoding == NULL) {
            PyErr_SetString(PyExc_TypeError,
                            "string argument without an encoding");
            return -1;
        }
        PyObject *encoded = PyUnicode_AsEncodedString(source, encoding,
                                                      errors);  /* owned */
        if (encoded == NULL) {
            return -1;
        }
        int status = bytearray_init_from_buffer(self, encoded);
        Py_DECREF(encoded);
        return status;
    }
    if (encoding != NULL || errors != NULL) {
        PyErr_SetString(PyExc_TypeError,
                        encoding != NULL
                            ? "encoding without a string argument"
                            : "errors without a string argument");
        return -1;
    }
    return source == NULL ? 0 : bytearray_init_from(self, source);
}

/* ---- iteration ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyByteArrayObject *array;              /* owned; NULL once exhausted */
} bytearray_iterator;

static void
bytearray_iterator_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((bytearray_iterator *)self)->array);
    PyObject_GC_Del(self);
}

static int
bytearray_iterator_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((bytearray_iterator *)self)->array);
    return 0;
}

static PyObject *
bytearray_iterator_next(PyObject *self)
{
    bytearray_iterator *it = (bytearray_iterator *)self;

    if (it->array == NULL) {
        return NULL;
    }
    if (it->index < Py_SIZE(it->array)) {
        return PyLong_FromLong((unsigned char)PyByteArray_AS_STRING(
            (PyObject *)it->array)[it->index++]);
    }
    Py_CLEAR(it->array);
    return NULL;
}

static PyObject *
bytearray_iterator_length_hint(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    bytearray_iterator *it = (bytearray_iterator *)self;
    Py_ssize_t left = it->array == NULL ? 0 : Py_SIZE(it->array) - it->index;

    return PyLong_FromSsize_t(Py_MAX(left, 0));
}

static PyObject *
bytearray_iterator_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    bytearray_iterator *it = (bytearray_iterator *)self;
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));            /* owned */

    if (iter == NULL) {
        return NULL;
    }
    if (it->array == NULL) {                 /* the lookup may run Python */
        return Py_BuildValue("N(())", iter);
    }
    return Py_BuildValue("N(O)n", iter, it->array, it->index);
}

static PyObject *
bytearray_iterator_setstate(PyObject *self, PyObject *state)
{
    bytearray_iterator *it = (bytearray_iterator *)self;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (it->array != NULL) {
        it->index = Py_MAX(0, Py_MIN(index, Py_SIZE(it->array)));
    }
    Py_RETURN_NONE;
}

static PyMethodDef bytearray_iterator_methods[] = {
    {"__length_hint__", bytearray_iterator_length_hint, METH_NOARGS,
     "How many items are left."},
    {"__reduce__", bytearray_iterator_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nState for pickle."},
    {"__setstate__", bytearray_iterator_setstate, METH_O,
     "Set the position."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyByteArrayIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytearray_iterator",
    .tp_basicsize = sizeof(bytearray_iterator),
    .tp_dealloc = bytearray_iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = bytearray_iterator_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = bytearray_iterator_next,
    .tp_methods = bytearray_iterator_methods,
};

static PyObject *
bytearray_iter(PyObject *self)
{
    bytearray_iterator *it = PyObject_GC_New(bytearray_iterator,
                                             &PyByteArrayIter_Type);
    if (it == NULL) {
        return NULL;
    }
    it->index = 0;
    it->array = (PyByteArrayObject *)Py_NewRef(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

/* ---- the type ---- */

static PyMethodDef bytearray_methods[] = {
    {"__alloc__", bytearray_alloc, METH_NOARGS, "Bytes allocated."},
    {"__reduce__", bytearray_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nState for pickle."},
    {"__reduce_ex__", FAST(bytearray_reduce_ex), METH_FASTCALL,
     "__reduce_ex__($self, proto=0, /)\n--\n\nState for pickle."},
    {"__sizeof__", bytearray_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nMemory of the object, in bytes."},
    {"append", bytearray_append, METH_O,
     "append($self, item, /)\n--\n\nAppend one byte."},
    {"clear", bytearray_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items."},
    {"copy", bytearray_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy."},
    {"extend", bytearray_extend, METH_O,
     "extend($self, iterable_of_ints, /)\n--\n\nAppend all items."},
    {"insert", FAST(bytearray_insert), METH_FASTCALL,
     "insert($self, index, item, /)\n--\n\nInsert before the index."},
    {"pop", FAST(bytearray_pop), METH_FASTCALL,
     "pop($self, index=-1, /)\n--\n\nRemove and return one byte."},
    {"remove", bytearray_remove, METH_O,
     "remove($self, value, /)\n--\n\nRemove the first such byte."},
    {"reverse", bytearray_reverse, METH_NOARGS,
     "reverse($self, /)\n--\n\nReverse in place."},
    BYTES_SHARED_METHODS
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods bytearray_as_number = {
    .nb_remainder = bytearray_mod,
};

static PySequenceMethods bytearray_as_sequence = {
    .sq_length = bytearray_length,
    .sq_concat = PyByteArray_Concat,
    .sq_repeat = bytearray_repeat,
    .sq_item = bytearray_item,
    .sq_ass_item = bytearray_ass_item,
    .sq_contains = bytearray_slot_contains,
    .sq_inplace_concat = bytearray_iconcat,
    .sq_inplace_repeat = bytearray_irepeat,
};

static PyMappingMethods bytearray_as_mapping = {
    .mp_length = bytearray_length,
    .mp_subscript = bytearray_subscript,
    .mp_ass_subscript = bytearray_ass_subscript,
};

static PyBufferProcs bytearray_as_buffer = {
    .bf_getbuffer = bytearray_getbuffer,
    .bf_releasebuffer = bytearray_releasebuffer,
};

PyTypeObject PyByteArray_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytearray",
    .tp_basicsize = sizeof(PyByteArrayObject),
    .tp_dealloc = bytearray_dealloc,
    .tp_repr = bytearray_repr,
    .tp_as_number = &bytearray_as_number,
    .tp_as_sequence = &bytearray_as_sequence,
    .tp_as_mapping = &bytearray_as_mapping,
    .tp_str = bytearray_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &bytearray_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "bytearray(iterable_of_ints) -> bytearray\n"
              "bytearray(string, encoding[, errors]) -> bytearray\n"
              "bytearray(bytes_or_buffer) -> mutable copy\n"
              "bytearray(int) -> that many zero bytes\n"
              "bytearray() -> empty bytearray\n\n"
              "A mutable array of bytes.",
    .tp_richcompare = bytearray_richcompare,
    .tp_iter = bytearray_iter,
    .tp_methods = bytearray_methods,
    .tp_init = bytearray_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_Free,
};
