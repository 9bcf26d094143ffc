// A text whose links to what is inside the suite get cards.
import { suiteCards } from "../suite-cards.js";

export default function connect(prose) {
  suiteCards(prose);
}
