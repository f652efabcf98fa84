#ifndef LUCID_COLLECTIONS_H
#define LUCID_COLLECTIONS_H
#include "Python.h"

#include "abstract.h"
#include "call.h"
#include "dict.h"
#include "errors.h"
#include "gc.h"
#include "long.h"
#include "names.h"
#include "object.h"

extern PyTypeObject deque_type, deque_iterator_type,
    deque_reverse_iterator_type, defaultdict_type, tuplegetter_type;

#endif
