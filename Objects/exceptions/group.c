/* BaseExceptionGroup and ExceptionGroup (PEP 654), and what except* needs.
 *
 * Splitting walks the tree of groups with a matcher: a class, a tuple of
 * classes, a predicate, or a set of identities. */
#include "types.h"

#include "ceval.h"
#include "traceback.h"
#include "set.h"

PyObject *exception_group_type;

static inline PyBaseExceptionGroupObject *
group(PyObject *self)
{
    return (PyBaseExceptionGroupObject *)self;
}

/* ---- making ---- */

/* 1 if some are BaseException but not Exception, 0, or -1 with ValueError. */
static int
check_members(PyObject *exceptions)
{
    int has_base = 0;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(exceptions); i++) {
        PyObject *exc = PyTuple_GET_ITEM(exceptions, i);
        if (!PyExceptionInstance_Check(exc)) {
            PyErr_Format(PyExc_ValueError,
                         "Item %zd of second argument (exceptions) is not an "
                         "exception", i);
            return -1;
        }
        if (!PyObject_TypeCheck(exc, &exception_type_Exception)) {
            has_base = 1;
        }
    }
    return has_base;
}

/* The class to make: BaseExceptionGroup of Exceptions is an ExceptionGroup. */
static PyTypeObject *
choose_class(PyTypeObject *type, int has_base)
{
    PyTypeObject *plain = (PyTypeObject *)exception_group_type;

    if (type == &exception_type_BaseExceptionGroup) {
        return has_base ? type : plain;
    }
    if (has_base) {
        if (type == plain) {
            PyErr_SetString(PyExc_TypeError,
                            "Cannot nest BaseExceptions in an ExceptionGroup");
            return NULL;
        }
        if (PyType_IsSubtype(type, &exception_type_Exception)) {
            PyErr_Format(PyExc_TypeError,
                         "Cannot nest BaseExceptions in '%.200s'",
                         type->tp_name);
            return NULL;
        }
    }
    return type;
}

PyObject *
group_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *message, *sequence, *exceptions, *self;
    int has_base;

    if (!PyArg_ParseTuple(args, "UO:BaseExceptionGroup.__new__", &message,
                          &sequence)) {
        return NULL;
    }
    if (!PySequence_Check(sequence)) {
        PyErr_SetString(PyExc_TypeError,
                        "second argument (exceptions) must be a sequence");
        return NULL;
    }
    exceptions = PySequence_Tuple(sequence);
    if (exceptions == NULL) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(exceptions) == 0) {
        PyErr_SetString(PyExc_ValueError, "second argument (exceptions) must "
                                          "be a non-empty sequence");
        goto fail;
    }
    has_base = check_members(exceptions);
    if (has_base < 0 || (type = choose_class(type, has_base)) == NULL) {
        goto fail;
    }
    self = base_exception_new(type, args, kwds);
    if (self == NULL) {
        goto fail;
    }
    group(self)->msg = Py_NewRef(message);
    group(self)->excs = exceptions;
    return self;
fail:
    Py_DECREF(exceptions);
    return NULL;
}

int
group_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    return base_exception_init(self, args, kwds);
}

static const size_t group_fields[] = {
    offsetof(PyBaseExceptionGroupObject, msg),
    offsetof(PyBaseExceptionGroupObject, excs), 0,
};

int
group_clear(PyObject *self)
{
    exception_clear_fields(self, group_fields);
    return base_exception_clear(self);
}

void
group_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, group_dealloc)
    group_clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

int
group_traverse(PyObject *self, visitproc visit, void *arg)
{
    return exception_visit_fields(self, group_fields, visit, arg);
}

PyObject *
group_str(PyObject *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(group(self)->excs);

    return PyUnicode_FromFormat("%S (%zd sub-exception%s)", group(self)->msg,
                                n, n > 1 ? "s" : "");
}

PyObject *
exceptions_create_group(const char *message, PyObject *excs)
{
    return PyObject_CallFunction(PyExc_BaseExceptionGroup, "sO", message,
                                 excs);
}

/* ---- splitting ---- */

typedef enum {
    BY_TYPE,                           /* class or tuple of classes */
    BY_PREDICATE,                      /* callable */
    BY_INSTANCE,                       /* set of id()s */
} MatcherKind;

/* 0 and *kind, or -1 with TypeError. */
static int
matcher_kind(PyObject *matcher, MatcherKind *kind)
{
    int classes = 0;

    if (PyFunction_Check(matcher)) {
        *kind = BY_PREDICATE;
        return 0;
    }
    if (PyExceptionClass_Check(matcher)) {
        *kind = BY_TYPE;
        return 0;
    }
    if (PyTuple_CheckExact(matcher)) {
        classes = 1;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(matcher); i++) {
            classes &= PyExceptionClass_Check(PyTuple_GET_ITEM(matcher, i));
        }
    }
    if (!classes) {
        PyErr_SetString(PyExc_TypeError,
                        "expected a function, exception type or tuple of "
                        "exception types");
        return -1;
    }
    *kind = BY_TYPE;
    return 0;
}

/* 1/0/-1.  Runs Python (predicate). */
static int
matches(PyObject *exc, MatcherKind kind, PyObject *matcher)
{
    PyObject *answer;
    int result;

    switch (kind) {
    case BY_TYPE:
        return PyErr_GivenExceptionMatches(exc, matcher);
    case BY_PREDICATE:
        answer = PyObject_CallOneArg(matcher, exc);
        if (answer == NULL) {
            return -1;
        }
        result = PyObject_IsTrue(answer);
        Py_DECREF(answer);
        return result;
    default:
        if (_PyBaseExceptionGroup_Check(exc)) {
            return 0;                  /* only leaves count */
        }
        answer = PyLong_FromVoidPtr(exc);
        if (answer == NULL) {
            return -1;
        }
        result = PySet_Contains(matcher, answer);
        Py_DECREF(answer);
        return result;
    }
}

/* A group like `orig` of other exceptions, through derive(); None if there
 * are none.  Runs Python. */
static PyObject *
group_subset(PyObject *orig, PyObject *exceptions)
{
    PyObject *result, *notes;

    if (PyList_GET_SIZE(exceptions) == 0) {
        return Py_NewRef(Py_None);
    }
    result = PyObject_CallMethodOneArg(orig, NAME(derive), exceptions);
    if (result == NULL) {
        return NULL;
    }
    if (!_PyBaseExceptionGroup_Check(result)) {
        PyErr_SetString(PyExc_TypeError, "derive must return an instance of "
                                         "BaseExceptionGroup");
        goto fail;
    }
    if (group(orig)->traceback != NULL &&
        PyException_SetTraceback(result, group(orig)->traceback) < 0) {
        goto fail;
    }
    PyException_SetContext(result, PyException_GetContext(orig));
    PyException_SetCause(result, PyException_GetCause(orig));
    if (_PyObject_LookupAttr(orig, NAME(__notes__), &notes) < 0) {
        goto fail;
    }
    if (notes != NULL) {
        if (PySequence_Check(notes)) {
            /* A list of its own, so that adding a note to one group does not
             * add it to the other. */
            PyObject *copy = PySequence_List(notes);
            int status = copy == NULL ? -1
                                      : PyObject_SetAttr(result,
                                                         NAME(__notes__),
                                                         copy);
            Py_XDECREF(copy);
            if (status < 0) {
                Py_DECREF(notes);
                goto fail;
            }
        }
        Py_DECREF(notes);
    }
    return result;
fail:
    Py_DECREF(result);
    return NULL;
}

typedef struct {
    PyObject *match;                   /* new, or None */
    PyObject *rest;                    /* new, or None; NULL: not wanted */
} SplitResult;

static int split_tree(PyObject *exc, MatcherKind kind, PyObject *matcher,
                      int want_rest, SplitResult *result);

/* Splits each member; matches and rests go to two lists. */
static int
split_members(PyObject *exc, MatcherKind kind, PyObject *matcher,
              PyObject *match_list, PyObject *rest_list)
{
    PyObject *excs = group(exc)->excs;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(excs); i++) {
        SplitResult part;
        int status;

        if (Py_EnterRecursiveCall(" in exceptiongroup_split_recursive")) {
            return -1;
        }
        status = split_tree(PyTuple_GET_ITEM(excs, i), kind, matcher,
                            rest_list != NULL, &part);
        Py_LeaveRecursiveCall();
        if (status < 0) {
            return -1;
        }
        if (part.match != Py_None) {
            status = PyList_Append(match_list, part.match);
        }
        if (status == 0 && rest_list != NULL && part.rest != Py_None) {
            status = PyList_Append(rest_list, part.rest);
        }
        Py_DECREF(part.match);
        Py_XDECREF(part.rest);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
split_tree(PyObject *exc, MatcherKind kind, PyObject *matcher, int want_rest,
           SplitResult *result)
{
    PyObject *match_list = NULL, *rest_list = NULL;
    int whole = matches(exc, kind, matcher), status = -1;

    result->match = NULL;
    result->rest = NULL;
    if (whole < 0) {
        return -1;
    }
    if (whole || !_PyBaseExceptionGroup_Check(exc)) {
        result->match = Py_NewRef(whole ? exc : Py_None);
        if (want_rest) {
            result->rest = Py_NewRef(whole ? Py_None : exc);
        }
        return 0;
    }
    match_list = PyList_New(0);
    if (match_list == NULL) {
        goto done;
    }
    if (want_rest) {
        rest_list = PyList_New(0);
        if (rest_list == NULL) {
            goto done;
        }
    }
    if (split_members(exc, kind, matcher, match_list, rest_list) < 0) {
        goto done;
    }
    result->match = group_subset(exc, match_list);
    if (result->match == NULL) {
        goto done;
    }
    if (want_rest) {
        result->rest = group_subset(exc, rest_list);
        if (result->rest == NULL) {
            Py_CLEAR(result->match);
            goto done;
        }
    }
    status = 0;
done:
    Py_XDECREF(match_list);
    Py_XDECREF(rest_list);
    return status;
}

static PyObject *
group_split(PyObject *self, PyObject *args)
{
    PyObject *matcher = NULL, *result;
    MatcherKind kind;
    SplitResult parts;

    if (!PyArg_UnpackTuple(args, "split", 1, 1, &matcher) ||
        matcher_kind(matcher, &kind) < 0 ||
        split_tree(self, kind, matcher, 1, &parts) < 0) {
        return NULL;
    }
    result = PyTuple_Pack(2, parts.match, parts.rest);
    Py_DECREF(parts.match);
    Py_DECREF(parts.rest);
    return result;
}

static PyObject *
group_subgroup(PyObject *self, PyObject *args)
{
    PyObject *matcher = NULL;
    MatcherKind kind;
    SplitResult parts;

    if (!PyArg_UnpackTuple(args, "subgroup", 1, 1, &matcher) ||
        matcher_kind(matcher, &kind) < 0 ||
        split_tree(self, kind, matcher, 0, &parts) < 0) {
        return NULL;
    }
    return parts.match;
}

static PyObject *
group_derive(PyObject *self, PyObject *args)
{
    PyObject *excs = NULL;

    if (!PyArg_UnpackTuple(args, "derive", 1, 1, &excs)) {
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(PyExc_BaseExceptionGroup,
                                        group(self)->msg, excs, NULL);
}

PyMethodDef group_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {"derive", group_derive, METH_VARARGS, NULL},
    {"split", group_split, METH_VARARGS, NULL},
    {"subgroup", group_subgroup, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef group_members[] = {
    {"message", T_OBJECT, offsetof(PyBaseExceptionGroupObject, msg), READONLY,
     PyDoc_STR("exception message")},
    {"exceptions", T_OBJECT, offsetof(PyBaseExceptionGroupObject, excs),
     READONLY, PyDoc_STR("nested exceptions")},
    {NULL, 0, 0, 0, NULL},
};

/* class ExceptionGroup(BaseExceptionGroup, Exception): with two bases it has
 * to be a heap type. */
int
group_init_type(void)
{
    PyObject *bases;

    if (exception_group_type != NULL) {
        return 0;
    }
    bases = PyTuple_Pack(2, PyExc_BaseExceptionGroup, PyExc_Exception);
    if (bases == NULL) {
        return -1;
    }
    exception_group_type = PyErr_NewException("builtins.ExceptionGroup", bases,
                                              NULL);
    Py_DECREF(bases);
    return exception_group_type == NULL ? -1 : 0;
}

/* ---- except* ---- */

/* A bare exception that matches, as a group of one with its traceback. */
static PyObject *
wrap_in_group(PyObject *exc)
{
    PyObject *list = PyList_New(1), *wrapped;

    if (list == NULL) {
        return NULL;
    }
    PyList_SET_ITEM(list, 0, Py_NewRef(exc));
    wrapped = exceptions_create_group("", list);
    Py_DECREF(list);
    if (wrapped != NULL) {
        PyFrameObject *frame = PyEval_GetFrame();
        if (frame != NULL) {
            PyObject *tb = _PyTraceBack_FromFrame(NULL, frame);
            if (tb == NULL || PyException_SetTraceback(wrapped, tb) < 0) {
                Py_CLEAR(wrapped);
            }
            Py_XDECREF(tb);
        }
    }
    return wrapped;
}

int
exceptions_group_match(PyObject *exc, PyObject *match_type, PyObject **match,
                       PyObject **rest)
{
    SplitResult parts;

    *match = NULL;
    *rest = NULL;
    if (exc == Py_None) {
        *match = Py_NewRef(Py_None);
        *rest = Py_NewRef(Py_None);
        return 0;
    }
    assert(PyExceptionInstance_Check(exc));
    if (PyErr_GivenExceptionMatches(exc, match_type)) {
        *match = _PyBaseExceptionGroup_Check(exc) ? Py_NewRef(exc)
                                                  : wrap_in_group(exc);
        if (*match == NULL) {
            return -1;
        }
        *rest = Py_NewRef(Py_None);
        return 0;
    }
    if (_PyBaseExceptionGroup_Check(exc)) {
        PyObject *pair = PyObject_CallMethodOneArg(exc, NAME(split),
                                                   match_type);
        if (pair == NULL) {
            return -1;
        }
        if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) < 2) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s.split must return a 2-tuple",
                         Py_TYPE(exc)->tp_name);
            Py_DECREF(pair);
            return -1;
        }
        parts.match = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
        parts.rest = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
        Py_DECREF(pair);
        *match = parts.match;
        *rest = parts.rest;
        return 0;
    }
    *match = Py_NewRef(Py_None);
    *rest = Py_NewRef(exc);
    return 0;
}

/* Adds the id()s of all leaves of exc to the set. */
static int
collect_leaf_ids(PyObject *exc, PyObject *ids)
{
    PyObject *excs;
    int status = 0;

    if (exc == Py_None) {
        return 0;
    }
    if (!_PyBaseExceptionGroup_Check(exc)) {
        PyObject *id = PyLong_FromVoidPtr(exc);
        status = id == NULL ? -1 : PySet_Add(ids, id);
        Py_XDECREF(id);
        return status;
    }
    if (Py_EnterRecursiveCall(" in collect_exception_group_leaf_ids")) {
        return -1;
    }
    excs = group(exc)->excs;
    for (Py_ssize_t i = 0; status == 0 && i < PyTuple_GET_SIZE(excs); i++) {
        status = collect_leaf_ids(PyTuple_GET_ITEM(excs, i), ids);
    }
    Py_LeaveRecursiveCall();
    return status;
}

/* The part of orig whose leaves are those of the exceptions in `keep`. */
static PyObject *
group_projection(PyObject *orig, PyObject *keep)
{
    PyObject *ids = PySet_New(NULL), *result = NULL;
    SplitResult parts;

    if (ids == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keep); i++) {
        if (collect_leaf_ids(PyList_GET_ITEM(keep, i), ids) < 0) {
            goto done;
        }
    }
    if (split_tree(orig, BY_INSTANCE, ids, 0, &parts) == 0) {
        result = parts.match;
    }
done:
    Py_DECREF(ids);
    return result;
}

/* Whether e is a part of orig that was raised again as it was. */
static int
has_same_metadata(PyObject *a, PyObject *b)
{
    PyBaseExceptionObject *x = (PyBaseExceptionObject *)a;
    PyBaseExceptionObject *y = (PyBaseExceptionObject *)b;

    return x->notes == y->notes && x->traceback == y->traceback &&
           x->cause == y->cause && x->context == y->context;
}

PyObject *
_PyExc_PrepReraiseStar(PyObject *orig, PyObject *excs)
{
    PyObject *raised = NULL, *reraised = NULL, *again = NULL, *result = NULL;

    assert(PyExceptionInstance_Check(orig) && PyList_Check(excs));
    if (PyList_GET_SIZE(excs) == 0) {
        return Py_NewRef(Py_None);
    }
    if (!_PyBaseExceptionGroup_Check(orig)) {
        /* A bare exception was caught and wrapped: only one clause ran. */
        return Py_NewRef(PyList_GET_ITEM(excs, 0));
    }
    raised = PyList_New(0);
    reraised = PyList_New(0);
    if (raised == NULL || reraised == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(excs); i++) {
        PyObject *exc = PyList_GET_ITEM(excs, i);
        if (exc != Py_None &&
            PyList_Append(has_same_metadata(exc, orig) ? reraised : raised,
                          exc) < 0) {
            goto done;
        }
    }
    again = group_projection(orig, reraised);
    if (again == NULL) {
        goto done;
    }
    if (PyList_GET_SIZE(raised) == 0) {
        result = Py_NewRef(again);
        goto done;
    }
    if (again != Py_None && PyList_Append(raised, again) < 0) {
        goto done;
    }
    result = exceptions_create_group("", raised);
done:
    Py_XDECREF(raised);
    Py_XDECREF(reraised);
    Py_XDECREF(again);
    return result;
}
