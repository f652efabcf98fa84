/* Objects by reference (classes, functions) and by reduction. */

#include "private.h"

#include <string.h>

/* ---- Dotted names ------------------------------------------------------- */

PyObject *
split_path(PyObject *object, PyObject *name)
{
    PyObject *dot = PyUnicode_FromString(".");
    PyObject *path = dot == NULL ? NULL : PyUnicode_Split(name, dot, -1);

    Py_XDECREF(dot);
    for (Py_ssize_t i = 0; path != NULL && i < PyList_GET_SIZE(path); i++) {
        if (!_PyUnicode_EqualToASCIIString(PyList_GET_ITEM(path, i),
                                           "<locals>")) {
            continue;
        }
        if (object == NULL) {
            PyErr_Format(PyExc_AttributeError, "Can't get local object %R",
                         name);
        }
        else {
            PyErr_Format(PyExc_AttributeError,
                         "Can't get local attribute %R on %R", name, object);
        }
        Py_CLEAR(path);
    }
    return path;
}

PyObject *
get_deep_attribute(PyObject *object, PyObject *path, PyObject **parent)
{
    PyObject *current = Py_NewRef(object), *before = NULL;

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        PyObject *next;
        Py_XSETREF(before, current);
        if (_PyObject_LookupAttr(before, PyList_GET_ITEM(path, i), &next) <
            0) {
            Py_CLEAR(before);
            return NULL;
        }
        current = next;
        if (current == NULL) {
            Py_CLEAR(before);
            return NULL;                  /* perhaps without exception */
        }
    }
    if (parent != NULL) {
        *parent = before;
    }
    else {
        Py_XDECREF(before);
    }
    return current;
}

/* ---- Globals ------------------------------------------------------------ */

/* Does the module have the object under that path?  1, 0, -1. */
static int
is_in_module(PyObject *name, PyObject *module, PyObject *object,
             PyObject *path)
{
    if (module == Py_None ||
        (PyUnicode_Check(name) &&
         _PyUnicode_EqualToASCIIString(name, "__main__"))) {
        return 0;
    }
    PyObject *candidate = get_deep_attribute(module, path, NULL);
    if (candidate == NULL) {
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(candidate);
    return candidate == object;
}

/* The name of the module where a global is found.  New. */
static PyObject *
which_module(PyObject *object, PyObject *path)
{
    PyObject *name = PyObject_GetAttr(object, NAME(__module__));
    PyObject *modules, *key, *module;
    Py_ssize_t position = 0;

    if (name == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return NULL;
        }
        PyErr_Clear();
    }
    else if (name != Py_None) {
        return name;
    }
    Py_XDECREF(name);
    modules = PySys_GetObject("modules");
    if (modules == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.modules");
        return NULL;
    }
    if (PyDict_CheckExact(modules)) {
        PyObject *snapshot = PyDict_Copy(modules);
        if (snapshot == NULL) {
            return NULL;
        }
        while (PyDict_Next(snapshot, &position, &key, &module)) {
            if (is_in_module(key, module, object, path)) {
                Py_INCREF(key);
                Py_DECREF(snapshot);
                return key;
            }
        }
        Py_DECREF(snapshot);
    }
    return PyUnicode_FromString("__main__");
}

/* The global under `path` in the module must be the object.  Returns what it
 * is an attribute of (new), or NULL with PicklingError. */
static PyObject *
check_global(pickler *self, PyObject *object, PyObject *module_name,
             PyObject *name, PyObject *path, PyObject **module)
{
    PyObject *parent = NULL;
    PyObject *error = self->state->pickling_error;

    *module = PyImport_ImportModuleLevelObject(module_name, NULL, NULL, NULL,
                                               0);
    if (*module != NULL) {
        /* The import of a dotted name gives the package. */
        Py_SETREF(*module, PyImport_GetModule(module_name));
    }
    if (*module == NULL) {
        PyErr_Format(error, "Can't pickle %R: import of module %R failed",
                     object, module_name);
        return NULL;
    }
    PyObject *found = get_deep_attribute(*module, path, &parent);
    if (found == NULL) {
        PyErr_Clear();
        PyErr_Format(error, "Can't pickle %R: attribute lookup %S on %S "
                            "failed", object, name, module_name);
        return NULL;
    }
    if (found != object) {
        Py_DECREF(found);
        Py_XDECREF(parent);
        PyErr_Format(error, "Can't pickle %R: it's not the same object as "
                            "%S.%S", object, module_name, name);
        return NULL;
    }
    Py_DECREF(found);
    return parent;
}

/* The extension code of a global: 1 if it was saved by it, 0, -1. */
static int
save_extension(pickler *self, PyObject *object, PyObject *module_name,
               PyObject *name)
{
    char data[5];
    Py_ssize_t size;
    PyObject *error = self->state->pickling_error;

    PyObject *key = PyTuple_Pack(2, module_name, name);
    if (key == NULL) {
        return -1;
    }
    PyObject *number =
        PyDict_GetItemWithError(self->state->extension_registry, key);
    Py_DECREF(key);
    if (number == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyLong_Check(number)) {
        PyErr_Format(error, "Can't pickle %R: extension code %R isn't an "
                            "integer", object, number);
        return -1;
    }
    long code = PyLong_AsLong(number);
    if (code <= 0 || code > 0x7FFFFFFFL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(error, "Can't pickle %R: extension code %ld is out "
                                "of range", object, code);
        }
        return -1;
    }
    data[0] = (char)(code <= 0xFF     ? OP_EXT1
                     : code <= 0xFFFF ? OP_EXT2 : OP_EXT4);
    size = code <= 0xFF ? 2 : code <= 0xFFFF ? 3 : 5;
    for (Py_ssize_t i = 1; i < size; i++) {
        data[i] = (char)(unsigned char)(code >> (8 * (i - 1)));
    }
    return output_write(self, data, size) < 0 ? -1 : 1;
}

/* Names of Python 3 as Python 2 had them.  Both owned and replaced. */
static int
map_names_to_2(pickler *self, PyObject **module_name, PyObject **name)
{
    PyObject *key = PyTuple_Pack(2, *module_name, *name), *item;

    if (key == NULL) {
        return -1;
    }
    item = PyDict_GetItemWithError(self->state->name_mapping_3to2, key);
    Py_DECREF(key);
    if (item != NULL) {
        PyObject *new_module, *new_name;
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.REVERSE_NAME_MAPPING values should "
                         "be 2-tuples, not %.200s", Py_TYPE(item)->tp_name);
            return -1;
        }
        new_module = PyTuple_GET_ITEM(item, 0);
        new_name = PyTuple_GET_ITEM(item, 1);
        if (!PyUnicode_Check(new_module) || !PyUnicode_Check(new_name)) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.REVERSE_NAME_MAPPING values should "
                         "be pairs of str, not (%.200s, %.200s)",
                         Py_TYPE(new_module)->tp_name,
                         Py_TYPE(new_name)->tp_name);
            return -1;
        }
        Py_SETREF(*module_name, Py_NewRef(new_module));
        Py_SETREF(*name, Py_NewRef(new_name));
        return 0;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    item = PyDict_GetItemWithError(self->state->import_mapping_3to2,
                                   *module_name);
    if (item == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyUnicode_Check(item)) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.REVERSE_IMPORT_MAPPING values should be "
                     "strings, not %.200s", Py_TYPE(item)->tp_name);
        return -1;
    }
    Py_SETREF(*module_name, Py_NewRef(item));
    return 0;
}

/* A line with a name.  `what` is for the message. */
static int
save_name_line(pickler *self, PyObject *name, const char *what)
{
    PyObject *encoded = self->protocol == 3 ? PyUnicode_AsUTF8String(name)
                                            : PyUnicode_AsASCIIString(name);

    if (encoded == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            PyErr_Format(self->state->pickling_error,
                         "can't pickle %s identifier '%S' using pickle "
                         "protocol %i", what, name, self->protocol);
        }
        return -1;
    }
    int status = output_write(self, PyBytes_AS_STRING(encoded),
                              PyBytes_GET_SIZE(encoded)) < 0
                     ? -1 : output_write(self, "\n", 1);
    Py_DECREF(encoded);
    return status;
}

static int
save_global_lines(pickler *self, PyObject *module_name, PyObject *name)
{
    PyObject *module = Py_NewRef(module_name), *global = Py_NewRef(name);
    int status = 0;

    if (self->protocol < 3 && self->fix_imports) {
        status = map_names_to_2(self, &module, &global);
    }
    if (status == 0) {
        status = output_op(self, OP_GLOBAL) < 0 ||
                         save_name_line(self, module, "module") < 0
                     ? -1 : save_name_line(self, global, "global");
    }
    Py_DECREF(module);
    Py_DECREF(global);
    return status;
}

/* Before protocol 4 nested names are got by getattr. */
static int
save_nested_global(pickler *self, PyObject *parent, PyObject *last)
{
    PyObject *reduced = Py_BuildValue("(O(OO))", self->state->getattr, parent,
                                      last);

    if (reduced == NULL) {
        return -1;
    }
    int status = save_reduce(self, reduced, NULL);
    Py_DECREF(reduced);
    return status;
}

static int
save_found_global(pickler *self, PyObject *module_name, PyObject *module,
                  PyObject *name, PyObject *parent, PyObject *last)
{
    if (self->protocol >= 4) {
        return save(self, module_name, 0) < 0 ||
                       save(self, parent == module ? last : name, 0) < 0
                   ? -1 : output_op(self, OP_STACK_GLOBAL);
    }
    return parent != module ? save_nested_global(self, parent, last)
                            : save_global_lines(self, module_name, last);
}

/* The name of a global: given, or qualified, or plain.  New. */
static PyObject *
global_name(PyObject *object, PyObject *name)
{
    if (name != NULL) {
        return Py_NewRef(name);
    }
    PyObject *result = PyObject_GetAttr(object, NAME(__qualname__));
    if (result == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        result = PyObject_GetAttr(object, NAME(__name__));
    }
    return result;
}

int
save_global(pickler *self, PyObject *object, PyObject *name)
{
    PyObject *global = NULL, *path = NULL, *module_name = NULL;
    PyObject *module = NULL, *parent = NULL;
    int result = -1;

    global = global_name(object, name);
    if (global == NULL) {
        goto done;
    }
    path = split_path(NULL, global);
    if (path == NULL) {
        goto done;
    }
    module_name = which_module(object, path);
    if (module_name == NULL) {
        goto done;
    }
    parent = check_global(self, object, module_name, global, path, &module);
    if (parent == NULL) {
        goto done;
    }
    if (self->protocol >= 2) {
        result = save_extension(self, object, module_name, global);
        if (result != 0) {
            result = result < 0 ? -1 : 0;
            goto done;                    /* not in the memo */
        }
    }
    PyObject *last = PyList_GET_ITEM(path, PyList_GET_SIZE(path) - 1);
    result = save_found_global(self, module_name, module, global, parent,
                               last);
    if (result == 0) {
        result = output_memo_put(self, object);
    }
done:
    Py_XDECREF(global);
    Py_XDECREF(path);
    Py_XDECREF(module_name);
    Py_XDECREF(module);
    Py_XDECREF(parent);
    return result;
}

/* ---- Reduction ---------------------------------------------------------- */

/* What __reduce__ returned; borrowed. */
typedef struct {
    PyObject *callable, *args, *state, *list_items, *dict_items, *set_state;
} reduction;

static int
refuse(pickler *self, const char *message)
{
    PyErr_SetString(self->state->pickling_error, message);
    return -1;
}

/* An iterator, or None: then NULL. */
static int
check_iterator(pickler *self, PyObject **items, const char *which)
{
    if (*items == Py_None) {
        *items = NULL;
    }
    else if (*items != NULL && !PyIter_Check(*items)) {
        PyErr_Format(self->state->pickling_error,
                     "%s element of the tuple returned by __reduce__ must be "
                     "an iterator, not %s", which, Py_TYPE(*items)->tp_name);
        return -1;
    }
    return 0;
}

static int
parse_reduction(pickler *self, PyObject *tuple, reduction *r)
{
    Py_ssize_t size = PyTuple_Size(tuple);

    if (size < 2 || size > 6) {
        return refuse(self, "tuple returned by __reduce__ must contain 2 "
                            "through 6 elements");
    }
    *r = (reduction){NULL};
    if (!PyArg_UnpackTuple(tuple, "save_reduce", 2, 6, &r->callable, &r->args,
                           &r->state, &r->list_items, &r->dict_items,
                           &r->set_state)) {
        return -1;
    }
    if (!PyCallable_Check(r->callable)) {
        return refuse(self, "first item of the tuple returned by __reduce__ "
                            "must be callable");
    }
    if (!PyTuple_Check(r->args)) {
        return refuse(self, "second item of the tuple returned by "
                            "__reduce__ must be a tuple");
    }
    if (r->state == Py_None) {
        r->state = NULL;
    }
    if (check_iterator(self, &r->list_items, "fourth") < 0 ||
        check_iterator(self, &r->dict_items, "fifth") < 0) {
        return -1;
    }
    if (r->set_state == Py_None) {
        r->set_state = NULL;
    }
    else if (r->set_state != NULL && !PyCallable_Check(r->set_state)) {
        PyErr_Format(self->state->pickling_error,
                     "sixth element of the tuple returned by __reduce__ must "
                     "be a function, not %s", Py_TYPE(r->set_state)->tp_name);
        return -1;
    }
    return 0;
}

/* copyreg.__newobj_ex__(cls, args, kwargs) */
static int
save_newobj_ex(pickler *self, PyObject *args)
{
    PyObject *error = self->state->pickling_error;

    if (PyTuple_GET_SIZE(args) != 3) {
        PyErr_Format(error, "length of the NEWOBJ_EX argument tuple must be "
                            "exactly 3, not %zd", PyTuple_GET_SIZE(args));
        return -1;
    }
    PyObject *cls = PyTuple_GET_ITEM(args, 0);
    PyObject *cls_args = PyTuple_GET_ITEM(args, 1);
    PyObject *kwargs = PyTuple_GET_ITEM(args, 2);
    if (!PyType_Check(cls)) {
        PyErr_Format(error, "first item from NEWOBJ_EX argument tuple must "
                            "be a class, not %.200s", Py_TYPE(cls)->tp_name);
        return -1;
    }
    if (!PyTuple_Check(cls_args)) {
        PyErr_Format(error, "second item from NEWOBJ_EX argument tuple must "
                            "be a tuple, not %.200s",
                     Py_TYPE(cls_args)->tp_name);
        return -1;
    }
    if (!PyDict_Check(kwargs)) {
        PyErr_Format(error, "third item from NEWOBJ_EX argument tuple must "
                            "be a dict, not %.200s",
                     Py_TYPE(kwargs)->tp_name);
        return -1;
    }
    if (self->protocol >= 4) {
        return save(self, cls, 0) < 0 || save(self, cls_args, 0) < 0 ||
                       save(self, kwargs, 0) < 0
                   ? -1 : output_op(self, OP_NEWOBJ_EX);
    }
    /* partial(cls.__new__, cls, *args, **kwargs)() */
    PyObject *new = PyObject_GetAttr(cls, NAME(__new__));
    PyObject *head = new == NULL ? NULL : PyTuple_Pack(2, new, cls);
    PyObject *all = head == NULL ? NULL : PySequence_Concat(head, cls_args);
    PyObject *callable = all == NULL
        ? NULL : PyObject_Call(self->state->partial, all, kwargs);
    PyObject *empty = PyTuple_New(0);
    int status = -1;
    if (callable != NULL && empty != NULL && save(self, callable, 0) == 0 &&
        save(self, empty, 0) == 0) {
        status = output_op(self, OP_REDUCE);
    }
    Py_XDECREF(new);
    Py_XDECREF(head);
    Py_XDECREF(all);
    Py_XDECREF(callable);
    Py_XDECREF(empty);
    return status;
}

/* copyreg.__newobj__(cls, *args) */
static int
save_newobj(pickler *self, PyObject *args, PyObject *object)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        return refuse(self, "__newobj__ arglist is empty");
    }
    PyObject *cls = PyTuple_GET_ITEM(args, 0);
    if (!PyType_Check(cls)) {
        return refuse(self, "args[0] from __newobj__ args is not a type");
    }
    if (object != NULL) {
        PyObject *own = PyObject_GetAttr(object, NAME(__class__));
        if (own == NULL) {
            return -1;
        }
        Py_DECREF(own);
        if (own != cls) {
            return refuse(self,
                          "args[0] from __newobj__ args has the wrong class");
        }
    }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return -1;
    }
    int status = save(self, cls, 0) < 0 || save(self, rest, 0) < 0
                     ? -1 : output_op(self, OP_NEWOBJ);
    Py_DECREF(rest);
    return status;
}

/* The call that makes the object. */
static int
save_construction(pickler *self, const reduction *r, PyObject *object)
{
    if (self->protocol >= 2) {
        PyObject *name = PyObject_GetAttr(r->callable, NAME(__name__));
        int kind = 0;
        if (name == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
                return -1;
            }
            PyErr_Clear();
        }
        else {
            if (PyUnicode_Check(name)) {
                kind = _PyUnicode_EqualToASCIIString(name, "__newobj_ex__")
                           ? 2
                           : _PyUnicode_EqualToASCIIString(name,
                                                           "__newobj__");
            }
            Py_DECREF(name);
        }
        if (kind == 2) {
            return save_newobj_ex(self, r->args);
        }
        if (kind == 1) {
            return save_newobj(self, r->args, object);
        }
    }
    return save(self, r->callable, 0) < 0 || save(self, r->args, 0) < 0
               ? -1 : output_op(self, OP_REDUCE);
}

static int
save_state(pickler *self, const reduction *r, PyObject *object)
{
    if (r->set_state == NULL) {
        return save(self, r->state, 0) < 0 ? -1 : output_op(self, OP_BUILD);
    }
    /* set_state(object, state), whose result goes. */
    return save(self, r->set_state, 0) < 0 || save(self, object, 0) < 0 ||
                   save(self, r->state, 0) < 0 ||
                   output_op(self, OP_TUPLE2) < 0 ||
                   output_op(self, OP_REDUCE) < 0
               ? -1 : output_op(self, OP_POP);
}

int
save_reduce(pickler *self, PyObject *tuple, PyObject *object)
{
    reduction r;

    if (parse_reduction(self, tuple, &r) < 0 ||
        save_construction(self, &r, object) < 0) {
        return -1;
    }
    if (object != NULL) {
        /* Its arguments led back to it: they have saved it. */
        if (memo_find(&self->memo, object) >= 0) {
            return output_op(self, OP_POP) < 0
                       ? -1 : output_memo_get(self, object);
        }
        if (output_memo_put(self, object) < 0) {
            return -1;
        }
    }
    if (r.list_items != NULL && batch_list(self, r.list_items) < 0) {
        return -1;
    }
    if (r.dict_items != NULL && batch_dict(self, r.dict_items) < 0) {
        return -1;
    }
    return r.state == NULL ? 0 : save_state(self, &r, object);
}

/* type(None), type(...), type(NotImplemented) have no name to be found by. */
static int
save_type(pickler *self, PyObject *object)
{
    PyObject *const singletons[] = {Py_None, Py_Ellipsis, Py_NotImplemented};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(singletons); i++) {
        if (object == (PyObject *)Py_TYPE(singletons[i])) {
            PyObject *reduced = Py_BuildValue("(O(O))", &PyType_Type,
                                              singletons[i]);
            if (reduced == NULL) {
                return -1;
            }
            int status = save_reduce(self, reduced, object);
            Py_DECREF(reduced);
            return status;
        }
    }
    return save_global(self, object, NULL);
}

/* The function registered for the type: new, or NULL (perhaps with an
 * exception). */
static PyObject *
find_registered(pickler *self, PyTypeObject *type)
{
    if (self->dispatch_table == NULL) {
        return Py_XNewRef(PyDict_GetItemWithError(
            self->state->dispatch_table, (PyObject *)type));
    }
    PyObject *table = Py_NewRef(self->dispatch_table);    /* may be set anew */
    PyObject *function = PyObject_GetItem(table, (PyObject *)type);
    Py_DECREF(table);
    if (function == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return function;
}

/* object.__reduce_ex__(protocol), or __reduce__(). */
static PyObject *
call_reduce(pickler *self, PyObject *object)
{
    PyObject *method = PyObject_GetAttr(object, NAME(__reduce_ex__));

    if (method != NULL) {
        PyObject *protocol = PyLong_FromLong(self->protocol);
        PyObject *result = protocol == NULL
            ? NULL : PyObject_CallOneArg(method, protocol);
        Py_XDECREF(protocol);
        Py_DECREF(method);
        return result;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return NULL;
    }
    PyErr_Clear();
    method = PyObject_GetAttr(object, NAME(__reduce__));
    if (method == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Format(self->state->pickling_error,
                         "can't pickle '%.200s' object: %R",
                         Py_TYPE(object)->tp_name, object);
        }
        return NULL;
    }
    PyObject *result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    return result;
}

/* Saves what a reduction function returned (stolen). */
static int
save_reduced(pickler *self, PyObject *reduced, PyObject *object)
{
    int status;

    if (reduced == NULL) {
        return -1;
    }
    if (PyUnicode_Check(reduced)) {
        status = save_global(self, object, reduced);
    }
    else if (!PyTuple_Check(reduced)) {
        status = refuse(self,
                        "__reduce__ must return a string or tuple");
    }
    else {
        status = save_reduce(self, reduced, object);
    }
    Py_DECREF(reduced);
    return status;
}

int
save_by_reduction(pickler *self, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    if (self->reducer_override != NULL) {
        PyObject *reduced = PyObject_CallOneArg(self->reducer_override,
                                                object);
        if (reduced != Py_NotImplemented) {
            return save_reduced(self, reduced, object);
        }
        Py_DECREF(reduced);
    }
    if (type == &PyType_Type) {
        return save_type(self, object);
    }
    if (type == &PyFunction_Type) {
        return save_global(self, object, NULL);
    }
    PyObject *function = find_registered(self, type);
    if (function != NULL) {
        PyObject *reduced = PyObject_CallOneArg(function, object);
        Py_DECREF(function);
        return save_reduced(self, reduced, object);
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    if (PyType_IsSubtype(type, &PyType_Type)) {
        return save_global(self, object, NULL);
    }
    return save_reduced(self, call_reduce(self, object), object);
}
