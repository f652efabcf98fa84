/* Frames: kept as a name that sources include. */
#ifndef Py_FRAMEOBJECT_H
#define Py_FRAMEOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif


#ifndef Py_LIMITED_API
#  include "cpython/frameobject.h"
#endif

#ifdef __cplusplus
}
#endif
#endif
