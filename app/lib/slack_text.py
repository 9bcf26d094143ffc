"""What Slack's programs write, as Markdown: mrkdwn text, attachments and blocks.

After docs.slack.dev: "Formatting message text" (messaging/formatting-message-text), "Attachments" (legacy/legacy-messaging/
legacy-secondary-message-attachments) and "Blocks" (reference/block-kit/blocks). Mattermost takes the same payloads, with Markdown in their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

MOST = 20_000
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_ANGLE = re.compile(r"<([^<>\n]{1,3000})>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_SHORTCODE = re.compile(r":([a-z0-9_+'-]{1,60})(?:::skin-tone-[2-6])?:")
Named = Callable[[str], str | None]

_WORDS = """
+1=👍 thumbsup=👍 -1=👎 thumbsdown=👎 heart=❤️ smile=😄 smiley=😃 grinning=😀 grin=😁 joy=😂 rofl=🤣 laughing=😆 satisfied=😆 sweat_smile=😅
wink=😉 blush=😊 innocent=😇 heart_eyes=😍 star-struck=🤩 kissing_heart=😘 yum=😋 stuck_out_tongue=😛 stuck_out_tongue_winking_eye=😜
hugging_face=🤗 thinking_face=🤔 thinking=🤔 neutral_face=😐 expressionless=😑 no_mouth=😶 smirk=😏 unamused=😒 face_with_rolling_eyes=🙄
rolling_eyes=🙄 grimacing=😬 relieved=😌 pensive=😔 sleepy=😪 sleeping=😴 mask=😷 face_with_head_bandage=🤕 nauseated_face=🤢 hot_face=🥵
cold_face=🥶 dizzy_face=😵 exploding_head=🤯 partying_face=🥳 sunglasses=😎 nerd_face=🤓 confused=😕 worried=😟 slightly_frowning_face=🙁
open_mouth=😮 astonished=😲 flushed=😳 pleading_face=🥺 cry=😢 sob=😭 scream=😱 disappointed=😞 sweat=😓 weary=😩 tired_face=😫 triumph=😤
rage=😡 angry=😠 skull=💀 poop=💩 hankey=💩 clown_face=🤡 ghost=👻 alien=👽 robot_face=🤖 wave=👋 raised_hand=✋ ok_hand=👌 v=✌️
crossed_fingers=🤞 point_left=👈 point_right=👉 point_up_2=👆 point_down=👇 fist=✊ facepunch=👊 punch=👊 clap=👏 raised_hands=🙌
open_hands=👐 handshake=🤝 pray=🙏 muscle=💪 eyes=👀 tada=🎉 confetti_ball=🎊 balloon=🎈 gift=🎁 trophy=🏆 medal=🏅 rocket=🚀 fire=🔥
sparkles=✨ star=⭐ star2=🌟 zap=⚡ boom=💥 100=💯 white_check_mark=✅ heavy_check_mark=✔️ x=❌ warning=⚠️ no_entry=⛔ question=❓
exclamation=❗ bulb=💡 bell=🔔 mega=📣 loudspeaker=📢 memo=📝 pencil=📝 calendar=📅 date=📅 lock=🔒 key=🔑 wrench=🔧 hammer=🔨 gear=⚙️ bug=🐛
coffee=☕ beer=🍺 beers=🍻 pizza=🍕 cake=🍰 birthday=🎂 sunny=☀️ cloud=☁️ snowflake=❄️ rainbow=🌈 palm_tree=🌴 dog=🐶 cat=🐱 see_no_evil=🙈
hear_no_evil=🙉 speak_no_evil=🙊 broken_heart=💔 blue_heart=💙 green_heart=💚 purple_heart=💜 yellow_heart=💛 orange_heart=🧡
black_heart=🖤 red_circle=🔴 large_blue_circle=🔵 large_green_circle=🟢 arrow_up=⬆️ arrow_down=⬇️ arrow_right=➡️ arrow_left=⬅️
construction=🚧 package=📦 chart_with_upwards_trend=📈 chart_with_downwards_trend=📉 link=🔗 paperclip=📎 pushpin=📌 hourglass=⌛
alarm_clock=⏰ airplane=✈️ car=🚗 train=🚆 house=🏠 office=🏢 moneybag=💰 computer=💻 iphone=📱 email=📧 checkered_flag=🏁 man-shrugging=🤷
woman-shrugging=🤷 shrug=🤷 facepalm=🤦 facepalming=🤦 woman-facepalming=🤦
"""
SHORTCODES = dict(pair.split("=") for pair in _WORDS.split())


def markdown_of(payload: dict[str, Any], named: Named = lambda _id: None, *, is_mrkdwn: bool = True) -> str:
    """The text of a message payload with its attachments and blocks. `named` says who or what an id such as U02ABC means."""
    blocks = [line for block in _dicts(payload.get("blocks")) for line in _block(block, named, is_mrkdwn)]
    parts = ["\n".join(blocks)] if blocks else [_text(payload.get("text"), named, is_mrkdwn)]
    parts += ["\n".join(_attachment(attachment, named, is_mrkdwn)) for attachment in _dicts(payload.get("attachments"))]
    return "\n\n".join(part for part in parts if part.strip())[:MOST]


def from_mrkdwn(text: str, named: Named = lambda _id: None) -> str:
    """Slack's mrkdwn as Markdown; code stays as it is."""
    return "".join(_unescaped(piece) if n % 2 else _outside_code(piece, named) for n, piece in enumerate(_CODE.split(text)))


def emoji_of(name: str) -> str:
    """The emoji of a shortcode without its colons, such as +1; the shortcode itself where it is none that we know."""
    return SHORTCODES.get(name.partition("::")[0].strip(":"), f":{name.strip(':')}:")


def with_emoji(text: str) -> str:
    """A text with the emoji that its shortcodes mean."""
    return _SHORTCODE.sub(lambda found: SHORTCODES.get(found[1], found[0]), text)


def _outside_code(text: str, named: Named) -> str:
    text = _STRIKE.sub(r"~~\1~~", _BOLD.sub(r"**\1**", text))
    return with_emoji(_unescaped(_ANGLE.sub(lambda found: _angle(found[1], named), text)))


def _angle(inside: str, named: Named) -> str:
    """`<@U1|ann>`, `<#C1|general>`, `<!here>`, `<!date^…|fallback>`, `<https://…|words>`."""
    what, _bar, words = inside.partition("|")
    if what.startswith("@"):
        return f"@{named(what[1:]) or words.lstrip('@') or what[1:]}"
    if what.startswith("#"):
        return f"#{words or named(what[1:]) or what[1:]}"
    if what.startswith("!"):
        return words or f"@{what[1:].partition('^')[0]}"
    if what.startswith("mailto:"):
        return words or what.removeprefix("mailto:")
    if words and words != what and not re.search(r"[\s()]", what):
        return f"[{words.replace('[', '(').replace(']', ')')}]({what})"
    return what


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _attachment(one: dict[str, Any], named: Named, is_mrkdwn: bool) -> Iterator[str]:
    lines: list[str] = []
    if pretext := _text(one.get("pretext"), named, is_mrkdwn):
        yield pretext
    if author := _plain(one.get("author_name")):
        lines.append(author)
    if title := _plain(one.get("title")):
        url = _plain(one.get("title_link"))
        lines.append(f"**[{title}]({url})**" if url.startswith(("http://", "https://")) else f"**{title}**")
    blocks = [line for block in _dicts(one.get("blocks")) for line in _block(block, named, is_mrkdwn)]
    lines += blocks or _text(one.get("text") or ("" if lines else one.get("fallback")), named, is_mrkdwn).split("\n")
    lines += [f"**{_plain(field.get('title'))}:** {_text(field.get('value'), named, is_mrkdwn)}" for field in _dicts(one.get("fields"))]
    lines += [url for name in ("image_url", "thumb_url") if (url := _plain(one.get(name))).startswith(("http://", "https://"))][:1]
    if footer := _plain(one.get("footer")):
        lines.append(f"*{footer}*")
    yield from (f"> {line}" for text in lines if text.strip() for line in f"{text}  ".split("\n"))


def _block(block: dict[str, Any], named: Named, is_mrkdwn: bool) -> Iterator[str]:
    kind = block.get("type")
    if kind == "header":
        yield f"**{_plain(_of(block.get('text')).get('text'))}**"
    elif kind == "divider":
        yield "\n---\n"
    elif kind == "section":
        yield from (_object(text, named, is_mrkdwn) for text in [_of(block.get("text")), *_dicts(block.get("fields"))] if text)
    elif kind == "context":
        said = " · ".join(_object(text, named, is_mrkdwn) for text in _dicts(block.get("elements")) if text.get("type") in ("mrkdwn", "plain_text"))
        yield f"*{said}*" if said and "*" not in said else said
    elif kind == "image":
        yield f"[{_plain(_of(block.get('title')).get('text')) or _plain(block.get('alt_text')) or 'image'}]({_plain(block.get('image_url'))})"
    elif kind in ("markdown", "video"):
        yield _plain(block.get("text") or block.get("title_url"))
    elif kind == "rich_text":
        yield from (_rich(element, named) for element in _dicts(block.get("elements")))


def _object(text: dict[str, Any], named: Named, is_mrkdwn: bool) -> str:
    said = _plain(text.get("text"))
    return with_emoji(said) if text.get("type") == "plain_text" else _text(said, named, is_mrkdwn)


def _rich(element: dict[str, Any], named: Named) -> str:
    """rich_text_section, _list, _quote, _preformatted."""
    kind, inner = element.get("type"), _dicts(element.get("elements"))
    if kind == "rich_text_list":
        sign = "1." if element.get("style") == "ordered" else "-"
        return "\n".join(f"{'  ' * _indent(element)}{sign} {_rich(one, named)}" for one in inner)
    said = "".join(_piece(one, named, plain=kind == "rich_text_preformatted") for one in inner)
    if kind == "rich_text_preformatted":
        return f"```\n{said}\n```"
    return "\n".join(f"> {line}" for line in said.split("\n")) if kind == "rich_text_quote" else said


def _piece(one: dict[str, Any], named: Named, *, plain: bool) -> str:
    kind, said, style = one.get("type"), _plain(one.get("text")), _of(one.get("style"))
    if kind == "link":
        return f"[{said}]({_plain(one.get('url'))})" if said and not plain else _plain(one.get("url"))
    if kind == "emoji":
        return emoji_of(_plain(one.get("name")))
    if kind == "user":
        return f"@{named(_plain(one.get('user_id'))) or one.get('user_id')}"
    if kind == "channel":
        return f"#{named(_plain(one.get('channel_id'))) or one.get('channel_id')}"
    if kind == "broadcast":
        return f"@{_plain(one.get('range'))}"
    if plain or not said.strip():
        return said
    for name, sign in (("code", "`"), ("strike", "~~"), ("italic", "*"), ("bold", "**")):
        if style.get(name):
            core = said.strip()
            said = said.replace(core, f"{sign}{core}{sign}", 1)
    return said


def _indent(element: dict[str, Any]) -> int:
    indent = element.get("indent")
    return min(indent, 8) if isinstance(indent, int) and indent > 0 else 0


def _text(value: Any, named: Named, is_mrkdwn: bool) -> str:
    text = _plain(value)
    return from_mrkdwn(text, named) if is_mrkdwn else text


def _plain(value: Any) -> str:
    return value[:MOST] if isinstance(value, str) else str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)][:100] if isinstance(value, list) else []
