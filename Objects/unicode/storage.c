/* str: memory.  PEP 393.
 *
 * A string made by the runtime is *compact*: header and characters in one
 * block, characters of 1, 2 or 4 bytes, NUL-terminated.
 *
 *     ASCII   PyASCIIObject          | Py_UCS1 ... 0
 *     other   PyCompactUnicodeObject | Py_UCS1/2/4 ... 0
 *
 * Instances of subclasses, and strings that extensions make by the legacy
 * API, are PyUnicodeObject: the characters are a block of their own.  A
 * legacy string starts with `wstr` alone (kind 0, ready 0), and
 * _PyUnicode_Ready gives it its characters.
 *
 * Invariants of a ready string (_PyUnicode_CheckConsistency):
 *   - the kind is the smallest which holds every character; `ascii` is exact;
 *   - `utf8` is NULL, or the cached encoding; of a compact ASCII string it is
 *     the characters themselves and takes no field;
 *   - `wstr` is NULL, or the cached wchar_t form; of kind 4 it is the
 *     characters themselves.
 * A string may change only while its sole owner fills it: refcount 1, hash
 * not computed, not interned.
 */
#include "Python.h"
#include "internal/object.h"
#include "unicode.h"

#define ASCII(op) ((PyASCIIObject *)(op))
#define COMPACT(op) ((PyCompactUnicodeObject *)(op))
#define LEGACY(op) ((PyUnicodeObject *)(op))

/* ---- singletons --------------------------------------------------------- */

#define STATE_LATIN1(is_ascii)                                               \
    .state = {.interned = 0, .kind = 1, .compact = 1, .ascii = (is_ascii),   \
              .ready = 1}
#define ASCII_HEAD(n)                                                        \
    {.ob_base = OBJECT_HEAD_IMMORTAL(&PyUnicode_Type), .length = (n),        \
     .hash = -1, STATE_LATIN1(1)}
#define LATIN1_HEAD                                                          \
    {._base = {.ob_base = OBJECT_HEAD_IMMORTAL(&PyUnicode_Type),             \
               .length = 1, .hash = -1, STATE_LATIN1(0)}}

#define EIGHT(row, base)                                                     \
    row(base), row((base) + 1), row((base) + 2), row((base) + 3),            \
    row((base) + 4), row((base) + 5), row((base) + 6), row((base) + 7)
#define SIXTYFOUR(row, base)                                                 \
    EIGHT(row, base), EIGHT(row, (base) + 8), EIGHT(row, (base) + 16),       \
    EIGHT(row, (base) + 24), EIGHT(row, (base) + 32),                        \
    EIGHT(row, (base) + 40), EIGHT(row, (base) + 48), EIGHT(row, (base) + 56)

#define ASCII_ROW(ch) {.base = ASCII_HEAD(1), .data = {(ch), 0}}
#define LATIN1_ROW(ch) {.base = LATIN1_HEAD, .data = {(ch), 0}}

UnicodeStaticASCII unicode_static_empty = {.base = ASCII_HEAD(0)};
UnicodeStaticASCII unicode_static_ascii[128] = {
    SIXTYFOUR(ASCII_ROW, 0), SIXTYFOUR(ASCII_ROW, 64)};
UnicodeStaticLatin1 unicode_static_latin1[128] = {
    SIXTYFOUR(LATIN1_ROW, 128), SIXTYFOUR(LATIN1_ROW, 192)};

#undef ASCII_ROW
#undef LATIN1_ROW
#undef EIGHT
#undef SIXTYFOUR

/* ---- characters in bulk ------------------------------------------------- */

#define WIDEN(To, From)                                  \
    do {                                                 \
        To *restrict target = to;                        \
        const From *restrict source = from;              \
        for (Py_ssize_t i = 0; i < n; i++) {             \
            target[i] = (To)source[i];                   \
        }                                                \
    } while (0)

void
unicode_copy_chars(int to_kind, void *to, int from_kind, const void *from,
                   Py_ssize_t n)
{
    if (n <= 0) {
        return;
    }
    if (to_kind == from_kind) {
        memcpy(to, from, (size_t)n * to_kind);
    }
    else if (to_kind == 1) {
        if (from_kind == 2) {
            WIDEN(Py_UCS1, Py_UCS2);
        }
        else {
            WIDEN(Py_UCS1, Py_UCS4);
        }
    }
    else if (to_kind == 2) {
        if (from_kind == 1) {
            WIDEN(Py_UCS2, Py_UCS1);
        }
        else {
            WIDEN(Py_UCS2, Py_UCS4);
        }
    }
    else if (from_kind == 1) {
        WIDEN(Py_UCS4, Py_UCS1);
    }
    else {
        WIDEN(Py_UCS4, Py_UCS2);
    }
}

#undef WIDEN

const void *
unicode_as_kind(PyObject *self, int kind, void **owned)
{
    Py_ssize_t n = unicode_length(self);

    *owned = NULL;
    if (unicode_kind(self) == kind) {
        return unicode_data(self);
    }
    *owned = PyMem_Malloc((size_t)n * kind + kind);
    if (*owned == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    unicode_copy_chars(kind, *owned, unicode_kind(self), unicode_data(self),
                       n);
    return *owned;
}

static Py_UCS4
ucs1_max_char(const Py_UCS1 *text, Py_ssize_t n)
{
    const Py_UCS1 *end = text + n;
    uint64_t word;

    for (; end - text >= 32; text += 32) {
        uint64_t words[4];
        memcpy(words, text, 32);
        if ((words[0] | words[1] | words[2] | words[3]) &
            0x8080808080808080u) {
            return 0xff;
        }
    }
    for (; end - text >= 8; text += 8) {
        memcpy(&word, text, 8);
        if (word & 0x8080808080808080u) {
            return 0xff;
        }
    }
    for (; text < end; text++) {
        if (*text & 0x80) {
            return 0xff;
        }
    }
    return 0x7f;
}

Py_UCS4
unicode_find_max_char(int kind, const void *data, Py_ssize_t n)
{
    Py_UCS4 bits = 0;

    if (kind == 1) {
        return ucs1_max_char(data, n);
    }
    /* In blocks, so that the loops vectorise and yet stop early. */
    for (Py_ssize_t start = 0; start < n; start += 256) {
        Py_ssize_t stop = n - start < 256 ? n : start + 256;
        if (kind == 2) {
            for (Py_ssize_t i = start; i < stop; i++) {
                bits |= ((const Py_UCS2 *)data)[i];
            }
            if (bits > 0xff) {
                return 0xffff;
            }
        }
        else {
            for (Py_ssize_t i = start; i < stop; i++) {
                bits |= ((const Py_UCS4 *)data)[i];
            }
            if (bits > 0xffff) {
                return UNICODE_MAX;
            }
        }
    }
    return bits > 0xff ? 0xffff : bits > 0x7f ? 0xff : 0x7f;
}

Py_UCS4
_PyUnicode_FindMaxChar(PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    if (start == 0 && end == unicode_length(self)) {
        return unicode_max_char(self);
    }
    if (unicode_is_ascii(self)) {
        return 127;
    }
    if (start == end) {
        return 127;
    }
    int kind = unicode_kind(self);
    return unicode_find_max_char(
        kind, (char *)unicode_data(self) + start * kind, end - start);
}

/* ---- allocation --------------------------------------------------------- */

static size_t
compact_head_size(Py_UCS4 max_char)
{
    return max_char < 128 ? sizeof(PyASCIIObject)
                          : sizeof(PyCompactUnicodeObject);
}

PyObject *
PyUnicode_New(Py_ssize_t size, Py_UCS4 max_char)
{
    if (size == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (max_char > UNICODE_MAX) {
        PyErr_SetString(PyExc_SystemError,
                        "invalid maximum character passed to PyUnicode_New");
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyUnicode_New");
        return NULL;
    }
    int kind = unicode_kind_for(max_char);
    size_t head = compact_head_size(max_char);
    /* kind >> 1 is its logarithm: 1, 2, 4.  Dividing would show in
     * profiles. */
    if (size > (Py_ssize_t)((PY_SSIZE_T_MAX - head) >> (kind >> 1)) - 1) {
        return PyErr_NoMemory();
    }
    PyObject *self = PyObject_Malloc(head + (size_t)(size + 1) * kind);
    if (self == NULL) {
        return PyErr_NoMemory();
    }
    __typeof__(ASCII(self)->state) state = {
        .kind = (unsigned)kind, .compact = 1, .ascii = max_char < 128,
        .ready = 1};

    object_init(self, &PyUnicode_Type);
    ASCII(self)->length = size;
    ASCII(self)->hash = -1;
    ASCII(self)->state = state;               /* one store for all bits */
    ASCII(self)->wstr = NULL;
    char *data = (char *)self + head;
    if (max_char >= 128) {
        COMPACT(self)->utf8_length = 0;
        COMPACT(self)->utf8 = NULL;
        COMPACT(self)->wstr_length = 0;
        if (kind == sizeof(wchar_t)) {
            ASCII(self)->wstr = (wchar_t *)data;
            COMPACT(self)->wstr_length = size;
        }
    }
    unicode_write(kind, data, size, 0);
    return self;
}

/* A legacy string of `n` wchar_t to be filled by the caller. */
static PyObject *
unicode_new_legacy(Py_ssize_t n)
{
    if (n == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to _PyUnicode_New");
        return NULL;
    }
    if (n > (Py_ssize_t)(PY_SSIZE_T_MAX / sizeof(wchar_t)) - 1) {
        return PyErr_NoMemory();
    }
    wchar_t *wide = PyObject_Malloc(((size_t)n + 1) * sizeof(wchar_t));
    if (wide == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *self = PyObject_Malloc(sizeof(PyUnicodeObject));
    if (self == NULL) {
        PyObject_Free(wide);
        return PyErr_NoMemory();
    }
    memset(self, 0, sizeof(PyUnicodeObject));
    object_init(self, &PyUnicode_Type);
    ASCII(self)->hash = -1;
    ASCII(self)->wstr = wide;
    COMPACT(self)->wstr_length = n;
    wide[0] = 0;
    wide[n] = 0;
    return self;
}

PyObject *
unicode_from_char(Py_UCS4 ch)
{
    if (ch < 256) {
        return Py_NewRef(unicode_latin1_char((Py_UCS1)ch));
    }
    PyObject *self = PyUnicode_New(1, ch);
    if (self != NULL) {
        unicode_write(unicode_kind(self), unicode_data(self), 0, ch);
    }
    return self;
}

PyObject *
PyUnicode_FromOrdinal(int ordinal)
{
    if (ordinal < 0 || ordinal > (int)UNICODE_MAX) {
        PyErr_SetString(PyExc_ValueError,
                        "chr() arg not in range(0x110000)");
        return NULL;
    }
    return unicode_from_char((Py_UCS4)ordinal);
}

PyObject *
PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "size must be positive");
        return NULL;
    }
    if (kind != 1 && kind != 2 && kind != 4) {
        PyErr_SetString(PyExc_SystemError, "invalid kind");
        return NULL;
    }
    if (size == 0) {
        return Py_NewRef(unicode_empty());
    }
    if (size == 1) {
        Py_UCS4 ch = unicode_read(kind, data, 0);
        if (ch > UNICODE_MAX) {
            PyErr_SetString(
                PyExc_SystemError,
                "invalid maximum character passed to PyUnicode_New");
            return NULL;
        }
        return unicode_from_char(ch);
    }
    Py_UCS4 max_char = unicode_find_max_char(kind, data, size);
    PyObject *self = PyUnicode_New(size, max_char);
    if (self != NULL) {
        unicode_copy_chars(unicode_kind(self), unicode_data(self), kind, data,
                           size);
    }
    return self;
}

PyObject *
_PyUnicode_FromASCII(const char *text, Py_ssize_t size)
{
    if (size == 1) {
        return Py_NewRef(unicode_latin1_char((Py_UCS1)text[0]));
    }
    PyObject *self = PyUnicode_New(size, 127);
    if (self != NULL && size > 0) {
        memcpy(unicode_data(self), text, (size_t)size);
    }
    return self;
}

PyObject *
_PyUnicode_Copy(PyObject *self)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    PyObject *copy = PyUnicode_New(n, unicode_max_char(self));
    if (copy != NULL) {
        memcpy(unicode_data(copy), unicode_data(self),
               (size_t)n * unicode_kind(self));
    }
    return copy;
}

/* ---- legacy strings ----------------------------------------------------- */

int
_PyUnicode_Ready(PyObject *self)
{
    if (ASCII(self)->state.ready) {
        return 0;
    }
    const wchar_t *wide = ASCII(self)->wstr;
    Py_ssize_t n = COMPACT(self)->wstr_length;
    Py_UCS4 top = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = (Py_UCS4)wide[i];
        if (ch > top) {
            top = ch;
            if (ch > UNICODE_MAX) {
                PyErr_Format(PyExc_ValueError,
                             "character U+%x is not in range "
                             "[U+0000; U+10ffff]", ch);
                return -1;
            }
        }
    }
    int kind = unicode_kind_for(top);
    if (kind == 4) {
        LEGACY(self)->data.any = ASCII(self)->wstr;
        COMPACT(self)->utf8 = NULL;
        COMPACT(self)->utf8_length = 0;
    }
    else {
        void *data = PyObject_Malloc((size_t)(n + 1) * kind);
        if (data == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        unicode_copy_chars(kind, data, 4, wide, n);
        unicode_write(kind, data, n, 0);
        LEGACY(self)->data.any = data;
        if (top < 128) {
            ASCII(self)->state.ascii = 1;
            COMPACT(self)->utf8 = data;
            COMPACT(self)->utf8_length = n;
        }
        else {
            COMPACT(self)->utf8 = NULL;
            COMPACT(self)->utf8_length = 0;
        }
        PyObject_Free(ASCII(self)->wstr);
        ASCII(self)->wstr = NULL;
        COMPACT(self)->wstr_length = 0;
    }
    ASCII(self)->length = n;
    ASCII(self)->state.kind = kind;
    ASCII(self)->state.ready = 1;
    return 0;
}

int
unicode_ensure(PyObject *object)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "must be str, not %.100s",
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    return PyUnicode_READY(object);
}

/* ---- release ------------------------------------------------------------ */

static int
unicode_owns_wstr(PyObject *self)
{
    return ASCII(self)->wstr != NULL &&
           (!ASCII(self)->state.ready ||
            (void *)ASCII(self)->wstr != unicode_data(self));
}

static int
unicode_owns_utf8(PyObject *self)
{
    return !(unicode_is_compact(self) && unicode_is_ascii(self)) &&
           COMPACT(self)->utf8 != NULL &&
           (!ASCII(self)->state.ready ||
            (void *)COMPACT(self)->utf8 != unicode_data(self));
}

void
unicode_dealloc(PyObject *self)
{
    if (ASCII(self)->state.interned) {
        if (ASCII(self)->state.interned != SSTATE_INTERNED_MORTAL) {
            Py_FatalError("Immortal interned string died.");
        }
        unicode_forget_interned(self);
    }
    if (unicode_owns_wstr(self)) {
        PyObject_Free(ASCII(self)->wstr);
    }
    if (unicode_owns_utf8(self)) {
        PyObject_Free(COMPACT(self)->utf8);
    }
    if (!unicode_is_compact(self) && LEGACY(self)->data.any != NULL) {
        PyObject_Free(LEGACY(self)->data.any);
    }
    Py_TYPE(self)->tp_free(self);
}

/* ---- change in place ---------------------------------------------------- */

static int
unicode_is_modifiable(PyObject *self)
{
    return Py_REFCNT(self) == 1 && ASCII(self)->hash == -1 &&
           !unicode_is_interned(self) && PyUnicode_CheckExact(self);
}

static void
unicode_drop_utf8(PyObject *self)
{
    if (unicode_owns_utf8(self)) {
        PyObject_Free(COMPACT(self)->utf8);
        COMPACT(self)->utf8 = NULL;
        COMPACT(self)->utf8_length = 0;
    }
}

/* Steals self in any case.  Only for modifiable compact strings. */
static PyObject *
resize_compact(PyObject *self, Py_ssize_t length)
{
    int kind = unicode_kind(self);
    size_t head = unicode_is_ascii(self) ? sizeof(PyASCIIObject)
                                         : sizeof(PyCompactUnicodeObject);
    int shares_wstr = ASCII(self)->wstr != NULL && !unicode_owns_wstr(self);

    if (length > (Py_ssize_t)((PY_SSIZE_T_MAX - head) / kind - 1)) {
        return PyErr_NoMemory();
    }
    unicode_drop_utf8(self);
    if (unicode_owns_wstr(self)) {
        PyObject_Free(ASCII(self)->wstr);
        ASCII(self)->wstr = NULL;
        if (!unicode_is_ascii(self)) {
            COMPACT(self)->wstr_length = 0;
        }
    }
    PyObject *moved = PyObject_Realloc(self,
                                       head + (size_t)(length + 1) * kind);
    if (moved == NULL) {
        return PyErr_NoMemory();
    }
    ASCII(moved)->length = length;
    void *data = (char *)moved + head;
    if (shares_wstr) {
        ASCII(moved)->wstr = data;
        COMPACT(moved)->wstr_length = length;
    }
    unicode_write(kind, data, length, 0);
    return moved;
}

static int
resize_legacy(PyObject *self, Py_ssize_t length)
{
    unicode_drop_utf8(self);
    if (!ASCII(self)->state.ready) {
        if (length > (Py_ssize_t)(PY_SSIZE_T_MAX / sizeof(wchar_t)) - 1) {
            PyErr_NoMemory();
            return -1;
        }
        wchar_t *wide = PyObject_Realloc(
            ASCII(self)->wstr, (size_t)(length + 1) * sizeof(wchar_t));
        if (wide == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        wide[length] = 0;
        ASCII(self)->wstr = wide;
        COMPACT(self)->wstr_length = length;
        return 0;
    }
    int kind = unicode_kind(self);
    if (length > PY_SSIZE_T_MAX / kind - 1) {
        PyErr_NoMemory();
        return -1;
    }
    int shares_wstr = ASCII(self)->wstr != NULL && !unicode_owns_wstr(self);
    int shares_utf8 = COMPACT(self)->utf8 != NULL;
    if (unicode_owns_wstr(self)) {
        PyObject_Free(ASCII(self)->wstr);
        ASCII(self)->wstr = NULL;
        COMPACT(self)->wstr_length = 0;
    }
    void *data = PyObject_Realloc(LEGACY(self)->data.any,
                                  (size_t)(length + 1) * kind);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    LEGACY(self)->data.any = data;
    if (shares_wstr) {
        ASCII(self)->wstr = data;
        COMPACT(self)->wstr_length = length;
    }
    if (shares_utf8) {
        COMPACT(self)->utf8 = data;
        COMPACT(self)->utf8_length = length;
    }
    ASCII(self)->length = length;
    unicode_write(kind, data, length, 0);
    return 0;
}

/* A new string of that length with the beginning of self; same kind. */
static PyObject *
resize_copy(PyObject *self, Py_ssize_t length)
{
    PyObject *copy;

    if (!ASCII(self)->state.ready) {
        copy = unicode_new_legacy(length);
        if (copy != NULL && length > 0) {
            Py_ssize_t n = Py_MIN(length, COMPACT(self)->wstr_length);
            memcpy(ASCII(copy)->wstr, ASCII(self)->wstr,
                   (size_t)n * sizeof(wchar_t));
        }
        return copy;
    }
    copy = PyUnicode_New(length, unicode_max_char(self));
    if (copy != NULL) {
        Py_ssize_t n = Py_MIN(length, unicode_length(self));
        memcpy(unicode_data(copy), unicode_data(self),
               (size_t)n * unicode_kind(self));
    }
    return copy;
}

int
unicode_resize(PyObject **string, Py_ssize_t length)
{
    PyObject *self = *string;
    Py_ssize_t old_length = ASCII(self)->state.ready
                                ? unicode_length(self)
                                : COMPACT(self)->wstr_length;

    if (old_length == length) {
        return 0;
    }
    if (length == 0) {
        Py_SETREF(*string, Py_NewRef(unicode_empty()));
        return 0;
    }
    if (!unicode_is_modifiable(self)) {
        PyObject *copy = resize_copy(self, length);
        if (copy == NULL) {
            return -1;
        }
        Py_SETREF(*string, copy);
        return 0;
    }
    if (unicode_is_compact(self)) {
        PyObject *moved = resize_compact(self, length);
        if (moved == NULL) {
            return -1;
        }
        *string = moved;
        return 0;
    }
    return resize_legacy(self, length);
}

int
PyUnicode_Resize(PyObject **string, Py_ssize_t length)
{
    if (string == NULL || *string == NULL || !PyUnicode_Check(*string) ||
        length < 0) {
        PyErr_BadInternalCall();
        return -1;
    }
    return unicode_resize(string, length);
}

static int
unicode_check_modifiable(PyObject *self)
{
    if (!unicode_is_modifiable(self)) {
        PyErr_SetString(PyExc_SystemError,
                        "Cannot modify a string currently used");
        return -1;
    }
    return 0;
}

void
_PyUnicode_FastCopyCharacters(PyObject *to, Py_ssize_t to_start,
                              PyObject *from, Py_ssize_t from_start,
                              Py_ssize_t n)
{
    int to_kind = unicode_kind(to), from_kind = unicode_kind(from);

    unicode_copy_chars(to_kind, (char *)unicode_data(to) + to_kind * to_start,
                       from_kind,
                       (char *)unicode_data(from) + from_kind * from_start,
                       n);
}

Py_ssize_t
PyUnicode_CopyCharacters(PyObject *to, Py_ssize_t to_start, PyObject *from,
                         Py_ssize_t from_start, Py_ssize_t n)
{
    if (!PyUnicode_Check(from) || !PyUnicode_Check(to)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyUnicode_READY(from) < 0 || PyUnicode_READY(to) < 0) {
        return -1;
    }
    if ((size_t)from_start > (size_t)unicode_length(from) ||
        (size_t)to_start > (size_t)unicode_length(to)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError, "how_many cannot be negative");
        return -1;
    }
    n = Py_MIN(unicode_length(from) - from_start, n);
    if (to_start + n > unicode_length(to)) {
        PyErr_Format(PyExc_SystemError,
                     "Cannot write %zi characters at %zi "
                     "in a string of %zi characters",
                     n, to_start, unicode_length(to));
        return -1;
    }
    if (n == 0) {
        return 0;
    }
    if (unicode_check_modifiable(to) < 0) {
        return -1;
    }
    Py_UCS4 top = unicode_max_char(to);
    if (unicode_max_char(from) > top &&
        _PyUnicode_FindMaxChar(from, from_start, from_start + n) > top) {
        PyErr_Format(PyExc_SystemError,
                     "Cannot copy %s characters "
                     "into a string of %s characters",
                     unicode_is_ascii(from) ? "ASCII"
                     : unicode_kind(from) == 1 ? "UCS1"
                     : unicode_kind(from) == 2 ? "UCS2" : "UCS4",
                     unicode_is_ascii(to) ? "ASCII"
                     : unicode_kind(to) == 1 ? "UCS1"
                     : unicode_kind(to) == 2 ? "UCS2" : "UCS4");
        return -1;
    }
    _PyUnicode_FastCopyCharacters(to, to_start, from, from_start, n);
    return n;
}

static void
unicode_fill(int kind, void *data, Py_UCS4 ch, Py_ssize_t start, Py_ssize_t n)
{
    if (kind == 1) {
        memset((Py_UCS1 *)data + start, (int)ch, (size_t)n);
    }
    else if (kind == 2) {
        for (Py_ssize_t i = start; i < start + n; i++) {
            ((Py_UCS2 *)data)[i] = (Py_UCS2)ch;
        }
    }
    else {
        for (Py_ssize_t i = start; i < start + n; i++) {
            ((Py_UCS4 *)data)[i] = ch;
        }
    }
}

void
_PyUnicode_FastFill(PyObject *self, Py_ssize_t start, Py_ssize_t n, Py_UCS4 ch)
{
    if (n > 0) {
        unicode_fill(unicode_kind(self), unicode_data(self), ch, start, n);
    }
}

Py_ssize_t
PyUnicode_Fill(PyObject *self, Py_ssize_t start, Py_ssize_t n, Py_UCS4 ch)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyUnicode_READY(self) < 0 || unicode_check_modifiable(self) < 0) {
        return -1;
    }
    if (start < 0) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (ch > unicode_max_char(self)) {
        PyErr_SetString(PyExc_ValueError,
                        "fill character is bigger than "
                        "the string maximum character");
        return -1;
    }
    n = Py_MIN(unicode_length(self) - start, n);
    if (n <= 0) {
        return 0;
    }
    _PyUnicode_FastFill(self, start, n, ch);
    return n;
}

int
PyUnicode_WriteChar(PyObject *self, Py_ssize_t index, Py_UCS4 ch)
{
    if (!PyUnicode_Check(self) || !unicode_is_compact(self)) {
        PyErr_BadArgument();
        return -1;
    }
    if (index < 0 || index >= unicode_length(self)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (unicode_check_modifiable(self) < 0) {
        return -1;
    }
    if (ch > unicode_max_char(self)) {
        PyErr_SetString(PyExc_ValueError, "character out of range");
        return -1;
    }
    unicode_write(unicode_kind(self), unicode_data(self), index, ch);
    return 0;
}

/* ---- parts -------------------------------------------------------------- */

PyObject *
unicode_result_unchanged(PyObject *self)
{
    return PyUnicode_CheckExact(self) ? Py_NewRef(self)
                                      : _PyUnicode_Copy(self);
}

PyObject *
unicode_substring(PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t n = end - start;

    if (start == 0 && end == unicode_length(self)) {
        return unicode_result_unchanged(self);
    }
    if (n <= 0) {
        return Py_NewRef(unicode_empty());
    }
    int kind = unicode_kind(self);
    const char *data = (char *)unicode_data(self) + start * kind;
    if (unicode_is_ascii(self)) {
        return _PyUnicode_FromASCII(data, n);
    }
    return PyUnicode_FromKindAndData(kind, data, n);
}

PyObject *
PyUnicode_Substring(PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    end = Py_MIN(end, unicode_length(self));
    if (start == 0 && end == unicode_length(self)) {
        return unicode_result_unchanged(self);
    }
    if (start < 0 || end < 0) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return NULL;
    }
    if (start >= unicode_length(self) || end < start) {
        return Py_NewRef(unicode_empty());
    }
    return unicode_substring(self, start, end);
}

Py_ssize_t
PyUnicode_GetLength(PyObject *self)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return -1;
    }
    return PyUnicode_READY(self) < 0 ? -1 : unicode_length(self);
}

Py_ssize_t
PyUnicode_GetSize(PyObject *self)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return -1;
    }
    if (_PyUnicode_AsUnicode(self) == NULL) {
        return -1;
    }
    size = unicode_is_ascii(self) && unicode_is_compact(self)
               ? unicode_length(self)
               : COMPACT(self)->wstr_length;
    return size;
}

Py_UCS4
PyUnicode_ReadChar(PyObject *self, Py_ssize_t index)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return (Py_UCS4)-1;
    }
    if (PyUnicode_READY(self) < 0) {
        return (Py_UCS4)-1;
    }
    if (index < 0 || index >= unicode_length(self)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return (Py_UCS4)-1;
    }
    return unicode_read(unicode_kind(self), unicode_data(self), index);
}

PyObject *
PyUnicode_FromObject(PyObject *object)
{
    if (PyUnicode_CheckExact(object)) {
        return PyUnicode_READY(object) < 0 ? NULL : Py_NewRef(object);
    }
    if (PyUnicode_Check(object)) {
        return _PyUnicode_Copy(object);
    }
    PyErr_Format(PyExc_TypeError, "Can't convert '%.100s' object to str "
                 "implicitly", Py_TYPE(object)->tp_name);
    return NULL;
}

static Py_UCS4 *
unicode_write_ucs4(PyObject *self, Py_UCS4 *target, Py_ssize_t size,
                   int with_nul)
{
    Py_ssize_t n = unicode_length(self);

    if (size < n + with_nul) {
        PyErr_SetString(PyExc_SystemError,
                        "string is longer than the buffer");
        if (with_nul && size > 0) {
            target[0] = 0;
        }
        return NULL;
    }
    unicode_copy_chars(4, target, unicode_kind(self), unicode_data(self), n);
    if (with_nul) {
        target[n] = 0;
    }
    return target;
}

Py_UCS4 *
PyUnicode_AsUCS4(PyObject *self, Py_UCS4 *target, Py_ssize_t size,
                 int copy_null)
{
    if (target == NULL || size < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    return unicode_write_ucs4(self, target, size, copy_null != 0);
}

Py_UCS4 *
PyUnicode_AsUCS4Copy(PyObject *self)
{
    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    Py_ssize_t n = unicode_length(self);
    Py_UCS4 *target = PyMem_New(Py_UCS4, n + 1);
    if (target == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return unicode_write_ucs4(self, target, n + 1, 1);
}

/* ---- wchar_t ------------------------------------------------------------ */

PyObject *
PyUnicode_FromWideChar(const wchar_t *wide, Py_ssize_t size)
{
    if (wide == NULL) {
        if (size == 0) {
            return Py_NewRef(unicode_empty());
        }
        PyErr_BadInternalCall();
        return NULL;
    }
    if (size == -1) {
        size = (Py_ssize_t)wcslen(wide);
    }
    Py_UCS4 top = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((Py_UCS4)wide[i] > top) {
            top = (Py_UCS4)wide[i];
        }
    }
    if (top > UNICODE_MAX) {
        PyErr_Format(PyExc_ValueError,
                     "character U+%x is not in range [U+0000; U+10ffff]",
                     top);
        return NULL;
    }
    return PyUnicode_FromKindAndData(4, wide, size);
}

PyObject *
PyUnicode_FromUnicode(const Py_UNICODE *wide, Py_ssize_t size)
{
    if (wide == NULL) {
        if (size > 0 &&
            PyErr_WarnEx(PyExc_DeprecationWarning,
                         "PyUnicode_FromUnicode(NULL, size) is deprecated; "
                         "use PyUnicode_New() instead", 1) < 0) {
            return NULL;
        }
        return unicode_new_legacy(size);
    }
    if (size < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyUnicode_FromWideChar(wide, size);
}

PyObject *
PyUnicode_FromStringAndSize(const char *text, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyUnicode_FromStringAndSize");
        return NULL;
    }
    if (text != NULL) {
        return PyUnicode_DecodeUTF8Stateful(text, size, NULL, NULL);
    }
    if (size > 0 &&
        PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_FromStringAndSize(NULL, size) is deprecated; "
                     "use PyUnicode_New() instead", 1) < 0) {
        return NULL;
    }
    return unicode_new_legacy(size);
}

PyObject *
PyUnicode_FromString(const char *text)
{
    return PyUnicode_DecodeUTF8Stateful(text, (Py_ssize_t)strlen(text), NULL,
                                        NULL);
}

/* Number of wchar_t of the string, without the NUL. */
static Py_ssize_t
unicode_wide_length(PyObject *self)
{
    return ASCII(self)->state.ready ? unicode_length(self)
                                    : COMPACT(self)->wstr_length;
}

static void
unicode_write_wide(PyObject *self, wchar_t *wide, Py_ssize_t n)
{
    if (!ASCII(self)->state.ready) {
        memcpy(wide, ASCII(self)->wstr, (size_t)n * sizeof(wchar_t));
    }
    else {
        unicode_copy_chars(4, wide, unicode_kind(self), unicode_data(self), n);
    }
}

Py_ssize_t
PyUnicode_AsWideChar(PyObject *self, wchar_t *wide, Py_ssize_t size)
{
    if (self == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return -1;
    }
    Py_ssize_t n = unicode_wide_length(self);
    if (wide == NULL) {
        return n + 1;
    }
    if (size > n) {
        unicode_write_wide(self, wide, n);
        wide[n] = 0;
        return n;
    }
    unicode_write_wide(self, wide, size);
    return size;
}

wchar_t *
PyUnicode_AsWideCharString(PyObject *self, Py_ssize_t *size)
{
    if (self == NULL) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return NULL;
    }
    Py_ssize_t n = unicode_wide_length(self);
    wchar_t *wide = PyMem_New(wchar_t, n + 1);
    if (wide == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    unicode_write_wide(self, wide, n);
    wide[n] = 0;
    if (size != NULL) {
        *size = n;
    }
    else if (wcslen(wide) != (size_t)n) {
        PyMem_Free(wide);
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return wide;
}

/* The cached wchar_t form. */
static wchar_t *
unicode_ensure_wstr(PyObject *self)
{
    if (ASCII(self)->wstr == NULL) {
        Py_ssize_t n = unicode_length(self);
        if (n > (Py_ssize_t)(PY_SSIZE_T_MAX / sizeof(wchar_t)) - 1) {
            PyErr_NoMemory();
            return NULL;
        }
        wchar_t *wide = PyObject_Malloc((size_t)(n + 1) * sizeof(wchar_t));
        if (wide == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        unicode_write_wide(self, wide, n);
        wide[n] = 0;
        ASCII(self)->wstr = wide;
        if (!(unicode_is_compact(self) && unicode_is_ascii(self))) {
            COMPACT(self)->wstr_length = n;
        }
    }
    return ASCII(self)->wstr;
}

static wchar_t *
unicode_as_wide(PyObject *self, Py_ssize_t *size)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadArgument();
        return NULL;
    }
    wchar_t *wide = unicode_ensure_wstr(self);
    if (wide != NULL && size != NULL) {
        *size = unicode_wide_length(self);
    }
    return wide;
}

Py_UNICODE *
PyUnicode_AsUnicodeAndSize(PyObject *self, Py_ssize_t *size)
{
    return unicode_as_wide(self, size);
}

Py_UNICODE *
PyUnicode_AsUnicode(PyObject *self)
{
    return unicode_as_wide(self, NULL);
}

const Py_UNICODE *
_PyUnicode_AsUnicode(PyObject *self)
{
    Py_ssize_t size;
    const wchar_t *wide = unicode_as_wide(self, &size);

    if (wide != NULL && wcslen(wide) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return wide;
}

int
_PyUnicode_WideCharString_Converter(PyObject *object, void *target)
{
    wchar_t **wide = target;

    if (object == NULL) {
        PyMem_Free(*wide);
        *wide = NULL;
        return 1;
    }
    if (PyUnicode_Check(object)) {
        *wide = PyUnicode_AsWideCharString(object, NULL);
        return *wide == NULL ? 0 : Py_CLEANUP_SUPPORTED;
    }
    PyErr_Format(PyExc_TypeError, "argument must be str, not %.50s",
                 Py_TYPE(object)->tp_name);
    return 0;
}

int
_PyUnicode_WideCharString_Opt_Converter(PyObject *object, void *target)
{
    if (object == Py_None) {
        *(wchar_t **)target = NULL;
        return 1;
    }
    if (object != NULL && !PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError,
                     "argument must be str or None, not %.50s",
                     Py_TYPE(object)->tp_name);
        return 0;
    }
    return _PyUnicode_WideCharString_Converter(object, target);
}

/* ---- consistency -------------------------------------------------------- */

int
_PyUnicode_CheckConsistency(PyObject *self, int check_content)
{
    assert(PyUnicode_Check(self));
    if (!ASCII(self)->state.ready) {
        assert(ASCII(self)->wstr != NULL && unicode_kind(self) == 0);
        return 1;
    }
    int kind = unicode_kind(self);
    assert(kind == 1 || kind == 2 || kind == 4);
    assert(!unicode_is_ascii(self) || kind == 1);
    const void *data = unicode_data(self);
    assert(data != NULL);
    assert(unicode_read(kind, data, unicode_length(self)) == 0);
    if (check_content) {
        Py_UCS4 top = unicode_find_max_char(kind, data, unicode_length(self));
        assert(top == unicode_max_char(self) ||
               (unicode_length(self) == 0 && unicode_is_ascii(self)));
        (void)top;
    }
    (void)data;
    return 1;
}
