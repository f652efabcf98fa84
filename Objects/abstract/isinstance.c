/* isinstance() and issubclass().
 *
 * The second argument is a type, a union, a tuple of such (nested), or
 * anything with __bases__; __instancecheck__ and __subclasscheck__ of its
 * type decide if present.  Recursion through tuples and checks is counted. */
#include "Python.h"

#include "ceval.h"
#include "descr.h"
#include "names.h"
#include "object.h"
#include "runtime.h"

/* cls.__bases__ if that is a tuple, new; NULL without an exception if not. */
static PyObject *
abstract_get_bases(PyObject *cls)
{
    PyObject *bases;

    if (_PyObject_LookupAttr(cls, NAME(__bases__), &bases) < 0 ||
        bases == NULL) {
        return NULL;
    }
    if (!PyTuple_Check(bases)) {
        Py_DECREF(bases);
        return NULL;
    }
    return bases;
}

/* Whether cls is reachable from derived through __bases__.  1/0/-1. */
static int
abstract_issubclass(PyObject *derived, PyObject *cls)
{
    PyObject *bases = NULL;
    Py_ssize_t n;
    int result = 0;

    for (;;) {
        PyObject *next;
        if (derived == cls) {
            Py_XDECREF(bases);
            return 1;
        }
        next = abstract_get_bases(derived);
        Py_XSETREF(bases, next);
        if (bases == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
        n = PyTuple_GET_SIZE(bases);
        if (n == 0) {
            Py_DECREF(bases);
            return 0;
        }
        /* A single base: no recursion.  `bases` keeps it alive. */
        if (n != 1) {
            break;
        }
        derived = PyTuple_GET_ITEM(bases, 0);
    }
    if (Py_EnterRecursiveCall(" in __issubclass__")) {
        Py_DECREF(bases);
        return -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < n; i++) {
        result = abstract_issubclass(PyTuple_GET_ITEM(bases, i), cls);
    }
    Py_LeaveRecursiveCall();
    Py_DECREF(bases);
    return result;
}

/* 1, or 0 with TypeError(message), or -1: as a condition, like PyArg_. */
static int
check_class(PyObject *cls, const char *message)
{
    PyObject *bases = abstract_get_bases(cls);

    if (bases == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, message);
        }
        return 0;
    }
    Py_DECREF(bases);
    return 1;
}

/* inst.__class__, if it is no lie about a type; new.  NULL: see error. */
static int
lookup_class(PyObject *inst, PyObject **cls)
{
    return _PyObject_LookupAttr(inst, NAME(__class__), cls);
}

static int
object_isinstance(PyObject *inst, PyObject *cls)
{
    PyObject *own;
    int result = 0;

    if (PyType_Check(cls)) {
        if (PyObject_TypeCheck(inst, (PyTypeObject *)cls)) {
            return 1;
        }
        if (lookup_class(inst, &own) < 0) {
            return -1;
        }
        if (own != NULL) {
            if (own != (PyObject *)Py_TYPE(inst) && PyType_Check(own)) {
                result = PyType_IsSubtype((PyTypeObject *)own,
                                          (PyTypeObject *)cls);
            }
            Py_DECREF(own);
        }
        return result;
    }
    if (!check_class(cls, "isinstance() arg 2 must be a type, a tuple of "
                          "types, or a union")) {
        return -1;
    }
    if (lookup_class(inst, &own) < 0) {
        return -1;
    }
    if (own != NULL) {
        result = abstract_issubclass(own, cls);
        Py_DECREF(own);
    }
    return result;
}

static int
object_issubclass(PyObject *derived, PyObject *cls)
{
    if (PyType_Check(cls) && PyType_Check(derived)) {
        return derived == cls ||
               PyType_IsSubtype((PyTypeObject *)derived, (PyTypeObject *)cls);
    }
    if (!check_class(derived, "issubclass() arg 1 must be a class") ||
        (!Py_IS_TYPE(cls, &union_type) &&
         !check_class(cls, "issubclass() arg 2 must be a class, a tuple of "
                           "classes, or a union"))) {
        return -1;
    }
    return abstract_issubclass(derived, cls);
}

/* check(op, each) for each of a tuple, until one is true. */
static int
any_of_tuple(PyObject *op, PyObject *tuple,
             int (*check)(PyObject *, PyObject *), const char *where)
{
    int result = 0;

    if (Py_EnterRecursiveCall(where)) {
        return -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
        result = check(op, PyTuple_GET_ITEM(tuple, i));
    }
    Py_LeaveRecursiveCall();
    return result;
}

/* type(cls).<name>(op) as a truth value; 2 if there is no such method. */
static int
call_checker(PyObject *cls, PyObject *name, PyObject *op, const char *where)
{
    PyObject *checker, *answer;
    int found = object_find_special(cls, name, &checker), result;

    if (found <= 0) {
        return found < 0 ? -1 : 2;
    }
    if (Py_EnterRecursiveCall(where)) {
        Py_DECREF(checker);
        return -1;
    }
    answer = PyObject_CallOneArg(checker, op);
    Py_LeaveRecursiveCall();
    Py_DECREF(checker);
    if (answer == NULL) {
        return -1;
    }
    result = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return result;
}

int
PyObject_IsInstance(PyObject *inst, PyObject *cls)
{
    int result;

    if (Py_IS_TYPE(inst, (PyTypeObject *)cls)) {
        return 1;
    }
    /* A plain class: nothing overrides the check. */
    if (PyType_CheckExact(cls)) {
        return object_isinstance(inst, cls);
    }
    if (Py_IS_TYPE(cls, &union_type)) {
        cls = ((union_object *)cls)->args;
    }
    if (PyTuple_Check(cls)) {
        return any_of_tuple(inst, cls, PyObject_IsInstance,
                            " in __instancecheck__");
    }
    result = call_checker(cls, NAME(__instancecheck__), inst,
                          " in __instancecheck__");
    return result == 2 ? object_isinstance(inst, cls) : result;
}

int
PyObject_IsSubclass(PyObject *derived, PyObject *cls)
{
    int result;

    if (PyType_CheckExact(cls)) {
        return derived == cls ? 1 : object_issubclass(derived, cls);
    }
    if (Py_IS_TYPE(cls, &union_type)) {
        cls = ((union_object *)cls)->args;
    }
    if (PyTuple_Check(cls)) {
        return any_of_tuple(derived, cls, PyObject_IsSubclass,
                            " in __subclasscheck__");
    }
    result = call_checker(cls, NAME(__subclasscheck__), derived,
                          " in __subclasscheck__");
    return result == 2 ? object_issubclass(derived, cls) : result;
}

int
_PyObject_RealIsInstance(PyObject *inst, PyObject *cls)
{
    return object_isinstance(inst, cls);
}

int
_PyObject_RealIsSubclass(PyObject *derived, PyObject *cls)
{
    return object_issubclass(derived, cls);
}
