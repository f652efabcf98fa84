/* Context variables (PEP 567).
 *
 * A Context holds an immutable mapping (hamt.c) from variables to values;
 * setting a variable replaces the mapping of the current context.  The current
 * one is tstate->context (made on demand); context_ver counts its changes, so
 * that a variable may cache its last value per thread. */
#include "Python.h"

#include "context.h"
#include "errors.h"
#include "gc.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "structmember.h"

/* Every context entered in a thread gets a version of its own. */

static PyContext *
context_alloc(PyHamtObject *vars)
{
    PyContext *ctx = PyObject_GC_New(PyContext, &PyContext_Type);

    if (ctx == NULL) {
        Py_XDECREF(vars);
        return NULL;
    }
    ctx->ctx_prev = NULL;
    ctx->ctx_vars = vars;
    ctx->ctx_weakreflist = NULL;
    ctx->ctx_entered = 0;
    if (vars == NULL) {
        ctx->ctx_vars = hamt_new();
        if (ctx->ctx_vars == NULL) {
            PyObject_GC_Track(ctx);
            Py_DECREF(ctx);
            return NULL;
        }
    }
    PyObject_GC_Track(ctx);
    return ctx;
}

/* Borrowed, made on demand. */
static PyContext *
context_current(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate->context == NULL) {
        tstate->context = (PyObject *)context_alloc(NULL);
    }
    return (PyContext *)tstate->context;
}

PyObject *
PyContext_New(void)
{
    return (PyObject *)context_alloc(NULL);
}

PyObject *
PyContext_Copy(PyObject *octx)
{
    if (!PyContext_CheckExact(octx)) {
        PyErr_SetString(PyExc_TypeError,
                        "an instance of Context was expected");
        return NULL;
    }
    return (PyObject *)context_alloc(
        (PyHamtObject *)Py_NewRef(((PyContext *)octx)->ctx_vars));
}

PyObject *
PyContext_CopyCurrent(void)
{
    PyContext *ctx = context_current();

    return ctx == NULL ? NULL
                       : (PyObject *)context_alloc(
                             (PyHamtObject *)Py_NewRef(ctx->ctx_vars));
}

static int
context_enter(PyThreadState *tstate, PyObject *octx)
{
    PyContext *ctx = (PyContext *)octx;

    if (!PyContext_CheckExact(octx)) {
        PyErr_SetString(PyExc_TypeError,
                        "an instance of Context was expected");
        return -1;
    }
    if (ctx->ctx_entered) {
        _PyErr_Format(tstate, PyExc_RuntimeError,
                      "cannot enter context: %R is already entered", ctx);
        return -1;
    }
    ctx->ctx_prev = (PyContext *)tstate->context;
    ctx->ctx_entered = 1;
    tstate->context = Py_NewRef(octx);
    tstate->context_ver++;
    return 0;
}

static int
context_exit(PyThreadState *tstate, PyObject *octx)
{
    PyContext *ctx = (PyContext *)octx;

    if (!PyContext_CheckExact(octx)) {
        PyErr_SetString(PyExc_TypeError,
                        "an instance of Context was expected");
        return -1;
    }
    if (!ctx->ctx_entered) {
        PyErr_Format(PyExc_RuntimeError,
                     "cannot exit context: %R has not been entered", ctx);
        return -1;
    }
    if (tstate->context != octx) {
        PyErr_SetString(PyExc_RuntimeError,
                        "cannot exit context: thread state references a "
                        "different context object");
        return -1;
    }
    Py_SETREF(tstate->context, (PyObject *)ctx->ctx_prev);
    tstate->context_ver++;
    ctx->ctx_prev = NULL;
    ctx->ctx_entered = 0;
    return 0;
}

int
PyContext_Enter(PyObject *octx)
{
    return context_enter(_PyThreadState_GET(), octx);
}

int
PyContext_Exit(PyObject *octx)
{
    return context_exit(_PyThreadState_GET(), octx);
}

/* ---- Context objects ---- */

static PyObject *
context_tp_new(PyTypeObject *Py_UNUSED(type), PyObject *args, PyObject *kwds)
{
    if (PyTuple_GET_SIZE(args) > 0 ||
        (kwds != NULL && PyDict_GET_SIZE(kwds) > 0)) {
        PyErr_SetString(PyExc_TypeError,
                        "Context() does not accept any arguments");
        return NULL;
    }
    return PyContext_New();
}

static int
context_tp_clear(PyContext *self)
{
    Py_CLEAR(self->ctx_prev);
    Py_CLEAR(self->ctx_vars);
    return 0;
}

static int
context_tp_traverse(PyContext *self, visitproc visit, void *arg)
{
    Py_VISIT(self->ctx_prev);
    Py_VISIT(self->ctx_vars);
    return 0;
}

static void
context_tp_dealloc(PyContext *self)
{
    PyObject_GC_UnTrack(self);
    if (self->ctx_weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    context_tp_clear(self);
    PyObject_GC_Del(self);
}

static PyObject *
context_tp_richcompare(PyObject *v, PyObject *w, int op)
{
    int equal;

    if (!PyContext_CheckExact(v) || !PyContext_CheckExact(w) ||
        (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = hamt_eq(((PyContext *)v)->ctx_vars, ((PyContext *)w)->ctx_vars);
    if (equal < 0) {
        return NULL;
    }
    return PyBool_FromLong(op == Py_EQ ? equal : !equal);
}

static int
context_check_key(PyObject *key)
{
    if (!PyContextVar_CheckExact(key)) {
        PyErr_Format(PyExc_TypeError, "a ContextVar key was expected, got %R",
                     key);
        return -1;
    }
    return 0;
}

static PyObject *
context_tp_iter(PyContext *self)
{
    return hamt_iter_keys(self->ctx_vars);
}

static Py_ssize_t
context_tp_len(PyContext *self)
{
    return hamt_len(self->ctx_vars);
}

static PyObject *
context_tp_subscript(PyContext *self, PyObject *key)
{
    PyObject *value = NULL;
    int found;

    if (context_check_key(key) < 0) {
        return NULL;
    }
    found = hamt_find(self->ctx_vars, key, &value);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    }
    return Py_NewRef(value);
}

static int
context_tp_contains(PyContext *self, PyObject *key)
{
    PyObject *value = NULL;

    if (context_check_key(key) < 0) {
        return -1;
    }
    return hamt_find(self->ctx_vars, key, &value);
}

static PyObject *
context_get(PyContext *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value = NULL;
    int found;

    if (!_PyArg_CheckPositional("get", nargs, 1, 2) ||
        context_check_key(args[0]) < 0) {
        return NULL;
    }
    found = hamt_find(self->ctx_vars, args[0], &value);
    if (found < 0) {
        return NULL;
    }
    return Py_NewRef(found ? value : nargs > 1 ? args[1] : Py_None);
}

static PyObject *
context_items(PyContext *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_items(self->ctx_vars);
}

static PyObject *
context_keys(PyContext *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_keys(self->ctx_vars);
}

static PyObject *
context_values(PyContext *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_values(self->ctx_vars);
}

static PyObject *
context_copy(PyContext *self, PyObject *Py_UNUSED(ignored))
{
    return PyContext_Copy((PyObject *)self);
}

static PyObject *
context_run(PyContext *self, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *result;

    if (nargs < 1) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "run() missing 1 required positional argument");
        return NULL;
    }
    if (context_enter(tstate, (PyObject *)self) < 0) {
        return NULL;
    }
    result =
        PyObject_Vectorcall(args[0], args + 1, (size_t)nargs - 1, kwnames);
    if (context_exit(tstate, (PyObject *)self) < 0) {
        Py_XDECREF(result);
        return NULL;
    }
    return result;
}

static PyMethodDef context_methods[] = {
    {"get", (PyCFunction)(void (*)(void))context_get, METH_FASTCALL,
     PyDoc_STR("get($self, key, default=None, /)\n--\n\n"
               "The value of the variable `key`, or `default`.")},
    {"items", (PyCFunction)context_items, METH_NOARGS,
     PyDoc_STR("items($self, /)\n--\n\nAll (variable, value) pairs.")},
    {"keys", (PyCFunction)context_keys, METH_NOARGS,
     PyDoc_STR("keys($self, /)\n--\n\nAll variables.")},
    {"values", (PyCFunction)context_values, METH_NOARGS,
     PyDoc_STR("values($self, /)\n--\n\nAll values.")},
    {"copy", (PyCFunction)context_copy, METH_NOARGS,
     PyDoc_STR("copy($self, /)\n--\n\nA shallow copy.")},
    {"run", (PyCFunction)(void (*)(void))context_run,
     METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods context_as_sequence = {
    .sq_contains = (objobjproc)context_tp_contains};
static PyMappingMethods context_as_mapping = {
    .mp_length = (lenfunc)context_tp_len,
    .mp_subscript = (binaryfunc)context_tp_subscript,
};

PyTypeObject PyContext_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.Context",
    .tp_basicsize = sizeof(PyContext),
    .tp_dealloc = (destructor)context_tp_dealloc,
    .tp_traverse = (traverseproc)context_tp_traverse,
    .tp_clear = (inquiry)context_tp_clear,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_richcompare = context_tp_richcompare,
    .tp_as_sequence = &context_as_sequence,
    .tp_as_mapping = &context_as_mapping,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = (getiterfunc)context_tp_iter,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(PyContext, ctx_weakreflist),
    .tp_methods = context_methods,
    .tp_new = context_tp_new,
};

/* ---- variables ---- */

/* Sets the variable in the current context. */
static int
contextvar_set(PyContextVar *var, PyObject *value)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyContext *ctx = context_current();
    PyHamtObject *vars;

    var->var_cached = NULL;
    if (ctx == NULL) {
        return -1;
    }
    vars = hamt_assoc(ctx->ctx_vars, (PyObject *)var, value);
    if (vars == NULL) {
        return -1;
    }
    Py_SETREF(ctx->ctx_vars, vars);
    var->var_cached = value;                 /* borrowed: the context has it */
    var->var_cached_tsid = tstate->id;
    var->var_cached_tsver = tstate->context_ver;
    return 0;
}

static int
contextvar_delete(PyContextVar *var)
{
    PyContext *ctx = context_current();
    PyHamtObject *vars;

    var->var_cached = NULL;
    if (ctx == NULL) {
        return -1;
    }
    vars = hamt_without(ctx->ctx_vars, (PyObject *)var);
    if (vars == NULL) {
        return -1;
    }
    if (vars == ctx->ctx_vars) {
        Py_DECREF(vars);
        PyErr_SetObject(PyExc_LookupError, (PyObject *)var);
        return -1;
    }
    Py_SETREF(ctx->ctx_vars, vars);
    return 0;
}

/* The hash need not be computed from the parts again and again: by address,
 * mixed with the name's. -1 with an exception. */
static Py_hash_t
contextvar_generate_hash(void *address, PyObject *name)
{
    Py_hash_t name_hash = PyObject_Hash(name), result;

    if (name_hash == -1) {
        return -1;
    }
    result = _Py_HashPointer(address) ^ name_hash;
    return result == -1 ? -2 : result;
}

static PyContextVar *
contextvar_new(PyObject *name, PyObject *fallback)
{
    PyContextVar *var;

    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError,
                        "context variable name must be a str");
        return NULL;
    }
    var = PyObject_GC_New(PyContextVar, &PyContextVar_Type);
    if (var == NULL) {
        return NULL;
    }
    var->var_name = Py_NewRef(name);
    var->var_default = Py_XNewRef(fallback);
    var->var_cached = NULL;
    var->var_cached_tsid = 0;
    var->var_cached_tsver = 0;
    var->var_hash = contextvar_generate_hash(var, name);
    PyObject_GC_Track(var);
    if (var->var_hash == -1) {
        Py_DECREF(var);
        return NULL;
    }
    return var;
}

PyObject *
PyContextVar_New(const char *name, PyObject *fallback)
{
    PyObject *text = PyUnicode_FromString(name), *var;

    if (text == NULL) {
        return NULL;
    }
    var = (PyObject *)contextvar_new(text, fallback);
    Py_DECREF(text);
    return var;
}

int
PyContextVar_Get(PyObject *ovar, PyObject *fallback, PyObject **value)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyContextVar *var = (PyContextVar *)ovar;
    PyObject *found = NULL;

    *value = NULL;
    if (!PyContextVar_CheckExact(ovar)) {
        PyErr_SetString(PyExc_TypeError,
                        "an instance of ContextVar was expected");
        return -1;
    }
    if (tstate->context != NULL) {
        if (var->var_cached != NULL && var->var_cached_tsid == tstate->id &&
            var->var_cached_tsver == tstate->context_ver) {
            *value = Py_NewRef(var->var_cached);
            return 0;
        }
        int status =
            hamt_find(((PyContext *)tstate->context)->ctx_vars, ovar, &found);

        if (status < 0) {
            return -1;
        }
        if (status > 0) {
            var->var_cached = found;
            var->var_cached_tsid = tstate->id;
            var->var_cached_tsver = tstate->context_ver;
            *value = Py_NewRef(found);
            return 0;
        }
    }
    *value = Py_XNewRef(fallback != NULL ? fallback : var->var_default);
    return 0;
}

PyObject *
PyContextVar_Set(PyObject *ovar, PyObject *value)
{
    PyContextVar *var = (PyContextVar *)ovar;
    PyObject *old = NULL;
    PyContextToken *token;
    PyContext *ctx;

    if (!PyContextVar_CheckExact(ovar)) {
        PyErr_SetString(PyExc_TypeError,
                        "an instance of ContextVar was expected");
        return NULL;
    }
    ctx = context_current();
    if (ctx == NULL || hamt_find(ctx->ctx_vars, ovar, &old) < 0) {
        return NULL;
    }
    token = PyObject_GC_New(PyContextToken, &PyContextToken_Type);
    if (token == NULL) {
        return NULL;
    }
    token->tok_ctx = (PyContext *)Py_NewRef(ctx);
    token->tok_var = (PyContextVar *)Py_NewRef(var);
    token->tok_oldval = Py_XNewRef(old);
    token->tok_used = 0;
    PyObject_GC_Track(token);
    if (contextvar_set(var, value) < 0) {
        Py_DECREF(token);
        return NULL;
    }
    return (PyObject *)token;
}

int
PyContextVar_Reset(PyObject *ovar, PyObject *otoken)
{
    PyContextVar *var = (PyContextVar *)ovar;
    PyContextToken *token = (PyContextToken *)otoken;
    PyContext *ctx;

    if (!PyContextVar_CheckExact(ovar) || !PyContextToken_CheckExact(otoken)) {
        PyErr_SetString(PyExc_TypeError,
                        PyContextVar_CheckExact(ovar)
                            ? "an instance of Token was expected"
                            : "an instance of ContextVar was expected");
        return -1;
    }
    if (token->tok_used) {
        PyErr_Format(PyExc_RuntimeError, "%R has already been used once",
                     token);
        return -1;
    }
    if (var != token->tok_var) {
        PyErr_Format(PyExc_ValueError,
                     "%R was created by a different ContextVar", token);
        return -1;
    }
    ctx = context_current();
    if (ctx != token->tok_ctx) {
        PyErr_Format(PyExc_ValueError, "%R was created in a different Context",
                     token);
        return -1;
    }
    token->tok_used = 1;
    return token->tok_oldval == NULL ? contextvar_delete(var)
                                     : contextvar_set(var, token->tok_oldval);
}

static PyObject *
contextvar_tp_new(PyTypeObject *Py_UNUSED(type), PyObject *args,
                  PyObject *kwds)
{
    static char *keywords[] = {(char *)"", (char *)"default", NULL};
    PyObject *name, *fallback = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|$O:ContextVar", keywords,
                                     &name, &fallback)) {
        return NULL;
    }
    return (PyObject *)contextvar_new(name, fallback);
}

static int
contextvar_tp_clear(PyContextVar *self)
{
    Py_CLEAR(self->var_name);
    Py_CLEAR(self->var_default);
    self->var_cached = NULL;
    self->var_cached_tsid = 0;
    self->var_cached_tsver = 0;
    return 0;
}

static int
contextvar_tp_traverse(PyContextVar *self, visitproc visit, void *arg)
{
    Py_VISIT(self->var_name);
    Py_VISIT(self->var_default);
    return 0;
}

static void
contextvar_tp_dealloc(PyContextVar *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    contextvar_tp_clear(self);
    PyObject_GC_Del(self);
}

static Py_hash_t
contextvar_tp_hash(PyContextVar *self)
{
    return self->var_hash;
}

static PyObject *
contextvar_tp_repr(PyContextVar *self)
{
    if (self->var_default != NULL) {
        return PyUnicode_FromFormat("<ContextVar name=%R default=%R at %p>",
                                    self->var_name, self->var_default, self);
    }
    return PyUnicode_FromFormat("<ContextVar name=%R at %p>", self->var_name,
                                self);
}

static PyObject *
contextvar_get(PyContextVar *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value;

    if (!_PyArg_CheckPositional("get", nargs, 0, 1) ||
        PyContextVar_Get((PyObject *)self, nargs > 0 ? args[0] : NULL,
                         &value) < 0) {
        return NULL;
    }
    if (value == NULL) {
        PyErr_SetObject(PyExc_LookupError, (PyObject *)self);
    }
    return value;
}

static PyObject *
contextvar_set_method(PyContextVar *self, PyObject *value)
{
    return PyContextVar_Set((PyObject *)self, value);
}

static PyObject *
contextvar_reset_method(PyContextVar *self, PyObject *token)
{
    if (!PyContextToken_CheckExact(token)) {
        PyErr_Format(PyExc_TypeError, "expected an instance of Token, got %R",
                     token);
        return NULL;
    }
    if (PyContextVar_Reset((PyObject *)self, token) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMemberDef contextvar_members[] = {
    {"name", T_OBJECT, offsetof(PyContextVar, var_name), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef contextvar_methods[] = {
    {"get", (PyCFunction)(void (*)(void))contextvar_get, METH_FASTCALL,
     PyDoc_STR("get($self, default=<unrepresentable>, /)\n--\n\n"
               "The value in the current context, else `default`, else the "
               "variable's\n"
               "own default; LookupError if there is none.")},
    {"set", (PyCFunction)contextvar_set_method, METH_O,
     PyDoc_STR("set($self, value, /)\n--\n\n"
               "Set the value in the current context; the token undoes it.")},
    {"reset", (PyCFunction)contextvar_reset_method, METH_O,
     PyDoc_STR("reset($self, token, /)\n--\n\nBack to the value before the "
               "set() of `token`.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyContextVar_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.ContextVar",
    .tp_basicsize = sizeof(PyContextVar),
    .tp_dealloc = (destructor)contextvar_tp_dealloc,
    .tp_traverse = (traverseproc)contextvar_tp_traverse,
    .tp_clear = (inquiry)contextvar_tp_clear,
    .tp_repr = (reprfunc)contextvar_tp_repr,
    .tp_hash = (hashfunc)contextvar_tp_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = contextvar_methods,
    .tp_members = contextvar_members,
    .tp_new = contextvar_tp_new,
};

/* ---- tokens ---- */

static PyObject *
token_missing_repr(PyObject *Py_UNUSED(self))
{
    return PyUnicode_FromString("<Token.MISSING>");
}

static void
token_missing_dealloc(PyObject *Py_UNUSED(self))
{
    Py_FatalError("deallocating Token.MISSING");
}

PyTypeObject context_token_missing_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "Token.MISSING",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = token_missing_dealloc,
    .tp_repr = token_missing_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject token_missing =
    OBJECT_HEAD_IMMORTAL(&context_token_missing_type);

static PyObject *
token_tp_new(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(args),
             PyObject *Py_UNUSED(kwds))
{
    PyErr_SetString(PyExc_RuntimeError,
                    "Tokens can only be created by ContextVars");
    return NULL;
}

static int
token_tp_clear(PyContextToken *self)
{
    Py_CLEAR(self->tok_ctx);
    Py_CLEAR(self->tok_var);
    Py_CLEAR(self->tok_oldval);
    return 0;
}

static int
token_tp_traverse(PyContextToken *self, visitproc visit, void *arg)
{
    Py_VISIT(self->tok_ctx);
    Py_VISIT(self->tok_var);
    Py_VISIT(self->tok_oldval);
    return 0;
}

static void
token_tp_dealloc(PyContextToken *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    token_tp_clear(self);
    PyObject_GC_Del(self);
}

static PyObject *
token_tp_repr(PyContextToken *self)
{
    return PyUnicode_FromFormat("<Token%s var=%R at %p>",
                                self->tok_used ? " used" : "", self->tok_var,
                                self);
}

static PyObject *
token_get_var(PyContextToken *self, void *Py_UNUSED(closure))
{
    return Py_NewRef((PyObject *)self->tok_var);
}

static PyObject *
token_get_old_value(PyContextToken *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->tok_oldval != NULL ? self->tok_oldval
                                              : &token_missing);
}

static PyGetSetDef token_getset[] = {
    {"var", (getter)token_get_var, NULL, NULL, NULL},
    {"old_value", (getter)token_get_old_value, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef token_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyContextToken_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.Token",
    .tp_basicsize = sizeof(PyContextToken),
    .tp_dealloc = (destructor)token_tp_dealloc,
    .tp_traverse = (traverseproc)token_tp_traverse,
    .tp_clear = (inquiry)token_tp_clear,
    .tp_repr = (reprfunc)token_tp_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = token_methods,
    .tp_getset = token_getset,
    .tp_new = token_tp_new,
};

/* For the test suite's own module: an empty mapping object. */
PyObject *
_PyContext_NewHamtForTests(void)
{
    return (PyObject *)hamt_new();
}

int
context_init(PyInterpreterState *Py_UNUSED(interp))
{
    /* Token.MISSING is an attribute of the type: the types are ready by
     * now. */
    if (PyDict_SetItemString(PyContextToken_Type.tp_dict, "MISSING",
                             &token_missing) < 0) {
        return -1;
    }
    PyType_Modified(&PyContextToken_Type);
    return 0;
}

void
context_fini(PyInterpreterState *Py_UNUSED(interp))
{
}
