// A form with one picture: says at once when it is too large to be sent; with data-at-once a chosen picture is sent without asking.
export default function connect(form) {
  const input = form.querySelector('input[type="file"]');
  const complaint = form.querySelector("[data-too-large]");
  const send = form.querySelector("[data-send]");

  function chosen(event) {
    const [file] = input.files;
    const isTooLarge = file && file.size > form.dataset.mostMb * 1_000_000;
    complaint.hidden = !isTooLarge;
    if (isTooLarge) {
      event.stopPropagation();
      input.value = "";
      input.dispatchEvent(new Event("refused"));
    }
    if (send) send.disabled = !input.files.length;
    if (input.files.length && "atOnce" in form.dataset) form.requestSubmit();
  }

  if (send) send.disabled = !input.files.length;
  input.addEventListener("change", chosen);
}
