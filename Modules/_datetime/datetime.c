/* datetime: a date and a time of the day, with or without a tzinfo. */

#include "private.h"

/* ---- Making ------------------------------------------------------------- */

static void
datetime_store(PyDateTime_DateTime *self, const ymd *date, const hms *time,
               PyObject *tzinfo)
{
    self->hashcode = -1;
    self->hastzinfo = tzinfo != Py_None;
    self->data[0] = (unsigned char)(date->year >> 8);
    self->data[1] = (unsigned char)date->year;
    self->data[2] = (unsigned char)date->month;
    self->data[3] = (unsigned char)date->day;
    self->data[4] = (unsigned char)time->hour;
    self->data[5] = (unsigned char)time->minute;
    self->data[6] = (unsigned char)time->second;
    self->data[7] = (unsigned char)(time->micro >> 16);
    self->data[8] = (unsigned char)(time->micro >> 8);
    self->data[9] = (unsigned char)time->micro;
    self->fold = (unsigned char)time->fold;
    if (tzinfo != Py_None) {
        self->tzinfo = Py_NewRef(tzinfo);
    }
}

PyObject *
datetime_make(const ymd *date, const hms *time, PyObject *tzinfo,
              PyTypeObject *type)
{
    if (check_date_fields(date->year, date->month, date->day) < 0 ||
        check_time_fields(time->hour, time->minute, time->second, time->micro,
                          time->fold) < 0 ||
        check_tzinfo(tzinfo) < 0) {
        return NULL;
    }
    PyDateTime_DateTime *self =
        (PyDateTime_DateTime *)type->tp_alloc(type, 0);
    if (self != NULL) {
        datetime_store(self, date, time, tzinfo);
    }
    return (PyObject *)self;
}

PyObject *
datetime_make_for(PyObject *cls, const ymd *date, const hms *time,
                  PyObject *tzinfo)
{
    if (cls == (PyObject *)&datetime_type) {
        return datetime_make(date, time, tzinfo, &datetime_type);
    }
    PyObject *result = PyObject_CallFunction(
        cls, "iiiiiiiO", date->year, date->month, date->day, time->hour,
        time->minute, time->second, time->micro, tzinfo);
    if (result != NULL && time->fold && DATETIME_CHECK(result)) {
        ((PyDateTime_DateTime *)result)->fold = 1;
    }
    return result;
}

void
datetime_fields(PyObject *self, ymd *date, hms *time)
{
    *date = (ymd){YEAR(self), MONTH(self), DAY(self)};
    *time = (hms){DT_HOUR(self), DT_MINUTE(self), DT_SECOND(self),
                  DT_MICRO(self), DT_FOLD(self)};
}

/* The highest bit of the month is the fold. */
static const state_layout datetime_layout = {
    "datetime", _PyDateTime_DATETIME_DATASIZE, .checked = 2, .mask = 0x7F, 1,
    12,
};

static PyObject *
datetime_from_state(PyTypeObject *type, const unsigned char *data,
                    PyObject *tzinfo)
{
    if (tzinfo != Py_None && !TZINFO_CHECK(tzinfo)) {
        PyErr_SetString(PyExc_TypeError, "bad tzinfo state arg");
        return NULL;
    }
    PyDateTime_DateTime *self =
        (PyDateTime_DateTime *)type->tp_alloc(type, 0);
    if (self != NULL) {
        datetime_store(self, &(ymd){1, 1, 1}, &(hms){0}, tzinfo);
        memcpy(self->data, data, sizeof(self->data));
        self->fold = data[2] >> 7;
        self->data[2] &= 0x7F;
    }
    return (PyObject *)self;
}

static char *datetime_keywords[] = {
    (char *)"year", (char *)"month", (char *)"day", (char *)"hour",
    (char *)"minute", (char *)"second", (char *)"microsecond",
    (char *)"tzinfo", (char *)"fold", NULL};

static PyObject *
datetime_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    ymd date;
    hms time = {0};
    PyObject *tzinfo = Py_None;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (nargs >= 1 && nargs <= 2) {
        unsigned char data[_PyDateTime_DATETIME_DATASIZE];
        int found = state_read(PyTuple_GET_ITEM(args, 0), &datetime_layout,
                               data);
        if (found < 0) {
            return NULL;
        }
        if (found) {
            return datetime_from_state(type, data,
                                       nargs == 2 ? PyTuple_GET_ITEM(args, 1)
                                                  : Py_None);
        }
    }
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "iii|iiiiO$i", datetime_keywords, &date.year,
            &date.month, &date.day, &time.hour, &time.minute, &time.second,
            &time.micro, &tzinfo, &time.fold)) {
        return NULL;
    }
    return datetime_make(&date, &time, tzinfo, type);
}

static void
datetime_dealloc(PyDateTime_DateTime *self)
{
    if (self->hastzinfo) {
        Py_XDECREF(self->tzinfo);
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* ---- Class methods ------------------------------------------------------ */

static PyObject *
through_fromutc(PyObject *result, PyObject *tzinfo)
{
    if (result == NULL || tzinfo == Py_None) {
        return result;
    }
    PyObject *local = PyObject_CallMethod(tzinfo, "fromutc", "O", result);
    Py_DECREF(result);
    return local;
}

static PyObject *
datetime_now(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"tz", NULL};
    PyObject *tzinfo = Py_None;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:now", keywords,
                                     &tzinfo) ||
        check_tzinfo(tzinfo) < 0) {
        return NULL;
    }
    return through_fromutc(
        datetime_now_by(cls, tzinfo == Py_None ? _PyTime_localtime
                                               : _PyTime_gmtime, tzinfo),
        tzinfo);
}

static PyObject *
datetime_utcnow(PyObject *cls, PyObject *Py_UNUSED(ignored))
{
    return datetime_now_by(cls, _PyTime_gmtime, Py_None);
}

static PyObject *
datetime_fromtimestamp(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"timestamp", (char *)"tz", NULL};
    PyObject *stamp, *tzinfo = Py_None;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:fromtimestamp",
                                     keywords, &stamp, &tzinfo) ||
        check_tzinfo(tzinfo) < 0) {
        return NULL;
    }
    return through_fromutc(
        datetime_from_stamp(cls, tzinfo == Py_None ? _PyTime_localtime
                                                   : _PyTime_gmtime, stamp,
                            tzinfo), tzinfo);
}

static PyObject *
datetime_utcfromtimestamp(PyObject *cls, PyObject *args)
{
    PyObject *stamp;

    if (!PyArg_ParseTuple(args, "O:utcfromtimestamp", &stamp)) {
        return NULL;
    }
    return datetime_from_stamp(cls, _PyTime_gmtime, stamp, Py_None);
}

static PyObject *
datetime_strptime(PyObject *cls, PyObject *args)
{
    PyObject *text, *format;

    if (!PyArg_ParseTuple(args, "UU:strptime", &text, &format)) {
        return NULL;
    }
    PyObject *module = PyImport_ImportModule("_strptime");
    if (module == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallMethod(module, "_strptime_datetime",
                                           "OOO", cls, text, format);
    Py_DECREF(module);
    return result;
}

static PyObject *
datetime_combine(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"date", (char *)"time",
                               (char *)"tzinfo", NULL};
    PyObject *date, *time, *tzinfo = NULL;
    hms fields;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!|O:combine", keywords,
                                     &date_type, &date, &time_type, &time,
                                     &tzinfo)) {
        return NULL;
    }
    if (tzinfo == NULL) {
        tzinfo = T_TZINFO(time);
    }
    time_fields(time, &fields);
    return datetime_make_for(cls, &(ymd){YEAR(date), MONTH(date), DAY(date)},
                             &fields, tzinfo);
}

/* Date, separator, time: 0 with the fields and the zone (new), or -1. */
static int
parse_iso(PyObject *text, ymd *date, hms *time, PyObject **tzinfo)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    int status = 0, seconds = 0, micro = 0;

    if (size < 7) {
        return -1;
    }
    Py_ssize_t separator = text_find_separator(text);
    if (separator < 0 || separator > size) {
        return -1;
    }
    text_cursor cursor = {text, 0, separator};
    if (text_parse_date(&cursor, date) < 0) {
        return -1;
    }
    *time = (hms){0};
    if (separator < size) {
        cursor = (text_cursor){text, separator + 1, size};
        status = text_parse_time(&cursor, time, &seconds, &micro);
        if (status < 0) {
            return -1;
        }
    }
    *tzinfo = zone_from_parsed(status, seconds, micro);
    return *tzinfo == NULL ? -1 : 0;
}

static PyObject *
datetime_fromisoformat(PyObject *cls, PyObject *text)
{
    ymd date;
    hms time;
    PyObject *tzinfo;

    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError,
                        "fromisoformat: argument must be str");
        return NULL;
    }
    if (parse_iso(text, &date, &time, &tzinfo) < 0) {
        return PyErr_Occurred() ? NULL : text_raise_invalid(text);
    }
    PyObject *result = datetime_make_for(cls, &date, &time, tzinfo);
    Py_DECREF(tzinfo);
    return result;
}

/* ---- Asking the tzinfo -------------------------------------------------- */

static PyObject *
datetime_utcoffset(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_utcoffset(DT_TZINFO(self), self);
}

static PyObject *
datetime_dst(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_dst(DT_TZINFO(self), self);
}

static PyObject *
datetime_tzname(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_tzname(DT_TZINFO(self), self);
}

/* ---- Arithmetic --------------------------------------------------------- */

/* The microseconds since the day before year 1. */
static __int128
micro_of(PyObject *self)
{
    long long days = calendar_ordinal(YEAR(self), MONTH(self), DAY(self));
    long long seconds = ((days * 24 + DT_HOUR(self)) * 60 +
                         DT_MINUTE(self)) * 60 + DT_SECOND(self);
    return (__int128)seconds * US_PER_SECOND + DT_MICRO(self);
}

/* The fields of a moment: 0, or -1 with OverflowError. */
static int
fields_of_micro(__int128 micro, ymd *date, hms *time)
{
    const long long us_per_day = 86400LL * US_PER_SECOND;

    if (micro < us_per_day || micro >= (MAX_ORDINAL + 1) * us_per_day) {
        PyErr_SetString(PyExc_OverflowError, "date value out of range");
        return -1;
    }
    long long us = (long long)micro;       /* as the range allows */
    *date = calendar_from_ordinal((int)(us / us_per_day));
    long long rest = us % us_per_day;
    int seconds = (int)(rest / US_PER_SECOND);
    *time = (hms){seconds / 3600, seconds / 60 % 60, seconds % 60,
                  (int)(rest % US_PER_SECOND), 0};
    return 0;
}

PyObject *
datetime_add_delta(PyObject *self, PyObject *delta, int sign)
{
    ymd date;
    hms time;

    if (fields_of_micro(micro_of(self) + sign * delta_as_micro(delta), &date,
                        &time) < 0) {
        return NULL;
    }
    return datetime_make_for((PyObject *)Py_TYPE(self), &date, &time,
                             DT_TZINFO(self));
}

static PyObject *
datetime_add(PyObject *left, PyObject *right)
{
    if (DATETIME_CHECK(left) && DELTA_CHECK(right)) {
        return datetime_add_delta(left, right, 1);
    }
    if (DELTA_CHECK(left) && DATETIME_CHECK(right)) {
        return datetime_add_delta(right, left, 1);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

/* Both offsets, unless the tzinfo is the same: then None.  0 or -1. */
static int
get_offsets(PyObject *left, PyObject *right, PyObject **a, PyObject **b)
{
    if (DT_TZINFO(left) == DT_TZINFO(right)) {
        *a = Py_NewRef(Py_None);
        *b = Py_NewRef(Py_None);
        return 0;
    }
    *a = datetime_utcoffset(left, NULL);
    if (*a == NULL) {
        return -1;
    }
    *b = datetime_utcoffset(right, NULL);
    if (*b == NULL) {
        Py_CLEAR(*a);
        return -1;
    }
    return 0;
}

static __int128
micro_of_offset(PyObject *offset)
{
    return offset == Py_None ? 0 : delta_as_micro(offset);
}

static PyObject *
datetime_difference(PyObject *left, PyObject *right)
{
    PyObject *a, *b, *result = NULL;

    if (get_offsets(left, right, &a, &b) < 0) {
        return NULL;
    }
    if ((a == Py_None) != (b == Py_None)) {
        PyErr_SetString(PyExc_TypeError,
                        "can't subtract offset-naive and offset-aware "
                        "datetimes");
    }
    else {
        result = delta_from_micro(
            (micro_of(left) - micro_of_offset(a)) -
                (micro_of(right) - micro_of_offset(b)), &delta_type);
    }
    Py_DECREF(a);
    Py_DECREF(b);
    return result;
}

static PyObject *
datetime_subtract(PyObject *left, PyObject *right)
{
    if (DATETIME_CHECK(left)) {
        if (DATETIME_CHECK(right)) {
            return datetime_difference(left, right);
        }
        if (DELTA_CHECK(right)) {
            return datetime_add_delta(left, right, -1);
        }
    }
    Py_RETURN_NOTIMPLEMENTED;
}

/* ---- Text --------------------------------------------------------------- */

static PyObject *
datetime_repr(PyObject *self)
{
    const char *name = Py_TYPE(self)->tp_name;
    PyObject *text;

    if (DT_MICRO(self)) {
        text = PyUnicode_FromFormat(
            "%s(%d, %d, %d, %d, %d, %d, %d)", name, YEAR(self), MONTH(self),
            DAY(self), DT_HOUR(self), DT_MINUTE(self), DT_SECOND(self),
            DT_MICRO(self));
    }
    else if (DT_SECOND(self)) {
        text = PyUnicode_FromFormat(
            "%s(%d, %d, %d, %d, %d, %d)", name, YEAR(self), MONTH(self),
            DAY(self), DT_HOUR(self), DT_MINUTE(self), DT_SECOND(self));
    }
    else {
        text = PyUnicode_FromFormat("%s(%d, %d, %d, %d, %d)", name,
                                    YEAR(self), MONTH(self), DAY(self),
                                    DT_HOUR(self), DT_MINUTE(self));
    }
    return append_tzinfo(append_fold(text, DT_FOLD(self)), DT_TZINFO(self));
}

static PyObject *
datetime_str(PyObject *self)
{
    return PyObject_CallMethod(self, "isoformat", "s", " ");
}

static PyObject *
datetime_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"sep", (char *)"timespec", NULL};
    int separator = 'T';
    const char *timespec = NULL;
    ymd date;
    hms time;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Cs:isoformat", keywords,
                                     &separator, &timespec)) {
        return NULL;
    }
    datetime_fields(self, &date, &time);
    PyObject *clock = text_from_time(&time, timespec);
    if (clock == NULL) {
        return NULL;
    }
    PyObject *text = PyUnicode_FromFormat("%04d-%02d-%02d%c%U", date.year,
                                          date.month, date.day, separator,
                                          clock);
    Py_DECREF(clock);
    if (text == NULL || DT_TZINFO(self) == Py_None) {
        return text;
    }
    PyUnicode_AppendAndDel(&text,
                           text_from_offset(DT_TZINFO(self), self, ":"));
    return text;
}

static PyObject *
datetime_ctime(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    ymd date;
    hms time;

    datetime_fields(self, &date, &time);
    return text_ctime(&date, &time);
}

/* ---- Comparison --------------------------------------------------------- */

/* PEP 495: does the offset depend on the fold?  1, 0, -1. */
static int
depends_on_fold(PyObject *self, PyObject *offset)
{
    ymd date;
    hms time;

    datetime_fields(self, &date, &time);
    time.fold = !time.fold;
    PyObject *flipped = datetime_make_for((PyObject *)Py_TYPE(self), &date,
                                          &time, DT_TZINFO(self));
    if (flipped == NULL) {
        return -1;
    }
    PyObject *other = datetime_utcoffset(flipped, NULL);
    Py_DECREF(flipped);
    if (other == NULL) {
        return -1;
    }
    int result = other != offset &&
                 (other == Py_None || offset == Py_None ||
                  delta_order(other, offset) != 0);
    Py_DECREF(other);
    return result;
}

/* Times of different zones are never equal if one of them is ambiguous or
 * does not exist: 1, 0, -1. */
static int
is_exception(PyObject *self, PyObject *other, PyObject *a, PyObject *b)
{
    int result = depends_on_fold(self, a);

    return result != 0 ? result : depends_on_fold(other, b);
}

static PyObject *
compare_with_offsets(PyObject *self, PyObject *other, int op, PyObject *a,
                     PyObject *b)
{
    int order;

    if ((a == Py_None) != (b == Py_None)) {
        if (op == Py_EQ || op == Py_NE) {
            return PyBool_FromLong(op == Py_NE);
        }
        PyErr_SetString(PyExc_TypeError,
                        "can't compare offset-naive and offset-aware "
                        "datetimes");
        return NULL;
    }
    __int128 difference = (micro_of(self) - micro_of_offset(a)) -
                          (micro_of(other) - micro_of_offset(b));
    order = (difference > 0) - (difference < 0);
    if ((op == Py_EQ || op == Py_NE) && order == 0 &&
        DT_TZINFO(self) != DT_TZINFO(other)) {
        int exception = is_exception(self, other, a, b);
        if (exception < 0) {
            return NULL;
        }
        order = exception;
    }
    return compare_result(order, op);
}

static PyObject *
datetime_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *a, *b;

    if (!DATETIME_CHECK(other)) {
        if (!DATE_CHECK(other)) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        /* A date is no datetime: equality is clear, order is not. */
        if (op == Py_EQ || op == Py_NE) {
            return PyBool_FromLong(op == Py_NE);
        }
        return raise_cannot_compare(self, other);
    }
    if (DT_TZINFO(self) == DT_TZINFO(other)) {
        return compare_result(
            bytes_order(((PyDateTime_DateTime *)self)->data,
                        ((PyDateTime_DateTime *)other)->data,
                        _PyDateTime_DATETIME_DATASIZE), op);
    }
    if (get_offsets(self, other, &a, &b) < 0) {
        return NULL;
    }
    PyObject *result = compare_with_offsets(self, other, op, a, b);
    Py_DECREF(a);
    Py_DECREF(b);
    return result;
}

PyObject *
raise_cannot_compare(PyObject *a, PyObject *b)
{
    return PyErr_Format(PyExc_TypeError, "can't compare %s to %s",
                        Py_TYPE(a)->tp_name, Py_TYPE(b)->tp_name);
}

/* The same with fold 0, for its offset.  New. */
static PyObject *
without_fold(PyObject *self)
{
    ymd date;
    hms time;

    if (DT_FOLD(self) == 0) {
        return Py_NewRef(self);
    }
    datetime_fields(self, &date, &time);
    time.fold = 0;
    return datetime_make(&date, &time, DT_TZINFO(self), Py_TYPE(self));
}

static Py_hash_t
datetime_hash(PyObject *object)
{
    PyDateTime_DateTime *self = (PyDateTime_DateTime *)object;

    if (self->hashcode != -1) {
        return self->hashcode;
    }
    PyObject *plain = without_fold(object);
    if (plain == NULL) {
        return -1;
    }
    PyObject *offset = datetime_utcoffset(plain, NULL);
    Py_DECREF(plain);
    if (offset == NULL) {
        return -1;
    }
    if (offset == Py_None) {
        self->hashcode = _Py_HashBytes(self->data, sizeof(self->data));
    }
    else {
        PyObject *moment = delta_from_micro(
            micro_of(object) - delta_as_micro(offset), &delta_type);
        if (moment != NULL) {
            self->hashcode = PyObject_Hash(moment);
            Py_DECREF(moment);
        }
    }
    Py_DECREF(offset);
    return self->hashcode;
}

/* ---- Conversion --------------------------------------------------------- */

static PyObject *
datetime_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    ymd date;
    hms time;
    PyObject *tzinfo = DT_TZINFO(self);

    datetime_fields(self, &date, &time);
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "|iiiiiiiO$i:replace", datetime_keywords,
            &date.year, &date.month, &date.day, &time.hour, &time.minute,
            &time.second, &time.micro, &tzinfo, &time.fold)) {
        return NULL;
    }
    if (time.fold != 0 && time.fold != 1) {
        PyErr_SetString(PyExc_ValueError, "fold must be either 0 or 1");
        return NULL;
    }
    return datetime_make_for((PyObject *)Py_TYPE(self), &date, &time, tzinfo);
}

/* In UTC, with that tzinfo: the datetime minus its offset. */
static PyObject *
as_utc_with(PyObject *self, PyObject *offset, PyObject *tzinfo)
{
    ymd date;
    hms time;

    if (fields_of_micro(micro_of(self) - delta_as_micro(offset), &date,
                        &time) < 0) {
        return NULL;
    }
    return datetime_make_for((PyObject *)Py_TYPE(self), &date, &time, tzinfo);
}

/* The offset of a datetime for astimezone: its own, or the local one if it
 * is naive.  New. */
static PyObject *
offset_or_local(PyObject *self, PyObject **zone)
{
    PyObject *offset;

    *zone = Py_NewRef(DT_TZINFO(self));
    if (*zone != Py_None) {
        offset = zone_utcoffset(*zone, self);
        if (offset == NULL || offset != Py_None) {
            return offset;
        }
        Py_DECREF(offset);
    }
    Py_SETREF(*zone, zone_local_for(self));
    return *zone == NULL ? NULL : zone_utcoffset(*zone, self);
}

static PyObject *
datetime_astimezone(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"tz", NULL};
    PyObject *tzinfo = Py_None, *zone = NULL, *offset = NULL, *target = NULL;
    PyObject *utc = NULL, *result = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:astimezone", keywords,
                                     &tzinfo) ||
        check_tzinfo(tzinfo) < 0) {
        return NULL;
    }
    if (DT_TZINFO(self) == tzinfo && tzinfo != Py_None) {
        return Py_NewRef(self);           /* conversion to itself */
    }
    offset = offset_or_local(self, &zone);
    if (offset == NULL) {
        goto done;
    }
    if (zone == tzinfo) {
        result = Py_NewRef(self);
        goto done;
    }
    if (offset == Py_None) {
        PyErr_SetString(PyExc_ValueError,
                        "astimezone() cannot be applied to a naive datetime");
        goto done;
    }
    utc = as_utc_with(self, offset, timezone_utc);
    if (utc == NULL) {
        goto done;
    }
    target = tzinfo == Py_None ? zone_local_for_utc(utc) : Py_NewRef(tzinfo);
    if (target == NULL) {
        goto done;
    }
    Py_SETREF(utc, as_utc_with(self, offset, target));
    if (utc != NULL) {
        result = PyObject_CallMethod(target, "fromutc", "O", utc);
    }
done:
    Py_XDECREF(zone);
    Py_XDECREF(offset);
    Py_XDECREF(target);
    Py_XDECREF(utc);
    return result;
}

static PyObject *
datetime_timetuple(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int dst = -1;
    ymd date;
    hms time;

    if (DT_TZINFO(self) != Py_None) {
        PyObject *delta = datetime_dst(self, NULL);
        if (delta == NULL) {
            return NULL;
        }
        if (delta != Py_None) {
            dst = !delta_is_zero(delta);
        }
        Py_DECREF(delta);
    }
    datetime_fields(self, &date, &time);
    return text_struct_time(&date, &time, dst);
}

static PyObject *
datetime_utctimetuple(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    ymd date;
    hms time;

    datetime_fields(self, &date, &time);
    if (DT_TZINFO(self) != Py_None) {
        PyObject *offset = datetime_utcoffset(self, NULL);
        if (offset == NULL) {
            return NULL;
        }
        int status = 0;
        if (offset != Py_None) {
            status = fields_of_micro(micro_of(self) - delta_as_micro(offset),
                                     &date, &time);
        }
        Py_DECREF(offset);
        if (status < 0) {
            return NULL;
        }
    }
    return text_struct_time(&date, &time, 0);
}

static PyObject *
datetime_timestamp(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    ymd date;
    hms time;

    if (DT_TZINFO(self) != Py_None) {
        PyObject *epoch = datetime_make(&(ymd){1970, 1, 1}, &(hms){0},
                                        timezone_utc, &datetime_type);
        if (epoch == NULL) {
            return NULL;
        }
        PyObject *delta = datetime_subtract(self, epoch);
        Py_DECREF(epoch);
        if (delta == NULL) {
            return NULL;
        }
        PyObject *result = PyObject_CallMethod(delta, "total_seconds", NULL);
        Py_DECREF(delta);
        return result;
    }
    datetime_fields(self, &date, &time);
    long long seconds = seconds_from_local(&date, &time);
    if (seconds == -1) {
        return NULL;
    }
    return PyFloat_FromDouble((double)(seconds - epoch_seconds) +
                              time.micro / 1e6);
}

static PyObject *
datetime_date(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return date_make(YEAR(self), MONTH(self), DAY(self), &date_type);
}

static PyObject *
datetime_time(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    ymd date;
    hms time;

    datetime_fields(self, &date, &time);
    return time_make(&time, Py_None, &time_type);
}

static PyObject *
datetime_timetz(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    ymd date;
    hms time;

    datetime_fields(self, &date, &time);
    return time_make(&time, DT_TZINFO(self), &time_type);
}

/* ---- Pickle ------------------------------------------------------------- */

static PyObject *
datetime_state(PyObject *self, int protocol)
{
    return state_write(&datetime_layout, ((PyDateTime_DateTime *)self)->data,
                       protocol > 3 && DT_FOLD(self), DT_TZINFO(self));
}

static PyObject *
datetime_reduce_ex(PyObject *self, PyObject *args)
{
    int protocol;

    if (!PyArg_ParseTuple(args, "i:__reduce_ex__", &protocol)) {
        return NULL;
    }
    return Py_BuildValue("(ON)", Py_TYPE(self),
                         datetime_state(self, protocol));
}

static PyObject *
datetime_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("(ON)", Py_TYPE(self), datetime_state(self, 2));
}

/* ---- Type --------------------------------------------------------------- */

static PyObject *
datetime_get_hour(PyObject *self, void *closure)
{
    return PyLong_FromLong(DT_HOUR(self));
}

static PyObject *
datetime_get_minute(PyObject *self, void *closure)
{
    return PyLong_FromLong(DT_MINUTE(self));
}

static PyObject *
datetime_get_second(PyObject *self, void *closure)
{
    return PyLong_FromLong(DT_SECOND(self));
}

static PyObject *
datetime_get_microsecond(PyObject *self, void *closure)
{
    return PyLong_FromLong(DT_MICRO(self));
}

static PyObject *
datetime_get_tzinfo(PyObject *self, void *closure)
{
    return Py_NewRef(DT_TZINFO(self));
}

static PyObject *
datetime_get_fold(PyObject *self, void *closure)
{
    return PyLong_FromLong(DT_FOLD(self));
}

static PyGetSetDef datetime_getset[] = {
    {"hour", datetime_get_hour},
    {"minute", datetime_get_minute},
    {"second", datetime_get_second},
    {"microsecond", datetime_get_microsecond},
    {"tzinfo", datetime_get_tzinfo},
    {"fold", datetime_get_fold},
    {NULL},
};

#define WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef datetime_methods[] = {
    {"now", WITH_KEYWORDS(datetime_now),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "now($type, /, tz=None)\n--\n\n"
     "The current time, local or in the given time zone."},
    {"utcnow", datetime_utcnow, METH_NOARGS | METH_CLASS,
     "The current time in UTC, without tzinfo."},
    {"fromtimestamp", WITH_KEYWORDS(datetime_fromtimestamp),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "timestamp[, tz] -> the time, local or in the given time zone."},
    {"utcfromtimestamp", datetime_utcfromtimestamp,
     METH_VARARGS | METH_CLASS,
     "timestamp -> the time in UTC, without tzinfo."},
    {"strptime", datetime_strptime, METH_VARARGS | METH_CLASS,
     "string, format -> the time parsed as by time.strptime()."},
    {"combine", WITH_KEYWORDS(datetime_combine),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "date, time[, tzinfo] -> both together."},
    {"fromisoformat", datetime_fromisoformat, METH_O | METH_CLASS,
     "str -> the time in a string in most ISO 8601 formats."},
    {"date", datetime_date, METH_NOARGS, "The date alone."},
    {"time", datetime_time, METH_NOARGS, "The time alone, without tzinfo."},
    {"timetz", datetime_timetz, METH_NOARGS, "The time with its tzinfo."},
    {"ctime", datetime_ctime, METH_NOARGS, "The time as ctime() writes it."},
    {"timetuple", datetime_timetuple, METH_NOARGS,
     "A time.struct_time, as time.localtime() returns."},
    {"timestamp", datetime_timestamp, METH_NOARGS,
     "The POSIX time as float."},
    {"utctimetuple", datetime_utctimetuple, METH_NOARGS,
     "A time.struct_time in UTC, as time.gmtime() returns."},
    {"isoformat", WITH_KEYWORDS(datetime_isoformat),
     METH_VARARGS | METH_KEYWORDS,
     "[sep] -> the time in ISO 8601 format,\n"
     "YYYY-MM-DDTHH:MM:SS[.mmm[uuu]][+HH:MM].\n\n"
     "timespec is one of auto, hours, minutes, seconds, milliseconds and\n"
     "microseconds."},
    {"utcoffset", datetime_utcoffset, METH_NOARGS,
     "self.tzinfo.utcoffset(self)."},
    {"tzname", datetime_tzname, METH_NOARGS, "self.tzinfo.tzname(self)."},
    {"dst", datetime_dst, METH_NOARGS, "self.tzinfo.dst(self)."},
    {"replace", WITH_KEYWORDS(datetime_replace),
     METH_VARARGS | METH_KEYWORDS,
     "A datetime with new values for the given fields."},
    {"astimezone", WITH_KEYWORDS(datetime_astimezone),
     METH_VARARGS | METH_KEYWORDS,
     "tz -> the same moment in another time zone."},
    {"__reduce_ex__", datetime_reduce_ex, METH_VARARGS,
     "__reduce_ex__(protocol): what pickle rebuilds it from"},
    {"__reduce__", datetime_reduce, METH_NOARGS,
     "__reduce__(): what pickle rebuilds it from"},
    {NULL},
};

static PyNumberMethods datetime_as_number = {
    .nb_add = datetime_add,
    .nb_subtract = datetime_subtract,
};

PyTypeObject datetime_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.datetime",
    .tp_basicsize = sizeof(PyDateTime_DateTime),
    .tp_dealloc = (destructor)datetime_dealloc,
    .tp_repr = datetime_repr,
    .tp_as_number = &datetime_as_number,
    .tp_hash = datetime_hash,
    .tp_str = datetime_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR(
        "datetime(year, month, day[, hour[, minute[, second[, microsecond\n"
        "         [, tzinfo]]]]])\n\n"
        "A date and a time of the day."),
    .tp_richcompare = datetime_richcompare,
    .tp_methods = datetime_methods,
    .tp_getset = datetime_getset,
    .tp_base = &date_type,
    .tp_new = datetime_new,
};
