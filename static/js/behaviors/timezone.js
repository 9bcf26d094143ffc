// Chooses the browser's own time zone in a list, until somebody chooses another. With data-in-address, what is shown depends on it: the page comes anew.
export default function connect(select) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone || timeZone === select.value) return;
  if ("inAddress" in select.dataset) {
    const asked = new URLSearchParams(location.search);
    asked.set(select.name, timeZone);
    return location.replace(`?${asked}`);
  }
  if (![...select.options].some((option) => option.value === timeZone)) select.add(new Option(timeZone.replaceAll("_", " "), timeZone));
  select.value = timeZone;
}
