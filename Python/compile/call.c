/* Calls; and the SyntaxWarnings about calls, subscripts and comparisons that
 * cannot work. */

#include "compiler.h"

/* ---- Warnings ----------------------------------------------------------- */

/* Type of the value if it is plain to see, else NULL; borrowed. */
static PyTypeObject *
infer_type(expr_ty e)
{
    switch (e->kind) {
    case Tuple_kind: return &PyTuple_Type;
    case List_kind:
    case ListComp_kind: return &PyList_Type;
    case Dict_kind:
    case DictComp_kind: return &PyDict_Type;
    case Set_kind:
    case SetComp_kind: return &PySet_Type;
    case GeneratorExp_kind: return &PyGen_Type;
    case Lambda_kind: return &PyFunction_Type;
    case JoinedStr_kind:
    case FormattedValue_kind: return &PyUnicode_Type;
    case Constant_kind: return Py_TYPE(e->v.Constant.value);
    default: return NULL;
    }
}

void
check_caller(Compiler *c, expr_ty e)
{
    if (e->kind == Lambda_kind || infer_type(e) == NULL) {
        return;
    }
    compiler_warn(
        c, "'%.200s' object is not callable; perhaps you missed a comma?",
        infer_type(e)->tp_name);
}

static void
check_subscripted(Compiler *c, expr_ty e)
{
    switch (e->kind) {
    case Constant_kind: {
        PyObject *value = e->v.Constant.value;

        if (value != Py_None && value != Py_Ellipsis && !PyLong_Check(value) &&
            !PyFloat_Check(value) && !PyComplex_Check(value) &&
            !PyAnySet_Check(value)) {
            return;
        }
        break;
    }
    case Set_kind:
    case SetComp_kind:
    case GeneratorExp_kind:
    case Lambda_kind:
        break;
    default:
        return;
    }
    compiler_warn(
        c, "'%.200s' object is not subscriptable; perhaps you missed a comma?",
        infer_type(e)->tp_name);
}

static void
check_index(Compiler *c, expr_ty e, expr_ty index)
{
    PyTypeObject *type = infer_type(index);

    if (type == NULL || PyType_FastSubclass(type, Py_TPFLAGS_LONG_SUBCLASS) ||
        type == &PySlice_Type) {
        return;
    }
    switch (e->kind) {
    case Constant_kind:
        if (!PyUnicode_Check(e->v.Constant.value) &&
            !PyBytes_Check(e->v.Constant.value) &&
            !PyTuple_Check(e->v.Constant.value)) {
            return;
        }
        break;
    case Tuple_kind:
    case List_kind:
    case ListComp_kind:
    case JoinedStr_kind:
    case FormattedValue_kind:
        break;
    default:
        return;
    }
    compiler_warn(c,
                  "%.200s indices must be integers or slices, not %.200s; "
                  "perhaps you missed a comma?",
                  infer_type(e)->tp_name, type->tp_name);
}

void
check_subscript(Compiler *c, expr_ty value, expr_ty index)
{
    check_subscripted(c, value);
    check_index(c, value, index);
}

/* False for what `is` should not be used with. */
static int
is_fit_for_identity(expr_ty e)
{
    PyObject *value;

    if (e->kind != Constant_kind) {
        return 1;
    }
    value = e->v.Constant.value;
    return value == Py_None || value == Py_False || value == Py_True ||
           value == Py_Ellipsis;
}

void
check_comparison(Compiler *c, expr_ty e)
{
    int left = is_fit_for_identity(e->v.Compare.left);

    for (Py_ssize_t i = 0; i < asdl_seq_LEN(e->v.Compare.ops); i++) {
        int op = e->v.Compare.ops->elements[i];
        int right = is_fit_for_identity(e->v.Compare.comparators->elements[i]);

        if ((op == Is || op == IsNot) && !(left && right)) {
            compiler_warn(
                c, op == Is
                       ? "\"is\" with a literal. Did you mean \"==\"?"
                       : "\"is not\" with a literal. Did you mean \"!=\"?");
            return;
        }
        left = right;
    }
}

/* ---- Keywords ----------------------------------------------------------- */

static void
check_keywords(Compiler *c, asdl_keyword_seq *keywords)
{
    Py_ssize_t count = asdl_seq_LEN(keywords);

    for (Py_ssize_t i = 0; i < count; i++) {
        keyword_ty keyword = keywords->elements[i];

        if (keyword->arg == NULL) {
            continue;
        }
        if (compiler_forbids_name(c, keyword->arg, Store)) {
            return;
        }
        for (Py_ssize_t k = i + 1; k < count; k++) {
            keyword_ty other = keywords->elements[k];

            if (other->arg != NULL &&
                PyUnicode_Compare(keyword->arg, other->arg) == 0) {
                SET_LOCATION(c, other);
                compiler_error(c, "keyword argument repeated: %U",
                               keyword->arg);
                return;
            }
        }
    }
}

/* New tuple of keywords begin..end. */
static PyObject *
keyword_names(asdl_keyword_seq *keywords, Py_ssize_t begin, Py_ssize_t end)
{
    PyObject *names = PyTuple_New(end - begin);

    for (Py_ssize_t i = begin; names != NULL && i < end; i++) {
        PyTuple_SET_ITEM(names, i - begin,
                         Py_NewRef(keywords->elements[i]->arg));
    }
    return names;
}

static void
visit_keyword_values(Compiler *c, asdl_keyword_seq *keywords, Py_ssize_t begin,
                     Py_ssize_t end)
{
    for (Py_ssize_t i = begin; i < end && !c->failed; i++) {
        visit_expr(c, keywords->elements[i]->value);
    }
}

/* Values and KW_NAMES. */
static void
visit_plain_keywords(Compiler *c, asdl_keyword_seq *keywords)
{
    Py_ssize_t count = asdl_seq_LEN(keywords);
    PyObject *names;
    int index;

    if (count == 0 || c->failed) {
        return;
    }
    visit_keyword_values(c, keywords, 0, count);
    names = keyword_names(keywords, 0, count);
    if (names == NULL) {
        compiler_fail(c);
        return;
    }
    index = unit_add_const(c, names);
    Py_DECREF(names);
    emit_arg(c, KW_NAMES, index);
}

/* Named arguments begin..end as a dict. */
static void
visit_keywords_as_dict(Compiler *c, asdl_keyword_seq *keywords,
                       Py_ssize_t begin, Py_ssize_t end)
{
    Py_ssize_t count = end - begin;
    int big = count * 2 > STACK_USE_GUIDELINE;

    if (count > 1 && !big) {
        visit_keyword_values(c, keywords, begin, end);
        emit_new_const(c, keyword_names(keywords, begin, end));
        emit_arg(c, BUILD_CONST_KEY_MAP, count);
        return;
    }
    if (big) {
        emit_arg_artificial(c, BUILD_MAP, 0);
    }
    for (Py_ssize_t i = begin; i < end && !c->failed; i++) {
        emit_const(c, keywords->elements[i]->arg);
        visit_expr(c, keywords->elements[i]->value);
        if (big) {
            emit_arg_artificial(c, MAP_ADD, 1);
        }
    }
    if (!big) {
        emit_arg(c, BUILD_MAP, count);
    }
}

/* Adds named arguments to the dict on the stack, or makes it. */
static void
merge_keywords(Compiler *c, asdl_keyword_seq *keywords, Py_ssize_t begin,
               Py_ssize_t end, int *have_dict)
{
    visit_keywords_as_dict(c, keywords, begin, end);
    if (*have_dict) {
        emit_arg(c, DICT_MERGE, 1);
    }
    *have_dict = 1;
}

static void
visit_unpacked_keywords(Compiler *c, asdl_keyword_seq *keywords)
{
    Py_ssize_t count = asdl_seq_LEN(keywords), pending = 0;
    int have_dict = 0;

    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        if (keywords->elements[i]->arg != NULL) {
            pending++;
            continue;
        }
        if (pending > 0) {
            merge_keywords(c, keywords, i - pending, i, &have_dict);
            pending = 0;
        }
        if (!have_dict) {
            emit_arg(c, BUILD_MAP, 0);
            have_dict = 1;
        }
        visit_expr(c, keywords->elements[i]->value);
        emit_arg(c, DICT_MERGE, 1);
    }
    if (pending > 0) {
        merge_keywords(c, keywords, count - pending, count, &have_dict);
    }
}

/* ---- Calls -------------------------------------------------------------- */

static int
has_unpacking(asdl_expr_seq *args, asdl_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(args); i++) {
        if (args->elements[i]->kind == Starred_kind) {
            return 1;
        }
    }
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(keywords); i++) {
        if (keywords->elements[i]->arg == NULL) {
            return 1;
        }
    }
    return 0;
}

static void
visit_unpacked_arguments(Compiler *c, int pushed, asdl_expr_seq *args,
                         asdl_keyword_seq *keywords)
{
    if (pushed == 0 && asdl_seq_LEN(args) == 1 &&
        args->elements[0]->kind == Starred_kind) {
        visit_expr(c, args->elements[0]->v.Starred.value);
    }
    else {
        visit_star_elements(c, args, pushed, &tuple_display);
    }
    visit_unpacked_keywords(c, keywords);
    emit_arg(c, CALL_FUNCTION_EX, asdl_seq_LEN(keywords) > 0);
}

void
visit_arguments(Compiler *c, int pushed, asdl_expr_seq *args,
                asdl_keyword_seq *keywords)
{
    Py_ssize_t count = asdl_seq_LEN(args),
               keyword_count = asdl_seq_LEN(keywords);

    if (c->failed) {
        return;
    }
    check_keywords(c, keywords);
    if (count + keyword_count * 2 > STACK_USE_GUIDELINE ||
        has_unpacking(args, keywords)) {
        visit_unpacked_arguments(c, pushed, args, keywords);
        return;
    }
    visit_exprs(c, args);
    visit_plain_keywords(c, keywords);
    emit_call(c, pushed + count + keyword_count);
}

/* Modules have no methods: a name that the module imports is called as a plain
 * function. */
static int
is_imported_name(Compiler *c, expr_ty e)
{
    return e->kind == Name_kind &&
           (symtable_symbol_flags(c->symbols->top, e->v.Name.id) &
            DEF_IMPORT) != 0;
}

static int
is_method_call(Compiler *c, expr_ty e)
{
    expr_ty function = e->v.Call.func;
    Py_ssize_t keyword_count = asdl_seq_LEN(e->v.Call.keywords);

    return function->kind == Attribute_kind &&
           function->v.Attribute.ctx == Load &&
           !is_imported_name(c, function->v.Attribute.value) &&
           asdl_seq_LEN(e->v.Call.args) + keyword_count +
                   (keyword_count != 0) <
               STACK_USE_GUIDELINE &&
           !has_unpacking(e->v.Call.args, e->v.Call.keywords);
}

static void
visit_method_call(Compiler *c, expr_ty e)
{
    expr_ty method = e->v.Call.func;

    visit_expr(c, method->v.Attribute.value);
    if (c->failed) {
        return;
    }
    SET_LOCATION(c, method);
    location_start_at_attribute(c, method);
    emit_name(c, LOAD_METHOD, method->v.Attribute.attr);
    visit_exprs(c, e->v.Call.args);
    visit_plain_keywords(c, e->v.Call.keywords);
    if (c->failed) {
        return;
    }
    SET_LOCATION(c, e);
    location_start_at_attribute(c, method);
    emit_call(c,
              asdl_seq_LEN(e->v.Call.args) + asdl_seq_LEN(e->v.Call.keywords));
}

void
visit_call(Compiler *c, expr_ty e)
{
    check_keywords(c, e->v.Call.keywords);
    if (c->failed) {
        return;
    }
    if (is_method_call(c, e)) {
        visit_method_call(c, e);
        return;
    }
    check_caller(c, e->v.Call.func);
    if (c->failed) {
        return;
    }
    SET_LOCATION(c, e->v.Call.func);
    emit(c, PUSH_NULL);
    SET_LOCATION(c, e);
    visit_expr(c, e->v.Call.func);
    visit_arguments(c, 0, e->v.Call.args, e->v.Call.keywords);
}
