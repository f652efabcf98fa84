/* The AST optimiser: constant folding, `__debug__`, `%`-formatting of literals
 * into f-strings, literal lists and sets that are only iterated or searched
 * into constants.
 *
 * What can be large when computed is bounded beforehand, so that no source
 * makes a .pyc or the compiler explode.  An operation that fails is left for
 * run time.  Visitors return 1, or 0 with an exception. */

#include "Python.h"
#include "names.h"

#include "ast.h"
#include "compile.h"
#include "stackguard.h"

#define MAX_INT_BITS 128                /* of a folded integer */
#define MAX_COLLECTION_SIZE 256        /* items of a folded tuple repetition */
#define MAX_STR_SIZE 4096  /* characters of a folded str or bytes repetition */
#define MAX_TOTAL_ITEMS 1024            /* including nested collections */
#define MAX_FORMAT_DIGITS 3           /* of a width or precision in a format */

struct optimizer {
    PyArena *arena;
    int optimize;
    int future_features;
    int recursion_depth;
    int recursion_limit;
};

static int fold_expr(struct optimizer *o, expr_ty node);
static int fold_stmt(struct optimizer *o, stmt_ty node);
static int fold_pattern(struct optimizer *o, pattern_ty node);

/* ---- Results ------------------------------------------------------------ */

/* Turns a node into a constant.  Steals `value`; NULL means that it could not
 * be computed. */
static int
replace_by_constant(struct optimizer *o, expr_ty node, PyObject *value)
{
    if (value == NULL) {
        if (PyErr_Occurred()) {
            if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
                return 0;
            }
            PyErr_Clear();         /* any other exception: at run time again */
        }
        return 1;
    }
    if (_PyArena_AddPyObject(o->arena, value) < 0) {
        Py_DECREF(value);
        return 0;
    }
    node->kind = Constant_kind;
    node->v.Constant.kind = NULL;
    node->v.Constant.value = value;
    return 1;
}

static int
has_starred(asdl_expr_seq *elements)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(elements); i++) {
        if (elements->elements[i]->kind == Starred_kind) {
            return 1;
        }
    }
    return 0;
}

/* New tuple of the values, or NULL (with or without an exception) if not all
 * are constant. */
static PyObject *
constant_tuple(asdl_expr_seq *elements)
{
    PyObject *result;

    for (Py_ssize_t i = 0; i < asdl_seq_LEN(elements); i++) {
        if (elements->elements[i]->kind != Constant_kind) {
            return NULL;
        }
    }
    result = PyTuple_New(asdl_seq_LEN(elements));
    for (Py_ssize_t i = 0; result != NULL && i < asdl_seq_LEN(elements); i++) {
        PyTuple_SET_ITEM(result, i,
                         Py_NewRef(elements->elements[i]->v.Constant.value));
    }
    return result;
}

/* ---- Operators ---------------------------------------------------------- */

static int
fold_unary(struct optimizer *o, expr_ty node)
{
    expr_ty operand = node->v.UnaryOp.operand;
    PyObject *value = NULL;
    int truth;

    if (operand->kind != Constant_kind) {
        /* `not a is b` and its like have an operator of their own. */
        if (node->v.UnaryOp.op == Not && operand->kind == Compare_kind &&
            asdl_seq_LEN(operand->v.Compare.ops) == 1) {
            int *op = &operand->v.Compare.ops->elements[0];
            int opposite = *op == Is      ? IsNot
                           : *op == IsNot ? Is
                           : *op == In    ? NotIn
                           : *op == NotIn ? In
                                          : 0;

            if (opposite) {
                *op = opposite;
                *node = *operand;
            }
        }
        return 1;
    }
    switch (node->v.UnaryOp.op) {
    case Invert:
        value = PyNumber_Invert(operand->v.Constant.value);
        break;
    case UAdd:
        value = PyNumber_Positive(operand->v.Constant.value);
        break;
    case USub:
        value = PyNumber_Negative(operand->v.Constant.value);
        break;
    default:
        truth = PyObject_IsTrue(operand->v.Constant.value);
        value = truth < 0 ? NULL : PyBool_FromLong(!truth);
        break;
    }
    return replace_by_constant(o, node, value);
}

/* What is left of `limit` after all items, nested ones too; negative if they
 * are too many. */
static Py_ssize_t
check_complexity(PyObject *value, Py_ssize_t limit)
{
    PyObject *item;
    Py_ssize_t position = 0;
    Py_hash_t hash;

    if (PyTuple_Check(value)) {
        limit -= PyTuple_GET_SIZE(value);
        for (Py_ssize_t i = 0; limit >= 0 && i < PyTuple_GET_SIZE(value);
             i++) {
            limit = check_complexity(PyTuple_GET_ITEM(value, i), limit);
        }
    }
    else if (PyFrozenSet_Check(value)) {
        limit -= PySet_GET_SIZE(value);
        while (limit >= 0 &&
               _PySet_NextEntry(value, &position, &item, &hash)) {
            limit = check_complexity(item, limit);
        }
    }
    return limit;
}

/* count * collection, count an int. */
static int
repetition_is_small(PyObject *count, PyObject *collection)
{
    int is_text = PyUnicode_Check(collection) || PyBytes_Check(collection);
    Py_ssize_t size = PyObject_Size(collection);
    Py_ssize_t limit = is_text ? MAX_STR_SIZE : MAX_COLLECTION_SIZE;
    long n;

    if (size <= 0) {
        return size == 0;
    }
    n = PyLong_AsLong(count);
    if (n < 0 || n > limit / size) {            /* also when it does not fit */
        return 0;
    }
    return is_text || n == 0 ||
           check_complexity(collection, MAX_TOTAL_ITEMS / n) >= 0;
}

static PyObject *
multiply_safely(PyObject *v, PyObject *w)
{
    if (PyLong_Check(v) && PyLong_Check(w) && Py_SIZE(v) && Py_SIZE(w)) {
        size_t v_bits = _PyLong_NumBits(v), w_bits = _PyLong_NumBits(w);

        if (v_bits == (size_t)-1 || w_bits == (size_t)-1 ||
            v_bits + w_bits > MAX_INT_BITS) {
            return NULL;
        }
    }
    else if (PyLong_Check(v) && (PyTuple_Check(w) || PyFrozenSet_Check(w) ||
                                 PyUnicode_Check(w) || PyBytes_Check(w))) {
        if (!repetition_is_small(v, w)) {
            return NULL;
        }
    }
    else if (PyLong_Check(w) && (PyTuple_Check(v) || PyFrozenSet_Check(v) ||
                                 PyUnicode_Check(v) || PyBytes_Check(v))) {
        return multiply_safely(w, v);
    }
    return PyNumber_Multiply(v, w);
}

static PyObject *
power_safely(PyObject *v, PyObject *w)
{
    if (PyLong_Check(v) && PyLong_Check(w) && Py_SIZE(v) && Py_SIZE(w) > 0) {
        size_t v_bits = _PyLong_NumBits(v);
        size_t exponent = PyLong_AsSize_t(w);

        if (v_bits == (size_t)-1 || exponent == (size_t)-1 ||
            v_bits > MAX_INT_BITS / exponent) {
            return NULL;
        }
    }
    return PyNumber_Power(v, w, Py_None);
}

static PyObject *
shift_left_safely(PyObject *v, PyObject *w)
{
    if (PyLong_Check(v) && PyLong_Check(w) && Py_SIZE(v) && Py_SIZE(w)) {
        size_t v_bits = _PyLong_NumBits(v);
        size_t count = PyLong_AsSize_t(w);

        if (v_bits == (size_t)-1 || count > MAX_INT_BITS ||
            v_bits > MAX_INT_BITS - count) {
            return NULL;
        }
    }
    return PyNumber_Lshift(v, w);
}

static PyObject *
compute_binary(operator_ty op, PyObject *v, PyObject *w)
{
    switch (op) {
    case Add: return PyNumber_Add(v, w);
    case Sub: return PyNumber_Subtract(v, w);
    case Mult: return multiply_safely(v, w);
    case Div: return PyNumber_TrueDivide(v, w);
    case FloorDiv: return PyNumber_FloorDivide(v, w);
    /* Formatting may take any time and space. */
    case Mod:
        return PyUnicode_Check(v) || PyBytes_Check(v)
                   ? NULL
                   : PyNumber_Remainder(v, w);
    case Pow: return power_safely(v, w);
    case LShift: return shift_left_safely(v, w);
    case RShift: return PyNumber_Rshift(v, w);
    case BitOr: return PyNumber_Or(v, w);
    case BitXor: return PyNumber_Xor(v, w);
    case BitAnd: return PyNumber_And(v, w);
    default: return NULL;                     /* MatMult: no constant has it */
    }
}

/* ---- "..." % (...) ------------------------------------------------------ */

/* A string constant without a position; steals `text`. */
static expr_ty
text_constant(struct optimizer *o, PyObject *text)
{
    if (text == NULL) {
        return NULL;
    }
    if (_PyArena_AddPyObject(o->arena, text) < 0) {
        Py_DECREF(text);
        return NULL;
    }
    return ast_new_Constant(text, NULL, -1, -1, -1, -1, o->arena);
}

/* The text up to the next conversion; NULL without an exception if there is
 * none. */
static expr_ty
format_literal(struct optimizer *o, PyObject *format, Py_ssize_t *position)
{
    Py_ssize_t start = *position, end = start,
               size = PyUnicode_GET_LENGTH(format);
    PyObject *text, *one = NULL, *two = NULL, *replaced = NULL;
    int has_percents = 0;

    while (end < size) {
        if (PyUnicode_READ_CHAR(format, end) != '%') {
            end++;
        }
        else if (end + 1 < size &&
                 PyUnicode_READ_CHAR(format, end + 1) == '%') {
            has_percents = 1;
            end += 2;
        }
        else {
            break;
        }
    }
    *position = end;
    if (start == end) {
        return NULL;
    }
    text = PyUnicode_Substring(format, start, end);
    if (text == NULL || !has_percents) {
        return text_constant(o, text);
    }
    one = PyUnicode_FromString("%");
    two = PyUnicode_FromString("%%");
    if (one != NULL && two != NULL) {
        replaced = PyUnicode_Replace(text, two, one, -1);
    }
    Py_XDECREF(one);
    Py_XDECREF(two);
    Py_DECREF(text);
    return text_constant(o, replaced);
}

/* One conversion as it stands behind '%'. */
struct conversion {
    int left_justify;
    int width;                          /* -1: none */
    int precision;
    Py_UCS4 type;
};

/* Reads up to two digits: 0 if there are more, or the text ends. */
static int
parse_digits(PyObject *format, Py_ssize_t *position, int *number)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(format);
    int digits = 0;

    for (; *position < size; (*position)++) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(format, *position);

        if (ch < '0' || ch > '9') {
            return 1;
        }
        if (++digits >= MAX_FORMAT_DIGITS && *position + 1 < size) {
            return 0;
        }
        *number = *number * 10 + (int)(ch - '0');
    }
    return 0;
}

static int
parse_conversion(PyObject *format, Py_ssize_t *position,
                 struct conversion *conversion)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(format);

    (*position)++;                              /* the percent sign */
    for (; *position < size; (*position)++) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(format, *position);

        if (ch == '-') {
            conversion->left_justify = 1;
        }
        else if (ch != '+' && ch != ' ' && ch != '#' && ch != '0') {
            break;
        }
    }
    if (*position >= size) {
        return 0;
    }
    if (Py_UNICODE_ISDIGIT(PyUnicode_READ_CHAR(format, *position)) &&
        PyUnicode_READ_CHAR(format, *position) < 128) {
        conversion->width = 0;
        if (!parse_digits(format, position, &conversion->width)) {
            return 0;
        }
    }
    if (PyUnicode_READ_CHAR(format, *position) == '.') {
        (*position)++;
        conversion->precision = 0;
        if (!parse_digits(format, position, &conversion->precision)) {
            return 0;
        }
    }
    conversion->type = PyUnicode_READ_CHAR(format, *position);
    (*position)++;
    return 1;
}

/* The f-string form of one conversion; NULL without an exception if it has
 * none. */
static expr_ty
format_conversion(struct optimizer *o, PyObject *format, Py_ssize_t *position,
                  expr_ty argument)
{
    struct conversion conversion = {0, -1, -1, 0};
    char spec[16], *p = spec;
    expr_ty spec_node = NULL;

    if (!parse_conversion(format, position, &conversion) ||
        (conversion.type != 's' && conversion.type != 'r' &&
         conversion.type != 'a')) {
        return NULL;
    }
    /* % justifies right by default, format() left. */
    if (!conversion.left_justify && conversion.width > 0) {
        *p++ = '>';
    }
    if (conversion.width >= 0) {
        p += PyOS_snprintf(p, 5, "%d", conversion.width);
    }
    if (conversion.precision >= 0) {
        p += PyOS_snprintf(p, 6, ".%d", conversion.precision);
    }
    if (p != spec) {
        spec_node =
            text_constant(o, PyUnicode_FromStringAndSize(spec, p - spec));
        if (spec_node == NULL) {
            return NULL;
        }
    }
    return ast_new_FormattedValue(argument, (int)conversion.type, spec_node,
                                  argument->lineno, argument->col_offset,
                                  argument->end_lineno,
                                  argument->end_col_offset, o->arena);
}

static int
fold_format(struct optimizer *o, expr_ty node, PyObject *format,
            asdl_expr_seq *arguments)
{
    Py_ssize_t position = 0, count = 0, used = 0,
               size = PyUnicode_GET_LENGTH(format);
    asdl_expr_seq *parts;
    expr_ty part;

    if (PyUnicode_READY(format) < 0) {
        return 0;
    }
    parts = asdl_expr_seq_new(asdl_seq_LEN(arguments) * 2 + 1, o->arena);
    if (parts == NULL) {
        return 0;
    }
    for (;;) {
        part = format_literal(o, format, &position);
        if (part != NULL) {
            parts->elements[count++] = part;
        }
        else if (PyErr_Occurred()) {
            return 0;
        }
        if (position >= size) {
            break;
        }
        if (used >= asdl_seq_LEN(arguments)) {
            return 1;                       /* too few: an error at run time */
        }
        part = format_conversion(o, format, &position,
                                 arguments->elements[used++]);
        if (part == NULL) {
            return !PyErr_Occurred();
        }
        parts->elements[count++] = part;
    }
    if (used < asdl_seq_LEN(arguments)) {
        return 1;
    }
    parts->size = count;
    part = ast_new_JoinedStr(parts, node->lineno, node->col_offset,
                             node->end_lineno, node->end_col_offset, o->arena);
    if (part == NULL) {
        return 0;
    }
    *node = *part;
    return 1;
}

/* ---- Displays, subscripts, comparisons ---------------------------------- */

static int
fold_binary(struct optimizer *o, expr_ty node)
{
    expr_ty left = node->v.BinOp.left, right = node->v.BinOp.right;
    PyObject *v;

    if (left->kind != Constant_kind) {
        return 1;
    }
    v = left->v.Constant.value;
    if (node->v.BinOp.op == Mod && right->kind == Tuple_kind &&
        PyUnicode_Check(v) && !has_starred(right->v.Tuple.elts)) {
        return fold_format(o, node, v, right->v.Tuple.elts);
    }
    if (right->kind != Constant_kind) {
        return 1;
    }
    return replace_by_constant(
        o, node, compute_binary(node->v.BinOp.op, v, right->v.Constant.value));
}

static int
fold_tuple(struct optimizer *o, expr_ty node)
{
    if (node->v.Tuple.ctx != Load) {
        return 1;
    }
    return replace_by_constant(o, node, constant_tuple(node->v.Tuple.elts));
}

static int
fold_subscript(struct optimizer *o, expr_ty node)
{
    expr_ty value = node->v.Subscript.value, index = node->v.Subscript.slice;

    if (node->v.Subscript.ctx != Load || value->kind != Constant_kind ||
        index->kind != Constant_kind) {
        return 1;
    }
    return replace_by_constant(
        o, node,
        PyObject_GetItem(value->v.Constant.value, index->v.Constant.value));
}

/* A display that is only iterated or searched: nobody can change it. */
static int
fold_iterable(struct optimizer *o, expr_ty node)
{
    if (node->kind == List_kind) {
        asdl_expr_seq *elements = node->v.List.elts;
        expr_context_ty context = node->v.List.ctx;

        if (has_starred(elements)) {
            return 1;
        }
        node->kind = Tuple_kind;
        node->v.Tuple.elts = elements;
        node->v.Tuple.ctx = context;
        return fold_tuple(o, node);
    }
    if (node->kind == Set_kind) {
        PyObject *items = constant_tuple(node->v.Set.elts);
        PyObject *set = items == NULL ? NULL : PyFrozenSet_New(items);

        Py_XDECREF(items);
        return replace_by_constant(o, node, set);
    }
    return 1;
}

static int
fold_compare(struct optimizer *o, expr_ty node)
{
    Py_ssize_t last = asdl_seq_LEN(node->v.Compare.ops) - 1;
    int op = node->v.Compare.ops->elements[last];

    return op == In || op == NotIn
               ? fold_iterable(o, node->v.Compare.comparators->elements[last])
               : 1;
}

/* ---- Walk --------------------------------------------------------------- */

#define FOLD(kind, node) \
    do { \
        if ((node) != NULL && !fold_##kind(o, (node))) { \
            return 0; \
        } \
    } while (0)
#define FOLD_SEQ(kind, seq) \
    do { \
        for (Py_ssize_t i_ = 0; i_ < asdl_seq_LEN(seq); i_++) { \
            FOLD(kind, (seq)->elements[i_]); \
        } \
    } while (0)

static int
fold_keyword(struct optimizer *o, keyword_ty keyword)
{
    return fold_expr(o, keyword->value);
}

static int
fold_comprehension(struct optimizer *o, comprehension_ty clause)
{
    FOLD(expr, clause->target);
    FOLD(expr, clause->iter);
    FOLD_SEQ(expr, clause->ifs);
    return fold_iterable(o, clause->iter);
}

static int
annotations_are_code(struct optimizer *o)
{
    return !(o->future_features & CO_FUTURE_ANNOTATIONS);
}

static int
fold_arg(struct optimizer *o, arg_ty arg)
{
    if (annotations_are_code(o)) {
        FOLD(expr, arg->annotation);
    }
    return 1;
}

static int
fold_arguments(struct optimizer *o, arguments_ty arguments)
{
    FOLD_SEQ(arg, arguments->posonlyargs);
    FOLD_SEQ(arg, arguments->args);
    FOLD(arg, arguments->vararg);
    FOLD_SEQ(arg, arguments->kwonlyargs);
    FOLD_SEQ(expr, arguments->kw_defaults);
    FOLD(arg, arguments->kwarg);
    FOLD_SEQ(expr, arguments->defaults);
    return 1;
}

static int
fold_body(struct optimizer *o, asdl_stmt_seq *body)
{
    int had_docstring = ast_get_docstring(body) != NULL;

    FOLD_SEQ(stmt, body);
    if (!had_docstring && ast_get_docstring(body) != NULL) {
        /* What became a string only now must not turn into the docstring. */
        stmt_ty first = body->elements[0];
        asdl_expr_seq *values = asdl_expr_seq_new(1, o->arena);
        expr_ty joined;

        if (values == NULL) {
            return 0;
        }
        values->elements[0] = first->v.Expr.value;
        joined = ast_new_JoinedStr(values, first->lineno, first->col_offset,
                                   first->end_lineno, first->end_col_offset,
                                   o->arena);
        if (joined == NULL) {
            return 0;
        }
        first->v.Expr.value = joined;
    }
    return 1;
}

static int
fold_debug_name(struct optimizer *o, expr_ty node)
{
    if (node->v.Name.ctx == Load &&
        _PyUnicode_EqualToASCIIString(node->v.Name.id, "__debug__")) {
        return replace_by_constant(o, node, PyBool_FromLong(o->optimize == 0));
    }
    return 1;
}

static int
fold_expr_kind(struct optimizer *o, expr_ty node)
{
    switch (node->kind) {
    case BoolOp_kind:
        FOLD_SEQ(expr, node->v.BoolOp.values);
        return 1;
    case BinOp_kind:
        FOLD(expr, node->v.BinOp.left);
        FOLD(expr, node->v.BinOp.right);
        return fold_binary(o, node);
    case UnaryOp_kind:
        FOLD(expr, node->v.UnaryOp.operand);
        return fold_unary(o, node);
    case Lambda_kind:
        FOLD(arguments, node->v.Lambda.args);
        FOLD(expr, node->v.Lambda.body);
        return 1;
    case IfExp_kind:
        FOLD(expr, node->v.IfExp.test);
        FOLD(expr, node->v.IfExp.body);
        FOLD(expr, node->v.IfExp.orelse);
        return 1;
    case Dict_kind:
        FOLD_SEQ(expr, node->v.Dict.keys);
        FOLD_SEQ(expr, node->v.Dict.values);
        return 1;
    case Set_kind:
        FOLD_SEQ(expr, node->v.Set.elts);
        return 1;
    case ListComp_kind:
    case SetComp_kind:
    case GeneratorExp_kind:                     /* the same fields */
        FOLD(expr, node->v.ListComp.elt);
        FOLD_SEQ(comprehension, node->v.ListComp.generators);
        return 1;
    case DictComp_kind:
        FOLD(expr, node->v.DictComp.key);
        FOLD(expr, node->v.DictComp.value);
        FOLD_SEQ(comprehension, node->v.DictComp.generators);
        return 1;
    case Await_kind:
    case Yield_kind:
    case YieldFrom_kind:                        /* the same field */
        FOLD(expr, node->v.Yield.value);
        return 1;
    case Compare_kind:
        FOLD(expr, node->v.Compare.left);
        FOLD_SEQ(expr, node->v.Compare.comparators);
        return fold_compare(o, node);
    case Call_kind:
        FOLD(expr, node->v.Call.func);
        FOLD_SEQ(expr, node->v.Call.args);
        FOLD_SEQ(keyword, node->v.Call.keywords);
        return 1;
    case FormattedValue_kind:
        FOLD(expr, node->v.FormattedValue.value);
        FOLD(expr, node->v.FormattedValue.format_spec);
        return 1;
    case JoinedStr_kind:
        FOLD_SEQ(expr, node->v.JoinedStr.values);
        return 1;
    case Attribute_kind:
        FOLD(expr, node->v.Attribute.value);
        return 1;
    case Subscript_kind:
        FOLD(expr, node->v.Subscript.value);
        FOLD(expr, node->v.Subscript.slice);
        return fold_subscript(o, node);
    case Starred_kind:
        FOLD(expr, node->v.Starred.value);
        return 1;
    case Slice_kind:
        FOLD(expr, node->v.Slice.lower);
        FOLD(expr, node->v.Slice.upper);
        FOLD(expr, node->v.Slice.step);
        return 1;
    case List_kind:
        FOLD_SEQ(expr, node->v.List.elts);
        return 1;
    case Tuple_kind:
        FOLD_SEQ(expr, node->v.Tuple.elts);
        return fold_tuple(o, node);
    case Name_kind:
        return fold_debug_name(o, node);
    case NamedExpr_kind:
        FOLD(expr, node->v.NamedExpr.value);
        return 1;
    default:
        return 1;                               /* Constant */
    }
}

static int
fold_expr(struct optimizer *o, expr_ty node)
{
    int result = compile_recursion_enter(&o->recursion_depth,
                                         o->recursion_limit) == 0 &&
                 fold_expr_kind(o, node);

    o->recursion_depth--;
    return result;
}

static int
fold_withitem(struct optimizer *o, withitem_ty item)
{
    FOLD(expr, item->context_expr);
    FOLD(expr, item->optional_vars);
    return 1;
}

static int
fold_excepthandler(struct optimizer *o, excepthandler_ty handler)
{
    FOLD(expr, handler->v.ExceptHandler.type);
    FOLD_SEQ(stmt, handler->v.ExceptHandler.body);
    return 1;
}

static int
fold_match_case(struct optimizer *o, match_case_ty match_case)
{
    FOLD(pattern, match_case->pattern);
    FOLD(expr, match_case->guard);
    FOLD_SEQ(stmt, match_case->body);
    return 1;
}

static int
fold_pattern_kind(struct optimizer *o, pattern_ty node)
{
    switch (node->kind) {
    case MatchValue_kind:
        FOLD(expr, node->v.MatchValue.value);
        return 1;
    case MatchSequence_kind:
        FOLD_SEQ(pattern, node->v.MatchSequence.patterns);
        return 1;
    case MatchMapping_kind:
        FOLD_SEQ(expr, node->v.MatchMapping.keys);
        FOLD_SEQ(pattern, node->v.MatchMapping.patterns);
        return 1;
    case MatchClass_kind:
        FOLD(expr, node->v.MatchClass.cls);
        FOLD_SEQ(pattern, node->v.MatchClass.patterns);
        FOLD_SEQ(pattern, node->v.MatchClass.kwd_patterns);
        return 1;
    case MatchAs_kind:
        FOLD(pattern, node->v.MatchAs.pattern);
        return 1;
    case MatchOr_kind:
        FOLD_SEQ(pattern, node->v.MatchOr.patterns);
        return 1;
    default:
        return 1;                               /* MatchSingleton, MatchStar */
    }
}

static int
fold_pattern(struct optimizer *o, pattern_ty node)
{
    int result = compile_recursion_enter(&o->recursion_depth,
                                         o->recursion_limit) == 0 &&
                 fold_pattern_kind(o, node);

    o->recursion_depth--;
    return result;
}

static int
fold_stmt_kind(struct optimizer *o, stmt_ty node)
{
    switch (node->kind) {
    case FunctionDef_kind:
    case AsyncFunctionDef_kind:                 /* the same fields */
        FOLD(arguments, node->v.FunctionDef.args);
        FOLD(body, node->v.FunctionDef.body);
        FOLD_SEQ(expr, node->v.FunctionDef.decorator_list);
        if (annotations_are_code(o)) {
            FOLD(expr, node->v.FunctionDef.returns);
        }
        return 1;
    case ClassDef_kind:
        FOLD_SEQ(expr, node->v.ClassDef.bases);
        FOLD_SEQ(keyword, node->v.ClassDef.keywords);
        FOLD(body, node->v.ClassDef.body);
        FOLD_SEQ(expr, node->v.ClassDef.decorator_list);
        return 1;
    case Return_kind:
        FOLD(expr, node->v.Return.value);
        return 1;
    case Delete_kind:
        FOLD_SEQ(expr, node->v.Delete.targets);
        return 1;
    case Assign_kind:
        FOLD_SEQ(expr, node->v.Assign.targets);
        FOLD(expr, node->v.Assign.value);
        return 1;
    case AugAssign_kind:
        FOLD(expr, node->v.AugAssign.target);
        FOLD(expr, node->v.AugAssign.value);
        return 1;
    case AnnAssign_kind:
        FOLD(expr, node->v.AnnAssign.target);
        if (annotations_are_code(o)) {
            FOLD(expr, node->v.AnnAssign.annotation);
        }
        FOLD(expr, node->v.AnnAssign.value);
        return 1;
    case For_kind:
    case AsyncFor_kind:
        FOLD(expr, node->v.For.target);
        FOLD(expr, node->v.For.iter);
        FOLD_SEQ(stmt, node->v.For.body);
        FOLD_SEQ(stmt, node->v.For.orelse);
        return node->kind == AsyncFor_kind ||
               fold_iterable(o, node->v.For.iter);
    case While_kind:
        FOLD(expr, node->v.While.test);
        FOLD_SEQ(stmt, node->v.While.body);
        FOLD_SEQ(stmt, node->v.While.orelse);
        return 1;
    case If_kind:
        FOLD(expr, node->v.If.test);
        FOLD_SEQ(stmt, node->v.If.body);
        FOLD_SEQ(stmt, node->v.If.orelse);
        return 1;
    case With_kind:
    case AsyncWith_kind:
        FOLD_SEQ(withitem, node->v.With.items);
        FOLD_SEQ(stmt, node->v.With.body);
        return 1;
    case Raise_kind:
        FOLD(expr, node->v.Raise.exc);
        FOLD(expr, node->v.Raise.cause);
        return 1;
    case Try_kind:
    case TryStar_kind:
        FOLD_SEQ(stmt, node->v.Try.body);
        FOLD_SEQ(excepthandler, node->v.Try.handlers);
        FOLD_SEQ(stmt, node->v.Try.orelse);
        FOLD_SEQ(stmt, node->v.Try.finalbody);
        return 1;
    case Assert_kind:
        FOLD(expr, node->v.Assert.test);
        FOLD(expr, node->v.Assert.msg);
        return 1;
    case Expr_kind:
        FOLD(expr, node->v.Expr.value);
        return 1;
    case Match_kind:
        FOLD(expr, node->v.Match.subject);
        FOLD_SEQ(match_case, node->v.Match.cases);
        return 1;
    default:
        return 1;                /* imports, declarations, Pass and its like */
    }
}

static int
fold_stmt(struct optimizer *o, stmt_ty node)
{
    int result = compile_recursion_enter(&o->recursion_depth,
                                         o->recursion_limit) == 0 &&
                 fold_stmt_kind(o, node);

    o->recursion_depth--;
    return result;
}

static int
fold_module(struct optimizer *o, mod_ty module)
{
    switch (module->kind) {
    case Module_kind:
        return fold_body(o, module->v.Module.body);
    case Interactive_kind:
        FOLD_SEQ(stmt, module->v.Interactive.body);
        return 1;
    case Expression_kind:
        return fold_expr(o, module->v.Expression.body);
    default:
        return 1;
    }
}

void
compile_recursion_budget(int *depth, int *limit)
{
    PyThreadState *tstate = PyThreadState_Get();
    int interpreter_limit = Py_GetRecursionLimit();
    int used = tstate->recursion_limit - tstate->recursion_remaining;

    *depth = used < INT_MAX / COMPILER_STACK_FRAME_SCALE
                 ? used * COMPILER_STACK_FRAME_SCALE
                 : used;
    *limit = interpreter_limit > INT_MAX / COMPILER_STACK_FRAME_SCALE
                 ? interpreter_limit
                 : interpreter_limit * COMPILER_STACK_FRAME_SCALE;
}

int
compile_recursion_enter(int *depth, int limit)
{
    if (++*depth > limit || stack_is_low()) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during compilation");
        return -1;
    }
    return 0;
}

int
ast_optimize(mod_ty module, PyArena *arena, int optimize, int future_features)
{
    struct optimizer o = {arena, optimize, future_features, 0, 0};
    int starting_depth, result;

    compile_recursion_budget(&o.recursion_depth, &o.recursion_limit);
    starting_depth = o.recursion_depth;
    result = fold_module(&o, module);
    if (result && o.recursion_depth != starting_depth) {
        PyErr_Format(PyExc_SystemError,
                     "AST optimizer recursion depth mismatch "
                     "(before=%d, after=%d)",
                     starting_depth, o.recursion_depth);
        return 0;
    }
    return result;
}
