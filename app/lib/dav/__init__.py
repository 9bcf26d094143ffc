"""What WebDAV, CalDAV and CardDAV say on the wire: names, XML in and out, addresses, preconditions. It knows nothing of what is served."""
