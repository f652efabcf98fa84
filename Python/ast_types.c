/* The classes of the module _ast, made from ast.def.
 *
 * AST is a heap type whose instances have a dict and nothing else; each sum,
 * product and alternative is a class below it.  The docstrings are the ASDL
 * definitions, put together here. */

#include "Python.h"

#include "ast.h"
#include "names.h"
#include "runtime.h"
#include "structmember.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    PyObject *dict;                /* may be NULL */
} ast_object;

/* ---- AST ---------------------------------------------------------------- */

static void
ast_dealloc(ast_object *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->dict);
    freefunc free_object = PyType_GetSlot(type, Py_tp_free);
    free_object(self);
    Py_DECREF(type);
}

static int
ast_traverse(ast_object *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dict);
    return 0;
}

static int
ast_clear(ast_object *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

/* Number of items of `fields`; -1 with an exception. */
static Py_ssize_t
count_fields(PyObject *fields)
{
    return fields == NULL ? 0 : PySequence_Size(fields);
}

static int
set_positional(PyObject *self, PyObject *args, PyObject *fields,
               Py_ssize_t field_count)
{
    Py_ssize_t given = PyTuple_GET_SIZE(args);

    if (given > field_count) {
        PyErr_Format(PyExc_TypeError,
                     "%.400s constructor takes at most %zd positional "
                     "argument%s",
                     _PyType_Name(Py_TYPE(self)), field_count,
                     field_count == 1 ? "" : "s");
        return -1;
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        PyObject *name = PySequence_GetItem(fields, i);
        if (name == NULL) {
            return -1;
        }
        int status = PyObject_SetAttr(self, name, PyTuple_GET_ITEM(args, i));
        Py_DECREF(name);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* Was the keyword's field given by position already?  1, 0, -1. */
static int
check_repeated(PyObject *self, PyObject *fields, PyObject *key,
               Py_ssize_t given)
{
    int contains = fields == NULL ? 0 : PySequence_Contains(fields, key);

    if (contains <= 0) {
        return contains;
    }
    Py_ssize_t index = PySequence_Index(fields, key);
    if (index < 0) {
        return -1;
    }
    if (index < given) {
        PyErr_Format(PyExc_TypeError,
                     "%.400s got multiple values for argument '%U'",
                     _PyType_Name(Py_TYPE(self)), key);
        return -1;
    }
    return 0;
}

static int
ast_type_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *fields = NULL, *key, *value;
    Py_ssize_t position = 0;
    int result = -1;

    if (_PyObject_LookupAttr((PyObject *)Py_TYPE(self), NAME(_fields),
                             &fields) < 0) {
        return -1;
    }
    Py_ssize_t field_count = count_fields(fields);
    if (field_count < 0 ||
        set_positional(self, args, fields, field_count) < 0) {
        goto done;
    }
    while (kwargs != NULL && PyDict_Next(kwargs, &position, &key, &value)) {
        if (check_repeated(self, fields, key, PyTuple_GET_SIZE(args)) < 0 ||
            PyObject_SetAttr(self, key, value) < 0) {
            goto done;
        }
    }
    result = 0;
done:
    Py_XDECREF(fields);
    return result;
}

static PyObject *
ast_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *dict = NULL;

    if (_PyObject_LookupAttr(self, NAME(__dict__), &dict) < 0) {
        return NULL;
    }
    if (dict != NULL) {
        return Py_BuildValue("O()N", Py_TYPE(self), dict);
    }
    return Py_BuildValue("O()", Py_TYPE(self));
}

static PyMemberDef ast_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(ast_object, dict), READONLY},
    {NULL},
};

static PyMethodDef ast_methods[] = {
    {"__reduce__", ast_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyGetSetDef ast_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict},
    {NULL},
};

static PyType_Slot ast_slots[] = {
    {Py_tp_init, ast_type_init},
    {Py_tp_dealloc, ast_dealloc},
    {Py_tp_traverse, ast_traverse},
    {Py_tp_clear, ast_clear},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_free, PyObject_GC_Del},
    {Py_tp_members, ast_members},
    {Py_tp_methods, ast_methods},
    {Py_tp_getset, ast_getset},
    {0, NULL},
};

static PyType_Spec ast_spec = {
    .name = "ast.AST",
    .basicsize = sizeof(ast_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = ast_slots,
};

/* ---- Documentation ------------------------------------------------------ */

/* "FunctionDef(identifier name, stmt* body)".  New str. */
static PyObject *
describe_node(const ast_node *node)
{
    PyObject *text = PyUnicode_FromString(node->name);
    const ast_field *fields = node->fields == NULL ? NULL : node->fields();

    for (int i = 0; text != NULL && i < node->field_count; i++) {
        static const char *const marks[] = {[AST_ONE] = "", [AST_OPT] = "?",
                                            [AST_SEQ] = "*"};
        Py_SETREF(text, PyUnicode_FromFormat(
            "%U%s%s%s %s%s", text, i == 0 ? "(" : ", ",
            ast_types[fields[i].type].name, marks[fields[i].quantity],
            fields[i].name, i + 1 == node->field_count ? ")" : ""));
    }
    return text;
}

/* "stmt = FunctionDef(...)\n     | ..."; for an enumeration on one line. */
static PyObject *
describe_sum(const ast_type_info *type)
{
    PyObject *text = PyUnicode_FromFormat("%s = ", type->name);
    char indent[24];

    PyOS_snprintf(indent, sizeof(indent), "%*s",
                  (int)strlen(type->name) + 1, "");
    for (int i = 0; text != NULL && i < type->node_count; i++) {
        PyObject *node = describe_node(&type->nodes[i]);
        if (node == NULL) {
            Py_CLEAR(text);
            break;
        }
        if (i == 0) {
            Py_SETREF(text, PyUnicode_FromFormat("%U%U", text, node));
        }
        else if (type->form == 'e') {
            Py_SETREF(text, PyUnicode_FromFormat("%U | %U", text, node));
        }
        else {
            Py_SETREF(text, PyUnicode_FromFormat("%U\n%s| %U", text, indent,
                                                 node));
        }
        Py_DECREF(node);
    }
    return text;
}

/* ---- Making classes ----------------------------------------------------- */

/* A tuple of the names of the fields. */
static PyObject *
field_names(const ast_node *node)
{
    int count = node == NULL ? 0 : node->field_count;
    PyObject *names = PyTuple_New(count);

    for (int i = 0; names != NULL && i < count; i++) {
        PyObject *name = PyUnicode_InternFromString(node->fields()[i].name);
        if (name == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, name);
    }
    return names;
}

/* A class below `base`.  Steals `doc` (NULL: failure). */
static PyObject *
make_class(const char *name, PyObject *base, const ast_node *node,
           PyObject *doc)
{
    PyObject *names = doc == NULL ? NULL : field_names(node);
    PyObject *result = NULL;

    if (names != NULL) {
        result = PyObject_CallFunction(
            (PyObject *)&PyType_Type, "s(O){OOOOOsOO}", name, base,
            NAME(_fields), names, NAME(__match_args__), names,
            NAME(__module__), "ast", NAME(__doc__), doc);
    }
    Py_XDECREF(names);
    Py_XDECREF(doc);
    return result;
}

/* Optional fields are None unless set. */
static int
add_optional_fields(PyObject *class, const ast_node *node)
{
    for (int i = 0; i < node->field_count; i++) {
        const ast_field *field = &node->fields()[i];
        if (field->quantity == AST_OPT &&
            PyObject_SetAttrString(class, field->name, Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_attributes(struct ast_state *state, PyObject *class, int has_attributes)
{
    PyObject *tuple = has_attributes
        ? PyTuple_Pack(4, state->attributes[0], state->attributes[1],
                       state->attributes[2], state->attributes[3])
        : PyTuple_New(0);

    if (tuple == NULL) {
        return -1;
    }
    int status = PyObject_SetAttr(class, NAME(_attributes), tuple);
    Py_DECREF(tuple);
    if (status == 0 && has_attributes) {
        status = PyObject_SetAttr(class, state->attributes[2], Py_None);
        if (status == 0) {
            status = PyObject_SetAttr(class, state->attributes[3], Py_None);
        }
    }
    return status;
}

/* Interned names of one node's fields; NULL with an exception. */
static PyObject **
intern_fields(const ast_node *node)
{
    PyObject **names = PyMem_Calloc((size_t)node->field_count + 1,
                                    sizeof(PyObject *));

    if (names == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i < node->field_count; i++) {
        names[i] = PyUnicode_InternFromString(node->fields()[i].name);
        if (names[i] == NULL) {
            while (i-- > 0) {
                Py_DECREF(names[i]);
            }
            PyMem_Free(names);
            return NULL;
        }
    }
    return names;
}

static int
make_node(struct ast_state *state, const ast_type_info *type, int id, int i)
{
    const ast_node *node = &type->nodes[i];

    state->fields[id][i] = intern_fields(node);
    if (state->fields[id][i] == NULL) {
        return -1;
    }
    if (type->form == 'p') {
        state->nodes[id][0] = Py_NewRef(state->types[id]);
        return add_optional_fields(state->types[id], node);
    }
    PyObject *class = make_class(node->name, state->types[id], node,
                                 describe_node(node));
    if (class == NULL) {
        return -1;
    }
    state->nodes[id][i] = class;
    if (type->form == 'e') {
        state->singletons[id][i] = PyType_GenericNew((PyTypeObject *)class,
                                                     NULL, NULL);
        return state->singletons[id][i] == NULL ? -1 : 0;
    }
    return add_optional_fields(class, node);
}

static int
make_type(struct ast_state *state, int id)
{
    const ast_type_info *type = &ast_types[id];
    size_t count = (size_t)type->node_count;

    state->nodes[id] = PyMem_Calloc(count, sizeof(PyObject *));
    state->singletons[id] = PyMem_Calloc(count, sizeof(PyObject *));
    state->fields[id] = PyMem_Calloc(count, sizeof(PyObject **));
    if (state->nodes[id] == NULL || state->singletons[id] == NULL ||
        state->fields[id] == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    const ast_node *node = type->form == 'p' ? type->nodes : NULL;
    state->types[id] = make_class(type->name, state->base, node,
                                  node != NULL ? describe_node(node)
                                               : describe_sum(type));
    if (state->types[id] == NULL ||
        add_attributes(state, state->types[id], type->has_attributes) < 0) {
        return -1;
    }
    for (int i = 0; i < type->node_count; i++) {
        if (make_node(state, type, id, i) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
make_base(struct ast_state *state)
{
    static const char *const attributes[] = {"lineno", "col_offset",
                                             "end_lineno", "end_col_offset"};
    PyObject *empty = NULL;
    int result = -1;

    for (int i = 0; i < 4; i++) {
        state->attributes[i] = PyUnicode_InternFromString(attributes[i]);
        if (state->attributes[i] == NULL) {
            return -1;
        }
    }
    state->base = PyType_FromSpec(&ast_spec);
    empty = PyTuple_New(0);
    if (state->base == NULL || empty == NULL) {
        goto done;
    }
    if (PyObject_SetAttr(state->base, NAME(_fields), empty) < 0 ||
        PyObject_SetAttr(state->base, NAME(__match_args__), empty) < 0 ||
        PyObject_SetAttr(state->base, NAME(_attributes), empty) < 0) {
        goto done;
    }
    result = 0;
done:
    Py_XDECREF(empty);
    return result;
}

static void
free_type(struct ast_state *state, int id)
{
    for (int i = 0; i < ast_types[id].node_count; i++) {
        if (state->nodes[id] != NULL) {
            Py_XDECREF(state->nodes[id][i]);
        }
        if (state->singletons[id] != NULL) {
            Py_XDECREF(state->singletons[id][i]);
        }
        if (state->fields[id] != NULL && state->fields[id][i] != NULL) {
            for (PyObject **name = state->fields[id][i]; *name; name++) {
                Py_DECREF(*name);
            }
            PyMem_Free(state->fields[id][i]);
        }
    }
    PyMem_Free(state->nodes[id]);
    PyMem_Free(state->singletons[id]);
    PyMem_Free(state->fields[id]);
    Py_XDECREF(state->types[id]);
}

static void
state_free(struct ast_state *state)
{
    for (int id = 0; id < AST_TYPE_COUNT; id++) {
        free_type(state, id);
    }
    for (int i = 0; i < 4; i++) {
        Py_XDECREF(state->attributes[i]);
    }
    Py_XDECREF(state->base);
    PyMem_Free(state);
}

struct ast_state *
ast_state_get(void)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (interp->ast != NULL) {
        return interp->ast;
    }
    struct ast_state *state = PyMem_Calloc(1, sizeof(*state));
    if (state == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    int failed = make_base(state) < 0;
    for (int id = 0; !failed && id < AST_TYPE_COUNT; id++) {
        failed = ast_types[id].form != 'b' && make_type(state, id) < 0;
    }
    if (failed || interp->ast != NULL) {
        state_free(state);
    }
    else {
        interp->ast = state;
    }
    return failed ? NULL : interp->ast;
}

int
ast_init(PyInterpreterState *interp)
{
    return 0;
}

void
ast_fini(PyInterpreterState *interp)
{
    struct ast_state *state = interp->ast;

    interp->ast = NULL;
    if (state != NULL) {
        state_free(state);
    }
}

int
ast_check(PyObject *object)
{
    struct ast_state *state = ast_state_get();

    return state == NULL ? -1 : PyObject_IsInstance(object, state->base);
}

/* ---- The module --------------------------------------------------------- */

static int
add_types(PyObject *module, struct ast_state *state, int id)
{
    const ast_type_info *type = &ast_types[id];

    if (PyModule_AddObjectRef(module, type->name, state->types[id]) < 0) {
        return -1;
    }
    for (int i = 0; type->form != 'p' && i < type->node_count; i++) {
        if (PyModule_AddObjectRef(module, type->nodes[i].name,
                                  state->nodes[id][i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
ast_module_exec(PyObject *module)
{
    struct ast_state *state = ast_state_get();

    if (state == NULL ||
        PyModule_AddObjectRef(module, "AST", state->base) < 0 ||
        PyModule_AddIntMacro(module, PyCF_ALLOW_TOP_LEVEL_AWAIT) < 0 ||
        PyModule_AddIntMacro(module, PyCF_ONLY_AST) < 0 ||
        PyModule_AddIntMacro(module, PyCF_TYPE_COMMENTS) < 0) {
        return -1;
    }
    for (int id = 0; id < AST_TYPE_COUNT; id++) {
        if (ast_types[id].form != 'b' && add_types(module, state, id) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot ast_module_slots[] = {
    {Py_mod_exec, ast_module_exec},
    {0, NULL},
};

static PyModuleDef ast_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_ast",
    .m_slots = ast_module_slots,
};

PyMODINIT_FUNC PyInit__ast(void);
PyMODINIT_FUNC
PyInit__ast(void)
{
    return PyModuleDef_Init(&ast_module);
}
