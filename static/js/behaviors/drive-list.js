// A list of Drive: menus, keys, dragging, the rubber band, cut and paste, renaming in place, list or grid, and files dropped from outside.
import { dropped } from "../drive/upload-files.js";
import { go, sure } from "../navigation.js";

const CLIP = "drive-clip"; // sessionStorage: {how: cut | copy, what: {ids} or {all}}
const TAKES = new Set(["cut", "move", "remove"]); // out of the folder
const LONGEST = 6000; // characters of ids that an address can name
const words = () => document.getElementById("drive-words")?.dataset ?? {};
const tell = (text, kind = "info") => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
const post = (url, values) => htmx.ajax("POST", url, { source: "#main", swap: "none", values });
const uploads = () => import("../drive/uploads.js");

export default function connect(list) {
  const main = list.closest(".main");
  const menu = () => document.getElementById("node-menu");
  const rows = () => [...list.querySelectorAll("tr[data-row]")];
  const chosen = () => rows().filter((row) => row.querySelector('input[name="ids"]').checked);
  const focused = () => document.activeElement?.closest?.("tr[data-row]");
  const target = () => (chosen().length ? chosen() : [focused()].filter(Boolean));
  const ids = (some) => some.map((row) => row.dataset.id).join(",");
  const folder = () => list.dataset.folderId;
  const mayEdit = (row) => Number(row.dataset.level) >= 3;
  const mayTake = (row) => mayEdit(row) && !("stays" in row.dataset);
  const lacks = (button, some) => ("edits" in button.dataset && !some.every(mayEdit)) || ("takes" in button.dataset && !some.every(mayTake));
  let dragged = [], over, held;

  // What is sent of a choice: all that is in the folder, also what isn't loaded, or each by its id.
  let isWhole = false;
  const named = (some) => (isWhole && some.length === chosen().length ? { all: folder() } : { ids: ids(some) });

  const actions = {
    open: ([row]) => go(row.dataset.url),
    download: (some) => (some.length === 1 && !("folder" in some[0].dataset) ? save(`${some[0].dataset.url}/content?download=1`) : zip(some)),
    share: ([row]) => htmx.ajax("GET", `/drive/nodes/${row.dataset.id}/sharing`, { source: "#main", target: "#dialog", swap: "innerHTML" }),
    details: ([row]) => htmx.ajax("GET", `/drive/nodes/${row.dataset.id}/details`, { source: "#main", target: "#detail", swap: "innerHTML" }),
    favourite: ([row]) => post(`/drive/nodes/${row.dataset.id}/favourite`, { on: "favourite" in row.dataset ? "0" : "1" }),
    unpack: ([row]) => htmx.ajax("POST", `/drive/files/${row.dataset.id}/unpacking`, { source: "#main", swap: "none" }),
    remove: (some) => post("/drive/removals", named(some)),
    leave: (some) => sure(words().leave, words().leaveLabel, () => post("/drive/leavings", { ids: ids(some) })),
    restore: (some) => post("/drive/restorations", { ids: ids(some) }),
    purge: (some) => sure(words().purge, words().purgeLabel, () => post("/drive/purges", { ids: ids(some) })),
    move: (some) => choose(some, "move"),
    copyto: (some) => choose(some, "copy"),
    cut: (some) => clip("cut", some),
    copy: (some) => clip("copy", some),
    rename: ([row]) => rename(row),
  };

  function act(name, some = target()) {
    if (name === "paste") return paste();
    if (name === "rename" && !some.every(mayEdit)) return tell(words().mayNot);
    if (TAKES.has(name) && !some.every(mayTake)) return tell(some.every(mayEdit) ? words().stays : words().mayNot);
    if (some.length) actions[name]?.(some);
  }

  function save(url) {
    const link = Object.assign(document.createElement("a"), { href: url, download: "" });
    document.body.append(link);
    link.click();
    link.remove();
  }

  // More than an address can name goes as a form.
  function zip(some) {
    const wanted = isWhole ? folder() : ids(some);
    if (wanted.length < LONGEST) return save(`/drive/zip?ids=${wanted}`);
    const form = Object.assign(document.createElement("form"), { method: "post", action: "/drive/zip" });
    form.append(Object.assign(document.createElement("input"), { name: "ids", value: wanted, type: "hidden" }));
    document.body.append(form);
    form.submit();
    form.remove();
  }

  function choose(some, doing) {
    const at = folder() ?? some[0].dataset.dropId ?? "";
    const from = at || document.querySelector(".drive-side [data-drop-id]")?.dataset.dropId;
    held = named(some);
    const short = held.ids?.length < LONGEST ? `&ids=${held.ids}` : "";
    htmx.ajax("GET", `/drive/folders/${from}/tree?doing=${doing}${short}`, { source: "#main", target: "#dialog", swap: "innerHTML" });
  }

  // What an address can't name is put into the form when it is sent.
  function sending({ target }) {
    if (!target.matches("form[data-chosen-later]") || !held) return;
    const input = target.querySelector('input[name="ids"], input[name="all"]');
    [[input.name, input.value]] = Object.entries(held);
  }

  function clip(how, some) {
    sessionStorage.setItem(CLIP, JSON.stringify({ how, what: named(some) }));
    rows().forEach((row) => row.classList.toggle("is-cut", how === "cut" && some.includes(row)));
    tell(how === "cut" ? words().cut : words().copied);
  }

  function paste() {
    const held = JSON.parse(sessionStorage.getItem(CLIP) ?? "null");
    if (!held || !folder()) return tell(words().empty);
    post(held.how === "cut" ? "/drive/moves" : "/drive/copies", { ...held.what, to: folder() });
    if (held.how === "cut") sessionStorage.removeItem(CLIP);
  }

  function rename(row) {
    const label = row.querySelector(".node-label");
    const input = Object.assign(document.createElement("input"), { className: "input node-rename", value: row.dataset.name, maxLength: 255 });
    input.setAttribute("aria-label", words().rename);
    label.hidden = true;
    label.after(input);
    row.setAttribute("hx-morph-skip", ""); // what others change meanwhile takes nothing away that is being typed
    row.draggable = false; // in a row that can be dragged, Firefox sets no caret where one clicks
    input.focus();
    const dot = row.dataset.name.lastIndexOf(".");
    input.setSelectionRange(0, "folder" in row.dataset || dot < 1 ? input.value.length : dot);
    let over = false;
    const end = () => {
      over = true;
      input.nextElementSibling?.matches(".error") && input.nextElementSibling.remove();
      input.remove();
      row.removeAttribute("hx-morph-skip");
      row.draggable = true;
      label.hidden = false;
      row.focus();
    };
    async function keep() {
      if (over) return;
      if (input.value.trim() === row.dataset.name) return end();
      const answer = await fetch(`/drive/nodes/${row.dataset.id}/name`, { method: "POST", body: new URLSearchParams({ name: input.value }), headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.status === 422) return refuse((await answer.json()).error);
      if (!answer?.ok) return refuse(words().lost);
      end();
      const events = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}");
      for (const [name, detail] of Object.entries(events)) document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    }
    function refuse(why) {
      const said = input.nextElementSibling?.matches(".error") ? input.nextElementSibling : input.parentElement.insertBefore(Object.assign(document.createElement("p"), { className: "error" }), input.nextSibling);
      said.textContent = why;
      said.setAttribute("role", "alert");
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") keep();
      if (event.key === "Escape") end();
    });
    input.addEventListener("blur", () => !over && !input.hasAttribute("aria-invalid") && keep());
  }

  // -- the menu of a line

  function opening({ detail: row }) {
    if (!list.contains(row)) return;
    const box = row.querySelector('input[name="ids"]');
    if (!box.checked) row.querySelector(".node-name").click();
    const some = target();
    for (const item of menu().querySelectorAll("[data-do]")) {
      item.hidden = ("single" in item.dataset && some.length > 1) || lacks(item, some) || ("forZip" in item.dataset && !("zip" in some[0].dataset));
    }
    const is = "favourite" in row.dataset;
    menu().querySelectorAll("[data-favourite-on]").forEach((word) => (word.hidden = !is));
    menu().querySelectorAll("[data-favourite-off]").forEach((word) => (word.hidden = is));
  }

  function clicked(event) {
    const more = event.target.closest("[data-node-menu]");
    if (more && list.contains(more)) {
      const at = more.getBoundingClientRect();
      return more.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, clientX: at.left, clientY: at.bottom }));
    }
    const whole = event.target.closest("[data-whole-folder]");
    if (whole && list.contains(whole)) [isWhole = !isWhole, singles()];
    const doing = event.target.closest("[data-do]");
    if (doing && main.contains(doing)) act(doing.dataset.do);
    const pick = event.target.closest("[data-pick]");
    if (pick) document.getElementById(pick.dataset.pick)?.click();
    const as = event.target.closest("[data-view-as]");
    if (as) show(as.dataset.viewAs);
    if (event.target.closest("[data-close-details]")) hideDetails();
  }

  function hideDetails() {
    const node = document.querySelector("#detail [data-node]")?.dataset.node;
    document.getElementById("detail")?.replaceChildren();
    document.getElementById(`node-${node}`)?.focus();
  }

  function show(as) {
    localStorage.setItem("drive-view", as);
    list.dataset.view = as;
    document.querySelectorAll("[data-view-as]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.viewAs === as)));
  }

  function key(event) {
    if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]") || document.querySelector("dialog[open], .menu:popover-open")) return;
    const mod = event.ctrlKey || event.metaKey;
    const trash = list.dataset.kind === "trash";
    const away = trash ? "purge" : "remove"; // a Mac has ⌘⌫ for it
    const wanted = mod ? { c: "copy", x: "cut", v: "paste", backspace: away }[event.key.toLowerCase()] : { F2: "rename", Delete: away, i: "details" }[event.key];
    if (event.key === "Escape") hideDetails();
    if (!mod && event.key === "u") document.getElementById("drive-files")?.click();
    if (!wanted || (trash && wanted !== "purge") || (mod && String(getSelection()))) return;
    event.preventDefault();
    act(wanted);
  }

  const opened = ({ target }) => {
    const row = target.closest("tr[data-row]");
    if (row && list.dataset.kind !== "trash" && !target.closest("input, button, a")) go(row.dataset.url);
  };

  // -- dragging lines onto folders

  function dragstart(event) {
    const row = event.target.closest("tr[data-row]");
    if (!row || list.dataset.kind === "trash") return event.preventDefault();
    dragged = chosen().includes(row) ? chosen() : [row];
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setData("text/plain", dragged.map((one) => one.dataset.name).join("\n"));
  }

  const place = (event) => event.target.closest?.("[data-drop-id]");
  const copies = ({ ctrlKey, altKey }) => ctrlKey || altKey; // Alt on a Mac
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  function dragover(event) {
    const at = place(event);
    const fits = dragged.length ? at && !dragged.includes(at) : hasFiles(event) && "mayEdit" in list.dataset;
    over?.classList.remove("is-over");
    over = undefined;
    if (!fits) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = dragged.length && !copies(event) ? "move" : "copy";
    if (at) (over = at).classList.add("is-over");
    if (!dragged.length) main.classList.toggle("is-dropping", !at);
  }

  function leave(event) {
    if (event && event.relatedTarget && main.contains(event.relatedTarget)) return;
    over?.classList.remove("is-over");
    main.classList.remove("is-dropping");
  }

  async function drop(event) {
    const at = place(event);
    leave();
    if (dragged.length && at) {
      event.preventDefault();
      post(copies(event) ? "/drive/copies" : "/drive/moves", { ...named(dragged), to: at.dataset.dropId });
    } else if (hasFiles(event) && "mayEdit" in list.dataset) {
      event.preventDefault();
      const found = dropped(event.dataTransfer); // after the event there is nothing in it
      const { send } = await uploads().then((module) => module, () => ({}));
      send?.(await found, at?.dataset.dropId ?? folder());
    }
    dragged = [];
  }
  const dragend = () => ((dragged = []), leave());

  async function picked({ target }) {
    if (!["drive-files", "drive-folder"].includes(target.id) || !target.files.length) return;
    const { send } = await uploads();
    send([...target.files].map((file) => ({ file, path: file.webkitRelativePath.split("/").slice(0, -1).join("/") })), folder());
    target.value = "";
  }

  // -- the rubber band

  function band(event) {
    if (event.button || event.pointerType !== "mouse" || event.target.closest("tr[data-row], a, button, input, label, thead, .selection-bar")) return;
    const from = { x: event.clientX, y: event.clientY + main.scrollTop };
    const box = document.createElement("div");
    const before = event.ctrlKey || event.metaKey ? new Set(chosen()) : new Set();
    box.className = "rubber";
    event.preventDefault();
    getSelection().removeAllRanges();
    function move({ clientX, clientY }) {
      if (!box.isConnected && Math.abs(clientX - from.x) + Math.abs(clientY + main.scrollTop - from.y) < 6) return;
      if (!box.isConnected) document.body.append(box);
      const [left, top] = [Math.min(from.x, clientX), Math.min(from.y - main.scrollTop, clientY)];
      const [right, bottom] = [Math.max(from.x, clientX), Math.max(from.y - main.scrollTop, clientY)];
      Object.assign(box.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
      for (const row of rows()) {
        const at = row.getBoundingClientRect();
        mark(row, before.has(row) || (at.top < bottom && at.bottom > top && at.left < right && at.right > left));
      }
      tellRows();
    }
    function up() {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      if (!box.isConnected && !before.size) rows().forEach((row) => mark(row, false)), tellRows();
      box.remove();
    }
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  }

  function mark(row, on) {
    row.querySelector('input[name="ids"]').checked = on;
    row.setAttribute("aria-selected", String(on));
  }

  function tellRows() {
    const bar = list.querySelector(".selection-bar");
    const count = chosen().length;
    bar.hidden = !count;
    bar.querySelectorAll("[data-selection-count]").forEach((text) => (text.textContent = count));
    singles();
  }

  function singles() {
    const count = chosen().length;
    list.querySelectorAll(".selection-bar [data-single]").forEach((button) => (button.hidden = count !== 1));
    list.querySelectorAll(".selection-bar [data-takes]").forEach((button) => (button.hidden = lacks(button, chosen())));
    const whole = list.querySelector("[data-whole-folder]");
    if (!whole) return;
    whole.hidden = !list.querySelector("#drive-more") || count < rows().length;
    isWhole &&= !whole.hidden; // what is refreshed meanwhile keeps it
    whole.setAttribute("aria-pressed", String(isWhole));
  }

  // Pictures that are pasted go into the folder.
  async function pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !("mayEdit" in list.dataset) || event.target.matches("input, textarea")) return;
    event.preventDefault();
    (await uploads()).send(files.map((file) => ({ file, path: "" })), folder());
  }

  show(localStorage.getItem("drive-view") ?? "list");
  uploads().then(({ resume }) => resume());
  const follow = new MutationObserver(() => list.dataset.view || show(localStorage.getItem("drive-view") ?? "list"));
  follow.observe(list, { attributes: true, attributeFilter: ["data-view"] });
  list.addEventListener("rows:change", singles);
  list.addEventListener("dblclick", opened);
  list.addEventListener("pointerdown", band);
  list.addEventListener("dragstart", dragstart);
  const outer = list.closest(".view") ?? main;
  outer.addEventListener("dragover", dragover);
  outer.addEventListener("dragleave", leave);
  outer.addEventListener("drop", drop);
  outer.addEventListener("dragend", dragend);
  document.addEventListener("click", clicked);
  document.addEventListener("menu:for", opening);
  document.addEventListener("keydown", key);
  document.addEventListener("change", picked);
  document.addEventListener("paste", pasted);
  document.addEventListener("submit", sending, true);
  return () => {
    follow.disconnect();
    outer.removeEventListener("dragover", dragover);
    outer.removeEventListener("dragleave", leave);
    outer.removeEventListener("drop", drop);
    outer.removeEventListener("dragend", dragend);
    document.removeEventListener("click", clicked);
    document.removeEventListener("menu:for", opening);
    document.removeEventListener("keydown", key);
    document.removeEventListener("change", picked);
    document.removeEventListener("paste", pasted);
    document.removeEventListener("submit", sending, true);
  };
}
