/* The module _tokenize: the tokens of the C tokenizer, for tests. */

#include "Python.h"

#include "tokenizer.h"

typedef struct {
    PyTypeObject *iterator_type;
} tokenize_state;

typedef struct {
    PyObject_HEAD
    tokenizer *tok;                /* owned */
} tokenizeriter;

static PyObject *
tokenizeriter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"source", NULL};
    const char *source;
    Py_ssize_t size;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s#:TokenizerIter",
                                     keywords, &source, &size)) {
        return NULL;
    }
    if (strlen(source) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    PyObject *filename = PyUnicode_FromString("<string>");
    if (filename == NULL) {
        return NULL;
    }
    tokenizeriter *self = (tokenizeriter *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->tok = tokenizer_from_utf8(source, size, 1, filename);
        if (self->tok == NULL) {
            Py_CLEAR(self);
        }
    }
    Py_DECREF(filename);
    return (PyObject *)self;
}

static void
tokenizeriter_dealloc(tokenizeriter *self)
{
    PyTypeObject *type = Py_TYPE(self);

    tokenizer_free(self->tok);
    type->tp_free(self);
    Py_DECREF(type);
}

/* (text, type, line, end line, column, end column, source line) */
static PyObject *
tokenizeriter_next(tokenizeriter *self)
{
    tokenizer *tok = self->tok;
    char *start, *end;

    int type = tokenizer_next(tok, &start, &end);
    if (type == TOK_ERRORTOKEN && PyErr_Occurred()) {
        return NULL;
    }
    if (type == TOK_ERRORTOKEN || type == TOK_ENDMARKER) {
        PyErr_SetString(PyExc_StopIteration, "EOF");
        return NULL;
    }
    PyObject *text = start == NULL || end == NULL
                         ? PyUnicode_FromString("")
                         : PyUnicode_FromStringAndSize(start, end - start);
    if (text == NULL) {
        return NULL;
    }
    Py_ssize_t size = tok->inp - tok->buf;
    PyObject *line = PyUnicode_DecodeUTF8(tok->buf, size, "replace");
    if (line == NULL) {
        Py_DECREF(text);
        return NULL;
    }
    int is_string = type == TOK_STRING;
    const char *line_start = is_string ? tok->multi_line_start
                                       : tok->line_start;
    int lineno = is_string ? tok->first_lineno : tok->lineno;
    int col = -1, end_col = -1;
    if (start != NULL && start >= line_start) {
        col = (int)(start - line_start);
    }
    if (end != NULL && end >= tok->line_start) {
        end_col = (int)(end - tok->line_start);
    }
    return Py_BuildValue("(NiiiiiN)", text, type, lineno, tok->lineno, col,
                         end_col, line);
}

static PyType_Slot tokenizeriter_slots[] = {
    {Py_tp_new, tokenizeriter_new},
    {Py_tp_dealloc, tokenizeriter_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, tokenizeriter_next},
    {0, NULL},
};

static PyType_Spec tokenizeriter_spec = {
    .name = "_tokenize.TokenizerIter",
    .basicsize = sizeof(tokenizeriter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = tokenizeriter_slots,
};

static int
tokenize_exec(PyObject *module)
{
    tokenize_state *state = PyModule_GetState(module);

    state->iterator_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &tokenizeriter_spec, NULL);
    return state->iterator_type == NULL
               ? -1 : PyModule_AddType(module, state->iterator_type);
}

static int
tokenize_traverse(PyObject *module, visitproc visit, void *arg)
{
    tokenize_state *state = PyModule_GetState(module);

    Py_VISIT(state->iterator_type);
    return 0;
}

static int
tokenize_clear(PyObject *module)
{
    tokenize_state *state = PyModule_GetState(module);

    Py_CLEAR(state->iterator_type);
    return 0;
}

static void
tokenize_free(void *module)
{
    tokenize_clear(module);
}

static PyModuleDef_Slot tokenize_slots[] = {
    {Py_mod_exec, tokenize_exec},
    {0, NULL},
};

static struct PyModuleDef tokenize_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_tokenize",
    .m_size = sizeof(tokenize_state),
    .m_slots = tokenize_slots,
    .m_traverse = tokenize_traverse,
    .m_clear = tokenize_clear,
    .m_free = tokenize_free,
};

PyMODINIT_FUNC PyInit__tokenize(void);
PyMODINIT_FUNC
PyInit__tokenize(void)
{
    return PyModuleDef_Init(&tokenize_module);
}
