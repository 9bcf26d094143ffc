// The log of a channel, or of a thread beside it: opens where one stopped, loads both ways while scrolling, follows what happens, and
// knows what was seen.
import { subscribe } from "../live.js";
import { arrange, dress } from "../chat/arrange.js";
import { enqueue, words } from "../outbox.js";
import { ask, me, parse, tryTo } from "../chat/http.js";
import { show } from "../chat/commands.js";
import "../chat/lightbox.js";
import "../chat/panel.js";
import { place } from "../chat/place.js";
import { knowSaved, setSaved } from "../chat/saved.js";
import { restore } from "../chat/send.js";
import { tools } from "../chat/tools.js";
import { learnAll, restoreChanges } from "../chat/writes.js";
import { typists } from "../chat/typing.js";

const MOST = 400; // messages in the page; beyond, those far away go
const NEAR = 48; // pixels from the end that count as being there

export default function connect(scroller) {
  const { channel, url, thread } = scroller.dataset;
  const pane = scroller.parentElement;
  const isMember = "member" in scroller.dataset;
  const log = scroller.querySelector(".chat-log");
  const root = scroller.querySelector(".thread-root"); // the message that a thread answers
  const jump = pane.querySelector(".log-jump");
  const typing = typists(pane.querySelector(".typing"));
  const hands = tools(scroller);
  let read = Number(scroller.dataset.read); // what the server knows
  let mark = isMember ? read : Infinity; // the line stands after this
  let since = Number(scroller.dataset.since);
  let missed = 0, reading, isLoading = false;

  const articles = () => [...log.querySelectorAll(".msg[data-id]")];
  const lastId = () => Number(articles().at(-1)?.dataset.id ?? 0);
  const atEnd = () => scroller.scrollTop > -NEAR && !edge("newer");
  const edge = (which) => log.querySelector(`.log-edge.${which}`);
  const isWatched = () => !document.hidden && document.hasFocus();

  // Change the log without moving what is being read.
  function keep(change) {
    const stays = atEnd();
    const top = scroller.getBoundingClientRect().top;
    const anchor = stays ? null : articles().find((one) => one.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    tidy();
    if (stays) scroller.scrollTop = 0;
    else if (anchor?.isConnected) scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  function tidy() {
    const line = arrange(scroller, mark);
    changes.takeRecords();
    watchEdges();
    return line;
  }

  // -- loading

  const edges = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => load(one.target)), { root: scroller, rootMargin: "900px 0px" });
  function watchEdges() {
    edges.disconnect();
    if (!isLoading) log.querySelectorAll(".log-edge").forEach((one) => edges.observe(one));
  }

  async function load(link) {
    if (isLoading || !link.isConnected) return;
    isLoading = true;
    log.setAttribute("aria-busy", "true");
    try {
      const piece = parse(await ask("GET", `${url}/messages${new URL(link.href).search}`));
      const isOlder = link.matches(".older");
      piece.querySelector(isOlder ? ".log-edge.newer" : ".log-edge.older")?.remove();
      piece.querySelectorAll(".msg").forEach((one) => log.querySelector(`#${one.id}`) && one.remove());
      keep(() => [link.replaceWith(piece), trim(isOlder)]);
    } catch {
      setTimeout(watchEdges, 4_000);
    } finally {
      isLoading = false;
      log.removeAttribute("aria-busy");
      watchEdges();
      seen();
    }
  }

  function trim(isOlder) {
    const all = articles();
    if (all.length <= MOST) return;
    const far = isOlder ? all.slice(MOST) : all.slice(0, all.length - MOST);
    const rest = isOlder ? all[MOST - 1] : all[all.length - MOST];
    const link = edge(isOlder ? "newer" : "older") ?? document.getElementById(`edge-${isOlder ? "newer" : "older"}`).content.firstElementChild.cloneNode(true);
    link.href = `${url}?${isOlder ? "after" : "before"}=${rest.dataset.id}`;
    far.forEach((one) => one.remove());
    if (isOlder) log.append(link);
    else log.prepend(link);
  }

  async function toEnd(event) {
    event?.preventDefault();
    if (edge("newer")) {
      const html = await tryTo("GET", `${url}/messages`);
      if (!html) return;
      log.replaceChildren(parse(html), ...log.querySelectorAll(".pending"));
      tidy();
    }
    scroller.scrollTop = 0;
    missed = 0;
    seen();
  }

  // -- what happens

  function take(html, key) {
    let result;
    const article = parse(html).querySelector(".msg");
    since = Math.max(since, Number(article.dataset.changed));
    if (article.dataset.id === thread) return showRoot(article);
    const isOther = article.dataset.author !== me();
    const isUnknown = Number(article.dataset.id) > Math.max(lastId(), read);
    if (isOther && isUnknown && read >= lastId() && !(isWatched() && atEnd())) mark = read;
    keep(() => (result = place(log, article, key)));
    if (isOther && isUnknown && (result !== "replaced") && !(isWatched() && atEnd())) missed += 1;
    seen();
  }

  async function catchUp() {
    try {
      const html = await ask("GET", `${url}/changes?since=${since}`);
      if (html === null) return edge("newer") ? undefined : await beginAnew();
      for (const article of parse(html).querySelectorAll(".msg")) {
        since = Math.max(since, Number(article.dataset.changed));
        if (article.dataset.id === thread) showRoot(article);
        else keep(() => place(log, article));
      }
      seen();
    } catch {
      // The next resume asks again.
    }
  }

  // In its thread, a message has no id of its own in the page: it has one in the channel beside it.
  function showRoot(article) {
    place(root, article);
    dressRoot();
  }

  // Who answers follows from then on.
  function follows() {
    if (pane.querySelector('.thread-follow[aria-pressed="false"]')) htmx.ajax("GET", `${url}/following`, { target: "#thread-follow", swap: "outerHTML" });
  }

  function dressRoot() {
    const article = root?.querySelector(".msg");
    article?.removeAttribute("id");
    if (article) dress(article);
  }

  // Away for so long that only the newest piece is worth having; what is being sent stays.
  async function beginAnew() {
    const html = await tryTo("GET", `${url}/messages`);
    if (!html) return;
    keep(() => log.replaceChildren(parse(html), ...log.querySelectorAll(".pending")));
    since = Math.max(since, ...articles().map((one) => Number(one.dataset.changed)));
  }

  // It is called or about something else now; when it was archived or restored, the whole view is another.
  async function described() {
    if (document.querySelector("dialog[open]")) return;
    const top = document.querySelector(".chat-top");
    const before = top.dataset.archived;
    await htmx.ajax("GET", url, { target: ".chat-top", select: ".chat-top", swap: "outerHTML" });
    if (document.querySelector(".chat-top")?.dataset.archived !== before) heard.cut();
  }

  function pinned(count) {
    const link = document.querySelector(".chat-pins");
    if (count) link?.setAttribute("data-count", count);
    else link?.removeAttribute("data-count");
  }

  const inThread = {
    answer: ({ html, data }) => String(data.thread) === thread && [take(html, data.key), html.includes(`data-author="${me()}"`) && follows()],
    message: ({ html, data }) => String(data.id) === thread && take(html),
    subscribed: catchUp,
    resume: catchUp,
  };
  const heard = thread ? inThread : {
    message: ({ html, data }) => [take(html, data?.key), typing.stop(parse(html).querySelector(".msg").dataset.author)],
    typing: ({ data }) => String(data.account) !== me() && typing.start(data),
    subscribed: catchUp,
    resume: catchUp,
    cut: () => htmx.ajax("GET", url, { source: "#view", target: "#view", swap: "innerHTML" }),
    "chat.described": described,
    "chat.pins": ({ data }) => pinned(data.count),
  };
  const stop = [
    subscribe(`channel:${channel}`, (event) => heard[event.kind]?.(event)),
    subscribe(`account:${me()}`, ({ kind, data, html }) => {
      if (kind === "chat.read" && !thread && String(data.channel) === channel) read = data.read_up_to;
      else if (kind === "chat.answer" && !thread && String(data.channel) === channel) keep(() => show(html));
      else if (kind === "chat.saved") setSaved(scroller, data.message, data.on);
    }),
  ];

  // -- what was seen

  function seen() {
    const end = atEnd();
    if (end && isWatched()) missed = 0;
    jump.hidden = scroller.scrollTop > -400 && !edge("newer");
    const number = jump.querySelector(".count");
    number.hidden = !missed;
    number.textContent = missed > 99 ? "99+" : String(missed);
    if (!isMember || !end || !isWatched() || lastId() <= read) return;
    read = lastId();
    clearTimeout(reading);
    reading = setTimeout(tellRead, 250);
  }

  function tellRead() {
    clearTimeout(reading);
    reading = undefined;
    fetch(`${url}/reading`, { method: "POST", body: new URLSearchParams({ up_to: String(read) }), keepalive: true }).catch(keepRead);
  }

  // Without a connection it waits with the rest; one mark is enough, the latest.
  const keepRead = () => isMember && enqueue({ url: `${url}/reading`, body: { up_to: read }, label: words("read", ""), isQuiet: true });

  function unread({ detail }) {
    read = mark = detail - 1;
    scroller.scrollTop -= 1; // not at the end: nothing is read until one goes there
    tidy()?.scrollIntoView({ block: "center" });
  }

  // -- at the beginning

  const changes = new MutationObserver(() => keep(() => {}));
  const sources = pane.querySelector("template[data-sources]");
  knowSaved(sources?.dataset.kept);
  const line = tidy();
  dressRoot();
  log.dataset.arranged = "";
  const target = Number(scroller.dataset.target) && log.querySelector(`#m${scroller.dataset.target}`);
  if (target) {
    target.classList.add("target");
    target.scrollIntoView({ block: "center" });
    if (!document.querySelector("#detail .thread")) target.focus({ preventScroll: true });
  } else if (line) scroller.scrollTop += Math.min(0, line.getBoundingClientRect().top - scroller.getBoundingClientRect().top - scroller.clientHeight * 0.2);
  changes.observe(log, { childList: true });
  learnAll(sources);
  if (isMember) restore(url).then(restoreChanges);
  seen();

  const editLast = ({ target }) => pane.contains(target) && hands.editLast();
  const sent = () => toEnd();
  scroller.addEventListener("scroll", seen, { passive: true });
  scroller.addEventListener("chat:unread", unread);
  scroller.addEventListener("chat:sent", sent);
  document.addEventListener("chat:edit-last", editLast);
  document.addEventListener("visibilitychange", seen);
  addEventListener("focus", seen);
  jump.addEventListener("click", toEnd);
  return () => {
    stop.forEach((end) => end());
    edges.disconnect();
    changes.disconnect();
    typing.clear();
    if (reading) tellRead();
    document.removeEventListener("chat:edit-last", editLast);
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("focus", seen);
  };
}
