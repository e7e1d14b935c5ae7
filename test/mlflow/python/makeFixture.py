"""Fills a PostgreSQL database through the store classes of whichever MLflow release runs this program.

    POSTGRES_URI=postgresql://… python makeFixture.py [--seed 7] [--prefix p] [--workspaces]

It runs under every release from 1.12 (Python 3.8) on: what a release does not have is left out, what it refuses is
printed as `refused: …` and skipped. Nothing here is random but the ids that MLflow itself makes up.
"""

import argparse
import inspect
import json
import os
import random
import sys

import mlflow
from mlflow.entities import ExperimentTag, LifecycleStage, Metric, Param, RunStatus, RunTag, SourceType  # noqa: F401
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking

from attempt import REFUSED, accepts, attempt
from serverFeatures import ServerFeatures

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
T0 = 1_709_164_800_000
DAY_MS = 86_400_000

EXPERIMENT_NAMES = [
    "plain",
    "Plain",
    "émoji 🎉 and combining é",
    "quotes ' \" ` and \\ backslash",
    "$where",
    '{"$gt": 1}',
    "  padded  ",
    "...a.b.c...",
    "percent % and under_score",
    "tab\tand\nnewline",
    "10",
    "x" * 250,
]


class Filler:
    def __init__(self, uri, seed, prefix):
        self.random = random.Random(seed)
        self.prefix = prefix
        self.home = "0"
        self.in_workspace = os.environ.get("MLFLOW_ENABLE_WORKSPACES") == "true"
        self.tracking = Tracking(uri, "s3://bucket-%s/mlruns" % (prefix or "a"))
        self.registry = Registry(uri)
        self.experiments = []
        self.runs = []
        self.models = []
        self.traces = []

    def name(self, text):
        return self.prefix + text

    # ------------------------------------------------------------------ experiments and runs
    def fill_experiments(self):
        for index, name in enumerate(EXPERIMENT_NAMES):
            location = None if index % 3 else "wasbs://c@acc.blob.core.windows.net/with space/%%C3%%A9/%d" % index
            location = None if self.in_workspace else location
            experiment_id = attempt(
                "experiment " + name[:20], self.tracking.create_experiment, self.name(name), artifact_location=location
            )
            if experiment_id is None:
                continue
            self.experiments.append(experiment_id)
            for key, value in [
                ("team", "ml" if index % 2 else "ops"),
                ("dotted.key/with slash", "v%d" % index),
                ("empty", ""),
                ("json", json.dumps({"$set": {"a.b": index}})),
            ]:
                attempt(
                    "experiment tag " + key, self.tracking.set_experiment_tag, experiment_id, ExperimentTag(key, value)
                )
        if len(self.experiments) > 3:
            self.tracking.rename_experiment(self.experiments[1], self.name("renamed ✓"))

    def create_run(self, experiment_id, index, name, user):
        tags = [RunTag("mlflow.user", user or "nobody"), RunTag("mlflow.source.type", "LOCAL")]
        if index % 4 == 1:
            tags.append(RunTag("mlflow.parentRunId", self.runs[0] if self.runs else "none"))
        arguments = dict(experiment_id=experiment_id, user_id=user, start_time=T0 + index * 1000, tags=tags)
        if accepts(self.tracking.create_run, "run_name"):
            arguments["run_name"] = name
        elif name is not None:
            tags.append(RunTag("mlflow.runName", name))
        if index == 5:
            arguments["start_time"] = 1
        return self.tracking.create_run(**arguments).info.run_id

    def end_run(self, run_id, status, end_time, name=None):
        arguments = dict(run_id=run_id, run_status=status, end_time=end_time)
        if accepts(self.tracking.update_run_info, "run_name"):
            arguments["run_name"] = name
        self.tracking.update_run_info(**arguments)

    def fill_runs(self, count):
        targets = [self.home] + self.experiments[:6]
        names = [None, "run é %d", "$name.with.dots and 'quotes' \"x\"", "", "same name", "  padded "]
        statuses = [RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED, RunStatus.SCHEDULED]
        for index in range(count):
            name = names[index % len(names)]
            name = name % index if name and "%d" in name else name
            run_id = self.create_run(targets[index % len(targets)], index, name, "" if index == 3 else "user%d" % (index % 4))
            self.runs.append(run_id)
            self.log_everything(run_id, index)
            if index % 7:
                end = T0 + index * 1000 + 500 if index != 9 else T0 - 1
                self.end_run(run_id, statuses[index % 4], end)
        for run_id in self.runs[2:40:9]:
            self.tracking.delete_run(run_id)
        if len(self.runs) > 12:
            self.tracking.restore_run(self.runs[11])
            attempt("rename run", self.end_run, self.runs[4], RunStatus.FINISHED, T0 + 99, "renamed run ✓")

    def log_everything(self, run_id, index):
        batch = self.tracking.log_batch
        params = [Param("lr", repr(0.1 / (index + 1))), Param("depth", str(index % 5)), Param("empty", "")]
        metrics = [Metric("loss", 1.0 / (index + 1), T0 + index, 0), Metric("acc", (index % 10) / 10.0, T0 + index, 1)]
        tags = [RunTag("stage", "a" if index % 2 else "b"), RunTag("unicode ключ", "значение 🎉"), RunTag("empty", "")]
        if index % 3 == 0:
            params.append(Param("optional", "x"))
            metrics.append(Metric("sometimes", float(index), T0, 0))
            tags.append(RunTag("optional.tag/path", "$value"))
        attempt("batch %d" % index, batch, run_id, metrics, params, tags)
        if index == 0:
            for label, value in [
                ("250", "p" * 250), ("500", "p" * 500), ("6000", "p" * 6000), ("emoji", "🎉" * 120),
                ("control", "tab\t cr\r\n \\N \\. end"), ("padded", "  x  "), ("json", '{"$set": {"a.b": 1}}'),
            ]:
                attempt("param " + label, self.tracking.log_param, run_id, Param("p " + label, value))
            attempt("param long key", self.tracking.log_param, run_id, Param("k" * 240, "v"))
            attempt("param unicode key", self.tracking.log_param, run_id, Param("clé/é.ключ", "v"))
            attempt("tag 5000", self.tracking.set_tag, run_id, RunTag("long", "t" * 4990))
        if index in (1, 8):
            self.log_metrics_of_every_kind(run_id)

    def log_metrics_of_every_kind(self, run_id):
        points = [
            ("nan", float("nan"), T0, 0), ("nan then number", float("nan"), T0, 0), ("nan then number", 1.0, T0 + 1, 1),
            ("number then nan", 1.0, T0, 0), ("number then nan", float("nan"), T0 + 1, 1),
            ("inf", float("inf"), T0, 0), ("-inf", float("-inf"), T0, 0),
            ("tiny", 5e-324, T0, 0), ("tiny", 1e-320, T0, 1), ("sum", 0.1 + 0.2, T0, 0), ("neg zero", -0.0, T0, 0),
            ("integer", 3.0, T0, 0), ("big", 1e300, T0, 0), ("2^53", 9007199254740993.0, T0, 0),
            ("steps", 1.0, T0, -5), ("steps", 2.0, T0, 2**31), ("steps", 3.0, T0, 2**53 + 1), ("steps", 4.0, T0, 2**62 + 1),
            ("steps", 5.0, T0, -(2**63)),
            ("late", 1.0, 2**53 + 3, 0),
            ("same point", 3.0, T0, 7), ("same point", 1.0, T0, 7), ("same point", 2.0, T0, 7),
            ("tie with nan", float("nan"), T0, 7), ("tie with nan", 0.0, T0, 7), ("tie with nan", -1.0, T0, 7),
            ("unordered", 1.0, T0 + 5, 5), ("unordered", 2.0, T0 + 1, 1), ("unordered", 3.0, T0 + 3, 9),
            ("dots.in/key and space", 1.5, T0, 0), ("мéтрика", 1.0, T0, 0),
        ]
        for key, value, timestamp, step in points:
            attempt("metric %s %r" % (key, step), self.tracking.log_metric, run_id, Metric(key, value, timestamp, step))
        for step in range(60):
            self.tracking.log_metric(run_id, Metric("history", self.random.random(), T0 + step * 10, step))

    def finish_experiments(self):
        if len(self.experiments) > 8:
            self.tracking.delete_experiment(self.experiments[5])
            self.tracking.delete_experiment(self.experiments[7])
            self.tracking.delete_experiment(self.experiments[8])
            self.tracking.restore_experiment(self.experiments[8])

    # ------------------------------------------------------------------ datasets
    def fill_datasets(self):
        try:
            from mlflow.entities import Dataset, DatasetInput, InputTag
        except ImportError:
            return
        for index, run_id in enumerate(self.runs[:14]):
            inputs = []
            for number in range(1 + index % 2):
                dataset = Dataset(
                    name="train" if number == 0 else "tést set",
                    digest="d%07d" % (index % 4),
                    source_type="local" if index % 2 else "http",
                    source=json.dumps({"url": "http://x/%d" % index, "$a.b": 1}),
                    schema=None if index % 3 == 0 else json.dumps({"cols": [index]}),
                    profile=None if index % 3 == 1 else json.dumps({"rows": index}),
                )
                tags = [InputTag("mlflow.data.context", "training" if index % 2 else "eval"), InputTag("$k.e.y", "")]
                inputs.append(DatasetInput(dataset=dataset, tags=tags[: 1 + index % 2]))
            attempt("inputs", self.tracking.log_inputs, run_id, inputs)

    # ------------------------------------------------------------------ registry
    def fill_registry(self):
        registry = self.registry
        names = ["m.plain", "M.plain", "модель 🎉", "quo'te\"d", "with space", "no versions", "all deleted", "to rename", "100%_x"]
        for index, name in enumerate(names):
            name = self.name(name)
            tags = [RegisteredModelTag("owner", "o%d" % (index % 2)), RegisteredModelTag("empty", "")]
            description = [None, "", "d" * 3000, "múlti\nline"][index % 4]
            if attempt("model " + name, registry.create_registered_model, name, tags, description) is None:
                continue
            self.models.append(name)
            for version in range(0 if "no versions" in name else 1 + index % 5):
                self.create_version(name, version)
        self.change_stages()
        base = self.name("to rename")
        if base in self.models:
            registry.rename_registered_model(base, self.name("renamed model"))
        self.fill_aliases()
        self.fill_prompts()

    def create_version(self, name, version):
        run_id = self.runs[version % len(self.runs)] if self.runs and version % 2 else None
        arguments = dict(
            name=name, source="s3://bucket/%s/%d" % (version, version), run_id=run_id,
            tags=[ModelVersionTag("k.e/y", "v%d" % version), ModelVersionTag("empty", "")],
            run_link="http://host/run" if version == 1 else None, description=[None, "", "text é"][version % 3],
        )
        if accepts(self.registry.create_model_version, "local_model_path"):
            arguments["local_model_path"] = None
        if attempt("version of " + name, self.registry.create_model_version, **arguments) is None:
            arguments["run_id"] = self.runs[0] if self.runs else None
            attempt("version of %s with a run" % name, self.registry.create_model_version, **arguments)

    def change_stages(self):
        registry = self.registry
        for name in self.models[:5]:
            for version, stage in [("1", "Archived"), ("2", "Staging"), ("3", "Production")]:
                attempt("stage", registry.transition_model_version_stage, name, version, stage, False)
        everything = self.name("all deleted")
        for version in ("1", "2", "3", "4", "5"):
            attempt("delete version", registry.delete_model_version, everything, version)
        if len(self.models) > 4:
            attempt("delete highest", registry.delete_model_version, self.models[4], "5")
            attempt("delete middle", registry.delete_model_version, self.models[3], "2")

    def fill_aliases(self):
        if not hasattr(self.registry, "set_registered_model_alias"):
            return
        for name in self.models[:5]:
            for alias, version in [("champion", "1"), ("Champion", "1"), ("latést", "1"), ("champion", "2")]:
                attempt("alias", self.registry.set_registered_model_alias, name, alias, version)

    def fill_prompts(self):
        if VERSION < (2, 21):
            return
        name = self.name("prompt é.1")
        marks = [RegisteredModelTag("mlflow.prompt.is_prompt", "true"), RegisteredModelTag("topic", "t")]
        if attempt("prompt", self.registry.create_registered_model, name, marks, "a prompt") is None:
            return
        for version in range(3):
            tags = [
                ModelVersionTag("mlflow.prompt.is_prompt", "true"),
                ModelVersionTag("mlflow.prompt.text", "Say {{ word }} %d" % version),
            ]
            arguments = dict(name=name, source="dummy-source", tags=tags, description=None)
            attempt("prompt version", self.registry.create_model_version, **arguments)
        attempt("prompt alias", self.registry.set_registered_model_alias, name, "live", "2")

    # ------------------------------------------------------------------ logged models (3.0 on)
    def fill_logged_models(self):
        if not hasattr(self.tracking, "create_logged_model"):
            return
        from mlflow.entities import Dataset, DatasetInput, LoggedModelInput, LoggedModelOutput, LoggedModelParameter
        from mlflow.entities import LoggedModelStatus, LoggedModelTag

        created = []
        for index in range(14):
            run_id = self.runs[index % len(self.runs)]
            experiment_id = ([self.home] + self.experiments[:3])[index % 4]
            model = attempt(
                "logged model", self.tracking.create_logged_model, experiment_id=experiment_id,
                name=["model é", "same", "name with space", "same"][index % 4], source_run_id=None if index % 3 == 2 else run_id,
                tags=[LoggedModelTag("$dollar.tag", "v"), LoggedModelTag("empty", "")][: index % 3],
                params=[LoggedModelParameter("p.%d" % number, "x" * number) for number in range(index % 4)],
                model_type=[None, "", "agent"][index % 3],
            )
            if model is None:
                continue
            created.append(model.model_id)
            statuses = [LoggedModelStatus.READY, LoggedModelStatus.FAILED, None]
            if statuses[index % 3]:
                self.tracking.finalize_logged_model(model.model_id, statuses[index % 3])
            self.log_model_metrics(run_id, model.model_id, index)
        for index, model_id in enumerate(created[:6]):
            run_id = self.runs[(index + 3) % 8 * 3 % len(self.runs)]
            attempt("outputs", self.tracking.log_outputs, run_id, [LoggedModelOutput(model_id, [index, 2**40][index % 2])])
            dataset = Dataset(name="by model", digest="dm%d" % index, source_type="local", source="{}")
            arguments = dict(run_id=run_id, datasets=[DatasetInput(dataset=dataset, tags=[])])
            if accepts(self.tracking.log_inputs, "models"):
                arguments["models"] = [LoggedModelInput(model_id)]
            attempt("model inputs", self.tracking.log_inputs, **arguments)
        for model_id in created[5:7]:
            attempt("delete logged model", self.tracking.delete_logged_model, model_id)

    def log_model_metrics(self, run_id, model_id, index):
        points = [
            Metric("model acc", 0.5 + number / 100.0, T0 + 10 * index + number, number, model_id=model_id,
                   dataset_name=["train", "test", None][number % 3], dataset_digest=["d1", "d2", None][number % 3], run_id=run_id)
            for number in range(5)
        ]
        if index == 2:
            points.append(Metric("model inf", float("inf"), T0, index, model_id=model_id, run_id=run_id))
            points.append(Metric("model -0", -0.0, T0, index, model_id=model_id, run_id=run_id))
            points.append(Metric("model big step", 1.5, T0, 2**53 + 1, model_id=model_id, run_id=run_id))
        attempt("model metrics", self.tracking.log_batch, run_id, points, [], [])

    # ------------------------------------------------------------------ traces (3.x: TraceInfo objects)
    def fill_traces(self, count):
        try:
            from mlflow.entities import TraceInfo, TraceLocation, TraceState
        except ImportError:
            return
        if not accepts(self.tracking.start_trace, "trace_info"):
            return
        states = [TraceState.OK, TraceState.ERROR, TraceState.IN_PROGRESS, TraceState.STATE_UNSPECIFIED]
        for index in range(count):
            trace_id = "tr-%032x" % self.random.getrandbits(128)
            metadata = {"mlflow.user": "u%d" % (index % 3), "$meta.key": "v"}
            if index % 4 == 1:
                metadata["mlflow.sourceRun"] = self.runs[index % len(self.runs)]
            if index % 3 == 0:
                metadata["mlflow.trace.session"] = "session-%d" % (index % 2)
            if index % 5 == 0:
                metadata["mlflow.trace.tokenUsage"] = json.dumps({"input_tokens": index, "output_tokens": 2, "total_tokens": index + 2})
            tags = {"mlflow.traceName": "trace-%d" % (index % 3), "empty": "", "$dollar.tag": "x"}
            if index % 6 == 5:
                del tags["mlflow.traceName"]
            # A day of four: on some of them nothing is under way any more, which is what daily figures wait for.
            at = T0 + index // 4 * DAY_MS + index // 2 * 1000
            info = TraceInfo(
                trace_id=trace_id, trace_location=TraceLocation.from_experiment_id(([self.home] + self.experiments[:2])[index % 3]),
                request_time=at, state=states[index % 4],
                execution_duration=None if index % 4 == 2 else index,
                client_request_id=None if index % 2 else "client-%d" % index,
                request_preview=None if index % 3 == 2 else '{"q": "π %d"}' % index,
                response_preview=None if index % 3 == 1 else "réponse",
                tags=tags, trace_metadata=metadata,
            )
            if attempt("trace", self.tracking.start_trace, info) is None:
                continue
            self.traces.append(trace_id)
            self.log_spans(trace_id, info.experiment_id, index, at)
            self.assess(trace_id, index)
        if len(self.traces) > 3:
            attempt("trace tag", self.tracking.set_trace_tag, self.traces[0], "late.tag", "é")
            attempt("delete trace tag", self.tracking.delete_trace_tag, self.traces[1], "empty")
            if hasattr(self.tracking, "link_traces_to_run"):
                attempt("link traces", self.tracking.link_traces_to_run, self.traces[:3], self.runs[1])
                attempt("link traces", self.tracking.link_traces_to_run, self.traces[1:2], self.runs[2])
            self.link_prompts()

    def link_prompts(self):
        if not hasattr(self.tracking, "link_prompts_to_trace"):
            return
        from mlflow.entities.model_registry import PromptVersion

        for version in (1, 2):
            prompt = PromptVersion(name=self.name("prompt é.1"), version=version, template="Say {{ word }}")
            attempt("link prompt", self.tracking.link_prompts_to_trace, self.traces[version], [prompt])

    def log_spans(self, trace_id, experiment_id, index, at):
        if VERSION < (3, 4) or index % 4 == 3:
            return
        from mlflow.entities.span import create_mlflow_span
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

        number = int(trace_id[3:], 16)
        root_context = SpanContext(number, self.random.getrandbits(63) | 1, False, TraceFlags(1))
        spans = []
        for position in range(1 + index // 2 % 3):
            context = root_context if position == 0 else SpanContext(number, self.random.getrandbits(63) | 1, False, TraceFlags(1))
            attributes = {
                "mlflow.traceRequestId": json.dumps(trace_id),
                "mlflow.spanType": json.dumps("CHAIN" if position == 0 else "CHAT_MODEL"),
                "mlflow.spanInputs": json.dumps({"q": "π", "$a.b": [1, None, 0.30000000000000004]}),
                "mlflow.spanOutputs": json.dumps({"text": "réponse", "big": 2**53 + 1}),
                "$dollar": "true", "dotted.key": '"v"',
            }
            if position:
                attributes["mlflow.chat.tokenUsage"] = json.dumps({"input_tokens": 5, "output_tokens": 7, "total_tokens": 12})
                attributes["mlflow.llm.model"] = json.dumps("gpt-%d" % index)
                attributes["mlflow.llm.provider"] = json.dumps("openai")
                attributes["mlflow.llm.cost"] = json.dumps({"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.1 + 0.2})
            span = ReadableSpan(
                name="span é %d" % position, context=context, parent=None if position == 0 else root_context,
                attributes=attributes,
                start_time=at * 1_000_000 + index + position,
                end_time=None if index % 5 == 4 and position else at * 1_000_000 + index + 6_172_958,
                status=Status(StatusCode.ERROR, "bad") if index % 4 == 1 else Status(StatusCode.OK),
            )
            spans.append(create_mlflow_span(span, trace_id, "CHAIN"))
        attempt("spans", self.tracking.log_spans, experiment_id, spans)

    def assess(self, trace_id, index):
        if not hasattr(self.tracking, "create_assessment"):
            return
        from mlflow.entities import AssessmentSource, Expectation, Feedback
        from mlflow.entities.assessment_error import AssessmentError

        source = AssessmentSource(source_type=["HUMAN", "LLM_JUDGE", "CODE"][index % 3], source_id="who é")
        values = [True, 1, 0.1 + 0.2, "", "text", {"$a": {"b.c": 1}}, [1, "2", None], 2**53 + 1, None]
        value = values[index % len(values)]
        feedback = Feedback(
            name="quality.%d" % (index % 2), value=value, source=source, trace_id=trace_id,
            rationale=None if index % 2 else "because é", metadata=None if index % 3 else {"k.e.y": "v", "$k": "w"},
            error=AssessmentError("CODE", "message", "stack") if value is None else None,
        )
        made = attempt("feedback", self.tracking.create_assessment, feedback)
        if index % 2 == 0:
            attempt("expectation", self.tracking.create_assessment, Expectation(name="expected", value=values[(index + 2) % 8], source=source, trace_id=trace_id))
        if index % 5 == 0 and made is not None:
            again = Feedback(name="quality.0", value=False, source=source, trace_id=trace_id, overrides=made.assessment_id)
            attempt("override", self.tracking.create_assessment, again)

    def everything(self, runs, traces):
        self.fill_experiments()
        self.fill_runs(runs)
        self.fill_datasets()
        self.fill_registry()
        self.fill_logged_models()
        self.fill_traces(traces)
        ServerFeatures(self).fill()
        self.finish_experiments()


def fill_workspaces(uri):
    """Objects of the same and of different names in three workspaces; run with MLFLOW_ENABLE_WORKSPACES=true."""
    from mlflow.entities.workspace import Workspace
    from mlflow.store.model_registry.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore as RegistryW
    from mlflow.store.tracking.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore as TrackingW
    from mlflow.store.workspace.sqlalchemy_store import SqlAlchemyStore as Workspaces
    from mlflow.utils.workspace_context import WorkspaceContext

    global Tracking, Registry
    Tracking, Registry = TrackingW, RegistryW
    workspaces = Workspaces(uri)
    for name in ("team-a", "team-b"):
        attempt("workspace", workspaces.create_workspace, Workspace(name=name, description="of " + name))
    for seed, (name, prefix, runs) in enumerate([("default", "", 24), ("team-a", "", 20), ("team-b", "b ", 12)]):
        with WorkspaceContext(name):
            filler = Filler(uri, seed, prefix)
            # Experiment 0 lives in the workspace `default` alone; the others have one of their own instead.
            if name != "default":
                filler.home = filler.tracking.create_experiment("Default" if name == "team-a" else "only in b")
            filler.everything(runs, 8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--runs", type=int, default=70)
    parser.add_argument("--traces", type=int, default=20)
    parser.add_argument("--workspaces", action="store_true")
    options = parser.parse_args()
    print("MLflow %s, Python %s" % (mlflow.__version__, sys.version.split()[0]))
    if options.workspaces:
        assert os.environ.get("MLFLOW_ENABLE_WORKSPACES") == "true"
        fill_workspaces(os.environ["POSTGRES_URI"])
    else:
        Filler(os.environ["POSTGRES_URI"], options.seed, options.prefix).everything(options.runs, options.traces)
    print("done, %d refused" % len(REFUSED))


if __name__ == "__main__":
    main()
