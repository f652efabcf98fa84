/* PyOS_strtoul, PyOS_strtol: C integers from text, with Python's prefixes. */
#include "Python.h"

#include "long.h"

#include <errno.h>
#include <limits.h>

/* The base that a prefix calls for; moves *text behind the prefix.  Base 0
 * without a prefix: 10, a leading zero means zero only. */
static int
take_prefix(const char **text, int base)
{
    const char *p = *text;
    int found = 0;

    if (*p == '0') {
        switch (p[1]) {
        case 'x': case 'X': found = 16; break;
        case 'o': case 'O': found = 8; break;
        case 'b': case 'B': found = 2; break;
        default: break;
        }
    }
    if (found != 0 && (base == 0 || base == found) &&
        _PyLong_DigitValue[(unsigned char)p[2]] < found) {
        *text = p + 2;
        return found;
    }
    return base == 0 ? 10 : base;
}

unsigned long
PyOS_strtoul(const char *text, char **end, int base)
{
    const char *p = text;
    unsigned long value = 0;
    bool overflow = false;

    if (base != 0 && (base < 2 || base > 36)) {
        if (end != NULL) {
            *end = (char *)text;
        }
        return 0;
    }
    while (Py_ISSPACE(*p)) {
        p++;
    }
    if (base == 0 && *p == '0' && Py_ISDIGIT(p[1])) {
        /* An old octal literal: zeros only. */
        while (*p == '0') {
            p++;
        }
        while (Py_ISSPACE(*p)) {
            p++;
        }
        if (end != NULL) {
            *end = (char *)p;
        }
        return 0;
    }
    base = take_prefix(&p, base);
    for (int d; (d = _PyLong_DigitValue[(unsigned char)*p]) < base; p++) {
        if (__builtin_mul_overflow(value, (unsigned long)base, &value) ||
            __builtin_add_overflow(value, (unsigned long)d, &value)) {
            overflow = true;
        }
    }
    if (end != NULL) {
        *end = (char *)p;
    }
    if (overflow) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return value;
}

long
PyOS_strtol(const char *text, char **end, int base)
{
    while (*text != '\0' && Py_ISSPACE(*text)) {
        text++;
    }
    bool negative = *text == '-';

    if (*text == '-' || *text == '+') {
        text++;
    }
    unsigned long value = PyOS_strtoul(text, end, base);
    if (value <= LONG_MAX) {
        return negative ? -(long)value : (long)value;
    }
    if (negative && value == (unsigned long)LONG_MAX + 1) {
        return LONG_MIN;
    }
    errno = ERANGE;
    return LONG_MAX;
}
