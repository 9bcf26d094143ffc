// hx-confirm="…" asks in our own dialog; the button says what will happen (data-confirm-label).
document.addEventListener("htmx:confirm", (event) => {
  const dialog = document.getElementById("confirm");
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!dialog || !ctx.confirm) return;
  event.preventDefault();
  const yes = dialog.querySelector('[value="yes"]');
  dialog.querySelector("[data-confirm-text]").textContent = ctx.confirm;
  yes.textContent = ctx.sourceElement.dataset.confirmLabel ?? yes.dataset.label;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? issueRequest() : dropRequest()), { once: true });
  dialog.showModal();
});
