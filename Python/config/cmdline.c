/* The command line (documentation: "Command line and environment"). */
#include "Python.h"

#include "config.h"

static const char usage_line[] =
    "usage: %ls [option] ... [-c cmd | -m mod | file | -] [arg] ...\n";

static const char help_options[] =
#include "help_options.def"
    ;
static const char help_environment[] =
#include "help_environment.def"
    ;
static const char help_xoptions[] =
#include "help_xoptions.def"
    ;

enum help_topic { HELP_OPTIONS = 1, HELP_ENV = 2, HELP_X = 4 };

static PyStatus
print_help(const wchar_t *program, int topics)
{
    if (topics & HELP_OPTIONS) {
        printf(usage_line, program);
        fputs(help_options, stdout);
    }
    if (topics & HELP_ENV) {
        fputs(topics & HELP_OPTIONS ? "\n" : "", stdout);
        fputs(help_environment, stdout);
    }
    if (topics & HELP_X) {
        fputs(topics & HELP_OPTIONS ? "\n" : "", stdout);
        fputs(help_xoptions, stdout);
    }
    return STATUS_EXIT(0);
}

static PyStatus
usage_error(const wchar_t *program)
{
    fprintf(stderr, usage_line, program);
    fputs("Try `python -h' for more information.\n", stderr);
    return STATUS_EXIT(2);
}

/* The words being read. */
struct reader {
    const PyWideStringList *words;
    Py_ssize_t index;           /* of the next word */
    const wchar_t *rest;        /* letters left in the current word, or "" */
};

/* The option's argument: the rest of its word, or the next word; NULL if the
 * line ends. */
static const wchar_t *
reader_take_argument(struct reader *reader)
{
    const wchar_t *argument = reader->rest;

    reader->rest = L"";
    if (*argument != L'\0') {
        return argument;
    }
    if (reader->index >= reader->words->length) {
        return NULL;
    }
    return reader->words->items[reader->index++];
}

static PyStatus
missing_argument(const wchar_t *program, const char *option)
{
    fprintf(stderr, "Argument expected for the %s\n", option);
    return usage_error(program);
}

/* --long options; *done is set when the program's own words follow. */
static PyStatus
read_long_option(PyConfig *config, struct reader *reader, const wchar_t *word,
                 const wchar_t *program)
{
    static const struct {
        const wchar_t *name;
        int topics;
    } helps[] = {
        {L"--help", HELP_OPTIONS},
        {L"--help-env", HELP_ENV},
        {L"--help-xoptions", HELP_X},
        {L"--help-all", HELP_OPTIONS | HELP_ENV | HELP_X},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(helps); i++) {
        if (wcscmp(word, helps[i].name) == 0) {
            return print_help(program, helps[i].topics);
        }
    }
    if (wcscmp(word, L"--version") == 0) {
        printf("Python %s\n", PY_VERSION);
        return STATUS_EXIT(0);
    }
    if (wcscmp(word, L"--check-hash-based-pycs") == 0) {
        const wchar_t *mode = reader_take_argument(reader);
        if (mode == NULL) {
            return missing_argument(program,
                                    "--check-hash-based-pycs options");
        }
        if (wcscmp(mode, L"always") != 0 && wcscmp(mode, L"never") != 0 &&
            wcscmp(mode, L"default") != 0) {
            fputs("--check-hash-based-pycs must be one of 'default', "
                  "'always', or 'never'\n", stderr);
            return usage_error(program);
        }
        return PyConfig_SetString(config, &config->check_hash_pycs_mode, mode);
    }
    fprintf(stderr, "unknown option %ls\n", word);
    return usage_error(program);
}

/* A letter that only counts or sets a field; 0 if it is another. */
static int
read_flag(PyConfig *config, wchar_t letter)
{
    switch (letter) {
    case L'b': config->bytes_warning++; return 1;
    case L'B': config->write_bytecode = 0; return 1;
    case L'd': config->parser_debug++; return 1;
    case L'E': config->use_environment = 0; return 1;
    case L'i': config->inspect++; config->interactive++; return 1;
    case L'I': config->isolated = 1; return 1;
    case L'O': config->optimization_level++; return 1;
    case L'P': config->safe_path = 1; return 1;
    case L'q': config->quiet++; return 1;
    case L'R': config->use_hash_seed = 0; return 1;
    case L's': config->user_site_directory = 0; return 1;
    case L'S': config->site_import = 0; return 1;
    case L't': return 1;                       /* accepted, means nothing */
    case L'u': config->buffered_stdio = 0; return 1;
    case L'v': config->verbose++; return 1;
    case L'x': config->skip_source_first_line = 1; return 1;
    default: return 0;
    }
}

/* The options with an argument.  *program_found: -c or -m ended the line. */
static PyStatus
read_option_with_argument(PyConfig *config, struct reader *reader,
                          wchar_t letter, const wchar_t *program,
                          int *program_found)
{
    char option[] = "-c option";
    const wchar_t *argument = reader_take_argument(reader);
    PyStatus status;

    option[1] = (char)letter;
    if (argument == NULL) {
        return missing_argument(program, option);
    }
    switch (letter) {
    case L'c': {
        wchar_t *command = wide_join(argument, L"\n", L"");
        if (command != NULL && *argument == L'\0') {
            PyMem_RawFree(command);
            command = wide_copy(L"\n");
        }
        if (command == NULL) {
            return STATUS_NO_MEMORY();
        }
        PyMem_RawFree(config->run_command);
        config->run_command = command;
        *program_found = 1;
        return STATUS_OK();
    }
    case L'm':
        *program_found = 1;
        return PyConfig_SetString(config, &config->run_module, argument);
    case L'W':
        status = PyWideStringList_Append(&config->warnoptions, argument);
        return status;
    default:
        return PyWideStringList_Append(&config->xoptions, argument);
    }
}

/* Reads the options; reader->index is where the program's words begin. */
static PyStatus
read_options(PyConfig *config, struct reader *reader, const wchar_t *program)
{
    int versions = 0, program_found = 0;
    PyStatus status;

    while (!program_found && reader->index < reader->words->length) {
        const wchar_t *word = reader->words->items[reader->index];

        if (word[0] != L'-' || word[1] == L'\0') {
            break;
        }
        reader->index++;
        if (wcscmp(word, L"--") == 0) {
            break;
        }
        if (word[1] == L'-') {
            reader->rest = L"";
            status = read_long_option(config, reader, word, program);
            if (status_failed(status)) {
                return status;
            }
            continue;
        }
        reader->rest = word + 1;
        while (*reader->rest != L'\0' && !program_found) {
            wchar_t letter = *reader->rest++;

            if (read_flag(config, letter)) {
                continue;
            }
            if (letter == L'h' || letter == L'?') {
                return print_help(program, HELP_OPTIONS);
            }
            if (letter == L'V') {
                versions++;
                continue;
            }
            if (letter == L'J') {
                fputs("-J is reserved for Jython\n", stderr);
                return usage_error(program);
            }
            if (wcschr(L"cmWX", letter) == NULL) {
                fprintf(stderr, "Unknown option: -%lc\n", (wint_t)letter);
                return usage_error(program);
            }
            status = read_option_with_argument(config, reader, letter, program,
                                               &program_found);
            if (status_failed(status)) {
                return status;
            }
        }
    }
    if (versions > 0) {
        printf("Python %s\n", versions >= 2 ? Py_GetVersion() : PY_VERSION);
        return STATUS_EXIT(0);
    }
    return STATUS_OK();
}

/* sys.argv: the program (-c, -m, a file, or "") and its words. */
static PyStatus
set_program_arguments(PyConfig *config, Py_ssize_t first)
{
    PyWideStringList words = {0, NULL};
    const wchar_t *name = NULL;
    PyStatus status = STATUS_OK();

    if (config->run_command != NULL) {
        name = L"-c";
    }
    else if (config->run_module != NULL) {
        name = L"-m";
    }
    else if (first < config->argv.length) {
        if (wcscmp(config->argv.items[first], L"-") != 0 &&
            config->run_filename == NULL) {
            status = PyConfig_SetString(config, &config->run_filename,
                                        config->argv.items[first]);
        }
    }
    else {
        name = L"";
    }
    if (!status_failed(status) && name != NULL) {
        status = PyWideStringList_Append(&words, name);
    }
    for (Py_ssize_t i = first;
         !status_failed(status) && i < config->argv.length; i++) {
        status = PyWideStringList_Append(&words, config->argv.items[i]);
    }
    if (status_failed(status)) {
        _PyWideStringList_Clear(&words);
        return status;
    }
    _PyWideStringList_Clear(&config->argv);
    config->argv = words;
    return STATUS_OK();
}

PyStatus
config_parse_command_line(PyConfig *config)
{
    struct reader reader = {.words = &config->argv, .index = 1, .rest = L""};
    const wchar_t *program = config->program_name;
    PyStatus status;

    if (config->argv.length == 0) {
        return PyWideStringList_Append(&config->argv, L"");
    }
    if (program == NULL || *program == L'\0') {
        program = config->argv.items[0];
    }
    status = read_options(config, &reader, program);
    if (status_failed(status)) {
        return status;
    }
    return set_program_arguments(config, reader.index);
}
