"""`python -m failonce` is the command line."""

import sys

from failonce.surfaces.cli import main

if __name__ == "__main__":
    sys.exit(main())
