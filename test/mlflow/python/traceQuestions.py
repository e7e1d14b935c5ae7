"""Questions about traces, their spans and their assessments."""

import itertools
import json
from collections import Counter

from differences import points_by_text, rounded
from filters import named, quoted
from rest import V2, V3, Question

COMPARATORS = ["=", "!=", "<", "<=", ">", ">="]
# Metadata that the stores neither order by nor search in.
PROMOTED = {"mlflow.trace.tokenUsage", "mlflow.trace.cost"}
LINKED_PROMPTS = "mlflow.linkedPrompts"
SPANS_LOCATION = "mlflow.trace.spansLocation"
DAY_MS = 86_400_000


def trace_questions(sql, _workspace):
    experiments = sql.all("POST", V2 + "experiments/search", "experiments", view_type="ALL", max_results=1000)
    ids = [experiment["experiment_id"] for experiment in experiments]
    traces = sql.all("POST", V3 + "traces/search", "traces", locations=locations(ids), max_results=500)
    return [*single_traces(traces), *trace_searches(ids, traces), *trace_metrics(ids, traces)]


def locations(ids):
    return [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}} for experiment in ids]


def single_traces(traces):
    for trace in traces:
        trace_id = trace["trace_id"]
        yield Question("traces", "info", "GET", V3 + "traces/" + trace_id)
        yield Question("traces", "info of version 2", "GET", V2 + "traces/" + trace_id + "/info")
        for assessment in trace.get("assessments", []):
            path = "%straces/%s/assessments/%s" % (V3, trace_id, assessment["assessment_id"])
            yield Question("assessments", "get", "GET", path)
        # Spans of a trace without this tag lie in artifact files for the SQL store; rows of theirs (3.5 wrote some) only the plugin reads.
        if SPANS_LOCATION in trace.get("tags", {}):
            yield Question("spans", "whole trace", "GET", V3 + "traces/get", {"trace_id": trace_id})
            yield Question("spans", "batch", "GET", V3 + "traces/batchGet", {"trace_ids": [trace_id]})
    for start in range(0, len(traces), 20):
        some = [trace["trace_id"] for trace in traces[start : start + 20]]
        yield Question("traces", "infos", "POST", V3 + "traces/batchGetInfos", {"trace_ids": [*some, "tr-absent"]})
    yield Question("traces", "absent", "GET", V3 + "traces/tr-absent")


def trace_searches(ids, traces):
    def search(name, filter=None, order=(), size=500, experiments=ids):
        arguments = {"locations": locations(experiments), "order_by": list(order), "max_results": size}
        if filter:
            arguments["filter"] = filter
        return Question("trace search", name, "POST", V3 + "traces/search", arguments, "traces")

    yield search("all")
    for experiment in ids:
        yield search("one experiment", experiments=[experiment])
    if not traces:
        return
    for size in (1, 4, 9):
        yield search("pages", size=size)
    orders = ["timestamp_ms", "execution_time_ms", "status", "name", "request_id", "run_id", "experiment_id"]
    for order, direction in itertools.product(orders[:5], ("ASC", "DESC")):
        yield search("order", order=["%s %s" % (order, direction)])
        yield search("order in pages", order=["%s %s" % (order, direction)], size=5)
    keys = Counter((kind, key) for trace in traces for kind in ("tags", "trace_metadata") for key in trace.get(kind, {}))
    for (kind, key), _ in keys.most_common(12):
        name = named("tags" if kind == "tags" else "metadata", key)
        for direction in ("ASC", "DESC") if name and key not in PROMOTED else ():
            yield search("order by key", order=["%s %s" % (name, direction)])
    for filter in trace_filters(traces):
        yield search("filter", filter)


def trace_metrics(ids, traces):
    """Sums, averages and counts; percentiles need a newer MongoDB than the harness has."""
    times = [milliseconds(trace["request_time"]) for trace in traces]
    if not times:
        return
    period = {"start_time_ms": min(times), "end_time_ms": max(times)}
    tokens = ("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens")
    asked = [
        ("TRACES", "trace_count", ["COUNT"], [[], ["trace_name"], ["trace_status"], ["trace_name", "trace_status"]]),
        ("TRACES", "session_count", ["COUNT"], [[]]),
        ("TRACES", "latency", ["AVG"], [[], ["trace_name"]]),
        *[("TRACES", name, ["SUM", "AVG"], [[], ["trace_name"]]) for name in tokens],
        ("SPANS", "span_count", ["COUNT"], [[], ["span_name"], ["span_type"], ["span_status"], ["span_model_name"], ["span_model_provider"]]),
        ("SPANS", "latency", ["AVG"], [[], ["span_name"], ["span_status"]]),
        *[("SPANS", name, ["SUM", "AVG"], [[], ["span_model_name"], ["span_model_provider"]]) for name in ("input_cost", "output_cost", "total_cost")],
        ("ASSESSMENTS", "assessment_count", ["COUNT"], [[], ["assessment_name"], ["assessment_value"]]),
        ("ASSESSMENTS", "assessment_value", ["AVG"], [[], ["assessment_name"]]),
    ]
    for view, metric, kinds, groups in asked:
        aggregations = [{"aggregation_type": kind} for kind in kinds]
        base = {"view_type": view, "metric_name": metric, "aggregations": aggregations}
        for dimensions, experiments in itertools.product(groups, [ids, *[[experiment] for experiment in ids]]):
            arguments = {**base, "experiment_ids": experiments, "dimensions": dimensions}
            # Values of every type: SQL orders them by their text, MongoDB by type.
            rules = (rounded, points_by_text) if dimensions == ["assessment_value"] else (rounded,)
            yield Question("trace metrics", metric, "POST", V3 + "traces/metrics", arguments, rules=rules)
            if view == "TRACES" and len(experiments) == 1:
                # Whole days of one experiment: SQL answers them from its daily sums, where it has any.
                days = {"start_time_ms": min(times) // DAY_MS * DAY_MS, "end_time_ms": (max(times) // DAY_MS + 1) * DAY_MS - 1}
                yield Question("trace metrics", metric, "POST", V3 + "traces/metrics", {**arguments, **days}, rules=rules)
        # Of what belongs to a trace SQL takes the time of each, the plugin that of the trace (and its own for an assessment's hour).
        periods = [period, {**period, "time_interval_seconds": 3600}] if view == "TRACES" else []
        for more in (*periods, {"filters": ["trace.status = 'OK'"]}):
            yield Question("trace metrics", metric, "POST", V3 + "traces/metrics", {**base, "experiment_ids": ids, **more}, rules=(rounded,))


def trace_filters(traces):
    for state in ("OK", "ERROR", "IN_PROGRESS"):
        yield "status = '%s'" % state
        yield "status != '%s'" % state
    for key, field in (("client_request_id", "client_request_id"), ("request_id", "trace_id")):
        for trace in traces[:10]:
            if trace.get(field) and quoted(trace[field]):
                yield "%s = %s" % (key, quoted(trace[field]))
                yield "%s != %s" % (key, quoted(trace[field]))
    tags = Counter((key, value) for trace in traces for key, value in trace.get("tags", {}).items())
    metadata = Counter((key, value) for trace in traces for key, value in trace.get("trace_metadata", {}).items())
    for value in sorted({value for key, value in tags if key == "mlflow.traceName"}):
        if quoted(value):
            yield "name = " + quoted(value)
            yield "name != " + quoted(value)
    yield "name LIKE '%a%'"
    yield "name ILIKE '%A%'"
    for kind, pairs in (("tags", tags), ("metadata", metadata)):
        for (key, value), _ in pairs.most_common(50):
            if named(kind, key) and quoted(value) is not None and len(value) < 300:
                yield "%s = %s" % (named(kind, key), quoted(value))
                yield "%s != %s" % (named(kind, key), quoted(value))
        for key in sorted({key for key, _ in pairs})[:20]:
            if named(kind, key):
                yield named(kind, key) + " LIKE '%e%'"
                yield named(kind, key) + " IS NULL"
                yield named(kind, key) + " IS NOT NULL"
    prompts = {"%s/%s" % (prompt["name"], prompt["version"]) for value in {value for key, value in tags if key == LINKED_PROMPTS} for prompt in json.loads(value)}
    for prompt in sorted(prompts)[:20] + ["absent/1"]:
        if quoted(prompt) and prompt.count("/") == 1:
            yield "prompt = " + quoted(prompt)
    for run_id in sorted({value for key, value in metadata if key == "mlflow.sourceRun"})[:20]:
        yield "run_id = '%s'" % run_id
        yield "metadata.`mlflow.sourceRun` = '%s' AND status = 'OK'" % run_id
    times = sorted({milliseconds(trace["request_time"]) for trace in traces})
    for time in times[:: max(1, len(times) // 4)]:
        for comparator in COMPARATORS:
            yield "timestamp_ms %s %d" % (comparator, time)
    for duration, comparator in itertools.product((0, 1, 5, 1000), COMPARATORS):
        yield "execution_time_ms %s %d" % (comparator, duration)
    yield "end_time_ms > %d" % times[len(times) // 2]


def milliseconds(time):
    """Of an RFC 3339 text such as 2024-02-29T00:00:00.137Z."""
    from datetime import datetime

    return round(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)
