// Brings <file-viewer> and <file-uploads> to a page.
import { forgetBookmarks } from "../ui/files/bookmarks.js";
import { defineFileElements } from "../ui/files/elements.js";

defineFileElements();
if (!document.querySelector("meta[name=person]")) forgetBookmarks(localStorage);
