/* int(): construction, methods, the number slots' table and the type. */
#include "Python.h"

#include "float.h"
#include "format.h"
#include "limbs.h"
#include "long.h"
#include "names.h"
#include "runtime.h"

#include <stddef.h>

/* ---- construction ---- */

/* int(value) or int(value, base); value and base may be NULL. */
static PyObject *
long_new_exact(PyObject *value, PyObject *base)
{
    if (value == NULL) {
        if (base != NULL) {
            PyErr_SetString(PyExc_TypeError, "int() missing string argument");
            return NULL;
        }
        return long_from_int64(0);
    }
    if (base == NULL) {
        return PyNumber_Long(value);
    }
    Py_ssize_t radix = PyNumber_AsSsize_t(base, NULL);
    if (radix == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if ((radix != 0 && radix < 2) || radix > 36) {
        PyErr_SetString(PyExc_ValueError,
                        "int() base must be >= 2 and <= 36, or 0");
        return NULL;
    }
    if (PyUnicode_Check(value)) {
        return PyLong_FromUnicodeObject(value, (int)radix);
    }
    if (PyBytes_Check(value)) {
        return _PyLong_FromBytes(PyBytes_AS_STRING(value),
                                 PyBytes_GET_SIZE(value), (int)radix);
    }
    if (PyByteArray_Check(value)) {
        return _PyLong_FromBytes(PyByteArray_AS_STRING(value),
                                 PyByteArray_GET_SIZE(value), (int)radix);
    }
    PyErr_SetString(PyExc_TypeError,
                    "int() can't convert non-string with explicit base");
    return NULL;
}

static PyObject *
long_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"", (char *)"base", NULL};
    PyObject *value = NULL, *base = NULL;                       /* borrowed */

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:int", keywords,
                                     &value, &base)) {
        return NULL;
    }
    PyObject *exact = long_new_exact(value, base);              /* owned */
    if (exact == NULL || type == &PyLong_Type) {
        return exact;
    }
    assert(PyLong_Check(exact));
    Py_ssize_t size = Py_SIZE(exact), n = Py_ABS(size);
    /* At least one digit is always readable, also in zero. */
    PyLongObject *result = (PyLongObject *)type->tp_alloc(type, Py_MAX(n, 1));

    if (result != NULL) {
        assert(PyLong_Check(result));
        Py_SET_SIZE(result, size);
        memcpy(result->ob_digit, ((PyLongObject *)exact)->ob_digit,
               (size_t)n * sizeof(digit));
    }
    Py_DECREF(exact);
    return (PyObject *)result;
}

/* FAST PATH: int(x), int(x, base) without an argument tuple. */
static PyObject *
long_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0) {
        PyObject *tuple = PyTuple_New(nargs), *dict = PyDict_New(); /* owned */
        PyObject *result = NULL;

        if (tuple != NULL && dict != NULL) {
            for (Py_ssize_t i = 0; i < nargs; i++) {
                PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
            }
            Py_ssize_t i = 0, n = PyTuple_GET_SIZE(kwnames);
            while (i < n && PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i),
                                           args[nargs + i]) == 0) {
                i++;
            }
            if (i == n) {
                result = long_new((PyTypeObject *)type, tuple, dict);
            }
        }
        Py_XDECREF(tuple);
        Py_XDECREF(dict);
        return result;
    }
    if (nargs > 2) {
        PyErr_Format(PyExc_TypeError,
                     "int() takes at most 2 arguments (%zd given)", nargs);
        return NULL;
    }
    return long_new_exact(nargs > 0 ? args[0] : NULL,
                          nargs > 1 ? args[1] : NULL);
}

/* ---- slots ---- */

Py_hash_t
long_hash(PyObject *op)
{
    Py_uhash_t value = 0;

    if (long_is_short(op)) {
        int64_t small = long_short_value(op);

        return small == -1 ? -2 : small;
    }
    /* The value modulo 2**61 - 1: a shift by 30 is a rotation. */
    for (Py_ssize_t i = Py_ABS(Py_SIZE(op)); --i >= 0;) {
        value = ((value << PyLong_SHIFT) & _PyHASH_MODULUS) |
                (value >> (_PyHASH_BITS - PyLong_SHIFT));
        value += ((PyLongObject *)op)->ob_digit[i];
        if (value >= _PyHASH_MODULUS) {
            value -= _PyHASH_MODULUS;
        }
    }
    Py_hash_t hash = Py_SIZE(op) < 0 ? -(Py_hash_t)value : (Py_hash_t)value;
    return hash == -1 ? -2 : hash;
}

static int
long_bool(PyObject *op)
{
    return Py_SIZE(op) != 0;
}

static PyObject *
long_float(PyObject *op)
{
    double value = PyLong_AsDouble(op);

    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return float_from_double(value);
}

/* ---- methods ---- */

static PyObject *
long_return_exact(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return long_to_exact(self);
}

static PyObject *
long_as_integer_ratio(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *numerator = long_to_exact(self);                  /* owned */

    if (numerator == NULL) {
        return NULL;
    }
    PyObject *result = PyTuple_Pack(2, numerator, long_peek_small(1));
    Py_DECREF(numerator);
    return result;
}

static PyObject *
long_bit_length(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    size_t bits = _PyLong_NumBits(self);

    if (bits == (size_t)-1 && PyErr_Occurred()) {
        PyErr_Clear();                     /* OverflowError: compute it long */
        PyObject *whole = PyLong_FromSsize_t(Py_ABS(Py_SIZE(self)) - 1);
        if (whole == NULL) {
            return NULL;
        }
        PyObject *product = long_multiply(whole,
                                          long_peek_small(PyLong_SHIFT));
        Py_DECREF(whole);
        if (product == NULL) {
            return NULL;
        }
        digit top =
            ((PyLongObject *)self)->ob_digit[Py_ABS(Py_SIZE(self)) - 1];
        PyObject *sum = long_add(product,
                                 long_peek_small(32 - __builtin_clz(top)));
        Py_DECREF(product);
        return sum;
    }
    return PyLong_FromSize_t(bits);
}

static PyObject *
long_bit_count(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    size_t count = 0;

    for (Py_ssize_t i = Py_ABS(Py_SIZE(self)); --i >= 0;) {
        count += (size_t)__builtin_popcount(
            ((PyLongObject *)self)->ob_digit[i]);
    }
    return PyLong_FromSize_t(count);
}

/* 1 little, 0 big, -1 with an exception. */
static int
parse_byteorder(PyObject *byteorder, const char *function)
{
    if (byteorder == NULL) {
        return 0;
    }
    if (!PyUnicode_Check(byteorder)) {
        _PyArg_BadArgument(function, "argument 'byteorder'", "str", byteorder);
        return -1;
    }
    if (_PyUnicode_EqualToASCIIString(byteorder, "little")) {
        return 1;
    }
    if (_PyUnicode_EqualToASCIIString(byteorder, "big")) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError,
                    "byteorder must be either 'little' or 'big'");
    return -1;
}

static PyObject *
long_to_bytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"length", "byteorder", "signed",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|nO$p:to_bytes",
                                   .keywords = keywords};
    Py_ssize_t length = 1;
    PyObject *byteorder = NULL;                                 /* borrowed */
    int is_signed = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &length,
                                      &byteorder, &is_signed)) {
        return NULL;
    }
    int little = parse_byteorder(byteorder, "to_bytes");
    if (little < 0) {
        return NULL;
    }
    if (length < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "length argument must be non-negative");
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, length);  /* owned */
    if (bytes == NULL) {
        return NULL;
    }
    if (_PyLong_AsByteArray((PyLongObject *)self,
                            (unsigned char *)PyBytes_AS_STRING(bytes),
                            (size_t)length, little, is_signed) < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    return bytes;
}

static PyObject *
long_from_bytes(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {"bytes", "byteorder", "signed",
                                           NULL};
    static _PyArg_Parser parser = {.format = "O|O$p:from_bytes",
                                   .keywords = keywords};
    PyObject *source, *byteorder = NULL;                        /* borrowed */
    int is_signed = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &source,
                                      &byteorder, &is_signed)) {
        return NULL;
    }
    int little = parse_byteorder(byteorder, "from_bytes");
    if (little < 0) {
        return NULL;
    }
    PyObject *bytes = PyObject_Bytes(source);                   /* owned */
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *result = _PyLong_FromByteArray(
        (const unsigned char *)PyBytes_AS_STRING(bytes),
        (size_t)PyBytes_GET_SIZE(bytes), little, is_signed);
    Py_DECREF(bytes);
    if (result != NULL && type != (PyObject *)&PyLong_Type) {
        Py_SETREF(result, PyObject_CallOneArg(type, result));
    }
    return result;
}

/* Rounds half to even to a multiple of 10**-ndigits, ndigits < 0. */
static PyObject *
round_to_power_of_ten(PyObject *self, PyObject *ndigits)
{
    PyObject *exponent = NULL, *power = NULL, *parts = NULL;    /* owned */
    PyObject *result = NULL;

    exponent = long_negate(ndigits);
    if (exponent == NULL) {
        goto done;
    }
    power = long_power(long_peek_small(10), exponent, Py_None);
    if (power == NULL) {
        goto done;
    }
    parts = _PyLong_DivmodNear(self, power);
    if (parts == NULL) {
        goto done;
    }
    result = long_subtract(self, PyTuple_GET_ITEM(parts, 1));
done:
    Py_XDECREF(exponent);
    Py_XDECREF(power);
    Py_XDECREF(parts);
    return result;
}

static PyObject *
long_round(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("__round__", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0) {
        return long_to_exact(self);
    }
    PyObject *ndigits = _PyNumber_Index(args[0]);               /* owned */
    if (ndigits == NULL) {
        return NULL;
    }
    PyObject *result = Py_SIZE(ndigits) >= 0
                           ? long_to_exact(self)
                           : round_to_power_of_ten(self, ndigits);
    Py_DECREF(ndigits);
    return result;
}

static PyObject *
long_format(PyObject *self, PyObject *spec)
{
    _PyUnicodeWriter writer;

    if (!PyUnicode_Check(spec)) {
        PyErr_Format(PyExc_TypeError,
                     "__format__() argument must be str, not %.50s",
                     spec == Py_None ? "None" : Py_TYPE(spec)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(spec) < 0) {
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    if (_PyLong_FormatAdvancedWriter(&writer, self, spec, 0,
                                     PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

static PyObject *
long_getnewargs(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *copy = _PyLong_Copy((PyLongObject *)self);        /* owned */

    if (copy == NULL) {
        return NULL;
    }
    PyObject *result = PyTuple_Pack(1, copy);
    Py_DECREF(copy);
    return result;
}

static PyObject *
long_sizeof(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSize_t(offsetof(PyLongObject, ob_digit) +
                             (size_t)Py_MAX(Py_ABS(Py_SIZE(self)), 1) *
                                 sizeof(digit));      /* 0 has one, too */
}

static PyObject *
long_get_exact(PyObject *self, void *Py_UNUSED(closure))
{
    return long_to_exact(self);
}

static PyObject *
long_get_zero(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure))
{
    return Py_NewRef(long_peek_small(0));
}

static PyObject *
long_get_one(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure))
{
    return Py_NewRef(long_peek_small(1));
}

/* ---- sys.int_info ---- */

static PyTypeObject long_info_type;

static PyStructSequence_Field long_info_fields[] = {
    {"bits_per_digit", "bits that a digit holds"},
    {"sizeof_digit", "bytes of the C type of a digit"},
    {"default_max_str_digits", "default limit of decimal conversions"},
    {"str_digits_check_threshold", "least limit that can be set"},
    {NULL, NULL},
};

static PyStructSequence_Desc long_info_description = {
    .name = "sys.int_info",
    .doc = "sys.int_info\n\nHow ints are represented.  Read-only.",
    .fields = long_info_fields,
    .n_in_sequence = 4,
};

PyObject *
PyLong_GetInfo(void)
{
    const long values[] = {PyLong_SHIFT, sizeof(digit),
                           LONG_MAX_STR_DIGITS_DEFAULT,
                           LONG_MAX_STR_DIGITS_THRESHOLD};

    if (long_init(_PyInterpreterState_GET()) < 0) {
        return NULL;
    }
    PyObject *info = PyStructSequence_New(&long_info_type);
    if (info == NULL) {
        return NULL;
    }
    for (int i = 0; i < 4; i++) {
        PyObject *value = PyLong_FromLong(values[i]);
        if (value == NULL) {
            Py_DECREF(info);
            return NULL;
        }
        PyStructSequence_SET_ITEM(info, i, value);
    }
    return info;
}

int
long_init(PyInterpreterState *Py_UNUSED(interp))
{
    if (long_info_type.tp_name == NULL) {
        return PyStructSequence_InitType2(&long_info_type,
                                          &long_info_description);
    }
    return 0;
}

void
long_fini(PyInterpreterState *Py_UNUSED(interp))
{
    long_clear_free_list();
}

/* ---- the type ---- */

static PyMethodDef long_methods[] = {
    {"conjugate", long_return_exact, METH_NOARGS,
     "Return self: an int is its own conjugate."},
    {"bit_length", long_bit_length, METH_NOARGS,
     "bit_length($self, /)\n--\n\nNumber of bits of the magnitude.\n\n"
     ">>> (37).bit_length()\n6"},
    {"bit_count", long_bit_count, METH_NOARGS,
     "bit_count($self, /)\n--\n\nNumber of ones in the magnitude.\n\n"
     ">>> (13).bit_count()\n3"},
    {"to_bytes", (PyCFunction)(void (*)(void))long_to_bytes,
     METH_FASTCALL | METH_KEYWORDS,
     "to_bytes($self, /, length=1, byteorder='big', *, signed=False)\n--\n\n"
     "Return the value as an array of bytes."},
    {"from_bytes", (PyCFunction)(void (*)(void))long_from_bytes,
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     "from_bytes($type, /, bytes, byteorder='big', *, signed=False)\n--\n\n"
     "Return the int that an array of bytes represents."},
    {"as_integer_ratio", long_as_integer_ratio, METH_NOARGS,
     "as_integer_ratio($self, /)\n--\n\nReturn the pair (self, 1).\n\n"
     ">>> (10).as_integer_ratio()\n(10, 1)"},
    {"__trunc__", long_return_exact, METH_NOARGS, "Return self."},
    {"__floor__", long_return_exact, METH_NOARGS, "Return self."},
    {"__ceil__", long_return_exact, METH_NOARGS, "Return self."},
    {"__round__", (PyCFunction)(void (*)(void))long_round, METH_FASTCALL,
     "__round__($self, ndigits=<unrepresentable>, /)\n--\n\n"
     "Round to a multiple of 10**-ndigits, half to even."},
    {"__getnewargs__", long_getnewargs, METH_NOARGS,
     "__getnewargs__($self, /)\n--\n\n"},
    {"__format__", long_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\n"
     "Render per the format specification."},
    {"__sizeof__", long_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nMemory of the object, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef long_getset[] = {
    {"real", long_get_exact, NULL, "the real part: self", NULL},
    {"imag", long_get_zero, NULL, "the imaginary part: 0", NULL},
    {"numerator", long_get_exact, NULL, "numerator in lowest terms: self",
     NULL},
    {"denominator", long_get_one, NULL, "denominator in lowest terms: 1",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods long_as_number = {
    .nb_add = long_slot_add,
    .nb_subtract = long_slot_subtract,
    .nb_multiply = long_slot_multiply,
    .nb_remainder = long_slot_remainder,
    .nb_divmod = long_slot_divmod,
    .nb_power = long_power,
    .nb_negative = long_negate,
    .nb_positive = long_to_exact,
    .nb_absolute = long_absolute,
    .nb_bool = long_bool,
    .nb_invert = long_slot_invert,
    .nb_lshift = long_slot_lshift,
    .nb_rshift = long_slot_rshift,
    .nb_and = long_slot_and,
    .nb_xor = long_slot_xor,
    .nb_or = long_slot_or,
    .nb_int = long_to_exact,
    .nb_float = long_float,
    .nb_floor_divide = long_slot_floor_divide,
    .nb_true_divide = long_slot_true_divide,
    .nb_index = long_to_exact,
};

PyTypeObject PyLong_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "int",
    .tp_basicsize = offsetof(PyLongObject, ob_digit),
    .tp_itemsize = sizeof(digit),
    .tp_dealloc = long_dealloc,
    .tp_repr = long_repr,
    .tp_as_number = &long_as_number,
    .tp_hash = long_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_LONG_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\n"
              "Convert a number or text to an integer, towards zero.  Text "
              "may have a sign,\nsurrounding whitespace and underscores "
              "between digits; base 0 reads it as a literal.\n"
              ">>> int('0b100', base=0)\n4",
    .tp_richcompare = long_richcompare,
    .tp_methods = long_methods,
    .tp_getset = long_getset,
    .tp_new = long_new,
    .tp_free = PyObject_Free,
    .tp_vectorcall = long_vectorcall,
};
