"""Measurements that are programs of their own, with options of their own."""
