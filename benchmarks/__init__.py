"""How fast it is, measured on this machine: `make bench` runs every module here that has a `main`.

Figures of one machine say little about another. So each is given beside something that does no
work, measured in the same run: the ratio is what to compare.
"""
