/* Positional arguments by format, and the small checks that argument handling
 * consists of otherwise. */
#include "Python.h"

#include "getargs.h"

typedef struct {
    const char *function;          /* behind ':', or NULL */
    const char *custom;            /* behind ';', or NULL */
    int min, max;
} args_format;

/* Counts the units; raises SystemError for malformed formats. */
static int
format_scan(const char *format, int flags, args_format *found)
{
    int depth = 0, min = -1, max = 0;

    *found = (args_format){0};
    for (const char *p = format;; p++) {
        switch (*p) {
        case '(':
            if (depth++ == 0) {
                max++;
            }
            if (depth >= ARGS_MAX_LEVELS) {
                Py_FatalError("too many tuple nesting levels in argument "
                              "format string");
            }
            break;
        case ')':
            if (depth-- == 0) {
                Py_FatalError("excess ')' in getargs format");
            }
            break;
        case ':':
            found->function = p + 1;
            goto end;
        case ';':
            found->custom = p + 1;
            goto end;
        case '|':
            if (depth == 0) {
                min = max;
            }
            break;
        case '\0':
            goto end;
        default:
            if (depth == 0 && Py_ISALPHA(*p) && *p != 'e') {
                max++;
            }
        }
    }
end:
    if (depth != 0) {
        Py_FatalError("missing ')' in getargs format");
    }
    found->min = min < 0 ? max : min;
    found->max = max;
    return 0;
}

static void
raise_count(const args_format *format, Py_ssize_t nargs)
{
    int too_few = nargs < format->min;
    int bound = too_few ? format->min : format->max;

    if (format->custom != NULL) {
        PyErr_SetString(PyExc_TypeError, format->custom);
        return;
    }
    PyErr_Format(PyExc_TypeError,
                 "%.150s%s takes %s %d argument%s (%zd given)",
                 format->function == NULL ? "function" : format->function,
                 format->function == NULL ? "" : "()",
                 format->min == format->max ? "exactly"
                 : too_few ? "at least" : "at most",
                 bound, bound == 1 ? "" : "s", nargs);
}

/* PyArg_Parse: one value, no counting unless the format is a tuple. */
static int
parse_compat(args_reader *reader, PyObject *arg, const args_format *info)
{
    const char *message;

    if (info->max == 0) {
        if (arg == NULL) {
            return 1;
        }
        PyErr_Format(PyExc_TypeError, "%.200s%s takes no arguments",
                     info->function == NULL ? "function" : info->function,
                     info->function == NULL ? "" : "()");
        return 0;
    }
    if (info->min == 1 && info->max == 1) {
        if (arg == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s%s takes at least one argument",
                         info->function == NULL ? "function" : info->function,
                         info->function == NULL ? "" : "()");
            return 0;
        }
        message = args_convert(reader, arg, ARGS_COMPAT | ARGS_SIZE_T);
        if (message == NULL) {
            return 1;
        }
        args_raise(reader->levels[0], message, reader->levels + 1,
                   info->function, info->custom);
        return 0;
    }
    PyErr_SetString(PyExc_SystemError,
                    "old style getargs format uses new features");
    return 0;
}

static int
parse_stack(args_reader *reader, PyObject *const *stack, Py_ssize_t nargs,
            const args_format *info)
{
    const char *format;

    if (nargs < info->min || nargs > info->max) {
        raise_count(info, nargs);
        return 0;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        const char *message;

        if (*reader->format == '|') {
            reader->format++;
        }
        message = args_convert(reader, stack[i], ARGS_SIZE_T);
        if (message != NULL) {
            args_raise(i + 1, message, reader->levels, info->function,
                       info->custom);
            return 0;
        }
    }
    format = reader->format;
    if (*format != '\0' && !Py_ISALPHA(*format) && *format != '(' &&
        *format != '|' && *format != ':' && *format != ';') {
        PyErr_Format(PyExc_SystemError, "bad format string: %.200s", format);
        return 0;
    }
    return 1;
}

static int
parse_array(PyObject *const *stack, Py_ssize_t nargs, const char *format,
            va_list va)
{
    args_reader reader;
    args_format info;
    int result;

    format_scan(format, 0, &info);
    reader.format = format;
    args_cleanups_init(&reader.cleanups);
    va_copy(reader.va, va);
    result = parse_stack(&reader, stack, nargs, &info);
    va_end(reader.va);
    return args_cleanups_finish(&reader.cleanups, result);
}

static int
parse_tuple(PyObject *args, const char *format, va_list va)
{
    if (args == NULL || !PyTuple_Check(args)) {
        PyErr_SetString(
            PyExc_SystemError,
            "new style getargs format but argument is not a tuple");
        return 0;
    }
    return parse_array(&PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args),
                       format, va);
}

static int
parse_old(PyObject *arg, const char *format, va_list va)
{
    args_reader reader;
    args_format info;
    int result;

    format_scan(format, ARGS_COMPAT, &info);
    reader.format = format;
    args_cleanups_init(&reader.cleanups);
    va_copy(reader.va, va);
    result = parse_compat(&reader, arg, &info);
    va_end(reader.va);
    return args_cleanups_finish(&reader.cleanups, result);
}

/* The functions with _SizeT are the same ones: '#' always means Py_ssize_t. */
#undef PyArg_Parse
#undef PyArg_ParseTuple
#undef PyArg_VaParse
#undef _PyArg_ParseStack
PyAPI_FUNC(int) PyArg_Parse(PyObject *, const char *, ...);
PyAPI_FUNC(int) PyArg_ParseTuple(PyObject *, const char *, ...);
PyAPI_FUNC(int) PyArg_VaParse(PyObject *, const char *, va_list);
PyAPI_FUNC(int) _PyArg_Parse_SizeT(PyObject *, const char *, ...);
PyAPI_FUNC(int) _PyArg_ParseTuple_SizeT(PyObject *, const char *, ...);
PyAPI_FUNC(int) _PyArg_VaParse_SizeT(PyObject *, const char *, va_list);
PyAPI_FUNC(int) _PyArg_ParseStack(PyObject *const *, Py_ssize_t, const char *,
                                  ...);
PyAPI_FUNC(int) _PyArg_ParseStack_SizeT(PyObject *const *, Py_ssize_t,
                                        const char *, ...);

#define VARIADIC(NAME, FIRST_TYPE, PARSE) \
    int \
    NAME(FIRST_TYPE args, const char *format, ...) \
    { \
        va_list va; \
        int result; \
        va_start(va, format); \
        result = PARSE(args, format, va); \
        va_end(va); \
        return result; \
    }
VARIADIC(PyArg_Parse, PyObject *, parse_old)
VARIADIC(_PyArg_Parse_SizeT, PyObject *, parse_old)
VARIADIC(PyArg_ParseTuple, PyObject *, parse_tuple)
VARIADIC(_PyArg_ParseTuple_SizeT, PyObject *, parse_tuple)
#undef VARIADIC

int
PyArg_VaParse(PyObject *args, const char *format, va_list va)
{
    return parse_tuple(args, format, va);
}

int
_PyArg_VaParse_SizeT(PyObject *args, const char *format, va_list va)
{
    return parse_tuple(args, format, va);
}

int
_PyArg_ParseStack(PyObject *const *args, Py_ssize_t nargs, const char *format,
                  ...)
{
    va_list va;
    int result;

    va_start(va, format);
    result = parse_array(args, nargs, format, va);
    va_end(va);
    return result;
}

int
_PyArg_ParseStack_SizeT(PyObject *const *args, Py_ssize_t nargs,
                        const char *format, ...)
{
    va_list va;
    int result;

    va_start(va, format);
    result = parse_array(args, nargs, format, va);
    va_end(va);
    return result;
}

/* ---- unpacking ---------------------------------------------------------- */

#undef _PyArg_CheckPositional
int
_PyArg_CheckPositional(const char *name, Py_ssize_t nargs, Py_ssize_t min,
                       Py_ssize_t max)
{
    Py_ssize_t bound;
    const char *qualifier;

    assert(min >= 0 && min <= max);
    if (nargs >= min && nargs <= max) {
        return 1;
    }
    bound = nargs < min ? min : max;
    qualifier = min == max ? "" : nargs < min ? "at least " : "at most ";
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError,
                     "%.200s expected %s%zd argument%s, got %zd", name,
                     qualifier, bound, bound == 1 ? "" : "s", nargs);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "unpacked tuple should have %s%zd element%s, but has %zd",
                     qualifier, bound, bound == 1 ? "" : "s", nargs);
    }
    return 0;
}

static int
unpack_array(PyObject *const *args, Py_ssize_t nargs, const char *name,
             Py_ssize_t min, Py_ssize_t max, va_list *va)
{
    if (!_PyArg_CheckPositional(name, nargs, min, max)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        *va_arg(*va, PyObject **) = args[i];
    }
    return 1;
}

int
PyArg_UnpackTuple(PyObject *args, const char *name, Py_ssize_t min,
                  Py_ssize_t max, ...)
{
    va_list va;
    int result;

    if (!PyTuple_Check(args)) {
        PyErr_SetString(PyExc_SystemError,
                        "PyArg_UnpackTuple() argument list is not a tuple");
        return 0;
    }
    va_start(va, max);
    result = unpack_array(&PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args),
                          name, min, max, &va);
    va_end(va);
    return result;
}

int
_PyArg_UnpackStack(PyObject *const *args, Py_ssize_t nargs, const char *name,
                   Py_ssize_t min, Py_ssize_t max, ...)
{
    va_list va;
    int result;

    va_start(va, max);
    result = unpack_array(args, nargs, name, min, max, &va);
    va_end(va);
    return result;
}

#undef _PyArg_NoKeywords
#undef _PyArg_NoKwnames
#undef _PyArg_NoPositional
int
_PyArg_NoKeywords(const char *function, PyObject *kwargs)
{
    if (kwargs == NULL) {
        return 1;
    }
    if (!PyDict_CheckExact(kwargs)) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (PyDict_GET_SIZE(kwargs) == 0) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%.200s() takes no keyword arguments",
                 function);
    return 0;
}

int
_PyArg_NoKwnames(const char *function, PyObject *kwnames)
{
    if (kwnames == NULL || PyTuple_GET_SIZE(kwnames) == 0) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%s() takes no keyword arguments", function);
    return 0;
}

int
_PyArg_NoPositional(const char *function, PyObject *args)
{
    if (args == NULL) {
        return 1;
    }
    if (!PyTuple_CheckExact(args)) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (PyTuple_GET_SIZE(args) == 0) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%.200s() takes no positional arguments",
                 function);
    return 0;
}

void
_PyArg_BadArgument(const char *function, const char *argument,
                   const char *expected, PyObject *arg)
{
    PyErr_Format(PyExc_TypeError, "%.200s() %.200s must be %.50s, not %.50s",
                 function, argument, expected,
                 arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
}

int
PyArg_ValidateKeywordArguments(PyObject *kwargs)
{
    if (!PyDict_Check(kwargs)) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (!_PyDict_HasOnlyStringKeys(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "keywords must be strings");
        return 0;
    }
    return 1;
}

/* Converter for "O&": None leaves the target alone. */
int
_Py_convert_optional_to_ssize_t(PyObject *op, void *target)
{
    Py_ssize_t value;

    if (op == Py_None) {
        return 1;
    }
    if (!PyIndex_Check(op)) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be integer or None, not '%.200s'",
                     Py_TYPE(op)->tp_name);
        return 0;
    }
    value = PyNumber_AsSsize_t(op, PyExc_OverflowError);
    if (value == -1 && PyErr_Occurred()) {
        return 0;
    }
    *(Py_ssize_t *)target = value;
    return 1;
}
