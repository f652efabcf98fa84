/* Character properties and case mappings of Unicode (unicodetype_db.h).
 *
 * Code point -> record by a two-stage table: index1[ch >> SHIFT] selects a
 * block of index2, whose entry is the record's number.
 *
 * Characters whose case mappings are irregular (several characters, or a
 * folding that is not the lower-case form) have UCD_EXTENDED_CASE; their
 * record's `upper` is an index of ucd_case_extra, where there are
 *     upper, lower, title of one character (the start of the full ones),
 *     n_upper | n_lower << 8 | n_title << 16 | n_fold << 24,
 *     and then the four full mappings one after the other.
 */
#include "Python.h"
#include "ucd.h"

typedef struct {
    Py_UCS4 first, last;
    signed char step;              /* from one character to the next: 0, 1 */
    int denominator;
    double numerator;              /* of the first character */
} UCDNumericRun;

#include "unicodetype_db.h"

const UCDRecord *
ucd_record(Py_UCS4 ch)
{
    unsigned index = 0;

    if (ch < 0x110000) {
        index = ucd_index1[ch >> UCD_SHIFT];
        index = ucd_index2[(index << UCD_SHIFT) +
                           (ch & ((1 << UCD_SHIFT) - 1))];
    }
    return &ucd_records[index];
}

static inline int
ucd_has(Py_UCS4 ch, int flag)
{
    return (ucd_record(ch)->flags & flag) != 0;
}

/* ---- properties --------------------------------------------------------- */

#define PREDICATE(name, flag)        \
    int                              \
    _PyUnicode_Is##name(Py_UCS4 ch)  \
    {                                \
        return ucd_has(ch, flag);    \
    }

PREDICATE(Alpha, UCD_ALPHA)
PREDICATE(Lowercase, UCD_LOWER)
PREDICATE(Uppercase, UCD_UPPER)
PREDICATE(Titlecase, UCD_TITLE)
PREDICATE(Numeric, UCD_NUMERIC)
PREDICATE(Printable, UCD_PRINTABLE)
PREDICATE(XidStart, UCD_XID_START)
PREDICATE(XidContinue, UCD_XID_CONTINUE)
PREDICATE(Cased, UCD_CASED)
PREDICATE(CaseIgnorable, UCD_CASE_IGNORABLE)
#undef PREDICATE

/* The API's parameter is const here. */
int
_PyUnicode_IsWhitespace(const Py_UCS4 ch)
{
    return ucd_has(ch, UCD_SPACE);
}

int
_PyUnicode_IsLinebreak(const Py_UCS4 ch)
{
    return ucd_has(ch, UCD_LINEBREAK);
}

int
_PyUnicode_ToDecimalDigit(Py_UCS4 ch)
{
    const UCDRecord *record = ucd_record(ch);
    return record->flags & UCD_DECIMAL ? record->decimal : -1;
}

int
_PyUnicode_IsDecimalDigit(Py_UCS4 ch)
{
    return ucd_has(ch, UCD_DECIMAL);
}

int
_PyUnicode_ToDigit(Py_UCS4 ch)
{
    const UCDRecord *record = ucd_record(ch);
    return record->flags & UCD_DIGIT ? record->digit : -1;
}

int
_PyUnicode_IsDigit(Py_UCS4 ch)
{
    return ucd_has(ch, UCD_DIGIT);
}

double
_PyUnicode_ToNumeric(Py_UCS4 ch)
{
    size_t low = 0, high = Py_ARRAY_LENGTH(ucd_numeric_runs);

    while (low < high) {
        size_t middle = (low + high) / 2;
        const UCDNumericRun *run = &ucd_numeric_runs[middle];
        if (ch < run->first) {
            high = middle;
        }
        else if (ch > run->last) {
            low = middle + 1;
        }
        else {
            double numerator = run->numerator +
                (double)run->step * (ch - run->first) * run->denominator;
            return numerator / run->denominator;
        }
    }
    return -1.0;
}

/* ---- case --------------------------------------------------------------- */

Py_UCS4
_PyUnicode_ToUppercase(Py_UCS4 ch)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_case_extra[record->upper];
    }
    return ch + record->upper;
}

Py_UCS4
_PyUnicode_ToLowercase(Py_UCS4 ch)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_case_extra[record->upper + 1];
    }
    return ch + record->lower;
}

Py_UCS4
_PyUnicode_ToTitlecase(Py_UCS4 ch)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_case_extra[record->upper + 2];
    }
    return ch + record->title;
}

/* Copies full mapping number `which` (0 upper, 1 lower, 2 title, 3 fold) of
 * an extended record; returns its length. */
static int
ucd_copy_extended(const UCDRecord *record, int which, Py_UCS4 *result)
{
    const Py_UCS4 *group = &ucd_case_extra[record->upper];
    const Py_UCS4 *mapping = group + 4;
    int n;

    for (int i = 0; i < which; i++) {
        mapping += (group[3] >> (8 * i)) & 0xff;
    }
    n = (group[3] >> (8 * which)) & 0xff;
    for (int i = 0; i < n; i++) {
        result[i] = mapping[i];
    }
    return n;
}

int
_PyUnicode_ToUpperFull(Py_UCS4 ch, Py_UCS4 *result)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_copy_extended(record, 0, result);
    }
    result[0] = ch + record->upper;
    return 1;
}

int
_PyUnicode_ToLowerFull(Py_UCS4 ch, Py_UCS4 *result)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_copy_extended(record, 1, result);
    }
    result[0] = ch + record->lower;
    return 1;
}

int
_PyUnicode_ToTitleFull(Py_UCS4 ch, Py_UCS4 *result)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_copy_extended(record, 2, result);
    }
    result[0] = ch + record->title;
    return 1;
}

int
_PyUnicode_ToFoldedFull(Py_UCS4 ch, Py_UCS4 *result)
{
    const UCDRecord *record = ucd_record(ch);
    if (record->flags & UCD_EXTENDED_CASE) {
        return ucd_copy_extended(record, 3, result);
    }
    result[0] = ch + record->lower;
    return 1;
}
