/* What the runtime says it is: Py_GetVersion and its like. */
#include "Python.h"

const unsigned long Py_Version = PY_VERSION_HEX;

#if defined(__clang__)
#  define COMPILER "\n[Clang " __clang_version__ "]"
#elif defined(__GNUC__)
#  define COMPILER "\n[GCC " __VERSION__ "]"
#endif
#ifndef BUILD_KIND
#  define BUILD_KIND "release"
#endif

const char *
Py_GetCompiler(void)
{
    return &COMPILER[1];         /* the newline is for Py_GetVersion */
}

const char *
Py_GetBuildInfo(void)
{
    return "Lucid " BUILD_KIND ", " __DATE__ ", " __TIME__;
}

/* "3.11.2 (Lucid release, date, time) [compiler]" */
const char *
Py_GetVersion(void)
{
    static char version[256];

    if (version[0] == '\0') {
        PyOS_snprintf(version, sizeof(version), "%s (%s) %s", PY_VERSION,
                      Py_GetBuildInfo(), Py_GetCompiler());
    }
    return version;
}

const char *
Py_GetPlatform(void)
{
    return "linux";
}

const char *
Py_GetCopyright(void)
{
    return "Copyright (c) 2026 The Lucid authors.\nAll Rights Reserved.\n\n"
           "Python is a trademark of the Python Software Foundation.";
}
