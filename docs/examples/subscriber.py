#!/usr/bin/env python3
"""Receives the passages of gatelpr gates as docs/events.md says, and prints what it makes of them, one JSON text a line.

    apt install python3-paho-mqtt python3-cryptography      (paho-mqtt 1.6 or 2.x; cryptography only for --key)
    ./subscriber.py --host BROKER --ca ca.pem --user platform --password-file password --key gate.pub.pem

    {"kind": "passage", ...}   a vehicle has passed; repeats and older revisions are not shown
    {"kind": "status", ...}    a gate is online, stopping or offline
    {"kind": "gap", ...}       events are missing: numbers `from` to `to`
    {"kind": "filled", ...}    a missing event has come after all
    {"kind": "forged", ...}    an event that the gate has not signed, or that is no event; it counts as not received
    {"kind": "chain", ...}     an event does not follow the one before it: something was altered or taken out

Keep what you need of this file: `Receiver` knows nothing of MQTT.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections import OrderedDict
from decimal import Decimal

import paho.mqtt.client as mqtt

REMEMBERED = 10_000  # events and numbers that are remembered, per gate


class Receiver:
    """Drops repeats, keeps the highest revision, finds gaps, and checks signatures and the chain."""

    def __init__(self, keys):
        self.keys = keys  # public keys, each with verify(signature, bytes); empty: nothing is checked
        self.gates = {}

    def take(self, payload):
        """The reports that the payload of one passage gives rise to."""
        try:
            event = json.loads(payload, object_pairs_hook=without_repeats)
            gate = f"{event['site']}/{event['gate']}"
            seq, event_id, revision = event["seq"], event["event_id"], event["revision"]
            if not (type(seq) is int and type(revision) is int and type(event_id) is str):
                raise ValueError("seq, revision or event_id is of another kind")
        except (ValueError, KeyError, TypeError) as error:
            return [{"kind": "forged", "why": f"this is no event: {error}"}]
        if self.keys and not any(signed_by(key, event) for key in self.keys):
            return [{"kind": "forged", "gate": gate, "seq": seq, "why": "none of the keys has signed it"}]
        known = self.gates.setdefault(gate, Gate())
        reports = known.number(gate, seq)
        if self.keys:
            reports += known.link(gate, seq, event)
        if known.is_new(event_id, revision):
            plate = event.get("plate")
            reports.append({
                "kind": "passage", "gate": gate, "lane": event["lane"], "seq": seq, "event_id": event_id,
                "revision": revision, "status": event["status"], "plate": plate["key"] if plate else None,
                "no_read_reason": event.get("no_read_reason"), "historical": event["historical"],
                "verified": bool(self.keys),
            })
        return reports


class Gate:
    """What is remembered of one gate."""

    def __init__(self):
        self.highest = None
        self.missing = set()
        self.revisions = OrderedDict()  # event_id: highest revision
        self.links = OrderedDict()  # seq: (hash of the event, its prev_hash)

    def is_new(self, event_id, revision):
        """Whether this event is neither a repeat nor older than what is known of the same passage."""
        if self.revisions.get(event_id, 0) >= revision:
            return False
        self.revisions[event_id] = revision
        self.revisions.move_to_end(event_id)
        forget_old(self.revisions)
        return True

    def number(self, gate, seq):
        """Whether numbers are missing before this one, or it is one that was."""
        if seq in self.missing:
            self.missing.discard(seq)
            return [{"kind": "filled", "gate": gate, "seq": seq}]
        previous, self.highest = self.highest, max(seq, self.highest or 0)
        if previous is None or seq <= previous + 1:
            return []
        self.missing.update(range(max(previous + 1, seq - REMEMBERED), seq))
        return [{"kind": "gap", "gate": gate, "from": previous + 1, "to": seq - 1}]

    def link(self, gate, seq, event):
        """Whether the event fits to its neighbours that are known."""
        if seq in self.links:
            same = self.links[seq][0] == chain_hash(event)
            return [] if same else [{"kind": "chain", "gate": gate, "seq": seq, "why": "another event has this number"}]
        self.links[seq] = (chain_hash(event), event.get("prev_hash"))
        forget_old(self.links)
        reports = []
        for before, after in [(seq - 1, seq), (seq, seq + 1)]:
            if before in self.links and after in self.links and self.links[after][1] != self.links[before][0]:
                why = f"its prev_hash is not the hash of {before}"
                reports.append({"kind": "chain", "gate": gate, "seq": after, "why": why})
        return reports


def forget_old(remembered):
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)


def without_repeats(pairs):
    """A name that is there twice may be read in two ways, so it is refused."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name is there twice")
    return dict(pairs)


def canonical(value):
    """The text that is signed: RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return canonical_number(value)
    return json.dumps(value, ensure_ascii=False)


def canonical_number(value):
    """As JavaScript writes it: the shortest digits that give the same number; exponents only for the very large and small."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        return "0"
    if len(text) <= point <= 21:
        text = text + "0" * (point - len(text))
    elif 0 < point <= 21:
        text = text[:point] + "." + text[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + text
    else:
        text = text[0] + ("." + text[1:] if len(text) > 1 else "") + f"e{point - 1:+d}"
    return "-" * sign + text


def without(event, *names):
    return canonical({name: value for name, value in event.items() if name not in names}).encode()


def chain_hash(event):
    return "sha256:" + hashlib.sha256(without(event, "signature", "historical")).hexdigest()


def signed_by(key, event):
    try:
        kind, _, signature = event["signature"].partition(":")
        if kind != "ed25519":
            return False
        key.verify(base64.b64decode(signature, validate=True), without(event, "signature"))
    except Exception:  # whatever is wrong with it, it is not signed
        return False
    return True


def read_keys(path):
    """The public keys in a PEM file: one, or several one after the other, as the gate's key was changed."""
    if path is None:
        return []
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    end = b"-----END PUBLIC KEY-----"
    with open(path, "rb") as file:
        parts = file.read().split(end)
    return [load_pem_public_key(part + end) for part in parts[:-1]]


def report(line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def client(arguments):
    """A client whose session outlives it: what comes while it is away waits at the broker."""
    version = mqtt.MQTTv5 if arguments.mqtt == "5" else mqtt.MQTTv311
    options = {"client_id": arguments.client_id, "protocol": version}
    if version == mqtt.MQTTv311:
        options["clean_session"] = False
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, **options)
    return mqtt.Client(**options)


def connect(receiver, subscriber, arguments):
    def on_connect(_client, _userdata, _flags, reason, _properties=None):
        if getattr(reason, "value", reason) != 0:
            print(f"the broker refuses the connection: {reason}", file=sys.stderr)
            return
        subscriber.subscribe([(f"{arguments.root}/lane/+/passage", 1), (f"{arguments.root}/status", 1)])

    def on_message(_client, _userdata, message):
        # The message is acknowledged when this has returned: what was not taken comes again.
        if message.topic.endswith("/status"):
            site, gate = message.topic.split("/")[-3:-1]
            report({"kind": "status", "gate": f"{site}/{gate}", "state": json.loads(message.payload)["state"]})
        else:
            for line in receiver.take(message.payload):
                report(line)

    def on_subscribe(*_):
        print("listening", file=sys.stderr, flush=True)

    subscriber.on_connect, subscriber.on_message, subscriber.on_subscribe = on_connect, on_message, on_subscribe
    options = {}
    if arguments.mqtt == "5":
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = arguments.session_days * 86_400
        options = {"clean_start": False, "properties": properties}
    subscriber.connect(arguments.host, arguments.port or (8883 if arguments.ca else 1883), keepalive=30, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="1883, or 8883 with --ca")
    parser.add_argument("--ca", help="speak TLS and trust the CAs in this file (PEM)")
    parser.add_argument("--user")
    parser.add_argument("--password-file")
    parser.add_argument("--mqtt", choices=["5", "3.1.1"], default="5")
    parser.add_argument("--client-id", default="gatelpr-example-py", help="names the session; another for each subscriber")
    parser.add_argument("--session-days", type=int, default=7, help="how long the broker keeps what comes meanwhile")
    parser.add_argument("--root", default="gatelpr/v1/+/+", help="whose passages; + stands for every site or gate")
    parser.add_argument("--key", help="check signatures and the chain with the public keys in this file (PEM)")
    arguments = parser.parse_args()

    subscriber = client(arguments)
    if arguments.ca:
        subscriber.tls_set(ca_certs=arguments.ca)
    if arguments.user:
        with open(arguments.password_file, encoding="utf-8") as file:
            subscriber.username_pw_set(arguments.user, file.read().rstrip("\r\n"))
    connect(Receiver(read_keys(arguments.key)), subscriber, arguments)
    subscriber.loop_forever()


if __name__ == "__main__":
    main()
