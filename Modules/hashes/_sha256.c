/* The module _sha256. */
#include "digest.h"

static const digest_algorithm sha224_algorithm = {
    .name = "sha224",
    .md = &libcrypto.EVP_sha224,
};

static PyType_Spec sha224_spec = {
    .name = "_sha256.sha224",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
sha224_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:sha224",
                                   .keywords = keywords};

    return digest_module_call(module, 0, args, nargs, kwnames, &parser);
}

static const digest_algorithm sha256_algorithm = {
    .name = "sha256",
    .md = &libcrypto.EVP_sha256,
};

static PyType_Spec sha256_spec = {
    .name = "_sha256.sha256",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
sha256_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:sha256",
                                   .keywords = keywords};

    return digest_module_call(module, 1, args, nargs, kwnames, &parser);
}

static PyMethodDef sha256_methods[] = {
    {"sha224", (PyCFunction)(void (*)(void))sha224_new,
     METH_FASTCALL | METH_KEYWORDS,
     "sha224($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a SHA224 hash object."},
    {"sha256", (PyCFunction)(void (*)(void))sha256_new,
     METH_FASTCALL | METH_KEYWORDS,
     "sha256($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a SHA256 hash object."},
    {NULL, NULL, 0, NULL},
};

static int
sha256_exec(PyObject *module)
{
    static const digest_function functions[] = {
        {&sha224_algorithm, &sha224_spec, "SHA224Type"},
        {&sha256_algorithm, &sha256_spec, "SHA256Type"},
    };

    return digest_module_exec(module, functions, 2);
}

static PyModuleDef_Slot sha256_slots[] = {
    {Py_mod_exec, sha256_exec},
    {0, NULL},
};

static PyModuleDef sha256_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sha256",
    .m_size = sizeof(digest_module_state),
    .m_methods = sha256_methods,
    .m_slots = sha256_slots,
    .m_traverse = digest_module_traverse,
    .m_clear = digest_module_clear,
    .m_free = digest_module_free,
};

PyMODINIT_FUNC PyInit__sha256(void);

PyMODINIT_FUNC
PyInit__sha256(void)
{
    return PyModuleDef_Init(&sha256_module);
}
