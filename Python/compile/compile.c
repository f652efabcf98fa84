/* The compiler's entry: from a syntax tree to the module's code object. */

#include "compiler.h"

#include "runtime.h"

static PyCodeObject *
compile_module(Compiler *c, mod_ty module)
{
    PyCodeObject *code;
    int add_none = 1;

    unit_enter(c, NAME(module_name_text), SCOPE_MODULE, module, 1);
    if (c->failed) {
        unit_exit(c);
        return NULL;
    }
    switch (module->kind) {
    case Module_kind:
        visit_body(c, module->v.Module.body);
        break;
    case Interactive_kind:
        c->unit->location.lineno = 1;
        if (body_has_annotations(module->v.Interactive.body)) {
            emit(c, SETUP_ANNOTATIONS);
        }
        c->interactive = 1;
        visit_stmts(c, module->v.Interactive.body);
        break;
    case Expression_kind:
        visit_expr(c, module->v.Expression.body);
        add_none = 0;
        break;
    default:
        PyErr_Format(PyExc_SystemError,
                     "module kind %d should not be possible", module->kind);
        compiler_fail(c);
    }
    code = assemble(c, add_none);
    unit_exit(c);
    return code;
}

PyCodeObject *
compile_ast(mod_ty module, PyObject *filename, PyCompilerFlags *flags,
            int optimize, PyArena *arena)
{
    PyCompilerFlags no_flags = _PyCompilerFlags_INIT;
    FutureFeatures future;
    Compiler c = {.filename = filename, .arena = arena, .future = &future,
                  .flags = flags != NULL ? flags : &no_flags};
    PyCodeObject *code = NULL;

    if (future_collect(module, filename, &future) < 0) {
        return NULL;
    }
    future.features |= c.flags->cf_flags;
    c.flags->cf_flags = future.features;
    c.optimize = optimize;
    if (optimize == -1) {
        c.optimize =
            interpreter_config(_PyInterpreterState_GET())->optimization_level;
    }
    if (!ast_optimize(module, arena, c.optimize, future.features)) {
        return NULL;
    }
    c.const_cache = PyDict_New();
    if (c.const_cache == NULL) {
        return NULL;
    }
    c.symbols = symtable_build(module, filename, &future);
    if (c.symbols != NULL) {
        code = compile_module(&c, module);
        symtable_free(c.symbols);
    }
    else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "no symtable");
    }
    Py_DECREF(c.const_cache);
    assert((code == NULL) == (PyErr_Occurred() != NULL));
    return code;
}

PyCodeObject *
_PyAST_Compile(mod_ty module, PyObject *filename, PyCompilerFlags *flags,
               int optimize, PyArena *arena)
{
    return compile_ast(module, filename, flags, optimize, arena);
}

/* Bytecode is optimised as it is made; this one returns what it gets. */
PyObject *
PyCode_Optimize(PyObject *code, PyObject *consts, PyObject *names,
                PyObject *lnotab)
{
    return Py_NewRef(code);
}
