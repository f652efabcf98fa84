/* Functions, lambdas, classes and their decorators. */

#include "compiler.h"

/* ---- Decorators --------------------------------------------------------- */

static void
apply_decorators(Compiler *c, asdl_expr_seq *decorators)
{
    Location around;

    if (c->failed) {
        return;
    }
    around = c->unit->location;
    for (Py_ssize_t i = asdl_seq_LEN(decorators) - 1; i >= 0; i--) {
        SET_LOCATION(c, decorators->elements[i]);
        emit_call(c, 0);
    }
    c->unit->location = around;
}

static int
first_line(stmt_ty s, asdl_expr_seq *decorators)
{
    return asdl_seq_LEN(decorators) > 0 ? decorators->elements[0]->lineno
                                        : s->lineno;
}

/* ---- Parameters --------------------------------------------------------- */

static void
check_parameter(Compiler *c, arg_ty parameter)
{
    if (parameter != NULL) {
        compiler_forbids_name(c, parameter->arg, Store);
    }
}

static void
check_parameters(Compiler *c, arguments_ty args)
{
    asdl_arg_seq *groups[] = {args->posonlyargs, args->args, args->kwonlyargs};

    for (size_t k = 0; k < Py_ARRAY_LENGTH(groups); k++) {
        if (k == 2) {
            check_parameter(c, args->vararg);
        }
        for (Py_ssize_t i = 0; i < asdl_seq_LEN(groups[k]); i++) {
            check_parameter(c, groups[k]->elements[i]);
        }
    }
    check_parameter(c, args->kwarg);
}

/* Defaults of keyword-only parameters as a dict on the stack; 1 if there are
 * any. */
static int
visit_keyword_defaults(Compiler *c, arguments_ty args)
{
    PyObject *names = PyList_New(0);
    PyObject *keys = NULL;
    Py_ssize_t count = 0;

    for (Py_ssize_t i = 0;
         names != NULL && !c->failed && i < asdl_seq_LEN(args->kwonlyargs);
         i++) {
        expr_ty value = args->kw_defaults->elements[i];
        PyObject *mangled;

        if (value == NULL) {
            continue;
        }
        mangled = _Py_Mangle(c->unit->private_name,
                             args->kwonlyargs->elements[i]->arg);
        if (mangled == NULL || PyList_Append(names, mangled) < 0) {
            compiler_fail(c);
        }
        Py_XDECREF(mangled);
        visit_expr(c, value);
        count++;
    }
    if (names != NULL && !c->failed && count > 0) {
        keys = PyList_AsTuple(names);
        emit_new_const(c, keys);
        emit_arg(c, BUILD_CONST_KEY_MAP, count);
    }
    if (names == NULL) {
        compiler_fail(c);
    }
    Py_XDECREF(names);
    return count > 0;
}

/* Flags of MAKE_FUNCTION for what was left on the stack. */
static int
visit_defaults(Compiler *c, arguments_ty args)
{
    int flags = 0;

    if (c->failed) {
        return 0;
    }
    if (asdl_seq_LEN(args->defaults) > 0) {
        visit_exprs(c, args->defaults);
        emit_arg(c, BUILD_TUPLE, asdl_seq_LEN(args->defaults));
        flags |= FUNCTION_DEFAULTS;
    }
    if (asdl_seq_LEN(args->kwonlyargs) > 0 &&
        visit_keyword_defaults(c, args)) {
        flags |= FUNCTION_KWDEFAULTS;
    }
    return flags;
}

void
visit_annotation(Compiler *c, expr_ty annotation)
{
    if (c->failed) {
        return;
    }
    if (c->future->features & CO_FUTURE_ANNOTATIONS) {
        emit_new_const(c, ast_unparse_expr(annotation));
    }
    else {
        visit_expr(c, annotation);
    }
}

static void
visit_parameter_annotation(Compiler *c, PyObject *name, expr_ty annotation,
                           Py_ssize_t *count)
{
    if (annotation == NULL || c->failed) {
        return;
    }
    emit_new_const(c, _Py_Mangle(c->unit->private_name, name));
    if (annotation->kind == Starred_kind &&
        !(c->future->features & CO_FUTURE_ANNOTATIONS)) {
        visit_expr(c, annotation->v.Starred.value);     /* *args: *Ts */
        emit_arg(c, UNPACK_SEQUENCE, 1);
    }
    else {
        visit_annotation(c, annotation);
    }
    *count += 2;
}

static void
visit_parameter_annotations(Compiler *c, asdl_arg_seq *parameters,
                            Py_ssize_t *count)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(parameters); i++) {
        arg_ty parameter = parameters->elements[i];

        visit_parameter_annotation(c, parameter->arg, parameter->annotation,
                                   count);
    }
}

/* Annotations as a tuple of names and values; flags of MAKE_FUNCTION. */
static int
visit_annotations(Compiler *c, arguments_ty args, expr_ty returns)
{
    Py_ssize_t count = 0;

    visit_parameter_annotations(c, args->args, &count);
    visit_parameter_annotations(c, args->posonlyargs, &count);
    if (args->vararg != NULL) {
        visit_parameter_annotation(c, args->vararg->arg,
                                   args->vararg->annotation, &count);
    }
    visit_parameter_annotations(c, args->kwonlyargs, &count);
    if (args->kwarg != NULL) {
        visit_parameter_annotation(c, args->kwarg->arg,
                                   args->kwarg->annotation, &count);
    }
    visit_parameter_annotation(c, NAME(return), returns, &count);
    if (count == 0) {
        return 0;
    }
    emit_arg(c, BUILD_TUPLE, count);
    return FUNCTION_ANNOTATIONS;
}

static void
set_argument_counts(Compiler *c, arguments_ty args)
{
    if (!c->failed) {
        c->unit->argcount = (int)asdl_seq_LEN(args->args);
        c->unit->posonlyargcount = (int)asdl_seq_LEN(args->posonlyargs);
        c->unit->kwonlyargcount = (int)asdl_seq_LEN(args->kwonlyargs);
    }
}

/* ---- Closures ----------------------------------------------------------- */

/* Index of the cell that an inner code object's free variable is here, or -1
 * (failed). */
static int
find_cell(Compiler *c, PyCodeObject *code, PyObject *name)
{
    Unit *u = c->unit;
    int scope = u->scope == SCOPE_CLASS &&
                        _PyUnicode_EqualToASCIIString(name, "__class__")
                    ? CELL
                    : symtable_scope(u->entry, name);
    int index = unit_find(scope == CELL ? u->cellvars : u->freevars, name);

    if (index < 0) {
        PyErr_Format(PyExc_SystemError,
                     "no cell for %R of code %S in %S (scope %d)", name,
                     code->co_name, u->name, scope);
        compiler_fail(c);
    }
    return index;
}

void
emit_closure(Compiler *c, PyCodeObject *code, int flags)
{
    if (c->failed) {
        return;
    }
    if (code->co_nfreevars > 0) {
        for (int i = code->co_nlocalsplus - code->co_nfreevars;
             i < code->co_nlocalsplus && !c->failed; i++) {
            int index = find_cell(
                c, code, PyTuple_GET_ITEM(code->co_localsplusnames, i));

            emit_arg(c, LOAD_CLOSURE, index);
        }
        flags |= FUNCTION_CLOSURE;
        emit_arg(c, BUILD_TUPLE, code->co_nfreevars);
    }
    emit_const(c, (PyObject *)code);
    emit_arg(c, MAKE_FUNCTION, flags);
}

/* ---- Functions ---------------------------------------------------------- */

/* The code object of a function. */
static PyCodeObject *
compile_function_body(Compiler *c, asdl_stmt_seq *body, arguments_ty args)
{
    PyObject *docstring = c->optimize < 2 ? ast_get_docstring(body) : NULL;

    unit_add_const(c, docstring != NULL ? docstring : Py_None);
    set_argument_counts(c, args);
    for (Py_ssize_t i = docstring != NULL;
         i < asdl_seq_LEN(body) && !c->failed; i++) {
        visit_stmt(c, body->elements[i]);
    }
    return assemble(c, 1);
}

void
visit_function(Compiler *c, stmt_ty s, int is_async)
{
    /* AsyncFunctionDef has the same fields. */
    arguments_ty args = s->v.FunctionDef.args;
    asdl_expr_seq *decorators = s->v.FunctionDef.decorator_list;
    PyCodeObject *code = NULL;
    int flags;

    check_parameters(c, args);
    visit_exprs(c, decorators);
    flags = visit_defaults(c, args);
    flags |= visit_annotations(c, args, s->v.FunctionDef.returns);
    if (c->failed) {
        return;
    }
    unit_enter(c, s->v.FunctionDef.name,
               is_async ? SCOPE_ASYNC_FUNCTION : SCOPE_FUNCTION, s,
               first_line(s, decorators));
    code = compile_function_body(c, s->v.FunctionDef.body, args);
    unit_exit(c);
    emit_closure(c, code, flags);
    apply_decorators(c, decorators);
    emit_variable(c, s->v.FunctionDef.name, Store);
    Py_XDECREF(code);
}

void
visit_lambda(Compiler *c, expr_ty e)
{
    arguments_ty args = e->v.Lambda.args;
    PyCodeObject *code;
    int flags;

    check_parameters(c, args);
    flags = visit_defaults(c, args);
    if (c->failed) {
        return;
    }
    unit_enter(c, NAME(lambda_name), SCOPE_LAMBDA, e, e->lineno);
    unit_add_const(c, Py_None);                 /* a lambda has no docstring */
    set_argument_counts(c, args);
    visit_expr(c, e->v.Lambda.body);
    if (!c->failed && c->unit->entry->ste_generator) {
        code = assemble(c, 0);
    }
    else {
        emit(c, RETURN_VALUE);
        code = assemble(c, 1);
    }
    unit_exit(c);
    emit_closure(c, code, flags);
    Py_XDECREF(code);
}

/* ---- Classes ------------------------------------------------------------ */

static PyCodeObject *
compile_class_body(Compiler *c, stmt_ty s)
{
    if (c->failed) {
        return NULL;
    }
    Py_INCREF(s->v.ClassDef.name);
    Py_XSETREF(c->unit->private_name, s->v.ClassDef.name);
    emit_variable(c, NAME(__name__), Load);
    emit_variable(c, NAME(__module__), Store);
    emit_const(c, c->unit->qualname);
    emit_variable(c, NAME(__qualname__), Store);
    visit_body(c, s->v.ClassDef.body);
    UNSET_LOCATION(c);
    if (c->unit->entry->ste_needs_class_closure) {
        emit_arg(c, LOAD_CLOSURE, 0);
        emit_arg(c, COPY, 1);
        emit_variable(c, NAME(__classcell__), Store);
    }
    else {
        emit_const(c, Py_None);
    }
    emit(c, RETURN_VALUE);
    return assemble(c, 1);
}

/* name = decorator(__build_class__(function, "name", *bases, **keywords)) */
void
visit_class(Compiler *c, stmt_ty s)
{
    asdl_expr_seq *decorators = s->v.ClassDef.decorator_list;
    PyCodeObject *code;

    visit_exprs(c, decorators);
    if (c->failed) {
        return;
    }
    unit_enter(c, s->v.ClassDef.name, SCOPE_CLASS, s,
               first_line(s, decorators));
    code = compile_class_body(c, s);
    unit_exit(c);
    emit(c, PUSH_NULL);
    emit(c, LOAD_BUILD_CLASS);
    emit_closure(c, code, 0);
    emit_const(c, s->v.ClassDef.name);
    visit_arguments(c, 2, s->v.ClassDef.bases, s->v.ClassDef.keywords);
    apply_decorators(c, decorators);
    emit_variable(c, s->v.ClassDef.name, Store);
    Py_XDECREF(code);
}
