// What every page has.
import "htmx.org";
