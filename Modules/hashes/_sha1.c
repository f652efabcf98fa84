/* The module _sha1. */
#include "digest.h"

static const digest_algorithm sha1_algorithm = {
    .name = "sha1",
    .md = &libcrypto.EVP_sha1,
};

static PyType_Spec sha1_spec = {
    .name = "_sha1.sha1",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
sha1_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
         PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:sha1",
                                   .keywords = keywords};

    return digest_module_call(module, 0, args, nargs, kwnames, &parser);
}

static PyMethodDef sha1_methods[] = {
    {"sha1", (PyCFunction)(void (*)(void))sha1_new,
     METH_FASTCALL | METH_KEYWORDS,
     "sha1($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a SHA1 hash object."},
    {NULL, NULL, 0, NULL},
};

static int
sha1_exec(PyObject *module)
{
    static const digest_function functions[] = {
        {&sha1_algorithm, &sha1_spec, "SHA1Type"},
    };

    return digest_module_exec(module, functions, 1);
}

static PyModuleDef_Slot sha1_slots[] = {
    {Py_mod_exec, sha1_exec},
    {0, NULL},
};

static PyModuleDef sha1_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sha1",
    .m_size = sizeof(digest_module_state),
    .m_methods = sha1_methods,
    .m_slots = sha1_slots,
    .m_traverse = digest_module_traverse,
    .m_clear = digest_module_clear,
    .m_free = digest_module_free,
};

PyMODINIT_FUNC PyInit__sha1(void);

PyMODINIT_FUNC
PyInit__sha1(void)
{
    return PyModuleDef_Init(&sha1_module);
}
