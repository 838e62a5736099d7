# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Protobuf by hand, as far as xDS tests need it: any bytes can be made, wrong ones too."""


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    """A text, bytes or message field."""
    if isinstance(value, str):
        value = value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def fields(message):
    """(number, value) of each field: bytes of length-delimited ones, else an int."""
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = read()
        if tag & 7 == 0:
            yield tag >> 3, read()
        elif tag & 7 == 2:
            length = read()
            yield tag >> 3, message[at:at + length]
            at += length
        else:
            size = {1: 8, 5: 4}[tag & 7]
            yield tag >> 3, message[at:at + size]
            at += size


def first(message, field, default=b""):
    return next((value for n, value in fields(message) if n == field), default)


def every(message, field):
    return [value for n, value in fields(message) if n == field]


def struct_texts(struct):
    """The texts of a google.protobuf.Struct; anything else in it is an error, as istiod has it."""
    out = {}
    for entry in every(struct, 1):
        value = first(entry, 2)
        texts = every(value, 3)
        if not texts:
            raise ValueError("metadata %r is no text" % first(entry, 1))
        out[first(entry, 1).decode()] = texts[0].decode()
    return out
