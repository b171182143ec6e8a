"""`python -m suture.cli`: how the supervisor starts its children."""

from suture.cli import main

main()
