/* The module _md5. */
#include "digest.h"

static const digest_algorithm md5_algorithm = {
    .name = "md5",
    .md = &libcrypto.EVP_md5,
};

static PyType_Spec md5_spec = {
    .name = "_md5.md5",
    .basicsize = sizeof(DigestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = digest_type_slots,
};

static PyObject *
md5_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
        PyObject *kwnames)
{
    static const char *const keywords[] = {"string", "usedforsecurity",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|O$p:md5",
                                   .keywords = keywords};

    return digest_module_call(module, 0, args, nargs, kwnames, &parser);
}

static PyMethodDef md5_methods[] = {
    {"md5", (PyCFunction)(void (*)(void))md5_new,
     METH_FASTCALL | METH_KEYWORDS,
     "md5($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
     "Make a MD5 hash object."},
    {NULL, NULL, 0, NULL},
};

static int
md5_exec(PyObject *module)
{
    static const digest_function functions[] = {
        {&md5_algorithm, &md5_spec, "MD5Type"},
    };

    return digest_module_exec(module, functions, 1);
}

static PyModuleDef_Slot md5_slots[] = {
    {Py_mod_exec, md5_exec},
    {0, NULL},
};

static PyModuleDef md5_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_md5",
    .m_size = sizeof(digest_module_state),
    .m_methods = md5_methods,
    .m_slots = md5_slots,
    .m_traverse = digest_module_traverse,
    .m_clear = digest_module_clear,
    .m_free = digest_module_free,
};

PyMODINIT_FUNC PyInit__md5(void);

PyMODINIT_FUNC
PyInit__md5(void)
{
    return PyModuleDef_Init(&md5_module);
}
