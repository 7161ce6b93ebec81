"""`provision state`: the log of a shoot's states, one module per verb."""
