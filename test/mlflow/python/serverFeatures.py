"""Fills what MLflow's server keeps beside runs, models and traces, through the stores; each feature only where the release has it."""

import importlib
import json
import os

from attempt import attempt

SCORER = json.dumps(
    {
        "name": "s",
        "instructions_judge_pydantic_data": {"model": "endpoints:/none", "instructions": "Is {{ outputs }} good? é"},
    }
)


# Addresses are resolved when they are stored, and must be public: this one of RFC 5737 takes no name server, and is nobody's.
NOWHERE = "https://192.0.2.1"
os.environ["MLFLOW_ICON_URL_ALLOW_PRIVATE_IPS"] = os.environ["MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"] = "true"

class ServerFeatures:
    def __init__(self, filler):
        self.tracking = filler.tracking
        self.registry = filler.registry
        self.uri = os.environ["POSTGRES_URI"]
        self.home = filler.home
        self.traces = filler.traces
        self.runs = filler.runs
        self.name = filler.name

    def fill(self):
        # The order is that of what refers to what.
        self.feature("register_scorer", self.fill_scorers)
        self.feature("create_dataset", self.fill_evaluation_datasets)
        self.feature("create_issue", self.fill_issues)
        self.feature("create_label_schema", self.fill_reviews)
        self.feature("create_gateway_secret", self.fill_gateway)
        self.feature("create_mcp_server", self.fill_mcp_servers)
        self.feature("create_skill", self.fill_skills)
        if hasattr(self.registry, "create_webhook"):
            attempt("webhooks", self.fill_webhooks)
        if exists("mlflow.store.jobs.sqlalchemy_store"):
            attempt("jobs", self.fill_jobs)
        if exists("mlflow.store.db.trace_rollups"):
            attempt("rollups", self.fill_rollups)

    def feature(self, method, fill):
        if hasattr(self.tracking, method):
            attempt(method, fill)

    def fill_scorers(self):
        for version in range(2):
            self.tracking.register_scorer(self.home, "scorer é", SCORER)
        self.tracking.register_scorer(self.home, "other", SCORER)

    def fill_evaluation_datasets(self):
        made = self.tracking.create_dataset(name=self.name("eval é"), tags={"a": "b", "$k": ""}, experiment_ids=[self.home])
        records = [
            {"inputs": {"q": "π %d" % number, "$a.b": 1}, "expectations": {"x": 0.1 + 0.2}, "tags": {"big": str(2**53 + number)}}
            for number in range(4)
        ]
        attempt("records", self.tracking.upsert_dataset_records, made.dataset_id, records)
        attempt("dataset tags", self.tracking.set_dataset_tags, made.dataset_id, {"late": "é"})

    def fill_issues(self):
        from mlflow.entities.assessment import IssueReference
        from mlflow.entities.issue import IssueSeverity, IssueStatus

        create = self.tracking.create_issue
        plain = attempt("issue", create, self.home, "plain", "", categories=[" perf ", "Perf", "é"], root_causes=["a", "π"])
        later = dict(last_seen_timestamp=2**53 + 1, metadata={"$set": "1", "a.b": "", "__proto__": "é", "10": "x", "9": "y"})
        attempt(
            "issue with metadata", create, self.home, "with metadata", "é" * 2000, status=IssueStatus.PENDING,
            severity=list(IssueSeverity)[0], source_run_id=self.runs[0] if self.runs else None, created_by="ada", **later,
        )
        if plain is not None:
            attempt("issue status", self.tracking.update_issue, plain.issue_id, status=list(IssueStatus)[-1])
            if self.traces:
                reference = IssueReference(plain.issue_id, "plain", trace_id=self.traces[0], metadata={"mlflow.issue.evidence": "[]"})
                attempt("issue reference", self.tracking.create_assessment, reference)

    def fill_reviews(self):
        from mlflow.genai.label_schemas.label_schemas import InputCategorical, InputNumeric, InputText, LabelSchemaType

        inputs = [InputText(), InputCategorical(options=["yes", "no", "$é"]), InputNumeric(min_value=0.1, max_value=1e300)]
        types = list(LabelSchemaType)
        schemas = [
            attempt(
                "label schema", self.tracking.create_label_schema, self.home, name="schema %d" % number,
                type=types[number % len(types)], input=given, instruction=["", "é", None][number % 3],
            )
            for number, given in enumerate(inputs)
        ]
        if not hasattr(self.tracking, "create_review_queue"):
            return
        ids = [schema.schema_id for schema in schemas if schema is not None]
        from mlflow.genai.review_queues.review_queues import ReviewQueueType, ReviewStatus

        arguments = dict(name="queue é", queue_type=ReviewQueueType.CUSTOM, created_by="ada", users=["ada", "bob"], schema_ids=ids)
        queue = attempt("review queue", self.tracking.create_review_queue, self.home, **arguments)
        if queue is not None and self.traces:
            attempt("review items", self.tracking.add_items_to_review_queue, queue.queue_id, item_ids=self.traces[:3])
            arguments = dict(item_id=self.traces[0], status=ReviewStatus.COMPLETE, completed_by="bob")
            attempt("review status", self.tracking.set_review_queue_item_status, queue.queue_id, **arguments)

    def fill_gateway(self):
        from mlflow.entities import GatewayEndpointModelConfig, GatewayEndpointTag
        from mlflow.entities.gateway_endpoint import GatewayModelLinkageType

        tracking = self.tracking
        secret = tracking.create_gateway_secret(
            secret_name=self.name("key é"), secret_value={"api_key": "made-up-key-0123456789"}, provider="openai",
            auth_config={"region": "x", "$a.b": 1}, created_by="ada",
        )
        model = tracking.create_gateway_model_definition(self.name("model é"), secret.secret_id, "openai", "gpt-x", created_by="ada")
        config = GatewayEndpointModelConfig(model.model_definition_id, GatewayModelLinkageType.PRIMARY, weight=0.1 + 0.2)
        arguments = dict(name=self.name("endpoint-1"), model_configs=[config], created_by="ada")
        endpoint = attempt("endpoint", tracking.create_gateway_endpoint, **arguments)
        if endpoint is None:
            return
        attempt("endpoint tag", tracking.set_gateway_endpoint_tag, endpoint.endpoint_id, GatewayEndpointTag("$k.e.y", ""))
        attempt("binding", tracking.create_endpoint_binding, endpoint.endpoint_id, "scorer", "made-up", created_by="ada")
        if hasattr(tracking, "create_gateway_guardrail"):
            attempt("guardrail", self.fill_guardrail, endpoint)
        if hasattr(tracking, "create_budget_policy"):
            attempt("budget", self.fill_budget)
        attempt("gated scorer", tracking.register_scorer, self.home, "gated", SCORER.replace("endpoints:/none", "gateway:/" + endpoint.name))
        if hasattr(tracking, "upsert_online_scoring_config"):
            attempt("online scoring", tracking.upsert_online_scoring_config, self.home, "gated", 0.1 + 0.2)

    def fill_guardrail(self, endpoint):
        from mlflow.entities.gateway_guardrail import GuardrailAction, GuardrailStage

        scorer = self.tracking.get_scorer(self.home, "scorer é")
        arguments = dict(stage=GuardrailStage.BEFORE, action=GuardrailAction.VALIDATION, created_by="ada")
        made = self.tracking.create_gateway_guardrail("guard é", scorer.scorer_id, scorer.scorer_version, **arguments)
        self.tracking.add_guardrail_to_endpoint(endpoint.endpoint_id, made.guardrail_id, execution_order=1)

    def fill_budget(self):
        from mlflow.entities import gateway_budget_policy as budgets

        duration = budgets.BudgetDuration(budgets.BudgetDurationUnit.DAYS, 7)
        scope, action = budgets.BudgetTargetScope.GLOBAL, budgets.BudgetAction.ALERT
        self.tracking.create_budget_policy(budgets.BudgetUnit.USD, 0.1 + 0.2, duration, scope, action, created_by="ada")

    def fill_mcp_servers(self):
        tracking = self.tracking
        name = "io.example/weather"
        tracking.create_mcp_server(name, description="é", created_by="ada")
        for version in ("1.0.0", "1.0.0-RC", "1.0.0-rc"):
            server = {"name": name, "version": version, "description": "d", "$a.b": [2**53 + 1, 0.30000000000000004]}
            attempt("MCP version", tracking.create_mcp_server_version, server, created_by="ada")
        attempt("MCP tag", tracking.set_mcp_server_tag, name, "$k.e.y", "")
        attempt("MCP version tag", tracking.set_mcp_server_version_tag, name, "1.0.0", "k", "é")
        publish(tracking, name)
        attempt("MCP alias", tracking.set_mcp_server_alias, name, "prod", "1.0.0")
        attempt("MCP access", tracking.create_mcp_access_endpoint, name, "https://mcp.example.invalid/e", server_version="1.0.0")

    def fill_skills(self):
        tracking = self.tracking
        icons = [{"src": NOWHERE + "/i.png", "sizes": ["1x1"]}]
        for organization in ("", "acme"):
            attempt("skill", tracking.create_skill, "skill-a", organization, description="é" * 500, icons=icons, created_by="ada")
            for source_type, source in ((None, None), ("git", "https://git.invalid/r.git"), ("oci", "oci.invalid/x:1")):
                arguments = dict(source_type=source_type, source=source, created_by="ada")
                attempt("skill version", tracking.create_skill_version, "skill-a", organization, **arguments)
            attempt("skill tag", tracking.set_skill_tag, "skill-a", "k.e/y", "v" * 3000, organization)
            attempt("skill version tag", tracking.set_skill_version_tag, "skill-a", 1, "k", "", organization)
            for alias in ("prod", "Prod"):
                attempt("skill alias", tracking.set_skill_alias, "skill-a", alias, 2, organization)
        for status in ("deprecated", "deleted"):
            attempt("skill version " + status, tracking.update_skill_version, "skill-a", 3, "acme", status=status)

    def fill_webhooks(self):
        from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent

        events = [
            WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED),
            WebhookEvent(WebhookEntity.MODEL_VERSION_TAG, WebhookAction.SET),
        ]
        for number, secret in enumerate((None, "made-up-secret")):
            arguments = dict(events=events[: number + 1], description="é", secret=secret)
            attempt("webhook", self.registry.create_webhook, self.name("hook-%d" % number), NOWHERE + "/hook", **arguments)

    def fill_jobs(self):
        store = jobs_store()(self.uri)
        made = [attempt("job", store.create_job, "evaluate", json.dumps({"$a.b": number, "π": 2**53 + 1}), timeout=60.5) for number in range(4)]
        ids = [job.job_id for job in made if job is not None]
        if len(ids) < 4:
            return
        for job_id in ids[:3]:
            attempt("job start", store.start_job, job_id)
        attempt("job end", store.finish_job, ids[0], json.dumps({"score": 0.1 + 0.2}))
        attempt("job failure", store.fail_job, ids[1], "é went wrong")
        if hasattr(store, "update_status_details"):
            attempt("job details", store.update_status_details, ids[2], {"stage": "one", "$k": [1, None]})
        if exists("mlflow.server.jobs.lock_manager"):
            locks = importlib.import_module("mlflow.server.jobs.lock_manager").JobLockManager(store)
            attempt("lease", locks.acquire_scheduler_lease, self.name("scheduler"), ttl_seconds=3600)
            attempt("lock", locks.acquire_exclusive_lock, self.name("exp:0"), ids[2])

    def fill_rollups(self):
        rollups = importlib.import_module("mlflow.store.db.trace_rollups")
        rollups.run_sql_trace_rollups(self.tracking.engine)
        # Whoever writes to a day that was summed up already leaves word that it has to be done again.
        if self.traces:
            attempt("late trace tag", self.tracking.delete_traces, self.home, trace_ids=self.traces[-1:])


def exists(module):
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def jobs_store():
    """In workspaces the store that minds them."""
    if os.environ.get("MLFLOW_ENABLE_WORKSPACES") == "true":
        return importlib.import_module("mlflow.store.jobs.sqlalchemy_workspace_store").WorkspaceAwareSqlAlchemyJobStore
    return importlib.import_module("mlflow.store.jobs.sqlalchemy_store").SqlAlchemyJobStore


def publish(tracking, name):
    """Only versions that are no draft can have an alias."""
    from mlflow.entities.mcp_server import MCPStatus

    attempt("MCP status", tracking.update_mcp_server_version, name, "1.0.0", status=MCPStatus.ACTIVE)
