/* Syntax trees: constructors and description at run time, both expanded from
 * ast.def.  The services on trees are in Python/ast_*.c. */

#include "Python.h"

#include "ast.h"

#include <stddef.h>
#include <string.h>

/* ---- Sequences ---------------------------------------------------------- */

asdl_seq *
asdl_seq_new(Py_ssize_t size, PyArena *arena)
{
    if (size < 0 ||
        (size_t)size > (PY_SSIZE_T_MAX - sizeof(asdl_seq)) / sizeof(void *)) {
        PyErr_NoMemory();
        return NULL;
    }
    size_t bytes = sizeof(asdl_seq) + (size_t)size * sizeof(void *);
    asdl_seq *seq = _PyArena_Malloc(arena, bytes);
    if (seq != NULL) {
        memset(seq, 0, bytes);
        seq->size = size;
    }
    return seq;
}

asdl_int_seq *
asdl_int_seq_new(Py_ssize_t size, PyArena *arena)
{
    if (size < 0 ||
        (size_t)size > (PY_SSIZE_T_MAX - sizeof(asdl_int_seq)) / sizeof(int)) {
        PyErr_NoMemory();
        return NULL;
    }
    size_t bytes = sizeof(asdl_int_seq) + (size_t)size * sizeof(int);
    asdl_int_seq *seq = _PyArena_Malloc(arena, bytes);
    if (seq != NULL) {
        memset(seq, 0, bytes);
        seq->size = size;
    }
    return seq;
}

/* ---- Constructors ------------------------------------------------------- */

#define ATTRS_STORE \
    node->lineno = lineno; \
    node->col_offset = col_offset; \
    node->end_lineno = end_lineno; \
    node->end_col_offset = end_col_offset;
#define NOATTRS_STORE
#define mod_STORE NOATTRS_STORE
#define stmt_STORE ATTRS_STORE
#define expr_STORE ATTRS_STORE
#define excepthandler_STORE ATTRS_STORE
#define pattern_STORE ATTRS_STORE
#define type_ignore_STORE NOATTRS_STORE

#define STORE_FIELD(type, quantity, name) fields->name = name;
#define STORE_MEMBER(type, quantity, name) node->name = name;
#define DEFINE_NODE(sum, alternative) \
    sum##_ty \
    ast_new_##alternative(AST_##alternative(AST_PARAM) AST_##sum##_PARAMS \
                          PyArena *arena) \
    { \
        sum##_ty node = _PyArena_Malloc(arena, sizeof(*node)); \
        if (node == NULL) { \
            return NULL; \
        } \
        node->kind = alternative##_kind; \
        __typeof__(node->v.alternative) *fields = &node->v.alternative; \
        (void)fields; \
        AST_##alternative(STORE_FIELD) \
        sum##_STORE \
        return node; \
    }
#define DEFINE_SUM(name, attributes) AST_##name##_NODES(DEFINE_NODE)
#define DEFINE_PRODUCT(name, attributes) \
    name##_ty \
    ast_new_##name(AST_##name(AST_PARAM) AST_##attributes##_PARAMS \
                   PyArena *arena) \
    { \
        name##_ty node = _PyArena_Malloc(arena, sizeof(*node)); \
        if (node == NULL) { \
            return NULL; \
        } \
        AST_##name(STORE_MEMBER) \
        attributes##_STORE \
        return node; \
    }
#define NOTHING(name, attributes)
AST_ALL(DEFINE_SUM, DEFINE_PRODUCT, NOTHING)

/* ---- Description -------------------------------------------------------- */

/* A table of fields per node.  Each is in a function of its own because the
 * rows need a type, OWNER, that differs from node to node. */
#define FIELD_ROW(field_type, quantity, field) \
    {#field, AST_TYPE_##field_type, AST_##quantity, \
     BASE + offsetof(OWNER, field)},
#define DESCRIBE_FIELDS(name, owner, base, node_fields) \
    static const ast_field * \
    name##_fields(void) \
    { \
        typedef owner OWNER; \
        enum { BASE = base, OWNER_SIZE = sizeof(OWNER) }; \
        static const ast_field rows[] = {node_fields(FIELD_ROW) {0}}; \
        return rows; \
    }
#define DESCRIBE_NODE(sum, alternative) \
    DESCRIBE_FIELDS(alternative, \
                    __typeof__(((struct _##sum *)0)->v.alternative), \
                    offsetof(struct _##sum, v), AST_##alternative)
#define DESCRIBE_SUM(name, attributes) AST_##name##_NODES(DESCRIBE_NODE)
#define DESCRIBE_PRODUCT(name, attributes) \
    DESCRIBE_FIELDS(name, struct _##name, 0, AST_##name)
AST_ALL(DESCRIBE_SUM, DESCRIBE_PRODUCT, NOTHING)

#define COUNT_FIELD(type, quantity, name) +1
#define NODE_ROW(sum, alternative) \
    {#alternative, AST_TYPE_##sum, alternative##_kind, \
     0 AST_##alternative(COUNT_FIELD), alternative##_fields},
#define NAME_ROW(sum, alternative) \
    {#alternative, AST_TYPE_##sum, alternative, 0, NULL},
#define SUM_NODES(name, attributes) \
    static const ast_node name##_nodes[] = {AST_##name##_NODES(NODE_ROW)};
#define ENUM_NODES(name, attributes) \
    static const ast_node name##_nodes[] = {AST_##name##_NAMES(NAME_ROW)};
#define PRODUCT_NODES(name, attributes) \
    static const ast_node name##_nodes[] = { \
        {#name, AST_TYPE_##name, 0, 0 AST_##name(COUNT_FIELD), \
         name##_fields}};
AST_ALL(SUM_NODES, PRODUCT_NODES, ENUM_NODES)

#define ATTRS_HAS 1
#define NOATTRS_HAS 0
#define ATTRS_OFFSET(name) offsetof(struct _##name, lineno)
#define NOATTRS_OFFSET(name) 0
#define SUM_ROW(name, attributes) \
    [AST_TYPE_##name] = {#name, #name, 's', attributes##_HAS, \
                         attributes##_OFFSET(name), sizeof(struct _##name), \
                         Py_ARRAY_LENGTH(name##_nodes), name##_nodes},
#define PRODUCT_ROW(name, attributes) \
    [AST_TYPE_##name] = {#name, #name, 'p', attributes##_HAS, \
                         attributes##_OFFSET(name), sizeof(struct _##name), \
                         1, name##_nodes},
#define ENUM_ROW(name, attributes) \
    [AST_TYPE_##name] = {#name, #name, 'e', 0, 0, sizeof(int), \
                         Py_ARRAY_LENGTH(name##_nodes), name##_nodes},

const ast_type_info ast_types[AST_TYPE_COUNT] = {
    [AST_TYPE_identifier] = {"identifier", "identifier", 'b', 0, 0,
                             sizeof(PyObject *), 0, NULL},
    [AST_TYPE_string] = {"string", "string", 'b', 0, 0, sizeof(PyObject *),
                         0, NULL},
    [AST_TYPE_constant] = {"constant", "constant", 'b', 0, 0,
                           sizeof(PyObject *), 0, NULL},
    [AST_TYPE_int] = {"int", "int", 'b', 0, 0, sizeof(int), 0, NULL},
    AST_ALL(SUM_ROW, PRODUCT_ROW, ENUM_ROW)
};

/* ---- Services ----------------------------------------------------------- */

PyObject *
ast_get_docstring(asdl_stmt_seq *body)
{
    if (asdl_seq_LEN(body) == 0) {
        return NULL;
    }
    stmt_ty first = asdl_seq_GET(body, 0);
    if (first->kind != Expr_kind) {
        return NULL;
    }
    expr_ty e = first->v.Expr.value;
    if (e->kind == Constant_kind &&
        PyUnicode_CheckExact(e->v.Constant.value)) {
        return e->v.Constant.value;
    }
    return NULL;
}
