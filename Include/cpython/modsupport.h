/* Argument parsing with keyword tables (private). */
#ifndef Py_CPYTHON_MODSUPPORT_H
#define Py_CPYTHON_MODSUPPORT_H
#ifdef __cplusplus
extern "C" {
#endif

#ifdef PY_SSIZE_T_CLEAN
#  define _Py_VaBuildStack _Py_VaBuildStack_SizeT
#  define _PyArg_ParseTupleAndKeywordsFast \
      _PyArg_ParseTupleAndKeywordsFast_SizeT
#  define _PyArg_ParseStack _PyArg_ParseStack_SizeT
#  define _PyArg_ParseStackAndKeywords _PyArg_ParseStackAndKeywords_SizeT
#  define _PyArg_VaParseTupleAndKeywordsFast \
      _PyArg_VaParseTupleAndKeywordsFast_SizeT
#endif

/* A function's parameters; the fields after custom_msg are filled in by the
 * first call. */
typedef struct _PyArg_Parser {
    const char *format;
    const char *const *keywords;   /* positional-only ones are "" */
    const char *fname;
    const char *custom_msg;
    int pos;                       /* number of positional-only parameters */
    int min;
    int max;
    PyObject *kwtuple;             /* owned names, without positional-only */
    struct _PyArg_Parser *next;    /* the list that shutdown walks */
} _PyArg_Parser;

PyAPI_FUNC(int) _PyArg_UnpackStack(PyObject *const *args, Py_ssize_t n,
                                   const char *string, Py_ssize_t n2,
                                   Py_ssize_t n3, ...);
PyAPI_FUNC(int) _PyArg_NoKeywords(const char *string, PyObject *op);
PyAPI_FUNC(int) _PyArg_NoKwnames(const char *string, PyObject *op);
PyAPI_FUNC(int) _PyArg_NoPositional(const char *string, PyObject *op);
PyAPI_FUNC(void) _PyArg_BadArgument(const char *string, const char *string2,
                                    const char *string3, PyObject *op);
PyAPI_FUNC(int) _PyArg_CheckPositional(const char *string, Py_ssize_t n,
                                       Py_ssize_t n2, Py_ssize_t n3);
PyAPI_FUNC(PyObject **) _Py_VaBuildStack(
    PyObject **op, Py_ssize_t n, const char *string, va_list vargs,
    Py_ssize_t *ssize_t);
PyAPI_FUNC(int) _PyArg_ParseTupleAndKeywordsFast_SizeT(
    PyObject *op, PyObject *op2, struct _PyArg_Parser *arg_parser, ...);
PyAPI_FUNC(int) _PyArg_ParseStack(PyObject *const *args, Py_ssize_t n,
                                        const char *string, ...);
PyAPI_FUNC(int) _PyArg_ParseStackAndKeywords(
    PyObject *const *args, Py_ssize_t n, PyObject *op,
    struct _PyArg_Parser *arg_parser, ...);
PyAPI_FUNC(int) _PyArg_VaParseTupleAndKeywordsFast_SizeT(
    PyObject *op, PyObject *op2, struct _PyArg_Parser *arg_parser,
    va_list vargs);
PyAPI_FUNC(PyObject **) _Py_VaBuildStack(
    PyObject **op, Py_ssize_t n, const char *string, va_list vargs,
    Py_ssize_t *ssize_t);
PyAPI_FUNC(int) _PyArg_ParseTupleAndKeywordsFast(
    PyObject *op, PyObject *op2, struct _PyArg_Parser *arg_parser, ...);
PyAPI_FUNC(int) _PyArg_ParseStack(PyObject *const *args, Py_ssize_t n,
                                  const char *string, ...);
PyAPI_FUNC(int) _PyArg_ParseStackAndKeywords(
    PyObject *const *args, Py_ssize_t n, PyObject *op,
    struct _PyArg_Parser *arg_parser, ...);
PyAPI_FUNC(int) _PyArg_VaParseTupleAndKeywordsFast(
    PyObject *op, PyObject *op2, struct _PyArg_Parser *arg_parser,
    va_list vargs);
PyAPI_FUNC(PyObject *const *) _PyArg_UnpackKeywords(
    PyObject *const *args, Py_ssize_t n, PyObject *op, PyObject *op2,
    struct _PyArg_Parser *arg_parser, int i, int i2, int i3, PyObject **op3);
PyAPI_FUNC(PyObject *const *) _PyArg_UnpackKeywordsWithVararg(
    PyObject *const *args, Py_ssize_t n, PyObject *op, PyObject *op2,
    struct _PyArg_Parser *arg_parser, int i, int i2, int i3, int i4,
    PyObject **op3);
PyAPI_FUNC(PyObject *) _PyModule_CreateInitialized(
    PyModuleDef *moduledef, int i);
PyAPI_DATA(const char *) _Py_PackageContext;

#ifdef __cplusplus
}
#endif
#endif
