/* The exception table: where exceptions raised in a range of code go.
 *
 * Entries are sorted by start: four big-endian numbers in groups of six bits
 * (bit 6: more follows; bit 7: an entry starts): start, size, handler, depth
 * << 1 | push_lasti. */

#include "Python.h"

#include "code.h"

#define LINEAR_SEARCH_BYTES 40          /* not worth halving below */

static const uint8_t *
read_number(const uint8_t *next, const uint8_t *limit, int *value)
{
    unsigned result = 0;

    while (next < limit) {
        unsigned byte = *next++;

        result = result << 6 | (byte & 63);
        if (!(byte & 64)) {
            break;
        }
    }
    *value = (int)result;
    return next;
}

/* The start of the entry that contains p. */
static const uint8_t *
entry_of(const uint8_t *p, const uint8_t *first)
{
    while (p > first && !(*p & 128)) {
        p--;
    }
    return p;
}

int
code_find_handler(PyCodeObject *code, int unit, int *handler, int *depth,
                  int *push_lasti)
{
    const uint8_t *start =
        (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    const uint8_t *limit = start + PyBytes_GET_SIZE(code->co_exceptiontable),
                  *end = limit;
    int begin, size, depth_lasti;

    while (end - start > LINEAR_SEARCH_BYTES) {
        const uint8_t *middle = entry_of(start + (end - start) / 2, start);

        read_number(middle, limit, &begin);
        if (middle == start) {
            break;
        }
        if (begin > unit) {
            end = middle;
        }
        else {
            start = middle;
        }
    }
    while (start < end) {
        start = read_number(start, limit, &begin);
        if (begin > unit) {
            return 0;
        }
        start = read_number(start, limit, &size);
        start = read_number(start, limit, handler);
        start = read_number(start, limit, &depth_lasti);
        if (unit < begin + size) {
            *depth = depth_lasti >> 1;
            *push_lasti = depth_lasti & 1;
            return 1;
        }
    }
    return 0;
}

void
code_mark_handlers(PyCodeObject *code, uint8_t *marks, Py_ssize_t n)
{
    const uint8_t *next =
        (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    const uint8_t *limit = next + PyBytes_GET_SIZE(code->co_exceptiontable);

    while (next < limit) {
        int begin, size, handler, depth_lasti;

        next = read_number(next, limit, &begin);
        next = read_number(next, limit, &size);
        next = read_number(next, limit, &handler);
        next = read_number(next, limit, &depth_lasti);
        if (handler >= 0 && handler < n) {      /* replace() takes any table */
            marks[handler] = 1;
        }
    }
}
