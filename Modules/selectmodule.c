/* The module select: select(), poll objects, epoll objects.
 *
 * All three wait without the GIL, and go on waiting for the rest of the time
 * after a signal whose handler did not raise.
 */
#include "Python.h"

#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

typedef struct {
    PyTypeObject *poll_type;
    PyTypeObject *epoll_type;
} select_state;

/* ---- timeouts ---- */

/* `object` to *timeout: 1, None: 0 (wait for ever), -1. */
static int
timeout_from_object(PyObject *object, _PyTime_t *timeout,
                    int (*convert)(_PyTime_t *, PyObject *, _PyTime_round_t),
                    const char *type_message)
{
    if (object == NULL || object == Py_None) {
        return 0;
    }
    if (convert(timeout, object, _PyTime_ROUND_TIMEOUT) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, type_message);
        }
        return -1;
    }
    return 1;
}

/* After EINTR: 1 to wait again, with *timeout reduced (never below 0); 0: the
 * time is up; -1: a signal handler raised. */
static int
wait_again(int has_timeout, _PyTime_t deadline, _PyTime_t *timeout)
{
    if (PyErr_CheckSignals()) {
        return -1;
    }
    if (has_timeout) {
        *timeout = _PyDeadline_Get(deadline);
        if (*timeout < 0) {
            return 0;
        }
    }
    return 1;
}

/* ---- select ---- */

typedef struct {
    PyObject *items;                         /* fast sequence, owned */
    PyObject **objects;                      /* owned references */
    int *fds;
    Py_ssize_t count;
    int max_fd;
    fd_set set;
} WatchList;

static void
watch_release(WatchList *list)
{
    for (Py_ssize_t i = 0; i < list->count; i++) {
        Py_DECREF(list->objects[i]);
    }
    PyMem_Free(list->objects);
    PyMem_Free(list->fds);
    Py_CLEAR(list->items);
}

/* Runs Python (fileno). */
static int
watch_fill(WatchList *list, PyObject *sequence)
{
    Py_ssize_t room;

    FD_ZERO(&list->set);
    list->items = PySequence_Fast(sequence,
                                  "arguments 1-3 must be sequences");
    if (list->items == NULL) {
        return -1;
    }
    room = PySequence_Fast_GET_SIZE(list->items);
    list->objects = PyMem_New(PyObject *, room + 1);
    list->fds = PyMem_New(int, room + 1);
    if (list->objects == NULL || list->fds == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    /* fileno() may change a list: its size is read each time */
    for (Py_ssize_t i = 0;
         i < PySequence_Fast_GET_SIZE(list->items) && i < room; i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(list->items, i));
        int fd = PyObject_AsFileDescriptor(item);

        if (fd == -1 || fd >= FD_SETSIZE) {
            if (fd != -1) {
                PyErr_SetString(PyExc_ValueError,
                                "filedescriptor out of range in select()");
            }
            Py_DECREF(item);
            return -1;
        }
        FD_SET(fd, &list->set);
        list->max_fd = Py_MAX(list->max_fd, fd);
        list->objects[list->count] = item;
        list->fds[list->count++] = fd;
    }
    return 0;
}

/* The objects whose descriptors are in `ready`. */
static PyObject *
watch_ready(WatchList *list, fd_set *ready)
{
    PyObject *result = PyList_New(0);

    for (Py_ssize_t i = 0; result != NULL && i < list->count; i++) {
        if (FD_ISSET(list->fds[i], ready) &&
            PyList_Append(result, list->objects[i]) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

/* Waits; the count or -1 with an exception.  The sets are results. */
static int
select_wait(WatchList *lists, fd_set *ready, int has_timeout,
            _PyTime_t timeout)
{
    _PyTime_t deadline = has_timeout ? _PyDeadline_Init(timeout) : 0;
    int max_fd = -1, n, again;
    struct timeval tv;

    for (int i = 0; i < 3; i++) {
        max_fd = Py_MAX(max_fd, lists[i].max_fd);
    }
    do {
        for (int i = 0; i < 3; i++) {
            ready[i] = lists[i].set;
        }
        if (has_timeout) {
            (void)_PyTime_AsTimeval(timeout, &tv, _PyTime_ROUND_TIMEOUT);
        }
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = select(max_fd + 1, &ready[0], &ready[1], &ready[2],
                   has_timeout ? &tv : NULL);
        Py_END_ALLOW_THREADS
        if (n >= 0) {
            return n;
        }
        if (errno != EINTR) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        again = wait_again(has_timeout, deadline, &timeout);
    } while (again > 0);
    if (again == 0) {
        for (int i = 0; i < 3; i++) {
            FD_ZERO(&ready[i]);
        }
    }
    return again;
}

static PyObject *
select_select(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    WatchList lists[3];
    fd_set ready[3];
    _PyTime_t timeout = 0;
    int has_timeout;
    PyObject *found[3] = {NULL, NULL, NULL}, *result = NULL;

    if (!_PyArg_CheckPositional("select", nargs, 3, 4)) {
        return NULL;
    }
    has_timeout = timeout_from_object(nargs > 3 ? args[3] : NULL, &timeout,
                                      _PyTime_FromSecondsObject,
                                      "timeout must be a float or None");
    if (has_timeout < 0) {
        return NULL;
    }
    if (timeout < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be non-negative");
        return NULL;
    }
    memset(lists, 0, sizeof(lists));
    for (int i = 0; i < 3; i++) {
        lists[i].max_fd = -1;
    }
    for (int i = 0; i < 3; i++) {
        if (watch_fill(&lists[i], args[i]) < 0) {
            goto done;
        }
    }
    if (select_wait(lists, ready, has_timeout, timeout) < 0) {
        goto done;
    }
    for (int i = 0; i < 3; i++) {
        found[i] = watch_ready(&lists[i], &ready[i]);
        if (found[i] == NULL) {
            goto done;
        }
    }
    result = PyTuple_Pack(3, found[0], found[1], found[2]);
done:
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(found[i]);
        watch_release(&lists[i]);
    }
    return result;
}

/* ---- poll ---- */

typedef struct {
    PyObject_HEAD
    PyObject *events;                        /* dict: descriptor -> mask */
    struct pollfd *array;                    /* made from it */
    int array_len;
    int array_is_current;
    int running;                             /* poll() waits */
} PollObject;

/* Rebuilds the array.  0/-1. */
static int
poll_update_array(PollObject *self)
{
    Py_ssize_t pos = 0, len = PyDict_GET_SIZE(self->events), i = 0;
    PyObject *key, *value;
    struct pollfd *array = self->array;

    PyMem_Resize(array, struct pollfd, (size_t)(len > 0 ? len : 1));
    if (array == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->array = array;
    while (i < len && PyDict_Next(self->events, &pos, &key, &value)) {
        array[i].fd = (int)PyLong_AsLong(key);
        array[i].events = (short)PyLong_AsLong(value);
        array[i].revents = 0;
        i++;
    }
    self->array_len = (int)i;
    self->array_is_current = 1;
    return 0;
}

/* events[fd] = mask; 0/-1. */
static int
poll_set_mask(PollObject *self, int fd, unsigned short mask)
{
    PyObject *key = PyLong_FromLong(fd);
    PyObject *value = PyLong_FromLong(mask);
    int status = -1;

    if (key != NULL && value != NULL) {
        status = PyDict_SetItem(self->events, key, value);
    }
    Py_XDECREF(key);
    Py_XDECREF(value);
    self->array_is_current = 0;
    return status;
}

static PyObject *
poll_register(PollObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    unsigned short mask = POLLIN | POLLPRI | POLLOUT;
    int fd;

    if (!_PyArg_CheckPositional("register", nargs, 1, 2)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0 ||
        (nargs > 1 && !_PyLong_UnsignedShort_Converter(args[1], &mask)) ||
        poll_set_mask(self, fd, mask) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
poll_modify(PollObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    unsigned short mask;
    int fd, known;
    PyObject *key;

    if (!_PyArg_CheckPositional("modify", nargs, 2, 2)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0 || !_PyLong_UnsignedShort_Converter(args[1], &mask)) {
        return NULL;
    }
    key = PyLong_FromLong(fd);
    if (key == NULL) {
        return NULL;
    }
    known = PyDict_Contains(self->events, key);
    Py_DECREF(key);
    if (known == 0) {
        errno = ENOENT;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (known < 0 || poll_set_mask(self, fd, mask) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
poll_unregister(PollObject *self, PyObject *arg)
{
    int fd = PyObject_AsFileDescriptor(arg);
    PyObject *key;
    int status;

    if (fd < 0) {
        return NULL;
    }
    key = PyLong_FromLong(fd);
    if (key == NULL) {
        return NULL;
    }
    status = PyDict_DelItem(self->events, key);
    Py_DECREF(key);
    if (status < 0) {
        return NULL;                            /* KeyError */
    }
    self->array_is_current = 0;
    Py_RETURN_NONE;
}

static PyObject *
poll_ready(PollObject *self, int count)
{
    PyObject *list = PyList_New(0);

    for (int i = 0; list != NULL && i < self->array_len && count > 0; i++) {
        PyObject *pair;

        if (self->array[i].revents == 0) {
            continue;
        }
        /* masks are unsigned to the program */
        pair = Py_BuildValue("(ii)", self->array[i].fd,
                             self->array[i].revents & 0xffff);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
        count--;
    }
    return list;
}

static PyObject *
poll_poll(PollObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    _PyTime_t timeout = -1, ms = -1, deadline = 0;
    int n, has_timeout, again;

    if (!_PyArg_CheckPositional("poll", nargs, 0, 1)) {
        return NULL;
    }
    has_timeout = timeout_from_object(nargs > 0 ? args[0] : NULL, &timeout,
                                      _PyTime_FromMillisecondsObject,
                                      "timeout must be an integer or None");
    if (has_timeout < 0) {
        return NULL;
    }
    if (has_timeout) {
        ms = _PyTime_AsMilliseconds(timeout, _PyTime_ROUND_TIMEOUT);
        if (ms < INT_MIN || ms > INT_MAX) {
            PyErr_SetString(PyExc_OverflowError, "timeout is too large");
            return NULL;
        }
        if (timeout >= 0) {
            deadline = _PyDeadline_Init(timeout);
        }
    }
    has_timeout = has_timeout && ms >= 0;
    if (ms < 0) {
        ms = -1;
    }
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "concurrent poll() invocation");
        return NULL;
    }
    if (!self->array_is_current && poll_update_array(self) < 0) {
        return NULL;
    }
    self->running = 1;
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = poll(self->array, (nfds_t)self->array_len, (int)ms);
        Py_END_ALLOW_THREADS
        if (n >= 0 || errno != EINTR) {
            break;
        }
        again = wait_again(has_timeout, deadline, &timeout);
        if (again <= 0) {
            self->running = 0;
            return again < 0 ? NULL : PyList_New(0);
        }
        if (has_timeout) {
            ms = _PyTime_AsMilliseconds(timeout, _PyTime_ROUND_CEILING);
        }
    }
    self->running = 0;
    return n < 0 ? PyErr_SetFromErrno(PyExc_OSError) : poll_ready(self, n);
}

static void
poll_dealloc(PollObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyMem_Free(self->array);
    Py_XDECREF(self->events);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef poll_methods[] = {
    {"register", _PyCFunction_CAST(poll_register), METH_FASTCALL,
     "register($self, fd,\n         eventmask=select.POLLIN | "
     "select.POLLPRI | select.POLLOUT, /)\n--\n\nWatch a descriptor."},
    {"modify", _PyCFunction_CAST(poll_modify), METH_FASTCALL,
     "modify($self, fd, eventmask, /)\n--\n\nChange what is watched."},
    {"unregister", (PyCFunction)poll_unregister, METH_O,
     "unregister($self, fd, /)\n--\n\nStop watching a descriptor."},
    {"poll", _PyCFunction_CAST(poll_poll), METH_FASTCALL,
     "poll($self, timeout=None, /)\n--\n\nWait; list of (fd, events)."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot poll_slots[] = {
    {Py_tp_dealloc, poll_dealloc},
    {Py_tp_methods, poll_methods},
    {0, NULL},
};

static PyType_Spec poll_spec = {
    .name = "select.poll",
    .basicsize = sizeof(PollObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = poll_slots,
};

static PyObject *
select_poll(PyObject *module, PyObject *unused)
{
    select_state *state = PyModule_GetState(module);
    PollObject *self = PyObject_New(PollObject, state->poll_type);

    if (self == NULL) {
        return NULL;
    }
    self->array = NULL;
    self->array_len = 0;
    self->array_is_current = 0;
    self->running = 0;
    self->events = PyDict_New();
    if (self->events == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* ---- epoll ---- */

typedef struct {
    PyObject_HEAD
    int fd;                                  /* -1: closed */
} EpollObject;

static PyObject *
epoll_raise_closed(void)
{
    PyErr_SetString(PyExc_ValueError, "I/O operation on closed epoll object");
    return NULL;
}

/* `fd` -1: a new descriptor. */
static PyObject *
epoll_from_fd(PyTypeObject *type, int fd)
{
    EpollObject *self = (EpollObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (fd == -1) {
        Py_BEGIN_ALLOW_THREADS
        self->fd = epoll_create1(EPOLL_CLOEXEC);
        Py_END_ALLOW_THREADS
    }
    else {
        self->fd = fd;
    }
    if (self->fd < 0) {
        Py_DECREF(self);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return (PyObject *)self;
}

static PyObject *
epoll_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"sizehint", "flags", NULL};
    static _PyArg_Parser parser = {.format = "|ii:epoll",
                                   .keywords = keywords};
    int sizehint = -1, flags = 0;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &sizehint,
                                          &flags)) {
        return NULL;
    }
    if (sizehint != -1 && sizehint <= 0) {
        PyErr_SetString(PyExc_ValueError, "negative sizehint");
        return NULL;
    }
    if (flags != 0 && flags != EPOLL_CLOEXEC) {
        PyErr_SetString(PyExc_OSError, "invalid flags");
        return NULL;
    }
    return epoll_from_fd(type, -1);
}

static PyObject *
epoll_fromfd(PyObject *type, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg);

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return epoll_from_fd((PyTypeObject *)type, fd);
}

/* 0, or errno. */
static int
epoll_close_fd(EpollObject *self)
{
    int error = 0;

    if (self->fd >= 0) {
        int fd = self->fd;
        self->fd = -1;
        Py_BEGIN_ALLOW_THREADS
        if (close(fd) < 0) {
            error = errno;
        }
        Py_END_ALLOW_THREADS
    }
    return error;
}

static PyObject *
epoll_close(EpollObject *self, PyObject *unused)
{
    errno = epoll_close_fd(self);
    if (errno != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

static void
epoll_dealloc(EpollObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    (void)epoll_close_fd(self);
    freefunc free_func = PyType_GetSlot(type, Py_tp_free);
    free_func(self);
    Py_DECREF(type);
}

static PyObject *
epoll_fileno(EpollObject *self, PyObject *unused)
{
    return self->fd < 0 ? epoll_raise_closed() : PyLong_FromLong(self->fd);
}

static PyObject *
epoll_get_closed(EpollObject *self, void *closure)
{
    return PyBool_FromLong(self->fd < 0);
}

static PyObject *
epoll_control(EpollObject *self, int operation, int fd, unsigned int events)
{
    struct epoll_event event;
    int result;

    if (self->fd < 0) {
        return epoll_raise_closed();
    }
    memset(&event, 0, sizeof(event));
    event.events = events;
    event.data.fd = fd;
    Py_BEGIN_ALLOW_THREADS
    result = epoll_ctl(self->fd, operation, fd, &event);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* O& */
static int
fildes_converter(PyObject *object, void *fd)
{
    *(int *)fd = PyObject_AsFileDescriptor(object);
    return *(int *)fd >= 0;
}

static PyObject *
epoll_register(EpollObject *self, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "eventmask", NULL};
    static _PyArg_Parser parser = {.format = "O&|I:register",
                                   .keywords = keywords};
    unsigned int events = EPOLLIN | EPOLLPRI | EPOLLOUT;
    int fd;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      fildes_converter, &fd, &events)) {
        return NULL;
    }
    return epoll_control(self, EPOLL_CTL_ADD, fd, events);
}

static PyObject *
epoll_modify(EpollObject *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "eventmask", NULL};
    static _PyArg_Parser parser = {.format = "O&I:modify",
                                   .keywords = keywords};
    unsigned int events;
    int fd;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      fildes_converter, &fd, &events)) {
        return NULL;
    }
    return epoll_control(self, EPOLL_CTL_MOD, fd, events);
}

static PyObject *
epoll_unregister(EpollObject *self, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static _PyArg_Parser parser = {.format = "O&:unregister",
                                   .keywords = keywords};
    int fd;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      fildes_converter, &fd)) {
        return NULL;
    }
    return epoll_control(self, EPOLL_CTL_DEL, fd, 0);
}

/* Waits with room for max_events; the count, or -1 with an exception. */
static int
epoll_wait_for(EpollObject *self, struct epoll_event *events, int max_events,
               int has_timeout, _PyTime_t timeout)
{
    _PyTime_t deadline = 0, ms = -1;
    int n, again;

    if (has_timeout) {
        ms = _PyTime_AsMilliseconds(timeout, _PyTime_ROUND_CEILING);
        if (ms < INT_MIN || ms > INT_MAX) {
            PyErr_SetString(PyExc_OverflowError, "timeout is too large");
            return -1;
        }
        if (ms < 0) {
            ms = -1;
            has_timeout = 0;
        }
        else {
            deadline = _PyDeadline_Init(timeout);
        }
    }
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = epoll_wait(self->fd, events, max_events, (int)ms);
        Py_END_ALLOW_THREADS
        if (n >= 0) {
            return n;
        }
        if (errno != EINTR) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        again = wait_again(has_timeout, deadline, &timeout);
        if (again <= 0) {
            return again;
        }
        if (has_timeout) {
            ms = _PyTime_AsMilliseconds(timeout, _PyTime_ROUND_CEILING);
        }
    }
}

static PyObject *
epoll_poll(EpollObject *self, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"timeout", "maxevents", NULL};
    static _PyArg_Parser parser = {.format = "|Oi:poll",
                                   .keywords = keywords};
    PyObject *timeout_object = Py_None, *list = NULL;
    int max_events = -1, has_timeout, n;
    _PyTime_t timeout = 0;
    struct epoll_event *events;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &timeout_object, &max_events)) {
        return NULL;
    }
    if (self->fd < 0) {
        return epoll_raise_closed();
    }
    has_timeout = timeout_from_object(timeout_object, &timeout,
                                      _PyTime_FromSecondsObject,
                                      "timeout must be an integer or None");
    if (has_timeout < 0) {
        return NULL;
    }
    if (max_events == -1) {
        max_events = FD_SETSIZE - 1;
    }
    else if (max_events < 1) {
        PyErr_Format(PyExc_ValueError,
                     "maxevents must be greater than 0, got %d", max_events);
        return NULL;
    }
    events = PyMem_New(struct epoll_event, (size_t)max_events);
    if (events == NULL) {
        return PyErr_NoMemory();
    }
    n = epoll_wait_for(self, events, max_events, has_timeout, timeout);
    if (n >= 0) {
        list = PyList_New(n);
    }
    for (int i = 0; list != NULL && i < n; i++) {
        PyObject *pair = Py_BuildValue("iI", events[i].data.fd,
                                       events[i].events);
        if (pair == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, pair);
    }
    PyMem_Free(events);
    return list;
}

static PyObject *
epoll_enter(EpollObject *self, PyObject *unused)
{
    return self->fd < 0 ? epoll_raise_closed() : Py_NewRef(self);
}

static PyObject *
epoll_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("__exit__", nargs, 0, 3)) {
        return NULL;
    }
    return PyObject_CallMethodNoArgs(self, NAME(close));
}

static PyMethodDef epoll_methods[] = {
    {"fromfd", epoll_fromfd, METH_O | METH_CLASS,
     "fromfd($type, fd, /)\n--\n\nAn epoll object of a descriptor."},
    {"close", (PyCFunction)epoll_close, METH_NOARGS,
     "close($self, /)\n--\n\nClose the descriptor."},
    {"fileno", (PyCFunction)epoll_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nThe descriptor."},
    {"modify", _PyCFunction_CAST(epoll_modify),
     METH_FASTCALL | METH_KEYWORDS,
     "modify($self, /, fd, eventmask)\n--\n\nChange what is watched."},
    {"register", _PyCFunction_CAST(epoll_register),
     METH_FASTCALL | METH_KEYWORDS,
     "register($self, /, fd,\n         eventmask=select.EPOLLIN | "
     "select.EPOLLPRI | select.EPOLLOUT)\n--\n\nWatch a descriptor."},
    {"unregister", _PyCFunction_CAST(epoll_unregister),
     METH_FASTCALL | METH_KEYWORDS,
     "unregister($self, /, fd)\n--\n\nStop watching a descriptor."},
    {"poll", _PyCFunction_CAST(epoll_poll), METH_FASTCALL | METH_KEYWORDS,
     "poll($self, /, timeout=None, maxevents=-1)\n--\n\nWait; list of (fd, "
     "events)."},
    {"__enter__", (PyCFunction)epoll_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nItself."},
    {"__exit__", _PyCFunction_CAST(epoll_exit), METH_FASTCALL,
     "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)\n--\n\n"
     "Close the descriptor."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef epoll_getset[] = {
    {"closed", (getter)epoll_get_closed, NULL, "Whether it is closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot epoll_slots[] = {
    {Py_tp_new, epoll_new},
    {Py_tp_dealloc, epoll_dealloc},
    {Py_tp_doc, (void *)"select.epoll(sizehint=-1, flags=0)\n\nWatches many "
                        "descriptors at once."},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, epoll_methods},
    {Py_tp_getset, epoll_getset},
    {0, NULL},
};

static PyType_Spec epoll_spec = {
    .name = "select.epoll",
    .basicsize = sizeof(EpollObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = epoll_slots,
};

/* ---- the module ---- */

static PyMethodDef select_methods[] = {
    {"select", _PyCFunction_CAST(select_select), METH_FASTCALL,
     "select($module, rlist, wlist, xlist, timeout=None, /)\n--\n\nWait "
     "until one of the objects is ready."},
    {"poll", select_poll, METH_NOARGS,
     "poll($module, /)\n--\n\nA new poll object."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long value;
} select_constants[] = {
#define N(name) {#name, (long)(unsigned int)name}
    N(PIPE_BUF),      N(POLLIN),       N(POLLPRI),        N(POLLOUT),
    N(POLLERR),       N(POLLHUP),      N(POLLNVAL),       N(POLLRDNORM),
    N(POLLRDBAND),    N(POLLWRNORM),   N(POLLWRBAND),     N(POLLMSG),
    N(POLLRDHUP),     N(EPOLLIN),      N(EPOLLOUT),       N(EPOLLPRI),
    N(EPOLLERR),      N(EPOLLHUP),     N(EPOLLRDHUP),     N(EPOLLET),
    N(EPOLLONESHOT),  N(EPOLLEXCLUSIVE), N(EPOLLRDNORM),  N(EPOLLRDBAND),
    N(EPOLLWRNORM),   N(EPOLLWRBAND),  N(EPOLLMSG),       N(EPOLL_CLOEXEC),
#undef N
};

static int
select_exec(PyObject *module)
{
    select_state *state = PyModule_GetState(module);

    if (PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(select_constants); i++) {
        if (PyModule_AddIntConstant(module, select_constants[i].name,
                                    select_constants[i].value) < 0) {
            return -1;
        }
    }
    state->poll_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &poll_spec, NULL);
    if (state->poll_type == NULL) {
        return -1;
    }
    state->epoll_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &epoll_spec, NULL);
    return state->epoll_type == NULL
               ? -1
               : PyModule_AddType(module, state->epoll_type);
}

static int
select_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    select_state *state = PyModule_GetState(module);

    Py_VISIT(state->poll_type);
    Py_VISIT(state->epoll_type);
    return 0;
}

static int
select_clear_state(PyObject *module)
{
    select_state *state = PyModule_GetState(module);

    Py_CLEAR(state->poll_type);
    Py_CLEAR(state->epoll_type);
    return 0;
}

static void
select_free_state(void *module)
{
    (void)select_clear_state(module);
}

static PyModuleDef_Slot select_slots[] = {
    {Py_mod_exec, select_exec},
    {0, NULL},
};

static PyModuleDef select_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "select",
    .m_doc = "Waiting for descriptors to become ready.",
    .m_size = sizeof(select_state),
    .m_methods = select_methods,
    .m_slots = select_slots,
    .m_traverse = select_traverse_state,
    .m_clear = select_clear_state,
    .m_free = select_free_state,
};

PyMODINIT_FUNC PyInit_select(void);

PyMODINIT_FUNC
PyInit_select(void)
{
    return PyModuleDef_Init(&select_module);
}
