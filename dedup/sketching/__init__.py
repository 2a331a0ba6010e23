"""String to buckets: fold, tokens, shingles, signature, window minima."""
