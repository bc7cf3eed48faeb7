"""The contract in ``openapi.yaml``: what it says is what is checked, so the document cannot be wrong about a request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker, RefResolver
from jsonschema.exceptions import ValidationError

Json = dict[str, Any]
_TYPES = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "true 或 false",
    "array": "列表",
    "object": "JSON 对象",
}


@lru_cache(maxsize=1)
def document() -> Json:
    """Return the OpenAPI document."""
    content: Json = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf8"))
    return content


def operations() -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation of everything in the contract."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


async def read_body(request: web.Request, operation: Json) -> Json:
    """Return the body of ``request``, checked. Raises HTTPBadRequest naming what is wrong with it."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refused("请求正文不是有效的 JSON。") from None
    check(body, operation["requestBody"]["content"]["application/json"]["schema"], "请求正文")
    return dict(body)


def read_parameters(request: web.Request, operation: Json) -> Json:
    """Return what ``request`` gives for the parameters in query, path and header, checked. Raises HTTPBadRequest."""
    found: Json = {}
    for parameter in map(_resolved, operation.get("parameters", [])):
        name, schema = parameter["name"], parameter["schema"]
        given = _given(request, parameter)
        if not given:
            if parameter.get("required"):
                raise refused(f"缺少 {name}。")
            if "default" in schema:
                found[name] = schema["default"]
            continue
        if schema["type"] != "array" and len(given) > 1:
            raise refused(f"{name} 只能有一个。")
        value = given if schema["type"] == "array" else _as_type(given[0], schema["type"])
        check(value, schema, name)
        found[name] = value
    if unknown := set(request.query) - {p["name"] for p in map(_resolved, operation.get("parameters", []))}:
        raise refused(f"不认识的参数 {sorted(unknown)[0][:40]}。")
    return found


def check(value: Any, schema: Json, name: str) -> None:
    """Raise HTTPBadRequest with a Chinese sentence unless ``value`` fits ``schema``."""
    resolver = RefResolver("", document())
    validator = Draft202012Validator(schema, resolver=resolver, format_checker=FormatChecker())
    for error in sorted(validator.iter_errors(value), key=lambda e: list(map(str, e.absolute_path))):
        raise refused(_sentence(error, name))


def refused(reason: str) -> web.HTTPBadRequest:
    """Return the error for a request that breaks the contract."""
    return web.HTTPBadRequest(text=reason, content_type="application/json")


def _given(request: web.Request, parameter: Mapping[str, Any]) -> list[str]:
    name = parameter["name"]
    if parameter["in"] == "path":
        return [request.match_info[name]]
    return request.query.getall(name, []) if parameter["in"] == "query" else request.headers.getall(name, [])


def _as_type(text: str, wanted: str) -> Any:
    return int(text) if wanted == "integer" and text.isascii() and text.isdigit() and len(text) < 10 else text


def _resolved(parameter: Json) -> Json:
    reference = parameter.get("$ref")
    return document()["components"]["parameters"][reference.rsplit("/", 1)[1]] if reference else parameter


def _sentence(error: ValidationError, name: str) -> str:
    where = ".".join([name, *map(str, error.absolute_path)])
    rule, value = error.validator, error.validator_value
    sentences = {
        "required": lambda: f"{where} 缺少 {next(n for n in value if n not in error.instance)}。",
        "additionalProperties": lambda: f"{where} 里有不认识的项 {_unknown(error)}。",
        "type": lambda: f"{where} 应为{_TYPES.get(value, '另一种类型')}。",
        "enum": lambda: f"{where} 应为 {'、'.join(map(str, value))} 之一。",
        "minLength": lambda: f"{where} 太短，至少 {value} 个字。",
        "maxLength": lambda: f"{where} 太长，最多 {value} 个字。",
        "minimum": lambda: f"{where} 不能小于 {value}。",
        "maximum": lambda: f"{where} 不能大于 {value}。",
        "maxItems": lambda: f"{where} 最多 {value} 项。",
        "format": lambda: f"{where} 应为带时区的时间，如 2026-11-23T10:00:00+08:00。",
    }
    return sentences.get(str(rule), lambda: f"{where} 的写法不对。")()


def _unknown(error: ValidationError) -> str:
    known = error.schema.get("properties", {})
    return str(next(name for name in error.instance if name not in known))[:40]
