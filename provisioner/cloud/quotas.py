"""
How much an account may have, and has. Every function asks once (`CloudClient.ask`).

Sources: Ecs 2014-05-26 DescribeAccountAttributes (alibabacloud-ecs20140526 7.11.8); Quotas 2020-05-10
ListProductQuotas (alibabacloud-quotas20200510 1.2.2); read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from provisioner.cloud.client import CloudClient
from provisioner.cloud.endpoints import Product

_MOST_RESULTS = 100
_MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota, and its use where the service tells it."""

    limit: int
    used: int | None


def product_quotas(client: CloudClient, product: Literal["ecs", "eip", "vpc"], code: str = "") -> dict[str, Quota]:
    """
    Return the general quotas of a product by their code, as far as they hold for the region; with a `code`, that one.

    Raises:
        CloudError: the cloud refused or could not be reached.
    """
    found: dict[str, Quota] = {}
    given = {"ProductCode": product, "MaxResults": str(_MOST_RESULTS)}
    if code:
        given["QuotaActionCode"] = code
    if product == "ecs":  # the only one of the three whose quotas have a dimension
        given |= {"Dimensions.1.Key": "regionId", "Dimensions.1.Value": client.region}
    for _ in range(_MOST_PAGES):
        answer = client.ask("quotas", "ListProductQuotas", given)
        for row in answer.get("Quotas") or ():
            limit, used = row.get("TotalQuota"), row.get("TotalUsage")
            elsewhere = (row.get("Dimensions") or {}).get("regionId", client.region) != client.region
            if limit is not None and not elsewhere:
                found[row["QuotaActionCode"]] = Quota(int(limit), None if used is None else int(used))
        if not answer.get("NextToken"):
            break
        given["NextToken"] = answer["NextToken"]
    return found


def account_attributes(client: CloudClient, names: Iterable[str]) -> dict[str, int]:
    """
    Return the numbers of the account in the region, by attribute; those that the service does not tell are missing.

    Raises:
        CloudError: the cloud refused or could not be reached.
    """
    given = {f"AttributeName.{number}": name for number, name in enumerate(names, 1)}
    answer = client.ask("ecs", "DescribeAccountAttributes", given)
    found: dict[str, int] = {}
    for item in (answer.get("AccountAttributeItems") or {}).get("AccountAttributeItem") or ():
        values = (item.get("AttributeValues") or {}).get("ValueItem") or ()
        text = str(values[0].get("Value", "")) if values else ""
        if text.isdecimal():
            found[item["AttributeName"]] = int(text)
    return found


def count_objects(client: CloudClient, product: Product, action: str, **wanted: str) -> int:
    """
    Return how many objects a listing has.

    Raises:
        CloudError: the cloud refused or could not be reached.
    """
    return int(client.ask(product, action, {"PageNumber": "1", "PageSize": "1", **wanted})["TotalCount"])
