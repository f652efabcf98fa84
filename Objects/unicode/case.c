/* str: case mapping, and the questions about all characters. */
#include "Python.h"
#include "ucd.h"
#include "unicode.h"

/* ---- case of a whole string --------------------------------------------- */

/* U+03A3 becomes the final form after a cased character and before none,
 * case-ignorable ones not counting (SpecialCasing.txt, Final_Sigma). */
static Py_UCS4
lower_sigma(int kind, const void *data, Py_ssize_t n, Py_ssize_t i)
{
    Py_ssize_t j = i - 1;
    Py_UCS4 ch = 0;

    while (j >= 0) {
        ch = unicode_read(kind, data, j);
        if (!_PyUnicode_IsCaseIgnorable(ch)) {
            break;
        }
        j--;
    }
    int final = j >= 0 && _PyUnicode_IsCased(ch);
    if (final) {
        j = i + 1;
        while (j < n) {
            ch = unicode_read(kind, data, j);
            if (!_PyUnicode_IsCaseIgnorable(ch)) {
                break;
            }
            j++;
        }
        final = j == n || !_PyUnicode_IsCased(ch);
    }
    return final ? 0x3c2 : 0x3c3;
}

static int
lower_char(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 ch,
           Py_UCS4 *target)
{
    if (ch == 0x3a3) {
        target[0] = lower_sigma(kind, data, n, i);
        return 1;
    }
    return _PyUnicode_ToLowerFull(ch, target);
}

/* A mapper fills target (room for 3 n) and returns the number written. */
typedef Py_ssize_t (*mapper)(int kind, const void *data, Py_ssize_t n,
                             Py_UCS4 *target);

static Py_ssize_t
map_upper(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        at += _PyUnicode_ToUpperFull(unicode_read(kind, data, i), target + at);
    }
    return at;
}

static Py_ssize_t
map_lower(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        at += lower_char(kind, data, n, i, unicode_read(kind, data, i),
                         target + at);
    }
    return at;
}

static Py_ssize_t
map_casefold(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        at += _PyUnicode_ToFoldedFull(unicode_read(kind, data, i),
                                      target + at);
    }
    return at;
}

static Py_ssize_t
map_capitalize(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = _PyUnicode_ToTitleFull(unicode_read(kind, data, 0),
                                           target);
    for (Py_ssize_t i = 1; i < n; i++) {
        at += lower_char(kind, data, n, i, unicode_read(kind, data, i),
                         target + at);
    }
    return at;
}

static Py_ssize_t
map_swapcase(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (_PyUnicode_IsUppercase(ch)) {
            at += lower_char(kind, data, n, i, ch, target + at);
        }
        else if (_PyUnicode_IsLowercase(ch)) {
            at += _PyUnicode_ToUpperFull(ch, target + at);
        }
        else {
            target[at++] = ch;
        }
    }
    return at;
}

static Py_ssize_t
map_title(int kind, const void *data, Py_ssize_t n, Py_UCS4 *target)
{
    Py_ssize_t at = 0;
    int after_cased = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (after_cased) {
            at += lower_char(kind, data, n, i, ch, target + at);
        }
        else {
            at += _PyUnicode_ToTitleFull(ch, target + at);
        }
        after_cased = _PyUnicode_IsCased(ch);
    }
    return at;
}

static PyObject *
map_case(PyObject *self, mapper map)
{
    Py_ssize_t n = unicode_length(self);

    if (n == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (n > PY_SSIZE_T_MAX / (3 * (Py_ssize_t)sizeof(Py_UCS4))) {
        PyErr_SetString(PyExc_OverflowError, "string is too long");
        return NULL;
    }
    Py_UCS4 *target = PyMem_Malloc((size_t)n * 3 * sizeof(Py_UCS4));
    if (target == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t length = map(unicode_kind(self), unicode_data(self), n, target);
    PyObject *result = PyUnicode_FromKindAndData(4, target, length);
    PyMem_Free(target);
    return result;
}

/* ---- ASCII -------------------------------------------------------------- */

static inline Py_UCS1
ascii_lower(Py_UCS1 ch)
{
    return (Py_UCS1)(ch + ((Py_UCS1)(ch - 'A') < 26 ? 32 : 0));
}

static inline Py_UCS1
ascii_upper(Py_UCS1 ch)
{
    return (Py_UCS1)(ch - ((Py_UCS1)(ch - 'a') < 26 ? 32 : 0));
}

static inline int
ascii_is_cased(Py_UCS1 ch)
{
    return (Py_UCS1)((ch | 32) - 'a') < 26;
}

typedef void (*ascii_mapper)(const Py_UCS1 *source, Py_UCS1 *target,
                             Py_ssize_t n);

static void
ascii_map_lower(const Py_UCS1 *source, Py_UCS1 *target, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        target[i] = ascii_lower(source[i]);
    }
}

static void
ascii_map_upper(const Py_UCS1 *source, Py_UCS1 *target, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        target[i] = ascii_upper(source[i]);
    }
}

static void
ascii_map_capitalize(const Py_UCS1 *source, Py_UCS1 *target, Py_ssize_t n)
{
    ascii_map_lower(source, target, n);
    if (n > 0) {
        target[0] = ascii_upper(source[0]);
    }
}

static void
ascii_map_swapcase(const Py_UCS1 *source, Py_UCS1 *target, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        target[i] = (Py_UCS1)(source[i] ^ (ascii_is_cased(source[i]) << 5));
    }
}

static void
ascii_map_title(const Py_UCS1 *source, Py_UCS1 *target, Py_ssize_t n)
{
    int after_cased = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        target[i] = after_cased ? ascii_lower(source[i])
                                : ascii_upper(source[i]);
        after_cased = ascii_is_cased(source[i]);
    }
}

static PyObject *
map_any(PyObject *self, ascii_mapper ascii, mapper map)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    if (!unicode_is_ascii(self)) {
        return map_case(self, map);
    }
    Py_ssize_t n = unicode_length(self);
    PyObject *result = PyUnicode_New(n, 127);
    if (result != NULL && n > 0) {
        ascii(unicode_data(self), unicode_data(result), n);
    }
    return result;
}

#define CASE_METHOD(name, ascii)                               \
    PyObject *                                                 \
    unicode_##name(PyObject *self, PyObject *unused)           \
    {                                                          \
        return map_any(self, ascii, map_##name);               \
    }

CASE_METHOD(capitalize, ascii_map_capitalize)
CASE_METHOD(casefold, ascii_map_lower)
CASE_METHOD(lower, ascii_map_lower)
CASE_METHOD(upper, ascii_map_upper)
CASE_METHOD(swapcase, ascii_map_swapcase)
CASE_METHOD(title, ascii_map_title)
#undef CASE_METHOD

/* ---- questions ---------------------------------------------------------- */

/* Whether every character has one of the flags; `empty` for no characters. */
static PyObject *
all_have(PyObject *self, int flags, int empty)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);
    Py_ssize_t n = unicode_length(self);

    for (Py_ssize_t i = 0; i < n; i++) {
        if (!(ucd_record(unicode_read(kind, data, i))->flags & flags)) {
            Py_RETURN_FALSE;
        }
    }
    return PyBool_FromLong(n > 0 || empty);
}

#define ALL_METHOD(name, flags, empty)                  \
    PyObject *                                          \
    unicode_##name(PyObject *self, PyObject *unused)    \
    {                                                   \
        return all_have(self, flags, empty);            \
    }

ALL_METHOD(isalnum, UCD_ALPHA | UCD_DECIMAL | UCD_DIGIT | UCD_NUMERIC, 0)
ALL_METHOD(isalpha, UCD_ALPHA, 0)
ALL_METHOD(isdecimal, UCD_DECIMAL, 0)
ALL_METHOD(isdigit, UCD_DIGIT, 0)
ALL_METHOD(isnumeric, UCD_NUMERIC, 0)
ALL_METHOD(isprintable, UCD_PRINTABLE, 1)
ALL_METHOD(isspace, UCD_SPACE, 0)
#undef ALL_METHOD

PyObject *
unicode_isascii(PyObject *self, PyObject *unused)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    return PyBool_FromLong(unicode_is_ascii(self));
}

/* At least one character of the wanted case and none of the others. */
static PyObject *
all_cased(PyObject *self, int wanted, int excluded)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self), cased = 0;
    const void *data = unicode_data(self);

    for (Py_ssize_t i = 0; i < unicode_length(self); i++) {
        int flags = ucd_record(unicode_read(kind, data, i))->flags;
        if (flags & excluded) {
            Py_RETURN_FALSE;
        }
        cased |= flags & wanted;
    }
    return PyBool_FromLong(cased != 0);
}

PyObject *
unicode_islower(PyObject *self, PyObject *unused)
{
    return all_cased(self, UCD_LOWER, UCD_UPPER | UCD_TITLE);
}

PyObject *
unicode_isupper(PyObject *self, PyObject *unused)
{
    return all_cased(self, UCD_UPPER, UCD_LOWER | UCD_TITLE);
}

PyObject *
unicode_istitle(PyObject *self, PyObject *unused)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    int kind = unicode_kind(self), cased = 0, after_cased = 0;
    const void *data = unicode_data(self);

    for (Py_ssize_t i = 0; i < unicode_length(self); i++) {
        int flags = ucd_record(unicode_read(kind, data, i))->flags;
        int capital = (flags & (UCD_UPPER | UCD_TITLE)) != 0;
        if (capital || (flags & UCD_LOWER)) {
            if (capital == after_cased) {
                Py_RETURN_FALSE;
            }
            after_cased = cased = 1;
        }
        else {
            after_cased = 0;
        }
    }
    return PyBool_FromLong(cased);
}

/* ---- identifiers -------------------------------------------------------- */

Py_ssize_t
_PyUnicode_ScanIdentifier(PyObject *self)
{
    if (PyUnicode_READY(self) < 0) {
        return -1;
    }
    Py_ssize_t n = unicode_length(self), i;
    int kind = unicode_kind(self);
    const void *data = unicode_data(self);

    if (n == 0) {
        return 0;
    }
    Py_UCS4 first = unicode_read(kind, data, 0);
    if (!_PyUnicode_IsXidStart(first) && first != '_') {
        return 0;
    }
    for (i = 1; i < n; i++) {
        if (!_PyUnicode_IsXidContinue(unicode_read(kind, data, i))) {
            break;
        }
    }
    return i;
}

int
PyUnicode_IsIdentifier(PyObject *self)
{
    Py_ssize_t n;

    if (PyUnicode_READY(self) < 0) {
        PyErr_Clear();                 /* MemoryError: cannot be reported */
        return 0;
    }
    n = _PyUnicode_ScanIdentifier(self);
    return n == unicode_length(self) && n > 0;
}

PyObject *
unicode_isidentifier(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(PyUnicode_IsIdentifier(self));
}
