/* executable._pth: a file beside the program that replaces sys.path (library
 * reference, "_pth files").  With it the interpreter is isolated, and `site` is
 * imported only if the file says "import site". */
#include "Python.h"

#include "config.h"
#include "fileutils.h"

/* What a line without its comment says.  `line` is changed. */
static PyStatus
take_line(PyConfig *config, const wchar_t *directory, char *line)
{
    PyStatus status = STATUS_OK();
    wchar_t *text = NULL, *path = NULL;
    size_t length;

    line[strcspn(line, "#")] = '\0';
    line += strspn(line, " \t\r\n\f\v");
    for (length = strlen(line); length > 0 && Py_ISSPACE(line[length - 1]); length--) {
        line[length - 1] = '\0';
    }
    if (length == 0) {
        return status;
    }
    if (strcmp(line, "import site") == 0) {
        config->site_import = 1;
        return status;
    }
    if (strncmp(line, "import ", 7) == 0) {
        fprintf(stderr, "unsupported 'import' line in ._pth file\n");
        return status;
    }
    text = Py_DecodeLocale(line, NULL);
    if (text != NULL) {
        path = text[0] == L'/' ? wide_copy(text) : fileutils_join(directory, text);
    }
    status = path == NULL ? STATUS_NO_MEMORY()
                          : PyWideStringList_Append(&config->module_search_paths, path);
    PyMem_RawFree(path);
    PyMem_RawFree(text);
    return status;
}

/* Takes the lines of an open file. */
static PyStatus
take_lines(PyConfig *config, const wchar_t *directory, FILE *file)
{
    PyStatus status = STATUS_OK();
    char *line = NULL;
    size_t room = 0;

    config->isolated = 1;
    config->use_environment = 0;
    config->site_import = 0;
    config->safe_path = 1;
    config->module_search_paths_set = 1;
    while (!status_failed(status) && getline(&line, &room, file) >= 0) {
        status = take_line(config, directory, line);
    }
    free(line);
    return status;
}

PyStatus
config_read_pth(PyConfig *config)
{
    PyStatus status = STATUS_OK();
    const wchar_t *slash;
    wchar_t *path, *directory;
    FILE *file;

    if (config->executable == NULL || config->home != NULL ||
        config->module_search_paths_set) {
        return status;
    }
    slash = wcsrchr(config->executable, L'/');
    if (slash == NULL) {
        return status;
    }
    path = wide_join(config->executable, L"", L"._pth");
    directory = wide_copy_size(config->executable, (size_t)(slash - config->executable));
    if (path == NULL || directory == NULL) {
        status = STATUS_NO_MEMORY();
    }
    else {
        file = _Py_wfopen(path, L"rb");
        if (file != NULL) {
            status = take_lines(config, directory, file);
            fclose(file);
        }
    }
    PyMem_RawFree(path);
    PyMem_RawFree(directory);
    return status;
}
