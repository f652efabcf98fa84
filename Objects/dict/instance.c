/* Attributes of instances: values inside the object's pre-header, keys shared
 * by the class, and a dict only when somebody asks for one.  dict.h has the
 * layout and the contracts. */
#include "table.h"

#include "errors.h"
#include "names.h"

static inline PyDictKeysObject *
instance_keys(PyTypeObject *type)
{
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

int
instance_init_values(PyObject *op, PyTypeObject *type)
{
    PyDictKeysObject *keys = instance_keys(type);
    PyDictValues *values;

    *instance_dict_pointer(op) = NULL;
    *instance_values_pointer(op) = NULL;
    if (keys == NULL) {
        return 0;
    }
    /* The first instances have room for many attributes; each new one gives
     * back a place that its predecessors did not use. */
    if (keys->dk_usable > 1) {
        keys->dk_usable--;
    }
    values = values_new(keys->dk_nentries + keys->dk_usable);
    if (values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *instance_values_pointer(op) = values;
    return 0;
}

PyObject *
instance_get_attribute(PyObject *op, PyDictValues *values, PyObject *name)
{
    PyDictKeysObject *keys = instance_keys(Py_TYPE(op));
    Py_ssize_t index;

    if (!PyUnicode_CheckExact(name)) {
        PyObject *plain = PyUnicode_FromObject(name);
        if (plain == NULL) {
            PyErr_Clear();             /* MemoryError */
            return NULL;
        }
        index = dict_keys_lookup_name(keys, plain);
        Py_DECREF(plain);
    }
    else {
        index = dict_keys_lookup_name(keys, name);
    }
    return index < 0 ? NULL : Py_XNewRef(values->values[index]);
}

/* Position of `name` in the shared table, added if there is room, else
 * DICT_INDEX_EMPTY.  Never fails. */
static Py_ssize_t
shared_keys_intern(PyDictKeysObject *keys, PyObject *name)
{
    Py_hash_t hash;
    Py_ssize_t index;

    if (!PyUnicode_CheckExact(name)) {
        return DICT_INDEX_EMPTY;
    }
    hash = table_hash(name);
    if (hash == -1) {
        PyErr_Clear();                 /* MemoryError */
        return DICT_INDEX_EMPTY;
    }
    index = table_find_name(keys, name, hash);
    if (index != DICT_INDEX_EMPTY || keys->dk_usable <= 0) {
        return index;
    }
    keys->dk_version = 0;
    index = keys->dk_nentries;
    table_set_index(keys, table_free_slot(keys, hash), index);
    dict_keys_unicode_entries(keys)[index].me_key = Py_NewRef(name);
    keys->dk_usable--;
    keys->dk_nentries++;
    return index;
}

/* A dict that takes the values over. */
static PyObject *
instance_dict_from_values(PyDictKeysObject *keys, PyDictValues *values)
{
    Py_ssize_t used = dict_values_used(values);
    PyObject *dict;
    int track = 0;

    for (Py_ssize_t i = 0; i < used && !track; i++) {
        track =
            gc_may_be_tracked(values->values[dict_values_order(values, i)]);
    }
    table_incref(keys);
    dict = dict_new_with(keys, values, used, 0);
    if (dict != NULL && track) {
        gc_track(dict);
    }
    return dict;
}

PyObject *
dict_new_for_instance(PyTypeObject *type)
{
    PyDictKeysObject *keys = instance_keys(type);
    PyDictValues *values;
    PyObject *dict;

    assert(type->tp_flags & Py_TPFLAGS_HEAPTYPE);
    if (keys == NULL) {
        return PyDict_New();
    }
    if (keys->dk_usable > 1) {
        keys->dk_usable--;
    }
    values = values_new(keys->dk_nentries + keys->dk_usable);
    if (values == NULL) {
        return PyErr_NoMemory();
    }
    table_incref(keys);
    dict = dict_new_with(keys, values, 0, 1);
    return dict;
}

PyObject *
instance_ensure_dict(PyObject *op)
{
    PyObject **dict_at = instance_dict_pointer(op);
    PyDictValues **values_at = instance_values_pointer(op);

    if (*dict_at == NULL) {
        if (*values_at != NULL) {
            PyObject *dict = instance_dict_from_values(
                instance_keys(Py_TYPE(op)), *values_at);
            if (dict == NULL) {
                return NULL;
            }
            *values_at = NULL;
            *dict_at = dict;
        }
        else {
            *dict_at = dict_new_for_instance(Py_TYPE(op));
        }
    }
    return *dict_at;
}

int
instance_set_attribute(PyObject *op, PyDictValues *values, PyObject *name,
                       PyObject *value)
{
    PyDictKeysObject *keys = instance_keys(Py_TYPE(op));
    Py_ssize_t index = DICT_INDEX_EMPTY;
    PyObject *old;

    if (value != NULL) {
        index = shared_keys_intern(keys, name);
        if (index == DICT_INDEX_EMPTY) {
            PyObject *dict = instance_ensure_dict(op);
            return dict == NULL ? -1 : PyDict_SetItem(dict, name, value);
        }
    }
    else if (PyUnicode_CheckExact(name)) {
        index = dict_keys_lookup_name(keys, name);
    }
    old = index < 0 ? NULL : values->values[index];
    if (value == NULL && old == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%.100s' object has no attribute '%U'",
                     Py_TYPE(op)->tp_name, name);
        return -1;
    }
    values->values[index] = Py_XNewRef(value);
    if (old == NULL) {
        dict_values_add_to_order(values, index);
    }
    else {
        if (value == NULL) {
            values_remove_from_order(values, index);
        }
        Py_DECREF(old);
    }
    return 0;
}

int
instance_is_empty(PyObject *op)
{
    PyObject *dict;

    if (!(Py_TYPE(op)->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        return 1;
    }
    PyDictValues *values = *instance_values_pointer(op);
    if (values != NULL) {
        return dict_values_used(values) == 0;
    }
    dict = *instance_dict_pointer(op);
    return dict == NULL || ((PyDictObject *)dict)->ma_used == 0;
}

int
instance_visit_attributes(PyObject *op, visitproc visit, void *arg)
{
    PyDictValues *values = *instance_values_pointer(op);

    if (values != NULL) {
        Py_ssize_t used = dict_values_used(values);
        for (Py_ssize_t i = 0; i < used; i++) {
            Py_VISIT(values->values[dict_values_order(values, i)]);
        }
    }
    Py_VISIT(*instance_dict_pointer(op));
    return 0;
}

/* Releases the values of a block that nothing refers to any more. */
static void
instance_release_values(PyDictValues *values)
{
    Py_ssize_t used = dict_values_used(values);

    for (Py_ssize_t i = 0; i < used; i++) {
        Py_XDECREF(values->values[dict_values_order(values, i)]);
    }
    values_free(values);
}

/* The values leave the object before any finalizer can look at them. */
void
instance_clear_attributes(PyObject *op)
{
    PyDictValues *values = *instance_values_pointer(op);

    if (values != NULL) {
        *instance_values_pointer(op) = NULL;
        instance_release_values(values);
    }
    Py_CLEAR(*instance_dict_pointer(op));
}

void
instance_free_attributes(PyObject *op)
{
    instance_clear_attributes(op);
}

int
instance_dict_set_item(PyTypeObject *type, PyObject **dictptr, PyObject *name,
                       PyObject *value)
{
    PyObject *dict = *dictptr;
    int status;

    if (dict == NULL) {
        dict = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
                       instance_keys(type) != NULL
                   ? dict_new_for_instance(type)
                   : PyDict_New();
        if (dict == NULL) {
            return -1;
        }
        *dictptr = dict;
    }
    Py_INCREF(dict);
    status = dict_set_or_delete(dict, name, value);
    Py_DECREF(dict);
    return status;
}

/* The getter of __dict__. */
PyObject *
PyObject_GenericGetDict(PyObject *op, void *context)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject **dictptr;

    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return Py_XNewRef(instance_ensure_dict(op));
    }
    dictptr = _PyObject_GetDictPtr(op);
    if (dictptr == NULL) {
        PyErr_SetString(PyExc_AttributeError,
                        "This object has no __dict__");
        return NULL;
    }
    if (*dictptr == NULL) {
        *dictptr = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
                           instance_keys(type) != NULL
                       ? dict_new_for_instance(type)
                       : PyDict_New();
    }
    return Py_XNewRef(*dictptr);
}
