/* The audit hooks (PEP 578), and what of sys lies outside the limited API. */
#ifndef Py_CPYTHON_SYSMODULE_H
#define Py_CPYTHON_SYSMODULE_H
#ifdef __cplusplus
extern "C" {
#endif

/* Answers 0 to let the operation go on, -1 with an exception to refuse it. */
typedef int (*Py_AuditHookFunction)(const char *event, PyObject *args,
                                    void *userData);

PyAPI_FUNC(PyObject *) _PySys_GetAttr(PyThreadState *tstate, PyObject *op);
PyAPI_FUNC(size_t) _PySys_GetSizeOf(PyObject *op);
PyAPI_FUNC(int) PySys_Audit(const char *event, const char *format, ...);
PyAPI_FUNC(int) PySys_AddAuditHook(Py_AuditHookFunction hook, void *userData);

/* Ours.  Hook for the events whose names match one of the globs in patterns
 * (NULL-terminated).  Patterns NULL: all but the events on request.
 * 0: installed.  -1: not installed, with an exception (without one before
 * initialisation).
 * PySys_HOOK_PERMANENT, before initialisation only: comes before other hooks,
 * stays until the process ends, and is sealed against change. */
#define PySys_HOOK_PERMANENT 1
PyAPI_FUNC(int) PySys_AddAuditHookEx(Py_AuditHookFunction hook, void *userData,
                                     const char *const *patterns, int flags);
/* As in 3.13: the arguments as a tuple (borrowed), or NULL for none. */
PyAPI_FUNC(int) PySys_AuditTuple(const char *event, PyObject *args);

#ifdef __cplusplus
}
#endif
#endif
