/* What every object can do: text, comparison, hash, truth, dir(); the end of
 * objects; None and NotImplemented.  Attributes are in attribute.c.
 *
 * Deallocation and the C stack: containers free their items, which may be
 * containers.  Py_TRASHCAN_BEGIN counts the nesting in the thread state
 * (trash_delete_nesting); beyond TRASH_LIMIT an object is only queued, through
 * its GC header, and the outermost frame frees the queue.  What holds objects
 * and does not count (slices, bound methods, partials, ...) is queued when the
 * stack is low (dealloc_must_wait); then the next container that is freed
 * higher up frees it. */
#include "Python.h"

#include <stdio.h>

#include "internal/bytes.h"
#include "internal/call.h"
#include "internal/dict.h"
#include "internal/gc.h"
#include "internal/float.h"
#include "internal/list.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/obmalloc.h"
#include "internal/runtime.h"
#include "internal/stackguard.h"
#include "internal/traceback.h"
#include "internal/tuple.h"
#include "internal/type.h"

#define TRASH_LIMIT 50

/* In the GC header of a queued object: it is to be tracked when it is freed,
 * as its dealloc expects.  (No collection sees it: the bit is free.) */
#define TRASH_TRACKED GC_PREV_COLLECTING

PyAPI_FUNC(int) _PyDict_CheckConsistency(PyObject *op, int check_content);
PyAPI_FUNC(int) _PyType_CheckConsistency(PyTypeObject *type);
PyAPI_FUNC(void) _Py_NegativeRefcount(const char *filename, int lineno,
                                      PyObject *op);

int _Py_SwappedOp[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};

/* ---- references --------------------------------------------------------- */

void
Py_IncRef(PyObject *op)
{
    Py_XINCREF(op);
}

void
Py_DecRef(PyObject *op)
{
    Py_XDECREF(op);
}

void
_Py_IncRef(PyObject *op)
{
    Py_INCREF(op);
}

void
_Py_DecRef(PyObject *op)
{
    Py_DECREF(op);
}

#undef Py_NewRef
PyObject *
Py_NewRef(PyObject *op)
{
    Py_INCREF(op);
    return op;
}
#define Py_NewRef(op) _Py_NewRef(_PyObject_CAST(op))

#undef Py_XNewRef
PyObject *
Py_XNewRef(PyObject *op)
{
    Py_XINCREF(op);
    return op;
}
#define Py_XNewRef(op) _Py_XNewRef(_PyObject_CAST(op))

#undef Py_Is
int
Py_Is(PyObject *left, PyObject *right)
{
    return left == right;
}

#undef Py_IsNone
int
Py_IsNone(PyObject *op)
{
    return op == Py_None;
}

#undef Py_IsTrue
int
Py_IsTrue(PyObject *op)
{
    return op == Py_True;
}

#undef Py_IsFalse
int
Py_IsFalse(PyObject *op)
{
    return op == Py_False;
}

void
_Py_NewReference(PyObject *op)
{
    if (_Py_tracemalloc_config.tracing && obmalloc_new_reference != NULL) {
        obmalloc_new_reference(op);
    }
    Py_SET_REFCNT(op, 1);
}

void
_Py_Dealloc(PyObject *op)
{
    Py_TYPE(op)->tp_dealloc(op);
}

PyObject *
PyObject_Init(PyObject *op, PyTypeObject *type)
{
    if (op == NULL) {
        return PyErr_NoMemory();
    }
    object_init(op, type);
    return op;
}

PyVarObject *
PyObject_InitVar(PyVarObject *op, PyTypeObject *type, Py_ssize_t size)
{
    if (op == NULL) {
        return (PyVarObject *)PyErr_NoMemory();
    }
    object_init_var(op, type, size);
    return op;
}

PyObject *
_PyObject_New(PyTypeObject *type)
{
    return PyObject_Init(PyObject_Malloc(_PyObject_SIZE(type)), type);
}

PyVarObject *
_PyObject_NewVar(PyTypeObject *type, Py_ssize_t nitems)
{
    return PyObject_InitVar(PyObject_Malloc(_PyObject_VAR_SIZE(type, nitems)),
                            type, nitems);
}

/* ---- finalizers, trashcan ----------------------------------------------- */

void
PyObject_CallFinalizer(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (type->tp_finalize == NULL || _PyRuntime.closed_to_python) {
        return;
    }
    /* tp_finalize runs once in the life of a collectable object. */
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC)) {
        if (gc_is_finalized(op)) {
            return;
        }
        type->tp_finalize(op);
        gc_set_finalized(op);
        return;
    }
    type->tp_finalize(op);
}

int
PyObject_CallFinalizerFromDealloc(PyObject *op)
{
    if (Py_REFCNT(op) != 0) {
        _PyObject_ASSERT_FAILED_MSG(op,
                                    "PyObject_CallFinalizerFromDealloc called "
                                    "on object with a non-zero refcount");
    }
    Py_SET_REFCNT(op, 1);            /* alive again for the call */
    PyObject_CallFinalizer(op);
    if (Py_REFCNT(op) == 1) {
        Py_SET_REFCNT(op, 0);
        return 0;
    }
    Py_SET_REFCNT(op, Py_REFCNT(op) - 1);
    return -1;                       /* somebody holds it: resurrected */
}

/* Queues `op` (untracked, refcount 0) behind tstate->trash_delete_later. */
static void
trash_queue(PyThreadState *tstate, PyObject *op)
{
    PyGC_Head *head = gc_head(op);
    uintptr_t flags = head->_gc_prev & GC_PREV_FINALIZED;

    head->_gc_prev = (uintptr_t)tstate->trash_delete_later | flags;
    tstate->trash_delete_later = op;
}

bool
trash_postpone(PyObject *op)
{
    PyThreadState *tstate = _PyThreadState_UncheckedGet();

    if (tstate == NULL) {
        return false;
    }
    bool tracked = gc_is_tracked(op);
    if (tracked) {
        gc_untrack(op);
    }
    trash_queue(tstate, op);
    if (tracked) {
        gc_head(op)->_gc_prev |= TRASH_TRACKED;
    }
    return true;
}

/* Deallocates what was queued, at a nesting that keeps inner frames from
 * starting to do the same. */
static void
trash_destroy(PyThreadState *tstate)
{
    while (tstate->trash_delete_later != NULL) {
        PyObject *op = tstate->trash_delete_later;
        PyGC_Head *head = gc_head(op);

        tstate->trash_delete_later =
            (PyObject *)(head->_gc_prev & GC_PREV_MASK);
        bool track = (head->_gc_prev & TRASH_TRACKED) != 0;
        head->_gc_prev &= GC_PREV_FINALIZED;
        if (track) {
            gc_track(op);
        }
        ++tstate->trash_delete_nesting;
        Py_TYPE(op)->tp_dealloc(op);
        --tstate->trash_delete_nesting;
        if (tstate->trash_delete_later == op) {
            return;      /* the stack is low here, too: for who is higher up */
        }
    }
}

int
_PyTrash_begin(PyThreadState *tstate, PyObject *op)
{
    if (tstate->trash_delete_nesting >= TRASH_LIMIT) {
        trash_queue(tstate, op);
        return 1;
    }
    ++tstate->trash_delete_nesting;
    return 0;
}

void
_PyTrash_end(PyThreadState *tstate)
{
    --tstate->trash_delete_nesting;
    if (tstate->trash_delete_later != NULL &&
        tstate->trash_delete_nesting <= 0) {
        trash_destroy(tstate);
    }
}

/* A type that inherits the dealloc enters the trashcan in its own. */
int
_PyTrash_cond(PyObject *op, destructor dealloc)
{
    return Py_TYPE(op)->tp_dealloc == dealloc;
}

/* ---- diagnostics -------------------------------------------------------- */

int
_PyObject_IsFreed(PyObject *op)
{
    return _PyMem_IsPtrFreed(op) || _PyMem_IsPtrFreed(Py_TYPE(op));
}

void
_PyObject_Dump(PyObject *op)
{
    fprintf(stderr, "object address  : %p\n", (void *)op);
    if (op == NULL || _PyObject_IsFreed(op)) {
        fprintf(stderr, "<object at %p is freed>\n", (void *)op);
        fflush(stderr);
        return;
    }
    fprintf(stderr, "object refcount : %zd\n", Py_REFCNT(op));
    fprintf(stderr, "object type     : %p\n", (void *)Py_TYPE(op));
    fprintf(stderr, "object type name: %s\n", Py_TYPE(op)->tp_name);
    fprintf(stderr, "object repr     : ");
    fflush(stderr);
    {
        PyGILState_STATE state = PyGILState_Ensure();
        PyObject *type, *value, *traceback;

        PyErr_Fetch(&type, &value, &traceback);
        (void)PyObject_Print(op, stderr, 0);
        fflush(stderr);
        PyErr_Restore(type, value, traceback);
        PyGILState_Release(state);
    }
    fprintf(stderr, "\n");
    fflush(stderr);
}

void
_PyObject_AssertFailed(PyObject *op, const char *expression,
                       const char *message, const char *file, int line,
                       const char *function)
{
    fprintf(stderr, "%s:%d: ", file, line);
    if (function != NULL) {
        fprintf(stderr, "%s: ", function);
    }
    fflush(stderr);
    if (expression != NULL) {
        fprintf(stderr, "Assertion \"%s\" failed", expression);
    }
    else {
        fprintf(stderr, "Assertion failed");
    }
    if (message != NULL) {
        fprintf(stderr, ": %s", message);
    }
    fprintf(stderr, "\n");
    fflush(stderr);
    _PyObject_Dump(op);
    fprintf(stderr, "\n");
    fflush(stderr);
    _Py_FatalErrorFunc(__func__, "_PyObject_AssertFailed");
}

int
_PyDict_CheckConsistency(PyObject *op, int check_content)
{
    PyDictObject *dict = (PyDictObject *)op;

    if (!PyDict_Check(op) || dict->ma_used < 0 || dict->ma_keys == NULL) {
        _PyObject_AssertFailed(op, "dict is sound", NULL, __FILE__, __LINE__,
                               __func__);
    }
    return 1;
}

int
_PyObject_CheckConsistency(PyObject *op, int check_content)
{
    if (op == NULL || _PyObject_IsFreed(op) || Py_REFCNT(op) < 1) {
        _PyObject_AssertFailed(op, "object is alive", NULL, __FILE__, __LINE__,
                               __func__);
    }
    _PyType_CheckConsistency(Py_TYPE(op));
    if (PyUnicode_Check(op)) {
        _PyUnicode_CheckConsistency(op, check_content);
    }
    else if (PyDict_Check(op)) {
        _PyDict_CheckConsistency(op, check_content);
    }
    return 1;
}

int
_PyType_CheckConsistency(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_READY) &&
        (Py_REFCNT(type) < 1 || type->tp_dict == NULL)) {
        _PyObject_AssertFailed((PyObject *)type, "type is complete", NULL,
                               __FILE__, __LINE__, __func__);
    }
    return 1;
}

void
_Py_NegativeRefcount(const char *filename, int lineno, PyObject *op)
{
    _PyObject_AssertFailed(op, NULL, "object has negative ref count", filename,
                           lineno, __func__);
}

void
_Py_BreakPoint(void)
{
}

void
_PyDebugAllocatorStats(FILE *out, const char *block_name, int num_blocks,
                       size_t sizeof_block)
{
    char line[128], head[128];

    PyOS_snprintf(head, sizeof(head), "%d %ss * %zd bytes each", num_blocks,
                  block_name, sizeof_block);
    PyOS_snprintf(line, sizeof(line), "%48s ", head);
    fprintf(out, "%s= %zu\n", line, num_blocks * sizeof_block);
}

void
_PyObject_DebugTypeStats(FILE *out)
{
    _PyDict_DebugMallocStats(out);
    _PyFloat_DebugMallocStats(out);
    _PyList_DebugMallocStats(out);
    _PyTuple_DebugMallocStats(out);
}

/* ---- text --------------------------------------------------------------- */

int
PyObject_Print(PyObject *op, FILE *file, int flags)
{
    int result = 0;

    if (PyErr_CheckSignals() != 0) {
        return -1;
    }
    clearerr(file);
    if (op == NULL) {
        fprintf(file, "<nil>");
    }
    else if (Py_REFCNT(op) <= 0) {
        fprintf(file, "<refcnt %zd at %p>", Py_REFCNT(op), (void *)op);
    }
    else {
        PyObject *text = flags & Py_PRINT_RAW ? PyObject_Str(op)
                                              : PyObject_Repr(op);
        PyObject *encoded = NULL;

        if (text != NULL) {
            encoded = PyUnicode_AsEncodedString(text, "utf-8",
                                                "backslashreplace");
        }
        if (encoded == NULL) {
            result = -1;
        }
        else {
            fwrite(PyBytes_AS_STRING(encoded), 1, PyBytes_GET_SIZE(encoded),
                   file);
        }
        Py_XDECREF(encoded);
        Py_XDECREF(text);
    }
    if (ferror(file)) {
        PyErr_SetFromErrno(PyExc_OSError);
        clearerr(file);
        return -1;
    }
    return result;
}

/* Calls a text slot within the recursion limit and checks the result's
 * type. */
static PyObject *
object_call_text(PyObject *op, reprfunc function, const char *where,
                 const char *method)
{
    PyObject *result;

    if (Py_EnterRecursiveCall(where)) {
        return NULL;
    }
    result = function(op);
    Py_LeaveRecursiveCall();
    if (result != NULL && !PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "%s returned non-string (type %.200s)", method,
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
PyObject_Repr(PyObject *op)
{
    if (PyErr_CheckSignals()) {
        return NULL;
    }
    if (op == NULL) {
        return PyUnicode_FromString("<NULL>");
    }
    if (Py_TYPE(op)->tp_repr == NULL) {
        return PyUnicode_FromFormat("<%s object at %p>", Py_TYPE(op)->tp_name,
                                    op);
    }
    return object_call_text(op, Py_TYPE(op)->tp_repr,
                            " while getting the repr of an object",
                            "__repr__");
}

PyObject *
PyObject_Str(PyObject *op)
{
    if (PyErr_CheckSignals()) {
        return NULL;
    }
    if (op == NULL) {
        return PyUnicode_FromString("<NULL>");
    }
    if (PyUnicode_CheckExact(op)) {
        return PyUnicode_READY(op) < 0 ? NULL : Py_NewRef(op);
    }
    if (Py_TYPE(op)->tp_str == NULL) {
        return PyObject_Repr(op);
    }
    return object_call_text(op, Py_TYPE(op)->tp_str,
                            " while getting the str of an object", "__str__");
}

PyObject *
PyObject_ASCII(PyObject *op)
{
    PyObject *text = PyObject_Repr(op), *bytes, *result;

    if (text == NULL || PyUnicode_IS_ASCII(text)) {
        return text;
    }
    bytes = _PyUnicode_AsASCIIString(text, "backslashreplace");
    Py_DECREF(text);
    if (bytes == NULL) {
        return NULL;
    }
    result = PyUnicode_DecodeASCII(PyBytes_AS_STRING(bytes),
                                   PyBytes_GET_SIZE(bytes), "strict");
    Py_DECREF(bytes);
    return result;
}

PyObject *
PyObject_Bytes(PyObject *op)
{
    PyObject *result;

    if (op == NULL) {
        return PyBytes_FromString("<NULL>");
    }
    if (PyBytes_CheckExact(op)) {
        return Py_NewRef(op);
    }
    result = bytes_from_method(op);
    return result != NULL || PyErr_Occurred() ? result
                                              : PyBytes_FromObject(op);
}

/* "module.qualname()", for messages about calls; str(x) if it has no
 * __qualname__. */
PyObject *
_PyObject_FunctionStr(PyObject *op)
{
    PyObject *module, *qualname, *result = NULL;

    if (_PyObject_LookupAttr(op, NAME(__qualname__), &qualname) < 0) {
        return NULL;
    }
    if (qualname == NULL) {
        return PyObject_Str(op);
    }
    if (_PyObject_LookupAttr(op, NAME(__module__), &module) < 0) {
        goto done;
    }
    if (module != NULL && module != Py_None) {
        int same = PyObject_RichCompareBool(module, NAME(builtins), Py_EQ);

        if (same < 0) {
            goto done;
        }
        if (!same) {
            result = PyUnicode_FromFormat("%S.%S()", module, qualname);
            goto done;
        }
    }
    result = PyUnicode_FromFormat("%S()", qualname);
done:
    Py_DECREF(qualname);
    Py_XDECREF(module);
    return result;
}

/* ---- repr of what contains itself --------------------------------------- */

/* The thread's dict holds a list of the objects whose repr is under way. */
int
Py_ReprEnter(PyObject *op)
{
    PyObject *dict = PyThreadState_GetDict(), *list;

    if (dict == NULL) {
        return 0;
    }
    list = PyDict_GetItemWithError(dict, NAME(Py_Repr));
    if (list == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
        list = PyList_New(0);
        if (list == NULL) {
            return -1;
        }
        if (PyDict_SetItem(dict, NAME(Py_Repr), list) < 0) {
            Py_DECREF(list);
            return -1;
        }
        Py_DECREF(list);
    }
    for (Py_ssize_t i = PyList_GET_SIZE(list); --i >= 0;) {
        if (PyList_GET_ITEM(list, i) == op) {
            return 1;
        }
    }
    return PyList_Append(list, op);
}

void
Py_ReprLeave(PyObject *op)
{
    PyObject *type, *value, *traceback, *dict, *list;

    PyErr_Fetch(&type, &value, &traceback);
    dict = PyThreadState_GetDict();
    list = dict == NULL ? NULL : PyDict_GetItemWithError(dict, NAME(Py_Repr));
    if (list != NULL && PyList_Check(list)) {
        for (Py_ssize_t i = PyList_GET_SIZE(list); --i >= 0;) {
            if (PyList_GET_ITEM(list, i) == op) {
                PyList_SetSlice(list, i, i + 1, NULL);
                break;
            }
        }
    }
    PyErr_Restore(type, value, traceback);
}

/* ---- comparison, hash, truth -------------------------------------------- */

static const char *const comparison_signs[] = {
    "<", "<=", "==", "!=", ">", ">="};

/* The reflected operation of a subclass first; then both ways. */
static PyObject *
object_compare(PyObject *left, PyObject *right, int op)
{
    PyTypeObject *left_type = Py_TYPE(left), *right_type = Py_TYPE(right);
    int reflected_done = 0;
    PyObject *result;

    if (left_type != right_type && right_type->tp_richcompare != NULL &&
        PyType_IsSubtype(right_type, left_type)) {
        reflected_done = 1;
        result = right_type->tp_richcompare(right, left, _Py_SwappedOp[op]);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    if (left_type->tp_richcompare != NULL) {
        result = left_type->tp_richcompare(left, right, op);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    if (!reflected_done && right_type->tp_richcompare != NULL) {
        result = right_type->tp_richcompare(right, left, _Py_SwappedOp[op]);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    if (op == Py_EQ || op == Py_NE) {
        return PyBool_FromLong((left == right) == (op == Py_EQ));
    }
    PyErr_Format(PyExc_TypeError,
                 "'%s' not supported between instances of '%.100s' and "
                 "'%.100s'", comparison_signs[op], left_type->tp_name,
                 right_type->tp_name);
    return NULL;
}

PyObject *
PyObject_RichCompare(PyObject *left, PyObject *right, int op)
{
    PyObject *result;

    assert(Py_LT <= op && op <= Py_GE);
    if (left == NULL || right == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_BadInternalCall();
        }
        return NULL;
    }
    if (Py_EnterRecursiveCall(" in comparison")) {
        return NULL;
    }
    result = object_compare(left, right, op);
    Py_LeaveRecursiveCall();
    return result;
}

int
PyObject_RichCompareBool(PyObject *left, PyObject *right, int op)
{
    PyObject *result;
    int truth;

    if (left == right) {              /* identity implies equality */
        if (op == Py_EQ) {
            return 1;
        }
        if (op == Py_NE) {
            return 0;
        }
    }
    result = PyObject_RichCompare(left, right, op);
    if (result == NULL) {
        return -1;
    }
    truth = PyBool_Check(result) ? result == Py_True : PyObject_IsTrue(result);
    Py_DECREF(result);
    return truth;
}

Py_hash_t
PyObject_HashNotImplemented(PyObject *op)
{
    PyErr_Format(PyExc_TypeError, "unhashable type: '%.200s'",
                 Py_TYPE(op)->tp_name);
    return -1;
}

Py_hash_t
PyObject_Hash(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (type->tp_hash != NULL) {
        return type->tp_hash(op);
    }
    if (type->tp_dict == NULL) {       /* static type of a lazy extension */
        if (PyType_Ready(type) < 0) {
            return -1;
        }
        if (type->tp_hash != NULL) {
            return type->tp_hash(op);
        }
    }
    return PyObject_HashNotImplemented(op);
}

int
PyObject_IsTrue(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_ssize_t result;

    if (op == Py_True) {
        return 1;
    }
    if (op == Py_False || op == Py_None) {
        return 0;
    }
    if (type->tp_as_number != NULL && type->tp_as_number->nb_bool != NULL) {
        result = type->tp_as_number->nb_bool(op);
    }
    else if (type->tp_as_mapping != NULL &&
             type->tp_as_mapping->mp_length != NULL) {
        result = type->tp_as_mapping->mp_length(op);
    }
    else if (type->tp_as_sequence != NULL &&
             type->tp_as_sequence->sq_length != NULL) {
        result = type->tp_as_sequence->sq_length(op);
    }
    else {
        return 1;
    }
    return result > 0 ? 1 : (int)result;
}

int
PyObject_Not(PyObject *op)
{
    int result = PyObject_IsTrue(op);

    return result < 0 ? result : !result;
}

PyObject *
PyObject_SelfIter(PyObject *op)
{
    return Py_NewRef(op);
}

/* ---- dir() -------------------------------------------------------------- */

/* dir(): the keys of the caller's locals. */
static PyObject *
dir_of_locals(void)
{
    PyObject *locals = PyEval_GetLocals(), *names;

    if (locals == NULL) {
        return NULL;
    }
    names = PyMapping_Keys(locals);
    if (names == NULL) {
        return NULL;
    }
    if (!PyList_Check(names)) {
        PyErr_Format(PyExc_TypeError,
                     "dir(): expected keys() of locals to be a list, not "
                     "'%.200s'", Py_TYPE(names)->tp_name);
        Py_DECREF(names);
        return NULL;
    }
    if (PyList_Sort(names) < 0) {
        Py_CLEAR(names);
    }
    return names;
}

PyObject *
PyObject_Dir(PyObject *op)
{
    PyObject *method, *names, *sorted;

    if (op == NULL) {
        return dir_of_locals();
    }
    method = _PyObject_LookupSpecial(op, NAME(__dir__));
    if (method == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError,
                            "object does not provide __dir__");
        }
        return NULL;
    }
    names = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (names == NULL) {
        return NULL;
    }
    sorted = PySequence_List(names);
    Py_DECREF(names);
    if (sorted != NULL && PyList_Sort(sorted) < 0) {
        Py_CLEAR(sorted);
    }
    return sorted;
}

/* ---- None --------------------------------------------------------------- */

static PyObject *
none_repr(PyObject *self)
{
    return PyUnicode_FromString("None");
}

/* Singletons are never freed; extensions that drop too many references get
 * them back. */
static void
singleton_dealloc(PyObject *self)
{
    object_set_immortal(self);
}

static PyObject *
none_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (PyTuple_GET_SIZE(args) || (kwds && PyDict_GET_SIZE(kwds))) {
        PyErr_SetString(PyExc_TypeError, "NoneType takes no arguments");
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
none_bool(PyObject *self)
{
    return 0;
}

static PyNumberMethods none_as_number = {.nb_bool = none_bool};

PyTypeObject _PyNone_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "NoneType",
    .tp_dealloc = singleton_dealloc,
    .tp_repr = none_repr,
    .tp_as_number = &none_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = none_new,
};

PyObject _Py_NoneStruct = OBJECT_HEAD_IMMORTAL(&_PyNone_Type);

/* ---- NotImplemented ----------------------------------------------------- */

static PyObject *
notimplemented_repr(PyObject *self)
{
    return PyUnicode_FromString("NotImplemented");
}

static PyObject *
notimplemented_reduce(PyObject *self, PyObject *ignored)
{
    return PyUnicode_FromString("NotImplemented");
}

static PyObject *
notimplemented_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    if (PyTuple_GET_SIZE(args) || (kwds && PyDict_GET_SIZE(kwds))) {
        PyErr_SetString(PyExc_TypeError,
                        "NotImplementedType takes no arguments");
        return NULL;
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static int
notimplemented_bool(PyObject *self)
{
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "NotImplemented should not be used in a boolean context",
                     1) < 0) {
        return -1;
    }
    return 1;
}

static PyMethodDef notimplemented_methods[] = {
    {"__reduce__", notimplemented_reduce, METH_NOARGS, NULL},
    {NULL}
};

static PyNumberMethods notimplemented_as_number = {
    .nb_bool = notimplemented_bool,
};

PyTypeObject _PyNotImplemented_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "NotImplementedType",
    .tp_dealloc = singleton_dealloc,
    .tp_repr = notimplemented_repr,
    .tp_as_number = &notimplemented_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = notimplemented_methods,
    .tp_new = notimplemented_new,
};

PyObject _Py_NotImplementedStruct =
    OBJECT_HEAD_IMMORTAL(&_PyNotImplemented_Type);
