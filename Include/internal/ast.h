#ifndef LUCID_INTERNAL_AST_H
#define LUCID_INTERNAL_AST_H

/* Syntax trees in C, expanded from Parser/ast.def.
 *
 * For a sum type `expr`: `struct _expr`, `expr_ty` (pointer), the enumeration
 * `BoolOp_kind` ... (from 1), the fields of each alternative in `v.BoolOp`.
 * For a product: `struct _arguments`, `arguments_ty`.  For an enumeration:
 * `operator_ty` with `Add` ... (from 1).  For sequences of T:
 * `asdl_T_seq` (cmpop: asdl_int_seq).  A sequence may be NULL: it is empty.
 *
 * Everything lives in a PyArena; objects are owned by the arena.  Positions:
 * lines from 1, columns in UTF-8 bytes from 0, end exclusive. */

#include "Python.h"
#include "arena.h"
#include "../../Parser/ast.def"

/* ---- Sequences -------------------------------------------------------- */

typedef struct {
    Py_ssize_t size;
    void *elements[];
} asdl_seq;

typedef struct {
    Py_ssize_t size;
    int elements[];
} asdl_int_seq;

#define asdl_seq_LEN(seq) ((seq) == NULL ? 0 : (seq)->size)
#define asdl_seq_GET(seq, i) ((seq)->elements[i])
#define asdl_seq_SET(seq, i, item) ((seq)->elements[i] = (item))
/* The item as a `void *`, whatever pointers the sequence holds. */
#define asdl_seq_GET_UNTYPED(seq, i) (((asdl_seq *)(seq))->elements[i])

/* Return a sequence of `size` zeroed elements; NULL with MemoryError. */
asdl_seq *asdl_seq_new(Py_ssize_t size, PyArena *arena);
asdl_int_seq *asdl_int_seq_new(Py_ssize_t size, PyArena *arena);

/* ---- Types ------------------------------------------------------------ */

typedef int int_ty;
typedef PyObject *identifier_ty;
typedef PyObject *string_ty;
typedef PyObject *constant_ty;
typedef PyObject *identifier;

#define AST_SUM_TYPE(name, attributes) typedef struct _##name *name##_ty;
#define AST_ENUM_NAME(sum, name) name,
#define AST_ENUM_TYPE(name, attributes) \
    typedef enum _##name { \
        name##_NONE = 0, AST_##name##_NAMES(AST_ENUM_NAME) name##_END \
    } name##_ty;
AST_ALL(AST_SUM_TYPE, AST_SUM_TYPE, AST_ENUM_TYPE)
#undef AST_SUM_TYPE
#undef AST_ENUM_NAME
#undef AST_ENUM_TYPE

#define AST_SEQ_TYPE(name) \
    typedef struct { \
        Py_ssize_t size; \
        name##_ty elements[]; \
    } asdl_##name##_seq; \
    static inline asdl_##name##_seq * \
    asdl_##name##_seq_new(Py_ssize_t size, PyArena *arena) \
    { \
        return (asdl_##name##_seq *)asdl_seq_new(size, arena); \
    }
AST_SEQ_TYPE(stmt)
AST_SEQ_TYPE(expr)
AST_SEQ_TYPE(comprehension)
AST_SEQ_TYPE(excepthandler)
AST_SEQ_TYPE(arg)
AST_SEQ_TYPE(keyword)
AST_SEQ_TYPE(alias)
AST_SEQ_TYPE(withitem)
AST_SEQ_TYPE(match_case)
AST_SEQ_TYPE(pattern)
AST_SEQ_TYPE(type_ignore)
AST_SEQ_TYPE(identifier)
#undef AST_SEQ_TYPE
typedef asdl_int_seq asdl_cmpop_seq;

#define AST_CTYPE_ONE(type) type##_ty
#define AST_CTYPE_OPT(type) type##_ty
#define AST_CTYPE_SEQ(type) asdl_##type##_seq *
#define AST_FIELD(type, quantity, name) AST_CTYPE_##quantity(type) name;

#define AST_ATTRS_FIELDS \
    int lineno; int col_offset; int end_lineno; int end_col_offset;
#define AST_NOATTRS_FIELDS

#define AST_NODE_KIND(sum, node) node##_kind,
#define AST_NODE_STRUCT(sum, node) struct { AST_##node(AST_FIELD) } node;
#define AST_SUM_STRUCT(name, attributes) \
    enum _##name##_kind { \
        name##_kind_NONE = 0, AST_##name##_NODES(AST_NODE_KIND) \
        name##_kind_END \
    }; \
    struct _##name { \
        enum _##name##_kind kind; \
        AST_##attributes##_FIELDS \
        union { AST_##name##_NODES(AST_NODE_STRUCT) } v; \
    };
#define AST_PRODUCT_STRUCT(name, attributes) \
    struct _##name { \
        AST_##name(AST_FIELD) \
        AST_##attributes##_FIELDS \
    };
#define AST_NOTHING(name, attributes)
AST_ALL(AST_SUM_STRUCT, AST_PRODUCT_STRUCT, AST_NOTHING)
#undef AST_NODE_KIND
#undef AST_NODE_STRUCT
#undef AST_SUM_STRUCT
#undef AST_PRODUCT_STRUCT

/* ---- Constructors ------------------------------------------------------
 * ast_new_<Node>(fields..., [lineno, col_offset, end_lineno, end_col_offset,]
 * arena): the new node, or NULL with MemoryError.  Fields are stored as they
 * are (objects must be owned by the arena already). */

#define AST_PARAM(type, quantity, name) AST_CTYPE_##quantity(type) name,
#define AST_ATTRS_PARAMS \
    int lineno, int col_offset, int end_lineno, int end_col_offset,
#define AST_NOATTRS_PARAMS
#define AST_mod_PARAMS AST_NOATTRS_PARAMS
#define AST_stmt_PARAMS AST_ATTRS_PARAMS
#define AST_expr_PARAMS AST_ATTRS_PARAMS
#define AST_excepthandler_PARAMS AST_ATTRS_PARAMS
#define AST_pattern_PARAMS AST_ATTRS_PARAMS
#define AST_type_ignore_PARAMS AST_NOATTRS_PARAMS

#define AST_NODE_NEW(sum, node) \
    sum##_ty ast_new_##node(AST_##node(AST_PARAM) AST_##sum##_PARAMS \
                            PyArena *arena);
#define AST_SUM_NEW(name, attributes) AST_##name##_NODES(AST_NODE_NEW)
#define AST_PRODUCT_NEW(name, attributes) \
    name##_ty ast_new_##name(AST_##name(AST_PARAM) \
                             AST_##attributes##_PARAMS PyArena *arena);
AST_ALL(AST_SUM_NEW, AST_PRODUCT_NEW, AST_NOTHING)
#undef AST_NODE_NEW
#undef AST_SUM_NEW
#undef AST_PRODUCT_NEW
#undef AST_NOTHING

/* ---- Description at run time ------------------------------------------ */

/* What a field holds; the node types follow the built-in types. */
enum ast_type {
    AST_TYPE_identifier, AST_TYPE_string, AST_TYPE_constant, AST_TYPE_int,
#define AST_TYPE_ID(name, attributes) AST_TYPE_##name,
    AST_ALL(AST_TYPE_ID, AST_TYPE_ID, AST_TYPE_ID)
#undef AST_TYPE_ID
    AST_TYPE_COUNT
};

enum ast_quantity { AST_ONE, AST_OPT, AST_SEQ };

typedef struct {
    const char *name;
    enum ast_type type;
    enum ast_quantity quantity;
    size_t offset;                 /* in the struct of the sum or product */
} ast_field;

typedef struct {
    const char *name;              /* "FunctionDef", "arguments", "Add" */
    enum ast_type type;            /* the sum, product or enumeration */
    int kind;                      /* value of `kind` or of the enum; 0 */
    int field_count;
    const ast_field *(*fields)(void);
} ast_node;

typedef struct {
    const char *name;              /* "stmt" */
    const char *type_name;         /* "stmt", for messages */
    char form;                     /* 's'um, 'p'roduct, 'e'num, 'b'uiltin */
    int has_attributes;
    size_t attributes_offset;      /* of lineno */
    size_t struct_size;
    int node_count;                /* alternatives; 1 for a product */
    const ast_node *nodes;         /* in the order of `kind`, from 1 */
} ast_type_info;

extern const ast_type_info ast_types[AST_TYPE_COUNT];

/* ---- Services ---------------------------------------------------------- */

/* Returns the docstring of a function, class or module body (borrowed), or
 * NULL if the first statement is no string. */
PyObject *ast_get_docstring(asdl_stmt_seq *body);

/* Returns a new str: the expression as source text, the way annotations are
 * kept under `from __future__ import annotations`. */
PyObject *ast_unparse_expr(expr_ty e);

/* Checks a tree that was built from objects.  Returns 0, or -1 with
 * ValueError, TypeError or RecursionError. */
int ast_validate(mod_ty mod);

/* Returns a new _ast node for the tree.  Runs Python (allocation only). */
PyObject *ast_as_object(mod_ty mod);

/* Returns the tree for an _ast object; `mode` 0 Module, 1 Expression,
 * 2 Interactive, 3 FunctionType.  NULL with TypeError/ValueError/...
 * Runs Python (attributes).  Keeps references in `arena`. */
mod_ty ast_from_object(PyObject *object, PyArena *arena, int mode);

/* 1 if `object` is an instance of _ast.AST, 0, or -1 with an exception. */
int ast_check(PyObject *object);

/* ---- The classes of _ast ------------------------------------------------ */

/* Made when first asked for, one set per interpreter. */
struct ast_state {
    PyObject *base;                          /* _ast.AST */
    PyObject *types[AST_TYPE_COUNT];         /* per sum, product, enum */
    /* Per type, in the order of its nodes: classes (for a product, itself),
     * and for enumerations the one instance of each. */
    PyObject **nodes[AST_TYPE_COUNT];
    PyObject **singletons[AST_TYPE_COUNT];
    /* Interned names of the fields of each node. */
    PyObject ***fields[AST_TYPE_COUNT];
    PyObject *attributes[4];                 /* lineno, col_offset, ... */
};

/* Returns the state (borrowed), or NULL with an exception. */
struct ast_state *ast_state_get(void);

/* Subsystem: nothing at start; releases the classes. */
int ast_init(PyInterpreterState *interp);
void ast_fini(PyInterpreterState *interp);

#endif
