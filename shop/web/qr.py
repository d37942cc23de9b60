"""QR pictures, drawn here: nobody else learns account and amount."""

import io

import segno
from flask import Response


def qr_picture(payload: str, kind: str, name: str) -> Response:
    """Return a picture of a text, kept by nobody.

    Args:
        kind: "svg" to be shown, "png" to be saved for a bank's app.
        name: of the saved file, without its ending.
    """
    drawn = io.BytesIO()
    code = segno.make(payload, error="m", micro=False)
    if kind == "svg":
        code.save(
            drawn, kind="svg", border=4, scale=8, dark="#1e2440", light="#ffffff", xmldecl=False
        )
    else:
        code.save(drawn, kind="png", border=4, scale=12, dark="#000000", light="#ffffff")
    answer = Response(drawn.getvalue(), mimetype="image/svg+xml" if kind == "svg" else "image/png")
    answer.headers["Cache-Control"] = "no-store"
    if kind == "png":
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.png"'
    return answer
