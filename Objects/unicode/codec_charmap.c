/* Codecs by character maps, and str.translate. */
#include "Python.h"
#include "internal/codecs.h"
#include "internal/object.h"
#include "unicode.h"

static const char undefined[] = "character maps to <undefined>";

/* ---- decoding ----------------------------------------------------------- */

enum { MAP_FAILED = -1, MAP_UNDEFINED = 0, MAP_DONE = 1 };

/* mapping[key]; *item new, or NULL and MAP_UNDEFINED if there is none. */
static int
map_get(PyObject *mapping, Py_UCS4 key, PyObject **item)
{
    PyObject *number = PyLong_FromUnsignedLong(key);

    *item = NULL;
    if (number == NULL) {
        return MAP_FAILED;
    }
    *item = PyObject_GetItem(mapping, number);
    Py_DECREF(number);
    if (*item == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_LookupError)) {
            return MAP_FAILED;
        }
        PyErr_Clear();                 /* LookupError */
        return MAP_UNDEFINED;
    }
    return MAP_DONE;
}

/* Writes what the mapping says of the byte. */
static int
decode_mapped(PyObject *mapping, unsigned char byte, _PyUnicodeWriter *writer)
{
    PyObject *item;
    int status = map_get(mapping, byte, &item);

    if (status != MAP_DONE) {
        return status;
    }
    if (item == Py_None) {
        status = MAP_UNDEFINED;
    }
    else if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value == 0xfffe) {
            status = MAP_UNDEFINED;
        }
        else if (value < 0 || value > (long)UNICODE_MAX) {
            PyErr_Format(PyExc_TypeError,
                         "character mapping must be in range(0x%x)",
                         UNICODE_MAX + 1);
            status = MAP_FAILED;
        }
        else if (_PyUnicodeWriter_WriteChar(writer, (Py_UCS4)value) < 0) {
            status = MAP_FAILED;
        }
    }
    else if (PyUnicode_Check(item)) {
        if (PyUnicode_READY(item) < 0) {
            status = MAP_FAILED;
        }
        else if (unicode_length(item) == 1 &&
                 unicode_read(unicode_kind(item), unicode_data(item), 0) ==
                     0xfffe) {
            status = MAP_UNDEFINED;
        }
        else {
            writer->overallocate = 1;
            if (_PyUnicodeWriter_WriteStr(writer, item) < 0) {
                status = MAP_FAILED;
            }
        }
    }
    else {
        PyErr_SetString(PyExc_TypeError,
                        "character mapping must return integer, None or str");
        status = MAP_FAILED;
    }
    Py_DECREF(item);
    return status;
}

/* As decode_mapped, for a map that is a string. */
static inline int
decode_by_table(PyObject *table, unsigned char byte, _PyUnicodeWriter *writer)
{
    if (byte >= unicode_length(table)) {
        return MAP_UNDEFINED;
    }
    Py_UCS4 ch = unicode_read(unicode_kind(table), unicode_data(table), byte);
    if (ch == 0xfffe) {
        return MAP_UNDEFINED;
    }
    return _PyUnicodeWriter_WriteChar(writer, ch) < 0 ? MAP_FAILED : MAP_DONE;
}

PyObject *
PyUnicode_DecodeCharmap(const char *text, Py_ssize_t size, PyObject *mapping,
                        const char *errors)
{
    CodecInput input = {.start = text, .end = text + size};
    _PyUnicodeWriter writer;
    CodecErrors state;
    Py_ssize_t at = 0;
    PyObject *result = NULL;

    if (mapping == NULL) {
        return PyUnicode_DecodeLatin1(text, size, errors);
    }
    if (size == 0) {
        return Py_NewRef(unicode_empty());
    }
    int by_table = PyUnicode_CheckExact(mapping);
    if (by_table && PyUnicode_READY(mapping) < 0) {
        return NULL;
    }
    codec_errors_init(&state, "charmap", errors);
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    while (at < input.end - input.start) {
        unsigned char byte = (unsigned char)input.start[at];
        int status = by_table ? decode_by_table(mapping, byte, &writer)
                              : decode_mapped(mapping, byte, &writer);
        if (status == MAP_FAILED) {
            goto done;
        }
        if (status == MAP_DONE) {
            at++;
        }
        else {
            const CodecDefect defect = {at, at + 1, undefined};
            if (codec_decode_error(&state, &defect, &input, &writer, &at) <
                0) {
                goto done;
            }
        }
    }
    result = _PyUnicodeWriter_Finish(&writer);
done:
    _PyUnicodeWriter_Dealloc(&writer);
    codec_errors_release(&state);
    Py_XDECREF(input.owner);
    return result;
}

/* ---- encoding maps ------------------------------------------------------ */

/* Character -> byte, as a tree of three levels over its 5, 4 and 7 bits: what
 * the first two levels hold is 0 (nothing) or 1 + the number of a group of the
 * next level.  In the last one 0 means undefined.  NUL always maps to 0. */
enum { TOP_SIZE = 32, GROUP_SIZE = 16, BLOCK_SIZE = 128 };

typedef struct {
    PyObject_HEAD
    unsigned char top[TOP_SIZE];
    int group_count, block_count;
    unsigned char *blocks;                   /* behind the groups */
    unsigned char groups[];
} EncodingMap;

static PyObject *
encoding_map_size(PyObject *op, PyObject *unused)
{
    EncodingMap *self = (EncodingMap *)op;

    return PyLong_FromLong((long)sizeof(EncodingMap) +
                           self->group_count * GROUP_SIZE +
                           self->block_count * BLOCK_SIZE);
}

static PyMethodDef encoding_map_methods[] = {
    {"size", encoding_map_size, METH_NOARGS,
     PyDoc_STR("The number of bytes of this object.")},
    {NULL, NULL, 0, NULL},
};

static void
encoding_map_dealloc(PyObject *self)
{
    PyObject_Free(self);
}

PyTypeObject unicode_encoding_map_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "EncodingMap",
    .tp_basicsize = sizeof(EncodingMap),
    .tp_dealloc = encoding_map_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = encoding_map_methods,
};

/* -1: undefined */
static int
encoding_map_find(const EncodingMap *self, Py_UCS4 ch)
{
    if (ch == 0) {
        return 0;
    }
    if (ch > 0xffff || self->top[ch >> 11] == 0) {
        return -1;
    }
    int group = self->top[ch >> 11] - 1;
    int block = self->groups[group * GROUP_SIZE + (ch >> 7 & 15)] - 1;
    if (block < 0) {
        return -1;
    }
    int byte = self->blocks[block * BLOCK_SIZE + (ch & 127)];
    return byte == 0 ? -1 : byte;
}

static PyObject *
encoding_map_as_dict(PyObject *table, Py_ssize_t n)
{
    PyObject *result = PyDict_New(), *key = NULL, *value = NULL;

    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        key = PyLong_FromLong((long)unicode_read(unicode_kind(table),
                                                 unicode_data(table), i));
        value = PyLong_FromSsize_t(i);
        if (key == NULL || value == NULL ||
            PyDict_SetItem(result, key, value) < 0) {
            Py_CLEAR(result);
        }
        Py_CLEAR(key);
        Py_CLEAR(value);
    }
    return result;
}

/* Which of the 512 blocks of 128 characters a table of bytes uses: their
 * number, or -1 if the characters are not such that a map can hold them. */
static int
encoding_map_survey(PyObject *table, Py_ssize_t n, unsigned char *used)
{
    int kind = unicode_kind(table), count = 0;
    const void *data = unicode_data(table);

    if (unicode_read(kind, data, 0) != 0) {
        return -1;
    }
    for (Py_ssize_t i = 1; i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (ch == 0 || ch > 0xffff) {
            return -1;
        }
        if (ch != 0xfffe) {
            count += !used[ch >> 7];
            used[ch >> 7] = 1;
        }
    }
    return count;
}

/* An empty map with the groups and blocks for what is used. */
static EncodingMap *
encoding_map_new(const unsigned char *used, int block_count)
{
    int group_count = 0, block = 0;
    unsigned char top[TOP_SIZE] = {0};

    for (int i = 0; i < TOP_SIZE * GROUP_SIZE; i++) {
        if (used[i] && top[i / GROUP_SIZE] == 0) {
            top[i / GROUP_SIZE] = (unsigned char)++group_count;
        }
    }
    size_t size = (size_t)(group_count * GROUP_SIZE +
                           block_count * BLOCK_SIZE);
    EncodingMap *self = PyObject_Malloc(sizeof(EncodingMap) + size);
    if (self == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    object_init((PyObject *)self, &unicode_encoding_map_type);
    self->group_count = group_count;
    self->block_count = block_count;
    self->blocks = self->groups + group_count * GROUP_SIZE;
    memcpy(self->top, top, sizeof(top));
    memset(self->groups, 0, size);
    for (int i = 0; i < TOP_SIZE * GROUP_SIZE; i++) {
        if (used[i]) {
            self->groups[(top[i / GROUP_SIZE] - 1) * GROUP_SIZE +
                         i % GROUP_SIZE] = (unsigned char)++block;
        }
    }
    return self;
}

PyObject *
PyUnicode_BuildEncodingMap(PyObject *table)
{
    unsigned char used[TOP_SIZE * GROUP_SIZE] = {0};

    if (!PyUnicode_Check(table) || PyUnicode_READY(table) < 0 ||
        unicode_length(table) == 0) {
        PyErr_BadArgument();
        return NULL;
    }
    int kind = unicode_kind(table);
    const void *data = unicode_data(table);
    Py_ssize_t n = Py_MIN(unicode_length(table), 256);
    int block_count = encoding_map_survey(table, n, used);
    if (block_count < 0 || block_count > 254) {
        return encoding_map_as_dict(table, n);
    }
    EncodingMap *self = encoding_map_new(used, block_count);
    for (Py_ssize_t i = 1; self != NULL && i < n; i++) {
        Py_UCS4 ch = unicode_read(kind, data, i);
        if (ch != 0xfffe) {
            int block = self->groups[(self->top[ch >> 11] - 1) * GROUP_SIZE +
                                     (ch >> 7 & 15)] - 1;
            self->blocks[block * BLOCK_SIZE + (ch & 127)] = (unsigned char)i;
        }
    }
    return (PyObject *)self;
}

/* ---- encoding ----------------------------------------------------------- */

/* A mapping's answer for the character, new: bytes, int or None. */
static PyObject *
encode_lookup(PyObject *mapping, Py_UCS4 ch)
{
    PyObject *item;
    int status = map_get(mapping, ch, &item);

    if (status == MAP_FAILED) {
        return NULL;
    }
    if (status == MAP_UNDEFINED) {
        return Py_NewRef(Py_None);
    }
    if (item == Py_None || PyBytes_Check(item)) {
        return item;
    }
    if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value >= 0 && value <= 255) {
            return item;
        }
        PyErr_SetString(PyExc_TypeError,
                        "character mapping must be in range(256)");
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "character mapping must return integer, bytes or None, "
                     "not %.400s", Py_TYPE(item)->tp_name);
    }
    Py_DECREF(item);
    return NULL;
}

/* Writes the character: status, and *out the writer's new position. */
static int
encode_mapped(PyObject *mapping, Py_UCS4 ch, _PyBytesWriter *writer,
              char **out)
{
    char byte;

    if (Py_IS_TYPE(mapping, &unicode_encoding_map_type)) {
        int value = encoding_map_find((EncodingMap *)mapping, ch);
        if (value < 0) {
            return MAP_UNDEFINED;
        }
        byte = (char)value;
        *out = _PyBytesWriter_WriteBytes(writer, *out, &byte, 1);
        return *out == NULL ? MAP_FAILED : MAP_DONE;
    }
    PyObject *item = encode_lookup(mapping, ch);
    if (item == NULL) {
        return MAP_FAILED;
    }
    if (item == Py_None) {
        Py_DECREF(item);
        return MAP_UNDEFINED;
    }
    if (PyLong_Check(item)) {
        byte = (char)PyLong_AsLong(item);
        *out = _PyBytesWriter_WriteBytes(writer, *out, &byte, 1);
    }
    else {
        *out = _PyBytesWriter_WriteBytes(writer, *out, PyBytes_AS_STRING(item),
                                         PyBytes_GET_SIZE(item));
    }
    Py_DECREF(item);
    return *out == NULL ? MAP_FAILED : MAP_DONE;
}

/* Whether the mapping has the character; status. */
static int
encode_has(PyObject *mapping, Py_UCS4 ch)
{
    if (Py_IS_TYPE(mapping, &unicode_encoding_map_type)) {
        return encoding_map_find((EncodingMap *)mapping, ch) >= 0;
    }
    PyObject *item = encode_lookup(mapping, ch);
    if (item == NULL) {
        return MAP_FAILED;
    }
    Py_DECREF(item);
    return item != Py_None;
}

typedef struct {
    PyObject *text, *mapping;
    _PyBytesWriter writer;
    char *out;
    CodecErrors errors;
} Encoder;

/* Text of the error handler for the defect, through the map; 0/-1. */
static int
encode_substitute(Encoder *e, PyObject *substitute, const CodecDefect *defect)
{
    int kind = unicode_kind(substitute);

    for (Py_ssize_t i = 0; i < unicode_length(substitute); i++) {
        int status = encode_mapped(
            e->mapping, unicode_read(kind, unicode_data(substitute), i),
            &e->writer, &e->out);
        if (status == MAP_UNDEFINED) {
            codec_raise_encode(&e->errors, e->text, defect);
        }
        if (status != MAP_DONE) {
            return -1;
        }
    }
    return 0;
}

/* The unencodable run that starts at *at; *at becomes where to go on. 0/-1 */
static int
encode_defect(Encoder *e, Py_ssize_t *at)
{
    int kind = unicode_kind(e->text);
    const void *data = unicode_data(e->text);
    Py_ssize_t n = unicode_length(e->text);
    CodecDefect defect = {*at, *at + 1, undefined};

    for (; defect.end < n; defect.end++) {
        int status = encode_has(e->mapping,
                                unicode_read(kind, data, defect.end));
        if (status == MAP_FAILED) {
            return -1;
        }
        if (status == MAP_DONE) {
            break;
        }
    }
    *at = defect.end;
    switch (codec_errors_handler(&e->errors)) {
    case _Py_ERROR_STRICT:
        codec_raise_encode(&e->errors, e->text, &defect);
        return -1;
    case _Py_ERROR_IGNORE:
        return 0;
    case _Py_ERROR_REPLACE:
        for (Py_ssize_t i = defect.start; i < defect.end; i++) {
            if (encode_substitute(e, unicode_latin1_char('?'), &defect) < 0) {
                return -1;
            }
        }
        return 0;
    default:
        break;
    }
    PyObject *replacement = codec_encode_error(&e->errors, e->text, &defect,
                                               at);
    if (replacement == NULL) {
        return -1;
    }
    int status = 0;
    if (PyBytes_Check(replacement)) {
        e->out = _PyBytesWriter_WriteBytes(&e->writer, e->out,
                                           PyBytes_AS_STRING(replacement),
                                           PyBytes_GET_SIZE(replacement));
        status = e->out == NULL ? -1 : 0;
    }
    else {
        status = encode_substitute(e, replacement, &defect);
    }
    Py_DECREF(replacement);
    return status;
}

PyObject *
_PyUnicode_EncodeCharmap(PyObject *text, PyObject *mapping,
                         const char *errors)
{
    if (PyUnicode_READY(text) < 0) {
        return NULL;
    }
    if (mapping == NULL) {
        return _PyUnicode_AsLatin1String(text, errors);
    }
    Encoder e = {.text = text, .mapping = mapping};
    Py_ssize_t n = unicode_length(text);
    codec_errors_init(&e.errors, "charmap", errors);
    _PyBytesWriter_Init(&e.writer);
    e.writer.overallocate = 1;
    e.out = _PyBytesWriter_Alloc(&e.writer, n);
    int failed = e.out == NULL;
    for (Py_ssize_t i = 0; i < n && !failed;) {
        int status = encode_mapped(
            mapping, unicode_read(unicode_kind(text), unicode_data(text), i),
            &e.writer, &e.out);
        if (status == MAP_DONE) {
            i++;
        }
        else {
            failed = status == MAP_FAILED || encode_defect(&e, &i) < 0;
        }
    }
    codec_errors_release(&e.errors);
    if (failed) {
        _PyBytesWriter_Dealloc(&e.writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&e.writer, e.out);
}

PyObject *
PyUnicode_AsCharmapString(PyObject *text, PyObject *mapping)
{
    if (!PyUnicode_Check(text) || mapping == NULL) {
        PyErr_BadArgument();
        return NULL;
    }
    return _PyUnicode_EncodeCharmap(text, mapping, NULL);
}

/* ---- translate ---------------------------------------------------------- */

/* Writes the translation of ch; status, undefined meaning None. */
static int
translate_char(PyObject *mapping, Py_UCS4 ch, _PyUnicodeWriter *writer)
{
    PyObject *item;
    int status = map_get(mapping, ch, &item);

    if (status == MAP_FAILED) {
        return status;
    }
    if (status == MAP_UNDEFINED) {     /* not in the map: it stays */
        return _PyUnicodeWriter_WriteChar(writer, ch) < 0 ? MAP_FAILED
                                                          : MAP_DONE;
    }
    if (item == Py_None) {
        status = MAP_UNDEFINED;
    }
    else if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value < 0 || value > (long)UNICODE_MAX) {
            PyErr_Format(PyExc_ValueError,
                         "character mapping must be in range(0x%x)",
                         UNICODE_MAX + 1);
            status = MAP_FAILED;
        }
        else if (_PyUnicodeWriter_WriteChar(writer, (Py_UCS4)value) < 0) {
            status = MAP_FAILED;
        }
    }
    else if (PyUnicode_Check(item)) {
        writer->overallocate = 1;
        if (_PyUnicodeWriter_WriteStr(writer, item) < 0) {
            status = MAP_FAILED;
        }
    }
    else {
        PyErr_SetString(PyExc_TypeError,
                        "character mapping must return integer, None or str");
        status = MAP_FAILED;
    }
    Py_DECREF(item);
    return status;
}

enum { CACHE_EMPTY = 0xff, CACHE_DELETE = 0xfe };

/* The cached translation of an ASCII character, when it is ASCII or nothing;
 * CACHE_EMPTY for what needs the long way.  -1: an exception. */
static int
translate_cached(PyObject *mapping, Py_UCS1 ch, Py_UCS1 *cache)
{
    PyObject *item;
    int status = map_get(mapping, ch, &item);

    if (status == MAP_FAILED) {
        return -1;
    }
    if (status == MAP_UNDEFINED) {
        return cache[ch] = ch;
    }
    if (item == Py_None) {
        cache[ch] = CACHE_DELETE;
    }
    else if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value == -1 && PyErr_Occurred()) {
            PyErr_Clear();             /* OverflowError: the long way */
        }
        else if (value >= 0 && value < 128) {
            cache[ch] = (Py_UCS1)value;
        }
    }
    else if (PyUnicode_Check(item) && PyUnicode_READY(item) == 0 &&
             unicode_length(item) == 1 && unicode_is_ascii(item)) {
        cache[ch] = *(Py_UCS1 *)unicode_data(item);
    }
    Py_DECREF(item);
    return cache[ch];
}

/* FAST PATH: ASCII to ASCII, deletions allowed.  Returns the number of
 * characters translated, from the start of text; -1 on error. */
static Py_ssize_t
translate_ascii(PyObject *text, PyObject *mapping, int ignore,
                _PyUnicodeWriter *writer)
{
    Py_UCS1 cache[128];
    const Py_UCS1 *source = unicode_data(text);
    Py_ssize_t n = unicode_length(text), i;

    memset(cache, CACHE_EMPTY, sizeof(cache));
    if (_PyUnicodeWriter_Prepare(writer, n, 127) < 0) {
        return -1;
    }
    Py_UCS1 *target = writer->data;
    for (i = 0; i < n; i++) {
        int ch = cache[source[i]];
        if (ch == CACHE_EMPTY) {
            ch = translate_cached(mapping, source[i], cache);
            if (ch < 0) {
                return -1;
            }
        }
        if (ch == CACHE_EMPTY || (ch == CACHE_DELETE && !ignore)) {
            break;
        }
        if (ch != CACHE_DELETE) {
            target[writer->pos++] = (Py_UCS1)ch;
        }
    }
    return i;
}

typedef struct {
    PyObject *text, *mapping;
    const char *errors;
    _Py_error_handler handler;
    PyObject *callable, *exception;    /* owned, made when needed */
    _PyUnicodeWriter writer;
} Translator;

static int
set_translate_exception(Translator *t, Py_ssize_t start, Py_ssize_t end)
{
    if (t->exception == NULL) {
        t->exception = _PyUnicodeTranslateError_Create(t->text, start, end,
                                                       undefined);
        return t->exception == NULL ? -1 : 0;
    }
    if (PyUnicodeTranslateError_SetStart(t->exception, start) < 0 ||
        PyUnicodeTranslateError_SetEnd(t->exception, end) < 0 ||
        PyUnicodeTranslateError_SetReason(t->exception, undefined) < 0) {
        return -1;
    }
    return 0;
}

/* Calls the error handler for [start, end); 0/-1. */
static int
translate_error(Translator *t, Py_ssize_t start, Py_ssize_t end,
                Py_ssize_t *position)
{
    static const char format[] =
        "On;translating error handler must return (str, int) tuple";
    PyObject *replacement, *answer = NULL;
    Py_ssize_t n = unicode_length(t->text), next;
    int result = -1;

    if (set_translate_exception(t, start, end) < 0) {
        return -1;
    }
    if (t->handler == _Py_ERROR_STRICT) {
        PyCodec_StrictErrors(t->exception);
        return -1;
    }
    if (t->callable == NULL) {
        t->callable = PyCodec_LookupError(t->errors);
        if (t->callable == NULL) {
            return -1;
        }
    }
    answer = PyObject_CallOneArg(t->callable, t->exception);
    if (answer == NULL) {
        goto done;
    }
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, &format[3]);
        goto done;
    }
    if (!PyArg_ParseTuple(answer, format, &replacement, &next)) {
        goto done;
    }
    if (!PyUnicode_Check(replacement)) {
        PyErr_SetString(PyExc_TypeError, &format[3]);
        goto done;
    }
    next += next < 0 ? n : 0;
    if (next < 0 || next > n) {
        PyErr_Format(PyExc_IndexError,
                     "position %zd from error handler out of bounds", next);
        goto done;
    }
    t->writer.overallocate = 1;
    if (_PyUnicodeWriter_WriteStr(&t->writer, replacement) < 0) {
        goto done;
    }
    *position = next;
    result = 0;
done:
    Py_XDECREF(answer);
    return result;
}

/* 1: the map has None for ch; 0; -1. */
static int
translates_to_none(PyObject *mapping, Py_UCS4 ch)
{
    PyObject *item;
    int status = map_get(mapping, ch, &item);

    if (status != MAP_DONE) {
        return status;
    }
    int none = item == Py_None;
    Py_DECREF(item);
    return none;
}

static int
translate_from(Translator *t, Py_ssize_t i)
{
    int kind = unicode_kind(t->text);
    const void *data = unicode_data(t->text);
    Py_ssize_t n = unicode_length(t->text);

    while (i < n) {
        int status = translate_char(t->mapping, unicode_read(kind, data, i),
                                    &t->writer);
        if (status == MAP_FAILED) {
            return -1;
        }
        if (status == MAP_DONE || t->handler == _Py_ERROR_IGNORE) {
            i++;
            continue;
        }
        Py_ssize_t end = i + 1;
        int none = 1;
        while (end < n && (none = translates_to_none(
                               t->mapping,
                               unicode_read(kind, data, end))) == 1) {
            end++;
        }
        if (none < 0 || translate_error(t, i, end, &i) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
PyUnicode_Translate(PyObject *text, PyObject *mapping, const char *errors)
{
    if (unicode_ensure(text) < 0) {
        return NULL;
    }
    if (mapping == NULL) {
        PyErr_BadArgument();
        return NULL;
    }
    Translator t = {.text = text, .mapping = mapping, .errors = errors,
                    .handler = _Py_GetErrorHandler(errors)};
    Py_ssize_t n = unicode_length(text), start = 0;
    PyObject *result = NULL;
    if (n == 0) {
        return PyUnicode_FromObject(text);
    }
    _PyUnicodeWriter_Init(&t.writer);
    if (unicode_is_ascii(text)) {
        start = translate_ascii(text, mapping, t.handler == _Py_ERROR_IGNORE,
                                &t.writer);
        if (start < 0) {
            goto done;
        }
    }
    else if (_PyUnicodeWriter_Prepare(&t.writer, n, 127) < 0) {
        goto done;
    }
    if (translate_from(&t, start) == 0) {
        result = _PyUnicodeWriter_Finish(&t.writer);
    }
done:
    _PyUnicodeWriter_Dealloc(&t.writer);
    Py_XDECREF(t.callable);
    Py_XDECREF(t.exception);
    return result;
}

PyObject *
unicode_translate(PyObject *self, PyObject *table)
{
    return PyUnicode_Translate(self, table, "ignore");
}
