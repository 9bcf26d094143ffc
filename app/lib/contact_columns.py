"""What the columns of tables of contacts are called: by Google, Outlook, Thunderbird and exporters of Apple's contacts, in five languages.

A heading is taken apart into what it is about (a phone, a street), whose or where (work, home) and a number. What nothing is known of
becomes a field of the card's own under that name, so that nothing is lost; what programs fill for each other (`_JUNK`) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.lib.searching import words
from app.lib.vcard.details import ADDRESS, DATE, EMAIL, KINDS, LINK, PHONE

IGNORE, OWN = "", "own"


def _listed(lists: dict[str, str]) -> dict[str, str]:
    return {heading: target for target, headings in lists.items() for heading in headings.split("|")}


_WHOLE = _listed({
    "given": "first name|given name|first|vorname|vornamen|prenom|nome|nombre|nombre de pila",
    "family": "last name|family name|last|surname|nachname|familienname|name familie|nom|nom de famille|cognome|apellidos|apellido",
    "middle": "middle name|middle|additional name|weitere vornamen|zweiter vorname|deuxieme prenom|secondo nome|segundo nombre",
    "prefix": "name prefix|prefix|anrede|namensprafix|civilite|prefixe|tratamiento|prefisso",
    "suffix": "name suffix|suffix|suffixe|namenssuffix|titolo straniero|suffisso|sufijo",
    "nickname": "nickname|nick name|alias|spitzname|surnom|pseudo|soprannome|apodo",
    "shown": "name|display name|full name|anzeigename|angezeigter name|vollstandiger name|nom complet|nom affiche|nome visualizzato"
             "|nome completo|nombre completo|nombre mostrado|contact name|kontakt",
    "phonetic_given": "phonetic first name|given name yomi|vorname phonetisch|phonetischer vorname|vorname yomi|prenom phonetique"
                      "|nome fonetico|nombre fonetico",
    "phonetic_family": "phonetic last name|family name yomi|nachname phonetisch|phonetischer nachname|nachname yomi|nom phonetique"
                       "|cognome fonetico|apellido fonetico",
    "pronouns": "pronouns|pronomen|pronoms|pronomi|pronombres",
    "labels": "labels|label|group membership|groups|group|categories|category|tags|kategorien|gruppen|gruppe|groupes|categorie|gruppi"
              "|categorias|grupos|etiquettes",
    "organisation.1.name": "company|company name|organization|organisation|organization name|organization 1 name|firma|unternehmen"
                           "|societe|entreprise|azienda|ditta|societa|organizzazione|organizacion|empresa|compania",
    "organisation.1.unit": "department|organization department|organization 1 department|abteilung|service|departement|reparto"
                           "|dipartimento|departamento",
    "title.1.value": "job title|jobtitle|title|organization title|organization 1 title|position|arbeitstitel|titre|titel|titolo|titulo"
                     "|fonction|funktion|poste|posizione|qualifica|puesto|cargo",
    "role.1.value": "role|profession|occupation|beruf|professione|profesion|rolle",
    "date.birthday.text": "birthday|birth date|date of birth|dob|geburtsdatum|geburtstag|anniversaire|date de naissance|compleanno"
                          "|data di nascita|cumpleanos|fecha de nacimiento",
    "date.birthday.year": "birth year|geburtsjahr|annee de naissance|anno di nascita|ano de nacimiento",
    "date.birthday.month": "birth month|geburtsmonat|mois de naissance|mese di nascita|mes de nacimiento",
    "date.birthday.day": "birth day|jour de naissance|giorno di nascita|dia de nacimiento",
    "date.anniversary.text": "anniversary|jahrestag|hochzeitstag|anniversaire de mariage ou fete|anniversaire de mariage|anniversario|aniversario",
    "note.1.value": "notes|note|comments|comment|notizen|notiz|bemerkungen|kommentar|remarques|commentaires|commenti|notas|nota|comentarios",
    "related.spouse.value": "spouse|ehepartner|conjoint e|conjoint|nome coniuge partner|coniuge|conyuge",
    "related.partner.value": "partner",
    "related.child.value": "children|kinder|enfants|figli|hijos",
    "related.assistant.value": "assistant s name|assistant|assistent in|nom de l assistant e|nome assistente|nombre del ayudante"
                               "|nombre del asistente",
    "related.manager.value": "manager s name|manager|name des r vorgesetzten|name des der vorgesetzten|name der des vorgesetzten"
                             "|vorgesetzter|responsable|nome manager|nombre del administrador|nombre del jefe",
    "phone.work.value": "ufficio",
    "phone.home.value": "abitazione|particular|domicile",
    "phone.car.value": "autotelefon",
    "phone.main.value": "telefon firma|telephone societe|company main phone|telefono principale societa"
                        "|telefono principal de la organizacion|numero de telefono de la compania",
    "messenger.1.value": "screen name|messenger name|nome instant messenger|im|instant messaging|messenger",
})
_KINDS = _listed({
    "phone": "phone|telephone|tel|telefon|telefono|rufnummer|telefonnummer",
    "phone.cell": "mobile|mobile phone|cell|cell phone|cellular|i phone|mobil|mobiltelefon|mobil tel|handy|handynummer|natel|portable"
                  "|tel mobile|telephone mobile|telephone portable|cellulare|telefono cellulare|movil|telefono movil",
    "phone.fax": "fax|telefax|telecopie|fax phone",
    "phone.pager": "pager|cercapersone|recepteur de radiomessagerie|buscapersonas|localizador",
    "phone.main": "main|primary phone|main phone|haupttelefon|hauptrufnummer|telephone principal|telefono principale|telefono principal",
    "email": "e mail|email|mail|e mail address|email address|e mail adresse|mail adresse|adresse de messagerie|adresse de courrier"
             "|messagerie|adresse e mail|courriel|adresse electronique|indirizzo posta elettronica|indirizzo di posta elettronica"
             "|posta elettronica|indirizzo e mail|direccion de correo electronico|direccion del correo electronico|correo electronico"
             "|correo",
    "link": "web page|web|website|url|home page|homepage|webseite|internetseite|page web|site web|pagina web|sito web|sitio web",
    "street": "street|street address|address|strasse|adresse|rue|via|indirizzo|calle|direccion",
    "city": "city|town|ort|stadt|ville|citta|ciudad|localidad",
    "region": "state|province|region|county|state province|bundesland|kanton|bundesland kanton|dep region|departement region|provincia"
              "|provincia o estado|estado",
    "postcode": "postal code|postcode|zip|zip code|zipcode|postleitzahl|plz|code postal|cap|codigo postal",
    "country": "country|country region|land|land region|pays|pays region|paese|paese area geografica|nazione|pais|pais o region",
    "box": "po box|address po box|postfach|boite postale|b p|casella postale|apartado postal|apartado",
})
_PLACES = _listed({
    "work": "business|work|office|company|geschaftlich|dienstlich|arbeit|buro|firma|bureau|professionnel|professionnelle|pro|travail|uff"
            "|ufficio|lavoro|trabajo|laboral|empresa",
    "home": "home|private|personal|privat|zuhause|domicile|personnel|personnelle|prive|ab|abitazione|casa"
            "|residencia particular|residenza|particular|domicilio|hogar",
    "other": "other|weitere|weiterer|weiteres|andere|autre|altro|altra|otro|otra",
    "primary": "primary|primare|principal|primaria|principale",
    "secondary": "secondary|sekundare|secondaire|secondaria|secundario|alternative",
    "car": "car|auto|voiture|automovil",
    "assistant": "assistant s|assistant|assistent|assistente|ayudante",
})
_FILLERS = frozenset(words("a d de del der des di die du e el l la le les o of r the nr no number nummer numero address adresse indirizzo direccion"))
_PARTS_OF_ADDRESSES = frozenset(KINDS[ADDRESS].parts)
_JUNK = frozenset(words(  # what Outlook, Google and Apple write for themselves: kind of address, priority, gender "unspecified" …
    "fileas photo photourl foto initials initialen initiales iniziali iniciales priority prioritat priorite priorita prioridad private"
    " privat prive privato privado sensitivity vertraulichkeit riservatezza confidencialidad gender geschlecht sexe sesso sexo"
    " language sprache langue lingua idioma"
    " internetfreebusy internetfreigebucht disponibiliteinternet disponibilitainternet disponibilidaddeinternet criteredediffusion directoryserver"
    " verzeichnisserver serveurdannuaire serverdidirectory servidordedirectorio account konto compte cuenta uid id created modified lastmodifieddate"
))
_BESIDE_EMAILS = frozenset(("typ", "type", "tipo", "display", "angezeigter", "complet", "visualizzato", "mostrar", "mostrado"))
_GOOGLE = re.compile(r"(e-mail|phone|address|website|relation|event|im|custom field) (\d+) - (\w[\w .]*)")
_GOOGLE_KIND = {
    "e-mail": EMAIL, "phone": PHONE, "address": ADDRESS, "website": LINK, "relation": "related", "event": DATE, "im": "messenger", "custom field": "custom",
}
_GOOGLE_PART = {
    "street": "street", "city": "city", "po box": "box", "region": "region", "postal code": "postcode", "country": "country",
    "extended address": "extended", "value": "value", "type": "label", "label": "label", "service": "label",
}
_AMBIGUOUS = frozenset(("title", "titre", "titel", "titolo", "titulo"))


def guess_all(columns: Sequence[str]) -> list[str]:
    """The targets that the headings of a table speak of; `OWN` where nothing is known, `IGNORE` for what is no use to anybody.

    A "Title" is a title before the name where another column has the one at work, as in Outlook's tables.
    """
    found = [guess(column) for column in columns]
    for number, column in enumerate(columns):
        if _plain(column) in _AMBIGUOUS and found.count("title.1.value") > 1:
            found[number] = "prefix"
    if "date.birthday.month" in found:  # Thunderbird's "Geburtstag" is a day of the month
        found = ["date.birthday.day" if target == "date.birthday.text" else target for target in found]
    return found


def guess(column: str) -> str:
    """The target of one heading."""
    if google := _GOOGLE.fullmatch(" ".join(column.lower().split())):
        return _of_google(*google.groups())
    plain = _plain(column)
    if plain in _WHOLE:
        return _WHOLE[plain]
    bare = " ".join(word for word in plain.split() if not word.isdigit())
    number = next((word for word in plain.split() if word.isdigit()), "")
    if not bare or bare.replace(" ", "") in _JUNK:
        return IGNORE
    if bare in _WHOLE:
        return _WHOLE[bare]
    kind, rest = _phrase(bare, _KINDS)
    if kind == PHONE:  # Telefon (Mobil)
        finer, less = _phrase(rest, _KINDS)
        kind, rest = (finer, less) if finer.startswith(f"{PHONE}.") else (kind, rest)
    if kind == EMAIL and _BESIDE_EMAILS & set(rest.split()):
        return IGNORE
    place, rest = _phrase(rest, _PLACES)
    return _target(kind, place, number) if kind and not set(rest.split()) - _FILLERS else OWN


def _plain(column: str) -> str:
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Za-z])(?=\d)", " ", column)
    return " ".join(words(apart))


def _phrase(text: str, known: dict[str, str]) -> tuple[str, str]:
    """What the longest phrase in a text that is known stands for, and the text without it."""
    parts = text.split()
    for length in range(len(parts), 0, -1):
        for start in range(len(parts) - length + 1):
            found = known.get(" ".join(parts[start : start + length]))
            if found:
                return found, " ".join(parts[:start] + parts[start + length :])
    return "", text


def _target(kind: str, place: str, number: str) -> str:
    if kind in _PARTS_OF_ADDRESSES:
        return f"{ADDRESS}.{place or '1'}.{kind}"
    kind, _dot, label = kind.partition(".")
    token = label or {"primary": "1", "secondary": "2"}.get(place, place) or number or "1"
    return f"{kind}.{token}.value"


def _of_google(what: str, number: str, part: str) -> str:
    kind, named = _GOOGLE_KIND[what], _GOOGLE_PART.get(part, "")
    if kind == DATE and named == "value":
        named = "text"
    return f"{kind}.{number}.{named}" if named == "label" or named in KINDS[kind].parts else IGNORE
