"""Writes into a store through the client and checks that it takes them as a native one does.

    python writes.py --url http://127.0.0.1:PORT

Prints one JSON line {checks, passed, failed: [names and reasons]}; exits 1 when one failed. It works on what the store holds: an
existing active experiment, run and registered model are added to.
"""

import argparse
import json
import sys
import time
import uuid

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


class Writes:
    def __init__(self, url):
        self.client = MlflowClient(tracking_uri=url, registry_uri=url)
        self.store = self.client._tracking_client.store
        self.mark = uuid.uuid4().hex[:8]

    def any_experiment(self):
        return self.client.search_experiments(max_results=1)[0].experiment_id

    def any_run(self):
        ids = [e.experiment_id for e in self.client.search_experiments()]
        return self.client.search_runs(ids, "metrics.loss > 0", max_results=1)[0]

    def check_new_experiment(self):
        name = f"written after the migration {self.mark} é"
        identity = self.client.create_experiment(name, tags={"a.b": "c"})
        self.client.set_experiment_tag(identity, "later", "")
        found = self.client.get_experiment_by_name(name)
        assert found.experiment_id == identity and found.tags == {"a.b": "c", "later": ""}, found.tags
        self.client.rename_experiment(identity, name + "!")
        self.client.delete_experiment(identity)
        assert self.client.get_experiment(identity).lifecycle_stage == "deleted"
        self.client.restore_experiment(identity)

    def check_name_of_a_migrated_experiment_is_taken(self):
        name = self.client.search_experiments(max_results=1)[0].name
        refused(self.client.create_experiment, name)

    def check_new_run_in_a_migrated_experiment(self):
        run = self.client.create_run(self.any_experiment(), run_name="new run", tags={"t": "v"})
        identity = run.info.run_id
        for step in range(5):
            self.client.log_metric(identity, "m", step / 2, step=step)
        self.client.log_batch(identity, [Metric("nan", float("nan"), 1, 2**53 + 1)], [Param("p", "1")], [RunTag("u", "w")])
        self.client.set_terminated(identity)
        found = self.client.get_run(identity)
        assert found.data.metrics["m"] == 2.0 and found.data.metrics["nan"] != found.data.metrics["nan"]
        assert found.data.params == {"p": "1"} and found.data.tags["t"] == "v" and found.info.status == "FINISHED"
        assert [m.step for m in self.client.get_metric_history(identity, "m")] == list(range(5))
        found = self.client.search_runs([run.info.experiment_id], "metrics.m = 2 and params.p = '1'")
        assert identity in [r.info.run_id for r in found]

    def check_writes_into_a_migrated_run(self):
        run = self.any_run()
        identity, before = run.info.run_id, len(self.client.get_metric_history(run.info.run_id, "loss"))
        latest = max(m.step for m in self.client.get_metric_history(identity, "loss"))
        self.client.log_metric(identity, "loss", 0.125, step=latest + 1)
        assert len(self.client.get_metric_history(identity, "loss")) == before + 1
        found = self.client.get_run(identity).data
        assert found.metrics["loss"] == 0.125, found.metrics["loss"]
        self.client.set_tag(identity, "written", "é")
        self.client.set_tag(identity, "written", "ü")
        self.client.log_param(identity, "new param", "1")
        found = self.client.get_run(identity).data
        assert found.tags["written"] == "ü" and found.params["new param"] == "1"
        assert {k: v for k, v in run.data.params.items()}.items() <= found.params.items()
        self.client.delete_tag(identity, "written")
        assert "written" not in self.client.get_run(identity).data.tags

    def check_params_of_a_migrated_run_cannot_change(self):
        run = self.any_run()
        key = next(key for key, text in run.data.params.items() if text)
        self.client.log_param(run.info.run_id, key, run.data.params[key])
        refused(self.client.log_param, run.info.run_id, key, "another value")

    def check_delete_and_restore_of_a_migrated_run(self):
        identity = self.any_run().info.run_id
        self.client.delete_run(identity)
        assert self.client.get_run(identity).info.lifecycle_stage == "deleted"
        refused(self.client.log_metric, identity, "loss", 1.0)
        self.client.restore_run(identity)
        assert self.client.get_run(identity).info.lifecycle_stage == "active"

    def check_restore_of_a_run_that_was_deleted_before(self):
        ids = [e.experiment_id for e in self.client.search_experiments()]
        deleted = self.client.search_runs(ids, run_view_type=ViewType.DELETED_ONLY, max_results=1)
        if deleted:
            self.client.restore_run(deleted[0].info.run_id)
            self.client.set_tag(deleted[0].info.run_id, "back", "yes")

    def check_rename_of_a_migrated_run(self):
        run = self.any_run()
        self.client.update_run(run.info.run_id, name="renamed after")
        found = self.client.get_run(run.info.run_id)
        assert found.info.run_name == "renamed after" and found.data.tags["mlflow.runName"] == "renamed after"

    def check_versions_go_on_counting(self):
        for model in list(self.client.search_registered_models(max_results=40)):
            # Deleted versions hold their numbers: the highest that ever was cannot be asked for, but numbers must not come again.
            visible = [int(v.version) for v in self.client.search_model_versions(f"name = {quoted(model.name)}")] if quotable(model.name) else []
            made = self.client.create_model_version(model.name, "s3://bucket/new", tags={"new": "yes"})
            assert int(made.version) > max(visible, default=0), (model.name, made.version, visible)
            found = self.client.get_model_version(model.name, made.version)
            assert found.source == "s3://bucket/new" and found.tags == {"new": "yes"}
            again = self.client.create_model_version(model.name, "s3://bucket/new")
            assert int(again.version) == int(made.version) + 1

    def check_number_after_deleted_versions(self):
        expected = json.loads(EXPECTED) if EXPECTED else {}
        for name, number in expected.items():
            found = self.client.search_model_versions(f"name = {quoted(name)}") if quotable(name) else []
            new = [int(v.version) for v in found if v.tags.get("new") == "yes"]
            assert not quotable(name) or new == [number + 1], (name, new, number)

    def check_aliases_and_tags_of_a_migrated_model(self):
        model = next(m for m in self.client.search_registered_models(max_results=100) if quotable(m.name))
        version = self.client.search_model_versions(f"name = {quoted(model.name)}")[0].version
        self.client.set_registered_model_alias(model.name, "moved", version)
        assert self.client.get_model_version_by_alias(model.name, "moved").version == version
        self.client.delete_registered_model_alias(model.name, "moved")
        refused(self.client.get_model_version_by_alias, model.name, "moved")
        for alias, number in (model.aliases or {}).items():
            assert self.client.get_model_version_by_alias(model.name, alias).version == str(number)
            self.client.set_registered_model_alias(model.name, alias, version)
            assert self.client.get_model_version_by_alias(model.name, alias).version == version
        self.client.set_registered_model_tag(model.name, "a.b", "1")
        self.client.set_model_version_tag(model.name, version, "a.b", "2")
        assert self.client.get_registered_model(model.name).tags["a.b"] == "1"
        assert self.client.get_model_version(model.name, version).tags["a.b"] == "2"
        self.client.update_registered_model(model.name, "new description")
        self.client.transition_model_version_stage(model.name, version, "Staging")

    def check_rename_of_a_migrated_model(self):
        model = next(m for m in self.client.search_registered_models(max_results=100) if quotable(m.name))
        count = len(self.client.search_model_versions(f"name = {quoted(model.name)}"))
        self.client.rename_registered_model(model.name, "renamed " + self.mark)
        assert len(self.client.search_model_versions(f"name = 'renamed {self.mark}'")) == count
        self.client.rename_registered_model("renamed " + self.mark, model.name)

    def check_deleting_a_version(self):
        name = "to delete " + self.mark
        self.client.create_registered_model(name)
        self.client.create_model_version(name, "s3://x/1")
        self.client.create_model_version(name, "s3://x/2")
        self.client.delete_model_version(name, "2")
        assert self.client.create_model_version(name, "s3://x/3").version in (3, "3")

    def check_new_logged_model(self):
        run = self.any_run()
        model = self.client.create_logged_model(run.info.experiment_id, name="new model", source_run_id=run.info.run_id)
        self.client.log_metric(run.info.run_id, "of model", 0.5, model_id=model.model_id)
        self.client.set_logged_model_tags(model.model_id, {"a": "b"})
        found = self.client.get_logged_model(model.model_id)
        assert found.tags["a"] == "b" and [m.value for m in found.metrics] == [0.5]

    def check_new_trace_and_tags_of_migrated_ones(self):
        from mlflow.entities import AssessmentSource, Feedback, TraceInfo, TraceLocation, TraceState

        experiment = self.any_experiment()
        identity = "tr-" + uuid.uuid4().hex
        self.store.start_trace(
            TraceInfo(identity, TraceLocation.from_experiment_id(experiment), int(time.time() * 1000), TraceState.OK, trace_metadata={"k": "v"}, tags={"t": "v"})
        )
        assert self.store.get_trace_info(identity).trace_metadata["k"] == "v"
        ids = [e.experiment_id for e in self.client.search_experiments()][:50]
        found, _ = self.store.search_traces(locations=ids, max_results=50)
        for trace in found[:10]:
            self.store.set_trace_tag(trace.trace_id, "after", "é")
            assert self.store.get_trace_info(trace.trace_id).tags["after"] == "é"
            feedback = Feedback(name="after", value=True, source=AssessmentSource("HUMAN", "x"), trace_id=trace.trace_id)
            made = self.store.create_assessment(feedback)
            assert self.store.get_assessment(trace.trace_id, made.assessment_id).value is True
            assert len(self.store.get_trace_info(trace.trace_id).assessments) == len(trace.assessments) + 1

    def run(self):
        failed = []
        names = [name for name in dir(self) if name.startswith("check_")]
        # Versions first: the check of their numbers counts on being the first to make some.
        first = ["check_versions_go_on_counting", "check_number_after_deleted_versions"]
        for name in first + [name for name in names if name not in first]:
            try:
                getattr(self, name)()
            except Exception as error:  # noqa: BLE001 - every failure is one line of the report
                failed.append({"check": name, "reason": f"{type(error).__name__}: {error}"[:400]})
        return {"checks": len(names), "passed": len(names) - len(failed), "failed": failed}


EXPECTED = ""


def quotable(name):
    return "'" not in name and "\\" not in name


def quoted(name):
    return f"'{name}'"


def refused(call, *arguments):
    try:
        call(*arguments)
    except MlflowException:
        return
    raise AssertionError(f"{call.__name__}{arguments} was not refused")


def main():
    global EXPECTED
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--highest", default="", help="JSON: the highest version number of each registered model, deleted ones too")
    options = parser.parse_args()
    EXPECTED = options.highest
    answer = Writes(options.url).run()
    print(json.dumps(answer))
    sys.exit(1 if answer["failed"] else 0)


if __name__ == "__main__":
    main()
