"""What a stranger adds to failonce: a kind of lesson and a handler of hints, one file each.

Tests load them from their files, as a package of somebody else's would be; nothing else knows them.
"""
