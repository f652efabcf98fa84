#ifndef LUCID_INTERNAL_BLTIN_H
#define LUCID_INTERNAL_BLTIN_H

/* The module builtins. */

#include "Python.h"

/* Makes the module with functions, types and constants (exceptions and `open`
 * come later, see exceptions_add_to).  Returns new. */
PyObject *_PyBuiltin_Init(PyInterpreterState *interp);

/* The functions of the module, by source file. */
extern PyMethodDef builtins_code_methods[];        /* code.c */
extern PyMethodDef builtins_iteration_methods[];   /* iteration.c */
extern PyMethodDef builtins_console_methods[];     /* console.c */
extern PyMethodDef builtins_object_methods[];      /* objects.c */

#endif
