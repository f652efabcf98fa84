/* str: replace, padding, expandtabs, concatenation and repetition. */
#include "Python.h"
#include "unicode.h"

/* ---- replace ------------------------------------------------------------ */

/* The smallest representation of a string whose largest character may have
 * gone.  Steals text. */
static PyObject *
unicode_shrink(PyObject *text)
{
    int kind = unicode_kind(text);
    Py_ssize_t n = unicode_length(text);

    if (unicode_find_max_char(kind, unicode_data(text), n) ==
        unicode_max_char(text)) {
        return text;
    }
    PyObject *result = PyUnicode_FromKindAndData(kind, unicode_data(text), n);
    Py_DECREF(text);
    return result;
}

/* Writes self with new between its characters, at most count times. */
static void
interleave(PyObject *self, PyObject *new, Py_ssize_t count, int kind,
           char *target)
{
    Py_ssize_t n = unicode_length(self), m = unicode_length(new);
    int self_kind = unicode_kind(self);
    const char *data = unicode_data(self);

    for (Py_ssize_t i = 0; i < count; i++) {
        unicode_copy_chars(kind, target, unicode_kind(new), unicode_data(new),
                           m);
        target += m * kind;
        if (i < n) {
            unicode_copy_chars(kind, target, self_kind, data + i * self_kind,
                               1);
            target += kind;
        }
    }
    if (count < n) {
        unicode_copy_chars(kind, target, self_kind, data + count * self_kind,
                           n - count);
    }
}

/* 0/-1 (MemoryError) */
static int
substitute(PyObject *self, PyObject *old, PyObject *new, Py_ssize_t count,
           int kind, char *target)
{
    Py_ssize_t n = unicode_length(self), start = 0;
    int self_kind = unicode_kind(self), new_kind = unicode_kind(new);
    const char *data = unicode_data(self);
    Py_ssize_t inline_places[64], *places = inline_places;
    int result = -1;

    if (count > (Py_ssize_t)Py_ARRAY_LENGTH(inline_places)) {
        places = PyMem_New(Py_ssize_t, count);
        if (places == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    if (unicode_find_all(self, old, count, places) != count) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t found = places[i];
        unicode_copy_chars(kind, target, self_kind, data + start * self_kind,
                           found - start);
        target += (found - start) * kind;
        unicode_copy_chars(kind, target, new_kind, unicode_data(new),
                           unicode_length(new));
        target += unicode_length(new) * kind;
        start = found + unicode_length(old);
    }
    unicode_copy_chars(kind, target, self_kind, data + start * self_kind,
                       n - start);
    result = 0;
done:
    if (places != inline_places) {
        PyMem_Free(places);
    }
    return result;
}

/* FAST PATH: one character by another, all of them, in equal kinds. */
static void
substitute_char(PyObject *result, Py_UCS4 from, Py_UCS4 to)
{
    int kind = unicode_kind(result);
    void *data = unicode_data(result);
    Py_ssize_t n = unicode_length(result);

    if (kind == 1) {
        Py_UCS1 *text = data;
        for (Py_ssize_t i = 0; i < n; i++) {
            text[i] = text[i] == from ? (Py_UCS1)to : text[i];
        }
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (unicode_read(kind, data, i) == from) {
            unicode_write(kind, data, i, to);
        }
    }
}

static PyObject *
unicode_replace(PyObject *self, PyObject *old, PyObject *new,
                Py_ssize_t limit)
{
    Py_ssize_t n = unicode_length(self), m_old = unicode_length(old);
    Py_ssize_t m_new = unicode_length(new);

    if (limit < 0) {
        limit = PY_SSIZE_T_MAX;
    }
    if (limit == 0 || unicode_kind(old) > unicode_kind(self) || old == new) {
        return unicode_result_unchanged(self);
    }
    Py_ssize_t count = unicode_count(self, old, 0, n, limit);
    if (count < 0) {
        return NULL;
    }
    if (count == 0) {
        return unicode_result_unchanged(self);
    }
    if (m_new > m_old && m_new - m_old > (PY_SSIZE_T_MAX - n) / count) {
        PyErr_SetString(PyExc_OverflowError, "replace string is too long");
        return NULL;
    }
    Py_UCS4 self_max = unicode_max_char(self), new_max = unicode_max_char(new);
    PyObject *result = PyUnicode_New(n + (m_new - m_old) * count,
                                     Py_MAX(self_max, new_max));
    if (result == NULL || unicode_length(result) == 0) {
        return result;
    }
    int kind = unicode_kind(result);
    if (m_old == 0) {
        interleave(self, new, count, kind, unicode_data(result));
        return result;
    }
    if (m_old == 1 && m_new == 1 && limit >= n) {
        unicode_copy_chars(kind, unicode_data(result), unicode_kind(self),
                           unicode_data(self), n);
        substitute_char(
            result, unicode_read(unicode_kind(old), unicode_data(old), 0),
            unicode_read(unicode_kind(new), unicode_data(new), 0));
    }
    else if (substitute(self, old, new, count, kind,
                        unicode_data(result)) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    if (self_max > new_max && unicode_max_char(old) == self_max) {
        return unicode_shrink(result);
    }
    return result;
}

PyObject *
PyUnicode_Replace(PyObject *self, PyObject *old, PyObject *new,
                  Py_ssize_t limit)
{
    if (unicode_ensure(self) < 0 || unicode_ensure(old) < 0 ||
        unicode_ensure(new) < 0) {
        return NULL;
    }
    return unicode_replace(self, old, new, limit);
}

PyObject *
unicode_replace_method(PyObject *self, PyObject *const *args,
                       Py_ssize_t nargs)
{
    Py_ssize_t limit = -1;

    if (!_PyArg_CheckPositional("replace", nargs, 2, 3)) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (!PyUnicode_Check(args[i])) {
            _PyArg_BadArgument("replace", i == 0 ? "argument 1" : "argument 2",
                               "str", args[i]);
            return NULL;
        }
        if (PyUnicode_READY(args[i]) < 0) {
            return NULL;
        }
    }
    if (nargs == 3) {
        PyObject *number = _PyNumber_Index(args[2]);
        if (number == NULL) {
            return NULL;
        }
        limit = PyLong_AsSsize_t(number);
        Py_DECREF(number);
        if (limit == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    return unicode_replace(self, args[0], args[1], limit);
}

/* ---- padding ------------------------------------------------------------ */

static PyObject *
unicode_pad(PyObject *self, Py_ssize_t left, Py_ssize_t right, Py_UCS4 fill)
{
    left = Py_MAX(left, 0);
    right = Py_MAX(right, 0);
    if (left == 0 && right == 0) {
        return unicode_result_unchanged(self);
    }
    Py_ssize_t n = unicode_length(self);
    if (left > PY_SSIZE_T_MAX - n || right > PY_SSIZE_T_MAX - (left + n)) {
        PyErr_SetString(PyExc_OverflowError, "padded string is too long");
        return NULL;
    }
    Py_UCS4 max_char = unicode_max_char(self);
    PyObject *result = PyUnicode_New(left + n + right, Py_MAX(max_char, fill));
    if (result != NULL) {
        _PyUnicode_FastFill(result, 0, left, fill);
        _PyUnicode_FastCopyCharacters(result, left, self, 0, n);
        _PyUnicode_FastFill(result, left + n, right, fill);
    }
    return result;
}

static int
as_ssize(PyObject *object, Py_ssize_t *value)
{
    PyObject *number = _PyNumber_Index(object);

    if (number == NULL) {
        return -1;
    }
    *value = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

/* (width, fillchar=' ') */
static int
parse_pad(const char *name, PyObject *const *args, Py_ssize_t nargs,
          Py_ssize_t *width, Py_UCS4 *fill)
{
    *fill = ' ';
    if (!_PyArg_CheckPositional(name, nargs, 1, 2) ||
        as_ssize(args[0], width) < 0) {
        return -1;
    }
    if (nargs == 1) {
        return 0;
    }
    if (!PyUnicode_Check(args[1])) {
        PyErr_Format(PyExc_TypeError,
                     "The fill character must be a unicode character, "
                     "not %.100s", Py_TYPE(args[1])->tp_name);
        return -1;
    }
    if (PyUnicode_READY(args[1]) < 0) {
        return -1;
    }
    if (unicode_length(args[1]) != 1) {
        PyErr_SetString(PyExc_TypeError,
                        "The fill character must be exactly one character "
                        "long");
        return -1;
    }
    *fill = unicode_read(unicode_kind(args[1]), unicode_data(args[1]), 0);
    return 0;
}

PyObject *
unicode_center_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;

    if (parse_pad("center", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    if (n >= width) {
        return unicode_result_unchanged(self);
    }
    Py_ssize_t margin = width - n;
    Py_ssize_t left = margin / 2 + (margin & width & 1);
    return unicode_pad(self, left, margin - left, fill);
}

PyObject *
unicode_ljust_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;

    if (parse_pad("ljust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return unicode_pad(
        self, 0, width > 0 ? width - unicode_length(self) : 0, fill);
}

PyObject *
unicode_rjust_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;

    if (parse_pad("rjust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return unicode_pad(
        self, width > 0 ? width - unicode_length(self) : 0, 0, fill);
}

PyObject *
unicode_zfill(PyObject *self, PyObject *argument)
{
    Py_ssize_t width;

    if (as_ssize(argument, &width) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    if (n >= width) {
        return unicode_result_unchanged(self);
    }
    Py_ssize_t fill = width - n;
    PyObject *result = unicode_pad(self, fill, 0, '0');
    if (result != NULL && n > 0) {
        int kind = unicode_kind(result);
        void *data = unicode_data(result);
        Py_UCS4 sign = unicode_read(kind, data, fill);
        if (sign == '+' || sign == '-') {
            unicode_write(kind, data, 0, sign);
            unicode_write(kind, data, fill, '0');
        }
    }
    return result;
}

/* ---- expandtabs --------------------------------------------------------- */

static PyObject *
raise_too_long(void)
{
    PyErr_SetString(PyExc_OverflowError, "new string is too long");
    return NULL;
}

PyObject *
unicode_expandtabs_method(PyObject *self, PyObject *const *args,
                          Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"tabsize", NULL};
    static _PyArg_Parser parser = {.format = "|i:expandtabs",
                                   .keywords = keywords};
    int tab_size = 8;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &tab_size)) {
        return NULL;
    }
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self), length = 0, column = 0;
    int found = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (ch == '\t') {
            found = 1;
            Py_ssize_t step = tab_size > 0 ? tab_size - column % tab_size : 0;
            if (step > PY_SSIZE_T_MAX - length) {
                return raise_too_long();
            }
            column += step;
            length += step;
        }
        else {
            if (length == PY_SSIZE_T_MAX) {
                return raise_too_long();
            }
            length++;
            column = ch == '\n' || ch == '\r' ? 0 : column + 1;
        }
    }
    if (!found) {
        return unicode_result_unchanged(self);
    }
    PyObject *result = PyUnicode_New(length, unicode_max_char(self));
    if (result == NULL) {
        return NULL;
    }
    void *target = unicode_data(result);
    Py_ssize_t at = 0;
    column = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (ch == '\t') {
            Py_ssize_t step = tab_size > 0 ? tab_size - column % tab_size : 0;
            _PyUnicode_FastFill(result, at, step, ' ');
            column += step;
            at += step;
        }
        else {
            unicode_write(kind, target, at++, ch);
            column = ch == '\n' || ch == '\r' ? 0 : column + 1;
        }
    }
    return result;
}

/* ---- concatenation ------------------------------------------------------ */

PyObject *
PyUnicode_Concat(PyObject *left, PyObject *right)
{
    if (unicode_ensure(left) < 0) {
        return NULL;
    }
    if (!PyUnicode_Check(right)) {
        PyErr_Format(PyExc_TypeError,
                     "can only concatenate str (not \"%.200s\") to str",
                     Py_TYPE(right)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(right) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(left), m = unicode_length(right);
    if (n == 0) {
        return PyUnicode_FromObject(right);
    }
    if (m == 0) {
        return PyUnicode_FromObject(left);
    }
    if (n > PY_SSIZE_T_MAX - m) {
        PyErr_SetString(PyExc_OverflowError,
                        "strings are too large to concat");
        return NULL;
    }
    Py_UCS4 a = unicode_max_char(left), b = unicode_max_char(right);
    PyObject *result = PyUnicode_New(n + m, Py_MAX(a, b));
    if (result != NULL) {
        _PyUnicode_FastCopyCharacters(result, 0, left, 0, n);
        _PyUnicode_FastCopyCharacters(result, n, right, 0, m);
    }
    return result;
}

/* Whether *left may grow in place to take right. */
static int
can_append(PyObject *left, PyObject *right)
{
    PyASCIIObject *ascii = (PyASCIIObject *)left;

    return Py_REFCNT(left) == 1 && PyUnicode_CheckExact(left) &&
           PyUnicode_CheckExact(right) && ascii->hash == -1 &&
           !ascii->state.interned && ascii->state.compact &&
           unicode_kind(right) <= unicode_kind(left) &&
           !(unicode_is_ascii(left) && !unicode_is_ascii(right));
}

void
PyUnicode_Append(PyObject **left_pointer, PyObject *right)
{
    if (left_pointer == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_BadInternalCall();
        }
        return;
    }
    PyObject *left = *left_pointer, *result = NULL;
    if (right == NULL || left == NULL || !PyUnicode_Check(left) ||
        PyUnicode_READY(left) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_BadInternalCall();
        }
        goto done;
    }
    if (!PyUnicode_Check(right)) {
        PyErr_Format(PyExc_TypeError,
                     "can only concatenate str (not \"%.200s\") to str",
                     Py_TYPE(right)->tp_name);
        goto done;
    }
    if (PyUnicode_READY(right) < 0) {
        goto done;
    }
    Py_ssize_t n = unicode_length(left), m = unicode_length(right);
    if (n > 0 && m > 0 && can_append(left, right)) {
        /* FAST PATH: same result without it */
        if (n > PY_SSIZE_T_MAX - m) {
            PyErr_SetString(PyExc_OverflowError,
                            "strings are too large to concat");
            goto done;
        }
        if (unicode_resize(left_pointer, n + m) == 0) {
            _PyUnicode_FastCopyCharacters(*left_pointer, n, right, 0, m);
            return;
        }
        goto done;
    }
    result = PyUnicode_Concat(left, right);
done:
    Py_XSETREF(*left_pointer, result);
}

void
PyUnicode_AppendAndDel(PyObject **left, PyObject *right)
{
    PyUnicode_Append(left, right);
    Py_XDECREF(right);
}
