/* The module _heapq: binary heaps in lists.
 *
 * Comparing runs Python, which can change the list: after each comparison its
 * size is looked at again, and the items compared are held. */
#include "Python.h"

#include "abstract.h"
#include "list.h"

/* One comparison, of what it takes for an item to be nearer to the root. */
typedef int (*before_function)(PyObject *a, PyObject *b);

static int
before_min(PyObject *a, PyObject *b)
{
    return PyObject_RichCompareBool(a, b, Py_LT);
}

static int
before_max(PyObject *a, PyObject *b)
{
    return PyObject_RichCompareBool(b, a, Py_LT);
}

/* before(items[i], items[j]), holding both; -1 also if the size changed. */
static int
compare_at(PyListObject *heap, Py_ssize_t i, Py_ssize_t j, Py_ssize_t size,
           before_function before)
{
    PyObject *a = heap->ob_item[i], *b = heap->ob_item[j];
    int result = before == before_min ? abstract_less_plain(a, b)
                                      : abstract_less_plain(b, a);

    if (result >= 0) {
        return result;
    }
    Py_INCREF(a);
    Py_INCREF(b);
    result = before(a, b);
    Py_DECREF(a);
    Py_DECREF(b);
    if (result >= 0 && size != PyList_GET_SIZE(heap)) {
        PyErr_SetString(PyExc_RuntimeError,
                        "list changed size during iteration");
        return -1;
    }
    return result;
}

static inline void
swap_items(PyListObject *heap, Py_ssize_t i, Py_ssize_t j)
{
    PyObject *item = heap->ob_item[i];

    heap->ob_item[i] = heap->ob_item[j];
    heap->ob_item[j] = item;
}

/* Moves the item at `at` towards the root, not beyond `start`. */
static int
sift_towards_root(PyListObject *heap, Py_ssize_t start, Py_ssize_t at,
                  before_function before)
{
    Py_ssize_t size = PyList_GET_SIZE(heap);

    if (at >= size) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return -1;
    }
    while (at > start) {
        Py_ssize_t parent = (at - 1) >> 1;
        int result = compare_at(heap, at, parent, size, before);
        if (result < 0) {
            return -1;
        }
        if (!result) {
            break;
        }
        swap_items(heap, at, parent);
        at = parent;
    }
    return 0;
}

/* Moves the item at `at` down to a leaf along the children nearer to the
 * root, then up to its place: fewer comparisons than stopping on the way. */
static int
sift_towards_leaves(PyListObject *heap, Py_ssize_t at, before_function before)
{
    Py_ssize_t size = PyList_GET_SIZE(heap), start = at, limit = size >> 1;

    if (at >= size) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return -1;
    }
    while (at < limit) {
        Py_ssize_t child = 2 * at + 1;
        if (child + 1 < size) {
            int result = compare_at(heap, child, child + 1, size, before);
            if (result < 0) {
                return -1;
            }
            child += !result;
        }
        swap_items(heap, at, child);
        at = child;
    }
    return sift_towards_root(heap, start, at, before);
}

static int
check_list(PyObject *heap, const char *function, int numbered)
{
    if (!PyList_Check(heap)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() argument%s must be list, not %.50s", function,
                     numbered ? " 1" : "", Py_TYPE(heap)->tp_name);
        return -1;
    }
    return 0;
}

/* Parses (heap, item). */
static int
check_two(const char *function, PyObject *const *args, Py_ssize_t nargs)
{
    return _PyArg_CheckPositional(function, nargs, 2, 2)
               ? check_list(args[0], function, 1) : -1;
}

static PyObject *
heap_pop(PyObject *op, before_function before)
{
    PyListObject *heap = (PyListObject *)op;
    Py_ssize_t size = PyList_GET_SIZE(op);
    PyObject *last, *result;

    if (size == 0) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return NULL;
    }
    last = Py_NewRef(heap->ob_item[size - 1]);
    if (PyList_SetSlice(op, size - 1, size, NULL) < 0) {
        Py_DECREF(last);
        return NULL;
    }
    if (size == 1) {
        return last;
    }
    result = heap->ob_item[0];
    heap->ob_item[0] = last;
    if (sift_towards_leaves(heap, 0, before) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *
heap_replace(PyObject *op, PyObject *item, before_function before)
{
    PyListObject *heap = (PyListObject *)op;
    PyObject *result;

    if (PyList_GET_SIZE(op) == 0) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return NULL;
    }
    result = heap->ob_item[0];
    heap->ob_item[0] = Py_NewRef(item);
    if (sift_towards_leaves(heap, 0, before) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *
heap_heapify(PyObject *op, before_function before)
{
    for (Py_ssize_t i = (PyList_GET_SIZE(op) >> 1) - 1; i >= 0; i--) {
        if (sift_towards_leaves((PyListObject *)op, i, before) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
heapq_heappush(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (check_two("heappush", args, nargs) < 0 ||
        PyList_Append(args[0], args[1]) < 0 ||
        sift_towards_root((PyListObject *)args[0], 0,
                          PyList_GET_SIZE(args[0]) - 1, before_min) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
heapq_heappushpop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *top;
    int before;

    if (check_two("heappushpop", args, nargs) < 0) {
        return NULL;
    }
    if (PyList_GET_SIZE(args[0]) == 0) {
        return Py_NewRef(args[1]);
    }
    top = Py_NewRef(PyList_GET_ITEM(args[0], 0));
    before = PyObject_RichCompareBool(top, args[1], Py_LT);
    Py_DECREF(top);
    if (before < 0) {
        return NULL;
    }
    if (before == 0) {
        return Py_NewRef(args[1]);
    }
    return heap_replace(args[0], args[1], before_min);
}

static PyObject *
heapq_heappop(PyObject *module, PyObject *heap)
{
    return check_list(heap, "heappop", 0) < 0 ? NULL
                                              : heap_pop(heap, before_min);
}

static PyObject *
heapq_heappop_max(PyObject *module, PyObject *heap)
{
    return check_list(heap, "_heappop_max", 0) < 0
               ? NULL
               : heap_pop(heap, before_max);
}

static PyObject *
heapq_heapreplace(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return check_two("heapreplace", args, nargs) < 0
               ? NULL : heap_replace(args[0], args[1], before_min);
}

static PyObject *
heapq_heapreplace_max(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    return check_two("_heapreplace_max", args, nargs) < 0
               ? NULL : heap_replace(args[0], args[1], before_max);
}

static PyObject *
heapq_heapify(PyObject *module, PyObject *heap)
{
    return check_list(heap, "heapify", 0) < 0 ? NULL
                                              : heap_heapify(heap, before_min);
}

static PyObject *
heapq_heapify_max(PyObject *module, PyObject *heap)
{
    return check_list(heap, "_heapify_max", 0) < 0
               ? NULL : heap_heapify(heap, before_max);
}

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef heapq_methods[] = {
    {"heappush", FASTCALL(heapq_heappush), METH_FASTCALL,
     PyDoc_STR("heappush($module, heap, item, /)\n--\n\n"
               "Adds the item to the heap.")},
    {"heappushpop", FASTCALL(heapq_heappushpop), METH_FASTCALL,
     PyDoc_STR("heappushpop($module, heap, item, /)\n--\n\n"
               "Adds the item, then removes and returns the smallest one.")},
    {"heappop", heapq_heappop, METH_O,
     PyDoc_STR("heappop($module, heap, /)\n--\n\n"
               "Removes and returns the smallest item.")},
    {"heapreplace", FASTCALL(heapq_heapreplace), METH_FASTCALL,
     PyDoc_STR("heapreplace($module, heap, item, /)\n--\n\n"
               "Removes and returns the smallest item, then adds the item.")},
    {"heapify", heapq_heapify, METH_O,
     PyDoc_STR("heapify($module, heap, /)\n--\n\n"
               "Orders a list as a heap, in linear time.")},
    {"_heappop_max", heapq_heappop_max, METH_O,
     PyDoc_STR("_heappop_max($module, heap, /)\n--\n\n"
               "heappop() of a heap with the largest item at the root.")},
    {"_heapify_max", heapq_heapify_max, METH_O,
     PyDoc_STR("_heapify_max($module, heap, /)\n--\n\n"
               "heapify() with the largest item at the root.")},
    {"_heapreplace_max", FASTCALL(heapq_heapreplace_max), METH_FASTCALL,
     PyDoc_STR("_heapreplace_max($module, heap, item, /)\n--\n\n"
               "heapreplace() of a heap with the largest item at the root.")},
    {NULL, NULL, 0, NULL},
};

static int
heapq_exec(PyObject *module)
{
    return PyModule_AddStringConstant(
        module, "__about__",
        "Heaps are lists in which a[k] <= a[2*k+1] and a[k] <= a[2*k+2].\n");
}

static PyModuleDef_Slot heapq_slots[] = {
    {Py_mod_exec, heapq_exec},
    {0, NULL},
};

static PyModuleDef heapq_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_heapq",
    .m_doc = PyDoc_STR("Heaps, for the module heapq."),
    .m_size = 0,
    .m_methods = heapq_methods,
    .m_slots = heapq_slots,
};

PyMODINIT_FUNC PyInit__heapq(void);

PyMODINIT_FUNC
PyInit__heapq(void)
{
    return PyModuleDef_Init(&heapq_module);
}
