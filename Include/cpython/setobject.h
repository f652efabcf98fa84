/* Layout of set and frozenset. */
#ifndef Py_CPYTHON_SETOBJECT_H
#define Py_CPYTHON_SETOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

#define PySet_MINSIZE 8

typedef struct {
    PyObject *key;     /* NULL: free; the dummy: deleted */
    Py_hash_t hash;
} setentry;

typedef struct {
    PyObject_HEAD
    Py_ssize_t fill;   /* entries in use or deleted */
    Py_ssize_t used;   /* entries in use */
    Py_ssize_t mask;   /* entries - 1, a power of two less one */
    setentry *table;   /* smalltable, or an owned block */
    Py_hash_t hash;    /* of a frozenset; -1: not computed */
    Py_ssize_t finger; /* where pop() goes on searching */
    setentry smalltable[PySet_MINSIZE];
    PyObject *weakreflist;
} PySetObject;

PyAPI_DATA(PyObject *) _PySet_Dummy;
PyAPI_FUNC(int) _PySet_NextEntry(PyObject *op, Py_ssize_t *ssize_t,
                                 PyObject **op2, Py_hash_t *hash_t);
PyAPI_FUNC(int) _PySet_Update(PyObject *op, PyObject *op2);

#define PySet_GET_SIZE(so) (_Py_CAST(PySetObject *, (so))->used)

#ifdef __cplusplus
}
#endif
#endif
