"""The commands a person types: one module a command. They read arguments and show what came."""
