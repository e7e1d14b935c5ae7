"""Questions about registered models, versions, aliases and prompts."""

import itertools
from collections import Counter

import differences
from filters import named, quoted
from rest import V2, Question

# A number after the last version that a listing shows, deleted ones being hidden.
VERSIONS_BEYOND = 3
STAGES = [[], ["None"], ["Staging"], ["Production"], ["Archived"], ["Staging", "Production"]]


def registry_questions(sql, _workspace):
    models = sql.all("GET", V2 + "registered-models/search", "registered_models", max_results=1000)
    # The default search hides prompts.
    prompt = "tags.`mlflow.prompt.is_prompt` = 'true'"
    prompts = sql.all("GET", V2 + "registered-models/search", "registered_models", max_results=1000, filter=prompt)
    versions = sql.all("GET", V2 + "model-versions/search", "model_versions", max_results=1000)
    versions += sql.all("GET", V2 + "model-versions/search", "model_versions", max_results=1000, filter=prompt)
    everything = models + prompts
    return [
        *model_questions(everything, versions),
        *model_searches(everything),
        *version_searches(versions),
    ]


def ask(what, path, rules=(), **arguments):
    return Question("registry", what, "GET", V2 + path, arguments, rules=rules)


def model_questions(models, versions):
    for model in models:
        name = model["name"]
        yield ask("model", "registered-models/get", (differences.no_aliases_of_latest_versions,), name=name)
        for stages in STAGES:
            arguments = {"name": name, "stages": stages}
            yield Question("registry", "latest", "POST", V2 + "registered-models/get-latest-versions", arguments, rules=(differences.no_aliases_of_versions,))
        numbers = [int(version["version"]) for version in versions if version["name"] == name]
        for number in range(1, max(numbers, default=0) + VERSIONS_BEYOND):
            yield ask("version", "model-versions/get", name=name, version=str(number))
            yield ask("download uri", "model-versions/get-download-uri", name=name, version=str(number))
        for alias in [item["alias"] for item in model.get("aliases", [])] + ["absent"]:
            yield ask("alias", "registered-models/alias", name=name, alias=alias)
        if quoted(name):
            yield version_search("of a model", filter="name = " + quoted(name), max_results=100)
            yield version_search("of a model in pages", filter="name = " + quoted(name), max_results=2)
    yield ask("absent model", "registered-models/get", name="no such model")
    yield ask("absent version", "model-versions/get", name="no such model", version="1")


def model_searches(models):
    filters = ["", "name LIKE '%o%'", "name ILIKE '%M%'", "name LIKE 'm%'", "name ILIKE '_.plain'", "name LIKE '%é%'", "tags.`mlflow.prompt.is_prompt` = 'true'"]
    for model in models:
        if quoted(model["name"]):
            filters += ["name = " + quoted(model["name"]), "name != " + quoted(model["name"])]
    for (key, value), _ in Counter((tag["key"], tag["value"]) for model in models for tag in model.get("tags", [])).most_common(60):
        if named("tags", key) and quoted(value) is not None:
            filters += ["%s %s %s" % (named("tags", key), comparator, quoted(value)) for comparator in ("=", "!=")]
            # Both stores know is_prompt = 'true' as the way to ask for prompts; the SQL store reads any other comparison of it differently.
            if key != "mlflow.prompt.is_prompt":
                filters += [named("tags", key) + " LIKE '%e%'", named("tags", key) + " ILIKE '%V%'"]
    for filter in dict.fromkeys(filters):
        yield model_search("filter", filter=filter, max_results=1000)
    for order in ("name", "name DESC", "last_updated_timestamp", "last_updated_timestamp DESC", "creation_timestamp", "creation_timestamp DESC"):
        yield model_search("order", order_by=[order], max_results=1000)
        yield model_search("order in pages", order_by=[order], max_results=4)
    for size in (1, 3, 10):
        yield model_search("pages", max_results=size)


def version_searches(versions):
    filters = ["", "name LIKE '%o%'", "name ILIKE '%M%'", "tags.`mlflow.prompt.is_prompt` = 'true'", "source_path LIKE '%a%'"]
    for key, search in (("run_id", "run_id"), ("source", "source_path")):
        for value, _ in Counter(version.get(key) for version in versions).most_common(20):
            if value and quoted(value):
                filters.append("%s = %s" % (search, quoted(value)))
    run_ids = sorted({version["run_id"] for version in versions if version.get("run_id")})
    for some in (run_ids[:1], run_ids[:4]):
        if some:
            filters.append("run_id IN (%s)" % ",".join("'%s'" % run_id for run_id in some))
    for (key, value), _ in Counter((tag["key"], tag["value"]) for version in versions for tag in version.get("tags", [])).most_common(60):
        if named("tags", key) and quoted(value) is not None:
            filters += ["%s %s %s" % (named("tags", key), comparator, quoted(value)) for comparator in ("=", "!=")]
            filters.append(named("tags", key) + " ILIKE '%E%'")
    for key, field in (("version_number", "version"), ("creation_timestamp", "creation_timestamp"), ("last_updated_timestamp", "last_updated_timestamp")):
        numbers = sorted({int(version[field]) for version in versions if version.get(field)})
        for number in numbers[:: max(1, len(numbers) // 3)]:
            filters += ["%s %s %d" % (key, comparator, number) for comparator in ("=", "!=", "<", "<=", ">", ">=")]
    names = [quoted(name) for name in sorted({version["name"] for version in versions}) if quoted(name)]
    for some in (names[:1], names[:3], names[::2]):
        if some:
            filters.append("name IN (%s)" % ",".join(some))
    for filter in dict.fromkeys(filters):
        yield version_search("filter", filter=filter, max_results=1000)
    orders = ["name", "version_number", "creation_timestamp", "last_updated_timestamp"]
    for order, direction in itertools.product(orders, ("ASC", "DESC")):
        yield version_search("order", order_by=[order + " " + direction], max_results=1000)
        yield version_search("order in pages", order_by=[order + " " + direction], max_results=6)


def model_search(name, **arguments):
    rules = (differences.no_aliases_of_latest_versions,)
    return Question("registry", "models, " + name, "GET", V2 + "registered-models/search", arguments, "registered_models", rules)


def version_search(name, **arguments):
    rules = (differences.no_aliases_of_versions,)
    return Question("registry", "versions, " + name, "GET", V2 + "model-versions/search", arguments, "model_versions", rules)
