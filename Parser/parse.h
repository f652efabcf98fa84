#ifndef LUCID_PARSER_PARSE_H
#define LUCID_PARSER_PARSE_H

/* The parser's own vocabulary, shared by the files of this folder.
 *
 * A parsing function takes tokens from `p->mark` on and returns a node, or
 * NULL: then either an exception is set (the tokenizer, a literal, memory),
 * or the text is wrong in a way that the diagnosis (diagnose.c) will find.
 * In valid code no function has to give tokens back. */

#include "Python.h"

#include "arena.h"
#include "ast.h"
#include "parser.h"
#include "stackguard.h"
#include "tokenizer.h"

typedef struct {
    Py_hash_t hash;
    Py_ssize_t size;
    const char *text;              /* copy in the arena */
    PyObject *object;              /* owned by the arena */
} parser_name;

typedef struct {
    int lineno;
    PyObject *tag;                 /* owned by the arena */
} parser_type_ignore;

/* Where something stands: lines from 1, columns in bytes from 0; end_col -1
 * if that is not known. */
typedef struct {
    int lineno, col, end_lineno, end_col;
} place;

/* Of a token or a node. */
#define PLACE_OF(x) \
    ((place){(x)->lineno, (x)->col_offset, (x)->end_lineno, \
             (x)->end_col_offset})

typedef struct {
    tokenizer *tok;                /* owned by whoever made the parser */
    token *tokens;                 /* owned (PyMem) */
    int fill, capacity;            /* tokens read; room */
    int mark;                      /* the next token */
    int started;                   /* something was read since a newline */
    int start_rule;                /* Py_file_input, ... */
    int flags;                     /* PyCF_... */
    int feature_version;           /* minor version */
    int depth;                     /* nesting, against the C stack's end */
    int starting_lineno;           /* f-strings: where the expression is */
    int starting_col_offset;
    int error_token;               /* for parser_raise: furthest token */
    int error_is_final;            /* nothing in the rest can be better */
    int error_is_general;          /* "invalid syntax" */
    int last_statement;          /* first token of the last one at top level */
    int silent;                    /* no exceptions of ours, no warnings */
    int no_warnings;               /* they were given before */
    int peeking;                   /* looking far ahead: errors can wait */
    PyObject *kept_error[3];       /* owned: of a token met while peeking */
    PyArena *arena;                /* borrowed */
    PyObject *normalize;           /* owned: unicodedata.normalize, or NULL */
    parser_name *names;            /* owned: hash table of identifiers */
    int name_count, name_capacity;
    void **stack;                  /* owned: items of sequences under way */
    int stack_used, stack_capacity;
    parser_type_ignore *type_ignores;   /* owned */
    int type_ignore_count;
} parser;

/* start_rule of an expression in an f-string. */
#define PARSER_FSTRING_INPUT 800

/* Nesting at which parsing gives up with MemoryError. */
#define PARSER_MAX_DEPTH 6000

/* ---- parser.c ----------------------------------------------------------- */

void parser_init(parser *p, tokenizer *tok, int start_rule,
                 PyCompilerFlags *flags, PyArena *arena);
void parser_release(parser *p);

/* Reads one more token.  Returns 0, or -1 with an exception; then the token
 * is a TOK_ERRORTOKEN.  While `peeking`, the exception is kept for later. */
int parser_fill(parser *p);

/* At a TOK_ERRORTOKEN: sets its exception, if that was kept. */
void parser_restore_error(parser *p);

/* Returns the result of the start rule, or NULL with an exception. */
void *parser_run(parser *p);

/* Tokens as objects: new nodes, strings in the arena; NULL with exception. */
PyObject *parser_identifier(parser *p, const token *t);
PyObject *parser_name_object(parser *p, const char *text, Py_ssize_t size);
expr_ty parser_number(parser *p);

/* Makes `object` (stolen, may be NULL) the arena's.  Returns it, or NULL. */
PyObject *parser_keep(parser *p, PyObject *object);

/* Growing sequences.  `parser_push` returns 0 or -1; `parser_take` makes a
 * sequence of what was pushed since `base`, NULL with MemoryError. */
int parser_push(parser *p, void *item);
void *parser_take(parser *p, int base);
asdl_int_seq *parser_take_ints(parser *p, int base);

/* 0 if the language level is at least 3.`version`; else -1, SyntaxError. */
int parser_check_version(parser *p, int version, const char *what);

/* Raise at the furthest token; at a place.  Return NULL. */
void *parser_raise(parser *p, PyObject *type, const char *format, ...);
void *parser_raise_at(parser *p, PyObject *type, place where,
                      const char *format, ...);

/* A codec's exception becomes a SyntaxError at the furthest token; others
 * stay. */
void parser_raise_codec_error(parser *p);

/* A warning about a token: 0, or -1 with an exception. */
int parser_warn(parser *p, const token *t, PyObject *category,
                const char *format, ...);

/* ---- parse_expr.c ------------------------------------------------------- */

expr_ty parse_expression(parser *p);
expr_ty parse_named_expression(parser *p);
expr_ty parse_star_expressions(parser *p);
expr_ty parse_star_named_expression(parser *p);
expr_ty parse_expressions(parser *p);
expr_ty parse_disjunction(parser *p);
expr_ty parse_bitwise_or(parser *p);
expr_ty parse_primary(parser *p);
expr_ty parse_atom(parser *p);
expr_ty parse_yield_or_star_expressions(parser *p);
expr_ty parse_star_targets(parser *p);
expr_ty parse_star_target(parser *p);
expr_ty parse_slices(parser *p);
asdl_comprehension_seq *parse_for_if_clauses(parser *p);

/* What stands between the parentheses of a call or class; 0 or -1. */
int parse_arguments(parser *p, asdl_expr_seq **args,
                    asdl_keyword_seq **keywords);

/* Turns an expression into a target (Store or Del).  Returns it, or NULL if
 * it cannot be one. */
expr_ty parse_as_target(expr_ty e, expr_context_ty context);

/* May the token begin an expression? */
int token_starts_expression(int type);

/* ---- parse_params.c ----------------------------------------------------- */

/* Parameters up to (not with) the `)` or `:` that ends them. */
arguments_ty parse_parameters(parser *p, int is_lambda);

/* ---- parse_stmt.c, parse_pattern.c -------------------------------------- */

asdl_stmt_seq *parse_statements(parser *p);
asdl_stmt_seq *parse_statement_newline(parser *p);
asdl_stmt_seq *parse_block(parser *p);
stmt_ty parse_match_stmt(parser *p);
pattern_ty parse_patterns(parser *p);

/* The token as type comment (str in the arena), or NULL if there is none.
 * -1/0 through the result. */
int parse_type_comment(parser *p, PyObject **comment);

/* ---- strings.c ---------------------------------------------------------- */

/* STRING+ at `p->mark`: concatenated, f-strings parsed. */
expr_ty parse_strings(parser *p);

/* ---- diagnose.c --------------------------------------------------------- */

/* After a failure without exception: sets the SyntaxError of the reference. */
void diagnose(parser *p);

/* ---- Tokens ------------------------------------------------------------- */

/* Type of the next token; -1 if reading it failed (exception set). */
static inline int
next_type(parser *p)
{
    if (p->mark == p->fill && parser_fill(p) < 0) {
        return -1;
    }
    int type = p->tokens[p->mark].type;
    if (type == TOK_ERRORTOKEN) {
        parser_restore_error(p);
        return -1;
    }
    return type;
}

/* Type of the token `ahead` places after the next one. */
static inline int
type_ahead(parser *p, int ahead)
{
    while (p->mark + ahead >= p->fill) {
        if ((p->fill > 0 && p->tokens[p->fill - 1].type == TOK_ERRORTOKEN) ||
            parser_fill(p) < 0) {
            return -1;
        }
    }
    int type = p->tokens[p->mark + ahead].type;
    return type == TOK_ERRORTOKEN ? -1 : type;
}

/* Takes the next token if it is of that type. */
static inline int
take_token(parser *p, int type)
{
    if (next_type(p) != type) {
        return 0;
    }
    p->mark++;
    return 1;
}

static inline const char *
token_text(const parser *p, const token *t)
{
    return p->tok->input + t->start;
}

/* Is the token exactly this text? */
static inline int
token_is(const parser *p, const token *t, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(t->end - t->start) == size &&
           memcmp(token_text(p, t), text, size) == 0;
}

/* The last token taken that is not about lines and blocks. */
static inline const token *
last_solid_token(const parser *p)
{
    int i = p->mark - 1;
    while (i > 0 && (p->tokens[i].type == TOK_ENDMARKER ||
                     (p->tokens[i].type >= TOK_NEWLINE &&
                      p->tokens[i].type <= TOK_DEDENT))) {
        i--;
    }
    return &p->tokens[i];
}

/* Positions and arena, the last arguments of constructors: from token number
 * `first`, or from a node, to the last token taken. */
#define TO_HERE(p) \
    (p)->tokens[(p)->mark - 1].end_lineno, \
    (p)->tokens[(p)->mark - 1].end_col_offset, (p)->arena
#define FROM_TOKEN(p, first) \
    (p)->tokens[first].lineno, (p)->tokens[first].col_offset, TO_HERE(p)
#define FROM_NODE(p, node) (node)->lineno, (node)->col_offset, TO_HERE(p)
/* The same for a statement that may have ended with a block. */
#define FROM_TOKEN_SOLID(p, first) \
    (p)->tokens[first].lineno, (p)->tokens[first].col_offset, \
    last_solid_token(p)->end_lineno, last_solid_token(p)->end_col_offset, \
    (p)->arena

/* Around recursion.  `enter` returns 0, or -1 with MemoryError. */
static inline int
parser_enter(parser *p, int weight)
{
    p->depth += weight;
    if (p->depth > PARSER_MAX_DEPTH || stack_is_low()) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static inline void
parser_leave(parser *p, int weight)
{
    p->depth -= weight;
}

#endif
