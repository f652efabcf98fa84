/* Lists: storage, slices, methods.  Iterators are in listiter.c, sorting in
 * listsort.c.
 *
 * ob_item has room for `allocated` pointers, the first Py_SIZE of them in
 * use.  Growing asks for an eighth more than needed, so that n appends copy
 * O(n) pointers; a list that falls below half of its room is shrunk.  While a
 * list is sorted its items are taken out and `allocated` is -1. */
#include "Python.h"
#include "tiny.h"

#include "abstract.h"
#include "gc.h"
#include "list.h"
#include "listsort.h"
#include "names.h"
#include "object.h"
#include "tuple.h"

#define LIST_FREE_LIST_SIZE TINY_OR(80, 1)
static PyListObject *free_lists[LIST_FREE_LIST_SIZE];
static int free_lists_len;

/* Makes room for and sets the size.  New places hold garbage.
 * -1 with MemoryError. */
static int
list_resize(PyListObject *self, Py_ssize_t len)
{
    PyObject **items;
    size_t room;

    if (self->allocated >= len && len >= (self->allocated >> 1)) {
        Py_SET_SIZE(self, len);
        return 0;
    }
    room = ((size_t)len + ((size_t)len >> 3) + 6) & ~(size_t)3;
    /* When the list grows by much at once, it is probably complete. */
    if (len - Py_SIZE(self) > (Py_ssize_t)(room - (size_t)len)) {
        room = ((size_t)len + 3) & ~(size_t)3;
    }
    if (len == 0) {
        room = 0;
    }
    if (room > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *)) {
        PyErr_NoMemory();
        return -1;
    }
    items = PyMem_Realloc(self->ob_item, room * sizeof(PyObject *));
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->ob_item = items;
    Py_SET_SIZE(self, len);
    self->allocated = (Py_ssize_t)room;
    return 0;
}

/* An empty list without storage, untracked. */
static PyListObject *
list_alloc(void)
{
    PyListObject *self;

    if (free_lists_len > 0) {
        self = free_lists[--free_lists_len];
        _Py_NewReference((PyObject *)self);
    }
    else {
        self = PyObject_GC_New(PyListObject, &PyList_Type);
        if (self == NULL) {
            return NULL;
        }
    }
    self->ob_item = NULL;
    self->allocated = 0;
    Py_SET_SIZE(self, 0);
    return self;
}

/* An empty list with room for exactly n items, untracked. */
static PyListObject *
list_alloc_room(Py_ssize_t n)
{
    PyListObject *self = list_alloc();

    if (self != NULL && n > 0) {
        if ((size_t)n > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *) ||
            (self->ob_item = PyMem_Malloc((size_t)n * sizeof(PyObject *))) ==
                NULL) {
            Py_DECREF(self);
            return (PyListObject *)PyErr_NoMemory();
        }
        self->allocated = n;
    }
    return self;
}

PyObject *
PyList_New(Py_ssize_t len)
{
    PyListObject *self;

    if (len < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    self = list_alloc_room(len);
    if (self == NULL) {
        return NULL;
    }
    if (len > 0) {
        memset(self->ob_item, 0, (size_t)len * sizeof(PyObject *));
        Py_SET_SIZE(self, len);
    }
    gc_track(self);
    return (PyObject *)self;
}

PyObject *
list_new_presized(Py_ssize_t capacity)
{
    PyListObject *self = list_alloc_room(capacity);

    if (self != NULL) {
        gc_track(self);
    }
    return (PyObject *)self;
}

PyObject *
list_from_array_steal(PyObject *const *items, Py_ssize_t n)
{
    PyListObject *self = list_alloc_room(n);

    if (self == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_DECREF(items[i]);
        }
        return NULL;
    }
    if (n > 0) {
        memcpy(self->ob_item, items, (size_t)n * sizeof(PyObject *));
        Py_SET_SIZE(self, n);
    }
    gc_track(self);
    return (PyObject *)self;
}

/* A list of n borrowed items. */
static PyObject *
list_from_array(PyObject *const *items, Py_ssize_t n)
{
    PyListObject *self = list_alloc_room(n);

    if (self == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        self->ob_item[i] = Py_NewRef(items[i]);
    }
    Py_SET_SIZE(self, n);
    gc_track(self);
    return (PyObject *)self;
}

/* ---- the C API ---- */

Py_ssize_t
PyList_Size(PyObject *op)
{
    if (!PyList_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return Py_SIZE(op);
}

static inline int
is_valid_index(Py_ssize_t i, Py_ssize_t len)
{
    return (size_t)i < (size_t)len;
}

PyObject *
PyList_GetItem(PyObject *op, Py_ssize_t i)
{
    if (!PyList_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!is_valid_index(i, Py_SIZE(op))) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return NULL;
    }
    return PyList_GET_ITEM(op, i);
}

int
PyList_SetItem(PyObject *op, Py_ssize_t i, PyObject *item)
{
    if (!PyList_Check(op)) {
        Py_XDECREF(item);
        PyErr_BadInternalCall();
        return -1;
    }
    if (!is_valid_index(i, Py_SIZE(op))) {
        Py_XDECREF(item);
        PyErr_SetString(PyExc_IndexError,
                        "list assignment index out of range");
        return -1;
    }
    Py_XSETREF(((PyListObject *)op)->ob_item[i], item);
    return 0;
}

/* Inserts before position i, which is clipped. */
static int
list_insert_at(PyListObject *self, Py_ssize_t i, PyObject *item)
{
    Py_ssize_t len = Py_SIZE(self);

    if (len == PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "cannot add more objects to list");
        return -1;
    }
    if (list_resize(self, len + 1) < 0) {
        return -1;
    }
    if (i < 0) {
        i = Py_MAX(i + len, 0);
    }
    i = Py_MIN(i, len);
    memmove(self->ob_item + i + 1, self->ob_item + i,
            (size_t)(len - i) * sizeof(PyObject *));
    self->ob_item[i] = Py_NewRef(item);
    return 0;
}

int
PyList_Insert(PyObject *op, Py_ssize_t i, PyObject *item)
{
    if (!PyList_Check(op) || item == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    return list_insert_at((PyListObject *)op, i, item);
}

int
list_append_steal_slow(PyListObject *self, PyObject *item)
{
    Py_ssize_t len = Py_SIZE(self);

    if (list_resize(self, len + 1) < 0) {
        Py_DECREF(item);
        return -1;
    }
    self->ob_item[len] = item;
    return 0;
}

int
PyList_Append(PyObject *op, PyObject *item)
{
    if (!PyList_Check(op) || item == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    return list_append_steal((PyListObject *)op, Py_NewRef(item));
}

PyObject *
PyList_AsTuple(PyObject *op)
{
    if (op == NULL || !PyList_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return tuple_from_array(((PyListObject *)op)->ob_item, Py_SIZE(op));
}

PyObject *
PyList_GetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    if (!PyList_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    low = Py_MIN(Py_MAX(low, 0), Py_SIZE(op));
    high = Py_MIN(Py_MAX(high, low), Py_SIZE(op));
    return list_from_array(((PyListObject *)op)->ob_item + low, high - low);
}

/* ---- life ---- */

static void
list_dealloc(PyObject *op)
{
    PyListObject *self = (PyListObject *)op;

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, list_dealloc)
    if (self->ob_item != NULL) {
        for (Py_ssize_t i = Py_SIZE(self); --i >= 0;) {
            Py_XDECREF(self->ob_item[i]);
        }
        PyMem_Free(self->ob_item);
    }
    if (free_lists_len < LIST_FREE_LIST_SIZE && PyList_CheckExact(op)) {
        free_lists[free_lists_len++] = self;
    }
    else {
        Py_TYPE(op)->tp_free(op);
    }
    Py_TRASHCAN_END
}

static int
list_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyListObject *self = (PyListObject *)op;

    for (Py_ssize_t i = Py_SIZE(self); --i >= 0;) {
        Py_VISIT(self->ob_item[i]);
    }
    return 0;
}

/* Empties the list before any item is freed. */
static int
list_tp_clear(PyObject *op)
{
    PyListObject *self = (PyListObject *)op;
    PyObject **items = self->ob_item;

    if (items != NULL) {
        Py_ssize_t i = Py_SIZE(self);
        Py_SET_SIZE(self, 0);
        self->ob_item = NULL;
        self->allocated = 0;
        while (--i >= 0) {
            Py_XDECREF(items[i]);
        }
        PyMem_Free(items);
    }
    return 0;
}

static PyObject *
list_repr(PyObject *self)
{
    _PyUnicodeWriter writer;
    int entered;

    if (Py_SIZE(self) == 0) {
        return PyUnicode_FromString("[]");
    }
    entered = Py_ReprEnter(self);
    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("[...]") : NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = 1 + 1 + (2 + 1) * (Py_SIZE(self) - 1) + 1;
    if (_PyUnicodeWriter_WriteChar(&writer, '[') < 0) {
        goto error;
    }
    /* repr may change the list: its size is looked at every time. */
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        PyObject *item, *text;
        int status;

        if (i > 0 && _PyUnicodeWriter_WriteASCIIString(&writer, ", ", 2) < 0) {
            goto error;
        }
        item = Py_NewRef(PyList_GET_ITEM(self, i));
        text = PyObject_Repr(item);
        Py_DECREF(item);
        if (text == NULL) {
            goto error;
        }
        status = _PyUnicodeWriter_WriteStr(&writer, text);
        Py_DECREF(text);
        if (status < 0) {
            goto error;
        }
    }
    writer.overallocate = 0;
    if (_PyUnicodeWriter_WriteChar(&writer, ']') < 0) {
        goto error;
    }
    Py_ReprLeave(self);
    return _PyUnicodeWriter_Finish(&writer);
error:
    Py_ReprLeave(self);
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

/* item[i] == value; holds the item.  1/0/-1.  Runs Python. */
static inline int
list_item_equals(PyListObject *self, Py_ssize_t i, PyObject *value)
{
    PyObject *item = self->ob_item[i];
    int equal;

    if (item == value) {
        return 1;
    }
    equal = abstract_equal_plain(item, value);
    if (equal >= 0) {
        return equal;
    }
    Py_INCREF(item);
    equal = PyObject_RichCompareBool(item, value, Py_EQ);
    Py_DECREF(item);
    return equal;
}

static Py_ssize_t
list_length(PyObject *self)
{
    return Py_SIZE(self);
}

static int
list_contains(PyObject *op, PyObject *value)
{
    PyListObject *self = (PyListObject *)op;
    int equal = 0;

    for (Py_ssize_t i = 0; equal == 0 && i < Py_SIZE(self); i++) {
        equal = list_item_equals(self, i, value);
    }
    return equal;
}

static PyObject *
list_item(PyObject *self, Py_ssize_t i)
{
    if (!is_valid_index(i, Py_SIZE(self))) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return NULL;
    }
    return Py_NewRef(PyList_GET_ITEM(self, i));
}

static PyObject *
list_concat(PyObject *left, PyObject *right)
{
    Py_ssize_t llen = Py_SIZE(left), rlen;
    PyListObject *result;

    if (!PyList_Check(right)) {
        PyErr_Format(PyExc_TypeError,
                     "can only concatenate list (not \"%.200s\") to list",
                     Py_TYPE(right)->tp_name);
        return NULL;
    }
    rlen = Py_SIZE(right);
    if (llen > PY_SSIZE_T_MAX - rlen) {
        return PyErr_NoMemory();
    }
    result = list_alloc_room(llen + rlen);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < llen; i++) {
        result->ob_item[i] = Py_NewRef(PyList_GET_ITEM(left, i));
    }
    for (Py_ssize_t i = 0; i < rlen; i++) {
        result->ob_item[llen + i] = Py_NewRef(PyList_GET_ITEM(right, i));
    }
    Py_SET_SIZE(result, llen + rlen);
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
list_repeat(PyObject *op, Py_ssize_t count)
{
    PyListObject *self = (PyListObject *)op, *result;
    Py_ssize_t len = Py_SIZE(self);

    if (len == 0 || count <= 0) {
        return PyList_New(0);
    }
    if (count > PY_SSIZE_T_MAX / len) {
        return PyErr_NoMemory();
    }
    result = list_alloc_room(len * count);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *item = self->ob_item[i];
        Py_SET_REFCNT(item, Py_REFCNT(item) + count);
        result->ob_item[i] = item;
    }
    for (Py_ssize_t i = len; i < len * count; i++) {
        result->ob_item[i] = result->ob_item[i - len];
    }
    Py_SET_SIZE(result, len * count);
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
list_inplace_repeat(PyObject *op, Py_ssize_t count)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t len = Py_SIZE(self);

    if (len == 0 || count == 1) {
        return Py_NewRef(op);
    }
    if (count < 1) {
        list_tp_clear(op);
        return Py_NewRef(op);
    }
    if (len > PY_SSIZE_T_MAX / count) {
        return PyErr_NoMemory();
    }
    if (list_resize(self, len * count) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = len; i < len * count; i++) {
        self->ob_item[i] = Py_NewRef(self->ob_item[i - len]);
    }
    return Py_NewRef(op);
}

/* ---- slices ---- */

/* self[low:high] = values; values NULL deletes.  Runs Python (iteration,
 * freeing). */
static int
list_assign_slice(PyListObject *self, Py_ssize_t low, Py_ssize_t high,
                  PyObject *values)
{
    PyObject *fast = NULL, **from = NULL, **removed = NULL;
    PyObject *few[8];
    Py_ssize_t n = 0, old_len, removed_len, change;
    int result = -1;

    if (values != NULL) {
        if (values == (PyObject *)self) {
            fast = list_from_array(self->ob_item, Py_SIZE(self));
        }
        else {
            fast = PySequence_Fast(values, "can only assign an iterable");
        }
        if (fast == NULL) {
            return -1;
        }
        n = PySequence_Fast_GET_SIZE(fast);
        from = PySequence_Fast_ITEMS(fast);
    }
    old_len = Py_SIZE(self);
    low = Py_MIN(Py_MAX(low, 0), old_len);
    high = Py_MIN(Py_MAX(high, low), old_len);
    removed_len = high - low;
    change = n - removed_len;
    if (old_len + change == 0) {
        Py_XDECREF(fast);
        return list_tp_clear((PyObject *)self);
    }
    /* The removed items are freed when the list is whole again. */
    removed = few;
    if (removed_len > (Py_ssize_t)Py_ARRAY_LENGTH(few)) {
        removed = PyMem_Malloc((size_t)removed_len * sizeof(PyObject *));
        if (removed == NULL) {
            PyErr_NoMemory();
            goto done;
        }
    }
    if (removed_len > 0) {
        memcpy(removed, self->ob_item + low,
               (size_t)removed_len * sizeof(PyObject *));
    }
    if (change < 0) {
        memmove(self->ob_item + high + change, self->ob_item + high,
                (size_t)(old_len - high) * sizeof(PyObject *));
        if (list_resize(self, old_len + change) < 0) {
            /* Shrinking failed: the list is put back as it was. */
            memmove(self->ob_item + high, self->ob_item + high + change,
                    (size_t)(old_len - high) * sizeof(PyObject *));
            memcpy(self->ob_item + low, removed,
                   (size_t)removed_len * sizeof(PyObject *));
            goto done;
        }
    }
    else if (change > 0) {
        if (list_resize(self, old_len + change) < 0) {
            goto done;
        }
        memmove(self->ob_item + high + change, self->ob_item + high,
                (size_t)(old_len - high) * sizeof(PyObject *));
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        self->ob_item[low + i] = Py_NewRef(from[i]);
    }
    for (Py_ssize_t i = removed_len; --i >= 0;) {
        Py_XDECREF(removed[i]);
    }
    result = 0;
done:
    if (removed != few) {
        PyMem_Free(removed);
    }
    Py_XDECREF(fast);
    return result;
}

int
PyList_SetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high,
                PyObject *values)
{
    if (!PyList_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return list_assign_slice((PyListObject *)op, low, high, values);
}

static int
list_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    PyListObject *self = (PyListObject *)op;

    if (!is_valid_index(i, Py_SIZE(self))) {
        PyErr_SetString(PyExc_IndexError,
                        "list assignment index out of range");
        return -1;
    }
    if (value == NULL) {
        return list_assign_slice(self, i, i + 1, NULL);
    }
    Py_SETREF(self->ob_item[i], Py_NewRef(value));
    return 0;
}

static PyObject *
list_subscript_slice(PyListObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step, len, at;
    PyListObject *result;

    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    len = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (len <= 0) {
        return PyList_New(0);
    }
    if (step == 1) {
        return list_from_array(self->ob_item + start, len);
    }
    result = list_alloc_room(len);
    if (result == NULL) {
        return NULL;
    }
    at = start;
    for (Py_ssize_t i = 0; i < len; i++, at += step) {
        result->ob_item[i] = Py_NewRef(self->ob_item[at]);
    }
    Py_SET_SIZE(result, len);
    gc_track(result);
    return (PyObject *)result;
}

static PyObject *
list_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return list_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (PySlice_Check(index)) {
        return list_subscript_slice((PyListObject *)self, index);
    }
    PyErr_Format(PyExc_TypeError,
                 "list indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
    return NULL;
}

/* del self[start::step] of len items, step > 1 after reversal. */
static int
list_delete_steps(PyListObject *self, Py_ssize_t start, Py_ssize_t step,
                  Py_ssize_t len)
{
    PyObject **removed;
    Py_ssize_t old_len = Py_SIZE(self), at = start;
    int status;

    if (len <= 0) {
        return 0;
    }
    if (step < 0) {
        at = start = start + step * (len - 1);
        step = -step;
    }
    removed = PyMem_New(PyObject *, len);
    if (removed == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < len; i++, at += step) {
        Py_ssize_t run = i + 1 < len ? step - 1 : old_len - at - 1;
        removed[i] = self->ob_item[at];
        memmove(self->ob_item + at - i, self->ob_item + at + 1,
                (size_t)run * sizeof(PyObject *));
    }
    Py_SET_SIZE(self, old_len - len);
    status = list_resize(self, Py_SIZE(self));
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_DECREF(removed[i]);
    }
    PyMem_Free(removed);
    return status;
}

/* self[start::step] = values, len items.  Runs Python. */
static int
list_assign_steps(PyListObject *self, PyObject *slice, PyObject *values)
{
    PyObject *fast, **old;
    Py_ssize_t start, stop, step, len, at;

    if (values == (PyObject *)self) {
        fast = list_from_array(self->ob_item, Py_SIZE(self));
    }
    else {
        fast = PySequence_Fast(values,
                               "must assign iterable to extended slice");
    }
    if (fast == NULL) {
        return -1;
    }
    /* Iterating may have changed the list: the slice is resolved now. */
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        Py_DECREF(fast);
        return -1;
    }
    len = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (PySequence_Fast_GET_SIZE(fast) != len) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended "
                     "slice of size %zd",
                     PySequence_Fast_GET_SIZE(fast), len);
        Py_DECREF(fast);
        return -1;
    }
    if (len == 0) {
        Py_DECREF(fast);
        return 0;
    }
    old = PyMem_New(PyObject *, len);
    if (old == NULL) {
        Py_DECREF(fast);
        PyErr_NoMemory();
        return -1;
    }
    at = start;
    for (Py_ssize_t i = 0; i < len; i++, at += step) {
        old[i] = self->ob_item[at];
        self->ob_item[at] = Py_NewRef(PySequence_Fast_GET_ITEM(fast, i));
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_DECREF(old[i]);
    }
    PyMem_Free(old);
    Py_DECREF(fast);
    return 0;
}

static int
list_ass_subscript(PyObject *op, PyObject *index, PyObject *value)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t start, stop, step, len;

    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) {
            return -1;
        }
        return list_ass_item(op, i < 0 ? i + Py_SIZE(self) : i, value);
    }
    if (!PySlice_Check(index)) {
        PyErr_Format(PyExc_TypeError,
                     "list indices must be integers or slices, not %.200s",
                     Py_TYPE(index)->tp_name);
        return -1;
    }
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) {
        return -1;
    }
    len = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (step == 1) {
        return list_assign_slice(self, start, stop, value);
    }
    return value == NULL ? list_delete_steps(self, start, step, len)
                         : list_assign_steps(self, index, value);
}

/* ---- extending ---- */

/* Exact room (an even number) for n items, in a list without storage. */
static int
list_make_room(PyListObject *self, Py_ssize_t n)
{
    size_t room = ((size_t)n + 1) & ~(size_t)1;

    if (room > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *) ||
        (self->ob_item = PyMem_New(PyObject *, room)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->allocated = (Py_ssize_t)room;
    return 0;
}

/* Appends the items of a list or tuple (possibly self). */
static int
list_extend_fast(PyListObject *self, PyObject *source)
{
    Py_ssize_t len = Py_SIZE(self), n = PySequence_Fast_GET_SIZE(source);
    PyObject **from;

    if (n == 0) {
        return 0;
    }
    if (self->ob_item == NULL) {
        if (list_make_room(self, n) < 0) {
            return -1;
        }
        Py_SET_SIZE(self, n);
    }
    else if (len > PY_SSIZE_T_MAX - n || list_resize(self, len + n) < 0) {
        return -1;
    }
    from = PySequence_Fast_ITEMS(source);  /* resizing may have moved it */
    for (Py_ssize_t i = 0; i < n; i++) {
        self->ob_item[len + i] = Py_NewRef(from[i]);
    }
    return 0;
}

static int
list_extend_iterator(PyListObject *self, PyObject *iterator,
                     Py_ssize_t expected)
{
    PyObject *(*next)(PyObject *) = Py_TYPE(iterator)->tp_iternext;
    Py_ssize_t len = Py_SIZE(self);

    /* Room ahead, if the hint is believable. */
    if (expected > 0 && len <= PY_SSIZE_T_MAX - expected) {
        if (self->ob_item == NULL) {
            if (list_make_room(self, expected) < 0) {
                return -1;
            }
        }
        else {
            if (list_resize(self, len + expected) < 0) {
                return -1;
            }
            Py_SET_SIZE(self, len);
        }
    }
    for (;;) {
        PyObject *item = next(iterator);
        if (item == NULL) {
            if (abstract_end_iteration() < 0) {
                return -1;
            }
            break;
        }
        if (list_append_steal(self, item) < 0) {
            return -1;
        }
    }
    /* Gives back what the hint promised too much. */
    if (Py_SIZE(self) < self->allocated && self->allocated > 0) {
        return list_resize(self, Py_SIZE(self));
    }
    return 0;
}

int
list_extend(PyListObject *self, PyObject *iterable)
{
    PyObject *iterator;
    Py_ssize_t expected;
    int status;

    if (PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable)) {
        return list_extend_fast(self, iterable);
    }
    if (iterable == (PyObject *)self) {
        PyObject *copy =
            PySequence_Fast(iterable, "argument must be iterable");
        if (copy == NULL) {
            return -1;
        }
        status = list_extend_fast(self, copy);
        Py_DECREF(copy);
        return status;
    }
    iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    expected = PyObject_LengthHint(iterable, 8);
    status = expected < 0 ? -1
                          : list_extend_iterator(self, iterator, expected);
    Py_DECREF(iterator);
    return status;
}

PyObject *
_PyList_Extend(PyListObject *self, PyObject *iterable)
{
    if (list_extend(self, iterable) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
list_inplace_concat(PyObject *self, PyObject *other)
{
    return list_extend((PyListObject *)self, other) < 0 ? NULL
                                                        : Py_NewRef(self);
}

/* ---- methods ---- */

static PyObject *
list_clear(PyObject *self, PyObject *ignored)
{
    list_tp_clear(self);
    Py_RETURN_NONE;
}

static PyObject *
list_copy(PyObject *self, PyObject *ignored)
{
    return list_from_array(((PyListObject *)self)->ob_item, Py_SIZE(self));
}

static PyObject *
list_append(PyObject *self, PyObject *item)
{
    if (list_append_steal((PyListObject *)self, Py_NewRef(item)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
list_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t index;

    if (!_PyArg_CheckPositional("insert", nargs, 2, 2)) {
        return NULL;
    }
    index = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    if ((index == -1 && PyErr_Occurred()) ||
        list_insert_at((PyListObject *)self, index, args[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
list_extend_method(PyObject *self, PyObject *iterable)
{
    return _PyList_Extend((PyListObject *)self, iterable);
}

static PyObject *
list_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t index = -1, len;
    PyObject *item;

    if (!_PyArg_CheckPositional("pop", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs > 0) {
        index = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    len = Py_SIZE(self);
    if (len == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty list");
        return NULL;
    }
    if (index < 0) {
        index += len;
    }
    if (!is_valid_index(index, len)) {
        PyErr_SetString(PyExc_IndexError, "pop index out of range");
        return NULL;
    }
    item = self->ob_item[index];
    memmove(self->ob_item + index, self->ob_item + index + 1,
            (size_t)(len - index - 1) * sizeof(PyObject *));
    if (list_resize(self, len - 1) < 0) {
        memmove(self->ob_item + index + 1, self->ob_item + index,
                (size_t)(len - index - 1) * sizeof(PyObject *));
        self->ob_item[index] = item;
        return NULL;
    }
    return item;
}

static PyObject *
list_remove(PyObject *op, PyObject *value)
{
    PyListObject *self = (PyListObject *)op;

    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = list_item_equals(self, i, value);
        if (equal > 0) {
            if (list_assign_slice(self, i, i + 1, NULL) < 0) {
                return NULL;
            }
            Py_RETURN_NONE;
        }
        if (equal < 0) {
            return NULL;
        }
    }
    PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
    return NULL;
}

static PyObject *
list_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;

    if (!_PyArg_CheckPositional("index", nargs, 1, 3) ||
        (nargs > 1 && !_PyEval_SliceIndexNotNone(args[1], &start)) ||
        (nargs > 2 && !_PyEval_SliceIndexNotNone(args[2], &stop))) {
        return NULL;
    }
    if (start < 0) {
        start = Py_MAX(start + Py_SIZE(self), 0);
    }
    if (stop < 0) {
        stop = Py_MAX(stop + Py_SIZE(self), 0);
    }
    for (Py_ssize_t i = start; i < stop && i < Py_SIZE(self); i++) {
        int equal = list_item_equals(self, i, args[0]);
        if (equal != 0) {
            return equal < 0 ? NULL : PyLong_FromSsize_t(i);
        }
    }
    PyErr_Format(PyExc_ValueError, "%R is not in list", args[0]);
    return NULL;
}

static PyObject *
list_count(PyObject *op, PyObject *value)
{
    PyListObject *self = (PyListObject *)op;
    Py_ssize_t count = 0;

    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = list_item_equals(self, i, value);
        if (equal < 0) {
            return NULL;
        }
        count += equal;
    }
    return PyLong_FromSsize_t(count);
}

static void
list_reverse_range(PyObject **low, PyObject **high)
{
    for (--high; low < high; low++, high--) {
        PyObject *swap = *low;
        *low = *high;
        *high = swap;
    }
}

static PyObject *
list_reverse(PyObject *self, PyObject *ignored)
{
    PyListObject *list = (PyListObject *)self;

    if (Py_SIZE(self) > 1) {
        list_reverse_range(list->ob_item, list->ob_item + Py_SIZE(self));
    }
    Py_RETURN_NONE;
}

int
PyList_Reverse(PyObject *op)
{
    if (op == NULL || !PyList_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    Py_XDECREF(list_reverse(op, NULL));
    return 0;
}

int
PyList_Sort(PyObject *op)
{
    if (op == NULL || !PyList_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return list_sort_items((PyListObject *)op, NULL, 0);
}

static PyObject *
list_sort(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "reverse", NULL};
    static _PyArg_Parser parser = {.format = "|$Oi:sort",
                                   .keywords = keywords};
    PyObject *key = Py_None;
    int reverse = 0;

    if (nargs > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "sort() takes no positional arguments");
        return NULL;
    }
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &reverse) ||
        list_sort_items((PyListObject *)self, key == Py_None ? NULL : key,
                        reverse) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Items are held while compared: comparing may change both lists. */
static PyObject *
list_richcompare(PyObject *left, PyObject *right, int op)
{
    PyListObject *a, *b;
    PyObject *x, *y, *result;
    Py_ssize_t i;

    if (!PyList_Check(left) || !PyList_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    a = (PyListObject *)left;
    b = (PyListObject *)right;
    if (Py_SIZE(a) != Py_SIZE(b) && (op == Py_EQ || op == Py_NE)) {
        return PyBool_FromLong(op == Py_NE);
    }
    for (i = 0; i < Py_SIZE(a) && i < Py_SIZE(b); i++) {
        int equal;
        x = a->ob_item[i];
        y = b->ob_item[i];
        if (x == y) {
            continue;
        }
        Py_INCREF(x);
        Py_INCREF(y);
        equal = PyObject_RichCompareBool(x, y, Py_EQ);
        Py_DECREF(x);
        Py_DECREF(y);
        if (equal < 0) {
            return NULL;
        }
        if (!equal) {
            break;
        }
    }
    if (i >= Py_SIZE(a) || i >= Py_SIZE(b)) {
        Py_RETURN_RICHCOMPARE(Py_SIZE(a), Py_SIZE(b), op);
    }
    if (op == Py_EQ || op == Py_NE) {
        return PyBool_FromLong(op == Py_NE);
    }
    x = Py_NewRef(a->ob_item[i]);
    y = Py_NewRef(b->ob_item[i]);
    result = PyObject_RichCompare(x, y, op);
    Py_DECREF(x);
    Py_DECREF(y);
    return result;
}

static int
list_fill(PyListObject *self, PyObject *iterable)
{
    if (self->ob_item != NULL) {
        list_tp_clear((PyObject *)self);
    }
    return iterable == NULL ? 0 : list_extend(self, iterable);
}

static int
list_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *iterable = NULL;

    if ((Py_IS_TYPE(self, &PyList_Type) ||
         Py_TYPE(self)->tp_new == PyList_Type.tp_new) &&
        !_PyArg_NoKeywords("list", kwds)) {
        return -1;
    }
    if (!PyArg_UnpackTuple(args, "list", 0, 1, &iterable)) {
        return -1;
    }
    return list_fill((PyListObject *)self, iterable);
}

static PyObject *
list_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *self;

    if (!_PyArg_NoKwnames("list", kwnames) ||
        !_PyArg_CheckPositional("list", nargs, 0, 1)) {
        return NULL;
    }
    self = ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
    if (self != NULL && nargs > 0 &&
        list_fill((PyListObject *)self, args[0]) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static PyObject *
list_sizeof(PyObject *op, PyObject *ignored)
{
    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize +
                              ((PyListObject *)op)->allocated *
                                  (Py_ssize_t)sizeof(PyObject *));
}

static PyMethodDef list_methods[] = {
    {"__getitem__", list_subscript, METH_O | METH_COEXIST,
     PyDoc_STR("x.__getitem__(y) is x[y].")},
    {"__reversed__", list_reversed, METH_NOARGS,
     PyDoc_STR("__reversed__($self, /)\n--\n\n"
               "An iterator from the last item to the first.")},
    {"__sizeof__", list_sizeof, METH_NOARGS,
     PyDoc_STR("__sizeof__($self, /)\n--\n\nBytes used by the list itself.")},
    {"clear", list_clear, METH_NOARGS,
     PyDoc_STR("clear($self, /)\n--\n\nRemoves every item.")},
    {"copy", list_copy, METH_NOARGS,
     PyDoc_STR("copy($self, /)\n--\n\nA shallow copy.")},
    {"append", list_append, METH_O,
     PyDoc_STR("append($self, object, /)\n--\n\nAdds the object at the end.")},
    {"insert", (PyCFunction)(void (*)(void))list_insert, METH_FASTCALL,
     PyDoc_STR("insert($self, index, object, /)\n--\n\n"
               "Adds the object before the index.")},
    {"extend", list_extend_method, METH_O,
     PyDoc_STR("extend($self, iterable, /)\n--\n\n"
               "Adds the items of the iterable at the end.")},
    {"pop", (PyCFunction)(void (*)(void))list_pop, METH_FASTCALL,
     PyDoc_STR("pop($self, index=-1, /)\n--\n\n"
               "Removes and returns an item, by default the last one.\n\n"
               "Raises IndexError if there is none.")},
    {"remove", list_remove, METH_O,
     PyDoc_STR("remove($self, value, /)\n--\n\n"
               "Removes the first equal item.\n\n"
               "Raises ValueError if there is none.")},
    {"index", (PyCFunction)(void (*)(void))list_index, METH_FASTCALL,
     PyDoc_STR("index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
               "The position of the first equal item.\n\n"
               "Raises ValueError if there is none.")},
    {"count", list_count, METH_O,
     PyDoc_STR("count($self, value, /)\n--\n\nHow many items are equal.")},
    {"reverse", list_reverse, METH_NOARGS,
     PyDoc_STR("reverse($self, /)\n--\n\nReverses the order, in place.")},
    {"sort", (PyCFunction)(void (*)(void))list_sort,
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("sort($self, /, *, key=None, reverse=False)\n--\n\n"
               "Sorts in place, ascending by default; equal items keep their "
               "order.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("See PEP 585")},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods list_as_sequence = {
    .sq_length = list_length,
    .sq_concat = list_concat,
    .sq_repeat = list_repeat,
    .sq_item = list_item,
    .sq_ass_item = list_ass_item,
    .sq_contains = list_contains,
    .sq_inplace_concat = list_inplace_concat,
    .sq_inplace_repeat = list_inplace_repeat,
};

static PyMappingMethods list_as_mapping = {
    .mp_length = list_length,
    .mp_subscript = list_subscript,
    .mp_ass_subscript = list_ass_subscript,
};

PyDoc_STRVAR(list_doc,
"list(iterable=(), /)\n--\n\n"
"A mutable sequence.\n\n"
"Without an argument empty, else with the items of the iterable.");

PyTypeObject PyList_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "list",
    .tp_basicsize = sizeof(PyListObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LIST_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = list_doc,
    .tp_new = PyType_GenericNew,
    .tp_init = list_init,
    .tp_vectorcall = list_vectorcall,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = list_dealloc,
    .tp_traverse = list_traverse,
    .tp_clear = list_tp_clear,
    .tp_repr = list_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_richcompare = list_richcompare,
    .tp_as_sequence = &list_as_sequence,
    .tp_as_mapping = &list_as_mapping,
    .tp_iter = list_iter,
    .tp_methods = list_methods,
};

/* ---- free list ---- */

void
list_clear_free_list(void)
{
    while (free_lists_len > 0) {
        PyObject_GC_Del(free_lists[--free_lists_len]);
    }
}

void
_PyList_DebugMallocStats(FILE *out)
{
    _PyDebugAllocatorStats(out, "free PyListObject", free_lists_len,
                           sizeof(PyListObject));
}
