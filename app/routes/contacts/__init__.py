"""Contacts over HTTP: `lists` what is listed where, `cards` one card, `people` the directories, `changes` several cards at once, `books`
and `sharing`, `imports`, `duplicates`, `labels`, `broadcasts`."""
