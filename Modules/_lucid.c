/* _lucid: what the package lucid needs from the runtime.
 *
 * audit_scope(hook, events=None) is a context manager around an observer of
 * the audit core (audit.h):
 *
 *     made --__enter__--> observing --__exit__, dealloc--> left
 *
 * Each object observes once.  Scopes may be left in any order, by any thread;
 * one that a generator never leaves goes with the generator. */
#include "Python.h"

#include "audit.h"

typedef struct {
    PyObject_HEAD
    PyObject *hook;            /* owned */
    PyObject *events;          /* owned tuple of str; NULL: all */
    AuditObserver *observer;   /* while observing */
    int entered;               /* at some time */
} ScopeObject;

static PyObject *
scope_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"hook", "events", NULL};
    static _PyArg_Parser parser = {.format = "O|O:audit_scope",
                                   .keywords = keywords};
    PyObject *hook, *events = NULL;                         /* borrowed */
    PyObject *patterns = NULL;                              /* owned */
    ScopeObject *self;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwargs, &parser, &hook,
                                          &events)) {
        return NULL;
    }
    if (audit_hook_check(hook) < 0 ||
        audit_patterns_from_object(events, &patterns) < 0) {
        return NULL;
    }
    self = (ScopeObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(patterns);
        return NULL;
    }
    self->hook = Py_NewRef(hook);
    self->events = patterns;
    return (PyObject *)self;
}

/* Runs Python (a finalizer of the hook). */
static void
scope_end(ScopeObject *self)
{
    AuditObserver *observer = self->observer;

    self->observer = NULL;
    if (observer != NULL) {
        audit_observer_remove(observer);
    }
}

static int
scope_clear(ScopeObject *self)
{
    Py_CLEAR(self->hook);
    return 0;
}

static void
scope_dealloc(ScopeObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *error_type, *error, *traceback;

    PyObject_GC_UnTrack(self);
    PyErr_Fetch(&error_type, &error, &traceback);
    scope_end(self);
    PyErr_Restore(error_type, error, traceback);
    scope_clear(self);
    Py_CLEAR(self->events);
    type->tp_free(self);
    Py_DECREF(type);
}

static int
scope_traverse(ScopeObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->hook);
    return 0;
}

/* Runs Python (hooks, which may refuse or enter it themselves). */
static PyObject *
scope_enter(ScopeObject *self, PyObject *Py_UNUSED(ignored))
{
    if (self->entered) {
        PyErr_SetString(PyExc_RuntimeError,
                        "an audit scope can be entered only once");
        return NULL;
    }
    self->entered = 1;
    if (PyAudit(AUDIT_LUCID_AUDIT_SCOPE, "(O)",
                self->events != NULL ? self->events : Py_None) < 0) {
        self->entered = 0;
        return NULL;
    }
    self->observer = audit_observer_add(self->hook, self->events);
    if (self->observer == NULL) {
        return NULL;
    }
    return Py_NewRef(self);
}

static PyObject *
scope_exit(ScopeObject *self, PyObject *Py_UNUSED(args))
{
    if (self->observer == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the audit scope is not entered");
        return NULL;
    }
    scope_end(self);
    Py_RETURN_NONE;
}

static PyMethodDef scope_methods[] = {
    {"__enter__", (PyCFunction)scope_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nBegin to observe."},
    {"__exit__", (PyCFunction)scope_exit, METH_VARARGS,
     "__exit__($self, type, value, traceback, /)\n--\n\nNo longer observe."},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(scope_doc,
"audit_scope(hook, events=None)\n--\n\n"
"Observe audit events while a with statement runs.\n\n"
"Calls hook(event, args) for each event of this interpreter that no audit\n"
"hook refused and whose name matches one of the globs in events.  The hook\n"
"cannot refuse: its exceptions are reported and dropped.");

static PyType_Slot scope_slots[] = {
    {Py_tp_new, scope_new},
    {Py_tp_dealloc, scope_dealloc},
    {Py_tp_traverse, scope_traverse},
    {Py_tp_clear, scope_clear},
    {Py_tp_methods, scope_methods},
    {Py_tp_doc, (void *)scope_doc},
    {0, NULL},
};

static PyType_Spec scope_spec = {
    .name = "lucid.audit_scope",
    .basicsize = sizeof(ScopeObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = scope_slots,
};

static int
lucid_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &scope_spec, NULL);
    int result;

    if (type == NULL) {
        return -1;
    }
    result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot lucid_slots[] = {
    {Py_mod_exec, lucid_exec},
    {0, NULL},
};

static PyModuleDef lucid_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lucid",
    .m_doc = PyDoc_STR("The part of the package lucid that is the runtime's."),
    .m_slots = lucid_slots,
};

PyMODINIT_FUNC PyInit__lucid(void);

PyMODINIT_FUNC
PyInit__lucid(void)
{
    return PyModuleDef_Init(&lucid_module);
}
