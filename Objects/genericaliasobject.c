/* types.GenericAlias (PEP 585, PEP 646): list[int], tuple[*Ts], and what
 * happens when type variables in them are replaced.
 *
 * A type parameter is anything whose type has __typing_subst__.  Parameters
 * are collected from the arguments, nested aliases (__parameters__) included.
 * Substitution lets a parameter prepare the arguments first
 * (__typing_prepare_subst__, how TypeVarTuple takes several), then replaces
 * each; an argument whose parameter is unpacked becomes several.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/runtime.h"
#include "internal/stackguard.h"
#include "internal/tuple.h"

/* ---- repr --------------------------------------------------------------- */

static int
repr_write_list(_PyUnicodeWriter *writer, PyObject *list);

/* One argument as in source: classes by their names. */
static int
repr_write_item(_PyUnicodeWriter *writer, PyObject *item)
{
    PyObject *module = NULL, *qualname = NULL, *text = NULL, *probe;
    int result = -1;

    if (item == Py_Ellipsis) {
        return _PyUnicodeWriter_WriteASCIIString(writer, "...", 3);
    }
    if (PyList_Check(item)) {
        return repr_write_list(writer, item);
    }
    /* Another alias shows itself. */
    if (_PyObject_LookupAttr(item, NAME(__origin__), &probe) < 0) {
        return -1;
    }
    if (probe != NULL) {
        Py_DECREF(probe);
        if (_PyObject_LookupAttr(item, NAME(__args__), &probe) < 0) {
            return -1;
        }
        if (probe != NULL) {
            Py_DECREF(probe);
            text = PyObject_Repr(item);
            goto write;
        }
    }
    if (_PyObject_LookupAttr(item, NAME(__qualname__), &qualname) < 0 ||
        (qualname != NULL &&
         _PyObject_LookupAttr(item, NAME(__module__), &module) < 0)) {
        goto done;
    }
    if (qualname == NULL || module == NULL || module == Py_None) {
        text = PyObject_Repr(item);
    }
    else if (PyUnicode_Check(module) &&
             _PyUnicode_EqualToASCIIString(module, "builtins")) {
        text = PyObject_Str(qualname);
    }
    else {
        text = PyUnicode_FromFormat("%S.%S", module, qualname);
    }
write:
    if (text != NULL) {
        result = _PyUnicodeWriter_WriteStr(writer, text);
        Py_DECREF(text);
    }
done:
    Py_XDECREF(qualname);
    Py_XDECREF(module);
    return result;
}

static int
repr_write_list(_PyUnicodeWriter *writer, PyObject *list)
{
    if (_PyUnicodeWriter_WriteASCIIString(writer, "[", 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i));
        int status = 0;

        if (i > 0) {
            status = _PyUnicodeWriter_WriteASCIIString(writer, ", ", 2);
        }
        if (status == 0) {
            status = repr_write_item(writer, item);
        }
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
    }
    return _PyUnicodeWriter_WriteASCIIString(writer, "]", 1);
}

static int
repr_write_alias(_PyUnicodeWriter *writer, generic_alias_object *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->args);

    if (self->starred &&
        _PyUnicodeWriter_WriteASCIIString(writer, "*", 1) < 0) {
        return -1;
    }
    if (repr_write_item(writer, self->origin) < 0 ||
        _PyUnicodeWriter_WriteASCIIString(writer, "[", 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i > 0 && _PyUnicodeWriter_WriteASCIIString(writer, ", ", 2) < 0) {
            return -1;
        }
        if (repr_write_item(writer, PyTuple_GET_ITEM(self->args, i)) < 0) {
            return -1;
        }
    }
    /* For something like tuple[()] */
    if (n == 0 && _PyUnicodeWriter_WriteASCIIString(writer, "()", 2) < 0) {
        return -1;
    }
    return _PyUnicodeWriter_WriteASCIIString(writer, "]", 1);
}

static PyObject *
alias_repr(PyObject *self)
{
    _PyUnicodeWriter writer;

    _PyUnicodeWriter_Init(&writer);
    if (repr_write_alias(&writer, (generic_alias_object *)self) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/* ---- parameters --------------------------------------------------------- */

static Py_ssize_t
tuple_index_of(PyObject *tuple, Py_ssize_t n, PyObject *item)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyTuple_GET_ITEM(tuple, i) == item) {
            return i;
        }
    }
    return -1;
}

/* Appends to a list what is not in it. */
static int
list_add_new(PyObject *list, PyObject *item)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (PyList_GET_ITEM(list, i) == item) {
            return 0;
        }
    }
    return PyList_Append(list, item);
}

/* Whether an argument is a type parameter: 1/0/-1. */
static int
is_parameter(PyObject *item)
{
    PyObject *hook;
    int found;

    if (PyType_Check(item)) {
        return 0;                   /* classes only describe their instances */
    }
    found = _PyObject_LookupAttr(item, NAME(__typing_subst__), &hook);
    Py_XDECREF(hook);
    return found;
}

PyObject *
generic_make_parameters(PyObject *args)
{
    PyObject *found, *result = NULL;

    if (stack_guard_nested(" in __parameters__") < 0) {
        return NULL;
    }
    found = PyList_New(0);
    for (Py_ssize_t i = 0; found != NULL && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *item = PyTuple_GET_ITEM(args, i), *inner;
        int status;

        if (PyType_Check(item)) {
            continue;
        }
        status = is_parameter(item);
        if (status > 0) {
            status = list_add_new(found, item);
        }
        else if (status == 0) {
            status = _PyObject_LookupAttr(item, NAME(__parameters__), &inner);
            if (status > 0) {
                status = 0;
                for (Py_ssize_t j = 0; PyTuple_Check(inner) && status == 0 &&
                                       j < PyTuple_GET_SIZE(inner); j++) {
                    status = list_add_new(found, PyTuple_GET_ITEM(inner, j));
                }
                Py_DECREF(inner);
            }
        }
        if (status < 0) {
            Py_CLEAR(found);
        }
    }
    if (found != NULL) {
        result = PyList_AsTuple(found);
        Py_DECREF(found);
    }
    return result;
}

/* ---- substitution ------------------------------------------------------- */

/* item[...] with the arguments that stand for its parameters; `item` itself if
 * it has none.  Runs Python. */
static PyObject *
substitute_nested(PyObject *item, PyObject *parameters, PyObject **argitems,
                  Py_ssize_t nargs)
{
    PyObject *inner, *list, *tuple, *result;
    Py_ssize_t n_parameters = PyTuple_GET_SIZE(parameters);

    if (_PyObject_LookupAttr(item, NAME(__parameters__), &inner) < 0) {
        return NULL;
    }
    if (inner == NULL || !PyTuple_Check(inner) ||
        PyTuple_GET_SIZE(inner) == 0) {
        Py_XDECREF(inner);
        return Py_NewRef(item);
    }
    list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < PyTuple_GET_SIZE(inner); i++) {
        PyObject *parameter = PyTuple_GET_ITEM(inner, i);
        Py_ssize_t at = tuple_index_of(parameters, n_parameters, parameter);
        PyObject *argument = at >= 0 && at < nargs ? argitems[at] : parameter;
        PyTypeObject *type = Py_TYPE(parameter);
        int status;

        /* A TypeVarTuple stands for several; it iterates. */
        if (type->tp_iter != NULL && at >= 0 && PyTuple_Check(argument)) {
            status = PyList_SetSlice(list, PyList_GET_SIZE(list),
                                     PyList_GET_SIZE(list), argument);
        }
        else {
            status = PyList_Append(list, argument);
        }
        if (status < 0) {
            Py_CLEAR(list);
        }
    }
    Py_DECREF(inner);
    if (list == NULL) {
        return NULL;
    }
    tuple = PyList_AsTuple(list);
    Py_DECREF(list);
    if (tuple == NULL) {
        return NULL;
    }
    result = PyObject_GetItem(item, tuple);
    Py_DECREF(tuple);
    return result;
}

/* 1 if `arg` is *tuple[...] or Unpack[...]. */
static int
is_unpacked(PyObject *arg)
{
    PyObject *flag;
    int result;

    if (PyType_Check(arg)) {
        return 0;
    }
    result = _PyObject_LookupAttr(
        arg, NAME(__typing_is_unpacked_typevartuple__), &flag);
    if (result > 0) {
        result = PyObject_IsTrue(flag);
        Py_DECREF(flag);
    }
    return result;
}

/* What *tuple[int, str] contains: new tuple, or None if it is not like that
 * (or unbounded). */
static PyObject *
unpacked_args_of(PyObject *item)
{
    PyObject *inner;

    if (PyType_Check(item)) {
        Py_RETURN_NONE;
    }
    if (_PyObject_LookupAttr(item, NAME(__typing_unpacked_tuple_args__),
                             &inner) < 0) {
        return NULL;
    }
    if (inner == NULL || inner == Py_None || !PyTuple_Check(inner)) {
        Py_XDECREF(inner);
        Py_RETURN_NONE;
    }
    if (PyTuple_GET_SIZE(inner) > 0 &&
        PyTuple_GET_ITEM(inner, PyTuple_GET_SIZE(inner) - 1) == Py_Ellipsis) {
        Py_DECREF(inner);
        Py_RETURN_NONE;
    }
    return inner;
}

/* The subscript as a tuple, with unpacked tuples spread. */
static PyObject *
spread_subscript(PyObject *item)
{
    PyObject *list, *result;
    int is_tuple = PyTuple_Check(item);
    Py_ssize_t n = is_tuple ? PyTuple_GET_SIZE(item) : 1;

    list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *one = is_tuple ? PyTuple_GET_ITEM(item, i) : item;
        PyObject *inner = unpacked_args_of(one);
        int status;

        if (inner == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        if (inner != Py_None) {
            status = PyList_SetSlice(list, PyList_GET_SIZE(list),
                                     PyList_GET_SIZE(list), inner);
        }
        else {
            status = PyList_Append(list, one);
        }
        Py_DECREF(inner);
        if (status < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    result = PyList_AsTuple(list);
    Py_DECREF(list);
    return result;
}

/* Lets each parameter prepare the arguments (steals `item`). */
static PyObject *
prepare_arguments(PyObject *self, PyObject *parameters, PyObject *item)
{
    for (Py_ssize_t i = 0; item != NULL && i < PyTuple_GET_SIZE(parameters);
         i++) {
        PyObject *parameter = PyTuple_GET_ITEM(parameters, i);
        PyObject *prepare, *prepared;

        if (_PyObject_LookupAttr(parameter, NAME(__typing_prepare_subst__),
                                 &prepare) < 0) {
            Py_DECREF(item);
            return NULL;
        }
        if (prepare != NULL && prepare != Py_None) {
            if (PyTuple_Check(item)) {
                prepared = PyObject_CallFunction(prepare, "OO", self, item);
            }
            else {
                prepared = PyObject_CallFunction(prepare, "O(O)", self, item);
            }
            Py_SETREF(item, prepared);
        }
        Py_XDECREF(prepare);
    }
    return item;
}

/* One argument after substitution, appended to the list.  Runs Python. */
static int
substitute_argument(PyObject *list, PyObject *arg, PyObject *parameters,
                    PyObject **argitems, Py_ssize_t nargs)
{
    PyObject *substitute = NULL, *value;
    int unpack, status;

    if (PyType_Check(arg)) {
        return PyList_Append(list, arg);
    }
    unpack = is_unpacked(arg);
    if (unpack < 0 ||
        _PyObject_LookupAttr(arg, NAME(__typing_subst__), &substitute) < 0) {
        return -1;
    }
    if (substitute != NULL) {
        Py_ssize_t at = tuple_index_of(parameters,
                                       PyTuple_GET_SIZE(parameters), arg);

        assert(at >= 0 && at < nargs);
        value = call_one_arg(substitute, argitems[at]);
        Py_DECREF(substitute);
    }
    else {
        value = substitute_nested(arg, parameters, argitems, nargs);
    }
    if (value == NULL) {
        return -1;
    }
    if (unpack) {
        PyObject *tuple = PySequence_Tuple(value);

        Py_SETREF(value, tuple);
        if (value == NULL) {
            return -1;
        }
        status = PyList_SetSlice(list, PyList_GET_SIZE(list),
                                 PyList_GET_SIZE(list), value);
    }
    else {
        status = PyList_Append(list, value);
    }
    Py_DECREF(value);
    return status;
}

PyObject *
generic_substitute(PyObject *self, PyObject *args, PyObject *parameters,
                   PyObject *item)
{
    Py_ssize_t n_parameters = PyTuple_GET_SIZE(parameters), nargs;
    PyObject **argitems, *list, *result = NULL;
    int is_tuple;

    if (n_parameters == 0) {
        return PyErr_Format(PyExc_TypeError, "%R is not a generic class",
                            self);
    }
    item = spread_subscript(item);
    item = item == NULL ? NULL : prepare_arguments(self, parameters, item);
    if (item == NULL) {
        return NULL;
    }
    is_tuple = PyTuple_Check(item);
    nargs = is_tuple ? PyTuple_GET_SIZE(item) : 1;
    argitems = is_tuple ? &PyTuple_GET_ITEM(item, 0) : &item;
    if (nargs != n_parameters) {
        PyErr_Format(PyExc_TypeError,
                     "Too %s arguments for %R; actual %zd, expected %zd",
                     nargs > n_parameters ? "many" : "few", self, nargs,
                     n_parameters);
        Py_DECREF(item);
        return NULL;
    }
    list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < PyTuple_GET_SIZE(args); i++) {
        if (substitute_argument(list, PyTuple_GET_ITEM(args, i), parameters,
                                argitems, nargs) < 0) {
            Py_CLEAR(list);
        }
    }
    if (list != NULL) {
        result = PyList_AsTuple(list);
        Py_DECREF(list);
    }
    Py_DECREF(item);
    return result;
}

/* ---- the object --------------------------------------------------------- */

static void
alias_dealloc(PyObject *op)
{
    generic_alias_object *self = (generic_alias_object *)op;

    if (dealloc_must_wait(op)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    Py_XDECREF(self->origin);
    Py_XDECREF(self->args);
    Py_XDECREF(self->parameters);
    Py_TYPE(self)->tp_free(op);
}

static int
alias_traverse(PyObject *op, visitproc visit, void *arg)
{
    generic_alias_object *self = (generic_alias_object *)op;

    Py_VISIT(self->origin);
    Py_VISIT(self->args);
    Py_VISIT(self->parameters);
    return 0;
}

/* Borrowed. */
static PyObject *
alias_parameters(generic_alias_object *self)
{
    if (self->parameters == NULL) {
        self->parameters = generic_make_parameters(self->args);
    }
    return self->parameters;
}

static PyObject *
alias_new_starred(PyTypeObject *type, PyObject *origin, PyObject *args,
                  int starred);

static PyObject *
alias_getitem(PyObject *op, PyObject *item)
{
    generic_alias_object *self = (generic_alias_object *)op;
    PyObject *parameters = alias_parameters(self), *args, *result;

    if (parameters == NULL) {
        return NULL;
    }
    args = generic_substitute(op, self->args, parameters, item);
    if (args == NULL) {
        return NULL;
    }
    result = alias_new_starred(&Py_GenericAliasType, self->origin, args,
                               self->starred);
    Py_DECREF(args);
    return result;
}

static Py_hash_t
alias_hash(PyObject *op)
{
    generic_alias_object *self = (generic_alias_object *)op;
    Py_hash_t origin, args;

    if (stack_guard_nested(" while hashing an alias") < 0) {
        return -1;
    }
    origin = PyObject_Hash(self->origin);
    if (origin == -1) {
        return -1;
    }
    args = PyObject_Hash(self->args);
    if (args == -1) {
        return -1;
    }
    origin ^= args;
    return origin == -1 ? -2 : origin;
}

/* list[int](...) makes a list, and notes its alias if the object lets it. */
static PyObject *
alias_set_orig_class(PyObject *made, PyObject *alias)
{
    if (made != NULL &&
        PyObject_SetAttr(made, NAME(__orig_class__), alias) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError) &&
            !PyErr_ExceptionMatches(PyExc_TypeError)) {
            Py_DECREF(made);
            return NULL;
        }
        PyErr_Clear();
    }
    return made;
}

static PyObject *
alias_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    generic_alias_object *self = (generic_alias_object *)op;

    if (stack_guard_nested(" while calling a Python object") < 0) {
        return NULL;
    }
    return alias_set_orig_class(PyObject_Vectorcall(self->origin, args, nargsf,
                                                    kwnames), op);
}

static PyObject *
alias_call(PyObject *op, PyObject *args, PyObject *kwds)
{
    generic_alias_object *self = (generic_alias_object *)op;

    return alias_set_orig_class(PyObject_Call(self->origin, args, kwds), op);
}

/* These come from the alias itself; all else is the origin's. */
static int
alias_has_own(PyObject *name)
{
    static const char *const own[] = {
        "__class__", "__bases__", "__origin__", "__args__",
        "__unpacked__", "__parameters__", "__typing_unpacked_tuple_args__",
        "__mro_entries__", "__reduce_ex__", "__reduce__", "__copy__",
        "__deepcopy__"};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(own); i++) {
        if (_PyUnicode_EqualToASCIIString(name, own[i])) {
            return 1;
        }
    }
    return 0;
}

static PyObject *
alias_getattro(PyObject *op, PyObject *name)
{
    if (PyUnicode_Check(name) && !alias_has_own(name)) {
        if (stack_guard_nested(" in an attribute of an alias") < 0) {
            return NULL;
        }
        return PyObject_GetAttr(((generic_alias_object *)op)->origin, name);
    }
    return PyObject_GenericGetAttr(op, name);
}

static PyObject *
alias_richcompare(PyObject *left, PyObject *right, int op)
{
    generic_alias_object *a = (generic_alias_object *)left;
    generic_alias_object *b = (generic_alias_object *)right;
    int equal;

    if (!PyObject_TypeCheck(left, &Py_GenericAliasType) ||
        !PyObject_TypeCheck(right, &Py_GenericAliasType) ||
        (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = a->starred == b->starred;
    if (equal) {
        equal = PyObject_RichCompareBool(a->origin, b->origin, Py_EQ);
    }
    if (equal > 0) {
        equal = PyObject_RichCompareBool(a->args, b->args, Py_EQ);
    }
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
alias_mro_entries(PyObject *op, PyObject *bases)
{
    return PyTuple_Pack(1, ((generic_alias_object *)op)->origin);
}

static PyObject *
alias_instancecheck(PyObject *self, PyObject *ignored)
{
    PyErr_SetString(PyExc_TypeError,
                    "isinstance() argument 2 cannot be a parameterized "
                    "generic");
    return NULL;
}

static PyObject *
alias_subclasscheck(PyObject *self, PyObject *ignored)
{
    PyErr_SetString(PyExc_TypeError,
                    "issubclass() argument 2 cannot be a parameterized "
                    "generic");
    return NULL;
}

/* A starred alias is what iterating over the plain one gives. */
static PyObject *
alias_reduce(PyObject *op, PyObject *ignored)
{
    generic_alias_object *self = (generic_alias_object *)op;

    if (self->starred) {
        PyObject *plain = Py_GenericAlias(self->origin, self->args), *iterator;

        if (plain == NULL) {
            return NULL;
        }
        iterator = PyObject_GetIter(plain);
        Py_DECREF(plain);
        if (iterator == NULL) {
            return NULL;
        }
        return Py_BuildValue("N(N)", _PyEval_GetBuiltin(NAME(next)), iterator);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(op), self->origin, self->args);
}

static PyObject *
alias_dir(PyObject *op, PyObject *ignored)
{
    static const char *const own[] = {"__origin__", "__args__",
                                      "__parameters__", "__mro_entries__",
                                      "__reduce_ex__", "__reduce__",
                                      "__copy__", "__deepcopy__",
                                      "__unpacked__",
                                      "__typing_unpacked_tuple_args__",
                                      "__class__", "__bases__"};
    PyObject *names = PyObject_Dir(((generic_alias_object *)op)->origin);

    for (size_t i = 0; names != NULL && i < Py_ARRAY_LENGTH(own); i++) {
        PyObject *name = PyUnicode_FromString(own[i]);
        int present = name == NULL ? -1 : PySequence_Contains(names, name);

        if (present < 0 || (!present && PyList_Append(names, name) < 0)) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *
alias_get_parameters(PyObject *op, void *closure)
{
    return Py_XNewRef(alias_parameters((generic_alias_object *)op));
}

static PyObject *
alias_get_unpacked_tuple_args(PyObject *op, void *closure)
{
    generic_alias_object *self = (generic_alias_object *)op;

    if (self->starred && self->origin == (PyObject *)&PyTuple_Type) {
        return Py_NewRef(self->args);
    }
    Py_RETURN_NONE;
}

static PyObject *
alias_new_starred(PyTypeObject *type, PyObject *origin, PyObject *args,
                  int starred)
{
    generic_alias_object *self =
        (generic_alias_object *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->args = PyTuple_Check(args) ? Py_NewRef(args) : PyTuple_Pack(1, args);
    if (self->args == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->origin = Py_NewRef(origin);
    self->starred = (char)starred;
    self->vectorcall =
        call_vectorcall_function(origin) != NULL ? alias_vectorcall : NULL;
    return (PyObject *)self;
}

static PyObject *
alias_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *origin, *arguments;

    if (!_PyArg_NoKeywords("GenericAlias", kwds) ||
        !_PyArg_CheckPositional("GenericAlias", PyTuple_GET_SIZE(args), 2,
                                2)) {
        return NULL;
    }
    origin = PyTuple_GET_ITEM(args, 0);
    arguments = PyTuple_GET_ITEM(args, 1);
    return alias_new_starred(type, origin, arguments, 0);
}

PyObject *
Py_GenericAlias(PyObject *origin, PyObject *args)
{
    return alias_new_starred(&Py_GenericAliasType, origin, args, 0);
}

static PyObject *
alias_or(PyObject *left, PyObject *right)
{
    return union_type_or(left, right);
}

/* ---- iteration: *tuple[int] --------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *alias;                 /* NULL: exhausted */
} alias_iterator;

static PyObject *
alias_iter(PyObject *op)
{
    alias_iterator *self = PyObject_GC_New(alias_iterator,
                                           &generic_alias_iter_type);

    if (self != NULL) {
        self->alias = Py_NewRef(op);
        gc_track(self);
    }
    return (PyObject *)self;
}

static PyObject *
alias_iter_next(alias_iterator *self)
{
    generic_alias_object *alias = (generic_alias_object *)self->alias;
    PyObject *starred;

    if (alias == NULL) {
        return NULL;
    }
    starred = alias_new_starred(&Py_GenericAliasType, alias->origin,
                                alias->args, 1);
    Py_CLEAR(self->alias);
    return starred;
}

static void
alias_iter_dealloc(alias_iterator *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->alias);
    PyObject_GC_Del(self);
}

static int
alias_iter_traverse(alias_iterator *self, visitproc visit, void *arg)
{
    Py_VISIT(self->alias);
    return 0;
}

static PyObject *
alias_iter_reduce(alias_iterator *self, PyObject *ignored)
{
    PyObject *iter = _PyEval_GetBuiltin(NAME(iter));

    if (self->alias != NULL) {
        return Py_BuildValue("N(O)", iter, self->alias);
    }
    return Py_BuildValue("N(())", iter);
}

static PyMethodDef alias_iter_methods[] = {
    {"__reduce__", (PyCFunction)alias_iter_reduce, METH_NOARGS, NULL},
    {NULL}
};

PyTypeObject generic_alias_iter_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "generic_alias_iterator",
    .tp_basicsize = sizeof(alias_iterator),
    .tp_dealloc = (destructor)alias_iter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)alias_iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)alias_iter_next,
    .tp_methods = alias_iter_methods,
};

/* ---- definition --------------------------------------------------------- */

static PyNumberMethods alias_as_number = {.nb_or = alias_or};

static PyMappingMethods alias_as_mapping = {.mp_subscript = alias_getitem};

static PyMethodDef alias_methods[] = {
    {"__mro_entries__", alias_mro_entries, METH_O, NULL},
    {"__instancecheck__", alias_instancecheck, METH_O, NULL},
    {"__subclasscheck__", alias_subclasscheck, METH_O, NULL},
    {"__reduce__", alias_reduce, METH_NOARGS, NULL},
    {"__dir__", alias_dir, METH_NOARGS, NULL},
    {NULL}
};

static PyMemberDef alias_members[] = {
    {"__origin__", T_OBJECT, offsetof(generic_alias_object, origin), READONLY},
    {"__args__", T_OBJECT, offsetof(generic_alias_object, args), READONLY},
    {"__unpacked__", T_BOOL, offsetof(generic_alias_object, starred),
     READONLY},
    {NULL}};

static PyGetSetDef alias_getsets[] = {
    {"__parameters__", alias_get_parameters, NULL,
     PyDoc_STR("Type variables in the alias, in order of appearance.")},
    {"__typing_unpacked_tuple_args__", alias_get_unpacked_tuple_args, NULL,
     NULL},
    {NULL}
};

PyTypeObject Py_GenericAliasType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.GenericAlias",
    .tp_basicsize = sizeof(generic_alias_object),
    .tp_dealloc = alias_dealloc,
    .tp_vectorcall_offset = offsetof(generic_alias_object, vectorcall),
    .tp_repr = alias_repr,
    .tp_as_number = &alias_as_number,
    .tp_as_mapping = &alias_as_mapping,
    .tp_hash = alias_hash,
    .tp_call = alias_call,
    .tp_getattro = alias_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = PyDoc_STR("GenericAlias(origin, args, /)\n--\n\n"
                        "A parameterised class, such as list[int]."),
    .tp_traverse = alias_traverse,
    .tp_richcompare = alias_richcompare,
    .tp_weaklistoffset = offsetof(generic_alias_object, weakreflist),
    .tp_iter = alias_iter,
    .tp_methods = alias_methods,
    .tp_members = alias_members,
    .tp_getset = alias_getsets,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = alias_new,
    .tp_free = PyObject_GC_Del,
};
