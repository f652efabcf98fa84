/* The module _abc: abstract base classes (PEP 3119) for abc.ABCMeta.
 *
 * Each ABC has an _abc_data object under _abc_impl: registered classes, and
 * the classes for which issubclass() is known (cache) or known to be false
 * (negative cache), all as sets of weak references.  Any register() makes the
 * negative caches of the whole process stale, by a counter.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/descr.h"
#include "internal/call.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

typedef struct {
    PyTypeObject *data_type;
    unsigned long long counter;
} abc_state;

typedef struct {
    PyObject_HEAD
    PyObject *registry;              /* set of weak references, or NULL */
    PyObject *cache;
    PyObject *negative_cache;
    unsigned long long negative_version;
} abc_data;

static abc_state *
abc_get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- _abc_data ---------------------------------------------------------- */

static int
data_traverse(abc_data *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->registry);
    Py_VISIT(self->cache);
    Py_VISIT(self->negative_cache);
    return 0;
}

static int
data_clear(abc_data *self)
{
    Py_CLEAR(self->registry);
    Py_CLEAR(self->cache);
    Py_CLEAR(self->negative_cache);
    return 0;
}

static void
data_dealloc(abc_data *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    (void)data_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
data_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    abc_data *self = (abc_data *)type->tp_alloc(type, 0);
    PyObject *module = PyType_GetModule(type);

    if (self != NULL) {
        self->negative_version =
            module == NULL ? 0 : abc_get_state(module)->counter;
    }
    return (PyObject *)self;
}

static PyType_Slot data_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("What an abstract base class knows about "
                                  "other classes.")},
    {Py_tp_new, data_new},
    {Py_tp_dealloc, data_dealloc},
    {Py_tp_traverse, data_traverse},
    {Py_tp_clear, data_clear},
    {0, NULL}};

static PyType_Spec data_spec = {
    .name = "_abc._abc_data",
    .basicsize = sizeof(abc_data),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = data_slots,
};

/* The data of an ABC, new. */
static abc_data *
abc_get_data(PyObject *module, PyObject *self)
{
    PyObject *data = PyObject_GetAttr(self, NAME(_abc_impl));

    if (data != NULL && !Py_IS_TYPE(data, abc_get_state(module)->data_type)) {
        PyErr_SetString(PyExc_TypeError, "_abc_impl is set to a wrong type");
        Py_CLEAR(data);
    }
    return (abc_data *)data;
}

/* ---- sets of weak references -------------------------------------------- */

/* 1/0/-1; objects without weak references are in no set. */
static int
weak_set_contains(PyObject *set, PyObject *op)
{
    PyObject *reference;
    int result;

    if (set == NULL || PySet_GET_SIZE(set) == 0) {
        return 0;
    }
    reference = PyWeakref_NewRef(op, NULL);
    if (reference == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            return 0;
        }
        return -1;
    }
    result = PySet_Contains(set, reference);
    Py_DECREF(reference);
    return result;
}

/* Callback of the references: takes a dead one out of its set. */
static PyObject *
weak_set_remove_dead(PyObject *set_reference, PyObject *reference)
{
    PyObject *set = PyWeakref_GET_OBJECT(set_reference);

    if (set == Py_None) {
        Py_RETURN_NONE;
    }
    Py_INCREF(set);
    if (PySet_Discard(set, reference) < 0) {
        Py_DECREF(set);
        return NULL;
    }
    Py_DECREF(set);
    Py_RETURN_NONE;
}

static PyMethodDef weak_set_remove_def = {
    "_destroy", weak_set_remove_dead, METH_O, NULL};

static int
weak_set_add(PyObject **set, PyObject *op)
{
    PyObject *set_reference, *callback, *reference = NULL;
    int result;

    if (*set == NULL) {
        *set = PySet_New(NULL);
        if (*set == NULL) {
            return -1;
        }
    }
    set_reference = PyWeakref_NewRef(*set, NULL);
    if (set_reference == NULL) {
        return -1;
    }
    callback = PyCFunction_NewEx(&weak_set_remove_def, set_reference, NULL);
    Py_DECREF(set_reference);
    if (callback != NULL) {
        reference = PyWeakref_NewRef(op, callback);
        Py_DECREF(callback);
    }
    if (reference == NULL) {
        return -1;
    }
    result = PySet_Add(*set, reference);
    Py_DECREF(reference);
    return result;
}

/* ---- _abc_init ---------------------------------------------------------- */

/* Names of what is abstract: in the namespace, or inherited and still so. */
static int
abstract_add_own(PyObject *self, PyObject *abstracts)
{
    PyObject *dict = PyObject_GetAttr(self, NAME(__dict__)), *items;
    int result = -1;

    if (dict == NULL) {
        return -1;
    }
    items = PyMapping_Items(dict);
    Py_DECREF(dict);
    if (items == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *pair = PySequence_Tuple(PyList_GET_ITEM(items, i));
        int abstract;

        if (pair == NULL || PyTuple_GET_SIZE(pair) != 2) {
            if (pair != NULL) {
                PyErr_SetString(PyExc_TypeError,
                                "Iteration over __dict__ items returned "
                                "item which is not a tuple of size 2");
                Py_DECREF(pair);
            }
            goto done;
        }
        abstract = _PyObject_IsAbstract(PyTuple_GET_ITEM(pair, 1));
        if (abstract > 0) {
            abstract = PySet_Add(abstracts, PyTuple_GET_ITEM(pair, 0));
        }
        Py_DECREF(pair);
        if (abstract < 0) {
            goto done;
        }
    }
    result = 0;
done:
    Py_DECREF(items);
    return result;
}

static int
abstract_add_from_base(PyObject *self, PyObject *base, PyObject *abstracts)
{
    PyObject *names, *iterator, *name;
    int result = 0;

    if (_PyObject_LookupAttr(base, NAME(__abstractmethods__), &names) < 0) {
        return -1;
    }
    if (names == NULL) {
        return 0;
    }
    iterator = PyObject_GetIter(names);
    Py_DECREF(names);
    if (iterator == NULL) {
        return -1;
    }
    while (result >= 0 && (name = PyIter_Next(iterator)) != NULL) {
        PyObject *value;

        result = _PyObject_LookupAttr(self, name, &value);
        if (result > 0) {
            result = _PyObject_IsAbstract(value);
            Py_DECREF(value);
            if (result > 0) {
                result = PySet_Add(abstracts, name);
            }
        }
        Py_DECREF(name);
    }
    Py_DECREF(iterator);
    return result < 0 || PyErr_Occurred() ? -1 : 0;
}

static int
abstract_compute(PyObject *self)
{
    PyObject *abstracts = PyFrozenSet_New(NULL), *bases = NULL;
    int result = -1;

    if (abstracts == NULL || abstract_add_own(self, abstracts) < 0) {
        goto done;
    }
    bases = PyObject_GetAttr(self, NAME(__bases__));
    if (bases == NULL) {
        goto done;
    }
    if (!PyTuple_Check(bases)) {
        PyErr_SetString(PyExc_TypeError, "__bases__ is not tuple");
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        if (abstract_add_from_base(self, PyTuple_GET_ITEM(bases, i),
                                   abstracts) < 0) {
            goto done;
        }
    }
    result = PyObject_SetAttr(self, NAME(__abstractmethods__), abstracts);
done:
    Py_XDECREF(bases);
    Py_XDECREF(abstracts);
    return result;
}

#define COLLECTION_FLAGS (Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING)

/* collections.abc.Sequence and Mapping say in their namespace what match
 * statements shall take them for. */
static int
collection_flags_init(PyObject *self)
{
    PyTypeObject *cls = (PyTypeObject *)self;
    PyObject *flags;
    long value;

    if (!PyType_Check(self)) {
        return 0;
    }
    flags = PyDict_GetItemWithError(cls->tp_dict, NAME(__abc_tpflags__));
    if (flags == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (PyLong_CheckExact(flags)) {
        value = PyLong_AsLong(flags);
        if (value == -1 && PyErr_Occurred()) {
            return -1;
        }
        if ((value & COLLECTION_FLAGS) == COLLECTION_FLAGS) {
            PyErr_SetString(PyExc_TypeError,
                            "__abc_tpflags__ cannot be both "
                            "Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
            return -1;
        }
        cls->tp_flags |= (unsigned long)value & COLLECTION_FLAGS;
    }
    return PyDict_DelItem(cls->tp_dict, NAME(__abc_tpflags__));
}

static PyObject *
abc_init(PyObject *module, PyObject *self)
{
    PyObject *data;
    int status;

    if (abstract_compute(self) < 0) {
        return NULL;
    }
    data = data_new(abc_get_state(module)->data_type, NULL, NULL);
    if (data == NULL) {
        return NULL;
    }
    status = PyObject_SetAttr(self, NAME(_abc_impl), data);
    Py_DECREF(data);
    if (status < 0 || collection_flags_init(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- register ----------------------------------------------------------- */

/* The collection flags of an ABC, on to the class and its subclasses. */
static void
collection_flags_spread(PyTypeObject *cls, unsigned long flags)
{
    PyObject *subclasses;

    if (type_has_feature(cls, Py_TPFLAGS_IMMUTABLETYPE) ||
        (cls->tp_flags & COLLECTION_FLAGS) == flags) {
        return;
    }
    cls->tp_flags = (cls->tp_flags & ~COLLECTION_FLAGS) | flags;
    subclasses = type_subclasses(cls);
    if (subclasses == NULL) {
        PyErr_Clear();           /* MemoryError: subclasses stay as they are */
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        collection_flags_spread(
            (PyTypeObject *)PyList_GET_ITEM(subclasses, i), flags);
    }
    Py_DECREF(subclasses);
}

static PyObject *
abc_register(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *self, *subclass;
    abc_data *data;
    int status;

    if (!_PyArg_CheckPositional("_abc_register", nargs, 2, 2)) {
        return NULL;
    }
    self = args[0];
    subclass = args[1];
    if (!PyType_Check(subclass)) {
        PyErr_SetString(PyExc_TypeError, "Can only register classes");
        return NULL;
    }
    status = PyObject_IsSubclass(subclass, self);
    if (status != 0) {
        return status < 0 ? NULL : Py_NewRef(subclass);
    }
    status = PyObject_IsSubclass(self, subclass);
    if (status > 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "Refusing to create an inheritance cycle");
    }
    if (status != 0) {
        return NULL;
    }
    data = abc_get_data(module, self);
    if (data == NULL) {
        return NULL;
    }
    status = weak_set_add(&data->registry, subclass);
    Py_DECREF(data);
    if (status < 0) {
        return NULL;
    }
    abc_get_state(module)->counter++;
    if (PyType_Check(self)) {
        unsigned long flags =
            ((PyTypeObject *)self)->tp_flags & COLLECTION_FLAGS;

        if (flags) {
            collection_flags_spread((PyTypeObject *)subclass, flags);
        }
    }
    return Py_NewRef(subclass);
}

/* ---- checks ------------------------------------------------------------- */

static PyObject *
abc_instancecheck(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *self, *instance, *subclass = NULL, *subtype, *result = NULL;
    abc_data *data;
    int status;

    if (!_PyArg_CheckPositional("_abc_instancecheck", nargs, 2, 2)) {
        return NULL;
    }
    self = args[0];
    instance = args[1];
    data = abc_get_data(module, self);
    if (data == NULL) {
        return NULL;
    }
    subclass = PyObject_GetAttr(instance, NAME(__class__));
    if (subclass == NULL) {
        goto done;
    }
    status = weak_set_contains(data->cache, subclass);
    if (status != 0) {
        result = status < 0 ? NULL : Py_NewRef(Py_True);
        goto done;
    }
    subtype = (PyObject *)Py_TYPE(instance);
    if (subtype == subclass) {
        if (data->negative_version == abc_get_state(module)->counter) {
            status = weak_set_contains(data->negative_cache, subclass);
            if (status != 0) {
                result = status < 0 ? NULL : Py_NewRef(Py_False);
                goto done;
            }
        }
        result = call_method_one_arg(self, NAME(__subclasscheck__), subclass);
        goto done;
    }
    /* A proxy: either what it says or what it is. */
    result = call_method_one_arg(self, NAME(__subclasscheck__), subclass);
    if (result == NULL) {
        goto done;
    }
    status = PyObject_IsTrue(result);
    if (status < 0) {
        Py_CLEAR(result);
    }
    else if (!status) {
        Py_DECREF(result);
        result = call_method_one_arg(self, NAME(__subclasscheck__), subtype);
    }
done:
    Py_XDECREF(subclass);
    Py_DECREF(data);
    return result;
}

/* Registered classes: 1 if one of them is a base of `subclass`. */
static int
registry_check(abc_data *data, PyObject *subclass)
{
    PyObject *copy, *reference;
    Py_ssize_t position = 0;
    Py_hash_t hash;
    int result;

    result = weak_set_contains(data->registry, subclass);
    if (result != 0 || data->registry == NULL) {
        return result;
    }
    /* issubclass() runs Python, which may register more. */
    copy = PySet_New(data->registry);
    if (copy == NULL) {
        return -1;
    }
    while (result == 0 &&
           _PySet_NextEntry(copy, &position, &reference, &hash)) {
        PyObject *cls = PyWeakref_GET_OBJECT(reference);

        if (cls == Py_None) {
            continue;
        }
        Py_INCREF(cls);
        result = PyObject_IsSubclass(subclass, cls);
        Py_DECREF(cls);
    }
    Py_DECREF(copy);
    return result;
}

/* self.__subclasses__(), without the event of that method where it is type's
 * own: nobody asked for the list. */
static PyObject *
subclasses_of(PyObject *self)
{
    if (PyType_Check(self) &&
        _PyType_Lookup(Py_TYPE(self), NAME(__subclasses__)) ==
            _PyType_Lookup(&PyType_Type, NAME(__subclasses__)) &&
        _PyType_Lookup((PyTypeObject *)self, NAME(__subclasses__)) == NULL) {
        return type_subclasses((PyTypeObject *)self);
    }
    return PyObject_CallMethodNoArgs(self, NAME(__subclasses__));
}

static int
subclasses_check(PyObject *self, PyObject *subclass)
{
    PyObject *subclasses = subclasses_of(self);
    int result = 0;

    if (subclasses == NULL) {
        return -1;
    }
    if (!PyList_Check(subclasses)) {
        PyErr_SetString(PyExc_TypeError,
                        "__subclasses__() must return a list");
        Py_DECREF(subclasses);
        return -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(subclasses);
         i++) {
        PyObject *cls = Py_NewRef(PyList_GET_ITEM(subclasses, i));

        result = PyObject_IsSubclass(subclass, cls);
        Py_DECREF(cls);
    }
    Py_DECREF(subclasses);
    return result;
}

/* Without caches: 1/0/-1. */
static int
subclass_decide(abc_data *data, PyObject *self, PyObject *subclass)
{
    PyObject *hook, *mro;
    int result;

    hook = call_method_one_arg(self, NAME(__subclasshook__), subclass);
    if (hook == NULL) {
        return -1;
    }
    Py_DECREF(hook);
    if (hook == Py_True || hook == Py_False) {
        return hook == Py_True;
    }
    if (hook != Py_NotImplemented) {
        PyErr_SetString(PyExc_AssertionError,
                        "__subclasshook__ must return either False, True, or "
                        "NotImplemented");
        return -1;
    }
    mro = ((PyTypeObject *)subclass)->tp_mro;
    if (mro != NULL) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
            if (PyTuple_GET_ITEM(mro, i) == self) {
                return 1;
            }
        }
    }
    result = registry_check(data, subclass);
    return result != 0 ? result : subclasses_check(self, subclass);
}

static PyObject *
abc_subclasscheck(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    abc_state *state = abc_get_state(module);
    PyObject *self, *subclass;
    abc_data *data;
    int result;

    if (!_PyArg_CheckPositional("_abc_subclasscheck", nargs, 2, 2)) {
        return NULL;
    }
    self = args[0];
    subclass = args[1];
    if (!PyType_Check(subclass)) {
        PyErr_SetString(PyExc_TypeError, "issubclass() arg 1 must be a class");
        return NULL;
    }
    data = abc_get_data(module, self);
    if (data == NULL) {
        return NULL;
    }
    result = weak_set_contains(data->cache, subclass);
    if (result != 0) {
        goto done;
    }
    if (data->negative_version < state->counter) {
        if (data->negative_cache != NULL &&
            PySet_Clear(data->negative_cache) < 0) {
            result = -1;
            goto done;
        }
        data->negative_version = state->counter;
    }
    else {
        result = weak_set_contains(data->negative_cache, subclass);
        if (result != 0) {
            result = result < 0 ? -1 : 0;
            goto done;
        }
    }
    result = subclass_decide(data, self, subclass);
    if (result >= 0 && weak_set_add(result ? &data->cache
                                           : &data->negative_cache,
                                    subclass) < 0) {
        result = -1;
    }
done:
    Py_DECREF(data);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* ---- the rest ----------------------------------------------------------- */

static PyObject *
abc_get_cache_token(PyObject *module, PyObject *ignored)
{
    return PyLong_FromUnsignedLongLong(abc_get_state(module)->counter);
}

static PyObject *
abc_reset_registry(PyObject *module, PyObject *self)
{
    abc_data *data = abc_get_data(module, self);
    int status = 0;

    if (data == NULL) {
        return NULL;
    }
    if (data->registry != NULL) {
        status = PySet_Clear(data->registry);
    }
    Py_DECREF(data);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
abc_reset_caches(PyObject *module, PyObject *self)
{
    abc_data *data = abc_get_data(module, self);
    int status = 0;

    if (data == NULL) {
        return NULL;
    }
    if (data->cache != NULL) {
        status = PySet_Clear(data->cache);
    }
    if (status == 0 && data->negative_cache != NULL) {
        status = PySet_Clear(data->negative_cache);
    }
    Py_DECREF(data);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
set_or_empty(PyObject *set)
{
    return PySet_New(set);
}

static PyObject *
abc_get_dump(PyObject *module, PyObject *self)
{
    abc_data *data = abc_get_data(module, self);
    PyObject *result;

    if (data == NULL) {
        return NULL;
    }
    result = Py_BuildValue("NNNK", set_or_empty(data->registry),
                           set_or_empty(data->cache),
                           set_or_empty(data->negative_cache),
                           data->negative_version);
    Py_DECREF(data);
    return result;
}

static PyMethodDef abc_functions[] = {
    {"get_cache_token", abc_get_cache_token, METH_NOARGS,
     PyDoc_STR("get_cache_token($module, /)\n--\n\n"
               "A number that changes with every register().")},
    {"_abc_init", abc_init, METH_O,
     PyDoc_STR("_abc_init($module, self, /)\n--\n\nMakes a class an ABC.")},
    {"_reset_registry", abc_reset_registry, METH_O,
     PyDoc_STR("_reset_registry($module, self, /)\n--\n\n"
               "Forgets registered classes; for tests.")},
    {"_reset_caches", abc_reset_caches, METH_O,
     PyDoc_STR("_reset_caches($module, self, /)\n--\n\n"
               "Empties the caches; for tests.")},
    {"_get_dump", abc_get_dump, METH_O,
     PyDoc_STR("_get_dump($module, self, /)\n--\n\n"
               "Registry, cache, negative cache and its version; for tests.")},
    {"_abc_register", (PyCFunction)(void (*)(void))abc_register,
     METH_FASTCALL,
     PyDoc_STR("_abc_register($module, self, subclass, /)\n--\n\n"
               "Registers a class with an ABC.")},
    {"_abc_instancecheck", (PyCFunction)(void (*)(void))abc_instancecheck,
     METH_FASTCALL,
     PyDoc_STR("_abc_instancecheck($module, self, instance, /)\n--\n\n"
               "isinstance() for ABCs.")},
    {"_abc_subclasscheck", (PyCFunction)(void (*)(void))abc_subclasscheck,
     METH_FASTCALL,
     PyDoc_STR("_abc_subclasscheck($module, self, subclass, /)\n--\n\n"
               "issubclass() for ABCs.")},
    {NULL}
};

static int
abc_exec(PyObject *module)
{
    abc_state *state = abc_get_state(module);

    state->data_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &data_spec, NULL);
    return state->data_type == NULL ? -1 : 0;
}

static int
abc_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(abc_get_state(module)->data_type);
    return 0;
}

static int
abc_clear(PyObject *module)
{
    Py_CLEAR(abc_get_state(module)->data_type);
    return 0;
}

static void
abc_free(void *module)
{
    (void)abc_clear(module);
}

static PyModuleDef_Slot abc_slots[] = {{Py_mod_exec, abc_exec}, {0, NULL}};

static PyModuleDef abc_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_abc",
    .m_doc = PyDoc_STR("Support for the module abc."),
    .m_size = sizeof(abc_state),
    .m_methods = abc_functions,
    .m_slots = abc_slots,
    .m_traverse = abc_traverse,
    .m_clear = abc_clear,
    .m_free = abc_free,
};

PyMODINIT_FUNC
PyInit__abc(void)
{
    return PyModuleDef_Init(&abc_module);
}
