"""The shop as gunicorn serves it: `gunicorn wsgi:app`."""

from gunicorn.http.errors import ParseException

from storefront import create_app
from storefront.views.errors import error_page

app = create_app()
# gunicorn finds a malformed chunk only when the body is read, and that is inside a view.
app.register_error_handler(ParseException, lambda _: error_page(400))
