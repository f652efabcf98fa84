/* Module _locale: the C library's locale, and gettext. */
#include "Python.h"
#include "internal/audit.h"
#include "internal/fileutils.h"

#include <errno.h>
#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <string.h>

typedef struct {
    PyObject *error;
} locale_state;

static PyObject *
raise_error(PyObject *module, const char *text)
{
    locale_state *state = PyModule_GetState(module);

    PyErr_SetString(state->error, text);
    return NULL;
}

/* ---- setlocale ---------------------------------------------------------- */

static PyObject *
locale_setlocale(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int category;
    const char *locale = NULL;

    if (!_PyArg_ParseStack(args, nargs, "i|z:setlocale", &category,
                           &locale)) {
        return NULL;
    }
    if (locale == NULL) {
        const char *current = setlocale(category, NULL);
        if (current == NULL) {
            return raise_error(module, "locale query failed");
        }
        return PyUnicode_DecodeLocale(current, NULL);
    }
    if (PyAudit(AUDIT_LUCID_LOCALE_SETLOCALE, "is", category, locale) < 0) {
        return NULL;
    }
    const char *result = setlocale(category, locale);
    if (result == NULL) {
        return raise_error(module, "unsupported locale setting");
    }
    return PyUnicode_DecodeLocale(result, NULL);
}

/* ---- localeconv --------------------------------------------------------- */

/* The sizes of groups of digits, as a list that ends with 0 or CHAR_MAX. */
static PyObject *
grouping_list(const char *sizes)
{
    size_t n = 0;

    if (sizes[0] == '\0') {
        return PyList_New(0);
    }
    while (sizes[n] != '\0' && sizes[n] != CHAR_MAX) {
        n++;
    }
    PyObject *list = PyList_New((Py_ssize_t)n + 1);
    for (size_t i = 0; list != NULL && i <= n; i++) {
        PyObject *size = PyLong_FromLong(sizes[i]);
        if (size == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, size);
    }
    return list;
}

/* dict[key] = value; steals value, which may be NULL. */
static int
set_owned(PyObject *dict, const char *key, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int status = PyDict_SetItemString(dict, key, value);
    Py_DECREF(value);
    return status;
}

static int
set_numeric(PyObject *dict, struct lconv *lc)
{
    PyObject *decimal_point, *thousands_sep;

    if (_Py_GetLocaleconvNumeric(lc, &decimal_point, &thousands_sep) < 0) {
        return -1;
    }
    if (set_owned(dict, "decimal_point", decimal_point) < 0) {
        Py_DECREF(thousands_sep);
        return -1;
    }
    if (set_owned(dict, "thousands_sep", thousands_sep) < 0) {
        return -1;
    }
    return set_owned(dict, "grouping", grouping_list(lc->grouping));
}

static PyObject *
locale_localeconv(PyObject *module, PyObject *unused)
{
    struct lconv *lc = localeconv();
    PyObject *dict = PyDict_New();

    if (dict == NULL) {
        return NULL;
    }
#define TEXT(name) \
    set_owned(dict, #name, PyUnicode_DecodeLocale(lc->name, NULL)) < 0
#define NUMBER(name) set_owned(dict, #name, PyLong_FromLong(lc->name)) < 0
    if (TEXT(int_curr_symbol) || TEXT(currency_symbol) ||
        TEXT(mon_decimal_point) || TEXT(mon_thousands_sep) ||
        set_owned(dict, "mon_grouping", grouping_list(lc->mon_grouping)) < 0 ||
        TEXT(positive_sign) || TEXT(negative_sign) ||
        NUMBER(int_frac_digits) || NUMBER(frac_digits) ||
        NUMBER(p_cs_precedes) || NUMBER(p_sep_by_space) ||
        NUMBER(n_cs_precedes) || NUMBER(n_sep_by_space) ||
        NUMBER(p_sign_posn) || NUMBER(n_sign_posn) ||
        set_numeric(dict, lc) < 0) {
        Py_CLEAR(dict);
    }
#undef TEXT
#undef NUMBER
    return dict;
}

/* ---- collation ---------------------------------------------------------- */

static PyObject *
locale_strcoll(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *left, *right, *result = NULL;

    if (!_PyArg_ParseStack(args, nargs, "UU:strcoll", &left, &right)) {
        return NULL;
    }
    wchar_t *a = PyUnicode_AsWideCharString(left, NULL);
    wchar_t *b = a == NULL ? NULL : PyUnicode_AsWideCharString(right, NULL);
    if (b != NULL) {
        result = PyLong_FromLong(wcscoll(a, b));
    }
    PyMem_Free(a);
    PyMem_Free(b);
    return result;
}

static PyObject *
locale_strxfrm(PyObject *module, PyObject *argument)
{
    Py_ssize_t length;
    wchar_t *text = NULL, *key = NULL;
    PyObject *result = NULL;

    if (!PyUnicode_Check(argument)) {
        _PyArg_BadArgument("strxfrm", "argument", "str", argument);
        return NULL;
    }
    text = PyUnicode_AsWideCharString(argument, &length);
    if (text == NULL) {
        return NULL;
    }
    if (wcslen(text) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        goto done;
    }
    errno = 0;
    size_t size = wcsxfrm(NULL, text, 0);
    if (errno != 0 && errno != ERANGE) {
        PyErr_SetFromErrno(PyExc_OSError);
        goto done;
    }
    key = PyMem_New(wchar_t, size + 1);
    if (key == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    errno = 0;
    size = wcsxfrm(key, text, size + 1);
    if (errno != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        goto done;
    }
    /* Weights are no characters: those beyond Unicode would be refused. */
    result = PyUnicode_FromWideChar(key, (Py_ssize_t)size);
done:
    PyMem_Free(key);
    PyMem_Free(text);
    return result;
}

/* ---- langinfo ----------------------------------------------------------- */

static const struct {
    const char *name;
    nl_item key;
} langinfo_constants[] = {
#define K(name) {#name, name}
    K(DAY_1), K(DAY_2), K(DAY_3), K(DAY_4), K(DAY_5), K(DAY_6), K(DAY_7),
    K(ABDAY_1), K(ABDAY_2), K(ABDAY_3), K(ABDAY_4), K(ABDAY_5), K(ABDAY_6),
    K(ABDAY_7), K(MON_1), K(MON_2), K(MON_3), K(MON_4), K(MON_5), K(MON_6),
    K(MON_7), K(MON_8), K(MON_9), K(MON_10), K(MON_11), K(MON_12), K(ABMON_1),
    K(ABMON_2), K(ABMON_3), K(ABMON_4), K(ABMON_5), K(ABMON_6), K(ABMON_7),
    K(ABMON_8), K(ABMON_9), K(ABMON_10), K(ABMON_11), K(ABMON_12),
    K(RADIXCHAR), K(THOUSEP), K(CRNCYSTR), K(D_FMT), K(D_T_FMT), K(T_FMT),
    K(AM_STR), K(PM_STR), K(CODESET), K(T_FMT_AMPM), K(ERA), K(ERA_D_FMT),
    K(ERA_D_T_FMT), K(ERA_T_FMT), K(ALT_DIGITS), K(YESEXPR), K(NOEXPR),
    K(_DATE_FMT),
#undef K
};

static PyObject *
locale_nl_langinfo(PyObject *module, PyObject *argument)
{
    int key = _PyLong_AsInt(argument);

    if (key == -1 && PyErr_Occurred()) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(langinfo_constants); i++) {
        if (langinfo_constants[i].key == key) {
            const char *text = nl_langinfo(key);
            return PyUnicode_DecodeLocale(text == NULL ? "" : text, NULL);
        }
    }
    PyErr_SetString(PyExc_ValueError, "unsupported langinfo constant");
    return NULL;
}

static PyObject *
locale_getencoding(PyObject *module, PyObject *unused)
{
    return _Py_GetLocaleEncodingObject();
}

/* ---- gettext ------------------------------------------------------------ */

static PyObject *
locale_gettext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *text;

    if (nargs == 1 && !PyUnicode_Check(args[0])) {
        _PyArg_BadArgument("gettext", "argument", "str", args[0]);
        return NULL;
    }
    if (!_PyArg_ParseStack(args, nargs, "s:gettext", &text)) {
        return NULL;
    }
    return PyUnicode_DecodeLocale(gettext(text), NULL);
}

static PyObject *
locale_dgettext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain, *text;

    if (!_PyArg_ParseStack(args, nargs, "zs:dgettext", &domain, &text)) {
        return NULL;
    }
    return PyUnicode_DecodeLocale(dgettext(domain, text), NULL);
}

static PyObject *
locale_dcgettext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain, *text;
    int category;

    if (!_PyArg_ParseStack(args, nargs, "zsi:dcgettext", &domain, &text,
                           &category)) {
        return NULL;
    }
    return PyUnicode_DecodeLocale(dcgettext(domain, text, category), NULL);
}

static PyObject *
locale_textdomain(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain;

    if (!_PyArg_ParseStack(args, nargs, "z:textdomain", &domain)) {
        return NULL;
    }
    domain = textdomain(domain);
    if (domain == NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyUnicode_DecodeLocale(domain, NULL);
}

static PyObject *
locale_bindtextdomain(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    const char *domain;
    PyObject *directory, *bytes = NULL;

    if (!_PyArg_ParseStack(args, nargs, "sO:bindtextdomain", &domain,
                           &directory)) {
        return NULL;
    }
    if (domain[0] == '\0') {
        return raise_error(module, "domain must be a non-empty string");
    }
    if (directory != Py_None && !PyUnicode_FSConverter(directory, &bytes)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_LOCALE_BINDTEXTDOMAIN, "sO", domain,
                bytes == NULL ? Py_None : bytes) < 0) {
        Py_XDECREF(bytes);
        return NULL;
    }
    const char *current = bindtextdomain(
        domain, bytes == NULL ? NULL : PyBytes_AS_STRING(bytes));
    PyObject *result = current == NULL
                           ? PyErr_SetFromErrno(PyExc_OSError)
                           : PyUnicode_DecodeLocale(current, NULL);
    Py_XDECREF(bytes);
    return result;
}

static PyObject *
locale_bind_textdomain_codeset(PyObject *module, PyObject *const *args,
                               Py_ssize_t nargs)
{
    const char *domain, *codeset;

    if (!_PyArg_ParseStack(args, nargs, "sz:bind_textdomain_codeset", &domain,
                           &codeset)) {
        return NULL;
    }
    codeset = bind_textdomain_codeset(domain, codeset);
    if (codeset == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeLocale(codeset, NULL);
}

/* ---- the module --------------------------------------------------------- */

#define FAST(name) (PyCFunction)(void (*)(void))locale_##name, METH_FASTCALL

static PyMethodDef locale_methods[] = {
    {"setlocale", FAST(setlocale),
     PyDoc_STR("setlocale($module, category, locale=<unrepresentable>, /)\n"
               "--\n\nSet the locale of a category, or ask for it.")},
    {"localeconv", locale_localeconv, METH_NOARGS,
     PyDoc_STR("localeconv($module, /)\n--\n\n"
               "How the locale writes numbers and money.")},
    {"strcoll", FAST(strcoll),
     PyDoc_STR("strcoll($module, os1, os2, /)\n--\n\n"
               "Compare two strings by the locale.")},
    {"strxfrm", locale_strxfrm, METH_O,
     PyDoc_STR("strxfrm($module, string, /)\n--\n\n"
               "A string that compares as the locale orders this one.")},
    {"nl_langinfo", locale_nl_langinfo, METH_O,
     PyDoc_STR("nl_langinfo($module, key, /)\n--\n\n"
               "A text of the locale.")},
    {"gettext", FAST(gettext),
     PyDoc_STR("gettext($module, msg, /)\n--\n\n"
               "The translation of a message.")},
    {"dgettext", FAST(dgettext),
     PyDoc_STR("dgettext($module, domain, msg, /)\n--\n\n"
               "The translation of a message in a domain.")},
    {"dcgettext", FAST(dcgettext),
     PyDoc_STR("dcgettext($module, domain, msg, category, /)\n--\n\n"
               "The translation of a message in a domain and category.")},
    {"textdomain", FAST(textdomain),
     PyDoc_STR("textdomain($module, domain, /)\n--\n\n"
               "Set the domain of messages; returns it.")},
    {"bindtextdomain", FAST(bindtextdomain),
     PyDoc_STR("bindtextdomain($module, domain, dir, /)\n--\n\n"
               "Set the folder of a domain; returns it.")},
    {"bind_textdomain_codeset", FAST(bind_textdomain_codeset),
     PyDoc_STR("bind_textdomain_codeset($module, domain, codeset, /)\n--\n\n"
               "Set the encoding of a domain's messages; returns it.")},
    {"getencoding", locale_getencoding, METH_NOARGS,
     PyDoc_STR("getencoding($module, /)\n--\n\nThe locale's encoding.")},
    {NULL, NULL, 0, NULL},
};

static int
locale_exec(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"LC_CTYPE", LC_CTYPE}, {"LC_TIME", LC_TIME},
        {"LC_COLLATE", LC_COLLATE}, {"LC_MONETARY", LC_MONETARY},
        {"LC_MESSAGES", LC_MESSAGES}, {"LC_NUMERIC", LC_NUMERIC},
        {"LC_ALL", LC_ALL}, {"CHAR_MAX", CHAR_MAX},
    };
    locale_state *state = PyModule_GetState(module);

    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name,
                                    constants[i].value) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(langinfo_constants); i++) {
        if (PyModule_AddIntConstant(module, langinfo_constants[i].name,
                                    langinfo_constants[i].key) < 0) {
            return -1;
        }
    }
    state->error = PyErr_NewException("locale.Error", NULL, NULL);
    if (state->error == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Error", state->error);
}

static int
locale_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((locale_state *)PyModule_GetState(module))->error);
    return 0;
}

static int
locale_clear(PyObject *module)
{
    Py_CLEAR(((locale_state *)PyModule_GetState(module))->error);
    return 0;
}

static void
locale_free(void *module)
{
    locale_clear(module);
}

static PyModuleDef_Slot locale_slots[] = {
    {Py_mod_exec, locale_exec},
    {0, NULL},
};

static PyModuleDef locale_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_locale",
    .m_doc = PyDoc_STR("Support for POSIX locales."),
    .m_size = sizeof(locale_state),
    .m_methods = locale_methods,
    .m_slots = locale_slots,
    .m_traverse = locale_traverse,
    .m_clear = locale_clear,
    .m_free = locale_free,
};

PyMODINIT_FUNC PyInit__locale(void);

PyMODINIT_FUNC
PyInit__locale(void)
{
    return PyModuleDef_Init(&locale_module);
}
