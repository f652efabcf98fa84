/* Objects to marshal data.
 *
 * An object with more than one reference is entered into a table, so that its
 * next occurrence becomes a short reference; one that only its container holds
 * cannot occur again.  Output equals the reference's byte for byte where the
 * same objects are shared. */
#include "Python.h"

#include "code.h"
#include "format.h"
#include "names.h"
#include "object.h"

/* Addresses of written objects with their numbers: open addressing. */
struct written {
    PyObject *object;        /* owned; NULL: free */
    int number;
};

enum failure { FINE, UNMARSHALLABLE, TOO_DEEP, NO_MEMORY, RAISED };

struct writer {
    FILE *file;              /* or NULL */
    PyObject *bytes;         /* owned, or NULL for a file */
    char *next, *end;        /* room in bytes, or in buffer */
    char buffer[4096];       /* for a file */
    enum failure failure;    /* the first one */
    int depth;
    int version;
    struct written *table;   /* owned; NULL before version 3 */
    size_t slots, count;     /* slots: a power of two */
};

static void
writer_fail(struct writer *w, enum failure failure)
{
    if (w->failure == FINE) {
        w->failure = failure;
    }
}

/* --- Bytes out ----------------------------------------------------------- */

static int
writer_reserve(struct writer *w, Py_ssize_t needed)
{
    Py_ssize_t used, size, growth;

    if (w->next == NULL) {
        return 0;                       /* failed before */
    }
    if (w->file != NULL) {
        fwrite(w->buffer, 1, (size_t)(w->next - w->buffer), w->file);
        w->next = w->buffer;
        return needed <= w->end - w->next;
    }
    used = w->next - PyBytes_AS_STRING(w->bytes);
    size = PyBytes_GET_SIZE(w->bytes);
    growth = size > 16 * 1024 * 1024 ? size >> 3 : size + 1024;
    if (growth < needed) {
        growth = needed;
    }
    if (growth > PY_SSIZE_T_MAX - size) {
        writer_fail(w, NO_MEMORY);
        return 0;
    }
    if (_PyBytes_Resize(&w->bytes, size + growth) < 0) {
        PyErr_Clear();
        w->next = w->end = NULL;
        writer_fail(w, NO_MEMORY);
        return 0;
    }
    w->next = PyBytes_AS_STRING(w->bytes) + used;
    w->end = PyBytes_AS_STRING(w->bytes) + PyBytes_GET_SIZE(w->bytes);
    return 1;
}

static inline void
put_byte(struct writer *w, int byte)
{
    if (w->next != w->end || writer_reserve(w, 1)) {
        *w->next++ = (char)byte;
    }
}

static void
put_data(struct writer *w, const char *data, Py_ssize_t size)
{
    if (w->end - w->next < size && !writer_reserve(w, size)) {
        if (w->file != NULL && w->next != NULL) {
            fwrite(data, 1, (size_t)size, w->file);
        }
        return;
    }
    if (w->next != NULL) {
        memcpy(w->next, data, (size_t)size);
        w->next += size;
    }
}

static void
put_short(struct writer *w, int value)
{
    put_byte(w, value & 0xff);
    put_byte(w, (value >> 8) & 0xff);
}

static void
put_long(struct writer *w, long value)
{
    put_short(w, (int)(value & 0xffff));
    put_short(w, (int)((value >> 16) & 0xffff));
}

/* A length; the format has 31 bits for it. */
static int
put_size(struct writer *w, Py_ssize_t size)
{
    if (size > INT_MAX) {
        writer_fail(w, UNMARSHALLABLE);
        return 0;
    }
    put_long(w, (long)size);
    return 1;
}

static void
put_sized_data(struct writer *w, const char *data, Py_ssize_t size)
{
    if (put_size(w, size)) {
        put_data(w, data, size);
    }
}

/* --- References ---------------------------------------------------------- */

static size_t
table_slot(const struct written *table, size_t slots, PyObject *object)
{
    size_t i = ((uintptr_t)object >> 4) & (slots - 1);

    while (table[i].object != NULL && table[i].object != object) {
        i = (i + 1) & (slots - 1);
    }
    return i;
}

static int
table_grow(struct writer *w)
{
    size_t slots = w->slots * 2;
    struct written *table = PyMem_Calloc(slots, sizeof(*table));

    if (table == NULL) {
        writer_fail(w, NO_MEMORY);
        return -1;
    }
    for (size_t i = 0; i < w->slots; i++) {
        if (w->table[i].object != NULL) {
            table[table_slot(table, slots, w->table[i].object)] = w->table[i];
        }
    }
    PyMem_Free(w->table);
    w->table = table;
    w->slots = slots;
    return 0;
}

/* 1: a reference stands in the object's place.  0: write it, with *flag. */
static int
put_reference(struct writer *w, PyObject *object, int *flag)
{
    size_t slot;

    *flag = 0;
    if (w->table == NULL) {
        return 0;
    }
    /* Whether an interned string is shared depends on the rest of the
     * process: always marked, so that the output does not. */
    if (Py_REFCNT(object) == 1 &&
        !(PyUnicode_CheckExact(object) && PyUnicode_CHECK_INTERNED(object))) {
        return 0;
    }
    slot = table_slot(w->table, w->slots, object);
    if (w->table[slot].object != NULL) {
        put_byte(w, TYPE_REF);
        put_long(w, w->table[slot].number);
        return 1;
    }
    if (w->count >= INT_MAX) {
        writer_fail(w, UNMARSHALLABLE);
        return 1;
    }
    w->table[slot] = (struct written){Py_NewRef(object), (int)w->count++};
    *flag = REF_FLAG;
    if (w->count * 2 > w->slots && table_grow(w) < 0) {
        return 1;
    }
    return 0;
}

static void
table_release(struct writer *w)
{
    for (size_t i = 0; i < w->slots; i++) {
        Py_XDECREF(w->table[i].object);
    }
    PyMem_Free(w->table);
}

/* --- Objects ------------------------------------------------------------- */

static void put_object(struct writer *w, PyObject *value);

static void
put_big_int(struct writer *w, PyObject *value, int flag)
{
    PyLongObject *number = (PyLongObject *)value;
    Py_ssize_t digits = Py_ABS(Py_SIZE(value)), written;
    digit last;

    put_byte(w, TYPE_LONG | flag);
    if (digits == 0) {
        put_long(w, 0);
        return;
    }
    /* The highest digit may fill one or two of the format's. */
    written = (digits - 1) * LONG_RATIO;
    for (last = number->ob_digit[digits - 1]; last != 0; last >>= LONG_SHIFT) {
        written++;
    }
    if (written > INT_MAX) {
        writer_fail(w, UNMARSHALLABLE);
        return;
    }
    put_long(w, Py_SIZE(value) > 0 ? (long)written : -(long)written);
    for (Py_ssize_t i = 0; i < digits; i++) {
        digit d = number->ob_digit[i];
        for (int j = 0; j < LONG_RATIO; j++) {
            if (i == digits - 1 && d == 0) {
                break;
            }
            put_short(w, (int)(d & LONG_MASK));
            d >>= LONG_SHIFT;
        }
    }
}

static void
put_int(struct writer *w, PyObject *value, int flag)
{
    int overflow;
    long number = PyLong_AsLongAndOverflow(value, &overflow);

    if (overflow || number > INT32_MAX || number < INT32_MIN) {
        put_big_int(w, value, flag);
        return;
    }
    put_byte(w, TYPE_INT | flag);
    put_long(w, number);
}

static void
put_double(struct writer *w, double value)
{
    char packed[8];

    if (PyFloat_Pack8(value, packed, 1) < 0) {
        writer_fail(w, RAISED);
        return;
    }
    put_data(w, packed, 8);
}

/* Versions 0 and 1 spell floats. */
static void
put_float_text(struct writer *w, double value)
{
    char *text = PyOS_double_to_string(value, 'g', 17, 0, NULL);
    size_t length;

    if (text == NULL) {
        writer_fail(w, NO_MEMORY);
        return;
    }
    length = strlen(text);
    put_byte(w, (int)length);
    put_data(w, text, (Py_ssize_t)length);
    PyMem_Free(text);
}

static void
put_real(struct writer *w, PyObject *value, int flag)
{
    int binary = w->version > 1;

    if (PyFloat_CheckExact(value)) {
        put_byte(w, (binary ? TYPE_BINARY_FLOAT : TYPE_FLOAT) | flag);
        (binary ? put_double : put_float_text)(w, PyFloat_AS_DOUBLE(value));
        return;
    }
    put_byte(w, (binary ? TYPE_BINARY_COMPLEX : TYPE_COMPLEX) | flag);
    (binary ? put_double : put_float_text)(w, PyComplex_RealAsDouble(value));
    (binary ? put_double : put_float_text)(w, PyComplex_ImagAsDouble(value));
}

/* All static strings are interned here; only those that code could have
 * interned as names are written so. */
static int
str_counts_as_interned(PyObject *value)
{
    const unsigned char *text;

    if (!PyUnicode_CHECK_INTERNED(value)) {
        return 0;
    }
    if (!object_is_immortal(value)) {
        return 1;
    }
    if (!PyUnicode_IS_ASCII(value)) {
        return 1;                       /* one character, used as a name */
    }
    if (value == NAME(dot_zero) ||
        _PyUnicode_EqualToASCIIString(value, "*")) {
        return 1;                       /* an argument's name, an import's */
    }
    text = PyUnicode_1BYTE_DATA(value);
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(value); i++) {
        if (!Py_ISALNUM(text[i]) && text[i] != '_') {
            return 0;
        }
    }
    return 1;
}

static void
put_str(struct writer *w, PyObject *value, int flag)
{
    int interned = str_counts_as_interned(value);
    PyObject *utf8;

    if (w->version >= 4 && PyUnicode_IS_ASCII(value)) {
        Py_ssize_t length = PyUnicode_GET_LENGTH(value);
        const char *text = (const char *)PyUnicode_1BYTE_DATA(value);

        if (length < 256) {
            put_byte(w, (interned ? TYPE_SHORT_ASCII_INTERNED
                                  : TYPE_SHORT_ASCII) | flag);
            put_byte(w, (int)length);
            put_data(w, text, length);
        }
        else {
            put_byte(w, (interned ? TYPE_ASCII_INTERNED : TYPE_ASCII) | flag);
            put_sized_data(w, text, length);
        }
        return;
    }
    utf8 = PyUnicode_AsEncodedString(value, "utf8", "surrogatepass");
    if (utf8 == NULL) {
        w->depth--;
        writer_fail(w, UNMARSHALLABLE);
        w->depth++;
        return;
    }
    put_byte(w, (w->version >= 3 && interned ? TYPE_INTERNED : TYPE_UNICODE) |
                    flag);
    put_sized_data(w, PyBytes_AS_STRING(utf8), PyBytes_GET_SIZE(utf8));
    Py_DECREF(utf8);
}

static void
put_tuple(struct writer *w, PyObject *value, int flag)
{
    Py_ssize_t count = PyTuple_GET_SIZE(value);

    if (w->version >= 4 && count < 256) {
        put_byte(w, TYPE_SMALL_TUPLE | flag);
        put_byte(w, (int)count);
    }
    else {
        put_byte(w, TYPE_TUPLE | flag);
        if (!put_size(w, count)) {
            return;
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        put_object(w, PyTuple_GET_ITEM(value, i));
    }
}

static void
put_list(struct writer *w, PyObject *value, int flag)
{
    put_byte(w, TYPE_LIST | flag);
    if (!put_size(w, PyList_GET_SIZE(value))) {
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++) {
        put_object(w, PyList_GET_ITEM(value, i));
    }
}

static void
put_dict(struct writer *w, PyObject *value, int flag)
{
    PyObject *key, *item;
    Py_ssize_t position = 0;

    put_byte(w, TYPE_DICT | flag);
    while (PyDict_Next(value, &position, &key, &item)) {
        put_object(w, key);
        put_object(w, item);
    }
    put_byte(w, TYPE_NULL);
}

static PyObject *write_bytes_nested(PyObject *value, int version, int depth);

/* What an element is sorted by.  One alone needs none: sets in sets in sets
 * would be written twice as often at each level. */
static PyObject *
dump_for_order(const struct writer *w, PyObject *set, PyObject *element)
{
    return PySet_GET_SIZE(set) == 1
               ? PyBytes_FromStringAndSize(NULL, 0)
               : write_bytes_nested(element, w->version, w->depth);
}

/* Sorted by their own marshal data, so that the output does not depend on
 * hashes. */
static void
put_set(struct writer *w, PyObject *value, int flag)
{
    PyObject *pairs = PyList_New(0), *element;
    Py_ssize_t position = 0;
    Py_hash_t hash;

    put_byte(w, (PyFrozenSet_CheckExact(value) ? TYPE_FROZENSET : TYPE_SET) |
                    flag);
    if (pairs == NULL || !put_size(w, PySet_GET_SIZE(value))) {
        goto error;
    }
    while (_PySet_NextEntry(value, &position, &element, &hash)) {
        PyObject *dump = dump_for_order(w, value, element);
        PyObject *pair = dump == NULL ? NULL : PyTuple_Pack(2, dump, element);
        Py_XDECREF(dump);
        if (pair == NULL || PyList_Append(pairs, pair) < 0) {
            Py_XDECREF(pair);
            writer_fail(w, RAISED);
            goto error;
        }
        Py_DECREF(pair);
    }
    if (PyList_Sort(pairs) < 0) {
        writer_fail(w, RAISED);
        goto error;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pairs); i++) {
        put_object(w, PyTuple_GET_ITEM(PyList_GET_ITEM(pairs, i), 1));
    }
    Py_DECREF(pairs);
    return;
error:
    Py_XDECREF(pairs);
    writer_fail(w, NO_MEMORY);
}

static void
put_code(struct writer *w, PyObject *value, int flag)
{
    PyCodeObject *code = (PyCodeObject *)value;
    PyObject *plain = code_plain_bytes(code);

    if (plain == NULL) {
        writer_fail(w, NO_MEMORY);
        return;
    }
    put_byte(w, TYPE_CODE | flag);
    put_long(w, code->co_argcount);
    put_long(w, code->co_posonlyargcount);
    put_long(w, code->co_kwonlyargcount);
    put_long(w, code->co_stacksize);
    put_long(w, code->co_flags);
    put_object(w, plain);
    put_object(w, code->co_consts);
    put_object(w, code->co_names);
    put_object(w, code->co_localsplusnames);
    put_object(w, code->co_localspluskinds);
    put_object(w, code->co_filename);
    put_object(w, code->co_name);
    put_object(w, code->co_qualname);
    put_long(w, code->co_firstlineno);
    put_object(w, code->co_linetable);
    put_object(w, code->co_exceptiontable);
    Py_DECREF(plain);
}

static void
put_buffer(struct writer *w, PyObject *value, int flag)
{
    Py_buffer view;

    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) != 0) {
        put_byte(w, TYPE_UNKNOWN);
        w->depth--;
        writer_fail(w, UNMARSHALLABLE);
        w->depth++;
        return;
    }
    put_byte(w, TYPE_STRING | flag);
    put_sized_data(w, view.buf, view.len);
    PyBuffer_Release(&view);
}

static void
put_compound(struct writer *w, PyObject *value, int flag)
{
    if (PyLong_CheckExact(value)) {
        put_int(w, value, flag);
    }
    else if (PyFloat_CheckExact(value) || PyComplex_CheckExact(value)) {
        put_real(w, value, flag);
    }
    else if (PyBytes_CheckExact(value)) {
        put_byte(w, TYPE_STRING | flag);
        put_sized_data(w, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    }
    else if (PyUnicode_CheckExact(value)) {
        put_str(w, value, flag);
    }
    else if (PyTuple_CheckExact(value)) {
        put_tuple(w, value, flag);
    }
    else if (PyList_CheckExact(value)) {
        put_list(w, value, flag);
    }
    else if (PyDict_CheckExact(value)) {
        put_dict(w, value, flag);
    }
    else if (PyAnySet_CheckExact(value)) {
        put_set(w, value, flag);
    }
    else if (PyCode_Check(value)) {
        put_code(w, value, flag);
    }
    else if (PyObject_CheckBuffer(value)) {
        put_buffer(w, value, flag);
    }
    else {
        put_byte(w, TYPE_UNKNOWN);
        writer_fail(w, UNMARSHALLABLE);
    }
}

/* The singletons' types; 0 for any other object. */
static int
singleton_type(PyObject *value)
{
    if (value == NULL) {
        return TYPE_NULL;
    }
    if (value == Py_None) {
        return TYPE_NONE;
    }
    if (value == PyExc_StopIteration) {
        return TYPE_STOPITER;
    }
    if (value == Py_Ellipsis) {
        return TYPE_ELLIPSIS;
    }
    if (value == Py_False) {
        return TYPE_FALSE;
    }
    return value == Py_True ? TYPE_TRUE : 0;
}

static void
put_object(struct writer *w, PyObject *value)
{
    int flag, singleton = singleton_type(value);

    if (w->failure != FINE) {
        return;                  /* the output is of no use any more */
    }
    w->depth++;
    if (w->depth > DEPTH_MAX) {
        writer_fail(w, TOO_DEEP);
    }
    else if (singleton) {
        put_byte(w, singleton);
    }
    else if (!put_reference(w, value, &flag)) {
        put_compound(w, value, flag);
    }
    w->depth--;
}

/* --- Entry points -------------------------------------------------------- */

static int
writer_init(struct writer *w, int version, int depth)
{
    w->failure = FINE;
    w->depth = depth;
    w->version = version;
    w->table = NULL;
    w->slots = w->count = 0;
    if (version >= 3) {
        w->slots = 64;
        w->table = PyMem_Calloc(w->slots, sizeof(*w->table));
        if (w->table == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* Sets the exception that a failure means. */
static int
writer_check(struct writer *w)
{
    switch (w->failure) {
    case FINE:
        return 0;
    case NO_MEMORY:
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        return -1;
    case RAISED:
        return -1;
    default:
        PyErr_SetString(PyExc_ValueError,
                        w->failure == UNMARSHALLABLE
                            ? "unmarshallable object"
                            : "object too deeply nested to marshal");
        return -1;
    }
}

/* The bytes of what is `depth` levels inside something else. */
static PyObject *
write_bytes_nested(PyObject *value, int version, int depth)
{
    struct writer w;

    w.file = NULL;
    w.bytes = PyBytes_FromStringAndSize(NULL, 50);
    if (w.bytes == NULL) {
        return NULL;
    }
    w.next = PyBytes_AS_STRING(w.bytes);
    w.end = w.next + PyBytes_GET_SIZE(w.bytes);
    if (writer_init(&w, version, depth) < 0) {
        Py_DECREF(w.bytes);
        return NULL;
    }
    put_object(&w, value);
    table_release(&w);
    if (writer_check(&w) < 0) {
        Py_XDECREF(w.bytes);
        return NULL;
    }
    _PyBytes_Resize(&w.bytes, w.next - PyBytes_AS_STRING(w.bytes));
    return w.bytes;
}

PyObject *
marshal_write_bytes(PyObject *value, int version)
{
    return write_bytes_nested(value, version, 0);
}

void
marshal_write_file(PyObject *value, FILE *file, int version)
{
    struct writer w;

    w.file = file;
    w.bytes = NULL;
    w.next = w.buffer;
    w.end = w.buffer + sizeof(w.buffer);
    if (writer_init(&w, version, 0) < 0) {
        return;
    }
    put_object(&w, value);
    table_release(&w);
    fwrite(w.buffer, 1, (size_t)(w.next - w.buffer), file);
    (void)writer_check(&w);
}
