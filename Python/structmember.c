/* Members of C structures, by PyMemberDef: reading and writing. */
#include "Python.h"
#include "structmember.h"

#include "internal/audit.h"
#include "internal/object.h"

PyObject *
PyMember_GetOne(const char *base, PyMemberDef *member)
{
    const char *p = base + member->offset;
    PyObject *value;

    switch (member->type) {
    case T_BOOL:
        return PyBool_FromLong(*(const char *)p);
    case T_BYTE:
        return PyLong_FromLong(*(const signed char *)p);
    case T_UBYTE:
        return PyLong_FromUnsignedLong(*(const unsigned char *)p);
    case T_SHORT:
        return PyLong_FromLong(*(const short *)p);
    case T_USHORT:
        return PyLong_FromUnsignedLong(*(const unsigned short *)p);
    case T_INT:
        return PyLong_FromLong(*(const int *)p);
    case T_UINT:
        return PyLong_FromUnsignedLong(*(const unsigned int *)p);
    case T_LONG:
        return PyLong_FromLong(*(const long *)p);
    case T_ULONG:
        return PyLong_FromUnsignedLong(*(const unsigned long *)p);
    case T_PYSSIZET:
        return PyLong_FromSsize_t(*(const Py_ssize_t *)p);
    case T_LONGLONG:
        return PyLong_FromLongLong(*(const long long *)p);
    case T_ULONGLONG:
        return PyLong_FromUnsignedLongLong(*(const unsigned long long *)p);
    case T_FLOAT:
        return PyFloat_FromDouble(*(const float *)p);
    case T_DOUBLE:
        return PyFloat_FromDouble(*(const double *)p);
    case T_STRING:
        if (*(const char *const *)p == NULL) {
            Py_RETURN_NONE;
        }
        return PyUnicode_FromString(*(const char *const *)p);
    case T_STRING_INPLACE:
        return PyUnicode_FromString(p);
    case T_CHAR:
        return PyUnicode_FromStringAndSize(p, 1);
    case T_OBJECT:
        value = *(PyObject *const *)p;
        return Py_NewRef(value == NULL ? Py_None : value);
    case T_OBJECT_EX:
        value = *(PyObject *const *)p;
        if (value == NULL) {
            PyObject *op = (PyObject *)base;

            PyErr_Format(PyExc_AttributeError,
                         "'%.200s' object has no attribute '%s'",
                         Py_TYPE(op)->tp_name, member->name);
        }
        return Py_XNewRef(value);
    case T_NONE:
        Py_RETURN_NONE;
    default:
        PyErr_SetString(PyExc_SystemError, "bad memberdescr type");
        return NULL;
    }
}

/* Assignments of values that do not fit are truncated with a warning, as they
 * always were. */
static int
member_warn(const char *message)
{
    return PyErr_WarnEx(PyExc_RuntimeWarning, message, 1);
}

/* Integers of at most 32 bits. */
static int
member_set_small_integer(char *p, int type, PyObject *value)
{
    long number = PyLong_AsLong(value);

    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    switch (type) {
    case T_BYTE:
        *(signed char *)p = (signed char)number;
        return number < SCHAR_MIN || number > SCHAR_MAX
                   ? member_warn("Truncation of value to char") : 0;
    case T_UBYTE:
        *(unsigned char *)p = (unsigned char)number;
        return number < 0 || number > UCHAR_MAX
                   ? member_warn("Truncation of value to unsigned char") : 0;
    case T_SHORT:
        *(short *)p = (short)number;
        return number < SHRT_MIN || number > SHRT_MAX
                   ? member_warn("Truncation of value to short") : 0;
    case T_USHORT:
        *(unsigned short *)p = (unsigned short)number;
        return number < 0 || number > USHRT_MAX
                   ? member_warn("Truncation of value to unsigned short") : 0;
    case T_INT:
        *(int *)p = (int)number;
        return number < INT_MIN || number > INT_MAX
                   ? member_warn("Truncation of value to int") : 0;
    default:
        *(long *)p = number;
        return 0;
    }
}

/* Negative numbers are stored with a warning, for compatibility with code that
 * used signed fields. */
static int
member_set_unsigned(char *p, int type, PyObject *value)
{
    unsigned long number = PyLong_AsUnsignedLong(value);

    if (number == (unsigned long)-1 && PyErr_Occurred()) {
        PyErr_Clear();          /* OverflowError, or TypeError: next says so */
        number = (unsigned long)PyLong_AsLong(value);
        if (number == (unsigned long)-1 && PyErr_Occurred()) {
            return -1;
        }
        if (member_warn("Writing negative value into unsigned field") < 0) {
            return -1;
        }
    }
    if (type == T_UINT) {
        *(unsigned int *)p = (unsigned int)number;
        return number > UINT_MAX
                   ? member_warn("Truncation of value to unsigned int") : 0;
    }
    *(unsigned long *)p = number;
    return 0;
}

static int
member_set_wide(char *p, int type, PyObject *value)
{
    if (type == T_PYSSIZET) {
        *(Py_ssize_t *)p = PyLong_AsSsize_t(value);
        return *(Py_ssize_t *)p == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (type == T_LONGLONG) {
        long long number = PyLong_AsLongLong(value);

        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        *(long long *)p = number;
        return 0;
    }
    {
        unsigned long long number =
            PyLong_Check(value) ? PyLong_AsUnsignedLongLong(value)
                                : (unsigned long long)PyLong_AsLong(value);

        if (number == (unsigned long long)-1 && PyErr_Occurred()) {
            return -1;
        }
        *(unsigned long long *)p = number;
    }
    return 0;
}

static int
member_set_float(char *p, int type, PyObject *value)
{
    double number = PyFloat_AsDouble(value);

    if (number == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (type == T_FLOAT) {
        *(float *)p = (float)number;
    }
    else {
        *(double *)p = number;
    }
    return 0;
}

static int
member_set_char(char *p, PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);

    if (text == NULL || size != 1) {
        PyErr_BadArgument();
        return -1;
    }
    *p = text[0];
    return 0;
}

/* What may be deleted: object members only. */
static int
member_check_delete(char *p, PyMemberDef *member)
{
    if (member->type == T_OBJECT_EX) {
        if (*(PyObject **)p == NULL) {
            PyErr_SetString(PyExc_AttributeError, member->name);
            return -1;
        }
        return 0;
    }
    if (member->type != T_OBJECT) {
        PyErr_SetString(PyExc_TypeError,
                        "can't delete numeric/char attribute");
        return -1;
    }
    return 0;
}

int
PyMember_SetOne(char *base, PyMemberDef *member, PyObject *value)
{
    char *p = base + member->offset;

    if (member->flags & READONLY) {
        PyErr_SetString(PyExc_AttributeError, "readonly attribute");
        return -1;
    }
    if (value == NULL && member_check_delete(p, member) < 0) {
        return -1;
    }
    switch (member->type) {
    case T_BOOL:
        if (!PyBool_Check(value)) {
            PyErr_SetString(PyExc_TypeError,
                            "attribute value type must be bool");
            return -1;
        }
        *p = value == Py_True;
        return 0;
    case T_BYTE:
    case T_UBYTE:
    case T_SHORT:
    case T_USHORT:
    case T_INT:
    case T_LONG:
        return member_set_small_integer(p, member->type, value);
    case T_UINT:
    case T_ULONG:
        return member_set_unsigned(p, member->type, value);
    case T_PYSSIZET:
    case T_LONGLONG:
    case T_ULONGLONG:
        return member_set_wide(p, member->type, value);
    case T_FLOAT:
    case T_DOUBLE:
        return member_set_float(p, member->type, value);
    case T_OBJECT:
    case T_OBJECT_EX:
        Py_XINCREF(value);
        Py_XSETREF(*(PyObject **)p, value);
        return 0;
    case T_CHAR:
        return member_set_char(p, value);
    case T_STRING:
    case T_STRING_INPLACE:
        PyErr_SetString(PyExc_TypeError, "readonly attribute");
        return -1;
    default:
        PyErr_Format(PyExc_SystemError, "bad memberdescr type for %s",
                     member->name);
        return -1;
    }
}
