/* Unary and binary operators, comparisons, subscripts, truth. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

/* A value whose object is known to be an exact int or float dies the short
 * way. */
#define CLOSE_EXACT(value, dealloc)                                           \
    do {                                                                      \
        if (!value_is_borrowed(value) &&                                      \
            --value_as_object(value)->ob_refcnt == 0) {                       \
            dealloc(value_as_object(value));                                  \
        }                                                                     \
    } while (0)
#define CLOSE_INT(value) CLOSE_EXACT(value, long_dealloc)
#define CLOSE_FLOAT(value) CLOSE_EXACT(value, float_dealloc)

/* operand -- result of a function of one object */
#define UNARY(function) \
    do { \
        PyObject *result; \
        SAVE_IP(); \
        result = function(PEEK_OBJECT(1)); \
        ERROR_IF(result == NULL); \
        Value operand = PEEK(1); \
        PEEK(1) = value_from_new(result); \
        value_close(operand); \
        NEXT_CHECKED(); \
    } while (0)

OP(UNARY_POSITIVE)
{
    UNARY(PyNumber_Positive);
}

OP(UNARY_NEGATIVE)
{
    UNARY(PyNumber_Negative);
}

OP(UNARY_INVERT)
{
    UNARY(PyNumber_Invert);
}

OP(UNARY_NOT)
{
    PyObject *object = PEEK_OBJECT(1);
    Value operand = PEEK(1);
    int truth;

    SAVE_IP();
    truth = PyObject_IsTrue(object);
    ERROR_IF(truth < 0);
    PEEK(1) = value_borrow(truth ? Py_False : Py_True);
    value_close(operand);
    NEXT_CHECKED();
}

/* ---- binary operators ---- */

/* The operands are owned for the call: extension types take a reference count
 * of one for a temporary that they may reuse. */
OP(BINARY_OP)
{
    PyObject *result;

    SAVE_IP();
    value_own(&PEEK(2));
    value_own(&PEEK(1));
    result = ops_binary[oparg](PEEK_OBJECT(2), PEEK_OBJECT(1));
    ERROR_IF(result == NULL);
    Value left = PEEK(2), right = PEEK(1);
    PEEK(2) = value_from_new(result);
    sp--;
    value_close(left);
    value_close(right);
    ip += CACHE_UNITS(BinaryOpCache);
    NEXT_CHECKED();
}

OP(BINARY_OP_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_binary_op(PEEK_OBJECT(2), PEEK_OBJECT(1), ip, oparg, frame,
                             sp);
        REDISPATCH();
    }
    GOTO_OP(BINARY_OP);
}

/* Two exact ints of one digit: the result fits a word. */
#define INT_OPERANDS() \
    Value left = PEEK(2), right = PEEK(1); \
    PyObject *a = value_as_object(left), *b = value_as_object(right); \
    MISS_IF(!PyLong_CheckExact(a) || !PyLong_CheckExact(b), BINARY_OP)
#define FINISH_INT(expression) \
    do { \
        PyObject *result = (expression); \
        if (UNLIKELY(result == NULL)) { \
            SAVE_IP(); \
            ERROR(); \
        } \
        PEEK(2) = value_from_new(result); \
        sp--; \
        CLOSE_INT(left); \
        CLOSE_INT(right); \
        ip += CACHE_UNITS(BinaryOpCache); \
        NEXT(); \
    } while (0)

OP(BINARY_OP_ADD_INT)
{
    INT_OPERANDS();
    if (LIKELY(long_is_compact(a) && long_is_compact(b))) {
        FINISH_INT(
            long_from_int64(long_compact_value(a) + long_compact_value(b)));
    }
    FINISH_INT(long_add(a, b));
}

OP(BINARY_OP_SUBTRACT_INT)
{
    INT_OPERANDS();
    if (LIKELY(long_is_compact(a) && long_is_compact(b))) {
        FINISH_INT(
            long_from_int64(long_compact_value(a) - long_compact_value(b)));
    }
    FINISH_INT(long_subtract(a, b));
}

OP(BINARY_OP_MULTIPLY_INT)
{
    INT_OPERANDS();
    if (LIKELY(long_is_compact(a) && long_is_compact(b))) {
        FINISH_INT(long_from_int64((int64_t)long_compact_value(a) *
                                   long_compact_value(b)));
    }
    FINISH_INT(long_multiply(a, b));
}

/* // % & | ^ >> << of short ints (two digits at most), where the result fits
 * a word and no special case arises. */
OP(BINARY_OP_SHORT_INT)
{
    INT_OPERANDS();
    MISS_IF(!long_is_short(a) || !long_is_short(b), BINARY_OP);
    int64_t x = long_short_value(a), y = long_short_value(b), z, remainder;

    switch (oparg) {
    case NB_AND:
    case NB_INPLACE_AND:
        z = x & y;
        break;
    case NB_OR:
    case NB_INPLACE_OR:
        z = x | y;
        break;
    case NB_XOR:
    case NB_INPLACE_XOR:
        z = x ^ y;
        break;
    case NB_RSHIFT:
    case NB_INPLACE_RSHIFT:
        MISS_IF(y < 0 || y > 63, BINARY_OP);
        z = x >> y;
        break;
    case NB_LSHIFT:
    case NB_INPLACE_LSHIFT:
        MISS_IF(y < 0 || y > 62, BINARY_OP);
        z = (int64_t)((uint64_t)x << y);
        MISS_IF(z >> y != x, BINARY_OP);
        break;
    case NB_FLOOR_DIVIDE:
    case NB_INPLACE_FLOOR_DIVIDE:
        MISS_IF(y == 0, BINARY_OP);
        z = divide_floor(x, y, &remainder);
        break;
    case NB_REMAINDER:
    case NB_INPLACE_REMAINDER:
        MISS_IF(y == 0, BINARY_OP);
        divide_floor(x, y, &z);
        break;
    default:
        MISS(BINARY_OP);
    }
    FINISH_INT(long_from_int64(z));
}

/* A float operand that dies here is reused for the result. */
#define FLOAT_OPERANDS() \
    Value left = PEEK(2), right = PEEK(1); \
    PyObject *a = value_as_object(left), *b = value_as_object(right); \
    MISS_IF(!PyFloat_CheckExact(a) || !PyFloat_CheckExact(b), BINARY_OP); \
    double x = PyFloat_AS_DOUBLE(a), y = PyFloat_AS_DOUBLE(b)
#define FINISH_FLOAT(expression) \
    do { \
        double number = (expression); \
        if (!value_is_borrowed(left) && a->ob_refcnt == 1) { \
            ((PyFloatObject *)a)->ob_fval = number; \
            CLOSE_FLOAT(right); \
        } \
        else { \
            PyObject *result = float_from_double(number); \
            if (UNLIKELY(result == NULL)) { \
                SAVE_IP(); \
                ERROR(); \
            } \
            PEEK(2) = value_from_new(result); \
            CLOSE_FLOAT(left); \
            CLOSE_FLOAT(right); \
        } \
        sp--; \
        ip += CACHE_UNITS(BinaryOpCache); \
        NEXT(); \
    } while (0)

OP(BINARY_OP_ADD_FLOAT)
{
    FLOAT_OPERANDS();
    FINISH_FLOAT(x + y);
}

OP(BINARY_OP_SUBTRACT_FLOAT)
{
    FLOAT_OPERANDS();
    FINISH_FLOAT(x - y);
}

OP(BINARY_OP_MULTIPLY_FLOAT)
{
    FLOAT_OPERANDS();
    FINISH_FLOAT(x * y);
}

OP(BINARY_OP_TRUE_DIVIDE_FLOAT)
{
    FLOAT_OPERANDS();
    MISS_IF(y == 0.0, BINARY_OP);
    FINISH_FLOAT(x / y);
}

OP(BINARY_OP_ADD_UNICODE)
{
    Value left = PEEK(2), right = PEEK(1);
    PyObject *result;

    MISS_IF(!PyUnicode_CheckExact(value_as_object(left)) ||
            !PyUnicode_CheckExact(value_as_object(right)), BINARY_OP);
    SAVE_IP();
    result = PyUnicode_Concat(value_as_object(left), value_as_object(right));
    ERROR_IF(result == NULL);
    PEEK(2) = value_from_new(result);
    sp--;
    value_close(left);
    value_close(right);
    ip += CACHE_UNITS(BinaryOpCache);
    NEXT();
}

/* text += more, stored to the local that text came from: the local lets go of
 * the string first, so that it can grow in place. */
OP(BINARY_OP_INPLACE_ADD_UNICODE)
{
    Value left = PEEK(2), right = PEEK(1);
    PyObject *text = value_as_object(left), *more = value_as_object(right);
    _Py_CODEUNIT store = ip[CACHE_UNITS(BinaryOpCache)];
    int opcode = opcode_plain[_Py_OPCODE(store)];

    MISS_IF(!PyUnicode_CheckExact(text) || !PyUnicode_CheckExact(more),
            BINARY_OP);
    MISS_IF(opcode != STORE_FAST || LOCAL(store >> 8) != text, BINARY_OP);
    MISS_IF(text == more, BINARY_OP);
    SAVE_IP();
    LOCAL(store >> 8) = NULL;
    if (!value_is_borrowed(left)) {
        /* the local's reference is the one that counts now */
        Py_DECREF(text);
    }
    PyUnicode_Append(&text, more);
    sp -= 2;
    value_close(right);
    ERROR_IF(text == NULL);
    PUSH_NEW(text);
    ip += CACHE_UNITS(BinaryOpCache);
    NEXT();
}

/* ---- comparisons ---- */

OP(COMPARE_OP)
{
    PyObject *result;

    SAVE_IP();
    result = PyObject_RichCompare(PEEK_OBJECT(2), PEEK_OBJECT(1), (int)oparg);
    ERROR_IF(result == NULL);
    Value left = PEEK(2), right = PEEK(1);
    PEEK(2) = value_from_new(result);
    sp--;
    value_close(left);
    value_close(right);
    ip += CACHE_UNITS(CompareOpCache);
    NEXT_CHECKED();
}

OP(COMPARE_OP_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_compare_op(PEEK_OBJECT(2), PEEK_OBJECT(1), ip, oparg);
        REDISPATCH();
    }
    GOTO_OP(COMPARE_OP);
}

/* Compare and jump in one: the mask in the cache has bit 0 for "less: jump",
 * bit 1 for "greater", bit 2 for "equal", bit 3 for "unordered",
 * COMPARE_JUMPS_BACK; the jump instruction behind is consumed. */
#define COMPARE_AND_JUMP(bit) \
    int loops; \
    sp -= 2; \
    ip += CACHE_UNITS(CompareOpCache) + 1; \
    SAVE_IP();                       /* at the jump, for signal handlers */ \
    ip = compare_target(ip, bit, &loops)
#define FINISH_COMPARE_AND_JUMP() \
    do { \
        if (loops) { \
            CHECK_BREAKER(); \
            NEXT_CHECKED(); \
        } \
        NEXT(); \
    } while (0)

OP(COMPARE_OP_INT_JUMP)
{
    Value left = PEEK(2), right = PEEK(1);
    PyObject *a = value_as_object(left), *b = value_as_object(right);

    MISS_IF(!PyLong_CheckExact(a) || !PyLong_CheckExact(b), COMPARE_OP);
    MISS_IF(!long_is_compact(a) || !long_is_compact(b), COMPARE_OP);
    Py_ssize_t x = long_compact_value(a), y = long_compact_value(b);
    COMPARE_AND_JUMP((x > y) + 2 * (x == y));
    CLOSE_INT(left);
    CLOSE_INT(right);
    FINISH_COMPARE_AND_JUMP();
}

OP(COMPARE_OP_FLOAT_JUMP)
{
    Value left = PEEK(2), right = PEEK(1);
    PyObject *a = value_as_object(left), *b = value_as_object(right);

    MISS_IF(!PyFloat_CheckExact(a) || !PyFloat_CheckExact(b), COMPARE_OP);
    double x = PyFloat_AS_DOUBLE(a), y = PyFloat_AS_DOUBLE(b);
    COMPARE_AND_JUMP(x < y ? 0 : x > y ? 1 : x == y ? 2 : 3);
    CLOSE_FLOAT(left);
    CLOSE_FLOAT(right);
    FINISH_COMPARE_AND_JUMP();
}

OP(COMPARE_OP_STR_JUMP)
{
    Value left = PEEK(2), right = PEEK(1);
    PyObject *a = value_as_object(left), *b = value_as_object(right);

    MISS_IF(!PyUnicode_CheckExact(a) || !PyUnicode_CheckExact(b), COMPARE_OP);
    int equal = a == b || _PyUnicode_EQ(a, b);
    COMPARE_AND_JUMP(equal ? 2 : 0);
    value_close(left);
    value_close(right);
    FINISH_COMPARE_AND_JUMP();
}

OP(IS_OP)
{
    Value left = PEEK(2), right = PEEK(1);
    int is_same = value_as_object(left) == value_as_object(right);

    SAVE_IP();
    PEEK(2) = value_borrow(is_same != (int)oparg ? Py_True : Py_False);
    sp--;
    value_close(left);
    value_close(right);
    NEXT();
}

OP(CONTAINS_OP)
{
    Value item = PEEK(2), container = PEEK(1);
    PyObject *object = value_as_object(container);
    int found;

    SAVE_IP();
    if (PyDict_CheckExact(object)) {
        found = PyDict_Contains(object, value_as_object(item));
    }
    else {
        found = PySequence_Contains(object, value_as_object(item));
    }
    ERROR_IF(found < 0);
    PEEK(2) = value_borrow(found != (int)oparg ? Py_True : Py_False);
    sp--;
    value_close(item);
    value_close(container);
    NEXT_CHECKED();
}

/* ---- subscripts ---- */

OP(BINARY_SUBSCR)
{
    PyObject *result;

    SAVE_IP();
    result = PyObject_GetItem(PEEK_OBJECT(2), PEEK_OBJECT(1));
    ERROR_IF(result == NULL);
    Value container = PEEK(2), sub = PEEK(1);
    PEEK(2) = value_from_new(result);
    sp--;
    value_close(container);
    value_close(sub);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT_CHECKED();
}

OP(BINARY_SUBSCR_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_binary_subscr(PEEK_OBJECT(2), PEEK_OBJECT(1), ip);
        REDISPATCH();
    }
    GOTO_OP(BINARY_SUBSCR);
}

#define SEQUENCE_AND_INDEX(type_check, FAMILY)                                \
    Value container = PEEK(2), sub = PEEK(1);                                 \
    PyObject *sequence = value_as_object(container),                          \
             *number = value_as_object(sub);                                  \
    MISS_IF(!type_check(sequence) || !PyLong_CheckExact(number), FAMILY);     \
    MISS_IF((size_t)Py_SIZE(number) > 1, FAMILY);                             \
    size_t i = ((PyLongObject *)number)->ob_digit[0]

OP(BINARY_SUBSCR_LIST_INT)
{
    SEQUENCE_AND_INDEX(PyList_CheckExact, BINARY_SUBSCR);
    MISS_IF(i >= (size_t)PyList_GET_SIZE(sequence), BINARY_SUBSCR);
    SAVE_IP();
    PEEK(2) = value_from_borrowed(PyList_GET_ITEM(sequence, i));
    sp--;
    CLOSE_INT(sub);
    value_close(container);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT();
}

OP(BINARY_SUBSCR_TUPLE_INT)
{
    SEQUENCE_AND_INDEX(PyTuple_CheckExact, BINARY_SUBSCR);
    MISS_IF(i >= (size_t)PyTuple_GET_SIZE(sequence), BINARY_SUBSCR);
    SAVE_IP();
    PEEK(2) = value_from_borrowed(PyTuple_GET_ITEM(sequence, i));
    sp--;
    CLOSE_INT(sub);
    value_close(container);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT();
}

OP(BINARY_SUBSCR_STR_INT)
{
    SEQUENCE_AND_INDEX(PyUnicode_CheckExact, BINARY_SUBSCR);
    MISS_IF(i >= (size_t)PyUnicode_GET_LENGTH(sequence), BINARY_SUBSCR);
    PyObject *result;

    SAVE_IP();
    result = PyUnicode_FromOrdinal((int)PyUnicode_READ_CHAR(sequence, i));
    ERROR_IF(result == NULL);
    PEEK(2) = value_from_new(result);
    sp--;
    CLOSE_INT(sub);
    value_close(container);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT();
}

OP(BINARY_SUBSCR_DICT)
{
    Value container = PEEK(2), sub = PEEK(1);
    PyObject *dict = value_as_object(container), *result;

    MISS_IF(!PyDict_CheckExact(dict), BINARY_SUBSCR);
    SAVE_IP();
    result = PyDict_GetItemWithError(dict, value_as_object(sub));
    if (result == NULL) {
        if (!_PyErr_Occurred(tstate)) {
            _PyErr_SetKeyError(value_as_object(sub));
        }
        ERROR();
    }
    PEEK(2) = value_from_borrowed(result);
    sp--;
    value_close(container);
    value_close(sub);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT_CHECKED();
}

/* container[sub] where the class has a __getitem__ in Python, known by the
 * type's version. */
OP(BINARY_SUBSCR_GETITEM)
{
    PyObject *object = PEEK_OBJECT(2);
    PyTypeObject *type = Py_TYPE(object);
    BinarySubscrCache *cache = (BinarySubscrCache *)ip;

    MISS_IF(type->tp_version_tag != cache_read_u32(cache->type_version),
            BINARY_SUBSCR);
    MISS_IF(tstate->interp->ceval.eval_frame != _PyEval_EvalFrameDefault,
            BINARY_SUBSCR);
    PyFunctionObject *getitem =
        (PyFunctionObject *)((PyHeapTypeObject *)type)->_spec_cache.getitem;
    MISS_IF(getitem == NULL || getitem->func_version != cache->func_version,
            BINARY_SUBSCR);
    Frame *callee;

    SAVE_IP();
    Py_INCREF(getitem);
    callee = frame_push(tstate, getitem);
    ERROR_IF(callee == NULL);
    sp -= 2;
    callee->localsplus[0] = value_take(sp[0]);
    callee->localsplus[1] = value_take(sp[1]);
    ip += CACHE_UNITS(BinarySubscrCache);
    NEXT_FRAME(callee);
}

OP(STORE_SUBSCR)
{
    int status;

    SAVE_IP();
    status = PyObject_SetItem(PEEK_OBJECT(2), PEEK_OBJECT(1), PEEK_OBJECT(3));
    ERROR_IF(status < 0);
    sp -= 3;
    value_close(sp[0]);
    value_close(sp[1]);
    value_close(sp[2]);
    ip += CACHE_UNITS(StoreSubscrCache);
    NEXT_CHECKED();
}

OP(STORE_SUBSCR_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_store_subscr(PEEK_OBJECT(2), PEEK_OBJECT(1), ip);
        REDISPATCH();
    }
    GOTO_OP(STORE_SUBSCR);
}

OP(STORE_SUBSCR_LIST_INT)
{
    SEQUENCE_AND_INDEX(PyList_CheckExact, STORE_SUBSCR);
    MISS_IF(i >= (size_t)PyList_GET_SIZE(sequence), STORE_SUBSCR);
    PyObject *old = PyList_GET_ITEM(sequence, i);

    SAVE_IP();
    PyList_SET_ITEM(sequence, i, value_take(PEEK(3)));
    sp -= 3;
    Py_DECREF(old);
    CLOSE_INT(sub);
    value_close(container);
    ip += CACHE_UNITS(StoreSubscrCache);
    NEXT();
}

OP(STORE_SUBSCR_DICT)
{
    PyObject *dict = PEEK_OBJECT(2);
    int status;

    MISS_IF(!PyDict_CheckExact(dict), STORE_SUBSCR);
    SAVE_IP();
    status = PyDict_SetItem(dict, PEEK_OBJECT(1), PEEK_OBJECT(3));
    ERROR_IF(status < 0);
    sp -= 3;
    value_close(sp[0]);
    value_close(sp[1]);
    value_close(sp[2]);
    ip += CACHE_UNITS(StoreSubscrCache);
    NEXT_CHECKED();
}

OP(DELETE_SUBSCR)
{
    int status;

    SAVE_IP();
    status = PyObject_DelItem(PEEK_OBJECT(2), PEEK_OBJECT(1));
    ERROR_IF(status < 0);
    sp -= 2;
    value_close(sp[0]);
    value_close(sp[1]);
    NEXT_CHECKED();
}

#undef CLOSE_EXACT
#undef CLOSE_INT
#undef CLOSE_FLOAT
#undef UNARY
#undef INT_OPERANDS
#undef FINISH_INT
#undef FLOAT_OPERANDS
#undef FINISH_FLOAT
#undef COMPARE_AND_JUMP
#undef SEQUENCE_AND_INDEX

#endif
