"""Prints passages in readable form: reads "topic payload" lines, as mosquitto_sub writes them, up to topic demo/end."""

import json
import sys


def describe(event):
    """One line for one passage event; the fields are those of the published event."""
    plate = event.get("plate")
    if plate is None:
        what = f"unread: {event.get('no_read_reason')}"
    else:
        details = [plate.get("country"), plate.get("province"), plate.get("kind"), plate.get("layout")]
        known = ", ".join(str(detail) for detail in details if detail and detail != "unknown")
        what = f"{plate.get('display') or plate['text']:<12} {plate.get('confidence', 0):>4.0%}  {known}"
    at = str(event.get("best_seen", ""))[11:21]
    return f"  {at:<10}  {event.get('lane')}  {event.get('status', ''):<11}  {what}"


def main():
    vehicles = set()
    for line in sys.stdin:
        topic, _, payload = line.partition(" ")
        if topic == "demo/end":
            break
        if not topic.endswith("/passage"):
            continue
        event = json.loads(payload)
        vehicles.add(event["event_id"])
        print(describe(event), flush=True)
    else:
        sys.exit("demo: the subscriber ended before the end of the demonstration")
    print(f"demo: {len(vehicles)} vehicles passed, every passage delivered")


main()
