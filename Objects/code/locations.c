/* The location table: which line and columns each instruction belongs to (PEP
 * 626, 657).
 *
 * An entry covers up to eight code units:
 *
 *     1 kkkk lll    kind, number of units - 1; no other byte has bit 7 set
 *     ...           SHORT: 1 byte  (columns; same line as the entry before)
 *                   ONE_LINE: 2 bytes (line delta in the kind)
 *                   NO_COLUMNS: signed varint (line delta)
 *                   LONG: signed varint, varint (line delta, end line delta),
 *                         2 varints (columns)
 *                   NONE: nothing
 *
 * Varints are little-endian groups of six bits, bit 6 for "more follows".
 * Tables come from marshal data and replace(), so reading never goes beyond
 * the end. */

#include "Python.h"

#include "code.h"
#include "codeobject.h"

/* ---- Reading ------------------------------------------------------------ */

static unsigned
read_varint(const uint8_t **next, const uint8_t *limit)
{
    unsigned value = 0, shift = 0;

    while (*next < limit) {
        unsigned byte = *(*next)++;

        value |= (byte & 63) << (shift & 31);
        if (!(byte & 64)) {
            break;
        }
        shift += 6;
    }
    return value;
}

static int
read_signed_varint(const uint8_t **next, const uint8_t *limit)
{
    unsigned value = read_varint(next, limit);

    return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

static int
entry_kind(uint8_t first)
{
    return first >> 3 & 15;
}

static int
entry_bytes(uint8_t first)
{
    return ((first & 7) + 1) * (int)sizeof(_Py_CODEUNIT);
}

/* Change of the line by the entry at `entry`. */
static int
entry_line_delta(const uint8_t *entry, const uint8_t *limit)
{
    int kind = entry_kind(*entry);

    switch (kind) {
    case LOCATION_NO_COLUMNS:
    case LOCATION_LONG:
        entry++;
        return read_signed_varint(&entry, limit);
    case LOCATION_ONE_LINE0 + 1:
        return 1;
    case LOCATION_ONE_LINE0 + 2:
        return 2;
    default:
        return 0;
    }
}

static const uint8_t *
next_entry(const uint8_t *entry, const uint8_t *limit)
{
    do {
        entry++;
    } while (entry < limit && !(*entry & 128));
    return entry;
}

void
code_lines_init_table(const char *table, Py_ssize_t size, int firstlineno,
                      PyCodeAddressRange *range)
{
    range->opaque.lo_next = (const uint8_t *)table;
    range->opaque.limit = range->opaque.lo_next + size;
    range->opaque.computed_line = firstlineno;
    range->ar_start = -1;
    range->ar_end = 0;
    range->ar_line = -1;
}

int
code_lines_init(PyCodeObject *code, PyCodeAddressRange *range)
{
    code_lines_init_table(PyBytes_AS_STRING(code->co_linetable),
                          PyBytes_GET_SIZE(code->co_linetable),
                          code->co_firstlineno, range);
    return range->ar_line;
}

/* Line of the entry at lo_next, whose delta has been added. */
static void
set_range_line(PyCodeAddressRange *range, const uint8_t *entry)
{
    range->ar_line =
        entry_kind(*entry) == LOCATION_NONE ? -1 : range->opaque.computed_line;
}

int
code_lines_next(PyCodeAddressRange *range)
{
    const uint8_t *entry = range->opaque.lo_next;

    if (entry >= range->opaque.limit) {
        return 0;
    }
    range->opaque.computed_line +=
        entry_line_delta(entry, range->opaque.limit);
    range->ar_start = range->ar_end;
    range->ar_end += entry_bytes(*entry);
    set_range_line(range, entry);
    range->opaque.lo_next = next_entry(entry, range->opaque.limit);
    return 1;
}

/* Goes back to the entry before the current one, which is the one in front of
 * lo_next. */
int
code_lines_previous(PyCodeAddressRange *range)
{
    const uint8_t *entry = range->opaque.lo_next;

    if (range->ar_start <= 0) {
        return 0;
    }
    do {
        entry--;
    } while (!(*entry & 128));                  /* the current entry */
    range->opaque.computed_line -=
        entry_line_delta(entry, range->opaque.limit);
    range->opaque.lo_next = entry;
    do {
        entry--;
    } while (!(*entry & 128));
    range->ar_end = range->ar_start;
    range->ar_start -= entry_bytes(*entry);
    set_range_line(range, entry);
    return 1;
}

int
_PyCode_CheckLineNumber(int lasti, PyCodeAddressRange *range)
{
    while (range->ar_end <= lasti) {
        if (!code_lines_next(range)) {
            return -1;
        }
    }
    while (range->ar_start > lasti) {
        if (!code_lines_previous(range)) {
            return -1;
        }
    }
    return range->ar_line;
}

/* ---- Look-up ------------------------------------------------------------ */

/* _co_linearray: the line of each code unit, -1 for none. */
static int
expanded_line(PyCodeObject *code, int unit)
{
    return ((int32_t *)code->_co_linearray)[unit];
}

int
PyCode_Addr2Line(PyCodeObject *code, int byte_offset)
{
    PyCodeAddressRange range;

    if (byte_offset < 0) {
        return code->co_firstlineno;
    }
    if (code->_co_linearray != NULL && byte_offset < _PyCode_NBYTES(code)) {
        return expanded_line(code, byte_offset / (int)sizeof(_Py_CODEUNIT));
    }
    code_lines_init(code, &range);
    return _PyCode_CheckLineNumber(byte_offset, &range);
}

int
code_line_of(PyCodeObject *code, int byte_offset)
{
    return PyCode_Addr2Line(code, byte_offset);
}

int
code_lines_expand(PyCodeObject *code)
{
    PyCodeAddressRange range;
    Py_ssize_t units = Py_SIZE(code);
    int32_t *lines;

    if (code->_co_linearray != NULL) {
        return 0;
    }
    lines = PyMem_New(int32_t, units + 1);
    if (lines == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(lines, 0xff, (units + 1) * sizeof(int32_t));     /* -1 each */
    code_lines_init(code, &range);
    while (code_lines_next(&range)) {
        for (int i = range.ar_start / 2; i < range.ar_end / 2 && i < units;
             i++) {
            lines[i] = range.ar_line;
        }
    }
    code->_co_linearray_entry_size |= sizeof(int32_t);
    code->_co_linearray = (char *)lines;
    return 0;
}

/* ---- Positions ---------------------------------------------------------- */

typedef struct {
    int line, end_line, column, end_column;     /* -1: unknown */
} Positions;

/* Steps to the next entry and reads its positions; 0 at the end. */
static int
positions_next(PyCodeAddressRange *range, Positions *at)
{
    const uint8_t *next = range->opaque.lo_next, *limit = range->opaque.limit;
    int kind, byte;

    if (!code_lines_next(range)) {
        return 0;
    }
    kind = entry_kind(*next++);
    *at = (Positions){range->ar_line, range->ar_line, -1, -1};
    if (kind == LOCATION_LONG) {
        read_signed_varint(&next, limit);
        at->end_line = at->line + (int)read_varint(&next, limit);
        at->column = (int)read_varint(&next, limit) - 1;
        at->end_column = (int)read_varint(&next, limit) - 1;
    }
    else if (kind >= LOCATION_ONE_LINE0 && kind < LOCATION_NO_COLUMNS &&
             limit - next >= 2) {
        at->column = next[0];
        at->end_column = next[1];
    }
    else if (kind < LOCATION_ONE_LINE0 && next < limit) {
        byte = *next;
        at->column = kind << 3 | byte >> 4;
        at->end_column = at->column + (byte & 15);
    }
    return 1;
}

int
PyCode_Addr2Location(PyCodeObject *code, int byte_offset, int *start_line,
                     int *start_column, int *end_line, int *end_column)
{
    PyCodeAddressRange range;
    Positions at = {-1, -1, -1, -1};

    if (byte_offset < 0) {
        *start_line = *end_line = code->co_firstlineno;
        *start_column = *end_column = 0;
        return 1;
    }
    code_lines_init(code, &range);
    while (range.ar_end <= byte_offset && positions_next(&range, &at)) {
        continue;
    }
    *start_line = at.line;
    *end_line = at.end_line;
    *start_column = at.column;
    *end_column = at.end_column;
    return 1;
}

/* ---- Iterators ---------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyCodeObject *code;
    PyCodeAddressRange range;
    Positions positions;
    int offset;                 /* of the next code unit, in bytes */
} LocationIterator;

static void
location_iterator_dealloc(PyObject *op)
{
    Py_DECREF(((LocationIterator *)op)->code);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
location_iterator_new(PyTypeObject *type, PyCodeObject *code)
{
    LocationIterator *self = (LocationIterator *)PyType_GenericAlloc(type, 0);

    if (self != NULL) {
        self->code = (PyCodeObject *)Py_NewRef(code);
        code_lines_init(code, &self->range);
    }
    return (PyObject *)self;
}

static PyObject *
int_or_none(int value)
{
    return value < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(value);
}

static PyObject *
line_iterator_next(PyObject *op)
{
    LocationIterator *self = (LocationIterator *)op;

    do {
        if (!code_lines_next(&self->range)) {
            return NULL;
        }
    } while (self->range.ar_start == self->range.ar_end);
    return Py_BuildValue("iiN", self->range.ar_start, self->range.ar_end,
                         int_or_none(self->range.ar_line));
}

static PyObject *
positions_iterator_next(PyObject *op)
{
    LocationIterator *self = (LocationIterator *)op;
    Positions *at = &self->positions;

    if (self->offset >= self->range.ar_end &&
        !positions_next(&self->range, at)) {
        return NULL;
    }
    self->offset += sizeof(_Py_CODEUNIT);
    return Py_BuildValue("NNNN", int_or_none(at->line),
                         int_or_none(at->end_line), int_or_none(at->column),
                         int_or_none(at->end_column));
}

PyTypeObject line_iterator_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "line_iterator",
    .tp_basicsize = sizeof(LocationIterator),
    .tp_dealloc = location_iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = line_iterator_next,
    .tp_free = PyObject_Del,
};

PyTypeObject positions_iterator_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "positions_iterator",
    .tp_basicsize = sizeof(LocationIterator),
    .tp_dealloc = location_iterator_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = positions_iterator_next,
    .tp_free = PyObject_Del,
};

PyObject *
code_co_lines(PyObject *code, PyObject *Py_UNUSED(ignored))
{
    return location_iterator_new(&line_iterator_type, (PyCodeObject *)code);
}

PyObject *
code_co_positions(PyObject *code, PyObject *Py_UNUSED(ignored))
{
    return location_iterator_new(&positions_iterator_type,
                                 (PyCodeObject *)code);
}

/* ---- Other forms of the table ------------------------------------------- */

/* Appends byte pairs to a growing bytes object: 0/-1. */
static int
append_pair(PyObject **bytes, Py_ssize_t *size, int first, int second)
{
    if (*size + 2 > PyBytes_GET_SIZE(*bytes) &&
        _PyBytes_Resize(bytes, (*size + 2) * 2) < 0) {
        return -1;
    }
    PyBytes_AS_STRING(*bytes)[(*size)++] = (char)first;
    PyBytes_AS_STRING(*bytes)[(*size)++] = (char)second;
    return 0;
}

static int
append_delta(PyObject **bytes, Py_ssize_t *size, int offset, int line)
{
    for (; offset > 255; offset -= 255) {
        if (append_pair(bytes, size, 255, 0) < 0) {
            return -1;
        }
    }
    while (line > 127 || line < -128) {
        int step = line > 127 ? 127 : -128;

        if (append_pair(bytes, size, offset, step) < 0) {
            return -1;
        }
        line -= step;
        offset = 0;
    }
    return append_pair(bytes, size, offset, line);
}

/* The line table as Python 3.9 had it: pairs of code and line deltas. */
PyObject *
code_get_lnotab(PyObject *op, void *Py_UNUSED(closure))
{
    PyCodeObject *code = (PyCodeObject *)op;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, 64);
    PyCodeAddressRange range;
    Py_ssize_t size = 0;
    int offset = 0, line = code->co_firstlineno;

    if (bytes == NULL) {
        return NULL;
    }
    code_lines_init(code, &range);
    while (code_lines_next(&range)) {
        if (range.opaque.computed_line != line) {
            if (append_delta(&bytes, &size, range.ar_start - offset,
                             range.opaque.computed_line - line) < 0) {
                Py_XDECREF(bytes);
                return NULL;
            }
            offset = range.ar_start;
            line = range.opaque.computed_line;
        }
    }
    _PyBytes_Resize(&bytes, size);
    return bytes;
}

/* The table without columns (-X no_debug_ranges): new bytes. */
PyObject *
code_table_without_columns(PyObject *table)
{
    const uint8_t *entry = (const uint8_t *)PyBytes_AS_STRING(table);
    const uint8_t *limit = entry + PyBytes_GET_SIZE(table);
    PyObject *result =
        PyBytes_FromStringAndSize(NULL, PyBytes_GET_SIZE(table) * 2 + 1);
    uint8_t *out;
    Py_ssize_t size;

    if (result == NULL) {
        return NULL;
    }
    out = (uint8_t *)PyBytes_AS_STRING(result);
    while (entry < limit) {
        if (entry_kind(*entry) == LOCATION_NONE) {
            *out++ = *entry;
        }
        else {
            int delta = entry_line_delta(entry, limit);
            unsigned value =
                (delta < 0 ? 0U - (unsigned)delta : (unsigned)delta) << 1 |
                (delta < 0);

            *out++ = 0x80 | LOCATION_NO_COLUMNS << 3 | (*entry & 7);
            for (; value >= 64; value >>= 6) {
                *out++ = 64 | (value & 63);
            }
            *out++ = (uint8_t)value;
        }
        entry = next_entry(entry, limit);
    }
    size = out - (uint8_t *)PyBytes_AS_STRING(result);
    _PyBytes_Resize(&result, size);
    return result;
}
