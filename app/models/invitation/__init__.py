"""Invitations: offered by administrators, accepted by the people themselves."""
