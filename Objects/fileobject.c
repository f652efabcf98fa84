/* Files as the C API sees them: objects with read, write and fileno methods;
 * and stderrprinter, the stand-in for sys.stderr until the io module works.
 * How a file is opened as code: Modules/_io/open_code.c. */
#include "Python.h"

#include "fileutils.h"
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    PyObject_HEAD
    int fd;
} StdPrinterObject;

/* ---- any file object ---- */

PyObject *
PyFile_FromFd(int fd, const char *name, const char *mode, int buffering,
              const char *encoding, const char *errors, const char *newline,
              int closefd)
{
    PyObject *module = PyImport_ImportModule("io");
    PyObject *stream;

    if (module == NULL) {
        return NULL;
    }
    stream = PyObject_CallMethod(module, "open", "isisssO", fd, mode,
                                 buffering, encoding, errors, newline,
                                 closefd ? Py_True : Py_False);
    Py_DECREF(module);
    return stream;
}

/* `line` (stolen) without its newline; EOFError if it is empty. */
static PyObject *
line_without_newline(PyObject *line)
{
    PyObject *shorter;
    Py_ssize_t len;

    if (PyBytes_Check(line)) {
        len = PyBytes_GET_SIZE(line);
        if (len > 0 && PyBytes_AS_STRING(line)[len - 1] != '\n') {
            return line;
        }
        shorter = len == 0 ? NULL
                           : PyBytes_FromStringAndSize(
                                 PyBytes_AS_STRING(line), len - 1);
    }
    else {
        len = PyUnicode_GET_LENGTH(line);
        if (len > 0 && PyUnicode_READ_CHAR(line, len - 1) != '\n') {
            return line;
        }
        shorter = len == 0 ? NULL : PyUnicode_Substring(line, 0, len - 1);
    }
    Py_DECREF(line);
    if (len == 0) {
        PyErr_SetString(PyExc_EOFError, "EOF when reading a line");
    }
    return shorter;
}

PyObject *
PyFile_GetLine(PyObject *f, int n)
{
    PyObject *line;

    if (f == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (n <= 0) {
        line = PyObject_CallMethodNoArgs(f, NAME(readline));
    }
    else {
        line = PyObject_CallMethod(f, "readline", "i", n);
    }
    if (line != NULL && !PyBytes_Check(line) && !PyUnicode_Check(line)) {
        Py_DECREF(line);
        PyErr_SetString(PyExc_TypeError,
                        "object.readline() returned non-string");
        return NULL;
    }
    if (line == NULL || n >= 0) {
        return line;
    }
    return line_without_newline(line);
}

int
PyFile_WriteObject(PyObject *v, PyObject *f, int flags)
{
    PyObject *writer = NULL, *text = NULL, *result = NULL;

    if (f == NULL) {
        PyErr_SetString(PyExc_TypeError, "writeobject with NULL file");
        return -1;
    }
    writer = PyObject_GetAttr(f, NAME(write));
    if (writer == NULL) {
        goto done;
    }
    text = flags & Py_PRINT_RAW ? PyObject_Str(v) : PyObject_Repr(v);
    if (text == NULL) {
        goto done;
    }
    result = PyObject_CallOneArg(writer, text);
done:
    Py_XDECREF(text);
    Py_XDECREF(writer);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

int
PyFile_WriteString(const char *s, PyObject *f)
{
    PyObject *text;
    int status;

    if (f == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError,
                            "null file for PyFile_WriteString");
        }
        return -1;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    text = PyUnicode_FromString(s);
    if (text == NULL) {
        return -1;
    }
    status = PyFile_WriteObject(text, f, Py_PRINT_RAW);
    Py_DECREF(text);
    return status;
}

int
PyObject_AsFileDescriptor(PyObject *o)
{
    PyObject *method = NULL, *number = NULL;
    int fd = -1;

    if (PyLong_Check(o)) {
        fd = _PyLong_AsInt(o);
    }
    else if (_PyObject_LookupAttr(o, NAME(fileno), &method) < 0) {
        return -1;
    }
    else if (method == NULL) {
        PyErr_SetString(PyExc_TypeError, "argument must be an int, or have a "
                                         "fileno() method.");
        return -1;
    }
    else {
        number = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        if (number == NULL) {
            return -1;
        }
        if (!PyLong_Check(number)) {
            PyErr_SetString(PyExc_TypeError,
                            "fileno() returned a non-integer");
            Py_DECREF(number);
            return -1;
        }
        fd = _PyLong_AsInt(number);
        Py_DECREF(number);
    }
    if (fd == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (fd < 0) {
        PyErr_Format(PyExc_ValueError,
                     "file descriptor cannot be a negative integer (%i)", fd);
        return -1;
    }
    return fd;
}

int
_PyLong_FileDescriptor_Converter(PyObject *object, void *fd)
{
    int value = PyObject_AsFileDescriptor(object);

    if (value == -1) {
        return 0;
    }
    *(int *)fd = value;
    return 1;
}

/* A line ends after "\n", "\r" or "\r\n", and is stored with "\n".  No GIL. */
char *
Py_UniversalNewlineFgets(char *buf, int n, FILE *stream, PyObject *fobj)
{
    char *p = buf;
    int c = EOF;

    if (fobj != NULL) {
        errno = ENXIO;                    /* what it tells is not known */
        return NULL;
    }
    flockfile(stream);
    while (--n > 0 && (c = getc_unlocked(stream)) != EOF) {
        if (c == '\r') {
            c = getc_unlocked(stream);
            if (c != '\n') {
                if (c != EOF) {
                    ungetc(c, stream);
                }
                c = '\n';
            }
        }
        *p++ = (char)c;
        if (c == '\n') {
            break;
        }
    }
    funlockfile(stream);
    *p = '\0';
    return p == buf ? NULL : buf;
}

/* ---- stderrprinter ---- */

PyObject *
PyFile_NewStdPrinter(int fd)
{
    StdPrinterObject *self;

    if (fd != fileno(stdout) && fd != fileno(stderr)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    self = PyObject_New(StdPrinterObject, &PyStdPrinter_Type);
    if (self != NULL) {
        self->fd = fd;
    }
    return (PyObject *)self;
}

static PyObject *
stdprinter_repr(StdPrinterObject *self)
{
    return PyUnicode_FromFormat("<stdprinter(fd=%d) object at %p>", self->fd,
                                self);
}

static PyObject *
stdprinter_write(StdPrinterObject *self, PyObject *text)
{
    PyObject *bytes;
    Py_ssize_t n;

    if (self->fd < 0) {
        Py_RETURN_NONE;                       /* nowhere to print */
    }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "write() argument must be str, not %s",
                     Py_TYPE(text)->tp_name);
        return NULL;
    }
    bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (bytes == NULL) {
        return NULL;
    }
    n = _Py_write(self->fd, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
    int error = errno;
    Py_DECREF(bytes);
    if (n == -1) {
        if (error == EAGAIN) {
            PyErr_Clear();                    /* BlockingIOError: dropped */
            Py_RETURN_NONE;
        }
        return NULL;
    }
    return PyLong_FromSsize_t(n);
}

static PyObject *
stdprinter_fileno(StdPrinterObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(self->fd);
}

static PyObject *
stdprinter_noop(StdPrinterObject *self, PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static PyObject *
stdprinter_isatty(StdPrinterObject *self, PyObject *Py_UNUSED(ignored))
{
    int answer = 0;

    if (self->fd >= 0) {
        Py_BEGIN_ALLOW_THREADS
        answer = isatty(self->fd);
        Py_END_ALLOW_THREADS
    }
    return PyBool_FromLong(answer);
}

static PyObject *
stdprinter_get_encoding(StdPrinterObject *self, void *closure)
{
    Py_RETURN_NONE;
}

static PyObject *
stdprinter_get_closed(StdPrinterObject *self, void *closure)
{
    Py_RETURN_FALSE;
}

static PyObject *
stdprinter_get_mode(StdPrinterObject *self, void *closure)
{
    return PyUnicode_FromString("w");
}

static PyMethodDef stdprinter_methods[] = {
    {"close", (PyCFunction)stdprinter_noop, METH_NOARGS, ""},
    {"flush", (PyCFunction)stdprinter_noop, METH_NOARGS, ""},
    {"fileno", (PyCFunction)stdprinter_fileno, METH_NOARGS, ""},
    {"isatty", (PyCFunction)stdprinter_isatty, METH_NOARGS, ""},
    {"write", (PyCFunction)stdprinter_write, METH_O, ""},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef stdprinter_getset[] = {
    {"closed", (getter)stdprinter_get_closed, NULL, "Whether it is closed.",
     NULL},
    {"encoding", (getter)stdprinter_get_encoding, NULL,
     "Name of the encoding.", NULL},
    {"mode", (getter)stdprinter_get_mode, NULL, "The mode of the stream.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyStdPrinter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "stderrprinter",
    .tp_basicsize = sizeof(StdPrinterObject),
    .tp_repr = (reprfunc)stdprinter_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = stdprinter_methods,
    .tp_getset = stdprinter_getset,
};
