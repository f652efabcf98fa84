/* A persistent mapping: a hash array mapped trie (Bagwell, "Ideal Hash Trees",
 * 2001).
 *
 * Each level looks at five bits of a 32-bit hash.  A node has a bit for each
 * of the 32 branches that exist, and pairs of words in the order of the bits:
 *
 *      key, value         a leaf
 *      NULL, node         a subtree
 *
 * Where the hash is used up (level 7), keys with the same hash share a
 * collision node: a plain list of leaves.  Nodes never change once they are
 * reachable: an update copies the path from the root. Invariant: no subtree
 * consists of a single leaf. */
#include "Python.h"

#include "context.h"
#include "gc.h"
#include "object.h"

#define BITS_PER_LEVEL 5
#define LEVEL_MASK 31u
#define HASH_BITS 32

typedef struct {
    PyObject_VAR_HEAD                  /* size: words in pairs */
    uint32_t bitmap;                   /* branch nodes */
    uint32_t hash;                     /* collision nodes */
    int is_collision;
    PyObject *pairs[1];
} Node;

static int
hamt_hash(PyObject *key, uint32_t *hash)
{
    Py_hash_t full = PyObject_Hash(key);

    if (full == -1) {
        return -1;
    }
    *hash = (uint32_t)((uint64_t)full & 0xffffffffu) ^
            (uint32_t)((uint64_t)full >> 32);
    return 0;
}

static uint32_t
bit_for(uint32_t hash, unsigned shift)
{
    return (uint32_t)1 << ((hash >> shift) & LEVEL_MASK);
}

/* Position of the pair for a bit. */
static Py_ssize_t
index_for(uint32_t bitmap, uint32_t bit)
{
    return 2 * __builtin_popcount(bitmap & (bit - 1));
}

/* ---- nodes ---- */

static Node *
node_new(Py_ssize_t size, int is_collision)
{
    Node *node = PyObject_GC_NewVar(Node, &hamt_node_type, size);

    if (node == NULL) {
        return NULL;
    }
    node->bitmap = 0;
    node->hash = 0;
    node->is_collision = is_collision;
    for (Py_ssize_t i = 0; i < size; i++) {
        node->pairs[i] = NULL;
    }
    PyObject_GC_Track(node);
    return node;
}

/* A copy with a gap of one pair at `gap` (if not -1), or without the pair at
 * `skip` (if not -1). */
static Node *
node_copy(Node *node, Py_ssize_t gap, Py_ssize_t skip)
{
    Py_ssize_t size = Py_SIZE(node) + (gap >= 0 ? 2 : 0) - (skip >= 0 ? 2 : 0),
               to = 0;
    Node *copy = node_new(size, node->is_collision);

    if (copy == NULL) {
        return NULL;
    }
    copy->bitmap = node->bitmap;
    copy->hash = node->hash;
    for (Py_ssize_t from = 0; from < Py_SIZE(node); from += 2) {
        if (from == gap) {
            to += 2;
        }
        if (from == skip) {
            continue;
        }
        copy->pairs[to] = Py_XNewRef(node->pairs[from]);
        copy->pairs[to + 1] = Py_XNewRef(node->pairs[from + 1]);
        to += 2;
    }
    return copy;
}

static void
node_set(Node *node, Py_ssize_t i, PyObject *key, PyObject *value)
{
    Py_XSETREF(node->pairs[i], Py_XNewRef(key));
    Py_XSETREF(node->pairs[i + 1], Py_NewRef(value));
}

static void
node_dealloc(Node *node)
{
    PyObject_GC_UnTrack(node);
    Py_TRASHCAN_BEGIN(node, node_dealloc);
    for (Py_ssize_t i = Py_SIZE(node); --i >= 0;) {
        Py_XDECREF(node->pairs[i]);
    }
    PyObject_GC_Del(node);
    Py_TRASHCAN_END;
}

static int
node_traverse(Node *node, visitproc visit, void *arg)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(node); i++) {
        Py_VISIT(node->pairs[i]);
    }
    return 0;
}

PyTypeObject hamt_node_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "hamt_node",
    .tp_basicsize = offsetof(Node, pairs),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)node_dealloc,
    .tp_traverse = (traverseproc)node_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
};

/* ---- operations on nodes ---- */

static Node *node_assoc(Node *node, unsigned shift, uint32_t hash,
                        PyObject *key, PyObject *value, int *added);

/* Index of the key in a collision node: 1/0/-1. */
static int
collision_find(Node *node, PyObject *key, Py_ssize_t *index)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(node); i += 2) {
        int equal = PyObject_RichCompareBool(key, node->pairs[i], Py_EQ);

        if (equal != 0) {
            *index = i;
            return equal;
        }
    }
    return 0;
}

/* Two leaves below a branch. */
static Node *
node_from_two(unsigned shift, PyObject *old_key, PyObject *old_value,
              uint32_t hash, PyObject *key, PyObject *value)
{
    uint32_t old_hash;
    Node *node, *first;
    int added;

    if (hamt_hash(old_key, &old_hash) < 0) {
        return NULL;
    }
    if (shift >= HASH_BITS || old_hash == hash) {
        node = node_new(4, 1);
        if (node != NULL) {
            node->hash = hash;
            node_set(node, 0, old_key, old_value);
            node_set(node, 2, key, value);
        }
        return node;
    }
    first = node_new(2, 0);
    if (first == NULL) {
        return NULL;
    }
    first->bitmap = bit_for(old_hash, shift);
    node_set(first, 0, old_key, old_value);
    node = node_assoc(first, shift, hash, key, value, &added);
    Py_DECREF(first);
    return node;
}

static Node *
collision_assoc(Node *node, unsigned shift, uint32_t hash, PyObject *key,
                PyObject *value, int *added)
{
    Py_ssize_t index = Py_SIZE(node);
    Node *copy;
    int found;

    if (hash != node->hash) {
        Node *branch = node_new(2, 0), *result;

        if (branch == NULL) {
            return NULL;
        }
        branch->bitmap = bit_for(node->hash, shift);
        node_set(branch, 0, NULL, (PyObject *)node);
        result = node_assoc(branch, shift, hash, key, value, added);
        Py_DECREF(branch);
        return result;
    }
    found = collision_find(node, key, &index);
    if (found < 0) {
        return NULL;
    }
    if (found) {
        if (node->pairs[index + 1] == value) {
            return (Node *)Py_NewRef(node);
        }
        copy = node_copy(node, -1, -1);
    }
    else {
        *added = 1;
        index = Py_SIZE(node);
        copy = node_copy(node, index, -1);
    }
    if (copy != NULL) {
        node_set(copy, index, key, value);
    }
    return copy;
}

/* The node with key -> value: new, or the same. */
static Node *
node_assoc(Node *node, unsigned shift, uint32_t hash, PyObject *key,
           PyObject *value, int *added)
{
    uint32_t bit;
    Py_ssize_t index;
    PyObject *old_key, *old_value;
    Node *child, *copy;
    int equal;

    if (node->is_collision) {
        return collision_assoc(node, shift, hash, key, value, added);
    }
    bit = bit_for(hash, shift);
    index = index_for(node->bitmap, bit);
    if (!(node->bitmap & bit)) {
        copy = node_copy(node, index, -1);
        if (copy != NULL) {
            copy->bitmap |= bit;
            node_set(copy, index, key, value);
            *added = 1;
        }
        return copy;
    }
    old_key = node->pairs[index];
    old_value = node->pairs[index + 1];
    if (old_key == NULL) {
        child = node_assoc((Node *)old_value, shift + BITS_PER_LEVEL, hash,
                           key, value, added);
        if (child == NULL || (PyObject *)child == old_value) {
            Py_XDECREF(child);
            return child == NULL ? NULL : (Node *)Py_NewRef(node);
        }
    }
    else {
        equal = PyObject_RichCompareBool(key, old_key, Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        if (equal) {
            if (old_value == value) {
                return (Node *)Py_NewRef(node);
            }
            copy = node_copy(node, -1, -1);
            if (copy != NULL) {
                node_set(copy, index, key, value);
            }
            return copy;
        }
        child = node_from_two(shift + BITS_PER_LEVEL, old_key, old_value, hash,
                              key, value);
        if (child == NULL) {
            return NULL;
        }
        *added = 1;
    }
    copy = node_copy(node, -1, -1);
    if (copy != NULL) {
        node_set(copy, index, NULL, (PyObject *)child);
    }
    Py_DECREF(child);
    return copy;
}

static int
node_find(Node *node, unsigned shift, uint32_t hash, PyObject *key,
          PyObject **value)
{
    while (!node->is_collision) {
        uint32_t bit = bit_for(hash, shift);
        Py_ssize_t index = index_for(node->bitmap, bit);
        int equal;

        if (!(node->bitmap & bit)) {
            return 0;
        }
        if (node->pairs[index] == NULL) {
            node = (Node *)node->pairs[index + 1];
            shift += BITS_PER_LEVEL;
            continue;
        }
        equal = PyObject_RichCompareBool(key, node->pairs[index], Py_EQ);
        if (equal > 0) {
            *value = node->pairs[index + 1];
        }
        return equal;
    }
    Py_ssize_t index;
    int found = collision_find(node, key, &index);

    if (found > 0) {
        *value = node->pairs[index + 1];
    }
    return found;
}

/* Removes: 1 and *result the remaining node (NULL: nothing left), 0 absent,
 * -1. */
static int
node_without(Node *node, unsigned shift, uint32_t hash, PyObject *key,
             Node **result)
{
    Py_ssize_t index = 0;
    uint32_t bit = 0;
    int found;

    *result = NULL;
    if (node->is_collision) {
        found = collision_find(node, key, &index);
    }
    else {
        bit = bit_for(hash, shift);
        index = index_for(node->bitmap, bit);
        if (!(node->bitmap & bit)) {
            return 0;
        }
        if (node->pairs[index] == NULL) {
            Node *child, *copy;

            found = node_without((Node *)node->pairs[index + 1],
                                 shift + BITS_PER_LEVEL, hash, key, &child);
            if (found <= 0) {
                return found;
            }
            copy = node_copy(node, -1, -1);
            if (copy != NULL && Py_SIZE(child) == 2 &&
                child->pairs[0] != NULL) {
                /* a single leaf */
                node_set(copy, index, child->pairs[0], child->pairs[1]);
            }
            else if (copy != NULL) {
                node_set(copy, index, NULL, (PyObject *)child);
            }
            Py_DECREF(child);
            *result = copy;
            return copy != NULL ? 1 : -1;
        }
        found = PyObject_RichCompareBool(key, node->pairs[index], Py_EQ);
    }
    if (found <= 0) {
        return found;
    }
    if (Py_SIZE(node) == 2) {
        return 1;
    }
    *result = node_copy(node, -1, index);
    if (*result == NULL) {
        return -1;
    }
    (*result)->bitmap &= ~bit;
    return 1;
}

/* ---- the mapping ---- */

static PyHamtObject *
hamt_alloc(Node *root, Py_ssize_t count)          /* steals root */
{
    PyHamtObject *hamt = PyObject_GC_New(PyHamtObject, &hamt_type);

    if (hamt == NULL) {
        Py_XDECREF(root);
        return NULL;
    }
    hamt->root = (PyObject *)root;
    hamt->weakreflist = NULL;
    hamt->count = count;
    PyObject_GC_Track(hamt);
    return hamt;
}

PyHamtObject *
hamt_new(void)
{
    return hamt_alloc(NULL, 0);
}

PyHamtObject *
hamt_assoc(PyHamtObject *hamt, PyObject *key, PyObject *value)
{
    Node *root;
    uint32_t hash;
    int added = 0;

    if (hamt_hash(key, &hash) < 0) {
        return NULL;
    }
    if (hamt->root == NULL) {
        root = node_new(2, 0);
        if (root == NULL) {
            return NULL;
        }
        root->bitmap = bit_for(hash, 0);
        node_set(root, 0, key, value);
        return hamt_alloc(root, 1);
    }
    root = node_assoc((Node *)hamt->root, 0, hash, key, value, &added);
    if (root == NULL) {
        return NULL;
    }
    if ((PyObject *)root == hamt->root) {
        Py_DECREF(root);
        return (PyHamtObject *)Py_NewRef(hamt);
    }
    return hamt_alloc(root, hamt->count + added);
}

PyHamtObject *
hamt_without(PyHamtObject *hamt, PyObject *key)
{
    Node *root = NULL;
    uint32_t hash;
    int found;

    if (hamt_hash(key, &hash) < 0) {
        return NULL;
    }
    found = hamt->root == NULL
                ? 0
                : node_without((Node *)hamt->root, 0, hash, key, &root);
    if (found < 0) {
        return NULL;
    }
    return found == 0 ? (PyHamtObject *)Py_NewRef(hamt)
                      : hamt_alloc(root, hamt->count - 1);
}

int
hamt_find(PyHamtObject *hamt, PyObject *key, PyObject **value)
{
    uint32_t hash;

    if (hamt->count == 0) {
        return 0;
    }
    if (hamt_hash(key, &hash) < 0) {
        return -1;
    }
    return node_find((Node *)hamt->root, 0, hash, key, value);
}

Py_ssize_t
hamt_len(PyHamtObject *hamt)
{
    return hamt->count;
}

/* ---- iteration: a stack of nodes and positions ---- */

typedef struct {
    Node *nodes[HAMT_MAX_DEPTH];       /* borrowed from the mapping */
    Py_ssize_t positions[HAMT_MAX_DEPTH];
    int level;                         /* -1: exhausted */
} Walk;

static void
walk_begin(Walk *walk, PyHamtObject *hamt)
{
    walk->level = hamt->root == NULL ? -1 : 0;
    walk->nodes[0] = (Node *)hamt->root;
    walk->positions[0] = 0;
}

/* 1 and the next leaf, borrowed; 0 at the end. */
static int
walk_next(Walk *walk, PyObject **key, PyObject **value)
{
    while (walk->level >= 0) {
        Node *node = walk->nodes[walk->level];
        Py_ssize_t i = walk->positions[walk->level];

        if (i >= Py_SIZE(node)) {
            walk->level--;
            continue;
        }
        walk->positions[walk->level] = i + 2;
        if (node->pairs[i] != NULL) {
            *key = node->pairs[i];
            *value = node->pairs[i + 1];
            return 1;
        }
        walk->level++;
        walk->nodes[walk->level] = (Node *)node->pairs[i + 1];
        walk->positions[walk->level] = 0;
    }
    return 0;
}

int
hamt_eq(PyHamtObject *left, PyHamtObject *right)
{
    PyObject *key, *value, *other = NULL;
    Walk walk;

    if (left == right) {
        return 1;
    }
    if (left->count != right->count) {
        return 0;
    }
    walk_begin(&walk, left);
    while (walk_next(&walk, &key, &value)) {
        int found = hamt_find(right, key, &other);

        if (found > 0) {
            found = PyObject_RichCompareBool(value, other, Py_EQ);
        }
        if (found <= 0) {
            return found;
        }
    }
    return 1;
}

typedef struct {
    PyObject_HEAD
    PyHamtObject *hamt;
    Walk walk;
} HamtIter;

static PyObject *
hamt_iter_new(PyHamtObject *hamt, PyTypeObject *type)
{
    HamtIter *it = PyObject_GC_New(HamtIter, type);

    if (it == NULL) {
        return NULL;
    }
    it->hamt = (PyHamtObject *)Py_NewRef(hamt);
    walk_begin(&it->walk, hamt);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

PyObject *
hamt_iter_keys(PyHamtObject *hamt)
{
    return hamt_iter_new(hamt, &hamt_keys_type);
}

PyObject *
hamt_iter_values(PyHamtObject *hamt)
{
    return hamt_iter_new(hamt, &hamt_values_type);
}

PyObject *
hamt_iter_items(PyHamtObject *hamt)
{
    return hamt_iter_new(hamt, &hamt_items_type);
}

static void
hamt_iter_dealloc(HamtIter *it)
{
    PyObject_GC_UnTrack(it);
    Py_CLEAR(it->hamt);
    PyObject_GC_Del(it);
}

static int
hamt_iter_traverse(HamtIter *it, visitproc visit, void *arg)
{
    Py_VISIT(it->hamt);
    return 0;
}

static Py_ssize_t
hamt_iter_len(HamtIter *it)
{
    return it->hamt->count;
}

static PyObject *
hamt_iter_next_key(HamtIter *it)
{
    PyObject *key, *value;

    return walk_next(&it->walk, &key, &value) ? Py_NewRef(key) : NULL;
}

static PyObject *
hamt_iter_next_value(HamtIter *it)
{
    PyObject *key, *value;

    return walk_next(&it->walk, &key, &value) ? Py_NewRef(value) : NULL;
}

static PyObject *
hamt_iter_next_item(HamtIter *it)
{
    PyObject *key, *value;

    return walk_next(&it->walk, &key, &value) ? PyTuple_Pack(2, key, value)
                                              : NULL;
}

static PyMappingMethods hamt_iter_as_mapping = {.mp_length =
                                                    (lenfunc)hamt_iter_len};

#define HAMT_ITER_TYPE(variable, name, next) \
    PyTypeObject variable = { \
        PyVarObject_HEAD_INIT(&PyType_Type, 0) \
        .tp_name = name, \
        .tp_basicsize = sizeof(HamtIter), \
        .tp_dealloc = (destructor)hamt_iter_dealloc, \
        .tp_traverse = (traverseproc)hamt_iter_traverse, \
        .tp_as_mapping = &hamt_iter_as_mapping, \
        .tp_getattro = PyObject_GenericGetAttr, \
        .tp_iter = PyObject_SelfIter, \
        .tp_iternext = (iternextfunc)next, \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, \
    }

HAMT_ITER_TYPE(hamt_keys_type, "keys", hamt_iter_next_key);
HAMT_ITER_TYPE(hamt_values_type, "values", hamt_iter_next_value);
HAMT_ITER_TYPE(hamt_items_type, "items", hamt_iter_next_item);
#undef HAMT_ITER_TYPE

/* ---- as an object, for tests ---- */

static int
hamt_tp_clear(PyHamtObject *self)
{
    Py_CLEAR(self->root);
    self->count = 0;
    return 0;
}

static int
hamt_tp_traverse(PyHamtObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->root);
    return 0;
}

static void
hamt_tp_dealloc(PyHamtObject *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    hamt_tp_clear(self);
    PyObject_GC_Del(self);
}

static PyObject *
hamt_tp_richcompare(PyObject *v, PyObject *w, int op)
{
    int equal;

    if (!Py_IS_TYPE(v, &hamt_type) || !Py_IS_TYPE(w, &hamt_type) ||
        (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    equal = hamt_eq((PyHamtObject *)v, (PyHamtObject *)w);
    return equal < 0 ? NULL : PyBool_FromLong(op == Py_EQ ? equal : !equal);
}

static int
hamt_tp_contains(PyHamtObject *self, PyObject *key)
{
    PyObject *value;

    return hamt_find(self, key, &value);
}

static PyObject *
hamt_tp_subscript(PyHamtObject *self, PyObject *key)
{
    PyObject *value = NULL;
    int found = hamt_find(self, key, &value);

    if (found == 0) {
        PyErr_SetObject(PyExc_KeyError, key);
    }
    return found > 0 ? Py_NewRef(value) : NULL;
}

static PyObject *
hamt_tp_new(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(args),
            PyObject *Py_UNUSED(kwds))
{
    return (PyObject *)hamt_new();
}

static PyObject *
hamt_method_set(PyHamtObject *self, PyObject *args)
{
    PyObject *key, *value;

    if (!PyArg_UnpackTuple(args, "set", 2, 2, &key, &value)) {
        return NULL;
    }
    return (PyObject *)hamt_assoc(self, key, value);
}

static PyObject *
hamt_method_get(PyHamtObject *self, PyObject *args)
{
    PyObject *key, *fallback = Py_None, *value = NULL;
    int found;

    if (!PyArg_UnpackTuple(args, "get", 1, 2, &key, &fallback)) {
        return NULL;
    }
    found = hamt_find(self, key, &value);
    return found < 0 ? NULL : Py_NewRef(found ? value : fallback);
}

static PyObject *
hamt_method_delete(PyHamtObject *self, PyObject *key)
{
    return (PyObject *)hamt_without(self, key);
}

static PyObject *
hamt_method_items(PyHamtObject *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_items(self);
}

static PyObject *
hamt_method_keys(PyHamtObject *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_keys(self);
}

static PyObject *
hamt_method_values(PyHamtObject *self, PyObject *Py_UNUSED(ignored))
{
    return hamt_iter_values(self);
}

static PyMethodDef hamt_methods[] = {
    {"set", (PyCFunction)hamt_method_set, METH_VARARGS, NULL},
    {"get", (PyCFunction)hamt_method_get, METH_VARARGS, NULL},
    {"delete", (PyCFunction)hamt_method_delete, METH_O, NULL},
    {"items", (PyCFunction)hamt_method_items, METH_NOARGS, NULL},
    {"keys", (PyCFunction)hamt_method_keys, METH_NOARGS, NULL},
    {"values", (PyCFunction)hamt_method_values, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods hamt_as_sequence = {.sq_contains =
                                                 (objobjproc)hamt_tp_contains};
static PyMappingMethods hamt_as_mapping = {
    .mp_length = (lenfunc)hamt_len,
    .mp_subscript = (binaryfunc)hamt_tp_subscript,
};

PyTypeObject hamt_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "hamt",
    .tp_basicsize = sizeof(PyHamtObject),
    .tp_dealloc = (destructor)hamt_tp_dealloc,
    .tp_traverse = (traverseproc)hamt_tp_traverse,
    .tp_clear = (inquiry)hamt_tp_clear,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_richcompare = hamt_tp_richcompare,
    .tp_as_sequence = &hamt_as_sequence,
    .tp_as_mapping = &hamt_as_mapping,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = (getiterfunc)hamt_iter_keys,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(PyHamtObject, weakreflist),
    .tp_methods = hamt_methods,
    .tp_new = hamt_tp_new,
};
