/* The buffer protocol (PEP 3118): getting and releasing buffers, contiguity,
 * copies between strided and contiguous memory, and the old one-segment
 * functions. */
#include "Python.h"

#include "buffer.h"
#include "names.h"

#include <stdbool.h>

/* ---- getting and releasing ---- */

int
PyObject_CheckBuffer(PyObject *op)
{
    PyBufferProcs *procs = Py_TYPE(op)->tp_as_buffer;

    return procs != NULL && procs->bf_getbuffer != NULL;
}

int
PyObject_GetBuffer(PyObject *op, Py_buffer *view, int flags)
{
    if (flags != PyBUF_SIMPLE &&
        (flags == PyBUF_READ || flags == PyBUF_WRITE)) {
        PyErr_BadInternalCall();        /* flags of PyMemoryView_FromMemory */
        return -1;
    }
    PyBufferProcs *procs = Py_TYPE(op)->tp_as_buffer;
    if (procs == NULL || procs->bf_getbuffer == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "a bytes-like object is required, not '%.100s'",
                     Py_TYPE(op)->tp_name);
        return -1;
    }
    return procs->bf_getbuffer(op, view, flags);
}

void
PyBuffer_Release(Py_buffer *view)
{
    PyObject *op = view->obj;

    if (op == NULL) {
        return;
    }
    PyBufferProcs *procs = Py_TYPE(op)->tp_as_buffer;
    if (procs != NULL && procs->bf_releasebuffer != NULL) {
        procs->bf_releasebuffer(op, view);
    }
    view->obj = NULL;
    Py_DECREF(op);
}

int
PyBuffer_FillInfo(Py_buffer *view, PyObject *op, void *buf, Py_ssize_t len,
                  int readonly, int flags)
{
    if (view == NULL) {
        PyErr_SetString(PyExc_BufferError,
                        "PyBuffer_FillInfo: view==NULL argument is "
                        "obsolete");
        return -1;
    }
    if (flags != PyBUF_SIMPLE) {
        if (flags == PyBUF_READ || flags == PyBUF_WRITE) {
            PyErr_BadInternalCall();
            return -1;
        }
        if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && readonly == 1) {
            PyErr_SetString(PyExc_BufferError, "Object is not writable.");
            return -1;
        }
    }
    view->obj = Py_XNewRef(op);
    view->buf = buf;
    view->len = len;
    view->readonly = readonly;
    view->itemsize = 1;
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char *)"B" : NULL;
    view->ndim = 1;
    view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &view->len : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize
                                                             : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    return 0;
}

/* ---- contiguity ---- */

/* Whether strides are those of packed memory; from the last dimension (C) or
 * the first (Fortran). */
static bool
strides_are_packed(const Py_buffer *view, bool fortran)
{
    Py_ssize_t expected = view->itemsize;

    if (view->len == 0) {
        return true;
    }
    if (view->strides == NULL) {
        if (!fortran || view->ndim <= 1) {
            return true;
        }
        /* C-contiguous memory: both orders only if one dimension counts. */
        int longer = 0;
        for (int i = 0; i < view->ndim && view->shape != NULL; i++) {
            longer += view->shape[i] > 1;
        }
        return view->shape != NULL && longer <= 1;
    }
    for (int k = 0; k < view->ndim; k++) {
        int i = fortran ? k : view->ndim - 1 - k;
        Py_ssize_t n = view->shape[i];

        if (n > 1 && view->strides[i] != expected) {
            return false;
        }
        expected *= n;
    }
    return true;
}

int
PyBuffer_IsContiguous(const Py_buffer *view, char order)
{
    if (view->suboffsets != NULL) {
        return 0;
    }
    switch (order) {
    case 'C':
        return strides_are_packed(view, false);
    case 'F':
        return strides_are_packed(view, true);
    case 'A':
        return strides_are_packed(view, false) ||
               strides_are_packed(view, true);
    default:
        return 0;
    }
}

void
PyBuffer_FillContiguousStrides(int ndims, Py_ssize_t *shape,
                               Py_ssize_t *strides, int itemsize, char order)
{
    Py_ssize_t stride = itemsize;

    for (int k = 0; k < ndims; k++) {
        int i = order == 'F' ? k : ndims - 1 - k;

        strides[i] = stride;
        stride *= shape[i];
    }
}

void *
PyBuffer_GetPointer(const Py_buffer *view, const Py_ssize_t *indices)
{
    char *p = view->buf;

    for (int i = 0; i < view->ndim; i++) {
        p += view->strides[i] * indices[i];
        if (view->suboffsets != NULL && view->suboffsets[i] >= 0) {
            p = *(char **)p + view->suboffsets[i];
        }
    }
    return p;
}

/* struct.calcsize(format). */
Py_ssize_t
PyBuffer_SizeFromFormat(const char *format)
{
    PyObject *module = NULL, *size = NULL;                      /* owned */
    Py_ssize_t result = -1;

    module = PyImport_ImportModule("struct");
    if (module == NULL) {
        return -1;
    }
    size = PyObject_CallMethod(module, "calcsize", "s", format);
    if (size != NULL) {
        result = PyLong_AsSsize_t(size);
    }
    Py_XDECREF(size);
    Py_DECREF(module);
    return result;
}

/* ---- copies ---- */

/* Steps the indices: the last dimension fastest, or (Fortran) the first. */
static void
step_indices(const Py_buffer *view, Py_ssize_t *indices, bool fortran)
{
    if (fortran) {
        _Py_add_one_to_index_F(view->ndim, indices, view->shape);
    }
    else {
        _Py_add_one_to_index_C(view->ndim, indices, view->shape);
    }
}

int
PyBuffer_FromContiguous(const Py_buffer *view, const void *buf,
                        Py_ssize_t len, char fort)
{
    Py_ssize_t indices[PyBUF_MAX_NDIM] = {0};
    const char *from = buf;

    if (len > view->len) {
        len = view->len;
    }
    if (PyBuffer_IsContiguous(view, fort)) {
        memcpy(view->buf, buf, (size_t)len);
        return 0;
    }
    for (Py_ssize_t n = len / view->itemsize; n > 0; n--) {
        memcpy(PyBuffer_GetPointer(view, indices), from,
               (size_t)view->itemsize);
        from += view->itemsize;
        step_indices(view, indices, fort == 'F');
    }
    return 0;
}

/* A view with shape and strides filled in for PyBUF_SIMPLE exporters. */
static int
buffer_with_strides(const Py_buffer *src, Py_buffer *full,
                    Py_ssize_t *shape_and_strides)
{
    *full = *src;
    if (src->ndim > PyBUF_MAX_NDIM) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: number of dimensions must not exceed "
                        "64");
        return -1;
    }
    if (src->shape == NULL) {
        full->ndim = 1;
        shape_and_strides[0] = src->itemsize > 0 ? src->len / src->itemsize
                                                 : src->len;
        full->shape = shape_and_strides;
    }
    if (src->strides == NULL) {
        full->strides = shape_and_strides + PyBUF_MAX_NDIM;
        PyBuffer_FillContiguousStrides(full->ndim, full->shape, full->strides,
                                       (int)src->itemsize, 'C');
    }
    return 0;
}

int
buffer_copy_to_contiguous(char *dest, const Py_buffer *src, char order)
{
    Py_ssize_t space[2 * PyBUF_MAX_NDIM], indices[PyBUF_MAX_NDIM] = {0};
    Py_buffer full;

    if (PyBuffer_IsContiguous(src, order)) {
        memcpy(dest, src->buf, (size_t)src->len);
        return 0;
    }
    if (buffer_with_strides(src, &full, space) < 0) {
        return -1;
    }
    for (Py_ssize_t n = src->len / src->itemsize; n > 0; n--) {
        memcpy(dest, PyBuffer_GetPointer(&full, indices),
               (size_t)src->itemsize);
        dest += src->itemsize;
        step_indices(&full, indices, order == 'F');
    }
    return 0;
}

int
PyBuffer_ToContiguous(void *buf, const Py_buffer *src, Py_ssize_t len,
                      char order)
{
    assert(order == 'C' || order == 'F' || order == 'A');
    if (len != src->len) {
        PyErr_SetString(PyExc_ValueError,
                        "PyBuffer_ToContiguous: len != view->len");
        return -1;
    }
    if (order == 'A') {
        order = PyBuffer_IsContiguous(src, 'F') &&
                        !PyBuffer_IsContiguous(src, 'C')
                    ? 'F'
                    : 'C';
    }
    return buffer_copy_to_contiguous(buf, src, order);
}

int
PyObject_CopyData(PyObject *dest, PyObject *src)
{
    Py_buffer to, from;
    Py_ssize_t indices[PyBUF_MAX_NDIM] = {0};
    int status = -1;

    if (!PyObject_CheckBuffer(dest) || !PyObject_CheckBuffer(src)) {
        PyErr_SetString(PyExc_TypeError,
                        "both destination and source must be bytes-like "
                        "objects");
        return -1;
    }
    if (PyObject_GetBuffer(dest, &to, PyBUF_FULL) < 0) {
        return -1;
    }
    if (PyObject_GetBuffer(src, &from, PyBUF_FULL_RO) < 0) {
        PyBuffer_Release(&to);
        return -1;
    }
    if (to.len < from.len) {
        PyErr_SetString(PyExc_BufferError,
                        "destination is too small to receive data from "
                        "source");
        goto done;
    }
    if ((PyBuffer_IsContiguous(&to, 'C') &&
         PyBuffer_IsContiguous(&from, 'C')) ||
        (PyBuffer_IsContiguous(&to, 'F') &&
         PyBuffer_IsContiguous(&from, 'F'))) {
        memcpy(to.buf, from.buf, (size_t)from.len);
        status = 0;
        goto done;
    }
    for (Py_ssize_t n = from.len / from.itemsize; n > 0; n--) {
        memcpy(PyBuffer_GetPointer(&to, indices),
               PyBuffer_GetPointer(&from, indices), (size_t)from.itemsize);
        step_indices(&from, indices, false);
    }
    status = 0;
done:
    PyBuffer_Release(&to);
    PyBuffer_Release(&from);
    return status;
}

/* ---- the old protocol ---- */

int
PyObject_CheckReadBuffer(PyObject *op)
{
    Py_buffer view;

    if (!PyObject_CheckBuffer(op)) {
        return 0;
    }
    if (PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();                         /* BufferError: not readable */
        return 0;
    }
    PyBuffer_Release(&view);
    return 1;
}

/* The buffer's memory, without holding it: as unsafe as the API is. */
static int
borrow_memory(PyObject *op, int flags, void **buffer, Py_ssize_t *len)
{
    Py_buffer view;

    if (op == NULL || buffer == NULL || len == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "null argument to internal routine");
        return -1;
    }
    if (flags & PyBUF_WRITABLE &&
        (!PyObject_CheckBuffer(op) ||
         PyObject_GetBuffer(op, &view, PyBUF_WRITABLE) < 0)) {
        PyErr_SetString(PyExc_TypeError,
                        "expected a writable bytes-like object");
        return -1;
    }
    if (!(flags & PyBUF_WRITABLE) &&
        PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    *buffer = view.buf;
    *len = view.len;
    PyBuffer_Release(&view);
    return 0;
}

int
PyObject_AsReadBuffer(PyObject *op, const void **buffer, Py_ssize_t *len)
{
    return borrow_memory(op, PyBUF_SIMPLE, (void **)buffer, len);
}

int
PyObject_AsCharBuffer(PyObject *op, const char **buffer, Py_ssize_t *len)
{
    return borrow_memory(op, PyBUF_SIMPLE, (void **)buffer, len);
}

int
PyObject_AsWriteBuffer(PyObject *op, void **buffer, Py_ssize_t *len)
{
    return borrow_memory(op, PyBUF_WRITABLE, buffer, len);
}
