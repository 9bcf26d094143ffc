"""CalDAV, CardDAV and WebDAV: one file per verb, written once against the nodes that an app puts into the tree.

    /dav/                               the root; a PROPFIND of / and of /.well-known/… leads here
    /dav/principals/AB12345/            the person (`principals.py`)
    /dav/contacts/AB12345/book/card     a tree that an app registered (`trees.py`): home, collections, items

An app brings a module in this folder that

1. registers a `Tree` with a function that makes its root node, the DAV classes it adds, and the properties it adds to principals;
2. derives its nodes from `Node` and `Collection` of `nodes.py`, which say what each verb asks of them;
3. describes what a PROPFIND can ask for as a mapping of names to `Property`. A reader gets the node, or for items the row of the
   query that lists them; `columns` names the columns it needs, so that ten thousand members are one query over short columns.

Nothing here holds rules: a node finds through its caller's viewers, and changes by one call on a model. A refusal is a `Problem` with
the precondition's name; a model's `Refused` and `NotFound` become 403 and 404.
"""
