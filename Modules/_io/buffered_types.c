/* BufferedReader, BufferedWriter, BufferedRandom: life, methods, types.  What
 * the methods do to the buffer is in buffered.c.
 */
#include "Python.h"

#include "buffered.h"
#include "iomodule.h"
#include "names.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include "structmember.h"

/* ---- life ---- */

/* The common part of __init__ once `raw` has passed its checks. */
static int
buffered_set_up(BufferedObject *self, PyObject *raw, Py_ssize_t buffer_size,
                PyTypeObject *type, int readable, int writable)
{
    self->ok = 0;
    self->detached = 0;
    Py_XSETREF(self->raw, Py_NewRef(raw));
    self->readable = (char)readable;
    self->writable = (char)writable;
    self->read_end = -1;
    self->write_end = -1;
    self->write_pos = 0;
    if (buffered_allocate(self, buffer_size) < 0) {
        return -1;
    }
    self->plain = Py_IS_TYPE(self, type) && Py_IS_TYPE(raw, &PyFileIO_Type);
    self->ok = 1;
    return 0;
}

/* Arguments of all three constructors, and the checks of `raw`; `type` is the
 * constructor's. */
static int
buffered_parse(BufferedObject *self, PyObject *args, PyObject *kwds,
               _PyArg_Parser *parser, PyTypeObject *type)
{
    const int readable = type != &PyBufferedWriter_Type;
    const int writable = type != &PyBufferedReader_Type;
    PyObject *raw, *answer;
    Py_ssize_t buffer_size = IO_DEFAULT_BUFFER_SIZE;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, parser, &raw,
                                          &buffer_size)) {
        return -1;
    }
    self->ok = 0;
    self->detached = 0;
    if (readable && writable) {
        answer = io_check_seekable(raw, NULL);
        if (answer == NULL) {
            return -1;
        }
        Py_DECREF(answer);
    }
    if (readable) {
        answer = io_check_readable(raw, NULL);
        if (answer == NULL) {
            return -1;
        }
        Py_DECREF(answer);
    }
    if (writable) {
        answer = io_check_writable(raw, NULL);
        if (answer == NULL) {
            return -1;
        }
        Py_DECREF(answer);
    }
    return buffered_set_up(self, raw, buffer_size, type, readable, writable);
}

static const char *const buffered_keywords[] = {"raw", "buffer_size", NULL};

static int
bufferedreader_init(BufferedObject *self, PyObject *args, PyObject *kwds)
{
    static _PyArg_Parser parser = {.format = "O|n:BufferedReader",
                                   .keywords = buffered_keywords};

    return buffered_parse(self, args, kwds, &parser, &PyBufferedReader_Type);
}

static int
bufferedwriter_init(BufferedObject *self, PyObject *args, PyObject *kwds)
{
    static _PyArg_Parser parser = {.format = "O|n:BufferedWriter",
                                   .keywords = buffered_keywords};

    return buffered_parse(self, args, kwds, &parser, &PyBufferedWriter_Type);
}

static int
bufferedrandom_init(BufferedObject *self, PyObject *args, PyObject *kwds)
{
    static _PyArg_Parser parser = {.format = "O|n:BufferedRandom",
                                   .keywords = buffered_keywords};

    return buffered_parse(self, args, kwds, &parser, &PyBufferedRandom_Type);
}

static int
buffered_traverse(BufferedObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->raw);
    Py_VISIT(self->dict);
    return 0;
}

static int
buffered_clear(BufferedObject *self)
{
    self->ok = 0;
    Py_CLEAR(self->raw);
    Py_CLEAR(self->dict);
    return 0;
}

static void
buffered_dealloc(BufferedObject *self)
{
    self->finalizing = 1;
    if (io_finalize((PyObject *)self) < 0) {
        return;
    }
    PyObject_GC_UnTrack(self);
    self->ok = 0;
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    buffered_free_buffer(self);
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
        self->lock = NULL;
    }
    Py_CLEAR(self->raw);
    Py_CLEAR(self->dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* ---- closing ---- */

/* Hands the ResourceWarning on to the raw stream, in the name of `source`. */
static PyObject *
buffered_dealloc_warn(BufferedObject *self, PyObject *source)
{
    if (self->ok > 0 && self->raw != NULL) {
        PyObject *result = PyObject_CallMethodOneArg(
            self->raw, NAME(_dealloc_warn), source);
        if (result == NULL) {
            PyErr_Clear();        /* a raw stream without the method */
        }
        Py_XDECREF(result);
    }
    Py_RETURN_NONE;
}

/* Closes the raw stream whatever became of flushing it, whose exception (if
 * any) is pending.  New reference or NULL.  With the lock held. */
static PyObject *
buffered_close_raw(BufferedObject *self)
{
    PyObject *type, *value, *traceback, *result;

    PyErr_Fetch(&type, &value, &traceback);
    result = PyObject_CallMethodNoArgs(self->raw, NAME(close));
    buffered_free_buffer(self);
    if (type != NULL) {
        Py_CLEAR(result);
        io_chain_exceptions(type, value, traceback);
    }
    self->read_end = 0;
    self->pos = 0;
    return result;
}

static PyObject *
buffered_close(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *result = NULL, *flushed;
    int closed;

    if (buffered_require_init(self) < 0 || buffered_enter(self) < 0) {
        return NULL;
    }
    closed = buffered_is_closed(self);
    if (closed != 0) {
        result = closed < 0 ? NULL : Py_NewRef(Py_None);
        goto done;
    }
    if (self->finalizing) {
        Py_XDECREF(buffered_dealloc_warn(self, (PyObject *)self));
    }
    /* flush() takes the lock itself, and is the subclass's to override. */
    buffered_leave(self);
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    Py_XDECREF(flushed);
    if (buffered_enter(self) < 0) {
        return NULL;
    }
    if (self->raw == NULL) {
        /* flush() detached it. */
        if (flushed != NULL) {
            (void)buffered_require_init(self);
        }
        goto done;
    }
    result = buffered_close_raw(self);
done:
    buffered_leave(self);
    return result;
}

static PyObject *
buffered_detach(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *raw, *flushed;

    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    raw = self->raw;
    self->raw = NULL;
    self->detached = 1;
    self->ok = 0;
    if (raw == NULL) {
        (void)buffered_require_init(self);
    }
    return raw;
}

/* ---- handed on to the raw stream ---- */

static PyObject *
buffered_ask_raw(BufferedObject *self, PyObject *name)
{
    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    return PyObject_CallMethodNoArgs(self->raw, name);
}

static PyObject *
buffered_seekable(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(seekable));
}

static PyObject *
buffered_readable(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(readable));
}

static PyObject *
buffered_writable(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(writable));
}

static PyObject *
buffered_fileno(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(fileno));
}

static PyObject *
buffered_isatty(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(isatty));
}

static PyObject *
buffered_simple_flush(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    return buffered_ask_raw(self, NAME(flush));
}

static PyObject *
buffered_get_raw(BufferedObject *self, PyObject *name)
{
    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    return PyObject_GetAttr(self->raw, name);
}

static PyObject *
buffered_get_closed(BufferedObject *self, void *closure)
{
    return buffered_get_raw(self, NAME(closed));
}

static PyObject *
buffered_get_name(BufferedObject *self, void *closure)
{
    return buffered_get_raw(self, NAME(name));
}

static PyObject *
buffered_get_mode(BufferedObject *self, void *closure)
{
    return buffered_get_raw(self, NAME(mode));
}

/* ---- flush, positions ---- */

static PyObject *
buffered_flush(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    int status;

    if (buffered_require_open(self, "flush of closed file") < 0 ||
        buffered_enter(self) < 0) {
        return NULL;
    }
    status = buffered_flush_and_rewind(self);
    buffered_leave(self);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
buffered_tell(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    off_t pos;

    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    pos = buffered_raw_tell(self);
    if (pos == -1) {
        return NULL;
    }
    return PyLong_FromLongLong(pos - buffered_raw_offset(self));
}

/* 1: the target lies in what was read ahead, and *pos is where that is; 0: it
 * does not; -1. */
static int
buffered_seek_in_buffer(BufferedObject *self, off_t target, int whence,
                        off_t *pos)
{
    Py_ssize_t ahead;
    off_t current, offset;

    if (!self->readable || whence > 1) {
        return 0;
    }
    current = self->abs_pos != -1 ? self->abs_pos : buffered_raw_tell(self);
    if (current == -1) {
        return -1;
    }
    ahead = buffered_readahead(self);
    if (ahead <= 0) {
        return 0;
    }
    current -= buffered_raw_offset(self);
    offset = whence == 0 ? target - current : target;
    if (offset < -self->pos || offset > ahead) {
        return 0;
    }
    self->pos += (Py_ssize_t)offset;
    *pos = current + offset;
    return 1;
}

static PyObject *
buffered_seek_locked(BufferedObject *self, off_t target, int whence)
{
    off_t pos;

    if (self->writable && buffered_flush_writes(self) < 0) {
        return NULL;
    }
    if (whence == 1) {
        target -= buffered_raw_offset(self);
    }
    pos = buffered_raw_seek(self, target, whence);
    if (pos == -1) {
        return NULL;
    }
    self->raw_pos = -1;
    if (self->readable) {
        buffered_forget_read(self);
    }
    return PyLong_FromLongLong(pos);
}

static PyObject *
buffered_seek(BufferedObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *answer;
    off_t target, pos;
    int whence = 0, inside;

    if (!_PyArg_CheckPositional("seek", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2) {
        whence = _PyLong_AsInt(args[1]);
        if (whence == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    if (whence < 0 || (whence > 2 && whence != SEEK_HOLE &&
                       whence != SEEK_DATA)) {
        PyErr_Format(PyExc_ValueError, "whence value %d unsupported", whence);
        return NULL;
    }
    if (buffered_require_open(self, "seek of closed file") < 0) {
        return NULL;
    }
    answer = io_check_seekable(self->raw, NULL);
    if (answer == NULL) {
        return NULL;
    }
    Py_DECREF(answer);
    target = io_off_from_object(args[0], PyExc_ValueError);
    if (target == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (buffered_enter(self) < 0) {
        return NULL;
    }
    if (buffered_require_open(self, "seek of closed file") < 0) {
        buffered_leave(self);
        return NULL;
    }
    inside = buffered_seek_in_buffer(self, target, whence, &pos);
    if (inside == 0) {
        answer = buffered_seek_locked(self, target, whence);
    }
    else {
        answer = inside < 0 ? NULL : PyLong_FromLongLong(pos);
    }
    buffered_leave(self);
    return answer;
}

static PyObject *
buffered_truncate(BufferedObject *self, PyObject *const *args,
                  Py_ssize_t nargs)
{
    PyObject *result = NULL;

    if (!_PyArg_CheckPositional("truncate", nargs, 0, 1) ||
        buffered_require_open(self, "truncate of closed file") < 0) {
        return NULL;
    }
    if (!self->writable) {
        return io_raise_unsupported("truncate");
    }
    if (buffered_enter(self) < 0) {
        return NULL;
    }
    if (buffered_flush_and_rewind(self) < 0) {
        goto done;
    }
    result = PyObject_CallMethodOneArg(self->raw, NAME(truncate),
                                       nargs > 0 ? args[0] : Py_None);
    if (result != NULL && buffered_raw_tell(self) == -1) {
        PyErr_Clear();                  /* only the cached position is gone */
    }
done:
    buffered_leave(self);
    return result;
}

/* ---- reading ---- */

static PyObject *
buffered_peek(BufferedObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result = NULL;

    if (!_PyArg_CheckPositional("peek", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        Py_ssize_t size = io_size_from_object(args[0]);
        if (size == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (buffered_require_open(self, "peek of closed file") < 0 ||
        buffered_enter(self) < 0) {
        return NULL;
    }
    if (!self->writable || buffered_flush_and_rewind(self) == 0) {
        result = buffered_peek_bytes(self);
    }
    buffered_leave(self);
    return result;
}

static PyObject *
buffered_read(BufferedObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1;
    PyObject *result;

    if (io_parse_optional_size("read", args, nargs, &size) < 0 ||
        buffered_require_init(self) < 0) {
        return NULL;
    }
    if (size < -1) {
        PyErr_SetString(PyExc_ValueError,
                        "read length must be non-negative or -1");
        return NULL;
    }
    if (buffered_require_open(self, "read of closed file") < 0) {
        return NULL;
    }
    if (size >= 0 && size <= buffered_readahead(self)) {
        /* FAST PATH: same result without it; needs no lock */
        result = PyBytes_FromStringAndSize(self->buffer + self->pos, size);
        if (result != NULL) {
            self->pos += size;
        }
        return result;
    }
    if (buffered_enter(self) < 0) {
        return NULL;
    }
    result = size == -1 ? buffered_read_all(self)
                        : buffered_read_exactly(self, size);
    buffered_leave(self);
    return result;
}

static PyObject *
buffered_read1(BufferedObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1, ahead, n;
    PyObject *bytes;

    if (!_PyArg_CheckPositional("read1", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        size = io_size_from_object(args[0]);
        if (size == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    if (size < 0) {
        size = self->buffer_size;
    }
    if (buffered_require_open(self, "read of closed file") < 0) {
        return NULL;
    }
    ahead = buffered_readahead(self);
    if (size == 0 || ahead > 0) {
        size = Py_MIN(size, ahead);
        bytes = PyBytes_FromStringAndSize(
            size > 0 ? self->buffer + self->pos : NULL, Py_MAX(size, 0));
        if (bytes != NULL && size > 0) {
            self->pos += size;
        }
        return bytes;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    if (buffered_enter(self) < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    n = -1;
    if (!self->writable || buffered_flush_and_rewind(self) == 0) {
        buffered_forget_read(self);
        n = buffered_raw_read(self, PyBytes_AS_STRING(bytes), size);
    }
    buffered_leave(self);
    if (n == -1) {
        buffered_drop_bytes(self, bytes);
        return NULL;
    }
    n = Py_MAX(n, 0);
    if (n < size) {
        (void)_PyBytes_Resize(&bytes, n);
    }
    return bytes;
}

/* Fills `target` past what was read ahead (`written` bytes): one raw read for
 * readinto1, else as many as it takes.  Count, -1, RAW_WOULD_BLOCK. */
static Py_ssize_t
buffered_fill_target(BufferedObject *self, char *target, Py_ssize_t size,
                     Py_ssize_t written, int once)
{
    Py_ssize_t n;

    if (self->writable && buffered_flush_and_rewind(self) < 0) {
        return -1;
    }
    buffered_forget_read(self);
    self->pos = 0;
    for (; written < size; written += n) {
        /* What exceeds the buffer goes straight to the target. */
        if (size - written > self->buffer_size) {
            n = buffered_raw_read(self, target + written, size - written);
        }
        else if (once && written > 0) {
            break;
        }
        else {
            n = buffered_fill(self);
            if (n > 0) {
                n = Py_MIN(n, size - written);
                memcpy(target + written, self->buffer + self->pos, (size_t)n);
                self->pos += n;
                if (self->pos == self->read_end) {
                    buffered_forget_read(self);
                    self->pos = 0;
                }
            }
        }
        if (n == 0 || (n == RAW_WOULD_BLOCK && written > 0)) {
            break;
        }
        if (n < 0) {
            return n;
        }
        if (once) {
            written += n;
            break;
        }
    }
    return written;
}

static PyObject *
buffered_read_into(BufferedObject *self, PyObject *target, int once)
{
    Py_buffer view;
    Py_ssize_t written, size;

    if (io_get_writable_buffer(once ? "readinto1" : "readinto", target,
                               &view) < 0) {
        return NULL;
    }
    if (buffered_require_open(self, "readinto of closed file") < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    size = view.len;
    written = Py_MIN(buffered_readahead(self), size);
    written = Py_MAX(written, 0);
    if (written > 0) {
        memcpy(view.buf, self->buffer + self->pos, (size_t)written);
        self->pos += written;
    }
    if (written < size) {
        if (buffered_enter(self) < 0) {
            PyBuffer_Release(&view);
            return NULL;
        }
        written = buffered_fill_target(self, view.buf, size, written, once);
        buffered_leave(self);
    }
    buffered_release_view(self, &view);
    if (written == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return written < 0 ? NULL : PyLong_FromSsize_t(written);
}

static PyObject *
buffered_readinto(BufferedObject *self, PyObject *target)
{
    return buffered_read_into(self, target, 0);
}

static PyObject *
buffered_readinto1(BufferedObject *self, PyObject *target)
{
    return buffered_read_into(self, target, 1);
}

static PyObject *
buffered_readline(BufferedObject *self, PyObject *const *args,
                  Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;

    if (io_parse_optional_size("readline", args, nargs, &limit) < 0 ||
        buffered_require_init(self) < 0) {
        return NULL;
    }
    return buffered_read_line(self, limit);
}

static PyObject *
buffered_iternext(BufferedObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *line;

    if (buffered_require_init(self) < 0) {
        return NULL;
    }
    if (type == &PyBufferedReader_Type || type == &PyBufferedRandom_Type) {
        line = buffered_read_line(self, -1);
    }
    else {
        line = PyObject_CallMethodNoArgs((PyObject *)self, NAME(readline));
        if (line != NULL && !PyBytes_Check(line)) {
            PyErr_Format(PyExc_OSError, "readline() should have returned a "
                         "bytes object, not '%.200s'",
                         Py_TYPE(line)->tp_name);
            Py_CLEAR(line);
        }
    }
    if (line != NULL && PyBytes_GET_SIZE(line) == 0) {
        Py_CLEAR(line);                                       /* the end */
    }
    return line;
}

/* ---- writing, presentation ---- */

static PyObject *
buffered_write(BufferedObject *self, PyObject *data)
{
    Py_buffer view;
    PyObject *result;

    if (PyBytes_CheckExact(data)) {
        /* FAST PATH: same result without it */
        result = buffered_write_bytes(self, PyBytes_AS_STRING(data),
                                      PyBytes_GET_SIZE(data));
        if (result == NULL) {
            buffered_drop_bytes(self, Py_NewRef(data));
        }
        return result;
    }
    if (io_get_readable_buffer("write", data, &view) < 0) {
        return NULL;
    }
    result = buffered_write_bytes(self, view.buf, view.len);
    buffered_release_view(self, &view);
    return result;
}

static PyObject *
buffered_repr(BufferedObject *self)
{
    const char *type_name = Py_TYPE(self)->tp_name;
    PyObject *name, *result = NULL;
    int entered;

    if (_PyObject_LookupAttr((PyObject *)self, NAME(name), &name) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            return NULL;
        }
        PyErr_Clear();                              /* detached */
    }
    if (name == NULL) {
        return PyUnicode_FromFormat("<%s>", type_name);
    }
    entered = Py_ReprEnter((PyObject *)self);
    if (entered == 0) {
        result = PyUnicode_FromFormat("<%s name=%R>", type_name, name);
        Py_ReprLeave((PyObject *)self);
    }
    else if (entered > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__",
                     type_name);
    }
    Py_DECREF(name);
    return result;
}

static PyObject *
buffered_sizeof(BufferedObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_ssize_t size = Py_TYPE(self)->tp_basicsize;

    return PyLong_FromSsize_t(size +
                              (self->buffer ? self->buffer_size : 0));
}

/* ---- tables ---- */

#define METHOD_CLOSE                                                        \
    {"close", (PyCFunction)buffered_close, METH_NOARGS, NULL}
#define METHOD_DETACH                                                       \
    {"detach", (PyCFunction)buffered_detach, METH_NOARGS, NULL}
#define METHOD_SEEKABLE                                                     \
    {"seekable", (PyCFunction)buffered_seekable, METH_NOARGS, NULL}
#define METHOD_READABLE                                                     \
    {"readable", (PyCFunction)buffered_readable, METH_NOARGS, NULL}
#define METHOD_WRITABLE                                                     \
    {"writable", (PyCFunction)buffered_writable, METH_NOARGS, NULL}
#define METHOD_FILENO                                                       \
    {"fileno", (PyCFunction)buffered_fileno, METH_NOARGS, NULL}
#define METHOD_ISATTY                                                       \
    {"isatty", (PyCFunction)buffered_isatty, METH_NOARGS, NULL}
#define METHOD_DEALLOC_WARN                                                 \
    {"_dealloc_warn", (PyCFunction)buffered_dealloc_warn, METH_O, NULL}
#define METHOD_FLUSH                                                        \
    {"flush", (PyCFunction)buffered_flush, METH_NOARGS, NULL}
#define METHOD_SEEK                                                         \
    {"seek", _PyCFunction_CAST(buffered_seek), METH_FASTCALL,               \
     "seek($self, target, whence=0, /)\n--\n\nChange the position."}
#define METHOD_TELL                                                         \
    {"tell", (PyCFunction)buffered_tell, METH_NOARGS, NULL}
#define METHOD_TRUNCATE                                                     \
    {"truncate", _PyCFunction_CAST(buffered_truncate), METH_FASTCALL,       \
     "truncate($self, pos=None, /)\n--\n\nFlush, then cut the raw stream."}
#define METHOD_SIZEOF                                                       \
    {"__sizeof__", (PyCFunction)buffered_sizeof, METH_NOARGS, NULL}
#define METHOD_READ                                                         \
    {"read", _PyCFunction_CAST(buffered_read), METH_FASTCALL,               \
     "read($self, size=-1, /)\n--\n\nRead size bytes, or fewer at the "      \
     "end."}
#define METHOD_PEEK                                                         \
    {"peek", _PyCFunction_CAST(buffered_peek), METH_FASTCALL,               \
     "peek($self, size=0, /)\n--\n\nBytes ahead, without moving on."}
#define METHOD_READ1                                                        \
    {"read1", _PyCFunction_CAST(buffered_read1), METH_FASTCALL,             \
     "read1($self, size=-1, /)\n--\n\nRead up to size bytes with at most "  \
     "one raw read."}
#define METHOD_READINTO                                                     \
    {"readinto", (PyCFunction)buffered_readinto, METH_O,                    \
     "readinto($self, buffer, /)\n--\n\nFill a writable buffer."}
#define METHOD_READINTO1                                                    \
    {"readinto1", (PyCFunction)buffered_readinto1, METH_O,                  \
     "readinto1($self, buffer, /)\n--\n\nRead into a writable buffer with " \
     "at most one raw read."}
#define METHOD_READLINE                                                     \
    {"readline", _PyCFunction_CAST(buffered_readline), METH_FASTCALL,       \
     "readline($self, size=-1, /)\n--\n\nRead one line, at most size "      \
     "bytes."}
#define METHODS_READING                                                     \
    METHOD_READ, METHOD_PEEK, METHOD_READ1, METHOD_READINTO,                \
        METHOD_READINTO1, METHOD_READLINE
#define METHOD_WRITE                                                        \
    {"write", (PyCFunction)buffered_write, METH_O,                          \
     "write($self, buffer, /)\n--\n\nWrite bytes, sooner or later; return " \
     "their number."}

static PyMethodDef bufferedreader_methods[] = {
    METHOD_DETACH,
    {"flush", (PyCFunction)buffered_simple_flush, METH_NOARGS, NULL},
    METHOD_CLOSE,
    METHOD_SEEKABLE,
    METHOD_READABLE,
    METHOD_FILENO,
    METHOD_ISATTY,
    METHOD_DEALLOC_WARN,
    METHODS_READING,
    METHOD_SEEK,
    METHOD_TELL,
    METHOD_TRUNCATE,
    METHOD_SIZEOF,
    {NULL, NULL, 0, NULL},
};

static PyMethodDef bufferedwriter_methods[] = {
    METHOD_CLOSE,
    METHOD_DETACH,
    METHOD_SEEKABLE,
    METHOD_WRITABLE,
    METHOD_FILENO,
    METHOD_ISATTY,
    METHOD_DEALLOC_WARN,
    METHOD_WRITE,
    METHOD_TRUNCATE,
    METHOD_FLUSH,
    METHOD_SEEK,
    METHOD_TELL,
    METHOD_SIZEOF,
    {NULL, NULL, 0, NULL},
};

static PyMethodDef bufferedrandom_methods[] = {
    METHOD_CLOSE,
    METHOD_DETACH,
    METHOD_SEEKABLE,
    METHOD_READABLE,
    METHOD_WRITABLE,
    METHOD_FILENO,
    METHOD_ISATTY,
    METHOD_DEALLOC_WARN,
    METHOD_FLUSH,
    METHOD_SEEK,
    METHOD_TELL,
    METHOD_TRUNCATE,
    METHODS_READING,
    METHOD_WRITE,
    METHOD_SIZEOF,
    {NULL, NULL, 0, NULL},
};

static PyMemberDef buffered_members[] = {
    {"raw", T_OBJECT, offsetof(BufferedObject, raw), READONLY, NULL},
    {"_finalizing", T_BOOL, offsetof(BufferedObject, finalizing), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef buffered_getset[] = {
    {"closed", (getter)buffered_get_closed, NULL, NULL, NULL},
    {"name", (getter)buffered_get_name, NULL, NULL, NULL},
    {"mode", (getter)buffered_get_mode, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define BUFFERED_TYPE(name, prefix, doc, next)                              \
    {                                                                       \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                              \
        .tp_name = "_io." name,                                             \
        .tp_basicsize = sizeof(BufferedObject),                             \
        .tp_dealloc = (destructor)buffered_dealloc,                         \
        .tp_repr = (reprfunc)buffered_repr,                                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |              \
                    Py_TPFLAGS_HAVE_GC,                                     \
        .tp_doc = name "(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\n" doc, \
        .tp_traverse = (traverseproc)buffered_traverse,                     \
        .tp_clear = (inquiry)buffered_clear,                                \
        .tp_weaklistoffset = offsetof(BufferedObject, weakreflist),         \
        .tp_iternext = next, .tp_methods = prefix##_methods,                \
        .tp_members = buffered_members, .tp_getset = buffered_getset,       \
        .tp_base = &PyBufferedIOBase_Type,                                  \
        .tp_dictoffset = offsetof(BufferedObject, dict),                    \
        .tp_init = (initproc)prefix##_init, .tp_new = PyType_GenericNew,    \
    }

PyTypeObject PyBufferedReader_Type =
    BUFFERED_TYPE("BufferedReader", bufferedreader,
                  "A buffered stream over a readable raw stream.",
                  (iternextfunc)buffered_iternext);
PyTypeObject PyBufferedWriter_Type =
    BUFFERED_TYPE("BufferedWriter", bufferedwriter,
                  "A buffered stream over a writable raw stream.", NULL);
PyTypeObject PyBufferedRandom_Type =
    BUFFERED_TYPE("BufferedRandom", bufferedrandom,
                  "A buffered stream over a raw stream that seeks.",
                  (iternextfunc)buffered_iternext);
