"""Names, messages and reasons from Jinja templates, built in or the user's own (S26, S30)."""

from failonce.adapters.wording.templates import TemplateCheck, TemplateWording, check_templates

__all__ = ["TemplateCheck", "TemplateWording", "check_templates"]
