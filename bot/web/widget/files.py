"""Photos that citizens add to a work order: read and written anew, so that neither place nor program travels in them."""

from __future__ import annotations

import asyncio
import io
import re
import secrets
from pathlib import Path

from aiohttp import web
from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import HotlineError
from bot.web.keys import SETTINGS
from bot.web.widget.doors import require_origin, require_patience, session_of
from bot.web.widget.sessions import WIDGET, FrameRefused

LARGEST = 5 * 1024 * 1024  # bytes
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 50_000_000
_LONGEST_SIDE = 2048  # pixels that are kept
_NAME = re.compile(r"[A-Za-z0-9_-]{32}\.jpg")


async def upload(request: web.Request) -> web.Response:
    """Keep the photo in the form field ``file`` and return its address. 400 with the reason otherwise."""
    require_origin(request)
    await require_patience(request)
    session = await session_of(request)
    if not await request.app[WIDGET].citizens.allows(f"file {session.id}"):
        raise web.HTTPTooManyRequests(text="上传太频繁，请稍后再试。", content_type="application/json")
    content = await _read(request)
    try:
        name = await asyncio.to_thread(keep_photo, content, request.app[SETTINGS].files_dir)
    except HotlineError as error:
        raise _refused(str(error)) from error
    settings = request.app[SETTINGS]
    return web.json_response({"url": f"{settings.public_url or settings.web_url}/files/{name}", "name": name})


async def show(request: web.Request) -> web.StreamResponse:
    """Show a photo to who knows its address, which cannot be guessed."""
    name = request.match_info["name"]
    path = request.app[SETTINGS].files_dir / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise web.HTTPNotFound(text="没有这个文件，可能已经到期删除。", content_type="application/json")
    return web.FileResponse(path, headers={"Content-Type": "image/jpeg", "X-Robots-Tag": "noindex"})


def keep_photo(content: bytes, folder: Path) -> str:
    """Write the picture in ``content`` to ``folder`` as a JPEG without metadata and return its name.

    Raises FrameRefused where it is no picture that we read.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise FrameRefused("图片太大，请缩小后再上传。")
            shown = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise FrameRefused("这个文件不是能读取的图片，请上传 JPG、PNG 或 WebP 照片。") from None
    shown.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_urlsafe(24)}.jpg"
    shown.save(folder / name, "JPEG", quality=85)
    return name


async def _read(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        raise _refused("请用表单上传图片。")
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if getattr(part, "name", None) == "file":
                return await _limited(part)
    except ValueError:
        raise _refused("上传的内容不完整，请再试一次。") from None
    raise _refused("没有收到图片。")


async def _limited(part: object) -> bytes:
    content = b""
    while chunk := await part.read_chunk(64 * 1024):  # type: ignore[attr-defined]
        content += chunk
        if len(content) > LARGEST:
            raise web.HTTPRequestEntityTooLarge(
                max_size=LARGEST, actual_size=len(content), text="图片不能超过 5 MB。", content_type="application/json"
            )
    return content


def _refused(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=reason, content_type="application/json")
