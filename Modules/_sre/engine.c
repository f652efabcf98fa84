/* _sre: characters, sets, and the memory of a match; instances of the
 * matcher. */
#include "engine.h"
#include "ucd.h"

#include <ctype.h>

/* ---- characters --------------------------------------------------------------------- */

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

int
sre_is_word_ascii(Py_UCS4 ch)
{
    return ch < 128 && (Py_ISALNUM(ch) || ch == '_');
}

int
sre_is_word_locale(Py_UCS4 ch)
{
    return (ch < 256 && isalnum((int)ch)) || ch == '_';
}

int
sre_is_word_unicode(Py_UCS4 ch)
{
    if (ch < 128) {
        return Py_ISALNUM(ch) || ch == '_';
    }
    return (ucd_record(ch)->flags &
            (UCD_ALPHA | UCD_DECIMAL | UCD_DIGIT | UCD_NUMERIC)) != 0;
}

static int
is_space(Py_UCS4 ch)
{
    return ch == ' ' || (ch >= 9 && ch <= 13);
}

int
sre_in_category(SRECode category, Py_UCS4 ch)
{
    switch (category) {
    case CATEGORY_DIGIT:
        return ch - '0' < 10u;
    case CATEGORY_NOT_DIGIT:
        return ch - '0' >= 10u;
    case CATEGORY_SPACE:
        return is_space(ch);
    case CATEGORY_NOT_SPACE:
        return !is_space(ch);
    case CATEGORY_WORD:
        return sre_is_word_ascii(ch);
    case CATEGORY_NOT_WORD:
        return !sre_is_word_ascii(ch);
    case CATEGORY_LINEBREAK:
        return ch == '\n';
    case CATEGORY_NOT_LINEBREAK:
        return ch != '\n';
    case CATEGORY_LOC_WORD:
        return sre_is_word_locale(ch);
    case CATEGORY_LOC_NOT_WORD:
        return !sre_is_word_locale(ch);
    case CATEGORY_UNI_DIGIT:
        return ch < 128 ? ch - '0' < 10u : _PyUnicode_IsDecimalDigit(ch);
    case CATEGORY_UNI_NOT_DIGIT:
        return !(ch < 128 ? ch - '0' < 10u : _PyUnicode_IsDecimalDigit(ch));
    case CATEGORY_UNI_SPACE:
        return _PyUnicode_IsWhitespace(ch);
    case CATEGORY_UNI_NOT_SPACE:
        return !_PyUnicode_IsWhitespace(ch);
    case CATEGORY_UNI_WORD:
        return sre_is_word_unicode(ch);
    case CATEGORY_UNI_NOT_WORD:
        return !sre_is_word_unicode(ch);
    case CATEGORY_UNI_LINEBREAK:
        return _PyUnicode_IsLinebreak(ch);
    case CATEGORY_UNI_NOT_LINEBREAK:
        return !_PyUnicode_IsLinebreak(ch);
    default:
        return 0;
    }
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
            if (ch < 256 && (set[ch >> 5] >> (ch & 31) & 1)) {
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
            if (ch < 65536) {
                Py_UCS4 block = ((const unsigned char *)set)[ch >> 8];
                const SRECode *bits = set + 64 + block * 8;
                if (bits[(ch & 255) >> 5] >> (ch & 31) & 1) {
                    return wanted;
                }
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

/* ---- memory ---------------------------------------------------------------------------- */

static int
grow(void **memory, Py_ssize_t *allocated, size_t item)
{
    Py_ssize_t size = *allocated == 0 ? 64 : *allocated * 2;

    if (size > INT32_MAX || (size_t)size > PY_SSIZE_T_MAX / item) {
        return -1;
    }
    void *moved = PyMem_Realloc(*memory, (size_t)size * item);
    if (moved == NULL) {
        return -1;
    }
    *memory = moved;
    *allocated = size;
    return 0;
}

int
sre_grow_stack(SREState *state)
{
    return grow((void **)&state->stack, &state->stack_allocated,
                sizeof(SREEntry));
}

int
sre_grow_repeats(SREState *state)
{
    return grow((void **)&state->repeats, &state->repeats_allocated,
                sizeof(SRERepeat));
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

/* ---- the matchers ------------------------------------------------------------------------- */

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

/* ---- the string -------------------------------------------------------------------------------- */

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
    memset(state, 0, sizeof(*state));
    state->lastindex = -1;
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
    if (state->mark_count > 0) {
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
    PyMem_Free(state->marks);
    PyMem_Free(state->stack);
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
