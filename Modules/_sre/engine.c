/* _sre: characters, sets, and the memory of a match; instances of the
 * matcher. */
#include "engine.h"
#include "ucd.h"

#include <ctype.h>

/* ---- characters --------------------------------------------------------- */

Py_UCS4
sre_lower_ascii(Py_UCS4 ch)
{
    return ch - 'A' < 26u ? ch + 32 : ch;
}

Py_UCS4
sre_lower_locale(Py_UCS4 ch)
{
    return ch < 256 ? (Py_UCS4)tolower((int)ch) : ch;
}

Py_UCS4
sre_upper_locale(Py_UCS4 ch)
{
    return ch < 256 ? (Py_UCS4)toupper((int)ch) : ch;
}

Py_UCS4
sre_lower_unicode(Py_UCS4 ch)
{
    return ch < 128 ? sre_lower_ascii(ch) : _PyUnicode_ToLowercase(ch);
}

static Py_UCS4
upper_unicode(Py_UCS4 ch)
{
    return _PyUnicode_ToUppercase(ch);
}

/* Classes of ASCII characters. */
enum { C_DIGIT = 1, C_SPACE = 2, C_WORD = 4, C_UNI_SPACE = 8 };

#define W C_WORD
#define D (C_WORD | C_DIGIT)
#define S (C_SPACE | C_UNI_SPACE)
#define U C_UNI_SPACE
static const unsigned char ascii_class[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, U, U, U, U,
    S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,
    0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, W,
    0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, 0,
};
#undef W
#undef D
#undef S
#undef U

static inline int
is_ascii_class(Py_UCS4 ch, int class)
{
    return ch < 128 && (ascii_class[ch] & class) != 0;
}

static inline int
is_unicode_word(Py_UCS4 ch)
{
    return ch < 128
               ? (ascii_class[ch] & C_WORD) != 0
               : (ucd_record(ch)->flags &
                  (UCD_ALPHA | UCD_DECIMAL | UCD_DIGIT | UCD_NUMERIC)) != 0;
}

static inline int
is_unicode_space(Py_UCS4 ch)
{
    return ch < 128 ? (ascii_class[ch] & C_UNI_SPACE) != 0
                    : (ucd_record(ch)->flags & UCD_SPACE) != 0;
}

static inline int
is_unicode_digit(Py_UCS4 ch)
{
    return ch < 128 ? ch - '0' < 10u
                    : (ucd_record(ch)->flags & UCD_DECIMAL) != 0;
}

int
sre_is_word_ascii(Py_UCS4 ch)
{
    return is_ascii_class(ch, C_WORD);
}

int
sre_is_word_locale(Py_UCS4 ch)
{
    return (ch < 256 && isalnum((int)ch)) || ch == '_';
}

int
sre_is_word_unicode(Py_UCS4 ch)
{
    return is_unicode_word(ch);
}

int
sre_in_category(SRECode category, Py_UCS4 ch)
{
    /* The negation of a category has the next number. */
    switch (category) {
    case CATEGORY_DIGIT:
        return is_ascii_class(ch, C_DIGIT);
    case CATEGORY_SPACE:
        return is_ascii_class(ch, C_SPACE);
    case CATEGORY_WORD:
        return is_ascii_class(ch, C_WORD);
    case CATEGORY_LINEBREAK:
        return ch == '\n';
    case CATEGORY_LOC_WORD:
        return sre_is_word_locale(ch);
    case CATEGORY_UNI_DIGIT:
        return is_unicode_digit(ch);
    case CATEGORY_UNI_SPACE:
        return is_unicode_space(ch);
    case CATEGORY_UNI_WORD:
        return is_unicode_word(ch);
    case CATEGORY_UNI_LINEBREAK:
        return _PyUnicode_IsLinebreak(ch);
    default:
        return (category & 1) && !sre_in_category(category - 1, ch);
    }
}

/* Is bit `ch`, below 256, set? */
static inline int
bitmap_has(const SRECode *bits, Py_UCS4 ch)
{
    return bits[ch >> 5] >> (ch & 31) & 1;
}

/* 256 bytes, the number of a bitmap for each high byte; then the bitmaps. */
static inline int
big_charset_has(const SRECode *set, Py_UCS4 ch)
{
    Py_UCS4 block = ((const unsigned char *)set)[ch >> 8];

    return bitmap_has(set + 64 + block * 8, ch & 255);
}

int
sre_in_charset(const SRECode *set, Py_UCS4 ch)
{
    int wanted = 1;

    for (;;) {
        switch (*set++) {
        case OP_FAILURE:
            return !wanted;
        case OP_LITERAL:
            if (ch == set[0]) {
                return wanted;
            }
            set++;
            break;
        case OP_CATEGORY:
            if (sre_in_category(set[0], ch)) {
                return wanted;
            }
            set++;
            break;
        case OP_CHARSET:
            if (ch < 256 && bitmap_has(set, ch)) {
                return wanted;
            }
            set += 8;
            break;
        case OP_RANGE:
            if (set[0] <= ch && ch <= set[1]) {
                return wanted;
            }
            set += 2;
            break;
        case OP_RANGE_UNI_IGNORE: {
            if (set[0] <= ch && ch <= set[1]) {
                return wanted;
            }
            Py_UCS4 upper = upper_unicode(ch);
            if (set[0] <= upper && upper <= set[1]) {
                return wanted;
            }
            set += 2;
            break;
        }
        case OP_NEGATE:
            wanted = !wanted;
            break;
        case OP_BIGCHARSET: {
            Py_ssize_t blocks = *set++;
            if (ch < 65536 && big_charset_has(set, ch)) {
                return wanted;
            }
            set += 64 + blocks * 8;
            break;
        }
        default:
            return 0;
        }
    }
}

int
sre_in_charset_locale(const SRECode *set, Py_UCS4 ch)
{
    Py_UCS4 lower = sre_lower_locale(ch), upper;

    if (sre_in_charset(set, lower)) {
        return 1;
    }
    upper = sre_upper_locale(ch);
    return upper != lower && sre_in_charset(set, upper);
}

/* ---- memory ------------------------------------------------------------- */

int
sre_grow_stack(SREState *state)
{
    Py_ssize_t size = state->stack_allocated * 2;
    SREEntry *stack;

    if (size > INT32_MAX) {
        return -1;
    }
    if (state->stack == state->inline_stack) {
        stack = PyMem_Malloc((size_t)size * sizeof(SREEntry));
        if (stack != NULL) {
            memcpy(stack, state->stack, sizeof(state->inline_stack));
        }
    }
    else {
        stack = PyMem_Realloc(state->stack, (size_t)size * sizeof(SREEntry));
    }
    if (stack == NULL) {
        return -1;
    }
    state->stack = stack;
    state->stack_allocated = size;
    return 0;
}

int
sre_grow_repeats(SREState *state)
{
    Py_ssize_t size = state->repeats_allocated == 0
                          ? 16 : state->repeats_allocated * 2;

    if (size > INT32_MAX) {
        return -1;
    }
    SRERepeat *repeats = PyMem_Realloc(state->repeats,
                                       (size_t)size * sizeof(SRERepeat));
    if (repeats == NULL) {
        return -1;
    }
    state->repeats = repeats;
    state->repeats_allocated = size;
    return 0;
}

void
sre_state_reset(SREState *state)
{
    for (Py_ssize_t i = 0; i < state->mark_count; i++) {
        state->marks[i] = -1;
    }
    state->lastindex = -1;
    state->marks_dirty = 0;
}

/* ---- the matchers ------------------------------------------------------- */

/* Kinds of stack entries; what undoes comes first. */
enum {
    UNDO_MARK, UNDO_REPEAT, UNDO_NEW, CHOICE, CHOICE_BRANCH, CHOICE_GREEDY,
    CHOICE_LAZY, CHOICE_LAZY_BODY, BARRIER
};

#define CHAR Py_UCS1
#define NAME(subject) ucs1_##subject
#include "match_impl.h"
#define CHAR Py_UCS2
#define NAME(subject) ucs2_##subject
#include "match_impl.h"
#define CHAR Py_UCS4
#define NAME(subject) ucs4_##subject
#include "match_impl.h"

int
sre_match(SREState *state)
{
    uint32_t pc = state->code[0] == OP_INFO ? 1 + state->code[1] : 0;

    if (state->code[0] == OP_INFO &&
        (Py_ssize_t)state->code[3] > state->end - state->start) {
        return 0;
    }
    switch (state->char_size) {
    case 1:
        return ucs1_match_at(state, pc, state->start);
    case 2:
        return ucs2_match_at(state, pc, state->start);
    default:
        return ucs4_match_at(state, pc, state->start);
    }
}

int
sre_search(SREState *state)
{
    switch (state->char_size) {
    case 1:
        return ucs1_search(state);
    case 2:
        return ucs2_search(state);
    default:
        return ucs4_search(state);
    }
}

void
sre_raise(int error)
{
    switch (error) {
    case SRE_ERROR_MEMORY:
        PyErr_NoMemory();
        break;
    case SRE_ERROR_INTERRUPTED:
        break;                         /* the handler's exception is set */
    default:
        PyErr_SetString(PyExc_RuntimeError,
                        "internal error in regular expression engine");
    }
}

/* ---- the string --------------------------------------------------------- */

/* Attaches the characters of string. 0/-1 */
static int
attach_string(SREState *state, PyObject *string)
{
    if (PyUnicode_Check(string)) {
        if (PyUnicode_READY(string) < 0) {
            return -1;
        }
        state->data = PyUnicode_DATA(string);
        state->length = PyUnicode_GET_LENGTH(string);
        state->char_size = (int)PyUnicode_KIND(string);
        return 0;
    }
    if (PyObject_GetBuffer(string, &state->buffer, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError,
                     "expected string or bytes-like object, got '%.200s'",
                     Py_TYPE(string)->tp_name);
        return -1;
    }
    state->data = state->buffer.buf;
    state->length = state->buffer.len;
    state->char_size = 1;
    state->is_bytes = 1;
    if (state->data == NULL) {
        state->data = "";
    }
    return 0;
}

int
sre_state_init(SREState *state, PatternObject *pattern, PyObject *string,
               Py_ssize_t start, Py_ssize_t end)
{
    memset(state, 0, offsetof(SREState, inline_marks));
    state->lastindex = -1;
    state->marks = state->inline_marks;
    state->stack = state->inline_stack;
    state->stack_allocated = SRE_INLINE_STACK;
    if (attach_string(state, string) < 0) {
        return -1;
    }
    if (pattern->is_bytes >= 0 && pattern->is_bytes != state->is_bytes) {
        PyErr_SetString(PyExc_TypeError,
                        state->is_bytes
                            ? "cannot use a string pattern on a bytes-like "
                              "object"
                            : "cannot use a bytes pattern on a string-like "
                              "object");
        return -1;
    }
    state->mark_count = 2 * pattern->groups;
    if (state->mark_count > SRE_INLINE_MARKS) {
        state->marks = PyMem_New(Py_ssize_t, state->mark_count);
        if (state->marks == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    sre_state_reset(state);
    state->code = pattern->code;
    state->string = Py_NewRef(string);
    start = Py_MAX(start, 0);
    start = Py_MIN(start, state->length);
    end = Py_MAX(end, 0);
    end = Py_MIN(end, state->length);
    state->pos = state->start = start;
    state->end = end;
    return 0;
}

void
sre_state_fini(SREState *state)
{
    if (state->buffer.obj != NULL) {
        PyBuffer_Release(&state->buffer);
    }
    Py_CLEAR(state->string);
    if (state->marks != state->inline_marks) {
        PyMem_Free(state->marks);
    }
    if (state->stack != state->inline_stack) {
        PyMem_Free(state->stack);
    }
    PyMem_Free(state->repeats);
    state->marks = NULL;
    state->stack = NULL;
    state->repeats = NULL;
}

PyObject *
sre_slice(SREState *state, Py_ssize_t start, Py_ssize_t end)
{
    if (!state->is_bytes) {
        return PyUnicode_Substring(state->string, start, end);
    }
    if (PyBytes_CheckExact(state->string) && start == 0 &&
        end == state->length) {
        return Py_NewRef(state->string);
    }
    return PyBytes_FromStringAndSize((const char *)state->data + start,
                                     end - start);
}
