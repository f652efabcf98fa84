#ifndef LUCID_DATETIME_PRIVATE_H
#define LUCID_DATETIME_PRIVATE_H

#include "Python.h"

#define _PY_DATETIME_IMPL
#include "../../Include/datetime.h"

#define MINYEAR 1
#define MAXYEAR 9999
#define MAX_ORDINAL 3652059
#define MAX_DELTA_DAYS 999999999
#define US_PER_SECOND 1000000

extern PyTypeObject date_type, datetime_type, time_type, delta_type;
extern PyTypeObject tzinfo_type, timezone_type, isocalendar_type;

#define DATE_CHECK(op) PyObject_TypeCheck(op, &date_type)
#define DATETIME_CHECK(op) PyObject_TypeCheck(op, &datetime_type)
#define TIME_CHECK(op) PyObject_TypeCheck(op, &time_type)
#define DELTA_CHECK(op) PyObject_TypeCheck(op, &delta_type)
#define TZINFO_CHECK(op) PyObject_TypeCheck(op, &tzinfo_type)

/* Fields, by short names. */
#define YEAR(o) PyDateTime_GET_YEAR(o)
#define MONTH(o) PyDateTime_GET_MONTH(o)
#define DAY(o) PyDateTime_GET_DAY(o)
#define DT_HOUR(o) PyDateTime_DATE_GET_HOUR(o)
#define DT_MINUTE(o) PyDateTime_DATE_GET_MINUTE(o)
#define DT_SECOND(o) PyDateTime_DATE_GET_SECOND(o)
#define DT_MICRO(o) PyDateTime_DATE_GET_MICROSECOND(o)
#define DT_FOLD(o) PyDateTime_DATE_GET_FOLD(o)
#define DT_TZINFO(o) PyDateTime_DATE_GET_TZINFO(o)
#define T_HOUR(o) PyDateTime_TIME_GET_HOUR(o)
#define T_MINUTE(o) PyDateTime_TIME_GET_MINUTE(o)
#define T_SECOND(o) PyDateTime_TIME_GET_SECOND(o)
#define T_MICRO(o) PyDateTime_TIME_GET_MICROSECOND(o)
#define T_FOLD(o) PyDateTime_TIME_GET_FOLD(o)
#define T_TZINFO(o) PyDateTime_TIME_GET_TZINFO(o)

/* What a date and a time are made of. */
typedef struct {
    int year, month, day;
} ymd;

typedef struct {
    int hour, minute, second, micro, fold;
} hms;

/* ---- calendar.c: valid arguments are the caller's duty. Never fail. ---- */
int calendar_days_in_month(int year, int month);
int calendar_days_before_month(int year, int month);
int calendar_ordinal(int year, int month, int day);
ymd calendar_from_ordinal(int ordinal);
int calendar_weekday(int year, int month, int day);      /* Monday 0 */
/* The ordinal of the Monday that begins the ISO year. */
int calendar_iso_year_start(int year);
/* 0, or the number of what is wrong: -2 week, -3 day, -4 year. */
int calendar_from_iso(int iso_year, int week, int day, ymd *result);

/* ---- Checks: 0, or -1 with ValueError. ---- */
int check_date_fields(int year, int month, int day);
int check_time_fields(int hour, int minute, int second, int micro, int fold);
/* None or a tzinfo: 0, or -1 with TypeError. */
int check_tzinfo(PyObject *tzinfo);

/* ---- Constructors: new references, NULL with an exception. ---- */
PyObject *date_make(int year, int month, int day, PyTypeObject *type);
/* Through the class itself, if it is a subclass.  Runs Python. */
PyObject *date_make_for(PyObject *cls, int year, int month, int day);
PyObject *time_make(const hms *fields, PyObject *tzinfo, PyTypeObject *type);
PyObject *time_make_for(PyObject *cls, const hms *fields, PyObject *tzinfo);
PyObject *datetime_make(const ymd *date, const hms *time, PyObject *tzinfo,
                        PyTypeObject *type);
PyObject *datetime_make_for(PyObject *cls, const ymd *date, const hms *time,
                            PyObject *tzinfo);
PyObject *delta_make(int days, int seconds, int micro, int normalize,
                     PyTypeObject *type);
PyObject *timezone_make(PyObject *offset, PyObject *name);

/* ---- delta.c ---- */
PyObject *delta_minus(PyObject *left, PyObject *right);
PyObject *delta_negative(PyObject *self);
int delta_is_zero(PyObject *self);
/* The three numbers agree; -1, 0, 1. */
int delta_order(PyObject *left, PyObject *right);
/* Sum of a date's ordinal and seconds etc. as a delta; checks nothing. */
PyObject *delta_from_micro(__int128 micro, PyTypeObject *type);
__int128 delta_as_micro(PyObject *self);

/* ---- zone.c ---- */
extern PyObject *timezone_utc;                      /* singleton */
/* tzinfo of a time or datetime, borrowed; NULL for other objects. */
PyObject *tzinfo_of(PyObject *self);
/* What the tzinfo answers for `argument`, checked; Py_None without tzinfo.
 * Run Python. */
PyObject *zone_utcoffset(PyObject *tzinfo, PyObject *argument);
PyObject *zone_dst(PyObject *tzinfo, PyObject *argument);
PyObject *zone_tzname(PyObject *tzinfo, PyObject *argument);
/* repr with ", tzinfo=...": steals `text`. */
PyObject *append_tzinfo(PyObject *text, PyObject *tzinfo);
PyObject *append_fold(PyObject *text, int fold);

/* ---- text.c ---- */
/* Time of the day in the given precision; NULL with ValueError. */
PyObject *text_from_time(const hms *time, const char *timespec);
/* "+01:00" with `separator`, "" if there is no offset. */
PyObject *text_from_offset(PyObject *tzinfo, PyObject *argument,
                           const char *separator);
/* strftime with %f, %z, %Z of our own.  `argument` is for the tzinfo. */
PyObject *text_strftime(PyObject *self, PyObject *format, PyObject *timetuple,
                        PyObject *argument);
/* time.struct_time of these fields. */
PyObject *text_struct_time(const ymd *date, const hms *time, int dst);
PyObject *text_ctime(const ymd *date, const hms *time);
/* self.strftime(format), or str(self) for an empty format. */
PyObject *text_format(PyObject *self, PyObject *args);

/* Characters of a str, to parse. */
typedef struct {
    PyObject *text;
    Py_ssize_t at, end;
} text_cursor;

/* 0, or -1 (no exception) if the text is not ISO 8601. */
int text_parse_date(text_cursor *c, ymd *result);
/* Also the offset: 1 if there is one, in `*seconds` and `*micro`. */
int text_parse_time(text_cursor *c, hms *result, int *seconds, int *micro);
/* Where the date of a datetime ends, or -1. */
Py_ssize_t text_find_separator(PyObject *text);
PyObject *text_raise_invalid(PyObject *text);
/* None, UTC or a timezone for what text_parse_time returned. */
PyObject *zone_from_parsed(int status, int seconds, int micro);

/* ---- stamp.c ---- */
typedef int (*clock_function)(time_t, struct tm *);
extern const long long epoch_seconds;               /* 1970, since year 1 */
long long seconds_since_year_1(const ymd *date, const hms *time);
/* The POSIX time of a local one, in the same count; -1 with exception. */
long long seconds_from_local(const ymd *date, const hms *time);
PyObject *datetime_from_seconds(PyObject *cls, clock_function clock,
                                time_t seconds, int micro, PyObject *tzinfo);
PyObject *datetime_from_stamp(PyObject *cls, clock_function clock,
                              PyObject *stamp, PyObject *tzinfo);
PyObject *datetime_now_by(PyObject *cls, clock_function clock,
                          PyObject *tzinfo);
/* The local time zone at that moment, as a timezone. */
PyObject *zone_local_at(time_t seconds);
/* Same for a naive datetime taken as local, or an aware one in UTC. */
PyObject *zone_local_for(PyObject *datetime);
PyObject *zone_local_for_utc(PyObject *datetime);
PyObject *date_from_stamp(PyObject *cls, PyObject *stamp);

/* ---- datetime.c ---- */
PyObject *datetime_add_delta(PyObject *self, PyObject *delta, int sign);
void datetime_fields(PyObject *self, ymd *date, hms *time);
void time_fields(PyObject *self, hms *time);
PyObject *compare_result(int order, int op);
/* The data bytes, whatever type: memory comparison as an order. */
int bytes_order(const unsigned char *a, const unsigned char *b, size_t size);
PyObject *raise_cannot_compare(PyObject *a, PyObject *b);

/* ---- state.c ---- */

/* What tells a pickled state from other arguments: its size, and that one
 * byte, without some bits, is a month or an hour. */
typedef struct {
    const char *name;                        /* of the type, for messages */
    Py_ssize_t size, checked;
    Py_UCS4 mask, low, high;
} state_layout;

/* Reads bytes, or (pickled by Python 2) str.  1, 0 if it is no state, -1 with
 * ValueError. */
int state_read(PyObject *state, const state_layout *layout,
               unsigned char *data);

/* The arguments that make the object again: new tuple of the state, with the
 * fold in the highest bit of the checked byte, and tzinfo if there is one. */
PyObject *state_write(const state_layout *layout, const unsigned char *data,
                      int fold, PyObject *tzinfo);

#endif
