"""When a store is asked whether something was decided: what is heard spares the asking."""

from dataclasses import dataclass, field

from failonce.adapters.spool.asking import ASK_S, Asking


@dataclass
class World:
    """A store with a clock: what it was asked, what it says, and whether that arrives."""

    at: float = 0.0
    decided: bool = False
    told: bool = False
    deaf: bool = False
    alive: bool = True
    asked: int = 0
    listening: int = 0
    asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        self.asking = Asking(self.listen, ticks=lambda: self.at)

    def listen(self) -> "World":
        """A new connection."""
        self.listening += 1
        self.alive, self.told = True, False
        return self

    def heard(self) -> bool:
        """What arrived since."""
        told, self.told = self.told and self.alive, False
        return told

    def close(self) -> None:
        """The connection ends."""
        self.alive = False

    def decide(self) -> None:
        """Somebody decides something."""
        self.decided = True
        self.told = not self.deaf

    def changed(self) -> bool:
        """What the store answers."""
        self.asked += 1
        found, self.decided = self.decided, False
        return found

    def round(self, after: float = 0.25) -> bool:
        """The next look, as the writer's thread does it four times a second."""
        self.at += after
        return self.asking.ask(self.changed)


def test_what_is_heard_is_asked_at_once_and_what_is_not_is_not() -> None:
    world = World()
    world.round()
    assert (world.asked, world.listening) == (1, 0)  # whoever looks in once makes no connection
    world.round()
    assert (world.asked, world.listening) == (2, 1)
    assert not any(world.round() for _ in range(10))
    assert world.asked == 2
    world.decide()
    assert world.asking.heard()
    assert world.round(0.0)
    assert world.asked == 3
    assert not world.asking.heard()


def test_a_word_that_is_lost_costs_seconds_and_the_trust_in_what_passes_it_on() -> None:
    """So does a pooler before the server, which keeps what it says to itself."""
    world = World(deaf=True)
    world.round()
    world.round()
    world.decide()
    begin = world.at
    while not world.round():
        assert world.at - begin < 2 * ASK_S
    assert world.at - begin >= ASK_S - 0.5
    for _ in range(100):
        world.decide()
        assert world.round()  # it is asked each time from now on
    assert world.listening == 1


def test_a_connection_that_ends_is_made_anew_and_the_store_asked_meanwhile() -> None:
    world = World()
    world.round()
    world.round()
    world.close()
    world.decide()
    assert world.round()
    while world.listening == 1:
        asked = world.asked
        world.round()
        assert world.asked == asked + 1
        assert world.at < 2 * ASK_S
    world.round()
    asked = world.asked
    world.round()
    assert world.asked == asked


def test_what_is_heard_while_it_cannot_be_asked_is_asked_again() -> None:
    world = World()
    world.round()
    world.round()
    world.decide()

    def away() -> bool:
        raise OSError

    for _ in range(3):
        try:
            world.asking.ask(away)
        except OSError:
            assert world.asking.heard()
        else:
            raise AssertionError("nobody asked")
    assert world.round(0.0)
