/* The structures and constants of the module sys: version_info, flags,
 * implementation, hash_info, thread_info, asyncgen_hooks and their like. */
#include "Python.h"

#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

/* --- Structure types ----------------------------------------------------- */

static PyStructSequence_Field version_info_fields[] = {
    {"major", "Major release number"},
    {"minor", "Minor release number"},
    {"micro", "Patch release number"},
    {"releaselevel", "'alpha', 'beta', 'candidate', or 'final'"},
    {"serial", "Serial release number"},
    {NULL, NULL},
};
static PyStructSequence_Desc version_info_desc = {
    "sys.version_info", "The version of Python as a tuple.",
    version_info_fields, 5};
static PyTypeObject version_info_type;

static PyStructSequence_Field flags_fields[] = {
    {"debug", "-d"},
    {"inspect", "-i"},
    {"interactive", "-i"},
    {"optimize", "-O or -OO"},
    {"dont_write_bytecode", "-B"},
    {"no_user_site", "-s"},
    {"no_site", "-S"},
    {"ignore_environment", "-E"},
    {"verbose", "-v"},
    {"bytes_warning", "-b"},
    {"quiet", "-q"},
    {"hash_randomization", "-R"},
    {"isolated", "-I"},
    {"dev_mode", "-X dev"},
    {"utf8_mode", "-X utf8"},
    {"warn_default_encoding", "-X warn_default_encoding"},
    {"safe_path", "-P"},
    {"int_max_str_digits", "-X int_max_str_digits"},
    {NULL, NULL},
};
static PyStructSequence_Desc flags_desc = {
    "sys.flags", "What the command line and the environment asked for.",
    flags_fields, 18};
static PyTypeObject flags_type;

static PyStructSequence_Field hash_info_fields[] = {
    {"width", "width of the type used for hashing, in bits"},
    {"modulus", "prime number giving the modulus on which the hash function "
                "is based"},
    {"inf", "value to be used for hash of a positive infinity"},
    {"nan", "value to be used for hash of a nan"},
    {"imag", "multiplier used for the imaginary part of a complex number"},
    {"algorithm", "name of the algorithm for hashing of str, bytes and "
                  "memoryviews"},
    {"hash_bits", "internal output size of hash algorithm"},
    {"seed_bits", "seed size of hash algorithm"},
    {"cutoff", "small string optimization cutoff"},
    {NULL, NULL},
};
static PyStructSequence_Desc hash_info_desc = {
    "sys.hash_info", "How numbers, str and bytes are hashed.",
    hash_info_fields, 9};
static PyTypeObject hash_info_type;

static PyStructSequence_Field asyncgen_hooks_fields[] = {
    {"firstiter", "Called before an asynchronous generator is first iterated"},
    {"finalizer", "Called before an asynchronous generator is finalized"},
    {NULL, NULL},
};
static PyStructSequence_Desc asyncgen_hooks_desc = {
    "asyncgen_hooks", "Hooks for asynchronous generators.",
    asyncgen_hooks_fields, 2};
static PyTypeObject asyncgen_hooks_type;

static int
type_ensure(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    return type->tp_name != NULL ? 0
                                 : PyStructSequence_InitType2(type, desc);
}

/* Programs may read these, not make them. */
static void
type_forbid_instances(PyTypeObject *type)
{
    type->tp_init = NULL;
    type->tp_new = NULL;
    type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    if (type->tp_dict != NULL &&
        PyDict_DelItem(type->tp_dict, NAME(__new__)) < 0) {
        PyErr_Clear();        /* KeyError: there was none */
    }
    PyType_Modified(type);
}

/* A structure of `count` owned values; takes them over, NULL among them means
 * that making one failed. */
static PyObject *
structure_from_values(PyTypeObject *type, PyObject **values, Py_ssize_t count)
{
    PyObject *structure = PyStructSequence_New(type);
    int failed = structure == NULL;

    for (Py_ssize_t i = 0; i < count; i++) {
        failed |= values[i] == NULL;
        if (structure != NULL) {
            PyStructSequence_SetItem(structure, i, values[i]);
        }
        else {
            Py_XDECREF(values[i]);
        }
    }
    if (failed) {
        Py_CLEAR(structure);
    }
    return structure;
}

static PyObject *
make_version_info(void)
{
    PyObject *values[] = {
        PyLong_FromLong(PY_MAJOR_VERSION), PyLong_FromLong(PY_MINOR_VERSION),
        PyLong_FromLong(PY_MICRO_VERSION), PyUnicode_FromString("final"),
        PyLong_FromLong(PY_RELEASE_SERIAL),
    };

    return structure_from_values(&version_info_type, values,
                                 Py_ARRAY_LENGTH(values));
}

PyObject *
sys_make_flags(PyInterpreterState *interp)
{
    const PyConfig *config = &interp->config;
    PyObject *values[] = {
        PyLong_FromLong(config->parser_debug),
        PyLong_FromLong(config->inspect),
        PyLong_FromLong(config->interactive),
        PyLong_FromLong(config->optimization_level),
        PyLong_FromLong(!config->write_bytecode),
        PyLong_FromLong(!config->user_site_directory),
        PyLong_FromLong(!config->site_import),
        PyLong_FromLong(!config->use_environment),
        PyLong_FromLong(config->verbose),
        PyLong_FromLong(config->bytes_warning),
        PyLong_FromLong(config->quiet),
        PyLong_FromLong(config->use_hash_seed == 0 || config->hash_seed != 0),
        PyLong_FromLong(config->isolated),
        PyBool_FromLong(config->dev_mode),
        PyLong_FromLong(_PyRuntime.preconfig.utf8_mode),
        PyLong_FromLong(config->warn_default_encoding),
        PyBool_FromLong(config->safe_path),
        PyLong_FromLong(sys_configured_max_str_digits(config)),
    };

    return structure_from_values(&flags_type, values,
                                 Py_ARRAY_LENGTH(values));
}

static PyObject *
make_hash_info(void)
{
    PyHash_FuncDef *function = PyHash_GetFuncDef();
    PyObject *values[] = {
        PyLong_FromLong(8 * (long)sizeof(Py_hash_t)),
        PyLong_FromSsize_t((Py_ssize_t)_PyHASH_MODULUS),
        PyLong_FromLong(_PyHASH_INF),
        PyLong_FromLong(0),
        PyLong_FromLong((long)_PyHASH_IMAG),
        PyUnicode_FromString(function->name),
        PyLong_FromLong(function->hash_bits),
        PyLong_FromLong(function->seed_bits),
        PyLong_FromLong(Py_HASH_CUTOFF),
    };

    return structure_from_values(&hash_info_type, values,
                                 Py_ARRAY_LENGTH(values));
}

PyObject *
sys_make_asyncgen_hooks(PyThreadState *tstate)
{
    PyObject *firstiter = tstate->async_gen_firstiter;
    PyObject *finalizer = tstate->async_gen_finalizer;
    PyObject *values[] = {
        Py_NewRef(firstiter == NULL ? Py_None : firstiter),
        Py_NewRef(finalizer == NULL ? Py_None : finalizer),
    };

    return structure_from_values(&asyncgen_hooks_type, values,
                                 Py_ARRAY_LENGTH(values));
}

void
sys_fini_types(void)
{
    PyTypeObject *types[] = {&version_info_type, &flags_type, &hash_info_type,
                             &asyncgen_hooks_type};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (types[i]->tp_name != NULL) {
            _PyStructSequence_FiniType(types[i]);
        }
    }
}

/* --- Names --------------------------------------------------------------- */

/* The names of built-in modules as a sorted tuple.  Returns new. */
static PyObject *
make_builtin_module_names(void)
{
    PyObject *list = PyList_New(0), *tuple;

    if (list == NULL) {
        return NULL;
    }
    for (const struct _inittab *entry = PyImport_Inittab; entry->name != NULL;
         entry++) {
        PyObject *name = PyUnicode_FromString(entry->name);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_XDECREF(name);
            Py_DECREF(list);
            return NULL;
        }
        Py_DECREF(name);
    }
    if (PyList_Sort(list) < 0) {
        Py_DECREF(list);
        return NULL;
    }
    tuple = PyList_AsTuple(list);
    Py_DECREF(list);
    return tuple;
}

/* Modules of the standard library on every platform (a fact of 3.11). */
static const char stdlib_module_names[] =
#include "stdlib_module_names.def"
    ;

static PyObject *
make_stdlib_module_names(void)
{
    PyObject *text = PyUnicode_FromString(stdlib_module_names);
    PyObject *list = NULL, *names = NULL;

    if (text != NULL) {
        list = PyUnicode_Split(text, NULL, -1);
    }
    if (list != NULL) {
        names = PyFrozenSet_New(list);
    }
    Py_XDECREF(list);
    Py_XDECREF(text);
    return names;
}

/* sys.implementation; steals nothing.  Returns new. */
static PyObject *
make_implementation(PyObject *version_info)
{
    PyObject *namespace = NULL, *dict = NULL, *value = NULL;
    int failed = 1;
    struct {
        const char *name;
        PyObject *value;     /* owned */
    } entries[] = {
        {"name", PyUnicode_FromString("cpython")},
        {"cache_tag", PyUnicode_FromString("cpython-311")},
        {"version", Py_NewRef(version_info)},
        {"hexversion", PyLong_FromLong(PY_VERSION_HEX)},
        {"_multiarch", PyUnicode_FromString("x86_64-linux-gnu")},
        {"lucid", PyUnicode_FromString(PY_VERSION)},
    };

    dict = PyDict_New();
    if (dict == NULL) {
        goto done;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(entries); i++) {
        if (entries[i].value == NULL ||
            PyDict_SetItemString(dict, entries[i].name, entries[i].value) <
                0) {
            goto done;
        }
    }
    failed = 0;
done:
    for (size_t i = 0; i < Py_ARRAY_LENGTH(entries); i++) {
        Py_XDECREF(entries[i].value);
    }
    if (!failed) {
        namespace = _PyNamespace_New(dict);
    }
    Py_XDECREF(value);
    Py_XDECREF(dict);
    return namespace;
}

/* --- Filling the module -------------------------------------------------- */

/* dict[name] = value; steals value, which may be NULL with an exception. */
static int
add(PyObject *dict, const char *name, PyObject *value)
{
    int status;

    if (value == NULL) {
        return -1;
    }
    status = PyDict_SetItemString(dict, name, value);
    Py_DECREF(value);
    return status;
}

static int
add_version(PyObject *dict)
{
    PyObject *version_info = make_version_info();
    int status;

    if (version_info == NULL) {
        return -1;
    }
    status =
        add(dict, "implementation", make_implementation(version_info)) < 0 ||
        PyDict_SetItemString(dict, "version_info", version_info) < 0 ||
        add(dict, "version", PyUnicode_FromString(Py_GetVersion())) < 0 ||
        add(dict, "hexversion", PyLong_FromLong(PY_VERSION_HEX)) < 0 ||
        add(dict, "api_version", PyLong_FromLong(PYTHON_API_VERSION)) < 0 ||
        add(dict, "copyright", PyUnicode_FromString(Py_GetCopyright())) < 0 ||
        add(dict, "platform", PyUnicode_FromString(Py_GetPlatform())) < 0 ||
        add(dict, "_git", Py_BuildValue("(sss)", "CPython", "", "")) < 0 ||
        add(dict, "_framework", PyUnicode_FromString("")) < 0 ||
        add(dict, "abiflags", PyUnicode_FromString("")) < 0;
    Py_DECREF(version_info);
    return status ? -1 : 0;
}

static int
add_limits(PyObject *dict)
{
    if (add(dict, "maxsize", PyLong_FromSsize_t(PY_SSIZE_T_MAX)) < 0 ||
        add(dict, "maxunicode", PyLong_FromLong(0x10FFFF)) < 0 ||
        add(dict, "float_info", PyFloat_GetInfo()) < 0 ||
        add(dict, "int_info", PyLong_GetInfo()) < 0 ||
        add(dict, "hash_info", make_hash_info()) < 0 ||
        add(dict, "thread_info", PyThread_GetInfo()) < 0 ||
        add(dict, "byteorder", PyUnicode_FromString("little")) < 0 ||
        add(dict, "float_repr_style", PyUnicode_FromString("short")) < 0) {
        return -1;
    }
    return 0;
}

/* The hooks as they were, for programs that replace them. */
static int
add_original_hooks(PyObject *dict)
{
    static const struct {
        const char *name, *original;
    } hooks[] = {
        {"displayhook", "__displayhook__"},
        {"excepthook", "__excepthook__"},
        {"breakpointhook", "__breakpointhook__"},
        {"unraisablehook", "__unraisablehook__"},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(hooks); i++) {
        PyObject *hook = PyDict_GetItemString(dict, hooks[i].name);
        if (hook == NULL ||
            PyDict_SetItemString(dict, hooks[i].original, hook) < 0) {
            return -1;
        }
    }
    return 0;
}

int
sys_add_info(PyThreadState *tstate, PyObject *dict)
{
    int first = version_info_type.tp_name == NULL;

    if (type_ensure(&version_info_type, &version_info_desc) < 0 ||
        type_ensure(&flags_type, &flags_desc) < 0 ||
        type_ensure(&hash_info_type, &hash_info_desc) < 0 ||
        type_ensure(&asyncgen_hooks_type, &asyncgen_hooks_desc) < 0) {
        return -1;
    }
    if (add_version(dict) < 0 || add_limits(dict) < 0 ||
        add_original_hooks(dict) < 0 ||
        add(dict, "builtin_module_names", make_builtin_module_names()) < 0 ||
        add(dict, "stdlib_module_names", make_stdlib_module_names()) < 0 ||
        add(dict, "flags", sys_make_flags(tstate->interp)) < 0) {
        return -1;
    }
    if (first) {
        type_forbid_instances(&version_info_type);
        type_forbid_instances(&flags_type);
    }
    return 0;
}
