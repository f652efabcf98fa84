/* Descriptors, functions, bound methods, modules, weak references and the
 * other small types of this area: what the rest of the runtime needs. */
#ifndef LUCID_INTERNAL_DESCR_H
#define LUCID_INTERNAL_DESCR_H

#include "Python.h"
#include "structmember.h"

/* A flag of PyMemberDef, beside those of structmember.h: reading raises
 * lucid.object.__getattr__. */
#define MEMBER_LUCID_AUDIT_READ 0x1000

/* types.MappingProxyType instances. */
typedef struct {
    PyObject_HEAD
    PyObject *mapping;
} mappingproxy_object;

typedef struct {
    PyObject_HEAD
    PyObject *prop_get;
    PyObject *prop_set;
    PyObject *prop_del;
    PyObject *prop_doc;
    PyObject *prop_name;           /* from __set_name__, or NULL */
    int getter_doc;                /* prop_doc came from the getter */
} property_object;

typedef struct {
    PyObject_HEAD
    PyObject *cm_callable;
    PyObject *cm_dict;
} classmethod_object;

typedef struct {
    PyObject_HEAD
    PyObject *sm_callable;
    PyObject *sm_dict;
} staticmethod_object;

/* 3.11's layout: 7's interpreter specialises on md_dict. */
typedef struct {
    PyObject_HEAD
    PyObject *md_dict;
    PyModuleDef *md_def;           /* borrowed, may be NULL */
    void *md_state;
    PyObject *md_weaklist;
    PyObject *md_name;             /* for finalization messages, may be NULL */
} PyModuleObject;

typedef struct {
    PyObject_HEAD
    PyObject *origin;
    PyObject *args;                /* tuple */
    PyObject *parameters;          /* tuple, or NULL until asked for */
    PyObject *weakreflist;
    char starred;                  /* *tuple[int]: unpacked */
    vectorcallfunc vectorcall;
} generic_alias_object;

typedef struct {
    PyObject_HEAD
    PyObject *args;                /* tuple */
    PyObject *parameters;          /* tuple, or NULL until asked for */
} union_object;

extern PyTypeObject generic_alias_iter_type;
extern PyTypeObject union_type;            /* types.UnionType */

/* Version of a function for specialisation, new if it has none; 0: used up. */
uint32_t function_get_version(PyFunctionObject *func);
/* From MAKE_FUNCTION: all fields from the frame.  Returns new. */
PyObject *function_from_code(PyObject *code, PyObject *globals,
                             PyObject *builtins);
PyObject *classmethod_get_callable(PyObject *self);       /* borrowed */
PyObject *staticmethod_get_callable(PyObject *self);      /* borrowed */

/* X | Y for types: new, or NotImplemented. */
PyObject *union_type_or(PyObject *left, PyObject *right);
/* Type variables among `args`, in order of appearance, as a tuple. */
PyObject *generic_make_parameters(PyObject *args);
PyObject *generic_substitute(PyObject *self, PyObject *args,
                             PyObject *parameters, PyObject *item);

/* Module lookups that never run __getattr__ and leave no AttributeError. */
PyObject *module_get_attribute(PyObject *module, PyObject *name, int suppress);

/* Weak references: the list heads and the doors of the collector. */
Py_ssize_t weakref_count(PyWeakReference *head);
void weakref_clear_all_no_callbacks(PyObject *op);

/* Member access shared by descriptors and type objects: name, type code and
 * flags of a PyMemberDef are trusted. */
PyMODINIT_FUNC PyInit__abc(void);
PyMODINIT_FUNC PyInit__weakref(void);

/* PEP 585 subscription for a METH_O|METH_CLASS row: Py_GenericAlias. */
#define CLASS_GETITEM_METHOD \
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, \
     PyDoc_STR("See PEP 585")}

#endif
