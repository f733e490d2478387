"""trigdsl."""
