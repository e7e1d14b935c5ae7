"""Asks two MLflow servers the same questions and compares what they answer.

    python questions.py --sql http://127.0.0.1:… --mongodb http://127.0.0.1:… [--workspace NAME] [--back EXPERIMENTS] [--only AREA] [--step N] [--offset N]

Prints one JSON document: {questions, equal, different, areas, examples}. Exit code 1 when any answer differs.
The questions are made from what the SQL side holds, and rounds of filters and orders over it; nothing is random.
"""

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import differences
from differences import text, unordered
from registryQuestions import registry_questions
from rest import RenumberedServer, Server
from traceQuestions import trace_questions
from trackingQuestions import tracking_questions

MOST_EXAMPLES = 50
LONGEST_EXAMPLE = 1_500
THREADS = 4


def compare(question, servers, rules):
    started = time.monotonic()
    answers = []
    for server in servers:
        try:
            answer = unordered(server.ask(question))
            for rule in (*question.rules, *rules):
                answer = rule(answer)
            # Again, as what a rule took away may have decided an order.
            answer = unordered(answer)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong on one side only is a difference
            answer = {"failed": "%s: %s" % (type(error).__name__, error)}
        answers.append(answer)
    equal = text(answers[0]) == text(answers[1]) and not (isinstance(answers[0], dict) and "failed" in answers[0])
    return question, answers, equal, time.monotonic() - started


def differing_parts(first, second, path=""):
    """The innermost places where two answers differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(set(first) | set(second)):
            missing = object()
            one, other = first.get(key, missing), second.get(key, missing)
            if one is missing or other is missing:
                yield "%s.%s: %s" % (path, key, "only in mongodb: " + text(other) if one is missing else "only in sql: " + text(one))
            elif text(one) != text(other):
                yield from differing_parts(one, other, path + "." + key)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second)):
            if text(one) != text(other):
                yield from differing_parts(one, other, "%s[%d]" % (path, index))
    elif isinstance(first, list) and isinstance(second, list):
        ids = [[identity(item) for item in items] for items in (first, second)]
        yield "%s: %d and %d items; only in sql: %s; only in mongodb: %s" % (
            path, len(first), len(second), [i for i in ids[0] if i not in ids[1]][:5], [i for i in ids[1] if i not in ids[0]][:5],
        )
    else:
        yield "%s: sql %s, mongodb %s" % (path, text(first)[:300], text(second)[:300])


def identity(item):
    if not isinstance(item, dict):
        return item
    info = item.get("info", item)
    for key in ("run_id", "trace_id", "request_id", "model_id", "version", "experiment_id", "name", "timestamp"):
        if key in info:
            return info[key]
    return text(item)[:80]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sql", required=True)
    parser.add_argument("--mongodb", required=True)
    parser.add_argument("--workspace")
    parser.add_argument("--back", help="the SQL side came back from MongoDB: ids of experiments there by those in SQL, as JSON")
    parser.add_argument("--only", help="tracking, registry or traces")
    parser.add_argument("--step", type=int, default=1, help="asks every n-th question only")
    parser.add_argument("--offset", type=int, default=0, help="passes over so many questions at first")
    options = parser.parse_args()
    mongodb = Server(options.mongodb) if options.back is None else RenumberedServer(options.mongodb, json.loads(options.back))
    servers = [Server(options.sql, options.workspace), mongodb]
    rules = () if options.back is None else (differences.without_mark_of_finalized,)
    asked, different, seconds = Counter(), Counter(), Counter()
    examples = []
    questions = []
    for area, make in {"tracking": tracking_questions, "registry": registry_questions, "traces": trace_questions}.items():
        if options.only in (None, area):
            questions += make(servers[0], options.workspace)
    if options.back is not None:
        # The mark is there on one side only: see `without_mark_of_finalized`.
        questions = [question for question in questions if differences.FINALIZED not in text(question.arguments)]
    with ThreadPoolExecutor(THREADS) as pool:
        for question, (sql, mongodb), equal, took in pool.map(lambda question: compare(question, servers, rules), questions[options.offset :: options.step]):
            asked[question.area] += 1
            seconds[question.area] += took
            if equal:
                continue
            different[question.area] += 1
            if len(examples) < MOST_EXAMPLES:
                parts = list(differing_parts(sql, mongodb))[:5]
                examples.append({"question": str(question)[:LONGEST_EXAMPLE], "parts": [part[:LONGEST_EXAMPLE] for part in parts]})
    total = sum(asked.values())
    wrong = sum(different.values())
    areas = {area: {"questions": number, "different": different[area], "seconds": round(seconds[area] / THREADS, 1)} for area, number in asked.items()}
    print(json.dumps({"questions": total, "equal": total - wrong, "different": wrong, "areas": areas, "examples": examples}, indent=1))
    # No question at all is no success.
    return 0 if total > 0 and wrong == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
