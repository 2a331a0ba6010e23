"""Runs of words that stand elsewhere, at any boundary: what suffix arrays find, without their memory.

One definition of the result, whatever the order of the input, the number of threads or the engine. A *window* is n
consecutive folded tokens of a document. Places are ordered by the rank of the document, then by the place in it.

1. The first of all places with the tokens of a window is its first place.
2. A window is repeated if its first place is in another document, or at least n tokens before it in the same one: a
   copy never overlaps what it is a copy of.
3. In each document, from its beginning: at a repeated window a run starts. Its source is the window's first place, and
   it goes on as long as both documents go on with the same tokens. The next run starts at the next repeated window
   that does not lie in a run as a whole. So runs may overlap, and together are all that is repeated.

Steps: `intake` writes the tokens of each document and the minima of its windows (winnowing: Schleimer, Wilkerson,
Aiken, SIGMOD 2003). Equal windows have equal minima, so `find` looks only at windows whose minimum stands at several
places, in slices of hashes that fit in memory. Whatever hashes say, windows and runs are compared token by token.
"""
