"""Exit codes; programs rely on them."""

DONE = 0
USAGE = 2
REJECTED = 3
STORE_REFUSED = 4
INTERRUPTED = 130
PIPE_CLOSED = 141
