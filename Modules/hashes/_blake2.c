/* The module _blake2: BLAKE2b and BLAKE2s with all parameters of RFC 7693 and
 * of tree hashing, by libb2. */
#include "Python.h"

#include "bytes.h"
#include "digest.h"
#include "libraries.h"

#include <stdbool.h>

#define LONG_UPDATE 2048

/* What the two variants differ in. */
typedef struct {
    const char *name;
    const char *format;          /* of the constructor's arguments */
    int block_size, out_size, key_size, salt_size, person_size;
    uint64_t node_offset_max;
} blake2_variant;

typedef struct {
    PyObject_HEAD
    const blake2_variant *variant;
    union {
        blake2b_state b;
        blake2s_state s;
    } state;
    int digest_size;
    PyThread_type_lock lock;     /* made with the first long update */
} Blake2Object;

static const blake2_variant variant_b = {
    "blake2b", "|O$iy*y*y*iiOOiipp:blake2b", BLAKE2B_BLOCKBYTES,
    BLAKE2B_OUTBYTES, BLAKE2B_KEYBYTES, BLAKE2B_SALTBYTES,
    BLAKE2B_PERSONALBYTES, UINT64_MAX,
};
static const blake2_variant variant_s = {
    "blake2s", "|O$iy*y*y*iiOOiipp:blake2s", BLAKE2S_BLOCKBYTES,
    BLAKE2S_OUTBYTES, BLAKE2S_KEYBYTES, BLAKE2S_SALTBYTES,
    BLAKE2S_PERSONALBYTES, ((uint64_t)1 << 48) - 1,
};

#define BLAKE2(op) ((Blake2Object *)(op))

/* ---- the two libraries' functions ---- */

static void
state_update(Blake2Object *self, const void *data, size_t n)
{
    if (self->variant == &variant_b) {
        libb2.blake2b_update(&self->state.b, data, n);
    }
    else {
        libb2.blake2s_update(&self->state.s, data, n);
    }
}

/* Parameters of a new state, as given. */
typedef struct {
    int digest_size, fanout, depth, node_depth, inner_size, last_node;
    uint32_t leaf_size;
    uint64_t node_offset;
    Py_buffer key, salt, person;
} blake2_parameters;

static void
state_init_b(Blake2Object *self, const blake2_parameters *given)
{
    blake2b_param parameters = {
        .digest_length = (uint8_t)given->digest_size,
        .key_length = (uint8_t)given->key.len,
        .fanout = (uint8_t)given->fanout,
        .depth = (uint8_t)given->depth,
        .leaf_length = given->leaf_size,
        .node_offset = given->node_offset,
        .node_depth = (uint8_t)given->node_depth,
        .inner_length = (uint8_t)given->inner_size,
    };

    if (given->salt.len > 0) {
        memcpy(parameters.salt, given->salt.buf, (size_t)given->salt.len);
    }
    if (given->person.len > 0) {
        memcpy(parameters.personal, given->person.buf,
               (size_t)given->person.len);
    }
    libb2.blake2b_init_param(&self->state.b, &parameters);
    self->state.b.last_node = (uint8_t)given->last_node;
}

static void
state_init_s(Blake2Object *self, const blake2_parameters *given)
{
    blake2s_param parameters = {
        .digest_length = (uint8_t)given->digest_size,
        .key_length = (uint8_t)given->key.len,
        .fanout = (uint8_t)given->fanout,
        .depth = (uint8_t)given->depth,
        .leaf_length = given->leaf_size,
        .node_depth = (uint8_t)given->node_depth,
        .inner_length = (uint8_t)given->inner_size,
    };

    for (int i = 0; i < 6; i++) {
        parameters.node_offset[i] = (uint8_t)(given->node_offset >> (8 * i));
    }
    if (given->salt.len > 0) {
        memcpy(parameters.salt, given->salt.buf, (size_t)given->salt.len);
    }
    if (given->person.len > 0) {
        memcpy(parameters.personal, given->person.buf,
               (size_t)given->person.len);
    }
    libb2.blake2s_init_param(&self->state.s, &parameters);
    self->state.s.last_node = (uint8_t)given->last_node;
}

/* ---- construction ---- */

/* Checks the tree parameters that come as objects. */
static int
take_sizes(const blake2_variant *variant, PyObject *leaf_size,
           PyObject *node_offset, blake2_parameters *given)
{
    if (leaf_size != NULL) {
        unsigned long value;

        if (!_PyLong_UnsignedLong_Converter(leaf_size, &value)) {
            return -1;
        }
        if (value > 0xffffffffUL) {
            PyErr_SetString(PyExc_OverflowError, "leaf_size is too large");
            return -1;
        }
        given->leaf_size = (uint32_t)value;
    }
    if (node_offset != NULL) {
        unsigned long long value;

        if (!_PyLong_UnsignedLongLong_Converter(node_offset, &value)) {
            return -1;
        }
        given->node_offset = value;
        if (given->node_offset > variant->node_offset_max) {
            PyErr_SetString(PyExc_OverflowError, "node_offset is too large");
            return -1;
        }
    }
    return 0;
}

static int
check_parameters(const blake2_variant *variant, blake2_parameters *given,
                 PyObject *leaf_size, PyObject *node_offset)
{
    if (given->digest_size <= 0 || given->digest_size > variant->out_size) {
        PyErr_Format(PyExc_ValueError,
                     "digest_size must be between 1 and %d bytes",
                     variant->out_size);
        return -1;
    }
    if (given->salt.len > variant->salt_size) {
        PyErr_Format(PyExc_ValueError, "maximum salt length is %d bytes",
                     variant->salt_size);
        return -1;
    }
    if (given->person.len > variant->person_size) {
        PyErr_Format(PyExc_ValueError, "maximum person length is %d bytes",
                     variant->person_size);
        return -1;
    }
    if (given->fanout < 0 || given->fanout > 255) {
        PyErr_SetString(PyExc_ValueError,
                        "fanout must be between 0 and 255");
        return -1;
    }
    if (given->depth <= 0 || given->depth > 255) {
        PyErr_SetString(PyExc_ValueError, "depth must be between 1 and 255");
        return -1;
    }
    if (take_sizes(variant, leaf_size, node_offset, given) < 0) {
        return -1;
    }
    if (given->node_depth < 0 || given->node_depth > 255) {
        PyErr_SetString(PyExc_ValueError,
                        "node_depth must be between 0 and 255");
        return -1;
    }
    if (given->inner_size < 0 || given->inner_size > variant->out_size) {
        PyErr_Format(PyExc_ValueError,
                     "inner_size must be between 0 and is %d",
                     variant->out_size);
        return -1;
    }
    if (given->key.len > variant->key_size) {
        PyErr_Format(PyExc_ValueError, "maximum key length is %d bytes",
                     variant->key_size);
        return -1;
    }
    return 0;
}

static int
blake2_feed(Blake2Object *self, PyObject *data)
{
    Py_buffer view;

    if (digest_take_buffer(data, &view) < 0) {
        return -1;
    }
    if (self->lock == NULL && view.len >= LONG_UPDATE) {
        self->lock = PyThread_allocate_lock();
    }
    if (self->lock != NULL) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        state_update(self, view.buf, (size_t)view.len);
        PyThread_release_lock(self->lock);
        Py_END_ALLOW_THREADS
    }
    else {
        state_update(self, view.buf, (size_t)view.len);
    }
    PyBuffer_Release(&view);
    return 0;
}

static const blake2_variant *
variant_of(PyTypeObject *type)
{
    return strcmp(_PyType_Name(type), "blake2b") == 0 ? &variant_b
                                                      : &variant_s;
}

/* The first block of a keyed hash: the key, padded. */
static void
blake2_feed_key(Blake2Object *self, const Py_buffer *key)
{
    unsigned char block[BLAKE2B_BLOCKBYTES] = {0};

    if (key->len > 0) {
        memcpy(block, key->buf, (size_t)key->len);
        state_update(self, block, (size_t)self->variant->block_size);
        explicit_bzero(block, sizeof(block));
    }
}

static PyObject *
blake2_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {
        (char *)"",           (char *)"digest_size", (char *)"key",
        (char *)"salt",       (char *)"person",      (char *)"fanout",
        (char *)"depth",      (char *)"leaf_size",   (char *)"node_offset",
        (char *)"node_depth", (char *)"inner_size",  (char *)"last_node",
        (char *)"usedforsecurity", NULL,
    };
    const blake2_variant *variant = variant_of(type);
    blake2_parameters given = {.digest_size = variant->out_size, .fanout = 1,
                               .depth = 1};
    PyObject *data = NULL, *leaf_size = NULL, *node_offset = NULL;
    int usedforsecurity = 1;
    Blake2Object *self = NULL;                                  /* owned */

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, variant->format, keywords, &data,
            &given.digest_size, &given.key, &given.salt, &given.person,
            &given.fanout, &given.depth, &leaf_size, &node_offset,
            &given.node_depth, &given.inner_size, &given.last_node,
            &usedforsecurity)) {
        return NULL;
    }
    if (check_parameters(variant, &given, leaf_size, node_offset) < 0) {
        goto done;
    }
    self = (Blake2Object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        goto done;
    }
    self->variant = variant;
    self->digest_size = given.digest_size;
    self->lock = NULL;
    if (variant == &variant_b) {
        state_init_b(self, &given);
    }
    else {
        state_init_s(self, &given);
    }
    blake2_feed_key(self, &given.key);
    if (data != NULL && blake2_feed(self, data) < 0) {
        Py_CLEAR(self);
    }
done:
    PyBuffer_Release(&given.key);
    PyBuffer_Release(&given.salt);
    PyBuffer_Release(&given.person);
    return (PyObject *)self;
}

static void
blake2_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    explicit_bzero(&BLAKE2(op)->state, sizeof(BLAKE2(op)->state));
    if (BLAKE2(op)->lock != NULL) {
        PyThread_free_lock(BLAKE2(op)->lock);
    }
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- methods ---- */

static void
blake2_lock(Blake2Object *self)
{
    if (self->lock != NULL &&
        !PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

static void
blake2_unlock(Blake2Object *self)
{
    if (self->lock != NULL) {
        PyThread_release_lock(self->lock);
    }
}

static PyObject *
blake2_copy(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Blake2Object *self = BLAKE2(op);
    Blake2Object *copy = (Blake2Object *)Py_TYPE(op)->tp_alloc(Py_TYPE(op),
                                                               0);
    if (copy == NULL) {
        return NULL;
    }
    copy->variant = self->variant;
    copy->digest_size = self->digest_size;
    copy->lock = NULL;
    blake2_lock(self);
    copy->state = self->state;
    blake2_unlock(self);
    return (PyObject *)copy;
}

static PyObject *
blake2_update(PyObject *op, PyObject *data)
{
    if (blake2_feed(BLAKE2(op), data) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The digest of what was fed so far. */
static void
blake2_compute(Blake2Object *self, unsigned char *out)
{
    Blake2Object copy = {.variant = self->variant};

    blake2_lock(self);
    copy.state = self->state;
    blake2_unlock(self);
    if (self->variant == &variant_b) {
        libb2.blake2b_final(&copy.state.b, out, (size_t)self->digest_size);
    }
    else {
        libb2.blake2s_final(&copy.state.s, out, (size_t)self->digest_size);
    }
}

static PyObject *
blake2_digest(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    unsigned char out[BLAKE2B_OUTBYTES];

    blake2_compute(BLAKE2(op), out);
    return PyBytes_FromStringAndSize((char *)out, BLAKE2(op)->digest_size);
}

static PyObject *
blake2_hexdigest(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    unsigned char out[BLAKE2B_OUTBYTES];

    blake2_compute(BLAKE2(op), out);
    return _Py_strhex((char *)out, BLAKE2(op)->digest_size);
}

static PyObject *
blake2_get_name(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(BLAKE2(op)->variant->name);
}

static PyObject *
blake2_get_block_size(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(BLAKE2(op)->variant->block_size);
}

static PyObject *
blake2_get_digest_size(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(BLAKE2(op)->digest_size);
}

/* ---- tables ---- */

static PyMethodDef blake2_methods[] = {
    {"copy", blake2_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nA second hash in the same state."},
    {"digest", blake2_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nThe digest as bytes."},
    {"hexdigest", blake2_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nThe digest in hexadecimal."},
    {"update", blake2_update, METH_O,
     "update($self, data, /)\n--\n\nFeed data."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef blake2_getset[] = {
    {"name", blake2_get_name, NULL, NULL, NULL},
    {"block_size", blake2_get_block_size, NULL, NULL, NULL},
    {"digest_size", blake2_get_digest_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define CONSTRUCTOR_DOC(name)                                              \
    name "(data=b'', /, *, digest_size=_blake2." name                      \
         ".MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', "      \
         "fanout=1, depth=1, leaf_size=0,\n        node_offset=0, "        \
         "node_depth=0, inner_size=0, last_node=False,\n        "          \
         "usedforsecurity=True)\n--\n\nMake a hash object."

typedef struct {
    PyTypeObject *types[2];
} blake2_state_of_module;

/* Adds the type with its limits, and the module's constants. */
static int
add_variant(PyObject *module, int index, const blake2_variant *variant,
            const char *doc, const char *prefix)
{
    blake2_state_of_module *state = PyModule_GetState(module);
    const struct {
        const char *type_name, *module_name;
        int value;
    } limits[] = {
        {"SALT_SIZE", "SALT_SIZE", variant->salt_size},
        {"PERSON_SIZE", "PERSON_SIZE", variant->person_size},
        {"MAX_KEY_SIZE", "MAX_KEY_SIZE", variant->key_size},
        {"MAX_DIGEST_SIZE", "MAX_DIGEST_SIZE", variant->out_size},
    };
    char name[32];
    PyType_Slot slots[] = {
        {Py_tp_dealloc, blake2_dealloc}, {Py_tp_doc, (char *)doc},
        {Py_tp_methods, blake2_methods}, {Py_tp_getset, blake2_getset},
        {Py_tp_new, blake2_new},         {0, NULL},
    };

    PyOS_snprintf(name, sizeof(name), "_blake2.%s", variant->name);
    PyType_Spec spec = {
        .name = name,
        .basicsize = sizeof(Blake2Object),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
        .slots = slots,
    };
    state->types[index] = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &spec, NULL);
    if (state->types[index] == NULL ||
        PyModule_AddType(module, state->types[index]) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(limits); i++) {
        char full[48];
        PyObject *value = PyLong_FromLong(limits[i].value);     /* owned */

        if (value == NULL) {
            return -1;
        }
        int status = PyDict_SetItemString(state->types[index]->tp_dict,
                                          limits[i].type_name, value);
        Py_DECREF(value);
        PyOS_snprintf(full, sizeof(full), "%s_%s", prefix,
                      limits[i].module_name);
        if (status < 0 ||
            PyModule_AddIntConstant(module, full, limits[i].value) < 0) {
            return -1;
        }
    }
    PyType_Modified(state->types[index]);
    return 0;
}

static int
blake2_exec(PyObject *module)
{
    if (blake2_load() < 0 ||
        add_variant(module, 0, &variant_b, CONSTRUCTOR_DOC("blake2b"),
                    "BLAKE2B") < 0) {
        return -1;
    }
    return add_variant(module, 1, &variant_s, CONSTRUCTOR_DOC("blake2s"),
                       "BLAKE2S");
}

static int
blake2_traverse(PyObject *module, visitproc visit, void *arg)
{
    blake2_state_of_module *state = PyModule_GetState(module);

    Py_VISIT(state->types[0]);
    Py_VISIT(state->types[1]);
    return 0;
}

static int
blake2_clear(PyObject *module)
{
    blake2_state_of_module *state = PyModule_GetState(module);

    Py_CLEAR(state->types[0]);
    Py_CLEAR(state->types[1]);
    return 0;
}

static void
blake2_free(void *module)
{
    blake2_clear(module);
}

static PyModuleDef_Slot blake2_slots[] = {
    {Py_mod_exec, blake2_exec},
    {0, NULL},
};

static PyModuleDef blake2_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_blake2",
    .m_doc = "BLAKE2b and BLAKE2s.",
    .m_size = sizeof(blake2_state_of_module),
    .m_slots = blake2_slots,
    .m_traverse = blake2_traverse,
    .m_clear = blake2_clear,
    .m_free = blake2_free,
};

PyMODINIT_FUNC PyInit__blake2(void);

PyMODINIT_FUNC
PyInit__blake2(void)
{
    return PyModuleDef_Init(&blake2_module);
}
