/* PyOS_snprintf: snprintf that always ends with NUL, and the comparisons of
 * C strings without case. */
#include "Python.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

int
PyOS_vsnprintf(char *text, size_t size, const char *format, va_list args)
{
    assert(text != NULL && size > 0 && format != NULL);
    if (size > INT_MAX - 512) {
        text[0] = '\0';
        return -666;
    }
    int n = vsnprintf(text, size, format, args);
    text[size - 1] = '\0';
    return n;
}

int
PyOS_snprintf(char *text, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = PyOS_vsnprintf(text, size, format, args);
    va_end(args);
    return n;
}

int
PyOS_mystrnicmp(const char *left, const char *right, Py_ssize_t n)
{
    for (; n > 0; n--, left++, right++) {
        int order = Py_TOLOWER(*left) - Py_TOLOWER(*right);

        if (order != 0 || *left == '\0') {
            return order;
        }
    }
    return 0;
}

int
PyOS_mystricmp(const char *left, const char *right)
{
    return PyOS_mystrnicmp(left, right, PY_SSIZE_T_MAX);
}
