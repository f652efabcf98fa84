/* Built-in functions that compile, run and import code, and
 * __build_class__. */

#include "Python.h"

#include "arena.h"
#include "ast.h"
#include "audit.h"
#include "bltin.h"
#include "internal/ceval.h"
#include "internal/compile.h"
#include "names.h"
#include "parser.h"
#include "tuple.h"
#include "type.h"

/* ---- compile ------------------------------------------------------------ */

enum { MODE_EXEC, MODE_EVAL, MODE_SINGLE, MODE_FUNC_TYPE };

/* The mode's number, or -1 with ValueError. */
static int
parse_mode(const char *mode, int flags)
{
    static const char *const modes[] = {"exec", "eval", "single",
                                        "func_type"};

    for (int i = 0; i < (int)Py_ARRAY_LENGTH(modes); i++) {
        if (strcmp(mode, modes[i]) != 0) {
            continue;
        }
        if (i == MODE_FUNC_TYPE && !(flags & PyCF_ONLY_AST)) {
            PyErr_SetString(PyExc_ValueError,
                            "compile() mode 'func_type' requires flag "
                            "PyCF_ONLY_AST");
            return -1;
        }
        return i;
    }
    PyErr_SetString(
        PyExc_ValueError,
        flags & PyCF_ONLY_AST
            ? "compile() mode must be 'exec', 'eval', 'single' or "
              "'func_type'"
            : "compile() mode must be 'exec', 'eval' or 'single'");
    return -1;
}

/* An _ast object to code (or, if a tree is wanted, to itself).  New. */
static PyObject *
compile_tree(PyObject *source, PyObject *filename, int mode,
             PyCompilerFlags *flags, int optimize)
{
    PyObject *result = NULL;

    if (flags->cf_flags & PyCF_ONLY_AST) {
        return Py_NewRef(source);
    }
    if (PyAudit(AUDIT_COMPILE, "OO", source, Py_None) < 0) {
        return NULL;
    }
    PyArena *arena = _PyArena_New();
    if (arena == NULL) {
        return NULL;
    }
    mod_ty mod = ast_from_object(source, arena, mode);
    if (mod != NULL && ast_validate(mod) == 0) {
        result = (PyObject *)_PyAST_Compile(mod, filename, flags, optimize,
                                            arena);
    }
    _PyArena_Free(arena);
    return result;
}

static PyObject *
compile_source(PyObject *source, PyObject *filename, int mode,
               PyCompilerFlags *flags, int optimize)
{
    static const int starts[] = {Py_file_input, Py_eval_input,
                                 Py_single_input, Py_func_type_input};
    PyObject *copy;

    int is_tree = ast_check(source);
    if (is_tree < 0) {
        return NULL;
    }
    if (is_tree) {
        return compile_tree(source, filename, mode, flags, optimize);
    }
    const char *text = _Py_SourceAsString(
        source, "compile", "string, bytes or AST", flags, &copy);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = Py_CompileStringObject(text, filename, starts[mode],
                                              flags, optimize);
    if (result != NULL) {
        audit_origin_of_loaded(result, text, (Py_ssize_t)strlen(text), 1);
    }
    Py_XDECREF(copy);
    return result;
}

PyDoc_STRVAR(compile_doc,
"compile($module, /, source, filename, mode, flags=0,\n"
"        dont_inherit=False, optimize=-1, *, _feature_version=-1)\n--\n\n"
"Compile text or a syntax tree to code for exec() or eval().\n\n"
"The mode is 'exec' for a module, 'single' for one interactive statement,\n"
"'eval' for an expression.  The flags choose future features and others;\n"
"those of the calling code count too unless dont_inherit is true.");

static PyObject *
builtin_compile(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {
        "source", "filename", "mode", "flags", "dont_inherit", "optimize",
        "_feature_version", NULL};
    static _PyArg_Parser parser = {.format = "OO&s|ipi$i:compile",
                                   .keywords = keywords};
    PyObject *source, *filename = NULL, *result = NULL;
    const char *mode_name;
    int flags = 0, dont_inherit = 0, optimize = -1, feature_version = -1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &source,
                                      PyUnicode_FSDecoder, &filename,
                                      &mode_name, &flags, &dont_inherit,
                                      &optimize, &feature_version)) {
        return NULL;
    }
    PyCompilerFlags cf = {flags | PyCF_SOURCE_IS_UTF8, PY_MINOR_VERSION};
    if (feature_version >= 0 && (flags & PyCF_ONLY_AST)) {
        cf.cf_feature_version = feature_version;
    }
    if (flags & ~(PyCF_MASK | PyCF_MASK_OBSOLETE | PyCF_COMPILE_MASK)) {
        PyErr_SetString(PyExc_ValueError,
                        "compile(): unrecognised flags");
        goto done;
    }
    if (optimize < -1 || optimize > 2) {
        PyErr_SetString(PyExc_ValueError,
                        "compile(): invalid optimize value");
        goto done;
    }
    if (!dont_inherit) {
        PyEval_MergeCompilerFlags(&cf);
    }
    int mode = parse_mode(mode_name, flags);
    if (mode >= 0) {
        result = compile_source(source, filename, mode, &cf, optimize);
    }
done:
    Py_XDECREF(filename);
    return result;
}

/* ---- eval, exec --------------------------------------------------------- */

/* Code runs with builtins: those of the caller unless there are some. */
static int
ensure_builtins(PyObject *globals)
{
    int found = PyDict_Contains(globals, NAME(__builtins__));

    if (found == 0) {
        found = PyDict_SetItem(globals, NAME(__builtins__),
                               PyEval_GetBuiltins());
    }
    return found < 0 ? -1 : 0;
}

PyDoc_STRVAR(eval_doc,
"eval($module, source, globals=None, locals=None, /)\n--\n\n"
"The value of an expression, given as text or as code of compile().\n\n"
"It sees the given namespaces, by default those of the caller; globals\n"
"alone serve as both.");

/* The caller's namespaces for those not given.  0, or -1 with TypeError. */
static int
default_namespaces(const char *message, PyObject **globals, PyObject **locals)
{
    if (*globals == Py_None) {
        *globals = PyEval_GetGlobals();
        if (*locals == Py_None) {
            *locals = PyEval_GetLocals();
            if (*locals == NULL && PyErr_Occurred()) {
                return -1;
            }
        }
    }
    else if (*locals == Py_None) {
        *locals = *globals;
    }
    if (*globals == NULL || *locals == NULL) {
        PyErr_SetString(PyExc_TypeError, message);
        return -1;
    }
    return 0;
}

static int
check_eval_namespaces(PyObject *globals, PyObject *locals)
{
    if (locals != Py_None && !PyMapping_Check(locals)) {
        PyErr_SetString(PyExc_TypeError, "locals must be a mapping");
        return -1;
    }
    if (globals != Py_None && !PyDict_Check(globals)) {
        PyErr_SetString(
            PyExc_TypeError,
            PyMapping_Check(globals)
                ? "globals must be a real dict; try eval(code, {}, mapping)"
                : "globals must be a dict");
        return -1;
    }
    return 0;
}

static PyObject *
builtin_eval(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *copy;

    if (!_PyArg_CheckPositional("eval", nargs, 1, 3)) {
        return NULL;
    }
    PyObject *source = args[0];
    PyObject *globals = nargs > 1 ? args[1] : Py_None;
    PyObject *locals = nargs > 2 ? args[2] : Py_None;
    if (check_eval_namespaces(globals, locals) < 0 ||
        default_namespaces("eval must be given globals and locals when "
                           "called without a frame", &globals, &locals) < 0 ||
        ensure_builtins(globals) < 0) {
        return NULL;
    }
    if (PyCode_Check(source)) {
        if (PyAudit(AUDIT_EXEC, "(O)", source) < 0) {
            return NULL;
        }
        if (PyCode_GetNumFree((PyCodeObject *)source) > 0) {
            PyErr_SetString(PyExc_TypeError,
                            "code object passed to eval() may not contain "
                            "free variables");
            return NULL;
        }
        return PyEval_EvalCode(source, globals, locals);
    }
    PyCompilerFlags cf = {PyCF_SOURCE_IS_UTF8, PY_MINOR_VERSION};
    const char *text = _Py_SourceAsString(
        source, "eval", "string, bytes or code", &cf, &copy);
    if (text == NULL) {
        return NULL;
    }
    while (*text == ' ' || *text == '\t') {
        text++;
    }
    PyEval_MergeCompilerFlags(&cf);
    PyObject *result = PyRun_StringFlags(text, Py_eval_input, globals, locals,
                                         &cf);
    Py_XDECREF(copy);
    return result;
}

/* The closure fits the code's free variables: 0, or -1 with TypeError. */
static int
check_closure(PyObject *code, PyObject *closure)
{
    Py_ssize_t count = PyCode_GetNumFree((PyCodeObject *)code);

    if (count == 0) {
        if (closure != NULL) {
            PyErr_SetString(PyExc_TypeError,
                            "cannot use a closure with this code object");
            return -1;
        }
        return 0;
    }
    int fits = closure != NULL && PyTuple_CheckExact(closure) &&
               PyTuple_GET_SIZE(closure) == count;
    for (Py_ssize_t i = 0; fits && i < count; i++) {
        fits = PyCell_Check(PyTuple_GET_ITEM(closure, i));
    }
    if (!fits) {
        PyErr_Format(PyExc_TypeError,
                     "code object requires a closure of exactly length %zd",
                     count);
        return -1;
    }
    return 0;
}

static PyObject *
exec_code(PyObject *code, PyObject *globals, PyObject *locals,
          PyObject *closure)
{
    if (check_closure(code, closure) < 0 ||
        PyAudit(AUDIT_EXEC, "(O)", code) < 0) {
        return NULL;
    }
    if (closure == NULL) {
        return PyEval_EvalCode(code, globals, locals);
    }
    return PyEval_EvalCodeEx(code, globals, locals, NULL, 0, NULL, 0, NULL, 0,
                             NULL, closure);
}

static PyObject *
exec_text(PyObject *source, PyObject *globals, PyObject *locals)
{
    PyCompilerFlags cf = {PyCF_SOURCE_IS_UTF8, PY_MINOR_VERSION};
    PyObject *copy;

    const char *text = _Py_SourceAsString(
        source, "exec", "string, bytes or code", &cf, &copy);
    if (text == NULL) {
        return NULL;
    }
    PyEval_MergeCompilerFlags(&cf);
    PyObject *result = PyRun_StringFlags(text, Py_file_input, globals, locals,
                                         &cf);
    Py_XDECREF(copy);
    return result;
}

PyDoc_STRVAR(exec_doc,
"exec($module, source, globals=None, locals=None, /, *, closure=None)\n"
"--\n\n"
"Run statements, given as text or as code of compile().\n\n"
"They see the given namespaces, by default those of the caller; globals\n"
"alone serve as both.  The closure is a tuple of cells for code with free\n"
"variables.");

static PyObject *
builtin_exec(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"", "", "", "closure", NULL};
    static _PyArg_Parser parser = {.format = "O|OO$O:exec",
                                   .keywords = keywords};
    PyObject *source, *globals = Py_None, *locals = Py_None;
    PyObject *closure = Py_None, *result;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &source,
                                      &globals, &locals, &closure) ||
        default_namespaces("globals and locals cannot be NULL", &globals,
                           &locals) < 0) {
        return NULL;
    }
    if (!PyDict_Check(globals)) {
        PyErr_Format(PyExc_TypeError,
                     "exec() globals must be a dict, not %.100s",
                     Py_TYPE(globals)->tp_name);
        return NULL;
    }
    if (!PyMapping_Check(locals)) {
        PyErr_Format(PyExc_TypeError,
                     "locals must be a mapping or None, not %.100s",
                     Py_TYPE(locals)->tp_name);
        return NULL;
    }
    if (ensure_builtins(globals) < 0) {
        return NULL;
    }
    if (closure == Py_None) {
        closure = NULL;
    }
    if (PyCode_Check(source)) {
        result = exec_code(source, globals, locals, closure);
    }
    else if (closure != NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "closure can only be used when source is a code "
                        "object");
        return NULL;
    }
    else {
        result = exec_text(source, globals, locals);
    }
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

/* ---- __import__ --------------------------------------------------------- */

PyDoc_STRVAR(import_doc,
"__import__($module, /, name, globals=None, locals=None, fromlist=(),\n"
"           level=0)\n--\n\n"
"What the import statement calls; importlib.import_module() is meant for\n"
"programs.\n\n"
"Returns the package that the dotted name begins with, or with a fromlist\n"
"the module that it names.  The level counts the dots of a relative import.");

static PyObject *
builtin___import__(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const keywords[] = {"name", "globals", "locals",
                                           "fromlist", "level", NULL};
    static _PyArg_Parser parser = {.format = "O|OOOi:__import__",
                                   .keywords = keywords};
    PyObject *name, *globals = NULL, *locals = NULL, *fromlist = NULL;
    int level = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &name,
                                      &globals, &locals, &fromlist, &level)) {
        return NULL;
    }
    return PyImport_ImportModuleLevelObject(name, globals, locals, fromlist,
                                            level);
}

/* ---- __build_class__ ---------------------------------------------------- */

/* The list of bases from `bases[i]` on with the entries of one that is no
 * class but has __mro_entries__; appends to `list`.  0 or -1. */
static int
append_base(PyObject *list, PyObject *base, PyObject *bases)
{
    PyObject *method = NULL, *entries;

    if (!PyType_Check(base) &&
        _PyObject_LookupAttr(base, NAME(__mro_entries__), &method) < 0) {
        return -1;
    }
    if (method == NULL) {
        return PyList_Append(list, base);
    }
    entries = PyObject_CallOneArg(method, bases);
    Py_DECREF(method);
    if (entries == NULL) {
        return -1;
    }
    if (!PyTuple_Check(entries)) {
        PyErr_SetString(PyExc_TypeError,
                        "__mro_entries__ must return a tuple");
        Py_DECREF(entries);
        return -1;
    }
    Py_ssize_t size = PyList_GET_SIZE(list);
    int status = PyList_SetSlice(list, size, size, entries);
    Py_DECREF(entries);
    return status;
}

/* PEP 560: the bases as they count.  Returns new: `bases` itself if all are
 * classes. */
static PyObject *
resolve_bases(PyObject *bases)
{
    PyObject *list, *result = NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(bases), i = 0;

    while (i < count && PyType_Check(PyTuple_GET_ITEM(bases, i))) {
        i++;
    }
    if (i == count) {
        return Py_NewRef(bases);          /* FAST PATH: same result */
    }
    list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (append_base(list, PyTuple_GET_ITEM(bases, i), bases) < 0) {
            goto done;
        }
    }
    result = PyList_AsTuple(list);
    /* Nothing replaced: the original tuple shows that. */
    if (result != NULL && PyTuple_GET_SIZE(result) == count) {
        i = 0;
        while (i < count && PyTuple_GET_ITEM(result, i) ==
                                PyTuple_GET_ITEM(bases, i)) {
            i++;
        }
        if (i == count) {
            Py_SETREF(result, Py_NewRef(bases));
        }
    }
done:
    Py_DECREF(list);
    return result;
}

/* The metaclass: the keyword (taken out of `keywords`), or what the bases
 * have; the most derived one if it is a class.  Returns new. */
static PyObject *
find_metaclass(PyObject *keywords, PyObject *bases, int *is_class)
{
    PyObject *meta = NULL;

    *is_class = 0;
    if (keywords != NULL) {
        meta = Py_XNewRef(PyDict_GetItemWithError(keywords, NAME(metaclass)));
        if (meta == NULL && PyErr_Occurred()) {
            return NULL;
        }
        if (meta != NULL) {
            if (PyDict_DelItem(keywords, NAME(metaclass)) < 0) {
                Py_DECREF(meta);
                return NULL;
            }
            *is_class = PyType_Check(meta);
        }
    }
    if (meta == NULL) {
        *is_class = 1;
        meta = PyTuple_GET_SIZE(bases) == 0
                   ? (PyObject *)&PyType_Type
                   : (PyObject *)Py_TYPE(PyTuple_GET_ITEM(bases, 0));
        Py_INCREF(meta);
    }
    if (*is_class) {
        PyObject *winner = (PyObject *)_PyType_CalculateMetaclass(
            (PyTypeObject *)meta, bases);
        if (winner == NULL) {
            Py_DECREF(meta);
            return NULL;
        }
        Py_SETREF(meta, Py_NewRef(winner));
    }
    return meta;
}

/* The mapping in which the body runs.  Returns new. */
static PyObject *
prepare_namespace(PyObject *meta, int is_class, PyObject *name,
                  PyObject *bases, PyObject *keywords)
{
    PyObject *prepare, *result;

    if (_PyObject_LookupAttr(meta, NAME(__prepare__), &prepare) < 0) {
        return NULL;
    }
    if (prepare == NULL) {
        return PyDict_New();
    }
    PyObject *args[2] = {name, bases};
    result = PyObject_VectorcallDict(prepare, args, 2, keywords);
    Py_DECREF(prepare);
    if (result != NULL && !PyMapping_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "%.200s.__prepare__() must return a mapping, not "
                     "%.200s",
                     is_class ? ((PyTypeObject *)meta)->tp_name
                              : "<metaclass>",
                     Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

/* `__class__` in the methods is the class that was made: 0 or -1. */
static int
check_class_cell(PyObject *cell, PyObject *class, PyObject *name)
{
    if (!PyType_Check(class) || !PyCell_Check(cell)) {
        return 0;
    }
    PyObject *found = PyCell_GET(cell);
    if (found == class) {
        return 0;
    }
    if (found == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "__class__ not set defining %.200R as %.200R. Was "
                     "__classcell__ propagated to type.__new__?",
                     name, class);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "__class__ set to %.200R defining %.200R as %.200R",
                     found, name, class);
    }
    return -1;
}

/* Fills the namespace.  Returns new what the body returns: the cell of
 * __class__, or None.  Runs Python. */
static PyObject *
run_body(PyObject *function, PyObject *namespace, PyObject *bases,
         PyObject *original_bases)
{
    PyObject *cell = ceval_run_class_body(function, namespace);

    if (cell != NULL && bases != original_bases &&
        PyObject_SetItem(namespace, NAME(__orig_bases__),
                         original_bases) < 0) {
        Py_CLEAR(cell);
    }
    return cell;
}

/* Calls the metaclass.  Returns new.  Runs Python. */
static PyObject *
make_class(PyObject *meta, PyObject *name, PyObject *bases,
           PyObject *namespace, PyObject *keywords, PyObject *cell)
{
    PyObject *args[3] = {name, bases, namespace};
    PyObject *result = PyObject_VectorcallDict(meta, args, 3, keywords);

    if (result != NULL && check_class_cell(cell, result, name) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
dict_of_keywords(PyObject *const *values, PyObject *kwnames)
{
    PyObject *dict = PyDict_New();

    for (Py_ssize_t i = 0; dict != NULL && i < PyTuple_GET_SIZE(kwnames);
         i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i),
                           values[i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

PyDoc_STRVAR(build_class_doc,
"__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\n"
"What the class statement calls.");

static PyObject *
builtin___build_class__(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *original_bases = NULL, *bases = NULL, *keywords = NULL;
    PyObject *meta = NULL, *namespace = NULL, *cell = NULL, *result = NULL;
    int is_class;

    if (nargs < 2) {
        PyErr_SetString(PyExc_TypeError,
                        "__build_class__: not enough arguments");
        return NULL;
    }
    if (!PyFunction_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "__build_class__: func must be a function");
        return NULL;
    }
    if (!PyUnicode_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError,
                        "__build_class__: name is not a string");
        return NULL;
    }
    original_bases = tuple_from_array(args + 2, nargs - 2);
    if (original_bases == NULL) {
        return NULL;
    }
    bases = resolve_bases(original_bases);
    if (bases == NULL) {
        goto done;
    }
    if (kwnames != NULL) {
        keywords = dict_of_keywords(args + nargs, kwnames);
        if (keywords == NULL) {
            goto done;
        }
    }
    meta = find_metaclass(keywords, bases, &is_class);
    if (meta == NULL) {
        goto done;
    }
    namespace = prepare_namespace(meta, is_class, args[1], bases, keywords);
    if (namespace == NULL) {
        goto done;
    }
    cell = run_body(args[0], namespace, bases, original_bases);
    if (cell != NULL) {
        result = make_class(meta, args[1], bases, namespace, keywords, cell);
    }
done:
    Py_XDECREF(cell);
    Py_XDECREF(namespace);
    Py_XDECREF(meta);
    Py_XDECREF(keywords);
    Py_XDECREF(bases);
    Py_DECREF(original_bases);
    return result;
}

/* ---- Table -------------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef builtins_code_methods[] = {
    {"__build_class__", FAST(builtin___build_class__),
     METH_FASTCALL | METH_KEYWORDS, build_class_doc},
    {"__import__", FAST(builtin___import__), METH_FASTCALL | METH_KEYWORDS,
     import_doc},
    {"compile", FAST(builtin_compile), METH_FASTCALL | METH_KEYWORDS,
     compile_doc},
    {"eval", FAST(builtin_eval), METH_FASTCALL, eval_doc},
    {"exec", FAST(builtin_exec), METH_FASTCALL | METH_KEYWORDS, exec_doc},
    {NULL},
};
