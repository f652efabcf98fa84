/* Descriptors: open, close, duplicate; read and write in all forms; pipes,
 * event counters, anonymous files; copying inside the kernel.
 *
 * Calls that a signal interrupts are made again once its handlers have run;
 * close() is the exception, since the descriptor is gone by then.
 */
#include "posix_private.h"

#include "audit.h"
#include "fileutils.h"

#include <limits.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* ---- open, close, duplicate ---- */

PyObject *
posix_open(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    PARSER("O&i|i$O&:open", "path", "flags", "mode", "dir_fd");
    posix_path path = POSIX_PATH_INIT("open", "path", 0, 0);
    int flags, mode = 0777, dir_fd = AT_FDCWD, fd, retry;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &path, &flags, &mode,
               posix_dir_fd_converter, &dir_fd)) {
        goto done;
    }
    flags |= O_CLOEXEC;
    if (PyAudit(AUDIT_OPEN, "OOi", path.object, Py_None, flags) < 0) {
        goto done;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        fd = openat(dir_fd, path.narrow, flags, mode);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(fd < 0)) > 0);
    if (fd >= 0) {
        result = PyLong_FromLong(fd);
    }
    else if (retry == 0) {
        posix_path_error(&path);
    }
done:
    posix_path_release(&path);
    return result;
}

PyObject *
posix_close(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("i:close", "fd");
    int fd, failed;

    if (!PARSE(&fd) || PyAudit(AUDIT_LUCID_OS_CLOSE, "i", fd) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = close(fd);
    Py_END_ALLOW_THREADS
    return NONE_OR_ERROR(failed);
}

PyObject *
posix_closerange(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int low, high;

    if (!PARSE_ARGS("closerange", 2, 2, "ii", &low, &high) ||
        PyAudit(AUDIT_LUCID_OS_CLOSERANGE, "ii", low, high) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    _Py_closerange(low, high - 1);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

PyObject *
posix_dup(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg), copy;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_DUP, "i", fd) < 0) {
        return NULL;
    }
    copy = _Py_dup(fd);
    return copy < 0 ? NULL : PyLong_FromLong(copy);
}

PyObject *
posix_dup2(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    PARSER("ii|p:dup2", "fd", "fd2", "inheritable");
    int fd, fd2, inheritable = 1, result;

    if (!PARSE(&fd, &fd2, &inheritable)) {
        return NULL;
    }
    if (fd < 0 || fd2 < 0) {
        errno = EBADF;
        return posix_error();
    }
    if (PyAudit(AUDIT_LUCID_OS_DUP2, "iiO", fd, fd2,
                inheritable ? Py_True : Py_False) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = inheritable ? dup2(fd, fd2) : dup3(fd, fd2, O_CLOEXEC);
    if (result < 0 && !inheritable && errno == EINVAL && fd == fd2) {
        /* dup3() refuses what dup2() takes for a test */
        result = dup2(fd, fd2);
    }
    Py_END_ALLOW_THREADS
    return result < 0 ? posix_error() : PyLong_FromLong(result);
}

/* An int argument, or -1 with an exception. */
static int
fd_argument(PyObject *arg)
{
    return _PyLong_AsInt(arg);
}

PyObject *
posix_get_inheritable(PyObject *module, PyObject *arg)
{
    int fd = fd_argument(arg), answer;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    answer = _Py_get_inheritable(fd);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

PyObject *
posix_set_inheritable(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    int fd, inheritable;

    if (!PARSE_ARGS("set_inheritable", 2, 2, "ii", &fd,
                           &inheritable) ||
        PyAudit(AUDIT_LUCID_OS_SET_INHERITABLE, "iO", fd,
                inheritable ? Py_True : Py_False) < 0 ||
        _Py_set_inheritable(fd, inheritable, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
posix_get_blocking(PyObject *module, PyObject *arg)
{
    int fd = fd_argument(arg), answer;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    answer = _Py_get_blocking(fd);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

PyObject *
posix_set_blocking(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, blocking;

    if (!PARSE_ARGS("set_blocking", 2, 2, "ip", &fd, &blocking) ||
        _Py_set_blocking(fd, blocking) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
pipe_pair(int flags)
{
    int fds[2], failed;

    if (PyAudit(AUDIT_LUCID_OS_PIPE, "i", flags) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = pipe2(fds, flags);
    Py_END_ALLOW_THREADS
    return failed ? posix_error() : Py_BuildValue("(ii)", fds[0], fds[1]);
}

PyObject *
posix_pipe(PyObject *module, PyObject *unused)
{
    return pipe_pair(O_CLOEXEC);
}

PyObject *
posix_pipe2(PyObject *module, PyObject *arg)
{
    int flags = _PyLong_AsInt(arg);

    if (flags == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return pipe_pair(flags);
}

/* ---- read and write ---- */

PyObject *
posix_read(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_ssize_t length, n;
    PyObject *buffer;

    if (!PARSE_ARGS("read", 2, 2, "in", &fd, &length)) {
        return NULL;
    }
    if (length < 0) {
        errno = EINVAL;
        return posix_error();
    }
    if (PyAudit(AUDIT_LUCID_OS_READ, "in", fd, length) < 0) {
        return NULL;
    }
    buffer = PyBytes_FromStringAndSize(NULL, length);
    if (buffer == NULL) {
        return NULL;
    }
    n = _Py_read(fd, PyBytes_AS_STRING(buffer), (size_t)length);
    if (n == -1) {
        Py_DECREF(buffer);
        return NULL;
    }
    if (n != length) {
        (void)_PyBytes_Resize(&buffer, n);
    }
    return buffer;
}

PyObject *
posix_write(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_buffer data;
    Py_ssize_t n;

    if (!PARSE_ARGS("write", 2, 2, "iy*", &fd, &data)) {
        return NULL;
    }
    n = PyAudit(AUDIT_LUCID_OS_WRITE, "in", fd, data.len) < 0
            ? -1
            : _Py_write(fd, data.buf, (size_t)data.len);
    PyBuffer_Release(&data);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

PyObject *
posix_pread(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, retry;
    Py_ssize_t length, n;
    off_t offset;
    PyObject *buffer;

    if (!PARSE_ARGS("pread", 3, 3, "inO&", &fd, &length,
                           posix_off_converter, &offset)) {
        return NULL;
    }
    if (length < 0) {
        errno = EINVAL;
        return posix_error();
    }
    if (PyAudit(AUDIT_LUCID_OS_READ, "in", fd, length) < 0) {
        return NULL;
    }
    buffer = PyBytes_FromStringAndSize(NULL, length);
    if (buffer == NULL) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        n = pread(fd, PyBytes_AS_STRING(buffer), (size_t)length, offset);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    if (n < 0) {
        Py_DECREF(buffer);
        return retry < 0 ? NULL : posix_error();
    }
    if (n != length) {
        (void)_PyBytes_Resize(&buffer, n);
    }
    return buffer;
}

PyObject *
posix_pwrite(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, retry;
    Py_buffer data;
    Py_ssize_t n;
    off_t offset;

    if (!PARSE_ARGS("pwrite", 3, 3, "iy*O&", &fd, &data,
                           posix_off_converter, &offset)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_WRITE, "in", fd, data.len) < 0) {
        PyBuffer_Release(&data);
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        n = pwrite(fd, data.buf, (size_t)data.len, offset);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    PyBuffer_Release(&data);
    if (n < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    return PyLong_FromSsize_t(n);
}

/* ---- several buffers ---- */

typedef struct {
    struct iovec *vectors;
    Py_buffer *views;
    Py_ssize_t count;
} BufferVector;

static void
vector_release(BufferVector *vector)
{
    for (Py_ssize_t i = 0; i < vector->count; i++) {
        PyBuffer_Release(&vector->views[i]);
    }
    PyMem_Free(vector->vectors);
    PyMem_Free(vector->views);
}

/* Views of the items of `sequence`; 0/-1.  Runs Python (items, buffers). */
static int
vector_acquire(BufferVector *vector, PyObject *sequence, int flags)
{
    Py_ssize_t size = PySequence_Size(sequence);

    vector->vectors = NULL;
    vector->views = NULL;
    vector->count = 0;
    if (size < 0) {
        return -1;
    }
    vector->vectors = PyMem_New(struct iovec, size + 1);
    vector->views = PyMem_New(Py_buffer, size + 1);
    if (vector->vectors == NULL || vector->views == NULL) {
        PyErr_NoMemory();
        vector_release(vector);
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);

        if (item == NULL ||
            PyObject_GetBuffer(item, &vector->views[i], flags) < 0) {
            Py_XDECREF(item);
            vector_release(vector);
            return -1;
        }
        Py_DECREF(item);
        vector->vectors[i].iov_base = vector->views[i].buf;
        vector->vectors[i].iov_len = (size_t)vector->views[i].len;
        vector->count = i + 1;
    }
    return 0;
}

/* The buffers may add up to more than memory is: the same one many times. */
static unsigned long long
vector_len(const BufferVector *vector)
{
    unsigned long long len = 0;

    for (Py_ssize_t i = 0; i < vector->count; i++) {
        len += (unsigned long long)vector->views[i].len;
    }
    return len;
}

/* The system calls, by what is wanted: offset < 0 in readv and writev. */
typedef struct {
    int fd;
    int writing;
    int at_offset;
    off_t offset;
    int flags;
} VectorCall;

static PyObject *
vector_transfer(const VectorCall *call, PyObject *buffers,
                const char *function)
{
    BufferVector vector;
    ssize_t n;
    int retry;

    if (!PySequence_Check(buffers)) {
        PyErr_Format(PyExc_TypeError, "%s() arg 2 must be a sequence",
                     function);
        return NULL;
    }
    if (vector_acquire(&vector, buffers,
                       call->writing ? PyBUF_SIMPLE : PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    if (PyAudit(call->writing ? AUDIT_LUCID_OS_WRITE : AUDIT_LUCID_OS_READ,
                "iK", call->fd, vector_len(&vector)) < 0) {
        vector_release(&vector);
        return NULL;
    }
    do {
        int count = (int)Py_MIN(vector.count, INT_MAX);

        Py_BEGIN_ALLOW_THREADS
        if (call->at_offset) {
            n = call->writing
                    ? pwritev2(call->fd, vector.vectors, count, call->offset,
                               call->flags)
                    : preadv2(call->fd, vector.vectors, count, call->offset,
                              call->flags);
        }
        else {
            n = call->writing ? writev(call->fd, vector.vectors, count)
                              : readv(call->fd, vector.vectors, count);
        }
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    int error = errno;
    vector_release(&vector);
    if (n < 0) {
        errno = error;
        return retry < 0 ? NULL : posix_error();
    }
    return PyLong_FromSsize_t(n);
}

PyObject *
posix_readv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    VectorCall call = {.writing = 0};
    PyObject *buffers;

    if (!PARSE_ARGS("readv", 2, 2, "iO", &call.fd, &buffers)) {
        return NULL;
    }
    return vector_transfer(&call, buffers, "readv");
}

PyObject *
posix_writev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    VectorCall call = {.writing = 1};
    PyObject *buffers;

    if (!PARSE_ARGS("writev", 2, 2, "iO", &call.fd, &buffers)) {
        return NULL;
    }
    return vector_transfer(&call, buffers, "writev");
}

PyObject *
posix_preadv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    VectorCall call = {.writing = 0, .at_offset = 1};
    PyObject *buffers;

    if (!PARSE_ARGS("preadv", 3, 4, "iOO&|i", &call.fd, &buffers,
                           posix_off_converter, &call.offset, &call.flags)) {
        return NULL;
    }
    return vector_transfer(&call, buffers, "preadv2");
}

PyObject *
posix_pwritev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    VectorCall call = {.writing = 1, .at_offset = 1};
    PyObject *buffers;

    if (!PARSE_ARGS("pwritev", 3, 4, "iOO&|i", &call.fd, &buffers,
                           posix_off_converter, &call.offset, &call.flags)) {
        return NULL;
    }
    return vector_transfer(&call, buffers, "pwritev2");
}

/* ---- positions, locks, advice ---- */

PyObject *
posix_lseek(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, how;
    off_t position, result;

    if (!PARSE_ARGS("lseek", 3, 3, "iO&i", &fd,
                           posix_off_converter, &position, &how)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = lseek(fd, position, how);
    Py_END_ALLOW_THREADS
    return result < 0 ? posix_error() : PyLong_FromLongLong(result);
}

PyObject *
posix_lockf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, command, failed;
    off_t length;

    if (!PARSE_ARGS("lockf", 3, 3, "iiO&", &fd, &command,
                           posix_off_converter, &length) ||
        PyAudit(AUDIT_OS_LOCKF, "iiL", fd, command, (long long)length) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = lockf(fd, command, length);
    Py_END_ALLOW_THREADS
    return NONE_OR_ERROR(failed < 0);
}

/* fsync and fdatasync. */
static PyObject *
sync_fd(int fd, int (*function)(int))
{
    int failed, retry;

    do {
        Py_BEGIN_ALLOW_THREADS
        failed = function(fd);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    return retry < 0 ? NULL : NONE_OR_ERROR(failed);
}

PyObject *
posix_fsync(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&:fsync", "fd");
    int fd;

    return PARSE(posix_fildes_converter, &fd) ? sync_fd(fd, fsync) : NULL;
}

PyObject *
posix_fdatasync(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    PARSER("O&:fdatasync", "fd");
    int fd;

    return PARSE(posix_fildes_converter, &fd) ? sync_fd(fd, fdatasync) : NULL;
}

PyObject *
posix_sync(PyObject *module, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS
    sync();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

/* These two return the error instead of setting errno. */
PyObject *
posix_posix_fallocate(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    int fd, error, retry;
    off_t offset, length;

    if (!PARSE_ARGS("posix_fallocate", 3, 3, "iO&O&", &fd,
                           posix_off_converter, &offset, posix_off_converter,
                           &length) ||
        PyAudit(AUDIT_LUCID_OS_POSIX_FALLOCATE, "iLL", fd,
                (long long)offset, (long long)length) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        error = posix_fallocate(fd, offset, length);
        Py_END_ALLOW_THREADS
        errno = error;
    } while ((retry = posix_retry(error)) > 0);
    errno = error;
    return retry < 0 ? NULL : NONE_OR_ERROR(error);
}

PyObject *
posix_posix_fadvise(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, advice, error, retry;
    off_t offset, length;

    if (!PARSE_ARGS("posix_fadvise", 4, 4, "iO&O&i", &fd,
                           posix_off_converter, &offset, posix_off_converter,
                           &length, &advice)) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        error = posix_fadvise(fd, offset, length, advice);
        Py_END_ALLOW_THREADS
        errno = error;
    } while ((retry = posix_retry(error)) > 0);
    errno = error;
    return retry < 0 ? NULL : NONE_OR_ERROR(error);
}

/* ---- copying in the kernel ---- */

/* O& of events: an off_t, or NULL for None. */
static PyObject *
object_from_offset(void *offset)
{
    return offset == NULL ? Py_NewRef(Py_None)
                          : PyLong_FromLongLong(*(off_t *)offset);
}

PyObject *
posix_sendfile(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("iiOn:sendfile", "out_fd", "in_fd", "offset", "count");
    int out_fd, in_fd, retry;
    PyObject *offset_object;
    Py_ssize_t count, n;
    off_t offset = 0;

    if (!PARSE(&out_fd, &in_fd, &offset_object, &count) ||
        (offset_object != Py_None &&
         !posix_off_converter(offset_object, &offset)) ||
        PyAudit(AUDIT_LUCID_OS_SENDFILE, "iiO&n", out_fd, in_fd,
                object_from_offset,
                offset_object == Py_None ? NULL : &offset, count) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        n = sendfile(out_fd, in_fd, offset_object == Py_None ? NULL : &offset,
                     (size_t)count);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    if (n < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    return PyLong_FromSsize_t(n);
}

/* None leaves *has at 0. */
static int
optional_offset(PyObject *object, off_t *offset, off_t **where)
{
    *where = NULL;
    if (object != Py_None) {
        if (!posix_off_converter(object, offset)) {
            return -1;
        }
        *where = offset;
    }
    return 0;
}

PyObject *
posix_copy_file_range(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("iin|OO:copy_file_range", "src", "dst", "count", "offset_src",
           "offset_dst");
    int src, dst, retry;
    Py_ssize_t count, n;
    PyObject *src_object = Py_None, *dst_object = Py_None;
    off_t src_offset, dst_offset, *src_where, *dst_where;

    if (!PARSE(&src, &dst, &count, &src_object, &dst_object)) {
        return NULL;
    }
    if (count < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "negative value for 'count' not allowed");
        return NULL;
    }
    if (optional_offset(src_object, &src_offset, &src_where) < 0 ||
        optional_offset(dst_object, &dst_offset, &dst_where) < 0 ||
        PyAudit(AUDIT_LUCID_OS_COPY_FILE_RANGE, "iinO&O&", src, dst, count,
                object_from_offset, src_where, object_from_offset,
                dst_where) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        n = copy_file_range(src, src_where, dst, dst_where, (size_t)count, 0);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    if (n < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    return PyLong_FromSsize_t(n);
}

PyObject *
posix_splice(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("iin|OOI:splice", "src", "dst", "count", "offset_src",
           "offset_dst", "flags");
    int src, dst, retry;
    unsigned int flags = 0;
    Py_ssize_t count, n;
    PyObject *src_object = Py_None, *dst_object = Py_None;
    off_t src_offset, dst_offset, *src_where, *dst_where;

    if (!PARSE(&src, &dst, &count, &src_object, &dst_object, &flags)) {
        return NULL;
    }
    if (count < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "negative value for 'count' not allowed");
        return NULL;
    }
    if (optional_offset(src_object, &src_offset, &src_where) < 0 ||
        optional_offset(dst_object, &dst_offset, &dst_where) < 0 ||
        PyAudit(AUDIT_LUCID_OS_SPLICE, "iinO&O&", src, dst, count,
                object_from_offset, src_where, object_from_offset,
                dst_where) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        n = splice(src, src_where, dst, dst_where, (size_t)count, flags);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(n < 0)) > 0);
    if (n < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    return PyLong_FromSsize_t(n);
}

/* ---- other kinds of descriptors ---- */

PyObject *
posix_eventfd(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("O&|i:eventfd", "initval", "flags");
    unsigned int initval;
    int flags = EFD_CLOEXEC, fd;

    if (!PARSE(_PyLong_UnsignedInt_Converter, &initval, &flags) ||
        PyAudit(AUDIT_LUCID_OS_EVENTFD, "Ii", initval, flags) < 0) {
        return NULL;
    }
    fd = eventfd(initval, flags);
    return fd == -1 ? posix_error() : PyLong_FromLong(fd);
}

PyObject *
posix_eventfd_read(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    PARSER("O&:eventfd_read", "fd");
    eventfd_t value;
    int fd, failed;

    if (!PARSE(posix_fildes_converter, &fd)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = eventfd_read(fd, &value);
    Py_END_ALLOW_THREADS
    return failed ? posix_error() : PyLong_FromUnsignedLongLong(value);
}

PyObject *
posix_eventfd_write(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    PARSER("O&O&:eventfd_write", "fd", "value");
    unsigned long long value;
    int fd, failed;

    if (!PARSE(posix_fildes_converter, &fd, _PyLong_UnsignedLongLong_Converter,
               &value)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = eventfd_write(fd, value);
    Py_END_ALLOW_THREADS
    return NONE_OR_ERROR(failed);
}

PyObject *
posix_memfd_create(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    PARSER("O&|I:memfd_create", "name", "flags");
    PyObject *name = NULL;
    unsigned int flags = MFD_CLOEXEC;
    int fd;

    if (!PARSE(PyUnicode_FSConverter, &name, &flags)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_MEMFD_CREATE, "OI", name, flags) < 0) {
        Py_DECREF(name);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    fd = memfd_create(PyBytes_AS_STRING(name), flags);
    Py_END_ALLOW_THREADS
    Py_DECREF(name);
    return fd == -1 ? posix_error() : PyLong_FromLong(fd);
}
