// Takes the token out of the address, before anything can read or keep it, and sends it to this host.
export default function handOver(form) {
  const carried = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  if (!carried.has("token")) {
    location.replace("/");
    return;
  }
  form.elements.token.value = carried.get("token");
  form.elements.next.value = carried.get("next") ?? "/";
  form.submit();
}
