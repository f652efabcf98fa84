/* Symbol tables, first half: one walk over the tree that notes in each block
 * how every name is used there (symtable.c then decides what the names are).
 *
 * Visiting order is the order of the entries' `children`, which Python code
 * sees through the module symtable.  Visitors return 1, or 0 with an
 * exception. */

#include "Python.h"
#include "names.h"

#include "ast.h"
#include "compile.h"
#include "symtable.h"

/* A place in the source, for errors. */
struct place {
    int lineno, col_offset, end_lineno, end_col_offset;
};

#define PLACE(node) \
    ((struct place){(node)->lineno, (node)->col_offset, (node)->end_lineno, \
                    (node)->end_col_offset})
#define ENTRY_PLACE(entry)                                                    \
    ((struct place){(entry)->ste_lineno, (entry)->ste_col_offset,             \
                    (entry)->ste_end_lineno, (entry)->ste_end_col_offset})

static int visit_stmt(struct symtable *st, stmt_ty s);
static int visit_expr(struct symtable *st, expr_ty e);
static int visit_pattern(struct symtable *st, pattern_ty p);

/* Marks the pending SyntaxError's place.  Always 0. */
static int
fail_at(struct symtable *st, struct place at)
{
    PyErr_RangedSyntaxLocationObject(st->filename, at.lineno,
                                     at.col_offset + 1, at.end_lineno,
                                     at.end_col_offset + 1);
    return 0;
}

static int
fail_with_name(struct symtable *st, const char *format, PyObject *name,
               struct place at)
{
    PyErr_Format(PyExc_SyntaxError, format, name);
    return fail_at(st, at);
}

/* ---- Blocks ------------------------------------------------------------- */

static PySTEntryObject *
entry_new(struct symtable *st, PyObject *name, BlockType type, void *key,
          struct place at)
{
    PySTEntryObject *entry = PyObject_New(PySTEntryObject, &PySTEntry_Type);

    if (entry == NULL) {
        return NULL;
    }
    memset((char *)entry + sizeof(PyObject), 0,
           sizeof(*entry) - sizeof(PyObject));
    entry->ste_table = st;
    entry->ste_name = Py_NewRef(name);
    entry->ste_type = type;
    entry->ste_lineno = at.lineno;
    entry->ste_col_offset = at.col_offset;
    entry->ste_end_lineno = at.end_lineno;
    entry->ste_end_col_offset = at.end_col_offset;
    entry->ste_nested =
        st->current != NULL &&
        (st->current->ste_nested || st->current->ste_type == FunctionBlock);
    entry->ste_id = PyLong_FromVoidPtr(key);
    entry->ste_symbols = PyDict_New();
    entry->ste_varnames = PyList_New(0);
    entry->ste_children = PyList_New(0);
    if (entry->ste_id == NULL || entry->ste_symbols == NULL ||
        entry->ste_varnames == NULL || entry->ste_children == NULL ||
        PyDict_SetItem(st->blocks, entry->ste_id, (PyObject *)entry) < 0) {
        Py_DECREF(entry);
        return NULL;
    }
    return entry;
}

static int
enter_block(struct symtable *st, PyObject *name, BlockType type, void *key,
            struct place at)
{
    PySTEntryObject *around = st->current;
    PySTEntryObject *entry = entry_new(st, name, type, key, at);
    int status;

    if (entry == NULL) {
        return 0;
    }
    status = PyList_Append(st->stack, (PyObject *)entry);
    Py_DECREF(entry);                           /* the stack holds it */
    if (status < 0) {
        return 0;
    }
    st->current = entry;
    if (around != NULL) {
        entry->ste_comp_iter_expr = around->ste_comp_iter_expr;
    }
    /* Names in an annotation that is never evaluated are nobody's: not a
     * child. */
    if (type == AnnotationBlock) {
        return 1;
    }
    if (type == ModuleBlock) {
        st->globals = entry->ste_symbols;
    }
    return around == NULL ||
           PyList_Append(around->ste_children, (PyObject *)entry) == 0;
}

static int
exit_block(struct symtable *st)
{
    Py_ssize_t size = PyList_GET_SIZE(st->stack);

    st->current = NULL;
    if (PyList_SetSlice(st->stack, size - 1, size, NULL) < 0) {
        return 0;
    }
    if (size > 1) {
        st->current = (PySTEntryObject *)PyList_GET_ITEM(st->stack, size - 2);
    }
    return 1;
}

/* ---- Symbols ------------------------------------------------------------ */

/* Flags of the name in a block, 0 if it is new there, -1 on error. */
static long
lookup_in(struct symtable *st, PySTEntryObject *entry, PyObject *name)
{
    PyObject *mangled = _Py_Mangle(st->private_name, name);
    PyObject *flags;
    long result = -1;

    if (mangled == NULL) {
        return -1;
    }
    flags = PyDict_GetItemWithError(entry->ste_symbols, mangled);
    if (flags != NULL) {
        result = PyLong_AsLong(flags);
    }
    else if (!PyErr_Occurred()) {
        result = 0;
    }
    Py_DECREF(mangled);
    return result;
}

/* symbols[name] |= flags: the value before, or -1. */
static int
dict_or_flags(PyObject *symbols, PyObject *name, long flags)
{
    PyObject *known = PyDict_GetItemWithError(symbols, name);
    PyObject *value;
    int status;

    if (known == NULL && PyErr_Occurred()) {
        return -1;
    }
    value =
        PyLong_FromLong(flags | (known == NULL ? 0 : PyLong_AsLong(known)));
    if (value == NULL) {
        return -1;
    }
    status = PyDict_SetItem(symbols, name, value);
    Py_DECREF(value);
    return status;
}

static int
add_symbol_to(struct symtable *st, PySTEntryObject *entry, PyObject *name,
              int flag, struct place at)
{
    PyObject *mangled = _Py_Mangle(st->private_name, name);
    long known;
    int result = 0;

    if (mangled == NULL) {
        return 0;
    }
    known = lookup_in(st, entry, name);
    if (known < 0) {
        goto done;
    }
    if ((flag & DEF_PARAM) && (known & DEF_PARAM)) {
        fail_with_name(st, "duplicate argument '%U' in function definition",
                       name, at);
        goto done;
    }
    if (entry->ste_comp_iter_target) {
        if ((known | flag) & (DEF_GLOBAL | DEF_NONLOCAL)) {
            fail_with_name(
                st,
                "comprehension inner loop cannot rebind assignment expression "
                "target '%U'",
                name, at);
            goto done;
        }
        known |= DEF_COMP_ITER;
    }
    if (dict_or_flags(entry->ste_symbols, mangled, known | flag) < 0) {
        goto done;
    }
    if (flag & DEF_PARAM) {
        result = PyList_Append(entry->ste_varnames, mangled) == 0;
    }
    else if (flag & DEF_GLOBAL) {
        result = dict_or_flags(st->globals, mangled, flag) == 0;
    }
    else {
        result = 1;
    }
done:
    Py_DECREF(mangled);
    return result;
}

static int
add_symbol(struct symtable *st, PyObject *name, int flag, struct place at)
{
    return add_symbol_to(st, st->current, name, flag, at);
}

/* Remembers where a global or nonlocal declaration stands, for errors of the
 * analysis. */
static int
record_directive(struct symtable *st, PyObject *name, struct place at)
{
    PyObject *mangled, *data;
    int status;

    if (st->current->ste_directives == NULL) {
        st->current->ste_directives = PyList_New(0);
        if (st->current->ste_directives == NULL) {
            return 0;
        }
    }
    mangled = _Py_Mangle(st->private_name, name);
    if (mangled == NULL) {
        return 0;
    }
    data = Py_BuildValue("(Niiii)", mangled, at.lineno, at.col_offset,
                         at.end_lineno, at.end_col_offset);
    if (data == NULL) {
        return 0;
    }
    status = PyList_Append(st->current->ste_directives, data);
    Py_DECREF(data);
    return status == 0;
}

/* ---- Sequences ---------------------------------------------------------- */

#define VISIT_SEQ_FROM(st, kind, seq, start) \
    do { \
        for (Py_ssize_t i_ = (start); i_ < asdl_seq_LEN(seq); i_++) { \
            if (!visit_##kind((st), (seq)->elements[i_])) { \
                return 0; \
            } \
        } \
    } while (0)
#define VISIT_SEQ(st, kind, seq) VISIT_SEQ_FROM(st, kind, seq, 0)
#define VISIT(st, kind, node) \
    do { \
        if ((node) != NULL && !visit_##kind((st), (node))) { \
            return 0; \
        } \
    } while (0)

/* For sequences in which NULL stands for what is not there (`**x` in a dict
 * display). */
static int
visit_exprs_or_null(struct symtable *st, asdl_expr_seq *seq)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(seq); i++) {
        VISIT(st, expr, seq->elements[i]);
    }
    return 1;
}

/* ---- Small nodes -------------------------------------------------------- */

static int
visit_parameters(struct symtable *st, asdl_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(args); i++) {
        arg_ty arg = args->elements[i];

        if (!add_symbol(st, arg->arg, DEF_PARAM, PLACE(arg))) {
            return 0;
        }
    }
    return 1;
}

static int
visit_arguments(struct symtable *st, arguments_ty a)
{
    if (!visit_parameters(st, a->posonlyargs) ||
        !visit_parameters(st, a->args) ||
        !visit_parameters(st, a->kwonlyargs)) {
        return 0;
    }
    if (a->vararg != NULL) {
        if (!add_symbol(st, a->vararg->arg, DEF_PARAM, PLACE(a->vararg))) {
            return 0;
        }
        st->current->ste_varargs = 1;
    }
    if (a->kwarg != NULL) {
        if (!add_symbol(st, a->kwarg->arg, DEF_PARAM, PLACE(a->kwarg))) {
            return 0;
        }
        st->current->ste_varkeywords = 1;
    }
    return 1;
}

static int
annotations_are_text(struct symtable *st)
{
    return (st->future->features & CO_FUTURE_ANNOTATIONS) != 0;
}

static int
visit_annotation(struct symtable *st, expr_ty annotation)
{
    if (annotation == NULL) {
        return 1;
    }
    if (!annotations_are_text(st)) {
        return visit_expr(st, annotation);
    }
    return enter_block(st, NAME(_annotation), AnnotationBlock, annotation,
                       PLACE(annotation)) &&
           visit_expr(st, annotation) && exit_block(st);
}

static int
visit_parameter_annotations(struct symtable *st, asdl_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(args); i++) {
        VISIT(st, expr, args->elements[i]->annotation);
    }
    return 1;
}

static int
visit_function_annotations(struct symtable *st, stmt_ty function,
                           arguments_ty a, expr_ty returns)
{
    int as_text = annotations_are_text(st);

    if (as_text && !enter_block(st, NAME(_annotation), AnnotationBlock,
                                function, PLACE(function))) {
        return 0;
    }
    if (!visit_parameter_annotations(st, a->posonlyargs) ||
        !visit_parameter_annotations(st, a->args)) {
        return 0;
    }
    if (a->vararg != NULL) {
        VISIT(st, expr, a->vararg->annotation);
    }
    if (a->kwarg != NULL) {
        VISIT(st, expr, a->kwarg->annotation);
    }
    if (!visit_parameter_annotations(st, a->kwonlyargs)) {
        return 0;
    }
    if (as_text && !exit_block(st)) {
        return 0;
    }
    return visit_annotation(st, returns);
}

static int
visit_keyword(struct symtable *st, keyword_ty keyword)
{
    return visit_expr(st, keyword->value);
}

static int
visit_withitem(struct symtable *st, withitem_ty item)
{
    VISIT(st, expr, item->context_expr);
    VISIT(st, expr, item->optional_vars);
    return 1;
}

static int
visit_excepthandler(struct symtable *st, excepthandler_ty handler)
{
    VISIT(st, expr, handler->v.ExceptHandler.type);
    if (handler->v.ExceptHandler.name != NULL &&
        !add_symbol(st, handler->v.ExceptHandler.name, DEF_LOCAL,
                    PLACE(handler))) {
        return 0;
    }
    VISIT_SEQ(st, stmt, handler->v.ExceptHandler.body);
    return 1;
}

static int
visit_match_case(struct symtable *st, match_case_ty match_case)
{
    VISIT(st, pattern, match_case->pattern);
    VISIT(st, expr, match_case->guard);
    VISIT_SEQ(st, stmt, match_case->body);
    return 1;
}

/* `import a.b` binds a; `import a.b as c` binds c; `import *` binds what
 * nobody knows. */
static int
visit_alias(struct symtable *st, alias_ty a)
{
    PyObject *name = a->asname != NULL ? a->asname : a->name;
    PyObject *bound = NULL;
    Py_ssize_t dot =
        PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
    int result = 1;

    if (dot < -1) {
        return 0;
    }
    bound = dot < 0 ? Py_NewRef(name) : PyUnicode_Substring(name, 0, dot);
    if (bound == NULL) {
        return 0;
    }
    if (!_PyUnicode_EqualToASCIIString(name, "*")) {
        result = add_symbol(st, bound, DEF_IMPORT, PLACE(a));
    }
    else if (st->current->ste_type != ModuleBlock) {
        PyErr_SetString(PyExc_SyntaxError,
                        "import * only allowed at module level");
        result = fail_at(st, PLACE(a));
    }
    Py_DECREF(bound);
    return result;
}

/* ---- Comprehensions ----------------------------------------------------- */

static int
visit_comprehension(struct symtable *st, comprehension_ty clause)
{
    st->current->ste_comp_iter_target = 1;
    VISIT(st, expr, clause->target);
    st->current->ste_comp_iter_target = 0;
    st->current->ste_comp_iter_expr++;
    VISIT(st, expr, clause->iter);
    st->current->ste_comp_iter_expr--;
    VISIT_SEQ(st, expr, clause->ifs);
    if (clause->is_async) {
        st->current->ste_coroutine = 1;
    }
    return 1;
}

static ComprehensionType
comprehension_type(expr_ty e)
{
    switch (e->kind) {
    case ListComp_kind: return ListComprehension;
    case SetComp_kind: return SetComprehension;
    case DictComp_kind: return DictComprehension;
    default: return GeneratorExpression;
    }
}

/* The body of a comprehension, inside its own block. */
static int
visit_comprehension_block(struct symtable *st, expr_ty e,
                          asdl_comprehension_seq *clauses, expr_ty element,
                          expr_ty value)
{
    comprehension_ty outermost = clauses->elements[0];
    PyObject *argument;
    int added;

    st->current->ste_comprehension = comprehension_type(e);
    if (outermost->is_async) {
        st->current->ste_coroutine = 1;
    }
    argument = PyUnicode_FromString(".0");
    if (argument == NULL) {
        return 0;
    }
    added = add_symbol(st, argument, DEF_PARAM, ENTRY_PLACE(st->current));
    Py_DECREF(argument);
    if (!added) {
        return 0;
    }
    st->current->ste_comp_iter_target = 1;
    VISIT(st, expr, outermost->target);
    st->current->ste_comp_iter_target = 0;
    VISIT_SEQ(st, expr, outermost->ifs);
    VISIT_SEQ_FROM(st, comprehension, clauses, 1);
    VISIT(st, expr, value);
    VISIT(st, expr, element);
    st->current->ste_generator = e->kind == GeneratorExp_kind;
    return 1;
}

static int
visit_any_comprehension(struct symtable *st, expr_ty e, PyObject *name,
                        asdl_comprehension_seq *clauses, expr_ty element,
                        expr_ty value)
{
    int makes_coroutine;

    /* The outermost iterable is evaluated around the comprehension. */
    st->current->ste_comp_iter_expr++;
    VISIT(st, expr, clauses->elements[0]->iter);
    st->current->ste_comp_iter_expr--;
    if (!enter_block(st, name, FunctionBlock, e, PLACE(e)) ||
        !visit_comprehension_block(st, e, clauses, element, value)) {
        return 0;
    }
    makes_coroutine =
        st->current->ste_coroutine && e->kind != GeneratorExp_kind;
    if (!exit_block(st)) {
        return 0;
    }
    if (makes_coroutine) {
        st->current->ste_coroutine = 1;
    }
    return 1;
}

/* The target of `:=` inside comprehensions belongs to the nearest block that
 * is none. */
static int
bind_outside_comprehensions(struct symtable *st, expr_ty target)
{
    struct place at = PLACE(target);

    if (target->kind != Name_kind) {         /* only in hand-made trees */
        PyErr_SetString(PyExc_TypeError, "NamedExpr target must be a Name");
        return 0;
    }
    PyObject *name = target->v.Name.id;
    for (Py_ssize_t i = PyList_GET_SIZE(st->stack) - 1; i >= 0; i--) {
        PySTEntryObject *entry =
            (PySTEntryObject *)PyList_GET_ITEM(st->stack, i);
        long known;

        if (entry->ste_comprehension) {
            known = lookup_in(st, entry, name);
            if (known < 0) {
                return 0;
            }
            if (known & DEF_COMP_ITER) {
                return fail_with_name(
                    st,
                    "assignment expression cannot rebind comprehension "
                    "iteration variable '%U'",
                    name, at);
            }
            continue;
        }
        if (entry->ste_type == FunctionBlock) {
            known = lookup_in(st, entry, name);
            return known >= 0 &&
                   add_symbol(st, name,
                              known & DEF_GLOBAL ? DEF_GLOBAL : DEF_NONLOCAL,
                              at) &&
                   record_directive(st, name, at) &&
                   add_symbol_to(st, entry, name, DEF_LOCAL, at);
        }
        if (entry->ste_type == ModuleBlock) {
            return add_symbol(st, name, DEF_GLOBAL, at) &&
                   record_directive(st, name, at) &&
                   add_symbol_to(st, entry, name, DEF_GLOBAL, at);
        }
        if (entry->ste_type == ClassBlock) {
            PyErr_Format(PyExc_SyntaxError,
                         "assignment expression within a comprehension "
                         "cannot be used in a class body");
            return fail_at(st, at);
        }
    }
    /* UNREACHABLE: the bottom of the stack is a module. */
    return 0;
}

/* ---- Expressions -------------------------------------------------------- */

static int
refuse_in_annotation(struct symtable *st, const char *what, expr_ty e)
{
    if (st->current->ste_type != AnnotationBlock) {
        return 1;
    }
    PyErr_Format(PyExc_SyntaxError,
                 "'%s' can not be used within an annotation", what);
    return fail_at(st, PLACE(e));
}

static int
refuse_in_comprehension(struct symtable *st, expr_ty e)
{
    static const char *const messages[] = {
        [ListComprehension] = "'yield' inside list comprehension",
        [SetComprehension] = "'yield' inside set comprehension",
        [DictComprehension] = "'yield' inside dict comprehension",
        [GeneratorExpression] = "'yield' inside generator expression",
    };
    ComprehensionType type = st->current->ste_comprehension;

    if (type == NoComprehension) {
        return 1;
    }
    PyErr_SetString(PyExc_SyntaxError, messages[type]);
    return fail_at(st, PLACE(e));
}

static int
visit_named_expr(struct symtable *st, expr_ty e)
{
    if (!refuse_in_annotation(st, "named expression", e)) {
        return 0;
    }
    if (st->current->ste_comp_iter_expr > 0) {
        PyErr_Format(PyExc_SyntaxError,
                     "assignment expression cannot be used in a "
                     "comprehension iterable expression");
        return fail_at(st, PLACE(e));
    }
    if (st->current->ste_comprehension &&
        !bind_outside_comprehensions(st, e->v.NamedExpr.target)) {
        return 0;
    }
    VISIT(st, expr, e->v.NamedExpr.value);
    VISIT(st, expr, e->v.NamedExpr.target);
    return 1;
}

static int
visit_lambda(struct symtable *st, expr_ty e)
{
    VISIT_SEQ(st, expr, e->v.Lambda.args->defaults);
    if (!visit_exprs_or_null(st, e->v.Lambda.args->kw_defaults)) {
        return 0;
    }
    return enter_block(st, NAME(lambda), FunctionBlock, e, PLACE(e)) &&
           visit_arguments(st, e->v.Lambda.args) &&
           visit_expr(st, e->v.Lambda.body) && exit_block(st);
}

static int
visit_name(struct symtable *st, expr_ty e)
{
    int is_load = e->v.Name.ctx == Load;

    if (!add_symbol(st, e->v.Name.id, is_load ? USE : DEF_LOCAL, PLACE(e))) {
        return 0;
    }
    /* super() without arguments needs the class. */
    if (is_load && st->current->ste_type == FunctionBlock &&
        _PyUnicode_EqualToASCIIString(e->v.Name.id, "super")) {
        return add_symbol(st, NAME(__class__), USE, PLACE(e));
    }
    return 1;
}

static int
visit_suspension(struct symtable *st, expr_ty e)
{
    switch (e->kind) {
    case Yield_kind:
        if (!refuse_in_annotation(st, "yield expression", e)) {
            return 0;
        }
        VISIT(st, expr, e->v.Yield.value);
        st->current->ste_generator = 1;
        return refuse_in_comprehension(st, e);
    case YieldFrom_kind:
        if (!refuse_in_annotation(st, "yield expression", e)) {
            return 0;
        }
        VISIT(st, expr, e->v.YieldFrom.value);
        st->current->ste_generator = 1;
        return refuse_in_comprehension(st, e);
    default:
        if (!refuse_in_annotation(st, "await expression", e)) {
            return 0;
        }
        VISIT(st, expr, e->v.Await.value);
        st->current->ste_coroutine = 1;
        return 1;
    }
}

static int
visit_expr_kind(struct symtable *st, expr_ty e)
{
    switch (e->kind) {
    case NamedExpr_kind:
        return visit_named_expr(st, e);
    case BoolOp_kind:
        VISIT_SEQ(st, expr, e->v.BoolOp.values);
        return 1;
    case BinOp_kind:
        VISIT(st, expr, e->v.BinOp.left);
        VISIT(st, expr, e->v.BinOp.right);
        return 1;
    case UnaryOp_kind:
        VISIT(st, expr, e->v.UnaryOp.operand);
        return 1;
    case Lambda_kind:
        return visit_lambda(st, e);
    case IfExp_kind:
        VISIT(st, expr, e->v.IfExp.test);
        VISIT(st, expr, e->v.IfExp.body);
        VISIT(st, expr, e->v.IfExp.orelse);
        return 1;
    case Dict_kind:
        return visit_exprs_or_null(st, e->v.Dict.keys) &&
               visit_exprs_or_null(st, e->v.Dict.values);
    case Set_kind:
        VISIT_SEQ(st, expr, e->v.Set.elts);
        return 1;
    case GeneratorExp_kind:
        return visit_any_comprehension(st, e, NAME(genexpr),
                                       e->v.GeneratorExp.generators,
                                       e->v.GeneratorExp.elt, NULL);
    case ListComp_kind:
        return visit_any_comprehension(st, e, NAME(listcomp),
                                       e->v.ListComp.generators,
                                       e->v.ListComp.elt, NULL);
    case SetComp_kind:
        return visit_any_comprehension(st, e, NAME(setcomp),
                                       e->v.SetComp.generators,
                                       e->v.SetComp.elt, NULL);
    case DictComp_kind:
        return visit_any_comprehension(st, e, NAME(dictcomp),
                                       e->v.DictComp.generators,
                                       e->v.DictComp.key, e->v.DictComp.value);
    case Yield_kind:
    case YieldFrom_kind:
    case Await_kind:
        return visit_suspension(st, e);
    case Compare_kind:
        VISIT(st, expr, e->v.Compare.left);
        VISIT_SEQ(st, expr, e->v.Compare.comparators);
        return 1;
    case Call_kind:
        VISIT(st, expr, e->v.Call.func);
        VISIT_SEQ(st, expr, e->v.Call.args);
        VISIT_SEQ(st, keyword, e->v.Call.keywords);
        return 1;
    case FormattedValue_kind:
        VISIT(st, expr, e->v.FormattedValue.value);
        VISIT(st, expr, e->v.FormattedValue.format_spec);
        return 1;
    case JoinedStr_kind:
        VISIT_SEQ(st, expr, e->v.JoinedStr.values);
        return 1;
    case Attribute_kind:
        VISIT(st, expr, e->v.Attribute.value);
        return 1;
    case Subscript_kind:
        VISIT(st, expr, e->v.Subscript.value);
        VISIT(st, expr, e->v.Subscript.slice);
        return 1;
    case Starred_kind:
        VISIT(st, expr, e->v.Starred.value);
        return 1;
    case Slice_kind:
        VISIT(st, expr, e->v.Slice.lower);
        VISIT(st, expr, e->v.Slice.upper);
        VISIT(st, expr, e->v.Slice.step);
        return 1;
    case Name_kind:
        return visit_name(st, e);
    case List_kind:
        VISIT_SEQ(st, expr, e->v.List.elts);
        return 1;
    case Tuple_kind:
        VISIT_SEQ(st, expr, e->v.Tuple.elts);
        return 1;
    default:
        return 1;                               /* Constant */
    }
}

static int
visit_expr(struct symtable *st, expr_ty e)
{
    int result = compile_recursion_enter(&st->recursion_depth,
                                         st->recursion_limit) == 0 &&
                 visit_expr_kind(st, e);

    st->recursion_depth--;
    return result;
}

/* ---- Patterns ----------------------------------------------------------- */

static int
visit_pattern_name(struct symtable *st, PyObject *name, pattern_ty p)
{
    return name == NULL || add_symbol(st, name, DEF_LOCAL, PLACE(p));
}

static int
visit_pattern_kind(struct symtable *st, pattern_ty p)
{
    switch (p->kind) {
    case MatchValue_kind:
        VISIT(st, expr, p->v.MatchValue.value);
        return 1;
    case MatchSequence_kind:
        VISIT_SEQ(st, pattern, p->v.MatchSequence.patterns);
        return 1;
    case MatchStar_kind:
        return visit_pattern_name(st, p->v.MatchStar.name, p);
    case MatchMapping_kind:
        VISIT_SEQ(st, expr, p->v.MatchMapping.keys);
        VISIT_SEQ(st, pattern, p->v.MatchMapping.patterns);
        return visit_pattern_name(st, p->v.MatchMapping.rest, p);
    case MatchClass_kind:
        VISIT(st, expr, p->v.MatchClass.cls);
        VISIT_SEQ(st, pattern, p->v.MatchClass.patterns);
        VISIT_SEQ(st, pattern, p->v.MatchClass.kwd_patterns);
        return 1;
    case MatchAs_kind:
        VISIT(st, pattern, p->v.MatchAs.pattern);
        return visit_pattern_name(st, p->v.MatchAs.name, p);
    case MatchOr_kind:
        VISIT_SEQ(st, pattern, p->v.MatchOr.patterns);
        return 1;
    default:
        return 1;                               /* MatchSingleton */
    }
}

static int
visit_pattern(struct symtable *st, pattern_ty p)
{
    int result = compile_recursion_enter(&st->recursion_depth,
                                         st->recursion_limit) == 0 &&
                 visit_pattern_kind(st, p);

    st->recursion_depth--;
    return result;
}

/* ---- Statements --------------------------------------------------------- */

/* AsyncFunctionDef has the same fields. */
static int
visit_function(struct symtable *st, stmt_ty s)
{
    PyObject *name = s->v.FunctionDef.name;
    arguments_ty args = s->v.FunctionDef.args;

    if (!add_symbol(st, name, DEF_LOCAL, PLACE(s))) {
        return 0;
    }
    VISIT_SEQ(st, expr, args->defaults);
    if (!visit_exprs_or_null(st, args->kw_defaults) ||
        !visit_function_annotations(st, s, args,
                                    s->v.FunctionDef.returns)) {
        return 0;
    }
    VISIT_SEQ(st, expr, s->v.FunctionDef.decorator_list);
    if (!enter_block(st, name, FunctionBlock, s, PLACE(s))) {
        return 0;
    }
    st->current->ste_coroutine = s->kind == AsyncFunctionDef_kind;
    if (!visit_arguments(st, args)) {
        return 0;
    }
    VISIT_SEQ(st, stmt, s->v.FunctionDef.body);
    return exit_block(st);
}

static int
visit_class(struct symtable *st, stmt_ty s)
{
    PyObject *outer_private;

    if (!add_symbol(st, s->v.ClassDef.name, DEF_LOCAL, PLACE(s))) {
        return 0;
    }
    VISIT_SEQ(st, expr, s->v.ClassDef.bases);
    VISIT_SEQ(st, keyword, s->v.ClassDef.keywords);
    VISIT_SEQ(st, expr, s->v.ClassDef.decorator_list);
    if (!enter_block(st, s->v.ClassDef.name, ClassBlock, s, PLACE(s))) {
        return 0;
    }
    outer_private = st->private_name;
    st->private_name = s->v.ClassDef.name;
    VISIT_SEQ(st, stmt, s->v.ClassDef.body);
    st->private_name = outer_private;
    return exit_block(st);
}

static int
visit_annotated_assignment(struct symtable *st, stmt_ty s)
{
    expr_ty target = s->v.AnnAssign.target;

    if (target->kind == Name_kind) {
        PyObject *name = target->v.Name.id;
        long known = lookup_in(st, st->current, name);

        if (known < 0) {
            return 0;
        }
        if ((known & (DEF_GLOBAL | DEF_NONLOCAL)) &&
            st->current->ste_symbols != st->globals && s->v.AnnAssign.simple) {
            return fail_with_name(
                st,
                known & DEF_GLOBAL ? "annotated name '%U' can't be global"
                                   : "annotated name '%U' can't be nonlocal",
                name, PLACE(s));
        }
        if (s->v.AnnAssign.simple) {
            if (!add_symbol(st, name, DEF_ANNOT | DEF_LOCAL, PLACE(target))) {
                return 0;
            }
        }
        else if (s->v.AnnAssign.value != NULL &&
                 !add_symbol(st, name, DEF_LOCAL, PLACE(target))) {
            return 0;
        }
    }
    else {
        VISIT(st, expr, target);
    }
    if (!visit_annotation(st, s->v.AnnAssign.annotation)) {
        return 0;
    }
    VISIT(st, expr, s->v.AnnAssign.value);
    return 1;
}

/* What is wrong with declaring a name of these flags, or NULL.  Row 0 is for
 * global. */
static const char *
declaration_problem(long known, int is_nonlocal)
{
    static const char *const messages[2][4] = {
        {"name '%U' is parameter and global",
         "name '%U' is used prior to global declaration",
         "annotated name '%U' can't be global",
         "name '%U' is assigned to before global declaration"},
        {"name '%U' is parameter and nonlocal",
         "name '%U' is used prior to nonlocal declaration",
         "annotated name '%U' can't be nonlocal",
         "name '%U' is assigned to before nonlocal declaration"},
    };

    if (!(known & (DEF_PARAM | DEF_LOCAL | USE | DEF_ANNOT))) {
        return NULL;
    }
    return messages[is_nonlocal][known & DEF_PARAM   ? 0
                                 : known & USE       ? 1
                                 : known & DEF_ANNOT ? 2
                                                     : 3];
}

static int
visit_declaration(struct symtable *st, stmt_ty s, asdl_identifier_seq *names,
                  int is_nonlocal)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(names); i++) {
        PyObject *name = names->elements[i];
        long known = lookup_in(st, st->current, name);
        const char *problem;

        if (known < 0) {
            return 0;
        }
        problem = declaration_problem(known, is_nonlocal);
        if (problem != NULL) {
            return fail_with_name(st, problem, name, PLACE(s));
        }
        if (!add_symbol(st, name, is_nonlocal ? DEF_NONLOCAL : DEF_GLOBAL,
                        PLACE(s)) ||
            !record_directive(st, name, PLACE(s))) {
            return 0;
        }
    }
    return 1;
}

static int
visit_try(struct symtable *st, stmt_ty s)
{
    VISIT_SEQ(st, stmt, s->v.Try.body);
    VISIT_SEQ(st, stmt, s->v.Try.orelse);
    VISIT_SEQ(st, excepthandler, s->v.Try.handlers);
    VISIT_SEQ(st, stmt, s->v.Try.finalbody);
    return 1;
}

static int
visit_for(struct symtable *st, stmt_ty s)
{
    VISIT(st, expr, s->v.For.target);
    VISIT(st, expr, s->v.For.iter);
    VISIT_SEQ(st, stmt, s->v.For.body);
    VISIT_SEQ(st, stmt, s->v.For.orelse);
    return 1;
}

static int
visit_stmt_kind(struct symtable *st, stmt_ty s)
{
    switch (s->kind) {
    case FunctionDef_kind:
    case AsyncFunctionDef_kind:
        return visit_function(st, s);
    case ClassDef_kind:
        return visit_class(st, s);
    case Return_kind:
        if (s->v.Return.value != NULL) {
            VISIT(st, expr, s->v.Return.value);
            st->current->ste_returns_value = 1;
        }
        return 1;
    case Delete_kind:
        VISIT_SEQ(st, expr, s->v.Delete.targets);
        return 1;
    case Assign_kind:
        VISIT_SEQ(st, expr, s->v.Assign.targets);
        VISIT(st, expr, s->v.Assign.value);
        return 1;
    case AnnAssign_kind:
        return visit_annotated_assignment(st, s);
    case AugAssign_kind:
        VISIT(st, expr, s->v.AugAssign.target);
        VISIT(st, expr, s->v.AugAssign.value);
        return 1;
    case For_kind:
    case AsyncFor_kind:
        return visit_for(st, s);
    case While_kind:
        VISIT(st, expr, s->v.While.test);
        VISIT_SEQ(st, stmt, s->v.While.body);
        VISIT_SEQ(st, stmt, s->v.While.orelse);
        return 1;
    case If_kind:
        VISIT(st, expr, s->v.If.test);
        VISIT_SEQ(st, stmt, s->v.If.body);
        VISIT_SEQ(st, stmt, s->v.If.orelse);
        return 1;
    case Match_kind:
        VISIT(st, expr, s->v.Match.subject);
        VISIT_SEQ(st, match_case, s->v.Match.cases);
        return 1;
    case Raise_kind:
        VISIT(st, expr, s->v.Raise.exc);
        VISIT(st, expr, s->v.Raise.cause);
        return 1;
    case Try_kind:
    case TryStar_kind:
        return visit_try(st, s);
    case Assert_kind:
        VISIT(st, expr, s->v.Assert.test);
        VISIT(st, expr, s->v.Assert.msg);
        return 1;
    case Import_kind:
        VISIT_SEQ(st, alias, s->v.Import.names);
        return 1;
    case ImportFrom_kind:
        VISIT_SEQ(st, alias, s->v.ImportFrom.names);
        return 1;
    case Global_kind:
        return visit_declaration(st, s, s->v.Global.names, 0);
    case Nonlocal_kind:
        return visit_declaration(st, s, s->v.Nonlocal.names, 1);
    case Expr_kind:
        VISIT(st, expr, s->v.Expr.value);
        return 1;
    case With_kind:
    case AsyncWith_kind:
        VISIT_SEQ(st, withitem, s->v.With.items);
        VISIT_SEQ(st, stmt, s->v.With.body);
        return 1;
    default:
        return 1;                               /* Pass, Break, Continue */
    }
}

static int
visit_stmt(struct symtable *st, stmt_ty s)
{
    int result = compile_recursion_enter(&st->recursion_depth,
                                         st->recursion_limit) == 0 &&
                 visit_stmt_kind(st, s);

    st->recursion_depth--;
    return result;
}

/* ---- The whole ---------------------------------------------------------- */

static int
visit_module(struct symtable *st, mod_ty module)
{
    switch (module->kind) {
    case Module_kind:
        VISIT_SEQ(st, stmt, module->v.Module.body);
        return 1;
    case Interactive_kind:
        VISIT_SEQ(st, stmt, module->v.Interactive.body);
        return 1;
    case Expression_kind:
        VISIT(st, expr, module->v.Expression.body);
        return 1;
    default:
        PyErr_SetString(PyExc_RuntimeError,
                        "this compiler does not handle FunctionTypes");
        return 0;
    }
}

struct symtable *
symtable_build(mod_ty module, PyObject *filename,
               const FutureFeatures *features)
{
    struct symtable *st = PyMem_Calloc(1, sizeof(*st));
    struct place nowhere = {0, 0, 0, 0};
    int starting_depth;

    if (st == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    st->filename = Py_NewRef(filename);
    st->future = features;
    st->stack = PyList_New(0);
    st->blocks = PyDict_New();
    if (st->stack == NULL || st->blocks == NULL) {
        goto error;
    }
    compile_recursion_budget(&st->recursion_depth, &st->recursion_limit);
    starting_depth = st->recursion_depth;
    if (!enter_block(st, NAME(top), ModuleBlock, module, nowhere)) {
        goto error;
    }
    st->top = st->current;
    if (!visit_module(st, module) || !exit_block(st)) {
        goto error;
    }
    if (st->recursion_depth != starting_depth) {
        PyErr_Format(PyExc_SystemError,
                     "symtable analysis recursion depth mismatch "
                     "(before=%d, after=%d)",
                     starting_depth, st->recursion_depth);
        goto error;
    }
    if (symtable_analyze(st) < 0) {
        goto error;
    }
    return st;
error:
    symtable_free(st);
    return NULL;
}
