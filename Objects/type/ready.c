/* PyType_Ready: completes a type object from its bases.
 *
 * Steps, in this order, since each relies on the ones before: namespace,
 * bases, MRO, tp_new, descriptors into the namespace, slots from the MRO,
 * hash, registration with the bases.  The namespace is filled before slots are
 * inherited: an inherited slot needs no descriptor of its own.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

#define COLLECTION_FLAGS (Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING)

/* ---- bases -------------------------------------------------------------- */

static int
ready_set_bases(PyTypeObject *type)
{
    if (type->tp_dict == NULL) {
        type->tp_dict = PyDict_New();
        if (type->tp_dict == NULL) {
            return -1;
        }
    }
    if (type->tp_base == NULL && type != &PyBaseObject_Type) {
        type->tp_base = &PyBaseObject_Type;
        if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
            Py_INCREF(type->tp_base);
        }
    }
    if (type->tp_base != NULL && type->tp_base->tp_dict == NULL &&
        PyType_Ready(type->tp_base) < 0) {
        return -1;
    }
    if (Py_TYPE(type) == NULL && type->tp_base != NULL) {
        Py_SET_TYPE(type, Py_TYPE(type->tp_base));
    }
    if (type->tp_bases == NULL) {
        type->tp_bases = type->tp_base == NULL
                             ? PyTuple_New(0)
                             : PyTuple_Pack(1, type->tp_base);
        if (type->tp_bases == NULL) {
            return -1;
        }
    }
    return 0;
}

static int
ready_set_mro(PyTypeObject *type)
{
    if (type_mro_update(type, NULL) < 0) {
        return -1;
    }
    assert(type->tp_mro != NULL && PyTuple_Check(type->tp_mro));
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(type->tp_mro, i);

        if (type_has_feature(base, Py_TPFLAGS_HEAPTYPE)) {
            PyErr_Format(PyExc_TypeError,
                         "type '%.100s' is not dynamically allocated but its "
                         "base type '%.100s' is dynamically allocated",
                         type->tp_name, base->tp_name);
            return -1;
        }
    }
    return 0;
}

/* ---- tp_new ------------------------------------------------------------- */

PyTypeObject *
type_most_derived_static(PyTypeObject *type)
{
    while (type != NULL && type->tp_new == slot_tp_new) {
        type = type->tp_base;
    }
    return type;
}

/* T.__new__(S, ...): only if T knows how to build an S. */
static PyObject *
type_call_new(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyTypeObject *type, *subtype, *native;
    PyObject *first, *rest, *result;

    if (self == NULL || !PyType_Check(self)) {
        PyErr_Format(PyExc_SystemError,
                     "__new__() called with non-type 'self'");
        return NULL;
    }
    type = (PyTypeObject *)self;
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_Format(PyExc_TypeError,
                     "%s.__new__(): not enough arguments", type->tp_name);
        return NULL;
    }
    first = PyTuple_GET_ITEM(args, 0);
    if (!PyType_Check(first)) {
        PyErr_Format(PyExc_TypeError,
                     "%s.__new__(X): X is not a type object (%s)",
                     type->tp_name, Py_TYPE(first)->tp_name);
        return NULL;
    }
    subtype = (PyTypeObject *)first;
    if (!PyType_IsSubtype(subtype, type)) {
        PyErr_Format(PyExc_TypeError,
                     "%s.__new__(%s): %s is not a subtype of %s",
                     type->tp_name, subtype->tp_name, subtype->tp_name,
                     type->tp_name);
        return NULL;
    }
    native = type_most_derived_static(subtype);
    if (native != NULL && native->tp_new != type->tp_new) {
        PyErr_Format(PyExc_TypeError,
                     "%s.__new__(%s) is not safe, use %s.__new__()",
                     type->tp_name, subtype->tp_name, native->tp_name);
        return NULL;
    }
    rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    result = type->tp_new(subtype, rest, kwds);
    Py_DECREF(rest);
    return result;
}

static PyMethodDef type_new_method = {
    "__new__", (PyCFunction)(void (*)(void))type_call_new,
    METH_VARARGS | METH_KEYWORDS,
    PyDoc_STR("__new__($type, *args, **kwargs)\n--\n\n"
              "Makes a new object; help(type) tells the signature.")};

int
type_set_new_wrapper(PyTypeObject *type)
{
    PyObject *function;
    int result, present = PyDict_Contains(type->tp_dict, NAME(__new__));

    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    function = PyCFunction_NewEx(&type_new_method, (PyObject *)type, NULL);
    if (function == NULL) {
        return -1;
    }
    result = PyDict_SetItem(type->tp_dict, NAME(__new__), function);
    Py_DECREF(function);
    return result;
}

/* Static types directly under object that say nothing about tp_new cannot be
 * instantiated from Python. */
static int
ready_set_new(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;

    if (type->tp_new == NULL && base == &PyBaseObject_Type &&
        !type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    }
    if (type_has_feature(type, Py_TPFLAGS_DISALLOW_INSTANTIATION)) {
        type->tp_new = NULL;
        return 0;
    }
    if (type->tp_new != NULL) {
        return type_set_new_wrapper(type);
    }
    type->tp_new = base == NULL ? NULL : base->tp_new;
    return 0;
}

/* ---- the namespace ------------------------------------------------------ */

/* Steals `descr` (may be NULL).  `replace` is 0: an entry that is there
 * stays. */
static int
ready_add(PyTypeObject *type, PyObject *descr, PyObject *name, int replace)
{
    int result = -1;

    if (descr == NULL) {
        return -1;
    }
    if (replace) {
        result = PyDict_SetItem(type->tp_dict, name, descr);
    }
    else if (PyDict_SetDefault(type->tp_dict, name, descr) != NULL) {
        result = 0;
    }
    Py_DECREF(descr);
    return result;
}

static int
ready_add_method(PyTypeObject *type, PyMethodDef *def)
{
    PyObject *descr, *name;
    int result, is_descr = 1;

    if ((def->ml_flags & METH_CLASS) && (def->ml_flags & METH_STATIC)) {
        PyErr_SetString(PyExc_ValueError,
                        "method cannot be both class and static");
        return -1;
    }
    if (def->ml_flags & METH_CLASS) {
        descr = PyDescr_NewClassMethod(type, def);
    }
    else if (def->ml_flags & METH_STATIC) {
        PyObject *function = PyCFunction_NewEx(def, (PyObject *)type, NULL);

        if (function == NULL) {
            return -1;
        }
        descr = PyStaticMethod_New(function);
        Py_DECREF(function);
        is_descr = 0;
    }
    else {
        descr = PyDescr_NewMethod(type, def);
    }
    if (descr == NULL) {
        return -1;
    }
    name = is_descr ? Py_NewRef(PyDescr_NAME(descr))
                    : PyUnicode_InternFromString(def->ml_name);
    if (name == NULL) {
        Py_DECREF(descr);
        return -1;
    }
    result = ready_add(type, descr, name, (def->ml_flags & METH_COEXIST) != 0);
    Py_DECREF(name);
    return result;
}

int
type_add_getset(PyTypeObject *type, const PyGetSetDef *def)
{
    PyObject *descr = PyDescr_NewGetSet(type, (PyGetSetDef *)def);

    return descr == NULL ? -1 : ready_add(type, descr, PyDescr_NAME(descr), 0);
}

/* __doc__ from tp_doc, without the signature in front of it. */
int
type_set_doc(PyTypeObject *type, PyObject *dict)
{
    int present = PyDict_Contains(dict, NAME(__doc__)), result;
    PyObject *doc;

    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    if (type->tp_doc == NULL) {
        return PyDict_SetItem(dict, NAME(__doc__), Py_None);
    }
    doc = PyUnicode_FromString(
        type_doc_without_signature(type->tp_name, type->tp_doc));
    if (doc == NULL) {
        return -1;
    }
    result = PyDict_SetItem(dict, NAME(__doc__), doc);
    Py_DECREF(doc);
    return result;
}

static int
ready_fill_dict(PyTypeObject *type)
{
    if (type_add_operators(type) < 0) {
        return -1;
    }
    if (type->tp_methods != NULL) {
        for (PyMethodDef *def = type->tp_methods; def->ml_name != NULL;
             def++) {
            if (ready_add_method(type, def) < 0) {
                return -1;
            }
        }
    }
    if (type->tp_members != NULL) {
        for (PyMemberDef *def = type->tp_members; def->name != NULL; def++) {
            PyObject *descr = PyDescr_NewMember(type, def);

            if (descr == NULL ||
                ready_add(type, descr, PyDescr_NAME(descr), 0) < 0) {
                return -1;
            }
        }
    }
    if (type->tp_getset != NULL) {
        for (PyGetSetDef *def = type->tp_getset; def->name != NULL; def++) {
            if (type_add_getset(type, def) < 0) {
                return -1;
            }
        }
    }
    return type_set_doc(type, type->tp_dict);
}

/* ---- inheritance -------------------------------------------------------- */

static void
inherit_subclass_flags(PyTypeObject *type, PyTypeObject *base)
{
    static PyTypeObject *const families[] = {
        &PyType_Type, &PyLong_Type, &PyBytes_Type, &PyUnicode_Type,
        &PyTuple_Type, &PyList_Type, &PyDict_Type};
    static const unsigned long flags[] = {
        Py_TPFLAGS_TYPE_SUBCLASS, Py_TPFLAGS_LONG_SUBCLASS,
        Py_TPFLAGS_BYTES_SUBCLASS, Py_TPFLAGS_UNICODE_SUBCLASS,
        Py_TPFLAGS_TUPLE_SUBCLASS, Py_TPFLAGS_LIST_SUBCLASS,
        Py_TPFLAGS_DICT_SUBCLASS};

    if (PyType_IsSubtype(base, (PyTypeObject *)PyExc_BaseException)) {
        type->tp_flags |= Py_TPFLAGS_BASE_EXC_SUBCLASS;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(flags); i++) {
        if (PyType_IsSubtype(base, families[i])) {
            type->tp_flags |= flags[i];
            break;
        }
    }
}

void
type_inherit_special(PyTypeObject *type, PyTypeObject *base)
{
    if (!type_has_feature(type, Py_TPFLAGS_HAVE_GC) &&
        type_has_feature(base, Py_TPFLAGS_HAVE_GC) &&
        type->tp_traverse == NULL && type->tp_clear == NULL) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = base->tp_traverse;
        type->tp_clear = base->tp_clear;
    }
    type->tp_flags |= base->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    if (type->tp_basicsize == 0) {
        type->tp_basicsize = base->tp_basicsize;
    }
    if (type->tp_itemsize == 0) {
        type->tp_itemsize = base->tp_itemsize;
    }
    if (type->tp_weaklistoffset == 0) {
        type->tp_weaklistoffset = base->tp_weaklistoffset;
    }
    if (type->tp_dictoffset == 0) {
        type->tp_dictoffset = base->tp_dictoffset;
    }
    inherit_subclass_flags(type, base);
    type->tp_flags |= base->tp_flags & _Py_TPFLAGS_MATCH_SELF;
}

/* Whether the namespace says something about equality or hash, so that the
 * pair is not inherited as one. */
static int
inherit_overrides_hash(PyTypeObject *type)
{
    int result = PyDict_Contains(type->tp_dict, NAME(__eq__));

    return result != 0 ? result
                       : PyDict_Contains(type->tp_dict, NAME(__hash__));
}

/* Copies the functions of a suite that `type` lacks and `base` itself
 * introduced.  Suites are arrays of pointers. */
static void
inherit_suite(void *type_suite, void *base_suite, void *basebase_suite,
              size_t size)
{
    void **to = type_suite, **from = base_suite, **above = basebase_suite;

    if (to == NULL || from == NULL) {
        return;
    }
    for (size_t i = 0; i < size / sizeof(void *); i++) {
        if (to[i] == NULL && from[i] != NULL &&
            (above == NULL || above[i] != from[i])) {
            to[i] = from[i];
        }
    }
}

#define INTRODUCED(SLOT) \
    (base->SLOT != 0 && (above == NULL || base->SLOT != above->SLOT))
#define INHERIT(SLOT) \
    do { \
        if (!type->SLOT && INTRODUCED(SLOT)) { \
            type->SLOT = base->SLOT; \
        } \
    } while (0)

static void
inherit_attribute_slots(PyTypeObject *type, PyTypeObject *base,
                        PyTypeObject *above)
{
    if (type->tp_getattr == NULL && type->tp_getattro == NULL) {
        type->tp_getattr = base->tp_getattr;
        type->tp_getattro = base->tp_getattro;
    }
    if (type->tp_setattr == NULL && type->tp_setattro == NULL) {
        type->tp_setattr = base->tp_setattr;
        type->tp_setattro = base->tp_setattro;
    }
    INHERIT(tp_descr_get);
    /* Heap types may get another __get__ later. */
    if (type->tp_descr_get != NULL &&
        type->tp_descr_get == base->tp_descr_get &&
        type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        type->tp_flags |= base->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR;
    }
    INHERIT(tp_descr_set);
    INHERIT(tp_dictoffset);
}

static void
inherit_call_slots(PyTypeObject *type, PyTypeObject *base, PyTypeObject *above)
{
    INHERIT(tp_vectorcall_offset);
    /* Heap types may get another __call__ later. */
    if (type->tp_call == NULL &&
        type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        type->tp_flags |= base->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL;
    }
    INHERIT(tp_call);
}

static int
inherit_comparison_slots(PyTypeObject *type, PyTypeObject *base)
{
    if (type->tp_richcompare == NULL && type->tp_hash == NULL) {
        int overrides = inherit_overrides_hash(type);

        if (overrides < 0) {
            return -1;
        }
        if (!overrides) {
            type->tp_richcompare = base->tp_richcompare;
            type->tp_hash = base->tp_hash;
        }
    }
    return 0;
}

static void
inherit_life_slots(PyTypeObject *type, PyTypeObject *base, PyTypeObject *above)
{
    INHERIT(tp_dealloc);
    INHERIT(tp_init);
    INHERIT(tp_alloc);
    INHERIT(tp_is_gc);
    INHERIT(tp_finalize);
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC) ==
        type_has_feature(base, Py_TPFLAGS_HAVE_GC)) {
        INHERIT(tp_free);
    }
    else if (type_has_feature(type, Py_TPFLAGS_HAVE_GC) &&
             type->tp_free == NULL && base->tp_free == PyObject_Free) {
        type->tp_free = PyObject_GC_Del;
    }
}

static int
inherit_slots(PyTypeObject *type, PyTypeObject *base)
{
    PyTypeObject *above = base->tp_base;

#define INHERIT_SUITE(SUITE, STRUCT) \
    inherit_suite(type->SUITE, base->SUITE, \
                  above == NULL ? NULL : above->SUITE, sizeof(STRUCT))
    INHERIT_SUITE(tp_as_number, PyNumberMethods);
    INHERIT_SUITE(tp_as_async, PyAsyncMethods);
    INHERIT_SUITE(tp_as_sequence, PySequenceMethods);
    INHERIT_SUITE(tp_as_mapping, PyMappingMethods);
    INHERIT_SUITE(tp_as_buffer, PyBufferProcs);
#undef INHERIT_SUITE
    INHERIT(tp_repr);
    INHERIT(tp_str);
    INHERIT(tp_iter);
    INHERIT(tp_iternext);
    inherit_attribute_slots(type, base, above);
    inherit_call_slots(type, base, above);
    if (inherit_comparison_slots(type, base) < 0) {
        return -1;
    }
    inherit_life_slots(type, base, above);
    if ((type->tp_flags & COLLECTION_FLAGS) == 0) {
        type->tp_flags |= base->tp_flags & COLLECTION_FLAGS;
    }
    return 0;
}
#undef INTRODUCED
#undef INHERIT

static int
ready_inherit(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    PyObject *mro = type->tp_mro;

    if (base == NULL) {
        return 0;
    }
    type_inherit_special(type, base);
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *item = PyTuple_GET_ITEM(mro, i);

        if (PyType_Check(item) &&
            inherit_slots(type, (PyTypeObject *)item) < 0) {
            return -1;
        }
    }
    if (type->tp_as_async == NULL) {
        type->tp_as_async = base->tp_as_async;
    }
    if (type->tp_as_number == NULL) {
        type->tp_as_number = base->tp_as_number;
    }
    if (type->tp_as_sequence == NULL) {
        type->tp_as_sequence = base->tp_as_sequence;
    }
    if (type->tp_as_mapping == NULL) {
        type->tp_as_mapping = base->tp_as_mapping;
    }
    if (type->tp_as_buffer == NULL) {
        type->tp_as_buffer = base->tp_as_buffer;
    }
    return 0;
}

/* ---- the end ------------------------------------------------------------ */

static int
ready_set_hash(PyTypeObject *type)
{
    int present;

    if (type->tp_hash != NULL) {
        return 0;
    }
    present = PyDict_Contains(type->tp_dict, NAME(__hash__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    if (PyDict_SetItem(type->tp_dict, NAME(__hash__), Py_None) < 0) {
        return -1;
    }
    type->tp_hash = PyObject_HashNotImplemented;
    return 0;
}

static int
ready_check(PyTypeObject *type)
{
    if (type->tp_name == NULL) {
        PyErr_Format(PyExc_SystemError,
                     "Type does not define the tp_name field.");
        return -1;
    }
    if (type_has_feature(type, Py_TPFLAGS_HAVE_VECTORCALL) &&
        type->tp_call == NULL && type->tp_vectorcall_offset == 0 &&
        type->tp_base == NULL) {
        PyErr_Format(PyExc_SystemError,
                     "type %s has the Py_TPFLAGS_HAVE_VECTORCALL flag but no "
                     "tp_vectorcall_offset", type->tp_name);
        return -1;
    }
    return 0;
}

static int
ready_check_result(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC) &&
        type->tp_traverse == NULL) {
        PyErr_Format(PyExc_SystemError,
                     "type %s has the Py_TPFLAGS_HAVE_GC flag but has no "
                     "traverse function", type->tp_name);
        return -1;
    }
    return 0;
}

static int
ready_register(PyTypeObject *type)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(type->tp_bases, i);

        if (PyType_Check(base) &&
            type_add_subclass((PyTypeObject *)base, type) < 0) {
            return -1;
        }
    }
    return 0;
}

int
PyType_Ready(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_READY)) {
        return 0;
    }
    if (type_has_feature(type, Py_TPFLAGS_READYING)) {
        PyErr_Format(PyExc_SystemError, "type '%s' is being readied already",
                     type->tp_name);
        return -1;
    }
    type->tp_flags |= Py_TPFLAGS_READYING;
    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    }
    if (ready_check(type) < 0 || ready_set_bases(type) < 0 ||
        ready_set_mro(type) < 0 || ready_set_new(type) < 0 ||
        ready_fill_dict(type) < 0 || ready_inherit(type) < 0 ||
        ready_set_hash(type) < 0 || ready_register(type) < 0 ||
        ready_check_result(type) < 0) {
        type->tp_flags &= ~Py_TPFLAGS_READYING;
        return -1;
    }
    type->tp_flags = (type->tp_flags & ~Py_TPFLAGS_READYING) |
                     Py_TPFLAGS_READY;
    return 0;
}
