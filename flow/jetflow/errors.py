"""What can go wrong, by the exit code that the command line gives it."""

__all__ = ["BudgetError", "InputError", "JetflowError", "MissingToolError", "ToolError"]


class JetflowError(Exception):
    """Base of every error that jetflow raises on purpose; `exit_code` is what the command returns."""

    exit_code = 3


class InputError(JetflowError):
    """Bad input: one line that names the file, the key, what was found, what is allowed and what to do."""

    exit_code = 2


class BudgetError(JetflowError):
    """Nothing fits what was allowed: the message names the limit and the closest that was found."""

    exit_code = 1


class MissingToolError(JetflowError):
    """An external tool or an optional package is absent: the message gives the command that installs it."""

    exit_code = 2


class ToolError(JetflowError):
    """An external tool ran and failed: the message names the tool, its exit code and its log."""

    exit_code = 3
