/* str.format, str.format_map, and the two iterators of module _string (PEP
 * 3101).
 *
 *     text {field!conversion:spec} text      field: first .attribute [item]
 *
 * A Range is a part of a string; nothing is copied until it must be an
 * object.
 */
#include "Python.h"
#include "float.h"
#include "internal/object.h"
#include "long.h"
#include "unicode.h"

typedef struct {
    PyObject *text;               /* borrowed; NULL: no range */
    Py_ssize_t start, end;
} Range;

static inline Py_UCS4
range_read(const Range *range, Py_ssize_t i)
{
    return unicode_read(unicode_kind(range->text), unicode_data(range->text),
                        i);
}

static inline int
range_is_empty(const Range *range)
{
    return range->text == NULL || range->start >= range->end;
}

static PyObject *
range_as_str(const Range *range)
{
    if (range->text == NULL) {
        return Py_NewRef(unicode_empty());
    }
    return unicode_substring(range->text, range->start, range->end);
}

static int
raise_value(const char *text)
{
    PyErr_SetString(PyExc_ValueError, text);
    return -1;
}

/* ---- the parts of a format ---------------------------------------------- */

typedef struct {
    Range literal;
    int has_field;
    Range field, spec;
    Py_UCS4 conversion;           /* 0: none */
    int spec_is_nested;           /* it has fields itself */
} Part;

/* Reads literal text; *at moves behind it and its brace. 1 if a field
 * follows, 0 if not, -1 on error. */
static int
parse_literal(Range *rest, Part *part)
{
    Py_ssize_t start = rest->start, i = start;
    Py_UCS4 ch = 0;

    while (i < rest->end) {
        ch = range_read(rest, i++);
        if (ch == '{' || ch == '}') {
            break;
        }
    }
    int is_brace = ch == '{' || ch == '}';
    int at_end = i >= rest->end;
    int doubled = is_brace && !at_end && range_read(rest, i) == ch;
    part->literal = (Range){rest->text, start, i};
    rest->start = i;
    if (!is_brace) {
        return 0;
    }
    if (doubled) {
        rest->start++;                 /* one brace stays in the literal */
        return 0;
    }
    if (ch == '}') {
        return raise_value("Single '}' encountered in format string");
    }
    if (at_end) {
        return raise_value("Single '{' encountered in format string");
    }
    part->literal.end--;
    return 1;
}

/* The field name up to one of "}:!"; *stop is that character. */
static int
parse_field_name(Range *rest, Part *part, Py_UCS4 *stop)
{
    Py_ssize_t i = rest->start;
    Py_UCS4 ch = 0;

    for (; i < rest->end; i++) {
        ch = range_read(rest, i);
        if (ch == '{') {
            return raise_value("unexpected '{' in field name");
        }
        if (ch == '[') {
            while (i + 1 < rest->end && range_read(rest, i) != ']') {
                i++;
            }
        }
        if (ch == '}' || ch == ':' || ch == '!') {
            break;
        }
    }
    if (i >= rest->end) {
        return raise_value("expected '}' before end of string");
    }
    part->field = (Range){rest->text, rest->start, i};
    rest->start = i + 1;
    *stop = ch;
    return 0;
}

/* "!r" and what follows it: 1 if the field ends there, 0 if a spec follows. */
static int
parse_conversion(Range *rest, Part *part)
{
    if (rest->start >= rest->end) {
        return raise_value("end of string while looking for conversion "
                           "specifier");
    }
    part->conversion = range_read(rest, rest->start++);
    if (rest->start < rest->end) {
        Py_UCS4 ch = range_read(rest, rest->start++);
        if (ch == '}') {
            return 1;
        }
        if (ch != ':') {
            return raise_value("expected ':' after conversion specifier");
        }
    }
    return 0;
}

static int
parse_spec(Range *rest, Part *part)
{
    Py_ssize_t depth = 1, start = rest->start;

    while (rest->start < rest->end) {
        Py_UCS4 ch = range_read(rest, rest->start++);
        if (ch == '{') {
            part->spec_is_nested = 1;
            depth++;
        }
        else if (ch == '}' && --depth == 0) {
            part->spec = (Range){rest->text, start, rest->start - 1};
            return 0;
        }
    }
    return raise_value("unmatched '{' in format spec");
}

/* Takes the next part off rest: 1, 0 at the end, -1 on error. */
static int
parse_part(Range *rest, Part *part)
{
    Py_UCS4 stop;

    *part = (Part){.has_field = 0};
    if (range_is_empty(rest)) {
        return 0;
    }
    int status = parse_literal(rest, part);
    if (status <= 0) {
        return status < 0 ? -1 : 1;
    }
    part->has_field = 1;
    part->spec = (Range){rest->text, 0, 0};
    if (parse_field_name(rest, part, &stop) < 0) {
        return -1;
    }
    if (stop == '}') {
        return 1;
    }
    if (stop == '!') {
        status = parse_conversion(rest, part);
        if (status != 0) {
            return status;
        }
    }
    return parse_spec(rest, part) < 0 ? -1 : 1;
}

/* ---- field names -------------------------------------------------------- */

/* The number that the range is; -1 if it is none; -2 on error. */
static Py_ssize_t
range_as_index(const Range *range)
{
    Py_ssize_t value = 0;

    if (range_is_empty(range)) {
        return -1;
    }
    for (Py_ssize_t i = range->start; i < range->end; i++) {
        int digit = Py_UNICODE_TODECIMAL(range_read(range, i));
        if (digit < 0) {
            return -1;
        }
        if (value > (PY_SSIZE_T_MAX - digit) / 10) {
            raise_value("Too many decimal digits in format string");
            return -2;
        }
        value = value * 10 + digit;
    }
    return value;
}

typedef struct {
    int is_attribute;
    Range name;
    Py_ssize_t index;             /* -1: name is a string */
} Accessor;

/* Takes the next ".name" or "[item]" off rest: 1, 0 at the end, -1. */
static int
parse_accessor(Range *rest, Accessor *accessor)
{
    if (range_is_empty(rest)) {
        return 0;
    }
    Py_UCS4 ch = range_read(rest, rest->start++);
    Py_ssize_t i = rest->start;
    accessor->index = -1;
    if (ch == '.') {
        accessor->is_attribute = 1;
        while (i < rest->end && (ch = range_read(rest, i)) != '.' &&
               ch != '[') {
            i++;
        }
        accessor->name = (Range){rest->text, rest->start, i};
        rest->start = i;
    }
    else if (ch == '[') {
        accessor->is_attribute = 0;
        while (i < rest->end && range_read(rest, i) != ']') {
            i++;
        }
        if (i == rest->end) {
            return raise_value("Missing ']' in format string");
        }
        accessor->name = (Range){rest->text, rest->start, i};
        rest->start = i + 1;
        accessor->index = range_as_index(&accessor->name);
        if (accessor->index == -2) {
            return -1;
        }
    }
    else {
        return raise_value("Only '.' or '[' may follow ']' in format field "
                           "specifier");
    }
    if (range_is_empty(&accessor->name)) {
        return raise_value("Empty attribute in format string");
    }
    return 1;
}

/* Splits into the first name and the accessors; index as for Accessor. 0/-1 */
static int
split_field(const Range *field, Range *first, Py_ssize_t *index, Range *rest)
{
    Py_ssize_t i = field->start;
    Py_UCS4 ch;

    while (i < field->end && (ch = range_read(field, i)) != '.' &&
           ch != '[') {
        i++;
    }
    *first = (Range){field->text, field->start, i};
    *rest = (Range){field->text, i, field->end};
    *index = range_as_index(first);
    return *index == -2 ? -1 : 0;
}

/* ---- values ------------------------------------------------------------- */

enum { NUMBERING_UNKNOWN, NUMBERING_AUTOMATIC, NUMBERING_MANUAL };

typedef struct {
    PyObject *args, *kwargs;      /* borrowed; NULL: none */
    int numbering;
    Py_ssize_t next_index;        /* of an unnamed field */
    _PyUnicodeWriter *writer;
} Context;

static int
check_numbering(Context *context, int wanted)
{
    if (context->numbering == NUMBERING_UNKNOWN) {
        context->numbering = wanted;
    }
    if (context->numbering == wanted) {
        return 0;
    }
    return raise_value(wanted == NUMBERING_AUTOMATIC
                           ? "cannot switch from manual field specification "
                             "to automatic field numbering"
                           : "cannot switch from automatic field numbering "
                             "to manual field specification");
}

/* The argument that the first name means, new.  Runs Python. */
static PyObject *
find_argument(Context *context, const Range *first, Py_ssize_t index)
{
    PyObject *value;

    if (context->args != NULL && (index >= 0 || range_is_empty(first))) {
        if (index < 0) {
            if (check_numbering(context, NUMBERING_AUTOMATIC) < 0) {
                return NULL;
            }
            index = context->next_index++;
        }
        else if (check_numbering(context, NUMBERING_MANUAL) < 0) {
            return NULL;
        }
    }
    if (index < 0 && (context->args != NULL || !range_is_empty(first))) {
        PyObject *key = range_as_str(first);
        if (key == NULL) {
            return NULL;
        }
        if (context->kwargs == NULL) {
            PyErr_SetObject(PyExc_KeyError, key);
            value = NULL;
        }
        else {
            value = PyObject_GetItem(context->kwargs, key);
        }
        Py_DECREF(key);
        return value;
    }
    if (context->args == NULL) {
        raise_value("Format string contains positional fields");
        return NULL;
    }
    if (index >= PyTuple_GET_SIZE(context->args)) {
        PyErr_Format(PyExc_IndexError, "Replacement index %zd out of range "
                     "for positional args tuple", index);
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(context->args, index));
}

/* value.name or value[item], new.  Runs Python. */
static PyObject *
access_value(PyObject *value, const Accessor *accessor)
{
    PyObject *name, *result;

    if (accessor->index >= 0 && !accessor->is_attribute) {
        if (PySequence_Check(value)) {
            return PySequence_GetItem(value, accessor->index);
        }
        name = PyLong_FromSsize_t(accessor->index);
    }
    else {
        name = range_as_str(&accessor->name);
    }
    if (name == NULL) {
        return NULL;
    }
    result = accessor->is_attribute ? PyObject_GetAttr(value, name)
                                    : PyObject_GetItem(value, name);
    Py_DECREF(name);
    return result;
}

/* The object that the field means, new.  Runs Python. */
static PyObject *
find_value(Context *context, const Range *field)
{
    Range first, rest;
    Py_ssize_t index;
    Accessor accessor;
    int status;

    if (split_field(field, &first, &index, &rest) < 0) {
        return NULL;
    }
    PyObject *value = find_argument(context, &first, index);
    if (value == NULL) {
        return NULL;
    }
    while ((status = parse_accessor(&rest, &accessor)) > 0) {
        Py_SETREF(value, access_value(value, &accessor));
        if (value == NULL) {
            return NULL;
        }
    }
    if (status < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
convert(PyObject *value, Py_UCS4 conversion)
{
    switch (conversion) {
    case 'r':
        return PyObject_Repr(value);
    case 's':
        return PyObject_Str(value);
    case 'a':
        return PyObject_ASCII(value);
    default:
        if (conversion > 32 && conversion < 127) {
            PyErr_Format(PyExc_ValueError,
                         "Unknown conversion specifier %c", (int)conversion);
        }
        else {
            PyErr_Format(PyExc_ValueError,
                         "Unknown conversion specifier \\x%x",
                         (unsigned)conversion);
        }
        return NULL;
    }
}

/* Writes format(value, spec).  0/-1.  Runs Python. */
static int
write_formatted(Context *context, PyObject *value, const Range *spec)
{
    int (*format)(_PyUnicodeWriter *, PyObject *, PyObject *, Py_ssize_t,
                  Py_ssize_t) = NULL;

    if (PyUnicode_CheckExact(value)) {
        format = _PyUnicode_FormatAdvancedWriter;
    }
    else if (PyLong_CheckExact(value)) {
        format = _PyLong_FormatAdvancedWriter;
    }
    else if (PyFloat_CheckExact(value)) {
        format = _PyFloat_FormatAdvancedWriter;
    }
    else if (PyComplex_CheckExact(value)) {
        format = _PyComplex_FormatAdvancedWriter;
    }
    if (format != NULL) {
        return format(context->writer, value, spec->text, spec->start,
                      spec->end);
    }
    PyObject *text = NULL;
    if (range_is_empty(spec)) {
        text = PyObject_Format(value, NULL);
    }
    else {
        PyObject *spec_text = range_as_str(spec);
        if (spec_text != NULL) {
            text = PyObject_Format(value, spec_text);
            Py_DECREF(spec_text);
        }
    }
    if (text == NULL) {
        return -1;
    }
    int status = _PyUnicodeWriter_WriteStr(context->writer, text);
    Py_DECREF(text);
    return status;
}

static int format_range(Context *context, Range rest, int depth);

/* The spec of a field with its own fields filled in, new.  Runs Python. */
static PyObject *
expand_spec(Context *context, const Range *spec, int depth)
{
    _PyUnicodeWriter writer, *outer = context->writer;
    PyObject *result = NULL;

    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = spec->end - spec->start + 100;
    context->writer = &writer;
    if (format_range(context, *spec, depth - 1) == 0) {
        result = _PyUnicodeWriter_Finish(&writer);
    }
    _PyUnicodeWriter_Dealloc(&writer);
    context->writer = outer;
    return result;
}

static int
write_field(Context *context, const Part *part, int depth)
{
    PyObject *value = find_value(context, &part->field);
    PyObject *expanded = NULL;
    Range spec = part->spec;
    int result = -1;

    if (value == NULL) {
        return -1;
    }
    if (part->conversion) {
        Py_SETREF(value, convert(value, part->conversion));
        if (value == NULL) {
            return -1;
        }
    }
    if (part->spec_is_nested) {
        expanded = expand_spec(context, &part->spec, depth);
        if (expanded == NULL) {
            goto done;
        }
        spec = (Range){expanded, 0, unicode_length(expanded)};
    }
    else if (range_is_empty(&spec)) {
        spec = (Range){unicode_empty(), 0, 0};
    }
    result = write_formatted(context, value, &spec);
done:
    Py_XDECREF(expanded);
    Py_DECREF(value);
    return result;
}

/* Writes the format `rest`.  0/-1.  Runs Python. */
static int
format_range(Context *context, Range rest, int depth)
{
    Part part;
    int status;

    if (depth < 0) {
        return raise_value("Max string recursion exceeded");
    }
    while ((status = parse_part(&rest, &part)) > 0) {
        int last = range_is_empty(&rest);
        if (!range_is_empty(&part.literal)) {
            if (last && !part.has_field) {
                context->writer->overallocate = 0;
            }
            if (_PyUnicodeWriter_WriteSubstring(
                    context->writer, part.literal.text, part.literal.start,
                    part.literal.end) < 0) {
                return -1;
            }
        }
        if (part.has_field) {
            if (last) {
                context->writer->overallocate = 0;
            }
            if (write_field(context, &part, depth) < 0) {
                return -1;
            }
        }
    }
    return status;
}

PyObject *
unicode_build_format(PyObject *self, PyObject *args, PyObject *kwargs)
{
    _PyUnicodeWriter writer;
    Context context = {.args = args, .kwargs = kwargs, .writer = &writer};
    PyObject *result = NULL;

    if (PyUnicode_READY(self) < 0) {
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = unicode_length(self) + 100;
    if (format_range(&context, (Range){self, 0, unicode_length(self)}, 1) ==
        0) {
        result = _PyUnicodeWriter_Finish(&writer);
    }
    _PyUnicodeWriter_Dealloc(&writer);
    return result;
}

/* ---- iterators of _string ----------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *text;               /* owned */
    Range rest;
} FormatIterator;

static void
format_iterator_dealloc(PyObject *self)
{
    Py_XDECREF(((FormatIterator *)self)->text);
    PyObject_Free(self);
}

static PyObject *
part_as_tuple(const Part *part)
{
    PyObject *literal = range_as_str(&part->literal);
    PyObject *field = part->has_field ? range_as_str(&part->field)
                                      : Py_NewRef(Py_None);
    PyObject *spec = part->has_field ? range_as_str(&part->spec)
                                     : Py_NewRef(Py_None);
    PyObject *conversion = part->conversion
                               ? unicode_from_char(part->conversion)
                               : Py_NewRef(Py_None);
    PyObject *result = NULL;

    if (literal != NULL && field != NULL && spec != NULL &&
        conversion != NULL) {
        result = PyTuple_Pack(4, literal, field, spec, conversion);
    }
    Py_XDECREF(literal);
    Py_XDECREF(field);
    Py_XDECREF(spec);
    Py_XDECREF(conversion);
    return result;
}

static PyObject *
format_iterator_next(PyObject *self)
{
    Part part;
    int status = parse_part(&((FormatIterator *)self)->rest, &part);

    return status > 0 ? part_as_tuple(&part) : NULL;
}

static PyObject *
field_iterator_next(PyObject *self)
{
    Accessor accessor;

    if (parse_accessor(&((FormatIterator *)self)->rest, &accessor) <= 0) {
        return NULL;
    }
    PyObject *name = accessor.index >= 0 && !accessor.is_attribute
                         ? PyLong_FromSsize_t(accessor.index)
                         : range_as_str(&accessor.name);
    if (name == NULL) {
        return NULL;
    }
    PyObject *flag = accessor.is_attribute ? Py_True : Py_False;
    PyObject *result = PyTuple_Pack(2, flag, name);
    Py_DECREF(name);
    return result;
}

PyTypeObject unicode_formatter_iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "formatteriterator",
    .tp_basicsize = sizeof(FormatIterator),
    .tp_dealloc = format_iterator_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = format_iterator_next,
};

PyTypeObject unicode_field_name_iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "fieldnameiterator",
    .tp_basicsize = sizeof(FormatIterator),
    .tp_dealloc = format_iterator_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = field_iterator_next,
};

static PyObject *
format_iterator_new(PyTypeObject *type, PyObject *text, Range rest)
{
    FormatIterator *self = PyObject_Malloc(sizeof(FormatIterator));

    if (self == NULL) {
        return PyErr_NoMemory();
    }
    object_init((PyObject *)self, type);
    self->text = Py_NewRef(text);
    self->rest = rest;
    return (PyObject *)self;
}

static int
expect_str(PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "expected str, got %s",
                     Py_TYPE(text)->tp_name);
        return -1;
    }
    return PyUnicode_READY(text);
}

PyObject *
unicode_formatter_parser(PyObject *module, PyObject *text)
{
    if (expect_str(text) < 0) {
        return NULL;
    }
    return format_iterator_new(&unicode_formatter_iterator_type, text,
                               (Range){text, 0, unicode_length(text)});
}

PyObject *
unicode_formatter_field_name_split(PyObject *module, PyObject *text)
{
    Range first, rest;
    Py_ssize_t index;

    if (expect_str(text) < 0) {
        return NULL;
    }
    Range field = {text, 0, unicode_length(text)};
    if (split_field(&field, &first, &index, &rest) < 0) {
        return NULL;
    }
    PyObject *name = index >= 0 ? PyLong_FromSsize_t(index)
                                : range_as_str(&first);
    PyObject *iterator = name == NULL
        ? NULL
        : format_iterator_new(&unicode_field_name_iterator_type, text, rest);
    PyObject *result = NULL;
    if (iterator != NULL) {
        result = PyTuple_Pack(2, name, iterator);
        Py_DECREF(iterator);
    }
    Py_XDECREF(name);
    return result;
}
