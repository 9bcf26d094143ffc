"""The Manager: a file per section."""
