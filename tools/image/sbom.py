# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The bill of materials as SPDX 2.3 JSON."""
import datetime
import hashlib
import json

LICENSE = "GPL-2.0-only OR BSD-2-Clause"


def timestamp(epoch):
    time = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def debian_item(package):
    return {
        "SPDXID": f"SPDXRef-{package.name.replace('+', '-')}",
        "name": package.name,
        "versionInfo": package.version,
        "sourceInfo": f"built from the Debian source package {package.source}",
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "licenseComments": f"/usr/share/doc/{package.name}/copyright",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": package.url,
        }],
    }


def own_item(version):
    return {
        "SPDXID": "SPDXRef-parallax",
        "name": "parallax",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": LICENSE,
        "licenseDeclared": LICENSE,
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER",
    }


def relation(subject, kind, target):
    return {"spdxElementId": subject, "relationshipType": kind, "relatedSpdxElement": target}


def fingerprint(tree):
    total = hashlib.sha256()
    for path in sorted(tree):
        total.update(path.encode() + b"\0" + (tree[path].content or b"") + b"\0")
    return total.hexdigest()


def document(version, packages, tree, epoch):
    items = [debian_item(package) for package in packages]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-parallax")]
    relations += [relation("SPDXRef-parallax", "CONTAINS", item["SPDXID"]) for item in items]
    text = json.dumps({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"parallax-{version}",
        "documentNamespace": f"urn:parallax:image:{version}:{fingerprint(tree)}",
        "creationInfo": {
            "created": timestamp(epoch),
            "creators": [f"Tool: parallax-image-{version}"],
        },
        "packages": [own_item(version)] + items,
        "relationships": relations,
    }, indent=1)
    return text.encode() + b"\n"
