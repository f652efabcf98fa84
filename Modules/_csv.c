/* Module _csv: reading and writing of comma-separated values (PEP 305).
 *
 * The reader is a machine over characters; between lines it sees END_OF_LINE.
 *
 *   START_RECORD --> START_FIELD --> IN_FIELD -------------> START_FIELD ...
 *        ^               |              ^  \ escape            (delimiter)
 *        |               v              |   `-> ESCAPED --> AFTER_ESCAPED
 *        |        IN_QUOTED_FIELD --> QUOTE_IN_QUOTED
 *        |               `-> ESCAPE_IN_QUOTED
 *     EAT_NEWLINE <-- (\r or \n ends the record)
 */
#include "Python.h"
#include "structmember.h"
#include "unicode.h"

#define NOT_SET ((Py_UCS4)-1)
#define END_OF_LINE ((Py_UCS4)-2)

enum { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE };

typedef struct {
    PyObject *error;
    PyObject *dialects;           /* dict: name -> Dialect */
    PyTypeObject *dialect_type, *reader_type, *writer_type;
    long field_limit;
} csv_state;

static PyModuleDef csv_module;

static csv_state *
state_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &csv_module);

    return module == NULL ? NULL : PyModule_GetState(module);
}

/* ---- dialects ----------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    char doublequote, skipinitialspace, strict;
    int quoting;
    Py_UCS4 delimiter, quotechar, escapechar;      /* or NOT_SET */
    PyObject *lineterminator;
} DialectObject;

static PyObject *
dialect_from_registry(csv_state *state, PyObject *name)
{
    PyObject *dialect = PyDict_GetItemWithError(state->dialects, name);

    if (dialect == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(state->error, "unknown dialect");
        }
        return NULL;
    }
    return Py_NewRef(dialect);
}

static int
raise_not_char(const char *name)
{
    PyErr_Format(PyExc_TypeError, "\"%s\" must be a 1-character string",
                 name);
    return -1;
}

/* A character option; source NULL: the default. */
static int
set_char(const char *name, Py_UCS4 *target, PyObject *source,
         Py_UCS4 by_default, int optional)
{
    *target = by_default;
    if (source == NULL) {
        return 0;
    }
    if (optional && source == Py_None) {
        *target = NOT_SET;
        return 0;
    }
    if (!PyUnicode_Check(source)) {
        PyErr_Format(PyExc_TypeError, "\"%s\" must be string%s, not %.200s",
                     name, optional ? " or None" : "",
                     Py_TYPE(source)->tp_name);
        return -1;
    }
    if (PyUnicode_READY(source) < 0) {
        return -1;
    }
    if (PyUnicode_GET_LENGTH(source) != 1) {
        return raise_not_char(name);
    }
    *target = PyUnicode_READ_CHAR(source, 0);
    return 0;
}

static int
set_bool(char *target, PyObject *source, int by_default)
{
    int value = source == NULL ? by_default : PyObject_IsTrue(source);

    *target = (char)value;
    return value < 0 ? -1 : 0;
}

static int
set_quoting(int *target, PyObject *source)
{
    *target = QUOTE_MINIMAL;
    if (source == NULL) {
        return 0;
    }
    if (!PyLong_CheckExact(source)) {
        PyErr_SetString(PyExc_TypeError, "\"quoting\" must be an integer");
        return -1;
    }
    *target = _PyLong_AsInt(source);
    return *target == -1 && PyErr_Occurred() ? -1 : 0;
}

static int
set_terminator(PyObject **target, PyObject *source)
{
    if (source == NULL) {
        *target = PyUnicode_FromString("\r\n");
        return *target == NULL ? -1 : 0;
    }
    if (source == Py_None) {
        return 0;
    }
    if (!PyUnicode_Check(source)) {
        PyErr_SetString(PyExc_TypeError,
                        "\"lineterminator\" must be a string");
        return -1;
    }
    *target = Py_NewRef(source);
    return PyUnicode_READY(source);
}

static int
dialect_check(DialectObject *self, PyObject *quotechar, PyObject *quoting)
{
    if (self->quoting < QUOTE_MINIMAL || self->quoting > QUOTE_NONE) {
        PyErr_SetString(PyExc_TypeError, "bad \"quoting\" value");
        return -1;
    }
    if (quotechar == Py_None && quoting == NULL) {
        self->quoting = QUOTE_NONE;
    }
    if (self->quoting != QUOTE_NONE && self->quotechar == NOT_SET) {
        PyErr_SetString(PyExc_TypeError,
                        "quotechar must be set if quoting enabled");
        return -1;
    }
    if (self->lineterminator == NULL) {
        PyErr_SetString(PyExc_TypeError, "lineterminator must be set");
        return -1;
    }
    return 0;
}

enum { O_DELIMITER, O_DOUBLEQUOTE, O_ESCAPECHAR, O_LINETERMINATOR,
       O_QUOTECHAR, O_QUOTING, O_SKIPINITIALSPACE, O_STRICT, OPTION_COUNT };

static char *const dialect_keywords[] = {
    (char *)"dialect", (char *)"delimiter", (char *)"doublequote",
    (char *)"escapechar", (char *)"lineterminator", (char *)"quotechar",
    (char *)"quoting", (char *)"skipinitialspace", (char *)"strict", NULL};

/* The options that were not given, from the dialect's attributes.  The values
 * in options become owned. */
static int
complete_options(PyObject *dialect, PyObject **options)
{
    int failed = 0;

    for (int i = 0; i < OPTION_COUNT; i++) {
        Py_XINCREF(options[i]);
    }
    for (int i = 0; dialect != NULL && !failed && i < OPTION_COUNT; i++) {
        if (options[i] == NULL) {
            options[i] = PyObject_GetAttrString(dialect,
                                                dialect_keywords[i + 1]);
            if (options[i] == NULL) {
                PyErr_Clear();         /* any: then the default holds */
            }
        }
    }
    return failed;
}

static PyObject *
dialect_from_options(PyTypeObject *type, PyObject **options)
{
    DialectObject *self = (DialectObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (set_char("delimiter", &self->delimiter, options[O_DELIMITER], ',',
                 0) < 0 ||
        set_bool(&self->doublequote, options[O_DOUBLEQUOTE], 1) < 0 ||
        set_char("escapechar", &self->escapechar, options[O_ESCAPECHAR],
                 NOT_SET, 1) < 0 ||
        set_terminator(&self->lineterminator, options[O_LINETERMINATOR]) <
            0 ||
        set_char("quotechar", &self->quotechar, options[O_QUOTECHAR], '"',
                 1) < 0 ||
        set_quoting(&self->quoting, options[O_QUOTING]) < 0 ||
        set_bool(&self->skipinitialspace, options[O_SKIPINITIALSPACE], 0) <
            0 ||
        set_bool(&self->strict, options[O_STRICT], 0) < 0 ||
        dialect_check(self, options[O_QUOTECHAR], options[O_QUOTING]) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
dialect_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    csv_state *state = state_of_type(type);
    PyObject *dialect = NULL, *options[OPTION_COUNT] = {NULL};
    PyObject *owned = NULL, *result = NULL;

    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(
            args, kwargs, "|OOOOOOOOO", (char **)dialect_keywords, &dialect,
            &options[0], &options[1], &options[2], &options[3], &options[4],
            &options[5], &options[6], &options[7])) {
        return NULL;
    }
    if (dialect != NULL) {
        owned = PyUnicode_Check(dialect)
                    ? dialect_from_registry(state, dialect)
                    : Py_NewRef(dialect);
        if (owned == NULL) {
            return NULL;
        }
        int given = 0;
        for (int i = 0; i < OPTION_COUNT; i++) {
            given |= options[i] != NULL;
        }
        if (!given && PyObject_TypeCheck(owned, state->dialect_type)) {
            return owned;
        }
    }
    if (complete_options(owned, options) == 0) {
        result = dialect_from_options(type, options);
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        Py_XDECREF(options[i]);
    }
    Py_XDECREF(owned);
    return result;
}

static int
dialect_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((DialectObject *)self)->lineterminator);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static int
dialect_clear(PyObject *self)
{
    Py_CLEAR(((DialectObject *)self)->lineterminator);
    return 0;
}

static void
dialect_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    dialect_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyObject *
char_or_none(Py_UCS4 ch)
{
    if (ch == NOT_SET) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromOrdinal((int)ch);
}

static PyObject *
dialect_get_delimiter(PyObject *self, void *closure)
{
    return char_or_none(((DialectObject *)self)->delimiter);
}

static PyObject *
dialect_get_escapechar(PyObject *self, void *closure)
{
    return char_or_none(((DialectObject *)self)->escapechar);
}

static PyObject *
dialect_get_quotechar(PyObject *self, void *closure)
{
    return char_or_none(((DialectObject *)self)->quotechar);
}

static PyObject *
dialect_get_lineterminator(PyObject *self, void *closure)
{
    return Py_XNewRef(((DialectObject *)self)->lineterminator);
}

static PyObject *
dialect_get_quoting(PyObject *self, void *closure)
{
    return PyLong_FromLong(((DialectObject *)self)->quoting);
}

static PyObject *
dialect_reduce(PyObject *self, PyObject *args)
{
    PyErr_Format(PyExc_TypeError, "cannot pickle '%.100s' instances",
                 _PyType_Name(Py_TYPE(self)));
    return NULL;
}

static PyMethodDef dialect_methods[] = {
    {"__reduce__", dialect_reduce, METH_VARARGS,
     PyDoc_STR("Refuse to be pickled.")},
    {"__reduce_ex__", dialect_reduce, METH_VARARGS,
     PyDoc_STR("Refuse to be pickled.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef dialect_getset[] = {
    {"delimiter", dialect_get_delimiter, NULL, NULL, NULL},
    {"escapechar", dialect_get_escapechar, NULL, NULL, NULL},
    {"lineterminator", dialect_get_lineterminator, NULL, NULL, NULL},
    {"quotechar", dialect_get_quotechar, NULL, NULL, NULL},
    {"quoting", dialect_get_quoting, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define FLAG(name) \
    {#name, T_BOOL, offsetof(DialectObject, name), READONLY, NULL}

static PyMemberDef dialect_members[] = {
    FLAG(skipinitialspace), FLAG(doublequote), FLAG(strict),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot dialect_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("The details of a CSV format.")},
    {Py_tp_methods, dialect_methods},
    {Py_tp_members, dialect_members},
    {Py_tp_getset, dialect_getset},
    {Py_tp_new, dialect_new},
    {Py_tp_dealloc, dialect_dealloc},
    {Py_tp_clear, dialect_clear},
    {Py_tp_traverse, dialect_traverse},
    {0, NULL},
};

static PyType_Spec dialect_spec = {
    .name = "_csv.Dialect",
    .basicsize = sizeof(DialectObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = dialect_slots,
};

/* Dialect(dialect, **kwargs); dialect may be NULL. */
static PyObject *
call_dialect(csv_state *state, PyObject *dialect, PyObject *kwargs)
{
    PyObject *args = dialect != NULL ? PyTuple_Pack(1, dialect)
                                     : PyTuple_New(0);
    if (args == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Call((PyObject *)state->dialect_type, args,
                                     kwargs);
    Py_DECREF(args);
    return result;
}

/* ---- the reader --------------------------------------------------------- */

typedef enum {
    START_RECORD, START_FIELD, ESCAPED, IN_FIELD, IN_QUOTED_FIELD,
    ESCAPE_IN_QUOTED, QUOTE_IN_QUOTED, EAT_NEWLINE, AFTER_ESCAPED
} ReaderState;

typedef struct {
    PyObject_HEAD
    PyObject *input;              /* iterator over lines */
    DialectObject *dialect;
    PyObject *fields;             /* list of the current record, or NULL */
    ReaderState state;
    Py_UCS4 *field;               /* characters of the current field */
    Py_ssize_t field_length, field_allocated;
    int numeric;                  /* the field is to become a float */
    unsigned long line_number;
} ReaderObject;

static int
add_char(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    if (self->field_length >= state->field_limit) {
        PyErr_Format(state->error, "field larger than field limit (%ld)",
                     state->field_limit);
        return -1;
    }
    if (self->field_length == self->field_allocated) {
        Py_ssize_t size = self->field_allocated ? self->field_allocated * 2
                                                : 4096;
        Py_UCS4 *field = PyMem_Realloc(self->field,
                                       (size_t)size * sizeof(Py_UCS4));
        if (field == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->field = field;
        self->field_allocated = size;
    }
    self->field[self->field_length++] = ch;
    return 0;
}

static int
save_field(ReaderObject *self)
{
    PyObject *field = PyUnicode_FromKindAndData(
        PyUnicode_4BYTE_KIND, self->field, self->field_length);

    if (field == NULL) {
        return -1;
    }
    self->field_length = 0;
    if (self->numeric) {
        self->numeric = 0;
        Py_SETREF(field, PyNumber_Float(field));
        if (field == NULL) {
            return -1;
        }
    }
    int status = PyList_Append(self->fields, field);
    Py_DECREF(field);
    return status;
}

static int
is_newline(Py_UCS4 ch)
{
    return ch == '\n' || ch == '\r';
}

/* Ends the field and the record. */
static int
end_record(ReaderObject *self, Py_UCS4 ch)
{
    self->state = ch == END_OF_LINE ? START_RECORD : EAT_NEWLINE;
    return save_field(self);
}

static int
read_field_start(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    DialectObject *dialect = self->dialect;

    if (is_newline(ch) || ch == END_OF_LINE) {
        return end_record(self, ch);
    }
    if (ch == dialect->quotechar && dialect->quoting != QUOTE_NONE) {
        self->state = IN_QUOTED_FIELD;
        return 0;
    }
    if (ch == dialect->escapechar) {
        self->state = ESCAPED;
        return 0;
    }
    if (ch == ' ' && dialect->skipinitialspace) {
        return 0;
    }
    if (ch == dialect->delimiter) {
        return save_field(self);
    }
    self->numeric = dialect->quoting == QUOTE_NONNUMERIC;
    self->state = IN_FIELD;
    return add_char(state, self, ch);
}

static int
read_in_field(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    if (is_newline(ch) || ch == END_OF_LINE) {
        return end_record(self, ch);
    }
    if (ch == self->dialect->escapechar) {
        self->state = ESCAPED;
        return 0;
    }
    if (ch == self->dialect->delimiter) {
        self->state = START_FIELD;
        return save_field(self);
    }
    return add_char(state, self, ch);
}

static int
read_in_quoted(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    DialectObject *dialect = self->dialect;

    if (ch == END_OF_LINE) {
        return 0;
    }
    if (ch == dialect->escapechar) {
        self->state = ESCAPE_IN_QUOTED;
        return 0;
    }
    if (ch == dialect->quotechar && dialect->quoting != QUOTE_NONE) {
        self->state = dialect->doublequote ? QUOTE_IN_QUOTED : IN_FIELD;
        return 0;
    }
    return add_char(state, self, ch);
}

static int
read_after_quote(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    DialectObject *dialect = self->dialect;

    if (dialect->quoting != QUOTE_NONE && ch == dialect->quotechar) {
        self->state = IN_QUOTED_FIELD;
        return add_char(state, self, ch);
    }
    if (ch == dialect->delimiter) {
        self->state = START_FIELD;
        return save_field(self);
    }
    if (is_newline(ch) || ch == END_OF_LINE) {
        return end_record(self, ch);
    }
    if (dialect->strict) {
        PyErr_Format(state->error, "'%c' expected after '%c'",
                     (int)dialect->delimiter, (int)dialect->quotechar);
        return -1;
    }
    self->state = IN_FIELD;
    return add_char(state, self, ch);
}

/* One step of the machine.  0/-1 */
static int
read_char(csv_state *state, ReaderObject *self, Py_UCS4 ch)
{
    switch (self->state) {
    case START_RECORD:
        if (ch == END_OF_LINE) {
            return 0;
        }
        if (is_newline(ch)) {
            self->state = EAT_NEWLINE;
            return 0;
        }
        self->state = START_FIELD;
        return read_field_start(state, self, ch);
    case START_FIELD:
        return read_field_start(state, self, ch);
    case ESCAPED:
        self->state = is_newline(ch) ? AFTER_ESCAPED : IN_FIELD;
        return add_char(state, self, ch == END_OF_LINE ? '\n' : ch);
    case AFTER_ESCAPED:
        return ch == END_OF_LINE ? 0 : read_in_field(state, self, ch);
    case IN_FIELD:
        return read_in_field(state, self, ch);
    case IN_QUOTED_FIELD:
        return read_in_quoted(state, self, ch);
    case ESCAPE_IN_QUOTED:
        self->state = IN_QUOTED_FIELD;
        return add_char(state, self, ch == END_OF_LINE ? '\n' : ch);
    case QUOTE_IN_QUOTED:
        return read_after_quote(state, self, ch);
    default:                           /* EAT_NEWLINE */
        if (is_newline(ch)) {
            return 0;
        }
        if (ch == END_OF_LINE) {
            self->state = START_RECORD;
            return 0;
        }
        PyErr_SetString(state->error,
                        "new-line character seen in unquoted field - do you "
                        "need to open the file in universal-newline mode?");
        return -1;
    }
}

static int
read_line(csv_state *state, ReaderObject *self, PyObject *line)
{
    if (!PyUnicode_Check(line)) {
        PyErr_Format(state->error, "iterator should return strings, not "
                     "%.200s (the file should be opened in text mode)",
                     Py_TYPE(line)->tp_name);
        return -1;
    }
    if (PyUnicode_READY(line) < 0) {
        return -1;
    }
    self->line_number++;
    int kind = unicode_kind(line);
    const void *data = unicode_data(line);
    for (Py_ssize_t i = 0; i < unicode_length(line); i++) {
        if (read_char(state, self, unicode_read(kind, data, i)) < 0) {
            return -1;
        }
    }
    return read_char(state, self, END_OF_LINE);
}

/* The input has ended: 1 if that ends a record, 0 if there is none, -1. */
static int
end_input(csv_state *state, ReaderObject *self)
{
    if (PyErr_Occurred()) {
        return -1;
    }
    if (self->field_length == 0 && self->state != IN_QUOTED_FIELD) {
        return 0;
    }
    if (self->dialect->strict) {
        PyErr_SetString(state->error, "unexpected end of data");
        return -1;
    }
    return save_field(self) < 0 ? -1 : 1;
}

static PyObject *
reader_next(PyObject *op)
{
    ReaderObject *self = (ReaderObject *)op;
    csv_state *state = state_of_type(Py_TYPE(op));

    if (state == NULL) {
        return NULL;
    }
    Py_XSETREF(self->fields, PyList_New(0));
    if (self->fields == NULL) {
        return NULL;
    }
    self->field_length = 0;
    self->state = START_RECORD;
    self->numeric = 0;
    do {
        PyObject *line = PyIter_Next(self->input);
        if (line == NULL) {
            if (end_input(state, self) <= 0) {
                return NULL;
            }
            break;
        }
        int status = read_line(state, self, line);
        Py_DECREF(line);
        if (status < 0) {
            return NULL;
        }
        if (self->fields == NULL) {
            PyErr_SetString(PyExc_RuntimeError, "reader was cleared");
            return NULL;
        }
    } while (self->state != START_RECORD);
    PyObject *fields = self->fields;
    self->fields = NULL;
    return fields;
}

static int
reader_traverse(PyObject *op, visitproc visit, void *arg)
{
    ReaderObject *self = (ReaderObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dialect);
    Py_VISIT(self->input);
    Py_VISIT(self->fields);
    return 0;
}

static int
reader_clear(PyObject *op)
{
    ReaderObject *self = (ReaderObject *)op;

    Py_CLEAR(self->dialect);
    Py_CLEAR(self->input);
    Py_CLEAR(self->fields);
    return 0;
}

static void
reader_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    reader_clear(op);
    PyMem_Free(((ReaderObject *)op)->field);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyMemberDef reader_members[] = {
    {"dialect", T_OBJECT, offsetof(ReaderObject, dialect), READONLY, NULL},
    {"line_num", T_ULONG, offsetof(ReaderObject, line_number), READONLY,
     NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Iterates over the records of a text.")},
    {Py_tp_traverse, reader_traverse},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, reader_next},
    {Py_tp_members, reader_members},
    {Py_tp_clear, reader_clear},
    {Py_tp_dealloc, reader_dealloc},
    {0, NULL},
};

static PyType_Spec reader_spec = {
    .name = "_csv.reader",
    .basicsize = sizeof(ReaderObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = reader_slots,
};

static PyObject *
csv_reader(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = PyModule_GetState(module);
    PyObject *iterable, *dialect = NULL;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &iterable, &dialect)) {
        return NULL;
    }
    ReaderObject *self = PyObject_GC_New(ReaderObject, state->reader_type);
    if (self == NULL) {
        return NULL;
    }
    memset(&self->input, 0,
           sizeof(ReaderObject) - offsetof(ReaderObject, input));
    PyObject_GC_Track(self);
    self->input = PyObject_GetIter(iterable);
    if (self->input != NULL) {
        self->dialect = (DialectObject *)call_dialect(state, dialect, kwargs);
    }
    if (self->dialect == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* ---- the writer --------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *write;              /* of the output */
    DialectObject *dialect;
} WriterObject;

/* Whether the character needs quotes or an escape. */
static int
is_special(DialectObject *dialect, Py_UCS4 ch)
{
    PyObject *end = dialect->lineterminator;

    return ch == dialect->delimiter || ch == dialect->escapechar ||
           ch == dialect->quotechar ||
           unicode_find_char(unicode_kind(end), unicode_data(end),
                             unicode_length(end), ch) >= 0;
}

/* What precedes the character in the output: a quote, the escape, or 0;
 * *quoted is set if the field needs quotes because of it.  NOT_SET: an
 * escape is needed and there is none. */
static Py_UCS4
prefix_of(DialectObject *dialect, Py_UCS4 ch, int *quoted)
{
    if (!is_special(dialect, ch)) {
        return 0;
    }
    if (dialect->quoting != QUOTE_NONE) {
        if (ch == dialect->quotechar && dialect->doublequote) {
            *quoted = 1;
            return ch;
        }
        if (ch != dialect->quotechar && ch != dialect->escapechar) {
            *quoted = 1;
            return 0;
        }
    }
    return dialect->escapechar;
}

/* Appends a field; NULL is the empty one. */
static int
join_field(csv_state *state, DialectObject *dialect, _PyUnicodeWriter *writer,
           PyObject *field, int quoted, int first)
{
    Py_ssize_t n = field == NULL ? 0 : unicode_length(field);
    int kind = field == NULL ? 1 : unicode_kind(field), plain = 1;
    const void *data = field == NULL ? "" : unicode_data(field);

    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 prefix = prefix_of(dialect, unicode_read(kind, data, i),
                                   &quoted);
        if (prefix == NOT_SET) {
            PyErr_SetString(state->error,
                            "need to escape, but no escapechar set");
            return -1;
        }
        plain &= prefix == 0;
    }
    if ((!first &&
         _PyUnicodeWriter_WriteChar(writer, dialect->delimiter) < 0) ||
        (quoted &&
         _PyUnicodeWriter_WriteChar(writer, dialect->quotechar) < 0)) {
        return -1;
    }
    if (plain) {
        if (n > 0 && _PyUnicodeWriter_WriteStr(writer, field) < 0) {
            return -1;
        }
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_UCS4 ch = unicode_read(kind, data, i);
            Py_UCS4 prefix = prefix_of(dialect, ch, &quoted);
            if ((prefix != 0 &&
                 _PyUnicodeWriter_WriteChar(writer, prefix) < 0) ||
                _PyUnicodeWriter_WriteChar(writer, ch) < 0) {
                return -1;
            }
        }
    }
    return quoted ? _PyUnicodeWriter_WriteChar(writer, dialect->quotechar)
                  : 0;
}

static int
join_object(csv_state *state, DialectObject *dialect,
            _PyUnicodeWriter *writer, PyObject *object, int first)
{
    int quoted = dialect->quoting == QUOTE_ALL ||
                 (dialect->quoting == QUOTE_NONNUMERIC &&
                  !PyNumber_Check(object));

    if (object == Py_None) {
        return join_field(state, dialect, writer, NULL, quoted, first);
    }
    PyObject *text = PyUnicode_Check(object) ? Py_NewRef(object)
                                             : PyObject_Str(object);
    if (text == NULL) {
        return -1;
    }
    int status = PyUnicode_READY(text);
    if (status == 0) {
        status = join_field(state, dialect, writer, text, quoted, first);
    }
    Py_DECREF(text);
    return status;
}

/* The fields of the iterator, joined.  0/-1 */
static int
join_record(csv_state *state, DialectObject *dialect,
            _PyUnicodeWriter *writer, PyObject *iterator)
{
    Py_ssize_t count = 0;
    PyObject *item;

    while ((item = PyIter_Next(iterator)) != NULL) {
        int status = join_object(state, dialect, writer, item, count == 0);
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
        count++;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    if (count > 0 && writer->pos == 0) {
        if (dialect->quoting == QUOTE_NONE) {
            PyErr_SetString(state->error,
                            "single empty field record must be quoted");
            return -1;
        }
        return join_field(state, dialect, writer, NULL, 1, 1);
    }
    return 0;
}

static PyObject *
writer_writerow(PyObject *op, PyObject *row)
{
    WriterObject *self = (WriterObject *)op;
    csv_state *state = state_of_type(Py_TYPE(op));
    _PyUnicodeWriter writer;

    if (state == NULL) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(row);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(state->error, "iterable expected, not %.200s",
                         Py_TYPE(row)->tp_name);
        }
        return NULL;
    }
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    int status = join_record(state, self->dialect, &writer, iterator);
    Py_DECREF(iterator);
    if (status < 0 || _PyUnicodeWriter_WriteStr(
                          &writer, self->dialect->lineterminator) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    PyObject *line = _PyUnicodeWriter_Finish(&writer);
    if (line == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallOneArg(self->write, line);
    Py_DECREF(line);
    return result;
}

static PyObject *
writer_writerows(PyObject *self, PyObject *rows)
{
    PyObject *iterator = PyObject_GetIter(rows), *row;

    if (iterator == NULL) {
        return NULL;
    }
    while ((row = PyIter_Next(iterator)) != NULL) {
        PyObject *result = writer_writerow(self, row);
        Py_DECREF(row);
        if (result == NULL) {
            Py_DECREF(iterator);
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
writer_traverse(PyObject *op, visitproc visit, void *arg)
{
    WriterObject *self = (WriterObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dialect);
    Py_VISIT(self->write);
    return 0;
}

static int
writer_clear(PyObject *op)
{
    WriterObject *self = (WriterObject *)op;

    Py_CLEAR(self->dialect);
    Py_CLEAR(self->write);
    return 0;
}

static void
writer_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    writer_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyMethodDef writer_methods[] = {
    {"writerow", writer_writerow, METH_O,
     PyDoc_STR("writerow(iterable)\n\nWrite a record.")},
    {"writerows", writer_writerows, METH_O,
     PyDoc_STR("writerows(iterable of iterables)\n\nWrite many records.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef writer_members[] = {
    {"dialect", T_OBJECT, offsetof(WriterObject, dialect), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot writer_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Writes records to a file.")},
    {Py_tp_traverse, writer_traverse},
    {Py_tp_clear, writer_clear},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_methods, writer_methods},
    {Py_tp_members, writer_members},
    {0, NULL},
};

static PyType_Spec writer_spec = {
    .name = "_csv.writer",
    .basicsize = sizeof(WriterObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = writer_slots,
};

static PyObject *
csv_writer(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = PyModule_GetState(module);
    PyObject *output, *dialect = NULL;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &output, &dialect)) {
        return NULL;
    }
    WriterObject *self = PyObject_GC_New(WriterObject, state->writer_type);
    if (self == NULL) {
        return NULL;
    }
    self->dialect = NULL;
    self->write = PyObject_GetAttrString(output, "write");
    PyObject_GC_Track(self);
    if (self->write == NULL &&
        !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        Py_DECREF(self);
        return NULL;
    }
    if (self->write == NULL || !PyCallable_Check(self->write)) {
        PyErr_SetString(PyExc_TypeError,
                        "argument 1 must have a \"write\" method");
        Py_DECREF(self);
        return NULL;
    }
    self->dialect = (DialectObject *)call_dialect(state, dialect, kwargs);
    if (self->dialect == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* ---- registry ----------------------------------------------------------- */

static PyObject *
csv_list_dialects(PyObject *module, PyObject *unused)
{
    return PyDict_Keys(((csv_state *)PyModule_GetState(module))->dialects);
}

static PyObject *
csv_register_dialect(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = PyModule_GetState(module);
    PyObject *name, *dialect = NULL;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &name, &dialect)) {
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "dialect name must be a string");
        return NULL;
    }
    PyObject *made = PyUnicode_READY(name) < 0
                         ? NULL
                         : call_dialect(state, dialect, kwargs);
    if (made == NULL) {
        return NULL;
    }
    int status = PyDict_SetItem(state->dialects, name, made);
    Py_DECREF(made);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const char *const name_keywords[] = {"name", NULL};

static PyObject *
csv_unregister_dialect(PyObject *module, PyObject *const *args,
                       Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O:unregister_dialect",
                                   .keywords = name_keywords};
    csv_state *state = PyModule_GetState(module);
    PyObject *name;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &name)) {
        return NULL;
    }
    if (PyDict_DelItem(state->dialects, name) < 0) {
        if (PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_SetString(state->error, "unknown dialect");
        }
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
csv_get_dialect(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O:get_dialect",
                                   .keywords = name_keywords};
    PyObject *name;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &name)) {
        return NULL;
    }
    return dialect_from_registry(PyModule_GetState(module), name);
}

static PyObject *
csv_field_size_limit(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"new_limit", NULL};
    static _PyArg_Parser parser = {.format = "|O:field_size_limit",
                                   .keywords = keywords};
    csv_state *state = PyModule_GetState(module);
    PyObject *limit = NULL;
    long old = state->field_limit;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &limit)) {
        return NULL;
    }
    if (limit != NULL) {
        if (!PyLong_CheckExact(limit)) {
            PyErr_SetString(PyExc_TypeError, "limit must be an integer");
            return NULL;
        }
        state->field_limit = PyLong_AsLong(limit);
        if (state->field_limit == -1 && PyErr_Occurred()) {
            state->field_limit = old;
            return NULL;
        }
    }
    return PyLong_FromLong(old);
}

/* ---- the module --------------------------------------------------------- */

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef csv_methods[] = {
    {"reader", FUNCTION(csv_reader), METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("reader(iterable [, dialect='excel'] [optional keyword "
               "args])\n\nIterate over the records in lines of text.")},
    {"writer", FUNCTION(csv_writer), METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("writer(fileobj [, dialect='excel'] [optional keyword "
               "args])\n\nMake an object that writes records to a file.")},
    {"list_dialects", csv_list_dialects, METH_NOARGS,
     PyDoc_STR("list_dialects($module, /)\n--\n\n"
               "The names of the dialects.")},
    {"register_dialect", FUNCTION(csv_register_dialect),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("register_dialect(name, [dialect, **fmtparams])\n\n"
               "Register a dialect under a name.")},
    {"unregister_dialect", FUNCTION(csv_unregister_dialect),
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("unregister_dialect($module, /, name)\n--\n\n"
               "Remove a dialect.")},
    {"get_dialect", FUNCTION(csv_get_dialect), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("get_dialect($module, /, name)\n--\n\nFind a dialect.")},
    {"field_size_limit", FUNCTION(csv_field_size_limit),
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("field_size_limit($module, /, new_limit=<unrepresentable>)\n"
               "--\n\nThe longest field allowed; sets it if given.")},
    {NULL, NULL, 0, NULL},
};

static int
add_type(PyObject *module, PyTypeObject **field, PyType_Spec *spec,
         const char *name)
{
    *field = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (*field == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, name, (PyObject *)*field);
}

static int
csv_exec(PyObject *module)
{
    csv_state *state = PyModule_GetState(module);

    state->field_limit = 128 * 1024;
    if (add_type(module, &state->dialect_type, &dialect_spec, "Dialect") < 0 ||
        add_type(module, &state->reader_type, &reader_spec, "Reader") < 0 ||
        add_type(module, &state->writer_type, &writer_spec, "Writer") < 0 ||
        PyModule_AddStringConstant(module, "__version__", "1.0") < 0 ||
        PyModule_AddIntConstant(module, "QUOTE_MINIMAL", QUOTE_MINIMAL) < 0 ||
        PyModule_AddIntConstant(module, "QUOTE_ALL", QUOTE_ALL) < 0 ||
        PyModule_AddIntConstant(module, "QUOTE_NONNUMERIC",
                                QUOTE_NONNUMERIC) < 0 ||
        PyModule_AddIntConstant(module, "QUOTE_NONE", QUOTE_NONE) < 0) {
        return -1;
    }
    state->dialects = PyDict_New();
    if (state->dialects == NULL ||
        PyModule_AddObjectRef(module, "_dialects", state->dialects) < 0) {
        return -1;
    }
    state->error = PyErr_NewException("_csv.Error", NULL, NULL);
    if (state->error == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Error", state->error);
}

static int
csv_traverse(PyObject *module, visitproc visit, void *arg)
{
    csv_state *state = PyModule_GetState(module);

    Py_VISIT(state->error);
    Py_VISIT(state->dialects);
    Py_VISIT(state->dialect_type);
    Py_VISIT(state->reader_type);
    Py_VISIT(state->writer_type);
    return 0;
}

static int
csv_clear(PyObject *module)
{
    csv_state *state = PyModule_GetState(module);

    Py_CLEAR(state->error);
    Py_CLEAR(state->dialects);
    Py_CLEAR(state->dialect_type);
    Py_CLEAR(state->reader_type);
    Py_CLEAR(state->writer_type);
    return 0;
}

static void
csv_free(void *module)
{
    csv_clear(module);
}

static PyModuleDef_Slot csv_slots[] = {
    {Py_mod_exec, csv_exec},
    {0, NULL},
};

static PyModuleDef csv_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_csv",
    .m_doc = PyDoc_STR("CSV parsing and writing, for module csv."),
    .m_size = sizeof(csv_state),
    .m_methods = csv_methods,
    .m_slots = csv_slots,
    .m_traverse = csv_traverse,
    .m_clear = csv_clear,
    .m_free = csv_free,
};

PyMODINIT_FUNC PyInit__csv(void);

PyMODINIT_FUNC
PyInit__csv(void)
{
    return PyModuleDef_Init(&csv_module);
}
