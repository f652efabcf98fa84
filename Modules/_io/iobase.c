/* _IOBase, _RawIOBase, _BufferedIOBase and _TextIOBase: what every stream
 * inherits, written against the methods of `self` so that Python subclasses
 * can replace any of them.
 *
 * Life of a stream: open, finalizing (its `_finalizing` is true while the
 * collector or a deallocation closes it), closed (`closed` is true).  The base
 * class itself records closing as the attribute `__IOBase_closed`.
 */
#include "Python.h"

#include "errors.h"
#include "iomodule.h"
#include "long.h"
#include "names.h"

#include <errno.h>
#include <stddef.h>
#include "structmember.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;                          /* NULL until needed */
    PyObject *weakreflist;
} IOBaseObject;

/* ---- shared helpers ---- */

int
io_trap_eintr(void)
{
    if (errors_peek_errno() != EINTR) {
        return 0;
    }
    PyErr_Clear();
    return 1;
}

void
io_chain_exceptions(PyObject *type, PyObject *value, PyObject *traceback)
{
    if (type == NULL) {
        return;
    }
    if (PyErr_Occurred()) {
        _PyErr_ChainExceptions(type, value, traceback);
    }
    else {
        PyErr_Restore(type, value, traceback);
    }
}

Py_ssize_t
io_size_from_object(PyObject *object)
{
    PyObject *number = _PyNumber_Index(object);
    Py_ssize_t size;

    if (number == NULL) {
        return -1;
    }
    size = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    return size;
}

int
io_parse_optional_size(const char *function, PyObject *const *args,
                       Py_ssize_t nargs, Py_ssize_t *size)
{
    if (!_PyArg_CheckPositional(function, nargs, 0, 1)) {
        return -1;
    }
    if (nargs == 1 && !_Py_convert_optional_to_ssize_t(args[0], size)) {
        return -1;
    }
    return 0;
}

int
io_get_writable_buffer(const char *function, PyObject *object,
                       Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_WRITABLE) < 0) {
        PyErr_Clear();                            /* any kind of refusal */
        _PyArg_BadArgument(function, "argument",
                           "read-write bytes-like object", object);
        return -1;
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        _PyArg_BadArgument(function, "argument", "contiguous buffer", object);
        return -1;
    }
    return 0;
}

int
io_get_readable_buffer(const char *function, PyObject *object,
                       Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        _PyArg_BadArgument(function, "argument", "contiguous buffer", object);
        return -1;
    }
    return 0;
}

/* 1/0/-1: has the base class's close() run? */
static int
iobase_has_closed_mark(PyObject *self)
{
    PyObject *mark;
    int found = _PyObject_LookupAttr(self, NAME(__IOBase_closed), &mark);

    Py_XDECREF(mark);
    return found;
}

/* 1/0/-1: `self.closed`, as the subclass tells it. */
static int
stream_is_closed(PyObject *self)
{
    PyObject *closed;
    int answer = _PyObject_LookupAttr(self, NAME(closed), &closed);

    if (answer > 0) {
        answer = PyObject_IsTrue(closed);
        Py_DECREF(closed);
    }
    return answer;
}

/* 0, or -1 with ValueError when closed. */
static int
stream_require_open(PyObject *self)
{
    int closed = stream_is_closed(self);

    if (closed > 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed == 0 ? 0 : -1;
}

PyObject *
io_check_closed(PyObject *self, PyObject *Py_UNUSED(unused))
{
    if (stream_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* self.<name>() must be True itself, or UnsupportedOperation is raised.
 * Returns new True. */
static PyObject *
stream_require(PyObject *self, PyObject *name, const char *message)
{
    PyObject *answer = PyObject_CallMethodNoArgs(self, name);

    if (answer == NULL) {
        return NULL;
    }
    if (answer != Py_True) {
        Py_DECREF(answer);
        return io_raise_unsupported(message);
    }
    return answer;
}

PyObject *
io_check_seekable(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return stream_require(self, NAME(seekable),
                          "File or stream is not seekable.");
}

PyObject *
io_check_readable(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return stream_require(self, NAME(readable),
                          "File or stream is not readable.");
}

PyObject *
io_check_writable(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return stream_require(self, NAME(writable),
                          "File or stream is not writable.");
}

/* ---- finalization ---- */

/* tp_finalize of all streams.  Runs Python (close). */
static void
iobase_finalize(PyObject *self)
{
    PyObject *type, *value, *traceback, *closed, *result;
    int is_closed = 1;

    PyErr_Fetch(&type, &value, &traceback);
    if (_PyObject_LookupAttr(self, NAME(closed), &closed) > 0) {
        is_closed = PyObject_IsTrue(closed);
        Py_DECREF(closed);
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();           /* whatever `closed` raised: nothing to do */
        is_closed = 1;
    }
    if (!is_closed) {
        /* Lets close() know that it runs for this reason. */
        if (PyObject_SetAttr(self, NAME(_finalizing), Py_True) < 0) {
            PyErr_Clear();       /* a subclass without the attribute */
        }
        result = PyObject_CallMethodNoArgs(self, NAME(close));
        if (result != NULL) {
            Py_DECREF(result);
        }
        else if (_Py_GetConfig()->dev_mode) {
            PyErr_WriteUnraisable(self);
        }
        else {
            PyErr_Clear();       /* as documented: silent outside dev mode */
        }
    }
    PyErr_Restore(type, value, traceback);
}

int
io_finalize(PyObject *self)
{
    if (Py_REFCNT(self) == 0) {
        return PyObject_CallFinalizerFromDealloc(self);
    }
    PyObject_CallFinalizer(self);
    return 0;
}

/* ---- _IOBase ---- */

static int
iobase_traverse(IOBaseObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    return 0;
}

static int
iobase_clear(IOBaseObject *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

static void
iobase_dealloc(IOBaseObject *self)
{
    /* Only Python subclasses have anything to close: close() is inherited or
     * theirs.  They are finalized before their instance dict goes. */
    if (io_finalize((PyObject *)self) < 0) {
        /* The subclass's own deallocator gives back the type. */
        if (PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_HEAPTYPE)) {
            Py_INCREF(Py_TYPE(self));
        }
        return;
    }
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_CLEAR(self->dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
iobase_seek(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("seek");
}

static PyObject *
iobase_tell(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *stack[3] = {self, long_peek_small(0), long_peek_small(1)};

    return PyObject_VectorcallMethod(NAME(seek), stack, 3, NULL);
}

static PyObject *
iobase_truncate(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("truncate");
}

static PyObject *
iobase_flush(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int closed = iobase_has_closed_mark(self);

    if (closed < 0) {
        return NULL;
    }
    if (closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
iobase_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *type, *value, *traceback, *flushed;
    int closed = iobase_has_closed_mark(self), status;

    if (closed < 0) {
        return NULL;
    }
    if (closed) {
        Py_RETURN_NONE;
    }
    flushed = PyObject_CallMethodNoArgs(self, NAME(flush));
    PyErr_Fetch(&type, &value, &traceback);
    status = PyObject_SetAttr(self, NAME(__IOBase_closed), Py_True);
    io_chain_exceptions(type, value, traceback);
    if (status < 0) {
        Py_CLEAR(flushed);
    }
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    Py_RETURN_NONE;
}

static PyObject *
iobase_no(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_FALSE;
}

static PyObject *
iobase_fileno(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return io_raise_unsupported("fileno");
}

static PyObject *
iobase_isatty(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (stream_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
iobase_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (stream_require_open(self) < 0) {
        return NULL;
    }
    return Py_NewRef(self);
}

static PyObject *
iobase_exit(PyObject *self, PyObject *args)
{
    return PyObject_CallMethodNoArgs(self, NAME(close));
}

static PyObject *
iobase_iter(PyObject *self)
{
    return iobase_enter(self, NULL);
}

static PyObject *
iobase_iternext(PyObject *self)
{
    PyObject *line = PyObject_CallMethodNoArgs(self, NAME(readline));

    if (line == NULL) {
        return NULL;
    }
    if (PyObject_Size(line) <= 0) {
        Py_CLEAR(line);                   /* the end, or len() raised */
    }
    return line;
}

/* How many bytes to read next so as not to pass the end of the line, at most
 * `room`: as far as `peek` shows, else 1.  -1 on failure.  Runs Python. */
static Py_ssize_t
line_step(PyObject *peek, Py_ssize_t room)
{
    PyObject *ahead;
    Py_ssize_t step = 1;

    do {
        ahead = PyObject_CallOneArg(peek, long_peek_small(1));
    } while (ahead == NULL && io_trap_eintr());
    if (ahead == NULL) {
        return -1;
    }
    if (!PyBytes_Check(ahead)) {
        PyErr_Format(PyExc_OSError, "peek() should have returned a bytes "
                     "object, not '%.200s'", Py_TYPE(ahead)->tp_name);
        step = -1;
    }
    else if (PyBytes_GET_SIZE(ahead) > 0) {
        const char *text = PyBytes_AS_STRING(ahead);
        Py_ssize_t size = Py_MIN(PyBytes_GET_SIZE(ahead), room);
        const char *newline = memchr(text, '\n', (size_t)size);
        step = newline != NULL ? newline - text + 1 : size;
    }
    Py_DECREF(ahead);
    return step;
}

/* Appends the next piece of a line; 1: there may be more, 0: done, -1. */
static int
line_read_piece(PyObject *self, PyObject *peek, PyObject *line,
                Py_ssize_t room)
{
    Py_ssize_t step = peek != NULL ? line_step(peek, room) : 1;
    PyObject *size, *piece;
    int more = -1;

    if (step < 0) {
        return -1;
    }
    size = PyLong_FromSsize_t(step);
    if (size == NULL) {
        return -1;
    }
    do {
        piece = PyObject_CallMethodOneArg(self, NAME(read), size);
    } while (piece == NULL && io_trap_eintr());
    Py_DECREF(size);
    if (piece == NULL) {
        return -1;
    }
    if (!PyBytes_Check(piece)) {
        PyErr_Format(PyExc_OSError, "read() should have returned a bytes "
                     "object, not '%.200s'", Py_TYPE(piece)->tp_name);
    }
    else {
        Py_ssize_t old = PyByteArray_GET_SIZE(line);
        Py_ssize_t added = PyBytes_GET_SIZE(piece);

        if (added == 0) {
            more = 0;
        }
        else if (PyByteArray_Resize(line, old + added) == 0) {
            const char *text = PyBytes_AS_STRING(piece);
            memcpy(PyByteArray_AS_STRING(line) + old, text, (size_t)added);
            more = text[added - 1] != '\n';
        }
    }
    Py_DECREF(piece);
    return more;
}

/* Runs Python (peek, read). */
static PyObject *
iobase_readline(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;
    PyObject *peek = NULL, *line = NULL, *result = NULL;
    int more = 1;

    if (io_parse_optional_size("readline", args, nargs, &limit) < 0 ||
        _PyObject_LookupAttr(self, NAME(peek), &peek) < 0) {
        return NULL;
    }
    line = PyByteArray_FromStringAndSize(NULL, 0);
    if (line == NULL) {
        goto done;
    }
    while (more > 0 && (limit < 0 || PyByteArray_GET_SIZE(line) < limit)) {
        Py_ssize_t room = limit < 0 ? PY_SSIZE_T_MAX
                                    : limit - PyByteArray_GET_SIZE(line);
        more = line_read_piece(self, peek, line, room);
    }
    if (more >= 0) {
        result = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(line),
                                           PyByteArray_GET_SIZE(line));
    }
done:
    Py_XDECREF(line);
    Py_XDECREF(peek);
    return result;
}

/* Lines of the iterator until they have `hint` bytes together. */
static int
collect_lines(PyObject *iterator, Py_ssize_t hint, PyObject *lines)
{
    Py_ssize_t total = 0;
    PyObject *line;

    while ((line = PyIter_Next(iterator)) != NULL) {
        Py_ssize_t size;

        if (PyList_Append(lines, line) < 0 ||
            (size = PyObject_Size(line)) < 0) {
            Py_DECREF(line);
            return -1;
        }
        Py_DECREF(line);
        if (size > hint - total) {
            return 0;
        }
        total += size;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
iobase_readlines(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t hint = -1;
    PyObject *lines = NULL, *iterator = NULL, *result = NULL;

    if (io_parse_optional_size("readlines", args, nargs, &hint) < 0) {
        return NULL;
    }
    lines = PyList_New(0);
    if (lines == NULL) {
        return NULL;
    }
    if (hint <= 0) {
        /* list.extend() is the quickest iteration there is. */
        PyObject *extended = _PyList_Extend((PyListObject *)lines, self);
        if (extended == NULL) {
            goto done;
        }
        Py_DECREF(extended);
    }
    else {
        iterator = PyObject_GetIter(self);
        if (iterator == NULL || collect_lines(iterator, hint, lines) < 0) {
            goto done;
        }
    }
    result = Py_NewRef(lines);
done:
    Py_XDECREF(iterator);
    Py_DECREF(lines);
    return result;
}

/* Runs Python (iteration, write). */
static PyObject *
iobase_writelines(PyObject *self, PyObject *lines)
{
    PyObject *iterator, *line;

    if (stream_require_open(self) < 0) {
        return NULL;
    }
    iterator = PyObject_GetIter(lines);
    if (iterator == NULL) {
        return NULL;
    }
    while ((line = PyIter_Next(iterator)) != NULL) {
        PyObject *written;

        do {
            written = PyObject_CallMethodOneArg(self, NAME(write), line);
        } while (written == NULL && io_trap_eintr());
        Py_DECREF(line);
        if (written == NULL) {
            break;
        }
        Py_DECREF(written);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
iobase_get_closed(PyObject *self, void *closure)
{
    int closed = iobase_has_closed_mark(self);

    return closed < 0 ? NULL : PyBool_FromLong(closed);
}

static PyMethodDef iobase_methods[] = {
    {"seek", iobase_seek, METH_VARARGS,
     "Change the stream position; not supported here."},
    {"tell", iobase_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nWhere the stream stands."},
    {"truncate", iobase_truncate, METH_VARARGS,
     "Cut or extend the file; not supported here."},
    {"flush", iobase_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nWrite out what is buffered."},
    {"close", iobase_close, METH_NOARGS,
     "close($self, /)\n--\n\nFlush and close; does nothing a second time."},
    {"seekable", iobase_no, METH_NOARGS,
     "seekable($self, /)\n--\n\nWhether seek() and tell() work."},
    {"readable", iobase_no, METH_NOARGS,
     "readable($self, /)\n--\n\nWhether read() works."},
    {"writable", iobase_no, METH_NOARGS,
     "writable($self, /)\n--\n\nWhether write() works."},
    {"_checkClosed", io_check_closed, METH_NOARGS, NULL},
    {"_checkSeekable", io_check_seekable, METH_NOARGS, NULL},
    {"_checkReadable", io_check_readable, METH_NOARGS, NULL},
    {"_checkWritable", io_check_writable, METH_NOARGS, NULL},
    {"fileno", iobase_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nThe descriptor, if there is one."},
    {"isatty", iobase_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nWhether this is a terminal."},
    {"__enter__", iobase_enter, METH_NOARGS, NULL},
    {"__exit__", iobase_exit, METH_VARARGS, NULL},
    {"readline", _PyCFunction_CAST(iobase_readline), METH_FASTCALL,
     "readline($self, size=-1, /)\n--\n\nRead one line, at most size bytes."},
    {"readlines", _PyCFunction_CAST(iobase_readlines), METH_FASTCALL,
     "readlines($self, hint=-1, /)\n--\n\nList of lines, stopping once hint "
     "bytes were read."},
    {"writelines", iobase_writelines, METH_O,
     "writelines($self, lines, /)\n--\n\nWrite each line, adding nothing."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef iobase_getset[] = {
    {"__dict__", PyObject_GenericGetDict, NULL, NULL, NULL},
    {"closed", iobase_get_closed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyIOBase_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._IOBase",
    .tp_basicsize = sizeof(IOBaseObject),
    .tp_dealloc = (destructor)iobase_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "What all streams have in common.",
    .tp_traverse = (traverseproc)iobase_traverse,
    .tp_clear = (inquiry)iobase_clear,
    .tp_weaklistoffset = offsetof(IOBaseObject, weakreflist),
    .tp_iter = iobase_iter,
    .tp_iternext = iobase_iternext,
    .tp_methods = iobase_methods,
    .tp_getset = iobase_getset,
    .tp_dictoffset = offsetof(IOBaseObject, dict),
    .tp_new = PyType_GenericNew,
    .tp_finalize = iobase_finalize,
};

/* ---- _RawIOBase ---- */

static PyObject *
rawiobase_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1, n;
    PyObject *buffer, *count, *result = NULL;

    if (!_PyArg_CheckPositional("read", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        size = io_size_from_object(args[0]);
        if (size == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (size < 0) {
        return PyObject_CallMethodNoArgs(self, NAME(readall));
    }
    buffer = PyByteArray_FromStringAndSize(NULL, size);
    if (buffer == NULL) {
        return NULL;
    }
    count = PyObject_CallMethodOneArg(self, NAME(readinto), buffer);
    if (count == NULL || count == Py_None) {
        Py_DECREF(buffer);
        return count;
    }
    n = PyNumber_AsSsize_t(count, PyExc_ValueError);
    Py_DECREF(count);
    if (n == -1 && PyErr_Occurred()) {
        goto done;
    }
    /* readinto() may have resized it. */
    if (n < 0 || n > PyByteArray_GET_SIZE(buffer)) {
        PyErr_Format(PyExc_ValueError,
                     "readinto returned %zd outside buffer size %zd", n,
                     PyByteArray_GET_SIZE(buffer));
        goto done;
    }
    result = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(buffer), n);
done:
    Py_DECREF(buffer);
    return result;
}

static PyObject *
rawiobase_readall(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *chunks = PyList_New(0), *size = NULL, *chunk = NULL;
    PyObject *result = NULL;

    if (chunks == NULL) {
        return NULL;
    }
    size = PyLong_FromLong(IO_DEFAULT_BUFFER_SIZE);
    if (size == NULL) {
        goto done;
    }
    for (;;) {
        chunk = PyObject_CallMethodOneArg(self, NAME(read), size);
        if (chunk == NULL) {
            if (io_trap_eintr()) {
                continue;
            }
            goto done;
        }
        if (chunk == Py_None) {
            if (PyList_GET_SIZE(chunks) == 0) {
                result = Py_NewRef(Py_None);
                goto done;
            }
            break;
        }
        if (!PyBytes_Check(chunk)) {
            PyErr_SetString(PyExc_TypeError, "read() should return bytes");
            goto done;
        }
        if (PyBytes_GET_SIZE(chunk) == 0) {
            break;
        }
        if (PyList_Append(chunks, chunk) < 0) {
            goto done;
        }
        Py_CLEAR(chunk);
    }
    {
        PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
        if (empty != NULL) {
            result = _PyBytes_Join(empty, chunks);
            Py_DECREF(empty);
        }
    }
done:
    Py_XDECREF(chunk);
    Py_XDECREF(size);
    Py_DECREF(chunks);
    return result;
}

static PyObject *
rawiobase_not_implemented(PyObject *self, PyObject *args)
{
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}

static PyMethodDef rawiobase_methods[] = {
    {"read", _PyCFunction_CAST(rawiobase_read), METH_FASTCALL,
     "read($self, size=-1, /)\n--\n\nRead up to size bytes, in one step."},
    {"readall", rawiobase_readall, METH_NOARGS,
     "readall($self, /)\n--\n\nRead until the end, in as many steps as "
     "needed."},
    {"readinto", rawiobase_not_implemented, METH_VARARGS, NULL},
    {"write", rawiobase_not_implemented, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyRawIOBase_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._RawIOBase",
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Base class of unbuffered binary streams.",
    .tp_methods = rawiobase_methods,
    .tp_base = &PyIOBase_Type,
};

/* ---- _BufferedIOBase ---- */

/* readinto by means of read() or read1().  Runs Python. */
static PyObject *
bufferediobase_read_into(PyObject *self, PyObject *target,
                         const char *function, PyObject *reader)
{
    Py_buffer view;
    PyObject *size, *data = NULL, *result = NULL;

    if (io_get_writable_buffer(function, target, &view) < 0) {
        return NULL;
    }
    size = PyLong_FromSsize_t(view.len);
    if (size == NULL) {
        goto done;
    }
    data = PyObject_CallMethodOneArg(self, reader, size);
    Py_DECREF(size);
    if (data == NULL) {
        goto done;
    }
    if (!PyBytes_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "read() should return bytes");
        goto done;
    }
    if (PyBytes_GET_SIZE(data) > view.len) {
        PyErr_Format(PyExc_ValueError,
                     "read() returned too much data: "
                     "%zd bytes requested, %zd returned",
                     view.len, PyBytes_GET_SIZE(data));
        goto done;
    }
    memcpy(view.buf, PyBytes_AS_STRING(data), (size_t)PyBytes_GET_SIZE(data));
    result = PyLong_FromSsize_t(PyBytes_GET_SIZE(data));
done:
    PyBuffer_Release(&view);
    Py_XDECREF(data);
    return result;
}

static PyObject *
bufferediobase_readinto(PyObject *self, PyObject *target)
{
    return bufferediobase_read_into(self, target, "readinto", NAME(read));
}

static PyObject *
bufferediobase_readinto1(PyObject *self, PyObject *target)
{
    return bufferediobase_read_into(self, target, "readinto1", NAME(read1));
}

static PyObject *
base_detach(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("detach");
}

static PyObject *
base_read(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("read");
}

static PyObject *
base_read1(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("read1");
}

static PyObject *
base_readline(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("readline");
}

static PyObject *
base_write(PyObject *self, PyObject *args)
{
    return io_raise_unsupported("write");
}

static PyMethodDef bufferediobase_methods[] = {
    {"detach", base_detach, METH_NOARGS,
     "detach($self, /)\n--\n\nGive up the raw stream and return it."},
    {"read", base_read, METH_VARARGS, "Read up to size bytes."},
    {"read1", base_read1, METH_VARARGS,
     "Read up to size bytes with at most one raw read."},
    {"readinto", bufferediobase_readinto, METH_O,
     "readinto($self, buffer, /)\n--\n\nRead into a writable buffer."},
    {"readinto1", bufferediobase_readinto1, METH_O,
     "readinto1($self, buffer, /)\n--\n\nRead into a writable buffer with at "
     "most one raw read."},
    {"write", base_write, METH_VARARGS, "Write bytes, return their number."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyBufferedIOBase_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._BufferedIOBase",
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Base class of buffered binary streams.",
    .tp_methods = bufferediobase_methods,
    .tp_base = &PyIOBase_Type,
};

/* ---- _TextIOBase ---- */

static PyObject *
textiobase_get_none(PyObject *self, void *closure)
{
    Py_RETURN_NONE;
}

static PyMethodDef textiobase_methods[] = {
    {"detach", base_detach, METH_NOARGS,
     "Give up the underlying buffer and return it."},
    {"read", base_read, METH_VARARGS, "Read up to size characters."},
    {"readline", base_readline, METH_VARARGS, "Read up to the next newline."},
    {"write", base_write, METH_VARARGS,
     "Write text, return the number of characters."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef textiobase_getset[] = {
    {"encoding", textiobase_get_none, NULL,
     "The encoding of the text in the stream.", NULL},
    {"newlines", textiobase_get_none, NULL,
     "The kinds of line endings met so far.", NULL},
    {"errors", textiobase_get_none, NULL,
     "How encoding and decoding errors are handled.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyTextIOBase_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._TextIOBase",
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Base class of text streams.",
    .tp_methods = textiobase_methods,
    .tp_getset = textiobase_getset,
    .tp_base = &PyIOBase_Type,
};
