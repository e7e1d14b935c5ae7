"""Questions about experiments, runs, metric histories and logged models."""

import itertools
import math
import re
from collections import Counter, defaultdict

import differences
from filters import quoted, named
from rest import AJAX, V2, Question

VIEWS = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]
RUN_RULES = (differences.plain_metrics, differences.no_model_inputs)
HISTORY_RULES = (differences.plain_metrics, differences.nan_anywhere_at_its_point)
COMPARATORS = ["=", "!=", "<", "<=", ">", ">="]


def tracking_questions(sql, workspace):
    experiments = sql.all("POST", V2 + "experiments/search", "experiments", view_type="ALL", max_results=1000)
    ids = [experiment["experiment_id"] for experiment in experiments]
    runs = sql.all("POST", V2 + "runs/search", "runs", experiment_ids=ids, run_view_type="ALL", max_results=500)
    return [
        *experiment_questions(experiments, workspace),
        *run_questions(runs),
        *run_searches(ids, runs, {experiment["experiment_id"] for experiment in experiments if "creation_time" not in experiment}),
        *logged_model_questions(sql, ids, runs),
    ]


# ---------------------------------------------------------------------- experiments
def experiment_questions(experiments, workspace):
    rules = (differences.no_workspaces,) if workspace else ()
    for experiment in experiments:
        yield Question("experiments", "get", "GET", V2 + "experiments/get", {"experiment_id": experiment["experiment_id"]}, rules=rules)
        yield Question("experiments", "by name", "GET", V2 + "experiments/get-by-name", {"experiment_name": experiment["name"]}, rules=rules)
    for absent in ("no such experiment", "", "DEFAULT"):
        yield Question("experiments", "by absent name", "GET", V2 + "experiments/get-by-name", {"experiment_name": absent})
    yield Question("experiments", "absent", "GET", V2 + "experiments/get", {"experiment_id": "987654321"})

    filters = [""]
    for experiment in experiments:
        name = quoted(experiment["name"])
        if name:
            filters += ["name = " + name, "name != " + name]
    filters += ["name LIKE '%a%'", "name ILIKE '%P%'", "name LIKE 'p%'", "name LIKE '%é%'", "name ILIKE '_lain'", "name LIKE 'x%x'"]
    times = sorted({experiment[key] for experiment in experiments for key in ("creation_time", "last_update_time") if key in experiment})
    for key in ("creation_time", "last_update_time"):
        for time in times[:: max(1, len(times) // 3)]:
            filters += ["%s %s %d" % (key, comparator, time) for comparator in COMPARATORS]
    tags = {(tag["key"], tag["value"]) for experiment in experiments for tag in experiment.get("tags", [])}
    for key, value in sorted(tags):
        if named("tags", key) and quoted(value) is not None:
            filters += ["%s %s %s" % (named("tags", key), comparator, quoted(value)) for comparator in ("=", "!=")]
    for key in sorted({key for key, _ in tags}):
        if named("tags", key):
            filters += [named("tags", key) + " LIKE '%e%'", named("tags", key) + " ILIKE 'V%'"]
    for filter, view in itertools.product(filters, ["ALL", "ACTIVE_ONLY"]):
        yield experiment_search("filter", workspace, view_type=view, filter=filter, max_results=1000)
    for order, view in itertools.product(["name", "name DESC", "creation_time", "creation_time DESC", "last_update_time DESC", "last_update_time ASC"], VIEWS):
        yield experiment_search("order", workspace, view_type=view, order_by=[order], max_results=1000)
    for size, view in itertools.product([1, 3, 7], VIEWS):
        # By name: pages cut through ties of creation_time, of which there are many.
        yield experiment_search("pages", workspace, view_type=view, order_by=["name ASC"], max_results=size)


def experiment_search(name, workspace, **arguments):
    order = arguments.get("order_by", ["creation_time DESC"])[0].split(" ")[0]
    rules = [differences.unknown_times_last(lambda item: item.get(order)), differences.ties_by_id(lambda item: item.get(order), lambda item: int(item["experiment_id"]))]
    unequal = re.fullmatch(r"(creation_time|last_update_time) != \d+", arguments.get("filter", ""))
    if unequal:
        rules.append(differences.without_unknown(unequal[1]))
    if workspace:
        rules += [differences.without_experiment_zero, differences.no_workspaces]
    return Question("experiments", name, "POST", V2 + "experiments/search", arguments, "experiments", tuple(rules))


# ---------------------------------------------------------------------- runs and histories
def run_questions(runs):
    for run in runs:
        run_id = run["info"]["run_id"]
        yield Question("runs", "get", "GET", V2 + "runs/get", {"run_id": run_id}, rules=(differences.plain_metrics,))
        for metric in run["data"].get("metrics", []):
            arguments = {"run_id": run_id, "metric_key": metric["key"]}
            yield Question("metric history", "whole", "GET", V2 + "metrics/get-history", arguments, rules=HISTORY_RULES)
            yield Question(
                "metric history", "pages", "GET", V2 + "metrics/get-history", {**arguments, "max_results": 3}, "metrics", HISTORY_RULES
            )
        yield Question("metric history", "absent", "GET", V2 + "metrics/get-history", {"run_id": run_id, "metric_key": "no such key"})
        yield Question("runs", "artifacts", "GET", V2 + "artifacts/list", {"run_id": run_id})
    yield Question("runs", "absent", "GET", V2 + "runs/get", {"run_id": "0" * 32})
    keys = Counter(metric["key"] for run in runs for metric in run["data"].get("metrics", []))
    for key, _ in keys.most_common(8):
        with_key = [run["info"]["run_id"] for run in runs if any(metric["key"] == key for metric in run["data"].get("metrics", []))]
        for start in range(0, len(with_key), 20):
            arguments = {"run_id": with_key[start : start + 20], "metric_key": key, "max_results": 1000}
            yield Question("metric history", "bulk", "GET", AJAX + "metrics/get-history-bulk", arguments, rules=HISTORY_RULES)
            interval = {"run_ids": with_key[start : start + 20], "metric_key": key}
            # Not fewer than there are: SQL thins out points, the plugin steps.
            for bounds in ({}, {"start_step": 0, "end_step": 2}):
                yield Question("metric history", "interval", "GET", AJAX + "metrics/get-history-bulk-interval", {**interval, **bounds}, rules=HISTORY_RULES)


def run_searches(ids, runs, untimed):
    """`untimed`: the experiments that a release before 1.30 made."""
    latest = defaultdict(dict)
    for run in runs:
        for metric in run["data"].get("metrics", []):
            latest[metric["key"]][run["info"]["run_id"]] = float(metric["value"])
    nan = {key: {run_id for run_id, value in values.items() if math.isnan(value)} for key, values in latest.items()}

    def search(name, filter="", order=(), view="ALL", size=1000, experiments=ids, rules=()):
        arguments = {"experiment_ids": experiments, "filter": filter, "order_by": list(order), "run_view_type": view, "max_results": size}
        return Question("run search", name, "POST", V2 + "runs/search", arguments, "runs", RUN_RULES + tuple(rules))

    for filter in text_filters(runs):
        yield search("text", filter)
    for filter in attribute_filters(runs):
        yield search("attribute", filter)
    for filter in dataset_filters(runs):
        yield search("dataset", filter)
    for key, values in sorted(latest.items()):
        if not named("metrics", key):
            continue
        numbers = sorted(value for value in values.values() if math.isfinite(value))
        for value in dict.fromkeys(numbers[:: max(1, len(numbers) // 2)] + [0.0]):
            for comparator in COMPARATORS:
                filter = "%s %s %s" % (named("metrics", key), comparator, ("%.17f" % value).rstrip("0") + "0" if abs(value) < 1e15 else "%d" % value)
                yield search("metric", filter, rules=[differences.without_nan_runs(key, nan[key])])
        for direction in ("ASC", "DESC"):
            yield search("order by metric", order=[named("metrics", key) + " " + direction])
    for order in run_orders(runs):
        rules = [differences.without_runs_of(untimed)] if "run_name" in order else []
        for view in VIEWS:
            yield search("order", order=[order], view=view, rules=rules)
        yield search("order in pages", order=[order], size=7, rules=rules)
    for view, size in itertools.product(VIEWS, [1, 5, 50]):
        yield search("pages", view=view, size=size)
    for experiment in ids:
        for view in VIEWS:
            yield search("one experiment", view=view, experiments=[experiment])
        yield search("one experiment in pages", size=2, experiments=[experiment], order=["attributes.start_time ASC"])
    yield search("no experiment", experiments=[])
    yield search("absent experiment", experiments=["987654321"])
    combined = ["attributes.status = 'FINISHED'", "attributes.run_name LIKE '%a%'", "attributes.start_time > 0"]
    combined += [filter for filter in text_filters(runs) if " = " in filter][:40:4]
    for one, other in itertools.combinations(combined, 2):
        yield search("combined", one + " AND " + other)


def text_filters(runs):
    """For parameters and tags: every key, with its most frequent values."""
    for kind in ("params", "tags"):
        values = defaultdict(Counter)
        for run in runs:
            for pair in run["data"].get(kind, []):
                values[pair["key"]][pair["value"]] += 1
        for key, counts in sorted(values.items()):
            name = named(kind, key)
            if not name:
                continue
            for value, _ in counts.most_common(3):
                if quoted(value) is not None and len(value) <= 500:
                    yield "%s = %s" % (name, quoted(value))
                    yield "%s != %s" % (name, quoted(value))
            yield name + " LIKE '%a%'"
            yield name + " ILIKE '%A%'"
            yield name + " LIKE '_%1'"
            yield name + " IS NULL"
            yield name + " IS NOT NULL"


def attribute_filters(runs):
    infos = [run["info"] for run in runs]
    for key in ("status", "user_id", "artifact_uri", "run_name"):
        values = Counter(info[key] for info in infos if key in info)
        for value, _ in values.most_common(12):
            if quoted(value):
                yield "attributes.%s = %s" % (key, quoted(value))
                yield "attributes.%s != %s" % (key, quoted(value))
        yield "attributes.%s LIKE '%%a%%'" % key
        yield "attributes.%s ILIKE '%%A%%'" % key
    for key in ("start_time", "end_time"):
        times = sorted({info[key] for info in infos if key in info})
        for time in times[:: max(1, len(times) // 6)]:
            for comparator in COMPARATORS:
                yield "attributes.%s %s %d" % (key, comparator, time)
    names = [quoted(info["run_id"]) for info in infos]
    for some in (names[:1], names[:5], names[::3]):
        if some:
            yield "attributes.run_id IN (%s)" % ",".join(some)
            yield "attributes.run_id NOT IN (%s)" % ",".join(some)
    for name in names[:5]:
        yield "attributes.run_id = " + name


def dataset_filters(runs):
    inputs = [item for run in runs for item in run.get("inputs", {}).get("dataset_inputs", [])]
    for key in ("name", "digest"):
        values = Counter(item["dataset"].get(key) for item in inputs)
        for value, _ in values.most_common(12):
            if value and quoted(value):
                yield "datasets.%s = %s" % (key, quoted(value))
                yield "datasets.%s != %s" % (key, quoted(value))
        yield "datasets.%s LIKE '%%a%%'" % key
        yield "datasets.%s ILIKE '%%D%%'" % key
    contexts = {tag["value"] for item in inputs for tag in item.get("tags", []) if tag["key"] == "mlflow.data.context"}
    for value in sorted(contexts | {"training"}):
        if quoted(value):
            yield "datasets.context = " + quoted(value)


def run_orders(runs):
    for key in ("start_time", "end_time", "status", "run_name", "user_id", "artifact_uri", "run_id"):
        yield "attributes.%s ASC" % key
        yield "attributes.%s DESC" % key
    for kind in ("params", "tags"):
        keys = Counter(pair["key"] for run in runs for pair in run["data"].get(kind, []))
        for key, _ in keys.most_common(10):
            if named(kind, key):
                yield named(kind, key) + " ASC"
                yield named(kind, key) + " DESC"


# ---------------------------------------------------------------------- logged models
def logged_model_questions(sql, ids, runs):
    models = sql.all("POST", V2 + "logged-models/search", "models", experiment_ids=ids, max_results=50)
    rules = (differences.nan_of_models_as_zero,)
    mentioned = {item["model_id"] for run in runs for item in run.get("outputs", {}).get("model_outputs", [])}
    for model_id in sorted({model["info"]["model_id"] for model in models} | mentioned | {"m-absent"}):
        yield Question("logged models", "get", "GET", V2 + "logged-models/" + model_id, rules=rules)

    def search(name, filter="", order=(), size=50, experiments=ids, more_rules=(), **more):
        arguments = {"experiment_ids": experiments, "filter": filter, "order_by": list(order), "max_results": size, **more}
        return Question("logged models", name, "POST", V2 + "logged-models/search", arguments, "models", (*rules, *more_rules))

    yield search("all")
    for experiment in ids:
        yield search("one experiment", experiments=[experiment])
    if not models:
        return
    for size in (1, 3, 7):
        yield search("pages", size=size)
    infos = [model["info"] for model in models]
    # Not by status: its column is a number, and the SQL store refuses every text to compare it with.
    for key in ("name", "model_id", "model_type", "source_run_id"):
        values = Counter(info[key] for info in infos if key in info)
        for value, _ in values.most_common(8):
            if quoted(value):
                yield search("attribute", "%s = %s" % (key, quoted(value)))
                yield search("attribute", "%s != %s" % (key, quoted(value)))
        yield search("attribute", "%s LIKE '%%m%%'" % key)
    for key in ("creation_timestamp", "last_updated_timestamp"):
        times = sorted({info[key + "_ms"] for info in infos if key + "_ms" in info})
        for time in times[:: max(1, len(times) // 3)]:
            for comparator in COMPARATORS:
                yield search("attribute", "%s %s %s" % (key, comparator, time))
        for ascending in (True, False):
            yield search("order", order=[{"field_name": key, "ascending": ascending}])
    for key in ("name", "model_type", "model_id", "source_run_id"):
        for ascending in (True, False):
            yield search("order", order=[{"field_name": key, "ascending": ascending}])
    for kind, container in (("params", "params"), ("tags", "tags")):
        pairs = Counter((pair["key"], pair["value"]) for model in models for pair in (model["data"] if kind == "params" else model["info"]).get(container, []))
        for (key, value), _ in pairs.most_common(20):
            if named(kind, key) and quoted(value) is not None:
                yield search(kind, "%s = %s" % (named(kind, key), quoted(value)))
                yield search(kind, "%s != %s" % (named(kind, key), quoted(value)))
                yield search(kind, "%s ILIKE '%%A%%'" % named(kind, key))
    # The SQL store compares and orders by the 0 that it has for a NaN: keys with one are not asked about.
    nan = {metric["key"] for run in runs for metric in run["data"].get("metrics", []) if math.isnan(float(metric["value"]))}
    metrics = Counter(metric["key"] for model in models for metric in model["data"].get("metrics", []) if metric["key"] not in nan)
    for key, _ in metrics.most_common(10):
        if not named("metrics", key):
            continue
        by_latest = []
        if sql.release() >= (3, 18):
            several = {model["info"]["model_id"] for model in models if sum(metric["key"] == key for metric in model["data"].get("metrics", [])) > 1}
            by_latest.append(differences.without_models_of_several_values(key, several))
        for comparator in COMPARATORS:
            yield search("metrics", "%s %s 0.52" % (named("metrics", key), comparator), more_rules=by_latest)
        for ascending in (True, False):
            yield search("order by metric", order=[{"field_name": "metrics." + key, "ascending": ascending}])
        for name, digest in (("train", "d1"), ("test", "d2")):
            yield search("metrics of a dataset", "%s > 0.5" % named("metrics", key), datasets=[{"dataset_name": name, "dataset_digest": digest}], more_rules=by_latest)
