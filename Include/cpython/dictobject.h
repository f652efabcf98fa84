/* Layout of dict's header, and what of dict lies outside the limited API. */
#ifndef Py_CPYTHON_DICTOBJECT_H
#define Py_CPYTHON_DICTOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct _dictkeysobject PyDictKeysObject;
typedef struct _dictvalues PyDictValues;

typedef struct {
    PyObject_HEAD
    Py_ssize_t ma_used;         /* number of items */
    uint64_t ma_version_tag;    /* new and globally unique after each change */
    PyDictKeysObject *ma_keys;
    PyDictValues *ma_values;    /* NULL: the values stand beside the keys */
} PyDictObject;

typedef struct {
    PyObject_HEAD
    PyDictObject *dv_dict;      /* owned */
} _PyDictViewObject;

PyAPI_FUNC(PyObject *) _PyDict_GetItem_KnownHash(
    PyObject *op, PyObject *op2, Py_hash_t hash);
PyAPI_FUNC(PyObject *) _PyDict_GetItemWithError(PyObject *op, PyObject *op2);
PyAPI_FUNC(PyObject *) _PyDict_GetItemIdWithError(
    PyObject *op, _Py_Identifier *id);
PyAPI_FUNC(PyObject *) _PyDict_GetItemStringWithError(
    PyObject *op, const char *string);
PyAPI_FUNC(PyObject *) PyDict_SetDefault(
    PyObject *p, PyObject *key, PyObject *defaultobj);
PyAPI_FUNC(int) _PyDict_SetItem_KnownHash(
    PyObject *op, PyObject *op2, PyObject *op3, Py_hash_t hash);
PyAPI_FUNC(int) _PyDict_DelItem_KnownHash(
    PyObject *op, PyObject *op2, Py_hash_t hash);
PyAPI_FUNC(int) _PyDict_DelItemIf(PyObject *op, PyObject *op2,
                                  int (*func)(PyObject *));
PyAPI_FUNC(int) _PyDict_Next(PyObject *op, Py_ssize_t *ssize_t, PyObject **op2,
                             PyObject **op3, Py_hash_t *hash_t);
PyAPI_FUNC(int) _PyDict_Contains_KnownHash(
    PyObject *op, PyObject *op2, Py_hash_t hash);
PyAPI_FUNC(int) _PyDict_ContainsId(PyObject *op, _Py_Identifier *id);
PyAPI_FUNC(PyObject *) _PyDict_NewPresized(Py_ssize_t n);
PyAPI_FUNC(void) _PyDict_MaybeUntrack(PyObject *op);
PyAPI_FUNC(int) _PyDict_HasOnlyStringKeys(PyObject *op);
PyAPI_FUNC(Py_ssize_t) _PyDict_SizeOf(PyDictObject *dictobject);
PyAPI_FUNC(PyObject *) _PyDict_Pop(PyObject *op, PyObject *op2, PyObject *op3);
PyAPI_FUNC(int) _PyDict_MergeEx(PyObject *op, PyObject *op2, int i);
PyAPI_FUNC(int) _PyDict_SetItemId(PyObject *op, _Py_Identifier *id,
                                  PyObject *op2);
PyAPI_FUNC(int) _PyDict_DelItemId(PyObject *op, _Py_Identifier *id);
PyAPI_FUNC(void) _PyDict_DebugMallocStats(FILE *file);
PyAPI_FUNC(PyObject *) _PyDictView_New(PyObject *op, PyTypeObject *type);
PyAPI_FUNC(PyObject *) _PyDictView_Intersect(PyObject *op, PyObject *op2);

#define PyDict_GET_SIZE(mp) (((PyDictObject *)(mp))->ma_used)
#define _PyDict_HasSplitTable(d) ((d)->ma_values != NULL)

#ifdef __cplusplus
}
#endif
#endif
