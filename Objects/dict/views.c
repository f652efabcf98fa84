/* Views on dicts: keys(), values(), items(); the first and last behave as
 * sets (PEP 3106). */
#include "table.h"

#include "call.h"
#include "names.h"

typedef _PyDictViewObject ViewObject;

PyObject *
_PyDictView_New(PyObject *dict, PyTypeObject *type)
{
    ViewObject *view;

    if (dict == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() requires a dict argument, not '%s'", type->tp_name,
                     Py_TYPE(dict)->tp_name);
        return NULL;
    }
    view = PyObject_GC_New(ViewObject, type);
    if (view == NULL) {
        return NULL;
    }
    view->dv_dict = (PyDictObject *)Py_NewRef(dict);
    gc_track(view);
    return (PyObject *)view;
}

PyObject *
dict_view_new(PyObject *dict, PyTypeObject *type)
{
    return _PyDictView_New(dict, type);
}

static void
view_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((ViewObject *)op)->dv_dict);
    PyObject_GC_Del(op);
}

static int
view_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((ViewObject *)op)->dv_dict);
    return 0;
}

static Py_ssize_t
view_length(PyObject *op)
{
    PyDictObject *mp = ((ViewObject *)op)->dv_dict;

    return mp == NULL ? 0 : mp->ma_used;
}

static PyObject *
view_mapping(PyObject *op, void *closure)
{
    return PyDictProxy_New((PyObject *)((ViewObject *)op)->dv_dict);
}

static PyObject *
view_repr(PyObject *op)
{
    PyObject *list, *result = NULL;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("...") : NULL;
    }
    list = PySequence_List(op);
    if (list != NULL) {
        result = PyUnicode_FromFormat("%s(%R)", Py_TYPE(op)->tp_name, list);
        Py_DECREF(list);
    }
    Py_ReprLeave(op);
    return result;
}

static PyObject *
view_iter(PyObject *op, PyTypeObject *type)
{
    PyDictObject *mp = ((ViewObject *)op)->dv_dict;

    return mp == NULL ? Py_NewRef(Py_None) : dict_iter_new(mp, type);
}

/* ---- as sets ---- */

/* Whether each item of `small` is in `large`.  1/0/-1.  Runs Python. */
static int
all_contained_in(PyObject *small, PyObject *large)
{
    PyObject *iterator = PyObject_GetIter(small), *item;
    int contained = 1;

    if (iterator == NULL) {
        return -1;
    }
    while (contained == 1 && (item = PyIter_Next(iterator)) != NULL) {
        contained = PySequence_Contains(large, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return contained == 1 && PyErr_Occurred() ? -1 : contained;
}

static PyObject *
view_richcompare(PyObject *self, PyObject *other, int op)
{
    Py_ssize_t len, other_len;
    int result = 0;

    assert(PyDictViewSet_Check(self));
    if (!PyAnySet_Check(other) && !PyDictViewSet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    len = PyObject_Size(self);
    other_len = len < 0 ? -1 : PyObject_Size(other);
    if (other_len < 0) {
        return NULL;
    }
    switch (op) {
    case Py_NE:
    case Py_EQ:
        if (len == other_len) {
            result = all_contained_in(self, other);
        }
        if (op == Py_NE && result >= 0) {
            result = !result;
        }
        break;
    case Py_LT:
        if (len < other_len) {
            result = all_contained_in(self, other);
        }
        break;
    case Py_LE:
        if (len <= other_len) {
            result = all_contained_in(self, other);
        }
        break;
    case Py_GT:
        if (len > other_len) {
            result = all_contained_in(other, self);
        }
        break;
    case Py_GE:
        if (len >= other_len) {
            result = all_contained_in(other, self);
        }
        break;
    }
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* A new set of the view's items. */
static PyObject *
view_to_set(PyObject *self)
{
    PyObject *source = self, *set;

    if (PyDictKeys_Check(self)) {
        source = (PyObject *)((ViewObject *)self)->dv_dict;
    }
    set = PySet_New(source);
    return set;
}

/* set(self).<method>(other) in place, answering the set. */
static PyObject *
view_set_update(PyObject *self, PyObject *other, PyObject *method)
{
    PyObject *set = view_to_set(self), *ignored;

    if (set == NULL) {
        return NULL;
    }
    ignored = call_method_one_arg(set, method, other);
    if (ignored == NULL) {
        Py_DECREF(set);
        return NULL;
    }
    Py_DECREF(ignored);
    return set;
}

static PyObject *
view_subtract(PyObject *self, PyObject *other)
{
    return view_set_update(self, other, NAME(difference_update));
}

static int view_keys_contains(PyObject *self, PyObject *key);
static int view_items_contains(PyObject *self, PyObject *item);

PyObject *
_PyDictView_Intersect(PyObject *self, PyObject *other)
{
    PyObject *result = NULL, *iterator = NULL, *item;
    int (*contains)(PyObject *, PyObject *);
    int status = 0;

    if (!PyDictViewSet_Check(self)) {  /* the right operand's slot */
        PyObject *swap = other;
        other = self;
        self = swap;
    }
    /* Walks the smaller one if both are views. */
    if (PyDictViewSet_Check(other) &&
        view_length(other) > view_length(self)) {
        PyObject *swap = other;
        other = self;
        self = swap;
    }
    /* A set can look up by itself. */
    if (PyDictKeys_Check(self) && PySet_CheckExact(other) &&
        view_length(self) <= PySet_GET_SIZE(other)) {
        return call_method_one_arg(other, NAME(intersection), self);
    }
    contains = PyDictKeys_Check(self) ? view_keys_contains
                                      : view_items_contains;
    result = PySet_New(NULL);
    iterator = result == NULL ? NULL : PyObject_GetIter(other);
    if (iterator == NULL) {
        Py_XDECREF(result);
        return NULL;
    }
    while (status >= 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = contains(self, item);
        if (status > 0) {
            status = PySet_Add(result, item);
        }
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    if (status < 0 || PyErr_Occurred()) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *
view_or(PyObject *self, PyObject *other)
{
    return view_set_update(self, other, NAME(update));
}

/* items() ^ items(): keys are hashed anyhow, values need not be until they
 * enter the result. */
static PyObject *
view_items_xor(PyObject *self, PyObject *other)
{
    PyObject *left = (PyObject *)((ViewObject *)self)->dv_dict;
    PyObject *right = (PyObject *)((ViewObject *)other)->dv_dict;
    PyObject *rest = PyDict_Copy(left);
    PyObject *result = rest == NULL ? NULL : PySet_New(NULL);
    PyObject *key = NULL, *value = NULL, *pair, *mine, *remaining;
    Py_ssize_t position = 0;
    Py_hash_t hash;
    int status = result == NULL ? -1 : 0;

    while (status >= 0 &&
           _PyDict_Next(right, &position, &key, &value, &hash)) {
        int equal = 0;

        Py_INCREF(key);
        Py_INCREF(value);
        mine = _PyDict_GetItem_KnownHash(rest, key, hash);
        if (mine != NULL) {
            Py_INCREF(mine);
            equal = PyObject_RichCompareBool(mine, value, Py_EQ);
            Py_DECREF(mine);
        }
        else if (PyErr_Occurred()) {
            equal = -1;
        }
        if (equal < 0) {
            status = -1;
        }
        else if (equal > 0) {
            status = _PyDict_DelItem_KnownHash(rest, key, hash);
        }
        else {
            pair = PyTuple_Pack(2, key, value);
            status = pair == NULL ? -1 : PySet_Add(result, pair);
            Py_XDECREF(pair);
        }
        Py_DECREF(key);
        Py_DECREF(value);
    }
    if (status >= 0) {
        remaining = _PyDictView_New(rest, &PyDictItems_Type);
        status = remaining == NULL ? -1 : _PySet_Update(result, remaining);
        Py_XDECREF(remaining);
    }
    Py_XDECREF(rest);
    if (status < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
view_xor(PyObject *self, PyObject *other)
{
    if (PyDictItems_Check(self) && PyDictItems_Check(other)) {
        return view_items_xor(self, other);
    }
    return view_set_update(self, other, NAME(symmetric_difference_update));
}

static PyObject *
view_isdisjoint(PyObject *self, PyObject *other)
{
    PyObject *iterator, *item;
    int found = 0;

    if (self == other) {
        return PyBool_FromLong(view_length(self) == 0);
    }
    /* Two things that can look up: walks the smaller. */
    if (PyAnySet_CheckExact(other) || PyDictViewSet_Check(other)) {
        Py_ssize_t other_len = PyObject_Size(other);
        if (other_len < 0) {
            return NULL;
        }
        if (other_len > view_length(self)) {
            PyObject *swap = other;
            other = self;
            self = swap;
        }
    }
    iterator = PyObject_GetIter(other);
    if (iterator == NULL) {
        return NULL;
    }
    while (found == 0 && (item = PyIter_Next(iterator)) != NULL) {
        found = PySequence_Contains(self, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    if (found < 0 || PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(!found);
}

/* ---- keys ---- */

static int
view_keys_contains(PyObject *self, PyObject *key)
{
    PyDictObject *mp = ((ViewObject *)self)->dv_dict;

    return mp == NULL ? 0 : PyDict_Contains((PyObject *)mp, key);
}

static PyObject *
view_keys_iter(PyObject *self)
{
    return view_iter(self, &PyDictIterKey_Type);
}

static PyObject *
view_keys_reversed(PyObject *self, PyObject *ignored)
{
    return view_iter(self, &PyDictRevIterKey_Type);
}

/* ---- items ---- */

static int
view_items_contains(PyObject *self, PyObject *item)
{
    PyDictObject *mp = ((ViewObject *)self)->dv_dict;
    PyObject *found;
    int equal;

    if (mp == NULL || !PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
        return 0;
    }
    found = PyDict_GetItemWithError((PyObject *)mp, PyTuple_GET_ITEM(item, 0));
    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_INCREF(found);
    equal = PyObject_RichCompareBool(found, PyTuple_GET_ITEM(item, 1), Py_EQ);
    Py_DECREF(found);
    return equal;
}

static PyObject *
view_items_iter(PyObject *self)
{
    return view_iter(self, &PyDictIterItem_Type);
}

static PyObject *
view_items_reversed(PyObject *self, PyObject *ignored)
{
    return view_iter(self, &PyDictRevIterItem_Type);
}

/* ---- values ---- */

static PyObject *
view_values_iter(PyObject *self)
{
    return view_iter(self, &PyDictIterValue_Type);
}

static PyObject *
view_values_reversed(PyObject *self, PyObject *ignored)
{
    return view_iter(self, &PyDictRevIterValue_Type);
}

PyObject *
dict_keys(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyDictKeys_Type);
}

PyObject *
dict_items(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyDictItems_Type);
}

PyObject *
dict_values(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyDictValues_Type);
}

/* ---- tables ---- */

static PyGetSetDef view_getset[] = {
    {"mapping", view_mapping, NULL,
     PyDoc_STR("The dictionary of the view, read-only."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(isdisjoint_doc,
             "Whether the other iterable has no item of the view.");
PyDoc_STRVAR(reversed_doc, "An iterator from the last item to the first.");

static PyNumberMethods view_as_number = {
    .nb_subtract = view_subtract,
    .nb_and = _PyDictView_Intersect,
    .nb_xor = view_xor,
    .nb_or = view_or,
};

static PySequenceMethods view_keys_as_sequence = {
    .sq_length = view_length,
    .sq_contains = view_keys_contains,
};

static PyMethodDef view_keys_methods[] = {
    {"isdisjoint", view_isdisjoint, METH_O, isdisjoint_doc},
    {"__reversed__", view_keys_reversed, METH_NOARGS, reversed_doc},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictKeys_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "dict_keys",
    .tp_basicsize = sizeof(ViewObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = view_dealloc,
    .tp_traverse = view_traverse,
    .tp_repr = view_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = view_richcompare,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &view_keys_as_sequence,
    .tp_iter = view_keys_iter,
    .tp_methods = view_keys_methods,
    .tp_getset = view_getset,
};

static PySequenceMethods view_items_as_sequence = {
    .sq_length = view_length,
    .sq_contains = view_items_contains,
};

static PyMethodDef view_items_methods[] = {
    {"isdisjoint", view_isdisjoint, METH_O, isdisjoint_doc},
    {"__reversed__", view_items_reversed, METH_NOARGS, reversed_doc},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictItems_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "dict_items",
    .tp_basicsize = sizeof(ViewObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = view_dealloc,
    .tp_traverse = view_traverse,
    .tp_repr = view_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = view_richcompare,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &view_items_as_sequence,
    .tp_iter = view_items_iter,
    .tp_methods = view_items_methods,
    .tp_getset = view_getset,
};

static PySequenceMethods view_values_as_sequence = {
    .sq_length = view_length,
};

static PyMethodDef view_values_methods[] = {
    {"__reversed__", view_values_reversed, METH_NOARGS, reversed_doc},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictValues_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "dict_values",
    .tp_basicsize = sizeof(ViewObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = view_dealloc,
    .tp_traverse = view_traverse,
    .tp_repr = view_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_sequence = &view_values_as_sequence,
    .tp_iter = view_values_iter,
    .tp_methods = view_values_methods,
    .tp_getset = view_getset,
};
