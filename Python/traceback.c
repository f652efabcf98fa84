/* Traceback objects and their text.
 *
 * A line of a traceback shows the source line and, below it, what part of it
 * was running: carets from the code's position table.  For binary operations
 * and subscriptions the operator gets carets and the operands tildes; to find
 * the operator the piece of source is parsed again. */
#include "Python.h"
#include "frameobject.h"
#include "structmember.h"

#include "arena.h"
#include "ast.h"
#include "audit.h"
#include "errors.h"
#include "frame.h"
#include "gc.h"
#include "names.h"
#include "object.h"
#include "parser.h"
#include "runtime.h"
#include "traceback.h"

#define SOURCE_INDENT 4
#define RECURSIVE_CUTOFF 3             /* equal entries shown in a row */

/* ---- objects ---- */

static PyObject *
traceback_make(PyTracebackObject *next, PyFrameObject *frame, int lasti,
               int lineno)
{
    PyTracebackObject *self;

    if ((next != NULL && !PyTraceBack_Check(next)) || frame == NULL ||
        !PyFrame_Check(frame)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    self = PyObject_GC_New(PyTracebackObject, &PyTraceBack_Type);
    if (self == NULL) {
        return NULL;
    }
    self->tb_next = (PyTracebackObject *)Py_XNewRef((PyObject *)next);
    self->tb_frame = (PyFrameObject *)Py_NewRef((PyObject *)frame);
    self->tb_lasti = lasti;
    self->tb_lineno = lineno;
    gc_track(self);
    return (PyObject *)self;
}

static PyObject *
traceback_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"tb_next", (char *)"tb_frame",
                               (char *)"tb_lasti", (char *)"tb_lineno", NULL};
    PyObject *next, *frame;
    int lasti, lineno;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "OO!ii:TracebackType",
                                     keywords, &next, &PyFrame_Type, &frame,
                                     &lasti, &lineno)) {
        return NULL;
    }
    if (next == Py_None) {
        next = NULL;
    }
    else if (!PyTraceBack_Check(next)) {
        PyErr_Format(PyExc_TypeError,
                     "expected traceback object or None, got '%s'",
                     Py_TYPE(next)->tp_name);
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_TRACEBACK___NEW__, "OOii",
                next != NULL ? next : Py_None, frame, lasti, lineno) < 0) {
        return NULL;
    }
    return traceback_make((PyTracebackObject *)next, (PyFrameObject *)frame,
                          lasti, lineno);
}

static void
traceback_dealloc(PyObject *op)
{
    PyTracebackObject *self = (PyTracebackObject *)op;

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, traceback_dealloc)
    Py_XDECREF(self->tb_next);
    Py_XDECREF(self->tb_frame);
    PyObject_GC_Del(op);
    Py_TRASHCAN_END
}

static int
traceback_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((PyTracebackObject *)op)->tb_next);
    Py_VISIT(((PyTracebackObject *)op)->tb_frame);
    return 0;
}

static int
traceback_clear(PyObject *op)
{
    Py_CLEAR(((PyTracebackObject *)op)->tb_next);
    Py_CLEAR(((PyTracebackObject *)op)->tb_frame);
    return 0;
}

static PyObject *
traceback_dir(PyObject *self, PyObject *ignored)
{
    return Py_BuildValue("[ssss]", "tb_frame", "tb_next", "tb_lasti",
                         "tb_lineno");
}

static PyObject *
traceback_get_next(PyObject *op, void *closure)
{
    PyObject *next = (PyObject *)((PyTracebackObject *)op)->tb_next;

    return Py_NewRef(next != NULL ? next : Py_None);
}

static int
traceback_set_next(PyObject *op, PyObject *value, void *closure)
{
    PyTracebackObject *self = (PyTracebackObject *)op;

    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "can't delete tb_next attribute");
        return -1;
    }
    if (value == Py_None) {
        value = NULL;
    }
    else if (!PyTraceBack_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "expected traceback object, got '%s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    for (PyTracebackObject *tb = (PyTracebackObject *)value; tb != NULL;
         tb = tb->tb_next) {
        if (tb == self) {
            PyErr_Format(PyExc_ValueError, "traceback loop detected");
            return -1;
        }
    }
    Py_XSETREF(self->tb_next, (PyTracebackObject *)Py_XNewRef(value));
    return 0;
}

static PyMethodDef traceback_methods[] = {
    {"__dir__", traceback_dir, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef traceback_members[] = {
    {"tb_frame", T_OBJECT, offsetof(PyTracebackObject, tb_frame),
     READONLY | PY_AUDIT_READ, NULL},
    {"tb_lasti", T_INT, offsetof(PyTracebackObject, tb_lasti), READONLY, NULL},
    {"tb_lineno", T_INT, offsetof(PyTracebackObject, tb_lineno), READONLY,
     NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef traceback_getset[] = {
    {"tb_next", traceback_get_next, traceback_set_next, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyTraceBack_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "traceback",
    .tp_basicsize = sizeof(PyTracebackObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR(
        "TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)\n--\n\n"
        "One entry of a traceback, and what follows it."),
    .tp_new = traceback_new,
    .tp_dealloc = traceback_dealloc,
    .tp_traverse = traceback_traverse,
    .tp_clear = traceback_clear,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_methods = traceback_methods,
    .tp_members = traceback_members,
    .tp_getset = traceback_getset,
};

PyObject *
_PyTraceBack_FromFrame(PyObject *next, PyFrameObject *frame)
{
    Frame *running = frame->f_frame;

    return traceback_make(
        (PyTracebackObject *)next, frame,
        frame_lasti(running) * (int)sizeof(_Py_CODEUNIT),
        PyFrame_GetLineNumber(frame));
}

/* Puts the frame in front of the pending exception's traceback.  0/-1. */
int
PyTraceBack_Here(PyFrameObject *frame)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback, *entry;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    entry = _PyTraceBack_FromFrame(traceback, frame);
    if (entry == NULL) {
        _PyErr_ChainExceptions(type, value, traceback);
        return -1;
    }
    _PyErr_Restore(tstate, type, value, entry);
    Py_XDECREF(traceback);
    return 0;
}

/* Pretends that the pending exception went through such a function.
 * Never fails: errors of its own are chained. */
void
_PyTraceback_Add(const char *function, const char *filename, int lineno)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback, *globals;
    PyCodeObject *code = NULL;
    PyFrameObject *frame = NULL;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    globals = PyDict_New();
    if (globals != NULL) {
        code = PyCode_NewEmpty(filename, function, lineno);
    }
    if (code != NULL) {
        frame = PyFrame_New(tstate, code, globals, NULL);
    }
    if (frame != NULL) {
        frame->f_lineno = lineno;
        _PyErr_Restore(tstate, type, value, traceback);
        PyTraceBack_Here(frame);
    }
    else {
        _PyErr_ChainExceptions(type, value, traceback);
    }
    Py_XDECREF(frame);
    Py_XDECREF(code);
    Py_XDECREF(globals);
}

/* ---- source lines ---- */

int
_Py_WriteIndent(int indent, PyObject *f)
{
    char spaces[] = "          ";

    while (indent > 0) {
        int n = Py_MIN(indent, 10);
        spaces[n] = '\0';
        if (PyFile_WriteString(spaces, f) < 0) {
            return -1;
        }
        spaces[n] = ' ';
        indent -= n;
    }
    return 0;
}

int
_Py_WriteIndentedMargin(int indent, const char *margin, PyObject *f)
{
    if (_Py_WriteIndent(indent, f) < 0) {
        return -1;
    }
    return margin != NULL ? PyFile_WriteString(margin, f) : 0;
}

/* io.open(path, "rb").read(), new; NULL with an exception. */
static PyObject *
read_file(PyObject *path)
{
    PyObject *io = PyImport_ImportModule("io"), *file = NULL, *data = NULL;
    PyObject *type, *value, *traceback, *ignored;

    if (io == NULL) {
        return NULL;
    }
    file = PyObject_CallMethod(io, "open", "Os", path, "rb");
    Py_DECREF(io);
    if (file == NULL) {
        return NULL;
    }
    data = PyObject_CallMethodNoArgs(file, NAME(read));
    PyErr_Fetch(&type, &value, &traceback);
    ignored = PyObject_CallMethodNoArgs(file, NAME(close));
    if (ignored == NULL) {
        PyErr_Clear();                 /* it was read already */
    }
    Py_XDECREF(ignored);
    Py_DECREF(file);
    PyErr_Restore(type, value, traceback);
    if (data != NULL && !PyBytes_Check(data)) {
        Py_CLEAR(data);
        PyErr_SetString(PyExc_TypeError, "read() should return bytes");
    }
    return data;
}

/* The file's bytes: as named, else by its last part on sys.path. */
static PyObject *
read_source(PyObject *filename)
{
    PyObject *data = read_file(filename), *path, *tail;
    Py_ssize_t len, slash;

    if (data != NULL) {
        return data;
    }
    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return NULL;
    }
    PyErr_Clear();
    path = PySys_GetObject("path");
    if (path == NULL || !PyList_Check(path)) {
        return NULL;
    }
    len = PyUnicode_GET_LENGTH(filename);
    slash = PyUnicode_FindChar(filename, '/', 0, len, -1);
    tail = slash < 0 ? Py_NewRef(filename)
                     : PyUnicode_Substring(filename, slash + 1, len);
    if (tail == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; data == NULL && i < PyList_GET_SIZE(path); i++) {
        PyObject *folder = PyList_GET_ITEM(path, i), *full;
        if (!PyUnicode_Check(folder)) {
            continue;
        }
        full = PyUnicode_FromFormat("%U%s%U", folder,
                                    PyUnicode_GET_LENGTH(folder) > 0 &&
                                            PyUnicode_READ_CHAR(
                                                folder,
                                                PyUnicode_GET_LENGTH(folder) -
                                                    1) != '/'
                                        ? "/" : "",
                                    tail);
        data = full == NULL ? NULL : read_file(full);
        Py_XDECREF(full);
        if (data == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_Exception)) {
                break;
            }
            PyErr_Clear();
        }
    }
    Py_DECREF(tail);
    return data;
}

/* End of the line that starts at p: its newline, or end. */
static const char *
line_end(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r') {
        p++;
    }
    return p;
}

static const char *
next_line(const char *newline, const char *end)
{
    if (newline < end && *newline == '\r') {
        newline++;
        return newline < end && *newline == '\n' ? newline + 1 : newline;
    }
    return newline < end ? newline + 1 : end;
}

/* PEP 263: "coding[:=] *name" in a comment line; into `name` (80 bytes).
 * 1 found, 0; *blank if a second line may still have one. */
static int
coding_in_line(const char *p, const char *end, char *name, int *blank)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\f')) {
        p++;
    }
    *blank = p == end || *p == '#';
    if (p == end || *p != '#') {
        return 0;
    }
    for (; p + 7 < end; p++) {
        const char *q = p + 6;
        size_t n = 0;
        if (memcmp(p, "coding", 6) != 0 || (*q != ':' && *q != '=')) {
            continue;
        }
        for (q++; q < end && (*q == ' ' || *q == '\t');) {
            q++;
        }
        while (q < end && n < 79 &&
               (Py_ISALNUM(*q) || *q == '-' || *q == '_' || *q == '.')) {
            name[n++] = *q++;
        }
        name[n] = '\0';
        return n > 0;
    }
    return 0;
}

/* Line `lineno` of the source, without its end, decoded; NULL, maybe without
 * an exception, if there is none. */
static PyObject *
source_line(PyObject *data, int lineno)
{
    const char *p = PyBytes_AS_STRING(data);
    const char *end = p + PyBytes_GET_SIZE(data), *newline;
    char encoding[80] = "utf-8";
    int blank = 1;

    if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }
    else {
        const char *q = p;
        for (int i = 0; i < 2 && blank; i++) {
            newline = line_end(q, end);
            if (coding_in_line(q, newline, encoding, &blank)) {
                break;
            }
            q = next_line(newline, end);
        }
    }
    for (int i = 1; i < lineno && p < end; i++) {
        p = next_line(line_end(p, end), end);
    }
    if (p >= end) {
        return NULL;
    }
    newline = line_end(p, end);
    return PyUnicode_Decode(p, newline - p, encoding, NULL);
}

/* *line: the whole source line, new.  1, 0 if it is not to be had, -1. */
static int
find_source(PyObject *filename, int lineno, PyObject **line)
{
    PyObject *data;
    Py_ssize_t len;

    *line = NULL;
    if (filename == NULL || lineno <= 0) {
        return 0;
    }
    len = PyUnicode_GET_LENGTH(filename);
    if (len > 0 && PyUnicode_READ_CHAR(filename, 0) == '<' &&
        PyUnicode_READ_CHAR(filename, len - 1) == '>') {
        return 0;                      /* <stdin> and the like */
    }
    data = read_source(filename);
    if (data == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    *line = source_line(data, lineno);
    Py_DECREF(data);
    if (*line == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    return 1;
}

/* Writes the stripped line; *truncation: characters stripped in front. */
static int
write_source(PyObject *f, PyObject *line, int indent, int margin_indent,
             const char *margin, int *truncation)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(line), i;
    PyObject *stripped;
    int status = -1;

    for (i = 0; i < len; i++) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(line, i);
        if (ch != ' ' && ch != '\t' && ch != '\f') {
            break;
        }
    }
    stripped = PyUnicode_Substring(line, i, len);
    if (stripped != NULL &&
        _Py_WriteIndentedMargin(margin_indent, margin, f) == 0 &&
        _Py_WriteIndent(indent, f) == 0 &&
        PyFile_WriteObject(stripped, f, Py_PRINT_RAW) == 0 &&
        PyFile_WriteString("\n", f) == 0) {
        status = 0;
        *truncation = (int)i;
    }
    Py_XDECREF(stripped);
    return status;
}

int
_Py_DisplaySourceLine(PyObject *f, PyObject *filename, int lineno, int indent,
                      int *truncation, PyObject **line)
{
    PyObject *source;                                           /* owned */
    int stripped, status = find_source(filename, lineno, &source);

    if (status <= 0) {
        return status;
    }
    status = write_source(f, source, indent, 0, NULL, &stripped);
    if (status == 0 && truncation != NULL) {
        *truncation = stripped;
    }
    if (status == 0 && line != NULL) {
        *line = Py_NewRef(source);
    }
    Py_DECREF(source);
    return status;
}

/* ---- carets ---- */

/* What to mark in a line, in characters.  left and right: the operator
 * between tildes; -1 if there is none. */
typedef struct {
    Py_ssize_t start, end, left, right;
} Marks;

static int
is_blank(Py_UCS4 ch)
{
    return ch == ' ' || ch == '\t' || ch == '\f';
}

/* Characters in the first `bytes` bytes of the line as UTF-8; -1 on error. */
static Py_ssize_t
characters_in_bytes(PyObject *line, Py_ssize_t bytes)
{
    Py_ssize_t size, count = 0;
    const char *text = PyUnicode_AsUTF8AndSize(line, &size);

    if (text == NULL) {
        return -1;
    }
    bytes = Py_MIN(bytes, size);
    for (Py_ssize_t i = 0; i < bytes; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

/* Byte range of the operator in the parsed expression.  1/0. */
static int
find_operator(const char *text, expr_ty expr, Py_ssize_t *left,
              Py_ssize_t *right)
{
    if (expr->kind == BinOp_kind) {
        expr_ty a = expr->v.BinOp.left, b = expr->v.BinOp.right;
        for (int i = a->end_col_offset; i < b->col_offset; i++) {
            if (is_blank((unsigned char)text[i])) {
                continue;
            }
            *left = i;
            *right = i + 1;
            if (i + 1 < b->col_offset &&
                !is_blank((unsigned char)text[i + 1])) {
                (*right)++;            /* "//" and other long ones */
            }
            return 1;
        }
        return 0;
    }
    if (expr->kind == Subscript_kind) {
        *left = expr->v.Subscript.value->end_col_offset;
        *right = expr->v.Subscript.slice->end_col_offset + 1;
        return 1;
    }
    return 0;
}

/* Fills marks->left and right if the marked piece is an operation.
 * -1 with an exception, which the caller drops. */
static int
find_anchors(PyObject *filename, PyObject *line, Marks *marks)
{
    PyObject *segment = PyUnicode_Substring(line, marks->start, marks->end);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyArena *arena = NULL;
    Py_ssize_t left, right, bytes;
    const char *text;
    mod_ty module;
    int status = -1;

    if (segment == NULL) {
        return -1;
    }
    text = PyUnicode_AsUTF8AndSize(segment, &bytes);
    arena = text == NULL ? NULL : _PyArena_New();
    if (arena == NULL) {
        goto done;
    }
    flags.cf_flags |= PyCF_IGNORE_COOKIE;
    module = parser_mod_from_string(text, filename, Py_file_input, &flags,
                                    arena);
    if (module == NULL) {
        goto done;
    }
    status = 0;
    if (module->kind == Module_kind &&
        asdl_seq_LEN(module->v.Module.body) == 1) {
        stmt_ty statement = asdl_seq_GET(module->v.Module.body, 0);
        if (statement->kind == Expr_kind &&
            find_operator(text, statement->v.Expr.value, &left, &right) &&
            right <= bytes) {
            marks->left = characters_in_bytes(segment, left);
            marks->right = characters_in_bytes(segment, right);
            if (marks->left < 0 || marks->right < 0) {
                status = -1;
            }
        }
    }
done:
    if (arena != NULL) {
        _PyArena_Free(arena);
    }
    Py_DECREF(segment);
    return status;
}

/* The marks as text: indented like the source line above it. */
static int
write_carets(PyObject *f, const Marks *marks, int truncation,
             int margin_indent, const char *margin)
{
    Py_ssize_t width = marks->end - truncation;
    char *row;
    int status;

    if (_Py_WriteIndentedMargin(margin_indent, margin, f) < 0 ||
        _Py_WriteIndent(SOURCE_INDENT, f) < 0) {
        return -1;
    }
    if (width <= 0) {
        return PyFile_WriteString("\n", f);
    }
    row = PyMem_Malloc((size_t)width + 2);
    if (row == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < width; i++) {
        Py_ssize_t at = i + truncation - marks->start;
        row[i] = at < 0 ? ' '
                 : marks->left < 0 || (at >= marks->left && at < marks->right)
                     ? '^' : '~';
    }
    row[width] = '\n';
    row[width + 1] = '\0';
    status = PyFile_WriteString(row, f);
    PyMem_Free(row);
    return status;
}

/* Errors while showing source are not worth losing the traceback. */
static int
ignore_source_errors(void)
{
    if (PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
            return -1;
        }
        PyErr_Clear();
    }
    return 0;
}

/* What to mark in a source line that has been written.  1, 0: nothing, -1. */
static int
find_marks(PyTracebackObject *tb, PyCodeObject *code, PyObject *line,
           int truncation, Marks *marks)
{
    int start_line, start_col, end_line, end_col;
    Py_ssize_t stripped_end = PyUnicode_GET_LENGTH(line);

    *marks = (Marks){0, 0, -1, -1};
    if (tb->tb_lasti < 0 ||
        !PyCode_Addr2Location(code, tb->tb_lasti, &start_line, &start_col,
                              &end_line, &end_col) ||
        start_line < 0 || end_line < 0 || start_col < 0 || end_col < 0) {
        return 0;
    }
    while (stripped_end > 0 &&
           is_blank(PyUnicode_READ_CHAR(line, stripped_end - 1))) {
        stripped_end--;
    }
    marks->start = characters_in_bytes(line, start_col);
    marks->end = characters_in_bytes(line, end_col);
    if (marks->start < 0 || marks->end < 0) {
        return ignore_source_errors();
    }
    if (start_line == end_line) {
        if (find_anchors(code->co_filename, line, marks) < 0 &&
            ignore_source_errors() < 0) {
            return -1;
        }
    }
    else {
        marks->end = stripped_end;     /* the rest of the line */
    }
    /* All of the line: carets would say nothing. */
    return marks->left >= 0 ||
           marks->end - marks->start < stripped_end - truncation;
}

/* ---- whole tracebacks ---- */

static int
display_entry(PyObject *f, PyTracebackObject *tb, PyCodeObject *code,
              int margin_indent, const char *margin)
{
    PyObject *head, *line;
    int truncation, status;
    Marks marks;

    head = PyUnicode_FromFormat("  File \"%U\", line %d, in %U\n",
                                code->co_filename, tb->tb_lineno,
                                code->co_name);
    if (head == NULL) {
        return -1;
    }
    status = _Py_WriteIndentedMargin(margin_indent, margin, f);
    if (status == 0) {
        status = PyFile_WriteObject(head, f, Py_PRINT_RAW);
    }
    Py_DECREF(head);
    if (status < 0) {
        return -1;
    }
    status = find_source(code->co_filename, tb->tb_lineno, &line);
    if (status > 0) {
        status = write_source(f, line, SOURCE_INDENT, margin_indent, margin,
                              &truncation);
    }
    if (status < 0) {
        Py_XDECREF(line);
        return ignore_source_errors();
    }
    if (line != NULL) {
        status = find_marks(tb, code, line, truncation, &marks);
        if (status > 0) {
            status = write_carets(f, &marks, truncation, margin_indent,
                                  margin);
        }
        Py_DECREF(line);
    }
    return status;
}

static int
write_repeated(PyObject *f, long count, int margin_indent, const char *margin)
{
    PyObject *line;
    int status;

    count -= RECURSIVE_CUTOFF;
    line = PyUnicode_FromFormat(
        count > 1 ? "  [Previous line repeated %ld more times]\n"
                  : "  [Previous line repeated %ld more time]\n", count);
    if (line == NULL) {
        return -1;
    }
    status = _Py_WriteIndentedMargin(margin_indent, margin, f);
    if (status == 0) {
        status = PyFile_WriteObject(line, f, Py_PRINT_RAW);
    }
    Py_DECREF(line);
    return status;
}

/* The last `limit` entries; equal ones in a row are counted. */
static int
write_entries(PyObject *f, PyTracebackObject *tb, long limit, int indent,
              const char *margin)
{
    PyCodeObject *last = NULL;         /* owned by the traceback's frames */
    int last_line = -1, status = 0;
    long depth = 0, count = 0;

    for (PyTracebackObject *t = tb; t != NULL; t = t->tb_next) {
        depth++;
    }
    for (; tb != NULL && depth > limit; depth--) {
        tb = tb->tb_next;
    }
    for (; tb != NULL && status == 0; tb = tb->tb_next) {
        PyCodeObject *code = PyFrame_GetCode(tb->tb_frame);
        if (last == NULL || code->co_filename != last->co_filename ||
            tb->tb_lineno != last_line || code->co_name != last->co_name) {
            if (count > RECURSIVE_CUTOFF) {
                status = write_repeated(f, count, indent, margin);
            }
            last = code;
            last_line = tb->tb_lineno;
            count = 0;
        }
        count++;
        if (status == 0 && count <= RECURSIVE_CUTOFF) {
            status = display_entry(f, tb, code, indent, margin);
            if (status == 0) {
                status = PyErr_CheckSignals();
            }
        }
        Py_DECREF(code);               /* the frame holds it */
    }
    if (status == 0 && count > RECURSIVE_CUTOFF) {
        status = write_repeated(f, count, indent, margin);
    }
    return status;
}

int
_PyTraceBack_Print_Indented(PyObject *tb, int indent, const char *margin,
                            const char *header_margin, const char *header,
                            PyObject *f)
{
    PyObject *setting;
    long limit = TRACEBACK_LIMIT;

    if (tb == NULL) {
        return 0;
    }
    if (!PyTraceBack_Check(tb)) {
        PyErr_BadInternalCall();
        return -1;
    }
    setting = PySys_GetObject("tracebacklimit");
    if (setting != NULL && PyLong_Check(setting)) {
        int overflow;
        limit = PyLong_AsLongAndOverflow(setting, &overflow);
        if (overflow > 0) {
            limit = LONG_MAX;
        }
        else if (limit <= 0) {
            return 0;
        }
    }
    if (_Py_WriteIndentedMargin(indent, header_margin, f) < 0 ||
        PyFile_WriteString(header, f) < 0) {
        return -1;
    }
    return write_entries(f, (PyTracebackObject *)tb, limit, indent, margin);
}

int
PyTraceBack_Print(PyObject *tb, PyObject *f)
{
    return _PyTraceBack_Print_Indented(tb, 0, NULL, NULL, EXCEPTION_TB_HEADER,
                                       f);
}
