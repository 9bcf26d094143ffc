"""Web push: devices, keys, what is sent and what became of it."""
