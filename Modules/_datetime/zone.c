/* tzinfo, timezone, and asking a tzinfo. */

#include "private.h"

/* ---- Asking ------------------------------------------------------------- */

int
check_tzinfo(PyObject *tzinfo)
{
    if (tzinfo == Py_None || TZINFO_CHECK(tzinfo)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "tzinfo argument must be None or of a tzinfo subclass, not "
                 "type '%s'", Py_TYPE(tzinfo)->tp_name);
    return -1;
}

PyObject *
tzinfo_of(PyObject *self)
{
    if (DATETIME_CHECK(self)) {
        return DT_TZINFO(self);
    }
    return TIME_CHECK(self) ? T_TZINFO(self) : NULL;
}

/* Strictly within a day: 1 or 0. */
static int
is_valid_offset(PyObject *offset)
{
    PyDateTime_Delta *delta = (PyDateTime_Delta *)offset;

    return (delta->days == -1 &&
            (delta->seconds > 0 || delta->microseconds > 0)) ||
           delta->days == 0;
}

static PyObject *
ask_offset(PyObject *tzinfo, const char *method, PyObject *argument)
{
    if (tzinfo == Py_None) {
        Py_RETURN_NONE;
    }
    PyObject *offset = PyObject_CallMethod(tzinfo, method, "O", argument);
    if (offset == NULL || offset == Py_None) {
        return offset;
    }
    if (!DELTA_CHECK(offset)) {
        PyErr_Format(PyExc_TypeError,
                     "tzinfo.%s() must return None or a timedelta, not "
                     "'%.200s'", method, Py_TYPE(offset)->tp_name);
        Py_CLEAR(offset);
    }
    else if (!is_valid_offset(offset)) {
        PyErr_SetString(PyExc_ValueError,
                        "offset must be a timedelta strictly between "
                        "-timedelta(hours=24) and timedelta(hours=24).");
        Py_CLEAR(offset);
    }
    return offset;
}

PyObject *
zone_utcoffset(PyObject *tzinfo, PyObject *argument)
{
    return ask_offset(tzinfo, "utcoffset", argument);
}

PyObject *
zone_dst(PyObject *tzinfo, PyObject *argument)
{
    return ask_offset(tzinfo, "dst", argument);
}

PyObject *
zone_tzname(PyObject *tzinfo, PyObject *argument)
{
    if (tzinfo == Py_None) {
        Py_RETURN_NONE;
    }
    PyObject *name = PyObject_CallMethod(tzinfo, "tzname", "O", argument);
    if (name == NULL || name == Py_None || PyUnicode_Check(name)) {
        return name;
    }
    PyErr_Format(PyExc_TypeError,
                 "tzinfo.tzname() must return None or a string, not '%s'",
                 Py_TYPE(name)->tp_name);
    Py_DECREF(name);
    return NULL;
}

/* Without the closing parenthesis of `text` (stolen), with `format` (one %R)
 * and a new parenthesis. */
static PyObject *
append_argument(PyObject *text, const char *format, PyObject *value)
{
    PyObject *head =
        PyUnicode_Substring(text, 0, PyUnicode_GET_LENGTH(text) - 1);

    Py_DECREF(text);
    if (head == NULL) {
        return NULL;
    }
    PyObject *result = PyUnicode_FromFormat(format, head, value);
    Py_DECREF(head);
    return result;
}

PyObject *
append_tzinfo(PyObject *text, PyObject *tzinfo)
{
    if (text == NULL || tzinfo == Py_None) {
        return text;
    }
    return append_argument(text, "%U, tzinfo=%R)", tzinfo);
}

PyObject *
append_fold(PyObject *text, int fold)
{
    if (text == NULL || fold == 0) {
        return text;
    }
    PyObject *number = PyLong_FromLong(fold);
    if (number == NULL) {
        Py_DECREF(text);
        return NULL;
    }
    PyObject *result = append_argument(text, "%U, fold=%R)", number);
    Py_DECREF(number);
    return result;
}

/* ---- tzinfo ------------------------------------------------------------- */

static PyObject *
refuse_abstract(const char *method)
{
    PyErr_Format(PyExc_NotImplementedError,
                 "a tzinfo subclass must implement %s()", method);
    return NULL;
}

static PyObject *
tzinfo_tzname(PyObject *self, PyObject *datetime)
{
    return refuse_abstract("tzname");
}

static PyObject *
tzinfo_utcoffset(PyObject *self, PyObject *datetime)
{
    return refuse_abstract("utcoffset");
}

static PyObject *
tzinfo_dst(PyObject *self, PyObject *datetime)
{
    return refuse_abstract("dst");
}

/* An aware datetime with this tzinfo: 0, or -1 with an exception. */
static int
check_fromutc_argument(PyObject *self, PyObject *datetime)
{
    if (!DATETIME_CHECK(datetime)) {
        PyErr_SetString(PyExc_TypeError,
                        "fromutc: argument must be a datetime");
        return -1;
    }
    if (DT_TZINFO(datetime) != self) {
        PyErr_SetString(PyExc_ValueError,
                        "fromutc: dt.tzinfo is not self");
        return -1;
    }
    return 0;
}

/* An offset that must not be None.  New. */
static PyObject *
require_offset(PyObject *offset, const char *message)
{
    if (offset == Py_None) {
        PyErr_SetString(PyExc_ValueError, message);
        Py_DECREF(offset);
        return NULL;
    }
    return offset;
}

static PyObject *
tzinfo_fromutc(PyObject *self, PyObject *datetime)
{
    PyObject *offset = NULL, *dst = NULL, *standard = NULL, *result = NULL;

    if (check_fromutc_argument(self, datetime) < 0) {
        return NULL;
    }
    offset = zone_utcoffset(DT_TZINFO(datetime), datetime);
    if (offset == NULL) {
        return NULL;
    }
    offset = require_offset(offset, "fromutc: non-None utcoffset() result "
                                    "required");
    if (offset == NULL) {
        return NULL;
    }
    dst = zone_dst(DT_TZINFO(datetime), datetime);
    if (dst != NULL) {
        dst = require_offset(dst, "fromutc: non-None dst() result required");
    }
    if (dst == NULL) {
        goto done;
    }
    standard = delta_minus(offset, dst);
    if (standard == NULL) {
        goto done;
    }
    result = datetime_add_delta(datetime, standard, 1);
    if (result == NULL) {
        goto done;
    }
    Py_SETREF(dst, zone_dst(DT_TZINFO(datetime), result));
    if (dst == NULL) {
        Py_CLEAR(result);
        goto done;
    }
    if (dst == Py_None) {
        PyErr_SetString(PyExc_ValueError,
                        "fromutc: tz.dst() gave inconsistent results; cannot "
                        "convert");
        Py_CLEAR(result);
        goto done;
    }
    if (!delta_is_zero(dst)) {
        Py_SETREF(result, datetime_add_delta(result, dst, 1));
    }
done:
    Py_XDECREF(offset);
    Py_XDECREF(dst);
    Py_XDECREF(standard);
    return result;
}

static PyObject *
tzinfo_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *method, *args;
    PyObject *name = PyUnicode_InternFromString("__getinitargs__");

    if (name == NULL) {
        return NULL;
    }
    int found = _PyObject_LookupAttr(self, name, &method);
    Py_DECREF(name);
    if (found < 0) {
        return NULL;
    }
    if (method != NULL) {
        args = PyObject_CallNoArgs(method);
        Py_DECREF(method);
    }
    else {
        args = PyTuple_New(0);
    }
    if (args == NULL) {
        return NULL;
    }
    PyObject *state = PyObject_CallMethod(self, "__getstate__", NULL);
    if (state == NULL) {
        Py_DECREF(args);
        return NULL;
    }
    return Py_BuildValue("(ONN)", Py_TYPE(self), args, state);
}

static PyMethodDef tzinfo_methods[] = {
    {"tzname", tzinfo_tzname, METH_O,
     "datetime -> the time zone's name, or None."},
    {"utcoffset", tzinfo_utcoffset, METH_O,
     "datetime -> local time minus UTC as a timedelta, or None."},
    {"dst", tzinfo_dst, METH_O,
     "datetime -> what daylight saving time adds, as a timedelta, or None."},
    {"fromutc", tzinfo_fromutc, METH_O,
     "datetime in UTC -> datetime in local time."},
    {"__reduce__", tzinfo_reduce, METH_NOARGS, "-> (cls, args, state)"},
    {NULL},
};

PyTypeObject tzinfo_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.tzinfo",
    .tp_basicsize = sizeof(PyDateTime_TZInfo),
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("Abstract base class of time zones."),
    .tp_methods = tzinfo_methods,
    .tp_new = PyType_GenericNew,
};

/* ---- timezone ----------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *offset;              /* timedelta */
    PyObject *name;                /* str, or NULL */
} timezoneobject;

PyObject *timezone_utc;

static PyObject *
timezone_alloc(PyObject *offset, PyObject *name, PyTypeObject *type)
{
    timezoneobject *self = (timezoneobject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->offset = Py_NewRef(offset);
        self->name = Py_XNewRef(name);
    }
    return (PyObject *)self;
}

PyObject *
timezone_make(PyObject *offset, PyObject *name)
{
    if (name == NULL && timezone_utc != NULL && delta_is_zero(offset)) {
        return Py_NewRef(timezone_utc);
    }
    if (!is_valid_offset(offset)) {
        PyErr_Format(PyExc_ValueError,
                     "offset must be a timedelta strictly between "
                     "-timedelta(hours=24) and timedelta(hours=24), not %R.",
                     offset);
        return NULL;
    }
    return timezone_alloc(offset, name, &timezone_type);
}

static PyObject *
timezone_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"offset", (char *)"name", NULL};
    PyObject *offset, *name = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|U:timezone", keywords,
                                     &delta_type, &offset, &name)) {
        return NULL;
    }
    return timezone_make(offset, name);
}

static void
timezone_dealloc(timezoneobject *self)
{
    Py_CLEAR(self->offset);
    Py_CLEAR(self->name);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
timezone_richcompare(timezoneobject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) ||
        !Py_IS_TYPE(other, &timezone_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return compare_result(
        delta_order(self->offset, ((timezoneobject *)other)->offset), op);
}

static Py_hash_t
timezone_hash(timezoneobject *self)
{
    return PyObject_Hash(self->offset);
}

/* The methods take a datetime or None. */
static int
check_timezone_argument(PyObject *datetime, const char *method)
{
    if (datetime == Py_None || DATETIME_CHECK(datetime)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "%s(dt) argument must be a datetime instance or None, not "
                 "%.200s", method, Py_TYPE(datetime)->tp_name);
    return -1;
}

static PyObject *
timezone_repr(timezoneobject *self)
{
    const char *type = Py_TYPE(self)->tp_name;

    if ((PyObject *)self == timezone_utc) {
        return PyUnicode_FromFormat("%s.utc", type);
    }
    if (self->name == NULL) {
        return PyUnicode_FromFormat("%s(%R)", type, self->offset);
    }
    return PyUnicode_FromFormat("%s(%R, %R)", type, self->offset, self->name);
}

static PyObject *
timezone_str(timezoneobject *self)
{
    if (self->name != NULL) {
        return Py_NewRef(self->name);
    }
    if (delta_is_zero(self->offset)) {
        return PyUnicode_FromString("UTC");
    }
    char sign = '+', text[40], rest[24] = "";
    __int128 micro = delta_as_micro(self->offset);
    if (micro < 0) {
        sign = '-';
        micro = -micro;
    }
    int seconds = (int)(micro / US_PER_SECOND);
    int us = (int)(micro % US_PER_SECOND);
    if (us != 0) {
        PyOS_snprintf(rest, sizeof(rest), ":%02d.%06d", seconds % 60, us);
    }
    else if (seconds % 60 != 0) {
        PyOS_snprintf(rest, sizeof(rest), ":%02d", seconds % 60);
    }
    PyOS_snprintf(text, sizeof(text), "UTC%c%02d:%02d%s", sign,
                  seconds / 3600, seconds / 60 % 60, rest);
    return PyUnicode_FromString(text);
}

static PyObject *
timezone_tzname(timezoneobject *self, PyObject *datetime)
{
    return check_timezone_argument(datetime, "tzname") < 0
               ? NULL : timezone_str(self);
}

static PyObject *
timezone_utcoffset(timezoneobject *self, PyObject *datetime)
{
    return check_timezone_argument(datetime, "utcoffset") < 0
               ? NULL : Py_NewRef(self->offset);
}

static PyObject *
timezone_dst(timezoneobject *self, PyObject *datetime)
{
    if (check_timezone_argument(datetime, "dst") < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
timezone_fromutc(timezoneobject *self, PyObject *datetime)
{
    return check_fromutc_argument((PyObject *)self, datetime) < 0
               ? NULL : datetime_add_delta(datetime, self->offset, 1);
}

static PyObject *
timezone_getinitargs(timezoneobject *self, PyObject *Py_UNUSED(ignored))
{
    return self->name == NULL ? PyTuple_Pack(1, self->offset)
                              : PyTuple_Pack(2, self->offset, self->name);
}

static PyMethodDef timezone_methods[] = {
    {"tzname", (PyCFunction)timezone_tzname, METH_O,
     "The name given when the timezone was made, or \"UTC+hh:mm\"."},
    {"utcoffset", (PyCFunction)timezone_utcoffset, METH_O,
     "The fixed offset."},
    {"dst", (PyCFunction)timezone_dst, METH_O, "None."},
    {"fromutc", (PyCFunction)timezone_fromutc, METH_O,
     "datetime in UTC -> datetime in local time."},
    {"__getinitargs__", (PyCFunction)timezone_getinitargs, METH_NOARGS,
     "For pickle."},
    {NULL},
};

PyTypeObject timezone_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.timezone",
    .tp_basicsize = sizeof(timezoneobject),
    .tp_dealloc = (destructor)timezone_dealloc,
    .tp_repr = (reprfunc)timezone_repr,
    .tp_hash = (hashfunc)timezone_hash,
    .tp_str = (reprfunc)timezone_str,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = PyDoc_STR("A time zone with a fixed offset from UTC."),
    .tp_richcompare = (richcmpfunc)timezone_richcompare,
    .tp_methods = timezone_methods,
    .tp_base = &tzinfo_type,
    .tp_new = timezone_new,
};

PyObject *
zone_from_parsed(int status, int seconds, int micro)
{
    if (status == 0) {
        Py_RETURN_NONE;
    }
    if (seconds == 0 && micro == 0) {
        return Py_NewRef(timezone_utc);
    }
    PyObject *offset = delta_make(0, seconds, micro, 1, &delta_type);
    if (offset == NULL) {
        return NULL;
    }
    PyObject *result = timezone_make(offset, NULL);
    Py_DECREF(offset);
    return result;
}
