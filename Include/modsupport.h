/* Arguments, values and module constants. */
#ifndef Py_MODSUPPORT_H
#define Py_MODSUPPORT_H
#ifdef __cplusplus
extern "C" {
#endif

#ifdef PY_SSIZE_T_CLEAN
#  define PyArg_Parse _PyArg_Parse_SizeT
#  define PyArg_ParseTuple _PyArg_ParseTuple_SizeT
#  define PyArg_ParseTupleAndKeywords _PyArg_ParseTupleAndKeywords_SizeT
#  define PyArg_VaParse _PyArg_VaParse_SizeT
#  define PyArg_VaParseTupleAndKeywords _PyArg_VaParseTupleAndKeywords_SizeT
#  define Py_BuildValue _Py_BuildValue_SizeT
#  define Py_VaBuildValue _Py_VaBuildValue_SizeT
#endif
#define Py_CLEANUP_SUPPORTED 0x20000
#define PYTHON_API_VERSION 1013
#define PYTHON_API_STRING "1013"
#define PYTHON_ABI_VERSION 3
#define PYTHON_ABI_STRING "3"

#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x03030000
PyAPI_FUNC(int) PyArg_Parse(PyObject *op, const char *string, ...);
PyAPI_FUNC(int) PyArg_ParseTuple(PyObject *op, const char *string, ...);
PyAPI_FUNC(int) PyArg_ParseTupleAndKeywords(
    PyObject *op, PyObject *op2, const char *string, char **text, ...);
PyAPI_FUNC(int) PyArg_VaParse(PyObject *op, const char *string,
                                     va_list vargs);
PyAPI_FUNC(int) PyArg_VaParseTupleAndKeywords(
    PyObject *op, PyObject *op2, const char *string, char **text,
    va_list vargs);
#endif
PyAPI_FUNC(int) PyArg_ValidateKeywordArguments(PyObject *op);
PyAPI_FUNC(int) PyArg_UnpackTuple(PyObject *args, const char *name,
                                  Py_ssize_t min, Py_ssize_t max, ...);
PyAPI_FUNC(PyObject *) Py_BuildValue(const char *string, ...);
PyAPI_FUNC(PyObject *) Py_VaBuildValue(
    const char *string, va_list vargs);
PyAPI_FUNC(int) PyModule_AddObjectRef(PyObject *module, const char *name,
                                      PyObject *value);
PyAPI_FUNC(int) PyModule_AddObject(PyObject *module, const char *name,
                                   PyObject *value);
PyAPI_FUNC(int) PyModule_AddIntConstant(PyObject *module, const char *name,
                                        long value);
PyAPI_FUNC(int) PyModule_AddStringConstant(
    PyObject *module, const char *name, const char *value);
#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x030a0000
PyAPI_FUNC(int) PyModule_AddType(PyObject *module, PyTypeObject *type);
#endif
#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x03070000
PyAPI_FUNC(int) PyModule_SetDocString(PyObject *module, const char *docstring);
PyAPI_FUNC(int) PyModule_AddFunctions(PyObject *module,
                                      PyMethodDef *functions);
PyAPI_FUNC(int) PyModule_ExecDef(PyObject *module, PyModuleDef *def);
#endif
PyAPI_FUNC(PyObject *) PyModule_Create2(PyModuleDef *def,
                                        int module_api_version);
#if !defined(Py_LIMITED_API) || Py_LIMITED_API + 0 >= 0x03070000
PyAPI_FUNC(PyObject *) PyModule_FromDefAndSpec2(
    PyModuleDef *def, PyObject *spec, int module_api_version);
#endif

#define ANY_VARARGS(n) ((n) == PY_SSIZE_T_MAX)
#define PyModule_AddIntMacro(m, c) PyModule_AddIntConstant((m), #c, (c))
#define PyModule_AddStringMacro(m, c) PyModule_AddStringConstant((m), #c, (c))
#ifdef Py_LIMITED_API
#  define PyModule_Create(module) \
      PyModule_Create2((module), PYTHON_ABI_VERSION)
#  define PyModule_FromDefAndSpec(module, spec) \
      PyModule_FromDefAndSpec2((module), (spec), PYTHON_ABI_VERSION)
#else
#  define PyModule_Create(module) \
      PyModule_Create2((module), PYTHON_API_VERSION)
#  define PyModule_FromDefAndSpec(module, spec) \
      PyModule_FromDefAndSpec2((module), (spec), PYTHON_API_VERSION)
#endif

#ifndef Py_LIMITED_API
#  include "cpython/modsupport.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
