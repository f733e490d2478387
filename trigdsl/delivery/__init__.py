"""Decisions that an engine put into its store's outbox → the world, at least once each, in order for each user."""
