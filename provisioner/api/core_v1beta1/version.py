"""The API version of Gardener's core objects."""

API_VERSION = "core.gardener.cloud/v1beta1"
