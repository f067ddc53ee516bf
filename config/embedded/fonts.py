"""Makes the vendored Chinese font visible to browsers and other users of fontconfig."""

from pathlib import Path

from config.embedded.place import PROJECT

CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def fontconfig_environment(folder: Path) -> dict[str, str]:
    """Write a fontconfig file into a folder and return the variable that makes programs use it."""
    file = folder / "fonts.conf"
    file.write_text(
        CONFIGURATION.format(fonts=PROJECT / "static" / "fonts", cache=folder / "fontconfig")
    )
    return {"FONTCONFIG_FILE": str(file)}
