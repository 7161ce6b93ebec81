"""
The settings with which other programs work on a served sandbox.

    settings   the settings of every client, under the names that the client itself uses
    sections   the same as text to paste, a section per language
    hcl        how blocks of HCL are written

What does not live here: printing them.
"""
