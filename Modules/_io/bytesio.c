/* BytesIO: a stream in a bytes object.
 *
 * The content is buf[0:size]; `buf` is a bytes object that may be longer, and
 * that is shared with the caller as long as nobody writes (getvalue() and
 * BytesIO(initial) do not copy).  Invariant: buf is written to only when its
 * reference count is 1 or while buffers are exported from it; it is replaced
 * or resized only when none are.  NULL `buf` means closed.  `pos` may lie
 * beyond `size`.
 */
#include "Python.h"

#include "iomodule.h"
#include "names.h"

#include <stddef.h>
#include <string.h>
#include "structmember.h"

typedef struct {
    PyObject_HEAD
    PyObject *buf;
    Py_ssize_t pos;
    Py_ssize_t size;                         /* bytes in use */
    PyObject *dict;
    PyObject *weakreflist;
    Py_ssize_t exports;                      /* views made by getbuffer() */
} BytesIOObject;

/* What getbuffer()'s memoryview is a view of. */
typedef struct {
    PyObject_HEAD
    BytesIOObject *source;
} BytesIOBufferObject;

#define IS_SHARED(self) (Py_REFCNT((self)->buf) > 1)

static int
bytesio_require_open(BytesIOObject *self)
{
    if (self->buf == NULL) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

static int
bytesio_require_no_exports(BytesIOObject *self)
{
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "Existing exports of data: object "
                                           "cannot be re-sized");
        return -1;
    }
    return 0;
}

/* Makes `buf` ours alone, with room for `capacity` >= size bytes. */
static int
bytesio_unshare(BytesIOObject *self, size_t capacity)
{
    PyObject *fresh = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)capacity);

    if (fresh == NULL) {
        return -1;
    }
    memcpy(PyBytes_AS_STRING(fresh), PyBytes_AS_STRING(self->buf),
           (size_t)self->size);
    Py_SETREF(self->buf, fresh);
    return 0;
}

/* Sets the capacity so that `size` bytes fit; grows geometrically, shrinks
 * once less than half is used. */
static int
bytesio_resize(BytesIOObject *self, size_t size)
{
    size_t capacity = (size_t)PyBytes_GET_SIZE(self->buf);
    int shared;

    assert(self->buf != NULL);
    if (bytesio_require_no_exports(self) < 0) {
        return -1;
    }
    if (size > PY_SSIZE_T_MAX) {
        goto overflow;
    }
    if (size < capacity / 2) {
        capacity = size + 1;                    /* much smaller */
    }
    else if (size < capacity) {
        return IS_SHARED(self) ? bytesio_unshare(self, capacity) : 0;
    }
    else if (size <= capacity + (capacity >> 3)) {
        capacity = size + (size >> 3) + (size < 9 ? 3 : 6);
    }
    else {
        capacity = size + 1;                    /* much larger */
    }
    if (capacity > (size_t)PY_SSIZE_T_MAX - sizeof(PyBytesObject)) {
        goto overflow;
    }
    shared = IS_SHARED(self);
    if (shared) {
        return bytesio_unshare(self, capacity);
    }
    return _PyBytes_Resize(&self->buf, (Py_ssize_t)capacity);
overflow:
    PyErr_SetString(PyExc_OverflowError, "new buffer size too large");
    return -1;
}

/* Bytes from the position to the end. */
static Py_ssize_t
bytesio_available(BytesIOObject *self)
{
    return self->pos < self->size ? self->size - self->pos : 0;
}

/* Number of bytes up to the end of the line, at most `limit` (< 0: none). */
static Py_ssize_t
bytesio_line_len(BytesIOObject *self, Py_ssize_t limit)
{
    Py_ssize_t room = bytesio_available(self);
    const char *start, *newline;

    if (limit >= 0 && limit < room) {
        room = limit;
    }
    if (room == 0) {
        return 0;
    }
    start = PyBytes_AS_STRING(self->buf) + self->pos;
    newline = memchr(start, '\n', (size_t)room);
    return newline != NULL ? newline - start + 1 : room;
}

/* The next `size` bytes, which must be there.  The whole of an unshared or
 * shared buffer is handed out without a copy. */
static PyObject *
bytesio_take(BytesIOObject *self, Py_ssize_t size)
{
    const char *start;

    assert(size >= 0 && size <= bytesio_available(self));
    if (size > 1 && self->pos == 0 && size == PyBytes_GET_SIZE(self->buf) &&
        self->exports == 0) {
        self->pos += size;
        return Py_NewRef(self->buf);
    }
    start = PyBytes_AS_STRING(self->buf) + Py_MIN(self->pos, self->size);
    self->pos += size;
    return PyBytes_FromStringAndSize(start, size);
}

/* Writes at the position, filling a gap with zeros; count or -1. */
static Py_ssize_t
bytesio_write_bytes(BytesIOObject *self, const char *data, Py_ssize_t len)
{
    size_t end;

    if (len == 0) {
        return 0;
    }
    end = (size_t)self->pos + (size_t)len;
    if (end > (size_t)PyBytes_GET_SIZE(self->buf)) {
        if (bytesio_resize(self, end) < 0) {
            return -1;
        }
    }
    else if (IS_SHARED(self) &&
             bytesio_unshare(self, Py_MAX(end, (size_t)self->size)) < 0) {
        return -1;
    }
    if (self->pos > self->size) {
        memset(PyBytes_AS_STRING(self->buf) + self->size, '\0',
               (size_t)(self->pos - self->size));
    }
    memcpy(PyBytes_AS_STRING(self->buf) + self->pos, data, (size_t)len);
    self->pos = (Py_ssize_t)end;
    if (self->size < self->pos) {
        self->size = self->pos;
    }
    return len;
}

/* The same for any bytes-like object.  Runs Python (acquiring the buffer). */
static Py_ssize_t
bytesio_write_object(BytesIOObject *self, PyObject *data)
{
    Py_buffer view;
    Py_ssize_t written = -1;

    if (bytesio_require_open(self) < 0 ||
        bytesio_require_no_exports(self) < 0) {
        return -1;
    }
    if (PyBytes_CheckExact(data)) {
        /* FAST PATH: same result without it.  Writing its own buffer to the
         * stream is safe: what is shared is never written to. */
        return bytesio_write_bytes(self, PyBytes_AS_STRING(data),
                                   PyBytes_GET_SIZE(data));
    }
    if (PyObject_GetBuffer(data, &view, PyBUF_CONTIG_RO) < 0) {
        return -1;
    }
    if (bytesio_require_open(self) == 0) {
        written = bytesio_write_bytes(self, view.buf, view.len);
    }
    PyBuffer_Release(&view);
    return written;
}

/* ---- life ---- */

static PyObject *
bytesio_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    BytesIOObject *self = (BytesIOObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->buf = PyBytes_FromStringAndSize(NULL, 0);
    if (self->buf == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static int
bytesio_init(BytesIOObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"initial_bytes", NULL};
    static _PyArg_Parser parser = {.format = "|O:BytesIO",
                                   .keywords = keywords};
    PyObject *initial = NULL;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &initial) ||
        bytesio_require_no_exports(self) < 0) {
        return -1;
    }
    self->size = 0;
    self->pos = 0;
    if (self->buf == NULL) {
        self->buf = PyBytes_FromStringAndSize(NULL, 0);
        if (self->buf == NULL) {
            return -1;
        }
    }
    if (initial == NULL || initial == Py_None) {
        return 0;
    }
    if (PyBytes_CheckExact(initial)) {
        Py_SETREF(self->buf, Py_NewRef(initial));
        self->size = PyBytes_GET_SIZE(initial);
        return 0;
    }
    if (bytesio_write_object(self, initial) < 0) {
        return -1;
    }
    self->pos = 0;
    return 0;
}

static int
bytesio_traverse(BytesIOObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    return 0;
}

static int
bytesio_clear(BytesIOObject *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

static void
bytesio_dealloc(BytesIOObject *self)
{
    PyObject_GC_UnTrack(self);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_SystemError,
                        "deallocated BytesIO object has exported buffers");
        PyErr_Print();
    }
    Py_CLEAR(self->buf);
    Py_CLEAR(self->dict);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
bytesio_iternext(BytesIOObject *self)
{
    Py_ssize_t size;

    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    size = bytesio_line_len(self, -1);
    return size == 0 ? NULL : bytesio_take(self, size);
}

/* ---- methods ---- */

static PyObject *
bytesio_yes(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

static PyObject *
bytesio_isatty(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
bytesio_flush(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytesio_close(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_no_exports(self) < 0) {
        return NULL;
    }
    Py_CLEAR(self->buf);
    Py_RETURN_NONE;
}

static PyObject *
bytesio_tell(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(self->pos);
}

static PyObject *
bytesio_write(BytesIOObject *self, PyObject *data)
{
    Py_ssize_t n = bytesio_write_object(self, data);

    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
bytesio_writelines(BytesIOObject *self, PyObject *lines)
{
    PyObject *iterator, *line;

    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    iterator = PyObject_GetIter(lines);
    if (iterator == NULL) {
        return NULL;
    }
    while ((line = PyIter_Next(iterator)) != NULL) {
        Py_ssize_t n = bytesio_write_object(self, line);
        Py_DECREF(line);
        if (n < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* read and read1. */
static PyObject *
bytesio_read_up_to(BytesIOObject *self, Py_ssize_t size)
{
    Py_ssize_t available;

    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    available = bytesio_available(self);
    if (size < 0 || size > available) {
        size = available;
    }
    return bytesio_take(self, size);
}

static PyObject *
bytesio_read(BytesIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1;

    if (io_parse_optional_size("read", args, nargs, &size) < 0) {
        return NULL;
    }
    return bytesio_read_up_to(self, size);
}

static PyObject *
bytesio_read1(BytesIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1;

    if (io_parse_optional_size("read1", args, nargs, &size) < 0) {
        return NULL;
    }
    return bytesio_read_up_to(self, size);
}

static PyObject *
bytesio_readline(BytesIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;

    if (io_parse_optional_size("readline", args, nargs, &limit) < 0 ||
        bytesio_require_open(self) < 0) {
        return NULL;
    }
    return bytesio_take(self, bytesio_line_len(self, limit));
}

static PyObject *
bytesio_readlines(BytesIOObject *self, PyObject *const *args,
                  Py_ssize_t nargs)
{
    Py_ssize_t hint = 0, total = 0, size;
    PyObject *lines;

    if (!_PyArg_CheckPositional("readlines", nargs, 0, 1) ||
        bytesio_require_open(self) < 0) {
        return NULL;
    }
    if (nargs == 1 && args[0] != Py_None) {
        if (!PyLong_Check(args[0])) {
            PyErr_Format(PyExc_TypeError,
                         "integer argument expected, got '%s'",
                         Py_TYPE(args[0])->tp_name);
            return NULL;
        }
        hint = PyLong_AsSsize_t(args[0]);
        if (hint == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    lines = PyList_New(0);
    while (lines != NULL && (size = bytesio_line_len(self, -1)) > 0) {
        PyObject *line = bytesio_take(self, size);
        if (line == NULL || PyList_Append(lines, line) < 0) {
            Py_XDECREF(line);
            Py_CLEAR(lines);
            break;
        }
        Py_DECREF(line);
        total += size;
        if (hint > 0 && total >= hint) {
            break;
        }
    }
    return lines;
}

static PyObject *
bytesio_readinto(BytesIOObject *self, PyObject *target)
{
    Py_buffer view;
    Py_ssize_t size;

    if (io_get_writable_buffer("readinto", target, &view) < 0) {
        return NULL;
    }
    if (bytesio_require_open(self) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    size = Py_MIN(view.len, bytesio_available(self));
    if (size > 0) {
        memcpy(view.buf, PyBytes_AS_STRING(self->buf) + self->pos,
               (size_t)size);
        self->pos += size;
    }
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(size);
}

static PyObject *
bytesio_getbuffer(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    BytesIOBufferObject *source;
    PyObject *view;

    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    source = (BytesIOBufferObject *)_PyBytesIOBuffer_Type.tp_alloc(
        &_PyBytesIOBuffer_Type, 0);
    if (source == NULL) {
        return NULL;
    }
    source->source = (BytesIOObject *)Py_NewRef(self);
    view = PyMemoryView_FromObject((PyObject *)source);
    Py_DECREF(source);
    return view;
}

static PyObject *
bytesio_getvalue(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    if (self->size <= 1 || self->exports > 0) {
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(self->buf),
                                         self->size);
    }
    if (self->size != PyBytes_GET_SIZE(self->buf)) {
        /* Trim, so that it can be handed out as it is. */
        if (IS_SHARED(self)) {
            if (bytesio_unshare(self, (size_t)self->size) < 0) {
                return NULL;
            }
        }
        else if (_PyBytes_Resize(&self->buf, self->size) < 0) {
            return NULL;
        }
    }
    return Py_NewRef(self->buf);
}

static PyObject *
bytesio_seek(BytesIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t pos, base = 0;
    int whence = 0;

    if (!_PyArg_CheckPositional("seek", nargs, 1, 2)) {
        return NULL;
    }
    pos = io_size_from_object(args[0]);
    if (pos == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (nargs == 2) {
        whence = _PyLong_AsInt(args[1]);
        if (whence == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (bytesio_require_open(self) < 0) {
        return NULL;
    }
    if (pos < 0 && whence == 0) {
        PyErr_Format(PyExc_ValueError, "negative seek value %zd", pos);
        return NULL;
    }
    if (whence == 1) {
        base = self->pos;
    }
    else if (whence == 2) {
        base = self->size;
    }
    else if (whence != 0) {
        PyErr_Format(PyExc_ValueError,
                     "invalid whence (%i, should be 0, 1 or 2)", whence);
        return NULL;
    }
    if (pos > PY_SSIZE_T_MAX - base) {
        PyErr_SetString(PyExc_OverflowError, "new position too large");
        return NULL;
    }
    pos += base;
    self->pos = Py_MAX(pos, 0);
    return PyLong_FromSsize_t(self->pos);
}

static PyObject *
bytesio_truncate(BytesIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = self->pos;

    if (io_parse_optional_size("truncate", args, nargs, &size) < 0 ||
        bytesio_require_open(self) < 0 ||
        bytesio_require_no_exports(self) < 0) {
        return NULL;
    }
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "negative size value %zd", size);
        return NULL;
    }
    if (size < self->size) {
        self->size = size;
        if (bytesio_resize(self, (size_t)size) < 0) {
            return NULL;
        }
    }
    return PyLong_FromSsize_t(size);
}

static PyObject *
bytesio_getstate(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *value = bytesio_getvalue(self, NULL);
    PyObject *dict = NULL, *state = NULL;

    if (value == NULL) {
        return NULL;
    }
    dict = self->dict == NULL ? Py_NewRef(Py_None) : PyDict_Copy(self->dict);
    if (dict != NULL) {
        state = Py_BuildValue("(OnN)", value, self->pos, dict);
    }
    Py_DECREF(value);
    return state;
}

/* The third item of a pickled state: merged into, or made, the dict. */
static int
stream_restore_dict(PyObject **slot, PyObject *dict, const char *which)
{
    if (dict == Py_None) {
        return 0;
    }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError,
                     "%s item of state should be a dict, got a %.200s", which,
                     Py_TYPE(dict)->tp_name);
        return -1;
    }
    if (*slot != NULL) {
        PyObject *own = Py_NewRef(*slot);     /* `dict` may run Python */
        int status = PyDict_Update(own, dict);
        Py_DECREF(own);
        return status;
    }
    *slot = Py_NewRef(dict);
    return 0;
}

static PyObject *
bytesio_setstate(BytesIOObject *self, PyObject *state)
{
    PyObject *position, *written;
    Py_ssize_t pos;

    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) < 3) {
        PyErr_Format(PyExc_TypeError, "%.200s.__setstate__ argument should be "
                     "3-tuple, got %.200s", Py_TYPE(self)->tp_name,
                     Py_TYPE(state)->tp_name);
        return NULL;
    }
    if (bytesio_require_no_exports(self) < 0 ||
        bytesio_require_open(self) < 0) {
        return NULL;
    }
    self->size = 0;
    self->pos = 0;
    written = bytesio_write(self, PyTuple_GET_ITEM(state, 0));
    if (written == NULL) {
        return NULL;
    }
    Py_DECREF(written);
    position = PyTuple_GET_ITEM(state, 1);
    if (!PyLong_Check(position)) {
        PyErr_Format(PyExc_TypeError, "second item of state must be an "
                     "integer, not %.200s", Py_TYPE(position)->tp_name);
        return NULL;
    }
    pos = PyLong_AsSsize_t(position);
    if (pos == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (pos < 0) {
        PyErr_SetString(PyExc_ValueError, "position value cannot be negative");
        return NULL;
    }
    self->pos = pos;
    if (stream_restore_dict(&self->dict, PyTuple_GET_ITEM(state, 2),
                            "third") < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
bytesio_sizeof(BytesIOObject *self, PyObject *Py_UNUSED(ignored))
{
    size_t size = (size_t)Py_TYPE(self)->tp_basicsize;

    if (self->buf != NULL && !IS_SHARED(self)) {
        size_t held = _PySys_GetSizeOf(self->buf);
        if (held == (size_t)-1) {
            return NULL;
        }
        size += held;
    }
    return PyLong_FromSize_t(size);
}

static PyObject *
bytesio_get_closed(BytesIOObject *self, void *closure)
{
    return PyBool_FromLong(self->buf == NULL);
}

static PyMethodDef bytesio_methods[] = {
    {"readable", (PyCFunction)bytesio_yes, METH_NOARGS,
     "readable($self, /)\n--\n\nAlways true."},
    {"seekable", (PyCFunction)bytesio_yes, METH_NOARGS,
     "seekable($self, /)\n--\n\nAlways true."},
    {"writable", (PyCFunction)bytesio_yes, METH_NOARGS,
     "writable($self, /)\n--\n\nAlways true."},
    {"close", (PyCFunction)bytesio_close, METH_NOARGS,
     "close($self, /)\n--\n\nGive up the content."},
    {"flush", (PyCFunction)bytesio_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nDoes nothing."},
    {"isatty", (PyCFunction)bytesio_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nAlways false."},
    {"tell", (PyCFunction)bytesio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nThe position."},
    {"write", (PyCFunction)bytesio_write, METH_O,
     "write($self, b, /)\n--\n\nWrite at the position; return the number of "
     "bytes."},
    {"writelines", (PyCFunction)bytesio_writelines, METH_O,
     "writelines($self, lines, /)\n--\n\nWrite each item."},
    {"read1", _PyCFunction_CAST(bytesio_read1), METH_FASTCALL,
     "read1($self, size=-1, /)\n--\n\nThe same as read()."},
    {"readinto", (PyCFunction)bytesio_readinto, METH_O,
     "readinto($self, buffer, /)\n--\n\nRead into a writable buffer."},
    {"readline", _PyCFunction_CAST(bytesio_readline), METH_FASTCALL,
     "readline($self, size=-1, /)\n--\n\nRead one line, at most size bytes."},
    {"readlines", _PyCFunction_CAST(bytesio_readlines), METH_FASTCALL,
     "readlines($self, size=None, /)\n--\n\nList of lines, stopping once "
     "size bytes were read."},
    {"read", _PyCFunction_CAST(bytesio_read), METH_FASTCALL,
     "read($self, size=-1, /)\n--\n\nRead up to size bytes."},
    {"getbuffer", (PyCFunction)bytesio_getbuffer, METH_NOARGS,
     "getbuffer($self, /)\n--\n\nA writable view of the content; the size is "
     "fixed while it lives."},
    {"getvalue", (PyCFunction)bytesio_getvalue, METH_NOARGS,
     "getvalue($self, /)\n--\n\nThe whole content."},
    {"seek", _PyCFunction_CAST(bytesio_seek), METH_FASTCALL,
     "seek($self, pos, whence=0, /)\n--\n\nChange the position: from the "
     "start (0), from here (1) or from the end (2)."},
    {"truncate", _PyCFunction_CAST(bytesio_truncate), METH_FASTCALL,
     "truncate($self, size=None, /)\n--\n\nCut the content; the position "
     "stays."},
    {"__getstate__", (PyCFunction)bytesio_getstate, METH_NOARGS, NULL},
    {"__setstate__", (PyCFunction)bytesio_setstate, METH_O, NULL},
    {"__sizeof__", (PyCFunction)bytesio_sizeof, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef bytesio_getset[] = {
    {"closed", (getter)bytesio_get_closed, NULL, "Whether it is closed.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyBytesIO_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.BytesIO",
    .tp_basicsize = sizeof(BytesIOObject),
    .tp_dealloc = (destructor)bytesio_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "BytesIO(initial_bytes=b'')\n--\n\nA binary stream in memory.",
    .tp_traverse = (traverseproc)bytesio_traverse,
    .tp_clear = (inquiry)bytesio_clear,
    .tp_weaklistoffset = offsetof(BytesIOObject, weakreflist),
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)bytesio_iternext,
    .tp_methods = bytesio_methods,
    .tp_getset = bytesio_getset,
    .tp_base = &PyBufferedIOBase_Type,
    .tp_dictoffset = offsetof(BytesIOObject, dict),
    .tp_init = (initproc)bytesio_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = bytesio_new,
};

/* ---- the exporter ---- */

static int
bytesiobuf_getbuffer(BytesIOBufferObject *self, Py_buffer *view, int flags)
{
    BytesIOObject *source = self->source;

    if (view == NULL) {
        PyErr_SetString(PyExc_BufferError,
                        "bytesiobuf_getbuffer: view==NULL argument is "
                        "obsolete");
        return -1;
    }
    if (bytesio_require_open(source) < 0 ||
        (source->exports == 0 && IS_SHARED(source) &&
         bytesio_unshare(source, (size_t)source->size) < 0)) {
        return -1;
    }
    (void)PyBuffer_FillInfo(view, (PyObject *)self,
                            PyBytes_AS_STRING(source->buf), source->size, 0,
                            flags);
    source->exports++;
    return 0;
}

static void
bytesiobuf_releasebuffer(BytesIOBufferObject *self, Py_buffer *view)
{
    self->source->exports--;
}

static int
bytesiobuf_traverse(BytesIOBufferObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->source);
    return 0;
}

static void
bytesiobuf_dealloc(BytesIOBufferObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->source);
    Py_TYPE(self)->tp_free(self);
}

static PyBufferProcs bytesiobuf_as_buffer = {
    .bf_getbuffer = (getbufferproc)bytesiobuf_getbuffer,
    .bf_releasebuffer = (releasebufferproc)bytesiobuf_releasebuffer,
};

PyTypeObject _PyBytesIOBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._BytesIOBuffer",
    .tp_basicsize = sizeof(BytesIOBufferObject),
    .tp_dealloc = (destructor)bytesiobuf_dealloc,
    .tp_as_buffer = &bytesiobuf_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = (traverseproc)bytesiobuf_traverse,
};
