"""What is kept in the file, with several threads and processes."""

from __future__ import annotations

import itertools
import multiprocessing
import stat
import threading
from pathlib import Path

import oss2

from provisioner.sandbox.oss import clear_oss
from tests.unit.sandbox.oss.oss_service import Service, refusal


def test_the_data_outlives_the_server_and_is_private(tmp_path: Path) -> None:
    first = Service(tmp_path / "sandbox")
    first.bucket().create_bucket()
    first.bucket().put_object("a", b"1")
    files = {path.name: stat.filemode(path.stat().st_mode) for path in (tmp_path / "sandbox").iterdir()}
    first.server.close()
    second = Service(tmp_path / "sandbox")
    assert second.bucket().get_object("a").read() == b"1"
    second.server.close()
    assert set(files.values()) == {"-rw-------"}


def test_clearing_removes_everything_under_a_running_server(service: Service) -> None:
    service.bucket().put_object("a", b"1")
    clear_oss(service.path)
    assert refusal(service.bucket().get_bucket_info) == (404, "NoSuchBucket")


def _put_all(path: Path, process: int) -> None:
    service = Service(path)
    for number in range(20):
        try:
            service.bucket().put_object(f"{number}", b"%d" % process, headers={"x-oss-forbid-overwrite": "true"})
        except oss2.exceptions.ServerError as error:
            assert error.code == "FileAlreadyExists"
        service.bucket().put_object(f"own-{process}-{number}", b"")
    service.server.close()


def test_several_processes_share_a_directory(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.bucket().create_bucket()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_put_all, args=(tmp_path, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    keys = [item.key for item in oss2.ObjectIteratorV2(service.bucket(), max_keys=1000)]
    service.server.close()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(keys) == 20 + 2 * 20


def test_of_many_threads_one_creates_an_object(service: Service) -> None:
    won: list[int] = []

    def put(number: int) -> None:
        for round_number in range(5):
            try:
                headers = {"x-oss-forbid-overwrite": "true"}
                service.bucket().put_object(f"{round_number}", b"%d" % number, headers=headers)
            except oss2.exceptions.ServerError:
                continue
            won.append(round_number)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: len(list(group)) for number, group in itertools.groupby(sorted(won))} == dict.fromkeys(range(5), 1)
