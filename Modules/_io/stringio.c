/* StringIO: a text stream in memory.
 *
 * The text is buf[0:len], in characters of `kind` bytes (1, 2 or 4, as in a
 * str); a wider character that is written widens the whole.  `pos` may lie
 * beyond `len`; writing there fills the gap with U+0000.
 */
#include "Python.h"

#include "iomodule.h"
#include "names.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    char *buf;                               /* NULL: nothing allocated */
    Py_ssize_t pos;
    Py_ssize_t len;
    Py_ssize_t capacity;                     /* in characters */
    int kind;
    char ok;                                 /* __init__ has succeeded */
    char closed;
    char read_universal;
    char read_translate;
    PyObject *decoder;                       /* of newlines; may be NULL */
    PyObject *read_newline;                  /* as given; NULL for None */
    PyObject *write_newline;                 /* NULL: "\n" stays */
    PyObject *dict;
    PyObject *weakreflist;
} StringIOObject;

static int
stringio_require_open(StringIOObject *self)
{
    if (self->ok <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "I/O operation on uninitialized object");
        return -1;
    }
    if (self->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        return -1;
    }
    return 0;
}

/* ---- the buffer ---- */

static char *
char_at(StringIOObject *self, Py_ssize_t index)
{
    return self->buf + index * self->kind;
}

/* Room for `len` characters of `kind`, which is not narrower than now.  Grows
 * by an eighth at least. */
static int
stringio_reserve(StringIOObject *self, Py_ssize_t len, int kind)
{
    Py_ssize_t capacity = self->capacity;
    char *fresh;

    if (len <= capacity && kind == self->kind) {
        return 0;
    }
    if (len > capacity) {
        Py_ssize_t more = (len >> 3) + 32;
        capacity = len > PY_SSIZE_T_MAX / 4 - more ? len : len + more;
    }
    if (capacity > PY_SSIZE_T_MAX / kind) {
        PyErr_SetString(PyExc_OverflowError, "new buffer size too large");
        return -1;
    }
    if (kind == self->kind) {
        fresh = PyMem_Realloc(self->buf, (size_t)(capacity * kind));
    }
    else {
        fresh = PyMem_Malloc((size_t)(capacity * kind));
    }
    if (fresh == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (kind != self->kind) {
        for (Py_ssize_t i = 0; i < self->len; i++) {
            PyUnicode_WRITE(kind, fresh, i,
                            PyUnicode_READ(self->kind, self->buf, i));
        }
        PyMem_Free(self->buf);
        self->kind = kind;
    }
    self->buf = fresh;
    self->capacity = capacity;
    return 0;
}

/* Puts `text` at the position as it stands. */
static int
stringio_put(StringIOObject *self, PyObject *text)
{
    Py_ssize_t count = PyUnicode_GET_LENGTH(text), end;
    int kind = (int)PyUnicode_KIND(text);
    const char *data = PyUnicode_DATA(text);

    if (count == 0) {
        return 0;
    }
    if (self->pos > PY_SSIZE_T_MAX - count) {
        PyErr_SetString(PyExc_OverflowError, "new position too large");
        return -1;
    }
    end = self->pos + count;
    if (stringio_reserve(self, end, Py_MAX(kind, self->kind)) < 0) {
        return -1;
    }
    if (self->pos > self->len) {
        memset(char_at(self, self->len), 0,
               (size_t)((self->pos - self->len) * self->kind));
    }
    if (kind == self->kind) {
        memcpy(char_at(self, self->pos), data, (size_t)(count * kind));
    }
    else {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyUnicode_WRITE(self->kind, self->buf, self->pos + i,
                            PyUnicode_READ(kind, data, i));
        }
    }
    self->pos = end;
    self->len = Py_MAX(self->len, end);
    return 0;
}

/* Number of characters that `text` had, or -1.  Translates newlines first. */
static Py_ssize_t
stringio_write_str(StringIOObject *self, PyObject *text)
{
    Py_ssize_t count = PyUnicode_GET_LENGTH(text);
    PyObject *decoded, *translated;
    int status;

    decoded = self->decoder != NULL
                  ? io_newline_decode(self->decoder, text, 1)
                  : Py_NewRef(text);
    if (decoded == NULL) {
        return -1;
    }
    if (self->write_newline != NULL) {
        PyObject *lf = PyUnicode_FromOrdinal('\n');

        translated = lf == NULL ? NULL
                                : PyUnicode_Replace(decoded, lf,
                                                    self->write_newline, -1);
        Py_XDECREF(lf);
        Py_DECREF(decoded);
        if (translated == NULL) {
            return -1;
        }
        decoded = translated;
    }
    status = stringio_put(self, decoded);
    Py_DECREF(decoded);
    return status < 0 ? -1 : count;
}

static PyObject *
stringio_slice(StringIOObject *self, Py_ssize_t from, Py_ssize_t count)
{
    if (count == 0) {
        return PyUnicode_New(0, 0);
    }
    return PyUnicode_FromKindAndData(self->kind, char_at(self, from), count);
}

/* ---- life ---- */

static PyObject *
stringio_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    StringIOObject *self = (StringIOObject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->kind = PyUnicode_1BYTE_KIND;
    }
    return (PyObject *)self;
}

static int
newline_is_legal(PyObject *newline)
{
    static const char *const legal[] = {"", "\n", "\r", "\r\n"};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(legal); i++) {
        if (_PyUnicode_EqualToASCIIString(newline, legal[i])) {
            return 1;
        }
    }
    return 0;
}

/* Sets the newline fields; `newline` NULL stands for None. */
static int
stringio_set_newline(StringIOObject *self, PyObject *newline)
{
    Py_CLEAR(self->read_newline);
    Py_CLEAR(self->write_newline);
    Py_CLEAR(self->decoder);
    self->read_newline = Py_XNewRef(newline);
    self->read_universal = newline == NULL ||
                           PyUnicode_GET_LENGTH(newline) == 0;
    self->read_translate = newline == NULL;
    if (newline != NULL && PyUnicode_GET_LENGTH(newline) > 0 &&
        PyUnicode_READ_CHAR(newline, 0) == '\r') {
        self->write_newline = Py_NewRef(newline);
    }
    if (self->read_universal) {
        self->decoder = PyObject_CallFunctionObjArgs(
            (PyObject *)&PyIncrementalNewlineDecoder_Type, Py_None,
            self->read_translate ? Py_True : Py_False, NULL);
        if (self->decoder == NULL) {
            return -1;
        }
    }
    return 0;
}

/* The body of __init__ and of __setstate__. */
static int
stringio_set_up(StringIOObject *self, PyObject *value, PyObject *newline)
{
    if (newline != Py_None && !PyUnicode_Check(newline)) {
        PyErr_Format(PyExc_TypeError,
                     "newline must be str or None, not %.200s",
                     Py_TYPE(newline)->tp_name);
        return -1;
    }
    if (newline != Py_None && !newline_is_legal(newline)) {
        PyErr_Format(PyExc_ValueError, "illegal newline value: %R", newline);
        return -1;
    }
    if (value != NULL && value != Py_None && !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "initial_value must be str or None, not %.200s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    self->ok = 0;
    self->len = 0;
    self->pos = 0;
    if (stringio_set_newline(self, newline == Py_None ? NULL : newline) < 0) {
        return -1;
    }
    if (value != NULL && value != Py_None &&
        stringio_write_str(self, value) < 0) {
        return -1;
    }
    self->pos = 0;
    self->closed = 0;
    self->ok = 1;
    return 0;
}

static int
stringio_init(StringIOObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"initial_value", "newline", NULL};
    static _PyArg_Parser parser = {.format = "|OO:StringIO",
                                   .keywords = keywords};
    PyObject *value = NULL, *newline = NULL, *lf = NULL;
    int status;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &value,
                                          &newline)) {
        return -1;
    }
    if (newline == NULL) {
        newline = lf = PyUnicode_FromOrdinal('\n');
        if (lf == NULL) {
            return -1;
        }
    }
    status = stringio_set_up(self, value, newline);
    Py_XDECREF(lf);
    return status;
}

static int
stringio_traverse(StringIOObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    return 0;
}

static int
stringio_clear(StringIOObject *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

static void
stringio_dealloc(StringIOObject *self)
{
    PyObject_GC_UnTrack(self);
    self->ok = 0;
    PyMem_Free(self->buf);
    self->buf = NULL;
    Py_CLEAR(self->read_newline);
    Py_CLEAR(self->write_newline);
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->dict);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_TYPE(self)->tp_free(self);
}

/* ---- reading ---- */

/* The next line, at most `limit` characters (< 0: any). */
static PyObject *
stringio_read_line(StringIOObject *self, Py_ssize_t limit)
{
    const io_line_endings endings = {
        self->read_translate, self->read_universal, self->read_newline};
    Py_ssize_t room, len, ignored, from = self->pos;

    if (self->pos >= self->len) {
        return PyUnicode_New(0, 0);
    }
    room = self->len - self->pos;
    if (limit >= 0 && limit < room) {
        room = limit;
    }
    len = io_find_line_ending(&endings, self->kind, char_at(self, from),
                              char_at(self, from + room), &ignored);
    if (len < 0) {
        len = room;
    }
    self->pos += len;
    return stringio_slice(self, from, len);
}

static PyObject *
stringio_iternext(StringIOObject *self)
{
    PyObject *line;

    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    if (Py_IS_TYPE(self, &PyStringIO_Type)) {
        line = stringio_read_line(self, -1);
    }
    else {
        line = PyObject_CallMethodNoArgs((PyObject *)self, NAME(readline));
        if (line != NULL && !PyUnicode_Check(line)) {
            PyErr_Format(PyExc_OSError, "readline() should have returned a "
                         "str object, not '%.200s'", Py_TYPE(line)->tp_name);
            Py_CLEAR(line);
        }
    }
    if (line != NULL && PyUnicode_GET_LENGTH(line) == 0) {
        Py_CLEAR(line);                                       /* the end */
    }
    return line;
}

static PyObject *
stringio_read(StringIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1, available, from = self->pos;

    if (io_parse_optional_size("read", args, nargs, &size) < 0 ||
        stringio_require_open(self) < 0) {
        return NULL;
    }
    available = self->pos < self->len ? self->len - self->pos : 0;
    if (size < 0 || size > available) {
        size = available;
    }
    self->pos += size;
    return stringio_slice(self, from, size);
}

static PyObject *
stringio_readline(StringIOObject *self, PyObject *const *args,
                  Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;

    if (io_parse_optional_size("readline", args, nargs, &limit) < 0 ||
        stringio_require_open(self) < 0) {
        return NULL;
    }
    return stringio_read_line(self, limit);
}

static PyObject *
stringio_getvalue(StringIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    return stringio_slice(self, 0, self->len);
}

/* ---- writing, seeking ---- */

static PyObject *
stringio_write(StringIOObject *self, PyObject *text)
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "string argument expected, got '%s'",
                     Py_TYPE(text)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    if (PyUnicode_GET_LENGTH(text) > 0 &&
        stringio_write_str(self, text) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(text));
}

static PyObject *
stringio_tell(StringIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(self->pos);
}

static PyObject *
stringio_truncate(StringIOObject *self, PyObject *const *args,
                  Py_ssize_t nargs)
{
    Py_ssize_t size = self->pos;

    if (io_parse_optional_size("truncate", args, nargs, &size) < 0 ||
        stringio_require_open(self) < 0) {
        return NULL;
    }
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "Negative size value %zd", size);
        return NULL;
    }
    self->len = Py_MIN(self->len, size);
    return PyLong_FromSsize_t(size);
}

static PyObject *
stringio_seek(StringIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t pos;
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
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    if (whence != 0 && whence != 1 && whence != 2) {
        PyErr_Format(PyExc_ValueError,
                     "Invalid whence (%i, should be 0, 1 or 2)", whence);
        return NULL;
    }
    if (pos < 0 && whence == 0) {
        PyErr_Format(PyExc_ValueError, "Negative seek position %zd", pos);
        return NULL;
    }
    if (whence != 0 && pos != 0) {
        PyErr_SetString(PyExc_OSError,
                        "Can't do nonzero cur-relative seeks");
        return NULL;
    }
    if (whence != 0) {
        pos = whence == 1 ? self->pos : self->len;
    }
    self->pos = pos;
    return PyLong_FromSsize_t(pos);
}

static PyObject *
stringio_close(StringIOObject *self, PyObject *Py_UNUSED(ignored))
{
    self->closed = 1;
    self->len = self->capacity = 0;
    PyMem_Free(self->buf);
    self->buf = NULL;
    Py_RETURN_NONE;
}

static PyObject *
stringio_yes(StringIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

/* ---- pickling ---- */

static PyObject *
stringio_getstate(StringIOObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *value = stringio_getvalue(self, NULL);
    PyObject *dict;

    if (value == NULL) {
        return NULL;
    }
    dict = self->dict == NULL ? Py_NewRef(Py_None) : PyDict_Copy(self->dict);
    if (dict == NULL) {
        Py_DECREF(value);
        return NULL;
    }
    return Py_BuildValue("(NOnN)", value,
                         self->read_newline != NULL ? self->read_newline
                                                    : Py_None,
                         self->pos, dict);
}

static int
stringio_restore_position(StringIOObject *self, PyObject *position)
{
    Py_ssize_t pos;

    if (!PyLong_Check(position)) {
        PyErr_Format(PyExc_TypeError,
                     "third item of state must be an integer, got %.200s",
                     Py_TYPE(position)->tp_name);
        return -1;
    }
    pos = PyLong_AsSsize_t(position);
    if (pos == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (pos < 0) {
        PyErr_SetString(PyExc_ValueError, "position value cannot be negative");
        return -1;
    }
    self->pos = pos;
    return 0;
}

static int
stringio_restore_dict(StringIOObject *self, PyObject *dict)
{
    if (dict == Py_None) {
        return 0;
    }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError,
                     "fourth item of state should be a dict, got a %.200s",
                     Py_TYPE(dict)->tp_name);
        return -1;
    }
    if (self->dict != NULL) {
        PyObject *own = Py_NewRef(self->dict);
        int status = PyDict_Update(own, dict);
        Py_DECREF(own);
        return status;
    }
    self->dict = Py_NewRef(dict);
    return 0;
}

static PyObject *
stringio_setstate(StringIOObject *self, PyObject *state)
{
    PyObject *value;

    if (self->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        return NULL;
    }
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) < 4) {
        PyErr_Format(PyExc_TypeError, "%.200s.__setstate__ argument should be "
                     "4-tuple, got %.200s", Py_TYPE(self)->tp_name,
                     Py_TYPE(state)->tp_name);
        return NULL;
    }
    value = PyTuple_GET_ITEM(state, 0);
    if (stringio_set_up(self, value, PyTuple_GET_ITEM(state, 1)) < 0) {
        return NULL;
    }
    /* The text as it was, not with its newlines translated once more. */
    self->len = 0;
    if (value != Py_None && stringio_put(self, value) < 0) {
        return NULL;
    }
    if (stringio_restore_position(self, PyTuple_GET_ITEM(state, 2)) < 0 ||
        stringio_restore_dict(self, PyTuple_GET_ITEM(state, 3)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- attributes ---- */

static PyObject *
stringio_get_closed(StringIOObject *self, void *closure)
{
    if (self->ok <= 0) {
        (void)stringio_require_open(self);
        return NULL;
    }
    return PyBool_FromLong(self->closed);
}

static PyObject *
stringio_get_line_buffering(StringIOObject *self, void *closure)
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
stringio_get_newlines(StringIOObject *self, void *closure)
{
    if (stringio_require_open(self) < 0) {
        return NULL;
    }
    if (self->decoder == NULL) {
        Py_RETURN_NONE;
    }
    return PyObject_GetAttr(self->decoder, NAME(newlines));
}

static PyMethodDef stringio_methods[] = {
    {"close", (PyCFunction)stringio_close, METH_NOARGS,
     "close($self, /)\n--\n\nGive up the text."},
    {"getvalue", (PyCFunction)stringio_getvalue, METH_NOARGS,
     "getvalue($self, /)\n--\n\nThe whole text."},
    {"read", _PyCFunction_CAST(stringio_read), METH_FASTCALL,
     "read($self, size=-1, /)\n--\n\nRead up to size characters."},
    {"readline", _PyCFunction_CAST(stringio_readline), METH_FASTCALL,
     "readline($self, size=-1, /)\n--\n\nRead one line, at most size "
     "characters."},
    {"tell", (PyCFunction)stringio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nThe position."},
    {"truncate", _PyCFunction_CAST(stringio_truncate), METH_FASTCALL,
     "truncate($self, pos=None, /)\n--\n\nCut the text; the position stays."},
    {"seek", _PyCFunction_CAST(stringio_seek), METH_FASTCALL,
     "seek($self, pos, whence=0, /)\n--\n\nChange the position; from "
     "elsewhere than the start only by 0."},
    {"write", (PyCFunction)stringio_write, METH_O,
     "write($self, s, /)\n--\n\nWrite text; return its length."},
    {"seekable", (PyCFunction)stringio_yes, METH_NOARGS,
     "seekable($self, /)\n--\n\nAlways true."},
    {"readable", (PyCFunction)stringio_yes, METH_NOARGS,
     "readable($self, /)\n--\n\nAlways true."},
    {"writable", (PyCFunction)stringio_yes, METH_NOARGS,
     "writable($self, /)\n--\n\nAlways true."},
    {"__getstate__", (PyCFunction)stringio_getstate, METH_NOARGS, NULL},
    {"__setstate__", (PyCFunction)stringio_setstate, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef stringio_getset[] = {
    {"closed", (getter)stringio_get_closed, NULL, NULL, NULL},
    {"newlines", (getter)stringio_get_newlines, NULL, NULL, NULL},
    {"line_buffering", (getter)stringio_get_line_buffering, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyStringIO_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.StringIO",
    .tp_basicsize = sizeof(StringIOObject),
    .tp_dealloc = (destructor)stringio_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "StringIO(initial_value='', newline='\\n')\n--\n\nA text "
              "stream in memory.",
    .tp_traverse = (traverseproc)stringio_traverse,
    .tp_clear = (inquiry)stringio_clear,
    .tp_weaklistoffset = offsetof(StringIOObject, weakreflist),
    .tp_iternext = (iternextfunc)stringio_iternext,
    .tp_methods = stringio_methods,
    .tp_getset = stringio_getset,
    .tp_base = &PyTextIOBase_Type,
    .tp_dictoffset = offsetof(StringIOObject, dict),
    .tp_init = (initproc)stringio_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = stringio_new,
};
