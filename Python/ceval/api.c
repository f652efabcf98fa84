/* PyEval_*: what the running frame knows, and small services of the loop. */
#include "Python.h"

#include "call.h"
#include "ceval.h"
#include "code.h"
#include "errors.h"
#include "frame.h"
#include "names.h"
#include "private_api.h"

#include <ctype.h>

static Frame *
running_frame(PyThreadState *tstate)
{
    return frame_skip_incomplete(tstate->cframe->current_frame);
}

PyFrameObject *
PyEval_GetFrame(void)
{
    PyThreadState *tstate = PyThreadState_Get();
    Frame *frame = running_frame(tstate);
    PyFrameObject *object;

    if (frame == NULL) {
        return NULL;
    }
    object = frame_object_get(frame);
    if (object == NULL) {
        PyErr_Clear();                 /* MemoryError: as if there were none */
    }
    return object;
}

PyObject *
PyEval_GetBuiltins(void)
{
    PyThreadState *tstate = PyThreadState_Get();
    Frame *frame = running_frame(tstate);

    return frame != NULL ? frame->f_builtins : tstate->interp->builtins;
}

PyObject *
_PyEval_GetBuiltin(PyObject *name)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyObject *value = PyDict_GetItemWithError(PyEval_GetBuiltins(), name);

    if (value != NULL) {
        return Py_NewRef(value);
    }
    if (!_PyErr_Occurred(tstate)) {
        _PyErr_SetObject(tstate, PyExc_AttributeError, name);
    }
    return NULL;
}

PyObject *
_PyEval_GetBuiltinId(_Py_Identifier *name)
{
    PyObject *text = _PyUnicode_FromId(name);

    return text == NULL ? NULL : _PyEval_GetBuiltin(text);
}

PyObject *
PyEval_GetLocals(void)
{
    PyThreadState *tstate = PyThreadState_Get();
    Frame *frame = running_frame(tstate);

    if (frame == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError, "frame does not exist");
        return NULL;
    }
    if (frame_fast_to_locals(frame) < 0) {
        return NULL;
    }
    return frame->f_locals;
}

PyObject *
PyEval_GetGlobals(void)
{
    Frame *frame = running_frame(PyThreadState_Get());

    return frame == NULL ? NULL : frame->f_globals;
}

int
PyEval_MergeCompilerFlags(PyCompilerFlags *cf)
{
    Frame *frame = PyThreadState_Get()->cframe->current_frame;
    int result = cf->cf_flags != 0;

    if (frame != NULL) {
        int inherited = frame->f_code->co_flags & PyCF_MASK;

        if (inherited) {
            result = 1;
            cf->cf_flags |= inherited;
        }
    }
    return result;
}

const char *
PyEval_GetFuncName(PyObject *func)
{
    if (PyMethod_Check(func)) {
        return PyEval_GetFuncName(PyMethod_GET_FUNCTION(func));
    }
    if (PyFunction_Check(func)) {
        return PyUnicode_AsUTF8(((PyFunctionObject *)func)->func_name);
    }
    if (PyCFunction_Check(func)) {
        return ((PyCFunctionObject *)func)->m_ml->ml_name;
    }
    return Py_TYPE(func)->tp_name;
}

const char *
PyEval_GetFuncDesc(PyObject *func)
{
    if (PyMethod_Check(func) || PyFunction_Check(func) ||
        PyCFunction_Check(func)) {
        return "()";
    }
    return " object";
}

/* ---- indices of slices: clipped to Py_ssize_t ---- */

int
_PyEval_SliceIndexNotNone(PyObject *object, Py_ssize_t *index)
{
    PyThreadState *tstate = PyThreadState_Get();
    Py_ssize_t value;

    if (!PyIndex_Check(object)) {
        _PyErr_SetString(
            tstate, PyExc_TypeError,
            "slice indices must be integers or have an __index__ method");
        return 0;
    }
    value = PyNumber_AsSsize_t(object, NULL);
    if (value == -1 && _PyErr_Occurred(tstate)) {
        return 0;
    }
    *index = value;
    return 1;
}

int
_PyEval_SliceIndex(PyObject *object, Py_ssize_t *index)
{
    PyThreadState *tstate = PyThreadState_Get();
    Py_ssize_t value;

    if (Py_IsNone(object)) {
        return 1;
    }
    if (!PyIndex_Check(object)) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "slice indices must be integers or None or have an "
                         "__index__ method");
        return 0;
    }
    value = PyNumber_AsSsize_t(object, NULL);
    if (value == -1 && _PyErr_Occurred(tstate)) {
        return 0;
    }
    *index = value;
    return 1;
}

/* ---- recursion ---- */

int
Py_GetRecursionLimit(void)
{
    return PyInterpreterState_Get()->ceval.recursion_limit;
}

void
Py_SetRecursionLimit(int new_limit)
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    interp->ceval.recursion_limit = new_limit;
    for (PyThreadState *p = interp->threads.head; p != NULL; p = p->next) {
        int depth = p->recursion_limit - p->recursion_remaining;

        p->recursion_limit = new_limit;
        p->recursion_remaining = new_limit - depth;
    }
}

/* The budget is used up. Fifty more levels are there while the error is being
 * dealt with. */
int
_Py_CheckRecursiveCall(PyThreadState *tstate, const char *where)
{
    if (tstate->recursion_headroom) {
        if (tstate->recursion_remaining < -50) {
            Py_FatalError("Cannot recover from stack overflow.");
        }
        return 0;
    }
    if (tstate->recursion_remaining <= 0) {
        tstate->recursion_headroom++;
        _PyErr_Format(tstate, PyExc_RecursionError,
                      "maximum recursion depth exceeded%s", where);
        tstate->recursion_headroom--;
        tstate->recursion_remaining++;
        return -1;
    }
    return 0;
}

int
Py_EnterRecursiveCall(const char *where)
{
    return ceval_enter_c(PyThreadState_Get(), where);
}

void
Py_LeaveRecursiveCall(void)
{
    PyThreadState_Get()->recursion_remaining++;
}

/* ---- evaluation hook, extra data of code objects ---- */

_PyFrameEvalFunction
_PyInterpreterState_GetEvalFrameFunc(PyInterpreterState *interp)
{
    return interp->ceval.eval_frame;
}

void
_PyInterpreterState_SetEvalFrameFunc(PyInterpreterState *interp,
                                     _PyFrameEvalFunction eval_frame)
{
    interp->ceval.eval_frame =
        eval_frame != NULL ? eval_frame : _PyEval_EvalFrameDefault;
}

Py_ssize_t
_PyEval_RequestCodeExtraIndex(freefunc free)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    Py_ssize_t index;

    if (interp->ceval.code_extra_users == CODE_EXTRA_USERS_MAX - 1) {
        return -1;
    }
    index = interp->ceval.code_extra_users++;
    interp->ceval.code_extra_free[index] = free;
    return index;
}

/* ---- versions of functions, for specialised calls ---- */

uint32_t ceval_next_function_version = 1;

uint32_t
ceval_function_version(PyFunctionObject *func)
{
    if (func->func_version != 0) {
        return func->func_version;
    }
    if (func->vectorcall != _PyFunction_Vectorcall ||
        ceval_next_function_version == 0) {
        return 0;
    }
    func->func_version = ceval_next_function_version++;
    return func->func_version;
}
