"""`porchlight gate replay`: footage through the firmware's motion gate, judged and shown."""
