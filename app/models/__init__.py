"""What the suite knows: tables and what they can do. No HTTP, no HTML, no settings in here."""
