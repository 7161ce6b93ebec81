"""
`provision sandbox`: the simulated cloud, one module per verb.

What they print is made here and not in `reports`: only the command line knows that there is a sandbox.
"""
