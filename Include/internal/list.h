#ifndef LUCID_LIST_H
#define LUCID_LIST_H
/* Lists, for the rest of the runtime. */
#include "Python.h"

/* Appends, stealing item (also on failure). */
extern int list_append_steal_slow(PyListObject *list, PyObject *item);

static inline int
list_append_steal(PyListObject *list, PyObject *item)
{
    Py_ssize_t len = PyList_GET_SIZE(list);

    if (len < list->allocated) {
        list->ob_item[len] = item;
        Py_SET_SIZE(list, len + 1);
        return 0;
    }
    return list_append_steal_slow(list, item);
}

/* A list of n items taken over from an array (which is kept by the caller).
 * Steals the items, also on failure. */
extern PyObject *list_from_array_steal(PyObject *const *items, Py_ssize_t n);

/* list.extend without the None.  Runs Python (iteration).  -1 on error. */
extern int list_extend(PyListObject *list, PyObject *iterable);

/* Allocated, tracked, every item NULL: to be filled without running Python. */
extern PyObject *list_new_presized(Py_ssize_t capacity);

extern void list_clear_free_list(void);

/* iter(list) and list.__reversed__() (listiter.c). */
extern PyObject *list_iter(PyObject *self);
extern PyObject *list_reversed(PyObject *self, PyObject *ignored);

/* Iterators that ceval specialises on. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t it_index;
    PyListObject *it_seq;              /* NULL: exhausted */
} ListIterObject;

#endif
