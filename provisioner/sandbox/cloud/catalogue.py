"""
What the cloud offers: regions, zones, instance types and where they are sold, disk categories and images.

Regions and zones are the public ones. Instance types are a selection: the families below in their usual sizes.
Most families are sold in every zone. `SOLD_IN_FIRST_ZONE` families are new and exist only in the first zone of each
region, `SOLD_IN_FIRST_TWO_ZONES` families only in the first two; the real sales map changes weekly and is not copied.

Sources: Alibaba Cloud "Regions and zones" and "Instance family" pages, as of 2026-01.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

IMAGE_KIND = "image"

_LETTERS = {
    "cn-qingdao": "bc",
    "cn-beijing": "abcdefghijkl",
    "cn-zhangjiakou": "abc",
    "cn-huhehaote": "ab",
    "cn-wulanchabu": "abc",
    "cn-hangzhou": "bcdefghijk",
    "cn-shanghai": "abcdefgklmn",
    "cn-nanjing": "a",
    "cn-fuzhou": "a",
    "cn-wuhan-lr": "a",
    "cn-shenzhen": "abcdef",
    "cn-heyuan": "ab",
    "cn-guangzhou": "ab",
    "cn-chengdu": "ab",
    "cn-zhongwei": "ab",
    "cn-hongkong": "bcd",
    "ap-southeast-1": "abc",
    "ap-southeast-2": "ab",
    "ap-southeast-3": "abc",
    "ap-southeast-5": "abc",
    "ap-southeast-6": "ab",
    "ap-southeast-7": "ab",
    "ap-northeast-1": "abc",
    "ap-northeast-2": "ab",
    "ap-south-1": "ab",
    "us-west-1": "ab",
    "us-east-1": "ab",
    "us-southeast-1": "ab",
    "na-south-1": "ab",
    "eu-central-1": "abc",
    "eu-west-1": "ab",
    "me-east-1": "a",
    "me-central-1": "ab",
}


def _zone_id(region: str, letter: str) -> str:
    # Regions that end in a number take the letter directly: eu-central-1a, but cn-hangzhou-b.
    return f"{region}{letter}" if region[-1].isdigit() else f"{region}-{letter}"


REGIONS: dict[str, tuple[str, ...]] = {
    region: tuple(_zone_id(region, letter) for letter in letters) for region, letters in _LETTERS.items()
}
"""Zone ids by region id."""

_ID_CODES = {
    "cn-qingdao": "m5e",
    "cn-beijing": "2ze",
    "cn-zhangjiakou": "8vb",
    "cn-huhehaote": "hp3",
    "cn-wulanchabu": "0jl",
    "cn-hangzhou": "bp1",
    "cn-shanghai": "uf6",
    "cn-shenzhen": "wz9",
    "cn-heyuan": "f8z",
    "cn-guangzhou": "7xv",
    "cn-chengdu": "2vc",
    "cn-hongkong": "j6c",
    "ap-southeast-1": "t4n",
    "ap-southeast-2": "p0w",
    "ap-southeast-3": "8ps",
    "ap-southeast-5": "k1a",
    "ap-northeast-1": "6we",
    "ap-south-1": "a2d",
    "us-west-1": "rj9",
    "us-east-1": "0xi",
    "eu-central-1": "gw8",
    "eu-west-1": "d7o",
    "me-east-1": "eb3",
}

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def hashed_id(region: str, text: str, length: int = 17) -> str:
    """Return the part of an id behind its prefix: the region's three characters and a hash of `text`."""
    # The digits beyond the last are of no use, and dividing the whole number again and again takes its time.
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()) % 36**length
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_ALPHABET[digit])
    return _ID_CODES.get(region, "x" + region[-2:].replace("-", "0")) + "".join(digits)


@dataclass(frozen=True, slots=True)
class InstanceType:
    """A machine that can be bought."""

    name: str
    family: str
    cpus: int
    memory_gib: float
    architecture: str
    """As images spell it: `x86_64` or `arm64`."""


_STANDARD = {"large": 2, "xlarge": 4, "2xlarge": 8, "3xlarge": 12, "4xlarge": 16, "6xlarge": 24, "8xlarge": 32}
_LARGE = {**_STANDARD, "16xlarge": 64}
_OLD = {"small": 1, "medium": 1, "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32}

# Family: GiB of memory per vCPU, vCPUs by size.
_FAMILIES: dict[str, tuple[float, dict[str, int]]] = {
    "n4": (2, _OLD),
    "mn4": (4, _OLD),
    "xn4": (1, {"small": 1}),
    "e4": (8, _OLD),
    "sn1": (2, {"medium": 2, "large": 4, "xlarge": 8, "3xlarge": 16, "7xlarge": 32}),
    "sn2": (4, {"medium": 2, "large": 4, "xlarge": 8, "3xlarge": 16, "7xlarge": 32}),
    "sn1ne": (2, _STANDARD),
    "sn2ne": (4, _STANDARD),
    "se1ne": (8, _STANDARD),
    "t6-c1m1": (1, {"large": 2, "xlarge": 4, "2xlarge": 8}),
    "t6-c1m2": (2, {"large": 2, "xlarge": 4, "2xlarge": 8}),
    "t6-c1m4": (4, {"large": 2, "xlarge": 4}),
    "g5": (4, _LARGE),
    "c5": (2, _LARGE),
    "r5": (8, _LARGE),
    "hfc5": (2, _STANDARD),
    "hfg5": (4, _STANDARD),
    "g6": (4, _LARGE),
    "c6": (2, _LARGE),
    "r6": (8, _LARGE),
    "g6e": (4, _LARGE),
    "c6e": (2, _LARGE),
    "r6e": (8, _LARGE),
    "hfg6": (4, _LARGE),
    "hfc6": (2, _LARGE),
    "u1-c1m2": (2, _STANDARD),
    "u1-c1m4": (4, _STANDARD),
    "u1-c1m8": (8, _STANDARD),
    "g7": (4, _LARGE),
    "c7": (2, _LARGE),
    "r7": (8, _LARGE),
    "hfg7": (4, _LARGE),
    "hfc7": (2, _LARGE),
    "g8i": (4, _LARGE),
    "c8i": (2, _LARGE),
    "r8i": (8, _LARGE),
    "g8y": (4, _LARGE),
    "c8y": (2, _LARGE),
    "r8y": (8, _LARGE),
    "i3": (8, _STANDARD),
    "gn6i-c4g1": (3.75, {"xlarge": 4}),
    "gn7i-c16g1": (3.75, {"4xlarge": 16}),
    "g9i": (4, _LARGE),
    "c9i": (2, _LARGE),
    "r9i": (8, _LARGE),
}

SOLD_IN_FIRST_ZONE = frozenset({"g9i", "c9i", "r9i", "gn7i-c16g1"})
SOLD_IN_FIRST_TWO_ZONES = frozenset({"g8y", "c8y", "r8y", "i3", "gn6i-c4g1"})
_ARM_FAMILIES = frozenset({"g8y", "c8y", "r8y"})


def _instance_types() -> dict[str, InstanceType]:
    types = {}
    for family, (gib_per_cpu, sizes) in _FAMILIES.items():
        architecture = "arm64" if family in _ARM_FAMILIES else "x86_64"
        for size, cpus in sizes.items():
            name = f"ecs.{family}.{size}"
            # The old families' `small` has half the memory of their `medium`; both have one vCPU.
            memory = gib_per_cpu * cpus
            types[name] = InstanceType(name, f"ecs.{family}", cpus, memory, architecture)
    return types


INSTANCE_TYPES = _instance_types()
"""Every instance type by name."""

DISK_CATEGORIES = ("cloud_essd", "cloud_efficiency", "cloud_ssd", "cloud_auto", "cloud_essd_entry", "cloud")

DISK_SIZES_GIB = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32768),
    "cloud_ssd": (20, 32768),
    "cloud_essd": (1, 65536),
    "cloud_auto": (1, 65536),
    "cloud_essd_entry": (10, 32768),
}
"""Smallest and largest data disk by category."""


def is_sold(type_name: str, zone: str) -> bool:
    """Return whether an instance type can be bought in a zone."""
    known = INSTANCE_TYPES.get(type_name)
    region = region_of_zone(zone)
    if known is None or region is None:
        return False
    family = known.family.removeprefix("ecs.")
    position = REGIONS[region].index(zone)
    if family in SOLD_IN_FIRST_ZONE:
        return position == 0
    return position < 2 or family not in SOLD_IN_FIRST_TWO_ZONES  # noqa: PLR2004 - the first two


@cache
def region_of_zone(zone: str) -> str | None:
    """Return the region a zone belongs to, None when there is no such zone."""
    return next((region for region, zones in REGIONS.items() if zone in zones), None)


@dataclass(frozen=True, slots=True)
class Image:
    """An image that instances can start from."""

    id: str
    name: str
    family: str
    os_name: str
    platform: str
    architecture: str
    owner_alias: str
    """`system` for Alibaba's public images, `others` for custom images shared with every account."""
    size_gib: int
    created: str


SYSTEM_IMAGES = tuple(
    Image(f"{name}.vhd", f"{name}.vhd", family, os_name, platform, architecture, "system", size_gib, created)
    for name, family, os_name, platform, architecture, size_gib, created in (
        ("coreos_2023_4_0_64_30G_alibase_20190319", "", "CoreOS 2023.4.0 64 bit", "CoreOS", "x86_64", 30, "2019-03-19"),
        ("coreos_2247_6_0_64_30G_alibase_20200107", "", "CoreOS 2247.6.0 64 bit", "CoreOS", "x86_64", 30, "2020-01-07"),
        (
            "aliyun_3_x64_20G_alibase_20240528",
            "acs:alibaba_cloud_linux_3_2104_lts_x64",
            "Alibaba Cloud Linux 3.2104 LTS 64 bit",
            "Aliyun",
            "x86_64",
            20,
            "2024-05-28",
        ),
        (
            "aliyun_3_arm64_20G_alibase_20240528",
            "acs:alibaba_cloud_linux_3_2104_lts_arm64",
            "Alibaba Cloud Linux 3.2104 LTS 64 bit for ARM",
            "Aliyun",
            "arm64",
            20,
            "2024-05-28",
        ),
        (
            "ubuntu_22_04_x64_20G_alibase_20240530",
            "acs:ubuntu_22_04_x64",
            "Ubuntu 22.04 64 bit",
            "Ubuntu",
            "x86_64",
            20,
            "2024-05-30",
        ),
        (
            "ubuntu_24_04_x64_20G_alibase_20240812",
            "acs:ubuntu_24_04_x64",
            "Ubuntu 24.04 64 bit",
            "Ubuntu",
            "x86_64",
            20,
            "2024-08-12",
        ),
    )
)
"""Public images; every region has them under the same id."""

_CUSTOM_IMAGES = (
    # name, operating system, platform, architecture, created
    ("gardenlinux-1443.10.0", "Garden Linux 1443.10.0", "Others Linux", "x86_64", "2024-08-05"),
    ("gardenlinux-1592.4.0", "Garden Linux 1592.4.0", "Others Linux", "x86_64", "2025-01-14"),
    ("gardenlinux-1592.4.0-arm64", "Garden Linux 1592.4.0 for ARM", "Others Linux", "arm64", "2025-01-14"),
    ("gardenlinux-1877.3.0", "Garden Linux 1877.3.0", "Others Linux", "x86_64", "2025-06-30"),
)


@cache
def images_of(region: str) -> dict[str, Image]:
    """
    Return a region's built-in images by id.

    Custom images exist per region, as in reality: `m-`, the region's three characters and a hash of the image's name.
    """
    custom = (
        Image(
            f"m-{hashed_id(region, f'image/{name}')}", name, "", os_name, platform, architecture, "others", 20, created
        )
        for name, os_name, platform, architecture, created in _CUSTOM_IMAGES
    )
    return {image.id: image for image in (*SYSTEM_IMAGES, *custom)}
