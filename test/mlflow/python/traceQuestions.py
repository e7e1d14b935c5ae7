"""Questions about traces, their spans and their assessments."""

import itertools
from collections import Counter

from filters import named, quoted
from rest import V2, V3, Question

COMPARATORS = ["=", "!=", "<", "<=", ">", ">="]
SPANS_LOCATION = "mlflow.trace.spansLocation"


def trace_questions(sql, _workspace):
    experiments = sql.all("POST", V2 + "experiments/search", "experiments", view_type="ALL", max_results=1000)
    ids = [experiment["experiment_id"] for experiment in experiments]
    traces = sql.all("POST", V3 + "traces/search", "traces", locations=locations(ids), max_results=500)
    return [*single_traces(traces), *trace_searches(ids, traces)]


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
    for filter in trace_filters(traces):
        yield search("filter", filter)


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
