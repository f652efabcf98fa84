/* The module _sha512. */
#include "digest.h"

static const digest_algorithm sha384_algorithm = {
    .name = "sha384",
    .md = &libcrypto.EVP_sha384,
};

static PyType_Spec sha384_spec = {
    .name = "_sha512.sha384",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
sha384_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:sha384",
                                   .keywords = keywords};

    return digest_module_call(module, 0, args, nargs, kwnames, &parser);
}

static const digest_algorithm sha512_algorithm = {
    .name = "sha512",
    .md = &libcrypto.EVP_sha512,
};

static PyType_Spec sha512_spec = {
    .name = "_sha512.sha512",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
sha512_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:sha512",
                                   .keywords = keywords};

    return digest_module_call(module, 1, args, nargs, kwnames, &parser);
}

static PyMethodDef sha512_methods[] = {
    {"sha384", (PyCFunction)(void (*)(void))sha384_new,
     METH_FASTCALL | METH_KEYWORDS,
     "sha384($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a SHA384 hash object."},
    {"sha512", (PyCFunction)(void (*)(void))sha512_new,
     METH_FASTCALL | METH_KEYWORDS,
     "sha512($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a SHA512 hash object."},
    {NULL, NULL, 0, NULL},
};

static int
sha512_exec(PyObject *module)
{
    static const digest_function functions[] = {
        {&sha384_algorithm, &sha384_spec, "SHA384Type"},
        {&sha512_algorithm, &sha512_spec, "SHA512Type"},
    };

    return digest_module_exec(module, functions, 2);
}

static PyModuleDef_Slot sha512_slots[] = {
    {Py_mod_exec, sha512_exec},
    {0, NULL},
};

static PyModuleDef sha512_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sha512",
    .m_size = sizeof(digest_module_state),
    .m_methods = sha512_methods,
    .m_slots = sha512_slots,
    .m_traverse = digest_module_traverse,
    .m_clear = digest_module_clear,
    .m_free = digest_module_free,
};

PyMODINIT_FUNC PyInit__sha512(void);

PyMODINIT_FUNC
PyInit__sha512(void)
{
    return PyModuleDef_Init(&sha512_module);
}
