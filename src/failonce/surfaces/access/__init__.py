"""Who may use the server, above the store: secrets are made and recognised here, and only here.

    granting    an administrator's decisions: tokens, accounts, sign-in links
    signing_in  a person at the door: by password or by link
    secret      what secrets look like; a token or a cookie → whose it is

None of it knows HTTP. How often somebody may try is the caller's to limit.
"""

from failonce.surfaces.access.granting import Granting
from failonce.surfaces.access.secret import recognise, session_of
from failonce.surfaces.access.signing_in import Door, SignedIn

__all__ = ["Door", "Granting", "SignedIn", "recognise", "session_of"]
