"""What the plugin answers otherwise than MLflow's SQL store, by design of the plugin and by no fault of a migration.

Each rule takes a question and an answer of one side, and takes out exactly what may differ; both sides go through all rules.
The list is that of docs (`What the plugin answers otherwise than the SQL store`). Nothing else is forgiven.
"""


def run_search_inputs(question, answer):
    """runs/search carries model inputs in the plugin; SQL leaves them out of searches (not of runs/get)."""
    if question["do"] == "runs":
        return [[{**run, "modelInputs": None} for run in page] for page in answer]
    return answer


def aliases_of_versions(question, answer):
    """Versions in searches and in latest_versions bear their aliases in the plugin; SQL fills them in for a single version alone."""

    def bare(version):
        return {**version, "aliases": None}

    def bare_model(model):
        return {**model, "latest": [bare(version) for version in model["latest"]]}

    do = question["do"]
    if do == "versions":
        return [[bare(version) for version in page] for page in answer]
    if do == "latest_versions":
        return [bare(version) for version in answer]
    if do == "registered_models":
        return [[bare_model(model) for model in page] for page in answer]
    if do == "registered_model":
        return bare_model(answer)
    return answer


def nan_in_metric_filters(question, answer):
    """`metrics.x < 1` matches a NaN in SQL (kept as 0), not in the plugin: the runs whose latest value is NaN are left out."""
    nans = (question.get("about") or {}).get("nanRuns")
    if question["do"] == "runs" and nans:
        return [[run for run in page if run["id"] not in nans] for page in answer]
    return answer


def order_of_experiment_ids(question, answer):
    """Experiment ids are ordered by number in SQL, by text in the plugin, also where they break ties of times."""
    if question["do"] != "experiments":
        return answer
    order = ((question.get("about") or {}).get("order") or ["creation_time DESC"])[0].split()[0]
    if order == "name":
        return answer
    if order == "experiment_id":
        return [len(answer), sorted((e for page in answer for e in page), key=lambda e: e["id"])]
    field = {"creation_time": "created", "last_update_time": "updated"}[order]
    return [[len(page) for page in answer], ties_by_id([e for page in answer for e in page], field)]


def order_of_simultaneous_traces(question, answer):
    """Traces of one time have no order that MLflow documents."""
    if question["do"] != "trace_infos":
        return answer
    return [[len(page) for page in answer], ties_by_id([t for page in answer for t in page], "time")]


def experiment_zero(question, answer):
    """The plugin makes experiment 0 where there is none (a single workspace that is not `default`)."""
    if question["do"] == "experiments" and question.get("about", {}).get("withoutZero"):
        return [[e for e in page if e["id"] != "0"] for page in answer]
    return answer


def ties_by_id(items, field):
    """The items in their order, but those that stand together and have the same value of the field sorted by id."""
    answer, group = [], []
    for item in items:
        if group and item[field] != group[0][field]:
            answer += sorted(group, key=lambda e: e["id"])
            group = []
        group.append(item)
    return answer + sorted(group, key=lambda e: e["id"])


RULES = [
    experiment_zero,
    run_search_inputs,
    aliases_of_versions,
    nan_in_metric_filters,
    order_of_experiment_ids,
    order_of_simultaneous_traces,
]


def comparable(question, reply):
    if "error" in reply:
        return reply
    answer = reply["answer"]
    for rule in RULES:
        answer = rule(question, answer)
    return {"answer": answer}
