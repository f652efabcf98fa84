/* Descriptors: open, read, write, duplicate, inheritance, blocking mode; and
 * the kernel's random bytes.
 *
 * Contracts are in Include/internal/fileutils.h.  The locale's text encoding
 * is in fileutils_locale.c, paths are in fileutils_path.c.
 */
#include "Python.h"

#include "audit.h"
#include "fileutils.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- inheritance and blocking ---- */

/* `raise`: whether to set an exception on failure. */
static int
inheritable_get(int fd, int raise)
{
    int flags = fcntl(fd, F_GETFD, 0);

    if (flags == -1) {
        if (raise) {
            PyErr_SetFromErrno(PyExc_OSError);
        }
        return -1;
    }
    return !(flags & FD_CLOEXEC);
}

int
_Py_get_inheritable(int fd)
{
    return inheritable_get(fd, 1);
}

/* fcntl() also works on O_PATH descriptors, where ioctl() fails with EBADF. */
static int
inheritable_set_by_fcntl(int fd, int inheritable)
{
    int flags = fcntl(fd, F_GETFD);
    int wanted;

    if (flags < 0) {
        return -1;
    }
    wanted = inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
    if (wanted == flags) {
        return 0;
    }
    return fcntl(fd, F_SETFD, wanted);
}

static int
inheritable_set(int fd, int inheritable, int raise, int *atomic_flag_works)
{
    if (atomic_flag_works != NULL && !inheritable) {
        if (*atomic_flag_works == -1) {
            int inherited = inheritable_get(fd, raise);
            if (inherited == -1) {
                return -1;
            }
            *atomic_flag_works = !inherited;
        }
        if (*atomic_flag_works) {
            return 0;
        }
    }
    if (ioctl(fd, inheritable ? FIONCLEX : FIOCLEX, NULL) == 0) {
        return 0;
    }
    if ((errno == ENOTTY || errno == EACCES || errno == EBADF) &&
        inheritable_set_by_fcntl(fd, inheritable) == 0) {
        return 0;
    }
    if (raise) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return -1;
}

int
_Py_set_inheritable(int fd, int inheritable, int *atomic_flag_works)
{
    return inheritable_set(fd, inheritable, 1, atomic_flag_works);
}

int
_Py_set_inheritable_async_safe(int fd, int inheritable,
                               int *atomic_flag_works)
{
    return inheritable_set(fd, inheritable, 0, atomic_flag_works);
}

int
_Py_get_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL, 0);

    if (flags < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return !(flags & O_NONBLOCK);
}

int
_Py_set_blocking(int fd, int blocking)
{
    int non_blocking = !blocking;

    if (ioctl(fd, FIONBIO, &non_blocking) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* ---- open ---- */

int
_Py_open_noraise(const char *pathname, int flags)
{
    return open(pathname, flags | O_CLOEXEC);
}

int
_Py_open(const char *pathname, int flags)
{
    int fd;

    assert(PyGILState_Check());
    if (PyAudit(AUDIT_OPEN, "sOi", pathname, Py_None, flags) < 0) {
        return -1;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        fd = open(pathname, flags | O_CLOEXEC);
        Py_END_ALLOW_THREADS
    } while (fd < 0 && errno == EINTR && PyErr_CheckSignals() == 0);
    if (fd < 0 && !PyErr_Occurred()) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, pathname);
    }
    return fd;
}

/* fopen() with close-on-exec; the stream, or NULL with errno. */
static FILE *
stream_open(const char *path, const char *mode)
{
    char full_mode[16];
    size_t len = strlen(mode);

    if (len + 2 > sizeof(full_mode)) {
        errno = EINVAL;
        return NULL;
    }
    memcpy(full_mode, mode, len);
    full_mode[len] = 'e';
    full_mode[len + 1] = '\0';
    return fopen(path, full_mode);
}

FILE *
_Py_wfopen(const wchar_t *path, const wchar_t *mode)
{
    char *narrow_path;
    char narrow_mode[10];
    FILE *stream;

    if (PyAudit(AUDIT_OPEN, "uui", path, mode, 0) < 0) {
        return NULL;
    }
    if (wcstombs(narrow_mode, mode, sizeof(narrow_mode)) >=
        sizeof(narrow_mode)) {
        errno = EINVAL;
        return NULL;
    }
    narrow_path = _Py_EncodeLocaleRaw(path, NULL);
    if (narrow_path == NULL) {
        return NULL;
    }
    stream = stream_open(narrow_path, narrow_mode);
    PyMem_RawFree(narrow_path);
    return stream;
}

FILE *
_Py_fopen_obj(PyObject *path, const char *mode)
{
    PyObject *narrow = NULL;
    FILE *stream;

    assert(PyGILState_Check());
    if (!PyUnicode_FSConverter(path, &narrow)) {
        return NULL;
    }
    if (PyAudit(AUDIT_OPEN, "Osi", path, mode, 0) < 0) {
        Py_DECREF(narrow);
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        stream = stream_open(PyBytes_AS_STRING(narrow), mode);
        Py_END_ALLOW_THREADS
    } while (stream == NULL && errno == EINTR && PyErr_CheckSignals() == 0);
    Py_DECREF(narrow);
    if (stream == NULL && !PyErr_Occurred()) {
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    }
    return stream;
}

/* ---- read and write ---- */

Py_ssize_t
_Py_read(int fd, void *buf, size_t count)
{
    Py_ssize_t n;
    int error, interrupted = 0;

    assert(PyGILState_Check());
    if (count > PY_SSIZE_T_MAX) {
        count = PY_SSIZE_T_MAX;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = read(fd, buf, count);
        error = errno;
        Py_END_ALLOW_THREADS
    } while (n < 0 && error == EINTR &&
             !(interrupted = PyErr_CheckSignals()));
    if (interrupted) {
        errno = error;
        return -1;
    }
    if (n < 0) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        errno = error;
        return -1;
    }
    return n;
}

Py_ssize_t
_Py_write(int fd, const void *buf, size_t count)
{
    Py_ssize_t n;
    int error, interrupted = 0;

    assert(PyGILState_Check());
    if (count > PY_SSIZE_T_MAX) {
        count = PY_SSIZE_T_MAX;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = write(fd, buf, count);
        error = errno;
        Py_END_ALLOW_THREADS
    } while (n < 0 && error == EINTR &&
             !(interrupted = PyErr_CheckSignals()));
    if (interrupted) {
        errno = error;
        return -1;
    }
    if (n < 0) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        errno = error;
        return -1;
    }
    return n;
}

Py_ssize_t
_Py_write_noraise(int fd, const void *buf, size_t count)
{
    Py_ssize_t n;

    if (count > PY_SSIZE_T_MAX) {
        count = PY_SSIZE_T_MAX;
    }
    do {
        n = write(fd, buf, count);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* ---- stat ---- */

int
_Py_fstat_noraise(int fd, struct stat *status)
{
    return fstat(fd, status);
}

int
_Py_fstat(int fd, struct stat *status)
{
    int failed;

    assert(PyGILState_Check());
    Py_BEGIN_ALLOW_THREADS
    failed = fstat(fd, status);
    Py_END_ALLOW_THREADS
    if (failed) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

int
_Py_stat(PyObject *path, struct stat *status)
{
    PyObject *narrow = PyUnicode_EncodeFSDefault(path);
    char *text;
    int failed;

    if (narrow == NULL) {
        return -2;
    }
    if (PyBytes_AsStringAndSize(narrow, &text, NULL) < 0) {
        Py_DECREF(narrow);                     /* an embedded null byte */
        return -2;
    }
    failed = stat(text, status);
    Py_DECREF(narrow);
    return failed;
}

/* ---- duplicate and close ---- */

int
_Py_dup(int fd)
{
    int copy;

    assert(PyGILState_Check());
    Py_BEGIN_ALLOW_THREADS
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    Py_END_ALLOW_THREADS
    if (copy < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return copy;
}

void
_Py_closerange(int first, int last)
{
    first = Py_MAX(first, 0);
    if (first > last) {
        return;
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, last, 0) == 0) {
        return;
    }
#endif
    /* FAST PATH: same result without it; an unlimited `last` is common. */
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit > 0 && last >= limit) {
        last = (int)limit - 1;
    }
    for (int fd = first; fd <= last; fd++) {
        (void)close(fd);
    }
}

/* ---- randomness ---- */

static int
random_fill_from_device(char *buffer, size_t size)
{
    int fd = _Py_open_noraise("/dev/urandom", O_RDONLY);

    if (fd < 0) {
        return -1;
    }
    while (size > 0) {
        ssize_t n = read(fd, buffer, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            int error = n < 0 ? errno : EIO;
            close(fd);
            errno = error;
            return -1;
        }
        buffer += n;
        size -= (size_t)n;
    }
    close(fd);
    return 0;
}

int
fileutils_random_noraise(void *buffer, size_t size)
{
    char *next = buffer;

    while (size > 0) {
        /* Requests of up to 256 bytes are never cut short. */
        ssize_t n = getrandom(next, Py_MIN(size, 1 << 20), GRND_NONBLOCK);
        if (n > 0) {
            next += n;
            size -= (size_t)n;
        }
        else if (n < 0 && errno != EINTR) {
            return random_fill_from_device(next, size);
        }
    }
    return 0;
}

/* The kernel's generator with `flags`; 1: done, 0: it is not available, or
 * would block; -1 with an exception. */
static int
random_fill(char *buffer, size_t size, unsigned int flags)
{
    while (size > 0) {
        ssize_t n;

        Py_BEGIN_ALLOW_THREADS
        n = getrandom(buffer, Py_MIN(size, 1 << 20), flags);
        Py_END_ALLOW_THREADS
        if (n < 0) {
            if (errno == ENOSYS || errno == EPERM ||
                (errno == EAGAIN && (flags & GRND_NONBLOCK))) {
                return 0;
            }
            if (errno == EINTR) {
                if (PyErr_CheckSignals() < 0) {
                    return -1;
                }
                continue;
            }
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        buffer += n;
        size -= (size_t)n;
    }
    return 1;
}

static int
urandom_fill(void *buffer, Py_ssize_t size, unsigned int flags)
{
    int filled, failed;

    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative argument not allowed");
        return -1;
    }
    filled = random_fill(buffer, (size_t)size, flags);
    if (filled != 0) {
        return filled < 0 ? -1 : 0;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = random_fill_from_device(buffer, (size_t)size);
    Py_END_ALLOW_THREADS
    if (failed) {
        if (errno == ENOENT || errno == ENXIO || errno == ENODEV ||
            errno == EACCES) {
            PyErr_SetString(PyExc_NotImplementedError,
                            "/dev/urandom (or equivalent) not found");
        }
        else {
            PyErr_SetFromErrno(PyExc_OSError);
        }
        return -1;
    }
    return 0;
}

int
_PyOS_URandom(void *buffer, Py_ssize_t size)
{
    return urandom_fill(buffer, size, 0);
}

int
_PyOS_URandomNonblock(void *buffer, Py_ssize_t size)
{
    return urandom_fill(buffer, size, GRND_NONBLOCK);
}
