#ifndef LUCID_INTERNAL_SYMTABLE_H
#define LUCID_INTERNAL_SYMTABLE_H

/* Symbol tables: which scope each name of each block belongs to. */

#include "Python.h"
#include "ast.h"

typedef enum {
    FunctionBlock,
    ClassBlock,
    ModuleBlock,
    AnnotationBlock
} BlockType;
typedef enum {
    NoComprehension,
    ListComprehension,
    DictComprehension,
    SetComprehension,
    GeneratorExpression
} ComprehensionType;

/* __future__ features of a module. */
typedef struct {
    int features;                   /* CO_FUTURE_* */
    int lineno;             /* line of the last future statement, -1 if none */
} FutureFeatures;

struct symtable_entry;

struct symtable {
    PyObject *filename;             /* owned */
    struct symtable_entry *current; /* borrowed: the block being visited */
    struct symtable_entry *top;     /* borrowed: the module's block */
    PyObject *blocks;        /* owned dict: address of the AST node -> entry */
    PyObject *stack;                /* owned list of entries being visited */
    PyObject *globals;             /* borrowed: the symbols of the top block */
    PyObject *private_name;     /* borrowed: name of the class, for mangling */
    const FutureFeatures *future;   /* borrowed */
    int recursion_depth;
    int recursion_limit;
};

/* One block: an object of type PySTEntry_Type ("symtable entry"). */
typedef struct symtable_entry {
    PyObject_HEAD
    PyObject *ste_id;               /* int: address of the AST node */
    /* dict: name -> int flags | scope << SCOPE_OFFSET */
    PyObject *ste_symbols;
    PyObject *ste_name;
    PyObject *ste_varnames;         /* list of parameters */
    PyObject *ste_children;         /* list of entries */
    /* list of (name, line, column, ...) of global, nonlocal; or NULL */
    PyObject *ste_directives;
    BlockType ste_type;
    int ste_nested;
    unsigned ste_free : 1;
    unsigned ste_child_free : 1;
    unsigned ste_generator : 1;
    unsigned ste_coroutine : 1;
    ComprehensionType ste_comprehension;
    unsigned ste_varargs : 1;
    unsigned ste_varkeywords : 1;
    unsigned ste_returns_value : 1;
    unsigned ste_needs_class_closure : 1;
    unsigned ste_comp_iter_target : 1;
    /* inside the iterable of a comprehension: depth */
    int ste_comp_iter_expr;
    int ste_lineno, ste_col_offset, ste_end_lineno, ste_end_col_offset;
    struct symtable *ste_table;     /* borrowed, NULL when the table is gone */
} PySTEntryObject;

PyAPI_DATA(PyTypeObject) PySTEntry_Type;

/* Flags of a symbol. */
enum {
    DEF_GLOBAL = 1,
    DEF_LOCAL = 2,
    DEF_PARAM = 4,
    DEF_NONLOCAL = 8,
    USE = 16,
    DEF_FREE = 32,
    DEF_FREE_CLASS = 64,
    DEF_IMPORT = 128,
    DEF_ANNOT = 256,
    DEF_COMP_ITER = 512,
    DEF_BOUND = DEF_LOCAL | DEF_PARAM | DEF_IMPORT,
    SCOPE_OFFSET = 11,
    SCOPE_MASK = DEF_GLOBAL | DEF_LOCAL | DEF_PARAM | DEF_NONLOCAL,
};
/* Scopes. */
enum {
    LOCAL = 1,
    GLOBAL_EXPLICIT = 2,
    GLOBAL_IMPLICIT = 3,
    FREE = 4,
    CELL = 5
};

/* Collects the __future__ statements: 0/-1 (SyntaxError). */
int future_collect(mod_ty module, PyObject *filename,
                   FutureFeatures *features);

/* NULL with an exception (SyntaxError, RecursionError). */
struct symtable *symtable_build(mod_ty module, PyObject *filename,
                                const FutureFeatures *features);
void symtable_free(struct symtable *table);
/* Decides the scope of every name, after the tree was visited: 0/-1
 * (SyntaxError). */
int symtable_analyze(struct symtable *table);

/* The entry of the block made by an AST node: new reference, KeyError if there
 * is none. */
PySTEntryObject *symtable_lookup(struct symtable *table, void *key);
PyAPI_FUNC(PySTEntryObject *)
    PySymtable_Lookup(struct symtable *table, void *key);
/* Scope of a name, 0 if unknown.  Never fails. */
int symtable_scope(PySTEntryObject *entry, PyObject *name);
/* Flags of a symbol, 0 if unknown. */
long symtable_symbol_flags(PySTEntryObject *entry, PyObject *name);

/* Name mangling: new reference. */
PyAPI_FUNC(PyObject *) _Py_Mangle(PyObject *class_name, PyObject *name);
/* True if mangling would change the name.  Never fails. */
int name_is_mangled(PyObject *class_name, PyObject *name);

#endif
