"""``python -m jaxgym_neuro``."""

import sys

from jaxgym_neuro.cli import main

if __name__ == "__main__":
    sys.exit(main())
