/* The POSIX clock and local time. */

#include "private.h"

#include <time.h>

/* Seconds from year 1 (day 1 counted as one day) to 1970. */
const long long epoch_seconds = 719163LL * 86400;

/* No change of the clock is larger. */
#define MAX_FOLD_SECONDS (24 * 3600)

long long
seconds_since_year_1(const ymd *date, const hms *time)
{
    if (date->year < MINYEAR || date->year > MAXYEAR) {
        PyErr_Format(PyExc_ValueError, "year %i is out of range",
                     date->year);
        return -1;
    }
    long long days = calendar_ordinal(date->year, date->month, date->day);
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

static void
fields_of_tm(const struct tm *tm, ymd *date, hms *time)
{
    *date = (ymd){tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday};
    *time = (hms){tm->tm_hour, tm->tm_min,
                  tm->tm_sec > 59 ? 59 : tm->tm_sec, 0, 0};
}

/* Local time at the UTC time `seconds`, both since year 1. */
static long long
local_time(long long seconds)
{
    struct tm tm;
    ymd date;
    hms time;

    if (_PyTime_localtime((time_t)(seconds - epoch_seconds), &tm) < 0) {
        return -1;
    }
    fields_of_tm(&tm, &date, &time);
    time.second = tm.tm_sec;
    return seconds_since_year_1(&date, &time);
}

long long
seconds_from_local(const ymd *date, const hms *time)
{
    long long t = seconds_since_year_1(date, time), b, u1, u2;
    long long local = local_time(t);

    if (local == -1) {
        return -1;
    }
    long long a = local - t;
    u1 = t - a;
    long long t1 = local_time(u1);
    if (t1 == -1) {
        return -1;
    }
    if (t1 == t) {
        /* A solution; is there an earlier (or later) one? */
        u2 = time->fold ? u1 + MAX_FOLD_SECONDS : u1 - MAX_FOLD_SECONDS;
        local = local_time(u2);
        if (local == -1) {
            return -1;
        }
        b = local - u2;
        if (a == b) {
            return u1;
        }
    }
    else {
        b = t1 - u1;
    }
    u2 = t - b;
    long long t2 = local_time(u2);
    if (t2 == -1) {
        return -1;
    }
    if (t2 == t) {
        return u2;
    }
    if (t1 == t) {
        return u1;
    }
    /* The time was skipped. */
    return time->fold ? Py_MIN(u1, u2) : Py_MAX(u1, u2);
}

/* Did the clock show this local time already?  1, 0, -1. */
static int
find_fold(const ymd *date, const hms *time, time_t seconds)
{
    long long shown = seconds_since_year_1(date, time);

    if (shown == -1 && PyErr_Occurred()) {
        return -1;
    }
    long long before =
        local_time(epoch_seconds + seconds - MAX_FOLD_SECONDS);
    if (before == -1) {
        return -1;
    }
    long long change = shown - before - MAX_FOLD_SECONDS;
    if (change >= 0) {
        return 0;
    }
    before = local_time(epoch_seconds + seconds + change);
    if (before == -1) {
        return -1;
    }
    return before == shown;
}

PyObject *
datetime_from_seconds(PyObject *cls, clock_function clock, time_t seconds,
                      int micro, PyObject *tzinfo)
{
    struct tm tm;
    ymd date;
    hms time;

    if (clock(seconds, &tm) != 0) {
        return NULL;
    }
    fields_of_tm(&tm, &date, &time);
    time.micro = micro;
    if (tzinfo == Py_None && clock == _PyTime_localtime) {
        time.fold = find_fold(&date, &time, seconds);
        if (time.fold < 0) {
            return NULL;
        }
    }
    return datetime_make_for(cls, &date, &time, tzinfo);
}

PyObject *
datetime_from_stamp(PyObject *cls, clock_function clock, PyObject *stamp,
                    PyObject *tzinfo)
{
    time_t seconds;
    long micro;

    if (_PyTime_ObjectToTimeval(stamp, &seconds, &micro,
                                _PyTime_ROUND_HALF_EVEN) == -1) {
        return NULL;
    }
    return datetime_from_seconds(cls, clock, seconds, (int)micro, tzinfo);
}

PyObject *
datetime_now_by(PyObject *cls, clock_function clock, PyObject *tzinfo)
{
    time_t seconds;
    int micro;

    if (_PyTime_AsTimevalTime_t(_PyTime_GetSystemClock(), &seconds, &micro,
                                _PyTime_ROUND_FLOOR) < 0) {
        return NULL;
    }
    return datetime_from_seconds(cls, clock, seconds, micro, tzinfo);
}

PyObject *
date_from_stamp(PyObject *cls, PyObject *stamp)
{
    struct tm tm;
    time_t seconds;

    if (_PyTime_ObjectToTime_t(stamp, &seconds, _PyTime_ROUND_FLOOR) == -1 ||
        _PyTime_localtime(seconds, &tm) != 0) {
        return NULL;
    }
    return date_make_for(cls, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

PyObject *
zone_local_at(time_t seconds)
{
    struct tm tm;

    if (_PyTime_localtime(seconds, &tm) != 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *offset = delta_make(0, (int)tm.tm_gmtoff, 0, 1, &delta_type);
    PyObject *name = tm.tm_zone == NULL
        ? NULL : PyUnicode_DecodeLocale(tm.tm_zone, "surrogateescape");
    if (offset != NULL && (name != NULL || !PyErr_Occurred())) {
        result = timezone_make(offset, name);
    }
    Py_XDECREF(offset);
    Py_XDECREF(name);
    return result;
}

PyObject *
zone_local_for_utc(PyObject *datetime)
{
    ymd date;
    hms time;

    datetime_fields(datetime, &date, &time);
    return zone_local_at(
        (time_t)(seconds_since_year_1(&date, &time) - epoch_seconds));
}

PyObject *
zone_local_for(PyObject *datetime)
{
    ymd date;
    hms time;

    datetime_fields(datetime, &date, &time);
    long long seconds = seconds_from_local(&date, &time);
    if (seconds == -1) {
        return NULL;
    }
    return zone_local_at((time_t)(seconds - epoch_seconds));
}
