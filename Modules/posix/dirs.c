/* Names in directories: make, remove, rename, link, list; the current
 * directory. */
#include "posix_private.h"

#include "audit.h"
#include "fileutils.h"

#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- the current directory ---- */

PyObject *
posix_chdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&:chdir", "path");
    posix_path path = POSIX_PATH_INIT("chdir", "path", 0, 1);
    PyObject *result = NULL;
    int failed;

    if (PARSE(posix_path_converter, &path) &&
        PyAudit(AUDIT_OS_CHDIR, "(O)", path.object) == 0) {
        Py_BEGIN_ALLOW_THREADS
        failed = path.fd != -1 ? fchdir(path.fd) : chdir(path.narrow);
        Py_END_ALLOW_THREADS
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_fchdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&:fchdir", "fd");
    int fd, failed, retry;

    if (!PARSE(posix_fildes_converter, &fd) ||
        PyAudit(AUDIT_OS_CHDIR, "(i)", fd) < 0 ||
        PyAudit(AUDIT_LUCID_OS_FCHDIR, "i", fd) < 0) {
        return NULL;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = fchdir(fd);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    return retry < 0 ? NULL : NONE_OR_ERROR(failed);
}

PyObject *
posix_chroot(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&:chroot", "path");
    posix_path path = POSIX_PATH_INIT("chroot", "path", 0, 0);
    PyObject *result = NULL;
    int failed;

    if (PARSE(posix_path_converter, &path) &&
        PyAudit(AUDIT_LUCID_OS_CHROOT, "(O)", path.object) == 0) {
        Py_BEGIN_ALLOW_THREADS
        failed = chroot(path.narrow);
        Py_END_ALLOW_THREADS
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
current_directory(int as_bytes)
{
    size_t size = 1024;
    char *buffer = NULL, *cwd = NULL;
    PyObject *result = NULL;

    do {
        char *larger = PyMem_RawRealloc(buffer, size);
        if (larger == NULL) {
            PyMem_RawFree(buffer);
            return PyErr_NoMemory();
        }
        buffer = larger;
        Py_BEGIN_ALLOW_THREADS
        cwd = getcwd(buffer, size);
        Py_END_ALLOW_THREADS
        size *= 2;
    } while (cwd == NULL && errno == ERANGE);
    if (cwd == NULL) {
        posix_error();
    }
    else {
        result = as_bytes ? PyBytes_FromString(buffer)
                          : PyUnicode_DecodeFSDefault(buffer);
    }
    PyMem_RawFree(buffer);
    return result;
}

PyObject *
posix_getcwd(PyObject *module, PyObject *unused)
{
    return current_directory(0);
}

PyObject *
posix_getcwdb(PyObject *module, PyObject *unused)
{
    return current_directory(1);
}

/* ---- make ---- */

PyObject *
posix_mkdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&|i$O&:mkdir", "path", "mode", "dir_fd");
    posix_path path = POSIX_PATH_INIT("mkdir", "path", 0, 0);
    int mode = 0777, dir_fd = AT_FDCWD, failed;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, &mode, posix_dir_fd_converter,
              &dir_fd) &&
        PyAudit(AUDIT_OS_MKDIR, "Oii", path.object, mode,
                DIR_FD_FOR_AUDIT(dir_fd)) == 0) {
        Py_BEGIN_ALLOW_THREADS
        failed = mkdirat(dir_fd, path.narrow, (mode_t)mode);
        Py_END_ALLOW_THREADS
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_mkfifo(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&|i$O&:mkfifo", "path", "mode", "dir_fd");
    posix_path path = POSIX_PATH_INIT("mkfifo", "path", 0, 0);
    int mode = 0666, dir_fd = AT_FDCWD, failed, retry;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &path, &mode, posix_dir_fd_converter,
               &dir_fd) ||
        PyAudit(AUDIT_LUCID_OS_MKFIFO, "Oii", path.object, mode,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        goto done;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = mkfifoat(dir_fd, path.narrow, (mode_t)mode);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    if (retry == 0) {
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
done:
    posix_path_release(&path);
    return result;
}

PyObject *
posix_mknod(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&|iO&$O&:mknod", "path", "mode", "device", "dir_fd");
    posix_path path = POSIX_PATH_INIT("mknod", "path", 0, 0);
    int mode = 0600, dir_fd = AT_FDCWD, failed, retry;
    dev_t device = 0;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &path, &mode, posix_dev_converter,
               &device, posix_dir_fd_converter, &dir_fd) ||
        PyAudit(AUDIT_LUCID_OS_MKNOD, "OiLi", path.object, mode,
                (long long)device, DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        goto done;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = mknodat(dir_fd, path.narrow, (mode_t)mode, device);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed)) > 0);
    if (retry == 0) {
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
done:
    posix_path_release(&path);
    return result;
}

PyObject *
posix_major(PyObject *module, PyObject *arg)
{
    dev_t device;

    return posix_dev_converter(arg, &device)
               ? PyLong_FromUnsignedLong(major(device))
               : NULL;
}

PyObject *
posix_minor(PyObject *module, PyObject *arg)
{
    dev_t device;

    return posix_dev_converter(arg, &device)
               ? PyLong_FromUnsignedLong(minor(device))
               : NULL;
}

PyObject *
posix_makedev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int major_number, minor_number;

    if (!PARSE_ARGS("makedev", 2, 2, "ii", &major_number,
                           &minor_number)) {
        return NULL;
    }
    return posix_object_from_dev(makedev((unsigned)major_number,
                                         (unsigned)minor_number));
}

/* ---- remove, rename ---- */

/* remove and unlink. */
static PyObject *
remove_file(posix_path *path, int dir_fd)
{
    int failed;

    if (PyAudit(AUDIT_OS_REMOVE, "Oi", path->object,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = unlinkat(dir_fd, path->narrow, 0);
    Py_END_ALLOW_THREADS
    return failed ? posix_path_error(path) : Py_NewRef(Py_None);
}

PyObject *
posix_remove(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&|$O&:remove", "path", "dir_fd");
    posix_path path = POSIX_PATH_INIT("remove", "path", 0, 0);
    int dir_fd = AT_FDCWD;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, posix_dir_fd_converter, &dir_fd)) {
        result = remove_file(&path, dir_fd);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_unlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&|$O&:unlink", "path", "dir_fd");
    posix_path path = POSIX_PATH_INIT("unlink", "path", 0, 0);
    int dir_fd = AT_FDCWD;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, posix_dir_fd_converter, &dir_fd)) {
        result = remove_file(&path, dir_fd);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_rmdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("O&|$O&:rmdir", "path", "dir_fd");
    posix_path path = POSIX_PATH_INIT("rmdir", "path", 0, 0);
    int dir_fd = AT_FDCWD, failed;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &path, posix_dir_fd_converter, &dir_fd) &&
        PyAudit(AUDIT_OS_RMDIR, "Oi", path.object,
                DIR_FD_FOR_AUDIT(dir_fd)) == 0) {
        Py_BEGIN_ALLOW_THREADS
        failed = unlinkat(dir_fd, path.narrow, AT_REMOVEDIR);
        Py_END_ALLOW_THREADS
        result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
    }
    posix_path_release(&path);
    return result;
}

/* rename and replace: on this platform the same. */
static PyObject *
rename_path(posix_path *src, posix_path *dst, int src_dir_fd, int dst_dir_fd)
{
    int failed;

    if (PyAudit(AUDIT_OS_RENAME, "OOii", src->object, dst->object,
                DIR_FD_FOR_AUDIT(src_dir_fd),
                DIR_FD_FOR_AUDIT(dst_dir_fd)) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = renameat(src_dir_fd, src->narrow, dst_dir_fd, dst->narrow);
    Py_END_ALLOW_THREADS
    return failed ? posix_path_error2(src, dst) : Py_NewRef(Py_None);
}

PyObject *
posix_rename(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&O&|$O&O&:rename", "src", "dst", "src_dir_fd", "dst_dir_fd");
    posix_path src = POSIX_PATH_INIT("rename", "src", 0, 0);
    posix_path dst = POSIX_PATH_INIT("rename", "dst", 0, 0);
    int src_dir_fd = AT_FDCWD, dst_dir_fd = AT_FDCWD;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &src, posix_path_converter, &dst,
              posix_dir_fd_converter, &src_dir_fd, posix_dir_fd_converter,
              &dst_dir_fd)) {
        result = rename_path(&src, &dst, src_dir_fd, dst_dir_fd);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

PyObject *
posix_replace(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("O&O&|$O&O&:replace", "src", "dst", "src_dir_fd", "dst_dir_fd");
    posix_path src = POSIX_PATH_INIT("replace", "src", 0, 0);
    posix_path dst = POSIX_PATH_INIT("replace", "dst", 0, 0);
    int src_dir_fd = AT_FDCWD, dst_dir_fd = AT_FDCWD;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &src, posix_path_converter, &dst,
              posix_dir_fd_converter, &src_dir_fd, posix_dir_fd_converter,
              &dst_dir_fd)) {
        result = rename_path(&src, &dst, src_dir_fd, dst_dir_fd);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

/* ---- links ---- */

PyObject *
posix_link(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    PARSER("O&O&|$O&O&p:link", "src", "dst", "src_dir_fd", "dst_dir_fd",
           "follow_symlinks");
    posix_path src = POSIX_PATH_INIT("link", "src", 0, 0);
    posix_path dst = POSIX_PATH_INIT("link", "dst", 0, 0);
    int src_dir_fd = AT_FDCWD, dst_dir_fd = AT_FDCWD, follow_symlinks = 1;
    int failed;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &src, posix_path_converter, &dst,
               posix_dir_fd_converter, &src_dir_fd, posix_dir_fd_converter,
               &dst_dir_fd, &follow_symlinks) ||
        PyAudit(AUDIT_OS_LINK, "OOii", src.object, dst.object,
                DIR_FD_FOR_AUDIT(src_dir_fd),
                DIR_FD_FOR_AUDIT(dst_dir_fd)) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (src_dir_fd != AT_FDCWD || dst_dir_fd != AT_FDCWD ||
        !follow_symlinks) {
        failed = linkat(src_dir_fd, src.narrow, dst_dir_fd, dst.narrow,
                        follow_symlinks ? AT_SYMLINK_FOLLOW : 0);
    }
    else {
        failed = link(src.narrow, dst.narrow);
    }
    Py_END_ALLOW_THREADS
    result = failed ? posix_path_error2(&src, &dst) : Py_NewRef(Py_None);
done:
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

PyObject *
posix_symlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("O&O&|p$O&:symlink", "src", "dst", "target_is_directory",
           "dir_fd");
    posix_path src = POSIX_PATH_INIT("symlink", "src", 0, 0);
    posix_path dst = POSIX_PATH_INIT("symlink", "dst", 0, 0);
    int target_is_directory = 0, dir_fd = AT_FDCWD, failed;
    PyObject *result = NULL;

    if (PARSE(posix_path_converter, &src, posix_path_converter, &dst,
              &target_is_directory, posix_dir_fd_converter, &dir_fd) &&
        PyAudit(AUDIT_OS_SYMLINK, "OOi", src.object, dst.object,
                DIR_FD_FOR_AUDIT(dir_fd)) == 0) {
        Py_BEGIN_ALLOW_THREADS
        failed = symlinkat(src.narrow, dir_fd, dst.narrow);
        Py_END_ALLOW_THREADS
        result = failed ? posix_path_error2(&src, &dst) : Py_NewRef(Py_None);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

PyObject *
posix_readlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("O&|$O&:readlink", "path", "dir_fd");
    posix_path path = POSIX_PATH_INIT("readlink", "path", 0, 0);
    int dir_fd = AT_FDCWD;
    char target[PATH_MAX + 1];
    ssize_t len;
    PyObject *result = NULL;

    if (!PARSE(posix_path_converter, &path, posix_dir_fd_converter,
               &dir_fd) ||
        PyAudit(AUDIT_LUCID_OS_READLINK, "Oi", path.object,
                DIR_FD_FOR_AUDIT(dir_fd)) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    len = readlinkat(dir_fd, path.narrow, target, PATH_MAX);
    Py_END_ALLOW_THREADS
    if (len < 0) {
        posix_path_error(&path);
    }
    else if (PyUnicode_Check(path.object)) {
        result = PyUnicode_DecodeFSDefaultAndSize(target, len);
    }
    else {
        result = PyBytes_FromStringAndSize(target, len);
    }
done:
    posix_path_release(&path);
    return result;
}

/* ---- list ---- */

/* Opens a stream over a path, or over a duplicate of a descriptor.  NULL with
 * an exception. */
static DIR *
open_directory(posix_path *path)
{
    DIR *stream;
    int fd;

    if (path->fd == -1) {
        Py_BEGIN_ALLOW_THREADS
        /* the descriptor -1 means none, as ever: the current directory */
        stream = opendir(path->narrow != NULL ? path->narrow : ".");
        Py_END_ALLOW_THREADS
    }
    else {
        fd = _Py_dup(path->fd);
        if (fd == -1) {
            return NULL;
        }
        Py_BEGIN_ALLOW_THREADS
        stream = fdopendir(fd);
        Py_END_ALLOW_THREADS
        if (stream == NULL) {
            int error = errno;
            close(fd);
            errno = error;
        }
    }
    if (stream == NULL) {
        posix_path_error(path);
    }
    return stream;
}

/* Adds the remaining names; 0/-1. */
static int
list_names(DIR *stream, posix_path *path, int as_text, PyObject *list)
{
    for (;;) {
        struct dirent *entry;
        PyObject *name;
        const char *text;
        int status;

        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        entry = readdir(stream);
        Py_END_ALLOW_THREADS
        if (entry == NULL) {
            if (errno != 0) {
                posix_path_error(path);
                return -1;
            }
            return 0;
        }
        text = entry->d_name;
        if (text[0] == '.' &&
            (text[1] == '\0' || (text[1] == '.' && text[2] == '\0'))) {
            continue;
        }
        name = as_text ? PyUnicode_DecodeFSDefault(text)
                       : PyBytes_FromString(text);
        if (name == NULL) {
            return -1;
        }
        status = PyList_Append(list, name);
        Py_DECREF(name);
        if (status < 0) {
            return -1;
        }
    }
}

PyObject *
posix_listdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("|O&:listdir", "path");
    posix_path path = POSIX_PATH_INIT("listdir", "path", 1, 1);
    PyObject *list = NULL;
    DIR *stream = NULL;
    int as_text;

    path.narrow = ".";
    if (!PARSE(posix_path_converter, &path) ||
        PyAudit(AUDIT_OS_LISTDIR, "(O)",
                path.object != NULL ? path.object : Py_None) < 0) {
        goto done;
    }
    stream = open_directory(&path);
    if (stream == NULL) {
        goto done;
    }
    as_text = path.object == NULL || path.fd != -1 ||
              PyUnicode_Check(path.object);
    list = PyList_New(0);
    if (list != NULL && list_names(stream, &path, as_text, list) < 0) {
        Py_CLEAR(list);
    }
    Py_BEGIN_ALLOW_THREADS
    if (path.fd > -1) {
        rewinddir(stream);
    }
    closedir(stream);
    Py_END_ALLOW_THREADS
done:
    posix_path_release(&path);
    return list;
}
