"""Python runs this before a server that has this directory on PYTHONPATH.

mlflow-mongodb 0.1.0b2 imports a function of MLflow by a name that it lost in 3.18, and its registry does not load without:
here is the function under its old name. What the plugin does and what stands in its documents is as it was.
"""

from mlflow.utils import validation

if not hasattr(validation, "_validate_model_alias_name"):
    validation._validate_model_alias_name = validation._validate_alias_name
