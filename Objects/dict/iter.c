/* Iterators over dicts: keys, values, items, forwards and backwards.
 *
 * di_used is the dict's size when iteration began; another size, or a table
 * that has grown although the size is the same, raises RuntimeError.  A split
 * dict that is converted to a combined table on the way keeps its order, so
 * the position (a place in the insertion order) stays good only because the
 * conversion drops nothing. */
#include "table.h"

#include "names.h"

typedef struct {
    PyObject_HEAD
    PyDictObject *di_dict;             /* NULL: exhausted */
    Py_ssize_t di_used;
    Py_ssize_t di_pos;
    PyObject *di_result;               /* reused pair of item iterators */
    Py_ssize_t di_len;                 /* items left */
} DictIterObject;

enum { PICK_KEY, PICK_VALUE, PICK_ITEM };

static int
dict_iter_is_reversed(PyTypeObject *type)
{
    return type == &PyDictRevIterKey_Type ||
           type == &PyDictRevIterValue_Type ||
           type == &PyDictRevIterItem_Type;
}

PyObject *
dict_iter_new(PyDictObject *mp, PyTypeObject *type)
{
    DictIterObject *self = PyObject_GC_New(DictIterObject, type);

    if (self == NULL) {
        return NULL;
    }
    self->di_dict = (PyDictObject *)Py_NewRef((PyObject *)mp);
    self->di_used = mp->ma_used;
    self->di_len = mp->ma_used;
    self->di_result = NULL;
    self->di_pos = 0;
    if (dict_iter_is_reversed(type)) {
        self->di_pos = mp->ma_values != NULL ? mp->ma_used - 1
                                             : mp->ma_keys->dk_nentries - 1;
    }
    if (type == &PyDictIterItem_Type || type == &PyDictRevIterItem_Type) {
        self->di_result = PyTuple_Pack(2, Py_None, Py_None);
        if (self->di_result == NULL) {
            Py_DECREF(self);
            return NULL;
        }
    }
    gc_track(self);
    return (PyObject *)self;
}

static void
dict_iter_dealloc(PyObject *op)
{
    DictIterObject *self = (DictIterObject *)op;

    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->di_dict);
    Py_XDECREF(self->di_result);
    PyObject_GC_Del(op);
}

static int
dict_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    DictIterObject *self = (DictIterObject *)op;

    Py_VISIT(self->di_dict);
    Py_VISIT(self->di_result);
    return 0;
}

/* (key, value), in the pair kept by the iterator if nobody else has it. */
static PyObject *
dict_iter_pair(DictIterObject *self, PyObject *key, PyObject *value)
{
    PyObject *pair = self->di_result;

    Py_INCREF(key);
    Py_INCREF(value);
    if (pair != NULL && Py_REFCNT(pair) == 1) {
        PyObject *old_key = PyTuple_GET_ITEM(pair, 0);
        PyObject *old_value = PyTuple_GET_ITEM(pair, 1);
        Py_INCREF(pair);
        PyTuple_SET_ITEM(pair, 0, key);
        PyTuple_SET_ITEM(pair, 1, value);
        Py_DECREF(old_key);
        Py_DECREF(old_value);
        /* The collector may have untracked it while it held atoms. */
        if (!gc_is_tracked(pair)) {
            gc_track(pair);
        }
        return pair;
    }
    pair = PyTuple_New(2);
    if (pair == NULL) {
        Py_DECREF(key);
        Py_DECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, key);
    PyTuple_SET_ITEM(pair, 1, value);
    return pair;
}

static PyObject *
dict_iter_pick(DictIterObject *self, PyObject *key, PyObject *value, int pick)
{
    switch (pick) {
    case PICK_KEY:
        return Py_NewRef(key);
    case PICK_VALUE:
        return Py_NewRef(value);
    default:
        return dict_iter_pair(self, key, value);
    }
}

static PyObject *
dict_iter_exhaust(DictIterObject *self)
{
    self->di_dict = NULL;
    return NULL;
}

static inline PyObject *
dict_iter_forward(DictIterObject *self, int pick)
{
    PyDictObject *mp = self->di_dict;
    PyObject *key, *value;

    if (mp == NULL) {
        return NULL;
    }
    if (self->di_used != mp->ma_used) {
        PyErr_SetString(PyExc_RuntimeError,
                        "dictionary changed size during iteration");
        self->di_used = -1;            /* the error is sticky */
        return NULL;
    }
    if (!dict_next_item(mp, &self->di_pos, &key, &value, NULL)) {
        dict_iter_exhaust(self);
        Py_DECREF(mp);
        return NULL;
    }
    /* As many items as there were, and still more: keys were replaced. */
    if (self->di_len == 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "dictionary keys changed during iteration");
        dict_iter_exhaust(self);
        Py_DECREF(mp);
        return NULL;
    }
    self->di_len--;
    return dict_iter_pick(self, key, value, pick);
}

static PyObject *
dict_iter_next_key(PyObject *self)
{
    return dict_iter_forward((DictIterObject *)self, PICK_KEY);
}

static PyObject *
dict_iter_next_value(PyObject *self)
{
    return dict_iter_forward((DictIterObject *)self, PICK_VALUE);
}

static PyObject *
dict_iter_next_item(PyObject *self)
{
    return dict_iter_forward((DictIterObject *)self, PICK_ITEM);
}

static PyObject *
dict_iter_backward(PyObject *op)
{
    DictIterObject *self = (DictIterObject *)op;
    PyDictObject *mp = self->di_dict;
    PyObject *key = NULL, *value = NULL;
    Py_hash_t hash;
    Py_ssize_t i = self->di_pos;

    if (mp == NULL) {
        return NULL;
    }
    if (self->di_used != mp->ma_used) {
        PyErr_SetString(PyExc_RuntimeError,
                        "dictionary changed size during iteration");
        self->di_used = -1;
        return NULL;
    }
    if (mp->ma_values != NULL) {
        if (i >= 0 && i < mp->ma_used) {
            value = table_entry(mp, dict_values_order(mp->ma_values, i), &key,
                                &hash);
            i--;
        }
    }
    else if (i < mp->ma_keys->dk_nentries) {
        while (i >= 0 && value == NULL) {
            value = table_entry(mp, i--, &key, &hash);
        }
    }
    if (value == NULL) {
        dict_iter_exhaust(self);
        Py_DECREF(mp);
        return NULL;
    }
    self->di_pos = i;
    self->di_len--;
    return dict_iter_pick(self, key, value,
                          Py_TYPE(op) == &PyDictRevIterKey_Type ? PICK_KEY
                          : Py_TYPE(op) == &PyDictRevIterValue_Type
                              ? PICK_VALUE : PICK_ITEM);
}

PyObject *
dict_iter(PyObject *self)
{
    return dict_iter_new((PyDictObject *)self, &PyDictIterKey_Type);
}

PyObject *
dict_reversed(PyObject *self, PyObject *ignored)
{
    assert(PyDict_Check(self));
    return dict_iter_new((PyDictObject *)self, &PyDictRevIterKey_Type);
}

static PyObject *
dict_iter_length_hint(PyObject *op, PyObject *ignored)
{
    DictIterObject *self = (DictIterObject *)op;
    Py_ssize_t len = 0;

    if (self->di_dict != NULL && self->di_used == self->di_dict->ma_used) {
        len = self->di_len;
    }
    return PyLong_FromSsize_t(len);
}

/* Pickled as an iterator over the list of what is left. */
static PyObject *
dict_iter_reduce(PyObject *op, PyObject *ignored)
{
    DictIterObject copy = *(DictIterObject *)op;
    PyObject *list, *iter;

    Py_XINCREF(copy.di_dict);
    /* The copy must not reuse the original's pair. */
    copy.di_result = NULL;
    list = PySequence_List((PyObject *)&copy);
    Py_XDECREF(copy.di_dict);
    if (list == NULL) {
        return NULL;
    }
    iter = _PyEval_GetBuiltin(NAME(iter));
    if (iter == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    return Py_BuildValue("N(N)", iter, list);
}

PyDoc_STRVAR(length_hint_doc, "How many items are left, presumably.");
PyDoc_STRVAR(reduce_doc, "State for pickling.");

static PyMethodDef dict_iter_methods[] = {
    {"__length_hint__", dict_iter_length_hint, METH_NOARGS, length_hint_doc},
    {"__reduce__", dict_iter_reduce, METH_NOARGS, reduce_doc},
    {NULL, NULL, 0, NULL},
};

#define ITERATOR_TYPE(cname, pyname, next)                                  \
    PyTypeObject cname = {                                                  \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                      \
        .tp_name = pyname, .tp_basicsize = sizeof(DictIterObject),          \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,                \
        .tp_dealloc = dict_iter_dealloc, .tp_traverse = dict_iter_traverse, \
        .tp_getattro = PyObject_GenericGetAttr,                             \
        .tp_iter = PyObject_SelfIter, .tp_iternext = next,                  \
        .tp_methods = dict_iter_methods,                                    \
    }

ITERATOR_TYPE(PyDictIterKey_Type, "dict_keyiterator", dict_iter_next_key);
ITERATOR_TYPE(PyDictIterValue_Type, "dict_valueiterator",
              dict_iter_next_value);
ITERATOR_TYPE(PyDictIterItem_Type, "dict_itemiterator", dict_iter_next_item);
ITERATOR_TYPE(PyDictRevIterKey_Type, "dict_reversekeyiterator",
              dict_iter_backward);
ITERATOR_TYPE(PyDictRevIterValue_Type, "dict_reversevalueiterator",
              dict_iter_backward);
ITERATOR_TYPE(PyDictRevIterItem_Type, "dict_reverseitemiterator",
              dict_iter_backward);
