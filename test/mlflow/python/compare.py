"""Asks two MLflow servers the same questions and compares their answers.

    python compare.py --postgres URL --mongodb URL --directory DIR [--workspace NAME]

Prints one JSON line {questions, equal, different, kinds, examples} and exits 1 when any answer differs. With `--workspace` the first
server is asked in that workspace; the second knows none.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from ask import read_lines
from knownDifferences import comparable

HERE = Path(__file__).parent
EXAMPLES = 50


def environment(workspace=None):
    kept = {key: text for key, text in os.environ.items() if not key.startswith("MLFLOW_WORKSPACE")}
    quiet = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "PYTHONWARNINGS": "ignore"}
    return {**kept, **quiet, **({"MLFLOW_WORKSPACE": workspace} if workspace else {})}


def first_difference(left, right, path=""):
    """Where two values part, and what stands there on either side, shortened."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(set(left) | set(right)):
            if left.get(key, "(missing)") != right.get(key, "(missing)"):
                return first_difference(left.get(key, "(missing)"), right.get(key, "(missing)"), f"{path}.{key}")
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return {"at": path, "postgres": f"{len(left)} items", "mongodb": f"{len(right)} items"}
        for index, (one, other) in enumerate(zip(left, right)):
            if one != other:
                return first_difference(one, other, f"{path}[{index}]")
    return {"at": path, "postgres": json.dumps(left)[:300], "mongodb": json.dumps(right)[:300]}


def run(program, workspace, *arguments):
    return subprocess.Popen([sys.executable, str(HERE / program), *arguments], env=environment(workspace))


def wait(*processes):
    for process in processes:
        if process.wait() != 0:
            sys.exit(f"{process.args[1]} ended with {process.returncode}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--mongodb", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--workspace")
    options = parser.parse_args()
    started = time.monotonic()
    directory = Path(options.directory)
    asked, left, right = (str(directory / f"{name}.jsonl") for name in ("questions", "postgres", "mongodb"))
    wait(run("questions.py", options.workspace, "--url", options.postgres, "--questions", asked))
    wait(
        run("ask.py", options.workspace, "--url", options.postgres, "--questions", asked, "--answers", left),
        run("ask.py", None, "--url", options.mongodb, "--questions", asked, "--answers", right),
    )
    questions = read_lines(asked)
    if options.workspace and options.workspace != "default":
        for question in questions:
            if question["do"] == "experiments":
                question.setdefault("about", {})["withoutZero"] = True
    equal, examples, different, kinds = 0, [], Counter(), Counter()
    for question, one, other in zip(questions, read_lines(left), read_lines(right), strict=True):
        kinds[question["do"]] += 1
        one, other = comparable(question, one), comparable(question, other)
        if one == other:
            equal += 1
            continue
        different[question["do"]] += 1
        if different[question["do"]] <= 8 and len(examples) < EXAMPLES:
            examples.append({"question": question, **first_difference(one, other)})
    print(
        json.dumps({
            "questions": len(questions), "equal": equal, "different": len(questions) - equal,
            "kinds": dict(kinds), "differentKinds": dict(different), "seconds": round(time.monotonic() - started, 1), "examples": examples,
        })
    )
    sys.exit(1 if equal != len(questions) or not questions else 0)


if __name__ == "__main__":
    main()
