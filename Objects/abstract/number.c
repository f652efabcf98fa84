/* PyNumber_: operators and conversions.
 *
 * A binary operation asks the left operand's slot, then the right one's; the
 * right one first if its type is a subclass of the left one's with a slot of
 * its own.  Each answers NotImplemented to decline. */
#include "Python.h"

#include "abstract.h"
#include "long.h"
#include "names.h"
#include "object.h"

#define SLOT(methods, offset) \
    (*(binaryfunc *)((char *)(methods) + (offset)))
#define OFFSET(slot) offsetof(PyNumberMethods, slot)

static PyObject *
null_error(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "null argument to internal routine");
    }
    return NULL;
}

static inline binaryfunc
number_slot(PyObject *op, size_t offset)
{
    PyNumberMethods *methods = Py_TYPE(op)->tp_as_number;

    return methods == NULL ? NULL : SLOT(methods, offset);
}

PyObject *
abstract_binary_op(PyObject *v, PyObject *w, size_t offset)
{
    binaryfunc left = number_slot(v, offset), right = NULL;
    PyObject *result;

    if (!Py_IS_TYPE(w, Py_TYPE(v))) {
        right = number_slot(w, offset);
        if (right == left) {
            right = NULL;
        }
    }
    if (left != NULL) {
        if (right != NULL && PyType_IsSubtype(Py_TYPE(w), Py_TYPE(v))) {
            result = right(v, w);
            if (result != Py_NotImplemented) {
                return result;
            }
            Py_DECREF(result);
            right = NULL;
        }
        result = left(v, w);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    if (right != NULL) {
        return right(v, w);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
binary_error(PyObject *v, PyObject *w, const char *symbol)
{
    PyErr_Format(PyExc_TypeError,
                 "unsupported operand type(s) for %.100s: '%.100s' and "
                 "'%.100s'",
                 symbol, Py_TYPE(v)->tp_name, Py_TYPE(w)->tp_name);
    return NULL;
}

static PyObject *
binary_op(PyObject *v, PyObject *w, size_t offset, const char *symbol)
{
    PyObject *result;

    if (v == NULL || w == NULL) {
        return null_error();
    }
    result = abstract_binary_op(v, w, offset);
    if (result == Py_NotImplemented) {
        Py_DECREF(result);
        if (offset == OFFSET(nb_rshift) && PyCFunction_CheckExact(v) &&
            strcmp(((PyCFunctionObject *)v)->m_ml->ml_name, "print") == 0) {
            PyErr_Format(PyExc_TypeError,
                         "unsupported operand type(s) for %.100s: '%.100s' "
                         "and '%.100s'. Did you mean \"print(<message>, "
                         "file=<output_stream>)\"?",
                         symbol, Py_TYPE(v)->tp_name, Py_TYPE(w)->tp_name);
            return NULL;
        }
        return binary_error(v, w, symbol);
    }
    return result;
}

#define BINARY(function, slot, symbol)                     \
    PyObject *function(PyObject *v, PyObject *w)           \
    {                                                      \
        return binary_op(v, w, OFFSET(slot), symbol);      \
    }

BINARY(PyNumber_Or, nb_or, "|")
BINARY(PyNumber_Xor, nb_xor, "^")
BINARY(PyNumber_And, nb_and, "&")
BINARY(PyNumber_Lshift, nb_lshift, "<<")
BINARY(PyNumber_Rshift, nb_rshift, ">>")
BINARY(PyNumber_Subtract, nb_subtract, "-")
BINARY(PyNumber_Divmod, nb_divmod, "divmod()")
BINARY(PyNumber_MatrixMultiply, nb_matrix_multiply, "@")
BINARY(PyNumber_FloorDivide, nb_floor_divide, "//")
BINARY(PyNumber_TrueDivide, nb_true_divide, "/")
BINARY(PyNumber_Remainder, nb_remainder, "%")

#undef BINARY

PyObject *
PyNumber_Add(PyObject *v, PyObject *w)
{
    PyObject *result;
    PySequenceMethods *sequence;

    if (v == NULL || w == NULL) {
        return null_error();
    }
    result = abstract_binary_op(v, w, OFFSET(nb_add));
    if (result != Py_NotImplemented) {
        return result;
    }
    Py_DECREF(result);
    sequence = Py_TYPE(v)->tp_as_sequence;
    if (sequence != NULL && sequence->sq_concat != NULL) {
        return sequence->sq_concat(v, w);
    }
    return binary_error(v, w, "+");
}

/* sequence * count, where count must be an integer. */
static PyObject *
sequence_repeat(ssizeargfunc repeat, PyObject *sequence, PyObject *count)
{
    Py_ssize_t n;

    if (!PyIndex_Check(count)) {
        return abstract_type_error(
            "can't multiply sequence by non-int of type '%.200s'", count);
    }
    n = PyNumber_AsSsize_t(count, PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return repeat(sequence, n);
}

PyObject *
PyNumber_Multiply(PyObject *v, PyObject *w)
{
    PySequenceMethods *left, *right;
    PyObject *result;

    if (v == NULL || w == NULL) {
        return null_error();
    }
    result = abstract_binary_op(v, w, OFFSET(nb_multiply));
    if (result != Py_NotImplemented) {
        return result;
    }
    Py_DECREF(result);
    left = Py_TYPE(v)->tp_as_sequence;
    right = Py_TYPE(w)->tp_as_sequence;
    if (left != NULL && left->sq_repeat != NULL) {
        return sequence_repeat(left->sq_repeat, v, w);
    }
    if (right != NULL && right->sq_repeat != NULL) {
        return sequence_repeat(right->sq_repeat, w, v);
    }
    return binary_error(v, w, "*");
}

/* ---- power ---- */

static inline ternaryfunc
power_slot(PyObject *op, size_t offset)
{
    PyNumberMethods *methods = Py_TYPE(op)->tp_as_number;

    return methods == NULL ? NULL
                           : *(ternaryfunc *)((char *)methods + offset);
}

/* Calls `slot` unless NULL; 1 if it has not declined. */
static int
power_try(ternaryfunc slot, PyObject *v, PyObject *w, PyObject *z,
          PyObject **result)
{
    if (slot == NULL) {
        return 0;
    }
    *result = slot(v, w, z);
    if (*result == Py_NotImplemented) {
        Py_DECREF(*result);
        return 0;
    }
    return 1;
}

static PyObject *
power(PyObject *v, PyObject *w, PyObject *z, const char *symbol)
{
    size_t offset = OFFSET(nb_power);
    ternaryfunc left = power_slot(v, offset), right = NULL, third;
    PyObject *result;

    if (!Py_IS_TYPE(w, Py_TYPE(v))) {
        right = power_slot(w, offset);
        if (right == left) {
            right = NULL;
        }
    }
    if (left != NULL && right != NULL &&
        PyType_IsSubtype(Py_TYPE(w), Py_TYPE(v))) {
        if (power_try(right, v, w, z, &result)) {
            return result;
        }
        right = NULL;
    }
    if (power_try(left, v, w, z, &result) ||
        power_try(right, v, w, z, &result)) {
        return result;
    }
    third = power_slot(z, offset);
    if (third != left && third != right &&
        power_try(third, v, w, z, &result)) {
        return result;
    }
    if (z == Py_None) {
        return binary_error(v, w, symbol);
    }
    PyErr_Format(PyExc_TypeError,
                 "unsupported operand type(s) for %.100s: '%.100s', '%.100s', "
                 "'%.100s'",
                 symbol, Py_TYPE(v)->tp_name, Py_TYPE(w)->tp_name,
                 Py_TYPE(z)->tp_name);
    return NULL;
}

PyObject *
PyNumber_Power(PyObject *v, PyObject *w, PyObject *z)
{
    return power(v, w, z, "** or pow()");
}

PyObject *
PyNumber_InPlacePower(PyObject *v, PyObject *w, PyObject *z)
{
    ternaryfunc slot = power_slot(v, OFFSET(nb_inplace_power));
    PyObject *result;

    if (power_try(slot, v, w, z, &result)) {
        return result;
    }
    return power(v, w, z, "**=");
}

/* ---- in place ---- */

/* The in-place slot of v, else the ordinary operation; NotImplemented. */
static PyObject *
inplace_op(PyObject *v, PyObject *w, size_t inplace, size_t offset)
{
    binaryfunc slot = number_slot(v, inplace);

    if (slot != NULL) {
        PyObject *result = slot(v, w);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    return abstract_binary_op(v, w, offset);
}

static PyObject *
inplace_or_error(PyObject *v, PyObject *w, size_t inplace, size_t offset,
                 const char *symbol)
{
    PyObject *result = inplace_op(v, w, inplace, offset);

    if (result == Py_NotImplemented) {
        Py_DECREF(result);
        return binary_error(v, w, symbol);
    }
    return result;
}

#define INPLACE(function, inplace, slot, symbol)                             \
    PyObject *function(PyObject *v, PyObject *w)                             \
    {                                                                        \
        return inplace_or_error(v, w, OFFSET(inplace), OFFSET(slot), symbol); \
    }

INPLACE(PyNumber_InPlaceOr, nb_inplace_or, nb_or, "|=")
INPLACE(PyNumber_InPlaceXor, nb_inplace_xor, nb_xor, "^=")
INPLACE(PyNumber_InPlaceAnd, nb_inplace_and, nb_and, "&=")
INPLACE(PyNumber_InPlaceLshift, nb_inplace_lshift, nb_lshift, "<<=")
INPLACE(PyNumber_InPlaceRshift, nb_inplace_rshift, nb_rshift, ">>=")
INPLACE(PyNumber_InPlaceSubtract, nb_inplace_subtract, nb_subtract, "-=")
INPLACE(PyNumber_InPlaceFloorDivide, nb_inplace_floor_divide, nb_floor_divide,
        "//=")
INPLACE(PyNumber_InPlaceTrueDivide, nb_inplace_true_divide, nb_true_divide,
        "/=")
INPLACE(PyNumber_InPlaceMatrixMultiply, nb_inplace_matrix_multiply,
        nb_matrix_multiply, "@=")
INPLACE(PyNumber_InPlaceRemainder, nb_inplace_remainder, nb_remainder, "%=")

#undef INPLACE

PyObject *
PyNumber_InPlaceAdd(PyObject *v, PyObject *w)
{
    PyObject *result = inplace_op(v, w, OFFSET(nb_inplace_add),
                                  OFFSET(nb_add));
    PySequenceMethods *sequence = Py_TYPE(v)->tp_as_sequence;

    if (result != Py_NotImplemented) {
        return result;
    }
    Py_DECREF(result);
    if (sequence != NULL) {
        binaryfunc concat = sequence->sq_inplace_concat;
        if (concat == NULL) {
            concat = sequence->sq_concat;
        }
        if (concat != NULL) {
            return concat(v, w);
        }
    }
    return binary_error(v, w, "+=");
}

PyObject *
PyNumber_InPlaceMultiply(PyObject *v, PyObject *w)
{
    PyObject *result = inplace_op(v, w, OFFSET(nb_inplace_multiply),
                                  OFFSET(nb_multiply));
    PySequenceMethods *left = Py_TYPE(v)->tp_as_sequence;
    PySequenceMethods *right = Py_TYPE(w)->tp_as_sequence;

    if (result != Py_NotImplemented) {
        return result;
    }
    Py_DECREF(result);
    if (left != NULL) {
        ssizeargfunc repeat = left->sq_inplace_repeat;
        if (repeat == NULL) {
            repeat = left->sq_repeat;
        }
        if (repeat != NULL) {
            return sequence_repeat(repeat, v, w);
        }
    }
    else if (right != NULL && right->sq_repeat != NULL) {
        /* Only if the left one is no sequence at all; the right one is not
         * changed in place. */
        return sequence_repeat(right->sq_repeat, w, v);
    }
    return binary_error(v, w, "*=");
}

/* ---- one operand ---- */

static PyObject *
unary_op(PyObject *op, size_t offset, const char *message)
{
    PyNumberMethods *methods;
    unaryfunc slot;

    if (op == NULL) {
        return null_error();
    }
    methods = Py_TYPE(op)->tp_as_number;
    slot = methods == NULL ? NULL
                           : *(unaryfunc *)((char *)methods + offset);
    return slot != NULL ? slot(op) : abstract_type_error(message, op);
}

PyObject *
PyNumber_Negative(PyObject *op)
{
    return unary_op(op, OFFSET(nb_negative),
                    "bad operand type for unary -: '%.200s'");
}

PyObject *
PyNumber_Positive(PyObject *op)
{
    return unary_op(op, OFFSET(nb_positive),
                    "bad operand type for unary +: '%.200s'");
}

PyObject *
PyNumber_Invert(PyObject *op)
{
    return unary_op(op, OFFSET(nb_invert),
                    "bad operand type for unary ~: '%.200s'");
}

PyObject *
PyNumber_Absolute(PyObject *op)
{
    return unary_op(op, OFFSET(nb_absolute),
                    "bad operand type for abs(): '%.200s'");
}

/* ---- conversions ---- */

int
PyNumber_Check(PyObject *op)
{
    PyNumberMethods *methods;

    if (op == NULL) {
        return 0;
    }
    methods = Py_TYPE(op)->tp_as_number;
    return methods != NULL &&
           (methods->nb_index != NULL || methods->nb_int != NULL ||
            methods->nb_float != NULL || PyComplex_Check(op));
}

#undef PyIndex_Check
int
PyIndex_Check(PyObject *op)
{
    return abstract_has_index(op);
}

/* A strict subclass of int as the result of __index__ or __int__: allowed,
 * with a warning.  Steals result; new or NULL. */
static PyObject *
check_int_result(PyObject *result, const char *method)
{
    if (result == NULL || PyLong_CheckExact(result)) {
        return result;
    }
    if (!PyLong_Check(result)) {
        PyErr_Format(PyExc_TypeError, "%s returned non-int (type %.200s)",
                     method, Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "%s returned non-int (type %.200s).  The ability to "
                         "return an instance of a strict subclass of int is "
                         "deprecated, and may not be supported in a future "
                         "version of Python.",
                         method, Py_TYPE(result)->tp_name) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* An int, maybe of a subclass.  Runs Python (__index__). */
PyObject *
_PyNumber_Index(PyObject *op)
{
    if (op == NULL) {
        return null_error();
    }
    if (PyLong_Check(op)) {
        return Py_NewRef(op);
    }
    if (!abstract_has_index(op)) {
        return abstract_type_error(
            "'%.200s' object cannot be interpreted as an integer", op);
    }
    return check_int_result(Py_TYPE(op)->tp_as_number->nb_index(op),
                            "__index__");
}

/* An exact int.  Runs Python (__index__). */
PyObject *
PyNumber_Index(PyObject *op)
{
    PyObject *result = _PyNumber_Index(op);

    if (result != NULL && !PyLong_CheckExact(result)) {
        Py_SETREF(result, _PyLong_Copy((PyLongObject *)result));
    }
    return result;
}

Py_ssize_t
PyNumber_AsSsize_t(PyObject *op, PyObject *exception)
{
    PyObject *value;
    Py_ssize_t result;

    if (PyLong_CheckExact(op) && long_is_short(op)) {
        return (Py_ssize_t)long_short_value(op);
    }
    value = _PyNumber_Index(op);
    if (value == NULL) {
        return -1;
    }
    result = PyLong_AsSsize_t(value);
    if (result == -1 && PyErr_Occurred() &&
        PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        if (exception != NULL) {
            PyErr_Format(exception,
                         "cannot fit '%.200s' into an index-sized integer",
                         Py_TYPE(op)->tp_name);
        }
        else {
            /* No error wanted: clipped. */
            result = _PyLong_Sign(value) < 0 ? PY_SSIZE_T_MIN
                                             : PY_SSIZE_T_MAX;
        }
    }
    Py_DECREF(value);
    return result;
}

/* Steals a strict subclass of int, makes it exact. */
static PyObject *
exact_int(PyObject *result)
{
    if (result != NULL && !PyLong_CheckExact(result)) {
        Py_SETREF(result, _PyLong_Copy((PyLongObject *)result));
    }
    return result;
}

/* int(op) through __trunc__, which is deprecated.  Steals trunc. */
static PyObject *
int_from_trunc(PyObject *trunc)
{
    PyObject *result;

    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "The delegation of int() to __trunc__ is deprecated.",
                     1) < 0) {
        Py_DECREF(trunc);
        return NULL;
    }
    result = PyObject_CallNoArgs(trunc);
    Py_DECREF(trunc);
    if (result == NULL || PyLong_CheckExact(result)) {
        return result;
    }
    if (PyLong_Check(result)) {
        return exact_int(result);
    }
    if (!PyIndex_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "__trunc__ returned non-Integral (type %.200s)",
                     Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    Py_SETREF(result, PyNumber_Index(result));
    return result;
}

/* int(op) for text of bytes: not necessarily terminated. */
static PyObject *
int_from_buffer(PyObject *op)
{
    Py_buffer view;
    PyObject *bytes, *result;

    if (PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(view.buf, view.len);
    if (bytes == NULL) {
        PyBuffer_Release(&view);
        return NULL;
    }
    result = _PyLong_FromBytes(PyBytes_AS_STRING(bytes),
                               PyBytes_GET_SIZE(bytes), 10);
    Py_DECREF(bytes);
    PyBuffer_Release(&view);
    return result;
}

PyObject *
PyNumber_Long(PyObject *op)
{
    PyNumberMethods *methods;
    PyObject *trunc;
    int found;

    if (op == NULL) {
        return null_error();
    }
    if (PyLong_CheckExact(op)) {
        return Py_NewRef(op);
    }
    methods = Py_TYPE(op)->tp_as_number;
    if (methods != NULL && methods->nb_int != NULL) {
        return exact_int(check_int_result(methods->nb_int(op), "__int__"));
    }
    if (methods != NULL && methods->nb_index != NULL) {
        return PyNumber_Index(op);
    }
    found = object_find_special(op, NAME(__trunc__), &trunc);
    if (found != 0) {
        return found < 0 ? NULL : int_from_trunc(trunc);
    }
    if (PyUnicode_Check(op)) {
        return PyLong_FromUnicodeObject(op, 10);
    }
    if (PyBytes_Check(op)) {
        return _PyLong_FromBytes(PyBytes_AS_STRING(op), PyBytes_GET_SIZE(op),
                                 10);
    }
    if (PyByteArray_Check(op)) {
        return _PyLong_FromBytes(PyByteArray_AS_STRING(op),
                                 PyByteArray_GET_SIZE(op), 10);
    }
    if (PyObject_CheckBuffer(op)) {
        return int_from_buffer(op);
    }
    return abstract_type_error(
        "int() argument must be a string, a bytes-like object or a real "
        "number, not '%.200s'", op);
}

PyObject *
PyNumber_Float(PyObject *op)
{
    PyNumberMethods *methods;
    PyObject *result;
    double value;

    if (op == NULL) {
        return null_error();
    }
    if (PyFloat_CheckExact(op)) {
        return Py_NewRef(op);
    }
    methods = Py_TYPE(op)->tp_as_number;
    if (methods != NULL && methods->nb_float != NULL) {
        result = methods->nb_float(op);
        if (result == NULL || PyFloat_CheckExact(result)) {
            return result;
        }
        if (!PyFloat_Check(result)) {
            PyErr_Format(PyExc_TypeError,
                         "%.50s.__float__ returned non-float (type %.50s)",
                         Py_TYPE(op)->tp_name, Py_TYPE(result)->tp_name);
            Py_DECREF(result);
            return NULL;
        }
        if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                             "%.50s.__float__ returned non-float (type "
                             "%.50s).  The ability to return an instance of a "
                             "strict subclass of float is deprecated, and may "
                             "not be supported in a future version of Python.",
                             Py_TYPE(op)->tp_name,
                             Py_TYPE(result)->tp_name) < 0) {
            Py_DECREF(result);
            return NULL;
        }
        value = PyFloat_AS_DOUBLE(result);
        Py_DECREF(result);
        return PyFloat_FromDouble(value);
    }
    if (methods != NULL && methods->nb_index != NULL) {
        PyObject *index = _PyNumber_Index(op);
        if (index == NULL) {
            return NULL;
        }
        value = PyLong_AsDouble(index);
        Py_DECREF(index);
        return value == -1.0 && PyErr_Occurred() ? NULL
                                                 : PyFloat_FromDouble(value);
    }
    if (PyFloat_Check(op)) {
        return PyFloat_FromDouble(PyFloat_AS_DOUBLE(op));
    }
    return PyFloat_FromString(op);
}

PyObject *
PyNumber_ToBase(PyObject *op, int base)
{
    PyObject *index, *result;

    if (base != 2 && base != 8 && base != 10 && base != 16) {
        PyErr_SetString(PyExc_SystemError,
                        "PyNumber_ToBase: base must be 2, 8, 10 or 16");
        return NULL;
    }
    index = _PyNumber_Index(op);
    if (index == NULL) {
        return NULL;
    }
    result = _PyLong_Format(index, base);
    Py_DECREF(index);
    return result;
}
