"""
Terraform's own `oss` backend keeps its state in the sandbox.

The product does not use it (its states are a log of their own); this holds the sandbox's OSS against one more client,
whose every request is known. `terraform_data` is built into terraform, so no registry is asked.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest

from provisioner.objectstore import OssStore
from provisioner.runner import find_engine
from provisioner.sandbox.client_settings.hcl import to_hcl_block
from provisioner.sandbox.oss import Server, serve_oss
from provisioner.sandbox.oss.messages import Request
from tests.e2e.served import section, serve

REGION, BUCKET, KEY_ID, SECRET = "eu-central-1", "states", "LTAIbackend", "the-secret"
RESOURCE = 'resource "terraform_data" "greeting" {\n  input = "hello"\n}\n'
STATE = "demo/terraform.tfstate"
BLUE = "demo/blue/terraform.tfstate"


@dataclass(frozen=True)
class Done:
    """A finished terraform."""

    code: int
    out: str
    err: str


@dataclass
class Terraform:
    """Runs terraform in one folder."""

    command: tuple[str, ...]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Done:
        """Run a command."""
        environment = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env={**os.environ, **environment, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str) -> str:
        """Run a command that has to succeed, and return what it printed."""
        done = self(*arguments)
        assert done.code == 0, done.out + done.err
        return done.out

    def elsewhere(self, folder: Path) -> Terraform:
        """Return the same configuration in a folder that holds nothing else, as another checkout of it."""
        folder.mkdir()
        (folder / "main.tf").write_text((self.folder / "main.tf").read_text())
        return Terraform(self.command, folder, self.environment)


class Storage:
    """The sandbox's OSS with one bucket, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[Request] = []
        self.server: Server = serve_oss(folder, {KEY_ID: SECRET}.get, str, intercept=self._note)
        self.store = OssStore(self.server.url, REGION, BUCKET, KEY_ID, SECRET)
        self.store.ensure_bucket()
        self.requests.clear()

    def _note(self, phase: str, request: Request) -> None:
        if phase == "before":
            self.requests.append(request)

    def keys(self) -> list[str]:
        """Return the keys in the bucket."""
        return [entry.key for entry in self.store.list("")]

    def backend(self, **changes: object) -> str:
        """Return a root module with a backend in the bucket."""
        settings = {
            "bucket": BUCKET,
            "prefix": "demo",
            "key": "terraform.tfstate",
            "region": REGION,
            "endpoint": self.server.url,
            "access_key": KEY_ID,
            "secret_key": SECRET,
            "encrypt": True,
            **changes,
        }
        return to_hcl_block("terraform", {'backend "oss"': settings}) + RESOURCE


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(tmp_path / "sandbox")
    yield storage
    storage.server.close()


@pytest.fixture
def terraform(storage: Storage, engine: str | None, tmp_path: Path) -> Terraform:
    """Return terraform in a root module with a backend in the bucket."""
    return terraform_with(engine, storage.backend(), tmp_path)


def terraform_with(engine: str | None, text: str, tmp_path: Path) -> Terraform:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "main.tf").write_text(text)
    return Terraform(find_engine(engine, os.environ, tmp_path / "cache").command, folder)


def resources(storage: Storage, key: str) -> list[str]:
    """Return the names of the resources in a state, as anybody reads it who opens the object."""
    return [resource["name"] for resource in json.loads(storage.store.get(key).body)["resources"]]


def test_state_is_an_encrypted_object_in_the_bucket(terraform, storage):
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    assert storage.keys() == [STATE]
    assert resources(storage, STATE) == ["greeting"]
    bucket = oss2.Bucket(oss2.Auth(KEY_ID, SECRET), storage.server.url, BUCKET)
    assert bucket.head_object(STATE).headers["x-oss-server-side-encryption"] == "AES256"


def test_another_checkout_reads_the_state_back(terraform, tmp_path):
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    other = terraform.elsewhere(tmp_path / "other")
    other.ok("init")
    assert other.ok("state", "list") == "terraform_data.greeting\n"
    other.ok("plan", "-detailed-exitcode")


def test_destroy_leaves_a_state_without_resources(terraform, storage):
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    terraform.ok("destroy", "-auto-approve")
    assert resources(storage, STATE) == []


def test_each_workspace_has_a_state_of_its_own(terraform, storage):
    terraform.ok("init")
    terraform.ok("workspace", "new", "blue")
    terraform.ok("apply", "-auto-approve")
    assert terraform.ok("workspace", "list").split() == ["default", "*", "blue"]
    assert resources(storage, BLUE) == ["greeting"]
    terraform.ok("workspace", "select", "default")
    assert terraform.ok("workspace", "list").split() == ["*", "default", "blue"]
    assert terraform("state", "list").out == ""


def test_deleted_workspace_takes_its_state_along(terraform, storage):
    terraform.ok("init")
    terraform.ok("workspace", "new", "blue")
    terraform.ok("workspace", "select", "default")
    assert storage.keys() == [BLUE]
    terraform.ok("workspace", "delete", "blue")
    assert storage.keys() == []


def test_workspace_that_still_has_resources_is_not_deleted(terraform, storage):
    terraform.ok("init")
    terraform.ok("workspace", "new", "blue")
    terraform.ok("apply", "-auto-approve")
    terraform.ok("workspace", "select", "default")
    assert terraform("workspace", "delete", "blue").code == 1
    assert resources(storage, BLUE) == ["greeting"]


def test_state_moves_from_the_folder_into_the_bucket(terraform, storage):
    configuration = terraform.folder / "main.tf"
    with_backend = configuration.read_text()
    configuration.write_text(RESOURCE)
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    configuration.write_text(with_backend)
    terraform.ok("init", "-migrate-state", "-force-copy")
    assert resources(storage, STATE) == ["greeting"]
    terraform.ok("plan", "-detailed-exitcode")


def test_backend_speaks_tls_on_the_same_port(engine, storage, tmp_path):
    endpoint = storage.server.url.replace("http://", "https://")
    terraform = terraform_with(engine, storage.backend(endpoint=endpoint), tmp_path)
    terraform.environment["SSL_CERT_FILE"] = str(storage.server.ca_path)
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    assert resources(storage, STATE) == ["greeting"]


def test_bucket_is_named_in_the_path_and_nothing_is_locked(terraform, storage):
    """Virtual-hosted names would need a resolver; a lock would be an object or a call to Tablestore."""
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    hosts = {request.headers["host"] for request in storage.requests}
    assert hosts == {urlsplit(storage.server.url).netloc}
    assert {request.key for request in storage.requests if request.method == "PUT"} == {STATE}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_key": "another"}, "SignatureDoesNotMatch"),
        ({"access_key": "LTAImissing"}, "InvalidAccessKeyId"),
        ({"bucket": "missing-bucket"}, "NoSuchBucket"),
    ],
)
@pytest.mark.parametrize("engine", ["bundled"], indirect=True)
def test_refusal_reaches_the_operator(engine, storage, tmp_path, changes, code):
    done = terraform_with(engine, storage.backend(**changes), tmp_path)("init")
    assert (done.code, code in done.err) == (1, True), done.err


class Proxy(ThreadingHTTPServer):
    """Notes whom it is asked for, and passes on what is for this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pass)
        self.hosts: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Pass(BaseHTTPRequestHandler):
    server: Proxy

    def _pass(self) -> None:
        address = urlsplit(self.path)
        self.server.hosts.add(address.netloc)
        if address.hostname != "127.0.0.1":
            self.send_error(502)
            return
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        target = address.path + (f"?{address.query}" if address.query else "")
        connection.request(self.command, target, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = _pass

    def do_CONNECT(self) -> None:
        self.server.hosts.add(self.path)
        self.send_error(502)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


def test_only_the_sandbox_is_asked(terraform, storage, proxy):
    """Older backends take the proxy to loopback too, newer ones do not: it is never asked for anybody else."""
    terraform.environment |= {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
    terraform.ok("init")
    terraform.ok("apply", "-auto-approve")
    terraform.ok("workspace", "new", "blue")
    assert storage.keys() == [BLUE, STATE]
    assert proxy.hosts - {urlsplit(storage.server.url).netloc} == set()


def test_it_is_the_endpoint_that_keeps_the_backend_here(engine, storage, tmp_path, proxy):
    """Without it the location service is asked where OSS is, which shows that the proxy would have noticed."""
    terraform = terraform_with(engine, storage.backend(endpoint=""), tmp_path)
    terraform.environment |= {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
    assert terraform("init").code == 1
    assert "location-readonly.aliyuncs.com:443" in proxy.hosts


def test_printed_block_works_as_it_stands(provision, engine, tmp_path):
    with serve(provision) as printed:
        text = section(printed, "terraform: its own states") + RESOURCE
        terraform = terraform_with(engine, text, tmp_path)
        terraform.ok("init")
        terraform.ok("apply", "-auto-approve")
        other = terraform.elsewhere(tmp_path / "other")
        other.ok("init")
        assert other.ok("state", "list") == "terraform_data.greeting\n"
