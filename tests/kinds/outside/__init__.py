"""What a stranger adds to failonce: a kind of lesson and a handler of hints, one file each.

Nothing of these tests but `test_outside` knows of them; they are loaded as a package of somebody
else's would be.
"""
