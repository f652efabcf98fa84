/* The module array: arrays of C numbers.
 *
 * Each type code is a row with its item functions.  Items are stored after
 * their value was converted, since conversion may run Python and resize the
 * array.  While `exports` > 0 the memory is lent out and may not move. */
#include "array.h"

#include "abstract.h"
#include "audit.h"
#include "structmember.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

static PyModuleDef array_module;

array_state *
array_state_of(PyObject *op)
{
    return PyModule_GetState(
        PyType_GetModuleByDef(Py_TYPE(op), &array_module));
}

/* ---- storage ---- */

static int
array_resize(PyObject *op, Py_ssize_t n)
{
    ArrayObject *self = ARRAY(op);

    if (self->exports > 0 && n != Py_SIZE(self)) {
        PyErr_SetString(PyExc_BufferError,
                        "cannot resize an array that is exporting buffers");
        return -1;
    }
    if (self->allocated >= n && Py_SIZE(self) < n + 16 &&
        self->items != NULL) {
        Py_SET_SIZE(self, n);
        return 0;
    }
    if (n == 0) {
        PyMem_Free(self->items);
        self->items = NULL;
        Py_SET_SIZE(self, 0);
        self->allocated = 0;
        return 0;
    }
    /* A sixteenth more, and a little. */
    size_t room = (size_t)(n >> 4) + (Py_SIZE(self) < 8 ? 3 : 7) + (size_t)n;
    if (room > (size_t)PY_SSIZE_T_MAX / self->kind->size) {
        PyErr_NoMemory();
        return -1;
    }
    char *items = PyMem_Realloc(self->items, room * self->kind->size);
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->items = items;
    Py_SET_SIZE(self, n);
    self->allocated = (Py_ssize_t)room;
    return 0;
}

/* n items, unset. */
static PyObject *
array_make(PyTypeObject *type, Py_ssize_t n, const array_kind *kind)
{
    if (n < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (n > PY_SSIZE_T_MAX / kind->size) {
        return PyErr_NoMemory();
    }
    ArrayObject *self = (ArrayObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->kind = kind;
    if (n > 0) {
        self->items = PyMem_Malloc((size_t)n * kind->size);
        if (self->items == NULL) {
            Py_DECREF(self);
            return PyErr_NoMemory();
        }
        Py_SET_SIZE(self, n);
        self->allocated = n;
    }
    return (PyObject *)self;
}

static void
array_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    if (ARRAY(op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    PyMem_Free(ARRAY(op)->items);
    type->tp_free(op);
    Py_DECREF(type);
}

static int
array_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

/* Makes the gap [low, high) n items wide and fills it from `items`. */
static int
array_replace_range(PyObject *op, Py_ssize_t low, Py_ssize_t high,
                    const char *items, Py_ssize_t n)
{
    Py_ssize_t size = Py_SIZE(op), growth = n - (high - low);
    size_t item = ARRAY(op)->kind->size;

    if (growth != 0 && ARRAY(op)->exports > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "cannot resize an array that is exporting buffers");
        return -1;
    }
    if (growth > 0 && size > PY_SSIZE_T_MAX - growth) {
        PyErr_NoMemory();
        return -1;
    }
    if (growth < 0) {
        memmove(array_item_at(op, low + n), array_item_at(op, high),
                (size_t)(size - high) * item);
    }
    if (growth != 0 && array_resize(op, size + growth) < 0) {
        return -1;
    }
    if (growth > 0) {
        memmove(array_item_at(op, low + n), array_item_at(op, high),
                (size_t)(size - high) * item);
    }
    if (n > 0) {
        memcpy(array_item_at(op, low), items, (size_t)n * item);
    }
    return 0;
}

/* Inserts a value at `at` (clipped).  Runs Python. */
static int
array_insert_value(PyObject *op, Py_ssize_t at, PyObject *value)
{
    char space[16];

    if (ARRAY(op)->kind->convert(space, value) < 0) {
        return -1;
    }
    Py_ssize_t n = Py_SIZE(op);
    if (at < 0) {
        at = Py_MAX(at + n, 0);
    }
    at = Py_MIN(at, n);
    return array_replace_range(op, at, at, space, 1);
}

/* ---- sequence ---- */

static Py_ssize_t
array_length(PyObject *op)
{
    return Py_SIZE(op);
}

static PyObject *
array_item(PyObject *op, Py_ssize_t i)
{
    if (i < 0 || i >= Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError, "array index out of range");
        return NULL;
    }
    return array_get_item(op, i);
}

static bool
is_array(PyObject *self, PyObject *op)
{
    return PyObject_TypeCheck(op, array_state_of(self)->array_type);
}

static PyObject *
array_concat(PyObject *left, PyObject *right)
{
    if (!is_array(left, right)) {
        PyErr_Format(PyExc_TypeError,
                     "can only append array (not \"%.200s\") to array",
                     Py_TYPE(right)->tp_name);
        return NULL;
    }
    if (ARRAY(left)->kind != ARRAY(right)->kind) {
        PyErr_BadArgument();
        return NULL;
    }
    if (Py_SIZE(left) > PY_SSIZE_T_MAX - Py_SIZE(right)) {
        return PyErr_NoMemory();
    }
    PyObject *result = array_make(array_state_of(left)->array_type,
                                  Py_SIZE(left) + Py_SIZE(right),
                                  ARRAY(left)->kind);
    if (result == NULL) {
        return NULL;
    }
    size_t size = ARRAY(left)->kind->size;
    if (Py_SIZE(left) > 0) {
        memcpy(array_item_at(result, 0), array_item_at(left, 0),
               (size_t)Py_SIZE(left) * size);
    }
    if (Py_SIZE(right) > 0) {
        memcpy(array_item_at(result, Py_SIZE(left)), array_item_at(right, 0),
               (size_t)Py_SIZE(right) * size);
    }
    return result;
}

static void
fill_repeated(char *dest, size_t n, size_t period)
{
    for (size_t done = period; done < n;) {
        size_t step = Py_MIN(done, n - done);

        memcpy(dest + done, dest, step);
        done += step;
    }
}

static PyObject *
array_repeat(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = Py_SIZE(op);

    count = Py_MAX(count, 0);
    if (n > 0 && count > PY_SSIZE_T_MAX / n) {
        return PyErr_NoMemory();
    }
    PyObject *result = array_make(array_state_of(op)->array_type, n * count,
                                  ARRAY(op)->kind);
    if (result != NULL && n * count > 0) {
        size_t size = (size_t)n * ARRAY(op)->kind->size;

        memcpy(array_item_at(result, 0), array_item_at(op, 0), size);
        fill_repeated(array_item_at(result, 0), size * (size_t)count, size);
    }
    return result;
}

static PyObject *
array_inplace_repeat(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = Py_SIZE(op);

    count = Py_MAX(count, 0);
    if (n > 0 && count != 1) {
        if (count > PY_SSIZE_T_MAX / n / ARRAY(op)->kind->size) {
            return PyErr_NoMemory();
        }
        if (array_resize(op, n * count) < 0) {
            return NULL;
        }
        if (count > 0) {
            size_t size = (size_t)n * ARRAY(op)->kind->size;

            fill_repeated(array_item_at(op, 0), size * (size_t)count, size);
        }
    }
    return Py_NewRef(op);
}

/* Appends all items of an array of the same kind (maybe itself). */
static int
array_extend_array(PyObject *op, PyObject *other)
{
    if (ARRAY(op)->kind != ARRAY(other)->kind) {
        PyErr_SetString(PyExc_TypeError,
                        "can only extend with array of same kind");
        return -1;
    }
    Py_ssize_t n = Py_SIZE(op), add = Py_SIZE(other);
    if (n > PY_SSIZE_T_MAX - add) {
        PyErr_NoMemory();
        return -1;
    }
    if (array_resize(op, n + add) < 0) {
        return -1;
    }
    if (add > 0) {
        memcpy(array_item_at(op, n), array_item_at(other, 0),
               (size_t)add * ARRAY(op)->kind->size);
    }
    return 0;
}

/* Runs Python. */
static int
array_extend_any(PyObject *op, PyObject *source)
{
    if (is_array(op, source)) {
        return array_extend_array(op, source);
    }
    PyObject *iterator = PyObject_GetIter(source), *item;       /* owned */
    if (iterator == NULL) {
        return -1;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        int status = array_insert_value(op, Py_SIZE(op), item);

        Py_DECREF(item);
        if (status < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
array_inplace_concat(PyObject *op, PyObject *other)
{
    if (!is_array(op, other)) {
        PyErr_Format(PyExc_TypeError,
                     "can only extend array with array (not \"%.200s\")",
                     Py_TYPE(other)->tp_name);
        return NULL;
    }
    return array_extend_any(op, other) < 0 ? NULL : Py_NewRef(op);
}

/* The index of the first equal item from `start` on, n if none, -1 on error.
 * Runs Python (comparison), which may resize the array. */
static Py_ssize_t
array_search(PyObject *op, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    for (Py_ssize_t i = start; i < stop && i < Py_SIZE(op); i++) {
        PyObject *item = array_get_item(op, i);                     /* owned */

        if (item == NULL) {
            return -2;
        }
        int equal = PyObject_RichCompareBool(item, value, Py_EQ);
        Py_DECREF(item);
        if (equal != 0) {
            return equal < 0 ? -2 : i;
        }
    }
    return -1;
}

static int
array_contains(PyObject *op, PyObject *value)
{
    Py_ssize_t at = array_search(op, value, 0, PY_SSIZE_T_MAX);

    return at == -2 ? -1 : at >= 0;
}

/* ---- mapping ---- */

static PyObject *
array_subscript(PyObject *op, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);

        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return array_item(op, i < 0 ? i + Py_SIZE(op) : i);
    }
    if (!PySlice_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "array indices must be integers");
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(op), &start, &stop, step);
    PyObject *result = array_make(array_state_of(op)->array_type, Py_MAX(n, 0),
                                  ARRAY(op)->kind);
    if (result == NULL || n <= 0) {
        return result;
    }
    size_t size = ARRAY(op)->kind->size;
    if (step == 1) {
        memcpy(array_item_at(result, 0), array_item_at(op, start),
               (size_t)n * size);
        return result;
    }
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        memcpy(array_item_at(result, i), array_item_at(op, at), size);
    }
    return result;
}

static int
array_set_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    char space[16];

    if (value != NULL && ARRAY(op)->kind->convert(space, value) < 0) {
        return -1;
    }
    if (i < 0 || i >= Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError,
                        "array assignment index out of range");
        return -1;
    }
    if (value == NULL) {
        return array_replace_range(op, i, i + 1, NULL, 0);
    }
    memcpy(array_item_at(op, i), space, ARRAY(op)->kind->size);
    return 0;
}

/* del self[start::step] of n items. */
static int
array_delete_stepped(PyObject *op, Py_ssize_t start, Py_ssize_t step,
                     Py_ssize_t n)
{
    Py_ssize_t size = Py_SIZE(op), to;
    size_t item = ARRAY(op)->kind->size;

    if (n == 0) {
        return 0;
    }
    if (ARRAY(op)->exports > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "cannot resize an array that is exporting buffers");
        return -1;
    }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    to = start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t from = start + i * step + 1;
        Py_ssize_t end = i + 1 < n ? from + step - 1 : size;

        memmove(array_item_at(op, to), array_item_at(op, from),
                (size_t)(end - from) * item);
        to += end - from;
    }
    return array_resize(op, size - n);
}

static int
array_assign_slice(PyObject *op, PyObject *key, PyObject *value)
{
    Py_ssize_t start, stop, step, have = 0;
    PyObject *copy = NULL;                                      /* owned */
    const char *items = NULL;
    int status = -1;

    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
        return -1;
    }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(op), &start, &stop, step);
    if (value != NULL && !is_array(op, value)) {
        PyErr_Format(PyExc_TypeError,
                     "can only assign array (not \"%.200s\") to array slice",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (value != NULL) {
        if (ARRAY(value)->kind != ARRAY(op)->kind) {
            PyErr_BadArgument();
            return -1;
        }
        if (value == op) {
            copy = array_repeat(op, 1);
            if (copy == NULL) {
                return -1;
            }
            value = copy;
        }
        have = Py_SIZE(value);
        items = ARRAY(value)->items;
    }
    if ((step < 0 && start < stop) || (step > 0 && start > stop)) {
        stop = start;
    }
    if (step == 1) {
        status = array_replace_range(op, start, stop, items, have);
    }
    else if (have == 0) {
        /* An empty value deletes, as with step 1 (as 3.11 does). */
        status = array_delete_stepped(op, start, step, n);
    }
    else if (have != n) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign array of size %zd to extended slice "
                     "of size %zd",
                     have, n);
    }
    else {
        size_t size = ARRAY(op)->kind->size;

        for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
            memcpy(array_item_at(op, at), items + (size_t)i * size, size);
        }
        status = 0;
    }
    Py_XDECREF(copy);
    return status;
}

static int
array_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);

        if (i == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (i < 0) {
            i += Py_SIZE(op);
        }
        return array_set_item(op, i, value);
    }
    if (!PySlice_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "array indices must be integers");
        return -1;
    }
    return array_assign_slice(op, key, value);
}

/* ---- comparison, repr, buffer ---- */

/* The first index where items differ, or the shorter length; -1 on error.
 * *last receives the comparison's outcome.  Runs Python. */
static PyObject *
array_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *a = NULL, *b = NULL, *result = NULL;              /* owned */
    Py_ssize_t i, n;
    int equal = 1;

    if (!is_array(left, right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (Py_SIZE(left) != Py_SIZE(right) && (op == Py_EQ || op == Py_NE)) {
        return PyBool_FromLong(op == Py_NE);
    }
    if (ARRAY(left)->kind == ARRAY(right)->kind &&
        (op == Py_EQ || op == Py_NE) && ARRAY(left)->kind->is_integer) {
        bool same = Py_SIZE(left) == 0 ||
                    memcmp(array_item_at(left, 0), array_item_at(right, 0),
                           (size_t)Py_SIZE(left) *
                               ARRAY(left)->kind->size) == 0;
        return PyBool_FromLong(same == (op == Py_EQ));
    }
    for (i = 0; i < (n = Py_MIN(Py_SIZE(left), Py_SIZE(right))); i++) {
        Py_CLEAR(a);
        Py_CLEAR(b);
        a = array_get_item(left, i);
        b = a == NULL ? NULL : array_get_item(right, i);
        if (b == NULL) {
            goto done;
        }
        equal = PyObject_RichCompareBool(a, b, Py_EQ);
        if (equal < 0) {
            goto done;
        }
        if (equal == 0) {
            break;
        }
    }
    if (equal) {
        /* No difference within the shorter one: the lengths decide. */
        Py_ssize_t x = Py_SIZE(left), y = Py_SIZE(right);
        int order = (x > y) - (x < y);
        bool truth = op == Py_LT   ? order < 0
                     : op == Py_LE ? order <= 0
                     : op == Py_EQ ? order == 0
                     : op == Py_NE ? order != 0
                     : op == Py_GT ? order > 0
                                   : order >= 0;
        result = PyBool_FromLong(truth);
    }
    else if (op == Py_EQ || op == Py_NE) {
        result = PyBool_FromLong(op == Py_NE);
    }
    else {
        result = PyObject_RichCompare(a, b, op);
    }
done:
    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}

static PyObject *
array_tolist(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(Py_SIZE(op));                   /* owned */

    for (Py_ssize_t i = 0; list != NULL && i < Py_SIZE(op); i++) {
        PyObject *item = array_get_item(op, i);

        if (item == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *
array_tounicode(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    if (ARRAY(op)->kind->code != 'u') {
        PyErr_SetString(PyExc_ValueError,
                        "tounicode() may only be called on unicode type "
                        "arrays");
        return NULL;
    }
    return PyUnicode_FromWideChar((wchar_t *)ARRAY(op)->items, Py_SIZE(op));
}

static PyObject *
array_repr(PyObject *op)
{
    int code = ARRAY(op)->kind->code;
    const char *name = _PyType_Name(Py_TYPE(op));

    if (Py_SIZE(op) == 0) {
        return PyUnicode_FromFormat("%s('%c')", name, code);
    }
    PyObject *content = code == 'u' ? array_tounicode(op, NULL)
                                    : array_tolist(op, NULL);   /* owned */
    if (content == NULL) {
        return NULL;
    }
    PyObject *result = PyUnicode_FromFormat("%s('%c', %R)", name, code,
                                            content);
    Py_DECREF(content);
    return result;
}

static int
array_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    static char nothing[1];
    ArrayObject *self = ARRAY(op);

    if (view == NULL) {
        PyErr_SetString(PyExc_BufferError,
                        "array_buffer_getbuf: view==NULL argument is "
                        "obsolete");
        return -1;
    }
    *view = (Py_buffer){
        .buf = self->items != NULL ? self->items : nothing,
        .obj = Py_NewRef(op),
        .len = Py_SIZE(op) * self->kind->size,
        .itemsize = self->kind->size,
        .ndim = 1,
    };
    if (flags & PyBUF_ND) {
        view->shape = &((PyVarObject *)op)->ob_size;
    }
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) {
        view->strides = &view->itemsize;
    }
    if (flags & PyBUF_FORMAT) {
        view->format = (char *)self->kind->format;
    }
    self->exports++;
    return 0;
}

static void
array_releasebuffer(PyObject *op, Py_buffer *Py_UNUSED(view))
{
    ARRAY(op)->exports--;
}

/* ---- methods ---- */

static PyObject *
none_or_error(int status)
{
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
array_append(PyObject *op, PyObject *value)
{
    return none_or_error(array_insert_value(op, PY_SSIZE_T_MAX, value));
}

static PyObject *
array_extend(PyObject *op, PyObject *source)
{
    return none_or_error(array_extend_any(op, source));
}

static PyObject *
array_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t at = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    if (at == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return none_or_error(array_insert_value(op, at, args[1]));
}

static PyObject *
array_count(PyObject *op, PyObject *value)
{
    Py_ssize_t count = 0, at = -1;

    while ((at = array_search(op, value, at + 1, PY_SSIZE_T_MAX)) >= 0) {
        count++;
    }
    return at == -2 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *
array_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;

    if (!_PyArg_CheckPositional("index", nargs, 1, 3) ||
        (nargs > 1 && !_PyEval_SliceIndexNotNone(args[1], &start)) ||
        (nargs > 2 && !_PyEval_SliceIndexNotNone(args[2], &stop))) {
        return NULL;
    }
    if (start < 0) {
        start = Py_MAX(start + Py_SIZE(op), 0);
    }
    if (stop < 0) {
        stop += Py_SIZE(op);
    }
    Py_ssize_t at = array_search(op, args[0], start, stop);
    if (at == -1) {
        PyErr_SetString(PyExc_ValueError, "array.index(x): x not in array");
        return NULL;
    }
    return at < 0 ? NULL : PyLong_FromSsize_t(at);
}

static PyObject *
array_remove(PyObject *op, PyObject *value)
{
    Py_ssize_t at = array_search(op, value, 0, PY_SSIZE_T_MAX);

    if (at == -1) {
        PyErr_SetString(PyExc_ValueError, "array.remove(x): x not in array");
        return NULL;
    }
    if (at < 0 || at >= Py_SIZE(op)) {
        return at < 0 ? NULL : Py_NewRef(Py_None);
    }
    return none_or_error(array_replace_range(op, at, at + 1, NULL, 0));
}

static PyObject *
array_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t at;

    if (abstract_parse_pop(op, args, nargs, "pop from empty array",
                           &at) < 0) {
        return NULL;
    }
    PyObject *item = array_get_item(op, at);
    if (item != NULL && array_replace_range(op, at, at + 1, NULL, 0) < 0) {
        Py_CLEAR(item);
    }
    return item;
}

static PyObject *
array_reverse(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    size_t size = ARRAY(op)->kind->size;
    char space[16];

    for (Py_ssize_t i = 0, j = Py_SIZE(op) - 1; i < j; i++, j--) {
        memcpy(space, array_item_at(op, i), size);
        memcpy(array_item_at(op, i), array_item_at(op, j), size);
        memcpy(array_item_at(op, j), space, size);
    }
    Py_RETURN_NONE;
}

static void
swap_bytes(char *items, Py_ssize_t n, int size)
{
    for (; n > 0; n--, items += size) {
        for (int i = 0, j = size - 1; i < j; i++, j--) {
            char c = items[i];

            items[i] = items[j];
            items[j] = c;
        }
    }
}

static PyObject *
array_byteswap(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    swap_bytes(ARRAY(op)->items, Py_SIZE(op), ARRAY(op)->kind->size);
    Py_RETURN_NONE;
}

static PyObject *
array_buffer_info(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("(Nn)", PyLong_FromVoidPtr(ARRAY(op)->items),
                         Py_SIZE(op));
}

static PyObject *
array_tobytes(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    if (Py_SIZE(op) > PY_SSIZE_T_MAX / ARRAY(op)->kind->size) {
        return PyErr_NoMemory();
    }
    return PyBytes_FromStringAndSize(
        ARRAY(op)->items, Py_SIZE(op) * ARRAY(op)->kind->size);
}

/* Appends the items of raw bytes. */
static int
array_append_bytes(PyObject *op, const char *bytes, Py_ssize_t len)
{
    Py_ssize_t size = ARRAY(op)->kind->size, n = Py_SIZE(op);

    if (len % size != 0) {
        PyErr_SetString(PyExc_ValueError,
                        "bytes length not a multiple of item size");
        return -1;
    }
    if (len > 0) {
        if (n > PY_SSIZE_T_MAX - len / size ||
            n + len / size > PY_SSIZE_T_MAX / size) {
            PyErr_NoMemory();
            return -1;
        }
        if (array_resize(op, n + len / size) < 0) {
            return -1;
        }
        memcpy(array_item_at(op, n), bytes, (size_t)len);
    }
    return 0;
}

static PyObject *
array_frombytes(PyObject *op, PyObject *source)
{
    Py_buffer view;

    if (PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (view.itemsize != 1) {
        PyErr_SetString(PyExc_TypeError, "a bytes-like object is required");
        PyBuffer_Release(&view);
        return NULL;
    }
    int status = array_append_bytes(op, view.buf, view.len);
    PyBuffer_Release(&view);
    return none_or_error(status);
}

static PyObject *
array_fromfile(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *bytes, *result;                                   /* owned */

    if (!_PyArg_CheckPositional("fromfile", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(args[1], PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (n < 0) {
        PyErr_SetString(PyExc_ValueError, "negative count");
        return NULL;
    }
    if (n > PY_SSIZE_T_MAX / ARRAY(op)->kind->size) {
        return PyErr_NoMemory();
    }
    Py_ssize_t wanted = n * ARRAY(op)->kind->size;
    bytes = PyObject_CallMethod(args[0], "read", "n", wanted);
    if (bytes == NULL) {
        return NULL;
    }
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "read() didn't return bytes");
        Py_DECREF(bytes);
        return NULL;
    }
    bool too_short = PyBytes_GET_SIZE(bytes) != wanted;
    result = array_frombytes(op, bytes);
    Py_DECREF(bytes);
    if (result != NULL && too_short) {
        PyErr_SetString(PyExc_EOFError,
                        "read() didn't return enough bytes");
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
array_tofile(PyObject *op, PyObject *file)
{
    const Py_ssize_t block = 64 * 1024;
    Py_ssize_t total = Py_SIZE(op) * ARRAY(op)->kind->size;

    for (Py_ssize_t at = 0; at < total; at += block) {
        Py_ssize_t n = Py_MIN(block, total - at);

        if (at + n > Py_SIZE(op) * ARRAY(op)->kind->size) {
            break;                           /* a write method shrank it */
        }
        PyObject *bytes = PyBytes_FromStringAndSize(ARRAY(op)->items + at, n);
        if (bytes == NULL) {
            return NULL;
        }
        PyObject *result = PyObject_CallMethod(file, "write", "O", bytes);
        Py_DECREF(bytes);
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

static PyObject *
array_fromlist(PyObject *op, PyObject *list)
{
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "arg must be list");
        return NULL;
    }
    Py_ssize_t n = PyList_GET_SIZE(list), old = Py_SIZE(op);
    char space[16];

    if (n > 0) {
        if (old > PY_SSIZE_T_MAX - n || array_resize(op, old + n) < 0) {
            return PyErr_Occurred() ? NULL : PyErr_NoMemory();
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i)); /* owned */
            int status = ARRAY(op)->kind->convert(space, item);

            Py_DECREF(item);
            if (status == 0 && old + i >= Py_SIZE(op)) {
                PyErr_SetString(PyExc_RuntimeError,
                                "array changed size during conversion");
                return NULL;
            }
            if (status < 0) {
                array_resize(op, old);
                return NULL;
            }
            memcpy(array_item_at(op, old + i), space, ARRAY(op)->kind->size);
            if (n != PyList_GET_SIZE(list)) {
                PyErr_SetString(PyExc_RuntimeError,
                                "list changed size during iteration");
                array_resize(op, old);
                return NULL;
            }
        }
    }
    Py_RETURN_NONE;
}

/* Appends the characters of a str. */
static int
array_append_text(PyObject *op, PyObject *text)
{
    if (ARRAY(op)->kind->code != 'u') {
        PyErr_SetString(PyExc_ValueError,
                        "fromunicode() may only be called on unicode type "
                        "arrays");
        return -1;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(text), old = Py_SIZE(op);
    if (n > 0) {
        if (array_resize(op, old + n) < 0) {
            return -1;
        }
        PyUnicode_AsWideChar(text, (wchar_t *)ARRAY(op)->items + old, n);
    }
    return 0;
}

static PyObject *
array_fromunicode(PyObject *op, PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError,
                     "fromunicode() argument must be str, not %.50s",
                     text == Py_None ? "None" : Py_TYPE(text)->tp_name);
        return NULL;
    }
    return none_or_error(array_append_text(op, text));
}

static PyObject *
array_copy(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return array_repeat(op, 1);
}

static PyObject *
array_deepcopy(PyObject *op, PyObject *Py_UNUSED(memo))
{
    return array_repeat(op, 1);
}

static PyObject *
array_sizeof(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize +
                              ARRAY(op)->allocated * ARRAY(op)->kind->size);
}

static PyObject *
array_reduce_ex(PyObject *op, PyObject *protocol)
{
    array_state *state = array_state_of(op);
    PyObject *dict = NULL, *content = NULL, *result = NULL;     /* owned */

    if (!PyLong_Check(protocol)) {
        PyErr_SetString(PyExc_TypeError,
                        "__reduce_ex__ argument should be an integer");
        return NULL;
    }
    long version = PyLong_AsLong(protocol);
    if (version == -1 && PyErr_Occurred()) {
        return NULL;
    }
    dict = PyObject_GetAttrString(op, "__dict__");
    if (dict == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return NULL;
        }
        PyErr_Clear();                            /* AttributeError: none */
        dict = Py_NewRef(Py_None);
    }
    if (version < 3) {
        content = array_tolist(op, NULL);
        if (content != NULL) {
            result = Py_BuildValue("O(CO)O", Py_TYPE(op),
                                   ARRAY(op)->kind->code, content, dict);
        }
        goto done;
    }
    if (state->reconstructor == NULL) {
        PyObject *module = PyImport_ImportModule("array");

        if (module == NULL) {
            goto done;
        }
        state->reconstructor = PyObject_GetAttrString(module,
                                                      "_array_reconstructor");
        Py_DECREF(module);
        if (state->reconstructor == NULL) {
            goto done;
        }
    }
    content = array_tobytes(op, NULL);
    if (content != NULL) {
        result = Py_BuildValue("O(OCiO)O", state->reconstructor, Py_TYPE(op),
                               ARRAY(op)->kind->code,
                               (int)ARRAY(op)->kind->machine, content, dict);
    }
done:
    Py_XDECREF(content);
    Py_DECREF(dict);
    return result;
}

static PyObject *
array_get_typecode(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromOrdinal(ARRAY(op)->kind->code);
}

static PyObject *
array_get_itemsize(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(ARRAY(op)->kind->size);
}

/* ---- construction ---- */

/* A str of one character, or -1. */
int
array_take_code(PyObject *op, const char *function, int position,
               Py_UCS4 *code)
{
    if (!PyUnicode_Check(op) || PyUnicode_GetLength(op) != 1) {
        PyErr_Format(PyExc_TypeError,
                     "%s() argument %d must be a unicode character, not %.50s",
                     function, position,
                     op == Py_None ? "None" : Py_TYPE(op)->tp_name);
        return -1;
    }
    *code = PyUnicode_READ_CHAR(op, 0);
    return 0;
}

/* Whether the initializer suits the type code. */
static int
check_initializer(array_state *state, PyObject *initial, Py_UCS4 code)
{
    if (code == 'u') {
        return 0;
    }
    if (PyUnicode_Check(initial)) {
        PyErr_Format(PyExc_TypeError,
                     "cannot use a str to initialize an array with typecode "
                     "'%c'",
                     (int)code);
        return -1;
    }
    if (PyObject_TypeCheck(initial, state->array_type) &&
        ARRAY(initial)->kind->code == 'u') {
        PyErr_Format(PyExc_TypeError,
                     "cannot use a unicode array to initialize an array with "
                     "typecode '%c'",
                     (int)code);
        return -1;
    }
    return 0;
}

/* Room for exactly n items in an empty array. */
static int
array_reserve(PyObject *op, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (n > PY_SSIZE_T_MAX / ARRAY(op)->kind->size) {
        PyErr_NoMemory();
        return -1;
    }
    ARRAY(op)->items = PyMem_Malloc((size_t)n * ARRAY(op)->kind->size);
    if (ARRAY(op)->items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    ARRAY(op)->allocated = n;
    return 0;
}

/* Runs Python. */
static int
array_fill(array_state *state, PyObject *op, PyObject *initial)
{
    if (PyList_Check(initial) || PyTuple_Check(initial) ||
        PyObject_TypeCheck(initial, state->array_type)) {
        if (array_reserve(op, Py_SIZE(initial)) < 0) {
            return -1;
        }
    }
    else if (PyUnicode_Check(initial) &&
             array_reserve(op, PyUnicode_GET_LENGTH(initial)) < 0) {
        return -1;
    }
    if (PyObject_TypeCheck(initial, state->array_type) &&
        ARRAY(initial)->kind == ARRAY(op)->kind) {
        return array_extend_array(op, initial);
    }
    if (PyBytes_Check(initial)) {
        return array_append_bytes(op, PyBytes_AS_STRING(initial),
                                  PyBytes_GET_SIZE(initial));
    }
    if (PyByteArray_Check(initial)) {
        return array_append_bytes(op, PyByteArray_AS_STRING(initial),
                                  PyByteArray_GET_SIZE(initial));
    }
    if (PyUnicode_Check(initial)) {
        return array_append_text(op, initial);
    }
    if (PyList_CheckExact(initial)) {
        PyObject *result = array_fromlist(op, initial);

        Py_XDECREF(result);
        return result == NULL ? -1 : 0;
    }
    PyObject *iterator = PyObject_GetIter(initial), *item;      /* owned */
    if (iterator == NULL) {
        return -1;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        int status = array_insert_value(op, PY_SSIZE_T_MAX, item);

        Py_DECREF(item);
        if (status < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *
array_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    array_state *state = PyModule_GetState(
        PyType_GetModuleByDef(type, &array_module));
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    Py_UCS4 code;

    if ((type == state->array_type ||
         type->tp_init == state->array_type->tp_init) &&
        !_PyArg_NoKeywords("array.array", kwargs)) {
        return NULL;
    }
    if (nargs < 1 || nargs > 2) {
        PyErr_Format(PyExc_TypeError,
                     nargs < 1
                         ? "array() takes at least 1 argument (%zd given)"
                         : "array() takes at most 2 arguments (%zd given)",
                     nargs);
        return NULL;
    }
    if (array_take_code(PyTuple_GET_ITEM(args, 0), "array", 1, &code) < 0) {
        return NULL;
    }
    PyObject *initial = nargs == 2 ? PyTuple_GET_ITEM(args, 1) : NULL;
    if (PyAudit(AUDIT_ARRAY___NEW__, "CO", (int)code,
                    initial != NULL ? initial : Py_None) < 0) {
        return NULL;
    }
    if (initial != NULL && check_initializer(state, initial, code) < 0) {
        return NULL;
    }
    const array_kind *kind = array_find_kind(code);
    if (kind == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "bad typecode (must be b, B, u, h, H, i, I, l, L, q, "
                        "Q, f or d)");
        return NULL;
    }
    PyObject *self = array_make(type, 0, kind);
    if (self != NULL && initial != NULL &&
        array_fill(state, self, initial) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* ---- tables ---- */

#define FAST(f) (PyCFunction)(void (*)(void))f

static PyMethodDef array_methods[] = {
    {"__copy__", array_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nReturn a copy."},
    {"__deepcopy__", array_deepcopy, METH_O,
     "__deepcopy__($self, unused, /)\n--\n\nReturn a copy."},
    {"__reduce_ex__", array_reduce_ex, METH_O,
     "__reduce_ex__($self, value, /)\n--\n\nState for pickle."},
    {"__sizeof__", array_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nMemory, in bytes."},
    {"append", array_append, METH_O,
     "append($self, v, /)\n--\n\nAppend an item."},
    {"buffer_info", array_buffer_info, METH_NOARGS,
     "buffer_info($self, /)\n--\n\nAddress and length."},
    {"byteswap", array_byteswap, METH_NOARGS,
     "byteswap($self, /)\n--\n\nReverse the bytes of each item."},
    {"count", array_count, METH_O,
     "count($self, v, /)\n--\n\nHow often v occurs."},
    {"extend", array_extend, METH_O,
     "extend($self, bb, /)\n--\n\nAppend all items."},
    {"frombytes", array_frombytes, METH_O,
     "frombytes($self, buffer, /)\n--\n\nAppend items of raw bytes."},
    {"fromfile", FAST(array_fromfile), METH_FASTCALL,
     "fromfile($self, f, n, /)\n--\n\nAppend n items read from a file."},
    {"fromlist", array_fromlist, METH_O,
     "fromlist($self, list, /)\n--\n\nAppend the items of a list."},
    {"fromunicode", array_fromunicode, METH_O,
     "fromunicode($self, ustr, /)\n--\n\nAppend characters."},
    {"index", FAST(array_index), METH_FASTCALL,
     "index($self, v, start=0, stop=sys.maxsize, /)\n--\n\n"
     "Index of the first v."},
    {"insert", FAST(array_insert), METH_FASTCALL,
     "insert($self, i, v, /)\n--\n\nInsert v before index i."},
    {"pop", FAST(array_pop), METH_FASTCALL,
     "pop($self, i=-1, /)\n--\n\nRemove and return an item."},
    {"remove", array_remove, METH_O,
     "remove($self, v, /)\n--\n\nRemove the first v."},
    {"reverse", array_reverse, METH_NOARGS,
     "reverse($self, /)\n--\n\nReverse in place."},
    {"tobytes", array_tobytes, METH_NOARGS,
     "tobytes($self, /)\n--\n\nThe items as raw bytes."},
    {"tofile", array_tofile, METH_O,
     "tofile($self, f, /)\n--\n\nWrite the raw bytes to a file."},
    {"tolist", array_tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nThe items in a list."},
    {"tounicode", array_tounicode, METH_NOARGS,
     "tounicode($self, /)\n--\n\nThe characters as a str."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef array_getset[] = {
    {"typecode", array_get_typecode, NULL, "the type code of the items",
     NULL},
    {"itemsize", array_get_itemsize, NULL, "bytes per item", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef array_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ArrayObject, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot array_type_slots[] = {
    {Py_tp_dealloc, array_dealloc},
    {Py_tp_repr, array_repr},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_doc,
     (char *)"array(typecode [, initializer]) -> array\n\n"
             "An array of C numbers or characters.  Type codes: b B h H i I "
             "l L q Q\n(integers; capitals unsigned), f d (floats), u "
             "(characters)."},
    {Py_tp_richcompare, array_richcompare},
    {Py_tp_iter, array_iter},
    {Py_tp_methods, array_methods},
    {Py_tp_members, array_members},
    {Py_tp_getset, array_getset},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, array_new},
    {Py_tp_traverse, array_traverse},
    {Py_sq_length, array_length},
    {Py_sq_concat, array_concat},
    {Py_sq_repeat, array_repeat},
    {Py_sq_item, array_item},
    {Py_sq_ass_item, array_set_item},
    {Py_sq_contains, array_contains},
    {Py_sq_inplace_concat, array_inplace_concat},
    {Py_sq_inplace_repeat, array_inplace_repeat},
    {Py_mp_length, array_length},
    {Py_mp_subscript, array_subscript},
    {Py_mp_ass_subscript, array_ass_subscript},
    {Py_bf_getbuffer, array_getbuffer},
    {Py_bf_releasebuffer, array_releasebuffer},
    {0, NULL},
};

static PyType_Spec array_spec = {
    .name = "array.array",
    .basicsize = sizeof(ArrayObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_SEQUENCE,
    .slots = array_type_slots,
};

static int
array_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    array_state *state = PyModule_GetState(module);

    Py_VISIT(state->array_type);
    Py_VISIT(state->iterator_type);
    Py_VISIT(state->reconstructor);
    return 0;
}

static int
array_clear_state(PyObject *module)
{
    array_state *state = PyModule_GetState(module);

    Py_CLEAR(state->array_type);
    Py_CLEAR(state->iterator_type);
    Py_CLEAR(state->reconstructor);
    return 0;
}

static void
array_free_state(void *module)
{
    array_clear_state(module);
}

/* collections.abc.MutableSequence.register(array) */
static int
register_as_sequence(PyTypeObject *type)
{
    PyObject *module = PyImport_ImportModule("collections.abc");
    PyObject *base = NULL, *result = NULL;                      /* owned */

    if (module != NULL) {
        base = PyObject_GetAttrString(module, "MutableSequence");
    }
    if (base != NULL) {
        result = PyObject_CallMethod(base, "register", "O", type);
    }
    Py_XDECREF(module);
    Py_XDECREF(base);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
array_exec(PyObject *module)
{
    array_state *state = PyModule_GetState(module);
    char codes[ARRAY_KINDS + 1] = {0};

    state->array_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &array_spec, NULL);
    state->iterator_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &array_iterator_spec, NULL);
    if (state->array_type == NULL || state->iterator_type == NULL ||
        PyModule_AddType(module, state->array_type) < 0 ||
        PyModule_AddObjectRef(module, "ArrayType",
                              (PyObject *)state->array_type) < 0 ||
        register_as_sequence(state->array_type) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_KINDS; i++) {
        codes[i] = array_kinds[i].code;
    }
    return PyModule_AddStringConstant(module, "typecodes", codes);
}

static PyMethodDef module_methods[] = {
    {"_array_reconstructor", FAST(array_reconstruct), METH_FASTCALL,
     "_array_reconstructor($module, arraytype, typecode, mformat_code, "
     "items,\n                     /)\n--\n\nFor pickle."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot array_slots[] = {
    {Py_mod_exec, array_exec},
    {0, NULL},
};

static PyModuleDef array_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "array",
    .m_doc = "Arrays of C numbers.",
    .m_size = sizeof(array_state),
    .m_methods = module_methods,
    .m_slots = array_slots,
    .m_traverse = array_traverse_state,
    .m_clear = array_clear_state,
    .m_free = array_free_state,
};

PyMODINIT_FUNC PyInit_array(void);

PyMODINIT_FUNC
PyInit_array(void)
{
    return PyModuleDef_Init(&array_module);
}
