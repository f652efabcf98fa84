/* Frame objects: what Python code sees of a running (or ended) call.
 *
 * The object points to the Frame that the loop works on; when the call ends
 * and the object is still referenced, the Frame moves into it
 * (Python/frame.c).  Until then f_back is found by walking the chain of
 * Frames.
 *
 * f_locals of a function is a dict that mirrors the fast locals: taking it
 * copies them into it, and a trace function's return copies it back. */
#include "Python.h"

#include "audit.h"
#include "ceval.h"
#include "code.h"
#include "frame.h"
#include "framejump.h"
#include "gc.h"
#include "generator.h"
#include "names.h"
#include "object.h"
#include "frameobject.h"
#include "structmember.h"

#define OFF(x) offsetof(PyFrameObject, x)

/* ---- locals ---- */

/* Objects that were replaced in the locals of a frame that may hold borrowed
 * references to them live until the frame ends.  Steals `old`. */
static void
displaced_keep(Frame *frame, PyObject *old)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    PyObject *key, *list;

    if (frame->frame_obj == NULL ||
        frame->owner == FRAME_OWNED_BY_FRAME_OBJECT) {
        Py_DECREF(old);
        return;
    }
    if (interp->ceval.displaced == NULL) {
        interp->ceval.displaced = PyDict_New();
    }
    key = PyLong_FromVoidPtr(frame->frame_obj);
    list = PyList_New(0);
    if (interp->ceval.displaced == NULL || key == NULL || list == NULL) {
        PyErr_Clear();             /* MemoryError: the object lives for ever */
    }
    else {
        PyObject *kept = PyDict_SetDefault(interp->ceval.displaced, key, list);

        if (kept == NULL || PyList_Append(kept, old) < 0) {
            PyErr_Clear();
        }
        else {
            Py_DECREF(old);
        }
    }
    Py_XDECREF(key);
    Py_XDECREF(list);
}

void
frame_release_displaced(Frame *frame)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    PyObject *key, *type, *value, *traceback;

    if (interp->ceval.displaced == NULL ||
        PyDict_GET_SIZE(interp->ceval.displaced) == 0) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    key = PyLong_FromVoidPtr(frame->frame_obj);
    if (key == NULL || PyDict_DelItem(interp->ceval.displaced, key) < 0) {
        PyErr_Clear();                /* KeyError: nothing was replaced here */
    }
    Py_XDECREF(key);
    PyErr_Restore(type, value, traceback);
}

/* True if MAKE_CELL for the local has run, so that the slot holds its cell. */
static int
cell_is_made(Frame *frame, int local)
{
    int lasti = frame_lasti(frame), oparg = 0;

    for (int i = 0; i <= lasti && i < frame->f_code->_co_firsttraceable; i++) {
        _Py_CODEUNIT unit = FRAME_CODE_START(frame->f_code)[i];
        int opcode = opcode_plain[_Py_OPCODE(unit)];

        oparg = oparg << 8 | _Py_OPARG(unit);
        if (opcode == EXTENDED_ARG) {
            continue;
        }
        if (opcode == MAKE_CELL && oparg == local) {
            return 1;
        }
        oparg = 0;
        i += opcode_caches[opcode];
    }
    return 0;
}

/* Free variables are copied by the first instruction: for a frame that has not
 * run at all, here. */
static void
frame_ensure_free_variables(Frame *frame)
{
    PyCodeObject *code = frame->f_code;
    PyObject *closure = frame->f_func->func_closure;
    int first = code->co_nlocalsplus - code->co_nfreevars;

    if (frame_lasti(frame) >= 0 || code->co_nfreevars == 0 ||
        closure == NULL ||
        opcode_plain[_Py_OPCODE(FRAME_CODE_START(code)[0])] !=
            COPY_FREE_VARS) {
        return;
    }
    for (int i = 0; i < code->co_nfreevars; i++) {
        Py_XSETREF(frame->localsplus[first + i],
                   Py_NewRef(PyTuple_GET_ITEM(closure, i)));
    }
    frame->prev_instr = FRAME_CODE_START(code);
}

/* The current value of a local, borrowed, or NULL; *cell is where it lives if
 * in a cell. */
static PyObject *
frame_peek_local(Frame *frame, int i, PyObject **cell)
{
    int kind = PyBytes_AS_STRING(frame->f_code->co_localspluskinds)[i];
    PyObject *value = frame->localsplus[i];

    *cell = NULL;
    if (value != NULL && ((kind & CO_FAST_FREE) ||
                          ((kind & CO_FAST_CELL) && PyCell_Check(value) &&
                           cell_is_made(frame, i)))) {
        *cell = value;
        value = PyCell_GET(value);
    }
    return value;
}

/* Free variables of a class body are no locals of it. */
static int
local_is_hidden(PyCodeObject *code, int i)
{
    int kind = PyBytes_AS_STRING(code->co_localspluskinds)[i];

    return (kind & CO_FAST_FREE) && !(code->co_flags & CO_OPTIMIZED);
}

int
frame_fast_to_locals(Frame *frame)
{
    PyCodeObject *code = frame->f_code;

    if (frame->f_locals == NULL) {
        frame->f_locals = PyDict_New();
        if (frame->f_locals == NULL) {
            return -1;
        }
    }
    frame_ensure_free_variables(frame);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i), *cell,
                 *value;

        if (local_is_hidden(code, i)) {
            continue;
        }
        value = frame_peek_local(frame, i, &cell);
        if (value != NULL) {
            if (PyObject_SetItem(frame->f_locals, name, value) < 0) {
                return -1;
            }
        }
        else if (PyObject_DelItem(frame->f_locals, name) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
                return -1;
            }
            PyErr_Clear();
        }
    }
    return 0;
}

void
frame_locals_to_fast(Frame *frame, int clear)
{
    PyCodeObject *code = frame->f_code;
    PyObject *locals = frame->f_locals;
    PyObject *type, *error, *traceback;

    if (locals == NULL) {
        return;
    }
    PyErr_Fetch(&type, &error, &traceback);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i), *cell,
                 *old, *value;

        if (local_is_hidden(code, i)) {
            continue;
        }
        value = PyObject_GetItem(locals, name);
        if (value == NULL) {
            PyErr_Clear();           /* KeyError, or whatever a mapping says */
            if (!clear) {
                continue;
            }
        }
        old = frame_peek_local(frame, i, &cell);
        if (value == old) {
            Py_XDECREF(value);
        }
        else if (cell != NULL) {
            PyCell_SET(cell, value);
            Py_XDECREF(old);
        }
        else {
            frame->localsplus[i] = value;
            if (old != NULL) {
                displaced_keep(frame, old);
            }
        }
    }
    PyErr_Restore(type, error, traceback);
}

PyObject *
frame_get_locals(Frame *frame)
{
    return frame_fast_to_locals(frame) < 0 ? NULL : frame->f_locals;
}

/* ---- making and ending ---- */

PyFrameObject *
frame_object_new_no_track(PyCodeObject *code)
{
    PyFrameObject *f =
        PyObject_GC_NewVar(PyFrameObject, &PyFrame_Type,
                           code->co_nlocalsplus + code->co_stacksize);

    if (f == NULL) {
        return NULL;
    }
    f->f_back = NULL;
    f->f_frame = NULL;
    f->f_trace = NULL;
    f->f_lineno = 0;
    f->f_trace_lines = 1;
    f->f_trace_opcodes = 0;
    f->f_fast_as_locals = 0;
    return f;
}

static int
frame_object_traverse(PyFrameObject *f, visitproc visit, void *arg)
{
    Py_VISIT(f->f_back);
    Py_VISIT(f->f_trace);
    if (f->f_frame == NULL ||
        f->f_frame->owner != FRAME_OWNED_BY_FRAME_OBJECT) {
        return 0;
    }
    return frame_traverse(f->f_frame, visit, arg);
}

static int
frame_object_clear(PyFrameObject *f)
{
    Frame *frame = f->f_frame;
    int top;

    Py_CLEAR(f->f_trace);
    if (frame == NULL) {
        return 0;
    }
    top = frame->stacktop;
    frame->stacktop = 0;
    for (int i = top - 1; i >= 0; i--) {
        Value value = {(uintptr_t)frame->localsplus[i]};

        frame->localsplus[i] = NULL;
        value_xclose(value);
    }
    Py_CLEAR(frame->f_locals);
    return 0;
}

static void
frame_object_dealloc(PyFrameObject *f)
{
    PyCodeObject *code = NULL;

    if (gc_is_tracked(f)) {
        PyObject_GC_UnTrack(f);
    }
    Py_TRASHCAN_BEGIN(f, frame_object_dealloc);
    if (f->f_frame != NULL &&
        f->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT) {
        Frame *frame = f->f_frame;

        frame_object_clear(f);
        Py_CLEAR(frame->f_func);
        code = frame->f_code;
        frame->f_code = NULL;
    }
    Py_CLEAR(f->f_back);
    Py_CLEAR(f->f_trace);
    Py_XDECREF(code);
    PyObject_GC_Del(f);
    Py_TRASHCAN_END;
}

PyFrameObject *
PyFrame_New(PyThreadState *tstate, PyCodeObject *code, PyObject *globals,
            PyObject *locals)
{
    PyObject *builtins = ceval_builtins_from_globals(tstate, globals);
    PyFunctionObject *func;
    PyFrameObject *f;
    Frame *frame;

    if (builtins == NULL) {
        return NULL;
    }
    func = (PyFunctionObject *)PyFunction_New((PyObject *)code, globals);
    if (func == NULL) {
        return NULL;
    }
    Py_SETREF(func->func_builtins, Py_NewRef(builtins));
    f = frame_object_new_no_track(code);
    if (f == NULL) {
        Py_DECREF(func);
        return NULL;
    }
    frame = (Frame *)f->_f_frame_data;
    frame_init(frame, func, Py_XNewRef(locals), code);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = NULL;
    }
    f->f_frame = frame;
    frame->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    frame->previous = NULL;
    /* It is not incomplete: the first traceable instruction counts as
     * begun. */
    frame->prev_instr = FRAME_CODE_START(code) + code->_co_firsttraceable;
    PyObject_GC_Track(f);
    return f;
}

/* ---- attributes ---- */

int
PyFrame_GetLineNumber(PyFrameObject *f)
{
    return f->f_lineno != 0 ? f->f_lineno : frame_line(f->f_frame);
}

static PyObject *
frame_get_lineno(PyFrameObject *f, void *Py_UNUSED(closure))
{
    int line = PyFrame_GetLineNumber(f);

    return line < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(line);
}

static int
frame_set_lineno(PyFrameObject *f, PyObject *value, void *Py_UNUSED(closure))
{
    if (value != NULL && PyLong_CheckExact(value) &&
        attribute_audit_assignment((PyObject *)f, "f_lineno", value) < 0) {
        return -1;
    }
    return frame_jump_to_line(f, value);
}

static PyObject *
frame_get_lasti(PyFrameObject *f, void *Py_UNUSED(closure))
{
    int lasti = frame_lasti(f->f_frame);

    return PyLong_FromLong(lasti < 0 ? -1
                                     : lasti * (long)sizeof(_Py_CODEUNIT));
}

int
PyFrame_GetLasti(PyFrameObject *f)
{
    int lasti = frame_lasti(f->f_frame);

    return lasti < 0 ? -1 : lasti * (int)sizeof(_Py_CODEUNIT);
}

PyObject *
PyFrame_GetGlobals(PyFrameObject *f)
{
    return Py_NewRef(f->f_frame->f_globals);
}

static PyObject *
frame_get_globals(PyFrameObject *f, void *Py_UNUSED(closure))
{
    if (PyAudit(AUDIT_LUCID_OBJECT___GETATTR__, "Os", f, "f_globals") < 0) {
        return NULL;
    }
    return PyFrame_GetGlobals(f);
}

PyObject *
PyFrame_GetBuiltins(PyFrameObject *f)
{
    return Py_NewRef(f->f_frame->f_builtins);
}

static PyObject *
frame_get_builtins(PyFrameObject *f, void *Py_UNUSED(closure))
{
    if (PyAudit(AUDIT_LUCID_OBJECT___GETATTR__, "Os", f, "f_builtins") < 0) {
        return NULL;
    }
    return PyFrame_GetBuiltins(f);
}

PyCodeObject *
PyFrame_GetCode(PyFrameObject *f)
{
    return (PyCodeObject *)Py_NewRef(f->f_frame->f_code);
}

static PyObject *
frame_get_code(PyFrameObject *f, void *Py_UNUSED(closure))
{
    if (PyAudit(AUDIT_OBJECT___GETATTR__, "Os", f, "f_code") < 0) {
        return NULL;
    }
    return (PyObject *)PyFrame_GetCode(f);
}

PyFrameObject *
PyFrame_GetBack(PyFrameObject *f)
{
    PyFrameObject *back = f->f_back;

    if (back == NULL) {
        Frame *caller = frame_skip_incomplete(f->f_frame->previous);

        if (caller != NULL) {
            back = frame_object_get(caller);
        }
    }
    return (PyFrameObject *)Py_XNewRef(back);
}

static PyObject *
frame_get_back(PyFrameObject *f, void *Py_UNUSED(closure))
{
    PyObject *back;

    if (PyAudit(AUDIT_LUCID_FRAME_F_BACK, "(O)", f) < 0) {
        return NULL;
    }
    back = (PyObject *)PyFrame_GetBack(f);
    return back == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : back;
}

PyObject *
PyFrame_GetLocals(PyFrameObject *f)
{
    PyObject *locals = frame_get_locals(f->f_frame);

    if (locals == NULL) {
        return NULL;
    }
    f->f_fast_as_locals = 1;
    return Py_NewRef(locals);
}

static PyObject *
frame_get_f_locals(PyFrameObject *f, void *Py_UNUSED(closure))
{
    if (PyAudit(AUDIT_LUCID_OBJECT___GETATTR__, "Os", f, "f_locals") < 0) {
        return NULL;
    }
    return PyFrame_GetLocals(f);
}

PyObject *
PyFrame_GetGenerator(PyFrameObject *f)
{
    if (f->f_frame->owner != FRAME_OWNED_BY_GENERATOR) {
        return NULL;
    }
    return Py_NewRef((PyObject *)frame_generator(f->f_frame));
}

int
PyFrame_FastToLocalsWithError(PyFrameObject *f)
{
    if (f == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (frame_fast_to_locals(f->f_frame) < 0) {
        return -1;
    }
    f->f_fast_as_locals = 1;
    return 0;
}

void
PyFrame_FastToLocals(PyFrameObject *f)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    if (PyFrame_FastToLocalsWithError(f) < 0) {
        PyErr_Clear();                        /* documented: errors get lost */
    }
    PyErr_Restore(type, value, traceback);
}

void
PyFrame_LocalsToFast(PyFrameObject *f, int clear)
{
    if (f != NULL && f->f_fast_as_locals) {
        frame_locals_to_fast(f->f_frame, clear);
        f->f_fast_as_locals = 0;
    }
}

static PyObject *
frame_get_trace(PyFrameObject *f, void *Py_UNUSED(closure))
{
    return Py_NewRef(f->f_trace != NULL ? f->f_trace : Py_None);
}

static int
frame_set_trace(PyFrameObject *f, PyObject *value, void *Py_UNUSED(closure))
{
    if (attribute_audit_assignment((PyObject *)f, "f_trace", value) < 0) {
        return -1;
    }
    if (value == Py_None) {
        value = NULL;
    }
    if (value != f->f_trace) {
        Py_XSETREF(f->f_trace, Py_XNewRef(value));
    }
    return 0;
}

static PyObject *
frame_get_trace_opcodes(PyFrameObject *f, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(f->f_trace_opcodes);
}

static int
frame_set_trace_opcodes(PyFrameObject *f, PyObject *value,
                        void *Py_UNUSED(closure))
{
    if (value == NULL || !PyBool_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "attribute value type must be bool");
        return -1;
    }
    f->f_trace_opcodes = value == Py_True;
    return 0;
}

/* ---- methods ---- */

static PyObject *
frame_object_clear_method(PyFrameObject *f, PyObject *Py_UNUSED(ignored))
{
    Frame *frame = f->f_frame;

    if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
        PyGenObject *generator = frame_generator(frame);

        if (generator->gi_frame_state == FRAME_EXECUTING) {
            goto running;
        }
        _PyGen_Finalize((PyObject *)generator);
    }
    else if (frame->owner == FRAME_OWNED_BY_THREAD) {
        goto running;
    }
    else {
        frame_object_clear(f);
    }
    Py_RETURN_NONE;
running:
    PyErr_SetString(PyExc_RuntimeError, "cannot clear an executing frame");
    return NULL;
}

static PyObject *
frame_sizeof(PyFrameObject *f, PyObject *Py_UNUSED(ignored))
{
    PyCodeObject *code = f->f_frame->f_code;
    Py_ssize_t size = (Py_ssize_t)offsetof(PyFrameObject, _f_frame_data) +
                      (Py_ssize_t)offsetof(Frame, localsplus);

    size += (code->co_nlocalsplus + code->co_stacksize) *
            (Py_ssize_t)sizeof(PyObject *);
    return PyLong_FromSsize_t(size);
}

static PyObject *
frame_repr(PyFrameObject *f)
{
    PyCodeObject *code = f->f_frame->f_code;

    return PyUnicode_FromFormat("<frame at %p, file %R, line %d, code %S>", f,
                                code->co_filename, PyFrame_GetLineNumber(f),
                                code->co_name);
}

static PyMethodDef frame_methods[] = {
    {"clear", (PyCFunction)frame_object_clear_method, METH_NOARGS,
     PyDoc_STR("F.clear(): release what the ended or suspended frame holds")},
    {"__sizeof__", (PyCFunction)frame_sizeof, METH_NOARGS,
     PyDoc_STR("F.__sizeof__() -> bytes in memory")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef frame_members[] = {
    {"f_trace_lines", T_BOOL, OFF(f_trace_lines), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef frame_getset[] = {
    {"f_back", (getter)frame_get_back, NULL, NULL, NULL},
    {"f_locals", (getter)frame_get_f_locals, NULL, NULL, NULL},
    {"f_lineno", (getter)frame_get_lineno, (setter)frame_set_lineno, NULL,
     NULL},
    {"f_trace", (getter)frame_get_trace, (setter)frame_set_trace, NULL, NULL},
    {"f_lasti", (getter)frame_get_lasti, NULL, NULL, NULL},
    {"f_globals", (getter)frame_get_globals, NULL, NULL, NULL},
    {"f_builtins", (getter)frame_get_builtins, NULL, NULL, NULL},
    {"f_code", (getter)frame_get_code, NULL, NULL, NULL},
    {"f_trace_opcodes", (getter)frame_get_trace_opcodes,
     (setter)frame_set_trace_opcodes, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyFrame_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0).tp_name = "frame",
    .tp_basicsize =
        offsetof(PyFrameObject, _f_frame_data) + offsetof(Frame, localsplus),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)frame_object_dealloc,
    .tp_traverse = (traverseproc)frame_object_traverse,
    .tp_clear = (inquiry)frame_object_clear,
    .tp_repr = (reprfunc)frame_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = frame_methods,
    .tp_members = frame_members,
    .tp_getset = frame_getset,
};
