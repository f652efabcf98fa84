/* bool: the two ints that are called True and False. */
#include "Python.h"

#include "long.h"
#include "names.h"
#include "object.h"

#include <stddef.h>

PyObject *
PyBool_FromLong(long value)
{
    return Py_NewRef(value ? Py_True : Py_False);
}

static PyObject *
bool_from_object(PyObject *value)
{
    int truth = PyObject_IsTrue(value);

    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *
bool_new(PyTypeObject *Py_UNUSED(type), PyObject *args, PyObject *kwargs)
{
    PyObject *value = Py_False;                                 /* borrowed */

    if (!_PyArg_NoKeywords("bool", kwargs) ||
        !PyArg_UnpackTuple(args, "bool", 0, 1, &value)) {
        return NULL;
    }
    return bool_from_object(value);
}

static PyObject *
bool_vectorcall(PyObject *Py_UNUSED(type), PyObject *const *args,
                size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (!_PyArg_NoKwnames("bool", kwnames) ||
        !_PyArg_CheckPositional("bool", nargs, 0, 1)) {
        return NULL;
    }
    return nargs == 0 ? Py_NewRef(Py_False) : bool_from_object(args[0]);
}

static PyObject *
bool_repr(PyObject *self)
{
    return Py_NewRef(self == Py_True ? NAME(True) : NAME(False));
}

static PyObject *
bool_and(PyObject *left, PyObject *right)
{
    if (!PyBool_Check(left) || !PyBool_Check(right)) {
        return long_slot_and(left, right);
    }
    return PyBool_FromLong(left == Py_True && right == Py_True);
}

static PyObject *
bool_or(PyObject *left, PyObject *right)
{
    if (!PyBool_Check(left) || !PyBool_Check(right)) {
        return long_slot_or(left, right);
    }
    return PyBool_FromLong(left == Py_True || right == Py_True);
}

static PyObject *
bool_xor(PyObject *left, PyObject *right)
{
    if (!PyBool_Check(left) || !PyBool_Check(right)) {
        return long_slot_xor(left, right);
    }
    return PyBool_FromLong(left != right);
}

static PyNumberMethods bool_as_number = {
    .nb_and = bool_and,
    .nb_xor = bool_xor,
    .nb_or = bool_or,
};

PyTypeObject PyBool_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bool",
    .tp_basicsize = sizeof(PyLongObject),
    .tp_itemsize = sizeof(digit),
    .tp_repr = bool_repr,
    .tp_as_number = &bool_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "bool(x) -> bool\n\nTrue if x is true, "
              "else False.",
    .tp_base = &PyLong_Type,
    .tp_new = bool_new,
    .tp_vectorcall = bool_vectorcall,
};

struct _longobject _Py_FalseStruct = {
    .ob_base = {{.ob_refcnt = REFCOUNT_IMMORTAL, .ob_type = &PyBool_Type}, 0},
    .ob_digit = {0},
};

struct _longobject _Py_TrueStruct = {
    .ob_base = {{.ob_refcnt = REFCOUNT_IMMORTAL, .ob_type = &PyBool_Type}, 1},
    .ob_digit = {1},
};
