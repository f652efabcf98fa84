/* How the interpreter shows exceptions that nobody handles: PyErr_Display,
 * and unraisable ones.
 *
 * An exception is shown after its cause or context, with its traceback, its
 * class and text, a suggestion, its notes.  A group's members are indented
 * below it in a box:
 *
 *   + Exception Group Traceback (most recent call last):
 *   |   ...
 *   | ExceptionGroup: text (2 sub-exceptions)
 *   +-+---------------- 1 ----------------
 *     | ValueError: 1
 *     +---------------- 2 ----------------
 *     | TypeError: 2
 *     +------------------------------------
 *
 * A function that returns -1 has set an exception: of writing to the file or
 * of no memory.  Errors of the shown objects are replaced by a text. */
#include "Python.h"
#include "structmember.h"

#include "audit.h"
#include "ceval.h"
#include "errors.h"
#include "names.h"
#include "object.h"
#include "private_api.h"
#include "runtime.h"
#include "traceback.h"

#define MAX_GROUP_WIDTH 15
#define MAX_GROUP_DEPTH 10

typedef struct {
    PyObject *file;
    PyObject *seen;                    /* set of id()s, NULL: no chains */
    int depth;                         /* of groups; 0 outside */
    int need_close;                    /* the innermost box is open */
} Display;

static int display_chain(Display *display, PyObject *exc);

static inline int
display_indent(Display *display)
{
    return 2 * display->depth;
}

static inline const char *
display_margin(Display *display)
{
    return display->depth > 0 ? "| " : "";
}

static int
write_margin(Display *display)
{
    return _Py_WriteIndentedMargin(display_indent(display),
                                   display_margin(display), display->file);
}

static int
write_text(Display *display, const char *text)
{
    return PyFile_WriteString(text, display->file);
}

static int
write_object(Display *display, PyObject *text)
{
    return PyFile_WriteObject(text, display->file, Py_PRINT_RAW);
}

/* ---- SyntaxError ---- */

/* Attribute as a C integer: fallback if absent, None or no int. */
static Py_ssize_t
int_attribute(PyObject *exc, PyObject *name, Py_ssize_t fallback)
{
    PyObject *value;
    Py_ssize_t result = fallback;

    if (_PyObject_LookupAttr(exc, name, &value) < 0) {
        PyErr_Clear();
        return fallback;
    }
    if (value != NULL && value != Py_None) {
        result = PyLong_Check(value) ? PyLong_AsSsize_t(value) : fallback;
        if (result == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            result = fallback;
        }
    }
    Py_XDECREF(value);
    return result;
}

/* Attribute as str, new; NULL without an exception if absent or no str. */
static PyObject *
text_attribute(PyObject *exc, PyObject *name)
{
    PyObject *value;

    if (_PyObject_LookupAttr(exc, name, &value) < 0) {
        PyErr_Clear();
        return NULL;
    }
    if (value != NULL && !PyUnicode_Check(value)) {
        Py_CLEAR(value);
    }
    return value;
}

/* The source line without its indentation, and carets from offset to
 * end_offset, which count characters from 1; they end with the line, whose
 * `size` the reference takes in bytes of UTF-8. */
static int
display_error_text(Display *display, Py_ssize_t offset, Py_ssize_t end_offset,
                   PyObject *text, Py_ssize_t size)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text), skip = 0, from, to;
    PyObject *stripped;
    int has_newline = len > 0 && PyUnicode_READ_CHAR(text, len - 1) == '\n';
    int status;

    len -= has_newline;
    while (skip < len) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(text, skip);
        if (ch != ' ' && ch != '\t' && ch != '\f') {
            break;
        }
        skip++;
    }
    /* Of several lines, those from the one with the offset on are shown. */
    for (;;) {
        Py_ssize_t newline = PyUnicode_FindChar(text, '\n', skip, len, 1);
        if (newline < 0 || newline >= offset - 1) {
            break;
        }
        skip = newline + 1;
    }
    stripped = PyUnicode_Substring(text, skip, len);
    if (stripped == NULL) {
        return -1;
    }
    status = write_margin(display);
    if (status == 0) {
        status = write_text(display, "    ");
    }
    if (status == 0) {
        status = write_object(display, stripped);
    }
    Py_DECREF(stripped);
    if (status < 0 || write_text(display, "\n") < 0) {
        return -1;
    }
    /* A line end has no place of its own, but is part of a range. */
    from = Py_MIN(offset - 1, size - has_newline) - skip;
    if (offset < 1 || from < 0) {
        return 0;
    }
    to = Py_MIN(end_offset - 1, size) - skip;
    to = Py_MAX(to, from + 1);
    if (write_margin(display) < 0 || write_text(display, "    ") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < from; i++) {
        if (write_text(display, " ") < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = from; i < to; i++) {
        if (write_text(display, "^") < 0) {
            return -1;
        }
    }
    return write_text(display, "\n");
}

/* File, line, source and carets of a SyntaxError.  *message is its msg, new,
 * if that is to be shown in the place of str(exc). */
static int
display_syntax_location(Display *display, PyObject *exc, PyObject **message)
{
    PyObject *marker, *filename, *text, *line;
    Py_ssize_t lineno, offset, end_lineno, end_offset;
    int status = 0;

    if (_PyObject_LookupAttr(exc, NAME(print_file_and_line), &marker) < 0) {
        return -1;
    }
    if (marker == NULL) {
        return 0;
    }
    Py_DECREF(marker);
    if (_PyObject_LookupAttr(exc, NAME(msg), message) < 0) {
        PyErr_Clear();
    }
    if (*message == NULL) {
        return 0;
    }
    lineno = int_attribute(exc, NAME(lineno), -1);
    if (lineno < 0) {
        Py_CLEAR(*message);            /* nothing is known: the plain form */
        return 0;
    }
    offset = int_attribute(exc, NAME(offset), -1);
    end_lineno = int_attribute(exc, NAME(end_lineno), lineno);
    end_offset = int_attribute(exc, NAME(end_offset), 0);
    if (_PyObject_LookupAttr(exc, NAME(filename), &filename) < 0) {
        PyErr_Clear();
        filename = NULL;
    }
    if (filename == Py_None) {
        Py_CLEAR(filename);
    }
    text = text_attribute(exc, NAME(text));
    line = filename != NULL
               ? PyUnicode_FromFormat("  File \"%S\", line %zd\n", filename,
                                      lineno)
               : PyUnicode_FromFormat("  File \"<string>\", line %zd\n",
                                      lineno);
    status = line == NULL ? -1 : write_margin(display);
    if (status == 0) {
        status = write_object(display, line);
    }
    if (status == 0 && text != NULL) {
        Py_ssize_t size;
        if (PyUnicode_AsUTF8AndSize(text, &size) == NULL) {
            PyErr_Clear();             /* lone surrogates; MemoryError */
            size = PyUnicode_GET_LENGTH(text);
        }
        if (end_lineno > lineno) {
            end_offset = size;
        }
        if (PyObject_TypeCheck(exc, (PyTypeObject *)PyExc_IndentationError)) {
            end_offset = offset + 1;   /* no range, whatever is said */
        }
        if (end_offset <= 0) {
            end_offset = offset + 1;
        }
        status = display_error_text(display, offset, end_offset, text, size);
    }
    Py_XDECREF(line);
    Py_XDECREF(text);
    Py_XDECREF(filename);
    return status;
}

/* ---- one exception ---- */

static int
display_traceback(Display *display, PyObject *exc)
{
    PyObject *tb = PyException_GetTraceback(exc);
    const char *header = EXCEPTION_TB_HEADER;
    const char *header_margin = display_margin(display);
    int status = 0;

    if (_PyBaseExceptionGroup_Check(exc)) {
        header = EXCEPTION_GROUP_TB_HEADER;
        if (display->depth == 1) {
            header_margin = "+ ";
        }
    }
    if (tb != NULL) {
        status = _PyTraceBack_Print_Indented(
            tb, display_indent(display), display_margin(display),
            header_margin, header, display->file);
        Py_DECREF(tb);
    }
    return status;
}

/* module.Qualname, without the module for the familiar ones. */
static int
display_class(Display *display, PyObject *type)
{
    PyObject *module, *qualname;
    int status = 0;

    if (_PyObject_LookupAttr(type, NAME(__module__), &module) < 0) {
        PyErr_Clear();
    }
    if (module == NULL || !PyUnicode_Check(module)) {
        status = write_text(display, "<unknown>.");
    }
    else if (!_PyUnicode_EqualToASCIIString(module, "builtins") &&
             !_PyUnicode_EqualToASCIIString(module, "__main__")) {
        status = write_object(display, module);
        if (status == 0) {
            status = write_text(display, ".");
        }
    }
    Py_XDECREF(module);
    if (status < 0) {
        return -1;
    }
    qualname = PyType_GetQualName((PyTypeObject *)type);
    if (qualname == NULL || !PyUnicode_Check(qualname)) {
        PyErr_Clear();
        status = write_text(display, "<unknown>");
    }
    else {
        status = write_object(display, qualname);
    }
    Py_XDECREF(qualname);
    return status;
}

/* "Class: text"; value is the exception, or what replaces it. */
static int
display_message(Display *display, PyObject *type, PyObject *value)
{
    PyObject *text;
    int status;

    if (write_margin(display) < 0 || display_class(display, type) < 0) {
        return -1;
    }
    if (value == Py_None) {
        return 0;
    }
    text = PyObject_Str(value);
    if (text == NULL) {
        PyErr_Clear();
        return write_text(display, ": <exception str() failed>");
    }
    status = 0;
    if (!PyUnicode_Check(text) || PyUnicode_GET_LENGTH(text) != 0) {
        status = write_text(display, ": ");
        if (status == 0) {
            status = write_object(display, text);
        }
    }
    Py_DECREF(text);
    return status;
}

static int
display_suggestion(Display *display, PyObject *exc)
{
    PyObject *suggestion = suggestions_for(exc);
    int status = 0;

    if (suggestion != NULL) {
        if (write_text(display, ". Did you mean: '") < 0 ||
            write_object(display, suggestion) < 0 ||
            write_text(display, "'?") < 0) {
            status = -1;
        }
        Py_DECREF(suggestion);
    }
    return status;
}

/* One note, which may have several lines. */
static int
display_note(Display *display, PyObject *note)
{
    PyObject *text, *lines;
    int status = 0;

    text = PyUnicode_Check(note) ? Py_NewRef(note) : PyObject_Str(note);
    if (text == NULL) {
        PyErr_Clear();
        return write_margin(display) < 0 ||
                       write_text(display, "<note str() failed>") < 0
                   ? -1 : 0;
    }
    lines = PyUnicode_Splitlines(text, 1);
    Py_DECREF(text);
    if (lines == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(lines); i++) {
        status = write_margin(display);
        if (status == 0) {
            status = write_object(display, PyList_GET_ITEM(lines, i));
        }
    }
    Py_DECREF(lines);
    return status;
}

static int
display_notes(Display *display, PyObject *exc)
{
    PyObject *notes;
    int status = 0;

    if (_PyObject_LookupAttr(exc, NAME(__notes__), &notes) < 0) {
        return -1;
    }
    if (notes == NULL) {
        return 0;
    }
    if (!PySequence_Check(notes)) {
        PyObject *text = PyObject_Repr(notes);
        if (text == NULL) {
            PyErr_Clear();
            text = PyUnicode_FromString("<__notes__ repr() failed>");
        }
        status = text == NULL ? -1 : write_margin(display);
        if (status == 0) {
            status = write_object(display, text);
        }
        Py_XDECREF(text);
    }
    else {
        Py_ssize_t n = PySequence_Size(notes);
        if (n < 0) {
            status = -1;
        }
        for (Py_ssize_t i = 0; status == 0 && i < n; i++) {
            PyObject *note = PySequence_GetItem(notes, i);
            status = note == NULL ? -1 : display_note(display, note);
            Py_XDECREF(note);
            if (status == 0) {
                status = write_text(display, "\n");
            }
        }
    }
    Py_DECREF(notes);
    return status;
}

static int
display_exception(Display *display, PyObject *exc)
{
    PyObject *message = NULL;
    int status;

    if (!PyExceptionInstance_Check(exc)) {
        PyObject *line = PyUnicode_FromFormat(
            "TypeError: print_exception(): Exception expected for value, %s "
            "found\n", Py_TYPE(exc)->tp_name);
        status = line == NULL ? -1 : write_margin(display);
        if (status == 0) {
            status = write_object(display, line);
        }
        Py_XDECREF(line);
        return status;
    }
    fflush(stdout);
    if (display_traceback(display, exc) < 0 ||
        display_syntax_location(display, exc, &message) < 0) {
        Py_XDECREF(message);
        return -1;
    }
    status = display_message(display, (PyObject *)Py_TYPE(exc),
                             message != NULL ? message : exc);
    Py_XDECREF(message);
    if (status < 0 || display_suggestion(display, exc) < 0 ||
        write_text(display, "\n") < 0 || display_notes(display, exc) < 0) {
        return -1;
    }
    return 0;
}

/* ---- groups ---- */

static int
display_member(Display *display, PyObject *excs, Py_ssize_t i)
{
    Py_ssize_t more = PyTuple_GET_SIZE(excs) - MAX_GROUP_WIDTH;
    PyObject *line;
    int status;

    if (i < MAX_GROUP_WIDTH) {
        if (Py_EnterRecursiveCall(" in print_exception_group")) {
            return -1;
        }
        status = display_chain(display, PyTuple_GET_ITEM(excs, i));
        Py_LeaveRecursiveCall();
        return status;
    }
    line = PyUnicode_FromFormat("and %zd more exception%s\n", more,
                                more > 1 ? "s" : "");
    status = line == NULL ? -1 : write_margin(display);
    if (status == 0) {
        status = write_object(display, line);
    }
    Py_XDECREF(line);
    return status;
}

static int
display_members(Display *display, PyObject *excs)
{
    Py_ssize_t n = Py_MIN(PyTuple_GET_SIZE(excs), MAX_GROUP_WIDTH + 1);
    int status = 0;

    display->need_close = 0;
    for (Py_ssize_t i = 0; status == 0 && i < n; i++) {
        int last = i == n - 1;
        PyObject *line;

        if (last) {
            /* Closed by the innermost last member. */
            display->need_close = 1;
        }
        line = i < MAX_GROUP_WIDTH
                   ? PyUnicode_FromFormat(
                         "%s+---------------- %zd ----------------\n",
                         i == 0 ? "+-" : "  ", i + 1)
                   : PyUnicode_FromString(
                         "  +---------------- ... ----------------\n");
        status = line == NULL ? -1
                              : _Py_WriteIndent(display_indent(display),
                                                display->file);
        if (status == 0) {
            status = write_object(display, line);
        }
        Py_XDECREF(line);
        if (status < 0) {
            break;
        }
        display->depth++;
        status = display_member(display, excs, i);
        if (status == 0 && last && display->need_close) {
            status = _Py_WriteIndent(display_indent(display), display->file);
            if (status == 0) {
                status = write_text(
                    display, "+------------------------------------\n");
            }
            display->need_close = 0;
        }
        display->depth--;
    }
    return status;
}

static int
display_group(Display *display, PyObject *exc)
{
    int top = display->depth == 0, status;
    PyObject *excs;

    if (display->depth > MAX_GROUP_DEPTH) {
        PyObject *line = PyUnicode_FromFormat("... (max_group_depth is %d)\n",
                                              MAX_GROUP_DEPTH);
        status = line == NULL ? -1 : write_margin(display);
        if (status == 0) {
            status = write_object(display, line);
        }
        Py_XDECREF(line);
        return status;
    }
    if (top) {
        display->depth++;
    }
    status = display_exception(display, exc);
    if (status == 0) {
        excs = Py_NewRef(((PyBaseExceptionGroupObject *)exc)->excs);
        status = display_members(display, excs);
        Py_DECREF(excs);
    }
    if (top) {
        display->depth--;
    }
    return status;
}

/* ---- chains ---- */

static int
display_related(Display *display, PyObject *exc, const char *message)
{
    int need_close = display->need_close, status;

    if (Py_EnterRecursiveCall(" in print_chained")) {
        return -1;
    }
    display->need_close = 0;
    status = display_chain(display, exc);
    display->need_close = need_close;
    Py_LeaveRecursiveCall();
    if (status < 0 || write_margin(display) < 0 ||
        write_text(display, "\n") < 0 || write_margin(display) < 0 ||
        write_text(display, message) < 0 || write_margin(display) < 0) {
        return -1;
    }
    return write_text(display, "\n");
}

/* Whether exc has been shown; notes it if `add`.  1/0/-1. */
static int
was_seen(Display *display, PyObject *exc, int add)
{
    PyObject *id = PyLong_FromVoidPtr(exc);
    int seen = id == NULL ? -1 : PySet_Contains(display->seen, id);

    if (seen == 0 && add) {
        seen = PySet_Add(display->seen, id);
    }
    Py_XDECREF(id);
    return seen;
}

static int
display_cause_or_context(Display *display, PyObject *exc)
{
    PyObject *related;
    const char *message;
    int status;

    if (display->seen == NULL || !PyExceptionInstance_Check(exc)) {
        return 0;
    }
    if (was_seen(display, exc, 1) < 0) {
        return -1;
    }
    related = PyException_GetCause(exc);
    message = "The above exception was the direct cause of the following "
              "exception:\n";
    if (related == NULL) {
        if (((PyBaseExceptionObject *)exc)->suppress_context) {
            return 0;
        }
        related = PyException_GetContext(exc);
        message = "During handling of the above exception, another exception "
                  "occurred:\n";
    }
    if (related == NULL) {
        return 0;
    }
    status = was_seen(display, related, 0);
    if (status == 0) {
        status = display_related(display, related, message);
    }
    else if (status > 0) {
        status = 0;
    }
    Py_DECREF(related);
    return status;
}

static int
display_chain(Display *display, PyObject *exc)
{
    if (Py_EnterRecursiveCall(" in print_exception_recursive")) {
        return -1;
    }
    int status = display_cause_or_context(display, exc);
    if (status == 0) {
        status = _PyBaseExceptionGroup_Check(exc)
                     ? display_group(display, exc)
                     : display_exception(display, exc);
    }
    Py_LeaveRecursiveCall();
    return status;
}

void
errdisplay_print(PyObject *file, PyObject *exc, PyObject *traceback)
{
    Display display = {.file = file};

    /* Putting the traceback in keeps the display in one place. */
    if (PyExceptionInstance_Check(exc) && traceback != NULL &&
        PyTraceBack_Check(traceback)) {
        PyObject *present = PyException_GetTraceback(exc);
        if (present == NULL) {
            PyException_SetTraceback(exc, traceback);
        }
        else {
            Py_DECREF(present);
        }
    }
    display.seen = PySet_New(NULL);
    if (display.seen == NULL) {
        PyErr_Clear();                 /* shown without chains */
    }
    if (display_chain(&display, exc) < 0) {
        PyErr_Clear();                 /* nobody is left to be told */
    }
    Py_XDECREF(display.seen);
    PyObject *ignored = PyObject_CallMethodNoArgs(file, NAME(flush));
    if (ignored == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(ignored);
}

void
PyErr_Display(PyObject *type, PyObject *value, PyObject *traceback)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *file = PySys_GetObject("stderr");

    if (file == NULL) {
        _PyObject_Dump(value);
        fprintf(stderr, "lost sys.stderr\n");
        return;
    }
    if (file == Py_None) {
        return;
    }
    /* A pending exception (of the hook itself) stays what it is. */
    PyObject *t, *v, *tb;
    _PyErr_Fetch(tstate, &t, &v, &tb);
    Py_INCREF(file);
    errdisplay_print(file, value, traceback);
    Py_DECREF(file);
    _PyErr_Restore(tstate, t, v, tb);
}

/* ---- unraisable exceptions ---- */

static PyStructSequence_Field unraisable_fields[] = {
    {"exc_type", "Exception type"},
    {"exc_value", "Exception value"},
    {"exc_traceback", "Exception traceback"},
    {"err_msg", "Error message"},
    {"object", "Object causing the exception"},
    {NULL, NULL},
};

static PyStructSequence_Desc unraisable_desc = {
    .name = "UnraisableHookArgs",
    .doc = "What sys.unraisablehook is called with.",
    .fields = unraisable_fields,
    .n_in_sequence = 5,
};

static PyTypeObject unraisable_type;

int
errdisplay_init(PyInterpreterState *interp)
{
    if (unraisable_type.tp_name != NULL) {
        return 0;
    }
    return PyStructSequence_InitType2(&unraisable_type, &unraisable_desc);
}

void
errdisplay_fini(PyInterpreterState *interp)
{
}

/* The arguments of the hook; the traceback is put into the value. */
static PyObject *
make_unraisable_args(PyThreadState *tstate, PyObject *type, PyObject *value,
                     PyObject *traceback, PyObject *message, PyObject *obj)
{
    PyObject *items[5] = {type, value, traceback, message, obj};
    PyObject *args;

    if (errdisplay_init(tstate->interp) < 0) {
        return NULL;
    }
    args = PyStructSequence_New(&unraisable_type);
    if (args == NULL) {
        return NULL;
    }
    for (int i = 0; i < 5; i++) {
        PyStructSequence_SET_ITEM(args, i,
                                  Py_NewRef(items[i] ? items[i] : Py_None));
    }
    return args;
}

/* The default report: what was being done, traceback, class and text. */
static int
write_unraisable(PyObject *file, PyObject *type, PyObject *value,
                 PyObject *traceback, PyObject *message, PyObject *obj)
{
    Display display = {.file = file};
    PyObject *text = NULL;
    int status = 0;

    if (obj != NULL && obj != Py_None) {
        text = message != NULL && message != Py_None
                   ? PyUnicode_FromFormat("%S: ", message)
                   : PyUnicode_FromString("Exception ignored in: ");
        status = text == NULL ? -1 : write_object(&display, text);
        Py_XDECREF(text);
        if (status < 0) {
            return -1;
        }
        if (PyFile_WriteObject(obj, file, 0) < 0) {
            PyErr_Clear();
            if (write_text(&display, "<object repr() failed>") < 0) {
                return -1;
            }
        }
        if (write_text(&display, "\n") < 0) {
            return -1;
        }
    }
    else if (message != NULL && message != Py_None) {
        if (write_object(&display, message) < 0 ||
            write_text(&display, ":\n") < 0) {
            return -1;
        }
    }
    if (traceback != NULL && traceback != Py_None &&
        PyTraceBack_Print(traceback, file) < 0) {
        PyErr_Clear();                 /* goes on without */
    }
    if (type == NULL || type == Py_None || !PyExceptionClass_Check(type)) {
        return 0;
    }
    if (display_message(&display, type,
                        value != NULL ? value : Py_None) < 0 ||
        write_text(&display, "\n") < 0) {
        return -1;
    }
    text = PyObject_CallMethodNoArgs(file, NAME(flush));
    status = text == NULL ? -1 : 0;
    Py_XDECREF(text);
    return status;
}

/* sys.unraisablehook's default: None, or NULL. */
PyObject *
_PyErr_WriteUnraisableDefaultHook(PyObject *args)
{
    PyObject *file;
    int status;

    if (!Py_IS_TYPE(args, &unraisable_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "sys.unraisablehook argument type must be "
                        "UnraisableHookArgs");
        return NULL;
    }
    file = PySys_GetObject("stderr");
    if (file == NULL || file == Py_None) {
        Py_RETURN_NONE;
    }
    Py_INCREF(file);
    status = write_unraisable(file, PyStructSequence_GET_ITEM(args, 0),
                              PyStructSequence_GET_ITEM(args, 1),
                              PyStructSequence_GET_ITEM(args, 2),
                              PyStructSequence_GET_ITEM(args, 3),
                              PyStructSequence_GET_ITEM(args, 4));
    Py_DECREF(file);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Reports the exception that happened in the hook itself. */
static void
report_directly(PyThreadState *tstate, PyObject *type, PyObject *value,
                PyObject *traceback, PyObject *message, PyObject *obj)
{
    PyObject *file = PySys_GetObject("stderr");

    if (file != NULL && file != Py_None) {
        Py_INCREF(file);
        if (write_unraisable(file, type, value, traceback, message, obj) < 0) {
            _PyErr_Clear(tstate);
        }
        Py_DECREF(file);
    }
}

/* Takes the pending exception to sys.unraisablehook.  message: what is put
 * after "Exception ignored ", or NULL; obj may be NULL.  Never fails. */
void
_PyErr_WriteUnraisableMsg(const char *message, PyObject *obj)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback, *text = NULL, *args, *hook, *result;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (type == NULL) {
        return;
    }
    if (traceback == NULL && tstate->cframe->current_frame != NULL) {
        PyFrameObject *frame = PyEval_GetFrame();
        if (frame != NULL) {
            traceback = _PyTraceBack_FromFrame(NULL, frame);
            if (traceback == NULL) {
                _PyErr_Clear(tstate);
            }
        }
    }
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    if (traceback != NULL && traceback != Py_None &&
        PyException_SetTraceback(value, traceback) < 0) {
        _PyErr_Clear(tstate);
    }
    if (message != NULL) {
        text = PyUnicode_FromFormat("Exception ignored %s", message);
        if (text == NULL) {
            _PyErr_Clear(tstate);
        }
    }
    hook = PySys_GetObject("unraisablehook");
    Py_XINCREF(hook);
    args = make_unraisable_args(tstate, type, value, traceback, text, obj);
    if (args == NULL) {
        _PyErr_Clear(tstate);
        report_directly(tstate, type, value, traceback, text, obj);
    }
    else {
        int vetoed = PyAudit(AUDIT_SYS_UNRAISABLEHOOK, "OO",
                             hook ? hook : Py_None, args) < 0;

        result = NULL;
        if (!vetoed) {
            result = hook == NULL || hook == Py_None
                         ? _PyErr_WriteUnraisableDefaultHook(args)
                         : PyObject_CallOneArg(hook, args);
        }
        if (result == NULL) {
            PyObject *t, *v, *tb, *what;
            _PyErr_Fetch(tstate, &t, &v, &tb);
            _PyErr_NormalizeException(tstate, &t, &v, &tb);
            what = PyUnicode_FromString(
                vetoed ? "Exception ignored in audit hook"
                       : "Exception ignored in sys.unraisablehook");
            report_directly(tstate, t, v, tb, what, vetoed ? NULL : hook);
            Py_XDECREF(what);
            Py_XDECREF(t);
            Py_XDECREF(v);
            Py_XDECREF(tb);
        }
        Py_XDECREF(result);
        Py_DECREF(args);
    }
    Py_XDECREF(hook);
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    _PyErr_Clear(tstate);
}

void
PyErr_WriteUnraisable(PyObject *obj)
{
    _PyErr_WriteUnraisableMsg(NULL, obj);
}

PyAPI_FUNC(void) _PyErr_Display(PyObject *file, PyObject *type,
                                PyObject *value, PyObject *traceback);

void
_PyErr_Display(PyObject *file, PyObject *type, PyObject *value,
               PyObject *traceback)
{
    errdisplay_print(file, value, traceback);
}
