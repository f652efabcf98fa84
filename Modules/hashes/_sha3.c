/* The module _sha3: SHA-3 and SHAKE types. */
#include "digest.h"

static const digest_algorithm sha3_algorithms[] = {
    {"sha3_224", &libcrypto.EVP_sha3_224, 1152, 6, false},
    {"sha3_256", &libcrypto.EVP_sha3_256, 1088, 6, false},
    {"sha3_384", &libcrypto.EVP_sha3_384, 832, 6, false},
    {"sha3_512", &libcrypto.EVP_sha3_512, 576, 6, false},
    {"shake_128", &libcrypto.EVP_shake128, 1344, 0x1f, true},
    {"shake_256", &libcrypto.EVP_shake256, 1088, 0x1f, true},
};
#define ALGORITHMS ((int)Py_ARRAY_LENGTH(sha3_algorithms))

typedef struct {
    PyTypeObject *types[Py_ARRAY_LENGTH(sha3_algorithms)];
} sha3_state;

/* Which algorithm a type stands for: the part of its name after the dot. */
static const digest_algorithm *
algorithm_of(PyTypeObject *type)
{
    for (int i = 0; i < ALGORITHMS; i++) {
        if (strcmp(_PyType_Name(type), sha3_algorithms[i].name) == 0) {
            return &sha3_algorithms[i];
        }
    }
    PyErr_BadInternalCall();
    return NULL;
}

static PyObject *
sha3_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"", (char *)"usedforsecurity", NULL};
    const digest_algorithm *algorithm = algorithm_of(type);
    PyObject *data = NULL;                                      /* borrowed */
    int usedforsecurity = 1;
    char format[32];

    if (algorithm == NULL) {
        return NULL;
    }
    PyOS_snprintf(format, sizeof(format), "|O$p:%s", algorithm->name);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, &data,
                                     &usedforsecurity)) {
        return NULL;
    }
    return digest_new(type, algorithm, data);
}

static PyObject *
sha3_get_capacity(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(1600 -
                           ((DigestObject *)self)->algorithm->rate_bits);
}

static PyObject *
sha3_get_rate(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(((DigestObject *)self)->algorithm->rate_bits);
}

static PyObject *
sha3_get_suffix(PyObject *self, void *Py_UNUSED(closure))
{
    char suffix = (char)((DigestObject *)self)->algorithm->suffix;

    return PyBytes_FromStringAndSize(&suffix, 1);
}

static PyObject *
sha3_get_block_size(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(((DigestObject *)self)->algorithm->rate_bits / 8);
}

static PyGetSetDef sha3_getset[] = {
    {"block_size", sha3_get_block_size, NULL, NULL, NULL},
    {"name", digest_get_name, NULL, NULL, NULL},
    {"digest_size", digest_get_size, NULL, NULL, NULL},
    {"_capacity_bits", sha3_get_capacity, NULL, NULL, NULL},
    {"_rate_bits", sha3_get_rate, NULL, NULL, NULL},
    {"_suffix", sha3_get_suffix, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef sha3_methods[] = {
    {"copy", digest_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nA second hash in the same state."},
    {"digest", digest_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nThe digest as bytes."},
    {"hexdigest", digest_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nThe digest in hexadecimal."},
    {"update", digest_update, METH_O,
     "update($self, data, /)\n--\n\nFeed data."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef shake_methods[] = {
    {"copy", digest_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nA second hash in the same state."},
    {"digest", digest_digest_of_length, METH_O,
     "digest($self, length, /)\n--\n\nThe digest as bytes."},
    {"hexdigest", digest_hexdigest_of_length, METH_O,
     "hexdigest($self, length, /)\n--\n\nThe digest in hexadecimal."},
    {"update", digest_update, METH_O,
     "update($self, data, /)\n--\n\nFeed data."},
    {NULL, NULL, 0, NULL},
};

static int
sha3_exec(PyObject *module)
{
    sha3_state *state = PyModule_GetState(module);

    if (crypto_load() < 0) {
        return -1;
    }
    for (int i = 0; i < ALGORITHMS; i++) {
        const digest_algorithm *algorithm = &sha3_algorithms[i];
        char name[32];
        PyType_Slot slots[] = {
            {Py_tp_dealloc, digest_dealloc},
            {Py_tp_doc, (char *)"A hash object."},
            {Py_tp_methods, algorithm->is_xof ? shake_methods : sha3_methods},
            {Py_tp_getset, sha3_getset},
            {Py_tp_new, sha3_new},
            {0, NULL},
        };
        PyOS_snprintf(name, sizeof(name), "_sha3.%s", algorithm->name);
        PyType_Spec spec = {
            .name = name,
            .basicsize = sizeof(DigestObject),
            .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
            .slots = slots,
        };

        state->types[i] = (PyTypeObject *)PyType_FromModuleAndSpec(
            module, &spec, NULL);
        if (state->types[i] == NULL ||
            PyModule_AddType(module, state->types[i]) < 0) {
            return -1;
        }
    }
    if (PyModule_AddIntConstant(module, "keccakopt", 0) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "implementation", "OpenSSL");
}

static int
sha3_traverse(PyObject *module, visitproc visit, void *arg)
{
    sha3_state *state = PyModule_GetState(module);

    for (int i = 0; i < ALGORITHMS; i++) {
        Py_VISIT(state->types[i]);
    }
    return 0;
}

static int
sha3_clear(PyObject *module)
{
    sha3_state *state = PyModule_GetState(module);

    for (int i = 0; i < ALGORITHMS; i++) {
        Py_CLEAR(state->types[i]);
    }
    return 0;
}

static void
sha3_free(void *module)
{
    sha3_clear(module);
}

static PyModuleDef_Slot sha3_slots[] = {
    {Py_mod_exec, sha3_exec},
    {0, NULL},
};

static PyModuleDef sha3_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sha3",
    .m_size = sizeof(sha3_state),
    .m_slots = sha3_slots,
    .m_traverse = sha3_traverse,
    .m_clear = sha3_clear,
    .m_free = sha3_free,
};

PyMODINIT_FUNC PyInit__sha3(void);

PyMODINIT_FUNC
PyInit__sha3(void)
{
    return PyModuleDef_Init(&sha3_module);
}
