// How hard a new password is to guess, roughly: length counts most, then variety. The server has the last word.
function score(password) {
  if (password.length < 8) return password ? 1 : 0;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(password)).length;
  const distinct = new Set(password).size;
  const bits = Math.min(password.length, distinct * 1.6) * [0, 3.6, 4.4, 5, 5.6][kinds];
  return bits < 40 ? 1 : bits < 55 ? 2 : bits < 72 ? 3 : 4;
}

export default function connect(meter) {
  const input = document.getElementById(meter.dataset.for);
  const bars = meter.querySelector(".strength");

  function update() {
    const value = score(input.value);
    bars.dataset.score = value;
    meter.querySelectorAll("[data-score-text]").forEach((text) => (text.hidden = Number(text.dataset.scoreText) !== value));
  }

  input.addEventListener("input", update);
  update();
  return () => input.removeEventListener("input", update);
}
