/* memoryview (PEP 3118).
 *
 *   exporter <- _PyManagedBuffer (one Py_buffer, got once)
 *                  ^      ^
 *          memoryview  memoryview ...   (each with a view of its own: start,
 *                                        shape, strides, format)
 *
 * A managed buffer counts its views in `exports` and gives the buffer back
 * when the last one is released.  A memoryview counts the buffers that it
 * exports itself: while there are any it cannot be released.  view.obj of a
 * memoryview is borrowed from the managed buffer.
 *
 * Any call into Python may release a view: checks follow such calls. */
#include "Python.h"

#include "buffer.h"
#include "bytes.h"
#include "names.h"
#include "stackguard.h"

#include <stdbool.h>
#include <stddef.h>

#define VIEW(op) (&((PyMemoryViewObject *)(op))->view)
#define MEMORY(op) ((PyMemoryViewObject *)(op))

/* ---- views ---- */

static bool
memory_is_released(PyObject *self)
{
    return MEMORY(self)->flags & _Py_MEMORYVIEW_RELEASED ||
           MEMORY(self)->mbuf == NULL ||
           MEMORY(self)->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED;
}

static int
memory_check_open(PyObject *self)
{
    if (memory_is_released(self)) {
        PyErr_SetString(PyExc_ValueError,
                        "operation forbidden on released memoryview object");
        return -1;
    }
    return 0;
}

/* Recomputes the flags that depend on shape and strides. */
static void
memory_init_flags(PyMemoryViewObject *self)
{
    const Py_buffer *view = &self->view;
    int flags = 0;

    if (view->ndim == 0) {
        flags = _Py_MEMORYVIEW_SCALAR | _Py_MEMORYVIEW_C |
                _Py_MEMORYVIEW_FORTRAN;
    }
    else if (view->ndim == 1) {
        if (view->shape[0] == 1 || view->strides[0] == view->itemsize) {
            flags = _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
        }
    }
    else {
        Py_buffer plain = *view;

        plain.suboffsets = NULL;
        flags = (PyBuffer_IsContiguous(&plain, 'C') ? _Py_MEMORYVIEW_C : 0) |
                (PyBuffer_IsContiguous(&plain, 'F') ? _Py_MEMORYVIEW_FORTRAN
                                                    : 0);
    }
    if (view->suboffsets != NULL) {
        flags = (flags & ~(_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN)) |
                _Py_MEMORYVIEW_PIL;
    }
    self->flags = flags;
}

/* len = product of the shape times the item size. */
static void
view_init_len(Py_buffer *view)
{
    Py_ssize_t len = view->itemsize;

    for (int i = 0; i < view->ndim; i++) {
        len *= view->shape[i];
    }
    view->len = len;
}

/* A view object with room for ndim dimensions, on src's memory; shape and
 * strides are unset. */
static PyMemoryViewObject *
memory_alloc(_PyManagedBufferObject *managed, const Py_buffer *src, int ndim)
{
    PyMemoryViewObject *self = PyObject_GC_NewVar(
        PyMemoryViewObject, &PyMemoryView_Type, 3 * ndim);
    if (self == NULL) {
        return NULL;
    }
    self->mbuf = (_PyManagedBufferObject *)Py_NewRef(managed);
    managed->exports++;
    self->hash = -1;
    self->flags = 0;
    self->exports = 0;
    self->weakreflist = NULL;
    self->view = (Py_buffer){
        .buf = src->buf, .obj = src->obj, .len = src->len,
        .itemsize = src->itemsize, .readonly = src->readonly, .ndim = ndim,
        .format = src->format != NULL ? src->format : (char *)"B",
        .shape = self->ob_array, .strides = self->ob_array + ndim,
        .suboffsets = self->ob_array + 2 * ndim, .internal = src->internal,
    };
    PyObject_GC_Track(self);
    return self;
}

/* A new view of src (NULL: the whole buffer). */
static PyObject *
memory_from_managed(_PyManagedBufferObject *managed, const Py_buffer *src)
{
    if (src == NULL) {
        src = &managed->master;
    }
    if (src->ndim > PyBUF_MAX_NDIM) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: number of dimensions must not exceed "
                        "64");
        return NULL;
    }
    PyMemoryViewObject *self = memory_alloc(managed, src, src->ndim);
    if (self == NULL) {
        return NULL;
    }
    Py_buffer *view = &self->view;
    size_t size = (size_t)src->ndim * sizeof(Py_ssize_t);

    if (src->ndim == 0) {
        view->shape = view->strides = view->suboffsets = NULL;
    }
    else if (src->ndim == 1 && src->shape == NULL) {
        view->shape[0] = src->len / src->itemsize;
    }
    else {
        memcpy(view->shape, src->shape, size);
    }
    if (src->ndim > 0 && src->strides != NULL) {
        memcpy(view->strides, src->strides, size);
    }
    else if (src->ndim > 0) {
        PyBuffer_FillContiguousStrides(view->ndim, view->shape, view->strides,
                                       (int)view->itemsize, 'C');
    }
    if (src->ndim > 0 && src->suboffsets != NULL) {
        memcpy(view->suboffsets, src->suboffsets, size);
    }
    else {
        view->suboffsets = NULL;
    }
    memory_init_flags(self);
    return (PyObject *)self;
}

static int
memory_release_view(PyObject *op)
{
    PyMemoryViewObject *self = MEMORY(op);

    if (self->flags & _Py_MEMORYVIEW_RELEASED) {
        return 0;
    }
    if (self->exports > 0) {
        PyErr_Format(PyExc_BufferError, "memoryview has %zd exported buffer%s",
                     self->exports, self->exports == 1 ? "" : "s");
        return -1;
    }
    self->flags |= _Py_MEMORYVIEW_RELEASED;
    assert(self->mbuf->exports > 0);
    if (--self->mbuf->exports == 0) {
        buffer_managed_release(self->mbuf);
    }
    return 0;
}

static void
memory_dealloc(PyObject *op)
{
    PyMemoryViewObject *self = MEMORY(op);

    if (dealloc_must_wait(op)) {
        return;
    }
    assert(self->exports == 0);
    PyObject_GC_UnTrack(op);
    (void)memory_release_view(op);
    Py_CLEAR(self->mbuf);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    PyObject_GC_Del(op);
}

static int
memory_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(MEMORY(op)->mbuf);
    return 0;
}

static int
memory_clear(PyObject *op)
{
    PyMemoryViewObject *self = MEMORY(op);

    if (self->exports == 0 && self->mbuf != NULL) {
        (void)memory_release_view(op);
        Py_CLEAR(self->mbuf);
    }
    return 0;
}

/* ---- the C API ---- */

PyObject *
PyMemoryView_FromObject(PyObject *op)
{
    if (PyMemoryView_Check(op)) {
        if (memory_check_open(op) < 0) {
            return NULL;
        }
        return memory_from_managed(MEMORY(op)->mbuf, VIEW(op));
    }
    if (!PyObject_CheckBuffer(op)) {
        PyErr_Format(PyExc_TypeError,
                     "memoryview: a bytes-like object is required, not "
                     "'%.200s'",
                     Py_TYPE(op)->tp_name);
        return NULL;
    }
    /* owned */
    _PyManagedBufferObject *managed = buffer_managed_from_object(op);
    if (managed == NULL) {
        return NULL;
    }
    PyObject *result = memory_from_managed(managed, NULL);
    Py_DECREF(managed);
    return result;
}

PyObject *
PyMemoryView_FromMemory(char *mem, Py_ssize_t size, int flags)
{
    assert(mem != NULL && (flags == PyBUF_READ || flags == PyBUF_WRITE));
    _PyManagedBufferObject *managed = buffer_managed_alloc();       /* owned */
    if (managed == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (PyBuffer_FillInfo(&managed->master, NULL, mem, size,
                          flags != PyBUF_WRITE, PyBUF_FULL_RO) == 0) {
        result = memory_from_managed(managed, NULL);
    }
    Py_DECREF(managed);
    return result;
}

PyObject *
PyMemoryView_FromBuffer(const Py_buffer *info)
{
    if (info->buf == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "PyMemoryView_FromBuffer(): info->buf must not be "
                        "NULL");
        return NULL;
    }
    _PyManagedBufferObject *managed = buffer_managed_alloc();       /* owned */
    if (managed == NULL) {
        return NULL;
    }
    managed->master = *info;
    managed->master.obj = NULL;            /* the caller keeps it alive */
    PyObject *result = memory_from_managed(managed, NULL);
    Py_DECREF(managed);
    return result;
}

/* A view of a contiguous copy of `source`'s memory. */
static PyObject *
memory_contiguous_copy(PyObject *source, char order)
{
    Py_buffer *view = VIEW(source);
    PyObject *bytes = NULL, *result = NULL;                     /* owned */
    _PyManagedBufferObject *managed = NULL;                     /* owned */

    bytes = PyBytes_FromStringAndSize(NULL, view->len);
    if (bytes == NULL ||
        buffer_copy_to_contiguous(PyBytes_AS_STRING(bytes), view, order) < 0) {
        goto done;
    }
    managed = buffer_managed_from_object(bytes);
    if (managed == NULL) {
        goto done;
    }
    PyMemoryViewObject *copy = memory_alloc(managed, &managed->master,
                                            view->ndim);
    if (copy == NULL) {
        goto done;
    }
    copy->view.itemsize = view->itemsize;
    copy->view.format = view->format;
    if (strcmp(view->format, "B") != 0) {
        /* The format must outlive the source. */
        size_t n = strlen(view->format) + 1;
        char *format = PyMem_Malloc(n);

        if (format == NULL) {
            PyErr_NoMemory();
            copy->view.ndim = 0;
            Py_DECREF(copy);
            goto done;
        }
        memcpy(format, view->format, n);
        managed->master.format = copy->view.format = format;
        managed->flags |= _Py_MANAGED_BUFFER_FREE_FORMAT;
    }
    if (view->ndim > 0) {
        memcpy(copy->view.shape, view->shape,
               (size_t)view->ndim * sizeof(Py_ssize_t));
        PyBuffer_FillContiguousStrides(view->ndim, copy->view.shape,
                                       copy->view.strides,
                                       (int)view->itemsize, order);
    }
    copy->view.suboffsets = NULL;
    memory_init_flags(copy);
    result = (PyObject *)copy;
done:
    Py_XDECREF(managed);
    Py_XDECREF(bytes);
    return result;
}

PyObject *
PyMemoryView_GetContiguous(PyObject *obj, int buffertype, char order)
{
    assert(buffertype == PyBUF_READ || buffertype == PyBUF_WRITE);
    assert(order == 'C' || order == 'F' || order == 'A');
    PyObject *memory = PyMemoryView_FromObject(obj);            /* owned */
    if (memory == NULL) {
        return NULL;
    }
    if (buffertype == PyBUF_WRITE && VIEW(memory)->readonly) {
        PyErr_SetString(PyExc_BufferError,
                        "underlying buffer is not writable");
        Py_DECREF(memory);
        return NULL;
    }
    if (PyBuffer_IsContiguous(VIEW(memory), order)) {
        return memory;
    }
    if (buffertype == PyBUF_WRITE) {
        PyErr_SetString(PyExc_BufferError,
                        "writable contiguous buffer requested for a "
                        "non-contiguous object.");
        Py_DECREF(memory);
        return NULL;
    }
    PyObject *result = memory_contiguous_copy(memory,
                                              order == 'A' ? 'C' : order);
    Py_DECREF(memory);
    return result;
}

/* ---- exporting ---- */

/* Why a request cannot be met, or NULL. */
static const char *
memory_refuse(PyObject *self, int flags)
{
    int have = MEMORY(self)->flags;
    bool c = have & _Py_MEMORYVIEW_C, f = have & _Py_MEMORYVIEW_FORTRAN;

    if ((flags & PyBUF_WRITABLE) && VIEW(self)->readonly) {
        return "memoryview: underlying buffer is not writable";
    }
    if ((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS && !c) {
        return "memoryview: underlying buffer is not C-contiguous";
    }
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && !f) {
        return "memoryview: underlying buffer is not Fortran contiguous";
    }
    if ((flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS && !c && !f) {
        return "memoryview: underlying buffer is not contiguous";
    }
    if ((flags & PyBUF_INDIRECT) != PyBUF_INDIRECT &&
        have & _Py_MEMORYVIEW_PIL) {
        return "memoryview: underlying buffer requires suboffsets";
    }
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !c) {
        return "memoryview: underlying buffer is not C-contiguous";
    }
    if ((flags & PyBUF_ND) != PyBUF_ND && flags & PyBUF_FORMAT) {
        return "memoryview: cannot cast to unsigned bytes if the format flag "
               "is present";
    }
    return NULL;
}

static int
memory_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    if (memory_check_open(self) < 0) {
        return -1;
    }
    const char *reason = memory_refuse(self, flags);
    if (reason != NULL) {
        PyErr_SetString(PyExc_BufferError, reason);
        return -1;
    }
    *view = *VIEW(self);
    view->obj = Py_NewRef(self);
    if ((flags & PyBUF_FORMAT) != PyBUF_FORMAT) {
        view->format = NULL;
    }
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
        view->strides = NULL;
    }
    if ((flags & PyBUF_ND) != PyBUF_ND) {
        view->ndim = 1;
        view->shape = NULL;
    }
    MEMORY(self)->exports++;
    buffer_managed_count_export(MEMORY(self)->mbuf, 1);
    return 0;
}

static void
memory_releasebuffer(PyObject *self, Py_buffer *Py_UNUSED(view))
{
    MEMORY(self)->exports--;
    buffer_managed_count_export(MEMORY(self)->mbuf, -1);
}

/* ---- items ---- */

/* The code of a format that items can be taken of; 0 with an exception. */
static char
memory_item_code(const Py_buffer *view)
{
    const char *format = view->format;

    if (format[0] == '@') {
        format++;
    }
    if (format[0] == '\0' || format[1] != '\0') {
        PyErr_Format(PyExc_NotImplementedError,
                     "memoryview: unsupported format %s", view->format);
        return 0;
    }
    return format[0];
}

/* One step along a dimension; NULL with IndexError. */
static char *
memory_step(const Py_buffer *view, char *p, int dimension, Py_ssize_t index)
{
    Py_ssize_t n = view->shape[dimension];

    if (index < 0) {
        index += n;
    }
    if (index < 0 || index >= n) {
        PyErr_Format(PyExc_IndexError,
                     "index out of bounds on dimension %d", dimension + 1);
        return NULL;
    }
    p += view->strides[dimension] * index;
    if (view->suboffsets != NULL && view->suboffsets[dimension] >= 0) {
        p = *(char **)p + view->suboffsets[dimension];
    }
    return p;
}

static PyObject *
memory_unpack(PyObject *self, const char *p)
{
    char code = memory_item_code(VIEW(self));

    return code == 0 ? NULL
                     : buffer_unpack_item(p, code, VIEW(self)->format);
}

static PyObject *
memory_item(PyObject *self, Py_ssize_t index)
{
    Py_buffer *view = VIEW(self);

    if (memory_check_open(self) < 0 || memory_item_code(view) == 0) {
        return NULL;
    }
    if (view->ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return NULL;
    }
    if (view->ndim > 1) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "multi-dimensional sub-views are not implemented");
        return NULL;
    }
    char *p = memory_step(view, view->buf, 0, index);
    return p == NULL ? NULL : memory_unpack(self, p);
}

enum key_kind { KEY_INVALID, KEY_MULTI_INDEX, KEY_MULTI_SLICE };

static enum key_kind
key_kind_of(PyObject *key)
{
    if (!PyTuple_Check(key)) {
        return KEY_INVALID;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(key), indices = 0, slices = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        indices += PyIndex_Check(PyTuple_GET_ITEM(key, i)) != 0;
        slices += PySlice_Check(PyTuple_GET_ITEM(key, i)) != 0;
    }
    return indices == n             ? KEY_MULTI_INDEX
           : slices == n && n > 0 ? KEY_MULTI_SLICE
                                  : KEY_INVALID;
}

/* Where a tuple of indices points; NULL with an exception.  Runs Python. */
static char *
memory_at(PyObject *self, PyObject *key)
{
    Py_ssize_t n = PyTuple_GET_SIZE(key), indices[PyBUF_MAX_NDIM];
    Py_buffer *view = VIEW(self);

    if (n > view->ndim) {
        PyErr_Format(PyExc_TypeError,
                     "cannot index %zd-dimension view with %zd-element tuple",
                     (Py_ssize_t)view->ndim, n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        indices[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(key, i),
                                        PyExc_IndexError);
        if (indices[i] == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (memory_check_open(self) < 0) {
        return NULL;
    }
    char *p = view->buf;
    for (Py_ssize_t i = 0; p != NULL && i < n; i++) {
        p = memory_step(view, p, (int)i, indices[i]);
    }
    return p;
}

/* Whether a multi-index reaches an item, not a sub-view. */
static bool
memory_index_is_complete(PyObject *self, PyObject *key)
{
    if (PyTuple_GET_SIZE(key) < VIEW(self)->ndim) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "sub-views are not implemented");
        return false;
    }
    return true;
}

/* Narrows the first dimension of `view` to a slice. */
static int
view_apply_slice(Py_buffer *view, PyObject *key)
{
    Py_ssize_t start, stop, step;

    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        return -1;
    }
    Py_ssize_t n = PySlice_AdjustIndices(view->shape[0], &start, &stop, step);

    /* The first dimension's suboffset applies behind the pointer: the start
     * moves among the pointers themselves. */
    view->buf = (char *)view->buf + view->strides[0] * start;
    view->shape[0] = n;
    view->strides[0] *= step;
    return 0;
}

static PyObject *
memory_slice(PyObject *self, PyObject *key)
{
    PyObject *result = memory_from_managed(MEMORY(self)->mbuf, VIEW(self));

    if (result == NULL) {
        return NULL;
    }
    if (view_apply_slice(VIEW(result), key) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    view_init_len(VIEW(result));
    memory_init_flags(MEMORY(result));
    return result;
}

static PyObject *
memory_subscript(PyObject *self, PyObject *key)
{
    Py_buffer *view = VIEW(self);

    if (memory_check_open(self) < 0) {
        return NULL;
    }
    if (view->ndim == 0) {
        if (PyTuple_Check(key) && PyTuple_GET_SIZE(key) == 0) {
            return memory_unpack(self, view->buf);
        }
        if (key == Py_Ellipsis) {
            return Py_NewRef(self);
        }
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return NULL;
    }
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);

        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return memory_item(self, index);
    }
    if (PySlice_Check(key)) {
        return memory_slice(self, key);
    }
    switch (key_kind_of(key)) {
    case KEY_MULTI_INDEX: {
        if (memory_item_code(view) == 0 ||
            !memory_index_is_complete(self, key)) {
            return NULL;
        }
        char *p = memory_at(self, key);
        return p == NULL ? NULL : memory_unpack(self, p);
    }
    case KEY_MULTI_SLICE:
        PyErr_SetString(PyExc_NotImplementedError,
                        "multi-dimensional slicing is not implemented");
        return NULL;
    default:
        PyErr_SetString(PyExc_TypeError, "memoryview: invalid slice key");
        return NULL;
    }
}

/* ---- assignment ---- */

/* Stores one item.  Runs Python, after which the view is checked. */
static int
memory_store(PyObject *self, char *p, PyObject *value)
{
    char space[16], code = memory_item_code(VIEW(self));

    if (code == 0) {
        return -1;
    }
    int n = buffer_pack_item(space, value, code, VIEW(self)->format);
    if (n < 0 || memory_check_open(self) < 0) {
        return -1;
    }
    memcpy(p, space, (size_t)n);
    return 0;
}

static bool
same_structure(const Py_buffer *dest, const Py_buffer *src)
{
    const char *a = dest->format, *b = src->format != NULL ? src->format : "B";

    a += a[0] == '@';
    b += b[0] == '@';
    if (strcmp(a, b) != 0 || dest->itemsize != src->itemsize ||
        dest->ndim != src->ndim) {
        return false;
    }
    for (int i = 0; i < dest->ndim; i++) {
        if (dest->shape[i] != src->shape[i]) {
            return false;
        }
        if (dest->shape[i] == 0) {
            break;
        }
    }
    return true;
}

static char *
item_at(const Py_buffer *view, Py_ssize_t i)
{
    return PyBuffer_GetPointer(view, &i);
}

/* Copies items of one-dimensional views, which may overlap. */
static int
copy_items(const Py_buffer *dest, const Py_buffer *src)
{
    Py_ssize_t n = dest->shape[0];
    size_t size = (size_t)dest->itemsize;

    if (dest->suboffsets == NULL && src->suboffsets == NULL &&
        dest->strides[0] == dest->itemsize &&
        src->strides[0] == src->itemsize) {
        memmove(dest->buf, src->buf, size * (size_t)n);
        return 0;
    }
    char *copy = PyMem_Malloc(Py_MAX(size * (size_t)n, 1));
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        memcpy(copy + (size_t)i * size, item_at(src, i), size);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        memcpy(item_at(dest, i), copy + (size_t)i * size, size);
    }
    PyMem_Free(copy);
    return 0;
}

static int
memory_assign_slice(PyObject *self, PyObject *key, PyObject *value)
{
    Py_ssize_t shape, strides, suboffsets;
    Py_buffer src, dest;
    int status = -1;

    if (PyObject_GetBuffer(value, &src, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    if (memory_check_open(self) < 0) {
        goto done;
    }
    dest = *VIEW(self);
    shape = dest.shape[0];
    strides = dest.strides[0];
    dest.shape = &shape;
    dest.strides = &strides;
    if (dest.suboffsets != NULL) {
        suboffsets = dest.suboffsets[0];
        dest.suboffsets = &suboffsets;
    }
    if (view_apply_slice(&dest, key) < 0 || memory_check_open(self) < 0) {
        goto done;
    }
    view_init_len(&dest);
    if (!same_structure(&dest, &src)) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview assignment: lvalue and rvalue have "
                        "different structures");
        goto done;
    }
    status = copy_items(&dest, &src);
done:
    PyBuffer_Release(&src);
    return status;
}

static int
memory_assign_index(PyObject *self, PyObject *key, PyObject *value)
{
    Py_buffer *view = VIEW(self);

    if (view->ndim > 1) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "sub-views are not implemented");
        return -1;
    }
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if ((index == -1 && PyErr_Occurred()) || memory_check_open(self) < 0) {
        return -1;
    }
    char *p = memory_step(view, view->buf, 0, index);
    return p == NULL ? -1 : memory_store(self, p, value);
}

static int
memory_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    Py_buffer *view = VIEW(self);
    enum key_kind kind;

    if (memory_check_open(self) < 0 || memory_item_code(view) == 0) {
        return -1;
    }
    if (view->readonly) {
        PyErr_SetString(PyExc_TypeError, "cannot modify read-only memory");
        return -1;
    }
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "cannot delete memory");
        return -1;
    }
    if (view->ndim == 0) {
        if (key == Py_Ellipsis ||
            (PyTuple_Check(key) && PyTuple_GET_SIZE(key) == 0)) {
            return memory_store(self, view->buf, value);
        }
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return -1;
    }
    if (PyIndex_Check(key)) {
        return memory_assign_index(self, key, value);
    }
    if (PySlice_Check(key) && view->ndim == 1) {
        return memory_assign_slice(self, key, value);
    }
    kind = key_kind_of(key);
    if (kind == KEY_MULTI_INDEX) {
        if (!memory_index_is_complete(self, key)) {
            return -1;
        }
        char *p = memory_at(self, key);
        return p == NULL ? -1 : memory_store(self, p, value);
    }
    if (PySlice_Check(key) || kind == KEY_MULTI_SLICE) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "memoryview slice assignments are currently "
                        "restricted to ndim = 1");
        return -1;
    }
    PyErr_SetString(PyExc_TypeError, "memoryview: invalid slice key");
    return -1;
}

static Py_ssize_t
memory_length(PyObject *self)
{
    if (memory_check_open(self) < 0) {
        return -1;
    }
    return VIEW(self)->ndim == 0 ? 1 : VIEW(self)->shape[0];
}

/* ---- comparison ---- */

static PyObject *
memory_richcompare(PyObject *left, PyObject *right, int op)
{
    Py_buffer other;
    int equal;

    if (op != Py_EQ && op != Py_NE) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (memory_is_released(left) ||
        (PyMemoryView_Check(right) && memory_is_released(right))) {
        equal = left == right;
    }
    else if (PyMemoryView_Check(right)) {
        /* Comparing runs Python: hold both. */
        MEMORY(left)->exports++;
        MEMORY(right)->exports++;
        equal = buffer_views_equal(VIEW(left), VIEW(right));
        MEMORY(left)->exports--;
        MEMORY(right)->exports--;
    }
    else {
        if (PyObject_GetBuffer(right, &other, PyBUF_FULL_RO) < 0) {
            PyErr_Clear();              /* TypeError, BufferError: unequal */
            Py_RETURN_NOTIMPLEMENTED;
        }
        Py_ssize_t shape = other.itemsize ? other.len / other.itemsize : 0;
        if (other.shape == NULL && other.ndim == 1) {
            other.shape = &shape;
        }
        if (other.strides == NULL && other.ndim == 1) {
            other.strides = &other.itemsize;
        }
        MEMORY(left)->exports++;
        equal = buffer_views_equal(VIEW(left), &other);
        MEMORY(left)->exports--;
        PyBuffer_Release(&other);
    }
    if (equal < 0) {
        return NULL;
    }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static Py_hash_t
memory_hash(PyObject *op)
{
    PyMemoryViewObject *self = MEMORY(op);
    Py_buffer *view = &self->view;
    char code;

    if (self->hash != -1) {
        return self->hash;
    }
    if (memory_check_open(op) < 0) {
        return -1;
    }
    if (!view->readonly) {
        PyErr_SetString(PyExc_ValueError,
                        "cannot hash writable memoryview object");
        return -1;
    }
    if (buffer_native_format(view->format, &code) != 1 || code == '?') {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: hashing is restricted to formats 'B', "
                        "'b' or 'c'");
        return -1;
    }
    if (view->obj != NULL) {
        /* The exporter may object: its memory could change. */
        self->exports++;
        Py_hash_t of_base = PyObject_Hash(view->obj);
        self->exports--;
        if (of_base == -1) {
            return -1;
        }
    }
    if (self->flags & _Py_MEMORYVIEW_C) {
        self->hash = _Py_HashBytes(view->buf, view->len);
        return self->hash;
    }
    char *copy = PyMem_Malloc((size_t)Py_MAX(view->len, 1));
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (buffer_copy_to_contiguous(copy, view, 'C') == 0) {
        self->hash = _Py_HashBytes(copy, view->len);
    }
    PyMem_Free(copy);
    return self->hash;
}

/* ---- methods ---- */

static PyObject *
memory_new(PyTypeObject *Py_UNUSED(type), PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"object", NULL};
    PyObject *object;                                           /* borrowed */

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:memoryview", keywords,
                                     &object)) {
        return NULL;
    }
    return PyMemoryView_FromObject(object);
}

static PyObject *
memory_release(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (memory_release_view(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
memory_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return memory_check_open(self) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
memory_exit(PyObject *self, PyObject *Py_UNUSED(args))
{
    return memory_release(self, NULL);
}

static PyObject *
memory_repr(PyObject *self)
{
    return PyUnicode_FromFormat(memory_is_released(self)
                                    ? "<released memory at %p>"
                                    : "<memory at %p>",
                                self);
}

/* The format names live in static storage: views only point to them. */
static const char *
static_format(char code, bool with_at)
{
    static const char names[][3] = {"@c", "@b", "@B", "@h", "@H", "@i",
                                    "@I", "@l", "@L", "@q", "@Q", "@n",
                                    "@N", "@f", "@d", "@?", "@P"};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (names[i][1] == code) {
            return names[i] + !with_at;
        }
    }
    return NULL;
}

/* Makes `self` (new, unfinished) one-dimensional of the given format. */
static int
memory_cast_items(PyMemoryViewObject *self, PyObject *format)
{
    Py_buffer *view = &self->view;
    char from, to;
    PyObject *ascii = PyUnicode_AsASCIIString(format);          /* owned */

    if (ascii == NULL) {
        return -1;
    }
    Py_ssize_t itemsize = buffer_native_format(PyBytes_AS_STRING(ascii), &to);
    bool with_at = PyBytes_AS_STRING(ascii)[0] == '@';
    Py_DECREF(ascii);
    bool bytes_now = buffer_native_format(view->format, &from) != 0 &&
                     strchr("bBc", from) != NULL;
    if (itemsize == 0) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: destination format must be a native "
                        "single character format prefixed with an optional "
                        "'@'");
        return -1;
    }
    if (!bytes_now && strchr("bBc", to) == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: cannot cast between two non-byte "
                        "formats");
        return -1;
    }
    if (view->len % itemsize != 0) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: length is not a multiple of itemsize");
        return -1;
    }
    view->format = (char *)static_format(to, with_at);
    view->itemsize = itemsize;
    view->ndim = 1;
    view->shape[0] = view->len / itemsize;
    view->strides[0] = itemsize;
    view->suboffsets = NULL;
    return 0;
}

/* Gives a one-dimensional view the shape. */
static int
memory_cast_shape(PyMemoryViewObject *self, PyObject *shape, int ndim)
{
    Py_buffer *view = &self->view;
    Py_ssize_t len = view->itemsize;

    view->ndim = ndim;
    if (ndim == 0) {
        view->shape = view->strides = NULL;
    }
    for (int i = 0; i < ndim; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(shape, i);    /* borrowed */

        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError,
                            "memoryview.cast(): elements of shape must be "
                            "integers");
            return -1;
        }
        Py_ssize_t n = PyLong_AsSsize_t(item);
        if (n == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (n <= 0) {
            PyErr_SetString(PyExc_ValueError,
                            "memoryview.cast(): elements of shape must be "
                            "integers > 0");
            return -1;
        }
        if (n > PY_SSIZE_T_MAX / len) {
            PyErr_SetString(PyExc_ValueError,
                            "memoryview.cast(): product(shape) > SSIZE_MAX");
            return -1;
        }
        len *= n;
        view->shape[i] = n;
    }
    if (len != view->len) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: product(shape) * itemsize != buffer "
                        "size");
        return -1;
    }
    if (ndim > 0) {
        PyBuffer_FillContiguousStrides(ndim, view->shape, view->strides,
                                       (int)view->itemsize, 'C');
    }
    return 0;
}

static PyObject *
memory_cast(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"format", "shape", NULL};
    static _PyArg_Parser parser = {.format = "O|O:cast",
                                   .keywords = keywords};
    PyObject *format, *shape = NULL;                            /* borrowed */
    Py_buffer *view = VIEW(self);
    int ndim = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &format,
                                      &shape)) {
        return NULL;
    }
    if (!PyUnicode_Check(format)) {
        _PyArg_BadArgument("cast", "argument 'format'", "str", format);
        return NULL;
    }
    if (memory_check_open(self) < 0) {
        return NULL;
    }
    if (!(MEMORY(self)->flags & _Py_MEMORYVIEW_C)) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: casts are restricted to C-contiguous "
                        "views");
        return NULL;
    }
    for (int i = 0; (shape != NULL || view->ndim != 1) && i < view->ndim;
         i++) {
        if (view->shape[i] == 0) {
            PyErr_SetString(PyExc_TypeError,
                            "memoryview: cannot cast view with zeros in "
                            "shape or strides");
            return NULL;
        }
    }
    if (shape != NULL) {
        if (!PyList_Check(shape) && !PyTuple_Check(shape)) {
            PyErr_SetString(PyExc_TypeError,
                            "shape must be a list or a tuple");
            return NULL;
        }
        if (PySequence_Fast_GET_SIZE(shape) > PyBUF_MAX_NDIM) {
            PyErr_SetString(PyExc_ValueError,
                            "memoryview: number of dimensions must not "
                            "exceed 64");
            return NULL;
        }
        ndim = (int)PySequence_Fast_GET_SIZE(shape);
        if (view->ndim != 1 && ndim != 1) {
            PyErr_SetString(PyExc_TypeError,
                            "memoryview: cast must be 1D -> ND or ND -> 1D");
            return NULL;
        }
    }
    PyMemoryViewObject *result = memory_alloc(MEMORY(self)->mbuf, view,
                                              Py_MAX(ndim, 1));
    if (result == NULL) {
        return NULL;
    }
    if (memory_cast_items(result, format) < 0 ||
        (shape != NULL && memory_cast_shape(result, shape, ndim) < 0)) {
        Py_DECREF(result);
        return NULL;
    }
    memory_init_flags(result);
    return (PyObject *)result;
}

static PyObject *
memory_toreadonly(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (memory_check_open(self) < 0) {
        return NULL;
    }
    PyObject *result = memory_from_managed(MEMORY(self)->mbuf, VIEW(self));
    if (result != NULL) {
        VIEW(result)->readonly = 1;
    }
    return result;
}

/* Nested lists of the items from `dimension` on. */
static PyObject *
list_of(const Py_buffer *view, char *p, int dimension, char code)
{
    if (dimension == view->ndim) {
        return buffer_unpack_item(p, code, view->format);
    }
    Py_ssize_t n = view->shape[dimension];
    PyObject *list = PyList_New(n);                             /* owned */

    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++, p += view->strides[dimension]) {
        PyObject *item =
            list_of(view, buffer_follow_suboffset(view, dimension, p),
                    dimension + 1, code);
        if (item == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *
memory_tolist(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (memory_check_open(self) < 0) {
        return NULL;
    }
    char code = memory_item_code(VIEW(self));
    return code == 0 ? NULL : list_of(VIEW(self), VIEW(self)->buf, 0, code);
}

static PyObject *
memory_tobytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const keywords[] = {"order", NULL};
    static _PyArg_Parser parser = {.format = "|z:tobytes",
                                   .keywords = keywords};
    const char *order = NULL;
    char c = 'C';

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &order) ||
        memory_check_open(self) < 0) {
        return NULL;
    }
    if (order != NULL) {
        c = order[0];
        if ((c != 'C' && c != 'F' && c != 'A') || order[1] != '\0') {
            PyErr_SetString(PyExc_ValueError,
                            "order must be 'C', 'F' or 'A'");
            return NULL;
        }
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, VIEW(self)->len);
    if (bytes != NULL &&
        PyBuffer_ToContiguous(PyBytes_AS_STRING(bytes), VIEW(self),
                              VIEW(self)->len, c) < 0) {
        Py_CLEAR(bytes);
    }
    return bytes;
}

static PyObject *
memory_hex(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"sep", "bytes_per_sep", NULL};
    static _PyArg_Parser parser = {.format = "|Oi:hex",
                                   .keywords = keywords};
    PyObject *sep = NULL;                                       /* borrowed */
    int bytes_per_sep = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &sep,
                                      &bytes_per_sep) ||
        memory_check_open(self) < 0) {
        return NULL;
    }
    if (MEMORY(self)->flags & _Py_MEMORYVIEW_C) {
        MEMORY(self)->exports++;      /* len(sep) of a subclass runs Python */
        PyObject *text = _Py_strhex_with_sep(VIEW(self)->buf, VIEW(self)->len,
                                             sep, bytes_per_sep);
        MEMORY(self)->exports--;
        return text;
    }
    PyObject *bytes = memory_tobytes(self, NULL, 0, NULL);      /* owned */
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *result = _Py_strhex_with_sep(PyBytes_AS_STRING(bytes),
                                           PyBytes_GET_SIZE(bytes), sep,
                                           bytes_per_sep);
    Py_DECREF(bytes);
    return result;
}

/* ---- attributes ---- */

static PyObject *
tuple_of_sizes(const Py_ssize_t *sizes, int n)
{
    if (sizes == NULL) {
        return PyTuple_New(0);
    }
    PyObject *tuple = PyTuple_New(n);
    for (int i = 0; tuple != NULL && i < n; i++) {
        PyObject *item = PyLong_FromSsize_t(sizes[i]);

        if (item == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

#define GETTER(name, value)                                              \
    static PyObject *memory_get_##name(PyObject *self, void *Py_UNUSED(c)) \
    {                                                                    \
        return memory_check_open(self) < 0 ? NULL : (value);             \
    }
GETTER(obj, Py_NewRef(VIEW(self)->obj == NULL ? Py_None : VIEW(self)->obj))
GETTER(nbytes, PyLong_FromSsize_t(VIEW(self)->len))
GETTER(readonly, PyBool_FromLong(VIEW(self)->readonly))
GETTER(itemsize, PyLong_FromSsize_t(VIEW(self)->itemsize))
GETTER(format, PyUnicode_FromString(VIEW(self)->format))
GETTER(ndim, PyLong_FromLong(VIEW(self)->ndim))
GETTER(shape, tuple_of_sizes(VIEW(self)->shape, VIEW(self)->ndim))
GETTER(strides, tuple_of_sizes(VIEW(self)->strides, VIEW(self)->ndim))
GETTER(suboffsets, tuple_of_sizes(VIEW(self)->suboffsets, VIEW(self)->ndim))
GETTER(c_contiguous,
       PyBool_FromLong(MEMORY(self)->flags & _Py_MEMORYVIEW_C))
GETTER(f_contiguous,
       PyBool_FromLong(MEMORY(self)->flags & _Py_MEMORYVIEW_FORTRAN))
GETTER(contiguous,
       PyBool_FromLong(MEMORY(self)->flags &
                       (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN)))
#undef GETTER

/* ---- iteration ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *memory;                      /* owned; NULL once exhausted */
    Py_ssize_t len;
} memory_iterator;

static void
memory_iterator_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((memory_iterator *)self)->memory);
    PyObject_GC_Del(self);
}

static int
memory_iterator_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((memory_iterator *)self)->memory);
    return 0;
}

static PyObject *
memory_iterator_next(PyObject *self)
{
    memory_iterator *it = (memory_iterator *)self;

    if (it->memory == NULL) {
        return NULL;
    }
    if (it->index < it->len) {
        return memory_item(it->memory, it->index++);
    }
    Py_CLEAR(it->memory);
    return NULL;
}

PyTypeObject memory_iterator_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "memory_iterator",
    .tp_basicsize = sizeof(memory_iterator),
    .tp_dealloc = memory_iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = memory_iterator_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = memory_iterator_next,
};

static PyObject *
memory_iter(PyObject *self)
{
    Py_buffer *view = VIEW(self);

    if (memory_check_open(self) < 0) {
        return NULL;
    }
    if (view->ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return NULL;
    }
    if (view->ndim != 1) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "multi-dimensional sub-views are not implemented");
        return NULL;
    }
    if (memory_item_code(view) == 0) {
        return NULL;
    }
    memory_iterator *it = PyObject_GC_New(memory_iterator,
                                          &memory_iterator_type);
    if (it == NULL) {
        return NULL;
    }
    it->index = 0;
    it->len = view->shape[0];
    it->memory = Py_NewRef(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

/* ---- the type ---- */

static PyMethodDef memory_methods[] = {
    {"release", memory_release, METH_NOARGS,
     "release($self, /)\n--\n\nGive the underlying buffer back."},
    {"tobytes", (PyCFunction)(void (*)(void))memory_tobytes,
     METH_FASTCALL | METH_KEYWORDS,
     "tobytes($self, /, order='C')\n--\n\nCopy the data to bytes."},
    {"hex", (PyCFunction)(void (*)(void))memory_hex,
     METH_FASTCALL | METH_KEYWORDS,
     "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"
     "Render as hexadecimal digits.\n\n"
     ">>> memoryview(b'\\xb9\\x01').hex(':')\n'b9:01'"},
    {"tolist", memory_tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nThe items in (nested) lists."},
    {"cast", (PyCFunction)(void (*)(void))memory_cast,
     METH_FASTCALL | METH_KEYWORDS,
     "cast($self, /, format, shape=<unrepresentable>)\n--\n\n"
     "See the memory with another format or shape."},
    {"toreadonly", memory_toreadonly, METH_NOARGS,
     "toreadonly($self, /)\n--\n\nA view that cannot be written to."},
    {"__enter__", memory_enter, METH_NOARGS, "Return self."},
    {"__exit__", memory_exit, METH_VARARGS, "Release the view."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef memory_getset[] = {
    {"obj", memory_get_obj, NULL, "The underlying object.", NULL},
    {"nbytes", memory_get_nbytes, NULL, "Size of the packed data.", NULL},
    {"readonly", memory_get_readonly, NULL, "Whether writing fails.", NULL},
    {"itemsize", memory_get_itemsize, NULL, "Bytes per item.", NULL},
    {"format", memory_get_format, NULL, "Format of an item (struct).", NULL},
    {"ndim", memory_get_ndim, NULL, "Number of dimensions.", NULL},
    {"shape", memory_get_shape, NULL, "Items per dimension.", NULL},
    {"strides", memory_get_strides, NULL, "Bytes between items.", NULL},
    {"suboffsets", memory_get_suboffsets, NULL, "For PIL-style arrays.",
     NULL},
    {"c_contiguous", memory_get_c_contiguous, NULL, "Packed, rows first?",
     NULL},
    {"f_contiguous", memory_get_f_contiguous, NULL,
     "Packed, columns first?", NULL},
    {"contiguous", memory_get_contiguous, NULL, "Packed?", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PySequenceMethods memory_as_sequence = {
    .sq_length = memory_length,
    .sq_item = memory_item,
};

static PyMappingMethods memory_as_mapping = {
    .mp_length = memory_length,
    .mp_subscript = memory_subscript,
    .mp_ass_subscript = memory_ass_subscript,
};

static PyBufferProcs memory_as_buffer = {
    .bf_getbuffer = memory_getbuffer,
    .bf_releasebuffer = memory_releasebuffer,
};

PyTypeObject PyMemoryView_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "memoryview",
    .tp_basicsize = offsetof(PyMemoryViewObject, ob_array),
    .tp_itemsize = sizeof(Py_ssize_t),
    .tp_dealloc = memory_dealloc,
    .tp_repr = memory_repr,
    .tp_as_sequence = &memory_as_sequence,
    .tp_as_mapping = &memory_as_mapping,
    .tp_hash = memory_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &memory_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_SEQUENCE,
    .tp_doc = "memoryview(object)\n--\n\n"
              "See the memory of an object that exports a buffer.",
    .tp_traverse = memory_traverse,
    .tp_clear = memory_clear,
    .tp_richcompare = memory_richcompare,
    .tp_weaklistoffset = offsetof(PyMemoryViewObject, weakreflist),
    .tp_iter = memory_iter,
    .tp_methods = memory_methods,
    .tp_getset = memory_getset,
    .tp_new = memory_new,
};
