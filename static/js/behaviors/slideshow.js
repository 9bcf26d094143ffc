// The slides of a login page: one after the other, unless the reader wants less motion, pauses, or looks elsewhere. Later slides come when needed.
const EACH = 7_000;

export default function connect(box) {
  const tools = box.querySelector("[data-tools]");
  if (!tools) return;
  const slides = [...box.querySelectorAll(".slide, template[data-slide]")];
  const dots = [...box.querySelectorAll("[data-to]")];
  const pause = box.querySelector("[data-pause]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let now = 0, timer;

  async function show(next) {
    if (slides[next].localName === "template") {
      const picture = slides[next].content.firstElementChild;
      slides[next].replaceWith(picture);
      slides[next] = picture;
    }
    await slides[next].querySelector("img").decode().catch(() => {}); // never fade to a picture that isn't there yet
    slides[now].removeAttribute("data-current");
    slides[next].setAttribute("data-current", "");
    now = next;
    dots.forEach((dot, index) => index === now ? dot.setAttribute("aria-current", "true") : dot.removeAttribute("aria-current"));
  }

  function tick() {
    if (!document.hidden && !box.matches(":hover, :focus-within")) show((now + 1) % slides.length);
  }

  function play(on) {
    clearInterval(timer);
    box.toggleAttribute("data-playing", on);
    pause.setAttribute("aria-label", on ? pause.dataset.pauseLabel : pause.dataset.playLabel);
    if (on) timer = setInterval(tick, EACH);
  }

  const settle = () => play(!calm.matches);
  const go = ({ currentTarget }) => (play(false), show(Number(currentTarget.dataset.to)));
  dots.forEach((dot) => dot.addEventListener("click", go));
  pause.addEventListener("click", () => play(!box.hasAttribute("data-playing")));
  calm.addEventListener("change", settle);
  tools.hidden = false;
  settle();
  return () => (clearInterval(timer), calm.removeEventListener("change", settle));
}
