/* Module unicodedata: the Unicode Character Database, 14.0.0 and (object
 * ucd_3_2_0) 3.2.0.  Tables: Tools/unicode/makeucd.py.
 *
 * The functions of the module are bound to the module, the methods of
 * ucd_3_2_0 to a UCD object; so `self` tells which version is asked.
 */
#define PY_SSIZE_T_CLEAN
#include "Python.h"
#include "structmember.h"
#include "ucd.h"

#include <string.h>

typedef struct {
    unsigned char category, combining, bidirectional, mirrored, width;
    unsigned char quick_check;    /* two bits per form: 0 yes 1 maybe 2 no */
    unsigned char in_3_2;         /* assigned in Unicode 3.2 */
    unsigned char changed;        /* there is a UCDOldRecord */
} UCDPropertyRecord;

typedef struct {
    Py_UCS4 code;
    unsigned char category, bidirectional, mirrored, width;
    signed char decimal;          /* -1: none */
} UCDOldRecord;

typedef struct {
    Py_UCS4 first, second, composed;
} UCDPair;

typedef struct {
    Py_UCS4 code, decomposition;  /* what it was in 3.2 */
} UCDCorrection;

typedef struct {
    Py_UCS4 first, last;
    unsigned index;               /* of the first one's name */
} UCDNameRun;

typedef struct {
    int length;
    Py_UCS2 codes[4];
} UCDSequence;

typedef struct {
    Py_UCS4 first, last;
} UCDIdeographs;

#include "unicodedata_db.h"
#include "unicodename_db.h"

/* ---- lookup in the tables ----------------------------------------------- */

#define BIN(name, NAME, ch)                                              \
    name##_index2[(name##_index1[(ch) >> NAME##_SHIFT] << NAME##_SHIFT) + \
                  ((ch) & ((1 << NAME##_SHIFT) - 1))]

static const UCDPropertyRecord *
property(Py_UCS4 ch)
{
    return &ucd_properties[BIN(ucd_property, UCD_PROPERTY, ch)];
}

/* The record of a character that was different in 3.2. */
static const UCDOldRecord *
old_record(Py_UCS4 ch)
{
    size_t low = 0, high = Py_ARRAY_LENGTH(ucd_old_records);

    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (ucd_old_records[middle].code <= ch) {
            low = middle;
        }
        else {
            high = middle;
        }
    }
    return &ucd_old_records[low];
}

/* The decomposition: its length, *prefix and *codes. */
static int
decomposition(Py_UCS4 ch, int *prefix, const unsigned **codes)
{
    static const unsigned none[1] = {0};
    unsigned index = BIN(ucd_decomposition, UCD_DECOMPOSITION, ch);

    if (index == 0) {
        *prefix = 0;
        *codes = none;
        return 0;
    }
    *prefix = (int)(ucd_decomposition_data[index] & 255);
    *codes = (const unsigned *)&ucd_decomposition_data[index + 1];
    return (int)(ucd_decomposition_data[index] >> 8);
}

/* ---- which version ------------------------------------------------------ */

static int
is_old(PyObject *self)
{
    return !PyModule_Check(self);
}

/* Whether the version has the character. */
static int
is_assigned(PyObject *self, Py_UCS4 ch)
{
    return !is_old(self) || property(ch)->in_3_2;
}

/* The argument's only character; -1 with TypeError. */
static int
as_char(const char *function, const char *what, PyObject *argument,
        Py_UCS4 *ch)
{
    if (!PyUnicode_Check(argument) || PyUnicode_READY(argument) < 0) {
        if (!PyErr_Occurred()) {
            _PyArg_BadArgument(function, what, "a unicode character",
                               argument);
        }
        return -1;
    }
    if (PyUnicode_GET_LENGTH(argument) != 1) {
        _PyArg_BadArgument(function, what, "a unicode character", argument);
        return -1;
    }
    *ch = PyUnicode_READ_CHAR(argument, 0);
    return 0;
}

/* ---- properties --------------------------------------------------------- */

/* category, bidirectional, width: their number for this version. */
static int
category_of(PyObject *self, Py_UCS4 ch)
{
    const UCDPropertyRecord *record = property(ch);

    if (is_old(self)) {
        return !record->in_3_2 ? 0
               : record->changed ? old_record(ch)->category
                                 : record->category;
    }
    return record->category;
}

static PyObject *
ucd_category(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;

    if (as_char("category", "argument", argument, &ch) < 0) {
        return NULL;
    }
    return PyUnicode_FromString(ucd_category_names[category_of(self, ch)]);
}

static PyObject *
ucd_bidirectional(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;

    if (as_char("bidirectional", "argument", argument, &ch) < 0) {
        return NULL;
    }
    const UCDPropertyRecord *record = property(ch);
    int index = record->bidirectional;
    if (is_old(self)) {
        index = !record->in_3_2 ? 0
                : record->changed ? old_record(ch)->bidirectional : index;
    }
    return PyUnicode_FromString(ucd_bidirectional_names[index]);
}

static PyObject *
ucd_east_asian_width(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;

    if (as_char("east_asian_width", "argument", argument, &ch) < 0) {
        return NULL;
    }
    const UCDPropertyRecord *record = property(ch);
    int index = record->width;
    if (is_old(self)) {
        /* What 3.2 does not assign is "F" there, as the reference has it. */
        index = !record->in_3_2 ? 0
                : record->changed ? old_record(ch)->width : index;
    }
    return PyUnicode_FromString(ucd_width_names[index]);
}

static PyObject *
ucd_combining(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;

    if (as_char("combining", "argument", argument, &ch) < 0) {
        return NULL;
    }
    return PyLong_FromLong(is_assigned(self, ch) ? property(ch)->combining
                                                 : 0);
}

static PyObject *
ucd_mirrored(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;

    if (as_char("mirrored", "argument", argument, &ch) < 0) {
        return NULL;
    }
    const UCDPropertyRecord *record = property(ch);
    int mirrored = record->mirrored;
    if (is_old(self)) {
        mirrored = !record->in_3_2 ? 0
                   : record->changed ? old_record(ch)->mirrored : mirrored;
    }
    return PyLong_FromLong(mirrored);
}

static PyObject *
ucd_decomposition(PyObject *self, PyObject *argument)
{
    Py_UCS4 ch;
    char text[256];
    const unsigned *codes;
    int prefix, n, at;

    if (as_char("decomposition", "argument", argument, &ch) < 0) {
        return NULL;
    }
    if (!is_assigned(self, ch)) {
        return PyUnicode_FromString("");
    }
    n = decomposition(ch, &prefix, &codes);
    at = PyOS_snprintf(text, sizeof(text), "%s",
                       ucd_decomposition_prefixes[prefix]);
    for (int i = 0; i < n; i++) {
        at += PyOS_snprintf(text + at, sizeof(text) - (size_t)at, "%s%04X",
                            at > 0 ? " " : "", codes[i]);
    }
    return PyUnicode_FromStringAndSize(text, at);
}

/* ---- numbers ------------------------------------------------------------ */

/* The arguments (chr[, default]) of a function. 0/-1 */
static int
parse_numeric(const char *name, PyObject *const *args, Py_ssize_t nargs,
              Py_UCS4 *ch)
{
    if (!_PyArg_CheckPositional(name, nargs, 1, 2)) {
        return -1;
    }
    return as_char(name, "argument 1", args[0], ch);
}

static PyObject *
default_or_raise(PyObject *const *args, Py_ssize_t nargs, const char *text)
{
    if (nargs > 1) {
        return Py_NewRef(args[1]);
    }
    PyErr_SetString(PyExc_ValueError, text);
    return NULL;
}

static PyObject *
ucd_decimal(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;

    if (parse_numeric("decimal", args, nargs, &ch) < 0) {
        return NULL;
    }
    int value = _PyUnicode_ToDecimalDigit(ch);
    if (is_old(self)) {
        value = !is_assigned(self, ch) ? -1
                : property(ch)->changed ? old_record(ch)->decimal : value;
    }
    return value >= 0 ? PyLong_FromLong(value)
                      : default_or_raise(args, nargs, "not a decimal");
}

static PyObject *
ucd_digit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;

    if (parse_numeric("digit", args, nargs, &ch) < 0) {
        return NULL;
    }
    int value = _PyUnicode_ToDigit(ch);
    return value >= 0 ? PyLong_FromLong(value)
                      : default_or_raise(args, nargs, "not a digit");
}

static PyObject *
ucd_numeric(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;

    if (parse_numeric("numeric", args, nargs, &ch) < 0) {
        return NULL;
    }
    double value = is_assigned(self, ch) ? _PyUnicode_ToNumeric(ch) : -1.0;
    return value != -1.0 ? PyFloat_FromDouble(value)
                         : default_or_raise(args, nargs,
                                            "not a numeric character");
}

/* ---- Hangul and ideographs ---------------------------------------------- */

enum {
    S_BASE = 0xac00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28,
    N_COUNT = V_COUNT * T_COUNT, S_COUNT = L_COUNT * N_COUNT,
};

static const char hangul_prefix[] = "HANGUL SYLLABLE ";
static const char cjk_prefix[] = "CJK UNIFIED IDEOGRAPH-";

static const char *const hangul_leads[L_COUNT] = {
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ",
    "C", "K", "T", "P", "H"};
static const char *const hangul_vowels[V_COUNT] = {
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE",
    "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"};
static const char *const hangul_tails[T_COUNT] = {
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS",
    "LT", "LP", "LH", "M", "B", "BS", "S", "SS", "NG", "J", "C", "K", "T",
    "P", "H"};

static int
is_ideograph(Py_UCS4 ch)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(ucd_name_ideographs); i++) {
        if (ch >= ucd_name_ideographs[i].first &&
            ch <= ucd_name_ideographs[i].last) {
            return 1;
        }
    }
    return 0;
}

/* The longest of the parts with which the text starts; *text moves on. */
static int
longest_part(const char *const *parts, int count, const char **text,
             const char *end)
{
    int best = -1;
    size_t best_size = 0;

    for (int i = 0; i < count; i++) {
        size_t size = strlen(parts[i]);
        if ((best < 0 || size > best_size) && (size_t)(end - *text) >= size &&
            memcmp(*text, parts[i], size) == 0) {
            best = i;
            best_size = size;
        }
    }
    *text += best_size;
    return best;
}

static int
find_hangul(const char *name, const char *end, Py_UCS4 *ch)
{
    int lead = longest_part(hangul_leads, L_COUNT, &name, end);
    int vowel = longest_part(hangul_vowels, V_COUNT, &name, end);
    int tail = longest_part(hangul_tails, T_COUNT, &name, end);

    if (lead < 0 || vowel < 0 || tail < 0 || name != end) {
        return 0;
    }
    *ch = (Py_UCS4)(S_BASE + (lead * V_COUNT + vowel) * T_COUNT + tail);
    return 1;
}

static int
find_ideograph(const char *name, const char *end, Py_UCS4 *ch)
{
    Py_UCS4 value = 0;

    if (end - name != 4 && end - name != 5) {
        return 0;
    }
    for (; name < end; name++) {
        if (*name >= '0' && *name <= '9') {
            value = value * 16 + (Py_UCS4)(*name - '0');
        }
        else if (*name >= 'A' && *name <= 'F') {
            value = value * 16 + (Py_UCS4)(*name - 'A') + 10;
        }
        else {
            return 0;
        }
    }
    if (!is_ideograph(value)) {
        return 0;
    }
    *ch = value;
    return 1;
}

/* ---- names -------------------------------------------------------------- */

/* Spells entry number `index`, whose code point is ch, NUL-terminated: its
 * length, or -1 if the buffer is too small. */
static Py_ssize_t
spell(unsigned index, Py_UCS4 ch, char *buffer, Py_ssize_t size)
{
    const unsigned char *code = &ucd_name_blob[ucd_name_offsets[index]];
    Py_ssize_t n = 0;

    for (; *code != 0; code++) {
        if (*code == 255) {
            if (size - n < 12) {
                return -1;
            }
            n += PyOS_snprintf(buffer + n, (size_t)(size - n), "-%04X", ch);
            continue;
        }
        unsigned word = *code - 1u;
        if (*code >= UCD_NAME_SHORT) {
            word = (unsigned)(*code - UCD_NAME_SHORT) << 8 | code[1];
            word += UCD_NAME_SHORT - 1;
            code++;
        }
        const unsigned char *letter =
            &ucd_name_lexicon[ucd_name_word_offsets[word]];
        do {
            if (n + 1 >= size) {
                return -1;
            }
            buffer[n++] = (char)(*letter & 0x7f);
        } while (!(*letter++ & 0x80));
    }
    buffer[n] = '\0';
    return n;
}

/* The number of the character's entry, or -1. */
static int
entry_of(Py_UCS4 ch)
{
    size_t low = 0, high = Py_ARRAY_LENGTH(ucd_name_runs);

    while (low < high) {
        size_t middle = (low + high) / 2;
        const UCDNameRun *run = &ucd_name_runs[middle];
        if (ch < run->first) {
            high = middle;
        }
        else if (ch > run->last) {
            low = middle + 1;
        }
        else {
            return (int)(run->index + (ch - run->first));
        }
    }
    return -1;
}

/* The code point of a character's entry. */
static Py_UCS4
code_of_entry(unsigned index)
{
    size_t low = 0, high = Py_ARRAY_LENGTH(ucd_name_runs);

    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (ucd_name_runs[middle].index <= index) {
            low = middle;
        }
        else {
            high = middle;
        }
    }
    return ucd_name_runs[low].first + (index - ucd_name_runs[low].index);
}

int
ucd_get_name(Py_UCS4 ch, char *buffer, Py_ssize_t size)
{
    if (ch >= S_BASE && ch < S_BASE + S_COUNT) {
        int s = (int)ch - S_BASE;
        return PyOS_snprintf(buffer, (size_t)size, "%s%s%s%s", hangul_prefix,
                             hangul_leads[s / N_COUNT],
                             hangul_vowels[s % N_COUNT / T_COUNT],
                             hangul_tails[s % T_COUNT]) < size;
    }
    if (is_ideograph(ch)) {
        return PyOS_snprintf(buffer, (size_t)size, "%s%X", cjk_prefix, ch) <
               size;
    }
    int entry = entry_of(ch);
    return entry >= 0 && spell((unsigned)entry, ch, buffer, size) >= 0;
}

/* The number of the entry with this name, or -1. */
static int
find_entry(const char *name)
{
    char buffer[UCD_NAME_MAX];
    int low = 0, high = UCD_NAME_COUNT;

    while (low < high) {
        int middle = (low + high) / 2;
        unsigned entry = ucd_name_order[middle];
        Py_UCS4 ch = entry < UCD_NAME_CHARACTERS ? code_of_entry(entry) : 0;
        spell(entry, ch, buffer, sizeof(buffer));
        int order = strcmp(name, buffer);
        if (order == 0) {
            return (int)entry;
        }
        if (order < 0) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return -1;
}

/* 1: *ch, 2: *sequence, 3: *ch by an alias, 0: no such name. */
static int
find_any_name(const char *name, Py_ssize_t size, Py_UCS4 *ch,
              const UCDSequence **sequence)
{
    char upper[UCD_NAME_MAX];

    if (size <= 0 || size >= UCD_NAME_MAX ||
        memchr(name, '\0', (size_t)size) != NULL) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        upper[i] = (char)Py_TOUPPER(name[i]);
    }
    upper[size] = '\0';
    const char *end = upper + size;
    size_t prefix = sizeof(hangul_prefix) - 1;
    if (strncmp(upper, hangul_prefix, prefix) == 0) {
        return find_hangul(upper + prefix, end, ch);
    }
    prefix = sizeof(cjk_prefix) - 1;
    if (strncmp(upper, cjk_prefix, prefix) == 0) {
        return find_ideograph(upper + prefix, end, ch);
    }
    int entry = find_entry(upper);
    if (entry < 0) {
        return 0;
    }
    if (entry < UCD_NAME_CHARACTERS) {
        *ch = code_of_entry((unsigned)entry);
        return 1;
    }
    entry -= UCD_NAME_CHARACTERS;
    if (entry < UCD_NAME_ALIASES) {
        *ch = ucd_name_alias_codes[entry];
        return 3;
    }
    *sequence = &ucd_name_sequences[entry - UCD_NAME_ALIASES];
    return 2;
}

int
ucd_find_name(const char *name, Py_ssize_t size, Py_UCS4 *ch)
{
    const UCDSequence *sequence;

    int found = find_any_name(name, size, ch, &sequence);

    return found == 1 || found == 3;
}

static PyObject *
ucd_name(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;
    char name[UCD_NAME_MAX];

    if (parse_numeric("name", args, nargs, &ch) < 0) {
        return NULL;
    }
    if (!is_assigned(self, ch) || !ucd_get_name(ch, name, sizeof(name))) {
        return default_or_raise(args, nargs, "no such name");
    }
    return PyUnicode_FromString(name);
}

static PyObject *
ucd_lookup(PyObject *self, PyObject *argument)
{
    const UCDSequence *sequence;
    Py_UCS4 ch;
    Py_ssize_t size;
    const char *name;

    if (!PyArg_Parse(argument, "s#:lookup", &name, &size)) {
        return NULL;
    }
    if (size >= UCD_NAME_MAX) {
        PyErr_SetString(PyExc_KeyError, "name too long");
        return NULL;
    }
    int found = find_any_name(name, size, &ch, &sequence);
    if ((found == 1 && is_assigned(self, ch)) ||
        (found == 3 && !is_old(self))) {
        return PyUnicode_FromOrdinal((int)ch);
    }
    if (found == 2 && !is_old(self)) {
        return PyUnicode_FromKindAndData(PyUnicode_2BYTE_KIND,
                                         sequence->codes, sequence->length);
    }
    PyErr_Format(PyExc_KeyError, "undefined character name '%s'", name);
    return NULL;
}

/* ---- normalization ------------------------------------------------------ */

typedef struct {
    Py_UCS4 *codes;
    Py_ssize_t length, allocated;
} Buffer;

static int
buffer_add(Buffer *buffer, Py_UCS4 ch)
{
    if (buffer->length == buffer->allocated) {
        Py_ssize_t size = buffer->allocated + buffer->allocated / 2 + 64;
        if (size > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(Py_UCS4)) {
            PyErr_NoMemory();
            return -1;
        }
        Py_UCS4 *codes = PyMem_Realloc(buffer->codes,
                                       (size_t)size * sizeof(Py_UCS4));
        if (codes == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        buffer->codes = codes;
        buffer->allocated = size;
    }
    buffer->codes[buffer->length++] = ch;
    return 0;
}

static int
combining_of(PyObject *self, Py_UCS4 ch)
{
    return is_assigned(self, ch) ? property(ch)->combining : 0;
}

/* Appends the full decomposition.  The depth is that of the database. */
static int
decompose_char(PyObject *self, Py_UCS4 ch, int compatibility, Buffer *buffer)
{
    const unsigned *codes;
    int prefix;

    if (ch >= S_BASE && ch < S_BASE + S_COUNT) {
        int s = (int)ch - S_BASE;
        if (buffer_add(buffer, (Py_UCS4)(L_BASE + s / N_COUNT)) < 0 ||
            buffer_add(buffer,
                       (Py_UCS4)(V_BASE + s % N_COUNT / T_COUNT)) < 0) {
            return -1;
        }
        return s % T_COUNT == 0
                   ? 0
                   : buffer_add(buffer, (Py_UCS4)(T_BASE + s % T_COUNT));
    }
    if (is_old(self)) {
        if (!property(ch)->in_3_2) {
            return buffer_add(buffer, ch);
        }
        for (size_t i = 0; i < Py_ARRAY_LENGTH(ucd_old_normalizations); i++) {
            if (ucd_old_normalizations[i].code == ch) {
                return decompose_char(
                    self, ucd_old_normalizations[i].decomposition,
                    compatibility, buffer);
            }
        }
    }
    int n = decomposition(ch, &prefix, &codes);
    if (n == 0 || (prefix != 0 && !compatibility)) {
        return buffer_add(buffer, ch);
    }
    for (int i = 0; i < n; i++) {
        if (decompose_char(self, codes[i], compatibility, buffer) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Sorts each run of combining characters by class, stably.  Insertion for
 * short runs, counting for long ones, so that hostile text stays linear. */
static int
sort_run(PyObject *self, Py_UCS4 *codes, Py_ssize_t n)
{
    Py_ssize_t counts[257] = {0};

    if (n <= 20) {
        for (Py_ssize_t i = 1; i < n; i++) {
            Py_UCS4 ch = codes[i];
            int class = combining_of(self, ch);
            Py_ssize_t j = i;
            for (; j > 0 && combining_of(self, codes[j - 1]) > class; j--) {
                codes[j] = codes[j - 1];
            }
            codes[j] = ch;
        }
        return 0;
    }
    Py_UCS4 *sorted = PyMem_New(Py_UCS4, n);
    if (sorted == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        counts[combining_of(self, codes[i]) + 1]++;
    }
    for (int class = 0; class < 256; class++) {
        counts[class + 1] += counts[class];
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        sorted[counts[combining_of(self, codes[i])]++] = codes[i];
    }
    memcpy(codes, sorted, (size_t)n * sizeof(Py_UCS4));
    PyMem_Free(sorted);
    return 0;
}

static int
sort_combining(PyObject *self, Buffer *buffer)
{
    for (Py_ssize_t i = 0; i < buffer->length;) {
        if (combining_of(self, buffer->codes[i]) == 0) {
            i++;
            continue;
        }
        Py_ssize_t start = i;
        while (i < buffer->length &&
               combining_of(self, buffer->codes[i]) != 0) {
            i++;
        }
        if (i - start > 1 &&
            sort_run(self, buffer->codes + start, i - start) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The primary composite of two characters, or 0. */
static Py_UCS4
compose_pair(Py_UCS4 first, Py_UCS4 second)
{
    size_t low = 0, high = Py_ARRAY_LENGTH(ucd_compositions);

    if (first >= L_BASE && first < L_BASE + L_COUNT && second >= V_BASE &&
        second < V_BASE + V_COUNT) {
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) *
                            T_COUNT;
    }
    if (first >= S_BASE && first < S_BASE + S_COUNT &&
        (first - S_BASE) % T_COUNT == 0 && second > T_BASE &&
        second < T_BASE + T_COUNT) {
        return first + (second - T_BASE);
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        const UCDPair *pair = &ucd_compositions[middle];
        if (pair->first < first ||
            (pair->first == first && pair->second < second)) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    if (low < Py_ARRAY_LENGTH(ucd_compositions) &&
        ucd_compositions[low].first == first &&
        ucd_compositions[low].second == second) {
        return ucd_compositions[low].composed;
    }
    return 0;
}

/* Canonical composition in place (UAX 15, D117). */
static void
compose(PyObject *self, Buffer *buffer)
{
    Py_UCS4 *codes = buffer->codes;
    Py_ssize_t out = 0, starter = -1;
    int last_class = -1;               /* since the starter; -1: none */

    for (Py_ssize_t i = 0; i < buffer->length; i++) {
        Py_UCS4 ch = codes[i];
        int class = combining_of(self, ch);
        if (starter >= 0 && (last_class == -1 || (last_class < class &&
                                                  last_class != 0))) {
            Py_UCS4 composed = compose_pair(codes[starter], ch);
            if (composed != 0 && is_assigned(self, composed)) {
                codes[starter] = composed;
                continue;
            }
        }
        if (class == 0) {
            starter = out;
            last_class = -1;
        }
        else {
            last_class = class;
        }
        codes[out++] = ch;
    }
    buffer->length = out;
}

typedef enum { FORM_NFD, FORM_NFKD, FORM_NFC, FORM_NFKC } Form;

static int
parse_form(PyObject *name, Form *form)
{
    static const char *const names[] = {"NFD", "NFKD", "NFC", "NFKC"};

    for (int i = 0; i < 4; i++) {
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) {
            *form = (Form)i;
            return 0;
        }
    }
    PyErr_SetString(PyExc_ValueError, "invalid normalization form");
    return -1;
}

/* The quick check algorithm: 1 yes, 0 no, -1 maybe.  Only for the current
 * version. */
static int
quick_check(PyObject *text, Form form)
{
    int kind = (int)PyUnicode_KIND(text), last_class = 0, answer = 1;
    const void *data = PyUnicode_DATA(text);

    if (PyUnicode_IS_ASCII(text)) {
        return 1;
    }
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
        const UCDPropertyRecord *record = property(
            PyUnicode_READ(kind, data, i));
        if (record->combining != 0 && last_class > record->combining) {
            return 0;
        }
        last_class = record->combining;
        int check = record->quick_check >> (2 * form) & 3;
        if (check == 2) {
            return 0;
        }
        if (check == 1) {
            answer = -1;
        }
    }
    return answer;
}

static PyObject *
normalize(PyObject *self, PyObject *text, Form form)
{
    int compatibility = form == FORM_NFKD || form == FORM_NFKC;
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Buffer buffer = {NULL, 0, 0};
    PyObject *result = NULL;

    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
        if (decompose_char(self, PyUnicode_READ(kind, data, i), compatibility,
                           &buffer) < 0) {
            goto done;
        }
    }
    if (sort_combining(self, &buffer) < 0) {
        goto done;
    }
    if (form == FORM_NFC || form == FORM_NFKC) {
        compose(self, &buffer);
    }
    result = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, buffer.codes,
                                       buffer.length);
done:
    PyMem_Free(buffer.codes);
    return result;
}

/* (form, unistr) */
static int
parse_normalize(const char *name, PyObject *const *args, Py_ssize_t nargs,
                Form *form)
{
    if (!_PyArg_CheckPositional(name, nargs, 2, 2)) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (!PyUnicode_Check(args[i])) {
            _PyArg_BadArgument(name, i == 0 ? "argument 1" : "argument 2",
                               "str", args[i]);
            return -1;
        }
        if (PyUnicode_READY(args[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
ucd_normalize(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Form form;

    if (parse_normalize("normalize", args, nargs, &form) < 0) {
        return NULL;
    }
    if (PyUnicode_GET_LENGTH(args[1]) == 0) {
        return Py_NewRef(args[1]);
    }
    if (parse_form(args[0], &form) < 0) {
        return NULL;
    }
    if (!is_old(self) && quick_check(args[1], form) == 1) {
        return Py_NewRef(args[1]);
    }
    return normalize(self, args[1], form);
}

static PyObject *
ucd_is_normalized(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Form form;

    if (parse_normalize("is_normalized", args, nargs, &form) < 0) {
        return NULL;
    }
    if (PyUnicode_GET_LENGTH(args[1]) == 0) {
        Py_RETURN_TRUE;
    }
    if (parse_form(args[0], &form) < 0) {
        return NULL;
    }
    int answer = is_old(self) ? -1 : quick_check(args[1], form);
    if (answer < 0) {
        PyObject *normalized = normalize(self, args[1], form);
        if (normalized == NULL) {
            return NULL;
        }
        answer = PyUnicode_Compare(args[1], normalized) == 0;
        Py_DECREF(normalized);
    }
    return PyBool_FromLong(answer);
}

/* ---- UCD objects -------------------------------------------------------- */

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef ucd_methods[] = {
    {"decimal", FAST(ucd_decimal), METH_FASTCALL,
     PyDoc_STR("decimal($self, chr, default=<unrepresentable>, /)\n--\n\n"
               "The decimal value of a character.")},
    {"digit", FAST(ucd_digit), METH_FASTCALL,
     PyDoc_STR("digit($self, chr, default=<unrepresentable>, /)\n--\n\n"
               "The digit value of a character.")},
    {"numeric", FAST(ucd_numeric), METH_FASTCALL,
     PyDoc_STR("numeric($self, chr, default=<unrepresentable>, /)\n--\n\n"
               "The numeric value of a character, a float.")},
    {"category", ucd_category, METH_O,
     PyDoc_STR("category($self, chr, /)\n--\n\nThe general category.")},
    {"bidirectional", ucd_bidirectional, METH_O,
     PyDoc_STR("bidirectional($self, chr, /)\n--\n\n"
               "The bidirectional class.")},
    {"combining", ucd_combining, METH_O,
     PyDoc_STR("combining($self, chr, /)\n--\n\n"
               "The canonical combining class, or 0.")},
    {"mirrored", ucd_mirrored, METH_O,
     PyDoc_STR("mirrored($self, chr, /)\n--\n\n"
               "1 if the character is mirrored in bidirectional text.")},
    {"east_asian_width", ucd_east_asian_width, METH_O,
     PyDoc_STR("east_asian_width($self, chr, /)\n--\n\n"
               "The East Asian width.")},
    {"decomposition", ucd_decomposition, METH_O,
     PyDoc_STR("decomposition($self, chr, /)\n--\n\n"
               "The decomposition mapping, or an empty string.")},
    {"name", FAST(ucd_name), METH_FASTCALL,
     PyDoc_STR("name($self, chr, default=<unrepresentable>, /)\n--\n\n"
               "The name of a character.")},
    {"lookup", ucd_lookup, METH_O,
     PyDoc_STR("lookup($self, name, /)\n--\n\n"
               "The character, or sequence, with this name.")},
    {"is_normalized", FAST(ucd_is_normalized), METH_FASTCALL,
     PyDoc_STR("is_normalized($self, form, unistr, /)\n--\n\n"
               "Whether the string is in this normal form.")},
    {"normalize", FAST(ucd_normalize), METH_FASTCALL,
     PyDoc_STR("normalize($self, form, unistr, /)\n--\n\n"
               "The string in normal form NFC, NFKC, NFD or NFKD.")},
    {NULL, NULL, 0, NULL},
};

typedef struct {
    PyObject_HEAD
    const char *unidata_version;
} UCDObject;

static PyMemberDef ucd_members[] = {
    {"unidata_version", T_STRING, offsetof(UCDObject, unidata_version),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static int
ucd_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
ucd_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot ucd_type_slots[] = {
    {Py_tp_dealloc, ucd_dealloc},
    {Py_tp_traverse, ucd_traverse},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, ucd_methods},
    {Py_tp_members, ucd_members},
    {0, NULL},
};

static PyType_Spec ucd_type_spec = {
    .name = "unicodedata.UCD",
    .basicsize = sizeof(UCDObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ucd_type_slots,
};

static int
ucd_exec(PyObject *module)
{
    PyObject *type = NULL, *old = NULL;
    int result = -1;

    if (PyModule_AddStringConstant(module, "unidata_version", "14.0.0") < 0) {
        return -1;
    }
    type = PyType_FromSpec(&ucd_type_spec);
    if (type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0) {
        goto done;
    }
    old = (PyObject *)PyObject_GC_New(UCDObject, (PyTypeObject *)type);
    if (old == NULL) {
        goto done;
    }
    ((UCDObject *)old)->unidata_version = "3.2.0";
    PyObject_GC_Track(old);
    result = PyModule_AddObjectRef(module, "ucd_3_2_0", old);
done:
    Py_XDECREF(type);
    Py_XDECREF(old);
    return result;
}

static PyModuleDef_Slot unicodedata_slots[] = {
    {Py_mod_exec, ucd_exec},
    {0, NULL},
};

static PyModuleDef unicodedata_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "unicodedata",
    .m_doc = PyDoc_STR("The Unicode Character Database, version 14.0.0."),
    .m_methods = ucd_methods,
    .m_slots = unicodedata_slots,
};

PyMODINIT_FUNC PyInit_unicodedata(void);

PyMODINIT_FUNC
PyInit_unicodedata(void)
{
    return PyModuleDef_Init(&unicodedata_module);
}
