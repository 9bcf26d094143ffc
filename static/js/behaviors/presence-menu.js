// The reader's own state and status in their menu: shown live, changed with a click on the current one.
import { describe, moment, onMine, start } from "../presence.js";

export default function connect(menu) {
  const { org, guest, online, away, dnd, until, quiet } = menu.dataset;
  const stop = start(org, guest !== undefined, { online, away, dnd, until });
  const find = (name) => menu.querySelector(`[data-${name}]`);
  const expander = find("expands"), choices = find("choices");

  function shown(mine, me) {
    const state = me.state === "offline" ? mine.chosen || "online" : me.state;
    find("state-dot").dataset.state = state;
    find("state-word").textContent = { online, away, dnd }[state];
    find("state-until").textContent = lasting(mine, state);
    for (const one of choices.querySelectorAll("[data-of]")) one.setAttribute("aria-checked", String(one.dataset.of === (mine.chosen || "online")));
    find("status-emoji").textContent = me.emoji || (me.text ? "💬" : "");
    find("status-emoji").hidden = !(me.emoji || me.text);
    find("status-text").textContent = me.text || me.emoji ? describe(me) || find("status-text").dataset.edit : find("status-text").dataset.empty;
    find("clear").hidden = !mine.has_status;
  }

  function lasting(mine, state) {
    if (state !== "dnd") return "";
    if (mine.chosen !== "dnd") return mine.quiet_until ? quiet.replace("{}", moment(mine.quiet_until)) : "";
    return mine.until ? until.replace("{}", moment(mine.until)) : "";
  }

  function open(on) {
    choices.hidden = !on;
    expander.setAttribute("aria-expanded", String(on));
  }

  function click(event) {
    if (event.target.closest("[data-expands]")) {
      event.stopPropagation(); // the menu stays
      open(choices.hidden);
      if (!choices.hidden) choices.querySelector("button").focus();
    } else if (event.target.closest('[role="menuitemradio"]')) {
      setTimeout(() => menu.closest("[popover]")?.hidePopover());
    }
  }

  const closed = ({ newState }) => newState === "closed" && open(false);
  menu.addEventListener("click", click);
  menu.closest("[popover]")?.addEventListener("toggle", closed);
  const stopMine = onMine(shown);
  return () => [stop(), stopMine()];
}
