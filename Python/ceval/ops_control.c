/* Iteration, generators and coroutines, exceptions, context managers. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

/* ---- iteration ---- */

OP(GET_ITER)
{
    PyObject *iterator;

    SAVE_IP();
    iterator = PyObject_GetIter(PEEK_OBJECT(1));
    ERROR_IF(iterator == NULL);
    Value iterable = PEEK(1);
    PEEK(1) = value_from_new(iterator);
    value_close(iterable);
    NEXT_CHECKED();
}

/* A generator or coroutine that can go on inside this loop: not running, and
 * nobody looks. */
#define CAN_RESUME_INLINE(generator) \
    ((generator)->gi_frame_state < FRAME_EXECUTING && oparg <= 255 && \
     generator_frame(generator)->frame_obj == NULL && \
     !tstate->cframe->use_tracing && \
     tstate->interp->ceval.eval_frame == _PyEval_EvalFrameDefault)

/* Resumes with a new reference as the value of its `yield`. */
#define RESUME_INLINE(generator, sent, kind) \
    do { \
        Frame *resumed = generator_frame(generator); \
        resumed->localsplus[resumed->stacktop++] = (sent); \
        (generator)->gi_exc_state.previous_item = tstate->exc_info; \
        tstate->exc_info = &(generator)->gi_exc_state; \
        (generator)->gi_frame_state = FRAME_EXECUTING; \
        resumed->is_entry = (kind); \
        NEXT_FRAME(resumed); \
    } while (0)

OP(FOR_ITER)
{
    PyObject *iterator = PEEK_OBJECT(1);
    PyTypeObject *type = Py_TYPE(iterator);
    PyObject *item;

    if (type == &PyListIter_Type) {
        ListIterObject *it = (ListIterObject *)iterator;
        PyListObject *list = it->it_seq;

        if (list != NULL && it->it_index < PyList_GET_SIZE(list)) {
            PUSH(value_from_borrowed(PyList_GET_ITEM(list, it->it_index)));
            it->it_index++;
            NEXT();
        }
    }
    else if (type == &PyRangeIter_Type) {
        RangeIterObject *it = (RangeIterObject *)iterator;

        if (it->index < it->len) {
            long number =
                (long)((unsigned long)it->start +
                       (unsigned long)it->index * (unsigned long)it->step);

            item = long_from_int64(number);
            if (UNLIKELY(item == NULL)) {
                SAVE_IP();
                ERROR();
            }
            it->index++;
            PUSH_NEW(item);
            NEXT();
        }
    }
    else if (type == &PyTupleIter_Type) {
        TupleIterObject *it = (TupleIterObject *)iterator;
        PyTupleObject *tuple = it->it_seq;

        if (tuple != NULL && it->it_index < PyTuple_GET_SIZE(tuple)) {
            PUSH(value_from_borrowed(PyTuple_GET_ITEM(tuple, it->it_index)));
            it->it_index++;
            NEXT();
        }
    }
    else if (type == &PyGen_Type) {
        PyGenObject *generator = (PyGenObject *)iterator;

        if (CAN_RESUME_INLINE(generator)) {
            RESUME_INLINE(generator, Py_NewRef(Py_None), FRAME_IS_ITERATED);
        }
    }
    SAVE_IP();
    item = type->tp_iternext(iterator);
    if (LIKELY(item != NULL)) {
        PUSH_NEW(item);
        NEXT_CHECKED();
    }
    if (_PyErr_Occurred(tstate)) {
        if (!_PyErr_ExceptionMatches(tstate, PyExc_StopIteration)) {
            ERROR();
        }
        if (UNLIKELY(tstate->c_tracefunc != NULL)) {
            SAVE_STACK();
            tracing_exception(tstate, frame);
            frame->stacktop = -1;
        }
        _PyErr_Clear(tstate);
    }
    sp--;
    value_close(*sp);
    ip += oparg;
    NEXT_CHECKED();
}

/* ---- generators ---- */

/* receiver value -- receiver result, or on its return: value, and jump */
OP(SEND)
{
    PyObject *receiver = PEEK_OBJECT(2), *value = PEEK_OBJECT(1),
             *result = NULL;
    PySendResult status;

    SAVE_IP();
    if (PyGen_CheckExact(receiver) || PyCoro_CheckExact(receiver)) {
        PyGenObject *generator = (PyGenObject *)receiver;

        if (CAN_RESUME_INLINE(generator) &&
            (generator->gi_frame_state == FRAME_SUSPENDED ||
             value == Py_None)) {
            value = value_take(POP());
            RESUME_INLINE(generator, value, FRAME_IS_SENT);
        }
    }
    if (tstate->c_tracefunc == NULL) {
        status = PyIter_Send(receiver, value, &result);
    }
    else {
        if (value == Py_None && PyIter_Check(receiver)) {
            result = Py_TYPE(receiver)->tp_iternext(receiver);
        }
        else {
            result = PyObject_CallMethodOneArg(receiver, NAME(send), value);
        }
        status = PYGEN_NEXT;
        if (result == NULL) {
            if (_PyErr_ExceptionMatches(tstate, PyExc_StopIteration)) {
                SAVE_STACK();
                tracing_exception(tstate, frame);
                frame->stacktop = -1;
            }
            status = _PyGen_FetchStopIterationValue(&result) == 0
                         ? PYGEN_RETURN
                         : PYGEN_ERROR;
        }
    }
    if (status == PYGEN_ERROR) {
        ERROR();
    }
    Value sent = PEEK(1);
    if (status == PYGEN_RETURN) {
        Value finished = PEEK(2);

        PEEK(2) = value_from_new(result);
        sp--;
        value_close(sent);
        value_close(finished);
        ip += oparg;
    }
    else {
        PEEK(1) = value_from_new(result);
        value_close(sent);
    }
    NEXT_CHECKED();
}

OP(ASYNC_GEN_WRAP)
{
    PyObject *wrapped;

    SAVE_IP();
    wrapped = async_gen_wrap_value(PEEK_OBJECT(1));
    ERROR_IF(wrapped == NULL);
    Value value = PEEK(1);
    PEEK(1) = value_from_new(wrapped);
    value_close(value);
    NEXT();
}

/* The frame stays as it is, in the generator; whoever resumed it is the C
 * caller. */
OP(YIELD_VALUE)
{
    PyObject *result = value_take(POP());
    PyGenObject *generator = frame_generator(frame);

    SAVE_IP();
    generator->gi_frame_state = FRAME_SUSPENDED;
    SAVE_STACK();
    if (UNLIKELY(tstate->cframe->use_tracing)) {
        if (tracing_function_exit(tstate, frame, result) < 0) {
            Py_DECREF(result);
            ceval_leave_recursive(tstate);
            GOTO_OP(unwound);
        }
    }
    tstate->exc_info = generator->gi_exc_state.previous_item;
    generator->gi_exc_state.previous_item = NULL;
    ceval_leave_recursive(tstate);
    if (frame->is_entry == FRAME_IS_ENTRY) {
        LEAVE(result);
    }
    Frame *suspended = frame;
    tstate->cframe->current_frame = frame = suspended->previous;
    suspended->previous = NULL;
    LOAD_STACK();
    PUSH_NEW(result);
    ip = frame->prev_instr + 1;
    NEXT_CHECKED();
}

OP(GET_YIELD_FROM_ITER)
{
    PyObject *iterator;

    SAVE_IP();
    iterator = ops_get_yield_from_iter(tstate, frame, PEEK_OBJECT(1));
    ERROR_IF(iterator == NULL);
    Value iterable = PEEK(1);
    PEEK(1) = value_from_new(iterator);
    value_close(iterable);
    NEXT_CHECKED();
}

OP(GET_AWAITABLE)
{
    PyObject *iterator;

    SAVE_IP();
    iterator = ops_get_awaitable(tstate, PEEK_OBJECT(1), (int)oparg);
    ERROR_IF(iterator == NULL);
    Value object = PEEK(1);
    PEEK(1) = value_from_new(iterator);
    value_close(object);
    NEXT_CHECKED();
}

OP(GET_AITER)
{
    PyObject *iterator;

    SAVE_IP();
    iterator = ops_get_aiter(tstate, PEEK_OBJECT(1));
    ERROR_IF(iterator == NULL);
    Value object = PEEK(1);
    PEEK(1) = value_from_new(iterator);
    value_close(object);
    NEXT_CHECKED();
}

OP(GET_ANEXT)
{
    PyObject *awaitable;

    SAVE_IP();
    awaitable = ops_get_anext(tstate, PEEK_OBJECT(1));
    ERROR_IF(awaitable == NULL);
    PUSH_NEW(awaitable);
    NEXT_CHECKED();
}

/* aiter exception -- ; reraises all but StopAsyncIteration */
OP(END_ASYNC_FOR)
{
    PyObject *exception = PEEK_OBJECT(1);

    SAVE_IP();
    if (PyErr_GivenExceptionMatches(exception, PyExc_StopAsyncIteration)) {
        sp -= 2;
        value_close(sp[1]);
        value_close(sp[0]);
        NEXT_CHECKED();
    }
    exception = value_take(POP());
    _PyErr_Restore(tstate, Py_NewRef(Py_TYPE(exception)), exception,
                   PyException_GetTraceback(exception));
    GOTO_OP(unwind);
}

/* ---- exceptions ---- */

/* exception -- previously handled one, exception */
OP(PUSH_EXC_INFO)
{
    Value fresh = PEEK(1);
    _PyErr_StackItem *info = tstate->exc_info;
    PyObject *previous = info->exc_value;

    PEEK(1) =
        previous != NULL ? value_from_new(previous) : value_borrow(Py_None);
    PUSH(fresh);
    info->exc_value = Py_NewRef(value_as_object(fresh));
    NEXT();
}

OP(POP_EXCEPT)
{
    _PyErr_StackItem *info = tstate->exc_info;
    PyObject *finished = info->exc_value;

    SAVE_IP();
    info->exc_value = value_take(POP());
    Py_XDECREF(finished);
    NEXT();
}

OP(CHECK_EXC_MATCH)
{
    PyObject *type = PEEK_OBJECT(1);
    int matches;

    SAVE_IP();
    ERROR_IF(ops_check_except_type(tstate, type) < 0);
    matches = PyErr_GivenExceptionMatches(PEEK_OBJECT(2), type);
    Value wanted = PEEK(1);
    PEEK(1) = value_borrow(matches ? Py_True : Py_False);
    value_close(wanted);
    NEXT();
}

/* exception type -- rest match (None: none) */
OP(CHECK_EG_MATCH)
{
    PyObject *match = NULL, *rest = NULL;

    SAVE_IP();
    ERROR_IF(ops_check_except_star_type(tstate, PEEK_OBJECT(1)) < 0);
    ERROR_IF(ops_match_except_star(PEEK_OBJECT(2), PEEK_OBJECT(1), &match,
                                   &rest) < 0);
    Value type = PEEK(1), exception = PEEK(2);
    PEEK(2) = value_from_new(rest);
    PEEK(1) = value_from_new(match);
    if (match != Py_None) {
        PyErr_SetExcInfo(NULL, Py_NewRef(match), NULL);
    }
    value_close(type);
    value_close(exception);
    NEXT_CHECKED();
}

OP(PREP_RERAISE_STAR)
{
    PyObject *result;

    SAVE_IP();
    result = _PyExc_PrepReraiseStar(PEEK_OBJECT(2), PEEK_OBJECT(1));
    ERROR_IF(result == NULL);
    sp--;
    Value raised = sp[0], original = sp[-1];
    sp[-1] = value_from_new(result);
    value_close(raised);
    value_close(original);
    NEXT_CHECKED();
}

OP(RAISE_VARARGS)
{
    PyObject *exc = NULL, *cause = NULL;

    SAVE_IP();
    if (oparg > 1) {
        cause = value_take(POP());
    }
    if (oparg > 0) {
        exc = value_take(POP());
    }
    if (ops_raise(tstate, exc, cause)) {
        /* raised again: the traceback has this frame already */
        GOTO_OP(unwind);
    }
    ERROR();
}

OP(RERAISE)
{
    PyObject *exception;

    if (oparg) {
        /* Where it was raised first: the unit number below. */
        PyObject *lasti = PEEK_OBJECT(oparg + 1);

        frame->prev_instr =
            FRAME_CODE_START(frame->f_code) + PyLong_AsLong(lasti);
    }
    else {
        SAVE_IP();
    }
    exception = value_take(POP());
    _PyErr_Restore(tstate, Py_NewRef(Py_TYPE(exception)), exception,
                   PyException_GetTraceback(exception));
    LOOP_ENTRY()->kwnames = NULL;
    /* The handler is looked up from here, not from where it was raised. */
    oparg = (unsigned int)(ip - 1 - FRAME_CODE_START(frame->f_code));
    GOTO_OP(unwind_at);
}

/* ---- context managers ---- */

OP(BEFORE_WITH)
{
    PyObject *entered, *exit = NULL;

    SAVE_IP();
    entered = ops_enter_with(tstate, PEEK_OBJECT(1), &exit);
    ERROR_IF(entered == NULL);
    Value manager = PEEK(1);
    PEEK(1) = value_from_new(exit);
    PUSH_NEW(entered);
    value_close(manager);
    NEXT_CHECKED();
}

OP(BEFORE_ASYNC_WITH)
{
    PyObject *awaitable, *exit = NULL;

    SAVE_IP();
    awaitable = ops_enter_async_with(tstate, PEEK_OBJECT(1), &exit);
    ERROR_IF(awaitable == NULL);
    Value manager = PEEK(1);
    PEEK(1) = value_from_new(exit);
    PUSH_NEW(awaitable);
    value_close(manager);
    NEXT_CHECKED();
}

/* exit lasti previous exception -- the same and exit's result */
OP(WITH_EXCEPT_START)
{
    PyObject *exception = PEEK_OBJECT(1), *exit = PEEK_OBJECT(4), *traceback,
             *result;

    SAVE_IP();
    traceback = PyException_GetTraceback(exception);
    {
        PyObject *args[4] = {NULL, (PyObject *)Py_TYPE(exception), exception,
                             traceback != NULL ? traceback : Py_None};

        result = PyObject_Vectorcall(exit, args + 1,
                                     3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    Py_XDECREF(traceback);
    ERROR_IF(result == NULL);
    PUSH_NEW(result);
    NEXT_CHECKED();
}

#endif
