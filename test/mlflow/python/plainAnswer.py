"""MLflow's entities as plain JSON values, so that two answers can be compared with `==`.

Only what MLflow leaves undefined is normalised here: the order of tags, params and latest metrics within one entity, and the
order of one trace's assessments. Numbers keep their type (`3` is not `3.0`), and floats are written so that NaN and -0.0 show.
"""

import struct


def number(value):
    """A float as its exact bits, readable: NaN equals NaN, and -0.0 differs from 0.0."""
    if isinstance(value, float):
        return f"float {value!r} {struct.pack('>d', value).hex()}" if value == value else "float nan"
    return value


def value(anything):
    """Any JSON value with its numbers made comparable."""
    if isinstance(anything, dict):
        return {str(key): value(item) for key, item in anything.items()}
    if isinstance(anything, (list, tuple)):
        return [value(item) for item in anything]
    return number(anything)


def pairs(tags):
    return dict(sorted((str(key), item) for key, item in (tags or {}).items()))


def metric(m):
    """Without model, dataset and run: SQL leaves them out of a run's metrics (see knownDifferences.py, rule `run metrics`)."""
    return {"key": m.key, "value": number(m.value), "timestamp": m.timestamp, "step": m.step}


def model_metric(m):
    return {
        **metric(m),
        "model": m.model_id,
        "run": m.run_id,
        "dataset": [m.dataset_name or None, m.dataset_digest or None],
    }


def experiment(e):
    return {
        "id": e.experiment_id,
        "name": e.name,
        "artifactLocation": e.artifact_location,
        "stage": e.lifecycle_stage,
        "created": e.creation_time,
        "updated": e.last_update_time,
        "tags": pairs(e.tags),
    }


def run(r):
    info, data = r.info, r.data
    inputs, outputs = r.inputs, r.outputs
    datasets = [
        {
            "dataset": [d.dataset.name, d.dataset.digest, d.dataset.source_type, d.dataset.source, d.dataset.schema, d.dataset.profile],
            "tags": sorted([tag.key, tag.value] for tag in d.tags),
        }
        for d in (inputs.dataset_inputs if inputs else [])
    ]
    return {
        "id": info.run_id,
        "experiment": info.experiment_id,
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "stage": info.lifecycle_stage,
        "artifactUri": info.artifact_uri,
        "params": pairs(data.params),
        "tags": pairs(data.tags),
        "metrics": sorted((metric(m) for m in data._metric_objs), key=lambda m: m["key"]),
        "datasets": sorted(datasets, key=repr),
        "modelInputs": sorted(m.model_id for m in (inputs.model_inputs if inputs else []) or []),
        "modelOutputs": sorted([m.model_id, m.step] for m in (outputs.model_outputs if outputs else []) or []),
    }


def version(v):
    return {
        "name": v.name,
        "version": str(v.version),
        "created": v.creation_timestamp,
        "updated": v.last_updated_timestamp,
        "description": v.description or "",
        "user": v.user_id or None,
        "stage": v.current_stage,
        "source": v.source,
        "run": v.run_id or None,
        "runLink": v.run_link or None,
        "status": v.status,
        "statusMessage": v.status_message or None,
        "tags": pairs(v.tags),
        "aliases": sorted(v.aliases or []),
    }


def registered_model(m):
    return {
        "name": m.name,
        "created": m.creation_timestamp,
        "updated": m.last_updated_timestamp,
        "description": m.description or "",
        "tags": pairs(m.tags),
        "aliases": {name: str(number) for name, number in sorted((m.aliases or {}).items())},
        "latest": sorted((version(v) for v in m.latest_versions or []), key=lambda v: (v["stage"], v["version"])),
    }


def logged_model(m):
    return {
        "id": m.model_id,
        "experiment": m.experiment_id,
        "name": m.name,
        "artifactLocation": m.artifact_location,
        "created": m.creation_timestamp,
        "updated": m.last_updated_timestamp,
        "status": str(m.status),
        "statusMessage": m.status_message or None,
        "run": m.source_run_id or None,
        "type": m.model_type or None,
        "tags": pairs(m.tags),
        "params": pairs(m.params),
        "metrics": sorted((model_metric(x) for x in m.metrics or []), key=repr),
    }


def assessment(a):
    plain = value(a.to_dictionary())
    return {**plain, "valid": a.valid, "overrides": a.overrides or None, "run": a.run_id or None, "span": a.span_id or None}


def trace_info(t):
    return {
        "id": t.trace_id,
        "experiment": t.experiment_id,
        "time": t.request_time,
        "duration": t.execution_duration,
        "state": str(t.state),
        "client": t.client_request_id or None,
        "request": t.request_preview or None,
        "response": t.response_preview or None,
        "tags": pairs(t.tags),
        "metadata": pairs(t.trace_metadata),
        "assessments": sorted((assessment(a) for a in t.assessments), key=lambda a: str(a.get("assessment_id"))),
    }


def trace(t):
    return {"info": trace_info(t.info), "spans": [value(span.to_dict()) for span in t.data.spans]}
