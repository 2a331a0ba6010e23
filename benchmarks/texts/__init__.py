"""What is measured on: articles, edited copies, planted passages, scripts, known cases."""
