"""What a service says when it does not do what was asked. Each message is for the operator and says the next step.

Refusal            not done; `fields` names what is wrong with which input, `lines` the probe's result where one ran
├── NotAllowed     the operator's role lacks the permission
├── NotFound       there is no such thing
├── Conflict       it is there already, or in a state that does not allow this
└── Unreachable    the vendor could not be reached: nothing was decided, try again
"""

from collections.abc import Mapping, Sequence

from seatwise.sdk.probe import ProbeLine


class Refusal(Exception):
    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        lines: Sequence[ProbeLine] = (),
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        self.lines = list(lines)
        self.detail = detail


class NotAllowed(Refusal):
    pass


class NotFound(Refusal):
    pass


class Conflict(Refusal):
    pass


class Unreachable(Refusal):
    pass
