/* str: the type, its iterators, representation and number grouping. */
#include "Python.h"
#include "internal/object.h"
#include "names.h"
#include "ucd.h"
#include "unicode.h"

/* ---- new ---------------------------------------------------------------- */

/* An instance of a subclass of str with the characters of text. */
static PyObject *
unicode_subtype_new(PyTypeObject *type, PyObject *text)
{
    Py_ssize_t n = unicode_length(text);
    int kind = unicode_kind(text);

    if (n > PY_SSIZE_T_MAX / kind - 1) {
        return PyErr_NoMemory();
    }
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    PyUnicodeObject *object = (PyUnicodeObject *)self;
    PyCompactUnicodeObject *compact = &object->_base;
    compact->_base.hash = -1;
    compact->_base.length = n;
    compact->_base.state.kind = (unsigned)kind;
    compact->_base.state.ascii = (unsigned)unicode_is_ascii(text);
    compact->_base.state.ready = 1;
    void *data = PyObject_Malloc((size_t)(n + 1) * kind);
    if (data == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(data, unicode_data(text), (size_t)(n + 1) * kind);
    object->data.any = data;
    if (unicode_is_ascii(text)) {
        compact->utf8 = data;
        compact->utf8_length = n;
    }
    if (kind == sizeof(wchar_t)) {
        compact->_base.wstr = data;
        compact->wstr_length = n;
    }
    compact->_base.hash = ((PyASCIIObject *)text)->hash;
    return self;
}

static PyObject *
unicode_from_arguments(PyObject *object, const char *encoding,
                       const char *errors)
{
    if (object == NULL) {
        return Py_NewRef(unicode_empty());
    }
    if (encoding == NULL && errors == NULL) {
        return PyObject_Str(object);
    }
    return PyUnicode_FromEncodedObject(object, encoding, errors);
}

/* The text of an argument that must be str. 0/-1 */
static int
parse_text(const char *what, PyObject *argument, const char **text)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(argument)) {
        _PyArg_BadArgument("str", what, "str", argument);
        return -1;
    }
    *text = PyUnicode_AsUTF8AndSize(argument, &size);
    if (*text == NULL) {
        return -1;
    }
    if (strlen(*text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return -1;
    }
    return 0;
}

static PyObject *
unicode_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"object", "encoding", "errors",
                                           NULL};
    static _PyArg_Parser parser = {.keywords = keywords, .fname = "str"};
    PyObject *object = NULL, *buffer[3] = {NULL, NULL, NULL};
    const char *encoding = NULL, *errors = NULL;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (kwargs == NULL && nargs <= 1) {
        object = nargs == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    }
    else {
        PyObject *const *values = _PyArg_UnpackKeywords(
            &PyTuple_GET_ITEM(args, 0), nargs, kwargs, NULL, &parser, 0, 3, 0,
            buffer);
        if (values == NULL) {
            return NULL;
        }
        /* Positional arguments come back as they are, only nargs. */
        Py_ssize_t count = values == buffer ? 3 : nargs;
        object = count > 0 ? values[0] : NULL;
        if ((count > 1 && values[1] != NULL &&
             parse_text("argument 'encoding'", values[1], &encoding) < 0) ||
            (count > 2 && values[2] != NULL &&
             parse_text("argument 'errors'", values[2], &errors) < 0)) {
            return NULL;
        }
    }
    PyObject *text = unicode_from_arguments(object, encoding, errors);
    if (text == NULL || type == &PyUnicode_Type) {
        return text;
    }
    PyObject *self = PyUnicode_READY(text) < 0
                         ? NULL
                         : unicode_subtype_new(type, text);
    Py_DECREF(text);
    return self;
}

/* type(object), without tuple and dict. */
static PyObject *
unicode_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                   PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (kwnames == NULL && nargs == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (kwnames == NULL && nargs == 1) {
        return PyObject_Str(args[0]);
    }
    PyObject *tuple = PyTuple_New(nargs), *kwargs = NULL, *result = NULL;
    if (tuple == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    if (kwnames != NULL) {
        kwargs = PyDict_New();
        if (kwargs == NULL) {
            goto done;
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
            if (PyDict_SetItem(kwargs, PyTuple_GET_ITEM(kwnames, i),
                               args[nargs + i]) < 0) {
                goto done;
            }
        }
    }
    result = unicode_new((PyTypeObject *)type, tuple, kwargs);
done:
    Py_DECREF(tuple);
    Py_XDECREF(kwargs);
    return result;
}

/* ---- repr --------------------------------------------------------------- */

/* Writes the character as repr shows it inside `quote` (at most 10). */
static inline int
repr_char(Py_UCS4 ch, Py_UCS4 quote, Py_UCS4 *out)
{
    if (ch == quote || ch == '\\') {
        out[0] = '\\';
        out[1] = ch;
        return 2;
    }
    if (ch >= ' ' && ch < 127) {
        out[0] = ch;
        return 1;
    }
    if (ch == '\t' || ch == '\n' || ch == '\r') {
        out[0] = '\\';
        out[1] = ch == '\t' ? 't' : ch == '\n' ? 'n' : 'r';
        return 2;
    }
    if (ch > 127 && _PyUnicode_IsPrintable(ch)) {
        out[0] = ch;
        return 1;
    }
    int digits = ch < 0x100 ? 2 : ch < 0x10000 ? 4 : 8;
    out[0] = '\\';
    out[1] = digits == 2 ? 'x' : digits == 4 ? 'u' : 'U';
    for (int i = 0; i < digits; i++) {
        out[2 + i] = (Py_UCS4)Py_hexdigits[ch >> (4 * (digits - 1 - i)) & 15];
    }
    return 2 + digits;
}

PyObject *
unicode_repr(PyObject *self)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self), single = 0, twice = 0;
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self), size = 2;
    Py_UCS4 max_char = 127, piece[10];

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        single |= ch == '\'';
        twice |= ch == '"';
    }
    Py_UCS4 quote = single && !twice ? '"' : '\'';
    if (unicode_is_ascii(self) && !(single && twice)) {
        /* FAST PATH: nothing to escape, seen without exits from the loop */
        const Py_UCS1 *text = data;
        unsigned special = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            special |= (text[i] < ' ') | (text[i] == '\\') |
                       (text[i] == 127);
        }
        if (!special && n <= PY_SSIZE_T_MAX - 2) {
            PyObject *plain = PyUnicode_New(n + 2, 127);
            if (plain != NULL) {
                Py_UCS1 *out = unicode_data(plain);
                out[0] = (Py_UCS1)quote;
                memcpy(out + 1, text, (size_t)n);
                out[n + 1] = (Py_UCS1)quote;
            }
            return plain;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int count = repr_char(unicode_read(kind, data, i), quote, piece);
        if (size > PY_SSIZE_T_MAX - count) {
            PyErr_SetString(PyExc_OverflowError,
                            "string is too long to generate repr");
            return NULL;
        }
        size += count;
        max_char = count == 1 && piece[0] > max_char ? piece[0] : max_char;
    }
    PyObject *result = PyUnicode_New(size, max_char);
    if (result == NULL) {
        return NULL;
    }
    int result_kind = unicode_kind(result);
    void *out = unicode_data(result);
    Py_ssize_t at = 0;
    unicode_write(result_kind, out, at++, quote);
    if (size == n + 2) {
        unicode_copy_chars(result_kind, (char *)out + result_kind, kind, data,
                           n);
        at += n;
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            int count = repr_char(unicode_read(kind, data, i), quote, piece);
            for (int j = 0; j < count; j++) {
                unicode_write(result_kind, out, at++, piece[j]);
            }
        }
    }
    unicode_write(result_kind, out, at, quote);
    return result;
}

static PyObject *
unicode_str(PyObject *self)
{
    return unicode_result_unchanged(self);
}

/* ---- sequence ----------------------------------------------------------- */

static Py_ssize_t
unicode_len(PyObject *self)
{
    return PyUnicode_READY(self) < 0 ? -1 : unicode_length(self);
}

static PyObject *
unicode_getitem(PyObject *self, Py_ssize_t index)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    if (index < 0 || index >= unicode_length(self)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return NULL;
    }
    return unicode_from_char(
        unicode_read(unicode_kind(self), unicode_data(self), index));
}

static PyObject *
unicode_slice(PyObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step;

    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = PySlice_AdjustIndices(unicode_length(self), &start, &stop,
                                         step);
    if (n <= 0) {
        return Py_NewRef(unicode_empty());
    }
    if (step == 1) {
        return unicode_substring(self, start, start + n);
    }
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_UCS4 max_char = 127;
    if (!unicode_is_ascii(self)) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_UCS4 ch = unicode_read(kind, data, start + i * step);
            max_char = Py_MAX(max_char, ch);
        }
    }
    if (n == 1) {
        return unicode_from_char(unicode_read(kind, data, start));
    }
    PyObject *result = PyUnicode_New(n, max_char);
    if (result != NULL) {
        int result_kind = unicode_kind(result);
        for (Py_ssize_t i = 0; i < n; i++) {
            unicode_write(result_kind, unicode_data(result), i,
                          unicode_read(kind, data, start + i * step));
        }
    }
    return result;
}

static PyObject *
unicode_subscript(PyObject *self, PyObject *item)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    if (PyIndex_Check(item)) {
        Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return unicode_getitem(self, index < 0 ? index + unicode_length(self)
                                               : index);
    }
    if (PySlice_Check(item)) {
        return unicode_slice(self, item);
    }
    PyErr_Format(PyExc_TypeError,
                 "string indices must be integers, not '%.200s'",
                 Py_TYPE(item)->tp_name);
    return NULL;
}

static PyObject *
unicode_repeat(PyObject *self, Py_ssize_t count)
{
    if (count < 1) {
        return Py_NewRef(unicode_empty());
    }
    if (count == 1) {
        return unicode_result_unchanged(self);
    }
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    if (n == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (n > PY_SSIZE_T_MAX / count) {
        PyErr_SetString(PyExc_OverflowError, "repeated string is too long");
        return NULL;
    }
    PyObject *result = PyUnicode_New(n * count, unicode_max_char(self));
    if (result == NULL) {
        return NULL;
    }
    if (n == 1) {
        _PyUnicode_FastFill(
            result, 0, count,
            unicode_read(unicode_kind(self), unicode_data(self), 0));
        return result;
    }
    size_t size = (size_t)n * (size_t)unicode_kind(self);
    size_t total = size * (size_t)count, done = size;
    char *out = unicode_data(result);
    memcpy(out, unicode_data(self), size);
    while (done < total) {
        size_t more = Py_MIN(done, total - done);
        memcpy(out + done, out, more);
        done += more;
    }
    return result;
}

static PySequenceMethods unicode_as_sequence = {
    .sq_length = unicode_len,
    .sq_concat = PyUnicode_Concat,
    .sq_repeat = unicode_repeat,
    .sq_item = unicode_getitem,
    .sq_contains = PyUnicode_Contains,
};

static PyMappingMethods unicode_as_mapping = {
    .mp_length = unicode_len,
    .mp_subscript = unicode_subscript,
};

static PyNumberMethods unicode_as_number = {
    .nb_remainder = unicode_format_percent,
};

/* ---- iterators ---------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *string;             /* owned; NULL when exhausted */
} StrIterator;

static void
iterator_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((StrIterator *)self)->string);
    PyObject_GC_Del(self);
}

static int
iterator_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((StrIterator *)self)->string);
    return 0;
}

static PyObject *
iterator_next(PyObject *self)
{
    StrIterator *it = (StrIterator *)self;
    PyObject *string = it->string;

    if (string == NULL) {
        return NULL;
    }
    if (it->index < unicode_length(string)) {
        return unicode_from_char(unicode_read(
            unicode_kind(string), unicode_data(string), it->index++));
    }
    it->string = NULL;
    Py_DECREF(string);
    return NULL;
}

static PyObject *
ascii_iterator_next(PyObject *self)
{
    StrIterator *it = (StrIterator *)self;
    PyObject *string = it->string;

    if (string == NULL) {
        return NULL;
    }
    if (it->index < unicode_length(string)) {
        return Py_NewRef(unicode_latin1_char(
            ((const Py_UCS1 *)((PyASCIIObject *)string + 1))[it->index++]));
    }
    it->string = NULL;
    Py_DECREF(string);
    return NULL;
}

static PyObject *
iterator_length_hint(PyObject *self, PyObject *unused)
{
    StrIterator *it = (StrIterator *)self;

    return PyLong_FromSsize_t(
        it->string == NULL ? 0 : unicode_length(it->string) - it->index);
}

static PyObject *
iterator_reduce(PyObject *self, PyObject *unused)
{
    StrIterator *it = (StrIterator *)self;
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));

    if (iter == NULL) {
        return NULL;
    }
    if (it->string == NULL) {
        return Py_BuildValue("N(O)", iter, unicode_empty());
    }
    return Py_BuildValue("N(O)n", iter, it->string, it->index);
}

static PyObject *
iterator_setstate(PyObject *self, PyObject *state)
{
    StrIterator *it = (StrIterator *)self;
    Py_ssize_t index = PyLong_AsSsize_t(state);

    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (it->string != NULL) {
        index = Py_MAX(index, 0);
        it->index = Py_MIN(index, unicode_length(it->string));
    }
    Py_RETURN_NONE;
}

static PyMethodDef iterator_methods[] = {
    {"__length_hint__", iterator_length_hint, METH_NOARGS,
     PyDoc_STR("The number of characters still to come.")},
    {"__reduce__", iterator_reduce, METH_NOARGS,
     PyDoc_STR("What pickle needs to make the iterator again.")},
    {"__setstate__", iterator_setstate, METH_O,
     PyDoc_STR("Set the position.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyUnicodeIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "str_iterator",
    .tp_basicsize = sizeof(StrIterator),
    .tp_dealloc = iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = iterator_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iterator_next,
    .tp_methods = iterator_methods,
};

PyTypeObject unicode_ascii_iterator_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "str_ascii_iterator",
    .tp_basicsize = sizeof(StrIterator),
    .tp_dealloc = iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = iterator_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = ascii_iterator_next,
    .tp_methods = iterator_methods,
};

PyObject *
unicode_iter(PyObject *self)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    StrIterator *it = unicode_is_ascii(self) && unicode_is_compact(self)
                          ? PyObject_GC_New(StrIterator,
                                            &unicode_ascii_iterator_type)
                          : PyObject_GC_New(StrIterator, &PyUnicodeIter_Type);
    if (it == NULL) {
        return NULL;
    }
    it->index = 0;
    it->string = Py_NewRef(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

/* ---- formatting --------------------------------------------------------- */

static PyObject *
unicode_format(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return unicode_build_format(self, args, kwargs);
}

static PyObject *
unicode_format_map(PyObject *self, PyObject *mapping)
{
    return unicode_build_format(self, NULL, mapping);
}

static PyObject *
unicode___format__(PyObject *self, PyObject *spec)
{
    _PyUnicodeWriter writer;

    if (!PyUnicode_Check(spec)) {
        _PyArg_BadArgument("__format__", "argument", "str", spec);
        return NULL;
    }
    if (PyUnicode_READY(spec) < 0 || PyUnicode_READY(self) < 0) {
        return NULL;
    }
    if (unicode_length(spec) == 0) {
        return PyUnicode_CheckExact(self) ? Py_NewRef(self)
                                          : PyObject_Str(self);
    }
    _PyUnicodeWriter_Init(&writer);
    if (_PyUnicode_FormatAdvancedWriter(&writer, self, spec, 0,
                                        unicode_length(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/* Writes source[start:start + n] in front of *at, which becomes its index. */
static void
put_before(_PyUnicodeWriter *writer, Py_ssize_t *at, PyObject *source,
           Py_ssize_t start, Py_ssize_t n)
{
    int kind = (int)writer->kind, source_kind = unicode_kind(source);

    *at -= n;
    unicode_copy_chars(kind, (char *)writer->data + *at * kind, source_kind,
                       (char *)unicode_data(source) + start * source_kind, n);
}

/* Digits with separators, padded by zeros to min_width.  Without writer only
 * counts; returns the number of characters (-1: error), and raises *maxchar
 * to that of the separator if one is needed.  With it, n_buffer is the result
 * of counting, and the characters are written at the writer's position. */
Py_ssize_t
_PyUnicode_InsertThousandsGrouping(_PyUnicodeWriter *writer,
                                   Py_ssize_t n_buffer, PyObject *digits,
                                   Py_ssize_t d_pos, Py_ssize_t n_digits,
                                   Py_ssize_t min_width, const char *grouping,
                                   PyObject *separator, Py_UCS4 *maxchar)
{
    Py_ssize_t at = writer != NULL ? writer->pos + n_buffer : 0;
    Py_ssize_t remaining = n_digits, count = 0;
    Py_ssize_t separator_length = unicode_length(separator);
    PyObject *pending = NULL;          /* separator before the next group */
    Py_ssize_t group = 0;
    int last = 0;

    min_width = Py_MAX(min_width, 0);
    while (!last) {
        /* The size of the next group: the last one repeats, CHAR_MAX ends. */
        if (*grouping == CHAR_MAX || (*grouping == 0 && group == 0)) {
            last = 1;
        }
        else if (*grouping != 0) {
            group = *grouping++;
        }
        Py_ssize_t left = Py_MAX(Py_MAX(remaining, min_width), 1);
        Py_ssize_t size = last ? left : Py_MIN(group, left);
        Py_ssize_t zeros = Py_MAX(0, size - remaining);
        Py_ssize_t taken = Py_MAX(0, Py_MIN(remaining, size));
        count += (pending != NULL ? separator_length : 0) + zeros + taken;
        remaining -= taken;
        if (writer != NULL) {                     /* from the right end */
            if (pending != NULL) {
                put_before(writer, &at, pending, 0, separator_length);
            }
            put_before(writer, &at, digits, d_pos + remaining, taken);
            for (Py_ssize_t i = 0; i < zeros; i++) {
                unicode_write((int)writer->kind, writer->data, --at, '0');
            }
        }
        min_width -= size;
        if (remaining <= 0 && min_width <= 0) {
            break;
        }
        pending = separator;
        if (maxchar != NULL) {
            Py_UCS4 ch = unicode_max_char(separator);
            *maxchar = Py_MAX(*maxchar, ch);
        }
        min_width -= separator_length;
    }
    return count;
}

PyObject *
_PyUnicode_TransformDecimalAndSpaceToASCII(PyObject *self)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    if (unicode_is_ascii(self)) {
        return Py_NewRef(self);
    }
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self);
    PyObject *result = PyUnicode_New(n, 127);
    if (result == NULL) {
        return NULL;
    }
    Py_UCS1 *out = unicode_data(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        int digit;
        if (ch < 127) {
            out[i] = (Py_UCS1)ch;
        }
        else if (_PyUnicode_IsWhitespace(ch)) {
            out[i] = ' ';
        }
        else if ((digit = _PyUnicode_ToDecimalDigit(ch)) >= 0) {
            out[i] = (Py_UCS1)('0' + digit);
        }
        else {
            out[i] = '?';
            if (unicode_resize(&result, i + 1) < 0) {
                Py_CLEAR(result);
            }
            break;
        }
    }
    return result;
}

/* ---- maketrans ---------------------------------------------------------- */

/* result[ord(from[i])] = to[i], or None without `to`. 0/-1 */
static int
map_characters(PyObject *result, PyObject *from, PyObject *to)
{
    for (Py_ssize_t i = 0; i < unicode_length(from); i++) {
        PyObject *key = PyLong_FromUnsignedLong(
            unicode_read(unicode_kind(from), unicode_data(from), i));
        PyObject *value = to == NULL
            ? Py_NewRef(Py_None)
            : PyLong_FromUnsignedLong(
                  unicode_read(unicode_kind(to), unicode_data(to), i));
        int status = -1;
        if (key != NULL && value != NULL) {
            status = PyDict_SetItem(result, key, value);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* result = the dict with one-character keys as numbers. 0/-1 */
static int
map_dict(PyObject *result, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    while (PyDict_Next(dict, &position, &key, &value)) {
        int status;
        if (PyUnicode_Check(key)) {
            if (PyUnicode_READY(key) < 0) {
                return -1;
            }
            if (unicode_length(key) != 1) {
                PyErr_SetString(PyExc_ValueError, "string keys in translate "
                                "table must be of length 1");
                return -1;
            }
            PyObject *number = PyLong_FromUnsignedLong(
                unicode_read(unicode_kind(key), unicode_data(key), 0));
            if (number == NULL) {
                return -1;
            }
            status = PyDict_SetItem(result, number, value);
            Py_DECREF(number);
        }
        else if (PyLong_Check(key)) {
            status = PyDict_SetItem(result, key, value);
        }
        else {
            PyErr_SetString(PyExc_TypeError, "keys in translate table must "
                            "be strings or integers");
            return -1;
        }
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
map_arguments(PyObject *result, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 1) {
        if (!PyDict_CheckExact(args[0])) {
            PyErr_SetString(PyExc_TypeError, "if you give only one argument "
                            "to maketrans it must be a dict");
            return -1;
        }
        return map_dict(result, args[0]);
    }
    if (!PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "first maketrans argument must be a "
                        "string if there is a second argument");
        return -1;
    }
    if (PyUnicode_READY(args[0]) < 0) {
        return -1;
    }
    if (unicode_length(args[0]) != unicode_length(args[1])) {
        PyErr_SetString(PyExc_ValueError, "the first two maketrans arguments "
                        "must have equal length");
        return -1;
    }
    if (map_characters(result, args[0], args[1]) < 0) {
        return -1;
    }
    return nargs == 3 ? map_characters(result, args[2], NULL) : 0;
}

PyObject *
unicode_maketrans(PyObject *unused, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("maketrans", nargs, 1, 3)) {
        return NULL;
    }
    for (Py_ssize_t i = 1; i < nargs; i++) {
        if (!PyUnicode_Check(args[i])) {
            _PyArg_BadArgument("maketrans",
                               i == 1 ? "argument 2" : "argument 3", "str",
                               args[i]);
            return NULL;
        }
        if (PyUnicode_READY(args[i]) < 0) {
            return NULL;
        }
    }
    PyObject *result = PyDict_New();
    if (result != NULL && map_arguments(result, args, nargs) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- small methods ------------------------------------------------------ */

static PyObject *
unicode___sizeof__(PyObject *self, PyObject *unused)
{
    PyASCIIObject *ascii = (PyASCIIObject *)self;
    Py_ssize_t size;

    if (unicode_is_compact(self)) {
        size = (Py_ssize_t)(unicode_is_ascii(self)
                                ? sizeof(PyASCIIObject)
                                : sizeof(PyCompactUnicodeObject)) +
               (unicode_length(self) + 1) * unicode_kind(self);
    }
    else {
        size = sizeof(PyUnicodeObject);
        if (((PyUnicodeObject *)self)->data.any != NULL) {
            size += (unicode_length(self) + 1) * unicode_kind(self);
        }
    }
    void *data = ascii->state.ready ? unicode_data(self) : NULL;
    int plain = unicode_is_compact(self) && unicode_is_ascii(self);
    PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)self;
    if (ascii->wstr != NULL && (void *)ascii->wstr != data) {
        size += (plain ? unicode_length(self) : compact->wstr_length) *
                    (Py_ssize_t)sizeof(wchar_t) + (Py_ssize_t)sizeof(wchar_t);
    }
    if (!plain && compact->utf8 != NULL && (void *)compact->utf8 != data) {
        size += compact->utf8_length + 1;
    }
    return PyLong_FromSsize_t(size);
}

static PyObject *
unicode___getnewargs__(PyObject *self, PyObject *unused)
{
    PyObject *copy = _PyUnicode_Copy(self);

    return copy == NULL ? NULL : Py_BuildValue("(N)", copy);
}

/* ---- the type ----------------------------------------------------------- */

#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)
#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))
#define DOC(text) PyDoc_STR(text)

static PyMethodDef unicode_methods[] = {
    {"encode", FUNCTION(unicode_encode_method), KEYWORDS,
     DOC("encode($self, /, encoding='utf-8', errors='strict')\n--\n\n"
         "Encode the string; errors names the error handler.")},
    {"replace", FUNCTION(unicode_replace_method), METH_FASTCALL,
     DOC("replace($self, old, new, count=-1, /)\n--\n\n"
         "Return a copy with old replaced by new, at most count times.")},
    {"split", FUNCTION(unicode_split_method), KEYWORDS,
     DOC("split($self, /, sep=None, maxsplit=-1)\n--\n\n"
         "List the parts between separators, at most maxsplit splits.")},
    {"rsplit", FUNCTION(unicode_rsplit_method), KEYWORDS,
     DOC("rsplit($self, /, sep=None, maxsplit=-1)\n--\n\n"
         "As split, but counting splits from the end.")},
    {"join", unicode_join, METH_O,
     DOC("join($self, iterable, /)\n--\n\n"
         "Concatenate the strings, with self between them.")},
    {"capitalize", unicode_capitalize, METH_NOARGS,
     DOC("capitalize($self, /)\n--\n\n"
         "First character in title case, the rest in lower case.")},
    {"casefold", unicode_casefold, METH_NOARGS,
     DOC("casefold($self, /)\n--\n\nFold case for comparisons.")},
    {"title", unicode_title, METH_NOARGS,
     DOC("title($self, /)\n--\n\nStart every word with title case.")},
    {"center", FUNCTION(unicode_center_method), METH_FASTCALL,
     DOC("center($self, width, fillchar=' ', /)\n--\n\n"
         "Pad on both sides to width.")},
    {"count", FUNCTION(unicode_count_method), METH_FASTCALL,
     DOC("S.count(sub[, start[, end]]) -> int\n\n"
         "Number of occurrences of sub in S[start:end], not overlapping.")},
    {"expandtabs", FUNCTION(unicode_expandtabs_method), KEYWORDS,
     DOC("expandtabs($self, /, tabsize=8)\n--\n\n"
         "Replace tabs by spaces up to the next column.")},
    {"find", FUNCTION(unicode_find_method), METH_FASTCALL,
     DOC("S.find(sub[, start[, end]]) -> int\n\n"
         "Lowest index of sub in S[start:end], or -1.")},
    {"partition", unicode_partition, METH_O,
     DOC("partition($self, sep, /)\n--\n\n"
         "Split at the first separator into a tuple of three.")},
    {"index", FUNCTION(unicode_index_method), METH_FASTCALL,
     DOC("S.index(sub[, start[, end]]) -> int\n\n"
         "As find, but ValueError if sub is absent.")},
    {"ljust", FUNCTION(unicode_ljust_method), METH_FASTCALL,
     DOC("ljust($self, width, fillchar=' ', /)\n--\n\n"
         "Pad on the right to width.")},
    {"lower", unicode_lower, METH_NOARGS,
     DOC("lower($self, /)\n--\n\nReturn the string in lower case.")},
    {"lstrip", FUNCTION(unicode_lstrip_method), METH_FASTCALL,
     DOC("lstrip($self, chars=None, /)\n--\n\n"
         "Remove leading whitespace, or leading chars.")},
    {"rfind", FUNCTION(unicode_rfind_method), METH_FASTCALL,
     DOC("S.rfind(sub[, start[, end]]) -> int\n\n"
         "Highest index of sub in S[start:end], or -1.")},
    {"rindex", FUNCTION(unicode_rindex_method), METH_FASTCALL,
     DOC("S.rindex(sub[, start[, end]]) -> int\n\n"
         "As rfind, but ValueError if sub is absent.")},
    {"rjust", FUNCTION(unicode_rjust_method), METH_FASTCALL,
     DOC("rjust($self, width, fillchar=' ', /)\n--\n\n"
         "Pad on the left to width.")},
    {"rstrip", FUNCTION(unicode_rstrip_method), METH_FASTCALL,
     DOC("rstrip($self, chars=None, /)\n--\n\n"
         "Remove trailing whitespace, or trailing chars.")},
    {"rpartition", unicode_rpartition, METH_O,
     DOC("rpartition($self, sep, /)\n--\n\n"
         "Split at the last separator into a tuple of three.")},
    {"splitlines", FUNCTION(unicode_splitlines_method), KEYWORDS,
     DOC("splitlines($self, /, keepends=False)\n--\n\n"
         "List the lines, with their ends if keepends.")},
    {"strip", FUNCTION(unicode_strip_method), METH_FASTCALL,
     DOC("strip($self, chars=None, /)\n--\n\n"
         "Remove whitespace, or chars, at both ends.")},
    {"swapcase", unicode_swapcase, METH_NOARGS,
     DOC("swapcase($self, /)\n--\n\nExchange upper and lower case.")},
    {"translate", unicode_translate, METH_O,
     DOC("translate($self, table, /)\n--\n\n"
         "Replace characters by table[ord(character)].")},
    {"upper", unicode_upper, METH_NOARGS,
     DOC("upper($self, /)\n--\n\nReturn the string in upper case.")},
    {"startswith", FUNCTION(unicode_startswith_method), METH_FASTCALL,
     DOC("S.startswith(prefix[, start[, end]]) -> bool\n\n"
         "Whether S[start:end] starts with prefix, or one of a tuple.")},
    {"endswith", FUNCTION(unicode_endswith_method), METH_FASTCALL,
     DOC("S.endswith(suffix[, start[, end]]) -> bool\n\n"
         "Whether S[start:end] ends with suffix, or one of a tuple.")},
    {"removeprefix", unicode_removeprefix, METH_O,
     DOC("removeprefix($self, prefix, /)\n--\n\n"
         "Return the string without the prefix, if it has it.")},
    {"removesuffix", unicode_removesuffix, METH_O,
     DOC("removesuffix($self, suffix, /)\n--\n\n"
         "Return the string without the suffix, if it has it.")},
    {"isascii", unicode_isascii, METH_NOARGS,
     DOC("isascii($self, /)\n--\n\nWhether all characters are ASCII.")},
    {"islower", unicode_islower, METH_NOARGS,
     DOC("islower($self, /)\n--\n\n"
         "Whether there are cased characters, all in lower case.")},
    {"isupper", unicode_isupper, METH_NOARGS,
     DOC("isupper($self, /)\n--\n\n"
         "Whether there are cased characters, all in upper case.")},
    {"istitle", unicode_istitle, METH_NOARGS,
     DOC("istitle($self, /)\n--\n\nWhether every word is in title case.")},
    {"isspace", unicode_isspace, METH_NOARGS,
     DOC("isspace($self, /)\n--\n\nWhether all characters are spaces.")},
    {"isdecimal", unicode_isdecimal, METH_NOARGS,
     DOC("isdecimal($self, /)\n--\n\nWhether all are decimal digits.")},
    {"isdigit", unicode_isdigit, METH_NOARGS,
     DOC("isdigit($self, /)\n--\n\nWhether all characters are digits.")},
    {"isnumeric", unicode_isnumeric, METH_NOARGS,
     DOC("isnumeric($self, /)\n--\n\nWhether all characters are numeric.")},
    {"isalpha", unicode_isalpha, METH_NOARGS,
     DOC("isalpha($self, /)\n--\n\nWhether all characters are letters.")},
    {"isalnum", unicode_isalnum, METH_NOARGS,
     DOC("isalnum($self, /)\n--\n\nWhether all are letters or numeric.")},
    {"isidentifier", unicode_isidentifier, METH_NOARGS,
     DOC("isidentifier($self, /)\n--\n\nWhether it could name something.")},
    {"isprintable", unicode_isprintable, METH_NOARGS,
     DOC("isprintable($self, /)\n--\n\nWhether repr would escape nothing.")},
    {"zfill", unicode_zfill, METH_O,
     DOC("zfill($self, width, /)\n--\n\n"
         "Pad with zeros, behind a sign, to width.")},
    {"format", FUNCTION(unicode_format), METH_VARARGS | METH_KEYWORDS,
     DOC("S.format(*args, **kwargs) -> str\n\n"
         "Fill the replacement fields in braces from the arguments.")},
    {"format_map", unicode_format_map, METH_O,
     DOC("S.format_map(mapping) -> str\n\n"
         "Fill the replacement fields in braces from the mapping.")},
    {"__format__", unicode___format__, METH_O,
     DOC("__format__($self, format_spec, /)\n--\n\n"
         "Return the string formatted by format_spec.")},
    {"maketrans", FUNCTION(unicode_maketrans), METH_FASTCALL | METH_STATIC,
     DOC("maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)\n--\n\n"
         "Make a table for translate from a dict, or from strings.")},
    {"__sizeof__", unicode___sizeof__, METH_NOARGS,
     DOC("__sizeof__($self, /)\n--\n\nThe size in memory, in bytes.")},
    {"__getnewargs__", unicode___getnewargs__, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(unicode_doc,
"str(object='') -> str\n"
"str(bytes_or_buffer[, encoding[, errors]]) -> str\n"
"\n"
"The text form of an object; or, with an encoding or error handler, the\n"
"decoded bytes.  encoding is 'utf-8' and errors 'strict' by default.");

PyTypeObject PyUnicode_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "str",
    .tp_basicsize = sizeof(PyUnicodeObject),
    .tp_dealloc = unicode_dealloc,
    .tp_repr = unicode_repr,
    .tp_as_number = &unicode_as_number,
    .tp_as_sequence = &unicode_as_sequence,
    .tp_as_mapping = &unicode_as_mapping,
    .tp_hash = unicode_hash,
    .tp_str = unicode_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_UNICODE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = unicode_doc,
    .tp_richcompare = PyUnicode_RichCompare,
    .tp_iter = unicode_iter,
    .tp_methods = unicode_methods,
    .tp_base = &PyBaseObject_Type,
    .tp_new = unicode_new,
    .tp_free = PyObject_Del,
    .tp_vectorcall = unicode_vectorcall,
};
