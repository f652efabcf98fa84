/* Int objects: allocation and normal form.
 *
 * An int of one or two digits occupies 32 bytes either way, so that both share
 * one free list.  -5..256 live in _PyRuntime.small_ints with a refcount that
 * never reaches zero. */
#include "Python.h"

#include "long.h"
#include "object.h"

#include <stddef.h>

#define LONG_HEADER_SIZE offsetof(PyLongObject, ob_digit)

/* The most digits an object can have. */
#define LONG_MAX_DIGITS \
    ((Py_ssize_t)((PY_SSIZE_T_MAX - LONG_HEADER_SIZE) / sizeof(digit)))

PyLongObject *long_free_list;
int long_free_list_len;

void
long_init_small_ints(void)
{
    for (int i = 0; i <= LONG_SMALL_MAX - LONG_SMALL_MIN; i++) {
        PyLongObject *op = &_PyRuntime.small_ints[i];
        int value = i + LONG_SMALL_MIN;

        if (Py_TYPE(op) == &PyLong_Type) {
            continue;
        }
        op->ob_base.ob_base.ob_refcnt = REFCOUNT_IMMORTAL;
        Py_SET_TYPE(op, &PyLong_Type);
        Py_SET_SIZE(op, (value > 0) - (value < 0));
        op->ob_digit[0] = (digit)(value < 0 ? -value : value);
    }
}

void
long_clear_free_list(void)
{
    while (long_free_list != NULL) {
        PyLongObject *op = long_free_list;

        long_free_list = (PyLongObject *)Py_TYPE(op);
        PyObject_Free(op);
    }
    long_free_list_len = 0;
}

PyLongObject *
long_alloc_short_slow(void)
{
    PyLongObject *op = PyObject_Malloc(LONG_HEADER_SIZE + 2 * sizeof(digit));

    if (op == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_SET_TYPE(op, &PyLong_Type);
    _Py_NewReference((PyObject *)op);
    return op;
}

void
long_dealloc(PyObject *op)
{
    if (Py_IS_TYPE(op, &PyLong_Type)) {
        if (long_is_short(op) && long_free_list_len < LONG_FREE_LIST_LIMIT) {
            Py_SET_TYPE(op, (PyTypeObject *)long_free_list);
            long_free_list = (PyLongObject *)op;
            long_free_list_len++;
            return;
        }
        PyObject_Free(op);
        return;
    }
    Py_TYPE(op)->tp_free(op);
}

PyLongObject *
_PyLong_New(Py_ssize_t size)
{
    PyLongObject *op;

    assert(size >= 0);
    if (size <= 2) {
        op = long_alloc_short();
        if (op != NULL) {
            Py_SET_SIZE(op, size);
            op->ob_digit[0] = 0;
            op->ob_digit[1] = 0;
        }
        return op;
    }
    if (size > LONG_MAX_DIGITS) {
        PyErr_SetString(PyExc_OverflowError, "too many digits in integer");
        return NULL;
    }
    op = PyObject_Malloc(LONG_HEADER_SIZE + (size_t)size * sizeof(digit));
    if (op == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_SET_TYPE(op, &PyLong_Type);
    Py_SET_SIZE(op, size);
    _Py_NewReference((PyObject *)op);
    return op;
}

PyObject *
long_normalize(PyLongObject *op)
{
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t size = Py_ABS(Py_SIZE(op)), n = size;

    while (n > 0 && op->ob_digit[n - 1] == 0) {
        n--;
    }
    if (n != size) {
        if (n <= 2 && size > 2) {
            /* A large block with a short value would go to the free list and
             * waste its tail there: copy. */
            int64_t value = 0;
            if (n > 0) {
                value = op->ob_digit[0];
            }
            if (n > 1) {
                value |= (int64_t)op->ob_digit[1] << PyLong_SHIFT;
            }
            if (Py_SIZE(op) < 0) {
                value = -value;
            }
            Py_DECREF(op);
            return long_from_int64(value);
        }
        Py_SET_SIZE(op, Py_SIZE(op) < 0 ? -n : n);
    }
    if (n <= 1) {
        Py_ssize_t value = n == 0 ? 0 : long_compact_value((PyObject *)op);

        if (long_is_small_value(value)) {
            Py_DECREF(op);
            return Py_NewRef(long_peek_small(value));
        }
    }
    return (PyObject *)op;
}

PyObject *
_PyLong_Copy(PyLongObject *src)
{
    if (long_is_short((PyObject *)src)) {
        return long_from_int64(long_short_value((PyObject *)src));
    }
    Py_ssize_t n = Py_ABS(Py_SIZE(src));
    PyLongObject *copy = _PyLong_New(n);

    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy->ob_digit, src->ob_digit, (size_t)n * sizeof(digit));
    Py_SET_SIZE(copy, Py_SIZE(src));
    return (PyObject *)copy;
}

PyObject *
long_to_exact(PyObject *op)
{
    assert(PyLong_Check(op));
    if (PyLong_CheckExact(op)) {
        return Py_NewRef(op);
    }
    return _PyLong_Copy((PyLongObject *)op);
}

PyObject *
long_from_int64_slow(int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    PyLongObject *op = _PyLong_New(3);

    if (op == NULL) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        op->ob_digit[i] = (digit)(magnitude & PyLong_MASK);
        magnitude >>= PyLong_SHIFT;
    }
    Py_SET_SIZE(op, value < 0 ? -3 : 3);
    return long_normalize(op);
}
