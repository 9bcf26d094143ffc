// Light, dark or automatic: at once here, then kept with the account.
export default function connect(group) {
  const buttons = [...group.querySelectorAll("[data-set-theme]")];

  function choose({ target }) {
    const theme = target.closest("[data-set-theme]")?.dataset.setTheme;
    if (!theme) return;
    document.documentElement.dataset.theme = theme;
    buttons.forEach((one) => one.setAttribute("aria-checked", String(one.dataset.setTheme === theme)));
    htmx.ajax("POST", "/account/theme", { source: group, values: { theme }, swap: "none" });
  }

  group.addEventListener("click", choose);
  return () => group.removeEventListener("click", choose);
}
