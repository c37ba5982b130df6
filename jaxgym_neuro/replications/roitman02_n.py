"""`roitman02`, fitted to the other monkey, n."""

from jaxgym_neuro.replications import roitman02

REPLICATION = roitman02.replication(roitman02.MONKEY_N)
