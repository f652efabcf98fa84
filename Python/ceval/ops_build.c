/* Displays, comprehensions, unpacking, formatting, functions, imports, pattern
 * matching. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

OP(BUILD_TUPLE)
{
    PyObject *tuple;

    SAVE_IP();
    sp -= oparg;
    tuple = tuple_from_array_steal(value_own_all(sp, oparg), oparg);
    ERROR_IF(tuple == NULL);
    PUSH_NEW(tuple);
    NEXT();
}

OP(BUILD_LIST)
{
    PyObject *list;

    SAVE_IP();
    sp -= oparg;
    list = list_from_array_steal(value_own_all(sp, oparg), oparg);
    ERROR_IF(list == NULL);
    PUSH_NEW(list);
    NEXT();
}

OP(LIST_TO_TUPLE)
{
    Value list = PEEK(1);
    PyObject *tuple;

    SAVE_IP();
    tuple = PyList_AsTuple(value_as_object(list));
    ERROR_IF(tuple == NULL);
    PEEK(1) = value_from_new(tuple);
    value_close(list);
    NEXT();
}

OP(BUILD_SET)
{
    PyObject *set;
    int status = 0;

    SAVE_IP();
    set = PySet_New(NULL);
    ERROR_IF(set == NULL);
    for (unsigned i = oparg; i > 0; i--) {
        if (status == 0) {
            status = PySet_Add(set, PEEK_OBJECT(i));
        }
    }
    if (status < 0) {
        Py_DECREF(set);
        ERROR();
    }
    for (unsigned i = 0; i < oparg; i++) {
        sp--;
        value_close(*sp);
    }
    PUSH_NEW(set);
    NEXT_CHECKED();
}

OP(BUILD_MAP)
{
    PyObject **items;
    PyObject *dict;

    SAVE_IP();
    items = value_own_all(sp - 2 * oparg, 2 * (Py_ssize_t)oparg);
    dict = dict_from_items(items, 2, items + 1, 2, oparg);
    ERROR_IF(dict == NULL);
    for (unsigned i = 0; i < 2 * oparg; i++) {
        sp--;
        value_close(*sp);
    }
    PUSH_NEW(dict);
    NEXT_CHECKED();
}

OP(BUILD_CONST_KEY_MAP)
{
    PyObject **values;
    PyObject *dict;

    SAVE_IP();
    values = value_own_all(sp - 1 - oparg, oparg);
    dict = ops_build_const_key_map(tstate, PEEK_OBJECT(1), values, oparg);
    ERROR_IF(dict == NULL);
    for (unsigned i = 0; i < oparg + 1; i++) {
        sp--;
        value_close(*sp);
    }
    PUSH_NEW(dict);
    NEXT_CHECKED();
}

OP(BUILD_STRING)
{
    PyObject **pieces;
    PyObject *text;

    SAVE_IP();
    pieces = value_own_all(sp - oparg, oparg);
    text = ops_build_string(pieces, oparg);
    ERROR_IF(text == NULL);
    for (unsigned i = 0; i < oparg; i++) {
        sp--;
        value_close(*sp);
    }
    PUSH_NEW(text);
    NEXT();
}

OP(BUILD_SLICE)
{
    PyObject *slice;
    Value step = VALUE_NULL;

    SAVE_IP();
    slice = PySlice_New(PEEK_OBJECT(oparg == 3 ? 3 : 2),
                        PEEK_OBJECT(oparg == 3 ? 2 : 1),
                        oparg == 3 ? PEEK_OBJECT(1) : NULL);
    ERROR_IF(slice == NULL);
    if (oparg == 3) {
        step = POP();
    }
    Value stop = POP(), start = PEEK(1);
    PEEK(1) = value_from_new(slice);
    value_close(start);
    value_close(stop);
    value_xclose(step);
    NEXT();
}

OP(LIST_APPEND)
{
    PyListObject *list = (PyListObject *)PEEK_OBJECT(oparg + 1);
    Value item = POP();

    SAVE_IP();
    ERROR_IF(list_append_steal(list, value_take(item)) < 0);
    NEXT();
}

OP(SET_ADD)
{
    int status;

    SAVE_IP();
    status = PySet_Add(PEEK_OBJECT(oparg + 1), PEEK_OBJECT(1));
    ERROR_IF(status < 0);
    sp--;
    value_close(*sp);
    NEXT_CHECKED();
}

/* ... dict ... key value -- */
OP(MAP_ADD)
{
    int status;

    SAVE_IP();
    sp -= 2;
    status = dict_set_item_steal((PyDictObject *)PEEK_OBJECT(oparg),
                                 value_take(sp[0]), value_take(sp[1]));
    ERROR_IF(status < 0);
    NEXT_CHECKED();
}

#define UPDATE_CONTAINER(call) \
    do { \
        SAVE_IP(); \
        ERROR_IF((call) < 0); \
        sp--; \
        value_close(*sp); \
        NEXT_CHECKED(); \
    } while (0)

OP(LIST_EXTEND)
{
    UPDATE_CONTAINER(
        ops_list_extend(tstate, PEEK_OBJECT(oparg + 1), PEEK_OBJECT(1)));
}

OP(SET_UPDATE)
{
    UPDATE_CONTAINER(_PySet_Update(PEEK_OBJECT(oparg + 1), PEEK_OBJECT(1)));
}

OP(DICT_UPDATE)
{
    UPDATE_CONTAINER(
        ops_dict_update(tstate, PEEK_OBJECT(oparg + 1), PEEK_OBJECT(1)));
}

/* The callable lies two below the dict. */
OP(DICT_MERGE)
{
    UPDATE_CONTAINER(ops_dict_merge(tstate, PEEK_OBJECT(oparg + 3),
                                    PEEK_OBJECT(oparg + 1), PEEK_OBJECT(1)));
}

/* ---- unpacking ---- */

OP(UNPACK_SEQUENCE)
{
    Value sequence = POP();
    Value *top = sp + oparg;
    int status;

    SAVE_IP();
    status = ops_unpack_iterable(tstate, value_as_object(sequence), (int)oparg,
                                 -1, top);
    if (status == 0) {
        sp = top;
    }
    value_close(sequence);
    ERROR_IF(status < 0);
    ip += CACHE_UNITS(UnpackSequenceCache);
    NEXT_CHECKED();
}

OP(UNPACK_SEQUENCE_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_unpack_sequence(PEEK_OBJECT(1), ip, oparg);
        REDISPATCH();
    }
    GOTO_OP(UNPACK_SEQUENCE);
}

OP(UNPACK_SEQUENCE_TWO_TUPLE)
{
    Value sequence = PEEK(1);
    PyObject *tuple = value_as_object(sequence);

    MISS_IF(!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) != 2,
            UNPACK_SEQUENCE);
    SAVE_IP();
    PEEK(1) = value_from_borrowed(PyTuple_GET_ITEM(tuple, 1));
    PUSH(value_from_borrowed(PyTuple_GET_ITEM(tuple, 0)));
    value_close(sequence);
    ip += CACHE_UNITS(UnpackSequenceCache);
    NEXT();
}

#define UNPACK_ITEMS(check, size, items)                                      \
    do {                                                                      \
        Value sequence = PEEK(1);                                             \
        PyObject *object = value_as_object(sequence);                         \
        MISS_IF(!check(object) || size(object) != (Py_ssize_t)oparg,          \
                UNPACK_SEQUENCE);                                             \
        SAVE_IP();                                                            \
        sp--;                                                                 \
        for (Py_ssize_t i = (Py_ssize_t)oparg - 1; i >= 0; i--) {             \
            PUSH(value_from_borrowed((items)[i]));                            \
        }                                                                     \
        value_close(sequence);                                                \
        ip += CACHE_UNITS(UnpackSequenceCache);                               \
        NEXT();                                                               \
    } while (0)

OP(UNPACK_SEQUENCE_TUPLE)
{
    UNPACK_ITEMS(PyTuple_CheckExact, PyTuple_GET_SIZE,
                 ((PyTupleObject *)object)->ob_item);
}

OP(UNPACK_SEQUENCE_LIST)
{
    UNPACK_ITEMS(PyList_CheckExact, PyList_GET_SIZE,
                 ((PyListObject *)object)->ob_item);
}

OP(UNPACK_EX)
{
    int before = (int)(oparg & 0xFF), after = (int)(oparg >> 8);
    Value sequence = POP();
    Value *top = sp + before + after + 1;
    int status;

    SAVE_IP();
    status = ops_unpack_iterable(tstate, value_as_object(sequence), before,
                                 after, top);
    if (status == 0) {
        sp = top;
    }
    value_close(sequence);
    ERROR_IF(status < 0);
    NEXT_CHECKED();
}

/* ---- formatting, functions, imports ---- */

OP(FORMAT_VALUE)
{
    int has_spec = (oparg & FORMAT_HAS_SPEC) != 0;
    PyObject *text;

    SAVE_IP();
    text =
        ops_format_value(PEEK_OBJECT(1 + has_spec),
                         has_spec ? PEEK_OBJECT(1) : NULL, (int)(oparg & 3));
    ERROR_IF(text == NULL);
    if (has_spec) {
        sp--;
        value_close(*sp);
    }
    Value value = PEEK(1);
    PEEK(1) = value_from_new(text);
    value_close(value);
    NEXT_CHECKED();
}

/* [defaults] [kwdefaults] [annotations] [closure] code -- function */
OP(MAKE_FUNCTION)
{
    int extras = __builtin_popcount(oparg & 15);
    PyObject *function;

    SAVE_IP();
    value_own_all(sp - 1 - extras, extras);
    function =
        ops_make_function(frame, PEEK_OBJECT(1), oparg, sp - 1 - extras);
    ERROR_IF(function == NULL);
    sp--;
    value_close(*sp);
    sp -= extras;                     /* the function owns them now */
    PUSH_NEW(function);
    NEXT();
}

OP(PRINT_EXPR)
{
    int status;
    Value value = POP();

    SAVE_IP();
    status = ops_print_expr(tstate, value_as_object(value));
    value_close(value);
    ERROR_IF(status < 0);
    NEXT_CHECKED();
}

/* level fromlist -- module */
OP(IMPORT_NAME)
{
    PyObject *module;

    SAVE_IP();
    module = ops_import_name(tstate, frame, NAME_AT(oparg), PEEK_OBJECT(1),
                             PEEK_OBJECT(2));
    ERROR_IF(module == NULL);
    Value fromlist = POP(), level = PEEK(1);
    PEEK(1) = value_from_new(module);
    value_close(fromlist);
    value_close(level);
    NEXT_CHECKED();
}

OP(IMPORT_FROM)
{
    PyObject *object;

    SAVE_IP();
    object = import_from(tstate, PEEK_OBJECT(1), NAME_AT(oparg));
    ERROR_IF(object == NULL);
    PUSH_NEW(object);
    NEXT_CHECKED();
}

OP(IMPORT_STAR)
{
    Value module = POP();
    int status;

    SAVE_IP();
    status = ops_import_star(tstate, frame, value_as_object(module));
    value_close(module);
    ERROR_IF(status < 0);
    NEXT_CHECKED();
}

/* ---- pattern matching ---- */

OP(GET_LEN)
{
    Py_ssize_t len;
    PyObject *number;

    SAVE_IP();
    len = PyObject_Length(PEEK_OBJECT(1));
    ERROR_IF(len < 0);
    number = PyLong_FromSsize_t(len);
    ERROR_IF(number == NULL);
    PUSH_NEW(number);
    NEXT_CHECKED();
}

OP(MATCH_MAPPING)
{
    int matches =
        (Py_TYPE(PEEK_OBJECT(1))->tp_flags & Py_TPFLAGS_MAPPING) != 0;

    PUSH(value_borrow(matches ? Py_True : Py_False));
    NEXT();
}

OP(MATCH_SEQUENCE)
{
    int matches =
        (Py_TYPE(PEEK_OBJECT(1))->tp_flags & Py_TPFLAGS_SEQUENCE) != 0;

    PUSH(value_borrow(matches ? Py_True : Py_False));
    NEXT();
}

/* subject keys -- subject keys values (None: some are missing) */
OP(MATCH_KEYS)
{
    PyObject *values;

    SAVE_IP();
    values = ops_match_keys(tstate, PEEK_OBJECT(2), PEEK_OBJECT(1));
    ERROR_IF(values == NULL);
    PUSH_NEW(values);
    NEXT_CHECKED();
}

/* subject class names -- attributes (None: no match) */
OP(MATCH_CLASS)
{
    PyObject *attributes;

    SAVE_IP();
    attributes = ops_match_class(tstate, PEEK_OBJECT(3), PEEK_OBJECT(2), oparg,
                                 PEEK_OBJECT(1));
    ERROR_IF(attributes == NULL && _PyErr_Occurred(tstate));
    Value names = POP(), type = POP(), subject = PEEK(1);
    PEEK(1) = attributes != NULL ? value_from_new(attributes)
                                 : value_borrow(Py_None);
    value_close(names);
    value_close(type);
    value_close(subject);
    NEXT_CHECKED();
}

#undef UPDATE_CONTAINER
#undef UNPACK_ITEMS

#endif
