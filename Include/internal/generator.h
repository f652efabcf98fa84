/* Generators, coroutines and asynchronous generators (Objects/genobject.c,
 * asyncgenobject.c). */
#ifndef LUCID_GENERATOR_H
#define LUCID_GENERATOR_H

#include "Python.h"
#include "frame.h"

static inline Frame *
generator_frame(PyGenObject *gen)
{
    return (Frame *)gen->gi_iframe;
}

static inline PyGenObject *
frame_generator(Frame *frame)
{
    return (PyGenObject *)((char *)frame - offsetof(PyGenObject, gi_iframe));
}

/* A generator, coroutine or asynchronous generator for a function's code, new;
 * its Frame is not filled yet (frame_copy does), the state is
 * FRAME_CLEARED. */
PyObject *generator_new_for_function(PyFunctionObject *func);

/* The iterator to await, new: coroutines and generators flagged as such as
 * they are, else the checked result of __await__.  Runs Python. */
PyObject *coroutine_get_awaitable_iter(PyObject *object);

/* The object that `gen` delegates to (yield from, await), new or NULL. */
PyObject *generator_yield_from(PyGenObject *gen);

/* Wraps a value yielded by an asynchronous generator. */
PyObject *async_gen_wrap_value(PyObject *value);

/* The running frame has ended, with a result or (failed) an exception:
 * StopIteration inside is converted, the frame cleared. */
void generator_finish(PyGenObject *gen, int failed);

/* What `SEND` and FOR_ITER do with a generator. */
PySendResult generator_send(PyGenObject *gen, PyObject *value,
                            PyObject **result);

/* The same for asynchronous generators (asyncgenobject.c): a return is
 * StopIteration. */
PyObject *generator_send_or_stop(PyGenObject *gen, PyObject *arg);
PyObject *generator_throw(PyGenObject *gen, int close_on_exit, PyObject *type,
                          PyObject *value, PyObject *traceback);
PyObject *generator_throw_args(PyGenObject *gen, PyObject *const *args,
                               Py_ssize_t nargs);
/* From a frame that an extension made. Steals f. */
PyObject *generator_new_for_frame(PyTypeObject *type, PyFrameObject *f,
                                  PyObject *name, PyObject *qualname);

int generator_traverse(PyGenObject *gen, visitproc visit, void *arg);
void generator_dealloc(PyGenObject *gen);
PySendResult generator_am_send(PyObject *self, PyObject *arg,
                               PyObject **result);

/* Shared attributes; the closure of the last two is the attribute's name. */
PyObject *generator_get_name(PyGenObject *gen, void *closure);
int generator_set_name(PyGenObject *gen, PyObject *value, void *closure);
PyObject *generator_get_qualname(PyGenObject *gen, void *closure);
int generator_set_qualname(PyGenObject *gen, PyObject *value, void *closure);
PyObject *generator_get_delegate(PyGenObject *gen, void *closure);
PyObject *generator_get_suspended(PyGenObject *gen, void *closure);
PyObject *generator_get_frame(PyGenObject *gen, void *closure);
PyObject *generator_get_code(PyGenObject *gen, void *closure);
PyObject *generator_sizeof(PyGenObject *gen, PyObject *ignored);

/* sys.set_coroutine_origin_tracking_depth: -1 with ValueError when
 * negative. */
int coroutine_set_origin_tracking_depth(PyThreadState *tstate, int depth);
/* sys.set_asyncgen_hooks, after the checks: NULL leaves, None removes. 0/-1
 * (audit). */
int async_gen_set_hooks(PyObject *firstiter, PyObject *finalizer);

#endif
