"""Sharing a custom image with other accounts (Ecs 2014-05-26)."""

from __future__ import annotations

from provisioner.sandbox.actions.ecs.image import SHARED_WITH
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.catalogue import IMAGE_KIND
from provisioner.sandbox.cloud.resource import Resource

_MOST_AT_ONCE = 10
_ACCOUNT_DIGITS = 16


def describe_image_share_permission(call: Call) -> Answer:
    """Return the accounts that an image of the caller's is shared with."""
    image = _get(call)
    accounts: list[str] = image.document.get(SHARED_WITH, [])
    page = answer_page(call, accounts, lambda account: {"AliyunId": account}, "Accounts", "Account")
    return {**page, "ImageId": image.id, "RegionId": image.region, "ShareGroups": {"ShareGroup": []}}


def modify_image_share_permission(call: Call) -> Answer:
    """Share an image of the caller's with accounts, or no longer; ten of each at once, the rest is passed over."""
    image = _get(call)
    added = call.params.texts("AddAccount")[:_MOST_AT_ONCE]
    removed = call.params.texts("RemoveAccount")[:_MOST_AT_ONCE]
    for account in (*added, *removed):
        # An account is the owner of access keys, which appear when they are used: every well-formed one exists.
        if not account.isdecimal() or len(account) != _ACCOUNT_DIGITS:
            raise ActionError(
                "InvalidAccount.NotFound",
                'The specified parameter "AddAccount.n" or "RemoveAccount.n" does not exist.',
                404,
            )
    if call.account in added:
        raise ActionError("InvalidAccount.Forbbiden", "The specified Account does not yourself.", 404)
    accounts = dict.fromkeys([*image.document.get(SHARED_WITH, []), *added])
    if len(accounts) > call.quota("image_share"):
        raise ActionError("QuotaExceed.ShareImageUser", "The shared Image user Quota exceeds.", 403)
    image.document[SHARED_WITH] = [account for account in accounts if account not in removed]
    call.tx.update(image)
    return {}


def _get(call: Call) -> Resource:
    _ = call.region
    missing = ActionError("InvalidImageId.NotFound", "The specified ImageId does not exist.", 404)
    return call.get(IMAGE_KIND, call.params.required("ImageId"), missing)


READS = {"DescribeImageSharePermission": describe_image_share_permission}
WRITES = {"ModifyImageSharePermission": modify_image_share_permission}
