// Sends the form around it to the button's own address as a browser does, because the answer is a file to keep and not a part of the page.
export default function connect(button) {
  function submit(event) {
    event.preventDefault();
    const { form } = button;
    const before = form.getAttribute("action");
    form.action = button.getAttribute("formaction");
    form.submit();
    form.setAttribute("action", before);
    button.closest("[popover]")?.hidePopover();
  }

  button.addEventListener("click", submit);
  return () => button.removeEventListener("click", submit);
}
