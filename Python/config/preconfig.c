/* Preinitialisation: memory allocators, locale and UTF-8 mode (PEP 587,
 * PEP 538, PEP 540).  It comes before any text is decoded. */
#include "Python.h"

#include "config.h"
#include "fileutils.h"
#include "gil.h"
#include "object.h"
#include "private_api.h"
#include "pystate.h"

#include <langinfo.h>
#include <locale.h>

/* The sanitizer sees single blocks only if each is a block of malloc's. */
#define BUILD_IS_SANITIZED 0
#if defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    undef BUILD_IS_SANITIZED
#    define BUILD_IS_SANITIZED 1
#  endif
#endif

/* What a look at the command line in advance has found. */
struct early_options {
    int isolated;
    int ignore_environment;
    int dev_mode;              /* -1: not given */
    const char *utf8;          /* text behind -X utf8: "" or "=value"; NULL */
};

const char *
_Py_GetEnv(int use_environment, const char *name)
{
    const char *value;

    if (!use_environment) {
        return NULL;
    }
    value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* --- PyPreConfig --------------------------------------------------------- */

static void
preconfig_init(PyPreConfig *preconfig, enum config_kind kind)
{
    int fixed = kind == CONFIG_ISOLATED;

    *preconfig = (PyPreConfig){
        ._config_init = (int)kind,
        .parse_argv = kind == CONFIG_PYTHON,
        .isolated = fixed ? 1 : kind == CONFIG_PYTHON ? 0 : -1,
        .use_environment = fixed ? 0 : kind == CONFIG_PYTHON ? 1 : -1,
        .configure_locale = !fixed,
        .coerce_c_locale = kind == CONFIG_PYTHON ? -1 : 0,
        .coerce_c_locale_warn = kind == CONFIG_PYTHON ? -1 : 0,
        .utf8_mode = kind == CONFIG_PYTHON ? -1 : 0,
        .dev_mode = fixed ? 0 : -1,
        .allocator = PYMEM_ALLOCATOR_NOT_SET,
    };
}

void
PyPreConfig_InitPythonConfig(PyPreConfig *config)
{
    preconfig_init(config, CONFIG_PYTHON);
}

void
PyPreConfig_InitIsolatedConfig(PyPreConfig *config)
{
    preconfig_init(config, CONFIG_ISOLATED);
}

void
_PyPreConfig_InitCompatConfig(PyPreConfig *preconfig)
{
    preconfig_init(preconfig, CONFIG_COMPAT);
}

void
preconfig_store_global_flags(const PyPreConfig *preconfig)
{
    if (preconfig->isolated >= 0) {
        Py_IsolatedFlag = preconfig->isolated;
    }
    if (preconfig->use_environment >= 0) {
        Py_IgnoreEnvironmentFlag = !preconfig->use_environment;
    }
    Py_UTF8Mode = preconfig->utf8_mode > 0;
}

/* --- The command line in advance ----------------------------------------- */

static int
option_takes_argument(char option)
{
    return option == 'c' || option == 'm' || option == 'W' || option == 'X';
}

/* One word of the command line in the C locale's letters; 0 at the end. */
static int
argument_letter(const _PyArgv *args, Py_ssize_t i, size_t j)
{
    return args->use_bytes_argv ? (unsigned char)args->bytes_argv[i][j]
                                : (int)args->wchar_argv[i][j];
}

/* Copies the word from character j into a bounded ASCII buffer. */
static void
argument_copy(const _PyArgv *args, Py_ssize_t i, size_t j, char *buffer,
              size_t size)
{
    size_t length = 0;
    int letter;

    while ((letter = argument_letter(args, i, j + length)) != 0 &&
           length + 1 < size) {
        buffer[length++] = letter < 128 ? (char)letter : '?';
    }
    buffer[length] = '\0';
}

/* Looks for -E, -I, -X dev and -X utf8 before the words are decoded; `text`
 * keeps what options->utf8 points to. */
static void
early_options_scan(struct early_options *options, const _PyArgv *args,
                   char *text, size_t size)
{
    for (Py_ssize_t i = 1; i < args->argc; i++) {
        if (argument_letter(args, i, 0) != '-' ||
            argument_letter(args, i, 1) == 0) {
            return;                                   /* a script, or "-" */
        }
        if (argument_letter(args, i, 1) == '-') {
            char name[40];
            argument_copy(args, i, 0, name, sizeof(name));
            if (strcmp(name, "--check-hash-based-pycs") == 0) {
                i++;
            }
            else if (name[2] == '\0') {
                return;
            }
            continue;
        }
        for (size_t j = 1; argument_letter(args, i, j) != 0; j++) {
            int letter = argument_letter(args, i, j);
            Py_ssize_t word = i;
            size_t start = j + 1;

            options->ignore_environment |= letter == 'E' || letter == 'I';
            options->isolated |= letter == 'I';
            if (letter >= 128 || !option_takes_argument((char)letter)) {
                continue;
            }
            if (letter == 'c' || letter == 'm') {
                return;
            }
            if (argument_letter(args, i, start) == 0) {
                word = ++i;
                start = 0;
            }
            if (letter == 'X' && word < args->argc) {
                argument_copy(args, word, start, text, size);
                if (strcmp(text, "dev") == 0) {
                    options->dev_mode = 1;
                }
                else if (strncmp(text, "utf8", 4) == 0 &&
                         (text[4] == '\0' || text[4] == '=')) {
                    options->utf8 = text + 4;
                    /* Keep it: later words go behind it. */
                    size -= strlen(text) + 1;
                    text += strlen(text) + 1;
                }
            }
            break;
        }
    }
}

/* --- Reading ------------------------------------------------------------- */

static PyStatus
preconfig_read_utf8_mode(PyPreConfig *preconfig,
                         const struct early_options *options)
{
    const char *value;

    if (preconfig->utf8_mode >= 0) {
        return STATUS_OK();
    }
    if (options->utf8 != NULL) {
        if (*options->utf8 == '\0' || strcmp(options->utf8, "=1") == 0) {
            preconfig->utf8_mode = 1;
        }
        else if (strcmp(options->utf8, "=0") == 0) {
            preconfig->utf8_mode = 0;
        }
        else {
            return (PyStatus){._type = _PyStatus_TYPE_ERROR,
                              .func = "preconfig_init_utf8_mode",
                              .err_msg = "invalid -X utf8 option value"};
        }
        return STATUS_OK();
    }
    value = _Py_GetEnv(preconfig->use_environment, "PYTHONUTF8");
    if (value != NULL) {
        if (strcmp(value, "1") == 0) {
            preconfig->utf8_mode = 1;
        }
        else if (strcmp(value, "0") == 0) {
            preconfig->utf8_mode = 0;
        }
        else {
            return (PyStatus){
                ._type = _PyStatus_TYPE_ERROR,
                .func = "preconfig_init_utf8_mode",
                .err_msg = "invalid PYTHONUTF8 environment variable value"};
        }
    }
    return STATUS_OK();
}

static PyStatus
preconfig_read_allocator(PyPreConfig *preconfig)
{
    const char *name;
    PyMemAllocatorName allocator;

    if (preconfig->allocator != PYMEM_ALLOCATOR_NOT_SET) {
        return STATUS_OK();
    }
    name = _Py_GetEnv(preconfig->use_environment, "PYTHONMALLOC");
    if (name != NULL) {
        if (_PyMem_GetAllocatorName(name, &allocator) < 0) {
            return (PyStatus){._type = _PyStatus_TYPE_ERROR,
                              .func = "preconfig_init_allocator",
                              .err_msg = "PYTHONMALLOC: unknown allocator"};
        }
        preconfig->allocator = (int)allocator;
    }
    if (preconfig->dev_mode > 0 &&
        preconfig->allocator == PYMEM_ALLOCATOR_NOT_SET) {
        preconfig->allocator = PYMEM_ALLOCATOR_DEBUG;
    }
    if (preconfig->allocator == PYMEM_ALLOCATOR_NOT_SET &&
        BUILD_IS_SANITIZED) {
        preconfig->allocator = PYMEM_ALLOCATOR_MALLOC;
    }
    return STATUS_OK();
}

static int
locale_is_c(void)
{
    const char *name = setlocale(LC_CTYPE, NULL);

    return name != NULL &&
           (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0);
}

static void
preconfig_read_coercion(PyPreConfig *preconfig)
{
    const char *value =
        _Py_GetEnv(preconfig->use_environment, "PYTHONCOERCECLOCALE");

    if (!preconfig->configure_locale) {
        preconfig->coerce_c_locale = 0;
        preconfig->coerce_c_locale_warn = 0;
    }
    if (value != NULL) {
        if (strcmp(value, "0") == 0) {
            if (preconfig->coerce_c_locale < 0) {
                preconfig->coerce_c_locale = 0;
            }
        }
        else if (strcmp(value, "warn") == 0) {
            if (preconfig->coerce_c_locale_warn < 0) {
                preconfig->coerce_c_locale_warn = 1;
            }
        }
        else if (preconfig->coerce_c_locale < 0) {
            preconfig->coerce_c_locale = 1;
        }
    }
    if (preconfig->coerce_c_locale < 0 || preconfig->coerce_c_locale == 1) {
        preconfig->coerce_c_locale = locale_is_c() ? 2 : 0;
    }
    if (preconfig->coerce_c_locale_warn < 0) {
        preconfig->coerce_c_locale_warn = 0;
    }
}

static PyStatus
preconfig_read(PyPreConfig *preconfig, const _PyArgv *args)
{
    struct early_options options = {.dev_mode = -1};
    char text[256];
    PyStatus status;

    if (args != NULL && preconfig->parse_argv) {
        early_options_scan(&options, args, text, sizeof(text));
    }
    if (preconfig->_config_init == CONFIG_COMPAT) {
        if (preconfig->isolated < 0) {
            preconfig->isolated = Py_IsolatedFlag;
        }
        if (preconfig->use_environment < 0) {
            preconfig->use_environment = !Py_IgnoreEnvironmentFlag;
        }
    }
    if (options.isolated) {
        preconfig->isolated = 1;
    }
    if (options.ignore_environment || preconfig->isolated > 0) {
        preconfig->use_environment = 0;
    }
    if (preconfig->isolated < 0) {
        preconfig->isolated = 0;
    }
    if (preconfig->use_environment < 0) {
        preconfig->use_environment = 1;
    }
    if (preconfig->dev_mode < 0) {
        preconfig->dev_mode =
            options.dev_mode > 0 ||
            _Py_GetEnv(preconfig->use_environment, "PYTHONDEVMODE") != NULL;
    }
    preconfig_read_coercion(preconfig);
    status = preconfig_read_utf8_mode(preconfig, &options);
    if (status_failed(status)) {
        return status;
    }
    if (preconfig->utf8_mode < 0) {
        preconfig->utf8_mode = locale_is_c();
    }
    return preconfig_read_allocator(preconfig);
}

/* --- Locale -------------------------------------------------------------- */

static const char *const coercion_targets[] = {"C.UTF-8", "C.utf8", "UTF-8"};

int
_Py_LegacyLocaleDetected(int warn)
{
    return locale_is_c();
}

int
_Py_IsLocaleCoercionTarget(const char *ctype_loc)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(coercion_targets); i++) {
        if (strcmp(ctype_loc, coercion_targets[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* PEP 538: the C locale becomes a UTF-8 one, for children as well.  1 if
 * so. */
int
_Py_CoerceLegacyLocale(int warn)
{
    const char *all = getenv("LC_ALL");

    if (all != NULL && *all != '\0') {
        return 0;                 /* LC_ALL would win over our LC_CTYPE */
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(coercion_targets); i++) {
        const char *target = coercion_targets[i];
        const char *codeset;

        if (setlocale(LC_CTYPE, target) == NULL) {
            continue;
        }
        codeset = nl_langinfo(CODESET);
        if (codeset == NULL || *codeset == '\0') {
            continue;
        }
        if (setenv("LC_CTYPE", target, 1) != 0) {
            fprintf(stderr,
                    "Error setting LC_CTYPE, skipping C locale coercion\n");
            return 0;
        }
        if (warn) {
            fprintf(stderr,
                    "Python detected LC_CTYPE=C: LC_CTYPE coerced to %.20s "
                    "(set another locale or PYTHONCOERCECLOCALE=0 to disable "
                    "this locale coercion behavior).\n",
                    target);
        }
        setlocale(LC_ALL, "");
        return 1;
    }
    setlocale(LC_CTYPE, "");
    return 0;
}

char *
_Py_SetLocaleFromEnv(int category)
{
    return setlocale(category, "");
}

static void
locale_warn(const PyPreConfig *preconfig)
{
    if (preconfig->coerce_c_locale_warn && locale_is_c()) {
        PySys_WriteStderr(
            "Python runtime initialized with LC_CTYPE=C (a locale with "
            "default "
            "ASCII encoding), which may cause Unicode compatibility problems. "
            "Using C.UTF-8, C.utf8, or UTF-8 (if available) as alternative "
            "Unicode-compatible locales is recommended.\n");
    }
}

/* --- Preinitialisation --------------------------------------------------- */

PyStatus
_Py_PreInitializeFromPyArgv(const PyPreConfig *src, const _PyArgv *args)
{
    PyPreConfig preconfig;
    PyStatus status;

    if (pystate_runtime_init() < 0) {
        return STATUS_NO_MEMORY();
    }
    if (_PyRuntime.preinitialized) {
        return STATUS_OK();
    }
    _PyRuntime.preinitializing = 1;
    if (src != NULL) {
        preconfig = *src;
    }
    else {
        _PyPreConfig_InitCompatConfig(&preconfig);
    }
    if (preconfig.configure_locale) {
        _Py_SetLocaleFromEnv(LC_CTYPE);
    }
    status = preconfig_read(&preconfig, args);
    if (status_failed(status)) {
        return status;
    }
    if (preconfig.allocator != PYMEM_ALLOCATOR_NOT_SET &&
        _PyMem_SetupAllocators((PyMemAllocatorName)preconfig.allocator) < 0) {
        return STATUS_NO_MEMORY();
    }
    preconfig_store_global_flags(&preconfig);
    if (preconfig.coerce_c_locale) {
        _Py_CoerceLegacyLocale(preconfig.coerce_c_locale_warn);
    }
    locale_warn(&preconfig);       /* LC_ALL may have prevented it */
    _Py_ResetForceASCII();
    _PyRuntime.preconfig = preconfig;
    _PyRuntime.preinitializing = 0;
    _PyRuntime.preinitialized = 1;
    return STATUS_OK();
}

PyStatus
Py_PreInitialize(const PyPreConfig *src_config)
{
    return _Py_PreInitializeFromPyArgv(src_config, NULL);
}

PyStatus
Py_PreInitializeFromBytesArgs(const PyPreConfig *src_config, Py_ssize_t argc,
                              char **argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 1, .bytes_argv = argv};

    return _Py_PreInitializeFromPyArgv(src_config, &args);
}

PyStatus
Py_PreInitializeFromArgs(const PyPreConfig *src_config, Py_ssize_t argc,
                         wchar_t **argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 0, .wchar_argv = argv};

    return _Py_PreInitializeFromPyArgv(src_config, &args);
}

PyStatus
_Py_PreInitializeFromConfig(const PyConfig *config, const _PyArgv *args)
{
    PyPreConfig preconfig;

    if (_PyRuntime.preinitialized) {
        return STATUS_OK();
    }
    preconfig_init(&preconfig, (enum config_kind)config->_config_init);
    preconfig.parse_argv = config->parse_argv;
    if (config->isolated >= 0) {
        preconfig.isolated = config->isolated;
    }
    if (config->use_environment >= 0) {
        preconfig.use_environment = config->use_environment;
    }
    if (config->dev_mode >= 0) {
        preconfig.dev_mode = config->dev_mode;
    }
    if (args == NULL && config->parse_argv && config->argv.length > 0) {
        _PyArgv own = {.argc = config->argv.length,
                       .use_bytes_argv = 0,
                       .wchar_argv = config->argv.items};
        return _Py_PreInitializeFromPyArgv(&preconfig, &own);
    }
    return _Py_PreInitializeFromPyArgv(&preconfig, args);
}
