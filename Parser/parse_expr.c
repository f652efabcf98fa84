/* Expressions (language reference, "Expressions").
 *
 * Binary operators climb by precedence; everything else is one function per
 * form.  Targets are parsed as expressions and turned into targets. */

#include "Python.h"

#include "parse.h"

/* ---- What may begin an expression --------------------------------------- */

int
token_starts_expression(int type)
{
    switch (type) {
    case TOK_NAME: case TOK_NUMBER: case TOK_STRING: case TOK_LPAR:
    case TOK_LSQB: case TOK_LBRACE: case TOK_PLUS: case TOK_MINUS:
    case TOK_TILDE: case TOK_STAR: case TOK_ELLIPSIS: case TOK_AWAIT:
    case KW_NOT: case KW_LAMBDA: case KW_TRUE: case KW_FALSE: case KW_NONE:
        return 1;
    default:
        return 0;
    }
}

static int
starts_comprehension(parser *p)
{
    int type = next_type(p);
    return type == KW_FOR || (type == TOK_ASYNC && type_ahead(p, 1) == KW_FOR);
}

/* ---- Targets ------------------------------------------------------------ */

static int
items_as_targets(asdl_expr_seq *items, expr_context_ty context)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(items); i++) {
        if (parse_as_target(asdl_seq_GET(items, i), context) == NULL) {
            return 0;
        }
    }
    return 1;
}

expr_ty
parse_as_target(expr_ty e, expr_context_ty context)
{
    switch (e->kind) {
    case Name_kind:
        e->v.Name.ctx = context;
        return e;
    case Attribute_kind:
        e->v.Attribute.ctx = context;
        return e;
    case Subscript_kind:
        e->v.Subscript.ctx = context;
        return e;
    case Tuple_kind:
        e->v.Tuple.ctx = context;
        return items_as_targets(e->v.Tuple.elts, context) ? e : NULL;
    case List_kind:
        e->v.List.ctx = context;
        return items_as_targets(e->v.List.elts, context) ? e : NULL;
    case Starred_kind:
        e->v.Starred.ctx = context;
        if (context != Store ||
            parse_as_target(e->v.Starred.value, context) == NULL) {
            return NULL;
        }
        return e;
    default:
        return NULL;
    }
}

/* `*`? primary, as a target to store to. */
expr_ty
parse_star_target(parser *p)
{
    int first = p->mark;

    if (take_token(p, TOK_STAR)) {
        if (next_type(p) == TOK_STAR) {
            return NULL;
        }
        expr_ty value = parse_star_target(p);
        return value == NULL
                   ? NULL : ast_new_Starred(value, Store,
                                            FROM_TOKEN(p, first));
    }
    expr_ty target = parse_primary(p);
    return target == NULL ? NULL : parse_as_target(target, Store);
}

expr_ty
parse_star_targets(parser *p)
{
    int first = p->mark, base = p->stack_used;
    expr_ty target = parse_star_target(p);

    if (target == NULL || next_type(p) != TOK_COMMA) {
        return target;
    }
    if (parser_push(p, target) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_COMMA)) {
        if (!token_starts_expression(next_type(p))) {
            break;
        }
        target = parse_star_target(p);
        if (target == NULL || parser_push(p, target) < 0) {
            return NULL;
        }
    }
    asdl_expr_seq *targets = parser_take(p, base);
    return targets == NULL
               ? NULL : ast_new_Tuple(targets, Store, FROM_TOKEN(p, first));
}

/* ---- Comprehensions ----------------------------------------------------- */

static comprehension_ty
parse_for_if_clause(parser *p)
{
    int is_async = take_token(p, TOK_ASYNC);

    if (!take_token(p, KW_FOR)) {
        return NULL;
    }
    expr_ty target = parse_star_targets(p);
    if (target == NULL || !take_token(p, KW_IN)) {
        return NULL;
    }
    expr_ty iter = parse_disjunction(p);
    if (iter == NULL) {
        return NULL;
    }
    int base = p->stack_used;
    while (take_token(p, KW_IF)) {
        expr_ty condition = parse_disjunction(p);
        if (condition == NULL || parser_push(p, condition) < 0) {
            return NULL;
        }
    }
    asdl_expr_seq *ifs = parser_take(p, base);
    if (ifs == NULL ||
        (is_async &&
         parser_check_version(p, 6, "Async comprehensions are") < 0)) {
        return NULL;
    }
    return ast_new_comprehension(target, iter, ifs, is_async, p->arena);
}

asdl_comprehension_seq *
parse_for_if_clauses(parser *p)
{
    int base = p->stack_used;

    do {
        comprehension_ty clause = parse_for_if_clause(p);
        if (clause == NULL || parser_push(p, clause) < 0) {
            return NULL;
        }
    } while (starts_comprehension(p));
    return parser_take(p, base);
}

/* ---- Displays ----------------------------------------------------------- */

/* Items `star_named_expression, ...` up to `closer` (taken); `first` has been
 * parsed, and is pushed. */
static asdl_expr_seq *
parse_items_until(parser *p, expr_ty first, int closer)
{
    int base = p->stack_used;

    if (parser_push(p, first) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_COMMA) && next_type(p) != closer) {
        expr_ty item = parse_star_named_expression(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
    }
    if (!take_token(p, closer)) {
        return NULL;
    }
    return parser_take(p, base);
}

/* The generators and the closing bracket of a comprehension. */
static asdl_comprehension_seq *
parse_generators_until(parser *p, int closer)
{
    asdl_comprehension_seq *generators = parse_for_if_clauses(p);

    return generators != NULL && take_token(p, closer) ? generators : NULL;
}

static expr_ty
parse_parentheses(parser *p)
{
    int start = p->mark++;
    expr_ty e;

    int type = next_type(p);
    if (type == TOK_RPAR) {
        p->mark++;
        asdl_expr_seq *none = asdl_expr_seq_new(0, p->arena);
        return none == NULL
                   ? NULL : ast_new_Tuple(none, Load, FROM_TOKEN(p, start));
    }
    if (type == KW_YIELD) {
        e = parse_yield_or_star_expressions(p);
        return e != NULL && take_token(p, TOK_RPAR) ? e : NULL;
    }
    e = parse_star_named_expression(p);
    if (e == NULL) {
        return NULL;
    }
    type = next_type(p);
    if (type == TOK_COMMA) {
        asdl_expr_seq *items = parse_items_until(p, e, TOK_RPAR);
        return items == NULL
                   ? NULL : ast_new_Tuple(items, Load, FROM_TOKEN(p, start));
    }
    if (e->kind == Starred_kind) {
        return NULL;
    }
    if (type == TOK_RPAR) {
        p->mark++;
        return e;
    }
    if (!starts_comprehension(p)) {
        return NULL;
    }
    asdl_comprehension_seq *generators = parse_generators_until(p, TOK_RPAR);
    return generators == NULL
               ? NULL : ast_new_GeneratorExp(e, generators,
                                             FROM_TOKEN(p, start));
}

static expr_ty
parse_list(parser *p)
{
    int start = p->mark++;
    asdl_expr_seq *items;

    if (take_token(p, TOK_RSQB)) {
        items = asdl_expr_seq_new(0, p->arena);
        return items == NULL
                   ? NULL : ast_new_List(items, Load, FROM_TOKEN(p, start));
    }
    expr_ty e = parse_star_named_expression(p);
    if (e == NULL) {
        return NULL;
    }
    if (e->kind != Starred_kind && starts_comprehension(p)) {
        asdl_comprehension_seq *generators =
            parse_generators_until(p, TOK_RSQB);
        return generators == NULL
                   ? NULL : ast_new_ListComp(e, generators,
                                             FROM_TOKEN(p, start));
    }
    items = parse_items_until(p, e, TOK_RSQB);
    return items == NULL
               ? NULL : ast_new_List(items, Load, FROM_TOKEN(p, start));
}

/* Pushes key (NULL for `**`) and value. */
static int
push_dict_item(parser *p)
{
    expr_ty key = NULL, value;

    if (take_token(p, TOK_DOUBLESTAR)) {
        value = parse_bitwise_or(p);
    }
    else {
        key = parse_expression(p);
        if (key == NULL || !take_token(p, TOK_COLON)) {
            return -1;
        }
        value = parse_expression(p);
    }
    if (value == NULL || parser_push(p, key) < 0 ||
        parser_push(p, value) < 0) {
        return -1;
    }
    return 0;
}

/* Keys and values stand pushed in turn from `base` on. */
static expr_ty
take_dict(parser *p, int base, int start)
{
    int count = (p->stack_used - base) / 2;
    asdl_expr_seq *keys = asdl_expr_seq_new(count, p->arena);
    asdl_expr_seq *values = asdl_expr_seq_new(count, p->arena);

    if (keys == NULL || values == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        keys->elements[i] = p->stack[base + 2 * i];
        values->elements[i] = p->stack[base + 2 * i + 1];
    }
    p->stack_used = base;
    return ast_new_Dict(keys, values, FROM_TOKEN(p, start));
}

/* The rest of a dict, after its first item. */
static expr_ty
parse_dict_rest(parser *p, int base, int start)
{
    while (take_token(p, TOK_COMMA) && next_type(p) != TOK_RBRACE) {
        if (push_dict_item(p) < 0) {
            return NULL;
        }
    }
    return take_token(p, TOK_RBRACE) ? take_dict(p, base, start) : NULL;
}

/* The first key has been parsed; `:` is next. */
static expr_ty
parse_dict_or_dictcomp(parser *p, expr_ty key, int start)
{
    int base = p->stack_used;

    p->mark++;
    expr_ty value = parse_expression(p);
    if (value == NULL) {
        return NULL;
    }
    if (starts_comprehension(p)) {
        asdl_comprehension_seq *generators =
            parse_generators_until(p, TOK_RBRACE);
        return generators == NULL
                   ? NULL : ast_new_DictComp(key, value, generators,
                                             FROM_TOKEN(p, start));
    }
    if (parser_push(p, key) < 0 || parser_push(p, value) < 0) {
        return NULL;
    }
    return parse_dict_rest(p, base, start);
}

static expr_ty
parse_braces(parser *p)
{
    int start = p->mark++, base = p->stack_used;

    int type = next_type(p);
    if (type == TOK_RBRACE) {
        p->mark++;
        return take_dict(p, base, start);
    }
    if (type == TOK_DOUBLESTAR) {
        return push_dict_item(p) < 0 ? NULL : parse_dict_rest(p, base, start);
    }
    expr_ty e = parse_star_named_expression(p);
    if (e == NULL) {
        return NULL;
    }
    if (next_type(p) == TOK_COLON) {
        /* A named expression needs parentheses here. */
        return e->kind == Starred_kind ||
                       (e->kind == NamedExpr_kind &&
                        p->tokens[start + 1].type == TOK_NAME)
                   ? NULL : parse_dict_or_dictcomp(p, e, start);
    }
    if (e->kind != Starred_kind && starts_comprehension(p)) {
        asdl_comprehension_seq *generators =
            parse_generators_until(p, TOK_RBRACE);
        return generators == NULL
                   ? NULL : ast_new_SetComp(e, generators,
                                            FROM_TOKEN(p, start));
    }
    asdl_expr_seq *items = parse_items_until(p, e, TOK_RBRACE);
    return items == NULL ? NULL : ast_new_Set(items, FROM_TOKEN(p, start));
}

/* ---- Atoms and primaries ------------------------------------------------ */

static expr_ty
parse_constant(parser *p, PyObject *value)
{
    int first = p->mark++;
    return ast_new_Constant(value, NULL, FROM_TOKEN(p, first));
}

static expr_ty
parse_bracketed(parser *p, expr_ty (*parse)(parser *))
{
    if (parser_enter(p, 18) < 0) {
        return NULL;
    }
    expr_ty result = parse(p);
    parser_leave(p, 18);
    return result;
}

expr_ty
parse_atom(parser *p)
{
    switch (next_type(p)) {
    case TOK_NAME: {
        int first = p->mark;
        PyObject *id = parser_identifier(p, &p->tokens[first]);
        if (id == NULL) {
            return NULL;
        }
        p->mark++;
        return ast_new_Name(id, Load, FROM_TOKEN(p, first));
    }
    case TOK_NUMBER:
        return parser_number(p);
    case TOK_STRING:
        return parse_strings(p);
    case TOK_LPAR:
        return parse_bracketed(p, parse_parentheses);
    case TOK_LSQB:
        return parse_bracketed(p, parse_list);
    case TOK_LBRACE:
        return parse_bracketed(p, parse_braces);
    case KW_TRUE:
        return parse_constant(p, Py_True);
    case KW_FALSE:
        return parse_constant(p, Py_False);
    case KW_NONE:
        return parse_constant(p, Py_None);
    case TOK_ELLIPSIS:
        return parse_constant(p, Py_Ellipsis);
    default:
        return NULL;
    }
}

static expr_ty
parse_slice(parser *p)
{
    expr_ty lower = NULL, upper = NULL, step = NULL;
    int first = p->mark;

    if (next_type(p) != TOK_COLON) {
        lower = parse_named_expression(p);
        if (lower == NULL || next_type(p) != TOK_COLON) {
            return lower;
        }
        if (lower->kind == NamedExpr_kind &&
            p->tokens[first].type != TOK_LPAR) {
            return NULL;
        }
    }
    p->mark++;
    int type = next_type(p);
    if (type != TOK_COLON && type != TOK_COMMA && type != TOK_RSQB) {
        upper = parse_expression(p);
        if (upper == NULL) {
            return NULL;
        }
    }
    if (take_token(p, TOK_COLON)) {
        type = next_type(p);
        if (type != TOK_COMMA && type != TOK_RSQB) {
            step = parse_expression(p);
            if (step == NULL) {
                return NULL;
            }
        }
    }
    return ast_new_Slice(lower, upper, step, FROM_TOKEN(p, first));
}

/* `*` expression, as an item of a call or subscript. */
static expr_ty
parse_starred_expression(parser *p)
{
    int first = p->mark++;
    expr_ty value = parse_expression(p);

    return value == NULL
               ? NULL : ast_new_Starred(value, Load, FROM_TOKEN(p, first));
}

expr_ty
parse_slices(parser *p)
{
    int first = p->mark, base = p->stack_used;

    if (next_type(p) != TOK_STAR) {
        expr_ty slice = parse_slice(p);
        if (slice == NULL || next_type(p) != TOK_COMMA) {
            return slice;
        }
        p->mark++;
        if (parser_push(p, slice) < 0) {
            return NULL;
        }
    }
    while (next_type(p) != TOK_RSQB) {
        expr_ty item = next_type(p) == TOK_STAR ? parse_starred_expression(p)
                                                : parse_slice(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
    }
    asdl_expr_seq *items = parser_take(p, base);
    return items == NULL
               ? NULL : ast_new_Tuple(items, Load, FROM_TOKEN(p, first));
}

/* ---- Calls -------------------------------------------------------------- */

/* One argument; pushes it on the one stack as a pair (is keyword, node).
 * `*seen` collects what came before: 1 a keyword, 2 a `**`. */
static int
push_argument(parser *p, int *seen)
{
    int first = p->mark;
    keyword_ty keyword = NULL;
    expr_ty e;

    int type = next_type(p);
    if (type == TOK_DOUBLESTAR) {
        p->mark++;
        e = parse_expression(p);
        if (e == NULL) {
            return -1;
        }
        keyword = ast_new_keyword(NULL, e, FROM_TOKEN(p, first));
        if (keyword == NULL) {
            return -1;
        }
        *seen |= 2;
    }
    else if (type == TOK_NAME && type_ahead(p, 1) == TOK_EQUAL) {
        PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
        if (name == NULL) {
            return -1;
        }
        p->mark += 2;
        e = parse_expression(p);
        if (e == NULL) {
            return -1;
        }
        keyword = ast_new_keyword(name, e, FROM_TOKEN(p, first));
        if (keyword == NULL) {
            return -1;
        }
        *seen |= 1;
    }
    else if (type == TOK_STAR) {
        e = *seen & 2 ? NULL : parse_starred_expression(p);
    }
    else {
        e = *seen ? NULL : parse_named_expression(p);
    }
    if (keyword != NULL) {
        return parser_push(p, keyword) < 0 || parser_push(p, NULL) < 0
                   ? -1 : 0;
    }
    return e == NULL || parser_push(p, NULL) < 0 || parser_push(p, e) < 0
               ? -1 : 0;
}

/* Splits the pairs pushed since `base`. */
static int
take_arguments(parser *p, int base, asdl_expr_seq **args,
               asdl_keyword_seq **keywords)
{
    int keyword_count = 0, total = (p->stack_used - base) / 2, a = 0, k = 0;

    for (int i = 0; i < total; i++) {
        keyword_count += p->stack[base + 2 * i] != NULL;
    }
    *args = asdl_expr_seq_new(total - keyword_count, p->arena);
    *keywords = asdl_keyword_seq_new(keyword_count, p->arena);
    if (*args == NULL || *keywords == NULL) {
        return -1;
    }
    for (int i = 0; i < total; i++) {
        if (p->stack[base + 2 * i] != NULL) {
            (*keywords)->elements[k++] = p->stack[base + 2 * i];
        }
        else {
            (*args)->elements[a++] = p->stack[base + 2 * i + 1];
        }
    }
    p->stack_used = base;
    return 0;
}

int
parse_arguments(parser *p, asdl_expr_seq **args, asdl_keyword_seq **keywords)
{
    int base = p->stack_used, seen = 0;

    while (next_type(p) != TOK_RPAR) {
        if (push_argument(p, &seen) < 0) {
            return -1;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
    }
    return take_arguments(p, base, args, keywords);
}

/* A sole generator expression as argument shares the parentheses. */
static expr_ty
parse_generator_call(parser *p, expr_ty function, expr_ty element, int paren)
{
    asdl_comprehension_seq *generators = parse_generators_until(p, TOK_RPAR);

    if (generators == NULL) {
        return NULL;
    }
    expr_ty generator = ast_new_GeneratorExp(element, generators,
                                             FROM_TOKEN(p, paren));
    asdl_expr_seq *args = asdl_expr_seq_new(1, p->arena);
    asdl_keyword_seq *keywords = asdl_keyword_seq_new(0, p->arena);
    if (generator == NULL || args == NULL || keywords == NULL) {
        return NULL;
    }
    args->elements[0] = generator;
    return ast_new_Call(function, args, keywords, FROM_NODE(p, function));
}

static expr_ty
parse_call(parser *p, expr_ty function)
{
    int paren = p->mark++, base = p->stack_used, seen = 0;
    asdl_expr_seq *args;
    asdl_keyword_seq *keywords;

    int type = next_type(p);
    if (type != TOK_RPAR) {
        if (push_argument(p, &seen) < 0) {
            return NULL;
        }
        if (starts_comprehension(p)) {
            expr_ty element = p->stack[base + 1];
            p->stack_used = base;
            if (seen || element->kind == Starred_kind) {
                return NULL;
            }
            return parse_generator_call(p, function, element, paren);
        }
        while (take_token(p, TOK_COMMA) && next_type(p) != TOK_RPAR) {
            if (push_argument(p, &seen) < 0) {
                return NULL;
            }
        }
    }
    if (take_arguments(p, base, &args, &keywords) < 0 ||
        !take_token(p, TOK_RPAR)) {
        return NULL;
    }
    return ast_new_Call(function, args, keywords, FROM_NODE(p, function));
}

static expr_ty
parse_trailer(parser *p, expr_ty e, int type)
{
    if (type == TOK_LPAR) {
        if (parser_enter(p, 18) < 0) {
            return NULL;
        }
        e = parse_call(p, e);
        parser_leave(p, 18);
        return e;
    }
    p->mark++;
    if (type == TOK_DOT) {
        if (next_type(p) != TOK_NAME) {
            return NULL;
        }
        PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
        if (name == NULL) {
            return NULL;
        }
        p->mark++;
        return ast_new_Attribute(e, name, Load, FROM_NODE(p, e));
    }
    if (parser_enter(p, 18) < 0) {
        return NULL;
    }
    expr_ty slices = parse_slices(p);
    parser_leave(p, 18);
    if (slices == NULL || !take_token(p, TOK_RSQB)) {
        return NULL;
    }
    return ast_new_Subscript(e, slices, Load, FROM_NODE(p, e));
}

expr_ty
parse_primary(parser *p)
{
    int first = p->mark;
    expr_ty e = parse_atom(p);

    while (e != NULL) {
        int type = next_type(p);
        if (type != TOK_DOT && type != TOK_LPAR && type != TOK_LSQB) {
            return e;
        }
        /* A group's trailers count from its parenthesis. */
        e = parse_trailer(p, e, type);
        if (e != NULL) {
            e->lineno = p->tokens[first].lineno;
            e->col_offset = p->tokens[first].col_offset;
        }
    }
    return NULL;
}

static expr_ty
parse_await_primary(parser *p)
{
    int first = p->mark;

    if (!take_token(p, TOK_AWAIT)) {
        return parse_primary(p);
    }
    expr_ty value = parse_primary(p);
    if (value == NULL ||
        parser_check_version(p, 5, "Await expressions are") < 0) {
        return NULL;
    }
    return ast_new_Await(value, FROM_TOKEN(p, first));
}

/* ---- Operators ---------------------------------------------------------- */

static expr_ty parse_factor(parser *p);

static expr_ty
parse_power(parser *p)
{
    int first = p->mark;
    expr_ty base = parse_await_primary(p);

    if (base == NULL || next_type(p) != TOK_DOUBLESTAR) {
        return base;
    }
    p->mark++;
    expr_ty exponent = parse_factor(p);
    return exponent == NULL
               ? NULL : ast_new_BinOp(base, Pow, exponent,
                                      FROM_TOKEN(p, first));
}

static expr_ty
parse_factor(parser *p)
{
    unaryop_ty op;

    switch (next_type(p)) {
    case TOK_PLUS: op = UAdd; break;
    case TOK_MINUS: op = USub; break;
    case TOK_TILDE: op = Invert; break;
    default: {
        if (parser_enter(p, 1) < 0) {
            return NULL;
        }
        expr_ty e = parse_power(p);
        parser_leave(p, 1);
        return e;
    }
    }
    int first = p->mark++;
    if (parser_enter(p, 1) < 0) {
        return NULL;
    }
    expr_ty operand = parse_factor(p);
    parser_leave(p, 1);
    return operand == NULL
               ? NULL : ast_new_UnaryOp(op, operand, FROM_TOKEN(p, first));
}

/* Left-associative operators: how tightly they bind, and what they are. */
static const struct {
    unsigned char precedence, op;
} binary_operators[TOK_COUNT] = {
    [TOK_VBAR] = {1, BitOr}, [TOK_CIRCUMFLEX] = {2, BitXor},
    [TOK_AMPER] = {3, BitAnd}, [TOK_LEFTSHIFT] = {4, LShift},
    [TOK_RIGHTSHIFT] = {4, RShift}, [TOK_PLUS] = {5, Add},
    [TOK_MINUS] = {5, Sub}, [TOK_STAR] = {6, Mult}, [TOK_SLASH] = {6, Div},
    [TOK_DOUBLESLASH] = {6, FloorDiv}, [TOK_PERCENT] = {6, Mod},
    [TOK_AT] = {6, MatMult},
};

static expr_ty
parse_binary(parser *p, int lowest)
{
    int first = p->mark;
    expr_ty left = parse_factor(p);

    while (left != NULL) {
        int type = next_type(p);
        int precedence = type < 0 ? 0 : binary_operators[type].precedence;
        if (precedence < lowest || precedence == 0) {
            return left;
        }
        p->mark++;
        expr_ty right = parse_binary(p, precedence + 1);
        if (right == NULL ||
            (type == TOK_AT &&
             parser_check_version(p, 5, "The '@' operator is") < 0)) {
            return NULL;
        }
        left = ast_new_BinOp(left, binary_operators[type].op, right,
                             FROM_TOKEN(p, first));
    }
    return NULL;
}

expr_ty
parse_bitwise_or(parser *p)
{
    return parse_binary(p, 1);
}

/* PEP 401: `<>` with the flag, `!=` without it.  Returns 1, or 0 (perhaps
 * with an exception). */
static int
check_not_equal(parser *p)
{
    const token *t = &p->tokens[p->mark];

    if (!(p->flags & CO_FUTURE_BARRY_AS_BDFL)) {
        return token_is(p, t, "!=");
    }
    if (token_is(p, t, "<>")) {
        return 1;
    }
    parser_raise(p, PyExc_SyntaxError,
                 "with Barry as BDFL, use '<>' instead of '!='");
    return 0;
}

/* Takes a comparison operator.  cmpop_NONE if there is none; cmpop_END on
 * failure. */
static cmpop_ty
take_comparison(parser *p)
{
    cmpop_ty op;

    switch (next_type(p)) {
    case TOK_EQEQUAL: op = Eq; break;
    case TOK_NOTEQUAL:
        if (!check_not_equal(p)) {
            return cmpop_END;
        }
        op = NotEq;
        break;
    case TOK_LESS: op = Lt; break;
    case TOK_LESSEQUAL: op = LtE; break;
    case TOK_GREATER: op = Gt; break;
    case TOK_GREATEREQUAL: op = GtE; break;
    case KW_IN: op = In; break;
    case KW_IS:
        p->mark++;
        return take_token(p, KW_NOT) ? IsNot : Is;
    case KW_NOT:
        if (type_ahead(p, 1) != KW_IN) {
            return cmpop_NONE;
        }
        p->mark++;
        op = NotIn;
        break;
    default:
        return cmpop_NONE;
    }
    p->mark++;
    return op;
}

static expr_ty
finish_comparison(parser *p, expr_ty left, int first, int base)
{
    int count = (p->stack_used - base) / 2;
    asdl_int_seq *ops = asdl_int_seq_new(count, p->arena);
    asdl_expr_seq *comparators = asdl_expr_seq_new(count, p->arena);

    if (ops == NULL || comparators == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        ops->elements[i] = (int)(intptr_t)p->stack[base + 2 * i];
        comparators->elements[i] = p->stack[base + 2 * i + 1];
    }
    p->stack_used = base;
    return ast_new_Compare(left, ops, comparators, FROM_TOKEN(p, first));
}

static expr_ty
parse_comparison(parser *p)
{
    int first = p->mark, base = p->stack_used;
    expr_ty left = parse_bitwise_or(p);

    if (left == NULL) {
        return NULL;
    }
    for (;;) {
        cmpop_ty op = take_comparison(p);
        if (op == cmpop_END) {
            return NULL;
        }
        if (op == cmpop_NONE) {
            break;
        }
        expr_ty right = parse_bitwise_or(p);
        if (right == NULL || parser_push(p, (void *)(intptr_t)op) < 0 ||
            parser_push(p, right) < 0) {
            return NULL;
        }
    }
    return p->stack_used == base ? left
                                 : finish_comparison(p, left, first, base);
}

static expr_ty
parse_inversion(parser *p)
{
    int first = p->mark;

    if (!take_token(p, KW_NOT)) {
        return parse_comparison(p);
    }
    if (parser_enter(p, 1) < 0) {
        return NULL;
    }
    expr_ty operand = parse_inversion(p);
    parser_leave(p, 1);
    return operand == NULL
               ? NULL : ast_new_UnaryOp(Not, operand, FROM_TOKEN(p, first));
}

/* Operands joined by one keyword. */
static expr_ty
parse_bool_op(parser *p, int keyword, boolop_ty op,
              expr_ty (*parse_operand)(parser *))
{
    int first = p->mark, base = p->stack_used;
    expr_ty e = parse_operand(p);

    if (e == NULL || next_type(p) != keyword) {
        return e;
    }
    if (parser_push(p, e) < 0) {
        return NULL;
    }
    while (take_token(p, keyword)) {
        e = parse_operand(p);
        if (e == NULL || parser_push(p, e) < 0) {
            return NULL;
        }
    }
    asdl_expr_seq *values = parser_take(p, base);
    return values == NULL
               ? NULL : ast_new_BoolOp(op, values, FROM_TOKEN(p, first));
}

static expr_ty
parse_conjunction(parser *p)
{
    return parse_bool_op(p, KW_AND, And, parse_inversion);
}

expr_ty
parse_disjunction(parser *p)
{
    return parse_bool_op(p, KW_OR, Or, parse_conjunction);
}

/* ---- Whole expressions -------------------------------------------------- */

static expr_ty
parse_lambda(parser *p)
{
    int first = p->mark++;
    arguments_ty args = parse_parameters(p, 1);

    if (args == NULL || !take_token(p, TOK_COLON) ||
        parser_enter(p, 3) < 0) {
        return NULL;
    }
    expr_ty body = parse_expression(p);
    parser_leave(p, 3);
    return body == NULL
               ? NULL : ast_new_Lambda(args, body, FROM_TOKEN(p, first));
}

expr_ty
parse_expression(parser *p)
{
    int first = p->mark;

    if (next_type(p) == KW_LAMBDA) {
        return parse_lambda(p);
    }
    expr_ty body = parse_disjunction(p);
    if (body == NULL || next_type(p) != KW_IF) {
        return body;
    }
    p->mark++;
    expr_ty test = parse_disjunction(p);
    if (test == NULL || !take_token(p, KW_ELSE) || parser_enter(p, 1) < 0) {
        return NULL;
    }
    expr_ty orelse = parse_expression(p);
    parser_leave(p, 1);
    return orelse == NULL
               ? NULL : ast_new_IfExp(test, body, orelse,
                                      FROM_TOKEN(p, first));
}

expr_ty
parse_named_expression(parser *p)
{
    int first = p->mark;

    if (next_type(p) != TOK_NAME || type_ahead(p, 1) != TOK_COLONEQUAL) {
        expr_ty e = parse_expression(p);
        return e != NULL && next_type(p) != TOK_COLONEQUAL ? e : NULL;
    }
    expr_ty target = parse_atom(p);
    if (target == NULL) {
        return NULL;
    }
    target->v.Name.ctx = Store;
    p->mark++;
    expr_ty value = parse_expression(p);
    if (value == NULL ||
        parser_check_version(p, 8, "Assignment expressions are") < 0) {
        return NULL;
    }
    return ast_new_NamedExpr(target, value, FROM_TOKEN(p, first));
}

/* `*` bitwise_or, or what `parse_other` takes. */
static expr_ty
parse_star_or(parser *p, expr_ty (*parse_other)(parser *))
{
    int first = p->mark;

    if (!take_token(p, TOK_STAR)) {
        return parse_other(p);
    }
    expr_ty value = parse_bitwise_or(p);
    return value == NULL
               ? NULL : ast_new_Starred(value, Load, FROM_TOKEN(p, first));
}

expr_ty
parse_star_named_expression(parser *p)
{
    return parse_star_or(p, parse_named_expression);
}

static expr_ty
parse_star_expression(parser *p)
{
    return parse_star_or(p, parse_expression);
}

/* One item, or a tuple without parentheses. */
static expr_ty
parse_tuple_of(parser *p, expr_ty (*parse_item)(parser *))
{
    int first = p->mark, base = p->stack_used;
    expr_ty e = parse_item(p);

    if (e == NULL || next_type(p) != TOK_COMMA) {
        return e;
    }
    if (parser_push(p, e) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_COMMA)) {
        if (!token_starts_expression(next_type(p))) {
            break;
        }
        e = parse_item(p);
        if (e == NULL || parser_push(p, e) < 0) {
            return NULL;
        }
    }
    asdl_expr_seq *items = parser_take(p, base);
    return items == NULL
               ? NULL : ast_new_Tuple(items, Load, FROM_TOKEN(p, first));
}

expr_ty
parse_star_expressions(parser *p)
{
    return parse_tuple_of(p, parse_star_expression);
}

expr_ty
parse_expressions(parser *p)
{
    return parse_tuple_of(p, parse_expression);
}

static expr_ty
parse_yield(parser *p)
{
    int first = p->mark++;
    expr_ty value = NULL;

    if (take_token(p, KW_FROM)) {
        value = parse_expression(p);
        return value == NULL
                   ? NULL : ast_new_YieldFrom(value, FROM_TOKEN(p, first));
    }
    if (token_starts_expression(next_type(p))) {
        value = parse_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    return ast_new_Yield(value, FROM_TOKEN(p, first));
}

expr_ty
parse_yield_or_star_expressions(parser *p)
{
    return next_type(p) == KW_YIELD ? parse_yield(p)
                                    : parse_star_expressions(p);
}
