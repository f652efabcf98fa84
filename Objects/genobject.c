/* Generators and coroutines.
 *
 * The object ends with its Frame.  gi_frame_state says where that is:
 *
 *                                    <-- send, throw --
 *     CREATED --send(None)--> EXECUTING ---- yield ----> SUSPENDED
 *                                 |
 *                                 | return, exception
 *                                 v
 *                             COMPLETED --> CLEARED
 *
 * CREATED, SUSPENDED   stacktop is valid; resuming pushes the value that
 *                      `yield` gives back
 * EXECUTING            the frame is in the thread's chain; stacktop is -1
 * COMPLETED            only while generator_resume() puts it away
 * CLEARED              the frame holds nothing
 *
 * Asynchronous generators (asyncgenobject.c) share all this. */
#include "Python.h"

#include "audit.h"
#include "ceval.h"
#include "code.h"
#include "errors.h"
#include "frame.h"
#include "gc.h"
#include "generator.h"
#include "names.h"
#include "object.h"
#include "structmember.h"
#include "warnings.h"

static PyObject *gen_close(PyGenObject *gen, PyObject *ignored);
static PyObject *gen_throw_at(PyGenObject *gen, int close_on_exit,
                              PyObject *type, PyObject *value,
                              PyObject *traceback);

/* "generator", "coroutine" or "async generator". */
static const char *
gen_kind(PyGenObject *gen)
{
    return PyCoro_CheckExact(gen) ? "coroutine"
           : PyAsyncGen_CheckExact(gen) ? "async generator" : "generator";
}

static int
gen_is_awaitable(PyObject *object)
{
    return PyGen_CheckExact(object) &&
           (((PyGenObject *)object)->gi_code->co_flags &
            CO_ITERABLE_COROUTINE);
}

/* ---- StopIteration ---- */

int
_PyGen_SetStopIterationValue(PyObject *value)
{
    PyObject *exc;

    if (value == NULL ||
        (!PyTuple_Check(value) && !PyExceptionInstance_Check(value))) {
        PyErr_SetObject(PyExc_StopIteration, value);
        return 0;
    }
    /* Raising with a tuple or an exception would unpack or replace. */
    exc = PyObject_CallOneArg(PyExc_StopIteration, value);
    if (exc == NULL) {
        return -1;
    }
    PyErr_SetObject(PyExc_StopIteration, exc);
    Py_DECREF(exc);
    return 0;
}

int
_PyGen_FetchStopIterationValue(PyObject **result)
{
    PyObject *type, *exc, *traceback, *value = NULL;

    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyErr_Fetch(&type, &exc, &traceback);
        if (exc != NULL &&
            PyObject_TypeCheck(exc, (PyTypeObject *)PyExc_StopIteration)) {
            value = Py_XNewRef(((PyStopIterationObject *)exc)->value);
            Py_DECREF(exc);
        }
        else if (exc != NULL && type == PyExc_StopIteration &&
                 !PyTuple_Check(exc)) {
            value = exc;
        }
        else {
            PyErr_NormalizeException(&type, &exc, &traceback);
            if (!PyObject_TypeCheck(exc,
                                    (PyTypeObject *)PyExc_StopIteration)) {
                PyErr_Restore(type, exc, traceback);
                return -1;
            }
            value = Py_XNewRef(((PyStopIterationObject *)exc)->value);
            Py_DECREF(exc);
        }
        Py_XDECREF(type);
        Py_XDECREF(traceback);
    }
    else if (PyErr_Occurred()) {
        return -1;
    }
    *result = value != NULL ? value : Py_NewRef(Py_None);
    return 0;
}

/* ---- running ---- */

/* Why the generator cannot go on; an exception, or *result for one that
 * ended. */
static PySendResult
gen_refuse(PyGenObject *gen, PyObject *arg, PyObject **result, int throwing,
           int closing)
{
    if (gen->gi_frame_state == FRAME_EXECUTING) {
        PyErr_Format(PyExc_ValueError, "%s already executing", gen_kind(gen));
        return PYGEN_ERROR;
    }
    if (gen->gi_frame_state == FRAME_CREATED) {
        PyErr_Format(PyExc_TypeError,
                     "can't send non-None value to a just-started %s",
                     gen_kind(gen));
        return PYGEN_ERROR;
    }
    if (PyCoro_CheckExact(gen) && !closing) {
        PyErr_SetString(PyExc_RuntimeError,
                        "cannot reuse already awaited coroutine");
    }
    else if (arg != NULL && !throwing) {
        *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
    return PYGEN_ERROR;
}

/* PEP 479: an iteration's end inside must not look like the generator's
 * own. */
static void
gen_convert_stop(PyGenObject *gen)
{
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        const char *message = PyCoro_CheckExact(gen)
                                  ? "coroutine raised StopIteration"
                              : PyAsyncGen_CheckExact(gen)
                                  ? "async generator raised StopIteration"
                                  : "generator raised StopIteration";

        _PyErr_FormatFromCause(PyExc_RuntimeError, "%s", message);
    }
    else if (PyAsyncGen_CheckExact(gen) &&
             PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
        _PyErr_FormatFromCause(PyExc_RuntimeError,
                               "async generator raised StopAsyncIteration");
    }
}

void
generator_finish(PyGenObject *gen, int failed)
{
    gen->gi_frame_state = FRAME_COMPLETED;
    if (failed) {
        gen_convert_stop(gen);
    }
    Py_CLEAR(gen->gi_exc_state.exc_value);
    gen->gi_frame_state = FRAME_CLEARED;
    frame_clear(generator_frame(gen));
}

/* It stands at a `yield`, or where something that it delegated to has
 * ended. */
static int
frame_takes_value(Frame *frame)
{
    int opcode = opcode_plain[_Py_OPCODE(*frame->prev_instr)];

    return opcode == YIELD_VALUE || opcode == JUMP_BACKWARD_NO_INTERRUPT;
}

/* Sends arg (NULL: plain iteration, whose end without a value sets no
 * exception), or raises the pending exception inside when `throwing`. */
static PySendResult
generator_resume(PyGenObject *gen, PyObject *arg, PyObject **result,
                 int throwing, int closing)
{
    PyThreadState *tstate = _PyThreadState_GET();
    Frame *frame = generator_frame(gen);
    PyObject *returned;

    *result = NULL;
    if (gen->gi_frame_state >= FRAME_EXECUTING ||
        (gen->gi_frame_state == FRAME_CREATED && arg != NULL &&
         arg != Py_None)) {
        return gen_refuse(gen, arg, result, throwing, closing);
    }
    /* A debugger may have moved the frame to where nobody waits for a
     * value. */
    if (gen->gi_frame_state == FRAME_CREATED || throwing ||
        frame_takes_value(frame)) {
        frame->localsplus[frame->stacktop++] =
            Py_NewRef(arg != NULL ? arg : Py_None);
    }

    _PyErr_StackItem *outer = tstate->exc_info;
    gen->gi_exc_state.previous_item = outer;
    tstate->exc_info = &gen->gi_exc_state;
    if (throwing) {
        _PyErr_ChainStackItem(NULL);
    }
    gen->gi_frame_state = FRAME_EXECUTING;
    returned = ceval_eval_frame(tstate, frame, throwing);
    tstate->exc_info = outer;
    gen->gi_exc_state.previous_item = NULL;
    frame->previous = NULL;

    if (returned != NULL && gen->gi_frame_state == FRAME_SUSPENDED) {
        *result = returned;
        return PYGEN_NEXT;
    }
    if (returned == Py_None && !PyAsyncGen_CheckExact(gen) && arg == NULL) {
        Py_CLEAR(returned);          /* iteration ends without StopIteration */
        generator_finish(gen, 0);
    }
    else {
        generator_finish(gen, returned == NULL);
    }
    *result = returned;
    return returned != NULL ? PYGEN_RETURN : PYGEN_ERROR;
}

PySendResult
generator_send(PyGenObject *gen, PyObject *value, PyObject **result)
{
    return generator_resume(gen, value, result, 0, 0);
}

PySendResult
generator_am_send(PyObject *self, PyObject *arg, PyObject **result)
{
    return generator_resume((PyGenObject *)self, arg, result, 0, 0);
}

/* The same, with the return value in a StopIteration. */
static PyObject *
gen_resume_or_stop(PyGenObject *gen, PyObject *arg, int throwing, int closing)
{
    PyObject *result;

    if (generator_resume(gen, arg, &result, throwing, closing) ==
        PYGEN_RETURN) {
        if (PyAsyncGen_CheckExact(gen)) {
            PyErr_SetNone(PyExc_StopAsyncIteration);
        }
        else if (result == Py_None) {
            PyErr_SetNone(PyExc_StopIteration);
        }
        else {
            _PyGen_SetStopIterationValue(result);
        }
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
generator_send_or_stop(PyGenObject *gen, PyObject *arg)
{
    return gen_resume_or_stop(gen, arg, 0, 0);
}

static PyObject *
gen_send(PyGenObject *gen, PyObject *arg)
{
    return gen_resume_or_stop(gen, arg, 0, 0);
}

static PyObject *
gen_iternext(PyGenObject *gen)
{
    PyObject *result;

    if (generator_resume(gen, NULL, &result, 0, 0) == PYGEN_RETURN) {
        if (result != Py_None) {
            _PyGen_SetStopIterationValue(result);
        }
        Py_CLEAR(result);
    }
    return result;
}

/* ---- delegation ---- */

PyObject *
generator_yield_from(PyGenObject *gen)
{
    Frame *frame = generator_frame(gen);
    _Py_CODEUNIT next;

    if (gen->gi_frame_state != FRAME_SUSPENDED) {
        return NULL;
    }
    next = frame->prev_instr[1];
    if (opcode_plain[_Py_OPCODE(next)] != RESUME ||
        _Py_OPARG(next) < RESUME_YIELD_FROM) {
        return NULL;
    }
    Value top = {(uintptr_t)frame->localsplus[frame->stacktop - 1]};
    return Py_NewRef(value_as_object(top));
}

/* iterator.close(), where there is one.  0/-1. */
static int
iterator_close(PyObject *iterator)
{
    PyObject *result, *method;

    if (PyGen_CheckExact(iterator) || PyCoro_CheckExact(iterator)) {
        result = gen_close((PyGenObject *)iterator, NULL);
    }
    else {
        if (_PyObject_LookupAttr(iterator, NAME(close), &method) < 0) {
            PyErr_WriteUnraisable(iterator);
        }
        if (method == NULL) {
            return 0;
        }
        result = PyObject_CallNoArgs(method);
        Py_DECREF(method);
    }
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static PyObject *
gen_close(PyGenObject *gen, PyObject *Py_UNUSED(ignored))
{
    PyObject *delegate = generator_yield_from(gen), *result;
    int status = 0;

    if (delegate != NULL) {
        int8_t state = gen->gi_frame_state;

        gen->gi_frame_state = FRAME_EXECUTING;
        status = iterator_close(delegate);
        gen->gi_frame_state = state;
        Py_DECREF(delegate);
    }
    if (status == 0) {
        PyErr_SetNone(PyExc_GeneratorExit);
    }
    result = gen_resume_or_stop(gen, Py_None, 1, 1);
    if (result != NULL) {
        Py_DECREF(result);
        PyErr_Format(PyExc_RuntimeError, "%s ignored GeneratorExit",
                     gen_kind(gen));
        return NULL;
    }
    if (PyErr_ExceptionMatches(PyExc_StopIteration) ||
        PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    return NULL;
}

/* Raises (type, value, traceback) inside: as the `raise` statement would check
 * them. */
static PyObject *
gen_throw_here(PyGenObject *gen, PyObject *type, PyObject *value,
               PyObject *traceback)
{
    if (traceback == Py_None) {
        traceback = NULL;
    }
    else if (traceback != NULL && !PyTraceBack_Check(traceback)) {
        PyErr_SetString(PyExc_TypeError,
                        "throw() third argument must be a traceback object");
        return NULL;
    }
    Py_INCREF(type);
    Py_XINCREF(value);
    Py_XINCREF(traceback);
    if (PyExceptionClass_Check(type)) {
        PyErr_NormalizeException(&type, &value, &traceback);
    }
    else if (PyExceptionInstance_Check(type)) {
        if (value != NULL && value != Py_None) {
            PyErr_SetString(
                PyExc_TypeError,
                "instance exception may not have a separate value");
            goto failed;
        }
        Py_XDECREF(value);
        value = type;
        type = Py_NewRef(PyExceptionInstance_Class(value));
        if (traceback == NULL) {
            traceback = PyException_GetTraceback(value);
        }
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "exceptions must be classes or instances deriving from "
                     "BaseException, not "
                     "%s",
                     Py_TYPE(type)->tp_name);
        goto failed;
    }
    PyErr_Restore(type, value, traceback);
    return gen_resume_or_stop(gen, Py_None, 1, 0);
failed:
    Py_DECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return NULL;
}

/* What was delegated to has ended with an exception: on behind SEND with the
 * value of a StopIteration, or with the exception. */
static PyObject *
gen_after_delegate(PyGenObject *gen)
{
    Frame *frame = generator_frame(gen);
    Value delegate = {(uintptr_t)frame->localsplus[--frame->stacktop]};
    PyObject *value, *result;

    value_close(delegate);
    frame->prev_instr--;                     /* from YIELD_VALUE to SEND ... */
    /* ... and to its target */
    frame->prev_instr += _Py_OPARG(*frame->prev_instr);
    if (_PyGen_FetchStopIterationValue(&value) < 0) {
        return gen_resume_or_stop(gen, Py_None, 1, 0);
    }
    result = gen_resume_or_stop(gen, value, 0, 0);
    Py_DECREF(value);
    return result;
}

static PyObject *
gen_throw_at(PyGenObject *gen, int close_on_exit, PyObject *type,
             PyObject *value, PyObject *traceback)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *delegate = generator_yield_from(gen), *method = NULL, *result;
    int8_t state = gen->gi_frame_state;

    if (delegate == NULL) {
        return gen_throw_here(gen, type, value, traceback);
    }
    if (close_on_exit &&
        PyErr_GivenExceptionMatches(type, PyExc_GeneratorExit)) {
        int status;

        gen->gi_frame_state = FRAME_EXECUTING;
        status = iterator_close(delegate);
        gen->gi_frame_state = state;
        Py_DECREF(delegate);
        return status < 0 ? gen_resume_or_stop(gen, Py_None, 1, 0)
                          : gen_throw_here(gen, type, value, traceback);
    }
    if (PyGen_CheckExact(delegate) || PyCoro_CheckExact(delegate)) {
        /* The frame counts as running, so that tracebacks show it. */
        Frame *frame = generator_frame(gen),
              *previous = tstate->cframe->current_frame;

        frame->previous = previous;
        tstate->cframe->current_frame = frame;
        gen->gi_frame_state = FRAME_EXECUTING;
        result = gen_throw_at((PyGenObject *)delegate, close_on_exit, type,
                              value, traceback);
        gen->gi_frame_state = state;
        tstate->cframe->current_frame = previous;
        frame->previous = NULL;
    }
    else {
        if (_PyObject_LookupAttr(delegate, NAME(throw), &method) < 0) {
            Py_DECREF(delegate);
            return NULL;
        }
        if (method == NULL) {
            Py_DECREF(delegate);
            return gen_throw_here(gen, type, value, traceback);
        }
        gen->gi_frame_state = FRAME_EXECUTING;
        result =
            PyObject_CallFunctionObjArgs(method, type, value, traceback, NULL);
        gen->gi_frame_state = state;
        Py_DECREF(method);
    }
    Py_DECREF(delegate);
    return result != NULL ? result : gen_after_delegate(gen);
}

PyObject *
generator_throw(PyGenObject *gen, int close_on_exit, PyObject *type,
                PyObject *value, PyObject *traceback)
{
    return gen_throw_at(gen, close_on_exit, type, value, traceback);
}

PyObject *
generator_throw_args(PyGenObject *gen, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("throw", nargs, 1, 3)) {
        return NULL;
    }
    return gen_throw_at(gen, 1, args[0], nargs > 1 ? args[1] : NULL,
                        nargs > 2 ? args[2] : NULL);
}

static PyObject *
gen_throw(PyGenObject *gen, PyObject *const *args, Py_ssize_t nargs)
{
    return generator_throw_args(gen, args, nargs);
}

/* ---- life ---- */

int
generator_traverse(PyGenObject *gen, visitproc visit, void *arg)
{
    Py_VISIT(gen->gi_code);
    Py_VISIT(gen->gi_name);
    Py_VISIT(gen->gi_qualname);
    Py_VISIT(gen->gi_origin_or_finalizer);
    if (gen->gi_frame_state < FRAME_CLEARED) {
        int status = frame_traverse(generator_frame(gen), visit, arg);

        if (status != 0) {
            return status;
        }
    }
    Py_VISIT(gen->gi_exc_state.exc_value);
    return 0;
}

void
_PyGen_Finalize(PyObject *self)
{
    PyGenObject *gen = (PyGenObject *)self;
    PyObject *type, *value, *traceback, *result;

    if (gen->gi_frame_state >= FRAME_COMPLETED) {
        return;
    }
    if (PyAsyncGen_CheckExact(self)) {
        PyAsyncGenObject *agen = (PyAsyncGenObject *)self;
        PyObject *finalizer = agen->ag_origin_or_finalizer;

        if (finalizer != NULL && !agen->ag_closed) {
            PyErr_Fetch(&type, &value, &traceback);
            Py_INCREF(finalizer);
            result = PyObject_CallOneArg(finalizer, self);
            Py_DECREF(finalizer);
            if (result == NULL) {
                PyErr_WriteUnraisable(self);
            }
            Py_XDECREF(result);
            PyErr_Restore(type, value, traceback);
            return;
        }
    }
    PyErr_Fetch(&type, &value, &traceback);
    if ((gen->gi_code->co_flags & CO_COROUTINE) &&
        gen->gi_frame_state == FRAME_CREATED) {
        warnings_unawaited_coroutine(self);
    }
    else {
        result = gen_close(gen, NULL);
        if (result == NULL && PyErr_Occurred()) {
            PyErr_WriteUnraisable(self);
        }
        Py_XDECREF(result);
    }
    PyErr_Restore(type, value, traceback);
}

void
generator_dealloc(PyGenObject *gen)
{
    PyObject *self = (PyObject *)gen;

    PyObject_GC_UnTrack(self);
    if (gen->gi_weakreflist != NULL) {
        PyObject_ClearWeakRefs(self);
    }
    if (gen->gi_frame_state < FRAME_COMPLETED) {
        PyObject_GC_Track(self);
        if (PyObject_CallFinalizerFromDealloc(self)) {
            return;                           /* somebody keeps it */
        }
        PyObject_GC_UnTrack(self);
    }
    /* Here and not above: a deferred object has had its finalizer. */
    Py_TRASHCAN_BEGIN(self, generator_dealloc)
    Py_CLEAR(gen->gi_origin_or_finalizer);
    if (gen->gi_frame_state < FRAME_CLEARED) {
        gen->gi_frame_state = FRAME_CLEARED;
        generator_frame(gen)->previous = NULL;
        frame_clear(generator_frame(gen));
    }
    Py_CLEAR(gen->gi_exc_state.exc_value);
    Py_CLEAR(gen->gi_code);
    Py_CLEAR(gen->gi_name);
    Py_CLEAR(gen->gi_qualname);
    PyObject_GC_Del(gen);
    Py_TRASHCAN_END
}

static PyGenObject *
generator_alloc(PyTypeObject *type, PyCodeObject *code, PyObject *name,
                PyObject *qualname)
{
    PyGenObject *gen = PyObject_GC_NewVar(
        PyGenObject, type, code->co_nlocalsplus + code->co_stacksize);

    if (gen == NULL) {
        return NULL;
    }
    gen->gi_frame_state = FRAME_CLEARED;
    gen->gi_code = (PyCodeObject *)Py_NewRef(code);
    gen->gi_weakreflist = NULL;
    gen->gi_exc_state.exc_value = NULL;
    gen->gi_exc_state.previous_item = NULL;
    gen->gi_origin_or_finalizer = NULL;
    gen->gi_hooks_inited = 0;
    gen->gi_closed = 0;
    gen->gi_running_async = 0;
    gen->gi_name = Py_NewRef(name);
    gen->gi_qualname = Py_NewRef(qualname);
    return gen;
}

/* The callers of a coroutine: ((filename, line, function), ...), innermost
 * first. */
static PyObject *
coroutine_compute_origin(int depth, Frame *caller)
{
    PyObject *list = PyList_New(0), *result = NULL;

    if (list == NULL) {
        return NULL;
    }
    caller = frame_skip_incomplete(caller);
    while (caller != NULL && depth-- > 0) {
        PyObject *item =
            Py_BuildValue("OiO", caller->f_code->co_filename,
                          frame_line(caller), caller->f_code->co_name);
        int status = item == NULL ? -1 : PyList_Append(list, item);

        Py_XDECREF(item);
        if (status < 0) {
            goto done;
        }
        caller = frame_skip_incomplete(caller->previous);
    }
    result = PyList_AsTuple(list);
done:
    Py_DECREF(list);
    return result;
}

PyObject *
generator_new_for_function(PyFunctionObject *func)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyTypeObject *type = code->co_flags & CO_COROUTINE ? &PyCoro_Type
                         : code->co_flags & CO_ASYNC_GENERATOR
                             ? &PyAsyncGen_Type
                             : &PyGen_Type;
    PyGenObject *gen =
        generator_alloc(type, code, func->func_name, func->func_qualname);

    if (gen == NULL) {
        return NULL;
    }
    if (type == &PyCoro_Type && tstate->coroutine_origin_tracking_depth > 0) {
        gen->gi_origin_or_finalizer =
            coroutine_compute_origin(tstate->coroutine_origin_tracking_depth,
                                     tstate->cframe->current_frame->previous);
        if (gen->gi_origin_or_finalizer == NULL) {
            PyObject_GC_Track(gen);
            Py_DECREF(gen);
            return NULL;
        }
    }
    PyObject_GC_Track(gen);
    return (PyObject *)gen;
}

/* For extensions: takes over a frame from PyFrame_New. Steals f. */
PyObject *
generator_new_for_frame(PyTypeObject *type, PyFrameObject *f, PyObject *name,
                        PyObject *qualname)
{
    PyCodeObject *code = f->f_frame->f_code;
    PyGenObject *gen =
        generator_alloc(type, code, name != NULL ? name : code->co_name,
                        qualname != NULL ? qualname : code->co_qualname);
    Frame *frame;

    if (gen == NULL) {
        Py_DECREF(f);
        return NULL;
    }
    frame = generator_frame(gen);
    frame_copy((Frame *)f->_f_frame_data, frame);
    f->f_frame = frame;
    frame->frame_obj = f;
    frame->owner = FRAME_OWNED_BY_GENERATOR;
    gen->gi_frame_state = FRAME_CREATED;
    PyObject_GC_Track(gen);
    return (PyObject *)gen;
}

PyObject *
PyGen_NewWithQualName(PyFrameObject *f, PyObject *name, PyObject *qualname)
{
    return generator_new_for_frame(&PyGen_Type, f, name, qualname);
}

PyObject *
PyGen_New(PyFrameObject *f)
{
    return generator_new_for_frame(&PyGen_Type, f, NULL, NULL);
}

PyObject *
PyCoro_New(PyFrameObject *f, PyObject *name, PyObject *qualname)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *coro = generator_new_for_frame(&PyCoro_Type, f, name, qualname);

    if (coro != NULL && tstate->coroutine_origin_tracking_depth > 0) {
        PyObject *origin =
            coroutine_compute_origin(tstate->coroutine_origin_tracking_depth,
                                     tstate->cframe->current_frame);

        if (origin == NULL) {
            Py_DECREF(coro);
            return NULL;
        }
        ((PyCoroObject *)coro)->cr_origin_or_finalizer = origin;
    }
    return coro;
}

/* ---- attributes ---- */

static PyObject *
gen_repr(PyGenObject *gen)
{
    return PyUnicode_FromFormat("<generator object %S at %p>",
                                gen->gi_qualname, gen);
}

static PyObject *
coro_repr(PyGenObject *gen)
{
    return PyUnicode_FromFormat("<coroutine object %S at %p>",
                                gen->gi_qualname, gen);
}

PyObject *
generator_get_name(PyGenObject *gen, void *Py_UNUSED(closure))
{
    return Py_NewRef(gen->gi_name);
}

int
generator_set_name(PyGenObject *gen, PyObject *value, void *Py_UNUSED(closure))
{
    if (value == NULL || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__name__ must be set to a string object");
        return -1;
    }
    Py_XSETREF(gen->gi_name, Py_NewRef(value));
    return 0;
}

PyObject *
generator_get_qualname(PyGenObject *gen, void *Py_UNUSED(closure))
{
    return Py_NewRef(gen->gi_qualname);
}

int
generator_set_qualname(PyGenObject *gen, PyObject *value,
                       void *Py_UNUSED(closure))
{
    if (value == NULL || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__qualname__ must be set to a string object");
        return -1;
    }
    Py_XSETREF(gen->gi_qualname, Py_NewRef(value));
    return 0;
}

PyObject *
generator_get_delegate(PyGenObject *gen, void *Py_UNUSED(closure))
{
    PyObject *delegate = generator_yield_from(gen);

    return delegate != NULL ? delegate : Py_NewRef(Py_None);
}

static PyObject *
gen_get_running(PyGenObject *gen, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(gen->gi_frame_state == FRAME_EXECUTING);
}

PyObject *
generator_get_suspended(PyGenObject *gen, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(gen->gi_frame_state == FRAME_SUSPENDED);
}

static PyObject *
get_frame_attribute(PyGenObject *gen, const char *attribute)
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", gen, attribute) < 0) {
        return NULL;
    }
    if (gen->gi_frame_state == FRAME_CLEARED) {
        Py_RETURN_NONE;
    }
    return Py_XNewRef((PyObject *)frame_object_get(generator_frame(gen)));
}

static PyObject *
get_code_attribute(PyGenObject *gen, const char *attribute)
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", gen, attribute) < 0) {
        return NULL;
    }
    return Py_NewRef((PyObject *)gen->gi_code);
}

/* The closure of these is the attribute's name. */
PyObject *
generator_get_frame(PyGenObject *gen, void *closure)
{
    return get_frame_attribute(gen, closure);
}

PyObject *
generator_get_code(PyGenObject *gen, void *closure)
{
    return get_code_attribute(gen, closure);
}

PyObject *
generator_sizeof(PyGenObject *gen, PyObject *Py_UNUSED(ignored))
{
    Py_ssize_t size = (Py_ssize_t)(offsetof(PyGenObject, gi_iframe) +
                                   offsetof(Frame, localsplus));

    size += (gen->gi_code->co_nlocalsplus + gen->gi_code->co_stacksize) *
            (Py_ssize_t)sizeof(PyObject *);
    return PyLong_FromSsize_t(size);
}

PyDoc_STRVAR(send_doc, "send(arg) -> go on with 'arg' as the value of the "
                       "yield, return the next\n"
                       "yielded value or raise StopIteration.");
PyDoc_STRVAR(throw_doc, "throw(value)\nthrow(type[,value[,tb]])\n\n"
"Raise the exception where it stopped, return the next yielded value or\n"
"raise StopIteration.");
PyDoc_STRVAR(close_doc, "close() -> raise GeneratorExit where it stopped.");

static PyMethodDef gen_methods[] = {
    {"send", (PyCFunction)gen_send, METH_O, send_doc},
    {"throw", (PyCFunction)(void (*)(void))gen_throw, METH_FASTCALL,
     throw_doc},
    {"close", (PyCFunction)gen_close, METH_NOARGS, close_doc},
    {"__sizeof__", (PyCFunction)generator_sizeof, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef gen_getset[] = {
    {"__name__", (getter)generator_get_name, (setter)generator_set_name,
     PyDoc_STR("name of the generator"), NULL},
    {"__qualname__", (getter)generator_get_qualname,
     (setter)generator_set_qualname,
     PyDoc_STR("__qualname__ of the generator's function, unless set"), NULL},
    {"gi_yieldfrom", (getter)generator_get_delegate, NULL,
     PyDoc_STR("what 'yield from' is iterating over, or None"), NULL},
    {"gi_running", (getter)gen_get_running, NULL, NULL, NULL},
    {"gi_frame", (getter)generator_get_frame, NULL, NULL, (void *)"gi_frame"},
    {"gi_suspended", (getter)generator_get_suspended, NULL, NULL, NULL},
    {"gi_code", (getter)generator_get_code, NULL, NULL, (void *)"gi_code"},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyAsyncMethods gen_as_async = {.am_send = generator_am_send};

PyTypeObject PyGen_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0).tp_name = "generator",
    .tp_basicsize =
        offsetof(PyGenObject, gi_iframe) + offsetof(Frame, localsplus),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)generator_dealloc,
    .tp_traverse = (traverseproc)generator_traverse,
    .tp_repr = (reprfunc)gen_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)gen_iternext,
    .tp_as_async = &gen_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(PyGenObject, gi_weakreflist),
    .tp_methods = gen_methods,
    .tp_getset = gen_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* ---- coroutines ---- */

typedef struct {
    PyObject_HEAD
    PyCoroObject *cw_coroutine;
} CoroWrapper;

static PyObject *
coro_await(PyCoroObject *coro)
{
    CoroWrapper *wrapper = PyObject_GC_New(CoroWrapper, &_PyCoroWrapper_Type);

    if (wrapper == NULL) {
        return NULL;
    }
    wrapper->cw_coroutine = (PyCoroObject *)Py_NewRef(coro);
    PyObject_GC_Track(wrapper);
    return (PyObject *)wrapper;
}

PyObject *
coroutine_get_awaitable_iter(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *iterator;

    if (PyCoro_CheckExact(object) || gen_is_awaitable(object)) {
        return Py_NewRef(object);
    }
    if (type->tp_as_async == NULL || type->tp_as_async->am_await == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "object %.100s can't be used in 'await' expression",
                     type->tp_name);
        return NULL;
    }
    iterator = type->tp_as_async->am_await(object);
    if (iterator == NULL) {
        return NULL;
    }
    if (PyCoro_CheckExact(iterator) || gen_is_awaitable(iterator)) {
        PyErr_SetString(PyExc_TypeError, "__await__() returned a coroutine");
        Py_CLEAR(iterator);
    }
    else if (!PyIter_Check(iterator)) {
        PyErr_Format(PyExc_TypeError,
                     "__await__() returned non-iterator of type '%.100s'",
                     Py_TYPE(iterator)->tp_name);
        Py_CLEAR(iterator);
    }
    return iterator;
}

static PyObject *
coro_get_origin(PyCoroObject *coro, void *Py_UNUSED(closure))
{
    PyObject *origin = coro->cr_origin_or_finalizer;

    return Py_NewRef(origin != NULL ? origin : Py_None);
}

PyDoc_STRVAR(
    coro_send_doc,
    "send(value): put value into coroutine, as the result of its await;\n"
    "what it awaits next, or StopIteration when it has returned.");
PyDoc_STRVAR(
    coro_throw_doc,
    "throw(value)\nthrow(type[,value[,traceback]])\n\n"
    "Raise an exception in coroutine; what it awaits next, or StopIteration.");
PyDoc_STRVAR(coro_close_doc,
             "close(): end it by a GeneratorExit inside coroutine.");

static PyMethodDef coro_methods[] = {
    {"send", (PyCFunction)gen_send, METH_O, coro_send_doc},
    {"throw", (PyCFunction)(void (*)(void))gen_throw, METH_FASTCALL,
     coro_throw_doc},
    {"close", (PyCFunction)gen_close, METH_NOARGS, coro_close_doc},
    {"__sizeof__", (PyCFunction)generator_sizeof, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef coro_getset[] = {
    {"__name__", (getter)generator_get_name, (setter)generator_set_name,
     PyDoc_STR("name of the coroutine"), NULL},
    {"__qualname__", (getter)generator_get_qualname,
     (setter)generator_set_qualname,
     PyDoc_STR("__qualname__ of the coroutine's function, unless set"), NULL},
    {"cr_await", (getter)generator_get_delegate, NULL,
     PyDoc_STR("what is being awaited, or None"), NULL},
    {"cr_running", (getter)gen_get_running, NULL, NULL, NULL},
    {"cr_frame", (getter)generator_get_frame, NULL, NULL, (void *)"cr_frame"},
    {"cr_code", (getter)generator_get_code, NULL, NULL, (void *)"cr_code"},
    {"cr_origin", (getter)coro_get_origin, NULL, NULL, NULL},
    {"cr_suspended", (getter)generator_get_suspended, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyAsyncMethods coro_as_async = {
    .am_await = (unaryfunc)coro_await,
    .am_send = generator_am_send,
};

PyTypeObject PyCoro_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0).tp_name = "coroutine",
    .tp_basicsize =
        offsetof(PyCoroObject, cr_iframe) + offsetof(Frame, localsplus),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)generator_dealloc,
    .tp_traverse = (traverseproc)generator_traverse,
    .tp_repr = (reprfunc)coro_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_async = &coro_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(PyCoroObject, cr_weakreflist),
    .tp_methods = coro_methods,
    .tp_getset = coro_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* coroutine.__await__(): an iterator over the same. */

static void
coro_wrapper_dealloc(CoroWrapper *wrapper)
{
    PyObject_GC_UnTrack(wrapper);
    Py_CLEAR(wrapper->cw_coroutine);
    PyObject_GC_Del(wrapper);
}

static int
coro_wrapper_traverse(CoroWrapper *wrapper, visitproc visit, void *arg)
{
    Py_VISIT(wrapper->cw_coroutine);
    return 0;
}

static PyObject *
coro_wrapper_iternext(CoroWrapper *wrapper)
{
    return gen_iternext((PyGenObject *)wrapper->cw_coroutine);
}

static PyObject *
coro_wrapper_send(CoroWrapper *wrapper, PyObject *arg)
{
    return gen_send((PyGenObject *)wrapper->cw_coroutine, arg);
}

static PyObject *
coro_wrapper_throw(CoroWrapper *wrapper, PyObject *const *args,
                   Py_ssize_t nargs)
{
    return gen_throw((PyGenObject *)wrapper->cw_coroutine, args, nargs);
}

static PyObject *
coro_wrapper_close(CoroWrapper *wrapper, PyObject *Py_UNUSED(ignored))
{
    return gen_close((PyGenObject *)wrapper->cw_coroutine, NULL);
}

static PyMethodDef coro_wrapper_methods[] = {
    {"send", (PyCFunction)coro_wrapper_send, METH_O, send_doc},
    {"throw", (PyCFunction)(void (*)(void))coro_wrapper_throw, METH_FASTCALL,
     throw_doc},
    {"close", (PyCFunction)coro_wrapper_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyCoroWrapper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0).tp_name = "coroutine_wrapper",
    .tp_basicsize = sizeof(CoroWrapper),
    .tp_dealloc = (destructor)coro_wrapper_dealloc,
    .tp_traverse = (traverseproc)coro_wrapper_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)coro_wrapper_iternext,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc =
        PyDoc_STR("A wrapper object implementing __await__ for coroutines."),
    .tp_methods = coro_wrapper_methods,
};

int
coroutine_set_origin_tracking_depth(PyThreadState *tstate, int depth)
{
    if (depth < 0) {
        PyErr_SetString(PyExc_ValueError, "depth must be >= 0");
        return -1;
    }
    tstate->coroutine_origin_tracking_depth = depth;
    return 0;
}
