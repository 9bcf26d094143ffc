"""Headings as they were seen in tables of other programs, in five languages."""

from __future__ import annotations

import pytest

from app.lib.contact_columns import IGNORE, OWN, guess, guess_all
from app.lib.contact_tables import guess_targets, is_day_first, is_target, read_row, read_table, text_of

OUTLOOK_EN = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business Street 2,Business City,Business State,"
    "Business Postal Code,Business Country/Region,Home Street,Home City,Other Postal Code,Assistant's Phone,Business Fax,Business Phone,Business Phone 2,"
    "Car Phone,Company Main Phone,Home Fax,Home Phone,Mobile Phone,Pager,Primary Phone,Birthday,Categories,E-mail Address,E-mail Type,E-mail Display Name,"
    "E-mail 2 Address,Gender,Notes,Priority,Private,Sensitivity,Spouse,Web Page"
)
OUTLOOK_DE = (
    "Anrede,Vorname,Weitere Vornamen,Nachname,Suffix,Firma,Abteilung,Position,Straße geschäftlich,Straße geschäftlich 2,Ort geschäftlich,"
    "Region geschäftlich,Postleitzahl geschäftlich,Land/Region geschäftlich,Straße privat,Ort privat,Weitere Postleitzahl,Telefon Assistent,"
    "Fax geschäftlich,Telefon geschäftlich,Telefon geschäftlich 2,Autotelefon,Telefon Firma,Fax privat,Telefon (privat),Mobiltelefon,Pager,Haupttelefon,"
    "Geburtstag,Kategorien,E-Mail-Adresse,E-Mail-Typ,E-Mail: Angezeigter Name,E-Mail 2: Adresse,Geschlecht,Notizen,Priorität,Privat,Vertraulichkeit,"
    "Ehepartner,Webseite"
)
OUTLOOK_FR = (
    "Titre,Prénom,Deuxième prénom,Nom,Suffixe,Société ,Service ,Titre,Rue (bureau),Rue (bureau) 2,Ville (bureau),Dép/Région (bureau),"
    "Code postal (bureau),Pays/Région (bureau),Rue (domicile),Ville (domicile),Code postal (autre),Téléphone de l'assistant(e),Télécopie (bureau),"
    "Téléphone (bureau),Téléphone 2 (bureau),Téléphone (voiture),Téléphone société,Télécopie (domicile),Téléphone (domicile),Tél. mobile,"
    "Récepteur de radiomessagerie,Téléphone principal,Anniversaire,Catégories,Adresse de messagerie,Type de messagerie,"
    "Nom complet de l'adresse de messagerie,Adresse de messagerie 2,Sexe,Notes,Priorité,Privé,Critère de diffusion,Conjoint(e),Page Web"
)
OUTLOOK_IT = (
    "Titolo,Nome,Secondo nome,Cognome,Titolo straniero,Società,Reparto,Posizione,Via (uff.),Via (uff.) 2,Città (uff.),Provincia (uff.),CAP (uff.),"
    "Paese/area geografica (uff.),Via (ab.),Città (ab.),Altro CAP,Telefono assistente,Fax (uff.),Ufficio,Ufficio 2,Telefono auto,"
    "Telefono principale società,Fax (ab.),Abitazione,Cellulare,Cercapersone,Telefono principale,Compleanno,Categorie,Indirizzo posta elettronica,"
    "Tipo posta elettronica,Nome visualizzato posta elettronica,Indirizzo posta elettronica 2,Sesso,Note,Priorità,Privato,Riservatezza,"
    "Nome coniuge/partner,Pagina Web"
)
OUTLOOK_ES = (
    "Título,Nombre,Segundo nombre,Apellidos,Sufijo,Organización,Departamento,Puesto,Calle del trabajo,Calle del trabajo 2,Ciudad de trabajo,"
    "Provincia o estado de trabajo,Código postal del trabajo,País o región del trabajo,Calle del domicilio,Ciudad de residencia particular,"
    "Otro código postal,Teléfono del ayudante,Fax del trabajo,Teléfono del trabajo,Teléfono del trabajo 2,Teléfono del automóvil,"
    "Número de teléfono de la compañía,Fax particular,Particular,Teléfono móvil,Localizador,Teléfono principal,Cumpleaños,Categorías,"
    "Dirección de correo electrónico,Tipo de correo electrónico,Nombre para mostrar de correo electrónico,Dirección del correo electrónico 2,Sexo,Notas,"
    "Prioridad,Privado,Confidencialidad,Cónyuge,Página web"
)
TARGETS = (
    "prefix given middle family suffix organisation.1.name organisation.1.unit title.1.value address.work.street address.work.street address.work.city"
    " address.work.region address.work.postcode address.work.country address.home.street address.home.city address.other.postcode phone.assistant.value"
    " phone.fax.value phone.work.value phone.work.value phone.car.value phone.main.value phone.fax.value phone.home.value phone.cell.value"
    " phone.pager.value phone.main.value date.birthday.text labels email.1.value - - email.2.value - note.1.value - - - related.spouse.value link.1.value"
)


@pytest.mark.parametrize("heading", [OUTLOOK_EN, OUTLOOK_DE, OUTLOOK_FR, OUTLOOK_IT, OUTLOOK_ES], ids=["en", "de", "fr", "it", "es"])
@pytest.mark.parametrize("charset", ["utf-8-sig", "cp1252", "utf-16", "mac_roman"])
def test_outlooks_columns_are_known_in_five_languages(heading: str, charset: str) -> None:
    table = read_table(text_of(f'"{heading.replace(",", chr(34) + "," + chr(34))}"\r\n{"x," * 60}\r\n'.encode(charset)))
    assert dict(zip(table.columns, guess_all(table.columns), strict=True)) == dict(zip(table.columns, _expected(table.columns), strict=True))


def _expected(columns: list[str]) -> list[str]:
    expected = [IGNORE if target == "-" else target for target in TARGETS.split()]
    assert len(columns) == len(expected)
    return expected


@pytest.mark.parametrize(("heading", "target"), [
    # Google, before 2024 and since
    ("Given Name", "given"), ("Additional Name", "middle"), ("Given Name Yomi", "phonetic_given"), ("Phonetic Last Name", "phonetic_family"),
    ("Group Membership", "labels"), ("Organization 1 - Name", "organisation.1.name"), ("Organization Title", "title.1.value"), ("Phone 12 - Type", "phone.12.label"),
    ("E-mail 2 - Value", "email.2.value"), ("Address 1 - Formatted", IGNORE), ("Address 1 - PO Box", "address.1.box"), ("Event 1 - Value", "date.1.text"),
    ("IM 1 - Service", "messenger.1.label"), ("Custom Field 1 - Value", "custom.1.value"), ("Relation 1 - Label", "related.1.label"), ("Photo", IGNORE),
    # Thunderbird
    ("Primary Email", "email.1.value"), ("Secondary Email", "email.2.value"), ("Home ZipCode", "address.home.postcode"), ("Work Address 2", "address.work.street"),
    ("Web Page 2", "link.2.value"), ("Primäre E-Mail-Adresse", "email.1.value"), ("Mobil-Tel.-Nr.", "phone.cell.value"), ("Tel. dienstlich", "phone.work.value"),
    ("Privat: PLZ", "address.home.postcode"), ("Dienstlich: Adresse 2", "address.work.street"), ("Geburtsjahr", "date.birthday.year"),
    # exporters of Apple's contacts, and tables that people made in Numbers
    ("iPhone", "phone.cell.value"), ("Telefon (Mobil)", "phone.cell.value"), ("Home Email", "email.home.value"), ("E-Mail (Arbeit)", "email.work.value"),
    ("Work URL", "link.work.value"), ("Straße (Privat)", "address.home.street"), ("Téléphone portable", "phone.cell.value"), ("Courriel", "email.1.value"),
    ("Date de naissance", "date.birthday.text"), ("firstName", "given"), ("Email1", "email.1.value"), ("Handynummer", "phone.cell.value"),
    ("Phonetischer Vorname", "phonetic_given"), ("Mädchenname", OWN), ("Shoe size", OWN), ("", IGNORE),
])
def test_a_heading_is_known(heading: str, target: str) -> None:
    assert guess(heading) == target and is_target(target)


def test_thunderbirds_birthday_is_in_three_columns() -> None:
    table = read_table("Vorname,Geburtsjahr,Geburtsmonat,Geburtstag\nA,1980,5,12\n")
    [item] = read_row(table.rows[0][1], guess_targets(table), table.columns).items
    assert item.parts == {"day": "12", "month": "5", "year": "1980", "text": ""} and item.label == "birthday"


def test_nothing_with_a_target_is_lost() -> None:
    heading = "First Name,Shoe size,Empty,Business Street,Business Street 2,Business Fax,Home Fax,Car Phone,E-mail,Email,Notes,Comments"
    table = read_table(f"{heading}\nA,42,,Weg 1,3rd floor,1,2,3,a@x.example,b@x.example,one,two\n")
    targets = guess_targets(table)
    assert targets[1:3] == [OWN, IGNORE]
    said = [(item.kind, item.value, item.label) for item in read_row(table.rows[0][1], targets, table.columns).items]
    assert sorted(said) == [
        ("address", "Weg 1\n3rd floor", "work"), ("custom", "42", "Shoe size"), ("email", "a@x.example", ""), ("email", "b@x.example", ""),
        ("note", "one", ""), ("note", "two", ""), ("phone", "1", "fax"), ("phone", "2", "fax"), ("phone", "3", "Car Phone"),
    ]


@pytest.mark.parametrize(("text", "is_first"), [
    ("Name,Birthday\nA,3/4/1980\n", False), ("Name,Birthday\nA,3/4/1980\nB,13/4/1980\n", True), ("Nom,Anniversaire\nA,03/04/1980\n", True),
    ("Nom,Anniversaire\nA,03/14/1980\n", False),
])
def test_dates_with_slashes_are_read_as_the_table_has_them(text: str, is_first: bool) -> None:
    table = read_table(text)
    assert is_day_first(table, guess_targets(table)) is is_first


def test_excels_word_about_its_separator_is_no_heading() -> None:
    assert read_table("sep=;\r\nVorname;Nachname\r\nA;B\r\n").columns == ["Vorname", "Nachname"]
