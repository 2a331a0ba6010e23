"""Tables, plots, and the page docs/performance.md."""
