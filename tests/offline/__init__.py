"""Python without a network: a folder that, in PYTHONPATH, keeps programs to this machine."""
