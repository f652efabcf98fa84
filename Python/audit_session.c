/* The session of -X audit=FILE: what a process and its children share.
 *
 * A program may start its children with another command line, with -I, or with
 * an empty environment.  So the session does not travel in options that the
 * program sees; an entry
 *
 *     LUCID_AUDIT_SESSION=<id>:<absolute path, empty for standard error>
 *
 * stands in the environment of the process, where os.environ does not show it,
 * os.putenv and os.unsetenv refuse it, and exec and its relatives put it into
 * any other environment that a child gets.  Start-up obeys it before all else,
 * -E and -I included, and before an -X audit of the child's own.
 *
 * It only leads to a log that exists: nobody makes the interpreter create a
 * file by an environment that -I was to keep out.  Privileged executables
 * (setuid) do not look at it.  A program in between that clears the
 * environment (env -i) or a service that starts processes for others ends the
 * session. */
#include "Python.h"

#include "audit_log.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define ENTRY_NAME "LUCID_AUDIT_SESSION"
#define ENTRY_PREFIX ENTRY_NAME "="
#define ID_DIGITS 16

static struct {
    char entry[sizeof(ENTRY_PREFIX) + ID_DIGITS + 1 + AUDIT_PATH_MAX];
    char id[ID_DIGITS + 1];
    int inherited;
} session;

/* 1 where the text is an id and the colon behind it. */
static int
is_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == ID_DIGITS &&
           text[ID_DIGITS] == ':';
}

int
audit_session_inherit(char *path)
{
    const char *value = secure_getenv(ENTRY_NAME);
    const char *file;

    if (value == NULL) {
        return 0;
    }
    if (!is_id(value)) {
        return -1;
    }
    file = value + ID_DIGITS + 1;
    if ((*file != '/' && *file != '\0') || strlen(file) >= AUDIT_PATH_MAX) {
        return -1;
    }
    memcpy(session.id, value, ID_DIGITS);
    session.inherited = 1;
    memcpy(path, file, strlen(file) + 1);
    return 1;
}

int
audit_session_start(const char *path)
{
    uint64_t number;

    if (!session.inherited) {
        if (getrandom(&number, sizeof(number), GRND_NONBLOCK) !=
            (ssize_t)sizeof(number)) {
            number = (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL);
        }
        snprintf(session.id, sizeof(session.id), "%016llx",
                 (unsigned long long)number);
    }
    snprintf(session.entry, sizeof(session.entry), ENTRY_PREFIX "%s:%s",
             session.id, path);
    return setenv(ENTRY_NAME, session.entry + strlen(ENTRY_PREFIX), 1);
}

void
audit_session_end(void)
{
    if (!session.inherited) {
        (void)unsetenv(ENTRY_NAME);
    }
    session.entry[0] = '\0';
}

const char *
audit_session_id(void)
{
    return session.id;
}

int
audit_session_owns(const char *entry)
{
    size_t length = strlen(ENTRY_NAME);

    return session.entry[0] != '\0' &&
           strncmp(entry, ENTRY_NAME, length) == 0 &&
           (entry[length] == '=' || entry[length] == '\0');
}

/* Where the session's entry is or belongs. */
static Py_ssize_t
entry_index(char **env, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (audit_session_owns(env[i])) {
            return i;
        }
    }
    return count;
}

int
audit_session_add(char ***env, Py_ssize_t *count)
{
    size_t size = strlen(session.entry) + 1;
    char **grown, *copy;
    Py_ssize_t index;

    if (*env == NULL || session.entry[0] == '\0') {
        return 0;
    }
    copy = PyMem_Malloc(size);
    grown = copy == NULL ? NULL
                         : PyMem_Realloc(*env, (size_t)(*count + 2) *
                                                   sizeof(**env));
    if (grown == NULL) {
        PyMem_Free(copy);
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, session.entry, size);
    *env = grown;
    index = entry_index(grown, *count);
    if (index == *count) {
        *count += 1;
        grown[*count] = NULL;
    }
    else {
        PyMem_Free(grown[index]);          /* forged */
    }
    grown[index] = copy;
    return 0;
}
