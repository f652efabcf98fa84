/* Types from a PyType_Spec (PEP 384, PEP 573): heap types made by C code.
 *
 * A slot number (typeslots.h) is found in spec_slots: the offset of a slot in
 * the type, or of a suite pointer and of the slot in the suite.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

typedef struct {
    short slot;                  /* in PyTypeObject; 0: no such slot */
    short inner;                 /* in the suite it points to; -1: none */
} spec_slot;

#define DIRECT(NAME) [Py_##NAME] = {offsetof(PyTypeObject, NAME), -1}
#define INNER(NAME, SUITE, STRUCT) \
    [Py_##NAME] = {offsetof(PyTypeObject, SUITE), offsetof(STRUCT, NAME)}
#define NUMBER(NAME) INNER(NAME, tp_as_number, PyNumberMethods)
#define SEQUENCE(NAME) INNER(NAME, tp_as_sequence, PySequenceMethods)
#define MAPPING(NAME) INNER(NAME, tp_as_mapping, PyMappingMethods)
#define ASYNC(NAME) INNER(NAME, tp_as_async, PyAsyncMethods)
#define BUFFER(NAME) INNER(NAME, tp_as_buffer, PyBufferProcs)

static const spec_slot spec_slots[] = {
    BUFFER(bf_getbuffer), BUFFER(bf_releasebuffer),
    MAPPING(mp_ass_subscript), MAPPING(mp_length), MAPPING(mp_subscript),
    NUMBER(nb_absolute), NUMBER(nb_add), NUMBER(nb_and), NUMBER(nb_bool),
    NUMBER(nb_divmod), NUMBER(nb_float), NUMBER(nb_floor_divide),
    NUMBER(nb_index), NUMBER(nb_inplace_add), NUMBER(nb_inplace_and),
    NUMBER(nb_inplace_floor_divide), NUMBER(nb_inplace_lshift),
    NUMBER(nb_inplace_multiply), NUMBER(nb_inplace_or),
    NUMBER(nb_inplace_power), NUMBER(nb_inplace_remainder),
    NUMBER(nb_inplace_rshift), NUMBER(nb_inplace_subtract),
    NUMBER(nb_inplace_true_divide), NUMBER(nb_inplace_xor), NUMBER(nb_int),
    NUMBER(nb_invert), NUMBER(nb_lshift), NUMBER(nb_multiply),
    NUMBER(nb_negative), NUMBER(nb_or), NUMBER(nb_positive), NUMBER(nb_power),
    NUMBER(nb_remainder), NUMBER(nb_rshift), NUMBER(nb_subtract),
    NUMBER(nb_true_divide), NUMBER(nb_xor), NUMBER(nb_matrix_multiply),
    NUMBER(nb_inplace_matrix_multiply),
    SEQUENCE(sq_ass_item), SEQUENCE(sq_concat), SEQUENCE(sq_contains),
    SEQUENCE(sq_inplace_concat), SEQUENCE(sq_inplace_repeat),
    SEQUENCE(sq_item), SEQUENCE(sq_length), SEQUENCE(sq_repeat),
    ASYNC(am_await), ASYNC(am_aiter), ASYNC(am_anext), ASYNC(am_send),
    DIRECT(tp_alloc), DIRECT(tp_base), DIRECT(tp_bases), DIRECT(tp_call),
    DIRECT(tp_clear), DIRECT(tp_dealloc), DIRECT(tp_del),
    DIRECT(tp_descr_get), DIRECT(tp_descr_set), DIRECT(tp_doc),
    DIRECT(tp_getattr), DIRECT(tp_getattro), DIRECT(tp_hash), DIRECT(tp_init),
    DIRECT(tp_is_gc), DIRECT(tp_iter), DIRECT(tp_iternext),
    DIRECT(tp_methods), DIRECT(tp_new), DIRECT(tp_repr),
    DIRECT(tp_richcompare), DIRECT(tp_setattr), DIRECT(tp_setattro),
    DIRECT(tp_str), DIRECT(tp_traverse), DIRECT(tp_members),
    DIRECT(tp_getset), DIRECT(tp_free), DIRECT(tp_finalize),
};
#undef DIRECT
#undef INNER
#undef NUMBER
#undef SEQUENCE
#undef MAPPING
#undef ASYNC
#undef BUFFER

static int
spec_slot_is_valid(int slot)
{
    return slot > 0 && (size_t)slot < Py_ARRAY_LENGTH(spec_slots) &&
           spec_slots[slot].slot != 0;
}

void *
PyType_GetSlot(PyTypeObject *type, int slot)
{
    void *value;

    if (!spec_slot_is_valid(slot)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    value = *(void **)((char *)type + spec_slots[slot].slot);
    if (value == NULL || spec_slots[slot].inner == -1) {
        return value;
    }
    return *(void **)((char *)value + spec_slots[slot].inner);
}

/* ---- reading the spec --------------------------------------------------- */

typedef struct {
    PyMemberDef *members;
    Py_ssize_t n_members;
    Py_ssize_t weaklist_offset, dict_offset, vectorcall_offset;
} spec_members;

/* Members with these names set offsets of the type. */
static int
spec_scan_members(PyType_Spec *spec, spec_members *found)
{
    *found = (spec_members){0};
    for (PyType_Slot *slot = spec->slots; slot->slot != 0; slot++) {
        if (!spec_slot_is_valid(slot->slot)) {
            PyErr_SetString(PyExc_RuntimeError, "invalid slot offset");
            return -1;
        }
        if (slot->slot != Py_tp_members) {
            continue;
        }
        found->members = slot->pfunc;
        found->n_members = 0;
        for (PyMemberDef *member = slot->pfunc; member->name != NULL;
             member++) {
            found->n_members++;
            if (strcmp(member->name, "__weaklistoffset__") == 0) {
                found->weaklist_offset = member->offset;
            }
            else if (strcmp(member->name, "__dictoffset__") == 0) {
                found->dict_offset = member->offset;
            }
            else if (strcmp(member->name, "__vectorcalloffset__") == 0) {
                found->vectorcall_offset = member->offset;
            }
        }
    }
    return 0;
}

/* New tuple of the bases. */
static PyObject *
spec_find_bases(PyType_Spec *spec, PyObject *bases)
{
    PyTypeObject *base = &PyBaseObject_Type;

    if (bases != NULL) {
        return PyTuple_Check(bases) ? Py_NewRef(bases)
                                    : PyTuple_Pack(1, bases);
    }
    for (PyType_Slot *slot = spec->slots; slot->slot != 0; slot++) {
        if (slot->slot == Py_tp_base) {
            base = slot->pfunc;
        }
        else if (slot->slot == Py_tp_bases) {
            bases = slot->pfunc;
        }
    }
    if (bases == NULL) {
        return PyTuple_Pack(1, base);
    }
    if (!PyTuple_Check(bases)) {
        PyErr_SetString(PyExc_SystemError, "Py_tp_bases is not a tuple");
        return NULL;
    }
    return Py_NewRef(bases);
}

/* ---- building ----------------------------------------------------------- */

static int
spec_set_name(PyHeapTypeObject *type, const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t size = strlen(name) + 1;

    type->ht_name = PyUnicode_FromString(dot == NULL ? name : dot + 1);
    if (type->ht_name == NULL) {
        return -1;
    }
    type->ht_qualname = Py_NewRef(type->ht_name);
    /* The caller's string may not live as long as the type. */
    type->_ht_tpname = PyMem_Malloc(size);
    if (type->_ht_tpname == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(type->_ht_tpname, name, size);
    type->ht_type.tp_name = type->_ht_tpname;
    return 0;
}

static int
spec_set_doc(PyTypeObject *type, const char *doc)
{
    size_t size;
    char *copy;

    if (doc == NULL) {
        type->tp_doc = NULL;
        return 0;
    }
    size = strlen(doc) + 1;
    copy = PyObject_Malloc(size);
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, doc, size);
    type->tp_doc = copy;
    return 0;
}

static int
spec_set_slots(PyTypeObject *type, PyType_Spec *spec, Py_ssize_t n_members)
{
    for (PyType_Slot *slot = spec->slots; slot->slot != 0; slot++) {
        const spec_slot *place = &spec_slots[slot->slot];
        void **target = (void **)((char *)type + place->slot);

        switch (slot->slot) {
        case Py_tp_base:
        case Py_tp_bases:
            break;
        case Py_tp_doc:
            if (spec_set_doc(type, slot->pfunc) < 0) {
                return -1;
            }
            break;
        case Py_tp_members:
            memcpy(heap_type_members((PyHeapTypeObject *)type), slot->pfunc,
                   n_members * sizeof(PyMemberDef));
            type->tp_members = heap_type_members((PyHeapTypeObject *)type);
            break;
        default:
            if (place->inner != -1) {
                target = (void **)((char *)*target + place->inner);
            }
            *target = slot->pfunc;
        }
    }
    return 0;
}

/* The part of the name before the last dot becomes __module__. */
static int
spec_set_module(PyTypeObject *type, const char *name)
{
    const char *dot = strrchr(name, '.');
    PyObject *module;
    int result;

    if (dot == NULL) {
        int present = PyDict_Contains(type->tp_dict, NAME(__module__));

        if (present != 0) {
            return present < 0 ? -1 : 0;
        }
        return PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                                "builtin type %.200s has no __module__ "
                                "attribute", name);
    }
    module = PyUnicode_FromStringAndSize(name, dot - name);
    if (module == NULL) {
        return -1;
    }
    result = PyDict_SetDefault(type->tp_dict, NAME(__module__), module) == NULL
                 ? -1 : 0;
    Py_DECREF(module);
    return result;
}

static int
spec_complete(PyTypeObject *type, PyType_Spec *spec, spec_members *members)
{
    if (spec_set_name((PyHeapTypeObject *)type, spec->name) < 0 ||
        spec_set_slots(type, spec, members->n_members) < 0) {
        return -1;
    }
    type->tp_basicsize = spec->basicsize;
    type->tp_itemsize = spec->itemsize;
    if (type->tp_dealloc == NULL) {
        type->tp_dealloc = subtype_dealloc;
    }
    if (members->vectorcall_offset != 0) {
        type->tp_vectorcall_offset = members->vectorcall_offset;
    }
    if (PyType_Ready(type) < 0) {
        return -1;
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        ((PyHeapTypeObject *)type)->ht_cached_keys = dict_keys_new_for_class();
    }
    if (members->weaklist_offset != 0) {
        type->tp_weaklistoffset = members->weaklist_offset;
        if (PyDict_DelItem(type->tp_dict, NAME(__weaklistoffset__)) < 0) {
            PyErr_Clear();          /* KeyError: nothing to hide */
        }
    }
    if (members->dict_offset != 0) {
        type->tp_dictoffset = members->dict_offset;
        if (PyDict_DelItem(type->tp_dict, NAME(__dictoffset__)) < 0) {
            PyErr_Clear();          /* KeyError: nothing to hide */
        }
    }
    return spec_set_module(type, spec->name);
}

PyObject *
PyType_FromModuleAndSpec(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    PyHeapTypeObject *heap_type;
    PyTypeObject *base, *type;
    spec_members members;

    if (spec_scan_members(spec, &members) < 0) {
        return NULL;
    }
    if (spec->name == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "Type spec does not define the name field.");
        return NULL;
    }
    bases = spec_find_bases(spec, bases);
    if (bases == NULL) {
        return NULL;
    }
    base = type_best_base(bases);
    if (base == NULL) {
        Py_DECREF(bases);
        return NULL;
    }
    heap_type = (PyHeapTypeObject *)PyType_GenericAlloc(&PyType_Type,
                                                        members.n_members);
    if (heap_type == NULL) {
        Py_DECREF(bases);
        return NULL;
    }
    type = &heap_type->ht_type;
    type->tp_flags = spec->flags | Py_TPFLAGS_HEAPTYPE;
    heap_type->ht_module = Py_XNewRef(module);
    type->tp_as_async = &heap_type->as_async;
    type->tp_as_number = &heap_type->as_number;
    type->tp_as_sequence = &heap_type->as_sequence;
    type->tp_as_mapping = &heap_type->as_mapping;
    type->tp_as_buffer = &heap_type->as_buffer;
    type->tp_bases = bases;
    type->tp_base = (PyTypeObject *)Py_NewRef((PyObject *)base);
    type->tp_weaklistoffset = members.weaklist_offset;
    type->tp_dictoffset = members.dict_offset;
    if (spec_complete(type, spec, &members) < 0) {
        Py_DECREF(heap_type);
        return NULL;
    }
    return (PyObject *)heap_type;
}

PyObject *
PyType_FromSpecWithBases(PyType_Spec *spec, PyObject *bases)
{
    return PyType_FromModuleAndSpec(NULL, spec, bases);
}

PyObject *
PyType_FromSpec(PyType_Spec *spec)
{
    return PyType_FromModuleAndSpec(NULL, spec, NULL);
}

/* ---- the module of a type ----------------------------------------------- */

PyObject *
PyType_GetModule(PyTypeObject *type)
{
    PyObject *module;

    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyErr_Format(PyExc_TypeError,
                     "PyType_GetModule: Type '%s' is not a heap type",
                     type->tp_name);
        return NULL;
    }
    module = ((PyHeapTypeObject *)type)->ht_module;
    if (module == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "PyType_GetModule: Type '%s' has no associated module",
                     type->tp_name);
    }
    return module;
}

void *
PyType_GetModuleState(PyTypeObject *type)
{
    PyObject *module = PyType_GetModule(type);

    return module == NULL ? NULL : PyModule_GetState(module);
}

PyObject *
PyType_GetModuleByDef(PyTypeObject *type, PyModuleDef *def)
{
    PyObject *mro = type->tp_mro;

    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        PyObject *module;

        if (!type_has_feature(base, Py_TPFLAGS_HEAPTYPE)) {
            continue;
        }
        module = ((PyHeapTypeObject *)base)->ht_module;
        if (module != NULL && PyModule_Check(module) &&
            ((PyModuleObject *)module)->md_def == def) {
            return module;
        }
    }
    PyErr_Format(PyExc_TypeError,
                 "PyType_GetModuleByDef: No superclass of '%s' has the given "
                 "module", type->tp_name);
    return NULL;
}
