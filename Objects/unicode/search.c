/* str: find, count, contains, startswith, endswith and their API. */
#include "Python.h"
#include "unicode.h"

#include <string.h>

#define CHAR Py_UCS1
#define NAME(subject) ucs1_##subject
#define REVERSE 0
#include "find_impl.h"
#define CHAR Py_UCS2
#define NAME(subject) ucs2_##subject
#define REVERSE 0
#include "find_impl.h"
#define CHAR Py_UCS4
#define NAME(subject) ucs4_##subject
#define REVERSE 0
#include "find_impl.h"
#define CHAR Py_UCS1
#define NAME(subject) ucs1_reverse_##subject
#define REVERSE 1
#include "find_impl.h"
#define CHAR Py_UCS2
#define NAME(subject) ucs2_reverse_##subject
#define REVERSE 1
#include "find_impl.h"
#define CHAR Py_UCS4
#define NAME(subject) ucs4_reverse_##subject
#define REVERSE 1
#include "find_impl.h"

/* Below this length setting up memmem() costs more than it saves. */
#define MEMMEM_MIN 200

/* ---- one character ------------------------------------------------------ */

Py_ssize_t
unicode_find_char(int kind, const void *data, Py_ssize_t n, Py_UCS4 ch)
{
    if (kind == 1) {
        if (ch > 0xff || n <= 0) {
            return -1;
        }
        const char *found = memchr(data, (int)ch, (size_t)n);
        return found == NULL ? -1 : found - (const char *)data;
    }
    return kind == 2 ? ucs2_find_char(data, n, ch)
                     : ucs4_find_char(data, n, ch);
}

Py_ssize_t
unicode_rfind_char(int kind, const void *data, Py_ssize_t n, Py_UCS4 ch)
{
    if (kind == 1) {
        if (ch > 0xff || n <= 0) {
            return -1;
        }
        const char *found = memrchr(data, (int)ch, (size_t)n);
        return found == NULL ? -1 : found - (const char *)data;
    }
    for (Py_ssize_t i = n - 1; i >= 0; i--) {
        if (unicode_read(kind, data, i) == ch) {
            return i;
        }
    }
    return -1;
}

/* ---- substrings of one kind --------------------------------------------- */

/* m >= 1 */
static Py_ssize_t
find_same_kind(int kind, const void *hay, Py_ssize_t n, const void *needle,
               Py_ssize_t m)
{
    if (m > n) {
        return -1;
    }
    if (m == 1) {
        return unicode_find_char(kind, hay, n, unicode_read(kind, needle, 0));
    }
    if (kind == 1) {
        if (n >= MEMMEM_MIN) {
            const char *found = memmem(hay, (size_t)n, needle, (size_t)m);
            return found == NULL ? -1 : found - (const char *)hay;
        }
        return ucs1_find(hay, n, needle, m);
    }
    return kind == 2 ? ucs2_find(hay, n, needle, m)
                     : ucs4_find(hay, n, needle, m);
}

static Py_ssize_t
rfind_same_kind(int kind, const void *hay, Py_ssize_t n, const void *needle,
                Py_ssize_t m)
{
    if (m > n) {
        return -1;
    }
    if (m == 1) {
        return unicode_rfind_char(kind, hay, n, unicode_read(kind, needle, 0));
    }
    return kind == 1   ? ucs1_reverse_find(hay, n, needle, m)
           : kind == 2 ? ucs2_reverse_find(hay, n, needle, m)
                       : ucs4_reverse_find(hay, n, needle, m);
}

typedef Py_ssize_t (*finder)(int, const void *, Py_ssize_t, const void *,
                             Py_ssize_t);

/* Common part of find and rfind of a needle that is not empty. */
static Py_ssize_t
find_with(finder find, PyObject *self, PyObject *sub, Py_ssize_t start,
          Py_ssize_t end)
{
    int kind = unicode_kind(self);
    Py_ssize_t m = unicode_length(sub), found;
    void *owned;

    if (m > end - start || unicode_kind(sub) > kind) {
        return -1;
    }
    const char *hay = (char *)unicode_data(self) + start * kind;
    if (m == 1) {
        Py_UCS4 ch = unicode_read(unicode_kind(sub), unicode_data(sub), 0);
        found = find(kind, hay, end - start,
                     kind == 1   ? (void *)&(Py_UCS1){(Py_UCS1)ch}
                     : kind == 2 ? (void *)&(Py_UCS2){(Py_UCS2)ch}
                                 : (void *)&ch, 1);
    }
    else {
        const void *needle = unicode_as_kind(sub, kind, &owned);
        if (needle == NULL) {
            return -2;
        }
        found = find(kind, hay, end - start, needle, m);
        PyMem_Free(owned);
    }
    return found < 0 ? found : found + start;
}

Py_ssize_t
unicode_find(PyObject *self, PyObject *sub, Py_ssize_t start, Py_ssize_t end)
{
    if (end < start) {
        return -1;
    }
    if (unicode_length(sub) == 0) {
        return start;
    }
    return find_with(find_same_kind, self, sub, start, end);
}

Py_ssize_t
unicode_rfind(PyObject *self, PyObject *sub, Py_ssize_t start, Py_ssize_t end)
{
    if (end < start) {
        return -1;
    }
    if (unicode_length(sub) == 0) {
        return end;
    }
    return find_with(rfind_same_kind, self, sub, start, end);
}

/* Two texts of one kind.  1 <= m <= n. */
typedef struct {
    int kind;
    const char *hay;
    Py_ssize_t n;
    const void *needle;
    Py_ssize_t m;
} Search;

/* Counts as NAME(each). */
static inline Py_ssize_t
each_same_kind(const Search *search, Py_ssize_t limit, Py_ssize_t *places)
{
    const int kind = search->kind;
    const char *hay = search->hay;
    const void *needle = search->needle;
    const Py_ssize_t n = search->n, m = search->m;

    if (m > 1) {
        return kind == 1 ? ucs1_each(hay, n, needle, m, limit, places)
               : kind == 2 ? ucs2_each(hay, n, needle, m, limit, places)
                           : ucs4_each(hay, n, needle, m, limit, places);
    }
    Py_UCS4 ch = unicode_read(kind, needle, 0);
    Py_ssize_t count = 0;
    for (Py_ssize_t at = 0; count < limit; count++, at++) {
        Py_ssize_t found = unicode_find_char(kind, hay + at * kind, n - at,
                                             ch);
        if (found < 0) {
            break;
        }
        at += found;
        if (places != NULL) {
            places[count] = at;
        }
    }
    return count;
}

Py_ssize_t
unicode_find_all(PyObject *self, PyObject *sub, Py_ssize_t limit,
                 Py_ssize_t *places)
{
    int kind = unicode_kind(self);
    void *owned;
    const void *needle = unicode_as_kind(sub, kind, &owned);

    if (needle == NULL) {
        return -1;
    }
    const Search search = {kind, unicode_data(self), unicode_length(self),
                           needle, unicode_length(sub)};
    Py_ssize_t count = each_same_kind(&search, limit, places);
    PyMem_Free(owned);
    return count;
}

/* In pieces whose counts fit a byte: so the inner loop works on whole
 * vectors. */
static Py_ssize_t
count_byte(const Py_UCS1 *text, Py_ssize_t n, Py_UCS1 ch)
{
    Py_ssize_t count = 0;

    while (n > 0) {
        Py_ssize_t piece = n < 255 ? n : 255;
        uint8_t found = 0;

        for (Py_ssize_t i = 0; i < piece; i++) {
            found = (uint8_t)(found + (text[i] == ch));
        }
        count += found;
        text += piece;
        n -= piece;
    }
    return count;
}

Py_ssize_t
unicode_count(PyObject *self, PyObject *sub, Py_ssize_t start, Py_ssize_t end,
              Py_ssize_t limit)
{
    int kind = unicode_kind(self);
    Py_ssize_t m = unicode_length(sub), count = 0;
    void *owned;

    if (end < start) {
        return 0;
    }
    if (m == 0) {
        return Py_MIN(end - start + 1, limit);
    }
    if (unicode_kind(sub) > kind || m > end - start) {
        return 0;
    }
    const void *needle = unicode_as_kind(sub, kind, &owned);
    if (needle == NULL) {
        return -1;
    }
    const char *hay = unicode_data(self);
    if (m == 1 && kind == 1 && limit == PY_SSIZE_T_MAX) {
        Py_UCS1 ch = *(const Py_UCS1 *)needle;
        count = count_byte((const Py_UCS1 *)hay + start, end - start, ch);
    }
    else {
        const Search search = {kind, hay + start * kind, end - start, needle,
                               m};
        count = each_same_kind(&search, limit, NULL);
    }
    PyMem_Free(owned);
    return count;
}

/* ---- the API ------------------------------------------------------------ */

int
PyUnicode_Contains(PyObject *self, PyObject *sub)
{
    if (!PyUnicode_Check(sub)) {
        PyErr_Format(PyExc_TypeError,
                     "'in <string>' requires string as left operand, "
                     "not %.100s", Py_TYPE(sub)->tp_name);
        return -1;
    }
    if (PyUnicode_READY(sub) < 0 || unicode_ensure(self) < 0) {
        return -1;
    }
    Py_ssize_t found = unicode_find(self, sub, 0, unicode_length(self));
    return found == -2 ? -1 : found >= 0;
}

static int
ensure_two(PyObject *self, PyObject *sub)
{
    return unicode_ensure(self) < 0 || unicode_ensure(sub) < 0 ? -1 : 0;
}

Py_ssize_t
PyUnicode_Find(PyObject *self, PyObject *sub, Py_ssize_t start,
               Py_ssize_t end, int direction)
{
    if (ensure_two(self, sub) < 0) {
        return -2;
    }
    unicode_clip(&start, &end, unicode_length(self));
    return direction > 0 ? unicode_find(self, sub, start, end)
                         : unicode_rfind(self, sub, start, end);
}

Py_ssize_t
PyUnicode_FindChar(PyObject *self, Py_UCS4 ch, Py_ssize_t start,
                   Py_ssize_t end, int direction)
{
    if (PyUnicode_READY(self) < 0) {
        return -2;
    }
    unicode_clip(&start, &end, unicode_length(self));
    if (end - start < 1) {
        return -1;
    }
    int kind = unicode_kind(self);
    const char *hay = (char *)unicode_data(self) + start * kind;
    Py_ssize_t found =
        direction > 0 ? unicode_find_char(kind, hay, end - start, ch)
                      : unicode_rfind_char(kind, hay, end - start, ch);
    return found < 0 ? -1 : found + start;
}

Py_ssize_t
PyUnicode_Count(PyObject *self, PyObject *sub, Py_ssize_t start,
                Py_ssize_t end)
{
    if (ensure_two(self, sub) < 0) {
        return -1;
    }
    unicode_clip(&start, &end, unicode_length(self));
    return unicode_count(self, sub, start, end, PY_SSIZE_T_MAX);
}

/* 1/0: whether sub stands at the start (direction <= 0) or end of
 * self[start:end]. */
static int
unicode_tail_match(PyObject *self, PyObject *sub, Py_ssize_t start,
                   Py_ssize_t end, int direction)
{
    int kind = unicode_kind(self), sub_kind = unicode_kind(sub);
    Py_ssize_t m = unicode_length(sub);

    unicode_clip(&start, &end, unicode_length(self));
    if (m > end - start || end < start) {
        return 0;
    }
    if (m == 0) {
        return 1;
    }
    if (sub_kind > kind) {
        return 0;
    }
    Py_ssize_t at = direction > 0 ? end - m : start;
    const char *data = (char *)unicode_data(self) + at * kind;
    if (kind == sub_kind) {
        return memcmp(data, unicode_data(sub), (size_t)m * kind) == 0;
    }
    for (Py_ssize_t i = 0; i < m; i++) {
        if (unicode_read(kind, data, i) !=
            unicode_read(sub_kind, unicode_data(sub), i)) {
            return 0;
        }
    }
    return 1;
}

Py_ssize_t
PyUnicode_Tailmatch(PyObject *self, PyObject *sub, Py_ssize_t start,
                    Py_ssize_t end, int direction)
{
    if (ensure_two(self, sub) < 0) {
        return -1;
    }
    return unicode_tail_match(self, sub, start, end, direction);
}

/* ---- methods ------------------------------------------------------------ */

/* The arguments (sub[, start[, end]]) of the finding methods. 0/-1 */
static int
parse_bounds(const char *name, PyObject *const *args, Py_ssize_t nargs,
             PyObject **sub, Py_ssize_t *start, Py_ssize_t *end)
{
    *start = 0;
    *end = PY_SSIZE_T_MAX;
    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes at %s %d argument%s (%zd given)", name,
                     nargs < 1 ? "least" : "most", nargs < 1 ? 1 : 3,
                     nargs < 1 ? "" : "s", nargs);
        return -1;
    }
    *sub = args[0];
    if (nargs > 1 && args[1] != Py_None &&
        !_PyEval_SliceIndex(args[1], start)) {
        return -1;
    }
    if (nargs > 2 && args[2] != Py_None &&
        !_PyEval_SliceIndex(args[2], end)) {
        return -1;
    }
    return 0;
}

/* find, rfind, index and rindex: -2 is an error. */
static Py_ssize_t
find_by_method(const char *name, PyObject *self, PyObject *const *args,
               Py_ssize_t nargs, int direction)
{
    PyObject *sub;
    Py_ssize_t start, end;

    if (parse_bounds(name, args, nargs, &sub, &start, &end) < 0 ||
        unicode_ensure(sub) < 0 || PyUnicode_READY(self) < 0) {
        return -2;
    }
    unicode_clip(&start, &end, unicode_length(self));
    return direction > 0 ? unicode_find(self, sub, start, end)
                         : unicode_rfind(self, sub, start, end);
}

PyObject *
unicode_find_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t found = find_by_method("find", self, args, nargs, 1);
    return found == -2 ? NULL : PyLong_FromSsize_t(found);
}

PyObject *
unicode_rfind_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t found = find_by_method("rfind", self, args, nargs, -1);
    return found == -2 ? NULL : PyLong_FromSsize_t(found);
}

static PyObject *
index_or_raise(Py_ssize_t found)
{
    if (found == -1) {
        PyErr_SetString(PyExc_ValueError, "substring not found");
    }
    return found < 0 ? NULL : PyLong_FromSsize_t(found);
}

PyObject *
unicode_index_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return index_or_raise(find_by_method("index", self, args, nargs, 1));
}

PyObject *
unicode_rindex_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return index_or_raise(find_by_method("rindex", self, args, nargs, -1));
}

PyObject *
unicode_count_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *sub;
    Py_ssize_t start, end;

    if (parse_bounds("count", args, nargs, &sub, &start, &end) < 0 ||
        unicode_ensure(sub) < 0) {
        return NULL;
    }
    unicode_clip(&start, &end, unicode_length(self));
    Py_ssize_t count = unicode_count(self, sub, start, end, PY_SSIZE_T_MAX);
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *
tail_match_method(const char *name, PyObject *self, PyObject *const *args,
                  Py_ssize_t nargs, int direction)
{
    PyObject *sub;
    Py_ssize_t start, end;

    if (parse_bounds(name, args, nargs, &sub, &start, &end) < 0) {
        return NULL;
    }
    if (PyTuple_Check(sub)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sub); i++) {
            PyObject *item = PyTuple_GET_ITEM(sub, i);
            if (!PyUnicode_Check(item)) {
                PyErr_Format(PyExc_TypeError,
                             "tuple for %s must only contain str, "
                             "not %.100s", name, Py_TYPE(item)->tp_name);
                return NULL;
            }
            if (PyUnicode_READY(item) < 0) {
                return NULL;
            }
            if (unicode_tail_match(self, item, start, end, direction)) {
                Py_RETURN_TRUE;
            }
        }
        Py_RETURN_FALSE;
    }
    if (!PyUnicode_Check(sub)) {
        PyErr_Format(PyExc_TypeError,
                     "%s first arg must be str or a tuple of str, not %.100s",
                     name, Py_TYPE(sub)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(sub) < 0) {
        return NULL;
    }
    return PyBool_FromLong(
        unicode_tail_match(self, sub, start, end, direction));
}

PyObject *
unicode_startswith_method(PyObject *self, PyObject *const *args,
                          Py_ssize_t nargs)
{
    return tail_match_method("startswith", self, args, nargs, -1);
}

PyObject *
unicode_endswith_method(PyObject *self, PyObject *const *args,
                        Py_ssize_t nargs)
{
    return tail_match_method("endswith", self, args, nargs, 1);
}

PyObject *
unicode_removeprefix(PyObject *self, PyObject *prefix)
{
    if (!PyUnicode_Check(prefix)) {
        return _PyArg_BadArgument("removeprefix", "argument", "str", prefix),
               NULL;
    }
    if (PyUnicode_READY(prefix) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    if (unicode_tail_match(self, prefix, 0, n, -1)) {
        return unicode_substring(self, unicode_length(prefix), n);
    }
    return unicode_result_unchanged(self);
}

PyObject *
unicode_removesuffix(PyObject *self, PyObject *suffix)
{
    if (!PyUnicode_Check(suffix)) {
        return _PyArg_BadArgument("removesuffix", "argument", "str", suffix),
               NULL;
    }
    if (PyUnicode_READY(suffix) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    if (unicode_tail_match(self, suffix, 0, n, 1)) {
        return unicode_substring(self, 0, n - unicode_length(suffix));
    }
    return unicode_result_unchanged(self);
}
