"""Who is at the hub: operators, signed in at their own agency, known here by pseudonym and role."""
