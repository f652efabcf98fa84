/* The match statement (PEP 634). */

#include "Python.h"

#include "parse.h"

static pattern_ty parse_pattern(parser *p);

/* ---- Literals ----------------------------------------------------------- */

static int
check_real(parser *p, expr_ty number)
{
    if (PyComplex_CheckExact(number->v.Constant.value)) {
        parser_raise_at(p, PyExc_SyntaxError, PLACE_OF(number),
                        "real number required in complex literal");
        return -1;
    }
    return 0;
}

static int
check_imaginary(parser *p, expr_ty number)
{
    if (!PyComplex_CheckExact(number->v.Constant.value)) {
        parser_raise_at(p, PyExc_SyntaxError, PLACE_OF(number),
                        "imaginary number required in complex literal");
        return -1;
    }
    return 0;
}

/* ['-'] NUMBER [('+'|'-') NUMBER] */
static expr_ty
parse_number_literal(parser *p)
{
    int first = p->mark;
    int negative = take_token(p, TOK_MINUS);

    if (next_type(p) != TOK_NUMBER) {
        return NULL;
    }
    expr_ty number = parser_number(p), left = number;
    if (left != NULL && negative) {
        left = ast_new_UnaryOp(USub, left, FROM_TOKEN(p, first));
    }
    int type = left == NULL ? -1 : next_type(p);
    if (type != TOK_PLUS && type != TOK_MINUS) {
        return left;
    }
    if (type_ahead(p, 1) != TOK_NUMBER) {
        return NULL;
    }
    if (check_real(p, number) < 0) {
        return NULL;
    }
    p->mark++;
    expr_ty imaginary = parser_number(p);
    if (imaginary == NULL || check_imaginary(p, imaginary) < 0) {
        return NULL;
    }
    return ast_new_BinOp(left, type == TOK_PLUS ? Add : Sub, imaginary,
                         FROM_TOKEN(p, first));
}

/* A dotted name, as expression. */
static expr_ty
parse_name_or_attr(parser *p)
{
    int first = p->mark;

    if (next_type(p) != TOK_NAME) {
        return NULL;
    }
    expr_ty e = parse_atom(p);
    while (e != NULL && take_token(p, TOK_DOT)) {
        if (next_type(p) != TOK_NAME) {
            return NULL;
        }
        PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
        if (name == NULL) {
            return NULL;
        }
        p->mark++;
        e = ast_new_Attribute(e, name, Load, FROM_TOKEN(p, first));
    }
    return e;
}

/* ---- Captures ----------------------------------------------------------- */

static int
is_underscore(parser *p)
{
    const token *t = &p->tokens[p->mark];
    return t->end - t->start == 1 && *token_text(p, t) == '_';
}

/* A name to bind, not `_`. */
static PyObject *
take_capture(parser *p)
{
    if (next_type(p) != TOK_NAME || is_underscore(p)) {
        return NULL;
    }
    int after = type_ahead(p, 1);
    if (after == TOK_DOT || after == TOK_LPAR || after == TOK_EQUAL) {
        return NULL;
    }
    PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
    if (name != NULL) {
        p->mark++;
    }
    return name;
}

/* `*name`, `*_` */
static pattern_ty
parse_star_pattern(parser *p)
{
    int first = p->mark++;
    PyObject *name = NULL;

    if (next_type(p) == TOK_NAME && is_underscore(p)) {
        p->mark++;
    }
    else {
        name = take_capture(p);
        if (name == NULL) {
            return NULL;
        }
    }
    return ast_new_MatchStar(name, FROM_TOKEN(p, first));
}

static pattern_ty
parse_maybe_star_pattern(parser *p)
{
    return next_type(p) == TOK_STAR ? parse_star_pattern(p)
                                    : parse_pattern(p);
}

/* ---- Classes ------------------------------------------------------------ */

static pattern_ty
finish_class_pattern(parser *p, expr_ty cls, int first, int base,
                     asdl_pattern_seq *positional)
{
    int count = (p->stack_used - base) / 2;
    asdl_identifier_seq *names = asdl_identifier_seq_new(count, p->arena);
    asdl_pattern_seq *patterns = asdl_pattern_seq_new(count, p->arena);

    if (names == NULL || patterns == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        names->elements[i] = p->stack[base + 2 * i];
        patterns->elements[i] = p->stack[base + 2 * i + 1];
    }
    p->stack_used = base;
    if (!take_token(p, TOK_RPAR)) {
        return NULL;
    }
    return ast_new_MatchClass(cls, positional, names, patterns,
                              FROM_TOKEN(p, first));
}

/* NAME '=' pattern: pushes both. */
static int
push_keyword_pattern(parser *p)
{
    if (next_type(p) != TOK_NAME || type_ahead(p, 1) != TOK_EQUAL) {
        return -1;
    }
    PyObject *name = parser_identifier(p, &p->tokens[p->mark]);
    if (name == NULL || parser_push(p, name) < 0) {
        return -1;
    }
    p->mark += 2;
    pattern_ty value = parse_pattern(p);
    return value == NULL || parser_push(p, value) < 0 ? -1 : 0;
}

/* The class has been parsed, `(` is next. */
static pattern_ty
parse_class_pattern(parser *p, expr_ty cls, int first)
{
    int base = p->stack_used, more = 1;

    p->mark++;
    while (more && next_type(p) != TOK_RPAR &&
           !(next_type(p) == TOK_NAME && type_ahead(p, 1) == TOK_EQUAL)) {
        pattern_ty item = parse_pattern(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
        more = take_token(p, TOK_COMMA);
    }
    asdl_pattern_seq *positional = parser_take(p, base);
    if (positional == NULL) {
        return NULL;
    }
    while (more && next_type(p) != TOK_RPAR) {
        if (push_keyword_pattern(p) < 0) {
            return NULL;
        }
        more = take_token(p, TOK_COMMA);
    }
    return finish_class_pattern(p, cls, first, base, positional);
}

/* ---- Sequences and mappings --------------------------------------------- */

/* Patterns up to `closer` (taken). */
static asdl_pattern_seq *
parse_pattern_items(parser *p, int closer)
{
    int base = p->stack_used;

    while (next_type(p) != closer) {
        pattern_ty item = parse_maybe_star_pattern(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
    }
    return take_token(p, closer) ? parser_take(p, base) : NULL;
}

static pattern_ty
parse_list_pattern(parser *p)
{
    int first = p->mark++;
    asdl_pattern_seq *patterns = parse_pattern_items(p, TOK_RSQB);

    return patterns == NULL
               ? NULL : ast_new_MatchSequence(patterns, FROM_TOKEN(p, first));
}

/* A group, or a sequence: that has a comma or nothing inside. */
static pattern_ty
parse_paren_pattern(parser *p)
{
    int first = p->mark++, base = p->stack_used;

    if (next_type(p) != TOK_RPAR) {
        pattern_ty item = parse_maybe_star_pattern(p);
        if (item == NULL) {
            return NULL;
        }
        if (take_token(p, TOK_RPAR)) {
            return item->kind == MatchStar_kind ? NULL : item;
        }
        if (!take_token(p, TOK_COMMA) || parser_push(p, item) < 0) {
            return NULL;
        }
    }
    while (next_type(p) != TOK_RPAR) {
        pattern_ty item = parse_maybe_star_pattern(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
    }
    if (!take_token(p, TOK_RPAR)) {
        return NULL;
    }
    asdl_pattern_seq *patterns = parser_take(p, base);
    return patterns == NULL
               ? NULL : ast_new_MatchSequence(patterns, FROM_TOKEN(p, first));
}

static expr_ty
parse_mapping_key(parser *p)
{
    switch (next_type(p)) {
    case TOK_NUMBER: case TOK_MINUS:
        return parse_number_literal(p);
    case TOK_STRING: case KW_NONE: case KW_TRUE: case KW_FALSE:
        return parse_atom(p);
    case TOK_NAME: {
        expr_ty e = parse_name_or_attr(p);
        return e != NULL && e->kind == Attribute_kind ? e : NULL;
    }
    default:
        return NULL;
    }
}

static pattern_ty
finish_mapping(parser *p, int first, int base, PyObject *rest)
{
    int count = (p->stack_used - base) / 2;
    asdl_expr_seq *keys = asdl_expr_seq_new(count, p->arena);
    asdl_pattern_seq *patterns = asdl_pattern_seq_new(count, p->arena);

    if (keys == NULL || patterns == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        keys->elements[i] = p->stack[base + 2 * i];
        patterns->elements[i] = p->stack[base + 2 * i + 1];
    }
    p->stack_used = base;
    return ast_new_MatchMapping(keys, patterns, rest, FROM_TOKEN(p, first));
}

static pattern_ty
parse_mapping_pattern(parser *p)
{
    int first = p->mark++, base = p->stack_used;
    PyObject *rest = NULL;

    while (next_type(p) != TOK_RBRACE) {
        if (take_token(p, TOK_DOUBLESTAR)) {
            rest = take_capture(p);
            if (rest == NULL) {
                return NULL;
            }
            take_token(p, TOK_COMMA);
            break;
        }
        expr_ty key = parse_mapping_key(p);
        if (key == NULL || !take_token(p, TOK_COLON)) {
            return NULL;
        }
        pattern_ty value = parse_pattern(p);
        if (value == NULL || parser_push(p, key) < 0 ||
            parser_push(p, value) < 0) {
            return NULL;
        }
        if (!take_token(p, TOK_COMMA)) {
            break;
        }
    }
    return take_token(p, TOK_RBRACE) ? finish_mapping(p, first, base, rest)
                                     : NULL;
}

/* ---- Patterns ----------------------------------------------------------- */

static pattern_ty
parse_name_pattern(parser *p)
{
    int first = p->mark;

    int after = type_ahead(p, 1);
    if (after != TOK_DOT && after != TOK_LPAR) {
        if (is_underscore(p)) {
            p->mark++;
            return ast_new_MatchAs(NULL, NULL, FROM_TOKEN(p, first));
        }
        PyObject *name = take_capture(p);
        return name == NULL
                   ? NULL : ast_new_MatchAs(NULL, name, FROM_TOKEN(p, first));
    }
    expr_ty e = parse_name_or_attr(p);
    if (e == NULL) {
        return NULL;
    }
    int type = next_type(p);
    if (type == TOK_LPAR) {
        return parse_class_pattern(p, e, first);
    }
    if (type == TOK_EQUAL) {
        return NULL;
    }
    return ast_new_MatchValue(e, FROM_TOKEN(p, first));
}

static pattern_ty
parse_singleton(parser *p, PyObject *value)
{
    int first = p->mark++;
    return ast_new_MatchSingleton(value, FROM_TOKEN(p, first));
}

static pattern_ty
parse_nested(parser *p, pattern_ty (*parse)(parser *))
{
    if (parser_enter(p, 10) < 0) {
        return NULL;
    }
    pattern_ty result = parse(p);
    parser_leave(p, 10);
    return result;
}

static pattern_ty
parse_closed_pattern(parser *p)
{
    int first = p->mark;

    switch (next_type(p)) {
    case TOK_NUMBER: case TOK_MINUS: {
        expr_ty number = parse_number_literal(p);
        return number == NULL
                   ? NULL : ast_new_MatchValue(number, FROM_TOKEN(p, first));
    }
    case TOK_STRING: {
        expr_ty string = parse_strings(p);
        return string == NULL
                   ? NULL : ast_new_MatchValue(string, FROM_TOKEN(p, first));
    }
    case KW_NONE: return parse_singleton(p, Py_None);
    case KW_TRUE: return parse_singleton(p, Py_True);
    case KW_FALSE: return parse_singleton(p, Py_False);
    case TOK_NAME: return parse_nested(p, parse_name_pattern);
    case TOK_LPAR: return parse_nested(p, parse_paren_pattern);
    case TOK_LSQB: return parse_nested(p, parse_list_pattern);
    case TOK_LBRACE: return parse_nested(p, parse_mapping_pattern);
    default: return NULL;
    }
}

static pattern_ty
parse_or_pattern(parser *p)
{
    int first = p->mark, base = p->stack_used;
    pattern_ty item = parse_closed_pattern(p);

    if (item == NULL || next_type(p) != TOK_VBAR) {
        return item;
    }
    if (parser_push(p, item) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_VBAR)) {
        item = parse_closed_pattern(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
    }
    asdl_pattern_seq *patterns = parser_take(p, base);
    return patterns == NULL
               ? NULL : ast_new_MatchOr(patterns, FROM_TOKEN(p, first));
}

static pattern_ty
parse_pattern(parser *p)
{
    int first = p->mark;
    pattern_ty inner = parse_or_pattern(p);

    if (inner == NULL || !take_token(p, KW_AS)) {
        return inner;
    }
    PyObject *name = take_capture(p);
    return name == NULL
               ? NULL : ast_new_MatchAs(inner, name, FROM_TOKEN(p, first));
}

/* What stands between `case` and the guard or colon. */
pattern_ty
parse_patterns(parser *p)
{
    int first = p->mark, base = p->stack_used;
    pattern_ty item = parse_maybe_star_pattern(p);

    if (item == NULL) {
        return NULL;
    }
    if (next_type(p) != TOK_COMMA) {
        return item->kind == MatchStar_kind ? NULL : item;
    }
    if (parser_push(p, item) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_COMMA)) {
        int type = next_type(p);
        if (type == TOK_COLON || type == KW_IF) {
            break;
        }
        item = parse_maybe_star_pattern(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
    }
    asdl_pattern_seq *patterns = parser_take(p, base);
    return patterns == NULL
               ? NULL : ast_new_MatchSequence(patterns, FROM_TOKEN(p, first));
}

/* ---- The statement ------------------------------------------------------ */

static match_case_ty
parse_case(parser *p)
{
    expr_ty guard = NULL;

    p->mark++;
    pattern_ty pattern = parse_patterns(p);
    if (pattern == NULL) {
        return NULL;
    }
    if (take_token(p, KW_IF)) {
        guard = parse_named_expression(p);
        if (guard == NULL) {
            return NULL;
        }
    }
    if (!take_token(p, TOK_COLON)) {
        return NULL;
    }
    asdl_stmt_seq *body = parse_block(p);
    return body == NULL
               ? NULL : ast_new_match_case(pattern, guard, body, p->arena);
}

static expr_ty
parse_subject(parser *p)
{
    int first = p->mark, base = p->stack_used;
    expr_ty e = parse_star_named_expression(p);

    if (e == NULL) {
        return NULL;
    }
    if (next_type(p) != TOK_COMMA) {
        return e->kind == Starred_kind ? NULL : e;
    }
    if (parser_push(p, e) < 0) {
        return NULL;
    }
    while (take_token(p, TOK_COMMA) && next_type(p) != TOK_COLON) {
        e = parse_star_named_expression(p);
        if (e == NULL || parser_push(p, e) < 0) {
            return NULL;
        }
    }
    asdl_expr_seq *items = parser_take(p, base);
    return items == NULL
               ? NULL : ast_new_Tuple(items, Load, FROM_TOKEN(p, first));
}

stmt_ty
parse_match_stmt(parser *p)
{
    int first = p->mark++;
    expr_ty subject = parse_subject(p);

    if (subject == NULL || !take_token(p, TOK_COLON) ||
        !take_token(p, TOK_NEWLINE) || !take_token(p, TOK_INDENT)) {
        return NULL;
    }
    int base = p->stack_used;
    while (next_type(p) == TOK_NAME &&
           token_is(p, &p->tokens[p->mark], "case")) {
        match_case_ty item = parse_case(p);
        if (item == NULL || parser_push(p, item) < 0) {
            return NULL;
        }
    }
    if (p->stack_used == base || !take_token(p, TOK_DEDENT) ||
        parser_check_version(p, 10, "Pattern matching is") < 0) {
        return NULL;
    }
    asdl_match_case_seq *cases = parser_take(p, base);
    return cases == NULL
               ? NULL : ast_new_Match(subject, cases,
                                      FROM_TOKEN_SOLID(p, first));
}
