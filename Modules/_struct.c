/* The module _struct: C structs in byte strings.
 *
 * A format is compiled to rows (offset, size, repeat, item kind); one row
 * makes `repeat` items, but for 's' and 'p', which make one of that size.
 * Integers of all sizes and orders share one pair of functions. */
#include "Python.h"

#include "float.h"
#include "structmember.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- formats ---- */

/* What an item is; sizes 0: the code does not exist in that mode. */
typedef struct {
    char code;
    char kind;                   /* 'i' signed, 'u' unsigned, or the code */
    unsigned char native_size;
    unsigned char native_align;
    unsigned char standard_size;
} item_kind;

static const item_kind item_kinds[] = {
    {'x', 'x', 1, 0, 1},
    {'b', 'i', 1, 0, 1},
    {'B', 'u', 1, 0, 1},
    {'c', 'c', 1, 0, 1},
    {'s', 's', 1, 0, 1},
    {'p', 'p', 1, 0, 1},
    {'h', 'i', sizeof(short), _Alignof(short), 2},
    {'H', 'u', sizeof(short), _Alignof(short), 2},
    {'i', 'i', sizeof(int), _Alignof(int), 4},
    {'I', 'u', sizeof(int), _Alignof(int), 4},
    {'l', 'i', sizeof(long), _Alignof(long), 4},
    {'L', 'u', sizeof(long), _Alignof(long), 4},
    {'q', 'i', sizeof(long long), _Alignof(long long), 8},
    {'Q', 'u', sizeof(long long), _Alignof(long long), 8},
    {'n', 'i', sizeof(Py_ssize_t), _Alignof(Py_ssize_t), 0},
    {'N', 'u', sizeof(size_t), _Alignof(size_t), 0},
    {'?', '?', sizeof(bool), _Alignof(bool), 1},
    {'e', 'e', 2, 2, 2},
    {'f', 'f', sizeof(float), _Alignof(float), 4},
    {'d', 'd', sizeof(double), _Alignof(double), 8},
    {'P', 'P', sizeof(void *), _Alignof(void *), 0},
};

typedef struct {
    const item_kind *kind;
    Py_ssize_t offset, size, repeat;
} format_row;

typedef struct {
    PyObject_HEAD
    Py_ssize_t size;             /* bytes; -1 before __init__ */
    Py_ssize_t len;              /* items; -1 before __init__ */
    format_row *rows;            /* ends with kind NULL; owned */
    PyObject *format;            /* bytes; owned */
    PyObject *weakrefs;
} StructObject;

/* The order and mode are in the format's first character. */
static inline char
order_of(const StructObject *self)
{
    return PyBytes_AS_STRING(self->format)[0];
}

static inline bool
is_little(const StructObject *self)
{
    return order_of(self) != '>' && order_of(self) != '!';
}

static inline bool
is_native(const StructObject *self)
{
    return order_of(self) == '\0' || strchr("<>=!", order_of(self)) == NULL;
}

typedef struct {
    PyTypeObject *struct_type;
    PyTypeObject *iterator_type;
    PyObject *error;
    PyObject *cache;             /* format -> Struct, or NULL */
} struct_state;

static PyModuleDef struct_module;

static struct_state *
state_of_type(PyTypeObject *type)
{
    return PyModule_GetState(PyType_GetModuleByDef(type, &struct_module));
}

static const item_kind *
find_kind(struct_state *state, char code, bool native)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(item_kinds); i++) {
        if (item_kinds[i].code == code &&
            (native || item_kinds[i].standard_size != 0)) {
            return &item_kinds[i];
        }
    }
    PyErr_SetString(state->error, "bad char in struct format");
    return NULL;
}

/* Reads the optional count at *p: 1 if there is none, -1 on error. */
static Py_ssize_t
take_count(struct_state *state, const char **p)
{
    Py_ssize_t count = 0;

    if (!Py_ISDIGIT(**p)) {
        return 1;
    }
    for (; Py_ISDIGIT(**p); ++*p) {
        int d = **p - '0';

        if (count > (PY_SSIZE_T_MAX - d) / 10) {
            PyErr_SetString(state->error, "total struct size too long");
            return -1;
        }
        count = count * 10 + d;
    }
    if (**p == '\0') {
        PyErr_SetString(state->error,
                        "repeat count given without format specifier");
        return -1;
    }
    return count;
}

/* Compiles `text` (behind the order character) into rows, or only measures
 * with rows == NULL.  Returns the number of rows, or -1. */
static Py_ssize_t
compile_rows(struct_state *state, StructObject *self, const char *text,
             bool native, format_row *rows)
{
    Py_ssize_t count = 0, size = 0, len = 0;

    for (const char *p = text; *p != '\0';) {
        if (Py_ISSPACE(*p)) {
            p++;
            continue;
        }
        Py_ssize_t repeat = take_count(state, &p);
        if (repeat < 0) {
            return -1;
        }
        const item_kind *kind = find_kind(state, *p++, native);
        if (kind == NULL) {
            return -1;
        }
        Py_ssize_t item = native ? kind->native_size
                                       : kind->standard_size;
        Py_ssize_t align = native ? kind->native_align : 0;
        if (align > 1) {
            Py_ssize_t over = size % align;

            if (over != 0 && size > PY_SSIZE_T_MAX - (align - over)) {
                goto too_long;
            }
            size += over == 0 ? 0 : align - over;
        }
        if (repeat > (PY_SSIZE_T_MAX - size) / item) {
            goto too_long;
        }
        bool is_text = kind->code == 's' || kind->code == 'p';
        if (kind->code != 'x' && (is_text || repeat > 0)) {
            if (rows != NULL) {
                rows[count] = (format_row){
                    .kind = kind, .offset = size,
                    .size = is_text ? repeat : item,
                    .repeat = is_text ? 1 : repeat};
            }
            count++;
            len += is_text ? 1 : repeat;
        }
        size += repeat * item;
    }
    self->size = size;
    self->len = len;
    return count;
too_long:
    PyErr_SetString(state->error, "total struct size too long");
    return -1;
}

static int
compile_format(struct_state *state, StructObject *self, PyObject *format)
{
    const char *text = PyBytes_AS_STRING(format);

    if (strlen(text) != (size_t)PyBytes_GET_SIZE(format)) {
        PyErr_SetString(state->error, "embedded null character");
        return -1;
    }
    bool native = is_native(self);
    text += *text != '\0' && strchr("<>=!@", *text) != NULL;
    Py_ssize_t old_size = self->size, old_len = self->len;
    Py_ssize_t count = compile_rows(state, self, text, native, NULL);
    format_row *rows = count < 0
                           ? NULL
                           : PyMem_New(format_row, (size_t)count + 1);
    if (rows == NULL) {
        if (count >= 0) {
            PyErr_NoMemory();
        }
        self->size = old_size;
        self->len = old_len;
        return -1;
    }
    compile_rows(state, self, text, native, rows);
    rows[count].kind = NULL;
    PyMem_Free(self->rows);
    self->rows = rows;
    return 0;
}

/* ---- items ---- */

static void
store(char *p, uint64_t bits, Py_ssize_t size, bool little)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        p[little ? i : size - 1 - i] = (char)(bits & 0xff);
        bits >>= 8;
    }
}

static uint64_t
load(const char *p, Py_ssize_t size, bool little)
{
    uint64_t bits = 0;

    for (Py_ssize_t i = size; --i >= 0;) {
        bits = bits << 8 | (unsigned char)p[little ? i : size - 1 - i];
    }
    return bits;
}

static PyObject *
unpack_item(StructObject *self, const format_row *row, const char *p)
{
    bool little = is_little(self);

    switch (row->kind->kind) {
    case 'i': {
        int unused = 64 - 8 * (int)row->size;
        uint64_t bits = load(p, row->size, little);

        return PyLong_FromLongLong((int64_t)(bits << unused) >> unused);
    }
    case 'u':
        return PyLong_FromUnsignedLongLong(load(p, row->size, little));
    case 'c':
        return PyBytes_FromStringAndSize(p, 1);
    case 's':
        return PyBytes_FromStringAndSize(p, row->size);
    case 'p': {
        Py_ssize_t n = row->size == 0 ? 0 : (unsigned char)*p;

        n = Py_MIN(n, Py_MAX(row->size - 1, 0));
        return PyBytes_FromStringAndSize(p + 1, n);
    }
    case '?':
        return PyBool_FromLong(*p != 0);
    case 'e':
        return PyFloat_FromDouble(PyFloat_Unpack2(p, little));
    case 'f':
        return PyFloat_FromDouble(PyFloat_Unpack4(p, little));
    case 'd':
        return PyFloat_FromDouble(PyFloat_Unpack8(p, little));
    default:
        assert(row->kind->kind == 'P');
        return PyLong_FromVoidPtr((void *)(uintptr_t)load(p, 8, true));
    }
}

/* The int that a value is, per __index__.  Returns new. */
static PyObject *
integer_of(struct_state *state, PyObject *value)
{
    if (PyLong_Check(value)) {
        return Py_NewRef(value);
    }
    if (!PyIndex_Check(value)) {
        PyErr_SetString(state->error, "required argument is not an integer");
        return NULL;
    }
    return _PyNumber_Index(value);
}

static int
raise_number_range(struct_state *state, StructObject *self,
                   const format_row *row)
{
    static const char *const names[] = {"byte", "short"};
    int bits = 8 * (int)row->size;
    bool is_unsigned = row->kind->kind == 'u';

    if (row->size == 1 || (row->size == 2 && is_little(self))) {
        const char *name = names[row->size - 1];

        if (is_unsigned) {
            PyErr_Format(state->error,
                         "u%s format requires 0 <= number <= %d", name,
                         (1 << bits) - 1);
        }
        else {
            PyErr_Format(state->error,
                         "%s format requires %d <= number <= %d", name,
                         -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
        }
    }
    else if (is_unsigned) {
        PyErr_Format(state->error, "'%c' format requires 0 <= number <= %zu",
                     row->kind->code,
                     bits == 64 ? SIZE_MAX : ((size_t)1 << bits) - 1);
    }
    else {
        PyErr_Format(state->error,
                     "'%c' format requires %zd <= number <= %zd",
                     row->kind->code, PY_SSIZE_T_MIN >> (64 - bits),
                     PY_SSIZE_T_MAX >> (64 - bits));
    }
    return -1;
}

/* OverflowError of a conversion becomes struct.error (for the big-endian
 * 8-byte codes the caller does that, in other words). */
static int
translate_overflow(struct_state *state, StructObject *self,
                   const format_row *row)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError) &&
        (is_little(self) || row->size < 8)) {
        PyErr_SetString(state->error, "argument out of range");
    }
    return -1;
}

static int
pack_integer(struct_state *state, StructObject *self, const format_row *row,
             char *p, PyObject *value)
{
    /* Small unsigned ones are read as signed: their messages differ. */
    bool is_unsigned = row->kind->kind == 'u' &&
                       row->size > (is_little(self) ? 2 : 1);
    int bits = 8 * (int)row->size;
    PyObject *number = integer_of(state, value);                /* owned */
    uint64_t raw;

    if (number == NULL) {
        return -1;
    }
    if (is_unsigned) {
        raw = PyLong_AsUnsignedLongLong(number);
        Py_DECREF(number);
        if (raw == (uint64_t)-1 && PyErr_Occurred()) {
            return translate_overflow(state, self, row);
        }
        if (bits < 64 && raw >> bits) {
            return raise_number_range(state, self, row);
        }
    }
    else {
        int64_t small = PyLong_AsLongLong(number);
        Py_DECREF(number);
        if (small == -1 && PyErr_Occurred()) {
            return translate_overflow(state, self, row);
        }
        raw = (uint64_t)small;
        if (row->kind->kind == 'u'
                ? small < 0 || small >> bits
                : bits < 64 && (small >> (bits - 1)) != small >> 63) {
            return raise_number_range(state, self, row);
        }
    }
    store(p, raw, row->size, is_little(self));
    return 0;
}

static int
pack_float(struct_state *state, StructObject *self, const format_row *row,
           char *p, PyObject *value)
{
    double x = PyFloat_AsDouble(value);

    if (x == -1.0 && PyErr_Occurred()) {
        PyErr_SetString(state->error, "required argument is not a float");
        return -1;
    }
    if (row->kind->kind == 'e') {
        return PyFloat_Pack2(x, p, is_little(self));
    }
    if (row->kind->kind == 'd') {
        return PyFloat_Pack8(x, p, is_little(self));
    }
    if (is_native(self)) {
        float narrow = (float)x;                /* may become infinite */

        memcpy(p, &narrow, sizeof(narrow));
        return 0;
    }
    return PyFloat_Pack4(x, p, is_little(self));
}

/* 's' and 'p' */
static int
pack_text(struct_state *state, const format_row *row, char *p,
          PyObject *value)
{
    bool is_bytes = PyBytes_Check(value);

    if (!is_bytes && !PyByteArray_Check(value)) {
        PyErr_Format(state->error, "argument for '%c' must be a bytes object",
                     row->kind->code);
        return -1;
    }
    const char *text = is_bytes ? PyBytes_AS_STRING(value)
                                : PyByteArray_AS_STRING(value);
    Py_ssize_t n = Py_SIZE(value), room = row->size;

    if (row->kind->kind == 'p') {
        if (room == 0) {
            return 0;
        }
        room--;
        n = Py_MIN(n, room);
        *p++ = (char)Py_MIN(n, 255);
    }
    memcpy(p, text, (size_t)Py_MIN(n, room));
    return 0;
}

/* Runs Python. */
static int
pack_item(struct_state *state, StructObject *self, const format_row *row,
          char *p, PyObject *value)
{
    switch (row->kind->kind) {
    case 'i': case 'u':
        return pack_integer(state, self, row, p, value);
    case 'c':
        if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) != 1) {
            PyErr_SetString(state->error,
                            "char format requires a bytes object of length "
                            "1");
            return -1;
        }
        *p = PyBytes_AS_STRING(value)[0];
        return 0;
    case 's': case 'p':
        return pack_text(state, row, p, value);
    case '?': {
        int truth = PyObject_IsTrue(value);

        *p = (char)(truth > 0);
        return truth < 0 ? -1 : 0;
    }
    case 'e': case 'f': case 'd':
        return pack_float(state, self, row, p, value);
    default: {
        PyObject *number = integer_of(state, value);            /* owned */

        assert(row->kind->kind == 'P');
        if (number == NULL) {
            return -1;
        }
        void *pointer = PyLong_AsVoidPtr(number);
        Py_DECREF(number);
        if (pointer == NULL && PyErr_Occurred()) {
            return -1;
        }
        store(p, (uint64_t)(uintptr_t)pointer, 8, true);
        return 0;
    }
    }
}

/* All items; the memory of padding is zeroed.  Runs Python. */
static int
pack_all(struct_state *state, StructObject *self, char *data,
         PyObject *const *values)
{
    memset(data, 0, (size_t)self->size);
    for (const format_row *row = self->rows; row->kind != NULL; row++) {
        char *p = data + row->offset;

        for (Py_ssize_t i = 0; i < row->repeat; i++, p += row->size) {
            PyObject *value = *values++;

            if (pack_item(state, self, row, p, value) < 0) {
                if (PyLong_Check(value) &&
                    PyErr_ExceptionMatches(PyExc_OverflowError)) {
                    PyErr_SetString(state->error,
                                    "int too large to convert");
                }
                return -1;
            }
        }
    }
    return 0;
}

static PyObject *
unpack_all(StructObject *self, const char *data)
{
    PyObject *result = PyTuple_New(self->len);                  /* owned */
    Py_ssize_t at = 0;

    if (result == NULL) {
        return NULL;
    }
    for (const format_row *row = self->rows; row->kind != NULL; row++) {
        const char *p = data + row->offset;

        for (Py_ssize_t i = 0; i < row->repeat; i++, p += row->size) {
            PyObject *item = unpack_item(self, row, p);

            if (item == NULL) {
                Py_DECREF(result);
                return NULL;
            }
            PyTuple_SET_ITEM(result, at++, item);
        }
    }
    return result;
}

/* ---- Struct ---- */

static PyObject *
struct_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
           PyObject *Py_UNUSED(kwargs))
{
    StructObject *self = (StructObject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->size = self->len = -1;
    }
    return (PyObject *)self;
}

static int
struct_init_format(struct_state *state, StructObject *self, PyObject *format)
{
    PyObject *bytes;                                            /* owned */

    if (PyUnicode_Check(format)) {
        bytes = PyUnicode_AsASCIIString(format);
        if (bytes == NULL) {
            return -1;
        }
    }
    else if (PyBytes_Check(format)) {
        bytes = Py_NewRef(format);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "Struct() argument 1 must be a str or bytes object, not "
                     "%.200s",
                     Py_TYPE(format)->tp_name);
        return -1;
    }
    PyObject *old = self->format;                               /* owned */
    self->format = bytes;
    int status = compile_format(state, self, bytes);
    if (status < 0) {
        self->format = old;              /* the object stays as it was */
        old = bytes;
    }
    Py_XDECREF(old);
    return status;
}

static int
struct_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"format", NULL};
    PyObject *format;                                           /* borrowed */

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Struct", keywords,
                                     &format)) {
        return -1;
    }
    return struct_init_format(state_of_type(Py_TYPE(op)), (StructObject *)op,
                              format);
}

static int
struct_clear(PyObject *op)
{
    Py_CLEAR(((StructObject *)op)->format);
    return 0;
}

static int
struct_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static void
struct_dealloc(PyObject *op)
{
    StructObject *self = (StructObject *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    PyMem_Free(self->rows);
    struct_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

/* Methods of an object that __init__ never saw. */
static int
check_initialized(struct_state *state, StructObject *self)
{
    if (self->rows == NULL) {
        PyErr_SetString(state->error, "Struct object is not initialized");
        return -1;
    }
    return 0;
}

static PyObject *
struct_unpack_buffer(struct_state *state, StructObject *self, PyObject *source)
{
    Py_buffer view;
    PyObject *result = NULL;

    if (check_initialized(state, self) < 0 ||
        PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (view.len != self->size) {
        PyErr_Format(state->error, "unpack requires a buffer of %zd bytes",
                     self->size);
    }
    else {
        result = unpack_all(self, view.buf);
    }
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
struct_unpack(PyObject *op, PyObject *source)
{
    return struct_unpack_buffer(state_of_type(Py_TYPE(op)),
                                (StructObject *)op, source);
}

/* Makes a negative offset count from the end; checks the room. */
static int
check_offset(struct_state *state, StructObject *self, Py_ssize_t *offset,
             Py_ssize_t len, bool packing)
{
    if (*offset < 0) {
        if (*offset + self->size > 0) {
            PyErr_Format(state->error,
                         packing ? "no space to pack %zd bytes at offset %zd"
                                 : "not enough data to unpack %zd bytes at "
                                   "offset %zd",
                         self->size, *offset);
            return -1;
        }
        if (*offset + len < 0) {
            PyErr_Format(state->error,
                         "offset %zd out of range for %zd-byte buffer",
                         *offset, len);
            return -1;
        }
        *offset += len;
    }
    if (len - *offset < self->size) {
        PyErr_Format(state->error,
                     packing
                         ? "pack_into requires a buffer of at least %zu bytes "
                           "for packing %zd bytes at offset %zd (actual "
                           "buffer size is %zd)"
                         : "unpack_from requires a buffer of at least %zu "
                           "bytes for unpacking %zd bytes at offset %zd "
                           "(actual buffer size is %zd)",
                     (size_t)self->size + (size_t)*offset, self->size,
                     *offset, len);
        return -1;
    }
    return 0;
}

static PyObject *
struct_unpack_at(struct_state *state, StructObject *self, PyObject *source,
                 Py_ssize_t offset)
{
    Py_buffer view;
    PyObject *result = NULL;

    if (check_initialized(state, self) < 0 ||
        PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (check_offset(state, self, &offset, view.len, false) == 0) {
        result = unpack_all(self, (char *)view.buf + offset);
    }
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
struct_unpack_from(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const keywords[] = {"buffer", "offset", NULL};
    static _PyArg_Parser parser = {.format = "O|n:unpack_from",
                                   .keywords = keywords};
    PyObject *source;                                           /* borrowed */
    Py_ssize_t offset = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &source,
                                      &offset)) {
        return NULL;
    }
    return struct_unpack_at(state_of_type(Py_TYPE(op)), (StructObject *)op,
                            source, offset);
}

static PyObject *
struct_pack_values(struct_state *state, StructObject *self,
                   PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != self->len) {
        PyErr_Format(state->error,
                     "pack expected %zd items for packing (got %zd)",
                     self->len, nargs);
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, self->size);
    if (result == NULL) {
        return NULL;
    }
    if (self->size > 1) {
        if (pack_all(state, self, PyBytes_AS_STRING(result), args) < 0) {
            Py_CLEAR(result);
        }
        return result;
    }
    /* Strings of up to one byte are shared: pack elsewhere. */
    char space[2];
    Py_DECREF(result);
    if (pack_all(state, self, space, args) < 0) {
        return NULL;
    }
    return PyBytes_FromStringAndSize(space, self->size);
}

static PyObject *
struct_pack(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return struct_pack_values(state_of_type(Py_TYPE(op)), (StructObject *)op,
                              args, nargs);
}

static PyObject *
struct_pack_into_buffer(struct_state *state, StructObject *self,
                        PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer view;
    PyObject *result = NULL;

    if (nargs != self->len + 2 || self->len < 0) {
        if (nargs == 0) {
            PyErr_SetString(state->error,
                            "pack_into expected buffer argument");
        }
        else if (nargs == 1) {
            PyErr_SetString(state->error,
                            "pack_into expected offset argument");
        }
        else {
            PyErr_Format(state->error,
                         "pack_into expected %zd items for packing (got "
                         "%zd)",
                         self->len, nargs - 2);
        }
        return NULL;
    }
    if (!PyArg_Parse(args[0], "w*", &view)) {
        return NULL;
    }
    Py_ssize_t offset = PyNumber_AsSsize_t(args[1], PyExc_IndexError);
    if (offset == -1 && PyErr_Occurred()) {
        goto done;
    }
    if (check_offset(state, self, &offset, view.len, true) == 0 &&
        pack_all(state, self, (char *)view.buf + offset, args + 2) == 0) {
        result = Py_NewRef(Py_None);
    }
done:
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
struct_pack_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return struct_pack_into_buffer(state_of_type(Py_TYPE(op)),
                                   (StructObject *)op, args, nargs);
}

/* ---- iter_unpack ---- */

typedef struct {
    PyObject_HEAD
    StructObject *layout;        /* owned; NULL once exhausted */
    Py_buffer view;
    Py_ssize_t at;
} unpack_iterator;

static void
iterator_finish(unpack_iterator *self)
{
    Py_CLEAR(self->layout);
    PyBuffer_Release(&self->view);
}

static void
iterator_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    iterator_finish((unpack_iterator *)op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static int
iterator_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((unpack_iterator *)op)->layout);
    Py_VISIT(((unpack_iterator *)op)->view.obj);
    return 0;
}

static PyObject *
iterator_next(PyObject *op)
{
    unpack_iterator *self = (unpack_iterator *)op;

    if (self->layout == NULL) {
        return NULL;
    }
    if (self->at >= self->view.len) {
        iterator_finish(self);
        return NULL;
    }
    PyObject *result = unpack_all(self->layout,
                                  (char *)self->view.buf + self->at);
    self->at += self->layout->size;
    return result;
}

static PyObject *
iterator_length_hint(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    unpack_iterator *self = (unpack_iterator *)op;

    if (self->layout == NULL) {
        return PyLong_FromLong(0);
    }
    return PyLong_FromSsize_t((self->view.len - self->at) /
                              self->layout->size);
}

static PyMethodDef iterator_methods[] = {
    {"__length_hint__", iterator_length_hint, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_methods, iterator_methods},
    {0, NULL},
};

static PyType_Spec iterator_spec = {
    .name = "_struct.unpack_iterator",
    .basicsize = sizeof(unpack_iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = iterator_slots,
};

static PyObject *
struct_iterate(struct_state *state, StructObject *self, PyObject *source)
{
    if (check_initialized(state, self) < 0) {
        return NULL;
    }
    if (self->size == 0) {
        PyErr_SetString(state->error,
                        "cannot iteratively unpack with a struct of length "
                        "0");
        return NULL;
    }
    unpack_iterator *it = PyObject_GC_New(unpack_iterator,
                                          state->iterator_type);
    if (it == NULL) {
        return NULL;
    }
    it->layout = NULL;
    it->view.obj = NULL;
    it->at = 0;
    if (PyObject_GetBuffer(source, &it->view, PyBUF_SIMPLE) < 0) {
        it->view.obj = NULL;
        PyObject_GC_Track(it);
        Py_DECREF(it);
        return NULL;
    }
    PyObject_GC_Track(it);
    if (it->view.len % self->size != 0) {
        PyErr_Format(state->error,
                     "iterative unpacking requires a buffer of a multiple of "
                     "%zd bytes",
                     self->size);
        Py_DECREF(it);
        return NULL;
    }
    it->layout = (StructObject *)Py_NewRef(self);
    return (PyObject *)it;
}

static PyObject *
struct_iter_unpack(PyObject *op, PyObject *source)
{
    return struct_iterate(state_of_type(Py_TYPE(op)), (StructObject *)op,
                          source);
}

static PyObject *
struct_sizeof(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    StructObject *self = (StructObject *)op;
    size_t size = sizeof(StructObject) + sizeof(format_row);

    for (const format_row *row = self->rows; row != NULL && row->kind != NULL;
         row++) {
        size += sizeof(format_row);
    }
    return PyLong_FromSize_t(size);
}

static PyObject *
struct_get_format(PyObject *op, void *Py_UNUSED(closure))
{
    StructObject *self = (StructObject *)op;

    if (self->format == NULL) {
        PyErr_SetString(PyExc_AttributeError, "format");
        return NULL;
    }
    return PyUnicode_FromStringAndSize(PyBytes_AS_STRING(self->format),
                                       PyBytes_GET_SIZE(self->format));
}

static PyObject *
struct_get_size(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(((StructObject *)op)->size);
}

#define FAST(f) (PyCFunction)(void (*)(void))f

static PyMethodDef struct_methods[] = {
    {"iter_unpack", struct_iter_unpack, METH_O,
     "iter_unpack($self, buffer, /)\n--\n\nIterate over the buffer's "
     "structs."},
    {"pack", FAST(struct_pack), METH_FASTCALL,
     "S.pack(v1, v2, ...) -> bytes\n\nPack the values."},
    {"pack_into", FAST(struct_pack_into), METH_FASTCALL,
     "S.pack_into(buffer, offset, v1, v2, ...)\n\nPack into a buffer."},
    {"unpack", struct_unpack, METH_O,
     "unpack($self, buffer, /)\n--\n\nUnpack a buffer of the exact size."},
    {"unpack_from", FAST(struct_unpack_from), METH_FASTCALL | METH_KEYWORDS,
     "unpack_from($self, /, buffer, offset=0)\n--\n\n"
     "Unpack from a place in a buffer."},
    {"__sizeof__", struct_sizeof, METH_NOARGS, "Memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef struct_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(StructObject, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef struct_getset[] = {
    {"format", struct_get_format, NULL, "struct format string", NULL},
    {"size", struct_get_size, NULL, "struct size in bytes", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot struct_type_slots[] = {
    {Py_tp_dealloc, struct_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_doc, (char *)"Struct(fmt): a format, parsed once"},
    {Py_tp_traverse, struct_traverse},
    {Py_tp_clear, struct_clear},
    {Py_tp_methods, struct_methods},
    {Py_tp_members, struct_members},
    {Py_tp_getset, struct_getset},
    {Py_tp_init, struct_init},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, struct_new},
    {Py_tp_free, PyObject_GC_Del},
    {0, NULL},
};

static PyType_Spec struct_spec = {
    .name = "_struct.Struct",
    .basicsize = sizeof(StructObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = struct_type_slots,
};

/* ---- functions: with a cache of compiled formats ---- */

#define CACHE_SIZE 100

static StructObject *
struct_from_cache(PyObject *module, PyObject *format)
{
    struct_state *state = PyModule_GetState(module);
    PyObject *found = NULL;

    if (state->cache == NULL) {
        state->cache = PyDict_New();
        if (state->cache == NULL) {
            return NULL;
        }
    }
    if (PyUnicode_CheckExact(format) || PyBytes_CheckExact(format)) {
        found = PyDict_GetItemWithError(state->cache, format);  /* borrowed */
        if (found != NULL) {
            return (StructObject *)Py_NewRef(found);
        }
        if (PyErr_Occurred()) {
            return NULL;
        }
    }
    StructObject *made = (StructObject *)struct_new(state->struct_type, NULL,
                                                    NULL);
    if (made == NULL) {
        return NULL;
    }
    if (struct_init_format(state, made, format) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    if (PyDict_GET_SIZE(state->cache) >= CACHE_SIZE) {
        PyDict_Clear(state->cache);
    }
    if (PyDict_SetItem(state->cache, format, (PyObject *)made) < 0) {
        PyErr_Clear();              /* unhashable or no memory: not cached */
    }
    return made;
}

static PyObject *
module_clearcache(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    struct_state *state = PyModule_GetState(module);

    if (state->cache != NULL) {      /* emptied: somebody may be looking */
        PyDict_Clear(state->cache);
    }
    Py_RETURN_NONE;
}

static PyObject *
module_calcsize(PyObject *module, PyObject *format)
{
    StructObject *layout = struct_from_cache(module, format);   /* owned */

    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = PyLong_FromSsize_t(layout->size);
    Py_DECREF(layout);
    return result;
}

/* The layout of args[0] for pack and pack_into. */
static StructObject *
layout_argument(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError, "missing format argument");
        return NULL;
    }
    return struct_from_cache(module, args[0]);
}

static PyObject *
module_pack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    StructObject *layout = layout_argument(module, args, nargs); /* owned */

    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = struct_pack_values(PyModule_GetState(module), layout,
                                          args + 1, nargs - 1);
    Py_DECREF(layout);
    return result;
}

static PyObject *
module_pack_into(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    StructObject *layout = layout_argument(module, args, nargs); /* owned */

    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = struct_pack_into_buffer(PyModule_GetState(module),
                                               layout, args + 1, nargs - 1);
    Py_DECREF(layout);
    return result;
}

static PyObject *
module_unpack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("unpack", nargs, 2, 2)) {
        return NULL;
    }
    StructObject *layout = struct_from_cache(module, args[0]);  /* owned */
    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = struct_unpack_buffer(PyModule_GetState(module), layout,
                                            args[1]);
    Py_DECREF(layout);
    return result;
}

static PyObject *
module_unpack_from(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const keywords[] = {"", "buffer", "offset", NULL};
    static _PyArg_Parser parser = {.format = "OO|n:unpack_from",
                                   .keywords = keywords};
    PyObject *format, *source;                                  /* borrowed */
    Py_ssize_t offset = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &format,
                                      &source, &offset)) {
        return NULL;
    }
    StructObject *layout = struct_from_cache(module, format);   /* owned */
    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = struct_unpack_at(PyModule_GetState(module), layout,
                                        source, offset);
    Py_DECREF(layout);
    return result;
}

static PyObject *
module_iter_unpack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("iter_unpack", nargs, 2, 2)) {
        return NULL;
    }
    StructObject *layout = struct_from_cache(module, args[0]);  /* owned */
    if (layout == NULL) {
        return NULL;
    }
    PyObject *result = struct_iterate(PyModule_GetState(module), layout,
                                      args[1]);
    Py_DECREF(layout);
    return result;
}

static PyMethodDef module_methods[] = {
    {"_clearcache", module_clearcache, METH_NOARGS,
     "_clearcache($module, /)\n--\n\nForget compiled formats."},
    {"calcsize", module_calcsize, METH_O,
     "calcsize($module, format, /)\n--\n\nSize of the struct in bytes."},
    {"iter_unpack", FAST(module_iter_unpack), METH_FASTCALL,
     "iter_unpack($module, format, buffer, /)\n--\n\n"
     "Iterate over the buffer's structs."},
    {"pack", FAST(module_pack), METH_FASTCALL,
     "pack(format, v1, v2, ...) -> bytes\n\nPack the values."},
    {"pack_into", FAST(module_pack_into), METH_FASTCALL,
     "pack_into(format, buffer, offset, v1, v2, ...)\n\n"
     "Pack into a buffer."},
    {"unpack", FAST(module_unpack), METH_FASTCALL,
     "unpack($module, format, buffer, /)\n--\n\n"
     "Unpack a buffer of the exact size."},
    {"unpack_from", FAST(module_unpack_from), METH_FASTCALL | METH_KEYWORDS,
     "unpack_from($module, format, /, buffer, offset=0)\n--\n\n"
     "Unpack from a place in a buffer."},
    {NULL, NULL, 0, NULL},
};

/* ---- the module ---- */

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct_state *state = PyModule_GetState(module);

    Py_VISIT(state->struct_type);
    Py_VISIT(state->iterator_type);
    Py_VISIT(state->error);
    Py_VISIT(state->cache);
    return 0;
}

static int
module_clear(PyObject *module)
{
    struct_state *state = PyModule_GetState(module);

    Py_CLEAR(state->struct_type);
    Py_CLEAR(state->iterator_type);
    Py_CLEAR(state->error);
    Py_CLEAR(state->cache);
    return 0;
}

static void
module_free(void *module)
{
    module_clear(module);
}

static int
module_exec(PyObject *module)
{
    struct_state *state = PyModule_GetState(module);

    state->struct_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &struct_spec, NULL);
    if (state->struct_type == NULL ||
        PyModule_AddType(module, state->struct_type) < 0) {
        return -1;
    }
    state->iterator_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &iterator_spec, NULL);
    if (state->iterator_type == NULL) {
        return -1;
    }
    state->error = PyErr_NewException("struct.error", NULL, NULL);
    if (state->error == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "error", state->error);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static PyModuleDef struct_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_struct",
    .m_doc = "C structs in byte strings; see the module struct.",
    .m_size = sizeof(struct_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__struct(void);

PyMODINIT_FUNC
PyInit__struct(void)
{
    return PyModuleDef_Init(&struct_module);
}
