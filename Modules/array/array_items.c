/* Type codes of arrays: items to and from objects. */
#include "array.h"

#include <limits.h>

#define GETTER(name, ctype, make)       \
    static PyObject *get_##name(const char *p) \
    {                                   \
        ctype value;                    \
        memcpy(&value, p, sizeof(value)); \
        return make(value);             \
    }
GETTER(b, signed char, PyLong_FromLong)
GETTER(B, unsigned char, PyLong_FromLong)
GETTER(h, short, PyLong_FromLong)
GETTER(H, unsigned short, PyLong_FromLong)
GETTER(i, int, PyLong_FromLong)
GETTER(I, unsigned int, PyLong_FromUnsignedLong)
GETTER(l, long, PyLong_FromLong)
GETTER(L, unsigned long, PyLong_FromUnsignedLong)
GETTER(q, long long, PyLong_FromLongLong)
GETTER(Q, unsigned long long, PyLong_FromUnsignedLongLong)
GETTER(f, float, PyFloat_FromDouble)
GETTER(d, double, PyFloat_FromDouble)
#undef GETTER

static PyObject *
get_u(const char *p)
{
    wchar_t c;

    memcpy(&c, p, sizeof(c));
    return PyUnicode_FromWideChar(&c, 1);
}

/* A C long between bounds; `what` is the name in messages. */
static int
convert_bounded(PyObject *value, long low, long high, const char *what,
                long *result)
{
    PyObject *number = _PyNumber_Index(value);                  /* owned */

    if (number == NULL) {
        return -1;
    }
    *result = PyLong_AsLong(number);
    Py_DECREF(number);
    if (*result == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (*result < low || *result > high) {
        PyErr_Format(PyExc_OverflowError, "%s is %s than %s", what,
                     *result < low ? "less" : "greater",
                     *result < low ? "minimum" : "maximum");
        return -1;
    }
    return 0;
}

#define CONVERTER(name, ctype, low, high, what)                      \
    static int convert_##name(char *p, PyObject *value)              \
    {                                                                \
        long number;                                                 \
        if (convert_bounded(value, low, high, what, &number) < 0)    \
            return -1;                                               \
        ctype narrow = (ctype)number;                                \
        memcpy(p, &narrow, sizeof(narrow));                          \
        return 0;                                                    \
    }
CONVERTER(b, signed char, -128, 127, "signed char")
CONVERTER(B, unsigned char, 0, 255, "unsigned byte integer")
CONVERTER(h, short, SHRT_MIN, SHRT_MAX, "signed short integer")
CONVERTER(H, unsigned short, 0, USHRT_MAX, "unsigned short")
CONVERTER(i, int, INT_MIN, INT_MAX, "signed integer")
CONVERTER(l, long, LONG_MIN, LONG_MAX, "signed long integer")
#undef CONVERTER

static int
convert_I(char *p, PyObject *value)
{
    PyObject *number = _PyNumber_Index(value);                  /* owned */

    if (number == NULL) {
        return -1;
    }
    unsigned long wide = PyLong_AsUnsignedLong(number);
    Py_DECREF(number);
    if (wide == (unsigned long)-1 && PyErr_Occurred()) {
        return -1;
    }
    if (wide > UINT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "unsigned int is greater than maximum");
        return -1;
    }
    unsigned int narrow = (unsigned int)wide;
    memcpy(p, &narrow, sizeof(narrow));
    return 0;
}

#define WIDE_CONVERTER(name, ctype, as)                 \
    static int convert_##name(char *p, PyObject *value) \
    {                                                   \
        PyObject *number = _PyNumber_Index(value);      \
        if (number == NULL)                             \
            return -1;                                  \
        ctype wide = as(number);                        \
        Py_DECREF(number);                              \
        if (wide == (ctype)-1 && PyErr_Occurred())      \
            return -1;                                  \
        memcpy(p, &wide, sizeof(wide));                 \
        return 0;                                       \
    }
WIDE_CONVERTER(L, unsigned long, PyLong_AsUnsignedLong)
WIDE_CONVERTER(q, long long, PyLong_AsLongLong)
WIDE_CONVERTER(Q, unsigned long long, PyLong_AsUnsignedLongLong)
#undef WIDE_CONVERTER

static int
convert_f(char *p, PyObject *value)
{
    double x = PyFloat_AsDouble(value);

    if (x == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    float narrow = (float)x;
    memcpy(p, &narrow, sizeof(narrow));
    return 0;
}

static int
convert_d(char *p, PyObject *value)
{
    double x = PyFloat_AsDouble(value);

    if (x == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    memcpy(p, &x, sizeof(x));
    return 0;
}

static int
convert_u(char *p, PyObject *value)
{
    wchar_t text[2];

    if (!PyUnicode_Check(value) ||
        PyUnicode_AsWideChar(value, text, 2) != 1) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError,
                            "array item must be unicode character");
        }
        return -1;
    }
    memcpy(p, text, sizeof(wchar_t));
    return 0;
}

const array_kind array_kinds[] = {
    {'b', "b", 1, true, true, get_b, convert_b, MACHINE_INT8},
    {'B', "B", 1, true, false, get_B, convert_B, MACHINE_UINT8},
    {'u', "w", sizeof(wchar_t), false, false, get_u, convert_u,
     MACHINE_UTF32_LE},
    {'h', "h", sizeof(short), true, true, get_h, convert_h, MACHINE_INT16_LE},
    {'H', "H", sizeof(short), true, false, get_H, convert_H,
     MACHINE_UINT16_LE},
    {'i', "i", sizeof(int), true, true, get_i, convert_i, MACHINE_INT32_LE},
    {'I', "I", sizeof(int), true, false, get_I, convert_I,
     MACHINE_UINT32_LE},
    {'l', "l", sizeof(long), true, true, get_l, convert_l, MACHINE_INT64_LE},
    {'L', "L", sizeof(long), true, false, get_L, convert_L,
     MACHINE_UINT64_LE},
    {'q', "q", sizeof(long long), true, true, get_q, convert_q,
     MACHINE_INT64_LE},
    {'Q', "Q", sizeof(long long), true, false, get_Q, convert_Q,
     MACHINE_UINT64_LE},
    {'f', "f", sizeof(float), false, false, get_f, convert_f,
     MACHINE_FLOAT_LE},
    {'d', "d", sizeof(double), false, false, get_d, convert_d,
     MACHINE_DOUBLE_LE},
};

const array_kind *
array_find_kind(Py_UCS4 code)
{
    for (size_t i = 0; i < ARRAY_KINDS; i++) {
        if ((Py_UCS4)array_kinds[i].code == code) {
            return &array_kinds[i];
        }
    }
    return NULL;
}
