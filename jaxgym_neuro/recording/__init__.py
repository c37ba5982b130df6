"""What a subject did, trial by trial: on the device, and on disk while it runs."""
