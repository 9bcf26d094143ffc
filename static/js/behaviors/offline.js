// The offline page. Its address may be of a page of which only the view is kept: then that is shown. It lists what can be read,
// and when the connection is back it becomes the page that was asked for.
const holder = document.querySelector('meta[name="chalet"]')?.dataset.for ?? "";
const MOST = 12;
const PAUSE = 5_000;
let tried = "";

export default function connect(panel) {
  const here = location.pathname + location.search;
  const list = panel.querySelector("[data-seen]");

  const again = () => (document.getElementById("view") ? htmx.ajax("GET", here, { source: "#view", target: "#view", swap: "innerHTML" }) : location.reload());

  async function showSeen() {
    if (!holder || !window.caches) return;
    const cache = await caches.open(`pages ${holder}`);
    const seen = new Map();
    for (const request of (await cache.keys()).reverse()) {
      const url = new URL(request.url);
      const part = url.searchParams.get("_part");
      url.searchParams.delete("_part");
      const title = decodeURIComponent((await cache.match(request))?.headers.get("Kept-Title") ?? "");
      if ((part && part !== "div#view") || !title || url.pathname === "/offline" || seen.has(url.pathname)) continue;
      seen.set(url.pathname, [url.pathname + url.search, title]);
      if (seen.size === MOST) break;
    }
    list.replaceChildren(...[...seen.values()].map(link));
    panel.querySelector("[data-if-seen]").hidden = !seen.size;
  }

  function link([href, title]) {
    const item = panel.querySelector("template").content.firstElementChild.cloneNode(true);
    const anchor = item.querySelector("a");
    anchor.href = href;
    anchor.textContent = new DOMParser().parseFromString(title, "text/html").body.textContent.replace(/ · [^·]*$/, "");
    return item;
  }

  showSeen();
  fromView();
  addEventListener("online", probe);
  const timer = setInterval(probe, PAUSE);
  return () => {
    removeEventListener("online", probe);
    clearInterval(timer);
  };

  // An address that is never kept tells whether the server is there.
  async function probe() {
    const response = await fetch("/healthz", { cache: "no-store" }).catch(() => undefined);
    if (response?.ok && panel.isConnected) again();
  }

  async function fromView() {
    if (tried === here) return;
    tried = here;
    const cache = holder && window.caches && (await caches.open(`pages ${holder}`));
    const key = new URL(here, location);
    key.searchParams.set("_part", "div#view");
    if (cache && (await cache.match(key, { ignoreVary: true }))) again();
  }
}
