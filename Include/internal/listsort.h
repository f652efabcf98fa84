#ifndef LUCID_LISTSORT_H
#define LUCID_LISTSORT_H
#include "Python.h"

/* Sorts the list in place, stable; key may be NULL.  ValueError if the list
 * is changed meanwhile; it keeps all its items on any failure.
 * Runs Python (key, comparing). */
extern int list_sort_items(PyListObject *list, PyObject *key, int reverse);

#endif
