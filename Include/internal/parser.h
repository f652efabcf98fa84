#ifndef LUCID_INTERNAL_PARSER_H
#define LUCID_INTERNAL_PARSER_H

/* From text to syntax tree.  `start` is one of Py_file_input,
 * Py_single_input, Py_eval_input, Py_func_type_input; `filename` is a str (or
 * NULL) that goes into errors; `flags` may be NULL.  All return NULL with an
 * exception on failure (SyntaxError, IndentationError, TabError,
 * UnicodeDecodeError, ValueError, MemoryError, RecursionError, ...).
 * Run Python (codecs, warnings). */

#include "Python.h"
#include "arena.h"
#include "ast.h"

/* Codes for `parser_mod_from_interactive`. */
enum { PARSER_OK = 10, PARSER_EOF = 11, PARSER_ERROR = 14 };

/* UTF-8 or, without PyCF_IGNORE_COOKIE, text with a coding cookie or BOM. */
mod_ty parser_mod_from_string(const char *source, PyObject *filename,
                              int start, PyCompilerFlags *flags,
                              PyArena *arena);

/* Reads `file` as it goes. */
mod_ty parser_mod_from_file(FILE *file, PyObject *filename, int start,
                            PyCompilerFlags *flags, PyArena *arena);

/* Where statements come from that are typed: with a prompt, lines come from
 * PyOS_Readline (if `file` is stdin or a terminal). */
typedef struct {
    FILE *file;
    const char *encoding;              /* NULL: cookie or UTF-8 */
    const char *prompt1, *prompt2;     /* for a first line, for others; NULL */
} parser_console;

/* One statement.  `*status` becomes one of the codes above. */
mod_ty parser_mod_from_interactive(const parser_console *console,
                                   PyObject *filename, PyCompilerFlags *flags,
                                   int *status, PyArena *arena);

#endif
