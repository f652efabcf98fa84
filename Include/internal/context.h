/* contextvars (PEP 567) over a hash array mapped trie (Python/context.c,
 * hamt.c). */
#ifndef LUCID_CONTEXT_H
#define LUCID_CONTEXT_H

#include "Python.h"

/* An immutable mapping: every change makes a new one that shares most
 * nodes. */
typedef struct {
    PyObject_HEAD
    PyObject *root;                /* a node, owned; NULL when empty */
    PyObject *weakreflist;
    Py_ssize_t count;
} PyHamtObject;

extern PyTypeObject hamt_type, hamt_node_type,
    hamt_items_type, hamt_keys_type, hamt_values_type;

#define HAMT_MAX_DEPTH 8

PyHamtObject *hamt_new(void);
/* Runs Python (__hash__, __eq__). */
/* new */
PyHamtObject *hamt_assoc(PyHamtObject *hamt, PyObject *key, PyObject *value);
/* new; the same if absent */
PyHamtObject *hamt_without(PyHamtObject *hamt, PyObject *key);
/* 1/0/-1; value borrowed */
int hamt_find(PyHamtObject *hamt, PyObject *key, PyObject **value);
int hamt_eq(PyHamtObject *left, PyHamtObject *right);              /* 1/0/-1 */
Py_ssize_t hamt_len(PyHamtObject *hamt);
PyObject *hamt_iter_keys(PyHamtObject *hamt);
PyObject *hamt_iter_values(PyHamtObject *hamt);
PyObject *hamt_iter_items(PyHamtObject *hamt);

struct _pycontextobject {
    PyObject_HEAD
    PyContext *ctx_prev;           /* owned while entered */
    PyHamtObject *ctx_vars;
    PyObject *ctx_weakreflist;
    int ctx_entered;
};

struct _pycontextvarobject {
    PyObject_HEAD
    PyObject *var_name;
    PyObject *var_default;         /* or NULL */
    PyObject *var_cached;          /* borrowed */
    uint64_t var_cached_tsid;
    uint64_t var_cached_tsver;
    Py_hash_t var_hash;
};

struct _pycontexttokenobject {
    PyObject_HEAD
    PyContext *tok_ctx;
    PyContextVar *tok_var;
    PyObject *tok_oldval;          /* or NULL: there was none */
    int tok_used;
};

extern PyTypeObject context_token_missing_type;

int context_init(PyInterpreterState *interp);
void context_fini(PyInterpreterState *interp);

#endif
