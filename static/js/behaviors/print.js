// Prints the page.
export default function connect(button) {
  const print = () => window.print();
  button.addEventListener("click", print);
  return () => button.removeEventListener("click", print);
}
