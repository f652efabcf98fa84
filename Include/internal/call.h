#ifndef LUCID_CALL_H
#define LUCID_CALL_H
/* Calling objects.  Everything here runs Python. */
#include "Python.h"
#include "runtime.h"

/* Exported by 3.11, not in its public headers. */
PyAPI_FUNC(PyObject *) _PyObject_Call_Prepend(PyThreadState *tstate,
                                              PyObject *callable,
                                              PyObject *self, PyObject *args,
                                              PyObject *kwargs);
PyAPI_FUNC(PyObject *) _PyObject_FastCallDictTstate(PyThreadState *tstate,
                                                    PyObject *callable,
                                                    PyObject *const *args,
                                                    size_t nargsf,
                                                    PyObject *kwargs);
PyAPI_FUNC(PyObject *) _PyObject_Call(PyThreadState *tstate,
                                      PyObject *callable, PyObject *args,
                                      PyObject *kwargs);

/* Largest argument array kept on the C stack; longer ones go to the heap. */
#define CALL_SMALL_STACK 8

/* The vectorcall function of a callable, or NULL. */
static inline vectorcallfunc
call_vectorcall_function(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (!(type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL)) {
        return NULL;
    }
    assert(type->tp_vectorcall_offset > 0);
    return *(vectorcallfunc *)((char *)callable + type->tp_vectorcall_offset);
}

/* The heart of all calls; as PyObject_Vectorcall, with the thread at hand. */
static inline PyObject *
call_vectorcall(PyThreadState *tstate, PyObject *callable,
                PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    vectorcallfunc function = call_vectorcall_function(callable);

    if (function == NULL) {
        return _PyObject_MakeTpCall(tstate, callable, args,
                                    PyVectorcall_NARGS(nargsf), kwnames);
    }
    return _Py_CheckFunctionResult(tstate, callable,
                                   function(callable, args, nargsf, kwnames),
                                   NULL);
}

static inline PyObject *
call_no_args(PyObject *callable)
{
    return call_vectorcall(_PyThreadState_GET(), callable, NULL, 0, NULL);
}

static inline PyObject *
call_one_arg(PyObject *callable, PyObject *arg)
{
    PyObject *stack[2] = {NULL, arg};

    return call_vectorcall(_PyThreadState_GET(), callable, stack + 1,
                           1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static inline PyObject *
call_two_args(PyObject *callable, PyObject *first, PyObject *second)
{
    PyObject *stack[3] = {NULL, first, second};

    return call_vectorcall(_PyThreadState_GET(), callable, stack + 1,
                           2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static inline PyObject *
call_method_no_args(PyObject *self, PyObject *name)
{
    return PyObject_VectorcallMethod(name, &self,
                                     1 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                     NULL);
}

static inline PyObject *
call_method_one_arg(PyObject *self, PyObject *name, PyObject *arg)
{
    PyObject *stack[2] = {self, arg};

    return PyObject_VectorcallMethod(name, stack,
                                     2 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                     NULL);
}

/* Positional arguments from a tuple, keywords from a dict (or NULL), to a
 * vectorcall function. */
extern PyObject *call_vectorcall_from_tuple(PyThreadState *tstate,
                                            vectorcallfunc function,
                                            PyObject *callable,
                                            PyObject *tuple,
                                            PyObject *kwargs);

/* Vector of nargs positional values and a keyword dict, as a new array
 * positional + values, with room for one item in front; *kwnames is new.
 * Every item is a new reference: release with call_free_stack.  TypeError
 * "keywords must be strings". */
extern PyObject *const *call_unpack_dict(PyObject *const *args,
                                         Py_ssize_t nargs, PyObject *kwargs,
                                         PyObject **kwnames);
extern void call_free_stack(PyObject *const *stack, Py_ssize_t nargs,
                            PyObject *kwnames);

/* name(self, *args) where `name` is looked up on the type of self only, as
 * special methods are: NULL without exception and *found = 0 when absent. */
extern PyObject *call_special(PyObject *self, PyObject *name,
                              PyObject *const *args, Py_ssize_t nargs,
                              int *found);

#endif
