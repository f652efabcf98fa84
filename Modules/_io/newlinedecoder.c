/* IncrementalNewlineDecoder: decodes with an inner decoder (or takes text as
 * it is, when that is None), and recognises "\n", "\r" and "\r\n" across the
 * pieces.
 *
 * A "\r" at the end of a piece is held back (`pending_cr`) until it is clear
 * whether "\n" follows.  Also here: the search for line ends that
 * TextIOWrapper and StringIO share.
 */
#include "Python.h"

#include "iomodule.h"
#include "names.h"
#include "stackguard.h"

#include <string.h>

enum { SEEN_CR = 1, SEEN_LF = 2, SEEN_CRLF = 4, SEEN_ALL = 7 };

typedef struct {
    PyObject_HEAD
    PyObject *decoder;                       /* NULL before __init__ */
    PyObject *errors;
    unsigned int pending_cr : 1;
    unsigned int translate : 1;
    unsigned int seen : 3;
} NewlineDecoderObject;

/* ---- searching ---- */

/* Index of `ch` (< 256) in [from, len), or len. */
static Py_ssize_t
find_char(int kind, const void *data, Py_ssize_t from, Py_ssize_t len,
          Py_UCS4 ch)
{
    if (kind == PyUnicode_1BYTE_KIND) {
        const char *start = (const char *)data;
        const char *hit = memchr(start + from, (int)ch, (size_t)(len - from));
        return hit != NULL ? hit - start : len;
    }
    if (kind == PyUnicode_2BYTE_KIND) {
        const Py_UCS2 *text = data;
        while (from < len && text[from] != ch) {
            from++;
        }
        return from;
    }
    const Py_UCS4 *text = data;
    while (from < len && text[from] != ch) {
        from++;
    }
    return from;
}

/* Universal newlines; both searches stop at the nearer hit. */
static Py_ssize_t
find_universal(int kind, const char *start, Py_ssize_t len)
{
    Py_ssize_t lf = find_char(kind, start, 0, len, '\n');
    Py_ssize_t cr = find_char(kind, start, 0, lf, '\r');

    if (cr < lf) {
        return cr + 1 < len && PyUnicode_READ(kind, start, cr + 1) == '\n'
                   ? cr + 2
                   : cr + 1;
    }
    return lf < len ? lf + 1 : -1;
}

Py_ssize_t
io_find_line_ending(const io_line_endings *endings, int kind,
                    const char *start, const char *end, Py_ssize_t *consumed)
{
    PyObject *newline = endings->newline;
    Py_ssize_t len = (end - start) / kind, hit, pos;
    Py_ssize_t newline_len;
    Py_UCS4 first;

    *consumed = len;
    if (endings->translated) {
        hit = find_char(kind, start, 0, len, '\n');
        return hit < len ? hit + 1 : -1;
    }
    if (endings->universal) {
        return find_universal(kind, start, len);
    }
    newline_len = PyUnicode_GET_LENGTH(newline);
    first = PyUnicode_READ_CHAR(newline, 0);
    for (pos = 0; (hit = find_char(kind, start, pos, len, first)) < len;
         pos = hit + 1) {
        if (newline_len == 1) {
            return hit + 1;
        }
        if (hit + 1 == len) {
            *consumed = hit;                  /* the rest may follow */
            return -1;
        }
        if (PyUnicode_READ(kind, start, hit + 1) ==
            PyUnicode_READ_CHAR(newline, 1)) {
            return hit + 2;
        }
    }
    return -1;
}

/* ---- decoding ---- */

/* Puts back the "\r" that was held.  Steals `text`. */
static PyObject *
newline_prepend_cr(PyObject *text)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text);
    PyObject *longer = PyUnicode_New(len + 1,
                                     PyUnicode_MAX_CHAR_VALUE(text));

    if (longer != NULL) {
        PyUnicode_WRITE(PyUnicode_KIND(longer), PyUnicode_DATA(longer), 0,
                        '\r');
        if (PyUnicode_CopyCharacters(longer, 1, text, 0, len) < 0) {
            Py_CLEAR(longer);
        }
    }
    Py_DECREF(text);
    return longer;
}

/* Notes what kinds of newlines [0, len) has; there is a "\r" in it. */
static unsigned int
newline_kinds(int kind, const void *data, Py_ssize_t len, unsigned int seen)
{
    Py_ssize_t i = 0;

    while (i < len && seen != SEEN_ALL) {
        Py_UCS4 ch = PyUnicode_READ(kind, data, i++);

        if (ch == '\n') {
            seen |= SEEN_LF;
        }
        else if (ch == '\r') {
            if (i < len && PyUnicode_READ(kind, data, i) == '\n') {
                seen |= SEEN_CRLF;
                i++;
            }
            else {
                seen |= SEEN_CR;
            }
        }
    }
    return seen;
}

/* A copy with every newline as "\n"; `cr` is the index of the first "\r".
 * Steals `text`. */
static PyObject *
newline_translate(PyObject *text, Py_ssize_t cr)
{
    int kind = (int)PyUnicode_KIND(text);
    const char *data = PyUnicode_DATA(text);
    Py_ssize_t len = PyUnicode_GET_LENGTH(text), out = 0, from = 0;
    PyObject *result = NULL;
    char *copy = PyMem_Malloc((size_t)(len * kind));

    if (copy == NULL) {
        Py_DECREF(text);
        return PyErr_NoMemory();
    }
    while (from < len) {
        Py_ssize_t stop = Py_MIN(cr, len);

        memcpy(copy + out * kind, data + from * kind,
               (size_t)((stop - from) * kind));
        out += stop - from;
        if (stop == len) {
            break;
        }
        PyUnicode_WRITE(kind, copy, out, '\n');
        out++;
        from = stop + 1;
        if (from < len && PyUnicode_READ(kind, data, from) == '\n') {
            from++;
        }
        cr = find_char(kind, data, from, len, '\r');
    }
    result = PyUnicode_FromKindAndData(kind, copy, out);
    PyMem_Free(copy);
    Py_DECREF(text);
    return result;
}

/* Steals `text`. */
static PyObject *
newline_process(NewlineDecoderObject *self, PyObject *text, int final)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text), cr;
    int kind;

    if (self->pending_cr && (final || len > 0)) {
        text = newline_prepend_cr(text);
        if (text == NULL) {
            return NULL;
        }
        self->pending_cr = 0;
        len++;
    }
    if (!final && len > 0 && PyUnicode_READ_CHAR(text, len - 1) == '\r') {
        PyObject *shorter = PyUnicode_Substring(text, 0, len - 1);

        Py_DECREF(text);
        if (shorter == NULL) {
            return NULL;
        }
        text = shorter;
        len--;
        self->pending_cr = 1;
    }
    kind = (int)PyUnicode_KIND(text);
    cr = find_char(kind, PyUnicode_DATA(text), 0, len, '\r');
    if (cr == len) {
        /* FAST PATH: same result without it; nothing but "\n" in it */
        if (!(self->seen & SEEN_LF) && len > 0 &&
            find_char(kind, PyUnicode_DATA(text), 0, len, '\n') < len) {
            self->seen |= SEEN_LF;
        }
        return text;
    }
    self->seen = newline_kinds(kind, PyUnicode_DATA(text), len, self->seen);
    return self->translate ? newline_translate(text, cr) : text;
}

PyObject *
io_newline_decode(PyObject *op, PyObject *input, int final)
{
    NewlineDecoderObject *self = (NewlineDecoderObject *)op;
    PyObject *text;

    if (self->decoder == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "IncrementalNewlineDecoder.__init__() not called");
        return NULL;
    }
    if (self->decoder != Py_None) {
        PyObject *decoder = Py_NewRef(self->decoder);   /* __init__ may run */
        PyObject *stack[3] = {decoder, input, final ? Py_True : Py_False};
        text = PyObject_VectorcallMethod(NAME(decode), stack, 3, NULL);
        Py_DECREF(decoder);
    }
    else {
        text = Py_NewRef(input);
    }
    if (text == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError,
                     "decoder should return a string result, not '%.200s'",
                     Py_TYPE(text)->tp_name);
        Py_DECREF(text);
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) {
        Py_DECREF(text);
        return NULL;
    }
    return newline_process(self, text, final);
}

/* ---- the type ---- */

static int
newlinedecoder_init(NewlineDecoderObject *self, PyObject *args,
                    PyObject *kwds)
{
    static const char *const keywords[] = {"decoder", "translate", "errors",
                                           NULL};
    static _PyArg_Parser parser = {
        .format = "Oi|O:IncrementalNewlineDecoder", .keywords = keywords};
    PyObject *decoder, *errors = NULL;
    int translate;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &decoder,
                                          &translate, &errors)) {
        return -1;
    }
    errors = errors == NULL ? PyUnicode_FromString("strict")
                            : Py_NewRef(errors);
    if (errors == NULL) {
        return -1;
    }
    Py_XSETREF(self->errors, errors);
    Py_XSETREF(self->decoder, Py_NewRef(decoder));
    self->translate = translate != 0;
    self->seen = 0;
    self->pending_cr = 0;
    return 0;
}

static int
newlinedecoder_traverse(NewlineDecoderObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->decoder);
    Py_VISIT(self->errors);
    return 0;
}

static int
newlinedecoder_clear(NewlineDecoderObject *self)
{
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->errors);
    return 0;
}

static void
newlinedecoder_dealloc(NewlineDecoderObject *self)
{
    if (dealloc_must_wait((PyObject *)self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    newlinedecoder_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* A method of the decoder without arguments; new.  Runs Python, even our
 * __init__: the decoder is held meanwhile. */
static PyObject *
call_decoder(NewlineDecoderObject *self, PyObject *name)
{
    PyObject *decoder = Py_NewRef(self->decoder);
    PyObject *result = PyObject_CallMethodNoArgs(decoder, name);

    Py_DECREF(decoder);
    return result;
}

static int
newlinedecoder_require_init(NewlineDecoderObject *self)
{
    if (self->decoder == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "IncrementalNewlineDecoder.__init__() not called");
        return -1;
    }
    return 0;
}

static PyObject *
newlinedecoder_decode(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static const char *const keywords[] = {"input", "final", NULL};
    static _PyArg_Parser parser = {.format = "O|i:decode",
                                   .keywords = keywords};
    PyObject *input;
    int final = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &input,
                                      &final)) {
        return NULL;
    }
    return io_newline_decode(self, input, final);
}

static PyObject *
newlinedecoder_getstate(NewlineDecoderObject *self,
                        PyObject *Py_UNUSED(ignored))
{
    PyObject *buffer, *state, *result;
    unsigned long long flag;

    if (newlinedecoder_require_init(self) < 0) {
        return NULL;
    }
    if (self->decoder == Py_None) {
        return Py_BuildValue("yK", "", (unsigned long long)self->pending_cr);
    }
    state = call_decoder(self, NAME(getstate));
    if (state == NULL) {
        return NULL;
    }
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "illegal decoder state");
        Py_DECREF(state);
        return NULL;
    }
    if (!PyArg_ParseTuple(state, "OK;illegal decoder state", &buffer, &flag)) {
        Py_DECREF(state);
        return NULL;
    }
    result = Py_BuildValue("OK", buffer, flag << 1 | self->pending_cr);
    Py_DECREF(state);
    return result;
}

static PyObject *
newlinedecoder_setstate(NewlineDecoderObject *self, PyObject *state)
{
    PyObject *buffer;
    unsigned long long flag;

    if (newlinedecoder_require_init(self) < 0) {
        return NULL;
    }
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state argument must be a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(state, "OK;setstate(): illegal state argument",
                          &buffer, &flag)) {
        return NULL;
    }
    self->pending_cr = flag & 1;
    if (self->decoder == Py_None) {
        Py_RETURN_NONE;
    }
    return PyObject_CallMethod(self->decoder, "setstate", "((OK))", buffer,
                               flag >> 1);
}

static PyObject *
newlinedecoder_reset(NewlineDecoderObject *self, PyObject *Py_UNUSED(ignored))
{
    if (newlinedecoder_require_init(self) < 0) {
        return NULL;
    }
    self->seen = 0;
    self->pending_cr = 0;
    if (self->decoder == Py_None) {
        Py_RETURN_NONE;
    }
    return call_decoder(self, NAME(reset));
}

static PyObject *
newlinedecoder_get_newlines(NewlineDecoderObject *self, void *closure)
{
    if (newlinedecoder_require_init(self) < 0) {
        return NULL;
    }
    switch (self->seen) {
    case SEEN_CR:
        return PyUnicode_FromString("\r");
    case SEEN_LF:
        return PyUnicode_FromString("\n");
    case SEEN_CRLF:
        return PyUnicode_FromString("\r\n");
    case SEEN_CR | SEEN_LF:
        return Py_BuildValue("ss", "\r", "\n");
    case SEEN_CR | SEEN_CRLF:
        return Py_BuildValue("ss", "\r", "\r\n");
    case SEEN_LF | SEEN_CRLF:
        return Py_BuildValue("ss", "\n", "\r\n");
    case SEEN_ALL:
        return Py_BuildValue("sss", "\r", "\n", "\r\n");
    default:
        Py_RETURN_NONE;
    }
}

static PyMethodDef newlinedecoder_methods[] = {
    {"decode", _PyCFunction_CAST(newlinedecoder_decode),
     METH_FASTCALL | METH_KEYWORDS,
     "decode($self, /, input, final=False)\n--\n\nDecode one piece."},
    {"getstate", (PyCFunction)newlinedecoder_getstate, METH_NOARGS,
     "getstate($self, /)\n--\n\nThe state: undecoded bytes and a number."},
    {"setstate", (PyCFunction)newlinedecoder_setstate, METH_O,
     "setstate($self, state, /)\n--\n\nReturn to a state."},
    {"reset", (PyCFunction)newlinedecoder_reset, METH_NOARGS,
     "reset($self, /)\n--\n\nForget everything."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef newlinedecoder_getset[] = {
    {"newlines", (getter)newlinedecoder_get_newlines, NULL,
     "The kinds of newlines met so far.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyIncrementalNewlineDecoder_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.IncrementalNewlineDecoder",
    .tp_basicsize = sizeof(NewlineDecoderObject),
    .tp_dealloc = (destructor)newlinedecoder_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)newlinedecoder_traverse,
    .tp_clear = (inquiry)newlinedecoder_clear,
    .tp_doc = "IncrementalNewlineDecoder(decoder, translate, "
              "errors='strict')\n--\n\nDecoder that knows all kinds of "
              "newlines.",
    .tp_methods = newlinedecoder_methods,
    .tp_getset = newlinedecoder_getset,
    .tp_init = (initproc)newlinedecoder_init,
    .tp_new = PyType_GenericNew,
};
