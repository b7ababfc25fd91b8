"""Where pull requests come from and go to: a git remote, and the forge that it is at.

remote   branches and files of a remote by git's plumbing, beside the user's own work
github   its pull requests, where it is at GitHub (extra)
"""

from failonce.adapters.forges.remote import Change, Remote, slug_of

__all__ = ["Change", "Remote", "slug_of"]
