/* Doubles to decimal digits and back, correctly rounded.
 *
 * Shortest digits: the Schubfach algorithm (Raffaello Giulietti, "The
 * Schubfach way to render doubles", 2021).  Let the double be c * 2**q; the
 * rounding interval around it, scaled by 10**-k so that it is between 2 and 20
 * units wide, holds one or two candidate integers; three 64x128-bit products
 * with a tabulated power of ten decide, without loops or fallback.
 *
 * Reading: up to 19 digits w with 10**q by exact arithmetic of small powers
 * (Clinger), then by one or two products (Daniel Lemire, "Number parsing at a
 * gigabyte per second", 2021); the rare undecided cases go to the C library's
 * strtod in the C locale.
 *
 * Fixed numbers of digits come from the C library's printf, which is exact.
 * Modes are those of David Gay's dtoa interface, which 3.11 exports. */
#include "Python.h"

#include "float.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MANTISSA_BITS 52
#define HIDDEN_BIT ((uint64_t)1 << MANTISSA_BITS)

/* ---- shortest digits ---- */

/* floor(log10(2**e)), or of 3/4 * 2**e; |e| <= 1500. */
static inline int
floor_log10_pow2(int e)
{
    return (e * 1262611) >> 22;
}

static inline int
floor_log10_three_quarters_pow2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static inline int
floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* g * scaled / 2**128, with the lowest bit set if anything was cut off. */
static inline uint64_t
round_to_odd(const pow10_row *g, uint64_t scaled)
{
    unsigned __int128 low = (unsigned __int128)g->low * scaled;
    unsigned __int128 sum = (unsigned __int128)g->high * scaled +
                            (uint64_t)(low >> 64);

    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

/* The shortest decimal significand * 10**exponent of a positive double. */
static uint64_t
schubfach(uint64_t bits, int *exponent)
{
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int biased = (int)(bits >> MANTISSA_BITS);
    uint64_t c = biased != 0 ? fraction | HIDDEN_BIT : fraction;
    int q = (biased != 0 ? biased : 1) - 1075;

    if (biased != 0 && q <= 0 && q > -MANTISSA_BITS - 1 &&
        (c & (((uint64_t)1 << -q) - 1)) == 0) {
        *exponent = 0;                           /* FAST PATH: an integer */
        return c >> -q;
    }
    bool odd = c & 1;
    bool lower_is_closer = fraction == 0 && biased > 1;
    int k = lower_is_closer ? floor_log10_three_quarters_pow2(q)
                            : floor_log10_pow2(q);
    int h = q + floor_log2_pow10(-k) + 1;
    const pow10_row *g = &pow10_table[-k - POW10_MIN];
    uint64_t lower = round_to_odd(g, (4 * c - 2 + lower_is_closer) << h);
    uint64_t value = round_to_odd(g, (4 * c) << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h);

    lower += odd;
    upper -= odd;
    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool low_fits = lower <= 40 * tens;
        bool high_fits = 40 * tens + 40 <= upper;

        if (low_fits != high_fits) {
            *exponent = k + 1;
            return tens + high_fits;
        }
    }
    *exponent = k;
    bool low_fits = lower <= 4 * s;
    bool high_fits = 4 * s + 4 <= upper;
    if (low_fits != high_fits) {
        return s + high_fits;
    }
    uint64_t middle = 4 * s + 2;
    return s + (value > middle || (value == middle && (s & 1)));
}

int
float_shortest_digits(double value, char *digits, int *decpt)
{
    char space[FLOAT_SHORTEST_SIZE], *end = space + sizeof(space), *p = end;
    uint64_t bits;
    int exponent;

    memcpy(&bits, &value, sizeof(bits));
    assert(value > 0.0 && isfinite(value));
    uint64_t significand = schubfach(bits, &exponent);
    while (significand % 10 == 0) {
        significand /= 10;
        exponent++;
    }
    while (significand >= 100) {
        unsigned pair = (unsigned)(significand % 100);

        significand /= 100;
        *--p = (char)('0' + pair % 10);
        *--p = (char)('0' + pair / 10);
    }
    while (significand > 0) {
        *--p = (char)('0' + significand % 10);
        significand /= 10;
    }
    int n = (int)(end - p);
    memcpy(digits, p, (size_t)n);
    *decpt = n + exponent;
    return n;
}

/* ---- reading ---- */

/* A decimal number in text: value = mantissa * 10**exponent, where mantissa
 * holds the first 19 significant digits. */
typedef struct {
    uint64_t mantissa;
    int64_t exponent;
    bool truncated;              /* there are non-zero digits past the 19th */
    bool negative;
    const char *end;             /* the start of the text if it is no number */
} decimal_text;

static decimal_text
scan_decimal(const char *text)
{
    decimal_text found = {.end = text};
    const char *p = text;
    int64_t point_shift = 0;
    int have = 0;
    bool any = false, after_point = false;

    if (*p == '-' || *p == '+') {
        found.negative = *p++ == '-';
    }
    for (;; p++) {
        unsigned d = (unsigned char)*p - '0';

        if (d > 9) {
            if (*p != '.' || after_point) {
                break;
            }
            after_point = true;
            continue;
        }
        any = true;
        if (have < 19) {
            found.mantissa = found.mantissa * 10 + d;
            have += found.mantissa != 0;
            point_shift -= after_point;
        }
        else {
            found.truncated |= d != 0;
            point_shift += !after_point;
        }
    }
    if (!any) {
        return found;
    }
    found.end = p;
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1;
        bool down = *q == '-';
        int64_t exponent = 0;

        if (*q == '-' || *q == '+') {
            q++;
        }
        if (*q >= '0' && *q <= '9') {
            for (; *q >= '0' && *q <= '9'; q++) {
                if (exponent < INT64_MAX / 100) {
                    exponent = exponent * 10 + (*q - '0');
                }
            }
            point_shift += down ? -exponent : exponent;
            found.end = q;
        }
    }
    found.exponent = point_shift;
    return found;
}

/* The row of 10**q as the reading algorithm wants it: rounded down, but for
 * -27 <= q < 0. */
static pow10_row
truncated_power(int q)
{
    pow10_row row = pow10_table[q - POW10_MIN];

    if (q < -27 || q > 55) {
        row.high -= row.low == 0;
        row.low--;
    }
    return row;
}

/* w * 10**q as the bits of a positive double; false if undecided. */
static bool
decimal_to_bits(uint64_t w, int64_t exponent, uint64_t *bits)
{
    if (w == 0 || exponent < -342) {
        *bits = 0;
        return true;
    }
    if (exponent > 308) {
        *bits = (uint64_t)0x7ff << MANTISSA_BITS;
        return true;
    }
    int q = (int)exponent;
    int zeros = __builtin_clzll(w);
    pow10_row row = truncated_power(q);
    w <<= zeros;
    unsigned __int128 product = (unsigned __int128)w * row.high;
    uint64_t upper = (uint64_t)(product >> 64), lower = (uint64_t)product;

    if ((upper & 0x1ff) == 0x1ff) {
        unsigned __int128 second = (unsigned __int128)w * row.low;
        uint64_t add = (uint64_t)(second >> 64);

        lower += add;
        upper += lower < add;
    }
    if (lower == UINT64_MAX && (q < -27 || q > 55)) {
        return false;
    }
    int top = (int)(upper >> 63);
    uint64_t mantissa = upper >> (top + 9);
    int power = ((217706 * q) >> 16) + 63 + top - zeros + 1023;

    if (power <= 0) {
        if (1 - power >= 64) {
            *bits = 0;
            return true;
        }
        mantissa >>= 1 - power;
        mantissa += mantissa & 1;
        mantissa >>= 1;
        *bits = mantissa;               /* a carry makes the least normal */
        return true;
    }
    if (lower <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 &&
        mantissa << (top + 9) == upper) {
        mantissa &= ~(uint64_t)1;                      /* a tie: to even */
    }
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >= 2 * HIDDEN_BIT) {
        mantissa = HIDDEN_BIT;
        power++;
    }
    if (power >= 0x7ff) {
        *bits = (uint64_t)0x7ff << MANTISSA_BITS;
        return true;
    }
    *bits = (uint64_t)power << MANTISSA_BITS | (mantissa & (HIDDEN_BIT - 1));
    return true;
}

double
_Py_dg_strtod(const char *text, char **end)
{
    static const double powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    decimal_text found = scan_decimal(text);
    uint64_t bits, above;
    double value;

    if (end != NULL) {
        *end = (char *)found.end;
    }
    if (found.end == text) {
        return 0.0;
    }
    if (!found.truncated && found.mantissa <= (uint64_t)1 << 53 &&
        found.exponent >= -22 && found.exponent <= 22) {
        /* FAST PATH: both factors are exact */
        value = (double)found.mantissa;
        value = found.exponent < 0 ? value / powers[-found.exponent]
                                   : value * powers[found.exponent];
        return found.negative ? -value : value;
    }
    if (decimal_to_bits(found.mantissa, found.exponent, &bits) &&
        (!found.truncated ||
         (decimal_to_bits(found.mantissa + 1, found.exponent, &above) &&
          above == bits))) {
        memcpy(&value, &bits, sizeof(value));
    }
    else {
        /* Sign and spaces have been dealt with: text is digits here. */
        locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        value = fabs(strtod_l(text, NULL, c_locale));
        freelocale(c_locale);
    }
    if (isinf(value) || (value == 0.0 && found.mantissa != 0)) {
        errno = ERANGE;
    }
    return found.negative ? -value : value;
}

double
_Py_dg_stdnan(int sign)
{
    return sign ? -Py_NAN : Py_NAN;
}

double
_Py_dg_infinity(int sign)
{
    return sign ? -Py_HUGE_VAL : Py_HUGE_VAL;
}

/* ---- a given number of digits ---- */

/* No double has more digits than this after its point or in all. */
#define MAX_EXACT_DIGITS 1080
#define DIGITS_SIZE (310 + MAX_EXACT_DIGITS + 20)

/* Collects the digits of a %f or %e rendering, without leading and trailing
 * zeros; *point is how many digits stood before the point (leading zeros count
 * negatively once they are removed). */
static int
collect_digits(const char *text, char *digits, int *point)
{
    int n = 0, before = 0;
    bool after_point = false;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') {
            after_point = true;
            continue;
        }
        if (n == 0 && *text == '0') {
            before -= after_point;
            continue;
        }
        digits[n++] = *text;
        before += !after_point;
    }
    while (n > 0 && digits[n - 1] == '0') {
        n--;
    }
    *point = before;
    return n;
}

/* Rounds exact digits (half to even) to `keep` digits; keep may be <= 0. */
static int
round_digits(char *digits, int n, int keep, int *decpt)
{
    if (keep >= n) {
        return n;
    }
    if (keep < 0) {
        return 0;
    }
    bool up = digits[keep] > '5' ||
              (digits[keep] == '5' &&
               (keep + 1 < n || (keep > 0 && (digits[keep - 1] & 1))));
    n = keep;
    if (up) {
        while (n > 0 && digits[n - 1] == '9') {
            n--;
        }
        if (n > 0) {
            digits[n - 1]++;
        }
        else {
            digits[n++] = '1';
            ++*decpt;
        }
    }
    while (n > 0 && digits[n - 1] == '0') {
        n--;
    }
    return n;
}

/* round(value * 10**places), half to even, exactly: the 53-bit significand
 * times at most 10**22 fits 128 bits.  False if the result does not fit 64
 * bits or the range is another one. */
static bool
scaled_integer(double value, int places, uint64_t *result)
{
    unsigned __int128 scaled = 1;
    int exponent;

    if (places < 0 || places > 22) {
        return false;
    }
    uint64_t significand = (uint64_t)ldexp(frexp(value, &exponent), 53);
    int shift = 53 - exponent;

    if (shift <= 0 || shift >= 128) {
        return false;
    }
    for (; places >= 19; places--) {
        scaled *= 10;
    }
    uint64_t power = 1;
    for (; places > 0; places--) {
        power *= 10;
    }
    scaled = scaled * power * significand;
    unsigned __int128 whole = scaled >> shift;
    unsigned __int128 rest = scaled - (whole << shift);
    unsigned __int128 half = (unsigned __int128)1 << (shift - 1);

    whole += rest > half || (rest == half && (whole & 1));
    *result = (uint64_t)whole;
    return whole >> 64 == 0;
}

/* The digits of a number, without trailing zeros.  Returns how many. */
static int
integer_digits(uint64_t number, char *digits, int *len)
{
    char space[20], *p = space + sizeof(space);

    for (; number > 0; number /= 10) {
        *--p = (char)('0' + number % 10);
    }
    *len = (int)(space + sizeof(space) - p);
    memcpy(digits, p, (size_t)*len);
    int n = *len;
    while (n > 0 && digits[n - 1] == '0') {
        n--;
    }
    return n;
}

/* FAST PATH of fixed_digits: the number of digits, or -1. */
static int
fixed_digits_fast(double value, int mode, int ndigits, char *digits,
                  int *decpt)
{
    int places = ndigits, len, exponent;
    uint64_t number, limit = 1;

    if (mode == 2) {
        if (ndigits < 1 || ndigits > 17) {
            return -1;
        }
        for (int i = 0; i < ndigits; i++) {
            limit *= 10;
        }
        frexp(value, &exponent);
        /* An estimate of the decimal exponent; one step may correct it. */
        places = ndigits - 1 - floor_log10_pow2(exponent - 1);
    }
    if (!scaled_integer(value, places, &number)) {
        return -1;
    }
    if (mode == 2 && number > limit) {
        if (!scaled_integer(value, --places, &number)) {
            return -1;
        }
    }
    if (mode == 2 && (number > limit || number < limit / 10)) {
        return -1;
    }
    int n = integer_digits(number, digits, &len);
    *decpt = n == 0 ? -ndigits : len - places;
    return n;
}

/* Digits of a positive finite double in Gay's modes 2 and 3. */
static int
fixed_digits(double value, int mode, int ndigits, char *digits, int *decpt)
{
    char text[DIGITS_SIZE];
    int n, point;

    n = fixed_digits_fast(value, mode, ndigits, digits, decpt);
    if (n >= 0) {
        return n;
    }
    if (mode == 2) {
        int precision = Py_MIN(Py_MAX(ndigits, 1), MAX_EXACT_DIGITS) - 1;

        snprintf(text, sizeof(text), "%.*e", precision, value);
        n = collect_digits(text, digits, &point);
        *decpt = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
        return n;
    }
    if (ndigits >= 0) {
        snprintf(text, sizeof(text), "%.*f", Py_MIN(ndigits, MAX_EXACT_DIGITS),
                 value);
        n = collect_digits(text, digits, decpt);
    }
    else {
        snprintf(text, sizeof(text), "%.*f", MAX_EXACT_DIGITS, value);
        n = collect_digits(text, digits, &point);
        *decpt = point;
        n = round_digits(digits, n,
                         ndigits < -400 ? -1 : point + ndigits, decpt);
    }
    if (n == 0) {
        *decpt = -ndigits;
    }
    return n;
}

/* ---- the exported interface ---- */

char *
_Py_dg_dtoa(double value, int mode, int ndigits, int *decpt, int *sign,
            char **rve)
{
    char digits[DIGITS_SIZE];
    const char *text = digits;
    int n;

    *sign = signbit(value) != 0;
    value = fabs(value);
    if (!isfinite(value)) {
        *decpt = 9999;
        text = isnan(value) ? "NaN" : "Infinity";
        n = (int)strlen(text);
    }
    else if (value == 0.0) {
        *decpt = 1;
        text = "0";
        n = 1;
    }
    else if (mode < 2) {
        n = float_shortest_digits(value, digits, decpt);
    }
    else {
        n = fixed_digits(value, mode, ndigits, digits, decpt);
    }
    char *result = PyMem_Malloc((size_t)n + 1);
    if (result == NULL) {
        return NULL;
    }
    memcpy(result, text, (size_t)n);
    result[n] = '\0';
    if (rve != NULL) {
        *rve = result + n;
    }
    return result;
}

void
_Py_dg_freedtoa(char *digits)
{
    PyMem_Free(digits);
}
