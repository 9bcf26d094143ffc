// "Install the apps" in the user menu leads to the page about it, and isn't there in the window of an installed app.
const isInstalled = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

export default function connect(item) {
  item.hidden = isInstalled();
}
