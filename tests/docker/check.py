"""Read the deployment's files as their programs would, and hold them against each other.

No Docker engine is needed, and none was used: this finds slips, it doesn't prove a deployment.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"
PROCESSES = {
    "web-http", "web-ws", "beat", "relay",
    "worker", "provider-worker", "message-worker", "clock-worker", "face-worker",
}  # fmt: skip
PARTS = PROCESSES | {"migrate", "nginx", "postgres", "valkey"}
# Read by a base image, by the platform or while the image is built, not by our settings.
FOREIGN_VARIABLES = {
    "POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "VALKEY_PASSWORD", "VEZ_VERSION",
    "FACE_LIVENESS_SCREEN",
}  # fmt: skip


def problems() -> list[str]:
    """All that is wrong, each as one line; empty when the files fit."""
    return [
        *dockerfile_problems((DOCKER / "Dockerfile").read_text()),
        *start_problems(),
        *compose_problems(DOCKER / "compose.yaml", PARTS),
        *compose_problems(
            DOCKER / "elastic_beanstalk" / "docker-compose.yml",
            PARTS - {"postgres", "valkey"},
        ),
        *environment_problems(),
        *[line for file in sorted((DOCKER / "nginx").iterdir()) for line in nginx_problems(file)],
        *forwarding_problems(),
        *beanstalk_problems(),
        *cloudformation_problems(DOCKER / "aws" / "storage.yaml"),
    ]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile."""

    word: str
    rest: str


def dockerfile_problems(text: str) -> list[str]:
    instructions = parse_dockerfile(text)
    stages = [item.rest.split() for item in instructions if item.word == "FROM"]
    names = {words[-1] for words in stages if "AS" in words}
    found = [
        f"Dockerfile: {words[0]} is not pinned to a version"
        for words in stages
        if words[0] not in names and not re.search(r":\d[\w.-]+$", words[0])
    ]
    starts = [place for place, item in enumerate(instructions) if item.word == "FROM"]
    last = instructions[starts[-1] :]
    words_of_last = [item.word for item in last]
    users = [item.rest for item in last if item.word == "USER"]
    if not users or users[-1] in {"root", "0"}:
        found.append("Dockerfile: the product runs as root")
    found += [
        f"Dockerfile: the product's stage has no {word}"
        for word in ("HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL")
        if word not in words_of_last
    ]
    runs = " ".join(item.rest for item in instructions if item.word == "RUN")
    found += [
        f"Dockerfile: {what} would be compiled at each start"
        for what, order in (("packages", "--compile-bytecode"), ("the product", "-m compileall"))
        if order not in runs
    ]
    for item in instructions:
        if item.word == "ADD":
            found.append("Dockerfile: ADD fetches and unpacks; use COPY")
        if item.word in {"ENV", "ARG"} and re.search(r"(SECRET|KEY|PASSWORD|TOKEN)", item.rest):
            found.append(f"Dockerfile: a secret in the image: {item.rest}")
        if item.word == "COPY" and not item.rest.startswith("--from="):
            found += [
                f"Dockerfile: {source} does not exist"
                for source in item.rest.split()[:-1]
                if not (ROOT / source).exists()
            ]
            found += [
                f".dockerignore keeps {source} out of the image"
                for source in item.rest.split()[:-1]
                if not is_sent_to_the_builder(source)
            ]
    return found


def parse_dockerfile(text: str) -> list[Instruction]:
    """The instructions, comments dropped and continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def is_sent_to_the_builder(source: str) -> bool:
    allowed = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    name = source.rstrip("/")
    return any(name == entry or name.startswith(f"{entry}/") for entry in allowed)


def start_problems() -> list[str]:
    found = []
    script = DOCKER / "start"
    if subprocess.run(["/bin/sh", "-n", script], check=False).returncode != 0:
        found.append("docker/start: not a valid shell script")
    if not script.stat().st_mode & 0o100:
        found.append("docker/start: not executable")
    missing = (PROCESSES | {"migrate"}) - start_names()
    return found + [f"docker/start: does not know {name}" for name in sorted(missing)]


def start_names() -> set[str]:
    """The names that docker/start knows."""
    return set(re.findall(r"^    ([a-z-]+)\)$", (DOCKER / "start").read_text(), re.MULTILINE))


def compose_problems(file: Path, expected: set[str]) -> list[str]:
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    services: dict[str, dict[str, Any]] = document["services"]
    where = str(file.relative_to(ROOT))
    found = [f"{where}: no service {name}" for name in sorted(expected - services.keys())]
    found += [f"{where}: unexpected {name}" for name in sorted(services.keys() - expected)]
    named_volumes = set(document.get("volumes") or {})
    named_networks = set(document.get("networks") or {})
    for name, service in services.items():
        here = f"{where}: {name}"
        if "build" in service:
            found += _own_service_problems(here, name, service)
        elif not re.search(r":\d[\w.-]*$", service["image"]):
            found.append(f"{here}: {service['image']} is not pinned to a version")
        if service.get("privileged") or "docker.sock" in str(service):
            found.append(f"{here}: rules over the machine")
        for other in service.get("depends_on") or []:
            if other not in services:
                found.append(f"{here}: depends on {other}, which is no service")
        for network in service.get("networks") or []:
            if network not in named_networks:
                found.append(f"{here}: network {network} is not declared")
        for volume in service.get("volumes") or []:
            source = volume.split(":")[0]
            if source.startswith("."):
                if (
                    not source.endswith("certs")
                    and not (file.parent / source).exists()
                    and not (ROOT / source).exists()
                ):
                    found.append(f"{here}: {source} does not exist")
            elif source not in named_volumes:
                found.append(f"{here}: volume {source} is not declared")
        if name not in {"nginx"} and service.get("ports"):
            found.append(f"{here}: is reachable from outside")
    return found


def _own_service_problems(here: str, name: str, service: dict[str, Any]) -> list[str]:
    found = []
    if service["command"] != [name] or name not in start_names():
        found.append(f"{here}: starts {service['command']}, which docker/start does not know")
    if service.get("cap_drop") != ["ALL"] or not service.get("read_only"):
        found.append(f"{here}: has more rights than it needs")
    if name not in {"web-http", "web-ws"} and not service["healthcheck"].get("disable"):
        found.append(f"{here}: is no web server and would always be unhealthy")
    return found


def environment_problems() -> list[str]:
    """Every variable that a file names is one that the settings read."""
    modules = (ROOT / "clinic" / "config" / "settings").glob("*.py")
    settings = "".join(module.read_text() for module in modules)
    known = set(re.findall(r"""\b(?:env(?:\.\w+)?|secret)\(\s*"([A-Z0-9_]+)\"""", settings))
    known |= FOREIGN_VARIABLES
    example = (DOCKER / "env.example").read_text()
    offered = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    found = [f"env.example: {name} is read by nobody" for name in sorted(offered - known)]
    compose = (DOCKER / "compose.yaml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", compose))
    found += [
        f"compose.yaml: {name} is not in env.example"
        for name in sorted(used - offered - {"VEZ_VERSION"})
    ]
    filled = re.findall(r"^(\w*(?:SECRET|KEY|PASSWORD)\w*)=(.+)$", example, re.MULTILINE)
    return found + [f"env.example: {name} has a value" for name, _ in filled]


def nginx_problems(file: Path) -> list[str]:
    """Braces pair up, every directive ends, upstreams are services, headers are set anew, and the
    log holds no address as it came."""
    where = f"docker/nginx/{file.name}"
    depth = 0
    found = []
    statement = ""
    for number, raw in enumerate(file.read_text().splitlines(), start=1):
        line = "" if raw.lstrip().startswith("#") else raw.strip()
        statement = f"{statement} {line}".strip()
        if statement.endswith("{") and not statement.endswith("${"):
            depth += 1
            statement = ""
        elif statement == "}":
            depth -= 1
            statement = ""
        elif statement.endswith(";"):
            statement = ""
        if depth < 0:
            return [f"{where}:{number}: a brace too many"]
    if depth or statement:
        found.append(f"{where}: ends within a block or a directive")
    text = file.read_text()
    found += [
        f"{where}: {upstream} is no service"
        for upstream in re.findall(r"proxy_pass http://([\w-]+):", text)
        if upstream not in PROCESSES
    ]
    own_log = "access_log /var/log/nginx/access.log clinic;"
    shared = "include /etc/nginx/clinic.conf;"
    if text.count("server {") > text.count(own_log) + text.count(shared):
        found.append(f"{where}: a server logs in nginx's own format")
    found += [
        f"{where}: the log has {variable}"
        for form in re.findall(r"log_format [^;]+;", text)
        for variable in re.findall(
            r"\$(?:request(?:_uri)?|uri|args|query_string|http_referer)\b", form
        )
    ]
    if "proxy_add_x_forwarded_for" in text:
        found.append(f"{where}: passes on what a client says of its address")
    return found


# How each deployment's nginx tells the client's address, and the proxies that this leaves to trust.
FORWARDING = {
    "compose.conf": ("compose.yaml", "set $forwarded_for $remote_addr;", "1"),
    "beanstalk.conf": (
        "elastic_beanstalk/docker-compose.yml",
        "default $http_x_forwarded_for;",
        "${TRUSTED_PROXIES:-1}",
    ),
}


def forwarding_problems(folder: Path = DOCKER) -> list[str]:
    """What nginx passes on of X-Forwarded-For is what TRUSTED_PROXIES counts in."""
    found = []
    for config, (compose, passed, trusted) in FORWARDING.items():
        if passed not in (folder / "nginx" / config).read_text():
            found.append(f"docker/nginx/{config}: no {passed}")
        document = yaml.safe_load((folder / compose).read_text())
        for name, service in document["services"].items():
            environment = service.get("environment", {})
            if name in PROCESSES and environment.get("TRUSTED_PROXIES", trusted) != trusted:
                found.append(f"docker/{compose}: TRUSTED_PROXIES of {name} is not {trusted}")
    shared = (folder / "nginx" / "clinic.conf").read_text()
    if shared.count("X-Forwarded-For $forwarded_for;") != shared.count("proxy_pass"):
        found.append("docker/nginx/clinic.conf: an upstream isn't told the client's address")
    return found


def beanstalk_problems() -> list[str]:
    found = []
    for file in (DOCKER / "elastic_beanstalk" / "ebextensions").glob("*.config"):
        document = yaml.safe_load(file.read_text())
        for namespace, options in document["option_settings"].items():
            if not namespace.startswith("aws:"):
                found.append(f"{file.name}: {namespace} is no namespace")
            found += [
                f"{file.name}: {namespace} {name} must be text"
                for name, value in options.items()
                if not isinstance(value, str)
            ]
    contents = bundle_module().bundle_contents()
    needed = {
        "docker-compose.yml",
        "docker/Dockerfile",
        "docker/start",
        "docker/watch.py",
        "manage.py",
        "LICENSE",
    }
    found += [f"bundle: {name} is missing" for name in sorted(needed - contents.keys())]
    unwanted = re.compile(
        r"(^|/)(\.env$|\.git/|var/|node_modules/|tests/|clinic/(sandbox|demo|launcher)/)"
    )
    found += [f"bundle: {name} does not belong there" for name in contents if unwanted.search(name)]
    return found


def bundle_module() -> ModuleType:
    """The script that makes the bundle; its folder is no package."""
    file = DOCKER / "elastic_beanstalk" / "bundle.py"
    spec = importlib.util.spec_from_file_location("beanstalk_bundle", file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _CloudFormation(yaml.SafeLoader):
    """YAML with CloudFormation's short functions."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_CloudFormation.add_multi_constructor("!", _function)


def cloudformation(text: str) -> dict[str, Any]:
    """A template, each short function a mapping by its name."""
    document: dict[str, Any] = yaml.load(text, _CloudFormation)  # noqa: S506 - of the safe loader
    return document


def cloudformation_problems(file: Path) -> list[str]:
    """References lead somewhere, and no bucket is open."""
    text = file.read_text()
    document = cloudformation(text)
    where = str(file.relative_to(ROOT))
    known = {*document["Resources"], *document["Parameters"]}
    named = set(re.findall(r"!Ref (\w+)\b(?!:)", text)) | set(re.findall(r"!GetAtt (\w+)\.", text))
    named |= {name for name in re.findall(r"\$\{(\w+)[.}]", text) if name != "AWS"}
    found = [f"{where}: {name} is not defined" for name in sorted(named - known)]
    for name, resource in document["Resources"].items():
        if resource["Type"] != "AWS::S3::Bucket":
            continue
        access = resource["Properties"].get("PublicAccessBlockConfiguration", {})
        if len(access) != 4 or not all(access.values()):
            found.append(f"{where}: {name} is open to the public")
        if "BucketEncryption" not in resource["Properties"]:
            found.append(f"{where}: {name} is not encrypted")
    if re.search(r"[&*][a-z]+\b", re.sub(r"\"[^\"]*\"", "", text)):
        found.append(f"{where}: CloudFormation knows no YAML anchors")
    return found


def command_of(name: str) -> list[str]:
    """The words of the command that docker/start runs for a process."""
    script = (DOCKER / "start").read_text()
    body = script.split(f"    {name})\n", 1)[1].split(";;", 1)[0]
    lines = [line for line in body.splitlines() if not line.strip().startswith("#")]
    return shlex.split("\n".join(lines).replace("\\\n", " "))


if __name__ == "__main__":
    lines = problems()
    print("\n".join(lines) or "Dockerfile, compose files, nginx, bundle and templates fit.")
    sys.exit(1 if lines else 0)
