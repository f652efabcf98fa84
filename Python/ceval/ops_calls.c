/* Calls, returns, and the beginning and end of frames.
 *
 * Before a call the stack holds
 *
 *      method self arg1 ... argN        from LOAD_METHOD that found a function
 *      NULL callable arg1 ... argN      otherwise
 *
 * so that in both cases oparg = N and the word at PEEK(N + 2) tells which. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

#define IS_METHOD_CALL() (!value_is_null(PEEK(oparg + 2)))
/* Result of a call that took `words` words. */
#define FINISH_CALL(result, words) \
    do { \
        PyObject *call_result = (result); \
        Value *bottom = sp - (words); \
        while (sp > bottom) { \
            sp--; \
            value_xclose(*sp); \
        } \
        ERROR_IF(call_result == NULL); \
        PUSH_NEW(call_result); \
        CHECK_BREAKER(); \
        NEXT_CHECKED(); \
    } while (0)

/* A bound method becomes function and self. */
OP(PRECALL)
{
    if (!IS_METHOD_CALL() &&
        Py_IS_TYPE(PEEK_OBJECT(oparg + 1), &PyMethod_Type)) {
        Value bound = PEEK(oparg + 1);
        PyMethodObject *method = (PyMethodObject *)value_as_object(bound);

        SAVE_IP();
        PEEK(oparg + 1) = value_from_borrowed(method->im_self);
        PEEK(oparg + 2) = value_from_borrowed(method->im_func);
        value_close(bound);
    }
    ip += CACHE_UNITS(PrecallCache);
    NEXT();
}

OP(PRECALL_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        int is_method = IS_METHOD_CALL();
        int nargs = (int)oparg + is_method;

        specialise_precall(PEEK_OBJECT(nargs + 1), ip, nargs, is_method,
                           oparg);
        REDISPATCH();
    }
    GOTO_OP(PRECALL);
}

OP(PRECALL_BOUND_METHOD)
{
    Value bound = PEEK(oparg + 1);

    MISS_IF(IS_METHOD_CALL() ||
                !Py_IS_TYPE(value_as_object(bound), &PyMethod_Type),
            PRECALL);
    PyMethodObject *method = (PyMethodObject *)value_as_object(bound);
    PEEK(oparg + 1) = value_from_borrowed(method->im_self);
    PEEK(oparg + 2) = value_from_borrowed(method->im_func);
    SAVE_IP();
    value_close(bound);
    ip += CACHE_UNITS(PrecallCache);
    NEXT();
}

OP(PRECALL_PYFUNC)
{
    MISS_IF(!PyFunction_Check(PEEK_OBJECT((int)oparg + IS_METHOD_CALL() + 1)),
            PRECALL);
    ip += CACHE_UNITS(PrecallCache);
    NEXT();
}

OP(KW_NAMES)
{
    LOOP_ENTRY()->kwnames = CONST_AT(oparg);
    NEXT();
}

OP(CALL)
{
    int is_method = IS_METHOD_CALL();
    int nargs = (int)oparg + is_method;
    PyObject *callable = PEEK_OBJECT(nargs + 1);
    PyObject *kwnames = LOOP_ENTRY()->kwnames;
    int positional = nargs;
    PyObject **args;

    SAVE_IP();
    LOOP_ENTRY()->kwnames = NULL;
    if (kwnames != NULL) {
        positional -= (int)PyTuple_GET_SIZE(kwnames);
    }
    args = value_own_all(sp - nargs, nargs);
    if (Py_IS_TYPE(callable, &PyFunction_Type) &&
        tstate->interp->ceval.eval_frame == _PyEval_EvalFrameDefault &&
        ((PyFunctionObject *)callable)->vectorcall == _PyFunction_Vectorcall) {
        PyFunctionObject *func =
            (PyFunctionObject *)value_take(PEEK(nargs + 1));
        PyCodeObject *code = (PyCodeObject *)func->func_code;
        PyObject *locals = code->co_flags & CO_OPTIMIZED
                               ? NULL
                               : Py_NewRef(func->func_globals);
        Frame *callee;

        sp -= nargs;
        callee = ceval_frame_for_call(tstate, func, locals, args,
                                      (size_t)positional, kwnames);
        sp -= 2 - is_method;  /* the callable was taken, and NULL is nothing */
        ERROR_IF(callee == NULL);
        ip += CACHE_UNITS(CallCache);
        NEXT_FRAME(callee);
    }
    ip += CACHE_UNITS(CallCache);
    PyObject *result;
    if (UNLIKELY(tstate->cframe->use_tracing)) {
        result = tracing_vectorcall(
            tstate, callable, args,
            (size_t)positional | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    }
    else {
        result = PyObject_Vectorcall(
            callable, args,
            (size_t)positional | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    }
    FINISH_CALL(result, oparg + 2);
}

OP(CALL_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        int nargs = (int)oparg + IS_METHOD_CALL();

        specialise_call(PEEK_OBJECT(nargs + 1), ip, nargs);
        REDISPATCH();
    }
    GOTO_OP(CALL);
}

#define PY_CALL_GUARD() \
    int is_method = IS_METHOD_CALL(); \
    int nargs = (int)oparg + is_method; \
    CallCache *cache = (CallCache *)ip; \
    PyFunctionObject *func = (PyFunctionObject *)PEEK_OBJECT(nargs + 1); \
    MISS_IF(!Py_IS_TYPE(func, &PyFunction_Type), CALL); \
    MISS_IF(func->func_version != cache_read_u32(cache->func_version), CALL); \
    MISS_IF(tstate->interp->ceval.eval_frame != _PyEval_EvalFrameDefault, CALL)

#define PUSH_CALLEE()                                                         \
    PyCodeObject *code = (PyCodeObject *)func->func_code;                     \
    Frame *callee =                                                           \
        frame_stack_push(tstate, (size_t)frame_size_for_code(code));          \
    if (UNLIKELY(callee == NULL)) {                                           \
        SAVE_IP();                                                            \
        ERROR();                                                              \
    }                                                                         \
    frame_init(callee, (PyFunctionObject *)value_take(PEEK(nargs + 1)), NULL, \
               code);                                                         \
    sp -= nargs;                                                              \
    for (int i = 0; i < nargs; i++) {                                         \
        callee->localsplus[i] = value_take(sp[i]);                            \
    }

#define ENTER_CALLEE() \
    do { \
        sp -= 2 - is_method; \
        ip += CACHE_UNITS(CallCache); \
        NEXT_FRAME(callee); \
    } while (0)

OP(CALL_PY_EXACT_ARGS)
{
    PY_CALL_GUARD();
    MISS_IF(((PyCodeObject *)func->func_code)->co_argcount != nargs, CALL);
    PUSH_CALLEE();
    for (int i = nargs; i < code->co_nlocalsplus; i++) {
        callee->localsplus[i] = NULL;
    }
    ENTER_CALLEE();
}

OP(CALL_PY_WITH_DEFAULTS)
{
    PY_CALL_GUARD();
    int argcount = ((PyCodeObject *)func->func_code)->co_argcount;
    MISS_IF(nargs > argcount || nargs < cache->min_args, CALL);
    PUSH_CALLEE();
    int first_default = argcount - (int)PyTuple_GET_SIZE(func->func_defaults);
    for (int i = nargs; i < argcount; i++) {
        callee->localsplus[i] = Py_NewRef(
            PyTuple_GET_ITEM(func->func_defaults, i - first_default));
    }
    for (int i = argcount; i < code->co_nlocalsplus; i++) {
        callee->localsplus[i] = NULL;
    }
    ENTER_CALLEE();
}

/* ---- specialised calls of C functions: they do the CALL behind them, too  */

#define SKIP_CALL()                                                           \
    (ip += CACHE_UNITS(PrecallCache) + 1 + CACHE_UNITS(CallCache))
#define ENTER_C()                                                             \
    do {                                                                      \
        if (UNLIKELY(ceval_enter_recursive(                                   \
                tstate, " while calling a Python object"))) {                 \
            ERROR();                                                          \
        }                                                                     \
    } while (0)

/* C(...) of a plain class with an __init__ in Python: allocates, and runs
 * __init__ in this loop.  The instance waits on the caller's stack. */
OP(PRECALL_CLASS_PY_INIT)
{
    PyTypeObject *class = (PyTypeObject *)PEEK_OBJECT(oparg + 1);
    PyObject *init, *self;
    Frame *callee;

    MISS_IF(IS_METHOD_CALL() || !specialise_is_plain_class((PyObject *)class),
            PRECALL);
    MISS_IF(tstate->interp->ceval.eval_frame != _PyEval_EvalFrameDefault,
            PRECALL);
    init = _PyType_Lookup(class, NAME(__init__));
    MISS_IF(init == NULL || !specialise_is_plain_init(init), PRECALL);
    SAVE_IP();
    Py_INCREF(init);
    self = class->tp_alloc(class, 0);
    if (self == NULL) {
        Py_DECREF(init);
        ERROR();
    }
    Value class_value = PEEK(oparg + 1);
    PEEK(oparg + 2) = value_from_borrowed(self);
    PEEK(oparg + 1) = value_from_new(self);
    value_own_all(sp - oparg, oparg);
    sp -= oparg + 1;
    callee = ceval_frame_for_call(tstate, (PyFunctionObject *)init, NULL,
                                  (PyObject **)sp, oparg + 1, NULL);
    value_close(class_value);
    ERROR_IF(callee == NULL);
    callee->is_entry = FRAME_IS_CONSTRUCTOR;
    SKIP_CALL();
    NEXT_FRAME(callee);
}

#define ONE_ARGUMENT_CALL(check, function) \
    do { \
        PyObject *result; \
        MISS_IF(IS_METHOD_CALL() || oparg != 1 || (check), PRECALL); \
        SAVE_IP(); \
        SKIP_CALL(); \
        result = function; \
        FINISH_CALL(result, 3); \
    } while (0)

OP(PRECALL_NO_KW_TYPE_1)
{
    ONE_ARGUMENT_CALL(PEEK_OBJECT(2) != (PyObject *)&PyType_Type,
                      Py_NewRef(Py_TYPE(PEEK_OBJECT(1))));
}

OP(PRECALL_NO_KW_STR_1)
{
    ONE_ARGUMENT_CALL(PEEK_OBJECT(2) != (PyObject *)&PyUnicode_Type,
                      PyObject_Str(PEEK_OBJECT(1)));
}

OP(PRECALL_NO_KW_TUPLE_1)
{
    ONE_ARGUMENT_CALL(PEEK_OBJECT(2) != (PyObject *)&PyTuple_Type,
                      PySequence_Tuple(PEEK_OBJECT(1)));
}

OP(PRECALL_BUILTIN_CLASS)
{
    int is_method = IS_METHOD_CALL();
    int nargs = (int)oparg + is_method;
    PyObject *callable = PEEK_OBJECT(nargs + 1);
    PyObject **args;
    PyObject *result;

    MISS_IF(!PyType_Check(callable) ||
                ((PyTypeObject *)callable)->tp_vectorcall == NULL,
            PRECALL);
    SAVE_IP();
    SKIP_CALL();
    args = value_own_all(sp - nargs, nargs);
    result = ((PyTypeObject *)callable)
                 ->tp_vectorcall(callable, args, (size_t)nargs, NULL);
    FINISH_CALL(result, oparg + 2);
}

#define BUILTIN_GUARD(wanted_flags)                                           \
    int is_method = IS_METHOD_CALL();                                         \
    int nargs = (int)oparg + is_method;                                       \
    PyObject *callable = PEEK_OBJECT(nargs + 1);                              \
    PyObject **args;                                                          \
    PyObject *result;                                                         \
    MISS_IF(!PyCFunction_CheckExact(callable), PRECALL);                      \
    MISS_IF(((PyCFunctionObject *)callable)->m_ml->ml_flags !=                \
                (wanted_flags),                                               \
            PRECALL)

OP(PRECALL_NO_KW_BUILTIN_O)
{
    BUILTIN_GUARD(METH_O);
    MISS_IF(nargs != 1, PRECALL);
    SAVE_IP();
    SKIP_CALL();
    ENTER_C();
    args = value_own_all(sp - 1, 1);
    result = PyCFunction_GET_FUNCTION(callable)(PyCFunction_GET_SELF(callable),
                                                args[0]);
    ceval_leave_recursive(tstate);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_NO_KW_BUILTIN_FAST)
{
    BUILTIN_GUARD(METH_FASTCALL);
    SAVE_IP();
    SKIP_CALL();
    args = value_own_all(sp - nargs, nargs);
    result = ((_PyCFunctionFast)(void (*)(void))PyCFunction_GET_FUNCTION(
        callable))(PyCFunction_GET_SELF(callable), args, nargs);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_BUILTIN_FAST_WITH_KEYWORDS)
{
    BUILTIN_GUARD(METH_FASTCALL | METH_KEYWORDS);
    SAVE_IP();
    SKIP_CALL();
    args = value_own_all(sp - nargs, nargs);
    result = ((_PyCFunctionFastWithKeywords)(void (*)(
        void))PyCFunction_GET_FUNCTION(callable))(
        PyCFunction_GET_SELF(callable), args, nargs, NULL);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_NO_KW_LEN)
{
    PyObject *result = NULL;
    Py_ssize_t len;

    MISS_IF(IS_METHOD_CALL() || oparg != 1 ||
            PEEK_OBJECT(2) != tstate->interp->ceval.callables.len, PRECALL);
    SAVE_IP();
    SKIP_CALL();
    len = PyObject_Length(PEEK_OBJECT(1));
    if (len >= 0) {
        result = PyLong_FromSsize_t(len);
    }
    FINISH_CALL(result, 3);
}

OP(PRECALL_NO_KW_ISINSTANCE)
{
    int status;

    MISS_IF(IS_METHOD_CALL() || oparg != 2 ||
                PEEK_OBJECT(3) != tstate->interp->ceval.callables.isinstance,
            PRECALL);
    SAVE_IP();
    SKIP_CALL();
    status = PyObject_IsInstance(PEEK_OBJECT(2), PEEK_OBJECT(1));
    FINISH_CALL(status < 0 ? NULL : Py_NewRef(status ? Py_True : Py_False), 4);
}

/* list.append(item) whose result nobody wants: does the POP_TOP as well. */
OP(PRECALL_NO_KW_LIST_APPEND)
{
    PyObject *list = PEEK_OBJECT(2);

    MISS_IF(oparg != 1 ||
                PEEK_OBJECT(3) != tstate->interp->ceval.callables.list_append,
            PRECALL);
    MISS_IF(!PyList_CheckExact(list), PRECALL);
    SAVE_IP();
    Value item = POP();
    if (list_append_steal((PyListObject *)list, value_take(item)) < 0) {
        ERROR();
    }
    sp -= 2;
    value_close(sp[1]);
    value_close(sp[0]);
    SKIP_CALL();
    ip++;
    NEXT();
}

#define METHOD_GUARD(wanted_flags)                                            \
    int is_method = IS_METHOD_CALL();                                         \
    int nargs = (int)oparg + is_method;                                       \
    PyMethodDescrObject *descr =                                              \
        (PyMethodDescrObject *)PEEK_OBJECT(nargs + 1);                        \
    PyObject **args;                                                          \
    PyObject *result;                                                         \
    MISS_IF(!Py_IS_TYPE(descr, &PyMethodDescr_Type), PRECALL);                \
    MISS_IF(nargs < 1 ||                                                      \
                !Py_IS_TYPE(PEEK_OBJECT(nargs), descr->d_common.d_type),      \
            PRECALL);                                                         \
    MISS_IF(descr->d_method->ml_flags != (wanted_flags), PRECALL)

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS)
{
    METHOD_GUARD(METH_NOARGS);
    MISS_IF(nargs != 1, PRECALL);
    SAVE_IP();
    SKIP_CALL();
    ENTER_C();
    args = value_own_all(sp - 1, 1);
    result = descr->d_method->ml_meth(args[0], NULL);
    ceval_leave_recursive(tstate);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_O)
{
    METHOD_GUARD(METH_O);
    MISS_IF(nargs != 2, PRECALL);
    SAVE_IP();
    SKIP_CALL();
    ENTER_C();
    args = value_own_all(sp - 2, 2);
    result = descr->d_method->ml_meth(args[0], args[1]);
    ceval_leave_recursive(tstate);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST)
{
    METHOD_GUARD(METH_FASTCALL);
    SAVE_IP();
    SKIP_CALL();
    args = value_own_all(sp - nargs, nargs);
    result = ((_PyCFunctionFast)(void (*)(void))descr->d_method->ml_meth)(
        args[0], args + 1, nargs - 1);
    FINISH_CALL(result, oparg + 2);
}

OP(PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS)
{
    METHOD_GUARD(METH_FASTCALL | METH_KEYWORDS);
    SAVE_IP();
    SKIP_CALL();
    args = value_own_all(sp - nargs, nargs);
    result = ((_PyCFunctionFastWithKeywords)(void (*)(
        void))descr->d_method->ml_meth)(args[0], args + 1, nargs - 1, NULL);
    FINISH_CALL(result, oparg + 2);
}

/* NULL callable args [kwargs] -- result */
OP(CALL_FUNCTION_EX)
{
    int has_kwargs = (int)(oparg & 1);
    PyObject *callable, *args, *kwargs, *result;

    SAVE_IP();
    kwargs = has_kwargs ? PEEK_OBJECT(1) : NULL;
    if (has_kwargs && !PyDict_CheckExact(kwargs)) {
        PyObject *dict = PyDict_New();

        ERROR_IF(dict == NULL);
        if (_PyDict_MergeEx(dict, kwargs, 2) < 0) {
            ops_explain_kwargs_error(tstate, PEEK_OBJECT(3), kwargs);
            Py_DECREF(dict);
            ERROR();
        }
        value_close(PEEK(1));
        PEEK(1) = value_from_new(dict);
        kwargs = dict;
    }
    args = PEEK_OBJECT(1 + has_kwargs);
    callable = PEEK_OBJECT(2 + has_kwargs);
    if (!PyTuple_CheckExact(args)) {
        PyObject *tuple;

        ERROR_IF(ops_check_args_iterable(tstate, callable, args) < 0);
        tuple = PySequence_Tuple(args);
        ERROR_IF(tuple == NULL);
        value_close(PEEK(1 + has_kwargs));
        PEEK(1 + has_kwargs) = value_from_new(tuple);
        args = tuple;
    }
    if (UNLIKELY(tstate->cframe->use_tracing)) {
        result = tracing_call_ex(tstate, callable, args, kwargs);
    }
    else {
        result = PyObject_Call(callable, args, kwargs);
    }
    FINISH_CALL(result, 3 + has_kwargs);
}

/* ---- frames begin and end ---- */

/* The frame has been made the current one; nothing of it has run. */
OP_HEAD(start)
{
    if (UNLIKELY(ceval_enter_recursive(tstate, ""))) {
        GOTO_OP(unwound);         /* a failed check has counted back already */
    }
    GOTO_OP(resume);
}

/* Goes on behind prev_instr. */
OP_HEAD(resume)
{
    ip = frame->prev_instr + 1;
    LOAD_STACK();
    NEXT_CHECKED();
}

OP(RETURN_VALUE)
{
    PyObject *result = value_take(POP());

    SAVE_IP();
    if (UNLIKELY(tstate->cframe->use_tracing)) {
        SAVE_STACK();
        if (tracing_function_exit(tstate, frame, result) < 0) {
            Py_DECREF(result);
            ceval_leave_recursive(tstate);
            GOTO_OP(unwound);
        }
    }
    SAVE_STACK();
    ceval_leave_recursive(tstate);
    if (UNLIKELY(frame->is_entry)) {
        if (frame->is_entry == FRAME_IS_ENTRY) {
            LEAVE(result);
        }
        PUSH_NEW(result);
        GOTO_OP(return_special);
    }
    Frame *finished = frame;
    tstate->cframe->current_frame = frame = finished->previous;
    frame_end(tstate, finished);
    LOAD_STACK();
    PUSH_NEW(result);
    ip = frame->prev_instr + 1;
    NEXT_CHECKED();
}

/* The result of a constructor or of a resumed generator, on top of its
 * stack. */
OP_HEAD(return_special)
{
    PyObject *result = value_take(POP());
    Frame *finished = frame;
    int kind = finished->is_entry;

    tstate->cframe->current_frame = frame = finished->previous;
    if (kind == FRAME_IS_CONSTRUCTOR) {
        ceval_frame_end(tstate, finished);
        LOAD_STACK();
        if (result != Py_None) {
            PyErr_Format(PyExc_TypeError,
                         "__init__() should return None, not '%.200s'",
                         Py_TYPE(result)->tp_name);
            Py_DECREF(result);
            ERROR();
        }
        Py_DECREF(result);
        ip = frame->prev_instr + 1;
        NEXT_CHECKED();
    }
    PyGenObject *generator = frame_generator(finished);
    finished->previous = NULL;
    tstate->exc_info = generator->gi_exc_state.previous_item;
    generator->gi_exc_state.previous_item = NULL;
    generator_finish(generator, 0);
    LOAD_STACK();
    ip = frame->prev_instr + 1 + (*frame->prev_instr >> 8);
    Value receiver = POP();
    if (kind == FRAME_IS_SENT) {
        PUSH_NEW(result);
    }
    else {
        Py_DECREF(result);
    }
    value_close(receiver);
    NEXT_CHECKED();
}

OP(RETURN_GENERATOR)
{
    PyObject *generator;
    Frame *finished;

    SAVE_IP();
    generator = ops_return_generator(tstate, frame, sp);
    ERROR_IF(generator == NULL);
    ceval_leave_recursive(tstate);
    if (frame->is_entry == FRAME_IS_ENTRY) {
        /* Everything moved; the caller clears what is left. */
        frame->stacktop = 0;
        frame->f_locals = NULL;
        frame->frame_obj = NULL;
        Py_INCREF(frame->f_func);
        Py_INCREF(frame->f_code);
        LEAVE(generator);
    }
    finished = frame;
    tstate->cframe->current_frame = frame = finished->previous;
    frame_stack_pop(tstate, finished);
    LOAD_STACK();
    PUSH_NEW(generator);
    ip = frame->prev_instr + 1;
    NEXT_CHECKED();
}

/* An exception is set at prev_instr. */
OP_HEAD(error)
{
    LOOP_ENTRY()->kwnames = NULL;
    if (!_PyErr_Occurred(tstate)) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "error return without exception set");
    }
    if (!frame_is_incomplete(frame)) {
        PyFrameObject *object = frame_object_get(frame);

        /* Warm code that raises will raise again: tracebacks look lines up. */
        if (frame->f_code->co_warmup >= 0 &&
            frame->f_code->_co_linearray == NULL &&
            Py_SIZE(frame->f_code) < 4096) {
            ops_expand_lines(tstate, frame->f_code);
        }

        if (object != NULL) {
            PyTraceBack_Here(object);
        }
    }
    if (UNLIKELY(tstate->c_tracefunc != NULL)) {
        SAVE_STACK();
        tracing_exception(tstate, frame);
        frame->stacktop = -1;
    }
    GOTO_OP(unwind);
}

/* To the handler, or out of the frame. */
OP_HEAD(unwind)
{
    oparg = (unsigned int)frame_lasti(frame);
    GOTO_OP(unwind_at);
}

/* The same, from the unit in oparg. */
OP_HEAD(unwind_at)
{
    int handler = ops_unwind(tstate, frame, (int)oparg, &sp);

    if (handler >= 0) {
        ip = FRAME_CODE_START(frame->f_code) + handler;
        NEXT_CHECKED();
    }
    SAVE_STACK();
    if (UNLIKELY(tstate->cframe->use_tracing)) {
        tracing_function_unwind(tstate, frame);
    }
    ceval_leave_recursive(tstate);
    GOTO_OP(unwound);
}

/* The frame is over, with an exception. */
OP_HEAD(unwound)
{
    Frame *finished = frame;

    if (frame->is_entry == FRAME_IS_ENTRY) {
        LEAVE(NULL);
    }
    tstate->cframe->current_frame = frame = finished->previous;
    if (finished->owner == FRAME_OWNED_BY_GENERATOR) {
        PyGenObject *generator = frame_generator(finished);

        finished->previous = NULL;
        if (generator->gi_exc_state.previous_item != NULL) {
            tstate->exc_info = generator->gi_exc_state.previous_item;
            generator->gi_exc_state.previous_item = NULL;
        }
        generator_finish(generator, 1);
    }
    else {
        ceval_frame_end(tstate, finished);
    }
    LOAD_STACK();
    ip = frame->prev_instr + 1;
    ERROR();
}

OP_HEAD(unknown)
{
    SAVE_IP();
    _PyErr_Format(tstate, PyExc_SystemError, "unknown opcode %d",
                  (int)_Py_OPCODE(ip[-1]));
    ERROR();
}

/* Every instruction while tracing: events first, then the plain form. */
OP_HEAD(DO_TRACING)
{
    int previous_unit = frame_lasti(frame);
    int opcode = opcode_plain[_Py_OPCODE(ip[-1])];

    if (tstate->tracing == 0 && tstate->cframe->use_tracing &&
        ip > FRAME_CODE_START(frame->f_code) +
                 frame->f_code->_co_firsttraceable) {
        if (opcode == RESUME) {
            SAVE_IP();
            if (oparg < 2) {
                CHECK_BREAKER();
            }
            SAVE_STACK();
            if (tracing_function_entry(tstate, frame) < 0) {
                LOAD_STACK();
                ERROR();
            }
            LOAD_STACK();
        }
        else if (tstate->c_tracefunc != NULL) {
            SAVE_IP();
            SAVE_STACK();
            if (tracing_line(tstate, frame, previous_unit) < 0) {
                LOAD_STACK();
                ERROR();
            }
            LOAD_STACK();
            if (frame->prev_instr != ip - 1) {     /* the tracer jumped */
                ip = frame->prev_instr + 1;
                oparg = _Py_OPARG(ip[-1]);
                opcode = opcode_plain[_Py_OPCODE(ip[-1])];
            }
        }
        SAVE_IP();
    }
    if (opcode == EXTENDED_ARG) {
        while (opcode == EXTENDED_ARG) {
            _Py_CODEUNIT unit = *ip++;

            oparg = (oparg << 8) | (unit >> 8);
            opcode = opcode_plain[_Py_OPCODE(unit)];
        }
        SAVE_IP();
    }
    NEXT_PLAIN(opcode);
}

#undef IS_METHOD_CALL
#undef FINISH_CALL
#undef PY_CALL_GUARD
#undef PUSH_CALLEE
#undef ENTER_CALLEE
#undef SKIP_CALL
#undef ENTER_C
#undef ONE_ARGUMENT_CALL
#undef BUILTIN_GUARD
#undef METHOD_GUARD

#endif
