/* FileIO: a raw stream over a file descriptor.
 *
 * `fd` is -1 before opening and after closing.  A descriptor that the caller
 * passed is never closed when opening fails; one that open() or the opener
 * made is.  Every operation that can block gives up the GIL, and is tried
 * again after EINTR once signal handlers have run (in _Py_read, _Py_write).
 */
#include "Python.h"

#include "audit.h"
#include "fileutils.h"
#include "iomodule.h"
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include "structmember.h"

/* First step of reading to an end that is not known, one page pair. */
#define SMALL_CHUNK IO_DEFAULT_BUFFER_SIZE
/* Beyond this, buffers grow by an eighth instead of doubling. */
#define LARGE_BUFFER (64 * 1024)

typedef struct {
    PyObject_HEAD
    int fd;
    unsigned int created : 1;                /* mode x */
    unsigned int readable : 1;
    unsigned int writable : 1;
    unsigned int appending : 1;
    signed int seekable : 2;                 /* -1: not known yet */
    unsigned int closefd : 1;
    char finalizing;                         /* closed by the deallocator */
    unsigned int blksize;                    /* preferred size of a read */
    PyObject *weakreflist;
    PyObject *dict;
} FileIOObject;

int
io_fileio_is_closed(PyObject *self)
{
    return ((FileIOObject *)self)->fd < 0;
}

/* The instance dict holds `name` from the start; more may be a method. */
int
io_fileio_find_fd(PyObject *raw, int writing, int *fd)
{
    FileIOObject *self = (FileIOObject *)raw;

    if (!Py_IS_TYPE(raw, &PyFileIO_Type) || self->fd < 0 ||
        !(writing ? self->writable : self->readable) ||
        (self->dict != NULL && PyDict_GET_SIZE(self->dict) > 1)) {
        return 0;
    }
    *fd = self->fd;
    return 1;
}

/* ---- errors ---- */

static PyObject *
raise_closed(void)
{
    PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
    return NULL;
}

static PyObject *
raise_wrong_mode(int reading)
{
    return io_raise_unsupported(reading ? "File not open for reading"
                                        : "File not open for writing");
}

/* ---- closing ---- */

static int
fileio_close_fd(FileIOObject *self)
{
    int failed = 0, error = 0;

    if (self->fd >= 0) {
        int fd = self->fd;

        self->fd = -1;           /* nobody else may see it once it is gone */
        Py_BEGIN_ALLOW_THREADS
        failed = close(fd) < 0;
        error = errno;
        Py_END_ALLOW_THREADS
    }
    if (failed) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* ResourceWarning about `source`, the object the program knows. */
static PyObject *
fileio_dealloc_warn(FileIOObject *self, PyObject *source)
{
    if (self->fd >= 0 && self->closefd) {
        PyObject *type, *value, *traceback;

        PyErr_Fetch(&type, &value, &traceback);
        if (PyErr_ResourceWarning(source, 1, "unclosed file %R", source) &&
            PyErr_ExceptionMatches(PyExc_Warning)) {
            /* the filter makes errors of warnings; nobody could catch it */
            PyErr_WriteUnraisable((PyObject *)self);
        }
        PyErr_Restore(type, value, traceback);
    }
    Py_RETURN_NONE;
}

/* Runs Python (flush). */
static PyObject *
fileio_close(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *type, *value, *traceback, *result;
    int status;

    result = PyObject_CallMethodOneArg((PyObject *)&PyRawIOBase_Type,
                                       NAME(close), (PyObject *)self);
    if (!self->closefd) {
        self->fd = -1;
        return result;
    }
    PyErr_Fetch(&type, &value, &traceback);
    if (self->finalizing) {
        Py_XDECREF(fileio_dealloc_warn(self, (PyObject *)self));
    }
    status = fileio_close_fd(self);
    io_chain_exceptions(type, value, traceback);
    if (status < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- opening ---- */

static PyObject *
fileio_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    FileIOObject *self = (FileIOObject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->fd = -1;
        self->seekable = -1;
        self->closefd = 1;
    }
    return (PyObject *)self;
}

/* Sets the mode bits and *flags from "r", "w+", ... */
static int
fileio_parse_mode(FileIOObject *self, const char *mode, int *flags)
{
    int kinds = 0, plus = 0;
    const char *p;

    self->created = self->readable = self->writable = self->appending = 0;
    self->seekable = -1;
    *flags = O_CLOEXEC;
    for (p = mode; *p != '\0'; p++) {
        switch (*p) {
        case 'x':
            self->created = self->writable = 1;
            *flags |= O_EXCL | O_CREAT;
            kinds++;
            break;
        case 'r':
            self->readable = 1;
            kinds++;
            break;
        case 'w':
            self->writable = 1;
            *flags |= O_CREAT | O_TRUNC;
            kinds++;
            break;
        case 'a':
            self->writable = self->appending = 1;
            *flags |= O_APPEND | O_CREAT;
            kinds++;
            break;
        case 'b':
            break;
        case '+':
            self->readable = self->writable = 1;
            plus++;
            break;
        default:
            PyErr_Format(PyExc_ValueError, "invalid mode: %.200s", mode);
            return -1;
        }
        if (kinds > 1 || plus > 1) {
            break;
        }
    }
    if (kinds != 1 || plus > 1) {
        PyErr_SetString(PyExc_ValueError,
                        "Must have exactly one of create/read/write/append "
                        "mode and at most one plus");
        return -1;
    }
    *flags |= self->readable ? (self->writable ? O_RDWR : O_RDONLY)
                             : O_WRONLY;
    return 0;
}

/* open(path) itself; the descriptor or -1 with an exception. */
static int
fileio_open_path(PyObject *name, PyObject *path, int flags)
{
    int fd, interrupted = 0;

    do {
        Py_BEGIN_ALLOW_THREADS
        fd = open(PyBytes_AS_STRING(path), flags, 0666);
        Py_END_ALLOW_THREADS
    } while (fd < 0 && errno == EINTR &&
             !(interrupted = PyErr_CheckSignals()));
    if (fd < 0 && !interrupted) {
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name);
    }
    return fd;
}

/* What `opener` makes of it.  Runs Python. */
static int
fileio_call_opener(PyObject *opener, PyObject *name, int flags)
{
    PyObject *number, *result;
    int fd;

    number = PyLong_FromLong(flags);
    if (number == NULL) {
        return -1;
    }
    result = PyObject_CallFunctionObjArgs(opener, name, number, NULL);
    Py_DECREF(number);
    if (result == NULL) {
        return -1;
    }
    if (!PyLong_Check(result)) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_TypeError, "expected integer from opener");
        return -1;
    }
    fd = _PyLong_AsInt(result);
    Py_DECREF(result);
    if (fd < 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "opener returned %d", fd);
        }
        return -1;
    }
    if (_Py_set_inheritable(fd, 0, NULL) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Refuses directories, learns the block size. */
static int
fileio_inspect(FileIOObject *self, PyObject *name)
{
    struct stat status;
    int failed;

    self->blksize = IO_DEFAULT_BUFFER_SIZE;
    Py_BEGIN_ALLOW_THREADS
    failed = fstat(self->fd, &status);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        if (errno == EBADF) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        return 0;                         /* some file systems cannot tell */
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name);
        return -1;
    }
    if (status.st_blksize > 1) {
        self->blksize = (unsigned int)status.st_blksize;
    }
    return 0;
}

/* lseek(); negative with an exception. `to_end` ignores pipes. */
static off_t
fileio_lseek(FileIOObject *self, off_t pos, int whence, int ignore_pipe)
{
    off_t result;

    Py_BEGIN_ALLOW_THREADS
    result = lseek(self->fd, pos, whence);
    Py_END_ALLOW_THREADS
    if (self->seekable < 0) {
        self->seekable = result >= 0;
    }
    if (result < 0) {
        if (ignore_pipe && errno == ESPIPE) {
            return 0;
        }
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return result;
}

/* What follows once `fd` is set: the `name` attribute, the position. */
static int
fileio_finish_open(FileIOObject *self, PyObject *name)
{
    if (fileio_inspect(self, name) < 0 ||
        PyObject_SetAttr((PyObject *)self, NAME(name), name) < 0) {
        return -1;
    }
    return self->appending && fileio_lseek(self, 0, SEEK_END, 1) < 0 ? -1 : 0;
}

/* An int-like `file` is a descriptor: 1 and *fd, 0 if it is none, -1. */
static int
fileio_find_descriptor(PyObject *file, int *fd)
{
    *fd = _PyLong_AsInt(file);
    if (*fd >= 0) {
        return 1;
    }
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "negative file descriptor");
        return -1;
    }
    PyErr_Clear();                              /* TypeError: then a path */
    return 0;
}

/* Runs Python (opener, index, fspath). */
static int
fileio_init(FileIOObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"file", "mode", "closefd",
                                           "opener", NULL};
    static _PyArg_Parser parser = {.format = "O|siO:FileIO",
                                   .keywords = keywords};
    PyObject *name, *opener = Py_None, *path = NULL;
    const char *mode = "r";
    int closefd = 1, fd, flags, given, own = 0, status = -1;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &name, &mode,
                                          &closefd, &opener)) {
        return -1;
    }
    if (self->fd >= 0) {
        if (!self->closefd) {
            self->fd = -1;
        }
        else if (fileio_close_fd(self) < 0) {
            return -1;
        }
    }
    given = fileio_find_descriptor(name, &fd);
    if (given < 0 || (!given && !PyUnicode_FSConverter(name, &path)) ||
        fileio_parse_mode(self, mode, &flags) < 0 ||
        PyAudit(AUDIT_OPEN, "Osi", name, mode, flags) < 0) {
        goto done;
    }
    if (!given && !closefd) {
        PyErr_SetString(PyExc_ValueError,
                        "Cannot use closefd=False with file name");
        goto done;
    }
    self->closefd = closefd != 0;
    if (!given) {
        own = 1;
        fd = opener == Py_None ? fileio_open_path(name, path, flags)
                               : fileio_call_opener(opener, name, flags);
        if (fd < 0) {
            goto done;
        }
    }
    self->fd = fd;
    status = fileio_finish_open(self, name);
done:
    if (status < 0) {
        if (!own) {
            self->fd = -1;
        }
        else if (self->fd >= 0) {
            PyObject *type, *value, *traceback;
            PyErr_Fetch(&type, &value, &traceback);
            (void)fileio_close_fd(self);
            io_chain_exceptions(type, value, traceback);
        }
    }
    Py_XDECREF(path);
    return status;
}

static int
fileio_traverse(FileIOObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->dict);
    return 0;
}

static int
fileio_clear(FileIOObject *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

static void
fileio_dealloc(FileIOObject *self)
{
    self->finalizing = 1;
    if (io_finalize((PyObject *)self) < 0) {
        return;
    }
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    Py_CLEAR(self->dict);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* ---- questions ---- */

static PyObject *
fileio_fileno(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return self->fd < 0 ? raise_closed() : PyLong_FromLong(self->fd);
}

static PyObject *
fileio_readable(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return self->fd < 0 ? raise_closed() : PyBool_FromLong(self->readable);
}

static PyObject *
fileio_writable(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    return self->fd < 0 ? raise_closed() : PyBool_FromLong(self->writable);
}

static PyObject *
fileio_seekable(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    if (self->fd < 0) {
        return raise_closed();
    }
    if (self->seekable < 0 && fileio_lseek(self, 0, SEEK_CUR, 0) < 0) {
        PyErr_Clear();                              /* OSError: it is not */
    }
    return PyBool_FromLong(self->seekable);
}

static PyObject *
fileio_isatty(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    int answer;

    if (self->fd < 0) {
        return raise_closed();
    }
    Py_BEGIN_ALLOW_THREADS
    answer = isatty(self->fd);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(answer);
}

/* ---- reading ---- */

/* After a failed read or write: None if it would have blocked. */
static PyObject *
none_if_would_block(int error)
{
    if (error != EAGAIN) {
        return NULL;
    }
    PyErr_Clear();                                  /* BlockingIOError */
    Py_RETURN_NONE;
}

static PyObject *
fileio_readinto(FileIOObject *self, PyObject *target)
{
    Py_buffer view;
    Py_ssize_t n;
    int error;

    if (io_get_writable_buffer("readinto", target, &view) < 0) {
        return NULL;
    }
    if (self->fd < 0 || !self->readable) {
        PyBuffer_Release(&view);
        return self->fd < 0 ? raise_closed() : raise_wrong_mode(1);
    }
    if (PyAudit(AUDIT_LUCID_OS_READ, "in", self->fd, view.len) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    n = _Py_read(self->fd, view.buf, (size_t)view.len);
    error = errno;
    PyBuffer_Release(&view);
    return n < 0 ? none_if_would_block(error) : PyLong_FromSsize_t(n);
}

/* Size for a buffer that is full at `size`; 0 if there is none. */
static size_t
larger_buffer(size_t size)
{
    size_t more = size > LARGE_BUFFER ? size >> 3 : 256 + size;

    more = Py_MAX(more, SMALL_CHUNK);
    return more > (size_t)PY_SSIZE_T_MAX - size ? 0 : size + more;
}

/* From the position to the end, plus one byte that shows it is the end. */
static size_t
fileio_expected_size(FileIOObject *self)
{
    struct stat status;
    off_t pos, size = -1;

    Py_BEGIN_ALLOW_THREADS
    pos = lseek(self->fd, 0, SEEK_CUR);
    if (fstat(self->fd, &status) == 0) {
        size = status.st_size;
    }
    Py_END_ALLOW_THREADS
    if (size > 0 && size >= pos && pos >= 0 &&
        size - pos < PY_SSIZE_T_MAX) {
        return (size_t)(size - pos) + 1;
    }
    return SMALL_CHUNK;
}

static PyObject *
fileio_readall(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    size_t capacity, used = 0;
    PyObject *bytes;

    if (self->fd < 0) {
        return raise_closed();
    }
    if (PyAudit(AUDIT_LUCID_OS_READ, "ii", self->fd, -1) < 0) {
        return NULL;
    }
    capacity = fileio_expected_size(self);
    bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)capacity);
    while (bytes != NULL) {
        Py_ssize_t n;

        if (used >= capacity) {
            capacity = larger_buffer(used);
            if (capacity == 0) {
                PyErr_SetString(PyExc_OverflowError,
                                "unbounded read returned more bytes than a "
                                "Python bytes object can hold");
                Py_DECREF(bytes);
                return NULL;
            }
            if (_PyBytes_Resize(&bytes, (Py_ssize_t)capacity) < 0) {
                return NULL;
            }
        }
        n = _Py_read(self->fd, PyBytes_AS_STRING(bytes) + used,
                     capacity - used);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            if (errno == EAGAIN) {
                PyErr_Clear();                      /* BlockingIOError */
                if (used > 0) {
                    break;
                }
                Py_DECREF(bytes);
                Py_RETURN_NONE;
            }
            Py_DECREF(bytes);
            return NULL;
        }
        used += (size_t)n;
    }
    if (bytes != NULL && used < capacity) {
        (void)_PyBytes_Resize(&bytes, (Py_ssize_t)used);
    }
    return bytes;
}

static PyObject *
fileio_read(FileIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1, n;
    PyObject *bytes;

    if (io_parse_optional_size("read", args, nargs, &size) < 0) {
        return NULL;
    }
    if (self->fd < 0) {
        return raise_closed();
    }
    if (!self->readable) {
        return raise_wrong_mode(1);
    }
    if (size < 0) {
        return fileio_readall(self, NULL);
    }
    if (PyAudit(AUDIT_LUCID_OS_READ, "in", self->fd, size) < 0) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    n = _Py_read(self->fd, PyBytes_AS_STRING(bytes), (size_t)size);
    if (n < 0) {
        int error = errno;
        Py_DECREF(bytes);
        return none_if_would_block(error);
    }
    if (n != size) {
        (void)_PyBytes_Resize(&bytes, n);
    }
    return bytes;
}

/* ---- writing, seeking ---- */

static PyObject *
fileio_write(FileIOObject *self, PyObject *data)
{
    Py_buffer view;
    Py_ssize_t n;
    int error;

    if (io_get_readable_buffer("write", data, &view) < 0) {
        return NULL;
    }
    if (self->fd < 0 || !self->writable) {
        PyBuffer_Release(&view);
        return self->fd < 0 ? raise_closed() : raise_wrong_mode(0);
    }
    if (PyAudit(AUDIT_LUCID_OS_WRITE, "in", self->fd, view.len) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    n = _Py_write(self->fd, view.buf, (size_t)view.len);
    error = errno;
    PyBuffer_Release(&view);
    return n < 0 ? none_if_would_block(error) : PyLong_FromSsize_t(n);
}

static PyObject *
fileio_seek(FileIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int whence = 0;
    off_t pos, result;

    if (!_PyArg_CheckPositional("seek", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2) {
        whence = _PyLong_AsInt(args[1]);
        if (whence == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (self->fd < 0) {
        return raise_closed();
    }
    pos = PyLong_AsLongLong(args[0]);
    if (pos == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (self->fd < 0) {
        return raise_closed();                  /* __index__ closed it */
    }
    result = fileio_lseek(self, pos, whence, 0);
    return result < 0 ? NULL : PyLong_FromLongLong(result);
}

static PyObject *
fileio_tell(FileIOObject *self, PyObject *Py_UNUSED(ignored))
{
    off_t pos;

    if (self->fd < 0) {
        return raise_closed();
    }
    pos = fileio_lseek(self, 0, SEEK_CUR, 0);
    return pos < 0 ? NULL : PyLong_FromLongLong(pos);
}

static PyObject *
fileio_truncate(FileIOObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *size;
    off_t length;
    int failed;

    if (!_PyArg_CheckPositional("truncate", nargs, 0, 1)) {
        return NULL;
    }
    if (self->fd < 0) {
        return raise_closed();
    }
    if (!self->writable) {
        return raise_wrong_mode(0);
    }
    size = nargs == 0 || args[0] == Py_None ? fileio_tell(self, NULL)
                                            : Py_NewRef(args[0]);
    if (size == NULL) {
        return NULL;
    }
    length = PyLong_AsLongLong(size);
    if ((length == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_IO_TRUNCATE, "iL", self->fd, (long long)length) <
            0) {
        Py_DECREF(size);
        return NULL;
    }
    if (self->fd < 0) {                        /* closed by a hook */
        Py_DECREF(size);
        return raise_closed();
    }
    Py_BEGIN_ALLOW_THREADS
    errno = 0;
    failed = ftruncate(self->fd, length);
    Py_END_ALLOW_THREADS
    if (failed) {
        Py_DECREF(size);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return size;
}

/* ---- presentation ---- */

static const char *
fileio_mode_string(FileIOObject *self)
{
    if (self->created) {
        return self->readable ? "xb+" : "xb";
    }
    if (self->appending) {
        return self->readable ? "ab+" : "ab";
    }
    if (self->readable) {
        return self->writable ? "rb+" : "rb";
    }
    return "wb";
}

/* Runs Python (repr of the name). */
static PyObject *
fileio_repr(FileIOObject *self)
{
    const char *closefd = self->closefd ? "True" : "False";
    PyObject *name, *result = NULL;
    int entered;

    if (self->fd < 0) {
        return PyUnicode_FromString("<_io.FileIO [closed]>");
    }
    if (_PyObject_LookupAttr((PyObject *)self, NAME(name), &name) < 0) {
        return NULL;
    }
    if (name == NULL) {
        return PyUnicode_FromFormat("<_io.FileIO fd=%d mode='%s' closefd=%s>",
                                    self->fd, fileio_mode_string(self),
                                    closefd);
    }
    entered = Py_ReprEnter((PyObject *)self);
    if (entered == 0) {
        result = PyUnicode_FromFormat(
            "<_io.FileIO name=%R mode='%s' closefd=%s>", name,
            fileio_mode_string(self), closefd);
        Py_ReprLeave((PyObject *)self);
    }
    else if (entered > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__",
                     Py_TYPE(self)->tp_name);
    }
    Py_DECREF(name);
    return result;
}

static PyObject *
fileio_get_closed(FileIOObject *self, void *closure)
{
    return PyBool_FromLong(self->fd < 0);
}

static PyObject *
fileio_get_closefd(FileIOObject *self, void *closure)
{
    return PyBool_FromLong(self->closefd);
}

static PyObject *
fileio_get_mode(FileIOObject *self, void *closure)
{
    return PyUnicode_FromString(fileio_mode_string(self));
}

static PyMethodDef fileio_methods[] = {
    {"read", _PyCFunction_CAST(fileio_read), METH_FASTCALL,
     "read($self, size=-1, /)\n--\n\nRead up to size bytes with one system "
     "call; None if that would block."},
    {"readall", (PyCFunction)fileio_readall, METH_NOARGS,
     "readall($self, /)\n--\n\nRead until the end of the file."},
    {"readinto", (PyCFunction)fileio_readinto, METH_O,
     "readinto($self, buffer, /)\n--\n\nRead into a writable buffer."},
    {"write", (PyCFunction)fileio_write, METH_O,
     "write($self, b, /)\n--\n\nWrite with one system call, return how many "
     "bytes went out; None if that would block."},
    {"seek", _PyCFunction_CAST(fileio_seek), METH_FASTCALL,
     "seek($self, pos, whence=0, /)\n--\n\nChange the position: from the "
     "start (0), from here (1) or from the end (2)."},
    {"tell", (PyCFunction)fileio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nThe position."},
    {"truncate", _PyCFunction_CAST(fileio_truncate), METH_FASTCALL,
     "truncate($self, size=None, /)\n--\n\nCut or extend the file."},
    {"close", (PyCFunction)fileio_close, METH_NOARGS,
     "close($self, /)\n--\n\nClose the file, and the descriptor if it is "
     "owned."},
    {"seekable", (PyCFunction)fileio_seekable, METH_NOARGS,
     "seekable($self, /)\n--\n\nWhether the file has positions."},
    {"readable", (PyCFunction)fileio_readable, METH_NOARGS,
     "readable($self, /)\n--\n\nWhether it was opened for reading."},
    {"writable", (PyCFunction)fileio_writable, METH_NOARGS,
     "writable($self, /)\n--\n\nWhether it was opened for writing."},
    {"fileno", (PyCFunction)fileio_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nThe descriptor."},
    {"isatty", (PyCFunction)fileio_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nWhether this is a terminal."},
    {"_dealloc_warn", (PyCFunction)fileio_dealloc_warn, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef fileio_getset[] = {
    {"closed", (getter)fileio_get_closed, NULL, "True if the file is closed",
     NULL},
    {"closefd", (getter)fileio_get_closefd, NULL,
     "Whether close() closes the descriptor.", NULL},
    {"mode", (getter)fileio_get_mode, NULL, "The mode of the file.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef fileio_members[] = {
    {"_blksize", T_UINT, offsetof(FileIOObject, blksize), 0, NULL},
    {"_finalizing", T_BOOL, offsetof(FileIOObject, finalizing), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject PyFileIO_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.FileIO",
    .tp_basicsize = sizeof(FileIOObject),
    .tp_dealloc = (destructor)fileio_dealloc,
    .tp_repr = (reprfunc)fileio_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "FileIO(file, mode='r', closefd=True, opener=None)\n--\n\n"
              "A file as a raw stream of bytes.",
    .tp_traverse = (traverseproc)fileio_traverse,
    .tp_clear = (inquiry)fileio_clear,
    .tp_weaklistoffset = offsetof(FileIOObject, weakreflist),
    .tp_methods = fileio_methods,
    .tp_members = fileio_members,
    .tp_getset = fileio_getset,
    .tp_base = &PyRawIOBase_Type,
    .tp_dictoffset = offsetof(FileIOObject, dict),
    .tp_init = (initproc)fileio_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = fileio_new,
    .tp_free = PyObject_GC_Del,
};
