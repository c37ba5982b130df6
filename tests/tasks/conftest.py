"""Puts this folder on the import path, so that the tests of all paradigms share `helpers`."""
