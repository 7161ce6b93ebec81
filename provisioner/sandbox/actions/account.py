"""Questions of clients about the service itself: Location and BssOpenApi."""

from __future__ import annotations

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import SERVED_AT, Answer, Call
from provisioner.sandbox.cloud.catalogue import REGIONS


def describe_endpoints(call: Call) -> Answer:
    """Return where a service of a region is reached (Location 2015-06-12): here, all of them at one place."""
    region, service = call.params.required("Id"), call.params.required("ServiceCode")
    if region not in REGIONS:
        raise ActionError("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404)
    endpoint = {
        "Id": region,
        "Endpoint": call.params.text(SERVED_AT) or "127.0.0.1",
        "Namespace": "",
        "ServiceCode": service,
        "SerivceCode": service,
        "Type": call.params.text("Type") or "openAPI",
        "Protocols": {"Protocols": ["HTTP", "HTTPS"]},
    }
    return {"Success": True, "Endpoints": {"Endpoint": [endpoint]}}


def query_available_instances(call: Call) -> Answer:
    """Return no prepaid instances (BssOpenApi 2017-12-14); the provider only looks whether the call succeeds."""
    _ = call
    return {"Success": True, "Data": {"InstanceList": [], "PageNum": 1, "PageSize": 50, "TotalCount": 0}}


LOCATION_READS = {"DescribeEndpoints": describe_endpoints}
BSS_READS = {"QueryAvailableInstances": query_available_instances}
