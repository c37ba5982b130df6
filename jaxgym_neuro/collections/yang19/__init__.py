"""Twenty tasks of one kind of input and one kind of answer, after Yang et al. (2019)."""
