"""`failonce serve`: the dashboard, its API, and the ways in for errors (extra `server`).

app         START HERE: the routes, and what every request passes first
house       what a request is answered from: the stores, one for each tenant
principal   who asks, and what they may
patience    how long a client may take to say what it wants
guard       Host, Origin, sizes, rates, headers: what is refused before anybody looks at it
problems    errors as `application/problem+json`, and as a page
api/        the REST routes, the seed's among them
intake/     what comes in: read, redacted, grouped and stored by other processes, then answered
pages/      the dashboard
serving     sockets, signals, the first sign-in link
"""
