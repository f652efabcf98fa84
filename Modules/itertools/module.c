/* The module itertools: see the other files for its iterators. */
#include "itertools.h"

static PyMethodDef itertools_methods[] = {
    {"tee", (PyCFunction)(void (*)(void))itertools_tee, METH_FASTCALL,
     PyDoc_STR("tee($module, iterable, n=2, /)\n--\n\n"
               "n iterators over the items of one.")},
    {NULL, NULL, 0, NULL},
};

static int
itertools_exec(PyObject *module)
{
    static PyTypeObject *const types[] = {
        &itertools_accumulate_type,  &itertools_combinations_type,
        &itertools_cwr_type,         &itertools_cycle_type,
        &itertools_dropwhile_type,   &itertools_takewhile_type,
        &itertools_islice_type,      &itertools_starmap_type,
        &itertools_chain_type,       &itertools_compress_type,
        &itertools_filterfalse_type, &itertools_count_type,
        &itertools_zip_longest_type, &itertools_pairwise_type,
        &itertools_permutations_type, &itertools_product_type,
        &itertools_repeat_type,      &itertools_groupby_type,
        &itertools_grouper_type,     &itertools_tee_type,
        &itertools_tee_data_type,
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot itertools_slots[] = {
    {Py_mod_exec, itertools_exec},
    {0, NULL},
};

static PyModuleDef itertools_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "itertools",
    .m_doc = PyDoc_STR("Building blocks of iterators."),
    .m_size = 0,
    .m_methods = itertools_methods,
    .m_slots = itertools_slots,
};

PyMODINIT_FUNC PyInit_itertools(void);

PyMODINIT_FUNC
PyInit_itertools(void)
{
    return PyModuleDef_Init(&itertools_module);
}
