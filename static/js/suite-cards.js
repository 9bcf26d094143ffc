// Links to what is inside the suite become cards below their text, as far as this reader may see what they lead to.
const MOST = 3;
const known = new Map(); // path and query → promise of its fragment's text
const HERE = /^\/(chat\/channels|calendar\/events|contacts|drive|s)\//;

export async function suiteCards(prose) {
  const links = [...(prose?.querySelectorAll("a[href]") ?? [])].filter((link) => link.origin === location.origin && HERE.test(link.pathname) && !link.closest("blockquote"));
  for (const link of links) if (!link.pathname.startsWith("/s/")) link.removeAttribute("target");
  const targets = [...new Set(links.map(targetOf))].slice(0, MOST);
  for (const target of targets) if (!known.has(target)) known.set(target, ask(target));
  for (const target of targets) show(prose, links, target, await known.get(target));
}

const targetOf = (link) => link.pathname + link.search;

function show(prose, links, target, html) {
  const shown = [...prose.parentElement.querySelectorAll(":scope > .suite-card")];
  if (!html || shown.some((one) => one.dataset.target === target)) return;
  const card = document.createRange().createContextualFragment(html).querySelector(".suite-card");
  card.dataset.target = target;
  (shown.at(-1) ?? prose).after(card);
  htmx.process(card);
  const title = card.querySelector("strong").textContent;
  for (const link of links) if (targetOf(link) === target && link.textContent === link.href) link.textContent = link.dataset.title = title;
}

async function ask(target) {
  try {
    const answer = await fetch(`/cards?url=${encodeURIComponent(target)}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 200) return answer.text();
    if (!answer.ok) known.delete(target);
  } catch {
    known.delete(target); // asked again with the next message that has it
  }
  return "";
}
