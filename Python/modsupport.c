/* Py_BuildValue: objects from C values, by format; and what modules are filled
 * with. */
#include "Python.h"

#include "internal/object.h"

/* ---- building values ---------------------------------------------------- */

static PyObject *build_value(const char **format, va_list *va);

/* Number of values up to `end`, at this level; -1 with SystemError. */
static Py_ssize_t
build_count(const char *format, char end)
{
    Py_ssize_t count = 0;
    int level = 0;

    while (level > 0 || *format != end) {
        switch (*format) {
        case '\0':
            PyErr_SetString(PyExc_SystemError,
                            "unmatched paren in format");
            return -1;
        case '(': case '[': case '{':
            if (level == 0) {
                count++;
            }
            level++;
            break;
        case ')': case ']': case '}':
            level--;
            break;
        case '#': case '&': case ',': case ':': case ' ': case '\t':
            break;
        default:
            if (level == 0) {
                count++;
            }
        }
        format++;
    }
    return count;
}

/* After a failure: consumes the remaining values, so that the references of
 * 'N' are released. */
static void
build_skip(const char **format, va_list *va, char end, Py_ssize_t n)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = build_value(format, va);

        if (item == NULL) {
            PyErr_Clear();          /* the first error is the one to show */
        }
        Py_XDECREF(item);
    }
    PyErr_Restore(type, value, traceback);
    if (**format == end && end != '\0') {
        ++*format;
    }
}

static int
build_end(const char **format, char end)
{
    if (**format != end) {
        PyErr_SetString(PyExc_SystemError, "Unmatched paren in format");
        return -1;
    }
    if (end != '\0') {
        ++*format;
    }
    return 0;
}

/* `make` gives a container of n empty places, `set` fills one (stealing). */
static PyObject *
build_sequence(const char **format, va_list *va, char end, Py_ssize_t n,
               int is_list)
{
    PyObject *result;

    if (n < 0) {
        return NULL;
    }
    result = is_list ? PyList_New(n) : PyTuple_New(n);
    if (result == NULL) {
        build_skip(format, va, end, n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = build_value(format, va);

        if (item == NULL) {
            build_skip(format, va, end, n - i - 1);
            Py_DECREF(result);
            return NULL;
        }
        if (is_list) {
            PyList_SET_ITEM(result, i, item);
        }
        else {
            PyTuple_SET_ITEM(result, i, item);
        }
    }
    if (build_end(format, end) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *
build_dict(const char **format, va_list *va, Py_ssize_t n)
{
    PyObject *result;

    if (n < 0) {
        return NULL;
    }
    if (n % 2) {
        PyErr_SetString(PyExc_SystemError, "Bad dict format");
        build_skip(format, va, '}', n);
        return NULL;
    }
    result = PyDict_New();
    if (result == NULL) {
        build_skip(format, va, '}', n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i += 2) {
        PyObject *key, *value;
        int status;

        key = build_value(format, va);
        if (key == NULL) {
            build_skip(format, va, '}', n - i - 1);
            Py_DECREF(result);
            return NULL;
        }
        value = build_value(format, va);
        status = value == NULL ? -1 : PyDict_SetItem(result, key, value);
        Py_DECREF(key);
        Py_XDECREF(value);
        if (status < 0) {
            build_skip(format, va, '}', n - i - 2);
            Py_DECREF(result);
            return NULL;
        }
    }
    if (build_end(format, '}') < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static Py_ssize_t
build_length(const char **format, va_list *va)
{
    if (**format != '#') {
        return -1;
    }
    ++*format;
    return va_arg(*va, Py_ssize_t);
}

static PyObject *
build_wide_text(const char **format, va_list *va)
{
    const wchar_t *text = va_arg(*va, const wchar_t *);
    Py_ssize_t size = build_length(format, va);

    if (text == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromWideChar(text, size < 0 ? (Py_ssize_t)wcslen(text)
                                                 : size);
}

static PyObject *
build_text(const char **format, va_list *va, int as_bytes)
{
    const char *text = va_arg(*va, const char *);
    Py_ssize_t size = build_length(format, va);

    if (text == NULL) {
        Py_RETURN_NONE;
    }
    if (size < 0) {
        size_t len = strlen(text);

        if (len > (size_t)PY_SSIZE_T_MAX) {
            PyErr_SetString(PyExc_OverflowError,
                            as_bytes ? "string too long for Python bytes"
                                     : "string too long for Python string");
            return NULL;
        }
        size = (Py_ssize_t)len;
    }
    return as_bytes ? PyBytes_FromStringAndSize(text, size)
                    : PyUnicode_FromStringAndSize(text, size);
}

/* O S U N and O& */
static PyObject *
build_object(const char **format, va_list *va, char unit)
{
    PyObject *op;

    if (**format == '&') {
        PyObject *(*convert)(void *) = va_arg(*va, PyObject *(*)(void *));
        void *arg = va_arg(*va, void *);

        ++*format;
        return convert(arg);
    }
    op = va_arg(*va, PyObject *);
    if (op != NULL) {
        if (unit != 'N') {
            Py_INCREF(op);
        }
    }
    else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "NULL object passed to Py_BuildValue");
    }
    return op;
}

static PyObject *
build_value(const char **format, va_list *va)
{
    for (;;) {
        char unit = *(*format)++;

        switch (unit) {
        case '(':
            return build_sequence(format, va, ')', build_count(*format, ')'),
                                  0);
        case '[':
            return build_sequence(format, va, ']', build_count(*format, ']'),
                                  1);
        case '{':
            return build_dict(format, va, build_count(*format, '}'));
        case 'b': case 'B': case 'h': case 'i':
            return PyLong_FromLong(va_arg(*va, int));
        case 'H':
            return PyLong_FromLong((long)va_arg(*va, unsigned int));
        case 'I':
            return PyLong_FromUnsignedLong(va_arg(*va, unsigned int));
        case 'n':
            return PyLong_FromSsize_t(va_arg(*va, Py_ssize_t));
        case 'l':
            return PyLong_FromLong(va_arg(*va, long));
        case 'k':
            return PyLong_FromUnsignedLong(va_arg(*va, unsigned long));
        case 'L':
            return PyLong_FromLongLong(va_arg(*va, long long));
        case 'K':
            return PyLong_FromUnsignedLongLong(
                va_arg(*va, unsigned long long));
        case 'u':
            return build_wide_text(format, va);
        case 'f': case 'd':
            return PyFloat_FromDouble(va_arg(*va, double));
        case 'D':
            return PyComplex_FromCComplex(*va_arg(*va, Py_complex *));
        case 'c': {
            char byte = (char)va_arg(*va, int);

            return PyBytes_FromStringAndSize(&byte, 1);
        }
        case 'C':
            return PyUnicode_FromOrdinal(va_arg(*va, int));
        case 's': case 'z': case 'U':
            return build_text(format, va, 0);
        case 'y':
            return build_text(format, va, 1);
        case 'N': case 'S': case 'O':
            return build_object(format, va, unit);
        case ':': case ',': case ' ': case '\t':
            break;
        default:
            PyErr_SetString(PyExc_SystemError,
                            "bad format char passed to Py_BuildValue");
            return NULL;
        }
    }
}

static PyObject *
build_from_format(const char *format, va_list va)
{
    Py_ssize_t n = build_count(format, '\0');
    PyObject *result;
    va_list copy;

    if (n < 0) {
        return NULL;
    }
    if (n == 0) {
        Py_RETURN_NONE;
    }
    va_copy(copy, va);
    result = n == 1 ? build_value(&format, &copy)
                    : build_sequence(&format, &copy, '\0', n, 0);
    va_end(copy);
    return result;
}

#undef Py_BuildValue
#undef Py_VaBuildValue
#undef _Py_VaBuildStack
PyAPI_FUNC(PyObject *) Py_BuildValue(const char *, ...);
PyAPI_FUNC(PyObject *) _Py_BuildValue_SizeT(const char *, ...);
PyAPI_FUNC(PyObject *) Py_VaBuildValue(const char *, va_list);
PyAPI_FUNC(PyObject *) _Py_VaBuildValue_SizeT(const char *, va_list);
PyAPI_FUNC(PyObject **) _Py_VaBuildStack(PyObject **, Py_ssize_t, const char *,
                                         va_list, Py_ssize_t *);
PyAPI_FUNC(PyObject **) _Py_VaBuildStack_SizeT(PyObject **, Py_ssize_t,
                                               const char *, va_list,
                                               Py_ssize_t *);

PyObject *
Py_BuildValue(const char *format, ...)
{
    va_list va;
    PyObject *result;

    va_start(va, format);
    result = build_from_format(format, va);
    va_end(va);
    return result;
}

PyObject *
_Py_BuildValue_SizeT(const char *format, ...)
{
    va_list va;
    PyObject *result;

    va_start(va, format);
    result = build_from_format(format, va);
    va_end(va);
    return result;
}

PyObject *
Py_VaBuildValue(const char *format, va_list va)
{
    return build_from_format(format, va);
}

PyObject *
_Py_VaBuildValue_SizeT(const char *format, va_list va)
{
    return build_from_format(format, va);
}

/* The values as an array: `small` if they fit, else new memory. */
static PyObject **
build_stack(PyObject **small, Py_ssize_t small_len, const char *format,
            va_list va, Py_ssize_t *nargs)
{
    Py_ssize_t n = build_count(format, '\0');
    PyObject **stack = small;
    va_list copy;

    *nargs = 0;
    if (n < 0) {
        return NULL;
    }
    if (n > small_len) {
        stack = PyMem_New(PyObject *, n);
        if (stack == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    va_copy(copy, va);
    for (Py_ssize_t i = 0; i < n; i++) {
        stack[i] = build_value(&format, &copy);
        if (stack[i] == NULL) {
            build_skip(&format, &copy, '\0', n - i - 1);
            va_end(copy);
            while (--i >= 0) {
                Py_DECREF(stack[i]);
            }
            if (stack != small) {
                PyMem_Free(stack);
            }
            return NULL;
        }
    }
    va_end(copy);
    *nargs = n;
    return stack;
}

PyObject **
_Py_VaBuildStack(PyObject **small, Py_ssize_t small_len, const char *format,
                 va_list va, Py_ssize_t *nargs)
{
    return build_stack(small, small_len, format, va, nargs);
}

PyObject **
_Py_VaBuildStack_SizeT(PyObject **small, Py_ssize_t small_len,
                       const char *format, va_list va, Py_ssize_t *nargs)
{
    return build_stack(small, small_len, format, va, nargs);
}

/* ---- modules ------------------------------------------------------------ */

int
PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    PyObject *dict;

    if (!PyModule_Check(module)) {
        PyErr_SetString(PyExc_TypeError,
                        "PyModule_AddObjectRef() first argument must be a "
                        "module");
        return -1;
    }
    if (value == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError,
                            "PyModule_AddObjectRef() must be called with an "
                            "exception raised if value is NULL");
        }
        return -1;
    }
    dict = PyModule_GetDict(module);
    if (dict == NULL) {
        PyErr_Format(PyExc_SystemError, "module '%s' has no __dict__",
                     PyModule_GetName(module));
        return -1;
    }
    return PyDict_SetItemString(dict, name, value);
}

/* Steals the value on success only. */
int
PyModule_AddObject(PyObject *module, const char *name, PyObject *value)
{
    int result = PyModule_AddObjectRef(module, name, value);

    if (result == 0) {
        Py_DECREF(value);
    }
    return result;
}

static int
module_add_new(PyObject *module, const char *name, PyObject *value)
{
    int result;

    if (value == NULL) {
        return -1;
    }
    result = PyModule_AddObjectRef(module, name, value);
    Py_DECREF(value);
    return result;
}

int
PyModule_AddIntConstant(PyObject *module, const char *name, long value)
{
    return module_add_new(module, name, PyLong_FromLong(value));
}

int
PyModule_AddStringConstant(PyObject *module, const char *name,
                           const char *value)
{
    return module_add_new(module, name, PyUnicode_FromString(value));
}

int
PyModule_AddType(PyObject *module, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, _PyType_Name(type),
                                 (PyObject *)type);
}
