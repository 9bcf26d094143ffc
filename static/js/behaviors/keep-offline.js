// "Keep offline" in a conversation's menu: data-url and data-title name the place.
import { choose, chosen } from "../places.js";

export default function connect(item) {
  const { url, title } = item.dataset;
  const show = async () => item.setAttribute("aria-checked", String((await chosen()).some((place) => place.url === url)));
  const click = () => choose({ url, title }, item.getAttribute("aria-checked") !== "true");
  item.hidden = !window.caches || !navigator.serviceWorker;
  item.addEventListener("click", click);
  document.addEventListener("places:changed", show);
  show();
  return () => document.removeEventListener("places:changed", show);
}
