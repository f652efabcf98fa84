/* _elementtree: TreeBuilder.
 *
 * `this_element` is the open element, `stack` those around it.  Data is
 * collected, and becomes the text of `last` or the tail of `tail_of` when the
 * next event comes.
 */
#include "elementtree.h"

/* ---- data --------------------------------------------------------------- */

PyObject *
builder_handle_data(BuilderObject *self, PyObject *data)
{
    if (self->data == NULL) {
        if (self->last == Py_None) {
            Py_RETURN_NONE;            /* before the first element */
        }
        self->data = Py_NewRef(data);
        Py_RETURN_NONE;
    }
    if (!PyList_CheckExact(self->data)) {
        PyObject *list = PyList_New(1);
        if (list == NULL) {
            return NULL;
        }
        PyList_SET_ITEM(list, 0, self->data);
        self->data = list;
    }
    if (PyList_Append(self->data, data) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The collected data as one object, new; self->data becomes NULL. */
static PyObject *
take_data(BuilderObject *self)
{
    PyObject *data = self->data;

    self->data = NULL;
    if (PyList_CheckExact(data)) {
        PyObject *joiner = PyUnicode_New(0, 0);
        PyObject *joined = joiner == NULL ? NULL
                                          : PyUnicode_Join(joiner, data);
        Py_XDECREF(joiner);
        Py_DECREF(data);
        return joined;
    }
    return data;
}

/* element.<name> = what is there (if anything) + data. 0/-1 */
static int
extend_text(tree_state *state, PyObject *element, int is_tail, PyObject *data)
{
    const char *name = is_tail ? "tail" : "text";
    PyObject *previous, *whole;

    if (Py_IS_TYPE(element, state->element_type)) {
        ElementObject *self = (ElementObject *)element;
        PyObject **field = is_tail ? &self->tail : &self->text;
        if (*field == Py_None) {
            Py_SETREF(*field, Py_NewRef(data));
            return 0;
        }
        whole = PyNumber_Add(*field, data);
        if (whole == NULL) {
            return -1;
        }
        Py_SETREF(*field, whole);
        return 0;
    }
    previous = PyObject_GetAttrString(element, name);
    if (previous == NULL) {
        return -1;
    }
    whole = previous == Py_None ? Py_NewRef(data)
                                : PyNumber_Add(previous, data);
    Py_DECREF(previous);
    if (whole == NULL) {
        return -1;
    }
    int status = PyObject_SetAttrString(element, name, whole);
    Py_DECREF(whole);
    return status;
}

/* Gives collected data to its element. 0/-1 */
static int
flush(tree_state *state, BuilderObject *self)
{
    if (self->data == NULL) {
        return 0;
    }
    PyObject *data = take_data(self);
    if (data == NULL) {
        return -1;
    }
    int is_tail = self->tail_of != NULL;
    PyObject *element = Py_NewRef(is_tail ? self->tail_of : self->last);
    int status = extend_text(state, element, is_tail, data);
    Py_DECREF(element);
    Py_DECREF(data);
    return status;
}

/* ---- events ------------------------------------------------------------- */

int
builder_add_event(BuilderObject *self, PyObject *event, PyObject *node)
{
    if (self->events_append == NULL || event == NULL) {
        return 0;
    }
    PyObject *pair = PyTuple_Pack(2, event, node);
    if (pair == NULL) {
        return -1;
    }
    PyObject *result = PyObject_CallOneArg(self->events_append, pair);
    Py_DECREF(pair);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
add_subelement(tree_state *state, PyObject *parent, PyObject *child)
{
    if (Py_IS_TYPE(parent, state->element_type)) {
        return element_add_child((ElementObject *)parent, child);
    }
    PyObject *result = PyObject_CallMethod(parent, "append", "O", child);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* The open element goes to the stack, node takes its place. 0/-1 */
static int
push_element(BuilderObject *self, PyObject *node)
{
    if (self->index < PyList_GET_SIZE(self->stack)) {
        if (PyList_SetItem(self->stack, self->index,
                           Py_NewRef(self->this_element)) < 0) {
            return -1;
        }
    }
    else if (PyList_Append(self->stack, self->this_element) < 0) {
        return -1;
    }
    self->index++;
    Py_SETREF(self->this_element, Py_NewRef(node));
    Py_SETREF(self->last, Py_NewRef(node));
    return 0;
}

static PyObject *
make_node(tree_state *state, BuilderObject *self, PyObject *tag,
          PyObject *attrib)
{
    if (self->element_factory == NULL) {
        return element_create(state, tag, attrib);
    }
    PyObject *dict = attrib == NULL ? PyDict_New() : Py_NewRef(attrib);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *node = PyObject_CallFunctionObjArgs(self->element_factory, tag,
                                                  dict, NULL);
    Py_DECREF(dict);
    return node;
}

PyObject *
builder_handle_start(tree_state *state, BuilderObject *self, PyObject *tag,
                     PyObject *attrib)
{
    if (flush(state, self) < 0) {
        return NULL;
    }
    PyObject *node = make_node(state, self, tag, attrib);
    if (node == NULL) {
        return NULL;
    }
    Py_CLEAR(self->tail_of);
    if (self->this_element != Py_None) {
        if (add_subelement(state, self->this_element, node) < 0) {
            goto failed;
        }
    }
    else {
        if (self->root != NULL) {
            PyErr_SetString(state->parse_error,
                            "multiple elements on top level");
            goto failed;
        }
        self->root = Py_NewRef(node);
    }
    if (push_element(self, node) < 0 ||
        builder_add_event(self, self->start_event, node) < 0) {
        goto failed;
    }
    return node;
failed:
    Py_DECREF(node);
    return NULL;
}

PyObject *
builder_handle_end(tree_state *state, BuilderObject *self)
{
    if (flush(state, self) < 0) {
        return NULL;
    }
    if (self->index == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty stack");
        return NULL;
    }
    self->index--;
    Py_SETREF(self->last, self->this_element);
    self->this_element = Py_NewRef(PyList_GET_ITEM(self->stack, self->index));
    Py_XSETREF(self->tail_of, Py_NewRef(self->last));
    if (builder_add_event(self, self->end_event, self->last) < 0) {
        return NULL;
    }
    return Py_NewRef(self->last);
}

/* A comment or instruction: into the tree if wanted, and an event. */
static PyObject *
finish_single(tree_state *state, BuilderObject *self, PyObject *node,
              int made, int insert, PyObject *event)
{
    if (node == NULL) {
        return NULL;
    }
    if (made && insert && self->this_element != Py_None) {
        if (flush(state, self) < 0 ||
            add_subelement(state, self->this_element, node) < 0) {
            Py_DECREF(node);
            return NULL;
        }
        Py_XSETREF(self->tail_of, Py_NewRef(node));
    }
    if (builder_add_event(self, event, node) < 0) {
        Py_CLEAR(node);
    }
    return node;
}

PyObject *
builder_handle_comment(tree_state *state, BuilderObject *self, PyObject *text)
{
    PyObject *factory = self->comment_factory;
    PyObject *node = factory != NULL ? PyObject_CallOneArg(factory, text)
                                     : Py_NewRef(text);

    return finish_single(state, self, node, factory != NULL,
                         self->insert_comments, self->comment_event);
}

PyObject *
builder_handle_pi(tree_state *state, BuilderObject *self, PyObject *target,
                  PyObject *text)
{
    PyObject *factory = self->pi_factory;
    PyObject *node = factory != NULL
        ? PyObject_CallFunctionObjArgs(factory, target, text, NULL)
        : PyTuple_Pack(2, target, text);

    return finish_single(state, self, node, factory != NULL,
                         self->insert_pis, self->pi_event);
}

PyObject *
builder_done(BuilderObject *self)
{
    return Py_NewRef(self->root != NULL ? self->root : Py_None);
}

/* ---- the object --------------------------------------------------------- */

static PyObject *
builder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    BuilderObject *self = (BuilderObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->this_element = Py_NewRef(Py_None);
    self->last = Py_NewRef(Py_None);
    self->stack = PyList_New(0);
    if (self->stack == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* A factory argument: None and nothing mean the default. */
static void
set_factory(PyObject **field, PyObject *given, PyObject *by_default)
{
    PyObject *factory = given == NULL || given == Py_None ? by_default
                                                          : given;
    Py_XSETREF(*field, Py_XNewRef(factory));
}

static int
builder_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "element_factory", "comment_factory", "pi_factory",
        "insert_comments", "insert_pis", NULL};
    static _PyArg_Parser parser = {.format = "|O$OOpp:TreeBuilder",
                                   .keywords = keywords};
    BuilderObject *self = (BuilderObject *)op;
    PyObject *element = NULL, *comment = NULL, *pi = NULL;
    int insert_comments = 0, insert_pis = 0;
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        !_PyArg_ParseTupleAndKeywordsFast(args, kwargs, &parser, &element,
                                          &comment, &pi, &insert_comments,
                                          &insert_pis)) {
        return -1;
    }
    set_factory(&self->element_factory, element, NULL);
    set_factory(&self->comment_factory, comment, state->comment_factory);
    set_factory(&self->pi_factory, pi, state->pi_factory);
    self->insert_comments = (char)insert_comments;
    self->insert_pis = (char)insert_pis;
    return 0;
}

PyObject *
builder_create(tree_state *state)
{
    PyObject *self = builder_new(state->builder_type, NULL, NULL);

    if (self != NULL) {
        BuilderObject *builder = (BuilderObject *)self;
        builder->comment_factory = Py_XNewRef(state->comment_factory);
        builder->pi_factory = Py_XNewRef(state->pi_factory);
    }
    return self;
}

#define OBJECT_FIELDS(F)                                                     \
    F(root) F(this_element) F(last) F(tail_of) F(data) F(stack)              \
    F(element_factory) F(comment_factory) F(pi_factory) F(events_append)     \
    F(start_event) F(end_event) F(start_ns_event) F(end_ns_event)            \
    F(comment_event) F(pi_event)

static int
builder_traverse(PyObject *op, visitproc visit, void *arg)
{
    BuilderObject *self = (BuilderObject *)op;

    Py_VISIT(Py_TYPE(self));
#define F(name) Py_VISIT(self->name);
    OBJECT_FIELDS(F)
#undef F
    return 0;
}

static int
builder_clear(PyObject *op)
{
    BuilderObject *self = (BuilderObject *)op;

#define F(name) Py_CLEAR(self->name);
    OBJECT_FIELDS(F)
#undef F
    return 0;
}

static void
builder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    builder_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- methods ------------------------------------------------------------ */

static PyObject *
builder_data(PyObject *self, PyObject *data)
{
    return builder_handle_data((BuilderObject *)self, data);
}

static PyObject *
builder_start(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    tree_state *state = tree_state_of(self);

    if (state == NULL || !_PyArg_CheckPositional("start", nargs, 2, 2)) {
        return NULL;
    }
    if (!PyDict_Check(args[1])) {
        _PyArg_BadArgument("start", "argument 2", "dict", args[1]);
        return NULL;
    }
    return builder_handle_start(state, (BuilderObject *)self, args[0],
                                args[1]);
}

static PyObject *
builder_end(PyObject *self, PyObject *tag)
{
    tree_state *state = tree_state_of(self);

    return state == NULL ? NULL
                         : builder_handle_end(state, (BuilderObject *)self);
}

static PyObject *
builder_comment(PyObject *self, PyObject *text)
{
    tree_state *state = tree_state_of(self);

    return state == NULL
               ? NULL
               : builder_handle_comment(state, (BuilderObject *)self, text);
}

static PyObject *
builder_pi(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    tree_state *state = tree_state_of(self);

    if (state == NULL || !_PyArg_CheckPositional("pi", nargs, 1, 2)) {
        return NULL;
    }
    return builder_handle_pi(state, (BuilderObject *)self, args[0],
                             nargs > 1 ? args[1] : Py_None);
}

static PyObject *
builder_close(PyObject *self, PyObject *unused)
{
    return builder_done((BuilderObject *)self);
}

#define DOC(text) PyDoc_STR(text)
#define FAST(name) (PyCFunction)(void (*)(void))builder_##name

static PyMethodDef builder_methods[] = {
    {"data", builder_data, METH_O,
     DOC("data($self, data, /)\n--\n\nAdd text.")},
    {"start", FAST(start), METH_FASTCALL,
     DOC("start($self, tag, attrs, /)\n--\n\nOpen an element.")},
    {"end", builder_end, METH_O,
     DOC("end($self, tag, /)\n--\n\nClose the open element.")},
    {"comment", builder_comment, METH_O,
     DOC("comment($self, text, /)\n--\n\nAdd a comment.")},
    {"pi", FAST(pi), METH_FASTCALL,
     DOC("pi($self, target, text=None, /)\n--\n\n"
         "Add a processing instruction.")},
    {"close", builder_close, METH_NOARGS,
     DOC("close($self, /)\n--\n\nThe root of the tree.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot builder_slots[] = {
    {Py_tp_dealloc, builder_dealloc},
    {Py_tp_traverse, builder_traverse},
    {Py_tp_clear, builder_clear},
    {Py_tp_methods, builder_methods},
    {Py_tp_init, builder_init},
    {Py_tp_new, builder_new},
    {0, NULL},
};

PyType_Spec builder_spec = {
    .name = "xml.etree.ElementTree.TreeBuilder",
    .basicsize = sizeof(BuilderObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = builder_slots,
};
