/* The module _functools: partial, lru_cache, reduce, cmp_to_key. */
#include "Python.h"
#include "structmember.h"

#include "abstract.h"
#include "call.h"
#include "dict.h"
#include "long.h"
#include "names.h"
#include "object.h"
#include "stackguard.h"
#include "tuple.h"

typedef struct {
    PyObject *keyword_mark;            /* between positions and keywords */
    PyTypeObject *partial_type;
    PyTypeObject *key_wrapper_type;
    PyTypeObject *lru_cache_type;
    PyTypeObject *lru_link_type;
} FunctoolsState;

static struct PyModuleDef functools_module;

static FunctoolsState *
state_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &functools_module);

    return module == NULL ? NULL : PyModule_GetState(module);
}

/* ---- partial ---- */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *args;                    /* tuple */
    PyObject *keywords;                /* dict */
    PyObject *dict;
    PyObject *weakrefs;
    vectorcallfunc vectorcall;         /* NULL: function has none */
} Partial;

/* Positional arguments of both, without keywords. */
static PyObject *
partial_call_positional(PyThreadState *tstate, Partial *self,
                        PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    PyObject *own_args = self->args, *function = self->function;
    PyObject *const *own = ((PyTupleObject *)own_args)->ob_item;
    Py_ssize_t own_n = PyTuple_GET_SIZE(own_args);
    Py_ssize_t nkwargs = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    Py_ssize_t total = own_n + nargs + nkwargs;
    PyObject *few[CALL_SMALL_STACK], **stack = few, *result;

    if (total > CALL_SMALL_STACK) {
        stack = PyMem_Malloc((size_t)total * sizeof(PyObject *));
        if (stack == NULL) {
            return PyErr_NoMemory();
        }
    }
    /* __setstate__() during the call replaces them. */
    Py_INCREF(own_args);
    Py_INCREF(function);
    memcpy(stack, own, (size_t)own_n * sizeof(PyObject *));
    if (nargs + nkwargs > 0) {
        memcpy(stack + own_n, args,
               (size_t)(nargs + nkwargs) * sizeof(PyObject *));
    }
    result = call_vectorcall(tstate, function, stack,
                             (size_t)(own_n + nargs), kwnames);
    Py_DECREF(function);
    Py_DECREF(own_args);
    if (stack != few) {
        PyMem_Free(stack);
    }
    return result;
}

/* The tuple of both positional arguments. */
static PyObject *
concat_args(PyObject *own, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(own);
    PyObject *result;

    if (nargs == 0) {
        return Py_NewRef(own);
    }
    result = PyTuple_New(n + nargs);
    if (result != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            PyTuple_SET_ITEM(result, i, Py_NewRef(PyTuple_GET_ITEM(own, i)));
        }
        for (Py_ssize_t i = 0; i < nargs; i++) {
            PyTuple_SET_ITEM(result, n + i, Py_NewRef(args[i]));
        }
    }
    return result;
}

/* Calls with both; keywords: a dict, or NULL. */
static PyObject *
partial_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Partial *self = (Partial *)op;
    PyObject *all_args, *all_kwargs, *function, *result;

    all_args = concat_args(self->args, ((PyTupleObject *)args)->ob_item,
                           PyTuple_GET_SIZE(args));
    if (all_args == NULL) {
        return NULL;
    }
    if (PyDict_GET_SIZE(self->keywords) == 0) {
        all_kwargs = Py_XNewRef(kwargs);
    }
    else {
        all_kwargs = PyDict_Copy(self->keywords);
        if (all_kwargs == NULL ||
            (kwargs != NULL && PyDict_Merge(all_kwargs, kwargs, 1) < 0)) {
            Py_XDECREF(all_kwargs);
            Py_DECREF(all_args);
            return NULL;
        }
    }
    function = Py_NewRef(self->function);
    result = PyObject_Call(function, all_args, all_kwargs);
    Py_DECREF(function);
    Py_XDECREF(all_kwargs);
    Py_DECREF(all_args);
    return result;
}

static PyObject *
partial_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                   PyObject *kwnames)
{
    Partial *self = (Partial *)op;
    PyThreadState *tstate = _PyThreadState_GET();
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *tuple, *dict = NULL, *result;

    if (stack_guard_check(tstate, " while calling a Python object") < 0) {
        return NULL;
    }
    if (PyDict_GET_SIZE(self->keywords) == 0) {
        return partial_call_positional(tstate, self, args, nargs, kwnames);
    }
    /* Keywords are merged in a dict. */
    tuple = tuple_from_array(args, nargs);
    if (tuple == NULL) {
        return NULL;
    }
    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        dict = _PyStack_AsDict(args + nargs, kwnames);
        if (dict == NULL) {
            Py_DECREF(tuple);
            return NULL;
        }
    }
    result = partial_call(op, tuple, dict);
    Py_XDECREF(dict);
    Py_DECREF(tuple);
    return result;
}

static void
partial_choose_vectorcall(Partial *self)
{
    self->vectorcall = PyVectorcall_Function(self->function) != NULL
                           ? partial_vectorcall : NULL;
}

static PyObject *
partial_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    FunctoolsState *state = state_of_type(type);
    PyObject *function, *rest, *own_args = NULL, *own_keywords = NULL;
    Partial *self, *inner = NULL;

    if (state == NULL) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError,
                        "type 'partial' takes at least one argument");
        return NULL;
    }
    function = PyTuple_GET_ITEM(args, 0);
    /* A plain partial of a plain partial is made flat. */
    if (Py_TYPE(function)->tp_call == partial_call) {
        Partial *part = (Partial *)function;
        if (part->dict == NULL) {
            inner = part;
            function = part->function;
        }
    }
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError,
                        "the first argument must be callable");
        return NULL;
    }
    rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    if (inner != NULL) {
        own_args = concat_args(inner->args, ((PyTupleObject *)rest)->ob_item,
                               PyTuple_GET_SIZE(rest));
        Py_DECREF(rest);
        own_keywords = PyDict_Copy(inner->keywords);
        if (own_keywords != NULL && kwds != NULL &&
            PyDict_Merge(own_keywords, kwds, 1) < 0) {
            Py_CLEAR(own_keywords);
        }
    }
    else {
        own_args = rest;
        own_keywords = kwds != NULL ? PyDict_Copy(kwds) : PyDict_New();
    }
    self = own_args == NULL || own_keywords == NULL
               ? NULL : (Partial *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(own_args);
        Py_XDECREF(own_keywords);
        return NULL;
    }
    self->function = Py_NewRef(function);
    self->args = own_args;
    self->keywords = own_keywords;
    partial_choose_vectorcall(self);
    return (PyObject *)self;
}

static int
partial_clear(PyObject *op)
{
    Partial *self = (Partial *)op;

    Py_CLEAR(self->function);
    Py_CLEAR(self->args);
    Py_CLEAR(self->keywords);
    Py_CLEAR(self->dict);
    return 0;
}

static void
partial_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    if (((Partial *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    partial_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static int
partial_traverse(PyObject *op, visitproc visit, void *arg)
{
    Partial *self = (Partial *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->function);
    Py_VISIT(self->args);
    Py_VISIT(self->keywords);
    Py_VISIT(self->dict);
    return 0;
}

static PyObject *
partial_repr(PyObject *op)
{
    Partial *self = (Partial *)op;
    PyObject *text, *result = NULL, *key, *value;
    PyObject *args = self->args, *keywords = self->keywords;
    Py_ssize_t position = 0;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered < 0 ? NULL : PyUnicode_FromString("...");
    }
    /* Held: a repr may call __setstate__. */
    Py_INCREF(args);
    Py_INCREF(keywords);
    text = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; text != NULL && i < PyTuple_GET_SIZE(args); i++) {
        Py_SETREF(text, PyUnicode_FromFormat("%U, %R", text,
                                             PyTuple_GET_ITEM(args, i)));
    }
    while (text != NULL && PyDict_Next(keywords, &position, &key, &value)) {
        Py_INCREF(value);
        Py_SETREF(text, PyUnicode_FromFormat("%U, %S=%R", text, key, value));
        Py_DECREF(value);
    }
    if (text != NULL) {
        result = PyUnicode_FromFormat("%s(%R%U)", Py_TYPE(op)->tp_name,
                                      self->function, text);
        Py_DECREF(text);
    }
    Py_DECREF(args);
    Py_DECREF(keywords);
    Py_ReprLeave(op);
    return result;
}

static PyObject *
partial_reduce(PyObject *op, PyObject *ignored)
{
    Partial *self = (Partial *)op;

    return Py_BuildValue("O(O)(OOOO)", Py_TYPE(op), self->function,
                         self->function, self->args, self->keywords,
                         self->dict != NULL ? self->dict : Py_None);
}

static PyObject *
partial_setstate(PyObject *op, PyObject *state)
{
    Partial *self = (Partial *)op;
    PyObject *function, *args, *keywords, *dict;

    if (!PyTuple_Check(state) ||
        !PyArg_ParseTuple(state, "OOOO", &function, &args, &keywords, &dict) ||
        !PyCallable_Check(function) || !PyTuple_Check(args) ||
        (keywords != Py_None && !PyDict_Check(keywords))) {
        PyErr_SetString(PyExc_TypeError, "invalid partial state");
        return NULL;
    }
    args = PyTuple_CheckExact(args) ? Py_NewRef(args) : PySequence_Tuple(args);
    if (args == NULL) {
        return NULL;
    }
    if (keywords == Py_None) {
        keywords = PyDict_New();
    }
    else {
        keywords = PyDict_CheckExact(keywords) ? Py_NewRef(keywords)
                                               : PyDict_Copy(keywords);
    }
    if (keywords == NULL) {
        Py_DECREF(args);
        return NULL;
    }
    Py_SETREF(self->function, Py_NewRef(function));
    Py_SETREF(self->args, args);
    Py_SETREF(self->keywords, keywords);
    Py_XSETREF(self->dict, dict == Py_None ? NULL : Py_NewRef(dict));
    partial_choose_vectorcall(self);
    Py_RETURN_NONE;
}

static PyMethodDef partial_methods[] = {
    {"__reduce__", partial_reduce, METH_NOARGS, NULL},
    {"__setstate__", partial_setstate, METH_O, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef partial_members[] = {
    {"func", T_OBJECT, offsetof(Partial, function), READONLY,
     PyDoc_STR("what a call calls")},
    {"args", T_OBJECT, offsetof(Partial, args), READONLY,
     PyDoc_STR("positional arguments that every call begins with")},
    {"keywords", T_OBJECT, offsetof(Partial, keywords), READONLY,
     PyDoc_STR(
         "keyword arguments that every call gets unless it overrides them")},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Partial, weakrefs), READONLY,
     NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Partial, dict), READONLY, NULL},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Partial, vectorcall),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef partial_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot partial_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR(
                    "partial(func, *args, **keywords) - new function with "
                    "some arguments given already.")},
    {Py_tp_new, partial_new},
    {Py_tp_dealloc, partial_dealloc},
    {Py_tp_traverse, partial_traverse},
    {Py_tp_clear, partial_clear},
    {Py_tp_repr, partial_repr},
    {Py_tp_call, partial_call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_methods, partial_methods},
    {Py_tp_members, partial_members},
    {Py_tp_getset, partial_getset},
    {Py_tp_free, PyObject_GC_Del},
    {0, NULL},
};

static PyType_Spec partial_spec = {
    .name = "functools.partial",
    .basicsize = sizeof(Partial),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = partial_slots,
};

/* ---- cmp_to_key ---- */

typedef struct {
    PyObject_HEAD
    PyObject *compare;
    PyObject *object;                  /* NULL: the factory K itself */
} KeyWrapper;

static int
key_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((KeyWrapper *)op)->compare);
    Py_VISIT(((KeyWrapper *)op)->object);
    return 0;
}

static int
key_clear(PyObject *op)
{
    Py_CLEAR(((KeyWrapper *)op)->compare);
    Py_CLEAR(((KeyWrapper *)op)->object);
    return 0;
}

static void
key_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    key_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyObject *
key_make(PyTypeObject *type, PyObject *compare, PyObject *object)
{
    KeyWrapper *self = PyObject_GC_New(KeyWrapper, type);

    if (self == NULL) {
        return NULL;
    }
    self->compare = Py_NewRef(compare);
    self->object = Py_XNewRef(object);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *
key_call(PyObject *op, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"obj", NULL};
    PyObject *object;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O:K", keywords, &object)) {
        return NULL;
    }
    return key_make(Py_TYPE(op), ((KeyWrapper *)op)->compare, object);
}

static PyObject *
key_richcompare(PyObject *left, PyObject *right, int op)
{
    KeyWrapper *a = (KeyWrapper *)left, *b = (KeyWrapper *)right;
    PyObject *order, *result;

    if (!Py_IS_TYPE(right, Py_TYPE(left))) {
        PyErr_SetString(PyExc_TypeError, "other argument must be K instance");
        return NULL;
    }
    if (a->object == NULL || b->object == NULL) {
        PyErr_SetString(PyExc_AttributeError, "object");
        return NULL;
    }
    order = call_two_args(a->compare, a->object, b->object);
    if (order == NULL) {
        return NULL;
    }
    result = PyObject_RichCompare(order, long_peek_small(0), op);
    Py_DECREF(order);
    return result;
}

static PyMemberDef key_members[] = {
    {"obj", T_OBJECT, offsetof(KeyWrapper, object), 0,
     PyDoc_STR("Value wrapped by a key function.")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot key_slots[] = {
    {Py_tp_dealloc, key_dealloc},
    {Py_tp_call, key_call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_traverse, key_traverse},
    {Py_tp_clear, key_clear},
    {Py_tp_richcompare, key_richcompare},
    {Py_tp_members, key_members},
    {0, NULL},
};

static PyType_Spec key_spec = {
    .name = "functools.KeyWrapper",
    .basicsize = sizeof(KeyWrapper),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = key_slots,
};

static PyObject *
functools_cmp_to_key(PyObject *module, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"mycmp", NULL};
    FunctoolsState *state = PyModule_GetState(module);
    PyObject *compare;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O:cmp_to_key", keywords,
                                     &compare)) {
        return NULL;
    }
    return key_make(state->key_wrapper_type, compare, NULL);
}

/* ---- reduce ---- */

static PyObject *
functools_reduce(PyObject *module, PyObject *args)
{
    PyObject *function, *iterable, *result = NULL, *iterator, *item;

    if (!PyArg_UnpackTuple(args, "reduce", 2, 3, &function, &iterable,
                           &result)) {
        return NULL;
    }
    iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError,
                            "reduce() arg 2 must support iteration");
        }
        return NULL;
    }
    Py_XINCREF(result);
    while ((item = PyIter_Next(iterator)) != NULL) {
        if (result == NULL) {
            result = item;
            continue;
        }
        PyObject *next = call_two_args(function, result, item);
        Py_DECREF(item);
        Py_SETREF(result, next);
        if (result == NULL) {
            break;
        }
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    else if (result == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "reduce() of empty iterable with no initial value");
    }
    Py_DECREF(iterator);
    return result;
}

/* ---- lru_cache ---- */

/* A dict from keys to results, or in a bounded cache to links: a ring with
 * the cache's `root`, the most recently used at root.previous. */
typedef struct lru_link {
    PyObject_HEAD
    struct lru_link *previous, *next;
    Py_hash_t hash;
    PyObject *key;
    PyObject *result;
} LruLink;

struct lru_cache;
typedef PyObject *(*lru_wrapper)(struct lru_cache *, PyObject *, PyObject *);

typedef struct lru_cache {
    LruLink root;
    lru_wrapper wrapper;
    int typed;
    PyObject *cache;                   /* dict */
    Py_ssize_t hits;
    PyObject *function;
    Py_ssize_t maxsize;
    Py_ssize_t misses;
    PyObject *keyword_mark;
    PyTypeObject *link_type;
    PyObject *cache_info_type;
    PyObject *dict;
    PyObject *weakrefs;
} LruCache;

static void
link_dealloc(PyObject *op)
{
    LruLink *link = (LruLink *)op;
    PyTypeObject *type = Py_TYPE(op);

    Py_XDECREF(link->key);
    Py_XDECREF(link->result);
    PyObject_Free(op);
    Py_DECREF(type);
}

static PyType_Slot link_slots[] = {
    {Py_tp_dealloc, link_dealloc},
    {0, NULL},
};

static PyType_Spec link_spec = {
    .name = "functools._lru_list_elem",
    .basicsize = sizeof(LruLink),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = link_slots,
};

/* The key of a call: a lone int or str as it is; else a tuple of the
 * arguments, the mark and keywords, and types if typed. */
static PyObject *
lru_make_key(LruCache *self, PyObject *args, PyObject *kwds)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args), at = 0, position = 0, size;
    Py_ssize_t nkwds = kwds == NULL ? 0 : PyDict_GET_SIZE(kwds);
    PyObject *key, *name, *value;

    if (!self->typed && nkwds == 0) {
        if (nargs == 1) {
            key = PyTuple_GET_ITEM(args, 0);
            if (PyUnicode_CheckExact(key) || PyLong_CheckExact(key)) {
                return Py_NewRef(key);
            }
        }
        return Py_NewRef(args);
    }
    size = nargs + (nkwds > 0 ? 1 + 2 * nkwds : 0);
    if (self->typed) {
        size += nargs + nkwds;
    }
    key = PyTuple_New(size);
    if (key == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyTuple_SET_ITEM(key, at++, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    }
    if (nkwds > 0) {
        PyTuple_SET_ITEM(key, at++, Py_NewRef(self->keyword_mark));
        while (PyDict_Next(kwds, &position, &name, &value)) {
            PyTuple_SET_ITEM(key, at++, Py_NewRef(name));
            PyTuple_SET_ITEM(key, at++, Py_NewRef(value));
        }
    }
    if (self->typed) {
        for (Py_ssize_t i = 0; i < nargs; i++) {
            PyTuple_SET_ITEM(
                key, at++,
                Py_NewRef((PyObject *)Py_TYPE(PyTuple_GET_ITEM(args, i))));
        }
        position = 0;
        while (nkwds > 0 && PyDict_Next(kwds, &position, &name, &value)) {
            PyTuple_SET_ITEM(key, at++, Py_NewRef((PyObject *)Py_TYPE(value)));
        }
    }
    assert(at == size);
    return key;
}

static PyObject *
uncached_wrapper(LruCache *self, PyObject *args, PyObject *kwds)
{
    self->misses++;
    return PyObject_Call(self->function, args, kwds);
}

static PyObject *
infinite_wrapper(LruCache *self, PyObject *args, PyObject *kwds)
{
    PyObject *key = lru_make_key(self, args, kwds), *result = NULL;
    Py_hash_t hash;

    if (key == NULL) {
        return NULL;
    }
    hash = PyObject_Hash(key);
    if (hash == -1) {
        goto done;
    }
    result = _PyDict_GetItem_KnownHash(self->cache, key, hash);
    if (result != NULL) {
        Py_INCREF(result);
        self->hits++;
        goto done;
    }
    if (PyErr_Occurred()) {
        goto done;
    }
    self->misses++;
    result = PyObject_Call(self->function, args, kwds);
    if (result != NULL &&
        _PyDict_SetItem_KnownHash(self->cache, key, result, hash) < 0) {
        Py_CLEAR(result);
    }
done:
    Py_DECREF(key);
    return result;
}

static void
link_extract(LruLink *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

/* Makes the link the most recent one. */
static void
link_append(LruCache *self, LruLink *link)
{
    LruLink *root = &self->root, *last = root->previous;

    last->next = root->previous = link;
    link->previous = last;
    link->next = root;
}

/* Makes the link the oldest one. */
static void
link_prepend(LruCache *self, LruLink *link)
{
    LruLink *root = &self->root, *first = root->next;

    first->previous = root->next = link;
    link->previous = root;
    link->next = first;
}

/* Enters a result under a key (both stolen) that is not there, with a new
 * link: the cache is not full.  0/-1. */
static int
bounded_add(LruCache *self, PyObject *key, Py_hash_t hash, PyObject *result)
{
    LruLink *link = PyObject_New(LruLink, self->link_type);

    if (link == NULL) {
        Py_DECREF(key);
        Py_DECREF(result);
        return -1;
    }
    link->hash = hash;
    link->key = key;
    link->result = result;
    /* The dict is changed last: comparing keys may come back here, and then
     * it has to find a consistent ring. */
    if (_PyDict_SetItem_KnownHash(self->cache, key, (PyObject *)link, hash) <
        0) {
        Py_DECREF(link);
        return -1;
    }
    link_append(self, link);
    return 0;
}

/* The same in a full cache: the oldest link is used again. */
static int
bounded_replace(LruCache *self, PyObject *key, Py_hash_t hash,
                PyObject *result)
{
    LruLink *link = self->root.next;
    PyObject *old_key, *old_result, *popped;

    link_extract(link);
    /* The ring's reference to the link is ours for now. */
    popped = dict_pop_known_hash(self->cache, link->key, link->hash, Py_None);
    if (popped == Py_None) {
        /* Somebody removed the key meanwhile: the link is an orphan. */
        Py_DECREF(popped);
        Py_DECREF(link);
        Py_DECREF(key);
        Py_DECREF(result);
        return 0;
    }
    if (popped == NULL) {
        link_prepend(self, link);
        Py_DECREF(key);
        Py_DECREF(result);
        return -1;
    }
    old_key = link->key;
    old_result = link->result;
    link->hash = hash;
    link->key = key;
    link->result = result;
    if (_PyDict_SetItem_KnownHash(self->cache, key, (PyObject *)link, hash) <
        0) {
        Py_DECREF(popped);
        Py_DECREF(link);
        Py_DECREF(old_key);
        Py_DECREF(old_result);
        return -1;
    }
    link_append(self, link);
    Py_DECREF(popped);
    Py_DECREF(old_key);
    Py_DECREF(old_result);
    return 0;
}

static PyObject *
bounded_wrapper(LruCache *self, PyObject *args, PyObject *kwds)
{
    PyObject *key = lru_make_key(self, args, kwds), *result, *test;
    LruLink *link;
    Py_hash_t hash;
    int status;

    if (key == NULL) {
        return NULL;
    }
    hash = PyObject_Hash(key);
    if (hash == -1) {
        Py_DECREF(key);
        return NULL;
    }
    link = (LruLink *)_PyDict_GetItem_KnownHash(self->cache, key, hash);
    if (link != NULL) {
        link_extract(link);
        link_append(self, link);
        self->hits++;
        result = Py_NewRef(link->result);
        Py_DECREF(key);
        return result;
    }
    if (PyErr_Occurred()) {
        Py_DECREF(key);
        return NULL;
    }
    self->misses++;
    result = PyObject_Call(self->function, args, kwds);
    if (result == NULL) {
        Py_DECREF(key);
        return NULL;
    }
    /* The call may have entered this very key. */
    test = _PyDict_GetItem_KnownHash(self->cache, key, hash);
    if (test != NULL || PyErr_Occurred()) {
        Py_DECREF(key);
        if (test == NULL) {
            Py_CLEAR(result);
        }
        return result;
    }
    Py_INCREF(result);
    status = PyDict_GET_SIZE(self->cache) < self->maxsize ||
                     self->root.next == &self->root
                 ? bounded_add(self, key, hash, result)
                 : bounded_replace(self, key, hash, result);
    if (status < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
lru_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"user_function", (char *)"maxsize",
                               (char *)"typed", (char *)"cache_info_type",
                               NULL};
    FunctoolsState *state = state_of_type(type);
    PyObject *function, *maxsize_object, *cache_info_type;
    Py_ssize_t maxsize;
    lru_wrapper wrapper;
    LruCache *self;
    int typed;

    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwds, "OOpO:lru_cache", keywords,
                                     &function, &maxsize_object, &typed,
                                     &cache_info_type)) {
        return NULL;
    }
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError,
                        "the first argument must be callable");
        return NULL;
    }
    if (maxsize_object == Py_None) {
        wrapper = infinite_wrapper;
        maxsize = -1;
    }
    else if (PyIndex_Check(maxsize_object)) {
        maxsize = PyNumber_AsSsize_t(maxsize_object, PyExc_OverflowError);
        if (maxsize == -1 && PyErr_Occurred()) {
            return NULL;
        }
        maxsize = Py_MAX(maxsize, 0);
        wrapper = maxsize == 0 ? uncached_wrapper : bounded_wrapper;
    }
    else {
        PyErr_SetString(PyExc_TypeError,
                        "maxsize should be integer or None");
        return NULL;
    }
    self = (LruCache *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->root.previous = self->root.next = &self->root;
    self->cache = PyDict_New();
    if (self->cache == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->wrapper = wrapper;
    self->typed = typed;
    self->function = Py_NewRef(function);
    self->maxsize = maxsize;
    self->keyword_mark = Py_NewRef(state->keyword_mark);
    self->link_type = (PyTypeObject *)Py_NewRef(
        (PyObject *)state->lru_link_type);
    self->cache_info_type = Py_NewRef(cache_info_type);
    return (PyObject *)self;
}

/* Empties the ring; returns its links as a chain, to be freed afterwards. */
static LruLink *
lru_unlink_all(LruCache *self)
{
    LruLink *root = &self->root, *link = root->next;

    if (link == NULL || link == root) {
        return NULL;
    }
    root->previous->next = NULL;
    root->next = root->previous = root;
    return link;
}

static void
lru_free_links(LruLink *link)
{
    while (link != NULL) {
        LruLink *next = link->next;
        Py_DECREF(link);
        link = next;
    }
}

static int
lru_clear(PyObject *op)
{
    LruCache *self = (LruCache *)op;
    LruLink *links = lru_unlink_all(self);

    Py_CLEAR(self->cache);
    lru_free_links(links);
    Py_CLEAR(self->function);
    Py_CLEAR(self->keyword_mark);
    Py_CLEAR(self->link_type);
    Py_CLEAR(self->cache_info_type);
    Py_CLEAR(self->dict);
    return 0;
}

static void
lru_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(op);
    if (((LruCache *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    lru_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static int
lru_traverse(PyObject *op, visitproc visit, void *arg)
{
    LruCache *self = (LruCache *)op;
    LruLink *link = self->root.next;

    Py_VISIT(Py_TYPE(op));
    while (link != NULL && link != &self->root) {
        LruLink *next = link->next;
        Py_VISIT(link->key);
        Py_VISIT(link->result);
        link = next;
    }
    Py_VISIT(self->cache);
    Py_VISIT(self->function);
    Py_VISIT(self->keyword_mark);
    Py_VISIT(self->link_type);
    Py_VISIT(self->cache_info_type);
    Py_VISIT(self->dict);
    return 0;
}

static PyObject *
lru_call(PyObject *op, PyObject *args, PyObject *kwds)
{
    LruCache *self = (LruCache *)op;

    return self->wrapper(self, args, kwds);
}

static PyObject *
lru_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    if (obj == Py_None || obj == NULL) {
        return Py_NewRef(self);
    }
    return PyMethod_New(self, obj);
}

static PyObject *
lru_cache_info(PyObject *op, PyObject *ignored)
{
    LruCache *self = (LruCache *)op;

    if (self->maxsize == -1) {
        return PyObject_CallFunction(self->cache_info_type, "nnOn", self->hits,
                                     self->misses, Py_None,
                                     PyDict_GET_SIZE(self->cache));
    }
    return PyObject_CallFunction(self->cache_info_type, "nnnn", self->hits,
                                 self->misses, self->maxsize,
                                 PyDict_GET_SIZE(self->cache));
}

static PyObject *
lru_cache_clear(PyObject *op, PyObject *ignored)
{
    LruCache *self = (LruCache *)op;
    LruLink *links = lru_unlink_all(self);

    self->hits = self->misses = 0;
    PyDict_Clear(self->cache);
    lru_free_links(links);
    Py_RETURN_NONE;
}

static PyObject *
lru_reduce(PyObject *self, PyObject *ignored)
{
    return PyObject_GetAttr(self, NAME(__qualname__));
}

static PyObject *
lru_copy(PyObject *self, PyObject *ignored)
{
    return Py_NewRef(self);
}

static PyMethodDef lru_methods[] = {
    {"cache_info", lru_cache_info, METH_NOARGS,
     PyDoc_STR("Report cache statistics")},
    {"cache_clear", lru_cache_clear, METH_NOARGS,
     PyDoc_STR("Clear the cache and cache statistics")},
    {"__reduce__", lru_reduce, METH_NOARGS, NULL},
    {"__copy__", lru_copy, METH_VARARGS, NULL},
    {"__deepcopy__", lru_copy, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef lru_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(LruCache, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LruCache, weakrefs), READONLY,
     NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef lru_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot lru_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR(
                    "Create a cached callable that wraps another function.\n\n"
                    "maxsize: how many results are kept, None for all; typed: "
                    "arguments of different types have different results; "
                    "cache_info_type: of what cache_info() returns.")},
    {Py_tp_new, lru_new},
    {Py_tp_dealloc, lru_dealloc},
    {Py_tp_traverse, lru_traverse},
    {Py_tp_clear, lru_clear},
    {Py_tp_call, lru_call},
    {Py_tp_descr_get, lru_descr_get},
    {Py_tp_methods, lru_methods},
    {Py_tp_members, lru_members},
    {Py_tp_getset, lru_getset},
    {0, NULL},
};

static PyType_Spec lru_spec = {
    .name = "functools._lru_cache_wrapper",
    .basicsize = sizeof(LruCache),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lru_slots,
};

/* ---- the module ---- */

static PyMethodDef functools_methods[] = {
    {"reduce", functools_reduce, METH_VARARGS,
     PyDoc_STR("reduce(function, iterable[, initial]) -> value\n\n"
               "Applies the function to the result so far and the next item, "
               "from left to right.")},
    {"cmp_to_key", (PyCFunction)(void (*)(void))functools_cmp_to_key,
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("Makes a key function of a comparison function.")},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject *
functools_type(PyObject *module, PyType_Spec *spec)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
}

static int
functools_exec(PyObject *module)
{
    FunctoolsState *state = PyModule_GetState(module);

    state->keyword_mark = call_no_args((PyObject *)&PyBaseObject_Type);
    if (state->keyword_mark == NULL ||
        (state->partial_type = functools_type(module, &partial_spec)) ==
            NULL ||
        PyModule_AddType(module, state->partial_type) < 0 ||
        (state->lru_cache_type = functools_type(module, &lru_spec)) == NULL ||
        PyModule_AddType(module, state->lru_cache_type) < 0 ||
        (state->key_wrapper_type = functools_type(module, &key_spec)) ==
            NULL ||
        (state->lru_link_type = functools_type(module, &link_spec)) == NULL) {
        return -1;
    }
    return 0;
}

static int
functools_traverse(PyObject *module, visitproc visit, void *arg)
{
    FunctoolsState *state = PyModule_GetState(module);

    Py_VISIT(state->keyword_mark);
    Py_VISIT(state->partial_type);
    Py_VISIT(state->key_wrapper_type);
    Py_VISIT(state->lru_cache_type);
    Py_VISIT(state->lru_link_type);
    return 0;
}

static int
functools_clear(PyObject *module)
{
    FunctoolsState *state = PyModule_GetState(module);

    Py_CLEAR(state->keyword_mark);
    Py_CLEAR(state->partial_type);
    Py_CLEAR(state->key_wrapper_type);
    Py_CLEAR(state->lru_cache_type);
    Py_CLEAR(state->lru_link_type);
    return 0;
}

static void
functools_free(void *module)
{
    functools_clear(module);
}

static PyModuleDef_Slot functools_slots[] = {
    {Py_mod_exec, functools_exec},
    {0, NULL},
};

static struct PyModuleDef functools_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_functools",
    .m_doc = PyDoc_STR("Tools that work with functions."),
    .m_size = sizeof(FunctoolsState),
    .m_methods = functools_methods,
    .m_slots = functools_slots,
    .m_traverse = functools_traverse,
    .m_clear = functools_clear,
    .m_free = functools_free,
};

PyMODINIT_FUNC PyInit__functools(void);

PyMODINIT_FUNC
PyInit__functools(void)
{
    return PyModuleDef_Init(&functools_module);
}
