"""A server over a scratch store, and who asks it: programs by token, people by session."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from failonce.adapters.sql_store import store_url
from failonce.compose import Configuration, Parts, assemble, configure
from failonce.model import Scope
from failonce.surfaces.access import Door, Granting
from failonce.surfaces.server.app import create_app
from failonce.surfaces.server.house import House
from failonce.surfaces.server.principal import COOKIE, csrf_of

BASE = "http://127.0.0.1:8411"
PASSWORD = "a long enough password"  # noqa: S105 - of an account that lives for one test


def configuration(folder: Path, **server: Any) -> Configuration:
    """Settings over a store and a project in this folder, whatever this machine has."""
    project = folder / "project"
    (project / ".git").mkdir(parents=True, exist_ok=True)
    config = configure(store=store_url(folder / "s.db"), environ={}, directory=project)
    settings = config.settings
    changed = settings.server.model_copy(update={"workers": 1, **server})
    return replace(config, settings=settings.model_copy(update={"server": changed}))


class Served:
    """The server of one test. Without `with` around a client nothing runs beside it."""

    def __init__(self, config: Configuration) -> None:
        self.config = config
        self.app: FastAPI = create_app(config)
        self.house: House = self.app.state.house

    def parts(self, actor: str = "test") -> Parts:
        """The parts over its store."""
        return assemble(self.config, self.house.main, actor=actor)

    def granting(self) -> Granting:
        """Who makes tokens and accounts."""
        return Granting(store=self.house.main, clock=self.house.clock, actor="test")

    def anybody(self) -> TestClient:
        """A client that shows nothing."""
        return TestClient(self.app, base_url=BASE, follow_redirects=False)

    def program(self, *scopes: Scope, name: str = "", **about: Any) -> TestClient:
        """A client that shows a token with these scopes."""
        named = name or f"{'-'.join(scopes)}-{len(self.house.main.tokens())}"
        _, secret = self.granting().grant_token(named, scopes, **about)
        client = self.anybody()
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    def person(self, *scopes: Scope, name: str = "anna", tenant: str | None = None) -> "Person":
        """Somebody who is signed in."""
        self.granting().make_account(name, scopes, password=PASSWORD, tenant=tenant)
        door = Door(store=self.house.main, clock=self.house.clock, via="test")
        return Person(self, door.by_password(name, PASSWORD).cookie)


class Person:
    """A browser without a screen: it keeps cookies, and sends forms with what they need."""

    def __init__(self, served: Served, cookie: str) -> None:
        self.client = served.anybody()
        self.client.cookies.set(COOKIE, cookie)
        self.csrf = csrf_of(cookie)

    def get(self, path: str, **more: Any) -> Any:
        """A page."""
        return self.client.get(path, **more)

    def post(self, path: str, **fields: str) -> Any:
        """A form of a page; where it leads is not followed."""
        return self.client.post(path, data={"csrf": self.csrf, **fields})
