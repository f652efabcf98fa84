/* _sre: re.Match. */
#include "engine.h"
#include "structmember.h"

PyObject *
sre_new_match(SREModuleState *module, PatternObject *pattern, SREState *state,
              int status)
{
    if (status == 0) {
        Py_RETURN_NONE;
    }
    if (status < 0) {
        sre_raise(status);
        return NULL;
    }
    MatchObject *self = PyObject_GC_NewVar(MatchObject, module->match_type,
                                           2 * (pattern->groups + 1));
    if (self == NULL) {
        return NULL;
    }
    Py_SET_SIZE(self, pattern->groups + 1);
    self->pattern = (PatternObject *)Py_NewRef(pattern);
    self->string = Py_NewRef(state->string);
    self->regs = NULL;
    self->mark[0] = state->start;
    self->mark[1] = state->at;
    for (Py_ssize_t i = 0; i < pattern->groups; i++) {
        Py_ssize_t from = state->marks[2 * i], to = state->marks[2 * i + 1];
        int is_set = from >= 0 && to >= from;
        if (from > to && from >= 0 && to >= 0) {
            PyObject_GC_Track(self);
            Py_DECREF(self);
            PyErr_SetString(PyExc_SystemError,
                            "The span of capturing group is wrong, please "
                            "report a bug for the re module.");
            return NULL;
        }
        self->mark[2 * i + 2] = is_set ? from : -1;
        self->mark[2 * i + 3] = is_set ? to : -1;
    }
    self->pos = state->pos;
    self->endpos = state->end;
    self->lastindex = state->lastindex;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
match_traverse(PyObject *op, visitproc visit, void *arg)
{
    MatchObject *self = (MatchObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->string);
    Py_VISIT(self->regs);
    Py_VISIT(self->pattern);
    return 0;
}

static int
match_clear(PyObject *op)
{
    MatchObject *self = (MatchObject *)op;

    Py_CLEAR(self->string);
    Py_CLEAR(self->regs);
    Py_CLEAR(self->pattern);
    return 0;
}

static void
match_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    match_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* ---- groups ------------------------------------------------------------- */

/* string[start:end] as str or bytes; the string may have shrunk since. */
static PyObject *
slice_string(PyObject *string, Py_ssize_t start, Py_ssize_t end)
{
    Py_buffer view;

    if (PyUnicode_Check(string)) {
        return PyUnicode_Substring(string, start, end);
    }
    if (PyObject_GetBuffer(string, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    start = Py_MIN(start, view.len);
    end = Py_MIN(end, view.len);
    PyObject *result =
        PyBytes_CheckExact(string) && start == 0 && end == view.len
            ? Py_NewRef(string)
            : PyBytes_FromStringAndSize((const char *)view.buf + start,
                                        end - start);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
raise_no_group(void)
{
    PyErr_SetString(PyExc_IndexError, "no such group");
    return NULL;
}

static PyObject *
group_text(MatchObject *self, Py_ssize_t group, PyObject *absent)
{
    if (group < 0 || group >= Py_SIZE(self)) {
        return raise_no_group();
    }
    if (self->mark[2 * group] < 0) {
        return Py_NewRef(absent);
    }
    return slice_string(self->string, self->mark[2 * group],
                        self->mark[2 * group + 1]);
}

/* The number of the group that key names; -1 with IndexError. */
static Py_ssize_t
find_group(MatchObject *self, PyObject *key)
{
    Py_ssize_t group = -1;

    if (PyIndex_Check(key)) {
        group = PyNumber_AsSsize_t(key, NULL);
    }
    else {
        PyObject *number = PyDict_GetItemWithError(self->pattern->groupindex,
                                                   key);
        if (number != NULL && PyLong_Check(number)) {
            group = PyLong_AsSsize_t(number);
        }
    }
    if (group < 0 || group >= Py_SIZE(self)) {
        /* Unhashable keys too are no group. */
        if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_Exception)) {
            raise_no_group();
        }
        return -1;
    }
    return group;
}

static PyObject *
group_by_key(MatchObject *self, PyObject *key)
{
    Py_ssize_t group = find_group(self, key);

    return group < 0 ? NULL : group_text(self, group, Py_None);
}

static PyObject *
match_group(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    MatchObject *self = (MatchObject *)op;

    if (nargs == 0) {
        return group_text(self, 0, Py_None);
    }
    if (nargs == 1) {
        return group_by_key(self, args[0]);
    }
    PyObject *result = PyTuple_New(nargs);
    for (Py_ssize_t i = 0; result != NULL && i < nargs; i++) {
        PyObject *item = group_by_key(self, args[i]);
        if (item == NULL) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i, item);
    }
    return result;
}

static PyObject *
match_getitem(PyObject *self, PyObject *key)
{
    return group_by_key((MatchObject *)self, key);
}

static const char *const default_keywords[] = {"default", NULL};

static PyObject *
match_groups(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|O:groups",
                                   .keywords = default_keywords};
    MatchObject *self = (MatchObject *)op;
    PyObject *absent = Py_None;

    if ((nargs > 0 || kwnames != NULL) &&
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &absent)) {
        return NULL;
    }
    PyObject *result = PyTuple_New(Py_SIZE(self) - 1);
    for (Py_ssize_t i = 1; result != NULL && i < Py_SIZE(self); i++) {
        PyObject *item = group_text(self, i, absent);
        if (item == NULL) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i - 1, item);
    }
    return result;
}

static PyObject *
match_groupdict(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|O:groupdict",
                                   .keywords = default_keywords};
    MatchObject *self = (MatchObject *)op;
    PyObject *absent = Py_None, *name, *number;
    Py_ssize_t position = 0;

    if ((nargs > 0 || kwnames != NULL) &&
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &absent)) {
        return NULL;
    }
    PyObject *result = PyDict_New();
    while (result != NULL && PyDict_Next(self->pattern->groupindex, &position,
                                         &name, &number)) {
        Py_INCREF(name);               /* hashing it may run user code */
        Py_ssize_t group = find_group(self, name);
        PyObject *text = group < 0 ? NULL : group_text(self, group, absent);
        if (text == NULL || PyDict_SetItem(result, name, text) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(text);
        Py_DECREF(name);
    }
    return result;
}

/* ---- spans -------------------------------------------------------------- */

/* The optional argument: a group, 0 by default; -1 on error. */
static Py_ssize_t
parse_group(const char *name, MatchObject *self, PyObject *const *args,
            Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional(name, nargs, 0, 1)) {
        return -1;
    }
    return nargs == 0 ? 0 : find_group(self, args[0]);
}

static PyObject *
match_start(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    MatchObject *self = (MatchObject *)op;
    Py_ssize_t group = parse_group("start", self, args, nargs);

    return group < 0 ? NULL : PyLong_FromSsize_t(self->mark[2 * group]);
}

static PyObject *
match_end(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    MatchObject *self = (MatchObject *)op;
    Py_ssize_t group = parse_group("end", self, args, nargs);

    return group < 0 ? NULL : PyLong_FromSsize_t(self->mark[2 * group + 1]);
}

static PyObject *
span_of(MatchObject *self, Py_ssize_t group)
{
    return Py_BuildValue("nn", self->mark[2 * group],
                         self->mark[2 * group + 1]);
}

static PyObject *
match_span(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    MatchObject *self = (MatchObject *)op;
    Py_ssize_t group = parse_group("span", self, args, nargs);

    return group < 0 ? NULL : span_of(self, group);
}

static PyObject *
match_regs_get(PyObject *op, void *closure)
{
    MatchObject *self = (MatchObject *)op;

    if (self->regs == NULL) {
        PyObject *regs = PyTuple_New(Py_SIZE(self));
        for (Py_ssize_t i = 0; regs != NULL && i < Py_SIZE(self); i++) {
            PyObject *span = span_of(self, i);
            if (span == NULL) {
                Py_CLEAR(regs);
                break;
            }
            PyTuple_SET_ITEM(regs, i, span);
        }
        self->regs = regs;
    }
    return Py_XNewRef(self->regs);
}

static PyObject *
match_lastindex_get(PyObject *op, void *closure)
{
    MatchObject *self = (MatchObject *)op;

    if (self->lastindex < 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromSsize_t(self->lastindex);
}

static PyObject *
match_lastgroup_get(PyObject *op, void *closure)
{
    MatchObject *self = (MatchObject *)op;
    PyObject *names = self->pattern->indexgroup;

    if (self->lastindex >= 0 && self->lastindex < PyTuple_GET_SIZE(names)) {
        return Py_NewRef(PyTuple_GET_ITEM(names, self->lastindex));
    }
    Py_RETURN_NONE;
}

/* ---- other methods ------------------------------------------------------ */

static PyObject *
match_expand(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"template", NULL};
    static _PyArg_Parser parser = {.format = "O:expand",
                                   .keywords = keywords};
    MatchObject *self = (MatchObject *)op;
    PyObject *template;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &template)) {
        return NULL;
    }
    return sre_call_re("_expand", PyTuple_Pack(3, self->pattern, op,
                                               template));
}

static PyObject *
match_copy(PyObject *self, PyObject *unused)
{
    return Py_NewRef(self);
}

static PyObject *
match_repr(PyObject *op)
{
    MatchObject *self = (MatchObject *)op;
    PyObject *text = group_text(self, 0, Py_None);

    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyUnicode_FromFormat(
        "<%s object; span=(%zd, %zd), match=%R>", Py_TYPE(self)->tp_name,
        self->mark[0], self->mark[1], text);
    Py_DECREF(text);
    return result;
}

/* ---- the type ----------------------------------------------------------- */

#define FAST(f) ((PyCFunction)(void (*)(void))(f))
#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)

static PyMethodDef match_methods[] = {
    {"group", FAST(match_group), METH_FASTCALL,
     PyDoc_STR("group([group1, ...]) -> str or tuple.\n\n"
               "The text of one or several groups, by number or name.")},
    {"start", FAST(match_start), METH_FASTCALL,
     PyDoc_STR("start($self, group=0, /)\n--\n\n"
               "Where the group starts, or -1.")},
    {"end", FAST(match_end), METH_FASTCALL,
     PyDoc_STR("end($self, group=0, /)\n--\n\n"
               "Where the group ends, or -1.")},
    {"span", FAST(match_span), METH_FASTCALL,
     PyDoc_STR("span($self, group=0, /)\n--\n\n"
               "The group's start and end.")},
    {"groups", FAST(match_groups), KEYWORDS,
     PyDoc_STR("groups($self, /, default=None)\n--\n\n"
               "The texts of all groups but group 0.")},
    {"groupdict", FAST(match_groupdict), KEYWORDS,
     PyDoc_STR("groupdict($self, /, default=None)\n--\n\n"
               "The texts of the named groups, by name.")},
    {"expand", FAST(match_expand), KEYWORDS,
     PyDoc_STR("expand($self, /, template)\n--\n\n"
               "The template with its group references filled in.")},
    {"__copy__", match_copy, METH_NOARGS,
     PyDoc_STR("__copy__($self, /)\n--\n\nThe match itself.")},
    {"__deepcopy__", match_copy, METH_O,
     PyDoc_STR("__deepcopy__($self, memo, /)\n--\n\nThe match itself.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     PyDoc_STR("Matches of str or of bytes, for annotations.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef match_getset[] = {
    {"lastindex", match_lastindex_get, NULL,
     PyDoc_STR("The number of the group that closed last."), NULL},
    {"lastgroup", match_lastgroup_get, NULL,
     PyDoc_STR("The name of the group that closed last."), NULL},
    {"regs", match_regs_get, NULL, PyDoc_STR("The spans of all groups."),
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define MEMBER(name, field, type, text)                               \
    {name, type, offsetof(MatchObject, field), READONLY, PyDoc_STR(text)}

static PyMemberDef match_members[] = {
    MEMBER("string", string, T_OBJECT, "The string that was searched."),
    MEMBER("re", pattern, T_OBJECT, "The pattern that matched."),
    MEMBER("pos", pos, T_PYSSIZET, "Where the search began."),
    MEMBER("endpos", endpos, T_PYSSIZET, "Where the search ended."),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot match_slots[] = {
    {Py_tp_dealloc, match_dealloc},
    {Py_tp_traverse, match_traverse},
    {Py_tp_clear, match_clear},
    {Py_tp_repr, match_repr},
    {Py_tp_doc, (void *)PyDoc_STR("What re.match() and re.search() found.")},
    {Py_tp_methods, match_methods},
    {Py_tp_members, match_members},
    {Py_tp_getset, match_getset},
    {Py_mp_subscript, match_getitem},
    {0, NULL},
};

PyType_Spec sre_match_spec = {
    .name = "re.Match",
    .basicsize = sizeof(MatchObject),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC,
    .slots = match_slots,
};
