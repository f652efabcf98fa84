/* The C API of the module _curses, for other extension modules. */
#ifndef Py_CURSES_H
#define Py_CURSES_H
#ifdef __cplusplus
extern "C" {
#endif

#include <ncurses.h>

#define PyCurses_API_pointers 4
#define PyCurses_CAPSULE_NAME "_curses._C_API"

typedef struct {
    PyObject_HEAD
    WINDOW *win;
    char *encoding;      /* owned */
} PyCursesWindowObject;

#define PyCursesWindow_Check(v) Py_IS_TYPE((v), &PyCursesWindow_Type)

#ifndef CURSES_MODULE
/* The capsule's table: the window type, and three checks that raise. */
static void **PyCurses_API;

#define PyCursesWindow_Type (*_PyType_CAST(PyCurses_API[0]))
#define PyCursesSetupTermCalled                      \
    {                                                \
        if (!((int (*)(void))PyCurses_API[1])()) {   \
            return NULL;                             \
        }                                            \
    }
#define PyCursesInitialised                          \
    {                                                \
        if (!((int (*)(void))PyCurses_API[2])()) {   \
            return NULL;                             \
        }                                            \
    }
#define PyCursesInitialisedColor                     \
    {                                                \
        if (!((int (*)(void))PyCurses_API[3])()) {   \
            return NULL;                             \
        }                                            \
    }
#define import_curses() \
    PyCurses_API = (void **)PyCapsule_Import(PyCurses_CAPSULE_NAME, 1)
#endif

#ifdef __cplusplus
}
#endif
#endif
