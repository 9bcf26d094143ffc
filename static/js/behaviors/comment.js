// A comment: while an @name is being typed, whom it may mean is offered.
import { names } from "../chat/names.js";

export default (form) => void names(form, form.elements.text);
