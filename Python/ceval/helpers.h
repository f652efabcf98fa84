/* The long arms of the instructions (helpers*.c).  Results are new, NULL or -1
 * with an exception; nearly all run Python. */
#ifndef LUCID_CEVAL_HELPERS_H
#define LUCID_CEVAL_HELPERS_H

#include "Python.h"
#include "frame.h"
#include "value.h"

typedef PyObject *(*binary_function)(PyObject *, PyObject *);
/* by the argument of BINARY_OP */
extern const binary_function ops_binary[26];

/* Errors. */
void ops_raise_unbound_local(PyThreadState *tstate, Frame *frame, int index);
void ops_raise_unbound_free(PyThreadState *tstate, PyCodeObject *code,
                            int index);
void ops_raise_awaitable_error(PyThreadState *tstate, PyTypeObject *type,
                               int after);
void ops_explain_kwargs_error(PyThreadState *tstate, PyObject *func,
                              PyObject *kwargs);
int ops_check_args_iterable(PyThreadState *tstate, PyObject *func,
                            PyObject *args);

/* Names. */
PyObject *ops_load_name(PyThreadState *tstate, Frame *frame, PyObject *name);
PyObject *ops_load_global(PyThreadState *tstate, Frame *frame, PyObject *name);
PyObject *ops_load_class_deref(PyThreadState *tstate, Frame *frame, int index);
/* owner.audit: in library code the native sys.audit, whatever owner is and
 * holds now.  Not to be specialised. */
PyObject *ops_load_audit(Frame *frame, PyObject *owner);
int ops_setup_annotations(PyThreadState *tstate, Frame *frame);
PyObject *ops_load_build_class(PyThreadState *tstate, Frame *frame);
PyObject *ops_import_name(PyThreadState *tstate, Frame *frame, PyObject *name,
                          PyObject *fromlist, PyObject *level);
int ops_import_star(PyThreadState *tstate, Frame *frame, PyObject *module);
int ops_print_expr(PyThreadState *tstate, PyObject *value);

/* Writes count + (after == -1 ? 0 : 1 + after) new values downwards from sp[-1
 * ... ]: the first item ends on top.  -1: nothing is written. */
int ops_unpack_iterable(PyThreadState *tstate, PyObject *iterable, int count,
                        int after, Value *top);

/* Exceptions. */
/* Steals both.  1: raised again; 0. */
int ops_raise(PyThreadState *tstate, PyObject *exc, PyObject *cause);
int ops_check_except_type(PyThreadState *tstate, PyObject *type);
int ops_check_except_star_type(PyThreadState *tstate, PyObject *type);
/* *value is the exception; both results new (rest None if nothing). */
int ops_match_except_star(PyObject *exc, PyObject *type, PyObject **match,
                          PyObject **rest);

/* Context managers: *exit bound, the result of entering. */
PyObject *ops_enter_with(PyThreadState *tstate, PyObject *manager,
                         PyObject **exit);
PyObject *ops_enter_async_with(PyThreadState *tstate, PyObject *manager,
                               PyObject **exit);

/* Async. */
PyObject *ops_get_aiter(PyThreadState *tstate, PyObject *object);
PyObject *ops_get_anext(PyThreadState *tstate, PyObject *aiter);
PyObject *ops_get_awaitable(PyThreadState *tstate, PyObject *object,
                            int context);
PyObject *ops_get_yield_from_iter(PyThreadState *tstate, Frame *frame,
                                  PyObject *iterable);

/* Matching (PEP 634). */
PyObject *ops_match_keys(PyThreadState *tstate, PyObject *map, PyObject *keys);
PyObject *ops_match_class(PyThreadState *tstate, PyObject *subject,
                          PyObject *type, Py_ssize_t nargs,
                          PyObject *kwnames); /* NULL without exception: no */

/* Building. */
PyObject *ops_build_string(PyObject **pieces, unsigned n);
PyObject *ops_make_function(Frame *frame, PyObject *code, unsigned flags,
                            Value *extras);
PyObject *ops_format_value(PyObject *value, PyObject *spec, int conversion);
PyObject *ops_build_const_key_map(PyThreadState *tstate, PyObject *keys,
                                  PyObject **values, unsigned n);
int ops_list_extend(PyThreadState *tstate, PyObject *list, PyObject *iterable);
int ops_dict_update(PyThreadState *tstate, PyObject *dict, PyObject *update);
int ops_dict_merge(PyThreadState *tstate, PyObject *func, PyObject *dict,
                   PyObject *update);

/* The generator for the frame that has just begun; the frame moves into it. */
PyObject *ops_return_generator(PyThreadState *tstate, Frame *frame, Value *sp);

/* Makes line look-ups quick; the pending exception stays. */
void ops_expand_lines(PyThreadState *tstate, PyCodeObject *code);

/* Where an exception goes that is raised at `unit` (prev_instr may be another:
 * that of the first raise, which is what tracebacks show): the handler's unit,
 * the stack at *sp is as it wants it; -1: nowhere, the stack is empty. */
int ops_unwind(PyThreadState *tstate, Frame *frame, int unit, Value **sp);

#endif
