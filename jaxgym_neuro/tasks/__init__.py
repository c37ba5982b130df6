"""The tasks, in folders by paradigm."""
