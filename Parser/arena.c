/* Memory that is released all at once.
 *
 * Blocks form a list, newest first; allocation bumps `used` of the newest.
 * A request larger than a quarter of a block gets a block of its own, behind
 * the current one.  Objects are kept in an array. */

#include "Python.h"

#include "arena.h"

#define FIRST_BLOCK_SIZE ((size_t)16 * 1024)
#define LAST_BLOCK_SIZE ((size_t)256 * 1024)
#define ALIGNMENT 8

typedef struct arena_block {
    struct arena_block *next;
    size_t size, used;
    char memory[];
} arena_block;

struct _arena {
    arena_block *blocks;             /* never NULL */
    size_t next_size;
    PyObject **objects;              /* owned references */
    size_t object_count, object_capacity;
};

static arena_block *
block_new(size_t size)
{
    arena_block *block = PyMem_Malloc(sizeof(arena_block) + size);

    if (block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    block->next = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

PyArena *
_PyArena_New(void)
{
    PyArena *arena = PyMem_Calloc(1, sizeof(PyArena));

    if (arena == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    arena->next_size = FIRST_BLOCK_SIZE;
    arena->blocks = block_new(arena->next_size);
    if (arena->blocks == NULL) {
        PyMem_Free(arena);
        return NULL;
    }
    return arena;
}

void
_PyArena_Free(PyArena *arena)
{
    for (size_t i = 0; i < arena->object_count; i++) {
        Py_DECREF(arena->objects[i]);
    }
    PyMem_Free(arena->objects);
    while (arena->blocks != NULL) {
        arena_block *next = arena->blocks->next;
        PyMem_Free(arena->blocks);
        arena->blocks = next;
    }
    PyMem_Free(arena);
}

/* A block for `size` bytes, which the current one has no room for. */
static void *
allocate_in_new_block(PyArena *arena, size_t size)
{
    if (size > arena->next_size / 4) {
        if (size > PY_SSIZE_T_MAX / 2) {
            PyErr_NoMemory();
            return NULL;
        }
        arena_block *own = block_new(size);
        if (own == NULL) {
            return NULL;
        }
        own->used = size;
        own->next = arena->blocks->next;
        arena->blocks->next = own;
        return own->memory;
    }
    if (arena->next_size < LAST_BLOCK_SIZE) {
        arena->next_size *= 2;
    }
    arena_block *block = block_new(arena->next_size);
    if (block == NULL) {
        return NULL;
    }
    block->used = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block->memory;
}

void *
_PyArena_Malloc(PyArena *arena, size_t size)
{
    arena_block *block = arena->blocks;

    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size <= block->size - block->used) {
        void *memory = block->memory + block->used;
        block->used += size;
        return memory;
    }
    return allocate_in_new_block(arena, size);
}

int
_PyArena_AddPyObject(PyArena *arena, PyObject *object)
{
    if (arena->object_count == arena->object_capacity) {
        size_t capacity = arena->object_capacity * 2 + 64;
        PyObject **larger = PyMem_Realloc(arena->objects,
                                          capacity * sizeof(PyObject *));
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        arena->objects = larger;
        arena->object_capacity = capacity;
    }
    arena->objects[arena->object_count++] = object;
    return 0;
}
