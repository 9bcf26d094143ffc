// Markdown marks around or before what is selected in a text area; the browser's own undo keeps working.
const AROUND = { bold: "**", italic: "_", strike: "~~", code: "`" };
const BEFORE = { quote: () => "> ", list: () => "- ", numbers: (n) => `${n + 1}. ` };

/** Write text over the selection, as if it had been typed. */
export function type(area, text) {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Put a mark (bold, italic, strike, code, link, quote, list, numbers), or take it away again. */
export function put(area, mark) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end);
  if (BEFORE[mark]) return lines(area, BEFORE[mark]);
  if (mark === "link") return link(area, chosen, start);
  if (mark === "code" && chosen.includes("\n")) return type(area, `\`\`\`\n${chosen}\n\`\`\``);
  const around = AROUND[mark];
  const isMarked = value.slice(start - around.length, start) === around && value.slice(end, end + around.length) === around;
  if (isMarked) area.setSelectionRange(start - around.length, end + around.length);
  type(area, isMarked ? chosen : `${around}${chosen}${around}`);
  const from = isMarked ? start - around.length : start + around.length;
  area.setSelectionRange(from, from + chosen.length);
}

function lines(area, prefix) {
  const from = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const text = area.value.slice(from, area.selectionEnd);
  area.setSelectionRange(from, area.selectionEnd);
  const all = text.split("\n");
  const isMarked = all.every((line, n) => line.startsWith(prefix(n)));
  type(area, all.map((line, n) => (isMarked ? line.slice(prefix(n).length) : prefix(n) + line)).join("\n"));
}

function link(area, chosen, start) {
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  type(area, isAddress ? `[](${chosen})` : `[${chosen}](https://)`);
  const at = isAddress ? start + 1 : start + chosen.length + 3;
  area.setSelectionRange(at, isAddress ? at : at + 8);
}
