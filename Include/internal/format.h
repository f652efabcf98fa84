/* The format mini-language (Python/formatter.c) and number rendering shared by
 * str.format, % formatting and bytes formatting. */
#ifndef LUCID_INTERNAL_FORMAT_H
#define LUCID_INTERNAL_FORMAT_H

#include "Python.h"
#include "float.h"
#include "long.h"

/* Decimal point, thousands separator and grouping of the current locale, or of
 * the C locale; strings are owned by the struct. */
typedef struct {
    PyObject *decimal_point;
    PyObject *thousands_sep;
    const char *grouping;
    char *grouping_buffer;
} format_locale;

enum format_locale_kind {
    FORMAT_LOCALE_NONE,
    FORMAT_LOCALE_COMMA,
    FORMAT_LOCALE_UNDERSCORE,
    FORMAT_LOCALE_CURRENT,
    FORMAT_LOCALE_UNDERSCORE_FOUR,   /* groups of four: b, o, x, X */
};
int format_locale_get(enum format_locale_kind kind, format_locale *locale);
void format_locale_free(format_locale *locale);

#endif
