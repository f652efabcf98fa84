/* atexit: functions to call at the end of an interpreter, last registered
 * first.
 *
 * The callbacks live in the interpreter (interp->ceval.atexit): an array whose
 * removed entries are NULL until the whole is cleared. */
#include "Python.h"

#include "audit.h"
#include "call.h"
#include "errors.h"
#include "pystate.h"
#include "runtime.h"

struct atexit_callback {
    PyObject *func;                    /* owned; NULL: unregistered */
    PyObject *args;
    PyObject *kwargs;                  /* or NULL */
};

static struct atexit_state *
current_state(void)
{
    return &_PyInterpreterState_GET()->ceval.atexit;
}

static void
callback_clear(struct atexit_callback *callback)
{
    PyObject *func = callback->func, *args = callback->args,
             *kwargs = callback->kwargs;

    callback->func = callback->args = callback->kwargs = NULL;
    Py_XDECREF(func);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
}

static void
callbacks_clear(struct atexit_state *state)
{
    struct atexit_callback *callbacks = state->callbacks;
    int n = state->used;

    state->callbacks = NULL;
    state->used = state->allocated = 0;
    for (int i = 0; i < n; i++) {
        callback_clear(&callbacks[i]);
    }
    PyMem_Free(callbacks);
}

/* Errors are written; a SystemExit is, too, as in the reference. */
static void
callbacks_run(struct atexit_state *state)
{
    while (state->used > 0) {
        struct atexit_callback callback = state->callbacks[--state->used];
        PyObject *result;

        if (callback.func == NULL) {
            continue;
        }
        result = PyObject_Call(callback.func, callback.args, callback.kwargs);
        if (result == NULL) {
            _PyErr_WriteUnraisableMsg("in atexit callback", callback.func);
        }
        Py_XDECREF(result);
        Py_DECREF(callback.func);
        Py_DECREF(callback.args);
        Py_XDECREF(callback.kwargs);
    }
    callbacks_clear(state);
}

int
atexit_init(PyInterpreterState *interp)
{
    interp->ceval.atexit = (struct atexit_state){0};
    return 0;
}

void
atexit_call(PyInterpreterState *interp)
{
    callbacks_run(&interp->ceval.atexit);
}

void
atexit_fini(PyInterpreterState *interp)
{
    callbacks_clear(&interp->ceval.atexit);
}

PyDoc_STRVAR(register_doc,
"register(func, *args, **kwargs) -> func\n\n"
"Have func(*args, **kwargs) called when Python ends.");

static PyObject *
atexit_register(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    struct atexit_state *state = current_state();
    struct atexit_callback *callback;
    PyObject *func, *rest;

    if (PyTuple_GET_SIZE(args) == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "register() takes at least 1 argument (0 given)");
        return NULL;
    }
    func = PyTuple_GET_ITEM(args, 0);
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError,
                        "the first argument must be callable");
        return NULL;
    }
    rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_ATEXIT_REGISTER, "OOO", func, rest,
                kwargs != NULL ? kwargs : Py_None) < 0) {
        Py_DECREF(rest);
        return NULL;
    }
    if (state->used == state->allocated) {
        int allocated = state->allocated + 16;
        struct atexit_callback *grown = PyMem_Realloc(
            state->callbacks, (size_t)allocated * sizeof(*grown));

        if (grown == NULL) {
            Py_DECREF(rest);
            return PyErr_NoMemory();
        }
        state->callbacks = grown;
        state->allocated = allocated;
    }
    callback = &state->callbacks[state->used++];
    callback->func = Py_NewRef(func);
    callback->args = rest;
    callback->kwargs = Py_XNewRef(kwargs);
    return Py_NewRef(func);
}

static PyObject *
atexit_run_exitfuncs(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    callbacks_run(current_state());
    Py_RETURN_NONE;
}

static PyObject *
atexit_clear(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    if (PyAudit(AUDIT_LUCID_ATEXIT_UNREGISTER, "(O)", Py_None) < 0) {
        return NULL;
    }
    callbacks_clear(current_state());
    Py_RETURN_NONE;
}

static PyObject *
atexit_ncallbacks(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(current_state()->used);
}

/* Runs Python (comparing): the array is looked at anew each time. */
static PyObject *
atexit_unregister(PyObject *Py_UNUSED(module), PyObject *func)
{
    struct atexit_state *state = current_state();

    if (PyAudit(AUDIT_LUCID_ATEXIT_UNREGISTER, "(O)", func) < 0) {
        return NULL;
    }
    for (int i = 0; i < state->used; i++) {
        PyObject *candidate = state->callbacks[i].func;
        int equal;

        if (candidate == NULL) {
            continue;
        }
        Py_INCREF(candidate);
        equal = PyObject_RichCompareBool(candidate, func, Py_EQ);
        if (equal > 0 && i < state->used &&
            state->callbacks[i].func == candidate) {
            callback_clear(&state->callbacks[i]);
        }
        Py_DECREF(candidate);
        if (equal < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyMethodDef atexit_methods[] = {
    {"register", (PyCFunction)(void (*)(void))atexit_register,
     METH_VARARGS | METH_KEYWORDS, register_doc},
    {"_clear", atexit_clear, METH_NOARGS,
     PyDoc_STR("_clear() -> None\n\nForget all registered functions.")},
    {"unregister", atexit_unregister, METH_O,
     PyDoc_STR("unregister(func) -> None\n\nForget func, however often it was "
               "registered.")},
    {"_run_exitfuncs", atexit_run_exitfuncs, METH_NOARGS,
     PyDoc_STR("_run_exitfuncs() -> None\n\nCall and forget all registered "
               "functions.")},
    {"_ncallbacks", atexit_ncallbacks, METH_NOARGS,
     PyDoc_STR("_ncallbacks() -> int\n\nHow many functions are registered.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot atexit_slots[] = {{0, NULL}};

static PyModuleDef atexit_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "atexit",
    .m_doc = PyDoc_STR(
        "Functions to call when the interpreter ends: register, unregister."),
    .m_methods = atexit_methods,
    .m_slots = atexit_slots,
};

PyMODINIT_FUNC PyInit_atexit(void);
PyMODINIT_FUNC
PyInit_atexit(void)
{
    return PyModuleDef_Init(&atexit_module);
}
