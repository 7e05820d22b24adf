"""Read tables with the reference implementation of SSSOM, and tell what it finds as JSON.

It runs in an environment of its own: `.venv-sssom/bin/python tests/linking/oracle.py TABLE ...`
"""

import json
import logging
import sys
import warnings


def told(path: str) -> dict[str, object]:
    """Return what stands in the table, and what is wrong with it."""
    from sssom.parsers import parse_sssom_table  # noqa: PLC0415 - not in every environment
    from sssom.validators import validate  # noqa: PLC0415

    try:
        found = parse_sssom_table(path)
        reports = validate(found, fail_on_error=False).values()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {"problems": [repr(error)]}
    problems = [str(r.message) for report in reports if report for r in report.results]
    return {
        "problems": problems,
        "set": str(found.metadata["mapping_set_id"]),
        "prefixes": found.prefix_map,
        "rows": json.loads(found.df.to_json(orient="records")),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps([told(path) for path in sys.argv[1:]]))
