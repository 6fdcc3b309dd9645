"""Why a row of evidence does not count, in words, and what would make it count.

The reasons are given by the models of the evidence (``dbt_project/models/marts/indicators``); a test reads these and
fails where one of them has no words here. ``ELSEWHERE_FIRST`` alone is given by `hrtp.explain`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """``meaning`` says why the row does not count; ``what_would_count`` what would have to change, and by whom."""

    meaning: str
    what_would_count: str


#: Reasons that the day gives, whatever the indicator.
_OF_THE_DAY = {
    "AFTER_AS_OF": Reason(
        "It meets every condition, but its day lies after the day that the figure speaks of.",
        "Nothing to do: it counts from its day onwards.",
    ),
    "NO_DATE": Reason(
        "It meets every condition, but the day from which it would count is not given.",
        "The partner fills in the date and sends the file again.",
    ),
    "ELSEWHERE_FIRST": Reason(
        "The first placement of the person in this sector; the person's very first one was in another sector, and the "
        "total takes one wage a person.",
        "Nothing to do: it counts in the figure of its own sector.",
    ),
}

#: Reasons that conditions of the definitions give.
_OF_THE_DEFINITION = {
    "ORPHAN": Reason(
        "The row names a participant, or a placement's enrollment, that none of the partner's loaded rows has.",
        "The partner sends the missing row, or corrects the id; look in quarantine first, the row may wait there.",
    ),
    "NOT_ENROLLED": Reason(
        "The person has not started a training with any partner, so is no participant of the program.",
        "An enrollment with a training start date, from the partner that trained the person.",
    ),
    "NOT_STARTED": Reason(
        "The enrollment has not started: applied, waitlisted, no-show or cancelled, or it has no start date.",
        "The partner reports the start: status and training start date.",
    ),
    "NOT_COMPLETED": Reason(
        "The training has started and is not reported as completed with a completion date.",
        "The partner reports the completion: status and completion date.",
    ),
    "LOW_ROAD": Reason(
        "The training was completed in a program that is marked as not high road.",
        "Nothing, unless the mark of the program is wrong: then the partner corrects it in its programs file.",
    ),
    "BEFORE_TRAINING": Reason(
        "The placement began before the person's first training did, so the training cannot have led to it.",
        "Nothing, unless one of the two dates is wrong: then the partner corrects it.",
    ),
    "SUBSIDIZED": Reason(
        "The job is paid for by public money.",
        "An unsubsidized placement, or a correction where the flag is wrong.",
    ),
    "SAME_EMPLOYER": Reason(
        "The job is with the employer whom the person already had, and no promotion is reported.",
        "The partner reports the promotion, where there was one.",
    ),
    "NOT_TRAINING_RELATED": Reason(
        "The partner says that the job is not related to the training.",
        "Nothing, unless the flag is wrong: then the partner corrects it.",
    ),
    "TRAINING_RELATED_UNKNOWN": Reason(
        "Everything else holds, but nobody has said whether the job is related to the training.",
        "The partner fills in whether it is: the surest way to raise the figure.",
    ),
    "NOT_APPRENTICESHIP": Reason(
        "The placement is no registered apprenticeship.",
        "Nothing, unless the placement type is wrong: then the partner corrects it.",
    ),
    "NO_REGISTRATION_ID": Reason(
        "The placement is reported as a registered apprenticeship, without a registration id.",
        "The partner gives the registration id.",
    ),
    "LATER_PLACEMENT": Reason(
        "A later placement of a person whose first one in this sector counts already; the median takes one wage a "
        "person.",
        "Nothing to do.",
    ),
    "WAGE_MISSING": Reason(
        "The person's first placement that counts has no wage.",
        "The partner reports the wage of that placement.",
    ),
    "NOT_SUPPORTIVE": Reason(
        "The service is not of a supportive type.",
        "Nothing, unless the service type is wrong: then the partner corrects it.",
    ),
    "BEFORE_WINDOW": Reason(
        "The service was given more than 30 days before the person's first training began.",
        "Nothing, unless one of the two dates is wrong: then the partner corrects it.",
    ),
    "NOT_DEVELOPED": Reason(
        "The program was neither developed nor expanded by HRTP; it was there before, or is planned.",
        "The partner reports development status and date, once the program stands.",
    ),
    "NOT_COMMITTED": Reason(
        "The organisation's commitment is pending.",
        "The partner reports the commitment and its date.",
    ),
    "WITHDRAWN": Reason(
        "The organisation had committed, and withdrew on or before the day.",
        "A new commitment.",
    ),
    "NOT_ESTABLISHED": Reason(
        "The partnership with the employer is not established yet.",
        "The partner reports the partnership as established, with its date.",
    ),
    "ENDED": Reason(
        "The partnership with the employer ended on or before the day.",
        "A new partnership with the same employer, or another one.",
    ),
    "NOT_PROVIDER": Reason(
        "The contract is of another type than with a provider; the hub contract is charter 18's.",
        "Nothing, unless the contract type is wrong: then the program office corrects it.",
    ),
    "AMENDMENT": Reason(
        "It amends a contract that counts already.",
        "Nothing to do.",
    ),
    "NOT_EXECUTED": Reason(
        "The contract is not executed yet.",
        "The program office reports the execution and its date.",
    ),
    "DRAFT": Reason(
        "This version is a draft.",
        "The program office issues a final version.",
    ),
    "NOT_FINAL": Reason(
        "This version is issued, but has no status in which it counts.",
        "The program office reports the version as final, published or adopted.",
    ),
    "SUPERSEDED": Reason(
        "A higher version of the same document took its place.",
        "Nothing to do: the higher version is judged instead.",
    ),
    "NOT_ACHIEVED": Reason(
        "The milestone has no date of achievement.",
        "The program office reports the day on which it was achieved.",
    ),
}

REASONS: dict[str, Reason] = _OF_THE_DAY | _OF_THE_DEFINITION

#: Remarks on a row that change no figure. A status of a row, which stands there as well, says what it says.
FLAGS: dict[str, str] = {
    "SUBSIDIZED_UNKNOWN": "counts, although nobody has said whether the job is subsidized",
    "HIGH_ROAD_UNKNOWN": "counts, although nobody has said whether the program is high road",
    "HOURS_ASSUMED": "the wage is no hourly one and its hours a week are blank: 40 are assumed",
    "NOT_PRIORITY": "in the denominator, not in the numerator",
    "PRIORITY_UNKNOWN": "in the denominator, not in the numerator, since no criterion is known to hold",
    "TERMINATED": "counts, although the contract was terminated later",
}


def reason_words(reason: str) -> Reason:
    """The words of a reason; of one that this release does not know, that it does not."""
    unknown = Reason("This release has no words for the reason.", "Ask the HRTP performance lead.")
    return REASONS.get(reason, unknown)
