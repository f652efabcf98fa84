/* Ints from and to text.
 *
 * Parsing first finds the extent and the number of digits, then accumulates:
 * power-of-two bases by shifting bits, others in 64-bit arithmetic while the
 * value is short, and through mpn_set_str (subquadratic) beyond that.
 * Rendering mirrors it: two digits at a time for short values, mpn_get_str for
 * the rest. */
#include "Python.h"

#include "bytes.h"
#include "limbs.h"
#include "long.h"
#include "runtime.h"
#include "unicode.h"

#include <ctype.h>

unsigned char _PyLong_DigitValue[256] = {
#define NONE8 37, 37, 37, 37, 37, 37, 37, 37
    NONE8, NONE8, NONE8, NONE8, NONE8, NONE8,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 37, 37, 37, 37, 37, 37,
    37, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 37, 37, 37, 37,
    37, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 37, 37, 37, 37,
    NONE8, NONE8, NONE8, NONE8, NONE8, NONE8, NONE8, NONE8,
    NONE8, NONE8, NONE8, NONE8, NONE8, NONE8, NONE8, NONE8,
#undef NONE8
};

/* ---- the limit on decimal conversions ---- */

/* The limit in force; 0: none. */
static int
max_str_digits(void)
{
    return _PyInterpreterState_GET()->int_max_str_digits;
}

static bool
exceeds_max_str_digits(Py_ssize_t digits)
{
    int limit;

    if (digits <= LONG_MAX_STR_DIGITS_THRESHOLD) {
        return false;
    }
    limit = max_str_digits();
    return limit > 0 && digits > limit;
}

static void
raise_text_too_long(Py_ssize_t digits)
{
    PyErr_Format(PyExc_ValueError,
                 "Exceeds the limit (%d digits) for integer string "
                 "conversion: value has %zd digits; use "
                 "sys.set_int_max_str_digits() to increase the limit",
                 max_str_digits(), digits);
}

static void
raise_value_too_long(void)
{
    PyErr_Format(PyExc_ValueError,
                 "Exceeds the limit (%d digits) for integer string "
                 "conversion; use sys.set_int_max_str_digits() to increase "
                 "the limit",
                 max_str_digits());
}

/* ---- parsing ---- */

static inline int
digit_of(char c)
{
    return _PyLong_DigitValue[(unsigned char)c];
}

/* A power-of-two base: n digits in [text, end), underscores among them. */
static PyObject *
parse_binary_base(const char *text, const char *end, Py_ssize_t n, int base)
{
    int bits = __builtin_ctz((unsigned)base);

    if (n > (PY_SSIZE_T_MAX - PyLong_SHIFT) / bits) {
        PyErr_SetString(PyExc_ValueError,
                        "int string too large to convert");
        return NULL;
    }
    Py_ssize_t size = (n * bits + PyLong_SHIFT - 1) / PyLong_SHIFT;
    PyLongObject *op = _PyLong_New(size);
    if (op == NULL) {
        return NULL;
    }
    uint64_t pending = 0;
    int have = 0;
    Py_ssize_t at = 0;

    for (const char *p = end; p > text;) {
        if (*--p == '_') {
            continue;
        }
        pending |= (uint64_t)digit_of(*p) << have;
        have += bits;
        if (have >= PyLong_SHIFT) {
            op->ob_digit[at++] = (digit)(pending & PyLong_MASK);
            pending >>= PyLong_SHIFT;
            have -= PyLong_SHIFT;
        }
    }
    while (at < size) {
        op->ob_digit[at++] = (digit)(pending & PyLong_MASK);
        pending >>= PyLong_SHIFT;
    }
    return long_normalize(op);
}

/* How many digits of a base always fit 63 bits. */
static int
digits_below_63_bits(int base)
{
    static const unsigned char counts[37] = {
         0,  0, 62, 39, 31, 27, 24, 22, 20, 19, 18, 18, 17, 17, 16, 16, 15, 15,
        15, 14, 14, 14, 14, 13, 13, 13, 13, 13, 13, 12, 12, 12, 12, 12, 12, 12,
        12,
    };
    return counts[base];
}

static PyObject *
parse_other_base(const char *text, const char *end, Py_ssize_t n, int base)
{
    if (n <= digits_below_63_bits(base)) {
        int64_t value = 0;

        for (const char *p = text; p < end; p++) {
            if (*p != '_') {
                value = value * base + digit_of(*p);
            }
        }
        return long_from_int64(value);
    }
    /* log2(36) < 5.17 bits per digit */
    if (n > PY_SSIZE_T_MAX / 8) {
        PyErr_SetString(PyExc_ValueError, "int string too large to convert");
        return NULL;
    }
    unsigned char *digits = PyMem_Malloc((size_t)n);
    if (digits == NULL) {
        return PyErr_NoMemory();
    }
    size_t count = 0;
    for (const char *p = text; p < end; p++) {
        if (*p != '_') {
            digits[count++] = (unsigned char)digit_of(*p);
        }
    }
    size_t skip = 0;
    while (skip < count - 1 && digits[skip] == 0) {
        skip++;
    }
    limb_number number;
    PyObject *result = NULL;

    if (limbs_init(&number, (Py_ssize_t)(count / 12) + 2) == 0) {
        number.n = mpn_set_str(number.limbs, digits + skip, count - skip,
                               base);
        result = long_from_limbs((const uint64_t *)number.limbs, number.n,
                                 false);
        limbs_free(&number);
    }
    PyMem_Free(digits);
    return result;
}

/* What a scan over sign, prefix and digits found. */
typedef struct {
    const char *start;            /* first digit */
    const char *end;              /* past the last digit */
    Py_ssize_t digits;
    int base;
    bool negative;
    bool valid;
} long_literal;

static long_literal
scan_literal(const char *text, int base)
{
    long_literal found = {.base = base};
    const char *p = text;

    while (Py_ISSPACE(*p)) {
        p++;
    }
    if (*p == '+' || *p == '-') {
        found.negative = *p == '-';
        p++;
    }
    bool only_zeros = false;
    if (base == 0) {
        if (*p != '0') {
            found.base = 10;
        }
        else if (p[1] == 'x' || p[1] == 'X') {
            found.base = 16;
        }
        else if (p[1] == 'o' || p[1] == 'O') {
            found.base = 8;
        }
        else if (p[1] == 'b' || p[1] == 'B') {
            found.base = 2;
        }
        else {
            found.base = 10;      /* "0", "00": zero, but nothing else */
            only_zeros = true;
        }
    }
    if (*p == '0' &&
        ((found.base == 16 && (p[1] == 'x' || p[1] == 'X')) ||
         (found.base == 8 && (p[1] == 'o' || p[1] == 'O')) ||
         (found.base == 2 && (p[1] == 'b' || p[1] == 'B')))) {
        p += 2;
        if (*p == '_') {          /* one underscore may follow the prefix */
            p++;
        }
    }
    found.start = p;
    found.end = p;
    char previous = '_';          /* no underscore in front */
    bool nonzero = false;

    for (; digit_of(*p) < found.base || *p == '_'; p++) {
        if (*p == '_') {
            if (previous == '_') {
                return found;
            }
        }
        else {
            found.digits++;
            nonzero |= *p != '0';
        }
        previous = *p;
    }
    found.end = p;
    if (previous == '_' || found.digits == 0 || (only_zeros && nonzero)) {
        return found;
    }
    found.valid = true;
    return found;
}

PyObject *
PyLong_FromString(const char *text, char **end, int base)
{
    if ((base != 0 && base < 2) || base > 36) {
        PyErr_SetString(PyExc_ValueError,
                        "int() arg 2 must be >= 2 and <= 36");
        return NULL;
    }
    long_literal found = scan_literal(text, base);
    PyObject *result = NULL;

    if (found.valid) {
        bool binary = (found.base & (found.base - 1)) == 0;

        if (!binary && exceeds_max_str_digits(found.digits)) {
            raise_text_too_long(found.digits);
            if (end != NULL) {
                *end = NULL;
            }
            return NULL;
        }
        result = binary ? parse_binary_base(found.start, found.end,
                                            found.digits, found.base)
                        : parse_other_base(found.start, found.end,
                                           found.digits, found.base);
        if (result == NULL) {
            if (end != NULL) {
                *end = NULL;
            }
            return NULL;
        }
        if (found.negative) {
            PyObject *negative = long_negate(result);

            Py_SETREF(result, negative);
        }
        const char *p = found.end;
        while (Py_ISSPACE(*p)) {
            p++;
        }
        found.end = p;
        if (end != NULL) {
            *end = (char *)found.end;
            return result;
        }
        if (*found.end == '\0') {
            return result;
        }
        Py_XDECREF(result);
    }
    else if (end != NULL) {
        *end = (char *)found.end;
    }
    /* The text is shown up to 200 characters. */
    size_t n = strlen(text);
    PyObject *shown = PyUnicode_FromStringAndSize(text, n < 200 ? (Py_ssize_t)n
                                                               : 200);
    if (shown == NULL) {
        return NULL;
    }
    PyErr_Format(PyExc_ValueError,
                 "invalid literal for int() with base %d: %.200R", base,
                 shown);
    Py_DECREF(shown);
    return NULL;
}

PyObject *
_PyLong_FromBytes(const char *text, Py_ssize_t n, int base)
{
    char *end = NULL;
    PyObject *result = PyLong_FromString(text, &end, base);

    if (end == NULL || (result != NULL && end == text + n)) {
        return result;
    }
    Py_XDECREF(result);
    PyObject *shown = PyBytes_FromStringAndSize(text, Py_MIN(n, 200));
    if (shown != NULL) {
        PyErr_Format(PyExc_ValueError,
                     "invalid literal for int() with base %d: %.200R", base,
                     shown);
        Py_DECREF(shown);
    }
    return NULL;
}

PyObject *
PyLong_FromUnicodeObject(PyObject *text, int base)
{
    PyObject *ascii = _PyUnicode_TransformDecimalAndSpaceToASCII(text);
    char *end = NULL;

    if (ascii == NULL) {
        return NULL;
    }
    assert(PyUnicode_IS_ASCII(ascii));
    const char *buffer = (const char *)PyUnicode_1BYTE_DATA(ascii);
    PyObject *result = PyLong_FromString(buffer, &end, base);

    if (end == NULL ||
        (result != NULL && end == buffer + PyUnicode_GET_LENGTH(ascii))) {
        Py_DECREF(ascii);
        return result;
    }
    Py_XDECREF(result);
    Py_DECREF(ascii);
    PyErr_Format(PyExc_ValueError,
                 "invalid literal for int() with base %d: %.200R", base,
                 text);
    return NULL;
}

/* ---- rendering ---- */

static const char digit_pairs[201] =
    "0001020304050607080910111213141516171819"
    "2021222324252627282930313233343536373839"
    "4041424344454647484950515253545556575859"
    "6061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* Writes the decimal digits of value in front of `end`; returns the start. */
static char *
write_decimal_backwards(char *end, uint64_t value)
{
    while (value >= 100) {
        unsigned pair = (unsigned)(value % 100) * 2;

        value /= 100;
        *--end = digit_pairs[pair + 1];
        *--end = digit_pairs[pair];
    }
    if (value >= 10) {
        *--end = digit_pairs[value * 2 + 1];
        *--end = digit_pairs[value * 2];
    }
    else {
        *--end = (char)('0' + value);
    }
    return end;
}

/* A rendered magnitude with sign and prefix: `text` points into `space` or to
 * owned memory. */
typedef struct {
    char *text;
    Py_ssize_t len;
    char *owned;
    char space[80];
} long_text;

static void
long_text_free(long_text *out)
{
    PyMem_Free(out->owned);
    out->owned = NULL;
}

static char *
write_prefix_backwards(char *start, int base, int alternate, bool negative)
{
    if (alternate) {
        if (base == 16) {
            *--start = 'x';
        }
        else if (base == 8) {
            *--start = 'o';
        }
        else if (base == 2) {
            *--start = 'b';
        }
        if (base != 10) {
            *--start = '0';
        }
    }
    if (negative) {
        *--start = '-';
    }
    return start;
}

/* 2, 8, 16: straight from the digits. */
static int
render_binary_base(PyLongObject *op, int base, int alternate, long_text *out)
{
    int bits = __builtin_ctz((unsigned)base);
    Py_ssize_t n = Py_ABS(Py_SIZE(op));

    if (n > (PY_SSIZE_T_MAX - 8) / PyLong_SHIFT) {
        PyErr_SetString(PyExc_OverflowError, "int too large to format");
        return -1;
    }
    size_t width = (size_t)(n * PyLong_SHIFT / bits) + 5;
    char *buffer = out->space;

    if (width > sizeof(out->space)) {
        buffer = out->owned = PyMem_Malloc(width);
        if (buffer == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    char *end = buffer + width, *p = end;

    if (n == 0) {
        *--p = '0';
    }
    uint64_t pending = 0;
    int have = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        pending |= (uint64_t)op->ob_digit[i] << have;
        have += PyLong_SHIFT;
        while (i < n - 1 ? have >= bits : pending != 0) {
            *--p = "0123456789abcdef"[pending & (unsigned)(base - 1)];
            pending >>= bits;
            have -= bits;
        }
    }
    p = write_prefix_backwards(p, base, alternate, Py_SIZE(op) < 0);
    out->text = p;
    out->len = end - p;
    return 0;
}

/* Decimal of more than two digits. */
static int
render_long_decimal(PyLongObject *op, long_text *out)
{
    Py_ssize_t n = Py_ABS(Py_SIZE(op));
    limb_number number;
    int limit = max_str_digits();

    /* n digits are more than (n - 1) * 30 * log10(2) decimal ones. */
    if (limit > 0 && n > 10 * LONG_MAX_STR_DIGITS_THRESHOLD / (3 * 30) &&
        (double)(n - 1) * 9.0308 > (double)limit) {
        raise_value_too_long();
        return -1;
    }
    if (n > PY_SSIZE_T_MAX / 10) {
        PyErr_SetString(PyExc_OverflowError, "int too large to format");
        return -1;
    }
    if (limbs_init_from(&number, op, 1) < 0) {
        return -1;
    }
    /* mpn_get_str wants room for one digit more than the exact length. */
    size_t room = (size_t)n * 10 + 32;
    char *buffer = out->space;
    if (room > sizeof(out->space)) {
        buffer = out->owned = PyMem_Malloc(room);
        if (buffer == NULL) {
            limbs_free(&number);
            PyErr_NoMemory();
            return -1;
        }
    }
    size_t len = mpn_get_str((unsigned char *)buffer + 1, 10, number.limbs,
                             number.n);
    limbs_free(&number);
    char *p = buffer + 1, *end = p + len;

    while (p < end - 1 && *p == 0) {
        p++;
    }
    for (char *q = p; q < end; q++) {
        *q = (char)(*q + '0');
    }
    if (exceeds_max_str_digits(end - p)) {
        raise_value_too_long();
        return -1;
    }
    if (Py_SIZE(op) < 0) {
        *--p = '-';
    }
    out->text = p;
    out->len = end - p;
    return 0;
}

static int
render(PyObject *op, int base, int alternate, long_text *out)
{
    out->owned = NULL;
    if (!PyLong_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    assert(base == 2 || base == 8 || base == 10 || base == 16);
    if (base != 10) {
        return render_binary_base((PyLongObject *)op, base, alternate, out);
    }
    if (long_is_short(op)) {
        int64_t value = long_short_value(op);
        char *end = out->space + sizeof(out->space);
        char *p = write_decimal_backwards(end, (uint64_t)Py_ABS(value));

        if (value < 0) {
            *--p = '-';
        }
        out->text = p;
        out->len = end - p;
        return 0;
    }
    return render_long_decimal((PyLongObject *)op, out);
}

PyObject *
_PyLong_Format(PyObject *op, int base)
{
    long_text text;

    if (base == 10 && PyLong_Check(op) && long_is_compact(op)) {
        /* FAST PATH: digits and one-character strings are shared */
        Py_ssize_t value = long_compact_value(op);
        char space[24], *end = space + sizeof(space), *p;

        if (value >= 0 && value < 10) {
            return PyUnicode_FromOrdinal((int)('0' + value));
        }
        p = write_decimal_backwards(end, (uint64_t)Py_ABS(value));
        if (value < 0) {
            *--p = '-';
        }
        PyObject *result = PyUnicode_New(end - p, 127);
        if (result != NULL) {
            memcpy(PyUnicode_1BYTE_DATA(result), p, (size_t)(end - p));
        }
        return result;
    }
    PyObject *result = NULL;
    if (render(op, base, 1, &text) == 0) {
        result = PyUnicode_New(text.len, 127);
        if (result != NULL) {
            memcpy(PyUnicode_1BYTE_DATA(result), text.text, (size_t)text.len);
        }
    }
    long_text_free(&text);
    return result;
}

int
_PyLong_FormatWriter(_PyUnicodeWriter *writer, PyObject *op, int base,
                     int alternate)
{
    long_text text;
    int status = render(op, base, alternate, &text);

    if (status == 0) {
        status = _PyUnicodeWriter_WriteASCIIString(writer, text.text,
                                                   text.len);
    }
    long_text_free(&text);
    return status;
}

char *
_PyLong_FormatBytesWriter(_PyBytesWriter *writer, char *str, PyObject *op,
                          int base, int alternate)
{
    long_text text;

    if (render(op, base, alternate, &text) == 0) {
        str = _PyBytesWriter_WriteBytes(writer, str, text.text, text.len);
    }
    else {
        str = NULL;
    }
    long_text_free(&text);
    return str;
}

PyObject *
long_repr(PyObject *op)
{
    return _PyLong_Format(op, 10);
}
