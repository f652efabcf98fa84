/* The module _queue: SimpleQueue, a FIFO that signal handlers and finalizers
 * may use while it is being used.
 *
 * Items lie in a list, from `first` on; what is before has been taken, and is
 * cut off when it is the larger half.  A get() that finds the queue empty
 * takes the lock (`locked`), and waits for it if it is taken; put() and a
 * get() that has got an item release it: then one who waits looks again. */
#include "Python.h"
#include "structmember.h"

#include "names.h"
#include "object.h"
#include "pythread.h"

typedef struct {
    PyTypeObject *queue_type;
    PyObject *empty_error;
} QueueState;

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    int locked;
    PyObject *items;                   /* list */
    Py_ssize_t first;
    PyObject *weakrefs;
} SimpleQueue;

static void queue_dealloc(PyObject *op);

static PyObject *
queue_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    SimpleQueue *self;

    /* Not a subclass with a constructor of its own. */
    if (type->tp_dealloc == queue_dealloc &&
        (!_PyArg_NoPositional("SimpleQueue", args) ||
         !_PyArg_NoKeywords("SimpleQueue", kwds))) {
        return NULL;
    }
    self = (SimpleQueue *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->items = PyList_New(0);
    self->lock = PyThread_allocate_lock();
    if (self->lock == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_MemoryError, "can't allocate lock");
    }
    if (self->lock == NULL || self->items == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void
queue_dealloc(PyObject *op)
{
    SimpleQueue *self = (SimpleQueue *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    if (self->lock != NULL) {
        if (self->locked) {
            PyThread_release_lock(self->lock);
        }
        PyThread_free_lock(self->lock);
    }
    Py_CLEAR(self->items);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    type->tp_free(op);
    Py_DECREF(type);
}

static int
queue_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SimpleQueue *)op)->items);
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static int
queue_clear(PyObject *op)
{
    Py_CLEAR(((SimpleQueue *)op)->items);
    return 0;
}

static PyObject *
queue_put_item(SimpleQueue *self, PyObject *item)
{
    if (PyList_Append(self->items, item) < 0) {
        return NULL;
    }
    if (self->locked) {                /* somebody may be waiting */
        self->locked = 0;
        PyThread_release_lock(self->lock);
    }
    Py_RETURN_NONE;
}

static PyObject *
queue_put(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames)
{
    static const char *const keywords[] = {"item", "block", "timeout", NULL};
    static _PyArg_Parser parser = {.format = "O|pO:put", .keywords = keywords};
    PyObject *item, *timeout = Py_None;
    int block = 1;                     /* a put never waits */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &item,
                                      &block, &timeout)) {
        return NULL;
    }
    return queue_put_item((SimpleQueue *)self, item);
}

static PyObject *
queue_put_nowait(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"item", NULL};
    static _PyArg_Parser parser = {.format = "O:put_nowait",
                                   .keywords = keywords};
    PyObject *item;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &item)) {
        return NULL;
    }
    return queue_put_item((SimpleQueue *)self, item);
}

/* The first item; the queue is not empty. */
static PyObject *
queue_take(SimpleQueue *self)
{
    Py_ssize_t len = PyList_GET_SIZE(self->items);
    PyObject *item = PyList_GET_ITEM(self->items, self->first);

    PyList_SET_ITEM(self->items, self->first, Py_NewRef(Py_None));
    self->first++;
    if (len - self->first <= self->first / 2) {
        Py_ssize_t taken = self->first;
        self->first = 0;
        if (PyList_SetSlice(self->items, 0, taken, NULL) < 0) {
            self->first = taken;
            Py_DECREF(item);
            return NULL;
        }
    }
    return item;
}

/* microseconds < 0: for ever. */
static PyObject *
queue_get_item(SimpleQueue *self, PyTypeObject *cls, int block,
               _PyTime_t deadline, PY_TIMEOUT_T microseconds)
{
    QueueState *state = PyType_GetModuleState(cls);

    while (self->first == PyList_GET_SIZE(self->items)) {
        PyLockStatus status;

        /* Without waiting first: the common case keeps the GIL. */
        status = PyThread_acquire_lock_timed(self->lock, 0, 0);
        if (status == PY_LOCK_FAILURE && block) {
            Py_BEGIN_ALLOW_THREADS
            status = PyThread_acquire_lock_timed(self->lock, microseconds, 1);
            Py_END_ALLOW_THREADS
        }
        if (status == PY_LOCK_INTR && Py_MakePendingCalls() < 0) {
            return NULL;
        }
        if (status == PY_LOCK_FAILURE) {
            PyErr_SetNone(state->empty_error);
            return NULL;
        }
        if (status == PY_LOCK_ACQUIRED) {
            self->locked = 1;
        }
        if (microseconds > 0) {
            _PyTime_t left = _PyDeadline_Get(deadline);
            microseconds = left <= 0 ? 0
                                     : (PY_TIMEOUT_T)_PyTime_AsMicroseconds(
                                           left, _PyTime_ROUND_CEILING);
            if (left <= 0) {
                block = 0;
            }
        }
    }
    PyObject *item = queue_take(self);
    if (self->locked) {                /* the next one that waits may look */
        self->locked = 0;
        PyThread_release_lock(self->lock);
    }
    return item;
}

static PyObject *
queue_get(PyObject *self, PyTypeObject *cls, PyObject *const *args,
          Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"block", "timeout", NULL};
    static _PyArg_Parser parser = {.format = "|pO:get", .keywords = keywords};
    PyObject *timeout_object = Py_None;
    _PyTime_t timeout, deadline = 0;
    PY_TIMEOUT_T microseconds = -1;
    int block = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &block,
                                      &timeout_object)) {
        return NULL;
    }
    if (block && timeout_object != Py_None) {
        if (_PyTime_FromSecondsObject(&timeout, timeout_object,
                                      _PyTime_ROUND_CEILING) < 0) {
            return NULL;
        }
        if (timeout < 0) {
            PyErr_SetString(PyExc_ValueError,
                            "'timeout' must be a non-negative number");
            return NULL;
        }
        microseconds = (PY_TIMEOUT_T)_PyTime_AsMicroseconds(
            timeout, _PyTime_ROUND_CEILING);
        if (microseconds > PY_TIMEOUT_MAX) {
            PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
            return NULL;
        }
        deadline = _PyDeadline_Init(timeout);
    }
    return queue_get_item((SimpleQueue *)self, cls, block, deadline,
                          microseconds);
}

static PyObject *
queue_get_nowait(PyObject *self, PyTypeObject *cls, PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs != 0 || (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) {
        PyErr_SetString(PyExc_TypeError, "get_nowait() takes no arguments");
        return NULL;
    }
    return queue_get_item((SimpleQueue *)self, cls, 0, 0, 0);
}

static PyObject *
queue_empty(PyObject *op, PyObject *ignored)
{
    SimpleQueue *self = (SimpleQueue *)op;

    return PyBool_FromLong(self->first == PyList_GET_SIZE(self->items));
}

static PyObject *
queue_qsize(PyObject *op, PyObject *ignored)
{
    SimpleQueue *self = (SimpleQueue *)op;

    return PyLong_FromSsize_t(PyList_GET_SIZE(self->items) - self->first);
}

#define METHOD(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef queue_methods[] = {
    {"empty", queue_empty, METH_NOARGS,
     PyDoc_STR("empty($self, /)\n--\n\nWhether the queue has no items now.")},
    {"get", METHOD(queue_get), METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("get($self, /, block=True, timeout=None)\n--\n\n"
               "Removes and returns the first item, waiting for one if need "
               "be.\n\nRaises Empty when the time has run out.")},
    {"get_nowait", METHOD(queue_get_nowait),
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("get_nowait($self, /)\n--\n\n"
               "Removes and returns the first item; Empty if there is none.")},
    {"put", METHOD(queue_put), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("put($self, /, item, block=True, timeout=None)\n--\n\n"
               "Adds the item; never waits.")},
    {"put_nowait", METHOD(queue_put_nowait), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("put_nowait($self, /, item)\n--\n\nAdds the item.")},
    {"qsize", queue_qsize, METH_NOARGS,
     PyDoc_STR("qsize($self, /)\n--\n\nHow many items the queue has now.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef queue_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(SimpleQueue, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot queue_type_slots[] = {
    {Py_tp_new, queue_new},
    {Py_tp_dealloc, queue_dealloc},
    {Py_tp_traverse, queue_traverse},
    {Py_tp_clear, queue_clear},
    {Py_tp_methods, queue_methods},
    {Py_tp_members, queue_members},
    {Py_tp_doc,
     (void *)PyDoc_STR(
         "SimpleQueue()\n--\n\n"
         "A FIFO queue without a limit, whose put() may interrupt itself.")},
    {0, NULL},
};

static PyType_Spec queue_type_spec = {
    .name = "_queue.SimpleQueue",
    .basicsize = sizeof(SimpleQueue),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = queue_type_slots,
};

static int
queue_exec(PyObject *module)
{
    QueueState *state = PyModule_GetState(module);

    state->empty_error = PyErr_NewExceptionWithDoc(
        "_queue.Empty", "There is nothing in the queue to get.",
        NULL, NULL);
    if (state->empty_error == NULL ||
        PyModule_AddObjectRef(module, "Empty", state->empty_error) < 0) {
        return -1;
    }
    state->queue_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &queue_type_spec, NULL);
    return state->queue_type == NULL
               ? -1 : PyModule_AddType(module, state->queue_type);
}

static int
queue_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    QueueState *state = PyModule_GetState(module);

    Py_VISIT(state->queue_type);
    Py_VISIT(state->empty_error);
    return 0;
}

static int
queue_clear_state(PyObject *module)
{
    QueueState *state = PyModule_GetState(module);

    Py_CLEAR(state->queue_type);
    Py_CLEAR(state->empty_error);
    return 0;
}

static void
queue_free_state(void *module)
{
    queue_clear_state(module);
}

static PyModuleDef_Slot queue_slots[] = {
    {Py_mod_exec, queue_exec},
    {0, NULL},
};

static struct PyModuleDef queue_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_queue",
    .m_doc = PyDoc_STR("The simple queue of the module queue."),
    .m_size = sizeof(QueueState),
    .m_slots = queue_slots,
    .m_traverse = queue_traverse_state,
    .m_clear = queue_clear_state,
    .m_free = queue_free_state,
};

PyMODINIT_FUNC PyInit__queue(void);

PyMODINIT_FUNC
PyInit__queue(void)
{
    return PyModuleDef_Init(&queue_module);
}
