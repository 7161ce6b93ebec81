"""
What other programs have to be told so that they work on a sandbox that is being served.

    settings   the settings of every client, under the names that the client itself uses
    sections   the same as text to paste, a section per language
    hcl        how blocks of HCL are written

What does not live here: how they get to a terminal.
"""
