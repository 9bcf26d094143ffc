// Moves inside the shell: prefetch, progress line, history, focus and scroll, failures said in words.
const places = new Map(); // address → scroll of #main, for Back
const main = () => document.getElementById("main");
const here = () => location.pathname + location.search;
let waiting = 0;
let restore = null;

function busy(change) {
  waiting = Math.max(0, waiting + change);
  document.documentElement.toggleAttribute("data-busy", waiting > 0);
}

/** Go to an address of the suite, within the shell where there is one. */
export function go(url) {
  if (here() === url) return;
  if (document.getElementById("view") && self.htmx) htmx.ajax("GET", url, { source: "#view", target: "#view", push: url });
  else location.assign(url);
}

// A link prefetches when the pointer stays on it for a moment (hx-preload="linger").
let lingering;
document.addEventListener("pointerover", ({ target, pointerType }) => {
  clearTimeout(lingering);
  const link = pointerType === "mouse" && target.closest?.("[hx-preload]");
  if (link && link.getAttribute("href") !== here()) lingering = setTimeout(() => link.dispatchEvent(new Event("linger")), 60);
});
document.addEventListener("pointerdown", () => clearTimeout(lingering));

// What comes from another area of the suite names its stylesheet: that is there before it is put into the page.
const styles = new Map(); // address → when it is there
function dressed(href) {
  if (!href || document.querySelector(`head > link[rel="stylesheet"][href="${CSS.escape(href)}"]:not([data-comes])`)) return undefined;
  if (!styles.has(href)) styles.set(href, new Promise((resolve) => bring(href, resolve)));
  return styles.get(href);
}

function bring(href, done) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
  link.dataset.comes = "";
  document.head.append(link);
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const ask = ctx.fetch;
  ctx.fetch = async (...request) => {
    const answer = await ask(...request);
    await dressed(answer.headers.get("Chalet-Style"));
    return answer;
  };
});

document.addEventListener("htmx:before:request", () => busy(1));
document.addEventListener("htmx:finally:request", () => busy(-1));

document.addEventListener("htmx:before:history:update", () => places.set(here(), main()?.scrollTop ?? 0));

document.addEventListener("htmx:before:history:restore", (event) => {
  event.preventDefault();
  if (!document.getElementById("view")) return location.reload();
  restore = places.get(here()) ?? 0;
  htmx.ajax("GET", here(), { source: "#view", target: "#view", swap: "innerHTML" });
});

// After a move, focus goes to the new page's heading, so that keyboard and screen reader start there.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id !== "view") return;
  document.querySelectorAll("[popover].menu:popover-open").forEach((menu) => menu.hidePopover());
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  const view = document.getElementById("view");
  delete view.dataset.side;
  if (restore !== null) main().scrollTop = restore;
  restore = null;
  if (view.querySelector("[autofocus]") || view.contains(document.activeElement)) return;
  const heading = main().querySelector("[data-heading], h1") ?? main();
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
});

// An answer that failed is never put into a part of a page; a whole error page may fill the view.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 200;
  if (status < 400 || status === 422 || ctx.target?.id === "view") return;
  event.preventDefault();
  if (status === 401) return location.reload();
  if (!ctx.hx?.trigger?.includes("toast")) tell("failed");
});

// Signed out elsewhere: where this page wants somebody signed in, ask who it is and come right back.
document.addEventListener("live:signed-out", async () => {
  const answer = await fetch(here(), { redirect: "manual", cache: "no-store" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.assign(`/sign-in?next=${encodeURIComponent(here())}`);
});

// Firefox cuts what is still asked for when the page is about to be left: that is no lost connection.
let leaving = -Infinity;
addEventListener("beforeunload", ({ timeStamp }) => (leaving = timeStamp));
document.addEventListener("htmx:error", ({ timeStamp, detail: { error } }) => {
  if (timeStamp - leaving < 1_000) return;
  if (error instanceof TypeError || error === "timeout" || error?.name === "AbortError") tell("lost");
});

function tell(word) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { word, kind: "error" } }));
}

// On a phone the side column is a sheet.
document.addEventListener("click", ({ target }) => {
  const view = document.getElementById("view");
  if (!view) return;
  const button = target.closest("[data-side-toggle]");
  if (!button && (view.dataset.side !== "open" || target.closest(".side"))) return;
  const open = Boolean(button) && view.dataset.side !== "open";
  view.dataset.side = open ? "open" : "";
  if (open) view.querySelector(".side")?.focus();
  else if (button) view.querySelector(".side-open")?.focus();
});
document.addEventListener("keydown", (event) => {
  const view = document.getElementById("view");
  if (event.key !== "Escape" || view?.dataset.side !== "open") return;
  view.dataset.side = "";
  view.querySelector(".side-open")?.focus();
});

const online = () => document.documentElement.toggleAttribute("data-offline", !navigator.onLine);
addEventListener("online", online);
addEventListener("offline", online);
online();

/** Ask in our own dialog; the button says what will happen. */
export function sure(text, label, then, otherwise) {
  const dialog = document.getElementById("confirm");
  const yes = dialog.querySelector('[value="yes"]');
  dialog.querySelector("[data-confirm-text]").textContent = text;
  yes.textContent = label ?? yes.dataset.label;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? then() : otherwise?.()), { once: true });
  dialog.showModal();
}

// hx-confirm="…" and data-confirm-label.
document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!document.getElementById("confirm") || !ctx.confirm) return;
  event.preventDefault();
  sure(ctx.confirm, ctx.sourceElement.dataset.confirmLabel, issueRequest, dropRequest);
});
