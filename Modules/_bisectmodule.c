/* The module _bisect: binary search in sorted sequences. */
#include "Python.h"

#include "call.h"
#include "names.h"

typedef struct {
    PyObject *sequence, *item, *key;   /* borrowed; key NULL: none */
    Py_ssize_t low, high;              /* high -1: the length */
} BisectArgs;

/* "hi": an index, or None for the length. */
static int
convert_high(PyObject *value, void *out)
{
    Py_ssize_t *high = out;

    if (value == Py_None) {
        *high = -1;
        return 1;
    }
    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be integer or None, not '%.200s'",
                     Py_TYPE(value)->tp_name);
        return 0;
    }
    *high = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    return !(*high == -1 && PyErr_Occurred());
}

/* The place for an item of key item_key (borrowed): right of equal items, or
 * left.  -1 on error.  Runs Python (items, key, comparing). */
static Py_ssize_t
bisect_find(BisectArgs *a, PyObject *item_key, int right)
{
    Py_ssize_t low = a->low, high = a->high;

    if (low < 0) {
        PyErr_SetString(PyExc_ValueError, "lo must be non-negative");
        return -1;
    }
    if (high == -1) {
        high = PySequence_Size(a->sequence);
        if (high < 0) {
            return -1;
        }
    }
    while (low < high) {
        Py_ssize_t middle = (Py_ssize_t)(((size_t)low + (size_t)high) / 2);
        PyObject *value = PySequence_GetItem(a->sequence, middle);
        int less;

        if (value == NULL) {
            return -1;
        }
        if (a->key != NULL) {
            Py_SETREF(value, call_one_arg(a->key, value));
            if (value == NULL) {
                return -1;
            }
        }
        less = right ? PyObject_RichCompareBool(item_key, value, Py_LT)
                     : PyObject_RichCompareBool(value, item_key, Py_LT);
        Py_DECREF(value);
        if (less < 0) {
            return -1;
        }
        if (less == right) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return low;
}

static int
bisect_parse(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
             _PyArg_Parser *parser, BisectArgs *a)
{
    *a = (BisectArgs){.high = -1, .key = Py_None};
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser,
                                      &a->sequence, &a->item, &a->low,
                                      convert_high, &a->high, &a->key)) {
        return -1;
    }
    if (a->key == Py_None) {
        a->key = NULL;
    }
    return 0;
}

static PyObject *
bisect_search(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
              _PyArg_Parser *parser, int right)
{
    BisectArgs a;
    Py_ssize_t index;

    if (bisect_parse(args, nargs, kwnames, parser, &a) < 0) {
        return NULL;
    }
    index = bisect_find(&a, a.item, right);
    return index < 0 ? NULL : PyLong_FromSsize_t(index);
}

static PyObject *
bisect_insert(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
              _PyArg_Parser *parser, int right)
{
    BisectArgs a;
    PyObject *item_key, *call_args[3], *result;
    Py_ssize_t index;

    if (bisect_parse(args, nargs, kwnames, parser, &a) < 0) {
        return NULL;
    }
    item_key = a.key == NULL ? Py_NewRef(a.item) : call_one_arg(a.key, a.item);
    if (item_key == NULL) {
        return NULL;
    }
    index = bisect_find(&a, item_key, right);
    Py_DECREF(item_key);
    if (index < 0) {
        return NULL;
    }
    if (PyList_CheckExact(a.sequence)) {
        if (PyList_Insert(a.sequence, index, a.item) < 0) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    call_args[0] = a.sequence;
    call_args[1] = PyLong_FromSsize_t(index);
    call_args[2] = a.item;
    if (call_args[1] == NULL) {
        return NULL;
    }
    result = PyObject_VectorcallMethod(NAME(insert), call_args,
                                       3 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                       NULL);
    Py_DECREF(call_args[1]);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

static const char *const bisect_keywords[] = {"a", "x", "lo", "hi", "key",
                                              NULL};

#define BISECT_FUNCTION(name, kind, right)                                 \
    static PyObject *bisect_##name(PyObject *module, PyObject *const *args, \
                                   Py_ssize_t nargs, PyObject *kwnames)    \
    {                                                                      \
        static _PyArg_Parser parser = {.format = "OO|nO&$O:" #name,        \
                                       .keywords = bisect_keywords};       \
        return bisect_##kind(args, nargs, kwnames, &parser, right);        \
    }

BISECT_FUNCTION(bisect_right, search, 1)
BISECT_FUNCTION(bisect_left, search, 0)
BISECT_FUNCTION(insort_right, insert, 1)
BISECT_FUNCTION(insort_left, insert, 0)

#undef BISECT_FUNCTION

#define BISECT_ROW(name, doc)                                                \
    {#name, (PyCFunction)(void (*)(void))bisect_##name,                      \
     METH_FASTCALL | METH_KEYWORDS,                                          \
     PyDoc_STR(#name "($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\n" \
               doc)}

static PyMethodDef bisect_methods[] = {
    BISECT_ROW(bisect_right,
               "Where x goes in sorted a, right of equal items."),
    BISECT_ROW(insort_right, "Inserts x in sorted a, right of equal items."),
    BISECT_ROW(bisect_left, "Where x goes in sorted a, left of equal items."),
    BISECT_ROW(insort_left, "Inserts x in sorted a, left of equal items."),
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot bisect_slots[] = {{0, NULL}};

static PyModuleDef bisect_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bisect",
    .m_doc = PyDoc_STR("Binary search, for the module bisect."),
    .m_size = 0,
    .m_methods = bisect_methods,
    .m_slots = bisect_slots,
};

PyMODINIT_FUNC PyInit__bisect(void);

PyMODINIT_FUNC
PyInit__bisect(void)
{
    return PyModuleDef_Init(&bisect_module);
}
