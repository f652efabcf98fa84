/* Time as a count of nanoseconds: conversions with a rounding mode, and the
 * clocks.
 *
 * A _PyTime_t is signed 64 bits of nanoseconds, some 292 years either way.
 * Functions named _clamp and those that cannot raise saturate at its ends;
 * the others raise OverflowError.
 */
#include "Python.h"

#include "pytime.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <sys/time.h>
#include <time.h>

#define NS_PER_SECOND 1000000000LL
#define NS_PER_MS 1000000LL
#define NS_PER_US 1000LL
#define US_PER_SECOND 1000000LL

#define TIME_T_MIN ((time_t)INT64_MIN)

static void
raise_time_t_overflow(void)
{
    PyErr_SetString(PyExc_OverflowError,
                    "timestamp out of range for platform time_t");
}

static void
raise_pytime_overflow(void)
{
    PyErr_SetString(PyExc_OverflowError,
                    "timestamp too large to convert to C _PyTime_t");
}

/* ---- saturating arithmetic: 0, or -1 with the nearest end stored ---- */

static int
pytime_add_to(_PyTime_t *sum, _PyTime_t other)
{
    if (!__builtin_add_overflow(*sum, other, sum)) {
        return 0;
    }
    *sum = other > 0 ? _PyTime_MAX : _PyTime_MIN;
    return -1;
}

/* `factor` > 0. */
static int
pytime_multiply(_PyTime_t *product, _PyTime_t factor)
{
    _PyTime_t old = *product;

    if (!__builtin_mul_overflow(old, factor, product)) {
        return 0;
    }
    *product = old < 0 ? _PyTime_MIN : _PyTime_MAX;
    return -1;
}

_PyTime_t
_PyTime_Add(_PyTime_t t1, _PyTime_t t2)
{
    (void)pytime_add_to(&t1, t2);
    return t1;
}

_PyTime_t
_PyTime_MulDiv(_PyTime_t ticks, _PyTime_t mul, _PyTime_t div)
{
    /* In two parts, so that ticks * mul need not fit. */
    _PyTime_t whole = ticks / div, rest = ticks % div;

    (void)pytime_multiply(&whole, mul);
    (void)pytime_multiply(&rest, mul);
    (void)pytime_add_to(&whole, rest / div);
    return whole;
}

/* ---- rounding ---- */

static double
round_half_even(double x)
{
    double rounded = round(x);

    if (fabs(x - rounded) == 0.5) {
        rounded = 2.0 * round(x / 2.0);
    }
    return rounded;
}

static double
pytime_round_double(double x, _PyTime_round_t mode)
{
    /* volatile: no excess precision, no reordering */
    volatile double d = x;

    switch (mode) {
    case _PyTime_ROUND_HALF_EVEN:
        d = round_half_even(d);
        break;
    case _PyTime_ROUND_CEILING:
        d = ceil(d);
        break;
    case _PyTime_ROUND_FLOOR:
        d = floor(d);
        break;
    default:
        assert(mode == _PyTime_ROUND_UP);
        d = d >= 0.0 ? ceil(d) : floor(d);
        break;
    }
    return d;
}

/* t / k, k > 1; cannot overflow. */
static _PyTime_t
pytime_divide(_PyTime_t t, _PyTime_t k, _PyTime_round_t mode)
{
    _PyTime_t quotient = t / k, rest = t % k;

    if (rest == 0) {
        return quotient;
    }
    switch (mode) {
    case _PyTime_ROUND_HALF_EVEN: {
        _PyTime_t size = rest < 0 ? -rest : rest;
        if (size > k / 2 || (size == k / 2 && (quotient & 1))) {
            quotient += t >= 0 ? 1 : -1;
        }
        return quotient;
    }
    case _PyTime_ROUND_CEILING:
        return t >= 0 ? quotient + 1 : quotient;
    case _PyTime_ROUND_FLOOR:
        return t >= 0 ? quotient : quotient - 1;
    default:
        assert(mode == _PyTime_ROUND_UP);
        return t >= 0 ? quotient + 1 : quotient - 1;
    }
}

/* ---- time_t ---- */

time_t
_PyLong_AsTime_t(PyObject *obj)
{
    long long value = PyLong_AsLongLong(obj);

    if (value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            raise_time_t_overflow();
        }
        return -1;
    }
    return (time_t)value;
}

PyObject *
_PyLong_FromTime_t(time_t t)
{
    return PyLong_FromLongLong((long long)t);
}

/* Whole seconds that fit a time_t: the upper bound as a double is 2**63, which
 * itself does not. */
static int
double_fits_time_t(double d)
{
    return d >= (double)TIME_T_MIN && d < -(double)TIME_T_MIN;
}

static int
raise_nan(void)
{
    PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
    return -1;
}

/* d seconds to *sec and 0 <= *numerator < denominator. */
static int
double_to_parts(double d, time_t *sec, long *numerator, long denominator,
                _PyTime_round_t round)
{
    double whole;
    volatile double part;

    part = modf(d, &whole);
    part *= (double)denominator;
    part = pytime_round_double(part, round);
    if (part >= (double)denominator) {
        part -= (double)denominator;
        whole += 1.0;
    }
    else if (part < 0) {
        part += (double)denominator;
        whole -= 1.0;
    }
    if (!double_fits_time_t(whole)) {
        raise_time_t_overflow();
        return -1;
    }
    *sec = (time_t)whole;
    *numerator = (long)part;
    return 0;
}

static int
object_to_parts(PyObject *obj, time_t *sec, long *numerator, long denominator,
                _PyTime_round_t round)
{
    if (PyFloat_Check(obj)) {
        double d = PyFloat_AsDouble(obj);
        if (Py_IS_NAN(d)) {
            *numerator = 0;
            return raise_nan();
        }
        return double_to_parts(d, sec, numerator, denominator, round);
    }
    *sec = _PyLong_AsTime_t(obj);
    *numerator = 0;
    return *sec == (time_t)-1 && PyErr_Occurred() ? -1 : 0;
}

int
_PyTime_ObjectToTime_t(PyObject *obj, time_t *sec, _PyTime_round_t round)
{
    if (PyFloat_Check(obj)) {
        double d = PyFloat_AsDouble(obj);
        if (Py_IS_NAN(d)) {
            return raise_nan();
        }
        d = pytime_round_double(d, round);
        if (!double_fits_time_t(d)) {
            raise_time_t_overflow();
            return -1;
        }
        *sec = (time_t)d;
        return 0;
    }
    *sec = _PyLong_AsTime_t(obj);
    return *sec == (time_t)-1 && PyErr_Occurred() ? -1 : 0;
}

int
_PyTime_ObjectToTimespec(PyObject *obj, time_t *sec, long *nsec,
                         _PyTime_round_t round)
{
    return object_to_parts(obj, sec, nsec, NS_PER_SECOND, round);
}

int
_PyTime_ObjectToTimeval(PyObject *obj, time_t *sec, long *usec,
                        _PyTime_round_t round)
{
    return object_to_parts(obj, sec, usec, US_PER_SECOND, round);
}

/* ---- to _PyTime_t ---- */

_PyTime_t
_PyTime_FromSeconds(int seconds)
{
    return (_PyTime_t)seconds * NS_PER_SECOND;
}

_PyTime_t
_PyTime_FromNanoseconds(_PyTime_t ns)
{
    return ns;
}

int
_PyTime_FromNanosecondsObject(_PyTime_t *tp, PyObject *obj)
{
    long long ns;

    if (!PyLong_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "expect int, got %s",
                     Py_TYPE(obj)->tp_name);
        return -1;
    }
    ns = PyLong_AsLongLong(obj);
    if (ns == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            raise_pytime_overflow();
        }
        return -1;
    }
    *tp = ns;
    return 0;
}

static int
pytime_from_double(_PyTime_t *tp, double value, _PyTime_round_t round,
                   long unit_to_ns)
{
    volatile double d = value;

    d *= (double)unit_to_ns;
    d = pytime_round_double(d, round);
    if (!(d >= (double)_PyTime_MIN && d < -(double)_PyTime_MIN)) {
        raise_pytime_overflow();
        *tp = 0;
        return -1;
    }
    *tp = (_PyTime_t)d;
    return 0;
}

static int
pytime_from_object(_PyTime_t *tp, PyObject *obj, _PyTime_round_t round,
                   long unit_to_ns)
{
    long long value;

    if (PyFloat_Check(obj)) {
        double d = PyFloat_AsDouble(obj);
        if (Py_IS_NAN(d)) {
            return raise_nan();
        }
        return pytime_from_double(tp, d, round, unit_to_ns);
    }
    value = PyLong_AsLongLong(obj);
    if (value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            raise_pytime_overflow();
        }
        return -1;
    }
    _PyTime_t ns = value;
    if (pytime_multiply(&ns, unit_to_ns) < 0) {
        raise_pytime_overflow();
        return -1;
    }
    *tp = ns;
    return 0;
}

int
_PyTime_FromSecondsObject(_PyTime_t *tp, PyObject *obj,
                          _PyTime_round_t round)
{
    return pytime_from_object(tp, obj, round, NS_PER_SECOND);
}

int
_PyTime_FromMillisecondsObject(_PyTime_t *tp, PyObject *obj,
                               _PyTime_round_t round)
{
    return pytime_from_object(tp, obj, round, NS_PER_MS);
}

/* seconds + `rest` of `unit` nanoseconds.  `raise`: set OverflowError. */
static int
pytime_from_parts(_PyTime_t *tp, time_t seconds, long rest, _PyTime_t unit,
                  int raise)
{
    _PyTime_t t = seconds, part = rest;
    int failed = pytime_multiply(&t, NS_PER_SECOND);

    part *= unit;
    failed |= pytime_add_to(&t, part);
    *tp = t;
    if (failed && raise) {
        raise_pytime_overflow();
    }
    return failed ? -1 : 0;
}

int
_PyTime_FromTimespec(_PyTime_t *tp, struct timespec *ts)
{
    return pytime_from_parts(tp, ts->tv_sec, ts->tv_nsec, 1, 1);
}

int
_PyTime_FromTimeval(_PyTime_t *tp, struct timeval *tv)
{
    return pytime_from_parts(tp, tv->tv_sec, tv->tv_usec, NS_PER_US, 1);
}

/* ---- from _PyTime_t ---- */

double
_PyTime_AsSecondsDouble(_PyTime_t t)
{
    volatile double d;

    if (t % NS_PER_SECOND == 0) {
        d = (double)(t / NS_PER_SECOND);       /* exact where that is */
    }
    else {
        d = (double)t;
        d /= 1e9;
    }
    return d;
}

PyObject *
_PyTime_AsNanosecondsObject(_PyTime_t t)
{
    return PyLong_FromLongLong((long long)t);
}

_PyTime_t
_PyTime_AsNanoseconds(_PyTime_t t)
{
    return t;
}

_PyTime_t
_PyTime_AsMilliseconds(_PyTime_t t, _PyTime_round_t round)
{
    return pytime_divide(t, NS_PER_MS, round);
}

_PyTime_t
_PyTime_AsMicroseconds(_PyTime_t t, _PyTime_round_t round)
{
    return pytime_divide(t, NS_PER_US, round);
}

/* t in units of which there are `per_second`, as whole seconds and the rest
 * (0 <= *rest).  time_t holds any such count of seconds. */
static void
pytime_split(_PyTime_t t, _PyTime_t per_second, time_t *seconds,
             _PyTime_t *rest)
{
    *seconds = (time_t)(t / per_second);
    *rest = t % per_second;
    if (*rest < 0) {
        *rest += per_second;
        *seconds -= 1;
    }
}

int
_PyTime_AsTimespec(_PyTime_t t, struct timespec *ts)
{
    _PyTime_t rest;

    pytime_split(t, NS_PER_SECOND, &ts->tv_sec, &rest);
    ts->tv_nsec = (long)rest;
    return 0;
}

void
_PyTime_AsTimespec_clamp(_PyTime_t t, struct timespec *ts)
{
    (void)_PyTime_AsTimespec(t, ts);
}

int
_PyTime_AsTimeval(_PyTime_t t, struct timeval *tv, _PyTime_round_t round)
{
    _PyTime_t rest;

    pytime_split(_PyTime_AsMicroseconds(t, round), US_PER_SECOND, &tv->tv_sec,
                 &rest);
    tv->tv_usec = (suseconds_t)rest;
    return 0;
}

void
_PyTime_AsTimeval_clamp(_PyTime_t t, struct timeval *tv,
                        _PyTime_round_t round)
{
    (void)_PyTime_AsTimeval(t, tv, round);
}

int
_PyTime_AsTimevalTime_t(_PyTime_t t, time_t *secs, int *us,
                        _PyTime_round_t round)
{
    _PyTime_t rest;

    pytime_split(_PyTime_AsMicroseconds(t, round), US_PER_SECOND, secs,
                 &rest);
    *us = (int)rest;
    return 0;
}

/* ---- clocks ---- */

/* `raise` 0: no exception, no GIL. */
static int
clock_read(clockid_t id, const char *implementation, int adjustable,
           _PyTime_t *tp, _Py_clock_info_t *info, int raise)
{
    struct timespec ts, resolution;

    if (clock_gettime(id, &ts) != 0) {
        if (raise) {
            PyErr_SetFromErrno(PyExc_OSError);
        }
        return -1;
    }
    if (pytime_from_parts(tp, ts.tv_sec, ts.tv_nsec, 1, raise) < 0) {
        return -1;
    }
    if (info == NULL) {
        return 0;
    }
    info->implementation = implementation;
    info->monotonic = !adjustable;
    info->adjustable = adjustable;
    if (clock_getres(id, &resolution) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    info->resolution = (double)resolution.tv_sec +
                       (double)resolution.tv_nsec * 1e-9;
    return 0;
}

int
pytime_read_clock(clockid_t id, const char *implementation, int adjustable,
                  _PyTime_t *result, _Py_clock_info_t *info)
{
    return clock_read(id, implementation, adjustable, result, info, 1);
}

_PyTime_t
_PyTime_GetSystemClock(void)
{
    _PyTime_t t;

    if (clock_read(CLOCK_REALTIME, NULL, 1, &t, NULL, 0) < 0) {
        return 0;
    }
    return t;
}

int
_PyTime_GetSystemClockWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return clock_read(CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", 1, t,
                      info, 1);
}

_PyTime_t
_PyTime_GetMonotonicClock(void)
{
    _PyTime_t t;

    if (clock_read(CLOCK_MONOTONIC, NULL, 0, &t, NULL, 0) < 0) {
        return 0;
    }
    return t;
}

int
_PyTime_GetMonotonicClockWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return clock_read(CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", 0, t,
                      info, 1);
}

_PyTime_t
_PyTime_GetPerfCounter(void)
{
    return _PyTime_GetMonotonicClock();
}

int
_PyTime_GetPerfCounterWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return _PyTime_GetMonotonicClockWithInfo(t, info);
}

int
pytime_init(void)
{
    _PyTime_t t;

    return _PyTime_GetSystemClockWithInfo(&t, NULL) < 0 ||
                   _PyTime_GetMonotonicClockWithInfo(&t, NULL) < 0
               ? -1
               : 0;
}

_PyTime_t
_PyDeadline_Init(_PyTime_t timeout)
{
    return _PyTime_Add(_PyTime_GetMonotonicClock(), timeout);
}

_PyTime_t
_PyDeadline_Get(_PyTime_t deadline)
{
    /* Cannot overflow: the clock is not negative. */
    return deadline - _PyTime_GetMonotonicClock();
}

/* ---- broken-down time ---- */

static int
broken_down_fails(void)
{
    if (errno == 0) {
        errno = EINVAL;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

int
_PyTime_localtime(time_t t, struct tm *tm)
{
    errno = 0;
    return localtime_r(&t, tm) == NULL ? broken_down_fails() : 0;
}

int
_PyTime_gmtime(time_t t, struct tm *tm)
{
    errno = 0;
    return gmtime_r(&t, tm) == NULL ? broken_down_fails() : 0;
}
