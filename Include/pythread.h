/* Locks, threads and thread-specific storage. */
#ifndef Py_PYTHREAD_H
#define Py_PYTHREAD_H
#ifdef __cplusplus
extern "C" {
#endif

typedef void *PyThread_type_lock;
typedef enum PyLockStatus {
    PY_LOCK_FAILURE = 0,
    PY_LOCK_ACQUIRED = 1,
    PY_LOCK_INTR = 2
} PyLockStatus;

#define WAIT_LOCK 1
#define NOWAIT_LOCK 0
#define PY_TIMEOUT_T long long
#define PY_TIMEOUT_MAX (LLONG_MAX / 1000)   /* microseconds */

typedef struct _Py_tss_t Py_tss_t;

PyAPI_FUNC(void) PyThread_init_thread(void);
PyAPI_FUNC(unsigned long) PyThread_start_new_thread(
    void (*func)(void *), void *ptr);
_Py_NO_RETURN
PyAPI_FUNC(void) PyThread_exit_thread(void);
PyAPI_FUNC(unsigned long) PyThread_get_thread_ident(void);
PyAPI_FUNC(unsigned long) PyThread_get_thread_native_id(void);
PyAPI_FUNC(PyThread_type_lock) PyThread_allocate_lock(void);
PyAPI_FUNC(void) PyThread_free_lock(PyThread_type_lock thread_type_lock);
PyAPI_FUNC(int) PyThread_acquire_lock(PyThread_type_lock thread_type_lock,
                                      int i);
PyAPI_FUNC(PyLockStatus) PyThread_acquire_lock_timed(
    PyThread_type_lock thread_type_lock, long long value, int i);
PyAPI_FUNC(void) PyThread_release_lock(PyThread_type_lock thread_type_lock);
PyAPI_FUNC(size_t) PyThread_get_stacksize(void);
PyAPI_FUNC(int) PyThread_set_stacksize(size_t size);
#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x03030000
PyAPI_FUNC(PyObject *) PyThread_GetInfo(void);
#endif
Py_DEPRECATED(3)
PyAPI_FUNC(int) PyThread_create_key(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyThread_delete_key(int key);
Py_DEPRECATED(3)
PyAPI_FUNC(int) PyThread_set_key_value(int key, void *value);
Py_DEPRECATED(3)
PyAPI_FUNC(void *) PyThread_get_key_value(int key);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyThread_delete_key_value(int key);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PyThread_ReInitTLS(void);
#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x03070000
PyAPI_FUNC(Py_tss_t *) PyThread_tss_alloc(void);
PyAPI_FUNC(void) PyThread_tss_free(Py_tss_t *key);
PyAPI_FUNC(int) PyThread_tss_is_created(Py_tss_t *key);
PyAPI_FUNC(int) PyThread_tss_create(Py_tss_t *key);
PyAPI_FUNC(void) PyThread_tss_delete(Py_tss_t *key);
PyAPI_FUNC(int) PyThread_tss_set(Py_tss_t *key, void *value);
PyAPI_FUNC(void *) PyThread_tss_get(Py_tss_t *key);
#endif

#ifndef Py_LIMITED_API
#  include "cpython/pythread.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
