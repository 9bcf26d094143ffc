// What the reader adds to a log: days in their time zone, names only where they change, the line above what is new, what is theirs.
import { me } from "./http.js";
import { isSaved } from "./saved.js";
import { suiteCards } from "../suite-cards.js";

const TOGETHER = 5 * 60_000;
const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const zone = document.documentElement.dataset.timezone || undefined;
const days = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });

/** Put everything in a log into place; what is in place stays untouched. Messages of others after the id `readUpTo` are new. */
export function arrange(scroller, readUpTo) {
  const log = scroller.querySelector(".chat-log");
  const marks = new Map([...log.querySelectorAll(".log-day")].map((mark) => [mark.dataset.day, mark]));
  let line = log.querySelector(".log-new"), isLined = false, last = null, day = "";
  for (const article of log.querySelectorAll(".msg")) {
    const today = days.format(Number(article.dataset.at) || Date.now());
    const starts = today !== day;
    const isFirstNew = !isLined && Number(article.dataset.id) > readUpTo && article.dataset.author !== me();
    if (isFirstNew) put((line ??= clone("log-new")), article);
    isLined ||= isFirstNew;
    if (starts) {
      put(marks.get(today) ?? heading(scroller, article, today), isFirstNew ? line : article);
      marks.delete(today);
    }
    const near = last?.dataset.author === article.dataset.author && (article.dataset.at ?? Date.now()) - last.dataset.at < TOGETHER;
    article.classList.toggle("follows", near && !starts && !isFirstNew && !last.matches(".deleted"));
    dress(article);
    [last, day] = [article, today];
  }
  marks.forEach((mark) => mark.remove());
  if (!isLined) line?.remove();
  return isLined ? line : null;
}

const put = (mark, before) => before.previousElementSibling === mark || before.before(mark);

function heading(scroller, article, key) {
  const mark = clone("log-day");
  const word = { [days.format(Date.now())]: scroller.dataset.today, [days.format(Date.now() - 86_400_000)]: scroller.dataset.yesterday }[key];
  mark.dataset.day = key;
  if (word) mark.firstElementChild.textContent = word;
  else mark.querySelector("time").dateTime = new Date(Number(article.dataset.at)).toISOString();
  return mark;
}

const isAmong = (accounts) => accounts.split(" ").includes(me());

/** Mark what concerns the reader: their own messages and reactions, and their name. */
export function dress(article) {
  if (article.dataset.dressed) return;
  article.dataset.dressed = "1";
  article.classList.toggle("mine", article.dataset.author === me());
  for (const reaction of article.querySelectorAll(".reaction")) {
    reaction.setAttribute("aria-pressed", String(isAmong(reaction.dataset.who)));
  }
  for (const answer of article.querySelectorAll(".poll-answer")) answer.setAttribute("aria-pressed", String(isAmong(answer.dataset.who)));
  article.querySelector(".receipt")?.classList.toggle("given", isAmong(article.querySelector(".receipt").dataset.who));
  article.classList.toggle("saved", isSaved(article.dataset.id));
  const named = [...article.querySelectorAll(".mention")].filter(({ dataset: { account } }) => account === me() || (account === "all" && article.dataset.author !== me()));
  named.forEach((mention) => mention.classList.add("me"));
  article.classList.toggle("names-me", named.length > 0);
  suiteCards(article.querySelector(".msg-body > .prose"));
}
