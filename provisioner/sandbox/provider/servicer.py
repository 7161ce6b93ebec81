"""
Terraform's plugin protocol 6, for the resource types served here.

The responses say `legacy_type_system`, as the real provider's do: it lets a default be planned for an attribute that is
not computed, and makes terraform forgive the SDK's mix-ups of null and zero.
"""

from __future__ import annotations

import functools
import json
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tf.gen import tfplugin_pb2 as pb

from provisioner.sandbox.provider.calls import Connection, Patience, is_missing
from provisioner.sandbox.provider.checks import check_configuration
from provisioner.sandbox.provider.codec import decode, encode
from provisioner.sandbox.provider.diagnostics import Diagnostic, error
from provisioner.sandbox.provider.failures import InvalidRequest, OperationFailed
from provisioner.sandbox.provider.planning import Path, plan_change, settle
from provisioner.sandbox.provider.record import SECRET_ATTRIBUTES, Record
from provisioner.sandbox.provider.resources import OPERATIONS, Operations
from provisioner.sandbox.provider.schema import Block, ProviderSchema, ResourceSchema

if TYPE_CHECKING:
    from provisioner.sandbox.cloud import Caller, Cloud

DEFAULT_REGION = "cn-beijing"
"""The real provider's, for a configuration without a region. The environment is not consulted here."""

_TIMEOUTS_KEY = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"
"""Where the provider SDK keeps an object's timeouts in terraform's private data."""

_NANOSECONDS = 1_000_000_000
_NESTING = {
    "single": pb.Schema.NestedBlock.SINGLE,
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
}


def _guarded(response: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turn an unexpected exception into an error diagnostic that names the resource type and the place."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def guarded(self: ProviderServicer, request: Any, context: Any) -> Any:
            try:
                return method(self, request, context)
            except Exception as problem:
                place = traceback.extract_tb(problem.__traceback__)[-1]
                where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
                subject = getattr(request, "type_name", "") or "alicloud"
                # The exception's own text stays out: it could quote a value that must not be shown.
                detail = f"{type(problem).__name__} in {method.__name__} at {where}"
                summary = f"{subject}: unexpected error in the sandbox provider"
                return response(diagnostics=_diagnostics([error(summary, detail)]))

        return guarded

    return decorate


class ProviderServicer:
    """Answers terraform's calls; one instance serves one caller."""

    def __init__(self, cloud: Cloud, caller: Caller, schema: ProviderSchema, patience: Patience | None = None) -> None:
        """Nothing is called before terraform asks."""
        self._cloud = cloud
        self._caller = caller
        self._schema = schema
        self._patience = patience or Patience.for_cloud(cloud)
        self._region = DEFAULT_REGION
        self._schema_response: Any = None
        self._turn = threading.Lock()

    # --- what there is ---

    def GetMetadata(self, request: Any, context: Any) -> Any:
        """Return what the server is capable of."""
        return pb.GetMetadata.Response(server_capabilities=_capabilities())

    @_guarded(pb.GetProviderSchema.Response)
    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        """Return every schema; it is built once."""
        if self._schema_response is None:
            self._schema_response = pb.GetProviderSchema.Response(
                provider=_schema_message(self._schema.provider),
                provider_meta=pb.Schema(block=pb.Schema.Block()),
                resource_schemas={name: _schema_message(schema) for name, schema in self._schema.resources.items()},
                server_capabilities=_capabilities(),
            )
        return self._schema_response

    def GetFunctions(self, request: Any, context: Any) -> Any:
        """Return no functions."""
        return pb.GetFunctions.Response()

    # --- configuration ---

    @_guarded(pb.ValidateProviderConfig.Response)
    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        """Check the provider block."""
        config = decode(request.config) or {}
        found = check_configuration(self._schema.provider.block, config)
        return pb.ValidateProviderConfig.Response(diagnostics=_diagnostics(found, _secrets(config)))

    @_guarded(pb.ConfigureProvider.Response)
    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        """Take the region; refuse an access key other than the one served."""
        config = decode(request.config) or {}
        found = []
        access_key = config.get("access_key")
        if isinstance(access_key, str) and access_key not in ("", self._caller.access_key_id):
            found.append(
                error("The sandbox provider serves another access key", f"access_key = {access_key} is configured.")
            )
        region = config.get("region")
        self._region = region if isinstance(region, str) and region else DEFAULT_REGION
        return pb.ConfigureProvider.Response(diagnostics=_diagnostics(found))

    @_guarded(pb.ValidateResourceConfig.Response)
    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        """Check a resource block."""
        config = decode(request.config) or {}
        found = check_configuration(self._schema.resources[request.type_name].block, config)
        return pb.ValidateResourceConfig.Response(diagnostics=_diagnostics(found, _secrets(config)))

    # --- objects ---

    @_guarded(pb.UpgradeResourceState.Response)
    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        """Return a stored state in today's shape; attributes that no longer exist are dropped."""
        schema = self._schema.resources[request.type_name]
        stored = json.loads(request.raw_state.json) if request.raw_state.json else None
        if stored is None:
            return pb.UpgradeResourceState.Response(upgraded_state=_dynamic(None))
        state = schema.empty()
        state.update({name: value for name, value in stored.items() if name in state})
        for name, nested in schema.block.blocks.items():
            state[name] = [_complete(nested.block, element) for element in state[name] or ()]
        if schema.has_timeouts and state["timeouts"] is not None:
            state["timeouts"] = {key: state["timeouts"].get(key) for key in schema.timeouts_minutes}
        return pb.UpgradeResourceState.Response(upgraded_state=_dynamic(state))

    @_guarded(pb.ReadResource.Response)
    def ReadResource(self, request: Any, context: Any) -> Any:
        """Return the object as it is now; null when it is gone."""
        schema, operations = self._resource(request.type_name)
        current = decode(request.current_state)
        record = Record(schema, current)
        try:
            operations.read(record, self._connect())
        except OperationFailed as failure:
            if is_missing(failure):
                return pb.ReadResource.Response(new_state=_dynamic(None), private=request.private)
            found = [error(failure.describe(schema.file))]
            return pb.ReadResource.Response(
                new_state=request.current_state,
                private=request.private,
                diagnostics=_diagnostics(found, record.secrets()),
            )
        state = settle(schema, record.state(), current, applied=False)
        return pb.ReadResource.Response(new_state=_dynamic(state), private=request.private)

    @_guarded(pb.PlanResourceChange.Response)
    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        """Return what a change will come to."""
        schema = self._schema.resources[request.type_name]
        prior, proposed = decode(request.prior_state), decode(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(
                planned_state=_dynamic(None), planned_private=request.prior_private, legacy_type_system=True
            )
        plan = plan_change(schema, prior, proposed)
        if prior is not None and plan.planned == prior:
            return pb.PlanResourceChange.Response(
                planned_state=request.prior_state, planned_private=request.prior_private, legacy_type_system=True
            )
        return pb.PlanResourceChange.Response(
            planned_state=_dynamic(plan.planned),
            requires_replace=[_path_message(path) for path in plan.requires_replace],
            planned_private=_private(Record(schema, prior, plan.planned)),
            legacy_type_system=True,
        )

    @_guarded(pb.ApplyResourceChange.Response)
    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        """
        Carry out a planned change.

        A create that fails after the object exists returns what is known of it, so that terraform keeps the id and
        marks the object tainted. After a failed update the SDK takes more as done than was: sets, maps of which nothing
        was known, and for some types everything. A failed delete returns the prior state.
        """
        schema, operations = self._resource(request.type_name)
        prior, planned = decode(request.prior_state), decode(request.planned_state)
        record = Record(schema, prior, planned, decode(request.config))
        operate = operations.delete if planned is None else operations.create if prior is None else operations.update
        found: list[Diagnostic] = []
        try:
            operate(record, self._connect())
        except OperationFailed as failure:
            found.append(error(failure.describe(schema.file)))
        except Exception as problem:
            place = traceback.extract_tb(problem.__traceback__)[-1]
            where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
            summary = f"{schema.type_name}: unexpected error in the sandbox provider"
            found.append(error(summary, f"{type(problem).__name__} in {operate.__name__} at {where}"))
        state: dict[str, Any] | None
        if planned is None:
            state = prior if found else None
        elif not record.id:
            state = None
        else:
            left = record.state_after_failure() if found else record.state()
            state = settle(schema, left, planned, applied=True)
        return pb.ApplyResourceChange.Response(
            new_state=_dynamic(state),
            private=request.planned_private,
            diagnostics=_diagnostics(found, record.secrets()),
            legacy_type_system=True,
        )

    @_guarded(pb.ImportResourceState.Response)
    def ImportResourceState(self, request: Any, context: Any) -> Any:
        """Return an object of which only the id is known; terraform has it read next."""
        schema, operations = self._resource(request.type_name)
        parts = request.id.count(":") + 1
        if operations.id_parts > 1 and parts != operations.id_parts:
            wrong = InvalidRequest(
                f"Invalid Resource Id {request.id}. Expected parts' length {operations.id_parts}, got {parts}"
            )
            return pb.ImportResourceState.Response(diagnostics=_diagnostics([error(wrong.describe(schema.file))]))
        state = {**schema.empty(), "id": request.id}
        imported = pb.ImportResourceState.ImportedResource(
            type_name=request.type_name, state=_dynamic(state), private=_private(Record(schema, state))
        )
        return pb.ImportResourceState.Response(imported_resources=[imported])

    def MoveResourceState(self, request: Any, context: Any) -> Any:
        """Refuse: the real provider moves no state between resource types either."""
        found = [error("Moving state between resource types is not supported", request.target_type_name)]
        return pb.MoveResourceState.Response(diagnostics=_diagnostics(found))

    # --- what this provider does not have ---

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        """Refuse: there are no data sources."""
        return pb.ValidateDataResourceConfig.Response(diagnostics=_diagnostics([_no_data_source(request)]))

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        """Refuse: there are no data sources."""
        return pb.ReadDataSource.Response(diagnostics=_diagnostics([_no_data_source(request)]))

    def CallFunction(self, request: Any, context: Any) -> Any:
        """Refuse: there are no functions."""
        return pb.CallFunction.Response(error=pb.FunctionError(text=f"no function {request.name}"))

    def StopProvider(self, request: Any, context: Any) -> Any:
        """Do nothing: operations end by themselves soon, and the server outlives terraform."""
        return pb.StopProvider.Response()

    def _resource(self, type_name: str) -> tuple[ResourceSchema, Operations]:
        return self._schema.resources[type_name], OPERATIONS[type_name]

    def _connect(self) -> Connection:
        return Connection(self._cloud, self._caller, self._region, self._patience, self._turn)


def _capabilities() -> Any:
    # No plan_destroy: the real provider's SDK is not asked to plan a destruction either.
    return pb.ServerCapabilities(get_provider_schema_optional=True)


def _schema_message(schema: ResourceSchema) -> Any:
    message = _block_message(schema.block)
    if schema.has_timeouts:
        attributes = [
            pb.Schema.Attribute(name=name, type=b'"string"', optional=True) for name in sorted(schema.timeouts_minutes)
        ]
        message.block_types.append(
            pb.Schema.NestedBlock(
                type_name="timeouts", nesting=_NESTING["single"], block=pb.Schema.Block(attributes=attributes)
            )
        )
    return pb.Schema(version=schema.version, block=message)


def _block_message(block: Block) -> Any:
    return pb.Schema.Block(
        attributes=[
            pb.Schema.Attribute(
                name=name,
                type=json.dumps(attribute.type).encode(),
                required=attribute.required,
                optional=attribute.optional,
                computed=attribute.computed,
                sensitive=attribute.sensitive,
                deprecated=bool(attribute.deprecated),
            )
            for name, attribute in block.attributes.items()
        ],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                nesting=_NESTING[nested.nesting],
                block=_block_message(nested.block),
                min_items=nested.min_items,
                max_items=nested.max_items,
            )
            for name, nested in block.blocks.items()
        ],
    )


def _dynamic(value: Any) -> Any:
    return pb.DynamicValue(msgpack=encode(value))


def _path_message(path: Path) -> Any:
    return pb.AttributePath(
        steps=[
            pb.AttributePath.Step(element_key_int=step)
            if isinstance(step, int)
            else pb.AttributePath.Step(attribute_name=step)
            for step in path
        ]
    )


def _diagnostics(found: Iterable[Diagnostic], secrets: Iterable[str] = ()) -> list[Any]:
    severities = {"error": pb.Diagnostic.ERROR, "warning": pb.Diagnostic.WARNING}
    hidden = list(secrets)
    return [
        pb.Diagnostic(severity=severities[shown.severity], summary=shown.summary, detail=shown.detail)
        for shown in (diagnostic.without(hidden) for diagnostic in found)
    ]


def _secrets(config: Mapping[str, Any]) -> list[str]:
    return [value for name in SECRET_ATTRIBUTES if isinstance(value := config.get(name), str) and value]


def _private(record: Record) -> bytes:
    """Return what the SDK stores beside an object: its timeouts, in nanoseconds."""
    timeouts = {
        operation: int(record.timeout_seconds(operation) * _NANOSECONDS) for operation in record.schema.timeouts_minutes
    }
    return json.dumps({_TIMEOUTS_KEY: timeouts}, sort_keys=True, separators=(",", ":")).encode() if timeouts else b""


def _complete(block: Block, element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: element.get(name) for name in block.attributes}


def _no_data_source(request: Any) -> Diagnostic:
    return error(f"{request.type_name}: the sandbox provider has no data sources")
