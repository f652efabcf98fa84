/* The module time: clocks, broken-down time, text of times, sleeping.
 *
 * Broken-down times are checked before the C library sees them, since some of
 * its functions index tables with them.  timezone, altzone, daylight and
 * tzname are computed when the module is made, and again by tzset().
 */
#include "Python.h"

#include "audit.h"
#include "names.h"
#include "private_api.h"
#include "pystate.h"
#include "pytime.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

typedef struct {
    PyTypeObject *struct_time_type;
} time_state;

/* Items of struct_time: nine in the tuple, two more by name. */
enum { TIME_FIELDS = 11, TIME_ZONE = 9, TIME_OFFSET = 10 };

static PyStructSequence_Field struct_time_fields[] = {
    {"tm_year", "year, for example, 1993"},
    {"tm_mon", "month, from 1"},
    {"tm_mday", "day of month, range [1, 31]"},
    {"tm_hour", "hours, range [0, 23]"},
    {"tm_min", "minutes, range [0, 59]"},
    {"tm_sec", "seconds, range [0, 61])"},
    {"tm_wday", "day of the week, from 0, Monday"},
    {"tm_yday", "day of the year, from 1"},
    {"tm_isdst", "summer time: 1 yes, 0 no, -1 not known"},
    {"tm_zone", "short name of the time zone"},
    {"tm_gmtoff", "offset from UTC in seconds"},
    {NULL, NULL},
};

static PyStructSequence_Desc struct_time_desc = {
    "time.struct_time",
    "A time broken down to nine numbers, as gmtime(), localtime() and "
    "strptime()\nreturn it and asctime(), mktime() and strftime() take it.",
    struct_time_fields, 9};

/* ---- clocks ---- */

static PyObject *
seconds_object(_PyTime_t t)
{
    return PyFloat_FromDouble(_PyTime_AsSecondsDouble(t));
}

static int
read_process_time(_PyTime_t *t, _Py_clock_info_t *info)
{
    return pytime_read_clock(CLOCK_PROCESS_CPUTIME_ID,
                             "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", 0, t,
                             info);
}

static int
read_thread_time(_PyTime_t *t, _Py_clock_info_t *info)
{
    return pytime_read_clock(CLOCK_THREAD_CPUTIME_ID,
                             "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", 0, t,
                             info);
}

static inline PyObject *
clock_value(const char *name, int (*read)(_PyTime_t *, _Py_clock_info_t *),
            PyObject *(*convert)(_PyTime_t))
{
    _PyTime_t t;

    if (PyAudit(AUDIT_LUCID_TIME_CLOCK, "s", name) < 0 || read(&t, NULL) < 0) {
        return NULL;
    }
    return convert(t);
}

#define CLOCK_FUNCTIONS(name, read)                                         \
    static PyObject *time_##name(PyObject *module, PyObject *unused)        \
    {                                                                       \
        return clock_value(#name, read, seconds_object);                    \
    }                                                                       \
    static PyObject *time_##name##_ns(PyObject *module, PyObject *unused)   \
    {                                                                       \
        return clock_value(#name "_ns", read, _PyTime_AsNanosecondsObject); \
    }
CLOCK_FUNCTIONS(time, _PyTime_GetSystemClockWithInfo)
CLOCK_FUNCTIONS(monotonic, _PyTime_GetMonotonicClockWithInfo)
CLOCK_FUNCTIONS(perf_counter, _PyTime_GetPerfCounterWithInfo)
CLOCK_FUNCTIONS(process_time, read_process_time)
CLOCK_FUNCTIONS(thread_time, read_thread_time)
#undef CLOCK_FUNCTIONS

static const struct {
    const char *name;
    int (*read)(_PyTime_t *, _Py_clock_info_t *);
} named_clocks[] = {
    {"time", _PyTime_GetSystemClockWithInfo},
    {"monotonic", _PyTime_GetMonotonicClockWithInfo},
    {"perf_counter", _PyTime_GetPerfCounterWithInfo},
    {"process_time", read_process_time},
    {"thread_time", read_thread_time},
};

static PyObject *
clock_info_as_object(const _Py_clock_info_t *info)
{
    PyObject *fields = Py_BuildValue(
        "{sssOsOsd}", "implementation", info->implementation, "monotonic",
        info->monotonic ? Py_True : Py_False, "adjustable",
        info->adjustable ? Py_True : Py_False, "resolution",
        info->resolution);
    PyObject *result = NULL;

    if (fields != NULL) {
        result = _PyNamespace_New(fields);
        Py_DECREF(fields);
    }
    return result;
}

static PyObject *
time_get_clock_info(PyObject *module, PyObject *args)
{
    const char *name;
    _Py_clock_info_t info = {"", 0, 0, 1.0};
    _PyTime_t t;

    if (!PyArg_ParseTuple(args, "s:get_clock_info", &name)) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(named_clocks); i++) {
        if (strcmp(name, named_clocks[i].name) == 0) {
            return named_clocks[i].read(&t, &info) < 0
                       ? NULL
                       : clock_info_as_object(&info);
        }
    }
    PyErr_SetString(PyExc_ValueError, "unknown clock");
    return NULL;
}

static PyObject *
time_clock_gettime(PyObject *module, PyObject *args)
{
    int id;
    struct timespec ts;

    if (!PyArg_ParseTuple(args, "i:clock_gettime", &id) ||
        PyAudit(AUDIT_LUCID_TIME_CLOCK, "s", "clock_gettime") < 0) {
        return NULL;
    }
    if (clock_gettime((clockid_t)id, &ts) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyFloat_FromDouble((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9);
}

static PyObject *
time_clock_gettime_ns(PyObject *module, PyObject *args)
{
    int id;
    struct timespec ts;
    _PyTime_t t;

    if (!PyArg_ParseTuple(args, "i:clock_gettime", &id) ||
        PyAudit(AUDIT_LUCID_TIME_CLOCK, "s", "clock_gettime_ns") < 0) {
        return NULL;
    }
    if (clock_gettime((clockid_t)id, &ts) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return _PyTime_FromTimespec(&t, &ts) < 0 ? NULL
                                             : _PyTime_AsNanosecondsObject(t);
}

static PyObject *
clock_set(int id, _PyTime_t t)
{
    struct timespec ts;

    if (_PyTime_AsTimespec(t, &ts) < 0 ||
        PyAudit(AUDIT_LUCID_TIME_CLOCK_SETTIME, "id", id,
                _PyTime_AsSecondsDouble(t)) < 0) {
        return NULL;
    }
    if (clock_settime((clockid_t)id, &ts) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

static PyObject *
time_clock_settime(PyObject *module, PyObject *args)
{
    int id;
    PyObject *object;
    _PyTime_t t;

    if (!PyArg_ParseTuple(args, "iO:clock_settime", &id, &object) ||
        _PyTime_FromSecondsObject(&t, object, _PyTime_ROUND_FLOOR) < 0) {
        return NULL;
    }
    return clock_set(id, t);
}

static PyObject *
time_clock_settime_ns(PyObject *module, PyObject *args)
{
    int id;
    PyObject *object;
    _PyTime_t t;

    if (!PyArg_ParseTuple(args, "iO:clock_settime", &id, &object) ||
        _PyTime_FromNanosecondsObject(&t, object) < 0) {
        return NULL;
    }
    return clock_set(id, t);
}

static PyObject *
time_clock_getres(PyObject *module, PyObject *args)
{
    int id;
    struct timespec ts;

    if (!PyArg_ParseTuple(args, "i:clock_getres", &id)) {
        return NULL;
    }
    if (clock_getres((clockid_t)id, &ts) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyFloat_FromDouble((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9);
}

static PyObject *
time_pthread_getcpuclockid(PyObject *module, PyObject *args)
{
    unsigned long thread;
    clockid_t id;
    int error;

    if (!PyArg_ParseTuple(args, "k:pthread_getcpuclockid", &thread)) {
        return NULL;
    }
    error = pystate_knows_thread(thread)
                ? pthread_getcpuclockid((pthread_t)thread, &id) : ESRCH;
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(id);
}

/* Until an absolute time, so that signals do not make it longer. */
static int
sleep_for(_PyTime_t timeout)
{
    struct timespec until;
    _PyTime_t deadline;

    if (_PyTime_GetMonotonicClockWithInfo(&deadline, NULL) < 0) {
        return -1;
    }
    deadline = _PyTime_Add(deadline, timeout);
    if (_PyTime_AsTimespec(deadline, &until) < 0) {
        return -1;
    }
    for (;;) {
        int error;

        Py_BEGIN_ALLOW_THREADS
        error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        Py_END_ALLOW_THREADS
        if (error == 0) {
            return 0;
        }
        if (error != EINTR) {
            errno = error;
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        if (PyErr_CheckSignals()) {
            return -1;
        }
    }
}

static PyObject *
time_sleep(PyObject *module, PyObject *arg)
{
    _PyTime_t timeout;

    if (_PyTime_FromSecondsObject(&timeout, arg, _PyTime_ROUND_TIMEOUT) < 0) {
        return NULL;
    }
    if (timeout < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "sleep length must be non-negative");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_TIME_SLEEP, "d",
                _PyTime_AsSecondsDouble(timeout)) < 0 ||
        sleep_for(timeout) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- broken-down times ---- */

static PyObject *
struct_time_from_tm(time_state *state, const struct tm *tm)
{
    PyObject *result = PyStructSequence_New(state->struct_time_type);
    const int numbers[] = {
        tm->tm_year + 1900,     tm->tm_mon + 1, tm->tm_mday, tm->tm_hour,
        tm->tm_min,             tm->tm_sec,     (tm->tm_wday + 6) % 7,
        tm->tm_yday + 1,        tm->tm_isdst,
    };

    if (result == NULL) {
        return NULL;
    }
    /* the year by itself: it may not fit an int once 1900 is added */
    PyStructSequence_SET_ITEM(result, 0,
                              PyLong_FromLong((long)tm->tm_year + 1900));
    for (Py_ssize_t i = 1; i < 9; i++) {
        PyStructSequence_SET_ITEM(result, i, PyLong_FromLong(numbers[i]));
    }
    PyStructSequence_SET_ITEM(
        result, TIME_ZONE,
        PyUnicode_DecodeLocale(tm->tm_zone != NULL ? tm->tm_zone : "",
                               "surrogateescape"));
    PyStructSequence_SET_ITEM(result, TIME_OFFSET,
                              PyLong_FromLong(tm->tm_gmtoff));
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

/* The optional "seconds" argument; None and absence mean now. */
static int
parse_seconds(PyObject *args, const char *format, time_t *when)
{
    PyObject *object = NULL;

    if (!PyArg_ParseTuple(args, format, &object)) {
        return -1;
    }
    if (object == NULL || object == Py_None) {
        *when = time(NULL);
        return 0;
    }
    return _PyTime_ObjectToTime_t(object, when, _PyTime_ROUND_FLOOR);
}

static PyObject *
time_gmtime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;

    if (parse_seconds(args, "|O:gmtime", &when) < 0 ||
        _PyTime_gmtime(when, &tm) != 0) {
        return NULL;
    }
    return struct_time_from_tm(PyModule_GetState(module), &tm);
}

static PyObject *
time_localtime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;

    if (parse_seconds(args, "|O:localtime", &when) < 0 ||
        _PyTime_localtime(when, &tm) != 0) {
        return NULL;
    }
    return struct_time_from_tm(PyModule_GetState(module), &tm);
}

/* A tuple of nine to *tm.  tm_zone points into `object`. */
static int
tm_from_object(time_state *state, PyObject *object, struct tm *tm,
               const char *format)
{
    int year;
    PyObject *zone;

    memset(tm, 0, sizeof(*tm));
    if (!PyTuple_Check(object)) {
        PyErr_SetString(PyExc_TypeError,
                        "Tuple or struct_time argument required");
        return -1;
    }
    if (!PyArg_ParseTuple(object, format, &year, &tm->tm_mon, &tm->tm_mday,
                          &tm->tm_hour, &tm->tm_min, &tm->tm_sec,
                          &tm->tm_wday, &tm->tm_yday, &tm->tm_isdst)) {
        return -1;
    }
    if (year < INT_MIN + 1900) {
        PyErr_SetString(PyExc_OverflowError, "year out of range");
        return -1;
    }
    tm->tm_year = year - 1900;
    tm->tm_mon--;
    tm->tm_wday = tm->tm_wday < INT_MAX ? (tm->tm_wday + 1) % 7 : 0;
    tm->tm_yday--;
    if (Py_IS_TYPE(object, state->struct_time_type)) {
        zone = PyStructSequence_GET_ITEM(object, TIME_ZONE);
        if (zone != Py_None) {
            tm->tm_zone = PyUnicode_AsUTF8(zone);
            if (tm->tm_zone == NULL) {
                return -1;
            }
        }
        zone = PyStructSequence_GET_ITEM(object, TIME_OFFSET);
        if (zone != Py_None) {
            tm->tm_gmtoff = PyLong_AsLong(zone);
            if (PyErr_Occurred()) {
                return -1;
            }
        }
    }
    return 0;
}

/* Month, day and day of the year may be 0 for 1. */
static int
tm_check(struct tm *tm)
{
    const char *what = NULL;

    if (tm->tm_mon == -1) {
        tm->tm_mon = 0;
    }
    if (tm->tm_mday == 0) {
        tm->tm_mday = 1;
    }
    if (tm->tm_yday == -1) {
        tm->tm_yday = 0;
    }
    if (tm->tm_mon < 0 || tm->tm_mon > 11) {
        what = "month";
    }
    else if (tm->tm_mday < 0 || tm->tm_mday > 31) {
        what = "day of month";
    }
    else if (tm->tm_hour < 0 || tm->tm_hour > 23) {
        what = "hour";
    }
    else if (tm->tm_min < 0 || tm->tm_min > 59) {
        what = "minute";
    }
    else if (tm->tm_sec < 0 || tm->tm_sec > 61) {
        what = "seconds";
    }
    else if (tm->tm_wday < 0) {
        what = "day of week";
    }
    else if (tm->tm_yday < 0 || tm->tm_yday > 365) {
        what = "day of year";
    }
    if (what != NULL) {
        PyErr_Format(PyExc_ValueError, "%s out of range", what);
        return -1;
    }
    return 0;
}

/* ---- text ---- */

/* wcsftime() with as large a buffer as it takes. */
static PyObject *
format_time(const wchar_t *format, size_t format_len, const struct tm *tm)
{
    size_t capacity = 1024;

    for (;; capacity += capacity) {
        wchar_t *buffer = PyMem_New(wchar_t, capacity);
        size_t len;

        if (buffer == NULL) {
            return PyErr_NoMemory();
        }
        len = wcsftime(buffer, capacity, format, tm);
        /* 0 also is the length of what is empty, like "%p" in many locales:
         * once there was room enough, it must be that */
        if (len > 0 || capacity >= 256 * format_len) {
            PyObject *text = PyUnicode_FromWideChar(buffer, (Py_ssize_t)len);
            PyMem_Free(buffer);
            return text;
        }
        PyMem_Free(buffer);
    }
}

static PyObject *
time_strftime(PyObject *module, PyObject *args)
{
    time_state *state = PyModule_GetState(module);
    PyObject *format_object, *tuple = NULL, *result;
    struct tm tm;
    wchar_t *format;

    memset(&tm, 0, sizeof(tm));
    if (!PyArg_ParseTuple(args, "U|O:strftime", &format_object, &tuple)) {
        return NULL;
    }
    if (tuple == NULL) {
        if (_PyTime_localtime(time(NULL), &tm) != 0) {
            return NULL;
        }
    }
    else if (tm_from_object(state, tuple, &tm,
                            "iiiiiiiii;strftime(): illegal time tuple "
                            "argument") < 0 ||
             tm_check(&tm) < 0) {
        return NULL;
    }
    /* some C libraries index with it */
    tm.tm_isdst = tm.tm_isdst < -1 ? -1 : tm.tm_isdst > 1 ? 1 : tm.tm_isdst;
    format = PyUnicode_AsWideCharString(format_object, NULL);
    if (format == NULL) {
        return NULL;
    }
    result = format_time(format, wcslen(format), &tm);
    PyMem_Free(format);
    return result;
}

static PyObject *
time_strptime(PyObject *module, PyObject *args)
{
    PyObject *implementation, *function, *result;

    implementation = PyImport_ImportModule("_strptime");
    if (implementation == NULL) {
        return NULL;
    }
    function = PyObject_GetAttr(implementation, NAME(_strptime_time));
    Py_DECREF(implementation);
    if (function == NULL) {
        return NULL;
    }
    result = PyObject_Call(function, args, NULL);
    Py_DECREF(function);
    return result;
}

static PyObject *
tm_as_text(const struct tm *tm)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};

    return PyUnicode_FromFormat(
        "%s %s%3d %.2d:%.2d:%.2d %ld", days[tm->tm_wday], months[tm->tm_mon],
        tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec,
        1900 + (long)tm->tm_year);
}

static PyObject *
time_asctime(PyObject *module, PyObject *args)
{
    PyObject *tuple = NULL;
    struct tm tm;

    if (!PyArg_UnpackTuple(args, "asctime", 0, 1, &tuple)) {
        return NULL;
    }
    if (tuple == NULL) {
        if (_PyTime_localtime(time(NULL), &tm) != 0) {
            return NULL;
        }
    }
    else if (tm_from_object(PyModule_GetState(module), tuple, &tm,
                            "iiiiiiiii;asctime(): illegal time tuple "
                            "argument") < 0 ||
             tm_check(&tm) < 0) {
        return NULL;
    }
    return tm_as_text(&tm);
}

static PyObject *
time_ctime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;

    if (parse_seconds(args, "|O:ctime", &when) < 0 ||
        _PyTime_localtime(when, &tm) != 0) {
        return NULL;
    }
    return tm_as_text(&tm);
}

static PyObject *
time_mktime(PyObject *module, PyObject *tuple)
{
    struct tm tm;
    time_t when;

    if (tm_from_object(PyModule_GetState(module), tuple, &tm,
                       "iiiiiiiii;mktime(): illegal time tuple "
                       "argument") < 0) {
        return NULL;
    }
    tm.tm_wday = -1;           /* set on success, -1 being a possible time */
    when = mktime(&tm);
    if (when == (time_t)-1 && tm.tm_wday == -1) {
        PyErr_SetString(PyExc_OverflowError, "mktime argument out of range");
        return NULL;
    }
    return PyFloat_FromDouble((double)when);
}

/* ---- time zones ---- */

/* Name and seconds west of Greenwich at a time. */
static int
zone_at(time_t when, char *name, size_t size, long *west)
{
    struct tm tm;

    if (_PyTime_localtime(when, &tm) != 0) {
        return -1;
    }
    PyOS_snprintf(name, size, "%s", tm.tm_zone != NULL ? tm.tm_zone : "   ");
    *west = -tm.tm_gmtoff;
    return 0;
}

/* timezone, altzone, daylight, tzname: from the start and the middle of a
 * year; south of the equator it is the latter that is standard time. */
static int
time_add_zone(PyObject *module)
{
    static const time_t year = (365 * 24 + 6) * 3600;
    time_t when = time(NULL) / year * year;
    char january_name[10], july_name[10];
    long january, july, standard, other;
    PyObject *names;
    int status;

    if (zone_at(when, january_name, sizeof(january_name), &january) < 0 ||
        zone_at(when + year / 2, july_name, sizeof(july_name), &july) < 0) {
        return -1;
    }
    if (january < july) {
        standard = july;
        other = january;
        names = Py_BuildValue("(zz)", july_name, january_name);
    }
    else {
        standard = january;
        other = july;
        names = Py_BuildValue("(zz)", january_name, july_name);
    }
    if (names == NULL) {
        return -1;
    }
    status = PyModule_AddIntConstant(module, "timezone", standard) < 0 ||
                     PyModule_AddIntConstant(module, "altzone", other) < 0 ||
                     PyModule_AddIntConstant(module, "daylight",
                                             standard != other) < 0 ||
                     PyModule_AddObjectRef(module, "tzname", names) < 0
                 ? -1
                 : 0;
    Py_DECREF(names);
    return status;
}

static PyObject *
time_tzset(PyObject *module, PyObject *unused)
{
    tzset();
    if (time_add_zone(module) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- the module ---- */

static PyMethodDef time_methods[] = {
    {"time", time_time, METH_NOARGS,
     "time() -> float\n\nSeconds since the Epoch."},
    {"time_ns", time_time_ns, METH_NOARGS,
     "time_ns() -> int\n\nNanoseconds since the Epoch."},
    {"clock_gettime", time_clock_gettime, METH_VARARGS,
     "clock_gettime(clk_id) -> float\n\nThe time of a clock."},
    {"clock_gettime_ns", time_clock_gettime_ns, METH_VARARGS,
     "clock_gettime_ns(clk_id) -> int\n\nThe time of a clock in "
     "nanoseconds."},
    {"clock_settime", time_clock_settime, METH_VARARGS,
     "clock_settime(clk_id, time)\n\nSet a clock."},
    {"clock_settime_ns", time_clock_settime_ns, METH_VARARGS,
     "clock_settime_ns(clk_id, time)\n\nSet a clock, in nanoseconds."},
    {"clock_getres", time_clock_getres, METH_VARARGS,
     "clock_getres(clk_id) -> float\n\nThe resolution of a clock."},
    {"pthread_getcpuclockid", time_pthread_getcpuclockid, METH_VARARGS,
     "pthread_getcpuclockid(thread_id) -> int\n\nThe clock of a thread's "
     "processor time."},
    {"sleep", time_sleep, METH_O,
     "sleep(seconds)\n\nDo nothing for this long."},
    {"gmtime", time_gmtime, METH_VARARGS,
     "gmtime([seconds]) -> struct_time\n\nA time broken down, in UTC."},
    {"localtime", time_localtime, METH_VARARGS,
     "localtime([seconds]) -> struct_time\n\nA time broken down, in the "
     "local zone."},
    {"asctime", time_asctime, METH_VARARGS,
     "asctime([tuple]) -> string\n\nA time as text of 24 characters."},
    {"ctime", time_ctime, METH_VARARGS,
     "ctime([seconds]) -> string\n\nThe text of asctime(localtime())."},
    {"mktime", time_mktime, METH_O,
     "mktime(tuple) -> floating point number\n\nThe seconds since the Epoch "
     "of a local time."},
    {"strftime", time_strftime, METH_VARARGS,
     "strftime(format[, tuple]) -> string\n\nA time in the given format."},
    {"strptime", time_strptime, METH_VARARGS,
     "strptime(string, format) -> struct_time\n\nThe time that a text "
     "tells."},
    {"tzset", time_tzset, METH_NOARGS,
     "tzset()\n\nRead the time zone anew from the environment."},
    {"monotonic", time_monotonic, METH_NOARGS,
     "monotonic() -> float\n\nA clock that never goes back."},
    {"monotonic_ns", time_monotonic_ns, METH_NOARGS,
     "monotonic_ns() -> int\n\nThe same in nanoseconds."},
    {"process_time", time_process_time, METH_NOARGS,
     "process_time() -> float\n\nThe processor time of this process."},
    {"process_time_ns", time_process_time_ns, METH_NOARGS,
     "process_time_ns() -> int\n\nThe same in nanoseconds."},
    {"thread_time", time_thread_time, METH_NOARGS,
     "thread_time() -> float\n\nThe processor time of this thread."},
    {"thread_time_ns", time_thread_time_ns, METH_NOARGS,
     "thread_time_ns() -> int\n\nThe same in nanoseconds."},
    {"perf_counter", time_perf_counter, METH_NOARGS,
     "perf_counter() -> float\n\nThe best clock for measuring."},
    {"perf_counter_ns", time_perf_counter_ns, METH_NOARGS,
     "perf_counter_ns() -> int\n\nThe same in nanoseconds."},
    {"get_clock_info", time_get_clock_info, METH_VARARGS,
     "get_clock_info(name: str) -> dict\n\nFacts about a clock."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long value;
} time_constants[] = {
#define N(name) {#name, name}
    N(CLOCK_REALTIME),           N(CLOCK_MONOTONIC),
    N(CLOCK_MONOTONIC_RAW),      N(CLOCK_PROCESS_CPUTIME_ID),
    N(CLOCK_THREAD_CPUTIME_ID),  N(CLOCK_BOOTTIME),
    N(CLOCK_TAI),                {"_STRUCT_TM_ITEMS", TIME_FIELDS},
#undef N
};

static int
time_exec(PyObject *module)
{
    time_state *state = PyModule_GetState(module);

    if (time_add_zone(module) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(time_constants); i++) {
        if (PyModule_AddIntConstant(module, time_constants[i].name,
                                    time_constants[i].value) < 0) {
            return -1;
        }
    }
    state->struct_time_type = PyStructSequence_NewType(&struct_time_desc);
    return state->struct_time_type == NULL
               ? -1
               : PyModule_AddType(module, state->struct_time_type);
}

static int
time_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    time_state *state = PyModule_GetState(module);

    Py_VISIT(state->struct_time_type);
    return 0;
}

static int
time_clear_state(PyObject *module)
{
    time_state *state = PyModule_GetState(module);

    Py_CLEAR(state->struct_time_type);
    return 0;
}

static void
time_free_state(void *module)
{
    (void)time_clear_state(module);
}

static PyModuleDef_Slot time_slots[] = {
    {Py_mod_exec, time_exec},
    {0, NULL},
};

static PyModuleDef time_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "time",
    .m_doc = "Clocks, and times as numbers, as tuples and as text.",
    .m_size = sizeof(time_state),
    .m_methods = time_methods,
    .m_slots = time_slots,
    .m_traverse = time_traverse_state,
    .m_clear = time_clear_state,
    .m_free = time_free_state,
};

PyMODINIT_FUNC PyInit_time(void);

PyMODINIT_FUNC
PyInit_time(void)
{
    return PyModuleDef_Init(&time_module);
}
