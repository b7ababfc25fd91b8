"""The simulations of `bench/statistics.py`: many runs at once, with the product's hypotheses.

evidence  e-values of drawn arms for many runs, checked against `failonce.statistics`
gate      candidates judged on held-out sessions
lives     lessons in force, from the first session to the last day
outcome   the tables of holdouts, end to end, and of late reports
watching  votes of lessons that only watched, and what is vouched for
rivals    what others do with the same sessions
seeds     what the source systems' formulas say of lessons of known worth
sheet     what a simulation found beside what is documented
running   all of them
"""
