"""The pretend price list: which figure of which model is billed under which line item, and at what price."""

from fractions import Fraction

from .workers import Line

# Dollars per million tokens times 1e6 are exactly the ledger's unit, 1e-12 dollars per token.
COMPLETIONS: dict[str, tuple[int, int, int]] = {
    "gpt-4o-2024-08-06": (2_500_000, 1_250_000, 10_000_000),
    "gpt-4o-mini-2024-07-18": (150_000, 75_000, 600_000),
    "gpt-5-2025-08-07": (1_250_000, 125_000, 10_000_000),
    "gpt-5-mini-2025-08-07": (250_000, 25_000, 2_000_000),
    "gpt-4.1-2025-04-14": (2_000_000, 500_000, 8_000_000),
    "gpt-4.1-mini-2025-04-14": (400_000, 100_000, 1_600_000),
    "gpt-4.1-nano-2025-04-14": (100_000, 25_000, 400_000),
    "o3-2025-04-16": (2_000_000, 500_000, 8_000_000),
    "o4-mini-2025-04-16": (1_100_000, 275_000, 4_400_000),
    "ft:gpt-4o-mini-2024-07-18:acme::AbC12xyz": (300_000, 150_000, 1_200_000),
}
UNHEARD_OF = "zephyr-preview"
"""A model no price list names."""
IMAGE_SIZES = ("1024x1024", "512x512", "1792x1024", "1024x1536")
IMAGE_SOURCES = ("image.generation", "image.edit", "image.variation")
CONTEXT_LEVELS = ("low", "medium", "high")
_SEARCH_PRICES = {"low": 8_000_000_000, "medium": 10_000_000_000, "high": 12_500_000_000}
_TOKENS = "tokens"


def completions(model: str, *, batch: bool = False, tier: str = "default") -> tuple[Line, ...]:
    """Lines for input that was not cached, cached input, and output."""
    prices = COMPLETIONS.get(model, (3_000_000, 750_000, 12_000_000))
    discount = 2 if batch or tier == "flex" else 1
    mark = ", batch" if batch else "" if tier == "default" else f", {tier}"
    told = ("input", "input_tokens"), ("cached input", "cached_input_tokens"), ("output", "output_tokens")
    return tuple(
        Line(f"{model}{mark}, {text}", f"{model}{mark}, {renamed}", price // discount, _TOKENS)
        for (text, renamed), price in zip(told, prices, strict=True)
    )


def embeddings(model: str) -> tuple[Line, ...]:
    if model == "text-embedding-ada-002-v2":
        return (Line(model, f"{model}, input_tokens", 100_000, "1000_tokens", Fraction(1, 1000)),)
    return (Line(f"{model}, input", f"{model}, input_tokens", 20_000, _TOKENS),)


def moderations(model: str) -> tuple[Line, ...]:
    """Free of charge, and a line all the same."""
    return (Line(f"{model}, input", f"{model}, input_tokens", 0, _TOKENS),)


def images(model: str, size: str) -> tuple[Line, ...]:
    text = f"{model}, image, output" if model.startswith("gpt-image") else f"{model}, {size}"
    return (Line(text, text, 40_000_000_000, "images"),)


def audio_speeches(model: str) -> tuple[Line, ...]:
    return (Line(model, f"{model}, characters", 15_000_000, "characters"),)


def audio_transcriptions(model: str) -> tuple[Line, ...]:
    return (Line(model, f"{model}, duration", 100_000_000, "duration_seconds"),)


def vector_stores() -> tuple[Line, ...]:
    """The figure is MiB kept for a day, at ten cents per GiB and day."""
    text = "File search storage"
    return (Line(text, text, 97_656_250, "gibibyte_hours", Fraction(24, 1024)),)


def code_interpreter_sessions() -> tuple[Line, ...]:
    return (Line("Code interpreter sessions", "Code interpreter, sessions", 30_000_000_000),)


def file_search_calls() -> tuple[Line, ...]:
    return (Line("File search calls", "File search, calls", 2_500_000_000),)


def web_search_calls(context_level: str) -> tuple[Line, ...]:
    text = f"Web search calls, {context_level} context"
    return (Line(text, text, _SEARCH_PRICES[context_level]),)


def credit(text: str) -> tuple[Line, ...]:
    """Money given back: each unit of the figure takes a cent off."""
    return (Line(text, text, -10_000_000_000),)
