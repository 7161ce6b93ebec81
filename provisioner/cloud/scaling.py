"""The size that scaling groups have right now."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from provisioner.cloud.access import CloudAccess
from provisioner.error_codes import RETRYABLE_CODES, gardener_codes
from provisioner.errors import CloudError

_ESS_VERSION = "2014-08-28"
_PAGE_SIZE = 50
_IDS_PER_CALL = 20
"""DescribeScalingGroups takes at most 20 group ids (API document, read 2026-11)."""
_NO_PROXY = {"http": "", "https": ""}
"""For the SDK, which asks the environment for a proxy even when it talks to this machine."""


def current_sizes(access: CloudAccess, region: str, group_ids: Iterable[str]) -> dict[str, int]:
    """
    Return the desired capacity of each scaling group, by id; a group that is gone is left out.

    A group without a desired capacity counts its instances, as ESS does.

    Raises:
        CloudError: the cloud refused, or could not be reached.

    Source: ESS 2014-08-28 DescribeScalingGroups.
    """
    wanted = sorted(set(group_ids))
    sizes: dict[str, int] = {}
    for start in range(0, len(wanted), _IDS_PER_CALL):
        batch = wanted[start : start + _IDS_PER_CALL]
        parameters = {f"ScalingGroupId.{number}": group_id for number, group_id in enumerate(batch, 1)}
        answer = _call(access, region, "DescribeScalingGroups", {**parameters, "PageSize": str(_PAGE_SIZE)})
        for group in answer["ScalingGroups"]["ScalingGroup"]:
            desired = group.get("DesiredCapacity")
            sizes[group["ScalingGroupId"]] = int(group.get("TotalCapacity", 0) if desired is None else desired)
    return sizes


def _call(access: CloudAccess, region: str, action: str, parameters: dict[str, str]) -> dict[str, Any]:
    from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkcore.request import CommonRequest

    # The SDK logs a failed request with its whole signed URL; the error below says what is worth knowing.
    logging.getLogger("aliyunsdkcore").setLevel(logging.CRITICAL)
    # Without a domain, the SDK knows each region's endpoint.
    request = CommonRequest(domain=access.openapi_endpoints.get("ess"), product="Ess", version=_ESS_VERSION)
    request.set_action_name(action)
    request.set_protocol_type(access.openapi_scheme)
    request.set_method("POST")
    request.set_accept_format("json")
    for name, value in parameters.items():
        request.add_query_param(name, value)
    client = AcsClient(
        access.credentials.access_key_id,
        access.credentials.access_key_secret,
        region,
        proxy=_NO_PROXY if (request.get_domain() or "").startswith("127.") else None,
    )
    try:
        answer: dict[str, Any] = json.loads(client.do_action_with_exception(request))
    except ServerException as error:
        text = f"{error.get_error_code()}: {error.get_error_msg()}"
        codes = gardener_codes(text)
        raise CloudError(
            f"{action}: {text} (request id {error.get_request_id()})",
            cloud_code=error.get_error_code(),
            request_id=error.get_request_id() or "",
            codes=codes,
            is_retryable=any(code in RETRYABLE_CODES for code in codes),
        ) from error
    except ClientException as error:
        # Not the URL: it carries the key id and the signature.
        text = re.sub(r" with url: \S+", "", str(error.get_error_msg()))
        raise CloudError(f"{action}: {text}", is_retryable=True) from None
    return answer
