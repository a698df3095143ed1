"""The weekly digest: every Monday one entry in each resident's log that says what hubs did."""
