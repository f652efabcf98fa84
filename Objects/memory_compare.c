/* Equality of buffers as arrays of values: same shape, equal items, whatever
 * the formats.  Native single-character formats are compared here, others
 * through the module struct. */
#include "Python.h"

#include "buffer.h"

#include <stdbool.h>

/* One side of a comparison, and what reads its items. */
typedef struct {
    const Py_buffer *view;
    char code;                   /* native format, or 0 */
    PyObject *unpack;            /* struct.Struct(format).unpack; owned */
} item_reader;

/* 0, 1 if the format is unknown to struct (cannot be compared), -1. */
static int
item_reader_init(item_reader *reader, const Py_buffer *view)
{
    const char *format = view->format != NULL ? view->format : "B";
    PyObject *module = NULL, *object = NULL;                    /* owned */

    reader->view = view;
    reader->unpack = NULL;
    if (buffer_native_format(format, &reader->code) != 0) {
        return 0;
    }
    reader->code = 0;
    module = PyImport_ImportModule("struct");
    if (module == NULL) {
        return -1;
    }
    object = PyObject_CallMethod(module, "Struct", "s", format);
    Py_DECREF(module);
    if (object != NULL) {
        reader->unpack = PyObject_GetAttrString(object, "unpack");
        Py_DECREF(object);
    }
    if (reader->unpack != NULL) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return -1;
    }
    PyErr_Clear();                       /* struct.error: unknown format */
    return 1;
}

static PyObject *
item_reader_read(const item_reader *reader, const char *p)
{
    if (reader->code != 0) {
        return buffer_unpack_item(p, reader->code, reader->view->format);
    }
    PyObject *bytes = PyBytes_FromStringAndSize(p, reader->view->itemsize);
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *items = PyObject_CallOneArg(reader->unpack, bytes); /* owned */
    Py_DECREF(bytes);
    if (items != NULL && PyTuple_Check(items) &&
        PyTuple_GET_SIZE(items) == 1) {
        Py_SETREF(items, Py_NewRef(PyTuple_GET_ITEM(items, 0)));
    }
    return items;
}

/* 1/0/-1.  Runs Python for formats that struct reads. */
static int
items_equal(const item_reader *v, const char *p, const item_reader *w,
            const char *q)
{
    if (v->code != 0 && w->code != 0) {
        return buffer_items_equal(p, v->code, q, w->code);
    }
    PyObject *a = item_reader_read(v, p);                       /* owned */
    PyObject *b = a == NULL ? NULL : item_reader_read(w, q);
    int equal = b == NULL ? -1 : PyObject_RichCompareBool(a, b, Py_EQ);

    Py_XDECREF(a);
    Py_XDECREF(b);
    return equal;
}

/* From `dimension` on; p and q are where its first items are. */
static int
arrays_equal(const item_reader *v_reader, const char *p,
             const item_reader *w_reader, const char *q, int dimension)
{
    const Py_buffer *v = v_reader->view, *w = w_reader->view;

    if (dimension == v->ndim) {
        return items_equal(v_reader, p, w_reader, q);
    }
    for (Py_ssize_t i = 0; i < v->shape[dimension]; i++) {
        char *a = buffer_follow_suboffset(v, dimension, (char *)p);
        char *b = buffer_follow_suboffset(w, dimension, (char *)q);
        int equal = arrays_equal(v_reader, a, w_reader, b, dimension + 1);

        if (equal <= 0) {
            return equal;
        }
        p += v->strides[dimension];
        q += w->strides[dimension];
    }
    return 1;
}

static bool
same_shape(const Py_buffer *v, const Py_buffer *w)
{
    if (v->ndim != w->ndim) {
        return false;
    }
    for (int i = 0; i < v->ndim; i++) {
        if (v->shape[i] != w->shape[i]) {
            return false;
        }
        if (v->shape[i] == 0) {
            break;
        }
    }
    return true;
}

int
buffer_views_equal(const Py_buffer *v, const Py_buffer *w)
{
    item_reader v_reader = {0}, w_reader = {0};
    int status;

    if (!same_shape(v, w)) {
        return 0;
    }
    status = item_reader_init(&v_reader, v);
    if (status == 0) {
        status = item_reader_init(&w_reader, w);
    }
    int equal = status > 0 ? 0 : -1;
    if (status == 0) {
        bool plain = (v_reader.code == 'B' || v_reader.code == 'b' ||
                      v_reader.code == 'c') &&
                     v_reader.code == w_reader.code &&
                     PyBuffer_IsContiguous(v, 'C') &&
                     PyBuffer_IsContiguous(w, 'C');

        equal = plain ? memcmp(v->buf, w->buf, (size_t)v->len) == 0
                      : arrays_equal(&v_reader, v->buf, &w_reader, w->buf,
                                     0);
    }
    Py_XDECREF(v_reader.unpack);
    Py_XDECREF(w_reader.unpack);
    return equal;
}
