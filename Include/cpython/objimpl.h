/* Allocation of objects, outside the limited API. */
#ifndef Py_CPYTHON_OBJIMPL_H
#define Py_CPYTHON_OBJIMPL_H
#ifdef __cplusplus
extern "C" {
#endif

#define _PyObject_SIZE(typeobj) ((typeobj)->tp_basicsize)
/* Bytes for `nitems` items, rounded up to whole pointers. */
#define _PyObject_VAR_SIZE(typeobj, nitems)                              \
    _Py_SIZE_ROUND_UP((size_t)(typeobj)->tp_basicsize +                  \
                          (size_t)(nitems) * (size_t)(typeobj)->tp_itemsize, \
                      SIZEOF_VOID_P)

typedef struct {
    void *ctx;
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *ptr, size_t size);
} PyObjectArenaAllocator;

PyAPI_FUNC(void) PyObject_GetArenaAllocator(PyObjectArenaAllocator *allocator);
PyAPI_FUNC(void) PyObject_SetArenaAllocator(PyObjectArenaAllocator *allocator);
PyAPI_FUNC(int) PyObject_IS_GC(PyObject *obj);
PyAPI_FUNC(int) PyType_SUPPORTS_WEAKREFS(PyTypeObject *type);
PyAPI_FUNC(PyObject **) PyObject_GET_WEAKREFS_LISTPTR(PyObject *op);

#define _PyGC_FINALIZED(o) PyObject_GC_IsFinalized(o)

#ifdef __cplusplus
}
#endif
#endif
