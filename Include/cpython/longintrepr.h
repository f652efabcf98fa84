/* Layout of int: a sign in ob_size, and 30-bit digits, least significant
 * first. */
#ifndef Py_CPYTHON_LONGINTREPR_H
#define Py_CPYTHON_LONGINTREPR_H
#ifdef __cplusplus
extern "C" {
#endif

#define PyLong_SHIFT 30
#define _PyLong_DECIMAL_SHIFT 9
#define _PyLong_DECIMAL_BASE ((digit)1000000000)
#define PyLong_BASE ((digit)1 << PyLong_SHIFT)
#define PyLong_MASK ((digit)(PyLong_BASE - 1))

typedef uint32_t digit;
typedef int32_t sdigit;
typedef uint64_t twodigits;
typedef int64_t stwodigits;

/* abs(ob_size) digits, the last one not zero; ob_size < 0: negative. */
struct _longobject {
    PyObject_VAR_HEAD
    digit ob_digit[1];
};

PyAPI_FUNC(PyLongObject *) _PyLong_New(Py_ssize_t n);
PyAPI_FUNC(PyObject *) _PyLong_Copy(PyLongObject *longobject);

#ifdef __cplusplus
}
#endif
#endif
