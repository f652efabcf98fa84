/* Sending and receiving: plain, with addresses, and as messages with ancillary
 * data. */
#include "socket_private.h"

#include "audit.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Most buffers that a message can have. */
#define VECTOR_MAX INT_MAX

/* ---- receive ---- */

typedef struct {
    char *buffer;
    size_t size;
    int flags;
    SocketAddress *address;                  /* recvfrom only */
    socklen_t *address_len;
    ssize_t result;
} ReceiveCall;

static int
try_recv(SocketObject *self, void *data)
{
    ReceiveCall *call = data;

    call->result = recv(self->fd, call->buffer, call->size, call->flags);
    return call->result >= 0;
}

static int
try_recvfrom(SocketObject *self, void *data)
{
    ReceiveCall *call = data;

    memset(call->address, 0, *call->address_len);
    call->result = recvfrom(self->fd, call->buffer, call->size, call->flags,
                            &call->address->any, call->address_len);
    return call->result >= 0;
}

/* Count, or -1 with an exception. */
static Py_ssize_t
receive_into(SocketObject *self, char *buffer, Py_ssize_t size, int flags)
{
    ReceiveCall call = {buffer, (size_t)size, flags, NULL, NULL, 0};

    if (PyAudit(AUDIT_LUCID_SOCKET_RECV, "Oni", self, size, flags) < 0) {
        return -1;
    }
    if (size == 0) {
        return 0;
    }
    if (socket_call(self, 0, try_recv, &call, self->timeout) < 0) {
        return -1;
    }
    return call.result;
}

SOCKET_METHOD(recv)
{
    Py_ssize_t size, n;
    int flags = 0;
    PyObject *bytes;

    if (!PyArg_ParseTuple(args, "n|i:recv", &size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv");
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    n = receive_into(self, PyBytes_AS_STRING(bytes), size, flags);
    if (n < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (n != size) {
        (void)_PyBytes_Resize(&bytes, n);
    }
    return bytes;
}

PyObject *
socket_recv_into(SocketObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"buffer", "nbytes", "flags", NULL};
    static _PyArg_Parser parser = {.format = "w*|ni:recv_into",
                                   .keywords = keywords};
    Py_buffer view;
    Py_ssize_t size = 0, n = -1;
    int flags = 0;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &view, &size,
                                          &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv_into");
    }
    else if (size > view.len) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer too small for requested bytes");
    }
    else {
        n = receive_into(self, view.buf, size == 0 ? view.len : size, flags);
    }
    PyBuffer_Release(&view);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/* Count, with *address_object set; -1. */
static Py_ssize_t
receive_from(SocketObject *self, char *buffer, Py_ssize_t size, int flags,
             PyObject **address_object)
{
    SocketAddress address;
    socklen_t len;
    ReceiveCall call = {buffer, (size_t)size, flags, &address, &len, 0};

    *address_object = NULL;
    if (!socket_address_size(self, &len) ||
        PyAudit(AUDIT_LUCID_SOCKET_RECV, "Oni", self, size, flags) < 0 ||
        socket_call(self, 0, try_recvfrom, &call, self->timeout) < 0) {
        return -1;
    }
    *address_object = socket_address_as_object(self->fd, &address, len,
                                               self->proto);
    return *address_object == NULL ? -1 : call.result;
}

SOCKET_METHOD(recvfrom)
{
    Py_ssize_t size, n;
    int flags = 0;
    PyObject *bytes, *address;

    if (!PyArg_ParseTuple(args, "n|i:recvfrom", &size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recvfrom");
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    n = receive_from(self, PyBytes_AS_STRING(bytes), size, flags, &address);
    if (n < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (n != size && _PyBytes_Resize(&bytes, n) < 0) {
        Py_DECREF(address);
        return NULL;
    }
    return Py_BuildValue("NN", bytes, address);
}

PyObject *
socket_recvfrom_into(SocketObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"buffer", "nbytes", "flags", NULL};
    static _PyArg_Parser parser = {.format = "w*|ni:recvfrom_into",
                                   .keywords = keywords};
    Py_buffer view;
    Py_ssize_t size = 0, n = -1;
    int flags = 0;
    PyObject *address = NULL;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &view, &size,
                                          &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "negative buffersize in recvfrom_into");
    }
    else if (size > view.len) {
        PyErr_SetString(PyExc_ValueError,
                        "nbytes is greater than the length of the buffer");
    }
    else {
        n = receive_from(self, view.buf, size == 0 ? view.len : size, flags,
                         &address);
    }
    PyBuffer_Release(&view);
    return n < 0 ? NULL : Py_BuildValue("nN", n, address);
}

/* ---- send ---- */

typedef struct {
    const char *data;
    size_t size;
    int flags;
    const SocketAddress *address;            /* NULL: send */
    socklen_t address_len;
    ssize_t result;
} SendCall;

static int
try_send(SocketObject *self, void *data)
{
    SendCall *call = data;

    call->result = call->address == NULL
                       ? send(self->fd, call->data, call->size, call->flags)
                       : sendto(self->fd, call->data, call->size, call->flags,
                                &call->address->any, call->address_len);
    return call->result >= 0;
}

SOCKET_METHOD(send)
{
    Py_buffer view;
    SendCall call = {NULL, 0, 0, NULL, 0, 0};
    int status;

    if (!PyArg_ParseTuple(args, "y*|i:send", &view, &call.flags)) {
        return NULL;
    }
    call.data = view.buf;
    call.size = (size_t)view.len;
    status = PyAudit(AUDIT_LUCID_SOCKET_SEND, "Oni", self, view.len,
                     call.flags);
    if (status == 0) {
        status = socket_call(self, 1, try_send, &call, self->timeout);
    }
    PyBuffer_Release(&view);
    return status < 0 ? NULL : PyLong_FromSsize_t(call.result);
}

/* The timeout is for all of it. */
SOCKET_METHOD(sendall)
{
    Py_buffer view;
    SendCall call = {NULL, 0, 0, NULL, 0, 0};
    _PyTime_t timeout = self->timeout, deadline = 0;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "y*|i:sendall", &view, &call.flags)) {
        return NULL;
    }
    call.data = view.buf;
    call.size = (size_t)view.len;
    if (PyAudit(AUDIT_LUCID_SOCKET_SEND, "Oni", self, view.len, call.flags) <
        0) {
        goto done;
    }
    if (timeout > 0) {
        deadline = _PyDeadline_Init(timeout);
    }
    do {
        if (deadline != 0) {
            timeout = _PyDeadline_Get(deadline);
            if (timeout <= 0) {
                PyErr_SetString(PyExc_TimeoutError, "timed out");
                goto done;
            }
        }
        if (socket_call(self, 1, try_send, &call, timeout) < 0) {
            goto done;
        }
        call.data += call.result;
        call.size -= (size_t)call.result;
        /* a signal may be why it was not all */
        if (PyErr_CheckSignals()) {
            goto done;
        }
    } while (call.size > 0);
    result = Py_NewRef(Py_None);
done:
    PyBuffer_Release(&view);
    return result;
}

SOCKET_METHOD(sendto)
{
    Py_buffer view;
    SendCall call = {NULL, 0, 0, NULL, 0, 0};
    SocketAddress address;
    PyObject *address_object, *result = NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    int parsed;

    switch (count) {
    case 2:
        parsed = PyArg_ParseTuple(args, "y*O:sendto", &view, &address_object);
        break;
    case 3:
        parsed = PyArg_ParseTuple(args, "y*iO:sendto", &view, &call.flags,
                                  &address_object);
        break;
    default:
        PyErr_Format(PyExc_TypeError,
                     "sendto() takes 2 or 3 arguments (%zd given)", count);
        return NULL;
    }
    if (!parsed) {
        return NULL;
    }
    if (!socket_address_from_object(self, address_object, &address,
                                    &call.address_len, "sendto") ||
        PyAudit(AUDIT_SOCKET_SENDTO, "OO", self, address_object) < 0) {
        goto done;
    }
    call.data = view.buf;
    call.size = (size_t)view.len;
    call.address = &address;
    if (socket_call(self, 1, try_send, &call, self->timeout) == 0) {
        result = PyLong_FromSsize_t(call.result);
    }
done:
    PyBuffer_Release(&view);
    return result;
}

/* ---- ancillary data ---- */

/* As CMSG_LEN and CMSG_SPACE, but refusing what does not fit. */
int
socket_cmsg_len(size_t length, size_t *result)
{
    if (length > (size_t)(INT_MAX - (int)CMSG_LEN(0))) {
        return 0;
    }
    *result = CMSG_LEN(length);
    return *result <= INT_MAX && *result >= length;
}

int
socket_cmsg_space(size_t length, size_t *result)
{
    if (length > (size_t)(INT_MAX - (int)CMSG_SPACE(1))) {
        return 0;
    }
    *result = CMSG_SPACE(length);
    return *result <= INT_MAX && *result >= length;
}

/* Whether the header at `control` lies within the message, and how much of
 * its data does; 1/0. */
static int
cmsg_data_size(struct msghdr *message, struct cmsghdr *control, size_t *size)
{
    const char *end = (const char *)message->msg_control +
                      message->msg_controllen;
    const char *data = (const char *)CMSG_DATA(control);
    size_t room;

    if (message->msg_control == NULL || data > end ||
        control->cmsg_len < CMSG_LEN(0)) {
        return 0;
    }
    room = (size_t)(end - data);
    *size = Py_MIN(control->cmsg_len - CMSG_LEN(0), room);
    return 1;
}

/* list of (level, type, data) */
static PyObject *
ancillary_as_list(struct msghdr *message)
{
    PyObject *list = PyList_New(0);

    if (list == NULL || message->msg_controllen == 0) {
        return list;
    }
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control)) {
        size_t size;
        PyObject *item;
        int truncated, status;

        if (!cmsg_data_size(message, control, &size)) {
            if (PyErr_WarnEx(PyExc_RuntimeWarning,
                             "received malformed or improperly-truncated "
                             "ancillary data", 1) < 0) {
                Py_CLEAR(list);
            }
            break;
        }
        truncated = size < control->cmsg_len - CMSG_LEN(0);
        item = Py_BuildValue("iiN", control->cmsg_level, control->cmsg_type,
                             PyBytes_FromStringAndSize(
                                 (const char *)CMSG_DATA(control),
                                 (Py_ssize_t)size));
        status = item == NULL ? -1 : PyList_Append(list, item);
        Py_XDECREF(item);
        if (status < 0) {
            Py_CLEAR(list);
            break;
        }
        if (truncated) {
            break;
        }
    }
    return list;
}

/* ---- receive messages ---- */

typedef struct {
    struct msghdr *message;
    int flags;
    ssize_t result;
} MessageCall;

static int
try_recvmsg(SocketObject *self, void *data)
{
    MessageCall *call = data;

    call->result = recvmsg(self->fd, call->message, call->flags);
    return call->result >= 0;
}

static int
try_sendmsg(SocketObject *self, void *data)
{
    MessageCall *call = data;

    call->result = sendmsg(self->fd, call->message, call->flags);
    return call->result >= 0;
}

/* Descriptors that came with a message nobody will see. */
static void
close_received(struct msghdr *message)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control)) {
        size_t size;

        if (!cmsg_data_size(message, control, &size)) {
            break;
        }
        if (control->cmsg_level == SOL_SOCKET &&
            control->cmsg_type == SCM_RIGHTS) {
            for (size_t i = 0; i + sizeof(int) <= size; i += sizeof(int)) {
                int fd;
                memcpy(&fd, CMSG_DATA(control) + i, sizeof(int));
                close(fd);
            }
        }
    }
}

/* What is read into, or written from: views of the items of an iterable. */
typedef struct {
    Py_buffer *views;            /* or NULL */
    struct iovec *vectors;
    Py_ssize_t count;
} Vectors;

static unsigned long long
vectors_size(const Vectors *v)
{
    unsigned long long size = 0;

    for (Py_ssize_t i = 0; i < v->count; i++) {
        size += v->vectors[i].iov_len;
    }
    return size;
}

/* Receives into the vectors; a tuple of `make(length, data)` and the rest. */
static PyObject *
receive_message(SocketObject *self, const Vectors *v, Py_ssize_t control_size,
                int flags, PyObject *(*make)(ssize_t, void *), void *data)
{
    SocketAddress address;
    socklen_t address_len;
    struct msghdr message;
    MessageCall call = {&message, flags, 0};
    PyObject *ancillary = NULL, *result = NULL, *address_object, *first;
    void *control = NULL;

    if (!socket_address_size(self, &address_len)) {
        return NULL;
    }
    memset(&message, 0, sizeof(message));
    memset(&address, 0, sizeof(address));
    if (control_size < 0 || control_size > INT_MAX) {
        PyErr_SetString(PyExc_ValueError,
                        "invalid ancillary data buffer length");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SOCKET_RECV, "OKi", self, vectors_size(v),
                flags) < 0) {
        return NULL;
    }
    if (control_size > 0) {
        control = PyMem_Calloc(1, (size_t)control_size);
        if (control == NULL) {
            return PyErr_NoMemory();
        }
    }
    message.msg_name = &address;
    message.msg_namelen = address_len;
    message.msg_iov = v->vectors;
    message.msg_iovlen = (size_t)v->count;
    message.msg_control = control;
    message.msg_controllen = (size_t)control_size;
    if (socket_call(self, 0, try_recvmsg, &call, self->timeout) < 0) {
        goto done;
    }
    ancillary = ancillary_as_list(&message);
    first = ancillary == NULL ? NULL : make(call.result, data);
    address_object = first == NULL
                         ? NULL
                         : socket_address_as_object(
                               self->fd, &address,
                               Py_MIN(message.msg_namelen, sizeof(address)),
                               self->proto);
    if (address_object == NULL) {
        Py_XDECREF(first);
    }
    else {
        result = Py_BuildValue("NOiN", first, ancillary,
                               (int)message.msg_flags, address_object);
    }
    if (result == NULL) {
        close_received(&message);
    }
done:
    Py_XDECREF(ancillary);
    PyMem_Free(control);
    return result;
}

static PyObject *
make_bytes(ssize_t n, void *data)
{
    PyObject **bytes = data, *result;

    if (n != PyBytes_GET_SIZE(*bytes) && _PyBytes_Resize(bytes, n) < 0) {
        return NULL;
    }
    result = *bytes;
    *bytes = NULL;                                   /* moved */
    return result;
}

SOCKET_METHOD(recvmsg)
{
    Py_ssize_t size, control_size = 0;
    int flags = 0;
    struct iovec vector;
    PyObject *bytes, *result;

    if (!PyArg_ParseTuple(args, "n|ni:recvmsg", &size, &control_size,
                          &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "negative buffer size in recvmsg()");
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    vector.iov_base = PyBytes_AS_STRING(bytes);
    vector.iov_len = (size_t)size;
    const Vectors v = {NULL, &vector, 1};
    result = receive_message(self, &v, control_size, flags, make_bytes,
                             &bytes);
    Py_XDECREF(bytes);
    return result;
}

static PyObject *
make_count(ssize_t n, void *data)
{
    return PyLong_FromSsize_t(n);
}

static void
vectors_release(Vectors *v)
{
    for (Py_ssize_t i = 0; i < v->count; i++) {
        PyBuffer_Release(&v->views[i]);
    }
    PyMem_Free(v->views);
    PyMem_Free(v->vectors);
}

/* `item_format` for PyArg_Parse: with "w*" or "y*".  0/-1; release in either
 * case. */
static int
vectors_acquire(Vectors *v, PyObject *iterable, const char *item_format,
                const char *iterable_message, const char *too_many)
{
    PyObject *items;
    Py_ssize_t len;

    memset(v, 0, sizeof(*v));
    items = PySequence_Fast(iterable, iterable_message);
    if (items == NULL) {
        return -1;
    }
    len = PySequence_Fast_GET_SIZE(items);
    if (len > VECTOR_MAX) {
        PyErr_SetString(PyExc_OSError, too_many);
        Py_DECREF(items);
        return -1;
    }
    v->views = PyMem_New(Py_buffer, len + 1);
    v->vectors = PyMem_New(struct iovec, len + 1);
    if (v->views == NULL || v->vectors == NULL) {
        PyErr_NoMemory();
        Py_DECREF(items);
        return -1;
    }
    for (Py_ssize_t i = 0;
         i < len && i < PySequence_Fast_GET_SIZE(items); i++) {
        Py_buffer *view = &v->views[v->count];

        if (!PyArg_Parse(PySequence_Fast_GET_ITEM(items, i), item_format,
                         view)) {
            Py_DECREF(items);
            return -1;
        }
        v->vectors[v->count].iov_base = view->buf;
        v->vectors[v->count].iov_len = (size_t)view->len;
        v->count++;
    }
    Py_DECREF(items);
    return 0;
}

SOCKET_METHOD(recvmsg_into)
{
    Py_ssize_t control_size = 0;
    int flags = 0;
    Vectors v;
    PyObject *buffers, *result = NULL;

    if (!PyArg_ParseTuple(args, "O|ni:recvmsg_into", &buffers, &control_size,
                          &flags)) {
        return NULL;
    }
    if (vectors_acquire(&v, buffers,
                        "w*;recvmsg_into() argument 1 must be an iterable of "
                        "single-segment read-write buffers",
                        "recvmsg_into() argument 1 must be an iterable",
                        "recvmsg_into() argument 1 is too long") == 0) {
        result = receive_message(self, &v, control_size, flags, make_count,
                                 NULL);
    }
    vectors_release(&v);
    return result;
}

/* ---- send messages ---- */

typedef struct {
    int level;
    int type;
    Py_buffer data;
} ControlItem;

typedef struct {
    ControlItem *items;
    Py_ssize_t count;
    char *buffer;
    size_t size;
} Controls;

static void
controls_release(Controls *c)
{
    for (Py_ssize_t i = 0; i < c->count; i++) {
        PyBuffer_Release(&c->items[i].data);
    }
    PyMem_Free(c->items);
    PyMem_Free(c->buffer);
}

/* Parses the items and adds up their space; 0/-1.  Runs Python. */
static int
controls_parse(Controls *c, PyObject *iterable)
{
    PyObject *items = PySequence_Fast(
        iterable, "sendmsg() argument 2 must be an iterable");
    Py_ssize_t len;
    int status = -1;

    if (items == NULL) {
        return -1;
    }
    len = PySequence_Fast_GET_SIZE(items);
    c->items = PyMem_New(ControlItem, len + 1);
    if (c->items == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0;
         i < len && i < PySequence_Fast_GET_SIZE(items); i++) {
        ControlItem *item = &c->items[c->count];
        size_t space;

        if (!PyArg_Parse(PySequence_Fast_GET_ITEM(items, i),
                         "(iiy*):[sendmsg() ancillary data items]",
                         &item->level, &item->type, &item->data)) {
            goto done;
        }
        c->count++;
        if (!socket_cmsg_space((size_t)item->data.len, &space)) {
            PyErr_SetString(PyExc_OSError, "ancillary data item too large");
            goto done;
        }
        c->size += space;
        if (c->size > INT_MAX) {
            PyErr_SetString(PyExc_OSError, "too much ancillary data");
            goto done;
        }
    }
    status = 0;
done:
    Py_DECREF(items);
    return status;
}

/* Lays the items out for the kernel; 0/-1. */
static int
controls_build(Controls *c, struct msghdr *message)
{
    struct cmsghdr *control = NULL;

    if (c->count == 0) {
        return 0;
    }
    c->buffer = PyMem_Calloc(1, c->size);
    if (c->buffer == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    message->msg_control = c->buffer;
    message->msg_controllen = c->size;
    for (Py_ssize_t i = 0; i < c->count; i++) {
        size_t size = (size_t)c->items[i].data.len;

        control = i == 0 ? CMSG_FIRSTHDR(message)
                         : CMSG_NXTHDR(message, control);
        if (control == NULL) {
            PyErr_SetString(PyExc_RuntimeError,
                            "unexpected NULL result from CMSG_NXTHDR()");
            return -1;
        }
        control->cmsg_level = c->items[i].level;
        control->cmsg_type = c->items[i].type;
        control->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(control), c->items[i].data.buf, size);
    }
    return 0;
}

SOCKET_METHOD(sendmsg)
{
    PyObject *buffers, *ancillary = NULL, *address_object = NULL;
    PyObject *result = NULL;
    int flags = 0;
    SocketAddress address;
    socklen_t address_len;
    struct msghdr message;
    Vectors v = {NULL, NULL, 0};
    Controls c = {NULL, 0, NULL, 0};
    MessageCall call = {&message, 0, 0};

    if (!PyArg_ParseTuple(args, "O|OiO:sendmsg", &buffers, &ancillary, &flags,
                          &address_object)) {
        return NULL;
    }
    memset(&message, 0, sizeof(message));
    if (address_object != NULL && address_object != Py_None) {
        if (!socket_address_from_object(self, address_object, &address,
                                        &address_len, "sendmsg") ||
            PyAudit(AUDIT_SOCKET_SENDMSG, "OO", self, address_object) < 0) {
            return NULL;
        }
        message.msg_name = &address;
        message.msg_namelen = address_len;
    }
    else if (PyAudit(AUDIT_SOCKET_SENDMSG, "OO", self, Py_None) < 0) {
        return NULL;
    }
    if (vectors_acquire(&v, buffers,
                        "y*;sendmsg() argument 1 must be an iterable of "
                        "bytes-like objects",
                        "sendmsg() argument 1 must be an iterable",
                        "sendmsg() argument 1 is too long") < 0 ||
        (ancillary != NULL && controls_parse(&c, ancillary) < 0) ||
        controls_build(&c, &message) < 0) {
        goto done;
    }
    message.msg_iov = v.vectors;
    message.msg_iovlen = (size_t)v.count;
    call.flags = flags;
    if (socket_call(self, 1, try_sendmsg, &call, self->timeout) == 0) {
        result = PyLong_FromSsize_t(call.result);
    }
done:
    controls_release(&c);
    vectors_release(&v);
    return result;
}

/* ---- the kernel's cryptography ---- */

/* Adds one SOL_ALG item; the next header, or NULL at the end. */
static struct cmsghdr *
alg_item(struct msghdr *message, struct cmsghdr *control, int type,
         const void *data, size_t size)
{
    control->cmsg_level = SOL_ALG;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(control), data, size);
    return CMSG_NXTHDR(message, control);
}

/* 0 without `object`, 1 with *value set, -1 with an exception. */
static int
alg_assoclen(PyObject *object, uint32_t *value)
{
    int number;

    if (object == NULL) {
        return 0;
    }
    number = _PyLong_AsInt(object);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (number < 0) {
        PyErr_SetString(PyExc_TypeError, "assoclen must be positive");
        return -1;
    }
    *value = (uint32_t)number;
    return 1;
}

/* The required operation; -1 with an exception. */
static int
alg_operation(PyObject *object)
{
    int op = object == NULL ? -1 : _PyLong_AsInt(object);

    if (op < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "Invalid or missing argument 'op'");
    }
    return op < 0 ? -1 : op;
}

/* The control messages: operation, initialisation vector (if iv->buf), length
 * of associated data (if `assoc`).  Returns what holds them (PyMem_Free), or
 * NULL with an exception. */
static char *
alg_build_controls(struct msghdr *message, uint32_t op, const Py_buffer *iv,
                   const uint32_t *assoc)
{
    struct af_alg_iv head = {.ivlen = (uint32_t)iv->len};
    size_t iv_size = iv->buf != NULL ? sizeof(head) + (size_t)iv->len : 0;
    size_t size = CMSG_SPACE(sizeof(op)) +
                  (iv->buf != NULL ? CMSG_SPACE(iv_size) : 0) +
                  (assoc != NULL ? CMSG_SPACE(sizeof(*assoc)) : 0);
    char *buffer = PyMem_Calloc(1, size), *iv_copy = NULL;
    struct cmsghdr *control;

    if (iv->buf != NULL) {
        iv_copy = PyMem_Malloc(iv_size);
    }
    if (buffer == NULL || (iv->buf != NULL && iv_copy == NULL)) {
        PyMem_Free(buffer);
        PyMem_Free(iv_copy);
        PyErr_NoMemory();
        return NULL;
    }
    message->msg_control = buffer;
    message->msg_controllen = size;
    control = alg_item(message, CMSG_FIRSTHDR(message), ALG_SET_OP, &op,
                       sizeof(op));
    if (iv_copy != NULL && control != NULL) {
        memcpy(iv_copy, &head, sizeof(head));
        memcpy(iv_copy + sizeof(head), iv->buf, (size_t)iv->len);
        control = alg_item(message, control, ALG_SET_IV, iv_copy, iv_size);
    }
    if (assoc != NULL && control != NULL) {
        (void)alg_item(message, control, ALG_SET_AEAD_ASSOCLEN, assoc,
                       sizeof(*assoc));
    }
    PyMem_Free(iv_copy);
    return buffer;
}

PyObject *
socket_sendmsg_afalg(SocketObject *self, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"msg", "op", "iv", "assoclen",
                                           "flags", NULL};
    static _PyArg_Parser parser = {.format = "|O$O!y*O!i:sendmsg_afalg",
                                   .keywords = keywords};
    PyObject *buffers = NULL, *op_object = NULL, *assoc_object = NULL;
    PyObject *result = NULL;
    Py_buffer iv = {NULL, NULL};
    int flags = 0, op, has_assoc;
    uint32_t assoc = 0;
    char *controls = NULL;
    struct msghdr message;
    Vectors v = {NULL, NULL, 0};
    MessageCall call = {&message, 0, 0};

    if (self->family != AF_ALG) {
        PyErr_SetString(PyExc_OSError, "algset is only supported for AF_ALG");
        return NULL;
    }
    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &buffers,
                                          &PyLong_Type, &op_object, &iv,
                                          &PyLong_Type, &assoc_object,
                                          &flags)) {
        return NULL;
    }
    memset(&message, 0, sizeof(message));
    op = alg_operation(op_object);
    has_assoc = op < 0 ? -1 : alg_assoclen(assoc_object, &assoc);
    if (has_assoc < 0 ||
        PyAudit(AUDIT_SOCKET_SENDMSG, "OO", self, Py_None) < 0 ||
        (buffers != NULL &&
         vectors_acquire(&v, buffers,
                         "y*;sendmsg() argument 1 must be an iterable of "
                         "bytes-like objects",
                         "sendmsg() argument 1 must be an iterable",
                         "sendmsg() argument 1 is too long") < 0)) {
        goto done;
    }
    message.msg_iov = v.vectors;
    message.msg_iovlen = (size_t)v.count;
    controls = alg_build_controls(&message, (uint32_t)op, &iv,
                                  has_assoc ? &assoc : NULL);
    call.flags = flags;
    if (controls != NULL &&
        socket_call(self, 1, try_sendmsg, &call, self->timeout) == 0) {
        result = PyLong_FromSsize_t(call.result);
    }
done:
    vectors_release(&v);
    PyMem_Free(controls);
    if (iv.buf != NULL) {
        PyBuffer_Release(&iv);
    }
    return result;
}
