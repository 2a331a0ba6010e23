"""Near-duplicate and shared-passage detection: what does this text resemble, and which lines?"""
