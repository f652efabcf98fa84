/* Objects of the built-in types. */

#include "private.h"
#include "names.h"

#include <string.h>

static void
store_number(char *target, size_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        target[i] = (char)(unsigned char)(number >> (8 * i));
    }
}

/* ---- Atoms -------------------------------------------------------------- */

static int
save_bool(pickler *self, PyObject *object)
{
    int truth = object == Py_True;

    if (self->protocol >= 2) {
        return output_op(self, truth ? OP_NEWTRUE : OP_NEWFALSE);
    }
    return output_write(self, truth ? "I01\n" : "I00\n", 4);
}

/* An int of up to four bytes. */
static int
save_small_int(pickler *self, long value)
{
    char data[32];
    Py_ssize_t size;

    if (!self->bin) {
        size = PyOS_snprintf(data, sizeof(data), "%c%ld\n", OP_INT, value);
        return output_write(self, data, size);
    }
    store_number(data + 1, (size_t)value, 4);
    if (value >= 0 && value <= 0xFF) {
        data[0] = OP_BININT1;
        size = 2;
    }
    else if (value >= 0 && value <= 0xFFFF) {
        data[0] = OP_BININT2;
        size = 3;
    }
    else {
        data[0] = OP_BININT;
        size = 5;
    }
    return output_write(self, data, size);
}

/* An int in as many bytes as it takes. */
static int
save_binary_long(pickler *self, PyObject *object)
{
    size_t bits = _PyLong_NumBits(object);

    if (bits == (size_t)-1 && PyErr_Occurred()) {
        return -1;
    }
    size_t size = (bits >> 3) + 1;
    if (size > 0x7FFFFFFFu) {
        PyErr_SetString(PyExc_OverflowError, "int too large to pickle");
        return -1;
    }
    unsigned char *data = PyMem_Malloc(size + 5);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int result = -1;
    unsigned char *number = data + 5;
    if (_PyLong_AsByteArray((PyLongObject *)object, number, size, 1, 1) < 0) {
        goto done;
    }
    /* -128, -32768, ... need no byte for the sign. */
    if (_PyLong_Sign(object) < 0 && size > 1 && number[size - 1] == 0xFF &&
        (number[size - 2] & 0x80)) {
        size--;
    }
    char header[5];
    if (size < 256) {
        header[0] = (char)OP_LONG1;
        store_number(header + 1, size, 1);
        result = output_write(self, header, 2);
    }
    else {
        header[0] = (char)OP_LONG4;
        store_number(header + 1, size, 4);
        result = output_write(self, header, 5);
    }
    if (result == 0) {
        result = output_write(self, number, (Py_ssize_t)size);
    }
done:
    PyMem_Free(data);
    return result;
}

static int
save_text_long(pickler *self, PyObject *object)
{
    PyObject *text = PyLong_Type.tp_repr(object);

    if (text == NULL) {
        return -1;
    }
    Py_ssize_t size;
    const char *digits = PyUnicode_AsUTF8AndSize(text, &size);
    int status = digits == NULL || output_op(self, OP_LONG) < 0 ||
                         output_write(self, digits, size) < 0
                     ? -1 : output_write(self, "L\n", 2);
    Py_DECREF(text);
    return status;
}

static int
save_long(pickler *self, PyObject *object)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(object, &overflow);

    if (!overflow && value <= 0x7FFFFFFFL && value >= -0x7FFFFFFFL - 1) {
        return save_small_int(self, value);
    }
    return self->protocol >= 2 ? save_binary_long(self, object)
                               : save_text_long(self, object);
}

static int
save_float(pickler *self, PyObject *object)
{
    double value = PyFloat_AS_DOUBLE(object);

    if (self->bin) {
        char data[9];
        data[0] = OP_BINFLOAT;
        return PyFloat_Pack8(value, data + 1, 0) < 0
                   ? -1 : output_write(self, data, 9);
    }
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0,
                                       NULL);
    if (text == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int status = output_op(self, OP_FLOAT) < 0 ||
                         output_write(self, text,
                                      (Py_ssize_t)strlen(text)) < 0
                     ? -1 : output_write(self, "\n", 1);
    PyMem_Free(text);
    return status;
}

/* ---- Bytes -------------------------------------------------------------- */

/* Reduces `object` to a call of `callable`; the format (Py_BuildValue) makes
 * the tuple. */
static int
save_as_call(pickler *self, PyObject *object, PyObject *reduced)
{
    if (reduced == NULL) {
        return -1;
    }
    int status = save_reduce(self, reduced, object);
    Py_DECREF(reduced);
    return status;
}

static int
save_old_bytes(pickler *self, PyObject *object)
{
    if (PyBytes_GET_SIZE(object) == 0) {
        return save_as_call(self, object,
                            Py_BuildValue("(O())", &PyBytes_Type));
    }
    /* Python 2 understands codecs.encode(text, "latin1"). */
    PyObject *text = PyUnicode_DecodeLatin1(
        PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), "strict");
    if (text == NULL) {
        return -1;
    }
    return save_as_call(self, object,
                        Py_BuildValue("(O(NO))", self->state->codecs_encode,
                                      text, NAME(latin1)));
}

/* Header with one of three widths of the size; `ops` has 0 for none. */
static Py_ssize_t
sized_header(char *header, size_t size, int op1, int op4, int op8)
{
    if (op1 && size <= 0xFF) {
        header[0] = (char)op1;
        store_number(header + 1, size, 1);
        return 2;
    }
    if (op4 && size <= 0xFFFFFFFFu) {
        header[0] = (char)op4;
        store_number(header + 1, size, 4);
        return 5;
    }
    if (op8) {
        header[0] = (char)op8;
        store_number(header + 1, size, 8);
        return 9;
    }
    return -1;
}

static int
save_bytes_data(pickler *self, PyObject *object, const char *data,
                Py_ssize_t size)
{
    char header[9];
    Py_ssize_t header_size = sized_header(
        header, (size_t)size, OP_SHORT_BINBYTES, OP_BINBYTES,
        self->protocol >= 4 ? OP_BINBYTES8 : 0);

    if (header_size < 0) {
        PyErr_SetString(PyExc_OverflowError,
                        "serializing a bytes object larger than 4 GiB "
                        "requires pickle protocol 4 or higher");
        return -1;
    }
    if (output_data(self, header, header_size, data, size, object) < 0) {
        return -1;
    }
    return output_memo_put(self, object);
}

static int
save_bytes(pickler *self, PyObject *object)
{
    if (self->protocol < 3) {
        return save_old_bytes(self, object);
    }
    return save_bytes_data(self, object, PyBytes_AS_STRING(object),
                           PyBytes_GET_SIZE(object));
}

static int
save_bytearray_data(pickler *self, PyObject *object, const char *data,
                    Py_ssize_t size)
{
    char header[9];
    Py_ssize_t header_size = sized_header(header, (size_t)size, 0, 0,
                                          OP_BYTEARRAY8);

    if (output_data(self, header, header_size, data, size, object) < 0) {
        return -1;
    }
    return output_memo_put(self, object);
}

static int
save_bytearray(pickler *self, PyObject *object)
{
    if (self->protocol >= 5) {
        Py_buffer view;                   /* no resizing meanwhile */
        if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        int status = save_bytearray_data(self, object, view.buf, view.len);
        PyBuffer_Release(&view);
        return status;
    }
    if (PyByteArray_GET_SIZE(object) == 0) {
        return save_as_call(self, object,
                            Py_BuildValue("(O())", &PyByteArray_Type));
    }
    PyObject *bytes = PyBytes_FromObject(object);
    if (bytes == NULL) {
        return -1;
    }
    return save_as_call(self, object,
                        Py_BuildValue("(O(N))", &PyByteArray_Type, bytes));
}

/* PEP 574: 1 if the data go into the pickle, 0 if elsewhere, -1. */
static int
wants_in_band(pickler *self, PyObject *object)
{
    if (self->buffer_callback == NULL) {
        return 1;
    }
    PyObject *answer = PyObject_CallOneArg(self->buffer_callback, object);
    if (answer == NULL) {
        return -1;
    }
    int in_band = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return in_band;
}

/* The callback and the file may release the PickleBuffer: its data are held by
 * a view of our own. */
static int
save_in_band(pickler *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    int status = view.readonly
        ? save_bytes_data(self, object, view.buf, view.len)
        : save_bytearray_data(self, object, view.buf, view.len);
    PyBuffer_Release(&view);
    return status;
}

static int
save_picklebuffer(pickler *self, PyObject *object)
{
    if (self->protocol < 5) {
        PyErr_SetString(self->state->pickling_error,
                        "PickleBuffer can only be pickled with protocol >= "
                        "5");
        return -1;
    }
    const Py_buffer *view = PyPickleBuffer_GetBuffer(object);
    if (view == NULL) {
        return -1;
    }
    if (view->suboffsets != NULL || !PyBuffer_IsContiguous(view, 'A')) {
        PyErr_SetString(self->state->pickling_error,
                        "PickleBuffer can not be pickled when pointing to a "
                        "non-contiguous buffer");
        return -1;
    }
    int readonly = view->readonly;
    int in_band = wants_in_band(self, object);
    if (in_band < 0) {
        return -1;
    }
    if (in_band) {
        return save_in_band(self, object);
    }
    if (output_op(self, OP_NEXT_BUFFER) < 0) {
        return -1;
    }
    return readonly ? output_op(self, OP_READONLY_BUFFER) : 0;
}

/* ---- Text --------------------------------------------------------------- */

/* For protocol 0: a line, with what would disturb it escaped.  New bytes. */
static PyObject *
encode_line(PyObject *text)
{
    _PyBytesWriter writer;
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);

    if (size > PY_SSIZE_T_MAX / 10) {
        return PyErr_NoMemory();
    }
    _PyBytesWriter_Init(&writer);
    char *out = _PyBytesWriter_Alloc(&writer, size * 10);
    if (out == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(text, i);
        if (c >= 0x10000) {
            PyOS_snprintf(out, 11, "\\U%08x", (unsigned int)c);
            out += 10;
        }
        else if (c >= 256 || c == '\\' || c == 0 || c == '\n' ||
                 c == '\r' || c == 0x1A) {
            PyOS_snprintf(out, 7, "\\u%04x", (unsigned int)c);
            out += 6;
        }
        else {
            *out++ = (char)(unsigned char)c;
        }
    }
    return _PyBytesWriter_Finish(&writer, out);
}

static int
save_text_line(pickler *self, PyObject *object)
{
    PyObject *line = encode_line(object);

    if (line == NULL) {
        return -1;
    }
    int status = output_op(self, OP_UNICODE) < 0 ||
                         output_data(self, "", 0, PyBytes_AS_STRING(line),
                                     PyBytes_GET_SIZE(line), NULL) < 0
                     ? -1 : output_write(self, "\n", 1);
    Py_DECREF(line);
    return status;
}

static int
save_text_binary(pickler *self, PyObject *object)
{
    PyObject *encoded = NULL;
    Py_ssize_t size;
    const char *data = PyUnicode_AsUTF8AndSize(object, &size);
    char header[9];

    if (data == NULL) {                   /* lone surrogates */
        PyErr_Clear();
        encoded = PyUnicode_AsEncodedString(object, "utf-8",
                                            "surrogatepass");
        if (encoded == NULL) {
            return -1;
        }
        data = PyBytes_AS_STRING(encoded);
        size = PyBytes_GET_SIZE(encoded);
    }
    int new_ops = self->protocol >= 4, result = -1;
    Py_ssize_t header_size = sized_header(
        header, (size_t)size, new_ops ? OP_SHORT_BINUNICODE : 0,
        OP_BINUNICODE, new_ops ? OP_BINUNICODE8 : 0);
    if (header_size < 0) {
        PyErr_SetString(PyExc_OverflowError,
                        "serializing a string larger than 4 GiB requires "
                        "pickle protocol 4 or higher");
    }
    else {
        result = output_data(self, header, header_size, data, size, encoded);
    }
    Py_XDECREF(encoded);
    return result;
}

static int
save_unicode(pickler *self, PyObject *object)
{
    int status = self->bin ? save_text_binary(self, object)
                           : save_text_line(self, object);
    return status < 0 ? -1 : output_memo_put(self, object);
}

/* ---- Tuples ------------------------------------------------------------- */

static int
save_items(pickler *self, PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        if (save(self, PyTuple_GET_ITEM(tuple, i), 0) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
output_pops(pickler *self, Py_ssize_t count)
{
    while (count-- > 0) {
        if (output_op(self, OP_POP) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The tuple got into the memo through its items: what is on the stack goes,
 * and it comes from the memo. */
static int
save_recursive_tuple(pickler *self, PyObject *object, Py_ssize_t count)
{
    return output_pops(self, count) < 0 ? -1
                                        : output_memo_get(self, object);
}

static int
save_tuple(pickler *self, PyObject *object)
{
    static const unsigned char ops[] = {0, OP_TUPLE1, OP_TUPLE2, OP_TUPLE3};
    Py_ssize_t size = PyTuple_GET_SIZE(object);

    if (size == 0) {
        char data[2] = {OP_EMPTY_TUPLE};
        if (self->protocol == 0) {
            data[0] = OP_MARK;
            data[1] = OP_TUPLE;
        }
        return output_write(self, data, self->protocol == 0 ? 2 : 1);
    }
    if (size <= 3 && self->protocol >= 2) {
        if (save_items(self, object) < 0) {
            return -1;
        }
        if (memo_find(&self->memo, object) >= 0) {
            return save_recursive_tuple(self, object, size);
        }
        return output_op(self, ops[size]) < 0
                   ? -1 : output_memo_put(self, object);
    }
    if (output_op(self, OP_MARK) < 0 || save_items(self, object) < 0) {
        return -1;
    }
    if (memo_find(&self->memo, object) >= 0) {
        if (!self->bin) {
            return save_recursive_tuple(self, object, size + 1);
        }
        return output_op(self, OP_POP_MARK) < 0
                   ? -1 : output_memo_get(self, object);
    }
    return output_op(self, OP_TUPLE) < 0 ? -1
                                         : output_memo_put(self, object);
}

/* ---- Fast mode ---------------------------------------------------------- */

int
fast_enter(pickler *self, PyObject *object)
{
    if (++self->fast_nesting < FAST_NESTING_LIMIT) {
        return 1;
    }
    if (self->fast_memo == NULL) {
        self->fast_memo = PyDict_New();
        if (self->fast_memo == NULL) {
            self->fast_nesting = -1;
            return 0;
        }
    }
    PyObject *key = PyLong_FromVoidPtr(object);
    if (key == NULL) {
        self->fast_nesting = -1;
        return 0;
    }
    int found = PyDict_Contains(self->fast_memo, key);
    if (found > 0) {
        PyErr_Format(PyExc_ValueError,
                     "fast mode: can't pickle cyclic objects including "
                     "object type %.200s at %p",
                     Py_TYPE(object)->tp_name, object);
    }
    else if (found == 0) {
        found = PyDict_SetItem(self->fast_memo, key, Py_None);
    }
    Py_DECREF(key);
    if (found == 0) {
        return 1;
    }
    self->fast_nesting = -1;
    return 0;
}

int
fast_leave(pickler *self, PyObject *object)
{
    if (self->fast_nesting-- < FAST_NESTING_LIMIT) {
        return 1;
    }
    PyObject *key = PyLong_FromVoidPtr(object);
    if (key == NULL) {
        return 0;
    }
    int status = PyDict_DelItem(self->fast_memo, key);
    Py_DECREF(key);
    return status == 0;
}

/* Saves what is in a container, in fast mode under supervision. */
static int
with_supervision(pickler *self, PyObject *object,
                 int (*save_content)(pickler *, PyObject *))
{
    if (self->fast && !fast_enter(self, object)) {
        return -1;
    }
    int status = save_content(self, object);
    if (self->fast && !fast_leave(self, object)) {
        return -1;
    }
    return status;
}

/* ---- Lists -------------------------------------------------------------- */

/* Items of an iterator in batches.  Without binary opcodes one by one. */
int
batch_list(pickler *self, PyObject *iterator)
{
    PyObject *item, *first = NULL;

    if (self->protocol == 0) {
        while ((item = PyIter_Next(iterator)) != NULL) {
            int status = save(self, item, 0);
            Py_DECREF(item);
            if (status < 0 || output_op(self, OP_APPEND) < 0) {
                return -1;
            }
        }
        return PyErr_Occurred() ? -1 : 0;
    }
    for (;;) {
        int count = 0, status;
        first = PyIter_Next(iterator);
        if (first == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
        item = PyIter_Next(iterator);
        if (item == NULL) {
            status = PyErr_Occurred() ? -1 : save(self, first, 0);
            Py_DECREF(first);
            return status < 0 ? -1 : output_op(self, OP_APPEND);
        }
        status = output_op(self, OP_MARK) < 0 ? -1 : save(self, first, 0);
        Py_DECREF(first);
        for (count = 1; status == 0 && item != NULL;) {
            status = save(self, item, 0);
            Py_CLEAR(item);
            if (status < 0 || ++count == BATCH_SIZE) {
                break;
            }
            item = PyIter_Next(iterator);
        }
        Py_XDECREF(item);
        if (status < 0 || PyErr_Occurred() ||
            output_op(self, OP_APPENDS) < 0) {
            return -1;
        }
        if (count < BATCH_SIZE) {
            return 0;
        }
    }
}

/* FAST PATH: the same for an exact list. */
static int
batch_exact_list(pickler *self, PyObject *list)
{
    Py_ssize_t done = 0;

    if (PyList_GET_SIZE(list) == 1) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(list, 0));
        int status = save(self, item, 0);
        Py_DECREF(item);
        return status < 0 ? -1 : output_op(self, OP_APPEND);
    }
    do {
        int count = 0;
        if (output_op(self, OP_MARK) < 0) {
            return -1;
        }
        while (done < PyList_GET_SIZE(list)) {
            PyObject *item = Py_NewRef(PyList_GET_ITEM(list, done));
            int status = save(self, item, 0);
            Py_DECREF(item);
            if (status < 0) {
                return -1;
            }
            done++;
            if (++count == BATCH_SIZE) {
                break;
            }
        }
        if (output_op(self, OP_APPENDS) < 0) {
            return -1;
        }
    } while (done < PyList_GET_SIZE(list));
    return 0;
}

static int
save_list_items(pickler *self, PyObject *list)
{
    if (PyList_GET_SIZE(list) == 0) {
        return 0;
    }
    if (self->protocol > 0) {
        return batch_exact_list(self, list);
    }
    PyObject *iterator = PyObject_GetIter(list);
    if (iterator == NULL) {
        return -1;
    }
    int status = batch_list(self, iterator);
    Py_DECREF(iterator);
    return status;
}

/* The items of a container come behind it, since they may refer to it. */
static int
save_container(pickler *self, PyObject *object, int op, int mark_op,
               int (*save_content)(pickler *, PyObject *))
{
    char data[2] = {(char)op};

    if (!self->bin) {
        data[0] = OP_MARK;
        data[1] = (char)mark_op;
    }
    if (output_write(self, data, self->bin ? 1 : 2) < 0 ||
        output_memo_put(self, object) < 0 ||
        Py_EnterRecursiveCall(" while pickling an object")) {
        return -1;
    }
    int status = save_content(self, object);
    Py_LeaveRecursiveCall();
    return status;
}

static int
save_list_content(pickler *self, PyObject *object)
{
    return save_container(self, object, OP_EMPTY_LIST, OP_LIST,
                          save_list_items);
}

/* ---- Dictionaries ------------------------------------------------------- */

/* Saves a pair (borrowed) of key and value. */
static int
save_pair(pickler *self, PyObject *pair)
{
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "dict items iterator must return 2-tuples");
        return -1;
    }
    return save(self, PyTuple_GET_ITEM(pair, 0), 0) < 0
               ? -1 : save(self, PyTuple_GET_ITEM(pair, 1), 0);
}

int
batch_dict(pickler *self, PyObject *iterator)
{
    PyObject *item, *first;

    if (self->protocol == 0) {
        while ((item = PyIter_Next(iterator)) != NULL) {
            int status = save_pair(self, item);
            Py_DECREF(item);
            if (status < 0 || output_op(self, OP_SETITEM) < 0) {
                return -1;
            }
        }
        return PyErr_Occurred() ? -1 : 0;
    }
    for (;;) {
        int count, status;
        first = PyIter_Next(iterator);
        if (first == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
        item = PyIter_Next(iterator);
        if (item == NULL) {
            status = PyErr_Occurred() ? -1 : save_pair(self, first);
            Py_DECREF(first);
            return status < 0 ? -1 : output_op(self, OP_SETITEM);
        }
        status = output_op(self, OP_MARK) < 0 ? -1 : save_pair(self, first);
        Py_DECREF(first);
        for (count = 1; status == 0 && item != NULL;) {
            status = save_pair(self, item);
            Py_CLEAR(item);
            if (status < 0 || ++count == BATCH_SIZE) {
                break;
            }
            item = PyIter_Next(iterator);
        }
        Py_XDECREF(item);
        if (status < 0 || PyErr_Occurred() ||
            output_op(self, OP_SETITEMS) < 0) {
            return -1;
        }
        if (count < BATCH_SIZE) {
            return 0;
        }
    }
}

/* Saves the next item of a container whose entries are read in place.  1; 0 at
 * its end; -1.  Runs Python, which may not change the container's size. */
typedef int (*save_next_item)(pickler *self, PyObject *container,
                              Py_ssize_t *position);

/* Marked batches of items, each ended by `op`.  A last batch that is full is
 * followed by an empty one. */
static int
save_batches(pickler *self, PyObject *container, save_next_item save_next,
             int op)
{
    Py_ssize_t position = 0;
    int count;

    do {
        if (output_op(self, OP_MARK) < 0) {
            return -1;
        }
        for (count = 0; count < BATCH_SIZE; count++) {
            int status = save_next(self, container, &position);
            if (status < 0) {
                return -1;
            }
            if (status == 0) {
                break;
            }
        }
        if (output_op(self, op) < 0) {
            return -1;
        }
    } while (count == BATCH_SIZE);
    return 0;
}

static int
save_next_of_dict(pickler *self, PyObject *dict, Py_ssize_t *position)
{
    Py_ssize_t size = PyDict_GET_SIZE(dict);
    PyObject *key, *value;
    int status;

    if (!PyDict_Next(dict, position, &key, &value)) {
        return 0;
    }
    Py_INCREF(key);
    Py_INCREF(value);
    status = save(self, key, 0) < 0 ? -1 : save(self, value, 0);
    Py_DECREF(key);
    Py_DECREF(value);
    if (status == 0 && PyDict_GET_SIZE(dict) != size) {
        PyErr_SetString(PyExc_RuntimeError,
                        "dictionary changed size during iteration");
        return -1;
    }
    return status < 0 ? -1 : 1;
}

/* FAST PATH: the same for an exact dict. */
static int
batch_exact_dict(pickler *self, PyObject *dict)
{
    Py_ssize_t position = 0;

    if (PyDict_GET_SIZE(dict) == 1) {
        return save_next_of_dict(self, dict, &position) < 0
                   ? -1 : output_op(self, OP_SETITEM);
    }
    return save_batches(self, dict, save_next_of_dict, OP_SETITEMS);
}

static int
save_dict_items(pickler *self, PyObject *dict)
{
    if (PyDict_GET_SIZE(dict) == 0) {
        return 0;
    }
    if (self->protocol > 0) {
        return batch_exact_dict(self, dict);
    }
    PyObject *items = PyObject_CallMethod(dict, "items", NULL);
    PyObject *iterator = items == NULL ? NULL : PyObject_GetIter(items);
    int status = iterator == NULL ? -1 : batch_dict(self, iterator);
    Py_XDECREF(items);
    Py_XDECREF(iterator);
    return status;
}

static int
save_dict_content(pickler *self, PyObject *object)
{
    return save_container(self, object, OP_EMPTY_DICT, OP_DICT,
                          save_dict_items);
}

/* ---- Sets --------------------------------------------------------------- */

/* Before protocol 4: type([items]). */
static int
save_old_set(pickler *self, PyObject *object, PyTypeObject *type)
{
    PyObject *items = PySequence_List(object);

    if (items == NULL) {
        return -1;
    }
    return save_as_call(self, object, Py_BuildValue("(O(N))", type, items));
}

static int
save_next_of_set(pickler *self, PyObject *set, Py_ssize_t *position)
{
    Py_ssize_t size = PySet_GET_SIZE(set);
    PyObject *item;
    Py_hash_t hash;
    int status;

    if (!_PySet_NextEntry(set, position, &item, &hash)) {
        return 0;
    }
    Py_INCREF(item);
    status = save(self, item, 0);
    Py_DECREF(item);
    if (status == 0 && PySet_GET_SIZE(set) != size) {
        PyErr_SetString(PyExc_RuntimeError,
                        "set changed size during iteration");
        return -1;
    }
    return status < 0 ? -1 : 1;
}

static int
save_set(pickler *self, PyObject *object)
{
    if (self->protocol < 4) {
        return save_old_set(self, object, &PySet_Type);
    }
    if (output_op(self, OP_EMPTY_SET) < 0 ||
        output_memo_put(self, object) < 0) {
        return -1;
    }
    return PySet_GET_SIZE(object) == 0
               ? 0 : save_batches(self, object, save_next_of_set, OP_ADDITEMS);
}

static int
save_frozenset_content(pickler *self, PyObject *object)
{
    PyObject *iterator, *item;
    int status = 0;

    if (output_op(self, OP_MARK) < 0) {
        return -1;
    }
    iterator = PyObject_GetIter(object);
    if (iterator == NULL) {
        return -1;
    }
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = save(self, item, 0);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    if (status < 0 || PyErr_Occurred()) {
        return -1;
    }
    if (memo_find(&self->memo, object) >= 0) {
        return output_op(self, OP_POP_MARK) < 0
                   ? -1 : output_memo_get(self, object);
    }
    return output_op(self, OP_FROZENSET) < 0 ? -1
                                             : output_memo_put(self, object);
}

static int
save_frozenset(pickler *self, PyObject *object)
{
    if (self->protocol < 4) {
        return save_old_set(self, object, &PyFrozenSet_Type);
    }
    return with_supervision(self, object, save_frozenset_content);
}

/* ---- Dispatch ----------------------------------------------------------- */

/* Protocol 0 takes a line. */
static int
save_text_persistent_id(pickler *self, PyObject *id)
{
    PyObject *text = PyObject_Str(id);

    if (text == NULL) {
        return -1;
    }
    Py_ssize_t size;
    const char *data = PyUnicode_IS_ASCII(text)
                           ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    int status = -1;
    if (data == NULL) {
        PyErr_SetString(self->state->pickling_error,
                        "persistent IDs in protocol 0 must be ASCII strings");
    }
    else if (output_op(self, OP_PERSID) == 0 &&
             output_write(self, data, size) == 0) {
        status = output_write(self, "\n", 1);
    }
    Py_DECREF(text);
    return status;
}

/* 1 if the object has a persistent id, which is then saved; 0; -1. */
static int
save_persistent(pickler *self, PyObject *object)
{
    PyObject *function = Py_NewRef(self->persistent_id);  /* may be set anew */
    PyObject *id = PyObject_CallOneArg(function, object);
    int status;

    Py_DECREF(function);
    if (id == NULL) {
        return -1;
    }
    if (id == Py_None) {
        Py_DECREF(id);
        return 0;
    }
    if (self->bin) {
        status = save(self, id, 1) < 0 ? -1 : output_op(self, OP_BINPERSID);
    }
    else {
        status = save_text_persistent_id(self, id);
    }
    Py_DECREF(id);
    return status < 0 ? -1 : 1;
}

/* Objects that are never in the memo: 1 if it was one, 0, -1. */
static int
save_atom(pickler *self, PyObject *object, PyTypeObject *type)
{
    int status;

    if (object == Py_None) {
        status = output_op(self, OP_NONE);
    }
    else if (object == Py_False || object == Py_True) {
        status = save_bool(self, object);
    }
    else if (type == &PyLong_Type) {
        status = save_long(self, object);
    }
    else if (type == &PyFloat_Type) {
        status = save_float(self, object);
    }
    else {
        return 0;
    }
    return status < 0 ? -1 : 1;
}

typedef int (*save_function)(pickler *, PyObject *);

/* How objects of exactly that type are saved; NULL: some other way. */
static save_function
find_saver(PyTypeObject *type)
{
    static const struct {
        PyTypeObject *type;
        save_function saver;
    } rows[] = {
        {&PyBytes_Type, save_bytes}, {&PyUnicode_Type, save_unicode},
        {&PySet_Type, save_set}, {&PyFrozenSet_Type, save_frozenset},
        {&PyTuple_Type, save_tuple}, {&PyByteArray_Type, save_bytearray},
        {&PyPickleBuffer_Type, save_picklebuffer},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(rows); i++) {
        if (rows[i].type == type) {
            return rows[i].saver;
        }
    }
    return NULL;
}

static int
save_object(pickler *self, PyObject *object, PyTypeObject *type)
{
    if (type == &PyDict_Type) {
        return with_supervision(self, object, save_dict_content);
    }
    if (type == &PyList_Type) {
        return with_supervision(self, object, save_list_content);
    }
    save_function saver = find_saver(type);
    return saver != NULL ? saver(self, object)
                         : save_by_reduction(self, object);
}

int
save(pickler *self, PyObject *object, int without_persistent_id)
{
    PyTypeObject *type = Py_TYPE(object);
    int status;

    if (output_boundary(self) < 0) {
        return -1;
    }
    if (!without_persistent_id && self->persistent_id != NULL) {
        status = save_persistent(self, object);
        if (status != 0) {
            return status < 0 ? -1 : 0;
        }
    }
    status = save_atom(self, object, type);
    if (status != 0) {
        return status < 0 ? -1 : 0;
    }
    if (memo_find(&self->memo, object) >= 0) {
        return output_memo_get(self, object);
    }
    if (type == &PyUnicode_Type) {
        return save_unicode(self, object);      /* FAST PATH: no recursion */
    }
    if (Py_EnterRecursiveCall(" while pickling an object")) {
        return -1;
    }
    status = save_object(self, object, type);
    Py_LeaveRecursiveCall();
    return status;
}
