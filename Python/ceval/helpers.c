/* The long arms of the interpreter loop: names, unpacking, raising,
 * containers, functions.  Contracts are in helpers.h.  Pattern matching,
 * context managers and async protocols are in helpers_protocols.c. */
#include "Python.h"

#include "abstract.h"
#include "audit.h"
#include "call.h"
#include "ceval.h"
#include "code.h"
#include "dict.h"
#include "errors.h"
#include "generator.h"
#include "helpers.h"
#include "import.h"
#include "list.h"
#include "names.h"
#include "traceback.h"
#include "tuple.h"

static PyObject *
power(PyObject *base, PyObject *exponent)
{
    return PyNumber_Power(base, exponent, Py_None);
}

static PyObject *
inplace_power(PyObject *base, PyObject *exponent)
{
    return PyNumber_InPlacePower(base, exponent, Py_None);
}

const binary_function ops_binary[26] = {
    [NB_ADD] = PyNumber_Add,
    [NB_AND] = PyNumber_And,
    [NB_FLOOR_DIVIDE] = PyNumber_FloorDivide,
    [NB_LSHIFT] = PyNumber_Lshift,
    [NB_MATRIX_MULTIPLY] = PyNumber_MatrixMultiply,
    [NB_MULTIPLY] = PyNumber_Multiply,
    [NB_REMAINDER] = PyNumber_Remainder,
    [NB_OR] = PyNumber_Or,
    [NB_POWER] = power,
    [NB_RSHIFT] = PyNumber_Rshift,
    [NB_SUBTRACT] = PyNumber_Subtract,
    [NB_TRUE_DIVIDE] = PyNumber_TrueDivide,
    [NB_XOR] = PyNumber_Xor,
    [NB_INPLACE_ADD] = PyNumber_InPlaceAdd,
    [NB_INPLACE_AND] = PyNumber_InPlaceAnd,
    [NB_INPLACE_FLOOR_DIVIDE] = PyNumber_InPlaceFloorDivide,
    [NB_INPLACE_LSHIFT] = PyNumber_InPlaceLshift,
    [NB_INPLACE_MATRIX_MULTIPLY] = PyNumber_InPlaceMatrixMultiply,
    [NB_INPLACE_MULTIPLY] = PyNumber_InPlaceMultiply,
    [NB_INPLACE_REMAINDER] = PyNumber_InPlaceRemainder,
    [NB_INPLACE_OR] = PyNumber_InPlaceOr,
    [NB_INPLACE_POWER] = inplace_power,
    [NB_INPLACE_RSHIFT] = PyNumber_InPlaceRshift,
    [NB_INPLACE_SUBTRACT] = PyNumber_InPlaceSubtract,
    [NB_INPLACE_TRUE_DIVIDE] = PyNumber_InPlaceTrueDivide,
    [NB_INPLACE_XOR] = PyNumber_InPlaceXor,
};

/* ---- names ---- */

/* NameError and UnboundLocalError carry the name for the "did you mean" of the
 * traceback. */
void
ceval_raise_name_error(PyThreadState *tstate, PyObject *exc_type,
                       const char *format, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    PyObject *type, *value, *traceback;

    if (text == NULL) {
        return;
    }
    _PyErr_Format(tstate, exc_type, format, text);
    if (exc_type != PyExc_NameError) {
        return;
    }
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    if (PyErr_GivenExceptionMatches(value, PyExc_NameError)) {
        PyNameErrorObject *error = (PyNameErrorObject *)value;

        if (error->name == NULL) {
            error->name = Py_NewRef(name);
        }
    }
    _PyErr_Restore(tstate, type, value, traceback);
}

void
ops_raise_unbound_local(PyThreadState *tstate, Frame *frame, int index)
{
    ceval_raise_name_error(
        tstate, PyExc_UnboundLocalError,
        "cannot access local variable '%s' where it is not associated with "
        "a value",
        PyTuple_GET_ITEM(frame->f_code->co_localsplusnames, index));
}

void
ops_raise_unbound_free(PyThreadState *tstate, PyCodeObject *code, int index)
{
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, index);

    if (_PyErr_Occurred(tstate)) {
        return;
    }
    if (index < code->co_nlocalsplus - code->co_nfreevars) {
        ceval_raise_name_error(
            tstate, PyExc_UnboundLocalError,
            "cannot access local variable '%s' where it is not associated "
            "with a value",
            name);
    }
    else {
        ceval_raise_name_error(
            tstate, PyExc_NameError,
            "cannot access free variable '%s' where it is not associated "
            "with a value in enclosing scope",
            name);
    }
}

/* ns[name] of a dict or any mapping: 1 found, 0 absent, -1. */
static int
namespace_find(PyThreadState *tstate, PyObject *ns, PyObject *name,
               PyObject **value)
{
    if (PyDict_CheckExact(ns)) {
        *value = PyDict_GetItemWithError(ns, name);
        if (*value != NULL) {
            Py_INCREF(*value);
            return 1;
        }
        return _PyErr_Occurred(tstate) ? -1 : 0;
    }
    *value = PyObject_GetItem(ns, name);
    if (*value != NULL) {
        return 1;
    }
    if (!_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) {
        return -1;
    }
    _PyErr_Clear(tstate);
    return 0;
}

PyObject *
ops_load_global(PyThreadState *tstate, Frame *frame, PyObject *name)
{
    PyObject *globals = frame->f_globals, *builtins = frame->f_builtins,
             *value = NULL;

    if (PyDict_CheckExact(globals) && PyDict_CheckExact(builtins)) {
        value = dict_load_global((PyDictObject *)globals,
                                 (PyDictObject *)builtins, name);
        if (value == NULL && !_PyErr_Occurred(tstate)) {
            ceval_raise_name_error(tstate, PyExc_NameError,
                                   "name '%.200s' is not defined", name);
        }
        return value;
    }
    int found = namespace_find(tstate, globals, name, &value);
    if (found == 0) {
        found = namespace_find(tstate, builtins, name, &value);
    }
    if (found == 0) {
        ceval_raise_name_error(tstate, PyExc_NameError,
                               "name '%.200s' is not defined", name);
    }
    return found > 0 ? value : NULL;
}

PyObject *
ops_load_audit(Frame *frame, PyObject *owner)
{
    PyObject *native = audit_native_function(frame->f_code);

    return native != NULL ? Py_NewRef(native)
                          : PyObject_GetAttr(owner, NAME(audit));
}

PyObject *
ops_load_name(PyThreadState *tstate, Frame *frame, PyObject *name)
{
    PyObject *value = NULL;
    int found;

    if (frame->f_locals == NULL) {
        _PyErr_Format(tstate, PyExc_SystemError, "no locals when loading %R",
                      name);
        return NULL;
    }
    found = namespace_find(tstate, frame->f_locals, name, &value);
    if (found == 0) {
        value = PyDict_GetItemWithError(frame->f_globals, name);
        if (value != NULL) {
            return Py_NewRef(value);
        }
        found = _PyErr_Occurred(tstate)
                    ? -1
                    : namespace_find(tstate, frame->f_builtins, name, &value);
    }
    if (found == 0) {
        ceval_raise_name_error(tstate, PyExc_NameError,
                               "name '%.200s' is not defined", name);
    }
    return found > 0 ? value : NULL;
}

PyObject *
ops_load_class_deref(PyThreadState *tstate, Frame *frame, int index)
{
    PyObject *name =
        PyTuple_GET_ITEM(frame->f_code->co_localsplusnames, index);
    PyObject *value = NULL;
    int found = namespace_find(tstate, frame->f_locals, name, &value);

    if (found == 0) {
        value = PyCell_GET(frame->localsplus[index]);
        if (value == NULL) {
            ops_raise_unbound_free(tstate, frame->f_code, index);
            return NULL;
        }
        return Py_NewRef(value);
    }
    return found > 0 ? value : NULL;
}

int
ops_setup_annotations(PyThreadState *tstate, Frame *frame)
{
    PyObject *value = NULL, *fresh;
    int found, status;

    if (frame->f_locals == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "no locals found when setting up annotations");
        return -1;
    }
    found =
        namespace_find(tstate, frame->f_locals, NAME(__annotations__), &value);
    Py_XDECREF(value);
    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    fresh = PyDict_New();
    if (fresh == NULL) {
        return -1;
    }
    status =
        PyDict_CheckExact(frame->f_locals)
            ? PyDict_SetItem(frame->f_locals, NAME(__annotations__), fresh)
            : PyObject_SetItem(frame->f_locals, NAME(__annotations__), fresh);
    Py_DECREF(fresh);
    return status;
}

PyObject *
ops_load_build_class(PyThreadState *tstate, Frame *frame)
{
    PyObject *value = NULL;
    int found = namespace_find(tstate, frame->f_builtins,
                               NAME(__build_class__), &value);

    if (found == 0) {
        _PyErr_SetString(tstate, PyExc_NameError, "__build_class__ not found");
    }
    return found > 0 ? value : NULL;
}

/* Calls builtins.__import__, straight into the import system if it is the
 * original. */
PyObject *
ops_import_name(PyThreadState *tstate, Frame *frame, PyObject *name,
                PyObject *fromlist, PyObject *level)
{
    PyObject *locals = frame->f_locals != NULL ? frame->f_locals : Py_None;
    PyObject *function = NULL, *result;
    int found =
        namespace_find(tstate, frame->f_builtins, NAME(__import__), &function);

    if (found <= 0) {
        if (found == 0) {
            _PyErr_SetString(tstate, PyExc_ImportError,
                             "__import__ not found");
        }
        return NULL;
    }
    if (function == tstate->interp->import_func) {
        int level_value;

        Py_DECREF(function);
        level_value = _PyLong_AsInt(level);
        if (level_value == -1 && _PyErr_Occurred(tstate)) {
            return NULL;
        }
        return PyImport_ImportModuleLevelObject(name, frame->f_globals, locals,
                                                fromlist, level_value);
    }
    PyObject *args[6] = {NULL,   name,     frame->f_globals,
                         locals, fromlist, level};
    result = PyObject_Vectorcall(function, args + 1,
                                 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(function);
    return result;
}

int
ops_import_star(PyThreadState *tstate, Frame *frame, PyObject *module)
{
    int status;

    if (frame_fast_to_locals(frame) < 0) {
        return -1;
    }
    if (frame->f_locals == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "no locals found during 'import *'");
        return -1;
    }
    status = import_all_from(tstate, frame->f_locals, module);
    frame_locals_to_fast(frame, 0);
    return status;
}

int
ops_print_expr(PyThreadState *tstate, PyObject *value)
{
    PyObject *hook = PySys_GetObject("displayhook"), *result;

    if (hook == NULL) {
        _PyErr_SetString(tstate, PyExc_RuntimeError, "lost sys.displayhook");
        return -1;
    }
    Py_INCREF(hook);
    result = PyObject_CallOneArg(hook, value);
    Py_DECREF(hook);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* ---- unpacking ---- */

/* Writes the rest of the iterator as a list below `top`, and its last `after`
 * items after it. */
static int
unpack_rest(PyThreadState *tstate, PyObject *iterator, int count, int after,
            Value *top)
{
    PyObject *list = PySequence_List(iterator);
    Py_ssize_t len;

    if (list == NULL) {
        return -1;
    }
    *--top = value_from_new(list);
    len = PyList_GET_SIZE(list);
    if (len < after) {
        _PyErr_Format(
            tstate, PyExc_ValueError,
            "not enough values to unpack (expected at least %d, got %zd)",
            count + after, count + len);
        value_close(*top);
        return -1;
    }
    for (int i = after; i > 0; i--) {
        *--top = value_from_new(PyList_GET_ITEM(list, len - i));
    }
    Py_SET_SIZE(list, len - after);
    return 0;
}

int
ops_unpack_iterable(PyThreadState *tstate, PyObject *iterable, int count,
                    int after, Value *top)
{
    PyObject *iterator = PyObject_GetIter(iterable), *item;
    Value *written = top;
    int got = 0, result = -1;

    if (iterator == NULL) {
        if (_PyErr_ExceptionMatches(tstate, PyExc_TypeError) &&
            Py_TYPE(iterable)->tp_iter == NULL &&
            !PySequence_Check(iterable)) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "cannot unpack non-iterable %.200s object",
                          Py_TYPE(iterable)->tp_name);
        }
        return -1;
    }
    for (; got < count; got++) {
        item = PyIter_Next(iterator);
        if (item == NULL) {
            if (!_PyErr_Occurred(tstate)) {
                _PyErr_Format(
                    tstate, PyExc_ValueError,
                    after == -1
                        ? "not enough values to unpack (expected %d, got %d)"
                        : "not enough values to unpack (expected at least %d, "
                          "got %d)",
                    after == -1 ? count : count + after, got);
            }
            goto done;
        }
        *--written = value_from_new(item);
    }
    if (after == -1) {
        item = PyIter_Next(iterator);
        if (item != NULL) {
            Py_DECREF(item);
            _PyErr_Format(tstate, PyExc_ValueError,
                          "too many values to unpack (expected %d)", count);
            goto done;
        }
        if (_PyErr_Occurred(tstate)) {
            goto done;
        }
    }
    else if (unpack_rest(tstate, iterator, count, after, written) < 0) {
        goto done;
    }
    result = 0;
done:
    if (result < 0) {
        while (written < top) {
            value_close(*written++);
        }
    }
    Py_DECREF(iterator);
    return result;
}

/* ---- raising ---- */

/* An exception instance from what stands behind `raise`; *type is new, too. */
static PyObject *
exception_from_raised(PyThreadState *tstate, PyObject *raised)
{
    PyObject *value;

    if (!PyExceptionClass_Check(raised)) {
        if (PyExceptionInstance_Check(raised)) {
            return Py_NewRef(raised);
        }
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "exceptions must derive from BaseException");
        return NULL;
    }
    value = PyObject_CallNoArgs(raised);
    if (value != NULL && !PyExceptionInstance_Check(value)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "calling %R should have returned an instance of "
                      "BaseException, not %R",
                      raised, Py_TYPE(value));
        Py_CLEAR(value);
    }
    return value;
}

/* 0: the cause of `exc` is set.  None removes it. */
static int
exception_set_cause(PyThreadState *tstate, PyObject *exc, PyObject *cause)
{
    PyObject *fixed;

    if (PyExceptionClass_Check(cause)) {
        fixed = PyObject_CallNoArgs(cause);
        if (fixed == NULL) {
            return -1;
        }
    }
    else if (PyExceptionInstance_Check(cause)) {
        fixed = Py_NewRef(cause);
    }
    else if (cause == Py_None) {
        fixed = NULL;
    }
    else {
        _PyErr_SetString(tstate, PyExc_TypeError,
                         "exception causes must derive from BaseException");
        return -1;
    }
    PyException_SetCause(exc, fixed);
    return 0;
}

static int
reraise_handled(PyThreadState *tstate)
{
    PyObject *handled = _PyErr_GetTopmostException(tstate)->exc_value;

    if (handled == NULL || handled == Py_None) {
        _PyErr_SetString(tstate, PyExc_RuntimeError,
                         "No active exception to reraise");
        return 0;
    }
    _PyErr_Restore(tstate, Py_NewRef(Py_TYPE(handled)), Py_NewRef(handled),
                   PyException_GetTraceback(handled));
    return 1;
}

int
ops_raise(PyThreadState *tstate, PyObject *raised, PyObject *cause)
{
    PyObject *value = NULL;

    if (raised == NULL) {
        return reraise_handled(tstate);
    }
    value = exception_from_raised(tstate, raised);
    if (value != NULL &&
        (cause == NULL || exception_set_cause(tstate, value, cause) == 0)) {
        _PyErr_SetObject(tstate, (PyObject *)Py_TYPE(value), value);
    }
    Py_XDECREF(value);
    Py_DECREF(raised);
    Py_XDECREF(cause);
    return 0;
}

int
ops_check_except_type(PyThreadState *tstate, PyObject *type)
{
    static const char message[] = "catching classes that do not inherit from "
                                  "BaseException is not allowed";

    if (PyTuple_Check(type)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type); i++) {
            if (!PyExceptionClass_Check(PyTuple_GET_ITEM(type, i))) {
                _PyErr_SetString(tstate, PyExc_TypeError, message);
                return -1;
            }
        }
    }
    else if (!PyExceptionClass_Check(type)) {
        _PyErr_SetString(tstate, PyExc_TypeError, message);
        return -1;
    }
    return 0;
}

int
ops_check_except_star_type(PyThreadState *tstate, PyObject *type)
{
    int is_group = 0;

    if (ops_check_except_type(tstate, type) < 0) {
        return -1;
    }
    if (PyTuple_Check(type)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type) && is_group == 0;
             i++) {
            is_group = PyObject_IsSubclass(PyTuple_GET_ITEM(type, i),
                                           PyExc_BaseExceptionGroup);
        }
    }
    else {
        is_group = PyObject_IsSubclass(type, PyExc_BaseExceptionGroup);
    }
    if (is_group < 0) {
        return -1;
    }
    if (is_group) {
        _PyErr_SetString(
            tstate, PyExc_TypeError,
            "catching ExceptionGroup with except* is not allowed. "
            "Use except instead.");
        return -1;
    }
    return 0;
}

int
ops_match_except_star(PyObject *exc, PyObject *type, PyObject **match,
                      PyObject **rest)
{
    if (Py_IsNone(exc)) {
        *match = Py_NewRef(Py_None);
        *rest = Py_NewRef(Py_None);
        return 0;
    }
    if (exceptions_group_match(exc, type, match, rest) < 0) {
        return -1;
    }
    if (Py_IsNone(*match)) {
        Py_SETREF(*rest, Py_NewRef(exc));
    }
    return 0;
}

void
ops_expand_lines(PyThreadState *tstate, PyCodeObject *code)
{
    PyObject *type, *value, *traceback;

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (code_lines_expand(code) < 0) {
        _PyErr_Clear(tstate);             /* MemoryError: the slow way, then */
    }
    _PyErr_Restore(tstate, type, value, traceback);
}

/* Puts the pending exception on the stack of the frame where the exception
 * table says. */
int
ops_unwind(PyThreadState *tstate, Frame *frame, int unit, Value **stack)
{
    int handler, depth, push_lasti;
    Value *base = frame_stack_base(frame), *sp = *stack;
    PyObject *exception, *lasti;

    for (;;) {
        if (unit < 0 || !code_find_handler(frame->f_code, unit, &handler,
                                           &depth, &push_lasti)) {
            while (sp > base) {
                sp--;
                value_xclose(*sp);
            }
            *stack = sp;
            return -1;
        }
        while (sp > base + depth) {
            sp--;
            value_xclose(*sp);
        }
        if (push_lasti) {
            lasti = PyLong_FromLong(frame_lasti(frame));
            /* MemoryError takes the place: the outer handler */
            if (lasti == NULL) {
                unit = handler;
                continue;
            }
            *sp++ = value_from_new(lasti);
        }
        exception = errors_take_exception(tstate);
        *sp++ = value_from_new(exception);
        *stack = sp;
        return handler;
    }
}

/* ---- containers, functions, formatting ---- */

PyObject *
ops_build_string(PyObject **pieces, unsigned n)
{
    PyObject *empty = PyUnicode_New(0, 0), *result;

    if (empty == NULL) {
        return NULL;
    }
    result = _PyUnicode_JoinArray(empty, pieces, n);
    Py_DECREF(empty);
    return result;
}

PyObject *
ops_build_const_key_map(PyThreadState *tstate, PyObject *keys,
                        PyObject **values, unsigned n)
{
    if (!PyTuple_CheckExact(keys) || PyTuple_GET_SIZE(keys) != (Py_ssize_t)n) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "bad BUILD_CONST_KEY_MAP keys argument");
        return NULL;
    }
    return dict_from_items(((PyTupleObject *)keys)->ob_item, 1, values, 1, n);
}

int
ops_list_extend(PyThreadState *tstate, PyObject *list, PyObject *iterable)
{
    if (list_extend((PyListObject *)list, iterable) == 0) {
        return 0;
    }
    if (_PyErr_ExceptionMatches(tstate, PyExc_TypeError) &&
        Py_TYPE(iterable)->tp_iter == NULL && !PySequence_Check(iterable)) {
        _PyErr_Clear(tstate);
        _PyErr_Format(tstate, PyExc_TypeError,
                      "Value after * must be an iterable, not %.200s",
                      Py_TYPE(iterable)->tp_name);
    }
    return -1;
}

int
ops_dict_update(PyThreadState *tstate, PyObject *dict, PyObject *update)
{
    if (PyDict_Update(dict, update) == 0) {
        return 0;
    }
    if (_PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "'%.200s' object is not a mapping",
                      Py_TYPE(update)->tp_name);
    }
    return -1;
}

void
ops_explain_kwargs_error(PyThreadState *tstate, PyObject *func,
                         PyObject *kwargs)
{
    PyObject *text, *type, *value, *traceback;

    if (_PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
        _PyErr_Clear(tstate);
        text = _PyObject_FunctionStr(func);
        if (text != NULL) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "%U argument after ** must be a mapping, not %.200s",
                          text, Py_TYPE(kwargs)->tp_name);
            Py_DECREF(text);
        }
        return;
    }
    if (!_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) {
        return;
    }
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    _PyErr_NormalizeException(tstate, &type, &value, &traceback);
    PyObject *args =
        value != NULL ? ((PyBaseExceptionObject *)value)->args : NULL;
    if (args != NULL && PyTuple_GET_SIZE(args) == 1) {
        PyObject *key = Py_NewRef(PyTuple_GET_ITEM(args, 0));

        text = _PyObject_FunctionStr(func);
        if (text != NULL) {
            _PyErr_Format(tstate, PyExc_TypeError,
                          "%U got multiple values for keyword argument '%S'",
                          text, key);
            Py_DECREF(text);
        }
        Py_DECREF(key);
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
    else {
        _PyErr_Restore(tstate, type, value, traceback);
    }
}

int
ops_dict_merge(PyThreadState *tstate, PyObject *func, PyObject *dict,
               PyObject *update)
{
    if (_PyDict_MergeEx(dict, update, 2) == 0) {
        return 0;
    }
    ops_explain_kwargs_error(tstate, func, update);
    return -1;
}

int
ops_check_args_iterable(PyThreadState *tstate, PyObject *func, PyObject *args)
{
    PyObject *text;

    if (Py_TYPE(args)->tp_iter != NULL || PySequence_Check(args)) {
        return 0;
    }
    _PyErr_Clear(tstate);
    text = _PyObject_FunctionStr(func);
    if (text != NULL) {
        _PyErr_Format(tstate, PyExc_TypeError,
                      "%U argument after * must be an iterable, not %.200s",
                      text, Py_TYPE(args)->tp_name);
        Py_DECREF(text);
    }
    return -1;
}

PyObject *
ops_format_value(PyObject *value, PyObject *spec, int conversion)
{
    PyObject *converted, *result;

    switch (conversion) {
    case FORMAT_STR:
        converted = PyObject_Str(value);
        break;
    case FORMAT_REPR:
        converted = PyObject_Repr(value);
        break;
    case FORMAT_ASCII:
        converted = PyObject_ASCII(value);
        break;
    default:
        converted = Py_NewRef(value);
        break;
    }
    if (converted == NULL ||
        (PyUnicode_CheckExact(converted) && spec == NULL)) {
        return converted;
    }
    result = PyObject_Format(converted, spec);
    Py_DECREF(converted);
    return result;
}

/* Takes over the extras (defaults, kwdefaults, annotations, closure, as flags
 * say); on failure they stay the caller's. */
PyObject *
ops_make_function(Frame *frame, PyObject *code, unsigned flags, Value *extras)
{
    PyFunctionObject *func =
        (PyFunctionObject *)PyFunction_New(code, frame->f_globals);

    if (func == NULL) {
        return NULL;
    }
    if (flags & FUNCTION_DEFAULTS) {
        func->func_defaults = value_take(*extras++);
    }
    if (flags & FUNCTION_KWDEFAULTS) {
        func->func_kwdefaults = value_take(*extras++);
    }
    if (flags & FUNCTION_ANNOTATIONS) {
        func->func_annotations = value_take(*extras++);
    }
    if (flags & FUNCTION_CLOSURE) {
        func->func_closure = value_take(*extras++);
    }
    return (PyObject *)func;
}

PyObject *
ops_return_generator(PyThreadState *tstate, Frame *frame, Value *sp)
{
    PyGenObject *generator =
        (PyGenObject *)generator_new_for_function(frame->f_func);

    if (generator == NULL) {
        return NULL;
    }
    frame->stacktop = (int)((PyObject **)sp - frame->localsplus);
    frame_copy(frame, generator_frame(generator));
    Frame *inner = generator_frame(generator);
    inner->owner = FRAME_OWNED_BY_GENERATOR;
    inner->previous = NULL;
    inner->is_entry = 0;
    generator->gi_frame_state = FRAME_CREATED;
    if (frame->frame_obj != NULL) {
        frame->frame_obj->f_frame = inner;
    }
    (void)tstate;
    return (PyObject *)generator;
}
