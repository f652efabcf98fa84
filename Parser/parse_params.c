/* Parameters of functions and lambdas (PEP 570, PEP 3102, PEP 646). */

#include "Python.h"

#include "parse.h"

/* What has been parsed so far. */
typedef struct {
    int is_lambda, closer;
    asdl_arg_seq *posonly;
    asdl_arg_seq *args;
    int base;                  /* names pushed since: not yet in a sequence */
    expr_ty *defaults;         /* in the arena */
    Py_ssize_t default_count, default_capacity;
    arg_ty vararg, kwarg;
} parameters;

static int
add_default(parser *p, parameters *params, expr_ty value)
{
    if (params->default_count == params->default_capacity) {
        Py_ssize_t capacity = params->default_capacity * 2 + 8;
        expr_ty *larger = _PyArena_Malloc(
            p->arena, sizeof(expr_ty) * (size_t)capacity);
        if (larger == NULL) {
            return -1;
        }
        if (params->default_count > 0) {
            memcpy(larger, params->defaults,
                   sizeof(expr_ty) * (size_t)params->default_count);
        }
        params->defaults = larger;
        params->default_capacity = capacity;
    }
    params->defaults[params->default_count++] = value;
    return 0;
}

/* NAME [':' annotation]; with `star_annotation` the annotation may be
 * `*Ts`. */
static arg_ty
parse_parameter(parser *p, const parameters *params, int star_annotation)
{
    int first = p->mark;
    expr_ty annotation = NULL;

    if (next_type(p) != TOK_NAME) {
        return NULL;
    }
    PyObject *name = parser_identifier(p, &p->tokens[first]);
    if (name == NULL) {
        return NULL;
    }
    p->mark++;
    if (!params->is_lambda && take_token(p, TOK_COLON)) {
        if (star_annotation && next_type(p) == TOK_STAR) {
            int star = p->mark++;
            expr_ty value = parse_bitwise_or(p);
            annotation = value == NULL
                             ? NULL : ast_new_Starred(value, Load,
                                                      FROM_TOKEN(p, star));
        }
        else {
            annotation = parse_expression(p);
        }
        if (annotation == NULL) {
            return NULL;
        }
    }
    return ast_new_arg(name, annotation, NULL, FROM_TOKEN(p, first));
}

/* After a parameter: the comma (returns 1) or the end (0); -1 on failure.  A
 * type comment goes to `arg`. */
static int
finish_parameter(parser *p, const parameters *params, arg_ty arg)
{
    int comma = take_token(p, TOK_COMMA);

    if (!params->is_lambda && next_type(p) == TOK_TYPE_COMMENT &&
        parse_type_comment(p, &arg->type_comment) < 0) {
        return -1;
    }
    if (!comma && next_type(p) != params->closer) {
        return -1;
    }
    return comma;
}

/* The default, if there is one: 1, 0, -1. */
static int
parse_default(parser *p, expr_ty *value)
{
    *value = NULL;
    if (!take_token(p, TOK_EQUAL)) {
        return 0;
    }
    *value = parse_expression(p);
    return *value == NULL ? -1 : 1;
}

/* After `**`. */
static int
parse_kwarg(parser *p, parameters *params)
{
    params->kwarg = parse_parameter(p, params, 0);
    if (params->kwarg == NULL ||
        finish_parameter(p, params, params->kwarg) < 0) {
        return -1;
    }
    return next_type(p) == params->closer ? 0 : -1;
}

/* After `*`: the rest of the parameters.  Pushes pairs of keyword-only
 * parameter and default. */
static int
parse_after_star(parser *p, parameters *params)
{
    int more;

    if (take_token(p, TOK_COMMA)) {
        /* A bare star must be followed by a name. */
        if (next_type(p) != TOK_NAME) {
            return -1;
        }
        more = 1;
    }
    else {
        params->vararg = parse_parameter(p, params, 1);
        if (params->vararg == NULL) {
            return -1;
        }
        more = finish_parameter(p, params, params->vararg);
    }
    while (more > 0 && next_type(p) == TOK_NAME) {
        expr_ty value;
        arg_ty arg = parse_parameter(p, params, 0);
        if (arg == NULL || parse_default(p, &value) < 0) {
            return -1;
        }
        more = finish_parameter(p, params, arg);
        if (parser_push(p, arg) < 0 || parser_push(p, value) < 0) {
            return -1;
        }
    }
    if (more < 0) {
        return -1;
    }
    if (more && take_token(p, TOK_DOUBLESTAR)) {
        return parse_kwarg(p, params);
    }
    return next_type(p) == params->closer ? 0 : -1;
}

/* The parameters before any star, with the `/` among them.  Returns 1 if
 * more may follow, 0 at the end, -1 on failure. */
static int
parse_plain_parameters(parser *p, parameters *params)
{
    int more = 1;

    while (more) {
        int type = next_type(p);
        if (type == TOK_SLASH) {
            if (params->posonly != NULL || p->stack_used == params->base) {
                return -1;
            }
            p->mark++;
            params->posonly = parser_take(p, params->base);
            if (params->posonly == NULL) {
                return -1;
            }
            more = take_token(p, TOK_COMMA);
            if (!more && next_type(p) != params->closer) {
                return -1;
            }
            continue;
        }
        if (type != TOK_NAME) {
            return 1;
        }
        expr_ty value;
        arg_ty arg = parse_parameter(p, params, 0);
        if (arg == NULL) {
            return -1;
        }
        int has_default = parse_default(p, &value);
        if (has_default < 0 ||
            (has_default && add_default(p, params, value) < 0) ||
            (!has_default && params->default_count > 0)) {
            return -1;
        }
        more = finish_parameter(p, params, arg);
        if (more < 0 || parser_push(p, arg) < 0) {
            return -1;
        }
    }
    return more;
}

static arguments_ty
make_arguments(parser *p, parameters *params, int keyword_base)
{
    int count = (p->stack_used - keyword_base) / 2;
    asdl_arg_seq *kwonly = asdl_arg_seq_new(count, p->arena);
    asdl_expr_seq *kw_defaults = asdl_expr_seq_new(count, p->arena);
    asdl_expr_seq *defaults = asdl_expr_seq_new(params->default_count,
                                                p->arena);

    if (params->posonly == NULL) {
        params->posonly = asdl_arg_seq_new(0, p->arena);
    }
    else if (next_type(p) < 0 ||
             parser_check_version(p, 8,
                                  "Positional-only parameters are") < 0) {
        return NULL;
    }
    if (kwonly == NULL || kw_defaults == NULL || defaults == NULL ||
        params->posonly == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        kwonly->elements[i] = p->stack[keyword_base + 2 * i];
        kw_defaults->elements[i] = p->stack[keyword_base + 2 * i + 1];
    }
    for (Py_ssize_t i = 0; i < params->default_count; i++) {
        defaults->elements[i] = params->defaults[i];
    }
    p->stack_used = keyword_base;
    return ast_new_arguments(params->posonly, params->args, params->vararg,
                             kwonly, kw_defaults, params->kwarg, defaults,
                             p->arena);
}

arguments_ty
parse_parameters(parser *p, int is_lambda)
{
    parameters params = {.is_lambda = is_lambda,
                         .closer = is_lambda ? TOK_COLON : TOK_RPAR,
                         .base = p->stack_used};

    int more = parse_plain_parameters(p, &params);
    if (more < 0) {
        return NULL;
    }
    params.args = parser_take(p, params.base);
    if (params.args == NULL) {
        return NULL;
    }
    int keyword_base = p->stack_used;
    if (more && take_token(p, TOK_STAR)) {
        if (parse_after_star(p, &params) < 0) {
            return NULL;
        }
    }
    else if (more && take_token(p, TOK_DOUBLESTAR)) {
        if (parse_kwarg(p, &params) < 0) {
            return NULL;
        }
    }
    return make_arguments(p, &params, keyword_base);
}
