/* type.__new__: what a class statement ends in.
 *
 * Parameters travel through `new_class`, which owns nothing but what it says.
 * The order of the steps shows: names and errors appear as in the reference,
 * and no Python code sees the class before PyType_Ready is through, but for
 * mro() of a metaclass.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* Exported for classes only; mangles private names ("__x" in C: "_C__x"). */
PyAPI_FUNC(PyObject *) _Py_Mangle(PyObject *class_name, PyObject *name);

typedef struct {
    PyTypeObject *metatype;        /* borrowed */
    PyObject *name;                /* borrowed */
    PyObject *bases;               /* owned */
    PyTypeObject *base;           /* borrowed from bases: decides the layout */
    PyObject *dict;                /* owned copy of the namespace */
    PyObject *slots;               /* owned sorted tuple of names, or NULL */
    int add_dict;
    int add_weak;
} new_class;

/* ---- bases -------------------------------------------------------------- */

/* 0: go on; 1: *result is from another metaclass's __new__ (or NULL: error).
 * Runs Python. */
static int
new_find_bases(new_class *new, PyObject *args, PyObject *kwds,
               PyObject **result)
{
    Py_ssize_t n = PyTuple_GET_SIZE(new->bases);
    PyTypeObject *winner;

    *result = NULL;
    if (n == 0) {
        new->base = &PyBaseObject_Type;
        new->bases = PyTuple_Pack(1, new->base);
        return new->bases == NULL ? 1 : 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *base = PyTuple_GET_ITEM(new->bases, i), *entries;

        if (PyType_Check(base)) {
            continue;
        }
        if (_PyObject_LookupAttr(base, NAME(__mro_entries__), &entries) < 0) {
            new->bases = NULL;
            return 1;
        }
        if (entries != NULL) {
            Py_DECREF(entries);
            new->bases = NULL;
            PyErr_SetString(PyExc_TypeError,
                            "type() doesn't support MRO entry resolution; "
                            "use types.new_class()");
            return 1;
        }
    }
    winner = _PyType_CalculateMetaclass(new->metatype, new->bases);
    if (winner == NULL) {
        new->bases = NULL;
        return 1;
    }
    if (winner != new->metatype) {
        if (winner->tp_new != type_new) {
            new->bases = NULL;
            *result = winner->tp_new(winner, args, kwds);
            return 1;
        }
        new->metatype = winner;
    }
    new->base = type_best_base(new->bases);
    if (new->base == NULL) {
        new->bases = NULL;
        return 1;
    }
    Py_INCREF(new->bases);
    return 0;
}

/* ---- __slots__ ---------------------------------------------------------- */

static int
slots_check_name(PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError,
                     "__slots__ items must be strings, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return -1;
    }
    if (!PyUnicode_IsIdentifier(name)) {
        PyErr_SetString(PyExc_TypeError, "__slots__ must be identifiers");
        return -1;
    }
    return 0;
}

/* Returns 1 if `name` is __dict__ or __weakref__, which make no member. */
static int
slots_take_special(new_class *new, PyObject *name, int may_add_dict,
                   int may_add_weak)
{
    if (_PyUnicode_Equal(name, NAME(__dict__))) {
        if (!may_add_dict || new->add_dict) {
            PyErr_SetString(PyExc_TypeError,
                            "__dict__ slot disallowed: we already got one");
            return -1;
        }
        new->add_dict = 1;
        return 1;
    }
    if (_PyUnicode_Equal(name, NAME(__weakref__))) {
        if (!may_add_weak || new->add_weak) {
            PyErr_SetString(PyExc_TypeError,
                            "__weakref__ slot disallowed: either we already "
                            "got one, or __itemsize__ != 0");
            return -1;
        }
        new->add_weak = 1;
        return 1;
    }
    return 0;
}

/* The mangled name must not be a class attribute too.  __qualname__ and
 * __classcell__ are put into the namespace by the compiler, not by the
 * program. */
static int
slots_check_conflict(new_class *new, PyObject *name)
{
    int present = PyDict_Contains(new->dict, name);

    if (present <= 0) {
        return present;
    }
    if (_PyUnicode_Equal(name, NAME(__qualname__)) ||
        _PyUnicode_Equal(name, NAME(__classcell__))) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError,
                 "%R in __slots__ conflicts with class variable", name);
    return -1;
}

static PyObject *
slots_collect(new_class *new, PyObject *given, int may_add_dict,
              int may_add_weak)
{
    PyObject *list = PyList_New(0), *result = NULL;

    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given); i++) {
        if (slots_check_name(PyTuple_GET_ITEM(given, i)) < 0) {
            goto done;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given); i++) {
        PyObject *item = PyTuple_GET_ITEM(given, i), *mangled;
        int special = slots_take_special(new, item, may_add_dict,
                                         may_add_weak);

        if (special < 0) {
            goto done;
        }
        if (special) {
            continue;
        }
        mangled = _Py_Mangle(new->name, item);
        if (mangled == NULL) {
            goto done;
        }
        if (PyList_Append(list, mangled) < 0 ||
            slots_check_conflict(new, mangled) < 0) {
            Py_DECREF(mangled);
            goto done;
        }
        Py_DECREF(mangled);
    }
    if (PyList_Sort(list) == 0) {
        result = PyList_AsTuple(list);
    }
done:
    Py_DECREF(list);
    return result;
}

/* A base other than the first may bring a dict or a weak list along, for
 * which there is room to be made here. */
static void
slots_take_from_other_bases(new_class *new, int may_add_dict, int may_add_weak)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(new->bases); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(new->bases, i);

        if (base == new->base) {
            continue;
        }
        if (may_add_dict && base->tp_dictoffset != 0) {
            new->add_dict = 1;
        }
        if (may_add_weak && base->tp_weaklistoffset != 0) {
            new->add_weak = 1;
        }
    }
}

/* Runs Python (iteration over __slots__). */
static int
new_find_slots(new_class *new)
{
    int may_add_dict = new->base->tp_dictoffset == 0;
    int may_add_weak = new->base->tp_weaklistoffset == 0 &&
                       new->base->tp_itemsize == 0;
    PyObject *given = PyDict_GetItemWithError(new->dict, NAME(__slots__));

    if (given == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
        new->add_dict = may_add_dict;
        new->add_weak = may_add_weak;
        return 0;
    }
    given = PyUnicode_Check(given) ? PyTuple_Pack(1, given)
                                   : PySequence_Tuple(given);
    if (given == NULL) {
        return -1;
    }
    if (PyTuple_GET_SIZE(given) > 0 && new->base->tp_itemsize != 0) {
        PyErr_Format(PyExc_TypeError,
                     "nonempty __slots__ not supported for subtype of '%s'",
                     new->base->tp_name);
        Py_DECREF(given);
        return -1;
    }
    new->slots = slots_collect(new, given, may_add_dict, may_add_weak);
    Py_DECREF(given);
    if (new->slots == NULL) {
        return -1;
    }
    slots_take_from_other_bases(new, may_add_dict, may_add_weak);
    return 0;
}

/* ---- the object --------------------------------------------------------- */

static PyTypeObject *
new_allocate(new_class *new)
{
    Py_ssize_t n = new->slots == NULL ? 0 : PyTuple_GET_SIZE(new->slots);
    PyTypeObject *type =
        (PyTypeObject *)new->metatype->tp_alloc(new->metatype, n);
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;

    if (type == NULL) {
        return NULL;
    }
    type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE |
                     Py_TPFLAGS_BASETYPE;
    type->tp_as_async = &heap_type->as_async;
    type->tp_as_sequence = &heap_type->as_sequence;
    type->tp_as_mapping = &heap_type->as_mapping;
    type->tp_as_number = &heap_type->as_number;
    type->tp_as_buffer = &heap_type->as_buffer;
    type->tp_bases = new->bases;                      /* moved */
    new->bases = NULL;
    type->tp_base = new->base;
    Py_INCREF(new->base);
    type->tp_dict = new->dict;                        /* moved */
    new->dict = NULL;
    heap_type->ht_name = Py_NewRef(new->name);
    heap_type->ht_slots = new->slots;                 /* moved */
    new->slots = NULL;
    return type;
}

static int
new_set_names(PyTypeObject *type)
{
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;
    PyObject *dict = type->tp_dict, *qualname, *globals, *module;
    Py_ssize_t size;

    type->tp_name = PyUnicode_AsUTF8AndSize(heap_type->ht_name, &size);
    if (type->tp_name == NULL) {
        return -1;
    }
    if (strlen(type->tp_name) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError,
                        "type name must not contain null characters");
        return -1;
    }
    switch (PyDict_Contains(dict, NAME(__module__))) {
    case -1:
        return -1;
    case 0:
        globals = PyEval_GetGlobals();
        if (globals == NULL) {
            break;
        }
        module = PyDict_GetItemWithError(globals, NAME(__name__));
        if (module == NULL
                ? PyErr_Occurred() != NULL
                : PyDict_SetItem(dict, NAME(__module__), module) < 0) {
            return -1;
        }
    }
    qualname = PyDict_GetItemWithError(dict, NAME(__qualname__));
    if (qualname == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
        heap_type->ht_qualname = Py_NewRef(heap_type->ht_name);
        return 0;
    }
    if (!PyUnicode_Check(qualname)) {
        PyErr_Format(PyExc_TypeError,
                     "type __qualname__ must be a str, not %s",
                     Py_TYPE(qualname)->tp_name);
        return -1;
    }
    heap_type->ht_qualname = Py_NewRef(qualname);
    return PyDict_DelItem(dict, NAME(__qualname__));
}

/* tp_doc for C code; the object in __doc__ is what Python sees. */
static int
new_set_doc(PyTypeObject *type)
{
    PyObject *doc = PyDict_GetItemWithError(type->tp_dict, NAME(__doc__));
    const char *text;
    char *copy;
    size_t size;

    if (doc == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyUnicode_Check(doc)) {
        return 0;
    }
    text = PyUnicode_AsUTF8(doc);
    if (text == NULL) {
        return -1;
    }
    size = strlen(text) + 1;
    copy = PyObject_Malloc(size);
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, text, size);
    type->tp_doc = copy;
    return 0;
}

/* Plain functions under these names become static or class methods. */
static int
new_wrap_function(PyTypeObject *type, PyObject *name,
                  PyObject *(*wrap)(PyObject *))
{
    PyObject *function = PyDict_GetItemWithError(type->tp_dict, name);
    PyObject *wrapped;
    int result;

    if (function == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyFunction_Check(function)) {
        return 0;
    }
    wrapped = wrap(function);
    if (wrapped == NULL) {
        return -1;
    }
    result = PyDict_SetItem(type->tp_dict, name, wrapped);
    Py_DECREF(wrapped);
    return result;
}

/* Members for __slots__, then dict and weak list, then the size. */
static int
new_set_layout(new_class *new, PyTypeObject *type)
{
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;
    PyMemberDef *member = heap_type_members(heap_type);
    Py_ssize_t offset = new->base->tp_basicsize;
    PyObject *slots = heap_type->ht_slots;

    for (Py_ssize_t i = 0; slots != NULL && i < PyTuple_GET_SIZE(slots);
         i++, member++) {
        member->name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(slots, i));
        if (member->name == NULL) {
            return -1;
        }
        member->type = T_OBJECT_EX;
        member->offset = offset;
        offset += sizeof(PyObject *);
    }
    if (new->add_dict && new->base->tp_itemsize != 0) {
        type->tp_dictoffset = -(Py_ssize_t)sizeof(PyObject *);
        offset += sizeof(PyObject *);
    }
    if (new->add_weak) {
        type->tp_weaklistoffset = offset;
        offset += sizeof(PyObject *);
    }
    if (new->add_dict && new->base->tp_itemsize == 0) {
        /* In front of the object, seen from its end: word -3. */
        type->tp_flags |= Py_TPFLAGS_MANAGED_DICT;
        type->tp_dictoffset = -offset - 3 * (Py_ssize_t)sizeof(PyObject *);
    }
    type->tp_basicsize = offset;
    type->tp_itemsize = new->base->tp_itemsize;
    type->tp_members = heap_type_members(heap_type);
    if (new->add_dict || new->add_weak) {
        type->tp_getset = !new->add_dict ? subtype_getsets_weakref_only
                          : new->add_weak ? subtype_getsets_full
                                          : subtype_getsets_dict_only;
    }
    return 0;
}

static void
new_set_life(PyTypeObject *type)
{
    /* Always collectable: the instance refers to its type. */
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_alloc = PyType_GenericAlloc;
    if (Py_IS_TYPE(type, &PyType_Type)) {
        type->tp_vectorcall = type_vectorcall_instance;
    }
    type->tp_dealloc = subtype_dealloc;
    type->tp_free = PyObject_GC_Del;
    type->tp_traverse = subtype_traverse;
    type->tp_clear = subtype_clear;
}

/* The cell behind `__class__` and super() in methods. */
static int
new_set_class_cell(PyTypeObject *type)
{
    PyObject *cell = PyDict_GetItemWithError(type->tp_dict,
                                             NAME(__classcell__));

    if (cell == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyCell_Check(cell)) {
        PyErr_Format(PyExc_TypeError,
                     "__classcell__ must be a nonlocal cell, not %R",
                     Py_TYPE(cell));
        return -1;
    }
    if (PyCell_Set(cell, (PyObject *)type) < 0) {
        return -1;
    }
    return PyDict_DelItem(type->tp_dict, NAME(__classcell__));
}

static int
new_complete(new_class *new, PyTypeObject *type)
{
    if (new_set_names(type) < 0 || new_set_doc(type) < 0 ||
        new_wrap_function(type, NAME(__new__), PyStaticMethod_New) < 0 ||
        new_wrap_function(type, NAME(__init_subclass__),
                          PyClassMethod_New) < 0 ||
        new_wrap_function(type, NAME(__class_getitem__),
                          PyClassMethod_New) < 0 ||
        new_set_layout(new, type) < 0) {
        return -1;
    }
    new_set_life(type);
    if (new_set_class_cell(type) < 0 || PyType_Ready(type) < 0) {
        return -1;
    }
    type_fixup_slots(type);
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        /* NULL only costs speed: instances then start with a dict. */
        ((PyHeapTypeObject *)type)->ht_cached_keys = dict_keys_new_for_class();
    }
    return 0;
}

/* ---- hooks -------------------------------------------------------------- */

/* __set_name__ of everything in the namespace, in order.  Runs Python. */
static int
new_call_set_name(PyTypeObject *type)
{
    PyObject *names = PyDict_Copy(type->tp_dict), *key, *value;
    Py_ssize_t position = 0;
    int result = -1;

    if (names == NULL) {
        return -1;
    }
    while (PyDict_Next(names, &position, &key, &value)) {
        PyObject *method, *self, *answer, *args[3] = {value, (PyObject *)type,
                                                      key};

        if (_PyType_Lookup(Py_TYPE(value), NAME(__set_name__)) == NULL) {
            continue;
        }
        method = object_find_special_method(value, NAME(__set_name__), &self);
        if (method == NULL) {
            goto done;
        }
        answer = self != NULL ? PyObject_Vectorcall(method, args, 3, NULL)
                              : PyObject_Vectorcall(method, args + 1, 2, NULL);
        Py_DECREF(method);
        if (answer == NULL) {
            _PyErr_FormatFromCause(PyExc_RuntimeError,
                                   "Error calling __set_name__ on '%.100s' "
                                   "instance %R in '%.100s'",
                                   Py_TYPE(value)->tp_name, key,
                                   type->tp_name);
            goto done;
        }
        Py_DECREF(answer);
    }
    result = 0;
done:
    Py_DECREF(names);
    return result;
}

/* super(type, type).__init_subclass__(**kwds).  Runs Python. */
static int
new_call_init_subclass(PyTypeObject *type, PyObject *kwds)
{
    PyObject *super, *function, *answer = NULL;
    PyObject *args[2] = {(PyObject *)type, (PyObject *)type};

    super = PyObject_Vectorcall((PyObject *)&PySuper_Type, args, 2, NULL);
    if (super == NULL) {
        return -1;
    }
    function = PyObject_GetAttr(super, NAME(__init_subclass__));
    Py_DECREF(super);
    if (function == NULL) {
        return -1;
    }
    answer = PyObject_VectorcallDict(function, NULL, 0, kwds);
    Py_DECREF(function);
    Py_XDECREF(answer);
    return answer == NULL ? -1 : 0;
}

PyObject *
type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwds)
{
    new_class new = {.metatype = metatype};
    PyTypeObject *type = NULL;
    PyObject *namespace, *result;

    if (!PyArg_ParseTuple(args, "UO!O!:type.__new__", &new.name,
                          &PyTuple_Type, &new.bases, &PyDict_Type,
                          &namespace)) {
        return NULL;
    }
    if (new_find_bases(&new, args, kwds, &result)) {
        return result;
    }
    new.dict = PyDict_Copy(namespace);
    if (new.dict == NULL || new_find_slots(&new) < 0) {
        goto done;
    }
    type = new_allocate(&new);
    if (type == NULL) {
        goto done;
    }
    if (new_complete(&new, type) < 0 || new_call_set_name(type) < 0 ||
        new_call_init_subclass(type, kwds) < 0) {
        Py_CLEAR(type);
    }
done:
    Py_XDECREF(new.bases);
    Py_XDECREF(new.dict);
    Py_XDECREF(new.slots);
    return (PyObject *)type;
}
