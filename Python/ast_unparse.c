/* Expressions back to source text, for annotations under
 * `from __future__ import annotations` (PEP 563).  Parentheses are set where
 * the precedence of the surroundings asks for them. */

#include "Python.h"

#include "ast.h"

#include <float.h>

/* How tightly the surroundings bind. */
enum precedence {
    PR_TUPLE,
    PR_TEST,                      /* if-else, lambda */
    PR_OR, PR_AND, PR_NOT, PR_CMP,
    PR_EXPR,
    PR_BOR = PR_EXPR, PR_BXOR, PR_BAND, PR_SHIFT, PR_ARITH, PR_TERM,
    PR_FACTOR, PR_POWER, PR_AWAIT, PR_ATOM,
};

/* Every writing function returns 0, or -1 with an exception. */
static int write_expr(_PyUnicodeWriter *w, expr_ty e, int level);
static int write_fstring(_PyUnicodeWriter *w, expr_ty e, int is_spec);

static int
put(_PyUnicodeWriter *w, const char *text)
{
    return _PyUnicodeWriter_WriteASCIIString(w, text, -1);
}

/* Steals `text`, which may be NULL: failure. */
static int
put_owned(_PyUnicodeWriter *w, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    int status = _PyUnicodeWriter_WriteStr(w, text);
    Py_DECREF(text);
    return status;
}

static int
put_if(_PyUnicodeWriter *w, int condition, const char *text)
{
    return condition ? put(w, text) : 0;
}

/* Items with ", " between. */
static int
write_list(_PyUnicodeWriter *w, asdl_expr_seq *items, int level)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(items); i++) {
        if (put_if(w, i > 0, ", ") < 0 ||
            write_expr(w, asdl_seq_GET(items, i), level) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- Operators ---------------------------------------------------------- */

static int
write_bool_op(_PyUnicodeWriter *w, expr_ty e, int level)
{
    int is_and = e->v.BoolOp.op == And;
    int own = is_and ? PR_AND : PR_OR;
    asdl_expr_seq *values = e->v.BoolOp.values;

    if (put_if(w, level > own, "(") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(values); i++) {
        if (put_if(w, i > 0, is_and ? " and " : " or ") < 0 ||
            write_expr(w, asdl_seq_GET(values, i), own + 1) < 0) {
            return -1;
        }
    }
    return put_if(w, level > own, ")");
}

static int
write_bin_op(_PyUnicodeWriter *w, expr_ty e, int level)
{
    static const struct { const char *text; int level; } operators[] = {
        [Add] = {" + ", PR_ARITH}, [Sub] = {" - ", PR_ARITH},
        [Mult] = {" * ", PR_TERM}, [MatMult] = {" @ ", PR_TERM},
        [Div] = {" / ", PR_TERM}, [Mod] = {" % ", PR_TERM},
        [LShift] = {" << ", PR_SHIFT}, [RShift] = {" >> ", PR_SHIFT},
        [BitOr] = {" | ", PR_BOR}, [BitXor] = {" ^ ", PR_BXOR},
        [BitAnd] = {" & ", PR_BAND}, [FloorDiv] = {" // ", PR_TERM},
        [Pow] = {" ** ", PR_POWER},
    };
    operator_ty op = e->v.BinOp.op;
    int own = operators[op].level, right_to_left = op == Pow;

    if (put_if(w, level > own, "(") < 0 ||
        write_expr(w, e->v.BinOp.left, own + right_to_left) < 0 ||
        put(w, operators[op].text) < 0 ||
        write_expr(w, e->v.BinOp.right, own + !right_to_left) < 0) {
        return -1;
    }
    return put_if(w, level > own, ")");
}

static int
write_unary_op(_PyUnicodeWriter *w, expr_ty e, int level)
{
    static const struct { const char *text; int level; } operators[] = {
        [Invert] = {"~", PR_FACTOR}, [Not] = {"not ", PR_NOT},
        [UAdd] = {"+", PR_FACTOR}, [USub] = {"-", PR_FACTOR},
    };
    unaryop_ty op = e->v.UnaryOp.op;
    int own = operators[op].level;

    if (put_if(w, level > own, "(") < 0 || put(w, operators[op].text) < 0 ||
        write_expr(w, e->v.UnaryOp.operand, own) < 0) {
        return -1;
    }
    return put_if(w, level > own, ")");
}

static int
write_compare(_PyUnicodeWriter *w, expr_ty e, int level)
{
    static const char *const operators[] = {
        [Eq] = " == ", [NotEq] = " != ", [Lt] = " < ", [LtE] = " <= ",
        [Gt] = " > ", [GtE] = " >= ", [Is] = " is ", [IsNot] = " is not ",
        [In] = " in ", [NotIn] = " not in ",
    };

    if (put_if(w, level > PR_CMP, "(") < 0 ||
        write_expr(w, e->v.Compare.left, PR_CMP + 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(e->v.Compare.ops); i++) {
        if (put(w, operators[asdl_seq_GET(e->v.Compare.ops, i)]) < 0 ||
            write_expr(w, asdl_seq_GET(e->v.Compare.comparators, i),
                       PR_CMP + 1) < 0) {
            return -1;
        }
    }
    return put_if(w, level > PR_CMP, ")");
}

static int
write_if_exp(_PyUnicodeWriter *w, expr_ty e, int level)
{
    if (put_if(w, level > PR_TEST, "(") < 0 ||
        write_expr(w, e->v.IfExp.body, PR_TEST + 1) < 0 ||
        put(w, " if ") < 0 ||
        write_expr(w, e->v.IfExp.test, PR_TEST + 1) < 0 ||
        put(w, " else ") < 0 ||
        write_expr(w, e->v.IfExp.orelse, PR_TEST) < 0) {
        return -1;
    }
    return put_if(w, level > PR_TEST, ")");
}

/* ---- Lambdas ------------------------------------------------------------ */

static int
write_parameter(_PyUnicodeWriter *w, int *first, const char *stars,
                arg_ty arg, expr_ty default_value)
{
    if (put_if(w, !*first, ", ") < 0 || put(w, stars) < 0) {
        return -1;
    }
    *first = 0;
    if (arg != NULL && _PyUnicodeWriter_WriteStr(w, arg->arg) < 0) {
        return -1;
    }
    if (default_value == NULL) {
        return 0;
    }
    return put(w, "=") < 0 ? -1 : write_expr(w, default_value, PR_TEST);
}

static int
write_positional(_PyUnicodeWriter *w, arguments_ty a, int *first)
{
    Py_ssize_t posonly = asdl_seq_LEN(a->posonlyargs);
    Py_ssize_t count = posonly + asdl_seq_LEN(a->args);
    Py_ssize_t without = count - asdl_seq_LEN(a->defaults);

    for (Py_ssize_t i = 0; i < count; i++) {
        arg_ty arg = i < posonly ? asdl_seq_GET(a->posonlyargs, i)
                                 : asdl_seq_GET(a->args, i - posonly);
        expr_ty value = i < without ? NULL
                                    : asdl_seq_GET(a->defaults, i - without);
        if (write_parameter(w, first, "", arg, value) < 0) {
            return -1;
        }
        if (posonly > 0 && i + 1 == posonly && put(w, ", /") < 0) {
            return -1;
        }
    }
    return 0;
}

static int
write_parameters(_PyUnicodeWriter *w, arguments_ty a)
{
    int first = 1;

    if (write_positional(w, a, &first) < 0) {
        return -1;
    }
    if ((a->vararg != NULL || asdl_seq_LEN(a->kwonlyargs) > 0) &&
        write_parameter(w, &first, "*", a->vararg, NULL) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(a->kwonlyargs); i++) {
        if (write_parameter(w, &first, "", asdl_seq_GET(a->kwonlyargs, i),
                            asdl_seq_GET(a->kw_defaults, i)) < 0) {
            return -1;
        }
    }
    return a->kwarg == NULL
               ? 0 : write_parameter(w, &first, "**", a->kwarg, NULL);
}

static int
write_lambda(_PyUnicodeWriter *w, expr_ty e, int level)
{
    arguments_ty a = e->v.Lambda.args;
    int has_parameters = asdl_seq_LEN(a->args) || asdl_seq_LEN(a->posonlyargs)
                         || a->vararg != NULL || a->kwarg != NULL ||
                         asdl_seq_LEN(a->kwonlyargs);

    if (put_if(w, level > PR_TEST, "(") < 0 ||
        put(w, has_parameters ? "lambda " : "lambda") < 0 ||
        write_parameters(w, a) < 0 || put(w, ": ") < 0 ||
        write_expr(w, e->v.Lambda.body, PR_TEST) < 0) {
        return -1;
    }
    return put_if(w, level > PR_TEST, ")");
}

/* ---- Displays and comprehensions ---------------------------------------- */

static int
write_dict(_PyUnicodeWriter *w, expr_ty e)
{
    if (put(w, "{") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(e->v.Dict.values); i++) {
        expr_ty key = asdl_seq_GET(e->v.Dict.keys, i);
        expr_ty value = asdl_seq_GET(e->v.Dict.values, i);
        if (put_if(w, i > 0, ", ") < 0) {
            return -1;
        }
        int status = key != NULL
            ? (write_expr(w, key, PR_TEST) < 0 || put(w, ": ") < 0 ||
               write_expr(w, value, PR_TEST) < 0)
            : (put(w, "**") < 0 || write_expr(w, value, PR_EXPR) < 0);
        if (status) {
            return -1;
        }
    }
    return put(w, "}");
}

static int
write_bracketed(_PyUnicodeWriter *w, const char *open, asdl_expr_seq *items,
                const char *close)
{
    return put(w, open) < 0 || write_list(w, items, PR_TEST) < 0
               ? -1 : put(w, close);
}

static int
write_tuple(_PyUnicodeWriter *w, expr_ty e, int level)
{
    asdl_expr_seq *items = e->v.Tuple.elts;

    if (asdl_seq_LEN(items) == 0) {
        return put(w, "()");
    }
    if (put_if(w, level > PR_TUPLE, "(") < 0 ||
        write_list(w, items, PR_TEST) < 0 ||
        put_if(w, asdl_seq_LEN(items) == 1, ",") < 0) {
        return -1;
    }
    return put_if(w, level > PR_TUPLE, ")");
}

static int
write_generators(_PyUnicodeWriter *w, asdl_comprehension_seq *generators)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(generators); i++) {
        comprehension_ty item = asdl_seq_GET(generators, i);
        if (put(w, item->is_async ? " async for " : " for ") < 0 ||
            write_expr(w, item->target, PR_TUPLE) < 0 ||
            put(w, " in ") < 0 ||
            write_expr(w, item->iter, PR_TEST + 1) < 0) {
            return -1;
        }
        for (Py_ssize_t k = 0; k < asdl_seq_LEN(item->ifs); k++) {
            if (put(w, " if ") < 0 ||
                write_expr(w, asdl_seq_GET(item->ifs, k), PR_TEST + 1) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* `value` only for dictionaries. */
static int
write_comprehension(_PyUnicodeWriter *w, const char *open, expr_ty element,
                    expr_ty value, asdl_comprehension_seq *generators,
                    const char *close)
{
    if (put(w, open) < 0 || write_expr(w, element, PR_TEST) < 0) {
        return -1;
    }
    if (value != NULL &&
        (put(w, ": ") < 0 || write_expr(w, value, PR_TEST) < 0)) {
        return -1;
    }
    return write_generators(w, generators) < 0 ? -1 : put(w, close);
}

/* ---- Primaries ---------------------------------------------------------- */

static int
write_call(_PyUnicodeWriter *w, expr_ty e)
{
    asdl_expr_seq *args = e->v.Call.args;
    asdl_keyword_seq *keywords = e->v.Call.keywords;
    int first = 1;

    if (write_expr(w, e->v.Call.func, PR_ATOM) < 0) {
        return -1;
    }
    /* A sole generator expression brings its parentheses. */
    if (asdl_seq_LEN(args) == 1 && asdl_seq_LEN(keywords) == 0 &&
        asdl_seq_GET(args, 0)->kind == GeneratorExp_kind) {
        return write_expr(w, asdl_seq_GET(args, 0), PR_TEST);
    }
    if (put(w, "(") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(args); i++, first = 0) {
        if (put_if(w, !first, ", ") < 0 ||
            write_expr(w, asdl_seq_GET(args, i), PR_TEST) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(keywords); i++, first = 0) {
        keyword_ty keyword = asdl_seq_GET(keywords, i);
        int status = put_if(w, !first, ", ");
        if (status == 0 && keyword->arg == NULL) {
            status = put(w, "**");
        }
        else if (status == 0) {
            status = _PyUnicodeWriter_WriteStr(w, keyword->arg) < 0
                         ? -1 : put(w, "=");
        }
        if (status < 0 || write_expr(w, keyword->value, PR_TEST) < 0) {
            return -1;
        }
    }
    return put(w, ")");
}

static int
write_attribute(_PyUnicodeWriter *w, expr_ty e)
{
    expr_ty value = e->v.Attribute.value;

    if (write_expr(w, value, PR_ATOM) < 0) {
        return -1;
    }
    /* `1 .real`: without the space the point belongs to the number. */
    int is_integer = value->kind == Constant_kind &&
                     PyLong_CheckExact(value->v.Constant.value);
    return put(w, is_integer ? " ." : ".") < 0
               ? -1 : _PyUnicodeWriter_WriteStr(w, e->v.Attribute.attr);
}

static int
write_slice(_PyUnicodeWriter *w, expr_ty e)
{
    if (e->v.Slice.lower != NULL &&
        write_expr(w, e->v.Slice.lower, PR_TEST) < 0) {
        return -1;
    }
    if (put(w, ":") < 0) {
        return -1;
    }
    if (e->v.Slice.upper != NULL &&
        write_expr(w, e->v.Slice.upper, PR_TEST) < 0) {
        return -1;
    }
    if (e->v.Slice.step == NULL) {
        return 0;
    }
    return put(w, ":") < 0 ? -1 : write_expr(w, e->v.Slice.step, PR_TEST);
}

static int
write_subscript(_PyUnicodeWriter *w, expr_ty e)
{
    return write_expr(w, e->v.Subscript.value, PR_ATOM) < 0 ||
                   put(w, "[") < 0 ||
                   write_expr(w, e->v.Subscript.slice, PR_TUPLE) < 0
               ? -1 : put(w, "]");
}

static int
write_yield(_PyUnicodeWriter *w, expr_ty e)
{
    if (e->v.Yield.value == NULL) {
        return put(w, "(yield)");
    }
    return put(w, "(yield ") < 0 ||
                   write_expr(w, e->v.Yield.value, PR_TEST) < 0
               ? -1 : put(w, ")");
}

static int
write_await(_PyUnicodeWriter *w, expr_ty e, int level)
{
    if (put_if(w, level > PR_AWAIT, "(") < 0 || put(w, "await ") < 0 ||
        write_expr(w, e->v.Await.value, PR_ATOM) < 0) {
        return -1;
    }
    return put_if(w, level > PR_AWAIT, ")");
}

static int
write_named(_PyUnicodeWriter *w, expr_ty e, int level)
{
    if (put_if(w, level > PR_TUPLE, "(") < 0 ||
        write_expr(w, e->v.NamedExpr.target, PR_ATOM) < 0 ||
        put(w, " := ") < 0 ||
        write_expr(w, e->v.NamedExpr.value, PR_ATOM) < 0) {
        return -1;
    }
    return put_if(w, level > PR_TUPLE, ")");
}

/* ---- Constants and f-strings -------------------------------------------- */

/* The value as repr() shows it; infinity as a number that overflows. */
static int
write_repr(_PyUnicodeWriter *w, PyObject *value)
{
    PyObject *text = PyObject_Repr(value);

    if (text != NULL && ((PyFloat_CheckExact(value) &&
                          Py_IS_INFINITY(PyFloat_AS_DOUBLE(value))) ||
                         PyComplex_CheckExact(value))) {
        PyObject *huge = PyUnicode_FromFormat("1e%d", DBL_MAX_10_EXP + 1);
        PyObject *inf = PyUnicode_FromString("inf");
        if (huge != NULL && inf != NULL) {
            Py_SETREF(text, PyUnicode_Replace(text, inf, huge, -1));
        }
        else {
            Py_CLEAR(text);
        }
        Py_XDECREF(huge);
        Py_XDECREF(inf);
    }
    return put_owned(w, text);
}

static int
write_constant(_PyUnicodeWriter *w, expr_ty e)
{
    PyObject *value = e->v.Constant.value;

    if (PyTuple_CheckExact(value)) {
        Py_ssize_t size = PyTuple_GET_SIZE(value);
        if (put(w, "(") < 0) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < size; i++) {
            if (put_if(w, i > 0, ", ") < 0 ||
                write_repr(w, PyTuple_GET_ITEM(value, i)) < 0) {
                return -1;
            }
        }
        return put(w, size == 1 ? ",)" : ")");
    }
    if (value == Py_Ellipsis) {
        return put(w, "...");
    }
    if (e->v.Constant.kind != NULL &&
        _PyUnicodeWriter_WriteStr(w, e->v.Constant.kind) < 0) {
        return -1;
    }
    return write_repr(w, value);
}

/* Text between fields: braces are doubled. */
static PyObject *
escape_braces(PyObject *text)
{
    PyObject *result = Py_NewRef(text);
    static const char *const pairs[][2] = {{"{", "{{"}, {"}", "}}"}};

    for (int i = 0; result != NULL && i < 2; i++) {
        PyObject *from = PyUnicode_FromString(pairs[i][0]);
        PyObject *to = PyUnicode_FromString(pairs[i][1]);
        if (from == NULL || to == NULL) {
            Py_CLEAR(result);
        }
        else {
            Py_SETREF(result, PyUnicode_Replace(result, from, to, -1));
        }
        Py_XDECREF(from);
        Py_XDECREF(to);
    }
    return result;
}

/* The text of an expression by itself.  New str. */
static PyObject *
expr_as_text(expr_ty e, int level)
{
    _PyUnicodeWriter w;

    _PyUnicodeWriter_Init(&w);
    w.min_length = 256;
    w.overallocate = 1;
    if (write_expr(&w, e, level) < 0) {
        _PyUnicodeWriter_Dealloc(&w);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&w);
}

static int
write_field(_PyUnicodeWriter *w, expr_ty e)
{
    PyObject *text = expr_as_text(e->v.FormattedValue.value, PR_TEST + 1);

    if (text == NULL) {
        return -1;
    }
    /* A brace right behind the opening one would double it. */
    int starts_with_brace = PyUnicode_GET_LENGTH(text) > 0 &&
                            PyUnicode_READ_CHAR(text, 0) == '{';
    if (put(w, starts_with_brace ? "{ " : "{") < 0) {
        Py_DECREF(text);
        return -1;
    }
    if (put_owned(w, text) < 0) {
        return -1;
    }
    int conversion = e->v.FormattedValue.conversion;
    if (conversion > 0) {
        char mark[3] = {'!', (char)conversion, '\0'};
        if (conversion != 'a' && conversion != 'r' && conversion != 's') {
            PyErr_SetString(PyExc_SystemError,
                            "unknown f-value conversion kind");
            return -1;
        }
        if (put(w, mark) < 0) {
            return -1;
        }
    }
    if (e->v.FormattedValue.format_spec != NULL &&
        (put(w, ":") < 0 ||
         write_fstring(w, e->v.FormattedValue.format_spec, 1) < 0)) {
        return -1;
    }
    return put(w, "}");
}

/* One part of an f-string. */
static int
write_part(_PyUnicodeWriter *w, expr_ty e, int is_spec)
{
    switch (e->kind) {
    case Constant_kind:
        return put_owned(w, escape_braces(e->v.Constant.value));
    case JoinedStr_kind:
        return write_fstring(w, e, is_spec);
    case FormattedValue_kind:
        return write_field(w, e);
    default:
        PyErr_SetString(PyExc_SystemError,
                        "unknown expression kind inside f-string");
        return -1;
    }
}

/* A format specification is written as it is, a string as a literal. */
static int
write_fstring(_PyUnicodeWriter *w, expr_ty e, int is_spec)
{
    _PyUnicodeWriter body;

    if (e->kind != JoinedStr_kind) {
        return write_part(w, e, is_spec);
    }
    _PyUnicodeWriter_Init(&body);
    body.min_length = 256;
    body.overallocate = 1;
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(e->v.JoinedStr.values); i++) {
        if (write_part(&body, asdl_seq_GET(e->v.JoinedStr.values, i),
                       is_spec) < 0) {
            _PyUnicodeWriter_Dealloc(&body);
            return -1;
        }
    }
    PyObject *text = _PyUnicodeWriter_Finish(&body);
    if (text == NULL) {
        return -1;
    }
    if (is_spec) {
        return put_owned(w, text);
    }
    if (put(w, "f") < 0) {
        Py_DECREF(text);
        return -1;
    }
    PyObject *literal = PyObject_Repr(text);
    Py_DECREF(text);
    return put_owned(w, literal);
}

/* A FormattedValue by itself is an f-string too. */
static int
write_lone_field(_PyUnicodeWriter *w, expr_ty e)
{
    _PyUnicodeWriter body;

    _PyUnicodeWriter_Init(&body);
    body.min_length = 256;
    body.overallocate = 1;
    if (write_field(&body, e) < 0) {
        _PyUnicodeWriter_Dealloc(&body);
        return -1;
    }
    PyObject *text = _PyUnicodeWriter_Finish(&body);
    PyObject *literal = text == NULL ? NULL : PyObject_Repr(text);
    Py_XDECREF(text);
    if (literal == NULL || put(w, "f") < 0) {
        Py_XDECREF(literal);
        return -1;
    }
    return put_owned(w, literal);
}

/* ---- Expressions -------------------------------------------------------- */

static int
write_expr_kind(_PyUnicodeWriter *w, expr_ty e, int level)
{
    switch (e->kind) {
    case BoolOp_kind: return write_bool_op(w, e, level);
    case BinOp_kind: return write_bin_op(w, e, level);
    case UnaryOp_kind: return write_unary_op(w, e, level);
    case Lambda_kind: return write_lambda(w, e, level);
    case IfExp_kind: return write_if_exp(w, e, level);
    case Dict_kind: return write_dict(w, e);
    case Set_kind: return write_bracketed(w, "{", e->v.Set.elts, "}");
    case GeneratorExp_kind:
        return write_comprehension(w, "(", e->v.GeneratorExp.elt, NULL,
                                   e->v.GeneratorExp.generators, ")");
    case ListComp_kind:
        return write_comprehension(w, "[", e->v.ListComp.elt, NULL,
                                   e->v.ListComp.generators, "]");
    case SetComp_kind:
        return write_comprehension(w, "{", e->v.SetComp.elt, NULL,
                                   e->v.SetComp.generators, "}");
    case DictComp_kind:
        return write_comprehension(w, "{", e->v.DictComp.key,
                                   e->v.DictComp.value,
                                   e->v.DictComp.generators, "}");
    case Yield_kind: return write_yield(w, e);
    case YieldFrom_kind:
        return put(w, "(yield from ") < 0 ||
                       write_expr(w, e->v.YieldFrom.value, PR_TEST) < 0
                   ? -1 : put(w, ")");
    case Await_kind: return write_await(w, e, level);
    case Compare_kind: return write_compare(w, e, level);
    case Call_kind: return write_call(w, e);
    case Constant_kind: return write_constant(w, e);
    case JoinedStr_kind: return write_fstring(w, e, 0);
    case FormattedValue_kind: return write_lone_field(w, e);
    case Attribute_kind: return write_attribute(w, e);
    case Starred_kind:
        return put(w, "*") < 0
                   ? -1 : write_expr(w, e->v.Starred.value, PR_EXPR);
    case Name_kind: return _PyUnicodeWriter_WriteStr(w, e->v.Name.id);
    case List_kind: return write_bracketed(w, "[", e->v.List.elts, "]");
    case Tuple_kind: return write_tuple(w, e, level);
    case Subscript_kind: return write_subscript(w, e);
    case Slice_kind: return write_slice(w, e);
    case NamedExpr_kind: return write_named(w, e, level);
    default:
        PyErr_SetString(PyExc_SystemError, "unknown expression kind");
        return -1;
    }
}

static int
write_expr(_PyUnicodeWriter *w, expr_ty e, int level)
{
    if (Py_EnterRecursiveCall(" during compilation")) {
        return -1;
    }
    int status = write_expr_kind(w, e, level);
    Py_LeaveRecursiveCall();
    return status;
}

PyObject *
ast_unparse_expr(expr_ty e)
{
    return expr_as_text(e, PR_TEST);
}
