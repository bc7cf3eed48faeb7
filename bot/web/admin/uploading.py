"""Receiving a file: read piece by piece, refused with the reason as soon as it is too large."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import BodyPartReader, web

_PIECE = 64 * 1024
_LONGEST_FIELD = 64 * 1024
_LET_PASS = 512 * 1024 * 1024


@dataclass(frozen=True)
class Sent:
    """A file with its name, and the other fields of the form."""

    name: str
    content: bytes
    fields: dict[str, str]


async def receive(request: web.Request, largest: int) -> Sent:
    """Return the file in the form field ``file`` and the fields before it. 400 and 413 with the reason otherwise."""
    if not request.content_type.startswith("multipart/"):
        raise _refused("请选择一个文件。")
    size = request.content_length
    if size and size > largest + _LONGEST_FIELD:
        raise await _too_large(request, largest, size)
    fields: dict[str, str] = {}
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == "file":
                name = (part.filename or "").replace("\\", "/").rsplit("/", 1)[-1][:120]
                content = await _limited(request, part, largest)
                if not name:
                    raise _refused("请选择一个文件。")
                return Sent(name, content, fields)
            fields[str(part.name)] = (await _limited(request, part, _LONGEST_FIELD)).decode("utf-8", "replace")
    except ValueError:
        raise _refused("上传的内容不完整，请再试一次。") from None
    raise _refused("请选择一个文件。")


async def _limited(request: web.Request, part: BodyPartReader, largest: int) -> bytes:
    content = bytearray()
    while piece := await part.read_chunk(_PIECE):
        content += piece
        if len(content) > largest:
            raise await _too_large(request, largest, len(content))
    return bytes(content)


async def _too_large(request: web.Request, largest: int, size: int) -> web.HTTPException:
    """Return the refusal once the rest was let pass: a browser hears an answer only after it has sent everything."""
    passed = 0
    while passed < _LET_PASS and (piece := await request.content.readany()):
        passed += len(piece)
    text = f"文件超过 {largest // 1024 // 1024} MB，没有读取。请拆分后再上传。"
    return web.HTTPRequestEntityTooLarge(largest, size, text=text, content_type="application/json")


def _refused(reason: str) -> web.HTTPException:
    return web.HTTPBadRequest(text=reason, content_type="application/json")
