/* How objects tell pickle and copy about themselves: __reduce__,
 * __reduce_ex__, __getstate__ (pickle's documentation, "Pickling Class
 * Instances").  Protocols below 2 are the module copyreg's business. */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

static PyObject *
reduce_import_copyreg(void)
{
    return PyImport_Import(NAME(copyreg));
}

/* ---- state -------------------------------------------------------------- */

/* Names of all slots of a class and its bases: a list or None, which copyreg
 * computes and keeps in the class. */
static PyObject *
reduce_slot_names(PyTypeObject *cls)
{
    PyObject *names, *copyreg;

    names = PyDict_GetItemWithError(cls->tp_dict, NAME(__slotnames__));
    if (names != NULL) {
        if (names != Py_None && !PyList_Check(names)) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s.__slotnames__ should be a list or None, "
                         "not %.200s", cls->tp_name, Py_TYPE(names)->tp_name);
            return NULL;
        }
        return Py_NewRef(names);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    copyreg = reduce_import_copyreg();
    if (copyreg == NULL) {
        return NULL;
    }
    names = PyObject_CallMethodOneArg(copyreg, NAME(_slotnames),
                                      (PyObject *)cls);
    Py_DECREF(copyreg);
    if (names != NULL && names != Py_None && !PyList_Check(names)) {
        PyErr_SetString(PyExc_TypeError,
                        "copyreg._slotnames didn't return a list or None");
        Py_CLEAR(names);
    }
    return names;
}

/* Whether the fields that Python knows of are all that there is: memory that a
 * C type added cannot be saved. */
static int
reduce_check_layout(PyObject *self, PyObject *slot_names)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t size = PyBaseObject_Type.tp_basicsize;

    if (type->tp_dictoffset != 0 &&
        !type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        size += sizeof(PyObject *);
    }
    if (type->tp_weaklistoffset != 0) {
        size += sizeof(PyObject *);
    }
    if (slot_names != Py_None) {
        size += sizeof(PyObject *) * PyList_GET_SIZE(slot_names);
    }
    if (type->tp_basicsize > size) {
        PyErr_Format(PyExc_TypeError, "cannot pickle '%.200s' object",
                     type->tp_name);
        return -1;
    }
    return 0;
}

/* {name: value} of the slots that are set.  Runs Python (attributes). */
static PyObject *
reduce_slot_values(PyObject *self, PyObject *slot_names)
{
    Py_ssize_t n = PyList_GET_SIZE(slot_names);
    PyObject *values = PyDict_New();

    for (Py_ssize_t i = 0; values != NULL && i < n; i++) {
        PyObject *name = Py_NewRef(PyList_GET_ITEM(slot_names, i)), *value;
        int status = _PyObject_LookupAttr(self, name, &value);

        if (status > 0) {
            status = PyDict_SetItem(values, name, value);
            Py_DECREF(value);
        }
        Py_DECREF(name);
        if (status >= 0 && n != PyList_GET_SIZE(slot_names)) {
            PyErr_Format(PyExc_RuntimeError,
                         "__slotsname__ changed size during iteration");
            status = -1;
        }
        if (status < 0) {
            Py_CLEAR(values);
        }
    }
    return values;
}

/* What object.__getstate__ gives: the dict, or None, or (dict or None, slots).
 * `required`: the state is all that is saved, so it must be complete. */
static PyObject *
reduce_default_state(PyObject *self, int required)
{
    PyObject *state, *slot_names, *values, *result = NULL;

    if (required && Py_TYPE(self)->tp_itemsize != 0) {
        PyErr_Format(PyExc_TypeError, "cannot pickle %.200s objects",
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    if (_PyObject_IsInstanceDictEmpty(self)) {
        state = Py_NewRef(Py_None);
    }
    else {
        state = PyObject_GenericGetDict(self, NULL);
        if (state == NULL) {
            return NULL;
        }
    }
    slot_names = reduce_slot_names(Py_TYPE(self));
    if (slot_names == NULL) {
        Py_DECREF(state);
        return NULL;
    }
    if (required && reduce_check_layout(self, slot_names) < 0) {
        goto done;
    }
    if (slot_names == Py_None || PyList_GET_SIZE(slot_names) == 0) {
        result = Py_NewRef(state);
        goto done;
    }
    values = reduce_slot_values(self, slot_names);
    if (values == NULL) {
        goto done;
    }
    result = PyDict_GET_SIZE(values) == 0 ? Py_NewRef(state)
                                          : PyTuple_Pack(2, state, values);
    Py_DECREF(values);
done:
    Py_DECREF(slot_names);
    Py_DECREF(state);
    return result;
}

PyObject *
object_getstate(PyObject *self, PyObject *ignored)
{
    return reduce_default_state(self, 0);
}

/* self.__getstate__(), where the default one learns about `required`. */
static PyObject *
reduce_get_state(PyObject *self, int required)
{
    PyObject *method = PyObject_GetAttr(self, NAME(__getstate__)), *state;

    if (method == NULL) {
        return NULL;
    }
    if (PyCFunction_Check(method) && PyCFunction_GET_SELF(method) == self &&
        PyCFunction_GET_FUNCTION(method) == object_getstate) {
        state = reduce_default_state(self, required);
    }
    else {
        state = PyObject_CallNoArgs(method);
    }
    Py_DECREF(method);
    return state;
}

PyObject *
_PyObject_GetState(PyObject *self)
{
    return reduce_get_state(self, 0);
}

/* ---- arguments of __new__ ----------------------------------------------- */

static int
reduce_check_newargs_ex(PyObject *pair)
{
    if (!PyTuple_Check(pair)) {
        PyErr_Format(PyExc_TypeError,
                     "__getnewargs_ex__ should return a tuple, not '%.200s'",
                     Py_TYPE(pair)->tp_name);
        return -1;
    }
    if (PyTuple_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_ValueError,
                     "__getnewargs_ex__ should return a tuple of length 2, "
                     "not %zd", PyTuple_GET_SIZE(pair));
        return -1;
    }
    if (!PyTuple_Check(PyTuple_GET_ITEM(pair, 0))) {
        PyErr_Format(PyExc_TypeError,
                     "first item of the tuple returned by __getnewargs_ex__ "
                     "must be a tuple, not '%.200s'",
                     Py_TYPE(PyTuple_GET_ITEM(pair, 0))->tp_name);
        return -1;
    }
    if (!PyDict_Check(PyTuple_GET_ITEM(pair, 1))) {
        PyErr_Format(PyExc_TypeError,
                     "second item of the tuple returned by __getnewargs_ex__ "
                     "must be a dict, not '%.200s'",
                     Py_TYPE(PyTuple_GET_ITEM(pair, 1))->tp_name);
        return -1;
    }
    return 0;
}

/* *args and *kwargs are new or NULL. */
static int
reduce_new_arguments(PyObject *self, PyObject **args, PyObject **kwargs)
{
    PyObject *method, *value;

    *args = *kwargs = NULL;
    method = _PyObject_LookupSpecial(self, NAME(__getnewargs_ex__));
    if (method != NULL) {
        value = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        if (value == NULL) {
            return -1;
        }
        if (reduce_check_newargs_ex(value) < 0) {
            Py_DECREF(value);
            return -1;
        }
        *args = Py_NewRef(PyTuple_GET_ITEM(value, 0));
        *kwargs = Py_NewRef(PyTuple_GET_ITEM(value, 1));
        Py_DECREF(value);
        return 0;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    method = _PyObject_LookupSpecial(self, NAME(__getnewargs__));
    if (method == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    value = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (value == NULL) {
        return -1;
    }
    if (!PyTuple_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "__getnewargs__ should return a tuple, not '%.200s'",
                     Py_TYPE(value)->tp_name);
        Py_DECREF(value);
        return -1;
    }
    *args = value;
    return 0;
}

/* ---- the tuple ---------------------------------------------------------- */

/* Iterators over the items of lists and dicts, None for others. */
static int
reduce_item_iterators(PyObject *self, PyObject **list_items,
                      PyObject **dict_items)
{
    PyObject *items;

    *list_items = *dict_items = NULL;
    *list_items = PyList_Check(self) ? PyObject_GetIter(self)
                                     : Py_NewRef(Py_None);
    if (*list_items == NULL) {
        return -1;
    }
    if (!PyDict_Check(self)) {
        *dict_items = Py_NewRef(Py_None);
        return 0;
    }
    items = PyObject_CallMethodNoArgs(self, NAME(items));
    if (items != NULL) {
        *dict_items = PyObject_GetIter(items);
        Py_DECREF(items);
    }
    if (*dict_items == NULL) {
        Py_CLEAR(*list_items);
        return -1;
    }
    return 0;
}

/* (cls, *args) */
static PyObject *
reduce_prepend_class(PyObject *cls, PyObject *args)
{
    Py_ssize_t n = args == NULL ? 0 : PyTuple_GET_SIZE(args);
    PyObject *result = PyTuple_New(n + 1);

    if (result != NULL) {
        PyTuple_SET_ITEM(result, 0, Py_NewRef(cls));
        for (Py_ssize_t i = 0; i < n; i++) {
            PyTuple_SET_ITEM(result, i + 1,
                             Py_NewRef(PyTuple_GET_ITEM(args, i)));
        }
    }
    return result;
}

/* copyreg.__newobj__ or __newobj_ex__, and what to call it with. */
static int
reduce_choose_constructor(PyObject *self, PyObject *args, PyObject *kwargs,
                          PyObject **function, PyObject **arguments)
{
    PyObject *cls = (PyObject *)Py_TYPE(self), *copyreg;
    int plain = kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0;

    if (!plain && args == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    copyreg = reduce_import_copyreg();
    if (copyreg == NULL) {
        return -1;
    }
    *function = PyObject_GetAttr(copyreg, plain ? NAME(__newobj__)
                                                : NAME(__newobj_ex__));
    Py_DECREF(copyreg);
    if (*function == NULL) {
        return -1;
    }
    *arguments = plain ? reduce_prepend_class(cls, args)
                       : PyTuple_Pack(3, cls, args, kwargs);
    if (*arguments == NULL) {
        Py_CLEAR(*function);
        return -1;
    }
    return 0;
}

/* Protocol 2 and above. */
static PyObject *
reduce_by_new(PyObject *self)
{
    PyObject *args, *kwargs, *function = NULL, *arguments = NULL;
    PyObject *state = NULL, *list_items = NULL, *dict_items = NULL;
    PyObject *result = NULL;
    int required;

    if (Py_TYPE(self)->tp_new == NULL) {
        PyErr_Format(PyExc_TypeError, "cannot pickle '%.200s' object",
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    if (reduce_new_arguments(self, &args, &kwargs) < 0) {
        return NULL;
    }
    required = args == NULL && !PyList_Check(self) && !PyDict_Check(self);
    if (reduce_choose_constructor(self, args, kwargs, &function,
                                  &arguments) < 0) {
        goto done;
    }
    state = reduce_get_state(self, required);
    if (state == NULL ||
        reduce_item_iterators(self, &list_items, &dict_items) < 0) {
        goto done;
    }
    result = PyTuple_Pack(5, function, arguments, state, list_items,
                          dict_items);
done:
    Py_XDECREF(list_items);
    Py_XDECREF(dict_items);
    Py_XDECREF(state);
    Py_XDECREF(arguments);
    Py_XDECREF(function);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

static PyObject *
reduce_common(PyObject *self, int protocol)
{
    PyObject *copyreg, *result;

    if (protocol >= 2) {
        return reduce_by_new(self);
    }
    copyreg = reduce_import_copyreg();
    if (copyreg == NULL) {
        return NULL;
    }
    result = PyObject_CallMethod(copyreg, "_reduce_ex", "Oi", self, protocol);
    Py_DECREF(copyreg);
    return result;
}

PyObject *
object_reduce(PyObject *self, PyObject *ignored)
{
    return reduce_common(self, 0);
}

/* A class that overrides __reduce__ has the last word. */
PyObject *
object_reduce_ex(PyObject *self, PyObject *protocol)
{
    PyObject *reduce, *class_reduce, *base_reduce, *result;
    int number = _PyLong_AsInt(protocol);

    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (_PyObject_LookupAttr(self, NAME(__reduce__), &reduce) < 0) {
        return NULL;
    }
    if (reduce == NULL) {
        return reduce_common(self, number);
    }
    class_reduce = PyObject_GetAttr((PyObject *)Py_TYPE(self),
                                    NAME(__reduce__));
    if (class_reduce == NULL) {
        Py_DECREF(reduce);
        return NULL;
    }
    base_reduce = PyDict_GetItemWithError(PyBaseObject_Type.tp_dict,
                                          NAME(__reduce__));
    Py_DECREF(class_reduce);
    if (class_reduce != base_reduce) {
        result = PyObject_CallNoArgs(reduce);
    }
    else {
        result = reduce_common(self, number);
    }
    Py_DECREF(reduce);
    return result;
}
