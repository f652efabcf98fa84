/* The methods of dict, and the type. */
#include "table.h"

#include "call.h"
#include "errors.h"
#include "names.h"

/* ---- life ---- */

static PyObject *
dict_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *self = type->tp_alloc(type, 0);
    PyDictObject *mp = (PyDictObject *)self;

    if (self == NULL) {
        return NULL;
    }
    table_incref(&dict_empty_keys);
    mp->ma_keys = &dict_empty_keys;
    mp->ma_values = NULL;
    mp->ma_used = 0;
    mp->ma_version_tag = dict_next_version();
    /* tp_alloc tracks; an exact empty dict has nothing to track. */
    if (type == &PyDict_Type && gc_is_tracked(self)) {
        gc_untrack(self);
    }
    return self;
}

static int
dict_update_common(PyObject *self, PyObject *args, PyObject *kwds,
                   const char *name)
{
    PyObject *arg = NULL;

    if (!PyArg_UnpackTuple(args, name, 0, 1, &arg)) {
        return -1;
    }
    if (arg != NULL && dict_update_arg(self, arg) < 0) {
        return -1;
    }
    if (kwds == NULL) {
        return 0;
    }
    return PyArg_ValidateKeywordArguments(kwds) ? dict_merge(self, kwds, 1)
                                                : -1;
}

static int
dict_init_slot(PyObject *self, PyObject *args, PyObject *kwds)
{
    return dict_update_common(self, args, kwds, "dict");
}

static PyObject *
dict_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *self;

    if (!_PyArg_CheckPositional("dict", nargs, 0, 1)) {
        return NULL;
    }
    self = dict_new((PyTypeObject *)type, NULL, NULL);
    if (self == NULL) {
        return NULL;
    }
    if (nargs == 1 && dict_update_arg(self, args[0]) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (kwnames != NULL) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
            if (PyDict_SetItem(self, PyTuple_GET_ITEM(kwnames, i),
                               args[nargs + i]) < 0) {
                Py_DECREF(self);
                return NULL;
            }
        }
    }
    return self;
}

static void
dict_dealloc(PyObject *self)
{
    PyDictObject *mp = (PyDictObject *)self;
    PyDictKeysObject *keys = mp->ma_keys;
    PyDictValues *values = mp->ma_values;

    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dict_dealloc)
    if (values != NULL) {
        Py_ssize_t n = keys->dk_nentries;
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_XDECREF(values->values[i]);
        }
        values_free(values);
        table_decref(keys);
    }
    else if (keys == &dict_empty_keys) {
        keys->dk_refcnt--;
    }
    else {
        assert(keys->dk_refcnt == 1);
        table_decref(keys);
    }
    if (!dict_try_free_list(mp)) {
        Py_TYPE(self)->tp_free(self);
    }
    Py_TRASHCAN_END
}

static int
dict_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyDictObject *mp = (PyDictObject *)self;
    PyDictKeysObject *keys = mp->ma_keys;
    Py_ssize_t n = keys->dk_nentries;

    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        PyDictKeyEntry *entries = dict_keys_entries(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (entries[i].me_value != NULL) {
                Py_VISIT(entries[i].me_value);
                Py_VISIT(entries[i].me_key);
            }
        }
    }
    else if (mp->ma_values != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_VISIT(mp->ma_values->values[i]);
        }
    }
    else {
        PyDictUnicodeEntry *entries = dict_keys_unicode_entries(keys);
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_VISIT(entries[i].me_value);
        }
    }
    return 0;
}

static int
dict_tp_clear(PyObject *self)
{
    PyDict_Clear(self);
    return 0;
}

/* ---- repr, comparison ---- */

static PyObject *
dict_repr(PyObject *self)
{
    PyDictObject *mp = (PyDictObject *)self;
    PyObject *key = NULL, *value = NULL, *text;
    Py_ssize_t position = 0;
    int entered = Py_ReprEnter(self), first = 1;
    _PyUnicodeWriter writer;

    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("{...}") : NULL;
    }
    if (mp->ma_used == 0) {
        Py_ReprLeave(self);
        return PyUnicode_FromString("{}");
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = 1 + 4 + (2 + 4) * (mp->ma_used - 1) + 1;
    if (_PyUnicodeWriter_WriteChar(&writer, '{') < 0) {
        goto error;
    }
    while (dict_next_item(mp, &position, &key, &value, NULL)) {
        int status;

        Py_INCREF(key);
        Py_INCREF(value);
        if (!first &&
            _PyUnicodeWriter_WriteASCIIString(&writer, ", ", 2) < 0) {
            goto item_error;
        }
        first = 0;
        text = PyObject_Repr(key);
        if (text == NULL) {
            goto item_error;
        }
        status = _PyUnicodeWriter_WriteStr(&writer, text);
        Py_DECREF(text);
        if (status < 0 ||
            _PyUnicodeWriter_WriteASCIIString(&writer, ": ", 2) < 0) {
            goto item_error;
        }
        text = PyObject_Repr(value);
        if (text == NULL) {
            goto item_error;
        }
        status = _PyUnicodeWriter_WriteStr(&writer, text);
        Py_DECREF(text);
        if (status < 0) {
            goto item_error;
        }
        Py_DECREF(key);
        Py_DECREF(value);
    }
    writer.overallocate = 0;
    if (_PyUnicodeWriter_WriteChar(&writer, '}') < 0) {
        goto error;
    }
    Py_ReprLeave(self);
    return _PyUnicodeWriter_Finish(&writer);
item_error:
    Py_DECREF(key);
    Py_DECREF(value);
error:
    Py_ReprLeave(self);
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

/* 1/0/-1.  Runs Python (comparing). */
static int
dict_equal(PyDictObject *a, PyDictObject *b)
{
    if (a->ma_used != b->ma_used) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < a->ma_keys->dk_nentries; i++) {
        PyObject *key, *other;
        Py_hash_t hash;
        PyObject *value = table_entry(a, i, &key, &hash);
        int equal;

        if (value == NULL) {
            continue;
        }
        Py_INCREF(key);
        Py_INCREF(value);
        dict_lookup(b, key, hash, &other);
        if (other == NULL) {
            Py_DECREF(key);
            Py_DECREF(value);
            return PyErr_Occurred() ? -1 : 0;
        }
        Py_INCREF(other);
        equal = PyObject_RichCompareBool(value, other, Py_EQ);
        Py_DECREF(other);
        Py_DECREF(key);
        Py_DECREF(value);
        if (equal <= 0) {
            return equal;
        }
    }
    return 1;
}

static PyObject *
dict_richcompare(PyObject *self, PyObject *other, int op)
{
    int equal;

    if (!PyDict_Check(self) || !PyDict_Check(other) ||
        (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = dict_equal((PyDictObject *)self, (PyDictObject *)other);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

/* ---- operators ---- */

static PyObject *
dict_or(PyObject *left, PyObject *right)
{
    PyObject *result;

    if (!PyDict_Check(left) || !PyDict_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = PyDict_Copy(left);
    if (result != NULL && dict_update_arg(result, right) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *
dict_inplace_or(PyObject *self, PyObject *other)
{
    return dict_update_arg(self, other) < 0 ? NULL : Py_NewRef(self);
}

static Py_ssize_t
dict_length(PyObject *self)
{
    return ((PyDictObject *)self)->ma_used;
}

static PyObject *
dict_subscript(PyObject *self, PyObject *key)
{
    Py_hash_t hash = table_hash(key);
    PyObject *value;

    if (hash == -1 || dict_lookup((PyDictObject *)self, key, hash, &value) ==
                          DICT_INDEX_ERROR) {
        return NULL;
    }
    return value != NULL ? Py_NewRef(value) : dict_missing(self, key);
}

static int
dict_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    return value == NULL ? PyDict_DelItem(self, key)
                         : PyDict_SetItem(self, key, value);
}

/* ---- methods ---- */

static PyObject *
dict_contains_method(PyObject *self, PyObject *key)
{
    int found = PyDict_Contains(self, key);

    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *
dict_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value;
    Py_hash_t hash;

    if (!_PyArg_CheckPositional("get", nargs, 1, 2)) {
        return NULL;
    }
    hash = table_hash(args[0]);
    if (hash == -1 || dict_lookup((PyDictObject *)self, args[0], hash,
                                  &value) == DICT_INDEX_ERROR) {
        return NULL;
    }
    if (value == NULL) {
        value = nargs > 1 ? args[1] : Py_None;
    }
    return Py_NewRef(value);
}

static PyObject *
dict_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("setdefault", nargs, 1, 2)) {
        return NULL;
    }
    return Py_XNewRef(
        PyDict_SetDefault(self, args[0], nargs > 1 ? args[1] : Py_None));
}

static PyObject *
dict_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("pop", nargs, 1, 2)) {
        return NULL;
    }
    return _PyDict_Pop(self, args[0], nargs > 1 ? args[1] : NULL);
}

static PyObject *
dict_popitem(PyObject *self, PyObject *ignored)
{
    PyDictObject *mp = (PyDictObject *)self;
    PyObject *pair, *key = NULL, *value = NULL;
    PyDictKeysObject *keys;
    Py_hash_t hash;
    Py_ssize_t index, slot;

    /* Allocated first: it can run the collector, which can change the dict. */
    pair = PyTuple_New(2);
    if (pair == NULL) {
        return NULL;
    }
    if (mp->ma_used == 0) {
        Py_DECREF(pair);
        PyErr_SetString(PyExc_KeyError, "popitem(): dictionary is empty");
        return NULL;
    }
    if (mp->ma_values != NULL &&
        dict_resize(mp, mp->ma_keys->dk_log2_size, 1) < 0) {
        Py_DECREF(pair);
        return NULL;
    }
    keys = mp->ma_keys;
    keys->dk_version = 0;
    index = keys->dk_nentries - 1;
    while (index >= 0 &&
           (value = table_entry(mp, index, &key, &hash)) == NULL) {
        index--;
    }
    assert(index >= 0);
    slot = table_slot_of(keys, hash, index);
    assert(slot >= 0);
    table_set_index(keys, (size_t)slot, DICT_INDEX_DUMMY);
    if (keys->dk_kind == DICT_KEYS_GENERAL) {
        dict_keys_entries(keys)[index] = (PyDictKeyEntry){0, NULL, NULL};
    }
    else {
        dict_keys_unicode_entries(keys)[index] =
            (PyDictUnicodeEntry){NULL, NULL};
    }
    /* The entry can be used again: its slot stays a dummy.  dk_usable is not
     * given back: that would let dummies fill the indices. */
    keys->dk_nentries = index;
    mp->ma_used--;
    mp->ma_version_tag = dict_next_version();
    PyTuple_SET_ITEM(pair, 0, key);
    PyTuple_SET_ITEM(pair, 1, value);
    return pair;
}

static PyObject *
dict_update(PyObject *self, PyObject *args, PyObject *kwds)
{
    if (dict_update_common(self, args, kwds, "update") < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Fills an empty exact dict from the keys of another dict or a set. */
static int
dict_fill_from_keys(PyObject *dict, PyObject *iterable, PyObject *value)
{
    PyObject *key, *ignored;
    Py_hash_t hash;
    Py_ssize_t position = 0;
    PyDictObject *mp = (PyDictObject *)dict;
    int status = 0;

    if (PyDict_CheckExact(iterable)) {
        PyDictObject *source = (PyDictObject *)iterable;
        if (dict_resize(mp, table_log2_for(source->ma_used),
                        DICT_KEYS_IS_UNICODE(source->ma_keys)) < 0) {
            return -1;
        }
        while (status == 0 && dict_next_item(source, &position, &key,
                                             &ignored, &hash)) {
            status = dict_insert(mp, Py_NewRef(key), hash, Py_NewRef(value));
        }
        return status;
    }
    if (dict_resize(mp, table_log2_for(PySet_GET_SIZE(iterable)), 0) < 0) {
        return -1;
    }
    while (status == 0 &&
           _PySet_NextEntry(iterable, &position, &key, &hash)) {
        status = dict_insert(mp, Py_NewRef(key), hash, Py_NewRef(value));
    }
    return status;
}

/* cls() with every item of iterable as a key. */
PyObject *
dict_from_keys(PyObject *cls, PyObject *iterable, PyObject *value)
{
    PyObject *dict = PyObject_CallNoArgs(cls);
    PyObject *iterator = NULL, *key;
    int status = 0;

    if (dict == NULL) {
        return NULL;
    }
    if (PyDict_CheckExact(dict) && ((PyDictObject *)dict)->ma_used == 0 &&
        (PyDict_CheckExact(iterable) || PyAnySet_CheckExact(iterable))) {
        if (dict_fill_from_keys(dict, iterable, value) < 0) {
            goto error;
        }
        return dict;
    }
    iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        goto error;
    }
    while (status == 0 && (key = PyIter_Next(iterator)) != NULL) {
        status = PyDict_CheckExact(dict)
                     ? PyDict_SetItem(dict, key, value)
                     : PyObject_SetItem(dict, key, value);
        Py_DECREF(key);
    }
    if (status < 0 || PyErr_Occurred()) {
        goto error;
    }
    Py_DECREF(iterator);
    return dict;
error:
    Py_XDECREF(iterator);
    Py_DECREF(dict);
    return NULL;
}

static PyObject *
dict_fromkeys(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("fromkeys", nargs, 1, 2)) {
        return NULL;
    }
    return dict_from_keys(cls, args[0], nargs > 1 ? args[1] : Py_None);
}

static PyObject *
dict_clear(PyObject *self, PyObject *ignored)
{
    PyDict_Clear(self);
    Py_RETURN_NONE;
}

static PyObject *
dict_copy(PyObject *self, PyObject *ignored)
{
    return PyDict_Copy(self);
}

static PyObject *
dict_sizeof(PyObject *self, PyObject *ignored)
{
    return PyLong_FromSsize_t(_PyDict_SizeOf((PyDictObject *)self));
}

PyDoc_STRVAR(contains_doc,
"__contains__($self, key, /)\n--\n\nWhether the key is present.");
PyDoc_STRVAR(getitem_doc, "x.__getitem__(y) is x[y].");
PyDoc_STRVAR(sizeof_doc, "D.__sizeof__() -> bytes used by D itself.");
PyDoc_STRVAR(get_doc,
"get($self, key, default=None, /)\n--\n\n"
"The value of the key, or the default if the key is absent.");
PyDoc_STRVAR(setdefault_doc,
"setdefault($self, key, default=None, /)\n--\n\n"
"The value of the key, which is first set to the default if absent.");
PyDoc_STRVAR(pop_doc,
"pop($self, key, default=<unrepresentable>, /)\n--\n\n"
"Removes the key and returns its value.\n\n"
"Without the key: the default, or KeyError if none is given.");
PyDoc_STRVAR(popitem_doc,
"popitem($self, /)\n--\n\n"
"Removes the item that was added last and returns it as (key, value).");
PyDoc_STRVAR(keys_doc, "D.keys() -> view of the keys of D.");
PyDoc_STRVAR(items_doc, "D.items() -> view of the (key, value) pairs of D.");
PyDoc_STRVAR(values_doc, "D.values() -> view of the values of D.");
PyDoc_STRVAR(update_doc,
"D.update([E, ]**F) -> None.  Sets items from a mapping or an iterable of\n"
"pairs E, then from the keyword arguments.");
PyDoc_STRVAR(fromkeys_doc,
"fromkeys($type, iterable, value=None, /)\n--\n\n"
"A new dictionary with the items of the iterable as keys, all of one value.");
PyDoc_STRVAR(clear_doc, "D.clear() -> None.  Removes every item.");
PyDoc_STRVAR(copy_doc, "D.copy() -> a dict with the same items.");
PyDoc_STRVAR(reversed_doc,
"__reversed__($self, /)\n--\n\nAn iterator over the keys, last one first.");

static PyMethodDef dict_methods[] = {
    {"__contains__", dict_contains_method, METH_O | METH_COEXIST,
     contains_doc},
    {"__getitem__", dict_subscript, METH_O | METH_COEXIST, getitem_doc},
    {"__sizeof__", dict_sizeof, METH_NOARGS, sizeof_doc},
    {"get", (PyCFunction)(void (*)(void))dict_get, METH_FASTCALL, get_doc},
    {"setdefault", (PyCFunction)(void (*)(void))dict_setdefault,
     METH_FASTCALL, setdefault_doc},
    {"pop", (PyCFunction)(void (*)(void))dict_pop, METH_FASTCALL, pop_doc},
    {"popitem", dict_popitem, METH_NOARGS, popitem_doc},
    {"keys", dict_keys, METH_NOARGS, keys_doc},
    {"items", dict_items, METH_NOARGS, items_doc},
    {"values", dict_values, METH_NOARGS, values_doc},
    {"update", (PyCFunction)(void (*)(void))dict_update,
     METH_VARARGS | METH_KEYWORDS, update_doc},
    {"fromkeys", (PyCFunction)(void (*)(void))dict_fromkeys,
     METH_FASTCALL | METH_CLASS, fromkeys_doc},
    {"clear", dict_clear, METH_NOARGS, clear_doc},
    {"copy", dict_copy, METH_NOARGS, copy_doc},
    {"__reversed__", dict_reversed, METH_NOARGS, reversed_doc},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods dict_as_number = {
    .nb_or = dict_or,
    .nb_inplace_or = dict_inplace_or,
};

static PySequenceMethods dict_as_sequence = {
    .sq_contains = PyDict_Contains,
};

static PyMappingMethods dict_as_mapping = {
    .mp_length = dict_length,
    .mp_subscript = dict_subscript,
    .mp_ass_subscript = dict_ass_subscript,
};

PyDoc_STRVAR(dict_doc,
"dict() -> new empty dictionary\n"
"dict(mapping) -> new dictionary with the items of a mapping\n"
"dict(iterable) -> new dictionary from pairs (key, value)\n"
"dict(**kwargs) -> new dictionary with the names as keys");

PyTypeObject PyDict_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "dict",
    .tp_basicsize = sizeof(PyDictObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DICT_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_MAPPING,
    .tp_doc = dict_doc,
    .tp_new = dict_new,
    .tp_init = dict_init_slot,
    .tp_vectorcall = dict_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = dict_dealloc,
    .tp_traverse = dict_traverse,
    .tp_clear = dict_tp_clear,
    .tp_repr = dict_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = dict_richcompare,
    .tp_as_number = &dict_as_number,
    .tp_as_sequence = &dict_as_sequence,
    .tp_as_mapping = &dict_as_mapping,
    .tp_iter = dict_iter,
    .tp_methods = dict_methods,
};
