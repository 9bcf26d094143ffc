// A button that opens the dialog named in data-opens.
export default function connect(button) {
  const open = () => {
    button.closest("[popover]")?.hidePopover();
    const dialog = document.getElementById(button.dataset.opens);
    if (!dialog.open) dialog.showModal();
  };
  button.addEventListener("click", open);
  return () => button.removeEventListener("click", open);
}
