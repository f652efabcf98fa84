/* Versions of types, and the method cache in front of every lookup.
 *
 * A type whose tp_flags has VALID_VERSION_TAG promises: as long as its
 * tp_version_tag stays, looking up any name along its MRO gives the same
 * result.  PyType_Modified takes the promise back, for the type and for all
 * subclasses.  So a version is only valid while the versions of all bases are,
 * and (version, name) -> attribute can be cached process-wide; the inline
 * caches of the interpreter guard on the same number.
 *
 * The cache holds its names, since a freed name's address could come back for
 * another string.  Values are borrowed: whoever removes an attribute from a
 * class calls PyType_Modified first or right after.
 */
#include "Python.h"

#include "internal/dict.h"
#include "internal/names.h"
#include "internal/type.h"
#include "tiny.h"

#define CACHE_BITS TINY_OR(12, 1)
#define CACHE_SIZE (1u << CACHE_BITS)
#define CACHE_NAME_LIMIT 100       /* longer names are never looked up twice */

typedef struct {
    unsigned int version;           /* 0: empty */
    PyObject *name;                 /* owned, or NULL */
    PyObject *value;                /* borrowed; NULL: known to be absent */
} cache_entry;

static cache_entry cache_entries[CACHE_SIZE];
static unsigned int next_version = 1;    /* 0: all used up */

static inline cache_entry *
cache_entry_for(unsigned int version, PyObject *name)
{
    uintptr_t hash = (uintptr_t)version ^ ((uintptr_t)name >> 4);

    return &cache_entries[(hash ^ (hash >> CACHE_BITS)) & (CACHE_SIZE - 1)];
}

static inline int
cache_accepts_name(PyObject *name)
{
    return PyUnicode_CheckExact(name) && PyUnicode_IS_READY(name) &&
           PyUnicode_GET_LENGTH(name) <= CACHE_NAME_LIMIT;
}

void
type_cache_clear(void)
{
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        cache_entry *entry = &cache_entries[i];
        PyObject *name = entry->name;

        entry->version = 0;
        entry->value = NULL;
        entry->name = NULL;
        Py_XDECREF(name);
    }
}

unsigned int
PyType_ClearCache(void)
{
    type_cache_clear();
    return next_version - 1;
}

/* Whether the metaclass decides about the MRO: then other classes than the
 * bases may stand in it, of whose changes we would not hear. */
static int
type_mro_is_custom(PyTypeObject *type)
{
    PyTypeObject *metatype = Py_TYPE(type);
    PyObject *theirs, *ours;

    if (metatype == &PyType_Type) {
        return 0;
    }
    theirs = _PyType_Lookup(metatype, NAME(mro));
    ours = _PyType_Lookup(&PyType_Type, NAME(mro));
    return theirs != ours;
}

int
type_assign_version(PyTypeObject *type)
{
    PyObject *bases;

    if (type_has_feature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
        return 1;
    }
    if (!type_has_feature(type, Py_TPFLAGS_READY) || next_version == 0) {
        return 0;
    }
    if (Py_TYPE(type) != &PyType_Type && type_mro_is_custom(type)) {
        return 0;
    }
    bases = type->tp_bases;
    if (bases != NULL) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
            PyObject *base = PyTuple_GET_ITEM(bases, i);

            if (!type_assign_version((PyTypeObject *)base)) {
                return 0;
            }
        }
    }
    if (next_version == 0) {
        return 0;
    }
    type->tp_version_tag = next_version++;
    type->tp_flags |= Py_TPFLAGS_VALID_VERSION_TAG;
    return 1;
}

void
PyType_Modified(PyTypeObject *type)
{
    PyObject *subclasses = type->tp_subclasses, *reference;
    Py_ssize_t position = 0;

    if (!type_has_feature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
        return;              /* then no subclass has a valid version either */
    }
    if (subclasses != NULL) {
        while (PyDict_Next(subclasses, &position, NULL, &reference)) {
            PyObject *subclass = PyWeakref_GET_OBJECT(reference);

            if (subclass != Py_None) {
                PyType_Modified((PyTypeObject *)subclass);
            }
        }
    }
    type->tp_flags &= ~Py_TPFLAGS_VALID_VERSION_TAG;
    type->tp_version_tag = 0;
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        ((PyHeapTypeObject *)type)->_spec_cache.getitem = NULL;
    }
}

/* Walks the MRO.  Runs Python (comparison of hostile keys); the MRO may
 * change meanwhile and is held. */
static int
type_find_in_mro(PyTypeObject *type, PyObject *name, PyObject **value)
{
    PyObject *mro;
    Py_hash_t hash;
    int result = 0;

    *value = NULL;
    if (!PyUnicode_CheckExact(name) ||
        (hash = ((PyASCIIObject *)name)->hash) == -1) {
        hash = PyObject_Hash(name);
        if (hash == -1) {
            return -1;
        }
    }
    mro = type->tp_mro;
    if (mro == NULL) {
        if (type_has_feature(type, Py_TPFLAGS_READYING)) {
            return 0;
        }
        if (PyType_Ready(type) < 0) {
            return -1;
        }
        mro = type->tp_mro;
        if (mro == NULL) {
            return 0;
        }
    }
    Py_INCREF(mro);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *dict = ((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_dict;
        PyObject *found;

        if (dict == NULL) {
            continue;
        }
        found = _PyDict_GetItem_KnownHash(dict, name, hash);
        if (found != NULL) {
            *value = found;
            result = 1;
            break;
        }
        if (PyErr_Occurred()) {
            result = -1;
            break;
        }
    }
    Py_DECREF(mro);
    return result;
}

static PyObject *
type_lookup_slow(PyTypeObject *type, PyObject *name)
{
    PyObject *value;
    unsigned int version;

    if (type_find_in_mro(type, name, &value) < 0) {
        /* The contract has no room for errors: a lookup that failed found
         * nothing.  (Also the hash of a str subclass that raises.) */
        PyErr_Clear();
        return NULL;
    }
    if (cache_accepts_name(name) && type_assign_version(type)) {
        cache_entry *entry;
        PyObject *old;

        version = type->tp_version_tag;
        entry = cache_entry_for(version, name);
        old = entry->name;
        entry->version = version;
        entry->value = value;
        entry->name = Py_NewRef(name);
        Py_XDECREF(old);
    }
    return value;
}

PyObject *
_PyType_Lookup(PyTypeObject *type, PyObject *name)
{
    unsigned int version = type->tp_version_tag;
    cache_entry *entry = cache_entry_for(version, name);

    if (entry->version == version && entry->name == name &&
        type_has_feature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
        return entry->value;
    }
    return type_lookup_slow(type, name);
}

PyObject *
type_lookup_version(PyTypeObject *type, PyObject *name, unsigned int *version)
{
    PyObject *value = _PyType_Lookup(type, name);

    *version = type_has_feature(type, Py_TPFLAGS_VALID_VERSION_TAG)
                   ? type->tp_version_tag : 0;
    return value;
}

int
type_find(PyTypeObject *type, PyObject *name, PyObject **value)
{
    return type_find_in_mro(type, name, value);
}

PyObject *
_PyType_LookupId(PyTypeObject *type, _Py_Identifier *name)
{
    PyObject *string = _PyUnicode_FromId(name);      /* borrowed */

    return string == NULL ? NULL : _PyType_Lookup(type, string);
}
