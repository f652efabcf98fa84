/* Modules: single- and multi-phase initialisation (PEP 489), attributes,
 * clearing at shutdown. */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/runtime.h"
#include "internal/type.h"

static Py_ssize_t module_last_index;

/* ---- definitions -------------------------------------------------------- */

PyTypeObject PyModuleDef_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "moduledef",
    .tp_basicsize = sizeof(PyModuleDef),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

PyObject *
PyModuleDef_Init(PyModuleDef *def)
{
    if (def->m_base.m_index == 0) {
        Py_SET_REFCNT(def, 1);
        Py_SET_TYPE(def, &PyModuleDef_Type);
        def->m_base.m_index = ++module_last_index;
    }
    return (PyObject *)def;
}

/* ---- making ------------------------------------------------------------- */

static int
module_init_dict(PyModuleObject *module, PyObject *dict, PyObject *name,
                 PyObject *doc)
{
    if (doc == NULL) {
        doc = Py_None;
    }
    if (PyDict_SetItem(dict, NAME(__name__), name) < 0 ||
        PyDict_SetItem(dict, NAME(__doc__), doc) < 0 ||
        PyDict_SetItem(dict, NAME(__package__), Py_None) < 0 ||
        PyDict_SetItem(dict, NAME(__loader__), Py_None) < 0 ||
        PyDict_SetItem(dict, NAME(__spec__), Py_None) < 0) {
        return -1;
    }
    if (PyUnicode_CheckExact(name)) {
        Py_XSETREF(module->md_name, Py_NewRef(name));
    }
    return 0;
}

static PyModuleObject *
module_alloc(PyTypeObject *type)
{
    PyModuleObject *self = (PyModuleObject *)PyType_GenericAlloc(type, 0);

    if (self != NULL) {
        self->md_dict = PyDict_New();
        if (self->md_dict == NULL) {
            Py_CLEAR(self);
        }
    }
    return self;
}

static PyObject *
module_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return (PyObject *)module_alloc(type);
}

PyObject *
PyModule_NewObject(PyObject *name)
{
    PyModuleObject *self = module_alloc(&PyModule_Type);

    if (self != NULL &&
        module_init_dict(self, self->md_dict, name, NULL) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

PyObject *
PyModule_New(const char *name)
{
    PyObject *string = PyUnicode_FromString(name), *module;

    if (string == NULL) {
        return NULL;
    }
    module = PyModule_NewObject(string);
    Py_DECREF(string);
    return module;
}

static int
module_check_api_version(const char *name, int version)
{
    if (version == PYTHON_API_VERSION || version == PYTHON_ABI_VERSION) {
        return 0;
    }
    return PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                            "Python C API version mismatch for module %.100s: "
                            "This Python has API version %d, module %.100s "
                            "has version %d.", name, PYTHON_API_VERSION, name,
                            version);
}

static int
module_add_functions(PyObject *module, PyMethodDef *functions, PyObject *name)
{
    for (PyMethodDef *def = functions; def->ml_name != NULL; def++) {
        PyObject *function;
        int status;

        if (def->ml_flags & (METH_CLASS | METH_STATIC)) {
            PyErr_SetString(PyExc_ValueError,
                            "module functions cannot set METH_CLASS or "
                            "METH_STATIC");
            return -1;
        }
        function = PyCFunction_NewEx(def, module, name);
        if (function == NULL) {
            return -1;
        }
        status = PyObject_SetAttrString(module, def->ml_name, function);
        Py_DECREF(function);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
PyModule_AddFunctions(PyObject *module, PyMethodDef *functions)
{
    PyObject *name = PyModule_GetNameObject(module);
    int result;

    if (name == NULL) {
        return -1;
    }
    result = module_add_functions(module, functions, name);
    Py_DECREF(name);
    return result;
}

static int
module_alloc_state(PyModuleObject *self, PyModuleDef *def)
{
    /* Even an empty state marks the module as executed: see reload(). */
    if (def->m_size >= 0 && self->md_state == NULL) {
        self->md_state = PyMem_Malloc(def->m_size);
        if (self->md_state == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memset(self->md_state, 0, def->m_size);
    }
    return 0;
}

/* Single-phase: a module that is complete but for what its init function
 * does. */
PyObject *
_PyModule_CreateInitialized(PyModuleDef *def, int api_version)
{
    const char *name = def->m_name;
    PyModuleObject *self;

    if (PyModuleDef_Init(def) == NULL) {
        return NULL;
    }
    if (module_check_api_version(name, api_version) < 0) {
        return NULL;
    }
    if (def->m_slots != NULL) {
        PyErr_Format(PyExc_SystemError,
                     "module %s: PyModule_Create is incompatible with m_slots",
                     name);
        return NULL;
    }
    /* Within a package the loader knows the whole name. */
    if (_Py_PackageContext != NULL) {
        const char *dot = strrchr(_Py_PackageContext, '.');

        if (dot != NULL && strcmp(def->m_name, dot + 1) == 0) {
            name = _Py_PackageContext;
            _Py_PackageContext = NULL;
        }
    }
    self = (PyModuleObject *)PyModule_New(name);
    if (self == NULL) {
        return NULL;
    }
    if ((def->m_size > 0 && module_alloc_state(self, def) < 0) ||
        (def->m_methods != NULL &&
         PyModule_AddFunctions((PyObject *)self, def->m_methods) < 0) ||
        (def->m_doc != NULL &&
         PyModule_SetDocString((PyObject *)self, def->m_doc) < 0)) {
        Py_DECREF(self);
        return NULL;
    }
    self->md_def = def;
    return (PyObject *)self;
}

#undef PyModule_Create2
PyObject *
PyModule_Create2(PyModuleDef *def, int api_version)
{
    if (!_PyImport_IsInitialized(_PyInterpreterState_GET())) {
        PyErr_SetString(PyExc_SystemError,
                        "Python import machinery not initialized");
        return NULL;
    }
    return _PyModule_CreateInitialized(def, api_version);
}

/* ---- multi-phase -------------------------------------------------------- */

typedef PyObject *(*module_create)(PyObject *spec, PyModuleDef *def);

/* The create slot, or NULL; *has_exec.  -1 with SystemError. */
static int
module_scan_slots(PyModuleDef *def, const char *name, module_create *create,
                  int *has_exec)
{
    *create = NULL;
    *has_exec = 0;
    for (PyModuleDef_Slot *slot = def->m_slots;
         slot != NULL && slot->slot != 0; slot++) {
        if (slot->slot == Py_mod_create) {
            if (*create != NULL) {
                PyErr_Format(PyExc_SystemError,
                             "module %s has multiple create slots", name);
                return -1;
            }
            *create = (module_create)slot->value;
        }
        else if (slot->slot < 0 || slot->slot > _Py_mod_LAST_SLOT) {
            PyErr_Format(PyExc_SystemError,
                         "module %s uses unknown slot ID %i", name,
                         slot->slot);
            return -1;
        }
        else {
            *has_exec = 1;
        }
    }
    return 0;
}

/* What the create slot made, checked. */
static PyObject *
module_call_create(module_create create, PyObject *spec, PyModuleDef *def,
                   const char *name)
{
    PyObject *made = create(spec, def);

    if (made == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "creation of module %s failed without setting an "
                         "exception", name);
        }
        return NULL;
    }
    if (PyErr_Occurred()) {
        _PyErr_FormatFromCause(PyExc_SystemError,
                               "creation of module %s raised unreported "
                               "exception", name);
        Py_DECREF(made);
        return NULL;
    }
    return made;
}

/* A create slot may return anything; state and execution want a module. */
static int
module_check_made(PyObject *made, PyModuleDef *def, int has_exec,
                  const char *name)
{
    if (PyModule_Check(made)) {
        ((PyModuleObject *)made)->md_state = NULL;
        ((PyModuleObject *)made)->md_def = def;
        return 0;
    }
    if (def->m_size > 0 || def->m_traverse || def->m_clear || def->m_free) {
        PyErr_Format(PyExc_SystemError,
                     "module %s is not a module object, but requests module "
                     "state", name);
        return -1;
    }
    if (has_exec) {
        PyErr_Format(PyExc_SystemError,
                     "module %s specifies execution slots, but did not create "
                     "a ModuleType instance", name);
        return -1;
    }
    return 0;
}

#undef PyModule_FromDefAndSpec2
PyObject *
PyModule_FromDefAndSpec2(PyModuleDef *def, PyObject *spec, int api_version)
{
    PyObject *name_object, *made = NULL;
    module_create create;
    const char *name;
    int has_exec;

    PyModuleDef_Init(def);
    name_object = PyObject_GetAttr(spec, NAME(name));
    if (name_object == NULL) {
        return NULL;
    }
    name = PyUnicode_AsUTF8(name_object);
    if (name == NULL || module_check_api_version(name, api_version) < 0) {
        goto failed;
    }
    if (def->m_size < 0) {
        PyErr_Format(PyExc_SystemError,
                     "module %s: m_size may not be negative for multi-phase "
                     "initialization", name);
        goto failed;
    }
    if (module_scan_slots(def, name, &create, &has_exec) < 0) {
        goto failed;
    }
    made = create != NULL ? module_call_create(create, spec, def, name)
                          : PyModule_NewObject(name_object);
    if (made == NULL || module_check_made(made, def, has_exec, name) < 0) {
        goto failed;
    }
    if ((def->m_methods != NULL &&
         module_add_functions(made, def->m_methods, name_object) < 0) ||
        (def->m_doc != NULL && PyModule_SetDocString(made, def->m_doc) < 0)) {
        goto failed;
    }
    Py_DECREF(name_object);
    return made;
failed:
    Py_DECREF(name_object);
    Py_XDECREF(made);
    return NULL;
}

int
PyModule_ExecDef(PyObject *module, PyModuleDef *def)
{
    const char *name = PyModule_GetName(module);

    if (name == NULL) {
        return -1;
    }
    if (def->m_size >= 0 &&
        module_alloc_state((PyModuleObject *)module, def) < 0) {
        return -1;
    }
    for (PyModuleDef_Slot *slot = def->m_slots;
         slot != NULL && slot->slot != 0; slot++) {
        int status;

        if (slot->slot == Py_mod_create) {
            continue;
        }
        if (slot->slot != Py_mod_exec) {
            PyErr_Format(PyExc_SystemError,
                         "module %s initialized with unknown slot %i", name,
                         slot->slot);
            return -1;
        }
        status = ((int (*)(PyObject *))slot->value)(module);
        if (status != 0) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_SystemError,
                             "execution of module %s failed without setting "
                             "an exception", name);
            }
            return -1;
        }
        if (PyErr_Occurred()) {
            _PyErr_FormatFromCause(PyExc_SystemError,
                                   "execution of module %s raised unreported "
                                   "exception", name);
            return -1;
        }
    }
    return 0;
}

/* ---- C API -------------------------------------------------------------- */

int
PyModule_SetDocString(PyObject *module, const char *doc)
{
    PyObject *text = PyUnicode_FromString(doc);
    int result;

    if (text == NULL) {
        return -1;
    }
    result = PyObject_SetAttr(module, NAME(__doc__), text);
    Py_DECREF(text);
    return result;
}

PyObject *
PyModule_GetDict(PyObject *module)
{
    if (!PyModule_Check(module)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return ((PyModuleObject *)module)->md_dict;
}

PyObject *
PyModule_GetNameObject(PyObject *module)
{
    PyObject *dict, *name;

    if (!PyModule_Check(module)) {
        PyErr_BadArgument();
        return NULL;
    }
    dict = ((PyModuleObject *)module)->md_dict;
    name = dict == NULL || !PyDict_Check(dict)
               ? NULL : PyDict_GetItemWithError(dict, NAME(__name__));
    if (name == NULL || !PyUnicode_Check(name)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError, "nameless module");
        }
        return NULL;
    }
    return Py_NewRef(name);
}

const char *
PyModule_GetName(PyObject *module)
{
    PyObject *name = PyModule_GetNameObject(module);

    if (name == NULL) {
        return NULL;
    }
    assert(Py_REFCNT(name) > 1);
    Py_DECREF(name);                     /* the module's dict still has it */
    return PyUnicode_AsUTF8(name);
}

PyObject *
PyModule_GetFilenameObject(PyObject *module)
{
    PyObject *dict, *name;

    if (!PyModule_Check(module)) {
        PyErr_BadArgument();
        return NULL;
    }
    dict = ((PyModuleObject *)module)->md_dict;
    name = dict == NULL ? NULL
                        : PyDict_GetItemWithError(dict, NAME(__file__));
    if (name == NULL || !PyUnicode_Check(name)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError, "module filename missing");
        }
        return NULL;
    }
    return Py_NewRef(name);
}

const char *
PyModule_GetFilename(PyObject *module)
{
    PyObject *name = PyModule_GetFilenameObject(module);
    const char *result;

    if (name == NULL) {
        return NULL;
    }
    result = PyUnicode_AsUTF8(name);
    Py_DECREF(name);                     /* the module's dict still has it */
    return result;
}

PyModuleDef *
PyModule_GetDef(PyObject *module)
{
    if (!PyModule_Check(module)) {
        PyErr_BadArgument();
        return NULL;
    }
    return ((PyModuleObject *)module)->md_def;
}

void *
PyModule_GetState(PyObject *module)
{
    if (!PyModule_Check(module)) {
        PyErr_BadArgument();
        return NULL;
    }
    return ((PyModuleObject *)module)->md_state;
}

/* ---- shutdown ----------------------------------------------------------- */

/* Sets every name to None that `select` chooses. */
static void
module_clear_names(PyObject *dict, int (*select)(PyObject *name))
{
    Py_ssize_t position = 0;
    PyObject *key, *value;

    while (PyDict_Next(dict, &position, &key, &value)) {
        if (value != Py_None && PyUnicode_Check(key) && select(key) &&
            PyDict_SetItem(dict, key, Py_None) != 0) {
            PyErr_WriteUnraisable(NULL);
        }
    }
}

static int
name_is_private(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) > 0 &&
           PyUnicode_READ_CHAR(name, 0) == '_' &&
           (PyUnicode_GET_LENGTH(name) < 2 ||
            PyUnicode_READ_CHAR(name, 1) != '_');
}

static int
name_is_not_builtins(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) == 0 ||
           PyUnicode_READ_CHAR(name, 0) != '_' ||
           !_PyUnicode_EqualToASCIIString(name, "__builtins__");
}

/* First names with one underscore, then all others; __builtins__ stays, so
 * that functions that still run can print. */
void
_PyModule_ClearDict(PyObject *dict)
{
    module_clear_names(dict, name_is_private);
    module_clear_names(dict, name_is_not_builtins);
}

void
_PyModule_Clear(PyObject *module)
{
    PyObject *dict = ((PyModuleObject *)module)->md_dict;

    if (dict != NULL) {
        _PyModule_ClearDict(dict);
    }
}

/* ---- the type ----------------------------------------------------------- */

static int
module_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"name", "doc", NULL};
    static _PyArg_Parser parser = {.format = "U|O:module",
                                   .keywords = keywords};
    PyModuleObject *self = (PyModuleObject *)op;
    PyObject *name, *doc = Py_None;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &name,
                                     &doc)) {
        return -1;
    }
    if (self->md_dict == NULL) {
        self->md_dict = PyDict_New();
        if (self->md_dict == NULL) {
            return -1;
        }
    }
    return module_init_dict(self, self->md_dict, name, doc);
}

/* The state is there, or none was asked for: m_traverse and others may be
 * called. */
static int
module_state_is_usable(PyModuleObject *self)
{
    return self->md_def->m_size <= 0 || self->md_state != NULL;
}

static void
module_dealloc(PyObject *op)
{
    PyModuleObject *self = (PyModuleObject *)op;

    PyObject_GC_UnTrack(op);
    if (interpreter_config(_PyInterpreterState_GET())->verbose &&
        self->md_name != NULL) {
        PySys_FormatStderr("# destroy %U\n", self->md_name);
    }
    if (self->md_weaklist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    if (self->md_def != NULL && self->md_def->m_free != NULL &&
        module_state_is_usable(self)) {
        self->md_def->m_free(self);
    }
    Py_XDECREF(self->md_dict);
    Py_XDECREF(self->md_name);
    PyMem_Free(self->md_state);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
module_repr(PyObject *self)
{
    return PyObject_CallMethod(_PyInterpreterState_GET()->importlib,
                               "_module_repr", "O", self);
}

int
_PyModuleSpec_IsInitializing(PyObject *spec)
{
    PyObject *value;
    int result;

    if (spec == NULL) {
        return 0;
    }
    if (_PyObject_LookupAttr(spec, NAME(_initializing), &value) <= 0) {
        PyErr_Clear();             /* a hint only */
        return 0;
    }
    result = PyObject_IsTrue(value);
    Py_DECREF(value);
    if (result < 0) {
        PyErr_Clear();             /* a hint only */
        return 0;
    }
    return result;
}

static int
module_spec_has_submodule(PyObject *spec, PyObject *name)
{
    PyObject *value;
    int result;

    if (spec == NULL) {
        return 0;
    }
    if (_PyObject_LookupAttr(spec, NAME(_uninitialized_submodules),
                             &value) <= 0) {
        PyErr_Clear();             /* a hint only */
        return 0;
    }
    result = PySequence_Contains(value, name);
    Py_DECREF(value);
    if (result < 0) {
        PyErr_Clear();             /* a hint only */
        return 0;
    }
    return result;
}

/* The AttributeError, with a hint at circular imports. */
static void
module_raise_missing(PyModuleObject *self, PyObject *name)
{
    PyObject *module_name, *spec;

    module_name = PyDict_GetItemWithError(self->md_dict, NAME(__name__));
    if (module_name == NULL || !PyUnicode_Check(module_name)) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_AttributeError,
                         "module has no attribute '%U'", name);
        }
        return;
    }
    Py_INCREF(module_name);
    spec = Py_XNewRef(PyDict_GetItemWithError(self->md_dict, NAME(__spec__)));
    if (spec == NULL && PyErr_Occurred()) {
        Py_DECREF(module_name);
        return;
    }
    if (_PyModuleSpec_IsInitializing(spec)) {
        PyErr_Format(PyExc_AttributeError,
                     "partially initialized module '%U' has no attribute "
                     "'%U' (most likely due to a circular import)",
                     module_name, name);
    }
    else if (module_spec_has_submodule(spec, name)) {
        PyErr_Format(PyExc_AttributeError,
                     "cannot access submodule '%U' of module '%U' "
                     "(most likely due to a circular import)", name,
                     module_name);
    }
    else {
        PyErr_Format(PyExc_AttributeError,
                     "module '%U' has no attribute '%U'", module_name, name);
    }
    Py_XDECREF(spec);
    Py_DECREF(module_name);
}

PyObject *
module_get_attribute(PyObject *op, PyObject *name, int suppress)
{
    PyModuleObject *self = (PyModuleObject *)op;
    PyObject *result, *hook;

    result = _PyObject_GenericGetAttrWithDict(op, name, NULL, 1);
    if (result != NULL || PyErr_Occurred()) {
        return result;
    }
    if (self->md_dict == NULL) {
        if (!suppress) {
            PyErr_Format(PyExc_AttributeError, "module has no attribute '%U'",
                         name);
        }
        return NULL;
    }
    hook = PyDict_GetItemWithError(self->md_dict, NAME(__getattr__));
    if (hook != NULL) {
        Py_INCREF(hook);
        result = call_one_arg(hook, name);
        Py_DECREF(hook);
        if (result == NULL && suppress &&
            PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return result;
    }
    if (!PyErr_Occurred() && !suppress) {
        module_raise_missing(self, name);
    }
    return NULL;
}

static PyObject *
module_getattro(PyObject *self, PyObject *name)
{
    return module_get_attribute(self, name, 0);
}

static int
module_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyModuleObject *self = (PyModuleObject *)op;

    if (self->md_def != NULL && self->md_def->m_traverse != NULL &&
        module_state_is_usable(self)) {
        int result = self->md_def->m_traverse(op, visit, arg);

        if (result != 0) {
            return result;
        }
    }
    Py_VISIT(self->md_dict);
    return 0;
}

static int
module_clear(PyObject *op)
{
    PyModuleObject *self = (PyModuleObject *)op;

    if (self->md_def != NULL && self->md_def->m_clear != NULL &&
        module_state_is_usable(self)) {
        int result = self->md_def->m_clear(op);

        if (PyErr_Occurred()) {
            PySys_FormatStderr("Exception ignored in m_clear of module%s%V\n",
                               self->md_name ? " " : "", self->md_name, "");
            PyErr_WriteUnraisable(NULL);
        }
        if (result != 0) {
            return result;
        }
    }
    Py_CLEAR(self->md_dict);
    return 0;
}

static PyObject *
module_dir(PyObject *self, PyObject *ignored)
{
    PyObject *dict = PyObject_GetAttr(self, NAME(__dict__)), *hook;
    PyObject *result = NULL;

    if (dict == NULL) {
        return NULL;
    }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
        goto done;
    }
    hook = PyDict_GetItemWithError(dict, NAME(__dir__));
    if (hook != NULL) {
        result = PyObject_CallNoArgs(hook);
    }
    else if (!PyErr_Occurred()) {
        result = PyDict_Keys(dict);
    }
done:
    Py_DECREF(dict);
    return result;
}

/* The module's dict, new, checked. */
static PyObject *
module_get_checked_dict(PyObject *self)
{
    PyObject *dict = PyObject_GetAttr(self, NAME(__dict__));

    if (dict != NULL && !PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
        Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *
module_get_annotations(PyObject *self, void *closure)
{
    PyObject *dict = module_get_checked_dict(self), *annotations;

    if (dict == NULL) {
        return NULL;
    }
    annotations = Py_XNewRef(PyDict_GetItemWithError(dict,
                                                     NAME(__annotations__)));
    if (annotations == NULL && !PyErr_Occurred()) {
        annotations = PyDict_New();
        if (annotations != NULL &&
            PyDict_SetItem(dict, NAME(__annotations__), annotations) < 0) {
            Py_CLEAR(annotations);
        }
    }
    Py_DECREF(dict);
    return annotations;
}

static int
module_set_annotations(PyObject *self, PyObject *value, void *closure)
{
    PyObject *dict = module_get_checked_dict(self);
    int result;

    if (dict == NULL) {
        return -1;
    }
    if (value != NULL) {
        result = PyDict_SetItem(dict, NAME(__annotations__), value);
    }
    else {
        result = PyDict_DelItem(dict, NAME(__annotations__));
        if (result < 0 && PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Format(PyExc_AttributeError, "__annotations__");
        }
    }
    Py_DECREF(dict);
    return result;
}

static PyMemberDef module_members[] = {
    {"__dict__", T_OBJECT, offsetof(PyModuleObject, md_dict), READONLY},
    {NULL}
};

static PyMethodDef module_methods[] = {
    {"__dir__", module_dir, METH_NOARGS,
     PyDoc_STR("__dir__() -> list\nNames of the module's attributes.")},
    {NULL}
};

static PyGetSetDef module_getsets[] = {
    {"__annotations__", module_get_annotations, module_set_annotations},
    {NULL}
};

PyTypeObject PyModule_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "module",
    .tp_basicsize = sizeof(PyModuleObject),
    .tp_dealloc = module_dealloc,
    .tp_repr = module_repr,
    .tp_getattro = module_getattro,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("module(name, doc=None)\n--\n\n"
                        "A module object; the name has to be a string."),
    .tp_traverse = module_traverse,
    .tp_clear = module_clear,
    .tp_weaklistoffset = offsetof(PyModuleObject, md_weaklist),
    .tp_methods = module_methods,
    .tp_members = module_members,
    .tp_getset = module_getsets,
    .tp_dictoffset = offsetof(PyModuleObject, md_dict),
    .tp_init = module_init,
    .tp_new = module_new,
    .tp_free = PyObject_GC_Del,
};
