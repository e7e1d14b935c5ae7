"""Writes into a PostgreSQL database through MLflow's own stores, without pause, until SIGTERM.

    POSTGRES_URI=postgresql+psycopg2://… python writeOn.py [--threads 3] [--seed 1] [--artifacts DIR]

Runs, metrics, params, tags, traces with spans and assessments, the registry, deletions, restored runs and `mlflow gc`.
Writes that fail are counted and tried again with other ones: the server may be away, or refuse to be written to.
Prints `writing` once each thread has written, and at the end one JSON document: {done, refused, away, lastDoneMs}.
"""

import argparse
import json
import os
import random
import re
import signal
import threading
import time

STDOUT = os.fdopen(os.dup(1), "w")
# What MLflow prints meanwhile is no answer.
os.dup2(2, 1)
os.environ["MLFLOW_TRACKING_URI"] = os.environ["POSTGRES_URI"]
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

from mlflow.cli import gc  # noqa: E402
from mlflow.entities import (  # noqa: E402
    AssessmentSource,
    Feedback,
    Metric,
    Param,
    RunStatus,
    RunTag,
    TraceInfo,
    TraceLocation,
    TraceState,
    ViewType,
)
from mlflow.entities.span import create_mlflow_span  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry  # noqa: E402
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking  # noqa: E402
from opentelemetry.sdk.trace import ReadableSpan  # noqa: E402
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags  # noqa: E402

GC_EVERY_S = 3
REST_S = 0.01
REST_AFTER_FAILURE_S = 0.1
# A database that refuses writes says so in these words (SQLSTATE 25006).
REFUSAL = "read-only transaction"


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.done, self.refused, self.away, self.last_done = {}, 0, 0, None
        self.other = {}

    def did(self, what):
        with self.lock:
            self.done[what] = self.done.get(what, 0) + 1
            self.last_done = time.time() * 1000

    def failed(self, what, error):
        text = str(error)
        with self.lock:
            if REFUSAL in text:
                self.refused += 1
            elif "OperationalError" in text or "connection" in text or "Connection" in text:
                self.away += 1
            else:
                key = "%s: %s" % (what, re.sub(r"[0-9a-f]{32}", "…", (text.splitlines() or [type(error).__name__])[0][:160]))
                self.other[key] = self.other.get(key, 0) + 1

    def told(self):
        return {"done": self.done, "refused": self.refused, "away": self.away, "other": self.other, "lastDoneMs": self.last_done}


class Writer:
    """One thread's objects: threads share none, so that what one deletes no other misses."""

    def __init__(self, uri, number, seed, artifacts, tally):
        self.random = random.Random(seed * 100 + number)
        self.number, self.tally = number, tally
        self.tracking, self.registry = Tracking(uri, artifacts), Registry(uri)
        self.step = 0
        self.runs, self.deleted, self.models, self.traces = [], [], [], []
        self.experiments, self.gone, self.home = [], [], {}
        # Runs that were there before, a part for each thread.
        found = self.tracking.search_runs(["1", "2", "3", "4", "5"], None, ViewType.ACTIVE_ONLY, max_results=1000)
        self.old = [run.info.run_id for run in found][number::8]

    def name(self, kind):
        self.step += 1
        return "%s-%d-%d-%d" % (kind, os.getpid(), self.number, self.step)

    def experiment(self):
        self.experiments.append(self.tracking.create_experiment(self.name("experiment")))

    def run(self):
        # Not among those that were there before: `mlflow gc` would look for their files.
        experiment = self.random.choice(self.experiments)
        run = self.tracking.create_run(experiment, "writer", int(time.time() * 1000), [RunTag("stage", "new")], self.name("run"))
        self.runs.append(run.info.run_id)
        self.home[run.info.run_id] = experiment

    def batch(self):
        run = self.random.choice(self.runs)
        now = int(time.time() * 1000)
        self.step += 1
        metrics = [Metric("m%d" % key, self.random.random(), now, self.step) for key in range(20)]
        params = [Param("p-%d-%d" % (self.step, key), str(key)) for key in range(3)]
        self.tracking.log_batch(run, metrics, params, [RunTag("batch", str(self.step)), RunTag("t-%d" % self.step, "x")])

    def old_metric(self):
        run = self.random.choice(self.old)
        self.step += 1
        self.tracking.log_metric(run, Metric("later", self.random.random(), int(time.time() * 1000), self.step))

    def old_tag(self):
        run = self.random.choice(self.old)
        self.tracking.set_tag(run, RunTag("touched", self.name("tag")))
        if self.random.random() < 0.3:
            self.tracking.delete_tag(run, "touched")

    def finish(self):
        self.tracking.update_run_info(self.random.choice(self.runs), RunStatus.FINISHED, int(time.time() * 1000), self.name("done"))

    def delete(self):
        run = self.runs.pop(self.random.randrange(len(self.runs)))
        self.tracking.delete_run(run)
        self.deleted.append(run)

    def restore(self):
        run = self.deleted.pop(0)
        self.tracking.restore_run(run)
        self.runs.append(run)

    def drop_experiment(self):
        experiment = self.experiments.pop(0)
        self.tracking.delete_experiment(experiment)
        if self.random.random() < 0.4:
            self.tracking.restore_experiment(experiment)
            self.experiments.append(experiment)
            # Its runs go and come with it, deleted ones too.
            self.runs += [run for run in self.deleted if self.home[run] == experiment]
        else:
            self.gone.append(experiment)
            self.runs = [run for run in self.runs if self.home[run] != experiment]
        self.deleted = [run for run in self.deleted if self.home[run] != experiment]

    def trace(self):
        number = self.random.getrandbits(127) | 1
        trace_id = "tr-%032x" % number
        at = int(time.time() * 1000)
        info = TraceInfo(
            trace_id=trace_id, trace_location=TraceLocation.from_experiment_id("0"), request_time=at, state=TraceState.OK,
            execution_duration=7, request_preview='{"q": "π"}', response_preview="réponse",
            tags={"mlflow.traceName": "live", "n": str(self.step)}, trace_metadata={"mlflow.user": "writer"},
        )
        self.tracking.start_trace(info)
        root = SpanContext(number, self.random.getrandbits(63) | 1, False, TraceFlags(1))
        spans = []
        for position in range(3):
            context = root if position == 0 else SpanContext(number, self.random.getrandbits(63) | 1, False, TraceFlags(1))
            span = ReadableSpan(
                name="span %d" % position, context=context, parent=None if position == 0 else root,
                attributes={"mlflow.traceRequestId": json.dumps(trace_id), "mlflow.spanType": json.dumps("CHAIN")},
                start_time=at * 1_000_000, end_time=at * 1_000_000 + 5_000_000, status=Status(StatusCode.OK),
            )
            spans.append(create_mlflow_span(span, trace_id, "CHAIN"))
        self.tracking.log_spans("0", spans)
        self.traces.append(trace_id)

    def assess(self):
        source = AssessmentSource(source_type="HUMAN", source_id="writer")
        trace = self.random.choice(self.traces)
        made = self.tracking.create_assessment(Feedback(name="quality", value=self.random.random(), source=source, trace_id=trace))
        if self.random.random() < 0.3:
            self.tracking.delete_assessment(trace, made.assessment_id)

    def tag_trace(self):
        self.tracking.set_trace_tag(self.random.choice(self.traces), "later", self.name("tag"))

    def delete_trace(self):
        self.tracking.delete_traces("0", trace_ids=[self.traces.pop(0)])

    def model(self):
        name = self.name("model")
        self.registry.create_registered_model(name, [], "a model")
        self.models.append(name)

    def version(self):
        name = self.random.choice(self.models)
        made = self.registry.create_model_version(name, "s3://bucket/model", self.random.choice(self.runs))
        self.registry.set_registered_model_alias(name, "champion", str(made.version))
        self.registry.transition_model_version_stage(name, str(made.version), "Staging", False)
        if self.random.random() < 0.3:
            self.registry.delete_model_version(name, str(made.version))

    def rename_model(self):
        old = self.models.pop(0)
        new = self.name("renamed")
        self.registry.rename_registered_model(old, new)
        self.models.append(new)

    def delete_model(self):
        self.registry.delete_registered_model(self.models.pop(0))

    def collect(self):
        """`mlflow gc`, in this process: its command line would show the password."""
        runs, self.deleted = self.deleted, []
        experiments, self.gone = self.gone, []
        # Without names it takes all that are deleted, those of others too.
        own = ["--run-ids", ",".join(runs), "--experiment-ids", ",".join(experiments)]
        gc.main(["--backend-store-uri", os.environ["POSTGRES_URI"], *own], standalone_mode=False)

    def choices(self):
        """What can be done now, and how often."""
        yield 2, self.experiment
        yield 4, self.trace
        yield 1, self.model
        if self.experiments:
            yield 8, self.run
        if self.runs:
            yield 40, self.batch
            yield 6, self.finish
        if self.old:
            yield 12, self.old_metric
            yield 6, self.old_tag
        if len(self.runs) > 5:
            yield 4, self.delete
        if self.deleted:
            yield 2, self.restore
        if len(self.experiments) > 3:
            yield 2, self.drop_experiment
        if self.traces:
            yield 3, self.assess
            yield 3, self.tag_trace
        if len(self.traces) > 5:
            yield 2, self.delete_trace
        if self.models and self.runs:
            yield 4, self.version
        if len(self.models) > 3:
            yield 1, self.rename_model
            yield 1, self.delete_model

    def write_on(self, is_over, has_written):
        collected = time.monotonic()
        while not is_over.is_set():
            call = self.collect
            if not (self.deleted and self.gone) or time.monotonic() - collected < GC_EVERY_S:
                weights, calls = zip(*self.choices())
                call = self.random.choices(calls, weights)[0]
            else:
                collected = time.monotonic()
            try:
                call()
                self.tally.did(call.__name__)
                has_written.set()
                time.sleep(REST_S)
            except Exception as error:  # noqa: BLE001 - whatever failed, the next one is tried
                self.tally.failed(call.__name__, error)
                time.sleep(REST_AFTER_FAILURE_S)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--artifacts", default="/tmp/no-artifacts")
    options = parser.parse_args()
    tally, is_over = Tally(), threading.Event()
    threads, written = [], []
    for number in range(options.threads):
        writer = Writer(os.environ["POSTGRES_URI"], number, options.seed, options.artifacts, tally)
        written.append(threading.Event())
        threads.append(threading.Thread(target=writer.write_on, args=(is_over, written[-1]), daemon=True))
    for thread in threads:
        thread.start()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    while not is_over.is_set() and not all(one.is_set() for one in written):
        time.sleep(0.1)
    print("writing", file=STDOUT, flush=True)
    while not is_over.wait(0.1):
        pass
    for thread in threads:
        thread.join(10)
    print(json.dumps(tally.told()), file=STDOUT, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
