"""What every test of this suite takes for granted."""

from hypothesis import HealthCheck, settings

# How long an example takes says something of the machine, not of the law that is tested.
settings.register_profile("failonce", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("failonce")
