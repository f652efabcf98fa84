/* Keeps slots and special methods in step.
 *
 * All rows of slots.def for one slot form a group.  What a slot of a class
 * holds is decided by what the group's dunders are along the MRO:
 *
 *   nothing                     NULL (or the stand-in of tp_iternext)
 *   only wrapper descriptors,
 *   all around one C function   that function: no detour through Python
 *   anything else               the row's slot function
 *
 * Some dunders belong to two groups (__getitem__ to mapping and sequence); a
 * wrapper descriptor of such a dunder only counts for the group whose slot it
 * could have come from, unless both are filled.
 */
#include "Python.h"

#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

#define MAX_ROWS_PER_NAME 8
#define MAX_ROWS 128
#define MAX_FAST_MRO 16
#define ROW_INDEX_SIZE 512              /* sparse: most keys are no dunders */

_Static_assert(sizeof(((PyTypeObject *)0)->tp_dealloc) == sizeof(void *),
               "slots are read and written as void *");

/* ---- where slots live --------------------------------------------------- */

/* For each suite of a type the address that offsets of slots count from;
 * 0: the type has no such suite. */
typedef struct {
    uintptr_t origins[SLOT_SUITE_COUNT];
} slot_suites;

static inline slot_suites
slot_suites_of(PyTypeObject *type)
{
#define ORIGIN(SUITE, FIELD)                                                  \
    (type->SUITE == NULL                                                      \
         ? 0                                                                  \
         : (uintptr_t)type->SUITE - offsetof(PyHeapTypeObject, FIELD))
    return (slot_suites){{
        [SLOT_SUITE_TYPE] = (uintptr_t)type,
        [SLOT_SUITE_ASYNC] = ORIGIN(tp_as_async, as_async),
        [SLOT_SUITE_NUMBER] = ORIGIN(tp_as_number, as_number),
        [SLOT_SUITE_MAPPING] = ORIGIN(tp_as_mapping, as_mapping),
        [SLOT_SUITE_SEQUENCE] = ORIGIN(tp_as_sequence, as_sequence)}};
#undef ORIGIN
}

static inline void **
slot_in(const slot_suites *suites, const type_slot_def *row)
{
    uintptr_t origin = suites->origins[row->suite];

    return origin == 0 ? NULL : (void **)(origin + (size_t)row->offset);
}

/* Where the slot of `row` lives in `type`; NULL if its suite is absent. */
static inline void **
slot_pointer(PyTypeObject *type, const type_slot_def *row)
{
    slot_suites suites = slot_suites_of(type);

    return slot_in(&suites, row);
}

/* The one filled slot of `type` that the dunder of `row` stands for; NULL if
 * none or several are. */
static void **
slot_unique_for_name(PyTypeObject *type, const type_slot_def *row)
{
    void **result = NULL;

    for (int i = row->first + 1; i != 0; i = type_slot_defs[i - 1].next) {
        void **slot = slot_pointer(type, &type_slot_defs[i - 1]);

        if (slot == NULL || *slot == NULL) {
            continue;
        }
        if (result != NULL) {
            return NULL;
        }
        result = slot;
    }
    return result;
}

/* ---- the dunders of a namespace ----------------------------------------- */

/* A set of dunders, each as the index of its first row. */
typedef struct {
    uint64_t words[MAX_ROWS / 64];
} row_set;

/* Index + 1 of a dunder's first row, by the address of its name; 0: free. */
static uint8_t row_index[ROW_INDEX_SIZE];

static inline size_t
row_index_slot(PyObject *name)
{
    return ((uintptr_t)name >> 3) % ROW_INDEX_SIZE;
}

/* The first row of an interned name, or -1. */
static inline int
row_find(PyObject *name)
{
    size_t i = row_index_slot(name);

    for (; row_index[i] != 0; i = (i + 1) % ROW_INDEX_SIZE) {
        if (type_slot_defs[row_index[i] - 1].name == name) {
            return row_index[i] - 1;
        }
    }
    return -1;
}

static inline int
row_set_has(const row_set *set, const type_slot_def *row)
{
    return (int)(set->words[row->first / 64] >> (row->first % 64) & 1);
}

/* The dunders that a namespace defines.  Returns 0 if it has keys that are not
 * plain interned strings: those may equal anything. */
static int
row_set_from(PyObject *dict, row_set *set)
{
    PyDictKeysObject *keys;
    PyDictUnicodeEntry *entries;

    *set = (row_set){{0}};
    if (dict == NULL) {
        return 1;
    }
    keys = ((PyDictObject *)dict)->ma_keys;
    if (!PyDict_CheckExact(dict) ||
        ((PyDictObject *)dict)->ma_values != NULL ||
        !DICT_KEYS_IS_UNICODE(keys)) {
        return 0;
    }
    entries = dict_keys_unicode_entries(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyObject *key = entries[i].me_key;
        int row;

        if (key == NULL) {
            continue;                             /* deleted */
        }
        if (!PyUnicode_CHECK_INTERNED(key)) {
            return 0;
        }
        row = row_find(key);
        if (row >= 0) {
            set->words[row / 64] |= (uint64_t)1 << (row % 64);
        }
    }
    return 1;
}

/* What is known about the namespaces along an MRO. */
typedef struct {
    PyObject *mro;                     /* borrowed */
    row_set sets[MAX_FAST_MRO];        /* of each class */
} mro_rows;

/* Returns 0 if lookups are needed instead. */
static int
mro_rows_init(mro_rows *self, PyTypeObject *type)
{
    self->mro = type->tp_mro;
    if (PyTuple_GET_SIZE(self->mro) > MAX_FAST_MRO) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(self->mro, i);

        if (!row_set_from(base->tp_dict, &self->sets[i])) {
            return 0;
        }
    }
    return 1;
}

/* The attribute of `type` for a row, borrowed; NULL: none.  Runs Python
 * (hostile keys) if `known` is NULL. */
static PyObject *
slot_find_dunder(PyTypeObject *type, type_slot_def *row, const mro_rows *known)
{
    PyObject *descr;

    if (known == NULL) {
        if (type_find(type, row->name, &descr) > 0) {
            return descr;
        }
        PyErr_Clear();          /* of a failed comparison: not found */
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(known->mro); i++) {
        if (row_set_has(&known->sets[i], row)) {
            PyTypeObject *base =
                (PyTypeObject *)PyTuple_GET_ITEM(known->mro, i);

            return PyDict_GetItemWithError(base->tp_dict, row->name);
        }
    }
    return NULL;
}

/* ---- what a slot holds -------------------------------------------------- */

typedef struct {
    void *generic;                 /* calls the dunder */
    void *specific;                /* the C function all agree on */
    int must_be_generic;
} slot_decision;

static int
slot_is_inherited_new(PyTypeObject *type, void **slot, PyObject *descr)
{
    return slot == (void **)&type->tp_new &&
           Py_IS_TYPE(descr, &PyCFunction_Type) &&
           strcmp(((PyCFunctionObject *)descr)->m_ml->ml_name, "__new__") ==
               0 &&
           ((PyCFunctionObject *)descr)->m_self != NULL &&
           PyType_Check(((PyCFunctionObject *)descr)->m_self);
}

static void
slot_consider(PyTypeObject *type, type_slot_def *row, void **slot,
              PyObject *descr, slot_decision *decision)
{
    if (Py_IS_TYPE(descr, &PyWrapperDescr_Type) &&
        ((PyWrapperDescrObject *)descr)->d_base->name_strobj == row->name) {
        PyWrapperDescrObject *wrapper = (PyWrapperDescrObject *)descr;
        void **unique = slot_unique_for_name(type, row);

        if (unique == NULL || unique == slot) {
            decision->generic = row->function;
        }
        if ((decision->specific == NULL ||
             decision->specific == wrapper->d_wrapped) &&
            wrapper->d_base->wrapper == row->wrapper &&
            PyType_IsSubtype(type, PyDescr_TYPE(descr))) {
            decision->specific = wrapper->d_wrapped;
        }
        else {
            decision->must_be_generic = 1;
        }
    }
    else if (slot_is_inherited_new(type, slot, descr)) {
        /* The builtin __new__ of a base: tp_new was inherited already, and
         * going through Python would only come back there. */
        decision->specific = (void *)type->tp_new;
    }
    else if (descr == Py_None && slot == (void **)&type->tp_hash) {
        decision->specific = (void *)PyObject_HashNotImplemented;
    }
    else {
        decision->must_be_generic = 1;
        decision->generic = row->function;
    }
}

/* Settles the slot of the group that begins at `row`; returns the next
 * group.  `known` may be NULL, then: Runs Python (hostile keys). */
static type_slot_def *
slot_update_group(PyTypeObject *type, type_slot_def *row,
                  const mro_rows *known)
{
    slot_decision decision = {0};
    int offset = row->offset;
    void **slot = slot_pointer(type, row);

    for (; row->dunder != NULL && row->offset == offset; row++) {
        PyObject *descr =
            slot == NULL ? NULL : slot_find_dunder(type, row, known);

        if (descr != NULL) {
            slot_consider(type, row, slot, descr, &decision);
        }
        else if (slot == (void **)&type->tp_iternext) {
            decision.specific = (void *)_PyObject_NextNotImplemented;
        }
    }
    if (slot != NULL) {
        *slot = decision.specific != NULL && !decision.must_be_generic
                    ? decision.specific : decision.generic;
    }
    return row;
}

static type_slot_def *
slot_group_end(type_slot_def *row)
{
    int offset = row->offset;

    while (row->dunder != NULL && row->offset == offset) {
        row++;
    }
    return row;
}

/* Whether the slots of `type` are those of its base, but for what its own
 * namespace changes.  The base's have to be settled by the rules above:
 * object's are, and those of classes that were made by type_new (not from a
 * spec). */
static int
slots_follow_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    Py_ssize_t n = PyTuple_GET_SIZE(type->tp_mro);

    if (PyTuple_GET_SIZE(base->tp_mro) != n - 1) {
        return 0;
    }
    for (Py_ssize_t i = 1; i < n; i++) {
        if (PyTuple_GET_ITEM(type->tp_mro, i) !=
            PyTuple_GET_ITEM(base->tp_mro, i - 1)) {
            return 0;
        }
    }
    return base == &PyBaseObject_Type ||
           (type_has_feature(base, Py_TPFLAGS_HEAPTYPE) &&
            ((PyHeapTypeObject *)base)->_ht_tpname == NULL);
}

/* Takes over the base's slots.  Returns 0 if a key of the namespace is not a
 * plain interned string: then every group has to be looked at. */
static int
slots_copy_and_update(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    slot_suites suites = slot_suites_of(type), bases = slot_suites_of(base);
    type_slot_def *group, *end;
    row_set own;

    if (!row_set_from(type->tp_dict, &own)) {
        return 0;
    }
    for (group = type_slot_defs; group->dunder != NULL;
         group = slot_group_end(group)) {
        void **inherited = slot_in(&bases, group);

        *slot_in(&suites, group) = inherited == NULL ? NULL : *inherited;
    }
    if (type->tp_iternext == NULL) {
        type->tp_iternext = _PyObject_NextNotImplemented;
    }
    for (group = type_slot_defs; group->dunder != NULL; group = end) {
        int changed = 0;

        end = slot_group_end(group);
        for (type_slot_def *row = group; row < end; row++) {
            changed |= row_set_has(&own, row);
        }
        if (changed) {
            slot_update_group(type, group, NULL);
        }
    }
    return 1;
}

void
type_fixup_slots(PyTypeObject *type)
{
    type_slot_def *row = type_slot_defs;
    mro_rows known;
    int fast;

    if (slots_follow_base(type) && slots_copy_and_update(type)) {
        return;
    }
    fast = mro_rows_init(&known, type);
    while (row->dunder != NULL) {
        row = slot_update_group(type, row, fast ? &known : NULL);
    }
}

/* Settles the groups in `type` and in all subclasses that do not define
 * `name` themselves. */
static int
slot_update_groups(PyTypeObject *type, PyObject *name, type_slot_def **groups,
                   int n)
{
    PyObject *subclasses;

    for (int i = 0; i < n; i++) {
        slot_update_group(type, groups[i], NULL);
    }
    if (type->tp_subclasses == NULL) {
        return 0;
    }
    subclasses = type_subclasses(type);
    if (subclasses == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        PyTypeObject *subclass =
            (PyTypeObject *)PyList_GET_ITEM(subclasses, i);
        PyObject *dict = subclass->tp_dict;

        if (dict != NULL && PyDict_Check(dict)) {
            int own = PyDict_Contains(dict, name);

            if (own < 0) {
                Py_DECREF(subclasses);
                return -1;
            }
            if (own) {
                continue;
            }
        }
        if (slot_update_groups(subclass, name, groups, n) < 0) {
            Py_DECREF(subclasses);
            return -1;
        }
    }
    Py_DECREF(subclasses);
    return 0;
}

int
type_update_slot(PyTypeObject *type, PyObject *name)
{
    type_slot_def *groups[MAX_ROWS_PER_NAME];
    int n = 0;

    for (int i = row_find(name) + 1; i != 0; i = type_slot_defs[i - 1].next) {
        type_slot_def *start = &type_slot_defs[i - 1];

        while (start > type_slot_defs && start[-1].offset == start->offset) {
            start--;
        }
        assert(n < MAX_ROWS_PER_NAME);
        groups[n++] = start;
    }
    return n == 0 ? 0 : slot_update_groups(type, name, groups, n);
}

int
type_update_all_slots(PyTypeObject *type)
{
    PyType_Modified(type);
    for (type_slot_def *row = type_slot_defs; row->dunder != NULL; row++) {
        if (type_update_slot(type, row->name) < 0) {
            return -1;
        }
    }
    return 0;
}

/* wrapperbase rows of the descriptors, one per row of the table. */
static struct wrapperbase *slot_wrapper_bases;

/* Enters row i under its name: a further row of its dunder, or the first. */
static void
row_enter(size_t i)
{
    type_slot_def *row = &type_slot_defs[i];
    size_t place = row_index_slot(row->name);
    int first = row_find(row->name);

    row->first = (uint8_t)(first < 0 ? (int)i : first);
    row->next = 0;
    if (first >= 0) {
        type_slot_def *last = &type_slot_defs[first];

        while (last->next != 0) {
            last = &type_slot_defs[last->next - 1];
        }
        last->next = (uint8_t)(i + 1);
        return;
    }
    while (row_index[place] != 0) {
        place = (place + 1) % ROW_INDEX_SIZE;
    }
    row_index[place] = (uint8_t)(i + 1);
}

static int
slot_make_wrapper_bases(void)
{
    size_t n = 0;

    while (type_slot_defs[n].dunder != NULL) {
        n++;
    }
    assert(n <= MAX_ROWS);
    slot_wrapper_bases = PyMem_RawCalloc(n, sizeof(struct wrapperbase));
    if (slot_wrapper_bases == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        type_slot_def *row = &type_slot_defs[i];
        PyObject *name = PyUnicode_InternFromString(row->dunder);

        if (name == NULL) {
            return -1;
        }
        row->name = name;
        row_enter(i);
        slot_wrapper_bases[i] = (struct wrapperbase){
            .name = row->dunder, .offset = row->offset,
            .function = row->function, .wrapper = row->wrapper,
            .doc = row->doc, .flags = row->flags, .name_strobj = name};
    }
    return 0;
}

/* Puts a wrapper descriptor into tp_dict for each filled slot, unless the
 * dunder is there already.  tp_hash "not hashable" shows as None. */
int
type_add_operators(PyTypeObject *type)
{
    PyObject *dict = type->tp_dict;
    slot_suites suites = slot_suites_of(type);

    if (slot_wrapper_bases == NULL && slot_make_wrapper_bases() < 0) {
        return -1;
    }
    for (size_t i = 0; type_slot_defs[i].dunder != NULL; i++) {
        type_slot_def *row = &type_slot_defs[i];
        void **slot;
        int present;

        if (row->wrapper == NULL) {
            continue;
        }
        slot = slot_in(&suites, row);
        if (slot == NULL || *slot == NULL) {
            continue;
        }
        present = PyDict_Contains(dict, row->name);
        if (present < 0) {
            return -1;
        }
        if (present) {
            continue;
        }
        if (*slot == (void *)PyObject_HashNotImplemented) {
            if (PyDict_SetItem(dict, row->name, Py_None) < 0) {
                return -1;
            }
        }
        else {
            PyObject *descr = PyDescr_NewWrapper(type, &slot_wrapper_bases[i],
                                                 *slot);

            if (descr == NULL || PyDict_SetItem(dict, row->name, descr) < 0) {
                Py_XDECREF(descr);
                return -1;
            }
            Py_DECREF(descr);
        }
    }
    return 0;
}
