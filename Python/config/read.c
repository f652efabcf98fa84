/* PyConfig_Read: what the command line, the environment and the defaults make
 * of a configuration.  For each setting the order is: what the caller set,
 * the command line, the environment, the default. */
#include "Python.h"

#include "config.h"
#include "fileutils.h"
#include "long.h"
#include "object.h"
#include "sys.h"

#include <langinfo.h>
#include <locale.h>

#define NAMED_ERROR(function, message)               \
    ((PyStatus){._type = _PyStatus_TYPE_ERROR,       \
                .func = (function), .err_msg = (message)})

const wchar_t *
config_find_xoption(const PyWideStringList *xoptions, const wchar_t *name)
{
    size_t length = wcslen(name);

    for (Py_ssize_t i = 0; i < xoptions->length; i++) {
        const wchar_t *option = xoptions->items[i];
        if (wcsncmp(option, name, length) == 0 &&
            (option[length] == L'\0' || option[length] == L'=')) {
            return option + length;
        }
    }
    return NULL;
}

static const char *
config_env(const PyConfig *config, const char *name)
{
    return _Py_GetEnv(config->use_environment, name);
}

/* A wide-string field from an environment variable, unless it is set. */
static PyStatus
read_env_text(PyConfig *config, wchar_t **field, const char *name)
{
    const char *value;

    if (*field != NULL || (value = config_env(config, name)) == NULL) {
        return STATUS_OK();
    }
    return PyConfig_SetBytesString(config, field, value);
}

/* --- Numbers ------------------------------------------------------------- */

/* A decimal int; 0 or -1 if the text is none. */
static int
int_from_text(const char *text, int *result)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno == ERANGE || value > INT_MAX ||
        value < INT_MIN) {
        return -1;
    }
    *result = (int)value;
    return 0;
}

static int
int_from_wide(const wchar_t *text, int *result)
{
    char buffer[32];
    size_t i;

    for (i = 0; text[i] != L'\0'; i++) {
        if (i == sizeof(buffer) - 1 || text[i] >= 128) {
            return -1;
        }
        buffer[i] = (char)text[i];
    }
    buffer[i] = '\0';
    return int_from_text(buffer, result);
}

/* Flags that are raised by a variable: "", 1, 2 ... or any other text. */
static void
read_env_flag(const PyConfig *config, int *field, const char *name)
{
    const char *value = config_env(config, name);
    int level;

    if (value == NULL) {
        return;
    }
    if (int_from_text(value, &level) < 0 || level < 0) {
        level = 1;
    }
    if (*field < level) {
        *field = level;
    }
}

/* --- Settings one by one ------------------------------------------------- */

static PyStatus
read_hash_seed(PyConfig *config)
{
    static const char function[] = "config_init_hash_seed";
    const char *text;
    char *end;
    unsigned long seed;

    if (config->use_hash_seed >= 0) {
        return STATUS_OK();
    }
    text = config_env(config, "PYTHONHASHSEED");
    config->use_hash_seed = 0;
    config->hash_seed = 0;
    if (text == NULL || strcmp(text, "random") == 0) {
        return STATUS_OK();
    }
    errno = 0;
    seed = strtoul(text, &end, 10);
    if (*end != '\0' || seed > MAX_HASH_SEED ||
        (errno == ERANGE && seed == ULONG_MAX)) {
        return NAMED_ERROR(function,
                           "PYTHONHASHSEED must be \"random\" or an integer "
                           "in range [0; 4294967295]");
    }
    config->use_hash_seed = 1;
    config->hash_seed = seed;
    return STATUS_OK();
}

static PyStatus
read_tracemalloc(PyConfig *config)
{
    static const char function[] = "config_init_tracemalloc";
    const char *text;
    const wchar_t *option;

    if (config->tracemalloc >= 0) {
        return STATUS_OK();
    }
    config->tracemalloc = 0;
    option = config_find_xoption(&config->xoptions, L"tracemalloc");
    if (option != NULL) {
        config->tracemalloc = 1;
        if (*option == L'=' && (int_from_wide(option + 1,
                                              &config->tracemalloc) < 0 ||
                                config->tracemalloc < 0)) {
            return NAMED_ERROR(
                function, "-X tracemalloc=NFRAME: invalid number of frames");
        }
        return STATUS_OK();
    }
    text = config_env(config, "PYTHONTRACEMALLOC");
    if (text != NULL && (int_from_text(text, &config->tracemalloc) < 0 ||
                         config->tracemalloc < 0)) {
        return NAMED_ERROR(function,
                           "PYTHONTRACEMALLOC: invalid number of frames");
    }
    return STATUS_OK();
}

static PyStatus
check_int_max_str_digits(PyConfig *config)
{
    static const char function[] = "config_init_int_max_str_digits";
    const char *text = config_env(config, "PYTHONINTMAXSTRDIGITS");
    const wchar_t *option =
        config_find_xoption(&config->xoptions, L"int_max_str_digits");
    int digits;

    if (text != NULL &&
        (int_from_text(text, &digits) < 0 ||
         (digits != 0 && digits < _PY_LONG_MAX_STR_DIGITS_THRESHOLD))) {
        return NAMED_ERROR(function,
                           "PYTHONINTMAXSTRDIGITS: invalid limit; must be >= "
                           "640 or 0 for unlimited.");
    }
    if (option != NULL &&
        (*option != L'=' || int_from_wide(option + 1, &digits) < 0 ||
         (digits != 0 && digits < _PY_LONG_MAX_STR_DIGITS_THRESHOLD))) {
        return NAMED_ERROR(function,
                           "-X int_max_str_digits: invalid limit; must be >= "
                           "640 or 0 for unlimited.");
    }
    return STATUS_OK();
}

static PyStatus
read_frozen_modules(PyConfig *config)
{
    const wchar_t *option =
        config_find_xoption(&config->xoptions, L"frozen_modules");

    if (option == NULL) {
        return STATUS_OK();
    }
    if (*option == L'\0' || wcscmp(option, L"=") == 0 ||
        wcscmp(option, L"=on") == 0) {
        config->use_frozen_modules = 1;
    }
    else if (wcscmp(option, L"=off") == 0) {
        config->use_frozen_modules = 0;
    }
    else {
        return NAMED_ERROR("config_init_import",
                           "bad value for option -X frozen_modules (expected "
                           "\"on\" or \"off\")");
    }
    return STATUS_OK();
}

static PyStatus
read_pycache_prefix(PyConfig *config)
{
    const wchar_t *option;

    if (config->pycache_prefix != NULL) {
        return STATUS_OK();
    }
    option = config_find_xoption(&config->xoptions, L"pycache_prefix");
    if (option == NULL) {
        return read_env_text(config, &config->pycache_prefix,
                             "PYTHONPYCACHEPREFIX");
    }
    if (*option == L'=' && option[1] != L'\0') {
        return PyConfig_SetString(config, &config->pycache_prefix, option + 1);
    }
    return STATUS_OK();
}

/* What -X options and variables of the same meaning switch on. */
static PyStatus
read_xoptions(PyConfig *config)
{
    PyStatus status;
    int digits_checked;

    if (config->faulthandler < 0) {
        config->faulthandler =
            config->dev_mode > 0 ||
            config_find_xoption(&config->xoptions, L"faulthandler") != NULL ||
            config_env(config, "PYTHONFAULTHANDLER") != NULL;
    }
    if (config_find_xoption(&config->xoptions, L"importtime") != NULL ||
        config_env(config, "PYTHONPROFILEIMPORTTIME") != NULL) {
        config->import_time = 1;
    }
    if (config_find_xoption(&config->xoptions, L"no_debug_ranges") != NULL ||
        config_env(config, "PYTHONNODEBUGRANGES") != NULL) {
        config->code_debug_ranges = 0;
    }
    if (config_find_xoption(&config->xoptions, L"warn_default_encoding") !=
            NULL ||
        config_env(config, "PYTHONWARNDEFAULTENCODING") != NULL) {
        config->warn_default_encoding = 1;
    }
    if (config_find_xoption(&config->xoptions, L"showrefcount") != NULL) {
        config->show_ref_count = 1;
    }
    status = read_tracemalloc(config);
    if (status_failed(status)) {
        return status;
    }
    status = check_int_max_str_digits(config);
    digits_checked = !status_failed(status);
    if (!digits_checked) {
        return status;
    }
    status = read_frozen_modules(config);
    return status_failed(status) ? status : read_pycache_prefix(config);
}

static PyStatus
read_environment(PyConfig *config)
{
    int flag;

    read_env_flag(config, &config->parser_debug, "PYTHONDEBUG");
    read_env_flag(config, &config->verbose, "PYTHONVERBOSE");
    read_env_flag(config, &config->optimization_level, "PYTHONOPTIMIZE");
    read_env_flag(config, &config->inspect, "PYTHONINSPECT");
    flag = 0;
    read_env_flag(config, &flag, "PYTHONDONTWRITEBYTECODE");
    if (flag) {
        config->write_bytecode = 0;
    }
    flag = 0;
    read_env_flag(config, &flag, "PYTHONNOUSERSITE");
    if (flag) {
        config->user_site_directory = 0;
    }
    flag = 0;
    read_env_flag(config, &flag, "PYTHONUNBUFFERED");
    if (flag) {
        config->buffered_stdio = 0;
    }
    if (config_env(config, "PYTHONSAFEPATH") != NULL) {
        config->safe_path = 1;
    }
    return read_env_text(config, &config->pythonpath_env, "PYTHONPATH");
}

/* Filters in rising order of precedence: dev mode, the environment, -W, -b,
 * and last those that PySys_AddWarnOption and the caller gave. */
static PyStatus
read_warnings(PyConfig *config)
{
    PyWideStringList options = {0, NULL};
    const char *text = config_env(config, "PYTHONWARNINGS");
    PyStatus status = STATUS_OK();

    if (config->dev_mode) {
        status = PyWideStringList_Append(&options, L"default");
    }
    if (!status_failed(status) && text != NULL) {
        wchar_t *wide = Py_DecodeLocale(text, NULL);
        wchar_t *state, *word;
        if (wide == NULL) {
            _PyWideStringList_Clear(&options);
            return STATUS_NO_MEMORY();
        }
        for (word = wcstok(wide, L",", &state);
             word != NULL && !status_failed(status);
             word = wcstok(NULL, L",", &state)) {
            status = PyWideStringList_Append(&options, word);
        }
        PyMem_RawFree(wide);
    }
    if (!status_failed(status)) {
        status = _PyWideStringList_Extend(&options, &config->warnoptions);
    }
    if (!status_failed(status) && config->bytes_warning > 0) {
        status = PyWideStringList_Append(
            &options, config->bytes_warning > 1 ? L"error::BytesWarning"
                                                : L"default::BytesWarning");
    }
    if (status_failed(status)) {
        _PyWideStringList_Clear(&options);
        return status;
    }
    _PyWideStringList_Clear(&config->warnoptions);
    config->warnoptions = options;
    return STATUS_OK();
}

/* --- Encodings ----------------------------------------------------------- */

static PyStatus
read_filesystem_encoding(PyConfig *config)
{
    PyStatus status = STATUS_OK();

    if (config->filesystem_encoding == NULL) {
        if (_PyRuntime.preconfig.utf8_mode || _Py_GetForceASCII()) {
            status = PyConfig_SetString(
                config, &config->filesystem_encoding,
                _PyRuntime.preconfig.utf8_mode ? L"utf-8" : L"ascii");
        }
        else {
            const char *codeset = nl_langinfo(CODESET);
            const char *name =
                codeset == NULL || *codeset == '\0' ||
                        strcasecmp(codeset, "utf-8") == 0
                    ? "utf-8"
                    : codeset;
            if (strcmp(name, "ANSI_X3.4-1968") == 0) {
                name = "ascii";
            }
            status = PyConfig_SetBytesString(
                config, &config->filesystem_encoding, name);
        }
    }
    if (!status_failed(status) && config->filesystem_errors == NULL) {
        status = PyConfig_SetString(config, &config->filesystem_errors,
                                    L"surrogateescape");
    }
    return status;
}

/* The default handler of the standard streams. */
static const wchar_t *
default_stdio_errors(void)
{
    const char *locale = setlocale(LC_CTYPE, NULL);

    if (_PyRuntime.preconfig.utf8_mode) {
        return L"surrogateescape";
    }
    if (locale != NULL &&
        (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 ||
         strcmp(locale, "C.UTF-8") == 0 || strcmp(locale, "C.utf8") == 0 ||
         strcmp(locale, "UTF-8") == 0)) {
        return L"surrogateescape";
    }
    return L"strict";
}

static PyStatus
read_stdio_encoding(PyConfig *config)
{
    const char *variable = config_env(config, "PYTHONIOENCODING");
    PyStatus status = STATUS_OK();

    if (variable != NULL) {
        char *encoding = _PyMem_RawStrdup(variable);
        char *colon = encoding == NULL ? NULL : strchr(encoding, ':');

        if (encoding == NULL) {
            return STATUS_NO_MEMORY();
        }
        if (colon != NULL) {
            *colon = '\0';
        }
        if (*encoding != '\0' && config->stdio_encoding == NULL) {
            status = PyConfig_SetBytesString(config, &config->stdio_encoding,
                                             encoding);
        }
        if (!status_failed(status) && config->stdio_errors == NULL) {
            if (colon != NULL && colon[1] != '\0') {
                status = PyConfig_SetBytesString(
                    config, &config->stdio_errors, colon + 1);
            }
            else if (*encoding != '\0') {
                status = PyConfig_SetString(config, &config->stdio_errors,
                                            L"strict");
            }
        }
        PyMem_RawFree(encoding);
    }
    if (!status_failed(status) && config->stdio_encoding == NULL) {
        status = PyConfig_SetString(config, &config->stdio_encoding,
                                    config->filesystem_encoding);
    }
    if (!status_failed(status) && config->stdio_errors == NULL) {
        status = PyConfig_SetString(config, &config->stdio_errors,
                                    default_stdio_errors());
    }
    return status;
}

/* --- What the paths need (config_compute_paths does the rest) ------------ */

static PyStatus
read_home(PyConfig *config)
{
    return config->home != NULL || path_globals.home == NULL
               ? STATUS_OK()
               : PyConfig_SetString(config, &config->home, path_globals.home);
}

/* A script is looked up from where the process is now. */
static PyStatus
make_script_absolute(PyConfig *config)
{
    wchar_t *absolute;

    if (config->run_filename == NULL || config->run_filename[0] == L'/') {
        return STATUS_OK();
    }
    if (fileutils_make_absolute(config->run_filename, &absolute) < 0) {
        return STATUS_NO_MEMORY();
    }
    PyMem_RawFree(config->run_filename);
    config->run_filename = absolute;
    return STATUS_OK();
}

/* --- All of it ----------------------------------------------------------- */

static PyStatus
read_program_name(PyConfig *config)
{
    if (config->program_name != NULL && config->program_name[0] != L'\0') {
        return STATUS_OK();
    }
    if (path_globals.program_name != NULL) {
        return PyConfig_SetString(config, &config->program_name,
                                  path_globals.program_name);
    }
    if (config->orig_argv.length > 0 &&
        config->orig_argv.items[0][0] != L'\0') {
        return PyConfig_SetString(config, &config->program_name,
                                  config->orig_argv.items[0]);
    }
    return PyConfig_SetString(config, &config->program_name, L"python3");
}

static void
settle_isolation(PyConfig *config)
{
    const PyPreConfig *preconfig = &_PyRuntime.preconfig;

    if (config->isolated < 0) {
        config->isolated = preconfig->isolated;
    }
    if (config->use_environment < 0) {
        config->use_environment = preconfig->use_environment;
    }
    if (config->dev_mode < 0) {
        config->dev_mode = preconfig->dev_mode;
    }
    if (config->isolated) {
        config->safe_path = 1;
        config->use_environment = 0;
        config->user_site_directory = 0;
    }
}

static PyStatus
read_arguments(PyConfig *config)
{
    PyStatus status;

    if (config->orig_argv.length == 0 &&
        !(config->argv.length == 1 && config->argv.items[0][0] == L'\0') &&
        _PyWideStringList_Copy(&config->orig_argv, &config->argv) < 0) {
        return STATUS_NO_MEMORY();
    }
    status = read_program_name(config);
    if (status_failed(status)) {
        return status;
    }
    if (config->parse_argv == 1) {
        status = config_parse_command_line(config);
        config->parse_argv = 2;      /* read once */
    }
    else if (config->argv.length == 0) {
        status = PyWideStringList_Append(&config->argv, L"");
    }
    return status;
}

PyStatus
PyConfig_Read(PyConfig *config)
{
    PyStatus (*const steps[])(PyConfig *) = {
        read_environment,       read_hash_seed,
        read_xoptions,          read_warnings,
        read_home,              make_script_absolute,
        read_filesystem_encoding, config_take_stream_encoding,
        read_stdio_encoding,
    };
    PyStatus status = _Py_PreInitializeFromConfig(config, NULL);

    if (status_failed(status)) {
        return status;
    }
    if (sys_take_early_options(config) < 0) {
        return STATUS_NO_MEMORY();
    }
    status = read_arguments(config);
    if (status_failed(status)) {
        return status;
    }
    settle_isolation(config);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(steps); i++) {
        status = steps[i](config);
        if (status_failed(status)) {
            return status;
        }
    }
    if (config->check_hash_pycs_mode == NULL) {
        status = PyConfig_SetString(config, &config->check_hash_pycs_mode,
                                    L"default");
    }
    if (config->configure_c_stdio < 0) {
        config->configure_c_stdio = 1;
    }
    return status;
}
