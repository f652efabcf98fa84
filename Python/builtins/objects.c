/* Built-in functions that ask one object something. */

#include "Python.h"

#include "audit.h"
#include "bltin.h"
#include "internal/ceval.h"
#include "errors.h"
#include "names.h"
#include "type.h"

/* ---- Attributes --------------------------------------------------------- */

PyDoc_STRVAR(getattr_doc,
"getattr(object, name[, default]) -> value\n\n"
"The attribute of that name; without it the default, if given, or\n"
"AttributeError.");

static PyObject *
builtin_getattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result;

    if (!_PyArg_CheckPositional("getattr", nargs, 2, 3)) {
        return NULL;
    }
    PyObject *name = args[1];
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError,
                     "attribute name must be string, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return NULL;
    }
    if (nargs == 2) {
        return PyObject_GetAttr(args[0], name);
    }
    if (_PyObject_LookupAttr(args[0], name, &result) == 0) {
        return Py_NewRef(args[2]);
    }
    return result;
}

PyDoc_STRVAR(hasattr_doc,
"hasattr($module, obj, name, /)\n--\n\n"
"Whether getattr(obj, name) finds an attribute.");

static PyObject *
builtin_hasattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value;

    if (!_PyArg_CheckPositional("hasattr", nargs, 2, 2)) {
        return NULL;
    }
    if (!PyUnicode_Check(args[1])) {
        PyErr_Format(PyExc_TypeError,
                     "attribute name must be string, not '%.200s'",
                     Py_TYPE(args[1])->tp_name);
        return NULL;
    }
    if (_PyObject_LookupAttr(args[0], args[1], &value) < 0) {
        return NULL;
    }
    if (value == NULL) {
        Py_RETURN_FALSE;
    }
    Py_DECREF(value);
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(setattr_doc,
"setattr($module, obj, name, value, /)\n--\n\n"
"The statement obj.name = value, with the name as a string.");

static PyObject *
builtin_setattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("setattr", nargs, 3, 3) ||
        PyObject_SetAttr(args[0], args[1], args[2]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(delattr_doc,
"delattr($module, obj, name, /)\n--\n\n"
"The statement del obj.name, with the name as a string.");

static PyObject *
builtin_delattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("delattr", nargs, 2, 2) ||
        PyObject_SetAttr(args[0], args[1], NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- Namespaces --------------------------------------------------------- */

PyDoc_STRVAR(globals_doc,
"globals($module, /)\n--\n\n"
"The namespace of the module whose code is running.");

static PyObject *
builtin_globals(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(PyEval_GetGlobals());
}

PyDoc_STRVAR(locals_doc,
"locals($module, /)\n--\n\n"
"A dictionary of the local variables of the running code.");

static PyObject *
builtin_locals(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(PyEval_GetLocals());
}

PyDoc_STRVAR(vars_doc,
"vars([object]) -> dictionary\n\n"
"object.__dict__, or the same as locals().");

static PyObject *
builtin_vars(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *dict;

    if (!_PyArg_CheckPositional("vars", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0) {
        return Py_XNewRef(PyEval_GetLocals());
    }
    if (_PyObject_LookupAttr(args[0], NAME(__dict__), &dict) == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "vars() argument must have __dict__ attribute");
    }
    return dict;
}

PyDoc_STRVAR(dir_doc,
"dir([object]) -> list of strings\n\n"
"The names that object.__dir__() gives, sorted: for a module its\n"
"attributes, for a class or an instance those it has or inherits.  Without\n"
"an object the local names.");

static PyObject *
builtin_dir(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("dir", nargs, 0, 1)) {
        return NULL;
    }
    return PyObject_Dir(nargs == 0 ? NULL : args[0]);
}

/* ---- Identity, hash, size ----------------------------------------------- */

PyDoc_STRVAR(id_doc,
"id($module, obj, /)\n--\n\n"
"A number that no other living object has.");

static PyObject *
builtin_id(PyObject *module, PyObject *object)
{
    PyObject *id = PyLong_FromVoidPtr(object);

    if (id != NULL && PyAudit(AUDIT_BUILTINS_ID, "(O)", id) < 0) {
        Py_CLEAR(id);
    }
    return id;
}

PyDoc_STRVAR(hash_doc,
"hash($module, obj, /)\n--\n\n"
"An integer that is equal for equal objects.");

static PyObject *
builtin_hash(PyObject *module, PyObject *object)
{
    Py_hash_t hash = PyObject_Hash(object);

    return hash == -1 ? NULL : PyLong_FromSsize_t(hash);
}

PyDoc_STRVAR(len_doc,
"len($module, obj, /)\n--\n\n"
"The number of items in a container.");

static PyObject *
builtin_len(PyObject *module, PyObject *object)
{
    Py_ssize_t size = PyObject_Size(object);

    return size < 0 ? NULL : PyLong_FromSsize_t(size);
}

PyDoc_STRVAR(callable_doc,
"callable($module, obj, /)\n--\n\n"
"Whether the object can be called.");

static PyObject *
builtin_callable(PyObject *module, PyObject *object)
{
    return PyBool_FromLong(PyCallable_Check(object));
}

PyDoc_STRVAR(isinstance_doc,
"isinstance($module, obj, class_or_tuple, /)\n--\n\n"
"Whether the object is an instance of the class, of one below it, or of\n"
"one of several in a tuple or union.");

static PyObject *
builtin_isinstance(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("isinstance", nargs, 2, 2)) {
        return NULL;
    }
    int result = PyObject_IsInstance(args[0], args[1]);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

PyDoc_STRVAR(issubclass_doc,
"issubclass($module, cls, class_or_tuple, /)\n--\n\n"
"Whether cls is the class, or one below it, or below one of several in a\n"
"tuple or union.");

static PyObject *
builtin_issubclass(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("issubclass", nargs, 2, 2)) {
        return NULL;
    }
    int result = PyObject_IsSubclass(args[0], args[1]);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* ---- Text --------------------------------------------------------------- */

PyDoc_STRVAR(repr_doc,
"repr($module, obj, /)\n--\n\n"
"The object as text, if possible as an expression that makes it.");

static PyObject *
builtin_repr(PyObject *module, PyObject *object)
{
    return PyObject_Repr(object);
}

PyDoc_STRVAR(ascii_doc,
"ascii($module, obj, /)\n--\n\n"
"As repr(), with other characters than ASCII escaped.");

static PyObject *
builtin_ascii(PyObject *module, PyObject *object)
{
    return PyObject_ASCII(object);
}

PyDoc_STRVAR(format_doc,
"format($module, value, format_spec=\'\', /)\n--\n\n"
"value.__format__(format_spec).");

static PyObject *
builtin_format(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("format", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2 && !PyUnicode_Check(args[1])) {
        _PyArg_BadArgument("format", "argument 2", "str", args[1]);
        return NULL;
    }
    return PyObject_Format(args[0], nargs == 2 ? args[1] : NULL);
}

PyDoc_STRVAR(chr_doc,
"chr($module, i, /)\n--\n\n"
"The character with that code point, 0 <= i <= 0x10ffff.");

static PyObject *
builtin_chr(PyObject *module, PyObject *number)
{
    int code = _PyLong_AsInt(number);

    if (code == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyUnicode_FromOrdinal(code);
}

PyDoc_STRVAR(ord_doc,
"ord($module, c, /)\n--\n\n"
"The code point of a string of one character.");

static PyObject *
builtin_ord(PyObject *module, PyObject *c)
{
    Py_ssize_t size;

    if (PyBytes_Check(c)) {
        size = PyBytes_GET_SIZE(c);
        if (size == 1) {
            return PyLong_FromLong((unsigned char)*PyBytes_AS_STRING(c));
        }
    }
    else if (PyUnicode_Check(c)) {
        size = PyUnicode_GET_LENGTH(c);
        if (size == 1) {
            return PyLong_FromLong((long)PyUnicode_READ_CHAR(c, 0));
        }
    }
    else if (PyByteArray_Check(c)) {
        size = PyByteArray_GET_SIZE(c);
        if (size == 1) {
            return PyLong_FromLong((unsigned char)*PyByteArray_AS_STRING(c));
        }
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "ord() expected string of length 1, but %.200s found",
                     Py_TYPE(c)->tp_name);
        return NULL;
    }
    PyErr_Format(PyExc_TypeError,
                 "ord() expected a character, but string of length %zd found",
                 size);
    return NULL;
}

/* ---- Numbers ------------------------------------------------------------ */

PyDoc_STRVAR(abs_doc,
"abs($module, x, /)\n--\n\n"
"The absolute value of a number.");

static PyObject *
builtin_abs(PyObject *module, PyObject *x)
{
    return PyNumber_Absolute(x);
}

PyDoc_STRVAR(bin_doc,
"bin($module, number, /)\n--\n\n"
"An integer as text in base 2.\n\n"
">>> bin(10)\n"
"\'0b1010\'");

static PyObject *
builtin_bin(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 2);
}

PyDoc_STRVAR(oct_doc,
"oct($module, number, /)\n--\n\n"
"An integer as text in base 8.\n\n"
">>> oct(10)\n"
"\'0o12\'");

static PyObject *
builtin_oct(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 8);
}

PyDoc_STRVAR(hex_doc,
"hex($module, number, /)\n--\n\n"
"An integer as text in base 16.\n\n"
">>> hex(10)\n"
"\'0xa\'");

static PyObject *
builtin_hex(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 16);
}

PyDoc_STRVAR(divmod_doc,
"divmod($module, x, y, /)\n--\n\n"
"The tuple (x // y, x % y).");

static PyObject *
builtin_divmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("divmod", nargs, 2, 2)) {
        return NULL;
    }
    return PyNumber_Divmod(args[0], args[1]);
}

PyDoc_STRVAR(pow_doc,
"pow($module, /, base, exp, mod=None)\n--\n\n"
"base ** exp, or with three arguments base ** exp % mod, faster.");

static PyObject *
builtin_pow(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"base", "exp", "mod", NULL};
    static _PyArg_Parser parser = {.format = "OO|O:pow",
                                   .keywords = keywords};
    PyObject *base, *exponent, *modulus = Py_None;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &base,
                                      &exponent, &modulus)) {
        return NULL;
    }
    return PyNumber_Power(base, exponent, modulus);
}

PyDoc_STRVAR(round_doc,
"round($module, /, number, ndigits=None)\n--\n\n"
"The number rounded to so many decimal digits; an integer if ndigits is\n"
"None.");

static PyObject *
builtin_round(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"number", "ndigits", NULL};
    static _PyArg_Parser parser = {.format = "O|O:round",
                                   .keywords = keywords};
    PyObject *number, *ndigits = Py_None, *result;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &number,
                                      &ndigits)) {
        return NULL;
    }
    PyObject *method = _PyObject_LookupSpecial(number, NAME(__round__));
    if (method == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError,
                         "type %.100s doesn't define __round__ method",
                         Py_TYPE(number)->tp_name);
        }
        return NULL;
    }
    result = ndigits == Py_None ? PyObject_CallNoArgs(method)
                                : PyObject_CallOneArg(method, ndigits);
    Py_DECREF(method);
    return result;
}

/* ---- Table -------------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef builtins_object_methods[] = {
    {"abs", builtin_abs, METH_O, abs_doc},
    {"ascii", builtin_ascii, METH_O, ascii_doc},
    {"bin", builtin_bin, METH_O, bin_doc},
    {"callable", builtin_callable, METH_O, callable_doc},
    {"chr", builtin_chr, METH_O, chr_doc},
    {"delattr", FAST(builtin_delattr), METH_FASTCALL, delattr_doc},
    {"dir", FAST(builtin_dir), METH_FASTCALL, dir_doc},
    {"divmod", FAST(builtin_divmod), METH_FASTCALL, divmod_doc},
    {"format", FAST(builtin_format), METH_FASTCALL, format_doc},
    {"getattr", FAST(builtin_getattr), METH_FASTCALL, getattr_doc},
    {"globals", builtin_globals, METH_NOARGS, globals_doc},
    {"hasattr", FAST(builtin_hasattr), METH_FASTCALL, hasattr_doc},
    {"hash", builtin_hash, METH_O, hash_doc},
    {"hex", builtin_hex, METH_O, hex_doc},
    {"id", builtin_id, METH_O, id_doc},
    {"isinstance", FAST(builtin_isinstance), METH_FASTCALL, isinstance_doc},
    {"issubclass", FAST(builtin_issubclass), METH_FASTCALL, issubclass_doc},
    {"len", builtin_len, METH_O, len_doc},
    {"locals", builtin_locals, METH_NOARGS, locals_doc},
    {"oct", builtin_oct, METH_O, oct_doc},
    {"ord", builtin_ord, METH_O, ord_doc},
    {"pow", FAST(builtin_pow), METH_FASTCALL | METH_KEYWORDS, pow_doc},
    {"repr", builtin_repr, METH_O, repr_doc},
    {"round", FAST(builtin_round), METH_FASTCALL | METH_KEYWORDS, round_doc},
    {"setattr", FAST(builtin_setattr), METH_FASTCALL, setattr_doc},
    {"vars", FAST(builtin_vars), METH_FASTCALL, vars_doc},
    {NULL},
};
