#ifndef LUCID_COMPILER_H
#define LUCID_COMPILER_H

/* The code generator's structures, shared by the files of Python/compile.
 *
 * A tree becomes code in four steps, each a file or two:
 *
 *     stmt.c function.c expr.c call.c comprehension.c match.c
 *                  walk the tree and emit instructions into basic blocks
 *                  (emit.c, unit.c)
 *     flow.c       simplifies the graph of blocks and orders it
 *     assemble.c   stack depth, exception handlers, jumps, tables, the code
 *                  object
 *
 * Errors are sticky: the first failure sets an exception and `failed`, after
 * which emitting and visiting do nothing.  Hence most functions return
 * nothing; whoever needs a value from a step checks `failed` first.
 * compile_ast() looks at it at the end of every code object. */

#include "Python.h"
#include "names.h"

#include "ast.h"
#include "code.h"
#include "compile.h"
#include "symtable.h"

/* Where an instruction comes from; lineno -1: nowhere ("artificial"). */
typedef struct {
    int lineno, end_lineno, col_offset, end_col_offset;
} Location;

#define NO_LOCATION ((Location){-1, -1, -1, -1})

typedef struct block Block;

typedef struct {
    int opcode;                 /* real or pseudo */
    int oparg;
    Block *target;              /* of jumps and block pushes, else NULL */
    Block *handler;          /* of exceptions raised here; set by assemble.c */
    Location location;
} Instruction;

/* What surrounds a basic block lexically in terms of handlers: a chain,
 * innermost first. */
typedef struct handler_chain {
    Block *handler;
    struct handler_chain *outer;
} HandlerChain;

/* Straight-line code: jumps only at the end. */
struct block {
    Block *previous_made;       /* all blocks of the unit, latest first */
    Block *next;                /* in the order of the code */
    Instruction *instructions;  /* owned */
    int count, allocated;
    int predecessors;           /* counted by flow_mark_reachable */
    int start_depth;            /* of the stack; INT_MIN: not known */
    int offset;                 /* in code units */
    HandlerChain *chain;        /* while handlers are assigned */
    unsigned exits : 1;         /* ends with return or raise */
    unsigned no_fallthrough : 1;
    unsigned visited : 1;
    unsigned preserve_lasti : 1;
};

/* What `break`, `continue` and `return` have to leave. */
enum frame_block_type {
    WHILE_LOOP,
    FOR_LOOP,
    TRY_EXCEPT,
    FINALLY_TRY,
    FINALLY_END,
    WITH_BLOCK,
    ASYNC_WITH_BLOCK,
    HANDLER_CLEANUP,
    POP_VALUE,
    EXCEPTION_HANDLER,
    EXCEPTION_GROUP_HANDLER,
    ASYNC_COMPREHENSION_GENERATOR,
};

typedef struct {
    enum frame_block_type type;
    Block *block;               /* start: target of `continue` */
    Block *exit;                /* target of `break` */
    /* finally: its body; with: the statement; handler: the name */
    void *datum;
} FrameBlock;

enum scope_type {
    SCOPE_MODULE,
    SCOPE_CLASS,
    SCOPE_FUNCTION,
    SCOPE_ASYNC_FUNCTION,
    SCOPE_LAMBDA,
    SCOPE_COMPREHENSION,
};

/* One code object in the making. */
typedef struct unit {
    struct unit *outer;
    PySTEntryObject *entry;     /* owned, as all objects here */
    enum scope_type scope;
    PyObject *name, *qualname;
    PyObject *private_name;     /* of the class, for mangling; or NULL */
    /* dicts to indices */
    PyObject *consts, *names, *varnames, *cellvars, *freevars;
    int argcount, posonlyargcount, kwonlyargcount;
    int firstlineno;
    Location location;          /* of the next instruction */
    Block *blocks;              /* all, latest first */
    Block *entry_block;
    Block *current;
    int frame_block_count;
    FrameBlock frame_blocks[CO_MAXBLOCKS];
} Unit;

typedef struct {
    PyObject *filename;         /* borrowed, as the rest */
    struct symtable *symbols;
    FutureFeatures *future;
    PyCompilerFlags *flags;
    PyArena *arena;
    PyObject *const_cache;      /* dict: key -> merged constant or key */
    Unit *unit;
    int nest_level;
    int optimize;
    int interactive;
    int failed;
    int units_lost;             /* entered without memory for them */
} Compiler;

#define SET_LOCATION(c, node)                                                 \
    ((c)->unit->location =                                                    \
         (Location){(node)->lineno, (node)->end_lineno, (node)->col_offset,   \
                    (node)->end_col_offset})
#define UNSET_LOCATION(c) ((c)->unit->location = NO_LOCATION)

/* ---- unit.c: scopes, constants, names ----------------------------------- */

/* Both sticky.  `key`: the node whose symbols these are. */
void unit_enter(Compiler *c, PyObject *name, enum scope_type scope, void *key,
                int lineno);
void unit_exit(Compiler *c);
/* Index of a constant, name...; 0 after failure. */
int unit_add_const(Compiler *c, PyObject *value);
int unit_add_name(Compiler *c, PyObject *dict, PyObject *name);
/* Index in a dict of the unit, or -1 without an exception. */
int unit_find(PyObject *dict, PyObject *name);
/* Replaces *value by an equal constant seen before in this compilation.
 * 0/-1. */
int const_merge(PyObject *const_cache, PyObject **value);
/* Sticky, with the current location. */
void compiler_error(Compiler *c, const char *format, ...);
void compiler_warn(Compiler *c, const char *format, ...);
/* Any other failure: an exception is set. */
static inline void
compiler_fail(Compiler *c)
{
    c->failed = 1;
}
/* True (and failed) if `name` cannot be a target. */
int compiler_forbids_name(Compiler *c, PyObject *name,
                          expr_context_ty context);

static inline int
unit_is_top_level_await(Compiler *c)
{
    return (c->flags->cf_flags & PyCF_ALLOW_TOP_LEVEL_AWAIT) &&
           c->unit->entry->ste_type == ModuleBlock;
}

/* ---- emit.c: instructions ----------------------------------------------- */

static inline int
opcode_is_jump(int opcode)
{
    switch (opcode) {
    case JUMP: case JUMP_NO_INTERRUPT:
    case POP_JUMP_IF_FALSE: case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_NONE: case POP_JUMP_IF_NOT_NONE:
    case FOR_ITER: case SEND: case JUMP_FORWARD: case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
    case JUMP_IF_FALSE_OR_POP: case JUMP_IF_TRUE_OR_POP:
    case POP_JUMP_FORWARD_IF_FALSE: case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE: case POP_JUMP_FORWARD_IF_NOT_NONE:
    case POP_JUMP_BACKWARD_IF_FALSE: case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE: case POP_JUMP_BACKWARD_IF_NOT_NONE:
        return 1;
    default:
        return 0;
    }
}

static inline int
opcode_is_block_push(int opcode)
{
    return opcode == SETUP_FINALLY || opcode == SETUP_WITH ||
           opcode == SETUP_CLEANUP;
}

static inline int
opcode_is_scope_exit(int opcode)
{
    return opcode == RETURN_VALUE || opcode == RAISE_VARARGS ||
           opcode == RERAISE;
}

/* NULL without instructions. */
static inline Instruction *
block_last(Block *block)
{
    return block->count == 0 ? NULL : &block->instructions[block->count - 1];
}

/* Never NULL: after failure it is a block that nobody looks at. */
Block *block_new(Compiler *c);
/* Appends an empty instruction; NULL (failed) without memory. */
Instruction *block_append(Compiler *c, Block *block);
void block_insert(Compiler *c, Block *block, int at, Instruction instruction);
/* The code goes on in `block`. */
void use_next_block(Compiler *c, Block *block);

void emit(Compiler *c, int opcode);
void emit_arg(Compiler *c, int opcode, Py_ssize_t oparg);
void emit_jump(Compiler *c, int opcode, Block *target);
/* The same without a location. */
void emit_artificial(Compiler *c, int opcode);
void emit_arg_artificial(Compiler *c, int opcode, Py_ssize_t oparg);
void emit_jump_artificial(Compiler *c, int opcode, Block *target);
void emit_const(Compiler *c, PyObject *value);
/* Steals `value`; NULL fails. */
void emit_new_const(Compiler *c, PyObject *value);
/* A name as it is / mangled, in co_names. */
void emit_raw_name(Compiler *c, int opcode, PyObject *name);
void emit_name(Compiler *c, int opcode, PyObject *name);
void emit_variable(Compiler *c, PyObject *name, expr_context_ty context);
void emit_compare(Compiler *c, cmpop_ty op);
void emit_binary(Compiler *c, operator_ty op, int inplace);
void emit_call(Compiler *c, Py_ssize_t argument_count);
void emit_yield(Compiler *c);
/* LOAD_CONST None and the loop of SEND. */
void emit_yield_from(Compiler *c, int is_await);
void emit_pop_except_and_reraise(Compiler *c);
void emit_exit_call_with_nones(Compiler *c);
/* For attribute accesses over several lines: start at the attribute. */
void location_start_at_attribute(Compiler *c, expr_ty attribute);

void frame_block_push(Compiler *c, enum frame_block_type type, Block *block,
                      Block *exit, void *datum);
void frame_block_pop(Compiler *c);

/* ---- The tree ----------------------------------------------------------- */

void visit_stmt(Compiler *c, stmt_ty s);
void visit_stmts(Compiler *c, asdl_stmt_seq *body);
/* A module's or class's body with its docstring and annotations. */
void visit_body(Compiler *c, asdl_stmt_seq *body);
int body_has_annotations(asdl_stmt_seq *body);
/* Leaves one surrounding block / all up to the next loop (*loop) or all. */
void unwind_block(Compiler *c, FrameBlock *block, int preserve_top);
void unwind_stack(Compiler *c, int preserve_top, FrameBlock **loop);

void visit_function(Compiler *c, stmt_ty s, int is_async);
void visit_lambda(Compiler *c, expr_ty e);
void visit_class(Compiler *c, stmt_ty s);
/* MAKE_FUNCTION with its closure. */
void emit_closure(Compiler *c, PyCodeObject *code, int flags);

void visit_try(Compiler *c, stmt_ty s);
void visit_try_star(Compiler *c, stmt_ty s);
void visit_with(Compiler *c, stmt_ty s, Py_ssize_t i, int is_async);
void visit_match(Compiler *c, stmt_ty s);

void visit_expr(Compiler *c, expr_ty e);
void visit_exprs(Compiler *c, asdl_expr_seq *elements);
/* An annotation, as text if the module asks for that. */
void visit_annotation(Compiler *c, expr_ty annotation);
void jump_if(Compiler *c, expr_ty e, Block *next, int condition);
int all_constant(asdl_expr_seq *elements, Py_ssize_t begin, Py_ssize_t end);

/* How a collection with starred elements is put together. */
typedef struct {
    int build, add, extend;            /* opcodes */
    int is_tuple;                      /* made of a list */
} Display;

extern const Display list_display, tuple_display, set_display;
/* The elements as a collection, of which `pushed` are on the stack already. */
void visit_star_elements(Compiler *c, asdl_expr_seq *elements, int pushed,
                         const Display *display);
void visit_call(Compiler *c, expr_ty e);
/* Arguments and call; `pushed` are on the stack already. */
void visit_arguments(Compiler *c, int pushed, asdl_expr_seq *args,
                     asdl_keyword_seq *keywords);
void visit_comprehension(Compiler *c, expr_ty e);
/* SyntaxWarnings about expressions that cannot work. */
void check_comparison(Compiler *c, expr_ty e);
void check_caller(Compiler *c, expr_ty e);
void check_subscript(Compiler *c, expr_ty value, expr_ty index);

/* Calls longer than this build their arguments piecemeal. */
#define STACK_USE_GUIDELINE 30

/* ---- flow.c, assemble.c ------------------------------------------------- */

/* Before cell offsets are fixed. */
void flow_normalize(Compiler *c);
/* `consts`: list, may grow and is trimmed. */
void flow_optimize(Compiler *c, PyObject *consts);
/* After exception handlers are assigned. */
void flow_remove_nops(Compiler *c);

/* The current unit's code object, new; NULL after failure.  With `add_none`
 * code that falls off the end returns None, otherwise the value on the
 * stack. */
PyCodeObject *assemble(Compiler *c, int add_none);

#endif
