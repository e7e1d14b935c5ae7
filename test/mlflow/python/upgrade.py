"""Brings the database of POSTGRES_URI to the schema of the installed MLflow, as `mlflow db upgrade` does; the URI stays out of argv."""

import os

from mlflow.store.db.utils import _upgrade_db, create_sqlalchemy_engine_with_retry

_upgrade_db(create_sqlalchemy_engine_with_retry(os.environ["POSTGRES_URI"]))
