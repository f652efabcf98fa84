/* Asynchronous generators (PEP 525).
 *
 * The generator yields two kinds of things to whoever drives it: what an
 * `await` inside passes on, as it is, and its own values, wrapped.  The
 * awaitables below tell them apart:
 *
 *   asend    __anext__(), asend(v): a wrapped value ends the wait, as
 *            StopIteration(value)
 *   athrow   athrow(...), aclose()
 *
 * Each is INIT until it is driven, ITER while, CLOSED afterwards.
 * ag_running_async is set from the first drive to the end of the wait: no
 * second one may begin in between. */
#include "Python.h"

#include "audit.h"
#include "errors.h"
#include "frame.h"
#include "generator.h"
#include "names.h"
#include "structmember.h"

enum awaitable_state { AWAITABLE_INIT, AWAITABLE_ITER, AWAITABLE_CLOSED };

typedef struct {
    PyObject_HEAD
    PyAsyncGenObject *gen;
    PyObject *value;               /* to send, or NULL */
    enum awaitable_state state;
} AsyncGenASend;

typedef struct {
    PyObject_HEAD
    PyAsyncGenObject *gen;
    PyObject *args;                /* of athrow(); NULL: aclose() */
    enum awaitable_state state;
} AsyncGenAThrow;

typedef struct {
    PyObject_HEAD
    PyObject *value;
} AsyncGenWrappedValue;

#define IS_WRAPPED(op) Py_IS_TYPE((op), &_PyAsyncGenWrappedValue_Type)

/* ---- wrapped values ---- */

PyObject *
async_gen_wrap_value(PyObject *value)
{
    AsyncGenWrappedValue *wrapped =
        PyObject_GC_New(AsyncGenWrappedValue, &_PyAsyncGenWrappedValue_Type);

    if (wrapped == NULL) {
        return NULL;
    }
    wrapped->value = Py_NewRef(value);
    PyObject_GC_Track(wrapped);
    return (PyObject *)wrapped;
}

static void
wrapped_dealloc(AsyncGenWrappedValue *wrapped)
{
    PyObject_GC_UnTrack(wrapped);
    Py_CLEAR(wrapped->value);
    PyObject_GC_Del(wrapped);
}

static int
wrapped_traverse(AsyncGenWrappedValue *wrapped, visitproc visit, void *arg)
{
    Py_VISIT(wrapped->value);
    return 0;
}

PyTypeObject _PyAsyncGenWrappedValue_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_wrapped_value",
    .tp_basicsize = sizeof(AsyncGenWrappedValue),
    .tp_dealloc = (destructor)wrapped_dealloc,
    .tp_traverse = (traverseproc)wrapped_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
};

/* What driving gave: an `await`'s own result, or NULL at the end of the wait
 * with StopIteration (the generator's value) or what ended the generator.
 * Steals result. */
static PyObject *
unwrap_result(PyAsyncGenObject *gen, PyObject *result)
{
    if (result == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetNone(PyExc_StopAsyncIteration);
        }
        if (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
            PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
            gen->ag_closed = 1;
        }
        gen->ag_running_async = 0;
        return NULL;
    }
    if (IS_WRAPPED(result)) {
        _PyGen_SetStopIterationValue(((AsyncGenWrappedValue *)result)->value);
        Py_DECREF(result);
        gen->ag_running_async = 0;
        return NULL;
    }
    return result;
}

/* The hooks of sys.set_asyncgen_hooks, when iteration begins. 0/-1. */
static int
async_gen_init_hooks(PyAsyncGenObject *gen)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *hook, *result;

    if (gen->ag_hooks_inited) {
        return 0;
    }
    gen->ag_hooks_inited = 1;
    Py_XSETREF(gen->ag_origin_or_finalizer,
               Py_XNewRef(tstate->async_gen_finalizer));
    hook = tstate->async_gen_firstiter;
    if (hook == NULL) {
        return 0;
    }
    Py_INCREF(hook);
    result = PyObject_CallOneArg(hook, (PyObject *)gen);
    Py_DECREF(hook);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* ---- __anext__, asend ---- */

static PyObject *
asend_new(PyAsyncGenObject *gen, PyObject *value)
{
    AsyncGenASend *o;

    if (async_gen_init_hooks(gen) < 0) {
        return NULL;
    }
    o = PyObject_GC_New(AsyncGenASend, &_PyAsyncGenASend_Type);
    if (o == NULL) {
        return NULL;
    }
    o->gen = (PyAsyncGenObject *)Py_NewRef(gen);
    o->value = Py_XNewRef(value);
    o->state = AWAITABLE_INIT;
    PyObject_GC_Track(o);
    return (PyObject *)o;
}

static void
asend_dealloc(AsyncGenASend *o)
{
    PyObject_GC_UnTrack(o);
    Py_CLEAR(o->gen);
    Py_CLEAR(o->value);
    PyObject_GC_Del(o);
}

static int
asend_traverse(AsyncGenASend *o, visitproc visit, void *arg)
{
    Py_VISIT(o->gen);
    Py_VISIT(o->value);
    return 0;
}

static PyObject *
asend_refuse_reuse(void)
{
    PyErr_SetString(PyExc_RuntimeError,
                    "cannot reuse already awaited __anext__()/asend()");
    return NULL;
}

static PyObject *
asend_send(AsyncGenASend *o, PyObject *arg)
{
    PyObject *result;

    if (o->state == AWAITABLE_CLOSED) {
        return asend_refuse_reuse();
    }
    if (o->state == AWAITABLE_INIT) {
        if (o->gen->ag_running_async) {
            PyErr_SetString(
                PyExc_RuntimeError,
                "anext(): asynchronous generator is already running");
            return NULL;
        }
        if (arg == NULL || arg == Py_None) {
            arg = o->value;
        }
        o->state = AWAITABLE_ITER;
    }
    o->gen->ag_running_async = 1;
    result = generator_send_or_stop((PyGenObject *)o->gen, arg);
    result = unwrap_result(o->gen, result);
    if (result == NULL) {
        o->state = AWAITABLE_CLOSED;
    }
    return result;
}

static PyObject *
asend_iternext(AsyncGenASend *o)
{
    return asend_send(o, NULL);
}

static PyObject *
asend_throw(AsyncGenASend *o, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result;

    if (o->state == AWAITABLE_CLOSED) {
        return asend_refuse_reuse();
    }
    result = generator_throw_args((PyGenObject *)o->gen, args, nargs);
    result = unwrap_result(o->gen, result);
    if (result == NULL) {
        o->state = AWAITABLE_CLOSED;
    }
    return result;
}

static PyObject *
asend_close(AsyncGenASend *o, PyObject *Py_UNUSED(ignored))
{
    o->state = AWAITABLE_CLOSED;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(send_doc,
             "send(arg) -> go on with 'arg' as the value of the yield.");
PyDoc_STRVAR(throw_doc, "throw(value)\nthrow(type[,value[,tb]])\n\n"
"Raise the exception where the generator stopped.");
PyDoc_STRVAR(close_doc, "close() -> end the wait.");

static PyMethodDef asend_methods[] = {
    {"send", (PyCFunction)asend_send, METH_O, send_doc},
    {"throw", (PyCFunction)(void (*)(void))asend_throw, METH_FASTCALL,
     throw_doc},
    {"close", (PyCFunction)asend_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods asend_as_async = {.am_await = PyObject_SelfIter};

PyTypeObject _PyAsyncGenASend_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_asend",
    .tp_basicsize = sizeof(AsyncGenASend),
    .tp_dealloc = (destructor)asend_dealloc,
    .tp_traverse = (traverseproc)asend_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)asend_iternext,
    .tp_as_async = &asend_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = asend_methods,
};

/* ---- athrow, aclose ---- */

static PyObject *
athrow_new(PyAsyncGenObject *gen, PyObject *args)
{
    AsyncGenAThrow *o;

    if (async_gen_init_hooks(gen) < 0) {
        return NULL;
    }
    o = PyObject_GC_New(AsyncGenAThrow, &_PyAsyncGenAThrow_Type);
    if (o == NULL) {
        return NULL;
    }
    o->gen = (PyAsyncGenObject *)Py_NewRef(gen);
    o->args = Py_XNewRef(args);
    o->state = AWAITABLE_INIT;
    PyObject_GC_Track(o);
    return (PyObject *)o;
}

static void
athrow_dealloc(AsyncGenAThrow *o)
{
    PyObject_GC_UnTrack(o);
    Py_CLEAR(o->gen);
    Py_CLEAR(o->args);
    PyObject_GC_Del(o);
}

static int
athrow_traverse(AsyncGenAThrow *o, visitproc visit, void *arg)
{
    Py_VISIT(o->gen);
    Py_VISIT(o->args);
    return 0;
}

static PyObject *
athrow_refuse_reuse(void)
{
    PyErr_SetString(PyExc_RuntimeError,
                    "cannot reuse already awaited aclose()/athrow()");
    return NULL;
}

/* aclose(): the generator yielded instead of ending. */
static PyObject *
aclose_ignored(AsyncGenAThrow *o, PyObject *yielded)
{
    Py_DECREF(yielded);
    o->gen->ag_running_async = 0;
    o->state = AWAITABLE_CLOSED;
    PyErr_SetString(PyExc_RuntimeError,
                    "async generator ignored GeneratorExit");
    return NULL;
}

/* The wait ends with an exception; for aclose() the expected ones are
 * success. */
static PyObject *
athrow_finish(AsyncGenAThrow *o)
{
    o->gen->ag_running_async = 0;
    o->state = AWAITABLE_CLOSED;
    if (o->args == NULL && (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
                            PyErr_ExceptionMatches(PyExc_GeneratorExit))) {
        PyErr_Clear();
        PyErr_SetNone(PyExc_StopIteration);
    }
    return NULL;
}

/* The first drive: raises the exception inside. */
static PyObject *
athrow_begin(AsyncGenAThrow *o, PyObject *arg)
{
    PyAsyncGenObject *gen = o->gen;
    PyObject *type, *value = NULL, *traceback = NULL, *result;

    if (gen->ag_running_async) {
        o->state = AWAITABLE_CLOSED;
        PyErr_SetString(
            PyExc_RuntimeError,
            o->args == NULL
                ? "aclose(): asynchronous generator is already running"
                : "athrow(): asynchronous generator is already running");
        return NULL;
    }
    if (gen->ag_closed) {
        o->state = AWAITABLE_CLOSED;
        PyErr_SetNone(PyExc_StopAsyncIteration);
        return NULL;
    }
    if (arg != Py_None) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "can't send non-None value to a just-started coroutine");
        return NULL;
    }
    o->state = AWAITABLE_ITER;
    gen->ag_running_async = 1;
    if (o->args == NULL) {
        gen->ag_closed = 1;
        result = generator_throw((PyGenObject *)gen, 0, PyExc_GeneratorExit,
                                 NULL, NULL);
        if (result != NULL && IS_WRAPPED(result)) {
            return aclose_ignored(o, result);
        }
    }
    else {
        if (!PyArg_UnpackTuple(o->args, "athrow", 1, 3, &type, &value,
                               &traceback)) {
            return NULL;
        }
        result =
            generator_throw((PyGenObject *)gen, 0, type, value, traceback);
        result = unwrap_result(gen, result);
    }
    return result != NULL ? result : athrow_finish(o);
}

static PyObject *
athrow_send(AsyncGenAThrow *o, PyObject *arg)
{
    PyGenObject *gen = (PyGenObject *)o->gen;
    PyObject *result;

    if (o->state == AWAITABLE_CLOSED) {
        return athrow_refuse_reuse();
    }
    if (gen->gi_frame_state >= FRAME_COMPLETED) {
        o->state = AWAITABLE_CLOSED;
        PyErr_SetNone(PyExc_StopIteration);
        return NULL;
    }
    if (o->state == AWAITABLE_INIT) {
        return athrow_begin(o, arg);
    }
    result = generator_send_or_stop(gen, arg);
    if (o->args != NULL) {
        return unwrap_result(o->gen, result);
    }
    if (result == NULL) {
        return athrow_finish(o);
    }
    return IS_WRAPPED(result) ? aclose_ignored(o, result) : result;
}

static PyObject *
athrow_iternext(AsyncGenAThrow *o)
{
    return athrow_send(o, Py_None);
}

static PyObject *
athrow_throw(AsyncGenAThrow *o, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result;

    if (o->state == AWAITABLE_CLOSED) {
        return athrow_refuse_reuse();
    }
    result = generator_throw_args((PyGenObject *)o->gen, args, nargs);
    if (o->args != NULL) {
        return unwrap_result(o->gen, result);
    }
    if (result != NULL && IS_WRAPPED(result)) {
        return aclose_ignored(o, result);
    }
    if (result == NULL && (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
                           PyErr_ExceptionMatches(PyExc_GeneratorExit))) {
        PyErr_Clear();
        PyErr_SetNone(PyExc_StopIteration);
    }
    return result;
}

static PyObject *
athrow_close(AsyncGenAThrow *o, PyObject *Py_UNUSED(ignored))
{
    o->state = AWAITABLE_CLOSED;
    Py_RETURN_NONE;
}

static PyMethodDef athrow_methods[] = {
    {"send", (PyCFunction)athrow_send, METH_O, send_doc},
    {"throw", (PyCFunction)(void (*)(void))athrow_throw, METH_FASTCALL,
     throw_doc},
    {"close", (PyCFunction)athrow_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods athrow_as_async = {.am_await = PyObject_SelfIter};

PyTypeObject _PyAsyncGenAThrow_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_athrow",
    .tp_basicsize = sizeof(AsyncGenAThrow),
    .tp_dealloc = (destructor)athrow_dealloc,
    .tp_traverse = (traverseproc)athrow_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)athrow_iternext,
    .tp_as_async = &athrow_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = athrow_methods,
};

/* ---- the generator ---- */

PyObject *
PyAsyncGen_New(PyFrameObject *f, PyObject *name, PyObject *qualname)
{
    return generator_new_for_frame(&PyAsyncGen_Type, f, name, qualname);
}

static PyObject *
async_gen_repr(PyAsyncGenObject *gen)
{
    return PyUnicode_FromFormat("<async_generator object %S at %p>",
                                gen->ag_qualname, gen);
}

static PyObject *
async_gen_anext(PyAsyncGenObject *gen)
{
    return asend_new(gen, NULL);
}

static PyObject *
async_gen_asend(PyAsyncGenObject *gen, PyObject *value)
{
    return asend_new(gen, value);
}

static PyObject *
async_gen_aclose(PyAsyncGenObject *gen, PyObject *Py_UNUSED(ignored))
{
    return athrow_new(gen, NULL);
}

static PyObject *
async_gen_athrow(PyAsyncGenObject *gen, PyObject *args)
{
    return athrow_new(gen, args);
}

static PyMethodDef async_gen_methods[] = {
    {"asend", (PyCFunction)async_gen_asend, METH_O,
     PyDoc_STR("asend(v) -> an awaitable that sends 'v' into the generator.")},
    {"athrow", (PyCFunction)async_gen_athrow, METH_VARARGS,
     PyDoc_STR("athrow(value)\nathrow(type[,value[,tb]])\n\nan awaitable that "
               "raises inside.")},
    {"aclose", (PyCFunction)async_gen_aclose, METH_NOARGS,
     PyDoc_STR("aclose() -> an awaitable that raises GeneratorExit inside.")},
    {"__sizeof__", (PyCFunction)generator_sizeof, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef async_gen_members[] = {
    {"ag_running", T_BOOL, offsetof(PyAsyncGenObject, ag_running_async),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef async_gen_getset[] = {
    {"__name__", (getter)generator_get_name, (setter)generator_set_name,
     PyDoc_STR("name of the async generator"), NULL},
    {"__qualname__", (getter)generator_get_qualname,
     (setter)generator_set_qualname,
     PyDoc_STR("__qualname__ of the async generator's function, unless set"),
     NULL},
    {"ag_await", (getter)generator_get_delegate, NULL,
     PyDoc_STR("what is being awaited, or None"), NULL},
    {"ag_frame", (getter)generator_get_frame, NULL, NULL, (void *)"ag_frame"},
    {"ag_code", (getter)generator_get_code, NULL, NULL, (void *)"ag_code"},
    {"ag_suspended", (getter)generator_get_suspended, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyAsyncMethods async_gen_as_async = {
    .am_aiter = PyObject_SelfIter,
    .am_anext = (unaryfunc)async_gen_anext,
    .am_send = generator_am_send,
};

PyTypeObject PyAsyncGen_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0).tp_name = "async_generator",
    .tp_basicsize =
        offsetof(PyAsyncGenObject, ag_iframe) + offsetof(Frame, localsplus),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)generator_dealloc,
    .tp_traverse = (traverseproc)generator_traverse,
    .tp_repr = (reprfunc)async_gen_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_async = &async_gen_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(PyAsyncGenObject, ag_weakreflist),
    .tp_methods = async_gen_methods,
    .tp_members = async_gen_members,
    .tp_getset = async_gen_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* ---- sys.set_asyncgen_hooks ---- */

int
async_gen_set_hooks(PyObject *firstiter, PyObject *finalizer)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (finalizer != NULL) {
        if (PyAudit(AUDIT_SYS_SET_ASYNCGEN_HOOK_FINALIZER, NULL) < 0) {
            return -1;
        }
        Py_XSETREF(tstate->async_gen_finalizer,
                   finalizer == Py_None ? NULL : Py_NewRef(finalizer));
    }
    if (firstiter != NULL) {
        if (PyAudit(AUDIT_SYS_SET_ASYNCGEN_HOOK_FIRSTITER, NULL) < 0) {
            return -1;
        }
        Py_XSETREF(tstate->async_gen_firstiter,
                   firstiter == Py_None ? NULL : Py_NewRef(firstiter));
    }
    return 0;
}
