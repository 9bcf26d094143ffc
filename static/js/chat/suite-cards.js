// Links to what is inside the suite become cards, as far as this reader may see what they lead to.
const MOST = 3;
const known = new Map(); // path → promise of its fragment's text
const HERE = /^\/(chat\/channels|calendar|contacts|drive)\//;

export function suiteCards(article) {
  const prose = article.querySelector(".msg-body > .prose");
  const links = [...(prose?.querySelectorAll("a[href]") ?? [])].filter((link) => link.origin === location.origin && HERE.test(link.pathname));
  for (const link of links) link.removeAttribute("target");
  const paths = [...new Set(links.map((link) => link.pathname))].slice(0, MOST);
  for (const path of paths) show(article, prose, path);
}

async function show(article, prose, path) {
  if (!known.has(path)) known.set(path, ask(path));
  const html = await known.get(path);
  if (!html || article.querySelector(`.suite-card[data-path="${CSS.escape(path)}"]`)) return;
  const card = document.createRange().createContextualFragment(html).querySelector(".suite-card");
  card.dataset.path = path;
  prose.after(card);
  htmx.process(card);
}

async function ask(path) {
  try {
    const answer = await fetch(`/cards?url=${encodeURIComponent(path)}`, { headers: { "HX-Request": "true" } });
    return answer.status === 200 ? answer.text() : "";
  } catch {
    return "";
  }
}
