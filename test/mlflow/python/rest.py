"""MLflow's REST interface, asked without MLflow's client: what a server answers is compared as it left the server."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any, Callable

import requests

V2 = "/api/2.0/mlflow/"
V3 = "/api/3.0/mlflow/"
AJAX = "/ajax-api/2.0/mlflow/"
TIMEOUT_SECONDS = 120
MOST_PAGES = 400


@dataclass(frozen=True)
class Question:
    """One request, asked of both servers. `items` names the list of a paged answer: all pages are read and joined."""

    area: str
    name: str
    method: str
    path: str
    arguments: dict[str, Any] = field(default_factory=dict)
    items: str | None = None
    # Named differences of the plugin that this question meets: functions of `differences.py`, in the order they apply.
    rules: tuple[Callable[[Any], Any], ...] = ()

    def __str__(self):
        return "%s: %s %s %s" % (self.area, self.name, self.path, json.dumps(self.arguments, ensure_ascii=False))


class Server:
    """A running `mlflow server`. Threads share it; each has a connection of its own."""

    def __init__(self, address, workspace=None):
        self.address = address.rstrip("/")
        self.headers = {"X-MLFLOW-WORKSPACE": workspace} if workspace else {}
        self.local = threading.local()

    def session(self):
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.headers.update(self.headers)
        return self.local.session

    def release(self):
        """Of MLflow, as (3, 18)."""
        return tuple(int(part) for part in self.send("GET", self.address + "/version", {}).text.split(".")[:2])

    def send(self, method, url, where):
        try:
            return self.session().request(method, url, timeout=TIMEOUT_SECONDS, **where)
        except requests.ConnectionError:
            # A kept connection that the server closed at that moment: questions only read, so another time does no harm.
            return self.session().request(method, url, timeout=TIMEOUT_SECONDS, **where)

    def request(self, method, path, arguments):
        """The decoded answer; a refusal is `{"refused": status, "error_code": …}`, without the message, which is free text."""
        where = {"params": arguments} if method == "GET" else {"json": arguments}
        response = self.send(method, self.address + path, where)
        if response.status_code == 200:
            return response.json()
        try:
            code = response.json().get("error_code")
        except ValueError:
            code = response.text[:200]
        return {"refused": response.status_code, "error_code": code}

    def look(self, method, path, arguments):
        """As `request`, for what only reads: asked again where the server fails outside of its own error handling.

        MLflow 3.17.2 on PostgreSQL did so once in a few thousand questions that came at once. What fails twice, fails.
        """
        answer = self.request(method, path, arguments)
        if answer.get("refused") == 500 and str(answer["error_code"]).startswith("<!doctype html>"):
            return self.request(method, path, arguments)
        return answer

    def ask(self, question):
        if question.items is None:
            return self.look(question.method, question.path, question.arguments)
        items = []
        arguments = dict(question.arguments)
        for _ in range(MOST_PAGES):
            answer = self.look(question.method, question.path, arguments)
            if "refused" in answer:
                return answer
            page = answer.get(question.items, [])
            most = question.arguments.get("max_results")
            if most is not None and len(page) > most:
                raise AssertionError("%d items on a page of %d" % (len(page), most))
            items += page
            token = answer.get("next_page_token")
            if not token:
                return items
            arguments["page_token"] = token
        raise AssertionError("more than %d pages: %s" % (MOST_PAGES, question))

    def all(self, method, path, items, **arguments):
        """Every item of a paged answer; throws when the server refuses."""
        answer = self.ask(Question("setup", path, method, path, arguments, items))
        if isinstance(answer, dict):
            raise RuntimeError("%s refused %s: %s" % (self.address, path, answer))
        return answer


class RenumberedServer(Server):
    """A server whose experiments have other ids than those of the questions: MongoDB, whose rows were brought back.

    `ids` are its own by those of the questions.
    """

    def __init__(self, address, ids):
        super().__init__(address)
        self.own = ids
        self.asked = {own: asked for asked, own in ids.items()}

    def request(self, method, path, arguments):
        return self.as_asked(super().request(method, path, self.as_own(arguments)))

    def as_own(self, value, key=""):
        if isinstance(value, dict):
            return {name: self.as_own(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.as_own(item, key) for item in value]
        return self.own.get(value, value) if key in ("experiment_id", "experiment_ids") else value

    def as_asked(self, value):
        if isinstance(value, dict):
            return {name: self.as_asked(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.as_asked(item) for item in value]
        # These ids have 39 digits: nothing else is one of them.
        return self.asked.get(value, value) if isinstance(value, str) else value
