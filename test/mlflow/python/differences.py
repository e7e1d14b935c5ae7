"""What the plugin answers otherwise than MLflow's SQL store, whoever wrote the database: one narrow rule each.

A rule takes an answer and returns it without the difference. It is applied to both sides, and only to the questions that
name it. Everything else must be equal, value and type.
"""

import json
from fractions import Fraction


FINALIZED = "mlflow.trace.infoFinalized"


def text(value):
    """Answers are compared as text: NaN equals NaN, 1 is not 1.0, -0.0 is not 0.0."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# Lists of pairs, in which the stores promise no order (SQL has none, the plugin keeps that of writing).
UNORDERED = {"tags", "params", "aliases", "assessments", "dataset_inputs", "model_inputs", "request_metadata", "latest_versions", "model_versions"}


def unordered(value, name=None):
    """Sorts what has no order by itself. Applied to every answer."""
    if isinstance(value, dict):
        return {key: unordered(item, key) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [unordered(item) for item in value]
    # `metrics` of a run and of a model are sets too; a metric history is a list of its own and stays in order.
    return sorted(items, key=text) if name in UNORDERED or name == "metrics" else items


def without(value, names, when=lambda item: True):
    if isinstance(value, dict):
        drop = names if when(value) else ()
        return {key: without(item, names, when) for key, item in value.items() if key not in drop}
    if isinstance(value, list):
        return [without(item, names, when) for item in value]
    return value


def plain_metrics(value):
    """The plugin answers a run's metrics with model, dataset and run; the SQL store leaves these out."""
    return without(value, {"model_id", "dataset_name", "dataset_digest", "run_id"}, lambda item: "step" in item and "value" in item)


def no_model_inputs(value):
    """runs/search of the plugin carries the runs' model inputs; that of the SQL store leaves them out (runs/get has them in both)."""
    value = without(value, {"model_inputs"})
    return without(value, {"inputs"}, lambda item: item.get("inputs") == {})


def no_aliases_of_versions(value):
    """The plugin fills in the aliases of versions in searches and in latest_versions; the SQL store does so in get alone."""
    return without(value, {"aliases"}, lambda item: "version" in item and "current_stage" in item)


def no_aliases_of_latest_versions(value):
    """As `no_aliases_of_versions`, for the versions inside a registered model, whose own aliases stay."""
    return no_aliases_of_versions(value)


def nan_of_models_as_zero(value):
    """A logged model's metric has no mark for NaN in SQL, which answers 0; the plugin answers the NaN that was logged."""
    if isinstance(value, dict):
        if "step" in value and value.get("value") == "NaN":
            return {**value, "value": 0.0}
        return {key: nan_of_models_as_zero(item) for key, item in value.items()}
    return [nan_of_models_as_zero(item) for item in value] if isinstance(value, list) else value


def nan_anywhere_at_its_point(value):
    """Values at one timestamp and step are answered by value: SQL compares NaN as 0, MongoDB as less than every number."""

    def ordered(points):
        result, together = [], []
        for point in [*points, None]:
            if together and (point is None or place(point) != place(together[0])):
                has_nan = any(item.get("value") == "NaN" for item in together)
                result += sorted(together, key=text) if has_nan else together
                together = []
            together.append(point)
        return result

    def place(point):
        return point.get("run_id"), point.get("timestamp"), point.get("step")

    if isinstance(value, list):
        return ordered(value)
    return {**value, "metrics": ordered(value["metrics"])} if "metrics" in value else value


def without_nan_runs(key, run_ids):
    """A comparison of a metric matches NaN in SQL, where it is kept as 0; the plugin compares numbers. Leaves out the runs with a NaN."""

    def rule(value):
        if not isinstance(value, list):
            return value
        return [run for run in value if run["info"]["run_id"] not in run_ids]

    rule.__name__ = "without_nan_runs(%s)" % key
    return rule


def without_models_of_several_values(key, model_ids):
    """From 3.18 on a comparison of a logged model's metric goes by its latest value in SQL; the plugin finds any. Leaves out the models with several."""

    def rule(value):
        if not isinstance(value, list):
            return value
        return [model for model in value if model["info"]["model_id"] not in model_ids]

    rule.__name__ = "without_models_of_several_values(%s)" % key
    return rule


def ties_by_id(of, id_of):
    """Order by experiment_id, which also breaks ties, is by text in the plugin ("10" before "2") and by number in SQL.

    Sorts the neighbours that are equal in what was ordered by, and nothing else.
    """

    def rule(value):
        if not isinstance(value, list):
            return value
        ordered, run = [], []
        for item in value:
            if run and of(item) != of(run[0]):
                ordered += sorted(run, key=id_of)
                run = []
            run.append(item)
        return ordered + sorted(run, key=id_of)

    rule.__name__ = "ties_by_id"
    return rule


def unknown_times_last(of):
    """Experiments of releases before 1.30 have no times: by time descending PostgreSQL puts them first, MongoDB last (and the reverse)."""

    def rule(value):
        if not isinstance(value, list):
            return value
        return sorted(value, key=lambda item: of(item) is None)

    rule.__name__ = "unknown_times_last"
    return rule


def without_unknown(key):
    """A comparison with != leaves out what has no value in SQL, and brings it in MongoDB."""

    def rule(value):
        return [item for item in value if key in item] if isinstance(value, list) else value

    rule.__name__ = "without_unknown(%s)" % key
    return rule


def rounded(value):
    """MongoDB sums and averages floats more exactly than PostgreSQL does: the last digits of either mean nothing."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float("%.12g" % value) if isinstance(value, float) else value


def points_by_text(value):
    """Trace metrics by the value of an assessment have no order in common, and 0, 0.0 and -0.0 are one value in MongoDB, as 1 and 1.0 are."""
    if not isinstance(value, dict):
        return value
    points = {}
    for point in value.get("data_points", []):
        dimensions = {key: equal_number(item) for key, item in point["dimensions"].items()}
        alike = points.setdefault(text(dimensions), {**point, "dimensions": dimensions, "values": {}})
        for name, number in point["values"].items():
            alike["values"][name] = alike["values"].get(name, 0) + number
    return {**value, "data_points": sorted(points.values(), key=text)}


def equal_number(value):
    """JSON text of a number as one text for all numbers that are equal to it; any other as it is."""
    try:
        number = json.loads(value)
        return value if isinstance(number, bool) else str(Fraction(number))
    except (TypeError, ValueError, OverflowError):
        return value


def without_runs_of(experiments):
    """Runs of 1.12 keep their name in a tag alone: SQL answers it from there, but orders by the empty column. The plugin has one name."""

    def rule(value):
        if not isinstance(value, list):
            return value
        return [run for run in value if run["info"]["experiment_id"] not in experiments]

    rule.__name__ = "without_runs_of(%s)" % len(experiments)
    return rule


def no_workspaces(value):
    """The plugin knows no workspaces and answers `default` for each experiment."""
    return without(value, {"workspace"}, lambda item: "artifact_location" in item)


def without_experiment_zero(value):
    """The plugin makes an experiment 0 named Default where there is none, such as in a workspace of a team's own."""
    if isinstance(value, list):
        return [item for item in value if item.get("experiment_id") != "0"]
    return value


def without_mark_of_finalized(value):
    """The SQL store marks a trace by metadata of its own once a client has told all of it; the plugin has a field that it does not answer.

    Of traces that the plugin made the way back sets the mark, as the SQL store would have.
    """
    if isinstance(value, list):
        return [without_mark_of_finalized(item) for item in value if not (isinstance(item, dict) and item.get("key") == FINALIZED)]
    if not isinstance(value, dict):
        return value
    kept = {key: without_mark_of_finalized(item) for key, item in value.items() if key != FINALIZED}
    # A trace without metadata is answered without the field.
    return {key: item for key, item in kept.items() if not (key in ("trace_metadata", "request_metadata") and not item)}
