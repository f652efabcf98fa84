/* date, and the named tuple that isocalendar() returns. */

#include "private.h"

/* ---- Making ------------------------------------------------------------- */

PyObject *
date_make(int year, int month, int day, PyTypeObject *type)
{
    if (check_date_fields(year, month, day) < 0) {
        return NULL;
    }
    PyDateTime_Date *self = (PyDateTime_Date *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
        self->hastzinfo = 0;
        self->data[0] = (unsigned char)(year >> 8);
        self->data[1] = (unsigned char)year;
        self->data[2] = (unsigned char)month;
        self->data[3] = (unsigned char)day;
    }
    return (PyObject *)self;
}

PyObject *
date_make_for(PyObject *cls, int year, int month, int day)
{
    if (cls == (PyObject *)&date_type) {
        return date_make(year, month, day, &date_type);
    }
    return PyObject_CallFunction(cls, "iii", year, month, day);
}

static const state_layout date_layout = {
    "date", _PyDateTime_DATE_DATASIZE, .checked = 2, .mask = ~0u, 1, 12,
};

static PyObject *
date_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"year", (char *)"month", (char *)"day",
                               NULL};
    int year, month, day;

    if (PyTuple_GET_SIZE(args) == 1) {
        unsigned char data[_PyDateTime_DATE_DATASIZE];
        int found = state_read(PyTuple_GET_ITEM(args, 0), &date_layout,
                               data);
        if (found < 0) {
            return NULL;
        }
        if (found) {
            PyDateTime_Date *self =
                (PyDateTime_Date *)type->tp_alloc(type, 0);
            if (self != NULL) {
                memcpy(self->data, data, sizeof(data));
                self->hashcode = -1;
            }
            return (PyObject *)self;
        }
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii", keywords, &year,
                                     &month, &day)) {
        return NULL;
    }
    return date_make(year, month, day, type);
}

static PyObject *
date_today(PyObject *cls, PyObject *Py_UNUSED(ignored))
{
    PyObject *function = _PyImport_GetModuleAttrString("time", "time");

    if (function == NULL) {
        return NULL;
    }
    PyObject *now = PyObject_CallNoArgs(function);
    Py_DECREF(function);
    if (now == NULL) {
        return NULL;
    }
    /* Not date_from_stamp: subclasses have a fromtimestamp of their own. */
    PyObject *result = PyObject_CallMethod(cls, "fromtimestamp", "O", now);
    Py_DECREF(now);
    return result;
}

static PyObject *
date_fromordinal(PyObject *cls, PyObject *args)
{
    int ordinal;

    if (!PyArg_ParseTuple(args, "i:fromordinal", &ordinal)) {
        return NULL;
    }
    if (ordinal < 1) {
        PyErr_SetString(PyExc_ValueError, "ordinal must be >= 1");
        return NULL;
    }
    ymd date = ordinal > MAX_ORDINAL
        ? (ymd){(int)(MAXYEAR + 1 + (ordinal - MAX_ORDINAL - 1) / 366), 1, 1}
        : calendar_from_ordinal(ordinal);
    return date_make_for(cls, date.year, date.month, date.day);
}

static PyObject *
date_fromisoformat(PyObject *cls, PyObject *text)
{
    ymd date;

    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError,
                        "fromisoformat: argument must be str");
        return NULL;
    }
    text_cursor cursor = {text, 0, PyUnicode_GET_LENGTH(text)};
    if ((cursor.end != 7 && cursor.end != 8 && cursor.end != 10) ||
        text_parse_date(&cursor, &date) < 0) {
        return text_raise_invalid(text);
    }
    return date_make_for(cls, date.year, date.month, date.day);
}

static PyObject *
date_fromisocalendar(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"year", (char *)"week", (char *)"day",
                               NULL};
    int year, week, day;
    ymd date;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii:fromisocalendar",
                                     keywords, &year, &week, &day)) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Format(PyExc_ValueError,
                         "ISO calendar component out of range");
        }
        return NULL;
    }
    switch (calendar_from_iso(year, week, day, &date)) {
    case -4:
        return PyErr_Format(PyExc_ValueError, "Year is out of range: %d",
                            year);
    case -2:
        return PyErr_Format(PyExc_ValueError, "Invalid week: %d", week);
    case -3:
        return PyErr_Format(PyExc_ValueError,
                            "Invalid weekday: %d (range is [1, 7])", day);
    default:
        return date_make_for(cls, date.year, date.month, date.day);
    }
}

static PyObject *
date_fromtimestamp(PyObject *cls, PyObject *stamp)
{
    return date_from_stamp(cls, stamp);
}

/* ---- Text --------------------------------------------------------------- */

static PyObject *
date_repr(PyObject *self)
{
    return PyUnicode_FromFormat("%s(%d, %d, %d)", Py_TYPE(self)->tp_name,
                                YEAR(self), MONTH(self), DAY(self));
}

static PyObject *
date_isoformat(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromFormat("%04d-%02d-%02d", YEAR(self), MONTH(self),
                                DAY(self));
}

static PyObject *
date_str(PyObject *self)
{
    return PyObject_CallMethod(self, "isoformat", NULL);
}

static PyObject *
date_ctime(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return text_ctime(&(ymd){YEAR(self), MONTH(self), DAY(self)},
                      &(hms){0});
}

static PyObject *
date_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"format", NULL};
    PyObject *format;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:strftime", keywords,
                                     &format)) {
        return NULL;
    }
    PyObject *tuple = PyObject_CallMethod(self, "timetuple", NULL);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *result = text_strftime(self, format, tuple, self);
    Py_DECREF(tuple);
    return result;
}

/* ---- isocalendar -------------------------------------------------------- */

static PyObject *
isocalendar_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"year", (char *)"week",
                               (char *)"weekday", NULL};
    PyObject *items[3];

    if (!PyArg_ParseTupleAndKeywords(args, kwargs,
                                     "OOO:IsoCalendarDate", keywords,
                                     &items[0], &items[1], &items[2])) {
        return NULL;
    }
    PyObject *self = PyTuple_Type.tp_alloc(type, 3);
    for (int i = 0; self != NULL && i < 3; i++) {
        PyTuple_SET_ITEM(self, i, Py_NewRef(items[i]));
    }
    return self;
}

static PyObject *
isocalendar_repr(PyObject *self)
{
    return PyUnicode_FromFormat("%.200s(year=%S, week=%S, weekday=%S)",
                                Py_TYPE(self)->tp_name,
                                PyTuple_GET_ITEM(self, 0),
                                PyTuple_GET_ITEM(self, 1),
                                PyTuple_GET_ITEM(self, 2));
}

/* It is pickled as a plain tuple. */
static PyObject *
isocalendar_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O((OOO))", &PyTuple_Type,
                         PyTuple_GET_ITEM(self, 0), PyTuple_GET_ITEM(self, 1),
                         PyTuple_GET_ITEM(self, 2));
}

static PyObject *
isocalendar_item(PyObject *self, void *index)
{
    return Py_NewRef(PyTuple_GET_ITEM(self, (Py_ssize_t)index));
}

static PyGetSetDef isocalendar_getset[] = {
    {"year", isocalendar_item, NULL, NULL, (void *)0},
    {"week", isocalendar_item, NULL, NULL, (void *)1},
    {"weekday", isocalendar_item, NULL, NULL, (void *)2},
    {NULL},
};

static PyMethodDef isocalendar_methods[] = {
    {"__reduce__", isocalendar_reduce, METH_NOARGS, "As a plain tuple."},
    {NULL},
};

PyTypeObject isocalendar_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.IsoCalendarDate",
    .tp_repr = isocalendar_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = PyDoc_STR("ISO year, week and weekday of a date."),
    .tp_methods = isocalendar_methods,
    .tp_getset = isocalendar_getset,
    .tp_new = isocalendar_new,
};

static PyObject *
date_isocalendar(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int year = YEAR(self);
    int start = calendar_iso_year_start(year);
    int today = calendar_ordinal(year, MONTH(self), DAY(self));
    int week = today >= start ? (today - start) / 7 : -1;

    if (week < 0) {
        year--;
        start = calendar_iso_year_start(year);
        week = (today - start) / 7;
    }
    else if (week >= 52 && today >= calendar_iso_year_start(year + 1)) {
        year++;
        week = 0;
    }
    return PyObject_CallFunction((PyObject *)&isocalendar_type, "iii", year,
                                 week + 1, (today + 6) % 7 + 1);
}

/* ---- Other methods ------------------------------------------------------ */

static PyObject *
date_timetuple(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return text_struct_time(&(ymd){YEAR(self), MONTH(self), DAY(self)},
                            &(hms){0}, -1);
}

static int
ordinal_of(PyObject *self)
{
    return calendar_ordinal(YEAR(self), MONTH(self), DAY(self));
}

static PyObject *
date_toordinal(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(ordinal_of(self));
}

static PyObject *
date_weekday(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong((ordinal_of(self) + 6) % 7);
}

static PyObject *
date_isoweekday(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong((ordinal_of(self) + 6) % 7 + 1);
}

static PyObject *
date_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"year", (char *)"month", (char *)"day",
                               NULL};
    int year = YEAR(self), month = MONTH(self), day = DAY(self);

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iii:replace", keywords,
                                     &year, &month, &day)) {
        return NULL;
    }
    return date_make_for((PyObject *)Py_TYPE(self), year, month, day);
}

static PyObject *
date_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O(N)", Py_TYPE(self),
                         PyBytes_FromStringAndSize(
                             (char *)((PyDateTime_Date *)self)->data,
                             _PyDateTime_DATE_DATASIZE));
}

/* ---- Operators ---------------------------------------------------------- */

static PyObject *
add_days(PyObject *self, long long days)
{
    long long ordinal = ordinal_of(self) + days;

    if (ordinal < 1 || ordinal > MAX_ORDINAL) {
        PyErr_SetString(PyExc_OverflowError, "date value out of range");
        return NULL;
    }
    ymd date = calendar_from_ordinal((int)ordinal);
    return date_make_for((PyObject *)Py_TYPE(self), date.year, date.month,
                         date.day);
}

static PyObject *
date_add(PyObject *left, PyObject *right)
{
    if (DATETIME_CHECK(left) || DATETIME_CHECK(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (DATE_CHECK(left) && DELTA_CHECK(right)) {
        return add_days(left, ((PyDateTime_Delta *)right)->days);
    }
    if (DELTA_CHECK(left) && DATE_CHECK(right)) {
        return add_days(right, ((PyDateTime_Delta *)left)->days);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
date_subtract(PyObject *left, PyObject *right)
{
    if (DATETIME_CHECK(left) || DATETIME_CHECK(right) || !DATE_CHECK(left)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (DATE_CHECK(right)) {
        return delta_make(ordinal_of(left) - ordinal_of(right), 0, 0, 0,
                          &delta_type);
    }
    if (DELTA_CHECK(right)) {
        return add_days(left, -(long long)((PyDateTime_Delta *)right)->days);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

int
bytes_order(const unsigned char *a, const unsigned char *b, size_t size)
{
    return memcmp(a, b, size);
}

static PyObject *
date_richcompare(PyObject *self, PyObject *other, int op)
{
    /* A datetime is a date, but not to be compared with one. */
    if (!DATE_CHECK(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return compare_result(bytes_order(((PyDateTime_Date *)self)->data,
                                      ((PyDateTime_Date *)other)->data,
                                      _PyDateTime_DATE_DATASIZE), op);
}

static Py_hash_t
date_hash(PyObject *self)
{
    PyDateTime_Date *date = (PyDateTime_Date *)self;

    if (date->hashcode == -1) {
        date->hashcode = _Py_HashBytes(date->data, sizeof(date->data));
    }
    return date->hashcode;
}

/* ---- Type --------------------------------------------------------------- */

static PyObject *
date_get_year(PyObject *self, void *closure)
{
    return PyLong_FromLong(YEAR(self));
}

static PyObject *
date_get_month(PyObject *self, void *closure)
{
    return PyLong_FromLong(MONTH(self));
}

static PyObject *
date_get_day(PyObject *self, void *closure)
{
    return PyLong_FromLong(DAY(self));
}

static PyGetSetDef date_getset[] = {
    {"year", date_get_year},
    {"month", date_get_month},
    {"day", date_get_day},
    {NULL},
};

#define WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef date_methods[] = {
    {"fromtimestamp", date_fromtimestamp, METH_O | METH_CLASS,
     "fromtimestamp($type, timestamp, /)\n--\n\n"
     "The local date at that POSIX time."},
    {"fromordinal", date_fromordinal, METH_VARARGS | METH_CLASS,
     "int -> the date with that number of days, January 1 of year 1 being "
     "1."},
    {"fromisoformat", date_fromisoformat, METH_O | METH_CLASS,
     "str -> the date in a string in most ISO 8601 formats."},
    {"fromisocalendar", WITH_KEYWORDS(date_fromisocalendar),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "int, int, int -> the date of an ISO year, week and weekday."},
    {"today", date_today, METH_NOARGS | METH_CLASS, "The current local date."},
    {"ctime", date_ctime, METH_NOARGS, "The date as ctime() writes it."},
    {"strftime", WITH_KEYWORDS(date_strftime), METH_VARARGS | METH_KEYWORDS,
     "format -> the date in the style of strftime()."},
    {"__format__", text_format, METH_VARARGS, "Formats self with strftime."},
    {"timetuple", date_timetuple, METH_NOARGS,
     "A time.struct_time, as time.localtime() returns."},
    {"isocalendar", date_isocalendar, METH_NOARGS,
     "A named tuple of ISO year, week and weekday."},
    {"isoformat", date_isoformat, METH_NOARGS,
     "The date in ISO 8601 format, YYYY-MM-DD."},
    {"isoweekday", date_isoweekday, METH_NOARGS,
     "The day of the week, Monday 1, Sunday 7."},
    {"toordinal", date_toordinal, METH_NOARGS,
     "The number of the day, January 1 of year 1 being 1."},
    {"weekday", date_weekday, METH_NOARGS,
     "The day of the week, Monday 0, Sunday 6."},
    {"replace", WITH_KEYWORDS(date_replace), METH_VARARGS | METH_KEYWORDS,
     "A date with new values for the given fields."},
    {"__reduce__", date_reduce, METH_NOARGS,
     "__reduce__(): what pickle rebuilds it from"},
    {NULL},
};

static PyNumberMethods date_as_number = {
    .nb_add = date_add,
    .nb_subtract = date_subtract,
};

PyTypeObject date_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "datetime.date",
    .tp_basicsize = sizeof(PyDateTime_Date),
    .tp_repr = date_repr,
    .tp_as_number = &date_as_number,
    .tp_hash = date_hash,
    .tp_str = date_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc =
        PyDoc_STR("date(year, month, day): a day of the Gregorian calendar"),
    .tp_richcompare = date_richcompare,
    .tp_methods = date_methods,
    .tp_getset = date_getset,
    .tp_new = date_new,
};
