/* float as hexadecimal text, and as 2, 4 or 8 bytes in IEEE 754 layout. */
#include "Python.h"

#include "float.h"
#include "float_methods.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>

/* ---- hex ---- */

/* Hexadecimal digits after the point: the mantissa without its first bit. */
#define HEX_DIGITS ((DBL_MANT_DIG - 1) / 4)

PyObject *
float_hex(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    double value = PyFloat_AS_DOUBLE(self);
    char text[40];
    uint64_t bits;

    if (!isfinite(value)) {
        return PyObject_Repr(self);
    }
    const char *sign = signbit(value) ? "-" : "";
    if (value == 0.0) {
        return PyUnicode_FromFormat("%s0x0.0p+0", sign);
    }
    memcpy(&bits, &value, sizeof(bits));
    int biased = (int)(bits >> (DBL_MANT_DIG - 1) & 0x7ff);
    uint64_t fraction = bits & (((uint64_t)1 << (DBL_MANT_DIG - 1)) - 1);
    int exponent = biased == 0 ? DBL_MIN_EXP - 1 : biased - 1023;

    PyOS_snprintf(text, sizeof(text), "%s0x%d.%0*llxp%+d", sign, biased != 0,
                  HEX_DIGITS, (unsigned long long)fraction, exponent);
    return PyUnicode_FromString(text);
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)Py_TOLOWER(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum hex_status { HEX_OK, HEX_INVALID, HEX_TOO_LONG, HEX_TOO_LARGE };

/* The value of digits (first..last, with possibly a point) times 2**exponent,
 * rounded half to even. */
static enum hex_status
hex_value(const char *first, const char *last, long exponent, double *result)
{
    uint64_t mantissa = 0;            /* up to 60 bits, then a sticky bit */
    bool sticky = false, after_point = false;
    long shift = 0;

    for (const char *p = first; p < last; p++) {
        if (*p == '.') {
            after_point = true;
            continue;
        }
        int d = hex_digit(*p);

        if (mantissa >> 56 == 0) {
            mantissa = mantissa << 4 | (unsigned)d;
            shift -= after_point ? 4 : 0;
        }
        else {
            sticky |= d != 0;
            shift += after_point ? 0 : 4;
        }
    }
    if (mantissa == 0) {
        *result = 0.0;
        return HEX_OK;
    }
    if (exponent > LONG_MAX / 2) {
        return HEX_TOO_LARGE;
    }
    if (exponent < LONG_MIN / 2) {
        *result = 0.0;
        return HEX_OK;
    }
    exponent += shift;
    /* mantissa * 2**exponent: how many low bits does the double not have? */
    int bits = 64 - __builtin_clzll(mantissa);
    long top = exponent + bits;                      /* value < 2**top */
    if (top > DBL_MAX_EXP) {
        return HEX_TOO_LARGE;
    }
    if (top < DBL_MIN_EXP - DBL_MANT_DIG) {
        *result = 0.0;
        return HEX_OK;
    }
    long drop = Py_MAX(top, (long)DBL_MIN_EXP) - DBL_MANT_DIG - exponent;
    if (drop > 0) {
        uint64_t half = (uint64_t)1 << (drop - 1);
        uint64_t rest = mantissa & (2 * half - 1);

        mantissa -= rest;
        if (rest > half || (rest == half && (sticky || mantissa & 2 * half))) {
            mantissa += 2 * half;
        }
    }
    *result = ldexp((double)mantissa, (int)exponent);
    return isinf(*result) ? HEX_TOO_LARGE : HEX_OK;
}

/* Parses [sign][0x]digits[.digits][p[sign]digits]; *end is where it stops. */
static enum hex_status
hex_parse(const char *text, const char **end, double *result)
{
    const char *p = text;
    bool negative = false, any = false, point = false;
    long exponent = 0;

    if (*p == '-' || *p == '+') {
        negative = *p++ == '-';
    }
    const char *before_prefix = p;
    if (*p == '0' && (p[1] == 'x' || p[1] == 'X')) {
        p += 2;
    }
    const char *first = p;
    for (; hex_digit(*p) >= 0 || (*p == '.' && !point); p++) {
        any |= *p != '.';
        point |= *p == '.';
    }
    const char *last = p;
    if (!any) {
        /* "0x" alone reads as the digit 0 with rubbish behind */
        *end = before_prefix;
        return HEX_INVALID;
    }
    if (last - first > LONG_MAX / 8) {
        return HEX_TOO_LONG;
    }
    if (*p == 'p' || *p == 'P') {
        bool down = false;

        p++;
        if (*p == '-' || *p == '+') {
            down = *p++ == '-';
        }
        if (!Py_ISDIGIT(*p)) {
            *end = p;
            return HEX_INVALID;
        }
        for (; Py_ISDIGIT(*p); p++) {
            if (exponent < LONG_MAX / 100) {
                exponent = exponent * 10 + (*p - '0');
            }
            else {
                exponent = LONG_MAX - 1;
            }
        }
        exponent = down ? -exponent : exponent;
    }
    *end = p;
    enum hex_status status = hex_value(first, last, exponent, result);
    if (negative) {
        *result = -*result;
    }
    return status;
}

PyObject *
float_fromhex(PyObject *type, PyObject *text)
{
    Py_ssize_t n;
    double value = 0.0;
    enum hex_status status = HEX_OK;
    char *special_end;

    const char *start = PyUnicode_AsUTF8AndSize(text, &n);
    if (start == NULL) {
        return NULL;
    }
    const char *p = start, *stop;
    while (Py_ISSPACE(*p)) {
        p++;
    }
    value = _Py_parse_inf_or_nan(p, &special_end);
    stop = special_end;
    if (special_end == p) {
        status = hex_parse(p, &stop, &value);
    }
    if (status == HEX_OK) {
        while (Py_ISSPACE(*stop)) {
            stop++;
        }
        if (stop != start + n) {
            status = HEX_INVALID;
        }
    }
    switch (status) {
    case HEX_INVALID:
        PyErr_SetString(PyExc_ValueError,
                        "invalid hexadecimal floating-point string");
        return NULL;
    case HEX_TOO_LONG:
        PyErr_SetString(PyExc_ValueError,
                        "hexadecimal string too long to convert");
        return NULL;
    case HEX_TOO_LARGE:
        PyErr_SetString(PyExc_OverflowError,
                        "hexadecimal value too large to represent as a "
                        "float");
        return NULL;
    case HEX_OK:
        break;
    }
    PyObject *result = PyFloat_FromDouble(value);
    if (result != NULL && type != (PyObject *)&PyFloat_Type) {
        Py_SETREF(result, PyObject_CallOneArg(type, result));
    }
    return result;
}

/* ---- packed forms ---- */

static void
store_bytes(char *p, uint64_t bits, int n, int little_endian)
{
    for (int i = 0; i < n; i++) {
        p[little_endian ? i : n - 1 - i] = (char)(bits & 0xff);
        bits >>= 8;
    }
}

static uint64_t
load_bytes(const char *p, int n, int little_endian)
{
    uint64_t bits = 0;

    for (int i = n; --i >= 0;) {
        bits = bits << 8 |
               (unsigned char)p[little_endian ? i : n - 1 - i];
    }
    return bits;
}

int
PyFloat_Pack8(double value, char *data, int le)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    store_bytes(data, bits, 8, le);
    return 0;
}

int
PyFloat_Pack4(double value, char *data, int le)
{
    float narrow = (float)value;
    uint32_t bits;

    if (isinf(narrow) && !isinf(value)) {
        PyErr_SetString(PyExc_OverflowError,
                        "float too large to pack with f format");
        return -1;
    }
    memcpy(&bits, &narrow, sizeof(bits));
    store_bytes(data, bits, 4, le);
    return 0;
}

int
PyFloat_Pack2(double value, char *data, int le)
{
    unsigned sign = signbit(value) != 0, bits;
    int exponent;

    if (value == 0.0) {
        bits = 0;
    }
    else if (isinf(value)) {
        bits = 0x7c00;
    }
    else if (isnan(value)) {
        bits = 0x7e00;
    }
    else {
        /* 1 <= fraction < 2 */
        double fraction = frexp(fabs(value), &exponent) * 2.0;

        exponent--;
        if (exponent >= 16) {
            goto overflow;
        }
        /* Units of the last place: 2**-24 for subnormals. */
        double units = ldexp(fraction, exponent < -14 ? exponent + 24 : 10);
        double whole = floor(units), rest = units - whole;
        bits = (unsigned)whole;
        if (rest > 0.5 || (rest == 0.5 && bits & 1)) {
            bits++;
        }
        if (exponent >= -14) {
            bits += (unsigned)(exponent + 14) << 10;
        }
        if (bits >= 0x7c00) {
            goto overflow;
        }
    }
    store_bytes(data, sign << 15 | bits, 2, le);
    return 0;

overflow:
    PyErr_SetString(PyExc_OverflowError,
                    "float too large to pack with e format");
    return -1;
}

double
PyFloat_Unpack8(const char *data, int le)
{
    uint64_t bits = load_bytes(data, 8, le);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

double
PyFloat_Unpack4(const char *data, int le)
{
    uint32_t bits = (uint32_t)load_bytes(data, 4, le);
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

double
PyFloat_Unpack2(const char *data, int le)
{
    unsigned bits = (unsigned)load_bytes(data, 2, le);
    int exponent = (int)(bits >> 10 & 0x1f);
    unsigned fraction = bits & 0x3ff;
    double value;

    if (exponent == 0x1f) {
        value = fraction == 0 ? Py_HUGE_VAL : Py_NAN;
    }
    else if (exponent == 0) {
        value = ldexp(fraction, -24);
    }
    else {
        value = ldexp(fraction | 0x400, exponent - 25);
    }
    return bits >> 15 ? -value : value;
}
