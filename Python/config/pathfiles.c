/* The files beside a program that say where things are (library reference,
 * "Initialization of sys.path"): pyvenv.cfg and executable._pth.
 *
 * Reading one raises `open` first.  A file that is not there, or that a hook
 * or the system forbids to read, does not count; any other failure ends the
 * initialisation.  Text is UTF-8, bytes that are not become surrogates. */
#include "Python.h"

#include "audit.h"
#include "config.h"
#include "fileutils.h"
#include "private_api.h"

/* After a refusal or failure: 0 if it means that the file is not to be had,
 * -1 with an exception otherwise. */
static int
check_absent(void)
{
    if (PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_FileNotFoundError) ||
            PyErr_ExceptionMatches(PyExc_PermissionError)) {
            PyErr_Clear();
            return 0;
        }
        return -1;
    }
    if (errno == ENOENT || errno == EACCES || errno == EPERM) {
        return 0;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

int
pathfile_announce(const wchar_t *path)
{
    if (path == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    errno = 0;
    return PyAudit(AUDIT_OPEN, "usi", path, "rb", 0) < 0 ? check_absent() : 0;
}

int
pathfile_read(const wchar_t *path, PyWideStringList *lines)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    FILE *file;
    int status = 1;

    if (path == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    errno = 0;
    file = _Py_wfopen(path, L"rb");
    if (file == NULL) {
        return check_absent();
    }
    while (status > 0 && (size = getline(&line, &room, file)) >= 0) {
        wchar_t *text = _Py_DecodeUTF8_surrogateescape(line, size, NULL);
        if (text == NULL ||
            status_failed(PyWideStringList_Append(lines, text))) {
            PyErr_NoMemory();
            status = -1;
        }
        PyMem_RawFree(text);
    }
    free(line);
    fclose(file);
    return status;
}

static int
is_blank(wchar_t letter)
{
    return letter < 128 && Py_ISSPACE(letter);
}

wchar_t *
pathfile_strip(wchar_t *text)
{
    size_t length;

    while (is_blank(*text)) {
        text++;
    }
    for (length = wcslen(text); length > 0 && is_blank(text[length - 1]);
         length--) {
        text[length - 1] = L'\0';
    }
    return text;
}

/* What one line says; `line` is changed. */
static int
take_pth_line(PyConfig *config, const wchar_t *directory, wchar_t *line)
{
    wchar_t *comment = wcschr(line, L'#');
    wchar_t *path;
    int failed;

    if (comment != NULL) {
        *comment = L'\0';
    }
    line = pathfile_strip(line);
    if (*line == L'\0') {
        return 0;
    }
    if (wcscmp(line, L"import site") == 0) {
        config->site_import = 1;
        return 0;
    }
    if (wcsncmp(line, L"import ", 7) == 0) {
        fprintf(stderr, "unsupported 'import' line in ._pth file\n");
        return 0;
    }
    path = fileutils_is_absolute(line) ? wide_copy(line)
                                       : fileutils_join(directory, line);
    failed = path == NULL ||
             status_failed(PyWideStringList_Append(
                 &config->module_search_paths, _Py_normpath(path, -1)));
    PyMem_RawFree(path);
    if (failed) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int
pathfile_take_pth(PyConfig *config, const wchar_t *directory,
                  PyWideStringList *lines)
{
    config->isolated = 1;
    config->use_environment = 0;
    config->site_import = 0;
    config->safe_path = 1;
    for (Py_ssize_t i = 0; i < lines->length; i++) {
        if (take_pth_line(config, directory, lines->items[i]) < 0) {
            return -1;
        }
    }
    config_store_global_flags(config);
    return 0;
}
