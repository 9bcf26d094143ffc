// The theme's radio buttons: put it on at once and keep it.
export default function connect(form) {
  function choose() {
    const theme = form.elements.theme.value;
    document.documentElement.dataset.theme = theme;
    document.querySelectorAll("[data-set-theme]").forEach((one) => one.setAttribute("aria-checked", String(one.dataset.setTheme === theme)));
    htmx.ajax("POST", "/account/theme", { source: form, values: { theme }, swap: "none" });
  }
  form.querySelector(".without-script")?.remove();
  form.addEventListener("change", choose);
  return () => form.removeEventListener("change", choose);
}
