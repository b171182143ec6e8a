"""A command speaks the language of the keyboard; English where that is not known, and where scripts ask for it."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click import core, decorators, exceptions, formatting, parser, termui, types
from click.testing import CliRunner, Result

from suture.bootstrap import BadConfiguration, read_settings
from suture.cli import main
from suture.cli.language import OF_CLICK, in_words
from suture.integrations.email.smtp.adapter import SmtpSettings
from suture.settings import Settings
from suture.words.catalog import speaking

POLICY = Path(__file__).parents[3] / "examples" / "riverbend" / "outreach.yaml"
SPANISH = {"LANG": "es_US.UTF-8"}


def suture(*words: str, env: Mapping[str, str] = SPANISH) -> Result:
    nothing = dict.fromkeys(("LC_ALL", "LC_MESSAGES", "LANG"))
    return CliRunner().invoke(main, words, env={**nothing, **env})


def test_help_is_in_spanish() -> None:
    said = suture("--help").stdout
    assert said.startswith("Uso: ")
    assert "Suture: la agenda de atención médica que se recompone sola." in said
    assert "Opciones:" in said and "Mostrar la versión y terminar." in said
    assert "Mostrar este mensaje y terminar." in said
    assert "Comandos:" in said and "Planificar un día, publicarlo e imprimirlo." in said


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("day plan", "Proponer un plan para un día en BRANCH"),
        ("import csv", "Importar una carpeta FOLDER de archivos"),
        ("import csv", "Con --full: aceptar archivos mucho más cortos"),
        ("import csv", "La carpeta de datos (por defecto ./.suture"),
        ("signal call-out", "Un profesional no puede trabajar desde"),
        ("rules activate", "Poner DRAFT (el comienzo de su hash, o un archivo) en vigor"),
        ("rules", "Mostrar las versiones más recientes"),
        ("serve", "valor por defecto: 8000"),
    ],
)
def test_help_of_a_command_is_in_spanish(command: str, expected: str) -> None:
    found = suture(*command.split(), "--help")
    assert found.exit_code == 0 and expected in " ".join(found.stdout.split())


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("plan no/such/file.json", "Error: no/such/file.json: no existe el archivo o la carpeta"),
        ("day plan COLUMBUS 2026-02-30", "debe ser una fecha del calendario, como 2026-03-24."),
        ("nothing", "Error: No existe el comando 'nothing'."),
        ("day plan", "Error: Falta el argumento 'BRANCH'."),
        ("import csv . --full --delta", "Error: Escriba --full o --delta, no los dos."),
    ],
)
def test_an_error_is_in_spanish(words: str, error: str) -> None:
    found = suture(*words.split())
    assert found.exit_code == 2 and error in found.stderr


def test_success_is_said_in_spanish() -> None:
    found = suture("policy", "check", str(POLICY))
    assert found.exit_code == 0 and "ajustes, ningún problema." in found.stdout


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", **SPANISH},
        {"LC_ALL": "POSIX", **SPANISH},
        {"LC_ALL": "C.UTF-8", **SPANISH},
        {"LC_MESSAGES": "en_US.UTF-8", **SPANISH},
        {"LANG": "fr_FR.UTF-8"},
        {},
    ],
)
def test_english_is_said_to_scripts_and_where_nothing_is_known(env: Mapping[str, str]) -> None:
    suture("--help")
    found = suture("--help", env=env)
    assert found.stdout.startswith("Usage: ") and "Plan a day, publish it, and print it." in found.stdout
    assert "settings, no problems found." in suture("policy", "check", str(POLICY), env=env).stdout


def test_in_english_a_command_is_left_as_it_is() -> None:
    suture("--help")
    assert in_words(main) is main
    day = main.get_command(click.Context(main), "day")
    assert day is not None and day.help == "Plan a day, publish it, and print it."


def test_click_says_what_is_translated() -> None:
    said = "".join(map(inspect.getsource, (core, decorators, exceptions, formatting, parser, termui, types)))
    joined = said.replace('"\n', "").replace(" " * 8, "")
    assert not [text for text in OF_CLICK if text.replace("\n", "\\n").replace("\t", "\\t") not in joined]


def test_what_is_to_be_typed_is_named_in_spanish() -> None:
    assert suture("--help").stdout.startswith("Uso: main [OPCIONES] COMANDO [ARGUMENTOS]...")
    demo = suture("demo", "--help").stdout
    assert "--seed ENTERO" in demo and "--data CARPETA" in demo and "[OPCIONES]" in demo
    assert not re.search(r"OPTIONS|COMMAND|ARGS|INTEGER|RANGE|DIRECTORY|TEXT", demo)
    assert "--seed INTEGER RANGE" in suture("demo", "--help", env={}).stdout


def test_settings_that_cannot_be_used_are_named_by_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of an adapter, too, and one that has a name of its own."""
    monkeypatch.setenv("SUTURE_SMTP_STARTTLS", "maybe")
    monkeypatch.setenv("SUTURE_SEED", "x")
    with pytest.raises(BadConfiguration, match="SUTURE_SEED: must be a valid integer"):
        read_settings(Settings)
    for lang, said in (("en", "must be a valid boolean"), ("es", "debe ser true o false")):
        with speaking(lang), pytest.raises(BadConfiguration, match=f"SUTURE_SMTP_STARTTLS: {said}[.]$"):
            read_settings(SmtpSettings)
