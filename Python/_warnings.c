/* Warnings (library reference, "warnings"): filters, registries, and the way
 * from a place in C or Python to the library's warnings module.
 *
 * As long as `warnings` is not imported, the filters of the interpreter
 * (interp->warnings) decide and a plain report goes to sys.stderr; afterwards
 * its attributes `filters`, `defaultaction` and `onceregistry` count, and
 * `_showwarnmsg` shows.
 *
 * A module's __warningregistry__ remembers what was shown: (text, category,
 * line) -> True, under a "version" that goes stale with every change of the
 * filters. */
#include "Python.h"
#include "frameobject.h"

#include "errors.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"
#include "traceback.h"
#include "warnings.h"

/* A warning on its way. */
struct warning {
    PyObject *category;      /* borrowed, as all of these */
    PyObject *message;       /* an instance of Warning; before
                              * warn_explicit() also text */
    PyObject *text;
    PyObject *filename;
    int lineno;
    PyObject *module;
    PyObject *registry;      /* NULL or None: none */
    PyObject *sourceline;    /* or NULL */
    PyObject *source;        /* the object that was lost, or NULL or None */
};

/* --- What the library module says ---------------------------------------- */

/* warnings.<name>: 1 with a new reference, 0 without, -1.  Runs Python. */
static int
library_attribute(PyThreadState *tstate, PyObject *name, int try_import,
                  PyObject **value)
{
    PyObject *module;
    int found;

    *value = NULL;
    /* At the end imports could only fail. */
    if (try_import && !_Py_IsFinalizing() &&
        tstate->interp->importlib != NULL) {
        module = PyImport_Import(NAME(warnings));
        if (module == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_ImportError)) {
                return -1;
            }
            PyErr_Clear();
            return 0;
        }
    }
    else {
        if (tstate->interp->modules == NULL) {
            return 0;
        }
        module = import_get_module(tstate, NAME(warnings));
        if (module == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
    }
    found = _PyObject_LookupAttr(module, name, value);
    Py_DECREF(module);
    return found;
}

/* The library's value in place of the interpreter's own, if there is one.
 * Borrowed, NULL with an exception.  Runs Python. */
static PyObject *
current_setting(PyThreadState *tstate, PyObject *name, PyObject **own)
{
    PyObject *value;

    if (library_attribute(tstate, name, 0, &value) < 0) {
        return NULL;
    }
    if (value != NULL) {
        Py_XSETREF(*own, value);
    }
    return *own;
}

static PyObject *
current_once_registry(PyThreadState *tstate)
{
    PyObject *registry =
        current_setting(tstate, NAME(onceregistry),
                        &tstate->interp->warnings.once_registry);

    if (registry != NULL && !PyDict_Check(registry)) {
        PyErr_Format(PyExc_TypeError,
                     "_warnings._onceregistry must be a dict, not '%.200s'",
                     Py_TYPE(registry)->tp_name);
        return NULL;
    }
    return registry;
}

static PyObject *
current_default_action(PyThreadState *tstate)
{
    PyObject *action =
        current_setting(tstate, NAME(defaultaction),
                        &tstate->interp->warnings.default_action);

    if (action != NULL && !PyUnicode_Check(action)) {
        PyErr_Format(PyExc_TypeError,
                     "_warnings.defaultaction must be a string, not '%.200s'",
                     Py_TYPE(action)->tp_name);
        return NULL;
    }
    return action;
}

/* --- Filters ------------------------------------------------------------- */

/* A filter's pattern: None for anything, text for itself, or a compiled
 * regular expression.  1/0/-1.  Runs Python. */
static int
pattern_matches(PyObject *pattern, PyObject *text)
{
    PyObject *match;
    int truth;

    if (pattern == Py_None) {
        return 1;
    }
    if (PyUnicode_CheckExact(pattern)) {
        int order = PyUnicode_Compare(pattern, text);
        return order == -1 && PyErr_Occurred() ? -1 : order == 0;
    }
    match = PyObject_CallMethodOneArg(pattern, NAME(match), text);
    if (match == NULL) {
        return -1;
    }
    truth = PyObject_IsTrue(match);
    Py_DECREF(match);
    return truth;
}

/* 1/0/-1.  Runs Python. */
static int
filter_matches(PyObject *item, const struct warning *warning)
{
    PyObject *lineno = PyTuple_GET_ITEM(item, 4);
    Py_ssize_t line;
    int matches;

    matches =
        PyObject_IsSubclass(warning->category, PyTuple_GET_ITEM(item, 2));
    if (matches > 0) {
        matches = pattern_matches(PyTuple_GET_ITEM(item, 1), warning->text);
    }
    if (matches > 0) {
        matches = pattern_matches(PyTuple_GET_ITEM(item, 3), warning->module);
    }
    if (matches <= 0) {
        return matches;
    }
    line = PyLong_AsSsize_t(lineno);
    if (line == -1 && PyErr_Occurred()) {
        return -1;
    }
    return line == 0 || line == warning->lineno;
}

/* The action for a warning, new; *item is the filter that gave it, new.
 * Runs Python. */
static PyObject *
find_action(PyThreadState *tstate, const struct warning *warning,
            PyObject **item)
{
    PyObject *filters = current_setting(tstate, NAME(filters),
                                        &tstate->interp->warnings.filters);
    PyObject *action;

    *item = NULL;
    if (filters == NULL) {
        return NULL;
    }
    if (!PyList_Check(filters)) {
        PyErr_SetString(PyExc_ValueError, "_warnings.filters must be a list");
        return NULL;
    }
    Py_INCREF(filters);          /* matching may replace the list */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(filters); i++) {
        PyObject *entry = Py_NewRef(PyList_GET_ITEM(filters, i));
        int matches;

        if (!PyTuple_Check(entry) || PyTuple_GET_SIZE(entry) != 5) {
            PyErr_Format(PyExc_ValueError,
                         "_warnings.filters item %zd isn't a 5-tuple", i);
            matches = -1;
        }
        else if (!PyUnicode_Check(PyTuple_GET_ITEM(entry, 0))) {
            PyErr_Format(PyExc_TypeError,
                         "action must be a string, not '%.200s'",
                         Py_TYPE(PyTuple_GET_ITEM(entry, 0))->tp_name);
            matches = -1;
        }
        else {
            matches = filter_matches(entry, warning);
        }
        if (matches == 0) {
            Py_DECREF(entry);
            continue;
        }
        Py_DECREF(filters);
        if (matches < 0) {
            Py_DECREF(entry);
            return NULL;
        }
        *item = entry;
        return Py_NewRef(PyTuple_GET_ITEM(entry, 0));
    }
    Py_DECREF(filters);
    action = Py_XNewRef(current_default_action(tstate));
    if (action != NULL) {
        *item = Py_NewRef(Py_None);
    }
    return action;
}

/* --- Registries ---------------------------------------------------------- */

/* 1 if the registry has the key, 0 if not, after which it has it if `set`. */
static int
registry_check(PyThreadState *tstate, PyObject *registry, PyObject *key,
               int set)
{
    PyObject *version, *shown;
    long current = tstate->interp->warnings.filters_version;

    version = PyDict_GetItemWithError(registry, NAME(version));
    if (version == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (version == NULL || !PyLong_CheckExact(version) ||
        PyLong_AsLong(version) != current) {
        PyObject *number;
        PyErr_Clear();           /* of a huge version: stale like any other */
        PyDict_Clear(registry);
        number = PyLong_FromLong(current);
        if (number == NULL ||
            PyDict_SetItem(registry, NAME(version), number) < 0) {
            Py_XDECREF(number);
            return -1;
        }
        Py_DECREF(number);
    }
    else {
        shown = PyDict_GetItemWithError(registry, key);
        if (shown != NULL) {
            int truth = PyObject_IsTrue(shown);
            if (truth != 0) {
                return truth;
            }
        }
        else if (PyErr_Occurred()) {
            return -1;
        }
    }
    return set ? PyDict_SetItem(registry, key, Py_True) : 0;
}

/* As registry_check, for "any line". */
static int
registry_check_any_line(PyThreadState *tstate, PyObject *registry,
                        const struct warning *warning, int add_zero)
{
    PyObject *zero = add_zero ? PyLong_FromLong(0) : NULL;
    PyObject *key;
    int known;

    key = add_zero ? PyTuple_Pack(3, warning->text, warning->category, zero)
                   : PyTuple_Pack(2, warning->text, warning->category);
    Py_XDECREF(zero);
    if (key == NULL) {
        return -1;
    }
    known = registry_check(tstate, registry, key, 1);
    Py_DECREF(key);
    return known;
}

/* --- Showing ------------------------------------------------------------- */

/* Without the library: "file:line: Category: text" and the source line. */
static void
show_plain(PyThreadState *tstate, const struct warning *warning)
{
    PyObject *file = sys_get_attribute(tstate, NAME(stderr));
    PyObject *name = PyObject_GetAttr(warning->category, NAME(__name__));
    PyObject *head = NULL;

    if (name == NULL || file == NULL || file == Py_None) {
        goto done;
    }
    head = PyUnicode_FromFormat("%S:%d: %S: %S\n", warning->filename,
                                warning->lineno, name, warning->text);
    if (head == NULL || PyFile_WriteObject(head, file, Py_PRINT_RAW) < 0) {
        goto done;
    }
    if (warning->sourceline != NULL) {
        PyObject *line = PyObject_CallMethod(warning->sourceline, "strip", "s",
                                             " \t\014\n\r");
        PyObject *text =
            line == NULL ? NULL : PyUnicode_FromFormat("  %S\n", line);
        if (text != NULL) {
            PyFile_WriteObject(text, file, Py_PRINT_RAW);
        }
        Py_XDECREF(text);
        Py_XDECREF(line);
    }
    else {
        _Py_DisplaySourceLine(file, warning->filename, warning->lineno, 2,
                              NULL, NULL);
    }
done:
    PyErr_Clear();               /* a warning about a warning helps nobody */
    Py_XDECREF(head);
    Py_XDECREF(name);
}

/* 0/-1.  Runs Python. */
static int
show(PyThreadState *tstate, const struct warning *warning)
{
    PyObject *function, *class = NULL, *message = NULL, *result = NULL;
    PyObject *lineno = NULL;

    /* A lost object's allocation is shown only by the library. */
    if (library_attribute(tstate, NAME(_showwarnmsg), warning->source != NULL,
                          &function) < 0) {
        return -1;
    }
    if (function == NULL) {
        show_plain(tstate, warning);
        return 0;
    }
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError,
                        "warnings._showwarnmsg() must be set to a callable");
        goto done;
    }
    if (library_attribute(tstate, NAME(WarningMessage), 0, &class) < 0) {
        goto done;
    }
    if (class == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "unable to get warnings.WarningMessage");
        goto done;
    }
    lineno = PyLong_FromLong(warning->lineno);
    if (lineno == NULL) {
        goto done;
    }
    message = PyObject_CallFunctionObjArgs(
        class, warning->message, warning->category, warning->filename, lineno,
        Py_None, Py_None,
        warning->source == NULL ? Py_None : warning->source, NULL);
    if (message != NULL) {
        result = PyObject_CallOneArg(function, message);
    }
done:
    Py_XDECREF(lineno);
    Py_XDECREF(message);
    Py_XDECREF(class);
    Py_DECREF(function);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* --- Deciding ------------------------------------------------------------ */

static int
action_is(PyObject *action, const char *name)
{
    return _PyUnicode_EqualToASCIIString(action, name);
}

/* 1: it was shown before, 0: show it now, -1.  Runs Python. */
static int
decide(PyThreadState *tstate, const struct warning *warning, PyObject *key)
{
    PyObject *registry = warning->registry;
    PyObject *action = NULL, *item = NULL;
    int result = -1;

    if (registry == Py_None) {
        registry = NULL;
    }
    if (registry != NULL) {
        result = registry_check(tstate, registry, key, 0);
        if (result != 0) {
            return result;
        }
        result = -1;
    }
    action = find_action(tstate, warning, &item);
    if (action == NULL) {
        return -1;
    }
    if (action_is(action, "error")) {
        PyErr_SetObject(warning->category, warning->message);
        goto done;
    }
    if (action_is(action, "ignore")) {
        result = 1;
        goto done;
    }
    if (action_is(action, "always")) {
        result = 0;
        goto done;
    }
    if (registry != NULL && PyDict_SetItem(registry, key, Py_True) < 0) {
        goto done;
    }
    if (action_is(action, "once")) {
        if (registry == NULL) {
            registry = current_once_registry(tstate);
            if (registry == NULL) {
                goto done;
            }
        }
        result = registry_check_any_line(tstate, registry, warning, 0);
    }
    else if (action_is(action, "module")) {
        result = registry == NULL ? 0
                                  : registry_check_any_line(tstate, registry,
                                                            warning, 0);
    }
    else if (action_is(action, "default")) {
        result = 0;
    }
    else {
        PyErr_Format(PyExc_RuntimeError,
                     "Unrecognized action (%R) in warnings.filters:\n %R",
                     action, item);
    }
done:
    Py_DECREF(action);
    Py_XDECREF(item);
    return result;
}

/* The module's name by its file: "a/b.py" -> "a/b"; new. */
static PyObject *
module_from_filename(PyObject *filename)
{
    Py_ssize_t length;

    if (!PyUnicode_Check(filename)) {
        return PyUnicode_FromString("<unknown>");
    }
    length = PyUnicode_GET_LENGTH(filename);
    if (length == 0) {
        return PyUnicode_FromString("<unknown>");
    }
    if (length >= 3 && PyUnicode_READ_CHAR(filename, length - 3) == '.' &&
        PyUnicode_READ_CHAR(filename, length - 2) == 'p' &&
        PyUnicode_READ_CHAR(filename, length - 1) == 'y') {
        return PyUnicode_Substring(filename, 0, length - 3);
    }
    return Py_NewRef(filename);
}

/* given: without `text`, and `module` may be NULL.  0/-1.  Runs Python. */
static int
warn_explicit(PyThreadState *tstate, const struct warning *given)
{
    struct warning warning = *given;
    PyObject *own_module = NULL, *instance = NULL, *text = NULL, *key = NULL;
    PyObject *line = NULL;
    int is_warning, status = -1;

    if (given->module == Py_None) {
        return 0;                /* at the end of the runtime */
    }
    if (given->registry != NULL && given->registry != Py_None &&
        !PyDict_Check(given->registry)) {
        PyErr_SetString(PyExc_TypeError, "'registry' must be a dict or None");
        return -1;
    }
    own_module = given->module == NULL ? module_from_filename(given->filename)
                                       : Py_NewRef(given->module);
    is_warning = PyObject_IsInstance(given->message, PyExc_Warning);
    if (own_module == NULL || is_warning < 0) {
        goto done;
    }
    if (is_warning) {
        instance = Py_NewRef(given->message);
        text = PyObject_Str(given->message);
        warning.category = (PyObject *)Py_TYPE(given->message);
    }
    else {
        text = Py_NewRef(given->message);
        instance = PyObject_CallOneArg(given->category, given->message);
    }
    line = PyLong_FromLong(given->lineno);
    if (text == NULL || instance == NULL || line == NULL) {
        goto done;
    }
    key = PyTuple_Pack(3, text, warning.category, line);
    if (key != NULL) {
        warning.message = instance;
        warning.text = text;
        warning.module = own_module;
        if (warning.source == Py_None) {
            warning.source = NULL;
        }
        status = decide(tstate, &warning, key);
        if (status == 0) {
            status = show(tstate, &warning);
        }
        else if (status > 0) {
            status = 0;
        }
    }
done:
    Py_XDECREF(key);
    Py_XDECREF(line);
    Py_XDECREF(text);
    Py_XDECREF(instance);
    Py_XDECREF(own_module);
    return status;
}

/* --- Where the caller is ------------------------------------------------- */

/* Frames of importlib are not what a warning is about. */
static int
frame_is_internal(PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    PyObject *filename = code->co_filename;
    int internal = 0;

    if (PyUnicode_Check(filename)) {
        int contains = PyUnicode_Contains(filename, NAME(importlib));
        internal = contains > 0 &&
                   PyUnicode_Contains(filename, NAME(_bootstrap)) > 0;
        PyErr_Clear();           /* no memory: treat it as any other frame */
    }
    Py_DECREF(code);
    return internal;
}

/* The next frame outwards; steals frame. */
static PyFrameObject *
frame_step(PyFrameObject *frame, int skip_internal)
{
    do {
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    } while (skip_internal && frame != NULL && frame_is_internal(frame));
    return frame;
}

/* The frame `level` calls out; NULL where the stack is not that deep. */
static PyFrameObject *
frame_at_level(PyThreadState *tstate, Py_ssize_t level)
{
    PyFrameObject *frame = PyThreadState_GetFrame(tstate);
    int skip_internal = level > 0 && (frame == NULL ||
                                      !frame_is_internal(frame));

    while (--level > 0 && frame != NULL) {
        frame = frame_step(frame, skip_internal);
    }
    return frame;
}

struct context {
    PyObject *filename, *module, *registry;     /* owned */
    int lineno;
};

static int
context_init_at(PyThreadState *tstate, Py_ssize_t level,
                struct context *context)
{
    PyFrameObject *frame = frame_at_level(tstate, level);
    PyObject *globals, *module, *registry;

    *context = (struct context){0};
    if (frame == NULL) {
        globals = Py_XNewRef(tstate->interp->sysdict);
        context->filename = PyUnicode_FromString("sys");
        context->lineno = 1;
    }
    else {
        PyCodeObject *code = PyFrame_GetCode(frame);
        globals = PyFrame_GetGlobals(frame);
        context->filename = Py_NewRef(code->co_filename);
        context->lineno = PyFrame_GetLineNumber(frame);
        Py_DECREF(code);
        Py_DECREF(frame);
    }
    if (globals == NULL || context->filename == NULL) {
        goto error;
    }
    registry = PyDict_GetItemWithError(globals, NAME(__warningregistry__));
    if (registry != NULL) {
        context->registry = Py_NewRef(registry);
    }
    else {
        if (PyErr_Occurred()) {
            goto error;
        }
        context->registry = PyDict_New();
        if (context->registry == NULL ||
            PyDict_SetItem(globals, NAME(__warningregistry__),
                           context->registry) < 0) {
            goto error;
        }
    }
    module = PyDict_GetItemWithError(globals, NAME(__name__));
    if (module != NULL && (module == Py_None || PyUnicode_Check(module))) {
        context->module = Py_NewRef(module);
    }
    else {
        if (PyErr_Occurred()) {
            goto error;
        }
        context->module = PyUnicode_FromString("<string>");
        if (context->module == NULL) {
            goto error;
        }
    }
    Py_DECREF(globals);
    return 0;
error:
    Py_XDECREF(globals);
    Py_CLEAR(context->filename);
    Py_CLEAR(context->registry);
    Py_CLEAR(context->module);
    return -1;
}

/* 0/-1.  Runs Python. */
static int
warn_at_level(PyObject *category, PyObject *message, Py_ssize_t level,
              PyObject *source)
{
    PyThreadState *tstate = _PyThreadState_GET();
    struct context context;
    int status;

    if (context_init_at(tstate, level, &context) < 0) {
        return -1;
    }
    status = warn_explicit(tstate, &(struct warning){
        .category = category, .message = message,
        .filename = context.filename, .lineno = context.lineno,
        .module = context.module, .registry = context.registry,
        .source = source});
    Py_DECREF(context.filename);
    Py_DECREF(context.module);
    Py_DECREF(context.registry);
    return status;
}

/* --- The C API ----------------------------------------------------------- */

/* PyErr_Warn*: steals message, which may be NULL with an exception. */
static int
warn_text(PyObject *category, PyObject *message, Py_ssize_t level,
          PyObject *source)
{
    int status;

    if (message == NULL) {
        return -1;
    }
    status = warn_at_level(category == NULL ? PyExc_RuntimeWarning : category,
                           message, level, source);
    Py_DECREF(message);
    return status;
}

int
PyErr_WarnEx(PyObject *category, const char *text, Py_ssize_t stack_level)
{
    return warn_text(category, PyUnicode_FromString(text), stack_level, NULL);
}

int
PyErr_WarnFormat(PyObject *category, Py_ssize_t stack_level,
                 const char *format, ...)
{
    PyObject *message;
    va_list values;

    va_start(values, format);
    message = PyUnicode_FromFormatV(format, values);
    va_end(values);
    return warn_text(category, message, stack_level, NULL);
}

int
PyErr_ResourceWarning(PyObject *source, Py_ssize_t stack_level,
                      const char *format, ...)
{
    PyObject *message;
    va_list values;

    va_start(values, format);
    message = PyUnicode_FromFormatV(format, values);
    va_end(values);
    return warn_text(PyExc_ResourceWarning, message, stack_level, source);
}

int
PyErr_WarnExplicitObject(PyObject *category, PyObject *message,
                         PyObject *filename, int lineno, PyObject *module,
                         PyObject *registry)
{
    return warn_explicit(_PyThreadState_GET(), &(struct warning){
        .category = category == NULL ? PyExc_RuntimeWarning : category,
        .message = message, .filename = filename, .lineno = lineno,
        .module = module, .registry = registry});
}

int
PyErr_WarnExplicit(PyObject *category, const char *text,
                   const char *filename_str, int lineno,
                   const char *module_str, PyObject *registry)
{
    PyObject *message = PyUnicode_FromString(text);
    PyObject *filename = PyUnicode_DecodeFSDefault(filename_str);
    PyObject *module = NULL;
    int status = -1;

    if (module_str != NULL) {
        module = PyUnicode_FromString(module_str);
    }
    if (message != NULL && filename != NULL &&
        (module_str == NULL || module != NULL)) {
        status = PyErr_WarnExplicitObject(category, message, filename, lineno,
                                          module, registry);
    }
    Py_XDECREF(module);
    Py_XDECREF(filename);
    Py_XDECREF(message);
    return status;
}

int
PyErr_WarnExplicitFormat(PyObject *category, const char *filename_str,
                         int lineno, const char *module_str,
                         PyObject *registry, const char *format, ...)
{
    PyObject *filename = PyUnicode_DecodeFSDefault(filename_str);
    PyObject *module = NULL, *message = NULL;
    va_list values;
    int status = -1;

    if (module_str != NULL) {
        module = PyUnicode_FromString(module_str);
    }
    va_start(values, format);
    message = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (message != NULL && filename != NULL &&
        (module_str == NULL || module != NULL)) {
        status = PyErr_WarnExplicitObject(category, message, filename, lineno,
                                          module, registry);
    }
    Py_XDECREF(message);
    Py_XDECREF(module);
    Py_XDECREF(filename);
    return status;
}

void
warnings_unawaited_coroutine(PyObject *coroutine)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *function, *result = NULL, *name;
    int found = library_attribute(tstate, NAME(_warn_unawaited_coroutine), 1,
                                  &function), warned = 0;

    if (found > 0) {
        result = PyObject_CallOneArg(function, coroutine);
        Py_DECREF(function);
        warned =
            result != NULL || PyErr_ExceptionMatches(PyExc_RuntimeWarning);
        Py_XDECREF(result);
    }
    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable(coroutine);
    }
    if (warned) {
        return;
    }
    /* The library is gone or broken. */
    name = PyObject_GetAttr(coroutine, NAME(__qualname__));
    if (name == NULL ||
        PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                         "coroutine '%S' was never awaited", name) < 0) {
        PyErr_WriteUnraisable(coroutine);
    }
    Py_XDECREF(name);
}

/* --- The module ---------------------------------------------------------- */

/* The category of warn(): of the message, or what was given.  Borrowed. */
static PyObject *
category_of(PyObject *message, PyObject *category)
{
    int is_warning = PyObject_IsInstance(message, PyExc_Warning);

    if (is_warning < 0) {
        return NULL;
    }
    if (is_warning) {
        category = (PyObject *)Py_TYPE(message);
    }
    else if (category == NULL || category == Py_None) {
        category = PyExc_UserWarning;
    }
    is_warning = PyType_Check(category)
                     ? PyObject_IsSubclass(category, PyExc_Warning)
                     : 0;
    if (is_warning <= 0) {
        if (is_warning == 0) {
            PyErr_Format(PyExc_TypeError,
                         "category must be a Warning subclass, not '%s'",
                         Py_TYPE(category)->tp_name);
        }
        return NULL;
    }
    return category;
}

static PyObject *
warnings_warn(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"message", "category", "stacklevel",
                                           "source", NULL};
    static _PyArg_Parser parser = {.format = "O|OnO:warn",
                                   .keywords = keywords};
    PyObject *message, *category = NULL, *source = NULL;
    Py_ssize_t level = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &message,
                                      &category, &level, &source)) {
        return NULL;
    }
    category = category_of(message, category);
    if (category == NULL ||
        warn_at_level(category, message, level, source) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The line of source that a module's loader knows: new, or NULL with or
 * without an exception.  Runs Python. */
static PyObject *
source_line(PyObject *globals, int lineno)
{
    PyObject *loader, *name, *function, *source, *lines, *line = NULL;

    loader = PyDict_GetItemWithError(globals, NAME(__loader__));
    name = loader == NULL ? NULL
                          : PyDict_GetItemWithError(globals, NAME(__name__));
    if (name == NULL) {
        return NULL;
    }
    Py_INCREF(name);
    if (_PyObject_LookupAttr(loader, NAME(get_source), &function) <= 0) {
        Py_DECREF(name);
        return NULL;
    }
    source = PyObject_CallOneArg(function, name);
    Py_DECREF(function);
    Py_DECREF(name);
    if (source == NULL || source == Py_None) {
        Py_XDECREF(source);
        return NULL;
    }
    lines = PyUnicode_Splitlines(source, 0);
    Py_DECREF(source);
    if (lines == NULL) {
        return NULL;
    }
    if (lineno >= 1 && lineno <= PyList_GET_SIZE(lines)) {
        line = Py_NewRef(PyList_GET_ITEM(lines, lineno - 1));
    }
    Py_DECREF(lines);
    return line;
}

static PyObject *
warnings_warn_explicit(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "message",  "category", "filename",       "lineno", "module",
        "registry", "module_globals", "source",   NULL,
    };
    struct warning given = {NULL};
    PyObject *globals = NULL, *line = NULL;
    int status;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "OOUi|OOOO:warn_explicit", (char **)keywords,
            &given.message, &given.category, &given.filename, &given.lineno,
            &given.module, &given.registry, &globals, &given.source)) {
        return NULL;
    }
    if (globals != NULL && globals != Py_None) {
        if (!PyDict_Check(globals)) {
            PyErr_Format(PyExc_TypeError,
                         "module_globals must be a dict, not '%.200s'",
                         Py_TYPE(globals)->tp_name);
            return NULL;
        }
        line = source_line(globals, given.lineno);
        if (line == NULL && PyErr_Occurred()) {
            return NULL;
        }
    }
    given.sourceline = line;
    status = warn_explicit(_PyThreadState_GET(), &given);
    Py_XDECREF(line);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
warnings_filters_mutated(PyObject *module, PyObject *unused)
{
    _PyInterpreterState_GET()->warnings.filters_version++;
    Py_RETURN_NONE;
}

/* (action, None, category, module, 0); new. */
static PyObject *
make_filter(PyObject *category, const char *action, const char *module)
{
    return Py_BuildValue("(sOOzi)", action, Py_None, category, module, 0);
}

static PyObject *
make_filters(void)
{
    PyObject *filters[] = {
        make_filter(PyExc_DeprecationWarning, "default", "__main__"),
        make_filter(PyExc_DeprecationWarning, "ignore", NULL),
        make_filter(PyExc_PendingDeprecationWarning, "ignore", NULL),
        make_filter(PyExc_ImportWarning, "ignore", NULL),
        make_filter(PyExc_ResourceWarning, "ignore", NULL),
    };
    Py_ssize_t count = (Py_ssize_t)Py_ARRAY_LENGTH(filters);
    PyObject *list = PyList_New(count);

    for (Py_ssize_t i = 0; i < count; i++) {
        if (list == NULL || filters[i] == NULL) {
            Py_XDECREF(filters[i]);
            Py_CLEAR(list);
            continue;
        }
        PyList_SET_ITEM(list, i, filters[i]);
    }
    return list;
}

int
warnings_init(PyInterpreterState *interp)
{
    interp->warnings.filters = make_filters();
    interp->warnings.once_registry = PyDict_New();
    interp->warnings.default_action = PyUnicode_FromString("default");
    interp->warnings.filters_version = 0;
    return interp->warnings.filters == NULL ||
                   interp->warnings.once_registry == NULL ||
                   interp->warnings.default_action == NULL
               ? -1
               : 0;
}

void
warnings_fini(PyInterpreterState *interp)
{
    Py_CLEAR(interp->warnings.filters);
    Py_CLEAR(interp->warnings.once_registry);
    Py_CLEAR(interp->warnings.default_action);
}

static PyMethodDef warnings_methods[] = {
    {"warn", _PyCFunction_CAST(warnings_warn), METH_FASTCALL | METH_KEYWORDS,
     "warn($module, /, message, category=None, stacklevel=1, source=None)\n"
     "--\n\nIssues a warning, or ignores it, or raises it."},
    {"warn_explicit", _PyCFunction_CAST(warnings_warn_explicit),
     METH_VARARGS | METH_KEYWORDS,
     "warn_explicit(message, category, filename, lineno, module=None,\n"
     "              registry=None, module_globals=None, source=None)\n\n"
     "warn(), with the place given."},
    {"_filters_mutated", warnings_filters_mutated, METH_NOARGS,
     "_filters_mutated($module, /)\n--\n\n"
     "Makes all registries stale after a change of the filters."},
    {NULL, NULL, 0, NULL},
};

static int
warnings_exec(PyObject *module)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (PyModule_AddObjectRef(module, "filters", interp->warnings.filters) <
            0 ||
        PyModule_AddObjectRef(module, "_onceregistry",
                              interp->warnings.once_registry) < 0 ||
        PyModule_AddObjectRef(module, "_defaultaction",
                              interp->warnings.default_action) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot warnings_slots[] = {
    {Py_mod_exec, warnings_exec},
    {0, NULL},
};

static PyModuleDef warnings_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_warnings",
    .m_doc = PyDoc_STR("The part of warnings that C code needs."),
    .m_methods = warnings_methods,
    .m_slots = warnings_slots,
};

PyObject *
_PyWarnings_Init(void)
{
    return PyModuleDef_Init(&warnings_module);
}
