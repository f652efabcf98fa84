/* Start and end of the runtime, outside the limited API. */
#ifndef Py_CPYTHON_PYLIFECYCLE_H
#define Py_CPYTHON_PYLIFECYCLE_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(int) Py_FrozenMain(int i, char **text);
Py_DEPRECATED(3)
PyAPI_FUNC(int) Py_SetStandardStreamEncoding(
    const char *encoding, const char *errors);
PyAPI_FUNC(PyStatus) Py_PreInitialize(const PyPreConfig *preconfig);
PyAPI_FUNC(PyStatus) Py_PreInitializeFromBytesArgs(
    const PyPreConfig *preconfig, Py_ssize_t argc, char **argv);
PyAPI_FUNC(PyStatus) Py_PreInitializeFromArgs(
    const PyPreConfig *preconfig, Py_ssize_t argc, wchar_t **argv);
PyAPI_FUNC(int) _Py_IsCoreInitialized(void);
PyAPI_FUNC(PyStatus) Py_InitializeFromConfig(const PyConfig *config);
PyAPI_FUNC(PyStatus) _Py_InitializeMain(void);
PyAPI_FUNC(int) Py_RunMain(void);
_Py_NO_RETURN
PyAPI_FUNC(void) Py_ExitStatusException(PyStatus status);
PyAPI_FUNC(void) _Py_RestoreSignals(void);
PyAPI_FUNC(int) Py_FdIsInteractive(FILE *fp, const char *filename);
PyAPI_FUNC(int) _Py_FdIsInteractive(FILE *file, PyObject *op);
Py_DEPRECATED(3)
PyAPI_FUNC(void) _Py_SetProgramFullPath(const wchar_t *string);
PyAPI_FUNC(const char *) _Py_gitidentifier(void);
PyAPI_FUNC(const char *) _Py_gitversion(void);
PyAPI_FUNC(int) _Py_IsFinalizing(void);
PyAPI_FUNC(int) _PyOS_URandom(void *ptr, Py_ssize_t n);
PyAPI_FUNC(int) _PyOS_URandomNonblock(void *ptr, Py_ssize_t n);
PyAPI_FUNC(int) _Py_CoerceLegacyLocale(int i);
PyAPI_FUNC(int) _Py_LegacyLocaleDetected(int i);
PyAPI_FUNC(char *) _Py_SetLocaleFromEnv(int i);
PyAPI_FUNC(PyThreadState *) _Py_NewInterpreter(int i);

#ifdef __cplusplus
}
#endif
#endif
