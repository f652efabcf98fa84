/* Time in nanoseconds (private). */
#ifndef Py_CPYTHON_PYTIME_H
#define Py_CPYTHON_PYTIME_H
#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t _PyTime_t;
#define _PyTime_MIN INT64_MIN
#define _PyTime_MAX INT64_MAX
#define _SIZEOF_PYTIME_T 8

typedef enum {
    _PyTime_ROUND_FLOOR = 0,
    _PyTime_ROUND_CEILING = 1,
    _PyTime_ROUND_HALF_EVEN = 2,
    _PyTime_ROUND_UP = 3,
    _PyTime_ROUND_TIMEOUT = _PyTime_ROUND_UP
} _PyTime_round_t;

typedef struct {
    const char *implementation;
    int monotonic;
    int adjustable;
    double resolution;   /* seconds */
} _Py_clock_info_t;

#define _PYTIME_FROMSECONDS(seconds) \
    ((_PyTime_t)(seconds) * (1000 * 1000 * 1000))

PyAPI_FUNC(PyObject *) _PyLong_FromTime_t(time_t time_t);
PyAPI_FUNC(time_t) _PyLong_AsTime_t(PyObject *op);
PyAPI_FUNC(int) _PyTime_ObjectToTime_t(PyObject *op, time_t *time_t,
                                       _PyTime_round_t time_round_t);
PyAPI_FUNC(int) _PyTime_ObjectToTimeval(PyObject *op, time_t *time_t,
                                        long *value,
                                        _PyTime_round_t time_round_t);
PyAPI_FUNC(int) _PyTime_ObjectToTimespec(
    PyObject *op, time_t *time_t, long *value, _PyTime_round_t time_round_t);
PyAPI_FUNC(_PyTime_t) _PyTime_FromSeconds(int i);
PyAPI_FUNC(_PyTime_t) _PyTime_FromNanoseconds(_PyTime_t t);
PyAPI_FUNC(int) _PyTime_FromNanosecondsObject(_PyTime_t *time_t, PyObject *op);
PyAPI_FUNC(int) _PyTime_FromSecondsObject(
    _PyTime_t *time_t, PyObject *op, _PyTime_round_t time_round_t);
PyAPI_FUNC(int) _PyTime_FromMillisecondsObject(
    _PyTime_t *time_t, PyObject *op, _PyTime_round_t time_round_t);
PyAPI_FUNC(double) _PyTime_AsSecondsDouble(_PyTime_t t);
PyAPI_FUNC(_PyTime_t) _PyTime_AsMilliseconds(
    _PyTime_t t, _PyTime_round_t time_round_t);
PyAPI_FUNC(_PyTime_t) _PyTime_AsMicroseconds(
    _PyTime_t t, _PyTime_round_t time_round_t);
PyAPI_FUNC(_PyTime_t) _PyTime_AsNanoseconds(_PyTime_t t);
PyAPI_FUNC(PyObject *) _PyTime_AsNanosecondsObject(_PyTime_t t);
PyAPI_FUNC(int) _PyTime_FromTimeval(_PyTime_t *time_t,
                                    struct timeval *timeval);
PyAPI_FUNC(int) _PyTime_AsTimeval(_PyTime_t t, struct timeval *timeval,
                                  _PyTime_round_t time_round_t);
PyAPI_FUNC(void) _PyTime_AsTimeval_clamp(
    _PyTime_t t, struct timeval *timeval, _PyTime_round_t time_round_t);
PyAPI_FUNC(int) _PyTime_AsTimevalTime_t(_PyTime_t t, time_t *time_t, int *i,
                                        _PyTime_round_t time_round_t);
PyAPI_FUNC(int) _PyTime_FromTimespec(_PyTime_t *time_t,
                                     struct timespec *timespec);
PyAPI_FUNC(int) _PyTime_AsTimespec(_PyTime_t t, struct timespec *timespec);
PyAPI_FUNC(void) _PyTime_AsTimespec_clamp(
    _PyTime_t t, struct timespec *timespec);
PyAPI_FUNC(_PyTime_t) _PyTime_Add(_PyTime_t t, _PyTime_t t2);
PyAPI_FUNC(_PyTime_t) _PyTime_MulDiv(_PyTime_t t, _PyTime_t t2, _PyTime_t t3);
PyAPI_FUNC(_PyTime_t) _PyTime_GetSystemClock(void);
PyAPI_FUNC(int) _PyTime_GetSystemClockWithInfo(
    _PyTime_t *time_t, _Py_clock_info_t *clock_info_t);
PyAPI_FUNC(_PyTime_t) _PyTime_GetMonotonicClock(void);
PyAPI_FUNC(int) _PyTime_GetMonotonicClockWithInfo(
    _PyTime_t *time_t, _Py_clock_info_t *clock_info_t);
PyAPI_FUNC(int) _PyTime_localtime(time_t time_t, struct tm *tm);
PyAPI_FUNC(int) _PyTime_gmtime(time_t time_t, struct tm *tm);
PyAPI_FUNC(_PyTime_t) _PyTime_GetPerfCounter(void);
PyAPI_FUNC(int) _PyTime_GetPerfCounterWithInfo(
    _PyTime_t *time_t, _Py_clock_info_t *clock_info_t);
PyAPI_FUNC(_PyTime_t) _PyDeadline_Init(_PyTime_t t);
PyAPI_FUNC(_PyTime_t) _PyDeadline_Get(_PyTime_t t);

#ifdef __cplusplus
}
#endif
#endif
