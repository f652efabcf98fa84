/* The audit core (PEP 578), and the module sys as the runtime sees it.
 *
 * Two kinds of hooks listen.  C hooks belong to the process and come first;
 * Python hooks belong to an interpreter.  Both are kept in arrays that no
 * Python object refers to, in the order of their addition:
 *
 *     hook_pages  (mapped, read-only but while a hook is added)
 *       +- interest[event] : 1 where any hook, of either kind, wants the event
 *       +- hooks[0..count) : function, user data, patterns
 *     interp->audit.hooks[] : owned Python callables with their patterns
 *
 * A call site loads one byte of audit_interest and branches: without a hook
 * that wants the event, no argument is looked at.  The interest bytes only
 * grow while hooks exist, and all return to 0 when the hooks are cleared at
 * the end of the runtime.
 *
 * Names that have no row in audit_events.def share the byte behind the table.
 *
 * Functions that Python sees as sys.* stand in Python/sys/functions.c, the
 * structures such as sys.flags in Python/sys/info.c. */
#include "Python.h"

#include "audit.h"
#include "call.h"
#include "dict.h"
#include "errors.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"
#include "tuple.h"

#include <fnmatch.h>
#include <sys/mman.h>

#define HOOK_PAGE 4096
/* Hooks of the process: a page of them is more than programs add. */
#define C_HOOKS_MAX ((HOOK_PAGE - 16) / (Py_ssize_t)sizeof(CHook))

typedef struct {
    Py_AuditHookFunction function;
    void *user_data;
    char **patterns;          /* owned by the process, NULL: every event */
} CHook;

/* Python hooks of an interpreter: interp->audit.hooks points to these. */
typedef struct {
    PyObject *callable;       /* owned */
    PyObject *patterns;       /* owned tuple of str, or NULL: every event */
} PythonHook;

const AuditEventInfo audit_event_info[AUDIT_EVENT_COUNT] = {
#define EVENT(id, name, arguments, raised_by) {name, arguments, raised_by},
#include "audit_events.def"
};

/* One page each, so that they can be made read-only. */
__attribute__((aligned(HOOK_PAGE)))
unsigned char audit_interest[HOOK_PAGE];
static __attribute__((aligned(HOOK_PAGE))) union {
    struct {
        Py_ssize_t count;
        CHook hooks[C_HOOKS_MAX];
    } table;
    char page[HOOK_PAGE];
} hook_page;
#define c_hooks (hook_page.table)

_Thread_local int audit_raised_by_python;

_Static_assert(AUDIT_EVENT_COUNT < HOOK_PAGE, "interest fits a page");

/* --- The pages ---------------------------------------------------------- */

static void
hooks_protect(int protection)
{
    /* Failure leaves the pages writable, which is what they were before. */
    (void)mprotect(audit_interest, HOOK_PAGE, protection);
    (void)mprotect(&hook_page, HOOK_PAGE, protection);
}

static int
pattern_matches(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, 0) == 0;
}

static int
c_hook_wants(const CHook *hook, const char *event)
{
    if (hook->patterns == NULL) {
        return 1;
    }
    for (char **pattern = hook->patterns; *pattern != NULL; pattern++) {
        if (pattern_matches(*pattern, event)) {
            return 1;
        }
    }
    return 0;
}

/* 1/0/-1. */
static int
python_hook_wants(const PythonHook *hook, const char *event)
{
    if (hook->patterns == NULL) {
        return 1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(hook->patterns); i++) {
        const char *pattern =
            PyUnicode_AsUTF8(PyTuple_GET_ITEM(hook->patterns, i));
        if (pattern == NULL) {
            return -1;
        }
        if (pattern_matches(pattern, event)) {
            return 1;
        }
    }
    return 0;
}

/* Marks every event that a new hook wants; call with the pages writable.
 * `wants` NULL: all.  Names without a row are wanted by any hook, since a
 * pattern may match them. */
static void
interest_add(int (*wants)(const void *hook, const char *event),
             const void *hook)
{
    for (int i = 0; i < AUDIT_EVENT_COUNT; i++) {
        if (wants == NULL || wants(hook, audit_event_info[i].name)) {
            audit_interest[i] = 1;
        }
    }
    audit_interest[AUDIT_EVENT_COUNT] = 1;
}

static int
c_hook_wants_erased(const void *hook, const char *event)
{
    return c_hook_wants(hook, event);
}

static int
python_hook_wants_erased(const void *hook, const char *event)
{
    return python_hook_wants(hook, event) != 0;
}

AuditEvent
audit_find_event(const char *name)
{
    for (int i = 0; i < AUDIT_EVENT_COUNT; i++) {
        if (strcmp(audit_event_info[i].name, name) == 0) {
            return (AuditEvent)i;
        }
    }
    return AUDIT_EVENT_COUNT;
}

/* --- Raising an event ---------------------------------------------------- */

/* Tracing is off while a Python hook runs, unless the hook asks for it with
 * __cantrace__.  1/0/-1.  Runs Python. */
static int
hook_can_trace(PyObject *callable)
{
    PyObject *answer = NULL;
    int truth;

    if (_PyObject_LookupAttr(callable, NAME(__cantrace__), &answer) < 0) {
        return -1;
    }
    if (answer == NULL) {
        return 0;
    }
    truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

/* Runs Python. */
static int
python_hook_call(PyThreadState *tstate, PyObject *callable, PyObject *event,
                 PyObject *args)
{
    PyObject *stack[] = {event, args};
    PyObject *result;
    int can_trace = hook_can_trace(callable);

    if (can_trace < 0) {
        return -1;
    }
    if (can_trace) {
        PyThreadState_LeaveTracing(tstate);
    }
    result = PyObject_Vectorcall(callable, stack, 2, NULL);
    if (can_trace) {
        PyThreadState_EnterTracing(tstate);
    }
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Every Python hook in turn; hooks that are added meanwhile are called too.
 * Runs Python. */
static int
python_hooks_call(PyThreadState *tstate, const char *event, PyObject *args)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *name = NULL;                                  /* owned */
    int result = -1;

    name = PyUnicode_FromString(event);
    if (name == NULL) {
        return -1;
    }
    PyThreadState_EnterTracing(tstate);
    for (Py_ssize_t i = 0; i < interp->audit.count; i++) {
        PythonHook *hook = &((PythonHook *)interp->audit.hooks)[i];
        PyObject *callable;
        int wanted = python_hook_wants(hook, event);

        if (wanted < 0) {
            goto done;
        }
        if (!wanted) {
            continue;
        }
        callable = Py_NewRef(hook->callable);
        if (python_hook_call(tstate, callable, name, args) < 0) {
            Py_DECREF(callable);
            goto done;
        }
        Py_DECREF(callable);
    }
    result = 0;
done:
    PyThreadState_LeaveTracing(tstate);
    Py_DECREF(name);
    return result;
}

/* All hooks, C first.  An exception that is pending is set aside and comes
 * back unless a hook fails.  Runs Python. */
static int
hooks_call(PyThreadState *tstate, const char *event, PyObject *args)
{
    PyObject *type, *value, *traceback;                     /* owned */
    int result = 0;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    for (Py_ssize_t i = 0; result >= 0 && i < c_hooks.count; i++) {
        const CHook *hook = &c_hooks.hooks[i];
        if (c_hook_wants(hook, event)) {
            result = hook->function(event, args, hook->user_data);
        }
    }
    if (result >= 0 && tstate->interp->audit.count > 0) {
        result = python_hooks_call(tstate, event, args);
    }
    if (result < 0) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return -1;
    }
    /* A hook that reports success may not leave an exception behind. */
    _PyErr_Restore(tstate, type, value, traceback);
    return 0;
}

static int
hooks_exist(PyThreadState *tstate)
{
    return c_hooks.count > 0 || tstate->interp->audit.count > 0;
}

/* The argument tuple for a format; new. */
static PyObject *
arguments_build(const char *format, va_list values)
{
    PyObject *args, *tuple;

    if (format == NULL || *format == '\0') {
        return PyTuple_New(0);
    }
    args = _Py_VaBuildValue_SizeT(format, values);
    if (args == NULL || PyTuple_Check(args)) {
        return args;
    }
    tuple = PyTuple_Pack(1, args);
    Py_DECREF(args);
    return tuple;
}

static int
audit_va(const char *event, const char *format, va_list values)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *args;                                         /* owned */
    PyObject *type, *value, *traceback;
    int result;

    if (tstate == NULL || !hooks_exist(tstate)) {
        return 0;
    }
    /* Building the tuple must not trip over a pending exception. */
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    args = arguments_build(format, values);
    if (args == NULL) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return -1;
    }
    _PyErr_Restore(tstate, type, value, traceback);
    result = hooks_call(tstate, event, args);
    Py_DECREF(args);
    return result;
}

int
audit_raise(AuditEvent event, const char *format, ...)
{
    va_list values;
    int result;

    va_start(values, format);
    result = audit_va(audit_event_info[event].name, format, values);
    va_end(values);
    return result;
}

int
audit_raise_tuple(AuditEvent event, PyObject *args)
{
    return PySys_AuditTuple(audit_event_info[event].name, args);
}

int
PySys_Audit(const char *event, const char *format, ...)
{
    va_list values;
    int result;

    if (audit_interest[AUDIT_EVENT_COUNT] == 0) {
        return 0;
    }
    va_start(values, format);
    result = audit_va(event, format, values);
    va_end(values);
    return result;
}

int
PySys_AuditTuple(const char *event, PyObject *args)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *empty = NULL;
    int result;

    if (tstate == NULL || !hooks_exist(tstate)) {
        return 0;
    }
    if (args == NULL) {
        empty = PyTuple_New(0);
        if (empty == NULL) {
            return -1;
        }
        args = empty;
    }
    else if (!PyTuple_Check(args)) {
        PyErr_Format(PyExc_TypeError, "expected tuple, got %s",
                     Py_TYPE(args)->tp_name);
        return -1;
    }
    result = hooks_call(tstate, event, args);
    Py_XDECREF(empty);
    return result;
}

/* --- Adding and clearing hooks -------------------------------------------- */

static void
patterns_free(char **patterns)
{
    if (patterns == NULL) {
        return;
    }
    for (char **p = patterns; *p != NULL; p++) {
        PyMem_RawFree(*p);
    }
    PyMem_RawFree(patterns);
}

/* A copy that the caller cannot change afterwards; NULL without memory. */
static char **
patterns_copy(const char *const *patterns)
{
    size_t count = 0;
    char **copy;

    while (patterns[count] != NULL) {
        count++;
    }
    copy = PyMem_RawCalloc(count + 1, sizeof(*copy));
    if (copy == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(patterns[i]) + 1;
        copy[i] = PyMem_RawMalloc(size);
        if (copy[i] == NULL) {
            patterns_free(copy);
            return NULL;
        }
        memcpy(copy[i], patterns[i], size);
    }
    return copy;
}

/* Asks the hooks that are there.  0: add; 1: a hook refused with a
 * RuntimeError, which is swallowed; -1: refused otherwise. */
static int
c_hook_ask(PyThreadState *tstate)
{
    if (PySys_Audit("sys.addaudithook", NULL) == 0) {
        return 0;
    }
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_RuntimeError)) {
        _PyErr_Clear(tstate);
        return 1;
    }
    return -1;
}

int
PySys_AddAuditHookEx(Py_AuditHookFunction hook, void *userData,
                     const char *const *patterns, int flags)
{
    PyThreadState *tstate = _PyThreadState_GET();
    char **copy = NULL;
    CHook *slot;

    if (flags != 0) {
        if (tstate != NULL) {
            PyErr_SetString(PyExc_ValueError,
                            "PySys_AddAuditHookEx: flags must be 0");
        }
        return -1;
    }
    if (tstate != NULL) {
        int refused = c_hook_ask(tstate);
        if (refused != 0) {
            return refused < 0 ? -1 : 0;
        }
    }
    if (patterns != NULL) {
        copy = patterns_copy(patterns);
    }
    if ((patterns != NULL && copy == NULL) || c_hooks.count == C_HOOKS_MAX) {
        patterns_free(copy);
        if (tstate != NULL) {
            PyErr_NoMemory();
        }
        return -1;
    }
    hooks_protect(PROT_READ | PROT_WRITE);
    slot = &c_hooks.hooks[c_hooks.count];
    *slot = (CHook){hook, userData, copy};
    interest_add(copy == NULL ? NULL : c_hook_wants_erased, slot);
    c_hooks.count++;
    hooks_protect(PROT_READ);
    return 0;
}

int
PySys_AddAuditHook(Py_AuditHookFunction hook, void *userData)
{
    return PySys_AddAuditHookEx(hook, userData, NULL, 0);
}

/* Steals patterns. */
static int
python_hook_append(PyInterpreterState *interp, PyObject *callable,
                   PyObject *patterns)
{
    PythonHook *hooks = (PythonHook *)interp->audit.hooks;

    if (interp->audit.count == interp->audit.allocated) {
        Py_ssize_t allocated = interp->audit.allocated * 2 + 4;
        hooks = PyMem_RawRealloc(hooks, (size_t)allocated * sizeof(*hooks));
        if (hooks == NULL) {
            Py_XDECREF(patterns);
            PyErr_NoMemory();
            return -1;
        }
        interp->audit.hooks = (PyObject **)hooks;
        interp->audit.allocated = allocated;
    }
    hooks[interp->audit.count] =
        (PythonHook){Py_NewRef(callable), patterns};
    interp->audit.count++;
    hooks_protect(PROT_READ | PROT_WRITE);
    interest_add(patterns == NULL ? NULL : python_hook_wants_erased,
                 &hooks[interp->audit.count - 1]);
    hooks_protect(PROT_READ);
    return 0;
}

void
audit_clear_interpreter(PyInterpreterState *interp)
{
    PythonHook *hooks = (PythonHook *)interp->audit.hooks;
    Py_ssize_t count = interp->audit.count;

    /* A finalizer that runs now raises its events without these hooks. */
    interp->audit.hooks = NULL;
    interp->audit.count = interp->audit.allocated = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(hooks[i].callable);
        Py_XDECREF(hooks[i].patterns);
    }
    PyMem_RawFree(hooks);
}

void
_PySys_ClearAuditHooks(PyThreadState *tstate)
{
    if (tstate != NULL &&
        PySys_Audit("cpython._PySys_ClearAuditHooks", NULL) < 0) {
        _PyErr_Clear(tstate);            /* this event cannot be refused */
    }
    hooks_protect(PROT_READ | PROT_WRITE);
    for (Py_ssize_t i = 0; i < c_hooks.count; i++) {
        patterns_free(c_hooks.hooks[i].patterns);
    }
    memset(audit_interest, 0, sizeof(audit_interest));
    memset(&hook_page, 0, sizeof(hook_page));
}

void
audit_clear_hooks(PyThreadState *tstate)
{
    _PySys_ClearAuditHooks(tstate);
}

/* --- sys.audit, sys.addaudithook ------------------------------------------- */

PyObject *
sys_audit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *tuple = NULL;                                 /* owned */
    const char *event;
    int status, outer;

    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "audit() missing 1 required positional argument: "
                        "'event'");
        return NULL;
    }
    if (!hooks_exist(tstate)) {
        Py_RETURN_NONE;
    }
    if (!PyUnicode_Check(args[0])) {
        PyErr_Format(PyExc_TypeError,
                     "expected str for argument 'event', not %.200s",
                     Py_TYPE(args[0])->tp_name);
        return NULL;
    }
    event = PyUnicode_AsUTF8(args[0]);
    if (event == NULL) {
        return NULL;
    }
    tuple = tuple_from_array(args + 1, nargs - 1);
    if (tuple == NULL) {
        return NULL;
    }
    outer = audit_raised_by_python;
    audit_raised_by_python = 1;
    status = hooks_call(tstate, event, tuple);
    audit_raised_by_python = outer;
    Py_DECREF(tuple);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* A tuple of patterns out of `events`, new; *patterns stays NULL for None. */
static int
patterns_from_object(PyObject *events, PyObject **patterns)
{
    PyObject *tuple;

    *patterns = NULL;
    if (events == NULL || events == Py_None) {
        return 0;
    }
    if (PyUnicode_Check(events)) {
        tuple = PyTuple_Pack(1, events);
    }
    else {
        tuple = PySequence_Tuple(events);
    }
    if (tuple == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (!PyUnicode_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "events must contain str, not %.200s",
                         Py_TYPE(item)->tp_name);
            Py_DECREF(tuple);
            return -1;
        }
        if (PyUnicode_AsUTF8(item) == NULL) {
            Py_DECREF(tuple);
            return -1;
        }
    }
    *patterns = tuple;
    return 0;
}

PyObject *
sys_addaudithook(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"hook", "events", NULL};
    static _PyArg_Parser parser = {.format = "O|$O:addaudithook",
                                   .keywords = keywords};
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *hook, *events = NULL;                         /* borrowed */
    PyObject *patterns = NULL;                              /* owned */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &hook,
                                      &events) ||
        patterns_from_object(events, &patterns) < 0) {
        return NULL;
    }
    if (PyAudit(AUDIT_SYS_ADDAUDITHOOK, NULL) < 0) {
        Py_XDECREF(patterns);
        /* A hook that objects with an Exception keeps the new one out
         * without a word; anything stronger is the caller's. */
        if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_Exception)) {
            _PyErr_Clear(tstate);
            Py_RETURN_NONE;
        }
        return NULL;
    }
    if (python_hook_append(tstate->interp, hook, patterns) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --- Attributes of sys, from C ---------------------------------------------- */

PyObject *
sys_get_attribute(PyThreadState *tstate, PyObject *name)
{
    PyObject *type, *error, *traceback, *value;

    if (tstate->interp->sysdict == NULL) {
        return NULL;
    }
    _PyErr_Fetch(tstate, &type, &error, &traceback);
    value = PyDict_GetItemWithError(tstate->interp->sysdict, name);
    /* Hashing a name cannot fail; whatever was pending comes back. */
    _PyErr_Restore(tstate, type, error, traceback);
    return value;
}

PyObject *
_PySys_GetAttr(PyThreadState *tstate, PyObject *name)
{
    return sys_get_attribute(tstate, name);
}

PyObject *
PySys_GetObject(const char *name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *error, *traceback, *value = NULL, *key;

    if (tstate->interp->sysdict == NULL) {
        return NULL;
    }
    _PyErr_Fetch(tstate, &type, &error, &traceback);
    key = PyUnicode_FromString(name);
    if (key != NULL) {
        value = PyDict_GetItemWithError(tstate->interp->sysdict, key);
        Py_DECREF(key);
    }
    _PyErr_Restore(tstate, type, error, traceback);
    return value;
}

int
sys_set_attribute(PyThreadState *tstate, PyObject *name, PyObject *value)
{
    PyObject *dict = tstate->interp->sysdict;

    if (value != NULL) {
        return PyDict_SetItem(dict, name, value);
    }
    /* Deleting what is not there is not an error. */
    value = _PyDict_Pop(dict, name, Py_None);
    Py_XDECREF(value);
    return value == NULL ? -1 : 0;
}

int
PySys_SetObject(const char *name, PyObject *value)
{
    PyObject *key = value == NULL ? PyUnicode_FromString(name)
                                  : PyUnicode_InternFromString(name);
    int result;

    if (key == NULL) {
        return -1;
    }
    result = sys_set_attribute(_PyThreadState_GET(), key, value);
    Py_DECREF(key);
    return result;
}

int
_PySys_SetAttr(PyObject *name, PyObject *value)
{
    return sys_set_attribute(_PyThreadState_GET(), name, value);
}

/* --- The module -------------------------------------------------------------- */

static PyModuleDef sys_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sys",
    .m_doc = PyDoc_STR("The interpreter itself: its configuration, its state "
                       "and its hooks."),
    .m_size = -1,        /* the state is the interpreter's */
    .m_methods = sys_methods,
};

PyObject *
sys_create(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *module = NULL, *dict;

    module = _PyModule_CreateInitialized(&sys_module, PYTHON_API_VERSION);
    if (module == NULL) {
        return NULL;
    }
    dict = PyModule_GetDict(module);                        /* borrowed */
    interp->sysdict = Py_NewRef(dict);
    if (PyDict_SetItem(dict, NAME(modules), interp->modules) < 0 ||
        sys_add_info(tstate, dict) < 0 ||
        PyDict_SetItem(interp->modules, NAME(sys), module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
