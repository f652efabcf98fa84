/* "Did you mean": the nearest name for a NameError or AttributeError.
 *
 * Distance is an edit distance (Levenshtein) in which changing the case of a
 * letter costs less than any other change. */
#include "Python.h"

#include "errors.h"
#include "frame.h"
#include "names.h"
#include "object.h"
#include "traceback.h"

#define MAX_CANDIDATES 750
#define MAX_STRING_SIZE 40
#define MOVE_COST 2
#define CASE_COST 1

static inline char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static inline Py_ssize_t
substitution_cost(char a, char b)
{
    if ((a & 31) != (b & 31)) {
        return MOVE_COST;              /* FAST PATH: not even a case apart */
    }
    if (a == b) {
        return 0;
    }
    return lower(a) == lower(b) ? CASE_COST : MOVE_COST;
}

/* The distance, or max_cost + 1 if it is larger.  row: MAX_STRING_SIZE. */
static Py_ssize_t
edit_distance(const char *a, size_t a_size, const char *b, size_t b_size,
              Py_ssize_t max_cost, size_t *row)
{
    Py_ssize_t result = 0;

    if (a == b) {
        return 0;
    }
    while (a_size > 0 && b_size > 0 && a[0] == b[0]) {
        a++, a_size--;
        b++, b_size--;
    }
    while (a_size > 0 && b_size > 0 && a[a_size - 1] == b[b_size - 1]) {
        a_size--;
        b_size--;
    }
    if (a_size == 0 || b_size == 0) {
        return (Py_ssize_t)(a_size + b_size) * MOVE_COST;
    }
    if (a_size > MAX_STRING_SIZE || b_size > MAX_STRING_SIZE) {
        return max_cost + 1;
    }
    if (b_size < a_size) {             /* the shorter one makes the row */
        const char *swap = a;
        size_t swap_size = a_size;
        a = b, a_size = b_size;
        b = swap, b_size = swap_size;
    }
    if ((Py_ssize_t)(b_size - a_size) * MOVE_COST > max_cost) {
        return max_cost + 1;
    }
    for (size_t i = 0; i < a_size; i++) {
        row[i] = (i + 1) * MOVE_COST;
    }
    for (size_t j = 0; j < b_size; j++) {
        Py_ssize_t diagonal = (Py_ssize_t)(j * MOVE_COST);
        Py_ssize_t minimum = PY_SSIZE_T_MAX;

        result = diagonal;
        for (size_t i = 0; i < a_size; i++) {
            Py_ssize_t substitute = diagonal + substitution_cost(b[j], a[i]);
            Py_ssize_t insert_delete;

            diagonal = (Py_ssize_t)row[i];
            insert_delete = Py_MIN(result, diagonal) + MOVE_COST;
            result = Py_MIN(insert_delete, substitute);
            row[i] = (size_t)result;
            minimum = Py_MIN(minimum, result);
        }
        if (minimum > max_cost) {
            return max_cost + 1;
        }
    }
    return result;
}

Py_ssize_t
_Py_UTF8_Edit_Cost(PyObject *a, PyObject *b, Py_ssize_t max_cost)
{
    Py_ssize_t a_size, b_size;
    const char *a_text = PyUnicode_AsUTF8AndSize(a, &a_size);
    const char *b_text;
    size_t row[MAX_STRING_SIZE];

    if (a_text == NULL) {
        return -1;
    }
    b_text = PyUnicode_AsUTF8AndSize(b, &b_size);
    if (b_text == NULL) {
        return -1;
    }
    if (max_cost == -1) {
        max_cost = MOVE_COST * Py_MAX(a_size, b_size);
    }
    return edit_distance(a_text, (size_t)a_size, b_text, (size_t)b_size,
                         max_cost, row);
}

/* The nearest of a list of names, new; NULL without an exception if none is
 * near. */
static PyObject *
nearest_name(PyObject *list, PyObject *name)
{
    Py_ssize_t best_distance = PY_SSIZE_T_MAX, name_size;
    PyObject *best = NULL;
    const char *name_text;
    size_t row[MAX_STRING_SIZE];

    if (PyList_GET_SIZE(list) >= MAX_CANDIDATES) {
        return NULL;
    }
    name_text = PyUnicode_AsUTF8AndSize(name, &name_size);
    if (name_text == NULL) {
        PyErr_Clear();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        Py_ssize_t item_size, max_distance, distance;
        const char *text;

        if (!PyUnicode_Check(item)) {
            continue;
        }
        text = PyUnicode_AsUTF8AndSize(item, &item_size);
        if (text == NULL) {
            PyErr_Clear();
            return NULL;
        }
        if (PyUnicode_Compare(name, item) == 0) {
            continue;
        }
        /* A third of the characters may differ. */
        max_distance = (name_size + item_size + 3) * MOVE_COST / 6;
        max_distance = Py_MIN(max_distance, best_distance - 1);
        distance = edit_distance(name_text, (size_t)name_size, text,
                                 (size_t)item_size, max_distance, row);
        if (distance > max_distance) {
            continue;
        }
        if (best == NULL || distance < best_distance) {
            best = item;
            best_distance = distance;
        }
    }
    return Py_XNewRef(best);
}

static PyObject *
suggest_attribute(PyAttributeErrorObject *exc)
{
    PyObject *dir, *result;

    if (exc->name == NULL || exc->obj == NULL ||
        !PyUnicode_CheckExact(exc->name)) {
        return NULL;
    }
    dir = PyObject_Dir(exc->obj);
    if (dir == NULL) {
        PyErr_Clear();
        return NULL;
    }
    result = nearest_name(dir, exc->name);
    Py_DECREF(dir);
    return result;
}

/* Names in a mapping (or iterable). */
static PyObject *
suggest_from(PyObject *iterable, PyObject *name)
{
    PyObject *list, *result;

    if (iterable == NULL) {
        return NULL;
    }
    list = PySequence_List(iterable);
    if (list == NULL) {
        PyErr_Clear();
        return NULL;
    }
    result = nearest_name(list, name);
    Py_DECREF(list);
    return result;
}

static PyObject *
suggest_name(PyNameErrorObject *exc)
{
    PyTracebackObject *tb = (PyTracebackObject *)exc->traceback;
    PyObject *result, *names;
    PyFrameObject *frame;
    PyCodeObject *code;

    if (exc->name == NULL || tb == NULL || !PyUnicode_CheckExact(exc->name)) {
        return NULL;
    }
    while (tb->tb_next != NULL) {      /* where it was raised */
        tb = tb->tb_next;
    }
    frame = tb->tb_frame;
    code = PyFrame_GetCode(frame);
    names = PyCode_GetVarnames(code);
    Py_DECREF(code);
    if (names == NULL) {
        PyErr_Clear();
        return NULL;
    }
    result = suggest_from(names, exc->name);
    Py_DECREF(names);
    if (result == NULL) {
        result = suggest_from(frame->f_frame->f_globals, exc->name);
    }
    if (result == NULL) {
        result = suggest_from(frame->f_frame->f_builtins, exc->name);
    }
    return result;
}

PyObject *
suggestions_for(PyObject *exc)
{
    PyObject *result = NULL;

    if (Py_IS_TYPE(exc, (PyTypeObject *)PyExc_AttributeError)) {
        result = suggest_attribute((PyAttributeErrorObject *)exc);
    }
    else if (Py_IS_TYPE(exc, (PyTypeObject *)PyExc_NameError)) {
        result = suggest_name((PyNameErrorObject *)exc);
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        Py_CLEAR(result);
    }
    return result;
}
