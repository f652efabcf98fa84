/* ISO 8601 in both directions, and strftime. */

#include "private.h"

#include <string.h>

/* ---- Writing ------------------------------------------------------------ */

PyObject *
text_from_time(const hms *time, const char *timespec)
{
    static const char *const specs[] = {"hours", "minutes", "seconds",
                                        "milliseconds", "microseconds"};
    char text[40];
    int spec;

    if (timespec == NULL || strcmp(timespec, "auto") == 0) {
        spec = time->micro == 0 ? 2 : 4;
    }
    else {
        for (spec = 0; spec < 5 && strcmp(timespec, specs[spec]) != 0;
             spec++) {
        }
    }
    switch (spec) {
    case 0:
        PyOS_snprintf(text, sizeof(text), "%02d", time->hour);
        break;
    case 1:
        PyOS_snprintf(text, sizeof(text), "%02d:%02d", time->hour,
                      time->minute);
        break;
    case 2:
        PyOS_snprintf(text, sizeof(text), "%02d:%02d:%02d", time->hour,
                      time->minute, time->second);
        break;
    case 3:
        PyOS_snprintf(text, sizeof(text), "%02d:%02d:%02d.%03d", time->hour,
                      time->minute, time->second, time->micro / 1000);
        break;
    case 4:
        PyOS_snprintf(text, sizeof(text), "%02d:%02d:%02d.%06d", time->hour,
                      time->minute, time->second, time->micro);
        break;
    default:
        PyErr_SetString(PyExc_ValueError, "Unknown timespec value");
        return NULL;
    }
    return PyUnicode_FromString(text);
}

PyObject *
text_from_offset(PyObject *tzinfo, PyObject *argument, const char *separator)
{
    char text[60], rest[24] = "";
    PyObject *offset = zone_utcoffset(tzinfo, argument);

    if (offset == NULL) {
        return NULL;
    }
    if (offset == Py_None) {
        Py_DECREF(offset);
        return PyUnicode_FromString("");
    }
    char sign = '+';
    __int128 micro = delta_as_micro(offset);
    Py_DECREF(offset);
    if (micro < 0) {
        sign = '-';
        micro = -micro;
    }
    int seconds = (int)(micro / US_PER_SECOND);
    int us = (int)(micro % US_PER_SECOND);
    if (us != 0) {
        PyOS_snprintf(rest, sizeof(rest), "%s%02d.%06d", separator,
                      seconds % 60, us);
    }
    else if (seconds % 60 != 0) {
        PyOS_snprintf(rest, sizeof(rest), "%s%02d", separator, seconds % 60);
    }
    PyOS_snprintf(text, sizeof(text), "%c%02d%s%02d%s", sign, seconds / 3600,
                  separator, seconds / 60 % 60, rest);
    return PyUnicode_FromString(text);
}

PyObject *
text_struct_time(const ymd *date, const hms *time, int dst)
{
    PyObject *class = _PyImport_GetModuleAttrString("time", "struct_time");
    int day = calendar_days_before_month(date->year, date->month) + date->day;

    if (class == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallFunction(
        class, "((iiiiiiiii))", date->year, date->month, date->day,
        time->hour, time->minute, time->second,
        calendar_weekday(date->year, date->month, date->day), day, dst);
    Py_DECREF(class);
    return result;
}

PyObject *
text_ctime(const ymd *date, const hms *time)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri",
                                       "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May",
                                         "Jun", "Jul", "Aug", "Sep", "Oct",
                                         "Nov", "Dec"};
    char text[60];
    int weekday = calendar_weekday(date->year, date->month, date->day);

    PyOS_snprintf(text, sizeof(text), "%s %s %2d %02d:%02d:%02d %04d",
                  days[weekday], months[date->month - 1], date->day,
                  time->hour, time->minute, time->second, date->year);
    return PyUnicode_FromString(text);
}

/* %Z: the name, its percent signs doubled. */
static PyObject *
zone_name_text(PyObject *self, PyObject *argument)
{
    PyObject *tzinfo = tzinfo_of(self);

    if (tzinfo == NULL || tzinfo == Py_None) {
        return PyUnicode_FromString("");
    }
    PyObject *name = zone_tzname(tzinfo, argument);
    if (name == NULL) {
        return NULL;
    }
    if (name == Py_None) {
        Py_DECREF(name);
        return PyUnicode_FromString("");
    }
    PyObject *result = PyObject_CallMethod(name, "replace", "ss", "%", "%%");
    Py_DECREF(name);
    if (result != NULL && !PyUnicode_Check(result)) {
        PyErr_SetString(PyExc_TypeError,
                        "tzname.replace() did not return a string");
        Py_CLEAR(result);
    }
    if (result != NULL && PyUnicode_AsUTF8(result) == NULL) {
        Py_CLEAR(result);                /* no lone surrogates */
    }
    return result;
}

static PyObject *
micro_text(PyObject *self)
{
    char text[16];
    int micro = 0;

    if (TIME_CHECK(self)) {
        micro = T_MICRO(self);
    }
    else if (DATETIME_CHECK(self)) {
        micro = DT_MICRO(self);
    }
    PyOS_snprintf(text, sizeof(text), "%06d", micro);
    return PyUnicode_FromString(text);
}

/* What stands for %f, %z or %Z; other directives stay.  New str, or NULL. */
static PyObject *
replace_directive(PyObject *self, Py_UCS4 c, PyObject *argument)
{
    switch (c) {
    case 'f':
        return micro_text(self);
    case 'z': {
        PyObject *tzinfo = tzinfo_of(self);
        return tzinfo == NULL ? PyUnicode_FromString("")
                              : text_from_offset(tzinfo, argument, "");
    }
    case 'Z':
        return zone_name_text(self, argument);
    default: {
        Py_UCS4 pair[2] = {'%', c};
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, pair, 2);
    }
    }
}

static int
has_own_directive(PyObject *format)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(format);

    for (Py_ssize_t i = 0; i + 1 < size; i++) {
        if (PyUnicode_READ_CHAR(format, i) == '%') {
            Py_UCS4 c = PyUnicode_READ_CHAR(format, ++i);
            if (c == 'f' || c == 'z' || c == 'Z') {
                return 1;
            }
        }
    }
    return 0;
}

/* The format with our own directives replaced.  New str. */
static PyObject *
expand_format(PyObject *self, PyObject *format, PyObject *argument)
{
    _PyUnicodeWriter writer;
    Py_ssize_t size = PyUnicode_GET_LENGTH(format);

    if (!has_own_directive(format)) {
        return Py_NewRef(format);         /* FAST PATH: same result */
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(format, i);
        if (c != '%' || i + 1 == size) {
            if (_PyUnicodeWriter_WriteChar(&writer, c) < 0) {
                goto error;
            }
            continue;
        }
        i++;
        PyObject *text = replace_directive(
            self, PyUnicode_READ_CHAR(format, i), argument);
        if (text == NULL) {
            goto error;
        }
        int status = _PyUnicodeWriter_WriteStr(&writer, text);
        Py_DECREF(text);
        if (status < 0) {
            goto error;
        }
    }
    return _PyUnicodeWriter_Finish(&writer);
error:
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
text_strftime(PyObject *self, PyObject *format, PyObject *timetuple,
              PyObject *argument)
{
    PyObject *expanded = NULL, *function = NULL, *result = NULL;

    expanded = expand_format(self, format, argument);
    if (expanded == NULL) {
        goto done;
    }
    function = _PyImport_GetModuleAttrString("time", "strftime");
    if (function == NULL) {
        goto done;
    }
    result = PyObject_CallFunctionObjArgs(function, expanded, timetuple,
                                          NULL);
done:
    Py_XDECREF(expanded);
    Py_XDECREF(function);
    return result;
}

PyObject *
text_format(PyObject *self, PyObject *args)
{
    PyObject *format;

    if (!PyArg_ParseTuple(args, "U:__format__", &format)) {
        return NULL;
    }
    if (PyUnicode_GetLength(format) == 0) {
        return PyObject_Str(self);
    }
    return PyObject_CallMethod(self, "strftime", "O", format);
}

/* ---- Reading ------------------------------------------------------------ */

static Py_UCS4
peek(const text_cursor *c)
{
    return c->at < c->end ? PyUnicode_READ_CHAR(c->text, c->at) : 0;
}

static int
is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

/* `count` digits: 0 or -1. */
static int
parse_digits(text_cursor *c, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        Py_UCS4 digit = peek(c);
        if (!is_digit(digit)) {
            return -1;
        }
        *value = *value * 10 + (int)(digit - '0');
        c->at++;
    }
    return 0;
}

static int
parse_week_date(text_cursor *c, int year, int has_dashes, ymd *result)
{
    int week, day = 1;

    c->at++;                              /* the W */
    if (parse_digits(c, 2, &week) < 0) {
        return -1;
    }
    if (c->at < c->end) {
        if (has_dashes) {
            if (peek(c) != '-') {
                return -1;
            }
            c->at++;
        }
        if (parse_digits(c, 1, &day) < 0) {
            return -1;
        }
    }
    return calendar_from_iso(year, week, day, result) < 0 ? -1 : 0;
}

int
text_parse_date(text_cursor *c, ymd *result)
{
    int year;

    if (parse_digits(c, 4, &year) < 0) {
        return -1;
    }
    int has_dashes = peek(c) == '-';
    c->at += has_dashes;
    if (peek(c) == 'W') {
        if (parse_week_date(c, year, has_dashes, result) < 0) {
            return -1;
        }
        return c->at == c->end ? 0 : -1;
    }
    result->year = year;
    if (parse_digits(c, 2, &result->month) < 0) {
        return -1;
    }
    if (has_dashes) {
        if (peek(c) != '-') {
            return -1;
        }
        c->at++;
    }
    if (parse_digits(c, 2, &result->day) < 0) {
        return -1;
    }
    return c->at == c->end ? 0 : -1;
}

/* The fraction of a second, behind its point. */
static int
parse_fraction(text_cursor *c, int *micro)
{
    static const int corrections[] = {100000, 10000, 1000, 100, 10, 1};
    Py_ssize_t rest = c->end - c->at;
    int count = rest > 6 ? 6 : (int)rest;

    if (count == 0 || parse_digits(c, count, micro) < 0) {
        return -1;
    }
    *micro *= corrections[count - 1];
    while (is_digit(peek(c))) {
        c->at++;
    }
    return c->at == c->end ? 0 : -1;
}

/* hh[:mm[:ss[.ffffff]]] up to the end. */
static int
parse_clock(text_cursor *c, hms *result)
{
    int *fields[3] = {&result->hour, &result->minute, &result->second};
    int has_colons = 0;

    *result = (hms){0};
    for (int i = 0; i < 3; i++) {
        if (parse_digits(c, 2, fields[i]) < 0) {
            return -1;
        }
        if (c->at == c->end) {
            return 0;
        }
        Py_UCS4 next = peek(c);
        if (i == 0) {
            has_colons = next == ':';
        }
        if (next == '.' || next == ',') {
            if (i < 2) {
                return -1;
            }
            c->at++;
            return parse_fraction(c, &result->micro);
        }
        if (i == 2) {
            return -1;
        }
        if (has_colons) {
            if (next != ':') {
                return -1;
            }
            c->at++;
        }
    }
    return -1;
}

int
text_parse_time(text_cursor *c, hms *result, int *seconds, int *micro)
{
    Py_ssize_t zone = c->at;
    hms offset;

    while (zone < c->end) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(c->text, zone);
        if (ch == '+' || ch == '-' || ch == 'Z') {
            break;
        }
        zone++;
    }
    text_cursor clock = {c->text, c->at, zone};
    if (parse_clock(&clock, result) < 0) {
        return -1;
    }
    *seconds = *micro = 0;
    if (zone == c->end) {
        return 0;
    }
    Py_UCS4 sign = PyUnicode_READ_CHAR(c->text, zone);
    if (sign == 'Z') {
        return zone + 1 == c->end ? 1 : -1;
    }
    text_cursor rest = {c->text, zone + 1, c->end};
    if (parse_clock(&rest, &offset) < 0) {
        return -1;
    }
    int factor = sign == '-' ? -1 : 1;
    *seconds = factor * (offset.hour * 3600 + offset.minute * 60 +
                         offset.second);
    *micro = factor * offset.micro;
    return 1;
}

/* Behind YYYYWww: which of the digits that follow belong to the date? */
static Py_ssize_t
find_week_separator(PyObject *text, Py_ssize_t size)
{
    Py_ssize_t i = 7;

    while (i < size && is_digit(PyUnicode_READ_CHAR(text, i))) {
        i++;
    }
    if (i < 9) {
        return i;
    }
    return i % 2 == 0 ? 7 : 8;
}

Py_ssize_t
text_find_separator(PyObject *text)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);

    if (size == 7) {
        return 7;
    }
    if (PyUnicode_READ_CHAR(text, 4) != '-') {
        return PyUnicode_READ_CHAR(text, 4) == 'W'
                   ? find_week_separator(text, size) : 8;
    }
    if (PyUnicode_READ_CHAR(text, 5) != 'W') {
        return 10;
    }
    if (size < 8) {
        return -1;
    }
    if (size > 8 && PyUnicode_READ_CHAR(text, 8) == '-') {
        if (size == 9) {
            return -1;
        }
        if (size > 10 && is_digit(PyUnicode_READ_CHAR(text, 10))) {
            return 8;                     /* a dash as separator */
        }
        return 10;
    }
    return 8;
}

PyObject *
text_raise_invalid(PyObject *text)
{
    return PyErr_Format(PyExc_ValueError, "Invalid isoformat string: %R",
                        text);
}
