"""Papers as a browser would upload them: small PDFs, whole and broken."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile


def pdf(text: str = "", *, trailer: str = "") -> bytes:
    """A one-page PDF that opens; `text` makes its bytes different, `trailer` adds to its trailer."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    content = b"%PDF-1.7\n" + f"% {text}\n".encode()
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    content += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    content += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n".encode()
    return content + f"startxref\n{start}\n%%EOF\n".encode()


def upload(
    content: bytes | None = None, name: str = "制度.pdf", kind: str = "application/pdf"
) -> SimpleUploadedFile:
    """What a form receives; without `content` a good PDF."""
    return SimpleUploadedFile(name, pdf() if content is None else content, content_type=kind)
