"""The ids that tests of every task run: all, but of families of tasks a sample.

The tasks of such a collection are lines of settings of a few families, so that what holds for one
of a family holds for the others. All of them are run by the tests of their collection.
"""

import jaxgym_neuro as jgn

SAMPLED = {
    "modcog": ("modcog.dmcintlseqr-v0",),
    "yang19": ("yang19.dlyanti-v0", "yang19.ctxdlydm2-v0", "yang19.dnmc-v0"),
}
IDS = [id for id in jgn.registered_tasks() if id in SAMPLED.get(id.partition(".")[0], (id,))]
