"""Passages of pairs of documents in, texts with all their printings out."""
