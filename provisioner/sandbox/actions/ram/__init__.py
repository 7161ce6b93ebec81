"""Resource Access Management (Ram 2015-05-01): roles with policies and tags, users and keys, the roles of services."""
