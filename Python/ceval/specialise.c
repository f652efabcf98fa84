/* What an adaptive instruction turns into, after a look at its operands (PEP
 * 659).
 *
 * A specialised instruction checks with a few comparisons that the world is
 * still as seen here: versions of types (tp_version_tag), of key tables
 * (dk_version) and of functions (func_version) change whenever the thing they
 * stand for does. */
#include "Python.h"

#include "ceval.h"
#include "code.h"
#include "descr.h"
#include "dict.h"
#include "long.h"
#include "names.h"
#include "runtime.h"
#include "specialise.h"
#include "structmember.h"
#include "type.h"

static void
specialise_to(_Py_CODEUNIT *cache, int opcode)
{
    cache[-1] = _Py_MAKECODEUNIT(opcode, _Py_OPARG(cache[-1]));
    cache[0] = COUNTER_AFTER_SUCCESS;
}

/* The next try comes after twice the time. */
static void
specialise_wait(_Py_CODEUNIT *cache)
{
    int backoff = cache[0] & 15;

    if (backoff < COUNTER_START_BACKOFF) {
        backoff = COUNTER_START_BACKOFF;
    }
    else if (backoff < COUNTER_MAX_BACKOFF) {
        backoff++;
    }
    cache[0] = (_Py_CODEUNIT)((((1 << backoff) - 1) << 4) | backoff);
}

static void
specialise_or_wait(_Py_CODEUNIT *cache, int opcode)
{
    if (opcode) {
        specialise_to(cache, opcode);
    }
    else {
        specialise_wait(cache);
    }
}

/* ---- operators ---- */

static int
choose_binary_op(PyObject *left, PyObject *right, _Py_CODEUNIT *cache,
                 unsigned oparg, Frame *frame)
{
    int is_int = PyLong_CheckExact(left) && PyLong_CheckExact(right);
    int is_float = PyFloat_CheckExact(left) && PyFloat_CheckExact(right);

    switch (oparg) {
    case NB_ADD:
    case NB_INPLACE_ADD:
        if (PyUnicode_CheckExact(left) && PyUnicode_CheckExact(right)) {
            _Py_CODEUNIT next = cache[1];

            return opcode_plain[_Py_OPCODE(next)] == STORE_FAST &&
                           frame->localsplus[_Py_OPARG(next)] == left
                       ? BINARY_OP_INPLACE_ADD_UNICODE : BINARY_OP_ADD_UNICODE;
        }
        return is_int ? BINARY_OP_ADD_INT : is_float ? BINARY_OP_ADD_FLOAT : 0;
    case NB_SUBTRACT:
    case NB_INPLACE_SUBTRACT:
        return is_int     ? BINARY_OP_SUBTRACT_INT
               : is_float ? BINARY_OP_SUBTRACT_FLOAT
                          : 0;
    case NB_MULTIPLY:
    case NB_INPLACE_MULTIPLY:
        return is_int     ? BINARY_OP_MULTIPLY_INT
               : is_float ? BINARY_OP_MULTIPLY_FLOAT
                          : 0;
    case NB_TRUE_DIVIDE:
    case NB_INPLACE_TRUE_DIVIDE:
        return is_float ? BINARY_OP_TRUE_DIVIDE_FLOAT : 0;
    case NB_POWER:
    case NB_INPLACE_POWER:
    case NB_MATRIX_MULTIPLY:
    case NB_INPLACE_MATRIX_MULTIPLY:
        return 0;
    default:
        return is_int && long_is_short(left) && long_is_short(right)
                   ? BINARY_OP_SHORT_INT
                   : 0;
    }
}

void
specialise_binary_op(PyObject *left, PyObject *right, _Py_CODEUNIT *cache,
                     unsigned oparg, Frame *frame, Value *Py_UNUSED(sp))
{
    specialise_or_wait(cache,
                       choose_binary_op(left, right, cache, oparg, frame));
}

/* Bits of the outcomes (less, greater, equal, unordered) that make a
 * comparison true. */
static const uint8_t true_outcomes[] = {
    [Py_LT] = 1,         [Py_LE] = 1 | 4, [Py_EQ] = 4,
    [Py_NE] = 1 | 2 | 8, [Py_GT] = 2,     [Py_GE] = 2 | 4,
};

void
specialise_compare_op(PyObject *left, PyObject *right, _Py_CODEUNIT *cache,
                      unsigned oparg)
{
    int jump = opcode_plain[_Py_OPCODE(cache[2])], opcode = 0;
    unsigned mask = true_outcomes[oparg];

    if (jump == POP_JUMP_FORWARD_IF_FALSE ||
        jump == POP_JUMP_BACKWARD_IF_FALSE) {
        mask = ~mask & 15;
    }
    else if (jump != POP_JUMP_FORWARD_IF_TRUE &&
             jump != POP_JUMP_BACKWARD_IF_TRUE) {
        specialise_wait(cache);
        return;
    }
    if (jump == POP_JUMP_BACKWARD_IF_FALSE ||
        jump == POP_JUMP_BACKWARD_IF_TRUE) {
        mask |= COMPARE_JUMPS_BACK;
    }
    if (Py_TYPE(left) == Py_TYPE(right)) {
        if (PyFloat_CheckExact(left)) {
            opcode = COMPARE_OP_FLOAT_JUMP;
        }
        else if (PyLong_CheckExact(left) && long_is_compact(left) &&
                 long_is_compact(right)) {
            opcode = COMPARE_OP_INT_JUMP;
        }
        else if (PyUnicode_CheckExact(left) &&
                 (oparg == Py_EQ || oparg == Py_NE)) {
            opcode = COMPARE_OP_STR_JUMP;
        }
    }
    cache[1] = (_Py_CODEUNIT)mask;
    specialise_or_wait(cache, opcode);
}

/* A function with just `argcount` plain positional parameters. */
int
specialise_is_simple_function(PyObject *func, int argcount)
{
    PyCodeObject *code;

    if (!PyFunction_Check(func) ||
        ((PyFunctionObject *)func)->vectorcall != _PyFunction_Vectorcall) {
        return 0;
    }
    code = (PyCodeObject *)((PyFunctionObject *)func)->func_code;
    return (code->co_flags & (CO_VARKEYWORDS | CO_VARARGS | CO_OPTIMIZED)) ==
               CO_OPTIMIZED &&
           code->co_kwonlyargcount == 0 &&
           (argcount < 0 || code->co_argcount == argcount);
}

void
specialise_binary_subscr(PyObject *container, PyObject *sub,
                         _Py_CODEUNIT *entry)
{
    BinarySubscrCache *cache = (BinarySubscrCache *)entry;
    PyTypeObject *type = Py_TYPE(container);
    int is_index = PyLong_CheckExact(sub) && (size_t)Py_SIZE(sub) <= 1,
        opcode = 0;

    if (type == &PyList_Type) {
        opcode = is_index ? BINARY_SUBSCR_LIST_INT : 0;
    }
    else if (type == &PyTuple_Type) {
        opcode = is_index ? BINARY_SUBSCR_TUPLE_INT : 0;
    }
    else if (type == &PyUnicode_Type) {
        opcode = is_index ? BINARY_SUBSCR_STR_INT : 0;
    }
    else if (type == &PyDict_Type) {
        opcode = BINARY_SUBSCR_DICT;
    }
    else if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        PyObject *getitem = _PyType_Lookup(type, NAME(__getitem__));

        if (getitem != NULL && specialise_is_simple_function(getitem, 2) &&
            type_assign_version(type)) {
            uint32_t version =
                ceval_function_version((PyFunctionObject *)getitem);

            if (version != 0 && version <= UINT16_MAX) {
                cache_write_u32(cache->type_version, type->tp_version_tag);
                cache->func_version = (_Py_CODEUNIT)version;
                ((PyHeapTypeObject *)type)->_spec_cache.getitem = getitem;
                opcode = BINARY_SUBSCR_GETITEM;
            }
        }
    }
    specialise_or_wait(entry, opcode);
}

void
specialise_store_subscr(PyObject *container, PyObject *sub,
                        _Py_CODEUNIT *cache)
{
    int opcode = 0;

    if (PyList_CheckExact(container)) {
        if (PyLong_CheckExact(sub) && (size_t)Py_SIZE(sub) <= 1) {
            opcode = STORE_SUBSCR_LIST_INT;
        }
    }
    else if (PyDict_CheckExact(container)) {
        opcode = STORE_SUBSCR_DICT;
    }
    specialise_or_wait(cache, opcode);
}

void
specialise_unpack_sequence(PyObject *sequence, _Py_CODEUNIT *cache,
                           unsigned oparg)
{
    int opcode = 0;

    if (PyTuple_CheckExact(sequence) &&
        PyTuple_GET_SIZE(sequence) == (Py_ssize_t)oparg) {
        opcode =
            oparg == 2 ? UNPACK_SEQUENCE_TWO_TUPLE : UNPACK_SEQUENCE_TUPLE;
    }
    else if (PyList_CheckExact(sequence) &&
             PyList_GET_SIZE(sequence) == (Py_ssize_t)oparg) {
        opcode = UNPACK_SEQUENCE_LIST;
    }
    specialise_or_wait(cache, opcode);
}

/* ---- globals ---- */

/* Position of a name in the dict's table of strings, -1 if it is not there or
 * the index does not fit a cache. */
static Py_ssize_t
name_index(PyObject *dict, PyObject *name)
{
    Py_ssize_t index;

    if (!PyDict_CheckExact(dict) ||
        ((PyDictObject *)dict)->ma_values != NULL ||
        ((PyDictObject *)dict)->ma_keys->dk_kind != DICT_KEYS_UNICODE) {
        return DICT_INDEX_DUMMY;
    }
    index = dict_lookup_index((PyDictObject *)dict, name);
    return index > UINT16_MAX ? DICT_INDEX_DUMMY : index;
}

void
specialise_load_global(PyObject *globals, PyObject *builtins,
                       _Py_CODEUNIT *entry, PyObject *name)
{
    LoadGlobalCache *cache = (LoadGlobalCache *)entry;
    Py_ssize_t index = name_index(globals, name);
    uint32_t version;

    if (index == DICT_INDEX_DUMMY) {
        specialise_wait(entry);
        return;
    }
    version = dict_keys_version(((PyDictObject *)globals)->ma_keys);
    if (version == 0) {
        specialise_wait(entry);
        return;
    }
    cache_write_u32(cache->module_keys_version, version);
    if (index >= 0) {
        cache->index = (_Py_CODEUNIT)index;
        specialise_to(entry, LOAD_GLOBAL_MODULE);
        return;
    }
    index = name_index(builtins, name);
    if (index < 0) {
        specialise_wait(entry);
        return;
    }
    version = dict_keys_version(((PyDictObject *)builtins)->ma_keys);
    if (version == 0 || version > UINT16_MAX) {
        specialise_wait(entry);
        return;
    }
    cache->builtin_keys_version = (_Py_CODEUNIT)version;
    cache->index = (_Py_CODEUNIT)index;
    specialise_to(entry, LOAD_GLOBAL_BUILTIN);
}

/* ---- attributes ---- */

/* What a name means on instances of a type whose attribute access is the
 * generic one. */
enum attribute_kind {
    ATTRIBUTE_CUSTOM,              /* the type's own access functions decide */
    ATTRIBUTE_ABSENT,   /* the class does not have it: only the instance may */
    ATTRIBUTE_SLOT,                /* a member descriptor of an object */
    ATTRIBUTE_METHOD,       /* becomes a bound method: not a data descriptor */
    ATTRIBUTE_DATA,                /* a data descriptor */
    ATTRIBUTE_OTHER,     /* a class attribute that does not bind as a method */
};

static enum attribute_kind
attribute_kind_of(PyTypeObject *type, PyObject *name, int is_store,
                  PyObject **descriptor)
{
    PyTypeObject *kind;

    *descriptor = NULL;
    if (is_store ? type->tp_setattro != PyObject_GenericSetAttr
                 : type->tp_getattro != PyObject_GenericGetAttr) {
        return ATTRIBUTE_CUSTOM;
    }
    *descriptor = _PyType_Lookup(type, name);
    if (*descriptor == NULL) {
        return ATTRIBUTE_ABSENT;
    }
    kind = Py_TYPE(*descriptor);
    if ((kind->tp_flags & (Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE)) ==
        Py_TPFLAGS_HEAPTYPE) {
        return ATTRIBUTE_CUSTOM;     /* it may become a descriptor unnoticed */
    }
    if (kind == &PyMemberDescr_Type) {
        PyMemberDef *member = ((PyMemberDescrObject *)*descriptor)->d_member;

        if (member->type == T_OBJECT_EX && member->offset > 0 &&
            member->offset <= UINT16_MAX &&
            !(is_store && (member->flags & READONLY)) &&
            !(member->flags & READ_RESTRICTED) &&
            PyType_IsSubtype(type, ((PyDescrObject *)*descriptor)->d_type)) {
            return ATTRIBUTE_SLOT;
        }
        return ATTRIBUTE_DATA;
    }
    if (kind->tp_descr_set != NULL) {
        return ATTRIBUTE_DATA;
    }
    return kind->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR ? ATTRIBUTE_METHOD
                                                         : ATTRIBUTE_OTHER;
}

/* An instance attribute in inline values, or in the instance's own dict: the
 * opcode, or 0. */
static int
choose_instance_attribute(PyObject *owner, AttrCache *cache, PyObject *name,
                          int in_values, int in_dict)
{
    PyTypeObject *type = Py_TYPE(owner);
    PyDictObject *dict;
    Py_ssize_t index;

    if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        return 0;
    }
    if (*instance_values_pointer(owner) != NULL) {
        index = dict_keys_lookup_name(
            ((PyHeapTypeObject *)type)->ht_cached_keys, name);
        if (index < 0 || index > UINT16_MAX) {
            return 0;
        }
        cache->index = (_Py_CODEUNIT)index;
        return in_values;
    }
    dict = (PyDictObject *)*instance_dict_pointer(owner);
    if (dict == NULL || !PyDict_CheckExact(dict)) {
        return 0;
    }
    index = name_index((PyObject *)dict, name);
    if (index < 0) {
        return 0;
    }
    cache->index = (_Py_CODEUNIT)index;
    return in_dict;
}

static void
specialise_module_attribute(PyObject *module, _Py_CODEUNIT *entry,
                            PyObject *name)
{
    AttrCache *cache = (AttrCache *)entry;
    PyObject *dict = ((PyModuleObject *)module)->md_dict;
    Py_ssize_t index;
    uint32_t version;

    if (Py_TYPE(module)->tp_getattro != PyModule_Type.tp_getattro ||
        dict == NULL || (index = name_index(dict, name)) < 0 ||
        _PyType_Lookup(&PyModule_Type, name) != NULL ||
        (version = dict_keys_version(((PyDictObject *)dict)->ma_keys)) == 0) {
        specialise_wait(entry);
        return;
    }
    cache->index = (_Py_CODEUNIT)index;
    cache_write_u32(cache->version, version);
    specialise_to(entry, LOAD_ATTR_MODULE);
}

/* An attribute that a class gives as it is, borrowed, and the class has a
 * version; else NULL.  Functions and method descriptors give themselves when
 * taken from the class; what may become a descriptor later is left out, and so
 * are classes whose metaclass could gain the name. */
static PyObject *
find_class_attribute(PyTypeObject *owner, PyObject *name)
{
    PyObject *found;
    PyTypeObject *kind;

    if (Py_TYPE(owner) != &PyType_Type ||
        _PyType_Lookup(&PyType_Type, name) != NULL) {
        return NULL;
    }
    found = _PyType_Lookup(owner, name);
    if (found == NULL || !type_assign_version(owner)) {
        return NULL;
    }
    kind = Py_TYPE(found);
    if (kind->tp_descr_get != NULL
            ? kind != &PyFunction_Type && kind != &PyMethodDescr_Type
            : (kind->tp_flags &
               (Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE)) ==
                  Py_TPFLAGS_HEAPTYPE) {
        return NULL;
    }
    return found;
}

/* A property with a getter that LOAD_ATTR_PROPERTY can run. */
static int
is_plain_property(PyObject *descriptor)
{
    PyObject *getter;

    if (!Py_IS_TYPE(descriptor, &PyProperty_Type)) {
        return 0;
    }
    getter = ((property_object *)descriptor)->prop_get;
    return getter != NULL && specialise_is_simple_function(getter, 1);
}

void
specialise_load_attr(PyObject *owner, _Py_CODEUNIT *entry, PyObject *name)
{
    AttrCache *cache = (AttrCache *)entry;
    PyTypeObject *type = Py_TYPE(owner);
    PyObject *descriptor;
    int opcode = 0;

    if (name == NAME(audit)) {
        specialise_wait(entry);               /* see ops_load_audit */
        return;
    }
    if (PyModule_CheckExact(owner)) {
        specialise_module_attribute(owner, entry, name);
        return;
    }
    if (name == NAME(__class__) &&
        type->tp_getattro == PyObject_GenericGetAttr &&
        _PyType_Lookup(type, name) ==
            _PyType_Lookup(&PyBaseObject_Type, name)) {
        /* The type of an object is a slot like others. */
        if (type_assign_version(type)) {
            cache->index = offsetof(PyObject, ob_type);
            cache_write_u32(cache->version, type->tp_version_tag);
            specialise_to(entry, LOAD_ATTR_SLOT);
            return;
        }
        specialise_wait(entry);
        return;
    }
    if (type == &PyType_Type &&
        find_class_attribute((PyTypeObject *)owner, name) != NULL) {
        cache_write_u32(cache->version,
                        ((PyTypeObject *)owner)->tp_version_tag);
        specialise_to(entry, LOAD_ATTR_CLASS);
        return;
    }
    switch (attribute_kind_of(type, name, 0, &descriptor)) {
    case ATTRIBUTE_SLOT:
        cache->index = (_Py_CODEUNIT)((PyMemberDescrObject *)descriptor)
                           ->d_member->offset;
        opcode = LOAD_ATTR_SLOT;
        break;
    case ATTRIBUTE_ABSENT:
    case ATTRIBUTE_METHOD:
    case ATTRIBUTE_OTHER:
        /* A hit in the instance wins over what is no data descriptor. */
        opcode = choose_instance_attribute(
            owner, cache, name, LOAD_ATTR_INSTANCE_VALUE, LOAD_ATTR_WITH_HINT);
        break;
    case ATTRIBUTE_DATA:
        opcode = is_plain_property(descriptor) ? LOAD_ATTR_PROPERTY : 0;
        break;
    default:
        break;
    }
    if (opcode && type_assign_version(type)) {
        cache_write_u32(cache->version, type->tp_version_tag);
        specialise_to(entry, opcode);
        return;
    }
    specialise_wait(entry);
}

void
specialise_store_attr(PyObject *owner, _Py_CODEUNIT *entry, PyObject *name)
{
    AttrCache *cache = (AttrCache *)entry;
    PyTypeObject *type = Py_TYPE(owner);
    PyObject *descriptor;
    int opcode = 0;

    switch (attribute_kind_of(type, name, 1, &descriptor)) {
    case ATTRIBUTE_SLOT:
        cache->index = (_Py_CODEUNIT)((PyMemberDescrObject *)descriptor)
                           ->d_member->offset;
        opcode = STORE_ATTR_SLOT;
        break;
    case ATTRIBUTE_ABSENT:
    case ATTRIBUTE_METHOD:
    case ATTRIBUTE_OTHER:
        opcode = choose_instance_attribute(owner, cache, name,
                                           STORE_ATTR_INSTANCE_VALUE,
                                           STORE_ATTR_WITH_HINT);
        break;
    default:
        break;
    }
    if (opcode && type_assign_version(type)) {
        cache_write_u32(cache->version, type->tp_version_tag);
        specialise_to(entry, opcode);
        return;
    }
    specialise_wait(entry);
}

/* ---- methods ---- */

static void
specialise_module_method(PyObject *module, _Py_CODEUNIT *entry, PyObject *name)
{
    LoadMethodCache *cache = (LoadMethodCache *)entry;
    PyObject *dict = ((PyModuleObject *)module)->md_dict;
    Py_ssize_t index;
    uint32_t version;

    if (dict == NULL || (index = name_index(dict, name)) < 0 ||
        _PyType_Lookup(&PyModule_Type, name) != NULL ||
        (version = dict_keys_version(((PyDictObject *)dict)->ma_keys)) == 0) {
        specialise_wait(entry);
        return;
    }
    cache_write_u32(cache->type_version, (uint32_t)index);
    cache_write_u32(cache->keys_version, version);
    specialise_to(entry, LOAD_METHOD_MODULE);
}

/* Class.name(...): found on the class itself, and needing no binding. */
static void
specialise_class_method(PyTypeObject *owner, _Py_CODEUNIT *entry,
                        PyObject *name)
{
    LoadMethodCache *cache = (LoadMethodCache *)entry;
    PyObject *found = find_class_attribute(owner, name);

    if (found == NULL) {
        specialise_wait(entry);
        return;
    }
    cache_write_u32(cache->type_version, owner->tp_version_tag);
    cache_write_object(cache->descr, found);
    specialise_to(entry, LOAD_METHOD_CLASS);
}

void
specialise_load_method(PyObject *owner, _Py_CODEUNIT *entry, PyObject *name)
{
    LoadMethodCache *cache = (LoadMethodCache *)entry;
    PyTypeObject *type = Py_TYPE(owner);
    PyObject *descriptor;
    uint32_t version;
    int opcode = 0;

    if (name == NAME(audit)) {
        specialise_wait(entry);               /* see ops_load_audit */
        return;
    }
    if (PyModule_CheckExact(owner)) {
        specialise_module_method(owner, entry, name);
        return;
    }
    if (PyType_Check(owner)) {
        specialise_class_method((PyTypeObject *)owner, entry, name);
        return;
    }
    if (attribute_kind_of(type, name, 0, &descriptor) != ATTRIBUTE_METHOD ||
        !type_assign_version(type)) {
        specialise_wait(entry);
        return;
    }
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
        PyDictObject *dict = (PyDictObject *)*instance_dict_pointer(owner);

        if (dict == NULL) {
            if (dict_keys_lookup_name(keys, name) < 0 &&
                (version = dict_keys_version(keys)) != 0) {
                cache_write_u32(cache->keys_version, version);
                opcode = LOAD_METHOD_WITH_VALUES;
            }
        }
        else if (PyDict_CheckExact(dict) &&
                 DICT_KEYS_IS_UNICODE(dict->ma_keys) &&
                 dict_keys_lookup_name(dict->ma_keys, name) < 0 &&
                 (version = dict_keys_version(dict->ma_keys)) != 0) {
            cache->dict_offset =
                (_Py_CODEUNIT)(int16_t)(-3 * (int)sizeof(PyObject *));
            cache_write_u32(cache->keys_version, version);
            /* Only while the instance has a dict: values would not be looked
             * at. */
            opcode = 0;
        }
    }
    else if (type->tp_dictoffset == 0) {
        opcode = LOAD_METHOD_NO_DICT;
    }
    else if (type->tp_dictoffset > 0 && type->tp_dictoffset <= INT16_MAX) {
        PyDictObject *dict =
            *(PyDictObject **)((char *)owner + type->tp_dictoffset);

        if (dict != NULL && PyDict_CheckExact(dict) &&
            DICT_KEYS_IS_UNICODE(dict->ma_keys) &&
            dict_keys_lookup_name(dict->ma_keys, name) < 0 &&
            (version = dict_keys_version(dict->ma_keys)) != 0) {
            cache->dict_offset = (_Py_CODEUNIT)type->tp_dictoffset;
            cache_write_u32(cache->keys_version, version);
            opcode = LOAD_METHOD_WITH_DICT;
        }
        else if (dict == NULL) {
            cache->dict_offset = (_Py_CODEUNIT)type->tp_dictoffset;
            cache_write_u32(cache->keys_version, 0);
            opcode = LOAD_METHOD_WITH_DICT;
        }
    }
    if (opcode) {
        cache_write_u32(cache->type_version, type->tp_version_tag);
        cache_write_object(cache->descr, descriptor);
        specialise_to(entry, opcode);
        return;
    }
    specialise_wait(entry);
}

/* ---- calls ---- */

/* The callables with specialised calls of their own, found when the first call
 * specialises. */
static void
callables_find(PyInterpreterState *interp)
{
    if (interp->ceval.callables.len == NULL && interp->builtins != NULL) {
        interp->ceval.callables.len =
            Py_XNewRef(dict_get_item_name(interp->builtins, NAME(len)));
        interp->ceval.callables.isinstance =
            Py_XNewRef(dict_get_item_name(interp->builtins, NAME(isinstance)));
        interp->ceval.callables.list_append =
            Py_XNewRef(dict_get_item_name(PyList_Type.tp_dict, NAME(append)));
        PyErr_Clear();
    }
}

static int
choose_builtin(PyObject *callable, int nargs)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    if (PyCFunction_GET_FUNCTION(callable) == NULL) {
        return 0;
    }
    switch (PyCFunction_GET_FLAGS(callable)) {
    case METH_O:
        if (nargs != 1) {
            return 0;
        }
        return callable == interp->ceval.callables.len
                   ? PRECALL_NO_KW_LEN
                   : PRECALL_NO_KW_BUILTIN_O;
    case METH_FASTCALL:
        return nargs == 2 && callable == interp->ceval.callables.isinstance
                   ? PRECALL_NO_KW_ISINSTANCE : PRECALL_NO_KW_BUILTIN_FAST;
    case METH_FASTCALL | METH_KEYWORDS:
        return PRECALL_BUILTIN_FAST_WITH_KEYWORDS;
    default:
        return 0;
    }
}

static int
choose_method_descriptor(PyMethodDescrObject *descr, _Py_CODEUNIT *cache,
                         int nargs, int is_method, unsigned oparg)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();

    switch (descr->d_method->ml_flags) {
    case METH_NOARGS:
        return nargs == 1 ? PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS : 0;
    case METH_O: {
        /* behind PRECALL's cache, CALL and its caches */
        _Py_CODEUNIT after = cache[1 + 1 + 4];

        if (nargs != 2) {
            return 0;
        }
        if ((PyObject *)descr == interp->ceval.callables.list_append &&
            is_method && oparg == 1 &&
            opcode_plain[_Py_OPCODE(after)] == POP_TOP) {
            return PRECALL_NO_KW_LIST_APPEND;
        }
        return PRECALL_NO_KW_METHOD_DESCRIPTOR_O;
    }
    case METH_FASTCALL:
        return PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST;
    case METH_FASTCALL | METH_KEYWORDS:
        return PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS;
    default:
        return 0;
    }
}

static int
choose_class(PyTypeObject *type, int nargs, int is_method)
{
    if (nargs == 1 && !is_method) {
        if (type == &PyType_Type) {
            return PRECALL_NO_KW_TYPE_1;
        }
        if (type == &PyUnicode_Type) {
            return PRECALL_NO_KW_STR_1;
        }
        if (type == &PyTuple_Type) {
            return PRECALL_NO_KW_TUPLE_1;
        }
    }
    return Py_TYPE(type) == &PyType_Type && type->tp_vectorcall != NULL
               ? PRECALL_BUILTIN_CLASS
               : 0;
}

/* A class whose instances are made by object.__new__ and set up by an __init__
 * method. */
int
specialise_is_plain_class(PyObject *callable)
{
    PyTypeObject *type = (PyTypeObject *)callable;

    return Py_IS_TYPE(callable, &PyType_Type) &&
           (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
           !(type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) &&
           type->tp_new == object_new && type->tp_init == slot_tp_init &&
           type->tp_alloc == PyType_GenericAlloc;
}

int
specialise_is_plain_init(PyObject *init)
{
    PyFunctionObject *func = (PyFunctionObject *)init;

    return Py_IS_TYPE(init, &PyFunction_Type) &&
           func->vectorcall == _PyFunction_Vectorcall &&
           (((PyCodeObject *)func->func_code)->co_flags &
            (CO_OPTIMIZED | CO_GENERATOR | CO_COROUTINE |
             CO_ASYNC_GENERATOR)) == CO_OPTIMIZED;
}

void
specialise_precall(PyObject *callable, _Py_CODEUNIT *cache, int nargs,
                   int is_method, unsigned oparg)
{
    int opcode = 0;

    callables_find(_PyInterpreterState_GET());
    if (Py_IS_TYPE(callable, &PyFunction_Type)) {
        opcode = PRECALL_PYFUNC;
    }
    else if (PyCFunction_CheckExact(callable)) {
        opcode = choose_builtin(callable, nargs);
    }
    else if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        opcode = choose_method_descriptor((PyMethodDescrObject *)callable,
                                          cache, nargs, is_method, oparg);
    }
    else if (PyType_Check(callable)) {
        opcode = choose_class((PyTypeObject *)callable, nargs, is_method);
        if (opcode == 0 && !is_method && specialise_is_plain_class(callable)) {
            PyObject *init =
                _PyType_Lookup((PyTypeObject *)callable, NAME(__init__));

            opcode = init != NULL && specialise_is_plain_init(init)
                         ? PRECALL_CLASS_PY_INIT
                         : 0;
        }
    }
    else if (Py_IS_TYPE(callable, &PyMethod_Type) && !is_method) {
        opcode = PRECALL_BOUND_METHOD;
    }
    specialise_or_wait(cache, opcode);
}

void
specialise_call(PyObject *callable, _Py_CODEUNIT *entry, int nargs)
{
    CallCache *cache = (CallCache *)entry;
    PyFunctionObject *func = (PyFunctionObject *)callable;
    int argcount, ndefaults, min_args, opcode = 0;
    uint32_t version;

    if (Py_IS_TYPE(callable, &PyFunction_Type) &&
        specialise_is_simple_function(callable, -1) &&
        _PyInterpreterState_GET()->ceval.eval_frame ==
            _PyEval_EvalFrameDefault &&
        (version = ceval_function_version(func)) != 0) {
        argcount = ((PyCodeObject *)func->func_code)->co_argcount;
        ndefaults = func->func_defaults == NULL
                        ? 0
                        : (int)PyTuple_GET_SIZE(func->func_defaults);
        min_args = argcount - ndefaults;
        if (nargs == argcount) {
            opcode = CALL_PY_EXACT_ARGS;
        }
        else if (nargs < argcount && nargs >= min_args && min_args >= 0 &&
                 min_args <= UINT16_MAX) {
            opcode = CALL_PY_WITH_DEFAULTS;
        }
        if (opcode) {
            cache_write_u32(cache->func_version, version);
            cache->min_args = (_Py_CODEUNIT)(min_args < 0 ? 0 : min_args);
        }
    }
    specialise_or_wait(entry, opcode);
}
