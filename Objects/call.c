/* Calling: the vectorcall protocol (PEP 590) and all ways to get there.
 *
 * A callable either has a vectorcall function (flag HAVE_VECTORCALL, at
 * tp_vectorcall_offset) or only tp_call; each is emulated by the other:
 * PyVectorcall_Call is a tp_call for the former, _PyObject_MakeTpCall builds
 * the tuple and dict for the latter. */
#include "Python.h"

#include "call.h"
#include "ceval.h"
#include "errors.h"
#include "names.h"
#include "object.h"
#include "private_api.h"
#include "tuple.h"

/* ---- results ---- */

static PyObject *
null_error(PyThreadState *tstate)
{
    if (tstate->curexc_type == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "null argument to internal routine");
    }
    return NULL;
}

/* A result comes with no exception, NULL with one.  Steals result. */
PyObject *
_Py_CheckFunctionResult(PyThreadState *tstate, PyObject *callable,
                        PyObject *result, const char *where)
{
    if ((result == NULL) == (tstate->curexc_type != NULL)) {
        return result;
    }
    if (result == NULL) {
        if (callable != NULL) {
            _PyErr_Format(tstate, PyExc_SystemError,
                          "%R returned NULL without setting an exception",
                          callable);
        }
        else {
            _PyErr_Format(tstate, PyExc_SystemError,
                          "%s returned NULL without setting an exception",
                          where);
        }
        return NULL;
    }
    Py_DECREF(result);
    if (callable != NULL) {
        _PyErr_FormatFromCauseTstate(
            tstate, PyExc_SystemError,
            "%R returned a result with an exception set", callable);
    }
    else {
        _PyErr_FormatFromCauseTstate(
            tstate, PyExc_SystemError,
            "%s returned a result with an exception set", where);
    }
    return NULL;
}

/* ---- keyword arguments ---- */

PyObject *
_PyStack_AsDict(PyObject *const *values, PyObject *kwnames)
{
    Py_ssize_t n = PyTuple_GET_SIZE(kwnames);
    PyObject *dict = _PyDict_NewPresized(n);

    for (Py_ssize_t i = 0; dict != NULL && i < n; i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i), values[i]) <
            0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

PyObject *const *
call_unpack_dict(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                 PyObject **kwnames)
{
    PyThreadState *tstate = _PyThreadState_GET();
    Py_ssize_t nkwargs = PyDict_GET_SIZE(kwargs), position = 0, i = 0;
    unsigned long keys_are_strings = Py_TPFLAGS_UNICODE_SUBCLASS;
    PyObject **stack, *names, *key, *value;

    if ((size_t)nkwargs + 1 > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *) -
                                  (size_t)nargs) {
        _PyErr_NoMemory(tstate);
        return NULL;
    }
    stack = PyMem_Malloc((size_t)(1 + nargs + nkwargs) * sizeof(PyObject *));
    if (stack == NULL) {
        _PyErr_NoMemory(tstate);
        return NULL;
    }
    names = PyTuple_New(nkwargs);
    if (names == NULL) {
        PyMem_Free(stack);
        return NULL;
    }
    stack++;                           /* room for a `self` in front */
    for (Py_ssize_t j = 0; j < nargs; j++) {
        stack[j] = Py_NewRef(args[j]);
    }
    while (PyDict_Next(kwargs, &position, &key, &value)) {
        keys_are_strings &= Py_TYPE(key)->tp_flags;
        PyTuple_SET_ITEM(names, i, Py_NewRef(key));
        stack[nargs + i] = Py_NewRef(value);
        i++;
    }
    if (!keys_are_strings) {
        _PyErr_SetString(tstate, PyExc_TypeError, "keywords must be strings");
        call_free_stack(stack, nargs, names);
        return NULL;
    }
    *kwnames = names;
    return stack;
}

void
call_free_stack(PyObject *const *stack, Py_ssize_t nargs, PyObject *kwnames)
{
    Py_ssize_t n = nargs + PyTuple_GET_SIZE(kwnames);

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_DECREF(stack[i]);
    }
    PyMem_Free((PyObject **)stack - 1);
    Py_DECREF(kwnames);
}

/* ---- tp_call ---- */

/* Calls tp_call, counting recursion. */
static PyObject *
call_slot(PyThreadState *tstate, PyObject *callable, PyObject *args,
          PyObject *kwargs)
{
    ternaryfunc call = Py_TYPE(callable)->tp_call;
    PyObject *result;

    if (call == NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'%.200s' object is not callable",
                      Py_TYPE(callable)->tp_name);
        return NULL;
    }
    if (ceval_enter_c(tstate, " while calling a Python object")) {
        return NULL;
    }
    result = call(callable, args, kwargs);
    ceval_leave_recursive(tstate);
    return _Py_CheckFunctionResult(tstate, callable, result, NULL);
}

/* keywords: a dict, or a tuple of names whose values follow args, or NULL. */
PyObject *
_PyObject_MakeTpCall(PyThreadState *tstate, PyObject *callable,
                     PyObject *const *args, Py_ssize_t nargs,
                     PyObject *keywords)
{
    PyObject *tuple, *dict = NULL, *result;

    if (Py_TYPE(callable)->tp_call == NULL) {
        return call_slot(tstate, callable, NULL, NULL);
    }
    tuple = tuple_from_array(args, nargs);
    if (tuple == NULL) {
        return NULL;
    }
    if (keywords != NULL) {
        if (PyDict_Check(keywords)) {
            dict = Py_NewRef(keywords);
        }
        else if (PyTuple_GET_SIZE(keywords) > 0) {
            dict = _PyStack_AsDict(args + nargs, keywords);
            if (dict == NULL) {
                Py_DECREF(tuple);
                return NULL;
            }
        }
    }
    result = call_slot(tstate, callable, tuple, dict);
    Py_XDECREF(dict);
    Py_DECREF(tuple);
    return result;
}

/* ---- vectorcall ---- */

vectorcallfunc
PyVectorcall_Function(PyObject *callable)
{
    return call_vectorcall_function(callable);
}

PyObject *
call_vectorcall_from_tuple(PyThreadState *tstate, vectorcallfunc function,
                           PyObject *callable, PyObject *tuple,
                           PyObject *kwargs)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(tuple);
    PyObject *const *args, *kwnames, *result;

    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0) {
        return function(callable, ((PyTupleObject *)tuple)->ob_item,
                        (size_t)nargs, NULL);
    }
    args = call_unpack_dict(((PyTupleObject *)tuple)->ob_item, nargs, kwargs,
                            &kwnames);
    if (args == NULL) {
        return NULL;
    }
    result = function(callable, args,
                      (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET,
                      kwnames);
    call_free_stack(args, nargs, kwnames);
    return _Py_CheckFunctionResult(tstate, callable, result, NULL);
}

PyObject *
PyVectorcall_Call(PyObject *callable, PyObject *tuple, PyObject *kwargs)
{
    PyThreadState *tstate = _PyThreadState_GET();
    Py_ssize_t offset = Py_TYPE(callable)->tp_vectorcall_offset;
    vectorcallfunc function = NULL;

    /* Without looking at the flag: a subclass may override __call__ and call
     * the base's tp_call, which is this function. */
    if (offset > 0) {
        function = *(vectorcallfunc *)((char *)callable + offset);
    }
    if (function == NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'%.200s' object does not support vectorcall",
                      Py_TYPE(callable)->tp_name);
        return NULL;
    }
    return _Py_CheckFunctionResult(
        tstate, callable,
        call_vectorcall_from_tuple(tstate, function, callable, tuple, kwargs),
        NULL);
}

PyObject *
PyObject_Vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf,
                    PyObject *kwnames)
{
    return call_vectorcall(_PyThreadState_GET(), callable, args, nargsf,
                           kwnames);
}

PyObject *
_PyObject_FastCall(PyObject *callable, PyObject *const *args,
                   Py_ssize_t nargs)
{
    return call_vectorcall(_PyThreadState_GET(), callable, args,
                           (size_t)nargs, NULL);
}

PyObject *
_PyObject_FastCallDictTstate(PyThreadState *tstate, PyObject *callable,
                             PyObject *const *args, size_t nargsf,
                             PyObject *kwargs)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    vectorcallfunc function = call_vectorcall_function(callable);
    PyObject *const *stack, *kwnames, *result;

    if (function == NULL) {
        return _PyObject_MakeTpCall(tstate, callable, args, nargs, kwargs);
    }
    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0) {
        result = function(callable, args, nargsf, NULL);
    }
    else {
        stack = call_unpack_dict(args, nargs, kwargs, &kwnames);
        if (stack == NULL) {
            return NULL;
        }
        result = function(callable, stack,
                          (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET,
                          kwnames);
        call_free_stack(stack, nargs, kwnames);
    }
    return _Py_CheckFunctionResult(tstate, callable, result, NULL);
}

PyObject *
PyObject_VectorcallDict(PyObject *callable, PyObject *const *args,
                        size_t nargsf, PyObject *kwargs)
{
    return _PyObject_FastCallDictTstate(_PyThreadState_GET(), callable, args,
                                        nargsf, kwargs);
}

PyObject *
PyObject_CallOneArg(PyObject *callable, PyObject *arg)
{
    return call_one_arg(callable, arg);
}

PyObject *
PyObject_CallNoArgs(PyObject *callable)
{
    return call_no_args(callable);
}

/* ---- tuple and dict ---- */

PyObject *
_PyObject_Call(PyThreadState *tstate, PyObject *callable, PyObject *args,
               PyObject *kwargs)
{
    vectorcallfunc function = call_vectorcall_function(callable);

    assert(PyTuple_Check(args));
    assert(kwargs == NULL || PyDict_Check(kwargs));
    if (function != NULL) {
        return _Py_CheckFunctionResult(
            tstate, callable,
            call_vectorcall_from_tuple(tstate, function, callable, args,
                                       kwargs),
            NULL);
    }
    return call_slot(tstate, callable, args, kwargs);
}

PyObject *
PyObject_Call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    return _PyObject_Call(_PyThreadState_GET(), callable, args, kwargs);
}

PyObject *
PyCFunction_Call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    return PyObject_Call(callable, args, kwargs);
}

PyObject *
PyEval_CallObjectWithKeywords(PyObject *callable, PyObject *args,
                              PyObject *kwargs)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (args != NULL && !PyTuple_Check(args)) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "argument list must be a tuple");
        return NULL;
    }
    if (kwargs != NULL && !PyDict_Check(kwargs)) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "keyword list must be a dictionary");
        return NULL;
    }
    return args == NULL ? _PyObject_FastCallDictTstate(tstate, callable, NULL,
                                                       0, kwargs)
                        : _PyObject_Call(tstate, callable, args, kwargs);
}

PyObject *
PyObject_CallObject(PyObject *callable, PyObject *args)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (args == NULL) {
        return call_vectorcall(tstate, callable, NULL, 0, NULL);
    }
    if (!PyTuple_Check(args)) {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "argument list must be a tuple");
        return NULL;
    }
    return _PyObject_Call(tstate, callable, args, NULL);
}

/* callable(self, *args, **kwargs) */
PyObject *
_PyObject_Call_Prepend(PyThreadState *tstate, PyObject *callable,
                       PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *few[CALL_SMALL_STACK], **stack = few, *result;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (nargs + 1 > CALL_SMALL_STACK) {
        stack = PyMem_Malloc((size_t)(nargs + 1) * sizeof(PyObject *));
        if (stack == NULL) {
            return _PyErr_NoMemory(tstate);
        }
    }
    stack[0] = self;
    memcpy(stack + 1, ((PyTupleObject *)args)->ob_item,
           (size_t)nargs * sizeof(PyObject *));
    result = _PyObject_FastCallDictTstate(tstate, callable, stack,
                                          (size_t)nargs + 1, kwargs);
    if (stack != few) {
        PyMem_Free(stack);
    }
    return result;
}

/* ---- formats ---- */

/* Calls with the values that Py_BuildValue's format describes: "(...)" or a
 * tuple object are the arguments, any other single value is the argument. */
static PyObject *
call_with_format(PyThreadState *tstate, PyObject *callable,
                 const char *format, va_list values)
{
    PyObject *few[CALL_SMALL_STACK], **stack, *result;
    Py_ssize_t nargs = 0;

    if (callable == NULL) {
        return null_error(tstate);
    }
    if (format == NULL || *format == '\0') {
        return call_vectorcall(tstate, callable, NULL, 0, NULL);
    }
    stack = _Py_VaBuildStack_SizeT(few, CALL_SMALL_STACK, format, values,
                                   &nargs);
    if (stack == NULL) {
        return NULL;
    }
    if (nargs == 1 && PyTuple_Check(stack[0])) {
        PyObject *args = stack[0];
        result = call_vectorcall(tstate, callable,
                                 ((PyTupleObject *)args)->ob_item,
                                 (size_t)PyTuple_GET_SIZE(args), NULL);
    }
    else {
        result = call_vectorcall(tstate, callable, stack, (size_t)nargs, NULL);
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        Py_DECREF(stack[i]);
    }
    if (stack != few) {
        PyMem_Free(stack);
    }
    return result;
}

/* The same without PY_SSIZE_T_CLEAN: "#" is refused. */
static PyObject *
call_with_old_format(PyThreadState *tstate, PyObject *callable,
                     const char *format, va_list values)
{
    if (format != NULL && strchr(format, '#') != NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "PY_SSIZE_T_CLEAN macro must be defined for '#' "
                         "formats");
        return NULL;
    }
    return call_with_format(tstate, callable, format, values);
}

/* The names which callers with PY_SSIZE_T_CLEAN are compiled to. */
PyAPI_FUNC(PyObject *) _PyObject_CallFunction_SizeT(PyObject *callable,
                                                    const char *format, ...);
PyAPI_FUNC(PyObject *) _PyObject_CallMethod_SizeT(PyObject *op,
                                                  const char *name,
                                                  const char *format, ...);
PyAPI_FUNC(PyObject *) _PyObject_CallMethodId_SizeT(PyObject *op,
                                                    _Py_Identifier *name,
                                                    const char *format, ...);

#undef PyObject_CallFunction
PyObject *
PyObject_CallFunction(PyObject *callable, const char *format, ...)
{
    PyObject *result;
    va_list values;

    va_start(values, format);
    result = call_with_old_format(_PyThreadState_GET(), callable, format,
                                  values);
    va_end(values);
    return result;
}

PyObject *
PyEval_CallFunction(PyObject *callable, const char *format, ...)
{
    PyObject *result;
    va_list values;

    va_start(values, format);
    result = call_with_old_format(_PyThreadState_GET(), callable, format,
                                  values);
    va_end(values);
    return result;
}

PyObject *
_PyObject_CallFunction_SizeT(PyObject *callable, const char *format, ...)
{
    PyObject *result;
    va_list values;

    va_start(values, format);
    result = call_with_format(_PyThreadState_GET(), callable, format, values);
    va_end(values);
    return result;
}

typedef PyObject *(*format_caller)(PyThreadState *, PyObject *, const char *,
                                   va_list);

/* Steals method (NULL: failed). */
static PyObject *
call_method_with_format(PyObject *method, format_caller call,
                        const char *format, va_list values)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *result = NULL;

    if (method == NULL) {
        return NULL;
    }
    if (!PyCallable_Check(method)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "attribute of type '%.200s' is not callable",
                      Py_TYPE(method)->tp_name);
    }
    else {
        result = call(tstate, method, format, values);
    }
    Py_DECREF(method);
    return result;
}

#undef PyObject_CallMethod
PyObject *
PyObject_CallMethod(PyObject *op, const char *name, const char *format, ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(PyObject_GetAttrString(op, name),
                                     call_with_old_format, format, values);
    va_end(values);
    return result;
}

PyObject *
PyEval_CallMethod(PyObject *op, const char *name, const char *format, ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(PyObject_GetAttrString(op, name),
                                     call_with_old_format, format, values);
    va_end(values);
    return result;
}

PyObject *
_PyObject_CallMethod(PyObject *op, PyObject *name, const char *format, ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(PyObject_GetAttr(op, name),
                                     call_with_format, format, values);
    va_end(values);
    return result;
}

#undef _PyObject_CallMethodId
PyObject *
_PyObject_CallMethodId(PyObject *op, _Py_Identifier *name, const char *format,
                       ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(_PyObject_GetAttrId(op, name),
                                     call_with_old_format, format, values);
    va_end(values);
    return result;
}

PyObject *
_PyObject_CallMethodId_SizeT(PyObject *op, _Py_Identifier *name,
                             const char *format, ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(_PyObject_GetAttrId(op, name),
                                     call_with_format, format, values);
    va_end(values);
    return result;
}

PyObject *
_PyObject_CallMethod_SizeT(PyObject *op, const char *name, const char *format,
                           ...)
{
    PyObject *result;
    va_list values;

    if (op == NULL || name == NULL) {
        return null_error(_PyThreadState_GET());
    }
    va_start(values, format);
    result = call_method_with_format(PyObject_GetAttrString(op, name),
                                     call_with_format, format, values);
    va_end(values);
    return result;
}

/* ---- objects up to NULL ---- */

/* callable(base, each...) or, base NULL, callable(each...). */
static PyObject *
call_with_objects(PyThreadState *tstate, PyObject *base, PyObject *callable,
                  va_list objects)
{
    PyObject *few[CALL_SMALL_STACK], **stack = few, *result;
    Py_ssize_t nargs = base != NULL;
    va_list count;

    if (callable == NULL) {
        return null_error(tstate);
    }
    va_copy(count, objects);
    while (va_arg(count, PyObject *) != NULL) {
        nargs++;
    }
    va_end(count);
    if (nargs > CALL_SMALL_STACK) {
        stack = PyMem_Malloc((size_t)nargs * sizeof(PyObject *));
        if (stack == NULL) {
            return _PyErr_NoMemory(tstate);
        }
    }
    stack[0] = base;
    for (Py_ssize_t i = base != NULL; i < nargs; i++) {
        stack[i] = va_arg(objects, PyObject *);
    }
    result = call_vectorcall(tstate, callable, stack, (size_t)nargs, NULL);
    if (stack != few) {
        PyMem_Free(stack);
    }
    return result;
}

PyObject *
PyObject_VectorcallMethod(PyObject *name, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *method = NULL, *result;
    int unbound;

    assert(PyVectorcall_NARGS(nargsf) >= 1);
    unbound = _PyObject_GetMethod(args[0], name, &method);
    if (method == NULL) {
        return NULL;
    }
    if (unbound) {
        /* args[-1] may not be used with self in front. */
        nargsf &= ~PY_VECTORCALL_ARGUMENTS_OFFSET;
    }
    else {
        args++;
        nargsf--;
    }
    result = call_vectorcall(tstate, method, args, nargsf, kwnames);
    Py_DECREF(method);
    return result;
}

static PyObject *
call_method_with_objects(PyThreadState *tstate, PyObject *op, PyObject *name,
                         va_list objects)
{
    PyObject *method = NULL, *result;
    int unbound = _PyObject_GetMethod(op, name, &method);

    if (method == NULL) {
        return NULL;
    }
    result = call_with_objects(tstate, unbound ? op : NULL, method, objects);
    Py_DECREF(method);
    return result;
}

PyObject *
PyObject_CallMethodObjArgs(PyObject *op, PyObject *name, ...)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *result;
    va_list objects;

    if (op == NULL || name == NULL) {
        return null_error(tstate);
    }
    va_start(objects, name);
    result = call_method_with_objects(tstate, op, name, objects);
    va_end(objects);
    return result;
}

PyObject *
_PyObject_CallMethodIdObjArgs(PyObject *op, _Py_Identifier *id, ...)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *result, *name;
    va_list objects;

    if (op == NULL || id == NULL) {
        return null_error(tstate);
    }
    name = _PyUnicode_FromId(id);
    if (name == NULL) {
        return NULL;
    }
    va_start(objects, id);
    result = call_method_with_objects(tstate, op, name, objects);
    va_end(objects);
    return result;
}

PyObject *
PyObject_CallFunctionObjArgs(PyObject *callable, ...)
{
    PyObject *result;
    va_list objects;

    va_start(objects, callable);
    result = call_with_objects(_PyThreadState_GET(), NULL, callable, objects);
    va_end(objects);
    return result;
}

PyObject *
call_special(PyObject *self, PyObject *name, PyObject *const *args,
             Py_ssize_t nargs, int *found)
{
    PyObject *method, *result;

    *found = object_find_special(self, name, &method);
    if (*found <= 0) {
        return NULL;
    }
    result = PyObject_Vectorcall(method, args, (size_t)nargs, NULL);
    Py_DECREF(method);
    return result;
}
