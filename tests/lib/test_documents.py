"""Markdown files as pages."""

from __future__ import annotations

from app.lib.documents import document_html


def test_tasks_have_boxes() -> None:
    html = document_html("- [ ] call **her**\n- [x] done\n- not [ ] here\n\n[ ] nor here\n")
    assert html.count('<li class="task">') == 2
    assert "☐ call <strong>her</strong>" in html and "☑ done" in html and "not [ ] here" in html and "<p>[ ] nor here</p>" in html


def test_nothing_runs_and_nothing_is_fetched() -> None:
    html = document_html("<script>alert(1)</script>\n\n![pic](https://example.org/x.png) [bad](javascript:alert(1))\n")
    assert "<script" not in html and "<img" not in html and 'href="javascript' not in html
    assert '<a href="https://example.org/x.png" rel="noopener noreferrer">pic</a>' in html
