/* TextIOWrapper: life, writing, what is handed on to the buffer, and the type.
 * See textio.h for the data.
 */
#include "Python.h"

#include "buffered.h"
#include "iomodule.h"
#include "names.h"
#include "textio.h"

#include <stddef.h>
#include <string.h>
#include "structmember.h"

int
textio_require_attached(TextIOObject *self)
{
    if (self->ok > 0) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError,
                    self->detached ? "underlying buffer has been detached"
                                   : "I/O operation on uninitialized object");
    return -1;
}

PyObject *
textio_hold(TextIOObject *self, PyObject *part)
{
    if (part != NULL) {
        return Py_NewRef(part);
    }
    if (textio_require_attached(self) == 0) {
        PyErr_SetString(PyExc_ValueError,
                        "stream was initialized again during the operation");
    }
    return NULL;
}

PyObject *
textio_call(TextIOObject *self, PyObject *part, PyObject *name, PyObject *arg)
{
    PyObject *held = textio_hold(self, part), *result;

    if (held == NULL) {
        return NULL;
    }
    result = arg == NULL ? PyObject_CallMethodNoArgs(held, name)
                         : PyObject_CallMethodOneArg(held, name, arg);
    Py_DECREF(held);
    return result;
}

/* buffer.<name>, an attribute.  Runs Python. */
static PyObject *
textio_get_buffer_attribute(TextIOObject *self, PyObject *name)
{
    PyObject *buffer, *value;

    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    buffer = textio_hold(self, self->buffer);
    if (buffer == NULL) {
        return NULL;
    }
    value = PyObject_GetAttr(buffer, name);
    Py_DECREF(buffer);
    return value;
}

/* 1/0/-1: buffer.closed.  Runs Python. */
static int
textio_is_buffer_closed(TextIOObject *self)
{
    PyObject *answer = textio_get_buffer_attribute(self, NAME(closed));
    int closed;

    if (answer == NULL) {
        return -1;
    }
    closed = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return closed;
}

int
textio_require_open(TextIOObject *self)
{
    PyObject *answer;
    int closed;

    if (textio_require_attached(self) < 0) {
        return -1;
    }
    if (!Py_IS_TYPE(self, &PyTextIOWrapper_Type)) {
        answer = io_check_closed((PyObject *)self, NULL);
        Py_XDECREF(answer);
        return answer == NULL ? -1 : textio_require_attached(self);
    }
    if (self->raw != NULL) {
        closed = io_fileio_is_closed(self->raw);
    }
    else {
        closed = textio_is_buffer_closed(self);
    }
    if (closed > 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed == 0 ? textio_require_attached(self) : -1;
}

void
textio_set_decoded(TextIOObject *self, PyObject *text, Py_ssize_t used)
{
    PyObject *old = self->decoded;

    self->decoded = text;
    self->decoded_used = used;
    Py_XDECREF(old);
}

void
textio_drop_decoded(TextIOObject *self)
{
    textio_set_decoded(self, NULL, 0);
}

void
textio_drop_snapshot(TextIOObject *self)
{
    Py_CLEAR(self->snapshot_flags);
    Py_CLEAR(self->snapshot_input);
}

static int
textio_traverse(TextIOObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->buffer);
    Py_VISIT(self->encoding);
    Py_VISIT(self->encoder);
    Py_VISIT(self->decoder);
    Py_VISIT(self->read_newline);
    Py_VISIT(self->write_newline);
    Py_VISIT(self->decoded);
    Py_VISIT(self->snapshot_flags);
    Py_VISIT(self->snapshot_input);
    Py_VISIT(self->errors);
    Py_VISIT(self->raw);
    Py_VISIT(self->dict);
    return 0;
}

static int
textio_clear(TextIOObject *self)
{
    self->ok = 0;
    Py_CLEAR(self->buffer);
    Py_CLEAR(self->encoding);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->read_newline);
    Py_CLEAR(self->write_newline);
    textio_drop_decoded(self);
    textio_drop_snapshot(self);
    Py_CLEAR(self->errors);
    Py_CLEAR(self->raw);
    Py_CLEAR(self->dict);
    return 0;
}

static void
textio_dealloc(TextIOObject *self)
{
    self->finalizing = 1;
    if (io_finalize((PyObject *)self) < 0) {
        return;
    }
    self->ok = 0;
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    (void)textio_clear(self);
    PyMem_Free(self->pending);
    self->pending = NULL;
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* ---- writing ---- */

/* buffer.write(data), whole, repeated after EINTR.  0/-1. */
static int
textio_write_buffer(TextIOObject *self, PyObject *bytes)
{
    PyObject *buffer, *answer;

    if (textio_require_attached(self) < 0) {
        return -1;                     /* detached while it was flushed */
    }
    buffer = Py_NewRef(self->buffer);
    do {
        answer = PyObject_CallMethodOneArg(buffer, NAME(write), bytes);
    } while (answer == NULL && io_trap_eintr());
    Py_DECREF(buffer);
    Py_XDECREF(answer);
    return answer == NULL ? -1 : 0;
}

int
textio_flush_pending(TextIOObject *self)
{
    char *data = self->pending;
    Py_ssize_t size = self->pending_size, capacity = self->pending_capacity;
    PyObject *bytes;
    int status = -1;

    if (size == 0) {
        return 0;
    }
    if (textio_require_attached(self) < 0) {
        return -1;
    }
    /* Moved out: the buffer may give up the GIL. */
    self->pending = NULL;
    self->pending_size = self->pending_capacity = 0;
    if (Py_IS_TYPE(self->buffer, &PyBufferedWriter_Type)) {
        /* FAST PATH: same result without it; spares the bytes object */
        PyObject *buffer = Py_NewRef(self->buffer), *answer;
        do {
            answer = buffered_write_bytes((BufferedObject *)buffer, data,
                                          size);
        } while (answer == NULL && io_trap_eintr());
        status = answer == NULL ? -1 : 0;
        Py_XDECREF(answer);
        Py_DECREF(buffer);
    }
    else {
        bytes = PyBytes_FromStringAndSize(data, size);
        if (bytes != NULL) {
            status = textio_write_buffer(self, bytes);
            Py_DECREF(bytes);
        }
    }
    if (self->pending == NULL) {
        self->pending = data;                     /* for the next time */
        self->pending_capacity = capacity;
    }
    else {
        PyMem_Free(data);
    }
    return status;
}

/* Adds to `pending`. */
static int
textio_append_pending(TextIOObject *self, const char *data, Py_ssize_t size)
{
    if (size == 0) {
        return 0;
    }
    if (self->pending_capacity - self->pending_size < size) {
        Py_ssize_t capacity = Py_MAX(self->pending_size + size,
                                     Py_MIN(self->chunk_size,
                                            2 * self->pending_capacity + 512));
        char *larger = PyMem_Realloc(self->pending, (size_t)capacity);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->pending = larger;
        self->pending_capacity = capacity;
    }
    memcpy(self->pending + self->pending_size, data, (size_t)size);
    self->pending_size += size;
    return 0;
}

/* The encoded text; NULL with an exception. */
static PyObject *
textio_encode(TextIOObject *self, PyObject *text)
{
    PyObject *bytes;

    if (self->encode != NULL) {
        /* An error handler may change self->errors. */
        PyObject *held = textio_hold(self, self->errors);
        const char *errors = held == NULL ? NULL : PyUnicode_AsUTF8(held);
        bytes = errors == NULL ? NULL : self->encode(text, errors);
        Py_XDECREF(held);
        if (bytes != NULL && self->has_mark && self->encoding_start) {
            /* the mark is out */
            if (textio_reset_encoder(self, 0) < 0) {
                Py_DECREF(bytes);
                return NULL;
            }
        }
        self->encoding_start = 0;
        return bytes;
    }
    bytes = textio_call(self, self->encoder, NAME(encode), text);
    if (bytes != NULL && !PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError, "encoder should return a bytes object, "
                     "not '%.200s'", Py_TYPE(bytes)->tp_name);
        Py_CLEAR(bytes);
    }
    return bytes;
}

/* Encodes `text` and adds it; what is not small goes straight to the buffer,
 * behind what is pending. */
static int
textio_put(TextIOObject *self, PyObject *text)
{
    PyObject *bytes = NULL;
    const char *data;
    Py_ssize_t size;
    int status = -1;

    if (self->encodes_ascii && PyUnicode_IS_ASCII(text)) {
        /* FAST PATH: same result without it */
        data = (const char *)PyUnicode_1BYTE_DATA(text);
        size = PyUnicode_GET_LENGTH(text);
        self->encoding_start = 0;
    }
    else {
        bytes = textio_encode(self, text);
        if (bytes == NULL) {
            return -1;
        }
        data = PyBytes_AS_STRING(bytes);
        size = PyBytes_GET_SIZE(bytes);
    }
    if (self->pending_size > 0 &&
        self->pending_size + size > self->chunk_size &&
        textio_flush_pending(self) < 0) {
        goto done;
    }
    if (size < self->chunk_size) {
        status = textio_append_pending(self, data, size);
        goto done;
    }
    if (bytes == NULL) {
        bytes = PyBytes_FromStringAndSize(data, size);
        if (bytes == NULL) {
            goto done;
        }
    }
    /* Another thread may have written while the flush was under way. */
    status = textio_flush_pending(self) < 0
                 ? -1
                 : textio_write_buffer(self, bytes);
done:
    Py_XDECREF(bytes);
    return status;
}

/* Whether a "\n" or "\r" is in it. */
static int
text_has_char(PyObject *text, Py_UCS4 ch)
{
    return PyUnicode_FindChar(text, ch, 0, PyUnicode_GET_LENGTH(text), 1) >= 0;
}

/* After writing, what was read ahead is no longer what follows. */
static int
textio_forget_reading(TextIOObject *self)
{
    PyObject *result;

    if (self->snapshot_flags != NULL) {
        textio_drop_decoded(self);
        textio_drop_snapshot(self);
    }
    if (self->decoder != NULL) {
        result = textio_call(self, self->decoder, NAME(reset), NULL);
        if (result == NULL) {
            return -1;
        }
        Py_DECREF(result);
    }
    return 0;
}

static PyObject *
textio_write(TextIOObject *self, PyObject *text)
{
    Py_ssize_t len;
    PyObject *out = NULL, *answer;
    int has_lf = 0, flush = 0;

    if (!PyUnicode_Check(text)) {
        _PyArg_BadArgument("write", "argument", "str", text);
        return NULL;
    }
    if (PyUnicode_READY(text) < 0 || textio_require_open(self) < 0) {
        return NULL;
    }
    if (self->encoder == NULL) {
        return io_raise_unsupported("not writable");
    }
    len = PyUnicode_GET_LENGTH(text);
    out = Py_NewRef(text);
    if (self->write_newline != NULL || self->line_buffering) {
        has_lf = text_has_char(text, '\n');
    }
    if (has_lf && self->write_newline != NULL) {
        PyObject *lf = PyUnicode_FromOrdinal('\n');
        PyObject *translated = lf == NULL ? NULL
                                          : PyUnicode_Replace(
                                                text, lf, self->write_newline,
                                                -1);
        Py_XDECREF(lf);
        Py_SETREF(out, translated);
        if (out == NULL) {
            return NULL;
        }
    }
    if (self->line_buffering && (has_lf || text_has_char(out, '\r'))) {
        flush = 1;
    }
    if (textio_put(self, out) < 0 ||
        ((self->pending_size >= self->chunk_size || flush ||
          self->write_through) &&
         textio_flush_pending(self) < 0)) {
        Py_DECREF(out);
        return NULL;
    }
    Py_DECREF(out);
    if (flush) {
        answer = textio_call(self, self->buffer, NAME(flush), NULL);
        if (answer == NULL) {
            return NULL;
        }
        Py_DECREF(answer);
    }
    if (textio_forget_reading(self) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(len);
}

static PyObject *
textio_flush(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (textio_require_open(self) < 0) {
        return NULL;
    }
    self->telling = self->seekable;
    if (textio_flush_pending(self) < 0 || textio_require_attached(self) < 0) {
        return NULL;
    }
    return textio_call(self, self->buffer, NAME(flush), NULL);
}

/* ---- closing ---- */

static PyObject *
textio_detach(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *flushed, *buffer;

    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    buffer = self->buffer;
    self->buffer = NULL;
    self->detached = 1;
    self->ok = 0;
    if (buffer == NULL) {
        (void)textio_require_attached(self);
    }
    return buffer;
}

/* Closes the buffer whatever flush() did. */
static PyObject *
textio_close_buffer(TextIOObject *self)
{
    PyObject *type, *value, *traceback, *flushed, *result, *buffer;

    buffer = textio_hold(self, self->buffer);
    if (buffer == NULL) {
        return NULL;
    }
    if (self->finalizing) {
        PyObject *warned = PyObject_CallMethodOneArg(
            buffer, NAME(_dealloc_warn), (PyObject *)self);
        if (warned == NULL) {
            PyErr_Clear();            /* a buffer without the method */
        }
        Py_XDECREF(warned);
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(flushed);
    result = PyObject_CallMethodNoArgs(buffer, NAME(close));
    if (type != NULL) {
        Py_CLEAR(result);
        io_chain_exceptions(type, value, traceback);
    }
    Py_DECREF(buffer);
    return result;
}

static PyObject *
textio_close(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    int is_closed = textio_is_buffer_closed(self);

    if (is_closed != 0) {
        return is_closed < 0 ? NULL : Py_NewRef(Py_None);
    }
    return textio_close_buffer(self);
}

/* ---- handed on to the buffer ---- */

static PyObject *
textio_ask_buffer(TextIOObject *self, PyObject *name)
{
    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    return textio_call(self, self->buffer, name, NULL);
}

static PyObject *
textio_fileno(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return textio_ask_buffer(self, NAME(fileno));
}

static PyObject *
textio_seekable(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return textio_ask_buffer(self, NAME(seekable));
}

static PyObject *
textio_readable(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return textio_ask_buffer(self, NAME(readable));
}

static PyObject *
textio_writable(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return textio_ask_buffer(self, NAME(writable));
}

static PyObject *
textio_isatty(TextIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return textio_ask_buffer(self, NAME(isatty));
}

static PyObject *
textio_truncate(TextIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *flushed;

    if (!_PyArg_CheckPositional("truncate", nargs, 0, 1) ||
        textio_require_attached(self) < 0) {
        return NULL;
    }
    flushed = PyObject_CallMethodNoArgs((PyObject *)self, NAME(flush));
    if (flushed == NULL) {
        return NULL;
    }
    Py_DECREF(flushed);
    return textio_call(self, self->buffer, NAME(truncate),
                       nargs > 0 ? args[0] : Py_None);
}

/* ---- attributes ---- */

static PyObject *
textio_get_name(TextIOObject *self, void *closure)
{
    return textio_get_buffer_attribute(self, NAME(name));
}

static PyObject *
textio_get_closed(TextIOObject *self, void *closure)
{
    return textio_get_buffer_attribute(self, NAME(closed));
}

static PyObject *
textio_get_newlines(TextIOObject *self, void *closure)
{
    PyObject *newlines, *decoder;
    int found;

    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    if (self->decoder == NULL) {
        Py_RETURN_NONE;
    }
    decoder = Py_NewRef(self->decoder);
    found = _PyObject_LookupAttr(decoder, NAME(newlines), &newlines);
    Py_DECREF(decoder);
    return found == 0 ? Py_NewRef(Py_None) : newlines;
}

static PyObject *
textio_get_errors(TextIOObject *self, void *closure)
{
    if (self->errors == NULL) {
        (void)textio_require_attached(self);
        return NULL;
    }
    return Py_NewRef(self->errors);
}

static PyObject *
textio_get_chunk_size(TextIOObject *self, void *closure)
{
    if (textio_require_attached(self) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(self->chunk_size);
}

static int
textio_set_chunk_size(TextIOObject *self, PyObject *value, void *closure)
{
    Py_ssize_t size;

    if (textio_require_attached(self) < 0) {
        return -1;
    }
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    size = PyNumber_AsSsize_t(value, PyExc_ValueError);
    if (size == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (size <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "a strictly positive integer is required");
        return -1;
    }
    self->chunk_size = size;
    return 0;
}

/* " <label>=<repr of the attribute>", "" without the attribute. */
static PyObject *
repr_part(TextIOObject *self, PyObject *name, const char *label)
{
    PyObject *value, *part;

    if (_PyObject_LookupAttr((PyObject *)self, name, &value) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            return NULL;
        }
        PyErr_Clear();                              /* detached */
    }
    if (value == NULL) {
        return PyUnicode_New(0, 0);
    }
    part = PyUnicode_FromFormat(" %s=%R", label, value);
    Py_DECREF(value);
    return part;
}

static PyObject *
textio_repr(TextIOObject *self)
{
    PyObject *name = NULL, *mode = NULL, *result = NULL;
    int entered;

    if (self->ok <= 0 && !self->detached) {
        (void)textio_require_attached(self);
        return NULL;
    }
    entered = Py_ReprEnter((PyObject *)self);
    if (entered != 0) {
        if (entered > 0) {
            PyErr_Format(PyExc_RuntimeError,
                         "reentrant call inside %s.__repr__",
                         Py_TYPE(self)->tp_name);
        }
        return NULL;
    }
    name = repr_part(self, NAME(name), "name");
    mode = name == NULL ? NULL : repr_part(self, NAME(mode), "mode");
    if (mode != NULL) {
        result = PyUnicode_FromFormat("<_io.TextIOWrapper%U%U encoding=%R>",
                                      name, mode, self->encoding);
    }
    Py_XDECREF(name);
    Py_XDECREF(mode);
    Py_ReprLeave((PyObject *)self);
    return result;
}

static PyMethodDef textio_methods[] = {
    {"detach", (PyCFunction)textio_detach, METH_NOARGS,
     "detach($self, /)\n--\n\nGive up the buffer and return it."},
    {"reconfigure", _PyCFunction_CAST(textio_reconfigure),
     METH_FASTCALL | METH_KEYWORDS,
     "reconfigure($self, /, *, encoding=None, errors=None, newline=None,\n"
     "            line_buffering=None, write_through=None)\n--\n\nChange "
     "how the stream works; flushes it."},
    {"write", (PyCFunction)textio_write, METH_O,
     "write($self, text, /)\n--\n\nWrite text; return its length."},
    {"read", _PyCFunction_CAST(textio_read), METH_FASTCALL,
     "read($self, size=-1, /)\n--\n\nRead up to size characters."},
    {"readline", _PyCFunction_CAST(textio_readline), METH_FASTCALL,
     "readline($self, size=-1, /)\n--\n\nRead one line, at most size "
     "characters."},
    {"flush", (PyCFunction)textio_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nWrite out what is pending."},
    {"close", (PyCFunction)textio_close, METH_NOARGS,
     "close($self, /)\n--\n\nFlush, and close the buffer."},
    {"fileno", (PyCFunction)textio_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nThe descriptor."},
    {"seekable", (PyCFunction)textio_seekable, METH_NOARGS,
     "seekable($self, /)\n--\n\nWhether there are positions."},
    {"readable", (PyCFunction)textio_readable, METH_NOARGS,
     "readable($self, /)\n--\n\nWhether it can be read."},
    {"writable", (PyCFunction)textio_writable, METH_NOARGS,
     "writable($self, /)\n--\n\nWhether it can be written."},
    {"isatty", (PyCFunction)textio_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nWhether this is a terminal."},
    {"seek", _PyCFunction_CAST(textio_seek), METH_FASTCALL,
     "seek($self, cookie, whence=0, /)\n--\n\nGo where tell() was, to the "
     "start, to the end."},
    {"tell", (PyCFunction)textio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nThe position, as a number that seek() "
     "understands."},
    {"truncate", _PyCFunction_CAST(textio_truncate), METH_FASTCALL,
     "truncate($self, pos=None, /)\n--\n\nFlush, then cut the buffer."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef textio_members[] = {
    {"encoding", T_OBJECT, offsetof(TextIOObject, encoding), READONLY, NULL},
    {"buffer", T_OBJECT, offsetof(TextIOObject, buffer), READONLY, NULL},
    {"line_buffering", T_BOOL, offsetof(TextIOObject, line_buffering),
     READONLY, NULL},
    {"write_through", T_BOOL, offsetof(TextIOObject, write_through), READONLY,
     NULL},
    {"_finalizing", T_BOOL, offsetof(TextIOObject, finalizing), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef textio_getset[] = {
    {"name", (getter)textio_get_name, NULL, NULL, NULL},
    {"closed", (getter)textio_get_closed, NULL, NULL, NULL},
    {"newlines", (getter)textio_get_newlines, NULL, NULL, NULL},
    {"errors", (getter)textio_get_errors, NULL, NULL, NULL},
    {"_CHUNK_SIZE", (getter)textio_get_chunk_size,
     (setter)textio_set_chunk_size, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyTextIOWrapper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.TextIOWrapper",
    .tp_basicsize = sizeof(TextIOObject),
    .tp_dealloc = (destructor)textio_dealloc,
    .tp_repr = (reprfunc)textio_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "TextIOWrapper(buffer, encoding=None, errors=None, "
              "newline=None,\n              line_buffering=False, "
              "write_through=False)\n--\n\nText over a binary stream.",
    .tp_traverse = (traverseproc)textio_traverse,
    .tp_clear = (inquiry)textio_clear,
    .tp_weaklistoffset = offsetof(TextIOObject, weakreflist),
    .tp_iternext = (iternextfunc)textio_iternext,
    .tp_methods = textio_methods,
    .tp_members = textio_members,
    .tp_getset = textio_getset,
    .tp_base = &PyTextIOBase_Type,
    .tp_dictoffset = offsetof(TextIOObject, dict),
    .tp_init = (initproc)textio_init,
    .tp_new = PyType_GenericNew,
};
