"""``update`` extracts, merges and compiles; ``check`` fails if either catalogue is not complete and true."""

import argparse
import os
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.messages", description=__doc__)
    parser.add_argument("action", choices=["update", "check"])
    action = parser.parse_args().action

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")
    import django

    django.setup()
    from .catalogues import Catalogue
    from .extraction import Unreadable
    from .sources import library_messages, own_messages, unmarked_texts

    everything, missing = library_messages()
    try:
        ours = own_messages()
    except Unreadable as error:
        sys.stderr.write("\n".join(error.args) + "\n")
        return 1
    catalogues = [
        Catalogue("en", required=ours),
        Catalogue("zh_Hans", required={key: everything[key] for key in missing}, allowed=everything),
    ]
    problems = unmarked_texts()
    for catalogue in catalogues:
        problems += catalogue.update() if action == "update" else catalogue.problems()
    for problem in sorted(problems):
        sys.stdout.write(problem + "\n")
    if not problems:
        sys.stdout.write("翻译完整 Both catalogues are complete.\n")
        return 0
    if action == "update":
        sys.stdout.write(
            f"还有 {len(problems)} 处要处理 {len(problems)} to do, then `make messages` again.\n"
        )
        return 0
    sys.stdout.write(
        "运行 make messages,翻译 locale/ 里的条目 Run `make messages`, then translate in locale/.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
