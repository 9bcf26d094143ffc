"""Web push (RFC 8030): `vapid.py` the keys of this server, `device.py` browsers that take it and what was sent to them, `sending.py`
how it is sent. What is to be pushed is decided in `app.models.notifications`.
"""
