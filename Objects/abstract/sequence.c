/* PySequence_ and PyMapping_. */
#include "Python.h"

#include "abstract.h"
#include "list.h"
#include "names.h"
#include "object.h"
#include "tuple.h"

static PyObject *
null_error(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "null argument to internal routine");
    }
    return NULL;
}

/* ---- sequences ---- */

int
PySequence_Check(PyObject *op)
{
    PySequenceMethods *methods = Py_TYPE(op)->tp_as_sequence;

    return !PyDict_Check(op) && methods != NULL && methods->sq_item != NULL;
}

static int
has_mapping_item(PyObject *op)
{
    PyMappingMethods *methods = Py_TYPE(op)->tp_as_mapping;

    return methods != NULL && methods->mp_subscript != NULL;
}

Py_ssize_t
PySequence_Size(PyObject *op)
{
    PySequenceMethods *methods;

    if (op == NULL) {
        null_error();
        return -1;
    }
    methods = Py_TYPE(op)->tp_as_sequence;
    if (methods != NULL && methods->sq_length != NULL) {
        return methods->sq_length(op);
    }
    abstract_type_error(Py_TYPE(op)->tp_as_mapping != NULL &&
                                Py_TYPE(op)->tp_as_mapping->mp_length != NULL
                            ? "%.200s is not a sequence"
                            : "object of type '%.200s' has no len()", op);
    return -1;
}

#undef PySequence_Length
Py_ssize_t
PySequence_Length(PyObject *op)
{
    return PySequence_Size(op);
}

/* a + b through the number slot, for sequences written in Python.  New,
 * NotImplemented (new) or NULL. */
static PyObject *
number_fallback(PyObject *a, PyObject *b, size_t inplace, size_t offset)
{
    PyNumberMethods *methods = Py_TYPE(a)->tp_as_number;

    if (inplace != 0 && methods != NULL) {
        binaryfunc slot = *(binaryfunc *)((char *)methods + inplace);
        if (slot != NULL) {
            PyObject *result = slot(a, b);
            if (result != Py_NotImplemented) {
                return result;
            }
            Py_DECREF(result);
        }
    }
    return abstract_binary_op(a, b, offset);
}

static PyObject *
sequence_concat(PyObject *a, PyObject *b, int in_place)
{
    PySequenceMethods *methods;

    if (a == NULL || b == NULL) {
        return null_error();
    }
    methods = Py_TYPE(a)->tp_as_sequence;
    if (in_place && methods != NULL && methods->sq_inplace_concat != NULL) {
        return methods->sq_inplace_concat(a, b);
    }
    if (methods != NULL && methods->sq_concat != NULL) {
        return methods->sq_concat(a, b);
    }
    if (PySequence_Check(a) && PySequence_Check(b)) {
        PyObject *result = number_fallback(
            a, b, in_place ? offsetof(PyNumberMethods, nb_inplace_add) : 0,
            offsetof(PyNumberMethods, nb_add));
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    return abstract_type_error("'%.200s' object can't be concatenated", a);
}

PyObject *
PySequence_Concat(PyObject *a, PyObject *b)
{
    return sequence_concat(a, b, 0);
}

PyObject *
PySequence_InPlaceConcat(PyObject *a, PyObject *b)
{
    return sequence_concat(a, b, 1);
}

static PyObject *
sequence_repeat(PyObject *op, Py_ssize_t count, int in_place)
{
    PySequenceMethods *methods;

    if (op == NULL) {
        return null_error();
    }
    methods = Py_TYPE(op)->tp_as_sequence;
    if (in_place && methods != NULL && methods->sq_inplace_repeat != NULL) {
        return methods->sq_inplace_repeat(op, count);
    }
    if (methods != NULL && methods->sq_repeat != NULL) {
        return methods->sq_repeat(op, count);
    }
    if (PySequence_Check(op)) {
        PyObject *n = PyLong_FromSsize_t(count), *result;
        if (n == NULL) {
            return NULL;
        }
        result = number_fallback(
            op, n, in_place ? offsetof(PyNumberMethods, nb_inplace_multiply)
                            : 0,
            offsetof(PyNumberMethods, nb_multiply));
        Py_DECREF(n);
        if (result != Py_NotImplemented) {
            return result;
        }
        Py_DECREF(result);
    }
    return abstract_type_error("'%.200s' object can't be repeated", op);
}

PyObject *
PySequence_Repeat(PyObject *op, Py_ssize_t count)
{
    return sequence_repeat(op, count, 0);
}

PyObject *
PySequence_InPlaceRepeat(PyObject *op, Py_ssize_t count)
{
    return sequence_repeat(op, count, 1);
}

/* Adds the length to a negative index.  -1 on error. */
static int
adjust_index(PyObject *op, PySequenceMethods *methods, Py_ssize_t *i)
{
    if (*i < 0 && methods->sq_length != NULL) {
        Py_ssize_t len = methods->sq_length(op);
        if (len < 0) {
            return -1;
        }
        *i += len;
    }
    return 0;
}

PyObject *
PySequence_GetItem(PyObject *op, Py_ssize_t i)
{
    PySequenceMethods *methods;

    if (op == NULL) {
        return null_error();
    }
    methods = Py_TYPE(op)->tp_as_sequence;
    if (methods != NULL && methods->sq_item != NULL) {
        return adjust_index(op, methods, &i) < 0 ? NULL
                                                 : methods->sq_item(op, i);
    }
    return abstract_type_error(has_mapping_item(op)
                                   ? "%.200s is not a sequence"
                                   : "'%.200s' object does not support "
                                     "indexing", op);
}

static int
sequence_ass_item(PyObject *op, Py_ssize_t i, PyObject *value,
                  const char *message)
{
    PySequenceMethods *methods;

    if (op == NULL) {
        null_error();
        return -1;
    }
    methods = Py_TYPE(op)->tp_as_sequence;
    if (methods != NULL && methods->sq_ass_item != NULL) {
        return adjust_index(op, methods, &i) < 0
                   ? -1 : methods->sq_ass_item(op, i, value);
    }
    if (Py_TYPE(op)->tp_as_mapping != NULL &&
        Py_TYPE(op)->tp_as_mapping->mp_ass_subscript != NULL) {
        message = "%.200s is not a sequence";
    }
    abstract_type_error(message, op);
    return -1;
}

int
PySequence_SetItem(PyObject *op, Py_ssize_t i, PyObject *value)
{
    return sequence_ass_item(
        op, i, value, "'%.200s' object does not support item assignment");
}

int
PySequence_DelItem(PyObject *op, Py_ssize_t i)
{
    return sequence_ass_item(op, i, NULL,
                             "'%.200s' object doesn't support item deletion");
}

PyObject *
PySequence_GetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    PyObject *slice, *result;

    if (op == NULL) {
        return null_error();
    }
    if (!has_mapping_item(op)) {
        return abstract_type_error("'%.200s' object is unsliceable", op);
    }
    slice = _PySlice_FromIndices(low, high);
    if (slice == NULL) {
        return NULL;
    }
    result = Py_TYPE(op)->tp_as_mapping->mp_subscript(op, slice);
    Py_DECREF(slice);
    return result;
}

static int
sequence_ass_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high,
                   PyObject *value, const char *message)
{
    PyMappingMethods *methods;
    PyObject *slice;
    int result;

    if (op == NULL) {
        null_error();
        return -1;
    }
    methods = Py_TYPE(op)->tp_as_mapping;
    if (methods == NULL || methods->mp_ass_subscript == NULL) {
        abstract_type_error(message, op);
        return -1;
    }
    slice = _PySlice_FromIndices(low, high);
    if (slice == NULL) {
        return -1;
    }
    result = methods->mp_ass_subscript(op, slice, value);
    Py_DECREF(slice);
    return result;
}

int
PySequence_SetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high,
                    PyObject *value)
{
    return sequence_ass_slice(op, low, high, value,
                              "'%.200s' object doesn't support slice "
                              "assignment");
}

int
PySequence_DelSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    return sequence_ass_slice(op, low, high, NULL,
                              "'%.200s' object doesn't support slice "
                              "deletion");
}

/* A tuple of what the iterable yields.  Runs Python. */
PyObject *
PySequence_Tuple(PyObject *op)
{
    PyObject *list, *result;

    if (op == NULL) {
        return null_error();
    }
    if (PyTuple_CheckExact(op)) {
        return Py_NewRef(op);
    }
    if (PyList_CheckExact(op)) {
        return PyList_AsTuple(op);
    }
    list = PySequence_List(op);
    if (list == NULL) {
        return NULL;
    }
    /* The list's items move into the tuple. */
    result = tuple_from_array_steal(((PyListObject *)list)->ob_item,
                                    PyList_GET_SIZE(list));
    Py_SET_SIZE(list, 0);
    Py_DECREF(list);
    return result;
}

PyObject *
PySequence_List(PyObject *op)
{
    PyObject *list;

    if (op == NULL) {
        return null_error();
    }
    list = PyList_New(0);
    if (list != NULL && list_extend((PyListObject *)list, op) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

PyObject *
PySequence_Fast(PyObject *op, const char *message)
{
    PyObject *iterator, *list;

    if (op == NULL) {
        return null_error();
    }
    if (PyList_CheckExact(op) || PyTuple_CheckExact(op)) {
        return Py_NewRef(op);
    }
    iterator = PyObject_GetIter(op);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, message);
        }
        return NULL;
    }
    list = PySequence_List(iterator);
    Py_DECREF(iterator);
    return list;
}

/* count, index or contains by iteration; -1 on error.  Runs Python. */
Py_ssize_t
_PySequence_IterSearch(PyObject *op, PyObject *value, int operation)
{
    PyObject *iterator, *item;
    Py_ssize_t n = 0;
    int wrapped = 0;

    if (op == NULL || value == NULL) {
        null_error();
        return -1;
    }
    iterator = PyObject_GetIter(op);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            abstract_type_error("argument of type '%.200s' is not iterable",
                                op);
        }
        return -1;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        int equal = PyObject_RichCompareBool(item, value, Py_EQ);
        Py_DECREF(item);
        if (equal < 0) {
            goto fail;
        }
        if (equal > 0) {
            if (operation == PY_ITERSEARCH_COUNT) {
                if (n == PY_SSIZE_T_MAX) {
                    PyErr_SetString(PyExc_OverflowError,
                                    "count exceeds C integer size");
                    goto fail;
                }
                n++;
            }
            else if (operation == PY_ITERSEARCH_INDEX) {
                if (wrapped) {
                    PyErr_SetString(PyExc_OverflowError,
                                    "index exceeds C integer size");
                    goto fail;
                }
                Py_DECREF(iterator);
                return n;
            }
            else {
                Py_DECREF(iterator);
                return 1;
            }
        }
        if (operation == PY_ITERSEARCH_INDEX) {
            wrapped |= n == PY_SSIZE_T_MAX;
            n++;
        }
    }
    if (PyErr_Occurred()) {
        goto fail;
    }
    if (operation == PY_ITERSEARCH_INDEX) {
        PyErr_SetString(PyExc_ValueError,
                        "sequence.index(x): x not in sequence");
        goto fail;
    }
    Py_DECREF(iterator);
    return n;
fail:
    Py_DECREF(iterator);
    return -1;
}

Py_ssize_t
PySequence_Count(PyObject *op, PyObject *value)
{
    return _PySequence_IterSearch(op, value, PY_ITERSEARCH_COUNT);
}

int
PySequence_Contains(PyObject *op, PyObject *value)
{
    PySequenceMethods *methods = Py_TYPE(op)->tp_as_sequence;

    if (methods != NULL && methods->sq_contains != NULL) {
        return methods->sq_contains(op, value);
    }
    return (int)_PySequence_IterSearch(op, value, PY_ITERSEARCH_CONTAINS);
}

#undef PySequence_In
int
PySequence_In(PyObject *op, PyObject *value)
{
    return PySequence_Contains(op, value);
}

Py_ssize_t
PySequence_Index(PyObject *op, PyObject *value)
{
    return _PySequence_IterSearch(op, value, PY_ITERSEARCH_INDEX);
}

/* ---- mappings ---- */

int
PyMapping_Check(PyObject *op)
{
    return op != NULL && has_mapping_item(op);
}

Py_ssize_t
PyMapping_Size(PyObject *op)
{
    PyMappingMethods *methods;

    if (op == NULL) {
        null_error();
        return -1;
    }
    methods = Py_TYPE(op)->tp_as_mapping;
    if (methods != NULL && methods->mp_length != NULL) {
        return methods->mp_length(op);
    }
    abstract_type_error(Py_TYPE(op)->tp_as_sequence != NULL &&
                                Py_TYPE(op)->tp_as_sequence->sq_length != NULL
                            ? "%.200s is not a mapping"
                            : "object of type '%.200s' has no len()", op);
    return -1;
}

#undef PyMapping_Length
Py_ssize_t
PyMapping_Length(PyObject *op)
{
    return PyMapping_Size(op);
}

PyObject *
PyMapping_GetItemString(PyObject *op, const char *key)
{
    PyObject *name, *result;

    if (key == NULL) {
        return null_error();
    }
    name = PyUnicode_FromString(key);
    if (name == NULL) {
        return NULL;
    }
    result = PyObject_GetItem(op, name);
    Py_DECREF(name);
    return result;
}

int
PyMapping_SetItemString(PyObject *op, const char *key, PyObject *value)
{
    PyObject *name;
    int result;

    if (key == NULL) {
        null_error();
        return -1;
    }
    name = PyUnicode_FromString(key);
    if (name == NULL) {
        return -1;
    }
    result = PyObject_SetItem(op, name, value);
    Py_DECREF(name);
    return result;
}

/* The API has no way to report an error: any means "no". */
int
PyMapping_HasKeyString(PyObject *op, const char *key)
{
    PyObject *value = PyMapping_GetItemString(op, key);

    if (value == NULL) {
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(value);
    return 1;
}

int
PyMapping_HasKey(PyObject *op, PyObject *key)
{
    PyObject *value = PyObject_GetItem(op, key);

    if (value == NULL) {
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(value);
    return 1;
}

/* op.<name>() as a list. */
static PyObject *
method_as_list(PyObject *op, PyObject *name)
{
    PyObject *view = PyObject_CallMethodNoArgs(op, name), *iterator, *list;

    if (view == NULL || PyList_CheckExact(view)) {
        return view;
    }
    iterator = PyObject_GetIter(view);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s.%U() returned a non-iterable (type %.200s)",
                         Py_TYPE(op)->tp_name, name, Py_TYPE(view)->tp_name);
        }
        Py_DECREF(view);
        return NULL;
    }
    Py_DECREF(view);
    list = PySequence_List(iterator);
    Py_DECREF(iterator);
    return list;
}

PyObject *
PyMapping_Keys(PyObject *op)
{
    if (op == NULL) {
        return null_error();
    }
    return PyDict_CheckExact(op) ? PyDict_Keys(op)
                                 : method_as_list(op, NAME(keys));
}

PyObject *
PyMapping_Items(PyObject *op)
{
    if (op == NULL) {
        return null_error();
    }
    return PyDict_CheckExact(op) ? PyDict_Items(op)
                                 : method_as_list(op, NAME(items));
}

PyObject *
PyMapping_Values(PyObject *op)
{
    if (op == NULL) {
        return null_error();
    }
    return PyDict_CheckExact(op) ? PyDict_Values(op)
                                 : method_as_list(op, NAME(values));
}

/* ---- arrays of C strings ---- */

void
_Py_FreeCharPArray(char *const *array)
{
    for (Py_ssize_t i = 0; array[i] != NULL; i++) {
        PyMem_Free(array[i]);
    }
    PyMem_Free((void *)array);
}

/* Copies of a sequence of bytes, ended by NULL: for execve() and the like. */
char *const *
_PySequence_BytesToCharpArray(PyObject *op)
{
    Py_ssize_t n = PySequence_Size(op), size;
    char **array, *text;

    if (n < 0) {
        return NULL;
    }
    if (n > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(char *) - 1 ||
        (array = PyMem_Malloc((size_t)(n + 1) * sizeof(char *))) == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(op, i);

        array[i] = NULL;
        if (item == NULL) {
            goto fail;
        }
        if (PyBytes_AsStringAndSize(item, &text, &size) < 0) {
            Py_DECREF(item);
            goto fail;
        }
        array[i] = PyMem_Malloc((size_t)size + 1);
        if (array[i] == NULL) {
            PyErr_NoMemory();
            Py_DECREF(item);
            goto fail;
        }
        memcpy(array[i], text, (size_t)size + 1);
        Py_DECREF(item);
    }
    array[n] = NULL;
    return array;
fail:
    _Py_FreeCharPArray(array);
    return NULL;
}

int
abstract_parse_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                   const char *empty, Py_ssize_t *index)
{
    Py_ssize_t at = -1;

    if (!_PyArg_CheckPositional("pop", nargs, 0, 1)) {
        return -1;
    }
    if (nargs == 1) {
        at = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
        if (at == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    if (Py_SIZE(self) == 0) {
        PyErr_SetString(PyExc_IndexError, empty);
        return -1;
    }
    if (at < 0) {
        at += Py_SIZE(self);
    }
    if (at < 0 || at >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "pop index out of range");
        return -1;
    }
    *index = at;
    return 0;
}
