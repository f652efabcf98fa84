/* The module fcntl: control of descriptors, and file locks.
 *
 * String arguments are copied to a buffer of fixed size, which the kernel may
 * fill up to that size; behind it a guard would not help, so longer arguments
 * are refused (writable buffers for ioctl() excepted, which are handed to the
 * kernel as they are). */
#include "Python.h"

#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER_SIZE 1024

/* After a failed call: 1 to try again, 0 OSError is set, -1 another is. */
static int
retry_or_raise(void)
{
    if (errno == EINTR) {
        return PyErr_CheckSignals() ? -1 : 1;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    return 0;
}

static PyObject *
fcntl_with_buffer(int fd, int code, PyObject *arg, const char *data,
                  Py_ssize_t size)
{
    char buffer[BUFFER_SIZE];
    int result;

    if (size > (Py_ssize_t)sizeof(buffer)) {
        PyErr_SetString(PyExc_ValueError, "fcntl string arg too long");
        return NULL;
    }
    memcpy(buffer, data, (size_t)size);
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        result = fcntl(fd, code, buffer);
        Py_END_ALLOW_THREADS
        if (result >= 0) {
            return PyBytes_FromStringAndSize(buffer, size);
        }
        if (retry_or_raise() <= 0) {
            return NULL;
        }
    }
}

static PyObject *
fcntl_fcntl(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, code, result;
    unsigned int number = 0;
    PyObject *arg = NULL;

    if (!_PyArg_CheckPositional("fcntl", nargs, 2, 3)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0) {
        return NULL;
    }
    code = _PyLong_AsInt(args[1]);
    if (code == -1 && PyErr_Occurred()) {
        return NULL;
    }
    arg = nargs > 2 ? args[2] : NULL;
    if (PyAudit(AUDIT_FCNTL_FCNTL, "iiO", fd, code,
                arg != NULL ? arg : Py_None) < 0) {
        return NULL;
    }
    if (arg != NULL && (PyUnicode_Check(arg) || PyObject_CheckBuffer(arg))) {
        Py_buffer view;
        PyObject *answer;

        if (!PyArg_Parse(arg, "s*", &view)) {
            return NULL;
        }
        answer = fcntl_with_buffer(fd, code, arg, view.buf, view.len);
        PyBuffer_Release(&view);
        return answer;
    }
    if (arg != NULL &&
        !PyArg_Parse(arg, "I;fcntl requires a file or file descriptor, an "
                     "integer and optionally a third integer or a string",
                     &number)) {
        return NULL;
    }
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        result = fcntl(fd, code, (int)number);
        Py_END_ALLOW_THREADS
        if (result >= 0) {
            return PyLong_FromLong(result);
        }
        if (retry_or_raise() <= 0) {
            return NULL;
        }
    }
}

/* ioctl() on `data`; the answer, or -1 with an exception. */
static int
ioctl_call(int fd, unsigned long code, void *data)
{
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = ioctl(fd, code, data);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return result;
}

/* A writable buffer: changed in place, through a copy when it is small, since
 * the kernel may need more room than it has. */
static PyObject *
ioctl_on_writable(int fd, unsigned long code, Py_buffer *view)
{
    char buffer[BUFFER_SIZE + 1];
    int result;

    if (view->len > BUFFER_SIZE) {
        result = ioctl_call(fd, code, view->buf);
    }
    else {
        memcpy(buffer, view->buf, (size_t)view->len);
        buffer[view->len] = '\0';
        result = ioctl_call(fd, code, buffer);
        if (result >= 0) {
            memcpy(view->buf, buffer, (size_t)view->len);
        }
    }
    return result < 0 ? NULL : PyLong_FromLong(result);
}

static PyObject *
ioctl_on_copy(int fd, unsigned long code, Py_buffer *view)
{
    char buffer[BUFFER_SIZE + 1];

    if (view->len > BUFFER_SIZE) {
        PyErr_SetString(PyExc_ValueError, "ioctl string arg too long");
        return NULL;
    }
    memcpy(buffer, view->buf, (size_t)view->len);
    buffer[view->len] = '\0';
    if (ioctl_call(fd, code, buffer) < 0) {
        return NULL;
    }
    return PyBytes_FromStringAndSize(buffer, view->len);
}

/* 1: *result is the answer; 0: `arg` is no buffer. */
static int
ioctl_with_buffer(int fd, unsigned long code, PyObject *arg, int mutate,
                  PyObject **result)
{
    Py_buffer view;

    if (mutate && PyObject_CheckBuffer(arg)) {
        if (PyObject_GetBuffer(arg, &view, PyBUF_WRITABLE) == 0) {
            *result = ioctl_on_writable(fd, code, &view);
            PyBuffer_Release(&view);
            return 1;
        }
        PyErr_Clear();                           /* read-only: a copy */
    }
    if (!PyUnicode_Check(arg) && !PyObject_CheckBuffer(arg)) {
        return 0;
    }
    if (!PyArg_Parse(arg, "s*:ioctl", &view)) {
        *result = NULL;
        return 1;
    }
    *result = ioctl_on_copy(fd, code, &view);
    PyBuffer_Release(&view);
    return 1;
}

static PyObject *
fcntl_ioctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, mutate = 1, number = 0, result;
    unsigned long code;
    PyObject *arg = NULL, *answer;

    if (!_PyArg_CheckPositional("ioctl", nargs, 2, 4)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0) {
        return NULL;
    }
    code = (unsigned int)PyLong_AsUnsignedLongMask(args[1]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    arg = nargs > 2 ? args[2] : NULL;
    if (nargs > 3) {
        mutate = PyObject_IsTrue(args[3]);
        if (mutate < 0) {
            return NULL;
        }
    }
    if (PyAudit(AUDIT_FCNTL_IOCTL, "iIO", fd, (unsigned int)code,
                arg != NULL ? arg : Py_None) < 0) {
        return NULL;
    }
    if (arg != NULL &&
        ioctl_with_buffer(fd, code, arg, mutate, &answer)) {
        return answer;
    }
    if (arg != NULL &&
        !PyArg_Parse(arg, "i;ioctl requires a file or file descriptor, an "
                     "integer and optionally an integer or buffer argument",
                     &number)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = ioctl(fd, code, number);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(result);
}

static PyObject *
fcntl_flock(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, operation, result;

    if (!_PyArg_CheckPositional("flock", nargs, 2, 2)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0) {
        return NULL;
    }
    operation = _PyLong_AsInt(args[1]);
    if ((operation == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_FCNTL_FLOCK, "ii", fd, operation) < 0) {
        return NULL;
    }
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        result = flock(fd, operation);
        Py_END_ALLOW_THREADS
        if (result >= 0) {
            Py_RETURN_NONE;
        }
        if (retry_or_raise() <= 0) {
            return NULL;
        }
    }
}

/* LOCK_* to the kind of a record lock; -1 with ValueError. */
static int
lock_kind(int operation)
{
    if (operation == LOCK_UN) {
        return F_UNLCK;
    }
    if (operation & LOCK_SH) {
        return F_RDLCK;
    }
    if (operation & LOCK_EX) {
        return F_WRLCK;
    }
    PyErr_SetString(PyExc_ValueError, "unrecognized lockf argument");
    return -1;
}

static PyObject *
fcntl_lockf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, operation, whence = 0, result, kind;
    PyObject *len_object = NULL, *start_object = NULL;
    struct flock lock;

    if (!_PyArg_CheckPositional("lockf", nargs, 2, 5)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0) {
        return NULL;
    }
    operation = _PyLong_AsInt(args[1]);
    if (operation == -1 && PyErr_Occurred()) {
        return NULL;
    }
    len_object = nargs > 2 ? args[2] : NULL;
    start_object = nargs > 3 ? args[3] : NULL;
    if (nargs > 4) {
        whence = _PyLong_AsInt(args[4]);
        if (whence == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (PyAudit(AUDIT_FCNTL_LOCKF, "iiOOi", fd, operation,
                len_object != NULL ? len_object : Py_None,
                start_object != NULL ? start_object : Py_None, whence) < 0) {
        return NULL;
    }
    kind = lock_kind(operation);
    if (kind < 0) {
        return NULL;
    }
    memset(&lock, 0, sizeof(lock));
    lock.l_type = (short)kind;
    lock.l_whence = (short)whence;
    if (start_object != NULL) {
        lock.l_start = PyLong_AsLongLong(start_object);
        if (PyErr_Occurred()) {
            return NULL;
        }
    }
    if (len_object != NULL) {
        lock.l_len = PyLong_AsLongLong(len_object);
        if (PyErr_Occurred()) {
            return NULL;
        }
    }
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        result = fcntl(fd, operation & LOCK_NB ? F_SETLK : F_SETLKW, &lock);
        Py_END_ALLOW_THREADS
        if (result >= 0) {
            Py_RETURN_NONE;
        }
        if (retry_or_raise() <= 0) {
            return NULL;
        }
    }
}

static PyMethodDef fcntl_methods[] = {
    {"fcntl", _PyCFunction_CAST(fcntl_fcntl), METH_FASTCALL,
     "fcntl($module, fd, cmd, arg=0, /)\n--\n\nControl a descriptor."},
    {"ioctl", _PyCFunction_CAST(fcntl_ioctl), METH_FASTCALL,
     "ioctl($module, fd, request, arg=0, mutate_flag=True, /)\n--\n\n"
     "Control a device."},
    {"flock", _PyCFunction_CAST(fcntl_flock), METH_FASTCALL,
     "flock($module, fd, operation, /)\n--\n\nLock or unlock a whole file."},
    {"lockf", _PyCFunction_CAST(fcntl_lockf), METH_FASTCALL,
     "lockf($module, fd, cmd, len=0, start=0, whence=0, /)\n--\n\nLock or "
     "unlock part of a file."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long value;
} fcntl_constants[] = {
#define N(name) {#name, (long)name},
#define V(name, value) {#name, value},
#include "fcntl_constants.def"
};

static int
fcntl_exec(PyObject *module)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fcntl_constants); i++) {
        if (PyModule_AddIntConstant(module, fcntl_constants[i].name,
                                    fcntl_constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot fcntl_slots[] = {
    {Py_mod_exec, fcntl_exec},
    {0, NULL},
};

static PyModuleDef fcntl_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "fcntl",
    .m_doc = "Control of descriptors, given as numbers or as objects with "
             "fileno().",
    .m_size = 0,
    .m_methods = fcntl_methods,
    .m_slots = fcntl_slots,
};

PyMODINIT_FUNC PyInit_fcntl(void);

PyMODINIT_FUNC
PyInit_fcntl(void)
{
    return PyModuleDef_Init(&fcntl_module);
}
