// Of the digest's fields, only those that matter for how often it comes.
export default function connect(fields) {
  const field = (name) => fields.querySelector(`[name="${name}"]`).closest(".field");
  const often = fields.querySelector('[name="frequency"]');

  function show() {
    field("weekday").hidden = often.value !== "weekly";
    field("hour").hidden = !["daily", "weekly"].includes(often.value);
  }

  often.addEventListener("change", show);
  show();
}
