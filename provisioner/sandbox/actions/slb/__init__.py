"""Classic load balancers (Slb 2014-05-15): load balancers, their listeners and vServer groups."""
