/* Format units: what stands for one argument. */
#include "Python.h"

#include <float.h>

#include "getargs.h"

#define CONVERSION_ERROR "(unspecified)"

/* ---- clean-up ----------------------------------------------------------- */

int
args_cleanups_add(args_cleanups *self, void *item,
                  int (*undo)(PyObject *, void *))
{
    if (self->count == self->capacity) {
        int capacity = self->capacity * 2;
        args_cleanup *grown = PyMem_New(args_cleanup, capacity);

        if (grown == NULL) {
            return -1;
        }
        memcpy(grown, self->entries, self->count * sizeof(*grown));
        if (self->entries != self->small) {
            PyMem_Free(self->entries);
        }
        self->entries = grown;
        self->capacity = capacity;
    }
    self->entries[self->count++] = (args_cleanup){item, undo};
    return 0;
}

int
args_cleanups_finish(args_cleanups *self, int success)
{
    if (!success) {
        for (int i = 0; i < self->count; i++) {
            self->entries[i].undo(NULL, self->entries[i].item);
        }
    }
    if (self->entries != self->small) {
        PyMem_Free(self->entries);
    }
    return success;
}

static int
undo_memory(PyObject *nothing, void *item)
{
    void **p = item;

    PyMem_Free(*p);
    *p = NULL;
    return 0;
}

static int
undo_buffer(PyObject *nothing, void *item)
{
    Py_buffer *buffer = item;

    if (buffer != NULL) {
        PyBuffer_Release(buffer);
    }
    return 0;
}

/* ---- errors ------------------------------------------------------------- */

void
args_raise(Py_ssize_t i, const char *message, int *levels,
           const char *function, const char *custom)
{
    char text[512];
    size_t used = 0;

    if (PyErr_Occurred()) {
        return;
    }
    if (custom == NULL) {
        if (function != NULL) {
            PyOS_snprintf(text, sizeof(text), "%.200s() ", function);
            used = strlen(text);
        }
        if (i != 0) {
            PyOS_snprintf(text + used, sizeof(text) - used, "argument %zd", i);
            used += strlen(text + used);
            for (int j = 0; j < ARGS_MAX_LEVELS && levels[j] > 0 &&
                            used < 220; j++) {
                PyOS_snprintf(text + used, sizeof(text) - used, ", item %d",
                              levels[j] - 1);
                used += strlen(text + used);
            }
        }
        else {
            PyOS_snprintf(text + used, sizeof(text) - used, "argument");
            used += strlen(text + used);
        }
        PyOS_snprintf(text + used, sizeof(text) - used, " %.256s", message);
        custom = text;
    }
    if (message[0] == '(') {
        PyErr_SetString(PyExc_SystemError, custom);
    }
    else {
        PyErr_SetString(PyExc_TypeError, custom);
    }
}

static const char *
must_be(args_reader *reader, const char *expected, PyObject *arg)
{
    if (expected[0] == '(') {
        PyOS_snprintf(reader->message, sizeof(reader->message), "%.100s",
                      expected);
        return reader->message;
    }
    PyOS_snprintf(reader->message, sizeof(reader->message),
                  "must be %.50s, not %.50s", expected,
                  arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
    return reader->message;
}

/* ---- numbers ------------------------------------------------------------ */

/* A C long within [low, high]; the names are for the messages. */
static int
convert_ranged(PyObject *arg, long low, long high, const char *kind,
               long *result)
{
    *result = PyLong_AsLong(arg);
    if (*result == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (*result < low) {
        PyErr_Format(PyExc_OverflowError, "%s is less than minimum", kind);
        return -1;
    }
    if (*result > high) {
        PyErr_Format(PyExc_OverflowError, "%s is greater than maximum", kind);
        return -1;
    }
    return 0;
}

/* b h i l, and the unchecked B H I k K, L n. */
static const char *
convert_integer(PyObject *arg, char unit, void *target)
{
    long number;

    switch (unit) {
    case 'b':
        if (convert_ranged(arg, 0, UCHAR_MAX, "unsigned byte integer",
                           &number) < 0) {
            return CONVERSION_ERROR;
        }
        *(unsigned char *)target = (unsigned char)number;
        return NULL;
    case 'h':
        if (convert_ranged(arg, SHRT_MIN, SHRT_MAX, "signed short integer",
                           &number) < 0) {
            return CONVERSION_ERROR;
        }
        *(short *)target = (short)number;
        return NULL;
    case 'i':
        if (convert_ranged(arg, INT_MIN, INT_MAX, "signed integer",
                           &number) < 0) {
            return CONVERSION_ERROR;
        }
        *(int *)target = (int)number;
        return NULL;
    case 'l':
        number = PyLong_AsLong(arg);
        if (number == -1 && PyErr_Occurred()) {
            return CONVERSION_ERROR;
        }
        *(long *)target = number;
        return NULL;
    case 'L': {
        long long wide = PyLong_AsLongLong(arg);

        if (wide == -1 && PyErr_Occurred()) {
            return CONVERSION_ERROR;
        }
        *(long long *)target = wide;
        return NULL;
    }
    case 'n': {
        PyObject *index = _PyNumber_Index(arg);
        Py_ssize_t size = -1;

        if (index != NULL) {
            size = PyLong_AsSsize_t(index);
            Py_DECREF(index);
        }
        if (size == -1 && PyErr_Occurred()) {
            return CONVERSION_ERROR;
        }
        *(Py_ssize_t *)target = size;
        return NULL;
    }
    default:
        return "(impossible<bad format char>)";
    }
}

/* Bit patterns: no overflow check. */
static const char *
convert_mask(args_reader *reader, PyObject *arg, char unit, void *target)
{
    unsigned long number;

    if (unit == 'k' || unit == 'K') {
        if (!PyLong_Check(arg)) {
            return must_be(reader, "int", arg);
        }
        if (unit == 'k') {
            *(unsigned long *)target = PyLong_AsUnsignedLongMask(arg);
        }
        else {
            *(unsigned long long *)target = PyLong_AsUnsignedLongLongMask(arg);
        }
        return NULL;
    }
    number = PyLong_AsUnsignedLongMask(arg);
    if (number == (unsigned long)-1 && PyErr_Occurred()) {
        return CONVERSION_ERROR;
    }
    switch (unit) {
    case 'B':
        *(unsigned char *)target = (unsigned char)number;
        return NULL;
    case 'H':
        *(unsigned short *)target = (unsigned short)number;
        return NULL;
    default:
        *(unsigned int *)target = (unsigned int)number;
        return NULL;
    }
}

static const char *
convert_float(PyObject *arg, char unit, void *target)
{
    double number;

    if (unit == 'D') {
        Py_complex value = PyComplex_AsCComplex(arg);

        if (PyErr_Occurred()) {
            return CONVERSION_ERROR;
        }
        *(Py_complex *)target = value;
        return NULL;
    }
    number = PyFloat_AsDouble(arg);
    if (number == -1.0 && PyErr_Occurred()) {
        return CONVERSION_ERROR;
    }
    if (unit == 'f') {
        *(float *)target = (float)number;
    }
    else {
        *(double *)target = number;
    }
    return NULL;
}

/* ---- characters and text ------------------------------------------------ */

static const char *
convert_character(args_reader *reader, PyObject *arg, char unit, void *target)
{
    if (unit == 'C') {
        if (!PyUnicode_Check(arg)) {
            return must_be(reader, "a unicode character", arg);
        }
        if (PyUnicode_READY(arg)) {
            return CONVERSION_ERROR;
        }
        if (PyUnicode_GET_LENGTH(arg) != 1) {
            return must_be(reader, "a unicode character", arg);
        }
        *(int *)target = (int)PyUnicode_READ_CHAR(arg, 0);
        return NULL;
    }
    if (PyBytes_Check(arg) && PyBytes_Size(arg) == 1) {
        *(char *)target = PyBytes_AS_STRING(arg)[0];
        return NULL;
    }
    if (PyByteArray_Check(arg) && PyByteArray_Size(arg) == 1) {
        *(char *)target = PyByteArray_AS_STRING(arg)[0];
        return NULL;
    }
    return must_be(reader, "a byte string of length 1", arg);
}

/* A contiguous view of a bytes-like object.  0, or -1 with *error. */
static int
get_contiguous_buffer(PyObject *arg, Py_buffer *view, const char **error)
{
    if (PyObject_GetBuffer(arg, view, PyBUF_SIMPLE) != 0) {
        *error = "bytes-like object";
        return -1;
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        *error = "contiguous buffer";
        return -1;
    }
    return 0;
}

/* y: the bytes of a read-only object, which outlives the call. */
static const char *
convert_bytes(args_reader *reader, PyObject *arg)
{
    PyBufferProcs *procs = Py_TYPE(arg)->tp_as_buffer;
    const char *error = NULL, **text;
    Py_buffer own;

    if (*reader->format == '*') {
        Py_buffer *view = va_arg(reader->va, Py_buffer *);

        reader->format++;
        if (get_contiguous_buffer(arg, view, &error) < 0) {
            return must_be(reader, error, arg);
        }
        if (args_cleanups_add(&reader->cleanups, view, undo_buffer) < 0) {
            return must_be(reader, "(cleanup problem)", arg);
        }
        return NULL;
    }
    text = va_arg(reader->va, const char **);
    if (procs != NULL && procs->bf_releasebuffer != NULL) {
        return must_be(reader, "read-only bytes-like object", arg);
    }
    if (get_contiguous_buffer(arg, &own, &error) < 0) {
        return must_be(reader, error, arg);
    }
    *text = own.buf;
    if (*reader->format == '#') {
        *va_arg(reader->va, Py_ssize_t *) = own.len;
        reader->format++;
    }
    else if (strlen(*text) != (size_t)own.len) {
        PyBuffer_Release(&own);
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return CONVERSION_ERROR;
    }
    PyBuffer_Release(&own);
    return NULL;
}

/* s*, z* */
static const char *
convert_text_buffer(args_reader *reader, PyObject *arg, char unit)
{
    Py_buffer *view = va_arg(reader->va, Py_buffer *);
    const char *error = NULL;

    if (unit == 'z' && arg == Py_None) {
        PyBuffer_FillInfo(view, NULL, NULL, 0, 1, 0);
    }
    else if (PyUnicode_Check(arg)) {
        Py_ssize_t len;
        const char *text = PyUnicode_AsUTF8AndSize(arg, &len);

        if (text == NULL) {
            return CONVERSION_ERROR;
        }
        PyBuffer_FillInfo(view, arg, (void *)text, len, 1, 0);
    }
    else if (get_contiguous_buffer(arg, view, &error) < 0) {
        return must_be(reader, error, arg);
    }
    if (args_cleanups_add(&reader->cleanups, view, undo_buffer) < 0) {
        return must_be(reader, "(cleanup problem)", arg);
    }
    return NULL;
}

/* s#, z# */
static const char *
convert_text_and_size(args_reader *reader, PyObject *arg, char unit)
{
    const char **text = va_arg(reader->va, const char **);
    Py_ssize_t *len = va_arg(reader->va, Py_ssize_t *);

    if (unit == 'z' && arg == Py_None) {
        *text = NULL;
        *len = 0;
        return NULL;
    }
    if (PyUnicode_Check(arg)) {
        *text = PyUnicode_AsUTF8AndSize(arg, len);
        return *text == NULL ? CONVERSION_ERROR : NULL;
    }
    {
        PyBufferProcs *procs = Py_TYPE(arg)->tp_as_buffer;
        const char *error = NULL;
        Py_buffer view;

        if (procs != NULL && procs->bf_releasebuffer != NULL) {
            return must_be(reader, "read-only bytes-like object", arg);
        }
        if (get_contiguous_buffer(arg, &view, &error) < 0) {
            return must_be(reader, error, arg);
        }
        *text = view.buf;
        *len = view.len;
        PyBuffer_Release(&view);
    }
    return NULL;
}

/* s, z and their forms with * and #. */
static const char *
convert_text(args_reader *reader, PyObject *arg, char unit)
{
    const char **text;
    Py_ssize_t len;

    if (*reader->format == '*') {
        reader->format++;
        return convert_text_buffer(reader, arg, unit);
    }
    if (*reader->format == '#') {
        reader->format++;
        return convert_text_and_size(reader, arg, unit);
    }
    text = va_arg(reader->va, const char **);
    if (unit == 'z' && arg == Py_None) {
        *text = NULL;
        return NULL;
    }
    if (!PyUnicode_Check(arg)) {
        return must_be(reader, unit == 'z' ? "str or None" : "str", arg);
    }
    *text = PyUnicode_AsUTF8AndSize(arg, &len);
    if (*text == NULL) {
        return CONVERSION_ERROR;
    }
    if (strlen(*text) != (size_t)len) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return CONVERSION_ERROR;
    }
    return NULL;
}

/* u, Z: deprecated wchar_t text. */
static const char *
convert_wide(args_reader *reader, PyObject *arg, char unit)
{
    const wchar_t **text = va_arg(reader->va, const wchar_t **);
    Py_ssize_t len;

    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "getargs: The '%c' format is deprecated. Use 'U' "
                         "instead.", unit) < 0) {
        return CONVERSION_ERROR;
    }
    if (unit == 'Z' && arg == Py_None) {
        *text = NULL;
        len = 0;
    }
    else {
        if (!PyUnicode_Check(arg)) {
            return must_be(reader, unit == 'Z' ? "str or None" : "str", arg);
        }
        _Py_COMP_DIAG_PUSH
        _Py_COMP_DIAG_IGNORE_DEPR_DECLS
        *text = PyUnicode_AsUnicodeAndSize(arg, &len);
        _Py_COMP_DIAG_POP
        if (*text == NULL) {
            return CONVERSION_ERROR;
        }
    }
    if (*reader->format == '#') {
        *va_arg(reader->va, Py_ssize_t *) = len;
        reader->format++;
    }
    else if (*text != NULL && wcslen(*text) != (size_t)len) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return CONVERSION_ERROR;
    }
    return NULL;
}

/* Puts encoded bytes into the caller's buffer or a new one (es#, et#). */
static const char *
store_encoded_sized(PyObject *bytes, char **buffer, Py_ssize_t *room,
                    args_cleanups *cleanups)
{
    Py_ssize_t size = PyBytes_GET_SIZE(bytes);

    if (*buffer == NULL) {
        *buffer = PyMem_Malloc(size + 1);
        if (*buffer == NULL) {
            PyErr_NoMemory();
            return CONVERSION_ERROR;
        }
        if (args_cleanups_add(cleanups, buffer, undo_memory) < 0) {
            PyErr_NoMemory();
            return CONVERSION_ERROR;
        }
    }
    else if (size + 1 > *room) {
        PyErr_Format(PyExc_ValueError,
                     "encoded string too long (%zd, maximum length %zd)", size,
                     *room - 1);
        return CONVERSION_ERROR;
    }
    memcpy(*buffer, PyBytes_AS_STRING(bytes), size + 1);
    *room = size;
    return NULL;
}

/* es, et, es#, et#: text in an encoding, in new memory. */
static const char *
convert_encoded(args_reader *reader, PyObject *arg)
{
    const char *encoding = va_arg(reader->va, const char *), *error = NULL;
    int recode = 1;
    char **buffer;
    PyObject *bytes;

    if (encoding == NULL) {
        encoding = "utf-8";
    }
    if (*reader->format == 't') {
        recode = 0;
    }
    else if (*reader->format != 's') {
        return must_be(reader, "(unknown parser marker combination)", arg);
    }
    reader->format++;
    buffer = va_arg(reader->va, char **);
    if (buffer == NULL) {
        return must_be(reader, "(buffer is NULL)", arg);
    }
    if (!recode && (PyBytes_Check(arg) || PyByteArray_Check(arg))) {
        bytes = PyBytes_Check(arg)
                    ? Py_NewRef(arg)
                    : PyBytes_FromStringAndSize(PyByteArray_AS_STRING(arg),
                                                PyByteArray_GET_SIZE(arg));
        if (bytes == NULL) {
            return CONVERSION_ERROR;
        }
    }
    else if (PyUnicode_Check(arg)) {
        bytes = PyUnicode_AsEncodedString(arg, encoding, NULL);
        if (bytes == NULL) {
            return must_be(reader, "(encoding failed)", arg);
        }
    }
    else {
        return must_be(reader, recode ? "str" : "str, bytes or bytearray",
                       arg);
    }
    if (*reader->format == '#') {
        Py_ssize_t *room = va_arg(reader->va, Py_ssize_t *);

        reader->format++;
        error = room == NULL ? must_be(reader, "(buffer_len is NULL)", arg)
                             : store_encoded_sized(bytes, buffer, room,
                                                   &reader->cleanups);
    }
    else if (strlen(PyBytes_AS_STRING(bytes)) !=
             (size_t)PyBytes_GET_SIZE(bytes)) {
        error = must_be(reader, "encoded string without null bytes", arg);
    }
    else {
        Py_ssize_t room = 0;

        *buffer = NULL;
        error = store_encoded_sized(bytes, buffer, &room, &reader->cleanups);
    }
    Py_DECREF(bytes);
    return error;
}

/* ---- objects ------------------------------------------------------------ */

/* O, O!, O& */
static const char *
convert_object(args_reader *reader, PyObject *arg)
{
    if (*reader->format == '!') {
        PyTypeObject *type = va_arg(reader->va, PyTypeObject *);
        PyObject **target = va_arg(reader->va, PyObject **);

        reader->format++;
        if (!PyType_IsSubtype(Py_TYPE(arg), type)) {
            return must_be(reader, type->tp_name, arg);
        }
        *target = arg;
        return NULL;
    }
    if (*reader->format == '&') {
        int (*convert)(PyObject *, void *) =
            va_arg(reader->va, int (*)(PyObject *, void *));
        void *target = va_arg(reader->va, void *);
        int status;

        reader->format++;
        status = convert(arg, target);
        if (status == 0) {
            return CONVERSION_ERROR;
        }
        if (status == Py_CLEANUP_SUPPORTED &&
            args_cleanups_add(&reader->cleanups, target, convert) < 0) {
            return must_be(reader, "(cleanup problem)", arg);
        }
        return NULL;
    }
    *va_arg(reader->va, PyObject **) = arg;
    return NULL;
}

/* S, Y, U: objects of one type. */
static const char *
convert_typed_object(args_reader *reader, PyObject *arg, char unit)
{
    PyObject **target = va_arg(reader->va, PyObject **);

    switch (unit) {
    case 'S':
        if (!PyBytes_Check(arg)) {
            return must_be(reader, "bytes", arg);
        }
        break;
    case 'Y':
        if (!PyByteArray_Check(arg)) {
            return must_be(reader, "bytearray", arg);
        }
        break;
    default:
        if (!PyUnicode_Check(arg)) {
            return must_be(reader, "str", arg);
        }
        if (PyUnicode_READY(arg) == -1) {
            return CONVERSION_ERROR;
        }
    }
    *target = arg;
    return NULL;
}

/* w*: a writable buffer. */
static const char *
convert_writable(args_reader *reader, PyObject *arg)
{
    Py_buffer *view;

    if (*reader->format != '*') {
        return must_be(reader, "(invalid use of 'w' format character)", arg);
    }
    reader->format++;
    view = va_arg(reader->va, Py_buffer *);
    if (PyObject_GetBuffer(arg, view, PyBUF_WRITABLE) < 0) {
        PyErr_Clear();
        return must_be(reader, "read-write bytes-like object", arg);
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        return must_be(reader, "contiguous buffer", arg);
    }
    if (args_cleanups_add(&reader->cleanups, view, undo_buffer) < 0) {
        return must_be(reader, "(cleanup problem)", arg);
    }
    return NULL;
}

/* ---- one unit ----------------------------------------------------------- */

static const char *
convert_simple(args_reader *reader, PyObject *arg)
{
    char unit = *reader->format++;
    int truth;

    switch (unit) {
    case 'b': case 'h': case 'i': case 'l': case 'L': case 'n':
        return convert_integer(arg, unit, va_arg(reader->va, void *));
    case 'B': case 'H': case 'I': case 'k': case 'K':
        return convert_mask(reader, arg, unit, va_arg(reader->va, void *));
    case 'f': case 'd': case 'D':
        return convert_float(arg, unit, va_arg(reader->va, void *));
    case 'c': case 'C':
        return convert_character(reader, arg, unit,
                                 va_arg(reader->va, void *));
    case 'p':
        truth = PyObject_IsTrue(arg);
        if (truth < 0) {
            return CONVERSION_ERROR;
        }
        *va_arg(reader->va, int *) = truth > 0;
        return NULL;
    case 'y':
        return convert_bytes(reader, arg);
    case 's': case 'z':
        return convert_text(reader, arg, unit);
    case 'u': case 'Z':
        return convert_wide(reader, arg, unit);
    case 'e':
        return convert_encoded(reader, arg);
    case 'S': case 'Y': case 'U':
        return convert_typed_object(reader, arg, unit);
    case 'O':
        return convert_object(reader, arg);
    case 'w':
        return convert_writable(reader, arg);
    default:
        return must_be(reader, "(impossible<bad format char>)", arg);
    }
}

/* Units up to the closing parenthesis of a tuple. */
static int
count_tuple_units(const char *format)
{
    int n = 0, depth = 0;

    for (;; format++) {
        char c = *format;

        if (c == '(') {
            if (depth++ == 0) {
                n++;
            }
        }
        else if (c == ')') {
            if (depth-- == 0) {
                return n;
            }
        }
        else if (c == ':' || c == ';' || c == '\0') {
            return n;
        }
        else if (depth == 0 && Py_ISALPHA(c) && c != 'e') {
            /* "es" and "et" count at their second letter. */
            n++;
        }
    }
}

static const char *convert_at(args_reader *reader, PyObject *arg, int flags,
                              int *levels);

static const char *
convert_tuple(args_reader *reader, PyObject *arg, int flags, int *levels)
{
    int wanted = count_tuple_units(reader->format);
    char *message = reader->message;
    const size_t size = sizeof(reader->message);
    Py_ssize_t len;

    if (!PySequence_Check(arg) || PyBytes_Check(arg)) {
        levels[0] = 0;
        PyOS_snprintf(message, size,
                      flags & ARGS_COMPAT
                          ? "expected %d arguments, not %.50s"
                          : "must be %d-item sequence, not %.50s",
                      wanted, arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
        return message;
    }
    len = PySequence_Size(arg);
    if (len != wanted) {
        levels[0] = 0;
        if (flags & ARGS_COMPAT) {
            PyOS_snprintf(message, size, "expected %d argument%s, not %zd",
                          wanted, wanted == 1 ? "" : "s", len);
        }
        else {
            PyOS_snprintf(message, size,
                          "must be sequence of length %d, not %zd", wanted,
                          len);
        }
        return message;
    }
    for (int i = 0; i < wanted; i++) {
        PyObject *item = PySequence_GetItem(arg, i);
        const char *error;

        if (item == NULL) {
            PyErr_Clear();
            levels[0] = i + 1;
            levels[1] = 0;
            PyOS_snprintf(message, size, "is not retrievable");
            return message;
        }
        error = convert_at(reader, item, flags & ~ARGS_COMPAT, levels + 1);
        /* The sequence keeps the item alive, as far as the caller's pointer
         * is concerned. */
        Py_DECREF(item);
        if (error != NULL) {
            levels[0] = i + 1;
            return error;
        }
    }
    return NULL;
}

/* The positions go to `levels`, which is reader->levels from some depth on. */
static const char *
convert_at(args_reader *reader, PyObject *arg, int flags, int *levels)
{
    const char *error;

    if (*reader->format == '(') {
        reader->format++;
        error = convert_tuple(reader, arg, flags, levels);
        if (error == NULL) {
            reader->format++;
        }
        return error;
    }
    error = convert_simple(reader, arg);
    if (error != NULL) {
        levels[0] = 0;
    }
    return error;
}

const char *
args_convert(args_reader *reader, PyObject *arg, int flags)
{
    return convert_at(reader, arg, flags, reader->levels);
}

/* ---- skipping ----------------------------------------------------------- */

const char *
args_skip(const char **format, va_list *va, int flags)
{
    char unit = *(*format)++;

    switch (unit) {
    case 'b': case 'B': case 'h': case 'H': case 'i': case 'I': case 'l':
    case 'k': case 'L': case 'K': case 'n': case 'f': case 'd': case 'D':
    case 'c': case 'C': case 'p': case 'S': case 'Y': case 'U':
        (void)va_arg(*va, void *);
        return NULL;
    case 'e':
        (void)va_arg(*va, const char *);
        if (**format != 's' && **format != 't') {
            return "impossible<bad format char>";
        }
        (*format)++;
        /* fall through */
    case 's': case 'z': case 'y': case 'u': case 'Z': case 'w':
        (void)va_arg(*va, char **);
        if (**format == '#') {
            (void)va_arg(*va, Py_ssize_t *);
            (*format)++;
        }
        else if (**format == '*' && (unit == 's' || unit == 'z' ||
                                     unit == 'y' || unit == 'w')) {
            (*format)++;
        }
        return NULL;
    case 'O':
        if (**format == '!') {
            (*format)++;
            (void)va_arg(*va, PyTypeObject *);
        }
        else if (**format == '&') {
            (*format)++;
            (void)va_arg(*va, void *);
        }
        (void)va_arg(*va, PyObject **);
        return NULL;
    case '(':
        while (**format != ')') {
            const char *error = **format == '\0'
                                    ? "impossible<bad format char>"
                                    : args_skip(format, va, flags);

            if (error != NULL) {
                return error;
            }
        }
        (*format)++;
        return NULL;
    case ')':
        return "Unmatched right paren in format string";
    default:
        return "impossible<bad format char>";
    }
}
