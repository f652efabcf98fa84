/* The format-specification mini-language for str, int, float and complex:
 *
 *   [[fill]align][sign][z][#][0][width][, or _][.precision][type]
 *
 * A specification is parsed once (format_spec); each type checks it, renders
 * its digits as ASCII, and number_write lays sign, prefix, grouped digits,
 * point and the rest out between paddings. */
#include "Python.h"

#include "fileutils.h"
#include "float.h"
#include "format.h"
#include "long.h"
#include "unicode.h"

#include <limits.h>
#include <locale.h>
#include <math.h>

typedef struct {
    Py_UCS4 fill;
    Py_UCS4 align;               /* '<', '>', '^', '=' */
    bool alternate;
    bool no_negative_zero;
    Py_UCS4 sign;                /* '\0', ' ', '+', '-' */
    Py_ssize_t width;            /* -1: none */
    enum format_locale_kind grouping;
    Py_ssize_t precision;        /* -1: none */
    Py_UCS4 type;                /* '\0' if neither given nor default */
} format_spec;

/* ---- parsing ---- */

static void
raise_unknown_type(Py_UCS4 type, PyObject *obj)
{
    if (type > 32 && type < 128) {
        PyErr_Format(PyExc_ValueError,
                     "Unknown format code '%c' for object of type '%.200s'",
                     (char)type, Py_TYPE(obj)->tp_name);
    }
    else {
        PyErr_Format(PyExc_ValueError,
                     "Unknown format code '\\x%x' for object of type "
                     "'%.200s'",
                     (unsigned)type, Py_TYPE(obj)->tp_name);
    }
}

static void
raise_bad_grouping(char separator, Py_UCS4 type)
{
    if (type > 32 && type < 128) {
        PyErr_Format(PyExc_ValueError, "Cannot specify '%c' with '%c'.",
                     separator, (char)type);
    }
    else {
        PyErr_Format(PyExc_ValueError, "Cannot specify '%c' with '\\x%x'.",
                     separator, (unsigned)type);
    }
}

/* A format specification on its way through the parser. */
typedef struct {
    int kind;
    const void *data;
    Py_ssize_t pos, end;
} spec_reader;

#define AT_END ((Py_UCS4)-1)

/* The character `ahead` places further on, or AT_END. */
static inline Py_UCS4
spec_peek(const spec_reader *spec_text, Py_ssize_t ahead)
{
    return spec_text->end - spec_text->pos > ahead
               ? PyUnicode_READ(spec_text->kind, spec_text->data,
                                spec_text->pos + ahead)
               : AT_END;
}

/* Whether the next character is c; then steps over it. */
static inline bool
spec_take(spec_reader *spec_text, Py_UCS4 c)
{
    bool found = spec_peek(spec_text, 0) == c;

    spec_text->pos += found;
    return found;
}

/* Reads decimal digits.  Returns how many, or -1. */
static Py_ssize_t
parse_count(spec_reader *spec_text, Py_ssize_t *result)
{
    Py_ssize_t value = 0, start = spec_text->pos;

    for (;; spec_text->pos++) {
        Py_UCS4 c = spec_peek(spec_text, 0);
        int d = c - '0' <= 9 ? (int)(c - '0')
                : c < 128 || c == AT_END ? -1 : Py_UNICODE_TODECIMAL(c);

        if (d < 0) {
            break;
        }
        if (value > PY_SSIZE_T_MAX / 10 ||
            value * 10 > PY_SSIZE_T_MAX - d) {
            PyErr_SetString(PyExc_ValueError,
                            "Too many decimal digits in format string");
            return -1;
        }
        value = value * 10 + d;
    }
    *result = value;
    return spec_text->pos - start;
}

static bool
is_alignment(Py_UCS4 c)
{
    return c == '<' || c == '>' || c == '=' || c == '^';
}

/* The grouping option and its conflicts. */
static int
parse_grouping(spec_reader *spec_text, format_spec *spec)
{
    if (spec_take(spec_text, ',')) {
        spec->grouping = FORMAT_LOCALE_COMMA;
    }
    if (spec_take(spec_text, '_')) {
        if (spec->grouping != FORMAT_LOCALE_NONE) {
            PyErr_SetString(PyExc_ValueError,
                            "Cannot specify both ',' and '_'.");
            return -1;
        }
        spec->grouping = FORMAT_LOCALE_UNDERSCORE;
    }
    if (spec_peek(spec_text, 0) == ',' &&
        spec->grouping == FORMAT_LOCALE_UNDERSCORE) {
        PyErr_SetString(PyExc_ValueError, "Cannot specify both ',' and '_'.");
        return -1;
    }
    return 0;
}

/* Which types may be grouped. */
static int
check_grouping(format_spec *spec)
{
    char separator = spec->grouping == FORMAT_LOCALE_COMMA ? ',' : '_';

    if (spec->grouping == FORMAT_LOCALE_NONE) {
        return 0;
    }
    switch (spec->type) {
    case 'd': case 'e': case 'f': case 'g': case 'E': case 'G': case '%':
    case 'F': case '\0':
        return 0;
    case 'b': case 'o': case 'x': case 'X':
        if (spec->grouping == FORMAT_LOCALE_UNDERSCORE) {
            spec->grouping = FORMAT_LOCALE_UNDERSCORE_FOUR;
            return 0;
        }
        break;
    default:
        break;
    }
    raise_bad_grouping(separator, spec->type);
    return -1;
}

/* Sign, z, # and the 0 that means "fill with zeros", behind the sign if
 * `align_number`. */
static void
parse_flags(spec_reader *spec_text, format_spec *spec, bool have_fill,
            bool align_number)
{
    Py_UCS4 c = spec_peek(spec_text, 0);

    if (c == ' ' || c == '+' || c == '-') {
        spec->sign = c;
        spec_text->pos++;
    }
    spec->no_negative_zero = spec_take(spec_text, 'z');
    spec->alternate = spec_take(spec_text, '#');
    if (!have_fill && spec_take(spec_text, '0')) {
        spec->fill = '0';
        if (align_number) {
            spec->align = '=';
        }
    }
}

/* `type` and `align` of the spec hold the defaults of obj's type. */
static int
format_spec_parse(PyObject *obj, PyObject *text, Py_ssize_t start,
                  Py_ssize_t end, format_spec *spec)
{
    spec_reader reader = {PyUnicode_KIND(text), PyUnicode_DATA(text), start,
                          end};
    Py_ssize_t count;
    bool have_fill = false, have_align = false;

    *spec = (format_spec){.fill = ' ', .align = spec->align, .width = -1,
                          .precision = -1, .type = spec->type};
    if (is_alignment(spec_peek(&reader, 1))) {
        spec->fill = spec_peek(&reader, 0);
        spec->align = spec_peek(&reader, 1);
        have_fill = have_align = true;
        reader.pos += 2;
    }
    else if (is_alignment(spec_peek(&reader, 0))) {
        spec->align = spec_peek(&reader, 0);
        have_align = true;
        reader.pos++;
    }
    if (spec_peek(&reader, 0) - '1' > 8) {     /* FAST PATH: a width is next */
        parse_flags(&reader, spec, have_fill,
                    !have_align && spec->align == '>');
    }
    count = parse_count(&reader, &spec->width);
    if (count < 0) {
        return -1;
    }
    if (count == 0) {
        spec->width = -1;
    }
    if (parse_grouping(&reader, spec) < 0) {
        return -1;
    }
    if (spec_take(&reader, '.')) {
        count = parse_count(&reader, &spec->precision);
        if (count < 0) {
            return -1;
        }
        if (count == 0) {
            PyErr_SetString(PyExc_ValueError,
                            "Format specifier missing precision");
            return -1;
        }
    }
    if (end - reader.pos > 1) {
        PyObject *shown = PyUnicode_Substring(text, start, end);

        if (shown != NULL) {
            PyErr_Format(PyExc_ValueError,
                         "Invalid format specifier '%U' for object of type "
                         "'%.200s'",
                         shown, Py_TYPE(obj)->tp_name);
            Py_DECREF(shown);
        }
        return -1;
    }
    if (end - reader.pos == 1) {
        spec->type = spec_peek(&reader, 0);
    }
    return check_grouping(spec);
}

/* ---- padding ---- */

static void
padding_split(Py_ssize_t padding, Py_UCS4 align, Py_ssize_t *left,
              Py_ssize_t *right)
{
    if (padding < 0) {
        padding = 0;
    }
    *left = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    *right = padding - *left;
}

static void
write_fill(_PyUnicodeWriter *writer, Py_ssize_t n, Py_UCS4 fill)
{
    if (n > 0) {
        _PyUnicode_FastFill(writer->buffer, writer->pos, n, fill);
        writer->pos += n;
    }
}

static void
write_ascii(_PyUnicodeWriter *writer, const char *text, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyUnicode_WRITE(writer->kind, writer->data, writer->pos + i,
                        (unsigned char)text[i]);
    }
    writer->pos += n;
}

/* ---- locale ---- */

int
format_locale_get(enum format_locale_kind kind, format_locale *locale)
{
    const char *separator = "", *grouping = "";

    *locale = (format_locale){0};
    switch (kind) {
    case FORMAT_LOCALE_CURRENT: {
        struct lconv *lc = localeconv();

        if (_Py_GetLocaleconvNumeric(lc, &locale->decimal_point,
                                     &locale->thousands_sep) < 0) {
            return -1;
        }
        size_t n = strlen(lc->grouping) + 1;
        locale->grouping_buffer = PyMem_Malloc(n);
        if (locale->grouping_buffer == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(locale->grouping_buffer, lc->grouping, n);
        locale->grouping = locale->grouping_buffer;
        return 0;
    }
    case FORMAT_LOCALE_COMMA:
        separator = ",";
        grouping = "\3";
        break;
    case FORMAT_LOCALE_UNDERSCORE:
        separator = "_";
        grouping = "\3";
        break;
    case FORMAT_LOCALE_UNDERSCORE_FOUR:
        separator = "_";
        grouping = "\4";
        break;
    case FORMAT_LOCALE_NONE:
        break;
    }
    locale->decimal_point = PyUnicode_FromOrdinal('.');
    locale->thousands_sep = PyUnicode_FromString(separator);
    locale->grouping = grouping;
    return locale->decimal_point == NULL || locale->thousands_sep == NULL ? -1
                                                                          : 0;
}

void
format_locale_free(format_locale *locale)
{
    Py_CLEAR(locale->decimal_point);
    Py_CLEAR(locale->thousands_sep);
    PyMem_Free(locale->grouping_buffer);
    locale->grouping_buffer = NULL;
}

/* ---- numbers ---- */

/* A rendered number: text is ASCII, [digits][.][remainder]. */
typedef struct {
    char sign;                   /* '-' or '\0' */
    char prefix[2];
    Py_ssize_t prefix_len;
    const char *digits;
    Py_ssize_t digits_len;
    bool point;
    const char *rest;            /* fraction digits, exponent, %; or inf */
    Py_ssize_t rest_len;
    Py_UCS4 character;           /* type 'c': instead of all; else 0 */
} number_text;

/* Lays digits out backwards from `end` in groups, with zeros in front until
 * min_width is reached.  writer == NULL: only counts.  Returns the width. */
static Py_ssize_t
group_digits(_PyUnicodeWriter *writer, Py_ssize_t end, const char *digits,
             Py_ssize_t n, Py_ssize_t min_width, const format_locale *locale)
{
    Py_ssize_t separator_len = PyUnicode_GET_LENGTH(locale->thousands_sep);
    const char *grouping = locale->grouping;
    Py_ssize_t group = 0, width = 0;
    bool first = true;

    while (true) {
        if (*grouping == CHAR_MAX) {
            group = 0;                          /* no more groups */
        }
        else if (*grouping != '\0') {
            group = (unsigned char)*grouping++;
        }
        Py_ssize_t want = Py_MAX(Py_MAX(n, min_width), 1);
        Py_ssize_t size = group > 0 ? Py_MIN(group, want) : want;

        if (!first) {
            width += separator_len;
            if (writer != NULL) {
                _PyUnicode_FastCopyCharacters(writer->buffer, end - width,
                                              locale->thousands_sep, 0,
                                              separator_len);
            }
        }
        for (Py_ssize_t i = 0; i < size; i++) {
            width++;
            n--;
            if (writer != NULL) {
                PyUnicode_WRITE(writer->kind, writer->data, end - width,
                                n >= 0 ? (unsigned char)digits[n] : '0');
            }
        }
        min_width -= size;
        if (n <= 0 && min_width <= 0) {
            return width;
        }
        n = Py_MAX(n, 0);
        min_width -= separator_len;
        first = false;
    }
}

/* The width of everything but padding, and its parts. */
typedef struct {
    char sign;                   /* '\0': none */
    Py_ssize_t grouped;
    Py_ssize_t min_digits;       /* for group_digits */
    Py_ssize_t left, middle, right;
    Py_ssize_t total;
} number_layout;

static number_layout
number_measure(const number_text *number, const format_spec *spec,
               const format_locale *locale)
{
    number_layout layout = {.sign = number->sign};

    if (number->sign == '\0' && (spec->sign == '+' || spec->sign == ' ')) {
        layout.sign = (char)spec->sign;
    }
    Py_ssize_t fixed = (layout.sign != '\0') + number->prefix_len +
                       number->rest_len + (number->character != 0);
    if (number->point) {
        fixed += PyUnicode_GET_LENGTH(locale->decimal_point);
    }
    if (spec->fill == '0' && spec->align == '=') {
        layout.min_digits = spec->width - fixed;
    }
    if (number->digits_len > 0) {
        layout.grouped = group_digits(NULL, 0, number->digits,
                                      number->digits_len, layout.min_digits,
                                      locale);
    }
    Py_ssize_t padding = spec->width - fixed - layout.grouped;
    if (padding > 0) {
        if (spec->align == '=') {
            layout.middle = padding;
        }
        else {
            padding_split(padding, spec->align, &layout.left, &layout.right);
        }
    }
    layout.total = fixed + layout.grouped + layout.left + layout.middle +
                   layout.right;
    return layout;
}

/* The widest character that the layout needs. */
static Py_UCS4
number_max_char(const number_text *number, const number_layout *layout,
                const format_spec *spec, const format_locale *locale)
{
    Py_UCS4 max = Py_MAX((Py_UCS4)127, number->character);

    if (layout->left || layout->middle || layout->right) {
        max = Py_MAX(max, spec->fill);
    }
    if (number->point) {
        max = Py_MAX(max,
                     PyUnicode_MAX_CHAR_VALUE(locale->decimal_point));
    }
    if (layout->grouped > number->digits_len) {
        max = Py_MAX(max, PyUnicode_MAX_CHAR_VALUE(locale->thousands_sep));
    }
    return max;
}

/* Writes a measured number; the writer has room. */
static void
number_put(_PyUnicodeWriter *writer, const number_text *number,
           const number_layout *layout, const format_spec *spec,
           const format_locale *locale)
{
    write_fill(writer, layout->left, spec->fill);
    if (layout->sign != '\0') {
        write_ascii(writer, &layout->sign, 1);
    }
    write_ascii(writer, number->prefix, number->prefix_len);
    write_fill(writer, layout->middle, spec->fill);
    if (number->digits_len > 0) {
        writer->pos += layout->grouped;
        group_digits(writer, writer->pos, number->digits, number->digits_len,
                     layout->min_digits, locale);
    }
    if (number->character != 0) {
        PyUnicode_WRITE(writer->kind, writer->data, writer->pos,
                        number->character);
        writer->pos++;
    }
    if (number->point) {
        Py_ssize_t n = PyUnicode_GET_LENGTH(locale->decimal_point);

        _PyUnicode_FastCopyCharacters(writer->buffer, writer->pos,
                                      locale->decimal_point, 0, n);
        writer->pos += n;
    }
    write_ascii(writer, number->rest, number->rest_len);
    write_fill(writer, layout->right, spec->fill);
}

static int
number_write(_PyUnicodeWriter *writer, const number_text *number,
             const format_spec *spec, enum format_locale_kind kind)
{
    format_locale locale;
    int status = -1;

    if (format_locale_get(kind, &locale) < 0) {
        goto done;
    }
    number_layout layout = number_measure(number, spec, &locale);
    Py_UCS4 max = number_max_char(number, &layout, spec, &locale);

    if (_PyUnicodeWriter_Prepare(writer, layout.total, max) < 0) {
        goto done;
    }
    number_put(writer, number, &layout, spec, &locale);
    status = 0;
done:
    format_locale_free(&locale);
    return status;
}

/* ---- str ---- */

static int
format_string(PyObject *value, const format_spec *spec,
              _PyUnicodeWriter *writer)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(value), left, right;
    const char *problem = NULL;

    if (spec->sign == ' ') {
        problem = "Space not allowed in string format specifier";
    }
    else if (spec->sign != '\0') {
        problem = "Sign not allowed in string format specifier";
    }
    else if (spec->no_negative_zero) {
        problem = "Negative zero coercion (z) not allowed in string format "
                  "specifier";
    }
    else if (spec->alternate) {
        problem = "Alternate form (#) not allowed in string format "
                  "specifier";
    }
    else if (spec->align == '=') {
        problem = "'=' alignment not allowed in string format specifier";
    }
    if (problem != NULL) {
        PyErr_SetString(PyExc_ValueError, problem);
        return -1;
    }
    if ((spec->width == -1 || spec->width <= len) &&
        (spec->precision == -1 || spec->precision >= len)) {
        return _PyUnicodeWriter_WriteStr(writer, value);
    }
    if (spec->precision >= 0 && len >= spec->precision) {
        len = spec->precision;
    }
    padding_split(spec->width - len, spec->align, &left, &right);
    Py_UCS4 max = _PyUnicode_FindMaxChar(value, 0, len);
    if (left || right) {
        max = Py_MAX(max, spec->fill);
    }
    if (_PyUnicodeWriter_Prepare(writer, left + len + right, max) < 0) {
        return -1;
    }
    write_fill(writer, left, spec->fill);
    if (len > 0) {
        _PyUnicode_FastCopyCharacters(writer->buffer, writer->pos, value, 0,
                                      len);
        writer->pos += len;
    }
    write_fill(writer, right, spec->fill);
    return 0;
}

/* str(obj): the empty specification. */
static int
format_as_str(PyObject *obj, _PyUnicodeWriter *writer)
{
    PyObject *text = PyObject_Str(obj);                         /* owned */

    if (text == NULL) {
        return -1;
    }
    int status = _PyUnicodeWriter_WriteStr(writer, text);
    Py_DECREF(text);
    return status;
}

int
_PyUnicode_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                PyObject *text, Py_ssize_t start,
                                Py_ssize_t end)
{
    format_spec spec = {.type = 's', .align = '<'};

    if (start == end) {
        if (PyUnicode_CheckExact(obj)) {
            return _PyUnicodeWriter_WriteStr(writer, obj);
        }
        return format_as_str(obj, writer);
    }
    if (format_spec_parse(obj, text, start, end, &spec) < 0) {
        return -1;
    }
    if (spec.type != 's') {
        raise_unknown_type(spec.type, obj);
        return -1;
    }
    return format_string(obj, &spec, writer);
}

/* ---- int ---- */

static int
format_long_character(PyObject *value, const format_spec *spec,
                      _PyUnicodeWriter *writer)
{
    number_text number = {0};

    if (spec->sign != '\0') {
        PyErr_SetString(PyExc_ValueError,
                        "Sign not allowed with integer format specifier 'c'");
        return -1;
    }
    if (spec->alternate) {
        PyErr_SetString(PyExc_ValueError,
                        "Alternate form (#) not allowed with integer format "
                        "specifier 'c'");
        return -1;
    }
    long code = PyLong_AsLong(value);
    if (code == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (code < 0 || code > 0x10ffff) {
        PyErr_SetString(PyExc_OverflowError,
                        "%c arg not in range(0x110000)");
        return -1;
    }
    if (code == 0) {
        /* number_text uses 0 for "no character": NUL is ASCII anyway */
        number.rest = "";
        number.rest_len = 1;
    }
    else {
        number.character = (Py_UCS4)code;
    }
    return number_write(writer, &number, spec, FORMAT_LOCALE_NONE);
}

static int
base_of_type(Py_UCS4 type)
{
    switch (type) {
    case 'b':
        return 2;
    case 'o':
        return 8;
    case 'x': case 'X':
        return 16;
    default:
        return 10;
    }
}

static int
format_long(PyObject *value, const format_spec *spec,
            _PyUnicodeWriter *writer)
{
    number_text number = {0};
    int base = base_of_type(spec->type);

    if (spec->precision != -1) {
        PyErr_SetString(PyExc_ValueError,
                        "Precision not allowed in integer format specifier");
        return -1;
    }
    if (spec->no_negative_zero) {
        PyErr_SetString(PyExc_ValueError,
                        "Negative zero coercion (z) not allowed in integer "
                        "format specifier");
        return -1;
    }
    if (spec->type == 'c') {
        return format_long_character(value, spec, writer);
    }
    if (spec->sign != '+' && spec->sign != ' ' && spec->width == -1 &&
        spec->type != 'X' && spec->type != 'n' &&
        spec->grouping == FORMAT_LOCALE_NONE) {
        return _PyLong_FormatWriter(writer, value, base, spec->alternate);
    }
    PyObject *text = _PyLong_Format(value, base);               /* owned */
    char *upper = NULL;                                         /* owned */
    int status = -1;

    if (text == NULL) {
        return -1;
    }
    const char *p = (const char *)PyUnicode_1BYTE_DATA(text);
    const char *end = p + PyUnicode_GET_LENGTH(text);
    if (*p == '-') {
        number.sign = '-';
        p++;
    }
    if (base != 10) {
        if (spec->alternate) {
            number.prefix[0] = '0';
            number.prefix[1] = spec->type == 'X' ? 'X' : p[1];
            number.prefix_len = 2;
        }
        p += 2;
    }
    number.digits = p;
    number.digits_len = end - p;
    if (spec->type == 'X') {
        upper = PyMem_Malloc((size_t)(end - p));
        if (upper == NULL) {
            PyErr_NoMemory();
            goto done;
        }
        for (Py_ssize_t i = 0; i < end - p; i++) {
            upper[i] = (char)Py_TOUPPER(p[i]);
        }
        number.digits = upper;
    }
    status = number_write(writer, &number, spec,
                          spec->type == 'n' ? FORMAT_LOCALE_CURRENT
                                            : spec->grouping);
done:
    PyMem_Free(upper);
    Py_DECREF(text);
    return status;
}

/* ---- float ---- */

/* Splits the text of a double into a number_text; text must outlive it. */
static void
number_from_double_text(const char *text, number_text *number)
{
    *number = (number_text){0};
    if (*text == '-') {
        number->sign = '-';
        text++;
    }
    else if (*text == '+') {
        text++;
    }
    number->digits = text;
    while (Py_ISDIGIT(*text)) {
        text++;
    }
    number->digits_len = text - number->digits;
    if (*text == '.') {
        number->point = true;
        text++;
    }
    number->rest = text;
    number->rest_len = (Py_ssize_t)strlen(text);
}

static int
double_flags(const format_spec *spec)
{
    return (spec->alternate ? Py_DTSF_ALT : 0) |
           (spec->no_negative_zero ? Py_DTSF_NO_NEG_0 : 0);
}

/* What PyOS_double_to_string is asked for. */
static int
double_code(const format_spec *spec, char *code, int *precision)
{
    int given = (int)spec->precision;

    if (spec->precision > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "precision too big");
        return -1;
    }
    *code = spec->type == '\0'                        ? 'r'
            : spec->type == 'n'                       ? 'g'
            : spec->type == '%'                       ? 'f'
                                                      : (char)spec->type;
    *precision = given >= 0 ? given : *code == 'r' ? 0 : 6;
    if (given >= 0 && *code == 'r') {
        *code = 'g';
    }
    return 0;
}

/* A malloc'd rendering of a float per the specification. */
static char *
render_double(double value, const format_spec *spec)
{
    int flags = double_flags(spec), precision;
    char code;

    if (double_code(spec, &code, &precision) < 0) {
        return NULL;
    }
    if (spec->type == '\0') {
        flags |= Py_DTSF_ADD_DOT_0;
    }
    if (spec->type == '%') {
        value *= 100;
    }
    char *text = PyOS_double_to_string(value, code, precision, flags, NULL);
    if (text == NULL || spec->type != '%') {
        return text;
    }
    size_t n = strlen(text);
    char *longer = PyMem_Realloc(text, n + 2);
    if (longer == NULL) {
        PyMem_Free(text);
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(longer + n, "%", 2);
    return longer;
}

static int
format_float(PyObject *value, const format_spec *spec,
             _PyUnicodeWriter *writer)
{
    double number_value = PyFloat_AsDouble(value);
    number_text number;
    int status;

    if (number_value == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    char *text = render_double(number_value, spec);             /* owned */
    if (text == NULL) {
        return -1;
    }
    if (spec->sign != '+' && spec->sign != ' ' && spec->width == -1 &&
        spec->type != 'n' && spec->grouping == FORMAT_LOCALE_NONE) {
        status = _PyUnicodeWriter_WriteASCIIString(writer, text, -1);
    }
    else {
        number_from_double_text(text, &number);
        status = number_write(writer, &number, spec,
                              spec->type == 'n' ? FORMAT_LOCALE_CURRENT
                                                : spec->grouping);
    }
    PyMem_Free(text);
    return status;
}

static bool
is_float_type(Py_UCS4 type)
{
    switch (type) {
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n':
    case '%':
        return true;
    default:
        return false;
    }
}

int
_PyLong_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                             PyObject *text, Py_ssize_t start, Py_ssize_t end)
{
    format_spec spec = {.type = 'd', .align = '>'};

    if (start == end) {
        if (PyLong_CheckExact(obj)) {
            return _PyLong_FormatWriter(writer, obj, 10, 0);
        }
        return format_as_str(obj, writer);
    }
    if (format_spec_parse(obj, text, start, end, &spec) < 0) {
        return -1;
    }
    switch (spec.type) {
    case 'b': case 'c': case 'd': case 'o': case 'x': case 'X': case 'n':
        return format_long(obj, &spec, writer);
    default:
        break;
    }
    if (!is_float_type(spec.type)) {
        raise_unknown_type(spec.type, obj);
        return -1;
    }
    PyObject *converted = PyNumber_Float(obj);                  /* owned */
    if (converted == NULL) {
        return -1;
    }
    int status = format_float(converted, &spec, writer);
    Py_DECREF(converted);
    return status;
}

int
_PyFloat_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                              PyObject *text, Py_ssize_t start,
                              Py_ssize_t end)
{
    format_spec spec = {.align = '>'};          /* no type by default */

    if (start == end) {
        return format_as_str(obj, writer);
    }
    if (format_spec_parse(obj, text, start, end, &spec) < 0) {
        return -1;
    }
    if (spec.type != '\0' && !is_float_type(spec.type)) {
        raise_unknown_type(spec.type, obj);
        return -1;
    }
    return format_float(obj, &spec, writer);
}

/* ---- complex ---- */

/* Writes both parts between the paddings of the whole. */
static int
complex_write(_PyUnicodeWriter *writer, const char *real_text,
              const char *imag_text, bool skip_real, bool parens,
              const format_spec *spec)
{
    format_spec real_spec = *spec, imag_spec;
    number_text real = {0}, imag = {0};
    number_layout real_layout = {0}, imag_layout;
    format_locale locale;
    Py_ssize_t left, right;
    int status = -1;

    real_spec.fill = '\0';
    real_spec.align = '<';
    real_spec.width = -1;
    imag_spec = real_spec;
    if (!skip_real) {
        imag_spec.sign = '+';
    }
    if (format_locale_get(spec->type == 'n' ? FORMAT_LOCALE_CURRENT
                                            : spec->grouping,
                          &locale) < 0) {
        goto done;
    }
    number_from_double_text(real_text, &real);
    number_from_double_text(imag_text, &imag);
    if (!skip_real) {
        real_layout = number_measure(&real, &real_spec, &locale);
    }
    imag_layout = number_measure(&imag, &imag_spec, &locale);
    Py_ssize_t width = real_layout.total + imag_layout.total + 1 + 2 * parens;
    padding_split(spec->width - width, spec->align, &left, &right);

    Py_UCS4 max = Py_MAX(
        number_max_char(&real, &real_layout, &real_spec, &locale),
        number_max_char(&imag, &imag_layout, &imag_spec, &locale));
    if (left || right) {
        max = Py_MAX(max, spec->fill);
    }
    if (_PyUnicodeWriter_Prepare(writer, width + left + right, max) < 0) {
        goto done;
    }
    write_fill(writer, left, spec->fill);
    write_ascii(writer, "(", parens);
    if (!skip_real) {
        number_put(writer, &real, &real_layout, &real_spec, &locale);
    }
    number_put(writer, &imag, &imag_layout, &imag_spec, &locale);
    write_ascii(writer, "j", 1);
    write_ascii(writer, ")", parens);
    write_fill(writer, right, spec->fill);
    status = 0;
done:
    format_locale_free(&locale);
    return status;
}

static int
format_complex(PyObject *value, const format_spec *spec,
               _PyUnicodeWriter *writer)
{
    Py_complex parts = PyComplex_AsCComplex(value);
    char *real_text = NULL, *imag_text = NULL;                  /* owned */
    bool skip_real = false, parens = false;
    int flags = double_flags(spec), precision, status = -1;
    char code;

    if (spec->precision > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "precision too big");
        return -1;
    }
    if (spec->fill == '0') {
        PyErr_SetString(PyExc_ValueError,
                        "Zero padding is not allowed in complex format "
                        "specifier");
        return -1;
    }
    if (spec->align == '=') {
        PyErr_SetString(PyExc_ValueError,
                        "'=' alignment flag is not allowed in complex format "
                        "specifier");
        return -1;
    }
    if (double_code(spec, &code, &precision) < 0) {
        return -1;
    }
    if (spec->type == '\0') {
        skip_real = parts.real == 0.0 && !signbit(parts.real);
        parens = !skip_real;
    }
    real_text = PyOS_double_to_string(parts.real, code, precision, flags,
                                      NULL);
    imag_text = PyOS_double_to_string(parts.imag, code, precision, flags,
                                      NULL);
    if (real_text != NULL && imag_text != NULL) {
        status = complex_write(writer, real_text, imag_text, skip_real,
                               parens, spec);
    }
    PyMem_Free(real_text);
    PyMem_Free(imag_text);
    return status;
}

int
_PyComplex_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                PyObject *text, Py_ssize_t start,
                                Py_ssize_t end)
{
    format_spec spec = {.align = '>'};          /* no type by default */

    if (start == end) {
        return format_as_str(obj, writer);
    }
    if (format_spec_parse(obj, text, start, end, &spec) < 0) {
        return -1;
    }
    if (spec.type != '\0' &&
        (!is_float_type(spec.type) || spec.type == '%')) {
        raise_unknown_type(spec.type, obj);
        return -1;
    }
    return format_complex(obj, &spec, writer);
}
