#ifndef LUCID_ERRORS_H
#define LUCID_ERRORS_H
/* Exceptions in flight, and their display. */
#include "Python.h"
#include "runtime.h"

/* --- Exported by 3.11 beyond the public headers ------------------------ */

PyAPI_FUNC(void) _PyErr_Fetch(PyThreadState *tstate, PyObject **type,
                              PyObject **value, PyObject **traceback);
PyAPI_FUNC(void) _PyErr_Restore(PyThreadState *tstate, PyObject *type,
                                PyObject *value, PyObject *traceback);
PyAPI_FUNC(int) _PyErr_ExceptionMatches(PyThreadState *tstate, PyObject *exc);
PyAPI_FUNC(void) _PyErr_SetObject(PyThreadState *tstate, PyObject *type,
                                  PyObject *value);
PyAPI_FUNC(void) _PyErr_ChainStackItem(_PyErr_StackItem *exc_info);
PyAPI_FUNC(void) _PyErr_Clear(PyThreadState *tstate);
PyAPI_FUNC(void) _PyErr_SetNone(PyThreadState *tstate, PyObject *exception);
PyAPI_FUNC(PyObject *) _PyErr_NoMemory(PyThreadState *tstate);
PyAPI_FUNC(void) _PyErr_SetString(PyThreadState *tstate, PyObject *exception,
                                  const char *string);
PyAPI_FUNC(PyObject *) _PyErr_Format(PyThreadState *tstate,
                                     PyObject *exception, const char *format,
                                     ...);
PyAPI_FUNC(void) _PyErr_NormalizeException(PyThreadState *tstate,
                                           PyObject **type, PyObject **value,
                                           PyObject **traceback);
PyAPI_FUNC(PyObject *) _PyErr_FormatFromCauseTstate(PyThreadState *tstate,
                                                    PyObject *exception,
                                                    const char *format, ...);
PyAPI_FUNC(int) _PyErr_CheckSignalsTstate(PyThreadState *tstate);
PyAPI_FUNC(PyObject *) _PyErr_StackItemToExcInfoTuple(_PyErr_StackItem *item);
PyAPI_FUNC(void) _Py_DumpExtensionModules(int fd, PyInterpreterState *interp);
PyAPI_FUNC(Py_ssize_t) _Py_UTF8_Edit_Cost(PyObject *a, PyObject *b,
                                          Py_ssize_t max_cost);
PyAPI_FUNC(void) _PyErr_Print(PyThreadState *tstate);

/* --- Ours --------------------------------------------------------------- */

/* errno of the exception in flight, which stays; 0 where it is no OSError, or
 * has no errno that fits an int.  Runs Python (the making of the instance,
 * where there is only a type yet). */
int errors_peek_errno(void);

/* The type of the exception in flight, borrowed, or NULL. */
static inline PyObject *
_PyErr_Occurred(PyThreadState *tstate)
{
    return tstate->curexc_type;
}

/* Fast exception in flight -> one normalised object.  Takes the pending
 * exception away (normalised, traceback set) and returns it, new; NULL if
 * nothing is pending.  Never leaves an exception.  Runs Python. */
extern PyObject *errors_take_exception(PyThreadState *tstate);
/* Makes exc pending again; steals it.  NULL: nothing. */
extern void errors_restore_exception(PyThreadState *tstate, PyObject *exc);

/* The item of the exc_info stack whose exception is being handled. */
extern _PyErr_StackItem *errors_topmost_handled(PyThreadState *tstate);

/* 1 and clears it if the pending exception matches exc; 0 otherwise. */
extern int errors_clear_matching(PyThreadState *tstate, PyObject *exc);

/* NameError / AttributeError with .name (and .obj) set.  Never succeeds. */
extern void errors_set_name_error(PyObject *type, const char *format,
                                  PyObject *name);
extern void errors_set_attribute_error(PyObject *format_message,
                                       PyObject *obj, PyObject *name);

/* StopIteration(value) for generators and the like: wraps a tuple or an
 * exception value so that it stays the value.  -1 on error. */
extern int errors_set_stop_iteration(PyObject *value);

/* exc_info fields from an exception value: new triple items, NULL -> None
 * not applied. */
extern void errors_exc_info_parts(PyObject *exc, PyObject **type,
                                  PyObject **traceback);

/* --- exceptions ---------------------------------------------------------- */

/* Every exception class, built-in warnings included, into the dict of
 * builtins.  0/-1. */
extern int exceptions_add_to(PyObject *builtins_dict);
extern int exceptions_init(PyInterpreterState *interp);
extern void exceptions_fini(PyInterpreterState *interp);
/* A MemoryError, from those kept ready: new; never fails. */
extern PyObject *exceptions_memory_error(void);
extern void exceptions_clear_free_list(void);

/* except*: the parts of exc that match; 0/-1.  *match and *rest are new or
 * None. `exc` is any exception (wrapped if it matches and is no group). */
extern int exceptions_group_match(PyObject *exc, PyObject *match_type,
                                  PyObject **match, PyObject **rest);
/* The exception to reraise after except*: of `orig` and the list of those
 * raised in handlers.  Returns new (None: nothing left). */
PyAPI_FUNC(PyObject *) _PyExc_PrepReraiseStar(PyObject *orig, PyObject *excs);
extern PyObject *exceptions_create_group(const char *message,
                                         PyObject *excs);

/* UnicodeError helpers: the object's text as exact str/bytes, checked. */

/* --- display ------------------------------------------------------------- */

/* Writes the exception (with causes, contexts, groups, notes) to `file` as
 * the interpreter shows uncaught ones.  Swallows errors of its own.
 * Runs Python. */
extern void errdisplay_print(PyObject *file, PyObject *exc,
                             PyObject *traceback);
/* subsystems.def: the type of sys.unraisablehook's argument. */
extern int errdisplay_init(PyInterpreterState *interp);
extern void errdisplay_fini(PyInterpreterState *interp);
/* "Did you mean" candidate for a NameError/AttributeError instance:
 * new str, or NULL without exception. */
extern PyObject *suggestions_for(PyObject *exc);

#endif
