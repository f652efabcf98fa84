/* Protocols that single instructions carry out: context managers, asynchronous
 * iteration and awaiting, pattern matching.  Contracts are in helpers.h. */
#include "Python.h"

#include "ceval.h"
#include "errors.h"
#include "generator.h"
#include "helpers.h"
#include "names.h"

/* ---- context managers ---- */

/* Looks both methods up before the first is called. */
static PyObject *
enter_manager(PyThreadState *tstate, PyObject *manager, PyObject *enter_name,
              PyObject *exit_name, const char *protocol, PyObject **exit)
{
    PyObject *enter, *result;

    enter = _PyObject_LookupSpecial(manager, enter_name);
    if (enter == NULL) {
        if (!_PyErr_Occurred(tstate)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "'%.200s' object does not support the %scontext "
                          "manager protocol",
                          Py_TYPE(manager)->tp_name, protocol);
        }
        return NULL;
    }
    *exit = _PyObject_LookupSpecial(manager, exit_name);
    if (*exit == NULL) {
        if (!_PyErr_Occurred(tstate)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "'%.200s' object does not support the %scontext "
                          "manager protocol "
                          "(missed %U method)",
                          Py_TYPE(manager)->tp_name, protocol, exit_name);
        }
        Py_DECREF(enter);
        return NULL;
    }
    result = PyObject_CallNoArgs(enter);
    Py_DECREF(enter);
    if (result == NULL) {
        Py_CLEAR(*exit);
    }
    return result;
}

PyObject *
ops_enter_with(PyThreadState *tstate, PyObject *manager, PyObject **exit)
{
    return enter_manager(tstate, manager, NAME(__enter__), NAME(__exit__), "",
                         exit);
}

PyObject *
ops_enter_async_with(PyThreadState *tstate, PyObject *manager, PyObject **exit)
{
    return enter_manager(tstate, manager, NAME(__aenter__), NAME(__aexit__),
                         "asynchronous ", exit);
}

/* ---- asynchronous iteration ---- */

PyObject *
ops_get_aiter(PyThreadState *tstate, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *iterator;

    if (type->tp_as_async == NULL || type->tp_as_async->am_aiter == NULL) {
        _PyErr_Format(
            tstate, PyExc_TypeError,
            "'async for' requires an object with __aiter__ method, got %.100s",
            type->tp_name);
        return NULL;
    }
    iterator = type->tp_as_async->am_aiter(object);
    if (iterator != NULL &&
        (Py_TYPE(iterator)->tp_as_async == NULL ||
         Py_TYPE(iterator)->tp_as_async->am_anext == NULL)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'async for' received an object from __aiter__ that "
                      "does not implement "
                      "__anext__: %.100s",
                      Py_TYPE(iterator)->tp_name);
        Py_CLEAR(iterator);
    }
    return iterator;
}

PyObject *
ops_get_anext(PyThreadState *tstate, PyObject *aiter)
{
    PyTypeObject *type = Py_TYPE(aiter);
    PyObject *next, *awaitable;

    if (PyAsyncGen_CheckExact(aiter)) {
        return type->tp_as_async->am_anext(aiter);
    }
    if (type->tp_as_async == NULL || type->tp_as_async->am_anext == NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'async for' requires an iterator with __anext__ "
                      "method, got %.100s",
                      type->tp_name);
        return NULL;
    }
    next = type->tp_as_async->am_anext(aiter);
    if (next == NULL) {
        return NULL;
    }
    awaitable = coroutine_get_awaitable_iter(next);
    if (awaitable == NULL) {
        _PyErr_FormatFromCause(
            PyExc_TypeError,
            "'async for' received an invalid object from __anext__: %.100s",
            Py_TYPE(next)->tp_name);
    }
    Py_DECREF(next);
    return awaitable;
}

/* `after`: 1 behind __aenter__, 2 behind __aexit__, 0 elsewhere. */
void
ops_raise_awaitable_error(PyThreadState *tstate, PyTypeObject *type, int after)
{
    if (type->tp_as_async != NULL && type->tp_as_async->am_await != NULL) {
        return;
    }
    if (after == 1) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'async with' received an object from __aenter__ that "
                      "does not implement "
                      "__await__: %.100s",
                      type->tp_name);
    }
    else if (after == 2) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'async with' received an object from __aexit__ that "
                      "does not implement "
                      "__await__: %.100s",
                      type->tp_name);
    }
}

PyObject *
ops_get_awaitable(PyThreadState *tstate, PyObject *object, int after)
{
    PyObject *iterator = coroutine_get_awaitable_iter(object);

    if (iterator == NULL) {
        ops_raise_awaitable_error(tstate, Py_TYPE(object), after);
        return NULL;
    }
    if (PyCoro_CheckExact(iterator)) {
        PyObject *delegate = generator_yield_from((PyGenObject *)iterator);

        if (delegate != NULL) {
            Py_DECREF(delegate);
            Py_CLEAR(iterator);
            _PyErr_SetString(tstate, PyExc_RuntimeError,
                             "coroutine is being awaited already");
        }
    }
    return iterator;
}

PyObject *
ops_get_yield_from_iter(PyThreadState *tstate, Frame *frame,
                        PyObject *iterable)
{
    if (PyCoro_CheckExact(iterable)) {
        if (!(frame->f_code->co_flags &
              (CO_COROUTINE | CO_ITERABLE_COROUTINE))) {
            _PyErr_SetString(
                tstate, PyExc_TypeError,
                "cannot 'yield from' a coroutine object in a non-coroutine "
                "generator");
            return NULL;
        }
        return Py_NewRef(iterable);
    }
    if (PyGen_CheckExact(iterable)) {
        return Py_NewRef(iterable);
    }
    return PyObject_GetIter(iterable);
}

/* ---- pattern matching ---- */

PyObject *
ops_match_keys(PyThreadState *tstate, PyObject *map, PyObject *keys)
{
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    PyObject *seen = NULL, *get = NULL, *values = NULL, *absent = NULL;
    PyObject *result = NULL;

    if (n == 0) {
        return PyTuple_New(0);
    }
    get = PyObject_GetAttr(map, NAME(get));
    seen = PySet_New(NULL);
    values = PyTuple_New(n);
    absent = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (get == NULL || seen == NULL || values == NULL || absent == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = PyTuple_GET_ITEM(keys, i), *value;
        int is_double = PySet_Contains(seen, key);

        if (is_double != 0 || PySet_Add(seen, key) < 0) {
            if (is_double > 0) {
                _PyErr_Format(tstate, PyExc_ValueError,
                              "mapping pattern checks duplicate key (%R)",
                              key);
            }
            goto done;
        }
        PyObject *args[2] = {key, absent};
        value = PyObject_Vectorcall(get, args, 2, NULL);
        if (value == NULL) {
            goto done;
        }
        if (value == absent) {
            Py_DECREF(value);
            result = Py_NewRef(Py_None);
            goto done;
        }
        PyTuple_SET_ITEM(values, i, value);
    }
    result = Py_NewRef(values);
done:
    Py_XDECREF(absent);
    Py_XDECREF(values);
    Py_XDECREF(seen);
    Py_XDECREF(get);
    return result;
}

/* subject.name for a class pattern; a name may be asked for once. NULL without
 * an exception: there is none. */
static PyObject *
match_class_attribute(PyThreadState *tstate, PyObject *subject, PyObject *type,
                      PyObject *name, PyObject *seen)
{
    PyObject *value;
    int is_double = PySet_Contains(seen, name);

    if (is_double != 0 || PySet_Add(seen, name) < 0) {
        if (is_double > 0) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "%s() got multiple sub-patterns for attribute %R",
                          ((PyTypeObject *)type)->tp_name, name);
        }
        return NULL;
    }
    value = PyObject_GetAttr(subject, name);
    if (value == NULL &&
        _PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
        _PyErr_Clear(tstate);
    }
    return value;
}

/* Appends the attributes for positional sub-patterns: 1, 0 for no match,
 * -1. */
static int
match_class_positional(PyThreadState *tstate, PyObject *subject,
                       PyObject *type, Py_ssize_t nargs, PyObject *seen,
                       PyObject *found)
{
    PyTypeObject *class = (PyTypeObject *)type;
    PyObject *match_args = PyObject_GetAttr(type, NAME(__match_args__));
    Py_ssize_t allowed;
    int is_self = 0, result = -1;

    if (match_args != NULL) {
        if (!PyTuple_CheckExact(match_args)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "%s.__match_args__ must be a tuple (got %s)",
                          class->tp_name, Py_TYPE(match_args)->tp_name);
            goto done;
        }
        allowed = PyTuple_GET_SIZE(match_args);
    }
    else {
        if (!_PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
            return -1;
        }
        _PyErr_Clear(tstate);
        is_self = (class->tp_flags & _Py_TPFLAGS_MATCH_SELF) != 0;
        allowed = is_self;
    }
    if (allowed < nargs) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "%s() accepts %zd positional sub-pattern%s (%zd given)",
                      class->tp_name, allowed, allowed == 1 ? "" : "s", nargs);
        goto done;
    }
    if (is_self) {
        result = PyList_Append(found, subject) < 0 ? -1 : 1;
        goto done;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyObject *name = PyTuple_GET_ITEM(match_args, i), *value;

        if (!PyUnicode_CheckExact(name)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "__match_args__ elements must be strings (got %s)",
                          Py_TYPE(name)->tp_name);
            goto done;
        }
        value = match_class_attribute(tstate, subject, type, name, seen);
        if (value == NULL) {
            result = _PyErr_Occurred(tstate) ? -1 : 0;
            goto done;
        }
        int status = PyList_Append(found, value);
        Py_DECREF(value);
        if (status < 0) {
            goto done;
        }
    }
    result = 1;
done:
    Py_XDECREF(match_args);
    return result;
}

PyObject *
ops_match_class(PyThreadState *tstate, PyObject *subject, PyObject *type,
                Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *seen = NULL, *found = NULL, *result = NULL;

    if (!PyType_Check(type)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "called match pattern must be a class");
        return NULL;
    }
    if (PyObject_IsInstance(subject, type) <= 0) {
        return NULL;
    }
    seen = PySet_New(NULL);
    found = PyList_New(0);
    if (seen == NULL || found == NULL) {
        goto done;
    }
    if (nargs > 0 && match_class_positional(tstate, subject, type, nargs, seen,
                                            found) <= 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *value = match_class_attribute(
            tstate, subject, type, PyTuple_GET_ITEM(kwnames, i), seen);
        int status;

        if (value == NULL) {
            goto done;
        }
        status = PyList_Append(found, value);
        Py_DECREF(value);
        if (status < 0) {
            goto done;
        }
    }
    result = PyList_AsTuple(found);
done:
    Py_XDECREF(found);
    Py_XDECREF(seen);
    return result;
}
