/* Shared libraries are opened for running as other code is (PEP 578).
 *
 * Without an open-code hook this is dlopen().  With one, the file is opened,
 * the hook judges it, and what it answered is what is mapped:
 *
 *     a plain file            /proc/self/fd/N of its own descriptor
 *     anything else it read   a sealed file in memory with these bytes
 *
 * The linker recognises a library that it has loaded before by device and
 * inode, so a plain file has one identity whatever it is called.  It compares
 * names first, though, and descriptors are used again: no name is given out
 * twice (see name_descriptor).
 *
 * Libraries that it needs are opened in the same way before it: the linker,
 * which would look for them itself, finds them loaded.
 *
 * _ctypes is Debian's module and calls dlopen() itself; its function of that
 * name is replaced when the module is made. */
#include "Python.h"

#include "audit.h"
#include "fileutils.h"
#include "native.h"
#include "open_code.h"
#include "private_api.h"
#include "stackguard.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U           /* Linux 6.3 */
#endif

/* "/proc/self/fd", two characters for each bit of a counter, "/", a number. */
#define DESCRIPTOR_NAME_SIZE 192

/* Number of libraries opened through descriptors; guarded by the GIL. */
static unsigned long names_given;

/* A name of descriptor `fd` that the linker has not seen before: "/." after
 * the folder for each 1 of the counter, "/" for each 0. */
static void
name_descriptor(char name[DESCRIPTOR_NAME_SIZE], int fd)
{
    unsigned long number = ++names_given;
    char *end = stpcpy(name, "/proc/self/fd");

    for (; number != 0; number >>= 1) {
        *end++ = '/';
        if (number & 1) {
            *end++ = '.';
        }
    }
    PyOS_snprintf(end, (size_t)(name + DESCRIPTOR_NAME_SIZE - end), "/%d", fd);
}

/* Is it a file that has a name on some disk?  Files of memfd_create and
 * deleted ones have no link. */
static int
is_plain_file(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_nlink > 0;
}

/* ---- what the hook answered ---- */

static int
write_all(int fd, const char *data, Py_ssize_t size)
{
    while (size > 0) {
        Py_ssize_t written = _Py_write(fd, data, (size_t)size);
        if (written < 0) {
            return -1;
        }
        data += written;
        size -= written;
    }
    return 0;
}

/* A file in memory with the bytes, which nobody can change any more.  The
 * descriptor, or -1 with an exception. */
static int
sealed_file(PyObject *bytes)
{
    int fd = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

    if (fd < 0 && errno == EINVAL) {         /* an older kernel */
        fd = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    if (fd < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (write_all(fd, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes)) < 0) {
        close(fd);
        return -1;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
                               F_SEAL_SEAL) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        close(fd);
        return -1;
    }
    return fd;
}

/* A descriptor of exactly what the stream will still give; -1 with an
 * exception.  Runs Python. */
static int
descriptor_of_stream(PyObject *stream)
{
    int fd = open_code_stream_fd(stream);
    PyObject *content, *closed;

    if (fd < 0 || !is_plain_file(fd) || lseek(fd, 0, SEEK_CUR) != 0) {
        content = open_code_read_stream(stream);
        fd = content == NULL ? -1 : sealed_file(content);
        Py_XDECREF(content);
        return fd;
    }
    fd = _Py_dup(fd);
    if (fd < 0) {
        return -1;              /* the stream closes with its last reference */
    }
    closed = PyObject_CallMethod(stream, "close", NULL);
    if (closed == NULL) {
        close(fd);
        fd = -1;
    }
    Py_XDECREF(closed);
    return fd;
}

/* ---- verifying ---- */

static PyObject *
error_type(OpenCodeIntent intent)
{
    return intent == OPEN_CODE_NATIVE ? PyExc_ImportError : PyExc_OSError;
}

/* The descriptor of what may be mapped; -1 with an exception. */
static int
open_verified(PyObject *path, const char *file, OpenCodeIntent intent)
{
    PyObject *stream;
    /* Opening a FIFO would wait for its writer. */
    int fd = _Py_open(file, O_RDONLY | O_NONBLOCK), verified;

    if (fd < 0) {
        return -1;
    }
    if (!is_plain_file(fd)) {
        PyErr_Format(error_type(intent),
                     "%U: not loaded: with an open-code hook, native code "
                     "comes from regular files that have a name",
                     path);
        close(fd);
        return -1;
    }
    stream = open_code_file(path, intent, fd);
    close(fd);
    if (stream == NULL) {
        return -1;
    }
    verified = descriptor_of_stream(stream);
    Py_DECREF(stream);
    return verified;
}

/* ---- the libraries it needs ---- */

/* One library that is being opened, and the one that needs it. */
typedef struct Opening {
    const struct Opening *needed_by;
    dev_t device;
    ino_t inode;
    OpenCodeIntent intent;
    char origin[PATH_MAX];           /* its folder, absolute */
} Opening;

static int open_with_hook(PyObject *path, const char *file,
                          OpenCodeIntent intent, int flags,
                          const Opening *needed_by, void **handle);

/* Is the file being opened already, further out?  Libraries may need each
 * other in a circle. */
static int
is_being_opened(const Opening *opening, const char *file)
{
    struct stat status;

    if (stat(file, &status) < 0) {
        return 0;
    }
    for (; opening != NULL; opening = opening->needed_by) {
        if (opening->device == status.st_dev &&
            opening->inode == status.st_ino) {
            return 1;
        }
    }
    return 0;
}

/* Raises the error of a needed library.  -1. */
static int
fail_needed(const Opening *opening, const char *name, const char *reason)
{
    PyErr_Format(error_type(opening->intent),
                 "%s: needed by a library in %s: %s", name, opening->origin,
                 reason);
    return -1;
}

/* Loads a library that the one in `arg` needs, unless it is there.  The linker
 * is left nothing to load by itself.  0/-1. */
static int
load_needed(const char *name, const char *folders, int is_runpath, void *arg)
{
    const Opening *opening = arg;
    char found[PATH_MAX];
    PyObject *path;
    /* Not closed: the library that needs it stays as well. */
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    int status;

    if (handle != NULL) {
        return 0;
    }
    /* Each is opened inside the opening of the one that needs it. */
    if (stack_guard_nested(" while loading a library") < 0) {
        return -1;
    }
    if (strchr(name, '/') != NULL) {
        if (strlen(name) >= sizeof(found)) {
            return fail_needed(opening, name, strerror(ENAMETOOLONG));
        }
        strncpy(found, name, sizeof(found));
    }
    else if (!native_find_library(name, folders, is_runpath, opening->origin,
                                  found)) {
        return fail_needed(opening, name, "not found");
    }
    if (is_being_opened(opening, found)) {
        return fail_needed(opening, name, "needs that library itself");
    }
    path = PyUnicode_DecodeFSDefault(found);
    if (path == NULL) {
        return -1;
    }
    status = open_with_hook(path, found, opening->intent, RTLD_LAZY, opening,
                            &handle);
    Py_DECREF(path);
    if (status == 0 && handle == NULL) {
        const char *text = dlerror();
        return fail_needed(opening, name, text == NULL ? "?" : text);
    }
    return status;
}

/* Loads what the library in `fd` needs before it, under the hook; the linker
 * then finds it by its soname.  0/-1. */
static int
load_all_needed(PyObject *path, int fd, OpenCodeIntent intent,
                const Opening *needed_by)
{
    PyObject *absolute = open_code_absolute_path(path), *encoded = NULL;
    Opening opening = {.needed_by = needed_by, .intent = intent};
    struct stat status;
    char *slash;
    int result = -1;

    if (absolute == NULL || !PyUnicode_FSConverter(absolute, &encoded)) {
        goto done;
    }
    if (fstat(fd, &status) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        goto done;
    }
    opening.device = status.st_dev;
    opening.inode = status.st_ino;
    if (PyBytes_GET_SIZE(encoded) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, absolute);
        goto done;
    }
    strncpy(opening.origin, PyBytes_AS_STRING(encoded), PATH_MAX);
    slash = strrchr(opening.origin, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    result = native_visit_needed(fd, load_needed, &opening);
done:
    Py_XDECREF(encoded);
    Py_XDECREF(absolute);
    return result;
}

/* ---- opening ---- */

static int
open_with_hook(PyObject *path, const char *file, OpenCodeIntent intent,
               int flags, const Opening *needed_by, void **handle)
{
    char name[DESCRIPTOR_NAME_SIZE];
    int fd = open_verified(path, file, intent);

    if (fd < 0) {
        return -1;
    }
    if (load_all_needed(path, fd, intent, needed_by) < 0) {
        close(fd);
        return -1;
    }
    name_descriptor(name, fd);
    *handle = dlopen(name, flags);
    close(fd);
    return 0;
}

int
native_open(PyObject *path, const char *file, OpenCodeIntent intent,
            int flags, void **handle)
{
    *handle = NULL;
    if (open_code_has_hook()) {
        return open_with_hook(path, file, intent, flags, NULL, handle);
    }
    if (open_code_announce(path, intent) < 0) {
        return -1;
    }
    *handle = dlopen(file, flags);
    return 0;
}

/* ---- _ctypes.dlopen ---- */

/* The library of a name without slash.  0: *handle; -1 with an exception. */
static int
open_by_search(PyObject *name, const char *file, int flags, void **handle)
{
    char found[PATH_MAX];
    PyObject *path;
    int status;

    if (!open_code_is_watched()) {
        *handle = dlopen(file, flags);
        return 0;
    }
    /* What is there already becomes no code now. */
    *handle = dlopen(file, flags | RTLD_NOLOAD);
    if (*handle != NULL) {
        return 0;
    }
    if (!native_find_library(file, "", 0, "", found)) {
        PyErr_Format(PyExc_OSError,
                     "%U: cannot open shared object file: No such file or "
                     "directory",
                     name);
        return -1;
    }
    path = PyUnicode_DecodeFSDefault(found);
    if (path == NULL) {
        return -1;
    }
    status = native_open(path, found, OPEN_CODE_CTYPES, flags, handle);
    Py_DECREF(path);
    return status;
}

/* `encoded` is what the linker takes.  0: *handle; -1 with an exception. */
static int
open_named(PyObject *encoded, int flags, void **handle)
{
    const char *file = PyBytes_AS_STRING(encoded);
    PyObject *path = PyUnicode_DecodeFSDefault(file);
    int status;

    if (path == NULL) {
        return -1;
    }
    status = strchr(file, '/') == NULL
                 ? open_by_search(path, file, flags, handle)
                 : native_open(path, file, OPEN_CODE_CTYPES, flags, handle);
    Py_DECREF(path);
    return status;
}

static PyObject *
ctypes_dlopen(PyObject *module, PyObject *args)
{
    PyObject *name, *encoded = NULL;
    int flags = RTLD_NOW, status = 0;
    void *handle = NULL;
    const char *text;

    if (!PyArg_ParseTuple(args, "O|i:dlopen", &name, &flags)) {
        return NULL;
    }
    flags |= RTLD_NOW;
    if (name != Py_None && !PyUnicode_FSConverter(name, &encoded)) {
        return NULL;
    }
    if (PyAudit(AUDIT_CTYPES_DLOPEN, "O", name) < 0) {
        Py_XDECREF(encoded);
        return NULL;
    }
    if (encoded == NULL) {
        handle = dlopen(NULL, flags);    /* the program: nothing is opened */
    }
    else {
        status = open_named(encoded, flags, &handle);
        Py_DECREF(encoded);
    }
    if (status < 0) {
        return NULL;
    }
    if (handle == NULL) {
        text = dlerror();
        PyErr_SetString(PyExc_OSError,
                        text == NULL ? "ctypes.dlopen() error" : text);
        return NULL;
    }
    return PyLong_FromVoidPtr(handle);
}

static PyMethodDef ctypes_functions[] = {
    {"dlopen", ctypes_dlopen, METH_VARARGS,
     "dlopen(name, flag={RTLD_GLOBAL|RTLD_LOCAL}) open a shared library"},
    {NULL, NULL, 0, NULL},
};

int
native_take_over_ctypes(PyObject *module)
{
    return PyModule_AddFunctions(module, ctypes_functions);
}
