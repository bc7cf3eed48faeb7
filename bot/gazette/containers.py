"""Files that are more than text: Word documents and PDF are opened, others refused with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import GazetteRefused
from bot.gazette.model import Removal

SUFFIXES = (".docx", ".pdf", ".txt", ".html", ".htm")  # of the files that are read
_WORD, _PDF = b"PK\x03\x04", b"%PDF-"
_BEFORE_PDF = b"\xef\xbb\xbf\x00\t\n\r "  # what servers put before a PDF, and readers pass over
_SAVE_AS = "请用 Word 或 WPS 打开，另存为 .docx 或纯文本再导入"
_RECOGNISE = "请用文字识别（OCR）软件转成 .docx 或纯文本，核对后再导入"
_UNPACK = "请先解压，再逐个导入里面的文件"
_REFUSED = (
    (b"\xd0\xcf\x11\xe0", f"旧版的 Office 文档（.doc、.wps）或加了密码的文档，{_SAVE_AS}"),
    (b"{\\rtf", f"RTF 文档，{_SAVE_AS}"),
    (b"\x89PNG", f"图片，{_RECOGNISE}"),
    (b"\xff\xd8\xff", f"图片，{_RECOGNISE}"),
    (b"GIF8", f"图片，{_RECOGNISE}"),
    (b"II*\x00", f"图片，{_RECOGNISE}"),
    (b"MM\x00*", f"图片，{_RECOGNISE}"),
    (b"\x1f\x8b", f"压缩文件，{_UNPACK}"),
    (b"7z\xbc\xaf", f"压缩文件，{_UNPACK}"),
    (b"Rar!", f"压缩文件，{_UNPACK}"),
    (b"\x7fELF", "程序文件，不是文本，请检查是不是选错了文件"),
    (b"MZ\x90", "程序文件，不是文本，请检查是不是选错了文件"),
)


@dataclass(frozen=True)
class Opened:
    """What a file holds: its text with ``\\n`` line ends, what was left out, and the format that it was read as."""

    text: str
    removals: tuple[Removal, ...]
    format: str


def open_container(data: bytes, name: str) -> Opened | None:
    """Return the text of a Word document or PDF, None for a file that is neither.

    The lines of removals are those of the text. Raises GazetteRefused with what to do where the file is of another
    kind that holds no plain text, is broken, encrypted, a scan, or more than a gazette can be.
    """
    for magic, kind in _REFUSED:
        if data.startswith(magic):
            raise GazetteRefused(f"“{name}”是{kind}。")
    if data.startswith(_WORD):
        return _open_word(data, name)
    if data[:1024].lstrip(_BEFORE_PDF).startswith(_PDF):
        return _open_pdf(data, name)
    return None


def _open_word(data: bytes, name: str) -> Opened:
    from bot.gazette.word import read_word  # only where it is needed: the libraries take a while to load

    try:
        return Opened(*read_word(data, name), "docx")
    except GazetteRefused:
        raise
    except Exception as error:  # whatever a broken or hostile file makes the libraries stumble over
        raise GazetteRefused(f"“{name}”是打不开的 Office 文档或压缩包，可能已损坏，{_SAVE_AS}。") from error


def _open_pdf(data: bytes, name: str) -> Opened:
    from pypdf.errors import LimitReachedError

    from bot.gazette.pdf import read_pdf

    try:
        return Opened(*read_pdf(data, name), "pdf")
    except GazetteRefused:
        raise
    except LimitReachedError as error:
        raise GazetteRefused(
            f"“{name}”的页数或内容超出限制，没有读取，请拆分，或另存为 .docx 或纯文本再导入。"
        ) from error
    except Exception as error:  # as above
        raise GazetteRefused(
            f"“{name}”是打不开的 PDF，可能已损坏，请重新下载，或用 PDF 软件打开后另存为 .docx 或纯文本再导入。"
        ) from error
