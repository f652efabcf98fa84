/* str inside the runtime: what the parts of Objects/unicode share, and the
 * few helpers that the rest of the runtime wants beside the public API.
 *
 * Every function of the runtime returns *ready* strings.  Only extensions can
 * make a legacy (wstr) string, through PyUnicode_FromUnicode(NULL, n); the
 * public entry points call PyUnicode_READY on their arguments, the helpers
 * here assume ready ones.
 */
#ifndef LUCID_INTERNAL_UNICODE_H
#define LUCID_INTERNAL_UNICODE_H

#include "Python.h"

#define UNICODE_MAX 0x10ffffu

/* ---- life cycle (subsystems.def: unicode) ------------------------------- */

/* Puts the static names and the one-character strings into the table of
 * interned strings.  0, or -1 with MemoryError. */
int unicode_init(PyInterpreterState *interp);
void unicode_fini(PyInterpreterState *interp);

/* ---- singletons --------------------------------------------------------- */

/* Layout of a statically initialised one-character or empty string. */
typedef struct {
    PyASCIIObject base;
    Py_UCS1 data[2];
} UnicodeStaticASCII;

typedef struct {
    PyCompactUnicodeObject base;
    Py_UCS1 data[2];
} UnicodeStaticLatin1;

extern UnicodeStaticASCII unicode_static_empty;
extern UnicodeStaticASCII unicode_static_ascii[128];
extern UnicodeStaticLatin1 unicode_static_latin1[128];   /* U+0080..U+00FF */

/* Borrowed, immortal.  Never fails. */
static inline PyObject *
unicode_empty(void)
{
    return (PyObject *)&unicode_static_empty;
}

/* Borrowed, immortal one-character string.  Never fails. */
static inline PyObject *
unicode_latin1_char(Py_UCS1 ch)
{
    return ch < 128 ? (PyObject *)&unicode_static_ascii[ch]
                    : (PyObject *)&unicode_static_latin1[ch - 128];
}

/* Returns new: the string of one character, ch <= UNICODE_MAX. */
PyObject *unicode_from_char(Py_UCS4 ch);

/* ---- state -------------------------------------------------------------- */

static inline int
unicode_kind(PyObject *self)
{
    return (int)((PyASCIIObject *)self)->state.kind;
}

static inline int
unicode_is_ascii(PyObject *self)
{
    return ((PyASCIIObject *)self)->state.ascii;
}

static inline int
unicode_is_compact(PyObject *self)
{
    return ((PyASCIIObject *)self)->state.compact;
}

static inline int
unicode_is_interned(PyObject *self)
{
    return ((PyASCIIObject *)self)->state.interned != 0;
}

static inline Py_ssize_t
unicode_length(PyObject *self)
{
    return ((PyASCIIObject *)self)->length;
}

static inline void *
unicode_data(PyObject *self)
{
    PyASCIIObject *ascii = (PyASCIIObject *)self;
    if (ascii->state.compact) {
        return ascii->state.ascii
                   ? (void *)(ascii + 1)
                   : (void *)((PyCompactUnicodeObject *)self + 1);
    }
    return ((PyUnicodeObject *)self)->data.any;
}

static inline Py_UCS4
unicode_read(int kind, const void *data, Py_ssize_t index)
{
    if (kind == 1) {
        return ((const Py_UCS1 *)data)[index];
    }
    if (kind == 2) {
        return ((const Py_UCS2 *)data)[index];
    }
    return ((const Py_UCS4 *)data)[index];
}

static inline void
unicode_write(int kind, void *data, Py_ssize_t index, Py_UCS4 ch)
{
    if (kind == 1) {
        ((Py_UCS1 *)data)[index] = (Py_UCS1)ch;
    }
    else if (kind == 2) {
        ((Py_UCS2 *)data)[index] = (Py_UCS2)ch;
    }
    else {
        ((Py_UCS4 *)data)[index] = ch;
    }
}

/* Upper bound of the characters that the string's representation can hold:
 * 0x7f, 0xff, 0xffff or 0x10ffff. */
static inline Py_UCS4
unicode_max_char(PyObject *self)
{
    if (unicode_is_ascii(self)) {
        return 0x7f;
    }
    int kind = unicode_kind(self);
    return kind == 1 ? 0xff : kind == 2 ? 0xffff : UNICODE_MAX;
}

static inline int
unicode_kind_for(Py_UCS4 max_char)
{
    return max_char < 0x100 ? 1 : max_char < 0x10000 ? 2 : 4;
}

/* ---- storage ------------------------------------------------------------ */

/* Copies n characters between buffers of any kinds; to_kind must hold them
 * (not checked).  Never fails. */
void unicode_copy_chars(int to_kind, void *to, int from_kind,
                        const void *from, Py_ssize_t n);

/* The buffer widened to `kind`: from itself if it has that kind, otherwise
 * new memory in *owned (free with PyMem_Free).  NULL on MemoryError. */
const void *unicode_as_kind(PyObject *self, int kind, void **owned);

/* Largest character (rounded up to the class 0x7f/0xff/0xffff/0x10ffff). */
Py_UCS4 unicode_find_max_char(int kind, const void *data, Py_ssize_t n);

/* Returns new, an exact str in smallest representation of characters
 * [start, end) of a ready string; self itself if that is exact and whole. */
PyObject *unicode_substring(PyObject *self, Py_ssize_t start, Py_ssize_t end);

/* Returns new: an exact str equal to self (self if it is exact). */
PyObject *unicode_result_unchanged(PyObject *self);

/* Resizes *string (exact or freshly made); 0/-1.  Moves it if it is shared,
 * a singleton or interned. */
int unicode_resize(PyObject **string, Py_ssize_t length);

/* TypeError "must be str, not X" unless str, else PyUnicode_READY.  0/-1 */
int unicode_ensure(PyObject *object);

/* ---- search ------------------------------------------------------------- */

/* Index of the first (last) occurrence inside self[start:end], or -1 (absent,
 * never an error); MemoryError gives -2.  Indices already clipped. */
Py_ssize_t unicode_find(PyObject *self, PyObject *sub, Py_ssize_t start,
                        Py_ssize_t end);
Py_ssize_t unicode_rfind(PyObject *self, PyObject *sub, Py_ssize_t start,
                         Py_ssize_t end);
Py_ssize_t unicode_find_char(int kind, const void *data, Py_ssize_t n,
                             Py_UCS4 ch);
Py_ssize_t unicode_rfind_char(int kind, const void *data, Py_ssize_t n,
                              Py_UCS4 ch);

/* Occurrences (not overlapping) of sub in self[start:end], at most `limit`. */
Py_ssize_t unicode_count(PyObject *self, PyObject *sub, Py_ssize_t start,
                         Py_ssize_t end, Py_ssize_t limit);

/* The places of the first `limit` occurrences (not overlapping) of a sub that
 * is not empty and not longer or wider than self: their number, or -1 with
 * MemoryError.  places has room for them. */
Py_ssize_t unicode_find_all(PyObject *self, PyObject *sub, Py_ssize_t limit,
                            Py_ssize_t *places);

/* ---- comparison --------------------------------------------------------- */

/* Both str and ready. 1/0.  Never fails. */
int unicode_equal(PyObject *left, PyObject *right);

/* -1, 0, 1 by code points.  Both str and ready.  Never fails. */
int unicode_compare(PyObject *left, PyObject *right);

/* ready str against bytes of ASCII.  1/0.  Never fails. */
int unicode_equal_ascii(PyObject *self, const char *text, Py_ssize_t size);

/* The hash, computed once.  Never fails for ready strings. */
Py_hash_t unicode_hash(PyObject *self);

/* ---- interning ---------------------------------------------------------- */

/* The interned string of these Latin-1 characters.  Returns new. */
PyObject *unicode_intern_latin1(const char *text, Py_ssize_t size);

/* Number of interned strings, for sys. */
Py_ssize_t unicode_interned_count(void);

/* Called by unicode_dealloc only. */
void unicode_forget_interned(PyObject *self);

/* ---- str.format --------------------------------------------------------- */

/* str.format(*args, **kwargs); args a tuple or NULL, kwargs a mapping or
 * NULL.  Runs Python (formatting). */
PyObject *unicode_build_format(PyObject *self, PyObject *args,
                               PyObject *kwargs);

/* Module _string: METH_O functions, and the types of their results. */
PyObject *unicode_formatter_parser(PyObject *module, PyObject *text);
PyObject *unicode_formatter_field_name_split(PyObject *module, PyObject *text);
extern PyTypeObject unicode_formatter_iterator_type;
extern PyTypeObject unicode_field_name_iterator_type;
extern PyTypeObject unicode_encoding_map_type;
extern PyTypeObject unicode_ascii_iterator_type;

/* ---- helpers shared by Objects/unicode ---------------------------------- */

PyObject *unicode_repr(PyObject *self);
PyObject *unicode_iter(PyObject *self);
PyObject *unicode_join(PyObject *self, PyObject *iterable);
PyObject *unicode_format_percent(PyObject *left, PyObject *right);

/* Clips Python-style slice bounds to [0, length]. */
static inline void
unicode_clip(Py_ssize_t *start, Py_ssize_t *end, Py_ssize_t length)
{
    if (*end > length) {
        *end = length;
    }
    else if (*end < 0) {
        *end += length;
        if (*end < 0) {
            *end = 0;
        }
    }
    if (*start < 0) {
        *start += length;
        if (*start < 0) {
            *start = 0;
        }
    }
}

void unicode_dealloc(PyObject *self);

/* Methods of str that live outside strobject.c; contracts there. */
#define UNICODE_NOARGS_METHODS(M)                                           \
    M(capitalize) M(casefold) M(lower) M(upper) M(swapcase) M(title)         \
    M(isalnum) M(isalpha) M(isascii) M(isdecimal) M(isdigit) M(isidentifier) \
    M(islower) M(isnumeric) M(isprintable) M(isspace) M(istitle) M(isupper)
#define UNICODE_FASTCALL_METHODS(M)                                         \
    M(center) M(count) M(endswith) M(find) M(index) M(ljust) M(lstrip)        \
    M(replace) M(rfind) M(rindex) M(rjust) M(rstrip) M(startswith) M(strip)
#define UNICODE_KEYWORD_METHODS(M)                                          \
    M(encode) M(expandtabs) M(rsplit) M(split) M(splitlines)
#define UNICODE_O_METHODS(M)                                                \
    M(partition) M(rpartition) M(removeprefix) M(removesuffix)               \
    M(translate) M(zfill)

#define UNICODE_DECLARE(name) PyObject *unicode_##name(PyObject *, PyObject *);
UNICODE_NOARGS_METHODS(UNICODE_DECLARE)
UNICODE_O_METHODS(UNICODE_DECLARE)
#undef UNICODE_DECLARE
#define UNICODE_DECLARE(name)                                                 \
    PyObject *unicode_##name##_method(PyObject *, PyObject *const *,          \
                                      Py_ssize_t);
UNICODE_FASTCALL_METHODS(UNICODE_DECLARE)
#undef UNICODE_DECLARE
#define UNICODE_DECLARE(name)                                      \
    PyObject *unicode_##name##_method(PyObject *, PyObject *const *, \
                                      Py_ssize_t, PyObject *);
UNICODE_KEYWORD_METHODS(UNICODE_DECLARE)
#undef UNICODE_DECLARE

PyObject *unicode_maketrans(PyObject *, PyObject *const *, Py_ssize_t);

#endif
