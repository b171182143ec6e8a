"""One program for each engine, run as a process of its own: `python -m suture.bench.drivers.NAME …`.

The peers' programs run in the peers' environment and import nothing of Suture but numbers and file formats.
"""
