"""Putting failonce into the configuration of a client, and out of it again, to the byte.

__init__   the door
clients    which clients there are, where their configuration is, what goes into it
commands   how a client calls failonce: paths that hold in any folder
json_text  JSON changed where it must change and nowhere else
toml_text  the same for TOML, as a block at its end
changes    what an installation does to one file, and what takes it back
files      reading and replacing a file that others write too
journal    what was put where, so that it can be taken back

Everything up to the last step is a value: a diff is shown before anything is written.
"""
