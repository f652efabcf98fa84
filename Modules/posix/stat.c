/* The status of files and file systems; permissions, owners, times, sizes. */
#include "posix_private.h"

#include "audit.h"
#include "fileutils.h"

#include <sys/statvfs.h>
#include <unistd.h>

/* ---- results ---- */

/* Positions behind the ten that are items of the tuple. */
enum { FLOAT_TIMES = 10, NS_TIMES = 13, BLKSIZE = 16 };

static int
set_item(PyObject *result, Py_ssize_t index, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    PyStructSequence_SET_ITEM(result, index, value);
    return 0;
}

/* tp_new of every struct sequence type; written once, always the same. */
static newfunc structseq_new;

void
posix_stat_result_set_new(PyTypeObject *type)
{
    if (type->tp_new != posix_stat_result_new) {
        structseq_new = type->tp_new;
        type->tp_new = posix_stat_result_new;
    }
}

/* Float times that the sequence does not have are taken from the integers. */
PyObject *
posix_stat_result_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *result = structseq_new(type, args, kwds);

    if (result == NULL) {
        return NULL;
    }
    for (int i = 7; i <= 9; i++) {
        PyObject *time = PyStructSequence_GET_ITEM(result, i + 3);
        if (time == Py_None) {
            PyStructSequence_SET_ITEM(
                result, i + 3,
                Py_NewRef(PyStructSequence_GET_ITEM(result, i)));
            Py_DECREF(time);
        }
    }
    return result;
}

/* Seconds as int at 7 + which, as float, and nanoseconds. */
static int
stat_fill_time(posix_state *state, PyObject *result, int which,
               const struct timespec *ts)
{
    PyObject *seconds = PyLong_FromLongLong(ts->tv_sec), *ns;

    if (set_item(result, 7 + which, seconds) < 0 ||
        set_item(result, FLOAT_TIMES + which,
                 PyFloat_FromDouble((double)ts->tv_sec +
                                    1e-9 * (double)ts->tv_nsec)) < 0) {
        return -1;
    }
    /* in 64 bits from 1677 to 2262 */
    if (ts->tv_sec > INT64_MIN / 1000000000 &&
        ts->tv_sec < INT64_MAX / 1000000000) {
        ns = PyLong_FromLongLong((int64_t)ts->tv_sec * 1000000000 +
                                 ts->tv_nsec);
    }
    else {
        PyObject *whole = PyNumber_Multiply(seconds, state->billion);
        PyObject *part = PyLong_FromLong(ts->tv_nsec);
        ns = whole == NULL || part == NULL ? NULL
                                           : PyNumber_Add(whole, part);
        Py_XDECREF(whole);
        Py_XDECREF(part);
    }
    return set_item(result, NS_TIMES + which, ns);
}

PyObject *
posix_stat_result(posix_state *state, const struct stat *status)
{
    PyObject *result = PyStructSequence_New(state->stat_result_type);

    if (result == NULL) {
        return NULL;
    }
    if (set_item(result, 0, PyLong_FromLong((long)status->st_mode)) < 0 ||
        set_item(result, 1, PyLong_FromUnsignedLong(status->st_ino)) < 0 ||
        set_item(result, 2, posix_object_from_dev(status->st_dev)) < 0 ||
        set_item(result, 3, PyLong_FromUnsignedLong(status->st_nlink)) < 0 ||
        set_item(result, 4, posix_object_from_uid(status->st_uid)) < 0 ||
        set_item(result, 5, posix_object_from_gid(status->st_gid)) < 0 ||
        set_item(result, 6, PyLong_FromLongLong(status->st_size)) < 0 ||
        stat_fill_time(state, result, 0, &status->st_atim) < 0 ||
        stat_fill_time(state, result, 1, &status->st_mtim) < 0 ||
        stat_fill_time(state, result, 2, &status->st_ctim) < 0 ||
        set_item(result, BLKSIZE, PyLong_FromLong(status->st_blksize)) < 0 ||
        set_item(result, BLKSIZE + 1,
                 PyLong_FromLong(status->st_blocks)) < 0 ||
        set_item(result, BLKSIZE + 2,
                 posix_object_from_dev(status->st_rdev)) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* ---- stat ---- */

static PyObject *
stat_path(PyObject *module, const char *function, posix_path *path,
          int dir_fd, int follow_symlinks)
{
    struct stat status;
    int failed;

    if (posix_path_and_dir_fd_invalid(function, path, dir_fd) ||
        posix_dir_fd_and_fd_invalid(function, dir_fd, path->fd) ||
        posix_fd_and_follow_symlinks_invalid(function, path->fd,
                                             follow_symlinks) ||
        PyAudit(AUDIT_LUCID_OS_STAT, "OiO", path->object,
                DIR_FD_FOR_AUDIT(dir_fd),
                follow_symlinks ? Py_True : Py_False) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    if (path->fd != -1) {
        failed = fstat(path->fd, &status);
    }
    else if (path->narrow == NULL) {
        errno = EFAULT;                       /* the descriptor -1 */
        failed = -1;
    }
    else {
        failed = fstatat(dir_fd, path->narrow, &status,
                         follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    Py_END_ALLOW_THREADS
    if (failed) {
        return posix_path_error(path);
    }
    return posix_stat_result(posix_get_state(module), &status);
}

PyObject *
posix_stat(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    PARSER("O&|$O&p:stat", "path", "dir_fd", "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("stat", "path", 0, 1);
    int dir_fd = AT_FDCWD, follow_symlinks = 1;
    PyObject *result;

    if (nargs == 1 && kwnames == NULL) {
        /* FAST PATH: same result without it */
        if (!posix_path_converter(args[0], &path)) {
            return NULL;
        }
    }
    else if (!PARSE(posix_path_converter, &path, posix_dir_fd_converter,
                    &dir_fd, &follow_symlinks)) {
        return NULL;
    }
    result = stat_path(module, "stat", &path, dir_fd, follow_symlinks);
    posix_path_release(&path);
    return result;
}

PyObject *
posix_lstat(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&|$O&:lstat", "path", "dir_fd");
    posix_path path = POSIX_PATH_INIT("lstat", "path", 0, 0);
    int dir_fd = AT_FDCWD;
    PyObject *result;

    if (!PARSE(posix_path_converter, &path, posix_dir_fd_converter,
               &dir_fd)) {
        return NULL;
    }
    result = stat_path(module, "lstat", &path, dir_fd, 0);
    posix_path_release(&path);
    return result;
}

PyObject *
posix_fstat(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("i:fstat", "fd");
    struct stat status;
    int fd, failed, retry;

    if (!PARSE(&fd) ||
        PyAudit(AUDIT_LUCID_OS_STAT, "iiO", fd, -1, Py_True) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = fstat(fd, &status);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    if (failed) {
        return retry < 0 ? NULL : posix_error();
    }
    return posix_stat_result(posix_get_state(module), &status);
}

static PyObject *
statvfs_result(posix_state *state, const struct statvfs *status)
{
    PyObject *result = PyStructSequence_New(state->statvfs_result_type);
    const unsigned long numbers[] = {
        status->f_bsize, status->f_frsize, status->f_blocks, status->f_bfree,
        status->f_bavail, status->f_files, status->f_ffree, status->f_favail,
        status->f_flag, status->f_namemax, status->f_fsid,
    };

    if (result == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(numbers); i++) {
        if (set_item(result, (Py_ssize_t)i,
                     PyLong_FromUnsignedLong(numbers[i])) < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

PyObject *
posix_fstatvfs(PyObject *module, PyObject *arg)
{
    struct statvfs status;
    int fd = _PyLong_AsInt(arg), failed, retry;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = fstatvfs(fd, &status);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    if (failed) {
        return retry < 0 ? NULL : posix_error();
    }
    return statvfs_result(posix_get_state(module), &status);
}

PyObject *
posix_statvfs(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("O&:statvfs", "path");
    posix_path path = POSIX_PATH_INIT("statvfs", "path", 0, 1);
    struct statvfs status;
    PyObject *result;
    int failed;

    if (!PARSE(posix_path_converter, &path)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = path.fd != -1 ? fstatvfs(path.fd, &status)
                           : statvfs(path.narrow, &status);
    Py_END_ALLOW_THREADS
    result = failed ? posix_path_error(&path)
                    : statvfs_result(posix_get_state(module), &status);
    posix_path_release(&path);
    return result;
}

PyObject *
posix_access(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&i|$O&pp:access", "path", "mode", "dir_fd", "effective_ids",
           "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("access", "path", 0, 0);
    int mode, dir_fd = AT_FDCWD, effective_ids = 0, follow_symlinks = 1;
    int failed;

    if (!PARSE(posix_path_converter, &path, &mode, posix_dir_fd_converter,
               &dir_fd, &effective_ids, &follow_symlinks)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_ACCESS, "Oii", path.object, mode,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        posix_path_release(&path);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    if (dir_fd != AT_FDCWD || effective_ids || !follow_symlinks) {
        failed = faccessat(dir_fd, path.narrow, mode,
                           (follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) |
                               (effective_ids ? AT_EACCESS : 0));
    }
    else {
        failed = access(path.narrow, mode);
    }
    Py_END_ALLOW_THREADS
    posix_path_release(&path);
    return PyBool_FromLong(!failed);
}

/* ---- permissions ---- */

/* Not every C library and file system can do it for a link itself. */
static PyObject *
chmod_link_error(int dir_fd)
{
    if (dir_fd != AT_FDCWD) {
        PyErr_SetString(PyExc_ValueError, "chmod: cannot use dir_fd and "
                                          "follow_symlinks together");
    }
    else {
        PyErr_SetString(PyExc_NotImplementedError,
                        "chmod: follow_symlinks unavailable on this platform");
    }
    return NULL;
}

PyObject *
posix_chmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&i|$O&p:chmod", "path", "mode", "dir_fd", "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("chmod", "path", 0, 1);
    int mode, dir_fd = AT_FDCWD, follow_symlinks = 1, failed;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &path, &mode, posix_dir_fd_converter,
               &dir_fd, &follow_symlinks) ||
        PyAudit(AUDIT_OS_CHMOD, "Oii", path.object, mode,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (path.fd != -1) {
        failed = fchmod(path.fd, (mode_t)mode);
    }
    else if (dir_fd != AT_FDCWD || !follow_symlinks) {
        failed = fchmodat(dir_fd, path.narrow, (mode_t)mode,
                          follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    else {
        failed = chmod(path.narrow, (mode_t)mode);
    }
    Py_END_ALLOW_THREADS
    if (failed && !follow_symlinks &&
        (errno == ENOTSUP || errno == EOPNOTSUPP)) {
        result = chmod_link_error(dir_fd);
        goto done;
    }
    result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
done:
    posix_path_release(&path);
    return result;
}

PyObject *
posix_fchmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("ii:fchmod", "fd", "mode");
    int fd, mode, failed, retry;

    if (!PARSE(&fd, &mode) ||
        PyAudit(AUDIT_OS_CHMOD, "iii", fd, mode, -1) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = fchmod(fd, (mode_t)mode);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    return retry < 0 ? NULL : NONE_OR_ERROR(failed);
}

/* ---- owners ---- */

static PyObject *
chown_path(posix_path *path, uid_t uid, gid_t gid, int dir_fd,
           int follow_symlinks)
{
    int failed;

    if (PyAudit(AUDIT_OS_CHOWN, "OIIi", path->object, uid, gid,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    if (path->fd != -1) {
        failed = fchown(path->fd, uid, gid);
    }
    else {
        failed = fchownat(dir_fd, path->narrow, uid, gid,
                          follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    Py_END_ALLOW_THREADS
    return failed ? posix_path_error(path) : Py_NewRef(Py_None);
}

PyObject *
posix_chown(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&O&O&|$O&p:chown", "path", "uid", "gid", "dir_fd",
           "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("chown", "path", 0, 1);
    uid_t uid;
    gid_t gid;
    int dir_fd = AT_FDCWD, follow_symlinks = 1;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, _Py_Uid_Converter, &uid,
              _Py_Gid_Converter, &gid, posix_dir_fd_converter, &dir_fd,
              &follow_symlinks) &&
        !posix_dir_fd_and_fd_invalid("chown", dir_fd, path.fd) &&
        !posix_fd_and_follow_symlinks_invalid("chown", path.fd,
                                              follow_symlinks)) {
        result = chown_path(&path, uid, gid, dir_fd, follow_symlinks);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_lchown(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&O&O&:lchown", "path", "uid", "gid");
    posix_path path = POSIX_PATH_INIT("lchown", "path", 0, 0);
    uid_t uid;
    gid_t gid;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, _Py_Uid_Converter, &uid,
              _Py_Gid_Converter, &gid)) {
        result = chown_path(&path, uid, gid, AT_FDCWD, 0);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_fchown(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("iO&O&:fchown", "fd", "uid", "gid");
    int fd, failed, retry;
    uid_t uid;
    gid_t gid;

    if (!PARSE(&fd, _Py_Uid_Converter, &uid, _Py_Gid_Converter, &gid) ||
        PyAudit(AUDIT_OS_CHOWN, "iIIi", fd, uid, gid, -1) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = fchown(fd, uid, gid);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    return retry < 0 ? NULL : NONE_OR_ERROR(failed);
}

/* ---- times ---- */

/* Nanoseconds as an int of any size.  Runs Python (divmod). */
static int
timespec_from_ns(posix_state *state, PyObject *ns, struct timespec *ts)
{
    PyObject *parts = PyNumber_Divmod(ns, state->billion);
    int status = -1;

    if (parts == NULL) {
        return -1;
    }
    if (!PyTuple_Check(parts) || PyTuple_GET_SIZE(parts) != 2) {
        PyErr_Format(PyExc_TypeError, "%.200s.__divmod__() must return a "
                     "2-tuple, not %.200s", Py_TYPE(ns)->tp_name,
                     Py_TYPE(parts)->tp_name);
        goto done;
    }
    ts->tv_sec = _PyLong_AsTime_t(PyTuple_GET_ITEM(parts, 0));
    if (ts->tv_sec == -1 && PyErr_Occurred()) {
        goto done;
    }
    ts->tv_nsec = PyLong_AsLong(PyTuple_GET_ITEM(parts, 1));
    if (ts->tv_nsec == -1 && PyErr_Occurred()) {
        goto done;
    }
    status = 0;
done:
    Py_DECREF(parts);
    return status;
}

/* Both times from `times`, from `ns`, or now. */
static int
utime_convert(posix_state *state, PyObject *times, PyObject *ns,
              struct timespec *ts)
{
    if (times != Py_None && ns != NULL) {
        PyErr_SetString(PyExc_ValueError, "utime: you may specify either "
                                          "'times' or 'ns' but not both");
        return -1;
    }
    if (times != Py_None) {
        if (!PyTuple_CheckExact(times) || PyTuple_Size(times) != 2) {
            PyErr_SetString(PyExc_TypeError, "utime: 'times' must be either "
                                             "a tuple of two ints or None");
            return -1;
        }
        for (int i = 0; i < 2; i++) {
            if (_PyTime_ObjectToTimespec(PyTuple_GET_ITEM(times, i),
                                         &ts[i].tv_sec, &ts[i].tv_nsec,
                                         _PyTime_ROUND_FLOOR) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (ns != NULL) {
        if (!PyTuple_CheckExact(ns) || PyTuple_Size(ns) != 2) {
            PyErr_SetString(PyExc_TypeError,
                            "utime: 'ns' must be a tuple of two ints");
            return -1;
        }
        return timespec_from_ns(state, PyTuple_GET_ITEM(ns, 0), &ts[0]) < 0 ||
                       timespec_from_ns(state, PyTuple_GET_ITEM(ns, 1),
                                        &ts[1]) < 0
                   ? -1
                   : 0;
    }
    ts[0].tv_sec = ts[1].tv_sec = 0;
    ts[0].tv_nsec = ts[1].tv_nsec = UTIME_NOW;
    return 0;
}

PyObject *
posix_utime(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&|O$OO&p:utime", "path", "times", "ns", "dir_fd",
           "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("utime", "path", 0, 1);
    PyObject *times = Py_None, *ns = NULL, *result = NULL;
    int dir_fd = AT_FDCWD, follow_symlinks = 1, failed;
    struct timespec ts[2];

    if (!PARSE(posix_path_converter, &path, &times, &ns,
               posix_dir_fd_converter, &dir_fd, &follow_symlinks) ||
        utime_convert(posix_get_state(module), times, ns, ts) < 0 ||
        posix_path_and_dir_fd_invalid("utime", &path, dir_fd) ||
        posix_dir_fd_and_fd_invalid("utime", dir_fd, path.fd) ||
        posix_fd_and_follow_symlinks_invalid("utime", path.fd,
                                             follow_symlinks) ||
        PyAudit(AUDIT_OS_UTIME, "OOOi", path.object, times,
                ns != NULL ? ns : Py_None, DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (path.fd != -1) {
        failed = futimens(path.fd, ts);
    }
    else {
        failed = utimensat(dir_fd, path.narrow, ts,
                           follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    Py_END_ALLOW_THREADS
    /* no file name in the error, as ever */
    result = NONE_OR_ERROR(failed);
done:
    posix_path_release(&path);
    return result;
}

/* ---- sizes ---- */

PyObject *
posix_ftruncate(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, failed, retry;
    off_t length;

    if (!PARSE_ARGS("ftruncate", 2, 2, "iO&", &fd,
                           posix_off_converter, &length) ||
        PyAudit(AUDIT_OS_TRUNCATE, "in", fd, (Py_ssize_t)length) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = ftruncate(fd, length);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    return retry < 0 ? NULL : NONE_OR_ERROR(failed);
}

PyObject *
posix_truncate(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("O&O&:truncate", "path", "length");
    posix_path path = POSIX_PATH_INIT("truncate", "path", 0, 1);
    off_t length;
    PyObject *result = NULL;
    int failed;

    if (!PARSE(posix_path_converter, &path, posix_off_converter, &length)) {
        goto done;
    }
    if (path.fd != -1) {
        PyObject *stack[2] = {args[0], NULL};
        stack[1] = PyLong_FromLongLong(length);
        if (stack[1] != NULL) {
            result = posix_ftruncate(module, stack, 2);
            Py_DECREF(stack[1]);
        }
        goto done;
    }
    if (PyAudit(AUDIT_OS_TRUNCATE, "On", path.object,
                (Py_ssize_t)length) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = truncate(path.narrow, length);
    Py_END_ALLOW_THREADS
    result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
done:
    posix_path_release(&path);
    return result;
}
