/* time: a time of the day, with or without a tzinfo. */

#include "private.h"

/* ---- Making ------------------------------------------------------------- */

static void
time_store(PyDateTime_Time *self, const hms *time, PyObject *tzinfo)
{
    self->hashcode = -1;
    self->hastzinfo = tzinfo != Py_None;
    self->data[0] = (unsigned char)time->hour;
    self->data[1] = (unsigned char)time->minute;
    self->data[2] = (unsigned char)time->second;
    self->data[3] = (unsigned char)(time->micro >> 16);
    self->data[4] = (unsigned char)(time->micro >> 8);
    self->data[5] = (unsigned char)time->micro;
    self->fold = (unsigned char)time->fold;
    if (tzinfo != Py_None) {
        self->tzinfo = Py_NewRef(tzinfo);
    }
}

PyObject *
time_make(const hms *time, PyObject *tzinfo, PyTypeObject *type)
{
    if (check_time_fields(time->hour, time->minute, time->second, time->micro,
                          time->fold) < 0 ||
        check_tzinfo(tzinfo) < 0) {
        return NULL;
    }
    PyDateTime_Time *self =
        (PyDateTime_Time *)type->tp_alloc(type, 0);
    if (self != NULL) {
        time_store(self, time, tzinfo);
    }
    return (PyObject *)self;
}

PyObject *
time_make_for(PyObject *cls, const hms *time, PyObject *tzinfo)
{
    if (cls == (PyObject *)&time_type) {
        return time_make(time, tzinfo, &time_type);
    }
    PyObject *result = PyObject_CallFunction(cls, "iiiiO", time->hour,
                                             time->minute, time->second,
                                             time->micro, tzinfo);
    if (result != NULL) {
        ((PyDateTime_Time *)result)->fold = (unsigned char)time->fold;
    }
    return result;
}

void
time_fields(PyObject *self, hms *time)
{
    *time = (hms){T_HOUR(self), T_MINUTE(self), T_SECOND(self), T_MICRO(self),
                  T_FOLD(self)};
}

/* The highest bit of the hour is the fold. */
static const state_layout time_layout = {
    "time", _PyDateTime_TIME_DATASIZE, .checked = 0, .mask = 0x7F, 0, 23,
};

static PyObject *
time_from_state(PyTypeObject *type, const unsigned char *data,
                PyObject *tzinfo)
{
    if (tzinfo != Py_None && !TZINFO_CHECK(tzinfo)) {
        PyErr_SetString(PyExc_TypeError, "bad tzinfo state arg");
        return NULL;
    }
    PyDateTime_Time *self =
        (PyDateTime_Time *)type->tp_alloc(type, 0);
    if (self != NULL) {
        time_store(self, &(hms){0}, tzinfo);
        memcpy(self->data, data, sizeof(self->data));
        self->fold = data[0] >> 7;
        self->data[0] &= 0x7F;
    }
    return (PyObject *)self;
}

static char *time_keywords[] = {
    (char *)"hour", (char *)"minute", (char *)"second",
    (char *)"microsecond", (char *)"tzinfo", (char *)"fold", NULL};

static PyObject *
time_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    hms time = {0};
    PyObject *tzinfo = Py_None;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (nargs >= 1 && nargs <= 2) {
        unsigned char data[_PyDateTime_TIME_DATASIZE];
        int found = state_read(PyTuple_GET_ITEM(args, 0), &time_layout,
                               data);
        if (found < 0) {
            return NULL;
        }
        if (found) {
            return time_from_state(type, data,
                                   nargs == 2 ? PyTuple_GET_ITEM(args, 1)
                                              : Py_None);
        }
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiiO$i", time_keywords,
                                     &time.hour, &time.minute, &time.second,
                                     &time.micro, &tzinfo, &time.fold)) {
        return NULL;
    }
    return time_make(&time, tzinfo, type);
}

static void
time_dealloc(PyDateTime_Time *self)
{
    if (self->hastzinfo) {
        Py_XDECREF(self->tzinfo);
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
time_fromisoformat(PyObject *cls, PyObject *text)
{
    hms time;
    int seconds, micro;

    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError,
                        "fromisoformat: argument must be str");
        return NULL;
    }
    text_cursor cursor = {text, 0, PyUnicode_GET_LENGTH(text)};
    if (cursor.end > 0 && PyUnicode_READ_CHAR(text, 0) == 'T') {
        cursor.at++;
    }
    int status = text_parse_time(&cursor, &time, &seconds, &micro);
    if (status < 0) {
        return text_raise_invalid(text);
    }
    PyObject *tzinfo = zone_from_parsed(status, seconds, micro);
    if (tzinfo == NULL) {
        return NULL;
    }
    PyObject *result = cls == (PyObject *)&time_type
        ? time_make(&time, tzinfo, &time_type)
        : PyObject_CallFunction(cls, "iiiiO", time.hour, time.minute,
                                time.second, time.micro, tzinfo);
    Py_DECREF(tzinfo);
    return result;
}

/* ---- Asking the tzinfo -------------------------------------------------- */

static PyObject *
time_utcoffset(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_utcoffset(T_TZINFO(self), Py_None);
}

static PyObject *
time_dst(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_dst(T_TZINFO(self), Py_None);
}

static PyObject *
time_tzname(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return zone_tzname(T_TZINFO(self), Py_None);
}

/* ---- Text --------------------------------------------------------------- */

static PyObject *
time_repr(PyObject *self)
{
    const char *name = Py_TYPE(self)->tp_name;
    int hour = T_HOUR(self), minute = T_MINUTE(self);
    int second = T_SECOND(self), micro = T_MICRO(self);
    PyObject *text;

    if (micro != 0) {
        text = PyUnicode_FromFormat("%s(%d, %d, %d, %d)", name, hour, minute,
                                    second, micro);
    }
    else if (second != 0) {
        text = PyUnicode_FromFormat("%s(%d, %d, %d)", name, hour, minute,
                                    second);
    }
    else {
        text = PyUnicode_FromFormat("%s(%d, %d)", name, hour, minute);
    }
    return append_fold(append_tzinfo(text, T_TZINFO(self)), T_FOLD(self));
}

static PyObject *
time_str(PyObject *self)
{
    return PyObject_CallMethod(self, "isoformat", NULL);
}

static PyObject *
time_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"timespec", NULL};
    const char *timespec = NULL;
    hms time;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:isoformat", keywords,
                                     &timespec)) {
        return NULL;
    }
    time_fields(self, &time);
    PyObject *text = text_from_time(&time, timespec);
    if (text == NULL || T_TZINFO(self) == Py_None) {
        return text;
    }
    PyObject *offset = text_from_offset(T_TZINFO(self), Py_None, ":");
    PyUnicode_AppendAndDel(&text, offset);
    return text;
}

static PyObject *
time_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"format", NULL};
    PyObject *format;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:strftime", keywords,
                                     &format)) {
        return NULL;
    }
    /* Some year that every strftime can cope with. */
    PyObject *tuple = Py_BuildValue("iiiiiiiii", 1900, 1, 1, T_HOUR(self),
                                    T_MINUTE(self), T_SECOND(self), 0, 1,
                                    -1);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *result = text_strftime(self, format, tuple, Py_None);
    Py_DECREF(tuple);
    return result;
}

/* ---- Comparison --------------------------------------------------------- */

/* The microseconds since midnight, in UTC. */
static __int128
micro_of(PyObject *self, PyObject *offset)
{
    __int128 seconds = (T_HOUR(self) * 60 + T_MINUTE(self)) * 60 +
                       T_SECOND(self);
    return seconds * US_PER_SECOND + T_MICRO(self) -
           (offset == Py_None ? 0 : delta_as_micro(offset));
}

static PyObject *
time_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *result = NULL;

    if (!TIME_CHECK(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (T_TZINFO(self) == T_TZINFO(other)) {
        return compare_result(bytes_order(((PyDateTime_Time *)self)->data,
                                          ((PyDateTime_Time *)other)->data,
                                          _PyDateTime_TIME_DATASIZE), op);
    }
    PyObject *mine = time_utcoffset(self, NULL);
    if (mine == NULL) {
        return NULL;
    }
    PyObject *theirs = time_utcoffset(other, NULL);
    if (theirs == NULL) {
        goto done;
    }
    if ((mine == Py_None) == (theirs == Py_None)) {
        __int128 difference = micro_of(self, mine) - micro_of(other, theirs);
        result = compare_result((difference > 0) - (difference < 0), op);
    }
    else if (op == Py_EQ) {
        result = Py_NewRef(Py_False);
    }
    else if (op == Py_NE) {
        result = Py_NewRef(Py_True);
    }
    else {
        PyErr_SetString(PyExc_TypeError,
                        "can't compare offset-naive and offset-aware times");
    }
done:
    Py_DECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

/* The same with fold 0, for its offset.  New. */
static PyObject *
without_fold(PyObject *self)
{
    hms time;

    if (T_FOLD(self) == 0) {
        return Py_NewRef(self);
    }
    time_fields(self, &time);
    time.fold = 0;
    return time_make(&time, T_TZINFO(self), Py_TYPE(self));
}

static Py_hash_t
time_hash(PyObject *object)
{
    PyDateTime_Time *self = (PyDateTime_Time *)object;

    if (self->hashcode != -1) {
        return self->hashcode;
    }
    PyObject *plain = without_fold(object);
    if (plain == NULL) {
        return -1;
    }
    PyObject *offset = time_utcoffset(plain, NULL);
    Py_DECREF(plain);
    if (offset == NULL) {
        return -1;
    }
    if (offset == Py_None) {
        self->hashcode = _Py_HashBytes(self->data, sizeof(self->data));
    }
    else {
        PyObject *moment = delta_from_micro(micro_of(object, offset),
                                            &delta_type);
        if (moment != NULL) {
            self->hashcode = PyObject_Hash(moment);
            Py_DECREF(moment);
        }
    }
    Py_DECREF(offset);
    return self->hashcode;
}

/* ---- Other methods ------------------------------------------------------ */

static PyObject *
time_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    hms time;
    PyObject *tzinfo = T_TZINFO(self);

    time_fields(self, &time);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiiO$i:replace",
                                     time_keywords, &time.hour, &time.minute,
                                     &time.second, &time.micro, &tzinfo,
                                     &time.fold)) {
        return NULL;
    }
    if (time.fold != 0 && time.fold != 1) {
        PyErr_SetString(PyExc_ValueError, "fold must be either 0 or 1");
        return NULL;
    }
    PyObject *cls = (PyObject *)Py_TYPE(self);
    return time_make_for(cls, &time, tzinfo);
}

static PyObject *
time_state(PyObject *self, int protocol)
{
    return state_write(&time_layout, ((PyDateTime_Time *)self)->data,
                       protocol > 3 && T_FOLD(self), T_TZINFO(self));
}

static PyObject *
time_reduce_ex(PyObject *self, PyObject *args)
{
    int protocol;

    if (!PyArg_ParseTuple(args, "i:__reduce_ex__", &protocol)) {
        return NULL;
    }
    return Py_BuildValue("(ON)", Py_TYPE(self), time_state(self, protocol));
}

static PyObject *
time_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("(ON)", Py_TYPE(self), time_state(self, 2));
}

/* ---- Type --------------------------------------------------------------- */

static PyObject *
time_get_hour(PyObject *self, void *closure)
{
    return PyLong_FromLong(T_HOUR(self));
}

static PyObject *
time_get_minute(PyObject *self, void *closure)
{
    return PyLong_FromLong(T_MINUTE(self));
}

static PyObject *
time_get_second(PyObject *self, void *closure)
{
    return PyLong_FromLong(T_SECOND(self));
}

static PyObject *
time_get_microsecond(PyObject *self, void *closure)
{
    return PyLong_FromLong(T_MICRO(self));
}

static PyObject *
time_get_tzinfo(PyObject *self, void *closure)
{
    return Py_NewRef(T_TZINFO(self));
}

static PyObject *
time_get_fold(PyObject *self, void *closure)
{
    return PyLong_FromLong(T_FOLD(self));
}

static PyGetSetDef time_getset[] = {
    {"hour", time_get_hour},
    {"minute", time_get_minute},
    {"second", time_get_second},
    {"microsecond", time_get_microsecond},
    {"tzinfo", time_get_tzinfo},
    {"fold", time_get_fold},
    {NULL},
};

#define WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef time_methods[] = {
    {"isoformat", WITH_KEYWORDS(time_isoformat), METH_VARARGS | METH_KEYWORDS,
     "The time in ISO 8601 format, HH:MM:SS[.mmm[uuu]][+HH:MM].\n\n"
     "timespec is one of auto, hours, minutes, seconds, milliseconds and\n"
     "microseconds."},
    {"strftime", WITH_KEYWORDS(time_strftime), METH_VARARGS | METH_KEYWORDS,
     "format -> the time in the style of strftime()."},
    {"__format__", text_format, METH_VARARGS, "Formats self with strftime."},
    {"utcoffset", time_utcoffset, METH_NOARGS, "self.tzinfo.utcoffset(None)."},
    {"tzname", time_tzname, METH_NOARGS, "self.tzinfo.tzname(None)."},
    {"dst", time_dst, METH_NOARGS, "self.tzinfo.dst(None)."},
    {"replace", WITH_KEYWORDS(time_replace), METH_VARARGS | METH_KEYWORDS,
     "A time with new values for the given fields."},
    {"fromisoformat", time_fromisoformat, METH_O | METH_CLASS,
     "str -> the time in a string in most ISO 8601 formats."},
    {"__reduce_ex__", time_reduce_ex, METH_VARARGS,
     "__reduce_ex__(protocol): what pickle rebuilds it from"},
    {"__reduce__", time_reduce, METH_NOARGS,
     "__reduce__(): what pickle rebuilds it from"},
    {NULL},
};

PyTypeObject time_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.time",
    .tp_basicsize = sizeof(PyDateTime_Time),
    .tp_dealloc = (destructor)time_dealloc,
    .tp_repr = time_repr,
    .tp_hash = time_hash,
    .tp_str = time_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR(
        "time([hour[, minute[, second[, microsecond[, tzinfo]]]]])\n\n"
        "A time of the day."),
    .tp_richcompare = time_richcompare,
    .tp_methods = time_methods,
    .tp_getset = time_getset,
    .tp_new = time_new,
};
