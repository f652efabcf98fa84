/* Data attached to code objects by index (PEP 523).  Indices are given out by
 * _PyEval_RequestCodeExtraIndex, per interpreter. */

#include "Python.h"
#include "runtime.h"

#include "code.h"
#include "codeobject.h"

typedef struct {
    Py_ssize_t size;
    void *items[];
} CodeExtra;

static struct ceval_interp_state *
extra_users(void)
{
    return &_PyInterpreterState_GET()->ceval;
}

static void
release_item(CodeExtra *extra, Py_ssize_t i)
{
    freefunc release = extra_users()->code_extra_free[i];

    if (release != NULL && extra->items[i] != NULL) {
        release(extra->items[i]);
    }
}

void
code_extra_free(PyCodeObject *code)
{
    CodeExtra *extra = code->co_extra;

    for (Py_ssize_t i = 0; extra != NULL && i < extra->size; i++) {
        release_item(extra, i);
    }
    PyMem_Free(extra);
    code->co_extra = NULL;
}

Py_ssize_t
code_extra_size(PyCodeObject *code)
{
    CodeExtra *extra = code->co_extra;

    return extra == NULL
               ? 0
               : (Py_ssize_t)sizeof(*extra) + extra->size * sizeof(void *);
}

int
_PyCode_GetExtra(PyObject *code, Py_ssize_t index, void **result)
{
    CodeExtra *extra;

    if (!PyCode_Check(code)) {
        PyErr_BadInternalCall();
        return -1;
    }
    extra = ((PyCodeObject *)code)->co_extra;
    *result = extra == NULL || index < 0 || index >= extra->size
                  ? NULL
                  : extra->items[index];
    return 0;
}

int
_PyCode_SetExtra(PyObject *op, Py_ssize_t index, void *value)
{
    PyCodeObject *code = (PyCodeObject *)op;
    Py_ssize_t extra_indices = extra_users()->code_extra_users;
    CodeExtra *extra;

    if (!PyCode_Check(op) || index < 0 || index >= extra_indices) {
        PyErr_BadInternalCall();
        return -1;
    }
    extra = code->co_extra;
    if (extra == NULL || index >= extra->size) {
        Py_ssize_t size = extra == NULL ? 0 : extra->size;
        CodeExtra *grown = PyMem_Realloc(
            extra, sizeof(*extra) + extra_indices * sizeof(void *));

        if (grown == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memset(&grown->items[size], 0,
               (extra_indices - size) * sizeof(void *));
        grown->size = extra_indices;
        code->co_extra = extra = grown;
    }
    release_item(extra, index);
    extra->items[index] = value;
    return 0;
}
