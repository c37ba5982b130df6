"""Trials as a data set: streams of trials, and batches cut from them."""
