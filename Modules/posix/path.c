/* Arguments of posix functions: paths, descriptors, directory descriptors,
 * users, groups, devices, offsets; os.fspath; and the errors about them.
 */
#include "posix_private.h"

#include "fileutils.h"
#include "names.h"

#include <string.h>

/* ---- errors ---- */

PyObject *
posix_error(void)
{
    return PyErr_SetFromErrno(PyExc_OSError);
}

PyObject *
posix_path_error(posix_path *path)
{
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path->object);
}

PyObject *
posix_path_error2(posix_path *path, posix_path *path2)
{
    return PyErr_SetFromErrnoWithFilenameObjects(PyExc_OSError, path->object,
                                                 path2->object);
}

int
posix_path_and_dir_fd_invalid(const char *function, posix_path *path,
                              int dir_fd)
{
    if (path->narrow == NULL && dir_fd != AT_FDCWD) {
        PyErr_Format(PyExc_ValueError,
                     "%s: can't specify dir_fd without matching path",
                     function);
        return 1;
    }
    return 0;
}

int
posix_dir_fd_and_fd_invalid(const char *function, int dir_fd, int fd)
{
    if (dir_fd != AT_FDCWD && fd != -1) {
        PyErr_Format(PyExc_ValueError,
                     "%s: can't specify both dir_fd and fd", function);
        return 1;
    }
    return 0;
}

int
posix_fd_and_follow_symlinks_invalid(const char *function, int fd,
                                     int follow_symlinks)
{
    if (fd > 0 && !follow_symlinks) {
        PyErr_Format(PyExc_ValueError,
                     "%s: cannot use fd and follow_symlinks together",
                     function);
        return 1;
    }
    return 0;
}

/* ---- descriptors ---- */

/* Like `int`, with messages of its own; Runs Python (__index__). */
static int
fd_from_index(PyObject *object, int *fd)
{
    PyObject *index = PyNumber_Index(object);
    int overflow;
    long value;

    if (index == NULL) {
        return 0;
    }
    value = PyLong_AsLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (overflow > 0 || value > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "fd is greater than maximum");
        return 0;
    }
    if (overflow < 0 || value < INT_MIN) {
        PyErr_SetString(PyExc_OverflowError, "fd is less than minimum");
        return 0;
    }
    *fd = (int)value;
    return 1;
}

int
posix_dir_fd_converter(PyObject *object, void *fd)
{
    if (object == Py_None) {
        *(int *)fd = AT_FDCWD;
        return 1;
    }
    if (PyIndex_Check(object)) {
        return fd_from_index(object, fd);
    }
    PyErr_Format(PyExc_TypeError,
                 "argument should be integer or None, not %.200s",
                 Py_TYPE(object)->tp_name);
    return 0;
}

int
posix_fildes_converter(PyObject *object, void *fd)
{
    int value = PyObject_AsFileDescriptor(object);

    if (value < 0) {
        return 0;
    }
    *(int *)fd = value;
    return 1;
}

/* ---- paths ---- */

void
posix_path_release(posix_path *path)
{
    Py_CLEAR(path->object);
    Py_CLEAR(path->encoded);
    path->narrow = NULL;
}

static int
path_format_type_error(posix_path *path, PyObject *object, int warn)
{
    static const char *const allowed[] = {
        "string, bytes or os.PathLike",
        "string, bytes, os.PathLike or None",
        "string, bytes, os.PathLike or integer",
        "string, bytes, os.PathLike, integer or None",
    };
    const char *function = path->function_name ? path->function_name : "";
    const char *argument = path->argument_name ? path->argument_name : "path";
    const char *types = allowed[(path->allow_fd ? 2 : 0) +
                                (path->nullable ? 1 : 0)];
    const char *colon = path->function_name ? ": " : "";

    if (warn) {
        return PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                                "%s%s%s should be %s, not %.200s", function,
                                colon, argument, types,
                                Py_TYPE(object)->tp_name);
    }
    PyErr_Format(PyExc_TypeError, "%s%s%s should be %s, not %.200s", function,
                 colon, argument, types, Py_TYPE(object)->tp_name);
    return -1;
}

/* object.__fspath__() of something that is neither str nor bytes. */
static PyObject *
path_call_fspath(posix_path *path, PyObject *object)
{
    PyObject *method, *result;

    method = _PyObject_LookupSpecial(object, NAME(__fspath__));
    if (method == NULL) {
        if (!PyErr_Occurred()) {
            path_format_type_error(path, object, 0);
        }
        return NULL;
    }
    result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (result != NULL && !PyUnicode_Check(result) &&
        !PyBytes_Check(result)) {
        PyErr_Format(PyExc_TypeError, "expected %.200s.__fspath__() to return "
                     "str or bytes, not %.200s", Py_TYPE(object)->tp_name,
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

/* The bytes of `object` (str, bytes or, deprecated, another buffer). */
static PyObject *
path_encode(posix_path *path, PyObject *object)
{
    PyObject *bytes;

    if (PyUnicode_Check(object)) {
        return PyUnicode_FSConverter(object, &bytes) ? bytes : NULL;
    }
    if (PyBytes_Check(object)) {
        return Py_NewRef(object);
    }
    if (path_format_type_error(path, object, 1) < 0) {
        return NULL;
    }
    return PyBytes_FromObject(object);
}

static int
path_set_text(posix_path *path, PyObject *object)
{
    PyObject *bytes = path_encode(path, object);

    if (bytes == NULL) {
        return 0;
    }
    path->length = PyBytes_GET_SIZE(bytes);
    if ((size_t)path->length != strlen(PyBytes_AS_STRING(bytes))) {
        PyErr_Format(PyExc_ValueError, "%s%sembedded null character in %s",
                     path->function_name ? path->function_name : "",
                     path->function_name ? ": " : "",
                     path->argument_name ? path->argument_name : "path");
        Py_DECREF(bytes);
        return 0;
    }
    path->encoded = bytes;
    path->narrow = PyBytes_AS_STRING(bytes);
    path->object = Py_NewRef(object);
    return 1;
}

int
posix_path_converter(PyObject *object, void *argument)
{
    posix_path *path = argument;
    PyObject *text;
    int status;

    if (object == NULL) {
        posix_path_release(path);
        return 1;
    }
    path->object = path->encoded = NULL;
    path->narrow = NULL;
    path->fd = -1;
    path->length = 0;
    if (object == Py_None && path->nullable) {
        path->narrow = ".";
        path->length = 1;
        return Py_CLEANUP_SUPPORTED;
    }
    if (path->allow_fd && PyIndex_Check(object)) {
        if (!fd_from_index(object, &path->fd)) {
            return 0;
        }
        path->object = Py_NewRef(object);
        return Py_CLEANUP_SUPPORTED;
    }
    if (PyUnicode_Check(object) || PyObject_CheckBuffer(object)) {
        return path_set_text(path, object) ? Py_CLEANUP_SUPPORTED : 0;
    }
    text = path_call_fspath(path, object);
    if (text == NULL) {
        return 0;
    }
    status = path_set_text(path, text);
    Py_DECREF(text);
    return status ? Py_CLEANUP_SUPPORTED : 0;
}

PyObject *
PyOS_FSPath(PyObject *path)
{
    PyObject *method, *result;

    if (PyUnicode_Check(path) || PyBytes_Check(path)) {
        return Py_NewRef(path);
    }
    method = _PyObject_LookupSpecial(path, NAME(__fspath__));
    if (method == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError,
                         "expected str, bytes or os.PathLike object, "
                         "not %.200s", Py_TYPE(path)->tp_name);
        }
        return NULL;
    }
    result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (result != NULL && !PyUnicode_Check(result) &&
        !PyBytes_Check(result)) {
        PyErr_Format(PyExc_TypeError, "expected %.200s.__fspath__() to return "
                     "str or bytes, not %.200s", Py_TYPE(path)->tp_name,
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
posix_fspath(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O:fspath", "path");
    PyObject *path;

    return PARSE(&path) ? PyOS_FSPath(path) : NULL;
}

PyObject *
posix__path_normpath(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("O:_path_normpath", "path");
    PyObject *path, *result;
    wchar_t *buffer;
    Py_ssize_t len;

    if (!PARSE(&path)) {
        return NULL;
    }
    if (!PyUnicode_Check(path)) {
        PyErr_Format(PyExc_TypeError, "expected 'str', not '%.200s'",
                     Py_TYPE(path)->tp_name);
        return NULL;
    }
    buffer = PyUnicode_AsWideCharString(path, &len);
    if (buffer == NULL) {
        return NULL;
    }
    len = (Py_ssize_t)fileutils_normalise(buffer, (size_t)len);
    result = len == 0 ? PyUnicode_FromOrdinal('.')
                      : PyUnicode_FromWideChar(buffer, len);
    PyMem_Free(buffer);
    return result;
}

/* ---- ids, devices, offsets ---- */

/* Unsigned 32-bit ids, with -1 for "leave alone". */
static int
id_from_object(PyObject *object, const char *what, unsigned int *id)
{
    PyObject *index = PyNumber_Index(object);
    int overflow;
    long value;

    if (index == NULL) {
        PyErr_Format(PyExc_TypeError, "%s should be integer, not %.200s", what,
                     Py_TYPE(object)->tp_name);
        return 0;
    }
    value = PyLong_AsLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (overflow == 0 && value == -1) {
        *id = (unsigned int)-1;
        return 1;
    }
    if (overflow > 0) {
        PyErr_Format(PyExc_OverflowError, "%s is greater than maximum", what);
        return 0;
    }
    /* the reference says so of numbers between 2**32 and 2**63, too */
    if (overflow < 0 || value < 0 || value > (long)UINT_MAX) {
        PyErr_Format(PyExc_OverflowError, "%s is less than minimum", what);
        return 0;
    }
    *id = (unsigned int)value;
    return 1;
}

int
_Py_Uid_Converter(PyObject *object, uid_t *uid)
{
    return id_from_object(object, "uid", uid);
}

int
_Py_Gid_Converter(PyObject *object, gid_t *gid)
{
    return id_from_object(object, "gid", gid);
}

PyObject *
posix_object_from_uid(uid_t uid)
{
    return uid == (uid_t)-1 ? PyLong_FromLong(-1)
                            : PyLong_FromUnsignedLong(uid);
}

PyObject *
posix_object_from_gid(gid_t gid)
{
    return posix_object_from_uid(gid);
}

int
posix_dev_converter(PyObject *object, void *dev)
{
    *(dev_t *)dev = PyLong_AsUnsignedLongLong(object);
    return !PyErr_Occurred();
}

int
posix_off_converter(PyObject *object, void *off)
{
    *(off_t *)off = PyLong_AsLongLong(object);
    return !PyErr_Occurred();
}

PyObject *
posix_object_from_dev(dev_t dev)
{
    return PyLong_FromLongLong((long long)dev);     /* signed, as ever */
}
