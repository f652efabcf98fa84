/* Marshal data to objects.  The data may be anything: every length is checked
 * against what is there before memory is asked for, every reference against
 * the table, and nesting against the C stack. */
#include "Python.h"

#include "buffer.h"
#include "code.h"
#include "format.h"
#include "marshal.h"
#include "names.h"
#include "unicode.h"

/* Where the data comes from: memory, a C file, or a Python stream. */
struct reader {
    const char *next, *end;     /* of memory */
    FILE *file;                 /* or NULL */
    PyObject *stream;           /* borrowed, or NULL */
    char *buffer;               /* owned: what a file or stream gave last */
    Py_ssize_t buffer_size;
    int depth;
    PyObject **references;      /* owned items; an item may still be NULL */
    Py_ssize_t count, allocated;
};

/* --- Bytes in ------------------------------------------------------------ */

static void
raise_short(void)
{
    PyErr_SetString(PyExc_EOFError, "marshal data too short");
}

static void *
raise_bad(const char *what)
{
    PyErr_Format(PyExc_ValueError, "bad marshal data (%s)", what);
    return NULL;
}

/* Reads into the reader's own buffer; grows it piecewise, so that a lying
 * length costs no memory that the data does not fill. */
static const char *
read_into_buffer(struct reader *r, Py_ssize_t size)
{
    if (size > r->buffer_size) {
        char *buffer = PyMem_Realloc(r->buffer, (size_t)size);
        if (buffer == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        r->buffer = buffer;
        r->buffer_size = size;
    }
    if (r->file != NULL) {
        if (fread(r->buffer, 1, (size_t)size, r->file) != (size_t)size) {
            raise_short();
            return NULL;
        }
        return r->buffer;
    }
    PyObject *view, *answer;
    Py_ssize_t got;

    view = memory_lend(r->buffer, size, PyBUF_WRITE);
    if (view == NULL) {
        return NULL;
    }
    answer = PyObject_CallMethod(r->stream, "readinto", "O", view);
    if (memory_end_loan(view) < 0) {
        r->buffer = NULL;                 /* never freed */
        r->buffer_size = 0;
        Py_XDECREF(answer);
        return NULL;
    }
    got = answer == NULL ? -1 : PyNumber_AsSsize_t(answer, PyExc_ValueError);
    Py_XDECREF(answer);
    if (got != size) {
        if (!PyErr_Occurred()) {
            if (got > size) {
                PyErr_Format(PyExc_ValueError,
                             "read() returned too much data: %zd bytes "
                             "requested, %zd returned",
                             size, got);
            }
            else {
                PyErr_SetString(PyExc_EOFError,
                                "EOF read where not expected");
            }
        }
        return NULL;
    }
    return r->buffer;
}

/* `size` bytes, valid until the next read; NULL with an exception. */
static const char *
take(struct reader *r, Py_ssize_t size)
{
    if (r->next != NULL) {
        const char *data = r->next;
        if (size > r->end - r->next) {
            raise_short();
            return NULL;
        }
        r->next += size;
        return data;
    }
    return read_into_buffer(r, size);
}

/* One byte, or -1 at the end (without an exception) or on error. */
static int
take_byte(struct reader *r)
{
    if (r->next != NULL) {
        return r->next < r->end ? (unsigned char)*r->next++ : -1;
    }
    if (r->file != NULL) {
        return getc(r->file);
    }
    const char *data = take(r, 1);
    if (data == NULL && PyErr_ExceptionMatches(PyExc_EOFError)) {
        PyErr_Clear();           /* as at the end of memory and files */
    }
    return data == NULL ? -1 : (unsigned char)*data;
}

/* 0, or -1 with an exception, for the three below. */
static int
take_short(struct reader *r, int *value)
{
    const unsigned char *data = (const unsigned char *)take(r, 2);

    if (data == NULL) {
        return -1;
    }
    *value = (int16_t)(data[0] | data[1] << 8);
    return 0;
}

static int
take_long(struct reader *r, long *value)
{
    const unsigned char *data = (const unsigned char *)take(r, 4);

    if (data == NULL) {
        return -1;
    }
    *value = (int32_t)((uint32_t)data[0] | (uint32_t)data[1] << 8 |
                       (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24);
    return 0;
}

static int
take_int(struct reader *r, int *value)
{
    long number;

    if (take_long(r, &number) < 0) {
        return -1;
    }
    *value = (int)number;
    return 0;
}

/* A count or size; -1 with ValueError if it is negative. */
static Py_ssize_t
take_size(struct reader *r, const char *error)
{
    long size;

    if (take_long(r, &size) < 0) {
        return -1;
    }
    if (size < 0) {
        raise_bad(error);
        return -1;
    }
    return size;
}

/* An element takes a byte at least, so memory says how many there can be. */
static int
count_is_possible(struct reader *r, Py_ssize_t count)
{
    if (r->next != NULL && count > r->end - r->next) {
        PyErr_SetString(PyExc_EOFError, "EOF read where object expected");
        return 0;
    }
    return 1;
}

/* --- References ---------------------------------------------------------- */

/* A place in the table for an object to come; -1 with an exception. */
static Py_ssize_t
reference_reserve(struct reader *r, int flag)
{
    if (!flag) {
        return 0;
    }
    if (r->count == r->allocated) {
        Py_ssize_t allocated = r->allocated * 2 + 32;
        PyObject **references;

        if (allocated > INT_MAX) {
            raise_bad("index list too large");
            return -1;
        }
        references = PyMem_Realloc(r->references,
                                   (size_t)allocated * sizeof(PyObject *));
        if (references == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        r->references = references;
        r->allocated = allocated;
    }
    r->references[r->count] = NULL;
    return r->count++;
}

static void
reference_fill(struct reader *r, PyObject *object, Py_ssize_t place, int flag)
{
    if (flag && object != NULL) {
        r->references[place] = Py_NewRef(object);
    }
}

/* Enters a complete object; passes it on, or releases it and answers NULL. */
static PyObject *
reference_enter(struct reader *r, PyObject *object, int flag)
{
    Py_ssize_t place;

    if (object == NULL || !flag) {
        return object;
    }
    place = reference_reserve(r, flag);
    if (place < 0) {
        Py_DECREF(object);
        return NULL;
    }
    reference_fill(r, object, place, flag);
    return object;
}

/* --- Numbers ------------------------------------------------------------- */

static PyObject *
read_big_int(struct reader *r)
{
    long count;
    Py_ssize_t written, size;
    PyLongObject *number;
    int value = 0;

    if (take_long(r, &count) < 0) {
        return NULL;
    }
    if (count == 0) {
        return PyLong_FromLong(0);
    }
    if (count < -INT_MAX || count > INT_MAX) {
        return raise_bad("long size out of range");
    }
    written = Py_ABS(count);
    if (r->next != NULL && written > (r->end - r->next) / 2) {
        raise_short();
        return NULL;
    }
    size = 1 + (written - 1) / LONG_RATIO;
    number = _PyLong_New(size);
    if (number == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_ssize_t left = written - i * LONG_RATIO;
        digit d = 0;
        for (int j = 0; j < LONG_RATIO && j < left; j++) {
            if (take_short(r, &value) < 0) {
                Py_DECREF(number);
                return NULL;
            }
            if (value < 0 || value > LONG_BASE) {
                Py_DECREF(number);
                return raise_bad("digit out of range in long");
            }
            d += (digit)value << j * LONG_SHIFT;
        }
        number->ob_digit[i] = d & PyLong_MASK;
    }
    if (value == 0) {
        Py_DECREF(number);
        return raise_bad("unnormalized long data");
    }
    Py_SET_SIZE(number, count > 0 ? size : -size);
    return (PyObject *)number;
}

static int
read_double(struct reader *r, double *value)
{
    const char *data = take(r, 8);

    if (data == NULL) {
        return -1;
    }
    *value = PyFloat_Unpack8(data, 1);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static int
read_double_text(struct reader *r, double *value)
{
    char text[256];
    int size = take_byte(r);
    const char *data;

    if (size < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_EOFError,
                            "EOF read where object expected");
        }
        return -1;
    }
    data = take(r, size);
    if (data == NULL) {
        return -1;
    }
    memcpy(text, data, (size_t)size);
    text[size] = '\0';
    *value = PyOS_string_to_double(text, NULL, NULL);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *
read_real(struct reader *r, int type)
{
    int (*read)(struct reader *, double *) =
        type == TYPE_BINARY_FLOAT || type == TYPE_BINARY_COMPLEX
            ? read_double
            : read_double_text;
    Py_complex value = {0};

    if (read(r, &value.real) < 0) {
        return NULL;
    }
    if (type == TYPE_BINARY_FLOAT || type == TYPE_FLOAT) {
        return PyFloat_FromDouble(value.real);
    }
    return read(r, &value.imag) < 0 ? NULL : PyComplex_FromCComplex(value);
}

static PyObject *
read_int(struct reader *r, int type)
{
    long low, high;

    if (take_long(r, &low) < 0) {
        return NULL;
    }
    if (type == TYPE_INT) {
        return PyLong_FromLong(low);
    }
    if (take_long(r, &high) < 0) {
        return NULL;
    }
    return PyLong_FromLongLong(
        (long long)(((unsigned long long)high << 32) |
                    ((unsigned long long)low & 0xffffffffu)));
}

/* --- Strings ------------------------------------------------------------- */

static PyObject *
read_bytes(struct reader *r)
{
    Py_ssize_t size = take_size(r, "bytes object size out of range");
    const char *data = size < 0 ? NULL : take(r, size);

    return data == NULL ? NULL : PyBytes_FromStringAndSize(data, size);
}

static PyObject *
read_ascii(struct reader *r, int type)
{
    Py_ssize_t size;
    const char *data;

    if (type == TYPE_SHORT_ASCII || type == TYPE_SHORT_ASCII_INTERNED) {
        size = take_byte(r);
        if (size < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_EOFError,
                                "EOF read where object expected");
            }
            return NULL;
        }
    }
    else {
        size = take_size(r, "string size out of range");
        if (size < 0) {
            return NULL;
        }
    }
    data = take(r, size);
    if (data == NULL) {
        return NULL;
    }
    /* What claims to be ASCII need not be: it is taken as Latin-1. */
    return type == TYPE_ASCII_INTERNED || type == TYPE_SHORT_ASCII_INTERNED
               ? unicode_intern_latin1(data, size)
               : PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, data, size);
}

static PyObject *
read_utf8(struct reader *r, int interned)
{
    Py_ssize_t size = take_size(r, "string size out of range");
    const char *data = size < 0 ? NULL : take(r, size);
    PyObject *text;

    if (data == NULL) {
        return NULL;
    }
    text = PyUnicode_DecodeUTF8(data, size, "surrogatepass");
    if (text != NULL && interned) {
        PyUnicode_InternInPlace(&text);
    }
    return text;
}

/* --- Containers ---------------------------------------------------------- */

static PyObject *read_object_or_null(struct reader *r);

/* An object inside a container; NULL data is an error there. */
static PyObject *
read_element(struct reader *r, const char *container)
{
    PyObject *element = read_object_or_null(r);

    if (element == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "NULL object in marshal data for %s",
                     container);
    }
    return element;
}

static PyObject *
read_tuple(struct reader *r, int type, int flag)
{
    Py_ssize_t count, place;
    PyObject *tuple;

    if (type == TYPE_SMALL_TUPLE) {
        count = take_byte(r);
        if (count < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_EOFError,
                                "EOF read where object expected");
            }
            return NULL;
        }
    }
    else {
        count = take_size(r, "tuple size out of range");
        if (count < 0) {
            return NULL;
        }
    }
    if (!count_is_possible(r, count)) {
        return NULL;
    }
    place = reference_reserve(r, flag);
    tuple = place < 0 ? NULL : PyTuple_New(count);
    if (tuple == NULL) {
        return NULL;
    }
    if (flag) {
        /* What the tuple contains may refer to it, and hash or compare it. */
        for (Py_ssize_t i = 0; i < count; i++) {
            PyTuple_SET_ITEM(tuple, i, Py_NewRef(Py_None));
        }
    }
    reference_fill(r, tuple, place, flag);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = read_element(r, "tuple");
        if (item == NULL) {
            Py_DECREF(tuple);
            return NULL;
        }
        Py_XSETREF(((PyTupleObject *)tuple)->ob_item[i], item);
    }
    return tuple;
}

static PyObject *
read_list(struct reader *r, int flag)
{
    Py_ssize_t count = take_size(r, "list size out of range");
    PyObject *list;

    if (count < 0 || !count_is_possible(r, count)) {
        return NULL;
    }
    list = reference_enter(r, PyList_New(0), flag);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = read_element(r, "list");
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *
read_dict(struct reader *r, int flag)
{
    PyObject *dict = reference_enter(r, PyDict_New(), flag);

    while (dict != NULL) {
        PyObject *key = read_object_or_null(r), *value;

        if (key == NULL) {
            break;
        }
        value = read_object_or_null(r);
        if (value == NULL) {
            Py_DECREF(key);
            break;
        }
        if (PyDict_SetItem(dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_DECREF(key);
        Py_DECREF(value);
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(dict);
    }
    return dict;
}

/* A frozenset enters the table when it is whole: its hash must not change. */
static PyObject *
read_set(struct reader *r, int type, int flag)
{
    Py_ssize_t count = take_size(r, "set size out of range"), place = 0;
    PyObject *set;

    if (count < 0 || !count_is_possible(r, count)) {
        return NULL;
    }
    if (type == TYPE_FROZENSET) {
        if (count == 0) {
            return reference_enter(r, PyFrozenSet_New(NULL), flag);
        }
        place = reference_reserve(r, flag);
        if (place < 0) {
            return NULL;
        }
        set = PyFrozenSet_New(NULL);
        if (set != NULL && Py_REFCNT(set) > 1) {
            /* The shared empty one is not to be filled. */
            Py_DECREF(set);
            PyObject *empty = PyTuple_New(0);
            set = empty == NULL ? NULL
                                : PyFrozenSet_Type.tp_new(&PyFrozenSet_Type,
                                                          empty, NULL);
            Py_XDECREF(empty);
        }
    }
    else {
        set = reference_enter(r, PySet_New(NULL), flag);
    }
    for (Py_ssize_t i = 0; set != NULL && i < count; i++) {
        PyObject *element = read_element(r, "set");
        if (element == NULL || PySet_Add(set, element) < 0) {
            Py_CLEAR(set);
        }
        Py_XDECREF(element);
    }
    if (type == TYPE_FROZENSET) {
        reference_fill(r, set, place, flag);
    }
    return set;
}

/* --- Code ---------------------------------------------------------------- */

static PyObject *
read_code(struct reader *r, int flag)
{
    struct _PyCodeConstructor con = {0};
    PyObject **objects[] = {
        &con.code, &con.consts, &con.names, &con.localsplusnames,
        &con.localspluskinds, &con.filename, &con.name, &con.qualname,
    };
    PyObject **tables[] = {&con.linetable, &con.exceptiontable};
    Py_ssize_t place = reference_reserve(r, flag);
    PyObject *code = NULL;

    if (place < 0 || take_int(r, &con.argcount) < 0 ||
        take_int(r, &con.posonlyargcount) < 0 ||
        take_int(r, &con.kwonlyargcount) < 0 ||
        take_int(r, &con.stacksize) < 0 || take_int(r, &con.flags) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(objects); i++) {
        *objects[i] = read_element(r, "code");
        if (*objects[i] == NULL) {
            goto done;
        }
    }
    if (take_int(r, &con.firstlineno) < 0) {
        goto done;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tables); i++) {
        *tables[i] = read_element(r, "code");
        if (*tables[i] == NULL) {
            goto done;
        }
    }
    if (_PyCode_Validate(&con) < 0) {
        goto done;
    }
    code = (PyObject *)_PyCode_New(&con);
    reference_fill(r, code, place, flag);
done:
    for (size_t i = 0; i < Py_ARRAY_LENGTH(objects); i++) {
        Py_XDECREF(*objects[i]);
    }
    Py_XDECREF(con.linetable);
    Py_XDECREF(con.exceptiontable);
    return code;
}

/* --- Any object ---------------------------------------------------------- */

static PyObject *
read_reference(struct reader *r)
{
    long index;

    if (take_long(r, &index) < 0) {
        return NULL;
    }
    if (index < 0 || index >= r->count || r->references[index] == NULL) {
        return raise_bad("invalid reference");
    }
    return Py_NewRef(r->references[index]);
}

static PyObject *
read_by_type(struct reader *r, int type, int flag)
{
    switch (type) {
    case TYPE_NULL: return NULL;
    case TYPE_NONE: return Py_NewRef(Py_None);
    case TYPE_STOPITER: return Py_NewRef(PyExc_StopIteration);
    case TYPE_ELLIPSIS: return Py_NewRef(Py_Ellipsis);
    case TYPE_FALSE: return Py_NewRef(Py_False);
    case TYPE_TRUE: return Py_NewRef(Py_True);
    case TYPE_INT:
    case TYPE_INT64: return reference_enter(r, read_int(r, type), flag);
    case TYPE_LONG: return reference_enter(r, read_big_int(r), flag);
    case TYPE_FLOAT:
    case TYPE_BINARY_FLOAT:
    case TYPE_COMPLEX:
    case TYPE_BINARY_COMPLEX:
        return reference_enter(r, read_real(r, type), flag);
    case TYPE_STRING: return reference_enter(r, read_bytes(r), flag);
    case TYPE_ASCII:
    case TYPE_ASCII_INTERNED:
    case TYPE_SHORT_ASCII:
    case TYPE_SHORT_ASCII_INTERNED:
        return reference_enter(r, read_ascii(r, type), flag);
    case TYPE_UNICODE: return reference_enter(r, read_utf8(r, 0), flag);
    case TYPE_INTERNED: return reference_enter(r, read_utf8(r, 1), flag);
    case TYPE_TUPLE:
    case TYPE_SMALL_TUPLE: return read_tuple(r, type, flag);
    case TYPE_LIST: return read_list(r, flag);
    case TYPE_DICT: return read_dict(r, flag);
    case TYPE_SET:
    case TYPE_FROZENSET: return read_set(r, type, flag);
    case TYPE_CODE: return read_code(r, flag);
    case TYPE_REF: return read_reference(r);
    default: return raise_bad("unknown type code");
    }
}

/* NULL without an exception for TYPE_NULL. */
static PyObject *
read_object_or_null(struct reader *r)
{
    int code = take_byte(r);
    PyObject *object;

    if (code < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_EOFError,
                            "EOF read where object expected");
        }
        return NULL;
    }
    if (r->depth >= DEPTH_MAX) {
        PyErr_SetString(PyExc_ValueError, "recursion limit exceeded");
        return NULL;
    }
    r->depth++;
    object = read_by_type(r, code & ~REF_FLAG, code & REF_FLAG);
    r->depth--;
    return object;
}

static PyObject *
read_whole(struct reader *r)
{
    PyObject *object;

    if (PyErr_Occurred()) {
        PyErr_BadInternalCall();
        return NULL;
    }
    object = read_object_or_null(r);
    if (object == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError,
                        "NULL object in marshal data for object");
    }
    for (Py_ssize_t i = 0; i < r->count; i++) {
        Py_XDECREF(r->references[i]);
    }
    PyMem_Free(r->references);
    PyMem_Free(r->buffer);
    return object;
}

PyObject *
marshal_read_bytes(const char *data, Py_ssize_t size)
{
    struct reader r = {.next = data, .end = data + size};

    return read_whole(&r);
}

PyObject *
marshal_read_file(FILE *file)
{
    struct reader r = {.file = file};

    return read_whole(&r);
}

PyObject *
marshal_read_stream(PyObject *stream)
{
    struct reader r = {.stream = stream};

    return read_whole(&r);
}

long
marshal_read_long(FILE *file)
{
    struct reader r = {.file = file};
    long value;

    if (take_long(&r, &value) < 0) {
        value = -1;
    }
    PyMem_Free(r.buffer);
    return value;
}

int
marshal_read_short(FILE *file)
{
    struct reader r = {.file = file};
    int value;

    if (take_short(&r, &value) < 0) {
        value = -1;
    }
    PyMem_Free(r.buffer);
    return value;
}
