/* The module _datetime, and the capsule through which C code uses it. */

#include "private.h"

/* ---- C API -------------------------------------------------------------- */

static PyObject *
api_date(int year, int month, int day, PyTypeObject *type)
{
    return date_make(year, month, day, type);
}

static PyObject *
api_datetime_fold(int year, int month, int day, int hour, int minute,
                  int second, int micro, PyObject *tzinfo, int fold,
                  PyTypeObject *type)
{
    return datetime_make(&(ymd){year, month, day},
                         &(hms){hour, minute, second, micro, fold}, tzinfo,
                         type);
}

static PyObject *
api_datetime(int year, int month, int day, int hour, int minute, int second,
             int micro, PyObject *tzinfo, PyTypeObject *type)
{
    return api_datetime_fold(year, month, day, hour, minute, second, micro,
                             tzinfo, 0, type);
}

static PyObject *
api_time_fold(int hour, int minute, int second, int micro, PyObject *tzinfo,
              int fold, PyTypeObject *type)
{
    return time_make(&(hms){hour, minute, second, micro, fold}, tzinfo, type);
}

static PyObject *
api_time(int hour, int minute, int second, int micro, PyObject *tzinfo,
         PyTypeObject *type)
{
    return api_time_fold(hour, minute, second, micro, tzinfo, 0, type);
}

static PyObject *
api_timezone(PyObject *offset, PyObject *name)
{
    return timezone_make(offset, name);
}

static PyObject *
api_datetime_from_stamp(PyObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *method = PyObject_GetAttrString(type, "fromtimestamp");

    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Call(method, args, kwargs);
    Py_DECREF(method);
    return result;
}

static PyObject *
api_date_from_stamp(PyObject *type, PyObject *args)
{
    PyObject *stamp;

    if (!PyArg_UnpackTuple(args, "fromtimestamp", 1, 1, &stamp)) {
        return NULL;
    }
    return date_from_stamp(type, stamp);
}

static PyDateTime_CAPI datetime_api = {
    .DateType = &date_type,
    .DateTimeType = &datetime_type,
    .TimeType = &time_type,
    .DeltaType = &delta_type,
    .TZInfoType = &tzinfo_type,
    .Date_FromDate = api_date,
    .DateTime_FromDateAndTime = api_datetime,
    .Time_FromTime = api_time,
    .Delta_FromDelta = delta_make,
    .TimeZone_FromTimeZone = api_timezone,
    .DateTime_FromTimestamp = api_datetime_from_stamp,
    .Date_FromTimestamp = api_date_from_stamp,
    .DateTime_FromDateAndTimeAndFold = api_datetime_fold,
    .Time_FromTimeAndFold = api_time_fold,
};

/* ---- Class attributes --------------------------------------------------- */

/* Steals `value`; NULL means failure. */
static int
add_attribute(PyTypeObject *type, const char *name, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = PyDict_SetItemString(type->tp_dict, name, value);
    Py_DECREF(value);
    return status;
}

static PyObject *
new_delta(int days, int seconds, int micro)
{
    return delta_make(days, seconds, micro, 0, &delta_type);
}

static PyObject *
new_zone(int minutes)
{
    PyObject *offset = delta_make(0, minutes * 60, 0, 1, &delta_type);
    PyObject *zone = NULL;

    if (offset != NULL) {
        zone = timezone_make(offset, NULL);
        Py_DECREF(offset);
    }
    return zone;
}

static int
add_limits(void)
{
    static const hms last = {23, 59, 59, 999999, 0}, first = {0};
    static const ymd first_day = {1, 1, 1}, last_day = {MAXYEAR, 12, 31};

    if (add_attribute(&delta_type, "resolution", new_delta(0, 0, 1)) < 0 ||
        add_attribute(&delta_type, "min",
                      new_delta(-MAX_DELTA_DAYS, 0, 0)) < 0 ||
        add_attribute(&delta_type, "max",
                      new_delta(MAX_DELTA_DAYS, 86399, 999999)) < 0 ||
        add_attribute(&date_type, "min",
                      date_make(1, 1, 1, &date_type)) < 0 ||
        add_attribute(&date_type, "max",
                      date_make(MAXYEAR, 12, 31, &date_type)) < 0 ||
        add_attribute(&date_type, "resolution", new_delta(1, 0, 0)) < 0 ||
        add_attribute(&time_type, "min",
                      time_make(&first, Py_None, &time_type)) < 0 ||
        add_attribute(&time_type, "max",
                      time_make(&last, Py_None, &time_type)) < 0 ||
        add_attribute(&time_type, "resolution", new_delta(0, 0, 1)) < 0 ||
        add_attribute(&datetime_type, "min",
                      datetime_make(&first_day, &first, Py_None,
                                    &datetime_type)) < 0 ||
        add_attribute(&datetime_type, "max",
                      datetime_make(&last_day, &last, Py_None,
                                    &datetime_type)) < 0) {
        return -1;
    }
    return add_attribute(&datetime_type, "resolution", new_delta(0, 0, 1));
}

/* UTC is made once; other modules hold it through the API. */
static int
add_timezones(void)
{
    if (timezone_utc == NULL) {
        PyObject *zero = new_delta(0, 0, 0);
        if (zero == NULL) {
            return -1;
        }
        timezone_utc = timezone_make(zero, NULL);
        Py_DECREF(zero);
        if (timezone_utc == NULL) {
            return -1;
        }
        datetime_api.TimeZone_UTC = timezone_utc;
    }
    if (add_attribute(&timezone_type, "utc", Py_NewRef(timezone_utc)) < 0 ||
        add_attribute(&timezone_type, "min",
                      new_zone(-(23 * 60 + 59))) < 0) {
        return -1;
    }
    return add_attribute(&timezone_type, "max", new_zone(23 * 60 + 59));
}

/* ---- Module ------------------------------------------------------------- */

static int
add_types(PyObject *module)
{
    PyTypeObject *const types[] = {&date_type, &datetime_type, &time_type,
                                   &delta_type, &tzinfo_type,
                                   &timezone_type};

    isocalendar_type.tp_base = &PyTuple_Type;
    if (PyType_Ready(&isocalendar_type) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
datetime_exec(PyObject *module)
{
    if (add_types(module) < 0 || add_limits() < 0 || add_timezones() < 0 ||
        PyModule_AddIntConstant(module, "MINYEAR", MINYEAR) < 0 ||
        PyModule_AddIntConstant(module, "MAXYEAR", MAXYEAR) < 0 ||
        PyModule_AddObjectRef(module, "UTC", timezone_utc) < 0) {
        return -1;
    }
    PyType_Modified(&date_type);
    PyType_Modified(&time_type);
    PyType_Modified(&delta_type);
    PyType_Modified(&timezone_type);
    PyObject *capsule = PyCapsule_New(&datetime_api, PyDateTime_CAPSULE_NAME,
                                      NULL);
    if (capsule == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "datetime_CAPI", capsule);
    Py_DECREF(capsule);
    return status;
}

PyDoc_STRVAR(module_doc, "The types of the module datetime, in C.");

static struct PyModuleDef datetime_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_datetime",
    .m_doc = module_doc,
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__datetime(void);
PyMODINIT_FUNC
PyInit__datetime(void)
{
    PyObject *module = PyModule_Create(&datetime_module);

    if (module != NULL && datetime_exec(module) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
