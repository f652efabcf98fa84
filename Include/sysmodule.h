/* The module sys. */
#ifndef Py_SYSMODULE_H
#define Py_SYSMODULE_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(PyObject *) PySys_GetObject(const char *name);
PyAPI_FUNC(int) PySys_SetObject(const char *name, PyObject *v);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_SetArgv(int argc, wchar_t **argv);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_SetArgvEx(int argc, wchar_t **argv, int updatepath);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_SetPath(const wchar_t *path);
PyAPI_FUNC(void) PySys_WriteStdout(const char *format, ...);
PyAPI_FUNC(void) PySys_WriteStderr(const char *format, ...);
PyAPI_FUNC(void) PySys_FormatStdout(const char *format, ...);
PyAPI_FUNC(void) PySys_FormatStderr(const char *format, ...);
PyAPI_FUNC(void) PySys_ResetWarnOptions(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_AddWarnOption(const wchar_t *s);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_AddWarnOptionUnicode(PyObject *unicode);
Py_DEPRECATED(3)
PyAPI_FUNC(int) PySys_HasWarnOptions(void);
Py_DEPRECATED(3)
PyAPI_FUNC(void) PySys_AddXOption(const wchar_t *s);
PyAPI_FUNC(PyObject *) PySys_GetXOptions(void);

#ifndef Py_LIMITED_API
#  include "cpython/sysmodule.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
