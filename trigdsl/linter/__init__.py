"""Checked program → what is allowed and yet most likely not meant."""
