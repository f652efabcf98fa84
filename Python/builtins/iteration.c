/* Built-in functions that go through iterables. */

#include "Python.h"

#include "bltin.h"
#include "long.h"
#include "names.h"
#include "tuple.h"
#include "type.h"

#include <math.h>

/* ---- iter, next --------------------------------------------------------- */

PyDoc_STRVAR(iter_doc,
"iter(iterable) -> iterator\n"
"iter(callable, sentinel) -> iterator\n\n"
"An iterator over the items, or over what the callable returns until that\n"
"is the sentinel.");

static PyObject *
builtin_iter(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("iter", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 1) {
        return PyObject_GetIter(args[0]);
    }
    if (!PyCallable_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "iter(v, w): v must be callable");
        return NULL;
    }
    return PyCallIter_New(args[0], args[1]);
}

PyDoc_STRVAR(next_doc,
"next(iterator[, default])\n\n"
"The next item; at the end the default, if given, or StopIteration.");

static PyObject *
builtin_next(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("next", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *iterator = args[0];
    if (!PyIter_Check(iterator)) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not an iterator",
                     Py_TYPE(iterator)->tp_name);
        return NULL;
    }
    PyObject *item = Py_TYPE(iterator)->tp_iternext(iterator);
    if (item != NULL) {
        return item;
    }
    if (nargs == 2) {
        if (PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
                return NULL;
            }
            PyErr_Clear();
        }
        return Py_NewRef(args[1]);
    }
    if (!PyErr_Occurred()) {
        PyErr_SetNone(PyExc_StopIteration);
    }
    return NULL;
}

PyDoc_STRVAR(aiter_doc,
"aiter($module, async_iterable, /)\n--\n\n"
"An asynchronous iterator over the items.");

static PyObject *
builtin_aiter(PyObject *module, PyObject *iterable)
{
    return PyObject_GetAIter(iterable);
}

PyDoc_STRVAR(anext_doc,
"anext($module, aiterator, default=<unrepresentable>, /)\n--\n\n"
"An awaitable for the next item; at the end it gives the default, or\n"
"raises StopAsyncIteration.");

static PyObject *
builtin_anext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("anext", nargs, 1, 2)) {
        return NULL;
    }
    PyTypeObject *type = Py_TYPE(args[0]);
    if (type->tp_as_async == NULL || type->tp_as_async->am_anext == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "'%.200s' object is not an async iterator",
                     type->tp_name);
        return NULL;
    }
    PyObject *awaitable = type->tp_as_async->am_anext(args[0]);
    if (awaitable == NULL || nargs == 1) {
        return awaitable;
    }
    PyObject *result = anext_awaitable_new(awaitable, args[1]);
    Py_DECREF(awaitable);
    return result;
}

/* ---- all, any ----------------------------------------------------------- */

/* Whether an item is `wanted` (0 or 1) as truth value: 1, 0, -1. */
static int
find_truth(PyObject *iterable, int wanted)
{
    PyObject *iterator = PyObject_GetIter(iterable), *item;
    int found = 0;

    if (iterator == NULL) {
        return -1;
    }
    iternextfunc next = Py_TYPE(iterator)->tp_iternext;
    while (!found && (item = next(iterator)) != NULL) {
        int truth = PyObject_IsTrue(item);
        Py_DECREF(item);
        if (truth < 0) {
            Py_DECREF(iterator);
            return -1;
        }
        found = truth == wanted;
    }
    Py_DECREF(iterator);
    if (!found && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
            return -1;
        }
        PyErr_Clear();
    }
    return found;
}

PyDoc_STRVAR(all_doc,
"all($module, iterable, /)\n--\n\n"
"Whether every item is true; true for no items.");

static PyObject *
builtin_all(PyObject *module, PyObject *iterable)
{
    int found = find_truth(iterable, 0);

    return found < 0 ? NULL : PyBool_FromLong(!found);
}

PyDoc_STRVAR(any_doc,
"any($module, iterable, /)\n--\n\n"
"Whether an item is true; false for no items.");

static PyObject *
builtin_any(PyObject *module, PyObject *iterable)
{
    int found = find_truth(iterable, 1);

    return found < 0 ? NULL : PyBool_FromLong(found);
}

/* ---- min, max ----------------------------------------------------------- */

/* The best item so far and the value it is compared by (owned). */
typedef struct {
    PyObject *item, *value;
} candidate;

/* Takes over `item` (stolen) if it is better.  0 or -1.  Runs Python. */
static int
consider(candidate *best, PyObject *item, PyObject *key, int op)
{
    PyObject *value;

    if (key != NULL) {
        value = PyObject_CallOneArg(key, item);
        if (value == NULL) {
            Py_DECREF(item);
            return -1;
        }
    }
    else {
        value = Py_NewRef(item);
    }
    int better = best->value == NULL
                     ? 1 : PyObject_RichCompareBool(value, best->value, op);
    if (better > 0) {
        Py_XSETREF(best->item, item);
        Py_XSETREF(best->value, value);
        return 0;
    }
    Py_DECREF(item);
    Py_DECREF(value);
    return better;
}

/* The best of the arguments or of an iterable.  Returns new. */
static PyObject *
find_extreme(const char *name, PyObject *const *args, Py_ssize_t nargs,
             PyObject *key, PyObject *default_value, int op)
{
    candidate best = {NULL, NULL};
    PyObject *iterator = NULL, *item;
    int status = 0;

    if (key == Py_None) {
        key = NULL;
    }
    if (nargs > 1) {
        if (default_value != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "Cannot specify a default for %s() with multiple "
                         "positional arguments", name);
            return NULL;
        }
        for (Py_ssize_t i = 0; status == 0 && i < nargs; i++) {
            status = consider(&best, Py_NewRef(args[i]), key, op);
        }
    }
    else {
        iterator = PyObject_GetIter(args[0]);
        if (iterator == NULL) {
            return NULL;
        }
        while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
            status = consider(&best, item, key, op);
        }
        if (PyErr_Occurred()) {
            status = -1;
        }
    }
    Py_XDECREF(iterator);
    Py_XDECREF(best.value);
    if (status < 0) {
        Py_CLEAR(best.item);
    }
    else if (best.item == NULL) {
        if (default_value != NULL) {
            return Py_NewRef(default_value);
        }
        PyErr_Format(PyExc_ValueError, "%s() arg is an empty sequence",
                     name);
    }
    return best.item;
}

/* Finds `key` and `default` among keyword arguments.  0 or -1. */
static int
parse_extreme_keywords(const char *name, PyObject *const *values,
                       PyObject *kwnames, PyObject **key,
                       PyObject **default_value)
{
    Py_ssize_t count = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);

    if (count > 2) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes at most 2 keyword arguments (%zd given)",
                     name, count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *keyword = PyTuple_GET_ITEM(kwnames, i);
        if (_PyUnicode_EqualToASCIIString(keyword, "key")) {
            *key = values[i];
        }
        else if (_PyUnicode_EqualToASCIIString(keyword, "default")) {
            *default_value = values[i];
        }
        else {
            PyErr_Format(PyExc_TypeError,
                         "'%U' is an invalid keyword argument for %s()",
                         keyword, name);
            return -1;
        }
    }
    return 0;
}

static PyObject *
min_max(const char *name, PyObject *const *args, Py_ssize_t nargs,
        PyObject *kwnames, int op)
{
    PyObject *key = NULL, *default_value = NULL;

    if (nargs == 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s expected at least 1 argument, got 0", name);
        return NULL;
    }
    if (parse_extreme_keywords(name, args + nargs, kwnames, &key,
                               &default_value) < 0) {
        return NULL;
    }
    return find_extreme(name, args, nargs, key, default_value, op);
}

PyDoc_STRVAR(min_doc,
"min(iterable, *[, default=obj, key=func]) -> value\n"
"min(arg1, arg2, *args, *[, key=func]) -> value\n\n"
"The smallest item, compared by key(item) if there is a key.  The default\n"
"is for an iterable without items.");

static PyObject *
builtin_min(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    return min_max("min", args, nargs, kwnames, Py_LT);
}

PyDoc_STRVAR(max_doc,
"max(iterable, *[, default=obj, key=func]) -> value\n"
"max(arg1, arg2, *args, *[, key=func]) -> value\n\n"
"The largest item, compared by key(item) if there is a key.  The default\n"
"is for an iterable without items.");

static PyObject *
builtin_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    return min_max("max", args, nargs, kwnames, Py_GT);
}

/* ---- sum ---------------------------------------------------------------- */

/* result + item; steals both.  Runs Python. */
static PyObject *
add_item(PyObject *result, PyObject *item)
{
    PyObject *sum = PyNumber_Add(result, item);

    Py_DECREF(result);
    Py_DECREF(item);
    return sum;
}

/* FAST PATH: sums small integers while they last.  Takes `*result` (owned),
 * gives back the sum so far; `*pending` is the first item of another kind, or
 * NULL at the end of the iteration.  0 or -1. */
static int
sum_integers(PyObject *iterator, PyObject **result, PyObject **pending)
{
    int overflow;
    long total = PyLong_AsLongAndOverflow(*result, &overflow);

    *pending = NULL;
    if (overflow) {
        *pending = PyIter_Next(iterator);
        return *pending == NULL && PyErr_Occurred() ? -1 : 0;
    }
    Py_CLEAR(*result);
    for (;;) {
        PyObject *item = PyIter_Next(iterator);
        if (item == NULL && PyErr_Occurred()) {
            return -1;
        }
        if (item != NULL &&
            (PyLong_CheckExact(item) || PyBool_Check(item))) {
            long value = PyLong_AsLongAndOverflow(item, &overflow);
            if (!overflow && !__builtin_add_overflow(total, value, &total)) {
                Py_DECREF(item);
                continue;
            }
            if (!overflow) {
                total = (long)((unsigned long)total - (unsigned long)value);
            }
        }
        *result = PyLong_FromLong(total);
        if (*result == NULL) {
            Py_XDECREF(item);
            return -1;
        }
        *pending = item;
        return 0;
    }
}

/* The value of an exact float or of an integer that fits: 1 or 0. */
static int
as_addend(PyObject *item, double *value)
{
    if (PyFloat_CheckExact(item)) {
        *value = PyFloat_AS_DOUBLE(item);
        return 1;
    }
    if (PyLong_Check(item)) {
        int overflow;
        long number = PyLong_AsLongAndOverflow(item, &overflow);
        if (!overflow) {
            *value = (double)number;
            return 1;
        }
    }
    return 0;
}

/* FAST PATH: the same for floats.  `*pending` is an item to begin with. */
static int
sum_floats(PyObject *iterator, PyObject **result, PyObject **pending)
{
    double total = PyFloat_AS_DOUBLE(*result), value;
    PyObject *item = *pending;

    *pending = NULL;
    Py_CLEAR(*result);
    for (;;) {
        if (item != NULL) {
            if (!as_addend(item, &value)) {
                break;
            }
            total += value;
            Py_DECREF(item);
        }
        item = PyIter_Next(iterator);
        if (item == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            break;
        }
    }
    *result = PyFloat_FromDouble(total);
    if (*result == NULL) {
        Py_XDECREF(item);
        return -1;
    }
    *pending = item;
    return 0;
}

static int
check_sum_start(PyObject *start)
{
    const char *message = NULL;

    if (PyUnicode_Check(start)) {
        message = "sum() can't sum strings [use ''.join(seq) instead]";
    }
    else if (PyBytes_Check(start)) {
        message = "sum() can't sum bytes [use b''.join(seq) instead]";
    }
    else if (PyByteArray_Check(start)) {
        message = "sum() can't sum bytearray [use b''.join(seq) instead]";
    }
    if (message != NULL) {
        PyErr_SetString(PyExc_TypeError, message);
        return -1;
    }
    return 0;
}

/* Sums the rest; `result` is stolen.  Returns new. */
static PyObject *
sum_items(PyObject *iterator, PyObject *result)
{
    PyObject *item = NULL;

    if (PyLong_CheckExact(result)) {
        if (sum_integers(iterator, &result, &item) < 0) {
            Py_XDECREF(result);
            return NULL;
        }
        if (item == NULL) {
            return result;
        }
        if (PyFloat_CheckExact(item)) {
            result = add_item(result, item);
            item = NULL;
        }
    }
    if (result != NULL && PyFloat_CheckExact(result)) {
        if (sum_floats(iterator, &result, &item) < 0) {
            return NULL;
        }
        if (item == NULL) {
            return result;
        }
    }
    while (result != NULL) {
        if (item == NULL) {
            item = PyIter_Next(iterator);
            if (item == NULL) {
                if (PyErr_Occurred()) {
                    Py_CLEAR(result);
                }
                break;
            }
        }
        result = add_item(result, item);
        item = NULL;
    }
    return result;
}

PyDoc_STRVAR(sum_doc,
"sum($module, iterable, /, start=0)\n--\n\n"
"The start value plus all the items.");

static PyObject *
builtin_sum(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"", "start", NULL};
    static _PyArg_Parser parser = {.format = "O|O:sum",
                                   .keywords = keywords};
    PyObject *iterable, *start = NULL, *result;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &iterable, &start)) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    if (start != NULL && check_sum_start(start) < 0) {
        Py_DECREF(iterator);
        return NULL;
    }
    result = start == NULL ? PyLong_FromLong(0) : Py_NewRef(start);
    if (result != NULL) {
        result = sum_items(iterator, result);
    }
    Py_DECREF(iterator);
    return result;
}

/* ---- sorted ------------------------------------------------------------- */

PyDoc_STRVAR(sorted_doc,
"sorted($module, iterable, /, *, key=None, reverse=False)\n--\n\n"
"A new list of the items in ascending order, compared by key(item) if\n"
"there is a key; descending with reverse.");

static PyObject *
builtin_sorted(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    if (!_PyArg_CheckPositional("sorted", nargs, 1, 1)) {
        return NULL;
    }
    PyObject *list = PySequence_List(args[0]);
    if (list == NULL) {
        return NULL;
    }
    PyObject *sort = PyObject_GetAttr(list, NAME(sort));
    PyObject *none = NULL;
    if (sort != NULL) {
        none = PyObject_Vectorcall(sort, args + 1, 0, kwnames);
        Py_DECREF(sort);
    }
    if (none == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    Py_DECREF(none);
    return list;
}

/* ---- Table -------------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef builtins_iteration_methods[] = {
    {"aiter", builtin_aiter, METH_O, aiter_doc},
    {"all", builtin_all, METH_O, all_doc},
    {"anext", FAST(builtin_anext), METH_FASTCALL, anext_doc},
    {"any", builtin_any, METH_O, any_doc},
    {"iter", FAST(builtin_iter), METH_FASTCALL, iter_doc},
    {"max", FAST(builtin_max), METH_FASTCALL | METH_KEYWORDS, max_doc},
    {"min", FAST(builtin_min), METH_FASTCALL | METH_KEYWORDS, min_doc},
    {"next", FAST(builtin_next), METH_FASTCALL, next_doc},
    {"sorted", FAST(builtin_sorted), METH_FASTCALL | METH_KEYWORDS,
     sorted_doc},
    {"sum", FAST(builtin_sum), METH_FASTCALL | METH_KEYWORDS, sum_doc},
    {NULL},
};
