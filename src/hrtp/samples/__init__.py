"""Synthetic exports of every partner, in its own form, with a planted truth."""

from hrtp.samples.errors import SamplesError
from hrtp.samples.generate import MAX_SCALE, Progress, generate, people
from hrtp.samples.truth import BadRow, ExpectedLoad, Figures, SampleFile, SampleManifest

__all__ = [
    "MAX_SCALE",
    "BadRow",
    "ExpectedLoad",
    "Figures",
    "Progress",
    "SampleFile",
    "SampleManifest",
    "SamplesError",
    "generate",
    "people",
]
