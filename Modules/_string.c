/* Module _string: what string.Formatter needs of str.format. */
#include "Python.h"
#include "unicode.h"

static PyMethodDef string_methods[] = {
    {"formatter_field_name_split", unicode_formatter_field_name_split, METH_O,
     PyDoc_STR("Split a field name into its first part and an iterator over "
               "the rest.")},
    {"formatter_parser", unicode_formatter_parser, METH_O,
     PyDoc_STR("Iterate over the parts of a format string.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef string_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_string",
    .m_doc = PyDoc_STR("Helpers of the module string."),
    .m_methods = string_methods,
};

PyMODINIT_FUNC PyInit__string(void);

PyMODINIT_FUNC
PyInit__string(void)
{
    return PyModuleDef_Init(&string_module);
}
