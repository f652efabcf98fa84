/* Searching byte strings, in linear time: memchr candidates checked with
 * memcmp, and when those keep failing the C library's two-way memmem (from the
 * right: Knuth-Morris-Pratt). */
#define _GNU_SOURCE
#include "Python.h"

#include "bytes.h"

#include <string.h>

/* Failed candidates are tolerated up to this many plus a share of the text. */
#define FAILURES_FREE 32

Py_ssize_t
bytes_find_first(const char *text, Py_ssize_t n, const char *needle,
                 Py_ssize_t m)
{
    const char *p = text, *last = text + (n - m);    /* last possible start */
    Py_ssize_t failures = 0;

    if (m > n) {
        return -1;
    }
    if (m == 0) {
        return 0;
    }
    while (p <= last) {
        p = memchr(p, needle[0], (size_t)(last - p) + 1);
        if (p == NULL) {
            return -1;
        }
        if (memcmp(p, needle, (size_t)m) == 0) {
            return p - text;
        }
        p++;
        if (++failures > FAILURES_FREE + ((p - text) >> 3)) {
            p = memmem(p, (size_t)(text + n - p), needle, (size_t)m);
            return p == NULL ? -1 : p - text;
        }
    }
    return -1;
}

/* Knuth-Morris-Pratt from the right: the last occurrence in text[0:n]. */
static Py_ssize_t
find_last_kmp(const char *text, Py_ssize_t n, const char *needle,
              Py_ssize_t m)
{
    Py_ssize_t *borders = PyMem_RawMalloc((size_t)(m + 1) * sizeof(*borders));
    Py_ssize_t matched = 0, found = -1;

    if (borders == NULL) {
        /* Slow, but needs nothing. */
        for (Py_ssize_t i = n - m; i >= 0; i--) {
            if (memcmp(text + i, needle, (size_t)m) == 0) {
                return i;
            }
        }
        return -1;
    }
#define AT(i) needle[m - 1 - (i)]                 /* the needle, reversed */
    borders[0] = -1;
    for (Py_ssize_t i = 0, k = -1; i < m;) {
        while (k >= 0 && AT(i) != AT(k)) {
            k = borders[k];
        }
        borders[++i] = ++k;
    }
    for (Py_ssize_t i = n; --i >= 0;) {
        while (matched >= 0 && (matched == m || text[i] != AT(matched))) {
            matched = borders[matched];
        }
        if (++matched == m) {
            found = i;
            break;
        }
    }
#undef AT
    PyMem_RawFree(borders);
    return found;
}

Py_ssize_t
bytes_find_last(const char *text, Py_ssize_t n, const char *needle,
                Py_ssize_t m)
{
    Py_ssize_t end = n - m + 1, failures = 0;

    if (m > n) {
        return -1;
    }
    if (m == 0) {
        return n;
    }
    while (end > 0) {
        const char *p = memrchr(text, needle[0], (size_t)end);

        if (p == NULL) {
            return -1;
        }
        if (memcmp(p, needle, (size_t)m) == 0) {
            return p - text;
        }
        end = p - text;
        if (++failures > FAILURES_FREE + ((n - end) >> 3)) {
            return find_last_kmp(text, Py_MIN(end + m - 1, n), needle, m);
        }
    }
    return -1;
}

Py_ssize_t
bytes_count_of(const char *text, Py_ssize_t n, const char *needle,
               Py_ssize_t m, Py_ssize_t limit)
{
    Py_ssize_t count = 0, at = 0;

    if (n < 0) {
        return 0;
    }
    if (m == 0) {
        return n < limit ? n + 1 : limit;
    }
    if (m == 1 && limit == PY_SSIZE_T_MAX) {
        for (; at < n; at++) {
            count += text[at] == needle[0];      /* the compiler vectorises */
        }
        return count;
    }
    while (count < limit) {
        Py_ssize_t next = bytes_find_first(text + at, n - at, needle, m);

        if (next < 0) {
            break;
        }
        count++;
        at += next + m;
    }
    return count;
}

Py_ssize_t
_PyBytes_Find(const char *haystack, Py_ssize_t n, const char *needle,
              Py_ssize_t m, Py_ssize_t offset)
{
    Py_ssize_t at = bytes_find_first(haystack, n, needle, m);

    return at < 0 ? -1 : at + offset;
}

Py_ssize_t
_PyBytes_ReverseFind(const char *haystack, Py_ssize_t n, const char *needle,
                     Py_ssize_t m, Py_ssize_t offset)
{
    Py_ssize_t at = bytes_find_last(haystack, n, needle, m);

    return at < 0 ? -1 : at + offset;
}
