"""Security Token Service (Sts 2015-04-01): sessions of roles."""
