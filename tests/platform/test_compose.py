"""docker-compose.yml and its image: what production must have, and that the manual tells of it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from config.embedded.place import PROJECT

DOCKER = PROJECT / "config" / "docker"
LASTING = {"db", "redis", "web", "worker", "beat", "nginx"}
OURS = {"migrate", "web", "worker", "beat"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


def test_has_these_services_and_volumes(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == LASTING | {"migrate"}
    assert set(compose["volumes"]) == {"database", "redis", "files"}


def test_every_lasting_service_has_a_health_check_and_restarts(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {name for name in services if "healthcheck" in services[name]} == LASTING
    restarts = {name: services[name]["restart"] for name in services}
    assert restarts == dict.fromkeys(LASTING, "unless-stopped") | {"migrate": "no"}


def test_database_is_the_version_and_locale_of_the_embedded_one(compose: dict[str, Any]) -> None:
    db = compose["services"]["db"]
    assert db["image"] == "postgres:18"
    assert db["volumes"] == ["database:/var/lib/postgresql"]
    assert db["environment"]["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8 --locale=C.UTF-8"


def test_programs_start_after_one_migration(compose: dict[str, Any]) -> None:
    expected = {
        "db": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }
    for name in ("web", "worker", "beat"):
        assert compose["services"][name]["depends_on"] == expected
    script = compose["services"]["migrate"]["command"][-1].splitlines()
    assert script == [
        "python manage.py check --deploy --fail-level ERROR",
        "python manage.py migrate --noinput",
        "python manage.py load_reference",
    ]


def test_one_image_without_privileges(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {services[name]["image"] for name in OURS} == {"shouze:${SHOUZE_VERSION:-latest}"}
    for name in OURS:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER shouze"]
    assert lines.index("USER shouze") > max(
        number for number, line in enumerate(lines) if line.startswith(("RUN ", "COPY "))
    )


def test_only_nginx_is_published(compose: dict[str, Any]) -> None:
    published = {name for name, service in compose["services"].items() if "ports" in service}
    assert published == {"nginx"}


def test_nginx_serves_what_django_points_at(compose: dict[str, Any]) -> None:
    prefix = compose["services"]["web"]["environment"]["FILES_ACCEL_PREFIX"]
    text = (DOCKER / "nginx.conf").read_text()
    location = re.search(rf"location {prefix} {{([^}}]*)}}", text)
    said = [line.strip() for line in re.sub(r"#.*", "", location[1]).split(";") if line.strip()]
    # A redirect drops the view's own headers; those that bind the browser are taken over by name.
    assert said == [
        "internal",
        "alias /srv/files/",
        "add_header Content-Security-Policy $upstream_http_content_security_policy",
        "add_header X-Content-Type-Options $upstream_http_x_content_type_options",
        "add_header X-Frame-Options $upstream_http_x_frame_options",
        "add_header Referrer-Policy $upstream_http_referrer_policy",
    ]
    assert "files:/srv/files:ro" in compose["services"]["nginx"]["volumes"]
    assert "FILES_ROOT=/srv/files" in (DOCKER / "Dockerfile").read_text()


def test_files_named_by_the_compose_file_exist(compose: dict[str, Any]) -> None:
    build = compose["services"]["migrate"]["build"]
    mounted = [
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert mounted == ["./config/docker/nginx.conf"]
    for name in (build["dockerfile"], *mounted, "config/docker/.env.example"):
        assert (PROJECT / name).is_file(), name
    health = compose["services"]["web"]["healthcheck"]["test"]
    assert (PROJECT / health[-1]).is_file()


def test_the_image_installs_the_pdf_libraries() -> None:
    from config.embedded.packages import PDF_LIBRARIES

    text = (DOCKER / "Dockerfile").read_text()
    assert [package for package in PDF_LIBRARIES if package not in text] == []


def example_names() -> set[str]:
    text = (DOCKER / ".env.example").read_text()
    return set(re.findall(r"^([A-Z0-9_]+)=", text, flags=re.MULTILINE))


def interpolated(text: str) -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))


def settings_names() -> set[str]:
    """Every environment variable that the production settings and processes read."""
    names: set[str] = set()
    for path in ("config/settings/base.py", "config/celery.py", "config/wsgi.py"):
        text = (PROJECT / path).read_text()
        names |= set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', text))
        names |= set(re.findall(r'os\.environ\.get\("([A-Z0-9_]+)"', text))
    return names


def test_the_example_sets_only_what_something_reads() -> None:
    compose_text = (PROJECT / "docker-compose.yml").read_text()
    gunicorn = (DOCKER / "gunicorn.conf.py").read_text()
    read = settings_names() | interpolated(compose_text)
    read |= set(re.findall(r'environ\.get\("([A-Z_]+)"', gunicorn))
    read |= set(re.findall(r"\$\$\{([A-Z_]+)", compose_text))
    assert example_names() - read == set()
    assert {"POSTGRES_PASSWORD", "SECRET_KEY", "FIELD_KEYS", "DIGEST_KEY"} <= example_names()


def test_the_manual_explains_every_variable() -> None:
    manual = (PROJECT / "docs" / "operations.md").read_text()
    rows = set(re.findall(r"^\| `([A-Z0-9_]+)`", manual, flags=re.MULTILINE))
    compose_text = (PROJECT / "docker-compose.yml").read_text()
    wanted = settings_names() | example_names() | interpolated(compose_text)
    assert wanted - rows == set()


def test_the_commands_that_make_keys_make_good_ones(capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCKER / ".env.example").read_text()
    for code, names in re.findall(r"python3 -c '([^']+)'\s+(.+)", text):
        exec(code, {})  # noqa: S102  the line we tell people to run
        made = capsys.readouterr().out.strip()
        if "FIELD_KEYS" in names:
            assert Fernet(made).decrypt(Fernet(made).encrypt(b"x")) == b"x"
        else:
            assert len(made) > 50


def test_no_secret_is_in_the_image() -> None:
    ignored = Path(DOCKER / "Dockerfile.dockerignore").read_text().split()
    assert {"config/docker/.env", "var", ".git"} <= set(ignored)
