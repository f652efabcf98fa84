/* Methods that bytes and bytearray share: they work on (text, n), or on a
 * bytes_receiver where they make objects of the receiver's type. */
#include "Python.h"

#include "bytes.h"

#include <stdbool.h>

/* ---- results ---- */

static PyObject *
make_whole(const bytes_receiver *self)
{
    return self->whole != NULL ? Py_NewRef(self->whole)
                               : self->make(self->data, self->n);
}

/* Where the bytes of an object of the maker's type are. */
static char *
data_of(PyObject *op)
{
    return PyBytes_Check(op) ? PyBytes_AS_STRING(op)
                             : PyByteArray_AS_STRING(op);
}

/* ---- find and friends ---- */

/* What is searched: a buffer or a single byte. */
typedef struct {
    Py_buffer view;
    bool has_view;
    char byte;
    const char *data;
    Py_ssize_t n;
} needle_arg;

static void
needle_free(needle_arg *needle)
{
    if (needle->has_view) {
        PyBuffer_Release(&needle->view);
    }
}

static int
needle_from(PyObject *op, needle_arg *needle)
{
    needle->has_view = false;
    if (PyObject_CheckBuffer(op)) {
        if (PyObject_GetBuffer(op, &needle->view, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        needle->has_view = true;
        needle->data = needle->view.buf;
        needle->n = needle->view.len;
        return 0;
    }
    if (!PyIndex_Check(op)) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be integer or bytes-like object, not "
                     "'%.200s'",
                     Py_TYPE(op)->tp_name);
        return -1;
    }
    Py_ssize_t value = PyNumber_AsSsize_t(op, NULL);
    if (value == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (value < 0 || value > 255) {
        PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
        return -1;
    }
    needle->byte = (char)value;
    needle->data = &needle->byte;
    needle->n = 1;
    return 0;
}

static void
clip_range(Py_ssize_t n, Py_ssize_t *start, Py_ssize_t *end)
{
    if (*end > n) {
        *end = n;
    }
    else if (*end < 0) {
        *end = Py_MAX(*end + n, 0);
    }
    if (*start < 0) {
        *start = Py_MAX(*start + n, 0);
    }
}

/* Parses (needle[, start[, end]]) and finds; -2 with an exception. */
static Py_ssize_t
find_in(const char *text, Py_ssize_t n, PyObject *args, const char *format,
        bool from_right)
{
    PyObject *sub;                                              /* borrowed */
    Py_ssize_t start = 0, end = PY_SSIZE_T_MAX, at = -1;
    needle_arg needle;

    if (!PyArg_ParseTuple(args, format, &sub, _PyEval_SliceIndex, &start,
                          _PyEval_SliceIndex, &end) ||
        needle_from(sub, &needle) < 0) {
        return -2;
    }
    clip_range(n, &start, &end);
    if (end - start >= needle.n) {
        at = from_right ? bytes_find_last(text + start, end - start,
                                          needle.data, needle.n)
                        : bytes_find_first(text + start, end - start,
                                           needle.data, needle.n);
        if (at >= 0) {
            at += start;
        }
    }
    needle_free(&needle);
    return at;
}

static PyObject *
found_or_error(Py_ssize_t at)
{
    if (at == -1) {
        PyErr_SetString(PyExc_ValueError, "subsection not found");
        return NULL;
    }
    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

PyObject *
bytes_method_find(const char *text, Py_ssize_t n, PyObject *args)
{
    Py_ssize_t at = find_in(text, n, args, "O|O&O&:find", false);

    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

PyObject *
bytes_method_rfind(const char *text, Py_ssize_t n, PyObject *args)
{
    Py_ssize_t at = find_in(text, n, args, "O|O&O&:rfind", true);

    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

PyObject *
bytes_method_index(const char *text, Py_ssize_t n, PyObject *args)
{
    return found_or_error(find_in(text, n, args, "O|O&O&:index", false));
}

PyObject *
bytes_method_rindex(const char *text, Py_ssize_t n, PyObject *args)
{
    return found_or_error(find_in(text, n, args, "O|O&O&:rindex", true));
}

PyObject *
bytes_method_count(const char *text, Py_ssize_t n, PyObject *args)
{
    PyObject *sub;                                              /* borrowed */
    Py_ssize_t start = 0, end = PY_SSIZE_T_MAX;
    needle_arg needle;

    if (!PyArg_ParseTuple(args, "O|O&O&:count", &sub, _PyEval_SliceIndex,
                          &start, _PyEval_SliceIndex, &end) ||
        needle_from(sub, &needle) < 0) {
        return NULL;
    }
    clip_range(n, &start, &end);
    Py_ssize_t count = bytes_count_of(text + start, end - start, needle.data,
                                      needle.n, PY_SSIZE_T_MAX);
    needle_free(&needle);
    return PyLong_FromSsize_t(count);
}

int
bytes_contains(const char *text, Py_ssize_t n, PyObject *item)
{
    Py_ssize_t value = -1;

    if (PyIndex_Check(item)) {
        value = PyNumber_AsSsize_t(item, NULL);
        if (value == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (value < 0 || value > 255) {
            PyErr_SetString(PyExc_ValueError,
                            "byte must be in range(0, 256)");
            return -1;
        }
        return n > 0 && memchr(text, (int)value, (size_t)n) != NULL;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(item, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    Py_ssize_t at = bytes_find_first(text, n, view.buf, view.len);
    PyBuffer_Release(&view);
    return at >= 0;
}

/* Whether text[start:end] starts/ends with op: 1/0/-1. */
static int
tail_match(const char *text, Py_ssize_t n, PyObject *op, Py_ssize_t start,
           Py_ssize_t end, bool at_end)
{
    Py_buffer view;
    int result = 0;

    if (PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    clip_range(n, &start, &end);
    if (end - start >= view.len && start <= n) {
        Py_ssize_t at = at_end ? end - view.len : start;

        result = view.len == 0 ||
                 memcmp(text + at, view.buf, (size_t)view.len) == 0;
    }
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
match_edge(const char *text, Py_ssize_t n, PyObject *args, const char *name,
           const char *format, bool at_end)
{
    PyObject *sub;                                              /* borrowed */
    Py_ssize_t start = 0, end = PY_SSIZE_T_MAX;
    int result;

    if (!PyArg_ParseTuple(args, format, &sub, _PyEval_SliceIndex, &start,
                          _PyEval_SliceIndex, &end)) {
        return NULL;
    }
    if (PyTuple_Check(sub)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sub); i++) {
            result = tail_match(text, n, PyTuple_GET_ITEM(sub, i), start, end,
                                at_end);
            if (result != 0) {
                return result < 0 ? NULL : Py_NewRef(Py_True);
            }
        }
        return Py_NewRef(Py_False);
    }
    result = tail_match(text, n, sub, start, end, at_end);
    if (result < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "%s first arg must be bytes or a tuple of bytes, "
                         "not %s",
                         name, Py_TYPE(sub)->tp_name);
        }
        return NULL;
    }
    return PyBool_FromLong(result);
}

PyObject *
bytes_method_startswith(const char *text, Py_ssize_t n, PyObject *args)
{
    return match_edge(text, n, args, "startswith", "O|O&O&:startswith",
                      false);
}

PyObject *
bytes_method_endswith(const char *text, Py_ssize_t n, PyObject *args)
{
    return match_edge(text, n, args, "endswith", "O|O&O&:endswith", true);
}

/* ---- character classes ---- */

static PyObject *
all_in_class(const char *text, Py_ssize_t n, unsigned int flag)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!(_Py_ctype_table[(unsigned char)text[i]] & flag)) {
            Py_RETURN_FALSE;
        }
    }
    return PyBool_FromLong(n > 0);
}

PyObject *
bytes_is_space(const char *text, Py_ssize_t n)
{
    return all_in_class(text, n, PY_CTF_SPACE);
}

PyObject *
bytes_is_alpha(const char *text, Py_ssize_t n)
{
    return all_in_class(text, n, PY_CTF_ALPHA);
}

PyObject *
bytes_is_alnum(const char *text, Py_ssize_t n)
{
    return all_in_class(text, n, PY_CTF_ALNUM);
}

PyObject *
bytes_is_digit(const char *text, Py_ssize_t n)
{
    return all_in_class(text, n, PY_CTF_DIGIT);
}

PyObject *
bytes_is_ascii(const char *text, Py_ssize_t n)
{
    unsigned char all = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        all |= (unsigned char)text[i];
    }
    return PyBool_FromLong(all < 128);
}

/* Some cased byte, and none of the other case. */
static PyObject *
all_cased_in(const char *text, Py_ssize_t n, unsigned int wanted,
             unsigned int unwanted)
{
    bool any = false;

    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned int class = _Py_ctype_table[(unsigned char)text[i]];

        if (class & unwanted) {
            Py_RETURN_FALSE;
        }
        any |= (class & wanted) != 0;
    }
    return PyBool_FromLong(any);
}

PyObject *
bytes_is_lower(const char *text, Py_ssize_t n)
{
    return all_cased_in(text, n, PY_CTF_LOWER, PY_CTF_UPPER);
}

PyObject *
bytes_is_upper(const char *text, Py_ssize_t n)
{
    return all_cased_in(text, n, PY_CTF_UPPER, PY_CTF_LOWER);
}

PyObject *
bytes_is_title(const char *text, Py_ssize_t n)
{
    bool previous_cased = false, any = false;

    for (Py_ssize_t i = 0; i < n; i++) {
        if (Py_ISUPPER(text[i])) {
            if (previous_cased) {
                Py_RETURN_FALSE;
            }
            previous_cased = any = true;
        }
        else if (Py_ISLOWER(text[i])) {
            if (!previous_cased) {
                Py_RETURN_FALSE;
            }
            any = true;
        }
        else {
            previous_cased = false;
        }
    }
    return PyBool_FromLong(any);
}

void
bytes_to_lower(char *result, const char *text, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        result[i] = (char)Py_TOLOWER(text[i]);
    }
}

void
bytes_to_upper(char *result, const char *text, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        result[i] = (char)Py_TOUPPER(text[i]);
    }
}

void
bytes_to_title(char *result, const char *text, Py_ssize_t n)
{
    bool previous_cased = false;

    for (Py_ssize_t i = 0; i < n; i++) {
        result[i] = (char)(previous_cased ? Py_TOLOWER(text[i])
                                          : Py_TOUPPER(text[i]));
        previous_cased = Py_ISALPHA(text[i]);
    }
}

void
bytes_to_capitalized(char *result, const char *text, Py_ssize_t n)
{
    bytes_to_lower(result, text, n);
    if (n > 0) {
        result[0] = (char)Py_TOUPPER(text[0]);
    }
}

void
bytes_to_swapped_case(char *result, const char *text, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        result[i] = (char)(Py_ISUPPER(text[i]) ? Py_TOLOWER(text[i])
                                               : Py_TOUPPER(text[i]));
    }
}

/* ---- splitting ---- */

static int
append_piece(PyObject *list, const bytes_receiver *self, Py_ssize_t start,
             Py_ssize_t end)
{
    PyObject *piece = self->make(self->data + start, end - start); /* owned */

    if (piece == NULL) {
        return -1;
    }
    int status = PyList_Append(list, piece);
    Py_DECREF(piece);
    return status;
}

static int
append_whole(PyObject *list, const bytes_receiver *self)
{
    return self->whole != NULL ? PyList_Append(list, self->whole)
                               : append_piece(list, self, 0, self->n);
}

static int
split_space(PyObject *list, const bytes_receiver *self, Py_ssize_t maxsplit)
{
    const char *text = self->data;
    Py_ssize_t i = 0, n = self->n;

    while (maxsplit-- > 0) {
        while (i < n && Py_ISSPACE(text[i])) {
            i++;
        }
        if (i == n) {
            return 0;
        }
        Py_ssize_t start = i;
        while (i < n && !Py_ISSPACE(text[i])) {
            i++;
        }
        if (start == 0 && i == n) {
            return append_whole(list, self);
        }
        if (append_piece(list, self, start, i) < 0) {
            return -1;
        }
    }
    while (i < n && Py_ISSPACE(text[i])) {
        i++;
    }
    return i == n ? 0 : append_piece(list, self, i, n);
}

static int
rsplit_space(PyObject *list, const bytes_receiver *self, Py_ssize_t maxsplit)
{
    const char *text = self->data;
    Py_ssize_t n = self->n, i = n;

    while (maxsplit-- > 0) {
        while (i > 0 && Py_ISSPACE(text[i - 1])) {
            i--;
        }
        if (i == 0) {
            return 0;
        }
        Py_ssize_t end = i;
        while (i > 0 && !Py_ISSPACE(text[i - 1])) {
            i--;
        }
        if (end == n && i == 0) {
            return append_whole(list, self);
        }
        if (append_piece(list, self, i, end) < 0) {
            return -1;
        }
    }
    while (i > 0 && Py_ISSPACE(text[i - 1])) {
        i--;
    }
    return i == 0 ? 0 : append_piece(list, self, 0, i);
}

static int
split_separator(PyObject *list, const bytes_receiver *self, const char *sep,
                Py_ssize_t m, Py_ssize_t maxsplit)
{
    Py_ssize_t start = 0;

    while (maxsplit-- > 0) {
        Py_ssize_t at = bytes_find_first(self->data + start, self->n - start,
                                         sep, m);

        if (at < 0) {
            break;
        }
        if (append_piece(list, self, start, start + at) < 0) {
            return -1;
        }
        start += at + m;
    }
    return start == 0 ? append_whole(list, self)
                      : append_piece(list, self, start, self->n);
}

static int
rsplit_separator(PyObject *list, const bytes_receiver *self, const char *sep,
                 Py_ssize_t m, Py_ssize_t maxsplit)
{
    Py_ssize_t end = self->n;

    while (maxsplit-- > 0) {
        Py_ssize_t at = bytes_find_last(self->data, end, sep, m);

        if (at < 0) {
            break;
        }
        if (append_piece(list, self, at + m, end) < 0) {
            return -1;
        }
        end = at;
    }
    return end == self->n ? append_whole(list, self)
                          : append_piece(list, self, 0, end);
}

static PyObject *
split_by(const bytes_receiver *self, PyObject *sep, Py_ssize_t maxsplit,
         bool from_right)
{
    Py_buffer view = {NULL, NULL};
    PyObject *list = NULL;                                      /* owned */
    int status = -1;

    if (maxsplit < 0) {
        maxsplit = PY_SSIZE_T_MAX;
    }
    if (sep != Py_None) {
        if (PyObject_GetBuffer(sep, &view, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        if (view.len == 0) {
            PyErr_SetString(PyExc_ValueError, "empty separator");
            goto done;
        }
    }
    list = PyList_New(0);
    if (list == NULL) {
        goto done;
    }
    if (sep == Py_None) {
        status = from_right ? rsplit_space(list, self, maxsplit)
                            : split_space(list, self, maxsplit);
    }
    else {
        status = from_right ? rsplit_separator(list, self, view.buf, view.len,
                                               maxsplit)
                            : split_separator(list, self, view.buf, view.len,
                                              maxsplit);
    }
    if (status == 0 && from_right) {
        status = PyList_Reverse(list);
    }
done:
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    if (status < 0) {
        Py_CLEAR(list);
    }
    return list;
}

PyObject *
bytes_split(const bytes_receiver *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return split_by(self, sep, maxsplit, false);
}

PyObject *
bytes_rsplit(const bytes_receiver *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return split_by(self, sep, maxsplit, true);
}

PyObject *
bytes_splitlines(const bytes_receiver *self, int keepends)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;
    PyObject *list = PyList_New(0);                             /* owned */

    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n;) {
        Py_ssize_t start = i;

        while (i < n && text[i] != '\n' && text[i] != '\r') {
            i++;
        }
        Py_ssize_t end = i;
        if (i < n) {
            i += text[i] == '\r' && i + 1 < n && text[i + 1] == '\n' ? 2 : 1;
            if (keepends) {
                end = i;
            }
        }
        int status = start == 0 && end == n
                         ? append_whole(list, self)
                         : append_piece(list, self, start, end);
        if (status < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

PyObject *
bytes_partition(const bytes_receiver *self, PyObject *sep, bool from_right)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;
    Py_buffer view;
    PyObject *head = NULL, *middle = NULL, *tail = NULL;        /* owned */
    PyObject *result = NULL;

    if (PyObject_GetBuffer(sep, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (view.len == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        goto done;
    }
    Py_ssize_t at = from_right
                        ? bytes_find_last(text, n, view.buf, view.len)
                        : bytes_find_first(text, n, view.buf, view.len);
    if (at < 0) {
        PyObject *all = make_whole(self);

        head = from_right ? self->make("", 0) : all;
        middle = self->make("", 0);
        tail = from_right ? all : self->make("", 0);
    }
    else {
        head = self->make(text, at);
        middle = self->whole != NULL && PyBytes_CheckExact(sep)
                     ? Py_NewRef(sep)
                     : self->make(view.buf, view.len);
        tail = self->make(text + at + view.len, n - at - view.len);
    }
    if (head != NULL && middle != NULL && tail != NULL) {
        result = PyTuple_Pack(3, head, middle, tail);
    }
done:
    Py_XDECREF(head);
    Py_XDECREF(middle);
    Py_XDECREF(tail);
    PyBuffer_Release(&view);
    return result;
}

/* ---- rearranging ---- */

PyObject *
bytes_expand_tabs(const char *text, Py_ssize_t n, int tabsize,
                  bytes_maker make)
{
    Py_ssize_t total = 0, column = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t add = 1;

        if (text[i] == '\t') {
            add = tabsize > 0 ? tabsize - column % tabsize : 0;
        }
        if (total > PY_SSIZE_T_MAX - add) {
            PyErr_SetString(PyExc_OverflowError, "result too long");
            return NULL;
        }
        total += add;
        column = text[i] == '\n' || text[i] == '\r' ? 0 : column + add;
    }
    PyObject *result = make(NULL, total);
    if (result == NULL) {
        return NULL;
    }
    char *out = data_of(result);
    column = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (text[i] == '\t') {
            Py_ssize_t add = tabsize > 0 ? tabsize - column % tabsize : 0;

            memset(out, ' ', (size_t)add);
            out += add;
            column += add;
        }
        else {
            *out++ = text[i];
            column = text[i] == '\n' || text[i] == '\r' ? 0 : column + 1;
        }
    }
    return result;
}

/* An empty `old`: the replacement between all bytes. */
static PyObject *
interleave(const bytes_receiver *self, const Py_buffer *with,
           Py_ssize_t count)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;

    count = Py_MIN(count, n + 1);
    if (with->len > 0 && count > (PY_SSIZE_T_MAX - n) / with->len) {
        PyErr_SetString(PyExc_OverflowError,
                        "replacement bytes are too long");
        return NULL;
    }
    PyObject *result = self->make(NULL, n + count * with->len);
    if (result == NULL) {
        return NULL;
    }
    char *out = data_of(result);
    Py_ssize_t i = 0;

    for (; count > 0; count--) {
        memcpy(out, with->buf, (size_t)with->len);
        out += with->len;
        if (i < n) {
            *out++ = text[i++];
        }
    }
    memcpy(out, text + i, (size_t)(n - i));
    return result;
}

PyObject *
bytes_replace(const bytes_receiver *self, const Py_buffer *old,
              const Py_buffer *with, Py_ssize_t count)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;

    if (count < 0) {
        count = PY_SSIZE_T_MAX;
    }
    if (count == 0 || n < old->len || (old->len == 0 && with->len == 0)) {
        return make_whole(self);
    }
    if (old->len == 0) {
        return interleave(self, with, count);
    }
    count = bytes_count_of(text, n, old->buf, old->len, count);
    if (count == 0) {
        return make_whole(self);
    }
    Py_ssize_t growth = with->len - old->len;
    if (growth > 0 && count > (PY_SSIZE_T_MAX - n) / growth) {
        PyErr_SetString(PyExc_OverflowError,
                        "replacement bytes are too long");
        return NULL;
    }
    PyObject *result = self->make(NULL, n + count * growth);
    if (result == NULL) {
        return NULL;
    }
    char *out = data_of(result);
    if (old->len == 1 && with->len == 1 && count > n / 16) {
        /* FAST PATH: many single bytes */
        char from = *(const char *)old->buf, to = *(const char *)with->buf;

        for (Py_ssize_t i = 0; i < n; i++) {
            bool hit = text[i] == from && count > 0;

            count -= hit;
            out[i] = hit ? to : text[i];
        }
        return result;
    }
    Py_ssize_t start = 0;
    for (; count > 0; count--) {
        Py_ssize_t at = bytes_find_first(text + start, n - start, old->buf,
                                         old->len);
        memcpy(out, text + start, (size_t)at);
        out += at;
        memcpy(out, with->buf, (size_t)with->len);
        out += with->len;
        start += at + old->len;
    }
    memcpy(out, text + start, (size_t)(n - start));
    return result;
}

PyObject *
bytes_pad(const bytes_receiver *self, Py_ssize_t left, Py_ssize_t right,
          char fill)
{
    Py_ssize_t n = self->n;

    left = Py_MAX(left, 0);
    right = Py_MAX(right, 0);
    if (left == 0 && right == 0) {
        return make_whole(self);
    }
    PyObject *result = self->make(NULL, left + n + right);
    if (result == NULL) {
        return NULL;
    }
    char *out = data_of(result);
    memset(out, fill, (size_t)left);
    memcpy(out + left, self->data, (size_t)n);
    memset(out + left + n, fill, (size_t)right);
    return result;
}

PyObject *
bytes_zfill(const bytes_receiver *self, Py_ssize_t width)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;
    PyObject *result = bytes_pad(self, width - n, 0, '0');

    if (result != NULL && width > n && n > 0 &&
        (text[0] == '+' || text[0] == '-')) {
        char *out = data_of(result);

        out[0] = text[0];                       /* the sign goes first */
        out[width - n] = '0';
    }
    return result;
}

PyObject *
bytes_translate(const bytes_receiver *self, PyObject *table,
                PyObject *deletechars)
{
    const char *text = self->data;
    Py_ssize_t n = self->n;
    Py_buffer map = {NULL, NULL}, drop = {NULL, NULL};
    unsigned char translated[256];
    bool dropped[256] = {false}, changed = false;
    PyObject *result = NULL;
    Py_ssize_t removed = 0;

    if (table != Py_None) {
        if (PyObject_GetBuffer(table, &map, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        if (map.len != 256) {
            PyErr_SetString(PyExc_ValueError,
                            "translation table must be 256 characters long");
            goto done;
        }
    }
    if (deletechars != NULL &&
        PyObject_GetBuffer(deletechars, &drop, PyBUF_SIMPLE) < 0) {
        goto done;
    }
    for (int i = 0; i < 256; i++) {
        translated[i] = map.obj != NULL ? ((unsigned char *)map.buf)[i]
                                        : (unsigned char)i;
    }
    for (Py_ssize_t i = 0; i < drop.len; i++) {
        dropped[((unsigned char *)drop.buf)[i]] = true;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        removed += dropped[c];
        changed |= dropped[c] || translated[c] != c;
    }
    if (!changed) {
        result = make_whole(self);
        goto done;
    }
    result = self->make(NULL, n - removed);
    if (result == NULL) {
        goto done;
    }
    char *out = data_of(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (!dropped[c]) {
            *out++ = (char)translated[c];
        }
    }
done:
    if (map.obj != NULL) {
        PyBuffer_Release(&map);
    }
    if (drop.obj != NULL) {
        PyBuffer_Release(&drop);
    }
    return result;
}

PyObject *
bytes_maketrans(PyObject *from, PyObject *to)
{
    Py_buffer source = {NULL, NULL}, target = {NULL, NULL};
    PyObject *result = NULL;

    if (PyObject_GetBuffer(from, &source, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(to, &target, PyBUF_SIMPLE) < 0) {
        goto done;
    }
    if (source.len != target.len) {
        PyErr_SetString(PyExc_ValueError,
                        "maketrans arguments must have same length");
        goto done;
    }
    result = PyBytes_FromStringAndSize(NULL, 256);
    if (result != NULL) {
        char *table = PyBytes_AS_STRING(result);

        for (int i = 0; i < 256; i++) {
            table[i] = (char)i;
        }
        for (Py_ssize_t i = 0; i < source.len; i++) {
            table[((unsigned char *)source.buf)[i]] = ((char *)target.buf)[i];
        }
    }
done:
    PyBuffer_Release(&source);
    if (target.obj != NULL) {
        PyBuffer_Release(&target);
    }
    return result;
}

bytes_span
bytes_strip_bounds(const char *text, Py_ssize_t n, const char *chars,
                   Py_ssize_t nchars, int sides)
{
    bool strip[256] = {false};
    Py_ssize_t i = 0, j = n;

    for (int c = 0; chars == NULL && c < 128; c++) {
        strip[c] = Py_ISSPACE(c);
    }
    for (Py_ssize_t k = 0; chars != NULL && k < nchars; k++) {
        strip[(unsigned char)chars[k]] = true;
    }
    while ((sides & 1) && i < j && strip[(unsigned char)text[i]]) {
        i++;
    }
    while ((sides & 2) && j > i && strip[(unsigned char)text[j - 1]]) {
        j--;
    }
    return (bytes_span){i, j};
}

/* ---- join ---- */

/* A view of each item; bytes items are only referenced. */
typedef struct {
    Py_buffer *views;
    Py_ssize_t n;                             /* views that are held */
    Py_buffer few[10];
} join_views;

static void
join_views_free(join_views *all)
{
    for (Py_ssize_t i = 0; i < all->n; i++) {
        PyBuffer_Release(&all->views[i]);
    }
    if (all->views != all->few) {
        PyMem_Free(all->views);
    }
}

/* Takes views of all items; returns the total size with separators or -1. */
static Py_ssize_t
join_measure(join_views *all, PyObject *items, Py_ssize_t count,
             Py_ssize_t sep_len)
{
    Py_ssize_t total = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);    /* borrowed */
        Py_buffer *view = &all->views[i];

        if (PyBytes_CheckExact(item)) {
            *view = (Py_buffer){.obj = Py_NewRef(item),
                                .buf = PyBytes_AS_STRING(item),
                                .len = PyBytes_GET_SIZE(item)};
        }
        else {
            Py_INCREF(item);
            int status = PyObject_GetBuffer(item, view, PyBUF_SIMPLE);
            Py_DECREF(item);
            if (status < 0) {
                if (PyErr_ExceptionMatches(PyExc_TypeError)) {
                    PyErr_Format(PyExc_TypeError,
                                 "sequence item %zd: expected a bytes-like "
                                 "object, %.80s found",
                                 i, Py_TYPE(item)->tp_name);
                }
                return -1;
            }
        }
        all->n = i + 1;
        Py_ssize_t add = view->len;
        if (add > PY_SSIZE_T_MAX - total ||
            (i > 0 && sep_len > PY_SSIZE_T_MAX - total - add)) {
            PyErr_SetString(PyExc_OverflowError,
                            "join() result is too long");
            return -1;
        }
        total += add + (i > 0 ? sep_len : 0);
        if (count != PySequence_Fast_GET_SIZE(items)) {
            PyErr_SetString(PyExc_RuntimeError,
                            "sequence changed size during iteration");
            return -1;
        }
    }
    return total;
}

PyObject *
bytes_join(PyObject *separator, const char *sep, Py_ssize_t sep_len,
           PyObject *iterable, bytes_maker make)
{
    join_views all = {.n = 0};
    PyObject *items = NULL, *result = NULL;                     /* owned */

    (void)separator;
    all.views = all.few;
    items = PySequence_Fast(iterable, "can only join an iterable");
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
    if (count == 0) {
        result = make("", 0);
        goto done;
    }
    if (count == 1) {
        PyObject *only = PySequence_Fast_GET_ITEM(items, 0);    /* borrowed */

        if (PyBytes_CheckExact(only) && make == PyBytes_FromStringAndSize) {
            result = Py_NewRef(only);
            goto done;
        }
    }
    if (count > (Py_ssize_t)Py_ARRAY_LENGTH(all.few)) {
        all.views = PyMem_New(Py_buffer, (size_t)count);
        if (all.views == NULL) {
            PyErr_NoMemory();
            goto done;
        }
    }
    Py_ssize_t total = join_measure(&all, items, count, sep_len);
    if (total < 0) {
        goto done;
    }
    result = make(NULL, total);
    if (result == NULL) {
        goto done;
    }
    char *out = data_of(result);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i > 0 && sep_len > 0) {
            if (sep_len == 1) {
                *out = *sep;
            }
            else {
                memcpy(out, sep, (size_t)sep_len);
            }
            out += sep_len;
        }
        memcpy(out, all.views[i].buf, (size_t)all.views[i].len);
        out += all.views[i].len;
    }
done:
    join_views_free(&all);
    Py_DECREF(items);
    return result;
}

/* ---- repr, repetition, single bytes ---- */

PyObject *
bytes_repr_of(const char *text, Py_ssize_t n, const char *before,
              const char *after, bool smart_quotes)
{
    static const char hex[] = "0123456789abcdef";
    Py_ssize_t size = (Py_ssize_t)(strlen(before) + strlen(after)) + 3;
    bool single = false, twofold = false;

    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        Py_ssize_t add = 1;

        single |= c == '\'';
        twofold |= c == '"';
        if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
            add = 2;
        }
        else if (c < ' ' || c >= 0x7f) {
            add = 4;
        }
        if (size > PY_SSIZE_T_MAX - add) {
            PyErr_SetString(PyExc_OverflowError,
                            "bytes object is too large to make repr");
            return NULL;
        }
        size += add;
    }
    char quote = smart_quotes && single && !twofold ? '"' : '\'';
    /* In bytearray's repr single quotes are escaped within either quotes. */
    bool escape_single = quote == '\'' || *before != '\0';
    for (Py_ssize_t i = 0; escape_single && single && i < n; i++) {
        size += text[i] == '\'';
    }
    PyObject *result = PyUnicode_New(size, 127);
    if (result == NULL) {
        return NULL;
    }
    Py_UCS1 *p = PyUnicode_1BYTE_DATA(result);
    for (const char *q = before; *q != '\0'; q++) {
        *p++ = (Py_UCS1)*q;
    }
    *p++ = 'b';
    *p++ = (Py_UCS1)quote;
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c == '\'' && escape_single) || c == '\\') {
            *p++ = '\\';
            *p++ = c;
        }
        else if (c == '\t' || c == '\n' || c == '\r') {
            *p++ = '\\';
            *p++ = c == '\t' ? 't' : c == '\n' ? 'n' : 'r';
        }
        else if (c < ' ' || c >= 0x7f) {
            *p++ = '\\';
            *p++ = 'x';
            *p++ = (Py_UCS1)hex[c >> 4];
            *p++ = (Py_UCS1)hex[c & 15];
        }
        else {
            *p++ = c;
        }
    }
    *p++ = (Py_UCS1)quote;
    for (const char *q = after; *q != '\0'; q++) {
        *p++ = (Py_UCS1)*q;
    }
    assert(p == PyUnicode_1BYTE_DATA(result) + size);
    return result;
}

void
_PyBytes_Repeat(char *dest, Py_ssize_t len_dest, const char *src,
                Py_ssize_t len_src)
{
    if (len_dest == 0) {
        return;
    }
    if (len_src == 1) {
        memset(dest, src[0], (size_t)len_dest);
        return;
    }
    if (src != dest) {
        memcpy(dest, src, (size_t)len_src);
    }
    for (Py_ssize_t done = len_src; done < len_dest;) {
        Py_ssize_t n = Py_MIN(done, len_dest - done);

        memcpy(dest + done, dest, (size_t)n);
        done += n;
    }
}

int
bytes_byte_from(PyObject *value, int *byte)
{
    int overflow;

    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "'%.100s' object cannot be interpreted as an integer",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    long number = PyLong_AsLongAndOverflow(value, &overflow);
    if (number == -1 && !overflow && PyErr_Occurred()) {
        return -1;
    }
    if (overflow || number < 0 || number > 255) {
        PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
        return -1;
    }
    *byte = (int)number;
    return 1;
}
