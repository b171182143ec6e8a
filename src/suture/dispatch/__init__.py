"""The live loop: waiting signals in, one Decision out. Pure; one file a signal."""
