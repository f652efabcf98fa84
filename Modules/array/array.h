/* Between the files of the module array. */
#ifndef LUCID_ARRAY_H
#define LUCID_ARRAY_H

#include "Python.h"

#include <stdbool.h>

struct array_kind;

typedef struct {
    PyObject_VAR_HEAD
    char *items;                 /* owned; NULL when nothing is allocated */
    Py_ssize_t allocated;        /* items */
    const struct array_kind *kind;
    PyObject *weakrefs;
    Py_ssize_t exports;
} ArrayObject;

/* How another machine may have stored items (pickles). */
enum machine_format {
    MACHINE_UNKNOWN = -1,
    MACHINE_UINT8, MACHINE_INT8,
    MACHINE_UINT16_LE, MACHINE_UINT16_BE, MACHINE_INT16_LE, MACHINE_INT16_BE,
    MACHINE_UINT32_LE, MACHINE_UINT32_BE, MACHINE_INT32_LE, MACHINE_INT32_BE,
    MACHINE_UINT64_LE, MACHINE_UINT64_BE, MACHINE_INT64_LE, MACHINE_INT64_BE,
    MACHINE_FLOAT_LE, MACHINE_FLOAT_BE, MACHINE_DOUBLE_LE, MACHINE_DOUBLE_BE,
    MACHINE_UTF16_LE, MACHINE_UTF16_BE, MACHINE_UTF32_LE, MACHINE_UTF32_BE,
};

typedef struct array_kind {
    char code;
    const char *format;          /* of the buffer */
    unsigned char size;
    bool is_integer, is_signed;
    PyObject *(*get)(const char *p);
    /* The value's bytes in *p.  Runs Python. */
    int (*convert)(char *p, PyObject *value);
    enum machine_format machine;
} array_kind;

typedef struct {
    PyTypeObject *array_type;
    PyTypeObject *iterator_type;
    PyObject *reconstructor;     /* _array_reconstructor, looked up once */
} array_state;


#define ARRAY(op) ((ArrayObject *)(op))

/* All type codes, in the order of array.typecodes. */
#define ARRAY_KINDS 13
extern const array_kind array_kinds[ARRAY_KINDS];
const array_kind *array_find_kind(Py_UCS4 code);

static inline char *
array_item_at(PyObject *op, Py_ssize_t i)
{
    return ARRAY(op)->items + i * ARRAY(op)->kind->size;
}

static inline PyObject *
array_get_item(PyObject *op, Py_ssize_t i)
{
    return ARRAY(op)->kind->get(array_item_at(op, i));
}

/* A type's or object's module state. */
array_state *array_state_of(PyObject *op);

/* array(code[, initial]), with the audit event.  Runs Python. */
PyObject *array_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/* A str of one character, or TypeError naming the function. */
int array_take_code(PyObject *op, const char *function, int position,
                    Py_UCS4 *code);

/* The function _array_reconstructor, for pickles. */
PyObject *array_reconstruct(PyObject *module, PyObject *const *args,
                            Py_ssize_t nargs);

extern PyType_Spec array_iterator_spec;
PyObject *array_iter(PyObject *op);

#endif
