/* The proleptic Gregorian calendar: day 1 is January 1 of the year 1. */

#include "private.h"

static const int month_days[] = {0, 31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31};
static const int days_before[] = {0, 0, 31, 59, 90, 120, 151,
                                  181, 212, 243, 273, 304, 334};

static int
is_leap(int year)
{
    unsigned int y = (unsigned int)year;
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

int
calendar_days_in_month(int year, int month)
{
    return month == 2 && is_leap(year) ? 29 : month_days[month];
}

int
calendar_days_before_month(int year, int month)
{
    return days_before[month] + (month > 2 && is_leap(year));
}

static int
days_before_year(int year)
{
    int y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

int
calendar_ordinal(int year, int month, int day)
{
    return days_before_year(year) + calendar_days_before_month(year, month) +
           day;
}

ymd
calendar_from_ordinal(int ordinal)
{
    ymd result;
    int n = ordinal - 1;
    int n400 = n / 146097;
    n %= 146097;
    int n100 = n / 36524;
    n %= 36524;
    int n4 = n / 1461;
    n %= 1461;
    int n1 = n / 365;
    n %= 365;
    result.year = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1;
    if (n1 == 4 || n100 == 4) {
        result.year--;                    /* the last day of a leap year */
        result.month = 12;
        result.day = 31;
        return result;
    }
    result.month = (n + 50) >> 5;
    int preceding = calendar_days_before_month(result.year, result.month);
    if (preceding > n) {
        result.month--;
        preceding -= calendar_days_in_month(result.year, result.month);
    }
    result.day = n - preceding + 1;
    return result;
}

int
calendar_weekday(int year, int month, int day)
{
    return (calendar_ordinal(year, month, day) + 6) % 7;
}

int
calendar_iso_year_start(int year)
{
    int first = calendar_ordinal(year, 1, 1);
    int weekday = (first + 6) % 7;
    int monday = first - weekday;

    return weekday > 3 ? monday + 7 : monday;      /* after Thursday */
}

int
calendar_from_iso(int iso_year, int week, int day, ymd *result)
{
    if (iso_year < MINYEAR || iso_year > MAXYEAR) {
        return -4;
    }
    if (week <= 0 || week >= 53) {
        int out_of_range = 1;
        if (week == 53) {
            /* Years that begin on Thursday, or leap years on Wednesday. */
            int first = calendar_weekday(iso_year, 1, 1);
            if (first == 3 || (first == 2 && is_leap(iso_year))) {
                out_of_range = 0;
            }
        }
        if (out_of_range) {
            return -2;
        }
    }
    if (day <= 0 || day >= 8) {
        return -3;
    }
    int ordinal = calendar_iso_year_start(iso_year) + (week - 1) * 7 + day - 1;
    if (ordinal < 1 || ordinal > MAX_ORDINAL) {
        /* As day 0 of the year 1, or in the year 10000. */
        *result = ordinal < 1 ? (ymd){0, 12, 31} : (ymd){MAXYEAR + 1, 1, 1};
        return 0;
    }
    *result = calendar_from_ordinal(ordinal);
    return 0;
}

int
check_date_fields(int year, int month, int day)
{
    if (year < MINYEAR || year > MAXYEAR) {
        PyErr_Format(PyExc_ValueError, "year %i is out of range", year);
        return -1;
    }
    if (month < 1 || month > 12) {
        PyErr_SetString(PyExc_ValueError, "month must be in 1..12");
        return -1;
    }
    if (day < 1 || day > calendar_days_in_month(year, month)) {
        PyErr_SetString(PyExc_ValueError, "day is out of range for month");
        return -1;
    }
    return 0;
}

int
check_time_fields(int hour, int minute, int second, int micro, int fold)
{
    const char *message = NULL;

    if (hour < 0 || hour > 23) {
        message = "hour must be in 0..23";
    }
    else if (minute < 0 || minute > 59) {
        message = "minute must be in 0..59";
    }
    else if (second < 0 || second > 59) {
        message = "second must be in 0..59";
    }
    else if (micro < 0 || micro > 999999) {
        message = "microsecond must be in 0..999999";
    }
    else if (fold != 0 && fold != 1) {
        message = "fold must be either 0 or 1";
    }
    if (message == NULL) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}
