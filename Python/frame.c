/* The memory of frames: the thread's data stack, which is a chain of chunks,
 * and the end of a frame's life.
 *
 * tstate->datastack_chunk is the newest chunk, in use up to datastack_top;
 * what older chunks had in use when they were left is their `top`.  Chunks
 * come from the arena allocator, since greenlet gives those of a dead greenlet
 * back to it. */
#include "Python.h"

#include "ceval.h"
#include "code.h"
#include "errors.h"
#include "frame.h"
#include "gc.h"
#include "generator.h"
#include "object.h"

#include "frameobject.h"

#define CHUNK_SIZE ((size_t)64 * 1024)
#define CHUNK_HEADER_WORDS (offsetof(_PyStackChunk, data) / sizeof(PyObject *))

static _PyStackChunk *
chunk_new(size_t size, _PyStackChunk *previous)
{
    PyObjectArenaAllocator arena;
    _PyStackChunk *chunk;

    PyObject_GetArenaAllocator(&arena);
    chunk = arena.alloc(arena.ctx, size);
    if (chunk != NULL) {
        chunk->previous = previous;
        chunk->size = size;
        chunk->top = 0;
    }
    return chunk;
}

static void
chunk_free(_PyStackChunk *chunk)
{
    PyObjectArenaAllocator arena;

    PyObject_GetArenaAllocator(&arena);
    arena.free(arena.ctx, chunk, chunk->size);
}

Frame *
frame_stack_push_slow(PyThreadState *tstate, size_t size)
{
    size_t bytes = CHUNK_SIZE;
    _PyStackChunk *chunk;

    if (size > PY_SSIZE_T_MAX / sizeof(PyObject *) / 4) {
        PyErr_NoMemory();
        return NULL;
    }
    while (bytes < (size + CHUNK_HEADER_WORDS + 1) * sizeof(PyObject *)) {
        bytes *= 2;
    }
    chunk = chunk_new(bytes, tstate->datastack_chunk);
    if (chunk == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (tstate->datastack_chunk != NULL) {
        tstate->datastack_chunk->top =
            (size_t)(tstate->datastack_top -
                     &tstate->datastack_chunk->data[0]);
    }
    tstate->datastack_chunk = chunk;
    tstate->datastack_limit = (PyObject **)((char *)chunk + bytes);
    /* The first chunk never becomes empty: its first word stays unused, so
     * that a frame that comes and goes at its bottom does not make it come and
     * go, too. */
    PyObject **base = &chunk->data[chunk->previous == NULL];
    tstate->datastack_top = base + size;
    return (Frame *)base;
}

void
frame_stack_pop(PyThreadState *tstate, Frame *frame)
{
    PyObject **base = (PyObject **)frame;
    _PyStackChunk *chunk = tstate->datastack_chunk;

    if (base != &chunk->data[0]) {
        assert(tstate->datastack_top > base);
        tstate->datastack_top = base;
        return;
    }
    tstate->datastack_chunk = chunk->previous;
    tstate->datastack_top = &chunk->previous->data[chunk->previous->top];
    tstate->datastack_limit =
        (PyObject **)((char *)chunk->previous + chunk->previous->size);
    chunk_free(chunk);
}

Frame *
frame_push(PyThreadState *tstate, PyFunctionObject *func)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    Frame *frame = frame_stack_push(tstate, (size_t)frame_size_for_code(code));

    if (frame == NULL) {
        Py_DECREF(func);
        return NULL;
    }
    frame_init(frame, func, NULL, code);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = NULL;
    }
    return frame;
}

void
frame_copy(Frame *src, Frame *dest)
{
    assert(src->stacktop >= src->f_code->co_nlocalsplus);
    memcpy(dest, src,
           offsetof(Frame, localsplus) +
               (size_t)src->stacktop * sizeof(PyObject *));
}

int
frame_traverse(Frame *frame, visitproc visit, void *arg)
{
    Py_VISIT(frame->frame_obj);
    Py_VISIT(frame->f_locals);
    Py_VISIT(frame->f_func);
    Py_VISIT(frame->f_code);
    for (int i = 0; i < frame->stacktop; i++) {
        Value value = {(uintptr_t)frame->localsplus[i]};

        if (!value_is_borrowed(value)) {
            Py_VISIT(value_as_object(value));
        }
    }
    return 0;
}

PyFrameObject *
frame_object_make(Frame *frame)
{
    PyObject *type, *value, *traceback;
    PyFrameObject *object;

    PyErr_Fetch(&type, &value, &traceback);
    object = frame_object_new_no_track(frame->f_code);
    if (object == NULL) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return NULL;
    }
    PyErr_Restore(type, value, traceback);
    /* collecting garbage may have asked for it */
    if (frame->frame_obj != NULL) {
        object->f_frame = frame;
        Py_DECREF(object);
        return frame->frame_obj;
    }
    object->f_frame = frame;
    frame->frame_obj = object;
    return object;
}

/* The object outlives the call: the frame moves into it. */
static void
frame_object_take(PyFrameObject *object, Frame *frame)
{
    Frame *inner = (Frame *)object->_f_frame_data;
    Frame *caller;

    frame_copy(frame, inner);
    object->f_frame = inner;
    inner->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    if (inner->prev_instr < FRAME_CODE_START(inner->f_code) +
                                inner->f_code->_co_firsttraceable &&
        frame->owner != FRAME_OWNED_BY_GENERATOR) {
        /* Left before it began (a call that failed): it shows its first
         * line. */
        inner->prev_instr = FRAME_CODE_START(inner->f_code) +
                            inner->f_code->_co_firsttraceable;
    }
    caller = frame_skip_incomplete(frame->previous);
    if (caller != NULL) {
        PyFrameObject *back = frame_object_get(caller);

        if (back == NULL) {
            PyErr_Clear();               /* MemoryError: the chain ends here */
        }
        else {
            object->f_back = (PyFrameObject *)Py_NewRef(back);
        }
    }
    inner->previous = NULL;
    if (!gc_is_tracked(object)) {
        PyObject_GC_Track(object);
    }
}

void
frame_clear(Frame *frame)
{
    PyFrameObject *object = frame->frame_obj;

    if (object != NULL) {
        frame_release_displaced(frame);
        frame->frame_obj = NULL;
        if (Py_REFCNT(object) > 1) {
            frame_object_take(object, frame);
            Py_DECREF(object);
            return;
        }
        Py_DECREF(object);
    }
    assert(frame->stacktop >= 0);
    for (int i = frame->stacktop - 1; i >= frame->f_code->co_nlocalsplus;
         i--) {
        value_xclose((Value){(uintptr_t)frame->localsplus[i]});
    }
    for (int i = 0; i < frame->f_code->co_nlocalsplus && i < frame->stacktop;
         i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    Py_XDECREF(frame->f_locals);
    Py_DECREF(frame->f_func);
    Py_DECREF(frame->f_code);
}

int
_PyFrame_IsEntryFrame(PyFrameObject *object)
{
    return object->f_frame->is_entry == FRAME_IS_ENTRY;
}
