/* The socket object: calls with a timeout, life, connections, options.
 *
 * A socket with a timeout has a non-blocking descriptor; socket_call() waits
 * with poll() for at most the time that is left before each try.  It is the
 * one place where the GIL is given up, EINTR is handled and the timeout error
 * is raised.
 */
#include "socket_private.h"

#include "audit.h"
#include "fileutils.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "structmember.h"

/* Largest option that getsockopt() returns as bytes. */
#define OPTION_MAX 1024

/* ---- errors ---- */

PyObject *
socket_raise_errno(void)
{
    return PyErr_SetFromErrno(PyExc_OSError);
}

/* (number, text) of `type`. */
static PyObject *
raise_pair(PyObject *type, int number, const char *text)
{
    PyObject *args = Py_BuildValue("(is)", number, text);

    if (args != NULL) {
        PyErr_SetObject(type, args);
        Py_DECREF(args);
    }
    return NULL;
}

PyObject *
socket_raise_gaierror(int error)
{
    socket_state *state;

    if (error == EAI_SYSTEM) {
        return socket_raise_errno();
    }
    state = socket_get_state();
    return state == NULL
               ? NULL
               : raise_pair(state->gaierror, error, gai_strerror(error));
}

PyObject *
socket_raise_herror(int error)
{
    socket_state *state = socket_get_state();

    return state == NULL ? NULL
                         : raise_pair(state->herror, error, hstrerror(error));
}

/* ---- calls with a timeout ---- */

/* What is tried, when, and for how long. */
typedef struct {
    int writing;                 /* waits for room, not for data */
    int connecting;              /* waits before the first try, too */
    socket_function function;
    void *data;
    _PyTime_t timeout;           /* < 0: for ever, 0: without waiting */
} SocketCall;

/* Waits until the socket is ready; 0 ready (or not to be waited for), 1 the
 * time is up, -1 failed with errno. */
static int
socket_wait(SocketObject *self, const SocketCall *call, _PyTime_t interval)
{
    struct pollfd watched;
    _PyTime_t ms;
    int n;

    if (self->fd < 0) {
        return 0;                              /* the call itself will fail */
    }
    watched.fd = self->fd;
    watched.events = call->writing ? POLLOUT : POLLIN;
    watched.revents = 0;
    if (call->connecting) {
        watched.events |= POLLERR;
    }
    ms = interval < 0 ? -1
                      : _PyTime_AsMilliseconds(interval,
                                               _PyTime_ROUND_CEILING);
    if (ms > INT_MAX) {
        ms = INT_MAX;
    }
    Py_BEGIN_ALLOW_THREADS
    n = poll(&watched, 1, (int)ms);
    Py_END_ALLOW_THREADS
    return n < 0 ? -1 : n == 0;
}

/* As socket_wait, through signals; `deadline` is used if timeout > 0.  0, 1,
 * or -1 with *error set or an exception. */
static int
socket_wait_until(SocketObject *self, const SocketCall *call,
                  _PyTime_t *deadline, int *error)
{
    for (;;) {
        _PyTime_t interval = call->timeout;
        int waited;

        if (call->timeout > 0) {
            if (*deadline == 0) {
                *deadline = _PyDeadline_Init(call->timeout);
            }
            else {
                interval = _PyDeadline_Get(*deadline);
            }
        }
        waited = call->timeout > 0 && interval < 0
                     ? 1
                     : socket_wait(self, call, interval);
        if (waited >= 0) {
            return waited;
        }
        if (errno != EINTR) {
            if (error != NULL) {
                *error = errno;
            }
            else {
                self->raise_error();
            }
            return -1;
        }
        if (PyErr_CheckSignals()) {
            if (error != NULL) {
                *error = -1;
            }
            return -1;
        }
    }
}

/* 0; -1 with an exception, or, when `error` is not NULL, with *error set
 * instead (timeouts: EWOULDBLOCK); signal handlers can raise in any case. */
static int
socket_try(SocketObject *self, const SocketCall *call, int *error)
{
    const _PyTime_t timeout = call->timeout;
    _PyTime_t deadline = 0;

    for (;;) {
        int done;

        if (timeout > 0 || call->connecting) {
            int waited = socket_wait_until(self, call, &deadline, error);
            if (waited < 0) {
                return -1;
            }
            if (waited == 1) {
                if (error != NULL) {
                    *error = EWOULDBLOCK;
                }
                else {
                    PyErr_SetString(PyExc_TimeoutError, "timed out");
                }
                return -1;
            }
        }
        for (;;) {
            Py_BEGIN_ALLOW_THREADS
            done = call->function(self, call->data);
            Py_END_ALLOW_THREADS
            if (done) {
                if (error != NULL) {
                    *error = 0;
                }
                return 0;
            }
            if (error != NULL) {
                *error = errno;
            }
            if (errno != EINTR) {
                break;
            }
            if (PyErr_CheckSignals()) {
                if (error != NULL) {
                    *error = -1;
                }
                return -1;
            }
        }
        /* poll() may be wrong about readiness: wait again */
        if (timeout > 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
            continue;
        }
        if (error == NULL) {
            self->raise_error();
        }
        return -1;
    }
}

int
socket_call(SocketObject *self, int writing, socket_function function,
            void *data, _PyTime_t timeout)
{
    const SocketCall call = {writing, 0, function, data, timeout};

    return socket_try(self, &call, NULL);
}

int
socket_set_blocking(SocketObject *self, int blocking)
{
    int non_blocking = !blocking, failed, error;

    Py_BEGIN_ALLOW_THREADS
    failed = ioctl(self->fd, FIONBIO, &non_blocking);
    error = errno;
    Py_END_ALLOW_THREADS
    if (failed) {
        errno = error;
        self->raise_error();
        return -1;
    }
    return 0;
}

int
socket_parse_timeout(_PyTime_t *timeout, PyObject *object)
{
    if (object == Py_None) {
        *timeout = _PyTime_FromSeconds(-1);
        return 0;
    }
    if (_PyTime_FromSecondsObject(timeout, object, _PyTime_ROUND_TIMEOUT) <
        0) {
        return -1;
    }
    if (*timeout < 0) {
        PyErr_SetString(PyExc_ValueError, "Timeout value out of range");
        return -1;
    }
    if (_PyTime_AsMilliseconds(*timeout, _PyTime_ROUND_TIMEOUT) > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "timeout doesn't fit into C timeval");
        return -1;
    }
    return 0;
}

/* ---- life ---- */

/* Takes over the descriptor.  0/-1 */
static int
socket_set_up(SocketObject *self, int fd, int family, int type, int proto)
{
    socket_state *state = socket_get_state();

    if (state == NULL) {
        return -1;
    }
    self->fd = fd;
    self->family = family;
    self->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    self->proto = proto;
    self->raise_error = socket_raise_errno;
    if (type & SOCK_NONBLOCK) {
        self->timeout = 0;
        return 0;
    }
    self->timeout = state->default_timeout;
    return state->default_timeout >= 0 ? socket_set_blocking(self, 0) : 0;
}

SocketObject *
socket_new_object(int fd, int family, int type, int proto)
{
    SocketObject *self = (SocketObject *)PyType_GenericNew(&PySocket_Type,
                                                           NULL, NULL);

    if (self == NULL) {
        return NULL;
    }
    self->fd = -1;
    if (socket_set_up(self, fd, family, type, proto) < 0) {
        self->fd = -1;                     /* the caller's to close */
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static PyObject *
socket_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    SocketObject *self = (SocketObject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->fd = -1;
        self->timeout = _PyTime_FromSeconds(-1);
        self->raise_error = socket_raise_errno;
    }
    return (PyObject *)self;
}

/* Completes what is -1 from the descriptor itself.  0/-1 */
static int
socket_inspect(int fd, int *family, int *type, int *proto)
{
    SocketAddress address;
    socklen_t len = sizeof(address), size = sizeof(int);

    memset(&address, 0, sizeof(address));
    if (getsockname(fd, &address.any, &len) < 0) {
        if (*family == -1 || errno == EBADF || errno == ENOTSOCK) {
            socket_raise_errno();
            return -1;
        }
    }
    else if (*family == -1) {
        *family = address.any.sa_family;
    }
    if (*type == -1) {
        int found;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &size) < 0) {
            socket_raise_errno();
            return -1;
        }
        *type = found;
    }
    if (*proto == -1) {
        int found;
        size = sizeof(int);
        if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &found, &size) < 0) {
            socket_raise_errno();
            return -1;
        }
        *proto = found;
    }
    return 0;
}

/* A descriptor from the argument; -1 with an exception. */
static int
socket_fd_from_object(PyObject *object)
{
    int fd;

    if (PyFloat_Check(object)) {
        PyErr_SetString(PyExc_TypeError,
                        "'float' object cannot be interpreted as an integer");
        return -1;
    }
    fd = _PyLong_AsInt(object);
    if (fd < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "negative file descriptor");
    }
    return PyErr_Occurred() ? -1 : fd;
}

static int
socket_init(SocketObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"family", "type", "proto",
                                           "fileno", NULL};
    static _PyArg_Parser parser = {.format = "|iiiO:socket",
                                   .keywords = keywords};
    int family = -1, type = -1, proto = -1, fd, own = 0;
    PyObject *fileno = NULL;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &family, &type,
                                          &proto, &fileno) ||
        PyAudit(AUDIT_SOCKET___NEW__, "Oiii", self, family, type, proto) <
            0) {
        return -1;
    }
    if (fileno != NULL && fileno != Py_None) {
        fd = socket_fd_from_object(fileno);
        if (fd < 0 || socket_inspect(fd, &family, &type, &proto) < 0) {
            return -1;
        }
    }
    else {
        family = family == -1 ? AF_INET : family;
        type = type == -1 ? SOCK_STREAM : type;
        proto = proto == -1 ? 0 : proto;
        Py_BEGIN_ALLOW_THREADS
        fd = socket(family, type | SOCK_CLOEXEC, proto);
        Py_END_ALLOW_THREADS
        if (fd < 0) {
            socket_raise_errno();
            return -1;
        }
        own = 1;
    }
    if (socket_set_up(self, fd, family, type, proto) < 0) {
        self->fd = -1;
        if (own) {
            close(fd);
        }
        return -1;
    }
    return 0;
}

/* Closes a socket that was forgotten, with a warning. */
static void
socket_finalize(SocketObject *self)
{
    PyObject *type, *value, *traceback;
    int fd;

    PyErr_Fetch(&type, &value, &traceback);
    if (self->fd >= 0) {
        if (PyErr_ResourceWarning((PyObject *)self, 1, "unclosed %R", self) &&
            PyErr_ExceptionMatches(PyExc_Warning)) {
            PyErr_WriteUnraisable((PyObject *)self);
        }
        /* only now: the warning shows it */
        fd = self->fd;
        self->fd = -1;
        Py_BEGIN_ALLOW_THREADS
        (void)close(fd);
        Py_END_ALLOW_THREADS
    }
    PyErr_Restore(type, value, traceback);
}

static void
socket_dealloc(SocketObject *self)
{
    if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
        return;
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
socket_repr(SocketObject *self)
{
    return PyUnicode_FromFormat("<socket object, fd=%d, family=%d, type=%d, "
                                "proto=%d>", self->fd, self->family,
                                self->type, self->proto);
}

/* ---- connections ---- */

typedef struct {
    SocketAddress *address;
    socklen_t *len;
    int fd;
} AcceptCall;

static int
try_accept(SocketObject *self, void *data)
{
    AcceptCall *call = data;

    call->fd = accept4(self->fd, &call->address->any, call->len,
                       SOCK_CLOEXEC);
    return call->fd >= 0;
}

static PyObject *
socket_accept(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    SocketAddress address;
    socklen_t len;
    AcceptCall call = {&address, &len, -1};
    PyObject *address_object, *result;

    if (!socket_address_size(self, &len) ||
        PyAudit(AUDIT_LUCID_SOCKET_ACCEPT, "(O)", self) < 0) {
        return NULL;
    }
    memset(&address, 0, sizeof(address));
    if (socket_call(self, 0, try_accept, &call, self->timeout) < 0) {
        return NULL;
    }
    address_object = socket_address_as_object(self->fd, &address, len,
                                              self->proto);
    if (address_object == NULL) {
        close(call.fd);
        return NULL;
    }
    result = Py_BuildValue("iN", call.fd, address_object);
    if (result == NULL) {
        close(call.fd);
    }
    return result;
}

/* The address argument of bind and connect, with its event; 1/0. */
static int
address_argument(SocketObject *self, PyObject *object, AuditEvent event,
                 const char *caller, SocketAddress *address, socklen_t *len)
{
    return socket_address_from_object(self, object, address, len, caller) &&
           PyAudit(event, "OO", self, object) == 0;
}

static PyObject *
socket_bind(SocketObject *self, PyObject *object)
{
    SocketAddress address;
    socklen_t len;
    int failed;

    if (!address_argument(self, object, AUDIT_SOCKET_BIND, "bind", &address,
                          &len)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = bind(self->fd, &address.any, len);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return self->raise_error();
    }
    Py_RETURN_NONE;
}

static int
try_connect_result(SocketObject *self, void *data)
{
    int error;
    socklen_t size = sizeof(error);

    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return 0;
    }
    if (error == EISCONN) {
        return 1;
    }
    if (error != 0) {
        errno = error;
        return 0;
    }
    return 1;
}

/* 0; with `raise` -1 and an exception, else the errno; -1 with an exception
 * also if a signal handler raised. */
static int
socket_connect_to(SocketObject *self, SocketAddress *address, socklen_t len,
                  int raise)
{
    int failed, error, wait;

    Py_BEGIN_ALLOW_THREADS
    failed = connect(self->fd, &address->any, len);
    error = errno;
    Py_END_ALLOW_THREADS
    if (failed == 0) {
        return 0;
    }
    if (error == EINTR) {
        if (PyErr_CheckSignals()) {
            return -1;
        }
        /* The connection goes on being made. */
        wait = self->timeout != 0;
    }
    else {
        wait = self->timeout > 0 && error == EINPROGRESS;
    }
    if (!wait) {
        if (raise) {
            errno = error;
            self->raise_error();
            return -1;
        }
        return error;
    }
    const SocketCall call = {1, 1, try_connect_result, NULL, self->timeout};
    if (raise) {
        return socket_try(self, &call, NULL);
    }
    return socket_try(self, &call, &error) < 0 ? error : 0;
}

static PyObject *
socket_connect(SocketObject *self, PyObject *object)
{
    SocketAddress address;
    socklen_t len;

    if (!address_argument(self, object, AUDIT_SOCKET_CONNECT, "connect",
                          &address, &len) ||
        socket_connect_to(self, &address, len, 1) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_connect_ex(SocketObject *self, PyObject *object)
{
    SocketAddress address;
    socklen_t len;
    int error;

    if (!address_argument(self, object, AUDIT_SOCKET_CONNECT, "connect_ex",
                          &address, &len)) {
        return NULL;
    }
    error = socket_connect_to(self, &address, len, 0);
    return error < 0 ? NULL : PyLong_FromLong(error);
}

static PyObject *
socket_listen(SocketObject *self, PyObject *args)
{
    int backlog = Py_MIN(SOMAXCONN, 128), failed;

    if (!PyArg_ParseTuple(args, "|i:listen", &backlog)) {
        return NULL;
    }
    /* negative ones mean 0, to other systems too */
    backlog = Py_MAX(backlog, 0);
    if (PyAudit(AUDIT_LUCID_SOCKET_LISTEN, "Oi", self, backlog) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = listen(self->fd, backlog);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return self->raise_error();
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_shutdown(SocketObject *self, PyObject *arg)
{
    int how = _PyLong_AsInt(arg), failed;

    if ((how == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_SOCKET_SHUTDOWN, "Oi", self, how) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = shutdown(self->fd, how);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return self->raise_error();
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_close(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    int fd = self->fd, failed;

    if (fd < 0) {
        Py_RETURN_NONE;
    }
    self->fd = -1;
    Py_BEGIN_ALLOW_THREADS
    failed = close(fd);
    Py_END_ALLOW_THREADS
    /* the peer's doing, and nothing to be done about it */
    if (failed < 0 && errno != ECONNRESET) {
        return self->raise_error();
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_detach(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    int fd;

    if (PyAudit(AUDIT_LUCID_SOCKET_DETACH, "(O)", self) < 0) {
        return NULL;
    }
    fd = self->fd;
    self->fd = -1;
    return PyLong_FromLong(fd);
}

static PyObject *
socket_fileno(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(self->fd);
}

/* getsockname and getpeername. */
static PyObject *
socket_ask_address(SocketObject *self,
                   int (*function)(int, struct sockaddr *, socklen_t *))
{
    SocketAddress address;
    socklen_t len;
    int failed;

    if (!socket_address_size(self, &len)) {
        return NULL;
    }
    memset(&address, 0, sizeof(address));
    Py_BEGIN_ALLOW_THREADS
    failed = function(self->fd, &address.any, &len);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return self->raise_error();
    }
    return socket_address_as_object(self->fd, &address, len, self->proto);
}

static int
call_getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    return getsockname(fd, address, len);
}

static int
call_getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    return getpeername(fd, address, len);
}

static PyObject *
socket_getsockname(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    return socket_ask_address(self, call_getsockname);
}

static PyObject *
socket_getpeername(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    return socket_ask_address(self, call_getpeername);
}

/* ---- blocking, timeouts, options ---- */

static PyObject *
socket_setblocking(SocketObject *self, PyObject *arg)
{
    long block = PyLong_AsLong(arg);

    if (block == -1 && PyErr_Occurred()) {
        return NULL;
    }
    self->timeout = _PyTime_FromSeconds(block ? -1 : 0);
    if (socket_set_blocking(self, block != 0) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_getblocking(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(self->timeout != 0);
}

static PyObject *
socket_settimeout(SocketObject *self, PyObject *arg)
{
    _PyTime_t timeout;

    if (socket_parse_timeout(&timeout, arg) < 0) {
        return NULL;
    }
    self->timeout = timeout;
    if (socket_set_blocking(self, timeout < 0) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
socket_get_timeout(SocketObject *self, void *closure)
{
    if (self->timeout < 0) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(_PyTime_AsSecondsDouble(self->timeout));
}

static PyObject *
socket_gettimeout(SocketObject *self, PyObject *Py_UNUSED(ignored))
{
    return socket_get_timeout(self, NULL);
}

static PyObject *
socket_option_set(SocketObject *self, int level, int name, const void *value,
                  socklen_t size)
{
    if (setsockopt(self->fd, level, name, value, size) < 0) {
        return self->raise_error();
    }
    Py_RETURN_NONE;
}

/* (level, name, int), (level, name, None, size) or (level, name, buffer),
 * which is copied: a hook could change it. */
static PyObject *
socket_setsockopt(SocketObject *self, PyObject *args)
{
    int level, name, value;
    unsigned int size;
    Py_buffer buffer;
    PyObject *none, *option, *result = NULL;

    if (self->family == AF_VSOCK) {
        uint64_t number;
        if (PyArg_ParseTuple(args, "iiK:setsockopt", &level, &name,
                             &number)) {
            if (PyAudit(AUDIT_LUCID_SOCKET_SETSOCKOPT, "OiiK", self, level,
                        name, (unsigned long long)number) < 0) {
                return NULL;
            }
            return socket_option_set(self, level, name, &number,
                                     sizeof(number));
        }
        PyErr_Clear();
    }
    if (PyArg_ParseTuple(args, "iii:setsockopt", &level, &name, &value)) {
        if (PyAudit(AUDIT_LUCID_SOCKET_SETSOCKOPT, "Oiii", self, level, name,
                    value) < 0) {
            return NULL;
        }
        return socket_option_set(self, level, name, &value, sizeof(value));
    }
    PyErr_Clear();
    if (PyArg_ParseTuple(args, "iiO!I:setsockopt", &level, &name,
                         Py_TYPE(Py_None), &none, &size)) {
        if (PyAudit(AUDIT_LUCID_SOCKET_SETSOCKOPT, "OiiO", self, level, name,
                    Py_None) < 0) {
            return NULL;
        }
        return socket_option_set(self, level, name, NULL, size);
    }
    PyErr_Clear();
    if (!PyArg_ParseTuple(args, "iiy*:setsockopt", &level, &name, &buffer)) {
        return NULL;
    }
    if (buffer.len > INT_MAX) {
        PyBuffer_Release(&buffer);
        PyErr_Format(PyExc_OverflowError,
                     "socket option is larger than %i bytes", INT_MAX);
        return NULL;
    }
    option = PyBytes_FromStringAndSize(buffer.buf, buffer.len);
    PyBuffer_Release(&buffer);
    if (option != NULL &&
        PyAudit(AUDIT_LUCID_SOCKET_SETSOCKOPT, "OiiO", self, level, name,
                option) == 0) {
        result = socket_option_set(self, level, name,
                                   PyBytes_AS_STRING(option),
                                   (socklen_t)PyBytes_GET_SIZE(option));
    }
    Py_XDECREF(option);
    return result;
}

static PyObject *
socket_getsockopt(SocketObject *self, PyObject *args)
{
    int level, name, size = 0;
    socklen_t len;
    PyObject *bytes;

    if (!PyArg_ParseTuple(args, "ii|i:getsockopt", &level, &name, &size)) {
        return NULL;
    }
    if (size == 0) {
        if (self->family == AF_VSOCK) {
            uint64_t number = 0;
            len = sizeof(number);
            if (getsockopt(self->fd, level, name, &number, &len) < 0) {
                return self->raise_error();
            }
            return PyLong_FromUnsignedLong(number);
        }
        int flag = 0;
        len = sizeof(flag);
        if (getsockopt(self->fd, level, name, &flag, &len) < 0) {
            return self->raise_error();
        }
        return PyLong_FromLong(flag);
    }
    if (size < 0 || size > OPTION_MAX) {
        PyErr_SetString(PyExc_OSError, "getsockopt buflen out of range");
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    len = (socklen_t)size;
    if (getsockopt(self->fd, level, name, PyBytes_AS_STRING(bytes), &len) <
        0) {
        Py_DECREF(bytes);
        return self->raise_error();
    }
    (void)_PyBytes_Resize(&bytes, (Py_ssize_t)len);
    return bytes;
}

/* ---- the type ---- */

static PyMethodDef socket_methods[] = {
    {"_accept", (PyCFunction)socket_accept, METH_NOARGS,
     "_accept() -> (integer, address info)\n\nWait for a connection."},
    {"bind", (PyCFunction)socket_bind, METH_O,
     "bind(address)\n\nGive the socket a local address."},
    {"close", (PyCFunction)socket_close, METH_NOARGS,
     "close()\n\nClose the descriptor."},
    {"connect", (PyCFunction)socket_connect, METH_O,
     "connect(address)\n\nConnect to a remote address."},
    {"connect_ex", (PyCFunction)socket_connect_ex, METH_O,
     "connect_ex(address) -> errno\n\nThe same, with the error as result."},
    {"detach", (PyCFunction)socket_detach, METH_NOARGS,
     "detach()\n\nGive up the descriptor and return it."},
    {"fileno", (PyCFunction)socket_fileno, METH_NOARGS,
     "fileno() -> integer\n\nThe descriptor."},
    {"getpeername", (PyCFunction)socket_getpeername, METH_NOARGS,
     "getpeername() -> address info\n\nThe remote address."},
    {"getsockname", (PyCFunction)socket_getsockname, METH_NOARGS,
     "getsockname() -> address info\n\nThe local address."},
    {"getsockopt", (PyCFunction)socket_getsockopt, METH_VARARGS,
     "getsockopt(level, option[, buffersize]) -> value\n\nAn option, as int "
     "or bytes."},
    {"listen", (PyCFunction)socket_listen, METH_VARARGS,
     "listen([backlog])\n\nBegin to accept connections."},
    {"recv", (PyCFunction)socket_recv, METH_VARARGS,
     "recv(buffersize[, flags]) -> data\n\nReceive bytes."},
    {"recv_into", _PyCFunction_CAST(socket_recv_into),
     METH_VARARGS | METH_KEYWORDS,
     "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\nReceive into a "
     "buffer."},
    {"recvfrom", (PyCFunction)socket_recvfrom, METH_VARARGS,
     "recvfrom(buffersize[, flags]) -> (data, address info)\n\nReceive "
     "bytes and where they come from."},
    {"recvfrom_into", _PyCFunction_CAST(socket_recvfrom_into),
     METH_VARARGS | METH_KEYWORDS,
     "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)\n\n"
     "Receive into a buffer, and from where."},
    {"send", (PyCFunction)socket_send, METH_VARARGS,
     "send(data[, flags]) -> count\n\nSend bytes, perhaps not all."},
    {"sendall", (PyCFunction)socket_sendall, METH_VARARGS,
     "sendall(data[, flags])\n\nSend all bytes."},
    {"sendto", (PyCFunction)socket_sendto, METH_VARARGS,
     "sendto(data[, flags], address) -> count\n\nSend bytes to an address."},
    {"setblocking", (PyCFunction)socket_setblocking, METH_O,
     "setblocking(flag)\n\nBlocking (true) or not."},
    {"getblocking", (PyCFunction)socket_getblocking, METH_NOARGS,
     "getblocking()\n\nWhether it blocks, with or without a timeout."},
    {"settimeout", (PyCFunction)socket_settimeout, METH_O,
     "settimeout(timeout)\n\nA timeout in seconds; None: wait for ever."},
    {"gettimeout", (PyCFunction)socket_gettimeout, METH_NOARGS,
     "gettimeout() -> timeout\n\nThe timeout in seconds, or None."},
    {"setsockopt", (PyCFunction)socket_setsockopt, METH_VARARGS,
     "setsockopt(level, option, value: int)\n"
     "setsockopt(level, option, value: buffer)\n"
     "setsockopt(level, option, None, optlen: int)\n\nSet an option."},
    {"shutdown", (PyCFunction)socket_shutdown, METH_O,
     "shutdown(flag)\n\nShut down one or both directions."},
    {"recvmsg", (PyCFunction)socket_recvmsg, METH_VARARGS,
     "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, "
     "address)\n\nReceive a message with ancillary data."},
    {"recvmsg_into", (PyCFunction)socket_recvmsg_into, METH_VARARGS,
     "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, "
     "msg_flags, address)\n\nReceive a message into buffers."},
    {"sendmsg", (PyCFunction)socket_sendmsg, METH_VARARGS,
     "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count\n\nSend a "
     "message with ancillary data."},
    {"sendmsg_afalg", _PyCFunction_CAST(socket_sendmsg_afalg),
     METH_VARARGS | METH_KEYWORDS,
     "sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])\n\n"
     "Send to the kernel's cryptography."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef socket_members[] = {
    {"family", T_INT, offsetof(SocketObject, family), READONLY,
     "the socket family"},
    {"type", T_INT, offsetof(SocketObject, type), READONLY,
     "the socket type"},
    {"proto", T_INT, offsetof(SocketObject, proto), READONLY,
     "the socket protocol"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef socket_getset[] = {
    {"timeout", (getter)socket_get_timeout, NULL, "the socket timeout", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PySocket_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_socket.socket",
    .tp_basicsize = sizeof(SocketObject),
    .tp_dealloc = (destructor)socket_dealloc,
    .tp_repr = (reprfunc)socket_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket "
              "object\nsocket(family=-1, type=-1, proto=-1, fileno=None) -> "
              "socket object\n\nAn endpoint of communication.",
    .tp_methods = socket_methods,
    .tp_members = socket_members,
    .tp_getset = socket_getset,
    .tp_init = (initproc)socket_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = socket_new,
    .tp_free = PyObject_Del,
    .tp_finalize = (destructor)socket_finalize,
};
