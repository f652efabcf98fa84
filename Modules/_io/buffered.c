/* The buffer between a raw stream and the program: filling, flushing,
 * positions, and the lock around them.  See buffered.h for the invariants.
 */
#include "Python.h"

#include "audit.h"
#include "buffer.h"
#include "buffered.h"
#include "fileutils.h"
#include "iomodule.h"
#include "names.h"

#include <errno.h>
#include <string.h>

/* ---- state ---- */

static int
has_valid_read(BufferedObject *self)
{
    return self->readable && self->read_end != -1;
}

static int
has_valid_write(BufferedObject *self)
{
    return self->writable && self->write_end != -1;
}

Py_ssize_t
buffered_readahead(BufferedObject *self)
{
    return has_valid_read(self) ? self->read_end - self->pos : 0;
}

Py_ssize_t
buffered_raw_offset(BufferedObject *self)
{
    return (has_valid_read(self) || has_valid_write(self)) &&
                   self->raw_pos >= 0
               ? self->raw_pos - self->pos
               : 0;
}

void
buffered_forget_read(BufferedObject *self)
{
    self->read_end = -1;
}

static void
buffered_forget_write(BufferedObject *self)
{
    self->write_pos = 0;
    self->write_end = -1;
}

/* Moves on; what was written over or beyond counts as read, too. */
static void
buffered_set_pos(BufferedObject *self, Py_ssize_t pos)
{
    self->pos = pos;
    if (has_valid_read(self) && self->read_end < pos) {
        self->read_end = pos;
    }
}

int
buffered_require_init(BufferedObject *self)
{
    if (self->ok > 0) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError,
                    self->detached ? "raw stream has been detached"
                                   : "I/O operation on uninitialized object");
    return -1;
}

int
buffered_is_closed(BufferedObject *self)
{
    PyObject *closed;
    int answer;

    if (buffered_require_init(self) < 0) {
        return -1;
    }
    closed = PyObject_GetAttr(self->raw, NAME(closed));
    if (closed == NULL) {
        return -1;
    }
    answer = PyObject_IsTrue(closed);
    Py_DECREF(closed);
    return answer;
}

int
buffered_require_open(BufferedObject *self, const char *message)
{
    int closed;

    if (buffered_require_init(self) < 0) {
        return -1;
    }
    if (self->buffer == NULL) {
        closed = 1;
    }
    else {
        closed = self->plain ? io_fileio_is_closed(self->raw)
                             : buffered_is_closed(self);
    }
    if (closed < 0) {
        return -1;
    }
    if (closed && buffered_readahead(self) == 0) {
        PyErr_SetString(PyExc_ValueError, message);
        return -1;
    }
    return 0;
}

/* ---- the lock ---- */

/* Somebody is in.  Waits, unless it is this thread itself (a signal handler,
 * or the raw stream calling back). */
static int
buffered_enter_busy(BufferedObject *self)
{
    if (self->owner == PyThread_get_thread_ident()) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %R", self);
        return -1;
    }
    if (!_Py_IsFinalizing()) {
        Py_BEGIN_ALLOW_THREADS
        (void)PyThread_acquire_lock(self->lock, 1);
        Py_END_ALLOW_THREADS
        return 0;
    }
    /* The owner may be a daemon thread that will never run again. */
    if (PyThread_acquire_lock_timed(self->lock, 1000000, 0) !=
        PY_LOCK_ACQUIRED) {
        PyObject *text = PyObject_ASCII((PyObject *)self);

        _Py_FatalErrorFormat(__func__,
                             "could not acquire lock for %s at interpreter "
                             "shutdown, possibly due to daemon threads",
                             text != NULL ? PyUnicode_AsUTF8(text) : "<repr>");
    }
    return 0;
}

int
buffered_enter(BufferedObject *self)
{
    if (!PyThread_acquire_lock(self->lock, 0) &&
        buffered_enter_busy(self) < 0) {
        return -1;
    }
    self->owner = PyThread_get_thread_ident();
    return 0;
}

void
buffered_leave(BufferedObject *self)
{
    self->owner = 0;
    PyThread_release_lock(self->lock);
}

/* ---- the raw stream ---- */

/* Takes `answer` (stolen, may be NULL) of raw.seek or raw.tell. */
static off_t
buffered_note_position(BufferedObject *self, PyObject *answer)
{
    off_t pos;

    if (answer == NULL) {
        return -1;
    }
    pos = io_off_from_object(answer, PyExc_ValueError);
    Py_DECREF(answer);
    if (pos < 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_OSError,
                         "Raw stream returned invalid position %lld",
                         (long long)pos);
        }
        return -1;
    }
    self->abs_pos = pos;
    return pos;
}

off_t
buffered_raw_tell(BufferedObject *self)
{
    return buffered_note_position(
        self, PyObject_CallMethodNoArgs(self->raw, NAME(tell)));
}

off_t
buffered_raw_seek(BufferedObject *self, off_t target, int whence)
{
    PyObject *target_object = PyLong_FromLongLong(target);
    PyObject *whence_object = PyLong_FromLong(whence);
    PyObject *answer = NULL;

    if (target_object != NULL && whence_object != NULL) {
        PyObject *stack[3] = {self->raw, target_object, whence_object};
        answer = PyObject_VectorcallMethod(NAME(seek), stack, 3, NULL);
    }
    Py_XDECREF(target_object);
    Py_XDECREF(whence_object);
    return buffered_note_position(self, answer);
}

int
buffered_allocate(BufferedObject *self, Py_ssize_t buffer_size)
{
    if (buffer_size <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer size must be strictly positive");
        return -1;
    }
    buffered_free_buffer(self);
    self->buffer = PyMem_Malloc((size_t)buffer_size);
    if (self->buffer == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->buffer_size = buffer_size;
    if (self->lock == NULL) {
        self->lock = PyThread_allocate_lock();
        if (self->lock == NULL) {
            PyErr_SetString(PyExc_RuntimeError, "can't allocate read lock");
            return -1;
        }
    }
    self->owner = 0;
    self->pos = 0;
    self->raw_pos = 0;
    self->abs_pos = -1;
    if (buffered_raw_tell(self) == -1) {
        PyErr_Clear();           /* UnsupportedOperation and the like */
    }
    return 0;
}

void
buffered_free_buffer(BufferedObject *self)
{
    if (!self->buffer_kept) {
        PyMem_Free(self->buffer);
    }
    self->buffer = NULL;
    self->buffer_kept = 0;
}

void
buffered_drop_bytes(BufferedObject *self, PyObject *bytes)
{
    if (!self->target_kept) {
        Py_DECREF(bytes);
    }
    self->target_kept = 0;
}

void
buffered_release_view(BufferedObject *self, Py_buffer *view)
{
    if (!self->target_kept) {
        PyBuffer_Release(view);
    }
    self->target_kept = 0;
}

/* raw.<name>(view of start[0:len]), repeated after EINTR.  errno is what the
 * operation left. */
static PyObject *
buffered_call_raw(BufferedObject *self, PyObject *name, char *start,
                  Py_ssize_t len, int writable)
{
    PyObject *view, *answer;
    int error;

    view = memory_lend(start, len, writable ? PyBUF_WRITE : PyBUF_READ);
    if (view == NULL) {
        return NULL;
    }
    do {
        errno = 0;
        answer = PyObject_CallMethodOneArg(self->raw, name, view);
        error = errno;
    } while (answer == NULL && io_trap_eintr());
    if (memory_end_loan(view) < 0) {
        int own = start >= self->buffer &&
                  start < self->buffer + self->buffer_size;
        *(own ? &self->buffer_kept : &self->target_kept) = 1;
        Py_CLEAR(answer);
    }
    errno = error;
    return answer;
}

/* Count from `answer` (stolen), which must be within 0 and len. */
static Py_ssize_t
buffered_check_count(BufferedObject *self, PyObject *answer, Py_ssize_t len,
                     const char *function)
{
    Py_ssize_t n;

    if (answer == Py_None) {
        Py_DECREF(answer);
        return RAW_WOULD_BLOCK;
    }
    n = PyNumber_AsSsize_t(answer, PyExc_ValueError);
    Py_DECREF(answer);
    if (n == -1 && PyErr_Occurred()) {
        _PyErr_FormatFromCause(PyExc_OSError, "raw %s() failed", function);
        return -1;
    }
    if (n < 0 || n > len) {
        PyErr_Format(PyExc_OSError,
                     "raw %s() returned invalid length %zd "
                     "(should have been between 0 and %zd)",
                     function, n, len);
        return -1;
    }
    if (n > 0 && self->abs_pos != -1) {
        self->abs_pos += n;
    }
    return n;
}

/* FAST PATH: same result without it; the descriptor read or written directly,
 * where nobody listens to what FileIO announces.  Count, -1,
 * RAW_WOULD_BLOCK. */
static Py_ssize_t
buffered_direct(BufferedObject *self, int fd, char *start, Py_ssize_t len,
                int writing)
{
    Py_ssize_t n = writing ? _Py_write(fd, start, (size_t)len)
                           : _Py_read(fd, start, (size_t)len);

    if (n < 0) {
        if (errno != EAGAIN) {
            return -1;
        }
        PyErr_Clear();                              /* BlockingIOError */
        errno = EAGAIN;
        return RAW_WOULD_BLOCK;
    }
    if (n > 0 && self->abs_pos != -1) {
        self->abs_pos += n;
    }
    return n;
}

Py_ssize_t
buffered_raw_read(BufferedObject *self, char *start, Py_ssize_t len)
{
    PyObject *answer;
    int fd;

    if (!PyAuditWanted(AUDIT_LUCID_OS_READ) &&
        io_fileio_find_fd(self->raw, 0, &fd)) {
        return buffered_direct(self, fd, start, len, 0);
    }
    answer = buffered_call_raw(self, NAME(readinto), start, len, 1);
    return answer == NULL
               ? -1
               : buffered_check_count(self, answer, len, "readinto");
}

static Py_ssize_t
buffered_raw_write(BufferedObject *self, char *start, Py_ssize_t len)
{
    PyObject *answer;
    Py_ssize_t n;
    int fd, error;

    if (!PyAuditWanted(AUDIT_LUCID_OS_WRITE) &&
        io_fileio_find_fd(self->raw, 1, &fd)) {
        return buffered_direct(self, fd, start, len, 1);
    }
    answer = buffered_call_raw(self, NAME(write), start, len, 0);
    if (answer == NULL) {
        return -1;
    }
    error = errno;
    n = buffered_check_count(self, answer, len, "write");
    errno = error;
    return n;
}

Py_ssize_t
buffered_fill(BufferedObject *self)
{
    Py_ssize_t start = has_valid_read(self) ? self->read_end : 0;
    Py_ssize_t n = buffered_raw_read(self, self->buffer + start,
                                     self->buffer_size - start);

    if (n > 0) {
        self->read_end = start + n;
        self->raw_pos = start + n;
    }
    return n;
}

/* ---- flushing ---- */

/* BlockingIOError with the number of bytes that were taken. */
static void
raise_would_block(Py_ssize_t written)
{
    PyObject *error;
    int number = errno;

    PyErr_Clear();                        /* an earlier BlockingIOError */
    error = PyObject_CallFunction(PyExc_BlockingIOError, "isn", number,
                                  "write could not complete without blocking",
                                  written);
    if (error != NULL) {
        PyErr_SetObject(PyExc_BlockingIOError, error);
        Py_DECREF(error);
    }
}

int
buffered_flush_writes(BufferedObject *self)
{
    Py_ssize_t back;

    if (!has_valid_write(self) || self->write_pos == self->write_end) {
        buffered_forget_write(self);
        return 0;
    }
    back = buffered_raw_offset(self) + (self->pos - self->write_pos);
    if (back != 0) {
        if (buffered_raw_seek(self, -back, 1) < 0) {
            return -1;
        }
        self->raw_pos -= back;
    }
    while (self->write_pos < self->write_end) {
        Py_ssize_t n = buffered_raw_write(
            self, self->buffer + self->write_pos,
            self->write_end - self->write_pos);

        if (n == RAW_WOULD_BLOCK) {
            raise_would_block(0);
        }
        if (n < 0) {
            return -1;
        }
        self->write_pos += n;
        self->raw_pos = self->write_pos;
        /* A signal may be why it was a partial write. */
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
    }
    buffered_forget_write(self);
    return 0;
}

int
buffered_flush_and_rewind(BufferedObject *self)
{
    if (self->writable && buffered_flush_writes(self) < 0) {
        return -1;
    }
    if (self->readable) {
        /* The raw stream goes back from where reading ahead took it. */
        off_t n = buffered_raw_seek(self, -buffered_raw_offset(self), 1);
        buffered_forget_read(self);
        if (n == -1) {
            return -1;
        }
    }
    return 0;
}

/* ---- reading ---- */

static Py_ssize_t
buffered_take_ahead(BufferedObject *self, char *target, Py_ssize_t size)
{
    Py_ssize_t n = Py_MIN(buffered_readahead(self), size);

    if (n > 0) {
        memcpy(target, self->buffer + self->pos, (size_t)n);
        self->pos += n;
    }
    return n > 0 ? n : 0;
}

PyObject *
buffered_peek_bytes(BufferedObject *self)
{
    Py_ssize_t have = buffered_readahead(self);

    /* An empty buffer is filled with at most one raw read; a full one is
     * shown as it is. */
    if (have > 0) {
        return PyBytes_FromStringAndSize(self->buffer + self->pos, have);
    }
    buffered_forget_read(self);
    have = buffered_fill(self);
    if (have == -1) {
        return NULL;
    }
    self->pos = 0;
    return PyBytes_FromStringAndSize(self->buffer,
                                     have == RAW_WOULD_BLOCK ? 0 : have);
}

/* `first` (borrowed) and the rest of the raw stream by its own readall();
 * NotImplemented (new) when it has none. */
static PyObject *
buffered_read_all_at_once(BufferedObject *self, PyObject *first)
{
    PyObject *readall, *rest, *whole;

    if (_PyObject_LookupAttr(self->raw, NAME(readall), &readall) < 0) {
        return NULL;
    }
    if (readall == NULL) {
        return Py_NewRef(Py_NotImplemented);
    }
    rest = PyObject_CallNoArgs(readall);
    Py_DECREF(readall);
    if (rest == NULL) {
        return NULL;
    }
    if (rest != Py_None && !PyBytes_Check(rest)) {
        Py_DECREF(rest);
        PyErr_SetString(PyExc_TypeError, "readall() should return bytes");
        return NULL;
    }
    if (rest != Py_None && self->abs_pos != -1) {
        self->abs_pos += PyBytes_GET_SIZE(rest);
    }
    if (PyBytes_GET_SIZE(first) == 0) {
        return rest;
    }
    if (rest == Py_None) {
        Py_DECREF(rest);
        return Py_NewRef(first);
    }
    whole = Py_NewRef(first);
    PyBytes_ConcatAndDel(&whole, rest);
    return whole;
}

/* The same with raw.read() until the end. */
static PyObject *
buffered_read_all_in_pieces(BufferedObject *self, PyObject *first)
{
    PyObject *chunks = PyList_New(0), *data = NULL, *result = NULL, *empty;
    Py_ssize_t size = PyBytes_GET_SIZE(first);

    if (chunks == NULL || (size > 0 && PyList_Append(chunks, first) < 0)) {
        goto done;
    }
    for (;;) {
        data = PyObject_CallMethodNoArgs(self->raw, NAME(read));
        if (data == NULL) {
            goto done;
        }
        if (data != Py_None && !PyBytes_Check(data)) {
            PyErr_SetString(PyExc_TypeError, "read() should return bytes");
            goto done;
        }
        if (data == Py_None || PyBytes_GET_SIZE(data) == 0) {
            break;
        }
        if (PyList_Append(chunks, data) < 0) {
            goto done;
        }
        size += PyBytes_GET_SIZE(data);
        if (self->abs_pos != -1) {
            self->abs_pos += PyBytes_GET_SIZE(data);
        }
        Py_CLEAR(data);
    }
    if (size == 0) {
        result = Py_NewRef(data);                       /* None or b"" */
        goto done;
    }
    empty = PyBytes_FromStringAndSize(NULL, 0);
    if (empty != NULL) {
        result = _PyBytes_Join(empty, chunks);
        Py_DECREF(empty);
    }
done:
    Py_XDECREF(data);
    Py_XDECREF(chunks);
    return result;
}

PyObject *
buffered_read_all(BufferedObject *self)
{
    Py_ssize_t ahead = buffered_readahead(self);
    PyObject *first, *result = NULL;

    first = PyBytes_FromStringAndSize(
        ahead > 0 ? self->buffer + self->pos : NULL, Py_MAX(ahead, 0));
    if (first == NULL) {
        return NULL;
    }
    if (ahead > 0) {
        self->pos += ahead;
    }
    if (self->writable && buffered_flush_and_rewind(self) < 0) {
        goto done;
    }
    buffered_forget_read(self);
    result = buffered_read_all_at_once(self, first);
    if (result == Py_NotImplemented) {
        Py_DECREF(result);
        result = buffered_read_all_in_pieces(self, first);
    }
done:
    Py_DECREF(first);
    return result;
}

/* Up to `size` bytes to `out`, as many raw reads as that takes: count, -1, or
 * RAW_WOULD_BLOCK when nothing was read. */
static Py_ssize_t
buffered_read_raw_blocks(BufferedObject *self, char *out, Py_ssize_t size)
{
    Py_ssize_t written = 0, n;

    /* Whole blocks go past the buffer. */
    while (size - written >= self->buffer_size) {
        Py_ssize_t want = size - written;

        n = buffered_raw_read(self, out + written,
                              want - want % self->buffer_size);
        if (n == -1) {
            return -1;
        }
        if (n <= 0) {
            return n == 0 || written > 0 ? written : RAW_WOULD_BLOCK;
        }
        written += n;
    }
    self->pos = 0;
    self->raw_pos = 0;
    self->read_end = 0;
    /* The buffer is filled as far as it goes, since raw reads may be short. */
    while (written < size && self->read_end < self->buffer_size) {
        n = buffered_fill(self);
        if (n == -1) {
            return -1;
        }
        if (n <= 0) {
            return n == 0 || written > 0 ? written : RAW_WOULD_BLOCK;
        }
        written += buffered_take_ahead(self, out + written, size - written);
    }
    return written;
}

PyObject *
buffered_read_exactly(BufferedObject *self, Py_ssize_t size)
{
    PyObject *bytes;
    Py_ssize_t written, n;

    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    written = buffered_take_ahead(self, PyBytes_AS_STRING(bytes), size);
    if (written < size) {
        if (self->writable && buffered_flush_and_rewind(self) < 0) {
            Py_DECREF(bytes);
            return NULL;
        }
        buffered_forget_read(self);
        n = buffered_read_raw_blocks(self, PyBytes_AS_STRING(bytes) + written,
                                     size - written);
        if (n == -1 || (n == RAW_WOULD_BLOCK && written == 0)) {
            buffered_drop_bytes(self, bytes);
            return n == -1 ? NULL : Py_NewRef(Py_None);
        }
        written += Py_MAX(n, 0);
    }
    if (written < size) {
        (void)_PyBytes_Resize(&bytes, written);
    }
    return bytes;
}

/* Takes what is ahead up to the end of the line or `*room` (< 0: no limit)
 * bytes; *done tells whether that ends the line. */
static PyObject *
buffered_take_line(BufferedObject *self, Py_ssize_t *room, int *done)
{
    char *start = self->buffer + self->pos, *newline;
    Py_ssize_t size = buffered_readahead(self);

    size = Py_MAX(size, 0);
    *done = 0;
    if (*room >= 0 && size >= *room) {
        size = *room;
        *done = 1;
    }
    newline = size > 0 ? memchr(start, '\n', (size_t)size) : NULL;
    if (newline != NULL) {
        size = newline - start + 1;
        *done = 1;
    }
    self->pos += size;
    if (*room >= 0) {
        *room -= size;
    }
    return PyBytes_FromStringAndSize(start, size);
}

/* The pieces of a line that does not end in the buffer. */
static PyObject *
buffered_collect_line(BufferedObject *self, Py_ssize_t limit)
{
    PyObject *chunks = PyList_New(0), *piece = NULL, *result = NULL, *empty;
    int done = 0;

    if (chunks == NULL) {
        return NULL;
    }
    for (;;) {
        piece = buffered_take_line(self, &limit, &done);
        if (piece == NULL) {
            goto done;
        }
        if (done && PyList_GET_SIZE(chunks) == 0) {
            result = Py_NewRef(piece);
            goto done;
        }
        if (PyBytes_GET_SIZE(piece) > 0 && PyList_Append(chunks, piece) < 0) {
            goto done;
        }
        Py_CLEAR(piece);
        if (done) {
            break;
        }
        if (self->writable && buffered_flush_and_rewind(self) < 0) {
            goto done;
        }
        buffered_forget_read(self);
        Py_ssize_t n = buffered_fill(self);
        if (n == -1) {
            goto done;
        }
        self->pos = 0;
        if (n <= 0) {
            break;
        }
    }
    empty = PyBytes_FromStringAndSize(NULL, 0);
    if (empty != NULL) {
        result = _PyBytes_Join(empty, chunks);
        Py_DECREF(empty);
    }
done:
    Py_XDECREF(piece);
    Py_DECREF(chunks);
    return result;
}

PyObject *
buffered_read_line(BufferedObject *self, Py_ssize_t limit)
{
    Py_ssize_t ahead;
    PyObject *line;

    if (buffered_require_open(self, "readline of closed file") < 0) {
        return NULL;
    }
    /* FAST PATH: same result without it.  No lock: the GIL is kept. */
    ahead = buffered_readahead(self);
    if (limit >= 0 && limit < ahead) {
        ahead = limit;
    }
    if (ahead > 0) {
        char *start = self->buffer + self->pos;
        char *newline = memchr(start, '\n', (size_t)ahead);
        if (newline != NULL || ahead == limit) {
            Py_ssize_t size = newline != NULL ? newline - start + 1 : ahead;
            line = PyBytes_FromStringAndSize(start, size);
            if (line != NULL) {
                self->pos += size;
            }
            return line;
        }
    }
    if (buffered_enter(self) < 0) {
        return NULL;
    }
    line = buffered_collect_line(self, limit);
    buffered_leave(self);
    return line;
}

/* ---- writing ---- */

/* `len` bytes that fit behind `pos`. */
static void
buffered_store(BufferedObject *self, const char *data, Py_ssize_t len)
{
    memcpy(self->buffer + self->pos, data, (size_t)len);
    if (!has_valid_write(self) || self->write_pos > self->pos) {
        self->write_pos = self->pos;
    }
    buffered_set_pos(self, self->pos + len);
    if (self->write_end < self->pos) {
        self->write_end = self->pos;
    }
}

/* The flush before a large write would have blocked, with BlockingIOError
 * pending: what is unwritten moves to the front, and as much of `data` as fits
 * goes behind it.  All of it, or -1. */
static Py_ssize_t
buffered_store_after_block(BufferedObject *self, const char *data,
                           Py_ssize_t len)
{
    Py_ssize_t room;

    if (self->readable) {
        buffered_forget_read(self);
    }
    memmove(self->buffer, self->buffer + self->write_pos,
            (size_t)(self->write_end - self->write_pos));
    self->write_end -= self->write_pos;
    self->raw_pos -= self->write_pos;
    self->pos = self->write_end;
    self->write_pos = 0;
    room = self->buffer_size - self->write_end;
    if (len <= room) {
        PyErr_Clear();                              /* BlockingIOError */
        memcpy(self->buffer + self->write_end, data, (size_t)len);
        self->write_end += len;
        self->pos += len;
        return len;
    }
    memcpy(self->buffer + self->write_end, data, (size_t)room);
    self->write_end += room;
    self->pos += room;
    raise_would_block(room);
    return -1;
}

/* Everything but the last piece, which fits the buffer, straight to the raw
 * stream. */
static int
buffered_write_through(BufferedObject *self, const char *data, Py_ssize_t len)
{
    Py_ssize_t offset = buffered_raw_offset(self), written = 0;

    if (offset != 0) {
        if (buffered_raw_seek(self, -offset, 1) < 0) {
            return -1;
        }
        self->raw_pos -= offset;
    }
    while (len - written > self->buffer_size) {
        Py_ssize_t n = buffered_raw_write(self, (char *)data + written,
                                          len - written);
        if (n == -1) {
            return -1;
        }
        if (n == RAW_WOULD_BLOCK) {
            /* Keep as much as there is room for, and say so. */
            int error = errno;
            memcpy(self->buffer, data + written, (size_t)self->buffer_size);
            self->raw_pos = 0;
            buffered_set_pos(self, self->buffer_size);
            self->write_pos = 0;
            self->write_end = self->buffer_size;
            errno = error;
            raise_would_block(written + self->buffer_size);
            return -1;
        }
        written += n;
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
    }
    if (self->readable) {
        buffered_forget_read(self);
    }
    if (len > written) {
        memcpy(self->buffer, data + written, (size_t)(len - written));
    }
    self->write_pos = 0;
    self->write_end = len - written;
    buffered_set_pos(self, len - written);
    self->raw_pos = 0;
    return 0;
}

/* With the lock held. */
static PyObject *
buffered_write_locked(BufferedObject *self, const char *data, Py_ssize_t len)
{
    if (!has_valid_read(self) && !has_valid_write(self)) {
        self->pos = 0;
        self->raw_pos = 0;
    }
    if (len <= self->buffer_size - self->pos) {
        buffered_store(self, data, len);
        return PyLong_FromSsize_t(len);
    }
    if (buffered_flush_writes(self) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BlockingIOError) ||
            !has_valid_write(self) ||
            buffered_store_after_block(self, data, len) < 0) {
            return NULL;
        }
        return PyLong_FromSsize_t(len);
    }
    if (buffered_write_through(self, data, len) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(len);
}

PyObject *
buffered_write_bytes(BufferedObject *self, const char *data, Py_ssize_t len)
{
    PyObject *result = NULL;

    if (buffered_require_init(self) < 0 || buffered_enter(self) < 0) {
        return NULL;
    }
    /* Only now: another thread may have closed it meanwhile. */
    if (buffered_require_open(self, "write to closed file") == 0) {
        result = buffered_write_locked(self, data, len);
    }
    buffered_leave(self);
    return result;
}
