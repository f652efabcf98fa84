/* Names in namespaces, attributes, methods. */
#include "ops.h"

#if CEVAL_COMPILE_OPS

/* ---- names ---- */

OP(LOAD_NAME)
{
    PyObject *object;

    SAVE_IP();
    object = ops_load_name(tstate, frame, NAME_AT(oparg));
    ERROR_IF(object == NULL);
    PUSH_NEW(object);
    NEXT_CHECKED();
}

OP(STORE_NAME)
{
    PyObject *name = NAME_AT(oparg);
    PyObject *ns = frame->f_locals;
    int status;

    SAVE_IP();
    if (UNLIKELY(ns == NULL)) {
        _PyErr_Format(tstate, PyExc_SystemError,
                      "no locals found when storing %R", name);
        ERROR();
    }
    if (PyDict_CheckExact(ns)) {
        status = PyDict_SetItem(ns, name, PEEK_OBJECT(1));
    }
    else {
        status = PyObject_SetItem(ns, name, PEEK_OBJECT(1));
    }
    ERROR_IF(status < 0);
    sp--;
    value_close(*sp);
    NEXT_CHECKED();
}

OP(DELETE_NAME)
{
    PyObject *name = NAME_AT(oparg);
    PyObject *ns = frame->f_locals;

    SAVE_IP();
    if (UNLIKELY(ns == NULL)) {
        _PyErr_Format(tstate, PyExc_SystemError, "no locals when deleting %R",
                      name);
        ERROR();
    }
    if (PyObject_DelItem(ns, name) < 0) {
        if (_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) {
            ceval_raise_name_error(tstate, PyExc_NameError,
                                   "name '%.200s' is not defined", name);
        }
        ERROR();
    }
    NEXT_CHECKED();
}

OP(LOAD_GLOBAL)
{
    PyObject *object;

    SAVE_IP();
    object = ops_load_global(tstate, frame, NAME_AT(oparg >> 1));
    ERROR_IF(object == NULL);
    if (oparg & 1) {
        PUSH(VALUE_NULL);
    }
    PUSH_NEW(object);
    ip += CACHE_UNITS(LoadGlobalCache);
    NEXT_CHECKED();
}

OP(LOAD_GLOBAL_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_load_global(frame->f_globals, frame->f_builtins, ip,
                               NAME_AT(oparg >> 1));
        REDISPATCH();
    }
    GOTO_OP(LOAD_GLOBAL);
}

OP(LOAD_GLOBAL_MODULE)
{
    LoadGlobalCache *cache = (LoadGlobalCache *)ip;
    PyDictObject *globals = (PyDictObject *)frame->f_globals;

    MISS_IF(!PyDict_CheckExact(globals), LOAD_GLOBAL);
    MISS_IF(globals->ma_keys->dk_version !=
                cache_read_u32(cache->module_keys_version),
            LOAD_GLOBAL);
    PyObject *object =
        dict_keys_unicode_entries(globals->ma_keys)[cache->index].me_value;
    MISS_IF(object == NULL, LOAD_GLOBAL);
    sp[0] = VALUE_NULL;
    sp += oparg & 1;
    PUSH(value_from_borrowed(object));
    ip += CACHE_UNITS(LoadGlobalCache);
    NEXT();
}

OP(LOAD_GLOBAL_BUILTIN)
{
    LoadGlobalCache *cache = (LoadGlobalCache *)ip;
    PyDictObject *globals = (PyDictObject *)frame->f_globals;
    PyDictObject *builtins = (PyDictObject *)frame->f_builtins;

    MISS_IF(!PyDict_CheckExact(globals) || !PyDict_CheckExact(builtins),
            LOAD_GLOBAL);
    MISS_IF(globals->ma_keys->dk_version !=
                cache_read_u32(cache->module_keys_version),
            LOAD_GLOBAL);
    MISS_IF(builtins->ma_keys->dk_version != cache->builtin_keys_version,
            LOAD_GLOBAL);
    PyObject *object =
        dict_keys_unicode_entries(builtins->ma_keys)[cache->index].me_value;
    MISS_IF(object == NULL, LOAD_GLOBAL);
    sp[0] = VALUE_NULL;
    sp += oparg & 1;
    PUSH(value_from_borrowed(object));
    ip += CACHE_UNITS(LoadGlobalCache);
    NEXT();
}

OP(STORE_GLOBAL)
{
    int status;

    SAVE_IP();
    status = PyDict_SetItem(frame->f_globals, NAME_AT(oparg), PEEK_OBJECT(1));
    ERROR_IF(status < 0);
    sp--;
    value_close(*sp);
    NEXT_CHECKED();
}

OP(DELETE_GLOBAL)
{
    PyObject *name = NAME_AT(oparg);

    SAVE_IP();
    if (PyDict_DelItem(frame->f_globals, name) < 0) {
        if (_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) {
            ceval_raise_name_error(tstate, PyExc_NameError,
                                   "name '%.200s' is not defined", name);
        }
        ERROR();
    }
    NEXT_CHECKED();
}

OP(SETUP_ANNOTATIONS)
{
    SAVE_IP();
    ERROR_IF(ops_setup_annotations(tstate, frame) < 0);
    NEXT_CHECKED();
}

OP(LOAD_BUILD_CLASS)
{
    PyObject *object;

    SAVE_IP();
    object = ops_load_build_class(tstate, frame);
    ERROR_IF(object == NULL);
    PUSH_NEW(object);
    NEXT_CHECKED();
}

OP(LOAD_ASSERTION_ERROR)
{
    PUSH(value_from_borrowed(PyExc_AssertionError));
    NEXT();
}

/* ---- attributes ---- */

OP(LOAD_ATTR)
{
    PyObject *result;

    SAVE_IP();
    result = NAME_AT(oparg) == NAME(audit)
                 ? ops_load_audit(frame, PEEK_OBJECT(1))
                 : PyObject_GetAttr(PEEK_OBJECT(1), NAME_AT(oparg));
    ERROR_IF(result == NULL);
    Value owner = PEEK(1);
    PEEK(1) = value_from_new(result);
    value_close(owner);
    ip += CACHE_UNITS(AttrCache);
    NEXT_CHECKED();
}

OP(LOAD_ATTR_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_load_attr(PEEK_OBJECT(1), ip, NAME_AT(oparg));
        REDISPATCH();
    }
    GOTO_OP(LOAD_ATTR);
}

#define TYPE_GUARD(version_field, FAMILY)                                     \
    PyObject *object = PEEK_OBJECT(1);                                        \
    PyTypeObject *type = Py_TYPE(object);                                     \
    MISS_IF(type->tp_version_tag != cache_read_u32(cache->version_field),     \
            FAMILY)

#define FINISH_ATTR(found) \
    do { \
        Value owner = PEEK(1); \
        PEEK(1) = value_from_borrowed(found); \
        SAVE_IP(); \
        value_close(owner); \
        ip += CACHE_UNITS(AttrCache); \
        NEXT(); \
    } while (0)

OP(LOAD_ATTR_INSTANCE_VALUE)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, LOAD_ATTR);
    PyDictValues *values = *instance_values_pointer(object);
    MISS_IF(values == NULL, LOAD_ATTR);
    PyObject *found = values->values[cache->index];
    MISS_IF(found == NULL, LOAD_ATTR);
    FINISH_ATTR(found);
}

OP(LOAD_ATTR_WITH_HINT)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, LOAD_ATTR);
    PyDictObject *dict = (PyDictObject *)*instance_dict_pointer(object);
    MISS_IF(dict == NULL, LOAD_ATTR);
    PyDictKeysObject *keys = dict->ma_keys;
    size_t hint = cache->index;
    MISS_IF(hint >= (size_t)keys->dk_nentries || dict->ma_values != NULL ||
            keys->dk_kind != DICT_KEYS_UNICODE, LOAD_ATTR);
    PyDictUnicodeEntry *entry = &dict_keys_unicode_entries(keys)[hint];
    MISS_IF(entry->me_key != NAME_AT(oparg) || entry->me_value == NULL,
            LOAD_ATTR);
    FINISH_ATTR(entry->me_value);
}

OP(LOAD_ATTR_SLOT)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, LOAD_ATTR);
    PyObject *found = *(PyObject **)((char *)object + cache->index);
    MISS_IF(found == NULL, LOAD_ATTR);
    FINISH_ATTR(found);
}

OP(LOAD_ATTR_MODULE)
{
    AttrCache *cache = (AttrCache *)ip;
    PyObject *object = PEEK_OBJECT(1);

    MISS_IF(!PyModule_CheckExact(object), LOAD_ATTR);
    PyDictObject *dict = (PyDictObject *)((PyModuleObject *)object)->md_dict;
    MISS_IF(dict->ma_keys->dk_version != cache_read_u32(cache->version),
            LOAD_ATTR);
    PyObject *found =
        dict_keys_unicode_entries(dict->ma_keys)[cache->index].me_value;
    MISS_IF(found == NULL, LOAD_ATTR);
    FINISH_ATTR(found);
}

/* An attribute of a class itself that does not bind: the class is known by its
 * version, the attribute is found again in the cache of lookups. */
OP(LOAD_ATTR_CLASS)
{
    AttrCache *cache = (AttrCache *)ip;
    PyTypeObject *class = (PyTypeObject *)PEEK_OBJECT(1);

    MISS_IF(!PyType_Check(class) ||
                class->tp_version_tag != cache_read_u32(cache->version),
            LOAD_ATTR);
    PyObject *found = _PyType_Lookup(class, NAME_AT(oparg));
    MISS_IF(found == NULL, LOAD_ATTR);
    FINISH_ATTR(found);
}

/* A property whose getter is a Python function: called in this loop. */
OP(LOAD_ATTR_PROPERTY)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, LOAD_ATTR);
    MISS_IF(tstate->interp->ceval.eval_frame != _PyEval_EvalFrameDefault,
            LOAD_ATTR);
    PyObject *property = _PyType_Lookup(type, NAME_AT(oparg));
    MISS_IF(property == NULL || !Py_IS_TYPE(property, &PyProperty_Type),
            LOAD_ATTR);
    PyFunctionObject *fget =
        (PyFunctionObject *)((property_object *)property)->prop_get;
    MISS_IF(fget == NULL ||
                !specialise_is_simple_function((PyObject *)fget, 1),
            LOAD_ATTR);
    Frame *callee;

    SAVE_IP();
    Py_INCREF(fget);
    callee = frame_push(tstate, fget);
    ERROR_IF(callee == NULL);
    callee->localsplus[0] = value_take(POP());
    ip += CACHE_UNITS(AttrCache);
    NEXT_FRAME(callee);
}

OP(STORE_ATTR)
{
    int status;

    SAVE_IP();
    status = PyObject_SetAttr(PEEK_OBJECT(1), NAME_AT(oparg), PEEK_OBJECT(2));
    ERROR_IF(status < 0);
    sp -= 2;
    value_close(sp[0]);
    value_close(sp[1]);
    ip += CACHE_UNITS(AttrCache);
    NEXT_CHECKED();
}

OP(STORE_ATTR_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_store_attr(PEEK_OBJECT(1), ip, NAME_AT(oparg));
        REDISPATCH();
    }
    GOTO_OP(STORE_ATTR);
}

OP(STORE_ATTR_INSTANCE_VALUE)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, STORE_ATTR);
    PyDictValues *values = *instance_values_pointer(object);
    MISS_IF(values == NULL, STORE_ATTR);
    PyObject *old = values->values[cache->index];

    SAVE_IP();
    values->values[cache->index] = value_take(PEEK(2));
    sp -= 2;
    if (old == NULL) {
        dict_values_add_to_order(values, cache->index);
    }
    else {
        Py_DECREF(old);
    }
    value_close(sp[1]);
    ip += CACHE_UNITS(AttrCache);
    NEXT();
}

OP(STORE_ATTR_WITH_HINT)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, STORE_ATTR);
    PyDictObject *dict = (PyDictObject *)*instance_dict_pointer(object);
    MISS_IF(dict == NULL, STORE_ATTR);
    PyDictKeysObject *keys = dict->ma_keys;
    size_t hint = cache->index;
    MISS_IF(hint >= (size_t)keys->dk_nentries || dict->ma_values != NULL ||
            keys->dk_kind != DICT_KEYS_UNICODE, STORE_ATTR);
    PyDictUnicodeEntry *entry = &dict_keys_unicode_entries(keys)[hint];
    PyObject *old = entry->me_value;
    MISS_IF(entry->me_key != NAME_AT(oparg) || old == NULL, STORE_ATTR);
    PyObject *fresh = value_take(PEEK(2));

    SAVE_IP();
    if (!gc_is_tracked(dict) && PyObject_IS_GC(fresh)) {
        PyObject_GC_Track(dict);
    }
    entry->me_value = fresh;
    if (fresh != old) {
        dict->ma_version_tag = dict_next_version();
    }
    sp -= 2;
    Py_DECREF(old);
    value_close(sp[1]);
    ip += CACHE_UNITS(AttrCache);
    NEXT();
}

OP(STORE_ATTR_SLOT)
{
    AttrCache *cache = (AttrCache *)ip;

    TYPE_GUARD(version, STORE_ATTR);
    PyObject **slot = (PyObject **)((char *)object + cache->index);
    PyObject *old = *slot;

    SAVE_IP();
    *slot = value_take(PEEK(2));
    sp -= 2;
    Py_XDECREF(old);
    value_close(sp[1]);
    ip += CACHE_UNITS(AttrCache);
    NEXT();
}

OP(DELETE_ATTR)
{
    int status;

    SAVE_IP();
    status = PyObject_SetAttr(PEEK_OBJECT(1), NAME_AT(oparg), NULL);
    ERROR_IF(status < 0);
    sp--;
    value_close(*sp);
    NEXT_CHECKED();
}

/* ---- methods: owner -- function self | NULL attribute ---- */

OP(LOAD_METHOD)
{
    PyObject *object = PEEK_OBJECT(1), *method = NULL;
    int is_unbound;

    SAVE_IP();
    if (NAME_AT(oparg) == NAME(audit)) {
        method = ops_load_audit(frame, object);
        is_unbound = 0;
    }
    else {
        is_unbound = _PyObject_GetMethod(object, NAME_AT(oparg), &method);
    }
    ERROR_IF(method == NULL);
    Value owner = PEEK(1);
    if (is_unbound) {
        PEEK(1) = value_from_new(method);
        PUSH(owner);
    }
    else {
        PEEK(1) = VALUE_NULL;
        PUSH_NEW(method);
        value_close(owner);
    }
    ip += CACHE_UNITS(LoadMethodCache);
    NEXT_CHECKED();
}

OP(LOAD_METHOD_ADAPTIVE)
{
    if (specialise_is_due(ip)) {
        specialise_load_method(PEEK_OBJECT(1), ip, NAME_AT(oparg));
        REDISPATCH();
    }
    GOTO_OP(LOAD_METHOD);
}

#define FINISH_METHOD() \
    do { \
        Value owner = PEEK(1); \
        PEEK(1) = value_from_borrowed(cache_read_object(cache->descr)); \
        PUSH(owner); \
        ip += CACHE_UNITS(LoadMethodCache); \
        NEXT(); \
    } while (0)

/* The instance has inline values, and the keys that it shares do not hold the
 * name. */
OP(LOAD_METHOD_WITH_VALUES)
{
    LoadMethodCache *cache = (LoadMethodCache *)ip;

    TYPE_GUARD(type_version, LOAD_METHOD);
    MISS_IF(*instance_dict_pointer(object) != NULL, LOAD_METHOD);
    MISS_IF(((PyHeapTypeObject *)type)->ht_cached_keys->dk_version !=
            cache_read_u32(cache->keys_version), LOAD_METHOD);
    FINISH_METHOD();
}

/* The instance has a dict (or may have one) whose keys are known not to hold
 * the name. */
OP(LOAD_METHOD_WITH_DICT)
{
    LoadMethodCache *cache = (LoadMethodCache *)ip;

    TYPE_GUARD(type_version, LOAD_METHOD);
    PyDictObject *dict =
        *(PyDictObject **)((char *)object + (int16_t)cache->dict_offset);
    if (dict != NULL) {
        uint32_t keys_version = cache_read_u32(cache->keys_version);

        MISS_IF(keys_version == 0 || dict->ma_keys->dk_version != keys_version,
                LOAD_METHOD);
    }
    FINISH_METHOD();
}

OP(LOAD_METHOD_NO_DICT)
{
    LoadMethodCache *cache = (LoadMethodCache *)ip;

    TYPE_GUARD(type_version, LOAD_METHOD);
    FINISH_METHOD();
}

OP(LOAD_METHOD_MODULE)
{
    LoadMethodCache *cache = (LoadMethodCache *)ip;
    PyObject *object = PEEK_OBJECT(1);

    MISS_IF(!PyModule_CheckExact(object), LOAD_METHOD);
    PyDictObject *dict = (PyDictObject *)((PyModuleObject *)object)->md_dict;
    MISS_IF(dict->ma_keys->dk_version != cache_read_u32(cache->keys_version),
            LOAD_METHOD);
    PyObject *found = dict_keys_unicode_entries(
                          dict->ma_keys)[cache_read_u32(cache->type_version)]
                          .me_value;
    MISS_IF(found == NULL, LOAD_METHOD);
    Value owner = PEEK(1);
    PEEK(1) = VALUE_NULL;
    PUSH(value_from_borrowed(found));
    SAVE_IP();
    value_close(owner);
    ip += CACHE_UNITS(LoadMethodCache);
    NEXT();
}

/* The owner is a class, and the name leads to something that does not bind. */
OP(LOAD_METHOD_CLASS)
{
    LoadMethodCache *cache = (LoadMethodCache *)ip;
    PyObject *object = PEEK_OBJECT(1);

    MISS_IF(!PyType_Check(object), LOAD_METHOD);
    MISS_IF(((PyTypeObject *)object)->tp_version_tag !=
                cache_read_u32(cache->type_version),
            LOAD_METHOD);
    Value owner = PEEK(1);
    PEEK(1) = VALUE_NULL;
    PUSH(value_from_borrowed(cache_read_object(cache->descr)));
    SAVE_IP();
    value_close(owner);
    ip += CACHE_UNITS(LoadMethodCache);
    NEXT();
}

#undef TYPE_GUARD
#undef FINISH_ATTR
#undef FINISH_METHOD

#endif
