// Brings the gathering of several choices to the page on which a session is planned.
import { gatherPicks } from "../ui/picks.js";

gatherPicks();
