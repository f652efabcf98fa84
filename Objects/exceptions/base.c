/* BaseException, and the PyException_* functions. */
#include "types.h"

#include "tuple.h"

static inline PyBaseExceptionObject *
base(PyObject *self)
{
    return (PyBaseExceptionObject *)self;
}

/* ---- life ---- */

PyObject *
base_exception_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    /* tp_alloc clears: every field starts as NULL or 0. */
    PyObject *self = type->tp_alloc(type, 0);

    if (self != NULL) {
        base(self)->args = args != NULL ? Py_NewRef(args)
                                        : Py_NewRef(TUPLE_EMPTY);
    }
    return self;
}

int
exception_init_args(PyObject *self, PyObject *args)
{
    Py_XSETREF(base(self)->args, Py_NewRef(args));
    return 0;
}

int
base_exception_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    if (!_PyArg_NoKeywords(Py_TYPE(self)->tp_name, kwds)) {
        return -1;
    }
    return exception_init_args(self, args);
}

int
base_exception_clear(PyObject *self)
{
    Py_CLEAR(base(self)->dict);
    Py_CLEAR(base(self)->args);
    Py_CLEAR(base(self)->notes);
    Py_CLEAR(base(self)->traceback);
    Py_CLEAR(base(self)->cause);
    Py_CLEAR(base(self)->context);
    return 0;
}

/* Chains of exceptions are long at times: freed without deep recursion. */
void
base_exception_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, base_exception_dealloc)
    base_exception_clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

int
base_exception_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(base(self)->dict);
    Py_VISIT(base(self)->args);
    Py_VISIT(base(self)->notes);
    Py_VISIT(base(self)->traceback);
    Py_VISIT(base(self)->cause);
    Py_VISIT(base(self)->context);
    return 0;
}

void
exception_clear_fields(PyObject *self, const size_t *fields)
{
    for (; *fields != 0; fields++) {
        Py_CLEAR(*(PyObject **)((char *)self + *fields));
    }
}

int
exception_visit_fields(PyObject *self, const size_t *fields, visitproc visit,
                       void *arg)
{
    for (; *fields != 0; fields++) {
        Py_VISIT(*(PyObject **)((char *)self + *fields));
    }
    return base_exception_traverse(self, visit, arg);
}

/* ---- text ---- */

PyObject *
base_exception_str(PyObject *self)
{
    PyObject *args = base(self)->args;

    switch (PyTuple_GET_SIZE(args)) {
    case 0:
        return PyUnicode_FromString("");
    case 1:
        return PyObject_Str(PyTuple_GET_ITEM(args, 0));
    default:
        return PyObject_Str(args);
    }
}

PyObject *
base_exception_repr(PyObject *self)
{
    PyObject *args = base(self)->args;
    const char *name = _PyType_Name(Py_TYPE(self));

    return PyTuple_GET_SIZE(args) == 1
               ? PyUnicode_FromFormat("%s(%R)", name,
                                      PyTuple_GET_ITEM(args, 0))
               : PyUnicode_FromFormat("%s%R", name, args);
}

/* ---- methods ---- */

static PyObject *
base_exception_reduce(PyObject *self, PyObject *ignored)
{
    if (base(self)->args != NULL && base(self)->dict != NULL) {
        return PyTuple_Pack(3, Py_TYPE(self), base(self)->args,
                            base(self)->dict);
    }
    return PyTuple_Pack(2, Py_TYPE(self), base(self)->args);
}

/* Runs Python (setting attributes). */
static PyObject *
base_exception_setstate(PyObject *self, PyObject *state)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    if (state != Py_None) {
        if (!PyDict_Check(state)) {
            PyErr_SetString(PyExc_TypeError, "state is not a dictionary");
            return NULL;
        }
        while (PyDict_Next(state, &position, &key, &value)) {
            int status;
            Py_INCREF(key);
            Py_INCREF(value);
            status = PyObject_SetAttr(self, key, value);
            Py_DECREF(value);
            Py_DECREF(key);
            if (status < 0) {
                return NULL;
            }
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
base_exception_with_traceback(PyObject *self, PyObject *traceback)
{
    if (PyException_SetTraceback(self, traceback) < 0) {
        return NULL;
    }
    return Py_NewRef(self);
}

static PyObject *
base_exception_add_note(PyObject *self, PyObject *note)
{
    PyObject *notes;
    int status;

    if (!PyUnicode_Check(note)) {
        PyErr_Format(PyExc_TypeError, "note must be a str, not '%s'",
                     Py_TYPE(note)->tp_name);
        return NULL;
    }
    if (_PyObject_LookupAttr(self, NAME(__notes__), &notes) < 0) {
        return NULL;
    }
    if (notes == NULL) {
        notes = PyList_New(0);
        if (notes == NULL) {
            return NULL;
        }
        if (PyObject_SetAttr(self, NAME(__notes__), notes) < 0) {
            Py_DECREF(notes);
            return NULL;
        }
    }
    else if (!PyList_Check(notes)) {
        Py_DECREF(notes);
        PyErr_SetString(PyExc_TypeError,
                        "Cannot add note: __notes__ is not a list");
        return NULL;
    }
    status = PyList_Append(notes, note);
    Py_DECREF(notes);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyMethodDef base_exception_methods[] = {
    {"__reduce__", base_exception_reduce, METH_NOARGS, NULL},
    {"__setstate__", base_exception_setstate, METH_O, NULL},
    {"with_traceback", base_exception_with_traceback, METH_O,
     PyDoc_STR("Exception.with_traceback(tb) -- sets self.__traceback__ to "
               "tb and returns self.")},
    {"add_note", base_exception_add_note, METH_O,
     PyDoc_STR("Exception.add_note(note) -- adds a text to be shown after "
               "the message.")},
    {NULL, NULL, 0, NULL},
};

PyMemberDef base_exception_members[] = {
    {"__suppress_context__", T_BOOL,
     offsetof(PyBaseExceptionObject, suppress_context), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* ---- attributes ---- */

static PyObject *
get_args(PyObject *self, void *closure)
{
    PyObject *args = base(self)->args;

    return Py_NewRef(args == NULL ? Py_None : args);
}

static int
set_args(PyObject *self, PyObject *value, void *closure)
{
    PyObject *tuple;

    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "args may not be deleted");
        return -1;
    }
    tuple = PySequence_Tuple(value);
    if (tuple == NULL) {
        return -1;
    }
    Py_XSETREF(base(self)->args, tuple);
    return 0;
}

static PyObject *
get_traceback(PyObject *self, void *closure)
{
    PyObject *traceback = base(self)->traceback;

    return Py_NewRef(traceback == NULL ? Py_None : traceback);
}

static int
set_traceback(PyObject *self, PyObject *value, void *closure)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "__traceback__ may not be deleted");
        return -1;
    }
    if (value != Py_None && !PyTraceBack_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__traceback__ must be a traceback or None");
        return -1;
    }
    Py_XSETREF(base(self)->traceback,
               value == Py_None ? NULL : Py_NewRef(value));
    return 0;
}

static PyObject *
get_context(PyObject *self, void *closure)
{
    PyObject *context = base(self)->context;

    return Py_NewRef(context == NULL ? Py_None : context);
}

/* 0 if value can be a cause or context; None becomes NULL. */
static int
check_related(PyObject **value, const char *deleted, const char *wrong)
{
    if (*value == NULL) {
        PyErr_SetString(PyExc_TypeError, deleted);
        return -1;
    }
    if (*value == Py_None) {
        *value = NULL;
    }
    else if (!PyExceptionInstance_Check(*value)) {
        PyErr_SetString(PyExc_TypeError, wrong);
        return -1;
    }
    return 0;
}

static int
set_context(PyObject *self, PyObject *value, void *closure)
{
    if (check_related(&value, "__context__ may not be deleted",
                      "exception context must be None or derive from "
                      "BaseException") < 0) {
        return -1;
    }
    PyException_SetContext(self, Py_XNewRef(value));
    return 0;
}

static PyObject *
get_cause(PyObject *self, void *closure)
{
    PyObject *cause = base(self)->cause;

    return Py_NewRef(cause == NULL ? Py_None : cause);
}

static int
set_cause(PyObject *self, PyObject *value, void *closure)
{
    if (check_related(&value, "__cause__ may not be deleted",
                      "exception cause must be None or derive from "
                      "BaseException") < 0) {
        return -1;
    }
    PyException_SetCause(self, Py_XNewRef(value));
    return 0;
}

PyGetSetDef base_exception_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {"args", get_args, set_args, NULL, NULL},
    {"__traceback__", get_traceback, set_traceback, NULL, NULL},
    {"__context__", get_context, set_context,
     PyDoc_STR("What was being handled when this was raised."), NULL},
    {"__cause__", get_cause, set_cause,
     PyDoc_STR("What this was raised from."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- the C API ---- */

PyObject *
PyException_GetTraceback(PyObject *self)
{
    return Py_XNewRef(base(self)->traceback);
}

int
PyException_SetTraceback(PyObject *self, PyObject *traceback)
{
    return set_traceback(self, traceback, NULL);
}

PyObject *
PyException_GetCause(PyObject *self)
{
    return Py_XNewRef(base(self)->cause);
}

/* Steals cause. */
void
PyException_SetCause(PyObject *self, PyObject *cause)
{
    base(self)->suppress_context = 1;
    Py_XSETREF(base(self)->cause, cause);
}

PyObject *
PyException_GetContext(PyObject *self)
{
    return Py_XNewRef(base(self)->context);
}

/* Steals context. */
void
PyException_SetContext(PyObject *self, PyObject *context)
{
    Py_XSETREF(base(self)->context, context);
}

const char *
PyExceptionClass_Name(PyObject *op)
{
    assert(PyExceptionClass_Check(op));
    return ((PyTypeObject *)op)->tp_name;
}
