"""Learners that are led through the same recordings, each in a process of its own.

`learner.py` is what all have in common and needs nothing but Python; `ours.py` is failonce,
`ruling.py` is learned-behavior, `guarding.py` GuardianLayer and `remembering.py` memir, which
stand in an environment of their own. `judging.py` counts what came of their answers.
"""
