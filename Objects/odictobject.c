/* collections.OrderedDict.
 *
 * A dict, and beside it a doubly linked list of nodes in the order that
 * OrderedDict promises (move_to_end makes it differ from the dict's).  The
 * node of a key is found through `nodes`, an array parallel to the entries of
 * the dict's key table: dict_lookup gives the position.  When the dict gets
 * another table the positions change: nodes_for (the table that the array was
 * made for) tells, and each answer is checked against the node's key, so that
 * a change behind our back (PyDict_SetItem on an OrderedDict) is noticed.
 *
 * `state` counts structural changes, for the iterators.
 *
 * Layout: the reference's (112 bytes, dict at 96, weak references at 104). */
#include "Python.h"
#include "structmember.h"

#include "abstract.h"
#include "call.h"
#include "dict.h"
#include "errors.h"
#include "gc.h"
#include "names.h"
#include "object.h"

typedef struct odict_node {
    PyObject *key;                     /* owned */
    Py_hash_t hash;
    struct odict_node *next, *previous;
} Node;

typedef struct _odictobject {
    PyDictObject od_dict;
    Node **nodes;                      /* by position in the key table */
    Py_ssize_t nodes_len;
    PyDictKeysObject *nodes_for;       /* never dereferenced */
    size_t state;
    Node *first, *last;
    PyObject *inst_dict;
    PyObject *weakrefs;
} OdictObject;

static inline OdictObject *
odict(PyObject *op)
{
    assert(PyODict_Check(op));
    return (OdictObject *)op;
}

/* ---- nodes ---- */

/* Places every node by the position of its key.  A node whose key the dict
 * has lost is an inconsistency: KeyError.  Runs Python (comparing). */
static int
nodes_rebuild(OdictObject *self)
{
    PyDictObject *mp = &self->od_dict;
    PyDictKeysObject *keys = mp->ma_keys;
    Py_ssize_t len = DICT_KEYS_SIZE(keys);
    Node **nodes = PyMem_Calloc((size_t)len, sizeof(Node *));

    if (nodes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Node *node = self->first; node != NULL; node = node->next) {
        PyObject *value, *key = Py_NewRef(node->key);
        size_t state = self->state;
        Py_ssize_t index = dict_lookup(mp, key, node->hash, &value);

        Py_DECREF(key);
        if (index < 0 || index >= len || keys != mp->ma_keys ||
            state != self->state) {
            if (!PyErr_Occurred()) {
                _PyErr_SetKeyError(Py_None);
            }
            PyMem_Free(nodes);
            return -1;
        }
        nodes[index] = node;
    }
    PyMem_Free(self->nodes);
    self->nodes = nodes;
    self->nodes_len = len;
    self->nodes_for = keys;
    return 0;
}

/* The position of key in the table that `nodes` is for; DICT_INDEX_EMPTY or
 * DICT_INDEX_ERROR.  Valid until Python runs.  Runs Python (comparing). */
static Py_ssize_t
node_position(OdictObject *self, PyObject *key, Py_hash_t hash)
{
    PyDictObject *mp = &self->od_dict;
    PyObject *value;
    Py_ssize_t index;

    for (;;) {
        index = dict_lookup(mp, key, hash, &value);
        if (index < 0 || value == NULL) {
            return index == DICT_INDEX_ERROR ? index : DICT_INDEX_EMPTY;
        }
        if (self->nodes_for == mp->ma_keys && index < self->nodes_len) {
            return index;
        }
        if (nodes_rebuild(self) < 0) {
            return DICT_INDEX_ERROR;
        }
    }
}

/* The node of key; 1 found, 0 absent, -1.  *found and *position (may be NULL)
 * are valid until Python runs.  Runs Python (comparing). */
static int
node_find(OdictObject *self, PyObject *key, Py_hash_t hash, Node **found,
          Py_ssize_t *position)
{
    Py_ssize_t index;

    *found = NULL;
    if (self->first == NULL) {
        return 0;
    }
    index = node_position(self, key, hash);
    if (index < 0) {
        return index == DICT_INDEX_ERROR ? -1 : 0;
    }
    if (self->nodes[index] == NULL || self->nodes[index]->hash != hash) {
        /* The dict was changed behind our back: the array may be stale. */
        if (nodes_rebuild(self) < 0) {
            return -1;
        }
        index = node_position(self, key, hash);
        if (index < 0) {
            return index == DICT_INDEX_ERROR ? -1 : 0;
        }
    }
    *found = self->nodes[index];
    if (position != NULL) {
        *position = index;
    }
    return *found != NULL;
}

static void
node_link_last(OdictObject *self, Node *node)
{
    node->next = NULL;
    node->previous = self->last;
    if (self->last == NULL) {
        self->first = node;
    }
    else {
        self->last->next = node;
    }
    self->last = node;
    self->state++;
}

static void
node_link_first(OdictObject *self, Node *node)
{
    node->previous = NULL;
    node->next = self->first;
    if (self->first == NULL) {
        self->last = node;
    }
    else {
        self->first->previous = node;
    }
    self->first = node;
    self->state++;
}

static void
node_unlink(OdictObject *self, Node *node)
{
    if (node->previous != NULL) {
        node->previous->next = node->next;
    }
    else if (self->first == node) {
        self->first = node->next;
    }
    if (node->next != NULL) {
        node->next->previous = node->previous;
    }
    else if (self->last == node) {
        self->last = node->previous;
    }
    node->previous = node->next = NULL;
    self->state++;
}

/* A node at the end, for a key that the dict has (just got). */
static int
node_add(OdictObject *self, PyObject *key, Py_hash_t hash)
{
    Py_ssize_t index;
    Node *node;

    if (self->nodes_for != self->od_dict.ma_keys && nodes_rebuild(self) < 0) {
        return -1;
    }
    index = node_position(self, key, hash);
    if (index < 0) {
        if (!PyErr_Occurred()) {
            _PyErr_SetKeyError(key);
        }
        return -1;
    }
    if (self->nodes[index] != NULL && self->nodes[index]->hash == hash) {
        return 0;                      /* there already */
    }
    node = PyMem_Malloc(sizeof(Node));
    if (node == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    node->key = Py_NewRef(key);
    node->hash = hash;
    self->nodes[index] = node;
    node_link_last(self, node);
    return 0;
}

static void
nodes_clear(OdictObject *self)
{
    Node *node = self->first;

    self->first = NULL;
    self->last = NULL;
    PyMem_Free(self->nodes);
    self->nodes = NULL;
    self->nodes_len = 0;
    self->nodes_for = NULL;
    self->state++;
    while (node != NULL) {
        Node *next = node->next;
        Py_DECREF(node->key);
        PyMem_Free(node);
        node = next;
    }
}

/* Removes the node of key; the dict still has the key.  1/0/-1.
 * Runs Python (comparing, freeing). */
static int
node_remove_key(OdictObject *self, PyObject *key, Py_hash_t hash)
{
    PyObject *node_key;
    Py_ssize_t index;
    Node *node;
    int found = node_find(self, key, hash, &node, &index);

    if (found <= 0) {
        return found;
    }
    self->nodes[index] = NULL;
    node_unlink(self, node);
    node_key = node->key;
    PyMem_Free(node);
    Py_DECREF(node_key);
    return 1;
}

/* ---- items ---- */

static int
odict_set_known_hash(PyObject *op, PyObject *key, PyObject *value,
                     Py_hash_t hash)
{
    int status = _PyDict_SetItem_KnownHash(op, key, value, hash);

    if (status == 0) {
        status = node_add(odict(op), key, hash);
        if (status < 0) {
            /* The dict must not have what the list has not. */
            PyObject *type, *error, *traceback;
            PyErr_Fetch(&type, &error, &traceback);
            if (_PyDict_DelItem_KnownHash(op, key, hash) < 0) {
                PyErr_Clear();
            }
            PyErr_Restore(type, error, traceback);
        }
    }
    return status;
}

int
PyODict_SetItem(PyObject *op, PyObject *key, PyObject *value)
{
    Py_hash_t hash = PyObject_Hash(key);

    return hash == -1 ? -1 : odict_set_known_hash(op, key, value, hash);
}

int
PyODict_DelItem(PyObject *op, PyObject *key)
{
    Py_hash_t hash = PyObject_Hash(key);

    if (hash == -1 || node_remove_key(odict(op), key, hash) < 0) {
        return -1;
    }
    return _PyDict_DelItem_KnownHash(op, key, hash);
}

static int
odict_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    return value == NULL ? PyODict_DelItem(op, key)
                         : PyODict_SetItem(op, key, value);
}

PyObject *
PyODict_New(void)
{
    return PyDict_Type.tp_new(&PyODict_Type, NULL, NULL);
}

/* ---- updating ---- */

/* A pair (key, value) as new references; -1 with TypeError or ValueError. */
static int
unpack_pair(PyObject *pair, PyObject **key, PyObject **value)
{
    PyObject *iterator = PyObject_GetIter(pair), *extra;

    *key = *value = NULL;
    if (iterator == NULL) {
        return -1;
    }
    *key = PyIter_Next(iterator);
    if (*key == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "need more than 0 values to unpack");
        }
        goto fail;
    }
    *value = PyIter_Next(iterator);
    if (*value == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "need more than 1 value to unpack");
        }
        goto fail;
    }
    extra = PyIter_Next(iterator);
    if (extra != NULL) {
        Py_DECREF(extra);
        PyErr_SetString(PyExc_ValueError,
                        "too many values to unpack (expected 2)");
        goto fail;
    }
    if (PyErr_Occurred()) {
        goto fail;
    }
    Py_DECREF(iterator);
    return 0;
fail:
    Py_CLEAR(*key);
    Py_CLEAR(*value);
    Py_DECREF(iterator);
    return -1;
}

/* self[key] = value for each pair. */
static int
add_pairs(PyObject *self, PyObject *pairs)
{
    PyObject *iterator = PyObject_GetIter(pairs), *pair, *key, *value;
    int status = 0;

    if (iterator == NULL) {
        return -1;
    }
    while (status == 0 && (pair = PyIter_Next(iterator)) != NULL) {
        status = unpack_pair(pair, &key, &value);
        if (status == 0) {
            status = PyObject_SetItem(self, key, value);
            Py_DECREF(key);
            Py_DECREF(value);
        }
        Py_DECREF(pair);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* self[key] = mapping[key] for each of keys (stolen). */
static int
add_keys(PyObject *self, PyObject *mapping, PyObject *keys)
{
    PyObject *iterator, *key;
    int status = 0;

    iterator = PyObject_GetIter(keys);
    Py_DECREF(keys);
    if (iterator == NULL) {
        return -1;
    }
    while (status == 0 && (key = PyIter_Next(iterator)) != NULL) {
        PyObject *value = PyObject_GetItem(mapping, key);
        status = value == NULL ? -1 : PyObject_SetItem(self, key, value);
        Py_XDECREF(value);
        Py_DECREF(key);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

static int
update_from(PyObject *self, PyObject *arg)
{
    PyObject *method, *items;
    int status;

    if (PyDict_CheckExact(arg)) {
        items = PyDict_Items(arg);
        status = items == NULL ? -1 : add_pairs(self, items);
        Py_XDECREF(items);
        return status;
    }
    if (_PyObject_LookupAttr(arg, NAME(keys), &method) < 0) {
        return -1;
    }
    if (method != NULL) {
        items = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        return items == NULL ? -1 : add_keys(self, arg, items);
    }
    if (_PyObject_LookupAttr(arg, NAME(items), &method) < 0) {
        return -1;
    }
    if (method != NULL) {
        items = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        status = items == NULL ? -1 : add_pairs(self, items);
        Py_XDECREF(items);
        return status;
    }
    return add_pairs(self, arg);
}

static PyObject *
odict_update(PyObject *self, PyObject *args, PyObject *kwds)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (nargs > 1) {
        PyErr_Format(
            PyExc_TypeError,
            "update() takes at most 1 positional argument (%zd given)", nargs);
        return NULL;
    }
    if (nargs == 1 && update_from(self, PyTuple_GET_ITEM(args, 0)) < 0) {
        return NULL;
    }
    if (kwds != NULL) {
        PyObject *items;
        int status;
        if (!PyArg_ValidateKeywordArguments(kwds)) {
            return NULL;
        }
        items = PyDict_Items(kwds);
        status = items == NULL ? -1 : add_pairs(self, items);
        Py_XDECREF(items);
        if (status < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static int
odict_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *ignored;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (nargs > 1) {
        PyErr_Format(PyExc_TypeError,
                     "expected at most 1 arguments, got %zd", nargs);
        return -1;
    }
    ignored = odict_update(self, args, kwds);
    Py_XDECREF(ignored);
    return ignored == NULL ? -1 : 0;
}

/* ---- life ---- */

static void
odict_dealloc(PyObject *op)
{
    OdictObject *self = (OdictObject *)op;

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, odict_dealloc)
    Py_XDECREF(self->inst_dict);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    nodes_clear(self);
    PyDict_Type.tp_dealloc(op);
    Py_TRASHCAN_END
}

static int
odict_traverse(PyObject *op, visitproc visit, void *arg)
{
    OdictObject *self = (OdictObject *)op;

    Py_VISIT(self->inst_dict);
    for (Node *node = self->first; node != NULL; node = node->next) {
        Py_VISIT(node->key);
    }
    return PyDict_Type.tp_traverse(op, visit, arg);
}

static int
odict_tp_clear(PyObject *op)
{
    OdictObject *self = (OdictObject *)op;

    Py_CLEAR(self->inst_dict);
    PyDict_Clear(op);
    nodes_clear(self);
    return 0;
}

/* ---- repr, comparison, operators ---- */

/* The items in order, as a list of pairs.  Runs Python (hashing). */
static PyObject *
odict_pairs(OdictObject *self)
{
    PyObject *pairs = PyList_New(0);
    Node *node = self->first;

    while (pairs != NULL && node != NULL) {
        size_t state = self->state;
        PyObject *key = Py_NewRef(node->key), *pair = NULL;
        PyObject *value = PyDict_GetItemWithError((PyObject *)self, key);

        if (value != NULL) {
            pair = PyTuple_Pack(2, key, value);
        }
        else if (!PyErr_Occurred()) {
            _PyErr_SetKeyError(key);
        }
        Py_DECREF(key);
        if (pair == NULL || PyList_Append(pairs, pair) < 0) {
            Py_CLEAR(pairs);
        }
        Py_XDECREF(pair);
        if (pairs != NULL && state != self->state) {
            PyErr_SetString(PyExc_RuntimeError,
                            "OrderedDict mutated during iteration");
            Py_CLEAR(pairs);
        }
        if (pairs != NULL) {
            node = node->next;
        }
    }
    return pairs;
}

static PyObject *
odict_repr(PyObject *op)
{
    PyObject *pieces = NULL, *result = NULL;
    int entered;

    if (PyODict_SIZE(op) == 0) {
        return PyUnicode_FromFormat("%s()", _PyType_Name(Py_TYPE(op)));
    }
    entered = Py_ReprEnter(op);
    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("...") : NULL;
    }
    if (PyODict_CheckExact(op)) {
        pieces = odict_pairs(odict(op));
    }
    else {
        PyObject *items = PyObject_CallMethodNoArgs(op, NAME(items));
        pieces = items == NULL ? NULL : PySequence_List(items);
        Py_XDECREF(items);
    }
    if (pieces != NULL) {
        result = PyUnicode_FromFormat("%s(%R)", _PyType_Name(Py_TYPE(op)),
                                      pieces);
        Py_DECREF(pieces);
    }
    Py_ReprLeave(op);
    return result;
}

/* Whether the keys come in the same order.  1/0/-1. */
static int
same_order(OdictObject *a, OdictObject *b)
{
    Node *x = a->first, *y = b->first;

    while (x != NULL && y != NULL) {
        size_t state_a = a->state, state_b = b->state;
        int equal;

        if (x->hash != y->hash) {
            return 0;
        }
        PyObject *left = Py_NewRef(x->key), *right = Py_NewRef(y->key);
        equal = PyObject_RichCompareBool(left, right, Py_EQ);
        Py_DECREF(left);
        Py_DECREF(right);
        if (equal <= 0) {
            return equal;
        }
        if (a->state != state_a || b->state != state_b) {
            PyErr_SetString(PyExc_RuntimeError,
                            "OrderedDict mutated during iteration");
            return -1;
        }
        x = x->next;
        y = y->next;
    }
    return x == NULL && y == NULL;
}

static PyObject *
odict_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *result;
    int equal;

    if (!PyDict_Check(other) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = PyDict_Type.tp_richcompare(self, other, Py_EQ);
    if (result == NULL || result == Py_NotImplemented) {
        return result;
    }
    equal = result == Py_True;
    Py_DECREF(result);
    if (equal && PyODict_Check(other)) {
        equal = same_order(odict(self), odict(other));
        if (equal < 0) {
            return NULL;
        }
    }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
odict_or(PyObject *left, PyObject *right)
{
    PyTypeObject *type = Py_TYPE(left);
    PyObject *result;

    if (!PyODict_Check(left)) {
        type = Py_TYPE(right);
        if (!PyODict_Check(right)) {
            Py_RETURN_NOTIMPLEMENTED;
        }
    }
    if (!PyDict_Check(left) || !PyDict_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = PyObject_CallOneArg((PyObject *)type, left);
    if (result != NULL && update_from(result, right) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
odict_inplace_or(PyObject *self, PyObject *other)
{
    return update_from(self, other) < 0 ? NULL : Py_NewRef(self);
}

/* ---- methods ---- */

static PyObject *
odict_fromkeys(PyObject *cls, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const keywords[] = {"iterable", "value", NULL};
    static _PyArg_Parser parser = {.format = "O|O:fromkeys",
                                   .keywords = keywords};
    PyObject *iterable, *value = Py_None;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &iterable,
                                      &value)) {
        return NULL;
    }
    return dict_from_keys(cls, iterable, value);
}

static PyObject *
odict_sizeof(PyObject *op, PyObject *ignored)
{
    OdictObject *self = odict(op);
    Py_ssize_t size = _PyDict_SizeOf(&self->od_dict);

    size += (Py_ssize_t)sizeof(Node *) * self->nodes_len;
    size += (Py_ssize_t)sizeof(Node) * PyODict_SIZE(op);
    return PyLong_FromSsize_t(size);
}

static PyObject *
odict_reduce(PyObject *self, PyObject *ignored)
{
    PyObject *state, *items = NULL, *iterator = NULL, *result = NULL;

    state = _PyObject_GetState(self);
    if (state == NULL) {
        return NULL;
    }
    items = PyObject_CallMethodNoArgs(self, NAME(items));
    if (items != NULL) {
        iterator = PyObject_GetIter(items);
        Py_DECREF(items);
    }
    if (iterator != NULL) {
        result = Py_BuildValue("O()OOO", Py_TYPE(self), state, Py_None,
                               iterator);
        Py_DECREF(iterator);
    }
    Py_DECREF(state);
    return result;
}

static PyObject *
odict_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "default", NULL};
    static _PyArg_Parser parser = {.format = "O|O:setdefault",
                                   .keywords = keywords};
    PyObject *key, *fallback = Py_None, *value;
    int found;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &fallback)) {
        return NULL;
    }
    if (PyODict_CheckExact(self)) {
        value = PyDict_GetItemWithError(self, key);
        if (value != NULL) {
            return Py_NewRef(value);
        }
        if (PyErr_Occurred() || PyODict_SetItem(self, key, fallback) < 0) {
            return NULL;
        }
        return Py_NewRef(fallback);
    }
    found = PySequence_Contains(self, key);
    if (found < 0) {
        return NULL;
    }
    if (found) {
        return PyObject_GetItem(self, key);
    }
    return PyObject_SetItem(self, key, fallback) < 0 ? NULL
                                                     : Py_NewRef(fallback);
}

/* Value of key, which is removed, new; fallback, or KeyError. */
static PyObject *
odict_pop_key(PyObject *op, PyObject *key, PyObject *fallback, Py_hash_t hash)
{
    /* The node first: taking the value runs Python. */
    int found = node_remove_key(odict(op), key, hash);

    if (found < 0) {
        return NULL;
    }
    if (found) {
        return dict_pop_known_hash(op, key, hash, fallback);
    }
    if (fallback != NULL) {
        return Py_NewRef(fallback);
    }
    _PyErr_SetKeyError(key);
    return NULL;
}

static PyObject *
odict_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "default", NULL};
    static _PyArg_Parser parser = {.format = "O|O:pop", .keywords = keywords};
    PyObject *key, *fallback = NULL;
    Py_hash_t hash;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &fallback)) {
        return NULL;
    }
    hash = PyObject_Hash(key);
    return hash == -1 ? NULL : odict_pop_key(self, key, fallback, hash);
}

static PyObject *
odict_popitem(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"last", NULL};
    static _PyArg_Parser parser = {.format = "|p:popitem",
                                   .keywords = keywords};
    PyObject *key, *value, *pair;
    int last = 1;
    Node *node;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &last)) {
        return NULL;
    }
    node = last ? odict(op)->last : odict(op)->first;
    if (node == NULL) {
        PyErr_SetString(PyExc_KeyError, "dictionary is empty");
        return NULL;
    }
    key = Py_NewRef(node->key);
    value = odict_pop_key(op, key, NULL, node->hash);
    if (value == NULL) {
        Py_DECREF(key);
        return NULL;
    }
    pair = PyTuple_Pack(2, key, value);
    Py_DECREF(key);
    Py_DECREF(value);
    return pair;
}

static PyObject *
odict_clear(PyObject *self, PyObject *ignored)
{
    PyDict_Clear(self);
    nodes_clear(odict(self));
    Py_RETURN_NONE;
}

static PyObject *
odict_copy(PyObject *op, PyObject *ignored)
{
    OdictObject *self = odict(op);
    PyObject *copy = PyODict_CheckExact(op)
                         ? PyODict_New()
                         : PyObject_CallNoArgs((PyObject *)Py_TYPE(op));

    if (copy == NULL) {
        return NULL;
    }
    for (Node *node = self->first; node != NULL; node = node->next) {
        size_t state = self->state;
        PyObject *key = Py_NewRef(node->key), *value;
        Py_hash_t hash = node->hash;
        int status = -1;

        value = PyODict_CheckExact(op)
                    ? Py_XNewRef(PyDict_GetItemWithError(op, key))
                    : PyObject_GetItem(op, key);
        if (value != NULL) {
            status = PyODict_CheckExact(op)
                         ? odict_set_known_hash(copy, key, value, hash)
                         : PyObject_SetItem(copy, key, value);
            Py_DECREF(value);
        }
        else if (!PyErr_Occurred()) {
            _PyErr_SetKeyError(key);
        }
        Py_DECREF(key);
        if (status == 0 && state != self->state) {
            PyErr_SetString(PyExc_RuntimeError,
                            "OrderedDict mutated during iteration");
            status = -1;
        }
        if (status < 0) {
            Py_DECREF(copy);
            return NULL;
        }
    }
    return copy;
}

static PyObject *
odict_move_to_end(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "last", NULL};
    static _PyArg_Parser parser = {.format = "O|p:move_to_end",
                                   .keywords = keywords};
    OdictObject *self = odict(op);
    PyObject *key;
    int last = 1, found;
    Py_hash_t hash;
    Node *node;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &last)) {
        return NULL;
    }
    if (self->first == NULL) {
        _PyErr_SetKeyError(key);
        return NULL;
    }
    if ((last ? self->last : self->first)->key == key) {
        Py_RETURN_NONE;
    }
    hash = PyObject_Hash(key);
    if (hash == -1) {
        return NULL;
    }
    found = node_find(self, key, hash, &node, NULL);
    if (found <= 0) {
        if (found == 0) {
            _PyErr_SetKeyError(key);
        }
        return NULL;
    }
    if (node != (last ? self->last : self->first)) {
        node_unlink(self, node);
        if (last) {
            node_link_last(self, node);
        }
        else {
            node_link_first(self, node);
        }
    }
    Py_RETURN_NONE;
}

/* ---- iterators ---- */

enum { ITER_KEYS = 2, ITER_VALUES = 4, ITER_ITEMS = 6, ITER_REVERSED = 1 };

typedef struct {
    PyObject_HEAD
    int kind;
    OdictObject *di_odict;             /* NULL: exhausted */
    Py_ssize_t di_size;
    size_t di_state;
    PyObject *di_result;               /* pair that is used again */
    PyObject *di_current;              /* next key, or NULL */
} OdictIterObject;

static PyObject *
odict_iter_new(OdictObject *od, int kind)
{
    OdictIterObject *self = PyObject_GC_New(OdictIterObject,
                                            &PyODictIter_Type);
    Node *node;

    if (self == NULL) {
        return NULL;
    }
    self->di_result = NULL;
    self->di_current = NULL;
    self->di_odict = (OdictObject *)Py_NewRef((PyObject *)od);
    if ((kind & ITER_ITEMS) == ITER_ITEMS) {
        self->di_result = PyTuple_Pack(2, Py_None, Py_None);
        if (self->di_result == NULL) {
            Py_DECREF(self);
            return NULL;
        }
    }
    self->kind = kind;
    node = kind & ITER_REVERSED ? od->last : od->first;
    self->di_current = node != NULL ? Py_NewRef(node->key) : NULL;
    self->di_size = PyODict_SIZE(od);
    self->di_state = od->state;
    gc_track(self);
    return (PyObject *)self;
}

static void
odict_iter_dealloc(PyObject *op)
{
    OdictIterObject *self = (OdictIterObject *)op;

    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->di_odict);
    Py_XDECREF(self->di_current);
    Py_XDECREF(self->di_result);
    PyObject_GC_Del(op);
}

static int
odict_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    OdictIterObject *self = (OdictIterObject *)op;

    Py_VISIT(self->di_odict);
    Py_VISIT(self->di_current);
    Py_VISIT(self->di_result);
    return 0;
}

/* The next key, new, and one step on.  NULL at the end or with an error. */
static PyObject *
odict_iter_next_key(OdictIterObject *self)
{
    OdictObject *od = self->di_odict;
    PyObject *key;
    Py_hash_t hash;
    Node *node;
    int found;

    if (od == NULL) {
        return NULL;
    }
    if (self->di_current == NULL) {
        goto end;
    }
    if (od->state != self->di_state) {
        PyErr_SetString(PyExc_RuntimeError,
                        "OrderedDict mutated during iteration");
        goto end;
    }
    if (self->di_size != PyODict_SIZE(od)) {
        PyErr_SetString(PyExc_RuntimeError,
                        "OrderedDict changed size during iteration");
        self->di_size = -1;
        return NULL;
    }
    key = self->di_current;
    hash = PyObject_Hash(key);
    if (hash == -1) {
        goto end;
    }
    found = node_find(od, key, hash, &node, NULL);
    if (found <= 0) {
        if (found == 0) {
            _PyErr_SetKeyError(key);
        }
        Py_CLEAR(self->di_current);
        return NULL;
    }
    node = self->kind & ITER_REVERSED ? node->previous : node->next;
    self->di_current = node != NULL ? Py_NewRef(node->key) : NULL;
    return key;
end:
    Py_CLEAR(self->di_current);
    Py_CLEAR(self->di_odict);
    return NULL;
}

static PyObject *
odict_iter_next(PyObject *op)
{
    OdictIterObject *self = (OdictIterObject *)op;
    PyObject *key = odict_iter_next_key(self), *value, *pair;

    if (key == NULL || !(self->kind & ITER_VALUES)) {
        return key;
    }
    value = PyODict_GetItem((PyObject *)self->di_odict, key);
    if (value == NULL) {
        if (!PyErr_Occurred()) {
            _PyErr_SetKeyError(key);
        }
        Py_DECREF(key);
        Py_CLEAR(self->di_current);
        Py_CLEAR(self->di_odict);
        return NULL;
    }
    Py_INCREF(value);
    if (!(self->kind & ITER_KEYS)) {
        Py_DECREF(key);
        return value;
    }
    pair = self->di_result;
    if (Py_REFCNT(pair) == 1) {
        PyObject *old_key = PyTuple_GET_ITEM(pair, 0);
        PyObject *old_value = PyTuple_GET_ITEM(pair, 1);
        Py_INCREF(pair);
        PyTuple_SET_ITEM(pair, 0, key);
        PyTuple_SET_ITEM(pair, 1, value);
        Py_DECREF(old_key);
        Py_DECREF(old_value);
        if (!gc_is_tracked(pair)) {
            gc_track(pair);
        }
        return pair;
    }
    pair = PyTuple_Pack(2, key, value);
    Py_DECREF(key);
    Py_DECREF(value);
    return pair;
}

/* Pickled as an iterator over the list of what is left. */
static PyObject *
odict_iter_reduce(PyObject *op, PyObject *ignored)
{
    OdictIterObject *self = (OdictIterObject *)op, *copy;
    PyObject *list, *function;

    copy = PyObject_GC_New(OdictIterObject, &PyODictIter_Type);
    if (copy == NULL) {
        return NULL;
    }
    copy->kind = self->kind;
    copy->di_size = self->di_size;
    copy->di_state = self->di_state;
    copy->di_odict = (OdictObject *)Py_XNewRef((PyObject *)self->di_odict);
    copy->di_current = Py_XNewRef(self->di_current);
    copy->di_result = PyTuple_Pack(2, Py_None, Py_None);
    gc_track(copy);
    list = copy->di_result == NULL ? NULL : PySequence_List((PyObject *)copy);
    Py_DECREF(copy);
    if (list == NULL) {
        return NULL;
    }
    function = _PyEval_GetBuiltin(NAME(iter));
    if (function == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    return Py_BuildValue("N(N)", function, list);
}

static PyMethodDef odict_iter_methods[] = {
    {"__reduce__", odict_iter_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyODictIter_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "odict_iterator",
    .tp_basicsize = sizeof(OdictIterObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = odict_iter_dealloc,
    .tp_traverse = odict_iter_traverse,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = odict_iter_next,
    .tp_methods = odict_iter_methods,
};

static PyObject *
odict_iter(PyObject *self)
{
    return odict_iter_new(odict(self), ITER_KEYS);
}

static PyObject *
odict_reversed(PyObject *self, PyObject *ignored)
{
    return odict_iter_new(odict(self), ITER_KEYS | ITER_REVERSED);
}

/* ---- views ---- */

/* The three views differ in the kind of their iterators. */
static PyObject *
view_iter_new(PyObject *view, int direction)
{
    PyDictObject *mp = ((_PyDictViewObject *)view)->dv_dict;
    int kind = Py_IS_TYPE(view, &PyODictKeys_Type)    ? ITER_KEYS
               : Py_IS_TYPE(view, &PyODictItems_Type) ? ITER_ITEMS
                                                      : ITER_VALUES;

    return mp == NULL ? Py_NewRef(Py_None)
                      : odict_iter_new((OdictObject *)mp, kind | direction);
}

static PyObject *
view_iter(PyObject *view)
{
    return view_iter_new(view, 0);
}

static PyObject *
view_reversed(PyObject *view, PyObject *ignored)
{
    return view_iter_new(view, ITER_REVERSED);
}

static PyMethodDef view_methods[] = {
    {"__reversed__", view_reversed, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#define VIEW_TYPE(name, base)                                         \
    {                                                                 \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                \
        .tp_name = name, .tp_base = &base,                            \
        .tp_flags = Py_TPFLAGS_DEFAULT, .tp_iter = view_iter,         \
        .tp_methods = view_methods,                                   \
    }

PyTypeObject PyODictKeys_Type = VIEW_TYPE("odict_keys", PyDictKeys_Type);
PyTypeObject PyODictItems_Type = VIEW_TYPE("odict_items", PyDictItems_Type);
PyTypeObject PyODictValues_Type = VIEW_TYPE("odict_values",
                                            PyDictValues_Type);

#undef VIEW_TYPE

static PyObject *
odict_keys_new(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyODictKeys_Type);
}

static PyObject *
odict_items_new(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyODictItems_Type);
}

static PyObject *
odict_values_new(PyObject *self, PyObject *ignored)
{
    return _PyDictView_New(self, &PyODictValues_Type);
}

/* ---- tables ---- */

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef odict_methods[] = {
    {"fromkeys", FASTCALL(odict_fromkeys),
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     PyDoc_STR("fromkeys($type, /, iterable, value=None)\n--\n\n"
               "A new ordered dictionary with the items as keys.")},
    {"__sizeof__", odict_sizeof, METH_NOARGS, NULL},
    {"__reduce__", odict_reduce, METH_NOARGS,
     PyDoc_STR("State for pickling.")},
    {"setdefault", FASTCALL(odict_setdefault), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("setdefault($self, /, key, default=None)\n--\n\n"
               "The value of the key, which is first set to the default if "
               "absent.")},
    {"pop", FASTCALL(odict_pop), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("pop($self, /, key, default=<unrepresentable>)\n--\n\n"
               "Removes the key and returns its value.\n\n"
               "Without the key: the default, or KeyError if none is given.")},
    {"popitem", FASTCALL(odict_popitem), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("popitem($self, /, last=True)\n--\n\n"
               "Removes the last (or first) item and returns it.")},
    {"keys", odict_keys_new, METH_NOARGS, NULL},
    {"values", odict_values_new, METH_NOARGS, NULL},
    {"items", odict_items_new, METH_NOARGS, NULL},
    {"update", FASTCALL(odict_update), METH_VARARGS | METH_KEYWORDS, NULL},
    {"clear", odict_clear, METH_NOARGS,
     PyDoc_STR("od.clear() -> None.  Removes every item.")},
    {"copy", odict_copy, METH_NOARGS,
     PyDoc_STR("od.copy() -> an OrderedDict with the same items.")},
    {"__reversed__", odict_reversed, METH_NOARGS, NULL},
    {"move_to_end", FASTCALL(odict_move_to_end), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("move_to_end($self, /, key, last=True)\n--\n\n"
               "Moves the item to the end (or the beginning).\n\n"
               "Raises KeyError if there is none.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef odict_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods odict_as_number = {
    .nb_or = odict_or,
    .nb_inplace_or = odict_inplace_or,
};

static PyMappingMethods odict_as_mapping = {
    .mp_ass_subscript = odict_ass_subscript,
};

PyTypeObject PyODict_Type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "collections.OrderedDict",
    .tp_basicsize = sizeof(OdictObject),
    .tp_base = &PyDict_Type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR(
        "A dict whose order counts: it can be rearranged and is compared."),
    .tp_init = odict_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = odict_dealloc,
    .tp_traverse = odict_traverse,
    .tp_clear = odict_tp_clear,
    .tp_repr = odict_repr,
    .tp_richcompare = odict_richcompare,
    .tp_as_number = &odict_as_number,
    .tp_as_mapping = &odict_as_mapping,
    .tp_iter = odict_iter,
    .tp_methods = odict_methods,
    .tp_getset = odict_getset,
    .tp_dictoffset = offsetof(OdictObject, inst_dict),
    .tp_weaklistoffset = offsetof(OdictObject, weakrefs),
};
