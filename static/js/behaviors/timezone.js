// Chooses the browser's own time zone in a list, until somebody chooses another.
export default function connect(select) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone) return;
  if (![...select.options].some((option) => option.value === timeZone)) select.add(new Option(timeZone.replaceAll("_", " "), timeZone));
  select.value = timeZone;
}
