/* _sre: re.Pattern, and the scanner behind finditer(). */
#include "engine.h"
#include "structmember.h"

/* ---- arguments ---------------------------------------------------------- */

static const char *const search_keywords[] = {"string", "pos", "endpos",
                                              NULL};

/* (string, pos=0, endpos=sys.maxsize), attached to state.  0/-1; the caller
 * finishes the state in any case. */
static int
start_search(_PyArg_Parser *parser, PatternObject *self, SREState *state,
             PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *string;
    Py_ssize_t pos = 0, endpos = PY_SSIZE_T_MAX;

    memset(state, 0, offsetof(SREState, inline_marks));
    state->marks = state->inline_marks;
    state->stack = state->inline_stack;
    if (nargs == 1 && kwnames == NULL) {
        string = args[0];              /* FAST PATH */
    }
    else if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser,
                                           &string, &pos, &endpos)) {
        return -1;
    }
    return sre_state_init(state, self, string, pos, endpos);
}

/* What match, fullmatch and search do not have in common. */
typedef struct {
    _PyArg_Parser *parser;
    int (*find)(SREState *);
    int whole;                    /* the match has to end at endpos */
} Finder;

static PyObject *
find_once(const Finder *finder, PatternObject *self, PyTypeObject *class,
          PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    SREState state;
    PyObject *result = NULL;

    if (start_search(finder->parser, self, &state, args, nargs, kwnames) ==
        0) {
        state.whole = finder->whole;
        int status = state.start > state.end ? 0 : finder->find(&state);
        result = sre_new_match(sre_state_of_type(class), self, &state, status);
    }
    sre_state_fini(&state);
    return result;
}

#define FINDER(name, find, whole)                                           \
    static PyObject *pattern_##name(PyObject *self, PyTypeObject *class,    \
                                    PyObject *const *args,                  \
                                    Py_ssize_t nargs, PyObject *kwnames)    \
    {                                                                       \
        static _PyArg_Parser parser = {.format = "O|nn:" #name,             \
                                       .keywords = search_keywords};        \
        return find_once(&(const Finder){&parser, find, whole},             \
                         (PatternObject *)self, class, args, nargs,         \
                         kwnames);                                          \
    }

FINDER(match, sre_match, 0)
FINDER(fullmatch, sre_match, 1)
FINDER(search, sre_search, 0)
#undef FINDER

/* After a match: the next one starts at its end, and is not empty there if
 * this one was. */
static void
advance(SREState *state)
{
    state->must_advance = state->at == state->start;
    state->start = state->at;
}

/* The text of a group for findall and split; empty (or None) if unset. */
static PyObject *
group_text(SREState *state, Py_ssize_t group, int or_none)
{
    Py_ssize_t from = state->marks[2 * group - 2];
    Py_ssize_t to = state->marks[2 * group - 1];

    if (from < 0 || to < from) {
        if (or_none) {
            Py_RETURN_NONE;
        }
        from = to = 0;
    }
    return sre_slice(state, from, to);
}

/* ---- findall ------------------------------------------------------------ */

static PyObject *
findall_item(PatternObject *self, SREState *state)
{
    if (self->groups == 0) {
        return sre_slice(state, state->start, state->at);
    }
    if (self->groups == 1) {
        return group_text(state, 1, 0);
    }
    PyObject *item = PyTuple_New(self->groups);
    for (Py_ssize_t i = 0; item != NULL && i < self->groups; i++) {
        PyObject *text = group_text(state, i + 1, 0);
        if (text == NULL) {
            Py_CLEAR(item);
            break;
        }
        PyTuple_SET_ITEM(item, i, text);
    }
    return item;
}

static int
append_owned(PyObject *list, PyObject *item)
{
    if (item == NULL) {
        return -1;
    }
    int status = PyList_Append(list, item);
    Py_DECREF(item);
    return status;
}

static PyObject *
pattern_findall(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|nn:findall",
                                   .keywords = search_keywords};
    PatternObject *self = (PatternObject *)op;
    PyObject *list = NULL;
    SREState state;

    if (start_search(&parser, self, &state, args, nargs, kwnames) < 0) {
        goto done;
    }
    list = PyList_New(0);
    while (list != NULL && state.start <= state.end) {
        sre_state_reset(&state);
        int status = sre_search(&state);
        if (status == 0) {
            break;
        }
        if (status < 0) {
            sre_raise(status);
            Py_CLEAR(list);
            break;
        }
        if (append_owned(list, findall_item(self, &state)) < 0) {
            Py_CLEAR(list);
            break;
        }
        advance(&state);
    }
done:
    sre_state_fini(&state);
    return list;
}

/* ---- split -------------------------------------------------------------- */

static int
split_into(PatternObject *self, SREState *state, PyObject *list,
           Py_ssize_t maxsplit)
{
    Py_ssize_t last = state->start;

    for (Py_ssize_t n = 0; maxsplit == 0 || n < maxsplit; n++) {
        sre_state_reset(state);
        int status = sre_search(state);
        if (status == 0) {
            break;
        }
        if (status < 0) {
            sre_raise(status);
            return -1;
        }
        if (append_owned(list, sre_slice(state, last, state->start)) < 0) {
            return -1;
        }
        for (Py_ssize_t i = 1; i <= self->groups; i++) {
            if (append_owned(list, group_text(state, i, 1)) < 0) {
                return -1;
            }
        }
        last = state->at;
        advance(state);
    }
    return append_owned(list, sre_slice(state, last, state->end));
}

static PyObject *
pattern_split(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "maxsplit", NULL};
    static _PyArg_Parser parser = {.format = "O|n:split",
                                   .keywords = keywords};
    PatternObject *self = (PatternObject *)op;
    PyObject *string, *list = NULL;
    Py_ssize_t maxsplit = 0;
    SREState state;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &string,
                                      &maxsplit)) {
        return NULL;
    }
    if (sre_state_init(&state, self, string, 0, PY_SSIZE_T_MAX) == 0) {
        list = PyList_New(0);
        if (list != NULL && split_into(self, &state, list, maxsplit) < 0) {
            Py_CLEAR(list);
        }
    }
    sre_state_fini(&state);
    return list;
}

/* ---- sub ---------------------------------------------------------------- */

/* Whether the template is text without backslashes. */
static int
is_literal(PyObject *template)
{
    Py_buffer view;
    int literal = 0;

    if (PyUnicode_Check(template)) {
        if (PyUnicode_READY(template) < 0) {
            PyErr_Clear();             /* MemoryError: the long way */
            return 0;
        }
        return PyUnicode_FindChar(template, '\\', 0,
                                  PyUnicode_GET_LENGTH(template), 1) == -1;
    }
    if (PyObject_GetBuffer(template, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();                 /* no buffer: re._subx() decides */
        return 0;
    }
    literal = view.len == 0 ||
              memchr(view.buf, '\\', (size_t)view.len) == NULL;
    PyBuffer_Release(&view);
    return literal;
}

/* The arguments of sub() and subn(), and what is made of the template. */
typedef struct {
    PyObject *template, *string;  /* borrowed */
    Py_ssize_t count;             /* 0: any */
    PyObject *filter;             /* owned: goes in the place of matches, */
    int callable;                 /* or answers what does for each */
} Substitution;

static int
substitution_make_filter(Substitution *sub, PatternObject *self)
{
    PyObject *template = sub->template;

    sub->callable = PyCallable_Check(template);
    if (sub->callable || is_literal(template)) {
        sub->filter = Py_NewRef(template);
        return 0;
    }
    sub->filter = sre_call_re("_subx", PyTuple_Pack(2, self, template));
    sub->callable = sub->filter != NULL && PyCallable_Check(sub->filter);
    return sub->filter == NULL ? -1 : 0;
}

/* Appends the parts of the result; returns the number of substitutions, or
 * -1.  Runs Python (filter). */
static Py_ssize_t
substitute_into(PatternObject *self, SREModuleState *module, SREState *state,
                PyObject *list, const Substitution *sub)
{
    Py_ssize_t last = 0, n = 0;

    while (sub->count == 0 || n < sub->count) {
        sre_state_reset(state);
        int status = sre_search(state);
        if (status == 0) {
            break;
        }
        if (status < 0) {
            sre_raise(status);
            return -1;
        }
        if (last < state->start &&
            append_owned(list, sre_slice(state, last, state->start)) < 0) {
            return -1;
        }
        PyObject *item;
        if (sub->callable) {
            PyObject *match = sre_new_match(module, self, state, 1);
            if (match == NULL) {
                return -1;
            }
            item = PyObject_CallOneArg(sub->filter, match);
            Py_DECREF(match);
        }
        else {
            item = Py_NewRef(sub->filter);
        }
        if (item == Py_None) {
            Py_DECREF(item);
        }
        else if (append_owned(list, item) < 0) {
            return -1;
        }
        last = state->at;
        n++;
        advance(state);
    }
    if (last < state->end &&
        append_owned(list, sre_slice(state, last, state->end)) < 0) {
        return -1;
    }
    return n;
}

static PyObject *
join_parts(SREState *state, PyObject *list)
{
    PyObject *joiner = sre_slice(state, 0, 0), *result;

    if (joiner == NULL || PyList_GET_SIZE(list) == 0) {
        return joiner;
    }
    result = state->is_bytes ? _PyBytes_Join(joiner, list)
                             : PyUnicode_Join(joiner, list);
    Py_DECREF(joiner);
    return result;
}

static int
substitution_parse(Substitution *sub, _PyArg_Parser *parser,
                   PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    *sub = (Substitution){.count = 0};
    return _PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser,
                                        &sub->template, &sub->string,
                                        &sub->count)
               ? 0
               : -1;
}

/* Does it all once the arguments are parsed, and clears `sub`. */
static PyObject *
substitute(PatternObject *self, PyTypeObject *class, Substitution *sub,
           int with_count)
{
    PyObject *list = NULL, *joined = NULL;
    SREState state;

    memset(&state, 0, offsetof(SREState, inline_marks));
    state.marks = state.inline_marks;
    state.stack = state.inline_stack;
    if (substitution_make_filter(sub, self) < 0 ||
        sre_state_init(&state, self, sub->string, 0, PY_SSIZE_T_MAX) < 0) {
        goto done;
    }
    list = PyList_New(0);
    if (list == NULL) {
        goto done;
    }
    Py_ssize_t n = substitute_into(self, sre_state_of_type(class), &state,
                                   list, sub);
    if (n >= 0) {
        joined = join_parts(&state, list);
        if (joined != NULL && with_count) {
            joined = Py_BuildValue("Nn", joined, n);
        }
    }
done:
    sre_state_fini(&state);
    Py_XDECREF(list);
    Py_CLEAR(sub->filter);
    return joined;
}

static const char *const sub_keywords[] = {"repl", "string", "count", NULL};

static PyObject *
pattern_sub(PyObject *self, PyTypeObject *class, PyObject *const *args,
            Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "OO|n:sub",
                                   .keywords = sub_keywords};
    Substitution sub;

    return substitution_parse(&sub, &parser, args, nargs, kwnames) < 0
               ? NULL
               : substitute((PatternObject *)self, class, &sub, 0);
}

static PyObject *
pattern_subn(PyObject *self, PyTypeObject *class, PyObject *const *args,
             Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "OO|n:subn",
                                   .keywords = sub_keywords};
    Substitution sub;

    return substitution_parse(&sub, &parser, args, nargs, kwnames) < 0
               ? NULL
               : substitute((PatternObject *)self, class, &sub, 1);
}

/* ---- scanner ------------------------------------------------------------ */

typedef struct {
    PyObject_HEAD
    PatternObject *pattern;
    SREState state;               /* start is -1 when exhausted */
    int executing;
} ScannerObject;

static int
scanner_traverse(PyObject *op, visitproc visit, void *arg)
{
    ScannerObject *self = (ScannerObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->pattern);
    Py_VISIT(self->state.string);
    return 0;
}

static int
scanner_clear(PyObject *op)
{
    Py_CLEAR(((ScannerObject *)op)->pattern);
    return 0;
}

static void
scanner_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    sre_state_fini(&((ScannerObject *)op)->state);
    scanner_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyObject *
scanner_next(ScannerObject *self, PyTypeObject *class, Py_ssize_t nargs,
             PyObject *kwnames, const char *name, int (*find)(SREState *))
{
    SREState *state = &self->state;

    if (nargs > 0 || kwnames != NULL) {
        PyErr_Format(PyExc_TypeError, "%s() takes no arguments", name);
        return NULL;
    }
    if (self->executing) {
        PyErr_SetString(PyExc_ValueError,
                        "regular expression scanner already executing");
        return NULL;
    }
    if (state->start < 0) {
        Py_RETURN_NONE;
    }
    sre_state_reset(state);
    self->executing = 1;
    int status = state->start > state->end ? 0 : find(state);
    self->executing = 0;
    PyObject *match = sre_new_match(sre_state_of_type(class), self->pattern,
                                    state, status);
    if (status == 0) {
        state->start = -1;
    }
    else {
        advance(state);
    }
    return match;
}

static PyObject *
scanner_match(PyObject *self, PyTypeObject *class, PyObject *const *args,
              Py_ssize_t nargs, PyObject *kwnames)
{
    return scanner_next((ScannerObject *)self, class, nargs, kwnames, "match",
                        sre_match);
}

static PyObject *
scanner_search(PyObject *self, PyTypeObject *class, PyObject *const *args,
               Py_ssize_t nargs, PyObject *kwnames)
{
    return scanner_next((ScannerObject *)self, class, nargs, kwnames,
                        "search", sre_search);
}

/* A scanner over the string of the arguments. */
static PyObject *
new_scanner(_PyArg_Parser *parser, PatternObject *pattern,
            PyTypeObject *class, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    ScannerObject *self = PyObject_GC_New(
        ScannerObject, sre_state_of_type(class)->scanner_type);

    if (self == NULL) {
        return NULL;
    }
    self->pattern = NULL;
    self->executing = 0;
    int status = start_search(parser, pattern, &self->state, args, nargs,
                              kwnames);
    if (status == 0) {
        self->pattern = (PatternObject *)Py_NewRef(pattern);
    }
    PyObject_GC_Track(self);
    if (status < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
pattern_scanner(PyObject *self, PyTypeObject *class, PyObject *const *args,
                Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|nn:scanner",
                                   .keywords = search_keywords};
    return new_scanner(&parser, (PatternObject *)self, class, args, nargs,
                       kwnames);
}

static PyObject *
pattern_finditer(PyObject *self, PyTypeObject *class, PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|nn:finditer",
                                   .keywords = search_keywords};
    PyObject *scanner = new_scanner(&parser, (PatternObject *)self, class,
                                    args, nargs, kwnames);
    if (scanner == NULL) {
        return NULL;
    }
    PyObject *search = PyObject_GetAttrString(scanner, "search");
    Py_DECREF(scanner);
    if (search == NULL) {
        return NULL;
    }
    PyObject *iterator = PyCallIter_New(search, Py_None);
    Py_DECREF(search);
    return iterator;
}

#define FAST(f) ((PyCFunction)(void (*)(void))(f))
#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)
#define CLASS_KEYWORDS (METH_METHOD | METH_FASTCALL | METH_KEYWORDS)

static PyMethodDef scanner_methods[] = {
    {"match", FAST(scanner_match), CLASS_KEYWORDS,
     PyDoc_STR("match($self, /)\n--\n\nThe match at the current place.")},
    {"search", FAST(scanner_search), CLASS_KEYWORDS,
     PyDoc_STR("search($self, /)\n--\n\nThe next match.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef scanner_members[] = {
    {"pattern", T_OBJECT, offsetof(ScannerObject, pattern), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot scanner_slots[] = {
    {Py_tp_dealloc, scanner_dealloc},
    {Py_tp_traverse, scanner_traverse},
    {Py_tp_clear, scanner_clear},
    {Py_tp_methods, scanner_methods},
    {Py_tp_members, scanner_members},
    {0, NULL},
};

PyType_Spec sre_scanner_spec = {
    .name = "_sre.SRE_Scanner",
    .basicsize = sizeof(ScannerObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC,
    .slots = scanner_slots,
};

/* ---- Pattern: the object ------------------------------------------------ */

static int
pattern_traverse(PyObject *op, visitproc visit, void *arg)
{
    PatternObject *self = (PatternObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->groupindex);
    Py_VISIT(self->indexgroup);
    Py_VISIT(self->pattern);
    return 0;
}

static int
pattern_clear(PyObject *op)
{
    PatternObject *self = (PatternObject *)op;

    Py_CLEAR(self->groupindex);
    Py_CLEAR(self->indexgroup);
    Py_CLEAR(self->pattern);
    return 0;
}

static void
pattern_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    if (((PatternObject *)op)->weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    pattern_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

/* Appends "re.NAME" for each flag that repr shows. 0/-1 */
static int
list_flags(PatternObject *self, PyObject *list)
{
    static const struct {
        const char *name;
        int flag;
    } names[] = {
        {"re.TEMPLATE", FLAG_TEMPLATE}, {"re.IGNORECASE", FLAG_IGNORECASE},
        {"re.LOCALE", FLAG_LOCALE}, {"re.MULTILINE", FLAG_MULTILINE},
        {"re.DOTALL", FLAG_DOTALL}, {"re.VERBOSE", FLAG_VERBOSE},
        {"re.DEBUG", FLAG_DEBUG}, {"re.ASCII", FLAG_ASCII},
    };
    int flags = self->flags;

    /* Unicode is what str patterns have anyway. */
    if (self->is_bytes == 0 &&
        (flags & (FLAG_LOCALE | FLAG_UNICODE | FLAG_ASCII)) == FLAG_UNICODE) {
        flags &= ~FLAG_UNICODE;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (flags & names[i].flag) {
            if (append_owned(list, PyUnicode_FromString(names[i].name)) < 0) {
                return -1;
            }
            flags &= ~names[i].flag;
        }
    }
    return flags == 0
               ? 0
               : append_owned(list, PyUnicode_FromFormat("0x%x", flags));
}

static PyObject *
pattern_repr(PyObject *op)
{
    PatternObject *self = (PatternObject *)op;
    PyObject *list = PyList_New(0), *bar = NULL, *flags = NULL;
    PyObject *result = NULL;

    if (list == NULL || list_flags(self, list) < 0) {
        goto done;
    }
    if (PyList_GET_SIZE(list) == 0) {
        result = PyUnicode_FromFormat("re.compile(%.200R)", self->pattern);
        goto done;
    }
    bar = PyUnicode_FromString("|");
    flags = bar == NULL ? NULL : PyUnicode_Join(bar, list);
    if (flags != NULL) {
        result = PyUnicode_FromFormat("re.compile(%.200R, %S)", self->pattern,
                                      flags);
    }
done:
    Py_XDECREF(list);
    Py_XDECREF(bar);
    Py_XDECREF(flags);
    return result;
}

static Py_hash_t
pattern_hash(PyObject *op)
{
    PatternObject *self = (PatternObject *)op;
    Py_hash_t hash = PyObject_Hash(self->pattern);

    if (hash == -1) {
        return -1;
    }
    hash ^= _Py_HashBytes(self->code,
                          Py_SIZE(self) * (Py_ssize_t)sizeof(SRECode));
    hash ^= self->flags ^ self->is_bytes ^ self->groups;
    return hash == -1 ? -2 : hash;
}

static PyObject *
pattern_richcompare(PyObject *left_op, PyObject *right_op, int op)
{
    PatternObject *left = (PatternObject *)left_op;
    PatternObject *right = (PatternObject *)right_op;

    if ((op != Py_EQ && op != Py_NE) ||
        !Py_IS_TYPE(right_op, Py_TYPE(left_op))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (left == right) {
        return PyBool_FromLong(op == Py_EQ);
    }
    int equal = left->flags == right->flags &&
                left->is_bytes == right->is_bytes &&
                left->groups == right->groups &&
                Py_SIZE(left) == Py_SIZE(right) &&
                memcmp(left->code, right->code,
                       (size_t)Py_SIZE(left) * sizeof(SRECode)) == 0;
    if (equal) {
        equal = PyObject_RichCompareBool(left->pattern, right->pattern,
                                         Py_EQ);
        if (equal < 0) {
            return NULL;
        }
    }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
pattern_copy(PyObject *self, PyObject *unused)
{
    return Py_NewRef(self);
}

static PyObject *
pattern_groupindex_get(PyObject *self, void *closure)
{
    return PyDictProxy_New(((PatternObject *)self)->groupindex);
}

/* ---- Pattern: the type -------------------------------------------------- */

#define SEARCH(name, flags, text)                                      \
    {#name, FAST(pattern_##name), flags,                               \
     PyDoc_STR(#name "($self, /, string, pos=0, endpos=sys.maxsize)\n" \
               "--\n\n" text)}

static PyMethodDef pattern_methods[] = {
    SEARCH(match, CLASS_KEYWORDS, "The match at the start of the string."),
    SEARCH(fullmatch, CLASS_KEYWORDS, "The match of the whole string."),
    SEARCH(search, CLASS_KEYWORDS, "The first match in the string."),
    {"sub", FAST(pattern_sub), CLASS_KEYWORDS,
     PyDoc_STR("sub($self, /, repl, string, count=0)\n--\n\n"
               "The string with repl in the place of matches.")},
    {"subn", FAST(pattern_subn), CLASS_KEYWORDS,
     PyDoc_STR("subn($self, /, repl, string, count=0)\n--\n\n"
               "As sub, and the number of substitutions.")},
    SEARCH(findall, KEYWORDS, "The list of all matches."),
    {"split", FAST(pattern_split), KEYWORDS,
     PyDoc_STR("split($self, /, string, maxsplit=0)\n--\n\n"
               "The parts of the string between matches.")},
    SEARCH(finditer, CLASS_KEYWORDS, "An iterator over all matches."),
    SEARCH(scanner, CLASS_KEYWORDS, "A scanner over the string."),
    {"__copy__", pattern_copy, METH_NOARGS,
     PyDoc_STR("__copy__($self, /)\n--\n\nThe pattern itself.")},
    {"__deepcopy__", pattern_copy, METH_O,
     PyDoc_STR("__deepcopy__($self, memo, /)\n--\n\nThe pattern itself.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("Patterns of str or of bytes, for annotations.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef pattern_getset[] = {
    {"groupindex", pattern_groupindex_get, NULL,
     PyDoc_STR("The numbers of the named groups."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef pattern_members[] = {
    {"pattern", T_OBJECT, offsetof(PatternObject, pattern), READONLY,
     PyDoc_STR("The string that was compiled.")},
    {"flags", T_INT, offsetof(PatternObject, flags), READONLY,
     PyDoc_STR("The flags.")},
    {"groups", T_PYSSIZET, offsetof(PatternObject, groups), READONLY,
     PyDoc_STR("The number of groups.")},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(PatternObject, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot pattern_slots[] = {
    {Py_tp_dealloc, pattern_dealloc},
    {Py_tp_traverse, pattern_traverse},
    {Py_tp_clear, pattern_clear},
    {Py_tp_repr, pattern_repr},
    {Py_tp_hash, pattern_hash},
    {Py_tp_doc, (void *)PyDoc_STR("A compiled regular expression.")},
    {Py_tp_richcompare, pattern_richcompare},
    {Py_tp_methods, pattern_methods},
    {Py_tp_members, pattern_members},
    {Py_tp_getset, pattern_getset},
    {0, NULL},
};

PyType_Spec sre_pattern_spec = {
    .name = "re.Pattern",
    .basicsize = sizeof(PatternObject),
    .itemsize = sizeof(SRECode),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC,
    .slots = pattern_slots,
};
