/* Items of native single-character formats: to and from objects. */
#include "Python.h"

#include "buffer.h"

#include <limits.h>
#include <stdbool.h>

Py_ssize_t
buffer_native_format(const char *format, char *code)
{
    if (format[0] == '@') {
        format++;
    }
    *code = format[0];
    if (format[0] == '\0' || format[1] != '\0') {
        return 0;
    }
    switch (format[0]) {
    case 'c': case 'b': case 'B': return 1;
    case 'h': case 'H': return sizeof(short);
    case 'i': case 'I': return sizeof(int);
    case 'l': case 'L': return sizeof(long);
    case 'q': case 'Q': return sizeof(long long);
    case 'n': case 'N': return sizeof(Py_ssize_t);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    case '?': return sizeof(bool);
    case 'P': return sizeof(void *);
    default: return 0;
    }
}

#define LOAD(type, p)                         \
    __extension__({                           \
        type loaded_;                         \
        memcpy(&loaded_, (p), sizeof(type));  \
        loaded_;                              \
    })

PyObject *
buffer_unpack_item(const char *p, char code, const char *format)
{
    switch (code) {
    case 'B': return PyLong_FromLong(*(const unsigned char *)p);
    case 'b': return PyLong_FromLong(*(const signed char *)p);
    case 'c': return PyBytes_FromStringAndSize(p, 1);
    case 'h': return PyLong_FromLong(LOAD(short, p));
    case 'H': return PyLong_FromLong(LOAD(unsigned short, p));
    case 'i': return PyLong_FromLong(LOAD(int, p));
    case 'I': return PyLong_FromUnsignedLong(LOAD(unsigned int, p));
    case 'l': case 'q': case 'n': return PyLong_FromLong(LOAD(long, p));
    case 'L': case 'Q': case 'N':
        return PyLong_FromUnsignedLong(LOAD(unsigned long, p));
    case 'f': return PyFloat_FromDouble(LOAD(float, p));
    case 'd': return PyFloat_FromDouble(LOAD(double, p));
    case '?': return PyBool_FromLong(*p != 0);
    case 'P': return PyLong_FromVoidPtr(LOAD(void *, p));
    default:
        PyErr_Format(PyExc_NotImplementedError,
                     "memoryview: format %s not supported", format);
        return NULL;
    }
}

static int
raise_bad_value(const char *format)
{
    PyErr_Format(PyExc_ValueError,
                 "memoryview: invalid value for format '%s'", format);
    return -1;
}

static int
raise_bad_type(const char *format)
{
    PyErr_Format(PyExc_TypeError, "memoryview: invalid type for format '%s'",
                 format);
    return -1;
}

/* The exception of a failed conversion, in memoryview's words. */
static int
translate_error(const char *format)
{
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        return raise_bad_type(format);
    }
    if (PyErr_ExceptionMatches(PyExc_OverflowError) ||
        PyErr_ExceptionMatches(PyExc_ValueError)) {
        return raise_bad_value(format);
    }
    return -1;
}

static int
pack_signed(char *space, PyObject *item, int size, const char *format)
{
    PyObject *number = _PyNumber_Index(item);                   /* owned */

    if (number == NULL) {
        return translate_error(format);
    }
    long value = PyLong_AsLong(number);
    Py_DECREF(number);
    if (value == -1 && PyErr_Occurred()) {
        return translate_error(format);
    }
    long limit = size == 8 ? LONG_MAX : (1L << (size * 8 - 1)) - 1;
    if (value > limit || value < -limit - 1) {
        return raise_bad_value(format);
    }
    memcpy(space, &value, (size_t)size);            /* little-endian machine */
    return size;
}

static int
pack_unsigned(char *space, PyObject *item, int size, const char *format)
{
    PyObject *number = _PyNumber_Index(item);                   /* owned */

    if (number == NULL) {
        return translate_error(format);
    }
    unsigned long value = PyLong_AsUnsignedLong(number);
    Py_DECREF(number);
    if (value == (unsigned long)-1 && PyErr_Occurred()) {
        return translate_error(format);
    }
    if (size < 8 && value >> (size * 8)) {
        return raise_bad_value(format);
    }
    memcpy(space, &value, (size_t)size);            /* little-endian machine */
    return size;
}

static int
pack_float(char *space, PyObject *item, bool single, const char *format)
{
    double value = PyFloat_AsDouble(item);

    if (value == -1.0 && PyErr_Occurred()) {
        return translate_error(format);
    }
    if (single) {
        float narrow = (float)value;

        memcpy(space, &narrow, sizeof(narrow));
        return sizeof(narrow);
    }
    memcpy(space, &value, sizeof(value));
    return sizeof(value);
}

int
buffer_pack_item(char *space, PyObject *item, char code, const char *format)
{
    switch (code) {
    case 'b': return pack_signed(space, item, 1, format);
    case 'h': return pack_signed(space, item, 2, format);
    case 'i': return pack_signed(space, item, 4, format);
    case 'l': case 'q': case 'n': return pack_signed(space, item, 8, format);
    case 'B': return pack_unsigned(space, item, 1, format);
    case 'H': return pack_unsigned(space, item, 2, format);
    case 'I': return pack_unsigned(space, item, 4, format);
    case 'L': case 'Q': case 'N': return pack_unsigned(space, item, 8, format);
    case 'f': return pack_float(space, item, true, format);
    case 'd': return pack_float(space, item, false, format);
    case '?': {
        int truth = PyObject_IsTrue(item);

        if (truth < 0) {
            return -1;
        }
        *space = (char)truth;
        return 1;
    }
    case 'c':
        if (!PyBytes_Check(item)) {
            return raise_bad_type(format);
        }
        if (PyBytes_GET_SIZE(item) != 1) {
            return raise_bad_value(format);
        }
        *space = PyBytes_AS_STRING(item)[0];
        return 1;
    case 'P': {
        PyObject *number = _PyNumber_Index(item);               /* owned */

        if (number == NULL) {
            return translate_error(format);
        }
        void *pointer = PyLong_AsVoidPtr(number);
        Py_DECREF(number);
        if (pointer == NULL && PyErr_Occurred()) {
            return translate_error(format);
        }
        memcpy(space, &pointer, sizeof(pointer));
        return sizeof(pointer);
    }
    default:
        PyErr_Format(PyExc_NotImplementedError,
                     "memoryview: format %s not supported", format);
        return -1;
    }
}

/* An item as a number: integers exactly, as sign and magnitude. */
typedef struct {
    bool is_float;
    double real;
    bool negative;
    unsigned long magnitude;
} item_value;

static item_value
item_value_of(const char *p, char code)
{
    item_value value = {0};
    long number = 0;

    switch (code) {
    case 'f': value.is_float = true; value.real = LOAD(float, p); return value;
    case 'd':
        value.is_float = true;
        value.real = LOAD(double, p);
        return value;
    case 'b': number = *(const signed char *)p; break;
    case 'h': number = LOAD(short, p); break;
    case 'i': number = LOAD(int, p); break;
    case 'l': case 'q': case 'n': number = LOAD(long, p); break;
    case 'H': value.magnitude = LOAD(unsigned short, p); return value;
    case 'I': value.magnitude = LOAD(unsigned int, p); return value;
    case 'L': case 'Q': case 'N': case 'P':
        value.magnitude = LOAD(unsigned long, p);
        return value;
    case '?': value.magnitude = *p != 0; return value;
    default: value.magnitude = *(const unsigned char *)p; return value;
    }
    value.negative = number < 0;
    value.magnitude = number < 0 ? 0UL - (unsigned long)number
                                 : (unsigned long)number;
    return value;
}

bool
buffer_items_equal(const char *p, char p_code, const char *q, char q_code)
{
    if ((p_code == 'c') != (q_code == 'c')) {
        return false;                              /* bytes and a number */
    }
    item_value x = item_value_of(p, p_code), y = item_value_of(q, q_code);

    if (x.is_float != y.is_float) {
        double real = x.is_float ? x.real : y.real;
        item_value whole = x.is_float ? y : x;
        PyObject *a = PyFloat_FromDouble(real);
        PyObject *b = PyLong_FromUnsignedLong(whole.magnitude);
        bool equal = false;

        if (b != NULL && whole.negative) {
            Py_SETREF(b, PyNumber_Negative(b));
        }
        if (a != NULL && b != NULL) {
            equal = PyObject_RichCompareBool(a, b, Py_EQ) == 1;
        }
        PyErr_Clear();                                 /* MemoryError only */
        Py_XDECREF(a);
        Py_XDECREF(b);
        return equal;
    }
    if (x.is_float) {
        return x.real == y.real;
    }
    return x.magnitude == y.magnitude && x.negative == y.negative;
}
