"""What was right tells what will be."""
