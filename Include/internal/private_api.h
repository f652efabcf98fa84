/* Functions that 3.11 exports without a public header, and that several parts
 * of the runtime call. */
#ifndef LUCID_PRIVATE_API_H
#define LUCID_PRIVATE_API_H

#include "Python.h"

PyAPI_FUNC(int) _Py_CheckRecursiveCall(PyThreadState *tstate,
                                       const char *where);
/* SimpleNamespace with the items of a dict (or NULL); new. */
PyAPI_FUNC(PyObject *) _PyNamespace_New(PyObject *kwds);
PyAPI_FUNC(void) _PyStructSequence_FiniType(PyTypeObject *type);

/* Allocators by the names of PYTHONMALLOC: 0, or -1 for an unknown name. */
PyAPI_FUNC(int) _PyMem_GetAllocatorName(const char *name,
                                        PyMemAllocatorName *allocator);
PyAPI_FUNC(int) _PyMem_SetupAllocators(PyMemAllocatorName allocator);
PyAPI_FUNC(const char *) _PyMem_GetCurrentAllocatorName(void);
PyAPI_FUNC(Py_ssize_t) _Py_GetAllocatedBlocks(void);
/* Writes the allocator's counters; 0 if it has none. */
PyAPI_FUNC(int) _PyObject_DebugMallocStats(FILE *out);
PyAPI_FUNC(void) _PyObject_DebugTypeStats(FILE *out);

PyAPI_FUNC(void) _Py_FatalError_TstateNULL(const char *func);
PyAPI_FUNC(void) _Py_FatalRefcountErrorFunc(const char *func,
                                            const char *message);
PyAPI_FUNC(void) _PyThreadState_DeleteExcept(PyThreadState *tstate);
/* Python/pythonrun.c: a program or session from a file; 0/-1, errors shown. */
PyAPI_FUNC(int) _PyRun_AnyFileObject(FILE *fp, PyObject *filename,
                                     int closeit, PyCompilerFlags *flags);
PyAPI_FUNC(int) _PyRun_SimpleFileObject(FILE *fp, PyObject *filename,
                                        int closeit, PyCompilerFlags *flags);
PyAPI_FUNC(int) _PyRun_InteractiveLoopObject(FILE *fp, PyObject *filename,
                                             PyCompilerFlags *flags);
PyAPI_DATA(int) _Py_HasFileSystemDefaultEncodeErrors;
/* User and group numbers; -1 stays negative. */
PyAPI_FUNC(PyObject *) _PyLong_FromUid(uid_t uid);
PyAPI_FUNC(PyObject *) _PyLong_FromGid(gid_t gid);

/* Nonzero: the program ended by a KeyboardInterrupt. */
PyAPI_DATA(int) _Py_UnhandledKeyboardInterrupt;

/* Joins many small strings (C accelerator of json). */
typedef struct {
    PyObject *large;     /* owned list, or NULL */
    PyObject *small;     /* owned list */
} _PyAccu;
PyAPI_FUNC(int) _PyAccu_Init(_PyAccu *acc);
PyAPI_FUNC(int) _PyAccu_Accumulate(_PyAccu *acc, PyObject *unicode);
PyAPI_FUNC(PyObject *) _PyAccu_FinishAsList(_PyAccu *acc);
PyAPI_FUNC(PyObject *) _PyAccu_Finish(_PyAccu *acc);
PyAPI_FUNC(void) _PyAccu_Destroy(_PyAccu *acc);

PyAPI_FUNC(int) _PyInterpreterState_GetConfigCopy(PyConfig *config);
PyAPI_FUNC(int) _PyInterpreterState_SetConfig(const PyConfig *config);
PyAPI_FUNC(void) _Py_ClearArgcArgv(void);
PyAPI_FUNC(char *) Py_GETENV(const char *name);
PyAPI_FUNC(int) _Py_str_to_int(const char *str, int *result);
PyAPI_FUNC(const wchar_t *) _Py_get_xoption(const PyWideStringList *xoptions,
                                            const wchar_t *name);
PyAPI_FUNC(void) _Py_get_env_flag(int use_environment, int *flag,
                                  const char *name);
PyAPI_FUNC(PyObject *) _Py_Get_Getpath_CodeObject(void);
PyAPI_FUNC(void) _Py_ClearStandardStreamEncoding(void);
PyAPI_FUNC(int) _Py_HandleSystemExit(int *exitcode_p);
PyAPI_FUNC(void) _PySys_ClearAuditHooks(PyThreadState *tstate);
PyAPI_FUNC(int) _PySys_SetAttr(PyObject *name, PyObject *value);

/* Values for vectorcall and Py_BuildValue with sizes as Py_ssize_t. */
PyAPI_FUNC(PyObject **) _Py_VaBuildStack_SizeT(PyObject **stack,
                                               Py_ssize_t stack_len,
                                               const char *format,
                                               va_list values,
                                               Py_ssize_t *count);
PyAPI_FUNC(PyObject *) _Py_VaBuildValue_SizeT(const char *format,
                                              va_list values);
/* The traceback and message of an exception, to a Python file. Runs Python. */
PyAPI_FUNC(void) _PyErr_Display(PyObject *file, PyObject *exception,
                                PyObject *value, PyObject *tb);
PyAPI_FUNC(int) _Py_LegacyLocaleDetected(int warn);
PyAPI_FUNC(int) _Py_IsLocaleCoercionTarget(const char *ctype_loc);
PyAPI_FUNC(int) _Py_CoerceLegacyLocale(int warn);
PyAPI_FUNC(char *) _Py_SetLocaleFromEnv(int category);
PyAPI_FUNC(PyObject *) _PyErr_WriteUnraisableDefaultHook(PyObject *unraisable);

#endif
