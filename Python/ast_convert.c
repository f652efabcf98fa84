/* Syntax trees to _ast objects and back, driven by the description of the
 * nodes in Parser/ast.c. */

#include "Python.h"

#include "ast.h"
#include "runtime.h"
#include "stackguard.h"

#include <string.h>

/* Nodes in C weigh this many Python frames... of which there may be
 * `sys.getrecursionlimit()`. */
#define NODES_PER_FRAME 3

/* ---- To objects --------------------------------------------------------- */

typedef struct {
    struct ast_state *state;
    int depth, limit;
} to_object;

static PyObject *object_from_node(to_object *conversion, enum ast_type type,
                                  void *node);

/* A value that is no sequence, at `place`. */
static PyObject *
object_from_value(to_object *conversion, enum ast_type type, void *place)
{
    switch (ast_types[type].form) {
    case 'e': {
        int value = *(int *)place;
        return Py_NewRef(conversion->state->singletons[type][value - 1]);
    }
    case 'b':
        if (type == AST_TYPE_int) {
            return PyLong_FromLong(*(int *)place);
        }
        return Py_NewRef(*(PyObject **)place != NULL ? *(PyObject **)place
                                                     : Py_None);
    default:
        return object_from_node(conversion, type, *(void **)place);
    }
}

static PyObject *
object_from_seq(to_object *conversion, enum ast_type type, void *seq)
{
    Py_ssize_t size = asdl_seq_LEN((asdl_seq *)seq);
    PyObject *list = PyList_New(size);

    for (Py_ssize_t i = 0; list != NULL && i < size; i++) {
        void *place = ast_types[type].form == 'e'
                          ? (void *)&((asdl_int_seq *)seq)->elements[i]
                          : (void *)&((asdl_seq *)seq)->elements[i];
        PyObject *item = object_from_value(conversion, type, place);
        if (item == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

/* Sets fields and attributes in the new object's dict.  0 or -1. */
static int
fill_object(to_object *conversion, const ast_type_info *info,
            enum ast_type type, const ast_node *description, PyObject *dict,
            char *node)
{
    PyObject **names =
        conversion->state->fields[type][description - info->nodes];
    const ast_field *fields = description->fields();

    for (int i = 0; i < description->field_count; i++) {
        void *place = node + fields[i].offset;
        PyObject *value = fields[i].quantity == AST_SEQ
            ? object_from_seq(conversion, fields[i].type, *(void **)place)
            : object_from_value(conversion, fields[i].type, place);
        if (value == NULL) {
            return -1;
        }
        int status = PyDict_SetItem(dict, names[i], value);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    for (int i = 0; info->has_attributes && i < 4; i++) {
        int *numbers = (int *)(node + info->attributes_offset);
        PyObject *number = PyLong_FromLong(numbers[i]);
        if (number == NULL) {
            return -1;
        }
        int status = PyDict_SetItem(dict, conversion->state->attributes[i],
                                    number);
        Py_DECREF(number);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* The alternative that a node is. */
static const ast_node *
node_description(const ast_type_info *info, const void *node)
{
    int kind = info->form == 's' ? *(const int *)node : 1;

    return &info->nodes[kind - 1];
}

static PyObject *
object_from_node(to_object *conversion, enum ast_type type, void *node)
{
    const ast_type_info *info = &ast_types[type];

    if (node == NULL) {
        Py_RETURN_NONE;
    }
    if (++conversion->depth > conversion->limit || stack_is_low()) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during ast "
                        "construction");
        return NULL;
    }
    const ast_node *description = node_description(info, node);
    PyTypeObject *class = (PyTypeObject *)
        conversion->state->nodes[type][description - info->nodes];
    PyObject *dict = PyDict_New(), *result = NULL;
    if (dict != NULL &&
        fill_object(conversion, info, type, description, dict, node) == 0) {
        result = PyType_GenericNew(class, NULL, NULL);
    }
    if (result != NULL) {
        *_PyObject_GetDictPtr(result) = Py_NewRef(dict);
    }
    Py_XDECREF(dict);
    conversion->depth--;
    return result;
}

PyObject *
ast_as_object(mod_ty mod)
{
    PyThreadState *tstate = _PyThreadState_GET();
    to_object conversion = {.state = ast_state_get()};

    if (conversion.state == NULL) {
        return NULL;
    }
    conversion.depth = (tstate->recursion_limit -
                        tstate->recursion_remaining) * NODES_PER_FRAME;
    conversion.limit = Py_GetRecursionLimit() > INT_MAX / NODES_PER_FRAME
                           ? INT_MAX
                           : Py_GetRecursionLimit() * NODES_PER_FRAME;
    return object_from_node(&conversion, AST_TYPE_mod, mod);
}

/* ---- From objects ------------------------------------------------------- */

typedef struct {
    struct ast_state *state;
    PyArena *arena;
} from_object;

static int value_from_object(from_object *conversion, enum ast_type type,
                             PyObject *object, void *place);

/* Keeps a reference in the arena.  0 or -1. */
static int
store_object(from_object *conversion, PyObject *object, PyObject **place)
{
    *place = NULL;
    if (_PyArena_AddPyObject(conversion->arena, Py_NewRef(object)) < 0) {
        Py_DECREF(object);
        return -1;
    }
    *place = object;
    return 0;
}

static int
builtin_from_object(from_object *conversion, enum ast_type type,
                    PyObject *object, void *place)
{
    switch (type) {
    case AST_TYPE_int: {
        if (!PyLong_Check(object)) {
            PyErr_Format(PyExc_ValueError, "invalid integer value: %R",
                         object);
            return -1;
        }
        int value = _PyLong_AsInt(object);
        if (value == -1 && PyErr_Occurred()) {
            return -1;
        }
        *(int *)place = value;
        return 0;
    }
    case AST_TYPE_identifier:
        if (object == Py_None) {
            *(PyObject **)place = NULL;
            return 0;
        }
        if (!PyUnicode_CheckExact(object)) {
            PyErr_SetString(PyExc_TypeError,
                            "AST identifier must be of type str");
            return -1;
        }
        break;
    case AST_TYPE_string:
        if (!PyUnicode_CheckExact(object) && !PyBytes_CheckExact(object)) {
            PyErr_SetString(PyExc_TypeError,
                            "AST string must be of type str");
            return -1;
        }
        break;
    default:
        break;
    }
    return store_object(conversion, object, place);
}

/* The alternative that `object` is an instance of, from 1 on; 0 and an
 * exception if none. */
static int
find_alternative(from_object *conversion, enum ast_type type,
                 PyObject *object)
{
    const ast_type_info *info = &ast_types[type];

    for (int i = 0; i < info->node_count; i++) {
        int is_instance = PyObject_IsInstance(
            object, conversion->state->nodes[type][i]);
        if (is_instance != 0) {
            return is_instance > 0 ? i + 1 : 0;
        }
    }
    PyErr_Format(PyExc_TypeError, "expected some sort of %s, but got %R",
                 info->name, object);
    return 0;
}

static int
value_with_recursion(from_object *conversion, enum ast_type type,
                     PyObject *object, void *place, const char *where)
{
    char text[64];

    PyOS_snprintf(text, sizeof(text), " while traversing '%s' node", where);
    if (Py_EnterRecursiveCall(text)) {
        return -1;
    }
    int status = value_from_object(conversion, type, object, place);
    Py_LeaveRecursiveCall();
    return status;
}

/* Lists of these hold no None; validation looks for it in lists of expressions
 * and statements, and node by node. */
static int
needs_elements(enum ast_type type)
{
    return type == AST_TYPE_identifier || type == AST_TYPE_excepthandler ||
           type == AST_TYPE_pattern;
}

/* A list of values.  0 or -1. */
static int
seq_from_object(from_object *conversion, const ast_node *node,
                const ast_field *field, PyObject *list, void **place)
{
    if (!PyList_Check(list)) {
        PyErr_Format(PyExc_TypeError,
                     "%s field \"%s\" must be a list, not a %.200s",
                     node->name, field->name, _PyType_Name(Py_TYPE(list)));
        return -1;
    }
    Py_ssize_t size = PyList_GET_SIZE(list);
    int is_enum = ast_types[field->type].form == 'e';
    void *seq = is_enum
                    ? (void *)asdl_int_seq_new(size, conversion->arena)
                    : (void *)asdl_seq_new(size, conversion->arena);
    if (seq == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        void *element = is_enum ? (void *)&((asdl_int_seq *)seq)->elements[i]
                                : (void *)&((asdl_seq *)seq)->elements[i];
        PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i));
        int status = value_with_recursion(conversion, field->type, item,
                                          element, node->name);
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
        if (item == Py_None && needs_elements(field->type)) {
            PyErr_Format(PyExc_ValueError, "None disallowed in %s list",
                         ast_types[field->type].name);
            return -1;
        }
        if (PyList_GET_SIZE(list) != size) {
            PyErr_Format(PyExc_RuntimeError,
                         "%s field \"%s\" changed size during iteration",
                         node->name, field->name);
            return -1;
        }
    }
    *place = seq;
    return 0;
}

static int
field_from_object(from_object *conversion, const ast_node *node,
                  const ast_field *field, PyObject *name, PyObject *object,
                  char *target)
{
    PyObject *value;
    void *place = target + field->offset;
    int result = -1;

    if (_PyObject_LookupAttr(object, name, &value) < 0) {
        return -1;
    }
    if (value == NULL && field->quantity != AST_OPT) {
        PyErr_Format(PyExc_TypeError,
                     "required field \"%s\" missing from %s", field->name,
                     node->name);
        return -1;
    }
    if (field->quantity == AST_OPT && (value == NULL || value == Py_None)) {
        result = 0;                       /* stays zero */
    }
    else if (field->quantity == AST_SEQ) {
        result = seq_from_object(conversion, node, field, value, place);
    }
    else {
        result = value_with_recursion(conversion, field->type, value, place,
                                      node->name);
    }
    Py_XDECREF(value);
    return result;
}

/* lineno, col_offset and (optional) where the node ends. */
static int
attributes_from_object(from_object *conversion, const ast_type_info *info,
                       PyObject *object, char *target)
{
    int *numbers = (int *)(target + info->attributes_offset);

    for (int i = 0; i < 4; i++) {
        PyObject *value;
        PyObject *name = conversion->state->attributes[i];
        if (_PyObject_LookupAttr(object, name, &value) < 0) {
            return -1;
        }
        if (value == NULL && i < 2) {
            PyErr_Format(PyExc_TypeError,
                         "required field \"%U\" missing from %s", name,
                         info->name);
            return -1;
        }
        if (i >= 2 && (value == NULL || value == Py_None)) {
            numbers[i] = numbers[i - 2];
            Py_XDECREF(value);
            continue;
        }
        int status = value_with_recursion(conversion, AST_TYPE_int, value,
                                          &numbers[i], info->name);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* A required field must not have been None. */
static int
check_required(const ast_node *node, char *target)
{
    const ast_field *fields = node->fields();

    for (int i = 0; i < node->field_count; i++) {
        if (fields[i].quantity != AST_ONE ||
            fields[i].type == AST_TYPE_int ||
            ast_types[fields[i].type].form == 'e') {
            continue;
        }
        if (*(void **)(target + fields[i].offset) == NULL) {
            PyErr_Format(PyExc_ValueError, "field '%s' is required for %s",
                         fields[i].name, node->name);
            return -1;
        }
    }
    return 0;
}

static int
fields_from_object(from_object *conversion, enum ast_type type,
                   const ast_node *node, PyObject *object, char *target)
{
    PyObject **names =
        conversion->state->fields[type][node - ast_types[type].nodes];
    const ast_field *fields = node->fields();

    for (int i = 0; i < node->field_count; i++) {
        if (field_from_object(conversion, node, &fields[i], names[i], object,
                              target) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
node_from_object(from_object *conversion, enum ast_type type,
                 PyObject *object, void **place)
{
    const ast_type_info *info = &ast_types[type];
    int is_sum = info->form == 's';

    *place = NULL;
    if (is_sum && object == Py_None) {
        return 0;
    }
    char *target = _PyArena_Malloc(conversion->arena, info->struct_size);
    if (target == NULL) {
        return -1;
    }
    memset(target, 0, info->struct_size);
    if (is_sum && info->has_attributes &&
        attributes_from_object(conversion, info, object, target) < 0) {
        return -1;
    }
    int alternative = is_sum ? find_alternative(conversion, type, object) : 1;
    if (alternative == 0) {
        return -1;
    }
    const ast_node *node = &info->nodes[alternative - 1];
    if (is_sum) {
        *(int *)target = node->kind;
    }
    if (fields_from_object(conversion, type, node, object, target) < 0) {
        return -1;
    }
    if (!is_sum && info->has_attributes &&
        attributes_from_object(conversion, info, object, target) < 0) {
        return -1;
    }
    if (check_required(node, target) < 0) {
        return -1;
    }
    *place = target;
    return 0;
}

static int
value_from_object(from_object *conversion, enum ast_type type,
                  PyObject *object, void *place)
{
    switch (ast_types[type].form) {
    case 'b':
        return builtin_from_object(conversion, type, object, place);
    case 'e': {
        int alternative = find_alternative(conversion, type, object);
        *(int *)place = alternative;
        return alternative == 0 ? -1 : 0;
    }
    default:
        return node_from_object(conversion, type, object, place);
    }
}

mod_ty
ast_from_object(PyObject *object, PyArena *arena, int mode)
{
    static const int kinds[] = {Module_kind, Expression_kind,
                                Interactive_kind, FunctionType_kind};
    from_object conversion = {.state = ast_state_get(), .arena = arena};
    mod_ty result = NULL;

    if (conversion.state == NULL) {
        return NULL;
    }
    int index = kinds[mode] - 1;
    int is_instance = PyObject_IsInstance(
        object, conversion.state->nodes[AST_TYPE_mod][index]);
    if (is_instance < 0) {
        return NULL;
    }
    if (!is_instance) {
        PyErr_Format(PyExc_TypeError, "expected %s node, got %.400s",
                     ast_types[AST_TYPE_mod].nodes[index].name,
                     _PyType_Name(Py_TYPE(object)));
        return NULL;
    }
    if (value_from_object(&conversion, AST_TYPE_mod, object, &result) < 0) {
        return NULL;
    }
    return result;
}
