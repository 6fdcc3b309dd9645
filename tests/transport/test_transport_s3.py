"""S3: refused credentials, refused listings and empty prefixes are three different things (FAULTS T24, T26)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from hrtp.errors import TransportError
from tests.transport.servers import HOST, closed_port
from tests.transport.world import World

EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
READING_ONLY = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
LISTING_ONLY = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}


@pytest.fixture
def guarded(s3_world: World) -> Iterator[World]:
    """A server that checks keys and policies, and holds one file."""
    s3_world.put("participants_20260930.csv", b"x")
    url = f"http://{HOST}:{s3_world.port}/moto-api/reset-auth"
    requests.post(url, data="4", timeout=10)  # the four calls that make the user below
    yield s3_world
    requests.post(url, data="inf", timeout=10)
    for transport in s3_world.opened:
        transport.close()


def user_with(world: World, policy: dict[str, Any]) -> dict[str, str]:
    """Make a user who may do what `policy` says; returns what the environment would hold."""
    keys = {"aws_access_key_id": "root", "aws_secret_access_key": "root"}
    iam = boto3.client("iam", endpoint_url=f"http://{HOST}:{world.port}", region_name="us-east-1", **keys)
    name = f"county-{world.url.split('/')[2]}"
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"S3_KEY": key["AccessKeyId"], "S3_SECRET": key["SecretAccessKey"]}


def test_a_user_who_may_read_and_list_gets_the_file(guarded: World, tmp_path: Path) -> None:
    transport = guarded.open(environ=user_with(guarded, EVERYTHING))
    transport.download(transport.list()[0], tmp_path / "landed")
    assert (tmp_path / "landed").read_bytes() == b"x"


def test_a_listing_that_is_denied_is_not_an_empty_one(guarded: World) -> None:
    transport = guarded.open(environ=user_with(guarded, READING_ONLY))
    with pytest.raises(TransportError) as caught:
        transport.list()
    assert caught.value.code == "LISTING_DENIED"


def test_a_file_that_may_be_seen_and_not_read_is_denied(guarded: World, tmp_path: Path) -> None:
    transport = guarded.open(environ=user_with(guarded, LISTING_ONLY))
    [file] = transport.list()
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "DENIED"
    assert list(tmp_path.glob("landed*")) == []


@pytest.mark.parametrize("wrong", [{"S3_KEY": "AKIAOFLASTYEAR"}, {"S3_SECRET": "of last year"}])
def test_a_key_that_is_unknown_or_wrong_is_tried_once(
    guarded: World, wrong: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    environ = user_with(guarded, EVERYTHING) | wrong
    caplog.clear()
    with pytest.raises(TransportError) as caught:
        guarded.open(environ=environ).list()
    assert caught.value.code == "AUTH"
    assert len([r for r in caplog.records if "list-type=2" in r.getMessage()]) == 1


def test_no_key_anywhere_is_said_without_a_call(s3_world: World) -> None:
    options = {name: value for name, value in s3_world.options.items() if name not in ("key", "secret")}
    s3_world.options = options | {"endpoint_url": f"http://{HOST}:{closed_port()}"}
    with pytest.raises(TransportError) as caught:
        s3_world.open().list()
    assert caught.value.code == "AUTH"


def test_only_what_lies_right_under_the_prefix_is_taken(s3_world: World) -> None:
    for key in ("a.csv", "archive/b.csv", "", "../outbox2/c.csv"):
        s3_world.put(key, b"x")
    transport = s3_world.open()
    assert [file.name for file in transport.list()] == ["a.csv"]
    transport.close()


def test_a_bucket_may_be_the_folder(s3_world: World) -> None:
    s3_world.bucket.put_object(Key="top.csv", Body=b"x")
    transport = s3_world.open(url=s3_world.url.removesuffix("/outbox"))
    assert [file.name for file in transport.list()] == ["top.csv"]
    transport.close()
