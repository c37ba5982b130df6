"""Mod-Cog: the tasks of Yang et al. (2019), and two transformations of them."""
