/* Statements (language reference, "Simple statements" and "Compound
 * statements"). */

#include "Python.h"

#include "parse.h"
#include "names.h"

static stmt_ty parse_compound_stmt(parser *p, int type);
static stmt_ty parse_class_def(parser *p, asdl_expr_seq *decorators);
static stmt_ty parse_function_def(parser *p, asdl_expr_seq *decorators);

/* ---- Helpers ------------------------------------------------------------ */

int
parse_type_comment(parser *p, PyObject **comment)
{
    *comment = NULL;
    if (next_type(p) != TOK_TYPE_COMMENT) {
        return next_type(p) < 0 ? -1 : 0;
    }
    const token *t = &p->tokens[p->mark];
    *comment = parser_keep(p, PyUnicode_DecodeUTF8(token_text(p, t),
                                                   t->end - t->start, NULL));
    if (*comment == NULL) {
        return -1;
    }
    p->mark++;
    return 0;
}

static PyObject *
take_name(parser *p)
{
    if (next_type(p) != TOK_NAME) {
        return NULL;
    }
    PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
    if (name != NULL) {
        p->mark++;
    }
    return name;
}

/* A sequence with one statement. */
static asdl_stmt_seq *
single_stmt(parser *p, stmt_ty stmt)
{
    asdl_stmt_seq *seq = stmt == NULL ? NULL : asdl_stmt_seq_new(1, p->arena);

    if (seq != NULL) {
        seq->elements[0] = stmt;
    }
    return seq;
}

/* ---- Assignments -------------------------------------------------------- */

static stmt_ty
parse_annotated_assignment(parser *p, expr_ty target, int first)
{
    int simple = 0;
    expr_ty value = NULL;

    if (target->kind == Name_kind) {
        simple = p->tokens[first].type == TOK_NAME;
    }
    else if (target->kind != Attribute_kind &&
             target->kind != Subscript_kind) {
        return NULL;
    }
    parse_as_target(target, Store);
    p->mark++;
    expr_ty annotation = parse_expression(p);
    if (annotation == NULL) {
        return NULL;
    }
    if (take_token(p, TOK_EQUAL)) {
        value = parse_yield_or_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    if (parser_check_version(p, 6,
                             simple ? "Variable annotation syntax is"
                                    : "Variable annotations syntax is") < 0) {
        return NULL;
    }
    return ast_new_AnnAssign(target, annotation, value, simple,
                             FROM_TOKEN(p, first));
}

static stmt_ty
parse_assignment(parser *p, expr_ty target, int first)
{
    int base = p->stack_used;
    expr_ty value = target;
    PyObject *comment;

    while (take_token(p, TOK_EQUAL)) {
        if (value->kind == Yield_kind || value->kind == YieldFrom_kind ||
            parse_as_target(value, Store) == NULL ||
            parser_push(p, value) < 0) {
            return NULL;
        }
        value = parse_yield_or_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    if (parse_type_comment(p, &comment) < 0) {
        return NULL;
    }
    asdl_expr_seq *targets = parser_take(p, base);
    return targets == NULL
               ? NULL : ast_new_Assign(targets, value, comment,
                                       FROM_TOKEN(p, first));
}

/* The operator of an augmented assignment, or operator_NONE. */
static operator_ty
augmenting_operator(int type)
{
    switch (type) {
    case TOK_PLUSEQUAL: return Add;
    case TOK_MINEQUAL: return Sub;
    case TOK_STAREQUAL: return Mult;
    case TOK_ATEQUAL: return MatMult;
    case TOK_SLASHEQUAL: return Div;
    case TOK_PERCENTEQUAL: return Mod;
    case TOK_AMPEREQUAL: return BitAnd;
    case TOK_VBAREQUAL: return BitOr;
    case TOK_CIRCUMFLEXEQUAL: return BitXor;
    case TOK_LEFTSHIFTEQUAL: return LShift;
    case TOK_RIGHTSHIFTEQUAL: return RShift;
    case TOK_DOUBLESTAREQUAL: return Pow;
    case TOK_DOUBLESLASHEQUAL: return FloorDiv;
    default: return operator_NONE;
    }
}

static stmt_ty
parse_augmented_assignment(parser *p, expr_ty target, operator_ty op,
                           int first)
{
    if ((target->kind != Name_kind && target->kind != Attribute_kind &&
         target->kind != Subscript_kind) ||
        parse_as_target(target, Store) == NULL) {
        return NULL;
    }
    p->mark++;
    if (op == MatMult &&
        parser_check_version(p, 5, "The '@' operator is") < 0) {
        return NULL;
    }
    expr_ty value = parse_yield_or_star_expressions(p);
    return value == NULL
               ? NULL : ast_new_AugAssign(target, op, value,
                                          FROM_TOKEN(p, first));
}

static stmt_ty
parse_expression_stmt(parser *p)
{
    int first = p->mark;
    expr_ty e = parse_yield_or_star_expressions(p);

    if (e == NULL) {
        return NULL;
    }
    int type = next_type(p);
    if (type == TOK_EQUAL) {
        return parse_assignment(p, e, first);
    }
    if (type == TOK_COLON) {
        return parse_annotated_assignment(p, e, first);
    }
    operator_ty op = augmenting_operator(type);
    if (op != operator_NONE) {
        return parse_augmented_assignment(p, e, op, first);
    }
    return ast_new_Expr(e, FROM_TOKEN(p, first));
}

/* ---- Other simple statements -------------------------------------------- */

static stmt_ty
parse_return(parser *p)
{
    int first = p->mark++;
    expr_ty value = NULL;

    if (token_starts_expression(next_type(p))) {
        value = parse_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    return ast_new_Return(value, FROM_TOKEN(p, first));
}

static stmt_ty
parse_raise(parser *p)
{
    int first = p->mark++;
    expr_ty exc = NULL, cause = NULL;

    if (token_starts_expression(next_type(p))) {
        exc = parse_expression(p);
        if (exc == NULL) {
            return NULL;
        }
        if (take_token(p, KW_FROM)) {
            cause = parse_expression(p);
            if (cause == NULL) {
                return NULL;
            }
        }
    }
    return ast_new_Raise(exc, cause, FROM_TOKEN(p, first));
}

static stmt_ty
parse_global_or_nonlocal(parser *p)
{
    int first = p->mark++, base = p->stack_used;
    int is_global = p->tokens[first].type == KW_GLOBAL;

    do {
        PyObject *name = take_name(p);
        if (name == NULL || parser_push(p, name) < 0) {
            return NULL;
        }
    } while (take_token(p, TOK_COMMA));
    asdl_identifier_seq *names = parser_take(p, base);
    if (names == NULL) {
        return NULL;
    }
    return is_global ? ast_new_Global(names, FROM_TOKEN(p, first))
                     : ast_new_Nonlocal(names, FROM_TOKEN(p, first));
}

static stmt_ty
parse_del(parser *p)
{
    int first = p->mark++, base = p->stack_used;

    do {
        if (p->stack_used > base && !token_starts_expression(next_type(p))) {
            break;
        }
        expr_ty target = parse_primary(p);
        if (target == NULL || parse_as_target(target, Del) == NULL ||
            parser_push(p, target) < 0) {
            return NULL;
        }
    } while (take_token(p, TOK_COMMA));
    int type = next_type(p);
    if (type != TOK_SEMI && type != TOK_NEWLINE) {
        return NULL;
    }
    asdl_expr_seq *targets = parser_take(p, base);
    return targets == NULL ? NULL
                           : ast_new_Delete(targets, FROM_TOKEN(p, first));
}

static stmt_ty
parse_assert(parser *p)
{
    int first = p->mark++;
    expr_ty message = NULL, test = parse_expression(p);

    if (test == NULL) {
        return NULL;
    }
    if (take_token(p, TOK_COMMA)) {
        message = parse_expression(p);
        if (message == NULL) {
            return NULL;
        }
    }
    return ast_new_Assert(test, message, FROM_TOKEN(p, first));
}

/* ---- Imports ------------------------------------------------------------ */

/* NAME ('.' NAME)*, joined (str in the arena). */
static PyObject *
parse_dotted_name(parser *p)
{
    PyObject *name = take_name(p);

    while (name != NULL && take_token(p, TOK_DOT)) {
        PyObject *part = take_name(p);
        if (part == NULL) {
            return NULL;
        }
        name = PyUnicode_FromFormat("%U.%U", name, part);
        if (name != NULL) {
            PyUnicode_InternInPlace(&name);
        }
        name = parser_keep(p, name);
    }
    return name;
}

/* A name, dotted or not, with `as`. */
static alias_ty
parse_alias(parser *p, PyObject *(*parse_name)(parser *))
{
    int first = p->mark;
    PyObject *name = parse_name(p), *asname = NULL;

    if (name == NULL) {
        return NULL;
    }
    if (take_token(p, KW_AS)) {
        asname = take_name(p);
        if (asname == NULL) {
            return NULL;
        }
    }
    return ast_new_alias(name, asname, FROM_TOKEN(p, first));
}

static stmt_ty
parse_import(parser *p)
{
    int first = p->mark++, base = p->stack_used;

    do {
        alias_ty alias = parse_alias(p, parse_dotted_name);
        if (alias == NULL || parser_push(p, alias) < 0) {
            return NULL;
        }
    } while (take_token(p, TOK_COMMA));
    asdl_alias_seq *names = parser_take(p, base);
    return names == NULL ? NULL : ast_new_Import(names, FROM_TOKEN(p, first));
}

static asdl_alias_seq *
parse_import_star(parser *p)
{
    int first = p->mark++;
    PyObject *star = parser_name_object(p, "*", 1);
    asdl_alias_seq *names = asdl_alias_seq_new(1, p->arena);

    if (star == NULL || names == NULL) {
        return NULL;
    }
    names->elements[0] = ast_new_alias(star, NULL, FROM_TOKEN(p, first));
    return names->elements[0] == NULL ? NULL : names;
}

static asdl_alias_seq *
parse_import_targets(parser *p)
{
    int base = p->stack_used;

    if (next_type(p) == TOK_STAR) {
        return parse_import_star(p);
    }
    int in_parentheses = take_token(p, TOK_LPAR);
    do {
        if (in_parentheses && p->stack_used > base &&
            next_type(p) == TOK_RPAR) {
            break;
        }
        alias_ty alias = parse_alias(p, take_name);
        if (alias == NULL || parser_push(p, alias) < 0) {
            return NULL;
        }
    } while (take_token(p, TOK_COMMA));
    if (in_parentheses && !take_token(p, TOK_RPAR)) {
        return NULL;
    }
    return parser_take(p, base);
}

static stmt_ty
parse_import_from(parser *p)
{
    int first = p->mark++, level = 0;
    PyObject *module = NULL;

    for (;;) {
        if (take_token(p, TOK_DOT)) {
            level++;
        }
        else if (take_token(p, TOK_ELLIPSIS)) {
            level += 3;
        }
        else {
            break;
        }
    }
    if (level == 0 || next_type(p) == TOK_NAME) {
        module = parse_dotted_name(p);
        if (module == NULL) {
            return NULL;
        }
    }
    if (!take_token(p, KW_IMPORT)) {
        return NULL;
    }
    asdl_alias_seq *names = parse_import_targets(p);
    if (names == NULL) {
        return NULL;
    }
    /* The flag changes how the rest of the text is read. */
    if (module != NULL && level == 0 &&
        _PyUnicode_EqualToASCIIString(module, "__future__")) {
        for (Py_ssize_t i = 0; i < names->size; i++) {
            if (_PyUnicode_EqualToASCIIString(names->elements[i]->name,
                                              "barry_as_FLUFL")) {
                p->flags |= CO_FUTURE_BARRY_AS_BDFL;
            }
        }
    }
    return ast_new_ImportFrom(module, names, level, FROM_TOKEN(p, first));
}

/* ---- Simple statements together ----------------------------------------- */

static stmt_ty
parse_simple_stmt(parser *p)
{
    int first = p->mark;

    switch (next_type(p)) {
    case KW_RETURN: return parse_return(p);
    case KW_IMPORT: return parse_import(p);
    case KW_FROM: return parse_import_from(p);
    case KW_RAISE: return parse_raise(p);
    case KW_PASS:
        p->mark++;
        return ast_new_Pass(FROM_TOKEN(p, first));
    case KW_DEL: return parse_del(p);
    case KW_ASSERT: return parse_assert(p);
    case KW_BREAK:
        p->mark++;
        return ast_new_Break(FROM_TOKEN(p, first));
    case KW_CONTINUE:
        p->mark++;
        return ast_new_Continue(FROM_TOKEN(p, first));
    case KW_GLOBAL:
    case KW_NONLOCAL: return parse_global_or_nonlocal(p);
    default: return parse_expression_stmt(p);
    }
}

/* Statements on one line: pushes them.  0 or -1. */
static int
push_simple_stmts(parser *p)
{
    do {
        stmt_ty stmt = parse_simple_stmt(p);
        if (stmt == NULL || parser_push(p, stmt) < 0) {
            return -1;
        }
    } while (take_token(p, TOK_SEMI) && next_type(p) != TOK_NEWLINE);
    return take_token(p, TOK_NEWLINE) ? 0 : -1;
}

/* ---- Blocks ------------------------------------------------------------- */

/* At a name of five letters: does a match statement begin here? */
static int
begins_match_stmt(parser *p)
{
    if (!token_is(p, &p->tokens[p->mark], "match")) {
        return 0;
    }
    int type = type_ahead(p, 1);
    if (!token_starts_expression(type) && type != KW_YIELD) {
        return 0;
    }
    if (type == KW_NOT && type_ahead(p, 2) == KW_IN) {
        return 0;
    }
    /* `match (x)`, `match -x`, ...: only a match statement's line ends in a
     * colon. */
    for (int ahead = 1;; ahead++) {
        type = type_ahead(p, ahead);
        if (type < 0 || type == TOK_ENDMARKER) {
            return 0;
        }
        if (type == TOK_NEWLINE) {
            return type_ahead(p, ahead - 1) == TOK_COLON;
        }
    }
}

static int
is_match_stmt(parser *p)
{
    p->peeking++;
    int result = begins_match_stmt(p);
    p->peeking--;
    return result;
}

static int
starts_compound_stmt(parser *p, int type)
{
    switch (type) {
    case KW_IF: case KW_WHILE: case KW_FOR: case KW_TRY: case KW_WITH:
    case KW_DEF: case KW_CLASS: case TOK_AT: case TOK_ASYNC:
        return 1;
    case TOK_NAME:
        return p->tokens[p->mark].end - p->tokens[p->mark].start == 5 &&
               is_match_stmt(p);
    default:
        return 0;
    }
}

/* Pushes the statements from here to a DEDENT or the end (not taken). */
static int
push_statements(parser *p, int is_top_level)
{
    for (;;) {
        int type = next_type(p);
        if (is_top_level) {
            p->last_statement = p->mark;
        }
        if (type == TOK_DEDENT || type == TOK_ENDMARKER) {
            return 0;
        }
        if (type < 0) {
            return -1;
        }
        if (starts_compound_stmt(p, type)) {
            stmt_ty stmt = parse_compound_stmt(p, type);
            if (stmt == NULL || parser_push(p, stmt) < 0) {
                return -1;
            }
        }
        else if (push_simple_stmts(p) < 0) {
            return -1;
        }
    }
}

asdl_stmt_seq *
parse_statements(parser *p)
{
    int base = p->stack_used;

    return push_statements(p, 1) < 0 ? NULL : parser_take(p, base);
}

asdl_stmt_seq *
parse_block(parser *p)
{
    int base = p->stack_used;

    if (!take_token(p, TOK_NEWLINE)) {
        return push_simple_stmts(p) < 0 ? NULL : parser_take(p, base);
    }
    if (!take_token(p, TOK_INDENT)) {
        return NULL;
    }
    if (parser_enter(p, 20) < 0) {
        return NULL;
    }
    int status = push_statements(p, 0);
    parser_leave(p, 20);
    return status == 0 && take_token(p, TOK_DEDENT) ? parser_take(p, base)
                                                    : NULL;
}

asdl_stmt_seq *
parse_statement_newline(parser *p)
{
    int first = p->mark, base = p->stack_used;

    int type = next_type(p);
    if (type == TOK_NEWLINE) {
        p->mark++;
        return single_stmt(p, ast_new_Pass(FROM_TOKEN(p, first)));
    }
    if (type == TOK_ENDMARKER) {
        /* The end of interactive input: no statement, and no error. */
        p->tok->done = TOKENIZER_EOF;
        return NULL;
    }
    if (starts_compound_stmt(p, type)) {
        stmt_ty stmt = parse_compound_stmt(p, type);
        return stmt != NULL && take_token(p, TOK_NEWLINE)
                   ? single_stmt(p, stmt) : NULL;
    }
    if (type < 0) {
        return NULL;
    }
    return push_simple_stmts(p) < 0 ? NULL : parser_take(p, base);
}

/* ':' block */
static asdl_stmt_seq *
parse_colon_block(parser *p)
{
    return take_token(p, TOK_COLON) ? parse_block(p) : NULL;
}

/* `keyword: block`, if the keyword is next.  0 or -1; `*body` may be NULL. */
static int
parse_optional_block(parser *p, int keyword, asdl_stmt_seq **body)
{
    *body = NULL;
    if (!take_token(p, keyword)) {
        return next_type(p) < 0 ? -1 : 0;
    }
    *body = parse_colon_block(p);
    return *body == NULL ? -1 : 0;
}

/* An absent sequence is an empty one. */
static asdl_stmt_seq *
or_empty(parser *p, asdl_stmt_seq *seq)
{
    return seq != NULL ? seq : asdl_stmt_seq_new(0, p->arena);
}

/* ---- if, while, for, with ----------------------------------------------- */

static stmt_ty
parse_if(parser *p)
{
    int first = p->mark++;
    asdl_stmt_seq *orelse = NULL;
    expr_ty test = parse_named_expression(p);

    if (test == NULL) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_colon_block(p);
    if (body == NULL) {
        return NULL;
    }
    if (next_type(p) == KW_ELIF) {
        if (parser_enter(p, 1) < 0) {
            return NULL;
        }
        orelse = single_stmt(p, parse_if(p));
        parser_leave(p, 1);
    }
    else if (parse_optional_block(p, KW_ELSE, &orelse) == 0) {
        orelse = or_empty(p, orelse);
    }
    else {
        return NULL;
    }
    return orelse == NULL
               ? NULL : ast_new_If(test, body, orelse,
                                   FROM_TOKEN_SOLID(p, first));
}

static stmt_ty
parse_while(parser *p)
{
    int first = p->mark++;
    asdl_stmt_seq *orelse;
    expr_ty test = parse_named_expression(p);

    if (test == NULL) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_colon_block(p);
    if (body == NULL || parse_optional_block(p, KW_ELSE, &orelse) < 0) {
        return NULL;
    }
    orelse = or_empty(p, orelse);
    return orelse == NULL
               ? NULL : ast_new_While(test, body, orelse,
                                      FROM_TOKEN_SOLID(p, first));
}

/* `first` is the statement's first token, `for` or `async`. */
static stmt_ty
parse_for(parser *p, int first, int is_async)
{
    PyObject *comment;
    asdl_stmt_seq *orelse;

    p->mark++;
    expr_ty target = parse_star_targets(p);
    if (target == NULL || !take_token(p, KW_IN)) {
        return NULL;
    }
    expr_ty iter = parse_star_expressions(p);
    if (iter == NULL || !take_token(p, TOK_COLON) ||
        parse_type_comment(p, &comment) < 0) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_block(p);
    if (body == NULL || parse_optional_block(p, KW_ELSE, &orelse) < 0) {
        return NULL;
    }
    orelse = or_empty(p, orelse);
    if (orelse == NULL) {
        return NULL;
    }
    if (!is_async) {
        return ast_new_For(target, iter, body, orelse, comment,
                           FROM_TOKEN_SOLID(p, first));
    }
    if (parser_check_version(p, 5, "Async for loops are") < 0) {
        return NULL;
    }
    return ast_new_AsyncFor(target, iter, body, orelse, comment,
                            FROM_TOKEN_SOLID(p, first));
}

/* At the `(` behind `with`: does it enclose the items?  So it is if a colon
 * follows the closing parenthesis and nothing inside needs an expression's
 * parentheses. */
static int
parentheses_hold_items(parser *p)
{
    int depth = 0, item_start = 1, lambdas = 0;

    for (int ahead = 0;; ahead++) {
        int type = type_ahead(p, ahead);
        switch (type) {
        case TOK_LPAR: case TOK_LSQB: case TOK_LBRACE:
            depth++;
            if (depth > 1) {
                item_start = 0;
            }
            continue;
        case TOK_RPAR: case TOK_RSQB: case TOK_RBRACE:
            depth--;
            if (depth == 0) {
                return ahead > 1 && type_ahead(p, ahead + 1) == TOK_COLON;
            }
            continue;
        case -1: case TOK_ENDMARKER: case TOK_NEWLINE:
            return 0;
        default:
            break;
        }
        if (depth > 1) {
            continue;
        }
        if (type == TOK_COMMA) {
            item_start = lambdas == 0;
            continue;
        }
        if (type == KW_LAMBDA) {
            lambdas++;
        }
        else if (type == TOK_COLON && lambdas > 0) {
            lambdas--;
        }
        else if (type == TOK_COLONEQUAL || type == KW_FOR ||
                 type == KW_YIELD || (type == TOK_STAR && item_start)) {
            return 0;
        }
        item_start = 0;
    }
}

static withitem_ty
parse_with_item(parser *p)
{
    expr_ty target = NULL, context = parse_expression(p);

    if (context == NULL) {
        return NULL;
    }
    if (take_token(p, KW_AS)) {
        target = parse_star_target(p);
        if (target == NULL) {
            return NULL;
        }
        int type = next_type(p);
        if (type != TOK_COMMA && type != TOK_RPAR && type != TOK_COLON) {
            return NULL;
        }
    }
    return ast_new_withitem(context, target, p->arena);
}

static asdl_withitem_seq *
parse_with_items(parser *p)
{
    int base = p->stack_used;
    int in_parentheses = 0;

    if (next_type(p) == TOK_LPAR) {
        p->peeking++;
        in_parentheses = parentheses_hold_items(p);
        p->peeking--;
    }
    p->mark += in_parentheses;
    do {
        if (in_parentheses && p->stack_used > base &&
            next_type(p) == TOK_RPAR) {
            break;
        }
        withitem_ty item = parse_with_item(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
    } while (take_token(p, TOK_COMMA));
    if (in_parentheses &&
        (!take_token(p, TOK_RPAR) ||
         parser_check_version(p, 9, "Parenthesized context managers are")
             < 0)) {
        return NULL;
    }
    return parser_take(p, base);
}

static stmt_ty
parse_with(parser *p, int first, int is_async)
{
    PyObject *comment;

    p->mark++;
    asdl_withitem_seq *items = parse_with_items(p);
    if (items == NULL || !take_token(p, TOK_COLON) ||
        parse_type_comment(p, &comment) < 0) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_block(p);
    if (body == NULL) {
        return NULL;
    }
    if (!is_async) {
        return ast_new_With(items, body, comment, FROM_TOKEN_SOLID(p, first));
    }
    if (parser_check_version(p, 5, "Async with statements are") < 0) {
        return NULL;
    }
    return ast_new_AsyncWith(items, body, comment,
                             FROM_TOKEN_SOLID(p, first));
}

/* ---- try ---------------------------------------------------------------- */

static excepthandler_ty
parse_handler(parser *p, int is_star)
{
    int first = p->mark++;
    expr_ty type = NULL;
    PyObject *name = NULL;

    if (is_star) {
        p->mark++;
    }
    if (is_star || next_type(p) != TOK_COLON) {
        type = parse_expression(p);
        if (type == NULL) {
            return NULL;
        }
        if (take_token(p, KW_AS)) {
            name = take_name(p);
            if (name == NULL) {
                return NULL;
            }
        }
    }
    asdl_stmt_seq *body = parse_colon_block(p);
    return body == NULL
               ? NULL : ast_new_ExceptHandler(type, name, body,
                                              FROM_TOKEN_SOLID(p, first));
}

/* The handlers of one kind; `*is_star` tells which.  NULL on failure. */
static asdl_excepthandler_seq *
parse_handlers(parser *p, int *is_star)
{
    int base = p->stack_used;

    *is_star = next_type(p) == KW_EXCEPT && type_ahead(p, 1) == TOK_STAR;
    while (next_type(p) == KW_EXCEPT) {
        if ((type_ahead(p, 1) == TOK_STAR) != *is_star) {
            return NULL;
        }
        excepthandler_ty handler = parse_handler(p, *is_star);
        if (handler == NULL || parser_push(p, handler) < 0) {
            return NULL;
        }
    }
    return parser_take(p, base);
}

static stmt_ty
parse_try(parser *p)
{
    int first = p->mark++, is_star;
    asdl_stmt_seq *orelse = NULL, *finalbody;

    asdl_stmt_seq *body = parse_colon_block(p);
    if (body == NULL) {
        return NULL;
    }
    asdl_excepthandler_seq *handlers = parse_handlers(p, &is_star);
    if (handlers == NULL) {
        return NULL;
    }
    if (handlers->size > 0 &&
        parse_optional_block(p, KW_ELSE, &orelse) < 0) {
        return NULL;
    }
    if (parse_optional_block(p, KW_FINALLY, &finalbody) < 0 ||
        (handlers->size == 0 && finalbody == NULL)) {
        return NULL;
    }
    orelse = or_empty(p, orelse);
    finalbody = or_empty(p, finalbody);
    if (orelse == NULL || finalbody == NULL) {
        return NULL;
    }
    if (!is_star) {
        return ast_new_Try(body, handlers, orelse, finalbody,
                           FROM_TOKEN_SOLID(p, first));
    }
    if (parser_check_version(p, 11, "Exception groups are") < 0) {
        return NULL;
    }
    return ast_new_TryStar(body, handlers, orelse, finalbody,
                           FROM_TOKEN_SOLID(p, first));
}

/* ---- Definitions -------------------------------------------------------- */

/* A type comment behind the colon, or on a line of its own before the
 * block. */
static int
parse_func_type_comment(parser *p, PyObject **comment)
{
    if (next_type(p) == TOK_NEWLINE &&
        (p->flags & PyCF_TYPE_COMMENTS) &&
        type_ahead(p, 1) == TOK_TYPE_COMMENT &&
        type_ahead(p, 2) == TOK_NEWLINE && type_ahead(p, 3) == TOK_INDENT) {
        p->mark++;
    }
    return parse_type_comment(p, comment);
}

static stmt_ty
parse_function_def(parser *p, asdl_expr_seq *decorators)
{
    int first = p->mark;
    expr_ty returns = NULL;
    PyObject *comment;

    int is_async = take_token(p, TOK_ASYNC);
    if (!take_token(p, KW_DEF)) {
        return NULL;
    }
    PyObject *name = take_name(p);
    if (name == NULL || !take_token(p, TOK_LPAR)) {
        return NULL;
    }
    arguments_ty args = parse_parameters(p, 0);
    if (args == NULL || !take_token(p, TOK_RPAR)) {
        return NULL;
    }
    if (take_token(p, TOK_RARROW)) {
        returns = parse_expression(p);
        if (returns == NULL) {
            return NULL;
        }
    }
    if (!take_token(p, TOK_COLON) ||
        parse_func_type_comment(p, &comment) < 0) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_block(p);
    if (body == NULL) {
        return NULL;
    }
    if (!is_async) {
        return ast_new_FunctionDef(name, args, body, decorators, returns,
                                   comment, FROM_TOKEN_SOLID(p, first));
    }
    if (parser_check_version(p, 5, "Async functions are") < 0) {
        return NULL;
    }
    return ast_new_AsyncFunctionDef(name, args, body, decorators, returns,
                                    comment, FROM_TOKEN_SOLID(p, first));
}

static stmt_ty
parse_class_def(parser *p, asdl_expr_seq *decorators)
{
    int first = p->mark++;
    asdl_expr_seq *bases;
    asdl_keyword_seq *keywords;

    PyObject *name = take_name(p);
    if (name == NULL) {
        return NULL;
    }
    if (take_token(p, TOK_LPAR)) {
        if (parse_arguments(p, &bases, &keywords) < 0 ||
            !take_token(p, TOK_RPAR)) {
            return NULL;
        }
    }
    else {
        bases = asdl_expr_seq_new(0, p->arena);
        keywords = asdl_keyword_seq_new(0, p->arena);
        if (bases == NULL || keywords == NULL) {
            return NULL;
        }
    }
    asdl_stmt_seq *body = parse_colon_block(p);
    return body == NULL
               ? NULL : ast_new_ClassDef(name, bases, keywords, body,
                                         decorators,
                                         FROM_TOKEN_SOLID(p, first));
}

static asdl_expr_seq *
parse_decorators(parser *p)
{
    int base = p->stack_used;

    while (take_token(p, TOK_AT)) {
        expr_ty decorator = parse_named_expression(p);
        if (decorator == NULL || !take_token(p, TOK_NEWLINE) ||
            parser_push(p, decorator) < 0) {
            return NULL;
        }
    }
    return parser_take(p, base);
}

static stmt_ty
parse_decorated(parser *p)
{
    asdl_expr_seq *decorators = parse_decorators(p);

    if (decorators == NULL) {
        return NULL;
    }
    return next_type(p) == KW_CLASS ? parse_class_def(p, decorators)
                                    : parse_function_def(p, decorators);
}

static stmt_ty
parse_async(parser *p)
{
    int first = p->mark;

    switch (type_ahead(p, 1)) {
    case KW_DEF: {
        asdl_expr_seq *none = asdl_expr_seq_new(0, p->arena);
        return none == NULL ? NULL : parse_function_def(p, none);
    }
    case KW_FOR:
        p->mark++;
        return parse_for(p, first, 1);
    case KW_WITH:
        p->mark++;
        return parse_with(p, first, 1);
    default:
        return NULL;
    }
}

static stmt_ty
parse_undecorated(parser *p, int is_class)
{
    asdl_expr_seq *none = asdl_expr_seq_new(0, p->arena);

    if (none == NULL) {
        return NULL;
    }
    return is_class ? parse_class_def(p, none) : parse_function_def(p, none);
}

static stmt_ty
parse_compound_stmt(parser *p, int type)
{
    switch (type) {
    case KW_IF: return parse_if(p);
    case KW_WHILE: return parse_while(p);
    case KW_FOR: return parse_for(p, p->mark, 0);
    case KW_TRY: return parse_try(p);
    case KW_WITH: return parse_with(p, p->mark, 0);
    case KW_DEF: return parse_undecorated(p, 0);
    case KW_CLASS: return parse_undecorated(p, 1);
    case TOK_AT: return parse_decorated(p);
    case TOK_ASYNC: return parse_async(p);
    default: return parse_match_stmt(p);
    }
}
