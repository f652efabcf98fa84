/* Calls by vector (PEP 590), and other operations outside the limited API. */
#ifndef Py_CPYTHON_ABSTRACT_H
#define Py_CPYTHON_ABSTRACT_H
#ifdef __cplusplus
extern "C" {
#endif

#define _PY_FASTCALL_SMALL_STACK 5
#ifdef PY_SSIZE_T_CLEAN
#  define _PyObject_CallMethodId _PyObject_CallMethodId_SizeT
#endif

/* The callee may change args[-1], and restores it. */
#define PY_VECTORCALL_ARGUMENTS_OFFSET \
    (_Py_STATIC_CAST(size_t, 1) << (8 * sizeof(size_t) - 1))

static inline Py_ssize_t
PyVectorcall_NARGS(size_t n)
{
    return (Py_ssize_t)(n & ~PY_VECTORCALL_ARGUMENTS_OFFSET);
}

#define PY_ITERSEARCH_COUNT 1
#define PY_ITERSEARCH_INDEX 2
#define PY_ITERSEARCH_CONTAINS 3

PyAPI_FUNC(PyObject *) _PyStack_AsDict(PyObject *const *args, PyObject *op);
PyAPI_FUNC(PyObject *) _Py_CheckFunctionResult(
    PyThreadState *tstate, PyObject *op, PyObject *op2, const char *string);
PyAPI_FUNC(PyObject *) _PyObject_MakeTpCall(
    PyThreadState *tstate, PyObject *op, PyObject *const *args, Py_ssize_t n,
    PyObject *op2);
PyAPI_FUNC(vectorcallfunc) PyVectorcall_Function(PyObject *op);
PyAPI_FUNC(PyObject *) PyObject_Vectorcall(
    PyObject *callable, PyObject *const *args, size_t nargsf,
    PyObject *kwnames);
PyAPI_FUNC(PyObject *) PyObject_VectorcallDict(
    PyObject *callable, PyObject *const *args, size_t nargsf,
    PyObject *kwdict);
PyAPI_FUNC(PyObject *) PyVectorcall_Call(
    PyObject *callable, PyObject *tuple, PyObject *dict);
PyAPI_FUNC(PyObject *) _PyObject_FastCall(
    PyObject *op, PyObject *const *args, Py_ssize_t n);
PyAPI_FUNC(PyObject *) PyObject_CallOneArg(PyObject *callable, PyObject *arg);
PyAPI_FUNC(PyObject *) PyObject_VectorcallMethod(
    PyObject *name, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyAPI_FUNC(PyObject *) _PyObject_CallMethod(
    PyObject *op, PyObject *op2, const char *string, ...);
PyAPI_FUNC(PyObject *) _PyObject_CallMethodId(
    PyObject *op, _Py_Identifier *id, const char *string, ...);
PyAPI_FUNC(PyObject *) _PyObject_CallMethodIdObjArgs(
    PyObject *op, _Py_Identifier *id, ...);
PyAPI_FUNC(int) _PyObject_HasLen(PyObject *op);
PyAPI_FUNC(Py_ssize_t) PyObject_LengthHint(
    PyObject *o, Py_ssize_t defaultvalue);
PyAPI_FUNC(Py_ssize_t) _PySequence_IterSearch(
    PyObject *op, PyObject *op2, int i);
PyAPI_FUNC(int) _PyObject_RealIsInstance(PyObject *op, PyObject *op2);
PyAPI_FUNC(int) _PyObject_RealIsSubclass(PyObject *op, PyObject *op2);
PyAPI_FUNC(char *const *) _PySequence_BytesToCharpArray(PyObject *op);
PyAPI_FUNC(void) _Py_FreeCharPArray(char *const *text);
PyAPI_FUNC(void) _Py_add_one_to_index_F(int i, Py_ssize_t *ssize_t,
                                        const Py_ssize_t *ssize_t2);
PyAPI_FUNC(void) _Py_add_one_to_index_C(int i, Py_ssize_t *ssize_t,
                                        const Py_ssize_t *ssize_t2);
PyAPI_FUNC(int) _Py_convert_optional_to_ssize_t(PyObject *op, void *ptr);
PyAPI_FUNC(PyObject *) _PyNumber_Index(PyObject *op);

#define _PyObject_Vectorcall PyObject_Vectorcall
#define _PyObject_VectorcallMethod PyObject_VectorcallMethod
#define _PyObject_FastCallDict PyObject_VectorcallDict
#define _PyVectorcall_Function PyVectorcall_Function
#define _PyObject_CallOneArg PyObject_CallOneArg
#define _PyObject_CallMethodNoArgs PyObject_CallMethodNoArgs
#define _PyObject_CallMethodOneArg PyObject_CallMethodOneArg

static inline PyObject *
PyObject_CallMethodNoArgs(PyObject *self, PyObject *name)
{
    PyObject *args[] = {self};
    return PyObject_VectorcallMethod(
        name, args, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, _Py_NULL);
}

static inline PyObject *
PyObject_CallMethodOneArg(PyObject *self, PyObject *name, PyObject *arg)
{
    PyObject *args[] = {self, arg};
    return PyObject_VectorcallMethod(
        name, args, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, _Py_NULL);
}

static inline PyObject *
_PyObject_VectorcallMethodId(_Py_Identifier *name, PyObject *const *args,
                             size_t nargsf, PyObject *kwnames)
{
    PyObject *string = _PyUnicode_FromId(name);   /* borrowed */
    return string == _Py_NULL ? _Py_NULL
                              : PyObject_VectorcallMethod(string, args,
                                                          nargsf, kwnames);
}

static inline PyObject *
_PyObject_CallMethodIdNoArgs(PyObject *self, _Py_Identifier *name)
{
    PyObject *args[] = {self};
    return _PyObject_VectorcallMethodId(
        name, args, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, _Py_NULL);
}

static inline PyObject *
_PyObject_CallMethodIdOneArg(PyObject *self, _Py_Identifier *name,
                             PyObject *arg)
{
    PyObject *args[] = {self, arg};
    return _PyObject_VectorcallMethodId(
        name, args, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, _Py_NULL);
}

#define PySequence_ITEM(o, i) \
    (Py_TYPE(o)->tp_as_sequence->sq_item((o), (i)))

#ifdef __cplusplus
}
#endif
#endif
