"""Validates the STAC documents on stdin, a JSON array, against the core
schemas that pystac carries. The network is closed, so nothing is fetched."""

import json
import socket
import sys

from pystac import STACObjectType
from pystac.validation.stac_validator import JsonSchemaSTACValidator


def refuse(*_):
    raise OSError("STAC is validated without network")


socket.socket.connect = refuse
socket.getaddrinfo = refuse

validator = JsonSchemaSTACValidator()
kinds = {"Catalog": STACObjectType.CATALOG, "Collection": STACObjectType.COLLECTION, "Feature": STACObjectType.ITEM}
for document in json.load(sys.stdin):
    kind = kinds[document["type"]]
    validator.validate_core(document, kind, document["stac_version"], href=document["id"])
    print(document["type"])
