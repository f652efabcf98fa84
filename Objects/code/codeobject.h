#ifndef LUCID_CODEOBJECT_H
#define LUCID_CODEOBJECT_H

/* Between the files of Objects/code. */

#include "Python.h"

/* locations.c */
PyObject *code_co_lines(PyObject *code, PyObject *ignored);
PyObject *code_co_positions(PyObject *code, PyObject *ignored);
PyObject *code_get_lnotab(PyObject *code, void *closure);
PyObject *code_table_without_columns(PyObject *table);
extern PyTypeObject line_iterator_type;
extern PyTypeObject positions_iterator_type;

/* constants.c.  Interning is in place: 0/-1. */
int code_intern_names(PyObject *tuple);
/* *modified (may be NULL) is set if an item was replaced. */
int code_intern_constants(PyObject *tuple, int *modified);
PyObject *code_richcompare(PyObject *self, PyObject *other, int op);
Py_hash_t code_hash(PyObject *self);

/* extra.c */
void code_extra_free(PyCodeObject *code);
Py_ssize_t code_extra_size(PyCodeObject *code);

#endif
