/* The Unicode Character Database, 14.0.0 (tables: Tools/unicode/makeucd.py).
 *
 * Objects/unicodectype.c has the properties that str needs, always linked in;
 * Modules/unicodedata.c has the rest.
 */
#ifndef LUCID_INTERNAL_UCD_H
#define LUCID_INTERNAL_UCD_H

#include "Python.h"

enum {
    UCD_ALPHA = 1 << 0,
    UCD_DECIMAL = 1 << 1,
    UCD_DIGIT = 1 << 2,
    UCD_LOWER = 1 << 3,
    UCD_LINEBREAK = 1 << 4,
    UCD_SPACE = 1 << 5,
    UCD_TITLE = 1 << 6,
    UCD_UPPER = 1 << 7,
    UCD_XID_START = 1 << 8,
    UCD_XID_CONTINUE = 1 << 9,
    UCD_PRINTABLE = 1 << 10,
    UCD_NUMERIC = 1 << 11,
    UCD_CASE_IGNORABLE = 1 << 12,
    UCD_CASED = 1 << 13,
    UCD_EXTENDED_CASE = 1 << 14,   /* case fields index ucd_case_extra */
};

/* Case fields are differences to the code point, or, with UCD_EXTENDED_CASE,
 * `upper` is an index of ucd_case_extra (layout in unicodetype.c). */
typedef struct {
    unsigned short flags;
    unsigned char decimal;         /* valid with UCD_DECIMAL */
    unsigned char digit;           /* valid with UCD_DIGIT */
    int upper;
    int lower;
    int title;
} UCDRecord;

/* The record of any code point (0 for what is out of range).  Never fails. */
const UCDRecord *ucd_record(Py_UCS4 ch);

/* Entry of unicodedata's database by name, for \N{...}: 1 and *ch, or 0.
 * Aliases count, named sequences do not.  Never fails. */
int ucd_find_name(const char *name, Py_ssize_t size, Py_UCS4 *ch);

/* Writes the name (ASCII, NUL-terminated); 1, or 0 if it has none or the
 * buffer is too small.  Never fails. */
int ucd_get_name(Py_UCS4 ch, char *buffer, Py_ssize_t size);

#define UCD_NAME_MAX 256

#endif
