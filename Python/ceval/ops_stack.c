/* Instructions that move values: stack, locals, constants, cells; and
 * jumps. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

OP(CACHE)
{
    GOTO_OP(unknown);
}

OP(NOP)
{
    NEXT();
}

OP(EXTENDED_ARG)
{
    _Py_CODEUNIT unit = *ip++;

    oparg = (oparg << 8) | (unit >> 8);
    NEXT_PLAIN(unit & 255);
}

OP(EXTENDED_ARG_QUICK)
{
    GOTO_OP(EXTENDED_ARG);
}

OP(POP_TOP)
{
    Value value = POP();

    SAVE_IP();
    value_close(value);
    NEXT();
}

OP(PUSH_NULL)
{
    PUSH(VALUE_NULL);
    NEXT();
}

OP(COPY)
{
    Value value = value_copy(PEEK(oparg));

    PUSH(value);
    NEXT();
}

OP(SWAP)
{
    Value top = PEEK(1);

    PEEK(1) = PEEK(oparg);
    PEEK(oparg) = top;
    NEXT();
}

/* ---- locals and constants ---- */

OP(LOAD_FAST)
{
    PyObject *object = LOCAL(oparg);

    if (UNLIKELY(object == NULL)) {
        SAVE_IP();
        ops_raise_unbound_local(tstate, frame, (int)oparg);
        ERROR();
    }
    PUSH(value_from_borrowed(object));
    NEXT();
}

OP(LOAD_FAST_BORROWED)
{
    PyObject *object = LOCAL(oparg);

    if (UNLIKELY(object == NULL)) {
        GOTO_OP(LOAD_FAST);
    }
    PUSH(value_borrow(object));
    NEXT();
}

OP(LOAD_FAST_BORROWED__LOAD_FAST_BORROWED)
{
    PyObject *first = LOCAL(oparg), *second = LOCAL(ip[0] >> 8);

    if (UNLIKELY(first == NULL || second == NULL)) {
        GOTO_OP(LOAD_FAST_BORROWED);
    }
    sp[0] = value_borrow(first);
    sp[1] = value_borrow(second);
    sp += 2;
    ip++;
    NEXT();
}

OP(LOAD_FAST_BORROWED__LOAD_CONST)
{
    PyObject *first = LOCAL(oparg);

    if (UNLIKELY(first == NULL)) {
        GOTO_OP(LOAD_FAST_BORROWED);
    }
    sp[0] = value_borrow(first);
    sp[1] = value_borrow(CONST_AT(ip[0] >> 8));
    sp += 2;
    ip++;
    NEXT();
}

OP(LOAD_FAST__LOAD_FAST)
{
    GOTO_OP(LOAD_FAST);
}

OP(LOAD_FAST__LOAD_CONST)
{
    GOTO_OP(LOAD_FAST);
}

OP(LOAD_CONST__LOAD_FAST)
{
    GOTO_OP(LOAD_CONST);
}

OP(LOAD_CONST)
{
    PUSH(value_borrow(CONST_AT(oparg)));
    NEXT();
}

OP(STORE_FAST)
{
    PyObject *old = LOCAL(oparg);
    Value value = POP();

    LOCAL(oparg) = value_take(value);
    if (old != NULL) {
        SAVE_IP();
        Py_DECREF(old);
    }
    NEXT();
}

OP(STORE_FAST__LOAD_FAST_BORROWED)
{
    PyObject *old = LOCAL(oparg);
    Value value = POP();

    LOCAL(oparg) = value_take(value);
    if (old != NULL) {
        SAVE_IP();
        Py_DECREF(old);
    }
    oparg = ip[0] >> 8;
    ip++;
    GOTO_OP(LOAD_FAST_BORROWED);
}

OP(STORE_FAST__LOAD_FAST)
{
    GOTO_OP(STORE_FAST);
}

OP(STORE_FAST__STORE_FAST)
{
    GOTO_OP(STORE_FAST);
}

OP(DELETE_FAST)
{
    PyObject *old = LOCAL(oparg);

    SAVE_IP();
    if (old == NULL) {
        ops_raise_unbound_local(tstate, frame, (int)oparg);
        ERROR();
    }
    LOCAL(oparg) = NULL;
    Py_DECREF(old);
    NEXT();
}

/* ---- cells ---- */

OP(MAKE_CELL)
{
    PyObject *cell;

    SAVE_IP();
    cell = PyCell_New(LOCAL(oparg));
    ERROR_IF(cell == NULL);
    Py_XSETREF(LOCAL(oparg), cell);
    NEXT();
}

OP(COPY_FREE_VARS)
{
    PyObject *closure = frame->f_func->func_closure;
    PyObject **free_variables =
        frame->localsplus +
        (frame->f_code->co_nlocalsplus - frame->f_code->co_nfreevars);

    for (unsigned i = 0; i < oparg; i++) {
        free_variables[i] = Py_NewRef(PyTuple_GET_ITEM(closure, i));
    }
    NEXT();
}

OP(LOAD_CLOSURE)
{
    PyObject *cell = LOCAL(oparg);

    if (UNLIKELY(cell == NULL)) {
        SAVE_IP();
        ops_raise_unbound_local(tstate, frame, (int)oparg);
        ERROR();
    }
    PUSH(value_from_borrowed(cell));
    NEXT();
}

OP(LOAD_DEREF)
{
    PyObject *object = PyCell_GET(LOCAL(oparg));

    if (UNLIKELY(object == NULL)) {
        SAVE_IP();
        ops_raise_unbound_free(tstate, frame->f_code, (int)oparg);
        ERROR();
    }
    PUSH(value_from_borrowed(object));
    NEXT();
}

OP(LOAD_CLASSDEREF)
{
    PyObject *object;

    SAVE_IP();
    object = ops_load_class_deref(tstate, frame, (int)oparg);
    ERROR_IF(object == NULL);
    PUSH_NEW(object);
    NEXT_CHECKED();
}

OP(STORE_DEREF)
{
    Value value = POP();
    PyObject *cell = LOCAL(oparg);
    PyObject *old = PyCell_GET(cell);

    SAVE_IP();
    PyCell_SET(cell, value_take(value));
    Py_XDECREF(old);
    NEXT();
}

OP(DELETE_DEREF)
{
    PyObject *cell = LOCAL(oparg);
    PyObject *old = PyCell_GET(cell);

    SAVE_IP();
    if (old == NULL) {
        ops_raise_unbound_free(tstate, frame->f_code, (int)oparg);
        ERROR();
    }
    PyCell_SET(cell, NULL);
    Py_DECREF(old);
    NEXT();
}

/* ---- jumps ---- */

OP(JUMP_FORWARD)
{
    ip += oparg;
    NEXT();
}

OP(JUMP_BACKWARD)
{
    PyCodeObject *code = frame->f_code;

    SAVE_IP();
    if (UNLIKELY(++code->co_warmup >= 0)) {
        ceval_quicken(code);
    }
    ip -= oparg;
    if (UNLIKELY(gil_breaker_is_set())) {
        if (gil_handle_breaker(tstate) < 0) {
            ERROR();
        }
        NEXT_CHECKED();
    }
    NEXT();
}

OP(JUMP_BACKWARD_QUICK)
{
    if (UNLIKELY(gil_breaker_is_set())) {
        SAVE_IP();
        ip -= oparg;
        if (gil_handle_breaker(tstate) < 0) {
            ERROR();
        }
        NEXT_CHECKED();
    }
    ip -= oparg;
    NEXT();
}

OP(JUMP_BACKWARD_NO_INTERRUPT)
{
    ip -= oparg;
    NEXT();
}

OP(RESUME)
{
    PyCodeObject *code = frame->f_code;

    SAVE_IP();
    if (UNLIKELY(++code->co_warmup >= 0)) {
        ceval_quicken(code);
    }
    if (oparg < 2) {
        if (UNLIKELY(gil_breaker_is_set())) {
            if (gil_handle_breaker(tstate) < 0) {
                ERROR();
            }
            NEXT_CHECKED();
        }
    }
    NEXT();
}

OP(RESUME_QUICK)
{
    SAVE_IP();
    if (UNLIKELY(gil_breaker_is_set()) && oparg < 2) {
        if (gil_handle_breaker(tstate) < 0) {
            ERROR();
        }
        NEXT_CHECKED();
    }
    NEXT();
}

/* A truth value that is not a singleton: `jump_if` decides which way. */
#define JUMP_ON_TRUTH(jump_if, distance) \
    do { \
        PyObject *object = PEEK_OBJECT(1); \
        int truth; \
        if (object == Py_True || object == Py_False) { \
            sp--; \
            if ((object == Py_True) == (jump_if)) { \
                ip += (distance); \
            } \
            if (!value_is_borrowed(*sp)) { \
                Py_DECREF(object); \
            } \
            NEXT(); \
        } \
        if (object == Py_None) { \
            sp--; \
            if (!(jump_if)) { \
                ip += (distance); \
            } \
            value_close(*sp); \
            NEXT(); \
        } \
        SAVE_IP(); \
        truth = PyObject_IsTrue(object); \
        ERROR_IF(truth < 0); \
        sp--; \
        if (truth == (jump_if)) { \
            ip += (distance); \
        } \
        value_close(*sp); \
        NEXT_CHECKED(); \
    } while (0)

#define JUMP_BACK_CHECKED_ON_TRUTH(jump_if) \
    do { \
        PyObject *object = PEEK_OBJECT(1); \
        int truth = object == Py_True; \
        SAVE_IP(); \
        if (object != Py_True && object != Py_False) { \
            truth = PyObject_IsTrue(object); \
            ERROR_IF(truth < 0); \
        } \
        sp--; \
        if (truth == (jump_if)) { \
            ip -= oparg; \
            value_close(*sp); \
            CHECK_BREAKER(); \
        } \
        else { \
            value_close(*sp); \
        } \
        NEXT_CHECKED(); \
    } while (0)

OP(POP_JUMP_FORWARD_IF_FALSE)
{
    JUMP_ON_TRUTH(0, oparg);
}

OP(POP_JUMP_FORWARD_IF_TRUE)
{
    JUMP_ON_TRUTH(1, oparg);
}

OP(POP_JUMP_BACKWARD_IF_FALSE)
{
    JUMP_BACK_CHECKED_ON_TRUTH(0);
}

OP(POP_JUMP_BACKWARD_IF_TRUE)
{
    JUMP_BACK_CHECKED_ON_TRUTH(1);
}

OP(POP_JUMP_FORWARD_IF_NONE)
{
    Value value = POP();

    if (value_as_object(value) == Py_None) {
        ip += oparg;
    }
    value_close(value);
    NEXT();
}

OP(POP_JUMP_FORWARD_IF_NOT_NONE)
{
    Value value = POP();

    SAVE_IP();
    if (value_as_object(value) != Py_None) {
        ip += oparg;
    }
    value_close(value);
    NEXT();
}

OP(POP_JUMP_BACKWARD_IF_NONE)
{
    Value value = POP();

    SAVE_IP();
    if (value_as_object(value) == Py_None) {
        ip -= oparg;
        value_close(value);
        CHECK_BREAKER();
    }
    else {
        value_close(value);
    }
    NEXT_CHECKED();
}

OP(POP_JUMP_BACKWARD_IF_NOT_NONE)
{
    Value value = POP();

    SAVE_IP();
    if (value_as_object(value) != Py_None) {
        ip -= oparg;
        value_close(value);
        CHECK_BREAKER();
    }
    else {
        value_close(value);
    }
    NEXT_CHECKED();
}

#define JUMP_OR_POP(jump_if) \
    do { \
        PyObject *object = PEEK_OBJECT(1); \
        int truth = object == Py_True; \
        SAVE_IP(); \
        if (object != Py_True && object != Py_False) { \
            truth = PyObject_IsTrue(object); \
            ERROR_IF(truth < 0); \
        } \
        if (truth == (jump_if)) { \
            ip += oparg; \
        } \
        else { \
            sp--; \
            value_close(*sp); \
        } \
        NEXT_CHECKED(); \
    } while (0)

OP(JUMP_IF_FALSE_OR_POP)
{
    JUMP_OR_POP(0);
}

OP(JUMP_IF_TRUE_OR_POP)
{
    JUMP_OR_POP(1);
}

#undef JUMP_ON_TRUTH
#undef JUMP_BACK_CHECKED_ON_TRUTH
#undef JUMP_OR_POP

#endif
