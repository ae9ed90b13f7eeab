"""The shop as gunicorn serves it: `gunicorn wsgi:app`."""

import sys

from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import ParseException

from storefront import create_app
from storefront.config import ConfigurationError
from storefront.views.errors import error_page

try:
    app = create_app()
except ConfigurationError as problem:
    sys.stderr.write(f"{problem} Every setting is listed in .env.example.\n")
    # After any other code gunicorn would start its workers again, without end.
    sys.exit(Arbiter.WORKER_BOOT_ERROR)
# gunicorn finds a malformed chunk only when the body is read, and that is inside a view.
app.register_error_handler(ParseException, lambda _: error_page(400))
