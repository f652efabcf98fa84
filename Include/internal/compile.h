#ifndef LUCID_INTERNAL_COMPILE_H
#define LUCID_INTERNAL_COMPILE_H

/* From AST to code object: future statements, AST optimiser, symbol table,
 * code generation, assembly. */

#include "Python.h"
#include "arena.h"
#include "ast.h"
#include "symtable.h"

/* Returns new code object.  `flags` may be NULL; its future flags are merged
 * with those of the module.  `optimize` -1: as the command line says.  The AST
 * is changed by the optimiser and belongs to `arena`.  Raises SyntaxError,
 * RecursionError, OverflowError. */
PyCodeObject *compile_ast(mod_ty module, PyObject *filename,
                          PyCompilerFlags *flags, int optimize,
                          PyArena *arena);
/* The same under 3.11's exported name. */
PyAPI_FUNC(PyCodeObject *)
    _PyAST_Compile(mod_ty module, PyObject *filename, PyCompilerFlags *flags,
                   int optimize, PyArena *arena);

/* Constant folding and friends, in place: 1, or 0 with an exception. */
int ast_optimize(mod_ty module, PyArena *arena, int optimize,
                 int future_features);

/* Recursion budget shared by symbol table, optimiser and code generator,
 * relative to what is left of the interpreter's. */
#define COMPILER_STACK_FRAME_SCALE 3
/* The depth to start from and the limit.  Never fails. */
void compile_recursion_budget(int *depth, int *limit);
/* One level deeper, counted in *depth also when it fails.  0, or -1 with
 * RecursionError. */
int compile_recursion_enter(int *depth, int limit);

#endif
