"""Records of events → the declarations that they would have in a program."""
