"""The shell: loads, asks the core, saves in one transaction, sends; also runs the processes of an installation."""
