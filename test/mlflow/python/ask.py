"""Asks one MLflow server a list of questions and writes down its answers.

    python ask.py --url http://127.0.0.1:PORT --questions questions.jsonl --answers answers.jsonl

A question is one JSON line `{"do": name, …arguments}`; the answer on the same line of the other file is `{"answer": …}` or
`{"error": code}`. With MLFLOW_WORKSPACE in the environment the questions go to that workspace.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

import plainAnswer as plain


class Server:
    """One MLflow server behind MlflowClient over REST, with one method for each kind of question."""

    def __init__(self, url):
        self.client = MlflowClient(tracking_uri=url, registry_uri=url)
        self.store = self.client._tracking_client.store

    def ask(self, question):
        arguments = {key: item for key, item in question.items() if key not in ("do", "about")}
        try:
            return {"answer": getattr(self, question["do"])(**arguments)}
        except MlflowException as error:
            return {"error": error.error_code}

    @staticmethod
    def pages(call, entity, pages=200, **arguments):
        """Every page of a search, as one list a page."""
        answer, token = [], None
        for _ in range(pages):
            page = call(page_token=token, **arguments)
            answer.append([entity(item) for item in page])
            token = page.token
            if not token:
                return answer
        return answer + ["more pages than expected"]

    def experiment(self, id):
        return plain.experiment(self.client.get_experiment(id))

    def experiment_by_name(self, name):
        found = self.client.get_experiment_by_name(name)
        return found and plain.experiment(found)

    def experiments(self, **arguments):
        return self.pages(self.client.search_experiments, plain.experiment, **arguments)

    def run(self, id):
        return plain.run(self.client.get_run(id))

    def runs(self, **arguments):
        return self.pages(self.client.search_runs, plain.run, **arguments)

    def metric_history(self, run, key):
        return [plain.metric(m) for m in self.client.get_metric_history(run, key)]

    def metric_history_pages(self, run, key, size):
        # The client asks for all at once; paging is what the REST route of the UI does.
        answer, token = [], None
        while True:
            page = self.store.get_metric_history(run, key, max_results=size, page_token=token)
            answer.append([plain.metric(m) for m in page])
            token = page.token
            if not token or len(answer) > 500:
                return answer

    def registered_model(self, name):
        return plain.registered_model(self.client.get_registered_model(name))

    def registered_models(self, **arguments):
        return self.pages(self.client.search_registered_models, plain.registered_model, **arguments)

    def latest_versions(self, name, stages=None):
        return sorted((plain.version(v) for v in self.client.get_latest_versions(name, stages)), key=lambda v: v["stage"])

    def version(self, name, version):
        return plain.version(self.client.get_model_version(name, version))

    def version_by_alias(self, name, alias):
        return plain.version(self.client.get_model_version_by_alias(name, alias))

    def download_uri(self, name, version):
        return self.client.get_model_version_download_uri(name, version)

    def versions(self, **arguments):
        return self.pages(self.client.search_model_versions, plain.version, **arguments)

    def logged_model(self, id):
        return plain.logged_model(self.client.get_logged_model(id))

    def logged_models(self, **arguments):
        return self.pages(self.store.search_logged_models, plain.logged_model, **arguments)

    def trace_info(self, id):
        return plain.trace_info(self.store.get_trace_info(id))

    def trace(self, id, partial=False):
        return plain.trace(self.store.get_trace(id, allow_partial=partial))

    def traces_by_id(self, ids):
        return [plain.trace(t) for t in self.store.batch_get_traces(ids)]

    def trace_infos(self, **arguments):
        answer, token = [], None
        for _ in range(200):
            found, token = self.store.search_traces(page_token=token, **arguments)
            answer.append([plain.trace_info(t) for t in found])
            if not token:
                break
        # Some stores give a token with a full last page, some do not: an empty page more is no difference.
        return [page for page in answer if page]

    def assessment(self, trace, id):
        return plain.assessment(self.store.get_assessment(trace, id))


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_lines(path, values):
    with open(path, "w", encoding="utf-8") as file:
        for item in values:
            file.write(json.dumps(item, ensure_ascii=True) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--questions", required=True)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--threads", type=int, default=6)
    options = parser.parse_args()
    server = Server(options.url)
    with ThreadPoolExecutor(options.threads) as pool:
        write_lines(options.answers, list(pool.map(server.ask, read_lines(options.questions))))


if __name__ == "__main__":
    main()
