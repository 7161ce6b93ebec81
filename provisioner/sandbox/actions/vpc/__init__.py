"""Virtual Private Cloud (Vpc 2016-04-28): VPCs, vSwitches, route tables, gateways, elastic addresses."""
