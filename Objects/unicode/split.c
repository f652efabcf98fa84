/* str: split, rsplit, splitlines, partition, strip and join. */
#include "Python.h"
#include "ucd.h"
#include "unicode.h"

const unsigned char _Py_ascii_whitespace[128] = {
    [0x09] = 1, [0x0a] = 1, [0x0b] = 1, [0x0c] = 1, [0x0d] = 1,
    [0x1c] = 1, [0x1d] = 1, [0x1e] = 1, [0x1f] = 1, [' '] = 1,
};

static inline int
is_space(Py_UCS4 ch)
{
    return ch < 128 ? _Py_ascii_whitespace[ch] : _PyUnicode_IsWhitespace(ch);
}

static inline int
is_linebreak(Py_UCS4 ch)
{
    return ch < 128 ? (ch >= 0x0a && ch <= 0x0d) || (ch >= 0x1c && ch <= 0x1e)
                    : _PyUnicode_IsLinebreak(ch);
}

/* ---- a list being filled ------------------------------------------------ */

static int
list_add_piece(PyObject *list, PyObject *self, Py_ssize_t start,
               Py_ssize_t end)
{
    PyObject *piece = unicode_substring(self, start, end);

    if (piece == NULL) {
        return -1;
    }
    int status = PyList_Append(list, piece);
    Py_DECREF(piece);
    return status;
}

/* ---- on whitespace ------------------------------------------------------ */

static inline __attribute__((always_inline)) int
split_space(PyObject *list, PyObject *self, int kind, Py_ssize_t limit)
{
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self), i = 0;

    while (limit-- > 0) {
        while (i < n && is_space(unicode_read(kind, data, i))) {
            i++;
        }
        if (i == n) {
            return 0;
        }
        Py_ssize_t start = i++;
        while (i < n && !is_space(unicode_read(kind, data, i))) {
            i++;
        }
        if (list_add_piece(list, self, start, i) < 0) {
            return -1;
        }
    }
    /* The limit is reached: the rest without the spaces around it. */
    while (i < n && is_space(unicode_read(kind, data, i))) {
        i++;
    }
    return i == n ? 0 : list_add_piece(list, self, i, n);
}

static inline __attribute__((always_inline)) int
rsplit_space(PyObject *list, PyObject *self, int kind, Py_ssize_t limit)
{
    const void *data = unicode_data(self);
    Py_ssize_t i = unicode_length(self);

    while (limit-- > 0) {
        while (i > 0 && is_space(unicode_read(kind, data, i - 1))) {
            i--;
        }
        if (i == 0) {
            return 0;
        }
        Py_ssize_t end = i--;
        while (i > 0 && !is_space(unicode_read(kind, data, i - 1))) {
            i--;
        }
        if (list_add_piece(list, self, i, end) < 0) {
            return -1;
        }
    }
    while (i > 0 && is_space(unicode_read(kind, data, i - 1))) {
        i--;
    }
    return i == 0 ? 0 : list_add_piece(list, self, 0, i);
}

typedef int (*splitter)(PyObject *list, PyObject *self, Py_ssize_t limit);

static int
split_on_space(PyObject *list, PyObject *self, Py_ssize_t limit)
{
    switch (unicode_kind(self)) {
    case 1:
        return split_space(list, self, 1, limit);
    case 2:
        return split_space(list, self, 2, limit);
    default:
        return split_space(list, self, 4, limit);
    }
}

static int
rsplit_on_space(PyObject *list, PyObject *self, Py_ssize_t limit)
{
    switch (unicode_kind(self)) {
    case 1:
        return rsplit_space(list, self, 1, limit);
    case 2:
        return rsplit_space(list, self, 2, limit);
    default:
        return rsplit_space(list, self, 4, limit);
    }
}

/* ---- on a separator ----------------------------------------------------- */

static int
split_on(PyObject *list, PyObject *self, PyObject *sep, Py_ssize_t limit)
{
    Py_ssize_t n = unicode_length(self), m = unicode_length(sep), start = 0;
    int kind = unicode_kind(self);

    if (m == 1 && kind == 1 && unicode_kind(sep) == 1) {
        /* FAST PATH: same result without it */
        const char *data = unicode_data(self);
        int ch = *(const Py_UCS1 *)unicode_data(sep);
        const char *found;
        while (limit-- > 0 && start < n &&
               (found = memchr(data + start, ch, (size_t)(n - start))) !=
                   NULL) {
            if (list_add_piece(list, self, start, found - data) < 0) {
                return -1;
            }
            start = found - data + 1;
        }
        return list_add_piece(list, self, start, n);
    }
    while (limit-- > 0) {
        Py_ssize_t found = unicode_find(self, sep, start, n);
        if (found < 0) {
            if (found == -2) {
                return -1;
            }
            break;
        }
        if (list_add_piece(list, self, start, found) < 0) {
            return -1;
        }
        start = found + m;
    }
    return list_add_piece(list, self, start, n);
}

static int
rsplit_on(PyObject *list, PyObject *self, PyObject *sep, Py_ssize_t limit)
{
    Py_ssize_t m = unicode_length(sep), end = unicode_length(self);

    while (limit-- > 0) {
        Py_ssize_t found = unicode_rfind(self, sep, 0, end);
        if (found < 0) {
            if (found == -2) {
                return -1;
            }
            break;
        }
        if (list_add_piece(list, self, found + m, end) < 0) {
            return -1;
        }
        end = found;
    }
    return list_add_piece(list, self, 0, end);
}

/* sep NULL: whitespace.  limit < 0: none. */
static PyObject *
split_any(PyObject *self, PyObject *sep, Py_ssize_t limit, int from_right)
{
    if (limit < 0) {
        limit = PY_SSIZE_T_MAX;
    }
    if (PyUnicode_READY(self) < 0 ||
        (sep != NULL && PyUnicode_READY(sep) < 0)) {
        return NULL;
    }
    if (sep != NULL && unicode_length(sep) == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        return NULL;
    }
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    int status = sep == NULL
        ? (from_right ? rsplit_on_space : split_on_space)(list, self, limit)
        : (from_right ? rsplit_on : split_on)(list, self, sep, limit);
    if (status == 0 && from_right) {
        status = PyList_Reverse(list);
    }
    if (status < 0) {
        Py_DECREF(list);
        return NULL;
    }
    return list;
}

PyObject *
PyUnicode_Split(PyObject *self, PyObject *sep, Py_ssize_t limit)
{
    if (unicode_ensure(self) < 0 || (sep != NULL && unicode_ensure(sep) < 0)) {
        return NULL;
    }
    return split_any(self, sep, limit, 0);
}

PyObject *
PyUnicode_RSplit(PyObject *self, PyObject *sep, Py_ssize_t limit)
{
    if (unicode_ensure(self) < 0 || (sep != NULL && unicode_ensure(sep) < 0)) {
        return NULL;
    }
    return split_any(self, sep, limit, 1);
}

static PyObject *
split_method(_PyArg_Parser *parser, PyObject *self, PyObject *const *args,
             Py_ssize_t nargs, PyObject *kwnames, int from_right)
{
    PyObject *sep = Py_None;
    Py_ssize_t limit = -1;

    if (kwnames == NULL && nargs <= 1) {
        /* FAST PATH: same result without it */
        if (nargs == 1) {
            sep = args[0];
        }
    }
    else if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser, &sep,
                                           &limit)) {
        return NULL;
    }
    if (sep == Py_None) {
        return split_any(self, NULL, limit, from_right);
    }
    if (!PyUnicode_Check(sep)) {
        PyErr_Format(PyExc_TypeError, "must be str or None, not %.100s",
                     Py_TYPE(sep)->tp_name);
        return NULL;
    }
    return split_any(self, sep, limit, from_right);
}

static const char *const split_keywords[] = {"sep", "maxsplit", NULL};

PyObject *
unicode_split_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|On:split",
                                   .keywords = split_keywords};
    return split_method(&parser, self, args, nargs, kwnames, 0);
}

PyObject *
unicode_rsplit_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|On:rsplit",
                                   .keywords = split_keywords};
    return split_method(&parser, self, args, nargs, kwnames, 1);
}

/* ---- lines -------------------------------------------------------------- */

PyObject *
PyUnicode_Splitlines(PyObject *self, int keep_ends)
{
    if (unicode_ensure(self) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self);
    PyObject *list = PyList_New(0);

    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n;) {
        Py_ssize_t start = i;
        while (i < n && !is_linebreak(unicode_read(kind, data, i))) {
            i++;
        }
        Py_ssize_t end = i;
        if (i < n) {
            i += 1 + (unicode_read(kind, data, i) == '\r' && i + 1 < n &&
                      unicode_read(kind, data, i + 1) == '\n');
            if (keep_ends) {
                end = i;
            }
        }
        if (list_add_piece(list, self, start, end) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

PyObject *
unicode_splitlines_method(PyObject *self, PyObject *const *args,
                          Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"keepends", NULL};
    static _PyArg_Parser parser = {.format = "|i:splitlines",
                                   .keywords = keywords};
    int keep_ends = 0;

    if ((nargs > 0 || kwnames != NULL) &&
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &keep_ends)) {
        return NULL;
    }
    return PyUnicode_Splitlines(self, keep_ends);
}

/* ---- partition ---------------------------------------------------------- */

static PyObject *
partition_any(PyObject *self, PyObject *sep, int from_right)
{
    if (unicode_ensure(self) < 0 || unicode_ensure(sep) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self), m = unicode_length(sep);
    if (m == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        return NULL;
    }
    Py_ssize_t found = from_right ? unicode_rfind(self, sep, 0, n)
                                  : unicode_find(self, sep, 0, n);
    if (found == -2) {
        return NULL;
    }
    if (found < 0) {
        PyObject *whole = PyUnicode_FromObject(self);
        if (whole == NULL) {
            return NULL;
        }
        PyObject *empty = unicode_empty();
        PyObject *result = from_right ? PyTuple_Pack(3, empty, empty, whole)
                                      : PyTuple_Pack(3, whole, empty, empty);
        Py_DECREF(whole);
        return result;
    }
    PyObject *left = unicode_substring(self, 0, found);
    PyObject *right = unicode_substring(self, found + m, n);
    PyObject *result = NULL;
    if (left != NULL && right != NULL) {
        result = PyTuple_Pack(3, left, sep, right);
    }
    Py_XDECREF(left);
    Py_XDECREF(right);
    return result;
}

PyObject *
PyUnicode_Partition(PyObject *self, PyObject *sep)
{
    return partition_any(self, sep, 0);
}

PyObject *
PyUnicode_RPartition(PyObject *self, PyObject *sep)
{
    return partition_any(self, sep, 1);
}

PyObject *
unicode_partition(PyObject *self, PyObject *sep)
{
    return partition_any(self, sep, 0);
}

PyObject *
unicode_rpartition(PyObject *self, PyObject *sep)
{
    return partition_any(self, sep, 1);
}

/* ---- strip -------------------------------------------------------------- */

enum { STRIP_LEFT = 0, STRIP_RIGHT = 1, STRIP_BOTH = 2 };

PyObject *
_PyUnicode_XStrip(PyObject *self, int side, PyObject *chars)
{
    if (PyUnicode_READY(self) < 0 || PyUnicode_READY(chars) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self), set_kind = unicode_kind(chars);
    const void *data = unicode_data(self), *set = unicode_data(chars);
    Py_ssize_t start = 0, end = unicode_length(self),
               m = unicode_length(chars);
    uint64_t filter = 0;

    for (Py_ssize_t i = 0; i < m; i++) {
        filter |= (uint64_t)1 << (unicode_read(set_kind, set, i) & 63);
    }
    if (side != STRIP_RIGHT) {
        while (start < end) {
            Py_UCS4 ch = unicode_read(kind, data, start);
            if (!(filter >> (ch & 63) & 1) ||
                unicode_find_char(set_kind, set, m, ch) < 0) {
                break;
            }
            start++;
        }
    }
    if (side != STRIP_LEFT) {
        while (end > start) {
            Py_UCS4 ch = unicode_read(kind, data, end - 1);
            if (!(filter >> (ch & 63) & 1) ||
                unicode_find_char(set_kind, set, m, ch) < 0) {
                break;
            }
            end--;
        }
    }
    return unicode_substring(self, start, end);
}

static PyObject *
strip_space(PyObject *self, int side)
{
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_ssize_t start = 0, end = unicode_length(self);

    if (side != STRIP_RIGHT) {
        while (start < end && is_space(unicode_read(kind, data, start))) {
            start++;
        }
    }
    if (side != STRIP_LEFT) {
        while (end > start && is_space(unicode_read(kind, data, end - 1))) {
            end--;
        }
    }
    return unicode_substring(self, start, end);
}

static PyObject *
strip_method(const char *name, PyObject *self, PyObject *const *args,
             Py_ssize_t nargs, int side)
{
    if (!_PyArg_CheckPositional(name, nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0 || args[0] == Py_None) {
        return strip_space(self, side);
    }
    if (!PyUnicode_Check(args[0])) {
        PyErr_Format(PyExc_TypeError, "%s arg must be None or str", name);
        return NULL;
    }
    return _PyUnicode_XStrip(self, side, args[0]);
}

PyObject *
unicode_strip_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("strip", self, args, nargs, STRIP_BOTH);
}

PyObject *
unicode_lstrip_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("lstrip", self, args, nargs, STRIP_LEFT);
}

PyObject *
unicode_rstrip_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("rstrip", self, args, nargs, STRIP_RIGHT);
}

/* ---- join --------------------------------------------------------------- */

/* Length and largest character of the result. 0/-1 */
static int
join_measure(PyObject *sep, PyObject *const *items, Py_ssize_t count,
             Py_ssize_t *length, Py_UCS4 *max_char)
{
    Py_ssize_t sep_length = count > 1 ? unicode_length(sep) : 0, total = 0;
    Py_UCS4 top = count > 1 ? unicode_max_char(sep) : 127;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = items[i];
        if (!PyUnicode_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "sequence item %zd: expected str instance, "
                         "%.80s found", i, Py_TYPE(item)->tp_name);
            return -1;
        }
        if (PyUnicode_READY(item) < 0) {
            return -1;
        }
        Py_ssize_t n = unicode_length(item) + (i > 0 ? sep_length : 0);
        if (n > PY_SSIZE_T_MAX - total) {
            PyErr_SetString(PyExc_OverflowError,
                            "join() result is too long for a Python string");
            return -1;
        }
        total += n;
        Py_UCS4 ch = unicode_max_char(item);
        top = Py_MAX(top, ch);
    }
    *length = total;
    *max_char = top;
    return 0;
}

static inline char *
join_put(char *target, int kind, PyObject *item)
{
    Py_ssize_t n = unicode_length(item);
    int item_kind = unicode_kind(item);

    if (item_kind == kind) {
        memcpy(target, unicode_data(item), (size_t)n * kind);
    }
    else {
        unicode_copy_chars(kind, target, item_kind, unicode_data(item), n);
    }
    return target + n * kind;
}

PyObject *
_PyUnicode_JoinArray(PyObject *sep, PyObject *const *items, Py_ssize_t count)
{
    PyObject *separator = sep == NULL ? unicode_latin1_char(' ') : sep;
    Py_ssize_t length;
    Py_UCS4 max_char;

    if (count == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (count == 1 && PyUnicode_CheckExact(items[0])) {
        return Py_NewRef(items[0]);
    }
    if (!PyUnicode_Check(separator)) {
        PyErr_Format(PyExc_TypeError,
                     "separator: expected str instance, %.80s found",
                     Py_TYPE(separator)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(separator) < 0 ||
        join_measure(separator, items, count, &length, &max_char) < 0) {
        return NULL;
    }
    PyObject *result = PyUnicode_New(length, max_char);
    if (result == NULL || length == 0) {
        return result;
    }
    int kind = unicode_kind(result);
    char *target = unicode_data(result);
    int with_separator = unicode_length(separator) > 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i > 0 && with_separator) {
            target = join_put(target, kind, separator);
        }
        target = join_put(target, kind, items[i]);
    }
    return result;
}

PyObject *
PyUnicode_Join(PyObject *sep, PyObject *iterable)
{
    PyObject *items = PySequence_Fast(iterable, "can only join an iterable");

    if (items == NULL) {
        return NULL;
    }
    PyObject *result = _PyUnicode_JoinArray(
        sep, PySequence_Fast_ITEMS(items), PySequence_Fast_GET_SIZE(items));
    Py_DECREF(items);
    return result;
}

PyObject *
unicode_join(PyObject *self, PyObject *iterable)
{
    return PyUnicode_Join(self, iterable);
}
