/* Calling Python functions: from arguments to the locals of a frame, and the
 * API around it.
 *
 * Binding fills localsplus in this order:
 *
 *      positional parameters | keyword-only parameters | *args | **kwargs
 *
 * and owns every argument from the start: whatever happens, each is either in
 * the frame or released. */
#include "Python.h"

#include "call.h"
#include "ceval.h"
#include "code.h"
#include "dict.h"
#include "errors.h"
#include "frame.h"
#include "generator.h"
#include "names.h"
#include "tuple.h"

/* ---- what went wrong ---- */

/* "'a'", "'a' and 'b'", "'a', 'b', and 'c'". */
static PyObject *
format_name_list(PyObject *names)
{
    Py_ssize_t n = PyList_GET_SIZE(names);
    PyObject *head, *comma, *joined, *result;

    if (n == 1) {
        return Py_NewRef(PyList_GET_ITEM(names, 0));
    }
    if (n == 2) {
        return PyUnicode_FromFormat("%U and %U", PyList_GET_ITEM(names, 0),
                                    PyList_GET_ITEM(names, 1));
    }
    head = PyList_GetSlice(names, 0, n - 2);
    comma = PyUnicode_FromString(", ");
    joined =
        head != NULL && comma != NULL ? PyUnicode_Join(comma, head) : NULL;
    result = joined != NULL
                 ? PyUnicode_FromFormat("%U, %U, and %U", joined,
                                        PyList_GET_ITEM(names, n - 2),
                                        PyList_GET_ITEM(names, n - 1))
                 : NULL;
    Py_XDECREF(joined);
    Py_XDECREF(comma);
    Py_XDECREF(head);
    return result;
}

/* The locals from `start` to `end` that are still NULL lack an argument. */
static void
raise_missing_arguments(PyThreadState *tstate, PyFunctionObject *func,
                        Frame *frame, int start, int end, const char *kind)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyObject *names = PyList_New(0), *text = NULL;
    Py_ssize_t missing;

    if (names == NULL) {
        return;
    }
    for (int i = start; i < end; i++) {
        if (frame->localsplus[i] == NULL) {
            PyObject *name =
                PyObject_Repr(PyTuple_GET_ITEM(code->co_localsplusnames, i));

            if (name == NULL || PyList_Append(names, name) < 0) {
                Py_XDECREF(name);
                goto done;
            }
            Py_DECREF(name);
        }
    }
    missing = PyList_GET_SIZE(names);
    text = format_name_list(names);
    if (text != NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "%U() missing %zd required %s argument%s: %U",
                      func->func_qualname, missing, kind,
                      missing == 1 ? "" : "s", text);
    }
done:
    Py_XDECREF(text);
    Py_DECREF(names);
}

static void
raise_too_many_positional(PyThreadState *tstate, PyFunctionObject *func,
                          Frame *frame, Py_ssize_t given)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t argcount = code->co_argcount, kwonly_given = 0, ndefaults;
    PyObject *takes, *also;
    int plural;

    for (Py_ssize_t i = argcount; i < argcount + code->co_kwonlyargcount;
         i++) {
        kwonly_given += frame->localsplus[i] != NULL;
    }
    ndefaults = func->func_defaults == NULL
                    ? 0
                    : PyTuple_GET_SIZE(func->func_defaults);
    if (ndefaults > 0) {
        plural = 1;
        takes = PyUnicode_FromFormat("from %zd to %zd", argcount - ndefaults,
                                     argcount);
    }
    else {
        plural = argcount != 1;
        takes = PyUnicode_FromFormat("%zd", argcount);
    }
    if (kwonly_given > 0) {
        also = PyUnicode_FromFormat(
            " positional argument%s (and %zd keyword-only argument%s)",
            given != 1 ? "s" : "", kwonly_given, kwonly_given != 1 ? "s" : "");
    }
    else {
        also = PyUnicode_FromString("");
    }
    if (takes != NULL && also != NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "%U() takes %U positional argument%s but %zd%U %s given",
                      func->func_qualname, takes, plural ? "s" : "", given,
                      also, given == 1 && kwonly_given == 0 ? "was" : "were");
    }
    Py_XDECREF(takes);
    Py_XDECREF(also);
}

/* 1 with TypeError (or another exception) if some keyword names a
 * positional-only parameter. */
static int
check_positional_only(PyThreadState *tstate, PyFunctionObject *func,
                      PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyObject *names = PyList_New(0), *comma = NULL, *text = NULL;
    int result = 1;

    if (names == NULL) {
        return 1;
    }
    for (int i = 0; i < code->co_posonlyargcount; i++) {
        PyObject *parameter = PyTuple_GET_ITEM(code->co_localsplusnames, i);

        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); k++) {
            int equal = PyObject_RichCompareBool(
                parameter, PyTuple_GET_ITEM(kwnames, k), Py_EQ);

            if (equal < 0 ||
                (equal > 0 && PyList_Append(names, parameter) < 0)) {
                goto done;
            }
        }
    }
    if (PyList_GET_SIZE(names) == 0) {
        result = 0;
        goto done;
    }
    comma = PyUnicode_FromString(", ");
    text = comma != NULL ? PyUnicode_Join(comma, names) : NULL;
    if (text != NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "%U() got some positional-only arguments passed as "
                      "keyword arguments: '%U'",
                      func->func_qualname, text);
    }
done:
    Py_XDECREF(text);
    Py_XDECREF(comma);
    Py_DECREF(names);
    return result;
}

/* ---- binding ---- */

/* The parameter that `keyword` names: its index, or -1 (none), or -2 with an
 * exception. */
static Py_ssize_t
find_parameter(PyCodeObject *code, PyObject *keyword)
{
    PyObject *const *names =
        ((PyTupleObject *)code->co_localsplusnames)->ob_item;
    Py_ssize_t total = code->co_argcount + code->co_kwonlyargcount;

    for (Py_ssize_t i = code->co_posonlyargcount; i < total; i++) {
        if (names[i] == keyword) {
            return i;
        }
    }
    for (Py_ssize_t i = code->co_posonlyargcount; i < total; i++) {
        int equal = PyObject_RichCompareBool(keyword, names[i], Py_EQ);

        if (equal != 0) {
            return equal > 0 ? i : -2;
        }
    }
    return -1;
}

/* Binds the keyword arguments; takes every value (also on failure). */
static int
bind_keywords(PyThreadState *tstate, PyFunctionObject *func, Frame *frame,
              PyObject *kwdict, PyObject **values, PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t n = PyTuple_GET_SIZE(kwnames), i = 0;

    for (; i < n; i++) {
        PyObject *keyword = PyTuple_GET_ITEM(kwnames, i), *value = values[i];
        Py_ssize_t index;

        if (!PyUnicode_Check(keyword)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "%U() keywords must be strings",
                          func->func_qualname);
            goto failed;
        }
        index = find_parameter(code, keyword);
        if (index == -2) {
            goto failed;
        }
        if (index >= 0) {
            if (frame->localsplus[index] != NULL) {
                _PyErr_Format(tstate, PyExc_TypeError,
                              "%U() got multiple values for argument '%S'",
                              func->func_qualname, keyword);
                goto failed;
            }
            frame->localsplus[index] = value;
        }
        else if (kwdict == NULL) {
            if (code->co_posonlyargcount == 0 ||
                !check_positional_only(tstate, func, kwnames)) {
                _PyErr_Format(tstate, PyExc_TypeError,
                              "%U() got an unexpected keyword argument '%S'",
                              func->func_qualname, keyword);
            }
            goto failed;
        }
        else {
            if (PyDict_SetItem(kwdict, keyword, value) < 0) {
                goto failed;
            }
            Py_DECREF(value);
        }
    }
    return 0;
failed:
    for (; i < n; i++) {
        Py_DECREF(values[i]);
    }
    return -1;
}

/* Fills missing positional parameters from the defaults. */
static int
bind_defaults(PyThreadState *tstate, PyFunctionObject *func, Frame *frame,
              Py_ssize_t given)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t ndefaults = func->func_defaults == NULL
                               ? 0
                               : PyTuple_GET_SIZE(func->func_defaults);
    Py_ssize_t first = code->co_argcount - ndefaults;

    for (Py_ssize_t i = given; i < first; i++) {
        if (frame->localsplus[i] == NULL) {
            raise_missing_arguments(tstate, func, frame, 0, (int)first,
                                    "positional");
            return -1;
        }
    }
    for (Py_ssize_t i = first < given ? given : first; i < code->co_argcount;
         i++) {
        if (i >= 0 && frame->localsplus[i] == NULL) {
            frame->localsplus[i] =
                Py_NewRef(PyTuple_GET_ITEM(func->func_defaults, i - first));
        }
    }
    return 0;
}

static int
bind_keyword_only_defaults(PyThreadState *tstate, PyFunctionObject *func,
                           Frame *frame)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    int first = code->co_argcount, end = first + code->co_kwonlyargcount,
        missing = 0;

    for (int i = first; i < end; i++) {
        PyObject *value = NULL;

        if (frame->localsplus[i] != NULL) {
            continue;
        }
        if (func->func_kwdefaults != NULL) {
            value = PyDict_GetItemWithError(
                func->func_kwdefaults,
                PyTuple_GET_ITEM(code->co_localsplusnames, i));
            if (value == NULL && _PyErr_Occurred(tstate)) {
                return -1;
            }
        }
        if (value != NULL) {
            frame->localsplus[i] = Py_NewRef(value);
        }
        else {
            missing++;
        }
    }
    if (missing > 0) {
        raise_missing_arguments(tstate, func, frame, first, end,
                                "keyword-only");
        return -1;
    }
    return 0;
}

static void
release_all(PyObject **objects, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_DECREF(objects[i]);
    }
}

/* Takes all of args (positional ones, then the values named by kwnames), also
 * on failure. */
static int
bind_arguments(PyThreadState *tstate, PyFunctionObject *func, Frame *frame,
               PyObject **args, Py_ssize_t given, PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyObject **keyword_values = args + given;
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    Py_ssize_t total = code->co_argcount + code->co_kwonlyargcount;
    Py_ssize_t bound = given > code->co_argcount ? code->co_argcount : given;
    int has_varargs = (code->co_flags & CO_VARARGS) != 0;
    PyObject *kwdict = NULL;                      /* borrowed from the frame */

    /* FAST PATH: same result without it */
    if (kwnames == NULL && given == code->co_argcount && given == total &&
        (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0) {
        for (Py_ssize_t i = 0; i < given; i++) {
            frame->localsplus[i] = args[i];
        }
        return 0;
    }
    for (Py_ssize_t i = 0; i < bound; i++) {
        frame->localsplus[i] = args[i];
    }
    if (has_varargs) {
        PyObject *rest =
            bound == given
                ? Py_NewRef(TUPLE_EMPTY)
                : tuple_from_array_steal(args + bound, given - bound);

        frame->localsplus[total] = rest;
        if (rest == NULL) {
            release_all(keyword_values, nkeywords);
            return -1;
        }
    }
    else {
        release_all(args + bound, given - bound);
    }
    if (code->co_flags & CO_VARKEYWORDS) {
        kwdict = PyDict_New();
        frame->localsplus[total + has_varargs] = kwdict;
        if (kwdict == NULL) {
            release_all(keyword_values, nkeywords);
            return -1;
        }
    }
    if (nkeywords > 0 && bind_keywords(tstate, func, frame, kwdict,
                                       keyword_values, kwnames) < 0) {
        return -1;
    }
    if (given > code->co_argcount && !has_varargs) {
        raise_too_many_positional(tstate, func, frame, given);
        return -1;
    }
    if (given < code->co_argcount &&
        bind_defaults(tstate, func, frame, given) < 0) {
        return -1;
    }
    if (code->co_kwonlyargcount > 0 &&
        bind_keyword_only_defaults(tstate, func, frame) < 0) {
        return -1;
    }
    return 0;
}

/* ---- frames for calls ---- */

Frame *
ceval_frame_for_call(PyThreadState *tstate, PyFunctionObject *func,
                     PyObject *locals, PyObject **args, size_t argcount,
                     PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    Frame *frame = frame_stack_push(tstate, (size_t)frame_size_for_code(code));

    if (frame == NULL) {
        release_all(args, (Py_ssize_t)argcount + nkeywords);
        Py_DECREF(func);
        Py_XDECREF(locals);
        return NULL;
    }
    frame_init(frame, func, locals, code);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = NULL;
    }
    if (bind_arguments(tstate, func, frame, args, (Py_ssize_t)argcount,
                       kwnames) < 0) {
        ceval_frame_end(tstate, frame);
        return NULL;
    }
    return frame;
}

void
ceval_frame_end(PyThreadState *tstate, Frame *frame)
{
    /* What dies with the frame may run Python, but not deeper than the frame
     * could. */
    tstate->recursion_remaining--;
    frame_clear(frame);
    tstate->recursion_remaining++;
    frame_stack_pop(tstate, frame);
}

PyObject *
_PyEval_Vector(PyThreadState *tstate, PyFunctionObject *func, PyObject *locals,
               PyObject *const *args, size_t argcount, PyObject *kwnames)
{
    Py_ssize_t n = (Py_ssize_t)argcount +
                   (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));
    Frame *frame;
    PyObject *result;

    Py_INCREF(func);
    Py_XINCREF(locals);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_INCREF(args[i]);
    }
    /* Binding only reads the array. */
    frame = ceval_frame_for_call(
        tstate, func, locals, (PyObject **)(uintptr_t)args, argcount, kwnames);
    if (frame == NULL) {
        return NULL;
    }
    result = ceval_eval_frame(tstate, frame, 0);
    ceval_frame_end(tstate, frame);
    return result;
}

PyObject *
_PyFunction_Vectorcall(PyObject *callable, PyObject *const *args,
                       size_t nargsf, PyObject *kwnames)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyThreadState *tstate = _PyThreadState_GET();

    return _PyEval_Vector(tstate, func,
                          code->co_flags & CO_OPTIMIZED ? NULL
                                                        : func->func_globals,
                          args, (size_t)PyVectorcall_NARGS(nargsf), kwnames);
}

PyObject *
ceval_run_class_body(PyObject *func, PyObject *ns)
{
    return _PyEval_Vector(_PyThreadState_GET(), (PyFunctionObject *)func, ns,
                          NULL, 0, NULL);
}

/* ---- running code objects ---- */

PyObject *
ceval_builtins_from_globals(PyThreadState *tstate, PyObject *globals)
{
    PyObject *builtins = PyDict_GetItemWithError(globals, NAME(__builtins__));

    if (builtins != NULL) {
        if (PyModule_Check(builtins)) {
            builtins = PyModule_GetDict(builtins);
        }
        return builtins;
    }
    if (_PyErr_Occurred(tstate)) {
        return NULL;
    }
    return PyEval_GetBuiltins();
}

/* A function that exists only for this run. */
static PyFunctionObject *
function_for_code(PyThreadState *tstate, PyObject *co, PyObject *globals,
                  PyObject *defaults, PyObject *kwdefaults, PyObject *closure)
{
    PyObject *builtins = ceval_builtins_from_globals(tstate, globals);
    PyFunctionObject *func;

    if (builtins == NULL) {
        return NULL;
    }
    func = (PyFunctionObject *)PyFunction_New(co, globals);
    if (func == NULL) {
        return NULL;
    }
    Py_SETREF(func->func_builtins, Py_NewRef(builtins));
    Py_XSETREF(func->func_defaults, Py_XNewRef(defaults));
    Py_XSETREF(func->func_kwdefaults, Py_XNewRef(kwdefaults));
    Py_XSETREF(func->func_closure, Py_XNewRef(closure));
    return func;
}

PyObject *
PyEval_EvalCode(PyObject *co, PyObject *globals, PyObject *locals)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyFunctionObject *func;
    PyObject *result;

    if (locals == NULL) {
        locals = globals;
    }
    func = function_for_code(tstate, co, globals, NULL, NULL, NULL);
    if (func == NULL) {
        return NULL;
    }
    result = _PyEval_Vector(tstate, func, locals, NULL, 0, NULL);
    Py_DECREF(func);
    return result;
}

PyObject *
PyEval_EvalCodeEx(PyObject *co, PyObject *globals, PyObject *locals,
                  PyObject *const *args, int argcount, PyObject *const *kws,
                  int kwcount, PyObject *const *defs, int defcount,
                  PyObject *kwdefs, PyObject *closure)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyObject *defaults = NULL, *kwnames = NULL, *result = NULL;  /* owned */
    PyFunctionObject *func = NULL;
    PyObject **all = NULL;

    if (defcount > 0) {
        defaults = tuple_from_array(defs, defcount);
        if (defaults == NULL) {
            return NULL;
        }
    }
    if (kwcount > 0) {
        kwnames = PyTuple_New(kwcount);
        all = PyMem_New(PyObject *, (size_t)argcount + (size_t)kwcount);
        if (kwnames == NULL || all == NULL) {
            if (all == NULL) {
                PyErr_NoMemory();
            }
            goto done;
        }
        for (int i = 0; i < argcount; i++) {
            all[i] = args[i];
        }
        for (int i = 0; i < kwcount; i++) {
            PyTuple_SET_ITEM(kwnames, i, Py_NewRef(kws[2 * i]));
            all[argcount + i] = kws[2 * i + 1];
        }
        args = all;
    }
    func = function_for_code(tstate, co, globals, defaults, kwdefs, closure);
    if (func == NULL) {
        goto done;
    }
    if (locals == NULL && !(((PyCodeObject *)co)->co_flags & CO_OPTIMIZED)) {
        locals = globals;
    }
    result = _PyEval_Vector(
        tstate, func,
        ((PyCodeObject *)co)->co_flags & CO_OPTIMIZED ? NULL : locals, args,
        (size_t)argcount, kwnames);
done:
    Py_XDECREF(func);
    Py_XDECREF(kwnames);
    PyMem_Free(all);
    Py_XDECREF(defaults);
    return result;
}
