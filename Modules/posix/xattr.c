/* Extended attributes.  Linux has no limit to announce for their sizes: the
 * calls are made with growing buffers. */
#include "posix_private.h"

#include "audit.h"

#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

static const Py_ssize_t buffer_sizes[] = {128, XATTR_SIZE_MAX};

PyObject *
posix_getxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("O&O&|$p:getxattr", "path", "attribute", "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("getxattr", "path", 0, 1);
    posix_path attribute = POSIX_PATH_INIT("getxattr", "attribute", 0, 0);
    int follow_symlinks = 1;
    PyObject *buffer = NULL;

    if (!PARSE(posix_path_converter, &path, posix_path_converter, &attribute,
               &follow_symlinks) ||
        posix_fd_and_follow_symlinks_invalid("getxattr", path.fd,
                                             follow_symlinks) ||
        PyAudit(AUDIT_OS_GETXATTR, "OO", path.object, attribute.object) < 0) {
        goto done;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(buffer_sizes); i++) {
        size_t room = (size_t)buffer_sizes[i];
        ssize_t size;

        buffer = PyBytes_FromStringAndSize(NULL, buffer_sizes[i]);
        if (buffer == NULL) {
            goto done;
        }
        char *data = PyBytes_AS_STRING(buffer);
        Py_BEGIN_ALLOW_THREADS
        if (path.fd >= 0) {
            size = fgetxattr(path.fd, attribute.narrow, data, room);
        }
        else if (follow_symlinks) {
            size = getxattr(path.narrow, attribute.narrow, data, room);
        }
        else {
            size = lgetxattr(path.narrow, attribute.narrow, data, room);
        }
        Py_END_ALLOW_THREADS
        if (size >= 0) {
            if (size != buffer_sizes[i]) {
                (void)_PyBytes_Resize(&buffer, size);
            }
            goto done;
        }
        Py_CLEAR(buffer);
        if (errno != ERANGE) {
            break;
        }
    }
    posix_path_error(&path);
done:
    posix_path_release(&path);
    posix_path_release(&attribute);
    return buffer;
}

PyObject *
posix_setxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("O&O&O|i$p:setxattr", "path", "attribute", "value", "flags",
           "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("setxattr", "path", 0, 1);
    posix_path attribute = POSIX_PATH_INIT("setxattr", "attribute", 0, 0);
    PyObject *value, *snapshot = NULL, *result = NULL;
    int flags = 0, follow_symlinks = 1, failed;

    if (!PARSE(posix_path_converter, &path, posix_path_converter, &attribute,
               &value, &flags, &follow_symlinks) ||
        posix_fd_and_follow_symlinks_invalid("setxattr", path.fd,
                                             follow_symlinks)) {
        goto done;
    }
    if (!PyObject_CheckBuffer(value)) {
        PyErr_Format(PyExc_TypeError,
                     "a bytes-like object is required, not '%.100s'",
                     Py_TYPE(value)->tp_name);
        goto done;
    }
    /* What is announced is what is set. */
    snapshot = PyBytes_FromObject(value);
    if (snapshot == NULL ||
        PyAudit(AUDIT_OS_SETXATTR, "OOOi", path.object, attribute.object,
                snapshot, flags) < 0) {
        goto done;
    }
    const char *data = PyBytes_AS_STRING(snapshot);
    size_t size = (size_t)PyBytes_GET_SIZE(snapshot);
    Py_BEGIN_ALLOW_THREADS
    if (path.fd > -1) {
        failed = fsetxattr(path.fd, attribute.narrow, data, size, flags);
    }
    else if (follow_symlinks) {
        failed = setxattr(path.narrow, attribute.narrow, data, size, flags);
    }
    else {
        failed = lsetxattr(path.narrow, attribute.narrow, data, size, flags);
    }
    Py_END_ALLOW_THREADS
    result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
done:
    Py_XDECREF(snapshot);
    posix_path_release(&path);
    posix_path_release(&attribute);
    return result;
}

PyObject *
posix_removexattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    PARSER("O&O&|$p:removexattr", "path", "attribute", "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("removexattr", "path", 0, 1);
    posix_path attribute = POSIX_PATH_INIT("removexattr", "attribute", 0, 0);
    PyObject *result = NULL;
    int follow_symlinks = 1, failed;

    if (!PARSE(posix_path_converter, &path, posix_path_converter, &attribute,
               &follow_symlinks) ||
        posix_fd_and_follow_symlinks_invalid("removexattr", path.fd,
                                             follow_symlinks) ||
        PyAudit(AUDIT_OS_REMOVEXATTR, "OO", path.object,
                attribute.object) < 0) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (path.fd > -1) {
        failed = fremovexattr(path.fd, attribute.narrow);
    }
    else if (follow_symlinks) {
        failed = removexattr(path.narrow, attribute.narrow);
    }
    else {
        failed = lremovexattr(path.narrow, attribute.narrow);
    }
    Py_END_ALLOW_THREADS
    result = failed ? posix_path_error(&path) : Py_NewRef(Py_None);
done:
    posix_path_release(&path);
    posix_path_release(&attribute);
    return result;
}

/* NUL-terminated names one behind the other, as list of str. */
static PyObject *
names_as_list(const char *data, const char *end)
{
    PyObject *list = PyList_New(0);

    while (list != NULL && data < end) {
        size_t len = strlen(data);
        PyObject *name = PyUnicode_DecodeFSDefaultAndSize(data,
                                                          (Py_ssize_t)len);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
        data += len + 1;
    }
    return list;
}

PyObject *
posix_listxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    PARSER("|O&$p:listxattr", "path", "follow_symlinks");
    posix_path path = POSIX_PATH_INIT("listxattr", "path", 1, 1);
    int follow_symlinks = 1;
    PyObject *result = NULL;

    path.narrow = ".";
    if (!PARSE(posix_path_converter, &path, &follow_symlinks) ||
        posix_fd_and_follow_symlinks_invalid("listxattr", path.fd,
                                             follow_symlinks) ||
        PyAudit(AUDIT_OS_LISTXATTR, "(O)",
                path.object != NULL ? path.object : Py_None) < 0) {
        goto done;
    }
    /* the descriptor -1 means none: the current directory */
    const char *name = path.narrow != NULL ? path.narrow : ".";
    for (size_t i = 0; i < Py_ARRAY_LENGTH(buffer_sizes) + 1; i++) {
        size_t room = i < 2 ? (size_t)buffer_sizes[i] : XATTR_LIST_MAX;
        char *buffer = PyMem_Malloc(room);
        ssize_t size;

        if (buffer == NULL) {
            PyErr_NoMemory();
            goto done;
        }
        Py_BEGIN_ALLOW_THREADS
        if (path.fd > -1) {
            size = flistxattr(path.fd, buffer, room);
        }
        else if (follow_symlinks) {
            size = listxattr(name, buffer, room);
        }
        else {
            size = llistxattr(name, buffer, room);
        }
        Py_END_ALLOW_THREADS
        if (size >= 0) {
            result = names_as_list(buffer, buffer + size);
            PyMem_Free(buffer);
            goto done;
        }
        PyMem_Free(buffer);
        if (errno != ERANGE) {
            break;
        }
    }
    posix_path_error(&path);
done:
    posix_path_release(&path);
    return result;
}
