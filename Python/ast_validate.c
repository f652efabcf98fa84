/* Checks of trees that were made from objects: what the parser guarantees by
 * itself.  Every function returns 0, or -1 with an exception. */

#include "Python.h"

#include "ast.h"
#include "internal/compile.h"

typedef struct {
    int depth, limit;
} validation;

static int check_expr(validation *v, expr_ty e, expr_context_ty context);
static int check_stmts(validation *v, asdl_stmt_seq *stmts);
static int check_pattern(validation *v, pattern_ty pattern, int star_ok);
static int check_exprs(validation *v, asdl_expr_seq *exprs,
                       expr_context_ty context, int null_ok);

/* ---- Small checks ------------------------------------------------------- */

static int
fail(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}

static int
check_positions(int lineno, int col, int end_lineno, int end_col)
{
    if (lineno > end_lineno) {
        PyErr_Format(PyExc_ValueError,
                     "AST node line range (%d, %d) is not valid", lineno,
                     end_lineno);
        return -1;
    }
    if ((lineno < 0 && end_lineno != lineno) ||
        (col < 0 && col != end_col)) {
        PyErr_Format(PyExc_ValueError,
                     "AST node column range (%d, %d) for line range (%d, %d) "
                     "is not valid", col, end_col, lineno, end_lineno);
        return -1;
    }
    if (lineno == end_lineno && col > end_col) {
        PyErr_Format(PyExc_ValueError,
                     "line %d, column %d-%d is not a valid range", lineno,
                     col, end_col);
        return -1;
    }
    return 0;
}

#define POSITIONS(node) \
    (node)->lineno, (node)->col_offset, (node)->end_lineno, \
    (node)->end_col_offset

/* Names of constants are no identifiers. */
static int
check_name(PyObject *name)
{
    static const char *const forbidden[] = {"None", "True", "False"};

    for (size_t i = 0; name != NULL && i < Py_ARRAY_LENGTH(forbidden); i++) {
        if (_PyUnicode_EqualToASCIIString(name, forbidden[i])) {
            PyErr_Format(PyExc_ValueError,
                         "identifier field can't represent '%s' constant",
                         forbidden[i]);
            return -1;
        }
    }
    return 0;
}

static int
check_capture(PyObject *name)
{
    if (_PyUnicode_EqualToASCIIString(name, "_")) {
        return fail("can't capture name '_' in patterns");
    }
    return check_name(name);
}

/* A constant's value, tuples and frozensets with what is in them. */
static int
check_constant(validation *v, PyObject *value)
{
    if (value == Py_None || value == Py_Ellipsis ||
        PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
        PyComplex_CheckExact(value) || PyBool_Check(value) ||
        PyUnicode_CheckExact(value) || PyBytes_CheckExact(value)) {
        return 0;
    }
    if (!PyTuple_CheckExact(value) && !PyFrozenSet_CheckExact(value)) {
        PyErr_Format(PyExc_TypeError, "got an invalid type in Constant: %s",
                     _PyType_Name(Py_TYPE(value)));
        return -1;
    }
    if (compile_recursion_enter(&v->depth, v->limit) < 0) {
        return -1;
    }
    PyObject *iterator = PyObject_GetIter(value), *item;
    int status = iterator == NULL ? -1 : 0;
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = check_constant(v, item);
        Py_DECREF(item);
    }
    Py_XDECREF(iterator);
    v->depth--;
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

static int
check_not_empty(Py_ssize_t size, const char *what, const char *owner)
{
    if (size > 0) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "empty %s on %s", what, owner);
    return -1;
}

static int
check_body(validation *v, asdl_stmt_seq *body, const char *owner)
{
    return check_not_empty(asdl_seq_LEN(body), "body", owner) < 0
               ? -1 : check_stmts(v, body);
}

static int
check_optional(validation *v, expr_ty e)
{
    return e == NULL ? 0 : check_expr(v, e, Load);
}

/* ---- Parameters, arguments, comprehensions ------------------------------ */

static int
check_args(validation *v, asdl_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(args); i++) {
        arg_ty arg = asdl_seq_GET(args, i);
        if (check_positions(POSITIONS(arg)) < 0 ||
            check_optional(v, arg->annotation) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
check_single_arg(validation *v, arg_ty arg)
{
    if (arg == NULL) {
        return 0;
    }
    return check_positions(POSITIONS(arg)) < 0
               ? -1 : check_optional(v, arg->annotation);
}

static int
check_arguments(validation *v, arguments_ty a)
{
    if (check_args(v, a->posonlyargs) < 0 || check_args(v, a->args) < 0 ||
        check_single_arg(v, a->vararg) < 0 ||
        check_args(v, a->kwonlyargs) < 0 ||
        check_single_arg(v, a->kwarg) < 0) {
        return -1;
    }
    if (asdl_seq_LEN(a->defaults) >
        asdl_seq_LEN(a->posonlyargs) + asdl_seq_LEN(a->args)) {
        return fail("more positional defaults than args on arguments");
    }
    if (asdl_seq_LEN(a->kw_defaults) != asdl_seq_LEN(a->kwonlyargs)) {
        return fail("length of kwonlyargs is not the same as kw_defaults on "
                    "arguments");
    }
    return check_exprs(v, a->defaults, Load, 0) < 0
               ? -1 : check_exprs(v, a->kw_defaults, Load, 1);
}

static int
check_keywords(validation *v, asdl_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(keywords); i++) {
        if (check_expr(v, asdl_seq_GET(keywords, i)->value, Load) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
check_generators(validation *v, asdl_comprehension_seq *generators)
{
    if (asdl_seq_LEN(generators) == 0) {
        return fail("comprehension with no generators");
    }
    for (Py_ssize_t i = 0; i < generators->size; i++) {
        comprehension_ty item = asdl_seq_GET(generators, i);
        if (check_expr(v, item->target, Store) < 0 ||
            check_expr(v, item->iter, Load) < 0 ||
            check_exprs(v, item->ifs, Load, 0) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- Expressions -------------------------------------------------------- */

/* The context that an expression carries; 0 if it is of a kind without. */
static expr_context_ty
context_of(expr_ty e)
{
    switch (e->kind) {
    case Attribute_kind: return e->v.Attribute.ctx;
    case Subscript_kind: return e->v.Subscript.ctx;
    case Starred_kind: return e->v.Starred.ctx;
    case Name_kind: return e->v.Name.ctx;
    case List_kind: return e->v.List.ctx;
    case Tuple_kind: return e->v.Tuple.ctx;
    default: return expr_context_NONE;
    }
}

static int
check_context(expr_ty e, expr_context_ty wanted)
{
    static const char *const names[] = {"", "Load", "Store", "Del"};
    expr_context_ty actual = context_of(e);

    if (e->kind == Name_kind && check_name(e->v.Name.id) < 0) {
        return -1;
    }
    if (actual == expr_context_NONE) {
        if (wanted == Load) {
            return 0;
        }
        PyErr_Format(PyExc_ValueError,
                     "expression which can't be assigned to in %s context",
                     names[wanted]);
        return -1;
    }
    if (actual != wanted) {
        PyErr_Format(PyExc_ValueError,
                     "expression must have %s context but has %s instead",
                     names[wanted], names[actual]);
        return -1;
    }
    return 0;
}

static int
check_compare(validation *v, expr_ty e)
{
    if (asdl_seq_LEN(e->v.Compare.comparators) == 0) {
        return fail("Compare with no comparators");
    }
    if (asdl_seq_LEN(e->v.Compare.comparators) !=
        asdl_seq_LEN(e->v.Compare.ops)) {
        return fail("Compare has a different number of comparators and "
                    "operands");
    }
    return check_exprs(v, e->v.Compare.comparators, Load, 0) < 0
               ? -1 : check_expr(v, e->v.Compare.left, Load);
}

static int
check_dict(validation *v, expr_ty e)
{
    if (asdl_seq_LEN(e->v.Dict.keys) != asdl_seq_LEN(e->v.Dict.values)) {
        return fail("Dict doesn't have the same number of keys as values");
    }
    /* NULL keys stand for **. */
    return check_exprs(v, e->v.Dict.keys, Load, 1) < 0
               ? -1 : check_exprs(v, e->v.Dict.values, Load, 0);
}

/* Two or three subexpressions in load context. */
static int
check_loads(validation *v, expr_ty first, expr_ty second, expr_ty third)
{
    if (check_expr(v, first, Load) < 0 || check_expr(v, second, Load) < 0) {
        return -1;
    }
    return check_optional(v, third);
}

static int
check_comprehension(validation *v, asdl_comprehension_seq *generators,
                    expr_ty first, expr_ty second)
{
    return check_generators(v, generators) < 0 ||
                   check_expr(v, first, Load) < 0
               ? -1 : check_optional(v, second);
}

static int
check_call(validation *v, expr_ty e)
{
    return check_expr(v, e->v.Call.func, Load) < 0 ||
                   check_exprs(v, e->v.Call.args, Load, 0) < 0
               ? -1 : check_keywords(v, e->v.Call.keywords);
}

static int
check_expr_fields(validation *v, expr_ty e, expr_context_ty context)
{
    switch (e->kind) {
    case BoolOp_kind:
        if (asdl_seq_LEN(e->v.BoolOp.values) < 2) {
            return fail("BoolOp with less than 2 values");
        }
        return check_exprs(v, e->v.BoolOp.values, Load, 0);
    case BinOp_kind:
        return check_loads(v, e->v.BinOp.left, e->v.BinOp.right, NULL);
    case UnaryOp_kind:
        return check_expr(v, e->v.UnaryOp.operand, Load);
    case Lambda_kind:
        return check_arguments(v, e->v.Lambda.args) < 0
                   ? -1 : check_expr(v, e->v.Lambda.body, Load);
    case IfExp_kind:
        return check_loads(v, e->v.IfExp.test, e->v.IfExp.body,
                           e->v.IfExp.orelse);
    case Dict_kind:
        return check_dict(v, e);
    case Set_kind:
        return check_exprs(v, e->v.Set.elts, Load, 0);
    case ListComp_kind:
        return check_comprehension(v, e->v.ListComp.generators,
                                   e->v.ListComp.elt, NULL);
    case SetComp_kind:
        return check_comprehension(v, e->v.SetComp.generators,
                                   e->v.SetComp.elt, NULL);
    case GeneratorExp_kind:
        return check_comprehension(v, e->v.GeneratorExp.generators,
                                   e->v.GeneratorExp.elt, NULL);
    case DictComp_kind:
        return check_comprehension(v, e->v.DictComp.generators,
                                   e->v.DictComp.key, e->v.DictComp.value);
    case Yield_kind:
        return check_optional(v, e->v.Yield.value);
    case YieldFrom_kind:
        return check_expr(v, e->v.YieldFrom.value, Load);
    case Await_kind:
        return check_expr(v, e->v.Await.value, Load);
    case Compare_kind:
        return check_compare(v, e);
    case Call_kind:
        return check_call(v, e);
    case Constant_kind:
        return check_constant(v, e->v.Constant.value);
    case JoinedStr_kind:
        return check_exprs(v, e->v.JoinedStr.values, Load, 0);
    case FormattedValue_kind:
        return check_expr(v, e->v.FormattedValue.value, Load) < 0
                   ? -1 : check_optional(v, e->v.FormattedValue.format_spec);
    case Attribute_kind:
        return check_expr(v, e->v.Attribute.value, Load);
    case Subscript_kind:
        return check_loads(v, e->v.Subscript.slice, e->v.Subscript.value,
                           NULL);
    case Starred_kind:
        return check_expr(v, e->v.Starred.value, context);
    case Slice_kind:
        return check_optional(v, e->v.Slice.lower) < 0 ||
                       check_optional(v, e->v.Slice.upper) < 0
                   ? -1 : check_optional(v, e->v.Slice.step);
    case List_kind:
        return check_exprs(v, e->v.List.elts, context, 0);
    case Tuple_kind:
        return check_exprs(v, e->v.Tuple.elts, context, 0);
    case NamedExpr_kind:
        return check_expr(v, e->v.NamedExpr.value, Load) < 0
                   ? -1 : check_expr(v, e->v.NamedExpr.target, Store);
    case Name_kind:
        return 0;
    default:
        PyErr_SetString(PyExc_SystemError, "unexpected expression");
        return -1;
    }
}

static int
check_expr(validation *v, expr_ty e, expr_context_ty context)
{
    if (check_positions(POSITIONS(e)) < 0) {
        return -1;
    }
    if (compile_recursion_enter(&v->depth, v->limit) < 0) {
        return -1;
    }
    int status = check_context(e, context) < 0
                     ? -1 : check_expr_fields(v, e, context);
    v->depth--;
    return status;
}

static int
check_exprs(validation *v, asdl_expr_seq *exprs, expr_context_ty context,
            int null_ok)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(exprs); i++) {
        expr_ty e = asdl_seq_GET(exprs, i);
        if (e == NULL) {
            if (!null_ok) {
                return fail("None disallowed in expression list");
            }
            continue;
        }
        if (check_expr(v, e, context) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- Patterns ----------------------------------------------------------- */

static int
fail_pattern_value(void)
{
    return fail("patterns may only match literals and attribute lookups");
}

/* A constant of the kinds that patterns know.  None, True and False have
 * their own node. */
static int
check_pattern_constant(PyObject *value)
{
    if (PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
        PyBytes_CheckExact(value) || PyComplex_CheckExact(value) ||
        PyUnicode_CheckExact(value)) {
        return 0;
    }
    return fail("unexpected constant inside of a literal pattern");
}

static int
is_number_node(expr_ty e, int allow_real, int allow_imaginary)
{
    if (e->kind == UnaryOp_kind && e->v.UnaryOp.op == USub) {
        e = e->v.UnaryOp.operand;
    }
    if (e->kind != Constant_kind) {
        return 0;
    }
    PyObject *value = e->v.Constant.value;
    return (allow_real &&
            (PyFloat_CheckExact(value) || PyLong_CheckExact(value))) ||
           (allow_imaginary && PyComplex_CheckExact(value));
}

/* `1`, `-1`, `1 + 2j`, `"a"`, `a.b`: only as far as constants are concerned;
 * the compiler checks the rest. */
static int
check_pattern_value(validation *v, expr_ty e)
{
    if (check_expr(v, e, Load) < 0) {
        return -1;
    }
    switch (e->kind) {
    case Constant_kind:
        return check_pattern_constant(e->v.Constant.value);
    case Attribute_kind:
        /* Constants and attribute lookups are always permitted. */
        return 0;
    case UnaryOp_kind:
        return is_number_node(e, 1, 1) ? 0 : fail_pattern_value();
    case BinOp_kind:
        return (e->v.BinOp.op == Add || e->v.BinOp.op == Sub) &&
                       is_number_node(e->v.BinOp.left, 1, 0) &&
                       e->v.BinOp.right->kind == Constant_kind &&
                       is_number_node(e->v.BinOp.right, 0, 1)
                   ? 0 : fail_pattern_value();
    case JoinedStr_kind:
        /* The compiler has a better message. */
        return 0;
    default:
        return fail_pattern_value();
    }
}

static int
check_patterns(validation *v, asdl_pattern_seq *patterns, int star_ok)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(patterns); i++) {
        if (check_pattern(v, asdl_seq_GET(patterns, i), star_ok) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
check_mapping_pattern(validation *v, pattern_ty pattern)
{
    asdl_expr_seq *keys = pattern->v.MatchMapping.keys;

    if (asdl_seq_LEN(keys) !=
        asdl_seq_LEN(pattern->v.MatchMapping.patterns)) {
        return fail("MatchMapping doesn't have the same number of keys as "
                    "patterns");
    }
    if (pattern->v.MatchMapping.rest != NULL &&
        check_capture(pattern->v.MatchMapping.rest) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(keys); i++) {
        expr_ty key = asdl_seq_GET(keys, i);
        if (key == NULL) {
            return fail("None disallowed in expression list");
        }
        if (key->kind == Constant_kind) {
            PyObject *value = key->v.Constant.value;
            if (value == Py_None || value == Py_True || value == Py_False) {
                continue;
            }
        }
        if (check_pattern_value(v, key) < 0) {
            return -1;
        }
    }
    return check_patterns(v, pattern->v.MatchMapping.patterns, 0);
}

static int
check_class_pattern(validation *v, pattern_ty pattern)
{
    asdl_identifier_seq *names = pattern->v.MatchClass.kwd_attrs;

    if (asdl_seq_LEN(names) !=
        asdl_seq_LEN(pattern->v.MatchClass.kwd_patterns)) {
        return fail("MatchClass doesn't have the same number of keyword "
                    "attributes as patterns");
    }
    expr_ty class = pattern->v.MatchClass.cls;
    if (check_expr(v, class, Load) < 0) {
        return -1;
    }
    while (class->kind == Attribute_kind) {
        class = class->v.Attribute.value;
    }
    if (class->kind != Name_kind) {
        return fail("MatchClass cls field can only contain Name or Attribute "
                    "nodes.");
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(names); i++) {
        if (check_name(asdl_seq_GET(names, i)) < 0) {
            return -1;
        }
    }
    return check_patterns(v, pattern->v.MatchClass.patterns, 0) < 0
               ? -1 : check_patterns(v, pattern->v.MatchClass.kwd_patterns,
                                     0);
}

static int
check_as_pattern(validation *v, pattern_ty pattern)
{
    if (pattern->v.MatchAs.name != NULL &&
        check_capture(pattern->v.MatchAs.name) < 0) {
        return -1;
    }
    if (pattern->v.MatchAs.pattern == NULL) {
        return 0;
    }
    if (pattern->v.MatchAs.name == NULL) {
        return fail("MatchAs must specify a target name if a pattern is "
                    "given");
    }
    return check_pattern(v, pattern->v.MatchAs.pattern, 0);
}

static int
check_pattern_fields(validation *v, pattern_ty pattern, int star_ok)
{
    switch (pattern->kind) {
    case MatchValue_kind:
        return check_pattern_value(v, pattern->v.MatchValue.value);
    case MatchSingleton_kind: {
        PyObject *value = pattern->v.MatchSingleton.value;
        return value == Py_True || value == Py_False || value == Py_None
                   ? 0 : fail("MatchSingleton can only contain True, False "
                              "and None");
    }
    case MatchSequence_kind:
        return check_patterns(v, pattern->v.MatchSequence.patterns, 1);
    case MatchMapping_kind:
        return check_mapping_pattern(v, pattern);
    case MatchClass_kind:
        return check_class_pattern(v, pattern);
    case MatchStar_kind:
        if (!star_ok) {
            return fail("can't use MatchStar here");
        }
        return pattern->v.MatchStar.name == NULL
                   ? 0 : check_capture(pattern->v.MatchStar.name);
    case MatchAs_kind:
        return check_as_pattern(v, pattern);
    case MatchOr_kind:
        if (asdl_seq_LEN(pattern->v.MatchOr.patterns) < 2) {
            return fail("MatchOr requires at least 2 patterns");
        }
        return check_patterns(v, pattern->v.MatchOr.patterns, 0);
    default:
        PyErr_SetString(PyExc_SystemError, "unexpected pattern");
        return -1;
    }
}

static int
check_pattern(validation *v, pattern_ty pattern, int star_ok)
{
    if (check_positions(POSITIONS(pattern)) < 0) {
        return -1;
    }
    if (compile_recursion_enter(&v->depth, v->limit) < 0) {
        return -1;
    }
    int status = check_pattern_fields(v, pattern, star_ok);
    v->depth--;
    return status;
}

/* ---- Statements --------------------------------------------------------- */

static int
check_targets(validation *v, asdl_expr_seq *targets, const char *owner,
              expr_context_ty context)
{
    return check_not_empty(asdl_seq_LEN(targets), "targets", owner) < 0
               ? -1 : check_exprs(v, targets, context, 0);
}

static int
check_function(validation *v, asdl_stmt_seq *body, arguments_ty args,
               asdl_expr_seq *decorators, expr_ty returns, const char *owner)
{
    return check_body(v, body, owner) < 0 || check_arguments(v, args) < 0 ||
                   check_exprs(v, decorators, Load, 0) < 0
               ? -1 : check_optional(v, returns);
}

static int
check_class(validation *v, stmt_ty s)
{
    return check_body(v, s->v.ClassDef.body, "ClassDef") < 0 ||
                   check_exprs(v, s->v.ClassDef.bases, Load, 0) < 0 ||
                   check_keywords(v, s->v.ClassDef.keywords) < 0
               ? -1 : check_exprs(v, s->v.ClassDef.decorator_list, Load, 0);
}

static int
check_ann_assign(validation *v, stmt_ty s)
{
    if (s->v.AnnAssign.target->kind != Name_kind && s->v.AnnAssign.simple) {
        PyErr_SetString(PyExc_TypeError,
                        "AnnAssign with simple non-Name target");
        return -1;
    }
    return check_expr(v, s->v.AnnAssign.target, Store) < 0 ||
                   check_optional(v, s->v.AnnAssign.value) < 0
               ? -1 : check_expr(v, s->v.AnnAssign.annotation, Load);
}

static int
check_for(validation *v, expr_ty target, expr_ty iter, asdl_stmt_seq *body,
          asdl_stmt_seq *orelse, const char *owner)
{
    return check_expr(v, target, Store) < 0 ||
                   check_expr(v, iter, Load) < 0 ||
                   check_body(v, body, owner) < 0
               ? -1 : check_stmts(v, orelse);
}

static int
check_with(validation *v, asdl_withitem_seq *items, asdl_stmt_seq *body,
           const char *owner)
{
    if (check_not_empty(asdl_seq_LEN(items), "items", owner) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < items->size; i++) {
        withitem_ty item = asdl_seq_GET(items, i);
        if (check_expr(v, item->context_expr, Load) < 0 ||
            (item->optional_vars != NULL &&
             check_expr(v, item->optional_vars, Store) < 0)) {
            return -1;
        }
    }
    return check_body(v, body, owner);
}

static int
check_match(validation *v, stmt_ty s)
{
    asdl_match_case_seq *cases = s->v.Match.cases;

    if (check_expr(v, s->v.Match.subject, Load) < 0 ||
        check_not_empty(asdl_seq_LEN(cases), "cases", "Match") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < cases->size; i++) {
        match_case_ty item = asdl_seq_GET(cases, i);
        if (check_pattern(v, item->pattern, 0) < 0 ||
            check_optional(v, item->guard) < 0 ||
            check_body(v, item->body, "match_case") < 0) {
            return -1;
        }
    }
    return 0;
}

static int
check_raise(validation *v, stmt_ty s)
{
    if (s->v.Raise.exc != NULL) {
        return check_expr(v, s->v.Raise.exc, Load) < 0
                   ? -1 : check_optional(v, s->v.Raise.cause);
    }
    return s->v.Raise.cause == NULL
               ? 0 : fail("Raise with cause but no exception");
}

static int
check_handlers(validation *v, asdl_excepthandler_seq *handlers)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(handlers); i++) {
        excepthandler_ty handler = asdl_seq_GET(handlers, i);
        if (check_positions(POSITIONS(handler)) < 0 ||
            check_optional(v, handler->v.ExceptHandler.type) < 0 ||
            check_body(v, handler->v.ExceptHandler.body,
                       "ExceptHandler") < 0) {
            return -1;
        }
    }
    return 0;
}

static int
check_try(validation *v, asdl_stmt_seq *body,
          asdl_excepthandler_seq *handlers, asdl_stmt_seq *orelse,
          asdl_stmt_seq *finalbody, const char *owner)
{
    if (check_body(v, body, owner) < 0) {
        return -1;
    }
    if (asdl_seq_LEN(handlers) == 0) {
        if (asdl_seq_LEN(finalbody) == 0) {
            PyErr_Format(PyExc_ValueError,
                         "%s has neither except handlers nor finalbody",
                         owner);
            return -1;
        }
        if (asdl_seq_LEN(orelse) > 0) {
            PyErr_Format(PyExc_ValueError,
                         "%s has orelse but no except handlers", owner);
            return -1;
        }
    }
    return check_handlers(v, handlers) < 0 || check_stmts(v, orelse) < 0
               ? -1 : check_stmts(v, finalbody);
}

static int
check_import_from(stmt_ty s)
{
    if (s->v.ImportFrom.level < 0) {
        return fail("Negative ImportFrom level");
    }
    return check_not_empty(asdl_seq_LEN(s->v.ImportFrom.names), "names",
                           "ImportFrom");
}

static int
check_stmt_fields(validation *v, stmt_ty s)
{
    switch (s->kind) {
    case FunctionDef_kind:
        return check_function(v, s->v.FunctionDef.body,
                              s->v.FunctionDef.args,
                              s->v.FunctionDef.decorator_list,
                              s->v.FunctionDef.returns, "FunctionDef");
    case AsyncFunctionDef_kind:
        return check_function(v, s->v.AsyncFunctionDef.body,
                              s->v.AsyncFunctionDef.args,
                              s->v.AsyncFunctionDef.decorator_list,
                              s->v.AsyncFunctionDef.returns,
                              "AsyncFunctionDef");
    case ClassDef_kind:
        return check_class(v, s);
    case Return_kind:
        return check_optional(v, s->v.Return.value);
    case Delete_kind:
        return check_targets(v, s->v.Delete.targets, "Delete", Del);
    case Assign_kind:
        return check_targets(v, s->v.Assign.targets, "Assign", Store) < 0
                   ? -1 : check_expr(v, s->v.Assign.value, Load);
    case AugAssign_kind:
        return check_expr(v, s->v.AugAssign.target, Store) < 0
                   ? -1 : check_expr(v, s->v.AugAssign.value, Load);
    case AnnAssign_kind:
        return check_ann_assign(v, s);
    case For_kind:
        return check_for(v, s->v.For.target, s->v.For.iter, s->v.For.body,
                         s->v.For.orelse, "For");
    case AsyncFor_kind:
        return check_for(v, s->v.AsyncFor.target, s->v.AsyncFor.iter,
                         s->v.AsyncFor.body, s->v.AsyncFor.orelse,
                         "AsyncFor");
    case While_kind:
        return check_expr(v, s->v.While.test, Load) < 0 ||
                       check_body(v, s->v.While.body, "While") < 0
                   ? -1 : check_stmts(v, s->v.While.orelse);
    case If_kind:
        return check_expr(v, s->v.If.test, Load) < 0 ||
                       check_body(v, s->v.If.body, "If") < 0
                   ? -1 : check_stmts(v, s->v.If.orelse);
    case With_kind:
        return check_with(v, s->v.With.items, s->v.With.body, "With");
    case AsyncWith_kind:
        return check_with(v, s->v.AsyncWith.items, s->v.AsyncWith.body,
                          "AsyncWith");
    case Match_kind:
        return check_match(v, s);
    case Raise_kind:
        return check_raise(v, s);
    case Try_kind:
        return check_try(v, s->v.Try.body, s->v.Try.handlers,
                         s->v.Try.orelse, s->v.Try.finalbody, "Try");
    case TryStar_kind:
        return check_try(v, s->v.TryStar.body, s->v.TryStar.handlers,
                         s->v.TryStar.orelse, s->v.TryStar.finalbody,
                         "TryStar");
    case Assert_kind:
        return check_expr(v, s->v.Assert.test, Load) < 0
                   ? -1 : check_optional(v, s->v.Assert.msg);
    case Import_kind:
        return check_not_empty(asdl_seq_LEN(s->v.Import.names), "names",
                               "Import");
    case ImportFrom_kind:
        return check_import_from(s);
    case Global_kind:
        return check_not_empty(asdl_seq_LEN(s->v.Global.names), "names",
                               "Global");
    case Nonlocal_kind:
        return check_not_empty(asdl_seq_LEN(s->v.Nonlocal.names), "names",
                               "Nonlocal");
    case Expr_kind:
        return check_expr(v, s->v.Expr.value, Load);
    case Pass_kind: case Break_kind: case Continue_kind:
        return 0;
    default:
        PyErr_SetString(PyExc_SystemError, "unexpected statement");
        return -1;
    }
}

static int
check_stmts(validation *v, asdl_stmt_seq *stmts)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(stmts); i++) {
        stmt_ty s = asdl_seq_GET(stmts, i);
        if (s == NULL) {
            return fail("None disallowed in statement list");
        }
        if (check_positions(POSITIONS(s)) < 0) {
            return -1;
        }
        if (compile_recursion_enter(&v->depth, v->limit) < 0) {
            return -1;
        }
        int status = check_stmt_fields(v, s);
        v->depth--;
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
ast_validate(mod_ty mod)
{
    validation v;

    compile_recursion_budget(&v.depth, &v.limit);
    switch (mod->kind) {
    case Module_kind:
        return check_stmts(&v, mod->v.Module.body);
    case Interactive_kind:
        return check_stmts(&v, mod->v.Interactive.body);
    case Expression_kind:
        return check_expr(&v, mod->v.Expression.body, Load);
    default:
        PyErr_SetString(PyExc_SystemError, "impossible module node");
        return -1;
    }
}
