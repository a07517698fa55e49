"""The OpenAPI 3.1 document, made from what each operation declares beside its handler."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from apispec import APISpec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.core.http import Handler, Problem, Routes

REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    path: str
    summary: str
    action: str
    takes: type[BaseModel] | None
    asks: type[BaseModel] | None
    gives: type[BaseModel] | None
    status: int


class Interface:
    """Routes that describe themselves."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        path: str,
        action: str,
        *,
        summary: str,
        takes: type[BaseModel] | None = None,
        asks: type[BaseModel] | None = None,
        gives: type[BaseModel] | None = None,
        status: int = 200,
    ) -> Callable[[Handler], Handler]:
        """`takes` is the body, `asks` the query, `gives` the answer."""
        described = Operation(
            method=method, path=path, summary=summary, action=action, takes=takes, asks=asks, gives=gives, status=status
        )
        self.operations.append(described)
        register = self.routes.get if method == "get" else self.routes.post
        return register(path, action)


def document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """The whole document, ready to be sent as JSON."""
    described = list(operations)
    spec = APISpec(
        title="联诊 Lianzhen",
        version=version,
        openapi_version="3.1.0",
        info={"description": "Sign in first; state-changing calls carry the header X-CSRF of the signed-in page."},
    )
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "lianzhen_session"})
    for name, schema in _schemas(described).items():
        spec.components.schema(name, schema)
    for one in described:
        spec.path(path=one.path, operations={one.method: _operation(one)})
    return spec.to_dict()


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    taken = {(model, "validation") for one in operations for model in (one.takes, one.asks) if model}
    given = {(one.gives, "serialization") for one in operations if one.gives}
    wanted: Any = sorted({*taken, *given, (Problem, "serialization")}, key=lambda pair: (pair[0].__name__, pair[1]))
    _, schemas = models_json_schema(wanted, ref_template=REFERENCE)
    return dict(schemas.get("$defs", {}))


def _operation(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": one.summary,
        "operationId": f"{one.method}{one.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "security": [{"session": []}],
        "parameters": [*_path_parameters(one.path), *_query_parameters(one.asks)],
        "responses": {str(one.status): _answer(one.gives), "default": _problem()},
    }
    if one.takes:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.takes)}}}
    return described


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _answer(gives: type[BaseModel] | None) -> dict[str, Any]:
    if gives is None:
        return {"description": "OK"}
    return {"description": "OK", "content": {"application/json": {"schema": _ref(gives)}}}


def _problem() -> dict[str, Any]:
    return {
        "description": "A refusal (RFC 9457)",
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(asks: type[BaseModel] | None) -> list[dict[str, Any]]:
    properties = asks.model_json_schema(ref_template=REFERENCE).get("properties", {}) if asks else {}
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]
