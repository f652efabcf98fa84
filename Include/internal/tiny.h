/* Sizes that the `tiny` build makes minimal, so that every path of growth,
 * eviction and collection runs in its tests. */
#ifndef LUCID_TINY_H
#define LUCID_TINY_H

#ifdef LUCID_TINY
#  define TINY_OR(usual, tiny) (tiny)
#else
#  define TINY_OR(usual, tiny) (usual)
#endif

#endif
