/* Layout of weak references. */
#ifndef Py_CPYTHON_WEAKREFOBJECT_H
#define Py_CPYTHON_WEAKREFOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

struct _PyWeakReference {
    PyObject_HEAD
    PyObject *wr_object;      /* borrowed; None once the object has died */
    PyObject *wr_callback;    /* owned, or NULL */
    Py_hash_t hash;           /* -1: not computed */
    PyWeakReference *wr_prev; /* the object's list of weak references */
    PyWeakReference *wr_next;
    vectorcallfunc vectorcall;
};

PyAPI_FUNC(Py_ssize_t) _PyWeakref_GetWeakrefCount(
    PyWeakReference *weakreference);
PyAPI_FUNC(void) _PyWeakref_ClearRef(PyWeakReference *weakreference);

/* Borrowed. */
static inline PyObject *
PyWeakref_GET_OBJECT(PyObject *ref_obj)
{
    PyObject *object = _Py_CAST(PyWeakReference *, ref_obj)->wr_object;
    /* An object being deallocated counts as gone. */
    return Py_REFCNT(object) > 0 ? object : Py_None;
}
#define PyWeakref_GET_OBJECT(ref) PyWeakref_GET_OBJECT(_PyObject_CAST(ref))

#ifdef __cplusplus
}
#endif
#endif
