/* Running source text. */
#ifndef Py_PYTHONRUN_H
#define Py_PYTHONRUN_H
#ifdef __cplusplus
extern "C" {
#endif

#define PYOS_STACK_MARGIN 2048

PyAPI_FUNC(PyObject *) Py_CompileString(const char *str, const char *filename,
                                        int start);
PyAPI_FUNC(void) PyErr_Print(void);
PyAPI_FUNC(void) PyErr_PrintEx(int set_sys_last_vars);
PyAPI_FUNC(void) PyErr_Display(PyObject *op, PyObject *op2, PyObject *op3);
PyAPI_DATA(int) (*PyOS_InputHook)(void);

#ifndef Py_LIMITED_API
#  include "cpython/pythonrun.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
