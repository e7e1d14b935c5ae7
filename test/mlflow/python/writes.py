"""Writes into two MLflow servers alike, through MLflow's client, and checks that the migrated one takes it as a native one does.

    python writes.py --sql http://127.0.0.1:… --mongodb http://127.0.0.1:… [--workspace NAME]

Each check runs on both sides and returns what must be equal; a check that throws on the MongoDB side fails.
Prints one JSON document: {checks, failed, failures}. Exit code 1 when any failed.
"""

import argparse
import json
import math
import os
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

from rest import V3, Server

MOST_MODELS = 12
BIG_STEP = 2**53 + 1


class Side:
    """One server, with its client, and the ids that the checks made on it."""

    def __init__(self, address, workspace=None):
        self.address = address
        self.workspace = workspace
        self.client = MlflowClient(address, registry_uri=address)

    def use(self):
        mlflow.set_tracking_uri(self.address)
        if self.workspace:
            os.environ["MLFLOW_WORKSPACE"] = self.workspace
        else:
            os.environ.pop("MLFLOW_WORKSPACE", None)


def refusal(call):
    """The error code of a call that must be refused."""
    try:
        call()
    except MlflowException as error:
        return error.error_code
    return "not refused"


def data_of(run):
    return {
        "params": run.data.params, "tags": run.data.tags, "status": run.info.status, "stage": run.info.lifecycle_stage,
        "metrics": {key: repr(value) for key, value in run.data.metrics.items()}, "end": run.info.end_time, "name": run.info.run_name,
    }


# ---------------------------------------------------------------------- experiments and runs
def new_experiment(side):
    side.experiment = side.client.create_experiment("written afterwards é", tags={"team": "b"})
    side.client.set_experiment_tag(side.experiment, "late.tag", "x")
    found = side.client.get_experiment_by_name("written afterwards é")
    again = refusal(lambda: side.client.create_experiment("written afterwards é"))
    return found.experiment_id == side.experiment, found.tags, found.lifecycle_stage, again


def new_run(side):
    client = side.client
    run = client.create_run(side.experiment, start_time=1_700_000_000_000, run_name="new run", tags={"k.e.y": "v"})
    side.run = run.info.run_id
    client.log_param(side.run, "lr", "0.1")
    client.log_metric(side.run, "loss", 0.5, timestamp=1, step=1)
    client.log_metric(side.run, "loss", 0.25, timestamp=2, step=BIG_STEP)
    client.log_batch(
        side.run, [Metric("loss", math.nan, 3, 2), Metric("acc", 1.0, 3, 2)], [Param("empty", ""), Param("a.b/c", "1")], [RunTag("late", "é")]
    )
    client.set_terminated(side.run, "FINISHED", end_time=1_700_000_001_000)
    history = [(point.step, point.timestamp, repr(point.value)) for point in client.get_metric_history(side.run, "loss")]
    found = client.search_runs([side.experiment], "params.lr = '0.1' AND metrics.acc = 1 AND tags.late = 'é'")
    again = refusal(lambda: client.log_param(side.run, "lr", "0.2"))
    return data_of(client.get_run(side.run)), history, [item.info.run_id == side.run for item in found], again


def existing_run(side):
    """The oldest active run of the migrated data gets values; both sides choose the same one."""
    client = side.client
    run_id, key = side.existing
    before = client.get_run(run_id)
    points = len(client.get_metric_history(run_id, key)) if key else 0
    if key:
        client.log_metric(run_id, key, 42.5, timestamp=1_900_000_000_000, step=BIG_STEP)
    client.log_metric(run_id, "a new key", 0.5, timestamp=5, step=0)
    client.log_param(run_id, "a new param", "π")
    client.set_tag(run_id, "a new tag", "first")
    client.set_tag(run_id, "a new tag", "second")
    after = client.get_run(run_id)
    grown = len(client.get_metric_history(run_id, key)) - points if key else None
    return grown, data_of(after), data_of(client.get_run(run_id)), len(after.data.params) - len(before.data.params)


def changed_tag(side):
    """A tag that was migrated gets another value. The plugin cannot delete a run's tag, of whatever database: HTTP 500."""
    run_id, _ = side.existing
    tags = sorted(key for key in side.client.get_run(run_id).data.tags if not key.startswith("mlflow."))[:1]
    for key in tags:
        side.client.set_tag(run_id, key, "changed")
    return tags, side.client.get_run(run_id).data.tags


def renamed_run(side):
    run_id, _ = side.existing
    side.client.update_run(run_id, name="another name")
    return data_of(side.client.get_run(run_id))


def deleted_run(side):
    run_id, _ = side.existing
    side.client.delete_run(run_id)
    gone = side.client.get_run(run_id).info.lifecycle_stage
    refused = refusal(lambda: side.client.log_metric(run_id, "late", 1))
    side.client.restore_run(run_id)
    return gone, refused, data_of(side.client.get_run(run_id))


def dataset_of_run(side):
    from mlflow.entities import Dataset, DatasetInput, InputTag

    run_id, _ = side.existing
    dataset = Dataset("late data", "d1234", "local", "{}", "{}", None)
    side.client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    names = sorted((item.dataset.name, item.dataset.digest) for item in side.client.get_run(run_id).inputs.dataset_inputs)
    return names


def existing_experiment(side):
    client = side.client
    experiment_id = side.client.get_run(side.existing[0]).info.experiment_id
    client.set_experiment_tag(experiment_id, "after", "migration")
    name = client.get_experiment(experiment_id).name
    if experiment_id != "0":
        client.rename_experiment(experiment_id, "renamed afterwards")
        client.delete_experiment(experiment_id)
        deleted = client.get_experiment(experiment_id).lifecycle_stage
        client.restore_experiment(experiment_id)
        client.rename_experiment(experiment_id, name)
    else:
        deleted = "deleted"
    found = client.get_experiment(experiment_id)
    return found.name, found.tags, found.lifecycle_stage, deleted


# ---------------------------------------------------------------------- registry
def new_model(side):
    client = side.client
    client.create_registered_model("written afterwards", tags={"a": "b"}, description="d")
    versions = [client.create_model_version("written afterwards", "s3://bucket/afterwards/model", tags={"n": str(number)}).version for number in (1, 2)]
    return [str(version) for version in versions], client.get_registered_model("written afterwards").tags


def next_versions(side):
    """One more than the greatest number ever given, that of a deleted version too; then alias, tag, stage, deletion of a version."""
    client = side.client
    numbers = {}
    for name in side.models[:MOST_MODELS]:
        made = client.create_model_version(name, "s3://bucket/afterwards/model", description="afterwards", tags={"t": "1"})
        numbers[name] = str(made.version)
    return numbers


def aliases(side):
    client, name = side.client, side.models[0]
    latest = max(int(version.version) for version in client.search_model_versions("name = '%s'" % name))
    given = sorted(client.get_registered_model(name).aliases.items(), key=str)
    moved = given[0][0] if given else "champion"
    client.set_registered_model_alias(name, moved, str(latest))
    client.set_registered_model_alias(name, "challenger", str(latest))
    target = str(client.get_model_version_by_alias(name, moved).version)
    client.delete_registered_model_alias(name, "challenger")
    found = {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    return target == str(latest), found, refusal(lambda: client.get_model_version_by_alias(name, "challenger"))


def version_changes(side):
    client, name = side.client, side.models[0]
    version = str(max(int(item.version) for item in client.search_model_versions("name = '%s'" % name)))
    client.set_model_version_tag(name, version, "k.e.y", "v")
    client.delete_model_version_tag(name, version, "t")
    client.update_model_version(name, version, "other words")
    client.transition_model_version_stage(name, version, "Production")
    found = client.get_model_version(name, version)
    client.delete_model_version(name, version)
    gone = refusal(lambda: client.get_model_version(name, version))
    following = str(client.create_model_version(name, "s3://bucket/afterwards/model").version)
    return version, found.tags, found.description, found.current_stage, gone, following


def model_changes(side):
    client, name = side.client, side.models[0]
    client.set_registered_model_tag(name, "k.e.y", "v")
    client.update_registered_model(name, "words")
    taken = refusal(lambda: client.create_registered_model(name))
    client.rename_registered_model(name, "renamed afterwards")
    model = client.get_registered_model("renamed afterwards")
    numbers = sorted(int(version.version) for version in client.search_model_versions("name = 'renamed afterwards'"))
    client.rename_registered_model("renamed afterwards", name)
    return taken, model.tags, model.description, numbers, sorted(model.aliases)


def renamed_model(side):
    """A model that was migrated keeps another name."""
    client, name = side.client, side.models[1]
    client.rename_registered_model(name, "renamed for good")
    model = client.get_registered_model("renamed for good")
    versions = sorted(int(version.version) for version in client.search_model_versions("name = 'renamed for good'"))
    return model.tags, sorted(model.aliases), versions, refusal(lambda: client.get_registered_model(name))


def deleted_model(side):
    """The last of the models that were migrated goes with its versions, tags and aliases."""
    client, name = side.client, side.models[-1]
    client.delete_registered_model(name)
    return refusal(lambda: client.get_registered_model(name)), len(client.search_model_versions("name = '%s'" % name))


# ---------------------------------------------------------------------- traces and logged models
def new_trace(side):
    """By REST: MLflow's client sends traces from a thread, and may wait for long."""
    server = Server(side.address, side.workspace)
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": side.experiment}}
    side.trace = "tr-" + "5" * 32
    info = {"trace_id": side.trace, "trace_location": location, "request_time": "2024-02-29T00:00:00.137Z", "state": "OK", "tags": {"t": "1"}}
    made = server.request("POST", V3 + "traces", {"trace": {"trace_info": info}})
    found = server.request("GET", V3 + "traces/" + side.trace, {})
    shown = found.get("trace", {}).get("trace_info", {})
    return sorted(made), [shown.get(key) for key in ("trace_id", "request_time", "state")], shown.get("tags", {}).get("t")


def trace_changes(side):
    """The new trace, and one that was migrated, get a tag and a judgement."""
    side.use()
    answers = []
    for trace_id in [side.trace, *side.traces[:1]]:
        side.client.set_trace_tag(trace_id, "late.tag", "x")
        side.client.set_trace_tag(trace_id, "to.go", "x")
        side.client.delete_trace_tag(trace_id, "to.go")
        made = mlflow.log_feedback(trace_id=trace_id, name="afterwards", value=0.5, rationale="é")
        info = mlflow.MlflowClient()._tracing_client.get_trace_info(trace_id)
        found = [item for item in info.assessments if item.assessment_id == made.assessment_id]
        answers.append([info.tags.get("late.tag"), "to.go" in info.tags, [(item.name, item.value, item.rationale) for item in found]])
    return answers


def new_spans(side):
    """Through MLflow's tracing, as an application sends them: usage and costs, an id of a session, names that are not ASCII."""
    side.use()
    mlflow.set_experiment(experiment_id=side.experiment)
    with mlflow.start_span("räte", span_type="CHAIN") as root:
        root.set_inputs({"q": "é", "big": 2**53 + 1})
        mlflow.update_current_trace(metadata={"mlflow.trace.session": "session é"}, tags={"$k.e.y": "v"})
        with mlflow.start_span("call", span_type="LLM") as call:
            call.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
            call.set_attribute("mlflow.llm.cost", {"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.30000000000000004})
            call.set_attribute("mlflow.llm.model", "a model")
        root.set_outputs("done")
    mlflow.flush_trace_async_logging()
    side.spans = root.trace_id
    trace = side.client.get_trace(side.spans)
    spans = sorted((span.name, span.span_type, json.dumps(span.inputs), json.dumps(span.outputs)) for span in trace.data.spans)
    metadata = {key: trace.info.trace_metadata.get(key) for key in ("mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost")}
    return spans, metadata, trace.info.tags.get("mlflow.traceName"), trace.info.tags.get("$k.e.y"), str(trace.info.state)


def linked_trace(side):
    """To a run that was migrated, and to a prompt."""
    side.use()
    run_id, _ = side.existing
    linked = [side.spans, *side.traces[:1]]
    side.client.link_traces_to_run(linked, run_id)
    prompt = side.client.register_prompt("written-prompt", "{{q}} é", tags={"k": "v"})
    side.client.link_prompt_versions_to_trace([prompt], side.spans)
    experiments = [side.client._tracing_client.get_trace_info(trace_id).experiment_id for trace_id in linked]
    experiments = sorted({*experiments, side.client.get_run(run_id).info.experiment_id})
    found = side.client.search_traces(locations=experiments, run_id=run_id, include_spans=False)
    return str(prompt.version), sorted("that of the spans" if trace.info.trace_id == side.spans else trace.info.trace_id for trace in found)


def deleted_trace(side):
    """With its spans, tags and judgements."""
    trace_id = side.traces[-1]
    experiment_id = side.client._tracing_client.get_trace_info(trace_id).experiment_id
    gone = side.client.delete_traces(experiment_id, trace_ids=[trace_id])
    return gone, refusal(lambda: side.client._tracing_client.get_trace_info(trace_id))


def new_logged_model(side):
    made = side.client.create_logged_model(side.experiment, name="afterwards", params={"p": "1"}, tags={"t": "1"})
    side.client.set_logged_model_tags(made.model_id, {"late": "é"})
    found = side.client.get_logged_model(made.model_id)
    listed = [model.model_id == made.model_id for model in side.client.search_logged_models([side.experiment])]
    return found.name, found.params, found.tags, listed


CHECKS = [new_experiment, new_run, existing_run, changed_tag, renamed_run, deleted_run, dataset_of_run, existing_experiment, new_model]
CHECKS_OF_MODELS = [next_versions, aliases, version_changes, model_changes]
CHECKS_OF_TRACES = [new_trace, trace_changes, new_spans, linked_trace]


def choose(sql):
    """What of the migrated data the checks change: the same on both sides, chosen on one."""
    experiments = [item.experiment_id for item in sql.client.search_experiments(ViewType.ACTIVE_ONLY)]
    runs = sql.client.search_runs(experiments, order_by=["attributes.start_time ASC"], max_results=1000)
    chosen = next((run for run in runs if run.data.metrics and run.data.tags and run.info.experiment_id != "0"), runs[0])
    key = sorted(chosen.data.metrics)[0] if chosen.data.metrics else None
    models = sorted(model.name for model in sql.client.search_registered_models() if "'" not in model.name and '"' not in model.name)
    models = sorted(models, key=lambda name: not sql.client.search_model_versions("name = '%s'" % name))
    traces = sorted(trace.info.trace_id for trace in sql.client.search_traces(locations=experiments[:100], max_results=50, include_spans=False))
    return (chosen.info.run_id, key), models, traces


def outcome(check, side):
    side.use()
    try:
        return {"answer": check(side)}
    except Exception as error:  # noqa: BLE001 - reported with the check's name
        return {"failed": "%s: %s" % (type(error).__name__, str(error)[:600])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sql", required=True)
    parser.add_argument("--mongodb", required=True)
    parser.add_argument("--workspace")
    options = parser.parse_args()
    sides = [Side(options.sql, options.workspace), Side(options.mongodb)]
    sides[0].use()
    existing, models, traces = choose(sides[0])
    for side in sides:
        side.existing, side.models, side.traces = existing, models, traces
    checks = CHECKS + (CHECKS_OF_MODELS if models else []) + CHECKS_OF_TRACES + [new_logged_model]
    checks += ([renamed_model, deleted_model] if len(models) > 2 else []) + ([deleted_trace] if len(traces) > 1 else [])
    failures = []
    for check in checks:
        print(check.__name__, file=sys.stderr, flush=True)
        sql, mongodb = [json.loads(json.dumps(outcome(check, side), ensure_ascii=False, sort_keys=True)) for side in sides]
        if "failed" in mongodb or mongodb != sql:
            failures.append({"check": check.__name__, "sql": json.dumps(sql, ensure_ascii=False)[:1500], "mongodb": json.dumps(mongodb, ensure_ascii=False)[:1500]})
    print(json.dumps({"checks": len(checks), "failed": len(failures), "failures": failures}, indent=1, ensure_ascii=False))
    return 0 if checks and not failures else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads of MLflow's client may still wait for a server; all that counts is printed.
    os._exit(code)
