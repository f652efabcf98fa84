/* The opcodes, as the unpickler runs them (module pickletools).  Each
 * function returns 0, or -1 with an exception. */

#include "private.h"

#include <string.h>

/* ---- Numbers in the input ----------------------------------------------- */

static size_t
number_at(const char *data, int bytes)
{
    size_t number = 0;

    for (int i = bytes - 1; i >= 0; i--) {
        number = number << 8 | (unsigned char)data[i];
    }
    return number;
}

/* A size of so many bytes; -1 with an exception, `what` for the message. */
static Py_ssize_t
read_size(unpickler *self, int bytes, const char *what)
{
    char *data;

    if (input_read(self, &data, bytes) < 0) {
        return -1;
    }
    size_t size = number_at(data, bytes);
    if (size > PY_SSIZE_T_MAX) {
        PyErr_Format(PyExc_OverflowError,
                     "%s exceeds system's maximum size of %zd bytes", what,
                     PY_SSIZE_T_MAX);
        return -1;
    }
    return (Py_ssize_t)size;
}

/* A line without its end; its size, or -1. */
static Py_ssize_t
read_text(unpickler *self, char **line)
{
    Py_ssize_t size = input_read_line(self, line);

    if (size < 0) {
        return -1;
    }
    (*line)[--size] = '\0';
    return size;
}

/* ---- Constants ---------------------------------------------------------- */

static int
load_long_text(unpickler *self, char *line, Py_ssize_t size)
{
    if (size > 0 && line[size - 1] == 'L') {
        line[size - 1] = '\0';
    }
    return stack_push(self, PyLong_FromString(line, NULL, 0));
}

static int
load_int(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    if (size < 0) {
        return -1;
    }
    if (size == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1')) {
        return stack_push(self, PyBool_FromLong(line[1] == '1'));
    }
    return stack_push(self, PyLong_FromString(line, NULL, 0));
}

static int
load_long(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    return size < 0 ? -1 : load_long_text(self, line, size);
}

static int
load_binint(unpickler *self, int bytes)
{
    char *data;

    if (input_read(self, &data, bytes) < 0) {
        return -1;
    }
    long value = (long)number_at(data, bytes);
    if (bytes == 4) {
        value = (int)(unsigned int)value;
    }
    return stack_push(self, PyLong_FromLong(value));
}

static int
load_counted_long(unpickler *self, int bytes)
{
    char *data;

    if (input_read(self, &data, bytes) < 0) {
        return -1;
    }
    long size = (long)number_at(data, bytes);
    if (bytes == 4) {
        size = (int)(unsigned int)size;
    }
    if (size < 0) {
        PyErr_SetString(self->state->unpickling_error,
                        "LONG pickle has negative byte count");
        return -1;
    }
    if (size == 0) {
        return stack_push(self, PyLong_FromLong(0));
    }
    if (input_read(self, &data, size) < 0) {
        return -1;
    }
    return stack_push(self, _PyLong_FromByteArray((unsigned char *)data,
                                                  (size_t)size, 1, 1));
}

static int
load_float(unpickler *self)
{
    char *line, *end;
    Py_ssize_t size = read_text(self, &line);

    if (size < 0) {
        return -1;
    }
    double value = PyOS_string_to_double(line, &end, PyExc_OverflowError);
    if (value == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (*end != '\0') {
        PyErr_SetString(PyExc_ValueError, "could not convert string to "
                                          "float");
        return -1;
    }
    return stack_push(self, PyFloat_FromDouble(value));
}

static int
load_binfloat(unpickler *self)
{
    char *data;

    if (input_read(self, &data, 8) < 0) {
        return -1;
    }
    double value = PyFloat_Unpack8(data, 0);
    if (value == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    return stack_push(self, PyFloat_FromDouble(value));
}

/* ---- Strings ------------------------------------------------------------ */

/* What Python 2 called str: bytes, or text in the given encoding. */
static PyObject *
decode_old_string(unpickler *self, const char *data, Py_ssize_t size)
{
    return strcmp(self->encoding, "bytes") == 0
               ? PyBytes_FromStringAndSize(data, size)
               : PyUnicode_Decode(data, size, self->encoding,
                                  unpickler_errors(self));
}

static int
load_string(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    if (size < 0) {
        return -1;
    }
    if (size < 2 || line[0] != line[size - 1] ||
        (line[0] != '"' && line[0] != '\'')) {
        PyErr_SetString(self->state->unpickling_error,
                        "the STRING opcode argument must be quoted");
        return -1;
    }
    PyObject *bytes = PyBytes_DecodeEscape(line + 1, size - 2, NULL, 0, NULL);
    if (bytes == NULL) {
        return -1;
    }
    PyObject *object = decode_old_string(self, PyBytes_AS_STRING(bytes),
                                         PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return stack_push(self, object);
}

static int
load_binstring(unpickler *self, int bytes)
{
    char *data;
    Py_ssize_t size = read_size(self, bytes, "BINSTRING");

    if (size < 0) {
        return -1;
    }
    if (bytes == 4 && size > 0x7FFFFFFF) {
        PyErr_SetString(self->state->unpickling_error,
                        "BINSTRING pickle has negative byte count");
        return -1;
    }
    if (input_read(self, &data, size) < 0) {
        return -1;
    }
    return stack_push(self, decode_old_string(self, data, size));
}

static int
load_binbytes(unpickler *self, int width)
{
    Py_ssize_t size = read_size(self, width, "BINBYTES");

    if (size < 0) {
        return -1;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return -1;
    }
    if (input_read_into(self, bytes, PyBytes_AS_STRING(bytes), size) < 0) {
        Py_DECREF(bytes);
        return -1;
    }
    return stack_push(self, bytes);
}

static int
load_bytearray(unpickler *self)
{
    Py_ssize_t size = read_size(self, 8, "BYTEARRAY8");

    if (size < 0) {
        return -1;
    }
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return -1;
    }
    if (input_read_into(self, bytes, PyByteArray_AS_STRING(bytes), size) < 0) {
        Py_DECREF(bytes);
        return -1;
    }
    return stack_push(self, bytes);
}

static int
load_unicode(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    return size < 0 ? -1 : stack_push(self, PyUnicode_DecodeRawUnicodeEscape(
                                                line, size, NULL));
}

static int
load_binunicode(unpickler *self, int width)
{
    char *data;
    Py_ssize_t size = read_size(self, width, "BINUNICODE");

    if (size < 0 || input_read(self, &data, size) < 0) {
        return -1;
    }
    return stack_push(self, PyUnicode_DecodeUTF8(data, size,
                                                 "surrogatepass"));
}

/* ---- Containers --------------------------------------------------------- */

static int
load_tuple_of(unpickler *self, Py_ssize_t count)
{
    if (self->stack_size < count) {
        return stack_underflow(self);
    }
    return stack_push(self, stack_pop_tuple(self, self->stack_size - count));
}

static int
load_tuple(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    return mark < 0 ? -1 : stack_push(self, stack_pop_tuple(self, mark));
}

static int
load_list(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    return mark < 0 ? -1 : stack_push(self, stack_pop_list(self, mark));
}

static int
load_dict(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    if (mark < 0) {
        return -1;
    }
    if ((self->stack_size - mark) % 2 != 0) {
        PyErr_SetString(self->state->unpickling_error,
                        "odd number of items for DICT");
        return -1;
    }
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return -1;
    }
    for (Py_ssize_t i = mark; i < self->stack_size; i += 2) {
        if (PyDict_SetItem(dict, self->stack[i], self->stack[i + 1]) < 0) {
            Py_DECREF(dict);
            return -1;
        }
    }
    stack_clear_to(self, mark);
    return stack_push(self, dict);
}

static int
load_frozenset(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    if (mark < 0) {
        return -1;
    }
    PyObject *items = stack_pop_tuple(self, mark);
    if (items == NULL) {
        return -1;
    }
    PyObject *set = PyFrozenSet_New(items);
    Py_DECREF(items);
    return stack_push(self, set);
}

/* The object that the items from `start` on are for, borrowed. */
static PyObject *
below(unpickler *self, Py_ssize_t start)
{
    if (start > self->stack_size || start <= self->fence) {
        stack_underflow(self);
        return NULL;
    }
    return self->stack[start - 1];
}

/* Through extend(), or append() where there is none. */
static int
append_by_method(unpickler *self, PyObject *object, Py_ssize_t start)
{
    PyObject *extend = PyObject_GetAttrString(object, "extend");

    if (extend != NULL) {
        PyObject *items = stack_pop_list(self, start);
        PyObject *result = items == NULL
            ? NULL : PyObject_CallOneArg(extend, items);
        Py_XDECREF(items);
        Py_DECREF(extend);
        Py_XDECREF(result);
        return result == NULL ? -1 : 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    PyObject *append = PyObject_GetAttrString(object, "append");
    if (append == NULL) {
        return -1;
    }
    int status = 0;
    for (Py_ssize_t i = start; status == 0 && i < self->stack_size; i++) {
        PyObject *result = PyObject_CallOneArg(append, self->stack[i]);
        status = result == NULL ? -1 : 0;
        Py_XDECREF(result);
    }
    Py_DECREF(append);
    stack_clear_to(self, start);
    return status;
}

static int
append_items(unpickler *self, Py_ssize_t start)
{
    PyObject *object = below(self, start);

    if (object == NULL) {
        return -1;
    }
    if (start == self->stack_size) {
        return 0;
    }
    if (!PyList_CheckExact(object)) {
        return append_by_method(self, object, start);
    }
    PyObject *items = stack_pop_list(self, start);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t size = PyList_GET_SIZE(object);
    int status = PyList_SetSlice(object, size, size, items);
    Py_DECREF(items);
    return status;
}

static int
load_append(unpickler *self)
{
    if (self->stack_size - 1 <= self->fence) {
        return stack_underflow(self);
    }
    return append_items(self, self->stack_size - 1);
}

static int
load_appends(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    return mark < 0 ? -1 : append_items(self, mark);
}

static int
set_items(unpickler *self, Py_ssize_t start)
{
    PyObject *dict = below(self, start);
    int status = 0;

    if (dict == NULL) {
        return -1;
    }
    if (start == self->stack_size) {
        return 0;
    }
    if ((self->stack_size - start) % 2 != 0) {
        PyErr_SetString(self->state->unpickling_error,
                        "odd number of items for SETITEMS");
        return -1;
    }
    for (Py_ssize_t i = start; status == 0 && i < self->stack_size; i += 2) {
        status = PyDict_CheckExact(dict)
            ? PyDict_SetItem(dict, self->stack[i], self->stack[i + 1])
            : PyObject_SetItem(dict, self->stack[i], self->stack[i + 1]);
    }
    stack_clear_to(self, start);
    return status;
}

static int
load_setitem(unpickler *self)
{
    return set_items(self, self->stack_size - 2);
}

static int
load_setitems(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    return mark < 0 ? -1 : set_items(self, mark);
}

static int
load_additems(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);
    int status = 0;

    if (mark < 0) {
        return -1;
    }
    PyObject *set = below(self, mark);
    if (set == NULL || mark == self->stack_size) {
        return set == NULL ? -1 : 0;
    }
    if (PySet_Check(set)) {
        PyObject *items = stack_pop_tuple(self, mark);
        if (items == NULL) {
            return -1;
        }
        status = _PySet_Update(set, items);
        Py_DECREF(items);
        return status;
    }
    PyObject *add = PyObject_GetAttrString(set, "add");
    if (add == NULL) {
        return -1;
    }
    for (Py_ssize_t i = mark; status == 0 && i < self->stack_size; i++) {
        PyObject *result = PyObject_CallOneArg(add, self->stack[i]);
        status = result == NULL ? -1 : 0;
        Py_XDECREF(result);
    }
    Py_DECREF(add);
    stack_clear_to(self, mark);
    return status;
}

/* ---- Globals ------------------------------------------------------------ */

/* A line as str.  New. */
static PyObject *
read_name(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    if (size < 0) {
        return NULL;
    }
    if (size < 1) {
        PyErr_SetString(self->state->unpickling_error,
                        "pickle data was truncated");
        return NULL;
    }
    return PyUnicode_DecodeUTF8(line, size, "strict");
}

static PyObject *
read_class(unpickler *self)
{
    PyObject *module = read_name(self), *name = NULL, *result = NULL;

    if (module != NULL) {
        name = read_name(self);
    }
    if (name != NULL) {
        result = unpickler_find_class(self, module, name);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return result;
}

static int
load_stack_global(unpickler *self)
{
    PyObject *name = stack_pop(self), *module = NULL;
    int status = -1;

    if (name != NULL) {
        module = stack_pop(self);
    }
    if (module != NULL) {
        if (PyUnicode_CheckExact(name) && PyUnicode_CheckExact(module)) {
            status = stack_push(self, unpickler_find_class(self, module,
                                                           name));
        }
        else {
            PyErr_SetString(self->state->unpickling_error,
                            "STACK_GLOBAL requires str");
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(module);
    return status;
}

/* The object of an extension code: by the cache, or by its names. */
static PyObject *
find_extension(unpickler *self, PyObject *code)
{
    pickle_state *state = self->state;
    PyObject *object = PyDict_GetItemWithError(state->extension_cache, code);

    if (object != NULL || PyErr_Occurred()) {
        return Py_XNewRef(object);
    }
    PyObject *pair = PyDict_GetItemWithError(state->inverted_registry, code);
    if (pair == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "unregistered extension code %S",
                         code);
        }
        return NULL;
    }
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2 ||
        !PyUnicode_Check(PyTuple_GET_ITEM(pair, 0)) ||
        !PyUnicode_Check(PyTuple_GET_ITEM(pair, 1))) {
        PyErr_Format(PyExc_ValueError,
                     "_inverted_registry[%S] isn't a 2-tuple of strings",
                     code);
        return NULL;
    }
    Py_INCREF(pair);                      /* the registry may change */
    object = unpickler_find_class(self, PyTuple_GET_ITEM(pair, 0),
                                  PyTuple_GET_ITEM(pair, 1));
    Py_DECREF(pair);
    if (object != NULL &&
        PyDict_SetItem(state->extension_cache, code, object) < 0) {
        Py_CLEAR(object);
    }
    return object;
}

static int
load_extension(unpickler *self, int bytes)
{
    char *data;

    if (input_read(self, &data, bytes) < 0) {
        return -1;
    }
    long number = (long)number_at(data, bytes);
    if (bytes == 4) {
        number = (int)(unsigned int)number;
    }
    if (number <= 0) {
        PyErr_SetString(self->state->unpickling_error,
                        "EXT specifies code <= 0");
        return -1;
    }
    PyObject *code = PyLong_FromLong(number);
    if (code == NULL) {
        return -1;
    }
    PyObject *object = find_extension(self, code);
    Py_DECREF(code);
    return stack_push(self, object);
}

/* ---- Objects ------------------------------------------------------------ */

/* cls(*args) of old classes; without arguments perhaps cls.__new__(cls). */
static PyObject *
instantiate(PyObject *cls, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) == 0 && PyType_Check(cls)) {
        PyObject *name = PyUnicode_InternFromString("__getinitargs__");
        PyObject *function;
        if (name == NULL) {
            return NULL;
        }
        int found = _PyObject_LookupAttr(cls, name, &function);
        Py_DECREF(name);
        if (found < 0) {
            return NULL;
        }
        if (found == 0) {
            return PyObject_CallMethod(cls, "__new__", "O", cls);
        }
        Py_DECREF(function);
    }
    return PyObject_CallObject(cls, args);
}

static int
load_obj(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    if (mark < 0) {
        return -1;
    }
    if (self->stack_size - mark < 1) {
        return stack_underflow(self);
    }
    PyObject *args = stack_pop_tuple(self, mark + 1);
    if (args == NULL) {
        return -1;
    }
    PyObject *object = NULL, *cls = stack_pop(self);
    if (cls != NULL) {
        object = instantiate(cls, args);
        Py_DECREF(cls);
    }
    Py_DECREF(args);
    return stack_push(self, object);
}

static int
load_inst(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);
    PyObject *object = NULL;

    if (mark < 0) {
        return -1;
    }
    PyObject *cls = read_class(self);
    if (cls == NULL) {
        return -1;
    }
    PyObject *args = stack_pop_tuple(self, mark);
    if (args != NULL) {
        object = instantiate(cls, args);
        Py_DECREF(args);
    }
    Py_DECREF(cls);
    return stack_push(self, object);
}

static int
fail_newobj(unpickler *self, const char *op, const char *what,
            PyObject *object)
{
    PyErr_Format(self->state->unpickling_error, "%s %s, not %.200s", op, what,
                 Py_TYPE(object)->tp_name);
    return -1;
}

static int
load_newobj(unpickler *self, int with_keywords)
{
    const char *op = with_keywords ? "NEWOBJ_EX" : "NEWOBJ";
    PyObject *kwargs = NULL, *args = NULL, *cls = NULL;
    int status = -1;

    if (with_keywords) {
        kwargs = stack_pop(self);
        if (kwargs == NULL) {
            return -1;
        }
    }
    args = stack_pop(self);
    cls = args == NULL ? NULL : stack_pop(self);
    if (cls == NULL) {
        goto done;
    }
    if (!PyType_Check(cls)) {
        fail_newobj(self, op, "class argument must be a type", cls);
        goto done;
    }
    if (((PyTypeObject *)cls)->tp_new == NULL) {
        PyErr_Format(self->state->unpickling_error,
                     "%s class argument '%.200s' doesn't have __new__", op,
                     ((PyTypeObject *)cls)->tp_name);
        goto done;
    }
    if (!PyTuple_Check(args)) {
        fail_newobj(self, op, "args argument must be a tuple", args);
        goto done;
    }
    if (kwargs != NULL && !PyDict_Check(kwargs)) {
        fail_newobj(self, op, "kwargs argument must be a dict", kwargs);
        goto done;
    }
    status = stack_push(self, ((PyTypeObject *)cls)->tp_new(
                                  (PyTypeObject *)cls, args, kwargs));
done:
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(cls);
    return status;
}

static int
load_reduce(unpickler *self)
{
    PyObject *args = stack_pop(self), *callable = NULL, *object = NULL;

    if (args == NULL) {
        return -1;
    }
    callable = stack_pop(self);
    if (callable != NULL) {
        object = PyObject_CallObject(callable, args);
        Py_DECREF(callable);
    }
    Py_DECREF(args);
    return stack_push(self, object);
}

/* Updates the instance's dict; names are interned. */
static int
update_dict(PyObject *object, PyObject *state)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    PyObject *dict = PyObject_GetAttr(object, NAME(__dict__));
    int status = 0;

    if (dict == NULL) {
        return -1;
    }
    while (status == 0 && PyDict_Next(state, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        if (PyUnicode_CheckExact(key)) {
            PyUnicode_InternInPlace(&key);
        }
        status = PyDict_CheckExact(dict) ? PyDict_SetItem(dict, key, value)
                                         : PyObject_SetItem(dict, key, value);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    Py_DECREF(dict);
    return status;
}

static int
set_slots(PyObject *object, PyObject *slots)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    int status = 0;

    while (status == 0 && PyDict_Next(slots, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        status = PyObject_SetAttr(object, key, value);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return status;
}

/* A state without __setstate__: a dict, or a pair of dict and slots. */
static int
apply_state(unpickler *self, PyObject *object, PyObject *state)
{
    PyObject *slots = Py_None, *error = self->state->unpickling_error;

    if (PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2) {
        slots = PyTuple_GET_ITEM(state, 1);
        state = PyTuple_GET_ITEM(state, 0);
    }
    if (state != Py_None) {
        if (!PyDict_Check(state)) {
            PyErr_SetString(error, "state is not a dictionary");
            return -1;
        }
        if (update_dict(object, state) < 0) {
            return -1;
        }
    }
    if (slots == Py_None) {
        return 0;
    }
    if (!PyDict_Check(slots)) {
        PyErr_SetString(error, "slot state is not a dictionary");
        return -1;
    }
    return set_slots(object, slots);
}

static int
load_build(unpickler *self)
{
    PyObject *set_state;

    if (self->stack_size - 2 < self->fence) {
        return stack_underflow(self);
    }
    PyObject *state = stack_pop(self);
    PyObject *object = self->stack[self->stack_size - 1];
    int status = _PyObject_LookupAttr(object, NAME(__setstate__),
                                      &set_state);
    if (status > 0) {
        PyObject *result = PyObject_CallOneArg(set_state, state);
        Py_DECREF(set_state);
        Py_XDECREF(result);
        status = result == NULL ? -1 : 0;
    }
    else if (status == 0) {
        status = apply_state(self, object, state);
    }
    Py_DECREF(state);
    return status;
}

/* ---- Stack and memo ----------------------------------------------------- */

static int
load_pop(unpickler *self)
{
    /* A mark on top of everything is popped like an object. */
    if (self->mark_count > 0 &&
        self->marks[self->mark_count - 1] == self->stack_size) {
        return stack_marker(self) < 0 ? -1 : 0;
    }
    if (self->stack_size <= self->fence) {
        return stack_underflow(self);
    }
    stack_clear_to(self, self->stack_size - 1);
    return 0;
}

static int
load_pop_mark(unpickler *self)
{
    Py_ssize_t mark = stack_marker(self);

    if (mark < 0) {
        return -1;
    }
    stack_clear_to(self, mark);
    return 0;
}

static int
load_dup(unpickler *self)
{
    if (self->stack_size <= self->fence) {
        return stack_underflow(self);
    }
    return stack_push(self, Py_NewRef(self->stack[self->stack_size - 1]));
}

static int
push_from_memo(unpickler *self, size_t index)
{
    PyObject *object = memo_item(self, index);

    if (object == NULL) {
        PyErr_Format(self->state->unpickling_error,
                     "Memo value not found at index %zd", (Py_ssize_t)index);
        return -1;
    }
    return stack_push(self, Py_NewRef(object));
}

/* A line with a memo index; -1 with an exception. */
static Py_ssize_t
read_index(unpickler *self)
{
    char *line;

    if (read_text(self, &line) < 0) {
        return -1;
    }
    PyObject *number = PyLong_FromString(line, NULL, 10);
    if (number == NULL) {
        return -1;
    }
    Py_ssize_t index = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    if (index < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "negative PUT argument");
        return -1;
    }
    return index;
}

static int
load_get(unpickler *self, int bytes)
{
    char *data;

    if (bytes == 0) {
        Py_ssize_t index = read_index(self);
        if (index < 0) {
            return -1;
        }
        return push_from_memo(self, (size_t)index);
    }
    return input_read(self, &data, bytes) < 0
               ? -1 : push_from_memo(self, number_at(data, bytes));
}

static int
store_in_memo(unpickler *self, size_t index)
{
    if (self->stack_size <= self->fence) {
        return stack_underflow(self);
    }
    return memo_put(self, index, self->stack[self->stack_size - 1]);
}

static int
load_put(unpickler *self, int bytes)
{
    char *data;

    if (bytes == 0) {
        Py_ssize_t index = read_index(self);
        if (index < 0) {
            return -1;
        }
        return store_in_memo(self, (size_t)index);
    }
    return input_read(self, &data, bytes) < 0
               ? -1 : store_in_memo(self, number_at(data, bytes));
}

/* ---- Others ------------------------------------------------------------- */

static int
push_persistent(unpickler *self, PyObject *id)
{
    if (id == NULL) {
        return -1;
    }
    if (self->persistent_load == NULL) {
        PyErr_SetString(self->state->unpickling_error,
                        "A load persistent id instruction was encountered, "
                        "but no persistent_load function was specified.");
        Py_DECREF(id);
        return -1;
    }
    PyObject *load = Py_NewRef(self->persistent_load);   /* may be set anew */
    PyObject *object = PyObject_CallOneArg(load, id);
    Py_DECREF(load);
    Py_DECREF(id);
    return stack_push(self, object);
}

static int
load_persid(unpickler *self)
{
    char *line;
    Py_ssize_t size = read_text(self, &line);

    if (size < 0) {
        return -1;
    }
    PyObject *id = PyUnicode_DecodeASCII(line, size, "strict");
    if (id == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_SetString(self->state->unpickling_error,
                        "persistent IDs in protocol 0 must be ASCII strings");
    }
    return push_persistent(self, id);
}

static int
load_proto(unpickler *self)
{
    char *data;

    if (input_read(self, &data, 1) < 0) {
        return -1;
    }
    int protocol = (unsigned char)data[0];
    if (protocol > HIGHEST_PROTOCOL) {
        PyErr_Format(PyExc_ValueError, "unsupported pickle protocol: %d",
                     protocol);
        return -1;
    }
    self->protocol = protocol;
    return 0;
}

/* The frame is read as a whole, so that its parts are there. */
static int
load_frame(unpickler *self)
{
    char *data;
    Py_ssize_t size = read_size(self, 8, "FRAME");

    if (size < 0 || input_read(self, &data, size) < 0) {
        return -1;
    }
    self->next -= size;
    return 0;
}

static int
load_next_buffer(unpickler *self)
{
    if (self->buffers == NULL) {
        PyErr_SetString(self->state->unpickling_error,
                        "pickle stream refers to out-of-band data but no "
                        "*buffers* argument was given");
        return -1;
    }
    PyObject *buffer = PyIter_Next(self->buffers);
    if (buffer == NULL && !PyErr_Occurred()) {
        PyErr_SetString(self->state->unpickling_error,
                        "not enough out-of-band buffers");
    }
    return stack_push(self, buffer);
}

static int
load_readonly_buffer(unpickler *self)
{
    if (self->stack_size <= self->fence) {
        return stack_underflow(self);
    }
    PyObject **top = &self->stack[self->stack_size - 1];
    PyObject *view = PyMemoryView_FromObject(*top);
    if (view == NULL) {
        return -1;
    }
    if (PyMemoryView_GET_BUFFER(view)->readonly) {
        Py_DECREF(view);
        return 0;
    }
    PyObject *readonly = PyObject_CallMethod(view, "toreadonly", NULL);
    Py_DECREF(view);
    if (readonly == NULL) {
        return -1;
    }
    Py_SETREF(self->stack[self->stack_size - 1], readonly);
    return 0;
}

static int
fail_opcode(unpickler *self, int op)
{
    if (op >= 0x20 && op <= 0x7E && op != '\'' && op != '\\') {
        PyErr_Format(self->state->unpickling_error,
                     "invalid load key, '%c'.", op);
    }
    else {
        PyErr_Format(self->state->unpickling_error,
                     "invalid load key, '\\x%02x'.", op);
    }
    return -1;
}

/* ---- The loop ----------------------------------------------------------- */

static int
run_opcode(unpickler *self, int op)
{
    switch (op) {
    case OP_NONE: return stack_push(self, Py_NewRef(Py_None));
    case OP_NEWTRUE: return stack_push(self, Py_NewRef(Py_True));
    case OP_NEWFALSE: return stack_push(self, Py_NewRef(Py_False));
    case OP_BININT: return load_binint(self, 4);
    case OP_BININT1: return load_binint(self, 1);
    case OP_BININT2: return load_binint(self, 2);
    case OP_INT: return load_int(self);
    case OP_LONG: return load_long(self);
    case OP_LONG1: return load_counted_long(self, 1);
    case OP_LONG4: return load_counted_long(self, 4);
    case OP_FLOAT: return load_float(self);
    case OP_BINFLOAT: return load_binfloat(self);
    case OP_SHORT_BINBYTES: return load_binbytes(self, 1);
    case OP_BINBYTES: return load_binbytes(self, 4);
    case OP_BINBYTES8: return load_binbytes(self, 8);
    case OP_BYTEARRAY8: return load_bytearray(self);
    case OP_NEXT_BUFFER: return load_next_buffer(self);
    case OP_READONLY_BUFFER: return load_readonly_buffer(self);
    case OP_SHORT_BINSTRING: return load_binstring(self, 1);
    case OP_BINSTRING: return load_binstring(self, 4);
    case OP_STRING: return load_string(self);
    case OP_UNICODE: return load_unicode(self);
    case OP_SHORT_BINUNICODE: return load_binunicode(self, 1);
    case OP_BINUNICODE: return load_binunicode(self, 4);
    case OP_BINUNICODE8: return load_binunicode(self, 8);
    case OP_EMPTY_TUPLE: return load_tuple_of(self, 0);
    case OP_TUPLE1: return load_tuple_of(self, 1);
    case OP_TUPLE2: return load_tuple_of(self, 2);
    case OP_TUPLE3: return load_tuple_of(self, 3);
    case OP_TUPLE: return load_tuple(self);
    case OP_EMPTY_LIST: return stack_push(self, PyList_New(0));
    case OP_LIST: return load_list(self);
    case OP_EMPTY_DICT: return stack_push(self, PyDict_New());
    case OP_DICT: return load_dict(self);
    case OP_EMPTY_SET: return stack_push(self, PySet_New(NULL));
    case OP_ADDITEMS: return load_additems(self);
    case OP_FROZENSET: return load_frozenset(self);
    case OP_OBJ: return load_obj(self);
    case OP_INST: return load_inst(self);
    case OP_NEWOBJ: return load_newobj(self, 0);
    case OP_NEWOBJ_EX: return load_newobj(self, 1);
    case OP_GLOBAL: return stack_push(self, read_class(self));
    case OP_STACK_GLOBAL: return load_stack_global(self);
    case OP_APPEND: return load_append(self);
    case OP_APPENDS: return load_appends(self);
    case OP_BUILD: return load_build(self);
    case OP_DUP: return load_dup(self);
    case OP_BINGET: return load_get(self, 1);
    case OP_LONG_BINGET: return load_get(self, 4);
    case OP_GET: return load_get(self, 0);
    case OP_MARK: return stack_mark(self);
    case OP_BINPUT: return load_put(self, 1);
    case OP_LONG_BINPUT: return load_put(self, 4);
    case OP_PUT: return load_put(self, 0);
    case OP_MEMOIZE: return store_in_memo(self, self->memo_used);
    case OP_POP: return load_pop(self);
    case OP_POP_MARK: return load_pop_mark(self);
    case OP_SETITEM: return load_setitem(self);
    case OP_SETITEMS: return load_setitems(self);
    case OP_PERSID: return load_persid(self);
    case OP_BINPERSID: return push_persistent(self, stack_pop(self));
    case OP_REDUCE: return load_reduce(self);
    case OP_PROTO: return load_proto(self);
    case OP_FRAME: return load_frame(self);
    case OP_EXT1: return load_extension(self, 1);
    case OP_EXT2: return load_extension(self, 2);
    case OP_EXT4: return load_extension(self, 4);
    default: return fail_opcode(self, op);
    }
}

static PyObject *
run_opcodes(unpickler *self)
{
    char *data;

    for (;;) {
        if (input_read(self, &data, 1) < 0) {
            if (PyErr_ExceptionMatches(self->state->unpickling_error)) {
                PyErr_Format(PyExc_EOFError, "Ran out of input");
            }
            return NULL;
        }
        int op = (unsigned char)*data;
        if (op == OP_STOP) {
            break;
        }
        if (run_opcode(self, op) < 0) {
            return NULL;
        }
    }
    if (self->read != NULL && input_skip_consumed(self) < 0) {
        return NULL;
    }
    return stack_pop(self);
}

PyObject *
unpickler_run(unpickler *self)
{
    if (raise_if_running((PyObject *)self, self->running) < 0) {
        return NULL;
    }
    self->running = 1;
    self->mark_count = 0;
    self->fence = 0;
    self->protocol = 0;
    stack_clear_to(self, 0);
    PyObject *result = run_opcodes(self);
    self->running = 0;
    return result;
}
