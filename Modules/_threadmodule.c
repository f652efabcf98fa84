/* _thread: starting threads, locks, thread-local data.
 *
 * A lock's `locked` flag mirrors the native lock under the GIL.  An RLock
 * counts how often its owner has it.  local data: see the section below. */
#include "Python.h"

#include "audit.h"
#include "call.h"
#include "ceval.h"
#include "errors.h"
#include "names.h"
#include "private_api.h"
#include "pystate.h"
#include "pytime.h"
#include "structmember.h"
#include "structseq.h"

#include <signal.h>
#include <stddef.h>

typedef struct {
    PyTypeObject *lock_type;
    PyTypeObject *rlock_type;
    PyTypeObject *local_type;
    PyTypeObject *local_dummy_type;
    PyTypeObject *excepthook_args_type;
} thread_state;

static PyModuleDef thread_module;

static thread_state *
thread_get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- acquiring ---- */

/* Waits without the GIL; a signal's handler runs meanwhile, and may end the
 * wait (PY_LOCK_INTR with its exception).  timeout in ns, negative: for
 * ever. */
static PyLockStatus
acquire_timed(PyThread_type_lock lock, _PyTime_t timeout)
{
    _PyTime_t deadline = timeout > 0 ? _PyDeadline_Init(timeout) : 0;
    PyLockStatus status;

    do {
        _PyTime_t microseconds =
            _PyTime_AsMicroseconds(timeout, _PyTime_ROUND_CEILING);

        status = PyThread_acquire_lock_timed(lock, 0, 0);
        if (status == PY_LOCK_FAILURE && microseconds != 0) {
            Py_BEGIN_ALLOW_THREADS status = PyThread_acquire_lock_timed(
                lock, timeout < 0 ? -1 : microseconds, 1);
            Py_END_ALLOW_THREADS
        }
        if (status == PY_LOCK_INTR) {
            if (Py_MakePendingCalls() < 0) {
                return PY_LOCK_INTR;
            }
            if (timeout > 0) {
                timeout = _PyDeadline_Get(deadline);
                if (timeout < 0) {
                    status = PY_LOCK_FAILURE;
                }
            }
        }
    } while (status == PY_LOCK_INTR);
    return status;
}

static int
acquire_parse_args(PyObject *args, PyObject *kwds, _PyTime_t *timeout)
{
    static char *keywords[] = {(char *)"blocking", (char *)"timeout", NULL};
    const _PyTime_t unset = _PyTime_FromSeconds(-1);
    PyObject *timeout_object = NULL;
    int blocking = 1;

    *timeout = unset;
    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|pO:acquire", keywords,
                                     &blocking, &timeout_object)) {
        return -1;
    }
    if (timeout_object != NULL &&
        _PyTime_FromSecondsObject(timeout, timeout_object,
                                  _PyTime_ROUND_TIMEOUT) < 0) {
        return -1;
    }
    if (!blocking && *timeout != unset) {
        PyErr_SetString(PyExc_ValueError,
                        "can't specify a timeout for a non-blocking call");
        return -1;
    }
    if (*timeout < 0 && *timeout != unset) {
        PyErr_SetString(PyExc_ValueError,
                        "timeout value must be a non-negative number");
        return -1;
    }
    if (!blocking) {
        *timeout = 0;
    }
    else if (*timeout != unset &&
             _PyTime_AsMicroseconds(*timeout, _PyTime_ROUND_TIMEOUT) >
                 PY_TIMEOUT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
        return -1;
    }
    return 0;
}

/* ---- lock ---- */

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    PyObject *weakreflist;
    char locked;
} LockObject;

static LockObject *
lock_new(PyTypeObject *type)
{
    LockObject *self = (LockObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->lock = PyThread_allocate_lock();
    self->locked = 0;
    self->weakreflist = NULL;
    if (self->lock == NULL) {
        Py_DECREF(self);
        PyErr_SetString(PyExc_RuntimeError, "can't allocate lock");
        return NULL;
    }
    return self;
}

static int
lock_traverse(LockObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
lock_dealloc(LockObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    if (self->lock != NULL) {
        if (self->locked) {
            PyThread_release_lock(self->lock);
        }
        PyThread_free_lock(self->lock);
    }
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyObject *
lock_acquire(LockObject *self, PyObject *args, PyObject *kwds)
{
    _PyTime_t timeout;
    PyLockStatus status;

    if (acquire_parse_args(args, kwds, &timeout) < 0) {
        return NULL;
    }
    status = acquire_timed(self->lock, timeout);
    if (status == PY_LOCK_INTR) {
        return NULL;
    }
    if (status == PY_LOCK_ACQUIRED) {
        self->locked = 1;
    }
    return PyBool_FromLong(status == PY_LOCK_ACQUIRED);
}

static PyObject *
lock_release(LockObject *self, PyObject *Py_UNUSED(ignored))
{
    if (!self->locked) {
        PyErr_SetString(PyExc_RuntimeError, "release unlocked lock");
        return NULL;
    }
    self->locked = 0;
    PyThread_release_lock(self->lock);
    Py_RETURN_NONE;
}

/* With METH_FASTCALL: the call needs no memory, so that the end of a `with`
 * that a MemoryError reaches does let the lock go. */
static PyObject *
lock_exit(LockObject *self, PyObject *const *Py_UNUSED(args),
          Py_ssize_t Py_UNUSED(nargs))
{
    return lock_release(self, NULL);
}

static PyObject *
lock_locked(LockObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(self->locked);
}

static PyObject *
lock_repr(LockObject *self)
{
    return PyUnicode_FromFormat("<%s %s object at %p>",
                                self->locked ? "locked" : "unlocked",
                                Py_TYPE(self)->tp_name, self);
}

static PyObject *
lock_at_fork_reinit(LockObject *self, PyObject *Py_UNUSED(ignored))
{
    if (_PyThread_at_fork_reinit(&self->lock) < 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "failed to reinitialize lock at fork");
        return NULL;
    }
    self->locked = 0;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    acquire_doc,
    "acquire(blocking=True, timeout=-1) -> bool\n(acquire_lock() is an "
    "obsolete synonym)\n\n"
    "Take the lock, waiting until it is free, not at all, or up to `timeout`\n"
    "seconds; tell whether that worked.");
PyDoc_STRVAR(release_doc,
"release()\n(release_lock() is an obsolete synonym)\n\n"
"Let the lock go, which need not have been taken by this thread.");
PyDoc_STRVAR(locked_doc, "locked() -> bool\n(locked_lock() is an obsolete "
                         "synonym)\n\nTell whether it is taken.");

#define WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef lock_methods[] = {
    {"acquire_lock", WITH_KEYWORDS(lock_acquire), METH_VARARGS | METH_KEYWORDS,
     acquire_doc},
    {"acquire", WITH_KEYWORDS(lock_acquire), METH_VARARGS | METH_KEYWORDS,
     acquire_doc},
    {"release_lock", (PyCFunction)lock_release, METH_NOARGS, release_doc},
    {"release", (PyCFunction)lock_release, METH_NOARGS, release_doc},
    {"locked_lock", (PyCFunction)lock_locked, METH_NOARGS, locked_doc},
    {"locked", (PyCFunction)lock_locked, METH_NOARGS, locked_doc},
    {"__enter__", WITH_KEYWORDS(lock_acquire), METH_VARARGS | METH_KEYWORDS,
     acquire_doc},
    {"__exit__", _PyCFunction_CAST(lock_exit), METH_FASTCALL, release_doc},
    {"_at_fork_reinit", (PyCFunction)lock_at_fork_reinit, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef lock_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LockObject, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot lock_slots[] = {
    {Py_tp_dealloc, lock_dealloc},
    {Py_tp_repr, lock_repr},
    {Py_tp_doc, (void *)"A lock object is a synchronization primitive."},
    {Py_tp_methods, lock_methods},
    {Py_tp_traverse, lock_traverse},
    {Py_tp_members, lock_members},
    {0, NULL},
};

static PyType_Spec lock_spec = {
    .name = "_thread.lock",
    .basicsize = sizeof(LockObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lock_slots,
};

/* ---- RLock ---- */

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    unsigned long owner;
    unsigned long count;
    PyObject *weakreflist;
} RLockObject;

static PyObject *
rlock_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
          PyObject *Py_UNUSED(kwds))
{
    RLockObject *self = (RLockObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->lock = PyThread_allocate_lock();
    if (self->lock == NULL) {
        Py_DECREF(self);
        PyErr_SetString(PyExc_RuntimeError, "can't allocate lock");
        return NULL;
    }
    return (PyObject *)self;
}

static int
rlock_traverse(RLockObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
rlock_dealloc(RLockObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    if (self->lock != NULL) {
        if (self->count > 0) {
            PyThread_release_lock(self->lock);
        }
        PyThread_free_lock(self->lock);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
rlock_acquire(RLockObject *self, PyObject *args, PyObject *kwds)
{
    unsigned long thread = PyThread_get_thread_ident();
    _PyTime_t timeout;
    PyLockStatus status;

    if (acquire_parse_args(args, kwds, &timeout) < 0) {
        return NULL;
    }
    if (self->count > 0 && self->owner == thread) {
        if (self->count + 1 <= self->count) {
            PyErr_SetString(PyExc_OverflowError,
                            "Internal lock count overflowed");
            return NULL;
        }
        self->count++;
        Py_RETURN_TRUE;
    }
    status = acquire_timed(self->lock, timeout);
    if (status == PY_LOCK_ACQUIRED) {
        self->owner = thread;
        self->count = 1;
    }
    else if (status == PY_LOCK_INTR) {
        return NULL;
    }
    return PyBool_FromLong(status == PY_LOCK_ACQUIRED);
}

static PyObject *
rlock_release(RLockObject *self, PyObject *Py_UNUSED(ignored))
{
    if (self->count == 0 || self->owner != PyThread_get_thread_ident()) {
        PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
        return NULL;
    }
    if (--self->count == 0) {
        self->owner = 0;
        PyThread_release_lock(self->lock);
    }
    Py_RETURN_NONE;
}

static PyObject *
rlock_exit(RLockObject *self, PyObject *const *Py_UNUSED(args),
           Py_ssize_t Py_UNUSED(nargs))
{
    return rlock_release(self, NULL);
}

static PyObject *
rlock_acquire_restore(RLockObject *self, PyObject *args)
{
    unsigned long owner, count;
    int got = 1;

    if (!PyArg_ParseTuple(args, "(kk):_acquire_restore", &count, &owner)) {
        return NULL;
    }
    if (!PyThread_acquire_lock(self->lock, 0)) {
        Py_BEGIN_ALLOW_THREADS
        got = PyThread_acquire_lock(self->lock, 1);
        Py_END_ALLOW_THREADS
    }
    if (!got) {
        PyErr_SetString(PyExc_RuntimeError, "couldn't acquire lock");
        return NULL;
    }
    self->owner = owner;
    self->count = count;
    Py_RETURN_NONE;
}

static PyObject *
rlock_release_save(RLockObject *self, PyObject *Py_UNUSED(ignored))
{
    unsigned long owner = self->owner, count = self->count;

    if (count == 0) {
        PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
        return NULL;
    }
    self->count = 0;
    self->owner = 0;
    PyThread_release_lock(self->lock);
    return Py_BuildValue("kk", count, owner);
}

static PyObject *
rlock_is_owned(RLockObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(self->count > 0 &&
                           self->owner == PyThread_get_thread_ident());
}

static PyObject *
rlock_repr(RLockObject *self)
{
    return PyUnicode_FromFormat("<%s %s object owner=%ld count=%lu at %p>",
                                self->count ? "locked" : "unlocked",
                                Py_TYPE(self)->tp_name, (long)self->owner,
                                self->count, self);
}

static PyObject *
rlock_at_fork_reinit(RLockObject *self, PyObject *Py_UNUSED(ignored))
{
    if (_PyThread_at_fork_reinit(&self->lock) < 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "failed to reinitialize lock at fork");
        return NULL;
    }
    self->owner = 0;
    self->count = 0;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(rlock_acquire_doc,
"acquire(blocking=True) -> bool\n\n"
"Take the lock once more if this thread has it, else like a plain lock.");
PyDoc_STRVAR(rlock_release_doc, "release()\n\nUndo one acquire() of this "
                                "thread; the last one frees the lock.");

static PyMethodDef rlock_methods[] = {
    {"acquire", WITH_KEYWORDS(rlock_acquire), METH_VARARGS | METH_KEYWORDS,
     rlock_acquire_doc},
    {"release", (PyCFunction)rlock_release, METH_NOARGS, rlock_release_doc},
    {"_is_owned", (PyCFunction)rlock_is_owned, METH_NOARGS,
     PyDoc_STR("_is_owned() -> bool\n\nWhat threading.Condition calls.")},
    {"_acquire_restore", (PyCFunction)rlock_acquire_restore, METH_VARARGS,
     PyDoc_STR("_acquire_restore(state) -> None\n\nWhat threading.Condition "
               "calls.")},
    {"_release_save", (PyCFunction)rlock_release_save, METH_NOARGS,
     PyDoc_STR("_release_save() -> tuple\n\nWhat threading.Condition calls.")},
    {"__enter__", WITH_KEYWORDS(rlock_acquire), METH_VARARGS | METH_KEYWORDS,
     rlock_acquire_doc},
    {"__exit__", _PyCFunction_CAST(rlock_exit), METH_FASTCALL,
     rlock_release_doc},
    {"_at_fork_reinit", (PyCFunction)rlock_at_fork_reinit, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef rlock_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(RLockObject, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot rlock_slots[] = {
    {Py_tp_dealloc, rlock_dealloc},
    {Py_tp_repr, rlock_repr},
    {Py_tp_methods, rlock_methods},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, rlock_new},
    {Py_tp_members, rlock_members},
    {Py_tp_traverse, rlock_traverse},
    {0, NULL},
};

static PyType_Spec rlock_spec = {
    .name = "_thread.RLock",
    .basicsize = sizeof(RLockObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = rlock_slots,
};

/* ---- local data ----
 *
 *   thread's dict:  local.key -> dummy          (dies with the thread)
 *   local.dummies:  weakref(dummy) -> attributes of that thread
 *
 * So a dead thread's attributes go through the weak reference's callback, and
 * a dead local takes all attributes with it; its dummies are removed from the
 * threads' dicts. */

typedef struct {
    PyObject_HEAD
    PyObject *ldict;                   /* borrowed from the local's dummies */
    PyObject *weakreflist;
} LocalDummy;

typedef struct {
    PyObject_HEAD
    PyObject *key;                     /* str */
    PyObject *args, *kw;             /* for __init__ in each thread; or NULL */
    PyObject *weakreflist;
    PyObject *dummies;
    PyObject *wr_callback;
} LocalObject;

static void
local_dummy_dealloc(LocalDummy *self)
{
    PyTypeObject *type = Py_TYPE(self);

    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef local_dummy_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LocalDummy, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot local_dummy_slots[] = {
    {Py_tp_dealloc, local_dummy_dealloc},
    {Py_tp_doc, (void *)"Thread-local dummy"},
    {Py_tp_members, local_dummy_members},
    {0, NULL},
};

static PyType_Spec local_dummy_spec = {
    .name = "_thread._localdummy",
    .basicsize = sizeof(LocalDummy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = local_dummy_slots,
};

/* Callback of the weak references to dummies; self is a weak reference to the
 * local. */
static PyObject *
local_dummy_destroyed(PyObject *local_ref, PyObject *dummy_ref)
{
    PyObject *object = PyWeakref_GetObject(local_ref);
    LocalObject *self;

    if (object == NULL || object == Py_None) {
        Py_RETURN_NONE;
    }
    self = (LocalObject *)Py_NewRef(object);
    if (self->dummies != NULL) {
        PyObject *ldict = PyDict_GetItemWithError(self->dummies, dummy_ref);

        if (ldict != NULL) {
            PyDict_DelItem(self->dummies, dummy_ref);
        }
        if (PyErr_Occurred()) {
            PyErr_WriteUnraisable((PyObject *)self);
        }
    }
    Py_DECREF(self);
    Py_RETURN_NONE;
}

static PyMethodDef local_dummy_destroyed_def = {
    "_localdummy_destroyed", (PyCFunction)local_dummy_destroyed, METH_O, NULL,
};

/* Fresh attributes for the running thread, borrowed. */
static PyObject *
local_create_dict(LocalObject *self, thread_state *state)
{
    PyObject *tdict = PyThreadState_GetDict(), *ldict, *dummy_ref = NULL;
    LocalDummy *dummy = NULL;
    PyTypeObject *type = state->local_dummy_type;

    if (tdict == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "Couldn't get thread-state dictionary");
        return NULL;
    }
    ldict = PyDict_New();
    if (ldict == NULL) {
        return NULL;
    }
    dummy = (LocalDummy *)type->tp_alloc(type, 0);
    if (dummy == NULL) {
        goto failed;
    }
    dummy_ref = PyWeakref_NewRef((PyObject *)dummy, self->wr_callback);
    if (dummy_ref == NULL ||
        PyDict_SetItem(self->dummies, dummy_ref, ldict) < 0) {
        goto failed;
    }
    Py_CLEAR(dummy_ref);
    dummy->ldict = ldict;
    if (PyDict_SetItem(tdict, self->key, (PyObject *)dummy) < 0) {
        goto failed;
    }
    Py_DECREF(dummy);
    Py_DECREF(ldict);
    return ldict;
failed:
    Py_XDECREF(dummy_ref);
    Py_XDECREF(dummy);
    Py_DECREF(ldict);
    return NULL;
}

static thread_state *
local_get_state(PyObject *self)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &thread_module);

    return module == NULL ? NULL : thread_get_state(module);
}

/* The running thread's attributes, borrowed.  Runs Python (__init__ of
 * subclasses). */
static PyObject *
local_get_dict(LocalObject *self)
{
    PyObject *tdict = PyThreadState_GetDict(), *ldict, *dummy;
    thread_state *state = local_get_state((PyObject *)self);

    if (state == NULL) {
        return NULL;
    }
    if (tdict == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "Couldn't get thread-state dictionary");
        return NULL;
    }
    dummy = PyDict_GetItemWithError(tdict, self->key);
    if (dummy != NULL) {
        return ((LocalDummy *)dummy)->ldict;
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    ldict = local_create_dict(self, state);
    if (ldict == NULL) {
        return NULL;
    }
    if (Py_TYPE(self)->tp_init != PyBaseObject_Type.tp_init &&
        Py_TYPE(self)->tp_init((PyObject *)self, self->args, self->kw) < 0) {
        PyObject *type, *value, *traceback;

        PyErr_Fetch(&type, &value, &traceback);
        if (PyDict_DelItem(tdict, self->key) < 0) {
            PyErr_Clear();            /* __init__ may have removed it itself */
        }
        PyErr_Restore(type, value, traceback);
        return NULL;
    }
    return ldict;
}

static PyObject *
local_new(PyTypeObject *type, PyObject *args, PyObject *kw)
{
    PyObject *module, *self_ref = NULL;
    LocalObject *self = NULL;

    if (type->tp_init == PyBaseObject_Type.tp_init) {
        int has_args = args != NULL ? PyObject_IsTrue(args) : 0;

        if (has_args == 0 && kw != NULL) {
            has_args = PyObject_IsTrue(kw);
        }
        if (has_args != 0) {
            if (has_args > 0) {
                PyErr_SetString(PyExc_TypeError,
                                "Initialization arguments are not supported");
            }
            return NULL;
        }
    }
    module = PyType_GetModuleByDef(type, &thread_module);
    if (module == NULL) {
        return NULL;
    }
    self = (LocalObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->args = Py_XNewRef(args);
    self->kw = Py_XNewRef(kw);
    self->key = PyUnicode_FromFormat("thread.local.%p", self);
    self->dummies = PyDict_New();
    self_ref = PyWeakref_NewRef((PyObject *)self, NULL);
    if (self->key == NULL || self->dummies == NULL || self_ref == NULL) {
        goto failed;
    }
    self->wr_callback =
        PyCFunction_NewEx(&local_dummy_destroyed_def, self_ref, NULL);
    Py_CLEAR(self_ref);
    if (self->wr_callback == NULL ||
        local_create_dict(self, thread_get_state(module)) == NULL) {
        goto failed;
    }
    return (PyObject *)self;
failed:
    Py_XDECREF(self_ref);
    Py_DECREF(self);
    return NULL;
}

static int
local_traverse(LocalObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->args);
    Py_VISIT(self->kw);
    Py_VISIT(self->dummies);
    return 0;
}

static int
local_clear(LocalObject *self)
{
    Py_CLEAR(self->args);
    Py_CLEAR(self->kw);
    Py_CLEAR(self->dummies);
    Py_CLEAR(self->wr_callback);
    if (self->key != NULL && _PyThreadState_GET() != NULL) {
        PyInterpreterState *interp = _PyInterpreterState_GET();

        for (PyThreadState *p = interp->threads.head; p != NULL; p = p->next) {
            if (p->dict != NULL &&
                PyDict_GetItemWithError(p->dict, self->key) != NULL &&
                PyDict_DelItem(p->dict, self->key) < 0) {
                PyErr_Clear();           /* KeyError: a finalizer was faster */
            }
        }
    }
    return 0;
}

static void
local_dealloc(LocalObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    local_clear(self);
    Py_XDECREF(self->key);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* 1 if name is "__dict__", 0, -1. */
static int
is_dict_name(PyObject *name)
{
    return PyObject_RichCompareBool(name, NAME(__dict__), Py_EQ);
}

static PyObject *
local_getattro(LocalObject *self, PyObject *name)
{
    PyObject *ldict = local_get_dict(self);
    int is_dict;

    if (ldict == NULL) {
        return NULL;
    }
    is_dict = is_dict_name(name);
    if (is_dict != 0) {
        return is_dict < 0 ? NULL : Py_NewRef(ldict);
    }
    return _PyObject_GenericGetAttrWithDict((PyObject *)self, name, ldict, 0);
}

static int
local_setattro(LocalObject *self, PyObject *name, PyObject *value)
{
    PyObject *ldict = local_get_dict(self);
    int is_dict;

    if (ldict == NULL) {
        return -1;
    }
    is_dict = is_dict_name(name);
    if (is_dict != 0) {
        if (is_dict > 0) {
            PyErr_Format(PyExc_AttributeError,
                         "'%.50s' object attribute '%U' is read-only",
                         Py_TYPE(self)->tp_name, name);
        }
        return -1;
    }
    return _PyObject_GenericSetAttrWithDict((PyObject *)self, name, value,
                                            ldict);
}

static PyMemberDef local_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LocalObject, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot local_slots[] = {
    {Py_tp_dealloc, local_dealloc},
    {Py_tp_getattro, local_getattro},
    {Py_tp_setattro, local_setattro},
    {Py_tp_doc, (void *)"_local()\n--\n\nThread-local data"},
    {Py_tp_traverse, local_traverse},
    {Py_tp_clear, local_clear},
    {Py_tp_new, local_new},
    {Py_tp_members, local_members},
    {0, NULL},
};

static PyType_Spec local_spec = {
    .name = "_thread._local",
    .basicsize = sizeof(LocalObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = local_slots,
};

/* ---- starting ---- */

struct bootstate {
    PyThreadState *tstate;
    PyObject *func;
    PyObject *args;
    PyObject *kwargs;                  /* or NULL */
};

static void
thread_run(void *opaque)
{
    struct bootstate *boot = opaque;
    PyThreadState *tstate = boot->tstate;
    PyObject *result;

    tstate->thread_id = PyThread_get_thread_ident();
    tstate->native_thread_id = PyThread_get_thread_native_id();
    PyEval_AcquireThread(tstate);
    pystate_bind_thread(tstate);
    tstate->interp->ceval.thread_count++;
    result = PyObject_Call(boot->func, boot->args, boot->kwargs);
    if (result == NULL) {
        if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
            PyErr_Clear();
        }
        else {
            _PyErr_WriteUnraisableMsg("in thread started by", boot->func);
        }
    }
    Py_XDECREF(result);
    Py_DECREF(boot->func);
    Py_DECREF(boot->args);
    Py_XDECREF(boot->kwargs);
    PyMem_RawFree(boot);
    tstate->interp->ceval.thread_count--;
    PyThreadState_Clear(tstate);
    _PyThreadState_DeleteCurrent(tstate);
    PyThread_exit_thread();
}

static PyObject *
thread_start_new_thread(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *func, *func_args, *kwargs = NULL;
    PyInterpreterState *interp = _PyInterpreterState_GET();
    struct bootstate *boot;
    unsigned long ident;

    if (!PyArg_UnpackTuple(args, "start_new_thread", 2, 3, &func, &func_args,
                           &kwargs)) {
        return NULL;
    }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "first arg must be callable");
        return NULL;
    }
    if (!PyTuple_Check(func_args)) {
        PyErr_SetString(PyExc_TypeError, "2nd arg must be a tuple");
        return NULL;
    }
    if (kwargs != NULL && !PyDict_Check(kwargs)) {
        PyErr_SetString(PyExc_TypeError,
                        "optional 3rd arg must be a dictionary");
        return NULL;
    }
    if (interp->config._isolated_interpreter) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "thread is not supported for isolated subinterpreters");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID__THREAD_START_NEW_THREAD, "OOO", func, func_args,
                kwargs != NULL ? kwargs : Py_None) < 0) {
        return NULL;
    }
    boot = PyMem_RawMalloc(sizeof(*boot));
    if (boot == NULL) {
        return PyErr_NoMemory();
    }
    boot->tstate = _PyThreadState_Prealloc(interp);
    if (boot->tstate == NULL) {
        PyMem_RawFree(boot);
        return PyErr_NoMemory();
    }
    boot->func = Py_NewRef(func);
    boot->args = Py_NewRef(func_args);
    boot->kwargs = Py_XNewRef(kwargs);
    ident = PyThread_start_new_thread(thread_run, boot);
    if (ident == PYTHREAD_INVALID_THREAD_ID) {
        PyErr_SetString(PyExc_RuntimeError, "can't start new thread");
        PyThreadState_Clear(boot->tstate);
        PyThreadState_Delete(boot->tstate);
        Py_DECREF(boot->func);
        Py_DECREF(boot->args);
        Py_XDECREF(boot->kwargs);
        PyMem_RawFree(boot);
        return NULL;
    }
    return PyLong_FromUnsignedLong(ident);
}

static PyObject *
thread_exit(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyErr_SetNone(PyExc_SystemExit);
    return NULL;
}

static PyObject *
thread_interrupt_main(PyObject *Py_UNUSED(module), PyObject *args)
{
    int signum = SIGINT;

    if (!PyArg_ParseTuple(args, "|i:signum", &signum)) {
        return NULL;
    }
    if (PyErr_SetInterruptEx(signum) < 0) {
        PyErr_SetString(PyExc_ValueError, "signal number out of range");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
thread_allocate_lock(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return (PyObject *)lock_new(thread_get_state(module)->lock_type);
}

static PyObject *
thread_get_ident(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(PyThread_get_thread_ident());
}

static PyObject *
thread_get_native_id(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(PyThread_get_thread_native_id());
}

static PyObject *
thread_count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(
        _PyInterpreterState_GET()->ceval.thread_count);
}

/* The thread's end: the lock that threading waits for, if it still exists. */
static void
release_sentinel(void *opaque)
{
    PyObject *reference = opaque;
    PyObject *object = PyWeakref_GET_OBJECT(reference);

    if (object != Py_None) {
        LockObject *lock = (LockObject *)object;

        if (lock->locked) {
            lock->locked = 0;
            PyThread_release_lock(lock->lock);
        }
    }
    Py_DECREF(reference);
}

static PyObject *
thread_set_sentinel(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    PyThreadState *tstate = _PyThreadState_GET();
    LockObject *lock;
    PyObject *reference;

    if (tstate->on_delete_data != NULL) {
        PyObject *old = tstate->on_delete_data;

        tstate->on_delete = NULL;
        tstate->on_delete_data = NULL;
        Py_DECREF(old);
    }
    lock = lock_new(thread_get_state(module)->lock_type);
    if (lock == NULL) {
        return NULL;
    }
    reference = PyWeakref_NewRef((PyObject *)lock, NULL);
    if (reference == NULL) {
        Py_DECREF(lock);
        return NULL;
    }
    tstate->on_delete_data = reference;
    tstate->on_delete = release_sentinel;
    return (PyObject *)lock;
}

static PyObject *
thread_stack_size(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t new_size = 0;
    size_t old_size;

    if (!PyArg_ParseTuple(args, "|n:stack_size", &new_size)) {
        return NULL;
    }
    if (new_size < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "size must be 0 or a positive value");
        return NULL;
    }
    old_size = PyThread_get_stacksize();
    if (PyTuple_GET_SIZE(args) > 0 &&
        PyThread_set_stacksize((size_t)new_size) < 0) {
        PyErr_Format(PyExc_ValueError, "size not valid: %zd bytes", new_size);
        return NULL;
    }
    return PyLong_FromSsize_t((Py_ssize_t)old_size);
}

/* ---- threading.excepthook ---- */

static int
write_thread_name(PyObject *file, PyObject *thread)
{
    PyObject *name = NULL, *text = NULL;
    int result = -1;

    if (thread != Py_None &&
        _PyObject_LookupAttr(thread, NAME(name), &name) < 0) {
        return -1;
    }
    if (name != NULL) {
        if (PyFile_WriteObject(name, file, Py_PRINT_RAW) < 0) {
            PyErr_Clear();
            result = PyFile_WriteString("<failed to get thread name>", file);
        }
        else {
            result = 0;
        }
    }
    else {
        text = PyUnicode_FromFormat("%lu", PyThread_get_thread_ident());
        result =
            text == NULL ? -1 : PyFile_WriteObject(text, file, Py_PRINT_RAW);
    }
    Py_XDECREF(text);
    Py_XDECREF(name);
    return result;
}

static int
write_exception(PyObject *file, PyObject *type, PyObject *value,
                PyObject *traceback, PyObject *thread)
{
    PyObject *result;

    if (PyFile_WriteString("Exception in thread ", file) < 0 ||
        write_thread_name(file, thread) < 0 ||
        PyFile_WriteString(":\n", file) < 0) {
        return -1;
    }
    if (value != Py_None && traceback != Py_None &&
        PyExceptionInstance_Check(value) &&
        PyException_SetTraceback(value, traceback) < 0) {
        PyErr_Clear();
    }
    _PyErr_Display(file, type, value, traceback);
    result = PyObject_CallMethodNoArgs(file, NAME(flush));
    if (result == NULL) {
        PyErr_Clear();                    /* a stream that cannot be flushed */
    }
    Py_XDECREF(result);
    return 0;
}

static PyObject *
thread_excepthook(PyObject *module, PyObject *args)
{
    PyObject *type, *value, *traceback, *thread, *file;
    int status;

    if (!Py_IS_TYPE(args, thread_get_state(module)->excepthook_args_type)) {
        PyErr_SetString(
            PyExc_TypeError,
            "_thread.excepthook argument type must be ExceptHookArgs");
        return NULL;
    }
    type = PyStructSequence_GET_ITEM(args, 0);
    value = PyStructSequence_GET_ITEM(args, 1);
    traceback = PyStructSequence_GET_ITEM(args, 2);
    thread = PyStructSequence_GET_ITEM(args, 3);
    if (type == PyExc_SystemExit) {
        Py_RETURN_NONE;
    }
    file = PySys_GetObject("stderr");
    if (file == NULL || file == Py_None) {
        if (thread == Py_None) {
            Py_RETURN_NONE;
        }
        file = PyObject_GetAttrString(thread, "_stderr");
        if (file == NULL) {
            return NULL;
        }
        if (file == Py_None) {
            Py_DECREF(file);
            Py_RETURN_NONE;
        }
    }
    else {
        Py_INCREF(file);
    }
    status = write_exception(file, type, value, traceback, thread);
    Py_DECREF(file);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyStructSequence_Field excepthook_args_fields[] = {
    {"exc_type", "Exception type"},
    {"exc_value", "Exception value"},
    {"exc_traceback", "Exception traceback"},
    {"thread", "Thread"},
    {NULL, NULL},
};

static PyStructSequence_Desc excepthook_args_desc = {
    .name = "_thread._ExceptHookArgs",
    .doc = "ExceptHookArgs - what threading.excepthook is called with",
    .fields = excepthook_args_fields,
    .n_in_sequence = 4,
};

/* ---- the module ---- */

PyDoc_STRVAR(start_new_doc,
             "start_new_thread(function, args[, kwargs])\n(start_new() is an "
             "obsolete synonym)\n\n"
             "Run function(*args, **kwargs) in a new thread and return its "
             "identifier.");
PyDoc_STRVAR(exit_doc, "exit()\n(exit_thread() is an obsolete synonym)\n\nEnd "
                       "the thread, by raising SystemExit.");
PyDoc_STRVAR(allocate_doc, "allocate_lock() -> lock object\n(allocate() is an "
                           "obsolete synonym)\n\nA new lock.");

static PyMethodDef thread_methods[] = {
    {"start_new_thread", thread_start_new_thread, METH_VARARGS, start_new_doc},
    {"start_new", thread_start_new_thread, METH_VARARGS, start_new_doc},
    {"allocate_lock", thread_allocate_lock, METH_NOARGS, allocate_doc},
    {"allocate", thread_allocate_lock, METH_NOARGS, allocate_doc},
    {"exit_thread", thread_exit, METH_NOARGS, exit_doc},
    {"exit", thread_exit, METH_NOARGS, exit_doc},
    {"interrupt_main", thread_interrupt_main, METH_VARARGS,
     PyDoc_STR("interrupt_main(signum=signal.SIGINT, /)\n\n"
               "Behave as if the signal had arrived for the main thread.")},
    {"get_ident", thread_get_ident, METH_NOARGS,
     PyDoc_STR(
         "get_ident() -> integer\n\nThe identifier of the running thread.")},
    {"get_native_id", thread_get_native_id, METH_NOARGS,
     PyDoc_STR("get_native_id() -> integer\n\nThe kernel's number for the "
               "running thread.")},
    {"_count", thread_count, METH_NOARGS,
     PyDoc_STR(
         "_count() -> integer\n\nHow many threads started here are running.")},
    {"stack_size", thread_stack_size, METH_VARARGS,
     PyDoc_STR("stack_size([size]) -> size\n\n"
               "The stack size for new threads (0: the system's), set first "
               "if given.")},
    {"_set_sentinel", thread_set_sentinel, METH_NOARGS,
     PyDoc_STR("_set_sentinel() -> lock\n\nA lock that is released when the "
               "thread ends.")},
    {"_excepthook", thread_excepthook, METH_O,
     PyDoc_STR("excepthook(exc_type, exc_value, exc_traceback, thread)\n\n"
               "Show an exception that nobody caught in a thread.")},
    {NULL, NULL, 0, NULL},
};

static int
thread_exec(PyObject *module)
{
    thread_state *state = thread_get_state(module);
    PyObject *maximum;
    int status;

    state->lock_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &lock_spec, NULL);
    state->rlock_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &rlock_spec, NULL);
    state->local_dummy_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &local_dummy_spec, NULL);
    state->local_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &local_spec, NULL);
    state->excepthook_args_type =
        PyStructSequence_NewType(&excepthook_args_desc);
    if (state->lock_type == NULL || state->rlock_type == NULL ||
        state->local_dummy_type == NULL || state->local_type == NULL ||
        state->excepthook_args_type == NULL) {
        return -1;
    }
    maximum = PyFloat_FromDouble((double)(PY_TIMEOUT_MAX / 1000000));
    if (maximum == NULL) {
        return -1;
    }
    status = PyModule_AddObjectRef(module, "TIMEOUT_MAX", maximum);
    Py_DECREF(maximum);
    if (status < 0 ||
        PyModule_AddObjectRef(module, "error", PyExc_RuntimeError) < 0 ||
        PyModule_AddObjectRef(module, "LockType",
                              (PyObject *)state->lock_type) < 0 ||
        PyModule_AddType(module, state->rlock_type) < 0 ||
        PyModule_AddType(module, state->local_type) < 0 ||
        PyModule_AddType(module, state->excepthook_args_type) < 0) {
        return -1;
    }
    return 0;
}

static int
thread_traverse(PyObject *module, visitproc visit, void *arg)
{
    thread_state *state = thread_get_state(module);

    Py_VISIT(state->lock_type);
    Py_VISIT(state->rlock_type);
    Py_VISIT(state->local_type);
    Py_VISIT(state->local_dummy_type);
    Py_VISIT(state->excepthook_args_type);
    return 0;
}

static int
thread_clear(PyObject *module)
{
    thread_state *state = thread_get_state(module);

    Py_CLEAR(state->lock_type);
    Py_CLEAR(state->rlock_type);
    Py_CLEAR(state->local_type);
    Py_CLEAR(state->local_dummy_type);
    Py_CLEAR(state->excepthook_args_type);
    return 0;
}

static void
thread_free(void *module)
{
    thread_clear((PyObject *)module);
}

static PyModuleDef_Slot thread_slots[] = {{Py_mod_exec, thread_exec},
                                          {0, NULL}};

static PyModuleDef thread_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_thread",
    .m_doc = PyDoc_STR("Threads at their lowest: use `threading` instead."),
    .m_size = sizeof(thread_state),
    .m_methods = thread_methods,
    .m_slots = thread_slots,
    .m_traverse = thread_traverse,
    .m_clear = thread_clear,
    .m_free = thread_free,
};

PyMODINIT_FUNC PyInit__thread(void);
PyMODINIT_FUNC
PyInit__thread(void)
{
    return PyModuleDef_Init(&thread_module);
}
