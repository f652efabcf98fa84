/* __future__ statements: which features a module switches on (PEP 236). */

#include "Python.h"
#include "names.h"

#include "ast.h"
#include "compile.h"
#include "symtable.h"

/* What a feature does to the compiler; 0 for those that are always on. */
static const struct {
    const char *name;
    int flag;
} future_features[] = {
    {"nested_scopes", 0},
    {"generators", 0},
    {"division", 0},
    {"absolute_import", 0},
    {"with_statement", 0},
    {"print_function", 0},
    {"unicode_literals", 0},
    {"generator_stop", 0},
    {"barry_as_FLUFL", CO_FUTURE_BARRY_AS_BDFL},
    {"annotations", CO_FUTURE_ANNOTATIONS},
};

/* Always -1. */
static int
future_fail(PyObject *filename, stmt_ty s, int offset, const char *format,
            const char *feature)
{
    PyErr_Format(PyExc_SyntaxError, format, feature);
    PyErr_SyntaxLocationObject(filename, s->lineno, offset);
    return -1;
}

static int
future_add_feature(stmt_ty s, PyObject *name, PyObject *filename,
                   FutureFeatures *features)
{
    const char *feature = PyUnicode_AsUTF8(name);

    if (feature == NULL) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(future_features); i++) {
        if (strcmp(feature, future_features[i].name) == 0) {
            features->features |= future_features[i].flag;
            return 0;
        }
    }
    if (strcmp(feature, "braces") == 0) {
        return future_fail(filename, s, s->col_offset + 1, "not a chance",
                           NULL);
    }
    return future_fail(filename, s, s->col_offset + 1,
                       "future feature %.100s is not defined", feature);
}

static int
is_future_import(stmt_ty s)
{
    return s->kind == ImportFrom_kind && s->v.ImportFrom.module != NULL &&
           _PyUnicode_EqualToASCIIString(s->v.ImportFrom.module, "__future__");
}

static int
future_collect_from_body(asdl_stmt_seq *body, PyObject *filename,
                         FutureFeatures *features)
{
    int done = 0, previous_line = 0;

    for (Py_ssize_t i = 0; i < asdl_seq_LEN(body); i++) {
        stmt_ty s = body->elements[i];

        if (done && s->lineno > previous_line) {
            return 0;
        }
        previous_line = s->lineno;
        if (is_future_import(s)) {
            if (done) {
                return future_fail(filename, s, s->col_offset,
                                   "from __future__ imports must "
                                   "occur at the beginning of the file",
                                   NULL);
            }
            for (Py_ssize_t k = 0; k < asdl_seq_LEN(s->v.ImportFrom.names);
                 k++) {
                if (future_add_feature(
                        s, s->v.ImportFrom.names->elements[k]->name, filename,
                        features) < 0) {
                    return -1;
                }
            }
            features->lineno = s->lineno;
        }
        else if (i > 0 || ast_get_docstring(body) == NULL) {
            done = 1;
        }
    }
    return 0;
}

int
future_collect(mod_ty module, PyObject *filename, FutureFeatures *features)
{
    features->features = 0;
    features->lineno = -1;
    switch (module->kind) {
    case Module_kind:
        return future_collect_from_body(module->v.Module.body, filename,
                                        features);
    case Interactive_kind:
        return future_collect_from_body(module->v.Interactive.body, filename,
                                        features);
    default:
        return 0;
    }
}
