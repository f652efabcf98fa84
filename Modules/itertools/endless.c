/* count, cycle, repeat: iterators that need not end. */
#include "itertools.h"

#include "long.h"

/* ---- count ---- */

/* Counts in C while long_count is NULL; long_count is the next number when
 * it does not fit, is no int, or the step is not 1. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    PyObject *long_count;
    PyObject *long_step;
} Count;

#define COUNT_FIELDS(F) F(long_count) F(long_step)
ITER_LIFE(count, Count, COUNT_FIELDS)

static PyObject *
count_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"start", (char *)"step", NULL};
    PyObject *start = NULL, *step = NULL;
    int fast = 1, overflow;
    Py_ssize_t count = 0;
    long step_value;
    Count *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|OO:count", keywords, &start,
                                     &step)) {
        return NULL;
    }
    if ((start != NULL && !PyNumber_Check(start)) ||
        (step != NULL && !PyNumber_Check(step))) {
        PyErr_SetString(PyExc_TypeError, "a number is required");
        return NULL;
    }
    if (start != NULL) {
        fast = 0;
        if (PyLong_CheckExact(start)) {
            count = PyLong_AsSsize_t(start);
            if (count == -1 && PyErr_Occurred()) {
                PyErr_Clear();         /* OverflowError */
            }
            else {
                fast = 1;
            }
        }
    }
    if (step != NULL && fast) {
        fast = 0;
        if (PyLong_Check(step)) {
            step_value = PyLong_AsLongAndOverflow(step, &overflow);
            fast = !overflow && step_value == 1;
        }
    }
    self = (Count *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->count = fast ? count : PY_SSIZE_T_MAX;
    self->long_count = fast ? NULL
                            : Py_NewRef(start != NULL ? start
                                                      : long_peek_small(0));
    self->long_step = Py_NewRef(step != NULL ? step : long_peek_small(1));
    return (PyObject *)self;
}

static PyObject *
count_next(PyObject *op)
{
    Count *self = (Count *)op;
    PyObject *current, *next;

    if (self->long_count == NULL && self->count != PY_SSIZE_T_MAX) {
        return PyLong_FromSsize_t(self->count++);
    }
    current = self->long_count != NULL ? Py_NewRef(self->long_count)
                                       : PyLong_FromSsize_t(PY_SSIZE_T_MAX);
    if (current == NULL) {
        return NULL;
    }
    /* Runs Python, which may ask for the next one itself. */
    next = PyNumber_Add(current, self->long_step);
    if (next == NULL) {
        Py_DECREF(current);
        return NULL;
    }
    Py_XSETREF(self->long_count, next);
    return current;
}

static int
count_step_is_one(Count *self)
{
    long step;
    int overflow;

    if (!PyLong_Check(self->long_step)) {
        return 0;
    }
    step = PyLong_AsLongAndOverflow(self->long_step, &overflow);
    return !overflow && step == 1;
}

static PyObject *
count_repr(PyObject *op)
{
    Count *self = (Count *)op;
    const char *name = _PyType_Name(Py_TYPE(op));

    if (self->long_count == NULL) {
        return PyUnicode_FromFormat("%s(%zd)", name, self->count);
    }
    if (count_step_is_one(self)) {
        return PyUnicode_FromFormat("%s(%R)", name, self->long_count);
    }
    return PyUnicode_FromFormat("%s(%R, %R)", name, self->long_count,
                                self->long_step);
}

static PyObject *
count_reduce(PyObject *op, PyObject *ignored)
{
    Count *self = (Count *)op;

    if (self->long_count == NULL) {
        return Py_BuildValue("O(n)", Py_TYPE(op), self->count);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(op), self->long_count,
                         self->long_step);
}

static PyMethodDef count_methods[] = {ITER_REDUCE(count), ITER_END};

PyTypeObject itertools_count_type = {
    ITER_TYPE_SLOTS(count, "count", Count, Py_TPFLAGS_BASETYPE),
    .tp_repr = count_repr,
    .tp_doc = PyDoc_STR("count(start=0, step=1)\n--\n\n"
                        "Yields start, start + step, start + 2 * step, ..."),
};

/* ---- cycle ---- */

typedef struct {
    PyObject_HEAD
    PyObject *it;                      /* first pass; NULL when over */
    PyObject *saved;                   /* list of what the first pass gave */
    Py_ssize_t index;                  /* in later passes */
    int first_pass;                    /* restored without saving */
} Cycle;

#define CYCLE_FIELDS(F) F(it) F(saved)
ITER_LIFE(cycle, Cycle, CYCLE_FIELDS)

static PyObject *
cycle_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *iterable, *it, *saved;
    Cycle *self;

    if (!iter_no_keywords(type, &itertools_cycle_type, "cycle", kwds) ||
        !PyArg_UnpackTuple(args, "cycle", 1, 1, &iterable)) {
        return NULL;
    }
    it = PyObject_GetIter(iterable);
    if (it == NULL) {
        return NULL;
    }
    saved = PyList_New(0);
    self = saved == NULL ? NULL : (Cycle *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(it);
        Py_XDECREF(saved);
        return NULL;
    }
    self->it = it;
    self->saved = saved;
    return (PyObject *)self;
}

static PyObject *
cycle_next(PyObject *op)
{
    Cycle *self = (Cycle *)op;
    PyObject *item;

    if (self->it != NULL) {
        item = PyIter_Next(self->it);
        if (item != NULL) {
            if (!self->first_pass && PyList_Append(self->saved, item) < 0) {
                Py_DECREF(item);
                return NULL;
            }
            return item;
        }
        if (PyErr_Occurred()) {
            return NULL;
        }
        Py_CLEAR(self->it);
    }
    if (PyList_GET_SIZE(self->saved) == 0) {
        return NULL;
    }
    item = Py_NewRef(PyList_GET_ITEM(self->saved, self->index));
    self->index++;
    if (self->index >= PyList_GET_SIZE(self->saved)) {
        self->index = 0;
    }
    return item;
}

static PyObject *
cycle_reduce(PyObject *op, PyObject *ignored)
{
    Cycle *self = (Cycle *)op;
    PyObject *it, *ignored_result, *index;

    if (self->it != NULL) {
        return Py_BuildValue("O(O)(OO)", Py_TYPE(op), self->it, self->saved,
                             self->first_pass ? Py_True : Py_False);
    }
    it = PyObject_GetIter(self->saved);
    if (it == NULL) {
        return NULL;
    }
    if (self->index != 0) {
        index = PyLong_FromSsize_t(self->index);
        ignored_result = index == NULL
                             ? NULL
                             : PyObject_CallMethodOneArg(
                                   it, NAME(__setstate__), index);
        Py_XDECREF(index);
        if (ignored_result == NULL) {
            Py_DECREF(it);
            return NULL;
        }
        Py_DECREF(ignored_result);
    }
    return Py_BuildValue("O(N)(OO)", Py_TYPE(op), it, self->saved, Py_True);
}

static PyObject *
cycle_setstate(PyObject *op, PyObject *state)
{
    Cycle *self = (Cycle *)op;
    PyObject *saved = NULL;
    int first_pass;

    if (iter_check_state(state) < 0 ||
        !PyArg_ParseTuple(state, "O!i", &PyList_Type, &saved, &first_pass)) {
        return NULL;
    }
    Py_XSETREF(self->saved, Py_NewRef(saved));
    self->first_pass = first_pass != 0;
    self->index = 0;
    Py_RETURN_NONE;
}

static PyMethodDef cycle_methods[] = {ITER_REDUCE(cycle),
                                      ITER_SETSTATE(cycle), ITER_END};

PyTypeObject itertools_cycle_type = {
    ITER_TYPE_SLOTS(cycle, "cycle", Cycle, Py_TPFLAGS_BASETYPE),
    .tp_doc = PyDoc_STR("cycle(iterable, /)\n--\n\n"
                        "Yields the items of the iterable again and again."),
};

/* ---- repeat ---- */

typedef struct {
    PyObject_HEAD
    PyObject *element;
    Py_ssize_t left;                   /* -1: for ever */
} Repeat;

#define REPEAT_FIELDS(F) F(element)
ITER_LIFE(repeat, Repeat, REPEAT_FIELDS)

static PyObject *
repeat_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"object", (char *)"times", NULL};
    PyObject *element;
    Py_ssize_t times = -1, given;
    Repeat *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|n:repeat", keywords,
                                     &element, &times)) {
        return NULL;
    }
    given =
        PyTuple_GET_SIZE(args) + (kwds != NULL ? PyDict_GET_SIZE(kwds) : 0);
    if (given == 2 && times < 0) {
        times = 0;
    }
    self = (Repeat *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->element = Py_NewRef(element);
    self->left = times;
    return (PyObject *)self;
}

static PyObject *
repeat_next(PyObject *op)
{
    Repeat *self = (Repeat *)op;

    if (self->left == 0) {
        return NULL;
    }
    if (self->left > 0) {
        self->left--;
    }
    return Py_NewRef(self->element);
}

static PyObject *
repeat_repr(PyObject *op)
{
    Repeat *self = (Repeat *)op;
    const char *name = _PyType_Name(Py_TYPE(op));

    return self->left == -1
               ? PyUnicode_FromFormat("%s(%R)", name, self->element)
               : PyUnicode_FromFormat("%s(%R, %zd)", name, self->element,
                                      self->left);
}

static PyObject *
repeat_length_hint(PyObject *op, PyObject *ignored)
{
    Repeat *self = (Repeat *)op;

    if (self->left == -1) {
        PyErr_SetString(PyExc_TypeError, "len() of unsized object");
        return NULL;
    }
    return PyLong_FromSsize_t(self->left);
}

static PyObject *
repeat_reduce(PyObject *op, PyObject *ignored)
{
    Repeat *self = (Repeat *)op;

    return self->left >= 0 ? Py_BuildValue("O(On)", Py_TYPE(op),
                                           self->element, self->left)
                           : Py_BuildValue("O(O)", Py_TYPE(op), self->element);
}

static PyMethodDef repeat_methods[] = {
    {"__length_hint__", repeat_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are left.")},
    ITER_REDUCE(repeat), ITER_END,
};

PyTypeObject itertools_repeat_type = {
    ITER_TYPE_SLOTS(repeat, "repeat", Repeat, Py_TPFLAGS_BASETYPE),
    .tp_repr = repeat_repr,
    .tp_doc = PyDoc_STR("repeat(object [,times]) -> yields the object, "
                        "times times or for ever."),
};
