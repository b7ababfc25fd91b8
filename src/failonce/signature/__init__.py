"""Signature: what is the same failure.

tokens       the one tokeniser and the placeholders      masks       the one table of masks
masking      applies the table to a text (level 1)       memo        does so fast
values       masks a call's own argument values          naming      both, for a failed call
fingerprint  the stable name of a failure, short ids, the name in the seed's form
skeleton     what varies by itself in a template         cluster     merges templates (level 2)
explain      why two failures are or are not the same

Level 1 is stateless: the same text has the same fingerprint on every node, in any order, for
ever. Level 2 is a view over many templates, recomputed at will.
"""
