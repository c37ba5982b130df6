"""The ground: what every part of the package stands on, and that knows no task."""
