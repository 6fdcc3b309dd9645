"""What a person must be told tonight, and telling it: one message a night a source, by any service.

``collect`` looks at what stands (outcomes of the steps, manifests, marts, landing, disk) and decides; ``send`` groups
by source, leaves out what was told already, writes a log line whatever happens, and asks every channel. No text here
holds a value of a person, no log a channel's address.
"""

from hrtp.alerts.collect import collect
from hrtp.alerts.heartbeat import beat
from hrtp.alerts.model import NIGHT, Alert, AlertsFailed, Severity, night_of, summary_lines
from hrtp.alerts.send import SendReport, send
from hrtp.alerts.tell import tell

__all__ = [
    "NIGHT",
    "Alert",
    "AlertsFailed",
    "SendReport",
    "Severity",
    "beat",
    "collect",
    "night_of",
    "send",
    "summary_lines",
    "tell",
]
