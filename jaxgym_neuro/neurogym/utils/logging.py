"""The logger of NeuroGym's interface, one of Python's ``logging``: silent until configured."""

import logging

__all__ = ["logger"]

logger = logging.getLogger("jaxgym_neuro.neurogym")
