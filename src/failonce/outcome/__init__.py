"""Outcome: did a lesson in force help? Nothing here reads a clock or a store.

assignment  which sessions go without a lesson, drawn by a hash
units       what became of each session that met it, from the evidence
measured    what the units say together, and in one word
moves       what follows for the lesson: promote, revert, probation, the end of a trial
words       the same for people
health      how tools fare, whatever lessons do
"""
