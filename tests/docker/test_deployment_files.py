"""The deployment's files fit together; what `make run` starts is what production starts."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from string import Template
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from clinic.launcher.processes import Program
from tests.docker import check


def given_to_celery(folder: Path, name: str, environment: dict[str, str]) -> list[str]:
    """The arguments with which docker/start starts this worker."""
    celery = folder / "celery"
    celery.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    celery.chmod(0o755)
    started = subprocess.run(
        [check.DOCKER / "start", name],
        env={"PATH": f"{folder}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return started.stdout.splitlines()


def test_nothing_is_wrong_with_the_files() -> None:
    assert check.problems() == []


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("FROM python:latest\nUSER vez", "Dockerfile: python:latest is not pinned to a version"),
        ("FROM python:3.11-slim\nUSER root", "Dockerfile: the product runs as root"),
        ("FROM python:3.11-slim\nENV SECRET_KEY=x", "Dockerfile: a secret in the image"),
        (
            "FROM python:3.11-slim\nRUN uv pip sync base.lock",
            "Dockerfile: packages would be compiled at each start",
        ),
        (
            "FROM python:3.11-slim\nRUN uv pip sync --compile-bytecode base.lock",
            "Dockerfile: the product would be compiled at each start",
        ),
        ("FROM python:3.11-slim\nCOPY nowhere /x", "Dockerfile: nowhere does not exist"),
        ("FROM python:3.11-slim\nCOPY tests /x", ".dockerignore keeps tests out of the image"),
    ],
)
def test_a_planted_fault_in_the_dockerfile_is_found(fault: str, complaint: str) -> None:
    found = check.dockerfile_problems(fault)

    assert any(line.startswith(complaint) for line in found), found


def test_an_unfinished_nginx_block_is_found(tmp_path: Path) -> None:
    file = tmp_path / "broken.conf"
    file.write_text("server {\n    include /etc/nginx/clinic.conf;\n    listen 80\n")

    assert check.nginx_problems(file) == [
        "docker/nginx/broken.conf: ends within a block or a directive"
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("server {\n    listen 80;\n}\n", "a server logs in nginx's own format"),
        ("log_format clinic '$request' $status;\n", "the log has $request"),
        ("log_format clinic '$request_uri';\n", "the log has $request_uri"),
        ("log_format clinic '$status'\n  '$http_referer';\n", "the log has $http_referer"),
    ],
)
def test_a_log_that_would_hold_payment_links_is_found(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "log.conf"
    file.write_text(text)

    assert check.nginx_problems(file) == [f"docker/nginx/log.conf: {complaint}"]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/checkout/c2VjcmV0", "/api/checkout/-"),
        ("/api/checkout/c2VjcmV0/payments/1", "/api/checkout/-/payments/1"),
        ("/pay/c2VjcmV0", "/pay/-"),
        ("/api/visits/c2VjcmV0", "/api/visits/-"),
        ("/v/c2VjcmV0", "/v/-"),
        ("/v/c2VjcmV0/", "/v/-/"),
        ("/repor/c2VjcmV0", "/repor/-"),
        ("/api/staff/day", "/api/staff/day"),
    ],
)
def test_nginx_logs_a_link_without_its_token(path: str, logged: str) -> None:
    text = (check.DOCKER / "nginx" / "log.conf").read_text()
    found = re.search(r'"~(\S+)" "(\S+)";', text)
    assert found is not None
    pattern, written = found[1].replace("(?<", "(?P<"), found[2]

    match = re.match(pattern, path)
    shown = Template(written).substitute(match.groupdict()) if match else path

    assert shown == logged


@pytest.mark.parametrize(
    ("file", "right", "wrong", "complaint"),
    [
        (
            "elastic_beanstalk/docker-compose.yml",
            '"${TRUSTED_PROXIES:-1}"',
            '"1"',
            "docker/elastic_beanstalk/docker-compose.yml: TRUSTED_PROXIES of web-http is not "
            "${TRUSTED_PROXIES:-1}",
        ),
        (
            "nginx/beanstalk.conf",
            "default $http_x_forwarded_for;",
            "default $remote_addr;",
            "docker/nginx/beanstalk.conf: no default $http_x_forwarded_for;",
        ),
        (
            "nginx/compose.conf",
            "$remote_addr;",
            "$http_x_forwarded_for;",
            "docker/nginx/compose.conf: no set $forwarded_for $remote_addr;",
        ),
    ],
)
def test_proxies_that_are_counted_otherwise_than_passed_on_are_found(
    tmp_path: Path, file: str, right: str, wrong: str, complaint: str
) -> None:
    folder = tmp_path / "docker"
    shutil.copytree(check.DOCKER, folder, ignore=shutil.ignore_patterns("dist", "certs"))
    text = (folder / file).read_text()
    assert right in text
    (folder / file).write_text(text.replace(right, wrong))

    assert complaint in check.forwarding_problems(folder)


@pytest.mark.parametrize("name", settings.WORKERS)
def test_each_worker_takes_its_queues(tmp_path: Path, name: str) -> None:
    started = given_to_celery(tmp_path, name, {})

    assert started[started.index("--queues") + 1] == ",".join(settings.WORKERS[name])
    assert name in check.PROCESSES


def test_start_refuses_a_name_it_does_not_know(tmp_path: Path) -> None:
    unknown = Program("start", [check.DOCKER / "start", "everything"], log=tmp_path / "log")
    unknown.start()
    try:
        assert unknown.wait(10)
        assert unknown.exit_code() == 64
    finally:
        unknown.kill()


def test_the_bundle_is_the_same_twice_and_starts_can_be_run(tmp_path: Path) -> None:
    bundle = check.bundle_module()

    names = bundle.write_bundle(tmp_path / "one.zip")
    bundle.write_bundle(tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert {"docker-compose.yml", ".ebextensions/10-environment.config"} <= set(names)
    with zipfile.ZipFile(tmp_path / "one.zip") as opened:
        assert opened.testzip() is None
        mode = opened.getinfo("docker/start").external_attr >> 16
    assert mode & 0o111


@pytest.mark.parametrize(
    ("environment", "processes"),
    [
        ({}, "1"),
        ({"FACE_ENGINE": "recognition.engines.dlib.DlibEngine"}, "1"),
        ({"FACE_ENGINE": "recognition.engines.rekognition.RekognitionEngine"}, "2"),
        ({"FACE_WORKER_CONCURRENCY": "3"}, "3"),
    ],
    ids=["default", "local", "Amazon", "chosen"],
)
def test_a_kiosk_never_waits_for_an_enrolment_at_amazon(
    tmp_path: Path, environment: dict[str, str], processes: str
) -> None:
    given = given_to_celery(tmp_path, "face-worker", environment)

    assert given[given.index("--concurrency") + 1] == processes
    assert given[given.index("--queues") + 1] == "recognition"


def actions(resource: dict[str, Any]) -> set[str]:
    """What a role or policy of the template allows, also under a condition."""
    properties = resource["Properties"]
    policies = properties.get("Policies", [properties])
    found: set[str] = set()
    for statement in [one for each in policies for one in each["PolicyDocument"]["Statement"]]:
        # Under a condition stand its name, what holds then, and what else.
        rule = statement["If"][1] if "If" in statement else statement
        if rule["Effect"] == "Allow":
            found |= {rule["Action"]} if isinstance(rule["Action"], str) else set(rule["Action"])
    return found


def test_a_kiosk_may_stream_and_only_a_measurement_deletes_collections() -> None:
    template = (check.DOCKER / "aws" / "storage.yaml").read_text()
    resources = check.cloudformation(template)["Resources"]

    assert actions(resources["StreamRole"]) == {"rekognition:StartFaceLivenessSession"}
    instance = actions(resources["InstancePolicy"])
    measurement = actions(resources["MeasurementPolicy"])
    assert {
        "sts:AssumeRole",
        "rekognition:CreateFaceLivenessSession",
        "rekognition:GetFaceLivenessSessionResults",
    } <= instance
    assert "rekognition:StartFaceLivenessSession" not in instance
    assert {"rekognition:DeleteCollection", "rekognition:ListCollections"} & instance == set()
    assert {"rekognition:DeleteCollection", "rekognition:ListCollections"} <= measurement
    assert {action.partition(":")[0] for action in measurement} == {"rekognition"}


def test_cloudfront_says_of_pages_what_the_application_says_of_them(settings: Settings) -> None:
    template = (check.DOCKER / "aws" / "storage.yaml").read_text()
    policy = check.cloudformation(template)["Resources"]["PageHeaders"]["Properties"]
    security = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    said = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]

    own = {
        name: [
            str(source).replace(f"ws://localhost:{settings.PORT}", "wss://${PublicHost}")
            for source in sources
        ]
        for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    }
    written = said["Sub"] if isinstance(said, dict) else said
    assert {
        name: sources for name, *sources in (part.split() for part in written.split(";"))
    } == own
    assert security["FrameOptions"]["FrameOption"] == settings.X_FRAME_OPTIONS
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == settings.SECURE_REFERRER_POLICY
