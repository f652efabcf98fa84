/* Terminals: their names, sizes and process groups; pseudo-terminals. */
#include "posix_private.h"

#include "audit.h"
#include "fileutils.h"

#include <pty.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

PyObject *
posix_isatty(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg), answer;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    answer = isatty(fd);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(answer);
}

PyObject *
posix_ttyname(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg), error;
    char name[256];

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    error = ttyname_r(fd, name, sizeof(name));
    if (error != 0) {
        errno = error;
        return posix_error();
    }
    return PyUnicode_DecodeFSDefault(name);
}

PyObject *
posix_ctermid(PyObject *module, PyObject *unused)
{
    char name[L_ctermid];

    return ctermid(name) == NULL ? posix_error()
                                 : PyUnicode_DecodeFSDefault(name);
}

PyObject *
posix_device_encoding(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("i:device_encoding", "fd");
    int fd;

    return PARSE(&fd) ? _Py_device_encoding(fd) : NULL;
}

PyObject *
posix_get_terminal_size(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    int fd = fileno(stdout);
    struct winsize size;
    PyObject *result;

    if (!PARSE_ARGS("get_terminal_size", 0, 1, "|i", &fd)) {
        return NULL;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) {
        return posix_error();
    }
    result = PyStructSequence_New(posix_get_state(module)->terminal_size_type);
    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(result, 0, PyLong_FromLong(size.ws_col));
    PyStructSequence_SET_ITEM(result, 1, PyLong_FromLong(size.ws_row));
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
posix_tcgetpgrp(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg);
    pid_t group;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    group = tcgetpgrp(fd);
    return group < 0 ? posix_error() : PyLong_FromLong(group);
}

PyObject *
posix_tcsetpgrp(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, group;

    if (!PARSE_ARGS("tcsetpgrp", 2, 2, "ii", &fd, &group) ||
        PyAudit(AUDIT_LUCID_OS_TCSETPGRP, "ii", fd, group) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(tcsetpgrp(fd, group) < 0);
}

PyObject *
posix_openpty(PyObject *module, PyObject *unused)
{
    int master = -1, slave = -1;

    if (PyAudit(AUDIT_LUCID_OS_OPENPTY, NULL) < 0) {
        return NULL;
    }
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0) {
        return posix_error();
    }
    if (_Py_set_inheritable(master, 0, NULL) < 0 ||
        _Py_set_inheritable(slave, 0, NULL) < 0) {
        close(master);
        close(slave);
        return NULL;
    }
    return Py_BuildValue("(ii)", master, slave);
}

PyObject *
posix_login_tty(PyObject *module, PyObject *arg)
{
    int fd = PyObject_AsFileDescriptor(arg);

    if (fd < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(login_tty(fd) == -1);
}
