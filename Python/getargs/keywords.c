/* Arguments by position and name.
 *
 * A parser's names: the first `pos` are "" (positional only); `min` arguments
 * are required; from `max` on ('$') only names are accepted.  All forms of
 * calling are one `call_args`: positional values, and names either as a dict
 * or as a tuple with the values behind the positional ones.
 */
#include "Python.h"

#include "internal/object.h"
#include "internal/runtime.h"
#include "getargs.h"

typedef struct {
    PyObject *const *args;
    Py_ssize_t nargs;
    PyObject *kwargs;              /* dict, or NULL */
    PyObject *kwnames;             /* tuple, or NULL */
    PyObject *const *kwvalues;     /* with kwnames */
    Py_ssize_t nkwargs;
} call_args;

static void
call_args_init(call_args *call, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwargs, PyObject *kwnames)
{
    *call = (call_args){.args = args, .nargs = nargs, .kwargs = kwargs,
                        .kwnames = kwnames};
    if (kwnames != NULL) {
        call->kwvalues = args + nargs;
        call->nkwargs = PyTuple_GET_SIZE(kwnames);
    }
    else if (kwargs != NULL) {
        call->nkwargs = PyDict_GET_SIZE(kwargs);
    }
}

/* The value given for a name, borrowed: 1/0/-1. */
static int
call_find(const call_args *call, PyObject *name, PyObject **value)
{
    *value = NULL;
    if (call->kwnames != NULL) {
        Py_ssize_t n = PyTuple_GET_SIZE(call->kwnames);

        for (Py_ssize_t i = 0; i < n; i++) {      /* identity is the rule */
            if (PyTuple_GET_ITEM(call->kwnames, i) == name) {
                *value = call->kwvalues[i];
                return 1;
            }
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            if (_PyUnicode_EQ(PyTuple_GET_ITEM(call->kwnames, i), name)) {
                *value = call->kwvalues[i];
                return 1;
            }
        }
        return 0;
    }
    if (call->kwargs != NULL) {
        *value = PyDict_GetItemWithError(call->kwargs, name);
        if (*value != NULL) {
            return 1;
        }
        return PyErr_Occurred() ? -1 : 0;
    }
    return 0;
}

/* ---- parsers ------------------------------------------------------------ */

/* Behind one unit of a format. */
static const char *
format_next(const char *p)
{
    char unit = *p++;

    if (unit == '(') {
        for (int depth = 1; depth > 0 && *p != '\0'; p++) {
            depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        }
        return p;
    }
    if (unit == 'e' && (*p == 's' || *p == 't')) {
        p++;
    }
    while (*p == '#' || *p == '*' || *p == '!' || *p == '&') {
        p++;
    }
    return p;
}

typedef struct {
    const char *function, *custom;
    int pos, min, max, len;
} parser_shape;

/* Reads keywords and format (may be NULL: then only names count).  Raises
 * SystemError if they don't fit together. */
static int
shape_scan(const char *format, const char *const *keywords,
           parser_shape *shape)
{
    int i = 0;

    *shape = (parser_shape){.min = INT_MAX, .max = INT_MAX};
    while (keywords[shape->pos] != NULL && keywords[shape->pos][0] == '\0') {
        shape->pos++;
    }
    for (shape->len = shape->pos; keywords[shape->len] != NULL;
         shape->len++) {
        if (keywords[shape->len][0] == '\0') {
            PyErr_SetString(PyExc_SystemError, "Empty keyword parameter name");
            return -1;
        }
    }
    if (format == NULL) {
        shape->min = shape->max = shape->len;
        return 0;
    }
    shape->function = strchr(format, ':');
    if (shape->function != NULL) {
        shape->function++;
    }
    else if ((shape->custom = strchr(format, ';')) != NULL) {
        shape->custom++;
    }
    for (const char *p = format;; i++) {
        if (*p == '|') {
            if (shape->min != INT_MAX) {
                PyErr_SetString(PyExc_SystemError,
                                "Invalid format string (| specified twice)");
                return -1;
            }
            if (shape->max != INT_MAX) {
                PyErr_SetString(PyExc_SystemError,
                                "Invalid format string ($ before |)");
                return -1;
            }
            shape->min = i;
            p++;
        }
        if (*p == '$') {
            if (shape->max != INT_MAX) {
                PyErr_SetString(PyExc_SystemError,
                                "Invalid format string ($ specified twice)");
                return -1;
            }
            if (i < shape->pos) {
                PyErr_SetString(PyExc_SystemError,
                                "Empty parameter name after $");
                return -1;
            }
            shape->max = i;
            p++;
        }
        if (*p == '\0' || *p == ':' || *p == ';') {
            break;
        }
        if (i >= shape->len) {
            PyErr_Format(PyExc_SystemError,
                         "more argument specifiers than keyword list entries "
                         "(remaining format:'%s')", p);
            return -1;
        }
        p = format_next(p);
    }
    if (i < shape->len) {
        PyErr_Format(PyExc_SystemError,
                     "more keyword list entries (%d) than format specifiers "
                     "(%d)", shape->len, i);
        return -1;
    }
    shape->min = Py_MIN(shape->min, shape->len);
    shape->max = Py_MIN(shape->max, shape->len);
    return 0;
}

static PyObject *
names_tuple(const char *const *keywords, int pos, int len)
{
    PyObject *names = PyTuple_New(len - pos);

    for (int i = pos; names != NULL && i < len; i++) {
        PyObject *name = PyUnicode_InternFromString(keywords[i]);

        if (name == NULL) {
            Py_CLEAR(names);
        }
        else {
            PyTuple_SET_ITEM(names, i - pos, name);
        }
    }
    return names;
}

static _PyArg_Parser *parser_list;        /* those with names of their own */

/* Fills in a parser at its first use. */
static int
parser_init(_PyArg_Parser *parser)
{
    parser_shape shape;

    if (parser->kwtuple != NULL && (parser->max != 0 || parser->min != 0 ||
                                    parser->pos != 0)) {
        return 0;
    }
    if (shape_scan(parser->format, parser->keywords, &shape) < 0) {
        return -1;
    }
    parser->pos = shape.pos;
    parser->min = shape.min;
    parser->max = shape.max;
    if (shape.function != NULL) {
        parser->fname = shape.function;
    }
    if (shape.custom != NULL) {
        parser->custom_msg = shape.custom;
    }
    if (parser->kwtuple == NULL) {
        parser->kwtuple = names_tuple(parser->keywords, shape.pos, shape.len);
        if (parser->kwtuple == NULL) {
            return -1;
        }
        parser->next = parser_list;
        parser_list = parser;
    }
    return 0;
}

void _PyArg_Fini(void);

/* Shutdown: forgets the names that parsers hold. */
void
_PyArg_Fini(void)
{
    while (parser_list != NULL) {
        _PyArg_Parser *parser = parser_list;

        parser_list = parser->next;
        parser->next = NULL;
        Py_CLEAR(parser->kwtuple);
        parser->pos = parser->min = parser->max = 0;
    }
}

static inline int
parser_len(const _PyArg_Parser *parser)
{
    return parser->pos + (int)PyTuple_GET_SIZE(parser->kwtuple);
}

/* ---- errors ------------------------------------------------------------- */

#define CALLED(FUNCTION)                                                      \
    (FUNCTION) == NULL ? "function" : (FUNCTION),                             \
        (FUNCTION) == NULL ? "" : "()"

static void
raise_positional_count(const char *function, const char *qualifier,
                       Py_ssize_t bound, Py_ssize_t nargs)
{
    PyErr_Format(PyExc_TypeError,
                 "%.200s%s takes %s %zd positional argument%s (%zd given)",
                 CALLED(function), qualifier, bound, bound == 1 ? "" : "s",
                 nargs);
}

static void
raise_total_count(const char *function, int len, const call_args *call)
{
    PyErr_Format(PyExc_TypeError,
                 "%.200s%s takes %s %d %sargument%s (%zd given)",
                 CALLED(function), "at most", len,
                 call->nargs == 0 ? "keyword " : "", len == 1 ? "" : "s",
                 call->nargs + call->nkwargs);
}

static void
raise_missing(const char *function, PyObject *name, int position)
{
    PyErr_Format(PyExc_TypeError,
                 "%.200s%s missing required argument '%U' (pos %i)",
                 CALLED(function), name, position);
}

/* A name that is in `names` at or below a given position was given twice;
 * otherwise some name is unknown.  Sets the exception for the first of
 * them. */
static void
raise_bad_name(const char *function, const call_args *call, PyObject *names,
               int pos)
{
    Py_ssize_t position = 0, i = 0;
    PyObject *name;

    for (Py_ssize_t j = pos; j < call->nargs; j++) {
        PyObject *value;

        if (j - pos >= PyTuple_GET_SIZE(names)) {
            break;
        }
        name = PyTuple_GET_ITEM(names, j - pos);
        switch (call_find(call, name, &value)) {
        case 1:
            PyErr_Format(PyExc_TypeError,
                         "argument for %.200s%s given by name ('%U') and "
                         "position (%zd)", CALLED(function), name, j + 1);
            return;
        case -1:
            return;
        }
    }
    for (;;) {
        int known;

        if (call->kwargs != NULL) {
            if (!PyDict_Next(call->kwargs, &position, &name, NULL)) {
                PyErr_Format(PyExc_TypeError,
                             "invalid keyword argument for %.200s%s",
                             CALLED(function));
                return;
            }
        }
        else {
            if (i >= call->nkwargs) {
                PyErr_Format(PyExc_TypeError,
                             "invalid keyword argument for %.200s%s",
                             CALLED(function));
                return;
            }
            name = PyTuple_GET_ITEM(call->kwnames, i++);
        }
        if (!PyUnicode_Check(name)) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
            return;
        }
        /* By text: a subclass's __eq__ has no say in what a name is. */
        known = 0;
        for (Py_ssize_t j = 0; !known && j < PyTuple_GET_SIZE(names); j++) {
            known = _PyUnicode_EQ(PyTuple_GET_ITEM(names, j), name);
        }
        if (!known) {
            PyErr_Format(PyExc_TypeError,
                         "'%S' is an invalid keyword argument for %.200s%s",
                         name, function == NULL ? "this function" : function,
                         function == NULL ? "" : "()");
            return;
        }
    }
}

/* ---- formats ------------------------------------------------------------ */

static int
check_counts(const call_args *call, const parser_shape *shape)
{
    if (call->nargs + call->nkwargs > shape->len) {
        raise_total_count(shape->function, shape->len, call);
        return -1;
    }
    if (call->nargs > shape->max) {
        if (shape->max == 0) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s%s takes no positional arguments",
                         CALLED(shape->function));
        }
        else {
            raise_positional_count(shape->function,
                                   shape->min < shape->max ? "at most"
                                                           : "exactly",
                                   shape->max, call->nargs);
        }
        return -1;
    }
    return 0;
}

static int
raise_missing_at(const call_args *call, const parser_shape *shape,
                 PyObject *names, int i)
{
    if (i < shape->pos) {
        Py_ssize_t bound = Py_MIN(shape->pos, shape->min);

        raise_positional_count(shape->function,
                               bound < shape->max ? "at least" : "exactly",
                               bound, call->nargs);
    }
    else {
        raise_missing(shape->function, PyTuple_GET_ITEM(names, i - shape->pos),
                      i + 1);
    }
    return 0;
}

/* What is missing or unknown is reported before anything is converted. */
static int
check_names(const call_args *call, const parser_shape *shape, PyObject *names)
{
    Py_ssize_t left = call->nkwargs;

    if (left == 0 && call->nargs >= shape->min) {
        return 0;
    }
    if (check_counts(call, shape) < 0) {
        return -1;
    }
    for (int i = (int)call->nargs; i < shape->len; i++) {
        PyObject *value = NULL;

        if (left > 0 && i >= shape->pos &&
            call_find(call, PyTuple_GET_ITEM(names, i - shape->pos),
                      &value) < 0) {
            return -1;
        }
        left -= value != NULL;
        if (value == NULL && i < shape->min) {
            raise_missing_at(call, shape, names, i);
            return -1;
        }
    }
    if (left > 0) {
        raise_bad_name(shape->function, call, names, shape->pos);
        return -1;
    }
    return 0;
}

/* As args_raise, but calls the argument by its name; keeps `message` in
 * SystemErrors about formats. */
static void
raise_for_name(int i, const char *message, int *levels,
               const parser_shape *shape, PyObject *names)
{
    if (PyErr_Occurred()) {
        return;
    }
    if (message[0] == '(' || shape->custom != NULL || levels[0] > 0 ||
        i < shape->pos || shape->function == NULL) {
        args_raise(i + 1, message, levels, shape->function, shape->custom);
        return;
    }
    PyErr_Format(PyExc_TypeError, "%.200s() argument '%U' %.256s",
                 shape->function, PyTuple_GET_ITEM(names, i - shape->pos),
                 message);
}

/* `names` may be NULL while no argument is missing or given by name: then
 * *made gets it on demand. */
static int
parse_with_names(args_reader *reader, const call_args *call,
                 const parser_shape *shape, PyObject *names, int by_name)
{
    Py_ssize_t left = call->nkwargs;

    if (check_counts(call, shape) < 0) {
        return 0;
    }
    for (int i = 0; i < shape->len; i++) {
        PyObject *value = NULL;
        const char *message;

        if (*reader->format == '|') {
            reader->format++;
        }
        if (*reader->format == '$') {
            reader->format++;
        }
        if (i < call->nargs) {
            value = call->args[i];
        }
        else if (left > 0 && i >= shape->pos) {
            if (call_find(call, PyTuple_GET_ITEM(names, i - shape->pos),
                          &value) < 0) {
                return 0;
            }
            left -= value != NULL;
        }
        if (value != NULL) {
            message = args_convert(reader, value, ARGS_SIZE_T);
            if (message != NULL) {
                if (by_name) {
                    raise_for_name(i, message, reader->levels, shape, names);
                }
                else {
                    args_raise(i + 1, message, reader->levels,
                               shape->function, shape->custom);
                }
                return 0;
            }
            continue;
        }
        if (i < shape->min) {
            return raise_missing_at(call, shape, names, i);
        }
        if (left == 0) {
            return 1;                    /* the rest keeps its defaults */
        }
        message = args_skip(&reader->format, &reader->va, ARGS_SIZE_T);
        if (message != NULL) {
            PyErr_Format(PyExc_SystemError, "%s: '%s'", message,
                         reader->format);
            return 0;
        }
    }
    if (left > 0) {
        raise_bad_name(shape->function, call, names, shape->pos);
        return 0;
    }
    return 1;
}

static int
parse_keywords(PyObject *args, PyObject *kwargs, const char *format,
               char **keywords, va_list va)
{
    const char *const *names_list = (const char *const *)keywords;
    PyObject *names = NULL;
    args_reader reader;
    parser_shape shape;
    call_args call;
    int result = 0;

    if (args == NULL || !PyTuple_Check(args) ||
        (kwargs != NULL && !PyDict_Check(kwargs)) || format == NULL ||
        keywords == NULL) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (shape_scan(format, names_list, &shape) < 0) {
        return 0;
    }
    call_args_init(&call, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args),
                   kwargs, NULL);
    /* FAST PATH: without names and with enough values nobody needs them. */
    if (call.nkwargs != 0 || call.nargs < shape.min) {
        names = names_tuple(names_list, shape.pos, shape.len);
        if (names == NULL) {
            return 0;
        }
    }
    reader.format = format;
    args_cleanups_init(&reader.cleanups);
    va_copy(reader.va, va);
    result = parse_with_names(&reader, &call, &shape, names, 0);
    va_end(reader.va);
    Py_XDECREF(names);
    return args_cleanups_finish(&reader.cleanups, result);
}

static int
parse_with_parser(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                  PyObject *kwnames, _PyArg_Parser *parser, va_list va)
{
    args_reader reader;
    parser_shape shape;
    call_args call;
    int result;

    if (parser == NULL) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (parser_init(parser) < 0) {
        return 0;
    }
    shape = (parser_shape){.function = parser->fname,
                           .custom = parser->custom_msg, .pos = parser->pos,
                           .min = parser->min, .max = parser->max,
                           .len = parser_len(parser)};
    call_args_init(&call, args, nargs, kwargs, kwnames);
    if (check_names(&call, &shape, parser->kwtuple) < 0) {
        return 0;
    }
    reader.format = parser->format;
    args_cleanups_init(&reader.cleanups);
    va_copy(reader.va, va);
    result = parse_with_names(&reader, &call, &shape, parser->kwtuple, 1);
    va_end(reader.va);
    return args_cleanups_finish(&reader.cleanups, result);
}

static int
parse_tuple_with_parser(PyObject *args, PyObject *kwargs,
                        _PyArg_Parser *parser, va_list va)
{
    if (args == NULL || !PyTuple_Check(args) ||
        (kwargs != NULL && !PyDict_Check(kwargs))) {
        PyErr_BadInternalCall();
        return 0;
    }
    return parse_with_parser(&PyTuple_GET_ITEM(args, 0),
                             PyTuple_GET_SIZE(args), kwargs, NULL, parser, va);
}

/* The functions with _SizeT are the same ones: '#' always means Py_ssize_t. */
#undef PyArg_ParseTupleAndKeywords
#undef PyArg_VaParseTupleAndKeywords
#undef _PyArg_ParseTupleAndKeywordsFast
#undef _PyArg_VaParseTupleAndKeywordsFast
#undef _PyArg_ParseStackAndKeywords
PyAPI_FUNC(int) PyArg_ParseTupleAndKeywords(PyObject *, PyObject *,
                                            const char *, char **, ...);
PyAPI_FUNC(int) _PyArg_ParseTupleAndKeywords_SizeT(PyObject *, PyObject *,
                                                   const char *, char **, ...);
PyAPI_FUNC(int) PyArg_VaParseTupleAndKeywords(PyObject *, PyObject *,
                                              const char *, char **, va_list);
PyAPI_FUNC(int) _PyArg_VaParseTupleAndKeywords_SizeT(PyObject *, PyObject *,
                                                     const char *, char **,
                                                     va_list);
PyAPI_FUNC(int) _PyArg_ParseTupleAndKeywordsFast(PyObject *, PyObject *,
                                                 _PyArg_Parser *, ...);
PyAPI_FUNC(int) _PyArg_ParseTupleAndKeywordsFast_SizeT(PyObject *, PyObject *,
                                                       _PyArg_Parser *, ...);
PyAPI_FUNC(int) _PyArg_VaParseTupleAndKeywordsFast(PyObject *, PyObject *,
                                                   _PyArg_Parser *, va_list);
PyAPI_FUNC(int) _PyArg_VaParseTupleAndKeywordsFast_SizeT(PyObject *,
                                                         PyObject *,
                                                         _PyArg_Parser *,
                                                         va_list);
PyAPI_FUNC(int) _PyArg_ParseStackAndKeywords(PyObject *const *, Py_ssize_t,
                                             PyObject *, _PyArg_Parser *, ...);
PyAPI_FUNC(int) _PyArg_ParseStackAndKeywords_SizeT(PyObject *const *,
                                                   Py_ssize_t, PyObject *,
                                                   _PyArg_Parser *, ...);

#define KEYWORDS(NAME) \
    int NAME(PyObject *args, PyObject *kwargs, const char *format, \
             char **keywords, ...) \
    { \
        va_list va; \
        int result; \
        va_start(va, keywords); \
        result = parse_keywords(args, kwargs, format, keywords, va); \
        va_end(va); \
        return result; \
    }
KEYWORDS(PyArg_ParseTupleAndKeywords)
KEYWORDS(_PyArg_ParseTupleAndKeywords_SizeT)
#undef KEYWORDS

int
PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *kwargs,
                              const char *format, char **keywords, va_list va)
{
    return parse_keywords(args, kwargs, format, keywords, va);
}

int
_PyArg_VaParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kwargs,
                                     const char *format, char **keywords,
                                     va_list va)
{
    return parse_keywords(args, kwargs, format, keywords, va);
}

#define FAST(NAME) \
    int NAME(PyObject *args, PyObject *kwargs, _PyArg_Parser *parser, ...) \
    { \
        va_list va; \
        int result; \
        va_start(va, parser); \
        result = parse_tuple_with_parser(args, kwargs, parser, va); \
        va_end(va); \
        return result; \
    }
FAST(_PyArg_ParseTupleAndKeywordsFast)
FAST(_PyArg_ParseTupleAndKeywordsFast_SizeT)
#undef FAST

int
_PyArg_VaParseTupleAndKeywordsFast(PyObject *args, PyObject *kwargs,
                                   _PyArg_Parser *parser, va_list va)
{
    return parse_tuple_with_parser(args, kwargs, parser, va);
}

int
_PyArg_VaParseTupleAndKeywordsFast_SizeT(PyObject *args, PyObject *kwargs,
                                         _PyArg_Parser *parser, va_list va)
{
    return parse_tuple_with_parser(args, kwargs, parser, va);
}

#define STACK(NAME) \
    int NAME(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, \
             _PyArg_Parser *parser, ...) \
    { \
        va_list va; \
        int result; \
        va_start(va, parser); \
        result = parse_with_parser(args, nargs, NULL, kwnames, parser, va); \
        va_end(va); \
        return result; \
    }
STACK(_PyArg_ParseStackAndKeywords)
STACK(_PyArg_ParseStackAndKeywords_SizeT)
#undef STACK

/* ---- unpacking without formats ------------------------------------------ */

/* How many arguments a caller of _PyArg_UnpackKeywords* wants. */
typedef struct {
    int minpos, maxpos;                 /* by position */
    int minkw;                          /* of those that are only by name */
} unpack_limits;

static int
unpack_check_counts(const call_args *call, const _PyArg_Parser *parser,
                    const unpack_limits *limits)
{
    const int minpos = limits->minpos, maxpos = limits->maxpos;
    int len = parser_len(parser);

    if (call->nargs + call->nkwargs > len) {
        raise_total_count(parser->fname, len, call);
        return -1;
    }
    if (call->nargs > maxpos) {
        if (maxpos == 0) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s%s takes no positional arguments",
                         CALLED(parser->fname));
        }
        else {
            raise_positional_count(parser->fname,
                                   minpos < maxpos ? "at most" : "exactly",
                                   maxpos, call->nargs);
        }
        return -1;
    }
    if (minpos == parser->pos && call->nargs < minpos) {
        raise_positional_count(parser->fname,
                               minpos < maxpos ? "at least" : "exactly",
                               minpos, call->nargs);
        return -1;
    }
    return 0;
}

/* Fills out[i] from names for the parameters first .. len; from `vararg` (-1:
 * none) on one place further, behind the *args tuple. */
static int
unpack_names(const call_args *call, const _PyArg_Parser *parser, int first,
             const unpack_limits *limits, int vararg, PyObject **out)
{
    const int minpos = limits->minpos, maxpos = limits->maxpos;
    int len = parser_len(parser);
    int required = limits->minkw ? maxpos + limits->minkw : minpos;
    Py_ssize_t left = call->nkwargs;

    for (int i = first; i < len; i++) {
        PyObject *value = NULL, *name;

        if (i < parser->pos) {
            out[i + (vararg >= 0 && i >= vararg)] = NULL;
            if (i < minpos) {
                raise_positional_count(parser->fname,
                                       minpos < maxpos ? "at least"
                                                       : "exactly",
                                       Py_MIN(parser->pos, minpos),
                                       call->nargs);
                return -1;
            }
            continue;
        }
        name = PyTuple_GET_ITEM(parser->kwtuple, i - parser->pos);
        if (left > 0) {
            if (call_find(call, name, &value) < 0) {
                return -1;
            }
            left -= value != NULL;
        }
        out[i + (vararg >= 0 && i >= vararg)] = value;
        if (value == NULL &&
            (i < minpos || (maxpos <= i && i < required))) {
            raise_missing(parser->fname, name, i + 1);
            return -1;
        }
    }
    if (left > 0) {
        call_args seen = *call;

        seen.nargs = Py_MIN(call->nargs, first);
        raise_bad_name(parser->fname, &seen, parser->kwtuple, parser->pos);
        return -1;
    }
    return 0;
}

#undef _PyArg_UnpackKeywords
PyObject *const *
_PyArg_UnpackKeywords(PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwargs, PyObject *kwnames,
                      _PyArg_Parser *parser, int minpos, int maxpos, int minkw,
                      PyObject **buf)
{
    call_args call;

    if (parser == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (kwnames != NULL && !PyTuple_Check(kwnames)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (args == NULL && nargs == 0) {
        args = buf;
    }
    if (parser_init(parser) < 0) {
        return NULL;
    }
    call_args_init(&call, args, nargs, kwargs, kwnames);
    if (call.nkwargs == 0 && minkw == 0 && minpos <= nargs &&
        nargs <= maxpos && nargs == parser_len(parser)) {
        return args;                      /* FAST PATH: all by position */
    }
    const unpack_limits limits = {minpos, maxpos, minkw};
    if (unpack_check_counts(&call, parser, &limits) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        buf[i] = args[i];
    }
    if (unpack_names(&call, parser, (int)nargs, &limits, -1, buf) < 0) {
        return NULL;
    }
    return buf;
}

PyObject *const *
_PyArg_UnpackKeywordsWithVararg(PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwargs, PyObject *kwnames,
                                _PyArg_Parser *parser, int minpos, int maxpos,
                                int minkw, int vararg, PyObject **buf)
{
    const unpack_limits limits = {minpos, maxpos, minkw};
    Py_ssize_t named = Py_MIN(nargs, vararg), rest = nargs - named;
    PyObject *tuple;
    call_args call;

    if (parser == NULL || (kwnames != NULL && !PyTuple_Check(kwnames))) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (parser_init(parser) < 0) {
        return NULL;
    }
    call_args_init(&call, args, nargs, kwargs, kwnames);
    if (nargs < minpos && minpos == parser->pos) {
        raise_positional_count(parser->fname,
                               minpos < maxpos ? "at least" : "exactly",
                               minpos, nargs);
        return NULL;
    }
    tuple = PyTuple_New(rest);
    if (tuple == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < rest; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[vararg + i]));
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        buf[i] = args[i];
    }
    buf[vararg] = tuple;
    if (unpack_names(&call, parser, (int)named, &limits, vararg, buf) < 0) {
        Py_DECREF(tuple);
        buf[vararg] = NULL;
        return NULL;
    }
    return buf;
}
