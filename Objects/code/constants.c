/* Constants: equal ones of different types (1, 1.0, True; 0.0 and -0.0) are
 * kept apart by keys; names and strings like names are interned.  Comparison
 * and hash of code objects use that. */

#include "Python.h"

#include "code.h"
#include "codeobject.h"

/* ---- Keys --------------------------------------------------------------- */

static PyObject *
key_with_type(PyObject *value, PyObject *sign)
{
    if (sign == NULL) {
        return PyTuple_Pack(2, Py_TYPE(value), value);
    }
    return PyTuple_Pack(3, Py_TYPE(value), value, sign);
}

static int
is_negative_zero(double x)
{
    return x == 0.0 && copysign(1.0, x) < 0.0;
}

static PyObject *
complex_key(PyObject *value)
{
    Py_complex z = PyComplex_AsCComplex(value);
    int real = is_negative_zero(z.real), imag = is_negative_zero(z.imag);

    return key_with_type(value, real && imag ? Py_True
                                : imag       ? Py_False
                                : real       ? Py_None
                                             : NULL);
}

/* (keys of the items, value) */
static PyObject *
tuple_key(PyObject *value)
{
    Py_ssize_t size = PyTuple_GET_SIZE(value);
    PyObject *keys = PyTuple_New(size);
    PyObject *result = NULL;

    for (Py_ssize_t i = 0; keys != NULL && i < size; i++) {
        PyObject *key = _PyCode_ConstantKey(PyTuple_GET_ITEM(value, i));

        if (key == NULL) {
            Py_CLEAR(keys);
            break;
        }
        PyTuple_SET_ITEM(keys, i, key);
    }
    if (keys != NULL) {
        result = PyTuple_Pack(2, keys, value);
        Py_DECREF(keys);
    }
    return result;
}

static PyObject *
frozenset_key(PyObject *value)
{
    PyObject *keys = PyTuple_New(PySet_GET_SIZE(value));
    PyObject *set = NULL, *result = NULL, *item;
    Py_ssize_t position = 0, i = 0;
    Py_hash_t hash;

    if (keys == NULL) {
        return NULL;
    }
    while (_PySet_NextEntry(value, &position, &item, &hash)) {
        PyObject *key = _PyCode_ConstantKey(item);

        if (key == NULL) {
            goto done;
        }
        PyTuple_SET_ITEM(keys, i++, key);
    }
    set = PyFrozenSet_New(keys);
    if (set != NULL) {
        result = PyTuple_Pack(2, set, value);
    }
done:
    Py_XDECREF(set);
    Py_DECREF(keys);
    return result;
}

PyObject *
_PyCode_ConstantKey(PyObject *value)
{
    PyObject *address, *result;

    if (value == Py_None || value == Py_Ellipsis || PyLong_CheckExact(value) ||
        PyUnicode_CheckExact(value) || PyCode_Check(value)) {
        return Py_NewRef(value);
    }
    if (PyBool_Check(value) || PyBytes_CheckExact(value)) {
        return key_with_type(value, NULL);
    }
    if (PyFloat_CheckExact(value)) {
        return key_with_type(value, is_negative_zero(PyFloat_AS_DOUBLE(value))
                                        ? Py_None
                                        : NULL);
    }
    if (PyComplex_CheckExact(value)) {
        return complex_key(value);
    }
    if (PyTuple_CheckExact(value)) {
        return tuple_key(value);
    }
    if (PyFrozenSet_CheckExact(value)) {
        return frozenset_key(value);
    }
    /* Anything else is equal to itself only. */
    address = PyLong_FromVoidPtr(value);
    if (address == NULL) {
        return NULL;
    }
    result = PyTuple_Pack(2, address, value);
    Py_DECREF(address);
    return result;
}

/* ---- Interning ---------------------------------------------------------- */

static int
looks_like_name(PyObject *text)
{
    const unsigned char *p;

    if (!PyUnicode_IS_ASCII(text)) {
        return 0;
    }
    p = PyUnicode_1BYTE_DATA(text);
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
        if (!Py_ISALNUM(p[i]) && p[i] != '_') {
            return 0;
        }
    }
    return 1;
}

/* Interns the item at a place of a tuple. */
static int
intern_item(PyObject *tuple, Py_ssize_t i)
{
    PyObject *before = PyTuple_GET_ITEM(tuple, i);

    PyUnicode_InternInPlace(&((PyTupleObject *)tuple)->ob_item[i]);
    return PyTuple_GET_ITEM(tuple, i) != before;
}

int
code_intern_names(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *name = PyTuple_GET_ITEM(tuple, i);

        if (name == NULL || !PyUnicode_CheckExact(name)) {
            PyErr_SetString(PyExc_SystemError,
                            "non-string found in code slot");
            return -1;
        }
        intern_item(tuple, i);
    }
    return 0;
}

/* Tuples that data of marshal made may contain themselves. */
static int
intern_nested(PyObject *tuple, int *modified)
{
    int result;

    if (Py_EnterRecursiveCall(" while interning constants")) {
        return -1;
    }
    result = code_intern_constants(tuple, modified);
    Py_LeaveRecursiveCall();
    return result;
}

/* A frozenset with interned items takes the old one's place. */
static int
intern_frozenset(PyObject *tuple, Py_ssize_t i, int *modified)
{
    PyObject *old = PyTuple_GET_ITEM(tuple, i);
    PyObject *items = PySequence_Tuple(old);
    PyObject *set;
    int changed = 0;

    if (items == NULL) {
        return -1;
    }
    if (intern_nested(items, &changed) < 0) {
        Py_DECREF(items);
        return -1;
    }
    if (changed) {
        set = PyFrozenSet_New(items);
        if (set == NULL) {
            Py_DECREF(items);
            return -1;
        }
        PyTuple_SET_ITEM(tuple, i, set);
        Py_DECREF(old);
        *modified = 1;
    }
    Py_DECREF(items);
    return 0;
}

int
code_intern_constants(PyObject *tuple, int *modified)
{
    int ignored;

    if (modified == NULL) {
        modified = &ignored;
    }
    for (Py_ssize_t i = PyTuple_GET_SIZE(tuple) - 1; i >= 0; i--) {
        PyObject *value = PyTuple_GET_ITEM(tuple, i);

        if (PyUnicode_CheckExact(value)) {
            if (PyUnicode_READY(value) < 0) {
                return -1;
            }
            if (looks_like_name(value) && intern_item(tuple, i)) {
                *modified = 1;
            }
        }
        else if (PyTuple_CheckExact(value)) {
            if (intern_nested(value, NULL) < 0) {
                return -1;
            }
        }
        else if (PyFrozenSet_CheckExact(value) &&
                 intern_frozenset(tuple, i, modified) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- Comparison --------------------------------------------------------- */

/* The instructions, without what specialisation has done to them. */
static int
same_instructions(PyCodeObject *a, PyCodeObject *b)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(a); i++) {
        int opcode = code_plain_opcode(a, i);

        if (opcode != code_plain_opcode(b, i) ||
            _Py_OPARG(_PyCode_CODE(a)[i]) != _Py_OPARG(_PyCode_CODE(b)[i])) {
            return 0;
        }
        i += opcode_caches[opcode];
    }
    return 1;
}

static int
same_constants(PyObject *a, PyObject *b)
{
    PyObject *left = _PyCode_ConstantKey(a);
    PyObject *right = left == NULL ? NULL : _PyCode_ConstantKey(b);
    int result =
        right == NULL ? -1 : PyObject_RichCompareBool(left, right, Py_EQ);

    Py_XDECREF(left);
    Py_XDECREF(right);
    return result;
}

static int
same_code(PyCodeObject *a, PyCodeObject *b)
{
    PyObject *const pairs[][2] = {
        {a->co_names, b->co_names},
        {a->co_localsplusnames, b->co_localsplusnames},
        {a->co_linetable, b->co_linetable},
        {a->co_exceptiontable, b->co_exceptiontable},
    };
    int result = PyObject_RichCompareBool(a->co_name, b->co_name, Py_EQ);

    if (result <= 0) {
        return result;
    }
    if (a->co_argcount != b->co_argcount ||
        a->co_posonlyargcount != b->co_posonlyargcount ||
        a->co_kwonlyargcount != b->co_kwonlyargcount ||
        a->co_flags != b->co_flags || a->co_firstlineno != b->co_firstlineno ||
        Py_SIZE(a) != Py_SIZE(b) || !same_instructions(a, b)) {
        return 0;
    }
    result = same_constants(a->co_consts, b->co_consts);
    for (size_t i = 0; result > 0 && i < Py_ARRAY_LENGTH(pairs); i++) {
        result = PyObject_RichCompareBool(pairs[i][0], pairs[i][1], Py_EQ);
    }
    return result;
}

PyObject *
code_richcompare(PyObject *self, PyObject *other, int op)
{
    int same;

    if ((op != Py_EQ && op != Py_NE) || !PyCode_Check(self) ||
        !PyCode_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    same = same_code((PyCodeObject *)self, (PyCodeObject *)other);
    if (same < 0) {
        return NULL;
    }
    return PyBool_FromLong(op == Py_EQ ? same : !same);
}

/* Without the instructions: the compiler hashes every code object, as a
 * constant of another, and the line table tells nearly all of them apart. */
Py_hash_t
code_hash(PyObject *self)
{
    PyCodeObject *code = (PyCodeObject *)self;
    PyObject *const parts[] = {
        code->co_name,      code->co_consts,
        code->co_names,     code->co_localsplusnames,
        code->co_linetable,
    };
    Py_uhash_t hash = 20221211;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        Py_hash_t part = PyObject_Hash(parts[i]);

        if (part == -1) {
            return -1;
        }
        hash = (hash ^ (Py_uhash_t)part) * _PyHASH_MULTIPLIER;
    }
    hash ^= (Py_uhash_t)code->co_argcount ^
            (Py_uhash_t)code->co_posonlyargcount << 8 ^
            (Py_uhash_t)code->co_kwonlyargcount << 16 ^
            (Py_uhash_t)code->co_flags << 24 ^ (Py_uhash_t)Py_SIZE(code) << 40;
    return hash == (Py_uhash_t)-1 ? -2 : (Py_hash_t)hash;
}
